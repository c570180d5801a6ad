# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP sessions by all that makes them different, for one task or for all items of a loop."""

from __future__ import annotations

import threading
import time
import typing as t

LONGEST_REST = 4.0  # seconds; many servers hang up after 5, and the fate of a request that crosses with that is unknown


class Sessions:
    """Open sessions.

    Args:
        keep: whether they outlive the task that opened them.
        now: monotonic seconds; for tests.
    """

    def __init__(self, *, keep: bool = False, now: t.Callable[[], float] = time.monotonic) -> None:
        self._keep = keep
        self._now = now
        self.forget()

    def get(self, key: t.Hashable, open_new: t.Callable[[], t.Any]) -> t.Any:
        """The session of that key; C(open_new) makes it where there is none, or where nobody asked for it of late."""
        with self._lock:
            session, asked = self._open.pop(key, (None, 0.0))
            if session is not None and self._now() - asked > LONGEST_REST:
                session.close()
                session = None
            if session is None:
                session = open_new()
            self._open[key] = session, self._now()
            return session

    def end_task(self) -> None:
        """Close them, unless they are kept."""
        if self._keep:
            return
        with self._lock:
            for session, _asked in self._open.values():
                session.close()
            self._open.clear()

    def forget(self) -> None:
        """Know none any more: in a forked process they are those of its parent."""
        self._lock = threading.Lock()
        self._open: dict[t.Hashable, tuple[t.Any, float]] = {}
