#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install and uninstall the provider's software on one server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_software
short_description: Install and uninstall a provider's software packages on a server at HosterAPI.de
version_added: 1.0.0
description:
  - Lets the provider install or uninstall packages of its own list on a virtual server. It logs in there by SSH as root.
  - The provider does not tell which packages are installed, so the module cannot know it. It remembers in the ledger what it did, and a second
    run does nothing. What was done by other means, by hand or in the provider's panel, it does not see, nor whether a package works.
  - The ledger forgets the packages of a server that M(polyhost.cloud.vps_instance) deletes or reinstalls with the same ledger. Whoever reinstalls it
    otherwise, or restores a backup into it, repeats with O(force=true).
  - The ledger is written before a package is sent. A run that was killed is gone on with by the next one, by its job. Where not even the job is
    known, nothing is sent any more until O(force=true), since nobody can tell what became of it.
  - A job that fails is forgotten, and the task fails with the provider's text. One of an earlier run that was about other packages is told by a warning.
  - Check mode is the same path without the sending. It returns the plan, the predicted packages and the diff.
  - The other providers install no software. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: By what the ledger remembers. O(force=true) acts on each run.
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - Needed, except in check mode, where an earlier task may be about to tell it.
    type: str
  name:
    description:
      - The packages, by id or by the name in the list of M(polyhost.cloud.vps_software_info), exactly. One job after the other.
    type: list
    elements: str
  password:
    description:
      - The root password of the server. Needed, except in check mode. The provider gets it, and nothing else does.
    type: str
  ssh_port:
    description:
      - The port of SSH on the server. Left out, the provider's default.
    type: int
  state:
    description:
      - V(present) installs what the ledger does not know as installed.
      - V(absent) uninstalls what the ledger does not know as uninstalled, so also what it knows nothing about.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Whether to act whatever the ledger remembers, on each run. It needs no ledger, and without one nothing is remembered.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_software_info
  - module: polyhost.cloud.vps_instance
"""

EXAMPLES = r"""
- name: A package on a server
  polyhost.cloud.vps_software:
    provider: hosterapi
    ledger: "{{ playbook_dir }}/hosterapi-ledger.json"
    instance: cloud1
    name: [nextcloud]
    password: "{{ cloud1_root_password }}"

- name: Once more, whatever the ledger remembers
  polyhost.cloud.vps_software:
    provider: hosterapi
    ledger: "{{ playbook_dir }}/hosterapi-ledger.json"
    instance: cloud1
    name: [nextcloud]
    password: "{{ cloud1_root_password }}"
    ssh_port: 2222
    force: true

- name: Uninstall two packages
  polyhost.cloud.vps_software:
    provider: hosterapi
    ledger: "{{ playbook_dir }}/hosterapi-ledger.json"
    instance: cloud1
    name: [nextcloud, teamspeak3]
    password: "{{ cloud1_root_password }}"
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
      description: One of install, uninstall.
      type: str
      returned: always
    field:
      description: The id of the package.
      type: str
      returned: always
    before:
      description: C(installed), C(absent) or C(unknown), as the ledger remembers it.
      type: raw
      returned: always
    after:
      description: C(installed) or C(absent).
      type: raw
      returned: always
    effect:
      description: C(none).
      type: str
      returned: always
    cost:
      description: Always false.
      type: bool
      returned: always
    price:
      description: Always null.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, server and steps; equal in check mode and in the real run that follows. See O(expect_plan).
  returned: always
  type: str
approvable:
  description: False when an input is not known yet, in check mode what an earlier task would make.
  returned: always
  type: bool
drift:
  description: Always empty.
  returned: always
  type: list
  elements: dict
diff:
  description: The packages that change, before and after.
  returned: with C(--diff)
  type: dict
software:
  description: The packages of this task, in check mode as predicted.
  returned: always
  type: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server, C(id) and C(name). Null where there is none.
      type: dict
      returned: always
    packages:
      description: Those of O(name), each once.
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: The provider's id.
          type: str
          returned: always
        name:
          description: Its name in the list.
          type: str
          returned: always
        state:
          description: C(installed) or C(absent), as the ledger remembers what was done; else C(unknown).
          type: str
          returned: always
        since:
          description: When that was done, in UTC; null for C(unknown).
          type: str
          returned: always
operation_id:
  description: The provider's job.
  returned: with O(wait=false), when something was sent
  type: str
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.software import VPS_SOFTWARE
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SOFTWARE)


if __name__ == "__main__":
    main()
