# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one C(vps_fleet) task costs: 50 servers that are built, beside one C(vps_instance) task for one, and 1,000 that are as they should be.

Seconds are those of whole plays. Rounds alternate between the subjects; medians are compared with the goals. Machines are noisy.

Settings in the environment: BENCH_ROUNDS (3).
"""

from __future__ import annotations

import statistics
import typing as t
from collections import Counter
from dataclasses import dataclass

from bench_doors import Plays
from bench_goals import Goal, show_goals
from bench_inventory import ask
from bench_tasks import ROUNDS, SERVERS, Task
from demo import start, variables
from environments import programs
from tree import make_tree
from workshop import CACHE, end_group, environment

BUILD = 3  # seconds
CREATES, STANDING = 50, 1000
RATE_LIMIT = 10  # requests a second, what Civo has without an option
PAGE = 100  # servers, the most that Civo's list gives at once
LIST = "instances.list"


@dataclass(frozen=True)
class Cost:
    """What a play took: seconds, and how often which operation was asked for."""

    seconds: float
    asked: Counter[str]

    @property
    def requests(self) -> int:
        """In all."""
        return self.asked.total()


class Fleets:
    """Plays of one task, with what the simulator saw of them."""

    def __init__(self, plays: Plays, control: str) -> None:
        self._plays = plays
        self._control = control

    def cost(self, *tasks: Task, provider: str = "civo", changed: int = 0) -> Cost:
        """The cost of a play that changes so many tasks."""
        before = ask(f"{self._control}/log?provider={provider}")["entries"]
        play = {"hosts": "localhost", "connection": "local", "tasks": list(tasks)}
        seconds = self._plays.seconds(play, changed=changed)
        since = before[-1]["seq"] if before else 0
        entries = ask(f"{self._control}/log?provider={provider}&since={since}")["entries"]
        return Cost(seconds, Counter(entry["operation"] for entry in entries))


def creating(round: int, rate_limit: float) -> Task:
    """A task that makes 50 servers."""
    entries = [{"name": f"web-{round}-{rate_limit}-[01:{CREATES}]"}]
    return {"polyhost.cloud.vps_fleet": {"provider": "civo", "rate_limit": rate_limit, "defaults": SERVERS["civo"], "instances": entries}}


def run_fleet() -> None:
    """Measure everything in alternating rounds and print medians beside their goals."""
    bin = programs("core")
    make_tree()
    folder = CACHE / "bench"
    process, about = start(folder, bin, "--life", "3600", "--latency", "0")
    try:
        env = {**environment(bin), **variables(folder, about), "ANSIBLE_LOCALHOST_WARNING": "false", "PYTHONDONTWRITEBYTECODE": ""}
        fleets = Fleets(Plays(folder, bin, env), about["control"])
        found = {**built(fleets, about["control"]), **unchanged(fleets, about["control"])}
    finally:
        end_group(process)
    print(f"{ROUNDS} rounds; medians\n\n{'play':<36}{'seconds':>8}{'requests':>10}  of them")
    for name, costs in found.items():
        middle = middling(costs)
        told = ", ".join(f"{count} {operation}" for operation, count in middle.asked.most_common())
        print(f"{name:<36}{middle.seconds:>8.2f}{middle.requests:>10}  {told}")
    show_goals(list(goals({name: middling(costs) for name, costs in found.items()})))


def built(fleets: Fleets, control: str) -> dict[str, list[Cost]]:
    """One server, and 50 at once, without a rate limit and with Civo's."""
    found: dict[str, list[Cost]] = {}
    for number in range(ROUNDS):
        ask(f"{control}/reset", {})
        ask(f"{control}/settings", {"provider": "civo", "seconds": BUILD})
        one = {"polyhost.cloud.vps_instance": {"provider": "civo", "rate_limit": 0, "name": f"one-{number}", **SERVERS["civo"]}}
        found.setdefault("one create", []).append(fleets.cost(one, changed=1))
        for rate_limit in (0, RATE_LIMIT):
            cost = fleets.cost(creating(number, rate_limit), changed=1)
            found.setdefault(f"{CREATES} creates, {rate_limit or 'no'} requests a second", []).append(cost)
    return found


def unchanged(fleets: Fleets, control: str) -> dict[str, list[Cost]]:
    """1,000 servers that stand already, beside a play with nothing in it."""
    ask(f"{control}/reset", {})
    ask(f"{control}/providers/civo/instances", {"count": STANDING, "fields": {"region": "LON1"}})
    machines = ask(f"{control}/providers/hosterapi/instances", {"count": STANDING})["ids"]
    common = {"rate_limit": 0, "on_drift": "ignore"}
    named = {**common, "provider": "civo", "defaults": SERVERS["civo"], "instances": [{"name": f"server-[1:{STANDING}]"}]}
    by_id = {**common, "provider": "hosterapi", "instances": [{"id": machine} for machine in machines]}
    found: dict[str, list[Cost]] = {}
    for _round in range(ROUNDS):
        found.setdefault("an empty play", []).append(fleets.cost())
        found.setdefault(f"{STANDING} at civo", []).append(fleets.cost({"polyhost.cloud.vps_fleet": named}))
        found.setdefault(f"{STANDING} at hosterapi", []).append(fleets.cost({"polyhost.cloud.vps_fleet": by_id}, provider="hosterapi"))
    return found


def middling(costs: t.Sequence[Cost]) -> Cost:
    """The round whose time is the median."""
    middle = statistics.median_high(cost.seconds for cost in costs)
    return next(cost for cost in costs if cost.seconds == middle)


def goals(found: t.Mapping[str, Cost]) -> t.Iterator[Goal]:
    """What is asked of a fleet."""
    one, empty = found["one create"], found["an empty play"]
    for rate_limit in (0, RATE_LIMIT):
        name = f"{CREATES} creates, {rate_limit or 'no'} requests a second"
        cost = found[name]
        most = max(1.3 * one.seconds, cost.requests / rate_limit if rate_limit else 0)
        yield Goal(name, cost.seconds, most, "seconds", "the larger of 1.3 x one create and requests / rate limit")
        yield Goal(name, cost.requests - cost.asked[LIST], 2 * CREATES, "requests", f"{CREATES} + {CREATES}, pages of the list aside")
    pages = STANDING // PAGE
    limits = {"civo": (pages + 1, f"{pages} pages of servers, 1 of firewalls"), "hosterapi": (1 + 2 * STANDING, "1 + 2 for each")}
    for provider, (requests, reason) in limits.items():
        cost = found[f"{STANDING} at {provider}"]
        yield Goal(f"{STANDING} at {provider}, beyond an empty play", cost.seconds - empty.seconds, 2, "seconds", "2 s")
        yield Goal(f"{STANDING} at {provider}", cost.requests, requests, "requests", reason)
