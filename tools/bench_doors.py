# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that changes nothing costs through each door, beside C(debug) and a module that does nothing.

Three plays: the task alone, a loop (what one further item costs), and three such tasks on 50 hosts by 5 forks, delegated to localhost.
Rounds alternate between the subjects; medians are printed. Machines are noisy: compare within one run.

Settings in the environment: BENCH_ROUNDS (3), BENCH_LATENCY (0 ms a request).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
import typing as t
import urllib.request
from pathlib import Path

from bench_tasks import EMPTY_MODULE, LATENCY, ROUNDS, Task
from demo import start, variables
from environments import programs
from tree import make_tree
from workshop import CACHE, Failure, end_group, environment

FURTHER = {"fast": 100, "module": 5}  # items beyond the first one; modules take a hundred times longer
HOSTS, TASKS, FORKS = 50, 3, 5


class Plays:
    """Plays of one task, timed."""

    def __init__(self, folder: Path, bin: Path, env: t.Mapping[str, str]) -> None:
        self._folder = folder
        self._bin = bin
        self._env = env
        (folder / "library").mkdir(exist_ok=True)
        (folder / "library" / "empty.py").write_text(EMPTY_MODULE, encoding="utf-8")

    def seconds(self, play: t.Mapping[str, t.Any], *arguments: str) -> float:
        """The wall time of a play.

        Raises:
            Failure: it failed, or changed something.
        """
        path = self._folder / "doors.yml"
        path.write_text(json.dumps([{"gather_facts": False, **play}]), encoding="utf-8")
        started = time.monotonic()
        finished = subprocess.run(
            [self._bin / "ansible-playbook", path, *arguments], env=dict(self._env), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - started
        if finished.returncode or "changed=0" not in finished.stdout:
            raise Failure(finished.stdout + finished.stderr)
        return seconds

    def alone(self, task: Task) -> float:
        """The task once."""
        return self.seconds({"hosts": "localhost", "connection": "local", "tasks": [task]})

    def further(self, task: Task, items: int) -> float:
        """One further item of its loop."""
        return (self.looped(task, items + 1) - self.looped(task, 1)) / items

    def looped(self, task: Task, items: int) -> float:
        """The task over so many items."""
        return self.seconds({"hosts": "localhost", "connection": "local", "tasks": [{**task, "loop": list(range(items))}]})

    def hosts(self, task: Task) -> float:
        """The task three times on 50 hosts."""
        names = ",".join(f"host{number}" for number in range(HOSTS))
        play = {"hosts": "all", "tasks": [{**task, "delegate_to": "localhost"}] * TASKS}
        return self.seconds(play, "--inventory", f"{names},", "--forks", str(FORKS))


def subjects(identifier: str) -> dict[str, Task]:
    """What is compared; the server is named by its id, which is one request."""
    task: Task = {"polyhost.cloud.vps_instance": {"provider": "civo", "region": "LON1", "id": identifier, "rate_limit": 0}}
    return {
        "debug": {"ansible.builtin.debug": {"msg": "nothing"}},
        "empty module": {"empty": {}},
        "fast door": task,
        "module door": {**task, "vars": {"polyhost_cloud_fast_door": False}},
    }


def run_doors() -> None:
    """Measure everything in alternating rounds and print medians."""
    bin = programs("core")
    make_tree()
    folder = CACHE / "bench"
    process, about = start(folder, bin, "--life", "3600", "--latency", LATENCY)
    found: dict[str, dict[str, list[float]]] = {"alone": {}, "further item": {}, f"{HOSTS} hosts x {TASKS}": {}}
    alone, further, hosts = found.values()
    try:
        env = {**environment(bin), **variables(folder, about), "ANSIBLE_LOCALHOST_WARNING": "false", "PYTHONDONTWRITEBYTECODE": ""}
        plays = Plays(folder, bin, env)
        body = json.dumps({"count": 1, "fields": {"name": "standing", "region": "LON1"}}).encode()
        with urllib.request.urlopen(f"{about['control']}/providers/civo/instances", body) as answer:
            made = json.load(answer)
        compared = subjects(made["ids"][0])
        for _round in range(ROUNDS):
            for name, task in compared.items():
                quick = name in ("debug", "fast door")
                alone.setdefault(name, []).append(plays.alone(task))
                further.setdefault(name, []).append(plays.further(task, FURTHER["fast" if quick else "module"]))
                if name != "empty module":
                    hosts.setdefault(name, []).append(plays.hosts(task))
    finally:
        end_group(process)
    show(found)


def show(found: t.Mapping[str, t.Mapping[str, t.Sequence[float]]]) -> None:
    """The table; a ratio is the median of the rounds' ratios."""
    print(f"{ROUNDS} rounds, {LATENCY} ms a request; medians\n")
    print(f"{'play':<18}{'subject':<16}{'ms':>9}{'x debug':>9}{'x module':>10}")
    for play, costs in found.items():
        for name, runs in costs.items():
            ratios = [statistics.median(mine / theirs for mine, theirs in zip(runs, costs[other], strict=True)) for other in ("debug", "module door")]
            print(f"{play:<18}{name:<16}{statistics.median(runs) * 1000:>9.1f}{ratios[0]:>9.2f}{ratios[1]:>10.3f}")
