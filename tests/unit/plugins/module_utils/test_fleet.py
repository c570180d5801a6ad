# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(vps_fleet) against the simulator: what is asked and written, in which order, and what is refused before anything is."""

from __future__ import annotations

import itertools
import socket
import typing as t
from collections import Counter

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import DELETE, patched
from ansible_collections.polyhost.cloud.tests.unit.fleets import Fleets, running_time

LISTS = {
    "hostwinds": {"get_instances", "get_instance_ids"},
    "civo": {"instances.list"},
    "gcore": {"instances.list", "tasks.list"},
    "hosterapi": {"server_list"},
}
CIVO: dict[str, t.Any] = {"provider": "civo", "region": "LON1"}
WEB = {"tags": {"fleet": "web"}}


@pytest.fixture(name="fleets")
def fixture_fleets(tmp_path: t.Any) -> t.Iterator[Fleets]:
    """A controller whose time runs fast."""
    with Simulator(virtual_clock=True) as simulator, running_time(simulator):
        yield Fleets(Controller(simulator, tmp_path))


def outcomes(reply: Reply) -> dict[str, str]:
    """What became of each instance, by name."""
    return {each["name"]: each["outcome"] for each in reply.result["instances"]}


def succeeded(reply: Reply) -> dict[str, t.Any]:
    assert not reply.result.get("failed"), reply.result
    return reply.result


def refused(reply: Reply, error: str) -> str:
    """The message of a task that changed nothing."""
    assert reply.result.get("failed") and not reply.result["changed"], reply.result
    assert reply.result["error"] == error, reply.result
    return str(reply.result["msg"])


def names(fleets: Fleets, provider: str) -> list[str]:
    return sorted(server["name"] for server in fleets.servers(provider))


# -- one plan, one list, side by side --------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_fleet_is_predicted_then_built_then_left_alone(fleets: Fleets, provider: str) -> None:
    wanted = {f"web-{number:02d}": "created" for number in range(1, 7)}
    predicted = fleets.made(provider, "web-[01:06]", check=True)
    assert fleets.simulator.writes(provider) == []
    assert outcomes(predicted) == wanted
    built = fleets.made(provider, "web-[01:06]")
    assert succeeded(built)["changed"] is True
    assert outcomes(built) == wanted
    assert fleets.orders(provider) == len(fleets.servers(provider)) == 6
    for key in ("plan", "plan_id", "diff", "drift"):
        assert without_ids(built.result[key]) == without_ids(predicted.result[key]), key
    assert len({each["id"] for each in built.result["instances"]}) == 6
    for before, after in zip(predicted.result["instances"], built.result["instances"], strict=True):
        told = {key: value for key, value in before["instance"].items() if value is not None and key not in ("addresses", "not_read")}
        assert {key: after["instance"][key] for key in told} == told
    fleets.simulator.clear_log()
    again = fleets.made(provider, "web-[01:06]")
    assert succeeded(again)["changed"] is False
    assert again.result["plan"] == []
    assert set(outcomes(again).values()) == {"unchanged"}
    assert fleets.simulator.writes(provider) == []


