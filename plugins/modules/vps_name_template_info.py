#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read restrictions of instance names."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_name_template_info
short_description: Read what names a reseller's customers may give, at Gcore
version_added: 1.0.0
description:
  - Lists the restrictions that resellers put on the names of servers, or with O(available) what names a project may use. It never writes.
  - This takes the token of a reseller. With any other one the task fails and says so.
  - Nothing found is an empty list. The other providers restrict no names, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  reseller_id:
    description:
      - Only restrictions of this reseller. With O(region), only those in that region.
    type: int
  available:
    description:
      - Whether to read what names the project may use instead, in O(region) or in every region of the account. RV(name_templates) is empty then.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_name_template
"""

EXAMPLES = r"""
- name: The restrictions of all resellers that the token reaches
  polyhost.cloud.vps_name_template_info:
    provider: gcore
  register: restrictions

- name: What names the project may use in a region
  polyhost.cloud.vps_name_template_info:
    provider: gcore
    region: Luxembourg-2
    available: true
  register: names
"""

RETURN = r"""
name_templates:
  description: The restrictions, sorted by region. Empty with O(available).
  returned: always
  type: list
  elements: dict
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
available:
  description: What names the project may use, one element a region.
  returned: with O(available)
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
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
    limited:
      description: Whether only names by the templates are allowed.
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
supported:
  description: Whether the provider has such restrictions.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.name_template import VPS_NAME_TEMPLATE_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_NAME_TEMPLATE_INFO)


if __name__ == "__main__":
    main()
