# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_instance can write beyond what every provider has: repairs, finished ISO installations, the paid upgrade, placement groups."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

CONSENT = {"allow": ["restart", "cost"]}


def _broken(stage: Stage) -> Options:
    stage.server()
    return {"name": "web1", "state": "repaired"}


def _installed_from_iso(stage: Stage) -> Options:
    server = stage.server()
    with stage.own.lock:
        stage.own.patch(server, {"template_uuid": "cd"})
    return {"name": "web1", "iso_finalized": True, "allow": ["restart"]}


def _outgrown(stage: Stage) -> Options:
    stage.server()
    return {"name": "web1", "size": "3", **CONSENT}


def _scattered(stage: Stage) -> Options:
    stage.server()
    return {"name": "web1", "placement_group": "spread"}


def _regrouped(group: str) -> t.Callable[[Stage], Options]:
    def arrange(stage: Stage) -> Options:
        stage.made("instance", name="web1", **CREATE["gcore"], placement_group="spread")
        return {"name": "web1", "placement_group": group}

    return arrange


JOIN, LEAVE = "instances.add_to_servergroup", "instances.remove_from_servergroup"
UPGRADE = ("upgrade_instance", "upgrade_server", "confirm_upgrade")
SCENARIOS: tuple[Scenario, ...] = (
    Scenario("hostwinds", "instance", "repair", _broken, ("repair_instance",), always=True),
    Scenario("hostwinds", "instance", "finalize", _installed_from_iso, ("finalize_iso",)),
    Scenario("hostwinds", "instance", "upgrade", _outgrown, UPGRADE, costs=True),
    Scenario("gcore", "instance", "join", _scattered, (JOIN,)),
    Scenario("gcore", "instance", "leave", _regrouped(""), (LEAVE,)),
    Scenario("gcore", "instance", "move", _regrouped("pack"), (LEAVE, JOIN)),
)
