# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup: in place, or as something new."""

from __future__ import annotations

import contextlib
import functools
import typing as t
from dataclasses import dataclass, replace

from .._core.errors import AmbiguousError, ConflictError, NotFoundError, OptionError, VpsError, WaitTimeoutError
from .._core.model import READY, RESTORING, Backup, Instance
from .._core.plan import REBUILD, Plan, Step
from .._core.wait import Operation
from .._providers.backups import BackupVerbs, Restore, Restored
from .._providers.base import Driver, Lookup, Terms, Wish
from .._verbs.backup import backup as backup_verbs
from ._execution import wait_until_ready
from ._guards import Subject, check_expected_fields
from ._instances import PRESUMED, locate, presume, several
from ._ordering import Ordering
from ._sending import send_safely
from ._task import ResourceTask
from .backup import UNFINISHED, as_finished, check_called, once_finished, only_one

IN_PLACE, NEW = "in_place", "new"


@dataclass(frozen=True, kw_only=True)
class RestoreWish(Terms):
    """What a task wants: the options of vps_backup with C(state=restored). C(instance) is None only in check mode."""

    instance: str | None
    name: str | None = None
    id: str | None = None
    restore_to: str | None = None
    new_name: str | None = None


@dataclass(frozen=True)
class State:
    """What was read, and after the restore what it brought; C(lookup) is the search for the new server's name."""

    instance: Instance | None
    backup: Backup
    restore: Restore
    lookup: Lookup | None = None
    made_id: str | None = None
    result: Instance | None = None
    volumes: tuple[str, ...] = ()
    presumed: bool = False


