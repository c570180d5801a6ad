# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes at Civo: what is sent at the wire, other legal answers, and whole tasks against the simulator."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConflictError,
    OperationFailedError,
    OptionError,
    ProtocolError,
    UnsupportedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Record
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.volumes import CivoVolumes
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_civo import DONE, ID, NET, NET2, NETWORKS, ROW, World, server
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

DATA = {"id": "vol-1", "name": "data", "instance_id": "", "network_id": NET, "mountpoint": "", "status": "available", "size_gb": 10, "bootable": False}
HELD = {**DATA, "instance_id": ID, "mountpoint": "/dev/vdb", "status": "attached"}
LIST = "GET /volumes@LON1"
ATTACH, DETACH, DELETE = "PUT /volumes/vol-1/attach@LON1", "PUT /volumes/vol-1/detach@LON1", "DELETE /volumes/vol-1@LON1"
ATTACHING, DETACHING = Step("attach", "instance", None, "web", target=server()), Step("detach", "instance", "web", None)
PLACE = {"region": "LON1"}
ABSENT = (501, {"code": "disabled_service", "reason": "There are no volumes here"})


def wish(state: str = "present", **options: t.Any) -> RecordWish:
    return RecordWish(state=state, options=options)


@pytest.fixture
def world() -> World:
    world = World()
    world.has(ROW)
    world.script.on(LIST, [DATA])
    world.script.on("GET /networks@LON1", NETWORKS)
    return world


@pytest.fixture
def verbs(world: World) -> CivoVolumes:
    return verbs_of(world.driver, "volume")


def only(verbs: CivoVolumes) -> Record:
    (found,) = verbs.find(wish(name="data"), None)
    return found


# -- reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [[DATA], {"items": [DATA]}, [DATA, DATA], [{**DATA, "size_gb": "10", "bootable": "false", "instance_id": None}]])
def test_spellings_of_one_list_are_equal(world: World, verbs: CivoVolumes, answer: t.Any) -> None:
    world.script.on(LIST, answer)
    shown = only(verbs).public()
    assert {key: value for key, value in shown.items() if value not in (None, {})} == {
        "provider": "civo",
        "id": "vol-1",
        "name": "data",
        "region": "LON1",
        "status": "available",
        "provider_status": "available",
        "size_gb": 10,
        "bootable": False,
        "network_id": NET,
    }


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"status": "creating"}, "creating"),
        ({"status": "Available"}, "available"),
        ({"status": "attaching"}, "changing"),
        ({"status": "ATTACHED", "instance_id": ID}, "attached"),
        ({"status": "resizing"}, "changing"),
        ({"status": "deleting"}, "deleting"),
        ({"status": "Failed"}, "error"),
        ({"status": "lost"}, "unknown"),
        ({"status": None}, "available"),
        ({"status": None, "instance_id": ID}, "attached"),
    ],
)
def test_words_of_status(world: World, verbs: CivoVolumes, row: dict[str, t.Any], status: str) -> None:
    world.script.on(LIST, [{**DATA, **row}])
    (record,) = verbs.select(wish(), None)
    assert record["status"] == status


def test_a_server_is_told_by_its_hostname_and_a_node_by_its_id(world: World, verbs: CivoVolumes) -> None:
    world.script.on(LIST, [HELD, {**HELD, "id": "vol-2", "instance_id": "node-1"}])
    assert [record["instance"] for record in verbs.select(wish(), None)] == [{"id": ID, "name": "web"}, {"id": "node-1", "name": None}]


def test_what_is_being_deleted_is_gone(world: World, verbs: CivoVolumes) -> None:
    world.script.on(LIST, [{**DATA, "status": "deleting"}])
    assert verbs.find(wish(name="data"), None) == []
    assert verbs.find(wish("absent", id="vol-1"), None) == []


def test_an_empty_list_proves_the_region(world: World, verbs: CivoVolumes) -> None:
    world.script.on(LIST, [])
    assert verbs.find(wish(name="data"), None) == []
    assert world.script.calls == [LIST, "GET /regions"]


def test_a_volume_of_another_region_is_told(world: World, verbs: CivoVolumes) -> None:
    world.script.on("GET /volumes@NYC1", [{**DATA, "id": "vol-9"}])
    with pytest.raises(OptionError, match="in the region NYC1, not in LON1"):
        verbs.find(wish("absent", id="vol-9"), None)


def test_a_region_without_volumes_has_none_unless_it_is_the_named_one() -> None:
    world = World(None)
    world.script.on(LIST, [DATA])
    world.script.on("GET /volumes@NYC1", ABSENT)
    assert [record.id for record in verbs_of(world.driver, "volume").find(wish(name="data"), None)] == ["vol-1"]
    named = World("NYC1")
    named.script.on("GET /volumes@NYC1", ABSENT)
    with pytest.raises(UnsupportedError):
        verbs_of(named.driver, "volume").find(wish(name="data"), None)


