# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of consoles. A server has one: either a session that is opened and closed, or a ticket that is made by reading it."""

from __future__ import annotations

import abc
import typing as t

from .._core.kinds import CONSOLE
from .._core.model import Instance
from .._core.normalise import epoch, iso_of
from .._core.records import Record, server_of
from .records import RecordVerbs, RecordWish
from .verbs import D


class ConsoleVerbs(RecordVerbs[D]):
    """The verbs of consoles; those with sessions have C(change) too, for the steps C(open) and C(close)."""

    sessions: t.ClassVar[bool] = False

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """The console of the server; check mode makes no ticket."""
        if instance is None and not wish["dedicated"]:
            return []
        if self.driver.context.check_mode and not self.sessions:
            return self.without_ticket(wish, instance)
        return [self.read(wish, instance)]

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """As C(find): no provider lists consoles."""
        return self.find(wanted, instance)

    @abc.abstractmethod
    def read(self, wish: RecordWish, instance: Instance | None) -> Record:
        """The console as it is now, or a fresh ticket; a closed one has no C(url)."""

    def without_ticket(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """What is known of the console before a ticket is made."""
        return [self.shown(wish, instance)]

    def shown(self, wish: RecordWish, instance: Instance | None, **known: t.Any) -> Record:
        """A console as users see it."""
        fields = {"instance": server_of(instance), "dedicated": wish["dedicated"], **known}
        return CONSOLE.record(self.driver.PROFILE.name, fields, {"instance": instance, "duration": wish["duration"]})

    def lasting(self, seconds: int) -> dict[str, t.Any]:
        """The life time of a ticket that was made just now, by the provider's clock."""
        return {"seconds": seconds, "expires_at": iso_of(self.driver.context.provider_time() + seconds)}

    def until(self, moment: str | None) -> dict[str, t.Any]:
        """The life time of a session that ends at C(moment), by the provider's clock."""
        end = epoch(moment)
        return {"seconds": None if end is None else max(0, int(end - self.driver.context.provider_time())), "expires_at": moment}
