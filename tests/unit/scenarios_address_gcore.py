# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_address can write at Gcore."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE, Options, Scenario, Stage

CREATE, UPDATE, DELETE = (f"floating_ips.{verb}" for verb in ("create", "update", "delete"))


def inside(stage: Stage, name: str = "web1") -> str:
    """The id of a server in a private network."""
    server = stage.server(name)
    with stage.own.lock:
        network = next(each["id"] for each in stage.own.shelf("networks", SCOPE).values() if each["name"] == "net1")
        plan = stage.own.check_interface(SCOPE, {"type": "any_subnet", "network_id": network}, "interface")
        port, _floating = stage.own.make_port(SCOPE, plan, server)
        stage.own.shelf("instances", SCOPE)[server]["ports"].append(port)
    return server


def _in_use(stage: Stage) -> dict[str, t.Any]:
    return stage.made("address", name="mail", instance=inside(stage))


def _created(stage: Stage) -> Options:
    return {"name": "mail"}


def _created_for(stage: Stage) -> Options:
    return {"name": "mail", "instance": inside(stage)}


def _created_without_name(stage: Stage) -> Options:
    return {"instance": inside(stage)}


def _attached(stage: Stage) -> Options:
    stage.made("address", name="mail")
    return {"name": "mail", "instance": inside(stage)}


def _moved(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "mail", "instance": inside(stage, "web2"), "allow": ["detach"]}


def _detached(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "mail", "instance": "", "allow": ["detach"]}


def _renamed(stage: Stage) -> Options:
    return {"address": stage.made("address", name="mail")["address"], "name": "post"}


def _deleted(stage: Stage) -> Options:
    stage.made("address", name="mail")
    return {"name": "mail", "state": "absent"}


def _deleted_in_use(stage: Stage) -> Options:
    return {"address": _in_use(stage)["address"], "state": "absent", "allow": ["detach"]}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("gcore", "address", "create", _created, (CREATE,), costs=True),
    Scenario("gcore", "address", "create for a server", _created_for, (CREATE,), costs=True),
    Scenario("gcore", "address", "create without a name", _created_without_name, (CREATE,), costs=True),
    Scenario("gcore", "address", "attach", _attached, (UPDATE,)),
    Scenario("gcore", "address", "move", _moved, (UPDATE,)),
    Scenario("gcore", "address", "detach", _detached, (UPDATE,)),
    Scenario("gcore", "address", "rename", _renamed, (UPDATE,)),
    Scenario("gcore", "address", "delete", _deleted, (DELETE,)),
    Scenario("gcore", "address", "delete in use", _deleted_in_use, (UPDATE, DELETE)),
)
