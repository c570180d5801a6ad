# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner: results and typed failures as data, without secrets; and whole tasks over a scripted driver."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec, _runner
from ansible_collections.polyhost.cloud.plugins.module_utils._actions.instance import instance
from ansible_collections.polyhost.cloud.plugins.module_utils._actions.instance_info import instance_info
from ansible_collections.polyhost.cloud.plugins.module_utils._connection import TaskContext
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConflictError,
    MissingLibraryError,
    OutcomeUnknownError,
    RejectedError,
    VpsError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance, Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import LIVE, Entry, Ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Driver, Lookup, Receipt
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock, FakeDriver, server, waiter

TOKEN = "token-marker-1"


class Cloud:
    """A provider: its servers outlive the tasks; C(script) is for the next task."""

    def __init__(self, folder: t.Any) -> None:
        self.servers: dict[str, Instance] = {}
        self.script: dict[str, list[t.Any]] = {}
        self.drivers: list[FakeDriver] = []
        self.path = str(folder / "ledger.json")
        self.environ = {"HOME": str(folder), "FAKE_TOKEN": TOKEN}

    def driver(self, context: t.Any) -> FakeDriver:
        driver = FakeDriver(context=context, **self.script)
        driver.servers, self.script = self.servers, {}
        self.drivers.append(driver)
        return driver

    def task(self, *, check: bool = False, verbosity: int = 0, **options: t.Any) -> _runner.Task:
        values = {name: options.get(name, about.get("default")) for name, about in _argspec.INSTANCE.items()}
        return _runner.Task({**values, "provider": "fake"}, self.environ, check, True, verbosity, FakeClock())

    def run(self, action: t.Any = instance, *, writes: bool = True, **options: t.Any) -> _runner.Reply:
        return _runner.run(action, self.task(**options), writes=writes)

    def create(self, **options: t.Any) -> dict[str, t.Any]:
        return self.run(name="web", image="debian", **options).result

    @property
    def calls(self) -> list[str]:
        """The verbs that wrote in the last task."""
        return [call[0] for call in self.drivers[-1].calls]

    @property
    def placed(self) -> int:
        """Orders in all tasks."""
        return sum(call[0] == "place" for driver in self.drivers for call in driver.calls)

    def appears(self, name: str | None = "web", identifier: str = "new", **changes: t.Any) -> t.Callable[[], Receipt]:
        """What placing an order does: the server appears."""

        def place() -> Receipt:
            self.servers[identifier] = server(identifier, name, image="debian", image_id="debian", **changes)
            return Receipt(identifier)

        return place


