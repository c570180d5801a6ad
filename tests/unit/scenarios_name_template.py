# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_name_template can write."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

RESELLER = 1234


def _set(stage: Stage) -> Options:
    with stage.own.lock:
        stage.own.settings["reseller"] = "on"
    return {"reseller_id": RESELLER, "custom_names": False, "templates": ["vps-{ip_octets}"]}


def _changed(stage: Stage) -> Options:
    before = _set(stage)
    stage.made("name_template", **before)
    return {**before, "templates": ["app-{ip_octets}"], "windows_templates": ["win-{ip_octets}"]}


def _dropped(stage: Stage) -> Options:
    stage.made("name_template", **_set(stage))
    return {"reseller_id": RESELLER, "state": "absent"}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("gcore", "name_template", "create", _set, ("reseller_names.put",)),
    Scenario("gcore", "name_template", "change", _changed, ("reseller_names.put",)),
    Scenario("gcore", "name_template", "delete", _dropped, ("reseller_names.delete",)),
)
