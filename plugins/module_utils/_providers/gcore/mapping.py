# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Gcore says about servers, in the words of the neutral model (contract sections 5.1 to 5.4).

Pure, and an allow-list: nothing unknown passes. Two vocabularies exist; the new name is read, else the old one.
"""

from __future__ import annotations

import typing as t
from decimal import Decimal, InvalidOperation

from ..._core.errors import ProtocolError
from ..._core.model import (
    ABSENT,
    BUILDING,
    DELETING,
    ERROR,
    REBOOTING,
    REBUILDING,
    RESCUE,
    RESIZING,
    RUNNING,
    STOPPED,
    SUSPENDED,
    UNKNOWN,
    Address,
    Firewall,
    Instance,
    Price,
    Ref,
)
from ..._core.normalise import address_family, address_scope, flag, integer, iso_utc, text
from ..._core.rules import ANY, GROUP, ICMP, IN, Difference, Rule, network
from ..openstack import everywhere, is_v6, protocol_of, rule_of
from .api import TITLE, Row

# Written by the platform, so neither compared nor removed (section 5.9); only needed where no flag tells.
PLATFORM_KEYS = frozenset(("image_id", "image_name", "os_distro", "os_version", "os_type", "task_id"))

NAME_TAG = "ansible_name"  # keeps our name of a server that the provider names by a template

_STATUSES = {
    "ACTIVE": RUNNING,
    "SHUTOFF": STOPPED,
    "SUSPENDED": SUSPENDED,
    "PAUSED": SUSPENDED,
    "SHELVED": SUSPENDED,
    "SHELVED_OFFLOADED": SUSPENDED,
    "BUILD": BUILDING,
    "REBOOT": REBOOTING,
    "HARD_REBOOT": REBOOTING,
    "RESIZE": RESIZING,
    "VERIFY_RESIZE": RESIZING,
    "REVERT_RESIZE": RESIZING,
    "REBUILD": REBUILDING,
    "MIGRATING": RUNNING,
    "PASSWORD": RUNNING,
    "RESCUE": RESCUE,
    "ERROR": ERROR,
    "DELETED": ABSENT,
    "SOFT_DELETED": ABSENT,
}
# RESCUE is not among them: section 5.3 treats it as pending.
_SETTLED = ("ACTIVE", "SHUTOFF", "SUSPENDED", "PAUSED", "SHELVED", "SHELVED_OFFLOADED", "ERROR", "DELETED", "SOFT_DELETED")
_DELETING = ("deleting", "soft-deleting")  # task_state


def instance_of(row: Row, *, account: str, region: str) -> Instance:
    """A server from a row of the list or the answer of get.

    C(disk_gb) is never in it, tags are not in every vocabulary; both are then named in C(not_read).

    Raises:
        ProtocolError: it has no id.
    """
    identity = text(_either(row, "id", "instance_id"))
    if identity is None:
        raise ProtocolError(f"{TITLE} told of an instance without an id")
    word = (text(row.get("status")) or "").upper()
    moving = text(row.get("task_state"))
    status = _STATUSES.get(word, UNKNOWN)
    held_by = text(row.get("task_id"))
    named = row.get("addresses")
    made_of = row.get("flavor")
    flavor: Row = made_of if isinstance(made_of, dict) else {"flavor_id": made_of}
    tags = tags_of(row)
    own, platform = tags or ({}, {})
    return Instance(
        provider="gcore",
        account=account,
        id=identity,
        name=text(_either(row, "name", "instance_name")),
        region=region,
        status=DELETING if moving in _DELETING and status != ABSENT else status,
        provider_status=word or None,
        rescue=status == RESCUE,
        image=platform.get("image_name"),
        image_id=platform.get("image_id"),
        size=text(flavor.get("flavor_id")),
        cpu=integer(flavor.get("vcpus")),
        memory_mb=integer(flavor.get("ram")),
        addresses=_addresses(row),
        tags=own,
        firewalls=_firewalls(row),
        network=next(iter(named), None) if isinstance(named, dict) else None,
        created_at=iso_utc(_either(row, "created_at", "instance_created")),
        not_read=("disk_gb",) if tags else ("disk_gb", "tags"),
        settled=word in _SETTLED and moving is None and held_by is None,
        networks=tuple(Ref(name=name) for name in named) if isinstance(named, dict) and named else None,
        ssh_keys=_ssh_keys(row),
        facts={
            "own_name": platform.get(NAME_TAG),
            "task_id": held_by,
            "at_work": held_by or (text(row.get("creator_task_id")) if status == BUILDING else None),
            "volumes": _volumes(row),
            "floating": tuple(address for address, kind in _listed_addresses(row) if kind == "floating"),
            "one_port": len([kind for _address, kind in _listed_addresses(row) if kind == "fixed"]) == 1,
        },
    )


def _either(row: Row, new: str, old: str) -> t.Any:
    return row[new] if row.get(new) is not None else row.get(old)


def _items(value: t.Any) -> list[Row]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# -- addresses ----------------------------------------------------------------------------------------------------------


def _listed_addresses(row: Row) -> list[tuple[str, str]]:
    """Each address with its type, once."""
    named = row.get("addresses")
    listed = [item for items in named.values() for item in _items(items)] if isinstance(named, dict) else []
    return list({str(item["addr"]): str(item.get("type")) for item in listed if address_family(str(item.get("addr")))}.items())


def _addresses(row: Row) -> tuple[Address, ...]:
    """Public is what floats, what is assigned as external, else what is globally routable (section 9)."""
    assigned = {str(item.get("ip_address")): flag(item["external"]) for item in _items(row.get("fixed_ip_assignments")) if item.get("external") is not None}
    found: list[tuple[str, str, str]] = []
    for address, kind in _listed_addresses(row):
        public = kind == "floating" or assigned.get(address, address_scope(address) == "public")
        found.append((address, str(address_family(address)), "public" if public else "private"))
    # min() keeps the provider's order among equals: the first public IPv4 address, else the first public one, else the first
    primary = min(found, key=lambda item: (item[2] != "public", item[1] != "ipv4"), default=None)
    return tuple(Address(address, family, scope, primary=(address, family, scope) == primary) for address, family, scope in found)


# -- tags ---------------------------------------------------------------------------------------------------------------


def tags_of(row: Row) -> tuple[dict[str, str], dict[str, str]] | None:
    """The user's own tags and the platform's; None when the row shows none in any form (reading 14)."""
    for key in ("tags", "metadata_detailed", "metadata"):
        value = row.get(key)
        if isinstance(value, dict):
            return split_tags([{"key": name, "value": word} for name, word in value.items()])
        if isinstance(value, list):
            return split_tags(_items(value))
    return None


def split_tags(items: t.Iterable[Row]) -> tuple[dict[str, str], dict[str, str]]:
    """Triples of key, value and C(read_only) as the user's own tags and those that are none of the user's: the platform's, and our name."""
    own: dict[str, str] = {}
    platform: dict[str, str] = {}
    for item in items:
        key = text(item.get("key"))
        if key is None:
            continue
        read_only = flag(item["read_only"]) if item.get("read_only") is not None else key in PLATFORM_KEYS
        value = item.get("value")
        (platform if read_only or key == NAME_TAG else own)[key] = "" if value is None else str(value)
    return own, platform


