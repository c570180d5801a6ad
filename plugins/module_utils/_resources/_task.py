# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four steps of every resource beside the instance: fetch, plan, apply, compare; and the one form of their result."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import OutcomeUnknownError, VpsError
from .._core.plan import Plan, Step
from .._providers.base import Driver, Terms
from ._guards import Guards, Subject


@dataclass(frozen=True)
class Changed:
    """What a task did, or in check mode would do; the same for every resource.

    Args:
        kind: the key of the object in the reply.
        shown: the object as users see it.
        before, after: the two sides of the diff.
        more: further keys of the reply.
    """

    kind: str
    shown: t.Mapping[str, t.Any]
    plan: Plan
    plan_id: str
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    more: t.Mapping[str, t.Any] = field(default_factory=dict)


State = t.TypeVar("State")


class ResourceTask(abc.ABC, t.Generic[State]):
    """One run of a module that changes something.

    A subclass fetches a state, plans from it, predicts the state after a plan, carries out one step after the other and
    compares again. Check mode is the same path minus the sending.

    Args:
        token: the key of the plan's fingerprint.
    """

    def __init__(self, driver: Driver, terms: Terms, token: str) -> None:
        self.driver = driver
        self.terms = terms
        self.context = driver.context
        self.guards = Guards(driver, terms, token)
        self._done: list[Step] = []
        self._needless: list[Step] = []

    def run(self) -> Changed:
        """Fetch, plan, then predict or apply and compare.

        Raises:
            VpsError: every failure; after something was changed, its facts carry C(id) and C(plan).
        """
        state = self.fetch()
        subject = self.subject(state)
        plan = self.guards.accept(self.plan(state), subject)
        predicted = self.predict(state, plan.steps)
        before, after = self.views(state, predicted, plan.steps)
        result = Changed(self.key, self.shown(predicted), plan, self.guards.plan_id(plan, subject), before, after, self.more(predicted))
        if self.context.check_mode or not plan.steps:
            return result
        try:
            for step in plan.steps:
                state = self.carry_out(step, state, plan)
                self.accepted(step)
            state = self.compare(state, plan)
        except VpsError as exc:
            if isinstance(exc, OutcomeUnknownError):
                exc.hint = exc.hint or "Look in the provider's panel what became of it before the task is run again."
            subject = self.subject(state)
            if subject.label not in exc.message and f"({subject.id})" not in exc.message:  # the HTTP client knows calls, no objects
                exc.message = f"{exc.message.rstrip('.')}; this was about {subject.label}"
            tell_done(exc, self._done, subject.id)
            raise
        return replace(result, shown=self.shown(state), plan=plan.with_steps(self._done), more=self.more(state))

    def accepted(self, step: Step) -> None:
        """Note that the provider took a step, so that a failure of what follows, its wait included, tells it as done."""
        if step not in self._done and step not in self._needless:
            self._done.append(step)

    def needless(self, step: Step) -> None:
        """Note that a step was not sent, since it turned out to be needed no more; it is not told as done."""
        self._needless.append(step)

    @property
    @abc.abstractmethod
    def key(self) -> str:
        """The key of the object in the reply."""

    @abc.abstractmethod
    def fetch(self) -> State:
        """Everything that the plan depends on; refuses bad options before anything is sent."""

    @abc.abstractmethod
    def plan(self, state: State) -> Plan:
        """What has to be done."""

    @abc.abstractmethod
    def subject(self, state: State) -> Subject:
        """The object that the plan is about."""

    @abc.abstractmethod
    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """The state after C(steps)."""

    @abc.abstractmethod
    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send one step and wait for its end, if the task waits at all."""

    @abc.abstractmethod
    def compare(self, state: State, plan: Plan) -> State:
        """Read again.

        Raises:
            NotAppliedError: something was accepted and not done.
        """

    @abc.abstractmethod
    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The object as users see it."""

    def views(self, state: State, predicted: State, steps: t.Sequence[Step]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """The two sides of the diff: what the steps change."""
        fields = sorted({step.field for step in steps})
        last = {step.field: step.after for step in steps}
        first = {step.field: step.before for step in reversed(steps)}
        return {name: first[name] for name in fields}, {name: last[name] for name in fields}

    def more(self, state: State) -> dict[str, t.Any]:
        """Further keys of the reply."""
        return {}


def tell_done(exc: VpsError, done: t.Sequence[Step], object_id: str | None = None) -> None:
    """Put into a failure what was done before it."""
    if object_id is not None:
        exc.facts.setdefault("id", object_id)
    exc.facts.setdefault("plan", [step.public() for step in done])
    exc.facts.setdefault("changed", bool(done))
