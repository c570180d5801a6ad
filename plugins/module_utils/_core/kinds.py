# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declared resources: what each shows, and which of it a task can want. See C(records.py) for the meaning."""

from __future__ import annotations

from .records import Field, Kind

ADDRESS = Kind(
    name="address",
    plural="addresses",
    words="address",
    shows={
        "id": None,
        "address": None,
        "family": None,
        "name": None,
        "type": None,
        "region": None,
        "status": None,
        "instance": None,
        "primary": None,
        "private_address": None,
        "created_at": None,
    },
    fields=(Field("name", action="rename"), Field("instance", link=True), Field("primary")),
    identity=("address", "name", "instance"),
    ordered=True,
)

VOLUME = Kind(
    name="volume",
    plural="volumes",
    words="volume",
    shows={
        "id": None,
        "name": None,
        "region": None,
        "status": None,
        "provider_status": None,
        "size_gb": None,
        "type": None,
        "bootable": None,
        "instance": None,
        "device": None,
        "network_id": None,
        "tags": {},
        "created_at": None,
    },
    fields=(
        Field("name", action="rename"),
        Field("tags", fixed=True),
        Field("type", fixed=True),
        Field("size_gb", action="grow", grows=True, needs=("cost",), cost=True),
        Field("instance", link=True),
    ),
    ordered=True,
)

INTERFACE = Kind(
    name="interface",
    plural="interfaces",
    words="network interface",
    shows={
        "id": None,
        "name": None,
        "region": None,
        "instance": None,
        "network": None,
        "network_id": None,
        "external": None,
        "mac": None,
        "addresses": [],
        "firewalls": [],
    },
    identity=("instance",),
)

SMTP_FILTER = Kind(
    name="smtp_filter",
    plural="smtp_filters",
    words="SMTP filter",
    shows={"instance": None, "filters": [], "invoiced": None},
    identity=("instance",),
    creates=(),
    ordered=True,
)

DEDICATED = Kind(
    name="dedicated",
    plural="dedicated",
    words="dedicated machine",
    shows={
        "id": None,
        "name": None,
        "status": None,
        "provider_status": None,
        "complete": None,
        "model": None,
        "description": None,
        "image": None,
        "addresses": [],
        "username": None,
        "cpu": None,
        "cpu_count": None,
        "memory_gb": None,
        "storage": [],
        "location": None,
        "price": None,
    },
    fields=(Field("image", fixed=True, remedy="rebuild"), Field("name", fixed=True, remedy="rebuild")),
    identity=("id",),
    creates=("present", "started", "stopped", "restarted", "rebuilt"),
    order_needs=("cost",),
    ordered=True,
)

SOFTWARE = Kind(
    name="software",
    plural="software",
    words="server's software",
    shows={"instance": None, "packages": []},
    identity=("instance",),
    creates=(),
)

CONSOLE = Kind(
    name="console",
    plural="consoles",
    words="console",
    shows={"instance": None, "dedicated": None, "type": None, "url": None, "seconds": None, "expires_at": None},
    identity=("instance", "dedicated"),
    creates=(),
)

SSH_KEY = Kind(
    name="ssh_key",
    plural="ssh_keys",
    words="SSH key",
    shows={"id": None, "name": None, "fingerprint": None, "public_key": None, "created_at": None},
    fields=(Field("name", action="rename"), Field("public_key", fixed=True), Field("private_key_path", fixed=True)),
    replaceable=True,
)

NAME_TEMPLATE = Kind(
    name="name_template",
    plural="name_templates",
    words="name restriction",
    shows={
        "reseller_id": None,
        "region": None,
        "custom_names": None,
        "templates": None,
        "windows_templates": None,
        "bare_metal_templates": None,
        "bare_metal_windows_templates": None,
        "load_balancer_templates": None,
    },
    fields=(
        Field("custom_names"),
        Field("templates"),
        Field("windows_templates"),
        Field("bare_metal_templates"),
        Field("bare_metal_windows_templates"),
        Field("load_balancer_templates"),
    ),
    identity=("reseller_id",),
)
