# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that contradict each other: a list still shows, or shows already, what a look at the server itself denies."""

from __future__ import annotations

import typing as t

from .._core.errors import ContradictionError
from .._core.wait import FIRST_POLL, GROWTH, Deadline
from .base import Context

PATIENCE = 60.0  # seconds; by then what is coming or going has come or is gone

_T = t.TypeVar("_T")


def agreed(context: Context, look: t.Callable[[], _T]) -> _T:
    """What C(look) brings, looking again for a while as long as its answers contradict each other.

    Raises:
        ContradictionError: they still do.
    """
    deadline = Deadline(context.waiter.clock, min(PATIENCE, context.deadline.remaining))
    pause = FIRST_POLL
    while True:
        try:
            return look()
        except ContradictionError:
            if deadline.passed:
                raise
        context.waiter.pause(min(pause, deadline.remaining))
        pause *= GROWTH
