#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge one virtual server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_instance
short_description: Manage virtual servers at Hostwinds, Civo, Gcore and HosterAPI.de
version_added: 1.0.0
description:
  - Creates, changes, powers, reinstalls and deletes a virtual server, and converges it in one run.
  - Check mode is the same path without the sending. It returns the plan, the predicted server and the diff.
  - A server is ordered once. When the answer to an order is lost, the module looks for what appeared and takes it over, or fails and says
    that an order may exist. It never orders again by itself.
  - What a provider cannot do is refused before anything is sent, naming the provider and what to do instead.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: O(state=restarted), O(state=rebuilt), O(state=repaired), O(reset_password=true) and O(update_password=always) with O(password)
      act on each run.
options:
  name:
    description:
      - The server's name. One of O(name) and O(id) is needed.
      - Two servers of one name are an error that lists their ids. Names are account-wide at Hostwinds and HosterAPI.de, per region at
        Civo, per project and region at Gcore. HosterAPI.de has no names of its own, they live in O(ledger).
      - Together with O(id) the server is renamed, at a provider without names it is bound to that name in the ledger.
    type: str
  id:
    description:
      - The provider's id of an existing server. It never creates one.
      - With O(state=absent) or O(state=rebuilt), a O(name) beside it must match.
    type: str
  state:
    description:
      - V(present) makes sure that the server exists and is as described. A new one is started, an existing one's power is left alone.
      - V(absent) deletes it and waits until it is gone. Options that describe the server are ignored.
      - V(started), V(stopped) and V(suspended) are V(present) with that power state.
      - V(restarted) reboots, always, except a server that was just made. A stopped one is started.
      - V(rebuilt) reinstalls, always, except a server that was just made. The disk is wiped, so it needs V(rebuild) in O(allow).
      - V(repaired) lets Hostwinds repair the server, always, except one that was just made. It restarts, and runs afterwards. O(expect) guards it.
      - All states but V(absent) create the server when its O(name) does not exist.
    type: str
    choices: [present, absent, started, stopped, suspended, restarted, rebuilt, repaired]
    default: present
  image:
    description:
      - What to install. Hostwinds, a template's uuid or base image reference. Civo and Gcore, an image's name or id. HosterAPI.de, a template's name.
      - Fixed at creation. A difference is drift, unless V(rebuild) or V(replace) is allowed and enough.
    type: str
  app_template:
    description:
      - Gcore, an application template's name or id, instead of O(image). A O(size) or O(disk_gb) below what it needs is refused.
      - Only at creation. The provider does not show it afterwards, so it is never compared.
    type: str
  app_config:
    description:
      - Gcore, the settings that O(app_template) asks for, as the template names them. They are kept secret.
    type: dict
  name_template:
    description:
      - Gcore, where a reseller allows no free names. The provider makes the server's name from its address, with the placeholders
        V({ip_octets}), V({two_ip_octets}) and V({one_ip_octet}). See M(polyhost.cloud.vps_name_template_info) for what is allowed.
      - O(name) is then yours alone. It is kept in the tag C(ansible_name), by which later runs find the server, so give O(name_template) in
        every task that names the server by it, O(state=absent) too. RV(instance.name) is the name that the provider made. Other modules
        take that one, or the id.
    type: str
  size:
    description:
      - Hostwinds, the plan's number (rid). Civo, the size's name. Gcore, the flavor's id. HosterAPI.de has none, see O(cpu).
      - A change needs V(restart) on a running server and V(cost) in O(allow).
    type: str
  cpu:
    description:
      - Number of cores. HosterAPI.de, needed at creation. Hostwinds, a custom value beside O(size), at creation and in the paid upgrade.
    type: int
  memory_mb:
    description:
      - Memory in MiB. Where O(cpu) is taken.
    type: int
  disk_gb:
    description:
      - Disk in GB. Where O(cpu) is taken, and at Gcore for the boot volume. It only grows.
    type: int
  ip_count:
    description:
      - HosterAPI.de, the wanted total of IPv4 addresses. It is never lowered. A new server has one when this is left out.
    type: int
  network:
    description:
      - Civo, a network's label or id, the region's default network when left out. Gcore, a network or subnet, by name or id.
      - At Gcore O(network) alone makes a private server, with O(public_ip=true) a new floating IP comes along, without it the server has
        an external interface.
    type: str
  public_ip:
    description:
      - Whether the server has a public address. Civo and Gcore.
    type: bool
  interfaces:
    description:
      - Gcore, the network interfaces of a new server, in this order, instead of O(network) and O(public_ip).
      - Only at creation, never compared. M(polyhost.cloud.vps_interface) attaches and detaches them later.
    type: list
    elements: dict
    suboptions:
      external:
        description:
          - Whether it has a public address of the provider's own network. Either this or O(interfaces[].network).
        type: bool
        default: false
      network:
        description:
          - A network or subnet, by name or id.
        type: str
      address_family:
        description:
          - Which addresses it gets. Left out, an external interface gets an IPv4 address.
        type: str
        choices: [ipv4, ipv6, dual]
      address:
        description:
          - A certain address of the network, which has to be free. Not with a single subnet.
        type: str
      public_ip:
        description:
          - Whether it gets a new floating IP. Not with O(interfaces[].external).
        type: bool
        default: false
      firewalls:
        description:
          - Its security groups, by name or id. Left out, those of O(firewalls), else the default one. Not together with O(firewalls).
        type: list
        elements: str
      name:
        description:
          - A name of its own, up to 37 characters.
        type: str
  volumes:
    description:
      - Gcore, the volumes of a new server, instead of O(disk_gb). It starts from the one with O(volumes[].boot), else from the first, which
        is made of O(image) or O(app_template) unless it brings its own system.
      - Only at creation, never compared. M(polyhost.cloud.vps_volume) adds, grows and removes them later.
    type: list
    elements: dict
    suboptions:
      size_gb:
        description:
          - Its size in GiB. Needed for an empty volume, else the least that it can have.
        type: int
      type:
        description:
          - The provider's word for its kind, C(standard) when left out.
        type: str
      name:
        description:
          - A name of its own.
        type: str
      keep:
        description:
          - Whether it stays, and costs money, after the server is deleted. With V(false) it goes, and its snapshots too.
        type: bool
        default: true
      boot:
        description:
          - Whether the server starts from it.
        type: bool
        default: false
      snapshot:
        description:
          - Make it of this snapshot, by id or name.
        type: str
      id:
        description:
          - Take this existing volume, which is attached to nothing.
        type: str
  ssh_keys:
    description:
      - Keys of the account to install. Hostwinds, any number of names. Civo, one name or id. Gcore, one name.
    type: list
    elements: str
  user_data:
    description:
      - A script or cloud-init data for the first boot. Civo and Gcore. It is kept secret and never compared.
    type: str
  username:
    description:
      - The login user to make. Civo and Gcore.
    type: str
  password:
    description:
      - The login password. Gcore, at creation. Hostwinds, set right after creation, which restarts the new server once.
    type: str
  tags:
    description:
      - Keys and values. A provider with plain tags (Civo) shows C(web) as the key C(web) with an empty value, and takes the key C(role) with
        the value C(web) as C(role=web).
      - Left out, tags are not managed.
    type: dict
  purge_tags:
    description:
      - Whether tags that are not in O(tags) are removed. With V(true), O(tags={}) removes all.
    type: bool
    default: true
  firewalls:
    description:
      - Exactly the firewalls to attach, by name or id, the same on all ports. Gcore, any number of security groups. Civo, exactly one of
        the same network, needed at creation. Hostwinds, exactly one profile.
    type: list
    elements: str
  placement_group:
    description:
      - Gcore, the group that says whether servers share a host, by name or id. C(vps_catalog_info) lists them.
      - An empty text means none. A server is moved out of one group and then into another, which are two steps of the plan.
    type: str
  iso_finalized:
    description:
      - Hostwinds, V(true) finishes an installation from an ISO, once. Without the provider's mark of such an installation nothing is done.
        It needs V(restart) in O(allow) on a running server. Install the system before.
      - V(false) is the same as leaving it out, since the mark cannot be put back.
    type: bool
  rescue:
    description:
      - Whether the rescue system runs. Hostwinds and Civo. A change needs V(restart) in O(allow) on a running server.
    type: bool
  locked:
    description:
      - Hostwinds, whether the server is locked against changes. An unlock comes first in a plan, a lock last.
    type: bool
  billing_cycle:
    description:
      - Hostwinds, how often the server is invoiced. Only at creation.
    type: str
    choices: [hourly, monthly, quarterly, semiannually, annually, biennially, triennially]
  stop_mode:
    description:
      - How to stop and restart. V(graceful_then_hard) asks the guest and cuts the power after half of O(wait_timeout).
      - Where a provider has one call only, this has no effect there.
    type: str
    choices: [graceful, hard, graceful_then_hard]
    default: graceful_then_hard
  wait_until:
    description:
      - What to wait for. V(status) the provider's word, V(address) an address too, V(port) until O(wait_port) of a server that is not
        off accepts a TCP connection, also when nothing had to be changed.
    type: str
    choices: [status, address, port]
    default: status
  wait_port:
    description:
      - The port for O(wait_until=port).
    type: int
    default: 22
  delete_with:
    description:
      - Gcore, what goes along at O(state=absent). What stays behind costs money and is named in a warning and in RV(left_behind).
      - V(volumes) means all attached volumes. Their snapshots go with them.
    type: list
    elements: str
    choices: [volumes, floating_ips]
    default: []
  update_password:
    description:
      - Hostwinds. V(always) sets O(password) on each run, which needs V(restart) in O(allow) on a running server.
    type: str
    choices: [on_create, always]
    default: on_create
  reset_password:
    description:
      - HosterAPI.de. V(true) asks the provider for a new password, on each run. See O(return_credentials).
    type: bool
    default: false
  return_credentials:
    description:
      - Whether a password that was made is returned in RV(credentials). The whole output is then hidden from logs, a registered variable keeps it.
    type: bool
    default: false
  ledger_unknown:
    description:
      - HosterAPI.de, what to do before an order when the account has a server that no entry of the ledger knows. A lost or older ledger would
        order again, so V(fail) lists them. V(ignore) goes on.
    type: str
    choices: [fail, ignore]
    default: fail
  max_cost:
    description:
      - What an order may cost a month, in the provider's currency. Hostwinds and Gcore. A plan with a higher listed price is refused before
        anything is sent. Prices by the hour count 730 hours, those of longer terms their part.
      - It is compared with the price of the size. Where the provider lists none, such as for custom values at Hostwinds, or for volumes and
        floating IPs at Gcore, a warning says so and the task goes on.
      - An order that an earlier run sent is continued, whatever it costs.
    type: float
