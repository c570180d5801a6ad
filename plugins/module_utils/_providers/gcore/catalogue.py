# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be chosen from: images, flavors, networks, SSH keys, security groups; names resolved exactly."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import OptionError
from ..._core.model import Ref
from ..._core.normalise import flag, integer, text
from . import mapping
from .api import APP_TEMPLATE, APP_TEMPLATES, FLAVORS, IMAGES, NETWORKS, SECURITY_GROUPS, SERVER_GROUPS, SNAPSHOTS, SSH_KEYS, SUBNETS, TITLE, Api, Row
from .scope import Scope, is_active

WITH_PRICES = {"include_prices": "true"}

Missing = t.Callable[..., OptionError]


@dataclass(frozen=True)
class Place:
    """A network, and the one subnet of it that was asked for, if any."""

    network: Row
    subnet: Row | None = None

    @property
    def external(self) -> bool:
        """Whether it is the provider's own network with public addresses."""
        return bool(flag(self.network.get("external")))


class Catalogue:
    """The account's lists, each fetched once.

    Args:
        missing: makes the failure for a name that names nothing.
    """

    def __init__(self, api: Api, scope: Scope, missing: Missing) -> None:
        self._api = api
        self._scope = scope
        self._missing = missing

    # -- one of a list ----------------------------------------------------------------------------------------------

    def image(self, region: str, wanted: str) -> Row:
        """An image by name or id."""
        return self._pick("image", self._scope.once(IMAGES, region), wanted, f"region {region}")

    def flavor(self, region: str, wanted: str) -> Row:
        """A flavor by id.

        Raises:
            OptionError: there is none, or it is disabled.
        """
        flavors = self._scope.once(FLAVORS, region, WITH_PRICES)
        return pick_flavor(flavors, wanted, self._missing("size", wanted, f"region {region}", offered(flavors)))

    def group(self, region: str, wanted: str) -> Row:
        """A security group by name or id."""
        return self._pick("firewalls", self.groups(region), wanted, f"region {region}")

    def groups(self, region: str) -> list[Row]:
        """Every security group."""
        return self._scope.once(SECURITY_GROUPS, region)

    def ssh_key(self, wanted: str) -> Row:
        """An SSH key of the project by its exact name."""
        keys = self._ssh_keys()
        return self._pick("ssh_keys", keys, wanted, f"project {self._scope.project()}", by=("name",))

    def _ssh_keys(self) -> list[Row]:
        return self._api.once(SSH_KEYS, {"project_id": self._scope.project()})

    def snapshot(self, region: str, wanted: str) -> Row:
        """A snapshot of a volume by id or name."""
        return self._pick("snapshot", self._scope.once(SNAPSHOTS, region), wanted, f"region {region}")

    def app_template(self, region: str, wanted: str) -> Row:
        """An application template by id or name, with all that it tells."""
        listed = self._pick("app_template", self._scope.once(APP_TEMPLATES, region), wanted, f"region {region}", by=("id", "display_name"))
        return t.cast(Row, self._api.ask(APP_TEMPLATE, self._scope.path(region, apptemplate_id=str(listed["id"]))))

    def placement_group(self, region: str, wanted: str) -> Row:
        """A placement group by id or name."""
        rows = [{**row, "id": row.get("servergroup_id") or row.get("id")} for row in self._scope.once(SERVER_GROUPS, region)]
        return self._pick("placement_group", rows, wanted, f"region {region}")

    def place(self, region: str, wanted: str) -> Place:
        """A network, else a subnet, by name or id."""
        networks = self._scope.once(NETWORKS, region)
        if any(_named(row, wanted) for row in networks):
            return Place(self._pick("network", networks, wanted, f"region {region}"))
        subnets = self._scope.once(SUBNETS, region)
        if not any(_named(row, wanted) for row in subnets):
            raise self._missing("network", wanted, f"region {region}", [text(row.get("name")) for row in (*networks, *subnets)])
        subnet = self._pick("network", subnets, wanted, f"region {region}")
        owner = str(subnet.get("network_id"))
        return Place(next((row for row in networks if str(row.get("id")) == owner), {"id": owner}), subnet)

    def resolve(self, kind: str, region: str, wanted: str) -> Ref:
        """Name or id to both; C(kind) is image, network, firewalls, ssh_keys or placement_group. A subnet resolves to its network."""
        finders: dict[str, t.Callable[[], Row]] = {
            "image": lambda: self.image(region, wanted),
            "network": lambda: self.place(region, wanted).network,
            "firewalls": lambda: self.group(region, wanted),
            "ssh_keys": lambda: self.ssh_key(wanted),
            "placement_group": lambda: self.placement_group(region, wanted),
        }
        row = finders[kind]()
        return Ref(text(row.get("id")), text(row.get("name")))

    def _pick(self, option: str, rows: t.Sequence[Row], wanted: str, where: str, by: tuple[str, ...] = ("id", "name")) -> Row:
        """The one row of this id, else of this exact name.

        Raises:
            OptionError: none, or several of that name.
        """
        for key in by:
            fitting = [row for row in rows if text(row.get(key)) == wanted]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                ids = sorted(str(row.get("id")) for row in fitting)
                raise OptionError(
                    f"{option}: {TITLE} has {len(ids)} of the name {wanted!r} in {where}: {', '.join(ids)}",
                    hint="Give the id, or rename one of them." if "id" in by else "Rename one of them.",
                    option=option,
                    ids=ids,
                )
        raise self._missing(option, wanted, where, [text(row.get(by[-1])) for row in rows])

    # -- whole lists ------------------------------------------------------------------------------------------------

    def listed(self, kind: str) -> list[dict[str, t.Any]]:
        """One list of vps_catalog_info, over all regions that a lookup searches."""
        if kind == "regions":
            return [
                {
                    "id": str(row["id"]),
                    "name": text(row.get("display_name")),
                    "region": str(row["id"]),
                    "slug": text(row.get("slug")),
                    "country": text(row.get("country")),
                    "available": is_active(row),
                }
                for row in self._scope.rows()
            ]
        if kind == "ssh_keys":
            return [_entry(row, None, fingerprint=text(row.get("fingerprint"))) for row in self._ssh_keys()]
        readers: dict[str, t.Callable[[str], list[dict[str, t.Any]]]] = {
            "images": self._images,
            "sizes": self._sizes,
            "networks": self._networks,
            "app_templates": self._app_templates,
            "placement_groups": self._placement_groups,
            "firewalls": lambda region: [_entry(row, region, description=text(row.get("description"))) for row in self.groups(region)],
        }
        return [entry for region in self._scope.searched() for entry in readers[kind](region)]

    def _images(self, region: str) -> list[dict[str, t.Any]]:
        return [
            _entry(
                row,
                region,
                os=text(row.get("os_distro")),
                os_version=text(row.get("os_version")),
                os_type=text(row.get("os_type")),
                min_disk_gb=integer(row.get("min_disk")),
                min_memory_mb=integer(row.get("min_ram")),
            )
            for row in self._scope.once(IMAGES, region)
        ]

    def _sizes(self, region: str) -> list[dict[str, t.Any]]:
        return [size_entry(row, region) for row in self._scope.once(FLAVORS, region, WITH_PRICES)]

    def _networks(self, region: str) -> list[dict[str, t.Any]]:
        subnets = self._scope.once(SUBNETS, region)
        return [
            _entry(
                row,
                region,
                external=bool(flag(row.get("external"))),
                subnets=[
                    {"id": text(subnet.get("id")), "name": text(subnet.get("name")), "cidr": text(subnet.get("cidr"))}
                    for subnet in subnets
                    if subnet.get("network_id") == row.get("id")
                ],
            )
            for row in self._scope.once(NETWORKS, region)
        ]

    def _app_templates(self, region: str) -> list[dict[str, t.Any]]:
        return [
            {
                "id": text(row.get("id")),
                "name": text(row.get("display_name")) or text(row.get("id")),
                "region": region,
                "description": text(row.get("short_description")) or text(row.get("description")),
                "category": text(row.get("category")),
                "version": text(row.get("version")),
                "image": text(row.get("image_name")),
                "os": text(row.get("os_name")),
                "os_version": text(row.get("os_version")),
                "min_cpu": integer(row.get("min_vcpus")),
                "min_memory_mb": integer(row.get("min_ram")),
                "min_disk_gb": integer(row.get("min_disk")),
                "usage": text(row.get("usage")),
                "website": text(row.get("website")),
            }
            for row in self._scope.once(APP_TEMPLATES, region)
        ]

    def _placement_groups(self, region: str) -> list[dict[str, t.Any]]:
        return [
            {
                "id": text(row.get("servergroup_id")) or text(row.get("id")),
                "name": text(row.get("name")),
                "region": region,
                "policy": text(row.get("policy")),
                "instances": [_member(each) for each in row.get("instances") or ()],
            }
            for row in self._scope.once(SERVER_GROUPS, region)
        ]


