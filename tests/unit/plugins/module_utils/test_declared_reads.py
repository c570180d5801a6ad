# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that fail before a write of a declared resource: no write, and nothing that cannot be read is absent."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.declared import REGIONLESS, DeclaredStage, every


@every("failing read")
def test_a_read_that_fails_for_good_prevents_the_write(stage: DeclaredStage) -> None:
    # Class by body, then by status: the id is not found (Civo reading 15), or no session is open (section 4.10).
    absent = [("404 of somebody else", operation) for operation in ("instances.get", "instances.console_get")]
    proofs.failing_reads_prevent_writes(stage, absent if stage.provider == "civo" else [])


@every("read again")
def test_a_read_that_fails_once_is_asked_again(stage: DeclaredStage) -> None:
    proofs.reads_are_asked_again(stage)


@every("refused credentials")
def test_refused_credentials_are_never_absence(stage: DeclaredStage) -> None:
    proofs.credentials_are_no_absence(stage)


@every("unknown place")
def test_a_place_that_does_not_exist_is_never_absence(stage: DeclaredStage) -> None:
    proofs.unknown_places_are_no_absence(stage, region=stage.scenario.module not in REGIONLESS)
