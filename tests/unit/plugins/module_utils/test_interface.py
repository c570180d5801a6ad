# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation promises about options, guards and results, at every provider alike."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._resources import instance as resource
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    LIST,
    OPTIONS,
    Killed,
    ids,
    interfering,
    ledger_entries,
    once,
    place,
    slow_changes,
)

Options = dict[str, t.Any]
REPLACE: Options = {"allow": ["replace", "cost"]}

everywhere = pytest.mark.parametrize("provider", PROVIDERS)
where_it_replaces = pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore"])


def replacing(provider: str) -> Options:
    """Options that only a new server can have, all that creating needs, and the consent."""
    fixed = {"region": "2"} if provider == "hostwinds" else {"image": OPTIONS[provider]["image"]}
    return {**CREATE[provider], **fixed, **REPLACE}


# -- the result -----------------------------------------------------------------------------------------------------------


@everywhere
def test_the_object_has_the_same_keys_in_every_branch_and_no_null_lists(controller: Controller, provider: str) -> None:
    keys = set(Instance("a", "b").public())
    results = [
        controller.instance(provider, name="web1", state="absent", **place(provider)),
        controller.create(provider, check=True),
        controller.create(provider, check=True, wait=False),
        controller.create(provider),
        controller.create(provider),
        controller.create(provider, state="stopped", check=True),
        controller.create(provider, state="stopped"),
        controller.create(provider, "web2", wait=False),
        controller.instance(provider, name="web1", state="absent", check=True, **place(provider)),
        controller.instance(provider, name="web1", state="absent", **place(provider)),
    ]
    for result in (reply.result for reply in results):
        assert not result.get("failed"), result
        assert {"changed", "plan", "plan_id", "approvable", "drift", "diff", "api", "instance"} <= set(result)
        assert set(result["instance"]) == keys
        for key in ("addresses", "firewalls", "not_read"):
            assert isinstance(result["instance"][key], list)
        assert isinstance(result["instance"]["tags"], dict)
        for side in result["diff"].values():
            assert list(side) == sorted(side)
        assert {"calls", "writes", "retries", "waited", "request_ids", "trace"} == set(result["api"])
        for step in result["plan"]:
            assert set(step) == {"action", "field", "before", "after", "effect", "cost", "price"}


@everywhere
def test_without_waiting_check_mode_predicts_a_server_that_is_being_built(controller: Controller, provider: str) -> None:
    predicted = controller.create(provider, check=True, wait=False).result
    real = controller.create(provider, wait=False).result
    assert predicted["instance"]["status"] == real["instance"]["status"] == "building"
    assert predicted["diff"] == real["diff"]
    assert predicted["plan_id"] == real["plan_id"]


@everywhere
def test_the_plan_id_tells_inputs_apart_and_nothing_else(controller: Controller, provider: str) -> None:
    controller.made(provider)
    stopped = controller.create(provider, check=True, state="stopped").result["plan_id"]
    assert controller.create(provider, check=True, state="stopped").result["plan_id"] == stopped
    assert controller.create(provider, check=True, state="restarted").result["plan_id"] != stopped
    assert controller.create(provider, check=True, state="stopped", account="another").result["plan_id"] != stopped
    creation = controller.create(provider, "web2", check=True).result["plan_id"]
    assert controller.create(provider, "web3", check=True).result["plan_id"] != creation
    if provider in ("civo", "gcore"):
        first, second = (controller.create(provider, "web2", check=True, user_data=text).result["plan_id"] for text in ("S3CRET-one", "S3CRET-two"))
        assert len({first, second, creation}) == 3


# -- options --------------------------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("option", ["image", "expect", "wait_port"])
def test_what_no_option_can_be_is_refused_before_any_request(controller: Controller, provider: str, option: str) -> None:
    values: dict[str, tuple[Options, ...]] = {
        "image": ({"image": ""},),
        "expect": ({"expect": {"adress": "192.0.2.1"}}, {"expect": {"adress": "192.0.2.1"}, "state": "absent"}),
        "wait_port": ({"wait_port": 0}, {"wait_port": 65536}),
    }
    for options in values[option]:
        result = controller.create(provider, **options).result
        assert result["error"] == "OptionError", result
        assert option in result["msg"]
        assert controller.calls(provider) == []


@pytest.mark.parametrize("provider", ["civo", "gcore"])
@pytest.mark.parametrize("options", [{"network": ""}, {"ssh_keys": [""]}, {"firewalls": [""]}, {"user_data": ""}])
def test_empty_names_are_never_taken_for_names(controller: Controller, provider: str, options: Options) -> None:
    result = controller.create(provider, check=True, **options).result
    assert result["error"] == "OptionError", result
    assert f"{next(iter(options))} must not be empty" in result["msg"]
    assert controller.calls(provider) == []


