# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of servers as snapshots of all their volumes (contract section 8, readings 25 to 27)."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import (
    ConflictError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    QuotaError,
    TransientError,
    VpsError,
    WaitTimeoutError,
)
from ..._core.model import CREATING, DONE, RESTORING, Backup, Instance, Outcome, Part, Schedule
from ..._core.normalise import text
from ..._core.wait import Deadline, Operation
from ..backups import BackupVerbs, NewBackup, Restore, Restored
from . import snapshots
from .api import SNAPSHOT, SNAPSHOT_CREATE, SNAPSHOT_DELETE, SNAPSHOTS, TITLE, VOLUMES, Row
from .order import TAG_VALUE
from .policies import Policies
from .restores import Restores
from .snapshots import Snapshot, snapshot_of
from .storage import NOT_RESIZABLE, attached_to
from .tasks import POLL

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

MAX_NAME = 200  # of 255 characters of a tag, so that a number fits behind it


class Snapshots(BackupVerbs["GcoreDriver"]):
    """A backup is one snapshot a volume, tied together by tags; the order is that of the server's volumes, the boot volume first."""

    costs = True
    restores_elsewhere = True

    def __init__(self, driver: GcoreDriver) -> None:
        super().__init__(driver)
        self._api = driver.api
        self._scope = driver.scope
        self._tasks = driver.tasks
        self._restores = Restores(driver)
        self._policies = Policies(driver)
        self._volumes: dict[str, list[Row]] = {}  # those of each server that was checked

    # -- options ----------------------------------------------------------------------------------------------------

    def check_name(self, name: str) -> None:
        """A name is also a tag (section 5.4)."""
        if len(name) > MAX_NAME or not TAG_VALUE.fullmatch(name):
            raise OptionError(f"name: {TITLE} takes 1 to {MAX_NAME} characters without tab or line break", hint="Choose a shorter one.", option="name")

    def check_schedule(self, wanted: Schedule) -> None:
        """An interval has an hour at least (section 8.3)."""
        self._policies.check(wanted)

    # -- reads ------------------------------------------------------------------------------------------------------

    def of(self, instance: Instance) -> list[Backup]:
        """One call; not narrowed down by the provider's filter, which does not know volumes that are detached by now."""
        region, volumes = str(instance.region), self.driver.storage.ids(instance)
        listed = snapshots.of_volumes(self._listed(region), volumes)
        return snapshots.backups_of(listed, region, dict.fromkeys(volumes, str(instance.id)), {str(instance.id): volumes})

    def list_all(self) -> list[Backup]:
        """Every snapshot of the region, or of all active regions."""
        found = [backup for region in self._scope.searched() for backup in self._in(region)]
        return sorted(found, key=lambda backup: backup.created_at or "", reverse=True)

    def _in(self, region: str) -> list[Backup]:
        servers = {str(row.get("id")): server for row in self._scope.pages(VOLUMES, region) if (server := next(iter(attached_to(row)), None))}
        volumes: dict[str, list[str]] = {}
        for volume, server in servers.items():
            volumes.setdefault(server, []).append(volume)
        return snapshots.backups_of(self._listed(region), region, servers, volumes)

    def _listed(self, region: str, query: t.Mapping[str, str] | None = None) -> list[Snapshot]:
        rows = (snapshot_of(row) for row in self._scope.pages(SNAPSHOTS, region, query))
        return [row for row in rows if row is not None]

    def get(self, backup_id: str) -> Backup | None:
        """The backup, or the part of one, that has this id, in any region of the account."""
        return self._scope.search(backup_id, lambda region: self.pick(self._in(region), backup_id), lambda found: f"backup {found.id} at {TITLE}")

    def pick(self, backups: t.Iterable[Backup], backup_id: str) -> Backup | None:
        """A backup has the id of its first snapshot; the id of another one is that one alone."""
        return snapshots.pick(backups, backup_id)

    # -- making one -------------------------------------------------------------------------------------------------

    def check_create(self, instance: Instance) -> None:
        """Refuse a volume of a type without snapshots (reading 25)."""
        volumes = self._volumes[str(instance.id)] = self.driver.storage.in_order(instance)
        if not volumes:
            raise OptionError(f"{self.driver.label(instance)} has no volume that could be backed up", option="instance")
        rigid = [f"{row.get('name') or ''} ({row.get('id')})".strip() for row in volumes if text(row.get("volume_type")) == NOT_RESIZABLE]
        if rigid:
            raise OptionError(
                f"{self.driver.label(instance)} cannot be backed up: volume {', '.join(rigid)} has type {NOT_RESIZABLE}, which {TITLE} takes no snapshots of",
                hint="Move its data to a volume of another type, and back up inside the server until then.",
                option="instance",
            )

    def parts(self, instance: Instance) -> tuple[Part, ...]:
        """One a volume."""
        return tuple(Part(None, str(row["id"])) for row in self._volumes.get(str(instance.id), ()))

    def create(self, instance: Instance, new: NewBackup) -> Operation:
        """Order the snapshots one after the other, each once; what a lost answer hides is looked for before the next one."""
        if str(instance.id) not in self._volumes:
            self.check_create(instance)
        volumes = self._volumes[str(instance.id)]
        numbered = dict.fromkeys((*self.driver.storage.ids(instance), *(str(row["id"]) for row in volumes)))  # the server may not show the latest yet
        numbers = {volume: number for number, volume in enumerate(numbered, 1)}
        task_ids: list[str] = []
        for part, row in enumerate(volumes, 1):
            volume = str(row["id"])
            name = new.name if len(volumes) == 1 else f"{new.name}-{numbers[volume]}"
            body = {"volume_id": volume, "name": name, "tags": snapshots.marks(new.name, new.run, part, len(volumes))}
            try:
                task_ids += self._order(instance, new, body)
            except OutcomeUnknownError as lost:
                if len(volumes) == 1:
                    raise
                self._look_for(instance, volume, new, lost)
            except VpsError as exc:
                with contextlib.suppress(VpsError):  # so that all that exists can be told
                    self.driver.context.waiter.wait(self._end_of(instance, new, task_ids), self.driver.context.deadline)
                raise self._with_leftovers(exc, instance, new) from exc
        return self._end_of(instance, new, task_ids)

    def _order(self, instance: Instance, new: NewBackup, body: Row) -> list[str]:
        """Send one order; a volume that an earlier run is backing up shows that by its lock alone, until the task is begun."""
        volume, path = str(body["volume_id"]), self._scope.path(str(instance.region))
        refused: list[bool] = []

        def send() -> list[str]:
            if refused:
                self._check_nobody_made_one(instance, new)
            refused.append(True)
            return self._api.tasks(SNAPSHOT_CREATE, path, body=body)

        def holder(_refusal: VpsError) -> str | None:
            return self.driver.storage.holder(str(instance.region), volume) or self.driver.holder(instance)

        return self._tasks.when_free(send, holder, f"volume {volume}", str(instance.id))

    def _check_nobody_made_one(self, instance: Instance, new: NewBackup) -> None:
        """After waiting for a lock, one look: what was waited for may have been a backup that an earlier run ordered.

        Raises:
            ConflictError: it was.
        """
        meanwhile = [str(backup.id) for backup in self.of(instance) if backup.id not in new.known_ids and backup.run not in (None, new.run)]
        if meanwhile:
            raise ConflictError(
                f"Another run had ordered a backup of {self.driver.label(instance)}, finished just now: {', '.join(meanwhile)}; none was ordered now",
                hint="Run the task again: with max_age it may be young enough.",
                ids=meanwhile,
            )

    def _look_for(self, instance: Instance, volume: str, new: NewBackup, lost: OutcomeUnknownError) -> None:
        """Await the snapshot of a volume that a lost answer may have been about.

        Raises:
            OutcomeUnknownError: it did not appear.
        """
        context = self.driver.context

        def check() -> Outcome | None:
            return DONE if any(each.volume == volume for each in self._of_run(instance, new)) else None

        patience = Deadline(context.waiter.clock, min(self.driver.PROFILE.look_seconds or 0.0, context.deadline.remaining))
        try:
            context.waiter.wait(Operation(f"snapshot of volume {volume} at {TITLE}", check, POLL), patience)
        except WaitTimeoutError:
            raise lost from None

    def _of_run(self, instance: Instance, new: NewBackup) -> list[Snapshot]:
        return [each for each in self._listed(str(instance.region)) if each.run == new.run]

    def _end_of(self, instance: Instance, new: NewBackup, task_ids: t.Sequence[str]) -> Operation:
        """All tasks, whatever becomes of one of them, then all snapshots of the run; a failure tells what exists nevertheless."""
        pending, failures = list(task_ids), list[VpsError]()

        def check() -> Outcome | None:
            self._take_out_what_is_over(pending, failures)
            if pending or any(each.status == CREATING for each in self._of_run(instance, new)):
                return None
            if failures:
                raise self._with_leftovers(failures[0], instance, new)
            return DONE

        return Operation(f"backup of {self.driver.label(instance)}", check, POLL, ",".join(task_ids) or None)

    def _take_out_what_is_over(self, pending: list[str], failures: list[VpsError]) -> None:
        """Read every pending task once; one that nobody knows is over, and the snapshots tell the rest.

        Raises:
            TransientError: one of them could not be read; the others were.
        """
        unread: TransientError | None = None
        for task_id in list(pending):
            left = [task_id]
            try:
                for _finished in self._tasks.progress(left):
                    pass
            except NotFoundError:
                left = []
            except (OperationFailedError, QuotaError) as exc:
                failures.append(exc)
                left = []
            except TransientError as exc:
                unread = exc
            if not left:
                pending.remove(task_id)
        if unread is not None:
            raise unread

    def _with_leftovers(self, exc: VpsError, instance: Instance, new: NewBackup) -> VpsError:
        """A failure that tells which snapshots of an incomplete backup exist, since they cost."""
        with contextlib.suppress(VpsError):
            made = self.made(new, self.of(instance))
            parts = [str(part.id) for backup in made for part in backup.parts]
            if parts:
                exc.facts["leftovers"] = parts
                exc.facts.setdefault("id", made[0].id)
                left = f"These snapshots of it exist and cost money: {', '.join(parts)}."
                exc.hint = " ".join(part for part in (left, f"state: absent with id {made[0].id} removes it.", exc.hint) if part)
        return exc

    def made(self, new: NewBackup, listed: t.Sequence[Backup]) -> list[Backup]:
        """What carries the mark of the run."""
        return [backup for backup in listed if backup.run == new.run]

    def finish(self, instance: Instance) -> Operation:
        """Await whatever moves among the snapshots of a server."""

        def check() -> Outcome | None:
            return None if any(backup.status in (CREATING, RESTORING) for backup in self.of(instance)) else DONE

        return Operation(f"backup of {self.driver.label(instance)}", check, POLL)

    # -- deleting ---------------------------------------------------------------------------------------------------

    def delete(self, backup: Backup) -> Operation | None:
        """Delete its snapshots, the one that carries the id last; who is gone already does no harm."""
        task_ids: list[str] = []
        for part in reversed(backup.parts):
            with contextlib.suppress(NotFoundError):
                task_ids += self._delete(str(backup.facts["region"]), str(part.id))
        pending, failures = list(task_ids), list[VpsError]()

        def check() -> Outcome | None:
            self._take_out_what_is_over(pending, failures)
            if failures and not pending:
                raise failures[0]
            return None if pending else DONE

        return Operation(f"deletion of backup {backup.id} at {TITLE}", check, POLL, ",".join(task_ids)) if task_ids else None

    def _delete(self, region: str, snapshot_id: str) -> list[str]:
        path = self._scope.path(region, snapshot_id=snapshot_id)

        def holder(_refusal: VpsError) -> str | None:
            return text(self._api.ask(SNAPSHOT, path).get("task_id"))

        return self._tasks.when_free(lambda: self._api.tasks(SNAPSHOT_DELETE, path), holder, f"snapshot {snapshot_id}")

    # -- restoring --------------------------------------------------------------------------------------------------

    def plan_restore(self, instance: Instance | None, backup: Backup, to: str, new_name: str | None) -> Restore:
        """In place what can be reverted; else a new server, or new volumes of an existing one (section 8.2)."""
        if to == "in_place":
            return self._restores.plan_revert(backup, lambda volume: self._listed(str(backup.facts["region"]), {"volume_id": volume}))
        return self._restores.plan_new(instance, backup, new_name)

    def restore(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation:
        """Revert volumes, or make new ones and attach them; a new server is an order."""
        return self._restores.carry_out(restore)

    def restored(self, instance: Instance | None, restore: Restore) -> Restored:
        """The server, where there is one, and the new volumes."""
        return self._restores.brought(instance, restore)

    # -- schedules --------------------------------------------------------------------------------------------------

    def schedules(self, instance: Instance, name: str) -> list[Schedule]:
        """The policies of exactly this name."""
        return self._policies.named(instance, name)

    def create_schedule(self, instance: Instance, wanted: Schedule) -> None:
        """A policy over all volumes of the server."""
        self._policies.create(instance, wanted)

    def change_schedule(self, instance: Instance, current: Schedule, wanted: Schedule) -> None:
        """Change the policy in place."""
        self._policies.change(instance, current, wanted)

    def also_covers(self, schedule: Schedule) -> str | None:
        """The volumes of others."""
        return f"volume {', '.join(schedule.facts['foreign'])}" if schedule.facts["foreign"] else None

    def delete_schedule(self, schedule: Schedule) -> None:
        """Delete the policy, or take the server out of it where it is about others too."""
        self._policies.delete(schedule)
