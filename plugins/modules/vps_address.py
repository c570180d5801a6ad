#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one public address."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_address
short_description: Manage public addresses at Hostwinds, Civo and Gcore
version_added: 1.0.0
description:
  - Reserves an address (Civo) or makes a floating one (Gcore), gives it to a server, moves it to another one and gives it back to the provider.
  - Hostwinds, chooses which address of a server is the main one, swaps the main address for another one, and gives other addresses back. More
    addresses are ordered in its panel.
  - A kept address costs money as long as it is kept, also when no server has it.
  - An address is ordered once, and so is a swap. When an answer is lost, the module looks for what came of it. A run that was killed leaves a
    note on the controller, by which the next one looks before it orders again; where nobody can know what became of the order, it fails and names
    the note. Two tasks of one controller order one after the other.
  - Check mode is the same path without the sending. It returns the plan, the predicted address and the diff.
  - At HosterAPI.de addresses come with the server. There the task is refused before anything is sent; use O(ignore:ip_count) of
    M(polyhost.cloud.vps_instance).
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: O(state=replaced) without O(address) acts on each run. With O(address) it acts as long as that one is the main address.
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - Civo and Gcore, the server that is to have the address. An address that another server has is moved only with V(detach) in O(allow), and
        V("") takes it from its server, which needs the same. Left out, who has it is not managed.
      - In check mode of a whole play, give the name of a server that an earlier task makes. Its id is not known yet, and what is empty reads as V("")
        or as left out.
      - Hostwinds, the server whose address it is. An address cannot be moved there.
      - Civo, an assigned address is the public address of its server and takes the place of its ordinary one. A server that has a reserved address
        already is refused another one.
      - With O(state=absent), a guard; an address that another server has is left alone.
      - One of O(address), O(name) and O(instance) is needed, so that a second run finds the address.
    type: str
  address:
    description:
      - The address, IPv6 in any spelling. It has to exist already, since no provider lets one choose.
      - Hostwinds, left out it is the main address of O(instance). Without O(instance) all servers are searched for it.
      - With O(state=replaced), the main address that is to be replaced. Where it is not the main one any more nothing is done, so that the task can
        be repeated.
    type: str
  name:
    description:
      - Its name at Civo; at Gcore a tag, since floating addresses have no names there. Hostwinds has no names and refuses it.
      - Needed for a new one at Civo, and recommended at Gcore, so that the next run finds it. Two addresses of one name are an error that lists
        their ids.
      - Together with O(address) the address is renamed.
    type: str
  type:
    description:
      - V(main) and V(secondary) are a server's own addresses; those of Civo and Gcore come and go with it and can only be read, see
        M(polyhost.cloud.vps_interface) for Gcore. V(reserved), Civo, and V(floating), Gcore, are kept for themselves.
      - Left out, whatever the provider has. An address that is of another type fails the task before the first write.
    type: str
    choices: [main, secondary, reserved, floating]
  state:
    description:
      - V(present) makes sure that the address is as described. Civo and Gcore make one that does not exist.
      - V(absent) gives it back to the provider, and nobody can get that one again. One that a server has is taken from it first, which needs V(detach)
        in O(allow); a server's own one just goes. A server's main address is refused before anything is sent. At Civo O(address) or O(name) is
        needed.
      - V(replaced) swaps the main address of O(instance) for another one that the provider chooses. Hostwinds. It acts on each run unless O(address) is
        given, and needs V(cost) in O(allow). The old address stays with the server or not, as Hostwinds decides. When the main address is still the
        same at the end of O(wait_timeout), the task fails as accepted but not applied, and does not order again.
    type: str
    choices: [present, absent, replaced]
    default: present
  primary:
    description:
      - V(true) makes it the main address of its server. Hostwinds.
      - V(false) on the main address is refused, since a server always has one; make another one the main address instead.
      - Left out, it is not managed.
    type: bool
  private_address:
    description:
      - Gcore, the private address of O(instance) to which the floating one is to lead when it is given to that server. Left out, its only one; where
        it has several the task fails and lists them. Not managed afterwards.
    type: str
  rebuild_guest_network:
    description:
      - Hostwinds, whether the network settings inside the server are written anew after this task has changed something, with a restart that needs
        V(restart) in O(allow). Nothing is restarted where nothing changes.
      - When no effect shows within 120 seconds, a warning says so. With O(wait=false) it is left out after a swap, since the new address is not there
        yet, and a warning says so.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_address_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_rdns
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A reserved address at Civo, for a server
  polyhost.cloud.vps_address:
    provider: civo
    region: LON1
    name: www
    instance: web1

- name: The same address moves to another server
  polyhost.cloud.vps_address:
    provider: civo
    region: LON1
    name: www
    instance: web2
    allow: [detach]

- name: Nobody has it any more, but it stays reserved
  polyhost.cloud.vps_address:
    provider: civo
    region: LON1
    name: www
    instance: ""
    allow: [detach]

- name: Give it back
  polyhost.cloud.vps_address:
    provider: civo
    region: LON1
    name: www
    state: absent

- name: A floating address at Gcore
  polyhost.cloud.vps_address:
    provider: gcore
    region: Luxembourg-2
    name: www
    instance: web1

- name: An address of a server at Hostwinds becomes its main one, in the server too
  polyhost.cloud.vps_address:
    provider: hostwinds
    instance: web1
    address: 198.19.0.2
    primary: true
    rebuild_guest_network: true
    allow: [restart]

- name: Swap the main address of a server at Hostwinds, once
  polyhost.cloud.vps_address:
    provider: hostwinds
    instance: web1
    address: 198.19.0.1
    state: replaced
    allow: [cost]

- name: Give a second address of a server back
  polyhost.cloud.vps_address:
    provider: hostwinds
    instance: web1
    address: 198.19.0.3
    state: absent
    expect:
      type: secondary
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of create, rename, attach, move, detach, set, swap, rebuild, delete.
      type: str
      returned: always
    field:
      description: The field, C(address), C(name), C(instance), C(primary) or C(guest_network).
      type: str
      returned: always
    before:
      description: Its value before; of C(instance) the server's name, of C(swap) the main address.
      type: raw
      returned: always
    after:
      description: Its value after; null for the address that a swap brings, since nobody knows it yet.
      type: raw
      returned: always
    effect:
      description: What it does, C(none), C(detach), C(restart) or C(delete).
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: What it costs, if the provider lists it, with C(amount), C(currency) and C(period).
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, address and steps; equal in check mode and in the real run that follows. See O(expect_plan).
  returned: always
  type: str
approvable:
  description: False when an input is not known yet, in check mode what an earlier task would make.
  returned: always
  type: bool
drift:
  description: Differences that were seen and not acted on, each with C(field), C(current), C(wanted) and C(needs).
  returned: always
  type: list
  elements: dict
diff:
  description: Managed fields before and after.
  returned: with C(--diff)
  type: dict
address:
  description:
    - The address, in check mode as predicted. What nobody can know yet is null. After O(state=absent) the last known fields stay, and C(status) is
      C(absent). After O(state=replaced) it is the new main address.
  returned: always
  type: dict
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
operation_id:
  description: The provider's task.
  returned: with O(wait=false), when the provider gave one
  type: str
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.address import VPS_ADDRESS
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_ADDRESS)


if __name__ == "__main__":
    main()
