# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the declared resources can write, out of every C(scenarios_*.py) beside this file, and what must hold for all of it.

A test says with C(@every("row")) which row it proves; it then runs for every scenario that C(NOT_POSSIBLE) does not list.
C(test_declared_complete.py) fails when a row has neither a test nor a reason for some scenario.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pathlib
import pickle
import re
import shutil
import typing as t
import weakref
from dataclasses import dataclass

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import files_below
from ansible_collections.polyhost.cloud.tests.unit.matrix import Matrix
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

ROWS: t.Final[t.Mapping[str, str]] = {
    # twins
    "check mode": "check mode writes nothing and tells the plan and the object of the run that follows",
    "second run": "the second run writes nothing and changes nothing",
    "not there yet": "check mode of a task about a server that an earlier task makes predicts, and nobody can approve that",
    "guards": "another plan than the approved one, a missing consent, an unmet expectation: refused before the first write, in check mode too",
    "two servers": "two servers of one name: nobody picks one",
    # what happens to a write
    "lost answer": "an answer lost after the effect: the effect once; success, or a failure that says so and a next run that converges",
    "lost request": "a write that never arrived: no false success, and the next run does it",
    "refused": "a write that is refused: failure, no effect, nothing else is sent",
    "refused for now": "429 with Retry-After on a write: never a double",
    "no effect": "what is accepted and not done is never a success",
    "failed operation": "what is accepted and fails later is a failure without effect, and the next run does it",
    # what happens to a read
    "failing read": "a read that fails for good before the first write: a failure that is no absence, and no write",
    "read again": "a read that fails once is asked again, 429 with Retry-After too",
    "refused credentials": "401 and 403 are a failure, never not found, and nothing is written",
    "unknown place": "a region or project that does not exist is never absent",
    # waiting
    "no waiting": "wait: false: one run orders, the next ones end where a run that waits ends, and nothing is doubled",
    "time-out": "a failure to wait tells what was accepted, and the next run continues without doubling",
    # secrets
    "secrets": "the token and what the task keeps secret is nowhere in result, warnings, trace and files, also where an answer quotes the request",
    # orders
    "killed": "a run that dies around a costly order, then a second run: it is spent once, or the run says that it does not know and sends nothing",
    "concurrent": "the same task at the same time on the same controller: it is spent once",
}

FOLDER = pathlib.Path(__file__).parent
PACKAGE = "ansible_collections.polyhost.cloud.tests.unit"


def _scenarios() -> t.Iterator[Scenario]:
    for path in sorted(FOLDER.glob("scenarios_*.py")):
        yield from importlib.import_module(f"{PACKAGE}.{path.stem}").SCENARIOS


SCENARIOS: t.Final[t.Mapping[str, Scenario]] = {scenario.id: scenario for scenario in _scenarios()}
REGIONLESS = frozenset({"ssh_key"})  # resources of the account or of a project

