# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options, as data: argument specs of all modules. Both doors use them; choices come from the providers."""

from __future__ import annotations

import typing as t

from ._core.model import RUNNING, STATUSES, STOPPED
from ._core.plan import CONSENTS
from ._core.rules import ALLOW, DENY, IN, OUT, TCP
from ._providers.base import CATALOG_LISTS, FIELDS, GATHERED
from ._registry import DRIVERS

Spec = dict[str, dict[str, t.Any]]

READABLE = ("addresses", "disk_gb", "firewalls", "rescue", "size")

CONNECTION: Spec = {
    "provider": {"type": "str", "choices": list(DRIVERS)},
    "api_token": {"type": "str", "no_log": True},
    "api_url": {"type": "str"},
    "account": {"type": "str"},
    "region": {"type": "str"},
    "project": {"type": "str"},
    "ledger": {"type": "path"},
    "request_timeout": {"type": "float"},
    "max_retry_wait": {"type": "float", "default": 120.0},
    "rate_limit": {"type": "float"},
    "ip_family": {"type": "str", "choices": ["any", "ipv4", "ipv6"], "default": "any"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}

CHANGES: Spec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float"},
    "allow": {"type": "list", "elements": "str", "choices": list(CONSENTS), "default": []},
    "expect": {"type": "dict", "default": {}},
    "expect_plan": {"type": "str"},
    "on_drift": {"type": "str", "choices": ["warn", "fail", "ignore"], "default": "warn"},
}

_INTERFACE: Spec = {
    "external": {"type": "bool", "default": False},
    "network": {"type": "str"},
    "address_family": {"type": "str", "choices": ["ipv4", "ipv6", "dual"]},
    "address": {"type": "str"},
    "public_ip": {"type": "bool", "default": False},
    "firewalls": {"type": "list", "elements": "str"},
    "name": {"type": "str"},
}

_VOLUME: Spec = {
    "size_gb": {"type": "int"},
    "type": {"type": "str"},
    "name": {"type": "str"},
    "keep": {"type": "bool", "default": True},
    "boot": {"type": "bool", "default": False},
    "snapshot": {"type": "str"},
    "id": {"type": "str"},
}

_FIELD_TYPES: Spec = {
    "image": {"type": "str"},
    "app_template": {"type": "str"},
    "app_config": {"type": "dict", "no_log": True},
    "name_template": {"type": "str"},
    "interfaces": {"type": "list", "elements": "dict", "options": _INTERFACE},
    "volumes": {"type": "list", "elements": "dict", "options": _VOLUME},
    "placement_group": {"type": "str"},
    "iso_finalized": {"type": "bool"},
    "size": {"type": "str"},
    "cpu": {"type": "int"},
    "memory_mb": {"type": "int"},
    "disk_gb": {"type": "int"},
    "ip_count": {"type": "int"},
    "network": {"type": "str"},
    "public_ip": {"type": "bool"},
    "ssh_keys": {"type": "list", "elements": "str", "no_log": False},
    "user_data": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "tags": {"type": "dict"},
    "firewalls": {"type": "list", "elements": "str"},
    "rescue": {"type": "bool"},
    "locked": {"type": "bool"},
    "billing_cycle": {
        "type": "str",
        "choices": ["hourly", "monthly", "quarterly", "semiannually", "annually", "biennially", "triennially"],
    },
}

INSTANCE: Spec = {
    **CONNECTION,
    **CHANGES,
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["present", "absent", "started", "stopped", "suspended", "restarted", "rebuilt", "repaired"],
        "default": "present",
    },
    **{field: _FIELD_TYPES[field] for field in FIELDS},
    "purge_tags": {"type": "bool", "default": True},
    "stop_mode": {"type": "str", "choices": ["graceful", "hard", "graceful_then_hard"], "default": "graceful_then_hard"},
    "wait_until": {"type": "str", "choices": ["status", "address", "port"], "default": "status"},
    "wait_port": {"type": "int", "default": 22},
    "delete_with": {"type": "list", "elements": "str", "choices": ["volumes", "floating_ips"], "default": []},
    "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "reset_password": {"type": "bool", "default": False, "no_log": False},
    "return_credentials": {"type": "bool", "default": False},
    "ledger_unknown": {"type": "str", "choices": ["fail", "ignore"], "default": "fail"},
    "max_cost": {"type": "float"},
}

# What an entry of a fleet takes: an option that is left out comes from elsewhere, so that none has a default.
_ENTRY: Spec = {option: {key: value for key, value in about.items() if key != "default"} for option, about in INSTANCE.items() if option != "expect_plan"}

