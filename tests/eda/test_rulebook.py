# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped rulebook, run by ansible-rulebook over the shipped event source, inventory and playbook, against the simulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

SECONDS = 90  # after which what was waited for does not come any more


class Stage:
    """ansible-rulebook in front of the simulated account at Civo."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.civo = simulator["civo"]
        self.simulator = simulator
        self.folder = folder
        self.log = folder / "events.jsonl"
        self.state = folder / "state.json"
        self.output = folder / "output"
        self.environ = {
            **{name: os.environ[name] for name in ("PATH", "JAVA_HOME", "ANSIBLE_COLLECTIONS_PATH")},
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(folder / "ansible"),
            **simulator.environment(),
        }
        inventory = folder / "all.vps.yml"
        inventory.write_text(json.dumps({"plugin": "polyhost.cloud.vps", "provider": "civo", "rate_limit": 0, "max_retry_wait": 0}), encoding="utf-8")
        (folder / "hosts").write_text("localhost ansible_connection=local\n", encoding="utf-8")
        settings = {
            "vps_inventory": str(inventory),
            "vps_state_file": str(self.state),
            "vps_interval": 0.2,
            "vps_expect": {"*": {"status": "running"}},
            "vps_event_log": str(self.log),
        }
        (folder / "watch.yml").write_text(json.dumps(settings), encoding="utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [Path(sys.executable).with_name("ansible-rulebook"), "--rulebook", "polyhost.cloud.vps", "-i", "hosts", "--vars", "watch.yml"],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def logged(self) -> list[tuple[str, str]]:
        """The events for which the playbook ran, with their hosts."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [(event["event"], event["host"]) for event in map(json.loads, lines)]

    def wait(self, until: t.Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not until():
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what}:\n{self.said()}")
            time.sleep(0.1)

    def hears(self, words: str) -> None:
        self.wait(lambda: words in self.said(), words)

    def finds(self, *events: tuple[str, str]) -> None:
        self.wait(lambda: self.logged() == list(events), f"log of {events}, but {self.logged()}")


def end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def stage(tmp_path: Path) -> t.Iterator[Stage]:
    """A stage with two servers."""
    with Simulator() as simulator:
        simulator["civo"].seed_instances(2, name="web")
        yield Stage(simulator, tmp_path)


def test_the_rulebook_from_the_first_server_to_the_last(stage: Stage) -> None:
    first, second = [each["id"] for each in stage.civo.instances()]
    process = stage.start()
    try:
        stage.wait(stage.state.exists, "first listing")

        (third,) = stage.civo.seed_instances(1, name="{{ lookup('pipe', 'touch EVALUATED') }}")
        stage.hears(f"created: civo-{third}")

        stage.civo.patch(first, {"status": "SHUTOFF"})
        stage.hears("state_changed: web-1")
        stage.finds(("mismatch", "web-1"))

        stage.civo.patch(second, {"public_ip": ""})
        stage.hears("address_changed: web-2")

        stage.simulator.fault("civo", "instances.list", "status", times=0, status=500)
        stage.hears("Nothing is known of the servers: ")
        stage.simulator.clear_faults()
        stage.hears("The inventory can be listed again")

        stage.civo.vanish(third)
        stage.finds(("mismatch", "web-1"), ("vanished", f"civo-{third}"))
    finally:
        end(process)
    assert stage.said().count("vanished") == stage.said().count(f"vanished: civo-{third}"), stage.said()
    assert "created: web" not in stage.said()

    stage.civo.vanish(second)  # while nobody looks
    process = stage.start()
    try:
        stage.finds(("mismatch", "web-1"), ("vanished", f"civo-{third}"), ("vanished", "web-2"))
        stage.civo.patch(first, {"status": "ACTIVE"})
        stage.hears("match: web-1")
    finally:
        end(process)
    assert "created" not in stage.said()
    assert len(stage.logged()) == 3
    assert not list(stage.folder.rglob("EVALUATED"))
    assert [token for token in stage.simulator.environment().values() if "token" in token and token in stage.said() + stage.log.read_text()] == []


def test_a_bad_option_ends_it_with_its_reason(stage: Stage) -> None:
    settings = json.loads((stage.folder / "watch.yml").read_text(encoding="utf-8"))
    (stage.folder / "watch.yml").write_text(json.dumps({**settings, "vps_expect": {"*": {"state": "running"}}}), encoding="utf-8")
    process = stage.start()
    try:
        assert process.wait(SECONDS) != 0
    finally:
        if process.poll() is None:
            end(process)
    assert "'state' is no field of a server" in stage.said()
    assert not stage.state.exists()
