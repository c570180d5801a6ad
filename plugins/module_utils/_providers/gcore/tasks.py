# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks: what Gcore accepted and has not finished (contract section 4).

A task's C(data) echoes the request, secrets included: only the name is taken from it.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..._core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OperationFailedError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    TransientError,
    VpsError,
)
from ..._core.model import DONE, Outcome
from ..._core.normalise import one_line, text
from ..._core.wait import TOLERATED_READ_ERRORS, Operation
from ..base import Context
from .api import TASK, TASKS, TITLE, Api, Row
from .mapping import NAME_TAG

POLL = 5.0  # seconds, section 4.2
UNFINISHED = ("NEW", "RUNNING")
FINISHED = "FINISHED"
FAILED = "ERROR"
CREATES = "create_vm"
DELETES = "delete_vm"
CREATES_GROUP = "create_security_group"
_CREATES_KNOWN = (CREATES, CREATES_GROUP, "create_snapshot")  # section 4.2; nobody tells the types of what makes volumes and floating IPs

Sent = t.TypeVar("Sent")


@dataclass(frozen=True)
class Task:
    """A task without what could be secret. C(instances), C(volumes) and C(floating_ips) are the ids of what it made."""

    id: str
    type: str | None
    state: str
    error: str
    name: str | None
    project: str | None
    region: str | None
    instances: tuple[str, ...]
    volumes: tuple[str, ...]
    floating_ips: tuple[str, ...]


def task_of(row: Row) -> Task:
    """A task as the provider tells it; both vocabularies of the name (section 5.2)."""
    raw, created = row.get("data"), row.get("created_resources")
    data: Row = raw if isinstance(raw, dict) else {}
    names, labels = data.get("names"), data.get("tags")
    tags: Row = labels if isinstance(labels, dict) else {}
    only = names[0] if isinstance(names, list) and len(names) == 1 else None

    def made(kind: str) -> tuple[str, ...]:
        ids = created.get(kind) if isinstance(created, dict) else None
        return tuple(str(item) for item in ids) if isinstance(ids, list) else ()

    return Task(
        id=str(row.get("id")),
        type=text(row.get("task_type")),
        state=str(row.get("state")).upper(),
        error=text(row.get("error")) or "",
        name=text(tags.get(NAME_TAG)) or text(data.get("name")) or text(only),  # ours before one that the provider made by a template
        project=text(row.get("project_id")),
        region=text(row.get("region_id")),
        instances=made("instances"),
        volumes=made("volumes"),
        floating_ips=made("floatingips"),
    )


def _may_make(about: str, kind: str | None) -> bool:
    return kind is None or about in kind or (kind.startswith("create") and kind not in _CREATES_KNOWN)


