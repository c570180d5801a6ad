# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo's playbook, as C(make demo) runs it."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control

from .conftest import ROOT, Controller


def test_demo(controller: Controller) -> None:
    control = Control(controller.simulator)
    control.server.start()
    try:
        run = controller.playbook(str(ROOT / "playbooks" / "demo.yml"), environ={"VPS_SIMULATOR_URL": control.server.url})
    finally:
        control.server.stop()
    assert run.status == 0, run.output
    for provider in ("hostwinds", "civo", "gcore", "hosterapi"):
        assert controller.simulator[provider].instances() == []
        assert controller.simulator[provider].violations == []
    assert controller.simulator.writes("civo").count("instances.create") == 3
