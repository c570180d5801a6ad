# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots and their schedules at Civo: what is sent at the wire, and whole tasks against the simulator."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core import schedule as times
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    ConflictError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    TransientError,
    UnsupportedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import CREATING, ERROR, READY, Backup, Instance, Schedule
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.backups import NewBackup
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo import mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.backups import CivoBackups
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_civo import (
    DONE,
    ID,
    NO_REGION,
    NOT_HERE,
    OTHER_ID,
    ROW,
    World,
    server,
)
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

SNAP = {
    "id": "snap-1",
    "name": "nightly",
    "description": "",
    "included_volumes": ["vol-1"],
    "status": {"state": "Complete", "volumes": [{"id": "vol-1", "state": "Complete"}]},
    "created_at": "2025-04-01T09:11:14Z",
}
OURS = {**SNAP, "id": "snap-2", "name": "mine", "description": mapping.mark("run-1", ID), "created_at": "2025-04-02T09:11:14Z"}
OF = f"/instances/{ID}/snapshots"
LIST = f"GET {OF}@LON1"
ALL = "GET /resourcesnapshots"
RESTORE = f"POST {OF}/snap-1/restore@LON1"
RECORD = (201, {"id": "restore-op-67890", "name": "r-1", "hostname": "copy", "status": {"state": "in_progress"}})
PLAN = "/resourcesnapshotschedules"
SCHEDULE: dict[str, t.Any] = {
    "id": "s-1",
    "name": "daily",
    "description": "by hand",
    "cron_expression": "0 3 * * 0-7",
    "paused": False,
    "retention": {"max_snapshots": 3},
    "instances": [{"id": ID, "size": "g3.small", "included_volumes": []}],
    "status": {"state": "active", "last_snapshot": None},
}
DISABLED = (403, {"code": "disabled_service", "reason": "no"})
LOST = requests.exceptions.ReadTimeout()
NEW = NewBackup("mine", "run-1", frozenset({"snap-1"}))


@pytest.fixture
def world() -> World:
    world = World()
    world.has(ROW)
    world.script.on(LIST, [SNAP, OURS])
    world.script.on(f"GET {PLAN}@LON1", [SCHEDULE])
    return world


@pytest.fixture
def verbs(world: World) -> CivoBackups:
    return verbs_of(world.driver, "backup")


def backup(**more: t.Any) -> Backup:
    return mapping.backup({**SNAP, **more}, "LON1", ID)


# -- where there are none ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [DISABLED, (403, "no"), (404, "not found"), (404, {"code": "database_snapshot_not_found"}), (501, {})])
def test_a_region_without_snapshots_is_said(world: World, verbs: CivoBackups, answer: t.Any) -> None:
    world.script.on(LIST, answer)
    with pytest.raises(UnsupportedError, match="not available in the region LON1"):
        verbs.of(server())
    for call in (ALL, f"GET {PLAN}"):
        world.script.on(f"{call}@LON1", answer)
    with pytest.raises(UnsupportedError):
        verbs.list_all()


@pytest.mark.parametrize("answer", [DISABLED, (403, "no"), (404, "not found")])
def test_a_region_without_schedules_is_said(world: World, verbs: CivoBackups, answer: t.Any) -> None:
    world.script.on(f"GET {PLAN}@LON1", answer)
    with pytest.raises(UnsupportedError):
        verbs.schedules(server(), "daily")


def test_a_server_that_is_gone_is_no_region_without_snapshots(world: World, verbs: CivoBackups) -> None:
    for region in ("LON1", "NYC1"):
        world.script.on(f"GET /instances/{ID}@{region}", NOT_HERE)
    world.script.on(LIST, NOT_HERE)
    with pytest.raises(NotFoundError):
        verbs.of(server())


def test_an_outage_is_no_region_without_snapshots(world: World, verbs: CivoBackups) -> None:
    world.script.on(LIST, NO_REGION)
    with pytest.raises(TransientError, match="region"):
        verbs.of(server())


