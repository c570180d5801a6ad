# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that may stop a plan before the first write: consent, an approved plan, drift, expectations."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from fractions import Fraction

from .._core.errors import ConsentError, CostError, DriftError, ExpectationError, OptionError, PlanChangedError, VpsError
from .._core.plan import Plan, Step
from .._providers.base import Driver, Terms

# What is done to an object as a whole, in words.
_WHOLE = {"create": "Ordering", "replace": "Replacing", "restore": "Restoring", "stop": "Stopping the server for"}


@dataclass(frozen=True)
class Subject:
    """The object that a plan is about.

    Args:
        label: in words, for messages.
        key: its id, or its name where there is no id yet; part of the plan's fingerprint.
        id: None where it does not exist yet.
        fields: what C(expect) is compared with.
    """

    label: str
    key: str
    id: str | None = None
    fields: t.Mapping[str, t.Any] = field(default_factory=dict)


class Guards:
    """The guards of one task.

    Args:
        token: the key of the plan's fingerprint.
        max_cost: what a plan may cost a month, in the provider's currency.
    """

    def __init__(self, driver: Driver, terms: Terms, token: str, max_cost: float | None = None) -> None:
        self.driver = driver
        self.terms = terms
        self.context = driver.context
        self._token = token
        self._max_cost = max_cost

    def accept(self, plan: Plan, subject: Subject, *, ordered: bool = False) -> Plan:
        """The plan, once nothing stands in its way; its warnings are told here.

        Args:
            ordered: an earlier run sent the order already, so that its price stops nothing any more.

        Raises:
            ConsentError, CostError, PlanChangedError, DriftError: with C(plan), C(plan_id) and C(drift) as they are now.
        """
        for warning in plan.warnings:
            self.context.warn(warning)
        plan_id = self.plan_id(plan, subject)
        shown = {"plan": plan.public(), "plan_id": plan_id, "drift": [each.public() for each in plan.drift], "id": subject.id}
        try:
            require_consent(plan.steps, plan.missing_consents(self.terms.allow), subject.label)
            if not ordered:
                self._check_cost(plan, subject)
            if self.terms.expect_plan and plan.steps and plan_id != self.terms.expect_plan:
                raise PlanChangedError(
                    f"The plan for {subject.label} is {plan_id} now, not {self.terms.expect_plan} as approved; nothing was changed",
                    hint="Look at the plan in this result and approve it anew.",
                    expect_plan=self.terms.expect_plan,
                )
            self.report_drift(plan, subject)
        except VpsError as exc:
            exc.facts.update({key: value for key, value in shown.items() if value is not None})
            raise
        return plan

    def _check_cost(self, plan: Plan, subject: Subject) -> None:
        """Refuse a step whose listed price is above C(max_cost); a price that nobody lists is told."""
        for step in plan.steps:
            if self._max_cost is None or not step.cost:
                continue
            monthly = step.price.monthly() if step.price else None
            if monthly is None:
                self.context.warn(f"{self.driver.PROFILE.title} lists no price for the {step.field} of {subject.label}, so max_cost was not compared with it")
            elif monthly > Fraction(str(self._max_cost)):
                cost = " ".join(part for part in (f"{float(monthly):.2f}", step.price.currency if step.price else None) if part)
                raise CostError(
                    f"The {step.action} of {subject.label} costs {cost} a month, which is more than max_cost ({self._max_cost:g}); nothing was changed",
                    hint="Choose a cheaper size, or raise max_cost.",
                    monthly_cost=f"{float(monthly):.2f}",
                )

    def report_drift(self, plan: Plan, subject: Subject) -> None:
        """Tell the differences that are not acted on, as C(on_drift) says; what was just made never fails for them.

        Raises:
            DriftError: C(on_drift) is C(fail).
        """
        if not plan.drift or self.terms.on_drift == "ignore":
            return
        told = "; ".join(f"{each.field} is {each.current!r}, wanted {each.wanted!r} ({_way_there(each.needs)})" for each in plan.drift)
        if self.terms.on_drift == "fail" and subject.id is not None:
            raise DriftError(
                f"{subject.label} differs in what this task does not change: {told}",
                hint="Correct the task, allow what is needed, or set on_drift: warn.",
                drift=[each.public() for each in plan.drift],
            )
        self.context.warn(f"{subject.label} differs in what this task does not change: {told}")

    def check_expectations(self, subject: Subject) -> None:
        """The guard of C(expect).

        Raises:
            ExpectationError: names every field that does not match.
        """
        expected = self.terms.expect
        wrong = {key: subject.fields.get(key) for key, value in expected.items() if not _alike(value, subject.fields.get(key))}
        if wrong:
            told = "; ".join(f"{key} is {value!r}, expected {expected[key]!r}" for key, value in sorted(wrong.items()))
            raise ExpectationError(f"{subject.label} is not the expected one: {told}; nothing was changed", id=subject.id)

    def plan_id(self, plan: Plan, subject: Subject) -> str:
        """The plan's fingerprint."""
        return plan.fingerprint(self._token, self.driver.PROFILE.name, self.driver.account(), subject.key)


def check_expected_fields(expect: t.Mapping[str, t.Any], fields: t.Collection[str], what: str) -> None:
    """Refuse an expectation that could never be met.

    Args:
        fields: those that the object has.
        what: the object in words ("an instance").

    Raises:
        OptionError: names the field that does not exist.
    """
    unknown = [key for key in expect if key not in fields]
    if unknown:
        raise OptionError(f"expect: {what} has no field {unknown[0]}", hint=f"Fields: {', '.join(sorted(fields))}.", option="expect")


def require_consent(steps: t.Iterable[Step], missing: t.Sequence[str], label: str) -> None:
    """Refuse a plan that needs effects which the caller did not allow.

    Raises:
        ConsentError: names the effects and the fields that need them.
    """
    if missing:
        asking = [step for step in steps if set(step.needs) & set(missing)]
        whole = next((_WHOLE[step.action] for step in asking if step.action in _WHOLE), None)
        change = f"{whole} {label}" if whole else f"Changing {', '.join(sorted({step.field for step in asking}))} of {label}"
        raise ConsentError(
            f"{change} needs consent to: {', '.join(missing)}; nothing was changed",
            hint=f"Add to the task: allow: [{', '.join(missing)}].",
            needs=list(missing),
        )


def _way_there(needs: str) -> str:
    """What a difference would take, in words."""
    return "which cannot be changed here" if needs == "unsupported" else f"needs {needs}"


def _alike(wanted: t.Any, current: t.Any) -> bool:
    """Whether an expected value is met; scalars compare as text, since YAML knows more types than we return."""
    if isinstance(wanted, (dict, list)) or isinstance(current, (dict, list)):
        return bool(wanted == current)
    return str(wanted) == str(current) if wanted is not None and current is not None else wanted is current
