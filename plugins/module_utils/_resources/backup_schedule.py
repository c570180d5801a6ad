# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules by which a provider makes backups itself."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, replace

from .._core import schedule as times
from .._core.errors import AmbiguousError, NotAppliedError, NotFoundError, OptionError
from .._core.model import ABSENT, Backup, Instance, Schedule
from .._core.plan import DELETE, Plan, Step
from .._providers.backups import BackupVerbs
from .._providers.base import Driver, Terms
from .._verbs.backup import backup as backup_verbs
from ._guards import Subject, check_expected_fields
from ._instances import locate, not_there, presume
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

_COMPARED = ("cron", "every", "keep", "paused", "covers")


@dataclass(frozen=True, kw_only=True)
class ScheduleWish(Terms):
    """What a task wants: the option C(schedule) of vps_backup, beside C(instance) and C(state)."""

    instance: str | None
    state: str = "present"
    name: str | None = None
    cron: str | None = None
    every: str | None = None
    keep: int | None = None
    paused: bool | None = None


@dataclass(frozen=True)
class State:
    """What was read: the server and its schedule; C(wanted) is how it shall be."""

    instance: Instance | None
    current: Schedule | None
    wanted: Schedule
    presumed: bool = False


class ScheduleTask(ResourceTask[State]):
    """One run of vps_backup with a schedule.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    key = "schedule"

    def __init__(self, driver: Driver, wish: ScheduleWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        self.title = driver.PROFILE.title
        self.verbs: BackupVerbs[t.Any] = backup_verbs(driver)
        check_expected_fields(wish.expect, Schedule("", None, None, None).public(), "a schedule")
        if not {"cron", "every"} & set(driver.PROFILE.capabilities.of("backup")):
            driver.require("backup", "cron" if wish.cron is not None else "every")
        self.cron = self.every = None
        if wish.state == "absent":
            return
        for ability in ("cron", "every", "paused"):
            if getattr(wish, ability):
                driver.require("backup", ability)
        if wish.cron is not None and wish.every is not None:
            raise OptionError("schedule: give cron or every, not both", option="schedule")
        if wish.keep is not None and wish.keep < 1:
            raise OptionError(f"schedule: keep must be at least 1, not {wish.keep}", option="schedule")
        try:
            self.cron = times.cron(wish.cron) if wish.cron is not None else None
            self.every = times.seconds(wish.every) if wish.every is not None else None
        except ValueError as exc:
            raise OptionError(f"schedule: {exc}", hint='Write cron: "0 3 * * *" (UTC), or every: 24h.', option="schedule") from None
        self.verbs.check_schedule(Schedule(driver.PROFILE.name, None, wish.name, None, self.cron, self.every, wish.keep, bool(wish.paused)))

    def fetch(self) -> State:
        """The server and its schedule of that name."""
        instance = locate(self.driver, self.wish.instance) if self.wish.instance else None
        server = (instance.name or instance.id) if instance else self.wish.instance
        name = self.wish.name or (f"backup-{server}" if server else None)
        nothing = Schedule(self.driver.PROFILE.name, None, name, instance.id if instance else None)
        if instance is None:
            if self.wish.state == "absent":
                return State(None, None, nothing)
            presume(self.driver, self.wish.instance)
            return State(None, None, self._wanted(nothing), presumed=True)
        try:
            found = self._named(instance, str(name))
        except NotFoundError:
            if self.wish.state == "absent":
                return State(None, None, nothing)
            raise not_there(self.driver, str(self.wish.instance)) from None
        if len(found) > 1:
            ids = [str(schedule.id) for schedule in found]
            raise AmbiguousError.of(self.title, f"schedules named {name}", ids, "Remove all but one of them.")
        current = found[0] if found else None
        return State(instance, current, self._wanted(current or nothing))

    def _named(self, instance: Instance, name: str) -> list[Schedule]:
        """The schedules of that name; to C(absent) those that are about other servers only are none of its business."""
        found = self.verbs.schedules(instance, name)
        return [each for each in found if each.instance is not None] if self.wish.state == "absent" else found

    def _wanted(self, current: Schedule) -> Schedule:
        """The schedule with what the task manages as it shall be; the others as they are."""
        changes: dict[str, t.Any] = {"covers": True}
        if self.cron is not None or self.every is not None:
            changes.update(cron=self.cron, every=self.every)
        if self.wish.keep is not None:
            changes["keep"] = self.wish.keep
        if self.wish.paused is not None:
            changes["paused"] = self.wish.paused
        return replace(current, **changes)

    def plan(self, state: State) -> Plan:
        """Make it, change it field by field, or delete it."""
        current, wanted = state.current, state.wanted
        if self.wish.state == "absent":
            if current is None:
                return Plan()
            self.verbs.check_removal(current)
            self.guards.check_expectations(self.subject(state))
            return Plan((Step("delete", "schedule", current.name, None, DELETE),))
        if current is None:
            if (not wanted.cron and not wanted.every) or not wanted.keep:
                raise OptionError("schedule: a new one needs cron or every, and keep", hint="Add what is missing.", option="schedule")
            if state.instance is not None:
                self.verbs.check_create(state.instance)
            after = {key: value for key, value in wanted.public().items() if key in ("name", "cron", "every", "keep", "paused") and value is not None}
            return Plan((Step("create", "schedule", None, after, cost=self.verbs.costs),), approvable=not state.presumed)
        steps = tuple(self._changes(current, wanted))
        others = self.verbs.also_covers(current) if any(step.field != "covers" for step in steps) else None
        warnings = (f"Schedule {current.name} ({current.id}) at {self.title} also backs up {others}, for which this changes too",) if others else ()
        return Plan(steps, warnings=warnings)

    @staticmethod
    def _changes(current: Schedule, wanted: Schedule) -> t.Iterator[Step]:
        before, after = {**current.public(), "covers": current.covers}, {**wanted.public(), "covers": wanted.covers}
        for field in _COMPARED:
            if before[field] != after[field]:
                yield Step("set", field, before[field], after[field])

    def subject(self, state: State) -> Subject:
        """The schedule; by its name where there is none yet."""
        current = state.current
        label = f"schedule {state.wanted.name or 'of a new instance'} at {self.title}"
        if current is None:
            return Subject(label, f"schedule:{self.wish.instance}:{state.wanted.name}")
        return Subject(label, f"schedule:{current.id}", current.id, current.public())

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """As wanted; what is made anew has an id that nobody knows yet."""
        if steps and state.current is not None and self.wish.state == "present" and self.verbs.makes_anew(state.current, state.wanted):
            return replace(state, wanted=replace(state.wanted, id=None))
        return state

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The schedule."""
        gone = self.wish.state == "absent"
        return {**((state.current or state.wanted) if gone else state.wanted).public(), "status": ABSENT if gone else "active"}

    def more(self, state: State) -> dict[str, t.Any]:
        """No backup is made by this; its object is empty."""
        return {"backup": Backup(self.driver.PROFILE.name, None, state.instance.id if state.instance else None, status=ABSENT).public()}

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """One request or few for all fields at once."""
        if step is not plan.steps[0]:
            return state
        facts = {"id": state.current.id if state.current else None, "step": step.action}
        patience = (self.driver.PROFILE.look_seconds or SETTLE_SECONDS) if step.action == "create" else SETTLE_SECONDS
        send_safely(self.context, lambda: self._send(step, state), lambda: True if self._applied(state) else None, facts, patience)
        return state

    def _send(self, step: Step, state: State) -> bool:
        instance = t.cast(Instance, state.instance)
        if step.action == "create":
            self.verbs.create_schedule(instance, state.wanted)
        elif step.action == "delete":
            with contextlib.suppress(NotFoundError):  # an earlier try of ours, or somebody else was faster
                self.verbs.delete_schedule(t.cast(Schedule, state.current))
        else:
            self.verbs.change_schedule(instance, t.cast(Schedule, state.current), state.wanted)
        return True

    def _applied(self, state: State) -> Schedule | None:
        """The schedule once it is as wanted; after a deletion, what is left of it."""
        found = self._named(t.cast(Instance, state.instance), str(state.wanted.name))
        if self.wish.state == "absent":
            return None if found else state.wanted
        if len(found) > 1:
            ids = [str(schedule.id) for schedule in found]
            if state.current is not None and len(found) == 2 and state.current.id in ids:
                return None  # the one in whose place another was made may show for a while
            raise AmbiguousError.of(self.title, f"schedules named {state.wanted.name} now", ids, "Remove all but one of them.")
        return found[0] if found and not list(self._changes(found[0], state.wanted)) else None

    def compare(self, state: State, plan: Plan) -> State:
        """Insist.

        Raises:
            NotAppliedError: it was accepted and not done.
        """
        settled = look_for(self.context, lambda: self._applied(state), SETTLE_SECONDS)
        if settled is None:
            raise NotAppliedError(
                f"{self.title} accepted the change of schedule {state.wanted.name}, but it was not applied",
                hint="Run the task again; if it stays so, look at it in the provider's panel.",
            )
        return state if self.wish.state == "absent" else replace(state, wanted=settled)
