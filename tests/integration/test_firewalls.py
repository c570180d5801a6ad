# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_firewall as users meet it: in playbooks, with diffs, warnings, check mode of what is not there yet, loops, jobs."""

from __future__ import annotations

import sys
import typing as t

import pytest

from .conftest import Controller, Run

MODULE = "polyhost.cloud.vps_firewall"
SSH = {"ports": "22"}


def firewall(**options: t.Any) -> dict[str, t.Any]:
    """A task that converges the firewall C(fw)."""
    return {MODULE: {"name": "fw", **options}}


def instance(**options: t.Any) -> dict[str, t.Any]:
    """A task that converges a server with the firewall C(fw)."""
    return {"polyhost.cloud.vps_instance": {"name": "web1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["fw"], **options}}


def defaults(provider: str, region: str) -> dict[str, t.Any]:
    """Where all tasks of a play are about."""
    return {"group/polyhost.cloud.vps": {"provider": provider, "region": region, "rate_limit": 0}, "group/polyhost.cloud.vps_changes": {"wait_timeout": 60}}


def outcomes(run: Run) -> list[bool | str]:
    """Whether each task changed something, or C(failed)."""
    return ["failed" if result.get("failed") else result["changed"] for result in run.results]


def test_a_playbook_from_an_empty_account_to_an_empty_account(controller: Controller) -> None:
    tasks = [
        firewall(rules=[SSH, {"ports": "80", "addresses": ["192.0.2.0/24"]}]),
        instance(),
        firewall(id="{{ result_0.firewall.id }}", instances=["{{ result_1.instance.id }}", "web1"]),
    ]
    play: dict[str, t.Any] = {"module_defaults": defaults("civo", "LON1")}
    predicted = controller.tasks(*tasks, check=True, **play)
    assert outcomes(predicted)[:2] == [True, True], predicted.output
    assert "failed" not in outcomes(predicted), predicted.output
    assert predicted.results[2]["approvable"] is False
    assert controller.simulator.writes("civo") == []
    absent = firewall(state="absent")
    info = {"polyhost.cloud.vps_firewall_info": {"name": "fw"}}
    real = controller.tasks(*tasks, info, absent, instance(state="absent"), absent, **play)
    assert outcomes(real) == [True, True, False, False, "failed", True, True], real.output
    assert real.results[0]["plan_id"] == predicted.results[0]["plan_id"]
    (found,) = real.results[3]["firewalls"]
    assert [ref["name"] for ref in found["instances"]] == ["web1"]
    assert f"web1 ({real.results[1]['instance']['id']})" in real.results[4]["msg"]
    assert controller.simulator["civo"].violations == []


def test_the_diff_shows_rules_line_by_line_and_the_door_is_guarded(controller: Controller) -> None:
    closing = firewall(rules=[{"ports": "80"}, {"ports": "443", "addresses": ["10.0.0.0/8", "192.0.2.1"]}])
    run = controller.tasks(
        firewall(rules=[SSH, {"ports": "2222"}, {"ports": "80"}]),
        {**closing, "check_mode": True},
        closing,
        arguments=["--diff"],
        vars={"login_port": "2222", "ansible_port": "{{ login_port }}"},
        module_defaults=defaults("gcore", "Luxembourg-2"),
    )
    assert outcomes(run) == [True, True, True], run.output
    changed = [" ".join(line.rstrip(",").split()) for line in run.output.splitlines() if line.startswith(("+ ", "- "))]
    removed = ['- "allow in tcp 22 from anywhere"', '- "allow in tcp 2222 from anywhere"']
    added = ['+ "allow in tcp 443 from 10.0.0.0/8"', '+ "allow in tcp 443 from 192.0.2.1/32"']
    assert [line for line in changed if line.startswith("-")] == removed * 2, run.output
    assert [line for line in changed if "443" in line] == added * 2, run.output
    for result in run.results[1:]:
        assert len(result["warnings"]) == 2
        assert "'allow in tcp 22 from anywhere'" in result["warnings"][0]
        assert "'allow in tcp 2222 from anywhere'" in result["warnings"][1]
    assert "Port 2222, by which servers may be reached," in run.output
    assert run.results[1]["plan_id"] == run.results[2]["plan_id"]


def test_loops(controller: Controller) -> None:
    run = controller.tasks({**firewall(name="{{ item }}", rules=[SSH], access_ports="8022"), "loop": ["one", "two"]}, module_defaults=defaults("civo", "LON1"))
    assert outcomes(run) == [True], run.output
    assert [each["firewall"]["name"] for each in run.result["results"]] == ["one", "two"]


@pytest.mark.skipif(" " in sys.executable, reason="async of ansible-core cannot cope with a space in the interpreter's path")
def test_jobs(controller: Controller) -> None:
    made, job = firewall(name="one", rules=[SSH]), {**firewall(name="one", rules=[]), "async": 60, "poll": 1}
    run = controller.tasks(made, job, module_defaults=defaults("civo", "LON1"))
    assert outcomes(run) == [True, True], run.output
    assert run.results[1]["firewall"]["rules"] == []
    assert len(run.results[1]["warnings"]) == 1
