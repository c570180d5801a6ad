# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two doors: which one is taken, what the fast one returns, and what both hide."""

from __future__ import annotations

import datetime
import json
import os
import sys
import types
import typing as t
from pathlib import Path

import pytest
from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.polyhost.cloud.plugins.action import vps_console, vps_fleet, vps_instance
from ansible_collections.polyhost.cloud.plugins.module_utils import _module
from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Module, Reply, Task
from ansible_collections.polyhost.cloud.plugins.plugin_utils import door
from ansible_collections.polyhost.cloud.plugins.plugin_utils.door import SWITCH, Door

Result = dict[str, t.Any]

OPEN: Result = {"console": {"url": "https://console.example.com/secret"}}
MADE: Result = {"credentials": {"password": "secret"}}
FLEETS = [
    (vps_fleet.ActionModule, {"defaults": {"return_credentials": True}}),
    (vps_fleet.ActionModule, {"instances": [{"name": "web1"}, {"return_credentials": "yes"}]}),
]
FLEET: Result = {"instances": [{"name": "web1"}, {"name": "web2", **MADE}]}
SHIPPED: Result = {"changed": False, "by": "the module door"}


class OutOfTimeError(BaseException):
    """As ansible-core raises it in the middle of whatever a task does."""


class Stage:
    """An action with a task, a connection and a host around it; what runs behind the fast door is C(performs)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, door_class: type[Door] = vps_instance.ActionModule) -> None:
        self.told: list[str] = []
        self.tasks: list[Task] = []
        self.environment: dict[str, t.Any] = {}
        self.variables: dict[str, t.Any] = {"inventory_hostname": "web1"}
        self.shipped = dict(SHIPPED)
        self.performs: t.Callable[[Task], Reply] = lambda task: Reply({"changed": False})
        self.action: t.Any = door_class.__new__(door_class)
        self.task = types.SimpleNamespace(
            async_val=0, args={}, no_log=False, check_mode=False, diff=False, delegate_to=None, action="polyhost.cloud.vps_instance"
        )
        self.action._task = self.task
        self.connection = types.SimpleNamespace(become=None, transport="local", _load_name="ansible.builtin.local")
        self.action._connection = self.connection
        self.action._templar = types.SimpleNamespace(template=lambda value: sys.executable if value == "{{ ansible_playbook_python }}" else value)
        self.action._loader = types.SimpleNamespace(get_basedir=lambda: str(folder))
        self.action._display = types.SimpleNamespace(verbosity=0, display=self.told.append)
        self.action._compute_environment_string = lambda environment: environment.update(self.environment)
        self.action._execute_module = lambda **_arguments: self.shipped
        monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
        monkeypatch.setattr(door, "perform", self._perform)

    def _perform(self, module: Module, task: Task) -> Reply:
        self.tasks.append(task)
        return self.performs(task)

    def run(self, **options: t.Any) -> Result:
        """What the task returns, as C(register) gets it."""
        self.task.args = options
        result: Result = self.action.run(None, self.variables)
        assert self.task.no_log or "_ansible_no_log" not in result
        result.pop("_ansible_no_log", None)
        return result

    @property
    def fast(self) -> bool:
        """Whether the task is run right here."""
        before = len(self.tasks)
        return (self.run() != SHIPPED) is (len(self.tasks) > before) is True


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """The action of vps_instance."""
    return Stage(monkeypatch, tmp_path)


# -- which door -----------------------------------------------------------------------------------------------------------


def test_a_local_task_is_run_right_here(stage: Stage) -> None:
    assert stage.fast


@pytest.mark.parametrize("value", [True, "auto", "auto_silent", "{{ ansible_playbook_python }}", sys.executable])
def test_an_interpreter_that_is_this_one_changes_nothing(stage: Stage, value: t.Any) -> None:
    stage.variables["ansible_python_interpreter"] = "auto" if value is True else value
    assert stage.fast


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("connection", "transport", "ssh"),
        ("connection", "_load_name", "community.general.chroot"),
        ("connection", "become", object()),
        ("task", "async_val", 60),
        ("variables", SWITCH, False),
        ("variables", SWITCH, "no"),
        ("variables", "ansible_python_interpreter", "/usr/bin/python-of-another-place"),
        ("variables", "ansible_python_interpreter", "/usr/bin/env python3"),
        ("environment", "PYTHONPATH", "/elsewhere"),
        ("environment", "LD_PRELOAD", "/elsewhere"),
        ("environment", "TMPDIR", "/elsewhere"),
    ],
)
def test_what_could_tell_the_difference_takes_the_module_door(stage: Stage, place: str, name: str, value: t.Any) -> None:
    target = getattr(stage, place)
    if isinstance(target, dict):
        target[name] = value
    else:
        setattr(target, name, value)
    assert not stage.fast


def test_the_interpreter_of_the_delegate_counts(stage: Stage) -> None:
    stage.variables["ansible_python_interpreter"] = "/usr/bin/python-of-another-place"
    stage.task.delegate_to = "localhost"
    assert stage.fast
    stage.variables["ansible_delegated_vars"] = {"localhost": {"ansible_python_interpreter": "/usr/bin/python-of-another-place"}}
    assert not stage.fast


def test_another_environment_of_the_same_python_is_another_interpreter(stage: Stage, tmp_path: Path) -> None:
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(os.path.realpath(sys.executable))
    stage.variables["ansible_python_interpreter"] = str(other)
    assert not stage.fast


@pytest.mark.parametrize(("place", "name", "value"), [(C, "DEFAULT_KEEP_REMOTE_FILES", True), (door, "HAS_REQUESTS", False), (sys, "platform", "darwin")])
def test_what_the_controller_lacks_or_keeps_takes_the_module_door(stage: Stage, monkeypatch: pytest.MonkeyPatch, place: t.Any, name: str, value: t.Any) -> None:
    monkeypatch.setattr(place, name, value)
    assert not stage.fast


@pytest.mark.parametrize("unwritable", [{1, 2}, {("a", "b"): 1}, b"bytes"])
def test_arguments_that_cannot_be_written_are_left_to_the_module_door(stage: Stage, unwritable: t.Any) -> None:
    assert stage.run(tags={"odd": unwritable}) == SHIPPED
    assert stage.tasks == []


# -- what the fast door hands in and gives back ---------------------------------------------------------------------------


def test_the_runner_gets_plain_options_modes_and_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/before")
    stage.environment = {"VPS_PROVIDER": "civo", "HOME": "/home/of-the-task", "COUNT": 3}
    stage.task.check_mode = stage.task.diff = True
    stage.action._display.verbosity = 3
    stage.run(name=12, tags={1: True, None: "x", "since": datetime.date(2026, 1, 2)}, ledger="~/ledger.json", _ansible_verbosity=5)
    (task,) = stage.tasks
    assert (task.options["name"], task.options["tags"], task.options["ledger"]) == (
        "12",
        {"1": True, "null": "x", "since": "2026-01-02"},
        "/home/of-the-task/ledger.json",
    )
    assert (task.check_mode, task.diff, task.verbosity, task.sessions) == (True, True, 3, door.SESSIONS)
    assert {name: task.environ[name] for name in stage.environment} == {"VPS_PROVIDER": "civo", "HOME": "/home/of-the-task", "COUNT": "3"}
    assert os.environ["HOME"] == "/home/before"
    assert not {"VPS_PROVIDER", "COUNT"} & set(os.environ)


def test_a_task_runs_in_the_playbooks_folder(stage: Stage, tmp_path: Path) -> None:
    folders, before = [], Path.cwd()

    def performs(task: Task) -> Reply:
        folders.append(Path.cwd())
        return Reply({})

    stage.performs = performs
    stage.run()
    assert (folders, Path.cwd()) == ([tmp_path], before)


def test_a_result_has_what_every_modules_result_has(stage: Stage) -> None:
    stage.performs = lambda task: Reply({"changed": True, "seen": ("a", 1), "where": "at S3CRET-1"}, ["one warning with S3CRET-1"])
    result = stage.run(name="web1", api_token="S3CRET-1")
    assert result["seen"] == ["a", 1]
    assert result["where"] == "at ********"
    assert result["warnings"] == ["one warning with ********"]
    assert result["invocation"]["module_args"]["api_token"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert result["invocation"]["module_args"]["state"] == "present"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nmae": "web1"}, "Unsupported parameters for (polyhost.cloud.vps_instance) module: nmae."),
        ({"wait_port": "S3CRET-1"}, "argument 'wait_port' is of type"),
        ({"state": "S3CRET-1"}, "value of state must be one of:"),
    ],
)
def test_bad_options_fail_before_anything_runs_and_without_secrets(stage: Stage, options: dict[str, t.Any], message: str) -> None:
    result = stage.run(api_token="S3CRET-1", **options)
    assert result["failed"] is True
    assert result["msg"].startswith(message)
    assert "S3CRET-1" not in json.dumps(result)
    assert stage.tasks == []


def test_aliases_and_what_is_deprecated_are_told(stage: Stage) -> None:
    old = {"type": "str", "aliases": ["title"], "deprecated_aliases": [{"name": "title", "version": "9.0.0", "collection_name": "polyhost.cloud"}]}
    stage.action.MODULE = Module({"name": old})
    result = stage.run(name="a", title="b")
    assert result["warnings"] == ["Both option name and its alias title are set."]
    assert result["deprecations"] == [
        {"msg": "Alias 'title' is deprecated. See the module docs for more information", "version": "9.0.0", "collection_name": "polyhost.cloud"}
    ]


@pytest.mark.parametrize("error", [KeyError("token S3CRET-1"), SystemExit("token S3CRET-1")])
def test_a_crash_is_a_failed_task(stage: Stage, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def crash(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise error

    monkeypatch.setattr(_module, "run", crash)
    monkeypatch.setattr(door, "perform", _module.perform)
    result = stage.run(name="web1", api_token="S3CRET-1")
    assert result["failed"] is True
    assert result["msg"].startswith(f"Unexpected {type(error).__name__}: ")
    assert "Traceback" in result["exception"]
    assert "S3CRET-1" not in json.dumps(result)


def test_running_out_of_time_is_not_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_time(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise OutOfTimeError

    monkeypatch.setattr(_module, "run", out_of_time)
    monkeypatch.setattr(door, "perform", _module.perform)
    stage.environment = {"ONLY_FOR_THE_TASK": "x"}
    with pytest.raises(OutOfTimeError):
        stage.run()
    assert "ONLY_FOR_THE_TASK" not in os.environ


def test_progress_is_printed_for_the_host(stage: Stage) -> None:
    def performs(task: Task) -> Reply:
        assert task.progress
        task.progress("half of it is done")
        return Reply({})

    stage.performs = performs
    stage.run()
    assert stage.told == ["polyhost.cloud.vps_instance [web1]: half of it is done"]


def test_no_progress_is_printed_under_no_log(stage: Stage) -> None:
    stage.task.no_log = True
    stage.run()
    assert stage.tasks[0].progress is None


# -- what both doors hide -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("door_class", "result", "hidden"),
    [
        (vps_console.ActionModule, OPEN, True),
        (vps_instance.ActionModule, MADE, True),
        (vps_fleet.ActionModule, FLEET, True),
        (vps_fleet.ActionModule, {"instances": [{"name": "web1"}]}, False),
        (vps_fleet.ActionModule, {"failed": True, "msg": "no"}, False),
        (vps_console.ActionModule, {"console": {"url": None}}, False),
        (vps_console.ActionModule, {"failed": True, "msg": "no"}, False),
        (vps_instance.ActionModule, {"instance": {"name": "web1"}}, False),
    ],
)
def test_what_holds_a_secret_is_hidden_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, door_class: type[Door], result: Result, hidden: bool, fast: bool
) -> None:
    stage = Stage(monkeypatch, tmp_path, door_class)
    stage.variables[SWITCH] = fast
    stage.performs, stage.shipped = lambda task: Reply(dict(result)), dict(result)
    needed: dict[str, t.Any] = {"instances": []} if door_class is vps_fleet.ActionModule else {}
    assert {**stage.run(**needed), **result} == stage.run(**needed)
    assert stage.task.no_log is hidden
    assert bool(stage.tasks) is fast


@pytest.mark.parametrize(("door_class", "options"), [(vps_console.ActionModule, {}), (vps_instance.ActionModule, {"return_credentials": "yes"}), *FLEETS])
def test_a_job_that_may_bring_a_secret_is_hidden_from_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, door_class: type[Door], options: dict[str, t.Any]
) -> None:
    stage = Stage(monkeypatch, tmp_path, door_class)
    stage.task.async_val = 60
    stage.shipped = {"ansible_job_id": "j1.2", "started": True}
    stage.run(**options)
    assert stage.task.no_log is True
