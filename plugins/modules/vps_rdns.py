#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge the reverse name of one address."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_rdns
short_description: Manage reverse DNS names of virtual servers at Hostwinds, Civo and HosterAPI.de
version_added: 1.0.0
description:
  - Gives an address of a server its reverse name (PTR record), or takes it back.
  - Civo tells the name that is set, so it is read and compared there. Hostwinds and HosterAPI.de only take names, so the current one is
    looked up in DNS. Gcore has no reverse DNS, which is refused before anything is sent.
  - DNS may show the old name for as long as its answers live, at Hostwinds for up to two days. Until it shows the new one, a further run sets
    the same name once more and says so. The module never waits for DNS.
  - When the name can be read nowhere, it is set all the same, with a warning, and RV(rdns.verified) is false.
author: polyhost.cloud contributors (@polyhost)
requirements:
  - dnspython >= 2.6.1, on the host that runs the module, wherever names are read from DNS. Without it O(verify=dns) fails, and
    O(verify=auto) sets the name without looking, with a warning.
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: With O(verify=none) the name is set on each run, elsewhere until the source that it is read from shows it.
options:
  instance:
    description:
      - Name or id of the server. What looks like an id is taken for one, and for a name where no server has that id.
      - By id it takes one call to read the server, also in a loop over several addresses. A name takes the lists that
        M(polyhost.cloud.vps_instance) needs for it.
      - Needed, except in check mode, where an earlier task may be about to make the server.
    type: str
  address:
    description:
      - The address, IPv6 in any spelling. It has to be one of the server's public ones.
      - Left out, the server's primary public IPv4 address.
      - Civo, the public IPv4 address only. HosterAPI.de, IPv4 only.
    type: str
  hostname:
    description:
      - The full name, such as V(mail.example.com). Needed with O(state=present).
      - Case and a final dot make no difference. Characters beyond ASCII are converted to A-labels (V(xn--...)).
      - A label has 1 to 63 letters, digits and inner dashes, the whole name at most 253 characters. Anything else is refused before anything is sent.
    type: str
  state:
    description:
      - V(present) gives the address O(hostname).
      - V(absent) goes back to the provider's default. Civo only, where the server's name is shown then; the others have none and refuse it.
    type: str
    choices: [present, absent]
    default: present
  verify:
    description:
      - Where the current name is read, before the change and after it.
      - V(auto) from the provider where it tells the name (Civo), else from DNS.
      - V(api) from the provider only, refused where it does not tell the name.
      - V(dns) from DNS only; fails where dnspython is missing. With O(state=absent) it is V(auto), since DNS shows a default like any other name.
      - V(none) nowhere. The name is set on each run.
      - Where the provider tells the name, it is read again after the change whatever is chosen here, except with V(none). A name that was accepted
        and does not show fails the task.
    type: str
    choices: [auto, api, dns, none]
    default: auto
  resolvers:
    description:
      - Name servers to ask, each an address or an address and port, such as V(192.0.2.53), V(192.0.2.53:5353) or V([2001:db8::53]:5353).
        They are asked in this order until one knows; nobody else is asked.
      - Left out, the environment variable E(VPS_RESOLVERS), with commas between them. Without that the servers of the reverse zone itself, which
        know a new name first, then the resolvers of the host that runs the module.
    type: list
    elements: str
seealso:
  - module: polyhost.cloud.vps_rdns_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: The primary address gets a name
  polyhost.cloud.vps_rdns:
    provider: civo
    region: LON1
    instance: mail1
    hostname: mail.example.com

- name: Back to the provider's default, but only from the name that is meant
  polyhost.cloud.vps_rdns:
    provider: civo
    region: LON1
    instance: mail1
    state: absent
    expect:
      hostname: mail.example.com

- name: Several addresses; by id no list is read
  polyhost.cloud.vps_rdns:
    provider: hosterapi
    instance: "1001"
    address: "{{ item.key }}"
    hostname: "{{ item.value }}"
  loop: "{{ names | dict2items }}"
  vars:
    names:
      192.0.2.10: mail.example.com
      192.0.2.11: web.example.com

- name: Compare with what one certain resolver says
  polyhost.cloud.vps_rdns:
    provider: hostwinds
    instance: mail1
    hostname: mail.example.com
    verify: dns
    resolvers: ["192.0.2.53", "[2001:db8::53]:5353"]
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: Always set.
      type: str
      returned: always
    field:
      description: Always hostname.
      type: str
      returned: always
    before:
      description: The name before, null where there was none or nobody could tell it.
      type: str
      returned: always
    after:
      description: The name after, null for the provider's default.
      type: str
      returned: always
    effect:
      description: Always none; the server goes on running.
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
  description: Fingerprint of the plan, the same in check mode and in the real run that follows. For O(expect_plan).
  returned: always
  type: str
  sample: 3f9a1c0b7de25a64
approvable:
  description: Whether the plan can be approved. False in check mode when an earlier task would make the server.
  returned: always
  type: bool
drift:
  description: Always empty.
  returned: always
  type: list
  elements: dict
diff:
  description: The name before and after.
  returned: with C(--diff)
  type: dict
rdns:
  description: The reverse name, in check mode as predicted.
  returned: always
  type: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server's id, null where it does not exist yet.
      type: str
      returned: always
    address:
      description: The address in its canonical spelling, null in check mode where it is not known yet.
      type: str
      returned: always
    family:
      description: Either ipv4 or ipv6.
      type: str
      returned: always
    hostname:
      description: Its name in lower case without a final dot, null for none.
      type: str
      returned: always
    verified:
      description: Whether RV(rdns.hostname) was seen at RV(rdns.source). False where it was set and does not show (yet). Null in check mode where only
        DNS would show it.
      type: bool
      returned: always
    source:
      description: Where it was seen. One of api, dns, none; null in check mode where that cannot be known.
      type: str
      returned: always
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv). DNS is not counted.
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.rdns import VPS_RDNS
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_RDNS)


if __name__ == "__main__":
    main()
