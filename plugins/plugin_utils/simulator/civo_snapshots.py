# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated Civo instance snapshots and their schedules, which only some regions have (reading 23)."""

from __future__ import annotations

import itertools
import re
import typing as t

from .base import Response, Route
from .civo_base import SUCCESS, Ask, invalid, refusal, shown
from .civo_catalogue import Row
from .civo_instances import HOSTNAME, CivoInstances, require_settled

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123
_COPIED = ("source_id", "network_id", "initial_user", "ssh_key_id", "ssh_key", "tags", "script", "user_script")
_MINUTES_APART = 10
_MOST_SNAPSHOTS = 10


class CivoSnapshots(CivoInstances):
    """Snapshots below instances and account-wide, and snapshot schedules (Civo 7.1 and 7.2)."""

    def snapshot_routes(self) -> list[Route]:
        """Instance snapshots, resource snapshots, schedules."""
        of_instance = "/instances/{instance_id}/snapshots"
        one = f"{of_instance}/{{snapshot_id}}"
        resource = "/resourcesnapshots/{id}"
        schedule = "/resourcesnapshotschedules/{id}"
        return [
            self.operation("instance_snapshots.create", "POST", of_instance, self._create_snapshot),
            self.operation("instance_snapshots.list", "GET", of_instance, self._list_snapshots),
            self.operation("instance_snapshots.get", "GET", one, self._get_snapshot),
            self.operation("instance_snapshots.update", "PUT", one, self._update_snapshot),
            self.operation("instance_snapshots.delete", "DELETE", one, self._delete_snapshot),
            self.operation("instance_snapshots.restore", "POST", f"{one}/restore", self._restore_snapshot, bills=True),
            self.operation("resource_snapshots.list", "GET", "/resourcesnapshots", self._list_resource_snapshots),
            self.operation("resource_snapshots.get", "GET", resource, self._get_resource_snapshot),
            self.operation("resource_snapshots.update", "PUT", resource, self._update_resource_snapshot),
            self.operation("resource_snapshots.delete", "DELETE", resource, self._delete_resource_snapshot),
            self.operation("resource_snapshots.restore", "POST", f"{resource}/restore", self._restore_resource_snapshot, bills=True),
            self.operation("snapshot_schedules.create", "POST", "/resourcesnapshotschedules", self._create_schedule),
            self.operation("snapshot_schedules.list", "GET", "/resourcesnapshotschedules", self._list_schedules),
            self.operation("snapshot_schedules.get", "GET", schedule, self._get_schedule),
            self.operation("snapshot_schedules.update", "PUT", schedule, self._update_schedule),
            self.operation("snapshot_schedules.delete", "DELETE", schedule, self._delete_schedule),
        ]

    def _require_feature(self, ask: Ask) -> None:
        if ask.region not in self.settings["snapshot_regions"]:
            raise refusal(403, "disabled_service", "The service is not available in this region")

    # -- snapshots of one instance ----------------------------------------------------------------------------------

    def _create_snapshot(self, ask: Ask) -> Response:
        self._require_feature(ask)
        instance = self.find("instances", ask.region, ask.call.params["instance_id"])
        snapshots = self._snapshots_of_instance(ask.region, instance["id"])
        if any(row["status"] == "Creating" for row in snapshots):
            raise refusal(409, "database_snapshot_create_already_in_process", "A snapshot of this instance is being made")
        snapshot_id = self.new_uuid()
        name = self._snapshot_name(ask, f"snapshot-{snapshot_id[:8]}", snapshots)
        self.require_quota(disk_snapshot_count=1)
        row = {
            "id": snapshot_id,
            "name": name,
            "description": ask.text("description"),
            "included_volumes": [entry["id"] for entry in instance.get("attached_volumes", [])],
            "created_at": self.timestamp(),
            "_": {"instance_id": instance["id"], "instance": shown(instance)},
        }
        self.table("snapshots", ask.region)[snapshot_id] = row
        self.begin("snapshots", ask.region, row, "Creating", "Complete")
        return Response(201, _as_snapshot(row))

    def _snapshot_name(self, ask: Ask, default: str, others: t.Iterable[Row]) -> str:
        name = ask.text("name") or default
        if not _NAME.fullmatch(name):
            raise refusal(400, "parameter_name_invalid", "The name is not a valid RFC 1123 name", "name")
        if any(row["name"] == name for row in others):
            raise refusal(409, "database_snapshot_duplicate_name", "A snapshot with this name exists", "name")
        return name

    def _snapshots_of_instance(self, region: str, instance_id: str) -> list[Row]:
        return [row for row in self.table("snapshots", region).values() if row["_"]["instance_id"] == instance_id]

    def _snapshot_of_instance(self, ask: Ask) -> Row:
        """The snapshot a path names by id or by name."""
        self._require_feature(ask)
        instance = self.find("instances", ask.region, ask.call.params["instance_id"])
        wanted = ask.call.params["snapshot_id"]
        for row in self._snapshots_of_instance(ask.region, instance["id"]):
            if wanted in (row["id"], row["name"]):
                return row
        raise refusal(404, "database_snapshot_not_found", "Failed to find the snapshot in the internal database")

    def _list_snapshots(self, ask: Ask) -> list[Row]:
        self._require_feature(ask)
        instance = self.find("instances", ask.region, ask.call.params["instance_id"])
        return [self._read_snapshot(row) for row in self._snapshots_of_instance(ask.region, instance["id"])]

    def _get_snapshot(self, ask: Ask) -> Row:
        return self._read_snapshot(self._snapshot_of_instance(ask))

    def _read_snapshot(self, row: Row) -> Row:
        answer = _as_snapshot(row)
        self.read(row)
        return answer

    def _update_snapshot(self, ask: Ask) -> Row:
        return self._change_snapshot(ask, self._snapshot_of_instance(ask))

    def _change_snapshot(self, ask: Ask, row: Row) -> Row:
        siblings = [other for other in self._snapshots_of_instance(ask.region, row["_"]["instance_id"]) if other is not row]
        row["name"] = self._snapshot_name(ask, row["name"], siblings)
        row["description"] = ask.text("description", row["description"])
        return _as_snapshot(row)

    def _delete_snapshot(self, ask: Ask) -> t.Mapping[str, str]:
        return self._drop_snapshot(ask, self._snapshot_of_instance(ask))

    def _drop_snapshot(self, ask: Ask, row: Row) -> t.Mapping[str, str]:
        if row["status"] == "Creating":
            raise refusal(409, "database_snapshot_cannot_delete_in_use", "The snapshot is being made")
        if row["status"] != "Deleting":
            self.begin("snapshots", ask.region, row, "Deleting", None)
        return SUCCESS

    def _restore_snapshot(self, ask: Ask) -> Response:
        return Response(201, self._restore(ask, ask, self._snapshot_of_instance(ask)))

    def _restore(self, ask: Ask, options: Ask, snapshot: Row) -> Row:
        """Write a snapshot over its instance or into a new one; answers a record whose id is no instance's (Civo 7.1)."""
        if snapshot["status"] != "Complete":
            raise refusal(409, "database_snapshot_create_already_in_process", f"The snapshot is {snapshot['status']}")
        overwrite = options.flag("overwrite_existing")
        source = snapshot["_"]["instance"]
        if overwrite:
            hostname = source["hostname"]
            instance = self.find("instances", ask.region, source["id"])
            require_settled(instance)
            self.begin("instances", ask.region, instance, "BUILDING", "ACTIVE")
        else:
            hostname = options.text("hostname") or f"{source['hostname']}-restored"
            self._build_copy(ask, options, source, hostname)
        return {
            "id": f"restore-{self.new_uuid()}",
            "name": f"restore-{snapshot['name']}",
            "hostname": hostname,
            "description": options.text("description"),
            "from_snapshot": snapshot["id"],
            "private_ipv4": options.text("private_ipv4"),
            "overwrite_existing": overwrite,
            "status": {"state": "in_progress"},
            "created_at": self.timestamp(),
            "completed_at": None,
        }

    def _build_copy(self, ask: Ask, options: Ask, source: Row, hostname: str) -> None:
        if not HOSTNAME.fullmatch(hostname):
            raise refusal(400, "parameter_name_invalid", "The hostname is not valid", "hostname")
        network = self.find("networks", ask.region, source["network_id"])
        # The source's firewall may be gone by now; its network's default one takes its place.
        known = source["firewall_id"] in self.table("firewalls", ask.region)
        firewall_id = self.firewall_for(ask.region, network, source["firewall_id"] if known else "")
        size = self.size(source["size"])
        private_ip = self.requested_private_ip(options, network)
        self.require_instance_quota(size, 1, 1)
        row = self.new_instance(hostname, size, firewall_id=firewall_id, **{name: source[name] for name in _COPIED})
        self.build(ask, row, wants_public=True, private_ip=private_ip)

    # -- the same snapshots, account-wide ---------------------------------------------------------------------------

    def _resource_snapshot(self, ask: Ask) -> Row:
        self._require_feature(ask)
        return self.find("snapshots", ask.region, ask.id)

    def _list_resource_snapshots(self, ask: Ask) -> list[Row]:
        self._require_feature(ask)
        return [_as_resource(self._read_snapshot(row)) for row in self.table("snapshots", ask.region).values()]

    def _get_resource_snapshot(self, ask: Ask) -> Row:
        return _as_resource(self._read_snapshot(self._resource_snapshot(ask)))

    def _update_resource_snapshot(self, ask: Ask) -> Row:
        return _as_resource(self._change_snapshot(ask, self._resource_snapshot(ask)))

    def _delete_resource_snapshot(self, ask: Ask) -> t.Mapping[str, str]:
        return self._drop_snapshot(ask, self._resource_snapshot(ask))

    def _restore_resource_snapshot(self, ask: Ask) -> Response:
        options = ask.fields.get("instance", {})
        if not isinstance(options, dict):
            raise invalid("instance", "instance must be an object")
        return Response(201, _as_resource(self._restore(ask, ask.with_fields(options), self._resource_snapshot(ask))))

    # -- schedules --------------------------------------------------------------------------------------------------

    def _create_schedule(self, ask: Ask) -> Response:
        self._require_feature(ask)
        name, cron = ask.required("name"), ask.required("cron_expression")
        _check_cron(cron)
        row: Row = {
            "id": self.new_uuid(),
            "name": name,
            "description": ask.text("description"),
            "cron_expression": cron,
            "paused": False,
            "retention": _retention(ask),
            "instances": [self._scheduled(ask, entry) for entry in ask.items("instances")],
            "status": {"state": "active", "last_snapshot": None},
            "created_at": self.timestamp(),
        }
        if not row["instances"]:
            raise refusal(400, "parameter_value_missing", "A required parameter is missing", "instances")
        self.table("schedules", ask.region)[row["id"]] = row
        return Response(201, shown(row))

    def _scheduled(self, ask: Ask, entry: t.Any) -> Row:
        if not isinstance(entry, dict):
            raise invalid("instances", "instances must be a list of objects")
        instance = self.find("instances", ask.region, str(entry.get("instance_id", "")))
        volumes = [volume["id"] for volume in instance.get("attached_volumes", [])] if entry.get("include_volumes") else []
        return {"id": instance["id"], "size": instance["size"], "included_volumes": volumes}

    def _schedule(self, ask: Ask) -> Row:
        self._require_feature(ask)
        return self.find("schedules", ask.region, ask.id)

    def _list_schedules(self, ask: Ask) -> list[Row]:
        self._require_feature(ask)
        return [shown(row) for row in self.table("schedules", ask.region).values()]

    def _get_schedule(self, ask: Ask) -> Row:
        return shown(self._schedule(ask))

    def _update_schedule(self, ask: Ask) -> Row:
        row = self._schedule(ask)
        for name in ("cron_expression", "retention", "instances"):
            if ask.has(name):
                self.violation("Civo 7.2", f"snapshot_schedules.update: {name} cannot be changed")
        paused = ask.flag("paused", row["paused"])
        changes = {name: ask.text(name, row[name]) for name in ("name", "description")}
        row.update(changes, paused=paused, status={**row["status"], "state": "paused" if paused else "active"})
        return shown(row)

    def _delete_schedule(self, ask: Ask) -> t.Mapping[str, str]:
        del self.table("schedules", ask.region)[self._schedule(ask)["id"]]
        return SUCCESS


