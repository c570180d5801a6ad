# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode writes nothing: not to the provider, not to the ledger, whatever the state, the option or the fault."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import OPTIONS, files_below, fresh, matrix, option_values, place, seeded, slow_changes

CONSENT = {"allow": ["restart", "rebuild", "replace", "detach", "cost"]}


def states(provider: str) -> tuple[str, ...]:
    return DRIVERS[provider].PROFILE.capabilities.states


@matrix("check mode states")
@pytest.mark.parametrize("wait", [True, False])
def test_no_state_writes_in_check_mode(controller: Controller, provider: str, wait: bool) -> None:
    controller.made(provider)
    before = files_below(controller)
    for power in ({}, {"stopped": True}):
        if power:
            controller.create(provider, state="stopped")
            controller.simulator.clear_log()
        for state in states(provider):
            for name in ("web1", "web2"):
                result = controller.create(provider, name, check=True, state=state, wait=wait, **CONSENT).result
                assert not result.get("failed"), (state, name, result)
                assert controller.writes(provider) == [], (state, name)
                assert result["changed"] is (result["plan"] != [])
                if name == "web2":
                    assert [step["action"] for step in result["plan"]][:1] == ([] if state == "absent" else ["create"])
    assert files_below(controller) == before


@matrix("check mode options")
def test_no_option_writes_in_check_mode(controller: Controller, provider: str) -> None:
    assert set(DRIVERS[provider].PROFILE.capabilities.options) <= {*OPTIONS[provider], "update_password", "delete_with", "cpu", "memory_mb", "disk_gb"}
    controller.made(provider)
    for option, values in option_values(provider):
        for name in ("web1", "web2"):
            result = controller.create(provider, name, check=True, **{**values, **CONSENT}).result
            assert not result.get("failed"), (option, name, result)
            assert controller.writes(provider) == [], (option, name)


@matrix("check mode options")
def test_nothing_else_writes_in_check_mode(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    options: list[dict[str, t.Any]] = [
        {"id": made["id"], "name": "web9"},
        {"name": "web1", "state": "absent", "expect": {"id": made["id"]}},
        {"id": made["id"], "state": "absent"},
        {"name": "web1", "wait_until": "port"},
        {"name": "web1", "on_drift": "ignore", **CREATE[provider], "image": OPTIONS[provider]["image"]},
    ]
    if provider == "gcore":
        options.append({"name": "web1", "state": "absent", "delete_with": ["volumes", "floating_ips"]})
    if provider == "hostwinds":
        options.append({"name": "web1", "password": "S3CRET-Passw0rd!", "update_password": "always", **CONSENT})
    before = files_below(controller)
    for each in options:
        result = controller.instance(provider, check=True, **{**place(provider), **each}).result
        assert not result.get("failed"), (each, result)
        assert controller.writes(provider) == [], each
    assert files_below(controller) == before


@matrix("check mode options")
def test_unsettled_servers_are_not_touched_in_check_mode(controller: Controller, provider: str) -> None:
    controller.made(provider)
    slow_changes(controller, provider, 500.0)
    controller.create(provider, state="stopped", wait=False)
    controller.simulator.clear_log()
    for state in ("present", "started", "stopped", "absent"):
        result = controller.create(provider, check=True, state=state, **CONSENT).result
        assert not result.get("failed"), (state, result)
        assert result["api"]["waited"] == 0.0
    assert controller.writes(provider) == []


FAULTS: tuple[tuple[str, dict[str, t.Any]], ...] = (
    ("status", {"status": 500}),
    ("status", {"status": 401}),
    ("status", {"status": 404, "body": "html"}),
    ("reset_before", {}),
    ("truncated", {}),
    ("html", {}),
    ("wrong_shape", {}),
    ("wrong_types", {}),
    ("rate_limit", {"retry_after": 1}),
)


@matrix("check mode faults")
@pytest.mark.parametrize("times", [1, 0])
def test_no_fault_makes_check_mode_write(controller: Controller, provider: str, times: int) -> None:
    controller.made(provider)
    before = files_below(controller)
    for fault, options in FAULTS:
        for nth in (1, 2):
            for state in states(provider):
                controller.simulator.fault(provider, "*", fault, nth=nth, times=times, **options)
                for name in ("web1", "web2"):
                    controller.create(provider, name, check=True, state=state, **CONSENT)
                controller.simulator.clear_faults()
    assert controller.writes(provider) == []
    assert files_below(controller) == before


@matrix("created in the same playbook")
@pytest.mark.parametrize("state", ["present", "started", "stopped", "restarted", "absent"])
def test_a_server_that_an_earlier_task_makes_is_predicted(controller: Controller, provider: str, state: str) -> None:
    """The later task names the server and nothing that creating it would need."""
    reply = controller.instance(provider, check=True, name="web1", state=state, **place(provider))
    result = reply.result
    assert not result.get("failed"), result
    assert controller.writes(provider) == []
    assert result["instance"]["name"] == "web1"
    assert result["instance"]["id"] is None
    if state == "absent":
        assert result["changed"] is False
        return
    assert result["instance"]["status"] == ("stopped" if state == "stopped" else "running")
    assert result["approvable"] is False
    assert [warning for warning in reply.warnings if "earlier task" in warning]
    real = controller.instance(provider, name="web1", state=state, **place(provider)).result
    assert real["failed"] is True
    assert "image" in real["msg"]


@matrix("created in the same playbook")
def test_an_id_that_an_earlier_task_makes_is_predicted(controller: Controller, provider: str) -> None:
    """What a task registers in check mode has a null id."""
    for state in ("present", "stopped", "absent"):
        reply = controller.instance(provider, check=True, id=None, state=state, **place(provider))
        assert not reply.result.get("failed"), reply.result
        assert reply.result["approvable"] is False
        assert reply.warnings
    assert controller.writes(provider) == []


@matrix("names made in the same playbook")
def test_networks_and_firewalls_that_an_earlier_task_makes_are_predicted(controller: Controller, provider: str) -> None:
    options = {"network": "made-before", "firewalls": ["made-before"]}
    reply = controller.create(provider, check=True, **options)
    assert not reply.result.get("failed"), reply.result
    assert reply.result["approvable"] is False
    assert reply.result["plan"][0]["after"]["network"] == "made-before"
    assert [warning for warning in reply.warnings if "made-before" in warning]
    real = controller.create(provider, **options).result
    assert real["failed"] is True
    assert "made-before" in real["msg"]
    assert controller.writes(provider) == []
    seeded(controller, provider, "web2")
    later = controller.instance(provider, check=True, name="web2", firewalls=["made-before"], **place(provider))
    assert not later.result.get("failed"), later.result
    assert later.result["approvable"] is False
    assert [step["field"] for step in later.result["plan"]] == ["firewalls"]
    assert controller.writes(provider) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_check_mode_on_a_controller_without_files(controller: Controller, provider: str) -> None:
    fresh(controller)
    controller.create(provider, check=True, ledger=controller.ledger)
    assert not os.path.exists(controller.ledger)
    assert not os.path.exists(controller.ledger + ".locks")
