# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending a change once, and looking before anything is sent again. Every resource changes things by this."""

from __future__ import annotations

import typing as t

from .._core.errors import OutcomeUnknownError, RateLimitedError, TransientError
from .._core.wait import FIRST_POLL, Deadline
from .._providers.base import Context

SETTLE_SECONDS = 10.0  # how long a finished change may take to show in reads
RESENDS = 2  # how often a change may be sent anew after the state was read

Sent = t.TypeVar("Sent")
Seen = t.TypeVar("Seen")


def look_for(context: Context, look: t.Callable[[], Seen | None], seconds: float) -> Seen | None:
    """Look until something is seen, once at least; None when nothing is within C(seconds)."""
    deadline = Deadline(context.waiter.clock, min(seconds, context.deadline.remaining))
    interval = FIRST_POLL
    while True:
        seen = look()
        if seen is not None or deadline.passed:
            return seen
        context.waiter.pause(min(interval, deadline.remaining))
        interval *= 2


def send_safely(
    context: Context,
    send: t.Callable[[], Sent],
    look: t.Callable[[], Seen | None],
    facts: t.Mapping[str, t.Any],
    seconds: float = SETTLE_SECONDS,
) -> Sent | Seen:
    """Send a change; after an unclear outcome look for its effect before it is sent again, where it may be.

    Args:
        send: sends it, once, and returns what comes of it.
        look: one look at the state: what comes of it when the change shows, else None.
        facts: put into the failure.
        seconds: how long to look for the effect of what is not sent again.

    Raises:
        OutcomeUnknownError, RateLimitedError: no effect showed, and it may not be sent again.
    """
    attempt = 0
    while True:
        try:
            return send()
        except (OutcomeUnknownError, RateLimitedError) as exc:
            again = exc.check_first and attempt < RESENDS
            if isinstance(exc, RateLimitedError):
                pause = exc.retry_after if exc.retry_after is not None else 2.0 ** (attempt + 1)
                again = again and context.waiter.waited_to_retry + pause <= context.max_retry_wait
                context.waiter.pause_to_retry(pause if again else 0.0)
            for key, value in facts.items():
                exc.facts.setdefault(key, value)
            patience = seconds if not again and isinstance(exc, OutcomeUnknownError) else 0.0
            try:
                seen = look_for(context, look, patience)
            except TransientError:  # nothing can be seen, so the outcome stays unclear
                raise exc from None
            if seen is not None:
                return seen
            if not again:
                raise
        attempt += 1