# -- reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((word, READY) for word in ("Complete", "completed", "AVAILABLE", "Ready")),
        *((word, ERROR) for word in ("Failed", "error")),
        *((word, CREATING) for word in ("Creating", "in_progress", "whatever", None)),
    ],
)
def test_states(status: str | None, meaning: str) -> None:
    assert backup(status={"state": status}).status == meaning
    assert backup(status=status).status == meaning


def test_a_snapshot_as_users_see_it(world: World, verbs: CivoBackups) -> None:
    world.script.on(LIST, [SNAP, {**SNAP, "id": "gone", "status": {"state": "Deleting"}}, OURS, SNAP])
    mine, other = verbs.of(server())
    assert (mine.id, mine.own, mine.run, other.id, other.own, other.run) == ("snap-2", True, "run-1", "snap-1", False, None)
    assert other.public() == {
        "provider": "civo",
        "id": "snap-1",
        "name": "nightly",
        "instance": ID,
        "status": "ready",
        "provider_status": "Complete",
        "created_at": "2025-04-01T09:11:14Z",
        "size_gb": None,
        "parts": [{"id": None, "volume": "vol-1"}],
    }
    assert world.script.calls == [LIST]


def test_all_snapshots_of_the_regions_that_have_them() -> None:
    world = World(None)
    world.script.on(f"{ALL}@LON1", DISABLED)
    wrapped = [{"resource_type": "instance", "instance": row} for row in (SNAP, OURS)]
    world.script.on(f"{ALL}@NYC1", [*wrapped, {"resource_type": "volume", "volume": {}}])
    verbs = verbs_of(world.driver, "backup")
    assert [(each.id, each.instance) for each in verbs.list_all()] == [("snap-2", ID), ("snap-1", None)]
    assert verbs.get("snap-9") is None
    found = verbs.get("snap-1")
    assert found is not None
    world.script.on("DELETE /resourcesnapshots/snap-1@NYC1", DONE)
    world.script.on(f"{ALL}@NYC1", wrapped, wrapped[1:])
    world.wait(verbs.delete(found))
    assert [call for call, _body in world.script.writes] == ["DELETE /resourcesnapshots/snap-1@NYC1"]
    world.script.on("POST /resourcesnapshots/snap-1/restore@NYC1", RECORD)
    verbs.restore(None, found, verbs.plan_restore(None, found, "new", "copy"))
    assert world.script.writes[1][1] == {"instance": {"overwrite_existing": False, "hostname": "copy"}}


# -- making and deleting ------------------------------------------------------------------------------------------------


