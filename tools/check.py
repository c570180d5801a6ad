# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the checks named on the command line over a fresh copy of the collection and ends with one line of counts.

A tool that finds nothing to do has failed: each check here proves that it looked at something.
"""

from __future__ import annotations

import concurrent.futures
import fnmatch
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from environments import programs
from java import HOW_TO_GET_IT, java_home
from postgresql import surroundings
from tree import make_tree
from workshop import CACHE, COLLECTION, HOME, TREE, Failure, Finished, environment, main, run

REPORTS = CACHE / "reports"
SUITES = {"units": "tests/unit", "integration": "tests/integration"}  # where the tests of each lie
WORKERS = {"units": 2, "integration": 4}  # made for two cores; integration tests wait half of their time
BESIDE = ("sanity",)  # what runs while the checks before it do

# ansible-test makes environments without pip and wants to download its bootstrap file; the interpreter brings one along.
PIP_BOOTSTRAP = """import subprocess, sys
args = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet"] + args)
"""
PIP_OF_ANSIBLE_TEST = "24_2"  # as ansible-core 2.18 and 2.19 name it

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


class Checks:
    """The checks over one copy of the collection."""

    def __init__(self, files: list[Path], only: list[str]) -> None:
        """C(only) names tests to run instead of all tests of a folder."""
        self._files = [path.as_posix() for path in files]
        self._only = only

    def lint(self) -> Tally:
        """The linters, each counted as one check."""
        bin = programs("tools")
        env = environment(bin)
        cache = CACHE / "lint"

        def tool(name: str, command: t.Sequence[str | Path], looked_at: str | int, **more: str) -> Tally:
            """Run one linter; C(looked_at) is the number of files it was given, or a pattern that finds it in the output."""
            _headline(name)
            finished = run(command, cwd=COLLECTION, env={**env, **more}, timeout=600)
            return _verdict(name, finished, looked_at)

        python = self._matching("*.py")
        yaml = self._matching("*.yml", "*.yaml", ".yamllint", ".ansible-lint")
        shell = self._matching("*.sh", ".ci/run")
        return sum(
            [
                tool("ruff", [bin / "ruff", "check", "--no-cache", *python], len(python)),
                tool(
                    "mypy plugins",
                    [bin / "mypy", "--cache-dir", cache / "mypy", "-p", "ansible_collections.polyhost.cloud.plugins"],
                    r"in (\d+) source files",
                    MYPYPATH=str(TREE),
                ),
                tool(
                    "mypy tools",
                    [bin / "mypy", "--cache-dir", cache / "mypy-tools", "--follow-imports", "silent", "tools"],
                    r"in (\d+) source files",
                    MYPYPATH="tools",
                ),
                tool(
                    "mypy event source",
                    [bin / "mypy", "--cache-dir", cache / "mypy-extensions", *self._matching("extensions/*.py")],
                    r"in (\d+) source file",
                ),
                tool("yamllint", [bin / "yamllint", "--strict", *yaml], len(yaml)),
                tool("ansible-lint", [bin / "ansible-lint", "--offline", "--nocolor"], r"in (\d+) files processed"),
                tool("shellcheck", [bin / "shellcheck", *shell], len(shell)),
                tool("antsibull-changelog", [bin / "antsibull-changelog", "lint"], len(self._matching("changelogs/*"))),
            ],
            Tally(),
        )

    def units(self) -> Tally:
        """The unit tests."""
        return run_pytest("units", programs("test"), self._only or [SUITES["units"]], workers=WORKERS["units"])

    def integration(self) -> Tally:
        """The tests that run ansible-playbook against the simulator; what it was asked is kept for the next check."""
        seen = REPORTS / "operations-seen.jsonl"
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.unlink(missing_ok=True)
        which = self._only or [SUITES["integration"]]
        return run_pytest("integration", programs("test"), which, workers=WORKERS["integration"], OPERATIONS_SEEN=str(seen), **surroundings())

    def doors(self) -> Tally:
        """The integration tests through each of the two doors, and whether their results are the same."""
        tally, records = Tally(), {door: REPORTS / f"doors-{door}" for door in ("fast", "module")}
        for door, folder in records.items():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            which = self._only or [SUITES["integration"]]
            tally += run_pytest(f"doors-{door}", programs("test"), which, workers=WORKERS["integration"], DOOR=door, RECORDS=str(folder), **surroundings())
        _headline("doors compared")
        command: list[str | Path] = [programs("test") / "python", "-m", "ansible_collections.polyhost.cloud.tests.integration.parity", *records.values()]
        finished = run(command, cwd=COLLECTION, env={**environment(programs("test")), "PYTHONPATH": str(TREE)}, timeout=60)
        return tally + _verdict("doors compared", finished, r"(\d+) results of")

    def operations(self) -> Tally:
        """Whether the integration tests have shown every operation of the providers' tables on the wire, and none besides."""
        _headline("operations")
        command: list[str | Path] = [programs("test") / "python", "tools/operations.py", REPORTS / "operations-seen.jsonl"]
        finished = run(command, cwd=COLLECTION, env={**environment(programs("test")), "PYTHONPATH": str(TREE)}, timeout=60)
        return _verdict("operations", finished, r"(\d+) operations were seen")

    def eda(self) -> Tally:
        """The event source under ansible-rulebook, against the simulator."""
        java = java_home()
        if java is None:
            _headline("eda")
            print(f"eda: SKIPPED. {HOW_TO_GET_IT}", flush=True)
            return Tally(skipped=1)
        bin = programs("eda")
        path = environment(bin, java / "bin")["PATH"]
        return run_pytest("eda", bin, self._only or ["tests/eda"], workers=1, JAVA_HOME=str(java), PATH=path)

    def sanity(self) -> Tally:
        """ansible-test's sanity tests, each counted as one check."""
        bin = programs("test")
        bootstrap = HOME / ".ansible" / "test" / "cache" / f"get_pip_{PIP_OF_ANSIBLE_TEST}.py"
        bootstrap.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.write_text(PIP_BOOTSTRAP, encoding="utf-8")
        reports = COLLECTION / "tests" / "output" / "junit"
        for report in reports.glob("ansible-test-sanity-*.xml"):
            report.unlink()

        _headline("ansible-test sanity")
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        command: list[str | Path] = [bin / "ansible-test", "sanity", "--local", "--python", version, "--junit", "--color", "no", "--truncate", "0", "-v"]
        finished = run(command, cwd=COLLECTION, env=environment(bin, programs("tools")), timeout=1500, hide=SANITY_CHATTER)

        outcomes = {
            path.stem.removeprefix("ansible-test-sanity-").split("-python-")[0]: _read_report(path) for path in reports.glob("ansible-test-sanity-*.xml")
        }
        for name in sorted(SANITY_THAT_MATTERS):
            if name not in outcomes or outcomes[name].skipped:
                print(f"sanity test {name}: FAILED, it did not run", flush=True)
                outcomes[name] = Tally(failed=1)
        tally = sum(outcomes.values(), Tally())
        modules = self._matching("plugins/modules/*.py")
        looked_at = {path for line in finished.output.splitlines() if "validate.py" in line for path in modules if path in line.split()}
        if not modules or looked_at != set(modules):
            print(f"validate-modules: FAILED, it looked at {len(looked_at)} of {len(modules)} modules", flush=True)
            tally.failed += 1
        if finished.status and not tally.failed:
            print(f"ansible-test sanity: FAILED, status {finished.status}", flush=True)
            tally.failed += 1
        return tally

    def _matching(self, *patterns: str) -> list[str]:
        return [path for path in self._files if any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]


