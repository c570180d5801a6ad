# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls at Civo: what is sent at the wire, and whole tasks against the simulator."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core import rules as core_rules
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConflictError,
    NotAppliedError,
    OptionError,
    OutcomeUnknownError,
    ProtocolError,
    UnsupportedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Firewall, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.rules import Rule
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo import mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.firewalls import CivoFirewalls
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_civo import (
    DONE,
    FW,
    FW2,
    ID,
    NET,
    NET2,
    NETWORKS,
    NO_REGION,
    OTHER_ID,
    REGIONS,
    ROW,
    World,
    server,
)
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

SSH = {
    "id": "r-ssh",
    "protocol": "tcp",
    "start_port": "22",
    "end_port": "22",
    "ports": "22",
    "cidr": ["0.0.0.0/0", "::/0"],
    "direction": "ingress",
    "action": "allow",
}
TWO = {**SSH, "id": "r-two", "start_port": "443", "end_port": "443", "ports": "443", "cidr": ["10.0.0.1/32", "10.0.0.2/32"], "label": "https"}
WEB = {"id": FW, "name": "web", "network_id": NET, "rules_count": 2, "instance_count": 0, "rules": [SSH, TWO]}
INSIDE = {"id": FW2, "name": "inside", "network_id": NET2, "rules_count": 0, "rules": []}
LIST = "GET /firewalls@LON1"
RULES = f"GET /firewalls/{FW}/rules@LON1"
ADD = f"POST /firewalls/{FW}/rules@LON1"
LOST = requests.exceptions.ReadTimeout()
ROUTER = (500, {"status": 500})


def rules(*options: dict[str, t.Any]) -> tuple[Rule, ...]:
    return core_rules.parse(options)


@pytest.fixture
def world() -> World:
    world = World()
    world.script.on(LIST, [WEB, INSIDE])
    world.script.on("GET /networks@LON1", NETWORKS)
    world.script.on(RULES, WEB["rules"])
    return world


@pytest.fixture
def verbs(world: World) -> CivoFirewalls:
    return verbs_of(world.driver, "firewall")


def web(verbs: CivoFirewalls) -> Firewall:
    (found,) = verbs.find("web", None, None)
    return found


# -- reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {"ports": "443"},
        {"ports": "443-443", "start_port": "1", "end_port": "2"},
        {"start_port": "443", "end_port": "443"},
        {"start_port": "443"},
        {"start_port": 443, "end_port": None, "ports": ""},
        {"ports": "443", "protocol": "TCP", "direction": "inbound", "action": "ALLOW"},
        {"ports": "443", "protocol": None, "direction": "INGRESS"},
        {"ports": "443", "cidr": "10.0.0.1,10.0.0.2"},
        {"ports": "443", "cidr": ["10.0.0.2/32", "10.0.0.1"]},
    ],
)
def test_spellings_of_one_rule_are_equal(row: dict[str, t.Any]) -> None:
    plain = {"id": "r", "protocol": "tcp", "cidr": ["10.0.0.1/32", "10.0.0.2/32"], "direction": "ingress", "action": "allow", "label": None}
    expected = rules({"ports": "443", "addresses": ["10.0.0.1", "10.0.0.2"]})
    assert core_rules.canonical(mapping.split({**plain, **row})) == expected


@pytest.mark.parametrize(
    ("row", "ports"),
    [
        ({"ports": "1-65535"}, None),
        ({"start_port": "1", "end_port": "65535"}, None),
        ({"start_port": "", "end_port": ""}, None),
        ({"ports": "0-65535"}, None),
        ({"ports": "80-443"}, "80-443"),
        ({"ports": "1"}, "1"),
    ],
)
def test_all_ports_are_no_ports(row: dict[str, t.Any], ports: str | None) -> None:
    (rule,) = mapping.split({"id": "r", "protocol": "udp", "cidr": ["10.0.0.0/8"], "direction": "egress", "action": "deny", "label": "x", **row})
    assert (rule.direction, rule.action, rule.protocol, rule.ports, rule.description) == ("out", "deny", "udp", ports, "x")


