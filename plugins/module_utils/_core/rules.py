# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall rules in one form: whatever means the same is the same.

Pure. A C(Rule) has one peer, so that splitting or joining addresses between rules makes no difference; users write and read
rules with several addresses. C(parse) reads what users write, C(public) writes what they read, and C(parse(public(x))) is x.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass, replace

from .errors import OptionError
from .normalise import one_line

IN, OUT = "in", "out"
ALLOW, DENY = "allow", "deny"
TCP, UDP, ICMP, ANY = "tcp", "udp", "icmp", "any"
PROTOCOLS = (TCP, UDP, ICMP, ANY)

EVERYWHERE = ("0.0.0.0/0", "::/0")
GROUP = "group:"  # a peer that is not an address but the members of another firewall

LAST_PORT = 65535
LAST_ICMP = 255

Key = tuple[str, str, str, "int | None", "int | None", str]


@dataclass(frozen=True)
class Rule:
    """One rule about one peer.

    Args:
        direction: C(in) or C(out).
        protocol: one of PROTOCOLS, or a provider's own word for another one.
        low, high: the ports; None for all. With icmp the type and the code, None for all.
        peer: a network in its canonical spelling, or C(group:) and the id of another firewall.
        action: C(allow) or C(deny).
        description: None is not managed.
    """

    direction: str
    protocol: str
    low: int | None
    high: int | None
    peer: str
    action: str = ALLOW
    description: str | None = None

    @property
    def key(self) -> Key:
        """What makes it another rule; the description does not."""
        return (self.direction, self.action, self.protocol, self.low, self.high, self.peer)

    @property
    def ports(self) -> str | None:
        """The form users see."""
        if self.low is None:
            return None
        one = self.high is None or (self.protocol != ICMP and self.high == self.low)
        return str(self.low) if one else f"{self.low}-{self.high}"

    @property
    def family(self) -> str | None:
        """C(ipv4) or C(ipv6); None for a peer that is no address."""
        return None if self.peer.startswith(GROUP) else "ipv6" if ":" in self.peer else "ipv4"


