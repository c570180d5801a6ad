# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_catalog_info."""

from __future__ import annotations

import typing as t

from .._connection import TaskContext
from .._providers.base import CATALOG_LISTS, Driver
from .._resources import catalog
from .._runner import Task


def catalog_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_catalog_info)."""
    lists, supported = catalog.read(driver, task.options.get("lists") or CATALOG_LISTS)
    return {"changed": False, "catalog": lists, "supported": supported}
