# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of reverse names, firewalls and backups that take their time, that nobody waits for, or whose object vanishes; and no secret in what they tell."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.faults import interfering, once
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Stage, every, outcome

from .test_resources_writes import sent_once


def slowed(stage: Stage) -> None:
    """Let what takes time at all take longer than the task waits."""
    stage.simulator.settings(stage.provider, **proofs.SLOW[stage.provider])
    if stage.provider == "hosterapi" and stage.scenario.module == "backup":
        stage.fault("late", seconds=100)


@every("time-out")
def test_what_takes_too_long_is_told_and_goes_on(stage: Stage) -> None:
    _before, after = outcome(stage)
    slowed(stage)
    result = stage.run(wait_timeout=20.0)
    if result.get("failed"):
        assert result["error"] == "WaitTimeoutError", result
        assert result["changed"] is True
        assert result["plan"], "what was accepted is told"
        assert result.get("id") or result.get("operation_id") or str(stage.servers[0]) in result["msg"], result
        if stage.scenario.always:
            assert "restore once more" in result["msg"] or "new_name" in str(result["plan"])
    if not stage.scenario.always:
        stage.done()
        stage.done(check=True)
    else:
        stage.pass_time(200)
    assert sent_once(stage), stage.writes
    if result.get("failed") and stage.scenario.always and stage.scenario.leaves:
        assert all(left in result["msg"] for left in result["leftovers"])
    else:
        assert stage.account() == after


@pytest.mark.parametrize("stage", ["gcore-backup-restore to new"], indirect=True)
@pytest.mark.parametrize("listed", ["new", "finished"])
def test_a_new_server_that_is_still_being_made_is_not_made_twice(stage: Stage, listed: str) -> None:
    _before, after = outcome(stage)
    stage.simulator.settings("gcore", task_seconds=100, task_unread_seconds=100, listed_while=listed)
    stage.refused(wait_timeout=20.0)
    for check in (True, False):
        assert "web2" in stage.refused(check=check, wait_timeout=20.0)["msg"]
    assert stage.writes == ["instances.create"]
    assert stage.account() == after


@every("no waiting")
def test_what_nobody_waits_for_ends_where_it_would(stage: Stage) -> None:
    _before, after = outcome(stage)
    predicted = stage.done(check=True, wait=False)
    first = stage.done(wait=False)
    assert (first["plan"], first["plan_id"], first["changed"]) == (predicted["plan"], predicted["plan_id"], True)
    if not stage.scenario.always:
        stage.pass_time(200)
        stage.done(wait=False)
        stage.pass_time(200)
        stage.done()
        assert stage.done(check=True)["changed"] is False
    assert sent_once(stage), stage.writes
    assert stage.account() == after


def _server_vanishes(stage: Stage) -> None:
    with stage.own.lock:
        stage.own.vanish(stage.servers[0])


def _object_vanishes(stage: Stage) -> None:
    """The firewall, schedule or backups that the task is about."""
    with stage.own.lock:
        for kind in ("firewalls", "security_groups", "snapshots", "schedules", "policies"):
            for table in stage.own.state.get(kind, {}).values():
                for key in [key for key, row in table.items() if row.get("name") in ("fw", "nightly") or kind == "schedules" or key in stage.first]:
                    del table[key]


@every("vanished")
def test_what_vanishes_is_never_taken_for_done(stage: Stage) -> None:
    _before, after = outcome(stage)
    scenario, module = stage.scenario, stage.scenario.module
    if "keep" in scenario.write:
        del stage.first[1:]
    deleting = (stage.options.get("state") == "absent" and module != "rdns") or scenario.write in ("keep", "create and keep")
    of_server = not deleting and stage.servers and stage.options.get("restore_to") != "new" and scenario.write not in ("change a schedule", "pause a schedule")
    vanish = _server_vanishes if of_server else _object_vanishes
    moment = scenario.sends[-1 if deleting or scenario.write == "create for a server" else 0]
    with interfering(before=once(moment, lambda: vanish(stage))):
        result = stage.run()
    if deleting or not result.get("failed"):
        assert not result.get("failed"), result
        assert result["changed"] is True
        now = stage.account()
        kinds = {"firewall": ("firewalls", "servers"), "backup": ("backups", "schedules"), "rdns": ("names",)}[module]
        assert [now.get(kind) for kind in kinds] == [after.get(kind) for kind in kinds]


@every("secrets")
def test_no_secret_is_told(stage: Stage) -> None:
    proofs.no_secret_is_told(stage, proofs.Witness(stage).see)
