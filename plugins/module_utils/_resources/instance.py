# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: fetch, plan, apply, compare.

The same path serves check mode and the real run; check mode stops before the sending and predicts.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field, replace

from .._core import simulate
from .._core.errors import (
    ExpectationError,
    LedgerError,
    NotFoundError,
    OptionError,
    TransientError,
    VpsError,
    WaitTimeoutError,
)
from .._core.model import ABSENT, BUILDING, DELETING, RUNNING, STOPPED, SUSPENDED, Instance
from .._core.plan import DELETE, STOP, Plan, Step
from .._core.wait import Operation
from .._http.port import accepts_tcp
from .._ledger import Entry
from .._providers.base import SECRET_FIELDS, Driver, Lookup, Order, Wish
from ._comparison import ALWAYS, Comparison, creation_step, current_value
from ._execution import Executor, managed, not_applied, wait_until_gone, wait_until_reachable, wait_until_ready
from ._guards import Guards, Subject
from ._instances import several
from ._options import check_options, managed_fields
from ._ordering import Made, Ordering, how_to_clear
from ._sending import SETTLE_SECONDS, look_for
from ._task import tell_done

STRICT_STATES = ("absent", "rebuilt")  # a name beside the id must match
GUARDED = ("rebuild", "repair")  # the actions on an existing server that heed C(expect)


@dataclass
class Result:
    """What a task did, or in check mode would do."""

    instance: Instance
    plan: Plan = field(default_factory=Plan)
    plan_id: str | None = None
    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)
    credentials: t.Mapping[str, str | None] | None = None
    operation_id: str | None = None
    left_behind: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """What the fetch brought."""

    instance: Instance | None
    lookup: Lookup | None = None
    entry: Entry | None = None  # an open order of an earlier run