class RestoreTask(ResourceTask[State]):
    """One run of vps_backup with C(state=restored), which always acts.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    key = "backup"

    def __init__(self, driver: Driver, wish: RestoreWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        self.verbs: BackupVerbs[t.Any] = backup_verbs(driver)
        self.title = driver.PROFILE.title
        shown = {**Backup("", None, None).public(), **Instance("", "").public()}
        check_expected_fields(wish.expect, shown, "an instance or a backup")
        if not wish.id and not wish.name and not self.context.check_mode:
            raise OptionError("id or name of the backup is needed", hint="vps_backup_info lists them; nobody picks one of them for you.", option="id")
        if wish.name is not None:
            driver.require("backup", "name")
        if self.verbs.needs_instance and not wish.instance and not self.context.check_mode:
            raise OptionError(f"instance is needed: at {self.title} a backup's id tells nothing without it", option="instance")
        self.to = self._way()
        if self.to == IN_PLACE and wish.new_name is not None:
            raise OptionError("new_name is the name of what restore_to: new makes", hint="Leave it out, or set restore_to: new.", option="new_name")

    def _way(self) -> str:
        """In place or new; the user's choice, where there is one."""
        if self.wish.restore_to is not None:
            self.driver.require("backup", self.wish.restore_to)
            return self.wish.restore_to
        ways = [way for way in (IN_PLACE, NEW) if way in self.driver.PROFILE.capabilities.of("backup")]
        if len(ways) > 1:
            raise OptionError(
                f"restore_to is needed at {self.title}", hint="in_place overwrites what is there; new makes something new, which costs.", option="restore_to"
            )
        return ways[0]

    def fetch(self) -> State:
        """The server as it is now, and the backup."""
        instance = locate(self.driver, self.wish.instance, ("status",)) if self.wish.instance else None
        if instance is None and (not self.wish.id or self.verbs.needs_instance):
            presume(self.driver, self.wish.instance)
            return self._presumed(None)
        backup = self._backup(instance)
        if backup is None:
            self.context.warn(f"There is no backup {self.wish.name or 'yet'}; {PRESUMED}")
            return self._presumed(instance)
        restore = self.verbs.plan_restore(instance, backup, self.to, self.wish.new_name)
        lookup = self._untaken(restore.new_name) if restore.new_name is not None else None
        return State(instance, backup, restore, lookup)

    def _presumed(self, instance: Instance | None) -> State:
        nothing = Backup(self.driver.PROFILE.name, None, instance.id if instance else None, self.wish.name)
        return State(instance, nothing, Restore(self.to, new_name=self.wish.new_name), presumed=True)

    def _backup(self, instance: Instance | None) -> Backup | None:
        """The backup to restore; None only in check mode, where an earlier task would make it.

        Raises:
            NotFoundError: there is none.
            OptionError: it cannot be restored.
        """
        wanted = self.wish.id or self.wish.name
        if wanted is None:
            return None
        if instance is None:
            found = self.verbs.get(str(self.wish.id))
            fitting = [found] if found else []
        else:
            listed = self._listed(instance)
            picked = self._of_id(listed, self.wish.id) if self.wish.id else None
            fitting = ([picked] if picked else []) if self.wish.id else [each for each in listed if self.verbs.is_called(each, str(self.wish.name))]
        if not fitting and self.context.check_mode and not self.wish.id:
            return None
        if not fitting:
            where = f"of {self.driver.label(instance)}" if instance else f"at {self.title}"
            raise NotFoundError(f"There is no backup {wanted} {where}", hint="vps_backup_info lists what there is.", id=self.wish.id)
        backup = t.cast(Backup, only_one(self.title, str(wanted), fitting))
        check_called(self.verbs, backup, self.wish.name)
        if backup.status != READY:
            parts = ", ".join(part.id for part in backup.parts if part.id and part.id != backup.id)
            instead = "Choose another one" + (f", or give the id of one of its parts alone: {parts}." if parts else ".")
            hint = "Run the task again once it is finished." if backup.status in UNFINISHED else instead
            why = f"{backup.status}, {backup.provider_status}" if backup.provider_status else backup.status
            raise OptionError(f"The backup {wanted} at {self.title} cannot be restored: it is {why}", hint=hint, option="id")
        return backup

    def _of_id(self, listed: t.Sequence[Backup], backup_id: str) -> Backup | None:
        """A backup of the server; where something new is made beside it, perhaps of another one, which may be gone."""
        found = self.verbs.pick(listed, backup_id)
        if found is None and self.to == NEW and self.verbs.restores_elsewhere:
            return self.verbs.get(backup_id)
        return found

    def _listed(self, instance: Instance) -> t.Sequence[Backup]:
        """The server's backups, once nothing else is under way there, whether the task waits for its own end or not."""
        listed = self.verbs.of(instance)
        if all(backup.status not in UNFINISHED for backup in listed):
            return listed
        if self.context.check_mode:
            return [as_finished(backup) for backup in listed]
        return once_finished(self.driver, self.verbs, instance)

    def _untaken(self, name: str) -> Lookup:
        lookup = self.driver.find(name)
        taken = lookup.present
        if taken:
            raise AmbiguousError(
                f"Cannot restore into a new instance {name}: {self.driver.label(taken[0])} has that name, perhaps from an earlier run",
                hint="Use that one, remove it by id, or choose another new_name.",
                ids=[taken[0].id],
            )
        if lookup.building is not None:
            raise ConflictError(
                f"Cannot restore into a new instance {name}: {self.title} is making one of that name, perhaps for an earlier run",
                hint="Wait until it is there and use that one, or choose another new_name.",
                operation_id=lookup.building.id,
            )
        return lookup

    def plan(self, state: State) -> Plan:
        """One step, always."""
        restore = state.restore
        after = {"backup": state.backup.id, "to": restore.to, "new_name": restore.new_name}
        step = Step("restore", "instance", state.instance.id if state.instance else None, after, REBUILD, restore.to == NEW, needs=(REBUILD,))
        if state.presumed:
            return Plan((step,), approvable=False)
        self.guards.check_expectations(self.subject(state))
        warnings = [f"This restore destroys {restore.lost}" if restore.lost else None, f"This restore makes {restore.made}" if restore.made else None]
        return Plan((step,), warnings=tuple(warning for warning in warnings if warning))

    def subject(self, state: State) -> Subject:
        """The server that is written over, else the backup; what is expected may be about either."""
        fields = {**state.backup.public(), **(state.instance.public() if state.instance else {})}
        backup_id = state.backup.id or self.wish.name
        told = f"backup {backup_id}" if backup_id else "a new backup"
        label = f"{self.driver.label(state.instance)} from {told}" if state.instance else f"{told} at {self.title}"
        return Subject(label, f"restore:{backup_id}", state.instance.id if state.instance else state.backup.id, fields)

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """In place, the same server; a new one is known by its name alone."""
        if not self.wish.wait:
            state = replace(state, backup=replace(state.backup, status=RESTORING, provider_status=None))
        if state.restore.new_name is not None:
            made = Instance(self.driver.PROFILE.name, self.driver.account(), name=state.restore.new_name, status="running")
            return replace(state, result=made)
        return replace(state, result=state.instance)

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send it once; an order is looked for after a lost answer, of the others nothing but the end shows that they were carried out."""
        if state.restore.order is not None and state.lookup is not None:
            wish = Wish(name=state.restore.new_name, id=None, state="present", fields={}, wait=self.wish.wait, wait_timeout=self.wish.wait_timeout)
            ordering = Ordering(self.driver, wish)
            try:
                with self._waiting(state):
                    return replace(state, made_id=ordering.create(state.lookup, state.restore.order).instance_id)
            except VpsError:
                if ordering.accepted:
                    self.accepted(step)
                raise
        send = functools.partial(self.verbs.restore, state.instance, state.backup, state.restore)
        facts = {"id": self.subject(state).id, "step": "restore"}
        try:
            operation = send_safely(self.context, send, lambda: self._under_way(state), facts, self.verbs.look_seconds or 0.0)
        except VpsError as exc:
            if exc.facts.get("leftovers"):  # some of it is made
                self.accepted(step)
                if isinstance(exc, WaitTimeoutError):
                    self._tell_unfinished(exc, state)
            raise
        self.accepted(step)
        if self.wish.wait:
            with self._waiting(state):
                self.context.waiter.wait(operation, self.context.deadline)
        return state

    @contextlib.contextmanager
    def _waiting(self, state: State) -> t.Iterator[None]:
        try:
            yield
        except WaitTimeoutError as exc:
            self._tell_unfinished(exc, state)
            raise

    def _tell_unfinished(self, exc: WaitTimeoutError, state: State) -> None:
        """A time-out tells what was made, and that another run would not go on with it: a restore acts on each run."""
        made = list(exc.facts.get("leftovers") or [])
        with contextlib.suppress(VpsError):  # what it was to make may not be there
            if state.restore.new_name is not None:
                present = self.driver.find(state.restore.new_name).present
                exc.facts.update({"id": present[0].id} if len(present) == 1 else {})
            made = made or list(self.verbs.restored(state.instance, state.restore).volumes)
        if made:
            exc.facts["leftovers"] = made
        left = f"{', '.join(made)} exists already and costs money. " if made else ""
        exc.hint = f"{left}It may still finish: look at the server before running the task again, which would restore once more."

    def _under_way(self, state: State) -> Operation | None:
        """After a lost answer: what awaits the restore, where one shows."""
        operation = self.verbs.under_way(state.instance, state.backup, state.restore)
        if operation is not None:
            self.context.warn(f"The answer to the order to restore backup {state.backup.id} at {self.title} was lost; it is being restored")
        return operation

    def compare(self, state: State, plan: Plan) -> State:
        """The server once it is complete."""
        if not self.wish.wait:
            return self.predict(state, plan.steps)
        restored = Restored(state.made_id) if state.made_id else self.verbs.restored(state.instance, state.restore)
        with self._waiting(state):
            result = wait_until_ready(self.driver, restored.instance_id) if restored.instance_id else None
        if state.made_id and len(namesakes := self.driver.find(str(state.restore.new_name)).present) > 1:
            raise several(self.driver, str(state.restore.new_name), namesakes)
        return replace(state, result=result, volumes=restored.volumes)

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The backup."""
        return state.backup.public()

    def more(self, state: State) -> dict[str, t.Any]:
        """The server to go on with, and the volumes that were made for it."""
        return {"instance": state.result.public() if state.result else None, "volumes": list(state.volumes)}
