# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups: making one where none is young enough, keeping the newest, deleting one."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass, replace

from .._core import schedule as times
from .._core.errors import AmbiguousError, ExpectationError, NotAppliedError, NotFoundError, OptionError, VpsError
from .._core.model import ABSENT, CREATING, ERROR, READY, RESTORING, RUNNING, STOPPED, SUSPENDED, Backup, Instance
from .._core.normalise import epoch, iso_of
from .._core.plan import DELETE, NONE, RESTART, STOP, Plan, Step
from .._core.wait import Operation
from .._providers.backups import BackupVerbs, NewBackup
from .._providers.base import Driver, Terms
from ._guards import Subject, check_expected_fields
from ._instances import locate, not_there
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

OWN, ALL = "own", "all"


@dataclass(frozen=True, kw_only=True)
class BackupWish(Terms):
    """What a task wants: the options of vps_backup, without the connection.

    C(max_age) is text such as C(24h); C(instance) is None in check mode, where an earlier task would make it, and for C(absent) by id.
    """

    instance: str | None
    name: str | None = None
    id: str | None = None
    state: str = "present"
    max_age: str | None = None
    keep: int | None = None
    prune: str = OWN
    consistent: bool = False
    stop_mode: str = "graceful_then_hard"


@dataclass(frozen=True)
class State:
    """What was read.

    Args:
        instance: the server; None where there is none.
        backups: all of its backups, newest first.
        backup: the one that the task is about, where there is one.
        presumed: whether an earlier task would make the server (check mode).
        new: what this task ordered.
    """

    instance: Instance | None
    backups: tuple[Backup, ...] = ()
    backup: Backup | None = None
    presumed: bool = False
    new: NewBackup | None = None


