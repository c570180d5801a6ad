#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the reverse names of addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_rdns_info
short_description: Read reverse DNS names of virtual servers
version_added: 1.0.0
description:
  - Lists the reverse names (PTR records) of the public addresses of one server or of all. It never writes.
  - Civo tells the name of a server's public IPv4 address. All others are looked up in DNS.
  - Nothing found is an empty list. Gcore has no reverse DNS, so the list is empty there, with RV(supported) false and a warning.
author: polyhost.cloud contributors (@polyhost)
requirements:
  - dnspython >= 2.6.1, on the host that runs the module, wherever names are read from DNS. Without it O(verify=dns) fails, and with
    O(verify=auto) those names are null and not verified, with a warning.
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.attributes.info
  - polyhost.cloud.attributes
options:
  instance:
    description:
      - Name or id of a server. Left out, all servers of the account.
      - At Hostwinds it takes a call a server to see all of its addresses.
    type: str
  address:
    description:
      - Only this address, IPv6 in any spelling.
    type: str
  verify:
    description:
      - Where the names are read. V(auto) from the provider where it tells them, else from DNS.
      - V(api) from the provider only, refused where it does not tell them. V(dns) from DNS only.
    type: str
    choices: [auto, api, dns]
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
  - module: polyhost.cloud.vps_rdns
"""

EXAMPLES = r"""
- name: The reverse names of all servers
  polyhost.cloud.vps_rdns_info:
    provider: hosterapi
  register: found

- name: Wait until the world sees the new name
  polyhost.cloud.vps_rdns_info:
    provider: civo
    region: LON1
    instance: mail1
    verify: dns
  register: seen
  until: "'mail.example.com' in seen.rdns | map(attribute='hostname')"
  retries: 60
  delay: 30
"""

RETURN = r"""
rdns:
  description: The reverse names, one a public address.
  returned: always
  type: list
  elements: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    instance:
      description: The server's id.
      type: str
      returned: always
    address:
      description: The address.
      type: str
      returned: always
    family:
      description: Either ipv4 or ipv6.
      type: str
      returned: always
    hostname:
      description: Its name in lower case without a final dot, null for none. Of several names in DNS the first one; a warning tells all.
      type: str
      returned: always
    verified:
      description: Whether it was read. False where nobody could tell; a warning says why.
      type: bool
      returned: always
    source:
      description: Where it was read. One of api, dns, none.
      type: str
      returned: always
supported:
  description: Whether the provider has reverse DNS at all.
  returned: always
  type: bool
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv). DNS is not counted.
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.rdns import VPS_RDNS_INFO
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_RDNS_INFO)


if __name__ == "__main__":
    main()
