# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of outgoing mail: who pays the clean-up fee gets rid of them (HW-29)."""

from __future__ import annotations

import typing as t

from ..._core.errors import NotAppliedError
from ..._core.kinds import SMTP_FILTER
from ..._core.model import DONE, Instance, Outcome
from ..._core.normalise import integer, text
from ..._core.plan import Step
from ..._core.records import Record, server_of
from ..._core.wait import Deadline, Operation
from ..records import RecordVerbs, RecordWish
from .api import Row
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import HostwindsDriver


class HostwindsSmtpFilters(RecordVerbs["HostwindsDriver"]):
    """The verbs of SMTP filters; rows of the whole account would not tell whose they are, so each server is asked."""

    driver: HostwindsDriver
    patience = 60.0  # seconds until an invoice should be listed
    lapse = 1800.0  # and after which none comes any more

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """The filters of one server, of which there may be none."""
        return [self._read(instance)] if instance else []

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """The servers that have filters."""
        read = self.driver.of_each([instance] if instance else self.driver.list_all(), lambda server: [self._read(server)])
        return [record for record in read if record["filters"]]

    def _read(self, server: Instance) -> Record:
        filters = [_filter(row) for row in self.driver.api.smtp_filters(str(server.id))]
        invoiced = any(each["invoice_id"] for each in filters) if filters else None
        return SMTP_FILTER.record(PROFILE.name, {"instance": server_of(server), "filters": filters, "invoiced": invoiced})

    def change(self, record: Record, step: Step) -> Operation | None:
        """Order the clean-up fee, once: each call makes an invoice. Its success says "A valid serviceid is required." (HW-3)."""
        server = Instance(PROFILE.name, self.driver.account(), **record["instance"])
        self.driver.api.order("create_ip_cleanup_fee", server.id)
        grace = Deadline(self.driver.context.waiter.clock, self.patience)

        def check() -> Outcome | None:
            now = self._read(server)
            if now["invoiced"] or not now["filters"]:
                return DONE
            if not (grace.passed or self.driver.context.deadline.passed):
                return None
            told = f"The clean-up fee for {self.driver.label(server)} was accepted but not applied: no invoice is listed; it was not sent again"
            raise NotAppliedError(told, hint="Look for the invoice in the Hostwinds panel: another order makes another one.", id=server.id)

        return self.driver.operation(f"invoice for {self.driver.label(server)}", check, instance_id=server.id)


def _filter(row: Row) -> dict[str, t.Any]:
    invoice = integer(row.get("invoice_id")) or 0
    return {"type": text(row.get("type")), "created": text(row.get("created")), "invoice_id": str(invoice) if invoice > 0 else None}
