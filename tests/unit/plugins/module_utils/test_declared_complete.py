# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matrix of declared resources has no holes: every row is tested for every scenario, or there is a reason."""

from __future__ import annotations

import importlib
import pathlib

from ansible_collections.polyhost.cloud.tests.unit.declared import MATRIX

PACKAGE = "ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils"


def test_every_row_is_tested_for_every_scenario_or_not_possible_there() -> None:
    for path in sorted(pathlib.Path(__file__).parent.glob("test_declared_*.py")):
        importlib.import_module(f"{PACKAGE}.{path.stem}")
    assert MATRIX.holes() == set()


def test_every_reason_is_needed() -> None:
    assert MATRIX.needless_reasons() == []
