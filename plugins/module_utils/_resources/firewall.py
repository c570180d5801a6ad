# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls: a set of rules, and the servers that have it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core import rules as core_rules
from .._core.errors import AmbiguousError, ConsentError, ExpectationError, NotAppliedError, NotFoundError, OptionError, UnsupportedError
from .._core.model import DONE, Firewall, Instance, Ref
from .._core.plan import DELETE, DETACH, Drift, Plan, Step
from .._core.rules import Difference, Rule
from .._core.wait import Operation
from .._providers.base import Driver, Terms
from .._providers.firewalls import FirewallVerbs, NewFirewall
from .._verbs.firewall import firewall as firewall_verbs
from ._guards import Subject, check_expected_fields
from ._instances import PRESUMED, locate, not_there
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask


@dataclass(frozen=True, kw_only=True)
class FirewallWish(Terms):
    """What a task wants: the options of vps_firewall, without the connection. None is not managed."""

    name: str | None
    id: str | None = None
    description: str | None = None
    network: str | None = None
    state: str = "present"
    rules: t.Sequence[t.Mapping[str, t.Any]] | None = None
    purge_rules: bool = True
    instances: tuple[str, ...] | None = None
    purge_instances: bool = False
    detach_to: str | None = None
    access_ports: tuple[int, ...] = (22,)


@dataclass(frozen=True)
class State:
    """What was read.

    Args:
        firewall: with its users as C(instances); None where there is none.
        wanted: the wanted servers, as far as they had to be looked up.
        attach: those of them that do not have it.
        presumed: the wanted servers that an earlier task would make (check mode).
        surplus: the servers that it is to be taken from.
        new: what to order, where there is none.
        lost: by server, the firewall that it has now and cannot keep.
        instead: what servers get that it is taken from.
        operation_id: the provider's task, where nobody waits for it.
    """

    firewall: Firewall | None
    wanted: tuple[Instance, ...] = ()
    attach: tuple[Instance, ...] = ()
    presumed: tuple[str, ...] = ()
    surplus: tuple[Ref, ...] = ()
    new: NewFirewall | None = None
    lost: t.Mapping[str, str] = field(default_factory=dict)
    instead: Firewall | None = None
    operation_id: str | None = None


