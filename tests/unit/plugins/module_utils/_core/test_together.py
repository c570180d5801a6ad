# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs side by side: order, bound, failure, and no thread left."""

from __future__ import annotations

import functools
import threading

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.together import side_by_side


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
