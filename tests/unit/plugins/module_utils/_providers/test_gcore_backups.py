# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups at Gcore: snapshots of all volumes made, told apart, deleted and restored, against the simulated provider."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import NotFoundError, TransientError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import CREATING, ERROR, READY
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore import snapshots
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.tasks import Tasks
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.gcore_frame import Hold, Scope
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller

SCOPE = Scope(1337, 4)
LOST = "reset_after"  # the request is carried out, and its answer lost
Row = dict[str, t.Any]


class Account:
    """A server with a boot volume and as many data volumes as wanted."""

    def __init__(self, controller: Controller, data_volumes: int = 1) -> None:
        self.controller = controller
        self.simulator = controller.simulator
        self.provider: t.Any = controller.simulator["gcore"]
        self.server = str(controller.made("gcore")["id"])
        for number in range(data_volumes):
            self.add_volume(10 + number)
        self.simulator.clear_log()
        self.warnings: t.Sequence[str] = ()

    @property
    def record(self) -> Row:
        return t.cast(Row, self.provider.shelf("instances", SCOPE)[self.server])

    @property
    def volumes(self) -> list[str]:
        return [entry["id"] for entry in self.record["volumes"]]

    @property
    def snapshots(self) -> dict[str, Row]:
        return t.cast("dict[str, Row]", self.provider.shelf("snapshots", SCOPE))

    def volume(self, number: int) -> Row:
        return t.cast(Row, self.provider.shelf("volumes", SCOPE)[self.volumes[number]])

    def add_volume(self, size: int, kind: str = "ssd_hiiops") -> Row:
        plan = {"name": f"data-{size}", "size": size, "type": kind, "bootable": False, "image": None, "tags": {}}
        volume = t.cast(Row, self.provider.make_volume(SCOPE, plan))
        self.provider.attach_volume(volume, self.record, delete_on_termination=False)
        return volume

    def detach(self, number: int) -> Row:
        volume = self.volume(number)
        self.provider.detach_volume(SCOPE, volume)
        return volume

    def add_snapshot(self, volume: str, name: str, made: float, **tags: str) -> Row:
        row = self.provider.shelf("volumes", SCOPE)[volume]
        return t.cast(Row, self.provider._new_snapshot(SCOPE, row, name, made, tags=tags))

    def run(self, *, check: bool = False, **options: t.Any) -> Row:
        """A task about the server; its result."""
        options = {"region": "4", "instance": self.server, **options}
        reply = self.controller.backup("gcore", check=check, **options)
        self.warnings = reply.warnings
        return reply.result

    def ok(self, *, check: bool = False, **options: t.Any) -> Row:
        result = self.run(check=check, **options)
        assert not result.get("failed"), result
        return result

    def refused(self, **options: t.Any) -> Row:
        """The failure of a task that wrote nothing, the same in check mode."""
        self.simulator.clear_log()
        result = self.run(**options)
        assert result.get("failed"), result
        assert self.writes == []
        assert self.run(check=True, **options)["msg"] == result["msg"]
        return result

    @property
    def calls(self) -> list[str]:
        return self.simulator.calls("gcore")

    @property
    def writes(self) -> list[str]:
        return self.simulator.writes("gcore")

    @property
    def now(self) -> float:
        return self.simulator.clock.now()


@pytest.fixture
def account(controller: Controller) -> t.Iterator[Account]:
    account = Account(controller)
    yield account
    assert account.provider.violations == []


def matches(predicted: t.Any, real: t.Any) -> bool:
    """Whether all that was predicted came."""
    return all(value is None or value == [] or value == real[key] for key, value in predicted.items())


# -- making -------------------------------------------------------------------------------------------------------------


