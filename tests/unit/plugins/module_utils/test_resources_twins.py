# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write of reverse names, firewalls and backups beside its check mode, its second run and its guards."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit import proofs
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Stage, every


@every("check mode")
def test_check_mode_tells_what_the_run_does(stage: Stage) -> None:
    proofs.check_mode_is_a_twin(stage)


@every("second run")
def test_the_second_run_writes_nothing(stage: Stage) -> None:
    proofs.second_run_is_quiet(stage)


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
    proofs.guards_hold(stage)


@every("two servers")
def test_nobody_picks_one_of_two_servers(stage: Stage) -> None:
    name = stage.controller.info(stage.provider, **stage.place).result["instances"][0]["name"]
    ids = {stage.server(name), str(stage.options.get("instance") or stage.options["instances"][0])}
    options: dict[str, t.Any] = {"instance": name} if "instance" in stage.options else {"instances": [name]}
    for check in (True, False):
        result = stage.refused(check=check, **options)
        assert (result["error"], {*result["ids"]}, stage.writes) == ("AmbiguousError", ids, [])
