# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_volume can write at Civo."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

CREATE, ATTACH, DETACH, DELETE = (f"volumes.{verb}" for verb in ("create", "attach", "detach", "delete"))


def _made(stage: Stage, **options: t.Any) -> dict[str, t.Any]:
    return stage.made("volume", name="data", size_gb=10, **options)


def _created(stage: Stage) -> Options:
    return {"name": "data", "size_gb": 10, "network": "default"}


def _created_for(stage: Stage) -> Options:
    return {"name": "data", "size_gb": 10, "instance": stage.server()}


def _created_of_snapshot(stage: Stage) -> Options:
    source = stage.made("volume", name="source", size_gb=20)
    with stage.own.lock:
        snapshot = {"name": "nightly", "volume_id": source["id"], "restore_size": 20, "status": "Ready", "_": {}}
        stage.own.table("volume_snapshots", "LON1")[SNAPSHOT] = {"id": SNAPSHOT, **snapshot}
    return {"name": "data", "snapshot": "nightly"}


def _attached(stage: Stage) -> Options:
    _made(stage)
    return {"name": "data", "instance": stage.server()}


def _moved(stage: Stage) -> Options:
    _made(stage, instance=stage.server())
    return {"name": "data", "instance": stage.server("web2"), "allow": ["detach"]}


def _detached(stage: Stage) -> Options:
    _made(stage, instance=stage.server())
    return {"name": "data", "instance": "", "allow": ["detach"]}


def _deleted(stage: Stage) -> Options:
    return {"id": _made(stage)["id"], "state": "absent"}


def _deleted_in_use(stage: Stage) -> Options:
    _made(stage, instance=stage.server())
    return {"name": "data", "state": "absent", "allow": ["detach"]}


SNAPSHOT = "0f4a1c52-6a0e-4d7c-9a53-6c1de1b1f2aa"
SCENARIOS: tuple[Scenario, ...] = (
    Scenario("civo", "volume", "create", _created, (CREATE,), costs=True),
    Scenario("civo", "volume", "create for a server", _created_for, (CREATE, ATTACH), costs=True),
    Scenario("civo", "volume", "create of a snapshot", _created_of_snapshot, (CREATE,), costs=True),
    Scenario("civo", "volume", "attach", _attached, (ATTACH,)),
    Scenario("civo", "volume", "move", _moved, (DETACH, ATTACH)),
    Scenario("civo", "volume", "detach", _detached, (DETACH,)),
    Scenario("civo", "volume", "delete", _deleted, (DELETE,)),
    Scenario("civo", "volume", "delete in use", _deleted_in_use, (DETACH, DELETE)),
)
