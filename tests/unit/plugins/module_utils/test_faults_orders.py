# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of orders: sent once, found again, never two."""

from __future__ import annotations

import fcntl
import glob
import os
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Deadline
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, Controller, VirtualClock
from ansible_collections.polyhost.cloud.tests.unit.faults import clear_ledger_entry, fresh, ids, interfering, ledger_entries, matrix, once, orders, seeded

# What hides the answer of an order that was carried out.
LOST: dict[str, tuple[str, dict[str, t.Any]]] = {
    "reset": ("reset_after", {}),
    "502": ("status_after", {"status": 502, "body": "html"}),
    "504": ("status_after", {"status": 504, "body": "empty"}),
    "500": ("status_after", {"status": 500}),
    "half": ("truncated", {}),
    "cut": ("cut_off", {}),
    "page": ("html", {}),
    "empty": ("empty", {}),
    "text": ("not_json", {}),
    "shape": ("wrong_shape", {}),
}
# What hides that it was not.
NOT_DONE: dict[str, tuple[str, dict[str, t.Any]]] = {
    "reset": ("reset_before", {}),
    "502": ("status", {"status": 502, "body": "html"}),
    "503": ("status", {"status": 503}),
}


def assert_adopted(controller: Controller, provider: str, reply: t.Any) -> None:
    """One order, one server, changed, no credentials, a warning that tells of it."""
    result = reply.result
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [result["instance"]["id"]]
    assert result["instance"]["status"] == "running"
    assert result["instance"]["name"] == "web1"
    assert [step["action"] for step in result["plan"]] == ["create"]
    assert "credentials" not in result
    adopted = [warning for warning in reply.warnings if "taken over" in warning]
    assert len(adopted) == 1
    assert result["instance"]["id"] in adopted[0]
    assert "password" in adopted[0]
    assert controller.simulator[provider].violations == []


@matrix("lost answer")
@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_is_survived(controller: Controller, provider: str, kind: str) -> None:
    fault, options = LOST[kind]
    controller.simulator.fault(provider, ORDER[provider], fault, **options)
    reply = controller.create(provider, return_credentials=True)
    assert_adopted(controller, provider, reply)
    controller.simulator.clear_log()
    assert controller.create(provider).result["changed"] is False
    assert controller.writes(provider) == []


@matrix("lost answer")
def test_an_answer_that_does_not_come_in_time_is_survived(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "timeout_after")
    reply = controller.create(provider, return_credentials=True, request_timeout=0.3)
    assert_adopted(controller, provider, reply)


@matrix("lost answer")
def test_reads_that_fail_while_looking_do_not_end_the_look(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "reset_after")

    def fail_next_reads() -> None:
        controller.simulator.fault(provider, "*", "status", nth=2, times=7, status=502, body="html")

    with interfering(before=once(ORDER[provider], fail_next_reads)):
        reply = controller.create(provider, return_credentials=True)
    assert_adopted(controller, provider, reply)


@matrix("two candidates")
@pytest.mark.parametrize("kind", ["reset", "502", "half"])
def test_two_new_candidates_are_listed_and_nobody_picks(controller: Controller, provider: str, kind: str) -> None:
    fault, options = LOST[kind]
    controller.simulator.fault(provider, ORDER[provider], "double")
    controller.simulator.fault(provider, ORDER[provider], fault, **options)
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    both = ids(controller, provider)
    assert len(both) == 2
    assert sorted(result["ids"]) == both
    assert all(one in result["msg"] for one in both)
    assert orders(controller, provider) == 1
    controller.simulator.clear_log()
    again = controller.create(provider, ledger=controller.ledger).result
    assert again["failed"] is True
    assert all(one in again["msg"] for one in both)
    assert controller.writes(provider) == []


@matrix("nothing appears")
@pytest.mark.parametrize("kind", NOT_DONE)
def test_when_nothing_appears_an_order_may_exist(controller: Controller, provider: str, kind: str) -> None:
    fault, options = NOT_DONE[kind]
    controller.simulator.fault(provider, ORDER[provider], fault, **options)
    result = controller.create(provider).result
    assert result["failed"] is True
    assert result["error"] == "OutcomeUnknownError"
    assert "an order may exist" in result["msg"]
    assert "panel" in result["msg"]
    assert orders(controller, provider) == 1
    assert controller.servers(provider) == []


