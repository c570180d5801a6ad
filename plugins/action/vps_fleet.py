# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of C(vps_fleet): its output is hidden when it holds credentials."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.polyhost.cloud.plugins.plugin_utils.hiding import HidingAction


class ActionModule(HidingAction):
    """See the module."""

    def asks_for_secrets(self) -> bool:
        """See the base class."""
        args = self._task.args
        entries = args.get("instances")
        layers = [args.get("defaults"), *(entries if isinstance(entries, list) else [])]
        return any(isinstance(layer, dict) and boolean(layer.get("return_credentials"), strict=False) is True for layer in layers)

    def holds_secrets(self, result: dict[str, t.Any]) -> bool:
        """See the base class."""
        return any(each.get("credentials") for each in result.get("instances") or [])
