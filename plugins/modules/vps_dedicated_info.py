#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read dedicated machines, and what can be ordered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_dedicated_info
short_description: Read dedicated machines at HosterAPI.de, and what can be ordered
version_added: 1.0.0
description:
  - Lists the dedicated machines of the account, and when asked the market and the images. It never writes, and returns no logins.
  - Nothing found is an empty list. The other providers have no dedicated machines by their APIs, so the list is empty there, with RV(supported)
    false and a warning.
  - What the market tells is tidied. Numbers are numbers, sizes are in GB, empty texts are null.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  id:
    description:
      - Only the machine with this id. The market and the images are listed whole.
    type: str
  market:
    description:
      - Whether RV(offers) lists the machines that can be ordered.
    type: bool
    default: false
  images:
    description:
      - Whether RV(images) lists the templates for dedicated machines.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_dedicated
"""

EXAMPLES = r"""
- name: The dedicated machines of the account
  polyhost.cloud.vps_dedicated_info:
    provider: hosterapi
  register: machines

- name: What can be ordered
  polyhost.cloud.vps_dedicated_info:
    provider: hosterapi
    market: true
    images: true
  register: market

- name: Which of them have 64 GB of memory or more
  ansible.builtin.debug:
    msg: "{{ market.offers | selectattr('memory_gb') | selectattr('memory_gb', 'ge', 64) | map(attribute='id') | list }}"
"""

RETURN = r"""
dedicated:
  description: The machines, sorted by name and id.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: Its id, the one that it had in the market.
      type: str
      returned: always
    name:
      description: Its host name, where the provider tells it.
      type: str
      returned: always
    status:
      description: C(building) while the order is not complete, C(running), C(stopped), C(absent), else C(unknown).
      type: str
      returned: always
    provider_status:
      description: The provider's own word.
      type: str
      returned: always
    complete:
      description: Whether the order is complete. Before that nothing but the id is known.
      type: bool
      returned: always
    model:
      description: Null; the provider tells it of offers only.
      type: str
      returned: always
    description:
      description: Null; the provider tells it of offers only.
      type: str
      returned: always
    image:
      description: The template that it was installed with.
      type: str
      returned: always
    addresses:
      description: Its addresses, each with C(address), C(family), C(scope), C(primary) and C(rdns), which is null.
      type: list
      elements: dict
      returned: always
    username:
      description: The login user beside root.
      type: str
      returned: always
    cpu:
      description: The kind of processor.
      type: str
      returned: always
    cpu_count:
      description: How many of them.
      type: int
      returned: always
    memory_gb:
      description: Memory in GB.
      type: int
      returned: always
    storage:
      description: Its disks, each kind with C(type), C(count) and C(size_gb) of one.
      type: list
      elements: dict
      returned: always
    location:
      description: Where it stands, C(id) and C(name). Two locations may have one name.
      type: dict
      returned: always
    price:
      description: C(amount), C(currency) and C(period).
      type: dict
      returned: always
offers:
  description: The machines that can be ordered, sorted by id.
  returned: with O(market=true), where RV(supported) is true
  type: list
  elements: dict
  contains:
    id:
      description: The id to order it by.
      type: str
      returned: always
    model:
      description: What the provider calls it.
      type: str
      returned: always
    description:
      description: A text about it.
      type: str
      returned: always
    cpu:
      description: The kind of processor.
      type: str
      returned: always
    cpu_count:
      description: How many of them.
      type: int
      returned: always
    memory_gb:
      description: Memory in GB.
      type: int
      returned: always
    storage:
      description: Its disks, each kind with C(type), C(count) and C(size_gb) of one.
      type: list
      elements: dict
      returned: always
    location:
      description: Where it stands, C(id) and C(name). Two locations may have one name.
      type: dict
      returned: always
    price:
      description: C(amount), C(currency) and C(period).
      type: dict
      returned: always
images:
  description: The templates for dedicated machines, each with C(id), C(name), which are the same, and C(region), which is null.
  returned: with O(images=true), where RV(supported) is true
  type: list
  elements: dict
supported:
  description: Whether the provider has dedicated machines.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.dedicated import VPS_DEDICATED_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_DEDICATED_INFO)


if __name__ == "__main__":
    main()
