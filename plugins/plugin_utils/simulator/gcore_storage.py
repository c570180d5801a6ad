# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes, snapshots, lifecycle policies and schedules of the simulated Gcore (section 8)."""

from __future__ import annotations

import typing as t

from . import gcore_catalog as catalog
from .base import Call, Response
from .cron import fielded
from .gcore_frame import (
    Created,
    Effect,
    Hold,
    Record,
    Scope,
    body_of,
    choice_of,
    conflict,
    count_of,
    flag,
    invalid,
    merge_tags,
    not_found,
    stamp,
    tag_items,
    tags_of,
    text_of,
    texts_of,
)
from .gcore_quota import QuotaCalls

VOLUME_TYPES = ("standard", "ssd_hiiops", "ssd_lowlatency", "ssd_local", "cold", "ultra")
_RIGID_TYPE = "ssd_lowlatency"  # neither snapshots nor resize (section 5.4)
_CRON_FIELDS = {"minute": "0", "hour": "0", "day": "*", "day_of_week": "*", "month": "*", "week": "*"}
_INTERVAL_FIELDS = ("weeks", "days", "hours", "minutes")
_MINUTES = {"weeks": 10080, "days": 1440, "hours": 60, "minutes": 1}
_MAX_SCHEDULES = 10


class StorageCalls(QuotaCalls):
    """The calls about volumes and their backups."""

    def effects(self) -> t.Mapping[str, Effect]:
        return {
            **super().effects(),
            "volume_attach": self._finish_attach,
            "volume_detach": self._finish_detach,
            "volume_delete": self._finish_volume_delete,
            "snapshot_delete": self._finish_snapshot_delete,
        }

    def discard(self, kind: str, scope: Scope, identity: str) -> None:
        record = self.shelf(kind, scope).get(identity)
        if kind == "volumes" and record:
            for snapshot in list(record["snapshot_ids"]):
                self.shelf("snapshots", scope).pop(snapshot, None)
            for policy in self.shelf("policies", scope).values():
                policy["volume_ids"] = [key for key in policy["volume_ids"] if key != identity]
        if kind == "snapshots" and record:
            volume = self.shelf("volumes", scope).get(record["volume_id"])
            if volume:
                volume["snapshot_ids"].remove(identity)
        super().discard(kind, scope, identity)

    # -- volumes --------------------------------------------------------------------------------------------------------------

    def check_volume(self, scope: Scope, spec: Record, name: str) -> Record:
        """What a volume of a body will be: source, size, type and image; nothing is made yet."""
        source = choice_of(spec, "source", ("image", "new-volume", "snapshot", "existing-volume", "apptemplate"))
        plan: Record = {"image": None, "existing": None, "snapshot": None, "bootable": source != "new-volume", "source": source}
        least = 1
        if source == "existing-volume":
            volume = self.known(scope, "volumes", spec, "volume_id")
            if volume["attachments"] or volume["task_id"] or volume["status"] != "available":
                raise conflict(f"Volume {volume['id']} is not available")
            image = self.shelf("images", scope).get(volume["image_id"])
            plan.update(existing=volume["id"], image=image, size=volume["size"], type=volume["type"], bootable=volume["bootable"])
            return {**plan, "name": volume["name"], "tags": volume["tags"]}
        if source == "image":
            plan["image"] = self.known(scope, "images", spec, "image_id")
        elif source == "apptemplate":
            template = self.state["app_templates"].get(spec.get("apptemplate_id"))
            if template is None:
                raise invalid("apptemplate_id", f"{spec.get('apptemplate_id')} does not exist.")
            plan["image"] = next(image for image in self.shelf("images", scope).values() if image["name"] == template["image_name"])
            least = template["min_disk"]
        elif source == "snapshot":
            snapshot = self.known(scope, "snapshots", spec, "snapshot_id")
            if snapshot["status"] != "available":
                raise conflict(f"Snapshot {snapshot['id']} is {snapshot['status']}")
            plan.update(snapshot=snapshot["id"], bootable=snapshot["bootable"], image=self.shelf("images", scope).get(snapshot["image_id"]))
            least = snapshot["size"]
        if plan["image"] and source != "snapshot":
            least = max(least, plan["image"]["min_disk"])
        size = count_of(spec, "size") if source == "new-volume" or spec.get("size") is not None else least
        if size < least:
            raise invalid(name, f"size must be at least {least} GiB.")
        plan.update(size=size, type=choice_of(spec, "type_name", VOLUME_TYPES, "standard"))
        return {**plan, "name": str(spec.get("name") or ""), "tags": tags_of(spec.get("tags"), name)}

    def make_volume(self, scope: Scope, plan: Record) -> Record:
        """A new volume as planned, attached to nothing."""
        now = stamp(self.clock.now(), "+0000")
        volume: Record = {
            "id": self.new_uuid(),
            "name": plan["name"],
            "status": "available",
            "size": plan["size"],
            "type": plan["type"],
            "bootable": plan["bootable"],
            "image_id": plan["image"]["id"] if plan["image"] else None,
            "attachments": [],
            "snapshot_ids": [],
            "tags": plan["tags"],
            "task_id": None,
            "creator_task_id": None,
            "created_at": now,
            "updated_at": now,
        }
        self.shelf("volumes", scope)[volume["id"]] = volume
        return volume

    def attach_volume(self, volume: Record, instance: Record, delete_on_termination: bool, root: bool = False) -> None:
        """Plug a volume into a server."""
        device = f"/dev/vd{chr(ord('a') + min(len(instance['volumes']), 25))}"
        volume["attachments"].append({"server_id": instance["id"], "attachment_id": self.new_uuid(), "device": device, "root": root})
        volume["status"] = "in-use"
        instance["volumes"].append({"id": volume["id"], "delete_on_termination": delete_on_termination})

    def detach_volume(self, scope: Scope, volume: Record) -> None:
        """Unplug a volume."""
        for attachment in volume["attachments"]:
            instance = self.shelf("instances", scope).get(attachment["server_id"])
            if instance:
                instance["volumes"] = [entry for entry in instance["volumes"] if entry["id"] != volume["id"]]
        volume.update(attachments=[], status="available")

    def volume_view(self, scope: Scope, volume: Record) -> Record:
        """A volume as the API shows it."""
        instances = self.shelf("instances", scope)
        return {
            "id": volume["id"],
            "name": volume["name"],
            "status": volume["status"],
            "size": volume["size"],
            "volume_type": volume["type"],
            "bootable": volume["bootable"],
            "is_root_volume": any(attachment["root"] for attachment in volume["attachments"]),
            "attachments": [
                {
                    "server_id": attachment["server_id"],
                    "attachment_id": attachment["attachment_id"],
                    "volume_id": volume["id"],
                    "device": attachment["device"],
                    "instance_name": instances[attachment["server_id"]]["name"] if attachment["server_id"] in instances else None,
                    "attached_at": volume["created_at"],
                }
                for attachment in volume["attachments"]
            ],
            "snapshot_ids": list(volume["snapshot_ids"]),
            "tags": tag_items(volume["tags"]),
            "task_id": volume["task_id"],
            "creator_task_id": volume["creator_task_id"],
            "created_at": volume["created_at"],
            "updated_at": volume["updated_at"],
            **self.place(scope),
        }

    def list_volumes(self, call: Call) -> Response:
        """C(volumes.list)"""
        scope = self.scope(call)
        server, bootable, attached = call.request.query_value("instance_id"), flag(call, "bootable"), flag(call, "has_attachments")
        name_part, id_part = str(call.request.query_value("name_part", "")), str(call.request.query_value("id_part", ""))
        found = [
            volume
            for volume in self.visible("volumes", scope)
            if (server is None or any(attachment["server_id"] == server for attachment in volume["attachments"]))
            and bootable in (None, volume["bootable"])
            and attached in (None, bool(volume["attachments"]))
            and name_part in volume["name"]
            and id_part in volume["id"]
        ]
        return self.page(call, found, lambda volume: self.volume_view(scope, volume))

    def get_volume(self, call: Call) -> Response:
        """C(volumes.get)"""
        scope = self.scope(call)
        volume = self.find("volumes", scope, call.params["volume_id"], "Volume")
        self.look_at(volume)
        return Response(200, self.volume_view(scope, volume))

    def create_volume(self, call: Call) -> Response:
        """C(volumes.create)"""
        scope = self.scope(call)
        body = body_of(call)
        name = text_of(body, "name")
        choice_of(body, "source", ("new-volume", "image", "snapshot"))
        plan = self.check_volume(scope, body, "size")
        server = None
        if body.get("instance_id_to_attach_to") is not None:
            server = self.find_free("instances", scope, str(body["instance_id_to_attach_to"]), "Instance")
        policies = [self._policy(scope, key) for key in body.get("lifecycle_policy_ids") or []]
        self.check_quota(scope, {"volume_count": 1, "volume_size": plan["size"]})
        self.bill(plan["size"] * catalog.PRICE_GIB)
        volume = self.make_volume(scope, plan)
        for policy in policies:
            policy["volume_ids"].append(volume["id"])
        task = self.start_task(
            call,
            scope,
            "create_volume",
            data={"name": name},
            holds=[Hold("volumes", volume, {"status": "creating"})],
            creates=[("volumes", volume)],
            effect="volume_attach" if server else None,
            args={"id": volume["id"], "instance_id": server["id"]} if server else None,
        )
        return self.accepted(call, task)

    def extend_volume(self, call: Call) -> Response:
        """C(volumes.extend): bigger only."""
        scope = self.scope(call)
        volume = self._free_volume(call, scope)
        size = count_of(body_of(call), "size")
        if size <= volume["size"]:
            raise invalid("size", f"Must be bigger than {volume['size']} GiB.")
        if volume["type"] == _RIGID_TYPE:
            raise invalid("size", f"Volumes of type {_RIGID_TYPE} cannot be extended.")
        self.check_quota(scope, {"volume_size": size - volume["size"]})
        self.bill((size - volume["size"]) * catalog.PRICE_GIB)
        return self.accepted(call, self.start_task(call, scope, "extend_volume", holds=[Hold("volumes", volume, {"status": "extending"}, {"size": size})]))

    def attach_volume_call(self, call: Call) -> Response:
        """C(volumes.attach)"""
        scope = self.scope(call)
        volume = self._free_volume(call, scope)
        instance = self.find_free("instances", scope, text_of(body_of(call), "instance_id"), "Instance")
        if volume["attachments"]:
            raise conflict(f"Volume {volume['id']} is attached already")
        args = {"id": volume["id"], "instance_id": instance["id"]}
        hold = Hold("volumes", volume, {"status": "attaching"})
        return self.accepted(call, self.start_task(call, scope, "attach_volume", holds=[hold], effect="volume_attach", args=args))

    def detach_volume_call(self, call: Call) -> Response:
        """C(volumes.detach): never the boot volume (hazard H12)."""
        scope = self.scope(call)
        volume = self._free_volume(call, scope)
        server = text_of(body_of(call), "instance_id")
        attachment = next((entry for entry in volume["attachments"] if entry["server_id"] == server), None)
        if attachment is None:
            raise conflict(f"Volume {volume['id']} is not attached to {server}")
        if attachment["root"]:
            raise conflict("Boot volumes cannot be detached")
        hold = Hold("volumes", volume, {"status": "detaching"})
        return self.accepted(call, self.start_task(call, scope, "detach_volume", holds=[hold], effect="volume_detach", args={"id": volume["id"]}))

    def revert_volume(self, call: Call) -> Response:
        """C(volumes.revert): attached or grown since 409, no snapshot 404 (reading 26)."""
        scope = self.scope(call)
        volume = self._free_volume(call, scope)
        if volume["attachments"]:
            raise conflict(f"Volume {volume['id']} is attached")
        if not volume["snapshot_ids"]:
            raise not_found("Snapshot of volume", volume["id"])
        if self.shelf("snapshots", scope)[volume["snapshot_ids"][-1]]["size"] != volume["size"]:
            raise conflict(f"Volume {volume['id']} was extended after its latest snapshot")
        task = self.start_task(call, scope, "revert_volume", holds=[Hold("volumes", volume, {"status": "reverting"})])
        answer = self.accepted(call, task)
        return Response(200, raw=b"") if self.settings["revert_answer"] == "empty" else answer

    def delete_volume(self, call: Call) -> Response:
        """C(volumes.delete): takes the snapshots along (hazard H4)."""
        scope = self.scope(call)
        volume = self._free_volume(call, scope)
        if volume["attachments"]:
            raise conflict(f"Volume {volume['id']} is attached")
        hold = Hold("volumes", volume, {"status": "deleting"})
        return self.accepted(call, self.start_task(call, scope, "delete_volume", holds=[hold], effect="volume_delete", args={"id": volume["id"]}))

    def _free_volume(self, call: Call, scope: Scope) -> Record:
        return self.find_free("volumes", scope, call.params["volume_id"], "Volume")

    def _finish_attach(self, scope: Scope, args: Record) -> Created | None:
        instance = self.shelf("instances", scope).get(args["instance_id"])
        if instance is None:
            raise not_found("Instance", args["instance_id"])
        self.attach_volume(self.shelf("volumes", scope)[args["id"]], instance, delete_on_termination=False)
        return None

    def _finish_detach(self, scope: Scope, args: Record) -> Created | None:
        self.detach_volume(scope, self.shelf("volumes", scope)[args["id"]])
        return None

    def _finish_volume_delete(self, scope: Scope, args: Record) -> Created | None:
        self.discard("volumes", scope, args["id"])
        return None

    # -- snapshots -------------------------------------------------------------------------------------------------------------

    def snapshot_view(self, scope: Scope, snapshot: Record) -> Record:
        """A snapshot as section 8.1 shows it."""
        hidden = ("tags", "bootable", "image_id", "schedule_id", "policy_id", "made", "hidden", "updated")
        shown = {key: value for key, value in snapshot.items() if key not in hidden}
        return {**shown, "tags": tag_items(snapshot["tags"]), **self.place(scope)}

    def list_snapshots(self, call: Call) -> Response:
        """C(snapshots.list)"""
        scope = self.scope(call)
        query = call.request.query_value
        volumes = self.shelf("volumes", scope)
        found = self.visible("snapshots", scope)
        if query("volume_id") is not None:
            found = [snapshot for snapshot in found if snapshot["volume_id"] == query("volume_id")]
        if query("instance_id") is not None:
            ours = {key for key, volume in volumes.items() if any(entry["server_id"] == query("instance_id") for entry in volume["attachments"])}
            found = [snapshot for snapshot in found if snapshot["volume_id"] in ours]
        for name, key in (("schedule_id", "schedule_id"), ("lifecycle_policy_id", "policy_id")):
            if query(name) is not None:
                found = [snapshot for snapshot in found if str(snapshot[key]) == query(name)]
        return self.page(call, found, lambda snapshot: self.snapshot_view(scope, snapshot))

    def get_snapshot(self, call: Call) -> Response:
        """C(snapshots.get)"""
        scope = self.scope(call)
        snapshot = self.find("snapshots", scope, call.params["snapshot_id"], "Snapshot")
        self.look_at(snapshot)
        return Response(200, self.snapshot_view(scope, snapshot))

    def create_snapshot(self, call: Call) -> Response:
        """C(snapshots.create): one volume, names may repeat; not for C(ssd_lowlatency) (reading 25)."""
        scope = self.scope(call)
        body = body_of(call)
        name, tags = text_of(body, "name"), tags_of(body.get("tags"))
        volume = self.find_free("volumes", scope, text_of(body, "volume_id"), "Volume")
        if volume["type"] == _RIGID_TYPE:
            raise invalid("volume_id", f"Volumes of type {_RIGID_TYPE} have no snapshots.")
        self.check_quota(scope, {"volume_snapshots_count": 1, "volume_snapshots_size": volume["size"]})
        self.bill(volume["size"] * catalog.PRICE_GIB)
        tasks = []
        for _number in range(2 if call.fault == "double" else 1):
            snapshot = self._new_snapshot(scope, volume, name, self.clock.now(), description=body.get("description"), tags=tags)
            holds = [Hold("snapshots", snapshot, {"status": "creating"}), Hold("volumes", volume)]
            tasks.append(self.start_task(call, scope, "create_snapshot", data={"name": name}, holds=holds, creates=[("snapshots", snapshot)]))
        return self.accepted(call, tasks[0])

    def _new_snapshot(self, scope: Scope, volume: Record, name: str, made: float, **fields: t.Any) -> Record:
        now = stamp(made, "+0000")
        snapshot: Record = {
            "id": self.new_uuid(),
            "name": name,
            "description": None,
            "status": "available",
            "size": volume["size"],
            "volume_id": volume["id"],
            "creator_task_id": None,
            "task_id": None,
            "tags": {},
            "bootable": volume["bootable"],
            "image_id": volume["image_id"],
            "schedule_id": None,
            "policy_id": None,
            "made": made,
            "created_at": now,
            "updated_at": now,
            **fields,
        }
        self.shelf("snapshots", scope)[snapshot["id"]] = snapshot
        volume["snapshot_ids"].append(snapshot["id"])
        return snapshot

    def update_snapshot(self, call: Call) -> Response:
        """C(snapshots.update)"""
        scope = self.scope(call)
        snapshot = self.find_free("snapshots", scope, call.params["snapshot_id"], "Snapshot")
        body = body_of(call)
        name = text_of(body, "name") if "name" in body else snapshot["name"]
        tags = tags_of(body.get("tags"), removable=True)
        if "tags" in body:
            snapshot["tags"] = merge_tags(snapshot["tags"], None if body["tags"] is None else tags)
        snapshot["name"] = name
        return Response(200, self.snapshot_view(scope, snapshot))

    def delete_snapshot(self, call: Call) -> Response:
        """C(snapshots.delete)"""
        scope = self.scope(call)
        snapshot = self.find_free("snapshots", scope, call.params["snapshot_id"], "Snapshot")
        hold = Hold("snapshots", snapshot, {"status": "deleting"})
        return self.accepted(call, self.start_task(call, scope, "delete_snapshot", holds=[hold], effect="snapshot_delete", args={"id": snapshot["id"]}))

    def _finish_snapshot_delete(self, scope: Scope, args: Record) -> Created | None:
        self.discard("snapshots", scope, args["id"])
        return None

    # -- lifecycle policies and schedules (section 8.3) ----------------------------------------------------------------------------

    def policy_view(self, call: Call, scope: Scope, policy: Record) -> Record:
        """A policy; its volumes only with C(need_volumes=true) (reading 27)."""
        volumes = self.shelf("volumes", scope)
        shown = [{"volume_id": key, "volume_name": volumes[key]["name"]} for key in policy["volume_ids"] if key in volumes]
        return {
            "id": policy["id"],
            "name": policy["name"],
            "action": "volume_snapshot",
            "status": policy["status"],
            "user_id": 3,
            "schedules": [self.schedule_view(schedule) for schedule in self._schedules_of(scope, policy)],
            "volumes": shown if flag(call, "need_volumes", False) else [],
            **self.place(scope),
        }

    @staticmethod
    def schedule_view(schedule: Record) -> Record:
        """A schedule as the API shows it."""
        return {key: value for key, value in schedule.items() if key not in ("policy_id", "due")}

    def list_policies(self, call: Call) -> Response:
        """C(lifecycle_policies.list)"""
        scope = self.scope(call)
        return self.everything([self.policy_view(call, scope, policy) for policy in self.visible("policies", scope)])

    def get_policy(self, call: Call) -> Response:
        """C(lifecycle_policies.get)"""
        scope = self.scope(call)
        return Response(200, self.policy_view(call, scope, self._policy(scope, call.params["policy_id"])))

    def create_policy(self, call: Call) -> Response:
        """C(lifecycle_policies.create): the id is an integer, names may repeat."""
        scope = self.scope(call)
        body = body_of(call)
        choice_of(body, "action", ("volume_snapshot",))
        name, status = text_of(body, "name"), choice_of(body, "status", ("active", "paused"), "active")
        volumes = self._volume_ids(scope, body) if body.get("volume_ids") is not None else []
        schedules = self._checked_schedules(body.get("schedules") or [], 0)
        policy: Record = {"id": self.new_id(), "name": name, "status": status, "volume_ids": volumes, "task_id": None}
        self.shelf("policies", scope)[str(policy["id"])] = policy
        self._store_schedules(scope, policy, schedules)
        return Response(200, self.policy_view(call, scope, policy))

    def update_policy(self, call: Call) -> Response:
        """C(lifecycle_policies.update)"""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        body = body_of(call)
        name = text_of(body, "name") if "name" in body else policy["name"]
        status = choice_of(body, "status", ("active", "paused"), policy["status"])
        if status != policy["status"]:
            for schedule in self._schedules_of(scope, policy):
                schedule["due"] = _next_run(schedule, self.clock.now())  # what was missed stays missed
        policy.update(name=name, status=status)
        return Response(200, self.policy_view(call, scope, policy))

    def delete_policy(self, call: Call) -> Response:
        """C(lifecycle_policies.delete): snapshots stay."""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        for schedule in self._schedules_of(scope, policy):
            self.discard("schedules", scope, schedule["id"])
        self.discard("policies", scope, str(policy["id"]))
        return Response(204)

    def add_schedules(self, call: Call) -> Response:
        """C(lifecycle_policies.add_schedules)"""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        schedules = self._checked_schedules(body_of(call).get("schedules"), len(self._schedules_of(scope, policy)))
        self._store_schedules(scope, policy, schedules)
        return Response(200, self.policy_view(call, scope, policy))

    def remove_schedules(self, call: Call) -> Response:
        """C(lifecycle_policies.remove_schedules)"""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        wanted = texts_of(body_of(call), "schedule_ids")
        for schedule in self._schedules_of(scope, policy):
            if schedule["id"] in wanted:
                self.discard("schedules", scope, schedule["id"])
        return Response(200, self.policy_view(call, scope, policy))

    def add_policy_volumes(self, call: Call) -> Response:
        """C(lifecycle_policies.add_volumes)"""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        policy["volume_ids"] = list(dict.fromkeys([*policy["volume_ids"], *self._volume_ids(scope, body_of(call))]))
        return Response(200, self.policy_view(call, scope, policy))

    def remove_policy_volumes(self, call: Call) -> Response:
        """C(lifecycle_policies.remove_volumes)"""
        scope = self.scope(call)
        policy = self._policy(scope, call.params["policy_id"])
        unwanted = texts_of(body_of(call), "volume_ids")
        policy["volume_ids"] = [key for key in policy["volume_ids"] if key not in unwanted]
        return Response(200, self.policy_view(call, scope, policy))

    def estimate_policy(self, call: Call) -> Response:
        """C(lifecycle_policies.estimate): what the policy would use of the snapshot quotas at most."""
        scope = self.scope(call)
        body = body_of(call)
        volumes = self._volume_ids(scope, body) if body.get("volume_ids") is not None else []
        kept = sum(schedule["max_quantity"] for schedule in self._checked_schedules(body.get("schedules") or [], 0))
        size = sum(self.shelf("volumes", scope)[key]["size"] for key in volumes)
        usage = {"volume_snapshots_count": kept * len(volumes), "volume_snapshots_size": kept * size}
        limits = {f"{quota}_limit": self.limit(quota) for quota in usage}
        return Response(200, {**{f"{quota}_usage": value for quota, value in usage.items()}, **limits})

    def get_schedule(self, call: Call) -> Response:
        """C(schedules.get)"""
        scope = self.scope(call)
        return Response(200, self.schedule_view(self.find("schedules", scope, call.params["schedule_id"], "Schedule")))

    def update_schedule(self, call: Call) -> Response:
        """C(schedules.update)"""
        scope = self.scope(call)
        schedule = self.find("schedules", scope, call.params["schedule_id"], "Schedule")
        schedule.update(self._checked_schedule({**schedule, **body_of(call)}))
        schedule["due"] = _next_run(schedule, self.clock.now())
        return Response(200, self.schedule_view(schedule))

    def _policy(self, scope: Scope, key: t.Any) -> Record:
        return self.find("policies", scope, str(key), "Lifecycle policy")

    def _schedules_of(self, scope: Scope, policy: Record) -> list[Record]:
        return [schedule for schedule in self.shelf("schedules", scope).values() if schedule["policy_id"] == policy["id"]]

    def _volume_ids(self, scope: Scope, body: Record) -> list[str]:
        return [str(self.find("volumes", scope, key, "Volume")["id"]) for key in texts_of(body, "volume_ids")]

    def _checked_schedules(self, schedules: t.Any, present: int) -> list[Record]:
        if not isinstance(schedules, list) or len(schedules) + present > _MAX_SCHEDULES:
            raise invalid("schedules", f"A list, at most {_MAX_SCHEDULES} a policy.")
        return [self._checked_schedule(schedule) for schedule in schedules]

    def _checked_schedule(self, spec: t.Any) -> Record:
        if not isinstance(spec, dict):
            raise invalid("schedules", "Schedules are objects.")
        kind = choice_of(spec, "type", ("cron", "interval"))
        schedule: Record = {"type": kind, "max_quantity": spec.get("max_quantity", 2)}
        if not isinstance(schedule["max_quantity"], int) or not 1 <= schedule["max_quantity"] <= 10000:
            raise invalid("max_quantity", "From 1 to 10000.")
        schedule["retention_time"] = _checked_retention(spec.get("retention_time"))
        schedule["resource_name_template"] = spec.get("resource_name_template", "reserve snap of the volume {volume_id}")
        if kind == "cron":
            schedule.update({name: str(spec.get(name, default)) for name, default in _CRON_FIELDS.items()}, timezone=str(spec.get("timezone", "UTC")))
            try:
                fielded(schedule, schedule["timezone"])
            except ValueError as error:
                raise invalid("schedules", f"{error}.") from None
            return schedule
        schedule.update({name: spec.get(name, 0) for name in _INTERVAL_FIELDS})
        if not all(isinstance(schedule[name], int) for name in _INTERVAL_FIELDS):
            raise invalid("schedules", "Intervals are integers.")
        if _duration(schedule) < 3600:
            raise invalid("schedules", "An interval is at least one hour.")
        return schedule

    def _store_schedules(self, scope: Scope, policy: Record, schedules: list[Record]) -> None:
        for schedule in schedules:
            key = self.new_uuid()
            self.shelf("schedules", scope)[key] = {"id": key, "policy_id": policy["id"], **schedule, "due": _next_run(schedule, self.clock.now())}

    def advance(self) -> None:
        """Also carry out what schedules had to do since the last request, in the order of time."""
        super().advance()
        while (due := self._next_due()) is not None:
            self._run_schedule(*due)

    def _next_due(self) -> tuple[Scope, Record] | None:
        due = [one for one in self._active_schedules() if one[1]["due"] is not None and one[1]["due"] <= self.clock.now()]
        return min(due, key=lambda one: one[1]["due"], default=None)

    def _active_schedules(self) -> t.Iterator[tuple[Scope, Record]]:
        for key, schedules in self.state["schedules"].items():
            project, _slash, region = key.partition("/")
            scope = Scope(int(project), int(region))
            for schedule in schedules.values():
                if self.shelf("policies", scope)[str(schedule["policy_id"])]["status"] == "active":
                    yield scope, schedule

    def _run_schedule(self, scope: Scope, schedule: Record) -> None:
        """A snapshot of every volume, finished at once; then the oldest ones of this schedule go, never others."""
        made = schedule["due"]
        for volume_id in self.shelf("policies", scope)[str(schedule["policy_id"])]["volume_ids"]:
            volume = self.shelf("volumes", scope)[volume_id]
            if volume["type"] == _RIGID_TYPE:
                continue
            name = schedule["resource_name_template"].replace("{volume_id}", volume_id)
            self._new_snapshot(scope, volume, name, made, schedule_id=schedule["id"], policy_id=schedule["policy_id"])
            snapshots = [self.shelf("snapshots", scope)[key] for key in volume["snapshot_ids"]]
            ours = [snapshot for snapshot in snapshots if snapshot["schedule_id"] == schedule["id"]]
            kept = [snapshot for snapshot in ours[-schedule["max_quantity"] :] if not _is_outdated(snapshot, schedule, made)]
            for snapshot in ours:
                if snapshot not in kept and not snapshot["task_id"]:
                    self.discard("snapshots", scope, snapshot["id"])
        schedule["due"] = _next_run(schedule, made)


def _checked_retention(value: t.Any) -> dict[str, int] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not set(value) <= set(_INTERVAL_FIELDS) or not all(isinstance(count, int) for count in value.values()):
        raise invalid("retention_time", f"A map of {', '.join(_INTERVAL_FIELDS)} is required.")
    return value


def _duration(fields: Record) -> float:
    """Weeks, days, hours and minutes in seconds."""
    return float(sum(60 * fields.get(name, 0) * minutes for name, minutes in _MINUTES.items()))


def _is_outdated(snapshot: Record, schedule: Record, now: float) -> bool:
    lifetime = _duration(schedule["retention_time"] or {})
    return bool(lifetime and now - snapshot["made"] >= lifetime)


def _next_run(schedule: Record, after: float) -> float | None:
    """When a schedule runs next, in seconds since the epoch; an interval counts from where it starts."""
    if schedule["type"] == "interval":
        return after + _duration(schedule)
    return fielded(schedule, schedule["timezone"]).next_after(after)