# -- security groups ------------------------------------------------------------------------------------------------------

GROUP_V6 = "/ipv6"  # a rule about a group is about one ethertype, IPv4 unless the peer ends so
_RULE_FIELDS = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id", "description")


def firewall_of(row: Row, region: str) -> Firewall:
    """A security group with its rules (section 7.1).

    Raises:
        ProtocolError: it has no id, or a rule about something that is no network.
    """
    identity = text(row.get("id"))
    if identity is None:
        raise ProtocolError(f"{TITLE} told of a security group without an id")
    name = text(row.get("name"))
    rules = tuple(_rule_of(rule) for rule in _items(row.get("security_group_rules")))
    return Firewall("gcore", identity, name, text(row.get("description")) or "", region, rules=rules, standard=name == "default")


def _rule_of(row: Row) -> Rule:
    group, prefix = text(row.get("remote_group_id")), text(row.get("remote_ip_prefix"))
    if group is not None:
        return rule_of(row, f"{GROUP}{group}{GROUP_V6 if is_v6(row) else ''}")
    try:
        return rule_of(row, network(prefix) if prefix else everywhere(row))
    except ValueError as exc:
        raise ProtocolError(f"{TITLE} told of a rule about {prefix!r}, which is no network") from exc


def rule_row(rule: Rule) -> Row:
    """A rule as a create or an update takes it; what is left out is null."""
    group = rule.peer.removeprefix(GROUP) if rule.peer.startswith(GROUP) else None
    v6 = rule.family == "ipv6" if group is None else group.endswith(GROUP_V6)
    row = {
        "direction": "ingress" if rule.direction == IN else "egress",
        "ethertype": "IPv6" if v6 else "IPv4",
        "protocol": _protocol_word(rule.protocol, v6),
        "port_range_min": rule.low,
        "port_range_max": rule.high,
        "remote_ip_prefix": rule.peer if group is None else None,
        "remote_group_id": group.removesuffix(GROUP_V6) if group else None,
        "description": rule.description or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def changed_rules(row: Row, change: Difference) -> list[Row]:
    """The whole set of rules of a group once a difference is made up for; what stays goes back as it came.

    Raises:
        ProtocolError: the group does not tell its rules, so that a whole set would delete them unseen (H3).
    """
    if "security_group_rules" not in row:
        raise ProtocolError(f"{TITLE} told of security group {row.get('id')} without its rules, so nothing was changed")
    dropped = {rule.key for rule in (*change.removed, *change.described)}
    present = [(rule, _rule_of(rule)) for rule in _items(row.get("security_group_rules"))]
    stays = [_kept(raw) for raw, rule in present if rule.key not in dropped]
    there = {rule.key for _raw, rule in present} - dropped
    return stays + [rule_row(rule) for rule in (*change.added, *change.described) if rule.key not in there]


def _kept(row: Row) -> Row:
    """A rule as it came, which its null fields belong to, but with protocols and ports as a request takes them: names and integers (section 7.1)."""
    said = {key: row[key] for key in _RULE_FIELDS if row.get(key) is not None and row[key] != ""}
    ports: Row = {key: integer(said[key]) for key in ("port_range_min", "port_range_max") if key in said}
    protocol = _protocol_word(protocol_of(row), is_v6(row))
    return {**{key: value for key, value in said.items() if key != "protocol"}, **ports, **({"protocol": protocol} if protocol else {})}


def _protocol_word(protocol: str, v6: bool) -> str | None:
    """The provider's name of a protocol; None for all of them."""
    return {ANY: None, ICMP: "ipv6-icmp" if v6 else ICMP}.get(protocol, protocol)


# -- what hangs on a server ---------------------------------------------------------------------------------------------


def _firewalls(row: Row) -> tuple[Ref, ...]:
    """Names only, one a port, so repeats occur (section 5.1)."""
    names = (text(item.get("name")) for item in _items(row.get("security_groups")))
    return in_order(Ref(name=name) for name in names if name)


def in_order(groups: t.Iterable[Ref]) -> tuple[Ref, ...]:
    """Each security group once, by name."""
    return tuple(sorted(dict.fromkeys(groups), key=str))


def _ssh_keys(row: Row) -> tuple[Ref, ...] | None:
    """The key it was made with; None where the provider does not say."""
    if "ssh_key_name" not in row and "keypair_name" not in row:
        return None
    name = text(_either(row, "ssh_key_name", "keypair_name"))
    return (Ref(name=name),) if name else ()


def _volumes(row: Row) -> tuple[tuple[str, bool], ...] | None:
    """Ids of the attached volumes, and whether each goes when the server goes; None where the row does not say."""
    if not isinstance(row.get("volumes"), list):
        return None
    return tuple((str(item["id"]), bool(flag(item.get("delete_on_termination")))) for item in _items(row["volumes"]) if item.get("id"))


def price_of(flavor: Row) -> Price | None:
    """What a flavor costs; None where nothing or zero is listed (trial accounts see 0)."""
    for key, period in (("price_per_month", "month"), ("price_per_hour", "hour")):
        amount = _amount(flavor.get(key))
        if amount:
            return Price(amount, text(flavor.get("currency_code")), period)
    return None


def _amount(value: t.Any) -> str | None:
    """A positive number in decimal notation with at least two places."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if isinstance(value, bool) or not number.is_finite() or number <= 0:
        return None
    whole, _point, places = format(number.normalize(), "f").partition(".")
    return f"{whole}.{places:0<2}"
