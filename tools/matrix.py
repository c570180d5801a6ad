# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tests on each ansible-core that the collection supports and whose Python is here, with a line of counts for each; what is skipped is said aloud."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from environments import programs, requirements
from interpreters import find, identity
from testing import SUITES, WORKERS, Tally, headline, run_pytest, run_sanity
from workshop import ROOT, Failure

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


def run_matrix(words: t.Sequence[str]) -> Tally:
    """The unit and integration tests on each core.

    C(words) narrow it: cores ("2.17"), suites ("units", "integration"), and paths of tests.

    Raises:
        Failure: a word is none of these.
    """
    selection = Selection.of(words)

    def run_suites(core: str, bin: Path) -> Tally:
        return sum((run_pytest(f"{suite}-{core}", bin, tests, workers=WORKERS[suite]) for suite, tests in selection.tests.items()), Tally())

    return _on_each_core(selection.cores, run_suites)


def run_matrix_sanity(words: t.Sequence[str], modules: t.Sequence[str]) -> Tally:
    """The sanity tests of each core's own ansible-test, or of those named in C(words); the files of the modules are C(modules).

    Raises:
        Failure: a word is no core.
    """
    unknown = set(words) - set(PYTHONS)
    if unknown:
        raise Failure(f"matrix-sanity: {', '.join(sorted(unknown))} in ONLY is none of {', '.join(PYTHONS)}")
    cores = [core for core in PYTHONS if core in words] or list(PYTHONS)
    return _on_each_core(cores, lambda core, bin: run_sanity(f"ansible-test sanity of ansible-core {core}", bin, modules))


def _on_each_core(cores: t.Sequence[str], tests: t.Callable[[str, Path], Tally]) -> Tally:
    """Run C(tests) with each core and the folder of its programs; one that cannot be installed has failed."""
    lines: list[str] = []
    total = Tally()
    for core in cores:
        python = next((python for version in PYTHONS[core] if (python := find(version))), None)
        if python is None:
            lines.append(f"ansible-core {core}: SKIPPED, it needs Python {' or '.join(PYTHONS[core])}, and none is on the path or with pyenv")
            headline(lines[-1])
            total.skipped += 1
            continue
        version = re.search(r"^ansible-core==(\S+)", requirements(f"matrix-{core}"), re.MULTILINE)
        name = f"ansible-core {version[1] if version else core} on Python {identity(python).split()[0]}"
        headline(f"{name}, {python}")
        started = time.monotonic()
        try:
            tally = tests(core, programs(f"matrix-{core}", python))
        except Failure as failure:
            print(failure, flush=True)
            tally = Tally(failed=1)
        lines.append(f"{name}: {tally} ({time.monotonic() - started:.0f} s)")
        total += tally
    print("\n" + "\n".join(lines), flush=True)
    return total
