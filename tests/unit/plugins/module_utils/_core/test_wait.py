# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiting engine: intervals, deadline, tolerated read errors, what a failure tells."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    OperationFailedError,
    ProtocolError,
    RateLimitedError,
    TransientError,
    UnreachableError,
    VpsError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import DONE, Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Deadline, Operation, Waiter
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock


def scripted(*answers: t.Any) -> t.Callable[[], Outcome | None]:
    """A check that answers or raises one after the other."""
    left = list(answers)

    def check() -> Outcome | None:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return t.cast("Outcome | None", answer)

    return check


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def steady(clock: FakeClock) -> Waiter:
    return Waiter(clock, jitter=lambda: 0.5)


def test_intervals_start_at_half_a_second_grow_by_half_and_stop_growing_at_the_ceiling(clock: FakeClock, steady: Waiter) -> None:
    steady.wait(Operation("start", scripted(*[None] * 7, DONE), ceiling=3.0), Deadline(clock, 100))
    assert clock.slept == [0.5, 0.75, 1.125, 1.6875, 2.53125, 3.0, 3.0, 3.0]
    assert steady.waited == sum(clock.slept)


@pytest.mark.parametrize(("jitter", "first"), [(0.0, 0.45), (1.0, 0.55)])
def test_jitter_is_a_tenth_at_most(clock: FakeClock, jitter: float, first: float) -> None:
    Waiter(clock, jitter=lambda: jitter).wait(Operation("start", scripted(DONE), ceiling=5.0), Deadline(clock, 100))
    assert clock.slept == [pytest.approx(first)]


def test_a_ceiling_below_the_first_interval_holds(clock: FakeClock, steady: Waiter) -> None:
    steady.wait(Operation("start", scripted(None, DONE), ceiling=0.2), Deadline(clock, 100))
    assert clock.slept == [0.2, 0.2]


def test_no_sleep_passes_the_deadline_and_one_last_look_is_taken_at_it(clock: FakeClock, steady: Waiter) -> None:
    looks: list[float] = []

    def check() -> Outcome | None:
        looks.append(clock.passed)
        return DONE if clock.passed >= 2.0 else None

    steady.wait(Operation("start", check, ceiling=30.0), Deadline(clock, 2.0))
    assert looks == [0.5, 1.25, 2.0]


def test_time_out_tells_what_a_second_run_needs(clock: FakeClock, steady: Waiter) -> None:
    with pytest.raises(WaitTimeoutError, match=r"Waited 2 seconds for the stop of web.*again to continue") as caught:
        steady.wait(Operation("stop of web", scripted(*[None] * 9), 1.0, id="task-1", instance_id="17"), Deadline(clock, 2.0))
    assert caught.value.facts == {"id": "17", "operation_id": "task-1"}
    assert clock.passed == pytest.approx(2.0)


def test_time_out_without_ids_tells_none(clock: FakeClock, steady: Waiter) -> None:
    with pytest.raises(WaitTimeoutError) as caught:
        steady.wait(Operation("stop", scripted(*[None] * 9), 1.0), Deadline(clock, 1.0))
    assert caught.value.facts == {}


def test_a_deadline_that_passed_before_still_gets_one_look(clock: FakeClock, steady: Waiter) -> None:
    deadline = Deadline(clock, 1.0)
    clock.sleep(5)
    assert deadline.remaining == 0.0
    assert steady.wait(Operation("stop", scripted(DONE), 1.0), deadline) is DONE
    with pytest.raises(WaitTimeoutError):
        steady.wait(Operation("stop", scripted(None), 1.0), deadline)


TRANSIENT = [TransientError("reset"), UnreachableError("refused"), ProtocolError("HTML"), RateLimitedError("429", retry_after=1.0)]


def test_three_failed_reads_in_a_row_are_tolerated(clock: FakeClock, steady: Waiter) -> None:
    outcome = Outcome("9")
    assert steady.wait(Operation("start", scripted(*TRANSIENT[:3], None, *TRANSIENT[1:], outcome), 1.0), Deadline(clock, 100)) is outcome


@pytest.mark.parametrize("last", TRANSIENT, ids=lambda error: type(error).__name__)
def test_the_fourth_failed_read_in_a_row_is_raised_as_it_is(clock: FakeClock, steady: Waiter, last: TransientError) -> None:
    with pytest.raises(type(last)) as caught:
        steady.wait(Operation("start", scripted(*[TransientError("x")] * 3, last, DONE), 1.0, "job-1", "17"), Deadline(clock, 100))
    assert caught.value is last
    assert (last.facts["id"], last.facts["operation_id"]) == ("17", "job-1")


def test_any_other_failure_ends_the_wait_at_once_and_keeps_its_own_id(clock: FakeClock, steady: Waiter) -> None:
    failure = OperationFailedError("the task failed", id="18")
    with pytest.raises(OperationFailedError) as caught:
        steady.wait(Operation("start", scripted(failure), 1.0, "task-1", "17"), Deadline(clock, 100))
    assert caught.value.facts == {"id": "18", "operation_id": "task-1"}
    assert len(clock.slept) == 1


def test_a_message_with_a_hint_reads_as_two_sentences() -> None:
    assert str(VpsError("It failed.", hint="Do this.")) == "It failed. Do this."
    assert str(VpsError("It failed", hint="Do this.")) == "It failed. Do this."
    assert str(VpsError("It failed", id=None)) == "It failed"
    assert VpsError("It failed", id=None, ids=[]).facts == {"ids": []}


def test_whoever_watches_is_told_now_and_then(clock: FakeClock) -> None:
    lines: list[str] = []
    Waiter(clock, jitter=lambda: 0.5, progress=lines.append).wait(Operation("start of web1", scripted(*[None] * 12, DONE), ceiling=6.0), Deadline(clock, 100))
    assert lines == [f"waiting for the start of web1, {seconds} seconds so far" for seconds in (16, 34)]
