# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never twice, never lost: look, order once, look again.

An order is sent exactly once. It is sent anew only when it provably was not carried out; after an unclear outcome the
account is searched for what appeared. With a ledger a killed run is resumed, not repeated.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import typing as t
from dataclasses import dataclass, replace

from .._core.errors import (
    AmbiguousError,
    LedgerError,
    NotBegunError,
    NotFoundError,
    OperationFailedError,
    OutcomeUnknownError,
    QuotaError,
    RateLimitedError,
    TransientError,
    VpsError,
)
from .._core.model import Instance
from .._core.wait import FIRST_POLL, GROWTH, Deadline
from .._ledger import JOB, LIVE, ORDERING, Entry, Ledger
from .._providers.base import SECRET_FIELDS, Driver, Lookup, Order, Receipt, Wish

REFUSED_RETRIES = 3  # how often an order refused by HTTP 429 is sent anew


@dataclass(frozen=True)
class Made:
    """What an order brought.

    C(instance_id) is None where nobody waited for it and the provider has not told it yet; C(adopted) says that the
    answer was lost and the server was found again, so that its first password is not known.
    """

    instance_id: str | None
    operation_id: str | None = None
    credentials: t.Mapping[str, str | None] | None = None
    adopted: bool = False


def how_to_clear(ledger: Ledger | None, name: str) -> str:
    """What a person types to forget an open order that made no server."""
    given = {"ledger": ledger.path if ledger else "PATH", "server": name}
    plain = all(re.fullmatch(r"[\w@%+:,./-]+", value) for value in given.values())
    variables = " ".join(f"-e {key}={value}" for key, value in given.items()) if plain else f"-e {shlex.quote(json.dumps(given))}"
    return f"If there is none, clear the open entry: ansible-playbook polyhost.cloud.ledger_clear {variables}"


