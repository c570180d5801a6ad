# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes at Gcore (contract section 8.2): of a project and a region; their names may repeat."""

from __future__ import annotations

import functools
import typing as t

from ..._core.errors import OptionError
from ..._core.kinds import VOLUME as KIND
from ..._core.model import CREATING, DELETING, DONE, ERROR, UNKNOWN, Instance, Outcome
from ..._core.normalise import flag, integer, iso_utc, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..records import RecordVerbs, RecordWish
from ..volumes import ATTACHED, AVAILABLE, CHANGING
from .api import TITLE, VOLUME_DELETE, VOLUMES, Row
from .mapping import tags_of
from .order import ID, check_tag
from .profile import PROFILE
from .storage import NOT_RESIZABLE, attached_to, is_boot
from .tasks import POLL

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

# What is not among them is an error where it says so, else unknown.
_STATUSES = {
    "available": AVAILABLE,
    "in-use": ATTACHED,
    "creating": CREATING,
    "downloading": CREATING,
    "deleting": DELETING,
    **dict.fromkeys(("attaching", "detaching", "extending", "reverting", "retyping", "reserved"), CHANGING),
    **dict.fromkeys(("restoring-backup", "backing-up", "uploading", "maintenance", "awaiting-transfer"), CHANGING),
}
_GONE = ("deleting", "deleted")


class GcoreVolumes(RecordVerbs["GcoreDriver"]):
    """The verbs of Gcore's volumes."""

    driver: GcoreDriver
    moves = False
    cost = True

    @property
    def absence_is_proof(self) -> bool:
        """A volume that is not listed may still be made by a task that has not begun (reading 35)."""
        scope = self.driver.scope
        return not self.driver.tasks.any_unfinished(scope.project(), scope.region(), "volume")

    # -- options ----------------------------------------------------------------------------------------------------

    def check(self, wish: RecordWish) -> None:
        """A volume belongs to a region; tags have a form."""
        if wish["id"] and not ID.fullmatch(wish["id"]):
            raise OptionError(f"id: {wish['id']!r} is no id of {TITLE}", hint="Ids look like 6c6aa80f-7836-4dc2-a2ae-125e248be476.", option="id")
        if wish["network"] and wish.state != "absent":
            raise OptionError(f"network: a volume at {TITLE} belongs to a region, not to a network", hint="Leave network out.", option="network")
        for key, value in (wish["tags"] or {}).items():
            check_tag(str(key), str(value))

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By id, else by exact name; one that is being deleted counts as gone."""
        scope, storage = self.driver.scope, self.driver.storage
        if wish["id"]:
            read = functools.partial(self._by_id, volume_id=wish["id"], instance=instance)
            found = scope.search(wish["id"], read, lambda record: f"volume {record.id}")
            return [found] if found is not None else []
        rows = [(row, region) for region in scope.searched() for row in storage.named(region, wish["name"] or "")]
        return [_record(row, region, instance) for row, region in rows if not _is_gone(row)]

    def _by_id(self, region: str, *, volume_id: str, instance: Instance | None) -> Record | None:
        row = self.driver.storage.volume(region, volume_id)
        return _record(row, region, instance) if row is not None and not _is_gone(row) else None

    def get(self, record: Record, wish: RecordWish, instance: Instance | None) -> Record | None:
        """In the region that it was seen in."""
        return self._by_id(str(record["region"]), volume_id=str(record.id), instance=instance)

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Those of a server, or of the region, or of all active regions."""
        if instance is not None:
            return [_record(row, str(instance.region), instance) for row in self.driver.storage.attached(instance)]
        listed = [(row, region) for region in self.driver.scope.searched() for row in self.driver.scope.pages(VOLUMES, region)]
        return [_record(row, region, None) for row, region in listed]

    def settling(self, record: Record) -> Operation | None:
        """The task that holds it; one that is being made need not show it."""
        holder = record.facts.get("task")
        if holder:
            return self.driver.tasks.release(holder, f"volume {record.id}")

        def check() -> Outcome | None:
            now = self._by_id(str(record["region"]), volume_id=str(record.id), instance=None)
            return None if now is not None and now["status"] == CREATING else DONE

        return Operation(f"creation of volume {record.id} at {TITLE}", check, POLL) if record["status"] == CREATING else None

    def review(self, record: Record, steps: t.Sequence[Step], wish: RecordWish) -> t.Sequence[str]:
        """Boot volumes stay where they are, some types do not grow, and a deletion takes the snapshots along (H4, H12)."""
        actions = {step.action for step in steps}
        name, servers = f"volume {record.name} ({record.id or 'new'}) at {TITLE}", list(record.facts.get("servers") or ())
        if "detach" in actions and record.facts["boot"]:
            raise OptionError(
                f"The {name} is the boot volume of instance {', '.join(servers)}, and boot volumes cannot be detached",
                hint="It can go together with its instance: vps_instance with state: absent and delete_with: [volumes].",
                option="instance",
            )
        if "delete" in actions and len(servers) > 1:
            raise OptionError(f"The {name} is attached to several instances: {', '.join(servers)}", hint="Detach it from all but one of them first.")
        if "grow" in actions and record["type"] == NOT_RESIZABLE:
            raise OptionError(f"size_gb: the {name} is of type {NOT_RESIZABLE}, which cannot be resized", hint="Leave size_gb out.", option="size_gb")
        for step in steps:
            if step.target is not None and step.target.region != record["region"]:
                where = f"the {name} is in region {record['region']}, but {self.driver.label(step.target)} in region {step.target.region}"
                raise OptionError(f"instance: {where}", hint="Name an instance of the same region.", option="instance")
        snapshots = record.facts.get("snapshots") or ()
        if "delete" in actions and snapshots:
            return [f"{TITLE} deletes the snapshots of a volume with it, backups of its instance too; of {record.name} there are {', '.join(snapshots)}"]
        return ()

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """Name and size, or a snapshot, which has a size."""
        region = str(instance.region) if instance else self.driver.scope.required("a volume")
        unknown: list[str] = []
        source, size = self._source(region, wish, unknown)
        tags = {str(key): str(value) for key, value in (wish["tags"] or {}).items()}
        optional = {"size": size, "type_name": wish["type"], "tags": tags or None}
        body = {"name": wish["name"], **source, **{key: value for key, value in optional.items() if value is not None}}
        known = {
            "name": wish["name"],
            "region": region,
            "status": AVAILABLE,
            "size_gb": size,
            "type": wish["type"],
            "bootable": False if source["source"] == "new-volume" else None,
            "tags": tags,
        }
        return NewRecord((region, body), KIND.record(PROFILE.name, known), unknown=tuple(unknown))

    def _source(self, region: str, wish: RecordWish, unknown: list[str]) -> tuple[Row, int | None]:
        """Where its content comes from, and its size in GiB."""
        size: int | None = wish["size_gb"]
        if not wish["name"] and not self.driver.context.check_mode:
            raise OptionError(f"name is needed for a new volume at {TITLE}", option="name")
        if wish["snapshot"]:
            snapshot = self.driver.orders.known(f"snapshot {wish['snapshot']}", unknown, lambda: self.driver.catalogue.snapshot(region, wish["snapshot"]))
            least = integer((snapshot or {}).get("size"))
            if size is not None and least is not None and size < least:
                raise OptionError(f"size_gb: snapshot {wish['snapshot']} needs at least {least} GiB, not {size}", hint="Leave it out.", option="size_gb")
            return {"source": "snapshot", "snapshot_id": (snapshot or {}).get("id")}, size or least
        if size is None:
            raise OptionError(f"size_gb is needed for a new volume at {TITLE}", hint="Give size_gb, or a snapshot.", option="size_gb")
        return {"source": "new-volume"}, size

    def create(self, new: NewRecord) -> Operation | None:
        """Order it, once (H1)."""
        region, body = new.body
        return self.driver.storage.create(region, body)

    def resume(self, operation_id: str) -> Operation | None:
        """Await the tasks of an order."""
        return self.driver.tasks.making("creation of a volume", operation_id.split(","), lambda task: task.volumes)

    def change(self, record: Record, step: Step) -> Operation | None:
        """Grow, attach or detach."""
        storage, region, volume_id = self.driver.storage, str(record["region"]), str(record.id)
        if step.action == "grow":
            return storage.extend(region, volume_id, step.after)
        if step.action == "attach":
            return storage.attach(region, volume_id, step.target.id, lambda: self.driver.busy(step.target.id))
        server: str = record["instance"]["id"]
        return storage.detach(region, volume_id, server, lambda: self.driver.busy(server))

    def delete(self, record: Record) -> Operation | None:
        """Delete it, and its snapshots with it."""
        storage, region, volume_id = self.driver.storage, str(record["region"]), str(record.id)
        path = self.driver.scope.path(region, volume_id=volume_id)

        def check() -> Outcome | None:
            row = storage.volume(region, volume_id)
            return DONE if row is None or _is_gone(row) else None

        gone = Operation(f"deletion of volume {volume_id} at {TITLE}", check, POLL)
        send = functools.partial(self.driver.api.tasks, VOLUME_DELETE, path)
        return self.driver.tasks.removal(send, lambda: storage.holder(region, volume_id), f"volume {volume_id}", gone)


