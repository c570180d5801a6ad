# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the HosterAPI.de API and where a user finds them (contract section 9)."""

from __future__ import annotations

from ..operations import Operations, used

OPERATIONS = Operations(
    listed={
        "dedicated_market": used("vps_dedicated_info", "market: true; also vps_dedicated"),
        "dedicated_order": used("vps_dedicated", "id of the market with image"),
        "dedicated_templates": used("vps_dedicated_info", "images: true; also vps_dedicated"),
        "dedicated_list": used("vps_dedicated_info", "lists"),
        "dedicated_start": used("vps_dedicated", "state: started"),
        "dedicated_shutdown": used("vps_dedicated", "state: stopped"),
        "dedicated_reboot": used("vps_dedicated", "state: restarted"),
        "dedicated_reinstall": used("vps_dedicated", "state: rebuilt"),
        "dedicated_console": used("vps_console", "dedicated"),
        "dedicated_status": used("vps_dedicated_info", "lists"),
        "dedicated_config": used("vps_dedicated_info", "lists"),
        "dedicated_terminate": used("vps_dedicated", "state: absent"),
        "job_get": used("vps_instance", "state: present and rebuilt; also vps_software"),
        "server_status": used("vps_metrics_info", "instance; also every status of a server"),
        "server_config": used("vps_instance_info", "every server"),
        "server_incidents": used("vps_instance_info", "gather: [incidents]"),
        "server_console": used("vps_console", "instance"),
        "server_delete": used("vps_instance", "state: absent"),
        "server_rdns": used("vps_rdns", "hostname"),
        "server_change": used("vps_instance", "cpu, memory_mb, disk_gb, ip_count"),
        "server_start": used("vps_instance", "state: started"),
        "server_shutdown": used("vps_instance", "state: stopped"),
        "server_stop": used("vps_instance", "state: stopped with stop_mode: hard"),
        "server_reboot": used("vps_instance", "state: restarted"),
        "server_reboot_force": used("vps_instance", "state: restarted with stop_mode: hard"),
        "server_reinstall": used("vps_instance", "state: rebuilt"),
        "server_password_reset": used("vps_instance", "reset_password: true"),
        "backups_list": used("vps_backup_info", "instance"),
        "backups_status": used("vps_backup", "waiting"),
        "backups_create": used("vps_backup", "state: present"),
        "backups_restore": used("vps_backup", "state: restored"),
        "server_create": used("vps_instance", "state: present"),
        "server_list": used("vps_instance_info", "lists"),
        "server_templates": used("vps_catalog_info", "lists: [images]"),
        "software_list": used("vps_software_info", "lists"),
        "software_install": used("vps_software", "state: present"),
        "software_uninstall": used("vps_software", "state: absent"),
    }
)
