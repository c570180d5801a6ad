# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HosterAPI.de tells of a server when somebody asks: raw fields and incidents (contract sections 9.3 and 10)."""

from __future__ import annotations

import typing as t

from ..._core.model import Instance
from ..._core.normalise import flag, text
from ..details import INCIDENT, DetailVerbs, branches, pick
from . import api

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

_SHOWN = branches("cpuCores", "mem", "disk", "ips", "template")


class HosterapiDetails(DetailVerbs["HosterapiDriver"]):
    """Raw fields and incidents."""

    driver: HosterapiDriver

    def readers(self) -> t.Mapping[str, t.Callable[[Instance], t.Any]]:
        """The raw fields of C(server_config), and the incidents in the provider's order."""
        return {
            "provider_data": lambda instance: pick(self.driver.send(api.CONFIG, str(instance.id)), _SHOWN),
            "incidents": lambda instance: [_incident(row) for row in self.driver.send(api.INCIDENTS, str(instance.id)) or ()],
        }


def _incident(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An incident; what impact and direction mean is not documented, and its times have no zone."""
    types = row.get("types")
    return {
        **INCIDENT,
        "id": text(row.get("gid")),
        "start": text(row.get("start")),
        "stop": text(row.get("stop")),
        "ongoing": flag(row["ongoing"]) if row.get("ongoing") is not None else None,
        "host": text(row.get("host")),
        "types": [word for word in map(text, types if isinstance(types, list) else [types]) if word],
        "direction": row.get("direction"),
        "impact": row.get("impact"),
    }
