# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: a small JSON file that ties names to ids, and remembers open orders and what no read shows.

One lock a name is held for the whole create, one for the file per write, so that forks do not wait for each other.
Entries are keyed by provider, API host, project, region and name, never by token. It holds no secrets.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t
from dataclasses import asdict, dataclass, field, fields

from . import _locks
from ._core.errors import LedgerError
from ._core.wait import Deadline, Waiter

VERSION = 1
MARKED_VERSION = 2  # of a file with marks: what knows version 1 only refuses it, where it would write the file without them
ORDERING = "ordering"
JOB = "job"
LIVE = "live"


@dataclass(frozen=True)
class Entry:
    """What is known about one name.

    Args:
        state: C(ordering) (an order is about to be sent or its fate is not known), C(job) (accepted, C(operation_id)
            tells of the rest) or C(live) (C(id) is the server).
        ordered_at: seconds since 1970.
        traits: what was ordered, for recognising it.
        known_ids: the ids that were there before the order.
        unclear: the answer to the order was lost; without this, an C(ordering) one whose name is held is still waiting for its answer.
        unfinished: whether what the order could not carry, and no read shows (a password), may still have to be set.
    """

    state: str
    name: str
    id: str | None = None
    operation_id: str | None = None
    ordered_at: float | None = None
    traits: t.Mapping[str, t.Any] = field(default_factory=dict)
    known_ids: tuple[str, ...] = ()
    unclear: bool = False
    unfinished: bool = False

    @property
    def open(self) -> bool:
        """Whether an order may still be under way."""
        return self.state in (ORDERING, JOB)


@dataclass(frozen=True)
class Mark:
    """What was done to a server that no read shows.

    Args:
        state: C(ordering) (it is about to be sent, or its fate is not known), C(job) (accepted, C(operation_id) tells of the rest)
            or C(live) (done).
        value: how it is then.
        at: when that was written, in seconds since 1970.
    """

    state: str
    value: str
    at: float
    operation_id: str | None = None


_FIELDS = {f.name for f in fields(Entry)}
_SHAPES: t.Mapping[str, t.Any] = {"ordered_at": (int, float), "traits": dict, "known_ids": list, "unclear": bool, "unfinished": bool}

Scope = tuple[str, str]  # project, region
Content = dict[str, dict[str, t.Any]]  # the entries and the marks, each by key


