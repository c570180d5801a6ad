# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of reverse names, firewalls and backups whose answer or request is lost, that are refused, or that do nothing: never twice, never a false success."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.polyhost.cloud.tests.unit.proofs import moments
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Stage, every, outcome

# What would make a second one if it were sent again.
ONCE = {
    "firewalls.create",
    "firewalls.rules.create",
    "instance_snapshots.create",
    "instance_snapshots.restore",
    "snapshot_schedules.create",
    "security_groups.create",
    "snapshots.create",
    "instances.create",
    "volumes.create",
    "lifecycle_policies.create",
    "lifecycle_policies.add_schedules",
    "backups_create",
    "backups_restore",
}


def sent_once(stage: Stage) -> bool:
    """Whether nothing was sent oftener than it may be."""
    return all(stage.writes.count(operation) <= stage.scenario.sends.count(operation) for operation in ONCE)


# What is made in place of something else stays beside it where that cannot be deleted.
BOTH_STAY = {"civo-backup-change a schedule"}


def both_are_told(stage: Stage) -> None:
    """The next run picks none of the two that are there."""
    stage.forget()
    assert len(stage.refused()["ids"]) == 2


def goes_on(stage: Stage, after: dict[str, t.Any], failure: dict[str, t.Any] | None = None) -> None:
    """The next run, without faults, ends where an undisturbed one does, and what was done once is not done again.

    Args:
        failure: the result of a run that failed half-way.
    """
    stage.forget()
    if failure is not None and stage.scenario.leaves:
        assert all(left in failure["msg"] for left in failure.get("leftovers") or [failure["id"]])
    elif failure is not None or not stage.scenario.always:
        stage.done()
        assert stage.account() == after


@every("lost answer")
def test_a_lost_answer_is_looked_for(stage: Stage) -> None:
    _before, after = outcome(stage)
    kinds = ("reset_after", ("status_after", "not_json", "cut_off")[stage.scenario.number % 3])
    for kind, (operation, nth) in itertools.product(kinds, moments(stage)):
        stage.play()
        stage.fault(kind, operation, nth=nth)
        result = stage.done()
        assert sent_once(stage), (operation, stage.writes)
        assert result["changed"] is True
        assert stage.account() == after, operation
        goes_on(stage, after)


@every("lost request")
def test_a_lost_request_is_sent_again_only_where_that_is_safe(stage: Stage) -> None:
    before, after = outcome(stage)
    kind = ("reset_before", "status")[stage.scenario.number % 2]  # status: 502
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault(kind, operation, nth=nth)
        result = stage.run()
        assert sent_once(stage), (operation, stage.writes)
        if not result.get("failed"):
            assert operation not in ONCE
            assert stage.account() == after, operation
            goes_on(stage, after)
            continue
        assert operation in ONCE | {"volumes.attach", "volumes.revert"}, operation
        if number == 0:
            assert (result["error"], result["changed"], result["plan"]) == ("OutcomeUnknownError", False, [])
            assert stage.account() == before
        goes_on(stage, after, result if number else {**result, "leftovers": [""]})


@every("refused for now")
def test_a_write_that_is_refused_for_now_is_sent_again(stage: Stage) -> None:
    _before, after = outcome(stage)
    for operation, nth in moments(stage):
        stage.play()
        began = stage.controller.clock.now()
        stage.fault("rate_limit", operation, nth=nth, retry_after=7)
        stage.done()
        assert stage.controller.clock.now() - began >= 7
        assert stage.account() == after, operation
        goes_on(stage, after)


@every("refused")
def test_a_write_that_is_refused(stage: Stage) -> None:
    before, after = outcome(stage)
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault("status", operation, nth=nth, times=0, status=422)
        result = stage.refused()
        assert result["error"] in ("RejectedError", "NotAppliedError") or number, (operation, result)
        assert tuple(stage.writes[: number + 1]) == stage.scenario.sends[: number + 1]
        if number == 0:
            assert (result["changed"], result["plan"]) == (False, [])
            assert stage.account() == before
        if number and stage.scenario.id in BOTH_STAY:
            assert "is still there" in result["msg"]
            both_are_told(stage)
        else:
            goes_on(stage, after, result if number else {**result, "leftovers": [""]})


@every("no effect")
def test_what_is_accepted_and_not_done_is_no_success(stage: Stage) -> None:
    before, after = outcome(stage)
    for number, (operation, nth) in enumerate(moments(stage)):
        stage.play()
        stage.fault("no_effect", operation, nth=nth, times=0)
        result = stage.refused()
        if number and stage.scenario.id in BOTH_STAY:
            both_are_told(stage)
            continue
        assert result["error"] in ("NotAppliedError", "OperationFailedError", "WaitTimeoutError", "OutcomeUnknownError", "ConflictError"), (operation, result)
        if number == 0:
            assert stage.account() == before
        goes_on(stage, after, result if number else {**result, "leftovers": [""]})
