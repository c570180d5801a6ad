# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_firewall and vps_firewall_info."""

from __future__ import annotations

import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.normalise import text
from .._providers.base import Driver
from .._resources.firewall import FirewallTask, FirewallWish, select
from .._runner import Module, Task
from .common import reply_of, require_name, supports, terms


def firewall(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_firewall)."""
    driver.require("firewall")
    require_name(task, "name", "id")
    options = task.options
    instances = options.get("instances")
    wish = FirewallWish(
        name=text(options.get("name")),
        id=text(options.get("id")),
        description=options.get("description"),
        network=text(options.get("network")),
        state=options["state"],
        rules=options.get("rules"),
        purge_rules=options["purge_rules"],
        instances=tuple(text(item) or "" for item in instances) if instances is not None else None,
        purge_instances=options["purge_instances"],
        detach_to=text(options.get("detach_to")),
        access_ports=tuple(options.get("access_ports") or ()),
        **terms(driver, options),
    )
    return reply_of(FirewallTask(driver, wish, context.connection.token).run(), task)


def firewall_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_firewall_info)."""
    if not supports(driver, "firewall"):
        return {"changed": False, "supported": False, "firewalls": []}
    options = task.options
    found = select(driver, name=text(options.get("name")), firewall_id=text(options.get("id")), network=text(options.get("network")))
    return {"changed": False, "supported": True, "firewalls": [each.public() for each in found]}


VPS_FIREWALL = Module(_argspec.FIREWALL, firewall, writes=True)
VPS_FIREWALL_INFO = Module(_argspec.FIREWALL_INFO, firewall_info)
