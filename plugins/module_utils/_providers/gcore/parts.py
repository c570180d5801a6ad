# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is made of: where its system comes from, its interfaces and its volumes (contract section 5.4).

What the options alone show is refused before any request; names are resolved with reads only.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial

from ..._core.errors import OptionError
from ..._core.normalise import address_family, flag, integer, text
from .api import TITLE, Row
from .catalogue import Catalogue, Place
from .storage import AVAILABLE, Storage

Fields = t.Mapping[str, t.Any]
Known = t.Callable[[str, list[str], t.Callable[[], t.Any]], t.Any]

VOLUME_TYPES = ("standard", "ssd_hiiops", "ssd_lowlatency", "ssd_local", "cold", "ultra")
LONGEST_INTERFACE_NAME = 37
_EXCLUDED = {"interfaces": ("network", "public_ip"), "volumes": ("disk_gb",), "app_template": ("image",)}


def check_parts(fields: Fields) -> None:
    """Refuse what cannot be together, and what no interface or volume can be.

    Raises:
        OptionError: names the option and what to write instead.
    """
    for option, others in _EXCLUDED.items():
        for other in others:
            if fields.get(option) is not None and fields.get(other) is not None:
                raise OptionError(f"{option} and {other} say the same at {TITLE} in two ways", hint="Leave one of them out.", option=option)
    if fields.get("app_config") is not None and fields.get("app_template") is None:
        raise OptionError("app_config: there is no application template to configure", hint="Add app_template.", option="app_config")
    for option, check in _ENTRY.items():
        if fields.get(option) == []:
            raise OptionError(f"{option}: a server at {TITLE} has one at least", hint=f"Name one, or leave {option} out.", option=option)
        for number, each in enumerate(fields.get(option) or (), 1):
            check(f"{option}, entry {number}", each, fields)
    if fields.get("volumes"):
        _check_volumes(fields["volumes"], fields)


def boot_volume(volumes: t.Sequence[Fields]) -> Fields:
    """The volume that a server is to start from: the one that is marked so, else the first."""
    return next((each for each in volumes if each.get("boot")), volumes[0])


def has_source(volume: Fields) -> bool:
    """Whether a volume brings its content along."""
    return bool(volume.get("snapshot") or volume.get("id"))


def _check_interface(where: str, wanted: Fields, fields: Fields) -> None:
    external, network, address, family = (wanted.get(key) for key in ("external", "network", "address", "address_family"))
    if bool(external) is bool(network):
        raise _refusal(where, "it is either external or in a network", "Give external: true, or network.")
    if external and (address or wanted.get("public_ip")):
        raise _refusal(where, "an external interface gets its public address from the provider", "Leave address and public_ip out.")
    if address is not None and address_family(address) is None:
        raise _refusal(where, f"{address!r} is no address", "Give one IPv4 or IPv6 address of the network.")
    if address is not None and family is not None and family != address_family(address):
        raise _refusal(where, f"{address} is not of address_family {family}", "Leave address_family out.")
    if len(wanted.get("name") or "") > LONGEST_INTERFACE_NAME:
        raise _refusal(where, f"its name has more than {LONGEST_INTERFACE_NAME} characters", "Shorten it.")
    groups = wanted.get("firewalls")
    if groups == []:
        raise _refusal(where, "an empty list of firewalls means the default one at creation", "Name one, or leave firewalls out.")
    if groups and fields.get("firewalls") is not None:
        raise _refusal(where, "the option firewalls is about all interfaces alike", "Give firewalls here or there.")


def _check_volume(where: str, wanted: Fields, _fields: Fields) -> None:
    size, kind = wanted.get("size_gb"), wanted.get("type")
    if wanted.get("snapshot") and wanted.get("id"):
        raise _refusal(where, "it is either made of a snapshot or exists already", "Leave snapshot or id out.")
    if wanted.get("id") and any(wanted.get(key) is not None for key in ("size_gb", "type", "name")):
        raise _refusal(where, "an existing volume is taken as it is", "Leave size_gb, type and name out.")
    if size is not None and size < 1:
        raise _refusal(where, f"size_gb must be at least 1, not {size}", "Give GiB.")
    if kind is not None and kind not in VOLUME_TYPES:
        raise _refusal(where, f"{TITLE} knows no volume type {kind!r}", f"One of: {', '.join(VOLUME_TYPES)}.")


