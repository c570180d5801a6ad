# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Gcore's calls about servers that exist: reading, power, size, name, tags, groups, ports, deletion."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

from .base import Call, Response
from .gcore_catalog import HOURS_A_MONTH
from .gcore_create import PLATFORM_KEYS, CreateCalls, checked_name, user_tags_of
from .gcore_frame import (
    ApiError,
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
    forbidden,
    invalid,
    json_map,
    merge_tags,
    moment,
    not_found,
    optional_body_of,
    stamp,
    tag_items,
    text_of,
    texts_of,
    values,
)
from .gcore_network import INTERFACE_TYPES, addresses_of


@dataclass(frozen=True)
class Power:
    """A power action: its task, the statuses it starts from, and the fields meanwhile and afterwards."""

    task_type: str
    sources: tuple[str, ...]
    look: t.Mapping[str, str]
    then: t.Mapping[str, str]


_ACTIVE = {"status": "ACTIVE", "vm_state": "active"}

# An action that is satisfied already is accepted and changes nothing, except start on ACTIVE (reading 7).
POWER = {
    "start": Power("start_vm", ("SHUTOFF",), {"task_state": "powering-on"}, _ACTIVE),
    "stop": Power("stop_vm", ("ACTIVE", "SHUTOFF", "RESCUE"), {"task_state": "powering-off"}, {"status": "SHUTOFF", "vm_state": "stopped"}),
    "reboot": Power("soft_reboot_vm", ("ACTIVE",), {"task_state": "rebooting"}, {}),  # stays ACTIVE meanwhile: hazard H15
    "reboot_hard": Power("hard_reboot_vm", ("ACTIVE", "SHUTOFF"), {"status": "HARD_REBOOT", "task_state": "rebooting_hard"}, _ACTIVE),
    "suspend": Power("suspend_vm", ("ACTIVE", "SHUTOFF", "SUSPENDED"), {"task_state": "suspending"}, {"status": "SUSPENDED", "vm_state": "suspended"}),
    "resume": Power("resume_vm", ("SUSPENDED", "ACTIVE"), {"task_state": "resuming"}, _ACTIVE),
}
VM_STATES = {"ACTIVE": "active", "BUILD": "building", "ERROR": "error", "PAUSED": "paused", "SHUTOFF": "stopped", "SUSPENDED": "suspended"}
CONSOLES = {
    "novnc": ("vnc", "novnc"),
    "vnc": ("vnc", "novnc"),
    "spice-html5": ("spice", "spice-html5"),
    "spice": ("spice", "spice-html5"),
    "serial": ("serial", "serial"),
}
_ATTACH_FIELDS = (
    "network_id",
    "subnet_id",
    "port_id",
    "ip_family",
    "interface_name",
    "security_groups",
    "port_security_enabled",
)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.\-]+")

Test = t.Callable[[Record], bool]


def any_fits(pattern: str, texts: t.Callable[[Record], t.Iterable[str]]) -> Test:
    """Servers with a text that holds C(pattern), as a substring or as a regular expression (reading 11)."""
    try:
        search = re.compile(pattern).search
    except re.error:
        return lambda instance: any(pattern in text for text in texts(instance))
    return lambda instance: any(pattern in text or search(text) is not None for text in texts(instance))


def changed_between(start: float, end: float) -> Test:
    """Servers that changed last in a span of time."""
    return lambda instance: start <= instance["updated"] <= end


def has_tags(pairs: t.Mapping[str, str]) -> Test:
    """Servers that carry all these tags."""
    return lambda instance: pairs.items() <= {**instance["platform_tags"], **instance["tags"]}.items()


