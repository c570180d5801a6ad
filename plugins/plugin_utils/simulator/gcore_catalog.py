# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fresh simulated Gcore account has: projects, regions, images, flavors, networks, keys and groups.

Identifiers are computed from names, so they are the same in every fresh account. What a page of ten hides (keys C(ops)
and C(ci), groups C(web), C(ssh) and C(db)) stands at the end of its list on purpose (hazard H5).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import typing as t
import uuid

Record = dict[str, t.Any]

PROJECTS = (("1337", "default", True), ("1400", "staging", False))
HOURS_A_MONTH = 720
PRICE_FLOATING = 3.0  # a month
PRICE_GIB = 0.1  # a month, volumes and snapshots alike
_NAMESPACE = uuid.UUID("6f7c0a34-93a5-4b5e-9a6d-7d1d6e6b4c01")
_EPOCH = "2026-01-01T00:00:00+0000"

# (id, display name, slug, keystone name, state, country, external IPv4, floating IPv4, external IPv6)
_REGIONS = (
    (4, "Luxembourg-2", "luxembourg-2", "ED-10", "ACTIVE", "LU", "92.38.0.0/16", "5.188.0.0/16", "2a03:90c0:4::/64"),
    (7, "Frankfurt", "frankfurt", "ED-15", "ACTIVE", "DE", "92.223.0.0/16", "5.189.0.0/16", "2a03:90c0:7::/64"),
    (12, "Sao Paulo", "sao-paulo", "ED-21", "MAINTENANCE", "BR", "92.39.0.0/16", "5.190.0.0/16", "2a03:90c0:12::/64"),
)

# (name, distribution, version, os type, min_disk GiB, min_ram MiB)
_IMAGES = (
    ("ubuntu-22.04-x64", "ubuntu", "22.04", "linux", 10, 512),
    ("ubuntu-24.04-x64", "ubuntu", "24.04", "linux", 10, 512),
    ("debian-12-generic-x64", "debian", "12", "linux", 5, 512),
    ("rocky-9-x64", "rocky", "9", "linux", 10, 1024),
    ("windows-server-2022-x64", "windows", "2022", "windows", 50, 4096),
)

# (flavor id, vcpus, ram MiB, os type, disabled, price per hour)
_FLAVORS = (
    ("g2-standard-1-2", 1, 2048, "linux", False, 0.0125),
    ("g2-standard-2-4", 2, 4096, "linux", False, 0.0250),
    ("g2-standard-4-8", 4, 8192, "linux", False, 0.0500),
    ("g2-standard-8-16", 8, 16384, "linux", False, 0.1000),
    ("g1-standard-1-2", 1, 2048, "linux", True, 0.0110),
    ("g2w-standard-2-4", 2, 4096, "windows", False, 0.0450),
    ("g2w-standard-4-8", 4, 8192, "windows", False, 0.0900),
)


def stable_uuid(*parts: t.Any) -> str:
    """The identifier of a catalogue object, from its name and place."""
    return str(uuid.uuid5(_NAMESPACE, ":".join(str(part) for part in parts)))


def projects() -> list[Record]:
    """The account's two projects."""
    return [
        {"id": int(key), "name": name, "is_default": default, "state": "ACTIVE", "client_id": 2, "description": None, "created_at": _EPOCH}
        for key, name, default in PROJECTS
    ]


def regions() -> list[Record]:
    """Two usable regions and one that is not."""
    return [
        {
            "id": key,
            "display_name": name,
            "slug": slug,
            "keystone_name": keystone,
            "state": state,
            "zone": "EMEA",
            "country": country,
            "has_kvm": True,
            "has_baremetal": False,
            "has_k8s": True,
            "created_on": _EPOCH,
        }
        for key, name, slug, keystone, state, country, *_pools in _REGIONS
    ]


def images(region: int) -> dict[str, Record]:
    """The public images of a region; identifiers differ from region to region."""
    made = {}
    for name, distribution, version, os_type, min_disk, min_ram in _IMAGES:
        key = stable_uuid("image", region, name)
        made[key] = {
            "id": key,
            "name": name,
            "os_distro": distribution,
            "os_version": version,
            "os_type": os_type,
            "min_disk": min_disk,
            "min_ram": min_ram,
            "status": "active",
            "visibility": "public",
            "architecture": "x86_64",
            "size": min_disk * 1024**3 // 10,
            "task_id": None,
            "created_at": _EPOCH,
            "updated_at": _EPOCH,
        }
    return made


