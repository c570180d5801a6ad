# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tools of the workshop decide: when a check has failed, what a matrix skips, what does not belong in the archive."""

from __future__ import annotations

import collections
import importlib
import io
import sys
import tarfile
import types
import typing as t
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[t.Callable[[str], types.ModuleType]]:
    """Imports one of the tools, which lie beside each other and are no package."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(TOOLS))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(TOOLS)):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("status", "output", "looked_at", "failed"),
    [
        (0, "", 3, 0),
        (0, "", 0, 1),
        (1, "", 3, 1),
        (0, "no issues in 12 files", r"in (\d+) files", 0),
        (0, "no issues in 0 files", r"in (\d+) files", 1),
        (0, "nothing to do", r"in (\d+) files", 1),
    ],
)
def test_a_tool_that_looked_at_nothing_has_failed(tool: t.Callable[[str], types.ModuleType], status: int, output: str, looked_at: t.Any, failed: int) -> None:
    tally = tool("testing").verdict("tool", tool("workshop").Finished(status, output), looked_at)
    assert (tally.passed, tally.failed) == (1 - failed, failed)


def test_a_core_without_its_python_is_skipped_aloud(
    tool: t.Callable[[str], types.ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix = tool("matrix")
    monkeypatch.setattr(matrix, "find", lambda version: None)
    tally = matrix.run_matrix(["2.17", "2.21"])
    assert (tally.passed, tally.failed, tally.skipped) == (0, 0, 2)
    said = capsys.readouterr().out.splitlines()[-2:]
    assert [line.split(",")[0] for line in said] == ["ansible-core 2.17: SKIPPED", "ansible-core 2.21: SKIPPED"]


def test_a_core_that_cannot_be_installed_has_failed(tool: t.Callable[[str], types.ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = tool("matrix")

    def programs(name: str, python: Path) -> Path:
        raise tool("workshop").Failure(name)

    monkeypatch.setattr(matrix, "find", lambda version: Path(sys.executable))
    monkeypatch.setattr(matrix, "programs", programs)
    tally = matrix.run_matrix_sanity(["2.19"], ["plugins/modules/one.py"])
    assert (tally.passed, tally.failed, tally.skipped) == (0, 1, 0)


@pytest.mark.parametrize(("run", "word"), [("run_matrix", "2.16"), ("run_matrix", "tests/unit/none.py"), ("run_matrix_sanity", "units")])
def test_a_word_that_chooses_nothing_is_refused(tool: t.Callable[[str], types.ModuleType], run: str, word: str) -> None:
    arguments = [[word], []] if run == "run_matrix_sanity" else [[word]]
    with pytest.raises(tool("workshop").Failure, match=word):
        getattr(tool("matrix"), run)(*arguments)


@pytest.mark.parametrize("stray", ["tests/unit/test_x.py", "Makefile", "plugins/modules/.hidden", "plugins/modules/__pycache__/x.pyc", ".yamllint"])
def test_the_archive_holds_nothing_but_what_users_need(tool: t.Callable[[str], types.ModuleType], tmp_path: Path, stray: str) -> None:
    good = ["MANIFEST.json", "README.md", "plugins/modules/vps_instance.py", "roles/simulator/tasks/main.yml", ".ansible-lint"]
    dist = tool("dist")
    assert dist._holds_what_users_need(packed(tmp_path / "good.tar.gz", good)) == "5 files"
    with pytest.raises(tool("workshop").Failure, match=stray):
        dist._holds_what_users_need(packed(tmp_path / "stray.tar.gz", [*good, stray]))


def packed(archive: Path, names: t.Sequence[str]) -> Path:
    with tarfile.open(archive, "w:gz") as packing:
        for name in names:
            packing.addfile(tarfile.TarInfo(name), io.BytesIO())
    return archive


def test_the_bench_says_which_goals_of_a_fleet_hold(tool: t.Callable[[str], types.ModuleType]) -> None:
    bench = tool("bench_fleet")

    def cost(seconds: float, **asked: int) -> t.Any:
        return bench.Cost(seconds, collections.Counter({name.replace("_", "."): count for name, count in asked.items()}))

    found = {
        "one create": cost(4.0),
        "50 creates, no requests a second": cost(5.3, instances_create=50, instances_list=900),
        "50 creates, 10 requests a second": cost(9.9, instances_create=50, instances_get=51),
        "an empty play": cost(0.7),
        "1000 at civo": cost(2.6, instances_list=10, firewalls_list=1),
        "1000 at hosterapi": cost(2.8, server_status=1000, server_config=1000),
    }
    held = [(goal.what, goal.unit, goal.holds) for goal in bench.goals(found)]
    assert held == [
        ("50 creates, no requests a second", "seconds", False),
        ("50 creates, no requests a second", "requests", True),
        ("50 creates, 10 requests a second", "seconds", True),
        ("50 creates, 10 requests a second", "requests", False),
        ("1000 at civo, beyond an empty play", "seconds", True),
        ("1000 at civo", "requests", True),
        ("1000 at hosterapi, beyond an empty play", "seconds", False),
        ("1000 at hosterapi", "requests", True),
    ]
