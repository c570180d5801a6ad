# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_smtp_filter can write."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage


def _filtered(stage: Stage) -> Options:
    server = stage.server()
    with stage.own.lock:
        stage.own.settings["auto_pay"] = False  # the invoice stays listed, and the filter with it
    return {"instance": server, "allow": ["cost"]}


SCENARIOS: tuple[Scenario, ...] = (Scenario("hostwinds", "smtp_filter", "absent", _filtered, ("create_ip_cleanup_fee",), costs=True),)
