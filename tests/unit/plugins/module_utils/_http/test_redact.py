# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in anything that is shown."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._http.redact import MASK, Redactor

SECRET = 'tök"en+/&\\=1\n2'

SPELLINGS: dict[str, t.Callable[[str], str]] = {
    "plain": lambda secret: secret,
    "quoted": lambda secret: urllib.parse.quote(secret, safe=""),
    "quoted as a path": urllib.parse.quote,
    "quoted as a form": lambda secret: urllib.parse.urlencode({"k": secret})[2:],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_masked(spelling: str) -> None:
    assert Redactor([SECRET]).text(f"<{SPELLINGS[spelling](SECRET)}>") == f"<{MASK}>"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=4, max_size=12))
def test_no_secret_survives_in_any_spelling(secret: str) -> None:
    redactor = Redactor([secret])
    for spell in SPELLINGS.values():
        assert redactor.text(f"a {spell(secret)} b") == f"a {MASK} b"


def test_nested_data_keys_included() -> None:
    data = {"a": [{"token-marker": "x token-marker y"}, ("token-marker", 1, None, True, 2.5)], 7: "token-marker"}
    assert Redactor(["token-marker"]).data(data) == {"a": [{MASK: f"x {MASK} y"}, [MASK, 1, None, True, 2.5]], 7: MASK}


def test_the_longer_secret_is_masked_whole() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more secret") == f"{MASK} {MASK}"


def test_a_secret_learned_later_counts() -> None:
    redactor = Redactor()
    assert redactor.text("password-marker") == "password-marker"
    redactor.add("password-marker")
    assert redactor.text("password-marker") == MASK


@pytest.mark.parametrize("secret", [None, "", "abc"])
def test_very_short_secrets_are_left_alone(secret: str | None) -> None:
    assert Redactor([secret]).text("abc abcd") == "abc abcd"


def test_a_line_of_user_data_is_masked_where_it_is_quoted_alone() -> None:
    redactor = Redactor(["#cloud-config\n  password: hunter22\nrun: x\n"])
    assert redactor.text("line 2: 'password: hunter22' is wrong") == f"line 2: '{MASK}' is wrong"
    assert redactor.text("run: x") == "run: x"
