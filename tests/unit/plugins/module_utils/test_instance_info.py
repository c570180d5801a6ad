# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_instance_info gathers and searches: what is asked for and nothing else, in one shape, without a secret and without a write."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core import rules
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import NotFoundError, TransientError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._providers import details
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import GATHERED
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo import details as civo
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.figures import POINT
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore import details as gcore
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi import details as hosterapi
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds import details as hostwinds
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.controller import PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers import test_hosterapi, test_hostwinds
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

PLACES: dict[str, dict[str, t.Any]] = {"civo": {"region": "LON1"}, "gcore": {"region": "4"}}
# The calls that each word costs for one server.
COSTS: dict[tuple[str, str], list[str]] = {
    ("hostwinds", "maintenance"): ["get_instance_maintenance"],
    ("hostwinds", "firewall_rules"): ["get_instance_firewall_profile"],
    ("hostwinds", "provider_data"): ["get_instance"],
    ("civo", "firewall_rules"): ["firewalls.rules.list"],
    ("civo", "provider_data"): ["instances.get"],
    ("gcore", "metrics"): ["instances.metrics"],
    ("gcore", "interfaces"): ["instances.list_interfaces", "instances.list_ports"],
    ("gcore", "firewall_rules"): ["instances.list_ports", "security_groups.get"],
    ("gcore", "provider_data"): ["instances.get"],
    ("hosterapi", "incidents"): ["server_incidents"],
    ("hosterapi", "metrics"): ["server_status"],
    ("hosterapi", "provider_data"): ["server_config"],
}
RAW = {"hostwinds": hostwinds, "civo": civo, "gcore": gcore, "hosterapi": hosterapi}
# The raw fields of the simulator that are kept back, each for its reason: a secret, something that may embed one, or said elsewhere.
KEPT_BACK: dict[str, set[str]] = {
    "hostwinds": {"password", "configkey", "image", "flavor", "ssh_keys", "userid", "app_id", "name", "host", "server_uuid", "volume_uuid", "port_uuid"}
    | {"image_ref", "mac_address"},
    "civo": {"initial_password", "ssh_key", "user_script", "civostatsd_token", "rescue_password", "script"},
    "gcore": {"addresses", "metadata", "metadata_detailed", "blackhole_ports", "ddos_profile"},
    "hosterapi": set(),
}
SECRET_NAMES = (
    *("password", "configkey", "initial_password", "rescue_password", "ssh_key", "script", "user_script", "civostatsd_token", "uri", "token"),
    *("user_data", "username", "private_key", "url", "data", "configuration", "ssh", "output", "traceback", "openstack_server_id"),
)


def one(controller: Controller, provider: str, **options: t.Any) -> dict[str, t.Any]:
    """What is told of the only server."""
    reply = controller.info(provider, **PLACES.get(provider, {}), **options)
    assert not reply.result.get("failed"), reply.result
    (instance,) = reply.result["instances"]
    return t.cast("dict[str, t.Any]", instance)


# -- gather ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_word_costs_its_calls_and_nothing_is_asked_without_it(controller: Controller, provider: str) -> None:
    controller.made(provider)
    plain = one(controller, provider)
    listing = controller.calls(provider)
    assert not set(GATHERED) & set(plain)
    for word in GATHERED:
        controller.simulator.clear_log()
        instance = one(controller, provider, gather=[word])
        assert set(instance) == {*plain, word}
        cost = COSTS.get((provider, word), [])
        assert sorted(controller.calls(provider)) == sorted([*listing, *cost])
        assert bool(cost) == (word in DRIVERS[provider].PROFILE.capabilities.of("instance_info"))
        assert controller.writes(provider) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_provider_does_not_tell_is_empty_with_a_warning(controller: Controller, provider: str) -> None:
    controller.made(provider)
    reply = controller.info(provider, **PLACES.get(provider, {}), gather=list(GATHERED))
    (instance,) = reply.result["instances"]
    for word in GATHERED:
        told = (provider, word) in COSTS
        assert told or instance[word] == []
        assert told != any(f"so {word} is empty" in warning for warning in reply.warnings)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_found_costs_nothing_more(controller: Controller, provider: str) -> None:
    reply = controller.info(provider, **PLACES.get(provider, {}), gather=list(GATHERED))
    assert reply.result["instances"] == []
    assert not {call for calls in COSTS.values() for call in calls} & set(controller.calls(provider))


def test_maintenance_is_what_the_provider_says(controller: Controller) -> None:
    server = controller.made("hostwinds")
    assert one(controller, "hostwinds", gather=["maintenance"])["maintenance"] == []
    controller.simulator["hostwinds"].patch(server["id"], {"maintenance": "Snapshot is<br>being taken."})
    assert one(controller, "hostwinds", gather=["maintenance"])["maintenance"] == ["Snapshot is being taken."]


