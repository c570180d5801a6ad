# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of volumes, and which of them together are the backup of a server (contract section 8.1, reading 25).

Pure. A snapshot is of one volume; tags tie those of one backup: its name, the run that made it, and which part of how many each is,
the boot volume's first. Snapshots of others are a backup each.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ..._core.errors import ProtocolError
from ..._core.model import CREATING, ERROR, READY, RESTORING, Backup, Part
from ..._core.normalise import integer, iso_utc, text
from .api import TITLE, Row
from .mapping import tags_of

NAME_TAG = "ansible_backup"  # reading 25
RUN_TAG = "ansible_backup_run"  # so that what a lost answer made is told from everything else
PART_TAG = "ansible_backup_part"  # "1/2": so that a backup that was never completed is told from a whole one

# What is not among them is an error.
_STATUSES = {"available": READY, "creating": CREATING, "backing-up": CREATING, "restoring": RESTORING}
_GONE = ("deleting", "deleted")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot. C(volume) is empty where the provider tells none.

    C(tie) is the name in our tag, C(part) counts from 1, C(parts) is how many there shall be; None where it is not ours.
    """

    id: str
    name: str | None
    volume: str
    word: str
    size: int | None
    created_at: str | None
    tie: str | None
    run: str | None
    part: int | None
    parts: int | None
    task: str | None

    @property
    def status(self) -> str:
        """In neutral words."""
        return _STATUSES.get(self.word, ERROR)

    @property
    def place(self) -> int:
        """Which part of a backup it is: by our mark, else by its name (reading 25); 0 where neither tells."""
        numbered = re.fullmatch(rf"{re.escape(self.tie or '')}-([1-9]\d{{0,3}})", self.name or "")
        return self.part or (int(numbered[1]) if numbered else 0)


def marks(name: str, run: str, part: int, parts: int) -> dict[str, str]:
    """The tags of a snapshot of ours."""
    return {NAME_TAG: name, RUN_TAG: run, PART_TAG: f"{part}/{parts}"}


def snapshot_of(row: Row) -> Snapshot | None:
    """A snapshot from a row; None when it is on its way out.

    Raises:
        ProtocolError: it has no id.
    """
    identity, word = text(row.get("id")), (text(row.get("status")) or "").lower()
    if word in _GONE:
        return None
    if identity is None:
        raise ProtocolError(f"{TITLE} told of a snapshot without an id")
    own, _platform = tags_of(row) or ({}, {})
    place = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", own.get(PART_TAG, ""))
    return Snapshot(
        id=identity,
        name=text(row.get("name")),
        volume=text(row.get("volume_id")) or "",
        word=word,
        size=integer(row.get("size")),
        created_at=iso_utc(row.get("created_at")),
        tie=own.get(NAME_TAG) or None,
        run=own.get(RUN_TAG) or None,
        part=int(place[1]) if place else None,
        parts=int(place[2]) if place else None,
        task=text(row.get("task_id")),
    )


def of_volumes(snapshots: t.Iterable[Snapshot], volumes: t.Collection[str]) -> list[Snapshot]:
    """The snapshots of a server's volumes, with what was made in one run with them of volumes that are detached by now.

    A volume that came from another server brings along what was saved of it there: that is a part of the other server's backup, so here it is
    nobody's. Boot volumes cannot be detached, so the first part tells whose a backup is.
    """
    listed = list(snapshots)
    elsewhere = {each.run for each in listed if each.run and each.part == 1 and each.volume and each.volume not in volumes}
    runs = {each.run for each in listed if each.volume in volumes} - elsewhere - {None}
    found = [each for each in listed if each.volume in volumes or each.run in runs]
    return [replace(each, tie=None, run=None, part=None, parts=None) if each.run in elsewhere else each for each in found]


def backups_of(snapshots: t.Iterable[Snapshot], region: str, servers: t.Mapping[str, str], volumes: t.Mapping[str, t.Sequence[str]]) -> list[Backup]:
    """The backups that snapshots make up, newest first.

    Args:
        servers: the server of each attached volume.
        volumes: the volumes of each server, in its order, as far as they are known.
    """
    listed = list(snapshots)
    servers_of_runs: dict[str | None, str] = {each.run: servers[each.volume] for each in listed if each.run and each.volume in servers}
    groups: dict[tuple[t.Any, ...], list[Snapshot]] = {}
    for each in sorted(listed, key=lambda each: (each.created_at or "", each.part or 0)):
        server = servers_of_runs.get(each.run) or servers.get(each.volume)
        tie = ("run", each.run) if each.run else ("name", server, each.tie) if each.tie and server else ("snapshot", each.id)
        number = 0
        while any(other.volume == each.volume for other in groups.get((number, *tie), ())):
            number += 1
        groups.setdefault((number, *tie), []).append(each)
    found = []
    for group in groups.values():
        boot = next((each for each in group if each.run and each.part == 1 and each.volume), None)
        server = servers.get(boot.volume) if boot else next((servers[each.volume] for each in group if each.volume in servers), None)
        found.append(_backup(group, region, server, volumes.get(server or "", ())))
    return sorted(found, key=lambda backup: backup.created_at or "", reverse=True)


def _backup(group: t.Sequence[Snapshot], region: str, server: str | None, volumes: t.Sequence[str]) -> Backup:
    """The backup of the snapshots that belong together, the boot volume's first."""
    order = {volume: number for number, volume in enumerate(volumes)}
    parts = sorted(group, key=lambda each: (each.place, order.get(each.volume, len(order))))
    missing = _missing(parts, volumes)
    statuses = {each.status for each in parts}
    status = next((word for word in (CREATING, RESTORING, ERROR) if word in statuses), ERROR if missing else READY)
    words = sorted({each.word for each in parts if each.status == status} or {each.word for each in parts})
    sizes = [each.size for each in parts]
    return Backup(
        provider="gcore",
        id=parts[0].id,
        instance=server,
        name=parts[0].tie or parts[0].name,
        status=status,
        provider_status=", ".join(words) + (f" ({missing} missing)" if missing else ""),
        created_at=max((each.created_at for each in parts if each.created_at), default=None),
        size_gb=sum(size for size in sizes if size is not None) if None not in sizes else None,
        parts=tuple(Part(each.id, each.volume or None) for each in parts),
        own=parts[0].tie is not None,
        run=parts[0].run,
        whole=parts[0].tie is not None or set(volumes) <= {parts[0].volume},
        facts={"region": region, "snapshots": tuple(parts)},
    )


