# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses at Civo: what is sent at the wire, other legal answers, and whole tasks against the simulator."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConflictError, NotFoundError, OptionError, ProtocolError, TransientError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Record
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.ips import CivoAddresses
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_civo import DONE, ID, NO_REGION, OTHER_ID, ROW, World, server
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

IP = "74.220.16.9"
MAIL = {"id": "ip-1", "name": "mail", "ip": IP, "assigned_to": None}
HELD = {**MAIL, "assigned_to": {"id": ID, "type": "instance", "name": "web"}}
LIST = "GET /ips@LON1"
ACTION = "POST /ips/ip-1/actions@LON1"
OTHER = {**ROW, "id": OTHER_ID, "hostname": "other", "public_ip": "212.2.247.89"}
PLACE = {"region": "LON1"}


def wish(state: str = "present", **options: t.Any) -> RecordWish:
    return RecordWish(state=state, options=options)


def page(*rows: dict[str, t.Any], pages: t.Any = 1) -> dict[str, t.Any]:
    return {"page": 1, "per_page": None, "pages": pages, "items": list(rows)}


@pytest.fixture
def world() -> World:
    world = World()
    world.has(ROW, OTHER)
    world.script.on(LIST, page(MAIL))
    return world


@pytest.fixture
def verbs(world: World) -> CivoAddresses:
    return verbs_of(world.driver, "address")


def only(verbs: CivoAddresses, **options: t.Any) -> Record:
    (found,) = verbs.find(wish(**options), None)
    return found


# -- reading ------------------------------------------------------------------------------------------------------------


def test_all_pages_are_read_and_counted_here(world: World, verbs: CivoAddresses) -> None:
    world.script.on(LIST, page(MAIL, pages="2"), page({**MAIL, "id": "ip-2", "name": "web"}, pages="2"))
    assert only(verbs, name="web").id == "ip-2"
    assert [query for call, query, _body in world.script.sent if call == LIST] == [{"page": 1, "per_page": 100}, {"page": 2, "per_page": 100}]


@pytest.mark.parametrize("answer", [[MAIL], {"items": [MAIL]}, page({**MAIL, "per_page": 100})])
def test_the_list_may_be_a_page_items_or_an_array(world: World, verbs: CivoAddresses, answer: t.Any) -> None:
    world.script.on(LIST, answer)
    assert only(verbs, name="mail")["address"] == IP


@pytest.mark.parametrize("assigned", [None, "", {}, {"id": ""}, {"id": None, "type": "", "name": ""}])
def test_nobody_has_it(world: World, verbs: CivoAddresses, assigned: t.Any) -> None:
    world.script.on(LIST, page({**MAIL, "assigned_to": assigned}))
    record = only(verbs, name="mail")
    assert (record["instance"], record["status"], record["type"], record["region"]) == (None, "unattached", "reserved", "LON1")


@pytest.mark.parametrize("assigned", [ID, {"id": ID}, {"id": ID, "type": "Instance"}, {"id": ID, "type": None, "name": "web-b775c2ea"}])
def test_a_server_has_it_by_its_hostname(world: World, verbs: CivoAddresses, assigned: t.Any) -> None:
    world.has({**ROW, "public_ip": IP})
    world.script.on(LIST, page({**MAIL, "assigned_to": assigned}))
    record = only(verbs, name="mail")
    assert (record["instance"], record["status"]) == ({"id": ID, "name": "web"}, "attached")


def test_an_address_that_the_server_does_not_show_yet_is_changing(world: World, verbs: CivoAddresses) -> None:
    world.script.on(LIST, page(HELD))
    assert only(verbs, name="mail")["status"] == "changing"


def test_the_ordinary_addresses_of_servers_are_listed_once(world: World, verbs: CivoAddresses) -> None:
    world.has({**ROW, "public_ip": IP, "ipv6": "2001:db8::5"}, OTHER)
    world.script.on(LIST, page(HELD))
    shown = [(record["address"], record["type"], record["primary"]) for record in verbs.select(wish(), None)]
    assert shown == [(IP, "reserved", None), ("2001:db8::5", "secondary", False), ("212.2.247.89", "main", True)]


def test_an_empty_list_proves_the_region(world: World, verbs: CivoAddresses) -> None:
    world.has()
    world.script.on(LIST, page())
    assert verbs.find(wish(name="mail"), None) == []
    assert world.script.calls[-1] == "GET /regions"
    nowhere = World("XXX1")
    nowhere.script.on("GET /ips@XXX1", NO_REGION)
    with pytest.raises(OptionError, match="knows no 'XXX1'"):
        verbs_of(nowhere.driver, "address").find(wish(name="mail"), None)


def test_an_outage_of_the_region_is_no_absence(world: World, verbs: CivoAddresses) -> None:
    world.script.on(LIST, NO_REGION)
    with pytest.raises(TransientError, match="outage"):
        verbs.find(wish(name="mail"), None)


