# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of C(vps_fleet): its two doors."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.polyhost.cloud.plugins.plugin_utils.door import Door, Result

from ..module_utils._actions.fleet import VPS_FLEET


class ActionModule(Door):
    """See the module."""

    MODULE = VPS_FLEET

    def asks_for_secrets(self) -> bool:
        """Whether any entry, or the defaults of all, ask for credentials."""
        entries = self._task.args.get("instances")
        layers: list[t.Any] = [self._task.args.get("defaults"), *(entries if isinstance(entries, list) else [])]
        return any(isinstance(layer, dict) and boolean(layer.get("return_credentials"), strict=False) is True for layer in layers)

    def holds_secrets(self, result: Result) -> bool:
        """Whether the result of any instance holds credentials."""
        return any(each.get("credentials") for each in result.get("instances") or [])
