# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_metrics_info and vps_quota_info."""

from __future__ import annotations

import typing as t

from .._connection import TaskContext
from .._core.errors import OptionError
from .._core.model import Ref
from .._core.normalise import text
from .._providers.base import FIELDS, Driver, Wish
from .._providers.figures import MetricsVerbs, QuotaVerbs
from .._runner import Task
from .common import supports, wanted_instances

LONGEST_HOURS = 24 * 365


def metrics_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_metrics_info)."""
    hours = task.options["hours"]
    if not 1 <= hours <= LONGEST_HOURS:
        raise OptionError(f"hours: {hours} is no number from 1 to {LONGEST_HOURS}", option="hours")
    if not supports(driver, "metrics"):
        return {"changed": False, "supported": False, "metrics": []}
    verbs: MetricsVerbs[t.Any] = driver.verbs("metrics")
    series = [
        {"provider": driver.PROFILE.name, "instance": Ref(each.id, each.name).public(), "points": verbs.read(each, hours)}
        for each in wanted_instances(driver, task)
    ]
    return {"changed": False, "supported": True, "metrics": series}


def quota_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_quota_info)."""
    if not supports(driver, "quota"):
        return {"changed": False, "supported": False, "quotas": [], "fits": None, "shortfall": []}
    verbs: QuotaVerbs[t.Any] = driver.verbs("quota")
    quotas = sorted(verbs.read(), key=lambda quota: (quota.region or "", quota.name))
    result: dict[str, t.Any] = {"changed": False, "supported": True, "quotas": [quota.public() for quota in quotas], "fits": None, "shortfall": []}
    wanted = task.options.get("wanted")
    if wanted is not None:
        driver.require("quota", "wanted")
        fields = {field: wanted[field] for field in FIELDS if wanted.get(field) is not None}
        wish = Wish(name=text(wanted.get("name")), id=None, state="present", fields=fields, region=context.connection.region)
        shortfall = verbs.shortfall(wish)
        result |= {"fits": not shortfall, "shortfall": [each.public() for each in shortfall]}
    return result