@pytest.mark.parametrize("provider", ["civo", "gcore"])
def test_tags_take_numbers_as_text(controller: Controller, provider: str) -> None:
    made = controller.create(provider, tags={"role": 1, "load": 2.5, 7: "x"}).result
    assert made["instance"]["tags"] == {"7": "x", "load": "2.5", "role": "1"}
    assert controller.create(provider, tags={"role": 1, "load": 2.5, 7: "x"}).result["changed"] is False
    kept = controller.create(provider, tags={"role": "2"}, purge_tags=False).result
    assert kept["instance"]["tags"] == {"7": "x", "load": "2.5", "role": "2"}
    assert controller.create(provider, tags={}, purge_tags=False).result["changed"] is False
    assert controller.create(provider, tags={}).result["instance"]["tags"] == {}


@everywhere
def test_absent_takes_no_notice_of_what_describes_a_server(controller: Controller, provider: str) -> None:
    controller.made(provider)
    nonsense: Options = {"tags": {"a=b": True}, "rescue": True, "cpu": 0, "network": "", "locked": True, "reset_password": True}
    result = controller.create(provider, state="absent", **nonsense).result
    assert not result.get("failed"), result
    assert ids(controller, provider) == []


# -- guards ---------------------------------------------------------------------------------------------------------------

# A field that costs a call of its own, and its value.
COSTLY: dict[str, Options] = {
    "hostwinds": {"size": "2"},
    "civo": {"rescue": False, "network": "default"},
    "gcore": {"disk_gb": 10},
    "hosterapi": {"disk_gb": 20},
}


@everywhere
def test_expect_reads_the_fields_that_it_is_about(controller: Controller, provider: str) -> None:
    controller.made(provider)
    wrong = dict.fromkeys(COSTLY[provider], "other")
    refused = controller.instance(provider, name="web1", state="absent", expect=wrong, **place(provider)).result
    assert refused["error"] == "ExpectationError"
    assert controller.writes(provider) == []
    result = controller.instance(provider, name="web1", state="absent", expect=COSTLY[provider], **place(provider)).result
    assert not result.get("failed"), result
    assert ids(controller, provider) == []


@where_it_replaces
def test_absent_on_an_open_order_fails_although_an_earlier_server_is_just_going(controller: Controller, provider: str) -> None:
    ledger: Options = {"ledger": controller.ledger}
    controller.made(provider, **ledger)
    slow_changes(controller, provider, 300.0)
    controller.instance(provider, name="web1", state="absent", wait=False, **place(provider), **ledger)

    def kill() -> None:
        raise Killed

    with contextlib.suppress(Killed), interfering(before=once(ORDER[provider], kill)):
        controller.create(provider, **ledger)
    for check in (True, False):
        result = controller.instance(provider, check=check, name="web1", state="absent", **place(provider), **ledger).result
        assert result["error"] == "LedgerError", result
        assert "ledger_clear" in result["msg"]
    assert [entry["state"] for entry in ledger_entries(controller).values()] == ["ordering"]


# -- waiting --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The ports that were tried; none of them is open before the third try."""
    tried: list[tuple[str, int]] = []

    def accepts(host: str, port: int) -> bool:
        tried.append((host, port))
        return len(tried) >= 3

    monkeypatch.setattr(resource, "accepts_tcp", accepts)
    return tried


@everywhere
def test_nobody_waits_for_the_port_of_a_server_that_is_off(controller: Controller, provider: str, knocks: list[tuple[str, int]]) -> None:
    result = controller.create(provider, state="stopped", wait_until="port").result
    assert result["instance"]["status"] == "stopped", result
    assert controller.create(provider, wait_until="port").result["changed"] is False
    assert knocks == []


@everywhere
def test_the_next_run_waits_for_the_port_as_well(controller: Controller, provider: str, knocks: list[tuple[str, int]]) -> None:
    made = controller.made(provider)
    assert controller.create(provider, check=True, wait_until="port").result["changed"] is False
    assert knocks == []
    result = controller.create(provider, wait_until="port", wait_port=2222).result
    assert result["changed"] is False
    assert knocks == [(made["public_ipv4"], 2222)] * 3


# -- replacing --------------------------------------------------------------------------------------------------------------


