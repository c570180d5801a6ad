#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one firewall, its rules and the servers that have it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_firewall
short_description: Manage firewalls at Hostwinds, Civo and Gcore
version_added: 1.0.0
description:
  - Creates, changes and deletes a firewall (Civo), a security group (Gcore) or attaches a named profile (Hostwinds), and sees to it that
    servers have it.
  - A firewall is never created open. Without O(rules) it starts with none, whatever the provider would put into it.
  - Rules are compared as a set, by what they mean. Nothing is sent when only their order or spelling differs, see O(rules). What is added
    comes before what is removed, so that no connection that is allowed before and after is refused in between.
  - A plan that takes away the rule by which a port of O(access_ports) is open from everywhere is carried out, and warned about by name, in
    check mode too.
  - Check mode is the same path without the sending. It returns the plan, the predicted firewall and the diff, one rule a line.
  - A firewall is ordered once. When the answer to an order is lost, the module looks for what appeared and goes on with it.
  - HosterAPI.de has no firewalls. There the task is refused before anything is sent; use the firewall inside the server.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
options:
  name:
    description:
      - The firewall's name. One of O(name) and O(id) is needed.
      - Two firewalls of one name are an error that lists their ids. Names are looked up per network at Civo, per project and region at Gcore.
      - Hostwinds, the name of a profile, or the end of the only one that ends so, since the panel puts a prefix before the names of own profiles.
      - Together with O(id) the firewall is renamed. Hostwinds cannot rename.
    type: str
  id:
    description:
      - The provider's id of an existing firewall. It never creates one.
      - With O(state=absent), a O(name) beside it must match.
    type: str
  description:
    description:
      - A text about the firewall. Gcore. Left out, it is not managed.
    type: str
  network:
    description:
      - Civo, the label or id of the network that the firewall belongs to; the region's default network when a new one is made without it.
      - Fixed at creation. With O(id), a difference is drift.
    type: str
  state:
    description:
      - V(present) makes sure that the firewall exists and is as described.
      - V(absent) deletes it. While servers have it that fails with the list of them, unless V(detach) is in O(allow).
        Options that describe the firewall are ignored. The provider's own default firewall is never deleted.
    type: str
    choices: [present, absent]
    default: present
  rules:
    description:
      - The rules, a set. Left out, the rules of an existing firewall are not managed, and a new one has none. V([]) with O(purge_rules) is none.
      - Equal are rules in any order; V(22) and V(22-22); an address and its V(/32) or V(/128); V(any), left out, and V(0.0.0.0/0) with V(::/0);
        one rule of two addresses and two rules of one each; IPv6 addresses in any spelling.
      - Hostwinds, only compared with the profile's, whose rules are all about everywhere. A difference fails and names it.
    type: list
    elements: dict
    suboptions:
      direction:
        description:
          - V(in), connections to the servers, or V(out), connections from them.
        type: str
        choices: [in, out]
        default: in
      protocol:
        description:
          - V(tcp), V(udp), V(icmp) or V(any). ICMP is that of the address family, so with IPv6 addresses it is ICMPv6.
          - Civo has no V(any); there it is kept as one rule each for tcp, udp and icmp.
          - A rule of another protocol that a provider shows keeps its word, and is taken back in that spelling.
        type: str
        default: tcp
      ports:
        description:
          - A port, V("22"), or a range, V("8000-8100"). Left out, all.
          - With V(icmp) a type, V("8"), or type and code, V("3-4"). Civo has ICMP as a whole only.
          - Not with V(any).
        type: str
      addresses:
        description:
          - Where connections come from, or with O(rules[].direction=out) go to. Addresses, networks in CIDR notation, or V(any). Left out, V(any).
          - Gcore, V(group:ID) too, the members of the security group with that id.
        type: list
        elements: str
      action:
        description:
          - What happens to them. V(deny) at Civo only.
        type: str
        choices: [allow, deny]
        default: allow
      description:
        description:
          - A text about the rule. Left out, it is not managed.
        type: str
  purge_rules:
    description:
      - Whether rules that are not in O(rules) are removed. V(false) adds only.
    type: bool
    default: true
  instances:
    description:
      - Names or ids of servers that must have the firewall, on all their ports. Left out, who has it is not managed.
      - An id costs no call to look up a name.
      - Gcore, it comes beside the security groups that a server has. Civo and Hostwinds, it takes the place of the one that the server has.
    type: list
    elements: str
  purge_instances:
    description:
      - Whether it is taken from servers that are not in O(instances), which needs V(detach) in O(allow). Civo and Gcore.
    type: bool
    default: false
  detach_to:
    description:
      - Civo, the name or id of the firewall that servers get when this one is taken from them by O(state=absent) or O(purge_instances), since a
        server there always has one, and the network's default one is open to all. Without effect elsewhere.
    type: str
  access_ports:
    description:
      - The TCP ports by which you log in. Closing one to everybody is warned about. C(ansible_port) of the play's host is always one of them.
    type: list
    elements: int
    default: [22]
