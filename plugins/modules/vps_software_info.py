#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the provider's software packages."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_software_info
short_description: Read the software packages that HosterAPI.de installs
version_added: 1.0.0
description:
  - Lists the packages that the provider can install, and what the ledger remembers of them on a server. It never writes.
  - The provider does not tell which packages are installed. Without O(instance) or without a ledger the state of all is C(unknown).
  - The other providers install no software, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Name or id of a server. The list is empty when there is no such server.
    type: str
seealso:
  - module: polyhost.cloud.vps_software
"""

EXAMPLES = r"""
- name: What can be installed
  polyhost.cloud.vps_software_info:
    provider: hosterapi
  register: offered

- name: What was installed on a server by this collection
  polyhost.cloud.vps_software_info:
    provider: hosterapi
    ledger: "{{ playbook_dir }}/hosterapi-ledger.json"
    instance: cloud1
  register: known
"""

RETURN = r"""
software:
  description: One entry with all packages.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server of O(instance), C(id) and C(name); null without it.
      type: dict
      returned: always
    packages:
      description: All that the provider can install.
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
supported:
  description: Whether the provider installs software.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.software import VPS_SOFTWARE_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_SOFTWARE_INFO)


if __name__ == "__main__":
    main()