@pytest.mark.parametrize("row", [{"cidr": ["nobody"]}, {"direction": "sideways"}, {"ports": "http"}])
def test_a_rule_that_cannot_be_read_is_no_missing_rule(row: dict[str, t.Any]) -> None:
    with pytest.raises(ProtocolError, match="r-ssh"):
        mapping.split({**SSH, **row})


def test_what_is_written_is_what_is_read() -> None:
    wanted = CivoFirewalls.spell(
        verbs_of(World().driver, "firewall"),
        rules(
            {"protocol": "any", "addresses": ["any"]},
            {"ports": "8000-8100", "action": "deny", "direction": "out", "description": "no", "addresses": ["10.0.0.1"]},
        ),
    )
    rows = mapping.joined(wanted)
    assert core_rules.canonical(rule for row in rows for rule in mapping.split(row)) == wanted
    assert {"protocol": "icmp", "cidr": ["0.0.0.0/0", "::/0"], "direction": "ingress", "action": "allow"} in rows
    assert {"protocol": "udp", "start_port": "1", "end_port": "65535", "cidr": ["0.0.0.0/0", "::/0"], "direction": "ingress", "action": "allow"} in rows
    ranged = {"protocol": "tcp", "start_port": "8000", "end_port": "8100", "cidr": ["10.0.0.1/32"], "direction": "egress", "action": "deny", "label": "no"}
    assert ranged in rows


