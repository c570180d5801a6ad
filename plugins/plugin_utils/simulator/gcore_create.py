# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers come into being at the simulated Gcore: create, its quota preview, and seeds without any request."""

from __future__ import annotations

import re
import typing as t

from . import gcore_catalog as catalog
from .base import Call, Response
from .gcore_frame import (
    ApiError,
    Created,
    Effect,
    Hold,
    Record,
    Scope,
    body_of,
    conflict,
    forbidden,
    invalid,
    require_base64,
    tags_of,
    texts_of,
)
from .gcore_network import NetworkCalls, addresses_of
from .gcore_storage import StorageCalls

# Tags that the platform writes: shown as read_only, never writable (section 5.9).
PLATFORM_KEYS = ("image_id", "image_name", "os_distro", "os_version", "os_type", "task_id")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]")
_WINDOWS_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^a-zA-Z0-9]).{8,16}")
_BUILDING = {"status": "BUILD", "vm_state": "building", "task_state": "spawning"}


def checked_name(name: t.Any) -> str:
    """An instance name, or 400 (section 5.4)."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("name", f"Must match ^{_NAME.pattern}$.")
    return name


def user_tags_of(tags: t.Any, name: str = "tags", removable: bool = False) -> dict[str, t.Any]:
    """Tags that a user may write: checked, and none of the platform's (reading 13)."""
    checked = tags_of(tags, name, removable)
    for key in checked:
        if key in PLATFORM_KEYS:
            raise invalid(name, f"{key} is read only.")
    return checked


