# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write of reverse names, firewalls and backups beside its check mode, its second run and its guards."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Stage, every

from .test_every_provider import same_where_known

SHOWN = ("rdns", "firewall", "backup", "schedule", "instance")


@every("check mode")
def test_check_mode_tells_what_the_run_does(stage: Stage) -> None:
    predicted = stage.done(check=True)
    assert stage.writes == []
    real = stage.done(expect_plan=predicted["plan_id"])
    assert tuple(stage.writes) == stage.scenario.sends
    assert real["changed"] is True
    for key in ("plan", "plan_id", "diff", "changed", "approvable", "drift"):
        assert predicted[key] == real[key], key
    for key in SHOWN:
        assert (key in predicted) == (key in real)
        if real.get(key) is not None:
            assert same_where_known(predicted[key], real[key], key) == []
            assert set(predicted[key]) == set(real[key])
    assert stage.own.violations == []


@every("second run")
def test_the_second_run_writes_nothing(stage: Stage) -> None:
    first = stage.done()
    stage.simulator.clear_log()
    for check in (True, False):
        again = stage.done(check=check)
        assert (again["changed"], again["plan"], stage.writes) == (False, [], [])
        assert again["diff"]["before"] == again["diff"]["after"]
        for key in SHOWN:
            if stage.options.get("state") != "absent":
                assert again.get(key) == first.get(key), key


@every("not there yet")
def test_check_mode_takes_a_server_that_an_earlier_task_makes(stage: Stage) -> None:
    stage.simulator.reset()
    options: dict[str, t.Any] = {"instance": "web9"} if "instance" in stage.options else {"instances": ["web9"]}
    result = stage.done(check=True, **options)
    assert (result["changed"], result["approvable"], stage.writes) == (True, False, [])
    assert any("web9" in warning for warning in stage.warnings)
    refused = stage.refused(**options)
    assert "web9" in refused["msg"]
    assert (refused["error"], stage.writes) == ("NotFoundError", [])


@every("guards")
def test_nothing_is_written_before_all_guards_are_content(stage: Stage) -> None:
    for check in (True, False):
        other = stage.refused(check=check, expect_plan="0123456789abcdef")
        assert other["error"] == "PlanChangedError"
        assert other["plan"]
        if stage.options.get("allow"):
            refused = stage.refused(check=check, allow=[])
            assert refused["error"] == "ConsentError"
            assert refused["needs"] == stage.options["allow"]
        if stage.options.get("state", "present") != "present":
            assert stage.refused(check=check, expect={"provider": "another"})["error"] == "ExpectationError"
            assert stage.refused(check=check, expect={"colour": "red"})["error"] == "OptionError"
    assert stage.writes == []
    approved = stage.done(check=True)["plan_id"]
    expect: dict[str, t.Any] = {"expect": {"provider": stage.provider}} if stage.options.get("state", "present") != "present" else {}
    assert stage.done(expect_plan=approved, **expect)["changed"] is True


@every("two servers")
def test_nobody_picks_one_of_two_servers(stage: Stage) -> None:
    name = stage.controller.info(stage.provider, **stage.place).result["instances"][0]["name"]
    ids = {stage.server(name), str(stage.options.get("instance") or stage.options["instances"][0])}
    options: dict[str, t.Any] = {"instance": name} if "instance" in stage.options else {"instances": [name]}
    for check in (True, False):
        result = stage.refused(check=check, **options)
        assert (result["error"], {*result["ids"]}, stage.writes) == ("AmbiguousError", ids, [])
