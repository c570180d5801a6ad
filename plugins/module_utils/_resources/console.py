# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What consoles have of their own: a ticket is read and changes nothing, a session is opened and closed; the address is told to the caller alone."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.errors import OptionError
from .._core.plan import Step
from .._core.records import Kind, Record, server_of
from .._providers.base import Driver
from .._providers.consoles import ConsoleVerbs
from .._providers.records import RecordWish
from ._declared import INSTANCE, DeclaredTask, State

OPEN, CLOSE = "open", "close"


class ConsoleTask(DeclaredTask):
    """One run of C(vps_console)."""

    verbs: ConsoleVerbs[t.Any]

    def __init__(self, kind: Kind, verbs: ConsoleVerbs[t.Any], driver: Driver, wish: RecordWish, token: str) -> None:
        super().__init__(kind, verbs, driver, replace(wish, wait=True), token)  # without its address a console is of no use

    def check(self) -> None:
        """Refuse what the provider does not have, and two machines at once."""
        for option in ("dedicated", "type", "duration"):
            if self.wish[option]:
                self.driver.require(self.kind.name, option)
        if self.wish.state == "absent":
            self.driver.require(self.kind.name, "absent")
        if self.wish[INSTANCE] and self.wish["dedicated"]:
            raise OptionError("instance and dedicated exclude each other", hint="A console is of one machine: leave one of them out.", option="dedicated")

    def blank(self) -> Record:
        """The console of a machine that an earlier task makes."""
        return super().blank().having(instance=server_of(None, self.wish[INSTANCE]), dedicated=self.wish["dedicated"])

    def named(self, record: Record | None) -> str | None:
        """The machine's name."""
        return super().named(record) or self.wish["dedicated"]

    def acts(self, state: State) -> t.Sequence[Step]:
        """Opening a session where none is open."""
        is_open = state.record is not None and state.record["url"] is not None
        opening = Step(OPEN, self.kind.name, None, self.named(state.record), secret=self.wish["duration"])
        return [opening] if self.verbs.sessions and not is_open else []

    def removal(self, record: Record) -> t.Sequence[Step]:
        """Closing a session that is open."""
        return [Step(CLOSE, self.kind.name, self.named(record), None)] if record["url"] is not None else []

    def effect_of(self, step: Step, record: Record) -> Record:
        """Nobody knows an address beforehand."""
        return record.having(url=None, seconds=None, expires_at=None)

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """Whether a session is open, or none."""
        return (now["url"] is not None) is (step.action == OPEN)
