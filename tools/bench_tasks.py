# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs: wall time and API calls for no-op, create and absent at each simulated provider, beside an empty module.

A task's time is that of one further item of a loop, so that starting ansible does not count: a play with C(ITEMS) + 1 items less one
with a single item, over C(ITEMS). Rounds alternate between the subjects; medians are printed. Machines are noisy: compare within one run.

Settings in the environment: BENCH_ROUNDS (3), BENCH_ITEMS (5), BENCH_LATENCY (0 ms a request).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
import typing as t
from pathlib import Path

from demo import start, variables
from environments import programs
from tree import make_tree
from workshop import CACHE, Failure, end_group, environment

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ITEMS = int(os.environ.get("BENCH_ITEMS", "5"))
LATENCY = os.environ.get("BENCH_LATENCY", "0")

SERVERS: dict[str, dict[str, t.Any]] = {
    "hostwinds": {"region": "1", "image": "img-debian-12", "size": "2"},
    "civo": {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]},
    "gcore": {"region": "4", "image": "ubuntu-22.04-x64", "size": "g2-standard-1-2"},
    "hosterapi": {"image": "Debian12.0", "cpu": 2, "memory_mb": 2048, "disk_gb": 20},
}
EMPTY_MODULE = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
AnsibleModule(argument_spec={}, supports_check_mode=True).exit_json(changed=False, api={"calls": 0})
"""
Task = dict[str, t.Any]


class Bench:
    """Plays against one running simulator."""

    def __init__(self, folder: Path, bin: Path, env: t.Mapping[str, str]) -> None:
        self._folder = folder
        self._bin = bin
        self._env = env
        (folder / "library").mkdir(exist_ok=True)
        (folder / "library" / "empty.py").write_text(EMPTY_MODULE, encoding="utf-8")

    def play(self, task: Task, items: int) -> tuple[float, list[int]]:
        """Run a task over C(items) numbers; returns wall seconds and the API calls of each item.

        Raises:
            Failure: the play failed.
        """
        results, playbook = self._folder / "results.json", self._folder / "bench.yml"
        looped = {**task, "loop": list(range(items)), "register": "done"}
        content = "{{ done.results | map(attribute='api.calls') | list | to_json }}"
        keep = {"ansible.builtin.copy": {"dest": str(results), "content": content, "mode": "0600"}}
        playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [looped, keep]}]), encoding="utf-8")
        started = time.monotonic()
        finished = subprocess.run(
            [self._bin / "ansible-playbook", playbook], env=dict(self._env), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - started
        if finished.returncode:
            raise Failure(finished.stdout + finished.stderr)
        return seconds, json.loads(results.read_text(encoding="utf-8"))


def measure(bench: Bench, provider: str) -> dict[str, tuple[float, float]]:
    """One round at a provider: seconds and calls a task of no-op, create and absent."""
    server = SERVERS[provider]
    region = {"region": server["region"]} if "region" in server else {}

    def task(**options: t.Any) -> Task:
        return {"polyhost.cloud.vps_instance": {"provider": provider, "rate_limit": 0, **options}}

    _seconds, _calls = bench.play(task(name="standing", **server), 1)
    costs = {"no-op by name": _further(bench, [task(name="standing", **server)] * 2)}
    costs["create"] = _further(bench, [task(name="one-{{ item }}", **server), task(name="many-{{ item }}", **server)])
    costs["absent"] = _further(bench, [task(name=f"{prefix}-{{{{ item }}}}", state="absent", **region) for prefix in ("one", "many")])
    return costs


def _further(bench: Bench, tasks: t.Sequence[Task]) -> tuple[float, float]:
    """Seconds and calls of one further item: the first task runs once, the second for all."""
    single, _calls = bench.play(tasks[0], 1)
    many, calls = bench.play(tasks[1], ITEMS + 1)
    return (many - single) / ITEMS, statistics.median(calls)


def run_tasks() -> None:
    """Measure everything in alternating rounds and print medians."""
    bin = programs("core")
    make_tree()
    folder = CACHE / "bench"
    process, about = start(folder, bin, "--life", "3600", "--latency", LATENCY)
    try:
        bench = Bench(folder, bin, {**environment(bin), **variables(folder, about), "ANSIBLE_LOCALHOST_WARNING": "false"})
        found: dict[str, list[tuple[float, float]]] = {}
        for _round in range(ROUNDS):
            found.setdefault("empty module", []).append(_further(bench, [{"empty": {}}] * 2))
            for provider in SERVERS:
                for what, cost in measure(bench, provider).items():
                    found.setdefault(f"{provider} {what}", []).append(cost)
    finally:
        end_group(process)
    floor = statistics.median(seconds for seconds, _calls in found["empty module"])
    print(f"{ROUNDS} rounds of {ITEMS} further items, {LATENCY} ms a request; medians\n")
    print(f"{'task':<28}{'ms':>8}{'x empty':>9}{'calls':>7}")
    for what, costs in found.items():
        seconds = statistics.median(seconds for seconds, _calls in costs)
        print(f"{what:<28}{seconds * 1000:>8.0f}{seconds / floor:>9.2f}{statistics.median(calls for _seconds, calls in costs):>7.0f}")