def without_ids(value: t.Any) -> t.Any:
    """What nobody can know beforehand left out."""
    return [{key: item for key, item in each.items() if key != "id"} for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_does_not_wait_leaves_the_rest_to_the_next_run(fleets: Fleets, provider: str) -> None:
    begun = fleets.made(provider, "web-[1:4]", wait=False)
    assert {(each["outcome"], each["instance"]["status"]) for each in succeeded(begun)["instances"]} == {("created", "building")}
    ended = fleets.made(provider, "web-[1:4]")
    assert {each["instance"]["status"] for each in succeeded(ended)["instances"]} == {"running"}
    assert fleets.orders(provider) == len(fleets.servers(provider)) == 4


@pytest.mark.parametrize("provider", PROVIDERS)
def test_existing_servers_are_compared_with_one_reading_of_the_list(fleets: Fleets, provider: str) -> None:
    succeeded(fleets.made(provider, "web-[1:8]"))
    fleets.simulator.clear_log()
    succeeded(fleets.run({"name": "web-[1:8]"}, provider=provider, region=CREATE[provider].get("region")))
    asked = Counter(fleets.simulator.calls(provider))
    if provider == "hosterapi":
        assert asked == {"server_config": 8, "server_status": 8}
    else:
        assert asked and set(asked) <= LISTS[provider] and set(asked.values()) == {1}


def test_a_thousand_servers_cost_their_pages(fleets: Fleets) -> None:
    with fleets.simulator["civo"].lock:
        fleets.simulator["civo"].seed_instances(1000, name="web")
    assert set(outcomes(fleets.run({"name": "web-[1:1000]"}, **CIVO)).values()) == {"unchanged"}
    assert fleets.simulator.calls("civo") == ["instances.list"] * 10


@pytest.mark.parametrize("provider", ["civo", "gcore"])
def test_many_orders_cost_one_request_each_and_few_lists(fleets: Fleets, provider: str) -> None:
    succeeded(fleets.made(provider, "web-[01:30]"))
    asked = Counter(fleets.simulator.calls(provider))
    assert asked[ORDER[provider]] == 30
    by_id = [call for call in asked if call.endswith(".get") and call != "tasks.get"]
    assert sum(asked[call] for call in by_id) <= 3  # the last ones are alone, and ask for themselves
    resolving = sum(asked[call] for call in asked if call.endswith(".list") and call not in LISTS[provider])
    assert resolving <= 5


def test_the_rate_limit_holds_for_all_together(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:12]", rate_limit=5.0))
    moments = [entry["time"] for entry in fleets.simulator.log("civo")]
    assert len(moments) > 12
    assert moments[-1] - moments[0] >= (len(moments) - 5) / 5.0 - 0.5, "five a second; half a second for what the fast clock blurs"


def test_no_more_than_the_workers_are_under_way(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:6]", workers=1))
    asked = [call for call in fleets.simulator.calls("civo") if call in ("instances.create", "instances.get")]
    assert asked.count("instances.create") == 6
    places = [number for number, call in enumerate(asked) if call == "instances.create"]
    assert all(asked[before + 1 : after] for before, after in itertools.pairwise(places)), "each is read before the next is ordered"


def test_servers_at_several_providers_are_one_fleet(fleets: Fleets) -> None:
    entries = [{"name": "web-[1:2]", "provider": provider, **CREATE[provider]} for provider in PROVIDERS]
    reply = fleets.run(*entries)
    succeeded(reply)
    for provider in PROVIDERS:
        assert len(fleets.servers(provider)) == 2
    assert {account["provider"] for account in reply.result["api"]["accounts"]} == set(PROVIDERS)
    assert reply.result["api"]["writes"] == sum(len(fleets.simulator.writes(provider)) for provider in PROVIDERS)
    assert sorted(reply.result["diff"]["after"])[:2] == ["civo/web-1", "civo/web-2"]
    again = fleets.run(*entries)
    assert succeeded(again)["changed"] is False


def test_entries_go_over_defaults_and_those_over_the_task(fleets: Fleets) -> None:
    reply = fleets.run({"name": "small"}, {"name": "big", "size": "g3.medium"}, **CIVO, defaults=CREATE["civo"], check=True)
    assert {each["name"]: each["instance"]["size"] for each in succeeded(reply)["instances"]} == {"small": "g3.small", "big": "g3.medium"}


def test_a_person_sees_a_line_for_each(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:3]"))
    assert sorted(line.split(" (")[0] for line in fleets.lines) == ["web-1: created", "web-2: created", "web-3: created"]
    assert fleets.lines[-1].endswith(", 3 of 3")


def test_first_passwords_are_told_to_who_asks(fleets: Fleets) -> None:
    asked = fleets.run({"name": "a", "return_credentials": True}, {"name": "b"}, provider="hosterapi", defaults=CREATE["hosterapi"])
    told = {each["name"]: each.get("credentials") for each in succeeded(asked)["instances"]}
    assert told["a"]["password"] and told["b"] is None


# -- order -----------------------------------------------------------------------------------------------------------------


def test_what_is_easily_undone_comes_first(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "old-[1:2]", region="LON1"))
    fleets.simulator.clear_log()
    entries: list[dict[str, t.Any]] = [
        {"name": "old-1", "state": "absent"},
        {"name": "old-2", "tags": {"a": "b"}, "state": "restarted"},
        {"name": "new-1", **CREATE["civo"]},
    ]
    reply = fleets.run(*entries, **CIVO)
    assert outcomes(reply) == {"old-1": "deleted", "old-2": "changed", "new-1": "created"}
    assert [call for call in fleets.simulator.writes("civo") if call != "instances.set_tags"] == [
        "instances.create",
        "instances.soft_reboot",
        "instances.delete",
    ]
    assert [step["name"] for step in reply.result["plan"]] == ["new-1", "old-2", "old-2", "old-1"]