class FirewallTask(ResourceTask[State]):
    """One run of vps_firewall.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    key = "firewall"

    def __init__(self, driver: Driver, wish: FirewallWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        self.verbs: FirewallVerbs[t.Any] = firewall_verbs(driver)
        self.title = driver.PROFILE.title
        check_expected_fields(wish.expect, Firewall("", None, None).public(), "a firewall")
        self.rules: tuple[Rule, ...] | None = None
        for port in wish.access_ports:
            if not 1 <= port <= core_rules.LAST_PORT:
                raise OptionError(f"access_ports: {port} is no port", hint=f"A port is a number from 1 to {core_rules.LAST_PORT}.", option="access_ports")
        if wish.state == "absent":
            driver.require("firewall", "absent")
            return
        if wish.name is not None:
            self.verbs.check_name(wish.name)
        for option in ("description", "network", "purge_instances"):
            if getattr(wish, option):
                driver.require("firewall", option)
        if "" in (wish.instances or ()) and not self.context.check_mode:
            raise OptionError("instances: an entry is empty", hint="Each is the name or id of an instance.", option="instances")
        if wish.rules is not None:
            self.rules = core_rules.canonical(self.verbs.spell(core_rules.parse(wish.rules)))

    # -- fetch ------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The firewall, who has it, who lacks it, and who is to lose it."""
        firewall = self._find()
        if firewall is not None and self.verbs.lists_users:
            firewall = replace(firewall, instances=self.verbs.users(firewall, ()))
        if self.wish.state == "absent":
            return self._taking_away(State(firewall), ())
        having = self._having(firewall) if firewall else set()
        located = {item: locate(self.driver, item) if item else None for item in self.wish.instances or () if item not in having}
        presumed = tuple(item for item, instance in located.items() if instance is None)
        if presumed and not self.context.check_mode:
            raise not_there(self.driver, presumed[0])
        wanted = tuple({str(instance.id): instance for instance in located.values() if instance is not None}.values())
        if firewall is not None and not self.verbs.lists_users:
            firewall = replace(firewall, instances=self.verbs.users(firewall, wanted))
            having = self._having(firewall)
        attach = tuple(instance for instance in wanted if instance.id not in having)
        new = self._new() if firewall is None else None
        target = firewall or (Firewall(self.driver.PROFILE.name, None, new.name, region=new.region, network=new.network) if new else None)
        losses = {str(instance.id): self.verbs.check_attach(target, instance) for instance in attach} if target else {}
        lost = {server: str(old) for server, old in losses.items() if old}
        return self._taking_away(State(firewall, wanted, attach, presumed, new=new, lost=lost), {str(instance.id) for instance in wanted})

    def _taking_away(self, state: State, kept: t.Collection[str]) -> State:
        """Which servers lose it, and what they get instead: all of them with C(absent), those that are not wanted with C(purge_instances)."""
        purged = self.wish.state == "absent" or (self.wish.purge_instances and self.wish.instances is not None)
        if state.firewall is None or not purged:
            return state
        stay = set() if self.wish.state == "absent" else {*kept, *(self.wish.instances or ())}
        surplus = tuple(ref for ref in state.firewall.instances if ref.id not in stay)
        if not surplus:
            return state
        self.verbs.check_detach(state.firewall)
        return replace(state, surplus=surplus, instead=self._instead(state.firewall))

    def _having(self, firewall: Firewall) -> set[str | None]:
        """The ids of the servers that have it on all their ports, as far as they are wanted ones."""
        return {ref.id for ref in firewall.instances} - self.verbs.partly(firewall, self.wish.instances or ())

    def _find(self) -> Firewall | None:
        name, firewall_id = self.wish.name, self.wish.id
        if not name and not firewall_id:
            return None
        found = self.verbs.find(None if firewall_id else name, firewall_id, self.wish.network)
        if len(found) > 1:
            ids = sorted(str(firewall.id) for firewall in found)
            hint = "Give the id, or where they differ in it the region or network; nobody picks one of them for you."
            raise AmbiguousError.of(self.title, f"firewalls named {name}", ids, hint)
        if found:
            if firewall_id and name and name != found[0].name and self.wish.state == "absent":
                raise ExpectationError(
                    f"The firewall with id {firewall_id} at {self.title} is named {found[0].name}, not {name}; nothing was changed", id=firewall_id
                )
            return found[0]
        if firewall_id and self.wish.state != "absent":
            raise NotFoundError(
                f"{self.title} has no firewall with id {firewall_id}", hint="An id never creates; give a name to make a new one.", id=firewall_id
            )
        return None

    def _new(self) -> NewFirewall | None:
        if not self.wish.name:
            return None
        return self.verbs.plan_new(self.wish.name, self.wish.description, self.wish.network, self.rules or ())

    def _instead(self, firewall: Firewall) -> Firewall | None:
        """What servers get in its place, where they always have one.

        In check mode an earlier task may be about to make it; then it has no id.

        Raises:
            OptionError: C(detach_to) names nothing, several, or the firewall itself.
        """
        wanted = self.wish.detach_to
        if wanted is None or not self.verbs.exclusive:
            return None
        found = self.verbs.find(wanted, None, firewall.network) or self.verbs.find(None, wanted, None)
        if not found and self.context.check_mode:
            self.context.warn(f"There is no firewall {wanted} yet; {PRESUMED}")
            return Firewall(self.driver.PROFILE.name, None, wanted)
        others = [each for each in found if each.id != firewall.id and each.network == firewall.network]
        if len(others) != 1:
            raise OptionError(
                f"detach_to: {wanted!r} names {len(others) or 'none'} of the other firewalls in the network of {self._label(firewall)}",
                hint="Name one other firewall of the same network, or give its id.",
                option="detach_to",
            )
        return others[0]

    # -- plan -------------------------------------------------------------------------------------------------------

    def plan(self, state: State) -> Plan:
        """Name, description, rules, then who has it; deleting comes last."""
        if self.wish.state == "absent":
            return self._removal(state)
        warnings = [f"There is no instance {name or 'yet'}; {PRESUMED}" for name in state.presumed]
        firewall = state.firewall
        if firewall is None:
            steps, more = self._creation(state)
            warnings += more
        else:
            steps = [*self._changes(firewall, warnings)]
        warnings += self._access_lost(state)
        steps += [Step("attach", "instances", state.lost.get(str(each.id)), _named(each.id, each.name), target=each) for each in state.attach]
        steps += [Step("attach", "instances", None, name or None) for name in state.presumed]
        if firewall is not None and state.surplus:
            steps += self._detachments(firewall, state, warnings)
        drift = self._drift(firewall) if firewall is not None else []
        approvable = not state.presumed and not (state.new and state.new.unknown) and bool(firewall or state.new) and _known(state.instead)
        return self._without_waiting(Plan(tuple(steps), tuple(drift), tuple(warnings), approvable))

    def _without_waiting(self, plan: Plan) -> Plan:
        """With C(wait: false), what follows a change that takes its time, or needs that nobody has it any more, is left to the next run."""
        if self.wish.wait or len(plan.steps) < 2:
            return plan
        slow = plan.steps[0].action in ("create", "rename", "set")
        kept = plan.steps[:1] if slow else tuple(step for step in plan.steps if step.action != "delete")
        if kept == plan.steps:
            return plan
        first = len(kept)
        left = ", ".join(f"{step.action} {_named(None, step.after) if step.action == 'attach' else step.field}" for step in plan.steps[first:])
        warning = f"wait is false, so this is left to the next run, which finds the firewall settled: {left}"
        return replace(plan, steps=kept, warnings=(*plan.warnings, warning))

    def _creation(self, state: State) -> tuple[list[Step], list[str]]:
        new = state.new
        if new is None:
            made = "present" in self.driver.PROFILE.capabilities.of("firewall")
            steps = [*self._changes(Firewall(self.driver.PROFILE.name, None, None), [])] if made else []
            return steps, ["Neither name nor id is known in check mode; the prediction takes it that an earlier task makes this firewall"]
        after = {"name": new.name, "network": new.network, "description": new.description, "rules": core_rules.lines(new.rules)}
        warnings = [f"{self.title} knows no {name} yet; {PRESUMED}" for name in new.unknown]
        return [Step("create", "firewall", None, {key: value for key, value in after.items() if value is not None})], warnings

    def _changes(self, firewall: Firewall, warnings: list[str]) -> t.Iterator[Step]:
        wish = self.wish
        if wish.id and wish.name and not self.verbs.is_called(firewall, wish.name):
            self.driver.require("firewall", "rename")
            if firewall.standard:
                raise OptionError(f"{self._label(firewall)} is the provider's default firewall, which is never renamed", option="name", id=firewall.id)
            namesakes = self.verbs.find(wish.name, None, firewall.network)
            taken = [other for other in namesakes if other.id != firewall.id and other.region == firewall.region]
            if taken:
                raise AmbiguousError(f"Cannot rename {self._label(firewall)} to {wish.name}: {self._label(taken[0])} has that name", ids=[taken[0].id])
            yield Step("rename", "name", firewall.name, wish.name)
        if wish.description is not None and wish.description != (firewall.description or ""):
            yield Step("set", "description", firewall.description or "", wish.description)
        change = self._difference(firewall)
        if not change:
            return
        after = core_rules.after(firewall.rules, change)
        if "rules" not in self.driver.PROFILE.capabilities.of("firewall"):
            raise self._foreign_rules(firewall, change)
        warnings += self._lock_outs(firewall, after)
        yield Step("set", "rules", core_rules.lines(firewall.rules), core_rules.lines(after), target=change)

    def _difference(self, firewall: Firewall) -> Difference:
        return core_rules.difference(self.rules if self.rules is not None else firewall.rules, firewall.rules, purge=self.wish.purge_rules)

    def _foreign_rules(self, firewall: Firewall, change: Difference) -> UnsupportedError:
        told = [f"+ {line}" for line in core_rules.lines((*change.added, *change.described))] + [f"- {line}" for line in core_rules.lines(change.removed)]
        return UnsupportedError(
            f"The rules of {self._label(firewall)} differ from the wanted ones and cannot be changed here: {'; '.join(told)}",
            hint=self.driver.PROFILE.capabilities.instead.get("firewall.rules"),
            capability="firewall.rules",
            provider=self.driver.PROFILE.name,
        )

    def _lock_outs(self, firewall: Firewall, after: t.Sequence[Rule]) -> t.Iterator[str]:
        """Warn by name of each rule without which a port for logins is no longer open from everywhere."""
        for port in dict.fromkeys(self.wish.access_ports):
            for line in core_rules.lines(core_rules.closed(firewall.rules, after, port)):
                yield (
                    f"Port {port}, by which servers may be reached, is open from everywhere by the rule '{line}' of {self._label(firewall)}, and will not be. "
                    "Make sure that another rule lets you in"
                )

    def _access_lost(self, state: State) -> t.Iterator[str]:
        """Warn where a server gives up its firewall for one that leaves a port for logins closed to most."""
        firewall = state.firewall
        rules = core_rules.after(firewall.rules, self._difference(firewall)) if firewall else self.rules or ()
        for port in dict.fromkeys(self.wish.access_ports):
            if state.lost and not core_rules.opens(rules, port):
                servers = ", ".join(sorted(_named(each.id, each.name) for each in state.attach if str(each.id) in state.lost))
                label = self.subject(state).label
                yield f"Port {port} is not open from everywhere with {label}, and {servers} will have no other. Make sure that a rule lets you in"

    def _detachments(self, firewall: Firewall, state: State, warnings: list[str]) -> list[Step]:
        if self.verbs.exclusive and state.instead is None:
            raise OptionError(
                f"{self._label(firewall)} is in use by {_all_named(state.surplus)}, and at {self.title} a server always has a firewall",
                hint="Give those servers another firewall first, or name it in detach_to. The default one of a network is open to all.",
                option="detach_to",
                ids=[ref.id for ref in state.surplus],
            )
        warnings += self._lock_outs(firewall, state.instead.rules if state.instead else ())
        after = state.instead.name if state.instead else None
        return [Step("detach", "instances", _named(ref.id, ref.name), after, DETACH, needs=("detach",), target=ref) for ref in sorted(state.surplus, key=str)]

    def _removal(self, state: State) -> Plan:
        firewall = state.firewall
        if firewall is None:
            return Plan()
        if firewall.standard:
            raise OptionError(f"{self._label(firewall)} is the provider's default firewall, which is never deleted", option="name", id=firewall.id)
        self.verbs.check_removal(firewall)
        self.guards.check_expectations(self.subject(state))
        if state.surplus and "detach" not in self.wish.allow:
            raise ConsentError(
                f"{self._label(firewall)} is in use by {_all_named(state.surplus)}, so deleting it needs consent to: detach; nothing was changed",
                hint="Add to the task: allow: [detach].",
                needs=["detach"],
                id=firewall.id,
                ids=[ref.id for ref in state.surplus],
            )
        warnings: list[str] = []
        steps = self._detachments(firewall, state, warnings) if state.surplus else []
        steps.append(Step("delete", "firewall", firewall.name or firewall.id, None, DELETE))
        return self._without_waiting(Plan(tuple(steps), warnings=tuple(warnings), approvable=_known(state.instead)))

    def _drift(self, firewall: Firewall) -> list[Drift]:
        wanted = self.wish.network
        if not self.wish.id or firewall.network is None or wanted in (None, firewall.network):
            return []
        same = any(found.id == firewall.id for found in self.verbs.find(firewall.name, None, wanted))
        return [] if same else [Drift("network", firewall.network, wanted, "replace")]

    # -- what it is about -------------------------------------------------------------------------------------------

    def _label(self, firewall: Firewall) -> str:
        return f"firewall {firewall.name or ''} ({firewall.id}) at {self.title}"

    def subject(self, state: State) -> Subject:
        """The firewall; by its name where there is none yet."""
        firewall = state.firewall
        if firewall is None or firewall.id is None:
            name = self.wish.name or self.wish.id or ""
            return Subject(f"firewall {name} at {self.title}", f"firewall:{name}")
        return Subject(self._label(firewall), f"firewall:{firewall.id}", firewall.id, firewall.public())

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """The firewall after C(steps)."""
        new = state.new
        firewall = state.firewall or self._unseen()
        if state.firewall is None and new is not None:
            firewall = replace(firewall, description=new.description, region=new.region, network=new.network, rules=new.rules)
        for step in steps:
            firewall = self._after(firewall, step)
        return replace(state, firewall=firewall)

    def _after(self, firewall: Firewall, step: Step) -> Firewall:
        if step.action == "attach":
            ref = Ref(step.target.id, step.target.name) if step.target else Ref(None, step.after)
            return replace(firewall, instances=(*(each for each in firewall.instances if each.id != ref.id or ref.id is None), ref))
        if step.action == "detach":
            return replace(firewall, instances=tuple(ref for ref in firewall.instances if ref != step.target))
        if step.field == "rules":
            return replace(firewall, rules=core_rules.after(firewall.rules, step.target))
        return replace(firewall, **{step.field: step.after}) if step.field in ("name", "description") else firewall

    def views(self, state: State, predicted: State, steps: t.Sequence[Step]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """What is managed, rules and servers one a line."""
        if not steps:
            return {}, {}
        gone = any(step.action == "delete" for step in steps)
        before = self._view(state.firewall) if state.firewall else {}
        return before, {} if gone else self._view(t.cast(Firewall, predicted.firewall))

    def _view(self, firewall: Firewall) -> dict[str, t.Any]:
        wish = self.wish
        shown = {
            "description": firewall.description if wish.description is not None else None,
            "instances": sorted(_named(ref.id, ref.name) for ref in firewall.instances) if wish.instances is not None or wish.state == "absent" else None,
            "name": firewall.name,
            "rules": core_rules.lines(firewall.rules) if wish.rules is not None or firewall.id is None or wish.state == "absent" else None,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The firewall."""
        return (state.firewall or self._unseen()).public()

    def _unseen(self) -> Firewall:
        """What is known of a firewall that is not there."""
        return Firewall(self.driver.PROFILE.name, self.wish.id, self.wish.name, region=self.driver.wanted_region())

    # -- apply ------------------------------------------------------------------------------------------------------

    def more(self, state: State) -> dict[str, t.Any]:
        """The provider's task, where nobody waited for it."""
        return {"operation_id": state.operation_id} if state.operation_id else {}

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send one step, and wait for its end where the task waits at all."""
        facts = {"id": state.firewall.id if state.firewall else None, "step": step.action}
        patience = (self.driver.PROFILE.look_seconds or SETTLE_SECONDS) if step.action == "create" else SETTLE_SECONDS
        operation = send_safely(self.context, lambda: self._send(step, state), lambda: self._seen(step, state), facts, patience)
        self.accepted(step)
        if operation is not None and self.wish.wait:
            self.context.waiter.wait(operation, self.context.deadline)
        elif operation is not None:
            state = replace(state, operation_id=operation.id)
        if step.action == "create":
            return self._made(state) if self.wish.wait or operation is None else self.predict(state, [step])
        return replace(state, firewall=self._after(t.cast(Firewall, state.firewall), step))

    def _send(self, step: Step, state: State) -> Operation | None:
        verbs = self.verbs
        if step.action == "create":
            return verbs.create(t.cast(NewFirewall, state.new))
        firewall = t.cast(Firewall, state.firewall)
        if step.action == "detach":
            server = self.driver.peek(str(step.target.id))
            return verbs.detach(firewall, server, state.instead) if server is not None else None
        sends: dict[str, t.Callable[[], Operation | None]] = {
            "rename": lambda: verbs.rename(firewall, step.after),
            "attach": lambda: verbs.attach(firewall, step.target),
            "delete": lambda: verbs.delete(firewall),
            "set": lambda: verbs.set_rules(firewall, step.target) if step.field == "rules" else verbs.describe(firewall, step.after),
        }
        return sends[step.action]()

    def _seen(self, step: Step, state: State) -> Operation | None:
        """After an unclear outcome: an operation that is done, when the step shows its effect."""
        now = self._now(state)
        holds = now is None if step.action == "delete" else now is not None and self._shows(step, now)
        return self.driver.operation(f"{step.action} of a firewall", lambda: DONE) if holds else None

    def _shows(self, step: Step, now: Firewall) -> bool:
        if step.action == "create":
            return True
        if step.field == "instances":
            return self._moved(step, replace(now, instances=self.verbs.users(now, [step.target] if step.action == "attach" else [])))
        if step.field == "rules":
            return not core_rules.difference(core_rules.after(now.rules, step.target), now.rules)
        return bool(getattr(now, step.field) == step.after)

    def _moved(self, step: Step, now: Firewall) -> bool:
        """Whether the server of an C(attach) has it on all ports, that of a C(detach) on none."""
        if step.action == "attach":
            return step.target.id in self._having(now)
        return all(ref.id != step.target.id for ref in now.instances)

    def _now(self, state: State) -> Firewall | None:
        """The firewall as it is now; one that was just ordered is looked up by its name, since somebody may make another one at the same time."""
        new = state.new
        if new is None:
            known = t.cast(Firewall, state.firewall)
            found = self.verbs.find(None if known.id else known.name, known.id, None)
            return found[0] if found else None
        found = self.verbs.find(new.name, None, new.network)
        if len(found) > 1:
            ids = sorted(str(each.id) for each in found)
            raise AmbiguousError.of(self.title, f"firewalls named {new.name} now", ids, "Somebody made one at the same time. Remove all but one by id.")
        return found[0] if found else None

    def _made(self, state: State) -> State:
        made = look_for(self.context, lambda: self._now(state), SETTLE_SECONDS)
        if made is None:
            raise NotAppliedError(f"{self.title} accepted {self.subject(state).label}, but does not show it", hint="Run the task again.")
        return replace(state, firewall=made)

    # -- compare ----------------------------------------------------------------------------------------------------

    def compare(self, state: State, plan: Plan) -> State:
        """Read again, and insist.

        Raises:
            NotAppliedError: something was accepted and not done.
        """
        if not self.wish.wait:
            return state
        if self.wish.state == "absent":
            return self._insist_gone(state)
        left: list[str] = []
        latest = state

        def applied() -> State | None:
            nonlocal left, latest
            latest, left = self._compared(state, plan)
            return None if left else latest

        settled = look_for(self.context, applied, SETTLE_SECONDS)
        if settled is None:
            raise NotAppliedError(
                f"{self.title} accepted the change of {', '.join(left)} of {self._label(t.cast(Firewall, latest.firewall))}, but it was not applied",
                hint="Run the task again; if it stays so, look at the firewall in the provider's panel.",
            )
        return settled

    def _compared(self, state: State, plan: Plan) -> tuple[State, list[str]]:
        """The state as it is now, and the managed fields that are not as wanted."""
        now = self._now(state)
        if now is None:
            return state, ["everything"]
        now = replace(now, instances=self.verbs.users(now, state.wanted))
        wish, new = self.wish, state.new
        renamed = wish.id and wish.name and not self.verbs.is_called(now, wish.name)
        described = wish.description is not None and wish.description != (now.description or "")
        change = core_rules.difference(new.rules, now.rules) if new else self._difference(now)
        unmoved = [step for step in plan.steps if step.field == "instances" and not self._moved(step, now)]
        wrong = {"name": renamed, "description": described, "rules": change, "instances": unmoved}
        return replace(state, firewall=now), [field_name for field_name, differs in wrong.items() if differs]

    def _insist_gone(self, state: State) -> State:
        gone = look_for(self.context, lambda: True if self._now(state) is None else None, SETTLE_SECONDS)
        if gone is None:
            raise NotAppliedError(
                f"{self.title} accepted the deletion of {self._label(t.cast(Firewall, state.firewall))}, but it is still there",
                hint="Run the task again; if it stays so, look at the firewall in the provider's panel.",
            )
        return state


def select(driver: Driver, *, name: str | None, firewall_id: str | None, network: str | None) -> list[Firewall]:
    """The firewalls that fit all filters, with rules and users, sorted by name, region and id.

    Raises:
        VpsError: any read failed; the list is complete or there is none.
    """
    verbs: FirewallVerbs[t.Any] = firewall_verbs(driver)
    found = verbs.find(None if firewall_id else name, firewall_id, network) if name or firewall_id else verbs.list_all()
    if name and firewall_id:
        found = [each for each in found if verbs.is_called(each, name)]
    if network:
        found = [each for each in found if network in (each.network, each.facts.get("network_name"))]
    found.sort(key=lambda each: (each.name or "", each.region or "", each.id or ""))
    return [replace(each, instances=verbs.users(each, ())) for each in found] if verbs.lists_users else found


def _known(instead: Firewall | None) -> bool:
    """Whether what servers get instead exists, where they get something at all."""
    return instead is None or instead.id is not None


def _named(identifier: str | None, name: str | None) -> str:
    """A server in words; one that an earlier task makes may have neither name nor id."""
    return f"{name} ({identifier})" if name and identifier else name or identifier or "a new instance"


def _all_named(refs: t.Iterable[Ref]) -> str:
    return ", ".join(sorted(_named(ref.id, ref.name) for ref in refs))