class Ordering:
    """Makes one server, or finds the one that an earlier run ordered."""

    def __init__(self, driver: Driver, wish: Wish) -> None:
        self.driver = driver
        self.wish = wish
        self.context = driver.context
        self.accepted = False  # whether the provider took an order
        self.proven_absent = False  # whether the last look proved that an order was not carried out

    # -- a new order ------------------------------------------------------------------------------------------------

    def create(self, lookup: Lookup, order: Order) -> Made:
        """Send the order once and find out what it made.

        Raises:
            OutcomeUnknownError: nothing appeared; an order may exist.
            AmbiguousError: more than one server appeared.
            VpsError: the provider refused.
        """
        entry = Entry(
            ORDERING,
            str(self.wish.name),
            ordered_at=self.context.waiter.clock.epoch(),
            traits=order.traits,
            known_ids=tuple(sorted(lookup.known_ids)),
        )
        try:
            with self.context.turn():
                self._write(order.scope, entry)
                receipt = self._place(order, entry)
        except NotBegunError:
            raise
        except OutcomeUnknownError as exc:
            self._write(order.scope, replace(entry, unclear=True))
            return self._found(order.scope, entry, self._look_after(entry, exc))
        except VpsError:
            self._drop(order.scope)
            raise
        self.accepted = True
        if isinstance(receipt, Made):
            return self._found(order.scope, entry, receipt)
        if receipt.instance_id:
            return self._found(order.scope, entry, Made(receipt.instance_id, receipt.operation_id, receipt.credentials))
        if receipt.operation_id:
            entry = replace(entry, state=JOB, operation_id=receipt.operation_id)
            self._write(order.scope, entry)
        if not self.wish.wait:
            return Made(None, receipt.operation_id)
        return self._found(order.scope, entry, self._follow(order.scope, entry, receipt))

    def _place(self, order: Order, entry: Entry) -> Receipt | Made:
        """Send it; after HTTP 429 look, wait and send again, where the contract says that nothing was done."""
        attempt, waiter = 0, self.context.waiter
        while True:
            try:
                return self.driver.place(order)
            except RateLimitedError as exc:
                pause = exc.retry_after if exc.retry_after is not None else 2.0 ** (attempt + 1)
                too_long = waiter.waited_to_retry + pause > self.context.max_retry_wait
                if not exc.check_first or attempt == REFUSED_RETRIES or too_long:
                    raise
            waiter.pause_to_retry(pause)
            attempt += 1
            seen = self._seen(entry)
            if seen:
                return seen
            self._write(order.scope, replace(entry, ordered_at=waiter.clock.epoch()))  # the look after a kill counts from here

    def _follow(self, scope: tuple[str, str], entry: Entry, receipt: Receipt) -> Made:
        operation = self.driver.follow(receipt, entry.traits, frozenset(entry.known_ids))
        try:
            outcome = self.context.waiter.wait(operation, self.context.deadline)
        except (OperationFailedError, QuotaError) as exc:
            self._report_leftovers(entry, exc)
            self._drop(scope)
            raise
        except NotFoundError as exc:  # the task or job is not known any more: its outcome is
            return self._look(entry, OutcomeUnknownError(exc.message, **exc.facts))
        return Made(outcome.instance_id, receipt.operation_id, outcome.credentials)

    def _report_leftovers(self, entry: Entry, exc: VpsError) -> None:
        """A failed build may leave a server that costs money: tell its id."""
        with contextlib.suppress(VpsError):
            leftovers = [str(instance.id) for instance in self.driver.candidates(entry.traits, frozenset(entry.known_ids))]
            if leftovers:
                exc.facts["leftovers"] = leftovers
                exc.hint = f"A half-built server may remain and cost money: {', '.join(leftovers)}. Remove it by id with state absent."
                return
            strangers = self._new_ids(entry)  # half-built, a server may not show what was ordered
            if strangers:
                exc.facts["candidates"] = strangers
                exc.hint = f"New since the order, so perhaps half-built and costing money: {', '.join(strangers)}. Look before removing one by id."

    def _look_after(self, entry: Entry, error: OutcomeUnknownError) -> Made:
        """Look for what an unclear order made; a look that cannot be finished leaves the order unclear, and says so."""
        try:
            return self._look(entry, error)
        except (AmbiguousError, OutcomeUnknownError):
            raise
        except VpsError as exc:
            lost = f"The answer to the order of {entry.name} was lost before that, so an order may exist."
            exc.hint = " ".join(part for part in (lost + self._how_to_clear(entry.name), exc.hint) if part)
            raise

    # -- looking ----------------------------------------------------------------------------------------------------

    def _look(self, entry: Entry, error: VpsError, since: float = 0.0) -> Made:
        """Search until exactly one fitting server appears; C(since) seconds of the time allowed have passed already."""
        allowed = self.driver.PROFILE.look_seconds or self.wish.wait_timeout
        deadline = Deadline(self.context.waiter.clock, min(allowed, self.wish.wait_timeout) - since)
        whole_window = max(self.wish.wait_timeout, since) >= allowed
        interval = FIRST_POLL
        while True:
            looked = False
            with contextlib.suppress(TransientError, NotFoundError):  # a look that failed, or a task nobody knows any more, is no answer: look again
                seen = self._seen(entry)
                if seen:
                    return seen
                looked = True
            if deadline.passed:
                self.proven_absent = self.driver.absence_is_proof and whole_window and looked
                raise self._nothing_appeared(entry, error)
            self.context.waiter.pause(min(interval, deadline.remaining))
            interval = min(interval * GROWTH, self.driver.PROFILE.poll_ceiling)

    def _seen(self, entry: Entry) -> Made | None:
        """One look: an unfinished task of ours, or new servers that fit."""
        known = frozenset(entry.known_ids)
        operation = self.driver.unfinished(entry.traits)
        if operation:
            outcome = self.context.waiter.wait(operation, self.context.deadline)
            return Made(outcome.instance_id, operation.id, outcome.credentials, adopted=True)
        fitting = self.driver.candidates(entry.traits, known)
        if len(fitting) > 1:
            raise self._several(entry.name, fitting)
        return Made(str(fitting[0].id), adopted=True) if fitting else None

    def _several(self, name: str, fitting: t.Sequence[Instance]) -> AmbiguousError:
        ids = sorted(str(instance.id) for instance in fitting)
        return AmbiguousError(
            f"{self.driver.PROFILE.title}: an order for {name} ended unclear, and several new servers fit it: {', '.join(ids)}",
            hint="Nobody can tell them apart from here. Look at them in the provider's panel, remove what is too much by id, then run again with the right id.",
            ids=ids,
        )

    def _nothing_appeared(self, entry: Entry, error: VpsError) -> OutcomeUnknownError:
        strangers: list[str] = []
        with contextlib.suppress(VpsError):
            strangers = self._new_ids(entry)
        advice = "Look in the provider's panel (and at its invoices) before ordering again."
        if strangers:
            advice += f" New since the order: {', '.join(strangers)}."
        return OutcomeUnknownError(
            f"{error.message}. No server {entry.name} appeared, so an order may exist",
            hint=advice + self._how_to_clear(entry.name),
            candidates=strangers or None,
            **error.facts,
        )

    def _new_ids(self, entry: Entry) -> list[str]:
        """The servers that appeared since the order and have no other name in the ledger."""
        ids = self.driver.find(entry.name).known_ids - set(entry.known_ids)
        if self.context.ledger:
            ids -= {other.id for other in self.context.ledger.entries(self.driver.ledger_scope(self.context.connection.region)) if other.id}
        return sorted(ids)

    def _how_to_clear(self, name: str) -> str:
        if not self.context.ledger:
            return ""
        return f" If there is a server, bind it: name {name} with its id. {how_to_clear(self.context.ledger, name)}"

    # -- resuming ---------------------------------------------------------------------------------------------------

    def resume(self, scope: tuple[str, str], entry: Entry) -> Made | None:
        """Go on with an order that an earlier run left open.

        Returns:
            What it made; None when it provably was never carried out, so that a new order is safe.

        Raises:
            LedgerError: an order may exist; the message tells how to clear the entry.
        """
        if entry.id:
            return self._found(scope, entry, Made(entry.id))
        if entry.operation_id:
            return self._found(scope, entry, self._follow(scope, entry, Receipt(operation_id=entry.operation_id)))
        age = max(0.0, self.context.waiter.clock.epoch() - (entry.ordered_at or 0.0))
        self._write(scope, replace(entry, unclear=True))
        error = OutcomeUnknownError(f"{self.driver.PROFILE.title}: an earlier run was about to order {entry.name} and did not finish")
        try:
            return self._found(scope, entry, self._look(entry, error, since=age))
        except OutcomeUnknownError as exc:
            if self.proven_absent:
                self._drop(scope)
                return None
            raise LedgerError(exc.message, hint=exc.hint, **exc.facts) from exc

    # -- the ledger -------------------------------------------------------------------------------------------------

    def _found(self, scope: tuple[str, str], entry: Entry, made: Made) -> Made:
        if made.instance_id:
            self.bind(scope, entry, made.instance_id)
        return made

    def bind(self, scope: tuple[str, str], entry: Entry, instance_id: str) -> None:
        """Note which server an order has made; what is set after it and cannot be read is left to be done."""
        unreadable = set(SECRET_FIELDS) & set(self.wish.fields) - set(self.driver.PROFILE.capabilities.carried)
        self._write(scope, Entry(LIVE, entry.name, id=instance_id, ordered_at=entry.ordered_at, unfinished=bool(unreadable)))

    def _write(self, scope: tuple[str, str], entry: Entry) -> None:
        if self.context.ledger:
            self.context.ledger.write(scope, entry)

    def _drop(self, scope: tuple[str, str]) -> None:
        if self.context.ledger:
            self.context.ledger.drop(scope, str(self.wish.name))
