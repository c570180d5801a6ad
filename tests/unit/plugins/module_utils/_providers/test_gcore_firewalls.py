# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups at the wire: what is sent for them, and what is made of what comes back."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core import rules as core_rules
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    ConflictError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    ProtocolError,
    QuotaError,
    UnsupportedError,
    VpsError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Firewall, Instance, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.rules import Difference, Rule, difference, parse
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.firewalls import NewFirewall
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore import mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.firewalls import MAX_RULES
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_gcore import (
    ASSIGN,
    GROUPS,
    INTERFACES,
    NOT_FOUND,
    PORTS,
    PROJECT_ROWS,
    PROJECTS,
    REGION_ROWS,
    REGIONS,
    TASKS,
    UNASSIGN,
    Row,
    World,
    listed,
    named,
    problem,
    refusal,
    task,
    vm,
)
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

WEB, DB = "3addc7a1-e926-46da-b5a2-eb4b2f935230", "0c5e1bd2-1111-4222-8333-444455556666"
GROUP = f"GET /v1/securitygroups/1337/4/{WEB}"
USERS = f"{GROUP}/instances"
MAKE, CHANGE = "POST /v2/security_groups/1337/4", f"PATCH /v2/security_groups/1337/4/{WEB}"
DROP = f"DELETE /v1/securitygroups/1337/4/{WEB}"
TASK_ID = "d4a4b10e-5d22-4c23-8e09-f7a3e1c1a999"
TASK = f"GET /v1/tasks/{TASK_ID}"
STARTED = {"tasks": [TASK_ID]}


@pytest.fixture
def world() -> World:
    world = World()
    world.script.on(GROUP, group())
    world.script.on(GROUPS, listed(group()))
    world.script.on(USERS, listed())
    world.script.on(TASKS, listed())
    world.script.on(TASK, task("RUNNING", TASK_ID), task("FINISHED", TASK_ID))
    for write in (MAKE, CHANGE):
        world.script.on(write, STARTED)
    for write in (DROP, ASSIGN, UNASSIGN):
        world.script.on(write, (204, ""))
    return world


def rule(**changes: t.Any) -> Row:
    """A rule as the provider shows it."""
    return {
        "id": "r-1",
        "security_group_id": WEB,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 443,
        "port_range_max": 443,
        "remote_ip_prefix": "0.0.0.0/0",
        "remote_group_id": None,
        "description": "",
        "revision_number": 0,
        **changes,
    }


def group(*rules: Row, **changes: t.Any) -> Row:
    """A security group as the provider shows it."""
    return {"id": WEB, "name": "web", "description": "", "project_id": 1337, "region_id": 4, "tags_v2": [], "security_group_rules": list(rules), **changes}


def carrying(number: str, *groups: str) -> Row:
    """A port with groups by name; web by its id."""
    return {"id": number, "security_groups": [{"id": WEB if name == "web" else f"sg-{name}", "name": name} for name in groups]}


def seen(*rules: Row) -> tuple[Rule, ...]:
    return mapping.firewall_of(group(*rules), "4").rules


def web(*rules: Row, **changes: t.Any) -> Firewall:
    return mapping.firewall_of(group(*rules, **changes), "4")


def option(**changes: t.Any) -> Row:
    return {"protocol": "tcp", "ports": "443", **changes}


# -- rules (section 7.3) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [None, "", "any", "0", 0])
def test_every_spelling_of_all_protocols_is_any(protocol: t.Any) -> None:
    (found,) = seen(rule(protocol=protocol, port_range_min=None, port_range_max=None))
    assert (found.protocol, found.ports) == ("any", None)


@pytest.mark.parametrize(
    ("ethertype", "word", "protocol"),
    [
        ("IPv4", "TCP", "tcp"),
        ("IPv4", "6", "tcp"),
        ("IPv4", 17, "udp"),
        ("IPv4", "1", "icmp"),
        ("IPv6", "ipv6-icmp", "icmp"),
        ("IPv6", "icmpv6", "icmp"),
        ("IPv6", "58", "icmp"),
        ("IPv4", "58", "58"),
        ("IPv4", "vrrp", "vrrp"),
        ("IPv4", "47", "47"),
    ],
)
def test_protocols_may_be_numbers(ethertype: str, word: t.Any, protocol: str) -> None:
    (found,) = seen(rule(ethertype=ethertype, protocol=word, remote_ip_prefix=None))
    assert found.protocol == protocol