def test_what_is_no_list_is_no_absence(world: World, verbs: CivoVolumes) -> None:
    world.script.on(LIST, {"items": None})
    with pytest.raises(ProtocolError):
        verbs.find(wish(name="data"), None)


# -- writing ------------------------------------------------------------------------------------------------------------

NEW = {"name": "data", "size_gb": 10}


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (NEW, {**NEW, "network_id": NET}),
        ({**NEW, "network": "private", "type": "ms-xfs-2-replicas"}, {**NEW, "network_id": NET2, "volume_type": "ms-xfs-2-replicas"}),
        ({"name": "data", "snapshot": "nightly"}, {"name": "data", "network_id": NET, "size_gb": 20, "snapshot_id": "snap-1"}),
        ({**NEW, "size_gb": 30, "snapshot": "snap-1"}, {"name": "data", "network_id": NET, "size_gb": 30, "snapshot_id": "snap-1"}),
    ],
)
def test_what_a_new_volume_is_made_of(world: World, verbs: CivoVolumes, options: dict[str, t.Any], body: dict[str, t.Any]) -> None:
    world.script.on("GET /snapshots@LON1", {"items": [{"snapshot_id": "snap-1", "name": "nightly", "restore_size": 20, "state": "Ready"}]})
    world.script.on("POST /volumes@LON1", {"id": "vol-1", "name": "data", "result": "success"})
    operation = verbs.create(verbs.plan_new(wish(**options), None))
    assert world.script.writes == [("POST /volumes@LON1", {**body, "region": "LON1"})]
    world.script.on(LIST, [], [{**DATA, "status": "creating"}], [DATA])
    assert operation is not None
    assert [operation.check() is None for _look in range(3)] == [True, True, False]


def test_a_new_volume_of_a_server_lies_in_its_network(verbs: CivoVolumes) -> None:
    assert verbs.plan_new(wish(**NEW, instance="web"), server(network_id=NET2)).body["network_id"] == NET2


def test_snapshots_are_asked_for_as_those_of_volumes(world: World, verbs: CivoVolumes) -> None:
    world.script.on("GET /snapshots@LON1", [])
    with pytest.raises(OptionError, match="knows no 'nightly'"):
        verbs.plan_new(wish(name="data", snapshot="nightly"), None)
    assert {"resource_type": "volume"} in world.script.queries


def test_a_volume_that_fails_is_a_failure(world: World, verbs: CivoVolumes) -> None:
    world.script.on("POST /volumes@LON1", {"id": "vol-1", "result": "success"})
    operation = verbs.create(verbs.plan_new(wish(**NEW), None))
    world.script.on(LIST, [{**DATA, "status": "error"}])
    assert operation is not None
    with pytest.raises(OperationFailedError, match="error state"):
        operation.check()


def test_attaching_and_detaching_wait_until_nothing_moves(world: World, verbs: CivoVolumes) -> None:
    world.script.on(ATTACH, DONE)
    world.script.on(DETACH, DONE)
    attached = verbs.change(only(verbs), ATTACHING)
    detached = verbs.change(only(verbs), DETACHING)
    assert world.script.writes == [(ATTACH, {"instance_id": ID, "region": "LON1"}), (DETACH, {"region": "LON1"})]
    assert attached is not None
    assert detached is not None
    world.script.on(LIST, [DATA], [{**HELD, "status": "attaching"}], [HELD])
    assert [attached.check() is None for _look in range(3)] == [True, True, False]
    world.script.on(LIST, [HELD], [{**DATA, "status": "detaching"}], [DATA])
    assert [detached.check() is None for _look in range(3)] == [True, True, False]


def test_a_conflict_about_what_is_done_already_is_none(world: World, verbs: CivoVolumes) -> None:
    world.script.on(DETACH, (409, {"code": "database_volume_not_attached", "reason": "It is not attached"}))
    assert verbs.change(only(verbs), DETACHING) is not None
    world.script.on(LIST, [HELD])
    with pytest.raises(ConflictError):
        verbs.change(only(verbs), DETACHING)


def test_a_deletion_keeps_the_snapshots_and_waits_for_its_end(world: World, verbs: CivoVolumes) -> None:
    world.script.on(DELETE, DONE, (404, {"code": "database_volume_not_found", "reason": "Failed to find the volume"}))
    record = only(verbs)
    operation = verbs.delete(record)
    assert (world.script.writes, world.script.queries[-1]) == ([(DELETE, None)], {})
    world.script.on(LIST, [{**DATA, "status": "deleting"}], [])
    assert operation is not None
    assert [operation.check() is None for _look in range(2)] == [True, False]
    assert verbs.delete(record) is None


# -- refusals, before anything is sent ----------------------------------------------------------------------------------

