# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_software can write."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

PASSWORD = "S3CRET-root-0f-the-server"


def _wanted(stage: Stage) -> Options:
    server = stage.server()
    stage.made("instance", id=server, name="cloud1")  # now there is a ledger
    return {"instance": server, "name": ["nextcloud"], "password": PASSWORD, "ssh_port": 2222}


def _installed_both(stage: Stage) -> Options:
    return {**_wanted(stage), "name": ["nextcloud", "TeamSpeak 3"]}


def _uninstalled(stage: Stage) -> Options:
    options = _wanted(stage)
    stage.made("software", **options)
    return {**options, "state": "absent"}


def _forced(stage: Stage) -> Options:
    options = _wanted(stage)
    stage.made("software", **options)
    return {**options, "force": True}


INSTALL, UNINSTALL = "software_install", "software_uninstall"
SCENARIOS: tuple[Scenario, ...] = (
    Scenario("hosterapi", "software", "install", _wanted, (INSTALL,), secrets=(PASSWORD,)),
    Scenario("hosterapi", "software", "install two", _installed_both, (INSTALL, INSTALL), secrets=(PASSWORD,)),
    Scenario("hosterapi", "software", "install by force", _forced, (INSTALL,), always=True, secrets=(PASSWORD,)),
    Scenario("hosterapi", "software", "uninstall", _uninstalled, (UNINSTALL,), secrets=(PASSWORD,)),
)