@matrix("nothing appears")
def test_the_ledger_keeps_an_order_open_until_it_is_cleared(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "reset_before")
    first = controller.create(provider, ledger=controller.ledger).result
    assert "ledger_clear" in first["msg"]
    assert [entry["state"] for entry in ledger_entries(controller).values()] == ["ordering"]
    absent = controller.instance(provider, name="web1", state="absent", ledger=controller.ledger, region=CREATE[provider].get("region")).result
    assert absent["failed"] is True
    controller.simulator.clear_log()
    second = controller.create(provider, ledger=controller.ledger).result
    if not second.get("failed"):  # where nothing within the time of the look proves that there is nothing
        assert len(ids(controller, provider)) == orders(controller, provider) == 1
        return
    assert "an order may exist" in second["msg"]
    assert "ledger_clear" in second["msg"]
    assert controller.writes(provider) == []
    clear_ledger_entry(controller, "web1")
    assert controller.create(provider, ledger=controller.ledger).result["changed"] is True
    assert len(ids(controller, provider)) == 1


@matrix("nothing appears")
def test_a_stranger_that_appears_meanwhile_is_told_and_not_taken(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "reset_before")
    other = {"cpuCores": 8} if provider == "hosterapi" else {}
    made: list[str] = []

    def somebody_else() -> None:
        with controller.simulator[provider].lock:
            made.extend(controller.simulator[provider].seed_instances(1, name="other", **({"region": CREATE[provider].get("region", 1)} | other)))

    with interfering(before=once(ORDER[provider], somebody_else)):
        result = controller.create(provider).result
    assert result["failed"] is True
    assert "an order may exist" in result["msg"]
    if provider != "gcore":  # there only servers of our name are looked for, since a new one has its name from the start
        assert made[0] in result["msg"]
    assert orders(controller, provider) == 1


def close(controller: Controller, provider: str) -> None:
    """Refuse connections, and see to it that the one in use is at its end before anything is sent over it."""
    door = controller.simulator.desks[provider].server
    door.refuse(60.0)
    while door._open:
        time.sleep(0.001)