@pytest.mark.parametrize(
    ("changes", "peer"),
    [
        ({"remote_ip_prefix": None}, "0.0.0.0/0"),
        ({"remote_ip_prefix": None, "ethertype": None}, "0.0.0.0/0"),
        ({"remote_ip_prefix": None, "ethertype": "IPv6"}, "::/0"),
        ({"remote_ip_prefix": "10.1.2.3"}, "10.1.2.3/32"),
        ({"remote_ip_prefix": "2001:DB8:0::/32", "ethertype": "IPv6"}, "2001:db8::/32"),
        ({"remote_ip_prefix": None, "remote_group_id": DB}, f"group:{DB}"),
        ({"remote_ip_prefix": None, "remote_group_id": DB, "ethertype": "IPv6"}, f"group:{DB}/ipv6"),
    ],
)
def test_whom_a_rule_is_about(changes: Row, peer: str) -> None:
    assert [found.peer for found in seen(rule(**changes))] == [peer]


def test_ports_and_types() -> None:
    assert [each.ports for each in seen(rule(port_range_max=None))] == ["443"]
    assert [each.ports for each in seen(rule(port_range_min=8000, port_range_max=8100))] == ["8000-8100"]
    assert [each.ports for each in seen(rule(protocol="icmp", port_range_min=8, port_range_max=None))] == ["8"]
    assert [each.ports for each in seen(rule(protocol="icmp", port_range_min=8, port_range_max=0))] == ["8-0"]
    assert [each.direction for each in seen(rule(direction="egress"), rule())] == ["out", "in"]


