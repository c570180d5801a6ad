# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run converges, the second changes nothing, and neither a stale read nor a lost answer tells a lie."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    CHANGES,
    CONSENT,
    DELETE,
    EVERYTHING,
    GET,
    LIST,
    OPTIONS,
    fresh,
    ids,
    interfering,
    matrix,
    once,
    option_values,
    orders,
    place,
    seeded,
)
from ansible_collections.polyhost.cloud.tests.unit.proofs import same_where_known

Options = dict[str, t.Any]


def converge_twice(controller: Controller, provider: str, options: Options) -> Options:
    """Check mode, the real run, check mode, another real run; returns the result of the first real one."""
    predicted = controller.create(provider, check=True, **options).result
    assert not predicted.get("failed"), (options, predicted)
    assert controller.writes(provider) == []
    real = controller.create(provider, **options).result
    assert not real.get("failed"), (options, real)
    assert real["plan"] == predicted["plan"], options
    assert real["plan_id"] == predicted["plan_id"], options
    assert real["diff"] == predicted["diff"], options
    assert same_where_known(predicted["instance"], real["instance"]) == [], options
    assert orders(controller, provider) == 1
    assert controller.simulator[provider].violations == []
    controller.simulator.clear_log()
    for check in (True, False):
        second = controller.create(provider, check=check, **options).result
        assert not second.get("failed"), (options, second)
        if not options.get("reset_password"):  # which always acts
            assert second["plan"] == [], (options, second["plan"])
            assert second["changed"] is False
            assert second["diff"]["before"] == second["diff"]["after"]
            assert controller.writes(provider) == [], options
        assert second["drift"] == [], (options, second["drift"])
    assert controller.simulator[provider].violations == []
    return real


@matrix("second run of every option")
def test_every_option_given_at_creation_holds_after_it(controller: Controller, provider: str) -> None:
    for option, values in option_values(provider):
        fresh(controller)
        if (provider, option) == ("civo", "public_ip"):  # the first server of a network has an address in any case (reading 5)
            seeded(controller, provider, "first")
        converge_twice(controller, provider, values)


@matrix("second run of every option")
def test_names_and_ids_are_the_same(controller: Controller, provider: str) -> None:
    """What was created by names is not different when the task names ids, where there are both."""
    if provider not in ("civo", "gcore"):
        made = controller.made(provider)
        assert controller.instance(provider, id=made["id"], name="web1", **place(provider)).result["changed"] is False
        return
    everything = {key: value for key, value in EVERYTHING[provider].items() if key in ("network", "firewalls", "ssh_keys", "image")}
    controller.made(provider, **everything)
    catalog = controller.run(_catalog(), _catalog_spec(), provider=provider, rate_limit=0.0, **place(provider)).result["catalog"]
    lists = {"network": "networks", "firewalls": "firewalls", "ssh_keys": "ssh_keys", "image": "images"}
    if provider == "gcore":
        del everything["ssh_keys"]  # named only
    for option, value in everything.items():
        found = {row["name"]: row["id"] for row in catalog[lists[option]]}
        by_id = [found[name] for name in value] if isinstance(value, list) else found[value]
        result = controller.instance(provider, name="web1", **{**place(provider), option: by_id}).result
        assert not result.get("failed"), (option, result)
        assert result["plan"] == [], option
        assert result["drift"] == [], option


def _catalog() -> t.Any:
    from ansible_collections.polyhost.cloud.plugins.module_utils._actions.catalog import catalog_info

    return catalog_info


def _catalog_spec() -> t.Any:
    from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec

    return _argspec.CATALOG_INFO


@matrix("everything in one task", only=("hostwinds", "civo", "gcore"))
def test_everything_in_one_task(controller: Controller, provider: str) -> None:
    result = converge_twice(controller, provider, dict(EVERYTHING[provider]))
    actions = [step["action"] for step in result["plan"]]
    assert actions[0] == "create"
    follow_ups = {"hostwinds": ["set", "set", "rescue", "lock"], "civo": ["rescue"], "gcore": ["stop"]}
    assert actions[1:] == follow_ups[provider]
    if provider == "hostwinds":
        assert result["instance"]["locked"] is True
        assert result["instance"]["rescue"] is True
        assert result["instance"]["firewalls"][0]["name"] == "web"


