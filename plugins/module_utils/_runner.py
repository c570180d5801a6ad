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

from ._argspec import Spec
from ._connection import TaskContext, connect, profile
from ._core.errors import VpsError
from ._core.wait import Clock
from ._http.redact import Redactor
from ._http.sessions import Sessions
from ._providers.base import SECRET_FIELDS, Driver
from ._resources import providers

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
        sessions: connections that outlive the task, for the next item of its loop; None for the task's own.
        progress: takes a line for a person while a long task goes on; None where nobody reads along.
    """

    options: t.Mapping[str, t.Any]
    environ: t.Mapping[str, str]
    check_mode: bool = False
    diff: bool = False
    verbosity: int = 0
    clock: Clock | None = None
    sessions: Sessions | None = None
    progress: t.Callable[[str], None] | None = None


@dataclass
class Reply:
    """What a door gives back: the result, or a failure with C(failed) and C(msg) in it."""

    result: dict[str, t.Any]
    warnings: list[str] = field(default_factory=list)
    missing_library: str | None = None


Action = t.Callable[[Driver, TaskContext, Task], "dict[str, t.Any]"]


class Session(t.Protocol):
    """What an action works with, whether that is one account or several."""

    redactor: Redactor

    @property
    def warnings(self) -> list[str]:
        """What the user should know."""

    def api(self, trace: bool) -> dict[str, t.Any]:
        """What was sent; C(trace): with each call."""

    def close(self) -> None:
        """Close all connections, but for those that are kept for the next task."""


@dataclass(frozen=True)
class Many:
    """An action about objects of several accounts, to which it connects by itself.

    Args:
        open: makes its session out of the task and its secrets; nothing is sent yet.
        act: what to do in that session; the result holds C(failed) and C(msg) where only a part of it was done.
    """

    open: t.Callable[[Task, t.Sequence[str]], t.Any]
    act: t.Callable[[t.Any, Task], dict[str, t.Any]]


@dataclass(frozen=True)
class Module:
    """What a module is, whichever door it is entered by.

    Args:
        spec: its options.
        action: what it does with a connected driver, or by itself with many; None for what needs no account.
        writes: whether it may change anything outside check mode.
    """

    spec: Spec
    action: Action | Many | None = None
    writes: bool = False


def run(action: Action | Many | None, task: Task, *, writes: bool) -> Reply:
    """Run one task.

    Args:
        action: what to do with a connected driver, from C(_actions); None for what needs no account.
        writes: whether the task may write outside check mode.

    Returns:
        The reply, also for every typed failure; only errors of ours are raised.
    """
    if action is None:
        return _describe_providers(task)
    secrets = list(secrets_of(task.options))
    session: Session | None = None
    try:
        if isinstance(action, Many):
            session = opened = action.open(task, secrets)
            result = action.act(opened, task)
        else:
            driver, context = connect(
                task.options,
                task.environ,
                check_mode=task.check_mode,
                read_only=not writes or task.check_mode,
                secrets=secrets,
                clock=task.clock,
                sessions=task.sessions,
                progress=task.progress,
            )
            session = context
            result = action(driver, context, task)
        return Reply({**result, "api": session.api(task.verbosity >= 3)}, session.warnings)
    except VpsError as exc:
        redactor = session.redactor if session else Redactor(secrets)
        facts = redactor.data(exc.facts)
        result = {"changed": False, **facts, "failed": True, "msg": redactor.text(str(exc)), "error": type(exc).__name__}
        if session:
            result["api"] = session.api(task.verbosity >= 3)
        return Reply(result, session.warnings if session else [], exc.facts.get("library"))
    finally:
        if session:
            session.close()


def secrets_of(options: t.Any) -> t.Iterator[str]:
    """Every text in the secret options of a task, also of those that stand in its lists and maps."""
    for option, value in options.items() if isinstance(options, t.Mapping) else ():
        if option in SECRET_OPTIONS:
            yield from _texts(value)
        for each in value if isinstance(value, list) else (value,):
            yield from secrets_of(each)


def _texts(value: t.Any) -> t.Iterator[str]:
    """Every text in a secret option, which may be a map."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def _describe_providers(task: Task) -> Reply:
    """What needs no account: the named provider, or all of them."""
    try:
        named = profile(task.options, task.environ).name if task.options.get("provider") or task.environ.get("VPS_PROVIDER") else None
    except VpsError as exc:
        return Reply({"changed": False, **exc.facts, "failed": True, "msg": str(exc), "error": type(exc).__name__})
    return Reply({"changed": False, "providers": providers.describe(named)})
