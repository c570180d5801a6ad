# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that fail before a write of reverse names, firewalls and backups: no write, and nothing that cannot be read is absent."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Stage, every


@every("failing read")
def test_a_read_that_fails_for_good_prevents_the_write(stage: Stage) -> None:
    # Class by body, then by status: the id is not found (Civo reading 15).
    proofs.failing_reads_prevent_writes(stage, [(proofs.FOREIGN_404, "instances.get")] if stage.provider == "civo" else [])


@every("read again")
def test_a_read_that_fails_once_is_asked_again(stage: Stage) -> None:
    proofs.reads_are_asked_again(stage)


@every("refused credentials")
def test_refused_credentials_are_never_absence(stage: Stage) -> None:
    def no_such_region(status: int, result: Options) -> bool:
        return (status, result["error"], stage.place) == (403, "UnsupportedError", {"region": "PRIV1"})

    proofs.credentials_are_no_absence(stage, no_such_region)


@every("unknown place")
def test_a_place_that_does_not_exist_is_never_absence(stage: Stage) -> None:
    proofs.unknown_places_are_no_absence(stage)
