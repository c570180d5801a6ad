# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What name restrictions have of their own: lists are sets, and one write sets whatever differs."""

from __future__ import annotations

import typing as t

from .._core.errors import OptionError
from .._core.plan import Drift, Step
from .._core.records import Field, Record
from ._declared import DeclaredTask, State


class NameTemplateTask(DeclaredTask):
    """One run of C(vps_name_template)."""

    def check(self) -> None:
        """Refuse a task that does not say where."""
        if not self.context.connection.region:
            raise OptionError("region is needed: restrictions are of a reseller and a region", hint="Give the region.", option="region")

    def blank(self) -> Record:
        """The restrictions of the reseller and the region that the options name."""
        reseller = self.wish["reseller_id"]
        return super().blank().having(reseller_id=str(reseller) if reseller is not None else None)

    def named(self, record: Record | None) -> str | None:
        """Reseller and region."""
        known = record or self.blank()
        return f"of reseller {known['reseller_id']} in region {known['region']}"

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """Lists are sets; an empty one allows nothing, where none at all restricts nothing."""
        if isinstance(current, list) and isinstance(wanted, list):
            return set(current) != set(wanted)
        return super().differs(field, current, wanted)

    def _changes(self, state: State, record: Record) -> tuple[list[Step], list[Drift]]:
        """All that differs as one step, since one write sets all."""
        differing = [field.name for field in self._managed() if self.differs(field, record.fields[field.name], self.wish[field.name])]
        before, after = {name: record[name] for name in differing}, {name: self.wish[name] for name in differing}
        return [Step("set", self.kind.name, before, after)] if differing else [], []

    def effect_of(self, step: Step, record: Record) -> Record:
        """The restrictions after they were set."""
        return record.having(**step.after) if step.action == "set" else record

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """Whether all of them are as they were set."""
        return not any(self.differs(field, now.fields[field.name], step.after[field.name]) for field in self.kind.fields if field.name in step.after)
