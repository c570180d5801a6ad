# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names: what is one, and which spellings are the same."""

from __future__ import annotations

import contextlib
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._core import hostname
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import MissingLibraryError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.hostname import canonical, plain, same

LABEL = "l" * 63

alphabet = st.sampled_from(string.ascii_letters + string.digits)
labels = st.builds(lambda first, middle, last: first + middle + last, alphabet, st.text(string.ascii_letters + string.digits + "-", max_size=20), alphabet)
names = st.builds(lambda parts, last: ".".join([*parts, last]), st.lists(labels, min_size=1, max_size=5), st.sampled_from(["com", "Example", "xn--p1ai"]))


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("mail.example.com", "mail.example.com"),
        ("Mail.EXAMPLE.com.", "mail.example.com"),
        (" mail.example.com ", "mail.example.com"),
        ("müller.example", "xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("1.2.3.example", "1.2.3.example"),
        ("a--b.example", "a--b.example"),
        (f"{LABEL}.example.com", f"{LABEL}.example.com"),
        (".".join([LABEL] * 3 + ["l" * 61]), ".".join([LABEL] * 3 + ["l" * 61])),
        (".".join([LABEL] * 3 + ["l" * 61]) + ".", ".".join([LABEL] * 3 + ["l" * 61])),
    ],
)
def test_spellings(spelt: str, name: str) -> None:
    assert canonical(spelt) == name


@pytest.mark.parametrize(
    ("spelt", "why"),
    [
        ("", "1 to 253"),
        (".", "1 to 253"),
        ("localhost", "domain is missing"),
        ("mail..example.com", "empty label"),
        (".mail.example.com", "empty label"),
        ("mail.example.com..", "empty label"),
        ("my_mail.example.com", "'my_mail'"),
        ("-mail.example.com", "'-mail'"),
        ("mail-.example.com", "'mail-'"),
        ("mail.exa mple.com", "'exa mple'"),
        ("mail.example.com\nx", "letters, digits"),
        ("*.example.com", "letters, digits"),
        ("http://mail.example.com", "letters, digits"),
        ("192.0.2.10", "number"),
        (f"{LABEL}l.example.com", "at most 63"),
        (".".join([LABEL] * 3 + ["l" * 62]), "254 characters"),
        ("mü_ller.example", "international"),
        ("ü" * 64 + ".example", "international"),
        ("mail.exam℀ple.com", "international"),
    ],
)
def test_what_is_no_host_name(spelt: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        canonical(spelt)


@given(names)
def test_canonical_is_final_and_case_and_dot_make_no_difference(name: str) -> None:
    once = canonical(name)
    assert canonical(once) == once
    assert canonical(name.upper() + ".") == once
    assert same(name, once)
    assert plain(once) == once


@given(st.text(max_size=80))
def test_whatever_is_accepted_is_a_host_name_and_final(text: str) -> None:
    with contextlib.suppress(ValueError):
        once = canonical(text)
        assert canonical(once) == once
        assert re.fullmatch(r"[a-z0-9.-]{1,253}", once)
        assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in once.split("."))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("A.example.", "a.EXAMPLE", True), (None, "", True), (None, " ", True), (None, "a.example", False), ("a.example", "b.example", False)],
)
def test_same(one: str | None, other: str | None, alike: bool) -> None:
    assert same(one, other) is alike


def test_names_beyond_ascii_need_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostname, "idna", None)
    assert canonical("mail.example.com") == "mail.example.com"
    with pytest.raises(MissingLibraryError) as caught:
        canonical("müller.example")
    assert caught.value.facts["library"] == "idna"
