# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load figures of a server: its status, which tells of now only (contract section 10)."""

from __future__ import annotations

import typing as t

from ..._core.model import Instance
from ..._core.normalise import integer, iso_of, number
from ..figures import POINT, MetricsVerbs
from . import api

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

MIB = 1024**2


class HosterapiMetrics(MetricsVerbs["HosterapiDriver"]):
    """One point, of the time of the answer."""

    driver: HosterapiDriver

    def read(self, instance: Instance, hours: int) -> list[dict[str, t.Any]]:
        """The status as a point; C(hours) has no effect."""
        status = self.driver.send(api.STATUS, str(instance.id))
        cpu, total, free = number(status.get("cpu")), integer(status.get("mem")), integer(status.get("memfree"))
        memory: dict[str, t.Any] = {}
        if total and free is not None and 0 <= free <= total:  # a stopped server tells zeros or nothing
            used = total - free
            memory = {"memory_percent": round(100 * used / total, 2), "memory_used_mb": used // MIB, "memory_total_mb": total // MIB}
        point = {
            **POINT,
            "time": iso_of(self.driver.context.provider_time()),
            "cpu_percent": None if cpu is None else round(100 * cpu, 2),
            **memory,
            "network_in_bytes": integer(status.get("netin")),
            "network_out_bytes": integer(status.get("netout")),
            "uptime_seconds": integer(status.get("uptime")),
            "disks": [],
        }
        return [point]
