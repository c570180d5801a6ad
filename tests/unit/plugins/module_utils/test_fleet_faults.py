# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets when things go wrong: whatever is lost, killed or refused, the provider's bill shows no server twice and none is lost."""

from __future__ import annotations

import random
import typing as t
from collections import Counter

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import LIST, Killed, ledger_entries, slow_builds
from ansible_collections.polyhost.cloud.tests.unit.fleets import Fleets, dying, running_time

SIZE = 8
NAMES = f"web-[1:{SIZE}]"


@pytest.fixture(name="fleets")
def fixture_fleets(tmp_path: t.Any) -> t.Iterator[Fleets]:
    """A controller whose time runs fast."""
    with Simulator(virtual_clock=True) as simulator, running_time(simulator):
        yield Fleets(Controller(simulator, tmp_path))


def outcomes(reply: Reply) -> Counter[str]:
    return Counter(each["outcome"] for each in reply.result["instances"])


def assert_each_once(fleets: Fleets, provider: str) -> None:
    """The bill: as many orders as servers as names, and each name has a server of its own."""
    assert fleets.orders(provider) == len(fleets.servers(provider)) == SIZE
    if provider == "hosterapi":
        bound = [entry["id"] for entry in ledger_entries(fleets.controller).values() if entry["state"] == "live"]
        assert sorted(bound) == sorted(str(server["id"]) for server in fleets.servers(provider))
    else:
        assert sorted(server["name"] for server in fleets.servers(provider)) == [f"web-{number}" for number in range(1, SIZE + 1)]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_answers_that_are_lost_at_random(fleets: Fleets, provider: str, seed: int) -> None:
    lost = sorted(random.Random(seed).sample(range(1, SIZE + 1), 3))
    for nth in lost:
        fleets.simulator.fault(provider, ORDER[provider], "reset_after", nth=nth)
    reply = fleets.made(provider, NAMES)
    assert not reply.result.get("failed"), reply.result
    assert outcomes(reply) == {"created": SIZE}
    assert fleets.simulator.writes(provider).count(ORDER[provider]) == SIZE
    assert_each_once(fleets, provider)
    assert sum("was taken over" in warning for warning in reply.warnings) == len(lost)
    again = fleets.made(provider, NAMES)
    assert not again.result["changed"]


def test_all_answers_are_lost_and_as_many_servers_appear(fleets: Fleets) -> None:
    for nth in range(1, SIZE + 1):
        fleets.simulator.fault("hosterapi", ORDER["hosterapi"], "reset_after", nth=nth)
    reply = fleets.made("hosterapi", NAMES)
    assert outcomes(reply) == {"created": SIZE}
    assert len({each["id"] for each in reply.result["instances"]}) == SIZE
    assert_each_once(fleets, "hosterapi")


def test_more_servers_appear_than_were_ordered(fleets: Fleets) -> None:
    """Nobody can tell which are ours: the task lists them, and neither it nor the next one orders anything again."""
    fleets.simulator.settings("hosterapi", job_seconds=0.0)
    for nth in (1, 2):
        fleets.simulator.fault("hosterapi", ORDER["hosterapi"], "reset_after", nth=nth)
    fleets.simulator.fault("hosterapi", ORDER["hosterapi"], "double")
    reply = fleets.made("hosterapi", "web-[1:2]", wait_timeout=90.0)
    failed = [each for each in reply.result["instances"] if each["outcome"] == "failed"]
    assert failed
    for each in failed:
        assert each["error"] == "AmbiguousError"
        assert len(each["ids"]) >= 2 and set(each["ids"]) <= {str(server["id"]) for server in fleets.servers("hosterapi")}
    sent = fleets.simulator.writes("hosterapi").count(ORDER["hosterapi"])
    assert fleets.made("hosterapi", "web-[1:2]", wait_timeout=90.0).result["failed"]
    assert fleets.simulator.writes("hosterapi").count(ORDER["hosterapi"]) == sent