def test_a_create_carries_name_and_mark_and_is_awaited(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {OF}@LON1", (201, {**OURS, "status": {"state": "Creating"}}))
    world.script.on(LIST, [SNAP], [SNAP, {**OURS, "status": {"state": "Creating"}}], [SNAP, OURS])
    world.wait(verbs.create(server(), NEW))
    assert world.script.writes == [(f"POST {OF}@LON1", {"name": "mine", "description": f"polyhost.cloud run=run-1 instance={ID}"})]
    assert [each.id for each in verbs.made(NEW, verbs.of(server()))] == ["snap-2"]


def test_a_failed_snapshot_is_told_with_its_id(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {OF}@LON1", (201, OURS))
    world.script.on(LIST, [{**OURS, "status": {"state": "Failed"}}])
    with pytest.raises(OperationFailedError) as caught:
        world.wait(verbs.create(server(), NEW))
    assert caught.value.facts["id"] == "snap-2"


@pytest.mark.parametrize("answer", [LOST, (500, {}), (201, {"result": "success"}), {"result": "failed"}])
def test_a_lost_snapshot_is_not_sent_again(world: World, verbs: CivoBackups, answer: t.Any) -> None:
    world.script.on(f"POST {OF}@LON1", answer)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(server(), NEW)
    assert len(world.script.writes) == 1


def test_ours_is_known_by_its_mark_else_by_name_among_new_ones(verbs: CivoBackups) -> None:
    unmarked, old = backup(id="snap-3", name="mine"), backup(name="mine")
    foreign = backup(id="snap-4", name="mine", description=mapping.mark("run-2", ID))
    marked = backup(id="snap-5", name="another", description=f"cut: {mapping.mark('run-1', ID)[:26]}")
    assert verbs.made(NEW, [old, unmarked, foreign]) == [unmarked]
    assert verbs.made(NEW, [old, unmarked, foreign, marked]) == [marked]


def test_one_of_ours_that_does_not_tell_its_age_has_that_of_its_mark() -> None:
    marked = mapping.mark("20260102T030405Z-0011aabb", ID)
    assert backup(created_at=None, description=marked).created_at == "2026-01-02T03:04:05Z"
    assert backup(created_at="2025-04-01T09:11:14Z", description=marked).created_at == "2025-04-01T09:11:14Z"
    for description in ("", mapping.mark("run-1", ID), mapping.mark("20269902T030405Z-0", ID)):
        assert backup(created_at=None, description=description).created_at is None


def test_the_answer_tells_which_one_is_ours_whatever_else_has_its_name(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {OF}@LON1", (201, {**SNAP, "id": "snap-9"}))
    verbs.create(server(), NEW)
    ours, theirs = backup(id="snap-9", name="renamed"), backup(id="snap-8", name="mine")
    assert verbs.made(NEW, [ours, theirs]) == [ours]
    assert verbs.made(NEW, [theirs]) == []


def test_made_up_names_are_spelt_and_cut(world: World, verbs: CivoBackups) -> None:
    name = f"{'Web_1.Example.com' * 4}-20260101t000000z"
    world.script.on(f"POST {OF}@LON1", (201, OURS))
    verbs.create(server(), NewBackup(name, "run-1"))
    sent = world.script.writes[0][1]["name"]
    verbs.check_name(sent)
    assert (sent[:17], sent[-17:]) == ("web-1-example-com", "-20260101t000000z")
    assert verbs.made(NewBackup(name, "another run"), [backup(id="x", name=sent)]) != []


@pytest.mark.parametrize("name", ["Nightly", "-a", "a-", "a.b", "a b", "x" * 64, ""])
def test_names_are_those_of_rfc_1123(world: World, verbs: CivoBackups, name: str) -> None:
    with pytest.raises(OptionError):
        verbs.check_name(name)


def test_a_deletion_is_awaited(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"DELETE {OF}/snap-1@LON1", (202, "whatever"))
    world.script.on(LIST, [{**SNAP, "status": {"state": "Deleting"}}], [])
    world.wait(verbs.delete(backup()))
    assert world.script.calls == [f"DELETE {OF}/snap-1@LON1", LIST, LIST]


# -- restoring ------------------------------------------------------------------------------------------------------------


def test_in_place_waits_for_the_server_to_move_and_come_up(world: World, verbs: CivoBackups) -> None:
    restore = verbs.plan_restore(server(), backup(), "in_place", None)
    assert restore.lost is not None and ID in restore.lost
    world.script.on(RESTORE, RECORD)
    world.statuses("ACTIVE", "BUILDING", "ACTIVE")
    world.wait(verbs.restore(server(), backup(), restore))
    assert world.script.writes == [(RESTORE, {"overwrite_existing": True})]
    assert world.script.calls.count(f"GET /instances/{ID}@LON1") == 3
    assert verbs.restored(server(), restore).instance_id == ID


def test_in_place_that_is_never_seen_moving_takes_its_grace(world: World, verbs: CivoBackups) -> None:
    world.script.on(RESTORE, RECORD)
    world.statuses("ACTIVE")
    before = world.clock.now()
    world.wait(verbs.restore(server(), backup(), verbs.plan_restore(server(), backup(), "in_place", None)))
    assert world.clock.now() - before >= 30


def test_in_place_of_a_stopped_server_may_leave_it_stopped(world: World, verbs: CivoBackups) -> None:
    stopped = server(status="SHUTOFF")
    world.script.on(RESTORE, RECORD)
    world.statuses("SHUTOFF")
    before = world.clock.now()
    world.wait(verbs.restore(stopped, backup(), verbs.plan_restore(stopped, backup(), "in_place", None)))
    assert 30 <= world.clock.now() - before < 60


def test_in_place_of_a_server_that_ran_is_not_over_while_it_is_stopped_for_it(world: World, verbs: CivoBackups) -> None:
    world.script.on(RESTORE, RECORD)
    world.statuses("STOPPING", "SHUTOFF", "SHUTOFF", "BUILDING", "ACTIVE")
    world.wait(verbs.restore(server(), backup(), verbs.plan_restore(server(), backup(), "in_place", None)))
    assert world.script.calls.count(f"GET /instances/{ID}@LON1") == 5


def test_a_lost_restore_goes_on_only_where_the_server_moves(world: World, verbs: CivoBackups) -> None:
    restore = verbs.plan_restore(server(), backup(), "in_place", None)
    world.script.on(RESTORE, LOST)
    world.statuses("ACTIVE", "BUILDING", "ACTIVE")
    world.wait(verbs.restore(server(), backup(), restore))
    world.statuses("ACTIVE")
    before = world.clock.now()
    with pytest.raises(OutcomeUnknownError):
        verbs.restore(server(), backup(), restore)
    assert world.clock.now() - before >= 60
    assert len(world.script.writes) == 2


def test_a_new_server_is_known_by_its_name_and_awaited_with_its_address(world: World, verbs: CivoBackups) -> None:
    restore = verbs.plan_restore(server(), backup(), "new", "copy")
    assert restore.made is not None and "copy" in restore.made
    world.script.on(RESTORE, RECORD)
    copy = {**ROW, "id": OTHER_ID, "hostname": "copy", "public_ip": None}
    pages = [[ROW], [ROW, {**copy, "status": "BUILDING"}], [ROW, copy], [ROW, {**copy, "public_ip": "212.2.247.89"}]]
    world.script.on("GET /instances@LON1", *({"pages": 1, "items": page} for page in pages))
    assert world.wait(verbs.restore(server(), backup(), restore)).instance_id == OTHER_ID
    assert world.script.writes == [(RESTORE, {"overwrite_existing": False, "hostname": "copy"})]
    assert verbs.restored(server(), restore).instance_id == OTHER_ID


def test_a_lost_order_of_a_new_server_is_looked_for(world: World, verbs: CivoBackups) -> None:
    restore = verbs.plan_restore(server(), backup(), "new", "copy")
    copy = {**ROW, "id": OTHER_ID, "hostname": "copy"}
    world.script.on(RESTORE, LOST)
    world.script.on("GET /instances@LON1", *({"pages": 1, "items": page} for page in ([ROW], [ROW, copy])))
    assert world.wait(verbs.restore(server(), backup(), restore)).instance_id == OTHER_ID
    world.has(ROW)
    with pytest.raises(OutcomeUnknownError):
        verbs.restore(server(), backup(), restore)
    assert len(world.script.writes) == 2


def test_two_new_servers_are_an_error(world: World, verbs: CivoBackups) -> None:
    world.script.on(RESTORE, RECORD)
    world.has({**ROW, "hostname": "copy"}, {**ROW, "id": OTHER_ID, "hostname": "copy"})
    with pytest.raises(AmbiguousError):
        world.wait(verbs.restore(server(), backup(), verbs.plan_restore(server(), backup(), "new", "copy")))


@pytest.mark.parametrize(("instance", "to", "name"), [(None, "in_place", None), (server(), "new", None), (server(), "new", "no_hostname"), (None, "new", "")])
def test_restores_that_cannot_work_are_refused(world: World, verbs: CivoBackups, instance: Instance | None, to: str, name: str | None) -> None:
    with pytest.raises(OptionError):
        verbs.plan_restore(instance, backup(), to, name)
    assert world.script.writes == []


# -- schedules ------------------------------------------------------------------------------------------------------------

WANTED = Schedule("civo", None, "daily", ID, cron="0 3 * * *", keep=3)


def test_a_schedule_as_it_is_compared(world: World, verbs: CivoBackups) -> None:
    (found,) = verbs.schedules(server(), "daily")
    assert (found.id, found.cron, found.keep, found.paused, found.covers, found.every) == ("s-1", "0 3 * * *", 3, False, True, None)
    assert (ID in found.facts["instances"], OTHER_ID in found.facts["instances"]) == (True, False)
    assert verbs.schedules(server(), "Daily") == []


def test_a_schedule_that_is_being_deleted_is_none(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"GET {PLAN}@LON1", [{**SCHEDULE, "status": {"state": "Deleting"}}, {**SCHEDULE, "id": "s-2", "status": None}])
    assert [each.id for each in verbs.schedules(server(), "daily")] == ["s-2"]


@pytest.mark.parametrize(
    ("entries", "volumes", "covers"),
    [
        ([{"id": ID, "included_volumes": ["vol-1", "vol-2"]}], ["vol-1"], True),
        ([{"instance_id": ID, "included_volumes": [{"id": "vol-1"}]}], ["vol-1"], True),
        ([{"id": ID, "included_volumes": []}], ["vol-1"], False),
        ([{"id": ID}], ["vol-1"], True),
        ([{"id": ID, "included_volumes": None}], ["vol-1"], True),
        ([{"id": ID, "included_volumes": True}], ["vol-1"], True),
        ([{"id": ID, "included_volumes": False}], ["vol-1"], False),
        ([{"id": ID, "included_volumes": False}], [], True),
        ([{"id": OTHER_ID, "included_volumes": []}], [], False),
        (None, [], False),
    ],
)
def test_what_a_schedule_covers(entries: t.Any, volumes: list[str], covers: bool) -> None:
    instance = server(attached_volumes=[{"id": volume} for volume in volumes])
    assert mapping.schedule({**SCHEDULE, "instances": entries}, instance).covers is covers


@pytest.mark.parametrize(
    ("told", "include"), [({}, True), ({"included_volumes": True}, True), ({"included_volumes": False}, False), ({"included_volumes": []}, False)]
)
def test_another_server_keeps_its_volumes_in_a_schedule_that_is_made_anew(told: dict[str, t.Any], include: bool) -> None:
    found = mapping.schedule({**SCHEDULE, "instances": [{"id": OTHER_ID, **told}]}, server())
    assert found.facts["instances"] == {OTHER_ID: include}


@pytest.mark.parametrize("cron", ["*/7 * * * *", "* * * * *", "55,4 * * * *", "0,55 0,23 * * *", "0-5 3 * * *"])
def test_what_runs_too_often_is_refused(verbs: CivoBackups, cron: str) -> None:
    with pytest.raises(OptionError, match="10 minutes"):
        verbs.check_schedule(Schedule("civo", None, None, None, cron=times.cron(cron)))


def test_schedules_within_the_limits_pass(verbs: CivoBackups) -> None:
    for cron in ("0 3 * * *", "0,10,20,30,40,50 * * * *", "55 1,3 * * *", "5 0,23 1 * *"):
        verbs.check_schedule(Schedule("civo", None, None, None, cron=cron, keep=10))
    with pytest.raises(OptionError, match="10"):
        verbs.check_schedule(Schedule("civo", None, None, None, keep=11))


def test_a_new_schedule_and_its_pause(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {PLAN}@LON1", (201, SCHEDULE))
    world.script.on(f"PUT {PLAN}/s-1@LON1", SCHEDULE)
    verbs.create_schedule(server(), Schedule("civo", None, "daily", ID, cron="0 3 * * *", keep=3, paused=True))
    entry = {"instance_id": ID, "include_volumes": True}
    body = {"name": "daily", "cron_expression": "0 3 * * *", "retention": {"max_snapshots": 3}, "instances": [entry]}
    assert world.script.writes == [
        (f"POST {PLAN}@LON1", body),
        (f"PUT {PLAN}/s-1@LON1", {"name": "daily", "description": "", "paused": True}),
    ]


def test_a_lost_schedule_is_looked_for_and_not_sent_again(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {PLAN}@LON1", LOST)
    world.script.on(f"GET {PLAN}@LON1", [], [SCHEDULE])
    verbs.create_schedule(server(), WANTED)
    world.script.on(f"GET {PLAN}@LON1", [])
    with pytest.raises(OutcomeUnknownError):
        verbs.create_schedule(server(), WANTED)
    assert len(world.script.writes) == 2


def changed(verbs: CivoBackups, **more: t.Any) -> None:
    (current,) = verbs.schedules(server(), "daily")
    verbs.change_schedule(server(), current, replace(current, covers=True, **more))


def test_a_pause_is_changed_in_place(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"PUT {PLAN}/s-1@LON1", SCHEDULE)
    changed(verbs, paused=True)
    assert world.script.writes == [(f"PUT {PLAN}/s-1@LON1", {"name": "daily", "description": "by hand", "paused": True})]


def test_another_cron_is_a_new_schedule_before_the_old_one_goes(world: World, verbs: CivoBackups) -> None:
    others = [{"id": OTHER_ID, "included_volumes": []}, {"id": ID, "included_volumes": []}]
    old = {**SCHEDULE, "instances": others, "retention": {"max_snapshots": 3, "period": "48h"}}
    world.script.on(f"GET {PLAN}@LON1", [old], [old], [old, {**SCHEDULE, "id": "s-2"}])
    world.script.on(f"POST {PLAN}@LON1", (201, {**SCHEDULE, "id": "s-2"}))
    world.script.on(f"DELETE {PLAN}/s-1@LON1", DONE)
    changed(verbs, cron="0 4 * * *", keep=5)
    (made, body), (dropped, _none) = world.script.writes
    assert (made, dropped) == (f"POST {PLAN}@LON1", f"DELETE {PLAN}/s-1@LON1")
    assert body == {
        "name": "daily",
        "description": "by hand",
        "cron_expression": "0 4 * * *",
        "retention": {"max_snapshots": 5, "period": "48h"},
        "instances": [{"instance_id": OTHER_ID, "include_volumes": False}, {"instance_id": ID, "include_volumes": True}],
    }


def test_a_new_schedule_that_does_not_show_leaves_the_old_one(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {PLAN}@LON1", (201, {**SCHEDULE, "id": "s-2"}))
    with pytest.raises(NotAppliedError, match="left alone"):
        changed(verbs, cron="0 4 * * *")
    assert [call for call, _body in world.script.writes] == [f"POST {PLAN}@LON1"]


def test_where_names_are_unique_the_old_schedule_gives_its_name_away(world: World, verbs: CivoBackups) -> None:
    taken = (409, {"code": "database_schedule_duplicate_name"})
    world.script.on(f"GET {PLAN}@LON1", *[[SCHEDULE]] * 3, [{**SCHEDULE, "name": "daily-old"}, {**SCHEDULE, "id": "s-2"}])
    world.script.on(f"POST {PLAN}@LON1", taken, (201, {**SCHEDULE, "id": "s-2"}))
    world.script.on(f"PUT {PLAN}/s-1@LON1", SCHEDULE)
    world.script.on(f"DELETE {PLAN}/s-1@LON1", DONE)
    changed(verbs, cron="0 4 * * *")
    assert [call.split()[0] for call, _body in world.script.writes] == ["POST", "PUT", "POST", "DELETE"]
    assert world.script.writes[1][1]["name"] == "daily-old"


def test_a_change_that_fails_leaves_the_old_schedule_and_its_name(world: World, verbs: CivoBackups) -> None:
    world.script.on(f"POST {PLAN}@LON1", (409, {"code": "database_schedule_duplicate_name"}))
    world.script.on(f"PUT {PLAN}/s-1@LON1", SCHEDULE)
    with pytest.raises(ConflictError):
        changed(verbs, cron="0 4 * * *")
    assert [(call.split()[0], body["name"]) for call, body in world.script.writes] == [
        ("POST", "daily"),
        ("PUT", "daily-old"),
        ("POST", "daily"),
        ("PUT", "daily"),
    ]


def test_a_schedule_of_other_servers_too_is_not_deleted(world: World, verbs: CivoBackups) -> None:
    row = {**SCHEDULE, "instances": [{"id": ID}, {"id": OTHER_ID}]}
    with pytest.raises(OptionError, match=OTHER_ID):
        verbs.check_removal(mapping.schedule(row, server()))
    verbs.check_removal(mapping.schedule(SCHEDULE, server()))


# -- whole tasks ------------------------------------------------------------------------------------------------------------

PRIVATE = "PRIV1"


def run(controller: Controller, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    controller.simulator.clear_log()
    result: dict[str, t.Any] = controller.backup("civo", check=check, region=PRIVATE, **options).result
    assert not result.get("failed"), result
    return result


def test_making_keeping_and_deleting(controller: Controller) -> None:
    made = controller.made("civo", region=PRIVATE)
    predicted = run(controller, check=True, instance=made["id"])
    assert controller.writes("civo") == []
    first = run(controller, instance=made["id"])
    assert predicted["plan_id"] == first["plan_id"]
    assert (first["backup"]["status"], first["backup"]["instance"]) == ("ready", made["id"])
    again = run(controller, instance=made["id"], max_age="1h")
    assert (again["changed"], again["backup"]["id"]) == (False, first["backup"]["id"])
    assert controller.calls("civo") == ["instances.get", "instance_snapshots.list"]
    second = run(controller, instance=made["id"], keep=1)
    assert controller.writes("civo") == ["instance_snapshots.create", "instance_snapshots.delete"]
    listed = controller.task("backup_info", "civo").result["backups"]
    assert [(each["id"], each["instance"]) for each in listed] == [(second["backup"]["id"], made["id"])]
    run(controller, id=second["backup"]["id"], state="absent")
    assert controller.writes("civo") == ["resource_snapshots.delete"]
    assert run(controller, id=second["backup"]["id"], state="absent")["changed"] is False
    assert controller.simulator["civo"].violations == []


def test_a_lost_answer_is_adopted(controller: Controller) -> None:
    made = controller.made("civo", region=PRIVATE)
    controller.simulator.fault("civo", "instance_snapshots.create", "reset_after")
    result = run(controller, instance=made["id"])
    assert result["backup"]["status"] == "ready"
    assert controller.writes("civo") == ["instance_snapshots.create"]


@pytest.mark.parametrize("check", [True, False])
def test_a_public_region_is_refused_early(controller: Controller, check: bool) -> None:
    made = controller.made("civo")
    for options in ({}, {"schedule": {"cron": "0 3 * * *", "keep": 3}}):
        result = controller.backup("civo", check=check, region="LON1", instance=made["id"], **options).result
        assert "not available in the region LON1" in result["msg"]
    assert controller.writes("civo") == []


def test_restores(controller: Controller) -> None:
    made = controller.made("civo", region=PRIVATE)
    snapshot = run(controller, instance=made["id"], name="nightly")["backup"]
    wish: dict[str, t.Any] = {"instance": "web1", "name": "nightly", "state": "restored", "allow": ["rebuild"]}
    over = run(controller, **wish, restore_to="in_place")
    assert (over["instance"]["id"], over["instance"]["status"]) == (made["id"], "running")
    predicted = run(controller, check=True, **wish, restore_to="new", new_name="copy1")
    assert controller.writes("civo") == []
    new = run(controller, **wish, restore_to="new", new_name="copy1")
    assert predicted["plan_id"] == new["plan_id"]
    assert (new["instance"]["name"], new["instance"]["status"]) == ("copy1", "running")
    assert new["instance"]["public_ipv4"]
    assert new["backup"]["id"] == snapshot["id"]


def test_a_new_server_that_takes_too_long_is_told_by_its_id(controller: Controller) -> None:
    made = controller.made("civo", region=PRIVATE)
    run(controller, instance=made["id"], name="nightly")
    controller.simulator.settings("civo", seconds=100)
    wish: dict[str, t.Any] = {"instance": "web1", "name": "nightly", "state": "restored", "allow": ["rebuild"], "restore_to": "new", "new_name": "copy1"}
    result = controller.backup("civo", region=PRIVATE, wait_timeout=20.0, **wish).result
    assert (result["error"], result["changed"]) == ("WaitTimeoutError", True)
    (copy,) = (server["id"] for server in controller.servers("civo") if server["id"] != made["id"])
    assert result["id"] == copy


def test_schedules(controller: Controller) -> None:
    made = controller.made("civo", region=PRIVATE)
    wanted: dict[str, t.Any] = {"instance": made["id"], "schedule": {"cron": "0 3 * * *", "keep": 3}}
    predicted = run(controller, check=True, **wanted)
    real = run(controller, **wanted)
    assert predicted["plan_id"] == real["plan_id"]
    assert {**predicted["schedule"], "id": None} == {**real["schedule"], "id": None}
    assert run(controller, **wanted)["changed"] is False
    assert controller.calls("civo") == ["instances.get", "snapshot_schedules.list"]
    moved = run(controller, instance=made["id"], schedule={"cron": "*/15 4 * * *"})
    assert controller.writes("civo") == ["snapshot_schedules.create", "snapshot_schedules.delete"]
    assert moved["schedule"]["keep"] == 3
    run(controller, instance=made["id"], schedule={}, state="absent")
    assert run(controller, instance=made["id"], schedule={}, state="absent")["changed"] is False
    assert controller.simulator["civo"].violations == []


def test_a_replaced_schedule_may_show_for_a_while(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    made = controller.made("civo", region=PRIVATE)
    old = run(controller, instance=made["id"], schedule={"cron": "0 3 * * *", "keep": 3})["schedule"]["id"]
    listed, shown = CivoBackups.schedules, {}

    def late(self: CivoBackups, instance: Instance, name: str) -> list[Schedule]:
        found = {each.id: each for each in listed(self, instance, name)}
        shown.update({each.id: each for each in found.values() if each.id == old})
        return [*found.values(), *(each for each in shown.values() if each.id not in found and controller.clock.now() < until)]

    monkeypatch.setattr(CivoBackups, "schedules", late)
    until = controller.clock.now() + 5
    moved = run(controller, instance=made["id"], schedule={"cron": "0 4 * * *"})
    assert moved["schedule"]["id"] != old
    until = controller.clock.now() + 1000
    old, shown = moved["schedule"]["id"], {}
    stuck = controller.backup("civo", region=PRIVATE, instance=made["id"], schedule={"cron": "0 5 * * *"}).result
    assert stuck["error"] == "NotAppliedError"
    again = controller.backup("civo", region=PRIVATE, instance=made["id"], schedule={"cron": "0 5 * * *"}).result
    assert (again["error"], len(again["ids"])) == ("AmbiguousError", 2)
