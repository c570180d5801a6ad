# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups: making one where none is young enough, keeping the newest, deleting one."""

from __future__ import annotations

import functools
import secrets
import typing as t
from dataclasses import dataclass, replace

from .._core import schedule as times
from .._core.errors import AmbiguousError, ExpectationError, NotAppliedError, NotFoundError, OptionError, OutcomeUnknownError, VpsError
from .._core.model import ABSENT, CREATING, ERROR, READY, RESTORING, RUNNING, STOPPED, SUSPENDED, Backup, Instance
from .._core.normalise import epoch, iso_of
from .._core.plan import DELETE, NONE, RESTART, STOP, Plan, Step
from .._core.wait import Deadline, Operation
from .._providers.backups import BackupVerbs, NewBackup
from .._providers.base import Driver, Terms, Wish
from .._verbs.backup import backup as backup_verbs
from ._execution import Executor
from ._guards import Subject, check_expected_fields
from ._instances import locate, not_there, presume
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

OWN, ALL = "own", "all"
UNFINISHED = (CREATING, RESTORING)
AFTERCARE_SECONDS = 60.0  # how long a server that was stopped for a failed backup may take to start again
_BUSY = "A backup or restore of {} is under way already, by another run or by a schedule"


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
        operation_id: the provider's task, where it is not awaited.
    """

    instance: Instance | None
    backups: tuple[Backup, ...] = ()
    backup: Backup | None = None
    presumed: bool = False
    new: NewBackup | None = None
    operation_id: str | None = None


class BackupTask(ResourceTask[State]):
    """One run of vps_backup with C(state) C(present) or C(absent) and without a schedule.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    key = "backup"

    def __init__(self, driver: Driver, wish: BackupWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        self.verbs: BackupVerbs[t.Any] = backup_verbs(driver)
        self.title = driver.PROFILE.title
        check_expected_fields(wish.expect, Backup("", None, None).public(), "a backup")
        given = {"absent": wish.state == "absent", "name": wish.name is not None, "keep": wish.keep is not None, "consistent": wish.consistent}
        for ability in ("present", *(ability for ability, wanted in given.items() if wanted)):
            driver.require("backup", ability)
        if wish.name is not None:
            self.verbs.check_name(wish.name)
        if wish.keep is not None and wish.keep < 1:
            raise OptionError(f"keep must be at least 1, not {wish.keep}", hint="state: absent deletes a backup by its id or name.", option="keep")
        if wish.state == "absent" and not (wish.id or wish.name or self.context.check_mode):
            raise OptionError("id or name is needed", hint="state: absent deletes the one backup that you name.", option="id")
        if wish.consistent and not wish.wait:
            raise OptionError("consistent needs wait: true, since the server is started again once the backup is finished", option="wait")
        self.max_age = _seconds(wish.max_age)

    # -- fetch ------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The server and its backups, once the one that matters here is finished."""
        if self.wish.state == "absent" and not self.wish.instance:
            return self._by_id_alone()
        found = self._listed()
        if found is None:
            return self._without_instance()
        instance, backups = found
        backups, chosen = self._settled(instance, backups)
        if chosen is None and self.wish.consistent and self.wish.state == "present":
            now = self.driver.peek(str(instance.id), ("status",))
            if now is None:
                return self._without_instance()
            instance = now
        return State(instance, backups, chosen)

    def _listed(self) -> tuple[Instance, tuple[Backup, ...]] | None:
        """The server and its backups; None where there is no such server."""
        instance = locate(self.driver, self.wish.instance) if self.wish.instance else None
        try:
            return (instance, tuple(self.verbs.of(instance))) if instance is not None else None
        except NotFoundError:
            return None

    def _without_instance(self) -> State:
        if self.wish.state == "absent":
            return State(None)
        if self.wish.id:
            raise not_there(self.driver, str(self.wish.instance))
        presume(self.driver, self.wish.instance)
        return State(None, presumed=True)

    def _by_id_alone(self) -> State:
        if self.wish.id:
            found = self.verbs.get(self.wish.id)
            check_called(self.verbs, found, self.wish.name)
            return State(None, backup=found)
        if self.context.check_mode:
            return State(None)
        raise OptionError("instance is needed, or the backup's id", hint="Names are those of one instance's backups.", option="instance")

    def _settled(self, instance: Instance, before: tuple[Backup, ...]) -> tuple[tuple[Backup, ...], Backup | None]:
        """The backups, and the one that the task is about, finished if the task waits; check mode takes it that they will be."""
        backups, chosen = before, self._chosen(before)
        while self.wish.wait and self._stands_in_the_way(chosen, backups):
            if self.context.check_mode:
                self.context.warn(_BUSY.format(self.driver.label(instance)) + "; the prediction takes it for a backup that succeeds")
                return tuple(as_finished(backup) for backup in backups), as_finished(chosen) if chosen else None
            if self.context.deadline.passed:
                break
            backups = once_finished(self.driver, self.verbs, instance)
            chosen = self._chosen(backups, before)
        return backups, chosen

    def _stands_in_the_way(self, chosen: Backup | None, backups: t.Sequence[Backup]) -> bool:
        """Whether something has to end first: what the task is about, or before a new backup anything."""
        if chosen is not None:
            return chosen.status == CREATING or (chosen.status == RESTORING and self.wish.state == "absent")
        return self.wish.state == "present" and any(backup.status in UNFINISHED for backup in backups)

    def _chosen(self, backups: t.Sequence[Backup], before: t.Sequence[Backup] | None = None) -> Backup | None:
        if self.wish.state == "absent":
            return self._to_delete(backups)
        return self._of_that_id(backups, self.wish.id) if self.wish.id else self._satisfying(backups, before)

    def _to_delete(self, backups: t.Sequence[Backup]) -> Backup | None:
        wanted_id, name = self.wish.id, self.wish.name
        if wanted_id:
            found = self.verbs.pick(backups, wanted_id)
            check_called(self.verbs, found, name)
            return found
        return only_one(self.title, name, [backup for backup in backups if self.verbs.is_called(backup, name)]) if name else None

    def _of_that_id(self, backups: t.Sequence[Backup], wanted_id: str) -> Backup:
        """The backup of an id that was given.

        Raises:
            NotFoundError: there is none.
            NotAppliedError: it failed.
        """
        found = self.verbs.pick(backups, wanted_id)
        if found is None:
            raise NotFoundError(
                f"There is no backup {wanted_id} of instance {self.wish.instance} at {self.title}",
                hint="An id never creates; vps_backup_info lists what there is.",
                id=wanted_id,
            )
        if found.status == ERROR:
            raise NotAppliedError(
                f"The backup {wanted_id} at {self.title} failed ({found.provider_status})",
                hint="Make another one; state: absent removes this one.",
                id=wanted_id,
            )
        return found

    def _satisfying(self, backups: t.Sequence[Backup], before: t.Sequence[Backup] | None) -> Backup | None:
        """The backup that makes a new one needless: a finished one that is young enough, else one that is being made.

        Args:
            before: what was listed before an unfinished one was waited for; what came of that counts once.
        """
        name = self.wish.name
        fitting = [backup for backup in backups if backup.whole and (name is None or self.verbs.is_called(backup, name))]
        finished = [backup for backup in fitting if backup.status in (READY, RESTORING)]
        if self.max_age is not None:
            oldest = self.context.provider_time() - self.max_age
            finished = [backup for backup in finished if (moment := epoch(backup.created_at)) is not None and moment > oldest]
        elif self.wish.name is None:
            old = finished if before is None else [backup for backup in before if backup.status != CREATING]
            finished = [backup for backup in finished if backup.id not in {each.id for each in old}]
        return next(iter([*finished, *(backup for backup in fitting if backup.status == CREATING)]), None)

    # -- plan -------------------------------------------------------------------------------------------------------

    def plan(self, state: State) -> Plan:
        """Stop, make, start, and only then delete what is too much."""
        if self.wish.state == "absent":
            return self._removal(state)
        if state.backup is not None:
            return Plan(tuple(self._prunings(state, coming=0)))
        if state.instance is not None:
            self.verbs.check_create(state.instance)
            self._check_name_to_come(state)
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
            yield Step("stop", "status", RUNNING, STOPPED, STOP, needs=(RESTART,))
        after = {"instance": state.instance.id if state.instance else None, "name": self._name_to_come(state, "<time>")}
        yield Step("create", "backup", None, after, NONE, self.verbs.costs)
        if stops:
            yield Step("start", "status", STOPPED, RUNNING)

    def _name_to_come(self, state: State, stamp: str) -> str | None:
        """What a new backup will be called; None where nobody says."""
        return self.verbs.next_name(self.wish.name, state.backups, stamp.lower()) if self.wish.name is not None else None

    def _check_name_to_come(self, state: State) -> None:
        name = self._name_to_come(state, _stamp(self.context.provider_time()))
        if name is not None:
            self.verbs.check_name(name)

    def _prunings(self, state: State, *, coming: int) -> t.Iterator[Step]:
        """C(coming) backups will be there before any is deleted."""
        for backup in self._surplus(state.backups, coming):
            yield Step("delete", "backup", _told(backup), None, DELETE, target=backup)

    def _surplus(self, backups: t.Sequence[Backup], coming: int) -> list[Backup]:
        """What is too much, oldest first: failed ones only where they are older than all that stay."""
        if self.wish.keep is None:
            return []
        counted = [backup for backup in backups if backup.id is not None and (backup.own or self.wish.prune == ALL)]
        finished = [backup for backup in counted if backup.status == READY and backup.whole]
        staying = finished[: max(0, self.wish.keep - coming)]
        if len(staying) + coming < self.wish.keep:
            return []
        newer = counted.index(staying[-1]) + 1 if staying else 0
        surplus = [backup for backup in counted[newer:] if backup.status in (READY, ERROR)]
        return surplus[::-1]

    def _removal(self, state: State) -> Plan:
        if state.backup is None:
            return Plan()
        if state.backup.status in UNFINISHED:
            raise NotAppliedError(f"{self._label(state)} is still {state.backup.status}", hint="Run the task again later, with wait: true.", id=state.backup.id)
        self.guards.check_expectations(self.subject(state))
        return Plan((Step("delete", "backup", _told(state.backup), None, DELETE, target=state.backup),))

    def _label(self, state: State) -> str:
        if state.backup is not None:
            return f"backup {_told(state.backup)} at {self.title}"
        unseen = f"instance {self.wish.instance}" if self.wish.instance else "a new instance"
        where = self.driver.label(state.instance) if state.instance else f"{unseen} at {self.title}"
        return f"the new backup {self.wish.name} of {where}" if self.wish.name else f"the new backup of {where}"

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
                name = self.wish.name if step.after["name"] == self.wish.name else None
                state = replace(state, backup=self._coming(state, name, status))
            elif step.action == "delete" and state.backup is not None and step.target.id == state.backup.id:
                state = replace(state, backup=replace(state.backup, status=ABSENT, provider_status=None))
        return state

    def _nothing(self, state: State) -> Backup:
        """A backup of which only the wish is known."""
        return Backup(self.driver.PROFILE.name, self.wish.id, state.instance.id if state.instance else None, self.wish.name, ABSENT)

    def _coming(self, state: State, name: str | None, status: str) -> Backup:
        """The backup that is ordered, as far as it is known before it shows."""
        parts = self.verbs.parts(state.instance) if state.instance else ()
        return replace(self._nothing(state), name=name, status=status, parts=parts)

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The backup."""
        return (state.backup or self._nothing(state)).public()

    def more(self, state: State) -> dict[str, t.Any]:
        """The provider's task, where it is left to itself."""
        return {"operation_id": state.operation_id} if state.operation_id else {}

    def views(self, state: State, predicted: State, steps: t.Sequence[Step]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """The backups of the server, one a line."""
        if not steps:
            return {}, {}
        deleted = {step.target.id for step in steps if step.action == "delete"}
        before = sorted(_told(backup) for backup in (state.backups or ([state.backup] if state.backup else [])))
        kept = sorted(_told(backup) for backup in state.backups if backup.id not in deleted)
        made = [step.after["name"] or "a new backup" for step in steps if step.action == "create"]
        return {"backups": before}, {"backups": [*kept, *made]}

    # -- apply ------------------------------------------------------------------------------------------------------

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send one step and wait for its end; a server that was stopped is started again also after a failure."""
        if step.action == "delete":
            return self._delete(step, state)
        instance = t.cast(Instance, state.instance)
        try:
            if step.action == "create":
                return self._make(instance, state, step)
            return replace(state, instance=self._power(instance, step, self.context.deadline))
        except VpsError as exc:
            if step.action != "start" and any(other.action == "stop" for other in plan.steps):
                self._start_after_failure(instance, exc)
            raise

    def _power(self, instance: Instance, step: Step, deadline: Deadline) -> Instance:
        """Stop or start the server, as vps_instance does it."""
        executor = Executor(self.driver, Wish(None, instance.id, "present", {}, stop_mode=self.wish.stop_mode), instance, deadline)
        try:
            return executor.run([step])
        finally:
            if executor.done:
                self.accepted(step)

    def _start_after_failure(self, instance: Instance, failure: VpsError) -> None:
        """The server was stopped for a backup that failed: it must not stay off for that."""
        try:
            now = self.driver.get(str(instance.id))
            if now is not None and now.status != RUNNING:
                self._power(now, Step("start", "status", now.status, RUNNING), Deadline(self.context.waiter.clock, AFTERCARE_SECONDS))
            told = f"{self.driver.label(instance)}, which was stopped for it, runs."
        except VpsError as exc:
            told = f"{self.driver.label(instance)} was stopped for it and was not seen running again: {exc.message}."
        failure.hint = " ".join(part for part in (told, failure.hint) if part)

    def _make(self, instance: Instance, state: State, step: Step) -> State:
        now = self.context.provider_time()
        stamp = _stamp(now)
        run = f"{stamp}-{secrets.token_hex(4)}"
        name = self._name_to_come(state, stamp) or f"{instance.name or instance.id}-{stamp.lower()}"
        new = NewBackup(name, run, frozenset(backup.id for backup in state.backups if backup.id is not None))
        state = replace(state, new=new)
        send, look = functools.partial(self.verbs.create, instance, new), functools.partial(self._lost_but_made, instance, new)
        try:
            operation = send_safely(self.context, send, look, {}, look_seconds(self.driver, self.verbs))
        except OutcomeUnknownError as exc:
            exc.hint = exc.hint or "No backup has shown so far, and none is ordered again by itself: look in the provider's panel, then run the task again."
            raise
        self.accepted(step)
        if not self.wish.wait:
            shown = name if "name" in self.driver.PROFILE.capabilities.of("backup") else None
            return replace(state, backup=self._coming(state, shown, CREATING), operation_id=operation.id)
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
                hint="Nobody can tell from here which is ours. Where backups can be deleted, state: absent removes one by its id.",
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

    def _delete(self, step: Step, state: State) -> State:
        """Delete one; what has become needed meanwhile stays, and who deletes it meanwhile does no harm."""
        backup: Backup = step.target
        if self.wish.state != "absent":
            instance = t.cast(Instance, state.instance)
            state = replace(state, backups=tuple(self.verbs.of(instance)))
            if backup.id not in {each.id for each in self._surplus(state.backups, coming=0)}:
                self.context.warn(f"{_told(backup)} is not too much any more and stays")
                self.needless(step)
                return state
        try:
            operation = send_safely(self.context, lambda: self.verbs.delete(backup), lambda: self._gone(backup, state), {"id": backup.id, "step": "delete"})
            self.accepted(step)
            if isinstance(operation, Operation) and self.wish.wait:
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
        if not self.wish.wait:
            return state
        spared = {backup.id for backup in state.backups}
        for step in plan.steps:
            if step.action == "delete" and step.target.id not in spared:
                self._insist_gone(step.target, state)
        return state

    def _insist_gone(self, backup: Backup, state: State) -> None:
        if look_for(self.context, lambda: self._gone(backup, state), SETTLE_SECONDS) is None:
            raise NotAppliedError(f"{self.title} accepted the deletion of {_told(backup)}, but it is still there", hint="Run the task again.", id=backup.id)

    def _gone(self, backup: Backup, state: State) -> bool | None:
        """True once neither a backup nor one of its parts is listed any more, else None."""
        listed = self.verbs.of(state.instance) if state.instance is not None else self.verbs.list_all()
        ids = [str(backup.id), *(part.id for part in backup.parts if part.id)]
        return None if any(self.verbs.pick(listed, each) for each in ids) else True


def once_finished(driver: Driver, verbs: BackupVerbs[t.Any], instance: Instance) -> tuple[Backup, ...]:
    """A server's backups after whatever is being backed up or restored there has ended."""
    driver.context.warn(_BUSY.format(driver.label(instance)) + "; it is waited for")
    driver.context.waiter.wait(verbs.finish(instance), driver.context.deadline)
    return tuple(verbs.of(instance))


def as_finished(backup: Backup) -> Backup:
    """A backup as it will be once nothing is done with it any more."""
    return replace(backup, status=READY, provider_status=None) if backup.status in UNFINISHED else backup


def only_one(title: str, wanted: str, fitting: t.Sequence[Backup]) -> Backup | None:
    """The one backup that was found by name; None for none.

    Raises:
        AmbiguousError: several.
    """
    if len(fitting) > 1:
        ids = [str(backup.id) for backup in fitting]
        raise AmbiguousError.of(title, f"backups named {wanted}", ids, "Give the id instead of the name.")
    return fitting[0] if fitting else None


def check_called(verbs: BackupVerbs[t.Any], found: Backup | None, name: str | None) -> None:
    """A name that is given beside an id has to be the name of what has that id.

    Raises:
        ExpectationError: it is not.
    """
    if found is not None and name and not verbs.is_called(found, name):
        title = verbs.driver.PROFILE.title
        raise ExpectationError(f"The backup {found.id} at {title} is named {found.name}, not {name}; nothing was changed", id=found.id)


def look_seconds(driver: Driver, verbs: BackupVerbs[t.Any]) -> float:
    """How long to look for the effect of an order whose answer was lost."""
    given = (verbs.look_seconds, driver.PROFILE.look_seconds)
    return next((seconds for seconds in given if seconds is not None), driver.context.deadline.remaining)


def select(driver: Driver, *, instance: Instance | None, name: str | None, backup_id: str | None, statuses: t.Collection[str]) -> list[Backup]:
    """The backups that fit all filters, newest first.

    Raises:
        VpsError: any read failed; the list is complete or there is none.
    """
    verbs: BackupVerbs[t.Any] = backup_verbs(driver)
    try:
        listed = verbs.of(instance) if instance is not None else verbs.list_all()
    except NotFoundError:
        return []
    return [
        backup
        for backup in listed
        if (not name or verbs.is_called(backup, name)) and (not backup_id or backup.id == backup_id) and (not statuses or backup.status in statuses)
    ]


def _seconds(max_age: str | None) -> int | None:
    if max_age is None:
        return None
    try:
        return times.seconds(max_age)
    except ValueError as exc:
        raise OptionError(f"max_age: {exc}", hint="Write 24h, 7d or 90m.", option="max_age") from None


def _stamp(moment: float) -> str:
    """A time in seconds since 1970 as names and marks have it."""
    return iso_of(moment).replace("-", "").replace(":", "")


def _told(backup: Backup) -> str:
    if backup.id is None:
        return backup.name or "one that is being made"
    return f"{backup.name} ({backup.id})" if backup.name else backup.id
