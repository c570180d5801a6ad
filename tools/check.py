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
import shlex
import shutil
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import browser
import website
from dist import check_dist
from environments import programs
from java import HOW_TO_GET_IT, java_home
from matrix import run_matrix, run_matrix_sanity
from measuring import measured_programs, report
from peers import collection
from postgresql import surroundings
from testing import REPORTS, SUITES, WORKERS, Tally, headline, run_pytest, run_sanity, verdict
from tree import make_tree
from workshop import CACHE, COLLECTION, TREE, Failure, environment, main, run

BESIDE = ("sanity",)  # what runs while the checks before it do


class Checks:
    """The checks over one copy of the collection."""

    def __init__(self, files: list[Path], only: list[str], *, measured: bool = False) -> None:
        """C(only) names tests to run instead of all tests of a folder; C(measured) tells to keep which lines of the collection they run."""
        self._files = [path.as_posix() for path in files]
        self._only = only
        self._of_tests = measured_programs() if measured else programs("test")

    def lint(self) -> Tally:
        """The linters, each counted as one check."""
        bin = programs("tools")
        env = environment(bin)
        cache = CACHE / "lint"

        def tool(name: str, command: t.Sequence[str | Path], looked_at: str | int, **more: str) -> Tally:
            """Run one linter; C(looked_at) is the number of files it was given, or a pattern that finds it in the output."""
            headline(name)
            finished = run(command, cwd=COLLECTION, env={**env, **more}, timeout=600)
            return verdict(name, finished, looked_at)

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
                tool(
                    "antsibull-docs",
                    [
                        bin / "antsibull-docs",
                        "lint-collection-docs",
                        "--plugin-docs",
                        "--validate-collection-refs=dependent",
                        "--disallow-unknown-collection-refs",
                        ".",
                    ],
                    len(self._matching("plugins/modules/*.py", "docs/docsite/*")),
                ),
                tool("reuse", [bin / "reuse", "lint-file", *self._files], len(self._files)),
                tool("antsibull-changelog", [bin / "antsibull-changelog", "lint"], len(self._matching("changelogs/*"))),
            ],
            Tally(),
        )

    def units(self) -> Tally:
        """The unit tests."""
        return run_pytest("units", self._of_tests, self._only or [SUITES["units"]], workers=WORKERS["units"])

    def integration(self) -> Tally:
        """The tests that run ansible-playbook against the simulator; what it was asked is kept for the next check."""
        seen = REPORTS / "operations-seen.jsonl"
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.unlink(missing_ok=True)
        which = self._only or [SUITES["integration"]]
        return run_pytest("integration", self._of_tests, which, workers=WORKERS["integration"], OPERATIONS_SEEN=str(seen), **surroundings())

    def doors(self) -> Tally:
        """The integration tests through each of the two doors, and whether their results are the same."""
        tally, records = Tally(), {door: REPORTS / f"doors-{door}" for door in ("fast", "module")}
        for door, folder in records.items():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            which = self._only or [SUITES["integration"]]
            tally += run_pytest(f"doors-{door}", self._of_tests, which, workers=WORKERS["integration"], DOOR=door, RECORDS=str(folder), **surroundings())
        headline("doors compared")
        command: list[str | Path] = [programs("test") / "python", "-m", "ansible_collections.polyhost.cloud.tests.integration.parity", *records.values()]
        finished = run(command, cwd=COLLECTION, env={**environment(programs("test")), "PYTHONPATH": str(TREE)}, timeout=60)
        return tally + verdict("doors compared", finished, r"(\d+) results of")

    def campaign(self) -> Tally:
        """The fault campaign; C(ARGS) in the environment goes to it."""
        headline("campaign")
        package = "ansible_collections.polyhost.cloud.tests.campaign"
        command: list[str | Path] = [self._of_tests / "python", "-m", package, *shlex.split(os.environ.get("ARGS", ""))]
        finished = run(command, cwd=COLLECTION, env={**environment(self._of_tests), "PYTHONPATH": str(TREE)}, timeout=3600)
        return verdict("campaign", finished, r"played +(\d+)")

    def operations(self) -> Tally:
        """Whether the integration tests have shown every operation of the providers' tables on the wire, and none besides."""
        headline("operations")
        command: list[str | Path] = [programs("test") / "python", "tools/operations.py", REPORTS / "operations-seen.jsonl"]
        finished = run(command, cwd=COLLECTION, env={**environment(programs("test")), "PYTHONPATH": str(TREE)}, timeout=60)
        return verdict("operations", finished, r"(\d+) operations were seen")

    def coverage(self) -> Tally:
        """How many lines of the collection the tests before it have run."""
        return report()

    def eda(self) -> Tally:
        """The event source under ansible-rulebook, against the simulator."""
        java = java_home()
        if java is None:
            headline("eda")
            print(f"eda: SKIPPED. {HOW_TO_GET_IT}", flush=True)
            return Tally(skipped=1)
        bin = programs("eda")
        path = environment(bin, java / "bin")["PATH"]
        which = self._only or ["tests/eda", "tests/guides/test_guides.py::test_what_a_page_shows_is_what_happens[events]"]
        return run_pytest("eda", bin, which, workers=1, JAVA_HOME=str(java), PATH=path)

    def awx(self) -> Tally:
        """What sets up AWX and what it runs: by its own modules and client before an API in memory, and by ansible-runner against the simulator."""
        bin = programs("awx")
        peers = collection(bin, "awx", "awx")
        if peers is None:
            raise Failure("awx: the wheel of ansible, which holds awx.awx, cannot be had from the package index")
        path = os.pathsep.join([str(TREE), str(peers)])
        return run_pytest("awx", bin, self._only or ["tests/awx"], workers=WORKERS["awx"], ANSIBLE_COLLECTIONS_PATH=path)

    def docs(self) -> Tally:
        """The site, what happens to a reader who does what its pages say, and how it looks in a browser."""
        headline("site")
        built = Tally(passed=1) if website.build() else Tally(failed=1)
        chromium = browser.surroundings()
        if not chromium:
            print(f"docs: SKIPPED in part. {browser.HOW_TO_GET_IT}", flush=True)
        which = self._only or ["tests/site", "tests/guides"]
        return built + run_pytest("docs", programs("docs"), which, workers=WORKERS["docs"], SITE_HTML=str(website.HTML), **chromium)

    def sanity(self) -> Tally:
        """ansible-test's sanity tests, each counted as one check."""
        return run_sanity("ansible-test sanity", programs("test"), self._modules())

    def dist(self) -> Tally:
        """The archive of the last commit."""
        return check_dist()

    def matrix(self) -> Tally:
        """The unit and integration tests on each ansible-core."""
        return run_matrix(self._only)

    def matrix_sanity(self) -> Tally:
        """The sanity tests of each ansible-core."""
        return run_matrix_sanity(self._only, self._modules())

    def _modules(self) -> list[str]:
        return self._matching("plugins/modules/*.py")

    def _matching(self, *patterns: str) -> list[str]:
        return [path for path in self._files if any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]


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
        answering.send((_work(work), time.monotonic() - started))

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
    """Run the named checks; the last lines that are printed count them."""
    names = sys.argv[1:]
    known = {name.replace("_", "-"): name for name in vars(Checks) if not name.startswith("_")}
    unknown = set(names) - set(known)
    if unknown:
        raise Failure(f"check: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
    only = os.environ.get("ONLY", "").split() if len(names) == 1 else []
    if len(names) > 1:  # made once, before two processes need them
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(programs, ("tools", "test")))
    checks = Checks(make_tree(), only, measured="coverage" in names)
    beside = [Beside(name, getattr(checks, known[name])) for name in names if name in BESIDE and len(names) > 1]
    lines: list[str] = []
    total = Tally()
    try:
        for name in names:
            started = time.monotonic()
            background = next((each for each in beside if each.name == name), None)
            tally, seconds = background.result() if background else (_work(getattr(checks, known[name])), 0.0)
            took = f"{seconds:.0f} s, beside the others" if background else f"{time.monotonic() - started:.0f} s"
            lines.append(f"----- {name}: {tally} ({took})")
            print(lines[-1], flush=True)
            total += tally
    finally:
        for each in beside:
            each.end()
    if not total.passed + total.failed:
        raise Failure("check: nothing was checked")
    print("\n" + "\n".join([*lines, f"{total}"]), flush=True)
    return 1 if total.failed else 0


def _work(check: t.Callable[[], Tally]) -> Tally:
    """What a check counts; one that cannot be carried out has failed, and those after it go on."""
    try:
        return check()
    except Failure as failure:
        print(failure, flush=True)
        return Tally(failed=1)


if __name__ == "__main__":
    main(check)
