# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas of the simulated Gcore: what is used, what is refused and the calls that show both."""

from __future__ import annotations

import typing as t

from .base import Call, Response
from .gcore_frame import CLIENT_ID, ApiError, GcoreFrame, Record, Scope, not_found

GLOBAL = ("keypair_count",)
REGIONAL = (
    "vm_count",
    "cpu_count",
    "ram",
    "volume_count",
    "volume_size",
    "floating_count",
    "volume_snapshots_count",
    "volume_snapshots_size",
    "firewall_count",
)


class QuotaCalls(GcoreFrame):
    """Usage is counted when asked, over all projects of a region; nodes of managed clusters are not ours to count."""

    def limit(self, quota: str) -> int:
        """The limit of a quota, from the settings."""
        return int(self.settings[f"quota_{quota}"])

    def usage(self, region: int, quotas: t.Collection[str]) -> dict[str, int]:
        """How much of each of C(quotas) a region uses; global quotas ignore the region."""
        return {quota: self._used(region, quota) for quota in quotas}

    def check_quota(self, scope: Scope, wanted: t.Mapping[str, int]) -> None:
        """403 QuotaLimitExceed for the first quota that C(wanted) would exceed (reading 21)."""
        for quota, used in self.usage(scope.region, wanted).items():
            total, limit = used + wanted[quota], self.limit(quota)
            if wanted[quota] and total > limit:
                info = {"attribute": quota, "current_usage": used, "requested_usage": total, "limit": limit}
                raise ApiError(403, "QuotaLimitExceed", f"Quota limit for {quota} exceeded by {total - limit}", info=info)

    def missing_quota(self, scope: Scope, wanted: t.Mapping[str, int]) -> Record:
        """The flat answer of C(check_limits): C(<x>_requested) is what is missing (reading 23)."""
        answer: Record = {}
        for quota, used in self.usage(scope.region, wanted).items():
            missing = max(0, used + wanted[quota] - self.limit(quota))
            if missing or self.settings["check_limits_keys"] == "all":
                answer.update({f"{quota}_limit": self.limit(quota), f"{quota}_requested": missing, f"{quota}_usage": used})
        return answer

    def all_quotas(self, call: Call) -> Response:
        """C(quotas.all)"""
        regional = [{"region_id": region["id"], **self._flat(region["id"], REGIONAL)} for region in self.state["regions"]]
        return Response(200, {"global_quotas": self._flat(0, GLOBAL), "regional_quotas": regional})

    def regional_quotas(self, call: Call) -> Response:
        """C(quotas.regional)"""
        if call.params["client_id"] != str(CLIENT_ID):
            raise not_found("Client", call.params["client_id"])
        return Response(200, self._flat(self.region(call.params["region_id"])["id"], REGIONAL))

    def _flat(self, region: int, quotas: t.Collection[str]) -> Record:
        flat: Record = {}
        for quota, used in self.usage(region, quotas).items():
            flat.update({f"{quota}_limit": self.limit(quota), f"{quota}_usage": used})
        return flat

    def _used(self, region: int, quota: str) -> int:
        def everywhere(kind: str) -> t.Iterator[Record]:
            for key, shelf in self.state[kind].items():
                if key.endswith(f"/{region}"):
                    yield from shelf.values()

        servers = (instance for instance in everywhere("instances") if not instance["k8s"])
        flavors = self.state["flavors"]
        if quota == "keypair_count":
            return sum(len(shelf) for shelf in self.state["ssh_keys"].values())
        if quota == "cpu_count":
            return sum(flavors[instance["flavor"]]["vcpus"] for instance in servers)
        if quota == "ram":
            return sum(flavors[instance["flavor"]]["ram"] for instance in servers)
        if quota == "vm_count":
            return sum(1 for _instance in servers)
        kind = {"volume": "volumes", "floating": "floatingips", "firewall": "security_groups"}
        records = everywhere("snapshots" if quota.startswith("volume_snapshots") else kind[quota.split("_", 1)[0]])
        return sum(record["size"] for record in records) if quota.endswith("_size") else sum(1 for _record in records)
