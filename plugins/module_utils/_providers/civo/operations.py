# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the Civo API and where a user finds them."""

from __future__ import annotations

from ..operations import Operations, unused, used

OPERATIONS = Operations(
    listed={
        "instances.create": used("vps_instance", "state: present"),
        "instances.list": used("vps_instance_info", "lists, and every lookup by name"),
        "instances.get": used("vps_instance", "id; waiting"),
        "instances.set_tags": used("vps_instance", "tags"),
        "instances.reboot": unused("the same as hard_reboots under a name that hides it (reading 9); state: restarted uses the other two"),
        "instances.hard_reboot": used("vps_instance", "state: restarted with stop_mode: hard; rescue"),
        "instances.soft_reboot": used("vps_instance", "state: restarted"),
        "instances.stop": used("vps_instance", "state: stopped"),
        "instances.start": used("vps_instance", "state: started"),
        "instances.resize": used("vps_instance", "size"),
        "instances.set_firewall": used("vps_instance", "firewalls; also vps_firewall with instances"),
        "instances.delete": used("vps_instance", "state: absent"),
    },
    further={
        "instances.update": used("vps_instance", "name beside id; also vps_rdns"),
        "instances.recovery_enable": used("vps_instance", "rescue: true"),
        "instances.recovery_disable": used("vps_instance", "rescue: false"),
        "instances.recovery_status": used("vps_instance", "rescue"),
        "instances.console_open": used("vps_console", "instance"),
        "instances.console_get": used("vps_console", "instance"),
        "instances.console_close": used("vps_console", "state: absent"),
        "regions.list": used("vps_catalog_info", "lists: [regions]"),
        "sizes.list": used("vps_catalog_info", "lists: [sizes]"),
        "disk_images.list": used("vps_catalog_info", "lists: [images]"),
        "networks.list": used("vps_catalog_info", "lists: [networks]"),
        "sshkeys.list": used("vps_ssh_key_info", "lists"),
        "sshkeys.create": used("vps_ssh_key", "state: present"),
        "sshkeys.rename": used("vps_ssh_key", "name beside id"),
        "sshkeys.delete": used("vps_ssh_key", "state: absent"),
        "firewalls.list": used("vps_firewall_info", "lists"),
        "firewalls.create": used("vps_firewall", "state: present"),
        "firewalls.rename": used("vps_firewall", "name beside id"),
        "firewalls.delete": used("vps_firewall", "state: absent"),
        "firewalls.rules.list": used("vps_firewall_info", "firewalls whose rules the list leaves out"),
        "firewalls.rules.create": used("vps_firewall", "rules"),
        "firewalls.rules.delete": used("vps_firewall", "rules"),
        "instance_snapshots.list": used("vps_backup_info", "instance"),
        "instance_snapshots.create": used("vps_backup", "state: present"),
        "instance_snapshots.delete": used("vps_backup", "state: absent"),
        "instance_snapshots.restore": used("vps_backup", "state: restored"),
        "resource_snapshots.list": used("vps_backup_info", "without instance"),
        "resource_snapshots.delete": used("vps_backup", "state: absent without instance"),
        "resource_snapshots.restore": used("vps_backup", "state: restored of a server that is gone"),
        "snapshot_schedules.list": used("vps_backup", "schedule"),
        "snapshot_schedules.create": used("vps_backup", "schedule"),
        "snapshot_schedules.update": used("vps_backup", "schedule with paused"),
        "snapshot_schedules.delete": used("vps_backup", "schedule with state: absent"),
        "volumes.list": used("vps_volume_info", "lists"),
        "volumes.create": used("vps_volume", "state: present"),
        "volumes.attach": used("vps_volume", "instance"),
        "volumes.detach": used("vps_volume", 'instance: ""'),
        "volumes.delete": used("vps_volume", "state: absent"),
        "volume_snapshots.list": used("vps_volume", "snapshot"),
        "ips.list": used("vps_address_info", "lists"),
        "ips.create": used("vps_address", "name"),
        "ips.rename": used("vps_address", "name beside address"),
        "ips.action": used("vps_address", "instance"),
        "ips.delete": used("vps_address", "state: absent"),
        "quota.get": used("vps_quota_info", "always"),
    },
)
