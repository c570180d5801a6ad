#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the network interfaces of servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_interface_info
short_description: Read network interfaces of servers at Gcore
version_added: 1.0.0
description:
  - Lists the network interfaces of a server, or of all servers of the project, with their addresses and firewalls, or fails. It never writes.
  - Each server costs two calls.
  - Nothing found is an empty list. At Hostwinds, Civo and HosterAPI.de a server has one interface that is no object of its own, so the list is empty there,
    with RV(supported) false and a warning; M(polyhost.cloud.vps_instance_info) tells the addresses.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Only the interfaces of the server with this name or id.
    type: str
seealso:
  - module: polyhost.cloud.vps_interface
  - module: polyhost.cloud.vps_instance_info
"""

EXAMPLES = r"""
- name: The interfaces of a server
  polyhost.cloud.vps_interface_info:
    provider: gcore
    region: Luxembourg-2
    instance: db1
  register: found

- name: Its private addresses
  ansible.builtin.debug:
    msg: "{{ found.interfaces | rejectattr('external') | map(attribute='addresses') | flatten | map(attribute='address') }}"
"""

RETURN = r"""
interfaces:
  description: The interfaces, sorted by name, region and id.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: The id of its port.
      type: str
      returned: always
    name:
      description: Its name, null where it has none.
      type: str
      returned: always
    region:
      description: The region's id.
      type: str
      returned: always
    instance:
      description: The server that it belongs to, with C(id) and C(name).
      type: dict
      returned: always
    network:
      description: The name of its network.
      type: str
      returned: always
    network_id:
      description: The id of its network.
      type: str
      returned: always
    external:
      description: Whether it is in the provider's own network, with public addresses.
      type: bool
      returned: always
    mac:
      description: Its hardware address.
      type: str
      returned: always
    addresses:
      description: Its addresses, each with C(address), C(family) and C(subnet_id).
      type: list
      elements: dict
      returned: always
    firewalls:
      description: The firewalls on it, each with C(id) and C(name).
      type: list
      elements: dict
      returned: always
supported:
  description: Whether the provider has network interfaces of their own.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.interface import VPS_INTERFACE_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_INTERFACE_INFO)


if __name__ == "__main__":
    main()
