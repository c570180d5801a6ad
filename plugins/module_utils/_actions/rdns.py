# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_rdns and vps_rdns_info."""

from __future__ import annotations

import functools
import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.normalise import text
from .._providers.base import Driver
from .._resources.rdns import RdnsTask, RdnsWish, names_of
from .._runner import Module, Task
from .common import reply_of, require_name, supports, terms, wanted_instances


def rdns(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_rdns)."""
    require_name(task, "instance")
    options = task.options
    wish = RdnsWish(
        instance=text(options.get("instance")),
        address=text(options.get("address")),
        hostname=text(options.get("hostname")),
        state=options["state"],
        verify=options["verify"],
        resolvers=_resolvers(task),
        **terms(driver, options),
    )
    return reply_of(RdnsTask(driver, wish, context.connection.token).run(), task)


def rdns_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_rdns_info)."""
    if not supports(driver, "rdns"):
        return {"changed": False, "supported": False, "rdns": []}
    instances = functools.partial(wanted_instances, driver, task)
    found = names_of(driver, instances, text(task.options.get("address")), task.options["verify"], _resolvers(task))
    return {"changed": False, "supported": True, "rdns": [each.public() for each in found]}


def _resolvers(task: Task) -> tuple[str, ...]:
    """The option, else VPS_RESOLVERS, separated by commas or white space."""
    given = task.options.get("resolvers")
    return tuple(given if given is not None else task.environ.get("VPS_RESOLVERS", "").replace(",", " ").split())


VPS_RDNS = Module(_argspec.RDNS, rdns, writes=True)
VPS_RDNS_INFO = Module(_argspec.RDNS_INFO, rdns_info)