@pytest.mark.parametrize("provider", PROVIDERS)
def test_reads_that_fail_now_and_then(fleets: Fleets, provider: str) -> None:
    chance = random.Random(7)
    for nth in sorted(chance.sample(range(2, 14), 4)):
        fleets.simulator.fault(provider, LIST[provider], "status", nth=nth, status=503)
    reply = fleets.made(provider, NAMES)
    assert not reply.result.get("failed"), reply.result
    assert_each_once(fleets, provider)


@pytest.mark.parametrize("provider", ["civo", "gcore", "hosterapi"])
def test_a_list_that_fails_orders_nothing(fleets: Fleets, provider: str) -> None:
    fleets.simulator.fault(provider, LIST[provider], "status", times=0, status=503)
    reply = fleets.made(provider, NAMES)
    assert reply.result["failed"]
    assert fleets.simulator.writes(provider) == []
    assert len(fleets.simulator.calls(provider)) < SIZE, "the failure of one list is known to all"


def test_refused_credentials_are_told_once(fleets: Fleets) -> None:
    reply = fleets.made("civo", NAMES, environ={"CIVO_TOKEN": "S3CRET-wrong-token"})
    assert reply.result["error"] == "AuthError"
    assert "S3CRET" not in str(reply.result)
    assert len(fleets.simulator.calls("civo")) == 1


@pytest.mark.parametrize("on_failure", ["stop", "continue"])
def test_a_quota_that_ends_in_the_middle(fleets: Fleets, on_failure: str) -> None:
    fleets.simulator.settings("civo", quota={"instance_count": 3})
    reply = fleets.made("civo", NAMES, on_failure=on_failure, workers=2)
    assert reply.result["failed"]
    found = outcomes(reply)
    assert found["created"] == 3
    assert found["failed"] == (SIZE - 3 if on_failure == "continue" else found["failed"])
    assert (found["not_begun"] > 0) is (on_failure == "stop")
    assert fleets.orders("civo") == len(fleets.servers("civo")) == 3
    assert "quota" in reply.result["msg"].lower()
    told = {each["name"]: each["id"] for each in reply.result["instances"] if each["outcome"] == "created"}
    assert {server["name"]: server["id"] for server in fleets.servers("civo")} == told
    fleets.simulator.settings("civo", quota={})
    again = fleets.made("civo", NAMES)
    assert outcomes(again) == {"unchanged": 3, "created": SIZE - 3}
    assert_each_once(fleets, "civo")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("provider", PROVIDERS)
def test_kills_at_random(fleets: Fleets, provider: str, seed: int) -> None:
    """A run that died is continued; the order that was on its way is found again, or its name is told as unclear, and never sent twice."""
    moment = random.Random(f"{provider}{seed}").randint(8, 60)
    with dying(moment), pytest.raises(Killed):
        fleets.made(provider, NAMES, wait_timeout=90.0)
    for _run in range(3):
        reply = fleets.made(provider, NAMES, wait_timeout=90.0)
        if not reply.result.get("failed"):
            break
        unclear = [each for each in reply.result["instances"] if each["outcome"] == "failed"]
        assert all(each["error"] in ("LedgerError", "OutcomeUnknownError") for each in unclear), unclear
    assert fleets.orders(provider) == len(fleets.servers(provider)) <= SIZE
    if not reply.result.get("failed"):
        assert_each_once(fleets, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_time_out_tells_every_id_and_the_next_run_continues(fleets: Fleets, provider: str) -> None:
    slow_builds(fleets.controller, provider, 60.0)
    reply = fleets.made(provider, NAMES, wait_timeout=5.0)
    assert reply.result["failed"]
    failed = [each for each in reply.result["instances"] if each["outcome"] == "failed"]
    assert failed and all(each["changed"] for each in failed)
    for _run in range(3):
        reply = fleets.made(provider, NAMES)
        if not reply.result.get("failed"):
            break
    assert_each_once(fleets, provider)
