# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups at HosterAPI.de: whole servers, told apart by the time at which they were made (contract section 7).

One task a server at a time, and one status for whatever it is: nobody can tell a backup in progress from a restore.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import typing as t

from ..._core.errors import NotAppliedError, NotFoundError, OperationFailedError, OutcomeUnknownError, TransientError
from ..._core.model import CREATING, UNKNOWN, Backup, Instance, Outcome
from ..._core.normalise import integer, iso_of, text
from ..._core.together import side_by_side
from ..._core.wait import Operation
from ..._http.client import Call
from ..backups import BackupVerbs, NewBackup, Restore
from . import api
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

BACKUP_GRACE = 120.0  # seconds that an accepted backup may take to show
RESTORE_GRACE = 60.0  # seconds after which silence means that a restore is over, though it was never seen under way
QUIET_POLLS = 3


class Progress(enum.Enum):
    """What the status of a server's backup task says (HA-14)."""

    MOVING = "in progress"
    SUCCEEDED = "success"
    FAILED = "failure"
    IDLE = "idle"


_WORDS = {
    **dict.fromkeys(("finished", "success", "done", "ok", "completed"), Progress.SUCCEEDED),
    **dict.fromkeys(("failed", "error"), Progress.FAILED),
    **dict.fromkeys(("idle", "none", ""), Progress.IDLE),
}