seealso:
  - module: polyhost.cloud.vps_instance_info
  - module: polyhost.cloud.vps_catalog_info
  - module: polyhost.cloud.vps_provider_info
  - module: polyhost.cloud.vps_volume
  - module: polyhost.cloud.vps_interface
  - module: polyhost.cloud.vps_name_template_info
"""

EXAMPLES = r"""
- name: A server at Civo
  polyhost.cloud.vps_instance:
    provider: civo
    region: LON1
    name: web1
    image: ubuntu-jammy
    size: g3.small
    firewalls: [default-default]
    tags: {role: web}

- name: A server at Gcore, in a private network with a floating IP
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: app1
    image: ubuntu-22.04-x64
    size: g2-standard-2-4
    network: net1
    public_ip: true
    ssh_keys: [ops]

- name: A server at HosterAPI.de, whose name lives in the ledger
  polyhost.cloud.vps_instance:
    provider: hosterapi
    ledger: "{{ playbook_dir }}/hosterapi-ledger.json"
    name: mail1
    image: Debian12.0
    cpu: 2
    memory_mb: 4096
    disk_gb: 40

- name: An application of the marketplace, with settings that nobody else sees
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: blog1
    app_template: Wordpress
    app_config:
      admin_email: ops@example.org
      admin_password: "{{ blog_password }}"
    size: g2-standard-1-2

