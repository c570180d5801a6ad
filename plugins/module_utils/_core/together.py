# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing things side by side: the one place where threads are started. None outlives the call.

Pure.
"""

from __future__ import annotations

import threading
import typing as t

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
