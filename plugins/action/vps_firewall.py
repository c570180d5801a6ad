# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of C(vps_firewall): its two doors, and the port by which Ansible logs in is one of C(access_ports)."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.validation import check_type_list

from ansible_collections.polyhost.cloud.plugins.plugin_utils.door import Door, Variables

from ..module_utils._actions.firewall import VPS_FIREWALL

SSH = 22


class ActionModule(Door):
    """See the module."""

    MODULE = VPS_FIREWALL

    def arguments(self, task_vars: Variables) -> dict[str, t.Any]:
        """The task's own, and C(ansible_port) of the play's host among the ports to warn about."""
        arguments = super().arguments(task_vars)
        port = self._templar.template(task_vars.get("ansible_port"))
        if not str(port).isdecimal():
            return arguments
        ports = arguments.get("access_ports")
        return {**arguments, "access_ports": [*check_type_list([SSH] if ports is None else ports), int(port)]}
