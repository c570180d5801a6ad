# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups on the ports of a server, and its floating IPs (contract sections 5.11, 7.2 and 9)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.errors import ConflictError, NotFoundError, OptionError, RejectedError
from ..._core.model import Instance, Ref
from ..._core.normalise import flag, text
from ..._http.client import Call
from ..base import Context
from .api import ASSIGN, FLOATING_IPS, INSTANCE_GROUPS, INTERFACES, PORTS, TITLE, UNASSIGN, Api
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


class Firewalls:
    """Security groups per port.

    Args:
        send: sends a change, waiting for whatever task holds the server.
    """

    def __init__(self, api: Api, scope: Scope, catalogue: Catalogue, context: Context, send: Send) -> None:
        self._api = api
        self._scope = scope
        self._catalogue = catalogue
        self._context = context
        self._send = send

    def read(self, instance: Instance) -> Instance:
        """Fill in the ids of the groups; C(facts["uneven_firewalls"]) tells that ports carry different ones."""
        everywhere = self._ports(instance)
        if not everywhere:  # both keys of the port list are optional; the union is told elsewhere (section 7.2)
            return replace(instance, firewalls=in_order(_groups(self._api.everything(INSTANCE_GROUPS, self._scope.of(instance)))))
        ports = self._secured(instance, everywhere) or everywhere if _uneven(everywhere) else everywhere
        facts = {**instance.facts, "ports": everywhere, "uneven_firewalls": _uneven(ports)}
        return replace(instance, firewalls=in_order(group for port in ports for group in port.groups), facts=facts)

    def assign(self, instance: Instance, wanted: t.Sequence[Ref]) -> None:
        """Make C(wanted) the whole set on every port: add what is missing, then remove what is too much (reading 16)."""
        region = str(instance.region)
        names = [group.name or str(self._catalogue.group(region, str(group.id))["name"]) for group in wanted]
        everywhere = instance.facts.get("ports") or self._ports(instance) or [Port(None, instance.firewalls)]
        ports = self._secured(instance, everywhere)
        self.refuse_doubles(region, {*names, *(name for port in ports for name in port.names)})
        complete = len(ports) == len(everywhere)
        self._change(instance, ASSIGN, {port.id: [name for name in names if name not in port.names] for port in ports}, complete)
        surplus = {port.id: [name for name in port.names if name not in names] for port in ports}
        try:
            self._change(instance, UNASSIGN, surplus, complete)
        except (NotFoundError, RejectedError, ConflictError):
            left = {name for port in self._ports(instance) for name in port.names if name in surplus.get(port.id, ())}
            if left or None in surplus:
                raise

    def _ports(self, instance: Instance) -> list[Port]:
        rows = self._api.everything(PORTS, self._scope.of(instance))
        return [Port(text(row.get("id")), _groups(row.get("security_groups"))) for row in rows]

    def _secured(self, instance: Instance, ports: list[Port]) -> list[Port]:
        """The ports that heed groups; the others are reported (section 7.2)."""
        interfaces = self._api.pages(INTERFACES, self._scope.of(instance))
        open_ports = {text(row.get("port_id")) for row in interfaces if flag(row.get("port_security_enabled", True)) is False}
        ignoring = sorted(str(port.id) for port in ports if port.id in open_ports)
        if ignoring:
            self._context.warn(
                f"Port security is off on {', '.join(ignoring)} of instance {instance.name} ({instance.id}) at {TITLE}; firewalls do nothing there"
            )
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


def floating_ips(scope: Scope, instance: Instance) -> dict[str, str]:
    """Ids of a server's floating IPs by address."""
    addresses = instance.facts.get("floating") or ()
    if not addresses:
        return {}
    rows = scope.pages(FLOATING_IPS, str(instance.region))
    return {str(row["floating_ip_address"]): str(row["id"]) for row in rows if row.get("floating_ip_address") in addresses and row.get("id")}


def _groups(value: t.Any) -> tuple[Ref, ...]:
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return tuple(dict.fromkeys(Ref(text(item.get("id")), text(item.get("name"))) for item in items))


def _uneven(ports: t.Sequence[Port]) -> bool:
    return any(set(port.groups) != set(ports[0].groups) for port in ports)
