# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that may stop a plan before the first write: consent, an approved plan, drift, expectations."""

from __future__ import annotations

import typing as t

from .._core.errors import DriftError, ExpectationError, PlanChangedError, VpsError
from .._core.model import Instance
from .._core.plan import Plan
from .._providers.base import Driver, Wish
from ._comparison import require_consent


class Guards:
    """The guards of one task.

    Args:
        token: the key of the plan's fingerprint.
    """

    def __init__(self, driver: Driver, wish: Wish, token: str) -> None:
        self.driver = driver
        self.wish = wish
        self.context = driver.context
        self._token = token

    def accept(self, plan: Plan, instance: Instance | None) -> Plan:
        """The plan, once nothing stands in its way; its warnings are told here.

        Raises:
            ConsentError, PlanChangedError, DriftError: with C(plan), C(plan_id) and C(drift) as they are now.
        """
        for warning in plan.warnings:
            self.context.warn(warning)
        label = self.driver.label(instance) if instance else f"{self.wish.name} at {self.driver.PROFILE.title}"
        plan_id = self.plan_id(plan, instance)
        shown = {"plan": plan.public(), "plan_id": plan_id, "drift": [each.public() for each in plan.drift], "id": instance.id if instance else None}
        try:
            require_consent(plan.steps, plan.missing_consents(self.wish.allow), label)
            if self.wish.expect_plan and plan.steps and plan_id != self.wish.expect_plan:
                raise PlanChangedError(
                    f"The plan for {label} is {plan_id} now, not {self.wish.expect_plan} as approved; nothing was changed",
                    hint="Look at the plan in this result and approve it anew.",
                    expect_plan=self.wish.expect_plan,
                )
            self.report_drift(plan, instance)
        except VpsError as exc:
            exc.facts.update({key: value for key, value in shown.items() if value is not None})
            raise
        return plan

    def report_drift(self, plan: Plan, instance: Instance | None) -> None:
        """Tell the differences that are not acted on, as C(on_drift) says; a server that was just made never fails for them.

        Raises:
            DriftError: C(on_drift) is C(fail).
        """
        if not plan.drift or self.wish.on_drift == "ignore":
            return
        label = self.driver.label(instance) if instance else str(self.wish.name)
        told = "; ".join(f"{each.field} is {each.current!r}, wanted {each.wanted!r} ({_way_there(each.needs)})" for each in plan.drift)
        if self.wish.on_drift == "fail" and instance is not None:
            raise DriftError(
                f"{label} differs in what this task does not change: {told}",
                hint="Correct the task, allow what is needed, or set on_drift: warn.",
                drift=[each.public() for each in plan.drift],
            )
        self.context.warn(f"{label} differs in what this task does not change: {told}")

    def check_expectations(self, instance: Instance) -> None:
        """The guard of C(expect).

        Raises:
            ExpectationError: names every field that does not match.
        """
        shown = instance.public()
        wrong = {key: shown[key] for key, value in self.wish.expect.items() if not _alike(value, shown[key])}
        if wrong:
            told = "; ".join(f"{key} is {value!r}, expected {self.wish.expect[key]!r}" for key, value in sorted(wrong.items()))
            raise ExpectationError(f"{self.driver.label(instance)} is not the expected one: {told}; nothing was changed", id=instance.id)

    def plan_id(self, plan: Plan, instance: Instance | None) -> str:
        """The plan's fingerprint: about the id, or the name where there is none yet."""
        subject = (instance.id if instance else None) or self.wish.name or self.wish.id or ""
        return plan.fingerprint(self._token, self.driver.PROFILE.name, self.driver.account(), subject)

    def warn_locked(self, instance: Instance, plan: Plan) -> None:
        """In check mode, say that the provider will refuse to change a locked server."""
        if instance.locked and plan.steps and plan.steps[0].action != "unlock" and self.context.check_mode:
            self.context.warn(f"{self.driver.label(instance)} is locked; the provider will refuse these changes. Add locked: false to unlock it first.")


def _way_there(needs: str) -> str:
    """What a difference would take, in words."""
    return "which cannot be changed here" if needs == "unsupported" else f"needs {needs}"


def _alike(wanted: t.Any, current: t.Any) -> bool:
    """Whether an expected value is met; scalars compare as text, since YAML knows more types than we return."""
    if isinstance(wanted, (dict, list)) or isinstance(current, (dict, list)):
        return bool(wanted == current)
    return str(wanted) == str(current) if wanted is not None and current is not None else wanted is current
