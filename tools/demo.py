# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: simulated providers on free ports, and C(playbooks/demo.yml) over them. Nothing is left running, nothing left outside the clone.

With the argument C(simulator) only the providers run, until Ctrl-C, for playbooks of the user's own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from environments import programs
from tree import make_tree
from workshop import CACHE, COLLECTION, TREE, Failure, end_group, environment, main

LIFE = 300  # seconds after which the demo's simulator ends by itself, whatever happened to the demo
PLAYBOOK = "playbooks/demo.yml"

READABLE = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_NOCOWS": "true",
}

AFTER_DEMO = """
That was polyhost.cloud with its four simulated providers on this machine. They are stopped now, and nothing is left behind
outside .cache/. To keep them running and play on:

    make simulator
"""

BESIDE_SIMULATOR = """
Or shorter, in a second shell in this folder (it also puts the demo's ansible-playbook on the path):

    . .cache/simulator/env
    ansible-playbook playbooks/demo.yml
"""


def start(folder: Path, bin: Path, *options: str, foreground: bool = False) -> tuple[subprocess.Popen[bytes], dict[str, t.Any]]:
    """Start the simulator with its files in C(folder); returns it and what it says about itself, once it is ready."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ready, log = folder / "ready.json", folder / "simulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [bin / "python", "-m", "plugins.plugin_utils.simulator", "--port-file", ready, *options],
            cwd=COLLECTION,
            env=environment(bin),
            stdin=subprocess.DEVNULL,
            stdout=None if foreground else output,
            stderr=None if foreground else subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"the simulator did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        return process, json.loads(ready.read_text(encoding="utf-8"))
    except BaseException:
        end_group(process)
        raise


def variables(folder: Path, about: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What leads a playbook to the running simulator: the providers' variables, the control API and a name ledger."""
    return {**about["environment"], "VPS_LEDGER": str(folder / "ledger.json"), "VPS_SIMULATOR_URL": about["control"]}


def demo() -> int:
    """Run the demo's playbook; its exit code is ours."""
    bin = programs("core")
    make_tree()
    folder = CACHE / "demo"
    process, about = start(folder, bin, "--life", str(LIFE))
    try:
        env = {**environment(bin), **READABLE, **variables(folder, about)}
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            env["ANSIBLE_FORCE_COLOR"] = "true"
        playbook = subprocess.Popen([bin / "ansible-playbook", PLAYBOOK], cwd=COLLECTION, env=env, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            status = playbook.wait()
        finally:
            end_group(playbook)  # gently: its workers have sessions of their own, and only it can end them
    finally:
        end_group(process)
    print(AFTER_DEMO if status == 0 else f"\nThe demo failed (status {status}).", flush=True)
    return status


def simulator() -> int:
    """Run the simulator in the foreground, with a file beside it that a second shell can read."""
    bin = programs("core")
    make_tree()
    folder = CACHE / "simulator"
    process, about = start(folder, bin, foreground=True)
    try:
        exports = {**variables(folder, about), **READABLE, "ANSIBLE_COLLECTIONS_PATH": str(TREE)}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
        lines.append(f'export PATH={shlex.quote(str(bin))}:"$PATH"')
        (folder / "env").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(BESIDE_SIMULATOR, flush=True)
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        end_group(process)


if __name__ == "__main__":
    main(simulator if sys.argv[1:] == ["simulator"] else demo)
