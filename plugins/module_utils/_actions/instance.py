# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_instance."""

from __future__ import annotations

import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.normalise import text
from .._providers.base import FIELDS, Driver, Wish
from .._resources._task import Changed
from .._resources.instance import InstanceTask
from .._runner import Module, Task
from .common import reply_of, require_name, terms


def instance(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_instance)."""
    wish = wish_of(driver, task)
    outcome = InstanceTask(driver, wish, context.connection.token).run()
    subject = outcome.instance.id or outcome.instance.name or ""
    plan_id = outcome.plan_id or outcome.plan.fingerprint(context.connection.token, driver.PROFILE.name, driver.account(), subject)
    more: dict[str, t.Any] = {"operation_id": outcome.operation_id, "left_behind": outcome.left_behind}
    if wish.return_credentials and outcome.credentials:
        more["credentials"] = dict(outcome.credentials)
    more = {key: value for key, value in more.items() if value}
    return reply_of(Changed("instance", outcome.instance.public(), outcome.plan, plan_id, outcome.before, outcome.after, more), task)


def wish_of(driver: Driver, task: Task) -> Wish:
    """What a task's options ask for.

    Raises:
        OptionError: they name nothing, and it is no check mode.
    """
    options = task.options
    require_name(task, "name", "id")
    name, identifier = text(options.get("name")), text(options.get("id"))
    fields = {option: options[option] for option in FIELDS if options.get(option) is not None}
    return Wish(
        name=name,
        id=identifier,
        state=options["state"],
        fields=fields,
        region=text(options.get("region")) or text(task.environ.get("VPS_REGION")),
        purge_tags=options["purge_tags"],
        stop_mode=options["stop_mode"],
        wait_until=options["wait_until"],
        wait_port=options["wait_port"],
        delete_with=tuple(options["delete_with"] or ()),
        update_password=options["update_password"],
        reset_password=options["reset_password"],
        return_credentials=options["return_credentials"],
        ledger_unknown=options["ledger_unknown"],
        max_cost=options.get("max_cost"),
        **terms(driver, options),
    )


VPS_INSTANCE = Module(_argspec.INSTANCE, instance, writes=True)
