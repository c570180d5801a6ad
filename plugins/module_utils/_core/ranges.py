# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges in names, in the form that Ansible's inventories have: C(web-[01:50]), C(db-[a:f]), C([1:9:2]), several in one name.

Pure. The controller's own expander cannot be imported by a module.
"""

from __future__ import annotations

import string
import typing as t

from .errors import OptionError

MOST = 10_000  # names of one range; more is a slip of the finger
MOST_DIGITS = 9


def expand(name: str) -> list[str]:
    """All names that a name with ranges stands for; one without stands for itself.

    Raises:
        OptionError: a range has another form, names nothing, or names more than MOST.
    """
    head, opening, rest = name.partition("[")
    if not opening:
        return [name]
    between, closing, tail = rest.partition("]")
    if not closing:
        raise _refused(name, "the bracket is not closed")
    items = _items(name, between)
    if len(items) > MOST:
        raise _refused(name, f"it stands for more than {MOST} names")
    tails = expand(tail)
    if len(items) * len(tails) > MOST:
        raise _refused(name, f"it stands for more than {MOST} names")
    return [f"{head}{item}{end}" for item in items for end in tails]


def _items(name: str, between: str) -> t.Sequence[str]:
    """What a range counts through; a first number with leading zeros sets the width of all."""
    bounds = between.split(":")
    if len(bounds) not in (2, 3) or not bounds[1]:
        raise _refused(name, "a range is [first:last] or [first:last:step]")
    first, last = bounds[0] or "0", bounds[1]
    step = _number(name, bounds[2]) if len(bounds) == 3 else 1
    if step < 1:
        raise _refused(name, "the step must be at least 1")
    letters = [string.ascii_letters.find(bound) if len(bound) == 1 else -1 for bound in (first, last)]
    if min(letters) >= 0:
        start, end = letters[0], letters[1] + 1
        return _filled(name, list(string.ascii_letters[start:end:step]))
    width = len(first) if first[0] == "0" and len(first) > 1 else 0
    if width and width != len(last):
        raise _refused(name, "with leading zeros, first and last must have the same length")
    numbers = range(_number(name, first), _number(name, last) + 1, step)
    return _filled(name, [str(number).zfill(width) for number in numbers[: MOST + 1]])


def _filled(name: str, items: list[str]) -> list[str]:
    if not items:
        raise _refused(name, "the first must not come after the last")
    return items


def _number(name: str, digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise _refused(name, f"{digits[:20]!r} is neither a letter nor a number of up to {MOST_DIGITS} digits")
    return int(digits)


def _refused(name: str, why: str) -> OptionError:
    return OptionError(f"name: {name!r} is no range: {why}", hint="Write web-[01:50], db-[a:f] or node[1:9:2].", option="name")