class BackupTask(ResourceTask[State]):
    """One run of vps_backup with C(state) C(present) or C(absent) and without a schedule.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    KIND = "backup"

    def __init__(self, driver: Driver, wish: BackupWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        self.verbs: BackupVerbs[t.Any] = driver.backup_verbs()
        self.title = driver.PROFILE.title
        check_expected_fields(wish.expect, Backup("", None, None).public(), "a backup")
        given = {"absent": wish.state == "absent", "name": wish.name is not None, "keep": wish.keep is not None, "consistent": wish.consistent}
        for ability in ("present", *(ability for ability, wanted in given.items() if wanted)):
            driver.require("backup", ability)
        if wish.name is not None:
            self.verbs.check_name(wish.name)
        if wish.keep is not None and wish.keep < 1:
            raise OptionError(f"keep must be at least 1, not {wish.keep}", hint="state: absent deletes a backup by its id or name.", option="keep")
        if wish.consistent and not wish.wait:
            raise OptionError("consistent needs wait: true, since the server is started again once the backup is finished", option="wait")
        self.max_age = _seconds(wish.max_age)

    # -- fetch ------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The server and its backups, once whatever is being backed up there is finished."""
        if self.wish.state == "absent" and not self.wish.instance:
            return self._by_id_alone()
        found = self._listed()
        if found is None:
            return self._without_instance()
        instance, backups = found
        moving = [backup for backup in backups if backup.status in (CREATING, RESTORING)]
        if moving and self.wish.wait and not self.context.check_mode:
            backups = self._once_finished(instance, backups)
        if self.wish.state == "absent":
            return State(instance, backups, self._to_delete(backups))
        return State(instance, backups, self._satisfying(backups, moving))

    def _listed(self) -> tuple[Instance, tuple[Backup, ...]] | None:
        """The server and its backups; None where there is no such server."""
        wanted = self.wish.instance
        instance = locate(self.driver, wanted, ("status",) if self.wish.consistent else ()) if wanted else None
        try:
            return (instance, tuple(self.verbs.of(instance))) if instance is not None else None
        except NotFoundError:
            return None

    def _without_instance(self) -> State:
        if self.wish.state == "absent":
            return State(None)
        if not self.context.check_mode:
            raise not_there(self.driver, str(self.wish.instance))
        self.context.warn(f"There is no instance {self.wish.instance or 'yet'}; the prediction takes it that an earlier task makes it")
        return State(None, presumed=True)

    def _by_id_alone(self) -> State:
        if not self.wish.id:
            raise OptionError("instance is needed, or the backup's id", hint="Names are those of one instance's backups.", option="instance")
        return State(None, backup=self.verbs.get(self.wish.id))

    def _once_finished(self, instance: Instance, before: t.Sequence[Backup]) -> tuple[Backup, ...]:
        self.context.warn(
            f"Something is being backed up or restored at {self.driver.label(instance)} already, by another run or by a schedule; it is waited for"
        )
        self.context.waiter.wait(self.verbs.finish(instance), self.context.deadline)
        return tuple(self.verbs.of(instance))

    def _to_delete(self, backups: t.Sequence[Backup]) -> Backup | None:
        wanted_id, name = self.wish.id, self.wish.name
        if not wanted_id and not name:
            raise OptionError("id or name is needed", hint="state: absent deletes the one backup that you name.", option="id")
        if wanted_id:
            picked = self.verbs.pick(backups, wanted_id)
            fitting = [picked] if picked else []
        else:
            fitting = [backup for backup in backups if backup.name == name]
        if len(fitting) > 1:
            ids = [str(backup.id) for backup in fitting]
            raise AmbiguousError(f"{self.title} has {len(ids)} backups named {name}: {', '.join(ids)}", hint="Give the id instead of the name.", ids=ids)
        if fitting and wanted_id and name and fitting[0].name != name:
            raise ExpectationError(f"The backup {wanted_id} at {self.title} is named {fitting[0].name}, not {name}; nothing was changed", id=wanted_id)
        return fitting[0] if fitting else None

    def _satisfying(self, backups: t.Sequence[Backup], moving: t.Sequence[Backup]) -> Backup | None:
        """The newest backup that makes a new one needless.

        Raises:
            NotFoundError: an id was given, and there is no backup of that id.
        """
        if self.wish.id:
            found = self.verbs.pick(backups, self.wish.id)
            if found is None:
                raise NotFoundError(f"{self.title} has no backup {self.wish.id} of this instance", hint="An id never creates.", id=self.wish.id)
            return found
        usable = [backup for backup in backups if backup.status in (READY, CREATING, RESTORING) and self.wish.name in (None, backup.name)]
        if self.max_age is not None:
            oldest = self.context.provider_time() - self.max_age
            return next((each for each in usable if each.status == CREATING or ((moment := epoch(each.created_at)) is not None and moment >= oldest)), None)
        if self.wish.name is not None:
            return usable[0] if usable else None
        made_meanwhile = {backup.id for backup in moving if backup.status == CREATING}
        return next((each for each in usable if each.status == CREATING or (each.id in made_meanwhile or (None in made_meanwhile and each is usable[0]))), None)

    # -- plan -------------------------------------------------------------------------------------------------------

    def plan(self, state: State) -> Plan:
        """Stop, make, start, and only then delete what is too much."""
        if self.wish.state == "absent":
            return self._removal(state)
        if state.backup is not None:
            return Plan(tuple(self._prunings(state, coming=0)))
        if state.instance is not None:
            self.verbs.check_create(state.instance)
        steps = [*self._making(state)]
        if not self.wish.wait:
            if self.wish.keep is not None:
                self.context.warn("wait is false, so deleting older backups is left to the next run, which finds the new one finished")
            return Plan(tuple(steps), approvable=not state.presumed)
        return Plan((*steps, *self._prunings(state, coming=1)), approvable=not state.presumed)

    def _making(self, state: State) -> t.Iterator[Step]:
        running = state.instance is not None and state.instance.status not in (STOPPED, SUSPENDED)
        stops = self.wish.consistent and (running or state.presumed)
        if stops:
            yield Step("stop", "status", RUNNING, STOPPED, STOP, needs=(RESTART,) if running else ())
        after = {"instance": state.instance.id if state.instance else None, "name": self.wish.name}
        yield Step("create", "backup", None, after, NONE, self.verbs.costs)
        if stops:
            yield Step("start", "status", STOPPED, RUNNING)

    def _prunings(self, state: State, *, coming: int) -> t.Iterator[Step]:
        """C(coming) backups will be there before any is deleted."""
        for backup in self._surplus(state.backups, coming):
            yield Step("delete", "backup", _told(backup), None, DELETE, target=backup)

    def _surplus(self, backups: t.Sequence[Backup], coming: int) -> list[Backup]:
        """What is too much, oldest first: failed ones only where they are older than all that stay."""
        if self.wish.keep is None:
            return []
        counted = [backup for backup in backups if backup.id is not None and (backup.own or self.wish.prune == ALL)]
        finished = [backup for backup in counted if backup.status == READY]
        staying = finished[: max(0, self.wish.keep - coming)]
        if len(staying) + coming < self.wish.keep:
            return []
        newer = counted.index(staying[-1]) + 1 if staying else 0
        surplus = [backup for backup in counted[newer:] if backup.status in (READY, ERROR)]
        return surplus[::-1]

    def _removal(self, state: State) -> Plan:
        if state.backup is None:
            return Plan()
        if state.backup.status in (CREATING, RESTORING):
            raise NotAppliedError(f"{self._label(state)} is still {state.backup.status}", hint="Run the task again later, with wait: true.", id=state.backup.id)
        self.guards.check_expectations(self.subject(state))
        return Plan((Step("delete", "backup", _told(state.backup), None, DELETE, target=state.backup),))

    def _label(self, state: State) -> str:
        if state.backup is not None:
            return f"backup {state.backup.name or ''} ({state.backup.id}) at {self.title}".replace("  ", " ")
        where = self.driver.label(state.instance) if state.instance else f"instance {self.wish.instance} at {self.title}"
        return f"backup {self.wish.name or ''} of {where}".replace("  ", " ")

    def subject(self, state: State) -> Subject:
        """The backup, or where there is none yet the server and the wanted name."""
        backup = state.backup
        if backup is not None and backup.id is not None:
            return Subject(self._label(state), f"backup:{backup.id}", backup.id, backup.public())
        server = (state.instance.id if state.instance else None) or self.wish.instance or ""
        return Subject(self._label(state), f"backup:{server}:{self.wish.name or ''}", None, {})

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """The new backup, or the deleted one as gone."""
        for step in steps:
            if step.action == "create":
                status = READY if self.wish.wait else CREATING
                state = replace(state, backup=replace(self._nothing(state), status=status))
            elif step.action == "delete" and state.backup is not None and step.target.id == state.backup.id:
                state = replace(state, backup=replace(state.backup, status=ABSENT, provider_status=None))
        return state

    def _nothing(self, state: State) -> Backup:
        """A backup of which only the wish is known."""
        return Backup(self.driver.PROFILE.name, self.wish.id, state.instance.id if state.instance else None, self.wish.name, ABSENT)

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The backup."""
        return (state.backup or self._nothing(state)).public()

    def views(self, state: State, predicted: State, steps: t.Sequence[Step]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """The backups of the server, one a line."""
        if not steps:
            return {}, {}
        deleted = {step.target.id for step in steps if step.action == "delete"}
        before = sorted(_told(backup) for backup in (state.backups or ([state.backup] if state.backup else [])))
        kept = sorted(_told(backup) for backup in state.backups if backup.id not in deleted)
        made = [f"{self.wish.name or 'a new backup'}" for step in steps if step.action == "create"]
        return {"backups": before}, {"backups": [*kept, *made]}

    # -- apply ------------------------------------------------------------------------------------------------------

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send one step and wait for its end."""
        if step.action == "delete":
            return self._delete(step.target, state)
        instance = t.cast(Instance, state.instance)
        if step.action == "create":
            stopped = any(other.action == "stop" for other in plan.steps)
            return self._create(instance, state, stopped)
        return replace(state, instance=self._power(instance, step.action))

    def _power(self, instance: Instance, action: str) -> Instance:
        """Stop or start the server, through the verbs that vps_instance uses."""
        send = (lambda: self.driver.stop(instance, self.wish.stop_mode)) if action == "stop" else (lambda: self.driver.start(instance))
        wanted = STOPPED if action == "stop" else RUNNING

        def reached() -> Operation | None:
            now = self.driver.get(str(instance.id))
            return self.driver.until(action, now, lambda seen: seen.status == wanted) if now is not None and now.status == wanted else None

        operation = send_safely(self.context, send, reached, {"id": instance.id, "step": action})
        if operation is not None:
            self.context.waiter.wait(operation, self.context.deadline)
        return replace(instance, status=wanted)

    def _create(self, instance: Instance, state: State, stopped: bool) -> State:
        try:
            return self._make(instance, state)
        except VpsError as exc:
            if stopped:
                self._start_after_failure(instance, exc)
            raise

    def _start_after_failure(self, instance: Instance, failure: VpsError) -> None:
        """The server was stopped for a backup that failed: it must not stay off for that."""
        try:
            self._power(instance, "start")
        except VpsError as exc:
            failure.hint = " ".join(
                part for part in (f"{self.driver.label(instance)} was stopped for it and could not be started again: {exc.message}.", failure.hint) if part
            )

    def _make(self, instance: Instance, state: State) -> State:
        now = self.context.provider_time()
        stamp = iso_of(now).replace("-", "").replace(":", "")
        run = f"{stamp}-{secrets.token_hex(4)}"
        name = self.wish.name or f"{instance.name or instance.id}-{stamp.lower()}"
        new = NewBackup(name, run, frozenset(str(backup.id) for backup in state.backups))
        state = replace(state, new=new)
        patience = self.driver.PROFILE.look_seconds or SETTLE_SECONDS
        operation = send_safely(self.context, lambda: self.verbs.create(instance, new), lambda: self._lost_but_made(instance, new), {"id": None}, patience)
        if not self.wish.wait:
            return replace(state, backup=replace(self._nothing(state), name=None, status=CREATING))
        self.context.waiter.wait(operation, self.context.deadline)
        return self._made(state, new)

    def _lost_but_made(self, instance: Instance, new: NewBackup) -> Operation | None:
        """After a lost answer: what awaits the one backup that appeared.

        Raises:
            AmbiguousError: several appeared.
        """
        made = self.verbs.made(new, self.verbs.of(instance))
        if not made:
            return None
        self._only(made)
        self.context.warn(f"The answer to the order of a backup of {self.driver.label(instance)} was lost; the one that appeared is taken for it")
        return self.verbs.finish(instance)

    def _only(self, made: t.Sequence[Backup]) -> Backup:
        if len(made) > 1:
            ids = [str(backup.id) for backup in made]
            raise AmbiguousError(
                f"{self.title} shows {len(ids)} new backups for one order: {', '.join(ids)}",
                hint="Nobody can tell from here which is ours. Delete what is too much by id, then run the task again.",
                ids=ids,
            )
        return made[0]

    def _made(self, state: State, new: NewBackup) -> State:
        instance = t.cast(Instance, state.instance)

        def finished() -> State | None:
            listed = tuple(self.verbs.of(instance))
            made = [backup for backup in self.verbs.made(new, listed) if backup.status != CREATING]
            return replace(state, backups=listed, backup=self._only(made)) if made else None

        seen = look_for(self.context, finished, SETTLE_SECONDS)
        if seen is None or seen.backup is None:
            raise NotAppliedError(
                f"{self.title} accepted a backup of {self.driver.label(instance)}, but none appeared; older ones were left alone",
                hint="Run the task again; if it stays so, look at the server in the provider's panel.",
            )
        if seen.backup.status != READY:
            raise NotAppliedError(
                f"The backup {seen.backup.id} of {self.driver.label(instance)} failed ({seen.backup.provider_status}); older ones were left alone",
                hint="state: absent with its id removes it.",
                id=seen.backup.id,
            )
        return seen

    def _delete(self, backup: Backup, state: State) -> State:
        """Delete one; what has become needed meanwhile stays, and who deletes it meanwhile does no harm."""
        if self.wish.state != "absent":
            instance = t.cast(Instance, state.instance)
            state = replace(state, backups=tuple(self.verbs.of(instance)))
            if backup.id not in {each.id for each in self._surplus(state.backups, coming=0)}:
                self.context.warn(f"{_told(backup)} is not too much any more and stays")
                return state
        facts = {"id": backup.id, "step": "delete"}
        try:
            operation = send_safely(self.context, lambda: self.verbs.delete(backup), lambda: None, facts)
            if operation is not None and self.wish.wait:
                self.context.waiter.wait(operation, self.context.deadline)
        except NotFoundError:
            pass
        remaining = tuple(each for each in state.backups if each.id != backup.id)
        if state.backup is not None and state.backup.id == backup.id:
            return replace(state, backups=remaining, backup=replace(backup, status=ABSENT, provider_status=None))
        return replace(state, backups=remaining)

    def compare(self, state: State, plan: Plan) -> State:
        """Insist that what was deleted is gone; the new one was seen finished already.

        Raises:
            NotAppliedError: a deletion was accepted and not done.
        """
        deleted = {step.target.id for step in plan.steps if step.action == "delete"}
        if not deleted or not self.wish.wait:
            return state
        kept = {backup.id for backup in state.backups}

        def left() -> list[str]:
            if state.instance is None:
                return [each for each in deleted if self.verbs.get(each) is not None]
            listed = self.verbs.of(state.instance)
            return [each for each in sorted(deleted - kept) if self.verbs.pick(listed, each) is not None]

        if look_for(self.context, lambda: None if left() else True, SETTLE_SECONDS) is None:
            raise NotAppliedError(f"{self.title} accepted the deletion of {', '.join(left())}, but it is still there", hint="Run the task again.")
        return state


def select(driver: Driver, *, instance: Instance | None, name: str | None, backup_id: str | None, statuses: t.Collection[str]) -> list[Backup]:
    """The backups that fit all filters, newest first.

    Raises:
        VpsError: any read failed; the list is complete or there is none.
    """
    verbs: BackupVerbs[t.Any] = driver.backup_verbs()
    listed = verbs.of(instance) if instance is not None else verbs.list_all()
    return [
        backup
        for backup in listed
        if (not name or backup.name == name) and (not backup_id or backup.id == backup_id) and (not statuses or backup.status in statuses)
    ]


def _seconds(max_age: str | None) -> int | None:
    if max_age is None:
        return None
    try:
        return times.seconds(max_age)
    except ValueError as exc:
        raise OptionError(f"max_age: {exc}", hint="Write 24h, 7d or 90m.", option="max_age") from None


def _told(backup: Backup) -> str:
    return f"{backup.name} ({backup.id})" if backup.name else str(backup.id)