def _check_volumes(volumes: t.Sequence[Fields], fields: Fields) -> None:
    if sum(1 for each in volumes if each.get("boot")) > 1:
        raise OptionError("volumes: a server starts from one of them", hint="Mark one with boot: true.", option="volumes")
    existing = [each["id"] for each in volumes if each.get("id")]
    if len(existing) > len(set(existing)):
        raise OptionError("volumes: one volume is named twice", hint="Name each once.", option="volumes")
    origin = next((option for option in ("image", "app_template") if fields.get(option) is not None), None)
    if has_source(boot_volume(volumes)) and origin:
        raise OptionError(
            f"volumes: the boot volume brings its own system, so {origin} would not be used",
            hint=f"Leave {origin} out, or mark another volume with boot: true.",
            option="volumes",
        )


@dataclass(frozen=True)
class Origin:
    """What a boot volume is made of.

    Args:
        kind: in words; empty where the volume brings its own system.
        row: the image or application template.
        source: how a request names it.
    """

    kind: str = ""
    row: Row | None = None
    source: Row | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.get('display_name') or self.get('name')}"

    def get(self, key: str) -> t.Any:
        """What its list says of it."""
        return (self.row or {}).get(key)

    @property
    def windows(self) -> bool:
        """Whether the access rules of Windows hold; application templates tell the name of their system only."""
        return "windows" in f"{self.get('os_type')} {self.get('os_name')}".lower()

    def disk_size(self, wanted: int | None, option: str) -> int:
        """GiB of the boot volume: as wanted, else the minimum (reading 36).

        Raises:
            OptionError: below the minimum, or neither is known.
        """
        least = integer(self.get("min_disk")) or 0
        size = least if wanted is None else wanted
        if size < 1:
            raise OptionError(f"{option} is needed, since {self} tells no minimum size", hint=f"Give {option}.", option=option)
        if size < least:
            raise OptionError(f"{option}: {self} needs at least {least} GiB, not {size}", hint=f"Give {least} or more.", option=option)
        return size

    def check_size(self, flavor: Row, wanted: str) -> None:
        """Refuse a size that is too small.

        Raises:
            OptionError: says what it lacks.
        """
        for least, has, what in (("min_vcpus", "vcpus", "cores"), ("min_ram", "ram", "MiB of memory")):
            needed, offered = integer(self.get(least)) or 0, integer(flavor.get(has))
            if offered is not None and offered < needed:
                raise OptionError(f"size: {self} needs at least {needed} {what}, and {wanted} has {offered}", hint="Choose a bigger size.", option="size")