@matrix("everything in one task", only=("gcore",))
@pytest.mark.parametrize("metadata_api", ["on", "off"])
def test_tags_that_a_create_does_not_carry_are_set_after_it(controller: Controller, provider: str, metadata_api: str) -> None:
    controller.simulator.settings(provider, create_tags="off", metadata_api=metadata_api)
    result = controller.create(provider, tags={"role": "front", "env": "test"}, state="stopped").result
    assert not result.get("failed"), result
    assert result["instance"]["tags"] == {"env": "test", "role": "front"}
    assert result["instance"]["status"] == "stopped"
    controller.simulator.clear_log()
    again = controller.create(provider, tags={"role": "front", "env": "test"}, state="stopped").result
    assert again["changed"] is False
    assert controller.writes(provider) == []
    changed = controller.create(provider, tags={"role": "back"}).result
    assert not changed.get("failed"), changed
    assert changed["instance"]["tags"] == {"role": "back"}


@matrix("everything in one task", only=("hostwinds",))
def test_a_password_is_set_with_the_restart_that_it_takes(controller: Controller, provider: str) -> None:
    result = controller.create(provider, password="S3CRET-Passw0rd!").result
    assert not result.get("failed"), result
    assert controller.writes(provider) == ["add_instance", "change_password", "reboot"]
    with controller.simulator[provider].lock:
        (server,) = controller.simulator[provider].state["servers"].values()
        assert server["row"]["password"] == "S3CRET-Passw0rd!"


# -- changes of an existing server ------------------------------------------------------------------------------------------


def change(controller: Controller, provider: str, made: Options, options: Options) -> t.Any:
    """Carry out one of CHANGES by id."""
    values = {"name" if name == "rename" else name: value for name, value in options.items()}
    return controller.instance(provider, id=made["id"], **{**place(provider), **CONSENT, "stop_mode": "graceful", "wait_timeout": 300.0, **values})


def each_change(controller: Controller, provider: str) -> t.Iterator[tuple[Options, Options, str, tuple[str, t.Any]]]:
    """Every change in turn, on a new server of a fresh account."""
    for options, write, holds in CHANGES[provider]:
        fresh(controller)
        yield controller.made(provider), options, write, holds


@matrix("stale reads")
@pytest.mark.parametrize("reads", [1, 2, 4])
def test_reads_that_lag_behind_a_change(controller: Controller, provider: str, reads: int) -> None:
    """The provider took the change, and the next reads still show what was before it."""

    def lag() -> None:
        for operation in (*GET[provider], LIST[provider]):
            controller.simulator.fault(provider, operation, "stale", times=reads)

    for made, options, _write, (field, value) in each_change(controller, provider):
        controller.instance(provider, id=made["id"], **place(provider))  # so that there is an answer from before
        with interfering(after=once(None, lag)):
            result = change(controller, provider, made, options).result
        assert not result.get("failed"), (options, result)
        assert result["changed"] is True
        assert result["instance"][field] == value, (options, result["instance"])
        controller.simulator.clear_faults()
        controller.simulator.clear_log()
        assert change(controller, provider, made, options).result["changed"] is False, options
        assert controller.writes(provider) == [], options


@matrix("stale reads")
def test_reads_that_lag_behind_a_deletion(controller: Controller, provider: str) -> None:
    made = controller.made(provider, state="stopped")
    controller.instance(provider, id=made["id"], **place(provider))

    def lag() -> None:
        for operation in (*GET[provider], LIST[provider]):
            controller.simulator.fault(provider, operation, "stale", times=3)

    with interfering(after=once(DELETE[provider], lag)):
        result = controller.instance(provider, id=made["id"], state="absent", **place(provider)).result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == "absent"
    assert ids(controller, provider) == []
    assert controller.writes(provider).count(DELETE[provider]) == 1


@matrix("stale reads")
def test_lists_that_lag_behind_an_order(controller: Controller, provider: str) -> None:
    controller.create(provider, check=True)
    controller.simulator.clear_log()

    def lag() -> None:
        controller.simulator.fault(provider, LIST[provider], "stale", times=3)

    with interfering(after=once(ORDER[provider], lag)):
        result = controller.create(provider).result
    assert not result.get("failed"), result
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [result["instance"]["id"]]


