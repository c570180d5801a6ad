# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces of a server, security groups on its ports, and its floating IPs (contract sections 5.11, 7.2 and 9)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.errors import ConflictError, NotFoundError, OptionError, RejectedError
from ..._core.model import Instance, Ref
from ..._core.normalise import address_family, address_scope, flag, text
from ..._http.client import Call
from ..base import Context
from .api import ASSIGN, FLOATING_IPS, INSTANCE_GROUPS, INTERFACES, PORTS, TITLE, UNASSIGN, Api, Row
from .catalogue import Catalogue
from .mapping import in_order
from .scope import Scope

Send = t.Callable[[Instance, t.Callable[[], t.Any]], t.Any]


@dataclass(frozen=True)
class Port:
    """A port with the groups assigned to it. C(id) None stands for all ports."""

    id: str | None
    groups: tuple[Ref, ...]

    @property
    def names(self) -> list[str]:
        """The groups' names, which is how they are assigned (H9)."""
        return [group.name for group in self.groups if group.name]

    def carries(self, group: Ref) -> bool:
        """Whether a group is assigned to it; names do not matter where ids are shown, since they can change."""
        return any(each.id == group.id if each.id else each.name == group.name for each in self.groups)


class PortGroups:
    """Security groups on the ports of servers.

    Args:
        send: sends a change, waiting for whatever task holds the server.
    """

    def __init__(self, api: Api, scope: Scope, catalogue: Catalogue, context: Context, send: Send) -> None:
        self._api = api
        self._scope = scope
        self._catalogue = catalogue
        self._context = context
        self._send = send
        self._told: set[str] = set()  # the ports without port security that a warning named
        self._checked: dict[str | None, tuple[list[Port], list[Port]]] = {}  # by server, all its ports and those that heed groups

    def read(self, instance: Instance) -> Instance:
        """Fill in the ids of the groups; C(facts["uneven_firewalls"]) tells that ports carry different ones."""
        everywhere = self.ports(instance)
        if not everywhere:  # both keys of the port list are optional; the union is told elsewhere (section 7.2)
            return replace(instance, firewalls=in_order(_groups(self._api.everything(INSTANCE_GROUPS, self._scope.of(instance)))))
        ports = self._secured(instance, everywhere) or everywhere if _uneven(everywhere) else everywhere
        facts = {**instance.facts, "ports": everywhere, "uneven_firewalls": _uneven(ports)}
        return replace(instance, firewalls=in_order(group for port in ports for group in port.groups), facts=facts)

    def assign(self, instance: Instance, wanted: t.Sequence[Ref]) -> None:
        """Make C(wanted) the whole set on every port: add what is missing, then remove what is too much (reading 16)."""
        region = str(instance.region)
        names = [group.name or str(self._catalogue.group(region, str(group.id))["name"]) for group in wanted]
        everywhere = instance.facts.get("ports") or self.ports(instance) or [Port(None, instance.firewalls)]
        ports = self._secured(instance, everywhere)
        self.refuse_doubles(region, {*names, *(name for port in ports for name in port.names)})
        complete = len(ports) == len(everywhere)
        self._change(instance, ASSIGN, {port.id: [name for name in names if name not in port.names] for port in ports}, complete)
        self._remove(instance, {port.id: [name for name in port.names if name not in names] for port in ports}, complete)

    def lacks(self, instance: Instance, group: Ref) -> bool:
        """Whether a port that heeds groups does not carry this one, although the server has it."""
        everywhere = self.ports(instance)
        return _lacking(everywhere, group) and _lacking(self._secured(instance, everywhere), group)

    def check(self, instance: Instance) -> None:
        """Refuse a server where no port heeds groups.

        Raises:
            OptionError: names it.
        """
        everywhere = self.ports(instance) or [Port(None, ())]
        self._checked[instance.id] = everywhere, self._secured(instance, everywhere)
        if not self._checked[instance.id][1]:
            raise OptionError(
                f"instances: port security is off on every port of instance {instance.name} ({instance.id}) at {TITLE}, so no firewall works there",
                hint="Switch it on in the provider's panel.",
                option="instances",
            )

    def add(self, instance: Instance, group: Ref) -> None:
        """Put a group on every port that heeds groups and lacks it; the server was checked before."""
        everywhere, ports = self._checked[instance.id]
        names = {port.id: [] if port.carries(group) else [str(group.name)] for port in ports}
        self._change(instance, ASSIGN, names, len(ports) == len(everywhere))

    def remove(self, instance: Instance, group: Ref) -> None:
        """Take a group from every port."""
        ports = self.ports(instance) or [Port(None, (group,))]
        self._remove(instance, {port.id: [str(group.name)] if port.carries(group) else [] for port in ports}, True)

    def _remove(self, instance: Instance, surplus: t.Mapping[str | None, list[str]], complete: bool) -> None:
        """Take groups from ports; a refusal does not matter when they are gone by then (section 7.2)."""
        try:
            self._change(instance, UNASSIGN, surplus, complete)
        except (NotFoundError, RejectedError, ConflictError):
            left = {name for port in self.ports(instance) for name in port.names if name in surplus.get(port.id, ())}
            if left or None in surplus:
                raise

    def ports(self, instance: Instance) -> list[Port]:
        """The ports of a server with their groups; none where the provider does not list them."""
        rows = self._api.everything(PORTS, self._scope.of(instance))
        return [Port(text(row.get("id")), _groups(row.get("security_groups"))) for row in rows]

    def _secured(self, instance: Instance, ports: list[Port]) -> list[Port]:
        """The ports that heed groups; the others are reported (section 7.2)."""
        interfaces = self._api.pages(INTERFACES, self._scope.of(instance))
        open_ports = {text(row.get("port_id")) for row in interfaces if flag(row.get("port_security_enabled", True)) is False}
        ignoring = {str(port.id) for port in ports if port.id in open_ports}
        if ignoring - self._told:
            self._context.warn(
                f"Port security is off on {', '.join(sorted(ignoring))} of instance {instance.name} ({instance.id}) at {TITLE}; firewalls do nothing there"
            )
            self._told |= ignoring
        return [port for port in ports if port.id not in open_ports]

    def refuse_doubles(self, region: str, names: t.Collection[str]) -> None:
        """Groups are assigned by name, so a name must be clear (reading 17).

        Raises:
            OptionError: two groups of one name.
        """
        listed = [text(row.get("name")) for row in self._catalogue.groups(region)]
        doubles = sorted(name for name in names if listed.count(name) > 1)
        if doubles:
            raise OptionError(
                f"firewalls: {TITLE} has several security groups named {', '.join(doubles)} in region {region}, and assigns them by name",
                hint="Rename all but one of them.",
                option="firewalls",
            )

    def _change(self, instance: Instance, call: Call, names: t.Mapping[str | None, list[str]], complete: bool) -> None:
        """One call for all ports: in one entry when they are C(complete) and alike."""
        entries = [{"port_id": port, "security_group_names": each} for port, each in names.items() if each]
        if not entries:
            return
        if complete and len(entries) == len(names) and all(entry["security_group_names"] == entries[0]["security_group_names"] for entry in entries):
            entries = [{**entries[0], "port_id": None}]
        self._send(instance, lambda: self._api.ask(call, self._scope.of(instance), body={"ports_security_group_names": entries}))