@where_it_replaces
def test_a_replacement_that_fails_half_way_says_that_the_old_server_is_gone(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    controller.simulator.fault(provider, ORDER[provider], "status", status=400)
    result = controller.create(provider, **replacing(provider)).result
    assert result["failed"] is True
    assert result["changed"] is True
    assert [step["action"] for step in result["plan"]] == ["delete"]
    assert f"({made['id']})" in result["msg"]
    assert "was deleted before that" in result["msg"]
    again = controller.create(provider, **{**replacing(provider), "allow": []}).result
    if provider != "hostwinds":  # where nothing proves that the first order did nothing
        assert not again.get("failed"), again
        assert len(ids(controller, provider)) == 1


@where_it_replaces
def test_a_replacement_needs_all_that_creating_needs(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    options = {key: value for key, value in replacing(provider).items() if key != "size"}
    for check in (True, False):
        result = controller.instance(provider, name="web1", check=check, **options).result
        assert result["error"] == "OptionError"
        assert result["msg"].startswith(f"Replacing instance web1 ({made['id']})")
        assert "size" in result["msg"]
    assert controller.writes(provider) == []


@where_it_replaces
@pytest.mark.parametrize("options", [{"state": "stopped"}, {"wait": False}])
def test_check_mode_of_a_replacement_says_the_same(controller: Controller, provider: str, options: Options) -> None:
    controller.made(provider)
    refused = controller.create(provider, **{**replacing(provider), "allow": ["replace"]}).result
    assert refused["error"] == "ConsentError"
    assert refused["msg"].startswith("Replacing instance web1")
    predicted = controller.create(provider, check=True, **{**replacing(provider), **options})
    assert controller.writes(provider) == []
    real = controller.create(provider, **{**replacing(provider), **options})
    assert not real.result.get("failed"), real.result
    for key in ("plan", "plan_id", "diff", "approvable"):
        assert real.result[key] == predicted.result[key], key
    assert real.result["instance"]["status"] == predicted.result["instance"]["status"]
    assert real.result["plan"][0]["action"] == "replace"
    assert real.result.get("left_behind") == predicted.result.get("left_behind")
    assert bool(real.result.get("left_behind")) is (provider == "gcore")  # its volumes


def test_check_mode_of_a_replacement_tells_of_a_lock(controller: Controller) -> None:
    controller.made("hostwinds", locked=True)
    reply = controller.create("hostwinds", check=True, **replacing("hostwinds"))
    assert [warning for warning in reply.warnings if "locked: false" in warning]


# -- continuing -----------------------------------------------------------------------------------------------------------


@everywhere
def test_an_order_of_a_killed_run_is_continued_by_the_plan_that_check_mode_shows(controller: Controller, provider: str) -> None:
    options: Options = {"state": "stopped", "ledger": controller.ledger}

    def kill() -> None:
        raise Killed

    with contextlib.suppress(Killed), interfering(after=once(ORDER[provider], kill)):
        controller.create(provider, **options)
    controller.simulator.clear_log()
    predicted = controller.create(provider, check=True, **options).result
    refused = controller.create(provider, expect_plan="0123456789abcdef", **options).result
    assert refused["error"] == "PlanChangedError"
    assert refused["plan_id"] == predicted["plan_id"]
    assert controller.writes(provider) == []
    real = controller.create(provider, expect_plan=predicted["plan_id"], **options).result
    assert not real.get("failed"), real
    for key in ("changed", "plan", "plan_id", "diff"):
        assert real[key] == predicted[key], key
    assert ORDER[provider] not in controller.calls(provider)


@everywhere
def test_what_a_new_order_lacks_does_not_keep_an_old_one_from_being_continued(controller: Controller, provider: str) -> None:
    ledger: Options = {"ledger": controller.ledger}

    def kill() -> None:
        raise Killed

    with contextlib.suppress(Killed), interfering(after=once(ORDER[provider], kill)):
        controller.create(provider, **ledger)
    for check in (True, False):
        result = controller.instance(provider, check=check, name="web1", **place(provider), **ledger).result
        assert not result.get("failed"), result
        assert result["changed"] is True
        assert [step["action"] for step in result["plan"]] == ["create"]
    assert len(ids(controller, provider)) == 1


# -- time -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["civo", "gcore", "hosterapi"])
@pytest.mark.parametrize(("budget", "failed"), [(60.0, True), (90.0, None)])
def test_max_retry_wait_is_for_reads_and_orders_together(controller: Controller, provider: str, budget: float, failed: bool | None) -> None:
    for operation in (LIST[provider], ORDER[provider]):
        controller.simulator.fault(provider, operation, "rate_limit", retry_after=40)
    result = controller.create(provider, max_retry_wait=budget).result
    assert result.get("failed") is failed, result
    assert controller.calls(provider).count(ORDER[provider]) == (1 if failed else 2)
    if failed:
        assert result["error"] == "RateLimitedError"
        assert result["api"]["waited"] == 40.0


@where_it_replaces
def test_what_is_being_deleted_is_said_to_be_absent_only_after_waiting(controller: Controller, provider: str) -> None:
    controller.made(provider)
    slow_changes(controller, provider, 300.0)
    for _time in range(2):
        assert controller.instance(provider, name="web1", state="absent", wait=False, **place(provider)).result["instance"]["status"] == "deleting"
    assert controller.instance(provider, check=True, name="web1", state="absent", **place(provider)).result["instance"]["status"] == "absent"
    result = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert (result["changed"], result["instance"]["status"]) == (False, "absent")
    assert ids(controller, provider) == []
