# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of Hostwinds at the wire: every form they are listed in, and what is sent about them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConflictError, ContradictionError, NotFoundError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Record
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_hostwinds import BAD_ID, OK, World, row
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

SERVER = Instance("hostwinds", "hostwinds", id="12", name="web")
MAIN, SECOND = "198.51.100.7", "198.51.100.9"


@pytest.fixture(params=["seed", "live"])
def world(request: t.Any) -> World:
    world = World(live=request.param == "live")
    world.script.has(row())
    world.script.on("get_instance_ips", [{"ip": MAIN}, {"ip": SECOND}])
    return world


def found(world: World, state: str = "present", **options: t.Any) -> list[Record]:
    instance = SERVER if options.get("instance") else None
    return t.cast("list[Record]", verbs_of(world.driver(), "address").find(RecordWish(state=state, options=options), instance))


@pytest.mark.parametrize(
    "listed",
    [
        [{"ip": MAIN}, {"ip": SECOND}],
        {"IP Addresses": [{"ip": MAIN}, {"ip": SECOND}]},
        {"IP Addresses": {"11": {"ip": SECOND}}},
        [SECOND],
        [{"ips": f"{MAIN};{SECOND}", "dedicatedip": MAIN}],
    ],
)
def test_an_address_is_found_in_any_form(world: World, listed: t.Any) -> None:
    world.script.on("get_instance_ips", listed)
    (record,) = found(world, instance="web", address=SECOND)
    assert (record["type"], record["primary"], record["instance"], record.id) == ("secondary", False, {"id": "12", "name": "web"}, None)


def test_private_addresses_are_not_offered(world: World) -> None:
    assert found(world, instance="web", address="10.0.0.7") == []


def test_a_swap_looks_for_the_main_address_whatever_was_named(world: World) -> None:
    assert [record["address"] for record in found(world, "replaced", instance="web", address=SECOND)] == [MAIN]


def test_an_address_that_no_row_shows_is_looked_for_server_by_server(world: World) -> None:
    world.script.has(row(ips=[MAIN]))
    assert [record["address"] for record in found(world, address=SECOND)] == [SECOND]


def test_a_server_that_is_gone_has_no_addresses(world: World) -> None:
    world.script.has()
    assert found(world, instance="web", address=SECOND) == []


def test_a_read_that_fails_is_no_absence(world: World) -> None:
    world.script.on("get_instance_ips", BAD_ID)
    with pytest.raises(NotFoundError):
        found(world, instance="web", address=SECOND)


def test_a_server_that_is_going_has_nothing_to_list(world: World) -> None:
    world.script.has(row(13, task_state="deleting"), row(14))
    world.script.on("get_instance_ips", BAD_ID)
    world.script.on("get_instance", BAD_ID)
    verbs = verbs_of(world.driver(), "address")
    with pytest.raises(ContradictionError):  # the lists show 14 still
        verbs.select(RecordWish(state="present"), None)
    world.script.has(row(13, task_state="deleting"))
    world.script.on("get_instance", BAD_ID)
    assert verbs.select(RecordWish(state="present"), None) == []
    gone = Instance("hostwinds", "hostwinds", id="14", name="web")
    assert verbs.select(RecordWish(state="present"), gone) == []


def test_the_main_address_of_a_server_that_has_none_yet(world: World) -> None:
    with pytest.raises(ConflictError, match="no main address yet"):
        verbs_of(world.driver(), "address").plan_new(RecordWish(state="present", options={"instance": "web"}), SERVER)


@pytest.mark.parametrize(
    ("step", "sent"),
    [
        (Step("set", "primary", False, True), [("action", "set_main_ip"), ("serviceid", "12"), ("ip", SECOND)]),
        (Step("swap", "address", MAIN, None), [("action", "change_main_ip"), ("serviceid", "12")]),
        (Step("rebuild", "guest_network"), [("action", "regenerate_networking"), ("serviceid", "12")]),
    ],
)
def test_what_is_sent(world: World, step: Step, sent: list[tuple[str, str]]) -> None:
    world.script.on(sent[0][1], OK)
    (record,) = found(world, instance="web", address=SECOND)
    verbs_of(world.driver(), "address").change(record, step)
    assert world.script.writes == [sent]


@pytest.mark.parametrize("answer", [OK, BAD_ID])
def test_an_address_is_given_back(world: World, answer: t.Any) -> None:
    world.script.on("delete_ip", answer)
    (record,) = found(world, instance="web", address=SECOND)
    assert verbs_of(world.driver(), "address").delete(record) is None
    assert world.script.writes == [[("action", "delete_ip"), ("serviceid", "12"), ("ip", SECOND)]]
