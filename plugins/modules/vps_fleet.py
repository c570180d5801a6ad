#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converge many virtual servers at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_fleet
short_description: Manage many virtual servers in one task
version_added: 1.0.0
description:
  - Declares many servers, at one provider or at several. They are compared with one reading of the account's list, shown in one plan and
    one diff, and built and changed side by side.
  - Each server is planned and carried out as M(polyhost.cloud.vps_instance) does it. What is guaranteed there holds here for each of them,
    never ordered twice and never lost among it.
  - Everything is planned before the first write. What cannot be brought about is refused then, for all servers at once. Two entries that
    are about one server, or would take one name where it has to be the only one, are refused too.
  - Then new servers are made first, then come changes that interrupt nothing, then those that restart, then replacements, then deletions,
    and at last what is purged. Each of these waits for the one before.
  - Requests keep to O(rate_limit), which is the account's, however many servers there are.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: Where an entry has a state or an option that acts on each run, see M(polyhost.cloud.vps_instance).
notes:
  - An option that an entry leaves out comes from O(defaults), then from the task itself, then from the environment, and at last from
    what M(polyhost.cloud.vps_instance) does without it. Lists and maps are taken whole, not merged.
  - O(api_token) and O(api_url) at the top or in O(defaults) are refused where servers of several providers would take them.
  - Servers whose order is on its way when another one fails are finished. What was not begun is told as C(not_begun).
