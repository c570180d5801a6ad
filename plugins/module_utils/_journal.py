# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal: orders that cost money are sent by one task of this controller at a time, and a run that was killed leaves a note.

One small file an order, locked while the order is under way. It is written before the order is sent and emptied once the order's
fate is known. The next task that gets the lock finds what a killed one wrote, and looks before it orders again. It holds no secrets.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from . import _locks
from ._core.errors import LedgerError
from ._core.wait import Deadline, Waiter
from ._http.rate import fingerprint


class Note:
    """What is written about one order while this task holds it.

    Args:
        path: the file.
        left: what a task that was killed wrote, or one that never learnt its order's fate.
        handle: the open file; None in check mode.
    """

    def __init__(self, path: str, left: t.Mapping[str, t.Any] | None, handle: int | None) -> None:
        self.path = path
        self.left = left
        self._handle = handle

    def write(self, **facts: t.Any) -> None:
        """Remember what is about to be sent, or what came of it so far."""
        self._store(json.dumps(facts))

    def clear(self) -> None:
        """The order's fate is known."""
        self._store("")

    def _store(self, content: str) -> None:
        if self._handle is None:
            return
        data = content.encode("utf-8")
        try:
            os.pwrite(self._handle, data, 0)  # before the rest is cut off, so that a kill in between leaves no empty file
            os.ftruncate(self._handle, len(data))
            os.fsync(self._handle)
        except OSError as exc:
            raise _unwritable(self.path, exc) from exc


class Journal:
    """The journal of one account.

    Args:
        folder: where the notes are; beside the ledger where there is one.
        prefix: the account, as parts of the file names.
        waiter: for waiting on locks.
        read_only: check mode: nothing is written and no lock is taken.
    """

    def __init__(self, folder: str, prefix: t.Sequence[str], waiter: Waiter, read_only: bool) -> None:
        self._folder = folder
        self._prefix = tuple(prefix)
        self._waiter = waiter
        self._read_only = read_only

    @contextlib.contextmanager
    def order(self, what: str, deadline: Deadline) -> t.Iterator[Note]:
        """Hold an order until its fate is known.

        Args:
            what: the kind of order and the object it is about; the same order has the same text in every run.

        Raises:
            LedgerError: another task held it until the deadline, or the file cannot be written.
        """
        path = self._path(what)
        if self._read_only:
            yield Note(path, _read(path), None)
            return
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise _unwritable(path, exc) from exc
        try:
            if not _locks.take(handle, self._waiter, deadline):
                raise LedgerError(f"Another task on this controller is at the same order: {what}", hint="Run the task again when it is finished.")
            yield Note(path, _read(path), handle)
        finally:
            os.close(handle)

    def left(self, what: str) -> t.Mapping[str, t.Any] | None:
        """What is written about an order that may be open still; None for nothing."""
        return _read(self._path(what))

    def forget(self, what: str) -> None:
        """Empty the note of an order whose object was seen."""
        path = self._path(what)
        if not self._read_only and _read(path) is not None:
            with contextlib.suppress(OSError):
                os.truncate(path, 0)

    def _path(self, what: str) -> str:
        return os.path.join(self._folder, f"order-{fingerprint(*self._prefix, what)}")


def _unwritable(path: str, exc: OSError) -> LedgerError:
    return LedgerError(f"The note of an order, {path}, cannot be written ({exc.strerror})", hint="Name a writable path in the option ledger.")


def _read(path: str) -> dict[str, t.Any] | None:
    """What a file holds; None for nothing. What cannot be read still says that something was sent."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            content = handle.read()
    except OSError:
        return None
    if not content.strip():
        return None
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
