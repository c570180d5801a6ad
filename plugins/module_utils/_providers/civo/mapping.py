# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From Civo's JSON to the neutral model. Pure: takes known keys only, and no secret (sections 4.1, 4.2 and 9)."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import ProtocolError
from ..._core.model import BUILDING, DELETING, ERROR, REBOOTING, RESIZING, RUNNING, STOPPED, UNKNOWN, Address, Instance, Ref
from ..._core.normalise import address_family, flag, integer, iso_utc, plain_tags_to_map, text
from .api import TITLE, Row

STATUSES: t.Mapping[str, str] = {
    "BUILDING": BUILDING,
    "INSTANCE-CREATE": BUILDING,
    "INSTALLING": BUILDING,
    "ACTIVE": RUNNING,
    "SHUTOFF": STOPPED,
    "REBOOTING": REBOOTING,
    "SCALING": RESIZING,
    "STOPPING": UNKNOWN,  # there is no neutral word for a server that is neither up nor down
    "MIGRATING": UNKNOWN,
    "DELETING": DELETING,
    "ERROR": ERROR,
    "FAILED": ERROR,
}
_SETTLED = (RUNNING, STOPPED, ERROR)
_DIMENSIONS = {"cpu": "cpu_cores", "memory_mb": "ram_mb", "disk_gb": "disk_gb"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RECOVERY_ON = ("enabled", "enable", "on", "true", "active")
_RECOVERY_OFF = ("disabled", "disable", "off", "false", "inactive")


def instance(row: Row, account: str, region: str) -> Instance:
    """One server.

    Args:
        row: the provider's object, from a list or a get.
        region: the code it was asked for with, since the object does not carry one.
    """
    word = text(row.get("status"))
    status = STATUSES.get((word or "").upper(), UNKNOWN)
    has = dimensions(row)
    network_id, firewall_id, key_id = (text(row.get(key)) for key in ("network_id", "firewall_id", "ssh_key_id"))
    return Instance(
        "civo",
        account,
        id=text(row.get("id")),
        name=text(row.get("hostname")),
        region=region,
        status=status,
        provider_status=word,
        image=_image(row),
        image_id=text(row.get("template_id")),
        size=text(row.get("size")),
        cpu=has["cpu"],
        memory_mb=has["memory_mb"],
        disk_gb=has["disk_gb"],
        username=text(row.get("initial_user")),
        addresses=tuple(_addresses(row)),
        tags=_tags(row.get("tags")),
        firewalls=(Ref(firewall_id),) if firewall_id else (),
        network_id=network_id,
        created_at=iso_utc(row.get("created_at")),
        not_read=("rescue",),
        settled=status in _SETTLED,
        networks=(Ref(network_id),) if network_id else None,
        ssh_keys=(Ref(key_id),) if key_id else (),
        facts={"notes": _verbatim(row.get("notes")), "reverse_dns": text(row.get("reverse_dns")) or "", "stays": tuple(_stays(row))},
    )


def _verbatim(value: t.Any) -> str:
    """A text that is sent back as it came, white space included."""
    return value if isinstance(value, str) else ""


def _image(row: Row) -> str | None:
    """C(source_id) is the image's name, unless the server was made from something else (H8)."""
    kind = (text(row.get("source_type")) or "diskimage").lower().replace("_", "")
    return text(row.get("source_id")) if kind == "diskimage" else None


def _addresses(row: Row) -> t.Iterator[Address]:
    for key, scope in (("public_ip", "public"), ("ipv6", "public"), ("private_ip", "private")):
        address = text(row.get(key))
        family = address_family(address) if address else None
        if address and family:
            main = key == "public_ip"
            yield Address(address.split("/")[0], family, scope, primary=main, rdns=text(row.get("reverse_dns")) if main else None)


def _tags(value: t.Any) -> dict[str, str]:
    tags = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return plain_tags_to_map(tag for tag in map(text, tags) if tag)


def _stays(row: Row) -> t.Iterator[str]:
    """What a delete leaves behind (section 4.9)."""
    reserved = text(row.get("reserved_ip")) or text(row.get("reserved_ip_id"))
    if reserved:
        yield f"reserved address {reserved}"
    volumes = row.get("attached_volumes")
    for volume in volumes if isinstance(volumes, list) else []:
        volume_id = text(volume.get("id")) if isinstance(volume, dict) else None
        if volume_id:
            yield f"volume {volume_id}"


def credentials(row: Row) -> dict[str, str | None] | None:
    """The first login, where an answer tells its password (section 4.10)."""
    password = text(row.get("initial_password"))
    return {"username": text(row.get("initial_user")), "password": password} if password else None


def recovery(row: Row) -> bool:
    """Whether recovery is switched on (reading 28).

    Raises:
        ProtocolError: the word is none of those that are known; names it.
    """
    word = str(row.get("result")).strip().lower()
    if word in _RECOVERY_ON or word in _RECOVERY_OFF:
        return word in _RECOVERY_ON
    raise ProtocolError(f"{TITLE} told the recovery state {word[:40]!r}, which is not known")


# -- what names are resolved against --------------------------------------------------------------------------------------


def ref(row: Row, key: str = "name") -> Ref:
    """Id and name of a row; C(key) is where the name stands."""
    return Ref(text(row["id"]), text(row.get(key)))


def guessed(wanted: str) -> Ref:
    """What is known of something that does not exist yet."""
    return Ref(wanted, None) if _UUID.fullmatch(wanted) else Ref(None, wanted)


def names(rows: t.Iterable[Row], key: str) -> dict[str, str | None]:
    """Names by id."""
    return {str(row["id"]): text(row.get(key)) for row in rows}


def dimensions(row: Row) -> dict[str, int | None]:
    """What an instance has or a size brings."""
    return {field: integer(row.get(theirs)) for field, theirs in _DIMENSIONS.items()}


def _named(row: Row, key: str = "name") -> dict[str, t.Any]:
    return {"id": text(row["id"]), "name": text(row.get(key)), "region": None}


def _region(row: Row) -> dict[str, t.Any]:
    code = text(row["code"])
    flags = {key: bool(flag(row.get(key))) for key in ("default", "out_of_capacity")}
    return {"id": code, "name": text(row.get("name")), "region": code, "country": text(row.get("country")), **flags}


def _image_row(row: Row) -> dict[str, t.Any]:
    return {**_named(row), "distribution": text(row.get("distribution")), "version": text(row.get("version")), "username": text(row.get("initial_user"))}


def _size(row: Row) -> dict[str, t.Any]:
    name = text(row["name"])
    return {"id": name, "name": name, "region": None, **dimensions(row), "price": None, "selectable": flag(row.get("selectable")) is not False}


# How the rows of C(vps_catalog_info) look; the caller adds the region.
CATALOG: t.Mapping[str, t.Callable[[Row], dict[str, t.Any]]] = {
    "regions": _region,
    "images": _image_row,
    "sizes": _size,
    "networks": lambda row: {**_named(row, "label"), "cidr": text(row.get("cidr")), "default": bool(flag(row.get("default")))},
    "firewalls": lambda row: {**_named(row), "network_id": text(row.get("network_id"))},
    "ssh_keys": lambda row: {**_named(row), "fingerprint": text(row.get("fingerprint"))},
}
