# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall profiles at the wire: found, read, compared and assigned, never made."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AuthError,
    ConflictError,
    NotAppliedError,
    NotFoundError,
    OptionError,
    OutcomeUnknownError,
    UnsupportedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.rules import parse, public
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds import mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds.firewalls import Profiles
from ansible_collections.polyhost.cloud.plugins.module_utils._resources.firewall import FirewallTask, FirewallWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_hostwinds import (
    BAD_ID,
    NOT_AUTHORIZED,
    OK,
    PROFILES,
    Script,
    World,
    row,
)
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

LIST, READ, SET = "get_firewall_profiles", "get_instance_firewall_profile", "set_instance_firewall"
DEFAULT, WEB, WEBMAIL = PROFILES
LOCKED = [{"result": "error", "message": "The server is locked."}]


@pytest.fixture
def world() -> World:
    world = World()
    world.script.on(LIST, {"success": PROFILES})
    world.script.on(SET, OK)
    return world


@pytest.fixture
def script(world: World) -> Script:
    return world.script


@pytest.fixture
def verbs(world: World) -> Profiles:
    return verbs_of(world.driver(), "firewall")


def server(number: str = "12") -> Instance:
    return Instance("hostwinds", "hostwinds", id=number)


def rule(**changes: t.Any) -> dict[str, t.Any]:
    return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "description": "ssh", **changes}


def shown(*rules: t.Any) -> list[dict[str, t.Any]]:
    return public(mapping.firewall({"id": "1", "name": "x", "security_group_rules": list(rules)}).rules)


# -- what a profile says --------------------------------------------------------------------------------------------------


def test_rules_are_about_everything_of_their_ethertype() -> None:
    assert shown(rule(), rule(ethertype="IPv6"), rule(ethertype=None, remote_ip_prefix="192.0.2.0/24", port_range_min="80", port_range_max="80")) == [
        {"direction": "in", "protocol": "tcp", "ports": "22", "addresses": ["0.0.0.0/0", "::/0"], "action": "allow", "description": "ssh"},
        {"direction": "in", "protocol": "tcp", "ports": "80", "addresses": ["0.0.0.0/0"], "action": "allow", "description": "ssh"},
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"protocol": None, "port_range_min": None, "port_range_max": None}, ("in", "any", None)),
        ({"port_range_min": None, "port_range_max": None, "direction": "egress"}, ("out", "tcp", None)),
        ({"protocol": "ICMP", "port_range_min": 8, "port_range_max": None, "direction": "INGRESS"}, ("in", "icmp", "8")),
        ({"protocol": "ipv6-icmp", "ethertype": "ipv6", "port_range_min": 128, "port_range_max": 0, "direction": "inbound"}, ("in", "icmp", "128-0")),
        ({"protocol": "17", "port_range_min": 5000, "port_range_max": 5010, "direction": "outbound"}, ("out", "udp", "5000-5010")),
    ],
)
def test_null_means_all(changes: dict[str, t.Any], expected: tuple[str, str, str | None]) -> None:
    (found,) = shown(rule(**changes))
    assert (found["direction"], found["protocol"], found["ports"]) == expected


def test_an_empty_profile_has_no_rules() -> None:
    assert shown() == []
    assert mapping.firewall({"id": 1, "name": "x", "security_group_rules": None}).rules == ()


def test_a_map_of_rules_is_a_list_of_them() -> None:
    listed = mapping.firewall({"id": "1", "name": "x", "security_group_rules": {"7": rule(), "9": rule(port_range_min=80, port_range_max=80)}}).rules
    assert [each.ports for each in listed] == ["22", "80"]


# -- finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "names"),
    [("default", ["default"]), ("web", ["8f3a1c-web"]), ("2", ["8f3a1c-web"]), ("mail", ["77aa-webmail"]), ("eb", ["8f3a1c-web"]), ("none", [])],
)
def test_by_exact_name_then_id_then_the_end_of_the_name(script: Script, verbs: Profiles, wanted: str, names: list[str]) -> None:
    assert [found.name for found in verbs.find(wanted, None, None)] == names
    assert script.calls == [LIST]


def test_an_exact_name_wins_and_several_ends_are_all_told(script: Script, verbs: Profiles) -> None:
    script.on(LIST, [*PROFILES, {"id": "9", "name": "web"}, {"id": "10", "name": "99-mail"}])
    assert [found.id for found in verbs.find("web", None, None)] == ["9"]
    assert [found.id for found in verbs.find("mail", None, None)] == ["3", "10"]


