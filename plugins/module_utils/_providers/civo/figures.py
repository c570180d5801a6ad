# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quota of the account (contract section 8)."""

from __future__ import annotations

import typing as t

from ..._core.errors import OptionError
from ..base import Wish
from ..figures import Quota, QuotaVerbs, Shortfall, paired
from . import api, mapping
from .ordering import region_for

if t.TYPE_CHECKING:
    from .driver import CivoDriver

_QUOTAS = {
    "instance_count": "instances",
    "cpu_core": "cpu",
    "ram_mb": "memory_mb",
    "disk_gb": "disk_gb",
    "disk_volume_count": "volumes",
    "disk_snapshot_count": "snapshots",
    "public_ip_address": "public_ips",
    "security_group": "firewalls",
    "security_group_rule": "firewall_rules",
    "network_count": "networks",
}


class CivoQuota(QuotaVerbs["CivoDriver"]):
    """Limits of the whole account, whatever the region; what was deleted is counted for some minutes more."""

    driver: CivoDriver

    def read(self) -> list[Quota]:
        """Every pair of limit and use."""
        flat = self.driver.civo.anywhere(api.QUOTA).data
        return [Quota(_QUOTAS.get(name, name), limit, used) for name, limit, used in paired(flat)]

    def shortfall(self, wish: Wish, quotas: t.Sequence[Quota]) -> list[Shortfall]:
        """The provider computes nothing beforehand, so the limits are compared with what the size holds.

        Raises:
            OptionError: there is no size, or no such one.
        """
        if not wish.fields.get("size"):
            raise OptionError("wanted: size is needed, since limits are compared with what a size holds", hint="Give size in wanted.", option="wanted")
        region = str(region_for(self.driver.civo, "an instance")["code"])
        needs = {"instances": 1, **mapping.dimensions(self.driver.civo.size(region, str(wish.fields["size"])))}
        if wish.fields.get("public_ip") is not False:
            needs["public_ips"] = 1
        limited = [quota for quota in quotas if quota.limit is not None and needs.get(quota.name)]
        missing = {quota: (quota.used or 0) + (needs[quota.name] or 0) - (quota.limit or 0) for quota in limited}
        return [Shortfall(quota.name, amount, quota.limit, quota.used) for quota, amount in missing.items() if amount > 0]
