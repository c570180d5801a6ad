# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of vps_instance alone show: refused before any request, or brought into the form that is compared."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._core.errors import OptionError
from .._core.model import Instance
from .._providers.base import Driver, Wish
from ._guards import check_expected_fields

_IDENTIFY = ("name_template",)  # options that say how a name is looked up
_MAY_BE_EMPTY = ("placement_group",)  # empty text stands for none


def check_options(driver: Driver, wish: Wish) -> None:
    """Refuse what the options alone show, before any request.

    Raises:
        UnsupportedError: names provider, capability and what to do instead.
        OptionError: names the option and what to write instead.
    """
    capabilities = driver.PROFILE.capabilities
    if wish.state not in capabilities.states:
        raise driver.unsupported(wish.state)
    _check_guards(driver, wish)
    if wish.state == "absent":
        if wish.delete_with and "delete_with" not in capabilities.options:
            raise driver.unsupported("delete_with")
        driver.check(replace(wish, fields=managed_fields(driver, wish)))
        return
    for option, value in wish.fields.items():
        if option not in capabilities.options and not _holds_anyway(option, value):
            raise driver.unsupported(option)
    if wish.max_cost is not None and "max_cost" not in capabilities.options:
        raise driver.unsupported("max_cost")
    if wish.reset_password and "reset_password" not in capabilities.options:
        raise driver.unsupported("reset_password")
    if wish.update_password == "always" and "password" in wish.fields and "update_password" not in capabilities.options:
        raise driver.unsupported("update_password")
    if wish.fields.get("rescue") and wish.state in ("stopped", "suspended"):
        raise OptionError(
            f"rescue: true cannot be combined with state: {wish.state}, since a rescue system runs", hint="Leave one of them out.", option="rescue"
        )
    _check_values(wish)
    driver.check(wish)


def _holds_anyway(option: str, value: t.Any) -> bool:
    """Whether a value holds although the provider has no such thing: no tags, no firewalls, no placement group, not locked."""
    return value in ({}, []) or (value is False and option != "public_ip") or (option in _MAY_BE_EMPTY and value == "")


def _check_guards(driver: Driver, wish: Wish) -> None:
    """Guards that could never hold, or never be asked for."""
    check_expected_fields(wish.expect, Instance(driver.PROFILE.name, "").public(), "an instance")
    if not 1 <= wish.wait_port <= 65535:
        raise OptionError(f"wait_port must be a port number from 1 to 65535, not {wish.wait_port}", option="wait_port")
    if wish.max_cost is not None and not 0 <= wish.max_cost < float("inf"):
        raise OptionError(f"max_cost must be a number of at least 0, not {wish.max_cost}", option="max_cost")


def _check_values(wish: Wish) -> None:
    """Values that are wrong at every provider."""
    for option, value in wish.fields.items():
        if (value == "" and option not in _MAY_BE_EMPTY) or (isinstance(value, list) and "" in value):
            raise OptionError(f"{option} must not be empty", hint=f"Leave {option} out if it is not to be managed.", option=option)
    for option in ("cpu", "memory_mb", "disk_gb", "ip_count"):
        value = wish.fields.get(option)
        if value is not None and value < 1:
            raise OptionError(f"{option} must be at least 1, not {value}", option=option)
    for key, value in (wish.fields.get("tags") or {}).items():
        if key == "" or "=" in str(key):
            raise OptionError(f"tags: {key!r} is no valid key; keys are not empty and hold no equals sign", option="tags")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise OptionError(f"tags: the value of {key} must be text", hint=f'Write {key}: "text", or {key}: "" for a plain tag.', option="tags")


def managed_fields(driver: Driver, wish: Wish) -> dict[str, t.Any]:
    """The given options that the provider knows, in the form that they are compared in; with C(absent) only what a server is found by."""
    fields = {option: value for option, value in wish.fields.items() if option in driver.PROFILE.capabilities.options}
    if wish.state == "absent":
        return {option: value for option, value in fields.items() if option in _IDENTIFY}
    if "tags" in fields:
        fields["tags"] = {str(key): str(value) for key, value in fields["tags"].items()}
    for option in ("interfaces", "volumes"):
        if option in fields:
            fields[option] = [{key: value for key, value in each.items() if value is not None} for each in fields[option]]
    return fields