def test_a_rule_about_no_network_is_an_answer_of_no_known_form() -> None:
    assert "'lots'" in str(refusal(ProtocolError, lambda: seen(rule(remote_ip_prefix="lots"))))
    refusal(ProtocolError, lambda: mapping.firewall_of({"name": "web"}, "4"))


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (option(addresses=["192.0.2.1"]), [{"ethertype": "IPv4", "remote_ip_prefix": "192.0.2.1/32"}]),
        (option(), [{"ethertype": "IPv4", "remote_ip_prefix": "0.0.0.0/0"}, {"ethertype": "IPv6", "remote_ip_prefix": "::/0"}]),
        (option(addresses=[f"group:{DB}"]), [{"ethertype": "IPv4", "remote_group_id": DB}]),
        (option(addresses=[f"group:{DB}/ipv6"]), [{"ethertype": "IPv6", "remote_group_id": DB}]),
    ],
)
def test_a_rule_is_sent_for_each_network(wanted: Row, rows: list[Row]) -> None:
    sent = [mapping.rule_row(each) for each in parse([wanted])]
    assert sent == [{"direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443, **row} for row in rows]


def test_what_means_all_is_left_out_and_icmp_has_two_names() -> None:
    assert mapping.rule_row(Rule("out", "any", None, None, "0.0.0.0/0")) == {"direction": "egress", "ethertype": "IPv4", "remote_ip_prefix": "0.0.0.0/0"}
    four, six = (mapping.rule_row(Rule("in", "icmp", 8, None, peer, description="ping")) for peer in ("10.0.0.0/8", "fc00::/7"))
    assert (four["protocol"], six["protocol"]) == ("icmp", "ipv6-icmp")
    assert "port_range_max" not in four and four["description"] == "ping"


@pytest.mark.parametrize(
    "wanted",
    [
        option(ports=None),
        option(protocol="any", ports=None, direction="out"),
        option(protocol="icmp", ports="8-0", addresses=["any"]),
        option(protocol="udp", ports="5000-6000", addresses=["10.0.0.0/8", "2001:db8::/32", f"group:{DB}", f"group:{DB}/ipv6"], description="x"),
    ],
)
def test_a_rule_comes_back_as_it_was_sent(world: World, wanted: Row) -> None:
    rules = verbs_of(world.driver, "firewall").spell(parse([wanted]))
    assert not difference(rules, seen(*(mapping.rule_row(each) for each in rules)))


def test_what_cannot_be_is_refused_without_a_call(world: World) -> None:
    verbs = verbs_of(world.driver, "firewall")
    refusal(UnsupportedError, lambda: verbs.spell(parse([option(action="deny")])))
    refusal(OptionError, lambda: verbs.spell(parse([option(addresses=["group:web"])])))
    refusal(OptionError, lambda: verbs.spell(parse([option(description="x" * 256)])))
    refusal(OptionError, lambda: verbs.spell(parse([option(ports=str(number), addresses=["10.0.0.0/8"]) for number in range(1, MAX_RULES + 2)])))
    refusal(OptionError, lambda: verbs.find(None, "../projects", None))
    assert len(verbs.spell(parse([option(ports=str(number), addresses=["10.0.0.0/8"]) for number in range(1, MAX_RULES + 1)]))) == MAX_RULES
    assert [each.peer for each in verbs.spell(parse([option(addresses=[f"group:{DB.upper()}"])]))] == [f"group:{DB}"]
    assert world.script.sent == []


# -- finding --------------------------------------------------------------------------------------------------------------


def test_by_name_exactly_over_all_pages(world: World) -> None:
    others = [group(id=f"g-{number}", name="web-old") for number in range(100)]
    world.script.on(GROUPS, listed(*others, count=101), listed(group(), count=101))
    assert [found.id for found in verbs_of(world.driver, "firewall").find("web", None, None)] == [WEB]
    assert world.script.query(GROUPS) == {"name": "web", "limit": 100, "offset": 0}
    assert world.script.calls == [GROUPS, GROUPS]


def test_every_active_region_is_searched_where_none_is_given(world: World) -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    world.script.on(GROUPS, listed(group()))
    world.script.on(GROUPS.replace("/4", "/7"), listed(group(id=DB)))
    assert [(found.id, found.region) for found in verbs_of(world.driver, "firewall").find("web", None, None)] == [(WEB, "4"), (DB, "7")]
    assert len(verbs_of(world.driver, "firewall").list_all()) == 2


def test_one_that_is_being_made_is_waited_for(world: World) -> None:
    world.script.on(GROUPS, listed(), listed(group()))
    mine = task("NEW", TASK_ID, task_type="create_security_group", data={"name": "web"})
    world.script.on(TASKS, listed(mine, {**mine, "id": "t-other", "data": {"name": "web2"}}))
    assert [found.id for found in verbs_of(world.driver, "firewall").find("web", None, None)] == [WEB]
    assert world.script.calls == [GROUPS, TASKS, TASK, TASK, GROUPS]
    assert world.script.query(TASKS)["task_type"] == "create_security_group"


def test_none_of_a_name_is_known_after_the_tasks_were_asked(world: World) -> None:
    world.script.on(GROUPS, listed(group(name="WEB")))
    assert verbs_of(world.driver, "firewall").find("web", None, None) == []
    assert world.script.calls == [GROUPS, TASKS]


@pytest.mark.parametrize(
    ("elsewhere", "projects", "refused"),
    [(NOT_FOUND, PROJECT_ROWS, None), (group(), PROJECT_ROWS, "region"), (NOT_FOUND, listed(), "project")],
)
def test_by_id_a_404_counts_once_project_and_region_are_proven(world: World, elsewhere: t.Any, projects: Row, refused: str | None) -> None:
    world.script.on(GROUP, NOT_FOUND)
    world.script.on(GROUP.replace("/4/", "/7/"), elsewhere)
    world.script.on(PROJECTS, projects)
    world.script.on(REGIONS, REGION_ROWS)
    verbs = verbs_of(world.driver, "firewall")
    if refused is None:
        assert verbs.find(None, WEB, None) == []
    else:
        assert refusal(OptionError, lambda: verbs.find(None, WEB, None)).facts["option"] == refused


def test_what_is_shown_of_a_group(world: World) -> None:
    world.script.on(GROUP, group(rule(), name="default", description="All"))
    (found,) = verbs_of(world.driver, "firewall").find(None, WEB, None)
    assert (found.id, found.name, found.description, found.region, found.network, found.standard) == (WEB, "default", "All", "4", None, True)
    assert web().standard is False


def test_the_users_are_those_that_exist(world: World) -> None:
    old = {key: value for key, value in vm().items() if key not in ("id", "name")}
    world.script.on(USERS, listed(vm(), {**old, "instance_id": "vm-2", "instance_name": "web2"}, vm(id="vm-3", status="DELETED")))
    assert verbs_of(world.driver, "firewall").users(web(), ()) == (Ref("vm-1", "web1"), Ref("vm-2", "web2"))
    world.script.on(USERS, NOT_FOUND)
    assert verbs_of(world.driver, "firewall").users(web(), ()) == ()


# -- making and changing --------------------------------------------------------------------------------------------------


def new(*rules: Rule, description: str | None = None) -> NewFirewall:
    return NewFirewall("web", "4", description, None, rules)


def test_rules_are_sent_even_where_there_are_none(world: World) -> None:
    verbs = verbs_of(world.driver, "firewall")
    world.wait(verbs.create(verbs.plan_new("web", None, None, ())))
    world.wait(verbs.create(new(*parse([option(addresses=["192.0.2.0/24"])]), description="front")))
    assert [body for _call, body in world.script.writes] == [
        {"name": "web", "rules": []},
        {
            "name": "web",
            "description": "front",
            "rules": [
                {
                    "direction": "ingress",
                    "ethertype": "IPv4",
                    "protocol": "tcp",
                    "port_range_min": 443,
                    "port_range_max": 443,
                    "remote_ip_prefix": "192.0.2.0/24",
                }
            ],
        },
    ]


def test_a_new_group_needs_a_region() -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    error = refusal(OptionError, lambda: verbs_of(world.driver, "firewall").plan_new("web", None, None, ()))
    assert error.facts["option"] == "region" and "firewall" in error.message


def test_all_tasks_are_awaited_and_none_means_done(world: World) -> None:
    verbs = verbs_of(world.driver, "firewall")
    world.script.on(MAKE, {"tasks": [TASK_ID, "t-2"]})
    world.script.on("GET /v1/tasks/t-2", task("NEW", "t-2"), task("NEW", "t-2"), task("NEW", "t-2"), task("FINISHED", "t-2"))
    world.wait(verbs.create(new()))
    assert world.script.calls.count("GET /v1/tasks/t-2") == 4
    world.script.on(CHANGE, {"tasks": []})
    assert verbs.rename(web(), "web2") is None


def test_tasks_that_show_late_are_late_at_the_same_time(world: World) -> None:
    """A fresh task may not be found three times, each of several (section 4.2)."""
    late = [problem(404, "NotFoundError", "no such task")] * 3
    world.script.on(MAKE, {"tasks": [TASK_ID, "t-2"]})
    world.script.on(TASK, *late, task("FINISHED", TASK_ID))
    world.script.on("GET /v1/tasks/t-2", *late, task("FINISHED", "t-2"))
    world.wait(verbs_of(world.driver, "firewall").create(new()))
    assert world.script.calls.count(TASK) == world.script.calls.count("GET /v1/tasks/t-2") == 4


def test_somebody_who_makes_one_of_the_name_at_once_is_waited_for(world: World) -> None:
    rival = task("NEW", "t-2", task_type="create_security_group", data={"name": "web"})
    world.script.on(TASKS, listed(rival), listed(rival), listed())
    world.script.on("GET /v1/tasks/t-2", task("RUNNING", "t-2"))
    world.wait(verbs_of(world.driver, "firewall").create(new()))
    assert world.script.calls == [MAKE, TASK, TASK, TASKS, "GET /v1/tasks/t-2", TASKS, "GET /v1/tasks/t-2", TASKS]


@pytest.mark.parametrize(("error", "kind"), [("Quota limit for firewall_count exceeded", QuotaError), ("No valid host", OperationFailedError)])
def test_a_task_that_fails_is_a_failure(world: World, error: str, kind: type[VpsError]) -> None:
    world.script.on(TASK, task("ERROR", TASK_ID, error=error))
    operation = verbs_of(world.driver, "firewall").create(new())
    assert refusal(kind, lambda: world.wait(operation)).facts["operation_id"] == TASK_ID


@pytest.mark.parametrize("answer", [requests.exceptions.ReadTimeout(), (502, "<html>"), {"id": WEB}])
def test_a_create_without_a_clear_answer_is_never_sent_again(world: World, answer: t.Any) -> None:
    world.script.on(MAKE, answer)
    assert refusal(OutcomeUnknownError, lambda: verbs_of(world.driver, "firewall").create(new())).check_first is False
    assert world.script.calls == [MAKE]


ODD = (
    rule(id="r-1", protocol="6", port_range_min=22, port_range_max=22, remote_ip_prefix=None, remote_group_id=DB, description="from db"),
    rule(id="r-2", protocol="vrrp", port_range_min=None, port_range_max=None),
    rule(id="r-3", protocol="any", port_range_min=None, port_range_max=None, remote_ip_prefix=None, direction="egress", ethertype="IPv6"),
    rule(id="r-4"),
)
KEPT = [
    {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_group_id": DB,
        "description": "from db",
    },
    {"direction": "ingress", "ethertype": "IPv4", "protocol": "vrrp", "remote_ip_prefix": "0.0.0.0/0"},
    {"direction": "egress", "ethertype": "IPv6"},
]
HTTPS = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443, "remote_ip_prefix": "0.0.0.0/0"}


def test_what_stays_goes_along_as_it_came(world: World) -> None:
    world.script.on(GROUP, group(*ODD))
    verbs = verbs_of(world.driver, "firewall")
    verbs.rename(web(), "web2")
    verbs.describe(web(), "front")
    assert world.script.writes == [
        (CHANGE, {"name": "web2", "rules": [*KEPT, HTTPS]}),
        (CHANGE, {"description": "front", "rules": [*KEPT, HTTPS]}),
    ]


@pytest.mark.parametrize(
    ("shown", "protocol"),
    [
        ({"protocol": "17"}, "udp"),
        ({"protocol": "UDP"}, "udp"),
        ({"protocol": "58", "ethertype": "IPv6", "remote_ip_prefix": None}, "ipv6-icmp"),
        ({"protocol": "icmpv6", "ethertype": "IPv6", "remote_ip_prefix": None}, "ipv6-icmp"),
        ({"protocol": "112"}, "112"),
    ],
)
def test_what_old_data_show_goes_back_as_a_request_takes_it(shown: Row, protocol: str) -> None:
    (sent,) = mapping.changed_rules(group(rule(port_range_min="53", port_range_max="53", **shown)), Difference((), (), ()))
    assert (sent["protocol"], sent["port_range_min"], sent["port_range_max"]) == (protocol, 53, 53)


def test_rules_that_are_not_told_are_never_replaced(world: World) -> None:
    untold = group()
    del untold["security_group_rules"]
    world.script.on(GROUP, untold)
    with pytest.raises(ProtocolError, match="without its rules"):
        verbs_of(world.driver, "firewall").set_rules(web(), Difference(seen(rule()), (), ()))
    assert world.script.writes == []


def test_a_change_names_the_whole_set(world: World) -> None:
    world.script.on(GROUP, group(*ODD))
    firewall = web(*ODD)
    (opened,) = parse([option(ports="80", addresses=["10.0.0.0/8"])])
    verbs_of(world.driver, "firewall").set_rules(firewall, difference([*(each for each in firewall.rules if each.low != 443), opened], firewall.rules))
    assert world.script.writes == [(CHANGE, {"rules": [*KEPT, mapping.rule_row(opened)]})]


def test_a_new_description_takes_the_place_of_the_rule(world: World) -> None:
    world.script.on(GROUP, group(*ODD))
    described = parse([option(addresses=["0.0.0.0/0"], description="https")])
    verbs_of(world.driver, "firewall").set_rules(web(*ODD), difference(described, web(*ODD).rules, purge=False))
    assert world.script.writes == [(CHANGE, {"rules": [*KEPT, {**HTTPS, "description": "https"}]})]


def test_rules_that_somebody_adds_meanwhile_stay(world: World) -> None:
    world.script.on(GROUP, group(rule(), rule(id="r-9", port_range_min=80, port_range_max=80)))
    (gone,) = seen(rule())
    verbs_of(world.driver, "firewall").set_rules(web(rule()), Difference((), (gone,), ()))
    assert world.script.writes == [(CHANGE, {"rules": [{**HTTPS, "port_range_min": 80, "port_range_max": 80}]})]


def test_equal_rules_of_two_spellings_go_together(world: World) -> None:
    twins = (rule(protocol="6", remote_ip_prefix=None), rule(id="r-2"))
    assert len(core_rules.canonical(seen(*twins))) == 1
    assert mapping.changed_rules(group(*twins), Difference((), seen(rule()), ())) == []
    assert len(mapping.changed_rules(group(*twins), Difference(seen(rule()), (), ()))) == 2


@pytest.mark.parametrize("shown", [None, TASK_ID])
def test_a_lock_is_waited_for(world: World, shown: str | None) -> None:
    told = f"Security group {WEB} is locked by task {TASK_ID}" if shown is None else "Resource is locked"
    world.script.on(GROUP, group(task_id=shown))
    world.script.on(CHANGE, problem(409, "ConflictError", told), {"tasks": []})
    world.script.on(DROP, problem(409, "ConflictError", told), (204, ""))
    verbs = verbs_of(world.driver, "firewall")
    verbs.rename(web(), "web2")
    verbs.delete(web())
    assert world.script.calls.count(CHANGE) == world.script.calls.count(DROP) == 2
    assert TASK in world.script.calls


def test_deleting_what_is_gone_or_in_use(world: World) -> None:
    verbs = verbs_of(world.driver, "firewall")
    world.script.on(DROP, NOT_FOUND)
    assert verbs.delete(web()) is None
    world.script.on(DROP, problem(409, "ConflictError", f"Security group {WEB} is in use"))
    refusal(ConflictError, lambda: verbs.delete(web()))


# -- servers (section 7.2) ------------------------------------------------------------------------------------------------


def owner(world: World, *ports: Row, without: t.Collection[str] = ()) -> Instance:
    """A server with these ports; C(without) port security."""
    server = world.server()
    world.script.on(PORTS, listed(*ports))
    world.script.on(INTERFACES, listed(*({"port_id": each["id"], "port_security_enabled": each["id"] not in without} for each in ports)))
    return server


def attach(world: World, server: Instance) -> None:
    verbs = verbs_of(world.driver, "firewall")
    assert verbs.check_attach(web(), server) is None
    assert world.script.writes == []
    assert verbs.attach(web(), server) is None


def test_ports_that_are_alike_are_named_at_once(world: World) -> None:
    attach(world, owner(world, carrying("p1", "default"), carrying("p2", "default")))
    assert world.script.writes == [(ASSIGN, named((None, ["web"])))]


def test_only_ports_that_lack_it_get_it(world: World) -> None:
    attach(world, owner(world, carrying("p1", "web"), carrying("p2", "default"), carrying("p3")))
    assert world.script.writes == [(ASSIGN, named(("p2", ["web"]), ("p3", ["web"])))]


def test_ports_without_port_security_are_told_once(world: World) -> None:
    attach(world, owner(world, carrying("p1"), carrying("p2"), without=["p2"]))
    assert world.script.writes == [(ASSIGN, named(("p1", ["web"])))]
    assert len(world.warnings) == 1 and "p2" in world.warnings[0]


def test_a_server_that_heeds_no_group_is_refused(world: World) -> None:
    server = owner(world, carrying("p1"), without=["p1"])
    assert refusal(OptionError, lambda: verbs_of(world.driver, "firewall").check_attach(web(), server)).facts["option"] == "instances"


def test_a_server_whose_ports_are_not_told_gets_it_everywhere(world: World) -> None:
    attach(world, owner(world))
    assert world.script.writes == [(ASSIGN, named((None, ["web"])))]


def test_a_server_of_another_region_is_refused_without_a_call(world: World) -> None:
    verbs = verbs_of(world.driver, "firewall")
    assert "region 7" in str(refusal(OptionError, lambda: verbs.check_attach(web(), Instance("gcore", "a", id="vm-9", region="7"))))
    assert world.script.sent == []


def test_a_doubled_name_can_neither_be_given_nor_taken(world: World) -> None:
    server = owner(world, carrying("p1"))
    world.script.on(GROUPS, listed(group(), group(id=DB)))
    verbs = verbs_of(world.driver, "firewall")
    for refused in (lambda: verbs.check_attach(web(), server), lambda: verbs.check_detach(web())):
        assert refusal(AmbiguousError, refused).facts["ids"] == sorted([WEB, DB])
    assert world.script.writes == []


@pytest.mark.parametrize(
    ("ports", "sent"),
    [
        ([carrying("p1", "web", "default"), carrying("p2", "default")], [named(("p1", ["web"]))]),
        ([carrying("p1", "web"), carrying("p2", "web")], [named((None, ["web"]))]),
        ([carrying("p1")], []),
        ([], [named((None, ["web"]))]),
    ],
)
def test_it_is_taken_from_the_ports_that_have_it(world: World, ports: list[Row], sent: list[Row]) -> None:
    assert verbs_of(world.driver, "firewall").detach(web(), owner(world, *ports), None) is None
    assert world.script.writes == [(UNASSIGN, body) for body in sent]


def test_taking_away_what_is_gone_by_then_is_a_success(world: World) -> None:
    server = owner(world, carrying("p1", "web"))
    world.script.on(UNASSIGN, NOT_FOUND)
    world.script.on(PORTS, listed(carrying("p1", "web")), listed(carrying("p1")))
    assert verbs_of(world.driver, "firewall").detach(web(), server, None) is None
    world.script.on(PORTS, listed(carrying("p1", "web")))
    refusal(NotFoundError, lambda: verbs_of(world.driver, "firewall").detach(web(), server, None))


def test_a_server_that_has_it_on_some_ports_only(world: World) -> None:
    two = {"net1": [{"type": "fixed", "addr": "10.0.0.17"}], "net2": [{"type": "fixed", "addr": "10.1.0.17"}]}
    world.script.on(USERS, listed(vm(addresses=two)))
    world.script.on(PORTS, listed(carrying("p1", "web"), carrying("p2")))
    world.script.on(INTERFACES, listed({"port_id": "p1"}, {"port_id": "p2"}))
    verbs = verbs_of(world.driver, "firewall")
    assert verbs.users(web(), ()) == (Ref("vm-1", "web1"),)
    assert verbs.partly(web(), ["vm-1"]) == verbs.partly(web(), ["web1"]) == {"vm-1"}
    assert verbs.partly(web(), ["other"]) == frozenset()
    world.script.on(INTERFACES, listed({"port_id": "p1"}, {"port_id": "p2", "port_security_enabled": False}))
    assert verbs.partly(web(), ["vm-1"]) == frozenset()


def test_one_address_is_one_port_and_costs_no_call(world: World) -> None:
    world.script.on(USERS, listed(vm()))
    verbs = verbs_of(world.driver, "firewall")
    verbs.users(web(), ())
    assert verbs.partly(web(), ["vm-1"]) == frozenset()
    assert world.script.calls == [USERS]


# -- the whole task -------------------------------------------------------------------------------------------------------

HTTPS_IN = {"direction": "in", "action": "allow", "addresses": ["0.0.0.0/0"], "description": None, "protocol": "tcp", "ports": "443"}


@pytest.fixture
def server(controller: Controller) -> str:
    return str(controller.made("gcore")["id"])


def converge(controller: Controller, **options: t.Any) -> t.Any:
    """A run in region 4, and what came of it; the request log is that of this run."""
    controller.simulator.clear_log()
    return controller.firewall("gcore", **{"region": "4", **options}).result


def test_create_attach_and_the_second_run(controller: Controller, server: str) -> None:
    wanted = {"name": "app", "rules": [HTTPS_IN], "instances": [server], "description": "front"}
    predicted = converge(controller, check=True, **wanted)
    assert controller.writes("gcore") == []
    real = converge(controller, **wanted)
    assert (real["plan"], real["plan_id"], real["diff"]) == (predicted["plan"], predicted["plan_id"], predicted["diff"])
    assert {**real["firewall"], "id": None} == predicted["firewall"]
    assert controller.writes("gcore") == ["security_groups.create", "instances.assign_security_group"]
    again = converge(controller, **wanted)
    assert (again["changed"], again["plan"], again["firewall"]) == (False, [], real["firewall"])
    assert controller.calls("gcore") == ["security_groups.list", "security_groups.list_instances"]
    assert controller.simulator["gcore"].violations == []


def test_what_is_being_made_is_not_made_twice(controller: Controller) -> None:
    first = converge(controller, name="app", rules=[HTTPS_IN], wait=False)
    assert first["changed"] is True and first["firewall"]["id"] is None
    second = converge(controller, name="app", rules=[HTTPS_IN])
    assert second["changed"] is False and second["firewall"]["id"]
    assert controller.writes("gcore") == []


@pytest.mark.parametrize("fault", ["reset_after", "status_after", "cut_off", "empty", "html", "wrong_shape"])
def test_a_lost_answer_is_looked_for_and_adopted(controller: Controller, fault: str) -> None:
    controller.simulator.fault("gcore", "security_groups.create", fault)
    result = converge(controller, name="app", rules=[])
    assert not result.get("failed"), result
    assert result["firewall"]["id"] and result["firewall"]["rules"] == []
    assert controller.writes("gcore") == ["security_groups.create"]


def test_an_order_that_shows_nothing_is_not_sent_again(controller: Controller) -> None:
    controller.simulator.fault("gcore", "security_groups.create", "reset_before")
    assert converge(controller, name="app", rules=[])["failed"] is True
    assert controller.writes("gcore") == ["security_groups.create"]


def test_two_of_one_name_are_told(controller: Controller) -> None:
    first = converge(controller, name="app", rules=[])["firewall"]["id"]
    second = converge(controller, name="app2", rules=[])["firewall"]["id"]
    shelf = controller.simulator["gcore"].state["security_groups"]
    next(groups[second] for groups in shelf.values() if second in groups)["name"] = "app"
    assert converge(controller, name="app")["ids"] == sorted([first, second])
    assert converge(controller, id=first, name="app3")["firewall"]["name"] == "app3"


@pytest.mark.parametrize("fault", ["task_fails", "no_effect"])
def test_what_is_accepted_and_not_done_is_a_failure(controller: Controller, fault: str) -> None:
    converge(controller, name="app", rules=[])
    controller.simulator.fault("gcore", "security_groups.update", fault)
    result = converge(controller, name="app", rules=[HTTPS_IN])
    assert result["failed"] is True
    assert converge(controller, name="app", rules=[HTTPS_IN])["firewall"]["rules"]


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "status", "rate_limit", "late", "task_404"])
def test_a_change_may_be_sent_again(controller: Controller, fault: str) -> None:
    converge(controller, name="app", rules=[])
    controller.simulator.fault("gcore", "security_groups.update", fault)
    result = converge(controller, name="app", rules=[HTTPS_IN])
    assert not result.get("failed"), result
    assert [each["ports"] for each in result["firewall"]["rules"]] == ["443"]


