#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one volume."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_volume
short_description: Manage block storage at Civo and Gcore
version_added: 1.0.0
description:
  - Creates a volume, attaches it to a server, moves it to another one, grows it and deletes it.
  - What is inside a volume is the server's business. Make a file system and mount it there, such as by M(ansible.builtin.command), and unmount it before
    it is detached.
  - A volume is ordered once. When the answer to an order is lost, the module looks for what appeared. A run that was killed leaves a note on the
    controller, by which the next one looks before it orders again, and two tasks of one controller order one after the other.
  - Check mode is the same path without the sending. It returns the plan, the predicted volume and the diff.
  - Hostwinds and HosterAPI.de have no volumes. There the task is refused before anything is sent; use O(ignore:disk_gb) of
    M(polyhost.cloud.vps_instance).
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  name:
    description:
      - The volume's name. One of O(name) and O(id) is needed, and a name for a new one.
      - Two volumes of one name are an error that lists their ids, since names may repeat. They are looked up per region at Civo, per project and region
        at Gcore.
      - Neither provider can rename a volume, so beside O(id) it has to be the present name.
    type: str
  id:
    description:
      - The provider's id of an existing volume. It never creates one.
      - With O(state=absent), a O(name) beside it must match.
    type: str
  state:
    description:
      - V(present) makes sure that the volume exists and is as described.
      - V(absent) deletes it and all that is on it. One that a server has is taken from it first, which needs V(detach) in O(allow). Options that describe
        the volume are ignored.
      - Gcore, its snapshots go with it, the backups of M(polyhost.cloud.vps_backup) among them; a warning names them. The boot volume of an existing
        server is refused before anything is sent, since it cannot be detached; see O(ignore:delete_with) of M(polyhost.cloud.vps_instance).
      - Civo, its snapshots stay.
    type: str
    choices: [present, absent]
    default: present
  size_gb:
    description:
      - Size in GiB. Needed for a new one, unless it is made of a O(snapshot), which has a size.
      - Gcore, a greater size than the present one grows it, while it is attached too. It costs more from then on, so it needs V(cost) in O(allow).
        Volumes of the type V(ssd_lowlatency) cannot grow. A volume that has grown cannot be restored in place from an older snapshot.
      - Civo cannot grow a volume. A greater size is refused before anything is sent.
      - A smaller size than the present one is an error.
    type: int
  type:
    description:
      - The type of a new volume in the provider's words. Gcore, V(standard), V(ssd_hiiops), V(ssd_lowlatency), V(ssd_local), V(cold) or V(ultra), as far as
        the region has it. Civo, a volume type of the region.
      - Fixed at creation; a difference is drift. Left out, the provider's default for a new one.
    type: str
  instance:
    description:
      - Name or id of the server that is to have it, in the same region. What looks like an id is taken for one, and for a name where no server has that id.
      - A volume that another server has is moved, detached and then attached, only with V(detach) in O(allow). V("") takes it from its server, which needs
        the same. Left out, who has it is not managed.
      - In check mode of a whole play, give the name of a server that an earlier task makes. Its id is not known yet, and what is empty reads as V("")
        or as left out.
    type: str
  network:
    description:
      - Civo, the label or id of the network of a new volume. Left out, the network of O(instance), else the region's default one.
      - Without effect on an existing volume. Gcore has no such thing and refuses it.
    type: str
  snapshot:
    description:
      - The name or id of a volume snapshot that a new volume is made of. Without effect on an existing one.
    type: str
  tags:
    description:
      - Gcore, tags of a new volume. Fixed at creation; a difference is drift. Values are not empty.
    type: dict
seealso:
  - module: polyhost.cloud.vps_volume_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_backup
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A volume at Gcore, attached to a server
  polyhost.cloud.vps_volume:
    provider: gcore
    region: Luxembourg-2
    name: db1-data
    size_gb: 50
    type: ssd_hiiops
    tags: {role: db}
    instance: db1
  register: data

- name: Grow it
  polyhost.cloud.vps_volume:
    provider: gcore
    region: Luxembourg-2
    id: "{{ data.volume.id }}"
    size_gb: 80
    allow: [cost]

- name: Move it to another server
  polyhost.cloud.vps_volume:
    provider: gcore
    region: Luxembourg-2
    name: db1-data
    instance: db2
    allow: [detach]

- name: A volume at Civo, in the network of its server
  polyhost.cloud.vps_volume:
    provider: civo
    region: LON1
    name: db1-data
    size_gb: 50
    instance: db1

- name: Take it from its server, and keep it
  polyhost.cloud.vps_volume:
    provider: civo
    region: LON1
    name: db1-data
    instance: ""
    allow: [detach]

- name: Delete it
  polyhost.cloud.vps_volume:
    provider: civo
    region: LON1
    name: db1-data
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
      description: One of create, grow, attach, detach, delete.
      type: str
      returned: always
    field:
      description: The field, C(volume), C(size_gb) or C(instance).
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
      description: What it does, C(none), C(detach) or C(delete).
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
  description: Fingerprint of provider, account, volume and steps; equal in check mode and in the real run that follows. See O(expect_plan).
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
volume:
  description:
    - The volume, in check mode as predicted. What nobody can know yet is null. After O(state=absent) the last known fields stay, and C(status) is C(absent).
  returned: always
  type: dict
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
    region:
      description: The region's code or id.
      type: str
      returned: always
    status:
      description: C(creating), C(available), C(attached), C(changing), C(deleting), C(error), C(unknown) or C(absent).
      type: str
      returned: always
    provider_status:
      description: The provider's own word for it.
      type: str
      returned: always
    size_gb:
      description: Its size in GiB.
      type: int
      returned: always
    type:
      description: Its type, in the provider's words.
      type: str
      returned: always
    bootable:
      description: Whether a server could start from it; null where the provider does not tell.
      type: bool
      returned: always
    instance:
      description:
        - The server that has it, with C(id) and C(name); null where none has. Of several, which Gcore can have, the one of O(instance), else the first.
      type: dict
      returned: always
    device:
      description: What it is called inside the server, such as C(/dev/vdb), as far as the provider tells.
      type: str
      returned: always
    network_id:
      description: The id of the network that it belongs to, at Civo.
      type: str
      returned: always
    tags:
      description: Its tags, at Gcore.
      type: dict
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

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.volume import VPS_VOLUME
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_VOLUME)


if __name__ == "__main__":
    main()
