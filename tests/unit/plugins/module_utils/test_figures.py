# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load figures and quotas: one shape, neutral names, whatever legal form the provider's answer has; and no write."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ProtocolError, TransientError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.figures import POINT, Quota
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers import test_civo as civo
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers import test_gcore as gcore
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers import test_hosterapi as hosterapi
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

METRICS = "POST /v1/instances/1337/4/vm-1/metrics"
QUOTAS = "GET /v2/client_quotas"
VM = Instance("gcore", "gcore-1337", id="vm-1", name="web1", region="4")
GCORE_WISH = {"image": "ubuntu-22.04-x64", "size": "g2-standard-2-4"}


def ask(controller: Controller, module: str, provider: str, **options: t.Any) -> dict[str, t.Any]:
    """The result of a task that succeeds and writes nothing."""
    result = controller.task(module, provider, **options).result
    assert not result.get("failed"), result
    assert controller.writes(provider) == []
    return result


# -- metrics --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "span"),
    [
        (1, {"time_unit": "hour", "time_interval": 1}),
        (168, {"time_unit": "hour", "time_interval": 168}),
        (169, {"time_unit": "day", "time_interval": 8}),
        (192, {"time_unit": "day", "time_interval": 8}),
    ],
)
def test_gcore_is_asked_by_the_hour_and_beyond_a_week_by_the_day(hours: int, span: dict[str, t.Any]) -> None:
    world = gcore.World()
    world.script.on(METRICS, gcore.listed())
    assert verbs_of(world.driver, "metrics").read(VM, hours) == []
    assert [request.body for request in world.script.requests] == [span]


def test_points_are_sorted_and_complete_whatever_is_left_out() -> None:
    world = gcore.World()
    full = {"time": "2026-03-01T11:00:00+01:00", "cpu_util": "3.5", "memory_util": 21, "network_Bps_ingress": 2048, "network_Bps_egress": 1024}
    full |= {"network_pps_ingress": 3, "network_pps_egress": None, "disks": [{"disk_name": "vda", "disk_Bps_read": 1, "disk_iops_write": "2"}]}
    world.script.on(METRICS, gcore.listed(full, {"time": "2026-03-01T09:00:00", "disks": None}))
    older, newer = verbs_of(world.driver, "metrics").read(VM, 2)
    assert older == {**POINT, "time": "2026-03-01T09:00:00Z", "disks": []}
    assert newer == {
        **POINT,
        "time": "2026-03-01T10:00:00Z",
        "cpu_percent": 3.5,
        "memory_percent": 21,
        "network_in_bytes_per_second": 2048,
        "network_out_bytes_per_second": 1024,
        "network_in_packets_per_second": 3,
        "disks": [{"name": "vda", "read_bytes_per_second": 1, "written_bytes_per_second": None, "reads_per_second": None, "writes_per_second": 2}],
    }


def test_figures_of_another_form_are_no_empty_series() -> None:
    world = gcore.World()
    world.script.on(METRICS, {"count": 0})
    with pytest.raises(TransientError):
        verbs_of(world.driver, "metrics").read(VM, 1)
    assert len(world.script.requests) > 1, "a question that computes is free to be asked again"


@pytest.mark.parametrize(
    ("status", "figures"),
    [
        (
            {"cpu": 0.125, "mem": 4 * 1024**3, "memfree": 1024**3, "netin": "10", "netout": 20, "uptime": 60, "state": "running"},
            {"cpu_percent": 12.5, "memory_percent": 75.0, "memory_used_mb": 3072, "memory_total_mb": 4096}
            | {"network_in_bytes": 10, "network_out_bytes": 20, "uptime_seconds": 60},
        ),
        (
            {"cpu": 0, "mem": 0, "memfree": 0, "netin": 0, "netout": 0, "uptime": None, "state": "stopped"},
            {"cpu_percent": 0, "network_in_bytes": 0, "network_out_bytes": 0},
        ),
        ({"state": "stopped"}, {}),
        ({"cpu": 0.5, "mem": 100, "memfree": 200, "state": "running"}, {"cpu_percent": 50.0}),
    ],
)
def test_a_status_is_one_point(tmp_path: t.Any, status: dict[str, t.Any], figures: dict[str, t.Any]) -> None:
    world = hosterapi.World(tmp_path)
    world.script.on("GET /datacenter/server/5/status", status)
    (point,) = verbs_of(HosterapiDriver(world), "metrics").read(Instance("hosterapi", "hosterapi", id="5"), 24)
    assert point.pop("time").endswith("Z")
    assert point == {key: value for key, value in {**POINT, "disks": [], **figures}.items() if key != "time"}