def test_a_backup_is_one_snapshot_a_volume_tied_by_tags(account: Account) -> None:
    predicted = account.ok(check=True, name="nightly")
    assert account.writes == []
    result = account.ok(name="nightly")
    assert account.writes == ["snapshots.create"] * 2
    rows = list(account.snapshots.values())
    assert [(row["volume_id"], row["name"], row["status"]) for row in rows] == [
        (account.volumes[0], "nightly-1", "available"),
        (account.volumes[1], "nightly-2", "available"),
    ]
    assert {row["tags"][snapshots.NAME_TAG] for row in rows} == {"nightly"}
    assert len({row["tags"][snapshots.RUN_TAG] for row in rows}) == 1
    assert [row["tags"][snapshots.PART_TAG] for row in rows] == ["1/2", "2/2"]
    backup = result["backup"]
    assert backup["id"] == rows[0]["id"]
    assert backup["parts"] == [{"id": row["id"], "volume": row["volume_id"]} for row in rows]
    assert (backup["name"], backup["status"], backup["provider_status"], backup["instance"]) == ("nightly", "ready", "available", account.server)
    assert backup["size_gb"] == sum(row["size"] for row in rows)
    assert backup["created_at"].endswith("Z")
    assert predicted["plan"] == result["plan"]
    assert predicted["plan_id"] == result["plan_id"]
    assert predicted["backup"]["parts"] == [{"id": None, "volume": row["volume_id"]} for row in rows]
    assert matches({**predicted["backup"], "parts": []}, backup)
    assert result["plan"][0]["cost"] is True


def test_a_second_run_writes_nothing_and_asks_twice(account: Account) -> None:
    account.ok(max_age="24h")
    account.simulator.clear_log()
    assert account.ok(max_age="24h")["changed"] is False
    assert account.calls == ["instances.get", "snapshots.list"]


def test_a_single_volume_has_the_plain_name(controller: Controller) -> None:
    account = Account(controller, data_volumes=0)
    result = account.ok(name="before")
    assert [row["name"] for row in account.snapshots.values()] == ["before"]
    assert result["backup"]["name"] == "before"


def test_the_boot_volume_is_the_first_part_wherever_it_is_listed(account: Account) -> None:
    account.record["volumes"].reverse()
    backup = account.ok(name="nightly")["backup"]
    assert [part["volume"] for part in backup["parts"]] == account.volumes[::-1]
    assert account.snapshots[backup["id"]]["name"] == "nightly-2"  # numbers are those of the server's list


def test_a_volume_without_snapshots_is_refused_before_anything_is_stopped(account: Account) -> None:
    rigid = account.add_volume(5, "ssd_lowlatency")
    result = account.refused(consistent=True, allow=["restart"])
    assert rigid["id"] in result["msg"]
    assert "ssd_lowlatency" in result["msg"]


def test_a_consistent_backup_stops_and_starts(account: Account) -> None:
    assert "allow: [restart]" in account.run(consistent=True)["msg"]
    account.ok(consistent=True, allow=["restart"])
    assert account.writes == ["instances.action", "snapshots.create", "snapshots.create", "instances.action"]
    assert account.record["status"] == "ACTIVE"


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("kind", [LOST, "empty", "html"])
def test_a_lost_answer_is_looked_for_and_nothing_is_ordered_twice(account: Account, lost: int, kind: str) -> None:
    account.simulator.fault("gcore", "snapshots.create", kind, nth=lost)
    result = account.ok(name="nightly")
    assert account.writes == ["snapshots.create"] * 2
    assert len(result["backup"]["parts"]) == 2
    assert result["backup"]["status"] == READY


def test_a_snapshot_that_fails_tells_what_exists_and_deletes_nothing_older(account: Account) -> None:
    old = account.ok(name="old")["backup"]
    account.simulator.fault("gcore", "snapshots.create", "task_fails", nth=2, error="No valid host was found")
    result = account.run(name="new", keep=1)
    assert result["failed"]
    left = [row for row in account.snapshots.values() if row["tags"][snapshots.NAME_TAG] == "new"]
    assert [row["id"] for row in left] == result["leftovers"]
    assert left[0]["id"] in result["msg"]
    assert old["id"] in account.snapshots
    # what is left never counts, and goes by its id
    again = account.ok(name="new", keep=1)
    assert again["changed"]
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert left[0]["id"] not in {backup["id"] for backup in shown if backup["status"] == READY}


def test_a_refused_second_snapshot_tells_the_first(account: Account) -> None:
    account.provider.settings["quota_volume_snapshots_count"] = 1
    result = account.run(name="new")
    assert "quota" in result["msg"].lower()
    assert result["leftovers"] == list(account.snapshots)
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert [(backup["status"], backup["provider_status"]) for backup in shown] == [(ERROR, "available (1 missing)")]
    account.provider.settings["quota_volume_snapshots_count"] = 100
    assert account.ok(state="absent", id=shown[0]["id"])["changed"]
    assert account.snapshots == {}


