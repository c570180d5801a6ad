#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one SSH key of the account."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_ssh_key
short_description: Manage SSH keys at Civo and Gcore
version_added: 1.0.0
description:
  - Uploads, renames and deletes a public SSH key, which M(polyhost.cloud.vps_instance) then takes in O(polyhost.cloud.vps_instance#module:ssh_keys).
  - Keys are of the account (Civo) or of the project (Gcore), in no region.
  - Keys are compared as keys, by what their fingerprint is made of; a comment behind the key does not count. A name with another key is
    drift, since a key cannot be changed; V(replace) in O(allow) deletes it and uploads the wanted one. Servers keep the keys that they were made with.
  - What is no public key of OpenSSH is refused before anything is sent, a private key above all.
  - Nobody makes a pair without being asked to. Without O(public_key) and without O(generate) a key that does not exist is an error.
  - Check mode is the same path without the sending. It returns the plan, the predicted key and the diff.
  - Hostwinds keeps keys in its panel only, HosterAPI.de has none. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  name:
    description:
      - The key's name. One of O(name) and O(id) is needed.
      - Two keys of one name are an error that lists their ids.
      - Together with O(id) the key is renamed, at Civo. Gcore cannot rename.
    type: str
  id:
    description:
      - The provider's id of an existing key. It never creates one, and never replaces one.
      - With O(state=absent), a O(name) beside it must match.
    type: str
  state:
    description:
      - V(present) makes sure that the key exists and is the wanted one.
      - V(absent) deletes it. Servers that were made with it keep it. A private key that O(generate) wrote stays where it is.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The public key, one line in the form of OpenSSH, as it is in a file that ends in C(.pub).
      - Left out, which key an existing name stands for is not managed.
    type: str
  generate:
    description:
      - Gcore, whether the provider makes a pair when there is no key of this name. It tells the private half once, in its answer.
        A pair that you make yourself (C(community.crypto.openssh_keypair)) never leaves your machine, and is the better choice.
      - When that answer is lost, the key exists and nobody has its private half. The task then fails and says so; V(replace) in O(allow) makes another pair.
    type: bool
    default: false
  private_key_path:
    description:
      - With O(generate), the file that gets the private key, an absolute path on the machine that runs the module.
      - The file is written with mode 0600, as a whole or not at all, and never over an existing one. Its folder must exist. That it can be
        written is made sure of before the pair is ordered. The private key is nowhere else, neither in the result nor in a log.
      - A file that is missing although the key exists is drift, which V(replace) in O(allow) corrects by another pair.
        What is in an existing file is not looked at.
    type: path
seealso:
  - module: polyhost.cloud.vps_ssh_key_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A public key at Civo
  polyhost.cloud.vps_ssh_key:
    provider: civo
    name: deploy
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b deploy@example.com

- name: The same name gets another key
  polyhost.cloud.vps_ssh_key:
    provider: civo
    name: deploy
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXLx4MfZlpKCZ7z3vMGm1VKZCbJKaqmH7F4vqMzpgzT deploy@example.com
    allow: [replace]

- name: A pair that Gcore makes
  polyhost.cloud.vps_ssh_key:
    provider: gcore
    name: generated
    generate: true
    private_key_path: "{{ playbook_dir }}/generated-key"

- name: Delete a key
  polyhost.cloud.vps_ssh_key:
    provider: civo
    name: deploy
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
      description: One of create, rename, replace, delete.
      type: str
      returned: always
    field:
      description: The field, C(ssh_key) or C(name).
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
      description: What it does, C(none), C(replace) or C(delete).
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: Null; keys cost nothing.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, key and steps; equal in check mode and in the real run that follows. See O(expect_plan).
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
ssh_key:
  description: The key, in check mode as predicted. What nobody can know yet is null. After O(state=absent) the last known fields stay.
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
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.ssh_key import VPS_SSH_KEY
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SSH_KEY)


if __name__ == "__main__":
    main()
