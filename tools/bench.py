# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures what the collection costs. C(ONLY) in the environment names the parts to run: doors, fleet, tasks, inventory."""

from __future__ import annotations

import os

from bench_doors import run_doors
from bench_fleet import run_fleet
from bench_inventory import run_inventory
from bench_tasks import run_tasks
from workshop import Failure, main

PARTS = {"doors": run_doors, "fleet": run_fleet, "tasks": run_tasks, "inventory": run_inventory}


def run_bench() -> int:
    """Run the parts asked for, all by default."""
    asked = os.environ.get("ONLY", "").split() or list(PARTS)
    for name in asked:
        if name not in PARTS:
            raise Failure(f"bench: {name} in ONLY is none of {', '.join(PARTS)}")
    for name in asked:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    main(run_bench)
