# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that all modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Action plugin, check mode, diff mode, idempotence, action groups."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description:
      - Has an action plugin of the same name, which runs it in the process of the controller where that makes no difference.
      - The variable C(polyhost_cloud_fast_door), set to V(false), turns that off.
    support: full
  check_mode:
    description: Can run in C(check_mode) and return the predicted result without sending anything that writes.
    support: full
  diff_mode:
    description: Returns what changes, or in check mode would change, when run with C(--diff). Managed fields only, sorted, no secrets.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  platform:
    description: Runs on the controller, or on any POSIX host that can reach the provider's API.
    support: full
    platforms: posix
"""

    WRITES = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/polyhost.cloud.vps) or C(group/polyhost.cloud.vps_changes) in C(module_defaults).
    support: full
    membership: [polyhost.cloud.vps, polyhost.cloud.vps_changes]
"""

    INFO = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/polyhost.cloud.vps) in C(module_defaults).
    support: full
    membership: [polyhost.cloud.vps]
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
"""