def flavors() -> dict[str, Record]:
    """The flavors, the same in every region; one is disabled (section 5.7)."""
    return {
        key: {"flavor_id": key, "vcpus": vcpus, "ram": ram, "os_type": os_type, "disabled": disabled, "price_per_hour": price}
        for key, vcpus, ram, os_type, disabled, price in _FLAVORS
    }


def networks(region: int, project: str) -> tuple[dict[str, Record], dict[str, Record]]:
    """A scope's networks and subnets: the region's external one, C(net1) with one subnet and C(net2) with two."""
    external = next(row for row in _REGIONS if row[0] == region)
    plan: tuple[tuple[str, bool, t.Any, tuple[tuple[str, str], ...]], ...] = (
        ("public", True, None, (("public", external[6]), ("public-v6", external[8]))),
        ("net1", False, project, (("net1-sub", "10.0.0.0/16"),)),
        ("net2", False, project, (("net2-a", "10.1.0.0/16"), ("net2-b", "10.2.0.0/16"))),
    )
    made_networks: dict[str, Record] = {}
    made_subnets: dict[str, Record] = {}
    for name, is_external, owner, parts in plan:
        network = stable_uuid("network", region, owner, name)
        made_networks[network] = {
            "id": network,
            "name": name,
            "external": is_external,
            "shared": is_external,
            "default": name == "net1",
            "type": "vlan" if is_external else "vxlan",
            "mtu": 1500,
            "subnets": [stable_uuid("subnet", region, owner, part) for part, _cidr in parts],
            "created_at": _EPOCH,
            "updated_at": _EPOCH,
            "task_id": None,
        }
        for part, cidr in parts:
            subnet = stable_uuid("subnet", region, owner, part)
            made_subnets[subnet] = {
                "id": subnet,
                "name": part,
                "network_id": network,
                "cidr": cidr,
                "ip_version": 6 if ":" in cidr else 4,
                "enable_dhcp": True,
                "dns_nameservers": ["8.8.8.8"],
                "created_at": _EPOCH,
                "updated_at": _EPOCH,
                "task_id": None,
            }
    return made_networks, made_subnets


def floating_pool(region: int) -> str:
    """The range that a region's floating addresses come from."""
    return str(next(row for row in _REGIONS if row[0] == region)[7])


def external_names() -> tuple[str, str]:
    """The names of the external IPv4 and IPv6 subnet of every region."""
    return "public", "public-v6"


def server_groups(region: int, project: str) -> dict[str, Record]:
    """Two empty placement groups."""
    made = {}
    for name, policy in (("spread", "anti-affinity"), ("pack", "affinity")):
        key = stable_uuid("servergroup", region, project, name)
        made[key] = {"id": key, "name": name, "policy": policy, "instances": []}
    return made


def reserved_fixed_ips(region: int, project: str) -> dict[str, Record]:
    """Two reserved external addresses that nothing uses yet."""
    subnet = stable_uuid("subnet", region, None, "public")
    prefix = next(row for row in _REGIONS if row[0] == region)[6].rsplit(".", 2)[0]
    third = 255 - [key for key, _name, _default in PROJECTS].index(project)
    made = {}
    for last in (1, 2):
        port = stable_uuid("reserved", region, project, last)
        made[port] = {
            "id": port,
            "name": f"reserved-{last}",
            "fixed_ip_address": f"{prefix}.{third}.{last}",
            "network_id": stable_uuid("network", region, None, "public"),
            "subnet_id": subnet,
            "instance_id": None,
        }
    return made


def ssh_keys(project: str) -> dict[str, Record]:
    """Fourteen keys of a project: twelve of a team, then C(ops) and C(ci)."""
    names = [f"team-{number:02d}" for number in range(1, 13)] + ["ops", "ci"]
    return {key["id"]: key for key in (ssh_key(stable_uuid("key", project, name), name, f"{key_line(name)} {name}@example.org") for name in names)}


