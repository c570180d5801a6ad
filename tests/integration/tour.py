# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tours through what a provider can do: one playbook each, whose tasks are foreseen, run and run again.

Together with the other tests they bring every operation of the tables onto the wire, which C(make operations) proves.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .conftest import Controller

FORESEEN, DONE, AGAIN, REFUSED = "foreseen", "done", "again", "refused"


@dataclass(frozen=True)
class Stop:
    """A task of a tour: its module without C(vps_), its options, its runs, and the name by which later tasks refer to its result."""

    module: str
    options: dict[str, t.Any]
    runs: tuple[str, ...]
    name: str | None = None

    def called(self, name: str) -> Stop:
        """The same with a name for its result."""
        return replace(self, name=name)

    def task(self, run: str, known: t.Mapping[str, str]) -> dict[str, t.Any]:
        """The task in a playbook, in which it knows the results of earlier ones."""
        module = f"polyhost.cloud.vps_{self.module}"
        return {"name": f"{self.module} {run}", module: self.options, "check_mode": run == FORESEEN, "vars": dict(known)}


def write(module: str, **options: t.Any) -> Stop:
    """What check mode foresees, a run does and a second run finds done."""
    return Stop(module, options, (FORESEEN, DONE, AGAIN))


def act(module: str, **options: t.Any) -> Stop:
    """What check mode foresees and every run does."""
    return Stop(module, options, (FORESEEN, DONE))


def go(module: str, **options: t.Any) -> Stop:
    """A read, or a write whose twins other tests have."""
    return Stop(module, options, (DONE,))


def lacking(*modules: str) -> list[Stop]:
    """Modules that the provider lacks."""
    return [Stop(module, dict(_WISHES[module]), (REFUSED,)) for module in modules]


_WISHES: t.Final[t.Mapping[str, t.Mapping[str, t.Any]]] = {
    "address": {"name": "www"},
    "console": {"instance": "web1"},
    "dedicated": {"id": "101", "state": "absent"},
    "interface": {"instance": "web1", "network": "lan"},
    "name_template": {"reseller_id": 1, "state": "absent"},
    "smtp_filter": {"instance": "web1"},
    "software": {"instance": "web1", "name": ["nextcloud"], "password": "S3CRET-root"},
    "ssh_key": {"name": "deploy", "state": "absent"},
    "volume": {"name": "data", "state": "absent"},
}


def walk(controller: Controller, provider: str, stops: t.Sequence[Stop], **place: t.Any) -> list[dict[str, t.Any]]:
    """Go to all stops in one playbook; the result of each, without its twins.

    Args:
        place: connection options of all tasks, such as the region.
    """
    controller.environ["ANSIBLE_PIPELINING"] = "true"
    legs = [(stop, run) for stop in stops for run in stop.runs]
    tasks, known = [], dict[str, str]()
    for number, (stop, leg) in enumerate(legs):
        tasks.append(stop.task(leg, known))
        if stop.name and leg == DONE:
            known[stop.name] = f"{{{{ result_{number} }}}}"
    defaults = {"group/polyhost.cloud.vps": {"provider": provider, "rate_limit": 0, **place}}
    run = controller.tasks(*tasks, arguments=["-v"], module_defaults=defaults)
    assert len(run.results) == len(legs), run.output
    results: list[dict[str, t.Any]] = []
    plan_id = None
    for (stop, leg), result in zip(legs, run.results, strict=True):
        told = (provider, stop.module, stop.options, leg, {key: value for key, value in result.items() if key != "api"})
        if leg == REFUSED:
            assert (result.get("error"), result["api"]["calls"]) == ("UnsupportedError", 0), told
            continue
        assert not result.get("failed"), told
        writes = result["api"]["writes"]
        if leg == FORESEEN:
            assert (result["changed"], writes) == (True, 0), told
            plan_id = result["plan_id"]
        elif leg == AGAIN:
            assert (result["changed"], writes) == (False, 0), told
        else:
            assert stop.runs[0] != FORESEEN or (result["changed"], result["plan_id"]) == (True, plan_id), told
            results.append(result)
    assert controller.simulator[provider].violations == []
    return results
