# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the fault campaign of tests/campaign over a fresh copy of the collection; C(ARGS) in the environment goes to it."""

from __future__ import annotations

import os
import shlex

from environments import programs
from tree import make_tree
from workshop import COLLECTION, TREE, environment, main, run

PACKAGE = "ansible_collections.polyhost.cloud.tests.campaign"
LONGEST = 3600.0  # seconds


def campaign() -> int:
    """Play it; the exit code is its own."""
    make_tree()
    bin = programs("test")
    command: list[str] = [str(bin / "python"), "-m", PACKAGE, *shlex.split(os.environ.get("ARGS", ""))]
    return run(command, cwd=COLLECTION, env={**environment(bin), "PYTHONPATH": str(TREE)}, timeout=LONGEST).status


if __name__ == "__main__":
    main(campaign)
