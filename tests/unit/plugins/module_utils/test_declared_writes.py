# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of declared resources whose answer or request is lost, that are refused, that do nothing, or that nobody waits for; and the secrets in them."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.kinds import CONSOLE
from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.declared import SCENARIOS, DeclaredStage, every
from ansible_collections.polyhost.cloud.tests.unit.faults import files_below
from ansible_collections.polyhost.cloud.tests.unit.proofs import moments
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, outcome

UNKNOWN = ("OutcomeUnknownError", "RateLimitedError")


Account = dict[str, t.Any]
Seeing = t.Callable[[Account], Account]


def everything(account: Account) -> Account:
    """All of an account."""
    return account


def unbilled(account: Account) -> Account:
    """An account without the simulator's bill, which counts orders when they are taken."""
    return {key: value for key, value in account.items() if key != "money"}


def ends_well(stage: DeclaredStage, result: dict[str, t.Any], after: Account, seeing: Seeing = everything) -> None:
    """The run succeeded; what it left is what an undisturbed one leaves, and the next one finds nothing to do."""
    assert not result.get("failed"), (stage.scenario.id, result)
    assert seeing(stage.account()) == seeing(after)
    if not stage.scenario.always:
        stage.forget()
        assert stage.done()["changed"] is False


def converges(stage: DeclaredStage, failure: dict[str, t.Any], after: Account, seeing: Seeing = everything) -> None:
    """The next run ends where an undisturbed one does; where nobody can know whether money was spent, it says so and spends none."""
    stage.forget()
    if stage.scenario.always and failure["changed"]:
        return
    result = stage.run()
    if result.get("failed") and stage.scenario.costs:
        assert (result["error"], stage.writes) == ("OutcomeUnknownError", []), result
        forget_the_order(stage, result)
        result = stage.run()
    ends_well(stage, result, after, seeing)


def forget_the_order(stage: DeclaredStage, failure: dict[str, t.Any]) -> None:
    """What a user does who has looked in the panel: the failure names the note to remove."""
    ((path, _content),) = ((path, content) for path, content in files_below(stage.controller).items() if path in failure["msg"])
    with open(path, "w", encoding="utf-8"):
        pass


