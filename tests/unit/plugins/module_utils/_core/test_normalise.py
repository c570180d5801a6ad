# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spellings that mean the same."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._core.normalise import (
    address_family,
    address_scope,
    flag,
    integer,
    iso_utc,
    map_to_plain_tags,
    one_line,
    plain_tags_to_map,
    text,
)

KEYS = st.text("abc-: é", min_size=1, max_size=4)
VALUES = st.text("abc=: é", max_size=4)
PLAIN = st.lists(st.text("ab=", max_size=4), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_every_map_of_valid_keys_survives_the_way_to_plain_tags_and_back(tags: dict[str, str]) -> None:
    assert plain_tags_to_map(map_to_plain_tags(tags)) == tags


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_what_a_provider_shows_is_stable_once_it_was_written_back(tags: list[str]) -> None:
    shown = plain_tags_to_map(tags)
    assert plain_tags_to_map(map_to_plain_tags(shown)) == shown


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_no_plain_tag_hides_another(tags: list[str]) -> None:
    assert len(plain_tags_to_map(tags)) == len({tag for tag in tags if tag})


@settings(max_examples=100, deadline=None)
@given(PLAIN, st.randoms())
def test_order_and_repetition_of_plain_tags_mean_nothing(tags: list[str], random: t.Any) -> None:
    shuffled = tags * 2
    random.shuffle(shuffled)
    assert list(plain_tags_to_map(shuffled).items()) == list(plain_tags_to_map(tags).items())


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        (["web"], {"web": ""}),
        (["role=web"], {"role": "web"}),
        (["url=a=b"], {"url": "a=b"}),
        (["role=a", "role=b"], {"role=a": "", "role=b": ""}),
        (["role", "role=b", "x"], {"role": "", "role=b": "", "x": ""}),
        (["", "a", "a"], {"a": ""}),
        (["=", "=x"], {"=": "", "=x": ""}),
        (["a="], {"a": ""}),
        ([], {}),
    ],
)
def test_plain_tags_as_a_map(plain: list[str], shown: dict[str, str]) -> None:
    assert plain_tags_to_map(plain) == shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05+0200", "2024-01-02T01:04:05Z"),
        ("2024-01-02T03:04:05-03:30", "2024-01-02T06:34:05Z"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
        ("2024-01-02", "2024-01-02T00:00:00Z"),
        (" 2024-01-02T03:04:05Z ", "2024-01-02T03:04:05Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (0, None),
        ({}, None),
        (["2024"], None),
    ],
)
def test_times(value: t.Any, expected: str | None) -> None:
    assert iso_utc(value) == expected


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.none(), st.booleans(), st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")))
def test_no_value_of_a_provider_breaks_the_readers(value: t.Any) -> None:
    for reader in (iso_utc, integer, flag, text):
        reader(value)


@settings(max_examples=100, deadline=None)
@given(st.datetimes(timezones=st.timezones()))
def test_times_are_the_same_once_normalised(moment: t.Any) -> None:
    once = iso_utc(moment.isoformat())
    assert iso_utc(once) == once


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("10.1.2.3", "private"),
        ("172.15.255.255", "public"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", "public"),
        ("192.168.0.1", "private"),
        ("100.63.255.255", "public"),
        ("100.64.0.1", "private"),
        ("169.254.0.1", "private"),
        ("127.0.0.1", "private"),
        ("192.0.2.1", "public"),
        ("203.0.113.9", "public"),
        ("8.8.8.8", "public"),
        ("::1", "private"),
        ("fd00::1", "private"),
        ("fe80::1", "private"),
        ("2001:db8::1", "public"),
        ("2a01:4f8::1", "public"),
    ],
)
def test_scope_of_an_address(address: str, scope: str) -> None:
    assert address_scope(address) == scope


@pytest.mark.parametrize(
    ("address", "family"),
    [("192.0.2.1", "ipv4"), ("192.0.2.1/24", "ipv4"), ("2001:db8::1/64", "ipv6"), (" ::1 ", "ipv6"), ("web.example", None), ("", None), ("1.2.3", None)],
)
def test_family_of_an_address(address: str, family: str | None) -> None:
    assert address_family(address) == family


@pytest.mark.parametrize(
    ("value", "expected"),
    [(4, 4), ("4", 4), (" 4.0 ", 4), (4.9, 4), (True, None), (None, None), ("4 GB", None), ("nan", None), ("inf", None), ("", None), ([], None)],
)
def test_numbers(value: t.Any, expected: int | None) -> None:
    assert integer(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), (1, True), (0, False), ("1", True), ("0", False), ("Yes", True), ("off", False), ("", False), (None, None), ("2", None)],
)
def test_flags(value: t.Any, expected: bool | None) -> None:
    assert flag(value) is expected


@pytest.mark.parametrize(("value", "expected"), [(" a ", "a"), (7, "7"), ("", None), ("  ", None), (None, None), ({}, None), ([1], None)])
def test_texts(value: t.Any, expected: str | None) -> None:
    assert text(value) == expected


def test_a_message_of_a_provider_becomes_one_plain_line() -> None:
    assert one_line("<html><b>Bad\n\tGateway</b></html> 502") == "Bad Gateway 502"
    assert one_line("a\x1b[31m b\u202ec\x00") == "a [31m b c"
    assert len(one_line("x" * 5000)) == 400
    assert one_line("<" * 5000)
