# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_console can write: sessions at Civo. Tickets elsewhere are read."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

YEAR_2100 = 4_102_444_800  # seconds since 1970: time passes between the plays of an arranged scene


def _opened(stage: Stage) -> Options:
    return {"instance": stage.server(), "duration": "2h"}


def _closed(stage: Stage) -> Options:
    server = stage.server()
    with stage.own.lock:
        session = {"uri": "https://console.civo.invalid/vnc/S3CRET-console", "duration": "24h", "until": YEAR_2100}
        stage.own.table("instances", "LON1")[server]["_"]["console"] = session
    return {"instance": server, "state": "absent"}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("civo", "console", "open", _opened, ("instances.console_open",)),
    Scenario("civo", "console", "absent", _closed, ("instances.console_close",)),
)
