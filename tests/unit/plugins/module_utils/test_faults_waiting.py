# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines: a failure tells what a later run needs, and that run goes on instead of beginning anew."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    DELETE,
    STOP,
    ids,
    interfering,
    ledger_entries,
    matrix,
    once,
    orders,
    place,
    slow_builds,
    slow_changes,
)


@matrix("time-out of a create")
@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_create_that_takes_too_long_is_continued(controller: Controller, provider: str, with_ledger: bool) -> None:
    ledger = {"ledger": controller.ledger} if with_ledger else {}
    slow_builds(controller, provider, 100.0)
    first = controller.create(provider, state="stopped", wait_timeout=20.0, **ledger).result
    assert first["failed"] is True
    assert first["error"] == "WaitTimeoutError"
    if provider in ("gcore", "hosterapi"):  # the task or job tells the id when it is finished
        assert first["operation_id"]
    else:
        assert first["id"] == ids(controller, provider)[0]
    assert first["changed"] is True
    assert [step["action"] for step in first["plan"]] == ["create"]
    assert "again" in first["msg"]
    second = controller.create(provider, state="stopped", **ledger).result
    assert not second.get("failed"), second
    assert second["instance"]["status"] == "stopped"
    assert "stop" in [step["action"] for step in second["plan"]]
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [second["instance"]["id"]]
    controller.simulator.clear_log()
    assert controller.create(provider, state="stopped", **ledger).result["changed"] is False
    assert controller.writes(provider) == []


@matrix("time-out of a create", only=("hosterapi",))
def test_the_password_of_an_order_that_is_continued_is_not_lost(controller: Controller, provider: str) -> None:
    slow_builds(controller, provider, 100.0)
    options = {"ledger": controller.ledger, "return_credentials": True}
    assert controller.create(provider, wait_timeout=20.0, **options).result["failed"] is True
    result = controller.create(provider, **options).result
    assert not result.get("failed"), result
    assert result["credentials"]["password"]  # by the job that the ledger remembers
    assert orders(controller, provider) == 1


@matrix("time-out of a create")
def test_no_wait_is_longer_than_asked_for(controller: Controller, provider: str) -> None:
    slow_builds(controller, provider, 5000.0)
    start = controller.clock.now()
    controller.create(provider, wait_timeout=50.0)
    assert controller.clock.now() - start < 60.0
    controller.simulator.reset()
    controller.simulator.fault(provider, ORDER[provider], "reset_before")
    start = controller.clock.now()
    controller.create(provider, "web2", wait_timeout=50.0)
    assert controller.clock.now() - start < 60.0


@matrix("time-out of a create")
def test_without_waiting_the_next_run_finds_the_order(controller: Controller, provider: str) -> None:
    first = controller.create(provider, state="stopped", wait=False, ledger=controller.ledger)
    assert not first.result.get("failed"), first.result
    assert first.result["changed"] is True
    assert [step["action"] for step in first.result["plan"]] == ["create"]
    assert [warning for warning in first.warnings if "next run" in warning]
    assert first.result["instance"]["status"] == "building"
    assert first.result["instance"]["id"] or first.result.get("operation_id") or provider == "hostwinds"
    second = controller.create(provider, state="stopped", ledger=controller.ledger).result
    assert not second.get("failed"), second
    assert second["instance"]["status"] == "stopped"
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [second["instance"]["id"]]


@matrix("time-out of a create")
def test_reads_that_fail_for_long_tell_what_was_made(controller: Controller, provider: str) -> None:
    """The order was accepted; then nothing can be read any more."""

    def darkness() -> None:
        controller.simulator.fault(provider, "*", "status", times=0, status=502, body="html")

    with interfering(after=once(ORDER[provider], darkness)):
        result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert result["changed"] is True
    assert [step["action"] for step in result["plan"]] == ["create"]
    assert result.get("id") or result.get("operation_id") or "was accepted" in result["msg"]
    assert orders(controller, provider) == 1
    assert len(ledger_entries(controller)) == 1
    controller.simulator.clear_faults()
    second = controller.create(provider, ledger=controller.ledger).result
    assert not second.get("failed"), second
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [second["instance"]["id"]]


@matrix("time-out of a change")
@pytest.mark.parametrize(("state", "operations"), [("stopped", STOP), ("absent", DELETE)])
def test_a_change_that_takes_too_long_is_continued(controller: Controller, provider: str, state: str, operations: dict[str, str]) -> None:
    made = controller.made(provider, state="stopped" if state == "absent" else "present")
    slow_changes(controller, provider, 100.0)
    options = {"name": "web1", "state": state, "stop_mode": "graceful", **place(provider)}
    first = controller.instance(provider, wait_timeout=20.0, **options).result
    assert first["failed"] is True
    assert first["error"] == "WaitTimeoutError"
    assert first["id"] == made["id"]
    second = controller.instance(provider, **options).result
    assert not second.get("failed"), second
    assert second["instance"]["status"] == state
    assert second["instance"]["id"] == made["id"]
    sent = controller.writes(provider).count(operations[provider])
    assert sent == 1 or (provider == "hosterapi" and sent == 2)  # nothing shows there that a change is under way, and it may be sent again
    assert controller.simulator[provider].violations == []


@matrix("time-out of a change")
def test_a_few_reads_that_fail_do_not_end_a_wait(controller: Controller, provider: str) -> None:
    controller.made(provider)
    slow_changes(controller, provider, 40.0)

    def dusk() -> None:
        controller.simulator.fault(provider, "*", "status", nth=2, times=6, status=502, body="html")

    with interfering(before=once(STOP[provider], dusk)):
        result = controller.create(provider, state="stopped", stop_mode="graceful").result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == "stopped"
    assert controller.writes(provider) == [STOP[provider]]
