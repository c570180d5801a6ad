#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read public addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_address_info
short_description: Read public addresses at Hostwinds, Civo and Gcore
version_added: 1.0.0
description:
  - Lists reserved (Civo) and floating addresses (Gcore) and the public ones of the servers, at Hostwinds only these, all pages of all
    regions, or fails. It never writes.
  - Nothing found is an empty list. At HosterAPI.de addresses come with the server, so the list is empty there, with RV(supported) false and a
    warning; M(polyhost.cloud.vps_instance_info) shows them.
  - At Hostwinds the addresses of each server cost a call.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Only addresses that the server with this name or id has. A server that does not exist has none.
    type: str
  address:
    description:
      - Only this address, IPv6 in any spelling.
    type: str
  name:
    description:
      - Only addresses of this name. Civo and Gcore; addresses of Hostwinds have no names, so that there this is refused.
    type: str
  type:
    description:
      - Only addresses of this type. One that the provider does not have is refused.
    type: str
    choices: [main, secondary, reserved, floating]
  unattached:
    description:
      - Only addresses that no server has, and which may cost money all the same.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_address
"""

EXAMPLES = r"""
- name: The addresses of a server at Hostwinds
  polyhost.cloud.vps_address_info:
    provider: hostwinds
    instance: web1
  register: found

- name: Its main address
  ansible.builtin.debug:
    msg: "{{ found.addresses | selectattr('primary') | map(attribute='address') | first }}"

- name: Reserved addresses at Civo that nobody uses
  polyhost.cloud.vps_address_info:
    provider: civo
    region: LON1
    unattached: true

- name: The floating addresses of a region at Gcore
  polyhost.cloud.vps_address_info:
    provider: gcore
    region: Luxembourg-2
"""

RETURN = r"""
addresses:
  description: The addresses, sorted by name, region and address.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: The provider's id. Null for a server's own address, which has none.
      type: str
      returned: always
    address:
      description: The address itself.
      type: str
      returned: always
    family:
      description: C(ipv4) or C(ipv6).
      type: str
      returned: always
    name:
      description: Its name, null where it has none.
      type: str
      returned: always
    type:
      description: C(main), C(secondary), C(reserved) or C(floating).
      type: str
      returned: always
    region:
      description: The region's code or id.
      type: str
      returned: always
    status:
      description: C(attached), C(unattached), C(creating), C(changing), C(error) or C(absent). C(changing) at Civo, as long as the server and the
        list of reserved addresses do not agree.
      type: str
      returned: always
    instance:
      description: The server that has it, with C(id) and C(name); null where none has.
      type: dict
      returned: always
    primary:
      description: Whether it is the main address of its server; null for reserved and floating ones.
      type: bool
      returned: always
    private_address:
      description: The private address that it leads to, at Gcore.
      type: str
      returned: always
    created_at:
      description: When it was made, ISO 8601 in UTC; null where the provider does not tell.
      type: str
      returned: always
supported:
  description: Whether the provider has addresses that can be read beside their servers.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.address import VPS_ADDRESS_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_ADDRESS_INFO)


if __name__ == "__main__":
    main()
