# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the Gcore cloud API and where a user finds them."""

from __future__ import annotations

from ..operations import Operations, unused, used

_BY_V2 = unused("deprecated by the provider; state goes by the v2 action, whose tasks tell the end (readings 7 and 8)")
_BY_QUERY = unused("keys with special characters cannot stand in a path; the v2 call with the key in the query takes any (section 5.9)")

OPERATIONS = Operations(
    listed={
        "instances.assign_security_group": used("vps_firewall", "instances; also vps_instance with firewalls"),
        "instances.attach_interface": used("vps_interface", "state: present"),
        "instances.change_flavor": used("vps_instance", "size"),
        "instances.check_limits": used("vps_quota_info", "wanted"),
        "instances.create": used("vps_instance", "state: present"),
        "instances.delete": used("vps_instance", "state: absent"),
        "instances.detach_interface": used("vps_interface", "state: absent"),
        "instances.get_console": used("vps_console", "instance"),
        "instances.metrics": used("vps_metrics_info", "instance, hours"),
        "instances.available_names": used("vps_name_template_info", "available: true, where the provider does not have its successor"),
        "instances.list_security_groups": used("vps_instance_info", "read: [firewalls] of servers without ports"),
        "instances.list": used("vps_instance_info", "lists, and every lookup by name"),
        "flavors.list": used("vps_catalog_info", "lists: [sizes]"),
        "instances.list_interfaces": used("vps_interface_info", "instance"),
        "instances.list_ports": used("vps_instance", "firewalls; also vps_firewall with instances"),
        "instances.action": used("vps_instance", "state: started, stopped, suspended, restarted"),
        "instances.powercycle_v1": _BY_V2,
        "instances.add_to_servergroup": used("vps_instance", "placement_group"),
        "instances.reboot_v1": _BY_V2,
        "instances.remove_from_servergroup": used("vps_instance", 'placement_group: ""'),
        "instances.rename": used("vps_instance", "name beside id"),
        "instances.resume_v1": _BY_V2,
        "instances.get": used("vps_instance", "id; waiting"),
        "instances.search": used("vps_instance_info", "search"),
        "instances.start_v1": _BY_V2,
        "instances.stop_v1": _BY_V2,
        "instances.suspend_v1": _BY_V2,
        "instances.unassign_security_group": used("vps_firewall", "purge_instances; also vps_instance with firewalls"),
        "apptemplates.list": used("vps_catalog_info", "lists: [app_templates]"),
        "apptemplates.get": used("vps_instance", "app_template"),
        "instances.available_flavors": used("vps_catalog_info", "sizes that fit a plan; also the choices when vps_instance refuses a size"),
        "instances.resize_flavors": used("vps_instance", "size; also vps_catalog_info with sizes_for"),
        "instances.metadata_upsert": used("vps_instance", "tags"),
        "instances.metadata_delete_v1": _BY_QUERY,
        "instances.metadata_get_v1": _BY_QUERY,
        "instances.metadata_list": used("vps_instance", "tags of servers whose row does not show them"),
        "instances.metadata_replace": used("vps_instance", "tags with purge_tags"),
        "instances.metadata_item_delete": used("vps_instance", "tags with purge_tags"),
        "instances.metadata_item_get": unused("the list has every item; one by one would cost a call each"),
        "reseller_names.delete": used("vps_name_template", "state: absent"),
        "reseller_names.available": used("vps_name_template_info", "available: true"),
        "reseller_names.list": used("vps_name_template_info", "lists"),
        "reseller_names.put": used("vps_name_template", "state: present"),
    },
    further={
        "tasks.get": used("vps_instance", "waiting"),
        "tasks.list": used("vps_instance", "orders that are under way"),
        "projects.list": used("vps_instance", "project"),
        "regions.list": used("vps_catalog_info", "lists: [regions]"),
        "ssh_keys.list": used("vps_ssh_key_info", "lists"),
        "ssh_keys.create": used("vps_ssh_key", "state: present; generate: true without a public key"),
        "ssh_keys.delete": used("vps_ssh_key", "state: absent"),
    },
)
