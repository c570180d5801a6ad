# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold at every provider: create, second run, check mode, absent, and the number of calls they take."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.proofs import same_where_known

everywhere = pytest.mark.parametrize("provider", PROVIDERS)


@everywhere
def test_create_orders_once_and_returns_a_running_server(controller: Controller, provider: str) -> None:
    reply = controller.create(provider)
    result = reply.result
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert [step["action"] for step in result["plan"]] == ["create"]
    assert result["instance"]["status"] == "running"
    assert result["instance"]["name"] == "web1"
    assert result["instance"]["id"] == controller.servers(provider)[0]["id"]
    assert result["instance"]["public_ipv4"]
    assert controller.writes(provider).count(ORDER[provider]) == 1
    assert len(controller.servers(provider)) == 1
    assert controller.simulator[provider].violations == []


@everywhere
def test_check_mode_of_a_create_predicts_and_writes_nothing(controller: Controller, provider: str) -> None:
    predicted = controller.create(provider, check=True).result
    assert not predicted.get("failed"), predicted
    assert controller.writes(provider) == []
    assert predicted["changed"] is True
    assert predicted["instance"]["id"] is None
    real = controller.create(provider).result
    assert predicted["plan_id"] == real["plan_id"]
    assert predicted["plan"] == real["plan"]
    assert predicted["diff"] == real["diff"]
    assert same_where_known(predicted["instance"], real["instance"]) == []
    assert set(predicted["instance"]) == set(real["instance"])


@everywhere
def test_second_run_changes_nothing(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    result = controller.create(provider).result
    assert result["changed"] is False
    assert result["plan"] == []
    assert result["drift"] == []
    assert controller.writes(provider) == []
    assert result["instance"]["id"] == made["id"]
    assert result["diff"]["before"] == result["diff"]["after"]


NO_OP_BY_NAME = {"hostwinds": 2, "civo": 1, "gcore": 1, "hosterapi": 2}
NO_OP_BY_ID = {"hostwinds": 1, "civo": 1, "gcore": 1, "hosterapi": 2}


@everywhere
def test_calls_of_a_no_op(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    region = {"region": CREATE[provider]["region"]} if "region" in CREATE[provider] else {}
    by_name = controller.instance(provider, name="web1", **region).result
    assert by_name["changed"] is False
    assert len(controller.calls(provider)) == NO_OP_BY_NAME[provider] == by_name["api"]["calls"]
    controller.simulator.clear_log()
    by_id = controller.instance(provider, id=made["id"], **region).result
    assert by_id["changed"] is False
    assert len(controller.calls(provider)) == NO_OP_BY_ID[provider]


@everywhere
def test_one_connection_a_task(controller: Controller, provider: str) -> None:
    controller.create(provider)
    assert controller.simulator.connections(provider) == 1


@everywhere
def test_absent_waits_until_gone_and_is_idempotent(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    predicted = controller.instance(provider, check=True, name="web1", state="absent", region=CREATE[provider].get("region")).result
    assert controller.writes(provider) == []
    removed = controller.instance(provider, name="web1", state="absent", region=CREATE[provider].get("region")).result
    assert not removed.get("failed"), removed
    assert removed["changed"] is True
    assert predicted["plan"] == removed["plan"]
    assert predicted["plan_id"] == removed["plan_id"]
    assert removed["instance"]["status"] == "absent"
    assert removed["instance"]["id"] == made["id"]
    assert same_where_known(predicted["instance"], removed["instance"]) == []
    assert controller.servers(provider) == []
    controller.simulator.clear_log()
    again = controller.instance(provider, name="web1", state="absent", region=CREATE[provider].get("region")).result
    assert again["changed"] is False
    assert controller.writes(provider) == []
    by_id = controller.instance(provider, id=made["id"], state="absent", region=CREATE[provider].get("region")).result
    assert by_id["changed"] is False, by_id
    assert by_id["instance"]["status"] == "absent"


@everywhere
def test_power_states(controller: Controller, provider: str) -> None:
    controller.made(provider)
    for state, status in (("stopped", "stopped"), ("started", "running"), ("restarted", "running")):
        predicted = controller.create(provider, check=True, state=state).result
        assert controller.writes(provider) == []
        real = controller.create(provider, state=state).result
        assert not real.get("failed"), real
        assert real["changed"] is True
        assert real["plan"] == predicted["plan"]
        assert real["instance"]["status"] == status
        assert same_where_known(predicted["instance"], real["instance"]) == []
        controller.simulator.clear_log()
        again = controller.create(provider, state=state).result
        assert again["changed"] is (state == "restarted")
        controller.simulator.clear_log()


@everywhere
def test_created_stopped_in_one_run(controller: Controller, provider: str) -> None:
    predicted = controller.create(provider, check=True, state="stopped").result
    real = controller.create(provider, state="stopped").result
    assert not real.get("failed"), real
    assert [step["action"] for step in real["plan"]] == ["create", "stop"]
    assert real["plan"] == predicted["plan"]
    assert real["instance"]["status"] == predicted["instance"]["status"] == "stopped"
    controller.simulator.clear_log()
    assert controller.create(provider, state="stopped").result["changed"] is False
    assert controller.writes(provider) == []


@everywhere
def test_an_unknown_id_fails_and_never_creates(controller: Controller, provider: str) -> None:
    unknown = {"civo": "00000000-0000-4000-8000-000000000000", "gcore": "00000000-0000-4000-8000-000000000000"}.get(provider, "999999")
    result = controller.instance(provider, id=unknown, **CREATE[provider]).result
    assert result["failed"] is True
    assert controller.writes(provider) == []


@pytest.mark.parametrize(
    ("provider", "given", "shown"), [("hostwinds", "1", "1"), ("civo", "lon1", "LON1"), ("gcore", "Luxembourg-2", "4"), ("hosterapi", "LON1", None)]
)
def test_what_never_existed_shows_name_provider_and_region(controller: Controller, provider: str, given: str, shown: str | None) -> None:
    result = controller.instance(provider, name="nobody", state="absent", region=given).result
    assert result["changed"] is False
    known = {key: value for key, value in result["instance"].items() if value not in (None, [], {})}
    expected = {"name": "nobody", "provider": provider, "account": known["account"], "region": shown, "status": "absent"}
    assert known == {key: value for key, value in expected.items() if value is not None}


@everywhere
def test_a_refusal_by_the_options_alone_sends_nothing(controller: Controller, provider: str) -> None:
    controller.environ.pop("GCORE_PROJECT", None)
    for wrong in ({"expect": {"colour": "blue"}, "state": "absent"}, {"wait_port": 0}, {"tags": {"a=b": "c"}} if provider in ("civo", "gcore") else {"cpu": 0}):
        result = controller.instance(provider, name="web1", **wrong).result
        assert result["failed"] is True
        assert controller.calls(provider) == []


def test_a_refused_flavor_names_those_that_fit_the_image(controller: Controller) -> None:
    result = controller.create("gcore", size="nothing-like-it").result
    assert result["failed"] is True
    assert result["option"] == "size"
    assert controller.calls("gcore")[-1] == "instances.available_flavors"
    assert "g2-standard-1-2" in result["msg"]
    assert controller.writes("gcore") == []
    assert controller.simulator["gcore"].violations == []