# Why a row cannot happen in a scenario; the second is a pattern.
_NO_SERVER = "the task names no server"
_NOTHING_THERE = "what is not there has nothing to take away"
_SERVERLESS = (
    "*-ssh_key-*",
    "*-name_template-*",
    *(f"*-volume-{write}" for write in ("create", "create of a snapshot", "detach", "grow", "delete", "delete in use")),
    *(f"*-address-{write}" for write in ("create", "detach", "rename", "delete", "delete in use")),
)
NOT_POSSIBLE: t.Final[t.Mapping[tuple[str, str], str]] = {
    **{("second run", scenario.id): "each run acts" for scenario in SCENARIOS.values() if scenario.always},
    **{(row, scenario.id): "it spends nothing" for row in ("killed", "concurrent") for scenario in SCENARIOS.values() if not scenario.costs},
    **{(row, pattern): _NO_SERVER for row in ("not there yet", "two servers") for pattern in _SERVERLESS},
    **{("not there yet", pattern): _NOTHING_THERE for pattern in ("*-absent", "*-delete *")},
    **{(row, "*-instance-*"): "the server is the object itself; see the fault matrix" for row in ("not there yet", "two servers")},
    ("unknown place", "hostwinds-*"): "names are account-wide and locations cannot be listed",
    ("unknown place", "hosterapi-*"): "there are neither regions nor projects",
    ("two servers", "hosterapi-*"): "machines have no names; the ledger ties one name to one id",
    ("not there yet", "hosterapi-dedicated-*"): _NO_SERVER,
    ("not there yet", "hosterapi-software-uninstall"): _NOTHING_THERE,
    ("guards", "hosterapi-dedicated-create stopped"): "what is ordered has nothing yet to be expected of it",
    **{("no effect", f"hosterapi-dedicated-{write}"): "nothing shows it, and a warning says so" for write in ("restart", "rebuild as it is")},
    ("no effect", "hosterapi-software-*"): "nothing but the job tells what was done, and it says that it was",
    **{(row, "hosterapi-software-*"): "nobody can see what became of it: the next run refuses, and force repeats" for row in ("lost answer", "lost request")},
    ("no waiting", "hosterapi-software-install by force"): "each run acts, and the simulator ends a job when it is read",
    **{("failed operation", f"{provider}-*"): "there are neither tasks nor jobs" for provider in ("hostwinds", "civo")},
    **{("failed operation", f"gcore-{module}-*"): "it has no tasks" for module in ("ssh_key", "name_template")},
    ("failed operation", "hosterapi-dedicated-create*"): "a machine whose order failed is not offered again",
    ("unknown place", "civo-ssh_key-*"): "keys are of the account, in no region",
    ("unknown place", "gcore-name_template-*"): "restrictions are in no project; test_name_template.py is about regions",
    ("refused for now", "hostwinds-address-* and guest"): "a rebuild of the guest's network is never sent twice",
    **{("refused for now", f"hostwinds-instance-{write}"): "what is never sent twice" for write in ("repair", "finalize")},
    ("no effect", "hostwinds-address-* and guest"): "a rebuild of the guest's network without effect is a warning (Hostwinds section 7)",
}

MATRIX = Matrix(ROWS, SCENARIOS, NOT_POSSIBLE)
every = MATRIX.every


@dataclass(frozen=True)
class _Arranged:
    """An account as a scenario finds it; C(stable) are the ids and addresses in it."""

    state: bytes
    stable: frozenset[str]
    settings: Options
    options: Options
    servers: tuple[str, ...]
    files: t.Mapping[str, str]


# By controller and scenario: an arranged account is as old as its simulator's clock says.
_ARRANGED: weakref.WeakKeyDictionary[Controller, dict[str, _Arranged]] = weakref.WeakKeyDictionary()


class DeclaredStage(Stage):
    """The account in which a scenario of a declared resource is played; it is arranged once and copied from then on."""

    def __init__(self, controller: Controller, scenario: Scenario) -> None:
        super().__init__(controller, scenario)
        self.shown = (scenario.module,)
        self._arranged = _ARRANGED.setdefault(controller, {})

    def play(self) -> DeclaredStage:
        """A fresh account, arranged; the log starts after it, and the controller has left no other files."""
        if self._untouched:
            return self
        folder = self.controller.environ["HOME"]
        shutil.rmtree(folder)
        os.makedirs(folder)
        arranged = self._arranged.get(self.scenario.id)
        if arranged is None:
            super().play()
            files = files_below(self.controller)
            arranged = _Arranged(pickle.dumps(self.own.state), _stable(self.own.state), dict(self.own.settings), self.options, tuple(self.servers), files)
            self._arranged[self.scenario.id] = arranged
            return self
        self.simulator.desks[self.provider].reset()
        with self.own.lock:
            self.own.state = pickle.loads(arranged.state)
            self.own.settings = dict(arranged.settings)
        self.options, self.servers = dict(arranged.options), list(arranged.servers)
        for path, content in arranged.files.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(content)
        self.simulator.clear_log()
        self._untouched = True
        return self

    def account(self) -> dict[str, t.Any]:
        """All that is not as arranged, without new ids and times, once all that is under way has ended."""
        self._untouched = False
        for _round in range(4):
            self.pass_time(600)
            with self.own.lock:
                self.own.advance()
        with self.own.lock:
            arranged = self._arranged[self.scenario.id]
            shown = _digest(self.own.state, pickle.loads(arranged.state), arranged.stable)
        self.simulator.clear_log()
        return shown