def _as_snapshot(row: Row) -> Row:
    """A stored snapshot as the API shows it: the state of its volumes is its own (Civo 7.1)."""
    state = row["status"]
    return {**shown(row), "status": {"state": state, "volumes": [{"id": volume_id, "state": state} for volume_id in row["included_volumes"]]}}


def _as_resource(body: Row) -> Row:
    return {"resource_type": "instance", "instance": body}


def _retention(ask: Ask) -> Row:
    retention = ask.fields.get("retention")
    if not isinstance(retention, dict) or not retention:
        raise refusal(400, "parameter_value_missing", "A required parameter is missing", "retention")
    options = ask.with_fields(retention)
    if options.has("max_snapshots") and options.number("max_snapshots", 0) > _MOST_SNAPSHOTS:
        raise invalid("max_snapshots", f"At most {_MOST_SNAPSHOTS} snapshots are kept")
    return dict(options.fields)


def _check_cron(expression: str) -> None:
    """Refuse what is no cron line or would run more often than every ten minutes (Civo 7.2)."""
    parts = expression.split()
    minutes = _cron_minutes(parts[0]) if len(parts) == 5 else []
    if not minutes:
        raise invalid("cron_expression", "The cron expression is not valid")
    if any(after - before < _MINUTES_APART for before, after in itertools.pairwise([*minutes, minutes[0] + 60])):
        raise invalid("cron_expression", f"Runs must be at least {_MINUTES_APART} minutes apart")


def _cron_minutes(text: str) -> list[int]:
    """The minutes that the first field of a cron line names, sorted; none when it makes no sense."""
    minutes: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", part)
        if not found:
            return []
        first, last, step = found.groups()
        start = int(first or 0)
        end = int(last or (59 if first is None or step else start))
        if end > 59 or step == "0":
            return []
        minutes.update(range(start, end + 1, int(step or 1)))
    return sorted(minutes)
