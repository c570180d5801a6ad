# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A matrix: what must hold for every scenario, which of it is tested, and why the rest cannot happen."""

from __future__ import annotations

import fnmatch
import typing as t

import pytest


class Matrix:
    """Rows against scenarios.

    Args:
        rows: what must hold, by the words that tests name it with.
        scenarios: their ids.
        not_possible: why a row cannot happen in a scenario; the second of a key is a pattern.
    """

    def __init__(self, rows: t.Mapping[str, str], scenarios: t.Collection[str], not_possible: t.Mapping[tuple[str, str], str]) -> None:
        self.rows = rows
        self.scenarios = list(scenarios)
        self.not_possible = not_possible
        self.tested: set[tuple[str, str]] = set()

    def reason(self, row: str, scenario: str) -> str | None:
        """Why a row cannot happen in a scenario, or None."""
        return next((why for (of_row, pattern), why in self.not_possible.items() if of_row == row and fnmatch.fnmatchcase(scenario, pattern)), None)

    def every(self, row: str) -> pytest.MarkDecorator:
        """Run a test on a C(stage) of every scenario in which the row is possible.

        Raises:
            ValueError: there is no such row.
        """
        if row not in self.rows:
            raise ValueError(f"no such row: {row}")
        possible = [scenario for scenario in self.scenarios if self.reason(row, scenario) is None]
        self.tested.update((row, scenario) for scenario in possible)
        return pytest.mark.parametrize("stage", possible, indirect=True)

    def holes(self) -> set[tuple[str, str]]:
        """The rows and scenarios with neither a test nor a reason, as far as the modules with the tests are imported."""
        return {(row, scenario) for row in self.rows for scenario in self.scenarios if self.reason(row, scenario) is None} - self.tested

    def needless_reasons(self) -> list[tuple[str, str]]:
        """Those that name no row or no scenario, or say nothing."""
        return [
            (row, pattern)
            for (row, pattern), why in self.not_possible.items()
            if row not in self.rows or not fnmatch.filter(self.scenarios, pattern) or len(why) <= 10
        ]
