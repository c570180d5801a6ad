# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated Civo networks, firewalls with their rules, and reserved addresses."""

from __future__ import annotations

import collections
import ipaddress
import typing as t

from . import civo_catalogue as catalogue
from .base import Route
from .civo_base import SUCCESS, Ask, CivoBase, refusal, shown
from .civo_catalogue import Row

PUBLIC_ADDRESSES = ipaddress.ip_network("198.18.128.0/17")  # reserved for benchmarks (RFC 2544), and no other provider's here

_DEFAULT_RULES = ("22", "80", "443")
_DIRECTIONS = {"ingress": "ingress", "inbound": "ingress", "egress": "egress", "outbound": "egress"}


def reserved_fields(reserved: Row | None) -> Row:
    """What an instance tells about its reserved address."""
    if reserved is None:
        return {"reserved_ip": "", "reserved_ip_id": "", "reserved_ip_name": ""}
    return {"reserved_ip": reserved["ip"], "reserved_ip_id": reserved["id"], "reserved_ip_name": reserved["name"]}


def holder(instance: Row) -> Row:
    """What a reserved address tells about the instance that has it."""
    return {"id": instance["id"], "type": "instance", "name": instance["hostname"]}


class CivoNetwork(CivoBase):
    """C(/v2/networks), C(/v2/firewalls) and C(/v2/ips) (Civo 5 and 8)."""

    def network_routes(self) -> list[Route]:
        """Networks, firewalls, rules and reserved addresses."""
        rules = "/firewalls/{firewall_id}/rules"
        return [
            self.operation("networks.list", "GET", "/networks", self._list_networks),
            self.operation("networks.get", "GET", "/networks/{id}", self._get_network),
            self.operation("networks.create", "POST", "/networks", self._create_network),
            self.operation("networks.rename", "PUT", "/networks/{id}", self._rename_network),
            self.operation("networks.delete", "DELETE", "/networks/{id}", self._delete_network),
            self.operation("firewalls.list", "GET", "/firewalls", self._list_firewalls),
            self.operation("firewalls.create", "POST", "/firewalls", self._create_firewall),
            self.operation("firewalls.rename", "PUT", "/firewalls/{id}", self._rename_firewall),
            self.operation("firewalls.delete", "DELETE", "/firewalls/{id}", self._delete_firewall),
            self.operation("firewalls.rules.list", "GET", rules, self._list_rules),
            self.operation("firewalls.rules.create", "POST", rules, self._create_rule),
            self.operation("firewalls.rules.delete", "DELETE", f"{rules}/{{rule_id}}", self._delete_rule),
            self.operation("ips.list", "GET", "/ips", self._list_addresses),
            self.operation("ips.get", "GET", "/ips/{id}", self._get_address),
            self.operation("ips.create", "POST", "/ips", self._create_address, bills=True),
            self.operation("ips.rename", "PUT", "/ips/{id}", self._rename_address),
            self.operation("ips.action", "POST", "/ips/{id}/actions", self._act_on_address),
            self.operation("ips.delete", "DELETE", "/ips/{id}", self._delete_address),
        ]

    # -- networks ---------------------------------------------------------------------------------------------------

    def _list_networks(self, ask: Ask) -> list[Row]:
        return [shown(row) for row in self.table("networks", ask.region).values()]

    def _get_network(self, ask: Ask) -> Row:
        return shown(self.find("networks", ask.region, ask.id))

    def _create_network(self, ask: Ask) -> Row:
        label = ask.required("label")
        self._require_free_label(ask, label)
        self.require_quota(network_count=1)
        number = 16 + self.new_id() % 240  # above the catalogue's own ranges
        row = catalogue.network(self.new_uuid(), label, number)
        self.table("networks", ask.region)[row["id"]] = row
        return {"id": row["id"], "label": label, **SUCCESS}

    def _rename_network(self, ask: Ask) -> Row:
        row = self.find("networks", ask.region, ask.id)
        label = ask.required("label")
        self._require_free_label(ask, label, row["id"])
        row["label"] = label
        return {"id": row["id"], "label": label, **SUCCESS}

    def _require_free_label(self, ask: Ask, label: str, own_id: str | None = None) -> None:
        if any(row["label"] == label and row["id"] != own_id for row in self.table("networks", ask.region).values()):
            raise refusal(409, "database_network_duplicate_name", "A network with this label exists", "label")

    def _delete_network(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("networks", ask.region, ask.id)
        users = [user for kind in ("instances", "volumes") for user in self.table(kind, ask.region).values() if user["network_id"] == row["id"]]
        if users or row["default"]:
            raise refusal(409, "database_network_delete_failed", "The network is in use or the default one")
        firewalls = self.table("firewalls", ask.region)
        for firewall_id in [firewall["id"] for firewall in firewalls.values() if firewall["network_id"] == row["id"]]:
            del firewalls[firewall_id]
        del self.table("networks", ask.region)[row["id"]]
        return SUCCESS

    # -- firewalls --------------------------------------------------------------------------------------------------

    def firewall_for(self, region: str, network: Row, firewall_id: str) -> str:
        """The firewall an instance of a network gets; blank means the default network's default one (reading 6).

        Raises:
            Refusal: it lies in another network, does not exist, or none was named where one is needed.
        """
        if firewall_id:
            if self.find("firewalls", region, firewall_id)["network_id"] != network["id"]:
                raise refusal(400, "database_firewall_mismatch", "The firewall does not belong to the network", "firewall_id")
            return firewall_id
        if network["default"]:
            for row in self.table("firewalls", region).values():
                if row["network_id"] == network["id"] and row["name"].lower().startswith("default"):
                    return str(row["id"])
        raise refusal(400, "parameter_value_missing", "A required parameter is missing", "firewall_id")

    def _list_firewalls(self, ask: Ask) -> list[Row]:
        users = collections.Counter(row["firewall_id"] for row in self.table("instances", ask.region).values())
        counts = {"cluster_count": 0, "loadbalancer_count": 0}
        return [
            {
                **shown(row),
                "rules_count": len(row["_"]["rules"]),
                "instance_count": users[row["id"]],
                **counts,
                "rules": [dict(rule) for rule in row["_"]["rules"]],
            }
            for row in self.table("firewalls", ask.region).values()
        ]

    def _create_firewall(self, ask: Ask) -> Row:
        name = ask.required("name")
        network = self.find("networks", ask.region, ask.required("network_id"))
        self._require_free_name(ask, name, network["id"])
        if ask.flag("create_rules", default=True):
            self.violation("Civo reading 20", "firewalls.create: create_rules is not false")
            rules = [catalogue.firewall_rule(self.new_uuid(), "tcp", port, port, None) for port in _DEFAULT_RULES]
        else:
            rules = []
        rules += [self._read_rule(ask, fields) for fields in ask.items("rules")]
        self.require_quota(security_group=1, security_group_rule=len(rules))
        twins = 2 if ask.call.fault == "double" else 1
        row, *_others = [self._new_firewall(ask.region, name, network, rules) for _number in range(twins)]
        return {"id": row["id"], "name": name, **SUCCESS}

    def _new_firewall(self, region: str, name: str, network: Row, rules: list[Row]) -> Row:
        row = {"id": self.new_uuid(), "name": name, "network_id": network["id"], "_": {"rules": [{**rule, "id": self.new_uuid()} for rule in rules]}}
        self.table("firewalls", region)[row["id"]] = row
        return row

    def _require_free_name(self, ask: Ask, name: str, network_id: str, own_id: str | None = None) -> None:
        # The same name in another network is let through: clients match by name and network (Civo 5.2).
        for row in self.table("firewalls", ask.region).values():
            if (row["name"], row["network_id"]) == (name, network_id) and row["id"] != own_id:
                raise refusal(409, "database_firewall_duplicate_name", "A firewall with this name exists", "name")

    def _rename_firewall(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("firewalls", ask.region, ask.id)
        name = ask.required("name")
        self._require_free_name(ask, name, row["network_id"], row["id"])
        row["name"] = name
        return SUCCESS

    def _delete_firewall(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("firewalls", ask.region, ask.id)
        if any(user["firewall_id"] == row["id"] for user in self.table("instances", ask.region).values()):
            raise refusal(409, "database_firewall_delete_failed", "The firewall is in use")
        del self.table("firewalls", ask.region)[row["id"]]
        return SUCCESS

    # -- firewall rules ---------------------------------------------------------------------------------------------

    def _rules(self, ask: Ask) -> list[Row]:
        return t.cast("list[Row]", self.find("firewalls", ask.region, ask.call.params["firewall_id"])["_"]["rules"])

    def _list_rules(self, ask: Ask) -> list[Row]:
        return [dict(rule) for rule in self._rules(ask)]

    def _create_rule(self, ask: Ask) -> Row:
        rules = self._rules(ask)
        rule = self._read_rule(ask, ask.fields)
        self.require_quota(security_group_rule=1)
        rules.append(rule)
        return {**rule, "firewall_id": ask.call.params["firewall_id"]}

    def _delete_rule(self, ask: Ask) -> t.Mapping[str, str]:
        rules = self._rules(ask)
        for number, rule in enumerate(rules):
            if rule["id"] == ask.call.params["rule_id"]:
                del rules[number]
                return SUCCESS
        raise refusal(404, "database_firewall_rules_find", "Failed to find the firewall rule in the internal database")

    def _read_rule(self, ask: Ask, fields: t.Any) -> Row:
        if not isinstance(fields, t.Mapping):
            raise _bad_rule("a rule must be an object")
        rule = ask.with_fields(fields)
        protocol = rule.text("protocol", "tcp").lower()
        if protocol not in ("tcp", "udp", "icmp"):
            raise _bad_rule("protocol must be tcp, udp or icmp")
        direction = _DIRECTIONS.get(rule.required("direction").lower())
        if direction is None:
            raise _bad_rule("direction must be ingress or egress")
        action = rule.required("action").lower()
        if action not in ("allow", "deny"):
            raise _bad_rule("action must be allow or deny")
        start, end = ("", "") if protocol == "icmp" else _ports(rule)
        label = rule.text("label") if rule.has("label") else None
        return catalogue.firewall_rule(self.new_uuid(), protocol, start, end, label, cidr=_cidr(rule), direction=direction, action=action)

    # -- reserved addresses -----------------------------------------------------------------------------------------

    def new_public_ip(self) -> str:
        """An address nobody has."""
        self.state["addresses"] += 1
        return str(PUBLIC_ADDRESSES[self.state["addresses"] % PUBLIC_ADDRESSES.num_addresses])

    def new_private_ip(self, network: Row) -> str:
        """The next address of a network."""
        network["_"]["hosts"] += 1
        room = ipaddress.ip_network(network["cidr"])
        return str(room[(network["_"]["hosts"] + 1) % room.num_addresses])

    def give_address(self, region: str, reserved: Row, to: Row | None) -> None:
        """Give a reserved address to an instance, or to nobody; whoever had it loses it (Civo 8)."""
        loser = self.table("instances", region).get((reserved["assigned_to"] or {}).get("id", ""))
        if loser:
            loser.update(public_ip=None, **reserved_fields(None))
        reserved["assigned_to"] = None
        if to:
            self.release_addresses(region, to["id"])
            reserved["assigned_to"] = holder(to)
            to.update(public_ip=reserved["ip"], **reserved_fields(reserved))

    def release_addresses(self, region: str, instance_id: str) -> None:
        """Take the reserved addresses of an instance back; they stay reserved (Civo 4.9)."""
        for row in self.table("ips", region).values():
            if (row["assigned_to"] or {}).get("id") == instance_id:
                row["assigned_to"] = None

    def _list_addresses(self, ask: Ask) -> Row:
        return self.page(ask, list(self.table("ips", ask.region).values()))

    def _get_address(self, ask: Ask) -> Row:
        return shown(self.find("ips", ask.region, ask.id))

    def _create_address(self, ask: Ask) -> Row:
        self.require_quota(public_ip_address=1)
        address = self.new_public_ip()
        row: Row = {"id": self.new_uuid(), "name": ask.text("name") or address, "ip": address, "assigned_to": None}
        self.table("ips", ask.region)[row["id"]] = row
        self.bill(3.0)
        return shown(row)

    def _rename_address(self, ask: Ask) -> Row:
        row = self.find("ips", ask.region, ask.id)
        row["name"] = ask.required("name")
        return shown(row)

    def _act_on_address(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("ips", ask.region, ask.id)
        action = ask.required("action")
        if action == "assign":
            if ask.text("assign_to_type", "instance") != "instance":
                raise refusal(400, "parameter_assign_to_type_invalid", "Only instances can be assigned to", "assign_to_type")
            self.give_address(ask.region, row, self.find("instances", ask.region, ask.required("assign_to_id")))
        elif action == "unassign":
            self.give_address(ask.region, row, None)
        else:
            raise refusal(400, "parameter_action_invalid", "action must be assign or unassign", "action")
        return SUCCESS

    def _delete_address(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.find("ips", ask.region, ask.id)
        if row["assigned_to"]:
            raise refusal(409, "database_ip_in_use", "The address is assigned")
        del self.table("ips", ask.region)[row["id"]]
        return SUCCESS


def _bad_rule(reason: str) -> Exception:
    return refusal(400, "database_firewall_rules_invalid_params", f"The rule is not valid: {reason}")


def _ports(rule: Ask) -> tuple[str, str]:
    """Start and end as text; C(ports) wins over C(start_port) and C(end_port) (Civo 5.1)."""
    if rule.text("ports"):
        start, _dash, end = rule.text("ports").partition("-")
    else:
        start, end = rule.required("start_port"), rule.text("end_port")
    start, end = start.strip(), end.strip() or start.strip()
    if not (start.isdigit() and end.isdigit() and 1 <= int(start) <= int(end) <= 65535):
        raise _bad_rule("the ports make no range")
    return start, end


def _cidr(rule: Ask) -> list[str]:
    blocks = [str(block) for block in rule.items("cidr")]
    if not blocks:
        raise refusal(400, "parameter_value_missing", "A required parameter is missing", "cidr")
    for block in blocks:
        try:
            ipaddress.ip_network(block, strict=False)
        except ValueError:
            raise _bad_rule("cidr holds something that is no address range") from None
    return blocks