def _missing(parts: t.Sequence[Snapshot], volumes: t.Sequence[str]) -> int:
    """How many volumes lack a part; without our count of parts, those of the server as it is now, unless the name tells of a single one."""
    if parts[0].tie is None:
        return 0
    if parts[0].parts:
        return max(0, parts[0].parts - len(parts))
    if len(parts) == 1 and parts[0].name == parts[0].tie:
        return 0
    return len(set(volumes) - {each.volume for each in parts})


def alone(backup: Backup, part_id: str) -> Backup:
    """One part of a backup, as a backup of its own."""
    part = next(each for each in t.cast("tuple[Snapshot, ...]", backup.facts["snapshots"]) if each.id == part_id)
    single = _backup([replace(part, tie=None)], str(backup.facts["region"]), backup.instance, ())
    return replace(single, own=backup.own, name=backup.name if len(backup.parts) == 1 else part.name)


def pick(backups: t.Iterable[Backup], wanted: str) -> Backup | None:
    """The backup of this id, else the part of one that has it.

    Of an incomplete backup the last part can still be dealt with alone: the other volumes may be deleted, and their snapshots with them.
    """
    listed = list(backups)
    for backup in listed:
        if backup.id == wanted:
            return alone(backup, wanted) if backup.status == ERROR and len(backup.parts) == 1 else backup
    return next((alone(backup, wanted) for backup in listed for part in backup.parts if part.id == wanted), None)
