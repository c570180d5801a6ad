# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_catalog_info lists beyond images and sizes, and which sizes fit."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import CATALOG_LISTS
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.controller import PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers import test_gcore as gcore
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

PLACES: dict[str, dict[str, t.Any]] = {"civo": {"region": "LON1"}, "gcore": {"region": "4"}}


def sizes(controller: Controller, provider: str, **fit: t.Any) -> list[str]:
    """The ids of the sizes that fit."""
    result = controller.task("catalog_info", provider, **PLACES.get(provider, {}), lists=["sizes"], sizes_for=fit).result
    assert not result.get("failed"), result
    assert controller.writes(provider) == []
    return [entry["id"] for entry in result["catalog"]["sizes"]]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_list_is_there_or_said_to_be_missing(controller: Controller, provider: str) -> None:
    result = controller.task("catalog_info", provider, **PLACES.get(provider, {})).result
    assert set(result["catalog"]) == set(result["supported"]) == set(CATALOG_LISTS)
    for kind, entries in result["catalog"].items():
        assert bool(entries) == result["supported"][kind] == (kind in DRIVERS[provider].PROFILE.capabilities.catalog)
        assert all({"id", "name", "region"} <= set(entry) for entry in entries)
    assert all(isinstance(entry["available"], bool) for entry in result["catalog"]["sizes"])


def test_application_templates_and_placement_groups(controller: Controller) -> None:
    result = controller.task("catalog_info", "gcore", region="4", lists=["app_templates", "placement_groups"]).result
    template = next(each for each in result["catalog"]["app_templates"] if each["id"] == "wordpress-latest")
    assert (template["name"], template["min_cpu"], template["min_memory_mb"], template["min_disk_gb"]) == ("Wordpress", 1, 2048, 20)
    assert "app_config" not in template
    groups = {each["name"]: each for each in result["catalog"]["placement_groups"]}
    assert (groups["spread"]["policy"], groups["spread"]["instances"]) == ("anti-affinity", [])


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"servergroup_id": "g-1", "instances": [{"instance_id": "vm-1", "instance_name": "web1"}]}, ("g-1", [{"id": "vm-1", "name": "web1"}])),
        ({"id": "g-1", "instances": ["vm-1", {"id": "vm-2", "name": "web2"}]}, ("g-1", [{"id": "vm-1", "name": None}, {"id": "vm-2", "name": "web2"}])),
        ({"servergroup_id": "g-1", "instances": None}, ("g-1", [])),
    ],
)
def test_members_of_a_placement_group_come_in_several_forms(row: gcore.Row, shown: tuple[str, list[t.Any]]) -> None:
    world = gcore.World()
    world.script.on("GET /v1/servergroups/1337/4", gcore.listed({"name": "spread", **row}))
    (group,) = world.driver.catalog("placement_groups")
    assert (group["id"], group["instances"]) == shown


def test_sizes_that_a_server_can_be_changed_to(controller: Controller) -> None:
    for provider, present, others in (
        ("hostwinds", "2", ["1", "3"]),
        ("civo", "g3.small", ["g3.medium", "g3.large"]),
        ("gcore", "g2-standard-1-2", ["g2-standard-2-4"]),
    ):
        server = controller.made(provider)
        for wanted in ("web1", server["id"]):
            offered = sizes(controller, provider, instance=wanted)
            assert present not in offered
            assert set(others) <= set(offered)
    assert "g3.xsmall" not in sizes(controller, "civo", instance="web1"), "a server at Civo grows only"
    assert "instances.resize_flavors" in controller.calls("gcore")


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore"])
def test_sizes_with_at_least_so_much(controller: Controller, provider: str) -> None:
    result = controller.task("catalog_info", provider, **PLACES.get(provider, {}), lists=["sizes"]).result
    large = [each["id"] for each in result["catalog"]["sizes"] if each["cpu"] >= 4 and each["memory_mb"] >= 8192 and each["available"]]
    assert sizes(controller, provider, cpu=4, memory_mb=8192) == large
    assert 0 < len(large) < len(result["catalog"]["sizes"])
    if provider != "gcore":  # where a disk is a volume of its own
        assert sizes(controller, provider, disk_gb=10**6) == []


def test_sizes_that_an_image_can_have_are_computed_by_the_provider(controller: Controller) -> None:
    assert "g2-standard-1-2" in sizes(controller, "gcore", image="ubuntu-22.04-x64", disk_gb=30)
    assert controller.calls("gcore") == ["images.list", "instances.available_flavors"]
    result = controller.task("catalog_info", "gcore", region="4", lists=["sizes"], sizes_for={"image": "ubuntu-22.04-x64", "disk_gb": 1}).result
    assert result["failed"] and "needs at least" in result["msg"]


def test_the_question_for_sizes_names_the_boot_volume_and_wants_prices() -> None:
    world = gcore.World()
    world.script.on(gcore.IMAGES, gcore.IMAGE_ROWS)
    flavors = gcore.listed({"flavor_id": "a", "ram": 1, "vcpus": 1, "price_per_month": 9}, {"flavor_id": "b", "disabled": True})
    world.script.on(gcore.FITTING, flavors)
    (entry,) = verbs_of(world.driver, "catalog_info").for_image("ubuntu", 25)
    assert (entry["id"], entry["price"]["amount"]) == ("a", "9.00")
    asked = world.script.requests[-1]
    assert asked.arguments["params"] == {"include_prices": "true"}
    assert [(each["source"], each["size"], each["boot_index"]) for each in asked.body["volumes"]] == [("image", 25, 0)]


@pytest.mark.parametrize(
    ("fit", "option"),
    [({}, "sizes_for"), ({"instance": " "}, "sizes_for"), ({"instance": "web1", "image": "x"}, "sizes_for"), ({"cpu": 0}, "sizes_for")],
)
def test_a_question_without_sense_is_refused(controller: Controller, fit: dict[str, t.Any], option: str) -> None:
    result = controller.task("catalog_info", "gcore", lists=["sizes"], sizes_for=fit).result
    assert (result["failed"], result["option"]) == (True, option)
    assert controller.calls("gcore") == []


def test_sizes_must_be_among_the_lists(controller: Controller) -> None:
    result = controller.task("catalog_info", "gcore", lists=["images"], sizes_for={"cpu": 2}).result
    assert (result["failed"], result["option"]) == (True, "sizes_for")
    assert controller.calls("gcore") == []


@pytest.mark.parametrize(
    ("provider", "fit"), [("hostwinds", {"image": "x"}), ("civo", {"image": "x"}), ("hosterapi", {"cpu": 2}), ("hosterapi", {"instance": "1001"})]
)
def test_what_a_provider_does_not_tell_is_refused_with_advice(controller: Controller, provider: str, fit: dict[str, t.Any]) -> None:
    result = controller.task("catalog_info", provider, lists=["sizes"], sizes_for=fit).result
    assert (result["failed"], result["error"]) == (True, "UnsupportedError")
    assert "give cpu, memory_mb and disk_gb" in result["msg"]
    assert controller.calls(provider) == []


def test_a_server_that_is_not_there_is_a_failure(controller: Controller) -> None:
    result = controller.task("catalog_info", "civo", region="LON1", lists=["sizes"], sizes_for={"instance": "web9"}).result
    assert (result["failed"], result["error"]) == (True, "NotFoundError")