- name: Two interfaces and a data volume that outlives the server, apart from others of its kind, for no more than 60 a month
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: db1
    image: ubuntu-22.04-x64
    size: g2-standard-2-4
    interfaces:
      - external: true
        firewalls: [ssh]
      - network: net1
        firewalls: [db]
    volumes:
      - size_gb: 20
        keep: false
      - size_gb: 100
        type: ssd_hiiops
        name: db1-data
    placement_group: spread
    max_cost: 60

- name: Move it to another placement group
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: db1
    placement_group: pack

- name: A server whose name the reseller lets nobody choose
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: customer7
    name_template: vm-{ip_octets}
    image: ubuntu-22.04-x64
    size: g2-standard-1-2

- name: Delete it by the name that is ours
  polyhost.cloud.vps_instance:
    provider: gcore
    region: Luxembourg-2
    name: customer7
    name_template: vm-{ip_octets}
    state: absent

- name: A server that boots an ISO
  polyhost.cloud.vps_instance:
    provider: hostwinds
    region: 1
    name: legacy1
    image: cd
    size: 2

- name: Its system is installed now
  polyhost.cloud.vps_instance:
    provider: hostwinds
    name: legacy1
    iso_finalized: true
    allow: [restart]

- name: Let Hostwinds repair it
  polyhost.cloud.vps_instance:
    provider: hostwinds
    name: legacy1
    state: repaired