class CreateCalls(NetworkCalls, StorageCalls):
    """Create and C(check_limits)."""

    def effects(self) -> t.Mapping[str, Effect]:
        return {**super().effects(), "instance_create": self._finish_create}

    def create_instance(self, call: Call) -> Response:
        """C(instances.create): one task per name (reading 3); names may repeat (hazard H1)."""
        scope = self.scope(call)
        body = body_of(call)
        names, templated = self._names(body)
        plan = self._plan(scope, body)
        if plan["flavor"] in self.settings["sold_out_flavors"]:
            raise forbidden(f"Region {self.region_name(scope)} has reached the limit of flavor {plan['flavor']}")
        orders = names * 2 if call.fault == "double" else names
        claims = [claim for item in plan["volumes"] + plan["interfaces"] for claim in claims_of(item)]
        if len(claims * len(orders)) > len(set(claims)):
            raise conflict("A volume or address that exists can be used once")
        self.check_quota(scope, self._wanted(plan, len(orders)))
        tasks = [self._order(call, scope, plan, body, name, templated) for name in orders]
        return self.accepted(call, *tasks[: len(names)])

    def check_limits(self, call: Call) -> Response:
        """C(instances.check_limits): wants C(names) even where create wants C(name) (section 5.11)."""
        scope = self.scope(call)
        body = body_of(call)
        names = texts_of(body, "names" if "names" in body or "name_templates" not in body else "name_templates")
        volumes = body.get("volumes") or []
        interfaces = body.get("interfaces") or []
        if not isinstance(volumes, list) or not isinstance(interfaces, list):
            raise invalid("volumes", "Volumes and interfaces are lists.")
        plan: Record = {
            "flavor": self._flavor(body["flavor"])["flavor_id"] if body.get("flavor") is not None else None,
            "volumes": [self.check_volume(scope, volume, "volumes") for volume in volumes],
            "interfaces": [self.check_interface(scope, interface, "interfaces") for interface in interfaces],
        }
        return Response(200, self.missing_quota(scope, self._wanted(plan, len(names))))

    def new_instance(self, scope: Scope, name: str, flavor: str, image: Record | None) -> Record:
        """A settled, running server with neither ports nor volumes."""
        now = self.clock.now()
        platform = {}
        if image:
            platform = {"image_id": image["id"], "image_name": image["name"], **{key: image[key] for key in ("os_distro", "os_version", "os_type")}}
        instance: Record = {
            "id": self.new_uuid(),
            "name": name,
            "status": "ACTIVE",
            "vm_state": "active",
            "task_state": None,
            "task_id": None,
            "creator_task_id": None,
            "created": now,
            "updated": now,
            "project_id": scope.project,
            "region_id": scope.region,
            "flavor": flavor,
            "ports": [],
            "volumes": [],
            "platform_tags": platform,
            "tags": {},
            "ssh_key_name": None,
            "servergroup_id": None,
            "k8s": False,
            "overrides": {},
        }
        self.shelf("instances", scope)[instance["id"]] = instance
        return instance

    def seed_instance(self, scope: Scope, name: str, flavor: str, image_name: str) -> Record:
        """A server with a boot volume and an external port, as if it had always been there.

        Raises:
            KeyError: there is no such region, project, image or flavor.
        """
        image = {key: image for image in self.state["images"][scope.key].values() for key in (image["name"], image["id"])}[image_name]
        flavor = self.state["flavors"][flavor]["flavor_id"]
        instance = self.new_instance(scope, name, flavor, image)
        disk = {"name": f"{name}-root", "size": image["min_disk"], "type": "standard", "bootable": True, "image": image, "tags": {}}
        self.attach_volume(self.make_volume(scope, disk), instance, delete_on_termination=False, root=True)
        port, _floatings = self.make_port(scope, self.check_interface(scope, {"type": "external"}, "interfaces"), instance["id"])
        instance["ports"].append(port)
        return instance

    def _names(self, body: Record) -> tuple[list[str], bool]:
        """The names to make, and whether they are templates."""
        if "name" not in body and "name_template" not in body:
            self.violation("Gcore reading 3", "a create carries one name")
        if "names" in body:
            self.violation("Gcore reading 3", "names is the seed's form and makes several servers")
        if body.get("name") is not None:
            return [checked_name(body["name"])], False
        if body.get("names"):
            return [checked_name(name) for name in texts_of(body, "names")], False
        if body.get("name_template"):
            return [checked_template(body["name_template"])], True
        if body.get("name_templates"):
            return [checked_template(template) for template in texts_of(body, "name_templates")], True
        raise invalid("name", "One of name, names, name_template, name_templates is required.")

    def _plan(self, scope: Scope, body: Record) -> Record:
        """The checked body: everything that may be refused is refused here, before anything is made."""
        plan: Record = {"flavor": self._flavor(body.get("flavor"))["flavor_id"]}
        interfaces, volumes = body.get("interfaces"), body.get("volumes")
        for name, items in (("interfaces", interfaces), ("volumes", volumes)):
            if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
                raise invalid(name, "A list of at least one object is required.")
        groups = self._group_ids(scope, body.get("security_groups"))
        if groups and any(interface.get("security_groups") for interface in interfaces or []):
            raise invalid("security_groups", "Either for the instance or for its interfaces.")
        plan["interfaces"] = [self.check_interface(scope, interface, "interfaces", groups) for interface in interfaces or []]
        plan["volumes"] = [
            {
                **self.check_volume(scope, volume, "volumes"),
                "boot_index": volume.get("boot_index"),
                "delete_on_termination": volume.get("delete_on_termination", False) is True,
            }
            for volume in volumes or []
        ]
        plan["boot"] = boot_volume(plan["volumes"])
        image = plan["volumes"][plan["boot"]]["image"]
        self._check_access(body, windows=bool(image) and image["os_type"] == "windows")
        plan["tags"] = user_tags_of(body.get("metadata"), "metadata")
        if self.enabled("create_tags"):
            plan["tags"].update(user_tags_of(body.get("tags")))
        plan["ssh_key_name"] = self._key_name(scope, body)
        plan["servergroup_id"] = body.get("servergroup_id")
        if plan["servergroup_id"] is not None:
            self.known(scope, "servergroups", body, "servergroup_id")
        return plan

    def _flavor(self, flavor: t.Any) -> Record:
        found = self.state["flavors"].get(flavor) if isinstance(flavor, str) else None
        if found is None or found["disabled"]:
            raise invalid("flavor", "Not an available flavor.")
        return t.cast(Record, found)

    def _check_access(self, body: Record, windows: bool) -> None:
        """The seed's access rules (reading 5)."""
        if body.get("user_data") is not None:
            require_base64("user_data", body["user_data"])
        if windows:
            if body.get("username") is not None:
                self.violation("Gcore reading 5", "username was sent for a Windows image")
                raise invalid("username", "Must not be set for Windows.")
            password = body.get("password")
            if password is not None and not (isinstance(password, str) and _WINDOWS_PASSWORD.fullmatch(password)):
                # Section 10: such a message can quote what was sent, so a client has to filter it.
                raise ApiError(400, "ValidationError", f"Weak password {password!r}", invalid_fields={"password": ["8 to 16 characters of four kinds."]})
        elif body.get("password") is not None and body.get("user_data") is not None:
            self.violation("Gcore reading 5", "password makes a Linux server ignore user_data")

    def _key_name(self, scope: Scope, body: Record) -> str | None:
        field = "ssh_key_name" if body.get("ssh_key_name") is not None else "keypair_name"
        name = body.get(field)
        if name is not None and not any(key["name"] == name for key in self.state["ssh_keys"][str(scope.project)].values()):
            raise invalid(field, f"{name} does not exist.")
        return t.cast("str | None", name)

    def _wanted(self, plan: Record, servers: int) -> dict[str, int]:
        """What C(servers) of a plan take from the quotas."""
        flavor = self.state["flavors"].get(plan["flavor"], {"vcpus": 0, "ram": 0})
        fresh = [volume for volume in plan["volumes"] if not volume["existing"]]
        one = {
            "vm_count": 1,
            "cpu_count": flavor["vcpus"],
            "ram": flavor["ram"],
            "volume_count": len(fresh),
            "volume_size": sum(volume["size"] for volume in fresh),
            "floating_count": sum(1 for interface in plan["interfaces"] if interface["floating"] == "new"),
        }
        return {quota: amount * servers for quota, amount in one.items()}

    def _order(self, call: Call, scope: Scope, plan: Record, body: Record, name: str, templated: bool) -> Record:
        """Make one server as planned and the task that finishes it."""
        wanted = self._wanted(plan, 1)
        flavor = self.state["flavors"][plan["flavor"]]
        self.bill(
            flavor["price_per_hour"] * catalog.HOURS_A_MONTH + wanted["volume_size"] * catalog.PRICE_GIB + wanted["floating_count"] * catalog.PRICE_FLOATING
        )
        instance = self.new_instance(scope, name, plan["flavor"], plan["volumes"][plan["boot"]]["image"])
        instance.update(tags=dict(plan["tags"]), ssh_key_name=plan["ssh_key_name"])
        volumes = self._plug_volumes(scope, plan, instance)
        floatings: list[Record] = []
        for interface in plan["interfaces"]:
            port, made = self.make_port(scope, interface, instance["id"])
            instance["ports"].append(port)
            floatings += made
        if templated:
            instance["name"] = filled_template(name, addresses_of(instance["ports"][0])[0])
        task = self.start_task(
            call,
            scope,
            "create_vm",
            data=body if templated else {**body, "name": name},
            holds=[Hold("instances", instance, dict(_BUILDING)), *(Hold("volumes", volume, {"status": "creating"}) for volume in volumes)],
            creates=[("instances", instance), *(("volumes", volume) for volume in volumes), *(("floatingips", floating) for floating in floatings)],
            effect="instance_create",
            args={"id": instance["id"], "servergroup_id": plan["servergroup_id"]},
        )
        instance["platform_tags"]["task_id"] = task["id"]
        return task

    def _plug_volumes(self, scope: Scope, plan: Record, instance: Record) -> list[Record]:
        """Attach the planned volumes; returns the new ones."""
        fresh = []
        for number, volume in enumerate(plan["volumes"]):
            if volume["existing"]:
                plugged = self.shelf("volumes", scope)[volume["existing"]]
            else:
                plugged = self.make_volume(scope, {**volume, "name": volume["name"] or f"{instance['name']}-{number}"})
                fresh.append(plugged)
            self.attach_volume(plugged, instance, volume["delete_on_termination"], root=number == plan["boot"])
        return fresh

    def _finish_create(self, scope: Scope, args: Record) -> Created | None:
        instance = self.shelf("instances", scope)[args["id"]]
        group = self.shelf("servergroups", scope).get(args["servergroup_id"])
        if group:
            self.join_server_group(instance, group)
        return {"ports": [port["port_id"] for port in instance["ports"]]}

    @staticmethod
    def join_server_group(instance: Record, group: Record) -> None:
        """Put a server into a placement group."""
        instance["servergroup_id"] = group["id"]
        group["instances"].append({"instance_id": instance["id"], "instance_name": instance["name"]})


def boot_volume(volumes: t.Sequence[Record]) -> int:
    """Which of the planned volumes boots: C(boot_index) 0, else the first bootable one without an index."""
    for wanted in (0, None):
        for number, volume in enumerate(volumes):
            if volume["bootable"] and volume["boot_index"] == wanted:
                return number
    raise invalid("volumes", "No bootable volume.")


def claims_of(planned: Record) -> list[str]:
    """The existing volume or addresses that a planned volume or interface uses."""
    claims = [planned.get("existing"), planned.get("reserved"), planned.get("floating")]
    return [claim for claim in claims if claim and claim != "new"]


def checked_template(template: t.Any) -> str:
    """A name template that gives a valid name, or 400."""
    if not isinstance(template, str):
        raise invalid("name_template", "A text is required.")
    checked_name(filled_template(template, "255.255.255.255"))
    return template


def filled_template(template: str, address: str) -> str:
    """A name template with its placeholders filled from the first address (section 5.4)."""
    parts = re.split(r"[.:]", address)
    return template.replace("{ip_octets}", "-".join(parts)).replace("{two_ip_octets}", "-".join(parts[-2:])).replace("{one_ip_octet}", parts[-1])
