# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The campaign as a program: every provider in a process of its own; prints what was counted, and ends with 1 when anything must not be."""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import sys
import time

from ansible_collections.polyhost.cloud.tests.unit.controller import PROVIDERS

from .campaign import ALLOWED, FAULTS, KILLS, play


def main() -> int:
    """Play, and print the table."""
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="any number; the same one plays the same campaign")
    parser.add_argument("--most", type=int, help="so many faults a provider, by chance; all without it")
    parser.add_argument("--kills", type=int, default=KILLS, help="so many times SIGKILL a provider")
    parser.add_argument("--provider", action="append", choices=PROVIDERS)
    parser.add_argument("--only", help="what the line of a finding has in it")
    asked = parser.parse_args()
    providers = asked.provider or list(PROVIDERS)
    print(f"campaign with seed {asked.seed}", flush=True)
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        runs = {name: pool.submit(play, name, asked.seed, asked.most, asked.kills, asked.only) for name in providers}
        tallies = {name: run.result() for name, run in runs.items()}
    findings = [finding for tally in tallies.values() for finding in tally.findings]
    for finding in findings:
        print(finding)
    print(f"\n{'':24}" + "".join(f"{name:>12}" for name in tallies))
    for row in (*ALLOWED, *FAULTS):
        print(f"{row:24}" + "".join(f"{tally.counts[row]:>12}" for tally in tallies.values()))
    print(f"\nseed {asked.seed}, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
