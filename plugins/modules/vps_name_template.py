#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge the restrictions of instance names of one reseller in one region."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_name_template
short_description: Manage what names a reseller's customers may give, at Gcore
version_added: 1.0.0
description:
  - Sets and drops the restrictions that a reseller at Gcore puts on the names of servers, bare metal machines and load balancers in a region.
  - This takes the token of a reseller. With any other one the task fails and says so.
  - Lists are compared as sets, order and repetitions do not count. An empty list allows no template, where null restricts nothing. What is left out is not
    managed; since a write at the provider replaces everything, what is not managed is sent along as it is.
  - All that differs is one step and one write.
  - A single restriction cannot be lifted by itself. Drop all of them with O(state=absent) and set the others anew.
  - Check mode is the same path without the sending. It returns the plan, the predicted restrictions and the diff.
  - The other providers restrict no names. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  reseller_id:
    description:
      - The reseller's id, which is needed. Together with O(region), which is needed too, it is the identity of the restrictions.
    type: int
  state:
    description:
      - V(present) makes sure that the restrictions are as described.
      - V(absent) drops all restrictions of the reseller in the region.
    type: str
    choices: [present, absent]
    default: present
  custom_names:
    description:
      - Whether names may be chosen freely.
    type: bool
  templates:
    description:
      - The templates that names of Linux servers may be made by, such as V("web-{ip_octets}").
        Placeholders are C({ip_octets}), C({two_ip_octets}) and C({one_ip_octet}).
    type: list
    elements: str
  windows_templates:
    description:
      - The same for Windows servers.
    type: list
    elements: str
  bare_metal_templates:
    description:
      - The same for bare metal machines with Linux.
    type: list
    elements: str
  bare_metal_windows_templates:
    description:
      - The same for bare metal machines with Windows.
    type: list
    elements: str
  load_balancer_templates:
    description:
      - The same for load balancers.
    type: list
    elements: str
seealso:
  - module: polyhost.cloud.vps_name_template_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: Customers of a reseller name their servers by address
  polyhost.cloud.vps_name_template:
    provider: gcore
    region: Luxembourg-2
    reseller_id: 1234
    custom_names: false
    templates: ["vps-{ip_octets}"]
    windows_templates: ["win-{ip_octets}"]

- name: One more template for Linux; the others stay as they are
  polyhost.cloud.vps_name_template:
    provider: gcore
    region: Luxembourg-2
    reseller_id: 1234
    templates: ["vps-{ip_octets}", "app-{two_ip_octets}"]

- name: Drop all restrictions in the region
  polyhost.cloud.vps_name_template:
    provider: gcore
    region: Luxembourg-2
    reseller_id: 1234
    state: absent
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of create, set, delete.
      type: str
      returned: always
    field:
      description: The field, always C(name_template).
      type: str
      returned: always
    before:
      description: What differs as it is, by option; for C(delete) which restrictions.
      type: raw
      returned: always
    after:
      description: What differs as it is wanted, by option; for C(create) which restrictions.
      type: raw
      returned: always
    effect:
      description: What it does, C(none) or C(delete).
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: Null; restrictions cost nothing.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, restrictions and steps; equal in check mode and in the real run that follows. See O(expect_plan).
  returned: always
  type: str
approvable:
  description: False when an input is not known yet, in check mode what an earlier task would make.
  returned: always
  type: bool
drift:
  description: Differences that were seen and not acted on, each with C(field), C(current), C(wanted) and C(needs).
  returned: always
  type: list
  elements: dict
diff:
  description: What differs before and after.
  returned: with C(--diff)
  type: dict
name_template:
  description: The restrictions, in check mode as predicted. After O(state=absent) the last known fields stay.
  returned: always
  type: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    reseller_id:
      description: The reseller's id.
      type: str
      returned: always
    region:
      description: The region's id.
      type: str
      returned: always
    custom_names:
      description: Whether names may be chosen freely.
      type: bool
      returned: always
    templates:
      description: The templates that names of Linux servers may be made by. Null is no restriction, an empty list allows none.
      type: list
      elements: str
      returned: always
    windows_templates:
      description: The same for Windows servers.
      type: list
      elements: str
      returned: always
    bare_metal_templates:
      description: The same for bare metal machines with Linux.
      type: list
      elements: str
      returned: always
    bare_metal_windows_templates:
      description: The same for bare metal machines with Windows.
      type: list
      elements: str
      returned: always
    load_balancer_templates:
      description: The same for load balancers.
      type: list
      elements: str
      returned: always
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.name_template import VPS_NAME_TEMPLATE
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_NAME_TEMPLATE)


if __name__ == "__main__":
    main()
