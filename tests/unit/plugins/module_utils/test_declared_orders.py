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
from ansible_collections.polyhost.cloud.tests.unit.proofs import SLOW, moments
from ansible_collections.polyhost.cloud.tests.unit.scenarios import outcome

from .test_declared_writes import ends_well, forget_the_order


def at(operation: str, nth: int, action: t.Callable[[], t.Any], *, late: bool = False) -> Hook:
    """A hook that acts at the call of that number of an operation, C(late) at the call that follows it."""
    seen: list[str] = []

    def hook(call: t.Any) -> None:
        seen.append(call.id)
        if (seen[:-1] if late else seen).count(operation) == nth and operation == seen[-2 if late else -1]:
            action()

    return hook


def die() -> None:
    raise Killed


def dies(stage: DeclaredStage, moment: str, operation: str, nth: int) -> bool:
    """Run the task until it dies around a call; whether it came that far."""
    hook = at(operation, nth, die, late=moment == WAITING)
    with interfering(after=hook) if moment == SENT else interfering(before=hook):
        try:
            stage.run()
        except Killed:
            return True
    return False


UNSENT, SENT, WAITING = "right before it is sent", "right after it was sent", "while its end is awaited"


@every("killed")
@pytest.mark.parametrize("moment", [UNSENT, SENT, WAITING])
def test_a_run_that_dies_around_an_order_spends_once(stage: DeclaredStage, moment: str) -> None:
    before, after = outcome(stage)
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        if not dies(stage, moment, operation, nth):
            assert (moment, number) == (WAITING, len(stage.scenario.sends) - 1), "there is nothing to wait for"
            continue
        stage.forget()
        result = stage.run()
        if result.get("failed"):
            assert (result["error"], result["changed"], stage.writes) == ("OutcomeUnknownError", False, []), result
            if moment == UNSENT:  # the user looks in the panel, and there is no such order
                assert number or stage.account() == before
                forget_the_order(stage, result)
                result = stage.run()
        if not result.get("failed"):
            ends_well(stage, result, after)


@every("killed")
def test_an_order_of_a_dead_run_that_takes_its_time_is_not_repeated(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    stage.simulator.settings(stage.provider, **SLOW[stage.provider])
    assert dies(stage, SENT, stage.scenario.sends[0], 1)
    stage.forget()
    result = stage.run()
    assert stage.scenario.sends[0] not in stage.writes
    if result.get("failed"):
        assert result["error"] == "OutcomeUnknownError", result
    else:
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