seealso:
  - module: polyhost.cloud.vps_firewall_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_catalog_info
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A firewall at Civo, and the servers that have it
  polyhost.cloud.vps_firewall:
    provider: civo
    region: LON1
    name: mail
    rules:
      - {ports: "22", addresses: [198.51.100.0/24, "2001:db8::/32"], description: office}
      - {ports: "25", description: smtp}
      - {protocol: icmp}
      - {direction: out, protocol: any}
    instances: [mail1, mail2]

- name: A security group at Gcore, whose members reach each other's database
  polyhost.cloud.vps_firewall:
    provider: gcore
    region: Luxembourg-2
    name: app
    description: Application servers
    rules:
      - {ports: "443"}
      - {ports: "5432", addresses: ["group:3addc7a1-e926-46da-b5a2-eb4b2f935230"]}
      - {protocol: icmp, ports: "8"}
      - {direction: out, protocol: any}

- name: A profile at Hostwinds, made in its panel
  polyhost.cloud.vps_firewall:
    provider: hostwinds
    name: web
    instances: ["1234567"]

- name: One more rule, whatever else is there
  polyhost.cloud.vps_firewall:
    provider: gcore
    region: Luxembourg-2
    name: app
    purge_rules: false
    rules:
      - {ports: "8000-8100", addresses: [203.0.113.7]}

- name: What would change, one rule a line
  polyhost.cloud.vps_firewall:
    provider: civo
    region: LON1
    name: mail
    rules:
      - {ports: "25"}
  check_mode: true
  diff: true

- name: Delete a firewall; its servers get another one
  polyhost.cloud.vps_firewall:
    provider: civo
    region: LON1
    name: mail
    state: absent
    allow: [detach]
    detach_to: closed
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of create, rename, set, attach, detach, delete.
      type: str
      returned: always
    field:
      description: The field, C(firewall), C(name), C(description), C(rules) or C(instances).
      type: str
      returned: always
    before:
      description:
        - Its value before. Rules as lines; for C(attach) the firewall that the server loses, for C(detach) the server.
      type: raw
      returned: always
    after:
      description:
        - Its value after. Rules as lines; for C(attach) the server, for C(detach) the firewall that the server gets instead.
      type: raw
      returned: always
    effect:
      description: What it does, C(none), C(detach) or C(delete).
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: Null; firewalls cost nothing.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of provider, account, firewall and steps; equal in check mode and in the real run that follows. See O(expect_plan).
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
  description: Managed fields before and after; rules and servers one a line, sorted.
  returned: with C(--diff)
  type: dict
firewall:
  description: The firewall, in check mode as predicted. Scalars that nobody can know yet are null. After O(state=absent) the last known fields stay.
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
      description: Its name, at Hostwinds the full one.
      type: str
      returned: always
    description:
      description: The text about it.
      type: str
      returned: always
    region:
      description: The region's code or id.
      type: str
      returned: always
    network:
      description: The id of the network that it belongs to, at Civo.
      type: str
      returned: always
    rules:
      description: The rules in canonical form, sorted; they can be given as O(rules) again.
      type: list
      elements: dict
      returned: always
      contains:
        direction:
          description: C(in) or C(out).
          type: str
          returned: always
        protocol:
          description: C(tcp), C(udp), C(icmp), C(any), or the provider's word for another one.
          type: str
          returned: always
        ports:
          description: A port, a range, an ICMP type or type and code; null for all.
          type: str
          returned: always
        addresses:
          description: Networks in CIDR notation and C(group:ID), sorted.
          type: list
          elements: str
          returned: always
        action:
          description: C(allow) or C(deny).
          type: str
          returned: always
        description:
          description: The text about the rule, empty where there is none.
          type: str
          returned: always
    instances:
      description: The servers that have it, each with C(id) and C(name). Hostwinds tells them for those of O(instances) only.
      type: list
      elements: dict
      returned: always
operation_id:
  description: The provider's task.
  returned: with O(wait=false), when the provider gave one
  type: str
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.firewall import VPS_FIREWALL
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_FIREWALL)


if __name__ == "__main__":
    main()
