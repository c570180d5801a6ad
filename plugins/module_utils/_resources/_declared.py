# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of every declared resource: what its kind says is planned, sent and compared here; a resource adds only what is its own."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, replace

from .._core.errors import (
    AmbiguousError,
    ExpectationError,
    LedgerError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    QuotaError,
    RateLimitedError,
    TransientError,
    UnreachableError,
    VpsError,
    WaitTimeoutError,
)
from .._core.model import DONE, Instance
from .._core.normalise import iso_of
from .._core.plan import DELETE, DETACH, REPLACE, Drift, Plan, Step
from .._core.records import Field, Kind, NewRecord, Record, server_of
from .._core.wait import Operation
from .._journal import Note
from .._providers.agreement import agreed
from .._providers.base import Driver
from .._providers.records import RecordVerbs, RecordWish
from ._guards import Subject, check_expected_fields
from ._instances import locate, presume
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

INSTANCE = "instance"  # the option that names the server an object hangs on
MAKING = ("create", "replace")  # the actions that bring a new object
ENDS = (AmbiguousError, NotAppliedError, NotFoundError, OperationFailedError, QuotaError)  # what an accepted order may end with


@dataclass(frozen=True)
class State:
    """What was read.

    Args:
        record: None where there is none.
        instance: the server that the task names.
        new: what to make, where there is none.
        operation_id: the provider's task, where nobody waits for it.
        made: whether this task made it.
        under_way: whether something was accepted whose end nobody waits for.
    """

    record: Record | None
    instance: Instance | None = None
    new: NewRecord | None = None
    operation_id: str | None = None
    made: bool = False
    under_way: bool = False


