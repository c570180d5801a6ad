#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what can be ordered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_catalog_info
short_description: Read images, sizes, regions, networks, SSH keys and firewalls of an account
version_added: 0.1.0
description:
  - Lists what the options of M(polyhost.cloud.vps_instance) can name. It never writes.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  lists:
    description:
      - Which lists to read. Each costs at least one call, where a provider has regions one a region.
    type: list
    elements: str
    choices: [images, sizes, regions, networks, ssh_keys, firewalls]
    default: [images, sizes, regions, networks, ssh_keys, firewalls]
seealso:
  - module: polyhost.cloud.vps_instance
"""

EXAMPLES = r"""
- name: What sizes are there in London, and what do they hold
  polyhost.cloud.vps_catalog_info:
    provider: civo
    region: LON1
    lists: [sizes, images]
  register: catalog

- name: Show the names
  ansible.builtin.debug:
    msg: "{{ catalog.catalog.sizes | map(attribute='name') | list }}"
"""

RETURN = r"""
catalog:
  description: A map of the wanted lists. Each element has C(id), C(name), C(region) where it belongs to one, and what else is known of it.
  returned: always
  type: dict
  contains:
    images:
      description: Images and templates.
      type: list
      elements: dict
      returned: when asked for
    sizes:
      description: Sizes, with C(cpu), C(memory_mb), C(disk_gb) and C(price) where they are listed.
      type: list
      elements: dict
      returned: when asked for
    regions:
      description: Regions.
      type: list
      elements: dict
      returned: when asked for
    networks:
      description: Networks.
      type: list
      elements: dict
      returned: when asked for
    ssh_keys:
      description: SSH keys, without the keys themselves.
      type: list
      elements: dict
      returned: when asked for
    firewalls:
      description: Firewalls, security groups or firewall profiles.
      type: list
      elements: dict
      returned: when asked for
supported:
  description: Whether the provider has each of the lists. Those that it does not have are empty.
  returned: always
  type: dict
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.catalog import catalog_info
from ansible_collections.polyhost.cloud.plugins.module_utils._argspec import CATALOG_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(CATALOG_INFO, catalog_info)


if __name__ == "__main__":
    main()
