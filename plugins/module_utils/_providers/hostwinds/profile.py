# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostwinds as data."""

from __future__ import annotations

from ..base import Capabilities, Profile

PROFILE = Profile(
    name="hostwinds",
    title="Hostwinds",
    token_env="HOSTWINDS_API_KEY",
    url_env="HOSTWINDS_API_URL",
    default_url="https://clients.hostwinds.com/cloud/api.php",
    request_timeout=30.0,
    wait_timeout=1800.0,
    rate_limit=2.0,
    poll_ceiling=10.0,
    look_seconds=None,  # section 8: an unclear order is searched for until the deadline
    region="location id, a number",
    project=None,
    capabilities=Capabilities(
        names="account",
        options={
            "image": "template uuid or base image ref, as given; templates cannot be listed",
            "size": "plan number (rid) of the price list",
            "cpu": "custom plan value beside size, at creation and in the paid upgrade; never compared",
            "memory_mb": "custom plan value beside size, at creation and in the paid upgrade; never compared",
            "disk_gb": "custom plan value beside size, at creation and in the paid upgrade; never compared",
            "ssh_keys": "names, at creation; not shown afterwards, so never compared",
            "password": "set after creation by a change of password and a reboot",
            "update_password": "always changes it in every run, with a reboot of a running server",
            "firewalls": "exactly one profile, by name or id; the end of a name that fits one profile is enough",
            "rescue": "reboots",
            "locked": "blocks every change and the deletion",
            "iso_finalized": "true, once the system is installed; reboots",
            "max_cost": "compared with the price list, in its currency; custom values have no listed price",
            "billing_cycle": "at creation: hourly, monthly, quarterly, semiannually, annually, biennially, triennially",
        },
        instead={
            "delete_with": "Leave delete_with out: a termination has nothing to choose.",
            "app_template": "Set image to a template that brings the application.",
            "app_config": "Configure the application over SSH after the server's creation.",
            "name_template": "Give name: every name is free.",
            "interfaces": "Leave interfaces out: a server always has one public interface.",
            "volumes": "Set disk_gb beside size: a server has one disk.",
            "placement_group": "Order the servers in different locations to keep them apart.",
            "ip_count": "Order more addresses in the Hostwinds panel.",
            "network": "Leave network out: a server is always in the network of its location.",
            "public_ip": "Leave public_ip out: a server always has a public address.",
            "user_data": "Configure the server over SSH after its creation.",
            "username": "Leave username out: the template decides the login user.",
            "tags": "Use the name, or a group in the inventory, to tell servers apart.",
            "suspended": "Use state: stopped.",
            "reset_password": "Give the new password yourself: password with update_password: always.",
            "images": "Look the template's uuid up in the Hostwinds panel.",
            "regions": "Look the location's id up in the Hostwinds panel.",
            "networks": "A server is always in the network of its location.",
            "ssh_keys": "Look the names up in the Hostwinds panel.",
            "rdns.read": "The name can only be seen in DNS: use verify: dns or auto.",
            "rdns.absent": "There is no default to go back to; set a generic name of your own instead.",
            "firewall.present": "Make the profile in the Hostwinds panel; this module attaches it and compares its rules.",
            "firewall.absent": "Delete the profile in the Hostwinds panel.",
            "firewall.rules": "Edit the profile in the Hostwinds panel.",
            "firewall.rename": "Rename the profile in the Hostwinds panel.",
            "firewall.description": "Describe the profile in the Hostwinds panel.",
            "firewall.network": "A profile belongs to the account, not to a network: leave network out.",
            "firewall.deny": "Profiles only allow: leave the rule out, and what no rule allows is refused.",
            "firewall.groups": "Profiles tell of no addresses: leave addresses out.",
            "firewall.purge_instances": "A server always has one profile: attach another one to it.",
            "address.present": "Order more addresses in the Hostwinds panel; this module finds them on their server.",
            "address.attach": "An address stays on its server: give it back (state: absent), and order another one in the Hostwinds panel.",
            "address.rename": "Addresses have no names: give address, or instance for its main one.",
            "backup": "Use the backups of the Hostwinds panel, or back up inside the server.",
            "dedicated": "There are no dedicated machines by the API; order them by the provider's panel.",
            "software": "Install it with Ansible, such as by ansible.builtin.package.",
            "ssh_key": "Keep keys in the Hostwinds panel; vps_instance takes their names, ansible.posix.authorized_key adds keys to a server.",
        },
        states=("present", "absent", "started", "stopped", "restarted", "rebuilt", "repaired"),
        required=("name", "region", "image", "size"),
        carried=("image", "size", "cpu", "memory_mb", "disk_gb", "ssh_keys", "billing_cycle"),
        rebuild_with_image=True,
        rename="by id and name; changes the label, not the host name",
        resize="a paid upgrade in stages: order, invoice, restart, confirmation (allow: [restart, cost])",
        catalog=("sizes", "firewalls"),
        features={
            "console": "not offered",
        },
        resources={
            "address": {
                "absent": "a secondary address goes back to the pool",
                "replaced": "another main address, of which three come in a row or so (allow: [cost])",
                "primary": "any address of the server can be its main one",
                "rebuild_guest_network": "restarts the server",
            },
            "smtp_filter": {"absent": "orders the clean-up fee, once (allow: [cost])"},
            "rdns": {
                "write": "any address of the server; DNS shows it within two days",
                "ipv6": "sent as it is",
                "secondary": "each address on its own",
            },
            "firewall": {
                "instances": "attaches a named profile, of which a server has one, by name, end of the name or id; rules are only compared: "
                "they tell of no addresses, so each is about 0.0.0.0/0 or ::/0",
            },
        },
    ),
)
