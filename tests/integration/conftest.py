# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real C(ansible-playbook) runs against the simulator.

Every run's whole output is searched for secrets, whatever the test is about.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK_SECONDS = 400  # a run that takes longer hangs; that of all situations by the module door takes its time where every process is measured

SECRET_MARKS = ("S3CRET", "hw-demo-key", "civo-demo-token", "demo$gcore-key", "hosterapi-demo-token")


@dataclass
class Run:
    """What one C(ansible-playbook) did: its exit code, its whole output, and each task's result."""

    status: int
    output: str
    results: list[dict[str, t.Any]] = field(default_factory=list)

    @property
    def result(self) -> dict[str, t.Any]:
        """The last task's result."""
        return self.results[-1]


class Controller:
    """Runs playbooks on this machine, with a home of its own, against a simulator."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.ledger = folder / "ledger.json"
        self.expected_secrets: set[str] = set()  # marks that a test asks for on purpose
        self.environ = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible" / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "ansible" / "tmp"),
            "ANSIBLE_ASYNC_DIR": str(folder / "ansible" / "async"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_NOCOWS": "true",
            "ANSIBLE_ACTION_PLUGINS": str(Path(__file__).parent / "action_plugins"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "VPS_LEDGER": str(self.ledger),
            **simulator.environment(),
        }
        (folder / "home").mkdir()

    def tasks(self, *tasks: dict[str, t.Any], check: bool = False, arguments: t.Sequence[str] = (), **play: t.Any) -> Run:
        """Run tasks one after the other, failed ones included, and return the result of each."""
        results = self.folder / "results.json"
        results.unlink(missing_ok=True)
        numbered = [{"ignore_errors": True, **task, "register": f"result_{number}"} for number, task in enumerate(tasks)]
        expression = ", ".join(f"result_{number}" for number in range(len(tasks)))
        numbered.append(
            {
                "name": "Keep the results",
                "keep_results": {"dest": str(results), "results": "{{ [" + expression + "] | to_json | string }}"},
                "no_log": True,
            }
        )
        playbook = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": numbered, **play}]
        path = self.folder / "playbook.yml"
        path.write_text(json.dumps(playbook), encoding="utf-8")
        run = self.playbook(str(path), *(["--check"] if check else []), *arguments)
        if results.exists():
            run.results = json.loads(results.read_text(encoding="utf-8"))
        return run

    def instance(self, provider: str, *, check: bool = False, arguments: t.Sequence[str] = (), **options: t.Any) -> Run:
        """Run C(vps_instance) once."""
        return self.tasks({"polyhost.cloud.vps_instance": {"provider": provider, **options}}, check=check, arguments=arguments)

    def playbook(self, path: str, *arguments: str, environ: t.Mapping[str, str] | None = None) -> Run:
        """Run a playbook to its end and search its output for secrets."""
        finished = subprocess.run(
            ["ansible-playbook", path, *arguments, *through_the_door()],
            env={**self.environ, **recorded(), **(environ or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PLAYBOOK_SECONDS,
            check=False,
        )
        leaked = [mark for mark in SECRET_MARKS if mark in finished.stdout and mark not in self.expected_secrets]
        if leaked:
            raise AssertionError(f"secrets in the output: {leaked}\n{finished.stdout}")
        return Run(finished.returncode, finished.stdout)


def through_the_door() -> list[str]:
    """The arguments that send all tasks through the door that C(make doors) asks for; which one is the tasks' own matter otherwise."""
    return ["-e", json.dumps({"polyhost_cloud_fast_door": False})] if os.environ.get("DOOR") == "module" else []


def recorded() -> dict[str, str]:
    """Where C(make doors) wants the results of a test's tasks."""
    folder, test = os.environ.get("RECORDS"), os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    return {"RECORD": os.path.join(folder, re.sub(r"[^\w.-]+", "-", test)[-200:])} if folder else {}


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> t.Iterator[Simulator]:
    """All four providers on the real clock."""
    with Simulator() as simulator:
        yield simulator
    keep_log(simulator, request.node.nodeid)


def keep_log(simulator: Simulator, test: str) -> None:
    """Add what a simulator was asked to the file that C(make operations) reads, where there is one."""
    path = os.environ.get("OPERATIONS_SEEN")
    if not path:
        return
    asked = {(entry["provider"], entry["operation"], bool(entry["effect"] and entry["status"] and entry["status"] < 300)) for entry in simulator.log()}
    broken = {(name, each["rule"], each["message"]) for name, desk in simulator.desks.items() for each in desk.provider.violations}
    lines = [{"test": test, "provider": provider, "operation": operation, "carried_out": done} for provider, operation, done in sorted(asked)]
    lines += [{"test": test, "provider": provider, "broken_rule": rule, "message": message} for provider, rule, message in sorted(broken)]
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, "".join(json.dumps(line) + "\n" for line in lines).encode("utf-8"))  # in one piece: several workers write here
    finally:
        os.close(handle)


@pytest.fixture
def controller(simulator: Simulator, tmp_path: Path) -> Controller:
    """A controller in front of them."""
    return Controller(simulator, tmp_path)
