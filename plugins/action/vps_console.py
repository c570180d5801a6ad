# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of C(vps_console): its two doors, and its output is hidden when it holds the address of a console."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.plugin_utils.door import Door

from ..module_utils._actions.console import VPS_CONSOLE


class ActionModule(Door):
    """See the module."""

    MODULE = VPS_CONSOLE

    def asks_for_secrets(self) -> bool:
        """Every console has an address."""
        return True

    def holds_secrets(self, result: dict[str, t.Any]) -> bool:
        """Whether there is an address."""
        return bool((result.get("console") or {}).get("url"))
