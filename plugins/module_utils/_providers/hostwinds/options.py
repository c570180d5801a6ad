# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options alone show: the forms Hostwinds takes, checked before any request."""

from __future__ import annotations

import typing as t

from ..._core.errors import OptionError
from .api import valid_service_id
from .mapping import BILLING_CYCLES

LONGEST_NAME = 255
CUSTOM_VALUES = {"cpu": "cpu", "memory_mb": "ram", "disk_gb": "disk"}  # ram in MB (HW-20)


def check_id(instance_id: str) -> None:
    """Refuse an id that is no positive integer."""
    if not valid_service_id(instance_id):
        raise OptionError(f"id: an instance id at Hostwinds is a positive number, not {instance_id!r}", option="id")


def check_region(region: str | None) -> None:
    """Refuse a region that is no location id."""
    if region is not None and not valid_service_id(region):
        raise OptionError(f"region: a location at Hostwinds is a positive number, not {region!r}", hint="Give the location id.", option="region")


def check_name(name: str) -> None:
    """Refuse a name that could not be found again as it was given."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise OptionError(f"name: {name!r} is empty, begins or ends with white space, or holds control characters", option="name")
    if len(name) > LONGEST_NAME:
        raise OptionError(f"name: {len(name)} characters are too many", hint=f"At most {LONGEST_NAME}.", option="name")


def check_fields(fields: t.Mapping[str, t.Any]) -> None:
    """Refuse values and combinations that cannot be right."""
    _check_profile(fields.get("firewalls"))
    _check_size(fields)
    cycle = fields.get("billing_cycle")
    if cycle is not None and cycle not in BILLING_CYCLES:
        raise OptionError(f"billing_cycle: Hostwinds knows no {cycle!r}", hint=f"One of: {', '.join(BILLING_CYCLES)}.", option="billing_cycle")
    for option in ("image", "password"):
        if fields.get(option) is not None and not str(fields[option]).strip():
            raise OptionError(f"{option} must not be empty", option=option)
    if any(not str(key).strip() for key in fields.get("ssh_keys") or ()):
        raise OptionError("ssh_keys must not hold empty names", option="ssh_keys")


def _check_profile(firewalls: t.Sequence[t.Any] | None) -> None:
    if firewalls is not None and (len(firewalls) != 1 or not str(firewalls[0]).strip()):
        raise OptionError("firewalls: a server at Hostwinds has exactly one profile", hint="Name one, for example [default].", option="firewalls")


def _check_size(fields: t.Mapping[str, t.Any]) -> None:
    size = fields.get("size")
    if size is not None and not valid_service_id(size):
        raise OptionError(f"size: a size at Hostwinds is a plan number (rid), not {size!r}", hint="vps_catalog_info lists them.", option="size")
    for option, value in custom_values(fields).items():
        if size is None:
            raise OptionError(f"{option}: Hostwinds takes it as a custom value beside a plan only", hint="Add size.", option=option)
        if value <= 0:
            raise OptionError(f"{option} must be more than 0", option=option)


def custom_values(fields: t.Mapping[str, t.Any]) -> dict[str, int]:
    """The custom plan values that were given."""
    return {option: int(fields[option]) for option in CUSTOM_VALUES if fields.get(option) is not None}


def custom_form(custom: t.Mapping[str, int]) -> dict[str, int]:
    """The same as fields of an order or upgrade."""
    return {CUSTOM_VALUES[option]: value for option, value in custom.items()}