def test_changes_that_interrupt_are_made_in_turn(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:4]"))
    fleets.simulator.clear_log()
    reply = fleets.run(
        {"name": "web-[1:4]"}, **CIVO, defaults={"state": "restarted"}, rolling={"batch": 1, "health_check": {"status": "running", "timeout": 60.0}}
    )
    assert set(outcomes(reply).values()) == {"changed"}
    asked = fleets.simulator.calls("civo")
    reboots = [number for number, call in enumerate(asked) if call == "instances.soft_reboot"]
    assert len(reboots) == 4
    between = [asked[before + 1 : after] for before, after in itertools.pairwise(reboots)]
    assert all(len(reads) >= 2 for reads in between), "each is seen running, and well, before the next is touched"


def test_a_server_that_stays_down_stops_a_rolling_change(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:4]"))
    fleets.simulator.clear_log()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = listening.getsockname()[1]
    check = {"port": free, "status": "running", "timeout": 5.0}
    reply = fleets.run({"name": "web-[1:4]"}, **CIVO, defaults={"state": "restarted"}, rolling={"batch": 1, "health_check": check}, on_failure="continue")
    assert reply.result["failed"]
    assert Counter(outcomes(reply).values()) == {"failed": 1, "not_begun": 3}
    assert fleets.simulator.writes("civo") == ["instances.soft_reboot"]
    failed = next(each for each in reply.result["instances"] if each["outcome"] == "failed")
    assert failed["changed"] and failed["plan"] and "health check" in failed["msg"]


# -- refusals --------------------------------------------------------------------------------------------------------------


