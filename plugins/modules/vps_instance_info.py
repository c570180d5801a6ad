#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read virtual servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_instance_info
short_description: Read virtual servers at Hostwinds, Civo, Gcore and HosterAPI.de
version_added: 0.1.0
description:
  - Lists servers, all pages of all regions, or fails. It never writes.
  - Nothing found is an empty list.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  name:
    description:
      - Only servers of exactly this name.
    type: str
  id:
    description:
      - Only the server with this id.
    type: str
  tags:
    description:
      - Only servers that carry all of these tags.
    type: dict
  status:
    description:
      - Only servers in one of these states.
    type: list
    elements: str
    choices: [building, running, stopped, suspended, rebooting, resizing, rebuilding, rescue, deleting, absent, error, unknown]
  read:
    description:
      - Fields to fill in that cost a call of their own for each server. Left out, they are empty and named in RV(instances[].not_read).
    type: list
    elements: str
    choices: [addresses, disk_gb, firewalls, rescue, size]
    default: []
seealso:
  - module: polyhost.cloud.vps_instance
"""

EXAMPLES = r"""
- name: All servers of the account
  polyhost.cloud.vps_instance_info:
    provider: civo
  register: found

- name: The running web servers of one region
  polyhost.cloud.vps_instance_info:
    provider: civo
    region: LON1
    status: [running]
    tags: {role: web}
"""

RETURN = r"""
instances:
  description: The servers, sorted by name, region and id.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The provider's id.
      type: str
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    provider:
      description: The provider.
      type: str
      returned: always
    account:
      description: The account's name.
      type: str
      returned: always
    region:
      description: The region's code or id.
      type: str
      returned: always
    status:
      description: One of building, running, stopped, suspended, rebooting, resizing, rebuilding, rescue, deleting, absent, error, unknown.
      type: str
      returned: always
    provider_status:
      description: The provider's own word.
      type: str
      returned: always
    locked:
      description: Whether it is locked against changes.
      type: bool
      returned: always
    rescue:
      description: Whether the rescue system runs.
      type: bool
      returned: always
    image:
      description: The image's name.
      type: str
      returned: always
    image_id:
      description: The image's id.
      type: str
      returned: always
    size:
      description: The size, plan or flavor.
      type: str
      returned: always
    cpu:
      description: Cores.
      type: int
      returned: always
    memory_mb:
      description: Memory in MiB.
      type: int
      returned: always
    disk_gb:
      description: Disk in GB.
      type: int
      returned: always
    username:
      description: The login user, where the provider tells it.
      type: str
      returned: always
    public_ipv4:
      description: The main public IPv4 address.
      type: str
      returned: always
    public_ipv6:
      description: The main public IPv6 address.
      type: str
      returned: always
    private_ipv4:
      description: The main private IPv4 address.
      type: str
      returned: always
    addresses:
      description: All addresses, each with C(address), C(family), C(scope), C(primary) and C(rdns).
      type: list
      elements: dict
      returned: always
    tags:
      description: The tags.
      type: dict
      returned: always
    firewalls:
      description: The firewalls, each with C(id) and C(name).
      type: list
      elements: dict
      returned: always
    network:
      description: The network's name.
      type: str
      returned: always
    network_id:
      description: The network's id.
      type: str
      returned: always
    created_at:
      description: When it was made, ISO 8601 in UTC, where the provider tells it with a zone.
      type: str
      returned: always
    not_read:
      description: Fields that cost a call of their own and were not asked for.
      type: list
      elements: str
      returned: always
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.instance_info import instance_info
from ansible_collections.polyhost.cloud.plugins.module_utils._argspec import INSTANCE_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(INSTANCE_INFO, instance_info)


if __name__ == "__main__":
    main()
