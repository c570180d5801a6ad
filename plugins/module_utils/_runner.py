# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options in, result or typed failure out.

Knows neither AnsibleModule nor the action base class: two doors use it. Mode and environment are data; nothing is
printed, and no global outlives a task.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from ._connection import TaskContext, connect, profile
from ._core.errors import OptionError, VpsError
from ._core.model import Instance
from ._core.wait import Clock
from ._http.redact import Redactor
from ._providers.base import CATALOG_LISTS, FIELDS, SECRET_FIELDS, Driver, Wish
from ._resources import catalog, providers
from ._resources._instances import locate
from ._resources._task import Changed
from ._resources.backup import BackupTask, BackupWish
from ._resources.backup import select as select_backups
from ._resources.backup_schedule import ScheduleTask, ScheduleWish
from ._resources.firewall import FirewallTask, FirewallWish
from ._resources.firewall import select as select_firewalls
from ._resources.instance import InstanceTask
from ._resources.instance_info import select
from ._resources.rdns import RdnsTask, RdnsWish, names_of
from ._resources.restore import RestoreTask, RestoreWish

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
    subject = outcome.instance.id or outcome.instance.name or ""
    plan_id = outcome.plan_id or outcome.plan.fingerprint(context.connection.token, driver.PROFILE.name, driver.account(), subject)
    more: dict[str, t.Any] = {"operation_id": outcome.operation_id, "left_behind": outcome.left_behind}
    if wish.return_credentials and outcome.credentials:
        more["credentials"] = dict(outcome.credentials)
    more = {key: value for key, value in more.items() if value}
    return _changed(Changed("instance", outcome.instance.public(), outcome.plan, plan_id, outcome.before, outcome.after, more), task)


def _changed(changed: Changed, task: Task) -> dict[str, t.Any]:
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


def _terms(driver: Driver, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of every changing module, as C(Terms) takes them."""
    return {
        "wait": options["wait"],
        "wait_timeout": driver.context.deadline.seconds,
        "allow": tuple(options["allow"] or ()),
        "expect": options["expect"] or {},
        "expect_plan": _text(options.get("expect_plan")),
        "on_drift": options["on_drift"],
    }


def _named(task: Task, *options: str) -> None:
    """Refuse a task that names nothing; in check mode an earlier task may be about to make it.

    Raises:
        OptionError: none of C(options) is given.
    """
    if not task.check_mode and not any(_text(task.options.get(option)) for option in options):
        raise OptionError(f"{' or '.join(options)} is needed", hint=_WHAT_TO_NAME.get(options[0]), option=options[0])


_WHAT_TO_NAME = {"name": "Give the name, or the id of an existing one.", "instance": "Give the name or id of the instance."}


def rdns(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_rdns)."""
    _named(task, "instance")
    options = task.options
    wish = RdnsWish(
        instance=_text(options.get("instance")),
        address=_text(options.get("address")),
        hostname=_text(options.get("hostname")),
        state=options["state"],
        verify=options["verify"],
        resolvers=_resolvers(task),
        **_terms(driver, options),
    )
    return _changed(RdnsTask(driver, wish, context.connection.token).run(), task)


def _resolvers(task: Task) -> tuple[str, ...]:
    """The option, else VPS_RESOLVERS, separated by commas or white space."""
    given = task.options.get("resolvers")
    return tuple(given if given is not None else task.environ.get("VPS_RESOLVERS", "").replace(",", " ").split())


def rdns_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_rdns_info)."""
    if not _supported(driver, "rdns"):
        return {"changed": False, "supported": False, "rdns": []}
    instances = functools.partial(_instances, driver, task)
    found = names_of(driver, instances, _text(task.options.get("address")), task.options["verify"], _resolvers(task))
    return {"changed": False, "supported": True, "rdns": [each.public() for each in found]}


def firewall(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_firewall)."""
    driver.require("firewall")
    _named(task, "name", "id")
    options = task.options
    instances = options.get("instances")
    wish = FirewallWish(
        name=_text(options.get("name")),
        id=_text(options.get("id")),
        description=options.get("description"),
        network=_text(options.get("network")),
        state=options["state"],
        rules=options.get("rules"),
        purge_rules=options["purge_rules"],
        instances=tuple(_text(item) or "" for item in instances) if instances is not None else None,
        purge_instances=options["purge_instances"],
        detach_to=_text(options.get("detach_to")),
        access_ports=tuple(options.get("access_ports") or ()),
        **_terms(driver, options),
    )
    return _changed(FirewallTask(driver, wish, context.connection.token).run(), task)


