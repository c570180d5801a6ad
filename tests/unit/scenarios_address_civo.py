# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_address can write at Civo."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

ACTION = "ips.action"


def _reserved(stage: Stage) -> Options:
    return {"name": "mail"}


def _reserved_for(stage: Stage) -> Options:
    return {"name": "mail", "instance": stage.server()}


def _assigned(stage: Stage) -> Options:
    stage.made("address", name="mail")
    return {"name": "mail", "instance": stage.server()}


def _in_use(stage: Stage) -> dict[str, t.Any]:
    return stage.made("address", name="mail", instance=stage.server())


def _moved(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "mail", "instance": stage.server("web2"), "allow": ["detach"]}


def _unassigned(stage: Stage) -> Options:
    _in_use(stage)
    return {"name": "mail", "instance": "", "allow": ["detach"]}


def _renamed(stage: Stage) -> Options:
    return {"address": stage.made("address", name="mail")["address"], "name": "post"}


def _released(stage: Stage) -> Options:
    stage.made("address", name="mail")
    return {"name": "mail", "state": "absent"}


def _released_in_use(stage: Stage) -> Options:
    return {"address": _in_use(stage)["address"], "state": "absent", "allow": ["detach"]}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("civo", "address", "create", _reserved, ("ips.create",), costs=True),
    Scenario("civo", "address", "create for a server", _reserved_for, ("ips.create", ACTION), costs=True),
    Scenario("civo", "address", "attach", _assigned, (ACTION,)),
    Scenario("civo", "address", "move", _moved, (ACTION,)),
    Scenario("civo", "address", "detach", _unassigned, (ACTION,)),
    Scenario("civo", "address", "rename", _renamed, ("ips.rename",)),
    Scenario("civo", "address", "delete", _released, ("ips.delete",)),
    Scenario("civo", "address", "delete in use", _released_in_use, (ACTION, "ips.delete")),
)
