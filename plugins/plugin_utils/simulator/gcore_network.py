# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks, addresses, ports, floating IPs and security groups of the simulated Gcore."""

from __future__ import annotations

import ipaddress
import typing as t

from . import gcore_catalog as catalog
from .base import Call, Response
from .gcore_frame import (
    Created,
    Effect,
    Hold,
    Record,
    Scope,
    body_of,
    choice_of,
    conflict,
    flag,
    invalid,
    json_map,
    merge_tags,
    not_found,
    stamp,
    tag_items,
    tags_of,
    text_of,
    texts_of,
    values,
)
from .gcore_quota import QuotaCalls

INTERFACE_TYPES = ("external", "subnet", "any_subnet", "reserved_fixed_ip")
_IP_VERSIONS = {"ipv4": (4,), "ipv6": (6,), "dual": (4, 6)}
_PROTOCOL_ANY = (None, "", "any", "0")
_MAX_RULES = 250


class NetworkCalls(QuotaCalls):
    """The calls about networks, groups and addresses, and the ports that servers are made with."""

    def effects(self) -> t.Mapping[str, Effect]:
        return {
            **super().effects(),
            "group_update": self._finish_group_update,
            "rule_create": self._finish_rule_create,
            "rule_delete": self._finish_rule_delete,
            "floating_update": self._finish_floating_update,
            "floating_delete": self._finish_floating_delete,
        }

    def discard(self, kind: str, scope: Scope, identity: str) -> None:
        if kind == "floatingips" and identity in self.shelf(kind, scope):
            self.detach_floating(scope, self.shelf(kind, scope)[identity])
        super().discard(kind, scope, identity)

    # -- catalogue --------------------------------------------------------------------------------------------------------

    def list_networks(self, call: Call) -> Response:
        """C(networks.list)"""
        scope = self.scope(call)
        name, external = call.request.query_value("name", ""), flag(call, "external")
        owned = call.request.query_value("owned_by", "any")
        found = [
            network
            for network in self.visible("networks", scope)
            if str(name) in network["name"] and external in (None, network["external"]) and not (owned == "project" and network["shared"])
        ]
        return self.page(call, found, lambda network: {**network, **self.place(scope)})

    def list_subnets(self, call: Call) -> Response:
        """C(subnets.list)"""
        scope = self.scope(call)
        network = call.request.query_value("network_id")
        found = [subnet for subnet in self.visible("subnets", scope) if network in (None, subnet["network_id"])]
        return self.page(call, found, lambda subnet: {**subnet, **self.place(scope)})

    def list_server_groups(self, call: Call) -> Response:
        """C(servergroups.list)"""
        scope = self.scope(call)

        def view(group: Record) -> Record:
            return {"servergroup_id": group["id"], "name": group["name"], "policy": group["policy"], "instances": group["instances"], **self.place(scope)}

        return self.page(call, self.visible("servergroups", scope), view)

    def list_reserved_fixed_ips(self, call: Call) -> Response:
        """C(reserved_fixed_ips.list)"""
        scope = self.scope(call)
        device = call.request.query_value("device_id")
        found = [
            address
            for address in self.visible("reserved_fixed_ips", scope)
            if not (flag(call, "available_only") and address["instance_id"]) and device in (None, address["instance_id"])
        ]

        def view(address: Record) -> Record:
            used = address["instance_id"]
            return {
                "port_id": address["id"],
                "name": address["name"],
                "fixed_ip_address": address["fixed_ip_address"],
                "fixed_ipv6_address": None,
                "network_id": address["network_id"],
                "subnet_id": address["subnet_id"],
                "is_external": True,
                "is_vip": False,
                "status": "ACTIVE" if used else "DOWN",
                "reservation": {"status": "in_use" if used else "available", "resource_type": "instance" if used else None, "resource_id": used},
                "allowed_address_pairs": [],
                **self.place(scope),
            }

        return self.page(call, found, view)

    # -- addresses and ports -----------------------------------------------------------------------------------------------

    def take_address(self, pool: str, cidr: str) -> str:
        """The next free address of a range; addresses are not handed out twice."""
        network = ipaddress.ip_network(cidr)
        number = int(self.state["addresses"].get(pool, 9)) + 1
        if number >= network.num_addresses - 1 or (network.version == 4 and number >= 65000):
            raise conflict(f"No more IP addresses available in {pool}")
        self.state["addresses"][pool] = number
        return str(network[number])

    def check_interface(self, scope: Scope, spec: t.Any, name: str, groups: t.Sequence[str] = ()) -> Record:
        """An interface of a body (section 5.4) as a plan for C(make_port); nothing is taken yet.

        C(groups) are the security groups of an interface that names none; without any it is the default group.
        """
        if not isinstance(spec, dict):
            raise invalid(name, "An object is required.")
        kind = choice_of(spec, "type", INTERFACE_TYPES)
        plan: Record = {"reserved": None, "address": None, "floating": None, "interface_name": spec.get("interface_name"), "secure": True}
        plan["groups"] = self._group_ids(scope, spec.get("security_groups")) or list(groups) or [self.default_group(scope)["id"]]
        if kind == "external":
            network = next(network for network in self.visible("networks", scope) if network["external"])
            versions = _IP_VERSIONS[choice_of(spec, "ip_family", _IP_VERSIONS, "ipv4")]
            plan.update(network_id=network["id"], subnets=[subnet["id"] for subnet in self._subnets(scope, network["id"]) if subnet["ip_version"] in versions])
        elif kind == "subnet":
            subnet = self.known(scope, "subnets", spec, "subnet_id")
            if spec.get("network_id", subnet["network_id"]) != subnet["network_id"]:
                raise invalid("subnet_id", "The subnet is not part of the network.")
            plan.update(network_id=subnet["network_id"], subnets=[subnet["id"]])
        elif kind == "any_subnet":
            plan.update(self._any_subnet(scope, spec))
        else:
            plan.update(self._reserved(scope, spec))
        plan["floating"] = self._floating_wish(scope, spec, external=kind == "external")
        if spec.get("port_security_enabled") is False:
            if self.shelf("networks", scope)[plan["network_id"]]["external"]:
                raise invalid("port_security_enabled", "Port security can be disabled in private networks only.")
            plan["secure"] = False
        if plan["interface_name"] is not None and len(str(plan["interface_name"])) > 37:
            raise invalid("interface_name", "At most 37 characters.")
        return plan

    def make_port(self, scope: Scope, plan: Record, instance_id: str) -> tuple[Record, list[Record]]:
        """A port as planned, with its addresses, and the floating IPs that were made for it."""
        key = plan["reserved"] or self.new_uuid()
        if plan["reserved"]:
            reserved = self.shelf("reserved_fixed_ips", scope)[key]
            reserved["instance_id"] = instance_id
            assignments = [{"ip_address": reserved["fixed_ip_address"], "subnet_id": reserved["subnet_id"]}]
        else:
            subnets = [self.shelf("subnets", scope)[subnet] for subnet in plan["subnets"]]
            assignments = [{"ip_address": plan["address"] or self.take_address(subnet["id"], subnet["cidr"]), "subnet_id": subnet["id"]} for subnet in subnets]
        number = self.new_id()
        port: Record = {
            "port_id": key,
            "mac_address": f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
            "network_id": plan["network_id"],
            "port_security_enabled": plan["secure"],
            "interface_name": plan["interface_name"],
            "ip_assignments": assignments,
            "security_groups": [key for key in plan["groups"] if key in self.shelf("security_groups", scope)],
            "floating_ids": [],
            "reserved": bool(plan["reserved"]),
        }
        made: list[Record] = []
        if plan["floating"] == "new":
            made.append(self.make_floating(scope, {}))
            self.attach_floating(made[0], instance_id, port)
        elif plan["floating"]:
            self.attach_floating(self.shelf("floatingips", scope)[plan["floating"]], instance_id, port)
        return port, made

    def release_port(self, scope: Scope, port: Record, delete_floatings: t.Collection[str] = ()) -> None:
        """Let go of a port: its floating IPs stay unless named, its reserved address becomes free."""
        for key in list(port["floating_ids"]):
            floating = self.shelf("floatingips", scope)[key]
            port["floating_ids"].remove(key)
            floating.update(port_id=None, fixed_ip_address=None, instance_id=None)
            if key in delete_floatings:
                del self.shelf("floatingips", scope)[key]
        reserved = self.shelf("reserved_fixed_ips", scope).get(port["port_id"])
        if reserved:
            reserved["instance_id"] = None

    def find_port(self, scope: Scope, port_id: t.Any) -> tuple[Record, Record]:
        """The server and port that a port id belongs to."""
        for instance in self.shelf("instances", scope).values():
            for port in instance["ports"]:
                if port["port_id"] == port_id:
                    return instance, port
        raise not_found("Port", port_id)

    def _subnets(self, scope: Scope, network_id: str) -> list[Record]:
        return [subnet for subnet in self.shelf("subnets", scope).values() if subnet["network_id"] == network_id]

    def _any_subnet(self, scope: Scope, spec: Record) -> Record:
        network = self.known(scope, "networks", spec, "network_id")
        subnets = self._subnets(scope, network["id"])
        address = spec.get("ip_address")
        if address is None:
            versions = _IP_VERSIONS[choice_of(spec, "ip_family", _IP_VERSIONS, "ipv4")]
            fitting = [subnet["id"] for subnet in subnets if subnet["ip_version"] in versions]
            if not fitting:
                raise invalid("ip_family", "The network has no such subnet.")
            return {"network_id": network["id"], "subnets": fitting[:1]}
        try:
            wanted = ipaddress.ip_address(address)
        except ValueError:
            raise invalid("ip_address", "Not a valid IP address.") from None
        holding = [subnet["id"] for subnet in subnets if wanted in ipaddress.ip_network(subnet["cidr"])]
        if not holding:
            raise invalid("ip_address", "The address is in no subnet of the network.")
        if any(str(wanted) in addresses_of(port) for instance in self.shelf("instances", scope).values() for port in instance["ports"]):
            raise conflict(f"IP address {wanted} is in use")
        return {"network_id": network["id"], "subnets": holding, "address": str(wanted)}

    def _reserved(self, scope: Scope, spec: Record) -> Record:
        reserved = self.known(scope, "reserved_fixed_ips", spec, "port_id")
        if reserved["instance_id"]:
            raise conflict(f"Reserved fixed IP {reserved['id']} is in use")
        return {"network_id": reserved["network_id"], "subnets": [reserved["subnet_id"]], "reserved": reserved["id"]}

    def _floating_wish(self, scope: Scope, spec: Record, external: bool) -> str | None:
        wish = spec.get("floating_ip")
        if wish is None:
            return None
        if external or not isinstance(wish, dict):
            raise invalid("floating_ip", "An object, on private interfaces only.")
        if choice_of(wish, "source", ("new", "existing")) == "new":
            return "new"
        floating = self.known(scope, "floatingips", wish, "existing_floating_id")
        if floating["port_id"] or floating["task_id"]:
            raise conflict(f"Floating IP {floating['id']} is in use")
        return str(floating["id"])

    # -- floating IPs -----------------------------------------------------------------------------------------------------

    def make_floating(self, scope: Scope, tags: dict[str, str]) -> Record:
        """A new floating IP that is attached to nothing."""
        floating: Record = {
            "id": self.new_uuid(),
            "floating_ip_address": self.take_address(f"floating-{scope.region}", catalog.floating_pool(scope.region)),
            "fixed_ip_address": None,
            "port_id": None,
            "instance_id": None,
            "tags": tags,
            "task_id": None,
            "creator_task_id": None,
            "created_at": stamp(self.clock.now(), "+0000"),
        }
        self.shelf("floatingips", scope)[floating["id"]] = floating
        return floating

    @staticmethod
    def attach_floating(floating: Record, instance_id: str, port: Record, fixed: str | None = None) -> None:
        """Point a floating IP at a port."""
        floating.update(port_id=port["port_id"], instance_id=instance_id, fixed_ip_address=fixed or port["ip_assignments"][0]["ip_address"])
        port["floating_ids"].append(floating["id"])

    def detach_floating(self, scope: Scope, floating: Record) -> None:
        """Point a floating IP at nothing."""
        if floating["port_id"]:
            _instance, port = self.find_port(scope, floating["port_id"])
            port["floating_ids"].remove(floating["id"])
            floating.update(port_id=None, instance_id=None, fixed_ip_address=None)

    def floating_view(self, scope: Scope, floating: Record) -> Record:
        """A floating IP as the API shows it."""
        instance = self.shelf("instances", scope).get(floating["instance_id"])
        return {
            "id": floating["id"],
            "floating_ip_address": floating["floating_ip_address"],
            "fixed_ip_address": floating["fixed_ip_address"],
            "port_id": floating["port_id"],
            "status": "ACTIVE" if floating["port_id"] else "DOWN",
            "instance": {"id": instance["id"], "name": instance["name"], "status": instance["status"]} if instance else None,
            "tags": tag_items(floating["tags"]),
            "task_id": floating["task_id"],
            "creator_task_id": floating["creator_task_id"],
            "created_at": floating["created_at"],
            "updated_at": floating["created_at"],
            **self.place(scope),
        }

    def list_floating_ips(self, call: Call) -> Response:
        """C(floating_ips.list)"""
        scope = self.scope(call)
        status, ports = call.request.query_value("status"), values(call, "port_ids")
        found = [
            floating
            for floating in self.visible("floatingips", scope)
            if (not ports or floating["port_id"] in ports) and status in (None, "ACTIVE" if floating["port_id"] else "DOWN")
        ]
        return self.page(call, found, lambda floating: self.floating_view(scope, floating))

    def get_floating_ip(self, call: Call) -> Response:
        """C(floating_ips.get): only the list is said to tell the server"""
        scope = self.scope(call)
        floating = self.find("floatingips", scope, call.params["floating_ip_id"], "Floating IP")
        self.look_at(floating)
        return Response(200, {key: value for key, value in self.floating_view(scope, floating).items() if key != "instance"})

    def create_floating_ip(self, call: Call) -> Response:
        """C(floating_ips.create)"""
        scope = self.scope(call)
        body = body_of(call)
        tags = tags_of(body.get("tags"))
        target = self._floating_target(scope, body)
        self.check_quota(scope, {"floating_count": 1})
        floating = self.make_floating(scope, tags)
        if target:
            self.attach_floating(floating, target[0]["id"], target[1], body.get("fixed_ip_address"))
        self.bill(catalog.PRICE_FLOATING)
        task = self.start_task(call, scope, "create_floatingip", holds=[Hold("floatingips", floating)], creates=[("floatingips", floating)])
        return self.accepted(call, task)

    def update_floating_ip(self, call: Call) -> Response:
        """C(floating_ips.update)"""
        scope = self.scope(call)
        floating = self.find_free("floatingips", scope, call.params["floating_ip_id"], "Floating IP")
        body = body_of(call)
        tags = tags_of(body.get("tags"), removable=True)
        self._floating_target(scope, body)
        args: Record = {"id": floating["id"], **{name: body[name] for name in ("port_id", "fixed_ip_address") if name in body}}
        if "tags" in body:
            args["tags"] = merge_tags(floating["tags"], None if body["tags"] is None else tags)
        task = self.start_task(call, scope, "update_floatingip", holds=[Hold("floatingips", floating)], effect="floating_update", args=args)
        return self.accepted(call, task)

    def delete_floating_ip(self, call: Call) -> Response:
        """C(floating_ips.delete)"""
        scope = self.scope(call)
        floating = self.find_free("floatingips", scope, call.params["floating_ip_id"], "Floating IP")
        hold = Hold("floatingips", floating)
        return self.accepted(call, self.start_task(call, scope, "delete_floatingip", holds=[hold], effect="floating_delete", args={"id": floating["id"]}))

    def _floating_target(self, scope: Scope, body: Record) -> tuple[Record, Record] | None:
        if body.get("port_id") is None:
            return None
        instance, port = self.find_port(scope, body["port_id"])
        fixed = body.get("fixed_ip_address")
        if fixed is not None and fixed not in addresses_of(port):
            raise invalid("fixed_ip_address", "The port has no such address.")
        return instance, port

    def _finish_floating_update(self, scope: Scope, args: Record) -> Created | None:
        floating = self.shelf("floatingips", scope)[args["id"]]
        if "tags" in args:
            floating["tags"] = args["tags"]
        if "port_id" in args:
            target = self._floating_target(scope, args)
            self.detach_floating(scope, floating)
            if target:
                self.attach_floating(floating, target[0]["id"], target[1], args.get("fixed_ip_address"))
        return None

    def _finish_floating_delete(self, scope: Scope, args: Record) -> Created | None:
        self.discard("floatingips", scope, args["id"])
        return None

    # -- security groups (section 7) -----------------------------------------------------------------------------------------

    def default_group(self, scope: Scope) -> Record:
        """The group of every interface that names none."""
        return next(group for group in self.shelf("security_groups", scope).values() if group["is_default"])

    def group_view(self, scope: Scope, group: Record) -> Record:
        """A security group as the API shows it."""

        def rule_view(rule: Record) -> Record:
            return {
                **rule,
                "security_group_id": group["id"],
                "revision_number": 0,
                "created_at": group["created_at"],
                "updated_at": group["created_at"],
            }

        return {
            "id": group["id"],
            "name": group["name"],
            "description": group["description"],
            "revision_number": group["revision_number"],
            "tags_v2": tag_items(group["tags"]),
            "security_group_rules": [rule_view(rule) for rule in group["rules"]],
            "created_at": group["created_at"],
            "updated_at": group["updated_at"],
            **self.place(scope),
        }

    def list_groups(self, call: Call) -> Response:
        """C(security_groups.list): exact name filter, ten a page."""
        scope = self.scope(call)
        name, keys = call.request.query_value("name"), values(call, "tag_key")
        pairs = json_map(call, "tag_key_value")
        found = [
            group
            for group in self.visible("security_groups", scope)
            if name in (None, group["name"]) and all(key in group["tags"] for key in keys) and pairs.items() <= group["tags"].items()
        ]
        return self.page(call, found, lambda group: self.group_view(scope, group), default=10)

    def get_group(self, call: Call) -> Response:
        """C(security_groups.get)"""
        scope = self.scope(call)
        group = self._group(call, scope)
        self.look_at(group)
        return Response(200, self.group_view(scope, group))

    def create_group(self, call: Call) -> Response:
        """C(security_groups.create): rules left out allow everything (hazard H3); names may repeat (reading 17)."""
        scope = self.scope(call)
        body = body_of(call)
        if "rules" not in body:
            self.violation("Gcore reading 15", "a security group was created without rules, which opens everything")
        tasks = []
        for _number in range(2 if call.fault == "double" else 1):
            group = self._new_group(scope, body, body.get("rules"))
            holds, creates = [Hold("security_groups", group)], [("security_groups", group)]
            tasks.append(self.start_task(call, scope, "create_security_group", data={"name": group["name"]}, holds=holds, creates=creates))
        return self.accepted(call, tasks[0])

    def create_group_v1(self, call: Call) -> Response:
        """C(security_groups.create_v1), deprecated: the object comes back at once."""
        self.violation("Gcore reading 15", "security groups are created with v2")
        scope = self.scope(call)
        body = body_of(call)
        wrapped = body.get("security_group")
        if not isinstance(wrapped, dict):
            raise invalid("security_group", "An object is required.")
        users = [self.find_free("instances", scope, key, "Instance") for key in texts_of(body, "instances")] if body.get("instances") else []
        group = self._new_group(scope, wrapped, wrapped.get("security_group_rules"))
        for instance in users:
            for port in instance["ports"]:
                port["security_groups"].append(group["id"])
        return Response(200, self.group_view(scope, group))

    def update_group(self, call: Call) -> Response:
        """C(security_groups.update): C(rules) is the whole wanted set; without a change there is no task."""
        scope = self.scope(call)
        group = self._free_group(call, scope)
        body = body_of(call)
        change: Record = {}
        if "name" in body:
            change["name"] = text_of(body, "name")
        if "description" in body:
            change["description"] = str(body["description"] or "")
        if "tags" in body:
            change["tags"] = merge_tags(group["tags"], None if body["tags"] is None else tags_of(body["tags"], removable=True))
        if "rules" in body:
            change["rules"] = self._merged_rules(group["rules"], self._rules(scope, body["rules"]))
        if all(group[name] == value for name, value in change.items()):
            return Response(200, {"tasks": []})
        args = {"id": group["id"], "change": change}
        task = self.start_task(call, scope, "update_security_group", holds=[Hold("security_groups", group)], effect="group_update", args=args)
        return self.accepted(call, task)

    def create_rule(self, call: Call) -> Response:
        """C(security_groups.rule_create)"""
        scope = self.scope(call)
        group = self._free_group(call, scope)
        rule = {**self._rules(scope, [body_of(call)])[0], "id": self.new_uuid()}
        if any(same_rule(rule, other) for other in group["rules"]):
            raise conflict("Security group rule already exists")
        args = {"id": group["id"], "rule": rule}
        task = self.start_task(call, scope, "create_security_group_rule", holds=[Hold("security_groups", group)], effect="rule_create", args=args)
        return self.accepted(call, task)

    def delete_rule(self, call: Call) -> Response:
        """C(security_groups.rule_delete)"""
        scope = self.scope(call)
        group = self._free_group(call, scope)
        if not any(rule["id"] == call.params["rule_id"] for rule in group["rules"]):
            raise not_found("Security group rule", call.params["rule_id"])
        args = {"id": group["id"], "rule_id": call.params["rule_id"]}
        task = self.start_task(call, scope, "delete_security_group_rule", holds=[Hold("security_groups", group)], effect="rule_delete", args=args)
        return self.accepted(call, task)

    def delete_group(self, call: Call) -> Response:
        """C(security_groups.delete): 409 for the default group and one in use (reading 15)."""
        scope = self.scope(call)
        group = self._free_group(call, scope)
        if group["is_default"]:
            raise conflict("The default security group cannot be deleted")
        if any(True for _user in self.group_users(group["id"], self.shelf("instances", scope).values())):
            raise conflict(f"Security group {group['id']} is in use")
        self.discard("security_groups", scope, group["id"])
        return Response(204)

    def revert_group(self, call: Call) -> Response:
        """C(security_groups.revert_default)"""
        scope = self.scope(call)
        group = self._free_group(call, scope)
        fresh = catalog.security_groups(scope.region, str(scope.project))[catalog.stable_uuid("group", scope.region, scope.project, "default")]
        self._change_group(group, {"rules": [{**rule, "id": self.new_uuid()} for rule in fresh["rules"]]})
        return Response(200, self.group_view(scope, group))

    @staticmethod
    def group_users(group_id: str, servers: t.Iterable[Record]) -> t.Iterator[Record]:
        """Those of some servers that have a port in the group."""
        for instance in servers:
            if any(group_id in port["security_groups"] for port in instance["ports"]):
                yield instance

    def groups_named(self, scope: Scope, names: t.Iterable[str]) -> list[str]:
        """The ids of groups by name, the first of several (hazard H9); 404 for an unknown name (reading 16)."""
        by_name: dict[str, str] = {}
        for group in self.visible("security_groups", scope):
            by_name.setdefault(group["name"], group["id"])
        for name in names:
            if name not in by_name:
                raise not_found("Security group", name)
        return [by_name[name] for name in names]

    def _group(self, call: Call, scope: Scope) -> Record:
        return self.find("security_groups", scope, call.params["group_id"], "Security group")

    def _free_group(self, call: Call, scope: Scope) -> Record:
        return self.find_free("security_groups", scope, call.params["group_id"], "Security group")

    def _group_ids(self, scope: Scope, items: t.Any) -> list[str]:
        """Groups of a body, C([{id}]); an empty list counts as left out (section 5.4)."""
        if items is None:
            return []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise invalid("security_groups", "A list of objects with an id is required.")
        for item in items:
            self.known(scope, "security_groups", item, "id")
        return list(dict.fromkeys(str(item["id"]) for item in items))

    def _new_group(self, scope: Scope, body: Record, rules: t.Any) -> Record:
        name = text_of(body, "name")
        tags = tags_of(body.get("tags"))
        if rules is None:
            wanted = [{**catalog.ANY_RULE, "direction": way, "ethertype": version} for way in ("ingress", "egress") for version in ("IPv4", "IPv6")]
        else:
            wanted = self._rules(scope, rules)
        self.check_quota(scope, {"firewall_count": 1})
        now = stamp(self.clock.now(), "+0000")
        group: Record = {
            "id": self.new_uuid(),
            "name": name,
            "description": str(body.get("description") or ""),
            "tags": tags,
            "is_default": False,
            "revision_number": 1,
            "task_id": None,
            "rules": [{**rule, "id": self.new_uuid()} for rule in wanted],
            "created_at": now,
            "updated_at": now,
        }
        self.shelf("security_groups", scope)[group["id"]] = group
        return group

    def _rules(self, scope: Scope, rules: t.Any) -> list[Record]:
        if not isinstance(rules, list) or len(rules) > _MAX_RULES:
            raise invalid("rules", f"A list of at most {_MAX_RULES} rules is required.")
        return [self._rule(scope, rule) for rule in rules]

    def _rule(self, scope: Scope, rule: t.Any) -> Record:
        if not isinstance(rule, dict):
            raise invalid("rules", "Rules are objects.")
        low, high = rule.get("port_range_min"), rule.get("port_range_max")
        if any(port is not None and (not isinstance(port, int) or not 0 <= port <= 65535) for port in (low, high)):
            raise invalid("port_range_min", "Ports are integers from 0 to 65535, or null.")
        prefix, group = rule.get("remote_ip_prefix"), rule.get("remote_group_id")
        if prefix is not None and group is not None:
            raise invalid("remote_ip_prefix", "Either a prefix or a group.")
        if prefix is not None:
            try:
                version = ipaddress.ip_network(prefix, strict=False).version
            except ValueError:
                raise invalid("remote_ip_prefix", "Not a valid network.") from None
            if rule.get("ethertype", "IPv4") != f"IPv{version}":
                raise invalid("remote_ip_prefix", "Not of the rule's ethertype.")
        if group is not None:
            self.known(scope, "security_groups", rule, "remote_group_id")
        description = str(rule.get("description") or "")
        if len(description) > 255:
            raise invalid("description", "At most 255 characters.")
        protocol = rule.get("protocol")
        return {
            "direction": choice_of(rule, "direction", ("ingress", "egress")),
            "ethertype": choice_of(rule, "ethertype", ("IPv4", "IPv6"), "IPv4"),
            "protocol": None if protocol in _PROTOCOL_ANY else str(protocol),
            "port_range_min": low,
            "port_range_max": high,
            "remote_ip_prefix": prefix,
            "remote_group_id": group,
            "description": description,
        }

    def _merged_rules(self, current: list[Record], wanted: list[Record]) -> list[Record]:
        """The wanted set, where a rule that exists already keeps its id."""
        kept = [rule for rule in current if any(same_rule(rule, other) for other in wanted)]
        fresh = [rule for rule in wanted if not any(same_rule(rule, other) for other in current)]
        return kept + [{**rule, "id": self.new_uuid()} for rule in fresh]

    def _change_group(self, group: Record, change: Record) -> None:
        group.update(change)
        group.update(revision_number=group["revision_number"] + 1, updated_at=stamp(self.clock.now(), "+0000"))

    def _finish_group_update(self, scope: Scope, args: Record) -> Created | None:
        group = self.shelf("security_groups", scope)[args["id"]]
        known = {rule["id"] for rule in group["rules"]}
        self._change_group(group, args["change"])
        fresh = [rule["id"] for rule in group["rules"] if rule["id"] not in known]
        return {"security_group_rules": fresh} if fresh else None

    def _finish_rule_create(self, scope: Scope, args: Record) -> Created | None:
        group = self.shelf("security_groups", scope)[args["id"]]
        self._change_group(group, {"rules": [*group["rules"], args["rule"]]})
        return {"security_group_rules": [args["rule"]["id"]]}

    def _finish_rule_delete(self, scope: Scope, args: Record) -> Created | None:
        group = self.shelf("security_groups", scope)[args["id"]]
        self._change_group(group, {"rules": [rule for rule in group["rules"] if rule["id"] != args["rule_id"]]})
        return None


def same_rule(one: Record, other: Record) -> bool:
    """Whether two rules say the same, description included (section 7.3)."""
    return all(one[name] == other[name] for name in catalog.ANY_RULE)


def addresses_of(port: Record) -> list[str]:
    """The fixed addresses of a port."""
    return [str(assignment["ip_address"]) for assignment in port["ip_assignments"]]
