#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one network interface of a server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_interface
short_description: Manage network interfaces of servers at Gcore
version_added: 1.0.0
description:
  - Attaches a network interface to an existing server, in a private network or external, and detaches it. Gcore.
  - An interface is found by where it leads, so none is attached where one is already. When the answer to an attachment is lost, the module looks at the
    interfaces of the server, and never sends it a second time.
  - The guest may have to be told of a new interface, such as by its network configuration.
  - Check mode is the same path without the sending. It returns the plan, the predicted interface and the diff.
  - At Hostwinds, Civo and HosterAPI.de a server has one interface. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - Needed, except in check mode, where an earlier task may be about to tell it.
    type: str
  network:
    description:
      - Network or subnet, name or id, exactly. Of a network the provider chooses the subnet. A network is looked up before a subnet.
      - Either this or O(external=true) is needed.
    type: str
  external:
    description:
      - Whether it is the external interface, in the provider's own network with public addresses.
    type: bool
    default: false
  state:
    description:
      - V(present) makes sure that the server has an interface there. One that is there is left as it is.
      - V(absent) detaches it. Its addresses are given back, and floating ones that lead to it stay and cost. A warning says when it is the last one, or
        the one by which the server is reached. Two interfaces in one place are an error that lists their ids, unless O(name) is that of one of them.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - A name for a new interface, up to 37 characters. Of several interfaces in one place it says which is meant.
    type: str
  address_family:
    description:
      - What addresses a new interface gets; left out, the provider chooses, which is V(ipv4) as a rule. Not for a subnet, which has its own.
    type: str
    choices: [ipv4, ipv6, dual]
  firewalls:
    description:
      - Names or ids of the firewalls of a new interface. Left out, the project's default one. To change those of an existing server, see
        M(polyhost.cloud.vps_firewall).
    type: list
    elements: str
seealso:
  - module: polyhost.cloud.vps_interface_info
  - module: polyhost.cloud.vps_address
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A server gets an interface in a private network
  polyhost.cloud.vps_interface:
    provider: gcore
    region: Luxembourg-2
    instance: db1
    network: net1
    firewalls: [default]
  register: lan

- name: Its private address
  ansible.builtin.debug:
    msg: "{{ lan.interface.addresses | map(attribute='address') | join(', ') }}"

- name: And none to the outside any more
  polyhost.cloud.vps_interface:
    provider: gcore
    region: Luxembourg-2
    instance: db1
    external: true
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
      description: One of create, delete.
      type: str
      returned: always
    field:
      description: The field, C(interface).
      type: str
      returned: always
    before:
      description: Its value before.
      type: raw
      returned: always
    after:
      description: Its value after.
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
      description: Null; interfaces cost nothing.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, interface and steps; equal in check mode and in the real run that follows. See O(expect_plan).
  returned: always
  type: str
approvable:
  description: False when an input is not known yet, in check mode what an earlier task would make.
  returned: always
  type: bool
drift:
  description: Empty; what an interface has was given when it was attached.
  returned: always
  type: list
  elements: dict
diff:
  description: Managed fields before and after.
  returned: with C(--diff)
  type: dict
interface:
  description: The interface, in check mode as predicted. What nobody can know yet is null or empty. After O(state=absent) the last known fields stay.
  returned: always
  type: dict
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
operation_id:
  description: The provider's task.
  returned: with O(wait=false), when the provider gave one
  type: str
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.interface import VPS_INTERFACE
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_INTERFACE)


if __name__ == "__main__":
    main()
