#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read virtual servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_instance_info
short_description: Read virtual servers at Hostwinds, Civo, Gcore and HosterAPI.de
version_added: 1.0.0
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
  gather:
    description:
      - What to add to each server, as a key of that name. Each costs a call for each server, and nothing when it is not asked for.
      - V(maintenance) is what the provider does with the server just now. Hostwinds.
      - V(incidents) are attacks and faults that the provider noticed. HosterAPI.de.
      - V(metrics) are the load figures of the last hour. Gcore and HosterAPI.de, see M(polyhost.cloud.vps_metrics_info).
      - V(interfaces) are the network interfaces. Gcore, see M(polyhost.cloud.vps_interface_info).
      - V(firewall_rules) are the rules that apply. Hostwinds, Civo, and Gcore, where a server can have several security groups.
      - V(provider_data) are fields as the provider writes them, of a list of harmless ones; passwords, keys and scripts are never among them.
      - What a provider does not tell is empty, with a warning.
    type: list
    elements: str
    choices: [maintenance, incidents, metrics, interfaces, firewall_rules, provider_data]
    default: []
  search:
    description:
      - Gcore with a reseller token, looks through all clients, projects and regions, whatever O(region) and O(project) say.
      - Servers must fit all that is given, each in part.
      - The result has the keys of every server, of which a search tells C(id), C(name) and C(region), and RV(instances[].region_name),
        RV(instances[].project) and RV(instances[].client) besides. The others are empty and named in RV(instances[].not_read).
      - Excludes O(name), O(id), O(tags), O(status), O(read) and O(gather).
    type: dict
    suboptions:
      name:
        description:
          - A part of the name.
        type: str
      address:
        description:
          - A part of an address.
        type: str
      id:
        description:
          - A part of the id.
        type: str
seealso:
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_metrics_info
  - module: polyhost.cloud.vps_interface_info
  - module: polyhost.cloud.vps_firewall_info
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

- name: What the provider is doing with a server
  polyhost.cloud.vps_instance_info:
    provider: hostwinds
    name: web1
    gather: [maintenance]
  register: web1

- name: Which ports of every server are open
  polyhost.cloud.vps_instance_info:
    provider: gcore
    region: Luxembourg-2
    gather: [firewall_rules]
  register: servers

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.firewall_rules | selectattr('direction', 'eq', 'in') | map(attribute='ports') | list }}"
  loop: "{{ servers.instances }}"
  loop_control:
    label: "{{ item.name }}"

- name: Whose address is that (reseller)
  polyhost.cloud.vps_instance_info:
    provider: gcore
    search:
      address: 92.38.0.11
  register: owner
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
    maintenance:
      description: What goes on, in the provider's words; empty when nothing does.
      type: list
      elements: str
      returned: when gathered
    incidents:
      description: Incidents in the provider's order.
      type: list
      elements: dict
      returned: when gathered
      contains:
        id:
          description: The provider's number of it.
          type: str
          returned: always
        start:
          description: When it began, as the provider writes it. No zone is told.
          type: str
          returned: always
        stop:
          description: When it ended, likewise.
          type: str
          returned: always
        ongoing:
          description: Whether it goes on.
          type: bool
          returned: always
        host:
          description: What it is about, an address or a machine.
          type: str
          returned: always
        types:
          description: Kinds, in the provider's words.
          type: list
          elements: str
          returned: always
        direction:
          description: As the provider writes it; its meaning is not documented.
          type: raw
          returned: always
        impact:
          description: As the provider writes it; its meaning is not documented.
          type: raw
          returned: always
    metrics:
      description: Points in time, oldest first, as M(polyhost.cloud.vps_metrics_info) returns them.
      type: list
      elements: dict
      returned: when gathered
    interfaces:
      description: Network interfaces, as M(polyhost.cloud.vps_interface_info) returns them.
      type: list
      elements: dict
      returned: when gathered
    firewall_rules:
      description: The rules of all firewalls of the server together, in the form of M(polyhost.cloud.vps_firewall_info), sorted.
      type: list
      elements: dict
      returned: when gathered
    provider_data:
      description: Fields under the provider's names.
      type: dict
      returned: when gathered
    region_name:
      description: The region's name.
      type: str
      returned: by search
    project:
      description: The project, with C(id) and C(name).
      type: dict
      returned: by search
    client:
      description: The number of the client that it belongs to.
      type: str
      returned: by search
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.instance_info import VPS_INSTANCE_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_INSTANCE_INFO)


if __name__ == "__main__":
    main()
