# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of the inventory plugin."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.sources import Source


@pytest.fixture
def simulator() -> t.Iterator[Simulator]:
    """All four providers."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def source(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A file, in an environment that leads to the simulator and nowhere else."""
    for name in ("VPS_PROVIDER", "VPS_REGION", "VPS_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**simulator.environment(), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    return Source(simulator, tmp_path)
