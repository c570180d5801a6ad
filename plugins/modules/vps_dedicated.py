#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one dedicated machine."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_dedicated
short_description: Manage dedicated machines at HosterAPI.de
version_added: 1.0.0
description:
  - Orders a machine of the provider's market, starts, stops, restarts and reinstalls it, and terminates it.
  - A machine is ordered once, and only with V(cost) in O(allow). When the answer to the order is lost, or the task is killed, the account's own
    list is looked at before anything else is done. The price is in the plan.
  - Setting a machine up may take hours. A task that waits for it and runs into O(wait_timeout) fails and says so. The next run goes on waiting and
    orders nothing.
  - An order that is not among the machines of the account after five minutes, or leaves them again, has failed. The task says so. Until then no
    run orders it again, nor takes it for absent.
  - The provider shows neither the end of a restart nor that of a reinstallation with the same image. A machine that is not seen to go down within a
    minute is taken to have been down and up again, with a warning.
  - Check mode is the same path without the sending. It returns the plan, the predicted machine and the diff.
  - The other providers have no dedicated machines by their APIs. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: O(state=restarted) and O(state=rebuilt) act on each run.
options:
  id:
    description:
      - The machine's id, the same in the market and in the account. What is in neither is refused, with some ids of the market.
      - Needed, except in check mode, where an earlier task may be about to tell it.
    type: str
  name:
    description:
      - The host name that the machine is ordered or reinstalled with. Another one than the provider shows is drift. It identifies nothing.
    type: str
  image:
    description:
      - The template to install, exactly as M(polyhost.cloud.vps_dedicated_info) lists it with C(images=true). These are not the images of virtual servers.
      - Needed for an order. Another one than the machine has is drift, unless O(state=rebuilt), which keeps the present one when it is left out.
    type: str
  ip_count:
    description:
      - How many IPv4 addresses to order the machine with. Given at the order only, never compared.
    type: int
  state:
    description:
      - V(present) makes sure that the account has the machine, complete. Its power is left alone.
      - V(started) and V(stopped) are V(present) with that power state. Stopping asks the system to shut down, there is no hard way.
      - V(restarted) reboots, always, except a machine that was just ordered. A stopped one is started.
      - V(rebuilt) reinstalls, always, except a machine that was just ordered. The disks are wiped, so it needs V(rebuild) in O(allow).
      - V(absent) terminates the machine, at once and for good. Guard it with O(expect).
    type: str
    choices: [present, absent, started, stopped, restarted, rebuilt]
    default: present
  return_credentials:
    description:
      - Whether the machine's logins are returned in RV(credentials). The whole output is then hidden from logs, a registered variable keeps it.
    type: bool
    default: false
seealso:
  - module: polyhost.cloud.vps_dedicated_info
  - module: polyhost.cloud.vps_console
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: What would be ordered, and its price
  polyhost.cloud.vps_dedicated:
    provider: hosterapi
    id: "101"
    image: Debian Bookworm
    name: db1.example.com
    allow: [cost]
  check_mode: true
  register: wanted

- name: Order exactly that, and do not wait for hours
  polyhost.cloud.vps_dedicated:
    provider: hosterapi
    id: "101"
    image: Debian Bookworm
    name: db1.example.com
    allow: [cost]
    expect_plan: "{{ wanted.plan_id }}"
    wait: false

- name: Wait until it is complete, and get its logins
  polyhost.cloud.vps_dedicated:
    provider: hosterapi
    id: "101"
    return_credentials: true
    wait_timeout: 14400
  register: machine

- name: Reinstall it with another image
  polyhost.cloud.vps_dedicated:
    provider: hosterapi
    id: "101"
    state: rebuilt
    image: Ubuntu Jammy
    allow: [rebuild]

- name: Terminate it, but only if it is the one that is meant
  polyhost.cloud.vps_dedicated:
    provider: hosterapi
    id: "101"
    state: absent
    expect:
      name: db1.example.com
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of create, start, stop, restart, rebuild, delete.
      type: str
      returned: always
    field:
      description: The field, C(dedicated), C(status) or C(image).
      type: str
      returned: always
    before:
      description: Its value before, of the machine its id.
      type: raw
      returned: always
    after:
      description: Its value after, of the machine its id.
      type: raw
      returned: always
    effect:
      description: What it does, C(none), C(restart), C(stop), C(rebuild) or C(delete).
      type: str
      returned: always
    cost:
      description: Whether it costs money, as an order does.
      type: bool
      returned: always
    price:
      description: C(amount), C(currency) and C(period) of an order, as the market lists it; else null.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, machine and steps; equal in check mode and in the real run that follows. See O(expect_plan).
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
  description: What changes, before and after.
  returned: with C(--diff)
  type: dict
dedicated:
  description: The machine, in check mode as predicted. What nobody can know yet is null. After O(state=absent) the last known fields stay.
  returned: always
  type: dict
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
credentials:
  description: The logins of the machine.
  returned: with O(return_credentials=true), for a machine that is complete and not deleted
  type: dict
  contains:
    root:
      description: C(password) of root.
      type: dict
      returned: where the provider tells it
    user:
      description: C(username) and C(password) of the login user beside root.
      type: dict
      returned: where the provider tells it
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.dedicated import VPS_DEDICATED
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_DEDICATED)


if __name__ == "__main__":
    main()
