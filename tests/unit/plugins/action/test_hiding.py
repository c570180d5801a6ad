# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What actions hide: results with credentials or the address of a console, and those of jobs that may bring some."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.action import vps_console, vps_fleet, vps_instance
from ansible_collections.polyhost.cloud.plugins.plugin_utils.hiding import HidingAction
from ansible_collections.polyhost.cloud.plugins.plugin_utils.running import ModuleAction

Result = dict[str, t.Any]

OPEN: Result = {"console": {"url": "https://console.example.com/secret"}}
MADE: Result = {"credentials": {"password": "secret"}}
FLEET: Result = {"instances": [{"name": "web1"}, {"name": "web2", **MADE}]}


def ran(
    monkeypatch: pytest.MonkeyPatch, action_class: type[HidingAction], result: Result, *, background: bool = False, **options: t.Any
) -> tuple[bool, Result]:
    """Run an action whose module returns C(result); whether its output is hidden, and what C(register) gets."""
    monkeypatch.setattr(ModuleAction, "run", lambda *_arguments: dict(result))
    action = action_class.__new__(action_class)
    action._task = types.SimpleNamespace(async_val=60 if background else 0, args=options, no_log=False)
    action._connection = types.SimpleNamespace()
    shown = action.run()
    assert action._task.no_log is (bool(shown.pop("_ansible_no_log", False)) or background)
    return action._task.no_log, shown


@pytest.mark.parametrize(("action_class", "result"), [(vps_console.ActionModule, OPEN), (vps_instance.ActionModule, MADE), (vps_fleet.ActionModule, FLEET)])
def test_what_holds_a_secret_is_hidden_and_kept(monkeypatch: pytest.MonkeyPatch, action_class: type[HidingAction], result: Result) -> None:
    assert ran(monkeypatch, action_class, result) == (True, result)


@pytest.mark.parametrize(
    ("action_class", "result"),
    [
        (vps_console.ActionModule, {"console": {"url": None}}),
        (vps_console.ActionModule, {"failed": True, "msg": "no"}),
        (vps_instance.ActionModule, {"instance": {"name": "web1"}}),
        (vps_fleet.ActionModule, {"instances": [{"name": "web1"}]}),
        (vps_fleet.ActionModule, {"failed": True, "msg": "no"}),
    ],
)
def test_what_holds_none_is_shown(monkeypatch: pytest.MonkeyPatch, action_class: type[HidingAction], result: Result) -> None:
    assert ran(monkeypatch, action_class, result) == (False, result)


def test_a_job_that_may_bring_a_secret_is_hidden_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    job = {"ansible_job_id": "j1.2", "started": True}
    assert ran(monkeypatch, vps_console.ActionModule, job, background=True)[0] is True
    assert ran(monkeypatch, vps_instance.ActionModule, job, background=True, return_credentials="yes")[0] is True
    assert ran(monkeypatch, vps_fleet.ActionModule, job, background=True, defaults={"return_credentials": True})[0] is True
    assert ran(monkeypatch, vps_fleet.ActionModule, job, background=True, instances=[{}, {"return_credentials": "yes"}])[0] is True
