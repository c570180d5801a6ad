# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated Civo instance snapshots and their schedules, which only some regions have (reading 23)."""

from __future__ import annotations

import re
import typing as t

from .base import Response, Route
from .civo_base import SUCCESS, Ask, invalid, refusal, shown
from .civo_catalogue import Row
from .civo_instances import HOSTNAME, CivoInstances, require_settled
from .cron import Cron, classic

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123
_COPIED = ("source_id", "network_id", "initial_user", "ssh_key_id", "ssh_key", "tags", "script", "user_script")
_MINUTES_APART = 10
_MOST_SNAPSHOTS = 10
_PERIOD = re.compile(r"(?:\d+(?:\.\d+)?[hms])+")
_UNITS: t.Final = {"h": 3600, "m": 60, "s": 1}
_NAME_LENGTH = 63


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
        row = self._new_snapshot(ask.region, instance, snapshot_id, name, description=ask.text("description"))
        self.begin("snapshots", ask.region, row, "Creating", "Failed" if ask.call.fault == "build_error" else "Complete")
        if ask.call.fault == "double":
            twin = self._new_snapshot(ask.region, instance, self.new_uuid(), name, description=row["description"])
            self.begin("snapshots", ask.region, twin, "Creating", "Complete")
        return Response(201, _as_snapshot(row))

    def _new_snapshot(self, region: str, instance: Row, snapshot_id: str, name: str, **fields: t.Any) -> Row:
        row: Row = {
            "id": snapshot_id,
            "name": name,
            "description": "",
            "included_volumes": [entry["id"] for entry in instance.get("attached_volumes", [])],
            "created_at": self.timestamp(),
            **fields,
            "_": {"instance_id": instance["id"], "instance": shown(instance)},
        }
        self.table("snapshots", region)[snapshot_id] = row
        return row

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
            self.begin("instances", ask.region, instance, "BUILDING", "ERROR" if ask.call.fault == "build_error" else "ACTIVE")
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
        name, expression = ask.required("name"), ask.required("cron_expression")
        due = _checked_cron(expression).next_after(self.clock.now())
        row: Row = {
            "id": self.new_uuid(),
            "name": name,
            "description": ask.text("description"),
            "cron_expression": expression,
            "paused": False,
            "retention": _retention(ask),
            "instances": [self._scheduled(ask, entry) for entry in ask.items("instances")],
            "status": {"state": "active", "last_snapshot": None},
            "created_at": self.timestamp(),
            "_": {"due": due},
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
        return [self._shown_schedule(ask.region, row) for row in self.table("schedules", ask.region).values()]

    def _get_schedule(self, ask: Ask) -> Row:
        return self._shown_schedule(ask.region, self._schedule(ask))

    def _shown_schedule(self, region: str, row: Row) -> Row:
        """A schedule with the present state of its last snapshot."""
        last = row["status"]["last_snapshot"]
        snapshot = self.table("snapshots", region).get(last["id"]) if last else None
        return {**shown(row), "status": {**row["status"], "last_snapshot": {**last, "state": snapshot["status"]} if last and snapshot else None}}

    def _update_schedule(self, ask: Ask) -> Row:
        row = self._schedule(ask)
        for name in ("cron_expression", "retention", "instances"):
            if ask.has(name):
                self.violation("Civo 7.2", f"snapshot_schedules.update: {name} cannot be changed")
        paused = ask.flag("paused", row["paused"])
        changes = {name: ask.text(name, row[name]) for name in ("name", "description")}
        row.update(changes, paused=paused, status={**row["status"], "state": "paused" if paused else "active"})
        row["_"]["due"] = None if paused else classic(row["cron_expression"]).next_after(self.clock.now())  # what was missed stays missed
        return self._shown_schedule(ask.region, row)

    def _delete_schedule(self, ask: Ask) -> t.Mapping[str, str]:
        del self.table("schedules", ask.region)[self._schedule(ask)["id"]]
        return SUCCESS

    def advance(self) -> None:
        """Also carry out what schedules had to do since the last request."""
        super().advance()
        for region, schedules in self.state["schedules"].items():
            for schedule in schedules.values():
                self._run_schedule(region, schedule)

    def _run_schedule(self, region: str, schedule: Row) -> None:
        due = schedule["_"]["due"]
        while due is not None and due <= self.clock.now():
            for entry in schedule["instances"]:
                instance = self.table("instances", region).get(entry["id"])
                if instance is not None:
                    self._snapshot_on_schedule(region, schedule, entry, instance, due)
            due = classic(schedule["cron_expression"]).next_after(due)
            schedule["_"]["due"] = due

    def _snapshot_on_schedule(self, region: str, schedule: Row, entry: Row, instance: Row, due: float) -> None:
        """One snapshot, finished at once; then the oldest ones of this schedule go, never others (Civo 7.2)."""
        suffix = f"-{int(due)}"
        name = re.sub(r"[^a-z0-9-]+", "-", schedule["name"].lower()).strip("-")[: _NAME_LENGTH - len(suffix)] + suffix
        made = {"included_volumes": entry["included_volumes"], "created_at": self.timestamp(due), "status": "Complete"}
        row = self._new_snapshot(region, instance, self.new_uuid(), name, **made)
        row["_"].update(schedule_id=schedule["id"], made=due)
        schedule["status"]["last_snapshot"] = {"id": row["id"], "name": name}
        ours = [other for other in self._snapshots_of_instance(region, instance["id"]) if other["_"].get("schedule_id") == schedule["id"]]
        retention = schedule["retention"]
        kept = ours[-retention["max_snapshots"] :] if "max_snapshots" in retention else ours
        if "period" in retention:
            kept = [other for other in kept if due - other["_"]["made"] < _seconds(retention["period"])]
        for other in ours:
            if other not in kept and other["status"] != "Deleting":
                self.halt(other)
                del self.table("snapshots", region)[other["id"]]


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
    kept: Row = dict(options.fields)
    if options.has("max_snapshots"):
        kept["max_snapshots"] = options.number("max_snapshots", 0)
        if kept["max_snapshots"] > _MOST_SNAPSHOTS:
            raise invalid("max_snapshots", f"At most {_MOST_SNAPSHOTS} snapshots are kept")
    if options.has("period"):
        _seconds(kept["period"])
    return kept


def _checked_cron(expression: str) -> Cron:
    """Refuse what is no cron line or would run more often than every ten minutes (Civo 7.2)."""
    try:
        schedule = classic(expression)
    except ValueError as error:
        raise invalid("cron_expression", f"The cron expression is not valid: {error}") from None
    if schedule.least_gap() < _MINUTES_APART:
        raise invalid("cron_expression", f"Runs must be at least {_MINUTES_APART} minutes apart")
    return schedule


def _seconds(period: t.Any) -> float:
    """A duration such as C(48h) or C(1h30m), as the Go client writes it.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(period, str) or not _PERIOD.fullmatch(period):
        raise invalid("period", "The period is not a duration")
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([hms])", period))
