# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing things side by side: the one place where threads are started. None outlives the call.

Pure.
"""

from __future__ import annotations

import copy
import threading
import typing as t
from dataclasses import dataclass, field

from .errors import VpsError

_T = t.TypeVar("_T")
_K = t.TypeVar("_K", bound="t.Hashable")


def side_by_side(jobs: t.Sequence[t.Callable[[], _T]], width: int) -> list[_T]:
    """The results of all jobs, in their order, whichever ends first.

    Args:
        width: how many may run at once; up to 1 they run one after the other, in the caller's thread.

    Raises:
        Exception: of the first job, in their order, that failed; what was not begun by then is dropped.
    """
    if min(width, len(jobs)) < 2:
        return [job() for job in jobs]
    from concurrent.futures import ThreadPoolExecutor  # late: modules import this file and start no threads

    with ThreadPoolExecutor(max_workers=min(width, len(jobs))) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Once(t.Generic[_K, _T]):
    """What several jobs need alike: the first one reads it, and the others wait for that."""

    def __init__(self) -> None:
        self._locks: dict[_K, threading.Lock] = {}
        self._found: dict[_K, _T] = {}

    def get(self, key: _K, read: t.Callable[[], _T]) -> _T:
        """What C(read) brings for C(key), read once; a failure is not kept."""
        with self._locks.setdefault(key, threading.Lock()):
            if key not in self._found:
                self._found[key] = read()
            return self._found[key]


@dataclass
class _Readings(t.Generic[_T]):
    """The readings of one thing, one after the other: how many were begun and ended, and what the last one brought."""

    change: threading.Condition = field(default_factory=threading.Condition)
    led: bool = False
    begun: int = 0
    ended: int = 0
    found: _T | None = None
    failure: BaseException | None = None


class Joined(t.Generic[_K, _T]):
    """What several threads read again and again: one reading answers all who asked before it began, so that nobody gets an old answer."""

    def __init__(self) -> None:
        self._readings: dict[_K, _Readings[_T]] = {}

    def get(self, key: _K, read: t.Callable[[], _T], gather: t.Callable[[], None]) -> _T:
        """What a reading of C(key) brings that began after this call.

        Args:
            read: reads it.
            gather: called before a reading begins; may wait for others to join it.

        Raises:
            Exception: what C(read) raised; each thread gets its own copy, since failures are completed on their way up.
        """
        readings = self._readings.setdefault(key, _Readings())
        with readings.change:
            wanted = readings.begun + 1
            while readings.led and readings.ended < wanted:
                readings.change.wait()
            if readings.ended >= wanted:
                return _answer(readings)
            readings.led = True
        try:
            return self._lead(readings, read, gather)
        finally:
            with readings.change:
                readings.led = False
                readings.change.notify_all()

    @staticmethod
    def _lead(readings: _Readings[_T], read: t.Callable[[], _T], gather: t.Callable[[], None]) -> _T:
        gather()
        with readings.change:
            readings.begun += 1
        found: _T | None = None
        failure: BaseException | None = None
        try:
            found = read()
        except BaseException as exc:
            failure = exc
            raise
        finally:
            with readings.change:
                readings.ended, readings.found, readings.failure = readings.begun, found, failure
        return found


class Places:
    """A number of places for what may not be under way at the same time; a place that is lost never comes back."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._free = number
        self._change = threading.Condition()

    def take(self) -> bool:
        """Wait for a place; false when all of them are lost."""
        with self._change:
            while self._left and not self._free:
                self._change.wait()
            self._free -= 1 if self._left else 0
            return self._left > 0

    def give_back(self) -> None:
        """Leave a place to somebody else."""
        with self._change:
            self._free += 1
            self._change.notify_all()

    def lose(self) -> None:
        """Keep a place for ever."""
        with self._change:
            self._left -= 1
            self._change.notify_all()


def _answer(readings: _Readings[_T]) -> _T:
    if readings.failure is not None:
        raise own_copy(readings.failure)
    return t.cast("_T", readings.found)


def own_copy(failure: BaseException) -> BaseException:
    """The same failure for another thread or object, whose facts can be completed apart."""
    again = copy.copy(failure)
    if isinstance(again, VpsError):
        again.facts = dict(again.facts)
    return again
