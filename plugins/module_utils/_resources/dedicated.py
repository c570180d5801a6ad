# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dedicated machines: ordered by their id in the market; their power, and their reinstallation."""

from __future__ import annotations

import typing as t

from .._core.errors import OptionError, OutcomeUnknownError
from .._core.model import RUNNING, STOPPED, Instance
from .._core.normalise import iso_of
from .._core.plan import REBUILD, RESTART, STOP, Plan, Step
from .._core.records import Field, Record
from .._core.wait import Operation
from ._declared import DeclaredTask, State
from ._sending import look_for

_ABILITIES = {"started": "power", "stopped": "power", "restarted": "power"}  # the others are called as their states are


class DedicatedTask(DeclaredTask):
    """One run of vps_dedicated."""

    def check(self) -> None:
        """What the provider cannot do is refused."""
        self.driver.require(self.kind.name, _ABILITIES.get(self.wish.state, self.wish.state))

    def named(self, record: Record | None) -> str | None:
        """Its id: a host name says nothing about who it is."""
        return (record or self.blank()).id

    def fetch(self) -> State:
        """As every resource; what an open order may still bring is looked for before it is taken for not to be had."""
        try:
            return super().fetch()
        except OptionError:
            if not self._has_come():
                raise
            return super().fetch()

    def _has_come(self) -> bool:
        """Look for what an earlier run ordered, as long as it may take to be listed.

        Raises:
            OutcomeUnknownError: that is longer than this task may take.
        """
        left = self.context.journal.left(self._order_of("create", None))
        if left is None:
            return False
        now = self.context.provider_time()
        sent_at = left["sent_at"] if isinstance(left.get("sent_at"), (int, float)) else now
        seconds = max(0.0, (self.verbs.patience or 0.0) - (now - sent_at))
        in_time = self.context.deadline.remaining >= seconds
        found = look_for(self.context, lambda: self.verbs.find(self.wish, None) or None, seconds)
        if found is None and not in_time:
            raise OutcomeUnknownError(
                f"An earlier run ordered the {self.label(None)} at {iso_of(sent_at)}, and it is not listed yet; nothing was sent now",
                hint=f"Run the task again after {seconds:.0f} seconds, or with a wait_timeout of more than that.",
                id=self.named(None),
            )
        return found is not None

    def settled(self, record: Record | None, instance: Instance | None) -> Record | None:
        """A machine can be terminated before its order is complete."""
        return record if self.wish.state == "absent" else super().settled(record, instance)

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """What the provider does not show is not compared, nor what a reinstallation is about to set."""
        return current is not None and self.wish.state != "rebuilt" and super().differs(field, current, wanted)

    def inspect(self, state: State) -> None:
        """A prediction about a machine that is being set up is no plan to approve."""
        if state.record is not None and state.record["complete"] is False:
            self.presumed = True

    def acts(self, state: State) -> t.Sequence[Step]:
        """Power and reinstallation; what is new is neither restarted nor reinstalled."""
        if self.wish.state == "present":
            return ()
        record = state.record
        if not self.wish.wait and (record is None or record["complete"] is False):
            self.context.warn(f"state: {self.wish.state} is left to the next run, since this one does not wait until {self.label(record)} is set up")
            return ()
        current = record["status"] if record else None
        if self.wish.state == "stopped":
            return () if current == STOPPED else (Step("stop", "status", current, STOPPED, effect=STOP),)
        if self.wish.state == "started" or (self.wish.state == "restarted" and current == STOPPED):
            return () if current == RUNNING else (Step("start", "status", current, RUNNING),)
        if record is None:
            return ()
        if self.wish.state == "restarted":
            return (Step("restart", "status", current, RUNNING, effect=RESTART),)
        return (Step("rebuild", "image", record["image"], self.wish["image"] or record["image"], effect=REBUILD, needs=(REBUILD,)),)

    def effect_of(self, step: Step, record: Record) -> Record:
        """A reinstalled machine runs."""
        if step.action not in ("start", "stop", "restart", "rebuild"):
            return record
        status = RUNNING if step.action == "rebuild" else step.after
        word = record["provider_status"] if step.before == status else None
        name = step.target if step.action == "rebuild" and step.target and record.name else record.name
        return record.having(status=status, provider_status=word, name=name)

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """What is new is complete before anything else is done with it, and may be as wanted then."""
        if step.action in ("start", "stop") and state.made and state.record is not None and self.holds(step, state.record, state):
            self.needless(step)
            return state
        state = super().carry_out(step, state, plan)
        return State(self.settled(state.record, None), None, state.new, state.operation_id, state.made) if step.action == "create" else state

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """A reinstalled machine runs with the image."""
        return super().holds(step, now, state) and (step.action != "rebuild" or now["status"] == RUNNING)

    def _seen(self, step: Step, state: State) -> Operation | None:
        """Nothing shows that a machine which runs as before was restarted, or reinstalled with the same image."""
        if step.action in ("restart", "rebuild") and step.before == step.after:
            return None
        return super()._seen(step, state)

    def more(self, state: State) -> dict[str, t.Any]:
        """The logins, where they were asked for."""
        credentials = state.record.facts.get("credentials") if state.record and self.wish.state != "absent" else None
        return {**super().more(state), **({"credentials": credentials} if credentials else {})}
