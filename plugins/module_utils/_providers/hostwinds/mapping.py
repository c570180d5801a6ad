# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostwinds' JSON as the neutral model.

Pure, and an allow-list: C(password), C(configkey) and the objects that may embed keys are never looked at (section 12).
Any number may arrive as text and anything may be null (section 5).
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ..._core.model import (
    ABSENT,
    BUILDING,
    DELETING,
    ERROR,
    REBOOTING,
    REBUILDING,
    RESCUE,
    RESIZING,
    RUNNING,
    STOPPED,
    SUSPENDED,
    UNKNOWN,
    Address,
    Firewall,
    Instance,
    Price,
    Ref,
)
from ..._core.normalise import address_family, address_scope, flag, integer, number, text
from ..openstack import everywhere, rule_of
from .api import Row, row_id

NOT_READ = ("firewalls", "size")  # each costs a call of its own

_RESIZED = "resized"  # terminal until confirmed or reverted, but shown as resizing
_WORDS = {
    "build": BUILDING,
    "building": BUILDING,
    "rebuild": REBUILDING,
    "active": RUNNING,
    "shutoff": STOPPED,
    "stopped": STOPPED,
    "reboot": REBOOTING,
    "hard_reboot": REBOOTING,
    "rescue": RESCUE,
    "rescued": RESCUE,
    "resize": RESIZING,
    "migrating": RESIZING,
    "revert_resize": RESIZING,
    "password": RESIZING,
    "resized": _RESIZED,
    "verify_resize": _RESIZED,
    "suspended": SUSPENDED,
    "paused": SUSPENDED,
    "error": ERROR,
    "deleted": ABSENT,
    "soft_deleted": ABSENT,
}
_POWER_STATES: dict[int | None, str] = {0: BUILDING, 1: RUNNING, 3: SUSPENDED, 4: STOPPED, 6: ERROR, 7: SUSPENDED}
_TASKS = {
    "deleting": DELETING,
    "soft-deleting": DELETING,
    "scheduling": BUILDING,
    "networking": BUILDING,
    "block_device_mapping": BUILDING,
    "spawning": BUILDING,
    "rebuild": REBUILDING,
    "reboot": REBOOTING,
    "resize": RESIZING,
    "migrating": RESIZING,
}  # beginnings of task_state
_MOVING = (BUILDING, REBUILDING, REBOOTING, RESIZING, DELETING, UNKNOWN)
_EVIDENCE = ("updated_at", "launched_at", "created_at", "server_uuid", "template_uuid", "image_ref")  # section 7
_UPGRADE_VALUES = ("upgrade_ram", "upgrade_cpu", "upgrade_disk")
_ADDRESS_KEYS = ("ip", "ips", "dedicatedip", "ip_v6", "address")
ISO = "cd"  # the template of a server that was made to boot an ISO (section 5)

BILLING_CYCLES = {
    "hourly": "hour",
    "monthly": "month",
    "quarterly": "quarter",
    "semiannually": "half-year",
    "annually": "year",
    "biennially": "2 years",
    "triennially": "3 years",
}


def instance(row: Row, account: str) -> Instance:
    """A row of get_instance or get_instances; a short row of get_instance_ids gives an instance of unknown status."""
    word = _canonical(row)
    task = text(row.get("task_state"))
    status = RESIZING if word == _RESIZED else word
    if task and status != ABSENT:
        status = next((found for beginning, found in _TASKS.items() if task.lower().startswith(beginning)), status)
    settled = not task and (word == _RESIZED or status not in _MOVING)
    template, reference = text(row.get("template_uuid")), text(row.get("image_ref"))
    return Instance(
        provider="hostwinds",
        account=account,
        id=row_id(row),
        name=text(row.get("srvrname")),
        region=_number_text(row.get("location_id")),
        status=status,
        provider_status=text(row.get("status")) or text(row.get("vm_state")),
        locked=flag(row["locked"]) if row.get("locked") not in (None, "") else None,
        rescue=_rescue(row, word),
        image_id=template or reference,
        cpu=integer(row.get("cpu")),
        memory_mb=integer(row.get("ram")),  # MB here, GB in price lists (HW-20)
        disk_gb=integer(row.get("disk")),
        addresses=addresses(row),
        not_read=NOT_READ,
        settled=settled,
        facts={
            "evidence": tuple(text(row.get(key)) for key in _EVIDENCE),
            "templates": tuple(value for value in (template, reference) if value),
            "iso": template == ISO,
            "resized": word == _RESIZED,
            "upgrade": word == _RESIZED or ordered_upgrade(row),
            "upgrade_ordered": ordered_upgrade(row),
            "billing_cycle": re.sub(r"[^a-z]", "", str(row.get("billingcycle") or "").lower()),
        },
    )


def _canonical(row: Row) -> str:
    """Section 6: suspension, then status, then vm_state, then power_state; an unknown word is unknown, never a guess."""
    if flag(row.get("is_suspended")):
        return SUSPENDED
    word = text(row.get("status")) or text(row.get("vm_state"))
    if word:
        return _WORDS.get(word.lower(), UNKNOWN)
    return _POWER_STATES.get(integer(row.get("power_state")), UNKNOWN)