- name: What would a bigger size do and cost
  polyhost.cloud.vps_instance:
    provider: civo
    region: LON1
    name: web1
    size: g3.medium
    allow: [restart, cost]
  check_mode: true
  register: wanted

- name: Do exactly that, or nothing
  polyhost.cloud.vps_instance:
    provider: civo
    region: LON1
    name: web1
    size: g3.medium
    allow: [restart, cost]
    expect_plan: "{{ wanted.plan_id }}"

- name: Delete a server, but only if it is the one that is meant
  polyhost.cloud.vps_instance:
    provider: civo
    region: LON1
    name: web1
    state: absent
    expect:
      size: g3.medium
"""

RETURN = r"""
plan:
  description: What was done, or in check mode would be done. Empty when nothing differs.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of create, delete, replace, rebuild, resize, rename, set, start, stop, suspend, resume, restart, repair,
        rescue, unrescue, finalize, attach, detach, lock, unlock.
      type: str
      returned: always
    field:
      description: What changes.
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
      description: What that does to a running server. One of none, restart, stop, detach, rebuild, replace, delete.
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: C(amount), C(currency) and C(period), null where the provider lists none.
      type: dict
      returned: always
plan_id:
  description: Fingerprint of the plan, the same in check mode and in the real run that follows. For O(expect_plan).
  returned: always
  type: str
  sample: 3f9a1c0b7de25a64
approvable:
  description: Whether the plan can be approved. False in check mode when an input is not known yet.
  returned: always
  type: bool
drift:
  description: Differences that were seen and not acted on.
  returned: always
  type: list
  elements: dict
  contains:
    field:
      description: What differs.
      type: str
      returned: always
    current:
      description: Its value.
      type: raw
      returned: always
    wanted:
      description: The value in the task.
      type: raw
      returned: always
    needs:
      description: What it would take. One of rebuild, replace, unsupported.
      type: str
      returned: always
instance:
  description: The server, in check mode as predicted. Scalars that nobody can know yet are null, lists and maps never are.
  returned: always
  type: dict
  contains:
    id:
      description: The provider's id.
      type: str
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    provider:
      description: The provider.
      type: str
      returned: always
    account:
      description: The account's name.
      type: str
      returned: always
    region:
      description: The region's code or id.
      type: str
      returned: always
    status:
      description: One of building, running, stopped, suspended, rebooting, resizing, rebuilding, rescue, deleting, absent, error, unknown.
      type: str
      returned: always
    provider_status:
      description: The provider's own word.
      type: str
      returned: always
    locked:
      description: Whether it is locked against changes.
      type: bool
      returned: always
    rescue:
      description: Whether the rescue system runs.
      type: bool
      returned: always
    image:
      description: The image's name.
      type: str
      returned: always
    image_id:
      description: The image's id.
      type: str
      returned: always
    size:
      description: The size, plan or flavor.
      type: str
      returned: always
    cpu:
      description: Cores.
      type: int
      returned: always
    memory_mb:
      description: Memory in MiB.
      type: int
      returned: always
    disk_gb:
      description: Disk in GB.
      type: int
      returned: always
    username:
      description: The login user, where the provider tells it.
      type: str
      returned: always
    public_ipv4:
      description: The main public IPv4 address.
      type: str
      returned: always
    public_ipv6:
      description: The main public IPv6 address.
      type: str
      returned: always
    private_ipv4:
      description: The main private IPv4 address.
      type: str
      returned: always
    addresses:
      description: All addresses, each with C(address), C(family), C(scope), C(primary) and C(rdns).
      type: list
      elements: dict
      returned: always
    tags:
      description: The tags.
      type: dict
      returned: always
    firewalls:
      description: The firewalls, each with C(id) and C(name).
      type: list
      elements: dict
      returned: always
    network:
      description: The network's name.
      type: str
      returned: always
    network_id:
      description: The network's id.
      type: str
      returned: always
    created_at:
      description: When it was made, ISO 8601 in UTC, where the provider tells it with a zone.
      type: str
      returned: always
    not_read:
      description: Fields that cost a call of their own and were not asked for.
      type: list
      elements: str
      returned: always
credentials:
  description: C(username) and C(password) that the provider made.
  returned: with O(return_credentials=true), when a password was made
  type: dict
operation_id:
  description: The provider's task or job.
  returned: when the provider gave one for an order
  type: str
left_behind:
  description: What stays and costs money.
  returned: after O(state=absent), when something stays
  type: list
  elements: str
api:
  description: What was sent. C(calls), C(writes), C(retries), C(waited) in seconds, C(request_ids), and C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.instance import VPS_INSTANCE
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_INSTANCE)


if __name__ == "__main__":
    main()