def test_what_cannot_be_brought_about_is_refused_for_all_before_the_first_write(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-1"))
    fleets.simulator.clear_log()
    message = refused(fleets.run({"name": "web-[1:3]", "size": "g3.medium"}, **CIVO, defaults={**CREATE["civo"]}), "ConsentError")
    assert "web-1" in message and "allow: [" in message
    message = refused(fleets.run({"name": "web-2", "image": "no-such"}, {"name": "web-3"}, **CIVO, defaults=CREATE["civo"]), "OptionError")
    assert "no-such" in message
    assert fleets.simulator.writes("civo") == []


def test_who_wants_the_others_gets_them(fleets: Fleets) -> None:
    reply = fleets.run({"name": "web-2", "image": "no-such"}, {"name": "web-3"}, **CIVO, defaults=CREATE["civo"], on_failure="continue")
    assert reply.result["failed"]
    assert outcomes(reply) == {"web-2": "failed", "web-3": "created"}
    assert names(fleets, "civo") == ["web-3"]


@pytest.mark.parametrize(
    "options, word",
    [
        ({"instances": [{"name": "a", "tags": {"x y": "z"}}]}, "white space"),
        ({"instances": [{"name": "a"}, {"name": "a"}]}, "two entries"),
        ({"instances": [{"name": "web-[1:3]", "id": "x"}]}, "3 instances"),
        ({"instances": [{"name": "web-[3:1]"}]}, "range"),
        ({"instances": [{}]}, "name or id"),
        ({"instances": [], "purge": True}, "selector"),
        ({"instances": [], "purge": True, "selector": {"name": "*"}}, "every server"),
        ({"instances": [], "max_delete": -1}, "max_delete"),
        ({"instances": [], "workers": 0}, "workers"),
        ({"instances": [], "rolling": {"batch": 0}}, "batch"),
        ({"instances": [], "rolling": {"batch": 1, "health_check": {"port": 0}}}, "port"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(fleets: Fleets, options: dict[str, t.Any], word: str) -> None:
    entries = options.pop("instances")
    assert word in refused(fleets.run(*entries, **CIVO, **options), "OptionError")
    assert fleets.simulator.calls("civo") == []


@pytest.mark.parametrize("option, value", [("api_token", "S3CRET-token"), ("api_url", "http://127.0.0.1:1")])
@pytest.mark.parametrize(
    "top, entries",
    [
        ({}, [{"provider": "civo", **CREATE["civo"], "name": "a"}, {"provider": "gcore", **CREATE["gcore"], "name": "bbb"}]),
        ({"provider": "civo"}, [{"provider": "gcore", **CREATE["gcore"], "name": "bbb"}]),
    ],
)
@pytest.mark.parametrize("layer", ["top", "defaults"])
def test_one_token_is_never_shown_to_two_providers(
    fleets: Fleets, layer: str, top: dict[str, t.Any], entries: list[dict[str, t.Any]], option: str, value: str
) -> None:
    common = {"defaults": {option: value, **top}} if layer == "defaults" else {option: value, **top}
    message = refused(fleets.run(*entries, **common), "OptionError")
    assert "several providers" in message and "S3CRET" not in message
    assert fleets.simulator.log() == []


def test_two_entries_about_one_server_are_refused(fleets: Fleets) -> None:
    made = succeeded(fleets.made("civo", "web-1"))["instances"][0]
    fleets.simulator.clear_log()
    assert "same server" in refused(fleets.run({"name": "web-1"}, {"id": made["id"], "state": "absent"}, **CIVO), "OptionError")
    assert fleets.simulator.writes("civo") == []


# -- the plan --------------------------------------------------------------------------------------------------------------


def test_only_the_plan_that_was_approved_is_carried_out(fleets: Fleets) -> None:
    wanted = fleets.made("civo", "web-[1:3]", check=True).result["plan_id"]
    succeeded(fleets.made("civo", "web-1"))
    fleets.simulator.clear_log()
    message = refused(fleets.made("civo", "web-[1:3]", expect_plan=wanted), "PlanChangedError")
    assert wanted in message
    assert fleets.simulator.writes("civo") == []
    wanted = fleets.made("civo", "web-[1:3]", check=True).result["plan_id"]
    assert succeeded(fleets.made("civo", "web-[1:3]", expect_plan=wanted))["plan_id"] == wanted
    assert succeeded(fleets.made("civo", "web-[1:3]", expect_plan=wanted))["changed"] is False, "an empty plan is always accepted"


def test_what_changed_between_plan_and_turn_is_not_acted_on(fleets: Fleets) -> None:
    ids = [each["id"] for each in succeeded(fleets.made("civo", "web-[1:2]", region="LON1"))["instances"]]

    def resize_behind_the_back(_line: str) -> None:
        patched(fleets.controller, "civo", ids[1], size="g3.large")

    fleets.lines = Lines(resize_behind_the_back)
    fleets.simulator.clear_log()
    reply = fleets.run({"name": "web-[1:2]"}, **CIVO, defaults={"size": "g3.medium", "allow": ["restart", "cost"]}, workers=1)
    assert outcomes(reply) == {"web-1": "changed", "web-2": "failed"}
    assert fleets.simulator.writes("civo") == ["instances.resize"]
    assert reply.result["changed"] is True


class Lines(list[str]):
    """What a person sees, and does when they see it."""

    def __init__(self, act: t.Callable[[str], None]) -> None:
        super().__init__()
        self._act = act

    def append(self, line: str) -> None:
        super().append(line)
        self._act(line)


# -- deleting --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_in_no_entry_goes_only_within_the_guards(fleets: Fleets, provider: str) -> None:
    tagged = "tags" in DRIVERS[provider].PROFILE.capabilities.options
    selector = WEB if tagged else {"name": "web-*"}
    extra = WEB if tagged else {}
    succeeded(fleets.run({"name": "web-[1:3]", **extra}, {"name": "other"}, provider=provider, defaults=CREATE[provider]))
    fleets.simulator.clear_log()
    shrunk: dict[str, t.Any] = {"provider": provider, "defaults": {**CREATE[provider], **extra}, "purge": True, "selector": selector}
    message = refused(fleets.run({"name": "web-1"}, **shrunk), "DeletionLimitError")
    assert "web-2" in message and "web-3" in message and "web-1 " not in message and "other" not in message
    refused(fleets.run({"name": "web-1"}, **shrunk, max_delete=1), "DeletionLimitError")
    predicted = fleets.run({"name": "web-1"}, **shrunk, max_delete=2, check=True)
    assert outcomes(predicted) == {"web-1": "unchanged", "web-2": "deleted", "web-3": "deleted"}
    assert all(step["id"] for step in predicted.result["plan"] if step["action"] == "delete")
    assert fleets.simulator.writes(provider) == []
    done = fleets.run({"name": "web-1"}, **shrunk, max_delete=2, expect_plan=predicted.result["plan_id"])
    assert outcomes(done) == outcomes(predicted)
    assert [each["purged"] for each in done.result["instances"]] == [False, True, True]
    assert len(fleets.servers(provider)) == 2
    assert fleets.simulator.writes(provider).count(DELETE[provider]) == 2
    assert succeeded(fleets.run({"name": "web-1"}, **shrunk))["changed"] is False


@pytest.mark.parametrize("provider", ["hostwinds", "hosterapi"])
def test_tags_select_nothing_where_there_are_none(fleets: Fleets, provider: str) -> None:
    assert "name pattern" in refused(fleets.run({"name": "a"}, provider=provider, purge=True, selector=WEB), "OptionError")
    assert fleets.simulator.calls(provider) == []


def test_an_empty_fleet_is_purged_where_the_task_says(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:2]", region="LON1"))
    assert "provider" in refused(fleets.run(purge=True, selector={"name": "web-*"}, max_delete=2), "OptionError")
    reply = fleets.run(**CIVO, purge=True, selector={"name": "web-*"}, max_delete=2)
    assert outcomes(reply) == {"web-1": "deleted", "web-2": "deleted"}
    assert fleets.servers("civo") == []


def test_nothing_is_purged_after_a_failure(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:2]"))
    fleets.simulator.clear_log()
    fleets.simulator.fault("civo", "instances.create", "status", status=422, times=0)
    shrunk: dict[str, t.Any] = {**CIVO, "purge": True, "selector": {"name": "web-*"}, "max_delete": 9, "on_failure": "continue", "defaults": CREATE["civo"]}
    reply = fleets.run({"name": "web-1"}, {"name": "web-9"}, **shrunk)
    assert outcomes(reply) == {"web-1": "unchanged", "web-9": "failed", "web-2": "not_begun"}
    assert DELETE["civo"] not in fleets.simulator.writes("civo")
    reply = fleets.run({"name": "web-1"}, {"name": "web-9", "image": "no-such"}, **shrunk)
    assert outcomes(reply) == {"web-1": "unchanged", "web-9": "failed"}
    assert any("nothing is purged" in warning for warning in reply.warnings)


def test_replacements_count_as_deletions(fleets: Fleets) -> None:
    succeeded(fleets.made("civo", "web-[1:2]"))
    fleets.simulator.clear_log()
    other = {**CREATE["civo"], "image": "debian-12", "allow": ["replace", "cost"]}
    message = refused(fleets.run({"name": "web-[1:2]"}, provider="civo", defaults=other, max_delete=1), "DeletionLimitError")
    assert "web-1" in message and "web-2" in message
    assert fleets.simulator.writes("civo") == []
    reply = fleets.run({"name": "web-[1:2]"}, provider="civo", defaults=other, max_delete=2)
    assert set(outcomes(reply).values()) == {"replaced"}
    assert len(fleets.servers("civo")) == 2
