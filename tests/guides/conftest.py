# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guide's reader has: ansible, the collection, and the simulator with its control API."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.integration.conftest import Controller, controller, simulator

__all__ = ["controller", "reader", "simulator"]


@pytest.fixture
def reader(controller: Controller, simulator: Simulator) -> t.Iterator[dict[str, str]]:
    """The environment of the reader's shell."""
    control = Control(simulator)
    control.server.start()
    try:
        java = {name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ}  # ansible-rulebook needs it
        yield {**controller.environ, **java, "VPS_SIMULATOR_URL": control.server.url}
    finally:
        control.server.stop()
