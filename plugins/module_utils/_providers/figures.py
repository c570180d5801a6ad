# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of figures: what a provider tells of load and of limits. They only read."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

from .._core.model import Instance
from .._core.normalise import integer
from .base import Wish
from .verbs import D, Verbs

# What a point in time may show; None where the provider does not tell it.
POINT: t.Mapping[str, t.Any] = {
    "time": None,  # ISO 8601, UTC
    "cpu_percent": None,
    "memory_percent": None,
    "memory_used_mb": None,
    "memory_total_mb": None,
    "network_in_bytes": None,  # counters
    "network_out_bytes": None,
    "network_in_bytes_per_second": None,
    "network_out_bytes_per_second": None,
    "network_in_packets_per_second": None,
    "network_out_packets_per_second": None,
    "uptime_seconds": None,
    "disks": (),  # of {name, read_bytes_per_second, written_bytes_per_second, reads_per_second, writes_per_second}
}


class MetricsVerbs(Verbs[D]):
    """The verbs of load figures."""

    @abc.abstractmethod
    def read(self, instance: Instance, hours: int) -> list[dict[str, t.Any]]:
        """The points of the last C(hours), oldest first, each with the keys of POINT; one point where the provider tells of now only."""


@dataclass(frozen=True)
class Quota:
    """One limit of the account.

    Args:
        name: the neutral word (C(instances), C(cpu), C(memory_mb), C(disk_gb), C(volumes)...), else the provider's own.
        region: None for what holds for the whole account.
        limit: None where there is none.
    """

    name: str
    limit: int | None
    used: int | None
    region: str | None = None

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        left = None if self.limit is None or self.used is None else max(0, self.limit - self.used)
        return {"name": self.name, "region": self.region, "limit": self.limit, "used": self.used, "left": left}


def paired(flat: t.Mapping[str, t.Any]) -> list[tuple[str, int | None, int | None]]:
    """Each quota of a flat object of C(X_limit) and C(X_usage) as name, limit and use; below zero is no limit."""
    names = [key[: -len("_limit")] for key in flat if key.endswith("_limit")]
    limits = {name: integer(flat[f"{name}_limit"]) for name in names}
    return [(name, limit if limit is None or limit >= 0 else None, integer(flat.get(f"{name}_usage"))) for name, limit in limits.items()]


@dataclass(frozen=True)
class Shortfall:
    """What a wanted server would lack.

    C(missing) is by how much the limit would be passed; None where the provider only says that it would.
    """

    name: str
    missing: int | None
    limit: int | None = None
    used: int | None = None

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {"name": self.name, "missing": self.missing, "limit": self.limit, "used": self.used}


class QuotaVerbs(Verbs[D]):
    """The verbs of limits."""

    @abc.abstractmethod
    def read(self) -> list[Quota]:
        """Every limit in the scope of the connection."""

    @abc.abstractmethod
    def shortfall(self, wish: Wish, quotas: t.Sequence[Quota]) -> list[Shortfall]:
        """What would not fit, were this server made; empty when it would. Nothing is sent that writes.

        Args:
            quotas: what C(read) told.

        Raises:
            OptionError: an option of the wish is missing or names nothing, as for a create.
        """
