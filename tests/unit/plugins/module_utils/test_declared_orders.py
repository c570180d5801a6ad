# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders that cost money: a run that dies around one, and the same task at the same time, spend once."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._journal import Journal
from ansible_collections.polyhost.cloud.tests.unit.declared import DeclaredStage, every
from ansible_collections.polyhost.cloud.tests.unit.faults import Hook, Killed, interfering
from ansible_collections.polyhost.cloud.tests.unit.proofs import moments
from ansible_collections.polyhost.cloud.tests.unit.scenarios import outcome

from .test_declared_writes import ends_well, forget_the_order


def at(operation: str, nth: int, action: t.Callable[[], t.Any]) -> Hook:
    """A hook that acts at the call of that number of an operation."""
    seen: list[str] = []

    def hook(call: t.Any) -> None:
        seen.append(call.id)
        if call.id == operation and seen.count(operation) == nth:
            action()

    return hook


def die() -> None:
    raise Killed


@every("killed")
def test_a_run_that_dies_around_an_order_spends_once(stage: DeclaredStage) -> None:
    before, after = outcome(stage)
    for operation, nth in moments(stage):
        for sent in (False, True):
            stage.play()
            hook = at(operation, nth, die)
            with interfering(after=hook) if sent else interfering(before=hook), pytest.raises(Killed):
                stage.run()
            stage.forget()
            result = stage.run()
            if result.get("failed"):
                assert (result["error"], result["changed"], stage.writes) == ("OutcomeUnknownError", False, []), result
                if not sent:  # the user looks in the panel, and there is no such order
                    assert nth > 1 or operation != stage.scenario.sends[0] or stage.account() == before
                    forget_the_order(stage, result)
                    result = stage.run()
            if not result.get("failed"):
                ends_well(stage, result, after)


@every("concurrent")
def test_the_same_task_in_the_middle_of_an_order_sends_nothing(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    others: list[dict[str, t.Any]] = []
    with interfering(before=at(stage.scenario.sends[0], 1, lambda: others.append(stage.run(wait_timeout=5.0)))):
        result = stage.run()
    ends_well(stage, result, after)
    assert others[0]["error"] == "LedgerError"


@every("concurrent")
def test_the_same_task_between_look_and_order_sends_nothing(stage: DeclaredStage, monkeypatch: pytest.MonkeyPatch) -> None:
    _before, after = outcome(stage)
    others: list[dict[str, t.Any]] = []
    order = Journal.order

    @contextlib.contextmanager
    def after_another(journal: Journal, *arguments: t.Any) -> t.Iterator[t.Any]:
        if not others:
            others.append({})
            others.append(stage.run())
        with order(journal, *arguments) as note:
            yield note

    monkeypatch.setattr(Journal, "order", after_another)
    result = stage.run()
    assert others[1]["changed"] is True
    ends_well(stage, result, after)
