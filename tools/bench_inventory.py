# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a large inventory costs: C(ansible-inventory --list), wall time, processor time and peak memory.

Subjects, one after the other in each round: a script that prints the variables our inventory comes to, our inventory from the simulator
(rate limit lifted) and from its cache, and hetzner.hcloud from a fake of its API; all but the script with C(compose), C(groups) and
C(keyed_groups). Each result is checked before its time counts. Machines are noisy: compare within one run.

Settings in the environment: BENCH_ROUNDS (3), BENCH_SERVERS (10000), BENCH_LATENCY (50 ms a request).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
import typing as t
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import bench_hcloud
from demo import start, variables
from environments import programs
from peers import WHEEL
from tree import make_tree
from workshop import CACHE, TREE, Failure, end_group, environment

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SERVERS = int(os.environ.get("BENCH_SERVERS", "10000"))
LATENCY = float(os.environ.get("BENCH_LATENCY", "50"))

REGIONS, ENVIRONMENTS, ROLES = ("LON1", "NYC1", "FRA1"), ("prod", "test"), ("web", "db", "cache", "queue")
GROUPS = frozenset({"production", "role_db", "tag_env_test", "tag_role_web"})
CACHED = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_timeout": 0}


@dataclass(frozen=True)
class Subject:
    """An inventory: its file, what counts its requests, and groups that it must have."""

    name: str
    source: Path
    requests: t.Callable[[], int] = int
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds on the wall and of the processor, peak memory in MB, requests."""

    seconds: float
    processor: float
    megabytes: float
    requests: int


def composed(region: str, tags: str) -> dict[str, t.Any]:
    """The same work for every plugin: two variables, a group, three kinds of keyed groups."""
    env, role = f"{tags}.env", f"{tags}.role"
    return {
        "compose": {"my_region": region, "my_role": f"{env} ~ '-' ~ {role}"},
        "groups": {"production": f"{env} == 'prod'"},
        "keyed_groups": [{"key": region, "prefix": "region"}, {"key": role, "prefix": "role"}, {"key": tags, "prefix": "tag"}],
    }


class Bench:
    """Runs of C(ansible-inventory) in one folder."""

    def __init__(self, folder: Path, bin: Path, env: t.Mapping[str, str]) -> None:
        self._folder = folder
        self._bin = bin
        self._env = env

    def listed(self, subject: Subject) -> tuple[Cost, dict[str, t.Any]]:
        """One run: its cost and the listing.

        Raises:
            Failure: it failed, or not all servers are there, or not composed.
        """
        output, errors = self._folder / "output.json", self._folder / "errors.txt"
        before = subject.requests()
        with output.open("wb") as out, errors.open("wb") as err:
            started = time.monotonic()
            process = subprocess.Popen(
                [self._bin / "ansible-inventory", "--inventory", subject.source, "--list"],
                env=dict(self._env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
            _pid, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        text = output.read_text(encoding="utf-8")
        if process.returncode:
            raise Failure(f"{subject.name} failed:\n{errors.read_text(encoding='utf-8')[-3000:]}")
        listing = json.loads(text)
        hosts = listing["_meta"]["hostvars"].values()
        if len(hosts) != SERVERS or not all("my_role" in host for host in hosts) or not subject.groups <= set(listing):
            raise Failure(f"{subject.name} is not complete: {len(hosts)} hosts\n{errors.read_text(encoding='utf-8')[-3000:]}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, subject.requests() - before), listing

    def write(self, name: str, content: t.Mapping[str, t.Any]) -> Path:
        """An inventory file; YAML is a superset of JSON."""
        path = self._folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def script(self, listing: t.Mapping[str, t.Any]) -> Path:
        """A script with the hosts and variables of a listing, all groups aside."""
        variables = listing["_meta"]
        data, script = self.write("static.json", {"all": {"hosts": list(variables["hostvars"])}, "_meta": variables}), self._folder / "static.sh"
        script.write_text(f"#!/bin/sh\ncat '{data}'\n", encoding="utf-8")
        script.chmod(0o755)
        return script


def seed(control: str) -> None:
    """Give the simulated Civo account its servers, tags and regions evenly mixed."""
    kinds = Counter((REGIONS[number % 3], ENVIRONMENTS[number % 2], ROLES[number // 2 % 4]) for number in range(SERVERS))
    for (region, env, role), count in kinds.items():
        fields = {"name": f"{role}-{env}-{region.lower()}", "region": region, "tags": [f"env={env}", f"role={role}"]}
        ask(f"{control}/providers/civo/instances", {"count": count, "fields": fields})


def ask(url: str, body: t.Mapping[str, t.Any] | None = None) -> t.Any:
    """An answer of the control API."""
    with urllib.request.urlopen(url, None if body is None else json.dumps(body).encode()) as answer:
        return json.load(answer)


def run_inventory() -> None:
    """Measure everything in alternating rounds and print medians."""
    bin = programs("bench")
    make_tree()
    folder = CACHE / "bench"
    process, about = start(folder, bin, "--life", "3600", "--latency", str(LATENCY))
    with ExitStack() as stack:
        stack.callback(end_group, process)
        control = about["control"]
        seed(control)
        hcloud, peers = stack.enter_context(bench_hcloud.serving(SERVERS, LATENCY / 1000)), bench_hcloud.collections(bin)
        env = {
            **environment(bin),
            **variables(folder, about),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, filter(None, (TREE, peers)))),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "HCLOUD_ENDPOINT": hcloud.url,
            "HCLOUD_TOKEN": "token",
        }
        bench = Bench(folder, bin, env)

        def calls() -> int:
            return int(ask(f"{control}/providers/civo")["calls"])

        ours = {"plugin": "polyhost.cloud.vps", "provider": "civo", "rate_limit": 0, **composed("vps_region", "vps_tags")}
        fresh = Subject("polyhost.cloud.vps", bench.write("fresh.vps.yml", ours), calls, GROUPS)
        kept = {**ours, **CACHED, "cache_connection": str(folder / "cache")}
        cached = Subject("polyhost.cloud.vps, from its cache", bench.write("cached.vps.yml", kept), calls, GROUPS)
        _cost, listing = bench.listed(cached)  # fills the cache
        static = Subject("a script with the same variables", bench.script(listing))
        subjects = [static, fresh, cached]
        if peers:
            theirs = {"plugin": "hetzner.hcloud.hcloud", **composed("hcloud_location", "hcloud_labels")}
            subjects.append(Subject("hetzner.hcloud.hcloud", bench.write("hcloud.yml", theirs), lambda: hcloud.requests, GROUPS))
        costs: dict[str, list[Cost]] = {subject.name: [] for subject in subjects}
        for _round in range(ROUNDS):
            for subject in subjects:
                costs[subject.name].append(bench.listed(subject)[0])
    if not peers:
        print(f"hetzner.hcloud is LEFT OUT: pip could not fetch {WHEEL}")
    show(costs, costs[static.name], costs.get("hetzner.hcloud.hcloud"))


def show(costs: t.Mapping[str, t.Sequence[Cost]], static: t.Sequence[Cost], hcloud: t.Sequence[Cost] | None) -> None:
    """The table; a ratio is the median of the rounds' ratios."""
    print(f"\n{SERVERS} servers, {LATENCY:g} ms a request, {ROUNDS} rounds; medians\n")
    compared = f"{'x script':>9}{'x hcloud':>9}"
    print(f"{'inventory':<36}{'seconds':>8}{'min-max':>14}{compared}{'cpu s':>8}{compared}{'MB':>7}{compared}{'requests':>9}")
    for name, runs in costs.items():
        seconds = sorted(run.seconds for run in runs)
        line = f"{name:<36}{statistics.median(seconds):>8.1f}{f'{seconds[0]:.1f}-{seconds[-1]:.1f}':>14}"
        line += ratios(lambda run: run.seconds, runs, static, hcloud)
        line += f"{statistics.median(run.processor for run in runs):>8.1f}{ratios(lambda run: run.processor, runs, static, hcloud)}"
        line += f"{statistics.median(run.megabytes for run in runs):>7.0f}{ratios(lambda run: run.megabytes, runs, static, hcloud)}"
        print(f"{line}{statistics.median(run.requests for run in runs):>9.0f}")


def ratios(measure: t.Callable[[Cost], float], mine: t.Sequence[Cost], *others: t.Sequence[Cost] | None) -> str:
    """How one subject compares with others, a column each."""
    middle = (statistics.median(measure(one) / measure(two) for one, two in zip(mine, other, strict=True)) if other else None for other in others)
    return "".join(f"{'-' if value is None else f'{value:.2f}':>9}" for value in middle)
