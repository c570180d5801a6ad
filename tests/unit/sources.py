# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin in this process, against the simulator."""

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

PLUGIN = "polyhost.cloud.vps"


class Screen:
    """What the plugin shows."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.notes: list[str] = []

    def warning(self, message: str) -> None:
        """A warning."""
        self.warnings.append(message)

    def vvv(self, message: str) -> None:
        """A remark."""
        self.notes.append(message)

    def __getattr__(self, name: str) -> t.Callable[..., None]:
        return lambda *args, **kwargs: None


class Source:
    """An inventory file; C(screen) holds what the last parse showed."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.cache = folder / "answers"
        self.screen = Screen()

    def cached(self, **options: t.Any) -> dict[str, t.Any]:
        """Options with a cache that keeps its data."""
        return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(self.cache), **options}

    def parse(self, *, refresh: bool = False, into: InventoryData | None = None, text: str | None = None, **options: t.Any) -> InventoryData:
        """Parse a file with these options, as ansible does it; C(refresh) is what --flush-cache asks for."""
        path = self.folder / "test.vps.yml"
        path.write_text(text or json.dumps({"plugin": PLUGIN, **options}), encoding="utf-8")
        inventory = into if into is not None else InventoryData()
        plugin = inventory_loader.get(PLUGIN)
        self.screen = plugin.display = Screen()
        assert plugin.verify_file(str(path))
        plugin.parse(inventory, DataLoader(), str(path), cache=not refresh)
        with contextlib.suppress(AttributeError):  # ansible does the same: there is no cache where none is wanted
            plugin.update_cache_if_changed()
        return inventory

    def hosts(self, **options: t.Any) -> dict[str, dict[str, t.Any]]:
        """The variables of each host."""
        return {name: host.vars for name, host in self.parse(**options).hosts.items()}

    def calls(self) -> int:
        """How many requests all providers got since this was asked last."""
        made = len(self.simulator.log())
        self.simulator.clear_log()
        return made


def account(provider: str, **options: t.Any) -> dict[str, t.Any]:
    """An account without a rate limit that waits for nothing."""
    return {"provider": provider, "rate_limit": 0, "max_retry_wait": 0, **options}


def groups_of(inventory: InventoryData, host: str) -> set[str]:
    """The groups that a host is in directly."""
    return {name for name, group in inventory.groups.items() if host in [each.name for each in group.hosts]}