class _Watch:
    """What became of a task since it was ordered: answers that may still be about the one before it are told apart.

    Args:
        before: what the status said before the order.
    """

    def __init__(self, before: Progress | None, now: t.Callable[[], float]) -> None:
        self._before = before
        self._now = now
        self._sent = now()
        self.moved = False
        self.quiet = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the order."""
        return self._now() - self._sent

    def see(self, progress: Progress) -> Progress:
        """Take an answer into account; one that is not known to be about this task counts as idle."""
        self.moved = self.moved or progress is Progress.MOVING or progress not in (self._before, Progress.IDLE)
        self.quiet = 0 if progress is Progress.MOVING else self.quiet + 1
        return progress if self.moved else Progress.IDLE


class HosterapiBackups(BackupVerbs["HosterapiDriver"]):
    """The verbs of HosterAPI.de's backups."""

    needs_instance = True  # two servers may have been backed up in the same second
    look_seconds = BACKUP_GRACE

    def __init__(self, driver: HosterapiDriver) -> None:
        super().__init__(driver)
        self._before: dict[str, Progress] = {}
        self._known: dict[str, frozenset[int]] = {}  # by server, what C(of) told last
        self._unclear: Operation | None = None  # what awaits an order whose answer was lost

    # -- reads ------------------------------------------------------------------------------------------------------

    def of(self, instance: Instance) -> list[Backup]:
        """The finished ones, and whatever is under way as one without id.

        The status is asked first: what was finished by then is in the list.
        """
        sid = str(instance.id)
        word, progress = self._status(sid)
        moving = [Backup(PROFILE.name, None, sid, status=CREATING, provider_status=word)] if progress is Progress.MOVING else []
        moments = self._moments(sid)
        self._known[sid] = frozenset(moments)
        return moving + [Backup(PROFILE.name, str(moment), sid, created_at=iso_of(moment)) for moment in moments]

    def list_all(self) -> list[Backup]:
        """Those of every server; a server that is deleted meanwhile is left out (HA-27)."""
        ids = sorted({number for item in api.payload(self.driver.client.send(api.LIST)) if (number := integer(item)) is not None})
        found = side_by_side([functools.partial(self._listed, str(number)) for number in ids], self.driver.client.in_flight)
        return sorted((backup for backups in found for backup in backups), key=lambda backup: int(backup.id) if backup.id else float("inf"), reverse=True)

    def _listed(self, sid: str) -> list[Backup]:
        try:
            return self.of(Instance(PROFILE.name, self.driver.account(), id=sid))
        except NotFoundError:
            return []

    def _status(self, sid: str) -> tuple[str | None, Progress]:
        """The provider's word, and what it means; unknown words mean progress (HA-14)."""
        told = self._send(api.BACKUP_STATUS, sid)
        word = text(told.get("status")) if isinstance(told, dict) else None
        self._before[sid] = progress = _WORDS.get((word or "").lower(), Progress.MOVING)
        return word, progress

    def _moments(self, sid: str) -> list[int]:
        """Seconds since 1970, newest first; the provider promises no order."""
        moments = {integer(item) for item in self._send(api.BACKUPS, sid)}
        return sorted((moment for moment in moments if moment is not None), reverse=True)

    def _send(self, call: Call, sid: str, body: t.Mapping[str, t.Any] | None = None) -> t.Any:
        return api.payload(self.driver.client.send(call, {"sid": sid}, json_body=body))

    # -- making one -------------------------------------------------------------------------------------------------

    def create(self, instance: Instance, new: NewBackup) -> Operation:
        """Order it; a new time in the list is all that shows it."""
        sid = str(instance.id)
        making = self._making(instance, new, self._watch(sid))
        try:
            self._send(api.BACKUP, sid)
        except OutcomeUnknownError:
            self._unclear = making
            raise
        return making

    def _making(self, instance: Instance, new: NewBackup, watch: _Watch) -> Operation:
        sid, label = str(instance.id), self.driver.label(instance)

        def check() -> Outcome | None:
            progress = watch.see(self._status(sid)[1])
            if progress is Progress.MOVING:
                return None
            if progress is Progress.FAILED:
                raise OperationFailedError(f"The backup of {label} failed", hint="Older backups are as they were; run the task again.")
            if any(str(moment) not in new.known_ids for moment in self._moments(sid)):
                return Outcome(sid)
            if watch.quiet >= QUIET_POLLS and watch.elapsed >= BACKUP_GRACE:
                raise NotAppliedError(
                    f"A backup of {label} was accepted, and none has appeared within {watch.elapsed:.0f} seconds",
                    hint="Look at the server in the provider's panel before you run the task again, which orders another one.",
                )
            return None

        return self.driver.operation(f"backup of {label}", check)

    def made(self, new: NewBackup, listed: t.Sequence[Backup]) -> list[Backup]:
        """The newest of those that were not there before (section 7).

        After a lost answer all of them, since nobody knows which is ours, else what is under way.
        """
        appeared = [backup for backup in listed if backup.id is not None and backup.id not in new.known_ids]
        if self._unclear is None:
            return appeared[:1]
        return appeared or [backup for backup in listed if backup.status == CREATING]

    def finish(self, instance: Instance) -> Operation:
        """Await the end of whatever is under way: it may be a backup, whose time may show a little after it."""
        if self._unclear is not None:
            return self._unclear
        sid = str(instance.id)
        known, quiet = self._known.get(sid, frozenset()), 0

        def check() -> Outcome | None:
            nonlocal quiet
            progress = self._status(sid)[1]
            if progress is Progress.MOVING:
                quiet = 0
                return None
            quiet += 1
            over = progress is Progress.FAILED or quiet >= QUIET_POLLS or not known.issuperset(self._moments(sid))
            return Outcome(sid) if over else None

        return self.driver.operation(f"backup or restore of {self.driver.label(instance)}", check)

    def _watch(self, sid: str) -> _Watch:
        return _Watch(self._before.get(sid), self.driver.context.waiter.clock.now)

    # -- restoring --------------------------------------------------------------------------------------------------

    def plan_restore(self, instance: Instance | None, backup: Backup, to: str, new_name: str | None) -> Restore:
        """In place always; that the backup is in the list was seen."""
        return Restore(to, lost=f"everything on the disk of instance {backup.instance} that is newer than {backup.created_at}")

    def restore(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation:
        """Overwrite the server. The answer is a word, C(true) or a job; the status is the proof whichever it is."""
        server = t.cast(Instance, instance)
        watch = self._watch(str(server.id))
        self._send(api.RESTORE, str(server.id), {"backup": int(str(backup.id))})
        with contextlib.suppress(TransientError):
            watch.see(self._status(str(server.id))[1])  # at once, since a short one may be over by the first poll
        return self._restoring(server, watch)

    def under_way(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation | None:
        """Whether a restore whose answer was lost shows: something is in progress, or the status tells of an end that it did not tell before."""
        server = t.cast(Instance, instance)
        watch = self._watch(str(server.id))
        watch.see(self._status(str(server.id))[1])
        return self._restoring(server, watch) if watch.moved else None

    def _restoring(self, server: Instance, watch: _Watch) -> Operation:
        """Await the end of a restore, and then the power state of before (HA-17), seen twice."""
        sid, label = str(server.id), self.driver.label(server)
        patience = min(RESTORE_GRACE, self.driver.context.deadline.seconds / 4)
        steady = 0

        def back() -> bool:
            nonlocal steady
            now = self.driver.get(sid)
            alike = now is not None and (now.status == server.status if server.status != UNKNOWN else now.settled)
            steady = steady + 1 if alike else 0
            return steady > 1

        def check() -> Outcome | None:
            progress = watch.see(self._status(sid)[1])
            if progress is Progress.FAILED:
                raise OperationFailedError(
                    f"The restore of {label} failed", hint="Look at the server in the provider's panel: its disk may be incomplete.", id=sid
                )
            if progress is Progress.MOVING or (not watch.moved and watch.elapsed < patience):
                return None
            return Outcome(sid) if back() else None

        return self.driver.operation(f"restore of {label}", check, instance_id=sid)
