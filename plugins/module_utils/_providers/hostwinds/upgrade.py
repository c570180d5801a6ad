# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paid upgrade (section 9, HW-30): order, invoice, application, confirmation; picked up wherever it stands."""

from __future__ import annotations

import typing as t

from ..._core.errors import (
    ConflictError,
    ConsentError,
    NotAppliedError,
    NotFoundError,
    OutcomeUnknownError,
    ProviderError,
    QuotaError,
    RateLimitedError,
    RejectedError,
    UnreachableError,
    UnsupportedError,
    VpsError,
)
from ..._core.model import DELETING, DONE, RESCUE, RESIZING, RUNNING, STOPPED, SUSPENDED, Instance, Outcome
from ..._core.wait import Deadline, Operation
from .api import Row, pending_invoice

if t.TYPE_CHECKING:
    from ..._journal import Note
    from .driver import HostwindsDriver

PAYMENT_GRACE = 300.0  # seconds; who pays later runs the task again
GRACE = 120.0  # seconds until what was accepted must show

RECONFIRMATIONS = 2  # how often an unclear confirmation may be sent anew

_Stage = t.Callable[[], "Outcome | None"]


class Upgrade:
    """One server's way to another plan; each check is one stage's next look.

    At most one order and one application are sent in a run, whatever becomes of their answers. By the journal, a task that runs at the
    same time orders nothing, and neither does the run after one that was killed, until the order shows.

    Args:
        rid: the wanted plan.
        custom: custom plan values by the fields of the wire.
        may_restart: whether the task allows a restart.
    """

    def __init__(self, driver: HostwindsDriver, instance: Instance, rid: str, custom: t.Mapping[str, int], may_restart: bool) -> None:
        self.driver = driver
        self.instance = instance
        self.id = str(instance.id)
        self.label = driver.label(instance)
        self.rid = rid
        self.custom = custom
        self.may_restart = may_restart
        self._what = f"upgrade of instance {self.id}"
        self._unseen: Note | None = None  # the note of an order that does not show yet
        self._unclear: OutcomeUnknownError | None = None  # what became of an application
        self._pending = False
        self._confirmations = 0
        self._sizes: tuple[int | None, ...] = ()
        self._grace = self._clock(GRACE)
        self._stage: _Stage = self._await_payment

    def begin(self) -> Operation | None:
        """Send the first call that is missing, and return what is left to await."""
        context = self.driver.context
        with context.journal.order(self._what, context.deadline) as note:
            ended = self._next(note)
            if self._unseen and note.left is not None:
                ended = context.waiter.wait(self.driver.operation(f"order of the {self._what}", self._show, instance_id=self.id), context.deadline)
            if self._unseen is None:
                note.clear()
        if ended not in (None, DONE):
            return None
        return self.driver.operation(f"upgrade of {self.label}", self._check, instance_id=self.id)

    def _show(self) -> Outcome | None:
        """One look for the order that an earlier run sent."""
        return self._check() or (None if self._unseen else DONE)

    def _check(self) -> Outcome | None:
        """One look, in the stage that it is in by then."""
        return self._stage()

    # -- where it stands ----------------------------------------------------------------------------------------------

    def _next(self, note: Note) -> Outcome | None:
        """Look at everything and take the one step that is due (HW-30)."""
        now = self._now()
        if now.facts["resized"]:
            return self._confirm()
        if now.status == RESIZING:  # applied by an earlier run
            self._sizes = _sizes(now)
            return self._enter(self._await_resized, GRACE)
        if self.driver.api.upgrade_order(self.id) is not None:
            self._pending = True
            return self._enter(self._await_payment, PAYMENT_GRACE)
        if now.facts["upgrade_ordered"]:
            return self._apply(now)
        current = self._plan()
        if current == self.rid:
            return Outcome(self.id)
        finished = note.left is not None and current is not None and current == note.left.get("rid")
        if note.left is None or finished:
            self._order(note)
        self._unseen = note
        return self._enter(self._await_payment, GRACE)

    def _order(self, note: Note) -> None:
        """Send the order, once; what was refused for certain leaves no note."""
        note.left = None
        note.write(sent_at=self.driver.context.provider_time(), rid=self.rid)
        try:
            self.driver.api.order("upgrade_instance", self.id, rid=self.rid, **self.custom)
        except (ProviderError, UnsupportedError, RateLimitedError, UnreachableError):
            note.clear()
            raise

    def _apply(self, now: Instance) -> Outcome | None:
        restarts = self.driver.api.upgrade_reboots(self.id)
        if restarts and not self.may_restart and now.status not in (STOPPED, SUSPENDED):
            raise ConsentError(
                f"The upgrade of {self.label} is paid, and applying it restarts the server, which was not running when this was planned",
                hint="Run the task again with allow: [restart, cost].",
                needs=["restart"],
                id=self.id,
            )
        self._sizes = _sizes(now)
        try:
            self.driver.api.send("upgrade_server", self.id)
        except OutcomeUnknownError as exc:
            self._unclear = exc  # never sent twice; whether it works shows from here on
        return self._enter(self._await_resized, GRACE)

    def _confirm(self) -> Outcome | None:
        """Confirm; after an unknown outcome only while a read still shows RESIZED, and a refusal then means that it was done."""
        self._confirmations += 1
        try:
            self.driver.api.send("confirm_upgrade", self.id)
        except OutcomeUnknownError:
            if self._confirmations > RECONFIRMATIONS:
                raise
            return self._enter(self._await_resized, GRACE)
        except (ConflictError, RejectedError):
            if self._confirmations == 1:
                raise
        return self._enter(self._await_confirmed, 0.0)

    # -- the stages -----------------------------------------------------------------------------------------------------

    def _await_payment(self) -> Outcome | None:
        """An order that was seen and is gone was paid; one that never showed may be late."""
        pending = self.driver.api.upgrade_order(self.id)
        if pending is not None:
            if not self._pending:
                self._pending = True
                self._shown()
                self._grace = self._clock(PAYMENT_GRACE)
            if self._grace.passed or self.driver.context.deadline.passed:
                raise self._unpaid(pending)
            return None
        now = self._now()
        if now.facts["resized"] or now.facts["upgrade_ordered"]:
            self._shown()
            return self._confirm() if now.facts["resized"] else self._apply(now)
        if self._pending:
            return Outcome(self.id) if self._has_plan() else self._apply(now)
        if self._unseen and (self._grace.passed or self.driver.context.deadline.passed):
            raise self._never_shown(self._unseen)
        return None

    def _await_resized(self) -> Outcome | None:
        now = self._now()
        self.driver.refuse_failed(now)
        if now.facts["resized"]:
            return self._confirm()
        changed = not now.facts["upgrade_ordered"] or _sizes(now) != self._sizes
        if now.settled and changed and self._has_plan():
            return Outcome(self.id)
        if now.settled and not changed and self._grace.passed:  # section 7: the start grace
            raise self._unclear or NotAppliedError(f"Hostwinds accepted the {self._what}, but no effect of it was seen", id=self.id)
        return None

    def _await_confirmed(self) -> Outcome | None:
        now = self._now()
        self.driver.refuse_failed(now)
        if now.facts["resized"] or not now.settled or now.status not in (RUNNING, RESCUE, STOPPED):
            return None
        self._enter(self._await_plan, GRACE)
        return self._await_plan()

    def _await_plan(self) -> Outcome | None:
        """The mark of the plan may be late, so another plan than the wanted one never leads to a second order here."""
        current = self._plan()
        if current in (self.rid, None):
            return Outcome(self.id)
        if self._grace.passed or self.driver.context.deadline.passed:
            raise NotAppliedError(
                f"An upgrade of {self.label} is finished, and the server has plan {current} instead of {self.rid}",
                hint="If that was an earlier order, run the task again to order the other plan.",
                id=self.id,
            )
        return None

    def _has_plan(self) -> bool:
        return self._plan() == self.rid

    def _plan(self) -> str | None:
        return self.driver.catalogue.current_size(self.id, fresh=True)

    # -- small things -----------------------------------------------------------------------------------------------------

    def _enter(self, stage: _Stage, grace: float) -> Outcome | None:
        """Go on with a stage; nothing is finished by that."""
        self._stage = stage
        self._grace = self._clock(grace)
        return None

    def _clock(self, seconds: float) -> Deadline:
        return Deadline(self.driver.context.waiter.clock, seconds)

    def _now(self) -> Instance:
        now = self.driver.fetch(self.id)
        if now is None or now.status == DELETING:
            raise NotFoundError(f"{self.label} vanished during its upgrade", id=self.id)
        return now

    def _shown(self) -> None:
        """The order shows, so that its note has done its work."""
        self._unseen = None
        self.driver.context.journal.forget(self._what)

    def _never_shown(self, note: Note) -> VpsError:
        clear = f"Look in the Hostwinds panel and at its invoices. If there is no such order, remove {note.path} and run the task again."
        if note.left is None:
            return NotAppliedError(f"Hostwinds accepted the order for the upgrade of {self.label}, but no order shows", hint=clear, id=self.id)
        return OutcomeUnknownError(f"An earlier run ordered an upgrade of {self.label}, and no order shows; nothing was ordered now", hint=clear, id=self.id)

    def _unpaid(self, pending: Row) -> QuotaError:
        return QuotaError(
            f"The upgrade of {self.label} waits for {pending_invoice(pending)}",
            hint="Pay it in the Hostwinds panel and run the task again: the upgrade goes on from there.",
            id=self.id,
            invoice_id=str(pending.get("invoiceid") or "") or None,
        )


def _sizes(instance: Instance) -> tuple[int | None, ...]:
    return instance.cpu, instance.memory_mb, instance.disk_gb
