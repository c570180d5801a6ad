# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP 429: waited for as told, and never a reason to do something twice."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    DELETE,
    LIST,
    STOP,
    ids,
    ledger_entries,
    matrix,
    orders,
    place,
    reads_before_an_order,
)


@matrix("429 on a read")
def test_retry_after_of_a_read_is_obeyed(controller: Controller, provider: str) -> None:
    for operation in reads_before_an_order(controller, provider):
        controller.simulator.reset()
        controller.simulator.fault(provider, operation, "rate_limit", times=2, retry_after=7)
        result = controller.create(provider, check=True).result
        assert not result.get("failed"), (operation, result)
        assert result["api"]["retries"] == 2
        assert 14.0 <= result["api"]["waited"] < 20.0
        assert controller.calls(provider).count(operation) >= 3


@matrix("429 on a read")
def test_a_read_that_would_wait_too_long_fails_at_once(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, LIST[provider], "rate_limit", times=0, retry_after=500)
    result = controller.create(provider).result
    assert result["failed"] is True
    assert result["error"] == "RateLimitedError"
    assert result["api"]["waited"] == 0.0
    assert controller.calls(provider).count(LIST[provider]) == 1
    assert orders(controller, provider) == 0


@matrix("429 on a read")
def test_the_time_allowed_is_for_all_waits_of_a_call(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, LIST[provider], "rate_limit", times=0, retry_after=4)
    result = controller.create(provider, max_retry_wait=10.0).result
    assert result["failed"] is True
    assert result["api"]["waited"] == 8.0
    assert controller.calls(provider).count(LIST[provider]) == 3


@matrix("429 on a read")
def test_a_429_without_retry_after_backs_off(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, LIST[provider], "rate_limit", times=2)
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert result["api"]["retries"] == 2
    assert result["api"]["waited"] > 2.0


@matrix("429 on a write")
@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_refused_change_is_sent_again(controller: Controller, provider: str, state: str) -> None:
    controller.made(provider, state="stopped" if state == "absent" else "present")
    operation = {"stopped": STOP, "absent": DELETE}[state][provider]
    controller.simulator.fault(provider, operation, "rate_limit", retry_after=3)
    result = controller.instance(provider, name="web1", state=state, **place(provider)).result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == state
    assert result["api"]["waited"] >= 3.0
    assert controller.writes(provider) == [operation, operation]
    calls = controller.calls(provider)
    if provider == "hostwinds":  # section 4: mutations only after re-reading the state
        first = calls.index(operation)
        assert calls[first + 1] != operation


@matrix("429 on a write")
def test_a_change_that_would_wait_too_long_fails_at_once(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    controller.simulator.fault(provider, STOP[provider], "rate_limit", times=0, retry_after=500)
    result = controller.instance(provider, name="web1", state="stopped", **place(provider)).result
    assert result["failed"] is True
    assert result["error"] == "RateLimitedError"
    assert result["id"] == made["id"]
    assert result["api"]["waited"] == 0.0
    assert controller.writes(provider) == [STOP[provider]]


@matrix("429 on an order")
def test_a_refused_order_is_sent_again_after_a_look(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "rate_limit", times=2, retry_after=3)
    reply = controller.create(provider)
    assert not reply.result.get("failed"), reply.result
    assert orders(controller, provider) == 3
    assert len(ids(controller, provider)) == 1
    assert reply.result["api"]["waited"] >= 6.0
    calls = controller.calls(provider)
    first = calls.index(ORDER[provider])
    assert calls[first + 1] == LIST[provider] or calls[first + 1].startswith("tasks.")
    assert ORDER[provider] not in calls[first + 1 : first + 2]
    assert not [warning for warning in reply.warnings if "taken over" in warning]


@matrix("429 on an order")
def test_what_appears_after_a_refusal_is_not_ordered_again(controller: Controller, provider: str) -> None:
    """A 429 of a proxy in front of a provider that carried the order out all the same."""
    controller.simulator.fault(provider, ORDER[provider], "status_after", status=429)
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert len(ids(controller, provider)) == 1


@matrix("429 ends an order")
@pytest.mark.parametrize(("options", "sent"), [({"retry_after": 500}, 1), ({"retry_after": 2}, 4)])
def test_an_order_that_stays_refused(controller: Controller, provider: str, options: dict[str, float], sent: int) -> None:
    controller.simulator.fault(provider, ORDER[provider], "rate_limit", times=0, **options)
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert result["error"] == "RateLimitedError"
    assert orders(controller, provider) == sent
    assert ledger_entries(controller) == {}
    controller.simulator.clear_faults()
    assert controller.create(provider, ledger=controller.ledger).result["changed"] is True
    assert len(ids(controller, provider)) == 1


@matrix("429 proves nothing", only=("hostwinds",))
def test_a_refused_order_is_never_sent_again_where_a_429_proves_nothing(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "rate_limit", retry_after=1)
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["failed"] is True
    assert orders(controller, provider) == 1
    assert "an order may exist" in result["msg"]
    assert [entry["state"] for entry in ledger_entries(controller).values()] == ["ordering"]


@matrix("429 proves nothing", only=("hostwinds",))
def test_an_order_that_a_429_hides_is_found(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "status_after", status=429)
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == [result["instance"]["id"]]
