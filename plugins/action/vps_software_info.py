# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of C(vps_software_info): its two doors."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.plugins.plugin_utils.door import Door

from ..module_utils._actions.software import VPS_SOFTWARE_INFO


class ActionModule(Door):
    """See the module."""

    MODULE = VPS_SOFTWARE_INFO
