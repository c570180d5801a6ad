# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs side by side: order, bound, failure, and no thread left."""

from __future__ import annotations

import functools
import threading

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import TransientError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.together import Joined, Places, own_copy, side_by_side


@pytest.mark.parametrize("width", [0, 1, 2, 8])
def test_results_come_in_the_order_of_the_jobs(width: int) -> None:
    assert side_by_side([functools.partial(int, str(number)) for number in range(20)], width) == list(range(20))
    assert side_by_side([], width) == []


def test_jobs_run_at_the_same_time_up_to_the_width() -> None:
    meeting = threading.Barrier(3, timeout=10)
    side_by_side([meeting.wait] * 3, 3)
    running, most, lock = [0], [0], threading.Lock()

    def count() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        with lock:
            running[0] -= 1

    side_by_side([count] * 50, 2)
    assert most[0] <= 2


def test_one_at_a_time_stays_in_the_callers_thread() -> None:
    assert set(side_by_side([threading.get_ident] * 3, 1)) == {threading.get_ident()}


def test_the_first_failure_in_order_is_raised_whichever_comes_first() -> None:
    late = threading.Event()

    def first() -> None:
        late.wait(10)
        raise KeyError("first")

    def second() -> None:
        late.set()
        raise KeyError("second")

    with pytest.raises(KeyError, match="first"):
        side_by_side([first, second], 2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]


def test_after_a_failure_nothing_more_is_begun() -> None:
    begun: list[int] = []
    never = threading.Event()

    def job(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise KeyError(number)
        never.wait(0.05)

    with pytest.raises(KeyError):
        side_by_side([functools.partial(job, number) for number in range(1000)], 2)
    assert len(begun) < 1000


# -- readings that several join --------------------------------------------------------------------------------------------


def nothing() -> None:
    """Wait for nobody."""


def test_who_asks_before_a_reading_begins_gets_its_answer() -> None:
    joined: Joined[str, int] = Joined()
    readings: list[int] = []
    everybody = threading.Barrier(5, timeout=10)
    asked = threading.Semaphore(0)

    def gather() -> None:
        for _other in range(4):
            asked.acquire(timeout=1)
        threading.Event().wait(0.05)  # the others are at the door by now

    def read() -> int:
        readings.append(1)
        return len(readings)

    def ask() -> int:
        everybody.wait()
        asked.release()
        return joined.get("list", read, gather)

    answers = side_by_side([ask] * 5, 5)
    assert len(readings) < 5
    assert set(answers) <= set(range(1, len(readings) + 1))


def test_a_reading_that_is_under_way_does_not_answer_who_comes_later() -> None:
    joined: Joined[str, str] = Joined()
    under_way, go_on = threading.Event(), threading.Event()

    def old() -> str:
        under_way.set()
        go_on.wait(10)
        return "old"

    def late() -> str:
        under_way.wait(10)
        threading.Timer(0.02, go_on.set).start()
        return joined.get("list", lambda: "new", nothing)

    assert side_by_side([lambda: joined.get("list", old, nothing), late], 2) == ["old", "new"]


def test_what_is_read_alone_is_read_each_time() -> None:
    joined: Joined[str, int] = Joined()
    numbers = iter(range(10))
    assert [joined.get("list", lambda: next(numbers), nothing) for _time in range(3)] == [0, 1, 2]


def test_each_who_joined_a_failure_gets_a_copy_to_complete() -> None:
    failure = TransientError("no answer", operation="list")
    mine, other = own_copy(failure), own_copy(failure)
    assert isinstance(mine, TransientError) and isinstance(other, TransientError)
    mine.facts["id"] = "1"
    assert (mine.message, mine.facts) == ("no answer", {"operation": "list", "id": "1"})
    assert other.facts == failure.facts == {"operation": "list"}


def test_a_failed_reading_fails_who_joined_it_and_nobody_after_that() -> None:
    joined: Joined[str, str] = Joined()
    under_way, second_waits = threading.Event(), threading.Event()
    tries: list[str] = []

    def read() -> str:
        tries.append("read")
        if len(tries) == 1:
            under_way.set()
            second_waits.wait(10)
            raise TransientError("no answer")
        return "there"

    def first() -> str:
        with pytest.raises(TransientError):
            joined.get("list", read, nothing)
        return "failed"

    def second() -> str:
        under_way.wait(10)
        threading.Timer(0.02, second_waits.set).start()
        return joined.get("list", read, nothing)

    assert side_by_side([first, second], 2) == ["failed", "there"]


# -- places ----------------------------------------------------------------------------------------------------------------


def test_no_more_have_a_place_than_there_are() -> None:
    places, lock, inside, most = Places(2), threading.Lock(), [0], [0]

    def visit() -> None:
        assert places.take()
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        with lock:
            inside[0] -= 1
        places.give_back()

    side_by_side([visit] * 20, 10)
    assert most[0] == 2


def test_when_all_places_are_lost_nobody_waits_for_one() -> None:
    places = Places(1)
    assert places.take()
    waiting = threading.Timer(0.02, places.lose)
    waiting.start()
    assert not places.take()
    assert not places.take()
