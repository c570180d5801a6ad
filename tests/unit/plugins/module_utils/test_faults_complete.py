# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix has no holes: every row is tested at every provider, or there is a reason why it cannot happen there."""

from __future__ import annotations

import importlib
import pathlib

from ansible_collections.polyhost.cloud.tests.unit.controller import PROVIDERS
from ansible_collections.polyhost.cloud.tests.unit.faults import NOT_POSSIBLE, ROWS, TESTED

PACKAGE = "ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils"


def test_every_row_is_tested_at_every_provider_or_not_possible_there() -> None:
    for path in sorted(pathlib.Path(__file__).parent.glob("test_faults_*.py")):
        importlib.import_module(f"{PACKAGE}.{path.stem}")
    wanted = {(row, provider) for row in ROWS for provider in PROVIDERS}
    assert wanted - TESTED - set(NOT_POSSIBLE) == set()
    assert TESTED & set(NOT_POSSIBLE) == set()
    assert set(NOT_POSSIBLE) <= wanted
    assert all(len(reason) > 10 for reason in NOT_POSSIBLE.values())
