# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are kept: what is given back, and what is fetched again."""

from __future__ import annotations

import json
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.answers import VERSION, Answer, Shelf

SERVER = Instance("civo", "shop", id="1", name="{{ x }}").public()
ANSWER = Answer("shop", [SERVER], 1000.0, "f00")


class Store(dict[str, t.Any]):
    """A cache in memory."""

    def update_cache_if_changed(self) -> None:
        """Nothing to write."""


def test_an_answer_comes_back_as_it_was() -> None:
    shelf = Shelf(Store(), 0, print)
    shelf.put("k", ANSWER)
    assert shelf.get("k") == ANSWER
    assert shelf.get("other") is None


def test_an_answer_lives_as_long_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(Store(), 60, print)
    shelf.put("k", ANSWER)
    monkeypatch.setattr(time, "time", lambda: 1059.0)
    assert shelf.get("k") == ANSWER
    monkeypatch.setattr(time, "time", lambda: 1061.0)
    assert shelf.get("k") is None


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        [],
        5,
        {},
        {"version": "0.0.1", "answer": "{}"},
        {"version": VERSION},
        {"version": VERSION, "answer": "["},
        {"version": VERSION, "answer": 5},
        {"version": VERSION, "answer": "{}"},
        {"version": VERSION, "answer": '{"account": 1, "instances": [], "fetched_at": 0, "token": ""}'},
        {"version": VERSION, "answer": '{"account": "a", "instances": [{}], "fetched_at": 0, "token": ""}'},
        {"version": VERSION, "answer": '{"account": "a", "instances": 7, "fetched_at": 0, "token": ""}'},
        {"version": VERSION, "answer": '{"account": "a", "instances": [], "fetched_at": 0, "token": "", "more": 1}'},
    ],
)
def test_whatever_else_lies_there_is_noted_and_not_used(entry: t.Any) -> None:
    notes: list[str] = []
    assert Shelf(Store(k=entry), 0, notes.append).get("k") is None
    assert len(notes) == 1 and "is fetched again" in notes[0]


@pytest.mark.parametrize("life", [0, 10**10])
@pytest.mark.parametrize(
    "damage",
    [
        {"fetched_at": "x"},
        {"fetched_at": None},
        {"instances": None},
        {"instances": {"id": 1}},
        {"instances": ["id"]},
        {"instances": [{"id": "1"}]},
        {"instances": [{**SERVER, "more": 1}]},
        {"instances": [{**SERVER, "tags": "x"}]},
        {"instances": [{**SERVER, "addresses": None}]},
    ],
)
def test_an_answer_with_parts_of_another_form_is_not_used(damage: dict[str, t.Any], life: float) -> None:
    notes: list[str] = []
    entry = {"version": VERSION, "answer": json.dumps({**vars(ANSWER), **damage})}
    assert Shelf(Store(k=entry), life, notes.append).get("k") is None
    assert len(notes) == 1 and "is damaged" in notes[0]


def test_a_cache_that_breaks_is_noted() -> None:
    class Broken(Store):
        def get(self, key: str, default: t.Any = None) -> t.Any:
            raise RuntimeError("S3CRET")

    notes: list[str] = []
    assert Shelf(Broken(), 0, notes.append).get("k") is None
    assert "RuntimeError" in notes[0] and "S3CRET" not in notes[0]
