# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a process: how it is started from a clone, what it writes, how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import typing as t
import urllib.parse
import urllib.request

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils import simulator

ROOT = pathlib.Path(simulator.__file__).resolve().parents[3]
NAMES = {"hostwinds", "civo", "gcore", "hosterapi"}

Start = t.Callable[..., "tuple[subprocess.Popen[str], dict[str, t.Any]]"]


@pytest.fixture(name="start")
def fixture_start(tmp_path: pathlib.Path) -> t.Iterator[Start]:
    """Start the simulator as a process and wait for its port file; whatever still runs at the end is ended."""
    processes: list[subprocess.Popen[str]] = []
    port_file = tmp_path / "ports.json"

    def start(*options: str, how: tuple[str, ...] = ("-m", "plugins.plugin_utils.simulator")) -> tuple[subprocess.Popen[str], dict[str, t.Any]]:
        command = [sys.executable, *how, "--port-file", str(port_file), "--life", "60", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        while not port_file.exists():
            if process.poll() is not None:
                pytest.fail(f"the simulator ended: {process.communicate()[0]}")
            time.sleep(0.01)
        return process, json.loads(port_file.read_text())

    yield start
    for process in processes:
        with process:  # waits and closes the pipe
            process.kill()


def control(ready: dict[str, t.Any], method: str, path: str, body: t.Any = None) -> t.Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(ready["control"] + path, data, method=method)) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("how", [("-m", "plugins.plugin_utils.simulator"), ("plugins/plugin_utils/simulator",)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clone_serves_all_four_until_a_signal(start: Start, tmp_path: pathlib.Path, how: tuple[str, ...], number: signal.Signals) -> None:
    process, ready = start("--env-file", str(tmp_path / "env"), how=how)
    assert set(ready["urls"]) == NAMES
    assert ready["pid"] == process.pid
    assert set(control(ready, "GET", "/state")["providers"]) == NAMES
    exports = (tmp_path / "env").read_text()
    sourced = subprocess.run(["sh", "-c", '. "$1"; env', "sh", str(tmp_path / "env")], capture_output=True, text=True, check=True, env={}).stdout.splitlines()
    assert {f"{name}={value}" for name, value in ready["environment"].items()} <= set(sourced)
    process.send_signal(number)
    output, _nothing = process.communicate(timeout=20)
    assert process.returncode == 0
    assert exports in output
    assert all(url in output for url in ready["urls"].values())
    assert not (tmp_path / "ports.json").exists()


def test_state_survives_a_stop_through_the_control_api(start: Start, tmp_path: pathlib.Path) -> None:
    options = ("--state", str(tmp_path / "state.json"), "--seed-instances", "2")
    process, ready = start(*options)
    before = {name: control(ready, "GET", f"/providers/{name}")["instances"] for name in NAMES}
    assert all(len(instances) == 2 for instances in before.values())
    assert control(ready, "POST", "/stop") == {}
    assert process.wait(20) == 0
    _process, ready = start(*options)
    assert {name: control(ready, "GET", f"/providers/{name}")["instances"] for name in NAMES} == before


def free_ports(count: int) -> int:
    """The first of C(count) free ports in a row, looked for in another place by each process that runs tests."""
    for base in range(10_000 + os.getpid() % 1000 * 20, 32_000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise LookupError("no free ports")


def test_chosen_ports_latency_and_virtual_clock(start: Start) -> None:
    base = free_ports(6)
    _process, ready = start("--port-base", str(base), "--virtual-clock", "--latency", "1", "--dns-delay", "2")
    assert ready["control"] == f"http://127.0.0.1:{base}"
    ports = {urllib.parse.urlsplit(url).port for url in ready["urls"].values()}
    assert ports == set(range(base + 1, base + 5))
    assert ready["dns"] == ready["environment"]["VPS_RESOLVERS"] == f"127.0.0.1:{base + 5}"
    assert control(ready, "GET", "/dns")["delay"] == 2
    state = control(ready, "GET", "/state")
    assert state["clock"]["virtual"] is True
    assert state["latency"] == 1


def test_a_limited_life_ends_in_peace_and_a_taken_port_is_an_error() -> None:
    command = [sys.executable, "-m", "plugins.plugin_utils.simulator", "--life", "0.01"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=20).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1] - 1  # what is taken is the first provider's port
        ended = subprocess.run([*command, "--port-base", str(port)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 1
    assert "in use" in ended.stderr


def test_a_fault_script_waits_from_the_start(start: Start, tmp_path: pathlib.Path) -> None:
    script = tmp_path / "faults.yml"
    script.write_text("# the order is lost\n- {provider: civo, operation: instances.create, kind: reset_after}\n")
    _process, ready = start("--faults", str(script))
    waiting = control(ready, "GET", "/state")["providers"]
    assert {name: [fault["kind"] for fault in about["faults"]] for name, about in waiting.items() if about["faults"]} == {"civo": ["reset_after"]}
    assert ready["environment"]["VPS_SIMULATOR_URL"] == ready["control"]


@pytest.mark.parametrize("content", ["{", "- {provider: civo}", "- {provider: civo, operation: '*', kind: html, nth: 0}", ""])
def test_a_broken_fault_script_is_named(tmp_path: pathlib.Path, content: str) -> None:
    script = tmp_path / "faults.yml"
    script.write_text(content)
    command = [sys.executable, "-m", "plugins.plugin_utils.simulator", "--faults", str(script)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"simulator: {script}: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("content", ["{", '{"format": 0}'])
def test_a_broken_state_file_is_named_and_kept(tmp_path: pathlib.Path, content: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(content)
    command = [sys.executable, "-m", "plugins.plugin_utils.simulator", "--state", str(state)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"simulator: {state}: ")
    assert "Traceback" not in ended.stderr
    assert state.read_text() == content