def test_a_server_that_is_going_fails_no_list_and_one_that_stays_does(controller: Controller) -> None:
    server = controller.made("hostwinds")
    denied = [{"result": "error", "message": "A valid serviceid is required."}]
    controller.simulator.fault("hostwinds", "get_instance_maintenance", "status", times=2, status=200, body=denied)
    assert controller.info("hostwinds", gather=["maintenance"]).result["error"] == "NotFoundError"
    controller.simulator["hostwinds"].patch(server["id"], {"task_state": "deleting"})
    going = one(controller, "hostwinds", gather=["maintenance"])
    assert (going["status"], going["maintenance"]) == ("deleting", [])


def test_incidents_are_tidied_and_their_times_stay_as_they_are(controller: Controller) -> None:
    server = controller.made("hosterapi")
    raw = {"gid": 7, "start": "2026-03-01 10:00:00", "stop": None, "host": "198.18.0.1", "direction": 1, "impact": 3, "types": ["ddos"], "ongoing": "1"}
    controller.simulator["hosterapi"].patch(server["id"], {"incidents": [raw, {"gid": 8}]})
    first, second = one(controller, "hosterapi", gather=["incidents"])["incidents"]
    assert first == {
        "id": "7",
        "start": "2026-03-01 10:00:00",
        "stop": None,
        "ongoing": True,
        "host": "198.18.0.1",
        "types": ["ddos"],
        "direction": 1,
        "impact": 3,
    }
    assert second == {**dict.fromkeys(first), "id": "8", "types": []}


@pytest.mark.parametrize("provider", ["gcore", "hosterapi"])
def test_metrics_are_points_of_one_shape(controller: Controller, provider: str) -> None:
    controller.made(provider)
    (point,) = one(controller, provider, gather=["metrics"])["metrics"]
    assert set(point) == set(POINT)
    assert point["time"].startswith("2026-01-01T00:00:") and point["time"].endswith("Z")


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore"])
def test_rules_are_those_of_the_firewall_in_canonical_form(controller: Controller, provider: str) -> None:
    controller.made(provider)
    server = one(controller, provider, read=["firewalls"], gather=["firewall_rules"])
    firewalls = controller.task("firewall_info", provider, **PLACES.get(provider, {})).result["firewalls"]
    applied = [rule for firewall in firewalls if firewall["id"] in {each["id"] for each in server["firewalls"]} for rule in firewall["rules"]]
    assert server["firewall_rules"] == rules.public(rules.parse(applied))
    assert server["firewall_rules"]


def test_a_firewall_of_several_servers_is_read_once(controller: Controller) -> None:
    for name in ("web1", "web2", "web3"):
        controller.made("civo", name)
    reply = controller.info("civo", region="LON1", gather=["firewall_rules"])
    assert [bool(each["firewall_rules"]) for each in reply.result["instances"]] == [True] * 3
    assert controller.calls("civo").count("firewalls.rules.list") == 1


def test_a_read_that_fails_is_a_failure_and_no_empty_value(controller: Controller) -> None:
    controller.made("hosterapi")
    controller.simulator.fault("hosterapi", "server_incidents", "status", status=400)
    result = controller.info("hosterapi", gather=["incidents"]).result
    assert result["failed"] and "instances" not in result


VM5 = Instance("hosterapi", "hosterapi", id="5")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([], []),
        ([{"result": "success", "action": "Maintenance", "message": ""}], []),
        ([{"result": "success", "message": "Snapshot is being taken."}, {"result": "success", "message": "Moving."}], ["Snapshot is being taken.", "Moving."]),
        ({"result": "success", "message": "Moving."}, ["Moving."]),
        ({"success": []}, []),
        ({"success": True}, []),
        ({"success": "Moving."}, ["Moving."]),
        ({"success": [{"message": "Moving."}]}, ["Moving."]),
    ],
)
def test_maintenance_in_every_envelope(answer: t.Any, told: list[str]) -> None:
    world = test_hostwinds.World()
    world.script.on("get_instance_maintenance", answer)
    reader = verbs_of(world.driver(), "instance_info").readers()["maintenance"]
    assert reader(Instance("hostwinds", "hostwinds", id="12")) == told


def test_maintenance_of_a_server_that_is_gone_is_no_empty_list() -> None:
    world = test_hostwinds.World()
    world.script.on("get_instance_maintenance", test_hostwinds.BAD_ID)
    with pytest.raises(NotFoundError):
        verbs_of(world.driver(), "instance_info").readers()["maintenance"](Instance("hostwinds", "hostwinds", id="12"))


