# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests that run whole tasks in-process."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.declared import SCENARIOS as DECLARED
from ansible_collections.polyhost.cloud.tests.unit.declared import DeclaredStage
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCENARIOS, Stage


@pytest.fixture
def controller(tmp_path: t.Any) -> t.Iterator[Controller]:
    """A controller in front of all four simulated providers, with a virtual clock."""
    with Simulator(virtual_clock=True) as simulator:
        yield Controller(simulator, tmp_path)


@pytest.fixture(scope="session", name="players")
def fixture_players(tmp_path_factory: t.Any) -> t.Iterator[Controller]:
    """A controller for all scenarios; each of them begins with fresh accounts."""
    with Simulator(virtual_clock=True) as simulator:
        yield Controller(simulator, tmp_path_factory.mktemp("players"))


@pytest.fixture
def stage(players: Controller, request: t.Any) -> Stage:
    """The arranged account of a scenario, named by the parameter."""
    if request.param in DECLARED:
        return DeclaredStage(players, DECLARED[request.param]).play()
    return Stage(players, SCENARIOS[request.param]).play()
