# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that changes nothing costs through each door, beside C(debug), a module that does nothing, and hetzner.hcloud.

Three plays: the task alone, a loop (what one further item costs), and three such tasks on 50 hosts by 5 forks, delegated to localhost; then the
loop with slow requests. Servers are named by id. Rounds alternate between the subjects; medians are printed, and compared with the goals.
Machines are noisy: compare within one run.

Settings in the environment: BENCH_ROUNDS (3), BENCH_LATENCY (0 ms a request), where the goals are for 0.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import time
import typing as t
from contextlib import ExitStack
from pathlib import Path

import bench_hcloud
from bench_goals import Goal, show_goals
from bench_inventory import ask
from bench_tasks import EMPTY_MODULE, LATENCY, ROUNDS, Task
from demo import start, variables
from environments import programs
from peers import WHEEL
from tree import make_tree
from workshop import CACHE, TREE, Failure, end_group, environment

FURTHER = {"fast": 100, "module": 5}  # items beyond the first one; modules take a hundred times longer
HOSTS, TASKS, FORKS = 50, 3, 5
SLOW = 50  # ms a request, of the last play
SLOW_LOOP = f"further item, {SLOW} ms"
HCLOUD = "hetzner.hcloud"
Found = dict[str, dict[str, list[float]]]


class Plays:
    """Plays of one task, timed."""

    def __init__(self, folder: Path, bin: Path, env: t.Mapping[str, str]) -> None:
        self._folder = folder
        self._bin = bin
        self._env = env
        (folder / "library").mkdir(exist_ok=True)
        (folder / "library" / "empty.py").write_text(EMPTY_MODULE, encoding="utf-8")

    def seconds(self, play: t.Mapping[str, t.Any], *arguments: str, changed: int = 0) -> float:
        """The wall time of a play.

        Raises:
            Failure: it failed, or changed another number of tasks.
        """
        path = self._folder / "doors.yml"
        path.write_text(json.dumps([{"gather_facts": False, **play}]), encoding="utf-8")
        started = time.monotonic()
        finished = subprocess.run(
            [self._bin / "ansible-playbook", path, *arguments], env=dict(self._env), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - started
        recap = finished.stdout.partition("PLAY RECAP")[2]
        if finished.returncode or set(re.findall(r"changed=(\d+)", recap) or ["0"]) != {str(changed)}:
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
    bin = programs("bench")
    make_tree()
    folder = CACHE / "bench"
    process, about = start(folder, bin, "--life", "3600", "--latency", LATENCY)
    found: Found = {"alone": {}, "further item": {}, f"{HOSTS} hosts x {TASKS}": {}, SLOW_LOOP: {}}
    with ExitStack() as stack:
        stack.callback(end_group, process)
        hcloud, peers = stack.enter_context(bench_hcloud.serving(1, float(LATENCY) / 1000)), bench_hcloud.collections(bin)
        env = {
            **environment(bin),
            **variables(folder, about),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, filter(None, (TREE, peers)))),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "PYTHONDONTWRITEBYTECODE": "",
            "HCLOUD_ENDPOINT": hcloud.url,
            "HCLOUD_TOKEN": "token",
        }
        made = ask(f"{about['control']}/providers/civo/instances", {"count": 1, "fields": {"name": "standing", "region": "LON1"}})
        compared = subjects(made["ids"][0])
        if peers:
            compared[HCLOUD] = {"hetzner.hcloud.server": {"id": bench_hcloud.FIRST}}
        plays = Plays(folder, bin, env)
        plays.alone(compared["fast door"])  # from here on the compiled code is there
        for _round in range(ROUNDS):
            for slow in (False, True):
                latency = SLOW if slow else float(LATENCY)
                ask(f"{about['control']}/latency", {"latency": latency})
                hcloud.latency = latency / 1000
                measure(plays, compared, found, slow=slow)
    if not peers:
        print(f"hetzner.hcloud is LEFT OUT: pip could not fetch {WHEEL}")
    show(found)
    show_goals(list(goals({play: {name: statistics.median(runs) for name, runs in costs.items()} for play, costs in found.items()})))


def measure(plays: Plays, compared: t.Mapping[str, Task], found: Found, *, slow: bool) -> None:
    """One round; where requests are slow, only what one further item costs, of those that send any."""
    alone, further, hosts, slowly = found.values()
    for name, task in compared.items():
        items = FURTHER["fast" if name in ("debug", "fast door") else "module"]
        if slow:
            if name in ("fast door", HCLOUD):
                slowly.setdefault(name, []).append(plays.further(task, items))
            continue
        alone.setdefault(name, []).append(plays.alone(task))
        further.setdefault(name, []).append(plays.further(task, items))
        if name not in ("empty module", HCLOUD):
            hosts.setdefault(name, []).append(plays.hosts(task))


def goals(found: t.Mapping[str, t.Mapping[str, float]]) -> t.Iterator[Goal]:
    """What is asked of both doors; given medians in seconds."""
    alone, further, hosts, slowly = found.values()
    if HCLOUD in further:
        yield Goal("further no-op item / hetzner.hcloud's", further["fast door"] / further[HCLOUD], 0.03, "times", "0.03")
    yield Goal("further no-op item / debug's", further["fast door"] / further["debug"], 3, "times", "3")
    yield Goal(f"further no-op item at {SLOW} ms latency", slowly["fast door"] * 1000, SLOW + 10, "ms", "latency + 10 ms")
    yield Goal(f"{HOSTS} hosts x {TASKS} / through the module door", hosts["fast door"] / hosts["module door"], 0.1, "times", "0.1")
    yield Goal("no-op alone / debug's playbook", alone["fast door"] / alone["debug"], 1.25, "times", "1.25")
    yield Goal("module door's further item / empty module's", further["module door"] / further["empty module"], 1.5, "times", "1.5")


def show(found: t.Mapping[str, t.Mapping[str, t.Sequence[float]]]) -> None:
    """The table; a ratio is the median of the rounds' ratios."""
    print(f"{ROUNDS} rounds, {LATENCY} ms a request; medians\n")
    print(f"{'play':<22}{'subject':<16}{'ms':>9}{'x debug':>10}{'x module':>10}{'x hcloud':>10}")
    for play, costs in found.items():
        for name, runs in costs.items():
            compared = "".join(ratio(runs, costs.get(other)) for other in ("debug", "module door", HCLOUD))
            print(f"{play:<22}{name:<16}{statistics.median(runs) * 1000:>9.1f}{compared}")


def ratio(mine: t.Sequence[float], theirs: t.Sequence[float] | None) -> str:
    """How much longer it takes, for a column."""
    if theirs is None:
        return f"{'-':>10}"
    return f"{statistics.median(one / two for one, two in zip(mine, theirs, strict=True)):>10.3f}"