@dataclass(frozen=True)
class Difference:
    """What has to change: rules to add, rules to remove, and rules whose description differs (as they shall be)."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    described: tuple[Rule, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.described)


# -- reading what users write ---------------------------------------------------------------------------------------------


def parse(options: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[Rule, ...]:
    """The rules of an option C(rules), canonical: each once, sorted.

    Raises:
        OptionError: names the rule by its position and what is wrong with it.
    """
    found: list[Rule] = []
    for position, option in enumerate(options, 1):
        try:
            found += _parse_one(option)
        except ValueError as exc:
            raise OptionError(f"rules: number {position}: {exc}", hint="See the documentation of rules.", option="rules") from None
    return canonical(found)


def _parse_one(option: t.Mapping[str, t.Any]) -> list[Rule]:
    protocol = str(option.get("protocol") or TCP).strip().lower()
    low, high = parse_ports(option.get("ports"), protocol)
    addresses = option.get("addresses")
    if addresses == []:
        raise ValueError("addresses must not be empty; leave it out for everywhere")
    peers = [peer for address in (addresses if addresses is not None else [ANY]) for peer in parse_peer(str(address))]
    direction, action = str(option.get("direction") or IN), str(option.get("action") or ALLOW)
    return [Rule(direction, protocol, low, high, peer, action, option.get("description")) for peer in peers]


def parse_ports(value: t.Any, protocol: str) -> tuple[int | None, int | None]:
    """C("22"), C("8000-8100"), with icmp C("8") or C("8-0"); None where there are none.

    Raises:
        ValueError: it is none of these, or the protocol is C(any).
    """
    if value is None or str(value).strip() == "":
        return None, None
    spelt = re.fullmatch(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?", str(value))
    if spelt is None:
        raise ValueError(f"ports {str(value)!r} is neither a port nor a range such as 8000-8100")
    low, high = int(spelt[1]), int(spelt[2]) if spelt[2] else None
    if protocol == ICMP:
        if low > LAST_ICMP or (high or 0) > LAST_ICMP:
            raise ValueError(f"ports {str(value)!r}: with icmp it is type or type-code, each at most {LAST_ICMP}")
        return low, high
    if protocol == ANY:
        raise ValueError("ports need a protocol, and any has none")
    high = low if high is None else high
    if not 1 <= low <= high <= LAST_PORT:
        raise ValueError(f"ports {str(value)!r} is no range between 1 and {LAST_PORT}")
    return low, high


def parse_peer(address: str) -> tuple[str, ...]:
    """A network, a bare address, C(any), or C(group:ID), as canonical peers.

    Raises:
        ValueError: it is none of these.
    """
    word = address.strip()
    if word.lower() == ANY:
        return EVERYWHERE
    beginning = len(GROUP)
    group = word[beginning:].strip()
    if word.lower().startswith(GROUP) and group:
        return (f"{GROUP}{group}",)
    try:
        return (network(word),)
    except ValueError:
        raise ValueError(f"address {address!r} is neither an address nor a network such as 192.0.2.0/24") from None


def network(value: str) -> str:
    """The canonical spelling of a network; a bare address is one of its own, and bits behind the prefix are dropped.

    Raises:
        ValueError: it is no network, or one of a single machine's interface (C(%eth0)).
    """
    if "%" in value:
        raise ValueError(value)
    return str(ipaddress.ip_network(value.strip(), strict=False))


def canonical(rules: t.Iterable[Rule]) -> tuple[Rule, ...]:
    """Each rule once, sorted. Of several descriptions of one rule the first in the alphabet stands, so that order does not matter."""
    found: dict[Key, Rule] = {}
    for rule in rules:
        known = found.get(rule.key)
        told = [each for each in (rule.description, known.description if known else None) if each is not None]
        found[rule.key] = replace(rule, description=min(told) if told else None)
    return tuple(sorted(found.values(), key=_order))


def _order(rule: Rule) -> tuple[t.Any, ...]:
    return (
        rule.direction,
        rule.protocol,
        -1 if rule.low is None else rule.low,
        -1 if rule.high is None else rule.high,
        rule.action,
        rule.description or "",
        _peer_order(rule.peer),
    )


def _peer_order(peer: str) -> tuple[int, int, int, str]:
    if peer.startswith(GROUP):
        return (9, 0, 0, peer)
    net = ipaddress.ip_network(peer)
    return (net.version, int(net.network_address), net.prefixlen, "")


# -- writing what users read ----------------------------------------------------------------------------------------------


def public(rules: t.Iterable[Rule]) -> list[dict[str, t.Any]]:
    """The rules as results show them: those that differ only in their peer are one rule with several addresses."""
    return [
        {
            "direction": first.direction,
            "protocol": first.protocol,
            "ports": first.ports,
            "addresses": addresses,
            "action": first.action,
            "description": first.description or "",
        }
        for first, addresses in _joined(rules)
    ]


def lines(rules: t.Iterable[Rule]) -> list[str]:
    """The rules as a person reads them, sorted: one a line and peer, so that one more address is one more line."""
    told = []
    for first, addresses in _joined(rules):
        everywhere = set(EVERYWHERE) <= set(addresses)
        peers = [*(["anywhere"] if everywhere else []), *(address for address in addresses if not (everywhere and address in EVERYWHERE))]
        way = "to" if first.direction == OUT else "from"
        ports = f" {first.ports}" if first.ports else ""
        remark = f" ({one_line(first.description)})" if first.description else ""
        told += [f"{first.action} {first.direction} {first.protocol}{ports} {way} {peer}{remark}" for peer in peers]
    return sorted(told)


def _joined(rules: t.Iterable[Rule]) -> list[tuple[Rule, list[str]]]:
    groups: dict[tuple[t.Any, ...], list[Rule]] = {}
    for rule in canonical(rules):
        groups.setdefault((*rule.key[:-1], rule.description or ""), []).append(rule)
    return [(group[0], [rule.peer for rule in group]) for group in groups.values()]


# -- comparing ------------------------------------------------------------------------------------------------------------


def difference(wanted: t.Iterable[Rule], current: t.Iterable[Rule], *, purge: bool = True) -> Difference:
    """What makes C(current) hold C(wanted), and with C(purge) nothing else."""
    now = {rule.key: rule for rule in canonical(current)}
    then = {rule.key: rule for rule in canonical(wanted)}
    return Difference(
        tuple(rule for key, rule in then.items() if key not in now),
        tuple(rule for key, rule in now.items() if purge and key not in then),
        tuple(rule for key, rule in then.items() if key in now and rule.description is not None and rule.description != (now[key].description or "")),
    )


def after(current: t.Iterable[Rule], change: Difference) -> tuple[Rule, ...]:
    """The rules once the difference is made up for."""
    dropped = {rule.key for rule in (*change.removed, *change.described)}
    return canonical([*(rule for rule in current if rule.key not in dropped), *change.described, *change.added])


def opens(rules: t.Iterable[Rule], port: int) -> bool:
    """Whether a TCP port is open from everywhere, be it for one address family."""
    return bool(_opening(canonical(rules), port))


def closed(before: t.Iterable[Rule], then: t.Iterable[Rule], port: int) -> tuple[Rule, ...]:
    """The rules by which a TCP port is open from everywhere before, and which open it to that address family no longer then.

    A rule that denies the same wins, whatever its place: providers do not tell an order that could be relied on.
    """
    still = {rule.peer for rule in _opening(canonical(then), port)}
    return tuple(rule for rule in _opening(canonical(before), port) if rule.peer not in still)


def _opening(rules: t.Sequence[Rule], port: int) -> list[Rule]:
    covering = [rule for rule in rules if rule.direction == IN and rule.peer in EVERYWHERE and _covers(rule, port)]
    denied = {rule.peer for rule in covering if rule.action == DENY}
    return [rule for rule in covering if rule.action == ALLOW and rule.peer not in denied]


def _covers(rule: Rule, port: int) -> bool:
    if rule.protocol != TCP:
        return rule.protocol == ANY
    return rule.low is None or rule.low <= port <= (rule.high or rule.low)
