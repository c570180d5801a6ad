# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated Civo volumes and their snapshots."""

from __future__ import annotations

import typing as t

from .base import Route
from .civo_base import SUCCESS, Ask, refusal
from .civo_catalogue import Row
from .civo_network import CivoNetwork

_PRICE_PER_GB = 0.1


class CivoVolumes(CivoNetwork):
    """C(/v2/volumes) and C(/v2/snapshots) (Civo 7.3)."""

    def volume_routes(self) -> list[Route]:
        """Volumes and volume snapshots."""
        one = "/volumes/{id}"
        return [
            self.operation("volumes.list", "GET", "/volumes", self._list_volumes),
            self.operation("volumes.get", "GET", one, self._get_volume),
            self.operation("volumes.create", "POST", "/volumes", self._create_volume, bills=True),
            self.operation("volumes.attach", "PUT", f"{one}/attach", self._attach),
            self.operation("volumes.detach", "PUT", f"{one}/detach", self._detach),
            self.operation("volumes.delete", "DELETE", one, self._delete_volume),
            self.operation("volume_snapshots.create", "POST", "/volumes/{volume_id}/snapshots", self._create_volume_snapshot),
            self.operation("volume_snapshots.list_for_volume", "GET", "/volumes/{volume_id}/snapshots", self._list_snapshots_of_volume),
            self.operation("volume_snapshots.list", "GET", "/snapshots", self._list_volume_snapshots),
            self.operation("volume_snapshots.get", "GET", "/snapshots/{id}", self._get_volume_snapshot),
            self.operation("volume_snapshots.delete", "DELETE", "/snapshots/{id}", self._delete_volume_snapshot),
        ]

    # -- volumes ----------------------------------------------------------------------------------------------------

    def _list_volumes(self, ask: Ask) -> list[Row]:
        return [self.read(row) for row in self.table("volumes", ask.region).values()]

    def _get_volume(self, ask: Ask) -> Row:
        return self.read(self.find("volumes", ask.region, ask.id))

    def _create_volume(self, ask: Ask) -> Row:
        name = ask.required("name")
        network = self.find("networks", ask.region, ask.required("network_id"))
        size = _size(ask)
        snapshot_id = ask.text("snapshot_id").strip()
        if snapshot_id:
            snapshot = self.find("volume_snapshots", ask.region, snapshot_id)
            if snapshot["status"] != "Ready":
                raise refusal(409, "database_snapshot_create_already_in_process", f"The snapshot is {snapshot['status']}")
            if size < snapshot["restore_size"]:
                raise _invalid_size("The volume is smaller than its snapshot")
        self.require_quota(disk_volume_count=1, disk_gb=size)
        row = {
            "id": self.new_uuid(),
            "name": name,
            "instance_id": "",
            "network_id": network["id"],
            "mountpoint": "",
            "size_gb": size,
            "bootable": ask.flag("bootable"),
            "volume_type": ask.text("volume_type"),
            "created_at": self.timestamp(),
            "_": {},
        }
        self.table("volumes", ask.region)[row["id"]] = row
        self.begin("volumes", ask.region, row, "creating", "available")
        self.bill(size * _PRICE_PER_GB)
        return {"id": row["id"], "name": name, **SUCCESS}

    def _attach(self, ask: Ask) -> t.Mapping[str, str]:
        volume = self.find("volumes", ask.region, ask.id)
        instance = self.find("instances", ask.region, ask.required("instance_id"))
        if volume["instance_id"] != instance["id"]:
            _require_free(volume)
            self.attach_volume(ask.region, volume, instance)
        return SUCCESS

    def attach_volume(self, region: str, volume: Row, instance: Row) -> None:
        """Attach a free volume."""
        volume.update(instance_id=instance["id"], mountpoint="/dev/vdb")
        instance["attached_volumes"] = [*instance.get("attached_volumes", []), {"id": volume["id"]}]
        self.begin("volumes", region, volume, "attaching", "attached")

    def requested_volumes(self, ask: Ask) -> list[Row]:
        """The volumes that the create call of an instance lists.

        Raises:
            Refusal: one does not exist or is attached already.
        """
        ids = [entry.get("id") if isinstance(entry, dict) else entry for entry in ask.items("attached_volumes")]
        volumes = [self.find("volumes", ask.region, str(volume_id)) for volume_id in ids]
        for volume in volumes:
            _require_free(volume)
        return volumes

    def _detach(self, ask: Ask) -> t.Mapping[str, str]:
        volume = self.find("volumes", ask.region, ask.id)
        instance = self.table("instances", ask.region).get(volume["instance_id"])
        if instance is None:
            raise refusal(409, "database_volume_not_attached", "The volume is not attached")
        instance["attached_volumes"] = [entry for entry in instance["attached_volumes"] if entry["id"] != volume["id"]]
        volume.update(instance_id="", mountpoint="")
        self.begin("volumes", ask.region, volume, "detaching", "available")
        return SUCCESS

    def release_volumes(self, region: str, instance_id: str) -> None:
        """Detach what a vanished instance had; the volumes stay (Civo 4.9)."""
        for volume in self.table("volumes", region).values():
            if volume["instance_id"] == instance_id:
                self.halt(volume)
                volume.update(instance_id="", mountpoint="", status="available")

    def _delete_volume(self, ask: Ask) -> t.Mapping[str, str]:
        volume = self.find("volumes", ask.region, ask.id)
        if volume["instance_id"]:
            raise refusal(409, "database_volume_in_use", "The volume is attached")
        if ask.flag("delete_snapshot"):
            for snapshot in self._snapshots_of(ask.region, volume["id"]):
                self.halt(snapshot)
                del self.table("volume_snapshots", ask.region)[snapshot["id"]]
        if volume["status"] != "deleting":
            self.begin("volumes", ask.region, volume, "deleting", None)
        return SUCCESS

    # -- snapshots of volumes ---------------------------------------------------------------------------------------

    def _create_volume_snapshot(self, ask: Ask) -> Row:
        volume = self.find("volumes", ask.region, ask.call.params["volume_id"])
        name = ask.required("name")
        self.require_quota(disk_snapshot_count=1)
        row = {
            "id": self.new_uuid(),
            "name": name,
            "snapshot_description": ask.text("description"),
            "volume_id": volume["id"],
            "instance_id": volume["instance_id"],
            "source_volume_name": volume["name"],
            "restore_size": volume["size_gb"],
            "creation_time": self.timestamp(),
            "_": {},
        }
        self.table("volume_snapshots", ask.region)[row["id"]] = row
        self.begin("volume_snapshots", ask.region, row, "Creating", "Failed" if ask.call.fault == "build_error" else "Ready")
        return _as_snapshot(row)

    def _snapshots_of(self, region: str, volume_id: str) -> list[Row]:
        return [row for row in self.table("volume_snapshots", region).values() if row["volume_id"] == volume_id]

    def _list_snapshots_of_volume(self, ask: Ask) -> list[Row]:
        volume = self.find("volumes", ask.region, ask.call.params["volume_id"])
        return [self._read_volume_snapshot(row) for row in self._snapshots_of(ask.region, volume["id"])]

    def _list_volume_snapshots(self, ask: Ask) -> list[Row]:
        _require_volume_type(ask)
        return [self._read_volume_snapshot(row) for row in self.table("volume_snapshots", ask.region).values()]

    def _get_volume_snapshot(self, ask: Ask) -> Row:
        _require_volume_type(ask)
        return self._read_volume_snapshot(self.find("volume_snapshots", ask.region, ask.id))

    def _delete_volume_snapshot(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("volume_snapshots", ask.region, ask.id)
        if row["status"] != "Deleting":
            self.begin("volume_snapshots", ask.region, row, "Deleting", None)
        return SUCCESS

    def _read_volume_snapshot(self, row: Row) -> Row:
        answer = _as_snapshot(row)
        self.read(row)
        return answer


def _require_free(volume: Row) -> None:
    if volume["instance_id"]:
        raise refusal(409, "database_volume_cannot_multiple_attach", "The volume is attached to another instance")


def _size(ask: Ask) -> int:
    text = ask.required("size_gb")
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise _invalid_size("The size must be a whole number of gigabytes")
    return int(text)


def _invalid_size(reason: str) -> Exception:
    return refusal(400, "volume_invalid_size", reason, "size_gb")


def _require_volume_type(ask: Ask) -> None:
    if ask.required("resource_type") != "volume":
        raise refusal(400, "parameter_resource_type_invalid", "resource_type must be volume", "resource_type")


def _as_snapshot(row: Row) -> Row:
    """A stored snapshot in the field names of Civo 7.3."""
    return {"snapshot_id": row["id"], "state": row["status"], **{name: value for name, value in row.items() if name not in ("id", "status", "_")}}
