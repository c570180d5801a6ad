# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The short form of C(make campaign), and that a campaign finds what is wrong."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.campaign.campaign import BILLS, CHANGED, CHECK, DUPLICATES, KILLED, LOST, PLAYED, SECRETS, Blow, Campaign, play
from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, PROVIDERS
from ansible_collections.polyhost.cloud.tests.unit.declared import DeclaredStage

SEED, MOST, KILLS = 20261121, 20, 3


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_short_campaign_finds_nothing(provider: str) -> None:
    tally = play(provider, SEED, MOST, KILLS)
    assert tally.findings == []
    assert tally.counts[PLAYED] == MOST + KILLS
    assert tally.counts[KILLED] > 0


@pytest.fixture
def campaign(tmp_path: Path) -> t.Iterator[Campaign]:
    with Simulator(["civo"], virtual_clock=True) as simulator:
        made = Campaign("civo", simulator, tmp_path, SEED)
        yield made
        made.stop()


def test_the_same_seed_is_the_same_campaign(campaign: Campaign) -> None:
    assert campaign.blows(50) == campaign.blows(50)
    assert campaign.kills(5) == campaign.kills(5)
    drawn = campaign.blows()
    assert {(blow.operation, blow.kind) for blow in drawn if blow.nth == 1} >= {(operation, "reset_after") for operation in campaign.operations()}


Reply = t.Callable[..., t.Any]


def another_order(reply: Reply) -> Reply:
    """A task that orders once more than it says."""

    def replied(stage: DeclaredStage, *, check: bool = False, **options: t.Any) -> t.Any:
        told = reply(stage, check=check, **options)
        if not check:
            stage.server("another")
            with stage.own.lock:
                stage.own.bill(1.0)
        return told

    return replied


def denial(reply: Reply) -> Reply:
    """A task that says that it changed nothing."""

    def replied(stage: DeclaredStage, *, check: bool = False, **options: t.Any) -> t.Any:
        told = reply(stage, check=check, **options)
        told.result["changed"] = False
        return told

    return replied


def talk(reply: Reply) -> Reply:
    """A task that tells the token."""

    def replied(stage: DeclaredStage, *, check: bool = False, **options: t.Any) -> t.Any:
        told = reply(stage, check=check, **options)
        told.warnings.append(f"the token is {stage.own.token}")
        return told

    return replied


def haste(reply: Reply) -> Reply:
    """A task that does in check mode what it should predict."""

    def replied(stage: DeclaredStage, *, check: bool = False, **options: t.Any) -> t.Any:
        return reply(stage, check=False, **options)

    return replied


@pytest.mark.parametrize(
    ("wrong", "scenario", "found"),
    [(another_order, "create", {DUPLICATES, BILLS, LOST}), (denial, "create", {CHANGED}), (talk, "create", {SECRETS}), (haste, "restart", {CHECK})],
)
def test_what_is_wrong_is_found(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, wrong: t.Callable[[Reply], Reply], scenario: str, found: set[str]) -> None:
    blow = Blow(f"civo-instance-{scenario}", ORDER["civo"], "latency", 1)
    campaign.score(blow.scenario)
    monkeypatch.setattr(DeclaredStage, "reply", wrong(DeclaredStage.reply))
    tally = campaign.play(blow)
    assert found <= {what for what, count in tally.counts.items() if count}, tally.findings
