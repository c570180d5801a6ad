# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account in which the tasks of one module are run."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller

Row = dict[str, t.Any]


class Account:
    """What the tests of a resource at one provider share.

    Args:
        module: without C(vps_); its information module answers with the list C(plural).
        place: the options of every task, of those of the information module too.
    """

    usual: t.ClassVar[t.Mapping[str, t.Any]] = {}  # further options of the module's tasks

    def __init__(self, controller: Controller, provider: str, module: str, plural: str, **place: t.Any) -> None:
        self.controller = controller
        self.own: t.Any = controller.simulator[provider]
        self.provider, self.module, self.plural, self.place = provider, module, plural, place
        self.warnings: list[str] = []

    def run(self, *, check: bool = False, **options: t.Any) -> Row:
        """A task of the module."""
        reply = self.controller.task(self.module, self.provider, check=check, **{**self.place, **self.usual, **options})
        self.warnings = list(reply.warnings)
        return reply.result

    def done(self, *, check: bool = False, **options: t.Any) -> Row:
        """The same, which has to succeed."""
        result = self.run(check=check, **options)
        assert not result.get("failed"), result
        return result

    def refused(self, **options: t.Any) -> Row:
        """The same, which has to fail before anything is sent."""
        before = self.writes
        result = self.run(**options)
        assert result.get("failed"), result
        assert self.writes == before
        return result

    def listed(self, **options: t.Any) -> list[Row]:
        """What the information module shows."""
        listed: list[Row] = self.controller.task(f"{self.module}_info", self.provider, **{**self.place, **options}).result[self.plural]
        return listed

    @property
    def writes(self) -> list[str]:
        """The operations that write and were asked for."""
        return self.controller.writes(self.provider)
