#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what can be ordered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_catalog_info
short_description: Read images, sizes, regions, networks and what else an account offers
version_added: 1.0.0
description:
  - Lists what the options of M(polyhost.cloud.vps_instance) can name, and which sizes fit. It never writes.
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
    choices: [images, sizes, regions, networks, ssh_keys, firewalls, app_templates, placement_groups]
    default: [images, sizes, regions, networks, ssh_keys, firewalls, app_templates, placement_groups]
  sizes_for:
    description:
      - Only sizes that fit this, in RV(catalog.sizes); C(sizes) must be among O(lists).
      - Sizes that cannot be ordered any more are left out.
    type: dict
    suboptions:
      instance:
        description:
          - An existing server, by name or id. The sizes are those that it can be changed to, its present one not among them.
          - Gcore and Hostwinds tell them. At Civo they are the sizes that are smaller in nothing.
        type: str
      image:
        description:
          - Gcore, the image of a new server, by name or id. O(region) is needed, and O(sizes_for.disk_gb) where the image tells no minimum.
        type: str
      cpu:
        description:
          - Cores that the size has at least.
        type: int
      memory_mb:
        description:
          - Memory in MiB that the size has at least.
        type: int
      disk_gb:
        description:
          - Disk in GB that the size has at least. Gcore, where the disk is a volume of its own, the boot volume beside O(sizes_for.image).
        type: int
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

- name: What can web1 be changed to, with 4 cores or more
  polyhost.cloud.vps_catalog_info:
    provider: gcore
    region: Luxembourg-2
    lists: [sizes]
    sizes_for:
      instance: web1
      cpu: 4
  register: larger

- name: The plans with 4 GB of memory or more, with their prices
  polyhost.cloud.vps_catalog_info:
    provider: hostwinds
    lists: [sizes]
    sizes_for:
      memory_mb: 4096
  register: plans

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
      description: Sizes, with C(cpu), C(memory_mb), C(disk_gb), C(available), and C(price) where the provider lists prices.
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
    app_templates:
      description: Application templates, with C(min_cpu), C(min_memory_mb) and C(min_disk_gb). Gcore.
      type: list
      elements: dict
      returned: when asked for
    placement_groups:
      description: Placement groups, with C(policy) and C(instances). Gcore.
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

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.catalog import VPS_CATALOG_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_CATALOG_INFO)


if __name__ == "__main__":
    main()
