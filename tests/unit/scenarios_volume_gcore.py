# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_volume can write at Gcore."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE, Options, Scenario, Stage

CREATE, ATTACH, DETACH, DELETE = (f"volumes.{verb}" for verb in ("create", "attach", "detach", "delete"))


def _made(stage: Stage) -> dict[str, t.Any]:
    return stage.made("volume", name="data", size_gb=10)


def _in_use(stage: Stage) -> dict[str, t.Any]:
    return stage.made("volume", name="data", size_gb=10, instance=stage.server())


def _created(stage: Stage) -> Options:
    return {"name": "data", "size_gb": 10, "type": "ssd_hiiops", "tags": {"role": "db"}}


def _created_for(stage: Stage) -> Options:
    return {"name": "data", "size_gb": 10, "instance": stage.server()}


def _created_of_snapshot(stage: Stage) -> Options:
    server = stage.server()
    stage.data_volume(server)
    part = stage.made("backup", instance=server)["parts"][1]
    with stage.own.lock:
        name = stage.own.shelf("snapshots", SCOPE)[part["id"]]["name"]
    return {"name": "copy", "snapshot": name}


def _attached(stage: Stage) -> Options:
    _made(stage)
    return {"name": "data", "instance": stage.server()}


def _moved(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "data", "instance": stage.server("web2"), "allow": ["detach"]}


def _detached(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "data", "instance": "", "allow": ["detach"]}


def _grown(stage: Stage) -> Options:
    return {"id": _made(stage)["id"], "size_gb": 20, "allow": ["cost"]}


def _deleted(stage: Stage) -> Options:
    _made(stage)
    return {"name": "data", "state": "absent"}


def _deleted_in_use(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "data", "state": "absent", "allow": ["detach"]}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("gcore", "volume", "create", _created, (CREATE,), costs=True),
    Scenario("gcore", "volume", "create for a server", _created_for, (CREATE, ATTACH), costs=True),
    Scenario("gcore", "volume", "create of a snapshot", _created_of_snapshot, (CREATE,), costs=True),
    Scenario("gcore", "volume", "attach", _attached, (ATTACH,)),
    Scenario("gcore", "volume", "move", _moved, (DETACH, ATTACH)),
    Scenario("gcore", "volume", "detach", _detached, (DETACH,)),
    Scenario("gcore", "volume", "grow", _grown, ("volumes.extend",)),
    Scenario("gcore", "volume", "delete", _deleted, (DELETE,)),
    Scenario("gcore", "volume", "delete in use", _deleted_in_use, (DETACH, DELETE)),
)
