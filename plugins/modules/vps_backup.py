#!/usr/bin/python
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make, keep, restore and delete backups of one virtual server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vps_backup
short_description: Manage backups of virtual servers at Civo, Gcore and HosterAPI.de
version_added: 1.0.0
description:
  - Makes a backup of a server where none is young enough, keeps the newest and deletes older ones, restores one, deletes one, or manages the
    schedule by which the provider makes them itself.
  - HosterAPI.de, backups of the whole server, told apart by the time at which they were made. They have no names and cannot be deleted.
  - Gcore, a snapshot of each volume, tied together by tags.
  - Civo, instance snapshots, in private regions only.
  - Hostwinds has no backups in its API. There, and where a provider lacks what is asked for, the task is refused before anything is sent.
  - A backup is ordered once. When the answer to an order is lost, the module looks for what appeared and takes it, or fails. It never orders a
    second one by itself.
  - A backup that is being made already, by another run or a schedule, counts as present once. It is waited for, not doubled.
  - Ages count by the provider's clock, in UTC.
author: polyhost.cloud contributors (@polyhost)
extends_documentation_fragment:
  - polyhost.cloud.connection
  - polyhost.cloud.changes
  - polyhost.cloud.attributes.writes
  - polyhost.cloud.attributes
attributes:
  idempotent:
    support: partial
    details: O(state=present) with neither O(max_age), O(name) nor O(id), and O(state=restored), act on each run.
