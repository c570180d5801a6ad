# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_instance_info."""

from __future__ import annotations

import typing as t

from .._connection import TaskContext
from .._core.normalise import text
from .._providers.base import Driver
from .._resources.instance_info import select
from .._runner import Task


def instance_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_instance_info)."""
    options = task.options
    found = select(
        driver,
        name=text(options.get("name")),
        instance_id=text(options.get("id")),
        tags=options.get("tags") or {},
        statuses=options.get("status") or (),
        read=options.get("read") or (),
    )
    return {"changed": False, "instances": [each.public() for each in found]}