@matrix("no connection")
def test_an_order_that_could_not_connect_is_sent_again(controller: Controller, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = controller.simulator.desks[provider].server
    sleep = VirtualClock.sleep

    def sleep_and_open(clock: VirtualClock, seconds: float) -> None:
        sleep(clock, seconds)
        door.refuse(0)

    monkeypatch.setattr(VirtualClock, "sleep", sleep_and_open)
    with interfering(before=once(ORDER[provider], lambda: close(controller, provider))):
        reply = controller.create(provider)
    assert not reply.result.get("failed"), reply.result
    assert reply.result["api"]["retries"] >= 1
    assert orders(controller, provider) == 1
    assert len(ids(controller, provider)) == 1
    assert not [warning for warning in reply.warnings if "taken over" in warning]


@matrix("no connection")
def test_an_order_that_never_connected_leaves_nothing_open(controller: Controller, provider: str) -> None:
    door = controller.simulator.desks[provider].server
    with interfering(before=once(ORDER[provider], lambda: close(controller, provider))):
        result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert "nothing was sent" in result["msg"]
    assert "may exist" not in result["msg"]
    assert orders(controller, provider) == 0
    assert ledger_entries(controller) == {}
    door.refuse(0)
    assert controller.create(provider, ledger=controller.ledger).result["changed"] is True
    assert len(ids(controller, provider)) == 1


@matrix("answer names nothing")
def test_an_answer_that_names_nothing_is_no_success(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "nothing")
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert result.get("id") or result.get("operation_id") or "an order may exist" in result["msg"]
    assert orders(controller, provider) == 1
    again = controller.create(provider, ledger=controller.ledger).result
    if provider == "civo":  # the id was told; once it is proven to be in no list, it is gone like any other server
        assert result["id"] != again["instance"]["id"]
        assert len(ids(controller, provider)) == 1
    else:
        assert again["failed"] is True
        assert orders(controller, provider) == 1


# A build that fails, leaving a server in the error state where the provider can.
FAILED = {
    "hostwinds": ("build_error", {}),
    "civo": ("build_error", {}),
    "gcore": ("half_created", {}),
    "hosterapi": ("half_created", {"output": "0xa1: failed to send start signal to vm"}),
}


@matrix("failed build")
def test_a_failed_build_tells_what_it_left(controller: Controller, provider: str) -> None:
    fault, options = FAILED[provider]
    controller.simulator.fault(provider, ORDER[provider], fault, **options)
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    left = ids(controller, provider)
    assert len(left) == 1
    assert left[0] in result["msg"]
    assert left[0] in [result.get("id"), *result.get("leftovers", [])]
    assert orders(controller, provider) == 1
    again = controller.create(provider, ledger=controller.ledger).result
    assert again["failed"] is True
    assert left[0] in again["msg"]
    assert orders(controller, provider) == 1


@matrix("failed build", only=("gcore", "hosterapi"))
def test_a_failed_build_that_leaves_nothing_can_be_repeated(controller: Controller, provider: str) -> None:
    fault = {"gcore": ("task_fails", {"error": "No valid host was found"}), "hosterapi": ("job_fails", {"output": "0xa1: No valid host was found"})}
    kind, options = fault[provider]
    controller.simulator.fault(provider, ORDER[provider], kind, **options)
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert "No valid host was found" in result["msg"]
    assert result["operation_id"]
    assert ids(controller, provider) == []
    assert ledger_entries(controller) == {}
    assert controller.create(provider, ledger=controller.ledger).result["changed"] is True
    assert len(ids(controller, provider)) == 1


@matrix("unclear answer", only=("hostwinds",))
def test_paid_but_not_created_is_looked_at(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "invoice_only", created=True)
    assert_adopted(controller, provider, controller.create(provider))
    fresh(controller)
    controller.simulator.fault(provider, ORDER[provider], "invoice_only", created=False)
    result = controller.create(provider).result
    assert result["failed"] is True
    assert "an order may exist" in result["msg"]
    assert orders(controller, provider) == 1


@matrix("unclear answer", only=("hosterapi",))
@pytest.mark.parametrize("fault", ["unknown_outcome", "job_404"])
def test_a_hypervisor_that_did_not_answer_is_looked_at(controller: Controller, provider: str, fault: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], fault)
    assert_adopted(controller, provider, controller.create(provider))


@matrix("two controllers")
def test_two_controllers_that_create_one_name_both_learn_of_it(controller: Controller, provider: str) -> None:
    with interfering(after=once(ORDER[provider], lambda: seeded(controller, provider))):
        result = controller.create(provider).result
    both = ids(controller, provider)
    assert len(both) == 2
    assert result["failed"] is True
    assert sorted(result["ids"]) == both
    assert all(one in result["msg"] for one in both)
    assert orders(controller, provider) == 1
    controller.simulator.clear_log()
    again = controller.create(provider).result
    assert sorted(again["ids"]) == both
    assert controller.writes(provider) == []


@matrix("held name")
def test_a_name_that_another_process_creates_is_not_ordered_twice(controller: Controller, provider: str, tmp_path: t.Any) -> None:
    held: list[int] = []

    def hold() -> None:
        (path,) = glob.glob(controller.ledger + ".locks/*")
        held.append(os.open(path, os.O_RDWR))
        fcntl.flock(held[0], fcntl.LOCK_EX)

    with pytest.MonkeyPatch.context() as patch:
        # The name of the lock is the ledger's own affair: one that was taken once is there.
        lock = Ledger.lock

        def lock_after_another(ledger: Ledger, scope: tuple[str, str], name: str, deadline: Deadline) -> t.Any:
            with lock(ledger, scope, name, deadline):
                pass
            hold()
            return lock(ledger, scope, name, deadline)

        patch.setattr(Ledger, "lock", lock_after_another)
        result = controller.create(provider, ledger=controller.ledger, wait_timeout=5.0).result
    assert result["failed"] is True
    assert result["error"] == "LedgerError"
    assert "web1" in result["msg"]
    assert result["api"]["waited"] >= 5.0
    assert controller.calls(provider) == []
    os.close(held[0])
    assert controller.create(provider, ledger=controller.ledger).result["changed"] is True