@pytest.fixture
def cloud(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    cloud = Cloud(tmp_path)
    made = type("Made", (FakeDriver,), {"__new__": lambda cls, context: cloud.driver(context)})
    monkeypatch.setitem(DRIVERS._imports, "fake", lambda: made)
    return cloud


def failing(error: BaseException) -> t.Callable[[Driver, TaskContext, _runner.Task], dict[str, t.Any]]:
    def action(driver: Driver, context: TaskContext, task: _runner.Task) -> dict[str, t.Any]:
        context.warn(f"careful with {TOKEN}")
        raise error

    return action


# -- failures -------------------------------------------------------------------------------------------------------------------


def test_a_typed_failure_is_a_result_without_secrets(cloud: Cloud) -> None:
    error = RejectedError(f"no {TOKEN}", hint="not pw-marker", id="7", provider_message={"pw-marker": [TOKEN]})
    reply = cloud.run(failing(error), password="pw-marker")
    api = reply.result.pop("api")
    assert reply.result == {
        "failed": True,
        "changed": False,
        "msg": "no ********. not ********",
        "error": "RejectedError",
        "id": "7",
        "provider_message": {"********": ["********"]},
    }
    assert api == {"calls": 0, "writes": 0, "retries": 0, "waited": 0.0, "request_ids": []}
    assert reply.warnings == ["careful with ********"]
    assert reply.missing_library is None


def test_a_failure_before_there_is_a_connection(cloud: Cloud) -> None:
    result = cloud.run(api_token="a b").result
    assert (result["failed"], result["changed"], result["option"]) == (True, False, "api_token")
    assert "api" not in result
    assert cloud.drivers == []


def test_a_missing_library_is_named_for_the_door(cloud: Cloud) -> None:
    assert cloud.run(failing(MissingLibraryError("requests is needed", library="requests"))).missing_library == "requests"


def test_an_error_of_ours_is_raised_and_connections_are_closed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(TaskContext, "close", lambda self: closed.append(True))
    for error in (ZeroDivisionError(), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            cloud.run(failing(error))
    cloud.run(failing(VpsError("x")))
    cloud.run(lambda driver, context, task: {})
    assert closed == [True] * 4


def test_what_does_not_write_may_not_write(cloud: Cloud) -> None:
    seen: list[tuple[bool, bool]] = []

    def action(driver: Driver, context: TaskContext, task: _runner.Task) -> dict[str, t.Any]:
        seen.append((context.read_only, context.check_mode))
        return {}

    cloud.run(action, writes=False)
    cloud.run(action, check=True)
    cloud.run(action)
    assert seen == [(True, False), (True, True), (False, False)]


def test_what_needs_no_account_takes_no_token() -> None:
    reply = _runner.run(None, _runner.Task({"provider": "civo"}, {}), writes=False)
    assert [each["provider"] for each in reply.result["providers"]] == ["civo"]
    assert reply.result["changed"] is False
    assert len(_runner.run(None, _runner.Task({}, {}), writes=False).result["providers"]) == len(DRIVERS)


def test_name_or_id_is_needed(cloud: Cloud) -> None:
    assert cloud.run(name=" ").result["option"] == "name"


# -- whole tasks ----------------------------------------------------------------------------------------------------------------


def test_create_second_run_and_absent(cloud: Cloud) -> None:
    predicted = cloud.create(check=True)
    assert (predicted["changed"], cloud.calls, cloud.servers) == (True, [], {})
    cloud.script["place"] = [cloud.appears()]
    made = cloud.create()
    assert (made["changed"], made["instance"]["id"], made["instance"]["status"]) == (True, "new", "running")
    assert (made["plan"], made["plan_id"], made["diff"]) == (predicted["plan"], predicted["plan_id"], predicted["diff"])
    again = cloud.create()
    assert (again["changed"], again["plan"], cloud.calls) == (False, [], [])
    gone = cloud.run(name="web", state="absent").result
    assert (gone["changed"], gone["instance"]["status"], cloud.servers) == (True, "absent", {})
    assert set(predicted["instance"]) == set(made["instance"]) == set(again["instance"]) == set(gone["instance"])


def test_a_plan_that_was_refused_changed_nothing(cloud: Cloud) -> None:
    cloud.servers["1"] = server(size="s", image="debian", image_id="debian")
    for options in ({"size": "l"}, {"size": "l", "allow": ["restart", "cost"], "expect_plan": "0" * 16}, {"image": "other", "on_drift": "fail"}):
        with_known = {"image": "debian", **options}
        result = cloud.run(name="web", **with_known).result
        assert result["failed"] is True
        assert result["changed"] is False, result["error"]
        assert cloud.calls == []


def test_the_plan_that_was_approved_is_carried_out(cloud: Cloud) -> None:
    cloud.servers["1"] = server(size="s")
    options = {"name": "web", "size": "l", "allow": ["restart", "cost"]}
    plan_id = cloud.run(check=True, **options).result["plan_id"]
    result = cloud.run(expect_plan=plan_id, **options).result
    assert (result["changed"], result["plan_id"], cloud.calls) == (True, plan_id, ["resize"])
    assert cloud.run(expect_plan=plan_id, **options).result["changed"] is False, "an empty plan is always accepted"


def test_a_failure_half_way_tells_what_was_done(cloud: Cloud) -> None:
    cloud.servers["1"] = server()
    cloud.script["stop"] = [ConflictError("busy")]
    result = cloud.run(name="web", tags={"a": "b"}, state="stopped").result
    assert (result["failed"], result["changed"], result["id"]) == (True, True, "1")
    assert [step["field"] for step in result["plan"]] == ["tags"]


def test_credentials_come_only_when_asked_for(cloud: Cloud) -> None:
    credentials = {"username": "root", "password": "made-marker"}

    def place() -> Receipt:
        return Receipt(cloud.appears()().instance_id, None, credentials)

    cloud.script["place"] = [place]
    assert "made-marker" not in json.dumps(cloud.create())
    cloud.servers.clear()
    cloud.script["place"] = [place]
    assert cloud.create(return_credentials=True)["credentials"] == credentials


def test_no_secret_input_is_in_any_result(cloud: Cloud) -> None:
    secrets = {"password": "pw-marker", "user_data": "ud-marker", "update_password": "always", "allow": ["restart"]}
    for options in ({"check": True}, {}, {"verbosity": 3}):
        cloud.script["place"] = [cloud.appears()]
        result = cloud.create(**secrets, **options)
        assert not result.get("failed"), result
        assert "marker" not in json.dumps(result)


def test_two_of_one_name_are_nobodys_choice(cloud: Cloud) -> None:
    cloud.servers.update({"1": server("1"), "2": server("2"), "3": server("3", status="deleting")})
    result = cloud.create()
    assert (result["error"], result["ids"], cloud.calls) == ("AmbiguousError", ["1", "2"], [])


def test_a_failed_lookup_never_creates(cloud: Cloud) -> None:
    cloud.script["find"] = [RejectedError("page 2 failed")]
    assert (cloud.create()["failed"], cloud.calls) == (True, [])


def test_a_lost_answer_is_adopted_with_a_warning(cloud: Cloud) -> None:
    def lost() -> t.NoReturn:
        cloud.appears()()
        raise OutcomeUnknownError("reset")

    cloud.script["place"] = [lost]
    reply = cloud.run(name="web", image="debian")
    assert (reply.result["changed"], reply.result["instance"]["id"], cloud.placed) == (True, "new", 1)
    assert any("taken over" in warning for warning in reply.warnings)


def test_a_ledger_entry_whose_server_is_gone_does_not_stand_in_the_way(cloud: Cloud) -> None:
    ledger = Ledger(cloud.path, "fake", "api.fake.example", waiter(), False)
    ledger.write(("", ""), Entry(LIVE, "web", id="old"))
    cloud.script["place"] = [cloud.appears()]
    assert cloud.create(ledger=cloud.path)["instance"]["id"] == "new"
    entry = ledger.entry(("", ""), "web")
    assert entry and entry.id == "new"


def test_a_ledger_entry_whose_server_has_another_name_by_now_does_not_count(cloud: Cloud) -> None:
    Ledger(cloud.path, "fake", "api.fake.example", waiter(), False).write(("", ""), Entry(LIVE, "web", id="1"))
    cloud.servers["1"] = server("1", "renamed")
    cloud.script["place"] = [cloud.appears()]
    assert cloud.create(ledger=cloud.path)["instance"]["id"] == "new"


def test_information_is_filtered_and_sorted(cloud: Cloud) -> None:
    cloud.servers.update(
        {
            "3": server("3", "b", tags={"role": "web"}),
            "2": server("2", "a", tags={"role": "web"}, status="stopped"),
            "1": server("1", "a", region="r0", tags={"role": "db"}),
        }
    )

    def names(**options: t.Any) -> list[str]:
        task = cloud.task()
        values = {name: options.get(name, about.get("default")) for name, about in _argspec.INSTANCE_INFO.items()}
        reply = _runner.run(instance_info, _runner.Task({**values, "provider": "fake"}, task.environ), writes=False)
        return [each["id"] for each in reply.result["instances"]]

    assert names() == ["1", "2", "3"]
    assert names(tags={"role": "web"}) == ["2", "3"]
    assert names(tags={"role": "web"}, status=["running"]) == ["3"]
    assert names(name="a") == ["1", "2"]
    assert names(id="3", name="a") == []
    assert names(id="9") == names(name="none") == names(status=["error"]) == []


def test_a_lookup_that_is_being_built_is_awaited(cloud: Cloud) -> None:
    building = FakeDriver().operation("build", lambda: Outcome(cloud.appears()().instance_id), operation_id="task-1")
    cloud.script["find"] = [Lookup((), frozenset(), building)]
    result = cloud.create()
    assert (result["changed"], result["instance"]["id"], cloud.placed) == (False, "new", 0)
    cloud.script["find"] = [Lookup((), frozenset(), building)]
    predicted = cloud.run(check=True, name="other", state="stopped").result
    assert (predicted["instance"]["status"], predicted["approvable"]) == ("stopped", False)


@pytest.mark.parametrize(
    ("check", "wait", "changed", "status", "actions"),
    [(True, True, True, "absent", ["delete"]), (False, False, False, "building", []), (True, False, False, "building", [])],
)
def test_what_is_being_built_is_not_said_to_be_absent(cloud: Cloud, check: bool, wait: bool, changed: bool, status: str, actions: list[str]) -> None:
    building = FakeDriver().operation("build", lambda: None, operation_id="task-1")
    cloud.script["find"] = [Lookup((), frozenset(), building)]
    result = cloud.run(check=check, name="web1", state="absent", wait=wait).result
    assert (result["changed"], result["instance"]["status"]) == (changed, status)
    assert [step["action"] for step in result["plan"]] == actions


class Killed(BaseException):
    """SIGKILL."""


def kill() -> t.NoReturn:
    raise Killed


def test_a_server_whose_name_shows_late_is_found_again_by_the_ledger(cloud: Cloud) -> None:
    cloud.script.update(place=[cloud.appears(name=None, status="building", settled=False)], get=[kill])
    with pytest.raises(Killed):
        cloud.create(ledger=cloud.path)
    assert Ledger(cloud.path, "fake", "api.fake.example", waiter(), False).entry(("", ""), "web") == Entry(
        LIVE, "web", id="new", ordered_at=pytest.approx(1_700_000_000.0)
    )

    def finish() -> Instance:
        cloud.servers["new"] = server("new", "web", image="debian", image_id="debian")
        return cloud.servers["new"]

    cloud.script["get"] = [lambda: cloud.servers["new"], finish]
    result = cloud.create(ledger=cloud.path)
    assert not result.get("failed"), result
    assert (cloud.placed, result["instance"]["id"]) == (1, "new")
