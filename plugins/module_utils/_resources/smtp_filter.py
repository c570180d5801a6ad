# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SMTP filters have of their own: they go by a fee, which is ordered where none is invoiced yet."""

from __future__ import annotations

import typing as t

from .._core.plan import Step
from .._core.records import Record
from ._declared import DeclaredTask, State


class SmtpFilterTask(DeclaredTask):
    """One run of C(vps_smtp_filter)."""

    def removal(self, record: Record) -> t.Sequence[Step]:
        """The order of the fee; an invoice that is listed is one already."""
        if not record["filters"] or record["invoiced"]:
            return ()
        return [Step("order", "cleanup_fee", cost=True, needs=("cost",))]

    def effect_of(self, step: Step, record: Record) -> Record:
        """The filters stay until the fee is paid."""
        return record.having(invoiced=True)

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """An invoice is listed, or the filters are gone."""
        return bool(now["invoiced"]) or not now["filters"]
