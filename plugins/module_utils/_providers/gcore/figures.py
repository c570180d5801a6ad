# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load figures and quotas (contract sections 5.11 and 9)."""

from __future__ import annotations

import typing as t

from ..._core.errors import OptionError, ProtocolError
from ..._core.model import Instance
from ..._core.normalise import integer, iso_utc, number, text
from ..base import Wish
from ..figures import POINT, MetricsVerbs, Quota, QuotaVerbs, Shortfall, paired
from .api import METRICS, QUOTAS, TITLE, Row
from .limits import exceeded
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

HOURLY_UP_TO = 168  # hours; beyond a week the provider is asked for days

_FIGURES = {
    "cpu_percent": "cpu_util",
    "memory_percent": "memory_util",
    "network_in_bytes_per_second": "network_Bps_ingress",
    "network_out_bytes_per_second": "network_Bps_egress",
    "network_in_packets_per_second": "network_pps_ingress",
    "network_out_packets_per_second": "network_pps_egress",
}
_DISK_FIGURES = {
    "read_bytes_per_second": "disk_Bps_read",
    "written_bytes_per_second": "disk_Bps_write",
    "reads_per_second": "disk_iops_read",
    "writes_per_second": "disk_iops_write",
}
_QUOTAS = {
    "vm_count": "instances",
    "cpu_count": "cpu",
    "ram": "memory_mb",
    "volume_count": "volumes",
    "volume_size": "disk_gb",
    "floating_count": "floating_ips",
    "external_ip_count": "public_ips",
    "volume_snapshots_count": "snapshots",
    "volume_snapshots_size": "snapshots_gb",
    "firewall_count": "firewalls",
    "network_count": "networks",
    "keypair_count": "ssh_keys",
}


class GcoreMetrics(MetricsVerbs["GcoreDriver"]):
    """A series of points, by the hour or by the day."""

    driver: GcoreDriver

    def read(self, instance: Instance, hours: int) -> list[dict[str, t.Any]]:
        """The points of the last hours; beyond a week of as many whole days as hold them."""
        span = {"time_unit": "hour", "time_interval": hours} if hours <= HOURLY_UP_TO else {"time_unit": "day", "time_interval": -(-hours // 24)}
        rows = self.driver.api.ask(METRICS, self.driver.scope.of(instance), body=span)["results"]
        return sorted((_point(row) for row in rows), key=lambda point: point["time"] or "")


def _point(row: Row) -> dict[str, t.Any]:
    disks = [each for each in row.get("disks") or () if isinstance(each, dict)]
    return {
        **POINT,
        "time": iso_utc(row.get("time")),
        **{name: number(row.get(key)) for name, key in _FIGURES.items()},
        "disks": [{"name": text(disk.get("disk_name")), **{name: number(disk.get(key)) for name, key in _DISK_FIGURES.items()}} for disk in disks],
    }


class GcoreQuotas(QuotaVerbs["GcoreDriver"]):
    """Quotas of the whole account and of each region."""

    driver: GcoreDriver

    def read(self) -> list[Quota]:
        """Those of the whole account, and those of the connection's region or of all."""
        wanted = self.driver.scope.region()
        answer = self.driver.api.ask(QUOTAS, {})
        regional = [(text(row.get("region_id")), row) for row in _rows(answer.get("regional_quotas"))]
        everywhere = _quotas(answer.get("global_quotas") or {}, None)
        return everywhere + [quota for region, row in regional if wanted in (None, region) for quota in _quotas(row, region)]

    def shortfall(self, wish: Wish, quotas: t.Sequence[Quota]) -> list[Shortfall]:
        """What the provider says would be missing, for the very request that a create would send.

        Raises:
            OptionError: what a create needs is missing, or names nothing.
        """
        for option in PROFILE.capabilities.required:
            if option != "region" and not {"name": wish.name, **wish.fields}.get(option):
                raise OptionError(f"wanted: {option} is needed, as for a create at {TITLE}", hint=f"Give {option} in wanted.", option="wanted")
        order = self.driver.order(wish)
        path = {"project_id": order.scope[0], "region_id": order.scope[1]}
        short = exceeded(self.driver.api, path, order.body, interfaces=not order.unknown)
        return [Shortfall(_QUOTAS.get(each.quota, each.quota), each.missing, each.limit, each.used) for each in short]


def _quotas(flat: t.Any, region: str | None) -> list[Quota]:
    return [Quota(_QUOTAS.get(name, name), limit, used, region) for name, limit, used in paired(flat)]


def _rows(value: t.Any) -> list[Row]:
    """The quotas of the regions: a list of objects with C(region_id), or a map by it.

    Raises:
        ProtocolError: it is neither; a list that is left out would pass for no limits.
    """
    if isinstance(value, dict):
        value = [{"region_id": region, **row} for region, row in value.items() if isinstance(row, dict)]
    if not isinstance(value, list) or not all(isinstance(row, dict) and integer(row.get("region_id")) is not None for row in value):
        raise ProtocolError(f"{TITLE} told of quotas without saying of which regions")
    return value
