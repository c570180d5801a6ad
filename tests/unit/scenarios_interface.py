# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_interface can write."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE, Options, Scenario, Stage

ATTACH, DETACH = "instances.attach_interface", "instances.detach_interface"


def _attached(stage: Stage) -> Options:
    return {"instance": stage.server(), "network": "net1", "name": "lan", "firewalls": ["default"]}


def _attached_to_subnet(stage: Stage) -> Options:
    with stage.own.lock:
        subnets = stage.own.shelf("subnets", SCOPE).values()
        networks = stage.own.shelf("networks", SCOPE)
        subnet = next(each["name"] for each in subnets if networks[each["network_id"]]["name"] == "net2")
    return {"instance": stage.server(), "network": subnet}


def _attached_outside(stage: Stage) -> Options:
    server = stage.server()
    stage.made("interface", instance=server, network="net1")
    stage.made("interface", instance=server, external=True, state="absent")
    return {"instance": server, "external": True, "address_family": "dual"}


def _detached(stage: Stage) -> Options:
    server = stage.server()
    stage.made("interface", instance=server, network="net1")
    return {"instance": server, "network": "net1", "state": "absent"}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("gcore", "interface", "attach", _attached, (ATTACH,)),
    Scenario("gcore", "interface", "attach to a subnet", _attached_to_subnet, (ATTACH,)),
    Scenario("gcore", "interface", "attach outside", _attached_outside, (ATTACH,)),
    Scenario("gcore", "interface", "absent", _detached, (DETACH,)),
)