def key_line(seed: str) -> str:
    """A public key in the form of OpenSSH, without a comment."""
    kind = b"ssh-ed25519"
    parts = (kind, hashlib.sha256(seed.encode("utf-8")).digest())
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"{kind.decode('ascii')} {base64.b64encode(blob).decode('ascii')}"


def ssh_key(identity: str, name: str, public_key: str) -> Record:
    """A stored SSH key."""
    try:
        blob = base64.b64decode(public_key.split()[1])
    except (IndexError, binascii.Error):
        blob = public_key.encode("utf-8")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return {
        "id": identity,
        "name": name,
        "public_key": public_key,
        "fingerprint": ":".join(digest[place : place + 2] for place in range(0, 32, 2)),
        "state": "ACTIVE",
        "shared_in_project": True,
        "created_at": _EPOCH,
    }


def security_groups(region: int, project: str) -> dict[str, Record]:
    """Fourteen groups of a scope: C(default), ten of a team, then C(web), C(ssh) and C(db)."""
    plan: list[tuple[str, tuple[int, ...]]] = [("default", (22,))]
    plan += [(f"team-{number:02d}", (8000 + number,)) for number in range(1, 11)]
    plan += [("web", (80, 443)), ("ssh", (22,)), ("db", (5432,))]
    made = {}
    for name, ports in plan:
        key = stable_uuid("group", region, project, name)
        rules = [{**ANY_RULE, "direction": "egress", "ethertype": version} for version in ("IPv4", "IPv6")]
        rules += [{**ANY_RULE, "protocol": "tcp", "port_range_min": port, "port_range_max": port, "remote_ip_prefix": "0.0.0.0/0"} for port in ports]
        made[key] = {
            "id": key,
            "name": name,
            "description": "",
            "tags": {},
            "is_default": name == "default",
            "revision_number": 1,
            "task_id": None,
            "rules": [{**rule, "id": stable_uuid("rule", key, number)} for number, rule in enumerate(rules)],
            "created_at": _EPOCH,
            "updated_at": _EPOCH,
        }
    return made


ANY_RULE: Record = {
    "direction": "ingress",
    "ethertype": "IPv4",
    "protocol": None,
    "port_range_min": None,
    "port_range_max": None,
    "remote_ip_prefix": None,
    "remote_group_id": None,
    "description": "",
}


def app_templates() -> dict[str, Record]:
    """Two applications; both ask for two settings."""
    made = {}
    for name, disk in (("wordpress", 20), ("docker", 10)):
        key = f"{name}-latest"
        made[key] = {
            "id": key,
            "category": "Web",
            "description": f"{name.capitalize()} on Ubuntu",
            "app_config": {"params": {"admin_email": {"type": "string"}, "admin_password": {"type": "string"}}},
            "developer": name,
            "display_name": name.capitalize(),
            "image_name": "ubuntu-22.04-x64",
            "min_disk": disk,
            "min_ram": 2048,
            "min_vcpus": 1,
            "os_name": "ubuntu",
            "os_version": "22.04",
            "short_description": name.capitalize(),
            "usage": "Open the server's address in a browser",
            "version": "latest",
            "website": "https://example.org",
        }
    return made


def scopes() -> list[tuple[int, str]]:
    """Every region and project, also of regions that cannot be used."""
    return [(int(region[0]), project) for region in _REGIONS for project, _name, _default in PROJECTS]


def fresh_state() -> dict[str, t.Any]:
    """Everything of a fresh account that lies on shelves, and the empty ones."""
    state: dict[str, t.Any] = {"projects": projects(), "regions": regions(), "flavors": flavors(), "app_templates": app_templates()}
    state.update(tasks={}, pending=[], addresses={}, reseller_names={}, images={}, networks={}, subnets={}, servergroups={}, reserved_fixed_ips={})
    state.update(security_groups={}, instances={}, volumes={}, snapshots={}, floatingips={}, policies={}, schedules={})
    state["ssh_keys"] = {project: ssh_keys(project) for project, _name, _default in PROJECTS}
    for region, project in scopes():
        key = f"{project}/{region}"
        state["images"][key] = images(region)
        state["networks"][key], state["subnets"][key] = networks(region, project)
        state["servergroups"][key] = server_groups(region, project)
        state["reserved_fixed_ips"][key] = reserved_fixed_ips(region, project)
        state["security_groups"][key] = security_groups(region, project)
    return state
