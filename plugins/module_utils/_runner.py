# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options in, result or typed failure out.

Knows neither AnsibleModule nor the action base class: two doors use it. Mode and environment are data; nothing is
printed, and no global outlives a task.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._connection import TaskContext, connect, profile
from ._core.errors import OptionError, VpsError
from ._core.wait import Clock
from ._http.redact import Redactor
from ._providers.base import CATALOG_LISTS, FIELDS, SECRET_FIELDS, Driver, Wish
from ._resources import catalog, providers
from ._resources.instance import InstanceTask
from ._resources.instance_info import select

SECRET_OPTIONS = ("api_token", *SECRET_FIELDS)


@dataclass(frozen=True)
class Task:
    """What a door hands in.

    Args:
        options: validated options.
        environ: the environment of the task.
        check_mode, diff: the mode.
        verbosity: from 3 on, results carry a trace of calls.
        clock: for tests.
    """

    options: t.Mapping[str, t.Any]
    environ: t.Mapping[str, str]
    check_mode: bool = False
    diff: bool = False
    verbosity: int = 0
    clock: Clock | None = None


@dataclass
class Reply:
    """What a door gives back: the result, or a failure with C(failed) and C(msg) in it."""

    result: dict[str, t.Any]
    warnings: list[str] = field(default_factory=list)
    missing_library: str | None = None


Action = t.Callable[[Driver, TaskContext, Task], "dict[str, t.Any]"]


def run(action: Action | None, task: Task, *, writes: bool) -> Reply:
    """Run one task.

    Args:
        action: what to do with a connected driver; None for what needs no account.
        writes: whether the task may write outside check mode.

    Returns:
        The reply, also for every typed failure; only errors of ours are raised.
    """
    if action is None:
        return _describe_providers(task)
    secrets = [task.options.get(option) for option in SECRET_OPTIONS]
    context: TaskContext | None = None
    try:
        driver, context = connect(
            task.options, task.environ, check_mode=task.check_mode, read_only=not writes or task.check_mode, secrets=secrets, clock=task.clock
        )
        result = action(driver, context, task)
        return Reply({**result, "api": _api(context, task)}, context.warnings)
    except VpsError as exc:
        redactor = context.redactor if context else Redactor(secrets)
        facts = redactor.data(exc.facts)
        result = {"changed": False, **facts, "failed": True, "msg": redactor.text(str(exc)), "error": type(exc).__name__}
        if context:
            result["api"] = _api(context, task)
        return Reply(result, context.warnings if context else [], exc.facts.get("library"))
    finally:
        if context:
            context.close()


def _describe_providers(task: Task) -> Reply:
    """What needs no account: the named provider, or all of them."""
    try:
        named = profile(task.options, task.environ).name if task.options.get("provider") or task.environ.get("VPS_PROVIDER") else None
    except VpsError as exc:
        return Reply({"changed": False, **exc.facts, "failed": True, "msg": str(exc), "error": type(exc).__name__})
    return Reply({"changed": False, "providers": providers.describe(named)})


def _api(context: TaskContext, task: Task) -> dict[str, t.Any]:
    public = [client.account.public(context.waiter.waited, task.verbosity >= 3) for client in context.clients]
    return public[0] if public else {"calls": 0, "writes": 0, "retries": 0, "waited": 0.0, "request_ids": []}


# -- the actions ----------------------------------------------------------------------------------------------------------


def instance(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_instance)."""
    wish = _wish(driver, task)
    outcome = InstanceTask(driver, wish, context.connection.token).run()
    result: dict[str, t.Any] = {
        "changed": bool(outcome.plan.steps),
        "plan": outcome.plan.public(),
        "plan_id": outcome.plan_id,
        "approvable": outcome.plan.approvable,
        "drift": [each.public() for each in outcome.plan.drift],
        "instance": outcome.instance.public(),
    }
    if outcome.plan_id is None:
        result["plan_id"] = outcome.plan.fingerprint(
            context.connection.token, driver.PROFILE.name, driver.account(), outcome.instance.id or outcome.instance.name or ""
        )
    if task.diff:
        result["diff"] = {"before": outcome.before, "after": outcome.after}
    if outcome.operation_id:
        result["operation_id"] = outcome.operation_id
    if outcome.left_behind:
        result["left_behind"] = outcome.left_behind
    if wish.return_credentials and outcome.credentials:
        result["credentials"] = dict(outcome.credentials)
    return result


def _wish(driver: Driver, task: Task) -> Wish:
    options = task.options
    name, identifier = _text(options.get("name")), _text(options.get("id"))
    if not name and not identifier and not task.check_mode:
        raise OptionError("name or id is needed", hint="Give the instance's name, or the id of an existing one.", option="name")
    fields = {option: options[option] for option in FIELDS if options.get(option) is not None}
    return Wish(
        name=name,
        id=identifier,
        state=options["state"],
        fields=fields,
        region=_text(options.get("region")) or _text(task.environ.get("VPS_REGION")),
        purge_tags=options["purge_tags"],
        stop_mode=options["stop_mode"],
        wait=options["wait"],
        wait_timeout=driver.context.deadline.seconds,
        wait_until=options["wait_until"],
        wait_port=options["wait_port"],
        delete_with=tuple(options["delete_with"] or ()),
        update_password=options["update_password"],
        reset_password=options["reset_password"],
        return_credentials=options["return_credentials"],
        ledger_unknown=options["ledger_unknown"],
        allow=tuple(options["allow"] or ()),
        expect=options["expect"] or {},
        expect_plan=_text(options.get("expect_plan")),
        on_drift=options["on_drift"],
    )


def instance_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_instance_info)."""
    options = task.options
    found = select(
        driver,
        name=_text(options.get("name")),
        instance_id=_text(options.get("id")),
        tags=options.get("tags") or {},
        statuses=options.get("status") or (),
        read=options.get("read") or (),
    )
    return {"changed": False, "instances": [each.public() for each in found]}


def catalog_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_catalog_info)."""
    lists, supported = catalog.read(driver, task.options.get("lists") or CATALOG_LISTS)
    return {"changed": False, "catalog": lists, "supported": supported}


def _text(value: t.Any) -> str | None:
    return (str(value).strip() or None) if value is not None else None