class Ledger:
    """The ledger of one account's API.

    Args:
        path: the file; a leading tilde was expanded by the caller.
        provider, host: the first parts of every key.
        waiter: for waiting on locks.
        read_only: check mode: nothing is written and no lock is taken.
    """

    def __init__(self, path: str, provider: str, host: str, waiter: Waiter, read_only: bool) -> None:
        self.path = os.path.realpath(path)  # one file has one lock, and a link to it stays a link
        self.read_only = read_only
        self._prefix = (provider, host)
        self._waiter = waiter
        self._last: tuple[str | None, dict[str, Entry]] = (None, {})  # the file as it was read last, and its entries

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return os.path.exists(self.path)

    def entry(self, scope: Scope, name: str) -> Entry | None:
        """The entry of a name."""
        return self._entries().get(self._key(scope, name))

    def entries(self, scope: Scope) -> list[Entry]:
        """All entries of this API and scope."""
        prefix = self._key(scope, "")
        return [entry for key, entry in sorted(self._entries().items()) if key.startswith(prefix)]

    def write(self, scope: Scope, entry: Entry) -> None:
        """Add or replace an entry."""
        self._update(lambda content: content["entries"].update({self._key(scope, entry.name): _stored(entry)}))

    def drop(self, scope: Scope, name: str) -> None:
        """Forget a name."""
        self._update(lambda content: content["entries"].pop(self._key(scope, name), None))

    @contextlib.contextmanager
    def lock(self, scope: Scope, name: str, deadline: Deadline) -> t.Iterator[None]:
        """Hold a name for the whole of a create.

        Raises:
            LedgerError: another process held it until the deadline.
        """
        if self.read_only:
            yield
            return
        with self._locked(self._lock_of(scope, name), deadline, f"the name {name}"):
            yield

    def held(self, scope: Scope, name: str) -> bool:
        """Whether somebody holds a name at this moment, be it another process or another thread of this one."""
        try:
            handle = os.open(self._lock_of(scope, name), os.O_RDWR)
        except OSError:
            return False
        try:
            return not _locks.take(handle, self._waiter, Deadline(self._waiter.clock, 0.0))
        finally:
            os.close(handle)

    def _lock_of(self, scope: Scope, name: str) -> str:
        return os.path.join(self.path + ".locks", hashlib.sha256(self._key(scope, name).encode("utf-8")).hexdigest()[:24])

    def marks(self, scope: Scope, subject: str) -> dict[str, Mark]:
        """The marks of a server, by what they are about."""
        key = self._key(scope, subject)
        return {name: _mark(key, raw) for name, raw in self._load()["marks"].get(key, {}).items()}

    def mark(self, scope: Scope, subject: str, name: str, mark: Mark | None) -> None:
        """Set a mark of a server, or take it away."""

        def change(content: Content) -> None:
            marks = content["marks"].setdefault(self._key(scope, subject), {})
            marks.pop(name, None)
            if mark is not None:
                marks[name] = _stored(mark)

        self._update(change)

    def unmark(self, scope: Scope, subject: str) -> None:
        """Forget all marks of a server; costs no write where there are none."""
        if self.marks(scope, subject):
            self._update(lambda content: content["marks"].pop(self._key(scope, subject), None))

    # -- the file ---------------------------------------------------------------------------------------------------

    def _key(self, scope: Scope, name: str) -> str:
        return "|".join([*self._prefix, *scope, name])

    def _entries(self) -> dict[str, Entry]:
        """The entries; a fleet asks for them often, so a text that is still the same is not taken apart anew."""
        text = self._read()
        known = self._last
        if text != known[0]:
            known = self._last = (text, {key: _entry(key, raw) for key, raw in self._parsed(text)["entries"].items()})
        return known[1]

    def _load(self) -> Content:
        return self._parsed(self._read())

    def _read(self) -> str | None:
        """The text of the file; None where there is none."""
        try:
            with open(self.path, encoding="utf-8") as handle:
                return handle.read()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as exc:
            raise self._unreadable(exc) from exc

    def _unreadable(self, exc: Exception) -> LedgerError:
        return LedgerError(
            f"The ledger {self.path} cannot be read ({type(exc).__name__})", hint="Restore it from a backup; without it an order could be repeated."
        )

    def _parsed(self, text: str | None) -> Content:
        if text is None:
            return {"entries": {}, "marks": {}}
        try:
            content = json.loads(text)
        except ValueError as exc:
            raise self._unreadable(exc) from exc
        entries, marks = _parts(content)
        if not isinstance(entries, dict) or not isinstance(marks, dict) or not all(isinstance(names, dict) for names in marks.values()):
            raise LedgerError(f"The ledger {self.path} has no form that this version knows", hint="Restore it from a backup, or update the collection.")
        return {"entries": entries, "marks": marks}

    def _update(self, change: t.Callable[[Content], t.Any]) -> None:
        if self.read_only:
            return
        with self._locked(self.path + ".lock", Deadline(self._waiter.clock, 60.0), "the ledger"):
            content = self._load()
            change(content)
            try:
                self._store(content)
            except OSError as exc:
                raise self._unwritable(exc) from exc

    def _unwritable(self, exc: OSError) -> LedgerError:
        return LedgerError(f"The ledger {self.path} cannot be written ({exc.strerror})", hint="Name a writable path in the option ledger.")

    def _store(self, content: Content) -> None:
        stored: dict[str, t.Any] = {"version": VERSION, "entries": dict(sorted(content["entries"].items()))}
        marks = {key: names for key, names in sorted(content["marks"].items()) if names}
        if marks:
            stored.update(version=MARKED_VERSION, marks=marks)
        folder = os.path.dirname(os.path.abspath(self.path))
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".ledger-")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(stored, stream, indent=2)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path)
        except OSError:
            os.unlink(temporary)
            raise

    @contextlib.contextmanager
    def _locked(self, path: str, deadline: Deadline, what: str) -> t.Iterator[None]:
        try:
            for each in (self.path, path):
                os.makedirs(os.path.dirname(os.path.abspath(each)), mode=0o700, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise self._unwritable(exc) from exc
        try:
            if not _locks.take(handle, self._waiter, deadline):
                raise LedgerError(f"Another task on this controller holds {what} in {self.path}", hint="Run the task again when it is finished.")
            yield
        finally:
            os.close(handle)


def _parts(content: t.Any) -> tuple[t.Any, t.Any]:
    """Entries and marks of a file, as they are; None for what its version ought to have and has not."""
    version = content.get("version") if isinstance(content, dict) else None
    if version == VERSION:
        return content.get("entries"), {}
    return (content.get("entries"), content.get("marks")) if version == MARKED_VERSION else (None, None)


def _stored(what: Entry | Mark) -> dict[str, t.Any]:
    return {name: value for name, value in asdict(what).items() if value is not False and value not in (None, {}, ())}


def _mark(key: str, raw: t.Any) -> Mark:
    known = raw if isinstance(raw, dict) else {}
    at, value = known.get("at"), known.get("value")
    if known.get("state") not in (ORDERING, JOB, LIVE) or not isinstance(value, str) or not isinstance(at, (int, float)):
        raise LedgerError(f"A mark of the ledger's server {key!r} has no form that this version knows")
    return Mark(known["state"], value, float(at), str(known["operation_id"]) if "operation_id" in known else None)


def _entry(key: str, raw: t.Any) -> Entry:
    parts = key.split("|", 4)
    known = {name: value for name, value in raw.items() if name in _FIELDS and value is not None} if isinstance(raw, dict) else {}
    shaped = all(isinstance(known[name], shape) for name, shape in _SHAPES.items() if name in known)
    if len(parts) != 5 or known.get("state") not in (ORDERING, JOB, LIVE) or not shaped:
        raise LedgerError(f"The ledger's entry {key!r} has no form that this version knows")
    known.setdefault("name", parts[4])
    known.update({name: str(known[name]) for name in ("name", "id", "operation_id") if name in known})  # people write ids as numbers
    known["known_ids"] = tuple(str(i) for i in known.get("known_ids", ()))
    return Entry(**known)
