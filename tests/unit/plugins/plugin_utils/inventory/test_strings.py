# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is plain, and what is never evaluated."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.strings import Marker

HOSTILE = (
    "{{ 7 * 7 }}",
    "{% if 1 %}49{% endif %}",
    "{# x #}",
    "#}",
    "{%",
    "lookup('pipe', 'echo 49')",
    '{{ lookup("pipe", "echo 49") }}',
    "a\n{{ 7 * 7 }}",
    "\u202e{{ 7 * 7 }}",
    "'{{ 7 * 7 }}'",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["text", "list", "map"])
def test_hostile_text_stays_what_it_is(text: str, place: str) -> None:
    value = Marker().mark({"text": text, "list": [text], "map": {"key": {"deep": text}}}[place])
    templar = Templar(loader=DataLoader(), variables={"value": value})
    seen = templar.template(value)
    assert seen == value
    assert text in str(seen) or repr(text)[1:-1] in str(seen)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_marking_changes_no_value(value: object) -> None:
    assert Marker().mark(value) == value


def test_keys_of_maps_are_no_templates_either() -> None:
    value = Marker().mark({"{{ 7 * 7 }}": "x"})
    assert "49" not in str(Templar(loader=DataLoader(), variables={}).template(value))


def test_equal_texts_are_one_object() -> None:
    mark = Marker().mark
    assert mark("web") is mark("".join(["w", "eb"]))


def test_a_composed_map_may_have_any_keys() -> None:
    assert Marker().mark({None: "a", 1: "b"}) == {None: "a", 1: "b"}


def test_no_text_is_left_that_cannot_be_written() -> None:
    assert Marker().mark({"\ud800k": ["a\udfff{"]}) == {"?k": ["a?{"]}