@every("lost answer")
def test_a_lost_answer_is_looked_for(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    kinds = ("reset_after", ("status_after", "not_json", "cut_off")[stage.scenario.number % 3])
    for kind, (operation, nth) in itertools.product(kinds, moments(stage)):
        stage.play()
        stage.fault(kind, operation, nth=nth)
        result = stage.run()
        if result.get("failed"):
            assert result["error"] == "OutcomeUnknownError", (kind, operation, result)
            assert stage.writes.count(operation) == nth, stage.writes
            converges(stage, result, after)
        else:
            assert result["changed"] is True
            ends_well(stage, result, after)


@every("lost request")
def test_a_lost_request_is_no_success(stage: DeclaredStage) -> None:
    before, after = outcome(stage)
    kind = ("reset_before", "status")[stage.scenario.number % 2]  # status: 502
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault(kind, operation, nth=nth)
        result = stage.run()
        if not result.get("failed"):
            ends_well(stage, result, after)
            continue
        assert result["error"] == "OutcomeUnknownError", (operation, result)
        assert stage.writes.count(operation) == nth, stage.writes
        if number == 0:
            assert (result["changed"], result["plan"]) == (False, [])
            assert stage.account() == before
        converges(stage, result, after)


@every("refused for now")
def test_a_write_that_is_refused_for_now_is_not_doubled(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    for operation, nth in moments(stage):
        stage.play()
        began = stage.controller.clock.now()
        stage.fault("rate_limit", operation, nth=nth, retry_after=7)
        result = stage.run()
        if result.get("failed"):
            assert result["error"] in UNKNOWN, (operation, result)
            assert (stage.scenario.costs, stage.writes.count(operation)) == (True, nth)
            converges(stage, result, after)
        else:
            assert stage.controller.clock.now() - began >= 7
            ends_well(stage, result, after)


@pytest.mark.parametrize("stage", [scenario.id for scenario in SCENARIOS.values() if scenario.costs and scenario.provider == "hostwinds"], indirect=True)
def test_a_refusal_that_proves_nothing_is_no_reason_to_spend_again(stage: DeclaredStage) -> None:
    """Hostwinds says 429 of what it did, too (section 4)."""
    _before, after = outcome(stage)
    stage.fault("status_after", status=429)
    result = stage.run()
    stage.forget()
    if result.get("failed"):
        result = stage.done()
    assert stage.account() == after


REFUSALS: dict[str, list[tuple[str, Options]]] = {
    "hostwinds": [("status", {"status": 200, "body": [{"result": "error", "message": "Not for this plan.", "ERROR": "17"}]})],
}


@every("refused")
def test_a_write_that_is_refused(stage: DeclaredStage) -> None:
    before, after = outcome(stage)
    refusals = [("status", {"status": 422}), *REFUSALS.get(stage.provider, [])]
    for (number, (operation, nth)), (kind, options) in itertools.product(enumerate(moments(stage)), refusals):
        stage.play()
        stage.fault(kind, operation, nth=nth, times=0, **options)
        result = stage.refused()
        assert result["error"] in ("RejectedError", "NotAppliedError"), (operation, result)
        assert tuple(stage.writes) == stage.scenario.sends[: number + 1]
        assert result["changed"] is bool(number)
        if number == 0:
            assert result["plan"] == []
            assert stage.account() == before
        converges(stage, result, after)


@every("no effect")
def test_what_is_accepted_and_not_done_is_no_success(stage: DeclaredStage) -> None:
    before, after = outcome(stage)
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault("no_effect", operation, nth=nth, times=0)
        result = stage.refused(wait_timeout=30.0)
        assert result["error"] in ("NotAppliedError", "OperationFailedError", "WaitTimeoutError", "OutcomeUnknownError", "AmbiguousError"), (operation, result)
        if number == 0:
            assert stage.account() == before
        converges(stage, result, after)


FAILING = {"gcore": "task_fails", "hosterapi": "job_fails"}


@every("failed operation")
def test_what_is_accepted_and_fails_later_is_a_failure(stage: DeclaredStage) -> None:
    before, after = outcome(stage)
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault(FAILING[stage.provider], operation, nth=nth)
        result = stage.run(wait_timeout=400.0)
        if not result.get("failed"):  # done at once, and so cannot fail later
            ends_well(stage, result, after)
            continue
        assert result["error"] in ("OperationFailedError", "QuotaError", "NotAppliedError"), (operation, result)
        assert len(stage.writes) == number + 1
        if number == 0:
            assert unbilled(stage.account()) == unbilled(before)
        converges(stage, result, after, unbilled)


@every("time-out")
def test_what_takes_too_long_is_told_and_goes_on(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    stage.simulator.settings(stage.provider, **proofs.SLOW[stage.provider])
    result = stage.run(wait_timeout=20.0)
    if result.get("failed"):
        assert result["error"] == "WaitTimeoutError", result
        assert result["changed"] is True
        assert result["plan"], "what was accepted is told"
        assert result.get("id") or result.get("operation_id"), result
    if not stage.scenario.always:
        result = stage.done()
    ends_well(stage, result if not result.get("failed") else {}, after)


@every("no waiting")
def test_what_nobody_waits_for_ends_where_it_would(stage: DeclaredStage) -> None:
    _before, after = outcome(stage)
    predicted = stage.done(check=True, wait=False)
    result = stage.done(wait=False)
    assert result["plan_id"] == predicted["plan_id"]
    assert result["changed"] is True
    assert result["plan"] == predicted["plan"][: len(result["plan"])]
    if not stage.scenario.always:
        stage.pass_time(200)
        stage.done(wait=False)
        stage.pass_time(200)
        result = stage.done()
    ends_well(stage, result, after)


@every("secrets")
def test_no_secret_is_told(stage: DeclaredStage) -> None:
    witness = proofs.Witness(stage)

    def see(reply: Reply) -> None:
        shown = {key: value for key, value in reply.result.items() if key != "credentials"}
        if stage.scenario.module == CONSOLE.name and CONSOLE.name in shown:
            shown[CONSOLE.name] = {**shown[CONSOLE.name], "url": None}  # what the task is for
        witness.see(Reply(shown, reply.warnings))

    proofs.no_secret_is_told(stage, see)
    for path, content in files_below(stage.controller).items():
        witness.read(path + content)