def run_pytest(name: str, bin: Path, which: t.Sequence[str], *, workers: int, **more: str) -> Tally:
    """The tests in the files or folders C(which), in the environment whose programs lie in C(bin), by so many processes; C(more) is added to it."""
    _headline(name)
    report = REPORTS / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    temporary = CACHE / "tmp" / name
    temporary.parent.mkdir(exist_ok=True)
    command: list[str | Path] = [bin / "python", "-m", "pytest", "-q", "-n", str(workers), "--basetemp", temporary, f"--junitxml={report}", *which]
    finished = run(command, cwd=COLLECTION, env={**environment(bin), "PYTHONPATH": str(TREE), **more}, timeout=1800)
    tally = _read_report(report) if report.exists() else Tally()
    if finished.status and not tally.failed:
        print(f"{name}: pytest ended with status {finished.status} and counted no failure", flush=True)
        tally.failed += 1
    if not tally.passed:
        print(f"{name}: no test passed in {' '.join(which)}", flush=True)
        tally.failed += not tally.failed
    return tally


def _headline(name: str) -> None:
    print(f"\n===== {name}", flush=True)


def _verdict(name: str, finished: Finished, looked_at: str | int) -> Tally:
    """One check passed if its tool is content and looked at something at all."""
    if isinstance(looked_at, str):
        found = re.search(looked_at, finished.output)
        looked_at = int(found[1]) if found else 0
    if finished.status == 0 and looked_at:
        print(f"{name}: content with {looked_at} files", flush=True)
        return Tally(passed=1)
    print(f"{name}: FAILED, status {finished.status}, looked at {looked_at} files", flush=True)
    return Tally(failed=1)


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


