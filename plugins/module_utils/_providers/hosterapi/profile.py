# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HosterAPI.de as data: defaults, capabilities, what to do instead of what it does not have."""

from __future__ import annotations

from ..base import Capabilities, Profile
from .api import TITLE

PROFILE = Profile(
    name="hosterapi",
    title=TITLE,
    token_env="HOSTERAPI_TOKEN",
    url_env="HOSTERAPI_API_URL",
    default_url="https://reseller.hosterapi.de/api/v1",
    request_timeout=120.0,
    wait_timeout=900.0,
    rate_limit=5.0,
    poll_ceiling=15.0,
    look_seconds=None,
    region="none, so it is ignored",
    project=None,
    in_flight=2,  # section 4: reads at once
    capabilities=Capabilities(
        names="ledger",
        options={
            "image": "name of a VM template, exactly as listed; with allow: [rebuild] it can be changed",
            "cpu": "number of cores",
            "memory_mb": "memory in MB",
            "disk_gb": "disk in GB; grows only",
            "ip_count": "wanted total of IPv4 addresses, default 1; never lowered",
            "reset_password": "makes a new root password, always",
        },
        instead={
            "volume": "A server has one disk: set disk_gb of vps_instance.",
            "interface": "A server has one public interface; set ip_count of vps_instance for more addresses.",
            "size": "Give cpu, memory_mb and disk_gb.",
            "app_template": "Set image, and install packages with vps_software.",
            "app_config": "Configure the server with Ansible once it runs.",
            "name_template": "Give name: the ledger takes any name.",
            "interfaces": "Every server has one public interface; set ip_count for more addresses.",
            "volumes": "Set disk_gb: a server has one disk.",
            "placement_group": "Where a server runs is the provider's choice; leave it out.",
            "iso_finalized": "Servers are made of templates: leave it out.",
            "max_cost": "The API lists no prices for virtual servers; approve the plan with expect_plan.",
            "repaired": "Use state: restarted with stop_mode: hard.",
            "network": "Every server has public addresses; leave network out.",
            "public_ip": "Every server has public addresses; set ip_count for more of them.",
            "ssh_keys": "Log in with the generated root password (return_credentials: true) and add keys with ansible.posix.authorized_key.",
            "user_data": "Configure the server with Ansible once it runs.",
            "username": "The login user is the provider's choice; return_credentials: true tells it.",
            "password": "The provider generates it: return_credentials: true tells it, reset_password: true makes a new one.",
            "update_password": "reset_password: true makes a new one.",
            "tags": "Keep groups and variables in your Ansible inventory.",
            "firewalls": "Use a firewall inside the server.",
            "rescue": "Use the console (vps_console).",
            "locked": "Guard deletions with expect.",
            "suspended": "Use state: stopped.",
            "billing_cycle": "The provider bills by contract; leave it out.",
            "delete_with": "Nothing stays behind; leave it out.",
            "rdns.read": "The name can only be seen in DNS: use verify: dns or auto.",
            "rdns.ipv6": "Only IPv4 addresses have reverse names here.",
            "rdns.absent": "There is no call to remove a name; set a generic name of your own instead.",
            "smtp_filter": "There are no filters that a fee takes away; ask the support of the provider about blocked mail.",
            "address": "Addresses come with the server and stay on it: raise ip_count of vps_instance for more of them.",
            "firewall": "There are no firewalls at the provider; use one inside the server.",
            "backup.name": "Backups have no names; their ids are the times at which they were made. Leave name out.",
            "backup.absent": "No call deletes a backup; the provider removes old ones by itself.",
            "backup.keep": "No call deletes a backup; the provider removes old ones by itself. Leave keep out.",
            "backup.new": "Use restore_to: in_place, which overwrites the server.",
            "backup.cron": "Run a task with max_age from a scheduler of your own, such as the playbook polyhost.cloud.backup_rotation by cron.",
            "backup.every": "Run a task with max_age from a scheduler of your own, such as the playbook polyhost.cloud.backup_rotation by cron.",
            "backup.paused": "Pause the scheduler that runs your task.",
            "console.absent": "Nothing closes a console, and nothing has to: the address is dead after 10 seconds.",
            "console.type": "Leave type out: the console is always noVNC.",
            "console.duration": "Leave duration out: the address is always good for 10 seconds.",
            "ssh_key": "Log in with the generated root password (return_credentials: true) and add keys with ansible.posix.authorized_key.",
            "metrics.series": "Read the point of now again and again, and keep the points.",
            "quota": "HosterAPI.de tells of no limits; a refused order says why.",
            "sizes": "There are no sizes: give cpu, memory_mb and disk_gb.",
            "instance_info.maintenance": "Ask for incidents.",
            "instance_info.interfaces": "A server has one interface; read addresses.",
            "instance_info.firewall_rules": "There are no firewalls at the provider; use one inside the server.",
            "instance_info.search": "List the servers of the account, and select with the filters of Ansible.",
            "catalog_info.sizes_for_instance": "There are no sizes: give cpu, memory_mb and disk_gb.",
            "catalog_info.sizes_for_image": "There are no sizes: give cpu, memory_mb and disk_gb.",
        },
        states=("present", "absent", "started", "stopped", "restarted", "rebuilt"),
        required=("name", "image", "cpu", "memory_mb", "disk_gb"),
        carried=("image", "cpu", "memory_mb", "disk_gb", "ip_count"),
        rebuild_with_image=True,
        rename="in the ledger only; id and name together bind an existing machine (adoption)",
        resize="cpu, memory_mb, disk_gb and ip_count; no restart is sent; costs when something grows",
        catalog=("images",),
        features={
            "console": "noVNC address, valid for 10 seconds",
            "volumes": "none",
        },
        resources={
            "rdns": {
                "write": "any IPv4 address of the server",
                "secondary": "each address on its own",
            },
            "backup": {
                "present": "the whole server; the id is the time at which it was made, in seconds since 1970",
                "consistent": "stops the server, and starts it again",
                "in_place": "overwrites the server; needs instance and id",
            },
            "dedicated": {
                "present": "a machine of the market by its id, with image, name and ip_count; bought once, complete after hours perhaps",
                "absent": "terminated at once and for good, without asking the system to shut down",
                "power": "started, stopped (graceful only) and restarted, of which nothing shows whether it happened",
                "rebuilt": "with another template or the same one; nothing shows the end of the latter",
                "market": "what can be bought, tidied",
            },
            "software": {
                "present": "by SSH with the root password; the provider lists no installed packages, so the ledger remembers",
                "absent": "likewise",
            },
            "console": {
                "present": "a fresh noVNC address each time, which has to be opened within 10 seconds",
                "dedicated": "id of a machine",
            },
            "metrics": {
                "now": "one point: processor, memory, network counters, uptime",
            },
            "instance_info": {
                "provider_data": "one call a server",
                "incidents": "one call a server; times without a zone, impact and direction as the provider writes them",
                "metrics": "one point, of now; one call a server",
            },
            "catalog_info": {
                "lists": "images",
            },
        },
    ),
)
