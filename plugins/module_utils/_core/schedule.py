# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When backups are made: cron expressions and intervals in one form.

Pure. All times are UTC.
"""

from __future__ import annotations

import re

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, first and last value, and words for the values, of the five fields.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)


def seconds(span: str) -> int:
    """C(90m), C(24h), C(7d) or C(2w) in seconds; one unit or several (C(1d12h)).

    Raises:
        ValueError: it is none of these, or nothing at all.
    """
    word = str(span).strip().lower()
    if not re.fullmatch(r"(\d{1,6}[mhdw])+", word):
        raise ValueError(f"{span!r} is no span of time such as 24h or 7d")
    total = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([mhdw])", word))
    if total == 0:
        raise ValueError(f"{span!r} is no time at all")
    return total


def span(total: int) -> str:
    """Seconds in the shortest spelling that C(seconds) reads."""
    for unit, size in reversed(_UNITS.items()):
        if total >= size and total % size == 0:
            return f"{total // size}{unit}"
    return f"{max(1, round(total / 60))}m"


def cron(expression: str) -> str:
    """A cron expression of five fields with every field spelt out: C(*) or a sorted list of numbers.

    Raises:
        ValueError: it is none; the text says which field is wrong.
    """
    fields = str(expression).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{expression!r} is no cron expression: it has {len(fields)} fields, not minute, hour, day, month and day of the week")
    return " ".join(_spelt_out(field, *about) for field, about in zip(fields, _FIELDS, strict=True))


def _spelt_out(field: str, name: str, first: int, last: int, words: tuple[str, ...]) -> str:
    values: set[int] = set()
    for part in field.lower().split(","):
        found = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d{1,4}))?", part)
        if found is None:
            raise ValueError(f"{part!r} is nothing for the {name} of a cron expression")
        low, high, step = found[1], found[2], int(found[3] or 1)
        if step < 1 or (low == "*" and high):
            raise ValueError(f"{part!r} is nothing for the {name} of a cron expression")
        start = first if low == "*" else _value(low, name, first, last, words)
        end = last if low == "*" or (found[3] and not high) else _value(high, name, first, last, words) if high else start
        if end < start:
            raise ValueError(f"{part!r} ends before it starts, in the {name} of a cron expression")
        values.update(range(start, end + 1, step))
    if words is _DAYS:
        values = {value % 7 for value in values}
    everything = last - first + 1 - (words is _DAYS)
    return "*" if len(values) == everything else ",".join(str(value) for value in sorted(values))


def _value(word: str, name: str, first: int, last: int, words: tuple[str, ...]) -> int:
    number = words.index(word[:3]) + (first if words is _MONTHS else 0) if word[:3] in words else int(word) if word.isdecimal() else -1
    if not first <= number <= last:
        raise ValueError(f"{word!r} is nothing for the {name} of a cron expression, which goes from {first} to {last}")
    return number
