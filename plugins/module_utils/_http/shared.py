# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One account, many objects: every object has a client of its own, and all of them share a line.

While a task plans, a request that reads is sent once, whoever asks for it. While it acts, those who ask the same at about
the same time share one request that begins after they asked. Nothing here changes what is sent again, and when.
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import typing as t

from .._core.errors import VpsError
from .._core.together import Joined, Once, own_copy
from .._core.wait import Waiter
from .client import Account, Call, Client, Response
from .redact import Redactor

SHORTEST_GAP = 0.25  # seconds between two readings that several wait for
QUIET_SHARE = 0.2  # of the time since the last write: that long it is at least
REQUESTS_BETWEEN = 4.0  # how many requests the rate limit allows in the meantime at least

Told = t.TypeVar("Told")


class Line:
    """What the clients of one account have in common in a task: connections, slots, the count of calls, and what they read.

    Args:
        waiter: sleeps and keeps account of it.
        redactor: knows the secrets of all objects.
        in_flight: how many calls may be under way at once.
        ceiling: seconds between two shared readings at most.
        rate: requests per second; 0 without a limit.
    """

    def __init__(self, waiter: Waiter, redactor: Redactor, in_flight: int, ceiling: float, rate: float) -> None:
        self.waiter = waiter
        self.redactor = redactor
        self.in_flight = in_flight
        self.account = Account()
        self.lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(in_flight)
        self.session: t.Any = None
        self.planning = True
        self._ceiling = ceiling
        self._least = max(SHORTEST_GAP, REQUESTS_BETWEEN / rate if rate else 0.0)
        self._writers = threading.BoundedSemaphore(in_flight)
        self._mine = threading.local()
        self._once: Once[str, tuple[t.Any, VpsError | None]] = Once()
        self._joined: Joined[str, t.Any] = Joined()
        self._askers: dict[str, set[int]] = {}
        self._last: dict[str, float] = {}
        self._written = waiter.clock.now()

    def read(self, key: str, asker: int, read: t.Callable[[], Told], *, fresh: bool = False) -> Told:
        """What C(read) brings, which several may ask for.

        Args:
            key: what is read.
            asker: whom it is for; what only one asks for is never delayed.
            fresh: an answer from before this call does not do, while planning either.

        Raises:
            VpsError: what C(read) raised; while planning, whoever asks again gets the same.
        """
        if self.planning and not fresh:
            found, failure = self._once.get(key, functools.partial(_outcome, read))
            if failure is not None:
                raise own_copy(failure)
            return t.cast("Told", found)
        self._askers.setdefault(key, set()).add(asker)
        return t.cast("Told", self._joined.get(key, read, functools.partial(self._gather, key)))

    def _gather(self, key: str) -> None:
        """Leave time for others to join: a little after each write, more when nothing has been written for a while."""
        clock = self.waiter.clock
        if len(self._askers[key]) > 1 and key in self._last:
            pace = min(max(self._least, QUIET_SHARE * (clock.now() - self._written)), self._ceiling)
            self.waiter.pause(self._last[key] + pace - clock.now())
        self._last[key] = clock.now()

    @contextlib.contextmanager
    def turn(self, before: t.Callable[[], None] | None) -> t.Iterator[None]:
        """Hold one of the turns to write, so that no more begin than can be sent; within a turn there is no waiting for another one.

        Args:
            before: called once the turn has come; what it raises ends it.
        """
        if getattr(self._mine, "turn", False):
            yield
            return
        with self._writers:
            if before is not None:
                before()
            self._mine.turn = True
            try:
                yield
            finally:
                self._mine.turn = False
                self._written = self.waiter.clock.now()  # so readings become frequent again


class SharedClient(Client):
    """The client of one object on the line of its account.

    C(before_write) is called when the turn to write has come, and may refuse it.
    """

    def __init__(self, line: Line, **arguments: t.Any) -> None:
        super().__init__(**arguments)
        self.account, self._lock, self._slots = line.account, line.lock, line.slots
        self.before_write: t.Callable[[], None] | None = None
        self.fresh = False
        self.reads = 0
        self._line = line

    def send(
        self,
        call: Call,
        path: t.Mapping[str, t.Any] | None = None,
        *,
        query: t.Mapping[str, t.Any] | None = None,
        json_body: t.Any = None,
        form: t.Sequence[tuple[str, str]] | None = None,
    ) -> Response:
        """Send a call that writes in its turn; share one that reads."""
        send = functools.partial(super().send, call, path, query=query, json_body=json_body, form=form)
        if call.mutates:
            with self.turn():
                return send()
        self.reads += 1
        key = json.dumps([self.base_url, call.id, path, query, json_body, form], sort_keys=True, default=str)
        return self._line.read(key, id(self), send, fresh=self.fresh)

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """A turn to write; see C(Line.turn)."""
        return self._line.turn(self.before_write)

    def close(self) -> None:
        """The connections are everybody's; they end with the task."""

    def _open_session(self) -> t.Any:
        with self._lock:
            if self._line.session is not None:
                return self._line.session
        session = super()._open_session()
        with self._lock:
            self._line.session = self._line.session or session
            return self._line.session


def _outcome(read: t.Callable[[], Told]) -> tuple[Told | None, VpsError | None]:
    try:
        return read(), None
    except VpsError as exc:
        return None, exc
