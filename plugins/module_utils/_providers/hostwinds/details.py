# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Hostwinds tells of a server when somebody asks: raw fields, maintenance, the rules of its profile; and which plans it can have."""

from __future__ import annotations

import typing as t

from ..._core import rules
from ..._core.model import Instance
from ..details import DetailVerbs, SizesVerbs, branches, pick
from . import mapping

if t.TYPE_CHECKING:
    from .driver import HostwindsDriver

# The allow-list of section 12: the row holds the root password, and objects that may embed keys.
_SHOWN = branches(
    *("serviceid", "id", "srvrname", "hostname", "main_ip", "private_ip", "ip_v6", "location_id", "template_uuid"),
    *("status", "disp_status", "vm_state", "task_state", "power_state", "locked", "is_suspended"),
    *("ram", "cpu", "disk", "disk_type", "bandwidth", "bandwidth_used", "upgrade_available", "upgrade_ram", "upgrade_cpu", "upgrade_disk"),
    *("product_id", "product_name", "billingcycle", "hourly", "created_at", "launched_at", "updated_at", "pswd_changed"),
    ips=branches("ip"),
)


class HostwindsDetails(DetailVerbs["HostwindsDriver"]):
    """Raw fields, maintenance, and the rules of the one profile."""

    driver: HostwindsDriver

    def readers(self) -> t.Mapping[str, t.Callable[[Instance], t.Any]]:
        """The raw fields of get_instance, what maintenance goes on, and the rules of the profile that is applied."""
        api = self.driver.api
        return {
            "provider_data": lambda instance: pick(api.instance(str(instance.id)), _SHOWN),
            "maintenance": lambda instance: api.maintenance(str(instance.id)),
            "firewall_rules": lambda instance: rules.public(mapping.firewall(api.firewall_profile(str(instance.id))).rules),
        }


class HostwindsSizes(SizesVerbs["HostwindsDriver"]):
    """The price list as it is offered to a server."""

    driver: HostwindsDriver

    def for_instance(self, instance: Instance) -> list[dict[str, t.Any]]:
        """The plans that it can be upgraded to (section 9)."""
        return [plan.public() for plan in self.driver.catalogue.plans(str(instance.id)) if not plan.current]
