# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security group rules as OpenStack has them, which more than one provider shows.

Pure. They only allow; null means all, protocols may be numbers as text, and the ports of icmp are type and code.
"""

from __future__ import annotations

import typing as t

from .._core.normalise import integer, text
from .._core.rules import ANY, EVERYWHERE, ICMP, IN, OUT, TCP, UDP, Rule

_NUMBERS = {"0": ANY, "1": ICMP, "6": TCP, "17": UDP}
_ICMP_V6 = ("ipv6-icmp", "icmpv6", "58")
_OTHERS = ("ah", "dccp", "egp", "esp", "gre", "igmp", "ipip", "ospf", "pgm", "rsvp", "sctp", "udplite", "vrrp")


def is_v6(row: t.Mapping[str, t.Any]) -> bool:
    """Whether a rule is about IPv6; IPv4 is the default."""
    return (text(row.get("ethertype")) or "").lower() == "ipv6"


def everywhere(row: t.Mapping[str, t.Any]) -> str:
    """The peer of a rule that names none: everything of its ethertype."""
    return EVERYWHERE[is_v6(row)]


def rule_of(row: t.Mapping[str, t.Any], peer: str) -> Rule:
    """A rule about C(peer); a protocol without a neutral name keeps its own."""
    protocol = protocol_of(row)
    low, high = integer(row.get("port_range_min")), integer(row.get("port_range_max"))
    if high is None and protocol != ICMP:
        high = low
    direction = (text(row.get("direction")) or "").lower()
    return Rule(OUT if direction.startswith(("e", "out")) else IN, protocol, low, high, peer, description=text(row.get("description")) or "")


def protocol_of(row: t.Mapping[str, t.Any]) -> str:
    """The neutral name of a rule's protocol, where there is one."""
    word = (text(row.get("protocol")) or ANY).lower()
    if word in _ICMP_V6 and is_v6(row):
        return ICMP
    return _NUMBERS.get(word, word)


def is_protocol(word: str) -> bool:
    """Whether a protocol that somebody wants is one, by a neutral name, by its own or by its number."""
    return word in (TCP, UDP, ICMP, ANY, *_OTHERS) or (word.isdecimal() and word not in (*_NUMBERS, *_ICMP_V6) and int(word) < 256)
