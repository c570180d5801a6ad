# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tour through Hostwinds."""

from __future__ import annotations

import typing as t

from .conftest import Controller
from .tour import act, go, lacking, walk, write


def test_the_tour_of_hostwinds(controller: Controller) -> None:
    simulator = controller.simulator
    own: t.Any = simulator["hostwinds"]
    web, mail, legacy = (own.seed_instances(1, name=name)[0] for name in ("web1", "mail1", "legacy1"))
    own.patch(legacy, {"template_uuid": "cd"})
    row = own.servers[mail]["row"]
    main, second = row["main_ip"], own.new_address()
    row["ips"] = [*row["ips"], second]
    stops = [
        go("instance", name="web1", state="stopped"),
        go("instance", name="web1", state="started"),
        go("instance", name="web1", rescue=True, allow=["restart"]),
        go("instance", name="web1", rescue=False, allow=["restart"]),
        go("instance", id=web, name="www1"),
        go("instance", id=web, state="rebuilt", allow=["rebuild"]),
        go("instance", id=web, state="rebuilt", image="img-debian-12", allow=["rebuild"]),
        act("instance", id=web, state="repaired"),
        write("instance", name="legacy1", iso_finalized=True, allow=["restart"]),
        go("instance_info", name="legacy1", gather=["maintenance"]),
        go("instance_info", id="987654"),
        write("address", instance="mail1", address=second, primary=True, rebuild_guest_network=True, allow=["restart"]),
        write("address", instance="mail1", address=second, state="replaced", allow=["cost"]),
        go("address", instance="mail1", address=main, state="absent"),
        go("address_info", instance="mail1"),
        write("smtp_filter", instance="mail1", allow=["cost"]),
        go("smtp_filter_info", instance="mail1"),
        write("instance", name="mail1", size="3", allow=["restart", "cost"]),
        *lacking("console", "volume"),
    ]
    results = walk(controller, "hostwinds", stops)
    assert results[9]["instances"][0]["maintenance"] is not None
    assert results[10]["instances"] == []
    assert main not in [address["address"] for address in results[14]["addresses"]]
    assert [address["address"] for address in results[14]["addresses"] if address["primary"]] != [second]
    assert own.state["money"]["orders"] == 2  # a clean-up and an upgrade; addresses cost nothing here
