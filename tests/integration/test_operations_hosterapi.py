# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tour through HosterAPI.de."""

from __future__ import annotations

from .conftest import Controller
from .tour import act, go, lacking, walk, write

MACHINE = {"id": "101", "image": "Debian Bookworm", "name": "db1.example.com", "allow": ["cost"]}
PASSWORD = "S3CRET-root-0f-the-server"


def test_the_tour_of_servers_at_hosterapi(controller: Controller) -> None:
    (server,) = controller.simulator["hosterapi"].seed_instances(1)
    package = {"instance": server, "name": ["nextcloud"], "password": PASSWORD}
    stops = [
        go("instance", id=server, name="cloud1"),  # now there is a ledger
        go("instance", name="cloud1", state="restarted"),
        go("instance", name="cloud1", state="restarted", stop_mode="hard"),
        go("instance", name="cloud1", state="stopped", stop_mode="hard"),
        go("instance", name="cloud1", state="started"),
        go("instance", name="cloud1", state="rebuilt", image="Debian12.0", allow=["rebuild"]),
        go("instance", name="cloud1", reset_password=True),
        go("instance_info", name="cloud1", gather=["incidents"]),
        go("metrics_info", instance="cloud1"),
        go("console", instance="cloud1"),
        go("software_info"),
        write("software", **package),
        go("software", **package, state="absent"),
        *lacking("address", "interface", "ssh_key"),
    ]
    results = walk(controller, "hosterapi", stops)
    assert results[7]["instances"][0]["incidents"] == []
    assert results[8]["metrics"][0]["points"]
    assert results[9]["console"]["url"]
    writes = controller.simulator.writes("hosterapi")
    assert [each for each in writes if each.startswith("software")] == ["software_install", "software_uninstall"]


def test_the_tour_of_dedicated_machines(controller: Controller) -> None:
    machine = {"id": "101"}
    stops = [
        write("dedicated", **MACHINE),
        go("dedicated_info", market=True, images=True),
        go("console", dedicated="101"),
        write("dedicated", **machine, state="stopped"),
        go("dedicated", **machine, state="started"),
        go("dedicated", **machine, state="restarted", wait=False),  # a restart is too short to be seen
        act("dedicated", **machine, state="rebuilt", image="Ubuntu Jammy", allow=["rebuild"]),
        go("dedicated", **machine, state="absent"),
    ]
    results = walk(controller, "hosterapi", stops)
    assert results[1]["dedicated"][0]["id"] == "101"
    assert results[2]["console"]["dedicated"]
    sent = ["order", "shutdown", "start", "reboot", "reinstall", "terminate"]
    assert controller.simulator.writes("hosterapi") == [f"dedicated_{each}" for each in sent]