# -- the account without what differs from run to run -----------------------------------------------------------------------

_LOGS = frozenset(
    "next renamed actions pending tasks moving late busy due jobs open_jobs tickets addresses next_address serial lock_seen stale created updated".split()
)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANCE = re.compile(r"\b[0-9a-f]{8}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,}")  # parts of ids in names, and addresses
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:\d.]*(?:Z|[+-]\d{4})?")
_EPOCH = 1_600_000_000  # seconds; greater numbers are times
_NOW = "@"  # stands for a time

Naming = t.Callable[[str], "str | None"]


def _stable(arranged: t.Mapping[str, t.Any]) -> frozenset[str]:
    """The ids and addresses that are the same each time an account is copied."""
    content = json.dumps(arranged, default=str)
    return frozenset({*_objects(arranged), *_ID.findall(content), *_CHANCE.findall(content)})


def _digest(state: t.Mapping[str, t.Any], arranged: t.Mapping[str, t.Any], stable: t.Collection[str]) -> dict[str, t.Any]:
    """What is different in C(state), each new id standing for what it is the id of."""
    changed = {key: value for key, value in _changes(dict(state), dict(arranged)).items() if key not in _LOGS}
    objects = _objects(changed)

    def blank(word: str) -> str | None:
        chance = word in objects or _ID.fullmatch(word) or _CHANCE.fullmatch(word)
        return "#" if chance and word not in stable else None

    def digested(word: str) -> str | None:
        return named.get(word, blank(word))

    named: dict[str, str | None] = {}
    for identity, content in objects.items():
        if identity not in stable:
            named[identity] = hashlib.sha256(json.dumps(_plain(content, blank), sort_keys=True).encode()).hexdigest()[:8]
    shown: dict[str, t.Any] = _plain(changed, digested)
    return shown


def _changes(now: t.Any, before: t.Any) -> t.Any:
    """The parts of nested mappings that are not as before; what is gone is None."""
    if not (isinstance(now, dict) and isinstance(before, dict)):
        return now
    kept = {key: _changes(value, before.get(key)) for key, value in now.items() if key not in before or value != before[key]}
    return {**kept, **{key: None for key in before if key not in now}}


def _objects(value: t.Any) -> dict[str, t.Any]:
    """The objects by their ids."""
    if isinstance(value, list):
        return {key: item for each in value for key, item in _objects(each).items()}
    if not isinstance(value, dict):
        return {}
    here = {str(value["id"]): value} if "id" in value else {}
    below = {key: item for key, item in value.items() if isinstance(item, dict) and _is_id(key)}
    return {**here, **below, **{key: item for each in value.values() for key, item in _objects(each).items()}}


def _is_id(key: str) -> bool:
    return bool(_ID.fullmatch(key)) or (key.isdigit() and len(key) > 2)


def _plain(value: t.Any, naming: Naming) -> t.Any:
    """A value in a form that is the same in every run; times are left out.

    Args:
        naming: what stands for an id or an address; None for what is none, or is the same in every run.
    """
    if isinstance(value, dict):
        kept = [(key, _plain(item, naming)) for key, item in value.items() if key not in _LOGS]
        kept = [(key, item) for key, item in kept if item not in (_NOW, {})]
        rows = sorted(([naming(key) or key, item] for key, item in kept if _is_id(key)), key=str)
        rest = {key: item for key, item in kept if not _is_id(key)}
        return {**rest, "objects": rows} if rows else rest
    if isinstance(value, list):
        return sorted((_plain(item, naming) for item in value), key=str)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return _NOW if value > _EPOCH else naming(str(value)) or value
    if _TIME.fullmatch(value):
        return _NOW
    return naming(value) or _CHANCE.sub(
        lambda found: naming(found.group()) or found.group(), _ID.sub(lambda found: naming(found.group()) or found.group(), value)
    )