def test_by_id_only_the_id_counts(verbs: Profiles) -> None:
    assert [found.name for found in verbs.find(None, "2", None)] == ["8f3a1c-web"]
    assert verbs.find(None, "web", None) == []


@pytest.mark.parametrize("key", ["id", "name"])
def test_in_a_map_the_key_is_the_id_only_of_a_profile_without_one(script: Script, verbs: Profiles, key: str) -> None:
    uuid = {**WEB, "id": "5b1c2d3e-1111-2222-3333-444455556666"}
    script.on(LIST, {"success": {uuid[key]: uuid, "44": {"name": "bare"}}})
    assert [found.id for found in verbs.list_all()] == [uuid["id"], "44"]


def test_none_can_be_made_so_the_failure_names_those_there_are(script: Script, verbs: Profiles) -> None:
    with pytest.raises(UnsupportedError, match="77aa-webmail, 8f3a1c-web, default") as caught:
        verbs.plan_new("nope", None, None, ())
    assert caught.value.facts["capability"] == "firewall.present"
    assert script.writes == []


@pytest.mark.parametrize("option", [{"action": "deny"}, {"addresses": ["group:2"]}])
def test_rules_that_no_profile_can_have_are_refused_without_a_call(script: Script, verbs: Profiles, option: dict[str, t.Any]) -> None:
    with pytest.raises(UnsupportedError):
        verbs.spell(parse([{"protocol": "tcp", "ports": "22", **option}]))
    assert script.sent == []


# -- servers --------------------------------------------------------------------------------------------------------------


def test_identity_alone_costs_no_call(world: World) -> None:
    driver = world.driver()
    assert driver.peek("12") == server()
    assert world.script.sent == []
    world.script.has(row())
    found = driver.peek("12", ("addresses",))
    assert found is not None and found.public_ipv4 == "198.51.100.7"
    with pytest.raises(OptionError):
        driver.peek("0")


def test_each_server_is_asked_once(script: Script, verbs: Profiles) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(READ, {"success": DEFAULT}, {"success": WEB})
    assert verbs.users(web, [server("12"), server("13"), server("12")]) == (Ref("13", None),)
    assert script.calls == [LIST, READ, READ]
    assert verbs.check_attach(web, server("12")) == Ref("1", "default")
    assert script.calls == [LIST, READ, READ]


def test_a_server_without_a_profile_loses_none(script: Script, verbs: Profiles) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(READ, {"success": []})
    assert verbs.users(web, [server()]) == ()
    assert verbs.check_attach(web, server()) is None


def test_a_doubled_name_cannot_be_assigned_even_by_id(world: World, script: Script, verbs: Profiles) -> None:
    twin = {**WEB, "id": "9"}
    script.on(LIST, {"success": [*PROFILES, twin]})
    script.on(READ, {"success": WEB})
    (wanted,) = verbs.find(None, "9", None)
    assert verbs.users(wanted, [server()]) == ()
    with pytest.raises(OptionError, match=r"2 profiles named 8f3a1c-web \(2, 9\)"):
        verbs.check_attach(wanted, server())
    with pytest.raises(OptionError, match="firewalls: Hostwinds has 2 profiles"):
        world.driver().resolve("firewalls", "9", server())
    script.on(READ, {"success": twin})
    assert verbs.users(wanted, [server()]) == (Ref("12", None),)


@pytest.mark.parametrize(("answer", "kind"), [(BAD_ID, NotFoundError), (NOT_AUTHORIZED, AuthError)])
def test_a_server_that_cannot_be_read_is_a_failure(script: Script, verbs: Profiles, answer: t.Any, kind: type[Exception]) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(READ, answer)
    with pytest.raises(kind, match="instance 12"):
        verbs.users(web, [server()])


def test_the_full_name_is_sent_and_read_back(script: Script, verbs: Profiles) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(READ, {"success": WEB})
    assert verbs.attach(web, server()) is None
    assert script.writes == [[("action", SET), ("serviceid", "12"), ("name", "8f3a1c-web")]]
    assert script.calls == [LIST, SET, READ]


def test_what_is_accepted_and_not_done_is_a_failure(world: World, script: Script, verbs: Profiles) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(READ, {"success": DEFAULT})
    operation = verbs.attach(web, server())
    with pytest.raises(NotAppliedError):
        world.wait(operation)
    assert script.calls.count(SET) == 1


