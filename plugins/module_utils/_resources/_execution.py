# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out the steps of a plan on an existing server, one after the other.

After an unclear outcome the server is read before anything is sent again.
"""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import replace

from .._core import simulate
from .._core.errors import NotAppliedError, NotFoundError
from .._core.model import DELETING, DONE, STOPPED, SUSPENDED, Instance, Outcome, Ref
from .._core.plan import Step
from .._core.wait import Deadline, Operation
from .._providers.base import FIELDS, Driver, Wish
from ._comparison import satisfied
from ._sending import send_safely

VANISHED_SECONDS = 10.0  # how long a server that was seen may be missing from reads before it counts as gone


class Executor:
    """Carries out steps and remembers what was done.

    C(deadline) is that of the task, unless told otherwise.

    After C(run), C(done) are the steps that were carried out, C(instance) is the server as far as it is known, and
    C(credentials) what the provider made on the way.
    """

    def __init__(self, driver: Driver, wish: Wish, instance: Instance, deadline: Deadline | None = None) -> None:
        self.driver = driver
        self.wish = wish
        self.instance = instance
        self.done: list[Step] = []
        self.credentials: t.Mapping[str, str | None] | None = None
        self._deadline = deadline or driver.context.deadline
        self._stale = False

    def run(self, steps: t.Sequence[Step]) -> Instance:
        """Carry out C(steps) in order; steps of one resize are one request.

        Raises:
            VpsError: with C(id); C(done) tells how far it got.
        """
        for _key, group in itertools.groupby(steps, key=lambda step: (step.action, step.action == "resize" or step)):
            if self._stale:
                self.instance = self.reread()
            self._carry_out(list(group))
        return self.instance

    def reread(self) -> Instance:
        """The server as it is now, with the costly fields that this task manages.

        Raises:
            NotFoundError: it is gone.
        """
        now = self.driver.get(str(self.instance.id))
        self._stale = False
        if now is None:
            raise NotFoundError(f"{self.driver.label(self.instance)} vanished while it was changed", id=self.instance.id)
        return self.driver.read(now, managed(self.wish))

    def _carry_out(self, group: list[Step]) -> None:
        step = group[0]
        stopped_before = self.instance.status == STOPPED
        operation = self._send_safely(group)
        self.done.extend(group)
        if operation is not None and (self.wish.wait or step.target == "reset"):  # a new password comes with the answer
            outcome = self.driver.context.waiter.wait(operation, self._deadline)
            if outcome.credentials:
                self.credentials = outcome.credentials
            if outcome.instance_id and outcome.instance_id != self.instance.id:
                self.instance = replace(self.instance, id=outcome.instance_id)  # HosterAPI: a reinstallation may tell another id
        self._stale = operation is not None and self.wish.wait and step.action != "delete"
        self.instance = simulate.after(self.instance, group)
        if step.action == "resize" and stopped_before and self.wish.wait and self._stale:
            self._stop_again()

    def _stop_again(self) -> None:
        """A resize may start a stopped server (Civo reading 10); its power is to be left as it was."""
        self.instance = self.reread()
        if self.instance.status != STOPPED:
            operation = self.driver.stop(self.instance, self.wish.stop_mode)
            if operation is not None:
                self.driver.context.waiter.wait(operation, self._deadline)
                self._stale = True

    def _send_safely(self, group: list[Step]) -> Operation | None:
        facts = {"id": self.instance.id, "step": group[0].action}
        return send_safely(self.driver.context, lambda: self._send(group), lambda: self._settled_as(group), facts)

    def _settled_as(self, group: list[Step]) -> Operation | None:
        """After an unclear outcome: an operation that ends when the step shows its effect, None when it has none."""
        step, driver = group[0], self.driver
        now = driver.get(str(self.instance.id))
        if step.action == "delete":
            return driver.gone(self.instance) if now is None or now.status == DELETING or not now.settled else None
        if now is None:
            return None
        if not now.settled:
            self._wait_until_settled(now)
        self.instance = self.reread()
        if all(satisfied(each, self.instance) for each in group):
            return driver.operation(f"{step.action} of {driver.label(self.instance)}", lambda: DONE, instance_id=self.instance.id)
        return None

    def _wait_until_settled(self, now: Instance) -> None:
        operation = self.driver.until("end of the change", now, lambda instance: instance.settled)
        self.driver.context.waiter.wait(operation, self._deadline)

    def _send(self, group: list[Step]) -> Operation | None:
        driver, instance, wish, step = self.driver, self.instance, self.wish, group[0]
        if step.action == "resize":
            return driver.resize(instance, {each.field: each.after for each in group}, wish)
        if step.action == "delete":
            return driver.delete(instance, wish, step.target or {})
        if step.field == "password":
            return driver.reset_password(instance) if step.target == "reset" else driver.set_password(instance, step.secret or "")
        verbs: dict[str, t.Callable[[], Operation | None]] = {
            "rename": lambda: driver.rename(instance, step.after),
            "start": lambda: driver.start(instance),
            "stop": lambda: driver.stop(instance, wish.stop_mode),
            "restart": lambda: driver.restart(instance, wish.stop_mode),
            "suspend": lambda: driver.suspend(instance),
            "resume": lambda: driver.resume(instance),
            "rebuild": lambda: driver.rebuild(instance, wish.fields.get("image")),
            "repair": lambda: driver.repair(instance),
            "finalize": lambda: driver.finalize_iso(instance),
            "attach": lambda: driver.set_placement_group(instance, step.target),
            "detach": lambda: driver.set_placement_group(instance, None),
            "rescue": lambda: driver.set_rescue(instance, True),
            "unrescue": lambda: driver.set_rescue(instance, False),
            "lock": lambda: driver.set_locked(instance, True),
            "unlock": lambda: driver.set_locked(instance, False),
            "set": lambda: self._set(step),
        }
        return verbs[step.action]()

    def _set(self, step: Step) -> Operation | None:
        if step.field == "tags":
            return self.driver.set_tags(self.instance, step.after)
        refs: t.Sequence[Ref] = step.target
        return self.driver.set_firewalls(self.instance, refs)


def managed(wish: Wish) -> frozenset[str]:
    """The fields that a task manages."""
    return frozenset(field for field in FIELDS if field in wish.fields)


def wait_until_gone(driver: Driver, instance: Instance) -> None:
    """Wait for the end of a deletion that is under way."""
    driver.context.waiter.wait(driver.gone(instance), driver.context.deadline)


def wait_until_ready(driver: Driver, instance_id: str) -> Instance:
    """Wait until a server that is being built is complete.

    A new one may take as long to show as the look after an unclear order; once seen, it may not be missing for long.

    Raises:
        NotFoundError: it vanished, or is being deleted; with its id.
        WaitTimeoutError, OperationFailedError: with its id.
    """
    seen: list[Instance] = []
    clock = driver.context.waiter.clock
    shown, patience = clock.now(), driver.PROFILE.look_seconds or driver.context.deadline.seconds

    def check() -> Outcome | None:
        nonlocal shown, patience
        now = driver.get(instance_id)
        if (now is None and clock.now() - shown > patience) or (now is not None and now.status == DELETING):
            raise NotFoundError(
                f"Instance {instance_id} at {driver.PROFILE.title} vanished while it was being built",
                hint="Look in the provider's panel why it was deleted, then run the task again.",
                id=instance_id,
            )
        if now is None:
            return None
        shown, patience = clock.now(), VANISHED_SECONDS
        if not driver.ready(now):
            return None
        seen.append(now)
        return Outcome(now.id)

    operation = driver.operation(f"build of instance {instance_id} at {driver.PROFILE.title}", check, instance_id=instance_id)
    driver.context.waiter.wait(operation, driver.context.deadline)
    return seen[-1]


def wait_until_reachable(driver: Driver, wish: Wish, instance: Instance, accepts_tcp: t.Callable[[str, int], bool]) -> Instance:
    """Carry out C(wait_until): until it has an address, and until the port accepts connections, unless it is off.

    Raises:
        WaitTimeoutError: with its id.
    """
    latest = [instance]

    def check() -> Outcome | None:
        now = latest[0]
        if not now.addresses:
            now = driver.get(str(instance.id)) or now
            latest[0] = now
        host = now.public_ipv4 or now.public_ipv6 or now.private_ipv4
        if host is None or (wish.wait_until == "port" and not accepts_tcp(host, wish.wait_port)):
            return None
        return DONE

    if instance.status in (STOPPED, SUSPENDED) and wish.wait_until == "port":
        return instance
    if wish.wait_until != "status" and check() is None:
        what = "address" if wish.wait_until == "address" else f"port {wish.wait_port}"
        operation = driver.operation(f"{what} of {driver.label(instance)}", check, instance_id=instance.id)
        driver.context.waiter.wait(operation, driver.context.deadline)
    return latest[0]


def not_applied(driver: Driver, instance: Instance, steps: t.Sequence[Step]) -> NotAppliedError:
    """The failure for what the provider accepted and did not do."""
    fields = ", ".join(sorted({step.field for step in steps}))
    return NotAppliedError(
        f"{driver.PROFILE.title} accepted the change of {fields} of {driver.label(instance)}, but it was not applied",
        hint="Run the task again; if it stays so, look at the server in the provider's panel.",
        id=instance.id,
    )
