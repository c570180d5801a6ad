# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign: something goes wrong with one call of a task; the task is run again; what is there then is compared with what should be.

Everything that looks random comes from the seed: a round is repeated by its number.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import tempfile
import traceback
import typing as t
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.faults import KINDS
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller, VirtualClock
from ansible_collections.polyhost.cloud.tests.unit.declared import DeclaredStage
from ansible_collections.polyhost.cloud.tests.unit.faults import clear_ledger_entry, files_below, interfering
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCENARIOS as RESOURCES
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

from .scenarios import SCENARIOS

# What must be zero...
DUPLICATES, BILLS, LOST, SECRETS, CHECK, CHANGED, UNSETTLED, CRASHES = FAULTS = (
    "duplicates",
    "double bills",
    "lost or orphaned",
    "secrets seen",
    "writes in check mode",
    "wrong changed",
    "not as desired",
    "crashes",
)
PLAYED, ASKED, KILLED = ALLOWED = ("played", "asked a person", "killed")  # ... and what need not

WAIT_TIMEOUT = 300.0  # seconds, of virtual time
# Those that take real time take little of it.
SETTINGS: t.Final[t.Mapping[str, Options]] = {"refuse": {"seconds": 0.02}, "refuse_after": {"seconds": 0.02}, "latency": {"seconds": 0.01}}
HELD = ("timeout_before", "timeout_after")
HELD_SECONDS = 0.2  # how long the client waits for an answer that does not come
KILLS = 50  # random moments a provider
RETRY_SECONDS = 5.0  # as C(until) waits before it tries again
LATE_SECONDS = 120.0  # between the runs that go wrong and those that have to settle it
ATTEMPTS = 4  # runs until a task has to be done
UNKNOWN = ("OutcomeUnknownError", "LedgerError")  # nobody knows what became of an order: a person is asked
REFUSED = ("OperationFailedError", "QuotaError", "NotAppliedError")  # it was taken, and came to nothing
WITHOUT_EFFECT = ("no_effect",)
BROKEN_BY_THE_PROVIDER = ("double", "build_error", "half_created")  # what a person has to take away, once it is told
# What cannot go well by the contract: scenarios and faults, both as patterns.
EXCUSED: t.Final[t.Mapping[tuple[str, str], str]] = {
    ("hostwinds-instance-create with everything", "no_effect"): "no read shows a password that was accepted and not set",
    ("hosterapi-*", "double"): "machines have no names: the next creation finds the second one, and says so",
    ("hosterapi-dedicated-create*", "job_fails"): "a machine whose order failed is not offered again",
}
# What a person is asked about: the scenarios in which a failure may name several objects.
REPLACED_IN_TWO_STEPS = "civo-backup-* a schedule"  # made anew, then the old one deleted: of two, nobody deletes one unasked
SHOWN_ON_PURPOSE = ("credentials", "console")


@dataclass(frozen=True)
class Blow:
    """What goes wrong: the C(nth) call of an operation, or of any one (C(*)), has a fault; C(kill) stands for SIGKILL at that call."""

    scenario: str
    operation: str
    kind: str
    nth: int

    def __str__(self) -> str:
        return f"{self.scenario}: {self.kind} at call {self.nth} of {self.operation}"


@dataclass
class Tally:
    """What was counted, and a line on each thing that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another one counted."""
        self.counts.update(other.counts)
        self.findings.extend(other.findings)


@dataclass(frozen=True)
class Score:
    """What an undisturbed run does: the account after it, its servers and orders, and the operations in the order they were asked for."""

    account: dict[str, t.Any]
    servers: int
    orders: int
    calls: tuple[str, ...]
    writes: tuple[str, ...]


