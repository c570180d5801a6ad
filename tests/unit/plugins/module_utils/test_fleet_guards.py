# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet never does, however it is asked: order twice, delete without consent, show a token to another provider, take too many down."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._accounts import Accounts
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Overview
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import patched, slow_builds
from ansible_collections.polyhost.cloud.tests.unit.fleets import Fleets, running_time

from .test_fleet import CIVO, Lines, outcomes, refused, succeeded


@pytest.fixture(name="fleets")
def fixture_fleets(tmp_path: t.Any) -> t.Iterator[Fleets]:
    """A controller whose time runs fast."""
    with Simulator(virtual_clock=True) as simulator, running_time(simulator):
        yield Fleets(Controller(simulator, tmp_path))


# -- one order a name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "provider, first, second",
    [
        ("hostwinds", {"region": "1"}, {"region": "2"}),
        ("civo", {"region": "LON1"}, {"region": "lon1"}),
        ("civo", {"account": "a"}, {"account": "b"}),
        ("gcore", {"region": "4"}, {"region": "Luxembourg-2"}),
        ("hosterapi", {"account": "a"}, {"account": "b"}),
    ],
)
def test_two_entries_that_would_make_one_name_are_refused(fleets: Fleets, provider: str, first: dict[str, t.Any], second: dict[str, t.Any]) -> None:
    reply = fleets.run({"name": "web-1", **first}, {"name": "web-1", **second}, provider=provider, defaults=CREATE[provider])
    assert "web-1" in refused(reply, "OptionError")
    assert fleets.orders(provider) == 0


def test_one_name_in_two_regions_is_two_servers_where_names_are_regional(fleets: Fleets) -> None:
    reply = fleets.run({"name": "web-1", "region": "LON1"}, {"name": "web-1", "region": "NYC1"}, provider="civo", defaults=CREATE["civo"], check=True)
    assert [each["outcome"] for each in succeeded(reply)["instances"]] == ["created", "created"]
    assert len(reply.result["diff"]["after"]) == 2


def test_one_server_under_two_accounts_names_is_one(fleets: Fleets) -> None:
    made = succeeded(fleets.made("civo", "web-1"))["instances"][0]
    entries = [{"name": "web-1", "account": "a"}, {"id": made["id"], "account": "b", "state": "absent"}]
    assert "same server" in refused(fleets.run(*entries, **CIVO), "OptionError")


# -- deleting --------------------------------------------------------------------------------------------------------------


def test_without_waiting_what_is_purged_is_not_even_stopped_beyond_the_limit(fleets: Fleets) -> None:
    succeeded(fleets.made("hosterapi", "web-[1:2]"))
    fleets.simulator.clear_log()
    shrunk: dict[str, t.Any] = {"provider": "hosterapi", "purge": True, "selector": {"name": "web-*"}, "wait": False}
    assert "web-2" in refused(fleets.run({"name": "web-1"}, **shrunk), "DeletionLimitError")
    assert fleets.simulator.writes("hosterapi") == []
    reply = fleets.run({"name": "web-1"}, **shrunk, max_delete=1)
    assert outcomes(reply) == {"web-1": "unchanged", "web-2": "changed"}


def test_what_goes_along_with_one_entry_does_not_go_along_with_what_is_purged(fleets: Fleets) -> None:
    succeeded(fleets.made("gcore", "web-[1:2]"))
    reply = fleets.run(
        {"name": "web-1", "delete_with": ["volumes"]},
        provider="gcore",
        region="4",
        purge=True,
        selector={"name": "web-*"},
        max_delete=1,
        check=True,
    )
    assert [step["field"] for step in succeeded(reply)["plan"]] == ["instance"]


@pytest.mark.parametrize("pattern", ["*", "[a-z]*", "?[!x]*"])
def test_a_pattern_without_a_letter_means_everything(fleets: Fleets, pattern: str) -> None:
    assert "every server" in refused(fleets.run(**CIVO, purge=True, selector={"name": pattern}, max_delete=9), "OptionError")


def test_names_that_no_ledger_knows_purge_nothing_silently(fleets: Fleets) -> None:
    succeeded(fleets.made("hosterapi", "web-[1:2]"))
    reply = fleets.run(provider="hosterapi", purge=True, selector={"name": "web-*"}, max_delete=2, ledger=None)
    assert "ledger" in refused(reply, "OptionError")
    reply = fleets.run(provider="hosterapi", purge=True, selector={"name": "web-*"}, max_delete=2, ledger=f"{fleets.controller.ledger}.other")
    assert succeeded(reply)["instances"] == []
    assert any(all(str(server["id"]) in warning for server in fleets.servers("hosterapi")) for warning in reply.warnings)


