# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Civo tells of a server when somebody asks: raw fields and the rules of its firewall; and which sizes it can grow to (sections 4.1, 4.6 and 5)."""

from __future__ import annotations

import typing as t

from ..._core import rules
from ..._core.model import Instance
from ..._core.normalise import flag
from ..._core.together import Once
from ..details import DetailVerbs, SizesVerbs, branches, pick
from . import api, mapping
from .api import Row
from .firewalls import CivoFirewalls

if t.TYPE_CHECKING:
    from .driver import CivoDriver

# Of section 4.1. Passwords, scripts, keys and tokens (section 9) are not among it; nor are fields of unknown content (openstack_*).
_SHOWN = branches(
    *("id", "name", "hostname", "account_id", "size", "status", "region", "created_at", "notes", "reverse_dns", "tags", "initial_user", "ssh_key_id"),
    *("source_type", "source_id", "template_id", "snapshot_id", "network_id", "firewall_id", "namespace_id", "subnets", "volume_type", "volume_backed"),
    *("public_ip", "private_ip", "ipv6", "pseudo_ip", "reserved_ip", "reserved_ip_id", "reserved_ip_name", "allowed_ips", "network_bandwidth_limit"),
    *("cpu_cores", "ram_mb", "disk_gb", "gpu_count", "gpu_type"),
    attached_volumes=branches("id"),
)


class CivoDetails(DetailVerbs["CivoDriver"]):
    """Raw fields, and the rules of the one firewall."""

    driver: CivoDriver

    def __init__(self, driver: CivoDriver) -> None:
        super().__init__(driver)
        self._firewalls = CivoFirewalls(driver, driver.civo)
        self._rules_read: Once[tuple[str, str], list[Row]] = Once()

    def readers(self) -> t.Mapping[str, t.Callable[[Instance], t.Any]]:
        """The raw fields of C(instances.get), and the rules of its firewall."""
        return {"provider_data": self._raw, "firewall_rules": self._rules}

    def _raw(self, instance: Instance) -> t.Any:
        return pick(self.driver.civo.send(api.GET, str(instance.region), path={"id": instance.id}).data, _SHOWN)

    def _rules(self, instance: Instance) -> list[dict[str, t.Any]]:
        region = str(instance.region)
        rows = [row for ref in instance.firewalls for row in self._rows(str(ref.id), region)]
        return rules.public(rule for row in rows for rule in mapping.split(row))

    def _rows(self, firewall_id: str, region: str) -> list[Row]:
        return self._rules_read.get((firewall_id, region), lambda: self._firewalls.rule_rows(firewall_id, region))


class CivoSizes(SizesVerbs["CivoDriver"]):
    """A server grows only."""

    driver: CivoDriver

    def for_instance(self, instance: Instance) -> list[dict[str, t.Any]]:
        """The sizes that can be chosen and are smaller in nothing (section 4.6)."""
        region = str(instance.region)
        has = self.driver.dimensions(instance)
        others = [row for row in self.driver.civo.sizes(region) if row["name"] != instance.size and flag(row.get("selectable")) is not False]
        larger = [row for row in others if all((value or 0) >= (has[field] or 0) for field, value in mapping.dimensions(row).items())]
        return [{**mapping.CATALOG["sizes"](row), "region": self.driver.civo.code(region)} for row in larger]
