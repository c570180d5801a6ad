# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console tickets at Gcore (section 5.11, reading 30): each read makes one, and nothing closes it."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConflictError, RejectedError
from ..._core.model import Instance
from ..._core.normalise import text
from ..._core.records import Record
from ..agreement import agreed
from ..consoles import ConsoleVerbs
from ..records import RecordWish
from .api import CONSOLE

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

LOCKED_SECONDS = 30.0  # how long somebody else may be at the console (reading 30)


class GcoreConsoles(ConsoleVerbs["GcoreDriver"]):
    """The verbs of Gcore's consoles."""

    driver: GcoreDriver

    def read(self, wish: RecordWish, instance: Instance | None) -> Record:
        """A fresh ticket. Without a type the provider chooses one; how long it lasts is not told."""
        query = {"console_type": wish["type"]} if wish["type"] else None

        def ask() -> dict[str, t.Any]:
            found: dict[str, t.Any] = self.driver.api.ask(CONSOLE, self.driver.scope.of(instance), query=query)["remote_console"]
            return found

        try:
            console = agreed(self.driver.context, ask, ConflictError, LOCKED_SECONDS)
        except ConflictError as exc:
            exc.hint = "Somebody else may be at the console: try again in a while."
            raise
        except RejectedError as exc:
            exc.hint = "Leave type out, or give one that the provider takes: novnc, spice-html5, serial." if query else None
            raise
        url = text(console["url"])
        self.driver.api.client.redactor.add(url)
        return self.shown(wish, instance, type=text(console.get("type")) or text(console.get("protocol")), url=url)