options:
  instances:
    description:
      - The servers, each with the options of M(polyhost.cloud.vps_instance).
      - The list may be empty, which makes sense together with O(purge).
    type: list
    elements: dict
    required: true
    suboptions:
      <<: &options
        provider:
          description: As O(polyhost.cloud.vps_instance#module:provider).
          type: str
          choices: [hostwinds, civo, gcore, hosterapi]
        api_token:
          description: As O(polyhost.cloud.vps_instance#module:api_token).
          type: str
        api_url:
          description: As O(polyhost.cloud.vps_instance#module:api_url).
          type: str
        account:
          description: As O(polyhost.cloud.vps_instance#module:account).
          type: str
        region:
          description: As O(polyhost.cloud.vps_instance#module:region).
          type: str
        project:
          description: As O(polyhost.cloud.vps_instance#module:project).
          type: str
        ledger:
          description: As O(polyhost.cloud.vps_instance#module:ledger).
          type: path
        request_timeout:
          description: As O(polyhost.cloud.vps_instance#module:request_timeout).
          type: float
        max_retry_wait:
          description: As O(polyhost.cloud.vps_instance#module:max_retry_wait).
          type: float
        rate_limit:
          description: As O(polyhost.cloud.vps_instance#module:rate_limit).
          type: float
        ip_family:
          description: As O(polyhost.cloud.vps_instance#module:ip_family).
          type: str
          choices: [any, ipv4, ipv6]
        validate_certs:
          description: As O(polyhost.cloud.vps_instance#module:validate_certs).
          type: bool
        ca_path:
          description: As O(polyhost.cloud.vps_instance#module:ca_path).
          type: path
        wait:
          description: As O(polyhost.cloud.vps_instance#module:wait).
          type: bool
        wait_timeout:
          description: As O(polyhost.cloud.vps_instance#module:wait_timeout).
          type: float
        allow:
          description: As O(polyhost.cloud.vps_instance#module:allow).
          type: list
          elements: str
          choices: [restart, rebuild, replace, detach, cost]
        expect:
          description: As O(polyhost.cloud.vps_instance#module:expect).
          type: dict
        on_drift:
          description: As O(polyhost.cloud.vps_instance#module:on_drift).
          type: str
          choices: [warn, fail, ignore]
        state:
          description: As O(polyhost.cloud.vps_instance#module:state).
          type: str
          choices: [present, absent, started, stopped, suspended, restarted, rebuilt, repaired]
        image:
          description: As O(polyhost.cloud.vps_instance#module:image).
          type: str
        app_template:
          description: As O(polyhost.cloud.vps_instance#module:app_template).
          type: str
        app_config:
          description: As O(polyhost.cloud.vps_instance#module:app_config).
          type: dict
        name_template:
          description: As O(polyhost.cloud.vps_instance#module:name_template).
          type: str
        size:
          description: As O(polyhost.cloud.vps_instance#module:size).
          type: str
        cpu:
          description: As O(polyhost.cloud.vps_instance#module:cpu).
          type: int
        memory_mb:
          description: As O(polyhost.cloud.vps_instance#module:memory_mb).
          type: int
        disk_gb:
          description: As O(polyhost.cloud.vps_instance#module:disk_gb).
          type: int
        ip_count:
          description: As O(polyhost.cloud.vps_instance#module:ip_count).
          type: int
        network:
          description: As O(polyhost.cloud.vps_instance#module:network).
          type: str
        public_ip:
          description: As O(polyhost.cloud.vps_instance#module:public_ip).
          type: bool
        interfaces:
          description: As O(polyhost.cloud.vps_instance#module:interfaces).
          type: list
          elements: dict
          suboptions:
            external:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].external).
              type: bool
              default: false
            network:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].network).
              type: str
            address_family:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].address_family).
              type: str
              choices: [ipv4, ipv6, dual]
            address:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].address).
              type: str
            public_ip:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].public_ip).
              type: bool
              default: false
            firewalls:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].firewalls).
              type: list
              elements: str
            name:
              description: As O(polyhost.cloud.vps_instance#module:interfaces[].name).
              type: str
        volumes:
          description: As O(polyhost.cloud.vps_instance#module:volumes).
          type: list
          elements: dict
          suboptions:
            size_gb:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].size_gb).
              type: int
            type:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].type).
              type: str
            name:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].name).
              type: str
            keep:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].keep).
              type: bool
              default: true
            boot:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].boot).
              type: bool
              default: false
            snapshot:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].snapshot).
              type: str
            id:
              description: As O(polyhost.cloud.vps_instance#module:volumes[].id).
              type: str
        ssh_keys:
          description: As O(polyhost.cloud.vps_instance#module:ssh_keys).
          type: list
          elements: str
        user_data:
          description: As O(polyhost.cloud.vps_instance#module:user_data).
          type: str
        username:
          description: As O(polyhost.cloud.vps_instance#module:username).
          type: str
        password:
          description: As O(polyhost.cloud.vps_instance#module:password).
          type: str
        tags:
          description: As O(polyhost.cloud.vps_instance#module:tags).
          type: dict
        firewalls:
          description: As O(polyhost.cloud.vps_instance#module:firewalls).
          type: list
          elements: str
        placement_group:
          description: As O(polyhost.cloud.vps_instance#module:placement_group).
          type: str
        iso_finalized:
          description: As O(polyhost.cloud.vps_instance#module:iso_finalized).
          type: bool
        rescue:
          description: As O(polyhost.cloud.vps_instance#module:rescue).
          type: bool
        locked:
          description: As O(polyhost.cloud.vps_instance#module:locked).
          type: bool
        billing_cycle:
          description: As O(polyhost.cloud.vps_instance#module:billing_cycle).
          type: str
          choices: [hourly, monthly, quarterly, semiannually, annually, biennially, triennially]
        purge_tags:
          description: As O(polyhost.cloud.vps_instance#module:purge_tags).
          type: bool
        stop_mode:
          description: As O(polyhost.cloud.vps_instance#module:stop_mode).
          type: str
          choices: [graceful, hard, graceful_then_hard]
        wait_until:
          description: As O(polyhost.cloud.vps_instance#module:wait_until).
          type: str
          choices: [status, address, port]
        wait_port:
          description: As O(polyhost.cloud.vps_instance#module:wait_port).
          type: int
        delete_with:
          description: As O(polyhost.cloud.vps_instance#module:delete_with).
          type: list
          elements: str
          choices: [volumes, floating_ips]
        update_password:
          description: As O(polyhost.cloud.vps_instance#module:update_password).
          type: str
          choices: [on_create, always]
        reset_password:
          description: As O(polyhost.cloud.vps_instance#module:reset_password).
          type: bool
        return_credentials:
          description: As O(polyhost.cloud.vps_instance#module:return_credentials).
          type: bool
        ledger_unknown:
          description: As O(polyhost.cloud.vps_instance#module:ledger_unknown).
          type: str
          choices: [fail, ignore]
        max_cost:
          description: As O(polyhost.cloud.vps_instance#module:max_cost).
          type: float
      name:
        description:
          - As O(polyhost.cloud.vps_instance#module:name).
          - May hold ranges in the form of Ansible's inventories. V(web-[01:50]) stands for 50 servers, V(db-[a:f]) for six, V(node[1:9:2]) for five.
        type: str
      id:
        description: As O(polyhost.cloud.vps_instance#module:id).
        type: str
  defaults:
    description: Options of M(polyhost.cloud.vps_instance) for all entries that leave them out.
    type: dict
    suboptions: *options
  purge:
    description:
      - Whether to delete the servers that O(selector) means and that are in no entry.
      - They are looked for wherever an entry looks, account, region and project; without entries where the task's own options say.
        A server whose name is in an entry stays, whatever region it is in.
      - What goes along with a purged server, and how it is stopped, is for O(defaults) to say, since no entry is about it.
      - Nothing is purged when anything failed before. At providers without names only what the ledger names is purged, and the rest is told
        in a warning.
    type: bool
    default: false
  selector:
    description: Which servers belong to this fleet, for O(purge), which needs it. Of several conditions all must hold.
    type: dict
    suboptions:
      tags:
        description: Tags with these values, V("") for a plain tag. Not at providers without tags.
        type: dict
      name:
        description: A name of this pattern, with V(*), V(?) and V([abc]).
        type: str
  max_delete:
    description:
      - How many servers may be deleted or replaced, by entries and by O(purge) together. With more the task fails before the first write
        and lists them.
      - Left out, entries may delete what they say, and O(purge) may delete nothing.
      - A server that is only stopped at first, since O(wait) is false, counts as well.
    type: int
  on_failure:
    description:
      - V(stop) begins with nothing more after a failure. What is under way is finished. What cannot be planned keeps the whole task from beginning.
      - V(continue) goes on with the others. The task fails in the end all the same.
    type: str
    choices: [stop, continue]
    default: stop
  workers:
    description: How many servers may be under way at once.
    type: int
    default: 50
  rolling:
    description:
      - Changes that interrupt a server are made in turn, so that never more than C(batch) servers are down.
      - A server that failed, or did not become healthy, counts as down from then on. One that is still changing when the task begins takes
        a place too.
      - Needs O(wait). A server that is to be stopped, suspended or in its rescue system is not asked for its health.
    type: dict
    suboptions:
      batch:
        description: How many servers may be interrupted at once.
        type: int
        default: 1
      health_check:
        description: What a server has to show after it was interrupted, before the next one is.
        type: dict
        suboptions:
          port:
            description: Accepts TCP connections on this port. Left out, none is tried.
            type: int
          status:
            description: Has this status.
            type: str
            choices: [running, stopped]
            default: running
          timeout:
            description: Seconds to wait for that.
            type: float
            default: 300
seealso:
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_instance_info
  - module: polyhost.cloud.vps_catalog_info
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: Five web servers
  polyhost.cloud.vps_fleet:
    provider: civo
    region: LON1
    defaults:
      image: ubuntu-jammy
      size: g3.small
      firewalls: [default-default]
      tags: {fleet: web}
    instances:
      - name: web-[01:05]

- name: The same with a bigger one among them, two less, and nothing else of this fleet
  polyhost.cloud.vps_fleet:
    provider: civo
    region: LON1
    defaults:
      image: ubuntu-jammy
      size: g3.small
      firewalls: [default-default]
      tags: {fleet: web}
      allow: [restart, cost]
    instances:
      - name: web-[01:02]
      - name: web-03
        size: g3.medium
    purge: true
    selector:
      tags: {fleet: web}
    max_delete: 2

- name: What a restart of all of them, one by one, would do
  polyhost.cloud.vps_fleet:
    provider: civo
    region: LON1
    defaults:
      state: restarted
    instances:
      - name: web-[01:03]
    rolling:
      batch: 1
      health_check:
        timeout: 120
  check_mode: true
  register: wanted

- name: Do exactly that, or nothing
  polyhost.cloud.vps_fleet:
    provider: civo
    region: LON1
    defaults:
      state: restarted
    instances:
      - name: web-[01:03]
    rolling:
      batch: 1
      health_check:
        timeout: 120
    expect_plan: "{{ wanted.plan_id }}"

- name: Servers at two providers, with the tokens in the environment
  polyhost.cloud.vps_fleet:
    instances:
      - provider: civo
        region: LON1
        name: edge-civo
        image: ubuntu-jammy
        size: g3.small
        firewalls: [default-default]
      - provider: gcore
        region: Luxembourg-2
        name: edge-gcore
        image: ubuntu-22.04-x64
        size: g2-standard-1-2

- name: Delete them all
  polyhost.cloud.vps_fleet:
    defaults:
      state: absent
    instances:
      - {provider: civo, region: LON1, name: edge-civo}
      - {provider: gcore, region: Luxembourg-2, name: edge-gcore}
      - {provider: civo, region: LON1, name: "web-[01:03]"}
    max_delete: 5
"""

RETURN = r"""
changed:
  description: Whether anything was done, or in check mode would be done.
  returned: always
  type: bool
plan:
  description: All that was done, or in check mode would be done, in order. Each step as M(polyhost.cloud.vps_instance) returns it, and C(name), C(id)
    and C(provider) of its server.
  returned: always
  type: list
  elements: dict
plan_id:
  description: Fingerprint of the plans of all servers, the same in check mode and in the real run that follows. For O(expect_plan).
  returned: always
  type: str
  sample: 3f9a1c0b7de25a64
approvable:
  description: Whether the plan can be approved. False in check mode when an input is not known yet.
  returned: always
  type: bool
drift:
  description: Differences that were seen and not acted on, each with C(name), C(id) and C(provider) of its server.
  returned: always
  type: list
  elements: dict
diff:
  description: What changes, by the names of the servers.
  returned: with C(--diff)
  type: dict
instances:
  description: What became of each server, in the order of the entries, and then what was purged; also when all of them are refused.
  returned: once the options are found right
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    id:
      description: Its id, as far as it is known. After a failure it is told too.
      type: str
      returned: always
    provider:
      description: The provider.
      type: str
      returned: always
    outcome:
      description: One of created, changed, replaced, deleted, unchanged, failed, not_begun. In check mode what it would be.
      type: str
      returned: always
    changed:
      description: Whether anything was done to it.
      type: bool
      returned: always
    purged:
      description: Whether it was in no entry and therefore purged.
      type: bool
      returned: always
    plan:
      description: The steps that were done, or in check mode would be done.
      type: list
      elements: dict
      returned: always
    instance:
      description: The server as M(polyhost.cloud.vps_instance) returns it, null after a failure.
      type: dict
      returned: when it could be planned
    credentials:
      description: C(username) and C(password) that the provider made.
      type: dict
      returned: with C(return_credentials), when a password was made
    operation_id:
      description: The provider's task or job.
      type: str
      returned: when the provider gave one for an order
    left_behind:
      description: What stays and costs money.
      type: list
      elements: str
      returned: after a deletion, when something stays
    msg:
      description: Why it failed or was not begun.
      type: str
      returned: after a failure
    error:
      description: The kind of failure.
      type: str
      returned: after a failure
api:
  description: What was sent in all, C(calls), C(writes), C(retries), C(waited) in seconds of all servers together and C(request_ids), and the same of each
    account in C(accounts), with C(trace) at C(-vvv).
  returned: always
  type: dict
"""

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.fleet import VPS_FLEET
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_FLEET)


if __name__ == "__main__":
    main()
