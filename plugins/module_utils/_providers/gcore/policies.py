# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules of backups as lifecycle policies over the volumes of a server (contract section 8.3, reading 27).

A policy can hold several schedules, and volumes of several servers: schedules are what a task manages, the volumes of others stay.
"""

from __future__ import annotations

import re
import typing as t

from ..._core import schedule as times
from ..._core.errors import NotAppliedError, OptionError, OutcomeUnknownError
from ..._core.model import Instance, Schedule
from ..._core.normalise import integer, text
from .api import (
    POLICIES,
    POLICY_ADD_SCHEDULES,
    POLICY_ADD_VOLUMES,
    POLICY_CREATE,
    POLICY_DELETE,
    POLICY_REMOVE_SCHEDULES,
    POLICY_REMOVE_VOLUMES,
    POLICY_UPDATE,
    TITLE,
    Row,
)

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

HOUR = 3600
MOST_KEPT = 10000
DEFAULT_KEPT = 2
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # the provider counts from Monday, 0, cron from Sunday, 0: sent as words
_UNITS = (("weeks", 7 * 24 * HOUR), ("days", 24 * HOUR), ("hours", HOUR), ("minutes", 60))
_CRON = ("minute", "hour", "day", "month")
_KEPT_AS_THEY_ARE = ("retention_time", "resource_name_template")


class Policies:
    """Reading and changing policies; all calls are carried out at once."""

    def __init__(self, driver: GcoreDriver) -> None:
        self._driver = driver
        self._api = driver.api
        self._scope = driver.scope

    @staticmethod
    def check(wanted: Schedule) -> None:
        """Refuse what a policy cannot hold.

        Raises:
            OptionError: names what is wrong.
        """
        if wanted.every is not None and wanted.every < HOUR:
            raise OptionError(f"schedule: every must be an hour or more at {TITLE}", hint="Write every: 1h.", option="schedule")
        if wanted.keep is not None and wanted.keep > MOST_KEPT:
            raise OptionError(f"schedule: {TITLE} keeps at most {MOST_KEPT} backups, not {wanted.keep}", hint="Lower keep.", option="schedule")
        _minute, _hour, day, _month, weekday = (wanted.cron or "* * * * *").split()
        if "*" not in (day, weekday):
            raise OptionError(
                f"schedule: at {TITLE} a day must fit both the day of the month and the day of the week, where cron takes either",
                hint="Give one of the two, or make two schedules.",
                option="schedule",
            )

    def named(self, instance: Instance, name: str) -> list[Schedule]:
        """The policies of exactly this name, whatever they cover."""
        return [found for found in self._all(instance) if found.name == name]

    def _all(self, instance: Instance) -> list[Schedule]:
        region, volumes = str(instance.region), self._driver.storage.ids(instance)
        rows = self._api.everything(POLICIES, self._scope.path(region), {"need_volumes": "true"})
        return [schedule_of(row, instance, volumes) for row in rows if row.get("action") in ("volume_snapshot", None)]

    def create(self, instance: Instance, wanted: Schedule) -> None:
        """Make a policy over all volumes of a server."""
        body = {
            "name": wanted.name,
            "action": "volume_snapshot",
            "status": _status(wanted),
            "volume_ids": self._driver.storage.ids(instance),
            "schedules": [_row_of(wanted)],
        }
        self._api.ask(POLICY_CREATE, self._scope.path(str(instance.region)), body=body)

    def change(self, instance: Instance, current: Schedule, wanted: Schedule) -> None:
        """Make the difference: add before anything is removed, so that there is never none."""
        path = self._path(current)
        added, surplus = _difference(current, wanted)
        if current.facts["missing"]:
            self._api.ask(POLICY_ADD_VOLUMES, path, body={"volume_ids": list(current.facts["missing"])})
        if added:
            self._add(instance, current, added)
        if surplus:
            if not self._holds(instance, current, added):
                raise NotAppliedError(
                    f"{TITLE} accepted the new times of policy {current.name} ({current.id}), but does not show them; the old ones were left alone",
                    hint="Run the task again.",
                    id=current.id,
                )
            self._api.ask(POLICY_REMOVE_SCHEDULES, path, body={"schedule_ids": surplus})
        if current.paused != wanted.paused:
            self._api.ask(POLICY_UPDATE, path, body={"status": _status(wanted)})

    def _add(self, instance: Instance, current: Schedule, added: t.Sequence[Row]) -> None:
        """Add schedules, once; after a lost answer the policy tells whether they are there.

        Raises:
            OutcomeUnknownError: they are not.
        """
        try:
            self._api.ask(POLICY_ADD_SCHEDULES, self._path(current), body={"schedules": added})
        except OutcomeUnknownError:
            if not self._holds(instance, current, added):
                raise

    def _holds(self, instance: Instance, current: Schedule, added: t.Sequence[Row]) -> bool:
        """Whether a policy has these schedules now, maybe among others."""
        there = {_meaning(row) for found in self._all(instance) if found.id == current.id for row in found.facts["schedules"]} if added else set()
        return {_meaning(row) for row in added} <= there

    def delete(self, schedule: Schedule) -> None:
        """Delete a policy; one that is about other volumes too only loses those of the server."""
        path = self._path(schedule)
        if schedule.facts["foreign"]:
            self._api.ask(POLICY_REMOVE_VOLUMES, path, body={"volume_ids": list(schedule.facts["covered"])})
        else:
            self._api.ask(POLICY_DELETE, path)

    def _path(self, schedule: Schedule) -> dict[str, str]:
        return self._scope.path(str(schedule.facts["region"]), policy_id=str(schedule.id))


def schedule_of(row: Row, instance: Instance, volumes: t.Sequence[str]) -> Schedule:
    """A policy as a server sees it; C(instance) is None where it covers none of its volumes.

    Several schedules in one policy show as one text in C(cron), which no wish is equal to.
    """
    covered = [str(_volume_id(item)) for item in _items(row.get("volumes")) if _volume_id(item)]
    rows = _items(row.get("schedules"))
    kept = {integer(each.get("max_quantity")) or DEFAULT_KEPT for each in rows}
    ours = [volume for volume in covered if volume in volumes]
    single = rows[0] if len(rows) == 1 else None
    every = _every(single) if single and _is_interval(single) else None
    return Schedule(
        provider="gcore",
        id=text(row.get("id")),
        name=text(row.get("name")),
        instance=str(instance.id) if ours else None,
        cron=None if every is not None or not rows else " and ".join(sorted(_told(each) for each in rows)),
        every=every,
        keep=next(iter(kept)) if len(kept) == 1 else None,
        paused=(text(row.get("status")) or "").lower() == "paused",
        covers=bool(volumes) and not set(volumes) - set(covered),
        facts={
            "region": instance.region,
            "schedules": tuple(rows),
            "missing": tuple(volume for volume in volumes if volume not in covered),
            "covered": tuple(ours),
            "foreign": tuple(volume for volume in covered if volume not in volumes),
        },
    )


def _items(value: t.Any) -> list[t.Any]:
    return [item for item in value if item] if isinstance(value, list) else []


def _volume_id(item: t.Any) -> str | None:
    return (text(item.get("volume_id")) or text(item.get("id"))) if isinstance(item, dict) else text(item)


def _status(schedule: Schedule) -> str:
    return "paused" if schedule.paused else "active"


def _difference(current: Schedule, wanted: Schedule) -> tuple[list[Row], list[str]]:
    """The schedules to add, and the ids of those to remove."""
    present: tuple[Row, ...] = current.facts["schedules"]
    timed = wanted.cron is not None or wanted.every is not None
    if not timed or (present and (wanted.cron, wanted.every) == (current.cron, current.every)):  # only how many are kept differs, if anything
        targets = [{**_sendable(row), "max_quantity": wanted.keep or row.get("max_quantity")} for row in present]
    else:
        inherited = {key: present[0][key] for key in _KEPT_AS_THEY_ARE if present and present[0].get(key) is not None}
        targets = [{**inherited, **_row_of(wanted)}]
    there = {_meaning(row) for row in present}
    wanted_meanings = {_meaning(row) for row in targets}
    added = {_meaning(row): row for row in targets if _meaning(row) not in there}
    stays, surplus = set[tuple[str, int]](), list[str]()
    for row in present:
        meaning = _meaning(row)
        if meaning in stays or meaning not in wanted_meanings:
            surplus.append(str(row.get("id")))
        stays.add(meaning)
    return list(added.values()), surplus


def _meaning(row: Row) -> tuple[str, int]:
    """What makes two schedules the same."""
    return _told(row), integer(row.get("max_quantity")) or DEFAULT_KEPT


def _row_of(schedule: Schedule) -> Row:
    """A schedule as the provider takes it; times are UTC."""
    kept = {"max_quantity": schedule.keep} if schedule.keep else {}
    if schedule.every is not None:
        row: Row = {"type": "interval"}
        rest = schedule.every
        for unit, size in _UNITS:
            if rest >= size:
                row[unit], rest = divmod(rest, size)
        return {**row, **kept}
    minute, hour, day, month, weekday = str(schedule.cron).split()
    days = weekday if weekday == "*" else ",".join(sorted((WEEKDAYS[(int(number) - 1) % 7] for number in weekday.split(",")), key=WEEKDAYS.index))
    fields = {"minute": minute, "hour": hour, "day": day, "day_of_week": days, "month": month, "week": "*"}
    return {"type": "cron", **fields, "timezone": "UTC", **kept}


def _sendable(row: Row) -> Row:
    """A schedule without what the provider makes of it."""
    fields = (*_CRON, "day_of_week", "week", "timezone") if not _is_interval(row) else tuple(unit for unit, _size in _UNITS)
    return {key: row[key] for key in ("type", *fields, *_KEPT_AS_THEY_ARE) if row.get(key) is not None}


def _is_interval(row: Row) -> bool:
    return (text(row.get("type")) or "").lower() == "interval"


def _every(row: Row) -> int:
    """The seconds of an interval."""
    return sum((integer(row.get(unit)) or 0) * size for unit, size in _UNITS)


def _told(row: Row) -> str:
    """A schedule in the spelling of ours; with what our cron does not know behind it, so that it is not taken for the same."""
    if _is_interval(row):
        return f"every {times.span(_every(row))}"
    fields = [text(row.get(name)) or "*" for name in _CRON]
    weekday = text(row.get("day_of_week")) or "*"
    try:
        told = times.cron(" ".join((*fields, _cron_weekdays(weekday))))
    except ValueError:
        told = " ".join((*fields, weekday))
    week, zone = text(row.get("week")) or "*", text(row.get("timezone")) or "UTC"
    return told + (f" in week {week}" if week != "*" else "") + (f" {zone}" if zone.upper() not in ("UTC", "ETC/UTC", "GMT") else "")


def _cron_weekdays(weekday: str) -> str:
    """The days of the week as cron counts them, from what the provider tells: words, or its own numbers.

    Raises:
        ValueError: it is neither.
    """
    days: set[int] = set()
    for item in weekday.lower().split(","):
        found = re.fullmatch(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d?))?", item.strip())
        if found is None:
            raise ValueError(f"{weekday!r} names no days")
        first, last, step = found.groups()
        start = _weekday(first) if first else 0
        end = _weekday(last) if last else 6 if first is None or step else start
        days.update(range(start, end + 1, int(step or 1)))
    if not days:
        raise ValueError(f"{weekday!r} names no days")
    return ",".join(str((day + 1) % 7) for day in sorted(days))


def _weekday(word: str) -> int:
    """The provider's number of a day."""
    number = WEEKDAYS.index(word[:3]) if word[:3] in WEEKDAYS else int(word)
    if number > 6:
        raise ValueError(f"{word!r} is no day of the week")
    return number
