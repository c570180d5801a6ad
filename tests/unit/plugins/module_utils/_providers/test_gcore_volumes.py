# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_volume at Gcore where it has something of its own; the matrix of declared resources proves the rest."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.volumes import GcoreVolumes
from ansible_collections.polyhost.cloud.tests.unit import account as accounts
from ansible_collections.polyhost.cloud.tests.unit.account import Row
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE


class Account(accounts.Account):
    """A server with a boot volume."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller, "gcore", "volume", "volumes", region="4")
        with self.own.lock:
            (self.server,) = self.own.seed_instances(1, name="db1")

    def made(self, **options: t.Any) -> Row:
        """A volume that exists; the log starts after it."""
        volume: Row = self.done(**{"name": "data", "size_gb": 10, **options})["volume"]
        self.controller.simulator.clear_log()
        return volume

    def row(self, volume: Row) -> Row:
        """What the simulator knows of it."""
        row: Row = self.own.shelf("volumes", SCOPE)[volume["id"]]
        return row

    def body(self, operation: str) -> t.Any:
        """What was sent."""
        return next(entry["body"] for entry in self.controller.simulator.log("gcore") if entry["operation"] == operation)


@pytest.fixture
def account(controller: Controller) -> Account:
    return Account(controller)


def test_an_order_says_what_was_wanted_and_nothing_else(account: Account) -> None:
    account.made(type="ssd_hiiops", tags={"role": "db", "rank": 1})
    volume = account.listed(name="data")[0]
    assert (volume["size_gb"], volume["type"], volume["status"], volume["provider_status"]) == (10, "ssd_hiiops", "available", "available")
    assert (volume["instance"], volume["device"], volume["bootable"], volume["tags"]) == (None, None, False, {"role": "db", "rank": "1"})


def test_attached_shows_server_and_device(account: Account) -> None:
    volume = account.made(instance="db1")
    assert (volume["status"], volume["instance"], volume["device"]) == ("attached", {"id": account.server, "name": "db1"}, "/dev/vdb")
    assert [each["bootable"] for each in account.listed(instance="db1")] == [False, True]
    assert account.listed(unattached=True) == []


def test_names_are_compared_whole_and_two_of_one_name_are_nobodys_choice(account: Account) -> None:
    account.made(name="data-2")
    assert account.listed(name="data") == []
    first = account.made()
    with account.own.lock:
        twin = account.own.make_volume(SCOPE, {"name": "data", "size": 10, "type": "standard", "bootable": False, "image": None, "tags": {}})
    result = account.refused(name="data", size_gb=20)
    assert result["error"] == "AmbiguousError"
    assert sorted(result["ids"]) == sorted([first["id"], twin["id"]])


def test_a_volume_of_another_region_is_no_absent_one(account: Account) -> None:
    volume = account.made()
    assert account.refused(id=volume["id"], region="7", state="absent")["option"] == "region"
    assert account.done(id=volume["id"], region=None)["volume"]["region"] == "4"
    with account.own.lock:
        (far,) = account.own.seed_instances(1, name="far", region="7")
    assert account.refused(name="data", region=None, instance=far)["option"] == "instance"


def test_the_boot_volume_stays_with_its_server(account: Account) -> None:
    (boot,) = account.listed(instance="db1")
    for options in ({"state": "absent"}, {"instance": ""}):
        result = account.refused(id=boot["id"], allow=["detach"], **options)
        assert "boot volume" in result["msg"]
        assert account.server in result["msg"]
        assert "delete_with" in result["msg"]


def test_what_a_server_left_behind_is_found_and_can_go(account: Account) -> None:
    (boot,) = account.listed(instance="db1")
    assert not account.controller.instance("gcore", region="4", name="db1", state="absent").result.get("failed")
    (left,) = account.listed(unattached=True)
    assert (left["id"], left["bootable"]) == (boot["id"], True)
    account.done(id=left["id"], state="absent", expect={"status": "available"})
    assert account.listed(unattached=True) == []


def test_snapshots_that_go_along_are_named(account: Account) -> None:
    account.made(instance="db1")
    parts = account.controller.backup("gcore", region="4", instance="db1").result["backup"]["parts"]
    account.done(name="data", state="absent", allow=["detach"], check=True)
    assert any(parts[1]["id"] in warning for warning in account.warnings)
    assert not any(parts[0]["id"] in warning for warning in account.warnings)


def test_a_size_only_grows_and_not_of_every_type(account: Account) -> None:
    account.made()
    assert "only grows" in account.refused(name="data", size_gb=5)["msg"]
    account.made(name="rigid", type="ssd_lowlatency")
    assert account.refused(name="rigid", size_gb=20)["option"] == "size_gb"


def test_growing_while_attached(account: Account) -> None:
    account.made(instance="db1")
    assert account.refused(name="data", size_gb=20)["needs"] == ["cost"]
    result = account.done(name="data", size_gb=20, allow=["cost"])
    assert [(step["action"], step["before"], step["after"], step["cost"]) for step in result["plan"]] == [("grow", 10, 20, True)]
    assert (result["volume"]["size_gb"], result["volume"]["status"], account.writes) == (20, "attached", ["volumes.extend"])


def test_what_is_fixed_is_drift_and_a_name_stays(account: Account) -> None:
    volume = account.made(type="standard", tags={"role": "db"})
    result = account.done(name="data", type="ultra", tags={"role": "web"})
    assert {(each["field"], each["needs"]) for each in result["drift"]} == {("type", "unsupported"), ("tags", "unsupported")}
    assert (result["changed"], account.writes) == (False, [])
    assert account.refused(id=volume["id"], name="other")["error"] == "UnsupportedError"


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"size_gb": 0}, "size_gb"),
        ({}, "size_gb"),
        ({"size_gb": 1, "network": "net1"}, "network"),
        ({"size_gb": 1, "tags": {"role": ""}}, "tags"),
        ({"id": "../4"}, "id"),
        ({"snapshot": "nightly"}, "snapshot"),
        ({"size_gb": 1, "region": None}, "region"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(account: Account, options: Row, option: str) -> None:
    assert account.refused(**{"name": "data", **options})["option"] == option


def test_a_volume_of_a_snapshot_has_its_size_at_least(account: Account) -> None:
    account.made(instance="db1")
    part = account.controller.backup("gcore", region="4", instance="db1").result["backup"]["parts"][1]["id"]
    assert account.refused(name="copy", snapshot=part, size_gb=5)["option"] == "size_gb"
    assert account.done(name="copy", snapshot=part, check=True)["volume"]["size_gb"] == 10
    assert account.done(name="copy", snapshot="made-later", size_gb=10, check=True)["approvable"] is False


def test_moving_takes_consent_and_two_calls(account: Account) -> None:
    account.made(instance="db1")
    with account.own.lock:
        account.own.seed_instances(1, name="db2")
    result = account.refused(name="data", instance="db2")
    assert (result["error"], [step["action"] for step in result["plan"]]) == ("ConsentError", ["detach", "attach"])


def test_of_several_servers_the_wanted_one_counts(account: Account) -> None:
    volume = account.made(instance="db1")
    with account.own.lock:
        (other,) = account.own.seed_instances(1, name="db2")
        account.own.attach_volume(account.row(volume), account.own.shelf("instances", SCOPE)[other], delete_on_termination=False)
    assert account.done(name="data", instance="db2")["changed"] is False
    assert account.done(name="data", instance="db1")["changed"] is False
    assert other in account.refused(name="data", state="absent", allow=["detach"])["msg"]


@pytest.mark.parametrize(("word", "status"), [("retyping", "changing"), ("error_extending", "error"), ("novel", "unknown"), ("deleting", "deleting")])
def test_the_words_of_the_provider(account: Account, word: str, status: str) -> None:
    account.row(account.made())["status"] = word
    (shown,) = account.listed(name="data")
    assert (shown["status"], shown["provider_status"]) == (status, word)


def test_one_that_is_being_deleted_is_gone(account: Account) -> None:
    account.row(account.made())["status"] = "deleting"
    assert account.done(name="data", state="absent")["changed"] is False


def test_a_task_that_failed_is_told_and_the_next_run_orders_anew(account: Account) -> None:
    account.controller.simulator.fault("gcore", "volumes.create", "task_fails", error="No space left")
    result = account.run(name="data", size_gb=10)
    assert (result["error"], "No space left" in result["msg"]) == ("OperationFailedError", True)
    assert account.done(name="data", size_gb=10)["volume"]["id"]


@pytest.mark.parametrize("provider", ["hostwinds", "hosterapi"])
def test_without_volumes_there_is_advice(controller: Controller, provider: str) -> None:
    result = controller.task("volume", provider, name="data", size_gb=10).result
    assert (result["error"], result["capability"]) == ("UnsupportedError", "volume")
    assert "disk_gb" in result["msg"]
    assert controller.task("volume_info", provider).result["supported"] is False
    assert controller.calls(provider) == []


def test_what_a_slow_task_still_makes_is_not_ordered_again(account: Account) -> None:
    simulator = account.controller.simulator
    simulator.settings("gcore", listed_while="finished", task_seconds=600)
    simulator.fault("gcore", "volumes.create", "reset_after")
    for _run in range(2):
        assert account.run(name="data", size_gb=10, wait_timeout=15.0)["error"] == "OutcomeUnknownError"
    simulator.clock.advance(600)
    assert account.done(name="data", size_gb=10)["volume"]["id"]
    assert account.writes == ["volumes.create"]


def test_an_order_in_another_project_is_another_order(account: Account) -> None:
    for project in ("1337", "1400"):
        assert account.done(name="data", size_gb=10, project=project, wait=False)["changed"] is True
    assert account.writes == ["volumes.create", "volumes.create"]


def test_an_order_that_nobody_waited_for_and_that_failed_is_told_and_made_again(account: Account) -> None:
    account.controller.simulator.settings("gcore", listed_while="finished")
    account.controller.simulator.fault("gcore", "volumes.create", "task_fails", error="No space left")
    account.done(name="data", size_gb=10, wait=False)
    account.controller.simulator.clock.advance(600)
    assert account.run(name="data", size_gb=10, wait=False)["error"] == "OperationFailedError"
    assert account.writes == ["volumes.create"]
    assert account.done(name="data", size_gb=10)["volume"]["id"]


def test_an_order_whose_volume_somebody_removed_is_made_again(account: Account) -> None:
    account.done(name="data", size_gb=10, wait=False)
    account.controller.simulator.clock.advance(600)
    account.own.shelf("volumes", SCOPE).pop(account.listed(name="data")[0]["id"])
    assert account.run(name="data", size_gb=10, wait=False)["error"] == "NotAppliedError"
    assert account.done(name="data", size_gb=10)["volume"]["id"]


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_still_being_made_is_not_absent(account: Account, lost: bool) -> None:
    account.controller.simulator.settings("gcore", listed_while="finished", task_seconds=40 if not lost else 90)
    if lost:
        account.controller.simulator.fault("gcore", "volumes.create", "reset_after")
    account.run(name="data", size_gb=10, wait=lost)
    if lost:
        assert account.run(name="data", state="absent", wait_timeout=5.0)["error"] == "OutcomeUnknownError"
    result = account.done(name="data", state="absent")
    assert ([step["action"] for step in result["plan"]], account.writes) == (["delete"], ["volumes.create", "volumes.delete"])


def test_a_list_that_is_late_does_not_make_a_second_one(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    find, clock = GcoreVolumes.find, account.controller.clock
    monkeypatch.setattr(GcoreVolumes, "find", lambda self, wish, instance: find(self, wish, instance) if clock.now() > 45 else [])
    assert account.done(name="data", size_gb=10)["volume"]["id"]


def test_one_that_is_being_made_without_showing_its_task_is_awaited(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    row, clock = account.row(account.made()), account.controller.clock
    row["status"], sleep = "creating", clock.sleep

    def until_it_is_made(seconds: float) -> None:
        sleep(seconds)
        if clock.now() > 60 and row["status"] == "creating":
            row["status"] = "available"

    monkeypatch.setattr(clock, "sleep", until_it_is_made)
    assert account.done(name="data", instance="db1")["volume"]["status"] == "attached"
    assert account.writes == ["volumes.attach"]
