# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: many instances in one task. Everything is planned before the first write; then the cheap-to-undo goes first.

Each member is planned and carried out as C(vps_instance) does it, each under a lookup of its own right before it acts.
What is added here is what one instance cannot know: the order among many, and when to stop.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import threading
import traceback
import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import DeletionLimitError, NotBegunError, OptionError, PlanChangedError, VpsError
from .._core.model import DELETING, DONE, RESCUE, RUNNING, STOPPED, SUSPENDED, Instance, Outcome
from .._core.plan import DELETE, REBUILD, REPLACE, RESTART, STOP, Step, combined
from .._core.together import Places, side_by_side
from .._core.wait import Deadline
from .._http.port import accepts_tcp
from .._providers.base import Driver, Wish
from .instance import InstanceTask, Result
from .sharing import Scope, client_of

PLANNERS = 16  # members that are planned at once
TOLD = 10  # failures that one message quotes

CREATED = "created"
CHANGED = "changed"
REPLACED = "replaced"
DELETED = "deleted"
UNCHANGED = "unchanged"
FAILED = "failed"
NOT_BEGUN = "not_begun"

_TOLD_FACTS = ("option", "capability", "needs", "library")  # of the first failure, where all of them are told in one
_DISRUPTIVE = (RESTART, STOP, REBUILD, REPLACE)
_NAMING = ("create", "rename")  # the actions that take a name
_MEANT_TO_BE_AWAY = (STOPPED, SUSPENDED, RESCUE)  # who is to be so is not asked for its health


@dataclass(frozen=True)
class Health:
    """What a server that was restarted has to show before the next one is touched.

    Args:
        port: accepts TCP connections; None: not looked at.
        status: its status.
        timeout: seconds.
    """

    port: int | None = None
    status: str = RUNNING
    timeout: float = 300.0


@dataclass(frozen=True)
class Selector:
    """What purging is about: the servers that have all these tags, and a name of this pattern."""

    tags: t.Mapping[str, str] = field(default_factory=dict)
    name: str | None = None

    def fits(self, instance: Instance) -> bool:
        """Whether a server is meant."""
        named = self.name is None or (instance.name is not None and fnmatch.fnmatchcase(instance.name, self.name))
        return named and all(instance.tags.get(key) == value for key, value in self.tags.items())


@dataclass(frozen=True)
class FleetTerms:
    """How a fleet may change.

    Args:
        max_delete: how many servers may be deleted or replaced; None: what entries say without limit, and nothing by purging.
        stop: whether a failure keeps what has not begun from beginning.
        workers: how many members may be under way at once.
        batch: how many may be restarted at once; None: as many as there are workers.
        expect_plan: the plan that was approved.
    """

    max_delete: int | None = None
    stop: bool = True
    workers: int = 50
    batch: int | None = None
    health: Health = Health()
    expect_plan: str | None = None


