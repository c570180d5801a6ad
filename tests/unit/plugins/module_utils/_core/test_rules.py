# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall rules: one form for all spellings, which allows the very same packets."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._core import rules
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.rules import Rule

Options = dict[str, t.Any]

quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


# -- a packet oracle, which shares nothing with the code but the options' meaning ------------------------------------------


@dataclass(frozen=True)
class Packet:
    """One packet: with ICMP C(first) and C(second) are type and code, else C(first) is the port; the other end is an address or a group."""

    direction: str
    protocol: str
    first: int
    second: int
    address: int | None
    version: int = 4
    group: str = ""


def verdicts(options: t.Iterable[Options], packet: Packet) -> set[str]:
    """The actions of all rules, as users write them, that are about a packet."""
    return {rule.get("action", "allow") for rule in options if is_about(rule, packet)}


def is_about(rule: Options, packet: Packet) -> bool:
    protocol = str(rule.get("protocol", "tcp")).strip().lower()
    if rule.get("direction", "in") != packet.direction or protocol not in ("any", packet.protocol):
        return False
    ports = [int(part) for part in str(rule["ports"]).split("-")] if rule.get("ports") is not None else []
    if protocol == "icmp" and ports != [packet.first, packet.second][: len(ports)]:
        return False
    if protocol != "icmp" and ports and not ports[0] <= packet.first <= ports[-1]:
        return False
    return any(holds(address, packet) for address in (rule["addresses"] if rule.get("addresses") is not None else ["any"]))


def holds(address: str, packet: Packet) -> bool:
    word = address.strip()
    if word.startswith("group:"):
        return packet.group == word.partition(":")[2]
    if packet.address is None:
        return False
    if word.lower() == "any":
        return True
    host, _slash, length = word.partition("/")
    version = 6 if ":" in host else 4
    bits = 128 if version == 6 else 32
    shift = bits - int(length or bits)
    number = int(ipaddress.IPv6Address(host)) if version == 6 else int.from_bytes(bytes(int(part) for part in host.split(".")), "big")
    return packet.version == version and packet.address >> shift == number >> shift


# -- rules and the ways to write them ---------------------------------------------------------------------------------------

EDGES = [0, 1, 2**24, 2**31, 2**32 - 1]
PORTS = [1, 21, 22, 23, 8000, 8050, 8100, 65534, 65535]


@dataclass(frozen=True)
class Meaning:
    """What one rule means, before anybody writes it down; a network is its version, its number and its length."""

    direction: str
    protocol: str
    low: int | None
    high: int | None
    peers: tuple[tuple[int, int, int] | str, ...]
    action: str
    description: str


networks = st.one_of(
    st.tuples(st.just(4), st.sampled_from(EDGES), st.sampled_from([0, 1, 8, 24, 31, 32])),
    st.tuples(st.just(6), st.sampled_from([0, 1, 2**64, 2**127, 2**128 - 1]), st.sampled_from([0, 1, 32, 64, 127, 128])),
)
peers = st.one_of(networks, st.sampled_from(["any", "group:g1", "group:g2"]))


@st.composite
def meanings(draw: st.DrawFn) -> Meaning:
    protocol = draw(st.sampled_from(["tcp", "udp", "icmp", "any"]))
    low = draw(st.one_of(st.none(), st.sampled_from([0, 3, 8, 255]))) if protocol == "icmp" else draw(st.one_of(st.none(), st.sampled_from(PORTS)))
    high = None
    if protocol == "any":
        low = None
    elif low is not None:
        high = draw(st.one_of(st.none(), st.sampled_from([0, 4, 255]))) if protocol == "icmp" else draw(st.sampled_from([p for p in PORTS if p >= low]))
    return Meaning(
        draw(st.sampled_from(["in", "out"])),
        protocol,
        low,
        high,
        tuple(draw(st.lists(peers, min_size=1, max_size=4))),
        draw(st.sampled_from(["allow", "allow", "deny"])),
        draw(st.sampled_from(["", "web", "ssh, office"])),
    )


def address(draw: st.DrawFn, peer: tuple[int, int, int] | str) -> list[str]:
    """One of the spellings of a peer."""
    if isinstance(peer, str):
        ways = [["any"], [" ANY "], ["0.0.0.0/0", "::/0"], ["::/0", "0.0.0.0/0"]] if peer == "any" else [[peer], [f" {peer} "]]
        return draw(st.sampled_from(ways))
    version, number, length = peer
    host: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number)
    shift = host.max_prefixlen - length
    first = type(host)(number >> shift << shift)
    spellings = [str(host), str(first), host.exploded, first.exploded.upper()]
    spelt = [f"{each}/{length}" for each in spellings]
    return [draw(st.sampled_from([*spelt, *(spellings if shift == 0 else [])]))]


