# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_catalog_info."""

from __future__ import annotations

import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.errors import OptionError
from .._core.normalise import text
from .._providers.base import CATALOG_LISTS, Driver
from .._resources import catalog
from .._runner import Module, Task

_LEAST = ("cpu", "memory_mb", "disk_gb")


def catalog_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_catalog_info)."""
    wanted = task.options.get("lists") or CATALOG_LISTS
    fit = _fit(task.options.get("sizes_for"))
    if fit is not None:
        if catalog.SIZES not in wanted:
            raise OptionError("sizes_for narrows the sizes, which lists does not name", hint="Add sizes to lists.", option="sizes_for")
        catalog.check(driver, fit)
    lists, supported = catalog.read(driver, wanted, fit)
    return {"changed": False, "catalog": lists, "supported": supported}


def _fit(options: t.Mapping[str, t.Any] | None) -> catalog.Fit | None:
    if options is None:
        return None
    least = {field: options[field] for field in _LEAST if options.get(field) is not None}
    return catalog.Fit(text(options.get("instance")), text(options.get("image")), least)


VPS_CATALOG_INFO = Module(_argspec.CATALOG_INFO, catalog_info)
