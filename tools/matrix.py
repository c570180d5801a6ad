# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the unit and integration tests on each ansible-core that the collection supports and ends with a line of counts for each.

C(ONLY) in the environment narrows it by words: cores ("2.17"), suites ("units", "integration"), and paths of tests.
"""

from __future__ import annotations

import os
import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from check import SUITES, WORKERS, Tally, run_pytest
from environments import programs, requirements
from interpreters import find, identity
from tree import make_tree
from workshop import ROOT, Failure, main

# The Pythons that each core accepts as controller, the first to be found is taken: their order sees to it that all of them get their turn.
PYTHONS = {
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.13", "3.12", "3.11"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.14", "3.13", "3.12"),
}


@dataclass(frozen=True)
class Selection:
    """What to run: cores, and the tests of each suite."""

    cores: list[str]
    tests: dict[str, list[str]]

    @classmethod
    def of(cls, words: t.Sequence[str]) -> Selection:
        """What the words of C(ONLY) choose.

        Raises:
            Failure: a word is neither a core nor a suite nor the path of a test.
        """
        paths = {suite: [word for word in words if word.startswith(folder)] for suite, folder in SUITES.items()}
        for word in words:
            test = word.startswith(tuple(SUITES.values())) and (ROOT / word.partition("::")[0]).exists()
            if not (word in PYTHONS or word in SUITES or test):
                raise Failure(f"matrix: {word} in ONLY is none of {', '.join([*PYTHONS, *SUITES])}, and no path of a test")
        suites = [suite for suite in SUITES if suite in words or paths[suite]] or list(SUITES)
        return cls([core for core in PYTHONS if core in words] or list(PYTHONS), {suite: paths[suite] or [SUITES[suite]] for suite in suites})


def run_core(core: str, python: Path, selection: Selection) -> Tally:
    """The chosen tests on one core; one that cannot be installed has failed."""
    try:
        bin = programs(f"matrix-{core}", python)
    except Failure as failure:
        print(failure, flush=True)
        return Tally(failed=1)
    return sum((run_pytest(f"{suite}-{core}", bin, tests, workers=WORKERS[suite]) for suite, tests in selection.tests.items()), Tally())


def run_matrix() -> int:
    """Run everything that was asked for; the last lines count."""
    selection = Selection.of(os.environ.get("ONLY", "").split())
    make_tree()
    lines: list[str] = []
    total = Tally()
    for core in selection.cores:
        python = next((python for version in PYTHONS[core] if (python := find(version))), None)
        if python is None:
            lines.append(f"ansible-core {core}: SKIPPED, it needs Python {' or '.join(PYTHONS[core])}, and none is on the path or with pyenv")
            print(f"\n===== {lines[-1]}", flush=True)
            continue
        version = re.search(r"^ansible-core==(\S+)", requirements(f"matrix-{core}"), re.MULTILINE)
        name = f"ansible-core {version[1] if version else core} on Python {identity(python).split()[0]}"
        print(f"\n===== {name}, {python}", flush=True)
        started = time.monotonic()
        tally = run_core(core, python, selection)
        lines.append(f"{name}: {tally} ({time.monotonic() - started:.0f} s)")
        total += tally
    print("\n" + "\n".join(lines), flush=True)
    if not total.passed + total.failed:
        raise Failure("matrix: nothing was tested")
    print(f"\n{total}", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    main(run_matrix)