class InstanceTask:
    """One run of vps_instance.

    Args:
        driver: the provider.
        wish: the options.
        token: the key of the plan's fingerprint.
        only_plan: predict as check mode does, without its lenience: what stands in the way of a real run is refused.

    C(unsettled) says afterwards that a prediction took something for granted that only waiting can show.

    Raises:
        VpsError: the options alone show that it cannot be done; see C(check_options).
    """

    def __init__(self, driver: Driver, wish: Wish, token: str, *, only_plan: bool = False) -> None:
        check_options(driver, wish)
        self.driver = driver
        self.wish = replace(wish, fields=managed_fields(driver, wish))
        self.context = driver.context
        self.unsettled = False
        self._predicts = only_plan or self.context.check_mode
        self._guards = Guards(driver, self.wish, token, self.wish.max_cost)

    def run(self) -> Result:
        """Fetch, plan, then predict or apply and compare.

        Raises:
            VpsError: every failure; after something was made, its facts carry C(id) (else C(operation_id)) and C(plan).
        """
        if self.context.check_mode and not self.wish.id and not self.wish.name:
            return self._presume("Neither name nor id is known in check mode")
        with self._name_lock():
            found = self._fetch()
            if self.wish.state == "absent":
                return self._remove(found)
            if found.instance is None or found.entry is not None:
                return self._make(found)
            return self._change(found.instance)

    # -- fetch ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _name_lock(self) -> t.Iterator[None]:
        ledger = self.context.ledger
        if ledger is None or not self.wish.name or self.wish.id or self._predicts:
            yield
            return
        with ledger.lock(self.driver.ledger_scope(self.context.connection.region), self.wish.name, self.context.deadline):
            yield

    def _fetch(self) -> Found:
        if self.wish.id:
            return Found(self._fetch_by_id(self.wish.id))
        name = str(self.wish.name)
        lookup = self.driver.find(name)
        present = lookup.present
        if len(present) > 1:
            raise several(self.driver, name, present)
        entry = self.driver.entry(name)
        instance = present[0] if present else self._known_to_ledger(name, entry)
        if instance is None and self.wish.state == "absent" and lookup.matches:
            instance = lookup.matches[0]
        if instance is not None:
            instance = self._read(instance)
        unfinished = entry and entry.unfinished and instance and instance.id == entry.id and instance.status != DELETING
        return Found(instance, lookup, entry if entry and (entry.open or unfinished) else None)

    def _known_to_ledger(self, name: str, entry: Entry | None) -> Instance | None:
        """A server that an earlier run made and that the provider does not show under its name yet."""
        if entry is None or entry.open or entry.id is None:
            return None
        instance = self.driver.get(entry.id)
        named = instance is not None and (instance.name in (None, name) or "name_template" in self.wish.fields)
        return instance if instance is not None and named and instance.status != DELETING else None

    def _fetch_by_id(self, instance_id: str) -> Instance | None:
        instance = self.driver.get(instance_id)
        if instance is None:
            if self.wish.state != "absent":
                raise NotFoundError(
                    f"{self.driver.PROFILE.title} has no instance with id {instance_id} in account {self.driver.account()}",
                    hint="An id never creates; give a name to make a new one.",
                    id=instance_id,
                )
            return None
        if self.wish.name and self.wish.name != instance.name and self.wish.state in STRICT_STATES:
            raise ExpectationError(
                f"The instance with id {instance_id} at {self.driver.PROFILE.title} is named {instance.name}, not {self.wish.name}; nothing was changed",
                hint="Correct name or id.",
                id=instance_id,
            )
        return self._read(instance)

    def _read(self, instance: Instance) -> Instance:
        """With the costly fields that this task manages, and those that its guard is about."""
        guarded = frozenset(self.wish.expect) if self.wish.state in (*STRICT_STATES, "repaired") or "replace" in self.wish.allow else frozenset()
        fields = managed(self.wish) | guarded
        return self.driver.read(instance, fields) if fields else instance

    # -- absent -----------------------------------------------------------------------------------------------------

    def _remove(self, found: Found) -> Result:
        instance = found.instance
        if instance is None and found.lookup is not None and found.lookup.building is not None:
            if self._predicts or not self.wish.wait:
                return self._leave_building(found.lookup.building)
            instance = self._await_building(found.lookup)
        if found.entry is not None and (instance is None or instance.status == DELETING):  # what goes may be an earlier one
            raise LedgerError(
                f"An order for {self.wish.name} at {self.driver.PROFILE.title} is still open in the ledger, so it cannot be said to be absent",
                hint=f"Run state: present once to settle it, or give the id. {how_to_clear(self.context.ledger, found.entry.name)}",
            )
        if instance is None:
            return Result(self._never_existed())
        if instance.status == DELETING:
            if not self.wish.wait:
                return Result(instance)
            self.unsettled = True
            if not self._predicts:
                wait_until_gone(self.driver, instance)
                self._forget(instance)
            return Result(replace(instance, status=ABSENT, provider_status=None))
        self._guards.check_expectations(self._subject(instance))
        targets, left_behind = self.driver.delete_targets(instance, self.wish.delete_with)
        plan = self._guards.accept(
            Plan(tuple(self._removal_steps(instance, targets)), warnings=tuple(_removal_warnings(targets, left_behind))), self._subject(instance)
        )
        self._warn_locked(instance, plan)
        gone = simulate.after(instance, plan.steps)
        if not self.wish.wait and gone.status == ABSENT:
            gone = replace(gone, status=DELETING)
        views = ({"name": instance.name, "status": instance.status}, {"name": instance.name, "status": gone.status})
        result = Result(gone, plan, self._guards.plan_id(plan, self._subject(instance)), *views, left_behind=left_behind)
        if self._predicts:
            return result
        done = self._execute_removal(instance, plan.steps)
        if gone.status == ABSENT:
            self._forget(instance)
        return replace(result, plan=replace(plan, steps=tuple(done)))

    def _leave_building(self, building: Operation) -> Result:
        """A server that is still being built has no id to delete: check mode predicts, and without waiting it is left to the next run."""
        subject = replace(self._never_existed(), status=BUILDING)
        self.unsettled = True
        label = f"An instance {self.wish.name} is being built at {self.driver.PROFILE.title}"
        if not self.wish.wait:
            self.context.warn(f"{label}; wait is false, so its deletion is left to the next run")
            return Result(subject, operation_id=building.id)
        self.context.warn(f"{label}; it is deleted once it is there, and what would stay behind is not known yet")
        plan = self._guards.accept(Plan((Step("delete", "instance", self.wish.name, None, DELETE),), approvable=False), self._subject())
        views = ({"name": self.wish.name, "status": BUILDING}, {"name": self.wish.name, "status": ABSENT})
        return Result(simulate.after(subject, plan.steps), plan, self._guards.plan_id(plan, self._subject()), *views)

    def _execute_removal(self, instance: Instance, steps: t.Sequence[Step]) -> t.Sequence[Step]:
        """Carry the steps out; who removes the server meanwhile does no harm."""
        executor = Executor(self.driver, self.wish, instance)
        try:
            self._execute(executor, steps)
        except NotFoundError:
            if self.driver.get(str(instance.id)) is not None:
                raise
        return executor.done

    def _removal_steps(self, instance: Instance, targets: t.Mapping[str, t.Sequence[str]]) -> t.Iterator[Step]:
        running = instance.status not in (STOPPED, SUSPENDED)
        if self.driver.stops_before_delete and running and self.wish.stop_mode != "hard":
            yield Step("stop", "status", instance.status, STOPPED, STOP)
            if not self.wish.wait:
                self.context.warn(f"wait is false: {self.driver.label(instance)} is only told to stop; the next run deletes it")
                return
        yield Step("delete", "instance", instance.name or instance.id, None, DELETE, target=targets)
        for word, ids in sorted(targets.items()):
            for target in ids:
                yield Step("delete", word, target, None, DELETE, target="along")

    def _forget(self, instance: Instance) -> None:
        name = instance.name if self.wish.id else self.wish.name  # a server that is named by a template has another one
        if self.context.ledger and name:
            self.context.ledger.drop(self.driver.ledger_scope(instance.region), name)

    def _never_existed(self) -> Instance:
        region = self.driver.wanted_region()
        return Instance(self.driver.PROFILE.name, self.driver.account(), id=self.wish.id, name=self.wish.name, region=region, status=ABSENT)

    # -- making -----------------------------------------------------------------------------------------------------

    def _make(self, found: Found) -> Result:
        """A new server, or one that an earlier run ordered."""
        lookup = found.lookup or Lookup((), frozenset())
        if lookup.building is not None and found.entry is None and found.instance is None:
            return self._take_over(lookup)
        missing = self._missing()
        if missing and self.context.check_mode and found.entry is None:
            return self._presume(f"There is no instance {self.wish.name} yet, and this task could not create it without: {', '.join(missing)}")
        order = self._order() if found.entry is None else self._order_to_resume()
        self.unsettled = found.entry is not None
        predicted = self._predicted(order)
        creation = creation_step(self.wish, order.region, order.price)
        plan = self._creation_plan(order, predicted, creation)
        plan = self._guards.accept(plan, self._subject(), ordered=found.entry is not None)
        plan_id = self._guards.plan_id(plan, self._subject())
        finished = self._after_creation(predicted, plan)
        result = Result(finished, plan, plan_id, {"status": ABSENT}, self._creation_view(creation, finished))
        if self._predicts:
            return result
        result = replace(result, instance=predicted)
        if found.entry is not None:
            made = Made(found.instance.id) if found.instance else Ordering(self.driver, self.wish).resume(self._scope(), found.entry)
            if made is not None:
                return self._finish_resumed(made, found.entry, creation, result)
            order = self._order()
        return self._order_and_finish(lookup, order, creation, result)

    def _order_to_resume(self) -> Order:
        """For the plan of an order that was sent already: what stands in the way of a new one does not keep it from being continued."""
        with contextlib.suppress(OptionError):
            if not self._missing():
                return self.driver.order(replace(self.wish, ledger_unknown="ignore"))
        return Order(None, self._never_existed().region)

    def _after_creation(self, predicted: Instance, plan: Plan) -> Instance:
        made = simulate.after(predicted, plan.steps)
        return made if self.wish.wait else replace(made, status=BUILDING, provider_status=None)

    @staticmethod
    def _creation_view(creation: Step, made: Instance) -> dict[str, t.Any]:
        """The diff's side after a create: what was asked for."""
        shown = {field: value for field, value in creation.after.items() if value is not None}
        return dict(sorted({**shown, "status": made.status}.items()))

    def _order(self, replaced: Instance | None = None) -> Order:
        missing = self._missing()
        if missing:
            why, instead = f"There is no instance {self.wish.name} at {self.driver.PROFILE.title}, and creating one", "state: absent if it should not exist"
            if replaced:
                why, instead = f"Replacing {self.driver.label(replaced)}", "leave replace out of allow"
            raise OptionError(f"{why} needs: {', '.join(missing)}", hint=f"Add the missing options, or {instead}.", option=missing[0])
        return self.driver.order(self.wish)

    def _missing(self) -> list[str]:
        capabilities = self.driver.PROFILE.capabilities
        return [each for each in capabilities.required if all(self._lacks(option) for option in (each, *capabilities.alternatives.get(each, ())))]

    def _lacks(self, option: str) -> bool:
        if option == "name":
            return not self.wish.name
        if option == "region":
            return not self.context.connection.region
        return self.wish.fields.get(option) in (None, [], "")

    def _predicted(self, order: Order) -> Instance:
        carried = {name: value for name, value in self.wish.fields.items() if name in self.driver.PROFILE.capabilities.carried and name in ("tags", "username")}
        base = Instance(
            self.driver.PROFILE.name,
            self.driver.account(),
            name=self.wish.name,
            region=order.region,
            status=RUNNING,
            locked=False if "locked" in self.driver.PROFILE.capabilities.options else None,
            rescue=False if "rescue" in self.driver.PROFILE.capabilities.options and "rescue" in self.wish.fields else None,
        )
        return replace(base, **{**carried, **order.predicted})

    def _creation_plan(self, order: Order, predicted: Instance, creation: Step) -> Plan:
        following = Comparison(self.driver, self.wish, predicted, fresh=True)
        warnings = [*order.warnings, *following.warnings]
        warnings += [f"{self.driver.PROFILE.title} knows no {name} yet; the prediction takes it that an earlier task makes it" for name in order.unknown]
        plan = Plan((creation, *following.steps), tuple(following.drift), tuple(warnings), following.approvable and not order.unknown)
        return self._without_waiting(plan, kept=1)

    def _without_waiting(self, plan: Plan, kept: int) -> Plan:
        """With C(wait: false), what needs a settled server is left to the next run."""
        if self.wish.wait or len(plan.steps) <= kept:
            return plan
        left = ", ".join(dict.fromkeys(step.field for step in plan.steps[kept:]))
        warning = f"wait is false, so this is left to the next run, which finds a settled server: {left}"
        return replace(plan, steps=plan.steps[:kept], warnings=(*plan.warnings, warning))

    def _order_and_finish(self, lookup: Lookup, order: Order, creation: Step, result: Result) -> Result:
        done = [creation]
        ordering = Ordering(self.driver, self.wish)
        try:
            made = ordering.create(lookup, order)
        except (WaitTimeoutError, TransientError) as exc:
            if ordering.accepted or isinstance(exc, WaitTimeoutError):  # still being made, as far as anybody knows
                accepted = f"The order of {self.wish.name} was accepted: run the task again to continue."
                exc.hint = exc.hint or accepted if isinstance(exc, WaitTimeoutError) else " ".join(filter(None, (accepted, exc.hint)))
                tell_done(exc, done)
            raise
        if made.adopted:
            self._warn_adopted(made)
        return self._settle(made, creation, result)

    def _settle(self, made: Made, creation: Step, result: Result) -> Result:
        """Finish what was ordered, or leave that to the next run."""
        result.operation_id = made.operation_id
        if self.wish.wait and made.instance_id is not None:
            return self._finish(made, [creation], result)
        building = replace(result.instance, id=made.instance_id, status=BUILDING, provider_status=None)
        return replace(result, plan=result.plan.with_steps([creation]), instance=building, credentials=self._first_login(made))

    def _first_login(self, made: Made) -> t.Mapping[str, str | None] | None:
        """The credentials of a new server; one that was taken over comes without."""
        return made.credentials if made.adopted else made.credentials or self.driver.credentials(str(made.instance_id))

    def _warn_adopted(self, made: Made) -> None:
        how = "reset_password: true" if "reset_password" in self.driver.PROFILE.capabilities.options else "the provider's panel"
        self.context.warn(
            f"The answer to the order of {self.wish.name} at {self.driver.PROFILE.title} was lost; the server that appeared ({made.instance_id})"
            f" was taken over. Its first password is not told: a new one comes from {how}."
        )

    def _finish(self, made: Made, done: list[Step], result: Result) -> Result:
        """Wait for the new server, apply what the order could not carry, read and compare."""
        instance_id = str(made.instance_id)
        try:
            instance = self.driver.read(wait_until_ready(self.driver, instance_id), managed(self.wish))
            following = Comparison(self.driver, self.wish, instance, fresh=True)
            executor = Executor(self.driver, self.wish, instance)
            try:
                self._apply(executor, following.steps)
            finally:
                done = [*done, *_as_planned(result.plan, executor.done)]
            instance = wait_until_reachable(self.driver, self.wish, self._final_read(instance), accepts_tcp)
            instance = self._insist(instance, fresh=True)
        except VpsError as exc:
            tell_done(exc, done, instance_id)
            raise
        self._guards.report_drift(Plan((), tuple(following.drift)), self._subject())
        plan = replace(result.plan, steps=tuple(done), drift=tuple(following.drift))
        return replace(result, plan=plan, instance=instance, credentials=executor.credentials or self._first_login(made))

    def _apply(self, executor: Executor, steps: t.Sequence[Step]) -> None:
        """Carry out what the order could not carry; once that is set which no read shows, the ledger need not remember it."""
        unreadable = max((number for number, step in enumerate(steps, 1) if step.field in SECRET_FIELDS), default=0)
        executor.run(steps[:unreadable])
        entry = self.driver.entry(str(self.wish.name)) if unreadable else None
        if self.context.ledger and entry:
            self.context.ledger.write(self._scope(), replace(entry, unfinished=False))
        executor.run(steps[unreadable:])

    def _final_read(self, instance: Instance) -> Instance:
        """The one read at the end, by name, so that two controllers that made one name at once both learn of it."""
        name = str(self.wish.name)
        present = self.driver.find(name).present
        if len(present) > 1:
            raise several(self.driver, name, present)
        now = present[0] if present else self.driver.get(str(instance.id))
        if now is None or now.id != instance.id:
            raise NotFoundError(f"{self.driver.label(instance)} vanished right after it was made", id=instance.id)
        return self.driver.read(now, managed(self.wish))

    def _finish_resumed(self, made: Made, entry: Entry, creation: Step, result: Result) -> Result:
        """An earlier run's order: a change of this run as well."""
        self.context.warn(f"An order for {entry.name} that an earlier run left open was found and is continued; nothing was ordered again")
        if entry.open and made.instance_id:
            Ordering(self.driver, self.wish).bind(self._scope(), entry, made.instance_id)
        return self._settle(made, creation, result)

    def _take_over(self, lookup: Lookup) -> Result:
        """Somebody's unfinished order of this name: wait for it and converge."""
        if self._predicts and self.wish.wait:
            self.unsettled = True
            return self._presume(f"An instance {self.wish.name} is being built at {self.driver.PROFILE.title}")
        instance = self._await_building(lookup)
        if instance is None:
            building = replace(self._never_existed(), status=BUILDING)
            self.context.warn(f"An instance {self.wish.name} is being built at {self.driver.PROFILE.title}; what it still needs is left to the next run")
            return Result(building, operation_id=lookup.building.id if lookup.building else None)
        return self._change(self._read(instance))

    def _await_building(self, lookup: Lookup) -> Instance | None:
        if lookup.building is None or self._predicts or not self.wish.wait:
            return None
        outcome = self.context.waiter.wait(lookup.building, self.context.deadline)
        return self.driver.get(str(outcome.instance_id))

    def _scope(self) -> tuple[str, str]:
        return self.driver.ledger_scope(self.context.connection.region)

    # -- changing ---------------------------------------------------------------------------------------------------

    def _change(self, instance: Instance) -> Result:
        instance = self._settled(instance)
        comparison = Comparison(self.driver, self.wish, instance)
        if comparison.replaces:
            return self._replace(instance, comparison)
        plan = Plan(tuple(comparison.steps), tuple(comparison.drift), tuple(comparison.warnings), comparison.approvable)
        plan = self._without_waiting(plan, kept=self._kept_without_waiting(plan) if instance.settled else 0)
        if any(step.action in GUARDED for step in plan.steps):
            self._guards.check_expectations(self._subject(instance))
        plan = self._guards.accept(plan, self._subject(instance))
        self._warn_locked(instance, plan)
        predicted = simulate.after(instance, plan.steps)
        before, after = self._views(instance, predicted, plan)
        result = Result(predicted, plan, self._guards.plan_id(plan, self._subject(instance)), before, after)
        if self._predicts:
            return result
        if not plan.steps:
            return replace(result, instance=wait_until_reachable(self.driver, self.wish, predicted, accepts_tcp)) if self.wish.wait else result
        executor = Executor(self.driver, self.wish, instance)
        self._execute(executor, plan.steps)
        current = executor.instance
        if self.wish.wait:
            current = self._insist_on(executor)
        return replace(result, plan=plan.with_steps(executor.done), instance=current, credentials=executor.credentials)

    def _settled(self, instance: Instance) -> Instance:
        """C(error) fails; what is still moving is waited for, or in a prediction taken as finished."""
        self.driver.refuse_failed(instance)
        if instance.status == DELETING:
            raise NotFoundError(f"{self.driver.label(instance)} is being deleted", hint="Give only the name to make a new one.", id=instance.id)
        if instance.settled:
            return instance
        self.unsettled = True
        moving = f"{self.driver.label(instance)} is still changing (its status is {instance.status})"
        if self._predicts:
            if self.context.check_mode:
                self.context.warn(f"{moving}; the plan takes it that it will be running")
            return replace(instance, status=RUNNING, provider_status=None)
        if not self.wish.wait:
            self.context.warn(f"{moving}; what needs a settled server is left to the next run")
            return instance
        return self._read(wait_until_ready(self.driver, str(instance.id)))

    def _kept_without_waiting(self, plan: Plan) -> int:
        """How many steps can be sent without waiting: those that are done at once, and the first that is not."""
        at_once = ("unlock", "rename", "set", "lock")
        for position, step in enumerate(plan.steps):
            if step.action not in at_once or step.field == "password":
                sent = position + 1
                return sent + sum(1 for other in plan.steps[sent:] if step.action == other.action == "resize")
        return len(plan.steps)

    def _views(self, instance: Instance, predicted: Instance, plan: Plan) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """The two sides of the diff: managed fields only, no secrets."""
        comparison = [step for step in plan.steps if step.action not in ALWAYS and step.field != "password"]
        fields = [field for field in sorted(self.wish.fields) if field not in SECRET_FIELDS]
        before = {field: _shown(instance, field) for field in fields}
        before = {field: value for field, value in before.items() if value is not None}
        after = {**before, **{step.field: step.after for step in comparison}}
        before.update({step.field: step.before for step in reversed(comparison)})  # of two steps about a field the first tells what was
        if instance.status != predicted.status:
            before["status"], after["status"] = instance.status, predicted.status
        return dict(sorted(before.items())), dict(sorted(after.items()))

    def _insist_on(self, executor: Executor) -> Instance:
        instance = executor.instance
        try:
            instance = wait_until_reachable(self.driver, self.wish, executor.reread(), accepts_tcp)
            return self._insist(instance, fresh=False)
        except VpsError as exc:
            tell_done(exc, executor.done, instance.id)
            raise

    def _insist(self, instance: Instance, *, fresh: bool) -> Instance:
        """Compare again; a change may take a moment to show, but what stays different was not applied.

        Raises:
            NotAppliedError: what the provider accepted and did not do.
        """
        calm = replace(
            self.wish,
            state="present" if self.wish.state in ("restarted", "rebuilt", "repaired") else self.wish.state,
            update_password="on_create",
            reset_password=False,
            allow=(),
        )
        if fresh:
            calm = replace(calm, fields={key: value for key, value in calm.fields.items() if key != "password"})
        latest, left = instance, list[Step]()

        def applied() -> Instance | None:
            nonlocal latest, left
            if left:
                latest = Executor(self.driver, self.wish, latest).reread()
            left = [step for step in Comparison(self.driver, calm, latest, fresh=fresh).steps if step.action != "rename" or self.wish.id]
            return None if left else latest

        settled = look_for(self.context, applied, SETTLE_SECONDS)
        if settled is None:
            raise not_applied(self.driver, latest, left)
        return settled

    # -- replacing --------------------------------------------------------------------------------------------------

    def _replace(self, instance: Instance, comparison: Comparison) -> Result:
        """Delete, wait until it is gone, create."""
        if not self.wish.name:
            raise OptionError("Replacing an instance needs its name, since the new one gets another id", option="name")
        if self.wish.id and self.wish.name != instance.name:
            raise ExpectationError(f"Replacing and renaming {self.driver.label(instance)} at once is refused", hint="Rename it first.", id=instance.id)
        self._guards.check_expectations(self._subject(instance))
        order = self._order(instance)
        _targets, left_behind = self.driver.delete_targets(instance, ())
        unlock = [step for step in comparison.steps if step.action == "unlock"]
        predicted = self._predicted(order)
        creation = creation_step(self.wish, order.region, order.price, "replace", instance.id)
        following = self._creation_plan(order, predicted, creation)
        warnings = (*following.warnings, *_removal_warnings({}, left_behind))
        plan = self._guards.accept(replace(following, steps=(*unlock, *following.steps), warnings=warnings), self._subject(instance))
        self._warn_locked(instance, plan)
        made = self._after_creation(predicted, following)
        views = ({"id": instance.id, "status": instance.status}, {"id": None, **self._creation_view(creation, made)})
        result = Result(made, plan, self._guards.plan_id(plan, self._subject(instance)), *views, left_behind=left_behind)
        if self._predicts:
            return result
        remove = Step("delete", "instance", instance.name, None, DELETE, target={})
        stop = [Step("stop", "status", instance.status, STOPPED, STOP)] if self.driver.stops_before_delete and instance.status != STOPPED else []
        waiting = Executor(self.driver, replace(self.wish, wait=True), instance)
        try:
            waiting.run([*unlock, *stop, remove])
            self._forget(instance)
            lookup = self.driver.find(self.wish.name)
            if lookup.present:
                raise several(self.driver, self.wish.name, lookup.present)
            result = self._order_and_finish(lookup, order, creation, replace(result, instance=predicted))
        except VpsError as exc:
            if remove in waiting.done:
                again = "" if exc.hint else " Run the task again to make the new one."
                exc.hint = " ".join(part for part in (f"The old {self.driver.label(instance)} was deleted before that.{again}", exc.hint) if part)
            tell_done(exc, waiting.done)
            raise
        return replace(result, plan=result.plan.with_steps((*unlock, *result.plan.steps)))

    # -- shared -----------------------------------------------------------------------------------------------------

    def _subject(self, instance: Instance | None = None) -> Subject:
        """What a plan is about; a server that does not exist yet is known by its name."""
        if instance is None:
            return Subject(f"{self.wish.name} at {self.driver.PROFILE.title}", self.wish.name or self.wish.id or "")
        return Subject(self.driver.label(instance), instance.id or self.wish.name or self.wish.id or "", instance.id, instance.public())

    def _warn_locked(self, instance: Instance, plan: Plan) -> None:
        """In check mode, say that the provider will refuse to change a locked server."""
        if instance.locked and plan.steps and plan.steps[0].action != "unlock" and self.context.check_mode:
            self.context.warn(f"{self.driver.label(instance)} is locked; the provider will refuse these changes. Add locked: false to unlock it first.")

    def _execute(self, executor: Executor, steps: t.Sequence[Step]) -> None:
        subject = executor.instance.id
        try:
            executor.run([step for step in steps if step.target != "along"])
        except VpsError as exc:
            tell_done(exc, executor.done, subject)
            raise
        executor.done.extend(step for step in steps if step.target == "along")

    def _presume(self, why: str) -> Result:
        """Check mode of a task about a server that an earlier task would make: it is taken to run and to hold every field."""
        if self.context.check_mode:
            self.context.warn(f"{why}; the prediction takes it that an earlier task makes this instance")
        presumed = self._never_existed()
        if self.wish.state == "absent":
            return Result(presumed, Plan(approvable=False))
        presumed = replace(presumed, status=RUNNING)
        plan = self._guards.accept(Plan(tuple(Comparison(self.driver, replace(self.wish, fields={}), presumed).steps), approvable=False), self._subject())
        predicted = simulate.after(presumed, plan.steps)
        return Result(predicted, plan, self._guards.plan_id(plan, self._subject()), {"status": presumed.status}, {"status": predicted.status})


def _as_planned(plan: Plan, done: t.Sequence[Step]) -> list[Step]:
    """Steps on a new server as the plan tells them: it did not know what the server would have before them."""
    planned = {(step.action, step.field): step for step in plan.steps}
    return [planned.get((step.action, step.field), step) for step in done]


def _removal_warnings(targets: t.Mapping[str, t.Sequence[str]], left_behind: t.Sequence[str]) -> t.Iterator[str]:
    if targets.get("volumes"):
        yield "Deleting volumes deletes their snapshots too: " + ", ".join(targets["volumes"])
    if left_behind:
        yield "This stays behind and goes on costing money: " + "; ".join(left_behind)


def _shown(instance: Instance, option: str) -> t.Any:
    """A managed option's current value as the diff shows it; None where it is not known."""
    if option == "firewalls":
        return sorted(str(ref) for ref in instance.firewalls)
    if option == "tags":
        return dict(sorted(instance.tags.items()))
    if option == "ssh_keys":
        return sorted(str(ref) for ref in instance.ssh_keys or ()) or None
    return current_value(instance, option)
