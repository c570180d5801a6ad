# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the members of a fleet read together: one list answers all who look for a name or wait for an id.

A list is read in place of single servers as soon as that takes fewer requests. Whoever acts never gets an answer from
before its question, and what a list does not tell is asked for by id, so that it proves as much as ever.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import typing as t

from .._core.errors import ContradictionError
from .._core.model import Instance
from .._core.wait import Deadline
from .._http.shared import Line, SharedClient
from .._providers.base import Driver, Lookup, Overview

FEW = 2  # members that plan with questions of their own


class Scope:
    """The servers of one connection: account, region, project.

    Args:
        scout: the driver that reads the lists.
        line: that of its account.
    """

    def __init__(self, scout: Driver, line: Line) -> None:
        self.scout = scout
        self._line = line
        self._members = 0
        self._acting = 0
        self._requests = 1  # that one reading of the lists takes
        self.lists = True  # whether they tell servers at all
        self._lock = threading.Lock()

    def join(self, driver: t.Any) -> None:
        """Let a driver read with the others."""
        self._members += 1
        driver.side_with(self.scout)
        driver.fleet_scope = self
        driver.context.take_turn = client_of(driver).turn
        driver.context.is_crowded = self._is_crowded

    @contextlib.contextmanager
    def acting(self) -> t.Iterator[None]:
        """Count one more member that is under way."""
        with self._lock:
            self._acting += 1
        try:
            yield
        finally:
            with self._lock:
                self._acting -= 1

    def overview(self, asker: Driver) -> Overview | None:
        """A reading of the lists; None where single questions are cheaper, or all there is."""
        alone = self._members <= FEW if self._line.planning else not self._is_crowded()
        if alone or not self.lists or not asker.plain_lookup:
            return None
        return self._line.read(f"overview {id(self)}", id(asker), self._read)

    def _is_crowded(self) -> bool:
        return not self._line.planning and self._acting > self._requests

    def listed(self) -> list[Instance]:
        """Every server of the scope."""
        return self.scout.list_all()

    def _read(self) -> Overview | None:
        client, context = client_of(self.scout), self.scout.context
        context.deadline = Deadline(context.waiter.clock, context.deadline.seconds)  # its own: a fleet may take longer than one instance
        before = client.reads
        overview = self.scout.overview()
        self._requests = max(1, client.reads - before)
        self.lists = overview is not None
        return overview


def client_of(driver: Driver) -> SharedClient:
    """The client of a driver of a fleet."""
    return t.cast("SharedClient", t.cast("t.Any", driver.context).clients[0])


@functools.cache
def sharing(kind: type[Driver]) -> type[Driver]:
    """A provider's driver that asks its scope before it asks the provider."""

    class Sharing(kind):  # type: ignore[valid-type,misc]
        """The driver of one member."""

        fleet_scope: Scope

        def find(self, name: str) -> Lookup:
            """See the driver."""
            overview = self.fleet_scope.overview(self)
            if overview is not None:
                with contextlib.suppress(ContradictionError):  # which only another reading can settle
                    return overview.find(name)
            return t.cast("Lookup", self._anew(super().find, name) if self.fleet_scope.lists else super().find(name))

        def get(self, instance_id: str) -> Instance | None:
            """See the driver."""
            overview = self.fleet_scope.overview(self)
            told = overview.get(instance_id) if overview else None
            return told or t.cast("Instance | None", self._anew(super().get, instance_id))

        def _anew(self, ask: t.Callable[[str], t.Any], what: str) -> t.Any:
            """The provider's answer to a question that nobody else has."""
            client = client_of(self)
            before, client.fresh = client.fresh, True
            try:
                return ask(what)
            finally:
                client.fresh = before

    return Sharing