def test_the_figures_of_every_server(controller: Controller) -> None:
    ids = [controller.made("gcore", name)["id"] for name in ("web1", "web2")]
    result = ask(controller, "metrics_info", "gcore", region="4", hours=3)
    assert [each["instance"] for each in result["metrics"]] == [{"id": ids[0], "name": "web1"}, {"id": ids[1], "name": "web2"}]
    times = [[point["time"] for point in each["points"]] for each in result["metrics"]]
    assert [len(each) for each in times] == [3, 3]
    assert all(each == sorted(each) for each in times)


@pytest.mark.parametrize("provider", ["gcore", "hosterapi"])
def test_a_server_that_is_not_there_has_no_figures(controller: Controller, provider: str) -> None:
    assert ask(controller, "metrics_info", provider, instance="web9")["metrics"] == []


@pytest.mark.parametrize("hours", [0, -1, 8761])
def test_hours_without_sense_are_refused(controller: Controller, hours: int) -> None:
    result = controller.task("metrics_info", "gcore", hours=hours).result
    assert (result["failed"], result["option"]) == (True, "hours")
    assert controller.calls("gcore") == []


@pytest.mark.parametrize(
    ("module", "provider"), [("metrics_info", "hostwinds"), ("metrics_info", "civo"), ("quota_info", "hostwinds"), ("quota_info", "hosterapi")]
)
def test_a_provider_without_figures_is_not_asked(controller: Controller, module: str, provider: str) -> None:
    reply = controller.task(module, provider)
    assert reply.result["supported"] is False
    assert reply.result["metrics" if module == "metrics_info" else "quotas"] == []
    assert len(reply.warnings) == 1
    assert controller.calls(provider) == []


# -- quotas ---------------------------------------------------------------------------------------------------------------


def test_pairs_become_neutral_names_and_others_keep_their_own() -> None:
    world = civo.World(region=None)
    flat = {"id": "q-1", "instance_count_limit": 16, "instance_count_usage": "3", "ram_mb_limit": "1024", "port_count_limit": -1, "port_count_usage": 2}
    world.script.on("GET /quota", {**flat, "database_count_limit": None, "subnet_count_usage": 4})
    assert verbs_of(world.driver, "quota").read() == [
        Quota("instances", 16, 3),
        Quota("memory_mb", 1024, None),
        Quota("port_count", None, 2),
        Quota("database_count", None, None),
    ]
    assert Quota("instances", 16, 20).public() == {"name": "instances", "region": None, "limit": 16, "used": 20, "left": 0}
    assert Quota("port_count", None, 2).public()["left"] is None


def test_an_answer_without_limits_is_no_quota() -> None:
    world = civo.World(region=None)
    world.script.on("GET /quota", {"result": "success"})
    with pytest.raises(TransientError):
        verbs_of(world.driver, "quota").read()


@pytest.mark.parametrize("region", ["4", None])
@pytest.mark.parametrize("by_map", [False, True])
def test_quotas_of_the_account_and_of_its_regions(region: str | None, by_map: bool) -> None:
    world = gcore.World(region=region)
    rows = {"4": {"vm_count_limit": 5, "vm_count_usage": 2}, "7": {"vm_count_limit": 1, "vm_count_usage": 1}}
    listed = rows if by_map else [{"region_id": int(key), **row} for key, row in rows.items()]
    world.script.on(QUOTAS, {"global_quotas": {"keypair_count_limit": 100, "keypair_count_usage": 3}, "regional_quotas": listed})
    here = [Quota("ssh_keys", 100, 3), Quota("instances", 5, 2, "4")]
    assert verbs_of(world.driver, "quota").read() == here + ([] if region else [Quota("instances", 1, 1, "7")])


