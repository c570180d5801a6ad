# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the bench wants of its figures, and whether they are so."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure and the most that it may be.

    Args:
        what: was measured.
        figure: in C(unit).
        most: in the same.
        reason: where the limit comes from.
    """

    what: str
    figure: float
    most: float
    unit: str
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the figure is small enough."""
        return self.figure <= self.most


def show_goals(goals: t.Sequence[Goal]) -> None:
    """A line each."""
    print(f"\n{'figure':<52}{'measured':>10}{'at most':>10} {'':<12}{'':<7}goal")
    for goal in goals:
        digits = 0 if goal.unit == "requests" else 3 if goal.most < 1 else 2
        held = "holds" if goal.holds else "MISSED"
        print(f"{goal.what:<52}{goal.figure:>10,.{digits}f}{goal.most:>10,.{digits}f} {goal.unit:<12}{held:<7}{goal.reason}")
