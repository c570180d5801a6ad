# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory in the making: everything is built here first, so that a failure adds no host."""

from __future__ import annotations

import typing as t


class Draft:
    """Takes what the helpers of ansible's inventory plugins do to an inventory.

    Args:
        mark: makes the value of a variable safe.
    """

    def __init__(self, mark: t.Callable[[t.Any], t.Any]) -> None:
        self.hosts: dict[str, dict[str, t.Any]] = {}
        self._mark = mark
        self._groups: dict[str, dict[str, None]] = {}
        self._children: list[tuple[str, str]] = []

    def knows(self, name: str) -> bool:
        """Whether a host or a group has that name."""
        return name in self.hosts or name in self._groups

    def add_host(self, host: str, group: str | None = None) -> str:
        """Add a host, and to a group if one is named."""
        self.hosts.setdefault(host, {})
        if group is not None:
            self._groups[group][host] = None
        return host

    def add_group(self, group: str) -> str:
        """Add a group."""
        self._groups.setdefault(group, {})
        return group

    def add_child(self, group: str, child: str) -> None:
        """Put a group into a group."""
        if (group, child) not in self._children:
            self._children.append((group, child))

    def set_variable(self, host: str, name: str, value: t.Any) -> None:
        """Set a variable of a host."""
        self.hosts[host][name] = self._mark(value)

    def add_to(self, inventory: t.Any) -> None:
        """Add everything to the real inventory.

        Groups come first, since only they can fail. Variables are set on the host itself: by name they would be set on a
        group that happens to have the same one.
        """
        for group in self._groups:
            inventory.add_group(group)
        for group, child in self._children:
            inventory.add_child(group, child)
        for host, variables in self.hosts.items():
            inventory.add_host(host)
            found = inventory.get_host(host)
            for name, value in variables.items():
                found.set_variable(name, value)
        for group, members in self._groups.items():
            for host in members:
                inventory.add_host(host, group=group)
