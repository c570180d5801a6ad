# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of one name: made again when the last one is too old, also where a name is taken as long as a backup has it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCENARIOS, Stage

named = pytest.mark.parametrize("provider", ["civo", "gcore"])


@pytest.fixture
def stage(controller: Controller, provider: str) -> Stage:
    """A server with a backup C(nightly) that is too old, and a task that wants a younger one."""
    return Stage(controller, SCENARIOS[f"{provider}-backup-create the next of a name"]).play()


def listed(stage: Stage, **options: t.Any) -> list[str]:
    """The names that vps_backup_info shows."""
    place = {"instance": stage.options["instance"], **stage.place}
    return [backup["name"] for backup in stage.controller.task("backup_info", stage.provider, **place, **options).result["backups"]]


@named
def test_the_next_one_of_a_name_is_made_and_found_by_it(stage: Stage, provider: str) -> None:
    predicted = stage.done(check=True)
    made = stage.done()
    assert (made["plan"], made["plan_id"], made["diff"]) == (predicted["plan"], predicted["plan_id"], predicted["diff"])
    name = made["backup"]["name"]
    assert predicted["backup"]["name"] in (None, name)
    assert name == "nightly" if provider == "gcore" else name.startswith("nightly--2026010")
    again = stage.done()
    assert (again["changed"], again["backup"]["id"]) == (False, made["backup"]["id"])
    assert len(listed(stage, name="nightly")) == 2
    assert listed(stage, name="night") == []
    for state in ("absent", "restored"):
        way: dict[str, t.Any] = {"restore_to": "new", "new_name": "web2"} if state == "restored" else {}
        several = stage.refused(state=state, max_age=None, allow=["rebuild"], **way)
        assert (several["error"], len(several["ids"])) == ("AmbiguousError", 2)
    assert stage.done(state="absent", max_age=None, name="nightly", id=made["backup"]["id"])["changed"] is True
    stage.pass_time(1)
    assert stage.done()["changed"] is True
    assert len(listed(stage, name="nightly")) == 2


@pytest.mark.parametrize("provider", ["civo"])
def test_names_made_up_for_a_server_are_no_next_ones(stage: Stage, provider: str) -> None:
    stage.backups(1, instance=stage.options["instance"])
    assert listed(stage, name="web1") == []
    assert stage.done(name="web1")["changed"] is True


@pytest.mark.parametrize("provider", ["civo"])
def test_a_failed_one_holds_its_name(stage: Stage, provider: str) -> None:
    stage.fault("build_error")
    assert stage.refused(name="upgrade", max_age=None)["msg"]
    stage.pass_time(1)
    assert stage.done(name="upgrade", max_age=None)["backup"]["name"].startswith("upgrade--")
    assert stage.done(name="upgrade", max_age=None)["changed"] is False


@pytest.mark.parametrize("provider", ["civo"])
@pytest.mark.parametrize("check", [True, False])
def test_no_room_for_the_time_is_told_before_anything_is_sent(stage: Stage, provider: str, check: bool) -> None:
    longest = "n" * 63
    assert stage.done(name=longest)["backup"]["name"] == longest
    stage.pass_time(25 * 3600)
    stage.forget()
    result = stage.refused(check=check, name=longest)
    assert (result["error"], result["option"], stage.writes) == ("OptionError", "name", [])