def ports(draw: st.DrawFn, meaning: Meaning) -> t.Any:
    low, high = meaning.low, meaning.high
    if low is None:
        return draw(st.sampled_from([None, "", " "]))
    if meaning.protocol == "icmp":
        return str(low) if high is None else draw(st.sampled_from([f"{low}-{high}", f" {low} - {high} "]))
    return draw(st.sampled_from([f"{low}-{high}", f" {low} - {high}", *([str(low), low, f" {low} "] if low == high else [])]))


def written(draw: st.DrawFn, meant: t.Sequence[Meaning]) -> list[Options]:
    """One of the ways to write rules down: any order, addresses split or joined, any spelling."""
    options: list[Options] = []
    for meaning in meant:
        spelt = [each for peer in meaning.peers for each in address(draw, peer)]
        cut = draw(st.integers(0, len(spelt)))
        for part in (spelt[:cut], spelt[cut:]):
            if part or meaning.peers == ():
                rule: Options = {"addresses": draw(st.permutations(part)), "description": meaning.description, "ports": ports(draw, meaning)}
                protocol = draw(st.sampled_from([meaning.protocol, meaning.protocol.upper()]))
                for key, value, default in (
                    ("direction", meaning.direction, "in"),
                    ("protocol", protocol, "tcp"),
                    ("action", meaning.action, "allow"),
                ):
                    if value != default or draw(st.booleans()):
                        rule[key] = value
                if {*part} == {"any"} and draw(st.booleans()):
                    del rule["addresses"]
                options.append(rule)
    return draw(st.permutations(options))


@st.composite
def twice(draw: st.DrawFn) -> tuple[list[Options], list[Options]]:
    """The same rules, written down twice."""
    meant = draw(st.lists(meanings(), max_size=4))
    return written(draw, meant), written(draw, meant)


