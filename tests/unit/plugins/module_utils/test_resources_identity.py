# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls, backups and schedules that are there twice, on a page that fails, or held by a task of somebody else."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.faults import interfering, once
from ansible_collections.polyhost.cloud.tests.unit.scenarios import NIGHTLY, Stage


def playing(*scenarios: str) -> pytest.MarkDecorator:
    """Run a test on the stages of these scenarios."""
    return pytest.mark.parametrize("stage", scenarios, indirect=True)


MAKING = ("civo-firewall-create", "gcore-firewall-create", "civo-backup-create a schedule", "gcore-backup-create a schedule")


@playing(*MAKING)
def test_what_another_controller_makes_at_once_is_told_with_both_ids(stage: Stage) -> None:
    """It appears between our last look and our order."""

    def elsewhere() -> None:
        stage.controller.task(stage.scenario.module, stage.provider, **stage.options)

    with interfering(before=once(stage.scenario.sends[0], elsewhere)):
        first = stage.run()
    assert stage.writes.count(stage.scenario.sends[0]) == 2
    if not first.get("failed"):
        raise AssertionError(first)
    if first["error"] != "ConflictError":  # two of one name
        assert first["error"] == "AmbiguousError"
        assert len(first["ids"]) == 2
        assert stage.refused()["error"] == "AmbiguousError"
    else:
        assert stage.done()["changed"] is False


@playing("civo-backup-create", "gcore-backup-create")
def test_a_backup_that_another_controller_makes_at_once_is_not_ours(stage: Stage) -> None:
    with interfering(before=once(stage.scenario.sends[0], lambda: stage.backups(1, instance=stage.servers[0]) and None)):
        result = stage.run()
    if not result.get("failed"):
        assert result["backup"]["id"] not in stage.first
    assert stage.done()["changed"] is False


@playing("civo-backup-pause a schedule", "gcore-backup-pause a schedule")
def test_nobody_picks_one_of_two_schedules(stage: Stage) -> None:
    with stage.own.lock:
        for kind in ("schedules", "policies") if stage.provider == "gcore" else ("schedules",):
            for table in stage.own.state[kind].values():
                for key, row in [(key, row) for key, row in table.items() if row.get("name") == NIGHTLY["name"]]:
                    twin = 4711 if kind == "policies" else key.replace(key[:8], "0000cafe")
                    table[str(twin)] = {**row, "id": twin}
    for state in ("present", "absent"):
        for check in (True, False):
            result = stage.refused(check=check, state=state)
            assert (result["error"], len(result["ids"]), stage.writes) == ("AmbiguousError", 2, [])


@playing("gcore-firewall-add a rule", "gcore-firewall-delete")
def test_a_failed_page_of_firewalls_is_no_shorter_list(stage: Stage) -> None:
    with stage.own.lock:
        (table,) = (table for key, table in stage.own.state["security_groups"].items() if key == "1337/4")
        template = next(iter(table.values()))
        for number in range(250):
            identity = f"00000000-0000-4000-8000-{number:012d}"
            table[identity] = {**template, "id": identity, "name": f"fw-{number}", "is_default": False, "rules": []}
    place: dict[str, t.Any] = stage.place
    info = stage.controller.task("firewall_info", "gcore", **place)
    assert len(info.result["firewalls"]) > 250
    pages = stage.calls.count("security_groups.list")
    assert pages > 1
    for kind, options in (("status", {"status": 500}), ("html", {}), ("status", {"status": 403})):
        stage.fault(kind, "security_groups.list", nth=pages, times=0, **options)
        assert stage.controller.task("firewall_info", "gcore", **place).result["failed"] is True
        stage.simulator.clear_faults()
    assert stage.done()["changed"] is True


LOCKED = (
    ("gcore-firewall-add a rule", "security_groups.update"),
    ("gcore-firewall-attach", "instances.assign_security_group"),
    ("gcore-firewall-delete", "security_groups.delete"),
    ("gcore-backup-create", "snapshots.create"),
    ("gcore-backup-delete", "snapshots.delete"),
)


@pytest.mark.parametrize(("stage", "operation"), LOCKED, indirect=["stage"])
def test_a_refusal_for_a_lock_is_waited_out(stage: Stage, operation: str) -> None:
    stage.fault("status", operation, status=409, body={"exception_class": "ConflictError", "message": "The resource is locked by a task"})
    result = stage.done()
    assert result["changed"] is True
    assert stage.writes.count(operation) == 2


@playing("hosterapi-backup-create", "hosterapi-backup-restore in place")
def test_a_server_that_is_busy_with_a_backup_is_waited_for(stage: Stage) -> None:
    stage.fault("late", "backups_create", seconds=30)
    stage.controller.backup("hosterapi", instance=stage.servers[0], wait=False)
    stage.simulator.clear_log()
    assert stage.done(check=True)["plan"] == stage.done()["plan"]
    assert len(stage.writes) == (1 if stage.scenario.always else 0)
