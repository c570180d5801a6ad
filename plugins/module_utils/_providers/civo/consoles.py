# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNC sessions at Civo (section 4.10): opened for a while, read while they are open, and closed.

The page of a session asks for a token of the account besides, which the exchange call makes. It is not asked for here: whoever has it
has the account for an hour, and it must never be in a result (section 9).
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from ..._core.errors import NotFoundError, OptionError
from ..._core.model import DONE, Instance, Outcome
from ..._core.normalise import iso_utc, text
from ..._core.plan import Step
from ..._core.records import Record
from ..._core.wait import Operation
from ..._http.client import Call
from ..consoles import ConsoleVerbs
from ..records import RecordWish
from . import api
from .api import Row

if t.TYPE_CHECKING:
    from .driver import CivoDriver

TYPE = "vnc"
_DURATION = re.compile(r"([1-9][0-9]{0,3})([mh])")
SHORTEST, LONGEST = 5, 24 * 60  # minutes


class CivoConsoles(ConsoleVerbs["CivoDriver"]):
    """The verbs of Civo's VNC sessions."""

    driver: CivoDriver
    sessions = True

    def check(self, wish: RecordWish) -> None:
        """Refuse a duration that the provider does not take."""
        wanted = wish["duration"]
        found = _DURATION.fullmatch(wanted) if wanted is not None else None
        minutes = int(found[1]) * (60 if found[2] == "h" else 1) if found else 0
        if wanted is not None and not SHORTEST <= minutes <= LONGEST:
            raise OptionError(f"duration: {wanted!r} is no time between 5m and 24h", hint="Write minutes or hours, such as 30m or 2h.", option="duration")

    def read(self, wish: RecordWish, instance: Instance | None) -> Record:
        """The session, if one is open."""
        try:
            session = self._send(api.CONSOLE, t.cast(Instance, instance))
        except NotFoundError:
            return self.shown(wish, instance, type=TYPE)
        return self.shown(wish, instance, type=TYPE, url=session["uri"], **self.until(iso_utc(session.get("expiration"))))

    def change(self, record: Record, step: Step) -> Operation | None:
        """Open a session, or close it; not found counts as closed."""
        instance: Instance = record.facts["instance"]
        if step.action == "close":
            with contextlib.suppress(NotFoundError):
                self._send(api.CONSOLE_CLOSE, instance)
            return None
        duration = record.facts["duration"]
        self._send(api.CONSOLE_OPEN, instance, {"duration": duration} if duration else None)

        def check() -> Outcome | None:
            try:
                self._send(api.CONSOLE, instance)
            except NotFoundError:
                return None
            return DONE

        return self.driver.operation(f"console of {self.driver.label(instance)}", check, instance_id=instance.id)

    def _send(self, call: Call, instance: Instance, query: t.Mapping[str, t.Any] | None = None) -> Row:
        """Send a call about the session of a server; the address that comes back is a secret."""
        data = self.driver.civo.send(call, str(instance.region), path={"id": instance.id}, query=query).data
        session: Row = data if isinstance(data, dict) else {}
        self.driver.civo.hide(text(session.get("uri")))
        return session