options:
  instance:
    description:
      - Name or id of the server. Needed, except where O(id) tells the backup by itself (O(state=absent) and O(state=restored) at Civo and Gcore).
      - An id costs no call to look up a name.
    type: str
  name:
    description:
      - The backup's name, one of this server's. Civo and Gcore.
      - With O(state=present) it is made once, and again only when it is older than O(max_age). Left out, a new one is named after the server and the time.
      - At Civo a name is taken as long as a backup has it, so what follows the first has its time behind it, such as C(nightly--20260131t030000z).
        The name alone means all of them.
      - Two backups of one name are an error that lists their ids, where one of them would be deleted or restored.
    type: str
  id:
    description:
      - The provider's id of an existing backup. It never creates one.
      - With O(state=absent) and O(state=restored), a O(name) beside it must match.
      - Gcore, the id of another part than the first stands for that part alone.
      - HosterAPI.de, the time at which it was made, in seconds since 1970, as P(polyhost.cloud.vps_backup_info#module) lists it.
    type: str
  state:
    description:
      - V(present) makes a backup, unless there is one that O(max_age), O(name) or O(id) is content with.
      - V(absent) deletes the one that O(id) or O(name) tells, or with O(schedule) the schedule. HosterAPI.de cannot delete backups.
      - V(restored) restores the one that O(id) or O(name) tells, always. That is destructive, so it needs V(rebuild) in O(allow), and the plan's
        warnings say what is lost. O(expect) may be about the server or the backup.
    type: str
    choices: [present, absent, restored]
    default: present
  max_age:
    description:
      - O(state=present) is content with a finished backup that is younger than this, for example V(24h), V(7d), V(90m), V(2w) or V(1d12h).
      - Without it, and without O(name) and O(id), each run makes one.
    type: str
  keep:
    description:
      - How many backups stay, at least 1. Older ones are deleted, oldest first, after the new one is finished. Civo and Gcore.
      - Only those that this module made count and go, unless O(prune=all). There are never fewer than this many finished ones left by it, and
        when the new one fails none is deleted.
      - With O(wait=false) and a new backup, deleting is left to the next run.
    type: int
  prune:
    description:
      - What O(keep) is about. V(own) the backups that this module made, which a mark at the provider tells, V(all) every backup of the server.
    type: str
    choices: [own, all]
    default: own
  consistent:
    description:
      - Whether a running server is stopped before and started after, also when the backup fails. Needs V(restart) in O(allow), and O(wait=true).
    type: bool
    default: false
  stop_mode:
    description:
      - How O(consistent) stops, as in P(polyhost.cloud.vps_instance#module).
    type: str
    choices: [graceful, hard, graceful_then_hard]
    default: graceful_then_hard
  restore_to:
    description:
      - Where O(state=restored) goes. V(in_place) overwrites what is there, V(new) makes something new, which costs.
      - HosterAPI.de, V(in_place) only, and the default there.
      - Civo, V(in_place) overwrites the server, V(new) makes a server O(new_name).
      - Gcore, V(in_place) works for detached data volumes and their latest snapshot only. V(new) makes a server O(new_name) of a backup with the boot
        volume, and of another part alone a volume that is attached to O(instance).
    type: str
    choices: [in_place, new]
  new_name:
    description:
      - The name of the server that O(restore_to=new) makes. It must be free.
    type: str
  schedule:
    description:
      - A schedule by which the provider makes backups itself, instead of a backup now. Civo and Gcore.
      - With O(state=present) it is made, or changed where it differs. With O(state=absent) it is deleted, and the backups that it made stay.
    type: dict
    suboptions:
      name:
        description:
          - Its name. Defaults to C(backup-) and the server's name.
        type: str
      cron:
        description:
          - When, as minute, hour, day of the month, month and day of the week, in UTC. A new schedule needs it or O(schedule.every).
        type: str
      every:
        description:
          - How often, for example V(24h). Gcore.
        type: str
      keep:
        description:
          - How many of its backups stay. A new schedule needs it.
        type: int
      paused:
        description:
          - Whether it rests. Left out, it is not managed.
        type: bool
seealso:
  - module: polyhost.cloud.vps_backup_info
  - module: polyhost.cloud.vps_instance
  - module: polyhost.cloud.vps_provider_info
"""

EXAMPLES = r"""
- name: A backup at HosterAPI.de that is not older than a day
  polyhost.cloud.vps_backup:
    provider: hosterapi
    instance: "1001"
    max_age: 24h

- name: Restore it there, which overwrites the server
  polyhost.cloud.vps_backup:
    provider: hosterapi
    instance: "1001"
    id: "1767225603"
    state: restored
    allow: [rebuild]
    expect: {public_ipv4: 198.51.100.7}

- name: A backup at Gcore, a week of them kept, the server off meanwhile
  polyhost.cloud.vps_backup:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    max_age: 24h
    keep: 7
    consistent: true
    allow: [restart]

- name: A new server at Gcore from a backup
  polyhost.cloud.vps_backup:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    name: before-upgrade
    state: restored
    restore_to: new
    new_name: app1-restored
    allow: [rebuild]
  register: restored

- name: Its address
  ansible.builtin.debug:
    var: restored.instance.public_ipv4

- name: Gcore makes one every day by itself and keeps seven
  polyhost.cloud.vps_backup:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    schedule: {every: 24h, keep: 7}

- name: A named snapshot in a private region of Civo, once
  polyhost.cloud.vps_backup:
    provider: civo
    region: PRIVATE1
    instance: web1
    name: before-upgrade

- name: Civo makes one every night at three by itself, there too
  polyhost.cloud.vps_backup:
    provider: civo
    region: PRIVATE1
    instance: web1
    schedule: {name: nightly, cron: "0 3 * * *", keep: 5}

- name: No schedule any more
  polyhost.cloud.vps_backup:
    provider: civo
    region: PRIVATE1
    instance: web1
    state: absent
    schedule: {name: nightly}

- name: What would be made and deleted
  polyhost.cloud.vps_backup:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    keep: 3
  check_mode: true
  diff: true

- name: Delete a backup by its name
  polyhost.cloud.vps_backup:
    provider: gcore
    region: Luxembourg-2
    instance: app1
    name: before-upgrade
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
      description: One of create, delete, stop, start, restore, set.
      type: str
      returned: always
    field:
      description:
        - What changes, C(backup), C(status), C(instance), C(schedule) or one of the schedule's fields. C(covers) is whether a schedule is about
          all volumes of the server.
      type: str
      returned: always
    before:
      description: Its value before; of a deletion name and id.
      type: raw
      returned: always
    after:
      description: Its value after.
      type: raw
      returned: always
    effect:
      description: What that does to the server or the backup. One of none, stop, rebuild, delete.
      type: str
      returned: always
    cost:
      description: Whether it costs money.
      type: bool
      returned: always
    price:
      description: Null; no provider lists prices of backups.
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
  description: Always empty here.
  returned: always
  type: list
  elements: dict
diff:
  description: The server's backups before and after, one a line; with O(schedule) its fields, with O(state=restored) what is restored.
  returned: with C(--diff)
  type: dict
backup:
  description:
    - The backup that was made, found, restored or deleted, in check mode as predicted. What nobody can know yet is null.
    - With O(schedule), the form of a backup without content, with the status C(absent).
  returned: always
  type: dict
  contains:
    provider:
      description: The provider.
      type: str
      returned: always
    id:
      description: The provider's id; at Gcore that of the boot volume's snapshot, at HosterAPI.de seconds since 1970. Null while it is not known.
      type: str
      returned: always
    name:
      description: Its name. HosterAPI.de has none.
      type: str
      returned: always
    instance:
      description: The server's id.
      type: str
      returned: always
    status:
      description: C(creating), C(ready), C(restoring), C(error), or C(absent) after a deletion.
      type: str
      returned: always
    provider_status:
      description: The provider's own word.
      type: str
      returned: always
    created_at:
      description: When it was made, ISO 8601 in UTC, by the provider's clock.
      type: str
      returned: always
    size_gb:
      description: Its size in GB, where the provider tells it.
      type: int
      returned: always
    parts:
      description: One for each volume, where backups have parts.
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: The part's id; as O(id) it stands for this part alone.
          type: str
          returned: always
        volume:
          description: The volume's id.
          type: str
          returned: always
instance:
  description:
    - The server to go on with after a restore, as P(polyhost.cloud.vps_instance#module) returns it. In check mode, a new one's id and address are null.
  returned: with O(state=restored)
  type: dict
volumes:
  description: The ids of the volumes that a restore made and attached.
  returned: with O(state=restored)
  type: list
  elements: str
schedule:
  description: The schedule, in check mode as predicted.
  returned: with O(schedule)
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
      description: Its name. Null in check mode where it follows from the name of a server that nobody knows yet.
      type: str
      returned: always
    instance:
      description: The server's id.
      type: str
      returned: always
    cron:
      description: When, with every field spelt out, in UTC.
      type: str
      returned: always
    every:
      description: How often.
      type: str
      returned: always
    keep:
      description: How many of its backups stay.
      type: int
      returned: always
    paused:
      description: Whether it rests.
      type: bool
      returned: always
    status:
      description: C(active), or C(absent) where there is none any more.
      type: str
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

from ansible_collections.polyhost.cloud.plugins.module_utils._actions.backup import VPS_BACKUP
from ansible_collections.polyhost.cloud.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module(VPS_BACKUP)


if __name__ == "__main__":
    main()
