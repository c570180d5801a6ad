# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_dedicated can write."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

IMAGE, OTHER = "Debian Bookworm", "Ubuntu Jammy"
ORDER: Options = {"id": "101", "image": IMAGE, "name": "db1.example.com", "ip_count": 2, "allow": ["cost"]}
LOGINS = ("S3CRET-ha-dedicated-101-root", "S3CRET-ha-dedicated-101-user")


def _machine(stage: Stage, state: str = "started") -> Options:
    stage.made("dedicated", **{**ORDER, "state": state})
    return {"id": "101"}


def _ordered(stage: Stage) -> Options:
    return ORDER


def _ordered_stopped(stage: Stage) -> Options:
    return {**ORDER, "state": "stopped"}


def _started(stage: Stage) -> Options:
    return {**_machine(stage, "stopped"), "state": "started"}


def _stopped(stage: Stage) -> Options:
    return {**_machine(stage), "state": "stopped"}


def _restarted(stage: Stage) -> Options:
    return {**_machine(stage), "state": "restarted"}


def _rebuilt(image: str) -> t.Callable[[Stage], Options]:
    return lambda stage: {**_machine(stage), "state": "rebuilt", "image": image, "allow": ["rebuild"]}


def _deleted(stage: Stage) -> Options:
    return {**_machine(stage), "state": "absent"}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("hosterapi", "dedicated", "create", _ordered, ("dedicated_order",), costs=True, secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "create stopped", _ordered_stopped, ("dedicated_order", "dedicated_shutdown"), costs=True, secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "start", _started, ("dedicated_start",), secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "stop", _stopped, ("dedicated_shutdown",), secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "restart", _restarted, ("dedicated_reboot",), always=True, secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "rebuild", _rebuilt(OTHER), ("dedicated_reinstall",), always=True, secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "rebuild as it is", _rebuilt(IMAGE), ("dedicated_reinstall",), always=True, secrets=LOGINS),
    Scenario("hosterapi", "dedicated", "delete", _deleted, ("dedicated_terminate",), secrets=LOGINS),
)
