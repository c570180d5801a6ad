# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups at Civo: snapshots of instances and schedules of them, in private regions only (sections 7.1 and 7.2, H12)."""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import replace

from ..._core.errors import (
    AmbiguousError,
    ConflictError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    ProviderError,
    UnsupportedError,
    VpsError,
)
from ..._core.model import CREATING, DELETING, DONE, ERROR, RUNNING, Backup, Instance, Outcome, Schedule
from ..._core.wait import Operation
from ..._http.client import Call
from ..backups import BackupVerbs, NewBackup, Restore, Restored
from ..base import Wish
from . import api, mapping
from .account import Account
from .api import TITLE, Row

if t.TYPE_CHECKING:
    from .driver import CivoDriver

LONGEST_NAME = 63
MOST_KEPT = 10  # section 7.2, as is the next
LEAST_MINUTES = 10
GRACE_SECONDS = 30.0  # after which a server that is up has been written over, should nobody have seen it move

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")  # RFC 1123


class CivoBackups(BackupVerbs["CivoDriver"]):
    """The verbs of Civo's snapshots and schedules."""

    unique_names = True  # section 7.1: a snapshot is reached by its name too

    def __init__(self, driver: CivoDriver, account: Account) -> None:
        super().__init__(driver)
        self._civo = account
        self._ordered: dict[str, str] = {}  # ids of new snapshots by the mark of their run

    # -- options ----------------------------------------------------------------------------------------------------

    def check_name(self, name: str) -> None:
        """Refuse what is no label of RFC 1123 (section 7.1)."""
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            raise OptionError(
                f"name: {name!r} is no name of a snapshot at {TITLE}",
                hint=f"Use up to {LONGEST_NAME} small letters, digits and dashes, with a letter or digit first and last.",
                option="name",
            )

    def check_schedule(self, wanted: Schedule) -> None:
        """Refuse more than is kept, and what runs too often (section 7.2)."""
        if wanted.keep is not None and wanted.keep > MOST_KEPT:
            raise OptionError(f"schedule: {TITLE} keeps up to {MOST_KEPT} snapshots of a schedule, not {wanted.keep}", option="schedule")
        if wanted.cron is not None and _least_gap(wanted.cron) < LEAST_MINUTES:
            raise OptionError(
                f"schedule: at {TITLE} the runs of a schedule are at least {LEAST_MINUTES} minutes apart",
                hint='Write for example cron: "*/10 * * * *".',
                option="schedule",
            )

    # -- reads ------------------------------------------------------------------------------------------------------

    def of(self, instance: Instance) -> list[Backup]:
        """The snapshots of a server; one that is being deleted counts as gone."""
        region = str(instance.region)
        rows = self._snapshots(instance)
        return _newest_first(mapping.backup(row, region, instance.id) for row in rows if not mapping.is_leaving(row))

    def _snapshots(self, instance: Instance) -> list[Row]:
        """The snapshots of a server; the answer "not found" may also mean that its region has none (section 7.1).

        Raises:
            NotFoundError: the server does not exist.
            UnsupportedError: the region has no snapshots.
        """
        try:
            return self._listed(api.SNAPSHOTS, str(instance.region), {"instance_id": instance.id})
        except NotFoundError as exc:
            if self.driver.get(str(instance.id)) is None:
                raise
            raise self._not_here(str(instance.region), exc.message) from exc

    def _listed(self, call: Call, region: str, path: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        try:
            return api.rows(self._civo.send(call, region, path=path))
        except (UnsupportedError, NotFoundError) as exc:
            if path and isinstance(exc, NotFoundError):
                raise
            raise self._not_here(region, exc.message) from exc

    def _not_here(self, region: str, told: str) -> UnsupportedError:
        return UnsupportedError(
            f"Snapshots of instances are not available in the region {self._civo.code(region)} of {TITLE} ({told})",
            hint=f"{TITLE} has them in private regions of enterprise accounts only. Back up from inside the server.",
            capability="backup",
            provider=self.driver.PROFILE.name,
        )

    def _account_wide(self, call: Call) -> dict[str, list[Row]]:
        """A list by region: of the one of the connection, else of all regions that have it.

        Raises:
            UnsupportedError: none has.
        """
        if self._civo.region:
            return {self._civo.region: self._listed(call, self._civo.region)}
        found: dict[str, list[Row]] = {}
        refusal = None
        for region in self._civo.searched():
            try:
                found[region] = self._listed(call, region)
            except UnsupportedError as exc:
                refusal = exc
        if refusal is not None and not found:
            raise refusal
        return found

    def list_all(self) -> list[Backup]:
        """Every snapshot; of which server it is only our own mark tells."""
        listed = self._account_wide(api.ALL_SNAPSHOTS).items()
        rows = [(region, row) for region, found in listed for row in api.wrapped(found) if not mapping.is_leaving(row)]
        return _newest_first(mapping.backup(row, self._civo.code(region), None) for region, row in rows)

    # -- making and deleting ------------------------------------------------------------------------------------------

    def create(self, instance: Instance, new: NewBackup) -> Operation:
        """Make a snapshot, once, with our mark in its description."""
        body = {"name": _proper(new.name), "description": mapping.mark(new.run, str(instance.id))}
        path = {"instance_id": instance.id}
        try:
            snapshot_id = str(self._civo.send(api.SNAPSHOT_CREATE, str(instance.region), path=path, body=body).data["id"])
        except ConflictError as exc:
            exc.hint = "Another snapshot may be under way, or have this name already: run the task again later, or leave name out."
            raise
        self._ordered[new.run] = snapshot_id
        clock = self.driver.context.waiter.clock
        latest = clock.now() + (self.driver.PROFILE.look_seconds or 0.0)

        def check() -> Outcome | None:
            made = next((backup for backup in self.of(instance) if backup.id == snapshot_id), None)
            if made is None:
                if clock.now() <= latest:
                    return None
                raise OperationFailedError(f"The snapshot {snapshot_id} of {self.driver.label(instance)} vanished while it was being made", id=snapshot_id)
            if made.status == ERROR:
                raise OperationFailedError(
                    f"The snapshot {snapshot_id} of {self.driver.label(instance)} failed ({made.provider_status}); older ones were left alone",
                    hint="state: absent with its id removes it.",
                    id=snapshot_id,
                )
            return DONE if made.status != CREATING else None

        return self.driver.operation(f"snapshot of {self.driver.label(instance)}", check, operation_id=snapshot_id)

    def made(self, new: NewBackup, listed: t.Sequence[Backup]) -> list[Backup]:
        """The one that the answer told; where it was lost, those with the mark of our run, and where no mark was kept, new ones of exactly our name."""
        if new.run in self._ordered:
            return [backup for backup in listed if backup.id == self._ordered[new.run]]
        marked = [backup for backup in listed if backup.run == new.run]
        return marked or [backup for backup in listed if backup.run is None and backup.id not in new.known_ids and backup.name == _proper(new.name)]

    def finish(self, instance: Instance) -> Operation:
        """Await that no snapshot of a server is being made."""

        def check() -> Outcome | None:
            return None if any(backup.status == CREATING for backup in self.of(instance)) else DONE

        return self.driver.operation(f"snapshots of {self.driver.label(instance)}", check, instance_id=instance.id)

    def delete(self, backup: Backup) -> Operation | None:
        """Delete it and await that it is gone."""
        self._civo.send(*self._reach(backup, api.SNAPSHOT_DELETE, api.ANY_SNAPSHOT_DELETE), path=_path(backup))
        return self.driver.operation(f"deletion of snapshot {backup.name} ({backup.id}) at {TITLE}", lambda: None if self._is_there(backup) else DONE)

    def _is_there(self, backup: Backup) -> bool:
        region, instance_id = str(backup.facts["region"]), backup.facts["instance"]
        if instance_id is None:
            return any(row["id"] == backup.id for row in api.wrapped(self._listed(api.ALL_SNAPSHOTS, region)))
        try:
            return any(row["id"] == backup.id for row in self._listed(api.SNAPSHOTS, region, {"instance_id": instance_id}))
        except NotFoundError:
            return False

    @staticmethod
    def _reach(backup: Backup, through_instance: Call, account_wide: Call) -> tuple[Call, str]:
        """The call and the region by which a snapshot is reached: through its server where it was found there."""
        return through_instance if backup.facts["instance"] else account_wide, str(backup.facts["region"])

    # -- restoring ----------------------------------------------------------------------------------------------------

    def plan_restore(self, instance: Instance | None, backup: Backup, to: str, new_name: str | None) -> Restore:
        """In place over the server that it is of, or as a new one of another name."""
        if to == "in_place":
            if instance is None:
                raise OptionError(
                    f"The backup {backup.id} cannot be restored in place without the server that it is of",
                    hint="Give instance; where it is gone, use restore_to: new with new_name.",
                    option="instance",
                )
            return Restore(to, lost=f"everything on {self.driver.label(instance)} that is newer than {backup.created_at or 'the backup'}")
        if not new_name:
            raise OptionError("new_name is needed: the name of the new instance", hint="Choose one that no instance has.", option="new_name")
        try:
            self.driver.check(Wish(name=new_name, id=None, state="present", fields={}))
        except OptionError as exc:
            raise OptionError(f"new_{exc.message}", hint=exc.hint, option="new_name") from None
        like = f" of the size {instance.size}" if instance else ""
        return Restore(
            to,
            made=f"a new instance {new_name}{like}, which is paid for like any other; look which firewall it gets",
            new_name=new_name,
            body={"region": backup.facts["region"]},
        )

    def restore(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation:
        """Send it, once. The record that is answered is never readable again, and its id is no server's (H10)."""
        options = {"overwrite_existing": restore.new_name is None, **({"hostname": restore.new_name} if restore.new_name else {})}
        call, region = self._reach(backup, api.SNAPSHOT_RESTORE, api.ANY_SNAPSHOT_RESTORE)
        body = options if call is api.SNAPSHOT_RESTORE else {"instance": options}
        send = functools.partial(self._civo.send, call, region, path=_path(backup), body=body)
        if restore.new_name is None:
            return self._overwritten(t.cast(Instance, instance), send)
        return self._built(instance, region, restore.new_name, send)

    def _overwritten(self, instance: Instance, send: t.Callable[[], object]) -> Operation:
        """Await a server that is written over: it moves and is up again, or stopped as it was before, or moved too shortly to be seen."""
        moving = False
        try:
            send()
        except OutcomeUnknownError:
            if not self.driver.shows("restore", lambda: not self._settled(instance)):
                raise
            moving = True
        clock = self.driver.context.waiter.clock
        earliest = clock.now() + GRACE_SECONDS

        def over(now: Instance) -> bool:
            nonlocal moving
            moving = moving or not now.settled
            return now.settled and now.status in (RUNNING, instance.status) and (moving or clock.now() >= earliest)

        return self.driver.until("restore", instance, over)

    def _settled(self, instance: Instance) -> bool:
        now = self.driver.get(str(instance.id))
        return now is not None and now.settled

    def _built(self, source: Instance | None, region: str, name: str, send: t.Callable[[], object]) -> Operation:
        """Await the new server, which is known by its name alone: up, and with a public address where the old one has one."""
        try:
            send()
        except OutcomeUnknownError:
            if not self.driver.shows("new server", lambda: bool(self._named(region, name))):
                raise
        public = source is not None and source.public_ipv4 is not None

        def check() -> Outcome | None:
            found = self._named(region, name)
            if not found:
                return None
            now = _only(found)
            self.driver.refuse_failed(now)
            addressed = now.public_ipv4 is not None if public else bool(now.addresses)
            return Outcome(now.id) if now.status == RUNNING and addressed else None

        return self.driver.operation(f"restore into a new instance {name} at {TITLE}", check)

    def _named(self, region: str, name: str) -> list[Instance]:
        return [each for each in self.driver.in_region(region) if each.name == name and each.status != DELETING]

    def restored(self, instance: Instance | None, restore: Restore) -> Restored:
        """The server that was written over, or the new one."""
        if restore.new_name is None:
            return super().restored(instance, restore)
        found = self._named(str(restore.body["region"]), restore.new_name)
        if not found:
            raise NotFoundError(f"The new instance {restore.new_name} at {TITLE} vanished after it was restored")
        return Restored(str(_only(found).id))

    # -- schedules ----------------------------------------------------------------------------------------------------

    def schedules(self, instance: Instance, name: str) -> list[Schedule]:
        """Every schedule of exactly this name in the server's region, whichever servers it is about; one that is being deleted counts as gone."""
        return [each for each in self._schedules(instance) if each.name == name]

    def _schedules(self, instance: Instance) -> list[Schedule]:
        region = str(instance.region)
        found = [mapping.schedule(row, instance) for row in self._listed(api.SCHEDULES, region) if not mapping.is_leaving(row)]
        return [replace(each, facts={**each.facts, "region": region}) for each in found]

    def create_schedule(self, instance: Instance, wanted: Schedule) -> None:
        """Make it, once; it can only be paused afterwards."""
        body = {
            "name": wanted.name,
            "cron_expression": wanted.cron,
            "retention": {**wanted.facts.get("retention", {}), "max_snapshots": wanted.keep},
            "instances": [
                {"instance_id": each, "include_volumes": volumes} for each, volumes in {**wanted.facts.get("instances", {}), instance.id: True}.items()
            ],
        }
        if wanted.facts.get("description"):
            body["description"] = wanted.facts["description"]
        known = {each.id for each in self._schedules(instance)} if wanted.id else set()
        try:
            made_id = self._civo.send(api.SCHEDULE_CREATE, str(instance.region), body=body).data["id"]
        except OutcomeUnknownError:
            made_id = self._lost(instance, wanted, known)
            if made_id is None:
                raise
        if wanted.paused:
            self._update(replace(wanted, id=made_id, facts={**wanted.facts, "region": instance.region}))

    def _lost(self, instance: Instance, wanted: Schedule, known: t.Container[str | None]) -> str | None:
        """The id of a schedule whose answer was lost, if it was made."""
        seen: list[Schedule] = []

        def look() -> bool:
            seen[:] = [each for each in self.schedules(instance, str(wanted.name)) if each.id not in known]
            return bool(seen)

        return seen[0].id if self.driver.shows(f"schedule {wanted.name}", look) and len(seen) == 1 else None

    def makes_anew(self, current: Schedule, wanted: Schedule) -> bool:
        """Pausing works in place; anything else takes a new schedule (section 7.2)."""
        return (current.cron, current.keep, current.covers) != (wanted.cron, wanted.keep, wanted.covers)

    def change_schedule(self, instance: Instance, current: Schedule, wanted: Schedule) -> None:
        """Update it, or make it anew.

        The new one is made before the old one goes, so that the server is never without: two for a moment make at worst one
        snapshot more. Whether two may have one name is not documented; where not, the old one gives its name away first.
        """
        if not self.makes_anew(current, wanted):
            self._update(wanted)
            return
        try:
            self.create_schedule(instance, wanted)
        except ConflictError:
            self._update(replace(current, name=f"{current.name}-old"))
            try:
                self.create_schedule(instance, wanted)
            except VpsError:
                with contextlib.suppress(VpsError):
                    self._update(current)
                raise
        self._delete_replaced(instance, current, wanted)

    def _delete_replaced(self, instance: Instance, current: Schedule, wanted: Schedule) -> None:
        """Delete a schedule once another one shows in its place."""

        def shows() -> bool:
            return any(each.id != current.id for each in self.schedules(instance, str(wanted.name)))

        if not self.driver.shows(f"schedule {wanted.name}", shows):
            raise NotAppliedError(
                f"{TITLE} accepted another schedule {wanted.name} in place of {current.id}, but does not show it; the old one was left alone",
                hint="Run the task again.",
                id=current.id,
            )
        try:
            self.delete_schedule(current)
        except NotFoundError:
            pass
        except ProviderError as exc:
            exc.hint = f"The new schedule {wanted.name} is made, the old one ({current.id}) is still there: remove it in Civo's dashboard."
            raise

    def _update(self, schedule: Schedule) -> None:
        """Name, description and pause go together, since a server may blank what is missing (H11)."""
        body = {"name": schedule.name, "description": schedule.facts.get("description", ""), "paused": schedule.paused}
        self._civo.send(api.SCHEDULE_UPDATE, str(schedule.facts["region"]), path={"id": schedule.id}, body=body)

    def check_removal(self, schedule: Schedule) -> None:
        """Refuse it where other servers would be without a schedule then."""
        others = sorted(each for each in schedule.facts["instances"] if each != schedule.instance)
        if others:
            raise OptionError(
                f"The schedule {schedule.name} ({schedule.id}) at {TITLE} also backs up {', '.join(others)}; nothing was changed",
                hint="Take the server out of it in Civo's dashboard, or delete it there.",
                option="schedule",
                ids=others,
            )

    def delete_schedule(self, schedule: Schedule) -> None:
        """Delete it; one that is gone already is no failure."""
        with contextlib.suppress(NotFoundError):
            self._civo.send(api.SCHEDULE_DELETE, str(schedule.facts["region"]), path={"id": schedule.id})


def _newest_first(backups: t.Iterable[Backup]) -> list[Backup]:
    return sorted({backup.id: backup for backup in backups}.values(), key=lambda each: (each.status == CREATING, each.created_at or ""), reverse=True)


def _path(backup: Backup) -> dict[str, t.Any]:
    through = {"instance_id": backup.facts["instance"]} if backup.facts["instance"] else {}
    return {"id": backup.id, **through}


def _only(found: t.Sequence[Instance]) -> Instance:
    """The one server.

    Raises:
        AmbiguousError: there are several.
    """
    if len(found) > 1:
        ids = sorted(str(each.id) for each in found)
        raise AmbiguousError(
            f"{TITLE} has {len(ids)} instances named {found[0].name} after a restore: {', '.join(ids)}", hint="Remove all but one by id.", ids=ids
        )
    return found[0]


def _proper(name: str) -> str:
    """A made-up name as the provider takes it: its end tells the time, so a hostname before it is cut and spelt as it has to be."""
    if len(name) <= LONGEST_NAME and _NAME.fullmatch(name):
        return name
    hostname, _dash, stamp = name.lower().rpartition("-")
    spelt = re.sub(r"[^a-z0-9-]+", "-", hostname)[: LONGEST_NAME - len(stamp) - 1].strip("-")
    return f"{spelt}-{stamp}" if spelt else stamp


def _least_gap(cron: str) -> int:
    """The fewest minutes between two runs of a cron expression, spelt out.

    Two days in a row are taken for certain only where every day is meant.
    """
    minute, hour, *days = cron.split()
    minutes = range(60) if minute == "*" else [int(value) for value in minute.split(",")]
    hours = range(24) if hour == "*" else [int(value) for value in hour.split(",")]
    moments = [60 * each + every for each in hours for every in minutes]
    following = [*moments[1:], *([24 * 60 + moments[0]] if days == ["*", "*", "*"] else [])]
    return min((after - before for before, after in zip(moments, following, strict=False)), default=24 * 60)
