# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spellings that mean the same: tags, names, addresses, numbers.

Pure.
"""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
import typing as t


def text(value: t.Any) -> str | None:
    """A provider's scalar as text; None for null and the empty string."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value).strip() or None


def integer(value: t.Any) -> int | None:
    """A provider's number, which may arrive as text; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(float(str(value).strip()))
    except (ValueError, OverflowError):
        return None


def number(value: t.Any) -> float | None:
    """A provider's number that need not be whole, and may arrive as text; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(str(value).strip())
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def flag(value: t.Any) -> bool | None:
    """A provider's boolean, which may arrive as 0/1, "0"/"1" or a word; None when it is none."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off", ""):
        return False
    return None


def address_family(address: str) -> str | None:
    """C(ipv4), C(ipv6), or None when it is no address. Any prefix length is ignored."""
    try:
        return f"ipv{ipaddress.ip_address(address.split('/')[0].strip()).version}"
    except ValueError:
        return None


def canonical_address(address: str) -> str:
    """An address in the spelling that all of them are compared in; what is none stays as it is."""
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return address


def address_scope(address: str) -> str:
    """C(private) for RFC 1918, carrier-grade NAT, unique local and link-local addresses, else C(public).

    Documentation ranges count as public: they stand for public ones.
    """
    ip = ipaddress.ip_address(address)
    nets = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")
    return "private" if any(ip in ipaddress.ip_network(net) for net in nets if (":" in net) == (ip.version == 6)) else "public"


def plain_tags_to_map(tags: t.Iterable[str]) -> dict[str, str]:
    """Plain tags as a map: C(role=web) is C({role: web}), C(web) is C({web: ""}).

    Two plain tags of one key are shown whole, so that neither hides the other; so are those without a key.
    """
    unique = sorted({tag for tag in tags if tag})
    keys = [tag.partition("=")[0] for tag in unique]
    result: dict[str, str] = {}
    for tag, key in zip(unique, keys, strict=True):
        if not key or keys.count(key) > 1:
            result[tag] = ""
        else:
            result[key] = tag.partition("=")[2]
    return dict(sorted(result.items()))


def map_to_plain_tags(tags: t.Mapping[str, str]) -> list[str]:
    """The plain tags that show as this map."""
    return sorted(f"{key}={value}" if value else key for key, value in tags.items())


def one_line(message: str) -> str:
    """A provider's message without markup, line breaks and what would steer a terminal, at most 400 characters."""
    plain = "".join(c if c.isprintable() else " " for c in re.sub(r"<[^>]{0,200}>", " ", message))
    return re.sub(r"\s+", " ", plain).strip()[:400]


def epoch(moment: str | None) -> float | None:
    """A time of C(iso_utc) in seconds since 1970."""
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() if moment else None


def iso_of(seconds: float) -> str:
    """Seconds since 1970 as C(iso_utc) writes them."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def iso_utc(value: t.Any) -> str | None:
    """An ISO 8601 time in UTC with a trailing Z; None when it has no readable form."""
    if not value:
        return None
    raw = re.sub(r"\.\d+", "", str(value).strip().replace("Z", "+00:00"))
    raw = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", raw)
    try:
        moment = datetime.datetime.fromisoformat(raw)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        moment = moment.astimezone(datetime.timezone.utc)
    except (ValueError, OverflowError):
        return None
    if moment.year == 1:  # the zero time of APIs written in Go: no time at all
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