def firewall_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_firewall_info)."""
    if not _supported(driver, "firewall"):
        return {"changed": False, "supported": False, "firewalls": []}
    options = task.options
    found = select_firewalls(driver, name=_text(options.get("name")), firewall_id=_text(options.get("id")), network=_text(options.get("network")))
    return {"changed": False, "supported": True, "firewalls": [each.public() for each in found]}


def backup(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_backup): making, keeping and deleting; restoring; schedules."""
    options, token = task.options, context.connection.token
    driver.require("backup")
    _named(task, *(("id", "instance") if options["state"] != "present" else ("instance",)))
    terms = _terms(driver, options)
    instance, name, backup_id = (_text(options.get(option)) for option in ("instance", "name", "id"))
    schedule = options.get("schedule")
    if schedule is not None:
        if options["state"] == "restored":
            raise OptionError("schedule cannot be combined with state: restored", hint="Leave one of them out.", option="schedule")
        managed = {option: schedule.get(option) for option in ("name", "cron", "every", "keep", "paused")}
        return _changed(ScheduleTask(driver, ScheduleWish(instance=instance, state=options["state"], **managed, **terms), token).run(), task)
    if options["state"] == "restored":
        restore = RestoreWish(
            instance=instance, name=name, id=backup_id, restore_to=options.get("restore_to"), new_name=_text(options.get("new_name")), **terms
        )
        return _changed(RestoreTask(driver, restore, token).run(), task)
    wish = BackupWish(
        instance=instance,
        name=name,
        id=backup_id,
        state=options["state"],
        max_age=_text(options.get("max_age")),
        keep=options.get("keep"),
        prune=options["prune"],
        consistent=options["consistent"],
        stop_mode=options["stop_mode"],
        **terms,
    )
    return _changed(BackupTask(driver, wish, token).run(), task)


def backup_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_backup_info)."""
    if not _supported(driver, "backup"):
        return {"changed": False, "supported": False, "backups": []}
    options = task.options
    wanted = _text(options.get("instance"))
    found = locate(driver, wanted) if wanted else None
    if wanted and found is None:
        return {"changed": False, "supported": True, "backups": []}
    backups = select_backups(driver, instance=found, name=_text(options.get("name")), backup_id=_text(options.get("id")), statuses=options.get("status") or ())
    return {"changed": False, "supported": True, "backups": [each.public() for each in backups]}


def _supported(driver: Driver, resource: str) -> bool:
    """Whether a provider has a resource at all; a warning says that it has not."""
    supported = bool(driver.PROFILE.capabilities.of(resource))
    if not supported:
        driver.context.warn(f"{driver.PROFILE.title} has no {_IN_WORDS[resource]} that could be read; the list is empty")
    return supported


_IN_WORDS = {"rdns": "reverse names", "firewall": "firewalls", "backup": "backups"}


def _instances(driver: Driver, task: Task) -> list[Instance]:
    """The instance that an information module is asked about, else all of them; nothing found is an empty list."""
    wanted = _text(task.options.get("instance"))
    if wanted is None:
        return driver.list_all()
    found = locate(driver, wanted, ("addresses",))
    return [found] if found else []


def _wish(driver: Driver, task: Task) -> Wish:
    options = task.options
    _named(task, "name", "id")
    name, identifier = _text(options.get("name")), _text(options.get("id"))
    fields = {option: options[option] for option in FIELDS if options.get(option) is not None}
    return Wish(
        name=name,
        id=identifier,
        state=options["state"],
        fields=fields,
        region=_text(options.get("region")) or _text(task.environ.get("VPS_REGION")),
        purge_tags=options["purge_tags"],
        stop_mode=options["stop_mode"],
        wait_until=options["wait_until"],
        wait_port=options["wait_port"],
        delete_with=tuple(options["delete_with"] or ()),
        update_password=options["update_password"],
        reset_password=options["reset_password"],
        return_credentials=options["return_credentials"],
        ledger_unknown=options["ledger_unknown"],
        **_terms(driver, options),
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
