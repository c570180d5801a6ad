# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Gcore tells of a server when somebody asks: raw fields, rules, the search of resellers, and which sizes fit (sections 5.1, 5.11, 5.12 and 7)."""

from __future__ import annotations

import typing as t

from ..._core import rules
from ..._core.errors import ForbiddenError, ProtocolError
from ..._core.model import Instance, Ref
from ..._core.normalise import flag, text
from ..._core.together import Once
from ..details import DetailVerbs, Sighting, SizesVerbs, branches, pick
from . import mapping
from .api import GET, RESIZE_FLAVORS, SEARCH, SECURITY_GROUP, TITLE, Row
from .catalogue import WITH_PRICES, size_entry

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

# Of section 5.1 and, where they differ, the old names of section 5.2; secrets (section 10), what may embed them and maps of unknown keys are not among it.
_SHOWN = branches(
    *("id", "instance_id", "name", "instance_name", "instance_description", "status", "vm_state", "task_state", "task_id", "creator_task_id"),
    *("created_at", "instance_created", "project_id", "region_id", "region", "ssh_key_name", "keypair_name", "instance_isolation"),
    flavor=branches("flavor_id", "flavor_name", "ram", "vcpus", "os_type", "architecture"),
    fixed_ip_assignments=branches("external", "ip_address", "subnet_id"),
    security_groups=branches("id", "name"),
    volumes=branches("id", "delete_on_termination"),
    tags=branches("key", "value", "read_only"),
)


class GcoreDetails(DetailVerbs["GcoreDriver"]):
    """Raw fields and the rules of all security groups; the search is for resellers."""

    driver: GcoreDriver

    def __init__(self, driver: GcoreDriver) -> None:
        super().__init__(driver)
        self._groups: Once[tuple[str, str], tuple[rules.Rule, ...]] = Once()

    def readers(self) -> t.Mapping[str, t.Callable[[Instance], t.Any]]:
        """The raw fields of C(instances.get), and the rules of the groups on any of its ports."""
        return {"provider_data": self._raw, "firewall_rules": self._rules}

    def _raw(self, instance: Instance) -> t.Any:
        return pick(self.driver.api.ask(GET, self.driver.scope.of(instance)), _SHOWN)

    def _rules(self, instance: Instance) -> list[dict[str, t.Any]]:
        groups = self.driver.port_groups.read(instance).firewalls
        return rules.public(rule for group in groups for rule in self._rules_of(str(instance.region), str(group.id)))

    def _rules_of(self, region: str, group_id: str) -> tuple[rules.Rule, ...]:
        def read() -> tuple[rules.Rule, ...]:
            row = self.driver.api.ask(SECURITY_GROUP, self.driver.scope.path(region, group_id=group_id))
            return mapping.firewall_of(row, region).rules

        return self._groups.get((region, group_id), read)

    def search(self, *, name: str | None, address: str | None, instance_id: str | None) -> list[Sighting]:
        """The servers of all clients (reading 31).

        Raises:
            ForbiddenError: the token is no reseller's.
        """
        wanted = {"id": instance_id, "name": name, "instance_ip": address}
        try:
            rows = self.driver.api.everything(SEARCH, {}, {key: value for key, value in wanted.items() if value})
        except ForbiddenError as exc:
            exc.hint = "A search needs a reseller token."
            raise
        return list({sighting.id: sighting for sighting in map(_sighting, rows)}.values())


def _sighting(row: Row) -> Sighting:
    identity = text(row.get("id"))
    if identity is None:
        raise ProtocolError(f"{TITLE} found an instance without an id")
    return Sighting(identity, text(row.get("name")), _place(row, "region"), _place(row, "project"), text(row.get("client_id")))


def _place(row: Row, kind: str) -> Ref:
    return Ref(text(row.get(f"{kind}_id")), text(row.get(f"{kind}_name")))


class GcoreSizes(SizesVerbs["GcoreDriver"]):
    """The provider computes which flavors fit."""

    driver: GcoreDriver

    def for_instance(self, instance: Instance) -> list[dict[str, t.Any]]:
        """What the provider offers for a server (section 5.7)."""
        rows = self.driver.api.everything(RESIZE_FLAVORS, self.driver.scope.of(instance), WITH_PRICES)
        return [entry for entry in _offered(rows, str(instance.region)) if entry["id"] != instance.size]

    def for_image(self, image: str, disk_gb: int | None) -> list[dict[str, t.Any]]:
        """What the provider offers for a server with a boot volume of this image."""
        region = self.driver.scope.required()
        return _offered(self.driver.orders.fitting(region, image, disk_gb, WITH_PRICES), region)


def _offered(rows: t.Iterable[Row], region: str) -> list[dict[str, t.Any]]:
    return [size_entry(row, region) for row in rows if not flag(row.get("disabled"))]
