# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of backups and of their schedules: what a provider that has them implements.

Reads return complete lists or raise. A verb that writes sends its call when it is called, once; None means done at once.
"""

from __future__ import annotations

import abc
import re
import typing as t
from dataclasses import dataclass, field

from .._core.model import Backup, Instance, Part, Schedule
from .._core.wait import Operation
from .base import Order
from .verbs import D, Verbs

_TIME_BEHIND_NAME = re.compile(r"--[0-9]{8}t[0-9]{6}z")  # two dashes: names that are made up have one


@dataclass(frozen=True)
class NewBackup:
    """A backup to be made.

    Args:
        name: the user's, or one made up for it where the provider has names.
        run: the mark of this run, to be kept with the backup where the provider can keep it.
        known_ids: the backups that were there before, as ids.
    """

    name: str
    run: str
    known_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Restore:
    """A restore that was checked and is ready to be sent.

    Args:
        to: C(in_place) or C(new).
        lost: in words, what the restore destroys.
        made: in words, what it makes and what that costs; None for nothing.
        new_name: the name of the server that it makes; None where it makes none.
        order: where the new server is ordered like any other; it is then sent, followed and looked for as an order.
        body: the provider's own notes; secret.
    """

    to: str
    lost: str | None = None
    made: str | None = None
    new_name: str | None = None
    order: Order | None = None
    body: t.Any = None


@dataclass(frozen=True)
class Restored:
    """What a restore brought: the server to look at, and the volumes that were made and attached to it, by id."""

    instance_id: str
    volumes: tuple[str, ...] = field(default=())


class BackupVerbs(Verbs[D]):
    """The verbs of a provider's backups."""

    costs: t.ClassVar[bool] = False  # whether a backup is paid for as long as it exists
    restores_elsewhere: t.ClassVar[bool] = False  # whether something new can be made at one server from the backup of another
    unique_names: t.ClassVar[bool] = False  # whether a name is taken as long as a backup has it
    needs_instance: t.ClassVar[bool] = False  # whether an id tells a backup only together with its server
    look_seconds: t.ClassVar[float | None] = None  # how long to look for what an unclear order makes, where that is not the profile's time

    # -- options ----------------------------------------------------------------------------------------------------

    def check_name(self, name: str) -> None:
        """Refuse a name that the provider would refuse.

        Raises:
            OptionError: says what a name may be. Sends nothing.
        """

    def is_called(self, backup: Backup, name: str) -> bool:
        """Whether a backup has a name; where a name is taken only once, also one after the first, whose name ends in its time."""
        if backup.name is None or not self.unique_names:
            return backup.name == name
        return backup.name.startswith(name) and (backup.name == name or _TIME_BEHIND_NAME.fullmatch(backup.name, len(name)) is not None)

    def next_name(self, name: str, backups: t.Iterable[Backup], stamp: str) -> str:
        """What a new backup is called: C(name), with the time C(stamp) behind it where that is taken."""
        taken = self.unique_names and any(backup.name == name for backup in backups)
        return f"{name}--{stamp}" if taken else name

    def check_schedule(self, wanted: Schedule) -> None:
        """Refuse a schedule that the provider would refuse.

        Raises:
            OptionError: says what it may be. Sends nothing.
        """

    # -- reads ------------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def of(self, instance: Instance) -> list[Backup]:
        """Every backup of a server, newest first, those still being made included (without id, where it has none yet).

        Raises:
            NotFoundError: the server does not exist.
            UnsupportedError: its region has no backups.
        """

    @abc.abstractmethod
    def list_all(self) -> list[Backup]:
        """Every backup in the scope of the connection, newest first."""

    def get(self, backup_id: str) -> Backup | None:
        """The backup of this id, without knowing its server; None only when it provably does not exist."""
        return self.pick(self.list_all(), backup_id)

    def pick(self, backups: t.Iterable[Backup], backup_id: str) -> Backup | None:
        """The one of this id; where parts can be dealt with alone, also the part that has it, as a backup of its own."""
        return next((backup for backup in backups if backup.id == backup_id), None)

    def check_create(self, instance: Instance) -> None:
        """Refuse a server that cannot be backed up, with reads only, before anything is sent for it.

        Raises:
            OptionError: says what stands in the way, and what to do instead.
        """

    def parts(self, instance: Instance) -> tuple[Part, ...]:
        """The parts that a backup of a server will have, as far as they are known once C(check_create) is through."""
        return ()

    # -- writes -----------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def create(self, instance: Instance, new: NewBackup) -> Operation:
        """Start it, once. The operation is done when the backup is finished, and fails when it failed.

        Raises:
            OutcomeUnknownError: the answer was lost; C(made) then tells whether it is being made after all.
        """

    @abc.abstractmethod
    def made(self, new: NewBackup, listed: t.Sequence[Backup]) -> list[Backup]:
        """Those of C(listed) that can only have come from this order."""

    @abc.abstractmethod
    def finish(self, instance: Instance) -> Operation:
        """Await the end of whatever is being backed up or restored at a server, however it ends."""

    def delete(self, backup: Backup) -> Operation | None:
        """Delete all parts of it."""
        raise self.driver.unsupported("backup.absent")

    @abc.abstractmethod
    def plan_restore(self, instance: Instance | None, backup: Backup, to: str, new_name: str | None) -> Restore:
        """Check a restore, with reads only.

        Args:
            instance: the server as it is now; None where it is gone.

        Raises:
            OptionError: it cannot work; says why, and what to do instead.
        """

    @abc.abstractmethod
    def restore(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation:
        """Start it, once. Done when the server is complete; then C(restored) tells."""

    def under_way(self, instance: Instance | None, backup: Backup, restore: Restore) -> Operation | None:
        """After a lost answer to a restore, one look: what awaits its end where it shows that it is carried out, else None."""
        return None

    def restored(self, instance: Instance | None, restore: Restore) -> Restored:
        """What a finished restore brought."""
        return Restored(str(instance.id) if instance else "")

    # -- schedules --------------------------------------------------------------------------------------------------

    def schedules(self, instance: Instance, name: str) -> list[Schedule]:
        """Every schedule of exactly this name."""
        raise self.driver.unsupported("backup.schedule")

    def create_schedule(self, instance: Instance, wanted: Schedule) -> None:
        """Make it, once."""
        raise self.driver.unsupported("backup.schedule")

    def makes_anew(self, current: Schedule, wanted: Schedule) -> bool:
        """Whether this change makes another schedule in its place, with another id."""
        return False

    def change_schedule(self, instance: Instance, current: Schedule, wanted: Schedule) -> None:
        """Make it what is wanted; where the provider cannot change something in place, by making it anew."""
        raise self.driver.unsupported("backup.schedule")

    def also_covers(self, schedule: Schedule) -> str | None:
        """In words, what a schedule backs up besides its server, and what a change of it is for too; None for nothing."""
        return None

    def check_removal(self, schedule: Schedule) -> None:
        """Refuse to delete a schedule that is about more than its server.

        Raises:
            OptionError: tells what else it backs up. Sends nothing.
        """

    def delete_schedule(self, schedule: Schedule) -> None:
        """Delete it; the backups it made stay."""
        raise self.driver.unsupported("backup.schedule")
