# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write of a declared resource beside its check mode, its second run and its guards."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.declared import DeclaredStage, every


@every("check mode")
def test_check_mode_tells_what_the_run_does(stage: DeclaredStage) -> None:
    proofs.check_mode_is_a_twin(stage)


@every("second run")
def test_the_second_run_writes_nothing(stage: DeclaredStage) -> None:
    proofs.second_run_is_quiet(stage)


@every("not there yet")
def test_check_mode_takes_a_server_that_an_earlier_task_makes(stage: DeclaredStage) -> None:
    assert stage.options["instance"]
    result = stage.done(check=True, instance="web9")
    assert (result["changed"], result["approvable"], stage.writes) == (True, False, [])
    assert any("web9" in warning for warning in stage.warnings)
    refused = stage.refused(instance="web9")
    assert "web9" in refused["msg"]
    assert (refused["error"], stage.writes) == ("NotFoundError", [])


@every("guards")
def test_nothing_is_written_before_all_guards_are_content(stage: DeclaredStage) -> None:
    proofs.guards_hold(stage)


@every("two servers")
def test_nobody_picks_one_of_two_servers(stage: DeclaredStage) -> None:
    name = stage.controller.info(stage.provider, **stage.place, id=stage.options["instance"]).result["instances"][0]["name"]
    ids = {stage.server(name), str(stage.options["instance"])}
    for check in (True, False):
        result = stage.refused(check=check, instance=name)
        assert (result["error"], {*result["ids"]}, stage.writes) == ("AmbiguousError", ids, [])
