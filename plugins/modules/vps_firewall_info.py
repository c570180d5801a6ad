#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read firewalls."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_firewall_info
short_description: Read firewalls at Hostwinds, Civo and Gcore
version_added: 1.0.0
description:
  - Lists firewalls (Civo), security groups (Gcore) or profiles (Hostwinds) with their rules, all pages of all regions, or fails. It never writes.
  - Nothing found is an empty list. HosterAPI.de has no firewalls, so the list is empty there, with RV(supported) false and a warning.
  - At Gcore the servers of each security group cost a call.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  name:
    description:
      - Only firewalls of this name. Hostwinds, or the only profile whose name ends so.
    type: str
  id:
    description:
      - Only the firewall with this id.
    type: str
  network:
    description:
      - Civo, only firewalls of the network with this label or id.
    type: str
seealso:
  - module: polyhost.cloud.vps_firewall
"""

EXAMPLES = r"""
- name: All firewalls of the account
  polyhost.cloud.vps_firewall_info:
    provider: civo
  register: found

- name: Which servers have a security group
  polyhost.cloud.vps_firewall_info:
    provider: gcore
    region: Luxembourg-2
    name: app
  register: app

- name: Copy its rules to another region
  polyhost.cloud.vps_firewall:
    provider: gcore
    region: Frankfurt
    name: app
    rules: "{{ app.firewalls[0].rules }}"
"""

RETURN = r"""
firewalls:
  description: The firewalls, sorted by name, region and id.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: The provider's id.
      type: str
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    description:
      description: The text about it.
      type: str
      returned: always
    region:
      description: The region's code or id.
      type: str
      returned: always
    network:
      description: The id of the network that it belongs to, at Civo.
      type: str
      returned: always
    rules:
      description: The rules in canonical form, sorted; M(polyhost.cloud.vps_firewall) takes them as they are.
      type: list
      elements: dict
      returned: always
      contains:
        direction:
          description: C(in) or C(out).
          type: str
          returned: always
        protocol:
          description: C(tcp), C(udp), C(icmp), C(any), or the provider's word for another one.
          type: str
          returned: always
        ports:
          description: A port, a range, an ICMP type or type and code; null for all.
          type: str
          returned: always
        addresses:
          description: Networks in CIDR notation and C(group:ID), sorted.
          type: list
          elements: str
          returned: always
        action:
          description: C(allow) or C(deny).
          type: str
          returned: always
        description:
          description: The text about the rule, empty where there is none.
          type: str
          returned: always
    instances:
      description: The servers that have it, each with C(id) and C(name). Empty at Hostwinds, which tells that server by server only.
      type: list
      elements: dict
      returned: always
supported:
  description: Whether the provider has firewalls that can be read.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.firewall import VPS_FIREWALL_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_FIREWALL_INFO)


if __name__ == "__main__":
    main()