def test_tasks_that_nobody_knows_are_over_and_the_snapshots_tell(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Tasks.read

    def unknown(tasks: Tasks, task_id: str) -> t.NoReturn:
        read(tasks, task_id)  # asking moves it on
        tasks._misses[task_id] = tasks._misses.get(task_id, 0) + 1
        raise TransientError("no such task") if tasks._misses[task_id] <= 3 else NotFoundError("no such task")

    monkeypatch.setattr(Tasks, "read", unknown)
    assert account.ok(name="nightly")["backup"]["status"] == READY


def test_a_doubled_snapshot_is_an_error_that_names_both(account: Account) -> None:
    account.provider.settings["listed_while"] = "new"
    account.simulator.fault("gcore", "snapshots.create", "double")
    result = account.run(name="nightly")
    assert result["failed"]
    assert len(result["ids"]) == 2
    assert account.writes == ["snapshots.create"] * 2


@pytest.mark.parametrize("fault", ["nothing", "no_effect"])
def test_accepted_and_not_done_is_no_success(account: Account, fault: str) -> None:
    account.simulator.fault("gcore", "snapshots.create", fault, times=2)
    result = account.run(name="nightly", wait_timeout=300)
    assert result["failed"]
    assert account.writes == ["snapshots.create"] * 2


def test_a_locked_volume_is_waited_for(account: Account) -> None:
    account.provider.start_task(None, SCOPE, "extend_volume", holds=[Hold("volumes", account.volume(1))])
    assert account.ok(name="nightly")["backup"]["status"] == READY
    assert len(account.snapshots) == 2


def test_what_an_earlier_run_has_ordered_and_nobody_lists_yet_is_not_ordered_again(controller: Controller) -> None:
    controller.made("gcore")
    task = {"region": "4", "instance": "web1", "max_age": "24h"}
    controller.simulator["gcore"].settings["task_unread_seconds"] = 60.0
    assert controller.backup("gcore", wait=False, **task).result["changed"] is True
    refused = controller.backup("gcore", **task).result
    assert (refused["failed"], refused["error"], len(refused["ids"])) == (True, "ConflictError", 1), refused
    assert controller.backup("gcore", **task).result["changed"] is False
    assert len(controller.simulator["gcore"].shelf("snapshots", SCOPE)) == 1


def test_only_as_many_as_wanted_stay_and_never_those_of_others(account: Account) -> None:
    foreign = account.add_snapshot(account.volumes[0], "by hand", account.now - 9000)
    made = []
    for number in range(3):
        made.append(account.ok(name=f"b{number}", keep=2)["backup"]["id"])
        account.simulator.clock.advance(60)
    assert made[0] not in account.snapshots
    assert {made[1], made[2], foreign["id"]} <= set(account.snapshots)
    assert len(account.snapshots) == 5


# -- telling apart ------------------------------------------------------------------------------------------------------


def test_two_backups_of_one_name_are_two(account: Account) -> None:
    first = account.ok(name="nightly")["backup"]
    account.simulator.clock.advance(7200)
    second = account.ok(name="nightly", max_age="1h")["backup"]
    assert first["id"] != second["id"]
    result = account.run(state="absent", name="nightly")
    assert sorted(result["ids"]) == sorted([first["id"], second["id"]])


def test_snapshots_of_others_with_our_name_tag_alone_make_up_backups(account: Account) -> None:
    for made in (account.now - 900, account.now - 300):
        for number, volume in enumerate(account.volumes, 1):
            account.add_snapshot(volume, f"old-{number}", made, **{snapshots.NAME_TAG: "old"})
    account.add_snapshot(account.volumes[1], "half-2", account.now - 200, **{snapshots.NAME_TAG: "half"})
    account.add_snapshot(account.volumes[0], "by hand", account.now - 100)
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert [(backup["name"], backup["status"], len(backup["parts"])) for backup in shown] == [
        ("by hand", READY, 1),
        ("half", ERROR, 1),
        ("old", READY, 2),
        ("old", READY, 2),
    ]


def test_a_backup_stays_whole_while_one_of_its_volumes_is_detached(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.detach(1)
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert shown == [backup]


def test_a_volume_from_another_server_brings_no_backup_along(account: Account, controller: Controller) -> None:
    """Neither counts the other server's backup as a young one here, nor is it ever too much here."""
    backup = account.ok(name="nightly")["backup"]
    other = account.provider.shelf("instances", SCOPE)[controller.made("gcore", "web2")["id"]]
    account.provider.attach_volume(account.detach(1), other, delete_on_termination=False)
    shown = controller.task("backup_info", "gcore", region="4", instance=other["id"]).result["backups"]
    assert [(each["name"], each["status"], each["id"]) for each in shown] == [("nightly-2", READY, backup["parts"][1]["id"])]
    account.simulator.clock.advance(60)
    result = controller.backup("gcore", region="4", instance=other["id"], max_age="1h", keep=1).result
    assert [step["action"] for step in result["plan"]] == ["create"]
    assert controller.backup("gcore", region="4", instance=other["id"], state="absent", name="nightly").result["changed"] is False
    everywhere = controller.task("backup_info", "gcore").result["backups"]
    assert {each["name"]: each["instance"] for each in everywhere if each["name"] == "nightly"} == {"nightly": account.server}


def test_volumes_that_the_server_and_the_list_do_not_both_show_are_backed_up(account: Account) -> None:
    account.add_volume(11)
    account.record["volumes"].pop()
    account.provider.shelf("volumes", SCOPE)[account.volumes[1]]["attachments"] = []
    account.ok(name="nightly")
    assert sorted(row["name"] for row in account.snapshots.values()) == ["nightly-1", "nightly-2", "nightly-3"]


def test_tied_by_the_name_alone_they_are_the_same_backup_wherever_they_are_listed(account: Account) -> None:
    account.record["volumes"].reverse()
    for number, volume in enumerate(account.volumes, 1):
        account.add_snapshot(volume, f"old-{number}", account.now - 900, **{snapshots.NAME_TAG: "old"})
    account.add_snapshot(account.volumes[1], "half-2", account.now - 200, **{snapshots.NAME_TAG: "half"})
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert account.controller.task("backup_info", "gcore").result["backups"] == shown
    account.ok(instance=None, state="absent", id=shown[1]["id"])
    assert [row["name"] for row in account.snapshots.values()] == ["half-2"]


def test_all_backups_of_the_account_name_their_servers(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    everywhere = account.controller.task("backup_info", "gcore").result["backups"]
    assert everywhere == [backup]


@pytest.mark.parametrize(("word", "status"), [("creating", CREATING), ("backing-up", CREATING), ("error_deleting", ERROR), ("unheard-of", ERROR)])
def test_the_status_is_that_of_the_worst_part(word: str, status: str) -> None:
    tags = [{"key": key, "value": value} for key, value in snapshots.marks("n", "r", 1, 2).items()]
    more = [{"key": key, "value": value} for key, value in snapshots.marks("n", "r", 2, 2).items()]
    rows = [
        {"id": "s1", "volume_id": "v1", "name": "n-1", "status": "available", "size": 1, "created_at": "2026-01-01T00:00:00+0000", "tags": tags},
        {"id": "s2", "volume_id": "v2", "name": "n-2", "status": word, "size": 2, "created_at": "2026-01-01T01:00:05+0100", "tags": more},
    ]
    listed = [each for row in rows if (each := snapshots.snapshot_of(row))]
    (backup,) = snapshots.backups_of(listed, "4", {"v1": "vm", "v2": "vm"}, {"vm": ["v1", "v2"]})
    assert (backup.status, backup.provider_status, backup.size_gb, backup.created_at) == (status, word, 3, "2026-01-01T00:00:05Z")


def test_a_snapshot_on_its_way_out_is_none() -> None:
    assert snapshots.snapshot_of({"id": "s1", "volume_id": "v1", "status": "deleting"}) is None


def test_a_snapshot_of_no_volume_stands_in_nobodys_way() -> None:
    (orphan,) = snapshots.backups_of([t.cast(t.Any, snapshots.snapshot_of({"id": "s1", "status": "available"}))], "4", {}, {})
    assert (orphan.id, orphan.instance, orphan.own) == ("s1", None, False)
    assert [part.public() for part in orphan.parts] == [{"id": "s1", "volume": None}]


@pytest.mark.parametrize("vocabulary", ["old", "new"])
def test_both_vocabularies_lead_to_the_same_backup(account: Account, vocabulary: str) -> None:
    account.provider.settings["vocabulary"] = vocabulary
    assert len(account.ok(name="nightly")["backup"]["parts"]) == 2
    assert account.ok(name="nightly")["changed"] is False


def test_a_run_that_was_killed_half_way_does_not_count(account: Account) -> None:
    row = account.add_snapshot(account.volumes[0], "nightly-1", account.now, **snapshots.marks("nightly", "killed", 1, 2))
    result = account.ok(name="nightly", keep=1)
    assert account.writes == ["snapshots.create"] * 2 + ["snapshots.delete"] * (row["id"] not in account.snapshots)
    assert result["backup"]["status"] == READY
    assert len(account.snapshots) >= 2


def test_a_snapshot_of_one_volume_by_hand_is_no_backup_of_the_server(account: Account) -> None:
    by_hand = account.add_snapshot(account.volumes[1], "by hand", account.now - 100)
    assert account.ok(max_age="1h")["changed"] is True
    account.simulator.clock.advance(60)
    account.add_snapshot(account.volumes[1], "by hand again", account.now)
    assert account.ok(max_age="1h", keep=1, prune="all")["changed"] is True
    assert account.writes[-1] == "snapshots.delete"
    assert by_hand["id"] not in account.snapshots
    assert len(account.snapshots) == 3  # both of ours, and what is newer than the backup that stays


def test_a_single_volume_saved_by_hand_is_one(controller: Controller) -> None:
    account = Account(controller, data_volumes=0)
    account.add_snapshot(account.volumes[0], "by hand", account.now)
    assert account.ok(max_age="1h")["changed"] is False


def test_a_backup_under_way_is_waited_for_and_not_doubled(account: Account) -> None:
    for number, volume in enumerate(account.volumes, 1):
        row = account.add_snapshot(volume, f"nightly-{number}", account.now, **snapshots.marks("nightly", "other", number, 2))
        account.provider.start_task(None, SCOPE, "create_snapshot", holds=[Hold("snapshots", row, {"status": "creating"})])
    result = account.ok(max_age="1h")
    assert result["changed"] is False
    assert account.writes == []
    assert result["backup"]["status"] == READY


# -- deleting -----------------------------------------------------------------------------------------------------------


def test_a_backup_goes_with_all_its_snapshots_and_a_second_run_finds_nothing(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.simulator.clear_log()
    predicted = account.ok(check=True, state="absent", id=backup["id"])
    assert account.writes == []
    result = account.ok(state="absent", id=backup["id"])
    assert account.writes == ["snapshots.delete"] * 2
    assert account.snapshots == {}
    assert result["plan_id"] == predicted["plan_id"]
    assert matches(predicted["backup"], result["backup"])
    account.simulator.clear_log()
    assert account.ok(state="absent", id=backup["id"])["changed"] is False
    assert account.writes == []


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("fault", ["nothing", "no_effect"])
@pytest.mark.parametrize("named", [True, False])
def test_a_part_that_stays_is_no_success(account: Account, fault: str, nth: int, named: bool) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.simulator.fault("gcore", "snapshots.delete", fault, nth=nth)
    options: Row = {} if named else {"instance": None}
    assert account.run(state="absent", id=backup["id"], **options)["failed"]
    assert len(account.snapshots) == 1


def test_a_list_that_is_not_found_is_no_proof_of_absence(account: Account) -> None:
    account.ok(name="nightly")
    for state in ("present", "absent"):
        account.simulator.fault("gcore", "snapshots.list", "status", status=404, body={"exception_class": "NotFoundError", "message": "x"})
        result = account.run(state=state, name="nightly", max_age="1h")
        assert (result.get("failed"), result.get("error")) == (True, "RejectedError")


def test_one_part_can_be_deleted_alone(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    part = backup["parts"][1]["id"]
    result = account.ok(state="absent", id=part)
    assert list(account.snapshots) == [backup["id"]]
    assert result["backup"]["id"] == part


def test_a_backup_is_found_by_id_without_its_server(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    result = account.ok(state="absent", id=backup["id"], instance=None)
    assert result["changed"]
    assert account.snapshots == {}
    assert account.ok(state="absent", id=backup["id"], instance=None)["changed"] is False


def test_a_backup_of_another_region_is_not_taken_for_gone(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    result = account.run(state="absent", id=backup["id"], instance=None, region="7")
    assert result["failed"]
    assert "region 4" in result["msg"]


# -- restoring in place -------------------------------------------------------------------------------------------------


def restore(account: Account, **options: t.Any) -> Row:
    return {"state": "restored", "allow": ["rebuild"], "restore_to": "in_place", **options}


@pytest.mark.parametrize("answer", ["tasks", "empty"])
def test_a_detached_data_volume_goes_back_to_its_latest_snapshot(account: Account, answer: str) -> None:
    account.provider.settings["revert_answer"] = answer
    part = account.ok(name="nightly")["backup"]["parts"][1]
    volume = account.detach(1)
    account.simulator.clear_log()
    options = restore(account, id=part["id"])
    predicted = account.ok(check=True, **options)
    assert account.writes == []
    result = account.ok(**options)
    assert account.writes == ["volumes.revert"]
    assert volume["status"] == "available"
    assert result["plan_id"] == predicted["plan_id"]
    assert result["backup"]["id"] == part["id"]
    assert any(volume["id"] in warning for warning in account.warnings)


def test_a_revert_whose_answer_is_lost_is_not_sent_again(account: Account) -> None:
    part = account.ok(name="nightly")["backup"]["parts"][1]
    volume = account.detach(1)
    account.simulator.clear_log()
    account.simulator.fault("gcore", "volumes.revert", LOST)
    account.ok(**restore(account, id=part["id"]))
    assert account.writes == ["volumes.revert"]
    assert volume["task_id"] is None


def test_what_cannot_be_reverted_says_why_and_what_to_do(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    boot = account.refused(**restore(account, id=backup["id"]))
    assert "boot volume" in boot["msg"]
    assert "restore_to: new" in boot["msg"]
    part = backup["parts"][1]["id"]
    attached = account.refused(**restore(account, id=part))
    assert "attached" in attached["msg"]
    assert "Detach it" in attached["msg"]
    volume = account.detach(1)
    account.simulator.clock.advance(60)
    newer = account.add_snapshot(volume["id"], "later", account.now)
    assert newer["id"] in account.refused(**restore(account, id=part))["msg"]
    account.provider.discard("snapshots", SCOPE, newer["id"])
    volume["size"] += 5
    assert "grown" in account.refused(**restore(account, id=part))["msg"]


def test_a_volume_of_no_server_is_reverted_without_one(account: Account) -> None:
    volume = account.detach(1)
    snapshot = account.add_snapshot(volume["id"], "by hand", account.now)
    result = account.ok(**restore(account, id=snapshot["id"], instance=None))
    assert result["instance"] is None
    assert account.writes == ["volumes.revert"]


# -- restoring as something new -----------------------------------------------------------------------------------------


def test_a_backup_becomes_a_new_server_like_the_old_one(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.simulator.clear_log()
    options = restore(account, id=backup["id"], restore_to="new", new_name="web1-copy")
    assert "new_name" in account.refused(**{**options, "new_name": None})["msg"]
    account.simulator.clear_log()
    predicted = account.ok(check=True, **options)
    assert account.writes == []
    result = account.ok(**options)
    assert account.writes == ["instances.create"]
    assert result["plan_id"] == predicted["plan_id"]
    made = result["instance"]
    assert matches({key: predicted["instance"][key] for key in ("name", "status", "provider", "account")}, made)
    assert (made["name"], made["status"], made["size"]) == ("web1-copy", "running", "g2-standard-1-2")
    assert made["public_ipv4"]
    record = account.provider.shelf("instances", SCOPE)[made["id"]]
    sizes = [account.provider.shelf("volumes", SCOPE)[entry["id"]]["size"] for entry in record["volumes"]]
    assert sizes == [account.volume(0)["size"], 10]
    kinds = [account.provider.shelf("volumes", SCOPE)[entry["id"]]["type"] for entry in record["volumes"]]
    assert kinds == [account.volume(0)["type"], "ssd_hiiops"]
    assert account.run(**options)["failed"]  # the name is taken


def test_a_new_server_has_networks_groups_and_key_of_the_old_one(controller: Controller) -> None:
    account = Account(controller, data_volumes=0)
    provider: t.Any = account.provider
    made = controller.made("gcore", "inner", network="net2-b", public_ip=True, firewalls=["web"], ssh_keys=["ops"])
    account.server = str(made["id"])
    backup = account.ok(name="nightly")["backup"]
    result = account.ok(**restore(account, id=backup["id"], restore_to="new", new_name="copy"))
    old, new = (provider.shelf("instances", SCOPE)[server] for server in (account.server, result["instance"]["id"]))
    assert [port["network_id"] for port in new["ports"]] == [port["network_id"] for port in old["ports"]]
    assert [len(port["floating_ids"]) for port in new["ports"]] == [1]
    assert new["ssh_key_name"] == "ops"
    assert result["instance"]["public_ipv4"]
    assert {each["name"] for each in result["instance"]["firewalls"]} == {"web"}


def test_what_is_left_of_a_backup_whose_data_volume_was_deleted_can_be_restored(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.provider.discard("volumes", SCOPE, account.detach(1)["id"])
    shown = account.controller.task("backup_info", "gcore", region="4", instance=account.server).result["backups"]
    assert [(each["id"], each["status"], each["provider_status"]) for each in shown] == [(backup["id"], ERROR, "available (1 missing)")]
    result = account.ok(**restore(account, id=backup["id"], restore_to="new", new_name="copy"))
    assert result["instance"]["name"] == "copy"
    assert account.ok(state="absent", id=backup["id"], name="nightly")["changed"]


def test_an_incomplete_backup_says_what_is_missing_and_which_parts_are_left(account: Account) -> None:
    account.add_volume(11)
    parts = [part["id"] for part in account.ok(name="nightly")["backup"]["parts"]]
    del account.snapshots[parts[2]]
    result = account.refused(state="restored", id=parts[0], restore_to="new", new_name="web2", allow=["rebuild"])
    assert "1 missing" in result["msg"]
    assert parts[1] in result["msg"]


def test_the_order_of_a_restore_is_found_again_after_a_lost_answer(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.simulator.clear_log()
    account.simulator.fault("gcore", "instances.create", LOST)
    result = account.ok(**restore(account, id=backup["id"], restore_to="new", new_name="web1-copy"))
    assert account.writes == ["instances.create"]
    assert result["instance"]["name"] == "web1-copy"


def test_two_servers_of_one_restore_are_an_error(account: Account) -> None:
    backup = account.ok(name="nightly")["backup"]
    account.provider.settings["listed_while"] = "new"
    account.simulator.fault("gcore", "instances.create", "double")
    result = account.run(**restore(account, id=backup["id"], restore_to="new", new_name="web1-copy"))
    assert result["failed"]
    assert len(result["ids"]) == 2


@pytest.mark.parametrize("fault", [None, "volumes.create", "volumes.attach"])
def test_a_data_volume_is_made_anew_and_attached(account: Account, fault: str | None) -> None:
    part = account.ok(name="nightly")["backup"]["parts"][1]
    if fault:
        account.simulator.fault("gcore", fault, LOST)
    account.simulator.clear_log()
    options = restore(account, id=part["id"], restore_to="new")
    account.ok(check=True, **options)
    assert account.writes == []
    result = account.ok(**options)
    assert account.writes == ["volumes.create", "volumes.attach"]
    (volume,) = result["volumes"]
    assert volume == account.volumes[-1]
    row = account.provider.shelf("volumes", SCOPE)[volume]
    assert (row["status"], row["size"], row["type"], row["name"]) == ("in-use", 10, "ssd_hiiops", "nightly-2-restored")
    assert result["instance"]["id"] == account.server
    assert any("costs" in warning for warning in account.warnings)


def test_a_failed_attachment_tells_the_new_volume(account: Account) -> None:
    part = account.ok(name="nightly")["backup"]["parts"][1]
    account.simulator.fault("gcore", "volumes.attach", "task_fails")
    result = account.run(**restore(account, id=part["id"], restore_to="new"))
    assert result["failed"]
    (left,) = result["leftovers"]
    assert account.provider.shelf("volumes", SCOPE)[left]["status"] == "available"


def test_the_data_of_a_lost_server_is_given_to_another_one(account: Account, controller: Controller) -> None:
    part = account.ok(name="nightly")["backup"]["parts"][1]
    account.simulator["gcore"].vanish(account.server)
    other = str(controller.made("gcore", "web2")["id"])
    assert "instance" in account.run(**restore(account, id=part["id"], restore_to="new", instance=None))["msg"]
    result = account.ok(**restore(account, id=part["id"], restore_to="new", instance=other))
    assert result["volumes"]
    assert result["instance"]["id"] == other