def test_a_page_that_fails_is_no_shorter_list(fleets: Fleets) -> None:
    with fleets.simulator["civo"].lock:
        fleets.simulator["civo"].seed_instances(250, name="web")
    fleets.simulator.fault("civo", "instances.list", "status", nth=3, times=0, status=500)
    reply = fleets.run({"name": "web-[1:300]"}, **CIVO, defaults=CREATE["civo"], purge=True, selector={"name": "web-*"}, max_delete=999)
    assert reply.result["failed"] and not reply.result["changed"]
    assert fleets.simulator.writes("civo") == []


@pytest.mark.parametrize("approved", [False, True])
def test_what_shows_only_after_settling_replaces_nothing(fleets: Fleets, monkeypatch: pytest.MonkeyPatch, approved: bool) -> None:
    """A server that was still changing when the fleet was planned turns out to have another image: its replacement was never counted."""
    made = succeeded(fleets.made("civo", "web-[1:2]"))["instances"][0]
    patched(fleets.controller, "civo", made["id"], status="REBOOTING")
    begin = Accounts.begin_to_act

    def settle(accounts: Accounts) -> None:
        begin(accounts)
        patched(fleets.controller, "civo", made["id"], status="ACTIVE", source_id="debian-12")

    monkeypatch.setattr(Accounts, "begin_to_act", settle)
    wanted: dict[str, t.Any] = {**CIVO, "defaults": {**CREATE["civo"], "tags": {"a": "b"}, "allow": ["replace", "cost"]}, "max_delete": 0}
    plan = fleets.run({"name": "web-1"}, **wanted, check=True).result["plan_id"]
    fleets.simulator.clear_log()
    reply = fleets.run({"name": "web-1"}, **wanted, expect_plan=plan if approved else None)
    assert fleets.simulator.writes("civo") == ([] if approved else ["instances.set_tags"]), reply.result
    assert outcomes(reply) == {"web-1": "failed" if approved else "changed"}


def test_who_only_waits_changes_nothing(fleets: Fleets) -> None:
    ids = [each["id"] for each in succeeded(fleets.made("civo", "web-[1:2]", region="LON1"))["instances"]]
    fleets.lines = Lines(lambda _line: patched(fleets.controller, "civo", ids[1], size="g3.xsmall"))
    fleets.simulator.clear_log()
    entries = [{"name": f"web-{number}", "size": "g3.small", "allow": ["restart", "cost"], "wait_until": "address"} for number in (1, 2)]
    reply = fleets.run(*entries, **CIVO, workers=1)
    assert outcomes(reply) == {"web-1": "unchanged", "web-2": "failed"}
    assert fleets.simulator.writes("civo") == []


