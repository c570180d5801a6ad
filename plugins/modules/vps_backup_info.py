#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read backups of virtual servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_backup_info
short_description: Read backups of virtual servers at Civo, Gcore and HosterAPI.de
version_added: 1.0.0
description:
  - Lists backups, all pages of all regions, or fails. It never writes.
  - Nothing found is an empty list. Hostwinds has no backups in its API, so the list is empty there, with RV(supported) false and a warning.
  - HosterAPI.de tells a server's backups by two calls, so that all servers of the account take two each.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Only backups of the server with this name or id. An id costs no call to look up a name.
    type: str
  name:
    description:
      - Only backups of this name. At Civo also those after the first, which have their time behind it, such as C(nightly--20260131t030000z).
    type: str
  id:
    description:
      - Only the backup with this id. At HosterAPI.de, where ids are times, several servers may have one of it.
    type: str
  status:
    description:
      - Only backups in one of these states.
    type: list
    elements: str
    choices: [creating, ready, restoring, error]
seealso:
  - module: polyhost.cloud.vps_backup
"""

EXAMPLES = r"""
- name: The backups of a server at HosterAPI.de
  polyhost.cloud.vps_backup_info:
    provider: hosterapi
    instance: "1001"
  register: found

- name: The id of the newest
  ansible.builtin.debug:
    msg: "{{ (found.backups | first).id }}"

- name: All finished backups of a region at Gcore
  polyhost.cloud.vps_backup_info:
    provider: gcore
    region: Luxembourg-2
    status: [ready]

- name: Backups of one name at Civo
  polyhost.cloud.vps_backup_info:
    provider: civo
    region: PRIVATE1
    instance: web1
    name: before-upgrade
"""

RETURN = r"""
backups:
  description: The backups, newest first.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: The provider's id; at Gcore that of the boot volume's snapshot, at HosterAPI.de seconds since 1970. Null while it is not known.
      type: str
      returned: always
    name:
      description: Its name. HosterAPI.de has none.
      type: str
      returned: always
    instance:
      description: The server's id.
      type: str
      returned: always
    status:
      description: C(creating), C(ready), C(restoring) or C(error).
      type: str
      returned: always
    provider_status:
      description: The provider's own word.
      type: str
      returned: always
    created_at:
      description: When it was made, ISO 8601 in UTC, by the provider's clock.
      type: str
      returned: always
    size_gb:
      description: Its size in GB, where the provider tells it.
      type: int
      returned: always
    parts:
      description: One for each volume, where backups have parts.
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: The part's id.
          type: str
          returned: always
        volume:
          description: The volume's id.
          type: str
          returned: always
supported:
  description: Whether the provider has backups at all.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.backup import VPS_BACKUP_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_BACKUP_INFO)


if __name__ == "__main__":
    main()