def addresses_on(interface: Row) -> list[tuple[str, str | None]]:
    """The addresses of an interface, each with its subnet."""
    return [(str(item["ip_address"]), text(item.get("subnet_id"))) for item in _items(interface.get("ip_assignments")) if item.get("ip_address")]


def is_external(interface: Row) -> bool:
    """Whether an interface is in the provider's own network with public addresses; where that is not told its addresses tell."""
    details = interface.get("network_details")
    told = flag(details["external"]) if isinstance(details, dict) and details.get("external") is not None else None
    if told is not None:
        return told
    known = [address for address, _subnet in addresses_on(interface) if address_family(address)]
    return bool(known) and all(address_scope(address) == "public" for address in known)


def floating_ips(scope: Scope, instance: Instance) -> dict[str, str]:
    """Ids of a server's floating IPs by address."""
    addresses = instance.facts.get("floating") or ()
    if not addresses:
        return {}
    rows = scope.pages(FLOATING_IPS, str(instance.region))
    return {str(row["floating_ip_address"]): str(row["id"]) for row in rows if row.get("floating_ip_address") in addresses and row.get("id")}


def _items(value: t.Any) -> list[Row]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _groups(value: t.Any) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(Ref(text(item.get("id")), text(item.get("name"))) for item in _items(value)))


def _lacking(ports: t.Sequence[Port], group: Ref) -> bool:
    return any(not port.carries(group) for port in ports)


def _uneven(ports: t.Sequence[Port]) -> bool:
    return any(set(port.groups) != set(ports[0].groups) for port in ports)
