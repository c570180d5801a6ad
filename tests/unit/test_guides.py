# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guides say of the code: the files and tests that they name exist, and calls cost what they say."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Driver
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS, Controller

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "docsite" / "rst"
REGION, ACCOUNT = "all 10 servers of one region", "all 10 servers of the account"
HOW_TO = (PAGES / "provider.rst").read_text(encoding="utf-8")

# What the pages order beside what every server needs.
ORDERED: t.Mapping[str, dict[str, t.Any]] = {
    "hostwinds": {"firewalls": ["web"]},
    "civo": {"tags": {"role": "web", "public": ""}},
    "gcore": {"region": "Luxembourg-2", "firewalls": ["web", "ssh"], "tags": {"role": "web"}},
    "hosterapi": {},
}


def literals(text: str) -> list[str]:
    """What stands between two backticks each."""
    return re.findall(r"``([^`]+)``", text)


def test_the_files_that_the_guide_names_exist() -> None:
    named = [name.rstrip("/") for name in literals(HOW_TO) if re.match(r"(changelogs|plugins|tests)/", name)]
    assert len(named) > 20
    for name in named:
        assert list(ROOT.glob(name.replace("NAME", "[a-z]*"))), name


def test_the_tests_that_the_guide_names_are_in_the_file_before_them() -> None:
    file, found = "", 0
    for name in literals(HOW_TO):
        if name.startswith("tests/") and name.endswith(".py"):
            file = name
        elif name.startswith("test_"):
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), (file, name)
            found += 1
    assert found > 5


def test_the_guide_names_the_verbs_that_every_driver_has() -> None:
    table = HOW_TO.partition("   * - Verbs\n")[2].partition("\n\n")[0]
    verbs = {name for row in re.findall(r"^   \* - (.+)$", table, re.MULTILINE) for name in literals(row)}
    assert verbs == Driver.__abstractmethods__


def test_the_tests_run_at_every_provider() -> None:
    assert set(PROVIDERS) == set(CREATE) == set(ORDER) == set(DRIVERS)


@pytest.mark.parametrize("provider", DRIVERS)
def test_calls_cost_what_the_page_says(provider: str, tmp_path: Path) -> None:
    page = (PAGES / f"{provider}.rst").read_text(encoding="utf-8")
    said = {task: int(calls) for task, calls in re.findall(r"^   \* - (.+)\n     - (\d+)\n", page, re.MULTILINE)}
    with Simulator(virtual_clock=True) as simulator:
        cost = costs(Controller(simulator, tmp_path), provider)
    if REGION not in said:
        assert cost.pop(REGION) == cost[ACCOUNT]
    assert said == cost


def costs(controller: Controller, provider: str) -> dict[str, int]:
    """The calls of each task that a page has a row for."""
    wanted = {**CREATE[provider], **ORDERED[provider]}
    place = {"region": wanted["region"]} if "region" in wanted else {}

    def calls(module: str, **options: t.Any) -> int:
        result = controller.task(module, provider, **options).result
        assert not result.get("failed"), result
        return int(result["api"]["calls"])

    cost = {"create": calls("instance", name="web1", **wanted), "nothing to change, by name": calls("instance", name="web1", **wanted)}
    (server,) = controller.simulator[provider].instances()
    cost["nothing to change, by id"] = calls("instance", id=str(server["id"]), **wanted)
    controller.simulator[provider].seed_instances(9, **{name: CREATE[provider][name] for name in place})
    cost[REGION] = calls("instance_info", **place)
    cost[ACCOUNT] = calls("instance_info")
    cost["delete"] = calls("instance", name="web1", state="absent", **place)
    return cost
