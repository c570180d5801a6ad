#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read SSH keys."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_ssh_key_info
short_description: Read SSH keys at Civo and Gcore
version_added: 1.0.0
description:
  - Lists the public SSH keys of the account (Civo) or of the project (Gcore), all pages of them, or fails. It never writes.
  - Nothing found is an empty list. Hostwinds and HosterAPI.de list no keys, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  name:
    description:
      - Only keys of this name.
    type: str
  id:
    description:
      - Only the key with this id.
    type: str
seealso:
  - module: polyhost.cloud.vps_ssh_key
  - module: polyhost.cloud.vps_catalog_info
"""

EXAMPLES = r"""
- name: All keys of the account
  polyhost.cloud.vps_ssh_key_info:
    provider: civo
  register: keys

- name: One of them, by name
  polyhost.cloud.vps_ssh_key_info:
    provider: gcore
    name: ops
  register: ops

- name: Copy it to another provider
  polyhost.cloud.vps_ssh_key:
    provider: civo
    name: ops-gcore
    public_key: "{{ ops.ssh_keys[0].public_key }}"
"""

RETURN = r"""
ssh_keys:
  description: The keys, sorted by name and id.
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
    fingerprint:
      description: Its SHA256 fingerprint as C(ssh-keygen -l) shows it. The provider's own, in whichever form, where it does not show the key.
      type: str
      returned: always
    public_key:
      description: The public key as the provider keeps it, in the form of OpenSSH.
      type: str
      returned: always
    created_at:
      description: When it was uploaded, ISO 8601 in UTC.
      type: str
      returned: always
supported:
  description: Whether the provider has keys that can be read.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.ssh_key import VPS_SSH_KEY_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SSH_KEY_INFO)


if __name__ == "__main__":
    main()
