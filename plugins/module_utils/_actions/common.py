# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions share."""

from __future__ import annotations

import typing as t

from .._core.errors import OptionError
from .._core.model import Instance
from .._core.normalise import text
from .._providers.base import Driver
from .._resources._instances import locate
from .._resources._task import Changed
from .._runner import Task

_WHAT_TO_NAME = {"name": "Give the name, or the id of an existing one.", "instance": "Give the name or id of the instance.", "id": "Give the id."}


def reply_of(changed: Changed, task: Task) -> dict[str, t.Any]:
    """The reply of every module that changes something."""
    result = {
        "changed": bool(changed.plan.steps),
        "plan": changed.plan.public(),
        "plan_id": changed.plan_id,
        "approvable": changed.plan.approvable,
        "drift": [each.public() for each in changed.plan.drift],
        changed.kind: dict(changed.shown),
        **changed.more,
    }
    if task.diff:
        result["diff"] = {"before": dict(changed.before), "after": dict(changed.after)}
    return result


def terms(driver: Driver, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of every changing module, as C(Terms) takes them."""
    return {
        "wait": options["wait"],
        "wait_timeout": driver.context.deadline.seconds,
        "allow": tuple(options["allow"] or ()),
        "expect": options["expect"] or {},
        "expect_plan": text(options.get("expect_plan")),
        "on_drift": options["on_drift"],
    }


def require_name(task: Task, *options: str) -> None:
    """Refuse a task that names nothing; in check mode an earlier task may be about to make it.

    Raises:
        OptionError: none of C(options) is given.
    """
    if not task.check_mode and not any(text(task.options.get(option)) for option in options):
        raise OptionError(f"{' or '.join(options)} is needed", hint=_WHAT_TO_NAME.get(options[0]), option=options[0])


def supports(driver: Driver, resource: str) -> bool:
    """Whether a provider has a resource at all; a warning says that it has not."""
    supported = bool(driver.PROFILE.capabilities.of(resource))
    if not supported:
        driver.context.warn(f"{driver.PROFILE.title} does not have what vps_{resource}_info lists; the list is empty")
    return supported


def wanted_instances(driver: Driver, task: Task) -> list[Instance]:
    """The instance that an information module is asked about, else all of them; nothing found is an empty list."""
    wanted = text(task.options.get("instance"))
    if wanted is None:
        return driver.list_all()
    found = locate(driver, wanted, ("addresses",))
    return [found] if found else []
