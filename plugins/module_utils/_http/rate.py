# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account's rate limit, shared by all processes of this controller.

A small file under a lock holds the moments of the last requests: whoever comes waits until one more fits. No more than
C(rate) requests start in any one second.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import typing as t

from .._core.errors import ConfigurationError
from .._core.wait import Waiter

MARGIN = 1.1  # machines and networks jitter; a window a little wider keeps the promise


def cache_folder(environ: t.Mapping[str, str]) -> str:
    """The user's cache folder of this collection, made with mode 0700.

    Falls back to a folder of the user in the system's temporary directory where there is no writable home.

    Raises:
        ConfigurationError: there is no such folder either.
    """
    bases = (environ.get("XDG_CACHE_HOME", ""), os.path.join(environ.get("HOME", ""), ".cache"))
    candidates = [os.path.join(base, "polyhost.cloud") for base in bases if os.path.isabs(base)]
    candidates.append(os.path.join(tempfile.gettempdir(), f"polyhost.cloud-{os.getuid()}"))
    for path in candidates:
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
            found = os.stat(path)
        except OSError:
            continue
        if found.st_uid == os.getuid() and os.access(path, os.W_OK):
            return path
    raise ConfigurationError(f"There is no writable cache folder among {', '.join(candidates)}", hint="Name one in the environment variable XDG_CACHE_HOME.")


def fingerprint(*parts: str) -> str:
    """A file name for an account that tells nothing about its token."""
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:24]


class RateLimit:
    """Spaces the requests of one account.

    Args:
        path: the shared file.
        rate: requests per second; 0 lifts the limit. Between two whole numbers from 1 on the lower one holds.
        waiter: sleeps and keeps account of it.
    """

    def __init__(self, path: str, rate: float, waiter: Waiter) -> None:
        self.path = path
        self.rate = rate
        self.waiter = waiter

    def acquire(self) -> None:
        """Wait for the account's next free moment.

        Raises:
            ConfigurationError: the shared file cannot be opened.
        """
        if self.rate <= 0:
            return
        burst = max(1, int(self.rate))
        window = MARGIN * max(1.0, burst / self.rate)
        with self._open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)  # kept while sleeping: what is written is when the request really starts
            now = self.waiter.clock.epoch()
            moments = [m for m in _moments(handle.read()) if now - window < m <= now][-burst:]
            if len(moments) == burst:
                self.waiter.pause(moments[0] + window - now)
            handle.seek(0)
            handle.truncate()
            json.dump([*moments, self.waiter.clock.epoch()], handle)

    def _open(self) -> t.TextIO:
        try:
            return open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8", errors="replace")
        except OSError as exc:
            raise ConfigurationError(
                f"The file of the rate limit, {self.path}, cannot be opened ({exc.strerror})", hint="Remove it, or lift the limit with rate_limit: 0."
            ) from exc


def _moments(text: str) -> list[float]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [m for m in found if isinstance(m, float)] if isinstance(found, list) else []