class InstanceCalls(CreateCalls):
    """The calls about servers; C(faults) that only they know are answered here."""

    def effects(self) -> t.Mapping[str, Effect]:
        return {
            **super().effects(),
            "instance_delete": self._finish_delete,
            "interface_attach": self._finish_attach_interface,
            "interface_detach": self._finish_detach_interface,
            "servergroup_join": self._finish_join,
            "servergroup_leave": self._finish_leave,
        }

    def discard(self, kind: str, scope: Scope, identity: str) -> None:
        instance = self.shelf("instances", scope).get(identity) if kind == "instances" else None
        if instance:
            self.remove_instance(scope, instance)
        else:
            super().discard(kind, scope, identity)

    def remove_instance(self, scope: Scope, instance: Record, volumes: t.Collection[str] = (), floatings: t.Collection[str] = ()) -> None:
        """Take a server away: other volumes and floating IPs stay, except C(delete_on_termination) (reading 18)."""
        for port in instance["ports"]:
            self.release_port(scope, port, floatings)
        for entry in list(instance["volumes"]):
            volume = self.shelf("volumes", scope)[entry["id"]]
            self.detach_volume(scope, volume)
            if entry["delete_on_termination"] or volume["id"] in volumes:
                self.discard("volumes", scope, volume["id"])
        self._leave_server_group(scope, instance)
        del self.shelf("instances", scope)[instance["id"]]

    # -- reading ------------------------------------------------------------------------------------------------------------------

    def instance_view(self, scope: Scope, instance: Record, brief: bool = False, interface_names: bool = False) -> Record:
        """A server as section 5.1 shows it, in the vocabulary that is set (section 5.2); C(brief) is a list item."""
        created = stamp(instance["created"], "Z")
        tags = self.tag_list(instance)
        flavor = self.state["flavors"][instance["flavor"]]
        groups = self.shelf("security_groups", scope)
        view: Record = {
            "status": instance["status"],
            "vm_state": instance["vm_state"],
            "task_state": instance["task_state"],
            "task_id": instance["task_id"],
            "creator_task_id": instance["creator_task_id"],
            "flavor": {**self.flavor_view(flavor), "hardware_description": {"ram": str(flavor["ram"]), "vcpus": str(flavor["vcpus"])}},
            "addresses": self._addresses(scope, instance, brief, interface_names),
            "fixed_ip_assignments": [
                {"external": self._is_external(scope, port), **assignment} for port in instance["ports"] for assignment in port["ip_assignments"]
            ],
            "security_groups": [{"name": groups[key]["name"]} for port in instance["ports"] for key in port["security_groups"]],
            "volumes": [dict(entry) for entry in instance["volumes"]],
            "blackhole_ports": [],
            "ddos_profile": None,
            "instance_isolation": None,
            "instance_description": None,
            **self.place(scope),
        }
        if self.settings["vocabulary"] != "old":
            view.update(id=instance["id"], name=instance["name"], created_at=created, ssh_key_name=instance["ssh_key_name"], tags=tags)
        if self.settings["vocabulary"] != "new":
            view.update(instance_id=instance["id"], instance_name=instance["name"], instance_created=created, keypair_name=instance["ssh_key_name"])
            view.update(metadata={item["key"]: item["value"] for item in tags}, metadata_detailed=tags)
        return {**view, **instance["overrides"]}

    @staticmethod
    def tag_list(instance: Record) -> list[Record]:
        """The platform's tags, which are read only, and then the user's."""
        return tag_items(instance["platform_tags"], read_only=True) + tag_items(instance["tags"])

    def list_instances(self, call: Call) -> Response:
        """C(instances.list): cluster nodes too unless told otherwise (hazard H13)."""
        scope = self.scope(call)
        if flag(call, "include_k8s", True):
            self.violation("Gcore reading 29", "instances were listed without include_k8s=false")
        self.count_list_read(scope)
        tests = self._tests(call, scope)
        found = [instance for instance in self.visible("instances", scope) if all(test(instance) for test in tests)]
        order = call.request.query_value("order_by")
        if order is not None:
            field, _dot, way = order.partition(".")
            if field not in ("name", "created", "status") or way not in ("asc", "desc"):
                raise invalid("order_by", "Must be name, created or status with .asc or .desc.")
            found.sort(key=lambda instance: instance[field], reverse=way == "desc")
        names = bool(flag(call, "with_interfaces_name", False))
        return self.page(call, found, lambda instance: self.instance_view(scope, instance, brief=True, interface_names=names))

    def get_instance(self, call: Call) -> Response:
        """C(instances.get)"""
        scope = self.scope(call)
        instance = self._instance(call, scope)
        self.look_at(instance)
        return Response(200, self.instance_view(scope, self._instance(call, scope)))

    def list_group_instances(self, call: Call) -> Response:
        """C(security_groups.list_instances)"""
        scope = self.scope(call)
        group = self._group(call, scope)
        users = self.group_users(group["id"], self.visible("instances", scope))
        return self.everything([self.instance_view(scope, instance, brief=True) for instance in users])

    def search_instances(self, call: Call) -> Response:
        """C(instances.search): reseller tokens only; ids of project and region are texts there (section 5.12)."""
        self.resellers_only()
        query = call.request.query_value
        identity, name, address = str(query("id", "")), str(query("name", "")), str(query("instance_ip", ""))
        found = []
        for instance in self.every_instance():
            scope = Scope(instance["project_id"], instance["region_id"])
            if identity in instance["id"] and name in instance["name"] and any(address in one for one in self._all_addresses(scope, instance)):
                project = next(project["name"] for project in self.state["projects"] if project["id"] == scope.project)
                place = {"project_id": str(scope.project), "project_name": project, "region_id": str(scope.region), "region_name": self.region_name(scope)}
                found.append({"client_id": 2, "id": instance["id"], "name": instance["name"], **place})
        return self.everything(found)

    def resellers_only(self) -> None:
        """403 for an ordinary token (reading 31)."""
        if not self.enabled("reseller"):
            raise forbidden("You do not have permission to perform this action")

    def every_instance(self) -> t.Iterator[Record]:
        """The account's servers in every scope, without nodes of managed clusters."""
        for shelf in self.state["instances"].values():
            yield from (instance for instance in shelf.values() if not instance["k8s"])

    def _instance(self, call: Call, scope: Scope) -> Record:
        return self.find("instances", scope, call.params["instance_id"], "Instance")

    def _free_instance(self, call: Call, scope: Scope) -> Record:
        return self.find_free("instances", scope, call.params["instance_id"], "Instance")

    def _is_external(self, scope: Scope, port: Record) -> bool:
        return bool(self.shelf("networks", scope)[port["network_id"]]["external"])

    def _all_addresses(self, scope: Scope, instance: Record) -> list[str]:
        floatings = self.shelf("floatingips", scope)
        fixed = [address for port in instance["ports"] for address in addresses_of(port)]
        return fixed + [floatings[key]["floating_ip_address"] for port in instance["ports"] for key in port["floating_ids"]]

    def _addresses(self, scope: Scope, instance: Record, brief: bool, interface_names: bool) -> dict[str, list[Record]]:
        networks, subnets, floatings = self.shelf("networks", scope), self.shelf("subnets", scope), self.shelf("floatingips", scope)
        addresses: dict[str, list[Record]] = {}
        for port in instance["ports"]:
            items = addresses.setdefault(networks[port["network_id"]]["name"], [])
            for assignment in port["ip_assignments"]:
                subnet = {"subnet_id": assignment["subnet_id"], "subnet_name": subnets[assignment["subnet_id"]]["name"]}
                name = {"interface_name": port["interface_name"]} if interface_names else {}
                items.append({"type": "fixed", "addr": assignment["ip_address"], **({} if brief else subnet), **name})
            items += [{"type": "floating", "addr": floatings[key]["floating_ip_address"]} for key in port["floating_ids"]]
        return addresses

    def _tests(self, call: Call, scope: Scope) -> list[Test]:
        """The filters of a list request that were sent (section 5.5)."""
        query = call.request.query_value
        tests: list[Test] = []
        texts: dict[str, t.Callable[[str], Test]] = {
            "name": lambda value: any_fits(value, lambda instance: [instance["name"]]),
            "ip": lambda value: any_fits(value, lambda instance: self._all_addresses(scope, instance)),
            "uuid": lambda value: lambda instance: value in instance["id"],
            "status": lambda value: lambda instance: instance["status"] == value.upper(),
            "flavor_id": lambda value: lambda instance: instance["flavor"] == value,
            "flavor_prefix": lambda value: lambda instance: instance["flavor"].startswith(value),
            "exclude_flavor_prefix": lambda value: lambda instance: not instance["flavor"].startswith(value),
            "exclude_secgroup": lambda value: lambda instance: not any(value in port["security_groups"] for port in instance["ports"]),
            "changes-since": lambda value: changed_between(moment("changes-since", value), math.inf),
            "changes-before": lambda value: changed_between(-math.inf, moment("changes-before", value)),
            "profile_name": lambda value: lambda instance: False,  # nobody here has DDoS protection
            "protection_status": lambda value: lambda instance: False,
            "type_ddos_profile": lambda value: lambda instance: False,
        }
        for field, make in texts.items():
            value = query(field)
            if value is not None:
                tests.append(make(value))
        switches: dict[str, Test] = {
            "with_ddos": lambda instance: False,
            "only_isolated": lambda instance: False,
            "only_with_fixed_external_ip": lambda instance: any(self._is_external(scope, port) for port in instance["ports"]),
            "available_floating": lambda instance: any(not port["floating_ids"] and not self._is_external(scope, port) for port in instance["ports"]),
        }
        tests += [test for field, test in switches.items() if flag(call, field)]
        if not flag(call, "include_k8s", True):
            tests.append(lambda instance: not instance["k8s"])
        return tests + self._tag_tests(call)

    def _tag_tests(self, call: Call) -> list[Test]:
        tests: list[Test] = []
        for field in ("metadata_kv", "tag_key_value"):
            pairs = json_map(call, field)
            if pairs:
                self.violation("Gcore reading 12", f"{field} was sent; tags are compared on the client")
                tests.append(has_tags(pairs))
        wanted = [value.strip('"') for field in ("metadata_v", "tag_value") for value in values(call, field)]
        if wanted:
            tests.append(lambda instance: all(value in [*instance["platform_tags"].values(), *instance["tags"].values()] for value in wanted))
        return tests

    # -- power (section 5.6) ---------------------------------------------------------------------------------------------------------

    def act(self, call: Call) -> Response:
        """C(instances.action)"""
        scope = self.scope(call)
        action = body_of(call).get("action")
        if action == "powercycle":
            self.violation("Gcore reading 7", "powercycle is reboot_hard on the wire")
            action = "reboot_hard"
        choice_of({"action": action}, "action", POWER)
        return self.accepted(call, self._power(call, scope, str(action)))

    def act_v1(self, action: str) -> t.Callable[[Call], Response]:
        """A deprecated power call: answers the server while it is still moving (reading 8)."""

        def handler(call: Call) -> Response:
            self.violation("Gcore reading 8", f"{call.operation} is deprecated; power goes by the v2 action")
            scope = self.scope(call)
            optional_body_of(call)
            self._power(call, scope, action)
            return Response(200, self.instance_view(scope, self._instance(call, scope)))

        return handler

    def _power(self, call: Call, scope: Scope, action: str) -> Record:
        instance, power = self._free_instance(call, scope), POWER[action]
        if instance["status"] not in power.sources:
            raise conflict(f"Cannot {action} instance {instance['id']} while it is in status {instance['status']}")
        hold = Hold("instances", instance, dict(power.look), dict(power.then))
        return self.start_task(call, scope, power.task_type, holds=[hold])

    # -- size and name (sections 5.7, 5.8) ----------------------------------------------------------------------------------------------

    def flavor_view(self, flavor: Record) -> Record:
        """A flavor without prices."""
        named = {"flavor_id": flavor["flavor_id"], "flavor_name": flavor["flavor_id"]}
        return {**named, "ram": flavor["ram"], "vcpus": flavor["vcpus"], "os_type": flavor["os_type"], "architecture": "x86_64"}

    def flavor_item(self, call: Call, flavor: Record) -> Record:
        """A flavor in a list, with prices where asked for."""
        hardware = {"ram": f"{flavor['ram'] // 1024}GB RAM", "cpu": f"{flavor['vcpus']} vCPU"}
        view = {**self.flavor_view(flavor), "disabled": flavor["disabled"], "hardware_description": hardware}
        if flag(call, "include_prices", False):
            hour = flavor["price_per_hour"]
            view.update(currency_code="EUR", price_status="show", price_per_hour=hour, price_per_month=round(hour * HOURS_A_MONTH, 2))
        return view

    def list_flavors(self, call: Call) -> Response:
        """C(flavors.list): disabled ones too unless C(disabled=false) (section 5.11)."""
        self.scope(call)
        shown = [flavor for flavor in self.state["flavors"].values() if flag(call, "disabled", True) or not flavor["disabled"]]
        for os_type in ("linux", "windows"):
            if flag(call, f"exclude_{os_type}", False):
                shown = [flavor for flavor in shown if flavor["os_type"] != os_type]
        return self.page(call, shown, lambda flavor: self.flavor_item(call, flavor))

    def list_available_flavors(self, call: Call) -> Response:
        """C(instances.available_flavors): for a planned server."""
        scope = self.scope(call)
        body = body_of(call)
        if not isinstance(body.get("volumes"), list):
            raise invalid("volumes", "A list is required.")
        images = [self.check_volume(scope, volume, "volumes")["image"] for volume in body["volumes"]]
        image = next((image for image in images if image), {"os_type": "linux", "min_ram": 0})
        fitting = [flavor for flavor in self._offered() if flavor["os_type"] == image["os_type"] and flavor["ram"] >= image["min_ram"]]
        return self.everything([self.flavor_item(call, flavor) for flavor in fitting])

    def list_resize_flavors(self, call: Call) -> Response:
        """C(instances.resize_flavors)"""
        instance = self._instance(call, self.scope(call))
        return self.everything([self.flavor_item(call, flavor) for flavor in self._resize_choices(instance)])

    def change_flavor(self, call: Call) -> Response:
        """C(instances.change_flavor): only what is offered (reading 19); on or off, it comes back as it was."""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        wanted = text_of(body_of(call), "flavor_id")
        flavor = next((flavor for flavor in self._resize_choices(instance) if flavor["flavor_id"] == wanted), None)
        if flavor is None:
            raise invalid("flavor_id", "Not an available flavor of this instance.")
        if instance["status"] not in ("ACTIVE", "SHUTOFF"):
            raise conflict(f"Cannot resize instance {instance['id']} while it is in status {instance['status']}")
        if wanted in self.settings["sold_out_flavors"]:
            raise forbidden(f"Region {self.region_name(scope)} has reached the limit of flavor {wanted}")
        current = self.state["flavors"][instance["flavor"]]
        self.check_quota(scope, {"cpu_count": max(0, flavor["vcpus"] - current["vcpus"]), "ram": max(0, flavor["ram"] - current["ram"])})
        self.bill(flavor["price_per_hour"] * HOURS_A_MONTH)
        hold = Hold("instances", instance, {"status": "RESIZE", "task_state": "resize_prep"}, {"flavor": wanted})
        return self.accepted(call, self.start_task(call, scope, "resize_vm", holds=[hold]))

    def _offered(self) -> list[Record]:
        return [flavor for flavor in self.state["flavors"].values() if not flavor["disabled"]]

    def _resize_choices(self, instance: Record) -> list[Record]:
        current = self.state["flavors"][instance["flavor"]]
        return [flavor for flavor in self._offered() if flavor["os_type"] == current["os_type"] and flavor is not current]

    def rename(self, call: Call) -> Response:
        """C(instances.rename): name and tags (merge patch), at once (reading 20)."""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        body = body_of(call)
        name = checked_name(body["name"]) if "name" in body else instance["name"]
        if "tags" in body:
            change = user_tags_of(body["tags"], removable=True)
            instance["tags"] = merge_tags(instance["tags"], None if body["tags"] is None else change)
        instance.update(name=name, updated=self.clock.now())
        return Response(200, self.instance_view(scope, instance))

    # -- metadata (section 5.9) ------------------------------------------------------------------------------------------------------------

    def list_metadata(self, call: Call) -> Response:
        """C(instances.metadata_list)"""
        return self.everything(self.tag_list(self._metadata_of(call)))

    def upsert_metadata(self, call: Call) -> Response:
        """C(instances.metadata_upsert): the body is the map."""
        instance = self._metadata_of(call, write=True)
        instance["tags"].update(user_tags_of(body_of(call), "metadata"))
        return Response(204)

    def replace_metadata(self, call: Call) -> Response:
        """C(instances.metadata_replace): drops the user's other items (hazard H11)."""
        instance = self._metadata_of(call, write=True)
        instance["tags"] = user_tags_of(body_of(call), "metadata")
        return Response(204)

    def get_metadata_v1(self, call: Call) -> Response:
        """C(instances.metadata_get_v1)"""
        return self._metadata_item(call, self._plain_key(call))

    def get_metadata_item(self, call: Call) -> Response:
        """C(instances.metadata_item_get)"""
        return self._metadata_item(call, self._query_key(call))

    def delete_metadata_v1(self, call: Call) -> Response:
        """C(instances.metadata_delete_v1): no special characters in the key."""
        self.violation("Gcore reading 13", "single items are removed by the v2 metadata_item call")
        return self._delete_metadata(call, self._plain_key(call))

    def delete_metadata_item(self, call: Call) -> Response:
        """C(instances.metadata_item_delete)"""
        return self._delete_metadata(call, self._query_key(call))

    def _metadata_of(self, call: Call, write: bool = False) -> Record:
        scope = self.scope(call)
        instance = self._instance(call, scope)
        if not self.enabled("metadata_api"):
            status = int(self.settings["metadata_status"])
            raise ApiError(status, "NotFoundError" if status == 404 else "HTTPError", "Not found" if status == 404 else "Method Not Allowed")
        return self._free_instance(call, scope) if write else instance

    def _metadata_item(self, call: Call, key: str) -> Response:
        for item in self.tag_list(self._metadata_of(call)):
            if item["key"] == key:
                return Response(200, item)
        raise not_found("Metadata item", key)

    def _delete_metadata(self, call: Call, key: str) -> Response:
        instance = self._metadata_of(call, write=True)
        if key in PLATFORM_KEYS:
            raise invalid("key", f"{key} is read only.")
        if instance["tags"].pop(key, None) is None:
            raise not_found("Metadata item", key)
        return Response(204)

    @staticmethod
    def _plain_key(call: Call) -> str:
        key = call.params["key"]
        if not _PLAIN_KEY.fullmatch(key):
            raise invalid("key", "No special characters in the path.")
        return key

    @staticmethod
    def _query_key(call: Call) -> str:
        key = call.request.query_value("key")
        if not key:
            raise invalid("key", "Missing.")
        return key

    # -- security groups of a server (section 7.2) -------------------------------------------------------------------------------------------

    def assign_groups(self, call: Call) -> Response:
        """C(instances.assign_security_group): adds, never replaces; a group that is there already changes nothing."""
        for port, groups in self._assignments(call):
            port["security_groups"] += [key for key in groups if key not in port["security_groups"]]
        return Response(204)

    def unassign_groups(self, call: Call) -> Response:
        """C(instances.unassign_security_group): one that is not there changes nothing (reading 16)."""
        for port, groups in self._assignments(call):
            port["security_groups"] = [key for key in port["security_groups"] if key not in groups]
        return Response(204)

    def list_instance_groups(self, call: Call) -> Response:
        """C(instances.list_security_groups): the union over the ports."""
        scope = self.scope(call)
        keys = dict.fromkeys(key for port in self._instance(call, scope)["ports"] for key in port["security_groups"])
        return self.everything(self._named_groups(scope, keys))

    def list_ports(self, call: Call) -> Response:
        """C(instances.list_ports)"""
        scope = self.scope(call)

        def view(port: Record) -> Record:
            return {"id": port["port_id"], "name": port["interface_name"] or "", "security_groups": self._named_groups(scope, port["security_groups"])}

        return self.everything([view(port) for port in self._instance(call, scope)["ports"]])

    def _named_groups(self, scope: Scope, keys: t.Iterable[str]) -> list[Record]:
        groups = self.shelf("security_groups", scope)
        return [{"id": key, "name": groups[key]["name"]} for key in keys]

    def _assignments(self, call: Call) -> list[tuple[Record, list[str]]]:
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        body = body_of(call)
        wishes = body.get("ports_security_group_names")
        if wishes is None:
            self.violation("Gcore reading 16", "groups are assigned by ports_security_group_names")
            wishes = [{"port_id": None, "security_group_names": [text_of(body, "name")]}]
        if not isinstance(wishes, list) or not all(isinstance(wish, dict) for wish in wishes):
            raise invalid("ports_security_group_names", "A list of objects is required.")
        found: list[tuple[Record, list[str]]] = []
        for wish in wishes:
            groups = self.groups_named(scope, texts_of(wish, "security_group_names"))
            ports = [port for port in instance["ports"] if wish.get("port_id") in (None, port["port_id"])]
            if not ports and wish.get("port_id") is not None:
                raise not_found("Port", wish["port_id"])
            found += [(port, groups) for port in ports]
        return found

    # -- interfaces and placement groups -------------------------------------------------------------------------------------------------------

    def list_interfaces(self, call: Call) -> Response:
        """C(instances.list_interfaces)"""
        scope = self.scope(call)
        instance = self._instance(call, scope)
        networks = self.shelf("networks", scope)

        def view(port: Record) -> Record:
            floatings = [self.floating_view(scope, self.shelf("floatingips", scope)[key]) for key in port["floating_ids"]]
            shown = {key: port[key] for key in ("port_id", "mac_address", "network_id", "port_security_enabled", "interface_name", "ip_assignments")}
            details = {**networks[port["network_id"]], **self.place(scope)}
            return {**shown, "network_details": details, "floatingip_details": floatings, "sub_ports": [], "allowed_address_pairs": []}

        return self.page(call, instance["ports"], view)

    def attach_interface(self, call: Call) -> Response:
        """C(instances.attach_interface): external unless said otherwise; twice makes two."""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        body = body_of(call)
        kind = choice_of(body, "type", INTERFACE_TYPES, "external")
        spec = {"type": kind, **{name: body[name] for name in _ATTACH_FIELDS if body.get(name) is not None}}
        args = {"id": instance["id"], "interface": self.check_interface(scope, spec, "interface")}
        task = self.start_task(call, scope, "attach_vm_interface", holds=[Hold("instances", instance)], effect="interface_attach", args=args)
        return self.accepted(call, task)

    def detach_interface(self, call: Call) -> Response:
        """C(instances.detach_interface)"""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        body = body_of(call)
        port_id, address = text_of(body, "port_id"), text_of(body, "ip_address")
        if not any(port["port_id"] == port_id and address in addresses_of(port) for port in instance["ports"]):
            raise not_found("Interface", f"{port_id} with {address}")
        args = {"id": instance["id"], "port_id": port_id}
        task = self.start_task(call, scope, "detach_vm_interface", holds=[Hold("instances", instance)], effect="interface_detach", args=args)
        return self.accepted(call, task)

    def join_group(self, call: Call) -> Response:
        """C(instances.add_to_servergroup): the server must be in none."""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        group = self.find("servergroups", scope, text_of(body_of(call), "servergroup_id"), "Server group")
        if instance["servergroup_id"]:
            raise conflict(f"Instance {instance['id']} is in a server group already")
        args = {"id": instance["id"], "servergroup_id": group["id"]}
        task = self.start_task(call, scope, "put_vm_into_servergroup", holds=[Hold("instances", instance)], effect="servergroup_join", args=args)
        return self.accepted(call, task)

    def leave_group(self, call: Call) -> Response:
        """C(instances.remove_from_servergroup)"""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        if not instance["servergroup_id"]:
            raise conflict(f"Instance {instance['id']} is in no server group")
        args = {"id": instance["id"]}
        task = self.start_task(call, scope, "remove_vm_from_servergroup", holds=[Hold("instances", instance)], effect="servergroup_leave", args=args)
        return self.accepted(call, task)

    def _finish_attach_interface(self, scope: Scope, args: Record) -> Created | None:
        port, _floatings = self.make_port(scope, args["interface"], args["id"])
        self.shelf("instances", scope)[args["id"]]["ports"].append(port)
        return {"ports": [port["port_id"]]}

    def _finish_detach_interface(self, scope: Scope, args: Record) -> Created | None:
        instance = self.shelf("instances", scope)[args["id"]]
        for port in [port for port in instance["ports"] if port["port_id"] == args["port_id"]]:
            self.release_port(scope, port)
            instance["ports"].remove(port)
        return None

    def _finish_join(self, scope: Scope, args: Record) -> Created | None:
        self.join_server_group(self.shelf("instances", scope)[args["id"]], self.shelf("servergroups", scope)[args["servergroup_id"]])
        return None

    def _finish_leave(self, scope: Scope, args: Record) -> Created | None:
        self._leave_server_group(scope, self.shelf("instances", scope)[args["id"]])
        return None

    def _leave_server_group(self, scope: Scope, instance: Record) -> None:
        group = self.shelf("servergroups", scope).get(instance["servergroup_id"])
        if group:
            group["instances"] = [member for member in group["instances"] if member["instance_id"] != instance["id"]]
        instance["servergroup_id"] = None

    # -- deletion (section 5.10) ------------------------------------------------------------------------------------------------------------------

    def delete_instance(self, call: Call) -> Response:
        """C(instances.delete): what is not named stays and costs money (hazard H4)."""
        scope = self.scope(call)
        instance = self._free_instance(call, scope)
        volumes, floatings, reserved = values(call, "volumes"), values(call, "floatings"), values(call, "reserved_fixed_ips")
        attached = [key for port in instance["ports"] for key in port["floating_ids"]]
        if "floatings" in call.request.query and "delete_floatings" in call.request.query:
            self.violation("Gcore reading 18", "floatings and delete_floatings exclude each other")
            raise invalid("floatings", "Either floatings or delete_floatings.")
        if flag(call, "delete_floatings", False):
            floatings = attached
        ours = {
            "volumes": (volumes, [entry["id"] for entry in instance["volumes"]]),
            "floatings": (floatings, attached),
            "reserved_fixed_ips": (reserved, [port["port_id"] for port in instance["ports"] if port["reserved"]]),
        }
        for name, (wanted, known) in ours.items():
            if not set(wanted) <= set(known):
                raise invalid(name, "Not a part of this instance.")
        args = {"id": instance["id"], "volumes": volumes, "floatings": floatings, "reserved": reserved}
        hold = Hold("instances", instance, {"task_state": "deleting"})
        return self.accepted(call, self.start_task(call, scope, "delete_vm", holds=[hold], effect="instance_delete", args=args))

    def _finish_delete(self, scope: Scope, args: Record) -> Created | None:
        instance = self.shelf("instances", scope).get(args["id"])
        if instance:
            self.remove_instance(scope, instance, args["volumes"], args["floatings"])
            for key in args["reserved"]:
                self.discard("reserved_fixed_ips", scope, key)
        return None

    # -- console, metrics, naming restrictions, applications ------------------------------------------------------------------------------------------

    def get_console(self, call: Call) -> Response:
        """C(instances.get_console): the URL carries a token; the fault C(console_locked) answers 409."""
        instance = self._instance(call, self.scope(call))
        kind = call.request.query_value("console_type", "spice")
        if kind not in CONSOLES:
            raise invalid("console_type", f"Must be one of: {', '.join(sorted(CONSOLES))}.")
        if call.fault == "console_locked":
            raise conflict("Console is locked")
        protocol, shown = CONSOLES[str(kind)]
        url = f"https://console.example.net/{shown}?instance={instance['id']}&token=S3CRET-{self.new_uuid()}"
        return Response(200, {"remote_console": {"protocol": protocol, "type": shown, "url": url}})

    def get_metrics(self, call: Call) -> Response:
        """C(instances.metrics): a POST that changes nothing."""
        self._instance(call, self.scope(call))
        body = body_of(call)
        step = {"hour": 3600, "day": 86400}[choice_of(body, "time_unit", ("hour", "day"))]
        now = self.clock.now()
        disks = [{"disk_name": "vda", "disk_Bps_read": 0, "disk_Bps_write": 1024, "disk_iops_read": 0, "disk_iops_write": 1}]
        network = {"network_Bps_ingress": 2048, "network_Bps_egress": 1024, "network_pps_ingress": 3, "network_pps_egress": 2}
        points = range(min(count_of(body, "time_interval"), 1000))
        return self.everything([{"time": stamp(now - step * n, "Z"), "cpu_util": 3.5, "memory_util": 21.0, "disks": disks, **network} for n in points])

    def list_app_templates(self, call: Call) -> Response:
        """C(apptemplates.list)"""
        scope = self.scope(call)
        return self.everything([{**template, "region_id": scope.region} for template in self.state["app_templates"].values()])

    def get_app_template(self, call: Call) -> Response:
        """C(apptemplates.get)"""
        scope = self.scope(call)
        template = self.state["app_templates"].get(call.params["apptemplate_id"])
        if template is None:
            raise not_found("App template", call.params["apptemplate_id"])
        return Response(200, {**template, "region_id": scope.region})
