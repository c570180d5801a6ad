# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an address has of its own: one of a server's is the main one, which can be swapped for another, and the guest may have to be told."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.errors import ConflictError, ExpectationError, OptionError
from .._core.plan import RESTART, Plan, Step
from .._core.records import Field, Record
from .._providers.addresses import ATTACHED, KEPT, MAIN, SECONDARY, UNATTACHED
from ._declared import INSTANCE, DeclaredTask, State

REPLACED = "replaced"
SWAP = "swap"
REBUILD_GUEST = "rebuild"
GUEST_NETWORK = "guest_network"


class AddressTask(DeclaredTask):
    """One run of C(vps_address)."""

    def check(self) -> None:
        """Refuse what the provider cannot do, and options that contradict each other."""
        if self.wish.state == REPLACED:
            self._check_replaced()
        if self.wish["primary"]:
            self.driver.require(self.kind.name, "primary")
            if self.wish["type"] not in (None, MAIN):
                raise OptionError(f"primary: true makes a main address, not a {self.wish['type']} one", hint="Leave type out.", option="type")
        if self.wish["rebuild_guest_network"]:
            self.driver.require(self.kind.name, "rebuild_guest_network")

    def _check_replaced(self) -> None:
        self.driver.require(self.kind.name, REPLACED)
        if not self.wish[INSTANCE] and not self.context.check_mode:
            raise OptionError("instance is needed: state replaced swaps the main address of a server", option=INSTANCE)
        if self.wish["type"] not in (None, MAIN):
            raise OptionError("type: only the main address of a server can be swapped for another one", hint="Leave type out.", option="type")

    def inspect(self, state: State) -> None:
        """Refuse another address than the described one, and to lose the main one."""
        record, wish = state.record, self.wish
        if wish.state == REPLACED and record is None:
            raise ConflictError(f"Instance {wish[INSTANCE]} at {self.title} shows no main address to be replaced", hint="Run the task again when it has one.")
        if record is None or wish.state == REPLACED:
            return
        label = self.label(record)
        if wish["type"] not in (None, record["type"]) and not wish["primary"]:
            raise ExpectationError(f"The {label} is a {record['type']} one, not a {wish['type']} one; nothing was changed")
        if wish.state == "absent":
            held = record[INSTANCE]
            if wish[INSTANCE] and held and (state.instance is None or held["id"] != state.instance.id):
                holder = f"instance {held['id']}" if held["id"] else "something else"
                raise ExpectationError(f"The {label} is not on {wish[INSTANCE]}, but on {holder}; nothing was changed")
            if record["primary"] and "primary" in self.driver.PROFILE.capabilities.of(self.kind.name):  # elsewhere the verbs say where it goes with
                raise OptionError(f"The {label} is the main one of its server, which cannot be removed", hint="Make another one the main address first.")
        if wish.state != "absent" and wish["primary"] is False and record["primary"]:
            raise OptionError(
                f"primary: the {label} is the main one, and a server always has one", hint="Give another one primary: true instead.", option="primary"
            )

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """An address that knows no main one is none."""
        return bool(current) is not wanted if field.name == "primary" else super().differs(field, current, wanted)

    def plan(self, state: State) -> Plan:
        """The guest is told of what changes, and only of that: a rebuild of its network restarts it each time."""
        plan = super().plan(state)
        if not (plan.steps and self.wish["rebuild_guest_network"]):
            return plan
        if not self.wish.wait and any(step.action == SWAP for step in plan.steps):
            left_out = "The guest's network is not rebuilt, since this task does not wait for the new address"
            return replace(plan, warnings=(*plan.warnings, left_out))
        return plan.with_steps([*plan.steps, Step(REBUILD_GUEST, GUEST_NETWORK, effect=RESTART, needs=(RESTART,))])

    def acts(self, state: State) -> t.Sequence[Step]:
        """The swap; where the address to be replaced is named and is not the main one any more, an earlier run did it."""
        if self.wish.state != REPLACED:
            return ()
        main, named = state.record["address"] if state.record else None, self.wish["address"]
        if named and main and named != main:
            self.context.journal.forget(self._order_of(SWAP, state.record))
            return ()
        return [Step(SWAP, "address", main or named, None, cost=True, needs=("cost",))]

    def outdated(self, step: Step, left: t.Mapping[str, t.Any]) -> bool:
        """An order that was carried out, and that this task is not about, or that was told as done."""
        return bool((self.wish["address"] or left.get("told")) and left.get("before") != step.before)

    def removal(self, record: Record) -> t.Sequence[Step]:
        """What is kept for itself is taken from its server first; a server's own address just goes."""
        steps = super().removal(record)
        return steps if record["type"] in KEPT else steps[-1:]

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """A swap shows another main address; a rebuild of the guest's network shows to those only who watch it, which whoever sends it does."""
        return bool(now["address"] != step.before) if step.action == SWAP else step in self._done

    def effect_of(self, step: Step, record: Record) -> Record:
        """The main address is called so; what hangs on a server is attached."""
        if step.field == "primary":
            return record.having(type=MAIN if step.after else SECONDARY)
        if step.field == INSTANCE:
            return record.having(status=UNATTACHED if step.after is None else ATTACHED, private_address=self.wish["private_address"] if step.after else None)
        return record
