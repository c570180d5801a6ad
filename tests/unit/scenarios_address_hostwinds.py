# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_address can write at Hostwinds."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage


def with_two_addresses(stage: Stage) -> tuple[str, str, str]:
    """A server by its id, its main address, and a second one that somebody ordered in the panel."""
    server = stage.server()
    with stage.own.lock:
        row = stage.own.servers[server]["row"]
        second = stage.own.new_address()
        row["ips"] = [*row["ips"], second]
    return server, row["main_ip"], second


def _promoted(stage: Stage) -> Options:
    server, _main, second = with_two_addresses(stage)
    return {"instance": server, "address": second, "primary": True}


def _promoted_in_the_guest_too(stage: Stage) -> Options:
    return {**_promoted(stage), "rebuild_guest_network": True, "allow": ["restart"]}


def _given_back(stage: Stage) -> Options:
    server, _main, second = with_two_addresses(stage)
    return {"instance": server, "address": second, "state": "absent"}


def _swapped(stage: Stage) -> Options:
    return {"instance": stage.server(), "state": "replaced", "allow": ["cost"]}


def _named_one_swapped(stage: Stage) -> Options:
    server, main, _second = with_two_addresses(stage)
    return {"instance": server, "address": main, "state": "replaced", "allow": ["cost"]}


def _swapped_in_the_guest_too(stage: Stage) -> Options:
    return {**_named_one_swapped(stage), "rebuild_guest_network": True, "allow": ["cost", "restart"]}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("hostwinds", "address", "primary", _promoted, ("set_main_ip",)),
    Scenario("hostwinds", "address", "primary and guest", _promoted_in_the_guest_too, ("set_main_ip", "regenerate_networking")),
    Scenario("hostwinds", "address", "absent", _given_back, ("delete_ip",)),
    Scenario("hostwinds", "address", "replaced", _swapped, ("change_main_ip",), always=True, costs=True),
    Scenario("hostwinds", "address", "replaced by name", _named_one_swapped, ("change_main_ip",), costs=True),
    Scenario("hostwinds", "address", "replaced and guest", _swapped_in_the_guest_too, ("change_main_ip", "regenerate_networking"), costs=True),
)