@pytest.mark.parametrize("body", [{"response": [], "error": False}, {"response": None, "error": None}, {"result": []}])
def test_no_incidents_in_every_envelope(tmp_path: t.Any, body: dict[str, t.Any]) -> None:
    world = test_hosterapi.World(tmp_path)
    world.script.on("GET /datacenter/server/5/incidents", (200, body))
    assert verbs_of(HosterapiDriver(world), "instance_info").readers()["incidents"](VM5) == []


@pytest.mark.parametrize("body", [{"response": "none", "error": False}, {"response": [7], "error": False}, {"error": False}])
def test_incidents_of_another_form_are_a_failure(tmp_path: t.Any, body: dict[str, t.Any]) -> None:
    world = test_hosterapi.World(tmp_path)
    world.script.on("GET /datacenter/server/5/incidents", (200, body))
    with pytest.raises(TransientError):
        verbs_of(HosterapiDriver(world), "instance_info").readers()["incidents"](VM5)


# -- raw fields -------------------------------------------------------------------------------------------------------------


def poisoned(value: t.Any) -> t.Any:
    """A raw answer with every secret of the contracts in each of its objects."""
    if isinstance(value, dict):
        return {**{key: poisoned(below) for key, below in value.items()}, **dict.fromkeys(SECRET_NAMES, "S3CRET"), "nested": {"anything": "S3CRET"}}
    return [*map(poisoned, value), {"password": "S3CRET"}] if isinstance(value, list) else value


@pytest.mark.parametrize("provider", PROVIDERS)
def test_raw_fields_pass_an_allow_list(controller: Controller, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw: list[dict[str, t.Any]] = []

    def pick(value: dict[str, t.Any], allowed: details.Allowed) -> t.Any:
        raw.append(value)
        return details.pick(poisoned(value), allowed)

    monkeypatch.setattr(RAW[provider], "pick", pick)
    controller.made(provider)
    shown = one(controller, provider, gather=["provider_data"])["provider_data"]
    assert "S3CRET" not in json.dumps(shown)
    assert set(raw[0]) - set(shown) == KEPT_BACK[provider] & set(raw[0])
    harmless = {key: value for key, value in raw[0].items() if key in shown and not isinstance(value, (dict, list))}
    assert {key: shown[key] for key in harmless} == harmless


def test_lists_and_objects_are_picked_through() -> None:
    allowed = details.branches("a", "words", b=details.branches("c"), d=details.branches("e"))
    value = {"a": {"x": 1}, "words": ["y", {"z": 1}], "b": [{"c": 1, "s": 2}, "plain"], "d": {"e": [1, {"s": 2}], "s": 2}, "s": 3}
    assert details.pick(value, allowed) == {"a": {}, "words": ["y"], "b": [{"c": 1}, "plain"], "d": {"e": [1]}}


# -- search -----------------------------------------------------------------------------------------------------------------


def test_a_search_goes_through_all_projects_and_regions(controller: Controller) -> None:
    controller.simulator.settings("gcore", reseller=True)
    here, there = controller.made("gcore", "web1"), controller.made("gcore", "web2", region="7", project="1400")
    controller.made("gcore", "db1")
    reply = controller.info("gcore", region="4", search={"name": " we "})
    assert controller.calls("gcore") == ["instances.search"]
    first, second = reply.result["instances"]
    assert set(first) == {*here, "region_name", "project", "client"}
    assert (first["id"], first["name"], first["region"], first["account"], first["client"]) == (here["id"], "web1", "4", "gcore", "2")
    assert first["project"] == {"id": "1337", "name": "default"}
    assert (second["id"], second["region"], second["project"]["id"]) == (there["id"], "7", "1400")
    assert {"status", "addresses", "size"} <= set(second["not_read"])
    for part in ({"id": here["id"][:8]}, {"address": here["public_ipv4"]}):
        assert [each["id"] for each in controller.info("gcore", search=part).result["instances"]] == [here["id"]]


def test_a_search_needs_a_reseller_token(controller: Controller) -> None:
    result = controller.info("gcore", search={"name": "web"}).result
    assert (result["failed"], result["error"]) == (True, "ForbiddenError")
    assert "reseller token" in result["msg"]


@pytest.mark.parametrize(
    "options", [{"search": {}}, {"search": {"name": " "}}, {"search": {"name": "web"}, "id": "x"}, {"search": {"id": "x"}, "gather": ["metrics"]}]
)
def test_a_search_for_nothing_or_beside_a_filter_is_refused(controller: Controller, options: dict[str, t.Any]) -> None:
    result = controller.info("gcore", **options).result
    assert (result["failed"], result["option"]) == (True, "search")
    assert controller.calls("gcore") == []


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "hosterapi"])
def test_others_have_no_search(controller: Controller, provider: str) -> None:
    result = controller.info(provider, search={"name": "web"}).result
    assert (result["failed"], result["capability"]) == (True, "instance_info.search")
    assert controller.calls(provider) == []