class DeclaredTask(ResourceTask[State]):
    """One run of a module whose resource is declared.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    def __init__(self, kind: Kind, verbs: RecordVerbs[t.Any], driver: Driver, wish: RecordWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.kind = kind
        self.wish = wish
        self.title = driver.PROFILE.title
        self.verbs = verbs
        self.presumed = False  # whether the task is about something that an earlier one would make (check mode)
        self._server: Instance | None = None  # that the task names, once it was read
        check_expected_fields(wish.expect, ("provider", *kind.shows), f"a {self.kind.words}")
        self.check()
        self.verbs.check(wish)

    @property
    def key(self) -> str:
        """The key of the object in the reply."""
        return self.kind.name

    # -- what a resource may say of its own ---------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what the options alone show to be wrong everywhere.

        Raises:
            OptionError: names the option.
        """

    def inspect(self, state: State) -> None:
        """Refuse what the state shows to be impossible, before anything is planned.

        Raises:
            VpsError: says why.
        """

    def acts(self, state: State) -> t.Sequence[Step]:
        """What a state does besides making and setting (restart, replace), the always-acting ones included."""
        return ()

    def removal(self, record: Record) -> t.Sequence[Step]:
        """The steps of C(absent)."""
        held = record.fields.get(INSTANCE) if any(field.link for field in self.kind.fields) else None
        detach = [Step("detach", INSTANCE, _named(held), None, effect=DETACH, needs=(DETACH,))] if held else []
        return [*detach, Step("delete", self.kind.name, self.named(record), None, effect=DELETE)]

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """Whether a managed value is not as wanted."""
        return bool(current != wanted)

    def effect_of(self, step: Step, record: Record) -> Record:
        """What an object is like after a step, where that is more than the step's field."""
        return record

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """Whether a step that acts (see C(acts)) shows its effect."""
        return bool(now.fields.get(step.field) == step.after)

    def outdated(self, step: Step, left: t.Mapping[str, t.Any]) -> bool:
        """Whether what an earlier run left in the journal is about another order than this one, and that one is known to be carried out."""
        return False

    # -- words --------------------------------------------------------------------------------------------------------

    def blank(self) -> Record:
        """An object of which only the options are known."""
        known: dict[str, t.Any] = {key: self.wish[key] for key in ("id", "name", "address") if key in self.kind.shows and self.wish[key]}
        if "region" in self.kind.shows:
            known["region"] = self.driver.wanted_region()
        return self.kind.record(self.driver.PROFILE.name, known)

    def named(self, record: Record | None) -> str | None:
        """What an object is called in plans."""
        known = record or self.blank()
        server = _named(known.fields.get(INSTANCE)) or self.wish[INSTANCE]
        return known.name or known.fields.get("address") or known.id or server

    def label(self, record: Record | None) -> str:
        """An object in words, for messages."""
        named = self.named(record)
        identifier = f" ({record.id})" if record is not None and record.id and record.id != named else ""
        return f"{self.kind.words} {named or ''}{identifier} at {self.title}".replace("  ", " ")

    # -- fetch --------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The object, the server it is to hang on, and what making it takes."""
        instance = self._server = self._instance()
        is_named = any(self.wish[option] for option in self.kind.identity)
        if not is_named:
            self.presumed = True  # check mode: an earlier task is about to tell what this one is about
        nowhere = not is_named or (self.presumed and self.kind.identity == (INSTANCE,))
        record = None if nowhere else self.settled(self._one(self.verbs.find(self.wish, instance)), instance)
        if record is None and self.presumed:
            record = self.verbs.to_come(self.wish)
        if record is None and self.wish.state == "absent" and self._still_made():
            record = self.settled(self._one(self.verbs.find(self.wish, instance)), instance)
        self._check_identity(record)
        if record is not None and self.kind.ordered:
            self.context.journal.forget(self._order_of("create", None, record.fields.get("region")))  # whatever a killed run left behind: it is there
        state = State(record, instance)
        if record is None and self.wish.state in self.kind.creates:
            state = replace(state, new=self.verbs.plan_new(self.wish, instance))
        self.inspect(state)
        return state

    def _still_made(self) -> bool:
        """Whether an earlier run ordered what is not there, and its end was awaited now: it would come after all, and cost.

        Raises:
            OutcomeUnknownError: it may come still.
        """
        what, create = self._order_of("create", None), Step("create", self.kind.name)
        left = self.context.journal.left(what) if self.kind.ordered and not self.context.check_mode else None
        if left is None:
            return False
        operation = self.verbs.resume(str(left["operation_id"])) if left.get("operation_id") else None
        if operation is not None:
            with contextlib.suppress(OperationFailedError, QuotaError):
                self.context.waiter.wait(operation, self.context.deadline)
        elif look_for(self.context, lambda: self.verbs.find(self.wish, self._server) or None, self._patience(create)) is None:
            if not self._lapsed(create, left, looked_long=not self.context.deadline.passed):
                told = f"An earlier run ordered the {self.label(None)}, and it is not listed yet; nothing was sent now"
                raise OutcomeUnknownError(told, hint="Run the task again in a while.")
        self.context.journal.forget(what)
        return True

    def settled(self, record: Record | None, instance: Instance | None) -> Record | None:
        """The object once nothing is under way with it any more, as far as this task waits at all."""
        if record is None or not self.wish.wait or self.context.check_mode:
            return record
        operation = self.verbs.settling(record)
        if operation is None:
            return record
        self.context.waiter.wait(operation, self.context.deadline)
        return self._one(self.verbs.find(self.wish, instance))

    def _instance(self) -> Instance | None:
        wanted = self.wish[INSTANCE]
        if not wanted:
            return None
        found = locate(self.driver, wanted, ("addresses",))
        if found is None and self.wish.state != "absent":
            presume(self.driver, wanted)
            self.presumed = True
        return found

    def _one(self, found: t.Sequence[Record]) -> Record | None:
        if len(found) > 1:
            ids = sorted(str(record.id or self.named(record)) for record in found)
            what = f"{self.kind.plural.replace('_', ' ')} of that description"
            options = ", ".join(sorted(str(record.fields.get("address")) for record in found))
            handle = f"address ({options})" if "address" in self.kind.identity else "id" if "id" in self.kind.identity else "name of one"
            raise AmbiguousError.of(self.title, what, ids, f"Give the {handle}; nobody picks one of them for you.")
        return found[0] if found else None

    def _check_identity(self, record: Record | None) -> None:
        wanted, name = self.wish["id"], self.wish["name"]
        if not wanted or "id" not in self.kind.identity or "name" not in self.kind.identity:  # an id alone is what is ordered
            return
        if record is None and self.wish.state != "absent":
            if self.context.check_mode:
                self.presumed = True
                self.context.warn(f"There is no {self.kind.words} with id {wanted} yet; the prediction takes it that an earlier task makes it")
                return
            raise NotFoundError(
                f"{self.title} has no {self.kind.words} with id {wanted}", hint="An id never creates; give a name to make a new one.", id=wanted
            )
        if record is not None and self.wish.state == "absent" and name and record.name != name:
            raise ExpectationError(f"The {self.kind.words} with id {wanted} at {self.title} is named {record.name}, not {name}; nothing was changed", id=wanted)

    # -- plan ---------------------------------------------------------------------------------------------------------

    def subject(self, state: State) -> Subject:
        """The object."""
        record = state.record
        fields = record.fields if record else {}
        return Subject(self.label(record), str((record and record.id) or self.named(record) or ""), record.id if record else None, fields)

    def plan(self, state: State) -> Plan:
        """Make, change, remove; what differs and is fixed is told."""
        steps: list[Step] = []
        drift: list[Drift] = []
        if self.wish.state == "absent":
            steps = list(self.removal(state.record)) if state.record else []
        elif state.record is None:
            steps = self._creation(state)
        else:
            steps, drift = self._changes(state, state.record)
        if self.wish.expect and steps and state.record is not None and (self.wish.state != "present" or any(step.effect == REPLACE for step in steps)):
            self.guards.check_expectations(self.subject(state))
        approvable = not self.presumed and not (state.new and state.new.unknown)
        about = state.record or (state.new.predicted if state.new else None)
        warnings = self.verbs.review(about, steps, self.wish) if about is not None and steps else ()
        return Plan(tuple(steps), tuple(drift), tuple(warnings), approvable)

    def _creation(self, state: State) -> list[Step]:
        new = state.new
        if new is None:
            return list(self.acts(state))
        step = Step(
            "create", self.kind.name, None, self.named(new.predicted), cost=self.verbs.cost, price=new.price, needs=self.kind.order_needs, secret=new.secret
        )
        later = [each for field in self._managed() for each in self._steps_for(field, new.predicted, state)[0]]
        return [step, *(replace(each, needs=()) for each in later), *self.acts(state)]

    def _changes(self, state: State, record: Record) -> tuple[list[Step], list[Drift]]:
        steps: list[Step] = []
        drift: list[Drift] = []
        for field in self._managed():
            more, differences = self._steps_for(field, record, state)
            steps += more
            drift += differences
        if drift and self.kind.replaceable and REPLACE in self.wish.allow:
            return self._replacement(state, record), []
        return [self.verbs.plan_change(record, step, self.wish) for step in (*steps, *self.acts(state))], drift

    def _replacement(self, state: State, record: Record) -> list[Step]:
        if self.wish["id"]:
            told = f"id: replacing the {self.label(record)} would make a {self.kind.words} with another id"
            raise OptionError(told, hint=f"Give the name {record.name} instead of the id.", option="id")
        new = self.verbs.plan_new(self.wish, state.instance)
        old, made = self.named(record), self.named(new.predicted)
        return [Step("replace", self.kind.name, old, made, effect=REPLACE, needs=(REPLACE,), target=new, secret=new.secret)]

    def _managed(self) -> list[Field]:
        return [field for field in self.kind.fields if self.wish[field.name] is not None]

    def wanted(self, field: Field, state: State) -> t.Any:
        """The wanted value of a field in the form of the object; of a link the server, or None."""
        if not field.link:
            return self.wish[field.name]
        return server_of(state.instance, self.wish[field.name]) if self.wish[field.name] else None

    def _steps_for(self, field: Field, record: Record, state: State) -> tuple[list[Step], list[Drift]]:
        current, wanted = record.fields.get(field.name), self.wanted(field, state)
        if field.link:
            return self._moving(field, current, wanted, state), []
        if not self.differs(field, current, wanted):
            return [], []
        if field.fixed:
            return [], [Drift(field.name, current, wanted, REPLACE if self.kind.replaceable else field.remedy)]
        if field.grows and current is not None and wanted < current:
            told = f"{field.name}: the {self.label(record)} has {current} and only grows, so {wanted} is refused"
            raise OptionError(told, hint=f"Give {current} or more.", option=field.name)
        self.driver.require(self.kind.name, ability_of(field))
        return [Step(field.action, field.name, current, wanted, effect=field.effect, cost=field.cost, needs=field.needs)], []

    def _moving(self, field: Field, current: t.Any, wanted: t.Any, state: State) -> list[Step]:
        """From one server to another, or to none; taking it from a server needs consent."""
        if (current or {}).get("id") == (wanted or {}).get("id") and bool(current) is bool(wanted):
            return []
        self.driver.require(self.kind.name, "attach")
        taken = Step("detach", field.name, _named(current), None, effect=DETACH, needs=(DETACH,))
        if wanted is None:
            return [taken]
        if current is None:
            return [Step("attach", field.name, None, _named(wanted), target=state.instance)]
        if self.verbs.moves:
            return [Step("move", field.name, _named(current), _named(wanted), effect=DETACH, needs=(DETACH,), target=state.instance)]
        return [taken, Step("attach", field.name, None, _named(wanted), target=state.instance)]

    # -- predict ------------------------------------------------------------------------------------------------------

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """The object after C(steps)."""
        record = state.record or (state.new.predicted if state.new else None)
        for step in steps:
            if step.action == "delete":
                return replace(state, record=t.cast(Record, record).gone())
            if step.action == "create" or record is None:
                continue
            if step.action == "replace":
                record = step.target.predicted
            elif any(field.link and field.name == step.field for field in self.kind.fields):
                record = record.having(**{step.field: server_of(step.target, self.wish[step.field]) if step.after is not None else None})
            elif step.field in record.fields:
                record = record.having(**{step.field: step.after})
            record = self.effect_of(step, record)
        return replace(state, record=record)

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The object."""
        record = state.record or (state.new.predicted if state.new else self.blank())
        absent = state.record is None and self.wish.state == "absent"
        return (record.gone() if absent else record).public()

    def more(self, state: State) -> dict[str, t.Any]:
        """The provider's task, where nobody waited for it."""
        return {"operation_id": state.operation_id} if state.operation_id else {}

    # -- apply --------------------------------------------------------------------------------------------------------

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Send one step, and wait for its end where the task waits at all."""
        if step.action == "replace":
            return self._replaced(step, state)
        if self._is_order(step):
            return self._ordered(step, state) if self.kind.ordered else self._sent(step, state)
        if state.record is None:
            self.context.warn(f"{step.field} is left to the next run, since this one does not wait for the {self.kind.words}")
            self.needless(step)
            return state
        return self._sent(step, state)

    def _sent(self, step: Step, state: State, note: Note | None = None) -> State:
        """Send a step, once, and see it through; what somebody else, or a run that was killed, began with the object ends before."""
        pending = self.verbs.settling(state.record) if state.record is not None and self.wish.wait and step.action != "delete" else None
        if pending is not None:
            self.context.waiter.wait(pending, self.context.deadline)
        facts = {"id": state.record.id if state.record else None, "step": step.action}
        operation = send_safely(self.context, lambda: self._send(step, state), lambda: self._seen(step, state), facts, self._patience(step))
        self.accepted(step)
        if note is not None and operation is not None and operation.id:
            note.write(sent_at=self.context.provider_time(), operation_id=operation.id, before=step.before)
        return self._followed(step, state, operation)

    def _replaced(self, step: Step, state: State) -> State:
        """Delete, see it gone, and make it anew; a failure in between tells the deletion as done."""
        done, removal = list(self._done), Step("delete", self.kind.name, step.before, None, effect=DELETE)
        self._sent(removal, state)
        if look_for(self.context, lambda: True if self.now(state) is None else None, self.context.deadline.remaining) is None:
            raise NotAppliedError(f"{self.title} accepted the deletion of the {self.label(state.record)}, but it is still there", hint="Run the task again.")
        state = self._sent(Step("create", self.kind.name, None, step.after), replace(state, record=None, new=step.target))
        self._done[:] = done
        return state

    def _followed(self, step: Step, state: State, operation: Operation | None) -> State:
        made_id: str | None = None
        if operation is not None and self.wish.wait:
            made_id = self.context.waiter.wait(operation, self.context.deadline).instance_id
        elif operation is not None:
            state = replace(state, operation_id=operation.id, under_way=True)
        if step.action == "create":
            return self._made(state, made_id) if self.wish.wait or operation is None else state
        if step.action == "delete":
            return replace(state, record=t.cast(Record, state.record).gone()) if not self.wish.wait else state
        return self.predict(state, [step])

    def _patience(self, step: Step) -> float:
        if not self._is_order(step):
            return SETTLE_SECONDS
        return self.verbs.patience or self.driver.PROFILE.look_seconds or SETTLE_SECONDS

    def _send(self, step: Step, state: State) -> Operation | None:
        if step.action == "create":
            return self.verbs.create(t.cast(NewRecord, state.new))
        record = t.cast(Record, state.record)
        if step.action == "delete":
            return self.verbs.delete(record)
        return self.verbs.change(record, step)

    def _seen(self, step: Step, state: State) -> Operation | None:
        """After an unclear outcome: what is left to await, when the step shows its effect."""
        now = self.now(state)
        if step.action in ("create", "delete"):
            seen = (now is not None) is (step.action == "create")
        else:
            seen = now is not None and self._shows(step, now, state)
        if not seen:
            return None
        pending = self.verbs.settling(now) if now is not None else None
        return pending or self.driver.operation(f"{step.action} of a {self.kind.words}", lambda: DONE)

    def _field_of(self, step: Step) -> Field | None:
        """The field that a step sets; None for what makes, removes or acts."""
        return next((each for each in self.kind.fields if each.name == step.field and (each.link or each.action == step.action)), None)

    def _is_order(self, step: Step) -> bool:
        """Whether a step makes something, or spends money each time it is sent; what sets a value is the same when it is set twice."""
        return step.action == "create" or (step.cost and bool(step.needs) and self._field_of(step) is None)

    def _shows(self, step: Step, now: Record, state: State) -> bool:
        field = self._field_of(step)
        if field is None:
            return self.holds(step, now, state)
        if field.link:
            held = (now.fields.get(field.name) or {}).get("id")
            return bool(held == step.target.id if step.after is not None else held is None)
        return not self.differs(field, now.fields.get(field.name), step.after)

    def now(self, state: State) -> Record | None:
        """The object as it is now.

        Raises:
            AmbiguousError: there are several of its name now.
        """
        if state.record is not None and state.record.id is not None:
            return self.verbs.get(state.record, self.wish, state.instance)
        return self._one(self.verbs.find(self.wish, state.instance))

    def _made(self, state: State, made_id: str | None) -> State:
        """The new object; two of one name, made by two controllers at once, are told."""
        patience = (self.driver.PROFILE.look_seconds if self.kind.ordered else None) or SETTLE_SECONDS  # what is bought and not seen would be bought again
        made = look_for(self.context, lambda: self._one(self.verbs.find(self.wish, state.instance)), patience)
        if made is None:
            raise NotAppliedError(f"{self.title} accepted the {self.label(None)}, but does not show it", hint="Run the task again.", id=made_id)
        return replace(state, record=made, made=True)

    # -- orders that cost money ---------------------------------------------------------------------------------------

    def _ordered(self, step: Step, state: State) -> State:
        """Send an order of which there must be one only, whatever else runs on this controller or was killed there."""
        with self.context.journal.order(self._order_of(step.action, state.record), self.context.deadline) as note:
            if note.left is not None and not self.outdated(step, note.left):
                return self._resumed(step, state, note)
            seen = self._meanwhile(step, state)
            return self._ordered_now(step, state, note) if seen is None else seen

    def _ordered_now(self, step: Step, state: State, note: Note) -> State:
        """Send an order; its note stays where nobody knows yet what becomes of it."""
        note.write(sent_at=self.context.provider_time(), before=step.before)
        try:
            state = self._sent(step, state, note)
        except VpsError as exc:
            if self._is_fate(exc, step):
                note.clear()
            raise
        self._leave(note, state, step)
        return state

    def _is_fate(self, exc: VpsError, step: Step) -> bool:
        """Whether a failure tells what became of an order: it was refused, or it was accepted and has ended.

        One that was accepted is not undone by a failure of the reads that follow, such as of a key that expired meanwhile.
        """
        if step in self._done:
            late = isinstance(exc, NotAppliedError) and self.verbs.lapse is not None
            return isinstance(exc, ENDS) and not late
        refused = isinstance(exc, (RateLimitedError, UnreachableError))
        return refused or not isinstance(exc, (OutcomeUnknownError, TransientError, WaitTimeoutError, LedgerError))

    def _order_of(self, action: str, record: Record | None, region: str | None = None) -> str:
        """What the journal knows an order by, however the task spells project, region and server; a new name would not change it."""
        server = (record.fields.get(INSTANCE) or {}).get("id") if record else None
        known = (record and record.id) or server
        return f"{action} {self.kind.name} {known or self._described(region)}"

    def _described(self, region: str | None) -> str:
        """What has no id yet: by its place, and by its name or else by its server."""
        project = self.driver.ledger_scope(self.context.connection.region)[0]
        place = region or (self._server.region if self._server else None) or self.driver.wanted_region() or ""
        by_itself = any(self.wish[option] for option in self.kind.identity if option != INSTANCE)
        return f"{project} {place} {self.named(None) if by_itself or self._server is None else self._server.id}"

    def _lapsed(self, step: Step, left: t.Mapping[str, t.Any], *, looked_long: bool) -> bool:
        """Whether an earlier order that shows nothing was provably not carried out.

        Args:
            looked_long: whether it was looked for as long as it may take to show.
        """
        sent_at = left.get("sent_at")
        age = self.context.provider_time() - sent_at if isinstance(sent_at, (int, float)) else 0.0
        if self.verbs.absence_is_proof and step.action == "create":
            return looked_long or age >= self._patience(step)
        return self.verbs.lapse is not None and age > self.verbs.lapse

    def _leave(self, note: Note, state: State, step: Step) -> None:
        """Clear the note of an order that has ended; one that nobody waited for stays, and is known as told."""
        if state.under_way:
            note.write(sent_at=self.context.provider_time(), operation_id=state.operation_id, before=step.before, told=True)
        else:
            note.clear()

    def _meanwhile(self, step: Step, state: State) -> State | None:
        """The state, when another task of this controller has sent the same order since this one read."""
        now = self.now(state)
        if (now is None) if step.action == "create" else (now is None or not self._shows(step, now, state)):
            return None
        self.needless(step)
        return replace(state, record=now)

    def _resumed(self, step: Step, state: State, note: Note) -> State:
        """Look what became of an order that an earlier run sent, or was about to send."""
        left = t.cast("t.Mapping[str, t.Any]", note.left)
        operation_id = left.get("operation_id")
        operation = self.verbs.resume(str(operation_id)) if operation_id else None
        if operation is not None:
            try:
                state = self._followed(step, state, None if self._has_ended(operation) else operation)
            except (NotAppliedError, OperationFailedError, QuotaError):
                note.clear()  # it came to nothing, and the next run may order anew
                raise
            self.accepted(step)
            self._leave(note, state, step)
            return state
        meant = replace(step, before=left.get("before", step.before))
        looked_long = self.context.deadline.remaining >= self._patience(step)
        if look_for(self.context, lambda: self._seen(meant, state), self._patience(step)) is not None:
            if meant != step:
                self.needless(step)  # planned from what the earlier order left
            self.accepted(meant)
            note.clear()
            return self._followed(step, state, None)
        if self._lapsed(step, left, looked_long=looked_long):
            return self._ordered_now(step, state, note)
        when = iso_of(left["sent_at"]) if isinstance(left.get("sent_at"), (int, float)) else "an unknown time"
        raise OutcomeUnknownError(
            f"An earlier run ordered this ({self.label(state.record)}) at {when}, and nobody knows what became of it; nothing was ordered now",
            hint=f"Look in the provider's panel. {self._way_out(step, note)}",
        )

    def _way_out(self, step: Step, note: Note) -> str:
        """How to order again what shows nothing."""
        by_hand = f"If there is no such order, remove {note.path} and run the task again."
        if self.verbs.absence_is_proof and step.action == "create":
            return f"What does not show within {self._patience(step):.0f} seconds was not ordered: run the task again after that time. {by_hand}"
        return by_hand

    def _has_ended(self, operation: Operation) -> bool:
        """Whether an earlier order has ended where nobody waits for it: what came to nothing would else pass for under way for ever."""
        return not self.wish.wait and agreed(self.context, operation.check, TransientError, SETTLE_SECONDS) is not None

    # -- compare ------------------------------------------------------------------------------------------------------

    def compare(self, state: State, plan: Plan) -> State:
        """Read again, and insist.

        Raises:
            NotAppliedError: something was accepted and not done.
        """
        if not self.wish.wait or (state.made and len(plan.steps) == 1):  # what was just made was read since
            return state
        left: list[str] = []
        latest: Record | None = state.record

        def applied() -> bool | None:
            nonlocal left, latest
            latest = self.now(state)
            left = self._left(plan, latest, state)
            return None if left else True

        if look_for(self.context, applied, SETTLE_SECONDS) is None:
            raise NotAppliedError(
                f"{self.title} accepted the change of {', '.join(left)} of the {self.label(state.record)}, but it was not applied",
                hint="Run the task again; if it stays so, look at it in the provider's panel.",
            )
        return replace(state, record=latest if latest is not None else state.record.gone() if state.record else None)

    def _left(self, plan: Plan, now: Record | None, state: State) -> list[str]:
        """The fields that are not as their steps left them."""
        if any(step.action == "delete" for step in plan.steps):
            return [] if now is None else ["everything"]
        if now is None:
            return ["everything"]
        last = {step.field: step for step in plan.steps if step.action not in MAKING}
        return [field for field, step in last.items() if step not in self._needless and not self._shows(step, now, state)]


def ability_of(field: Field) -> str:
    """The ability of a profile that a change of a field takes."""
    return field.name if field.action == "set" else field.action


def _named(server: t.Mapping[str, t.Any] | None) -> str | None:
    return (server.get("name") or server.get("id")) if server else None