def test_an_address_of_another_region_is_told(world: World, verbs: CivoAddresses) -> None:
    world.script.on(LIST, page())
    world.script.on("GET /ips@NYC1", page(MAIL))
    world.has(region="NYC1")
    with pytest.raises(OptionError, match="in the region NYC1, not in LON1"):
        verbs.find(wish("absent", address=IP), None)


@pytest.mark.parametrize("answer", [{"items": None}, page({"name": "mail"}), "text", {"pages": "many", "items": []}])
def test_what_is_no_list_is_no_absence(world: World, verbs: CivoAddresses, answer: t.Any) -> None:
    world.script.on(LIST, answer)
    with pytest.raises(ProtocolError):
        verbs.find(wish(name="mail"), None)


# -- writing ------------------------------------------------------------------------------------------------------------


def test_a_reservation_tells_its_region_twice_and_waits_for_the_address(world: World, verbs: CivoAddresses) -> None:
    world.script.on("POST /ips@LON1", {**MAIL, "ip": None})
    operation = verbs.create(verbs.plan_new(wish(name="mail"), None))
    assert world.script.writes == [("POST /ips@LON1", {"name": "mail", "region": "LON1"})]
    world.script.on(LIST, page(), page({**MAIL, "ip": ""}), page(MAIL))
    assert operation is not None
    assert [operation.check() is None for _look in range(3)] == [True, True, False]


def test_an_assignment_waits_until_the_server_shows_it(world: World, verbs: CivoAddresses) -> None:
    world.script.on(ACTION, DONE)
    record = only(verbs, name="mail")
    operation = verbs.change(record, Step("attach", "instance", None, "web", target=server()))
    assert world.script.writes == [(ACTION, {"action": "assign", "assign_to_id": ID, "assign_to_type": "instance", "region": "LON1"})]
    world.script.on(LIST, page(HELD))
    assert operation is not None
    assert operation.check() is None
    world.has({**ROW, "public_ip": IP}, OTHER)
    assert operation.check() is not None


def test_an_unassignment_waits_until_the_server_shows_it_no_more(world: World, verbs: CivoAddresses) -> None:
    world.has({**ROW, "public_ip": IP})
    world.script.on(LIST, page(HELD))
    world.script.on(ACTION, DONE)
    operation = verbs.change(only(verbs, name="mail"), Step("detach", "instance", "web", None))
    assert world.script.writes == [(ACTION, {"action": "unassign", "region": "LON1"})]
    world.script.on(LIST, page(MAIL))
    assert operation is not None
    assert operation.check() is None
    world.has({**ROW, "public_ip": None})
    assert operation.check() is not None


def test_an_address_that_vanishes_meanwhile_is_a_failure(world: World, verbs: CivoAddresses) -> None:
    world.script.on(ACTION, DONE)
    operation = verbs.change(only(verbs, name="mail"), Step("attach", "instance", None, "web", target=server()))
    world.script.on(LIST, page())
    assert operation is not None
    with pytest.raises(NotFoundError, match="vanished"):
        operation.check()


def test_a_conflict_about_what_is_done_already_is_none(world: World, verbs: CivoAddresses) -> None:
    record = only(verbs, name="mail")
    world.script.on(ACTION, (409, {"code": "database_ip_in_use", "reason": "It is assigned"}))
    with pytest.raises(ConflictError):
        verbs.change(record, Step("attach", "instance", None, "web", target=server()))
    world.script.on(LIST, page(HELD))
    assert verbs.change(record, Step("attach", "instance", None, "web", target=server())) is not None


def test_a_new_name_and_a_release(world: World, verbs: CivoAddresses) -> None:
    world.script.on("PUT /ips/ip-1@LON1", {**MAIL, "name": "post"})
    world.script.on("DELETE /ips/ip-1@LON1", DONE, (404, {"code": "database_ip_find", "reason": "Failed to find the ip"}))
    record = only(verbs, name="mail")
    verbs.change(record, Step("rename", "name", "mail", "post"))
    assert (verbs.delete(record), verbs.delete(record)) == (None, None)
    dropped = ("DELETE /ips/ip-1@LON1", None)
    assert world.script.writes == [("PUT /ips/ip-1@LON1", {"name": "post", "region": "LON1"}), dropped, dropped]


# -- refusals, before anything is sent --------------------------------------------------------------------------------------


def test_what_a_load_balancer_has_is_left_to_it(world: World, verbs: CivoAddresses) -> None:
    world.script.on(LIST, page({**MAIL, "assigned_to": {"id": "lb-1", "type": "loadbalancer", "name": "front"}}))
    assert only(verbs, name="mail")["status"] == "attached"
    for state, options in (("absent", {}), ("present", {"instance": "web"}), ("present", {"instance": ""})):
        with pytest.raises(ConflictError, match="assigned to the loadbalancer front"):
            verbs.find(wish(state, name="mail", **options), server() if options.get("instance") else None)


def test_an_address_and_a_server_of_two_regions_do_not_meet() -> None:
    world = World(None)
    world.has(ROW)
    world.has(region="NYC1")
    world.script.on(LIST, page())
    world.script.on("GET /ips@NYC1", page(MAIL))
    with pytest.raises(OptionError, match="have to be in one region"):
        verbs_of(world.driver, "address").find(wish(name="mail", instance="web"), server())


