# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running C(vps_fleet) in-process against the simulator: its threads share a clock that runs faster than the real one."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec, _runner
from ansible_collections.polyhost.cloud.plugins.module_utils._actions.fleet import VPS_FLEET
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Call, Client
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import Killed

SPEED = 40.0  # simulated seconds in a real one
TICK = 0.002  # real seconds


class FastClock(Clock):
    """Time that passes for all threads alike, in the simulator as well."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._start = simulator.clock.now()

    def now(self) -> float:
        """Monotonic seconds."""
        return self._simulator.clock.now() - self._start

    def epoch(self) -> float:
        """Seconds since 1970, as the simulator sees them."""
        return self._simulator.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait until the time has passed."""
        end = self.now() + seconds
        while self.now() < end:
            time.sleep(TICK)


@contextlib.contextmanager
def running_time(simulator: Simulator) -> t.Iterator[None]:
    """Let the simulator's virtual time run fast."""
    done = threading.Event()

    def run() -> None:
        last = time.monotonic()
        while not done.wait(TICK):
            now = time.monotonic()
            simulator.clock.advance((now - last) * SPEED)
            last = now

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class Fleets:
    """A controller that runs fleets.

    C(lines) are what a person saw.
    """

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.simulator = controller.simulator
        self.lines: list[str] = []

    def run(self, *entries: t.Mapping[str, t.Any], check: bool = False, environ: t.Mapping[str, str] | None = None, **options: t.Any) -> _runner.Reply:
        """Run a task with these entries; there is no rate limit unless told otherwise."""
        options = {"rate_limit": 0.0, "ledger": self.controller.ledger, "instances": [_filled(entry) for entry in entries], **options}
        if options.get("defaults"):
            options["defaults"] = _filled(options["defaults"])
        unknown = set(options) - set(_argspec.FLEET)
        if unknown:
            raise ValueError(f"no such options: {sorted(unknown)}")
        values = {name: options.get(name, about.get("default")) for name, about in _argspec.FLEET.items()}
        clock = FastClock(self.simulator)
        task = _runner.Task(values, {**self.controller.environ, **(environ or {})}, check, True, 3, clock, progress=self.lines.append)
        return _runner.run(VPS_FLEET.action, task, writes=True)

    def made(self, provider: str, name: str, **options: t.Any) -> _runner.Reply:
        """Run a task that wants servers of that name, or range of names."""
        return self.run({"name": name}, provider=provider, defaults=CREATE[provider], **options)

    def servers(self, provider: str) -> list[dict[str, t.Any]]:
        """The servers that exist at the provider."""
        return self.controller.servers(provider)

    def orders(self, provider: str) -> int:
        """How many servers the provider ever made and billed."""
        return int(self.simulator[provider].state["money"]["orders"])


@contextlib.contextmanager
def dying(moment: int) -> t.Iterator[list[str]]:
    """Kill the process, all its threads at once, at the moment of that number, counted from 1: before and after each request and ledger write.

    Yields:
        The names of the moments that passed.
    """
    passed: list[str] = []
    lock = threading.Lock()

    def tick(name: str) -> None:
        with lock:
            passed.append(name)
            if len(passed) >= moment:
                raise Killed(name)

    store, exchange = Ledger._store, Client._exchange

    def storing(ledger: Ledger, content: t.Any) -> None:
        tick("before a write of the ledger")
        store(ledger, content)
        tick("after a write of the ledger")

    def exchanging(client: Client, call: Call, url: str, arguments: dict[str, t.Any]) -> t.Any:
        tick(f"before {call.id}")
        response = exchange(client, call, url, arguments)
        tick(f"after {call.id}")
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "_store", storing)
        patch.setattr(Client, "_exchange", exchanging)
        yield passed


def _filled(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An entry as argument validation leaves it."""
    spec = _argspec.FLEET["instances"]["options"]
    unknown = set(entry) - set(spec)
    if unknown:
        raise ValueError(f"no such options: {sorted(unknown)}")
    return {option: entry.get(option) for option in spec}