class Campaign:
    """One provider's part of a campaign, on a simulator of its own with a virtual clock.

    Args:
        provider: its name.
        folder: for caches, notes and ledgers.
        seed: any number.
    """

    def __init__(self, provider: str, simulator: Simulator, folder: Path, seed: int) -> None:
        self.provider, self.seed = provider, seed
        self.simulator = simulator
        self.control = Control(simulator)
        self.control.server.start()
        self._controller = Controller(simulator, folder)
        self._scores: dict[str, Score] = {}
        self._stages = {scenario.id: _stage(self._controller, scenario) for scenario in SCENARIOS.values() if scenario.provider == provider}

    def stop(self) -> None:
        """End the control server."""
        self.control.server.stop()

    # -- what is played ---------------------------------------------------------------------------------------------

    def score(self, scenario: str) -> Score:
        """What the undisturbed run of a scenario does."""
        if scenario not in self._scores:
            stage = self._stages[scenario].play()
            stage.done(wait_timeout=WAIT_TIMEOUT)
            calls, writes = tuple(stage.calls), tuple(stage.writes)
            account = stage.account()
            self._scores[scenario] = Score(account, len(stage.own.instances()), stage.own.state["money"]["orders"], calls, writes)
        return self._scores[scenario]

    def operations(self) -> dict[str, list[str]]:
        """Every operation that some scenario writes with, and the scenarios that do."""
        found: dict[str, list[str]] = {}
        for scenario in self._stages:
            for operation in dict.fromkeys(self.score(scenario).writes):
                found.setdefault(operation, []).append(scenario)
        return found

    def kinds(self) -> list[str]:
        """The faults that the simulator knows at this provider."""
        return [*KINDS, *self.simulator[self.provider].faults]

    def blows(self, most: int | None = None) -> list[Blow]:
        """Each operation with each fault at its first, second and a random call, in a scenario by chance; C(most) of them by chance."""
        chance = random.Random(f"{self.seed} {self.provider}")
        drawn = []
        for operation, scenarios in sorted(self.operations().items()):
            for kind in self.kinds():
                first, second, anywhere = (chance.choice(scenarios) for _each in range(3))
                drawn.append(Blow(first, operation, kind, 1))
                drawn.append(Blow(second, operation, kind, 2))
                drawn.append(Blow(anywhere, "*", kind, chance.randint(1, len(self.score(anywhere).calls))))
        drawn = [blow for blow in drawn if not any(fnmatch(blow.scenario, which) and blow.kind == kind for which, kind in EXCUSED)]
        return drawn if most is None else chance.sample(drawn, min(most, len(drawn)))

    def kills(self, most: int = KILLS) -> list[Blow]:
        """SIGKILL at random calls of scenarios by chance."""
        chance = random.Random(f"{self.seed} {self.provider} kills")
        scenarios = [scenario for scenarios in self.operations().values() for scenario in scenarios]
        drawn = [chance.choice(scenarios) for _each in range(most)]
        return [Blow(scenario, "*", "kill", chance.randint(1, len(self.score(scenario).calls))) for scenario in drawn]

    # -- playing ----------------------------------------------------------------------------------------------------

    def play(self, blow: Blow) -> Tally:
        """Play one scenario with what goes wrong in it."""
        score = self.score(blow.scenario)
        play = Play(self, self._stages[blow.scenario].play(), blow, score)
        try:
            play.run()
        except Exception as error:  # pylint: disable=broad-exception-caught
            play.found(CRASHES, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
        finally:
            self.simulator.clear_faults()
            self.simulator.desks[self.provider].server.refuse(0)
        return play.tally


def _differences(there: t.Any, wanted: t.Any, path: str = "") -> list[str]:
    """Where two accounts differ, and how."""
    if isinstance(there, dict) and isinstance(wanted, dict):
        return [line for key in {**there, **wanted} for line in _differences(there.get(key), wanted.get(key), f"{path}.{key}")]
    if isinstance(there, (list, tuple)) and isinstance(wanted, (list, tuple)) and len(there) == len(wanted):
        return [line for number, each in enumerate(there) for line in _differences(each, wanted[number], f"{path}[{number}]")]
    return [] if there == wanted else [f"{path.lstrip('.')} is {there!r}, not {wanted!r}"]


class ResourceStage(DeclaredStage):
    """The account of a scenario of reverse names, firewalls or backups, which have a way of their own to compare it."""

    def play(self) -> DeclaredStage:
        """A fresh account, arranged each time: the age of a backup counts."""
        if not self._untouched:
            shutil.rmtree(self.controller.environ["HOME"])
            os.makedirs(self.controller.environ["HOME"])
        Stage.play(self)
        return self

    def account(self) -> dict[str, t.Any]:
        """Everything that these scenarios change, without ids and times."""
        return Stage.account(self)


def _stage(controller: Controller, scenario: Scenario) -> DeclaredStage:
    return (ResourceStage if scenario.id in RESOURCES else DeclaredStage)(controller, scenario)


class RemoteClock(VirtualClock):
    """The clock of a process of its own, which moves the simulator's over its control API."""

    def __init__(self, simulator: Simulator, control: str) -> None:
        super().__init__(simulator)
        self._control = control

    def sleep(self, seconds: float) -> None:
        """Pass time, here and there."""
        super().sleep(seconds)
        body = json.dumps({"advance": seconds}).encode("utf-8")
        request = urllib.request.Request(f"{self._control}/clock", body, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10):
            pass


class Play:
    """One scenario with what goes wrong in it, and what is found wrong with the outcome."""

    def __init__(self, campaign: Campaign, stage: DeclaredStage, blow: Blow, score: Score) -> None:
        self.tally = Tally(Counter({PLAYED: 1}))
        self._campaign, self._stage, self._blow, self._score = campaign, stage, blow, score
        self._secrets = [str(stage.own.token), "S3CRET", *stage.scenario.secrets]
        self._told = ""  # all that the runs said
        self._effects: list[str] = []  # the writes that were carried out
        self._well = False  # whether the last real run succeeded
        self._failures = 0
        self._refusals = 0  # failures that say for sure what was not done
        self._asked = 0  # failures after which a person looked in the panel
        self._there_before = self._servers()
        self._orders_before = stage.own.state["money"]["orders"]

    def found(self, what: str, text: str) -> None:
        """Note what must not be."""
        self.tally.counts[what] += 1
        self.tally.findings.append(f"{what}: {self._blow}: {text}")

    def run(self) -> None:
        """The run that goes wrong, another one, check mode, the run that has to come to an end, and one that finds nothing to do."""
        if self._blow.kind == "kill":
            self._killed()
        else:
            options = SETTINGS.get(self._blow.kind, {})
            self._stage.fault(self._blow.kind, self._blow.operation, nth=self._blow.nth, **options)
            held = {"request_timeout": HELD_SECONDS} if self._blow.kind in HELD else {}
            self._task(**held)
            if not self._ended():
                self._stage.pass_time(RETRY_SECONDS)
                self._task(**held)
        self._stage.simulator.clear_faults()
        self._stage.simulator.desks[self._stage.provider].server.refuse(0)
        self._stage.pass_time(LATE_SECONDS)
        self._task(check=True)
        if not self._ended():
            self._settle()
        self._judge()

    def _ended(self) -> bool:
        """Whether a task that acts in each run has acted, and well."""
        return self._stage.scenario.always and self._well

    def _task(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """Run the task, and look at what it says of itself."""
        since = len(self._stage.simulator.log())
        reply = self._stage.reply(check=check, **{"wait_timeout": WAIT_TIMEOUT, **options})
        wrote = [entry for entry in self._stage.simulator.log()[since:] if entry["mutates"]]
        if check and wrote:
            self.found(CHECK, str([entry["operation"] for entry in wrote]))
        if not check:
            self._look_at(reply.result, wrote)
        shown = {key: value for key, value in reply.result.items() if key not in SHOWN_ON_PURPOSE}
        told = json.dumps([shown, reply.warnings], default=str)
        self._told += told
        self._search(told)
        return reply.result

    def _look_at(self, result: dict[str, t.Any], wrote: list[dict[str, t.Any]]) -> None:
        effects = [entry["operation"] for entry in wrote if entry["effect"] and (entry["status"] or 200) < 400 and entry["fault"] not in WITHOUT_EFFECT]
        self._effects += effects
        self._well = not result.get("failed")
        if not self._well:
            self._failures += 1
            self._refusals += result.get("error") in REFUSED
            asked = result.get("error") in UNKNOWN or "an order may exist" in result["msg"]
            self._asked += asked
            self.tally.counts[ASKED] += asked
        elif effects and not result["changed"]:
            self.found(CHANGED, f"it is false after {effects}")
        elif result["changed"] and not wrote and not self._failures and self._blow.kind != "kill":
            self.found(CHANGED, "it is true, and nothing was sent")

    def _search(self, told: str) -> None:
        for secret in self._secrets:
            if secret in told:
                at = told.find(secret)
                self.found(SECRETS, told[max(0, at - 100) : at].replace("\n", " "))

    def _servers(self) -> set[str]:
        own = self._stage.own
        with own.lock:
            own.advance()
            return {str(server["id"]) for server in own.instances()}

    # -- a process that dies ----------------------------------------------------------------------------------------

    def _killed(self) -> None:
        """Run the task in a process of its own, which is killed for good at its call of that number."""
        child = os.fork()
        if child == 0:
            try:
                self._die_on_the_way()
            finally:
                os._exit(0)
        _child, status = os.waitpid(child, 0)
        self.tally.counts[KILLED] += os.WIFSIGNALED(status)
        for path, content in files_below(self._stage.controller).items():
            self._search(path + content)

    def _die_on_the_way(self) -> None:
        calls = 0

        def tick(_call: t.Any) -> None:
            nonlocal calls
            calls += 1
            if calls == self._blow.nth * 2 - self._blow.nth % 2:  # before the call, or after it
                os.kill(os.getpid(), signal.SIGKILL)

        controller = self._stage.controller
        controller.clock = RemoteClock(controller.simulator, self._campaign.control.server.url)
        with interfering(tick, tick):
            self._stage.reply(wait_timeout=WAIT_TIMEOUT)

    # -- the end ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Run the task until it succeeds; where it asks a person, what a person would do is done."""
        more: Options = {}
        for _attempt in range(ATTEMPTS):
            result = self._task(**more)
            if self._left_to_a_person(result):
                return
            if not result.get("failed"):
                break
            more = self._look_in_the_panel(result)
        else:
            self.found(UNSETTLED, f"{result.get('error')}: {result['msg']}")
            return
        if not self._stage.scenario.always:
            sent = len(self._effects)
            if self._task()["changed"] or len(self._effects) > sent:
                self.found(CHANGED, "there was something left to do after a success")

    def _left_to_a_person(self, failure: dict[str, t.Any]) -> bool:
        """Whether the failure names what only a person can judge: what a run whose end nobody saw has made, and what the provider has broken."""
        if not failure.get("failed"):
            return False
        two_steps = fnmatch(self._stage.scenario.id, REPLACED_IN_TWO_STEPS)
        unseen = (self._stage.scenario.always or two_steps) and failure["error"] == "AmbiguousError"
        broken = self._blow.kind in BROKEN_BY_THE_PROVIDER and failure["error"] in ("AmbiguousError", "OperationFailedError")
        left: bool = (unseen or broken) and bool(failure.get("ids") or failure.get("id"))
        self._asked += left
        self.tally.counts[ASKED] += left
        return left

    def _look_in_the_panel(self, failure: dict[str, t.Any]) -> Options:
        """What is to be done by whoever reads the failure: the order is there or not, and what was noted of it is taken away."""
        for path in files_below(self._stage.controller):
            if path in failure["msg"] and path != self._stage.controller.ledger:
                with open(path, "w", encoding="utf-8"):
                    pass
        if "force: true" in failure["msg"]:
            return {"force": True}
        name = self._stage.options.get("name")
        if not name:
            return {}
        new = self._servers() - self._there_before
        if len(new) == 1 and self._stage.provider == "hosterapi" and "id" not in self._stage.options:
            return {"id": new.pop()}
        if "ledger_clear" in failure["msg"]:
            clear_ledger_entry(self._stage.controller, name)
        return {}

    def _judge(self) -> None:
        """Compare what is there with what an undisturbed run leaves."""
        stage, score = self._stage, self._score
        account, servers = stage.account(), self._servers()
        money = stage.own.state["money"]["orders"]
        acts_again = stage.scenario.always and (self._blow.kind == "kill" or self._failures > 0)
        broken = self._blow.kind in BROKEN_BY_THE_PROVIDER
        ordered = score.orders - self._orders_before
        if len(servers) > score.servers + broken + acts_again:
            self.found(DUPLICATES, f"{len(servers)} servers instead of {score.servers}")
        if len(servers) < score.servers:
            self.found(LOST, f"{len(servers)} servers instead of {score.servers}")
        untold = [server for server in servers - self._there_before if server not in self._told]
        if untold:
            self.found(LOST, f"nobody was told of {untold}")
        excused = self._refusals + self._asked + broken + acts_again
        if money > score.orders + excused * ordered:  # what failed for sure is ordered again as a whole
            self.found(BILLS, f"{money} orders instead of {score.orders}")
        if not excused and account != score.account:
            self.found(UNSETTLED, "; ".join(_differences(account, score.account)))
        if stage.own.violations:
            self.found(UNSETTLED, f"broken rules of the contract: {stage.own.violations}")


def play(provider: str, seed: int, most: int | None, kills: int, only: str | None = None) -> Tally:
    """One provider's part."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, Simulator([provider], virtual_clock=True) as simulator:
        campaign = Campaign(provider, simulator, Path(folder), seed)
        try:
            blows = [blow for blow in [*campaign.blows(most), *campaign.kills(kills)] if not only or only in str(blow)]
            for blow in blows:
                tally.add(campaign.play(blow))
        finally:
            campaign.stop()
    return tally
