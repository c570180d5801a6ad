# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_instance_info."""

from __future__ import annotations

import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.errors import OptionError
from .._core.normalise import text
from .._providers.base import Driver
from .._resources import instance_info as resource
from .._runner import Module, Task

_FILTERS = ("name", "id", "tags", "status", "read", "gather")


def instance_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_instance_info)."""
    options = task.options
    if options.get("search") is not None:
        return {"changed": False, "instances": _search(driver, options)}
    found = resource.select(
        driver,
        name=text(options.get("name")),
        instance_id=text(options.get("id")),
        tags=options.get("tags") or {},
        statuses=options.get("status") or (),
        read=options.get("read") or (),
    )
    shown = [each.public() for each in found]
    if options.get("gather"):
        shown = [{**public, **more} for public, more in zip(shown, resource.gather(driver, found, options["gather"]), strict=True)]
    return {"changed": False, "instances": shown}


def _search(driver: Driver, options: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """What C(search) finds.

    Raises:
        OptionError: it is empty, or another filter is given beside it.
    """
    driver.require("instance_info", "search")
    beside = [option for option in _FILTERS if options.get(option)]
    if beside:
        raise OptionError(f"search cannot be combined with {', '.join(beside)}", hint="A search has filters of its own: name, address and id.", option="search")
    wanted = {key: text(options["search"].get(key)) for key in ("name", "address", "id")}
    if not any(wanted.values()):
        raise OptionError("search needs name, address or id", hint="A part of one is enough.", option="search")
    return resource.search(driver, wanted["name"], wanted["address"], wanted["id"])


VPS_INSTANCE_INFO = Module(_argspec.INSTANCE_INFO, instance_info)
