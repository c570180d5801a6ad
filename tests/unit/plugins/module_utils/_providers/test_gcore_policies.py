# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules at Gcore: lifecycle policies made, compared, changed and deleted."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core import schedule as times
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance, Schedule
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.policies import _row_of, schedule_of
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.gcore_frame import Scope
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller

SCOPE = Scope(1337, 4)
LOST = "reset_after"  # the request is carried out, and its answer lost
Row = dict[str, t.Any]


class Account:
    """A server with a boot volume and a data volume."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.simulator = controller.simulator
        self.provider: t.Any = controller.simulator["gcore"]
        self.server = str(controller.made("gcore")["id"])
        self.add_volume(self.server)
        self.simulator.clear_log()

    def add_volume(self, server: str, kind: str = "standard") -> str:
        plan = {"name": "data", "size": 10, "type": kind, "bootable": False, "image": None, "tags": {}}
        volume = self.provider.make_volume(SCOPE, plan)
        self.provider.attach_volume(volume, self.provider.shelf("instances", SCOPE)[server], delete_on_termination=False)
        return str(volume["id"])

    def volumes(self, server: str | None = None) -> list[str]:
        return [entry["id"] for entry in self.provider.shelf("instances", SCOPE)[server or self.server]["volumes"]]

    @property
    def policies(self) -> list[Row]:
        return list(self.provider.shelf("policies", SCOPE).values())

    @property
    def schedules(self) -> list[Row]:
        return list(self.provider.shelf("schedules", SCOPE).values())

    def add_policy(self, name: str, volumes: t.Sequence[str], *schedules: Row) -> Row:
        """One that a person made in the panel."""
        policy = {"id": self.provider.new_id(), "name": name, "status": "active", "volume_ids": list(volumes), "task_id": None}
        self.provider.shelf("policies", SCOPE)[str(policy["id"])] = policy
        self.provider._store_schedules(SCOPE, policy, [self.provider._checked_schedule(each) for each in schedules])
        return policy

    def run(self, *, check: bool = False, state: str = "present", instance: str | None = None, allow: t.Sequence[str] = (), **schedule: t.Any) -> Row:
        """A task about a schedule of the server; its result."""
        self.simulator.clear_log()
        return self.controller.backup(
            "gcore", check=check, region="4", instance=instance or self.server, state=state, allow=list(allow), schedule={"name": "nightly", **schedule}
        ).result

    def ok(self, **options: t.Any) -> Row:
        """The result of a task whose check mode predicted it, and whose second run has nothing to do."""
        predicted = self.run(check=True, **options)
        assert self.writes == []
        result = self.run(**options)
        assert not result.get("failed"), result
        sent = self.writes
        assert (predicted["plan"], predicted["plan_id"], predicted["diff"]) == (result["plan"], result["plan_id"], result["diff"])
        assert all(value is None or value == result["schedule"][key] for key, value in predicted["schedule"].items())
        again = self.run(**options)
        assert again["changed"] is False, again
        assert self.writes == []
        self.sent = sent
        return result

    @property
    def writes(self) -> list[str]:
        return self.simulator.writes("gcore")


@pytest.fixture
def account(controller: Controller) -> t.Iterator[Account]:
    account = Account(controller)
    yield account
    assert account.provider.violations == []


def test_a_schedule_is_a_policy_over_all_volumes(account: Account) -> None:
    result = account.ok(cron="30 3 * * mon,fri", keep=7)
    assert account.sent == ["lifecycle_policies.create"]
    (policy,), (schedule,) = account.policies, account.schedules
    assert (policy["name"], policy["status"], policy["volume_ids"]) == ("nightly", "active", account.volumes())
    fields = {key: schedule[key] for key in ("type", "minute", "hour", "day", "month", "day_of_week", "week", "timezone", "max_quantity")}
    assert fields == {
        "type": "cron",
        "minute": "30",
        "hour": "3",
        "day": "*",
        "month": "*",
        "day_of_week": "mon,fri",
        "week": "*",
        "timezone": "UTC",
        "max_quantity": 7,
    }
    assert (result["schedule"]["id"], result["schedule"]["cron"], result["schedule"]["keep"]) == (str(policy["id"]), "30 3 * * 1,5", 7)
    assert account.simulator.calls("gcore") == ["instances.get", "lifecycle_policies.list"]  # of the second run


def test_an_interval_is_sent_in_the_units_of_the_provider(account: Account) -> None:
    account.ok(every="90m", keep=2)
    (schedule,) = account.schedules
    assert [schedule[unit] for unit in ("weeks", "days", "hours", "minutes")] == [0, 0, 1, 30]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"every": "30m", "keep": 2}, "an hour"),
        ({"every": "2h", "keep": 10001}, "10000"),
        ({"cron": "0 3 1 * mon", "keep": 2}, "both the day of the month and the day of the week"),
        ({"every": "2h"}, "keep"),
    ],
)
def test_what_a_policy_cannot_hold_is_refused(account: Account, wanted: Row, word: str) -> None:
    result = account.run(**wanted)
    assert word in result["msg"]
    assert account.writes == []


def test_a_volume_without_snapshots_is_refused(account: Account) -> None:
    volume = account.add_volume(account.server, "ssd_lowlatency")
    assert volume in account.run(every="24h", keep=2)["msg"]
    assert account.run(check=True, every="24h", keep=2)["failed"]
    assert account.writes == []


@pytest.mark.parametrize("change", [{"cron": "0 4 * * *"}, {"every": "12h"}, {"keep": 9}])
def test_a_change_adds_before_it_removes(account: Account, change: Row) -> None:
    account.ok(cron="0 3 * * *", keep=7)
    first = account.schedules[0]["id"]
    account.ok(**change)
    assert account.sent == ["lifecycle_policies.add_schedules", "lifecycle_policies.remove_schedules"]
    assert first not in {schedule["id"] for schedule in account.schedules}
    assert len(account.schedules) == 1


def test_a_policy_pauses_and_goes_on(account: Account) -> None:
    account.ok(cron="0 3 * * *", keep=7)
    account.ok(paused=True)
    assert account.sent == ["lifecycle_policies.update"]
    assert account.policies[0]["status"] == "paused"
    account.ok(paused=False)
    assert account.policies[0]["status"] == "active"


def test_a_volume_that_was_attached_later_is_added_and_those_of_others_stay(account: Account, controller: Controller) -> None:
    other = str(controller.made("gcore", "web2")["id"])
    policy = account.add_policy("nightly", [*account.volumes(other), account.volumes()[0]], {"type": "interval", "hours": 24, "max_quantity": 3})
    result = account.ok(every="1d", keep=3)
    assert account.sent == ["lifecycle_policies.add_volumes"]
    assert [step["field"] for step in result["plan"]] == ["covers"]
    assert policy["volume_ids"] == [*account.volumes(other), *account.volumes()]


def test_a_change_that_is_for_others_too_says_so(account: Account, controller: Controller) -> None:
    other = account.volumes(str(controller.made("gcore", "web2")["id"]))
    account.add_policy("nightly", [*other, *account.volumes()], {"type": "interval", "hours": 24, "max_quantity": 7})
    changed = controller.backup("gcore", check=True, region="4", instance=account.server, schedule={"name": "nightly", "keep": 2})
    assert [other[0] in warning and "also backs up" in warning for warning in changed.warnings] == [True]
    assert controller.backup("gcore", region="4", instance=account.server, schedule={"name": "nightly", "keep": 7}).warnings == []


def test_several_schedules_of_one_policy_are_shown_and_become_one(account: Account) -> None:
    daily = {"type": "cron", "minute": "0", "hour": "3", "max_quantity": 3}
    policy = account.add_policy("nightly", account.volumes(), daily, {"type": "interval", "hours": 6, "max_quantity": 3})
    account.ok(paused=True)
    assert len(account.schedules) == 2
    keeper = account.schedules[0]["id"]
    result = account.ok(cron="0 3 * * *")
    assert account.sent == ["lifecycle_policies.remove_schedules"]
    assert [schedule["id"] for schedule in account.schedules] == [keeper]
    assert result["plan"] == [
        {"action": "set", "field": "cron", "before": "0 3 * * * and every 6h", "after": "0 3 * * *", "effect": "none", "cost": False, "price": None}
    ]
    assert account.policies == [policy]


def test_how_many_are_kept_changes_in_every_schedule_and_nothing_else_does(account: Account) -> None:
    berlin = {"type": "cron", "minute": "0", "hour": "3", "timezone": "Europe/Berlin", "max_quantity": 3, "retention_time": {"weeks": 4}}
    account.add_policy("nightly", account.volumes(), berlin, {"type": "interval", "hours": 6, "max_quantity": 2})
    account.ok(keep=5)
    kept = [(schedule["type"], schedule["max_quantity"], schedule.get("timezone"), schedule["retention_time"]) for schedule in account.schedules]
    assert sorted(kept, key=str) == [("cron", 5, "Europe/Berlin", {"weeks": 4}), ("interval", 5, None, None)]


def test_two_policies_of_one_name_are_an_error(account: Account) -> None:
    ids = [str(account.add_policy("nightly", account.volumes())["id"]) for _number in range(2)]
    account.add_policy("nightly-2", account.volumes())
    assert sorted(account.run(cron="0 3 * * *", keep=1)["ids"]) == sorted(ids)


@pytest.mark.parametrize(
    ("operation", "options"),
    [
        ("lifecycle_policies.create", {"cron": "0 3 * * *", "keep": 2}),
        ("lifecycle_policies.add_schedules", {"cron": "0 5 * * *"}),
    ],
)
def test_a_lost_answer_leaves_one_policy_and_one_schedule(account: Account, operation: str, options: Row) -> None:
    if operation != "lifecycle_policies.create":
        account.ok(cron="0 3 * * *", keep=2)
    account.simulator.fault("gcore", operation, LOST)
    assert not account.run(**options).get("failed")
    assert account.writes.count(operation) == 1
    assert account.run(**options)["changed"] is False
    assert len(account.policies) == len(account.schedules) == 1


def test_a_deleted_policy_leaves_its_snapshots(account: Account) -> None:
    account.ok(every="1h", keep=3)
    account.simulator.clock.advance(3700)
    account.ok(state="absent")
    assert account.sent == ["lifecycle_policies.delete"]
    assert account.policies == []
    assert account.provider.shelf("snapshots", SCOPE)


def test_a_policy_about_other_servers_too_only_loses_this_one(account: Account, controller: Controller) -> None:
    other = str(controller.made("gcore", "web2")["id"])
    policy = account.add_policy("nightly", [*account.volumes(), *account.volumes(other)], {"type": "interval", "hours": 24, "max_quantity": 3})
    account.ok(state="absent")
    assert account.sent == ["lifecycle_policies.remove_volumes"]
    assert policy["volume_ids"] == account.volumes(other)
    account.ok(every="24h", keep=3)
    assert policy["volume_ids"] == [*account.volumes(other), *account.volumes()]


# -- words --------------------------------------------------------------------------------------------------------------


def read(**fields: t.Any) -> Schedule:
    row = {"id": 7, "name": "n", "status": "active", "volumes": [], "schedules": [{"id": "s1", "type": "cron", "max_quantity": 2, **fields}]}
    return schedule_of(row, Instance("gcore", "a", id="vm-1", region="4"), ["v1"])


@pytest.mark.parametrize(
    ("days", "ours"),
    [
        ("mon", "1"),
        ("0", "1"),  # the provider counts from Monday
        ("6", "0"),
        ("sun", "0"),
        ("sat,sun", "0,6"),
        ("mon-fri", "1,2,3,4,5"),
        ("fri-sun", "0,5,6"),
        ("mon-sun", "*"),
        ("*/2", "0,1,3,5"),
        ("Tuesday", "2"),
        ("2nd fri", "2nd fri"),
        ("9", "9"),
    ],
)
def test_days_of_the_week_are_read_as_the_provider_counts_them(days: str, ours: str) -> None:
    assert read(minute="0", hour="3", day_of_week=days).cron == f"0 3 * * {ours}"


@pytest.mark.parametrize("cron", ["0 3 * * *", "*/15 0-6 1,15 * *", "5 4 * jan,jun sun", "0 0 * * 0,3", "0 0 * * 1-5", "59 23 31 12 *"])
def test_what_was_sent_is_read_as_the_same(cron: str) -> None:
    spelt = times.cron(cron)
    row = _row_of(Schedule("gcore", None, "n", None, cron=spelt, keep=4))
    assert not any(character.isdigit() for character in row["day_of_week"])
    assert (read(**row).cron, read(**row).keep) == (spelt, 4)


@pytest.mark.parametrize("seconds", [3600, 5400, 86400, 90000, 7 * 86400, 10 * 86400 + 60])
def test_intervals_are_read_as_the_same(seconds: int) -> None:
    assert read(**_row_of(Schedule("gcore", None, "n", None, every=seconds, keep=4))).every == seconds


@pytest.mark.parametrize("fields", [{"timezone": "Europe/Berlin"}, {"week": "1-10"}])
def test_what_our_cron_does_not_know_is_never_taken_for_the_same(fields: Row) -> None:
    assert read(minute="0", hour="3", **fields).cron not in ("0 3 * * *", None)
