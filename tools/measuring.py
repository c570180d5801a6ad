# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures which lines of the collection the tests run, in every process that they start: modules, action plugins, inventories, the simulator.

Tests give the programs that they start an environment of their own, and Ansible runs modules from zip archives. So it is the interpreter that
measures: each process of the virtual environment "coverage" does, whoever starts it and wherever the code lies.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from environments import programs
from testing import Tally, headline
from workshop import CACHE, COLLECTION, TREE, Failure, environment, run

FOLDER = CACHE / "coverage"
SETTINGS = FOLDER / "settings.ini"
LEAST = 90  # percent of lines
SHIPPED = ("plugins", "extensions", "playbooks", "roles")  # where a user's installation has Python


def measured_programs() -> Path:
    """The folder of the programs that measure; what was measured before is forgotten."""
    bin = programs("coverage")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    SETTINGS.write_text(_settings(), encoding="utf-8")
    (packages,) = bin.parent.glob("lib/python*/site-packages")
    # Read by each interpreter that starts, before coverage's own file, which looks at this variable.
    (packages / "a0_measure.pth").write_text(f"import os; os.environ.setdefault('COVERAGE_PROCESS_START', {str(SETTINGS)!r})\n", encoding="utf-8")
    return bin


def report() -> Tally:
    """Show what was measured; one check, which fails below C(LEAST) percent.

    Raises:
        Failure: nothing was measured.
    """
    headline("coverage")
    bin = programs("coverage")
    env = {**environment(bin), "PYTHONPATH": str(TREE), "COVERAGE_PROCESS_START": ""}  # nothing from here on is to be measured
    coverage: list[str | Path] = [bin / "python", "-m", "coverage"]
    settings = f"--rcfile={SETTINGS}"
    if not any(FOLDER.glob("data.*")):
        raise Failure("coverage: nothing was measured; make coverage runs the tests first")
    if run([*coverage, "combine", settings, "--quiet"], env=env, cwd=COLLECTION, quiet=True).status:
        raise Failure("coverage: the measurements could not be combined, see above")
    for of_killed_process in FOLDER.glob("data.*"):
        of_killed_process.unlink()
    shipped = [str(path) for name in SHIPPED for path in (COLLECTION / name).rglob("*.py")]
    data = f"data = coverage.CoverageData({str(FOLDER / 'data')!r})"
    add_never_run = f"import coverage; {data}; data.read(); data.touch_files({shipped!r}); data.write()"
    if run([bin / "python", "-c", add_never_run], env=env, quiet=True).status:
        raise Failure("coverage: the files that no test runs could not be added, see above")
    run([*coverage, "html", settings, "--quiet", f"--directory={FOLDER / 'html'}"], env=env, cwd=COLLECTION, quiet=True)
    finished = run([*coverage, "report", settings, "--skip-covered", f"--fail-under={LEAST}"], env=env, cwd=COLLECTION)
    print(f"Line by line: {(FOLDER / 'html' / 'index.html').relative_to(CACHE.parent)}", flush=True)
    total = re.search(r"^TOTAL\s.*\s(\S+)%$", finished.output, re.MULTILINE)
    if finished.status or not total:
        print(f"coverage: FAILED, less than {LEAST} % of lines", flush=True)
        return Tally(failed=1)
    return Tally(passed=1)


def _settings() -> str:
    """Coverage's settings. Of packages that have no file C(__init__.py) Ansible makes one in the archive of a module."""
    patterns = "".join(f"\n    */ansible_collections/polyhost/cloud/{name}/*" for name in SHIPPED)
    return f"""[run]
data_file = {FOLDER / "data"}
parallel = true
concurrency = multiprocessing,thread
patch = _exit,fork
sigterm = true
disable_warnings = include-ignored,no-data-collected,module-not-measured
include = {patterns}
[paths]
collection =
    {COLLECTION}
    */ansible_collections/polyhost/cloud
[report]
precision = 1
include_namespace_packages = true
omit = */*_payload.zip/**/__init__.py
exclude_also =
    if t\\.TYPE_CHECKING:
"""
