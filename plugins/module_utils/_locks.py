# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks between the processes of a controller; the system frees those of a process that dies."""

from __future__ import annotations

import fcntl

from ._core.wait import Deadline, Waiter

POLL = 0.2  # seconds


def take(handle: int, waiter: Waiter, deadline: Deadline) -> bool:
    """Lock an open file; it stays locked until it is closed.

    Returns:
        False when another process held it until the deadline.
    """
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if deadline.passed:
                return False
            waiter.pause(POLL)