REFUSED = [
    ({"name": "data"}, "OptionError", "size_gb are needed"),
    ({**NEW, "network": "nowhere"}, "OptionError", "knows no 'nowhere'"),
    ({**NEW, "tags": {"role": "web"}}, "UnsupportedError", "tags"),
    ({**NEW, "snapshot": "nothing"}, "OptionError", "knows no 'nothing'"),
    ({**NEW, "size_gb": 0}, "OptionError", "at least 1"),
    ({"id": "vol-1"}, "NotFoundError", "no volume with id vol-1"),
]


@pytest.mark.parametrize(("options", "error", "told"), REFUSED)
def test_what_is_impossible_is_refused(controller: Controller, options: dict[str, t.Any], error: str, told: str) -> None:
    result = controller.task("volume", "civo", **PLACE, **options).result
    assert (result.get("error"), controller.writes("civo")) == (error, [])
    assert told in result["msg"]


def test_what_cannot_be_changed_is_refused_or_told(controller: Controller) -> None:
    made = controller.task("volume", "civo", **PLACE, **NEW, type="fast").result["volume"]
    assert (made["status"], made["type"], made["size_gb"]) == ("available", "fast", 10)
    controller.simulator.clear_log()
    grown = controller.task("volume", "civo", **PLACE, name="data", size_gb=20).result
    assert (grown["error"], "vps_volume: grow" in grown["msg"], "copy inside the server" in grown["msg"]) == ("UnsupportedError", True, True)
    shrunk = controller.task("volume", "civo", **PLACE, name="data", size_gb=5).result
    assert (shrunk["error"], "only grows" in shrunk["msg"]) == ("OptionError", True)
    renamed = controller.task("volume", "civo", **PLACE, id=made["id"], name="other").result
    assert (renamed["error"], "rename" in renamed["msg"]) == ("UnsupportedError", True)
    typed = controller.task("volume", "civo", **PLACE, name="data", type="slow").result
    assert [each["field"] for each in typed["drift"]] == ["type"]
    assert controller.writes("civo") == []


def test_a_volume_moves_by_detaching_first(controller: Controller) -> None:
    controller.made("civo")
    controller.made("civo", "web2")
    controller.task("volume", "civo", **PLACE, **NEW, instance="web1")
    controller.simulator.clear_log()
    refused = controller.task("volume", "civo", **PLACE, name="data", instance="web2").result
    assert (refused["error"], refused["needs"], controller.writes("civo")) == ("ConsentError", ["detach"], [])
    moved = controller.task("volume", "civo", **PLACE, name="data", instance="web2", allow=["detach"]).result
    assert [(step["action"], step["before"], step["after"]) for step in moved["plan"]] == [("detach", "web1", None), ("attach", None, "web2")]
    assert (moved["volume"]["instance"]["name"], moved["volume"]["device"]) == ("web2", "/dev/vdb")


def test_a_volume_that_is_still_made_is_attached_once_it_is_there(controller: Controller) -> None:
    controller.made("civo")
    ordered = controller.task("volume", "civo", **PLACE, **NEW, wait=False).result
    assert ordered["changed"]
    reads = len([call for call in controller.calls("civo") if call == "volumes.list"])
    attached = controller.task("volume", "civo", **PLACE, **NEW, instance="web1").result
    assert [step["action"] for step in attached["plan"]] == ["attach"]
    calls = controller.calls("civo")
    before = calls[: calls.index("volumes.attach")].count("volumes.list") - reads
    assert before > 1  # not before the list shows it as made
    assert attached["volume"]["status"] == "attached"


# -- listing ------------------------------------------------------------------------------------------------------------


def test_a_volume_that_failed_is_no_volume_and_can_be_deleted(controller: Controller) -> None:
    made = controller.task("volume", "civo", **PLACE, name="data", size_gb=10).result["volume"]
    civo = controller.simulator["civo"]
    with civo.lock:
        civo.table("volumes", "LON1")[made["id"]]["status"] = "failed"
    result = controller.task("volume", "civo", **PLACE, name="data", size_gb=10).result
    assert (result["error"], result["id"], result["changed"]) == ("OperationFailedError", made["id"], False)
    assert controller.task("volume", "civo", **PLACE, name="data", state="absent").result["changed"] is True


def test_the_list_is_filtered(controller: Controller) -> None:
    controller.made("civo")
    controller.task("volume", "civo", **PLACE, **NEW, instance="web1")
    controller.task("volume", "civo", **PLACE, name="left", size_gb=1)

    def listed(**filters: t.Any) -> list[str]:
        return [each["name"] for each in controller.task("volume_info", "civo", **filters).result["volumes"]]

    assert listed() == listed(**PLACE) == ["data", "left"]
    assert listed(unattached=True) == listed(name="left") == ["left"]
    assert listed(instance="web1") == ["data"]
