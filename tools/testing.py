# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts a check's outcomes, and how pytest and ansible-test are run over the copy of the collection.

A tool that finds nothing to do has failed: each check proves that it looked at something.
"""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from environments import programs
from workshop import CACHE, COLLECTION, HOME, TREE, Finished, environment, run

REPORTS = CACHE / "reports"
SUITES = {"units": "tests/unit", "integration": "tests/integration"}  # where the tests of each lie
WORKERS = {"units": 2, "integration": 4, "docs": 2, "awx": 2}  # made for two cores; integration tests wait half of their time

# ansible-test makes environments without pip and wants to download its bootstrap file; the interpreter brings one along.
PIP_BOOTSTRAP = """import subprocess, sys
args = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet"] + args)
"""
PIPS_OF_ANSIBLE_TEST = ("23_1_2", "24_2", "25_2")  # as ansible-core 2.17, 2.18 and 2.19, 2.20 and 2.21 name it

# ansible-test says "-v" which files a test looked at, and much else.
SANITY_CHATTER = r"(Run|Stream|Execute) command|Collecting |  |Installing |Successfully |Using cached|Created Python|Initializing|Checking \d+ file"

# With these, "No tests applicable." means that the copy is not seen, not that there is nothing to test.
SANITY_THAT_MATTERS = frozenset(
    "ansible-doc changelog compile import line-endings no-smart-quotes pep8 pylint runtime-metadata shebang shellcheck validate-modules yamllint".split()
)


@dataclass
class Tally:
    """How many checks passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def headline(name: str) -> None:
    """Say what comes next."""
    print(f"\n===== {name}", flush=True)


def verdict(name: str, finished: Finished, looked_at: str | int) -> Tally:
    """One check passed if its tool is content and looked at something at all: a number of files, or a pattern that finds it in the output."""
    if isinstance(looked_at, str):
        found = re.search(looked_at, finished.output)
        looked_at = int(found[1]) if found else 0
    if finished.status == 0 and looked_at:
        print(f"{name}: content with {looked_at} files", flush=True)
        return Tally(passed=1)
    print(f"{name}: FAILED, status {finished.status}, looked at {looked_at} files", flush=True)
    return Tally(failed=1)


def run_pytest(name: str, bin: Path, which: t.Sequence[str], *, workers: int, **more: str) -> Tally:
    """The tests in the files or folders C(which), in the environment whose programs lie in C(bin), by so many processes; C(more) is added to it."""
    headline(name)
    report = REPORTS / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    temporary = CACHE / "tmp" / name
    temporary.parent.mkdir(exist_ok=True)
    command: list[str | Path] = [bin / "python", "-m", "pytest", "-q", "-n", str(workers), "--basetemp", temporary, f"--junitxml={report}", *which]
    finished = run(command, cwd=COLLECTION, env={**environment(bin), "PYTHONPATH": str(TREE), **more}, timeout=3600)
    tally = _read_report(report) if report.exists() else Tally()
    if finished.status and not tally.failed:
        print(f"{name}: pytest ended with status {finished.status} and counted no failure", flush=True)
        tally.failed += 1
    if not tally.passed:
        print(f"{name}: no test passed in {' '.join(which)}", flush=True)
        tally.failed += not tally.failed
    return tally


def run_sanity(name: str, bin: Path, modules: t.Sequence[str]) -> Tally:
    """The sanity tests of the ansible-test in C(bin), each counted as one check; those of modules must have looked at C(modules)."""
    for pip in PIPS_OF_ANSIBLE_TEST:
        bootstrap = HOME / ".ansible" / "test" / "cache" / f"get_pip_{pip}.py"
        bootstrap.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.write_text(PIP_BOOTSTRAP, encoding="utf-8")
    reports = COLLECTION / "tests" / "output" / "junit"
    for report in reports.glob("ansible-test-sanity-*.xml"):
        report.unlink()

    headline(name)
    env = environment(bin, programs("tools"))  # of the tools it takes shellcheck
    version = run([bin / "python", "-c", "import sys; print(*sys.version_info[:2], sep='.')"], env=env, quiet=True).output.strip()
    # Not the script itself: that of ansible-core 2.17 cannot be started in a path with a space.
    command: list[str | Path] = [
        bin / "python",
        bin / "ansible-test",
        "sanity",
        "--local",
        "--python",
        version,
        "--junit",
        "--color",
        "no",
        "--truncate",
        "0",
        "-v",
    ]
    finished = run(command, cwd=COLLECTION, env=env, timeout=1500, hide=SANITY_CHATTER)

    outcomes = {path.stem.removeprefix("ansible-test-sanity-").split("-python-")[0]: _read_report(path) for path in reports.glob("ansible-test-sanity-*.xml")}
    for test in sorted(SANITY_THAT_MATTERS):
        if test not in outcomes or outcomes[test].skipped:
            print(f"sanity test {test}: FAILED, it did not run", flush=True)
            outcomes[test] = Tally(failed=1)
    tally = sum(outcomes.values(), Tally())
    looked_at = {path for line in finished.output.splitlines() if "validate.py" in line for path in modules if path in line.split()}
    if not modules or looked_at != set(modules):
        print(f"validate-modules: FAILED, it looked at {len(looked_at)} of {len(modules)} modules", flush=True)
        tally.failed += 1
    if finished.status and not tally.failed:
        print(f"{name}: FAILED, status {finished.status}", flush=True)
        tally.failed += 1
    return tally


def _read_report(path: Path) -> Tally:
    """The counts of a JUnit report: pytest's, or that of one sanity test."""
    root = ET.parse(path).getroot()
    tally = Tally()
    for case in root.iter("testcase"):
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            tally.failed += 1
        elif "skipped" in outcomes:
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally
