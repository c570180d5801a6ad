# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When stored schedules are due: cron expressions in a time zone, read in two dialects."""

from __future__ import annotations

import datetime
import itertools
import re
import typing as t
import zoneinfo
from dataclasses import dataclass

_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_WEEKDAYS: t.Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: t.Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEARCHED_DAYS = 8 * 366  # a 29th of February is at most eight years away


@dataclass(frozen=True)
class Cron:
    """The moments that a cron expression means, as sets of what each field allows; weekdays count from Monday, 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    weeks: frozenset[int]
    either_day: bool  # cron's own rule for two restricted fields: one of day and weekday is enough
    zone: datetime.tzinfo

    def next_after(self, moment: float) -> float | None:
        """The first run after a moment (both in seconds since the epoch), None when there never is one."""
        start = datetime.datetime.fromtimestamp(moment, self.zone)
        for number in range(_SEARCHED_DAYS):
            day = start.date() + datetime.timedelta(days=number)
            if self._fits(day):
                for hour in sorted(hour for hour in self.hours if number or hour >= start.hour):
                    for minute in sorted(self.minutes):
                        run = datetime.datetime.combine(day, datetime.time(hour, minute), self.zone).timestamp()
                        if run > moment:
                            return run
        return None

    def least_gap(self) -> int:
        """The shortest time between two runs on one day or on two days in a row, in minutes."""
        runs = sorted(60 * hour + minute for hour in self.hours for minute in self.minutes)
        return min(after - before for before, after in itertools.pairwise([*runs, runs[0] + 1440]))

    def _fits(self, day: datetime.date) -> bool:
        by_date, by_weekday = day.day in self.days, day.weekday() in self.weekdays
        fits = (by_date or by_weekday) if self.either_day else (by_date and by_weekday)
        return fits and day.month in self.months and day.isocalendar()[1] in self.weeks


def classic(expression: str) -> Cron:
    """A line of five fields in UTC; weekdays count from Sunday, 0 or 7.

    Raises:
        ValueError: it is none.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError("a cron expression has five fields")
    minute, hour, day, month, weekday = fields
    return Cron(
        minutes=_numbers(minute, 0, 59),
        hours=_numbers(hour, 0, 23),
        days=_numbers(day, 1, 31),
        months=_numbers(month, 1, 12, _MONTHS),
        weekdays=frozenset((number - 1) % 7 for number in _numbers(weekday, 0, 7, (*_WEEKDAYS[-1:], *_WEEKDAYS[:-1]))),
        weeks=_numbers("*", 1, 53),
        either_day=day != "*" and weekday != "*",
        zone=datetime.timezone.utc,
    )


def fielded(fields: t.Mapping[str, str], timezone: str) -> Cron:
    """Separate fields C(minute, hour, day, day_of_week, month, week) in a named zone; weekdays count from Monday, 0, and every field must fit.

    Raises:
        ValueError: a field or the zone makes no sense.
    """
    try:
        zone = zoneinfo.ZoneInfo(timezone) if timezone != "UTC" else datetime.timezone.utc
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{timezone} is no time zone") from error
    return Cron(
        minutes=_numbers(fields["minute"], 0, 59),
        hours=_numbers(fields["hour"], 0, 23),
        days=_numbers(fields["day"], 1, 31),
        months=_numbers(fields["month"], 1, 12, _MONTHS),
        weekdays=_numbers(fields["day_of_week"], 0, 6, _WEEKDAYS),
        weeks=_numbers(fields["week"], 1, 53),
        either_day=False,
        zone=zone,
    )


def _numbers(text: str, low: int, high: int, names: t.Sequence[str] = ()) -> frozenset[int]:
    """The numbers of a comma list of C(*), numbers, names and ranges, each with an optional step; names count from C(low)."""

    def number(word: str) -> int:
        value = names.index(word.lower()) + low if word.lower() in names else int(word)
        if not low <= value <= high:
            raise ValueError(f"{word} is not from {low} to {high}")
        return value

    found: set[int] = set()
    for item in text.split(","):
        matched = _ITEM.fullmatch(item.strip())
        if not matched or matched[3] == "0":
            raise ValueError(f"{item} is no part of a cron expression")
        first, last, step = matched.groups()
        start = low if first is None else number(first)
        end = number(last) if last else high if first is None or step else start
        found.update(range(start, end + 1, int(step or 1)))
    if not found:
        raise ValueError(f"{text} names nothing")
    return frozenset(found)