FLEET: Spec = {
    **CONNECTION,
    **CHANGES,
    "instances": {"type": "list", "elements": "dict", "required": True, "options": _ENTRY},
    "defaults": {"type": "dict", "options": {option: about for option, about in _ENTRY.items() if option not in ("name", "id")}},
    "purge": {"type": "bool", "default": False},
    "selector": {"type": "dict", "options": {"tags": {"type": "dict"}, "name": {"type": "str"}}},
    "max_delete": {"type": "int"},
    "on_failure": {"type": "str", "choices": ["stop", "continue"], "default": "stop"},
    "workers": {"type": "int", "default": 50},
    "rolling": {
        "type": "dict",
        "options": {
            "batch": {"type": "int", "default": 1},
            "health_check": {
                "type": "dict",
                "options": {
                    "port": {"type": "int"},
                    "status": {"type": "str", "choices": [RUNNING, STOPPED], "default": RUNNING},
                    "timeout": {"type": "float", "default": 300.0},
                },
            },
        },
    },
}

INSTANCE_INFO: Spec = {
    **CONNECTION,
    "name": {"type": "str"},
    "id": {"type": "str"},
    "tags": {"type": "dict"},
    "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
    "read": {"type": "list", "elements": "str", "choices": list(READABLE), "default": []},
    "gather": {"type": "list", "elements": "str", "choices": list(GATHERED), "default": []},
    "search": {"type": "dict", "options": {"name": {"type": "str"}, "address": {"type": "str"}, "id": {"type": "str"}}},
}

_RESOLVERS = {"type": "list", "elements": "str"}

RDNS: Spec = {
    **CONNECTION,
    **CHANGES,
    "instance": {"type": "str"},
    "address": {"type": "str"},
    "hostname": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "verify": {"type": "str", "choices": ["auto", "api", "dns", "none"], "default": "auto"},
    "resolvers": _RESOLVERS,
}

RDNS_INFO: Spec = {
    **CONNECTION,
    "instance": {"type": "str"},
    "address": {"type": "str"},
    "verify": {"type": "str", "choices": ["auto", "api", "dns"], "default": "auto"},
    "resolvers": _RESOLVERS,
}

_RULE: Spec = {
    "direction": {"type": "str", "choices": [IN, OUT], "default": IN},
    "protocol": {"type": "str", "default": TCP},
    "ports": {"type": "str"},
    "addresses": {"type": "list", "elements": "str"},
    "action": {"type": "str", "choices": [ALLOW, DENY], "default": ALLOW},
    "description": {"type": "str"},
}

FIREWALL: Spec = {
    **CONNECTION,
    **CHANGES,
    "name": {"type": "str"},
    "id": {"type": "str"},
    "description": {"type": "str"},
    "network": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "rules": {"type": "list", "elements": "dict", "options": _RULE},
    "purge_rules": {"type": "bool", "default": True},
    "instances": {"type": "list", "elements": "str"},
    "purge_instances": {"type": "bool", "default": False},
    "detach_to": {"type": "str"},
    "access_ports": {"type": "list", "elements": "int", "default": [22]},
}

FIREWALL_INFO: Spec = {
    **CONNECTION,
    "name": {"type": "str"},
    "id": {"type": "str"},
    "network": {"type": "str"},
}

BACKUP: Spec = {
    **CONNECTION,
    **CHANGES,
    "instance": {"type": "str"},
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent", "restored"], "default": "present"},
    "max_age": {"type": "str"},
    "keep": {"type": "int"},
    "prune": {"type": "str", "choices": ["own", "all"], "default": "own"},
    "consistent": {"type": "bool", "default": False},
    "stop_mode": INSTANCE["stop_mode"],
    "restore_to": {"type": "str", "choices": ["in_place", "new"]},
    "new_name": {"type": "str"},
    "schedule": {
        "type": "dict",
        "options": {
            "name": {"type": "str"},
            "cron": {"type": "str"},
            "every": {"type": "str"},
            "keep": {"type": "int"},
            "paused": {"type": "bool"},
        },
    },
}

BACKUP_INFO: Spec = {
    **CONNECTION,
    "instance": {"type": "str"},
    "name": {"type": "str"},
    "id": {"type": "str"},
    "status": {"type": "list", "elements": "str", "choices": ["creating", "ready", "restoring", "error"]},
}

CATALOG_INFO: Spec = {
    **CONNECTION,
    "lists": {"type": "list", "elements": "str", "choices": list(CATALOG_LISTS), "default": list(CATALOG_LISTS)},
    "sizes_for": {
        "type": "dict",
        "options": {
            "instance": {"type": "str"},
            "image": {"type": "str"},
            **{field: _FIELD_TYPES[field] for field in ("cpu", "memory_mb", "disk_gb")},
        },
    },
}

PROVIDER_INFO: Spec = dict(CONNECTION)  # so that module_defaults of the whole group reach it

# -- declared resources: name, id and state as everywhere, and what is their own -----------------------------------------

_NAMED: Spec = {**CONNECTION, **CHANGES, "name": {"type": "str"}, "id": {"type": "str"}}
_PRESENT_OR_ABSENT: Spec = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
_NAMED_INFO: Spec = {**CONNECTION, "name": {"type": "str"}, "id": {"type": "str"}}

