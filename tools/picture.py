# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws C(docs/site/static/plan.svg): what a terminal shows of a change in check mode, taken from a run against the simulator."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from demo import READABLE, start, variables
from environments import programs
from tree import make_tree
from workshop import CACHE, COLLECTION, ROOT, Failure, end_group, environment, main

DRAWN = ROOT / "docs" / "site" / "static" / "plan.svg"
PLAYBOOK = "docs/site/plan.yml"
WIDTH = 56  # columns that are still readable on a telephone; rows of stars end there


def draw() -> int:
    """Run the playbook twice, the second time to be seen."""
    bin = programs("docs")
    make_tree()
    folder = CACHE / "picture"
    process, about = start(folder, bin, "--life", "300")
    try:
        env = {**environment(bin), **READABLE, **variables(folder, about), "ANSIBLE_FORCE_COLOR": "true"}
        _run([bin / "ansible-playbook", PLAYBOOK, "-e", "made=true"], env)
        shown = _run([bin / "ansible-playbook", PLAYBOOK, "--check", "--diff"], env)
    finally:
        end_group(process)
    shown = shown.partition("TASK [")[2].partition("PLAY RECAP")[0]
    shown = re.sub(rf"^(.{{0,{WIDTH - 1}}}\*)\*+", r"\1", f"TASK [{shown.rstrip()}", flags=re.MULTILINE)
    drawing: list[str | Path] = [bin / "python", "docs/site/terminal.py", "ansible-playbook web.yml --check --diff"]
    DRAWN.write_text(_run(drawing, env, shown), encoding="utf-8")
    return 0


def _run(command: list[str | Path], env: dict[str, str], given: str = "") -> str:
    finished = subprocess.run(list(map(str, command)), cwd=COLLECTION, env=env, input=given, capture_output=True, text=True, timeout=120, check=False)
    if finished.returncode:
        raise Failure(f"{command[0]} failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


if __name__ == "__main__":
    main(draw)