def _rescue(row: Row, word: str) -> bool | None:
    if word == RESCUE or (text(row.get("vm_state")) or "").lower() == "rescued":
        return True
    return None if word == UNKNOWN else False


def ordered_upgrade(row: Row) -> bool:
    """Whether the row tells of an upgrade that was ordered and is not applied (HW-30)."""
    return any(number(row.get(key)) not in (None, 0) for key in _UPGRADE_VALUES)


# -- addresses ------------------------------------------------------------------------------------------------------------


def addresses(row: Row) -> tuple[Address, ...]:
    """The addresses of a row; the primary one is C(main_ip) (HW-16)."""
    main = _addresses_in(row.get("main_ip") or row.get("dedicatedip"))[:1]
    private = _addresses_in(row.get("private_ip"))
    everything = [*main, *_addresses_in(row.get("ips")), *_addresses_in(row.get("ip_v6")), *private]
    return tuple(_address(address, address in main, address in private) for address in dict.fromkeys(everything))


def merged(known: t.Sequence[Address], listed: t.Any) -> tuple[Address, ...]:
    """The known addresses and whatever get_instance_ips lists beyond them."""
    seen = {address.address for address in known}
    return (*known, *(_address(address, False, False) for address in dict.fromkeys(_addresses_in(listed)) if address not in seen))


def _address(address: str, primary: bool, private: bool) -> Address:
    family = address_family(address) or ""
    return Address(address, family, "private" if private else address_scope(address), primary)


def _addresses_in(value: t.Any) -> list[str]:
    """Addresses in a string, a list, or objects with address fields or groups, in canonical spelling."""
    if isinstance(value, str):
        found = [part.split("/")[0] for part in re.split(r"[,;\s]+", value) if address_family(part)]
        usable = [ipaddress.ip_address(part) for part in found]
        return [str(ip) for ip in usable if not ip.is_unspecified]
    if isinstance(value, dict):
        value = [item for key, item in value.items() if key in _ADDRESS_KEYS or isinstance(item, (list, dict))]
    return [address for item in value for address in _addresses_in(item)] if isinstance(value, list) else []


# -- plans and profiles -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """A row of the price list; C(rid) is the plan number that C(size) names."""

    rid: str
    name: str | None
    cpu: int | None
    memory_mb: int | None
    disk_gb: int | None
    prices: t.Mapping[str, str]
    current: bool

    def price(self, billing_cycle: str | None) -> Price | None:
        """What it costs in one billing cycle, by default a month; the list names no currency."""
        cycle = billing_cycle or "monthly"
        amount = self.prices.get(cycle)
        return Price(amount, None, BILLING_CYCLES[cycle]) if amount is not None else None

    def public(self) -> dict[str, t.Any]:
        """The entry of the catalogue."""
        price = self.price(None)
        return {
            "id": self.rid,
            "name": self.name,
            "region": None,
            "cpu": self.cpu,
            "memory_mb": self.memory_mb,
            "disk_gb": self.disk_gb,
            "price": price.public() if price else None,
            "available": True,  # nothing else is listed
        }

    def resources(self, custom: t.Collection[str]) -> dict[str, int | None]:
        """What a server of this plan has; unknown where C(custom) values were asked for, since no list tells which plans take them."""
        found = {"cpu": self.cpu, "memory_mb": self.memory_mb, "disk_gb": self.disk_gb}
        return {key: None if key in custom else value for key, value in found.items()}


def plan(row: Row) -> Plan:
    """A row of the price list."""
    gigabytes = number(row.get("ram"))
    return Plan(
        rid=str(integer(row.get("rid"))),
        name=text(row.get("name")),
        cpu=_whole(number(row.get("cpu"))),
        memory_mb=_whole(gigabytes * 1024) if gigabytes is not None else None,
        disk_gb=_whole(number(row.get("disk"))),
        prices={cycle: str(text(row.get(cycle))) for cycle in BILLING_CYCLES if (number(row.get(cycle)) or 0) > 0},
        current=flag(row.get("current")) is True,
    )


def profile(row: Row) -> Ref:
    """A firewall profile by id and name."""
    return Ref(text(row.get("id")), text(row.get("name")))


def firewall(row: Row) -> Firewall:
    """A firewall profile with its rules, which tell of no addresses: each is about everything of its ethertype (section 11)."""
    ref, listed = profile(row), row.get("security_group_rules")
    listed = list(listed.values()) if isinstance(listed, dict) else listed  # section 3, 5: a map where a list is expected
    rules = tuple(rule_of(rule, everywhere(rule)) for rule in listed if isinstance(rule, dict)) if isinstance(listed, list) else ()
    return Firewall("hostwinds", ref.id, ref.name, text(row.get("description")) or "", rules=rules, standard=ref.name == "default")


# -- numbers ----------------------------------------------------------------------------------------------------------------


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and value > 0 and value == int(value) else None


def _number_text(value: t.Any) -> str | None:
    number = integer(value)
    return None if number is None else str(number)
