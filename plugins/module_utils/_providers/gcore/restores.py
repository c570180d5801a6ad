# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring snapshots: volumes reverted in place, new volumes of an existing server, or a new server (contract section 8.2, reading 26)."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import AmbiguousError, NotFoundError, OptionError, OutcomeUnknownError, VpsError, WaitTimeoutError
from ..._core.model import DONE, Backup, Instance, Outcome, Ref
from ..._core.normalise import address_family, integer, text
from ..._core.wait import Deadline, Operation
from ..backups import Restore, Restored
from ..base import Order, Wish
from .api import INTERFACES, TITLE, VOLUME_REVERT, Row
from .network import addresses_on, is_external
from .order import check_wish
from .snapshots import Snapshot
from .storage import AVAILABLE, attached_to, is_boot, is_in_use, sound
from .tasks import POLL

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

START_SECONDS = 10.0  # how long a revert that names no task may take to begin


@dataclass(frozen=True)
class _Revert:
    """The volumes to be reverted."""

    region: str
    volumes: tuple[str, ...]


@dataclass(frozen=True)
class _NewVolumes:
    """The requests for new volumes, and the ids of those that were made."""

    instance: Instance
    bodies: tuple[Row, ...]
    made: list[str] = field(default_factory=list)


class Restores:
    """Checks restores with reads only, and carries them out."""

    def __init__(self, driver: GcoreDriver) -> None:
        self._driver = driver
        self._api = driver.api
        self._scope = driver.scope
        self._storage = driver.storage
        self._tasks = driver.tasks
        self._context = driver.context

    def carry_out(self, restore: Restore) -> Operation:
        """Start what was planned, once."""
        if isinstance(restore.body, _Revert):
            return self._revert(restore.body)
        return self._make_volumes(t.cast(_NewVolumes, restore.body))

    @staticmethod
    def brought(instance: Instance | None, restore: Restore) -> Restored:
        """The server that was named, and the new volumes."""
        made = tuple(restore.body.made) if isinstance(restore.body, _NewVolumes) else ()
        return Restored(str(instance.id) if instance else "", made)

    # -- in place ---------------------------------------------------------------------------------------------------

    def plan_revert(self, backup: Backup, snapshots_of: t.Callable[[str], list[Snapshot]]) -> Restore:
        """Refuse what cannot be reverted (H12).

        Args:
            snapshots_of: reads the snapshots of a volume.

        Raises:
            OptionError: says why, and what to do instead.
        """
        region, parts = _parts(backup)
        for part in parts:
            self._check_revert(region, part, snapshots_of)
        volumes = tuple(part.volume for part in parts)
        return Restore("in_place", lost=f"everything written to volume {', '.join(volumes)} since {backup.created_at}", body=_Revert(region, volumes))

    def _check_revert(self, region: str, part: Snapshot, snapshots_of: t.Callable[[str], list[Snapshot]]) -> None:
        row = self._storage.volume(region, part.volume)
        if row is None:
            raise _refusal(part, "the volume does not exist any more")
        servers, status = attached_to(row), (text(row.get("status")) or "").lower()
        if servers and _is_boot(row, part):
            one = "Restore one data volume by the id of its part, or make something new with restore_to: new."
            raise _refusal(part, f"it is the boot volume of instance {servers[0]}, and boot volumes cannot be detached", one)
        if servers:
            detach = f"Detach it from instance {servers[0]} first and attach it again afterwards, or make a new volume with restore_to: new."
            raise _refusal(part, f"the volume is attached to instance {servers[0]}", detach)
        if status != AVAILABLE:
            raise _refusal(part, f"the volume is {status}, not {AVAILABLE}", "Run the task again once it is.")
        # of two snapshots of one second nobody knows which the provider takes for the latest
        others = [each for each in snapshots_of(part.volume) if each.volume == part.volume and each.id != part.id]
        newer = sorted(each.id for each in others if (each.created_at or "") >= (part.created_at or ""))
        if newer:
            delete = f"Delete the newer ones ({', '.join(newer)}), or make a new volume with restore_to: new."
            raise _refusal(part, "it is not the latest snapshot of the volume, and only that can be gone back to", delete)
        size = integer(row.get("size"))
        if size != part.size:
            raise _refusal(part, f"the volume has grown since, from {part.size} to {size} GiB")

    def _revert(self, plan: _Revert) -> Operation:
        begun = {volume: self._send_revert(plan.region, volume) for volume in plan.volumes}
        task_ids = [task_id for ids in begun.values() for task_id in ids]
        pending, started = list(plan.volumes), self._context.waiter.clock.now()
        moved = {volume for volume, ids in begun.items() if ids}

        def check() -> Outcome | None:
            waited = self._context.waiter.clock.now() - started
            for volume in list(pending):
                row = self._whole(plan.region, volume)
                if _moves(row):
                    moved.add(volume)
                elif volume in moved or waited >= START_SECONDS:
                    pending.remove(volume)
            return None if pending else DONE

        return self._tasks.then(Operation(f"restore of volume {', '.join(plan.volumes)} at {TITLE}", check, POLL), task_ids)

    def _send_revert(self, region: str, volume: str) -> list[str]:
        path = self._scope.path(region, volume_id=volume)
        try:
            return self._tasks.when_free(
                lambda: self._api.tasks(VOLUME_REVERT, path), lambda _refusal: self._storage.holder(region, volume), f"volume {volume}"
            )
        except OutcomeUnknownError as lost:
            if _moves(self._whole(region, volume)):
                return []
            lost.hint = "Run the task again: to go back to the same snapshot a second time does no harm while the volume is detached."
            raise

    def _whole(self, region: str, volume: str) -> Row:
        """A volume that must be there, and not have failed."""
        row = self._storage.volume(region, volume)
        if row is None:
            raise NotFoundError(f"Volume {volume} at {TITLE} vanished while a backup was being restored", hint="Look for it in the provider's panel.")
        return sound(row, volume)

    # -- something new ----------------------------------------------------------------------------------------------

    def plan_new(self, instance: Instance | None, backup: Backup, new_name: str | None) -> Restore:
        """A server where the boot volume is among the parts, else volumes.

        Raises:
            OptionError: something is missing; says what.
        """
        region, parts = _parts(backup)
        rows = {part.id: self._storage.volume(region, part.volume) for part in parts}
        boot = next((part for part in parts if _is_boot(rows[part.id], part)), None)
        if instance is None:
            use = "as the model for size, network and firewalls of the new one" if boot else "to attach the new volume to"
            raise OptionError(f"instance: an existing one is needed {use}, since backup {backup.id} does not tell", hint="Name one.", option="instance")
        if instance.region != region:
            raise OptionError(
                f"instance: {self._driver.label(instance)} is in region {instance.region}, but backup {backup.id} in region {region}",
                hint="Name an instance of that region.",
                option="instance",
            )
        sources = [_source(part, rows[part.id]) for part in parts]
        if boot is None:
            return self._plan_volumes(instance, parts, sources, new_name)
        return self._plan_server(instance, boot, parts, sources, new_name)

    def _plan_volumes(self, instance: Instance, parts: t.Sequence[Snapshot], sources: t.Sequence[Row], new_name: str | None) -> Restore:
        numbers = [f"-{number}" for number in range(1, len(parts) + 1)] if len(parts) > 1 else [""]
        names = [f"{new_name}{number}" if new_name else f"{part.name or part.id}-restored" for part, number in zip(parts, numbers, strict=True)]
        bodies = tuple({**source, "name": name} for source, name in zip(sources, names, strict=True))
        told = ", ".join(f"volume {body['name']} of {_size(body)}" for body in bodies)
        made = f"{told}, attached to {self._driver.label(instance)}, which costs until it is deleted; to be mounted inside the server"
        return Restore("new", made=made, body=_NewVolumes(instance, bodies))

    def _plan_server(self, model: Instance, boot: Snapshot, parts: t.Sequence[Snapshot], sources: t.Sequence[Row], new_name: str | None) -> Restore:
        if new_name is None:
            raise OptionError(
                "new_name is needed: the backup holds a boot volume, of which a new instance is made",
                hint="Give new_name, or the id of one data volume's part to get that volume alone.",
                option="new_name",
            )
        try:
            check_wish(Wish(name=new_name, id=None, state="present", fields={}))
        except OptionError as exc:
            exc.facts["option"] = "new_name"
            raise
        volumes = [{**source, "boot_index": 0} for part, source in zip(parts, sources, strict=True) if part is boot]
        volumes += [source for part, source in zip(parts, sources, strict=True) if part is not boot]
        region, project = str(model.region), self._scope.project()
        body: Row = {"name": new_name, "flavor": model.size, "interfaces": self._interfaces(model), "volumes": volumes, **self._key(model)}
        sizes = ", ".join(_size(volume) for volume in volumes)
        made = f"instance {new_name} of size {model.size}, like {self._driver.label(model)}, with volumes of {sizes}; it costs from now on"
        order = Order(body=body, region=region, scope=(project, region), traits={"name": new_name, "project": project, "region": region})
        return Restore("new", made=made, new_name=new_name, order=order)

    def _interfaces(self, model: Instance) -> list[Row]:
        """The same networks, security groups and kinds of addresses as a server has."""
        grouped = self._driver.read(model, ("firewalls",))
        groups: dict[str | None, t.Sequence[Ref]] = {port.id: port.groups for port in grouped.facts.get("ports") or ()}
        rows = self._api.pages(INTERFACES, self._scope.of(model))
        if not rows:
            raise OptionError(f"instance: {self._driver.label(model)} has no interface, so it cannot be a model for a new one", option="instance")
        return [_interface(row, groups.get(text(row.get("port_id")), grouped.firewalls)) for row in rows]

    def _key(self, model: Instance) -> Row:
        """The key it was made with, as long as the account has it; the disk has it anyway."""
        for key in model.ssh_keys or ():
            with contextlib.suppress(OptionError):
                return {"ssh_key_name": self._driver.catalogue.ssh_key(str(key.name))["name"]}
        return {}

    # -- new volumes ------------------------------------------------------------------------------------------------

    def _make_volumes(self, plan: _NewVolumes) -> Operation:
        """One after the other: make it, wait until it is there, attach it. The operation awaits the attachments."""
        for body in plan.bodies:
            volume = self._make_volume(plan.instance, body)
            plan.made.append(volume)
            try:
                self._settle(plan.instance, volume)
                self._attach(plan.instance, volume)
            except VpsError as exc:
                raise _with_volume(exc, volume) from exc

        def check() -> Outcome | None:
            try:
                return DONE if all(self._is_attached(plan.instance, volume) for volume in plan.made) else None
            except VpsError as exc:
                raise _with_volume(exc, plan.made[-1]) from exc

        return Operation(f"attachment of volume {', '.join(plan.made)} to {self._driver.label(plan.instance)}", check, POLL, instance_id=plan.instance.id)

    def _make_volume(self, instance: Instance, body: Row) -> str:
        """Order a volume, once; its id. After a lost answer it is the one new volume of that name."""
        region, name = str(instance.region), str(body["name"])
        known = frozenset(self._named(region, name))
        try:
            making = self._storage.create(region, body)
        except OutcomeUnknownError as lost:
            return self._look_for(region, name, known, lost)
        try:
            made = self._context.waiter.wait(making, self._context.deadline).instance_id
        except VpsError as exc:
            with contextlib.suppress(VpsError):
                for left in sorted(set(self._named(region, name)) - known):
                    _with_volume(exc, left)
            raise
        return made or self._look_for(region, name, known, OutcomeUnknownError(f"{TITLE}: task {making.id} is over, but tells of no volume"))

    def _named(self, region: str, name: str) -> list[str]:
        return [str(row["id"]) for row in self._storage.named(region, name)]

    def _look_for(self, region: str, name: str, known: frozenset[str], lost: OutcomeUnknownError) -> str:
        found: list[str] = []

        def check() -> Outcome | None:
            found[:] = sorted(set(self._named(region, name)) - known)
            return DONE if found else None

        self._look(f"volume {name} at {TITLE}", check, lost)
        if len(found) > 1:
            raise AmbiguousError(
                f"{TITLE}: the answer to the order of volume {name} was lost, and several new ones have that name: {', '.join(found)}",
                hint="Nobody can tell from here which is ours. Delete what is too much in the provider's panel, and attach the other one.",
                ids=found,
            )
        return found[0]

    def _look(self, what: str, check: t.Callable[[], Outcome | None], lost: OutcomeUnknownError) -> None:
        """Look for the effect of a request whose answer was lost; C(lost) is raised when it does not show."""
        patience = Deadline(self._context.waiter.clock, min(self._driver.PROFILE.look_seconds or 0.0, self._context.deadline.remaining))
        try:
            self._context.waiter.wait(Operation(what, check, POLL), patience)
        except WaitTimeoutError:
            lost.hint = f"Look for {what} in the provider's panel before running the task again; it would be paid for."
            raise lost from None

    def _settle(self, instance: Instance, volume: str) -> None:
        """Wait until a new volume can be attached."""

        def check() -> Outcome | None:
            row = self._storage.volume(str(instance.region), volume)
            return None if row is None or _moves(sound(row, volume)) else DONE

        self._context.waiter.wait(Operation(f"creation of volume {volume} at {TITLE}", check, POLL), self._context.deadline)

    def _attach(self, instance: Instance, volume: str) -> None:
        try:
            attaching = self._storage.attach(str(instance.region), volume, str(instance.id), lambda: self._driver.holder(instance))
        except OutcomeUnknownError as lost:
            self._look(f"the attachment of volume {volume}", lambda: DONE if self._is_attached(instance, volume) else None, lost)
            return
        self._context.waiter.wait(attaching, self._context.deadline)

    def _is_attached(self, instance: Instance, volume: str) -> bool:
        return is_in_use(self._whole(str(instance.region), volume), str(instance.id))


