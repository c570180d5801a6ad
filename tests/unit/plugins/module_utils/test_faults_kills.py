# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that is killed at any moment of a create, and the run after it: never two servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    Killed,
    clear_ledger_entry,
    fresh,
    ids,
    interfering,
    killing,
    matrix,
    once,
    orders,
)


def killed_runs(controller: Controller, provider: str, **options: t.Any) -> t.Iterator[str]:
    """Kill a create at each of its moments in turn, each time in fresh accounts.

    Yields:
        The name of the moment.
    """
    for moment in range(1, 200):
        fresh(controller)
        with killing(moment) as passed:
            try:
                reply = controller.create(provider, **options)
            except Killed:
                yield f"{moment}: {passed[-1]}"
                continue
        assert not reply.result.get("failed"), reply.result
        assert moment > 8, "a create has more moments than that"
        return
    raise AssertionError("the create does not end")


@matrix("killed with ledger")
def test_killed_with_a_ledger(controller: Controller, provider: str) -> None:
    for moment in killed_runs(controller, provider, ledger=controller.ledger):
        ordered = orders(controller, provider)
        second = controller.create(provider, ledger=controller.ledger).result
        if second.get("failed"):
            assert ordered == 0, (moment, second)
            assert "an order may exist" in second["msg"], moment
            assert "ledger_clear" in second["msg"], moment
            assert orders(controller, provider) == 0, moment
            clear_ledger_entry(controller, "web1")
            second = controller.create(provider, ledger=controller.ledger).result
        assert not second.get("failed"), (moment, second)
        assert orders(controller, provider) == 1, moment
        assert ids(controller, provider) == [second["instance"]["id"]], moment
        assert second["instance"]["status"] == "running", moment
        controller.simulator.clear_log()
        assert controller.create(provider, ledger=controller.ledger).result["changed"] is False, moment
        assert controller.writes(provider) == [], moment


@matrix("killed with ledger", only=("hostwinds",))
def test_a_password_that_a_killed_run_did_not_set_is_set(controller: Controller, provider: str) -> None:
    """No read shows a password, and only the ledger tells that it may not have been set (Hostwinds sets it after the order)."""
    password = "S3CRET-Passw0rd!"
    for moment in killed_runs(controller, provider, ledger=controller.ledger, password=password):
        second = controller.create(provider, ledger=controller.ledger, password=password).result
        if second.get("failed"):
            clear_ledger_entry(controller, "web1")
            second = controller.create(provider, ledger=controller.ledger, password=password).result
        assert not second.get("failed"), (moment, second)
        with controller.simulator[provider].lock:
            (server,) = controller.simulator[provider].state["servers"].values()
        assert server["row"]["password"] == password, moment
        assert controller.create(provider, ledger=controller.ledger, password=password).result["changed"] is False, moment


@matrix("killed without ledger")
def test_killed_without_a_ledger(controller: Controller, provider: str) -> None:
    for moment in killed_runs(controller, provider):
        second = controller.create(provider).result
        assert not second.get("failed"), (moment, second)
        assert orders(controller, provider) == 1, moment
        assert ids(controller, provider) == [second["instance"]["id"]], moment
        assert second["instance"]["status"] == "running", moment
        assert controller.create(provider).result["changed"] is False, moment


def die(*_ignored: t.Any) -> None:
    raise Killed


def kill_right_after_the_order(controller: Controller, provider: str, name: str = "web1", **options: t.Any) -> None:
    before = orders(controller, provider)
    with interfering(after=once(ORDER[provider], die)), pytest.raises(Killed):
        controller.create(provider, name, **options)
    assert orders(controller, provider) == before + 1


@matrix("killed, shown late")
def test_an_order_that_shows_late_is_found_through_the_ledger(controller: Controller, provider: str) -> None:
    if provider == "hostwinds":
        controller.simulator.settings(provider, row_delay=20.0, ids_delay=5.0, name_delay=15.0)
    elif provider == "hosterapi":
        controller.simulator.settings(provider, job_seconds=60.0)
    else:
        controller.simulator.fault(provider, ORDER[provider], "late", seconds=15, polls=3)
    kill_right_after_the_order(controller, provider, ledger=controller.ledger)
    second = controller.create(provider, ledger=controller.ledger)
    assert not second.result.get("failed"), second.result
    assert second.result["changed"] is True
    assert [step["action"] for step in second.result["plan"]] == ["create"]
    assert [warning for warning in second.warnings if "nothing was ordered again" in warning]
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [second.result["instance"]["id"]]


@matrix("killed with ledger")
def test_a_killed_fleet_of_equals_gets_one_server_each(controller: Controller, provider: str) -> None:
    """Which of equal machines is whose does not matter, as long as each has one and none is ordered again."""
    names = ("web1", "web2", "web3")
    for name in names:
        kill_right_after_the_order(controller, provider, name, ledger=controller.ledger)
    made = []
    for name in names:
        result = controller.create(provider, name, ledger=controller.ledger).result
        assert not result.get("failed"), (name, result)
        assert result["instance"]["name"] == name
        made.append(result["instance"]["id"])
    assert sorted(made) == ids(controller, provider)
    assert len(set(made)) == len(names)
    assert orders(controller, provider) == len(names)


@matrix("killed, unfinished task")
def test_an_order_that_is_not_listed_yet_is_found_by_its_task(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "late", seconds=15, polls=3)
    kill_right_after_the_order(controller, provider)
    second = controller.create(provider).result
    assert not second.get("failed"), second
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [second["instance"]["id"]]
    assert second["instance"]["status"] == "running"


@matrix("killed with ledger")
def test_a_run_killed_while_it_waits_is_continued(controller: Controller, provider: str) -> None:
    """The order is known, the server is being built: nothing is ordered, and what the first run was to apply is applied."""
    reads = 0

    def die_at_the_third_read(call: t.Any) -> None:
        nonlocal reads
        if call.id == ORDER[provider]:
            reads = 1
        elif reads:
            reads += 1
        if reads == 4:
            raise Killed

    with interfering(before=die_at_the_third_read), pytest.raises(Killed):
        controller.create(provider, state="stopped", ledger=controller.ledger)
    second = controller.create(provider, state="stopped", ledger=controller.ledger).result
    assert not second.get("failed"), second
    assert second["instance"]["status"] == "stopped"
    assert orders(controller, provider) == 1
    assert len(ids(controller, provider)) == 1