class Parts:
    """Builds the parts of a request.

    Args:
        known: finds something, or notes in check mode that an earlier task may make it.
    """

    def __init__(self, catalogue: Catalogue, storage: Storage, known: Known) -> None:
        self._catalogue = catalogue
        self._storage = storage
        self._known = known

    def image(self, region: str, wanted: str) -> Origin:
        """An image by name or id."""
        row = self._catalogue.image(region, wanted)
        return Origin("image", row, {"source": "image", "image_id": row["id"]})

    def origin(self, region: str, fields: Fields, unknown: list[str]) -> Origin:
        """What the boot volume is made of.

        Raises:
            OptionError: nothing says it.
        """
        if fields.get("image") is not None:
            return self.image(region, fields["image"])
        if fields.get("app_template") is not None:
            row = self._catalogue.app_template(region, fields["app_template"])
            return Origin("application template", row, {"source": "apptemplate", "apptemplate_id": row["id"]})
        self._known("system of the boot volume", unknown, partial(_check_boot, fields["volumes"]))
        return Origin()

    # -- interfaces -------------------------------------------------------------------------------------------------

    def interface(self, region: str, wanted: Fields, unknown: list[str]) -> tuple[Row, str | None]:
        """An interface, and the name of its network where it is known."""
        family, network = wanted.get("address_family"), wanted.get("network")
        named: Row = {"interface_name": wanted["name"]} if wanted.get("name") else {}
        external: Row = {"type": "external", "ip_family": family or "ipv4", **named}
        if network is None:
            return external, None
        place: Place | None = self._known(f"network {network}", unknown, lambda: self._catalogue.place(region, network))
        if place is None:
            return {"type": "any_subnet"}, network
        if (place.external or place.subnet) and (wanted.get("address") or (family and place.subnet)):
            what = "an external network" if place.external else "a single subnet"
            raise OptionError(f"interfaces: {network} is {what}, where {TITLE} chooses the address", hint="Leave the address out.", option="interfaces")
        name = text(place.network.get("name"))
        if place.external:
            return external, name
        body: Row = {"type": "any_subnet", "network_id": place.network["id"], **named}
        if place.subnet:
            body.update(type="subnet", subnet_id=place.subnet["id"])
        body.update({key: value for key, value in (("ip_address", wanted.get("address")), ("ip_family", family)) if value})
        if wanted.get("public_ip"):
            body["floating_ip"] = {"source": "new"}
        return body, name

    # -- volumes ----------------------------------------------------------------------------------------------------

    def volumes(self, region: str, fields: Fields, origin: Origin, unknown: list[str]) -> list[Row]:
        """The volumes; without the option one, made of the origin."""
        wanted = fields.get("volumes")
        if not wanted:
            return [{**(origin.source or {}), "size": origin.disk_size(fields.get("disk_gb"), "disk_gb"), "boot_index": 0}]
        boot, bodies = boot_volume(wanted), []
        for number, each in enumerate(wanted, 1):
            build = partial(self._volume, region, each, origin if each is boot else None)
            body = self._known(f"volume {each.get('id') or each.get('snapshot') or number}", unknown, build)
            bodies += [body] if body else []
        return bodies

    def _volume(self, region: str, wanted: Fields, origin: Origin | None) -> Row:
        """One of several volumes; C(origin) is None but for the boot volume."""
        size = wanted.get("size_gb")
        if wanted.get("id"):
            body = self._existing(region, wanted["id"], boots=origin is not None)
        elif wanted.get("snapshot"):
            body = self._copied(region, wanted["snapshot"], size)
        elif origin is not None and origin.source:
            body = {**origin.source, "size": origin.disk_size(size, "volumes")}
        elif size is not None:
            body = {"source": "new-volume", "size": size}
        else:
            raise OptionError("volumes: an empty volume needs a size", hint="Give size_gb, snapshot or id.", option="volumes", missing=True)
        if origin is not None:
            body["boot_index"] = 0
        named = {"name": wanted.get("name"), "type_name": wanted.get("type")}
        body.update({key: value for key, value in named.items() if value})
        return {**body, "delete_on_termination": True} if wanted.get("keep") is False else body

    def _existing(self, region: str, volume_id: str, *, boots: bool) -> Row:
        row = self._storage.volume(region, volume_id)
        status = (text((row or {}).get("status")) or "").lower()
        if row is None or status != AVAILABLE or (boots and flag(row.get("bootable")) is False):
            why = f"knows no volume {volume_id!r} in region {region}" if row is None else f"has volume {volume_id} as {status}, not {AVAILABLE}"
            if row is not None and status == AVAILABLE:
                why = f"cannot boot from volume {volume_id}"
            hint = "Give the id of a volume that is attached to nothing."
            raise OptionError(f"volumes: {TITLE} {why}", hint=hint, option="volumes", missing=row is None)
        return {"source": "existing-volume", "volume_id": volume_id}

    def _copied(self, region: str, snapshot: str, size: int | None) -> Row:
        row = self._catalogue.snapshot(region, snapshot)
        least = integer(row.get("size")) or 1
        if size is not None and size < least:
            raise OptionError(f"volumes: snapshot {snapshot} needs at least {least} GiB, not {size}", hint="Leave size_gb out.", option="volumes")
        return {"source": "snapshot", "snapshot_id": row["id"], "size": size or least}


def _check_boot(volumes: t.Sequence[Fields]) -> None:
    if not has_source(boot_volume(volumes)):
        hint = "Give image or app_template, or its snapshot or id."
        raise OptionError("volumes: nothing says what the boot volume is made of", hint=hint, option="volumes", missing=True)


def _refusal(where: str, why: str, hint: str) -> OptionError:
    return OptionError(f"{where}: {why}", hint=hint, option=where.partition(",")[0])


_ENTRY: t.Mapping[str, t.Callable[[str, Fields, Fields], None]] = {"interfaces": _check_interface, "volumes": _check_volume}
