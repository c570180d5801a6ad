#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read volumes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_volume_info
short_description: Read block storage at Civo and Gcore
version_added: 1.0.0
description:
  - Lists volumes with who has them, all pages of all regions, or fails. It never writes.
  - O(unattached) finds what M(polyhost.cloud.vps_instance) with O(ignore:state=absent) left behind, and what costs although nobody uses it.
  - Nothing found is an empty list. Hostwinds and HosterAPI.de have no volumes, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  name:
    description:
      - Only volumes of exactly this name.
    type: str
  id:
    description:
      - Only the volume with this id.
    type: str
  instance:
    description:
      - Only volumes of the server with this name or id. At Gcore its boot volume is one of them.
    type: str
  unattached:
    description:
      - Only volumes that no server has.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_volume
"""

EXAMPLES = r"""
- name: All volumes of the account
  polyhost.cloud.vps_volume_info:
    provider: civo
  register: found

- name: What a server has
  polyhost.cloud.vps_volume_info:
    provider: gcore
    region: Luxembourg-2
    instance: db1
  register: of_db1

- name: What nobody has
  polyhost.cloud.vps_volume_info:
    provider: gcore
    unattached: true
  register: left_behind

- name: Delete of that what is older than this year
  polyhost.cloud.vps_volume:
    provider: gcore
    id: "{{ item.id }}"
    state: absent
    expect: {status: available}
  loop: "{{ left_behind.volumes | selectattr('created_at') | selectattr('created_at', 'lt', now(utc=true, fmt='%Y')) }}"
"""

RETURN = r"""
volumes:
  description: The volumes, sorted by name, region and id.
  returned: always
  type: list
  elements: dict
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
supported:
  description: Whether the provider has volumes.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.volume import VPS_VOLUME_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_VOLUME_INFO)


if __name__ == "__main__":
    main()