REFUSED = [
    ({"address": "192.0.2.99"}, "OptionError", "chooses the address"),
    ({"instance": "web1"}, "OptionError", "name is needed"),
    ({"instance": "web1", "state": "absent"}, "OptionError", "address or name is needed"),
    ({"name": "mail", "type": "main"}, "OptionError", "only reserved ones can be made"),
    ({"name": "mail", "type": "floating"}, "OptionError", "no floating addresses"),
    ({"name": "mail", "private_address": "192.168.1.2"}, "OptionError", "one interface"),
    ({"name": "mail", "primary": True}, "UnsupportedError", "primary"),
    ({"instance": "web1", "state": "replaced", "allow": ["cost"]}, "UnsupportedError", "replaced"),
    ({"name": "mail", "rebuild_guest_network": True}, "UnsupportedError", "rebuild_guest_network"),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("options", "error", "told"), REFUSED)
def test_what_is_impossible_is_refused(controller: Controller, options: dict[str, t.Any], error: str, told: str, check: bool) -> None:
    with controller.simulator["civo"].lock:
        controller.simulator["civo"].seed_instances(1, name="web1", region="LON1")
    result = controller.task("address", "civo", check=check, **PLACE, **options).result
    assert (result.get("error"), controller.writes("civo")) == (error, [])
    assert told in result["msg"]


def test_an_ordinary_address_comes_and_goes_with_its_server(controller: Controller) -> None:
    made = controller.made("civo")
    ordinary = {**PLACE, "address": made["public_ipv4"]}
    kept = controller.task("address", "civo", **ordinary, instance="web1").result
    assert (kept["changed"], kept["address"]["type"], kept["address"]["primary"]) == (False, "main", True)
    for more in ({"state": "absent", "allow": ["detach"]}, {"name": "mail"}, {"instance": ""}):
        result = controller.task("address", "civo", **ordinary, **more).result
        assert (result["error"], "ordinary address" in result["msg"]) == ("UnsupportedError", True)
    assert controller.writes("civo") == []


def test_a_second_reserved_address_does_not_push_out_the_first(controller: Controller) -> None:
    controller.made("civo")
    controller.task("address", "civo", **PLACE, name="first", instance="web1")
    controller.task("address", "civo", **PLACE, name="second")
    controller.simulator.clear_log()
    for name in ("second", "third"):
        result = controller.task("address", "civo", **PLACE, name=name, instance="web1").result
        assert (result["error"], "has the reserved address first" in result["msg"]) == ("ConflictError", True)
    assert controller.writes("civo") == []


@pytest.mark.parametrize(("options", "needs"), [({"instance": "web2"}, ["detach"]), ({"instance": ""}, ["detach"]), ({"state": "absent"}, ["detach"])])
def test_taking_it_from_a_server_needs_consent(controller: Controller, options: dict[str, t.Any], needs: list[str]) -> None:
    controller.made("civo")
    controller.made("civo", "web2")
    controller.task("address", "civo", **PLACE, name="mail", instance="web1")
    controller.simulator.clear_log()
    result = controller.task("address", "civo", **PLACE, name="mail", **options).result
    assert (result["error"], result["needs"], controller.writes("civo")) == ("ConsentError", needs, [])


def test_two_of_one_name_are_told(controller: Controller) -> None:
    civo = controller.simulator["civo"]
    controller.task("address", "civo", **PLACE, name="mail")
    with civo.lock:
        (row,) = civo.table("ips", "LON1").values()
        civo.table("ips", "LON1")["twin"] = {**row, "id": "twin", "ip": "198.18.0.77"}
    result = controller.task("address", "civo", **PLACE, name="mail").result
    assert (result["error"], sorted(result["ids"])) == ("AmbiguousError", sorted([row["id"], "twin"]))
    assert f"Give the address ({', '.join(sorted((row['ip'], '198.18.0.77')))})" in result["msg"]
    twin = controller.task("address", "civo", **PLACE, address="198.18.0.77").result
    assert twin["address"]["id"] == "twin"


# -- listing ----------------------------------------------------------------------------------------------------------------


def test_the_list_is_filtered(controller: Controller) -> None:
    made = controller.made("civo")
    controller.made("civo", "web2")
    controller.task("address", "civo", **PLACE, name="mail", instance="web1")
    controller.task("address", "civo", **PLACE, name="spare")

    def listed(**filters: t.Any) -> list[tuple[t.Any, ...]]:
        result = controller.task("address_info", "civo", **PLACE, **filters).result
        return [(each["name"], each["type"], (each["instance"] or {}).get("name")) for each in result["addresses"]]

    assert listed() == [(None, "main", "web2"), ("mail", "reserved", "web1"), ("spare", "reserved", None)]
    assert listed(unattached=True) == [("spare", "reserved", None)]
    assert listed(instance=made["id"]) == listed(name="mail") == [("mail", "reserved", "web1")]
    assert listed(type="main") == [(None, "main", "web2")]