def packets(*options: t.Iterable[Options]) -> list[Packet]:
    """Packets on both sides of every edge that the rules have."""
    outermost = [(4, 0), (4, 2**32 - 1), (6, 0), (6, 2**128 - 1)]
    addresses: set[tuple[int, int]] = set()
    numbers = {22, 500}
    for rule in (each for some in options for each in some):
        numbers |= {int(part) + step for part in str(rule.get("ports") or "7").split("-") if part.strip() for step in (-1, 0, 1)}
        for word in rule.get("addresses") or []:
            if "." in word or ":" in word.replace("group:", ""):
                network = ipaddress.ip_network(word.strip(), strict=False)
                edges = (int(network[0]), int(network[-1]))
                addresses |= {(network.version, edge + step) for edge in edges for step in (-1, 0, 1) if 0 <= edge + step < 2**network.max_prefixlen}
    near = sorted(addresses)[:: len(addresses) // 10 + 1]
    ends = [(address, version, "") for version, address in [*outermost, *near]] + [(None, 4, group) for group in ("g1", "g2", "g3")]
    some = sorted(number for number in numbers if 0 <= number <= 65535)[:12]
    return [
        Packet(direction, protocol, first, second, address, version, group)
        for direction in ("in", "out")
        for protocol in ("tcp", "udp", "icmp", "sctp")
        for first in some
        for second in ((0, 4, 9) if protocol == "icmp" else (0,))
        for address, version, group in ends
    ]


def plain(options: t.Iterable[Options]) -> list[Options]:
    """Without blanks for nothing, which the oracle does not know."""
    return [{**rule, "ports": None if str(rule.get("ports") or "").strip() == "" else rule["ports"]} for rule in options]


def no_doubled_descriptions(found: t.Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules without their descriptions: of several for one rule only one can stay."""
    return rules.canonical(replace(rule, description=None) for rule in found)


# -- properties -------------------------------------------------------------------------------------------------------------


@quick
@given(twice())
def test_spelling_order_and_splitting_do_not_matter(options: tuple[list[Options], list[Options]]) -> None:
    first, second = (rules.parse(some) for some in options)
    assert no_doubled_descriptions(first) == no_doubled_descriptions(second)
    change = rules.difference(first, second)
    assert change.added == change.removed == ()


@quick
@given(twice())
def test_the_canonical_form_is_one(options: tuple[list[Options], list[Options]]) -> None:
    found = rules.parse(options[0])
    assert rules.canonical(found) == found
    assert rules.canonical(reversed(found)) == found
    assert rules.parse(rules.public(found)) == found
    assert rules.public(rules.parse(rules.public(found))) == rules.public(found)
    assert not rules.difference(found, found)


@quick
@given(twice())
def test_the_packets_allowed_stay_the_same(options: tuple[list[Options], list[Options]]) -> None:
    first, second = (plain(some) for some in options)
    shown = rules.public(rules.parse(options[0]))
    for packet in packets(first):
        assert verdicts(first, packet) == verdicts(second, packet) == verdicts(shown, packet), packet


@quick
@given(twice(), twice(), st.booleans())
def test_a_difference_leads_there_and_no_further(one: tuple[list[Options], list[Options]], other: tuple[list[Options], list[Options]], purge: bool) -> None:
    wanted, current = rules.parse(one[0]), rules.parse(other[0])
    change = rules.difference(wanted, current, purge=purge)
    after = rules.after(current, change)
    assert not rules.difference(wanted, after, purge=purge)
    expected = {rule.key for rule in wanted} | (set() if purge else {rule.key for rule in current})
    assert {rule.key for rule in after} == expected
    assert {rule.key for rule in change.added}.isdisjoint(rule.key for rule in current)
    assert {rule.key for rule in change.removed} <= {rule.key for rule in current}
    if not purge:
        assert change.removed == ()


@quick
@given(twice())
def test_lines_tell_every_difference(options: tuple[list[Options], list[Options]]) -> None:
    found = rules.parse(options[0])
    lines = rules.lines(found)
    assert lines == sorted(lines)
    assert lines == rules.lines(rules.parse(rules.public(found)))
    for rule in found:
        assert rules.lines(each for each in found if each != rule) != lines


doors = st.lists(
    st.builds(
        lambda protocol, action, addresses: {**protocol, "action": action, "addresses": addresses},
        st.sampled_from(
            [{"protocol": "any"}, {"ports": None}, {"ports": "22"}, {"ports": "20-30"}, {"ports": "23"}, {"protocol": "udp"}, {"direction": "out"}]
        ),
        st.sampled_from(["allow", "allow", "deny"]),
        st.sampled_from([["any"], ["0.0.0.0/0"], ["::/0"], ["0.0.0.0/0", "10.0.0.0/8"], ["group:g1"], ["0.0.0.0/1"]]),
    ),
    max_size=3,
)


@quick
@given(doors, doors)
def test_a_closed_port_is_what_the_oracle_says(before: list[Options], then: list[Options]) -> None:
    def is_open(options: list[Options], number: int, version: int) -> bool:
        whole = [{**rule, "addresses": [each for each in rule["addresses"] if each in ("any", "0.0.0.0/0", "::/0")]} for rule in options]
        return verdicts(whole, Packet("in", "tcp", 22, 0, number, version)) == {"allow"}

    lost = {rule.family for rule in rules.closed(rules.parse(before), rules.parse(then), 22)}
    for family, version, top in (("ipv4", 4, 2**32 - 1), ("ipv6", 6, 2**128 - 1)):
        was, stays = (all(is_open(options, number, version) for number in (0, top)) for options in (before, then))
        assert (family in lost) is (was and not stays)
        assert rules.opens(rules.parse(before), 22) or not was


# -- examples ---------------------------------------------------------------------------------------------------------------


def one(**option: t.Any) -> Rule:
    """The single rule of an option."""
    (rule,) = rules.parse([{"addresses": ["10.0.0.0/8"], **option}])
    return rule


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ({"ports": "22"}, "22"),
        ({"ports": "22-22"}, "22"),
        ({"ports": 22}, "22"),
        ({"ports": "8000-8100"}, "8000-8100"),
        ({"protocol": "ICMP", "ports": "8"}, "8"),
        ({"protocol": "icmp", "ports": "3-3"}, "3-3"),
        ({"protocol": "icmp", "ports": "8-0"}, "8-0"),
        ({"protocol": "icmp"}, None),
        ({"protocol": "any"}, None),
        ({"protocol": "sctp", "ports": "100-200"}, "100-200"),
    ],
)
def test_ports(option: Options, shown: str | None) -> None:
    assert one(**option).ports == shown


@pytest.mark.parametrize(
    "option",
    [
        {"ports": "0"},
        {"ports": "65536"},
        {"ports": "100-22"},
        {"ports": "ssh"},
        {"ports": "22,80"},
        {"ports": "-5"},
        {"ports": "22-"},
        {"ports": "٢٢"},
        {"protocol": "any", "ports": "22"},
        {"protocol": "icmp", "ports": "256"},
        {"protocol": "icmp", "ports": "8-256"},
        {"addresses": []},
        {"addresses": ["example.org"]},
        {"addresses": ["10.0.0.0/33"]},
        {"addresses": ["fe80::1%eth0"]},
        {"addresses": ["group:"]},
        {"addresses": [""]},
    ],
)
def test_what_is_no_rule_is_refused_by_its_position(option: Options) -> None:
    with pytest.raises(OptionError, match=r"^rules: number 2: ") as failure:
        rules.parse([{"ports": "22"}, {**option}])
    assert failure.value.facts["option"] == "rules"


def test_a_rule_without_addresses_is_about_both_families() -> None:
    assert rules.public(rules.parse([{"ports": "22"}])) == [
        {"direction": "in", "protocol": "tcp", "ports": "22", "addresses": ["0.0.0.0/0", "::/0"], "action": "allow", "description": ""}
    ]


def test_type_and_code_of_icmp_are_rules_of_their_own() -> None:
    found = rules.parse([{"protocol": "icmp", "ports": ports} for ports in ("8", "8-0", "8-8", None)])
    assert len({rule.key for rule in found}) == 8  # each for two families


def test_lines_are_for_people() -> None:
    found = rules.parse(
        [
            {"ports": "22", "addresses": ["192.0.2.1", "10.0.0.0/8"], "description": "office\n and  home"},
            {"ports": "443"},
            {"protocol": "any", "direction": "out"},
            {"protocol": "icmp", "ports": "8", "addresses": ["0.0.0.0/0"]},
            {"ports": "5432", "addresses": ["group:db"], "action": "deny"},
            {"ports": "80", "addresses": ["any", "10.0.0.0/8"]},
        ]
    )
    assert rules.lines(found) == [
        "allow in icmp 8 from 0.0.0.0/0",
        "allow in tcp 22 from 10.0.0.0/8 (office and home)",
        "allow in tcp 22 from 192.0.2.1/32 (office and home)",
        "allow in tcp 443 from anywhere",
        "allow in tcp 80 from 10.0.0.0/8",
        "allow in tcp 80 from anywhere",
        "allow out any to anywhere",
        "deny in tcp 5432 from group:db",
    ]


def test_a_description_is_managed_where_it_is_given() -> None:
    current = rules.parse([{"ports": "22", "description": "old"}])
    assert not rules.difference(rules.parse([{"ports": "22"}]), current)
    change = rules.difference(rules.parse([{"ports": "22", "description": "new"}]), current)
    assert (change.added, change.removed, len(change.described)) == ((), (), 2)
    assert rules.lines(rules.after(current, change)) == ["allow in tcp 22 from anywhere (new)"]
    assert len(rules.difference(rules.parse([{"ports": "22", "description": ""}]), current).described) == 2


def test_of_two_descriptions_of_one_rule_the_same_one_stays_in_any_order() -> None:
    options = [{"ports": "22", "description": "b"}, {"ports": "22-22", "description": "a"}, {"ports": "22"}]
    assert rules.parse(options) == rules.parse(options[::-1]) == rules.parse([options[1]])


def test_groups_are_peers_like_others() -> None:
    current = rules.parse([{"ports": "22", "addresses": ["group:abc", "10.0.0.0/8"]}])
    assert rules.public(current)[0]["addresses"] == ["10.0.0.0/8", "group:abc"]
    kept = rules.difference(rules.parse([{"ports": "80"}]), current, purge=False)
    assert [rule.peer for rule in rules.after(current, kept) if rule.low == 22] == ["10.0.0.0/8", "group:abc"]
    purged = rules.difference(rules.parse([{"ports": "22", "addresses": ["10.0.0.0/8"]}]), current)
    assert [rule.peer for rule in purged.removed] == ["group:abc"]


def test_a_port_stays_open_by_another_rule() -> None:
    before = rules.parse([{"ports": "22"}])
    wider = rules.parse([{"ports": "20-30", "addresses": ["0.0.0.0/0"]}])
    assert rules.lines(rules.closed(before, wider, 22)) == ["allow in tcp 22 from ::/0"]
    assert rules.closed(before, rules.parse([{"protocol": "any"}]), 22) == ()
    assert rules.closed(before, (), 2222) == ()
    assert rules.lines(rules.closed(before, (), 22)) == ["allow in tcp 22 from anywhere"]


def test_a_rule_that_denies_closes_a_port() -> None:
    before = rules.parse([{"ports": "22"}])
    then = rules.parse([{"ports": "22"}, {"protocol": "any", "action": "deny", "addresses": ["0.0.0.0/0"]}])
    assert rules.lines(rules.closed(before, then, 22)) == ["allow in tcp 22 from 0.0.0.0/0"]
    assert rules.opens(then, 22)
    assert not rules.opens(rules.parse([{"ports": "22", "direction": "out"}, {"protocol": "udp"}, {"protocol": "icmp"}]), 22)
