# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking again while an answer cannot be the last word: two that contradict each other, or a lock that somebody holds for a moment."""

from __future__ import annotations

import typing as t

from .._core.errors import ContradictionError, VpsError
from .._core.wait import FIRST_POLL, GROWTH, Deadline
from .base import Context

PATIENCE = 60.0  # seconds; by then what is coming or going has come or is gone

_T = t.TypeVar("_T")


def agreed(context: Context, look: t.Callable[[], _T], unless: type[VpsError] = ContradictionError, patience: float = PATIENCE) -> _T:
    """What C(look) brings, looking again for a while as long as its answers contradict each other.

    Args:
        unless: what C(look) raises while it is to be asked again.
        patience: seconds.

    Raises:
        ContradictionError, or C(unless): it still does.
    """
    deadline = Deadline(context.waiter.clock, min(patience, context.deadline.remaining))
    pause = FIRST_POLL
    while True:
        try:
            return look()
        except unless:
            if deadline.passed:
                raise
        context.waiter.pause(min(pause, deadline.remaining))
        pause *= GROWTH
