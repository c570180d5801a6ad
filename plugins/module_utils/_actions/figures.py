# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_metrics_info and vps_quota_info."""

from __future__ import annotations

import functools
import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.errors import OptionError
from .._core.model import Ref
from .._core.normalise import text
from .._core.together import side_by_side
from .._providers.base import FIELDS, Driver, Wish
from .._providers.figures import MetricsVerbs, QuotaVerbs
from .._resources._options import check_options
from .._runner import Module, Task
from .._verbs.metrics import metrics as metrics_verbs
from .._verbs.quota import quota as quota_verbs
from .common import supports, wanted_instances

LONGEST_HOURS = 24 * 365


def metrics_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_metrics_info)."""
    hours = task.options["hours"]
    if not 1 <= hours <= LONGEST_HOURS:
        raise OptionError(f"hours: {hours} is no number from 1 to {LONGEST_HOURS}", option="hours")
    if not supports(driver, "metrics"):
        return {"changed": False, "supported": False, "metrics": []}
    verbs: MetricsVerbs[t.Any] = metrics_verbs(driver)
    instances = wanted_instances(driver, task)
    points = side_by_side([functools.partial(verbs.read, each, hours) for each in instances], driver.PROFILE.in_flight)
    series = [
        {"provider": driver.PROFILE.name, "instance": Ref(each.id, each.name).public(), "points": read} for each, read in zip(instances, points, strict=True)
    ]
    return {"changed": False, "supported": True, "metrics": series}


def quota_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_quota_info)."""
    if not supports(driver, "quota"):
        return {"changed": False, "supported": False, "quotas": [], "fits": None, "shortfall": []}
    wish = _wish(driver, task)
    verbs: QuotaVerbs[t.Any] = quota_verbs(driver)
    quotas = sorted(verbs.read(), key=lambda quota: (quota.region or "", quota.name))
    short = verbs.shortfall(wish, quotas) if wish else []
    return {
        "changed": False,
        "supported": True,
        "quotas": [quota.public() for quota in quotas],
        "fits": not short if wish else None,
        "shortfall": [each.public() for each in short],
    }


def _wish(driver: Driver, task: Task) -> Wish | None:
    """The server that C(wanted) describes, checked as for a create."""
    wanted = task.options.get("wanted")
    if wanted is None:
        return None
    driver.require("quota", "wanted")
    fields = {field: wanted[field] for field in FIELDS if wanted.get(field) is not None}
    wish = Wish(name=text(wanted.get("name")), id=None, state="present", fields=fields, region=driver.context.connection.region)
    check_options(driver, wish)
    return wish


VPS_QUOTA_INFO = Module(_argspec.QUOTA_INFO, quota_info)
VPS_METRICS_INFO = Module(_argspec.METRICS_INFO, metrics_info)
