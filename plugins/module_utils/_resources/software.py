# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Software on a server, where the provider installs it and lists no installed packages: a mark in the ledger remembers what was done."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace

from .._core.errors import OptionError, OutcomeUnknownError
from .._core.normalise import iso_of
from .._core.plan import Plan, Step
from .._core.records import Record
from .._providers.records import RecordWish
from ._declared import INSTANCE, DeclaredTask, State

_STATES = {"present": ("install", "installed"), "absent": ("uninstall", "absent")}
HIGHEST_PORT = 65535


class SoftwareTask(DeclaredTask):
    """One run of vps_software."""

    wish: RecordWish
    _is_alone = False

    def check(self) -> None:
        """Without a ledger nobody knows what is installed."""
        self.driver.require(self.kind.name, self.wish.state)
        self._action, self._goal = _STATES[self.wish.state]
        if not self.wish["name"] or not all(str(name).strip() for name in self.wish["name"]):
            raise OptionError("name needs at least one package", hint="vps_software_info lists them.", option="name")
        if self.context.ledger is None and not self.wish["force"]:
            raise OptionError(
                f"vps_software needs a ledger at {self.title}, since the provider does not tell which packages are installed",
                hint="Set the option ledger (or VPS_LEDGER) to the path of a file, or force: true to act whatever is there.",
                option="ledger",
            )
        port = self.wish["ssh_port"]
        if port is not None and not 1 <= port <= HIGHEST_PORT:
            raise OptionError(f"ssh_port must be between 1 and {HIGHEST_PORT}, not {port}", option="ssh_port")
        if not self.wish["password"]:
            if not self.context.check_mode:
                raise OptionError("password is needed: the provider logs in by SSH as root", option="password")
            self.presumed = True  # an earlier task is about to tell it

    def settled(self, record: Record | None, instance: t.Any) -> Record | None:
        """What an earlier run began is awaited, unless it does not matter what is there; so is another task that is sending just now."""
        if record is None or self.wish["force"]:
            return record
        if record.facts["unclear"] and not self._is_alone:
            with self._alone(record):
                return super().settled(self._one(self.verbs.find(self.wish, instance)), instance)
        return super().settled(record, instance)

    def inspect(self, state: State) -> None:
        """Nobody can see what became of a call whose answer never came.

        Raises:
            OutcomeUnknownError: an earlier run sent one, or was about to.
        """
        if state.record is None or self.wish["force"]:
            return
        for package, mark in state.record.facts["unclear"].items():
            raise OutcomeUnknownError(
                f"An earlier run sent or was about to send what makes {package} {mark.value} on {self.label(state.record)}, at {iso_of(mark.at)}, "
                "and nobody knows what became of it; nothing was sent now",
                hint="Look at the server. To send it whatever is there: force: true.",
            )
        for package, mark in state.record.facts["jobs"].items():
            self.presumed = True
            self.context.warn(f"Job {mark.operation_id} of an earlier run is under way on {self.label(state.record)}, about {package}")
            if not self.wish.wait:
                self.context.warn("What else is to be done there is left to the next run")

    def label(self, record: Record | None) -> str:
        """The server in words: packages are about it."""
        return f"server {self.named(record)} at {self.title}"

    # -- plan ---------------------------------------------------------------------------------------------------------

    def acts(self, state: State) -> t.Sequence[Step]:
        """One step for each package that is not known to be as wanted, save what a job under way decides; without waiting, one job at a time."""
        return [self._step(package) for package in state.record["packages"] if self._is_due(package, state.record)] if state.record else []

    def removal(self, record: Record) -> t.Sequence[Step]:
        """The same, with uninstalling."""
        return self.acts(State(record))

    def _is_due(self, package: t.Mapping[str, t.Any], record: Record) -> bool:
        jobs = record.facts["jobs"]
        waits = bool(jobs) if not self.wish.wait else package["id"] in jobs
        return bool(self.wish["force"] or (package["state"] != self._goal and not waits))

    def _step(self, package: t.Mapping[str, t.Any]) -> Step:
        login = {option: self.wish[option] for option in ("password", "ssh_port")}
        return Step(self._action, package["id"], package["state"], self._goal, secret=self.wish["password"], target=login)

    def effect_of(self, step: Step, record: Record) -> Record:
        """The package is as the step leaves it; since when is told by the provider's clock."""
        changed = {"state": step.after, "since": None}
        return record.having(packages=[{**each, **changed} if each["id"] == step.field else each for each in record["packages"]])

    def holds(self, step: Step, now: Record, state: State) -> bool:
        """Whether the ledger knows it to be so."""
        return any(each["id"] == step.field and each["state"] == step.after for each in now["packages"])

    # -- apply --------------------------------------------------------------------------------------------------------

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """One job at a time on a server, and none for what another task has done meanwhile."""
        if state.operation_id is not None:
            self.context.warn(f"{step.field} is left to the next run, since this one does not wait for job {state.operation_id}")
            self.needless(step)
            return state
        with self._alone(t.cast(Record, state.record)):
            if self.wish["force"]:
                return self._sent(step, state)
            now = self.settled(self.now(state), state.instance)
            state = replace(state, record=now)
            self.inspect(state)
            if now is not None and not any(each["id"] == step.field and self._is_due(each, now) for each in now["packages"]):
                self.needless(step)
                return state
            return self._sent(step, state)

    @contextlib.contextmanager
    def _alone(self, record: Record) -> t.Iterator[None]:
        ledger, server = self.context.ledger, record[INSTANCE]["id"]
        if ledger is None:
            yield
            return
        with ledger.lock(self.driver.ledger_scope(None), f"{self.kind.name} {server}", self.context.deadline):
            self._is_alone = True
            try:
                yield
            finally:
                self._is_alone = False

    def compare(self, state: State, plan: Plan) -> State:
        """Without a ledger there is nothing to compare with."""
        if self.context.ledger is not None:
            return super().compare(state, plan)
        self.context.warn(f"Without a ledger nothing remembers what was done on {self.label(state.record)}; each run with force acts again")
        return state