class Tasks:
    """Reading and awaiting tasks."""

    def __init__(self, api: Api, context: Context) -> None:
        self._api = api
        self._context = context
        self._misses: dict[str, int] = {}

    def read(self, task_id: str) -> Task:
        """One task. A fresh one may not be found at first (section 4.2).

        Raises:
            TransientError: it is not found; the first three times.
            NotFoundError: it is not found after that.
        """
        try:
            return task_of(self._api.ask(TASK, {"task_id": task_id}))
        except NotFoundError as exc:
            self._misses[task_id] = self._misses.get(task_id, 0) + 1
            if self._misses[task_id] > TOLERATED_READ_ERRORS:
                raise
            raise TransientError(exc.message, **exc.facts) from exc

    def unfinished_creates(self, project: str, region: str | None, name: str, kind: str = CREATES) -> list[Task]:
        """The creates of a name that are under way, in a region or in all (reading 35); C(kind) is the type of their tasks."""
        query: dict[str, t.Any] = {"task_type": kind, "state": list(UNFINISHED), "project_id": project}
        if region is not None:
            query["region_id"] = region
        tasks = [task_of(row) for row in self._api.pages(TASKS, {}, query)]
        return [
            task
            for task in tasks
            if all(
                (
                    task.name == name,
                    task.state in UNFINISHED,
                    task.type in (kind, None),
                    task.project in (project, None),
                    region is None or task.region in (region, None),
                )
            )
        ]

    def any_unfinished(self, project: str, region: str | None, about: str) -> bool:
        """Whether a task that may make what C(about) names is under way, in a region or in all: by its type, or of a type that is not known."""
        query = {"state": list(UNFINISHED), "project_id": project, **({"region_id": region} if region else {})}
        tasks = [task_of(row) for row in self._api.pages(TASKS, {}, query)]
        here = [task for task in tasks if task.project in (project, None) and (region is None or task.region in (region, None))]
        return any(task.state in UNFINISHED and _may_make(about, task.type) for task in here)

    def glance(self, task_id: str) -> Task | None:
        """One look at somebody's task; None where it cannot be seen."""
        try:
            return task_of(self._api.ask(TASK, {"task_id": task_id}))
        except (NotFoundError, ForbiddenError):
            return None

    def progress(self, pending: list[str]) -> t.Iterator[Task]:
        """Read every pending task once, take the finished ones out of C(pending) and tell of each.

        Raises:
            QuotaError, OperationFailedError: one of them failed; carries its id.
            TransientError: one of them could not be read; the others were.
        """
        unread: TransientError | None = None
        under_way = self._under_way() if pending and self._context.crowded() else ()
        for task_id in [each for each in pending if each not in under_way]:
            try:
                task = self.read(task_id)
            except TransientError as exc:
                unread = exc
                continue
            if task.state == FAILED:
                raise self._failure(task)
            if task.state == FINISHED:
                pending.remove(task_id)
                yield task
        if unread is not None:
            raise unread

    def _under_way(self) -> set[str]:
        """The ids of all unfinished tasks; what is not among them is finished, or too new to be listed."""
        return {str(row.get("id")) for row in self._api.pages(TASKS, {}, {"state": list(UNFINISHED)})}

    def _failure(self, task: Task) -> VpsError:
        said = one_line(self._api.redact(task.error))
        kind = QuotaError if said.startswith("Quota limit for") else OperationFailedError
        return kind(f"{TITLE}: task {task.id} ({task.type}) failed: {said or 'without a reason'}", operation_id=task.id, provider_message=said or None)

    def then(self, reading: Operation, task_ids: t.Sequence[str]) -> Operation:
        """The operation that awaits all tasks, not only the first, and then what C(reading) awaits."""
        pending = list(task_ids)

        def check() -> Outcome | None:
            for _finished in self.progress(pending):
                pass
            return None if pending else reading.check()

        return Operation(reading.what, check, POLL, ",".join(task_ids) or None, reading.instance_id)

    def making(self, what: str, task_ids: t.Sequence[str], made: t.Callable[[Task], tuple[str, ...]]) -> Operation:
        """The operation that awaits all tasks of an order; its outcome carries the id of what they made, as far as they tell it.

        A task that nobody knows any more is over, and what it made has to be looked for.
        """
        pending, ids = list(task_ids), list[str]()

        def check() -> Outcome | None:
            try:
                for task in self.progress(pending):
                    ids.extend(made(task))
            except NotFoundError:
                pending.clear()
            return None if pending else Outcome(ids[0] if ids else None)

        return Operation(f"{what} at {TITLE}", check, POLL, ",".join(task_ids) or None)

    # -- changes ----------------------------------------------------------------------------------------------------

    def see_through(
        self,
        what: str,
        of: str,
        send: t.Callable[[], list[str]],
        look: t.Callable[[], tuple[str | None, bool]],
        *,
        holder: t.Callable[[], str | None] | None = None,
        instance_id: str | None = None,
    ) -> Operation:
        """Send a change once, and await its tasks and its effect. After a lost answer the object alone can tell, and not while a task holds it.

        Args:
            what: the change in words.
            of: its object in words.
            send: sends it; the ids of the tasks that it started.
            look: the task that holds the object now, and whether the object shows the effect.
            holder: the task to wait for where the change is refused, if other objects than this one can be in the way.

        Raises:
            OutcomeUnknownError: the answer was lost, and the object shows neither task nor effect.
            NotFoundError: the object is gone.
        """
        unclear: OutcomeUnknownError | None = None
        task_ids: list[str] = []
        try:
            task_ids = self.when_free(send, lambda _refusal: holder() if holder else look()[0], of, instance_id)
        except OutcomeUnknownError as exc:
            if look() == (None, False):
                raise
            unclear = exc
        except (ConflictError, RejectedError):
            if not look()[1]:
                raise

        def check() -> Outcome | None:
            at_work, done = look()
            if at_work is not None:
                self.glance(at_work)
                return None
            if unclear is not None and not done:
                raise unclear
            return DONE if done else None

        return self.then(Operation(f"{what} of {of} at {TITLE}", check, POLL, instance_id=instance_id), task_ids)

    def removal(self, send: t.Callable[[], list[str]], holder: t.Callable[[], str | None], of: str, reading: Operation) -> Operation | None:
        """Send a deletion, and await its tasks and then what C(reading) awaits; None for what is gone already.

        Args:
            send: sends it; the ids of the tasks that it started.
            holder: the task that holds the object now.
            of: its object in words.
        """
        try:
            task_ids = self.when_free(send, lambda _refusal: holder(), of, reading.instance_id)
        except NotFoundError:
            return None
        return self.then(reading, task_ids)

    # -- locks ------------------------------------------------------------------------------------------------------

    def when_free(self, send: t.Callable[[], Sent], holder: t.Callable[[ConflictError], str | None], what: str, instance_id: str | None = None) -> Sent:
        """Send a change; while a task holds its object, wait for that task and send again (reading 9).

        Args:
            holder: tells which task holds the object now; it is given the refusal.
            what: the object in words.
            instance_id: its id, if it is a server.

        Raises:
            ConflictError: refused for another reason than a lock.
            WaitTimeoutError: the task held it until the deadline.
        """
        let_go = False
        while True:
            try:
                return send()
            except ConflictError as refusal:
                task_id = holder(refusal)
                released_meanwhile = task_id is None and not let_go and re.search(r"\b(task|lock)", refusal.message, re.IGNORECASE)
                if self._context.deadline.passed or not (task_id or released_meanwhile):
                    raise
            let_go = task_id is None
            if task_id:
                self._context.waiter.wait(self.release(task_id, what, instance_id), self._context.deadline)

    def release(self, task_id: str, what: str, instance_id: str | None = None) -> Operation:
        """The end of somebody's task that holds something, however it ends."""

        def check() -> Outcome | None:
            try:
                return DONE if self.read(task_id).state in (FINISHED, FAILED) else None
            except NotFoundError:
                return DONE

        return Operation(f"task {task_id}, which holds {what} at {TITLE}", check, POLL, task_id, instance_id)
