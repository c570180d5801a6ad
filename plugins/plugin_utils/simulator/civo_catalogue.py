# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fresh simulated Civo account finds: regions, sizes, images, networks, firewalls, keys and quota limits.

Identifiers of the catalogue are made from names, so they stay the same over resets and releases.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
import uuid

Row = dict[str, t.Any]  # a stored resource: the provider's fields, and under "_" what the API does not show

PRIVATE_REGION = "PRIV1"

REGIONS: tuple[tuple[str, str, str, str], ...] = (
    ("LON1", "London 1", "gb", "United Kingdom"),
    ("NYC1", "New York 1", "us", "United States"),
    ("FRA1", "Frankfurt 1", "de", "Germany"),
    (PRIVATE_REGION, "Private region 1", "gb", "United Kingdom"),
)

# name, type, cores, memory in MB, disk in GB, selectable
SIZES: tuple[tuple[str, str, int, int, int, bool], ...] = (
    ("g3.xsmall", "Instance", 1, 1024, 25, True),
    ("g3.small", "Instance", 1, 2048, 25, True),
    ("g3.medium", "Instance", 2, 4096, 50, True),
    ("g3.large", "Instance", 4, 8192, 100, True),
    ("g4c.small", "Instance", 4, 2048, 25, True),
    ("g2.small", "Instance", 1, 2048, 25, False),
    ("g3.db.small", "Database", 2, 4096, 80, True),
    ("g4s.kube.small", "Kubernetes", 1, 2048, 40, True),
    ("g3.k3s.medium", "KfCluster", 4, 8192, 60, True),
)

# name, distribution, version, login user, custom
IMAGES: tuple[tuple[str, str, str, str, bool], ...] = (
    ("ubuntu-focal", "ubuntu", "20.04", "ubuntu", False),
    ("ubuntu-jammy", "ubuntu", "22.04", "ubuntu", False),
    ("ubuntu-noble", "ubuntu", "24.04", "ubuntu", False),
    ("debian-11", "debian", "11", "debian", False),
    ("debian-12", "debian", "12", "debian", False),
    ("rocky-9-1", "rocky", "9.1", "rocky", False),
    ("almalinux-9", "almalinux", "9", "", False),
    ("1.30.5-k3s1", "k3s", "1.30.5", "", False),
    ("talos-v1.8.1", "talos", "1.8.1", "", False),
    ("golden-image", "ubuntu", "22.04", "ubuntu", True),
)

QUOTA_LIMITS: t.Mapping[str, int] = {
    "instance_count": 20_000,
    "cpu_core": 80_000,
    "ram_mb": 160_000_000,
    "disk_gb": 2_000_000,
    "disk_volume_count": 1_000,
    "disk_snapshot_count": 1_000,
    "public_ip_address": 20_000,
    "security_group": 1_000,
    "security_group_rule": 10_000,
    "network_count": 100,
}

ANYWHERE = "0.0.0.0/0"


def fixed_id(*words: str) -> str:
    """The identifier of a catalogue entry, the same in every account."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, ".".join(words) + ".civo.invalid"))


def firewall_rule(rule_id: str, protocol: str, start: str, end: str, label: str | None, **fields: t.Any) -> Row:
    """A rule as the provider answers it (Civo 5.1): ports are strings, both empty for icmp; open to all unless C(fields) differ."""
    ports = start if start == end else f"{start}-{end}"
    rule = {"id": rule_id, "protocol": protocol, "start_port": start, "end_port": end, "ports": ports, "cidr": [ANYWHERE], "direction": "ingress"}
    return {**rule, "action": "allow", "label": label, **fields}


def regions() -> list[Row]:
    """Rows of C(GET /v2/regions); the first one is the account's default and the only one that says so."""
    rows = []
    for code, name, country, country_name in REGIONS:
        private = code == PRIVATE_REGION
        features = {
            "iaas": True,
            "kubernetes": not private,
            "object_store": not private,
            "loadbalancer": True,
            "dbaas": not private,
            "volume": True,
            "gpu": False,
        }
        row = {"code": code, "name": name, "type": "private" if private else "public", "country": country, "country_name": country_name}
        rows.append({**row, "out_of_capacity": False, "features": features})
    rows[0]["default"] = True
    return rows


def sizes() -> list[Row]:
    """Rows of C(GET /v2/sizes), database and cluster sizes included (Civo 8)."""
    return [
        {
            "type": kind,
            "name": name,
            "nice_name": name.rpartition(".")[2].capitalize(),
            "cpu_cores": cores,
            "gpu_count": 0,
            "gpu_type": "",
            "ram_mb": memory,
            "disk_gb": disk,
            "transfer_tb": cores,
            "description": f"{kind}: {cores} cores, {memory} MB, {disk} GB",
            "selectable": selectable,
        }
        for name, kind, cores, memory, disk, selectable in SIZES
    ]


def images(region: str) -> dict[str, Row]:
    """The disk images of a region by id; the ids differ from region to region (Civo 4.3)."""
    rows: list[Row] = [
        {
            "id": fixed_id(region, "image", name),
            "name": name,
            "version": version,
            "state": "available",
            "distribution": distribution,
            "os": "linux",
            "initial_user": user,
            "description": None,
            "label": None,
            "_": {"custom": custom},
        }
        for name, distribution, version, user, custom in IMAGES
    ]
    return {row["id"]: row for row in rows}


def network(network_id: str, label: str, number: int, default: bool = False) -> Row:
    """A network; C(number) below 256 makes its address range."""
    name = f"cust-{label}-{network_id[:8]}"
    return {"id": network_id, "name": name, "default": default, "cidr": f"10.{number}.0.0/16", "label": label, "status": "Active", "_": {"hosts": 0}}


def networks(region: str, number: int) -> dict[str, Row]:
    """The networks of a fresh region: the default one and a private one."""
    rows = [network(fixed_id(region, "network", label), label, 2 * number + i, default=i == 0) for i, label in enumerate(("default", "private"))]
    return {row["id"]: row for row in rows}


def firewalls(region: str) -> dict[str, Row]:
    """The firewalls of a fresh region: the default network's is open to all (Civo H3), the private network's lets in ssh."""

    def row(name: str, label: str, *rules: tuple[str, str, str]) -> Row:
        made = [firewall_rule(fixed_id(region, name, protocol), protocol, start, end, None) for protocol, start, end in rules]
        return {"id": fixed_id(region, "firewall", name), "name": name, "network_id": fixed_id(region, "network", label), "_": {"rules": made}}

    rows = [
        row("default-default", "default", ("tcp", "1", "65535"), ("udp", "1", "65535"), ("icmp", "", "")),
        row("private-fw", "private", ("tcp", "22", "22")),
    ]
    return {row["id"]: row for row in rows}


def ssh_key(key_id: str, name: str, public_key: str, fingerprint: str, created_at: str) -> Row:
    """A key of the account."""
    return {"id": key_id, "name": name, "fingerprint": fingerprint, "public_key": public_key, "created_at": created_at}


def ssh_keys() -> dict[str, Row]:
    """The keys of a fresh account."""
    rows = {}
    for name in ("ops", "ci"):
        blob = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + hashlib.sha256(name.encode()).digest()
        text, fingerprint = (base64.b64encode(part).decode() for part in (blob, hashlib.sha256(blob).digest()))
        row = ssh_key(fixed_id("sshkey", name), name, f"ssh-ed25519 {text} {name}@example.com", f"SHA256:{fingerprint.rstrip('=')}", "2025-01-01T00:00:00Z")
        rows[row["id"]] = row
    return rows