def _parts(backup: Backup) -> tuple[str, tuple[Snapshot, ...]]:
    """The region and the snapshots of a backup."""
    return str(backup.facts["region"]), t.cast("tuple[Snapshot, ...]", backup.facts["snapshots"])


def _is_boot(volume: Row | None, part: Snapshot) -> bool:
    """Whether a snapshot is of a boot volume; of a volume that is gone our own mark tells."""
    return part.part == 1 if volume is None else is_boot(volume)


def _moves(volume: Row) -> bool:
    """Whether something is being done to a volume that is attached to nothing."""
    return text(volume.get("task_id")) is not None or (text(volume.get("status")) or "").lower() != AVAILABLE


def _source(part: Snapshot, volume: Row | None) -> Row:
    """A new volume from a snapshot: of its size, and of the type of its volume."""
    kind = text((volume or {}).get("volume_type"))
    size = part.size or integer((volume or {}).get("size"))
    return {"source": "snapshot", "snapshot_id": part.id, **({"size": size} if size else {}), **({"type_name": kind} if kind else {})}


def _size(source: Row) -> str:
    return f"{source['size']} GiB" if "size" in source else "unknown size"


def _interface(row: Row, groups: t.Sequence[Ref]) -> Row:
    """An interface of a create request, like one that exists (section 5.4)."""
    assignments = addresses_on(row)
    families = {address_family(address) for address, _subnet in assignments} - {None}
    if is_external(row):
        interface: Row = {"type": "external", "ip_family": "dual" if len(families) > 1 else next(iter(families), "ipv4")}
    else:
        subnet = next((subnet for _address, subnet in assignments), None)
        interface = {"type": "subnet" if subnet else "any_subnet", "network_id": row.get("network_id"), **({"subnet_id": subnet} if subnet else {})}
        if row.get("floatingip_details"):
            interface["floating_ip"] = {"source": "new"}
    ids = [group.id for group in groups if group.id]
    return {**interface, **({"security_groups": [{"id": each} for each in ids]} if ids else {})}


def _refusal(part: Snapshot, why: str, instead: str = "Make something new from it with restore_to: new.") -> OptionError:
    return OptionError(
        f"restore_to: snapshot {part.id} of volume {part.volume} cannot be restored in place at {TITLE}: {why}", hint=instead, option="restore_to"
    )


def _with_volume(exc: VpsError, volume: str) -> VpsError:
    """A failure after a volume was made tells its id, since it costs."""
    exc.facts.setdefault("leftovers", [volume])
    left = f"The new volume {volume} exists and costs money; attach it or delete it in the provider's panel."
    exc.hint = " ".join(part for part in (left, exc.hint) if part)
    return exc
