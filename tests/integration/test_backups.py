# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups as users meet them, in playbooks: made once, predicted, restored, rotated, listed."""

from __future__ import annotations

import typing as t

from .conftest import ROOT, Controller

PLACE: dict[str, dict[str, t.Any]] = {"civo": {"region": "PRIV1"}, "gcore": {"region": "4"}, "hosterapi": {}}
ROTATION = str(ROOT / "playbooks" / "backup_rotation.yml")
CREATE = {"civo": "instance_snapshots.create", "gcore": "snapshots.create", "hosterapi": "backups_create"}


def backup(provider: str, **options: t.Any) -> dict[str, t.Any]:
    """A task about backups."""
    return {"polyhost.cloud.vps_backup": {"provider": provider, "rate_limit": 0, **PLACE.get(provider, {}), **options}}


def test_check_make_repeat_restore_list(controller: Controller) -> None:
    controller.simulator.settings("hosterapi", backup_seconds=2.0)  # one that nobody sees under way is over after a minute of silence
    tasks: list[dict[str, t.Any]] = []
    for provider, place in PLACE.items():
        (server,) = controller.simulator[provider].seed_instances(1, name="web1", **place)
        wanted = backup(provider, instance=server, max_age="24h")
        way = {"restore_to": "new", "new_name": "web2"} if provider == "gcore" else {"restore_to": "in_place"}
        made = f"{{{{ result_{len(tasks) + 1}.backup.id }}}}"
        tasks += [
            {**wanted, "check_mode": True, "diff": True},
            {**wanted, "diff": True},
            wanted,
            backup(provider, instance=server, id=made, state="restored", allow=["rebuild"], **way),
            {"polyhost.cloud.vps_backup_info": {"provider": provider, "instance": server, **place}},
        ]
    run = controller.tasks(*tasks, backup("hostwinds", instance="1"))
    assert run.status == 0, run.output
    for number, provider in enumerate(PLACE):
        results = run.results[5 * number : 5 * number + 5]
        assert [bool(result.get("failed")) for result in results] == [False] * 5, run.output
        assert [result["changed"] for result in results] == [True, True, False, True, False]
        predicted, made_one, again, restored, listed = results
        assert (predicted["plan"], predicted["plan_id"], predicted["diff"]) == (made_one["plan"], made_one["plan_id"], made_one["diff"])
        assert predicted["api"]["writes"] == again["api"]["writes"] == 0
        assert restored["instance"]["status"] == "running"
        assert listed["backups"] == [made_one["backup"]] == [again["backup"]]
        assert controller.simulator.writes(provider).count(CREATE[provider]) == 1
        assert controller.simulator[provider].violations == []
    assert (run.result["failed"], run.result["capability"]) == (True, "backup")
    assert controller.simulator.calls("hostwinds") == []


def test_rotation(controller: Controller) -> None:
    servers = controller.simulator["gcore"].seed_instances(2, name="web", region="4")
    for keep, created in (("2", 2), ("1", 0)):
        controller.simulator.clear_log()
        run = controller.playbook(ROTATION, "-e", "provider=gcore region=4 max_age=1h", "-e", f"instances={','.join(servers)}", "-e", f"keep={keep}")
        assert run.status == 0, run.output
        assert [f"{server}: ready, " in run.output for server in servers] == [True, True], run.output
        assert run.output.count("young enough") == 2 - created
        assert controller.simulator.writes("gcore") == [CREATE["gcore"]] * created


def test_rotation_goes_on_after_a_failure_and_fails_in_the_end(controller: Controller) -> None:
    (server,) = controller.simulator["hosterapi"].seed_instances(1)
    run = controller.playbook(ROTATION, "-e", "provider=hosterapi", "-e", f"instances=7777,{server}")
    assert run.status == 2, run.output
    assert "7777: FAILED, HosterAPI.de has no instance 7777" in run.output
    assert f"{server}: ready, " in run.output
    assert "7777: see above" in run.output