@matrix("no effect")
def test_what_is_accepted_and_not_done_is_no_success(controller: Controller, provider: str) -> None:
    for made, options, write, (field, value) in each_change(controller, provider):
        for operation in {"gcore": ["instances.[!glm]*", "instances.metadata_*", "volumes.extend"]}.get(provider, [write]):
            controller.simulator.fault(provider, operation, "no_effect", times=0)
        result = change(controller, provider, made, options).result
        assert result.get("failed") is True, (options, result["instance"])
        assert result["id"] == made["id"]
        assert len(result["msg"]) > 30
        controller.simulator.clear_faults()
        shown = controller.instance(provider, id=made["id"], **place(provider)).result["instance"]
        assert shown[field] != value, options


@matrix("no effect")
def test_a_deletion_that_is_accepted_and_not_done_is_no_success(controller: Controller, provider: str) -> None:
    made = controller.made(provider, state="stopped")
    controller.simulator.fault(provider, DELETE[provider], "no_effect", times=0)
    result = controller.instance(provider, name="web1", state="absent", wait_timeout=60.0, **place(provider)).result
    assert result["failed"] is True
    assert result["id"] == made["id"]
    controller.simulator.clear_faults()
    again = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert not again.get("failed"), again
    assert ids(controller, provider) == []


@matrix("unclear change")
@pytest.mark.parametrize("fault", ["reset_after", "status_after", "html", "truncated", "cut_off"])
def test_a_change_whose_answer_is_lost(controller: Controller, provider: str, fault: str) -> None:
    """It was carried out: success, or at worst a failure with the id after which nothing is left to do."""
    for made, options, write, (field, value) in each_change(controller, provider):
        controller.simulator.fault(provider, write, fault)
        result = change(controller, provider, made, options).result
        assert not result.get("failed"), (options, result)
        assert result["changed"] is True
        assert result["instance"][field] == value, options
        controller.simulator.clear_log()
        assert change(controller, provider, made, options).result["changed"] is False, options
        assert controller.writes(provider) == []


@matrix("unclear change")
def test_a_change_that_did_not_arrive(controller: Controller, provider: str) -> None:
    """It was not carried out: sent again where a look shows that it is due and the contract allows it, else a failure with the id."""
    for made, options, write, (field, value) in each_change(controller, provider):
        controller.simulator.fault(provider, write, "reset_before")
        result = change(controller, provider, made, options).result
        if result.get("failed"):
            assert result["id"] == made["id"], options
            assert "not known" in result["msg"], options
            assert len(controller.writes(provider)) == 1, options
            result = change(controller, provider, made, options).result
        assert not result.get("failed"), (options, result)
        assert result["instance"][field] == value, options


@matrix("unclear change")
@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
def test_a_restart_whose_answer_is_lost_is_never_sent_twice(controller: Controller, provider: str, fault: str) -> None:
    restart = {"hostwinds": "reboot", "civo": "instances.soft_reboot", "gcore": "instances.action", "hosterapi": "server_reboot"}
    made = controller.made(provider)
    controller.simulator.fault(provider, restart[provider], fault)
    result = controller.instance(provider, id=made["id"], state="restarted", stop_mode="graceful", wait_timeout=60.0, **place(provider)).result
    assert controller.writes(provider) == [restart[provider]]
    if result.get("failed"):
        assert result["id"] == made["id"]
        assert "not known" in result["msg"]


@matrix("unclear change")
@pytest.mark.parametrize("fault", ["reset_after", "status_after", "html", "reset_before"])
def test_a_deletion_whose_answer_is_lost(controller: Controller, provider: str, fault: str) -> None:
    controller.made(provider, state="stopped")
    controller.simulator.fault(provider, DELETE[provider], fault)
    result = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert ids(controller, provider) == []


def test_the_options_of_everything_are_all_options() -> None:
    for provider, everything in EVERYTHING.items():
        assert set(everything) - {"state"} <= set(OPTIONS[provider])