@pytest.mark.parametrize(("answer", "kind"), [(LOCKED, ConflictError), (requests.exceptions.ReadTimeout(), OutcomeUnknownError)])
def test_a_refusal_and_a_lost_answer(script: Script, verbs: Profiles, answer: t.Any, kind: type[Exception]) -> None:
    (web,) = verbs.find("web", None, None)
    script.on(SET, answer)
    with pytest.raises(kind):
        verbs.attach(web, server())
    assert script.calls == [LIST, SET]


def test_a_profile_without_an_id_is_found_again_by_its_name(world: World, script: Script) -> None:
    script.on(LIST, {"success": [DEFAULT, {"name": "bare"}]})
    script.on(READ, {"success": DEFAULT}, {"success": {"name": "bare"}})
    changed = FirewallTask(world.driver(), FirewallWish(name="bare", instances=("12",)), "key").run()
    assert changed.shown["instances"] == [{"id": "12", "name": None}]
    assert script.calls == [LIST, READ, SET, READ, READ]


# -- the whole task -------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(controller: Controller) -> str:
    return str(controller.made("hostwinds")["id"])


def test_a_profile_takes_the_place_of_another_and_stays(controller: Controller, made: str) -> None:
    wanted: dict[str, t.Any] = {"name": "webstack", "instances": [made]}
    predicted = controller.firewall("hostwinds", check=True, **wanted).result
    assert predicted["plan"][0]["before"] == "default"
    assert controller.calls("hostwinds") == [LIST, READ]
    real = controller.firewall("hostwinds", **wanted).result
    assert real["changed"] is True
    assert (real["plan"], real["plan_id"], real["firewall"]) == (predicted["plan"], predicted["plan_id"], predicted["firewall"])
    assert real["firewall"]["name"] == "8f3a1c-webstack" and real["firewall"]["instances"] == [{"id": made, "name": None}]
    controller.simulator.clear_log()
    again = controller.firewall("hostwinds", **wanted).result
    assert (again["changed"], again["plan"]) == (False, [])
    assert controller.calls("hostwinds") == [LIST, READ]


def test_beside_an_id_the_end_of_the_name_is_enough(controller: Controller, made: str) -> None:
    (profile,) = controller.task("firewall_info", "hostwinds", name="webstack").result["firewalls"]
    wanted: dict[str, t.Any] = {"id": profile["id"], "name": "webstack"}
    assert controller.task("firewall_info", "hostwinds", **wanted).result["firewalls"] == [profile]
    assert controller.firewall("hostwinds", instances=[made], **wanted).result["changed"] is True
    assert controller.firewall("hostwinds", instances=[made], **wanted).result["changed"] is False
    refused = controller.firewall("hostwinds", id=profile["id"], name="smtp").result
    assert refused["capability"] == "firewall.rename"


def test_equal_rules_are_no_difference_and_others_are_an_error_that_names_them(controller: Controller) -> None:
    everywhere = {"direction": "in", "action": "allow", "addresses": ["0.0.0.0/0"], "description": None, "protocol": "tcp"}
    rules = [{**everywhere, "ports": ports} for ports in ("443", "22-22", "80")]
    assert controller.firewall("hostwinds", name="webstack", rules=rules).result["changed"] is False
    assert controller.firewall("hostwinds", name="webstack", rules=rules[:1], purge_rules=False).result["changed"] is False
    refused = controller.firewall("hostwinds", name="webstack", rules=[*rules[:2], {**everywhere, "ports": "25"}]).result
    assert refused["failed"] is True
    assert "+ allow in tcp 25 from 0.0.0.0/0; - allow in tcp 80 from 0.0.0.0/0" in refused["msg"] and "panel" in refused["msg"]
    assert controller.writes("hostwinds") == []


@pytest.mark.parametrize(
    "options",
    [{"state": "absent"}, {"description": "x"}, {"network": "x"}, {"instances": [], "purge_instances": True}],
    ids=lambda options: next(iter(options)),
)
def test_what_profiles_cannot_do_is_refused_before_any_call(controller: Controller, options: dict[str, t.Any]) -> None:
    refused = controller.firewall("hostwinds", name="webstack", **options).result
    assert refused["failed"] is True
    assert controller.calls("hostwinds") == []


def test_info_shows_rules_and_no_servers(controller: Controller) -> None:
    result = controller.task("firewall_info", "hostwinds").result
    assert [each["name"] for each in result["firewalls"]] == ["8f3a1c-webstack", "default", "smtp", "web"]
    assert all(each["instances"] == [] for each in result["firewalls"])
    assert controller.calls("hostwinds") == [LIST]