class Beside:
    """A check that runs in a process of its own while others go on; what it prints is kept until it is asked for.

    ansible-test keeps one core busy at most, and the integration tests wait half of their time.
    """

    def __init__(self, name: str, work: t.Callable[[], Tally]) -> None:
        self.name = name
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")
        processes = multiprocessing.get_context("fork")
        self._answer, answering = processes.Pipe(duplex=False)
        self._process = processes.Process(target=self._work, args=(work, answering))
        self._process.start()
        answering.close()

    def _work(self, work: t.Callable[[], Tally], answering: t.Any) -> None:
        os.dup2(self._output.fileno(), 1)
        os.dup2(self._output.fileno(), 2)
        started = time.monotonic()
        answering.send((work(), time.monotonic() - started))

    def result(self) -> tuple[Tally, float]:
        """Wait for its end, print what it printed, and return what it counted in how many seconds."""
        try:
            outcome: tuple[Tally, float] = self._answer.recv()
        except EOFError:
            print(f"{self.name}: FAILED, it broke off")
            outcome = (Tally(failed=1), 0.0)
        self._process.join()
        self._output.seek(0)
        print(self._output.read(), end="", flush=True)
        return outcome

    def end(self) -> None:
        """End it, wherever it is."""
        self._process.terminate()
        self._process.join()
        self._output.close()


def check() -> int:
    """Run the named checks; the last line that is printed counts them."""
    names = sys.argv[1:]
    only = os.environ.get("ONLY", "").split() if len(names) == 1 else []
    checks = Checks(make_tree(), only)
    total = Tally()
    if len(names) > 1:  # made once, before two processes need them
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(programs, ("tools", "test")))
    beside = [Beside(name, getattr(checks, name)) for name in names if name in BESIDE and len(names) > 1]
    try:
        for name in names:
            started = time.monotonic()
            background = next((each for each in beside if each.name == name), None)
            tally, seconds = background.result() if background else (getattr(checks, name)(), 0.0)
            took = f"{seconds:.0f} s, beside the others" if background else f"{time.monotonic() - started:.0f} s"
            print(f"----- {name}: {tally} ({took})", flush=True)
            total += tally
    finally:
        for each in beside:
            each.end()
    if not total.passed + total.failed:
        raise Failure("check: nothing was checked")
    print(f"\n{total}", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    main(check)