ADDRESS: Spec = {
    **CONNECTION,
    **CHANGES,
    "instance": {"type": "str"},
    "address": {"type": "str"},
    "name": {"type": "str"},
    "type": {"type": "str", "choices": ["main", "secondary", "reserved", "floating"]},
    "state": {"type": "str", "choices": ["present", "absent", "replaced"], "default": "present"},
    "primary": {"type": "bool"},
    "private_address": {"type": "str"},
    "rebuild_guest_network": {"type": "bool", "default": False},
}

ADDRESS_INFO: Spec = {
    **CONNECTION,
    "instance": {"type": "str"},
    "address": {"type": "str"},
    "name": {"type": "str"},
    "type": ADDRESS["type"],
    "unattached": {"type": "bool", "default": False},
}

VOLUME: Spec = {
    **_NAMED,
    **_PRESENT_OR_ABSENT,
    "size_gb": {"type": "int"},
    "type": {"type": "str"},
    "instance": {"type": "str"},
    "network": {"type": "str"},
    "snapshot": {"type": "str"},
    "tags": {"type": "dict"},
}

VOLUME_INFO: Spec = {
    **_NAMED_INFO,
    "instance": {"type": "str"},
    "unattached": {"type": "bool", "default": False},
}

INTERFACE: Spec = {
    **CONNECTION,
    **CHANGES,
    **_PRESENT_OR_ABSENT,
    "instance": {"type": "str"},
    "network": {"type": "str"},
    "external": {"type": "bool", "default": False},
    "name": {"type": "str"},
    "address_family": {"type": "str", "choices": ["ipv4", "ipv6", "dual"]},
    "firewalls": {"type": "list", "elements": "str"},
}

INTERFACE_INFO: Spec = {**CONNECTION, "instance": {"type": "str"}}

SMTP_FILTER: Spec = {
    **CONNECTION,
    **CHANGES,
    "instance": {"type": "str"},
    "state": {"type": "str", "choices": ["absent"], "default": "absent"},
}

SMTP_FILTER_INFO: Spec = {**CONNECTION, "instance": {"type": "str"}}

DEDICATED: Spec = {
    **CONNECTION,
    **CHANGES,
    "id": {"type": "str"},
    "name": {"type": "str"},
    "image": {"type": "str"},
    "ip_count": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent", "started", "stopped", "restarted", "rebuilt"], "default": "present"},
    "return_credentials": INSTANCE["return_credentials"],
}

DEDICATED_INFO: Spec = {
    **CONNECTION,
    "id": {"type": "str"},
    "market": {"type": "bool", "default": False},
    "images": {"type": "bool", "default": False},
}

SOFTWARE: Spec = {
    **CONNECTION,
    **CHANGES,
    **_PRESENT_OR_ABSENT,
    "instance": {"type": "str"},
    "name": {"type": "list", "elements": "str"},
    "password": {"type": "str", "no_log": True},
    "ssh_port": {"type": "int"},
    "force": {"type": "bool", "default": False},
}

SOFTWARE_INFO: Spec = {**CONNECTION, "instance": {"type": "str"}}

CONSOLE: Spec = {
    **CONNECTION,
    **CHANGES,
    **_PRESENT_OR_ABSENT,
    "instance": {"type": "str"},
    "dedicated": {"type": "str"},
    "type": {"type": "str"},
    "duration": {"type": "str"},
}

METRICS_INFO: Spec = {**CONNECTION, "instance": {"type": "str"}, "hours": {"type": "int", "default": 1}}

QUOTA_INFO: Spec = {
    **CONNECTION,
    "wanted": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "default": "quota-check"},
            **{field: _FIELD_TYPES[field] for field in ("image", "size", "cpu", "memory_mb", "disk_gb", "ip_count", "network", "public_ip")},
        },
    },
}

SSH_KEY: Spec = {
    **_NAMED,
    **_PRESENT_OR_ABSENT,
    "public_key": {"type": "str"},
    "generate": {"type": "bool", "default": False},
    "private_key_path": {"type": "path"},
}

SSH_KEY_INFO: Spec = dict(_NAMED_INFO)

_TEMPLATES: Spec = {
    name: {"type": "list", "elements": "str"}
    for name in ("templates", "windows_templates", "bare_metal_templates", "bare_metal_windows_templates", "load_balancer_templates")
}

NAME_TEMPLATE: Spec = {
    **CONNECTION,
    **CHANGES,
    **_PRESENT_OR_ABSENT,
    "reseller_id": {"type": "int"},
    "custom_names": {"type": "bool"},
    **_TEMPLATES,
}

NAME_TEMPLATE_INFO: Spec = {**CONNECTION, "reseller_id": {"type": "int"}, "available": {"type": "bool", "default": False}}
