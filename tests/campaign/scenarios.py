# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign plays: every scenario of the matrices, and what every provider can do with a server."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.polyhost.cloud.tests.unit import declared, faults, scenarios
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

REBUILT = ("hostwinds", "hosterapi")  # where the same server can be installed anew


def _ordered(options: Options, _stage: Stage) -> Options:
    return {"name": "web1", **options}


def _ordered_with_ledger(options: Options, stage: Stage) -> Options:
    """No read shows a password: only the ledger tells that a killed run has not set it yet."""
    return {"name": "web1", "ledger": stage.controller.ledger, **options}


def _changed(options: Options, stage: Stage) -> Options:
    made = stage.made("instance", name="web1", **CREATE[stage.provider])
    values = {"name" if name == "rename" else name: value for name, value in options.items()}
    return {"id": made["id"], **faults.CONSENT, "stop_mode": "graceful", **values}


def _named(options: Options, stage: Stage) -> Options:
    stage.made("instance", name="web1", **CREATE[stage.provider])
    return {"name": "web1", **options}


def _servers() -> t.Iterator[Scenario]:
    """What is sent is seen in the run that nothing disturbs, so it need not be listed here."""
    for provider in PROVIDERS:
        order = (ORDER[provider],)
        yield Scenario(provider, "instance", "create", functools.partial(_ordered, CREATE[provider]), order, costs=True)
        everything = {**CREATE[provider], **faults.EVERYTHING[provider], **faults.CONSENT}
        yield Scenario(provider, "instance", "create with everything", functools.partial(_ordered_with_ledger, everything), order, costs=True)
        for options, write, _holds in faults.CHANGES[provider]:
            costs = bool({"size", "cpu", "disk_gb"} & set(options))
            yield Scenario(provider, "instance", f"change {' '.join(options)}", functools.partial(_changed, options), (write,), costs=costs)
        yield Scenario(provider, "instance", "delete", functools.partial(_named, {"state": "absent"}), ())
        yield Scenario(provider, "instance", "restart", functools.partial(_named, {"state": "restarted"}), (), always=True)
        if provider in REBUILT:
            rebuilt = {"state": "rebuilt", "allow": ["rebuild"]}
            yield Scenario(provider, "instance", "rebuild", functools.partial(_named, rebuilt), (), always=True)
        else:
            other = {**CREATE[provider], "image": faults.OPTIONS[provider]["image"], "allow": ["replace", "cost"]}
            yield Scenario(provider, "instance", "replace", functools.partial(_named, other), (), costs=True)


SCENARIOS: t.Final[t.Mapping[str, Scenario]] = {
    scenario.id: scenario for scenario in (*_servers(), *scenarios.SCENARIOS.values(), *declared.SCENARIOS.values())
}
