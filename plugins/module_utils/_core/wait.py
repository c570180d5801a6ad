# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: clocks, deadlines and the one engine that awaits operations.

Pure: time is handed in, so that tests wait no real seconds.
"""

from __future__ import annotations

import random
import threading
import time
import typing as t
from dataclasses import dataclass

from .errors import TransientError, VpsError, WaitTimeoutError
from .model import Outcome

FIRST_POLL = 0.5  # seconds; a server that is ready early is seen early
GROWTH = 1.5
PROGRESS_EVERY = 15.0  # seconds between two lines for whoever watches
TOLERATED_READ_ERRORS = 3  # in a row (Hostwinds section 7, HosterAPI 5.1)


class Clock:
    """Real time. Tests hand in one of their own."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def epoch(self) -> float:
        """Seconds since 1970, comparable between processes."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        if seconds > 0:
            time.sleep(seconds)


class Deadline:
    """A point in time that no wait may pass."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self._start = clock.now()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock.now() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.seconds - self.elapsed)

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return self.elapsed >= self.seconds


@dataclass(frozen=True)
class Operation:
    """Something a provider accepted and has not finished yet.

    Args:
        what: in words, for messages ("stop of instance 12 at civo").
        check: asks once; returns an Outcome when done, None while pending, raises OperationFailedError on failure.
        ceiling: seconds between two polls at most, as the contract says.
        id: the provider's task or job id, for failures that a later run can continue from.
        instance_id: the server it is about, if known.
    """

    what: str
    check: t.Callable[[], Outcome | None]
    ceiling: float
    id: str | None = None
    instance_id: str | None = None


class Waiter:
    """Awaits operations and keeps account of the time spent; threads may share it.

    Args:
        progress: takes a line for a person, now and then while something is waited for.
    """

    def __init__(self, clock: Clock, jitter: t.Callable[[], float] = random.random, progress: t.Callable[[str], None] | None = None) -> None:
        self.clock = clock
        self.waited = 0.0
        self.waited_to_retry = 0.0
        self._retrying_until = clock.now()
        self._lock = threading.Lock()
        self._jitter = jitter
        self._progress = progress

    def pause(self, seconds: float) -> None:
        """Sleep and remember it."""
        with self._lock:
            self.waited += max(0.0, seconds)
        self.clock.sleep(seconds)

    def pause_to_retry(self, seconds: float) -> None:
        """Sleep before something is sent again; C(waited_to_retry) is the sum over the whole task, what threads wait at once counted once."""
        with self._lock:
            now = self.clock.now()
            end = now + max(0.0, seconds)
            self.waited_to_retry += max(0.0, end - max(now, self._retrying_until))
            self._retrying_until = max(end, self._retrying_until)
        self.pause(seconds)

    def wait(self, operation: Operation, deadline: Deadline) -> Outcome:
        """Poll until done.

        Intervals start at half a second, grow by half and stay below C(operation.ceiling), give or take a tenth.

        Raises:
            WaitTimeoutError: the deadline passed; carries C(id) or C(operation_id).
            OperationFailedError: the operation failed.
            TransientError: more than three reads in a row failed.
        """
        interval = min(FIRST_POLL, operation.ceiling)
        errors = 0
        started = told = self.clock.now()
        while True:
            self.pause(min(interval * (0.9 + 0.2 * self._jitter()), deadline.remaining))
            try:
                outcome = operation.check()
                errors = 0
            except TransientError as exc:
                errors += 1
                if errors > TOLERATED_READ_ERRORS:
                    raise self._tell(exc, operation) from exc
                outcome = None
            except VpsError as exc:
                raise self._tell(exc, operation) from exc
            if outcome is not None:
                return outcome
            if deadline.passed:
                raise WaitTimeoutError(
                    f"Waited {deadline.seconds:.0f} seconds for the {operation.what}, and it is not finished",
                    hint="It may still finish: run the task again to continue, or raise wait_timeout.",
                    id=operation.instance_id,
                    operation_id=operation.id,
                )
            if self._progress and self.clock.now() - told >= PROGRESS_EVERY:
                told = self.clock.now()
                self._progress(f"waiting for the {operation.what}, {told - started:.0f} seconds so far")
            interval = min(interval * GROWTH, operation.ceiling)

    @staticmethod
    def _tell(exc: VpsError, operation: Operation) -> VpsError:
        if operation.instance_id is not None:
            exc.facts.setdefault("id", operation.instance_id)
        if operation.id is not None:
            exc.facts.setdefault("operation_id", operation.id)
        return exc
