# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Civo as data: defaults, capabilities, what to do instead of what it does not have."""

from __future__ import annotations

from ..base import Capabilities, Profile
from .api import TITLE

PROFILE = Profile(
    name="civo",
    title=TITLE,
    token_env="CIVO_TOKEN",
    url_env="CIVO_API_URL",
    default_url="https://api.civo.com",
    request_timeout=30.0,
    wait_timeout=1800.0,
    rate_limit=10.0,
    poll_ceiling=10.0,
    look_seconds=60.0,
    region="a region code such as LON1, in any case; creating without one uses the account's default region",
    project=None,
    capabilities=Capabilities(
        names="region",
        options={
            "image": "disk image, name or id; fixed at creation",
            "size": "size name; up only",
            "network": "label or id; the region's default network when left out; fixed at creation",
            "public_ip": "yes (default) or no; fixed at creation",
            "ssh_keys": "one, name or id; fixed at creation",
            "user_data": "a script that root runs at the end of the first boot",
            "username": "the login user to make",
            "tags": "plain tags without white space; {role: web} is role=web",
            "firewalls": "exactly one, name or id, of the same network; needed at creation",
            "rescue": "recovery mode, which a hard reboot brings into effect",
        },
        instead={
            "ssh_key.generate": "Make a pair yourself (ssh-keygen, community.crypto.openssh_keypair) and give its public_key.",
            "cpu": "They are part of the size: set size.",
            "memory_mb": "It is part of the size: set size.",
            "disk_gb": "It is part of the size: set size.",
            "ip_count": "A server has one public address or none: set public_ip.",
            "password": "Set ssh_keys, or let the provider make a password at creation and read it with return_credentials: true.",
            "update_password": "Change the password inside the server, with ansible.builtin.user.",
            "reset_password": "Change the password inside the server, with ansible.builtin.user.",
            "locked": "Guard deletions with expect.",
            "suspended": "Use state: stopped; a stopped server is billed as a running one.",
            "rebuilt": "Give the name and another image with allow: [replace, cost], which deletes the server and makes a new one.",
            "billing_cycle": "Civo bills by the hour; leave it out.",
            "rdns.ipv6": "Only the public IPv4 address has a reverse name.",
            "rdns.secondary": "Only the public IPv4 address has a reverse name.",
            "firewall.groups": "Name the addresses of those servers, or their network.",
            "firewall.description": "Describe its rules instead: each has a description.",
            "backup": "Snapshots exist in private regions of enterprise accounts only.",
            "backup.every": 'Write it as cron, in UTC: "0 3 * * *" for every day at 3.',
            "delete_with": "Delete volumes and reserved addresses on their own; a deletion names those that stay behind.",
        },
        states=("present", "absent", "started", "stopped", "restarted"),
        required=("name", "image", "size", "firewalls"),
        carried=("image", "size", "network", "public_ip", "ssh_keys", "user_data", "username", "tags", "firewalls"),
        rebuild_with_image=False,
        rename="yes; the hostname inside the server stays",
        resize="size, up only; restarts a running server and costs",
        catalog=("images", "sizes", "regions", "networks", "ssh_keys", "firewalls"),
        features={
            "console": "VNC in the browser, open for 5 minutes to 24 hours",
            "volumes": "stay when the instance is deleted, as reserved addresses do",
        },
        resources={
            "rdns": {
                "write": "one name, for the public IPv4 address",
                "read": "from the instance",
                "absent": "clears it; the hostname is then used",
            },
            "firewall": {
                "present": "in one network, with exactly the rules that are given",
                "absent": "not while a server has it",
                "rules": "tcp, udp, icmp without types; any stands for all three",
                "deny": "yes",
                "network": "label or id; the region's default network when left out; fixed at creation",
                "instances": "of the same network; a server has exactly one firewall",
                "purge_instances": "with detach_to, since a server always has one",
                "rename": "yes",
            },
            "backup": {
                "present": "instance snapshots, in private regions only",
                "name": "small letters, digits and dashes, up to 63",
                "absent": "yes",
                "keep": "counts those with this collection's mark in their description",
                "consistent": "stops the server meanwhile",
                "in_place": "overwrites the server, which keeps its id",
                "new": "a new server of the name new_name",
                "cron": "at least 10 minutes apart, keeps up to 10",
                "paused": "yes",
            },
            "ssh_key": {
                "present": "of the account, for every region",
                "absent": "servers that were made with it keep it",
                "rename": "by id and name",
            },
        },
    ),
)
