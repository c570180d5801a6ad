# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the Hostwinds API and where a user finds them (contract section 10)."""

from __future__ import annotations

from ..operations import Operations, used

OPERATIONS = Operations(
    listed={
        "add_instance": used("vps_instance", "state: present"),
        "get_instances": used("vps_instance_info", "lists, and every lookup by name"),
        "get_instance": used("vps_instance", "id; waiting"),
        "get_instance_ids": used("vps_instance", "every lookup that finds nothing, so that absence is proven"),
        "boot": used("vps_instance", "state: started"),
        "reboot": used("vps_instance", "state: restarted"),
        "shutdown": used("vps_instance", "state: stopped"),
        "terminate": used("vps_instance", "state: absent"),
        "recreate": used("vps_instance", "state: rebuilt without image"),
        "reinstall_instance": used("vps_instance", "state: rebuilt with image"),
        "repair_instance": used("vps_instance", "state: repaired"),
        "rescue": used("vps_instance", "rescue: true"),
        "unrescue": used("vps_instance", "rescue: false"),
        "edit_instance": used("vps_instance", "name beside id"),
        "change_password": used("vps_instance", "password"),
        "toggle_lock": used("vps_instance", "locked"),
        "finalize_iso": used("vps_instance", "iso_finalized: true"),
        "get_instance_maintenance": used("vps_instance_info", "gather: [maintenance]"),
        "check_serviceid": used("vps_instance_info", "id, where get_instance denies a server and neither list shows it"),
        "get_instance_ips": used("vps_address_info", "instance; also vps_rdns"),
        "change_main_ip": used("vps_address", "state: replaced"),
        "set_main_ip": used("vps_address", "primary: true"),
        "delete_ip": used("vps_address", "state: absent"),
        "regenerate_networking": used("vps_address", "rebuild_guest_network: true"),
        "set_rdns": used("vps_rdns", "hostname"),
        "get_instance_firewall_profile": used("vps_firewall", "instances; also vps_instance_info with read: [firewalls]"),
        "set_instance_firewall": used("vps_firewall", "instances; also vps_instance with firewalls"),
        "get_smtp_filters": used("vps_smtp_filter_info", "instance"),
        "create_ip_cleanup_fee": used("vps_smtp_filter", "state: absent"),
        "get_firewall_profiles": used("vps_firewall_info", "lists"),
    },
    further={
        "get_price_list": used("vps_catalog_info", "lists: [sizes]; also prices and sizes of vps_instance"),
        "upgrade_instance": used("vps_instance", "size"),
        "upgrade_server": used("vps_instance", "size"),
        "check_upgrade_order": used("vps_instance", "size"),
        "check_upgrade_reboot": used("vps_instance", "size"),
        "confirm_upgrade": used("vps_instance", "size"),
    },
)