class Member:
    """One instance of a fleet.

    Args:
        driver: a driver of its own.
        wish: what it should be.
        token: the key of its plan's fingerprint.
        purged: it is in no entry, and goes for that reason.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    def __init__(self, driver: Driver, wish: Wish, token: str, *, purged: bool = False) -> None:
        self.driver = driver
        self.wish = wish
        self.purged = purged
        self.result: Result | None = None  # as planned, then as done
        self.plan_id: str | None = None
        self.error: VpsError | None = None
        self.outcome = UNCHANGED
        self.meant = RUNNING  # its status once all is done
        self._token = token
        self._planning = InstanceTask(driver, wish, token, only_plan=True)
        self._sent = False

    @property
    def label(self) -> str:
        """What people call it."""
        return self.wish.name or (self.result.instance.name if self.result else None) or self.wish.id or "an instance without a name"

    @property
    def id(self) -> str | None:
        """Its id, as far as it is known, after a failure too."""
        known = self.result.instance.id if self.result else None
        told = self.error.facts.get("id") if self.error else None
        return str(told) if told else known or self.wish.id

    @property
    def steps(self) -> tuple[Step, ...]:
        """Those of its plan."""
        return self.result.plan.steps if self.result else ()

    @property
    def server(self) -> tuple[str, str, str] | None:
        """What makes it one server, whatever the account is called; None where there is none yet."""
        identifier = self.result.instance.id if self.result else None
        return None if identifier is None else (self.driver.PROFILE.name, self.driver.context.connection.url, identifier)

    @property
    def claim(self) -> tuple[str, ...] | None:
        """The name that its plan takes, with all that the name has to be the only one in; None where it takes none."""
        if self.result is None or not self.wish.name or not any(step.action in _NAMING for step in self.steps):
            return None
        connection = self.driver.context.connection
        place = self.driver.ledger_scope(self.result.instance.region)
        return (self.driver.PROFILE.name, connection.url, connection.token, *place, self.wish.name)

    @property
    def deletes(self) -> bool:
        """Whether its plan takes a server away, or begins to: without waiting some are only stopped at first."""
        return bool(self.steps) and (self.wish.state == "absent" or any(step.action == REPLACE for step in self.steps))

    @property
    def disrupts(self) -> bool:
        """Whether its plan interrupts a server that stays, or is put in the place of one; one that is still changing may be down already."""
        if self.wish.state == "absent":
            return False
        moving = self._planning.unsettled and not any(step.action == "create" for step in self.steps)
        return moving or any(step.effect in _DISRUPTIVE for step in self.steps)

    @property
    def due(self) -> bool:
        """Whether there is something to send or to wait for."""
        waits = self.wish.wait and self.wish.wait_until != "status" and self.wish.state != "absent"
        return self.error is None and (bool(self.steps) or self._planning.unsettled or waits)

    @property
    def rank(self) -> int:
        """Its place in the order: what is easily undone comes first, what cannot be undone last."""
        actions = {step.action for step in self.steps if step.field == "instance"}
        if self.wish.state == "absent":
            return 5 if self.purged else 4
        if REPLACE in actions:
            return 3
        return 0 if "create" in actions else 2 if self.disrupts else 1

    def plan(self) -> None:
        """Find and compare; nothing is sent that writes."""
        self.result = self._planning.run()
        subject = self.result.instance.id or self.result.instance.name or ""
        profile = self.driver.PROFILE
        self.plan_id = self.result.plan_id or self.result.plan.fingerprint(self._token, profile.name, self.driver.account(), subject)
        self.outcome = _outcome(self.steps)
        self.meant = self.result.instance.status

    def carry_out(self, before_write: t.Callable[[], None], *, approved: bool) -> None:
        """Do what was planned, unless something else would have to be done by now.

        Args:
            before_write: called before the first call that writes; may refuse it.
            approved: the plan was, so that what shows only once a server has settled is left alone. Without that it is done, but for
                replacing, which was not counted.

        Raises:
            VpsError: see C(InstanceTask.run).
        """

        def first_write() -> None:
            if not self._sent:
                before_write()
                self._sent = True

        client_of(self.driver).before_write = first_write
        vanishes = self.wish.state == "absent" and not self.steps  # and whatever takes its name meanwhile was not meant
        lenient = self._planning.unsettled and not approved and not vanishes
        allow = tuple(each for each in self.wish.allow if each != REPLACE or self.deletes)
        wish = replace(self.wish, expect_plan=None, allow=allow) if lenient else replace(self.wish, expect_plan=self.plan_id)
        self.driver.context.deadline = Deadline(self.driver.context.waiter.clock, self.wish.wait_timeout)
        result = InstanceTask(self.driver, wish, self._token).run()
        if vanishing := self._left_out(result):
            result = InstanceTask(self.driver, replace(wish, id=vanishing), self._token).run()
        self.result = replace(result, plan_id=result.plan_id or self.plan_id)
        self.outcome = _outcome(self.steps)

    def _left_out(self, result: Result) -> str | None:
        """The id of a server that was to be deleted and was not found by name any more: while many go, pages shift, and a list may leave one out."""
        nothing_found = self.wish.state == "absent" and self.steps and not result.plan.steps
        return self.result.instance.id if nothing_found and self.result else None

    def fail(self, error: VpsError) -> None:
        """Note a failure."""
        self.error = error
        self.outcome = NOT_BEGUN if isinstance(error, NotBegunError) else FAILED

    @property
    def done(self) -> list[dict[str, t.Any]]:
        """The steps that were carried out, or in check mode would be, as users see them."""
        if self.error is None:
            return [step.public() for step in self.steps]
        return list(self.error.facts.get("plan") or ()) if self._sent else []


class Fleet:
    """One run of vps_fleet.

    Args:
        members: one an entry.
        terms: how the fleet may change.
        begin: called between planning and acting.
        progress: shows a person a line.
    """

    def __init__(
        self,
        members: list[Member],
        terms: FleetTerms,
        *,
        check_mode: bool,
        begin: t.Callable[[], None],
        progress: t.Callable[[str], None],
    ) -> None:
        self.members = members
        self.terms = terms
        self.plan_id: str | None = None
        self._check_mode = check_mode
        self._begin = begin
        self._progress = progress
        self._failed = threading.Event()
        self._places = Places(terms.batch or terms.workers)
        self._finished = 0
        self._taking_turns = 0
        self._lock = threading.Lock()

    def run(self, purging: t.Callable[[t.Sequence[Member]], list[Member]]) -> None:
        """Plan everything, then do it in waves; each member tells afterwards what became of it.

        Args:
            purging: makes the members for what is in no entry, given those that are planned.

        Raises:
            VpsError: the fleet as a whole cannot be brought about; nothing was changed.
        """
        try:
            self._prepare(purging)
        except VpsError:
            for member in self.members:
                if member.error is None:
                    member.fail(NotBegunError(f"{member.label} was not begun, since the fleet was refused"))
            raise
        if self._check_mode:
            return
        self._begin()
        due = sorted((member for member in self.members if member.due), key=lambda member: member.rank)
        self._taking_turns = len(due)
        for _rank, wave in itertools.groupby(due, key=lambda member: member.rank):
            self._act(list(wave))

    # -- planning ---------------------------------------------------------------------------------------------------

    def _prepare(self, purging: t.Callable[[t.Sequence[Member]], list[Member]]) -> None:
        """All that comes before the first write; see C(run)."""
        self._plan(self.members)
        self._refuse_doubles()
        self._refuse_failures(self.members)
        if not any(member.error for member in self.members):
            purged = purging(self.members)
            self._plan(purged)
            self.members.extend(purged)
            self._refuse_failures(purged)
        else:
            self.members[0].driver.context.warn("Not every instance could be planned, so nothing is purged")
        self.plan_id = combined(str(member.plan_id) for member in self.members if member.steps and not member.error)
        self._check_limits()

    def _plan(self, members: t.Sequence[Member]) -> None:
        side_by_side([functools.partial(_guarded, member, member.plan) for member in members], min(self.terms.workers, PLANNERS))

    def _refuse_doubles(self) -> None:
        """Two entries must not be about one server, nor take one name."""
        owners: dict[tuple[str, ...], Member] = {}
        for member in self.members:
            for key, what in ((member.server, f"are the same server ({member.id})"), (member.claim, "would both take that name in one place")):
                other = owners.setdefault(key, member) if key else member
                if other is not member:
                    raise OptionError(
                        f"instances: {other.label} and {member.label} {what}; nothing was changed",
                        hint="Keep one of the two entries.",
                        option="instances",
                    )

    def _refuse_failures(self, members: t.Sequence[Member]) -> None:
        """What cannot be brought about stops the whole fleet before the first write, unless failures are to be gone on with.

        Raises:
            VpsError: the failure of the first, with what all of them say.
        """
        failed = [member for member in members if member.error]
        if failed and (self.terms.stop or len(failed) == len(self.members)):
            first = failed[0].error
            message = f"{len(failed)} of {len(self.members)} instances cannot be brought about; nothing was changed. {failures(failed)}"
            told = {key: value for key, value in (first.facts if first else {}).items() if key in _TOLD_FACTS}
            raise type_of(first)(message, **told)

    def _check_limits(self) -> None:
        """The guards of the fleet as a whole.

        Raises:
            DeletionLimitError: it would delete too many.
            PlanChangedError: it is not the plan that was approved.
        """
        going = [member for member in self.members if member.deletes and not member.error]
        purged = [member for member in going if member.purged]
        limit = self.terms.max_delete
        counted, allowed = (purged, 0) if limit is None else (going, limit)
        if len(counted) > allowed:
            ids = [str(member.id) for member in counted]
            told = ", ".join(f"{member.label} ({member.id})" for member in counted)
            raise DeletionLimitError(
                f"This would delete {len(counted)} instances, and max_delete allows {allowed}: {told}; nothing was changed",
                hint=f"If that is right, set max_delete: {len(going)}.",
                ids=ids,
                **self._as_planned(),
            )
        if self.terms.expect_plan and any(member.steps for member in self.members) and self.plan_id != self.terms.expect_plan:
            raise PlanChangedError(
                f"The plan of the fleet is {self.plan_id} now, not {self.terms.expect_plan} as approved; nothing was changed",
                hint="Look at the plan in this result and approve it anew.",
                expect_plan=self.terms.expect_plan,
                **self._as_planned(),
            )

    def _as_planned(self) -> dict[str, t.Any]:
        return {"plan": self.plan(), "plan_id": self.plan_id}

    def plan(self) -> list[dict[str, t.Any]]:
        """All steps, each with the instance that it is about."""
        return [{**whom(member), **step} for member in sorted(self.members, key=lambda each: each.rank) for step in member.done]

    # -- acting -----------------------------------------------------------------------------------------------------

    def _act(self, members: t.Sequence[Member]) -> None:
        width = self.terms.workers
        side_by_side([functools.partial(self._take_turn, member) for member in members], width)

    def _take_turn(self, member: Member) -> None:
        """One member, in a place of its own where it interrupts a server: one that failed may be down and keeps its place."""
        rolling = self.terms.batch is not None and member.disrupts
        placed = not rolling or self._places.take()
        if placed and not self._stops(member):
            _guarded(member, lambda: self._carry_out(member, rolling))
        else:
            member.fail(_not_begun(member))
        if rolling and placed:
            if member.outcome == FAILED:
                self._places.lose()
            else:
                self._places.give_back()
        self._tell(member)

    def _carry_out(self, member: Member, rolling: bool) -> None:
        scope: Scope = t.cast("t.Any", member.driver).fleet_scope
        with scope.acting():
            try:
                member.carry_out(functools.partial(self._refuse_when_stopped, member), approved=bool(self.terms.expect_plan))
                if rolling:
                    self._await_health(member)
            except NotBegunError:
                raise
            except Exception:
                self._failed.set()
                raise

    def _stops(self, member: Member) -> bool:
        """Whether a member may not begin any more; nothing is purged once anything failed."""
        return self._failed.is_set() and (self.terms.stop or member.purged)

    def _refuse_when_stopped(self, member: Member) -> None:
        if self._stops(member):
            raise _not_begun(member)

    def _await_health(self, member: Member) -> None:
        """Wait until a server that was interrupted is well again.

        Raises:
            WaitTimeoutError: it is not, in time.
        """
        instance = member.result.instance if member.result else None
        if instance is None or instance.id is None or member.meant in _MEANT_TO_BE_AWAY:
            return
        health, driver = self.terms.health, member.driver

        def well() -> Outcome | None:
            now = driver.get(str(instance.id))
            host = (now.public_ipv4 or now.public_ipv6 or now.private_ipv4) if now else None
            if now is None or now.status != health.status:
                return None
            return DONE if health.port is None or (host is not None and accepts_tcp(host, health.port)) else None

        operation = driver.operation(f"health check of {driver.label(instance)}", well, instance_id=instance.id)
        try:
            driver.context.waiter.wait(operation, Deadline(driver.context.waiter.clock, health.timeout))
        except VpsError as exc:
            exc.facts.setdefault("plan", [step.public() for step in member.steps])
            raise

    def _tell(self, member: Member) -> None:
        with self._lock:
            self._finished += 1
            count = f"{self._finished} of {self._taking_turns}"
        self._progress(f"{member.label}: {member.outcome}{f' ({member.id})' if member.id else ''}, {count}")


def purged_of(scope: Scope, selector: Selector, planned: t.Sequence[Member]) -> list[Instance]:
    """The servers of a scope that the selector means and that are in no entry; a name that is in one protects in every region."""
    driver = scope.scout
    servers = {member.server for member in planned}
    names = {member.wish.name for member in planned if member.driver.PROFILE.name == driver.PROFILE.name}
    meant = [each for each in scope.listed() if selector.fits(each) and each.status != DELETING and each.name not in names]
    return [each for each in meant if (driver.PROFILE.name, driver.context.connection.url, each.id) not in servers]


def whom(member: Member) -> dict[str, t.Any]:
    """Which instance something is about."""
    return {"name": member.wish.name or (member.result.instance.name if member.result else None), "id": member.id, "provider": member.driver.PROFILE.name}


def failures(members: t.Sequence[Member]) -> str:
    """What failed, in words; the first few, and each failure once."""
    told: dict[str, list[str]] = {}
    for member in members[:TOLD]:
        told.setdefault(str(member.error).rstrip("."), []).append(member.label)
    more = f"; and {len(members) - TOLD} more" if len(members) > TOLD else ""
    return "; ".join(f"{', '.join(labels)}: {text}" for text, labels in told.items()) + more + "."


def type_of(error: VpsError | None) -> type[VpsError]:
    """The type of a failure that another one of the same kind is made of."""
    return VpsError if error is None else error.__class__


def _outcome(steps: t.Sequence[Step]) -> str:
    actions = [step.action for step in steps if step.field == "instance"]
    known = {"create": CREATED, REPLACE: REPLACED, DELETE: DELETED}
    return next((known[action] for action in (REPLACE, "create", DELETE) if action in actions), CHANGED if steps else UNCHANGED)


def _not_begun(member: Member) -> NotBegunError:
    return NotBegunError(f"{member.label} was not begun, since another instance failed", hint="Run the task again to continue.")


def _guarded(member: Member, work: t.Callable[[], None]) -> None:
    """Do something about a member; whatever fails is noted with it, so that what became of the others is told too."""
    try:
        work()
    except VpsError as exc:
        member.fail(exc)
    except Exception as exc:  # an error of ours must not take along what the others did
        member.fail(VpsError(f"Unexpected {type(exc).__name__}: {exc}", exception=traceback.format_exc()))
