# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When stored schedules run: both dialects of cron, time zones, and what is no cron at all."""

from __future__ import annotations

import datetime
import itertools
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator import cron

DAILY = {"minute": "0", "hour": "0", "day": "*", "day_of_week": "*", "month": "*", "week": "*"}


def at(text: str) -> float:
    return datetime.datetime.fromisoformat(f"{text}+00:00").timestamp()


def runs(schedule: cron.Cron, start: str, count: int) -> list[str]:
    """The next runs after a moment, in UTC."""
    found: list[float] = []
    moment: float | None = at(start)
    while len(found) < count and moment is not None:
        moment = schedule.next_after(moment)
        found += [] if moment is None else [moment]
    return [datetime.datetime.fromtimestamp(run, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M") for run in found]


# 2026-01-01 is a Thursday.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 3 * * *", ["2026-01-01 03:00", "2026-01-02 03:00"]),
        ("*/20 1-2 * * *", ["2026-01-01 01:00", "2026-01-01 01:20", "2026-01-01 01:40", "2026-01-01 02:00"]),
        ("30 4 1,15 * *", ["2026-01-01 04:30", "2026-01-15 04:30", "2026-02-01 04:30"]),
        ("0 0 * * sun", ["2026-01-04 00:00", "2026-01-11 00:00"]),
        ("0 0 * * 0", ["2026-01-04 00:00"]),
        ("0 0 * * 7", ["2026-01-04 00:00"]),
        ("0 0 * * 1-5/2", ["2026-01-02 00:00", "2026-01-05 00:00", "2026-01-07 00:00"]),
        ("0 12 13 * 5", ["2026-01-02 12:00", "2026-01-09 12:00", "2026-01-13 12:00"]),
        ("0 12 29 feb *", ["2028-02-29 12:00", "2032-02-29 12:00"]),
        ("0 12 31 2 *", []),
    ],
)
def test_lines_in_utc(expression: str, expected: list[str]) -> None:
    assert runs(cron.classic(expression), "2026-01-01 00:00", max(1, len(expected))) == expected


@pytest.mark.parametrize(
    "text", ["", "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 24 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "a b c d e", "*/0 * * * *", "5-1 * * * *"]
)
def test_what_is_no_line(text: str) -> None:
    with pytest.raises(ValueError):
        cron.classic(text)


@pytest.mark.parametrize(
    ("expression", "gap"), [("0 * * * *", 60), ("*/5 * * * *", 5), ("0,58 * * * *", 2), ("0,58 3 * * *", 58), ("0 3 * * *", 1440), ("0 0,12 * * *", 720)]
)
def test_the_least_gap_between_runs(expression: str, gap: int) -> None:
    assert cron.classic(expression).least_gap() == gap


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"hour": "3"}, ["2026-01-01 03:00", "2026-01-02 03:00"]),
        ({"hour": "0, 12", "minute": "30"}, ["2026-01-01 00:30", "2026-01-01 12:30", "2026-01-02 00:30"]),
        ({"day_of_week": "mon,fri"}, ["2026-01-02 00:00", "2026-01-05 00:00"]),
        ({"day_of_week": "0"}, ["2026-01-05 00:00"]),
        ({"day_of_week": "fri", "day": "13"}, ["2026-02-13 00:00", "2026-03-13 00:00"]),
        ({"week": "10", "day_of_week": "tue"}, ["2026-03-03 00:00"]),
        ({"month": "jun", "day": "1"}, ["2026-06-01 00:00", "2027-06-01 00:00"]),
    ],
)
def test_separate_fields_must_all_fit(fields: dict[str, str], expected: list[str]) -> None:
    assert runs(cron.fielded({**DAILY, **fields}, "UTC"), "2026-01-01 00:00", len(expected)) == expected


def test_a_zone_moves_runs_with_its_summer_time() -> None:
    berlin = cron.fielded({**DAILY, "hour": "3"}, "Europe/Berlin")
    assert runs(berlin, "2026-03-27 12:00", 3) == ["2026-03-28 02:00", "2026-03-29 01:00", "2026-03-30 01:00"]


@pytest.mark.parametrize(("fields", "zone"), [({"hour": "24"}, "UTC"), ({"day_of_week": "7"}, "UTC"), ({}, "Mars/Olympus"), ({}, "../etc/passwd")])
def test_what_is_no_schedule(fields: dict[str, str], zone: str) -> None:
    with pytest.raises(ValueError):
        cron.fielded({**DAILY, **fields}, zone)


def test_runs_only_ever_go_forward() -> None:
    schedule = cron.fielded({**DAILY, "hour": "*", "minute": "*/15"}, "Europe/Berlin")
    moments: list[t.Any] = [at("2026-10-24 22:00")]
    for _number in range(30):  # across the end of summer time
        moments.append(schedule.next_after(moments[-1]))
    assert all(after > before for before, after in itertools.pairwise(moments))
