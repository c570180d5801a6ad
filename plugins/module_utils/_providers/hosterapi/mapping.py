# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HosterAPI.de's JSON as the neutral model. Pure; section 10 of the contract."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import OptionError
from ..._core.model import RUNNING, STOPPED, UNKNOWN, Address, Instance, Price
from ..._core.normalise import address_family, address_scope, integer, text
from .api import TITLE

_STATUSES = {"running": RUNNING, "stopped": STOPPED, "halted": STOPPED}  # any other word is unknown: polled on, never a success
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\b", re.IGNORECASE)  # "32", "32 GB DDR4 ECC" (section 8)
_DISK = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*", re.IGNORECASE)
_GIGABYTES = {"K": 1 / 1024**2, "M": 1 / 1024, "": 1.0, "G": 1.0, "T": 1024.0}

# The neutral names of what a change and an order carry.
WIRE_NAMES = {"image": "template", "cpu": "cpuCores", "memory_mb": "mem", "disk_gb": "disk", "ip_count": "ipCount"}


def plain_id(value: str, option: str = "id") -> str:
    """An id in its plain form.

    Raises:
        OptionError: it is no positive integer.
    """
    plain = str(value).strip()
    if not (plain.isascii() and plain.isdigit() and int(plain) > 0):
        raise OptionError(f"{option}: {TITLE} has whole positive numbers as ids, not {plain!r}", option=option)
    return str(int(plain))


def software_of(sid: str) -> str:
    """What the ledger calls a server where it keeps marks of software."""
    return f"software {sid}"


def disk_gb(value: t.Any) -> int | None:
    """A disk's size in whole GB, which arrives as text with or without a unit; None when it has no readable form."""
    found = _DISK.fullmatch(str(value))
    return int(float(found[1]) * _GIGABYTES[found[2].upper()]) if found else None


def power(status: t.Mapping[str, t.Any]) -> tuple[str | None, str]:
    """The provider's word for a state of power, and what it means."""
    word = text(status.get("state"))
    return word, _STATUSES.get((word or "").lower(), UNKNOWN)


def to_wire(fields: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Neutral fields as the body of a create or change."""
    return {WIRE_NAMES[name]: f"{value}G" if name == "disk_gb" else value for name, value in fields.items()}


def addresses(ips: t.Any) -> tuple[Address, ...]:
    """A server's addresses; the first public IPv4 one is the primary one."""
    found: list[Address] = []
    for item in ips or ():
        address = str(item).partition("/")[0].strip()
        family = address_family(address)
        if family is None:
            continue
        scope = address_scope(address)
        first = family == "ipv4" and scope == "public" and not any(each.primary for each in found)
        found.append(Address(address, family, scope, first))
    return tuple(found)


def traits(config: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a server's configuration tells of the order that made it, under neutral names; C(ip_count) counts IPv4 (HA-10)."""
    return {
        "image": text(config.get("template")),
        "cpu": integer(config.get("cpuCores")),
        "memory_mb": integer(config.get("mem")),
        "disk_gb": disk_gb(config.get("disk")),
        "ip_count": sum(address_family(str(item)) == "ipv4" for item in config.get("ips") or ()),
    }


def instance(sid: str, config: t.Mapping[str, t.Any], status: t.Mapping[str, t.Any], *, name: str | None, account: str) -> Instance:
    """A server from its configuration and status; C(facts) keeps the uptime in seconds."""
    word, neutral = power(status)
    shown = traits(config)
    return Instance(
        "hosterapi",
        account,
        id=sid,
        name=name,
        status=neutral,
        provider_status=word,
        image=shown["image"],
        cpu=shown["cpu"],
        memory_mb=shown["memory_mb"],
        disk_gb=shown["disk_gb"],
        addresses=addresses(config.get("ips")),
        settled=neutral != UNKNOWN,
        facts={"uptime": integer(status.get("uptime"))},
    )


def hardware(configuration: t.Any) -> dict[str, t.Any]:
    """What a dedicated machine is made of, in one spelling: sizes in GB, the price in EUR a month (section 8)."""
    cpu, ram, location = (_part(configuration, name) for name in ("cpu", "ram", "location"))
    price = text(configuration.get("price")) if isinstance(configuration, dict) else None
    disk = _part(configuration, "storage")
    storage = {"type": text(disk.get("type")), "count": integer(disk.get("count")), "size_gb": _gigabytes(disk.get("size"))}
    return {
        "cpu": text(cpu.get("type")),
        "cpu_count": integer(cpu.get("count")),
        "memory_gb": _gigabytes(ram.get("size")),
        "storage": [storage] if disk else [],
        "location": {"id": text(location.get("id")), "name": text(location.get("name"))} if location else None,
        "price": Price(price, "EUR", "month").public() if price else None,
    }


def offer(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A machine of the market."""
    named = {"id": str(integer(row["id"])), "model": text(row.get("model")), "description": text(row.get("description"))}
    return {**named, **hardware(row.get("configuration"))}


def _part(configuration: t.Any, name: str) -> dict[str, t.Any]:
    part = configuration.get(name) if isinstance(configuration, dict) else None
    return part if isinstance(part, dict) else {}


def _gigabytes(value: t.Any) -> int | None:
    found = _AMOUNT.match(str(value))
    return int(float(found[1]) * _GIGABYTES[found[2].upper()]) if found else None


def credentials(output: t.Mapping[str, t.Any]) -> dict[str, str | None] | None:
    """Login user and password of a finished job or a password reset; None where there is no password."""
    password = output.get("password")
    return {"username": text(output.get("user")), "password": str(password)} if password else None