def test_purging_takes_remote_groups_and_adding_leaves_them(controller: Controller) -> None:
    peer = controller.task("firewall_info", "gcore", name="db", region="4").result["firewalls"][0]["id"]
    from_group = {**HTTPS_IN, "addresses": [f"group:{peer}"], "ports": "5432"}
    converge(controller, name="app", rules=[from_group])
    added = converge(controller, name="app", rules=[HTTPS_IN], purge_rules=False)["firewall"]
    assert [each["addresses"] for each in added["rules"]] == [["0.0.0.0/0"], [f"group:{peer}"]]
    renamed = converge(controller, id=added["id"], name="app2")["firewall"]
    assert renamed == {**added, "name": "app2"}
    purged = converge(controller, name="app2", rules=[HTTPS_IN])["firewall"]
    assert [each["addresses"] for each in purged["rules"]] == [["0.0.0.0/0"]]


def test_a_server_with_one_port_left_out_gets_it_there_too(controller: Controller, server: str) -> None:
    made = converge(controller, name="app", rules=[], instances=[server])["firewall"]
    shelf = controller.simulator["gcore"].every_instance()  # type: ignore[attr-defined]
    instance = next(each for each in shelf if each["id"] == server)
    first = instance["ports"][0]
    address = [{**first["ip_assignments"][0], "ip_address": "92.38.0.99"}]
    instance["ports"].append({**first, "port_id": TASK_ID, "ip_assignments": address, "security_groups": [], "floating_ids": []})
    predicted = converge(controller, check=True, name="app", instances=[server])
    assert [step["action"] for step in predicted["plan"]] == ["attach"]
    result = converge(controller, name="app", instances=[server])
    assert result["plan"] == predicted["plan"] and result["firewall"] == made
    assert instance["ports"][1]["security_groups"] == [made["id"]]
    assert converge(controller, name="app", instances=[server])["changed"] is False


def test_absent_takes_it_from_servers_only_by_consent(controller: Controller, server: str) -> None:
    made = converge(controller, name="app", rules=[], instances=[server])["firewall"]
    refused = converge(controller, name="app", state="absent")
    assert refused["failed"] is True and refused["ids"] == [server] and "web1" in refused["msg"]
    assert controller.writes("gcore") == []
    assert converge(controller, name="app", state="absent", allow=["detach"])["changed"] is True
    assert controller.writes("gcore") == ["instances.unassign_security_group", "security_groups.delete"]
    assert converge(controller, id=made["id"], state="absent")["changed"] is False


def test_the_default_group_is_never_deleted(controller: Controller) -> None:
    refused = converge(controller, name="default", state="absent", allow=["detach"])
    assert refused["failed"] is True and "default" in refused["msg"]
    assert controller.writes("gcore") == []
