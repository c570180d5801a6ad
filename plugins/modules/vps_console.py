#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open the console of one machine, and close it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_console
short_description: Get the address of a console at Civo, Gcore and HosterAPI.de
version_added: 1.0.0
description:
  - Returns the address of a server's console, or of a dedicated machine's at HosterAPI.de, together with how long it is good for.
  - The address is as good as a password. Ansible's output hides the result of this module as it does with C(no_log), the result of a
    background job (C(async)) as well; C(register) keeps it. It is in no plan, no diff, no trace, no warning and no error.
  - Gcore and HosterAPI.de give out a fresh address with each read, which changes nothing; the task is never C(changed). An address of
    HosterAPI.de is dead after 10 seconds, so open it at once. Check mode makes none, and RV(console.url) is null.
  - Civo has sessions. V(present) opens one where none is open, which is a change, and returns an open one as it is. V(absent) closes it.
  - At Civo the page behind the address asks for a token of the account besides, which C(POST /v2/auth/exchange) of its API gives out against
    the API token, to be added as C(&token=). This module does not ask for it, since with that token anybody has the whole account for an hour.
  - A console that somebody else holds at Gcore is waited for, up to 30 seconds. HosterAPI.de has consoles of running machines only.
  - O(wait) has no effect; an address is always waited for.
  - Hostwinds has consoles in its panel only. There the task is refused before anything is sent.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: full
    details: Gcore and HosterAPI.de give out another address each time, without a change to anything.
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - One of O(instance) and O(dedicated) is needed.
    type: str
  dedicated:
    description:
      - HosterAPI.de, the id of a dedicated machine.
    type: str
  state:
    description:
      - V(present) returns the address of a console.
      - V(absent) closes the session. Civo. Elsewhere nothing can be closed, and the task is refused.
    type: str
    choices: [present, absent]
    default: present
  type:
    description:
      - Gcore, what the console is to speak, such as V(novnc), V(spice-html5) or V(serial). Left out, the provider chooses.
    type: str
  duration:
    description:
      - Civo, how long a new session stays open, from V(5m) to V(24h). Left out, an hour. An open session keeps its own time.
    type: str
seealso:
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_dedicated
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: The console of a server at Gcore
  polyhost.cloud.vps_console:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    type: novnc
  register: screen

- name: A session of half an hour at Civo
  polyhost.cloud.vps_console:
    provider: civo
    region: LON1
    instance: web1
    duration: 30m
  register: session

- name: Close it
  polyhost.cloud.vps_console:
    provider: civo
    region: LON1
    instance: web1
    state: absent

- name: The console of a dedicated machine at HosterAPI.de
  polyhost.cloud.vps_console:
    provider: hosterapi
    dedicated: "101"
  register: machine
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of open, close, at Civo only.
      type: str
      returned: always
    field:
      description: The field, always C(console).
      type: str
      returned: always
    before:
      description: The server whose session is closed.
      type: raw
      returned: always
    after:
      description: The server whose session is opened.
      type: raw
      returned: always
    effect:
      description: What it does, always C(none).
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: Null; consoles cost nothing.
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
  description: The server whose session was opened or closed.
  returned: with C(--diff)
  type: dict
console:
  description: The console. It is hidden from Ansible's output when it holds an address.
  returned: always
  type: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server, C(id) and C(name); null for a dedicated machine.
      type: dict
      returned: always
    dedicated:
      description: The id of the dedicated machine; null for a server.
      type: str
      returned: always
    type:
      description: What the console speaks, in the provider's words, such as C(novnc), C(spice-html5), C(serial) or C(vnc).
      type: str
      returned: always
    url:
      description: The address, a secret. Null in check mode unless a session is open already, and after O(state=absent).
      type: str
      returned: always
    seconds:
      description: How long it is good for. Null where the provider does not tell.
      type: int
      returned: always
    expires_at:
      description: When it dies by the provider's clock, ISO 8601 in UTC. Null where the provider does not tell.
      type: str
      returned: always
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.console import VPS_CONSOLE
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_CONSOLE)


if __name__ == "__main__":
    main()
