# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of a task about many objects: each object gets a driver of its own, those of one account share a line to it."""

from __future__ import annotations

import contextlib
import functools
import threading
import typing as t
from dataclasses import replace

from ._argspec import CONNECTION
from ._connection import Environ, Options, TaskContext, account_key, prepare, profile
from ._core.wait import PROGRESS_EVERY, Clock, Deadline, Waiter
from ._http.redact import Redactor
from ._http.sessions import Sessions
from ._http.shared import Line, SharedClient
from ._ledger import Ledger
from ._registry import DRIVERS
from ._resources.sharing import Scope, sharing

IN_FLIGHT = 8  # calls at once to one account; a provider's own limit holds besides


class Accounts:
    """Everything that a task is connected to.

    Args:
        environ: the environment of the task.
        check_mode: nothing is written.
        secrets: all secret values of the task, to be redacted.
        sessions: connections that outlive the task; None for its own.
        progress: takes a line for a person, now and then while something is waited for.
    """

    def __init__(
        self,
        environ: Environ,
        *,
        check_mode: bool,
        clock: Clock | None,
        secrets: t.Iterable[str],
        sessions: Sessions | None = None,
        progress: t.Callable[[str], None] | None = None,
    ) -> None:
        self.redactor = Redactor(dict.fromkeys(secrets))
        self.clock = clock or Clock()
        self._progress = progress
        self._told = self.clock.now()
        self._telling = threading.Lock()
        self._environ = environ
        self._sessions = sessions or Sessions()
        self._check_mode = check_mode
        self._lines: dict[tuple[t.Any, ...], Line] = {}
        self._ways: dict[tuple[t.Any, ...], tuple[TaskContext, Scope]] = {}
        self._scopes: dict[tuple[t.Any, ...], Scope] = {}
        self._ledgers: dict[tuple[t.Any, ...], Ledger] = {}
        self._contexts: list[TaskContext] = []

    def connect(self, options: Options) -> tuple[t.Any, TaskContext]:
        """A driver for one object, and its context; nothing is sent.

        Args:
            options: the object's own options, the connection among them.

        Raises:
            OptionError: an option is missing or wrong.
            ConfigurationError: there is no writable cache folder.
        """
        way = (options.get("wait_timeout"), *(options.get(option) for option in CONNECTION))
        known = self._ways.get(way)
        if known is None:
            known = self._ways[way] = self._way(options)
        model, scope = known
        context = replace(model, warnings=[], clients=[], deadline=Deadline(self.clock, model.deadline.seconds))
        self._contexts.append(context)
        driver = sharing(DRIVERS[context.connection.provider])(context)
        scope.join(driver)
        return driver, context

    def _way(self, options: Options) -> tuple[TaskContext, Scope]:
        """What all objects with these connection options have alike: the model of their contexts, and what they read together."""
        key = account_key(options, self._environ)
        line = self._lines.get(key) or self._lines.setdefault(key, self._line(options, key))
        model = self._context(options, line)
        if model.ledger is not None:
            model.ledger = self._ledgers.setdefault((*key, model.ledger.path), model.ledger)
        connection = model.connection
        place = (*key, connection.account, connection.region, connection.project, model.ledger)
        if place not in self._scopes:
            scout = replace(model, warnings=[], clients=[])
            self._contexts.append(scout)
            self._scopes[place] = Scope(DRIVERS[connection.provider](scout), line)
        return model, self._scopes[place]

    def begin_to_act(self) -> None:
        """From now on what was read before a question does not answer it any more."""
        for line in self._lines.values():
            line.planning = False

    @property
    def warnings(self) -> list[str]:
        """What the user should know, each once."""
        return list(dict.fromkeys(warning for context in self._contexts for warning in context.warnings))

    def api(self, trace: bool) -> dict[str, t.Any]:
        """What was sent in all, and by account; C(trace): with each call."""
        each = [{"provider": key[0], **line.account.public(line.waiter.waited, trace)} for key, line in self._lines.items()]
        total = {what: round(sum(account[what] for account in each), 1) for what in ("calls", "writes", "retries", "waited")}
        return {**total, "request_ids": [request for account in each for request in account["request_ids"]], "accounts": each}

    def close(self) -> None:
        """Close all connections, but for those that are kept for the next task."""
        self._sessions.end_task()

    def show(self, line: str) -> None:
        """Show a person a line, without secrets; that nobody can read it any more stops nothing."""
        if self._progress:
            with contextlib.suppress(OSError):
                self._progress(self.redactor.text(line))

    def _tell(self, line: str) -> None:
        """Show what one object waits for; of many that wait side by side, one now and then is enough."""
        with self._telling:
            due = self.clock.now() - self._told >= PROGRESS_EVERY
            self._told = self.clock.now() if due else self._told
        if due:
            self.show(line)

    def _line(self, options: Options, key: tuple[t.Any, ...]) -> Line:
        chosen = profile(options, self._environ)
        rate = options.get("rate_limit")
        return Line(
            Waiter(self.clock, progress=self._tell),
            self.redactor,
            min(IN_FLIGHT, chosen.in_flight),
            chosen.poll_ceiling,
            chosen.rate_limit if rate is None else rate,
        )

    def _context(self, options: Options, line: Line) -> TaskContext:
        context = prepare(
            options,
            self._environ,
            check_mode=self._check_mode,
            read_only=self._check_mode,
            waiter=line.waiter,
            redactor=line.redactor,
            in_flight=line.in_flight,
            sessions=self._sessions,
        )
        context.make_client = functools.partial(SharedClient, line)
        return context
