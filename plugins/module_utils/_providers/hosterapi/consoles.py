# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console tickets at HosterAPI.de, of servers and of dedicated machines (section 9, HA-24): each read makes one, which lasts for seconds."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConflictError, NotFoundError, OptionError, RejectedError
from ..._core.model import Instance
from ..._core.normalise import integer
from ..._core.records import Record
from ..consoles import ConsoleVerbs
from ..records import RecordWish
from . import api

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

TYPE = "novnc"
TICKET_SECONDS = 10  # section 12


class HosterapiConsoles(ConsoleVerbs["HosterapiDriver"]):
    """The verbs of HosterAPI.de's consoles."""

    driver: HosterapiDriver

    def check(self, wish: RecordWish) -> None:
        """Refuse an id of a dedicated machine that is none."""
        if wish["dedicated"] and not self.driver.id_form.fullmatch(wish["dedicated"]):
            raise OptionError(f"dedicated must be the id of a machine, a whole number, not {wish['dedicated']!r}", option="dedicated")

    def read(self, wish: RecordWish, instance: Instance | None) -> Record:
        """A fresh ticket.

        Raises:
            ConflictError: the dedicated machine has none yet.
            NotFoundError: there is no such dedicated machine.
            RejectedError: the machine is not running.
        """
        try:
            url = self.driver.send(api.CONSOLE, str(instance.id)) if instance else self.driver.send(api.MACHINE_CONSOLE, wish["dedicated"])
        except NotFoundError as exc:
            if instance is not None:
                raise
            if self._is_listed(wish):
                message = f"{api.TITLE} has no console of the dedicated machine {wish['dedicated']} yet"
                raise ConflictError(message, hint="Its order may not be complete; vps_dedicated waits for that.") from exc
            raise self._no_machine(wish) from exc
        except RejectedError as exc:
            exc.hint = "A console needs a running machine: start it first."
            raise
        self.driver.client.redactor.add(url)
        return self.shown(wish, instance, type=TYPE, url=url, **self.lasting(TICKET_SECONDS))

    def without_ticket(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """What is known before; a dedicated machine that does not exist has no console."""
        if instance is None and not self._is_listed(wish):
            self.driver.context.warn(f"{self._no_machine(wish).message}; the prediction takes it that an earlier task orders it")
        return [self.shown(wish, instance, type=TYPE, seconds=TICKET_SECONDS)]

    def _is_listed(self, wish: RecordWish) -> bool:
        return integer(wish["dedicated"]) in {integer(row["id"]) for row in self.driver.send(api.MACHINES)}

    def _no_machine(self, wish: RecordWish) -> NotFoundError:
        return NotFoundError(f"{api.TITLE} has no dedicated machine {wish['dedicated']}", hint="Give the id of an existing one; vps_dedicated_info lists them.")