@pytest.mark.parametrize(
    ("option", "error"),
    [({"protocol": "icmp", "ports": "8"}, OptionError), ({"protocol": "gre"}, OptionError), ({"addresses": ["group:x"]}, UnsupportedError)],
)
def test_rules_that_cannot_be_are_refused_unsent(world: World, verbs: CivoFirewalls, option: dict[str, t.Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        verbs.spell(rules(option))
    assert world.script.calls == []


def test_find_takes_the_label_or_the_id_of_a_network(world: World, verbs: CivoFirewalls) -> None:
    twins = [WEB, {**INSIDE, "name": "web"}]
    world.script.on(LIST, twins)
    assert [each.id for each in verbs.find("web", None, None)] == [FW, FW2]
    assert [each.id for each in verbs.find("web", None, NET2)] == [FW2]
    assert world.script.calls == [LIST, LIST]
    (found,) = verbs.find("web", None, "private")
    assert (found.id, found.network, found.facts["network_name"], found.region) == (FW2, NET2, "private", "LON1")
    assert verbs.find("web", None, "nowhere") == []
    assert verbs.find("WEB", None, None) == []


def test_nothing_found_is_proof_only_in_a_region_that_exists() -> None:
    world = World("nope")
    world.script.on("GET /firewalls@nope", [])
    with pytest.raises(OptionError, match="nope"):
        verbs_of(world.driver, "firewall").find("web", None, None)


def test_an_id_of_another_region_is_not_absent(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(LIST, [INSIDE])
    world.script.on("GET /firewalls@NYC1", [WEB])
    with pytest.raises(OptionError, match="NYC1"):
        verbs.find(None, FW, None)
    world.script.on("GET /firewalls@NYC1", [])
    assert verbs.find(None, FW, None) == []


def test_without_a_region_all_are_searched() -> None:
    world = World(None)
    world.script.on("GET /firewalls@LON1", [INSIDE])
    world.script.on("GET /firewalls@NYC1", [WEB])
    (found,) = verbs_of(world.driver, "firewall").find("web", None, None)
    assert found.region == "NYC1"
    assert world.script.calls == ["GET /regions", "GET /firewalls@LON1", "GET /firewalls@NYC1"]


def test_a_region_in_an_outage_is_no_absence(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(LIST, NO_REGION)
    with pytest.raises(Exception, match="outage"):
        verbs.find("web", None, None)


@pytest.mark.parametrize("row", [{"rules": None}, {"rules": [SSH]}, {"rules": []}])
def test_rules_that_a_list_leaves_out_are_read(world: World, verbs: CivoFirewalls, row: dict[str, t.Any]) -> None:
    world.script.on(LIST, [{**WEB, **row}])
    assert len(web(verbs).rules) == 4
    assert world.script.calls == [LIST, RULES]


def test_users_come_from_the_instances_whatever_the_count_says(world: World, verbs: CivoFirewalls) -> None:
    other = {**ROW, "id": OTHER_ID, "hostname": "other"}
    world.has(ROW, {**other, "firewall_id": FW2}, {**other, "id": "x", "status": "DELETING"})
    assert verbs.users(web(verbs), ()) == (Ref(ID, "web"),)
    assert world.script.calls == [LIST, "GET /instances@LON1"]


def test_the_default_firewall_is_known(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(LIST, [{**WEB, "name": "Default-default"}, INSIDE])
    assert [each.standard for each in verbs.list_all()] == [True, False]


# -- making ---------------------------------------------------------------------------------------------------------------


def test_a_create_carries_its_rules_and_asks_for_no_others(world: World, verbs: CivoFirewalls) -> None:
    world.script.on("POST /firewalls@LON1", {"id": FW, "name": "web", **DONE})
    new = verbs.plan_new("web", None, "private", rules({"ports": "22", "addresses": ["10.0.0.1"]}))
    assert (new.region, new.network, new.unknown) == ("LON1", NET2, ())
    verbs.create(new)
    rule = {"protocol": "tcp", "start_port": "22", "end_port": "22", "cidr": ["10.0.0.1/32"], "direction": "ingress", "action": "allow"}
    body = {"name": "web", "network_id": NET2, "create_rules": False, "rules": [rule], "region": "LON1"}
    assert world.script.writes == [("POST /firewalls@LON1", body)]


def test_a_create_without_rules_is_closed(world: World, verbs: CivoFirewalls) -> None:
    world.script.on("POST /firewalls@LON1", {"id": FW, "name": "web", **DONE})
    verbs.create(verbs.plan_new("web", None, None, ()))
    assert world.script.writes[0][1] == {"name": "web", "network_id": NET, "create_rules": False, "rules": [], "region": "LON1"}


@pytest.mark.parametrize("answer", [LOST, ROUTER, {"result": "failed"}])
def test_a_lost_create_is_not_sent_again(world: World, verbs: CivoFirewalls, answer: t.Any) -> None:
    world.script.on("POST /firewalls@LON1", answer)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(verbs.plan_new("web", None, None, ()))
    assert len(world.script.writes) == 1


def test_an_unknown_network_is_tolerated_in_check_mode_only(verbs: CivoFirewalls) -> None:
    with pytest.raises(OptionError, match="later"):
        verbs.plan_new("web", None, "later", ())
    checking = World(check_mode=True)
    checking.script.on("GET /networks@LON1", NETWORKS)
    new = verbs_of(checking.driver, "firewall").plan_new("web", None, "later", ())
    assert (new.network, new.unknown) == (None, ("network later",))


def test_a_create_needs_a_region_or_a_default_one() -> None:
    world = World(None)
    world.script.on("GET /networks@LON1", NETWORKS)
    assert verbs_of(world.driver, "firewall").plan_new("web", None, None, ()).region == "LON1"
    world = World(None)
    world.script.on("GET /regions", [{**t.cast("dict[str, t.Any]", row), "default": False} for row in REGIONS])
    with pytest.raises(OptionError, match="a firewall at Civo needs region"):
        verbs_of(world.driver, "firewall").plan_new("web", None, None, ())


# -- changing -------------------------------------------------------------------------------------------------------------


def change(verbs: CivoFirewalls, *options: dict[str, t.Any], purge: bool = True) -> None:
    firewall = web(verbs)
    verbs.set_rules(firewall, core_rules.difference(rules(*options), firewall.rules, purge=purge))


HTTPS = {"ports": "443", "description": "https"}


def test_the_new_rule_is_made_before_the_old_one_goes(world: World, verbs: CivoFirewalls) -> None:
    made = {**SSH, "id": "r-new", "start_port": "2222", "end_port": "2222", "ports": "2222"}
    world.script.on(ADD, {"id": "r-new"})
    world.script.on(RULES, [SSH, TWO], [SSH, TWO], [SSH, TWO, made])
    world.script.on(f"DELETE /firewalls/{FW}/rules/r-ssh@LON1", DONE)
    change(verbs, {"ports": "2222"}, {**HTTPS, "addresses": ["10.0.0.1", "10.0.0.2"]})
    assert [call for call, _body in world.script.writes] == [ADD, f"DELETE /firewalls/{FW}/rules/r-ssh@LON1"]
    assert world.script.writes[0][1]["start_port"] == "2222"
    assert world.script.writes[0][1]["region"] == "LON1"


def test_a_new_rule_that_does_not_show_leaves_the_old_one(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(ADD, {"id": "r-new"})
    with pytest.raises(NotAppliedError, match="none was deleted"):
        change(verbs, {"ports": "2222"}, {**HTTPS, "addresses": ["10.0.0.1", "10.0.0.2"]})
    assert [call for call, _body in world.script.writes] == [ADD]


def test_one_address_less_keeps_the_others_of_its_row(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(ADD, {"id": "r-new"})
    world.script.on(f"DELETE /firewalls/{FW}/rules/r-two@LON1", DONE)
    change(verbs, {"ports": "22"}, {**HTTPS, "addresses": ["10.0.0.1"]})
    (added, body), (dropped, _none) = world.script.writes
    assert (added, dropped) == (ADD, f"DELETE /firewalls/{FW}/rules/r-two@LON1")
    assert (body["cidr"], body["label"]) == (["10.0.0.1/32"], "https")


def test_another_label_is_another_row(world: World, verbs: CivoFirewalls) -> None:
    second = {**TWO, "id": "r-new", "cidr": ["10.0.0.2/32"], "label": "second"}
    world.script.on(ADD, {"id": "r-new"})
    world.script.on(RULES, [SSH, TWO], [SSH, TWO], [SSH, TWO, second])
    world.script.on(f"DELETE /firewalls/{FW}/rules/r-two@LON1", DONE)
    change(verbs, {"ports": "22"}, {**HTTPS, "addresses": ["10.0.0.1"]}, {"ports": "443", "description": "second", "addresses": ["10.0.0.2"]})
    *added, last = [(call, (body or {}).get("label"), (body or {}).get("cidr")) for call, body in world.script.writes]
    assert sorted(added) == [(ADD, "https", ["10.0.0.1/32"]), (ADD, "second", ["10.0.0.2/32"])]
    assert last[0] == f"DELETE /firewalls/{FW}/rules/r-two@LON1"


def test_without_purge_nothing_is_deleted(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(ADD, {"id": "r-new"})
    change(verbs, {"ports": "80"}, purge=False)
    assert [call for call, _body in world.script.writes] == [ADD]


def test_doubled_rows_go_together_and_a_standing_one_is_not_made_again(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(RULES, [SSH, TWO, {**TWO, "id": "r-twin", "cidr": ["10.0.0.1"]}])
    world.script.on(f"DELETE /firewalls/{FW}/rules/r-two@LON1", DONE)
    change(verbs, {"ports": "22"}, {**HTTPS, "addresses": ["10.0.0.1"]})
    assert world.script.writes == [(f"DELETE /firewalls/{FW}/rules/r-two@LON1", None)]


def test_a_rule_whose_answer_was_lost_is_looked_for_and_never_sent_again(world: World, verbs: CivoFirewalls) -> None:
    made = {**SSH, "id": "r-80", "ports": "80", "start_port": "80", "end_port": "80"}
    world.script.on(ADD, LOST)
    world.script.on(RULES, [SSH, TWO], [SSH, TWO], [SSH, TWO, made])
    change(verbs, {"ports": "80"}, purge=False)
    assert len(world.script.writes) == 1


def test_a_rule_that_does_not_appear_is_unclear_and_nothing_is_deleted(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(ADD, LOST)
    with pytest.raises(OutcomeUnknownError):
        change(verbs, {"ports": "80"})
    assert [call for call, _body in world.script.writes] == [ADD]


def test_a_row_that_is_gone_already_is_no_failure(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(f"DELETE /firewalls/{FW}/rules/r-two@LON1", (404, {"code": "database_firewall_rules_find"}))
    change(verbs, {"ports": "22"})
    assert len(world.script.writes) == 1


def test_a_rename_sends_the_name(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(f"PUT /firewalls/{FW}@LON1", DONE)
    verbs.rename(web(verbs), "front")
    assert world.script.writes == [(f"PUT /firewalls/{FW}@LON1", {"name": "front", "region": "LON1"})]


# -- who has it -----------------------------------------------------------------------------------------------------------


def test_attaching_tells_what_is_lost_and_reads_the_server(world: World, verbs: CivoFirewalls) -> None:
    instance = server(firewall_id="fw-old")
    world.script.on(LIST, [WEB, {**WEB, "id": "fw-old", "name": "old"}])
    firewall = web(verbs)
    assert verbs.check_attach(firewall, instance) == Ref("fw-old", "old")
    assert verbs.check_attach(firewall, server()) is None
    world.script.on(f"PUT /instances/{ID}/firewall@LON1", DONE)
    world.script.on(f"GET /instances/{ID}@LON1", {**ROW, "firewall_id": "fw-old"}, ROW)
    world.wait(verbs.attach(firewall, instance))
    assert world.script.writes == [(f"PUT /instances/{ID}/firewall@LON1", {"firewall_id": FW, "region": "LON1"})]
    assert world.script.calls.count(f"GET /instances/{ID}@LON1") == 2


def test_an_assignment_that_is_not_carried_out_is_told(world: World, verbs: CivoFirewalls) -> None:
    world.script.on(f"PUT /instances/{ID}/firewall@LON1", DONE)
    world.script.on(f"GET /instances/{ID}@LON1", {**ROW, "firewall_id": "fw-old"})
    with pytest.raises(NotAppliedError):
        world.wait(verbs.attach(web(verbs), server(firewall_id="fw-old")))


@pytest.mark.parametrize("instance", [server(network_id=NET2), mapping.instance(ROW, "civo", "NYC1")])
def test_a_firewall_of_elsewhere_is_refused(world: World, verbs: CivoFirewalls, instance: t.Any) -> None:
    with pytest.raises(OptionError, match="instances"):
        verbs.check_attach(web(verbs), instance)
    assert world.script.writes == []


def test_regions_compare_without_case(world: World, verbs: CivoFirewalls) -> None:
    assert verbs.check_attach(web(verbs), mapping.instance(ROW, "civo", "lon1")) is None


def test_detaching_assigns_the_other_one_unless_it_has_another_by_now(world: World, verbs: CivoFirewalls) -> None:
    firewall = web(verbs)
    instead = Firewall("civo", "fw-else", "else", region="LON1", network=NET)
    assert verbs.detach(firewall, server(firewall_id="fw-third"), instead) is None
    world.script.on(f"PUT /instances/{ID}/firewall@LON1", ROW)
    world.script.on(f"GET /instances/{ID}@LON1", {**ROW, "firewall_id": "fw-else"})
    world.wait(verbs.detach(firewall, server(), instead))
    assert world.script.writes == [(f"PUT /instances/{ID}/firewall@LON1", {"firewall_id": "fw-else", "region": "LON1"})]


def test_deleting_one_in_use_names_who_uses_it(world: World, verbs: CivoFirewalls) -> None:
    firewall = web(verbs)
    world.has(ROW)
    world.script.on(f"DELETE /firewalls/{FW}@LON1", (409, {"code": "database_firewall_delete_failed", "reason": "in use"}))
    with pytest.raises(ConflictError) as caught:
        verbs.delete(firewall)
    assert ID in str(caught.value)
    world.script.on(f"DELETE /firewalls/{FW}@LON1", (404, {"code": "database_firewall_not_found"}))
    assert verbs.delete(firewall) is None


@pytest.mark.parametrize(("counts", "told"), [({"cluster_count": "1"}, "1 clusters"), ({"cluster_count": None, "loadbalancer_count": 2}, "2 load balancers")])
def test_one_that_clusters_have_is_not_even_taken_from_servers(world: World, verbs: CivoFirewalls, counts: dict[str, t.Any], told: str) -> None:
    verbs.check_removal(web(verbs))
    world.script.on(LIST, [{**WEB, **counts}])
    with pytest.raises(ConflictError, match=told):
        verbs.check_removal(web(verbs))


# -- whole tasks ------------------------------------------------------------------------------------------------------------

OPTIONS = [
    {"protocol": "any", "addresses": ["10.0.0.1", "10.0.0.2"]},
    {"ports": "22", "description": "ssh"},
    {"protocol": "udp", "ports": "8000-8100", "action": "deny", "direction": "out"},
]


def run(controller: Controller, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    controller.simulator.clear_log()
    result: dict[str, t.Any] = controller.firewall("civo", check=check, **{"region": "lon1", "name": "fw1", **options}).result
    assert not result.get("failed"), result
    return result


def test_check_mode_create_second_run_change_and_absent(controller: Controller) -> None:
    made = controller.made("civo")
    wanted: dict[str, t.Any] = {"rules": OPTIONS, "instances": [made["id"]]}
    predicted = run(controller, check=True, **wanted)
    assert controller.writes("civo") == []
    real = run(controller, **wanted)
    assert controller.writes("civo") == ["firewalls.create", "instances.set_firewall"]
    assert predicted["plan_id"] == real["plan_id"]
    assert {**predicted["firewall"], "id": None} == {**real["firewall"], "id": None}
    again = run(controller, **wanted)
    assert (again["changed"], again["firewall"]) == (False, real["firewall"])
    assert controller.calls("civo") == ["firewalls.list", "instances.list"]
    fewer = [{"protocol": "any", "addresses": ["10.0.0.1/32"]}, {"ports": "22-22", "description": "login", "addresses": ["0.0.0.0/0", "::/0"]}]
    predicted = run(controller, check=True, rules=fewer)
    changed = run(controller, rules=fewer)
    order = [call.rpartition(".")[2] for call in controller.writes("civo")]
    assert order == sorted(order)
    assert (predicted["firewall"], predicted["plan_id"]) == (changed["firewall"], changed["plan_id"])
    assert run(controller, rules=fewer)["changed"] is False
    refused = controller.firewall("civo", region="LON1", name="fw1", state="absent", allow=["detach"]).result
    assert "detach_to" in refused["msg"]
    run(controller, state="absent", allow=["detach"], detach_to="default-default")
    assert controller.writes("civo") == ["instances.set_firewall", "firewalls.delete"]
    assert run(controller, state="absent")["changed"] is False
    assert controller.simulator["civo"].violations == []


def test_a_deletion_that_cannot_be_takes_no_server_its_firewall(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    made = controller.made("civo")
    run(controller, rules=[], instances=[made["id"]])
    read = mapping.firewall
    monkeypatch.setattr(mapping, "firewall", lambda row, *more: read({**row, "cluster_count": 1}, *more))
    for check in (True, False):
        options: dict[str, t.Any] = {"state": "absent", "allow": ["detach"], "detach_to": "default-default", "check": check}
        refused = controller.firewall("civo", region="LON1", name="fw1", **options).result
        assert (refused["error"], refused["changed"]) == ("ConflictError", False)
    assert controller.writes("civo") == ["firewalls.create", "instances.set_firewall"]


def test_information_reads_each_list_once(controller: Controller) -> None:
    result = controller.task("firewall_info", "civo", region="LON1").result
    assert [each["name"] for each in result["firewalls"]] == ["default-default", "private-fw"]
    assert controller.calls("civo") == ["firewalls.list", "networks.list", "instances.list"]
    by_label = controller.task("firewall_info", "civo", region="LON1", network="private").result
    assert [each["name"] for each in by_label["firewalls"]] == ["private-fw"]