def size_entry(row: Row, region: str) -> dict[str, t.Any]:
    """A flavor as the catalogue shows it; its disk is a volume of its own."""
    price = mapping.price_of(row)
    return {
        "id": text(row.get("flavor_id")),
        "name": text(row.get("flavor_name")) or text(row.get("flavor_id")),
        "region": region,
        "cpu": integer(row.get("vcpus")),
        "memory_mb": integer(row.get("ram")),
        "disk_gb": None,
        "price": price.public() if price else None,
        "available": not flag(row.get("disabled")),
    }


def pick_flavor(flavors: t.Iterable[Row], wanted: str, missing: OptionError) -> Row:
    """A flavor that is offered, by its id.

    Raises:
        OptionError: C(missing), when there is none; or it is disabled.
    """
    for row in flavors:
        if text(row.get("flavor_id")) == wanted:
            if flag(row.get("disabled")):
                raise OptionError(f"size: {TITLE} does not offer {wanted} any more", hint=missing.hint, option="size")
            return row
    raise missing


def offered(flavors: t.Iterable[Row]) -> list[str | None]:
    """The ids of the flavors that can be chosen."""
    return [text(row.get("flavor_id")) for row in flavors if not flag(row.get("disabled"))]


def _named(row: Row, wanted: str) -> bool:
    return wanted in (text(row.get("id")), text(row.get("name")))


def _member(member: t.Any) -> dict[str, str | None]:
    """A server of a placement group, which may come as an id or as an object."""
    if not isinstance(member, dict):
        return Ref(text(member)).public()
    return Ref(text(member.get("instance_id")) or text(member.get("id")), text(member.get("instance_name")) or text(member.get("name"))).public()


def _entry(row: Row, region: str | None, **more: t.Any) -> dict[str, t.Any]:
    return {"id": text(row.get("id")), "name": text(row.get("name")), "region": region, **more}
