# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spans of time and cron expressions: every spelling of one schedule has one form, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._core import schedule

DAY = 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5400), ("24h", DAY), ("7d", 7 * DAY), ("2w", 14 * DAY), ("1d12h", DAY + 43200), (" 24H ", DAY), ("0d1h", 3600)],
)
def test_a_span_in_seconds(text: str, seconds: int) -> None:
    assert schedule.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "24", "h", "24 h", "-1h", "1.5h", "24hours", "1y", "0h", "0d0m", "1h30", "9999999d", "24h\n1h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        schedule.seconds(text)


@pytest.mark.parametrize(("seconds", "text"), [(3600, "1h"), (DAY, "1d"), (7 * DAY, "1w"), (90 * 60, "90m"), (36 * 3600, "36h"), (14 * DAY, "2w")])
def test_a_span_is_shown_in_its_shortest_spelling(seconds: int, text: str) -> None:
    assert schedule.span(seconds) == text


@given(st.integers(min_value=1, max_value=999_999))
def test_a_shown_span_is_read_as_the_same(minutes: int) -> None:
    assert schedule.seconds(schedule.span(minutes * 60)) == minutes * 60


@pytest.mark.parametrize(
    "same",
    [
        ("0 3 * * *", "00 03 */1 * *", " 0  3 1-31 1-12 0-6 ", "0 3 * jan-dec sun-sat", "0 3 * * 0-7", "0 3 * * 1,2,3,4,5,6,7"),
        ("0,30 * * * *", "*/30 * * * *", "30,0 * * * *", "0/30 0-23 * * *", "0-59/30 */1 * * *", "30,0,30 * * * *"),
        ("15 2 * * 0", "15 2 * * 7", "15 2 * * sun", "15 2 * * SUN", "15 2 * * Sunday"),
        ("0 0 1 1,4,7,10 *", "0 0 1 */3 *", "0 0 1 JAN,apr,Jul,oct *", "0 0 1 1-12/3 *"),
        ("5 4 * * 1-5", "5 4 * * mon-fri", "5 4 * * 5,4,3,2,1"),
        ("0 0 * * 0,5,6", "0 0 * * 5-7", "0 0 * * fri,sat,sun"),
    ],
)
def test_spellings_of_one_schedule_are_equal(same: tuple[str, ...]) -> None:
    assert {schedule.cron(spelling) for spelling in same} == {schedule.cron(same[0])}


@pytest.mark.parametrize(
    ("expression", "form"),
    [("0 3 * * *", "0 3 * * *"), ("*/15 * * * *", "0,15,30,45 * * * *"), ("0 8-18/5 1 dec mon", "0 8,13,18 1 12 1"), ("58/1 * * * *", "58,59 * * * *")],
)
def test_every_field_is_spelt_out(expression: str, form: str) -> None:
    assert schedule.cron(expression) == form


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "0 fields"),
        ("0 3 * *", "4 fields"),
        ("0 3 * * * *", "6 fields"),
        ("@daily", "1 fields"),
        ("60 * * * *", "from 0 to 59"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of the month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of the week"),
        ("* * * foo *", "month"),
        ("5-1 * * * *", "ends before it starts"),
        ("*-5 * * * *", "minute"),
        ("*/0 * * * *", "minute"),
        ("1,,2 * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("mon * * * *", "minute"),
        ("1/2/3 * * * *", "minute"),
    ],
)
def test_what_is_no_cron_expression_is_refused_and_the_field_named(expression: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        schedule.cron(expression)


FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@st.composite
def fields(draw: st.DrawFn, first: int, last: int) -> str:
    """One field in any of its spellings."""
    number = st.integers(first, last)
    one = st.one_of(
        st.just("*"),
        number.map(str),
        st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}"),
        st.integers(1, 70).map(lambda step: f"*/{step}"),
        st.tuples(number, st.integers(1, 70)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    return ",".join(draw(st.lists(one, min_size=1, max_size=4)))


def minutes_of(field: str, first: int, last: int) -> set[int]:
    """Another reading of a field, by trying each value: what the form must keep."""
    hit = set()
    for value in range(first, last + 1):
        for part in field.split(","):
            span, _slash, step = part.partition("/")
            low, _dash, high = span.partition("-")
            start = first if low == "*" else int(low)
            end = int(high) if high else (last if low == "*" or step else start)
            if start <= value <= end and (value - start) % int(step or 1) == 0:
                hit.add(value % 7 if (first, last) == (0, 7) else value)
    return hit


@given(st.tuples(*(fields(first, last) for first, last in FIELDS)))
def test_the_form_means_the_same_and_is_its_own_form(spelling: tuple[str, ...]) -> None:
    form = schedule.cron(" ".join(spelling))
    assert schedule.cron(form) == form
    for given_field, formed, (first, last) in zip(spelling, form.split(), FIELDS, strict=True):
        assert minutes_of(formed, first, last) == minutes_of(given_field, first, last)