def _record(row: Row, region: str, instance: Instance | None) -> Record:
    """A volume of a row; of several servers that have it the one that is asked about, else the first."""
    servers, word = attached_to(row), (text(row.get("status")) or "").lower()
    server = str(instance.id) if instance is not None and str(instance.id) in servers else next(iter(servers), None)
    listed = row.get("attachments")
    attachments = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    attachment: Row = next((item for item in attachments if server in (text(item.get("server_id")), text(item.get("instance_id")))), {})
    snapshots = row.get("snapshot_ids")
    name = instance.name if instance is not None and server == instance.id else text(attachment.get("instance_name"))
    return KIND.record(
        PROFILE.name,
        {
            "id": text(row.get("id")),
            "name": text(row.get("name")),
            "region": region,
            "status": _STATUSES.get(word, ERROR if word.startswith("error") else UNKNOWN),
            "provider_status": word or None,
            "size_gb": integer(row.get("size")),
            "type": text(row.get("volume_type")),
            "bootable": flag(row.get("bootable")),
            "instance": {"id": server, "name": name} if server else None,
            "device": text(attachment.get("device")),
            "tags": (tags_of(row) or ({}, {}))[0],
            "created_at": iso_utc(row.get("created_at")),
        },
        {
            "servers": servers,
            "boot": bool(servers) and is_boot(row),
            "task": text(row.get("task_id")),
            "snapshots": [str(each) for each in snapshots] if isinstance(snapshots, list) else [],
        },
    )


def _is_gone(row: Row) -> bool:
    return (text(row.get("status")) or "").lower() in _GONE
