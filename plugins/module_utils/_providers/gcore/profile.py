# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gcore as data: defaults, capabilities, what to do instead of what it does not have."""

from __future__ import annotations

from ..base import Capabilities, Profile
from .api import TITLE

PROFILE = Profile(
    name="gcore",
    title=TITLE,
    token_env="GCORE_API_KEY",
    url_env="GCORE_API_URL",
    default_url="https://api.gcore.com",
    request_timeout=30.0,
    wait_timeout=1800.0,
    rate_limit=10.0,
    poll_ceiling=5.0,
    look_seconds=60.0,
    region="an id, display name, slug or keystone name, ignoring case",
    project="id or name; left out: the account's default project",
    project_env="GCORE_PROJECT",
    capabilities=Capabilities(
        names="project and region",
        options={
            "image": "image name or id",
            "size": "flavor id; changes to what the provider offers for the server",
            "disk_gb": "boot volume in GiB, default the image's minimum; grows only",
            "network": "network or subnet, name or id; left out: an external interface",
            "public_ip": "true: an external interface, or with network a new floating IP; false: with network only",
            "ssh_keys": "one key, name",
            "user_data": "cloud-init or cloudbase-init, at creation; on Linux not together with password",
            "username": "login user on Linux, together with password",
            "password": "at creation; on Windows 8 to 16 characters with lower case, upper case, digit and special character",
            "tags": "keys and values; values are not empty",
            "firewalls": "security groups, any number, names or ids; none un-assigns the default group too",
            "delete_with": "volumes and floating_ips; both stay otherwise, and cost",
        },
        instead={
            "cpu": "It is part of the size; choose another flavor.",
            "memory_mb": "It is part of the size; choose another flavor.",
            "ip_count": "Set public_ip.",
            "rescue": "Use the console in the provider's panel.",
            "locked": "Guard deletions with expect.",
            "rebuilt": "Delete and create: allow: [replace, cost] with a changed image.",
            "billing_cycle": "Leave it out; billing is by use.",
            "update_password": "The provider has no call for it; set it inside the server.",
            "reset_password": "The provider has no call for it; set it inside the server.",
            "firewall.deny": "Security groups only allow: leave the rule out, and what no rule allows is refused.",
            "firewall.network": "A security group belongs to a region, not to a network: leave network out.",
            "rdns": "Gcore has no reverse DNS for cloud addresses. Send mail through a relay, or from a provider that has it.",
        },
        states=("present", "absent", "started", "stopped", "suspended", "restarted"),
        required=("name", "region", "image", "size"),
        carried=("image", "size", "disk_gb", "network", "public_ip", "ssh_keys", "user_data", "username", "password", "tags", "firewalls"),
        rebuild_with_image=False,
        rename="by id and name, at once; the guest's host name stays",
        resize="to the flavors offered for the server, with a restart; the boot volume grows without one",
        catalog=("images", "sizes", "regions", "networks", "ssh_keys", "firewalls"),
        features={
            "console": "noVNC, SPICE or serial address",
            "volumes": "separate objects; they stay after the server is deleted unless delete_with names them",
        },
        resources={
            "firewall": {
                "present": "security groups, per project and region",
                "absent": "all but the default one",
                "rules": "up to 250 rules of one network each, replaced as a whole; they only allow",
                "groups": "group:ID lets the members of another group in, by IPv4; group:ID/ipv6 by IPv6",
                "description": "of the group, and of each rule up to 255 characters",
                "instances": "on all ports that have port security; a server can have several",
                "purge_instances": "takes it from the ports of all other servers",
                "rename": "by id and name",
            },
            "backup": {
                "present": "one snapshot a volume, tied by tags; each is paid for by the size of its volume",
                "name": "up to 200 characters; names may repeat",
                "absent": "all snapshots of a backup, or by its id one of them",
                "keep": "deletes the oldest by itself",
                "consistent": "stops the server first, since the snapshots are not taken at one moment",
                "in_place": "a detached data volume, to its latest snapshot",
                "new": "a new instance, or a new volume attached to an existing one",
                "cron": "lifecycle policy over the volumes of an instance, in UTC; not day of the month and day of the week at once",
                "every": "lifecycle policy over the volumes of an instance; an hour or more",
                "paused": "the policy pauses",
            },
        },
    ),
)