@pytest.mark.parametrize("regional", [None, "none", [{"vm_count_limit": 1}]])
def test_quotas_of_nobody_knows_which_region_are_a_failure(regional: t.Any) -> None:
    world = gcore.World()
    world.script.on(QUOTAS, {"global_quotas": {}, "regional_quotas": regional})
    with pytest.raises(ProtocolError):
        verbs_of(world.driver, "quota").read()


def test_limits_use_and_what_is_left(controller: Controller) -> None:
    controller.made("gcore")
    controller.simulator.settings("gcore", quota_vm_count=2)
    result = ask(controller, "quota_info", "gcore", region="4")
    assert {"name": "instances", "region": "4", "limit": 2, "used": 1, "left": 1} in result["quotas"]
    assert {each["region"] for each in result["quotas"]} == {None, "4"}
    assert (result["fits"], result["shortfall"]) == (None, [])
    assert controller.calls("gcore") == ["quotas.all"]


@pytest.mark.parametrize("keys", ["exceeded", "all"])
def test_gcore_computes_what_would_not_fit(controller: Controller, keys: str) -> None:
    controller.made("gcore")
    controller.simulator.settings("gcore", check_limits_keys=keys)
    assert ask(controller, "quota_info", "gcore", region="4", wanted={"name": "web2", **GCORE_WISH})["fits"] is True
    controller.simulator.settings("gcore", quota_cpu_count=2, quota_volume_size=40)
    result = ask(controller, "quota_info", "gcore", region="4", wanted={"name": "web2", **GCORE_WISH, "disk_gb": 100})
    assert result["fits"] is False
    short = {each["name"]: each["missing"] for each in result["shortfall"]}
    assert set(short) == {"cpu", "disk_gb"} and short["cpu"] == 1
    assert controller.servers("gcore")[1:] == []


def test_the_question_still_wants_names() -> None:
    world = gcore.World()
    for call, rows in ((gcore.IMAGES, gcore.IMAGE_ROWS), (gcore.FLAVORS, gcore.FLAVOR_ROWS)):
        world.script.on(call, rows)
    world.script.on(gcore.LIMITS, {})
    assert verbs_of(world.driver, "quota").shortfall(gcore.wish("web1", image="ubuntu", size="g2-1-2"), []) == []
    question = world.script.requests[-1].body
    assert question["names"] == ["web1"] and "name" not in question
    assert (question["flavor"], len(question["volumes"]), len(question["interfaces"])) == ("g2-1-2", 1, 1)


def test_civo_compares_its_limits_with_the_size(controller: Controller) -> None:
    controller.made("civo")
    controller.simulator.settings("civo", quota={"cpu_core": 2, "public_ip_address": 1, "instance_count": 1})
    result = ask(controller, "quota_info", "civo", region="LON1", wanted={"name": "web2", "size": "g3.medium"})
    assert result["fits"] is False
    assert {each["name"]: (each["missing"], each["limit"], each["used"]) for each in result["shortfall"]} == {
        "cpu": (1, 2, 1),
        "public_ips": (1, 1, 1),
        "instances": (1, 1, 1),
    }
    assert controller.calls("civo").count("quota.get") == 1
    private = ask(controller, "quota_info", "civo", region="LON1", wanted={"name": "web2", "size": "g3.small", "public_ip": False})
    assert [each["name"] for each in private["shortfall"]] == ["instances"]


@pytest.mark.parametrize(
    ("provider", "wanted", "said"),
    [
        ("civo", {}, "size is needed"),
        ("civo", {"size": "g9"}, "g9"),
        ("gcore", {"size": "g2-standard-2-4"}, "image is needed"),
        ("gcore", {**GCORE_WISH, "size": "g9"}, "g9"),
        ("gcore", {**GCORE_WISH, "cpu": 4}, "cpu"),
        ("gcore", {**GCORE_WISH, "disk_gb": 0}, "disk_gb"),
    ],
)
def test_what_a_create_would_refuse_is_refused(controller: Controller, provider: str, wanted: dict[str, t.Any], said: str) -> None:
    place: dict[str, t.Any] = {"region": "4" if provider == "gcore" else "LON1"}
    result = controller.task("quota_info", provider, **place, wanted={"name": "quota-check", **wanted}).result
    assert result["failed"] and said in result["msg"]
    assert controller.writes(provider) == []
