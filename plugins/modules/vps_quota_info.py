#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read quotas."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_quota_info
short_description: Read limits and their use at Civo and Gcore, and whether a server would fit
version_added: 1.0.0
description:
  - Reads the limits of the account, how much of each is used and what is left, and says what a server that is wanted would lack. It never writes.
  - Hostwinds and HosterAPI.de tell no limits, so the list is empty there, with RV(supported) false and a warning.
  - Civo has limits for the whole account. What was deleted counts for some minutes more there.
  - Gcore has limits for the account and for each region. Without O(region) those of all regions are listed.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  wanted:
    description:
      - A server as M(polyhost.cloud.vps_instance) would be asked to make it. RV(fits) and RV(shortfall) then say whether the limits allow it.
      - Gcore is asked with the request that a create would send, so O(region), O(wanted.image) and O(wanted.size) are needed.
      - Civo computes nothing beforehand, so its limits are compared with what O(wanted.size) holds, and with one public address
        unless O(wanted.public_ip) is false.
      - What a create would refuse is refused here too.
    type: dict
    suboptions:
      name:
        description:
          - The name of the server. It matters only where the provider has rules for names.
        type: str
        default: quota-check
      image:
        description:
          - The image.
        type: str
      size:
        description:
          - The size.
        type: str
      cpu:
        description:
          - Cores. No provider that tells limits takes it.
        type: int
      memory_mb:
        description:
          - Memory in MiB. No provider that tells limits takes it.
        type: int
      disk_gb:
        description:
          - Gcore, the size of the boot volume in GiB. Left out, the image's minimum.
        type: int
      ip_count:
        description:
          - Number of IPv4 addresses. No provider that tells limits takes it.
        type: int
      network:
        description:
          - The network, by name or id.
        type: str
      public_ip:
        description:
          - Whether it has a public address. Gcore, together with O(wanted.network) a new floating IP.
        type: bool
seealso:
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_catalog_info
"""

EXAMPLES = r"""
- name: What is left of the limits in a region
  polyhost.cloud.vps_quota_info:
    provider: gcore
    region: Luxembourg-2
  register: quota

- name: Stop before an order that would be refused
  polyhost.cloud.vps_quota_info:
    provider: gcore
    region: Luxembourg-2
    wanted:
      image: ubuntu-22.04-x64
      size: g2-standard-4-8
      disk_gb: 100
  register: check
  failed_when: not check.fits

- name: Would a medium server fit at Civo
  polyhost.cloud.vps_quota_info:
    provider: civo
    region: LON1
    wanted:
      size: g3.medium
  register: medium

- name: Show what is missing
  ansible.builtin.debug:
    var: medium.shortfall
"""

RETURN = r"""
quotas:
  description: The limits, sorted by region and name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - What is limited, one of C(instances), C(cpu), C(memory_mb), C(disk_gb), C(volumes), C(snapshots), C(snapshots_gb), C(public_ips),
          C(floating_ips), C(firewalls), C(firewall_rules), C(networks) and C(ssh_keys), else the provider's own word.
      type: str
      returned: always
    region:
      description: The region that it holds for, null for the whole account.
      type: str
      returned: always
    limit:
      description: The limit, null where there is none.
      type: int
      returned: always
    used:
      description: How much is used.
      type: int
      returned: always
    left:
      description: What is left, never below zero.
      type: int
      returned: always
fits:
  description: Whether the server that is wanted would fit; null where none is.
  returned: always
  type: bool
shortfall:
  description: The limits that would not suffice, empty where none is wanted.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What is limited, as in RV(quotas[].name).
      type: str
      returned: always
    missing:
      description: By how much the limit would be passed.
      type: int
      returned: always
    limit:
      description: The limit.
      type: int
      returned: always
    used:
      description: How much is used.
      type: int
      returned: always
supported:
  description: Whether the provider tells limits.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.figures import VPS_QUOTA_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_QUOTA_INFO)


if __name__ == "__main__":
    main()
