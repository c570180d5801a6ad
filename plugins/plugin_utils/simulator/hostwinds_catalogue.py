# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a simulated Hostwinds account can buy and choose from: plans with prices, templates, locations, firewall profiles."""

from __future__ import annotations

import typing as t

Record = dict[str, t.Any]

CYCLE_MONTHS: t.Final[t.Mapping[str, float]] = {
    "hourly": 1 / 730,
    "monthly": 1,
    "quarterly": 3,
    "semiannually": 6,
    "annually": 12,
    "biennially": 24,
    "triennially": 36,
}
CUSTOM_RID = 90
CLEANUP_FEE = 5.0
MANAGEMENT_FEE = 6.0

_CORE_PRICE, _GIGABYTE_PRICE, _DISK_PRICE = 2.0, 3.0, 0.05


def plans() -> list[Record]:
    """The plans: C(ram) in MB, C(disk) and C(bandwidth) in GB (HW-20), C(price) a month; the custom one has the least it can have."""
    fixed = [
        (1, "1 CPU / 1 GB", 1, 1024, 30, 1000, 4.99),
        (2, "1 CPU / 2 GB", 1, 2048, 50, 2000, 9.99),
        (3, "2 CPU / 2 GB", 2, 2048, 75, 2000, 12.99),
        (4, "2 CPU / 4 GB", 2, 4096, 100, 2000, 18.99),
        (5, "4 CPU / 8 GB", 4, 8192, 150, 3000, 38.99),
        (6, "8 CPU / 16 GB", 8, 16384, 250, 5000, 76.99),
    ]
    rows: list[Record] = [
        {"rid": rid, "name": name, "cpu": cpu, "ram": ram, "disk": disk, "bandwidth": bandwidth, "price": price, "custom": False}
        for rid, name, cpu, ram, disk, bandwidth, price in fixed
    ]
    rows.append({"rid": CUSTOM_RID, "name": "Custom", "cpu": 1, "ram": 1024, "disk": 25, "bandwidth": 1000, "price": 0.0, "custom": True})
    return rows


def templates() -> list[Record]:
    """The templates; either id can be sent (HW-26). C(cd) stands for an ISO image."""
    return [
        {"uuid": "5a0e1d52-2404-4c1b-a3f0-0d6f7a2b2404", "base_image_ref": "img-ubuntu-24.04", "name": "Ubuntu 24.04"},
        {"uuid": "5a0e1d52-2204-4c1b-a3f0-0d6f7a2b2204", "base_image_ref": "img-ubuntu-22.04", "name": "Ubuntu 22.04"},
        {"uuid": "5a0e1d52-0012-4c1b-a3f0-0d6f7a2b0012", "base_image_ref": "img-debian-12", "name": "Debian 12"},
        {"uuid": "5a0e1d52-0009-4c1b-a3f0-0d6f7a2b0009", "base_image_ref": "img-almalinux-9", "name": "AlmaLinux 9"},
        {"uuid": "cd", "base_image_ref": "cd", "name": "ISO image"},
    ]


def locations() -> dict[str, str]:
    """Location ids and their names."""
    return {"1": "Seattle", "2": "Dallas", "3": "Amsterdam"}


def firewalls() -> list[Record]:
    """The profiles; one was made by the user and so bears a unique prefix (section 11)."""
    return [
        _profile("1", "default", "Everything", [(None, None)]),
        _profile("2", "web", "HTTP and HTTPS", [("tcp", 80), ("tcp", 443)]),
        _profile("3", "smtp", "Mail server", [("tcp", 25), ("tcp", 465), ("tcp", 587), ("tcp", 993), ("tcp", 995)]),
        _profile("41", "8f3a1c-webstack", "SSH and web", [("tcp", 22), ("tcp", 80), ("tcp", 443)]),
    ]


def _profile(number: str, name: str, description: str, openings: list[tuple[str | None, int | None]]) -> Record:
    rules = [
        {"direction": "ingress", "ethertype": "IPv4", "protocol": protocol, "port_range_min": port, "port_range_max": port, "description": description}
        for protocol, port in openings
    ]
    return {"id": number, "name": name, "description": description, "security_group_rules": rules}


def size_of(plan: Record, wanted: t.Mapping[str, t.Any]) -> Record:
    """What a plan gives; only the custom one listens to C(wanted)."""
    return {part: int(wanted.get(part, plan[part])) if plan["custom"] else plan[part] for part in ("cpu", "ram", "disk", "bandwidth")}


def price(plan: Record, size: Record, cycle: str) -> float:
    """What a plan of that size costs for a billing cycle."""
    monthly = size["cpu"] * _CORE_PRICE + size["ram"] / 1024 * _GIGABYTE_PRICE + size["disk"] * _DISK_PRICE if plan["custom"] else plan["price"]
    return float(round(monthly * CYCLE_MONTHS[cycle], 4 if cycle == "hourly" else 2))


def price_row(plan: Record, current: bool) -> Record:
    """A row of C(get_price_list): numbers as text, C(ram) in GB (section 9)."""
    size = size_of(plan, {})
    prices = {cycle: f"{price(plan, size, cycle):.2f}" for cycle in CYCLE_MONTHS if cycle != "hourly"}
    return {
        "id": 1000 + plan["rid"],
        "rid": plan["rid"],
        "name": plan["name"],
        "ram": f"{size['ram'] / 1024:g}",
        "cpu": str(size["cpu"]),
        "disk": str(size["disk"]),
        "bandwidth": str(size["bandwidth"]),
        **prices,
        "mtotal": prices["monthly"],
        "mysort": plan["rid"],
        "current": int(current),
        "percent": 0,
        "promo": [],  # PHP's empty object
        "cycles": {cycle: {"price": amount} for cycle, amount in prices.items()},
        "firsts": [],
        "resource": "custom" if plan["custom"] else None,
    }