def test_a_server_that_a_shifting_list_leaves_out_is_deleted_all_the_same(fleets: Fleets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the pages of one list some are read before a deletion and some after it."""
    succeeded(fleets.made("civo", "web-[1:4]", ledger=None))
    begin, whole = Accounts.begin_to_act, Overview.of

    def shift(accounts: Accounts) -> None:
        begin(accounts)
        monkeypatch.setattr(Overview, "of", lambda listed: whole([each for each in listed if each.name != "web-2"]))

    monkeypatch.setattr(Accounts, "begin_to_act", shift)
    reply = fleets.run({"name": "web-[1:4]", "state": "absent"}, **CIVO, ledger=None)
    assert set(outcomes(reply).values()) == {"deleted"}
    assert fleets.servers("civo") == []


def test_two_accounts_whose_ids_are_alike_are_purged_each_by_itself(fleets: Fleets) -> None:
    """HosterAPI counts its servers, so that those of two sites have the same numbers."""
    with Simulator(virtual_clock=True) as second, running_time(second):
        sites = [{"account": "first"}, {"account": "second", "api_url": second.environment()["HOSTERAPI_API_URL"]}]
        common: dict[str, t.Any] = {"provider": "hosterapi", "defaults": CREATE["hosterapi"]}
        succeeded(fleets.run(*({"name": "web-[1:2]", **site} for site in sites), **common))
        reply = fleets.run(*({"name": "web-1", **site} for site in sites), **common, purge=True, selector={"name": "web-*"}, max_delete=2)
        told = [(each["name"], each["outcome"]) for each in succeeded(reply)["instances"]]
        assert told == [("web-1", "unchanged"), ("web-1", "unchanged"), ("web-2", "deleted"), ("web-2", "deleted")]
        assert len(fleets.servers("hosterapi")) == len(second["hosterapi"].instances()) == 1


# -- tokens ----------------------------------------------------------------------------------------------------------------


def test_an_empty_fleet_shows_no_token_to_another_provider(fleets: Fleets) -> None:
    reply = fleets.run(provider="civo", api_token="S3CRET-token", defaults={"provider": "gcore", "region": "4"}, purge=True, selector={"name": "web-*"})
    assert "several providers" in refused(reply, "OptionError")
    assert fleets.simulator.log() == []


# -- rolling ---------------------------------------------------------------------------------------------------------------


def test_rolling_without_waiting_is_refused(fleets: Fleets) -> None:
    reply = fleets.run({"name": "web-1", "state": "restarted"}, provider="hosterapi", rolling={"batch": 1}, wait=False)
    assert "web-1" in refused(reply, "OptionError")
    assert fleets.simulator.log() == []


def test_a_server_in_its_rescue_system_is_as_healthy_as_it_was_meant_to_be(fleets: Fleets) -> None:
    succeeded(fleets.made("hostwinds", "web-[1:2]"))
    check = {"status": "running", "timeout": 30.0}
    reply = fleets.run({"name": "web-[1:2]", "rescue": True, "allow": ["restart"]}, provider="hostwinds", rolling={"batch": 1, "health_check": check})
    assert set(outcomes(reply).values()) == {"changed"}, reply.result["msg"]


def test_a_server_that_does_not_come_back_keeps_its_place_whoever_sent_it_away(fleets: Fleets) -> None:
    ids = [each["id"] for each in succeeded(fleets.made("civo", "web-[1:3]", region="LON1"))["instances"]]
    patched(fleets.controller, "civo", ids[0], status="REBOOTING")
    fleets.simulator.clear_log()
    entries: list[dict[str, t.Any]] = [{"name": "web-1", "wait_timeout": 20.0}, {"name": "web-[2:3]", "state": "restarted"}]
    reply = fleets.run(*entries, **CIVO, rolling={"batch": 1}, on_failure="continue", workers=1)
    assert outcomes(reply) == {"web-1": "failed", "web-2": "not_begun", "web-3": "not_begun"}
    assert fleets.simulator.writes("civo") == []


# -- what is told ---------------------------------------------------------------------------------------------------------


def test_a_refusal_tells_of_each(fleets: Fleets) -> None:
    reply = fleets.run({"name": "web-1", "image": "no-such"}, {"name": "web-[2:3]"}, **CIVO, defaults=CREATE["civo"])
    refused(reply, "OptionError")
    assert outcomes(reply) == {"web-1": "failed", "web-2": "not_begun", "web-3": "not_begun"}
    assert not any(each["changed"] or each["plan"] for each in reply.result["instances"])


def test_one_failure_of_many_is_told_once(fleets: Fleets) -> None:
    message = refused(fleets.run({"name": "web-[1:3]", "image": "no-such"}, **CIVO, defaults=CREATE["civo"]), "OptionError")
    assert "web-1, web-2, web-3: " in message and message.count("no-such") == 1


def test_an_entry_without_a_name_is_told_by_its_number(fleets: Fleets) -> None:
    assert "entry 2" in refused(fleets.run({"name": "web-[1:9]"}, {"size": "g3.small"}, **CIVO), "OptionError")


def test_what_could_not_be_planned_cannot_be_approved(fleets: Fleets) -> None:
    reply = fleets.run({"name": "a", "image": "no-such"}, {"name": "b"}, **CIVO, defaults=CREATE["civo"], on_failure="continue", check=True)
    assert reply.result["approvable"] is False


def test_a_reader_who_went_away_stops_nothing(fleets: Fleets) -> None:
    def gone(_line: str) -> None:
        raise BrokenPipeError

    fleets.lines = Lines(gone)
    assert set(outcomes(fleets.made("civo", "web-[1:3]")).values()) == {"created"}


# -- a person ----------------------------------------------------------------------------------------------------------------


def test_a_long_build_is_not_silent(fleets: Fleets) -> None:
    slow_builds(fleets.controller, "civo", 60.0)
    succeeded(fleets.made("civo", "web-[1:4]"))
    waiting = [line for line in fleets.lines if not line.startswith("web-")]
    assert 2 <= len(waiting) <= 8
