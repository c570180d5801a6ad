# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server is meant, and what happens when it changes while a task looks at it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    DELETE,
    STOP,
    ids,
    interfering,
    matrix,
    once,
    orders,
    patched,
    place,
    seeded,
    slow_builds,
    slow_changes,
    vanished,
)


@matrix("two of one name")
@pytest.mark.parametrize("state", ["present", "absent", "started", "stopped", "restarted"])
def test_two_of_one_name_are_listed_and_left_alone(controller: Controller, provider: str, state: str) -> None:
    both = sorted(seeded(controller, provider, "web1") + seeded(controller, provider, "web1"))
    for check in (True, False):
        result = controller.create(provider, check=check, state=state).result
        assert result["failed"] is True
        assert result["error"] == "AmbiguousError"
        assert sorted(result["ids"]) == both
        assert all(one in result["msg"] for one in both)
    assert controller.writes(provider) == []
    by_id = controller.instance(provider, id=both[0], state="absent", **place(provider)).result
    assert by_id["changed"] is True
    assert ids(controller, provider) == [both[1]]


@matrix("two of one name")
def test_a_rename_to_a_name_that_is_taken_is_refused(controller: Controller, provider: str) -> None:
    (one,) = seeded(controller, provider, "web1")
    (other,) = seeded(controller, provider, "web2")
    result = controller.instance(provider, id=one, name="web2", **place(provider)).result
    assert result["failed"] is True
    assert other in result["msg"]
    assert controller.writes(provider) == []


@matrix("deleting")
def test_one_that_is_being_deleted_counts_as_absent(controller: Controller, provider: str) -> None:
    old = controller.made(provider)
    slow_changes(controller, provider, 300.0)
    begun = controller.instance(provider, name="web1", state="absent", wait=False, **place(provider)).result
    assert begun["changed"] is True
    assert begun["instance"]["status"] == "deleting"
    assert ids(controller, provider) == [old["id"]]
    controller.simulator.clear_log()
    waited = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert not waited.get("failed"), waited
    assert waited["changed"] is False
    assert waited["instance"]["status"] == "absent"
    assert waited["instance"]["id"] == old["id"]
    assert ids(controller, provider) == []
    assert controller.writes(provider) == []


@matrix("deleting")
def test_a_new_one_is_made_beside_one_that_is_being_deleted(controller: Controller, provider: str) -> None:
    old = controller.made(provider)
    slow_changes(controller, provider, 300.0)
    controller.instance(provider, name="web1", state="absent", wait=False, **place(provider))
    controller.simulator.clear_log()
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert result["instance"]["id"] != old["id"]
    assert orders(controller, provider) == 1
    assert controller.writes(provider) == [ORDER[provider]]


@matrix("similar names")
def test_similar_names_are_other_names(controller: Controller, provider: str) -> None:
    others = [controller.made(provider, name)["id"] for name in ("web10", "aweb1", "WEB1")]
    gone = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert not gone.get("failed"), gone
    assert gone["changed"] is False
    assert controller.writes(provider) == []
    made = controller.create(provider).result
    assert made["changed"] is True
    assert made["instance"]["id"] not in others
    controller.instance(provider, name="web1", state="absent", **place(provider))
    assert ids(controller, provider) == sorted(others)


@matrix("vanished")
@pytest.mark.parametrize("state", ["stopped", "restarted"])
def test_one_that_vanishes_before_a_change(controller: Controller, provider: str, state: str) -> None:
    made = controller.made(provider)

    def vanish_once(call: t.Any) -> None:
        if call.mutates and ids(controller, provider):
            vanished(controller, provider, made["id"])

    with interfering(before=vanish_once):
        result = controller.create(provider, state=state).result
    assert result["failed"] is True
    assert result["id"] == made["id"]
    assert orders(controller, provider) == 0
    assert ids(controller, provider) == []


@matrix("vanished")
def test_one_that_vanishes_before_its_deletion_is_absent(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    with interfering(before=once(DELETE[provider], lambda: vanished(controller, provider, made["id"]))):
        result = controller.instance(provider, name="web1", state="absent", **place(provider)).result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == "absent"
    assert result["instance"]["id"] == made["id"]


def test_one_that_vanishes_before_the_stop_of_its_deletion_is_absent(controller: Controller) -> None:
    made = controller.made("hosterapi")  # the only one that has to be stopped first
    with interfering(before=once(STOP["hosterapi"], lambda: vanished(controller, "hosterapi", made["id"]))):
        result = controller.instance("hosterapi", name="web1", state="absent").result
    assert not result.get("failed"), result
    assert (result["changed"], result["instance"]["status"], result["plan"]) == (False, "absent", [])
    assert controller.instance("hosterapi", name="web1", state="absent").result["changed"] is False


@matrix("vanished")
def test_one_that_vanishes_while_a_change_is_waited_for(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    slow_changes(controller, provider, 60.0)
    with interfering(after=once(STOP[provider], lambda: vanished(controller, provider, made["id"]))):
        result = controller.create(provider, state="stopped").result
    assert result["failed"] is True
    assert result["id"] == made["id"]
    assert result["api"]["waited"] < 100
    assert orders(controller, provider) == 0


@matrix("vanished")
def test_one_that_vanishes_while_it_is_built(controller: Controller, provider: str) -> None:
    slow_builds(controller, provider, 60.0)

    def vanish_new_one(call: t.Any) -> None:
        for server in ids(controller, provider) if orders(controller, provider) else []:
            vanished(controller, provider, server)

    with interfering(before=vanish_new_one):
        result = controller.create(provider, wait_timeout=120.0).result
    assert result["failed"] is True
    assert orders(controller, provider) == 1
    assert result.get("id") or result.get("operation_id") or "an order may exist" in result["msg"]


@matrix("task lock", only=("gcore",))
@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_running_task_is_waited_for(controller: Controller, provider: str, state: str) -> None:
    made = controller.made(provider)
    patched(controller, provider, made["id"], lock=True)
    result = controller.create(provider, state=state).result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == state
    assert result["changed"] is True


@matrix("task lock", only=("gcore",))
@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_task_that_begins_under_our_hands_is_waited_for(controller: Controller, provider: str, state: str) -> None:
    made = controller.made(provider)
    operation = {"stopped": STOP, "absent": DELETE}[state][provider]
    with interfering(before=once(operation, lambda: patched(controller, provider, made["id"], lock=True))):
        result = controller.create(provider, state=state).result
    assert not result.get("failed"), result
    assert result["instance"]["status"] == state
    assert controller.writes(provider) == [operation, operation]
    assert controller.simulator[provider].violations == []


@matrix("locked", only=("hostwinds",))
def test_a_locked_instance_is_left_alone(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    patched(controller, provider, made["id"], locked=1)
    predicted = controller.create(provider, check=True, state="stopped")
    assert [warning for warning in predicted.warnings if "locked" in warning]
    result = controller.create(provider, state="stopped").result
    assert result["failed"] is True
    assert "locked" in result["msg"]
    assert result["id"] == made["id"]
    assert controller.writes(provider) == [STOP[provider]]
    unlocked = controller.create(provider, state="stopped", locked=False).result
    assert [step["action"] for step in unlocked["plan"]] == ["unlock", "stop"]
    assert unlocked["instance"]["locked"] is False


@matrix("locked", only=("hosterapi",))
def test_a_busy_instance_is_tried_twice_and_left_alone(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    patched(controller, provider, made["id"], lock="backup")
    result = controller.create(provider, state="stopped").result
    assert result["failed"] is True
    assert result["error"] == "ConflictError"
    assert result["id"] == made["id"]
    assert controller.writes(provider) == [STOP[provider], STOP[provider]]  # section 4: re-read, then one more try


# A state that ends every hope, or at HosterAPI, which has none, one that nobody knows.
ERROR = {"hostwinds": {"status": "ERROR"}, "civo": {"status": "ERROR"}, "gcore": {"status": "ERROR"}, "hosterapi": {"state": "crashed"}}


@matrix("changed behind our back")
def test_an_error_while_a_change_is_waited_for(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    slow_changes(controller, provider, 60.0)

    def break_it() -> None:
        patched(controller, provider, made["id"], **ERROR[provider])
        if provider in ("gcore", "hosterapi"):  # what is under way there would still come
            slow_changes(controller, provider, 9000.0)
            with controller.simulator[provider].lock:
                state = controller.simulator[provider].state
                state["due"] = []

    with interfering(after=once(STOP[provider], break_it)):
        result = controller.create(provider, state="stopped", wait_timeout=300.0).result
    assert result["failed"] is True
    assert result["id"] == made["id"]
    assert result["changed"] is True  # the provider accepted it
    assert [step["action"] for step in result["plan"]] == ["stop"]


@matrix("changed behind our back", only=("hostwinds", "civo", "gcore"))
def test_an_error_while_it_is_built(controller: Controller, provider: str) -> None:
    slow_builds(controller, provider, 60.0)

    def break_it(call: t.Any) -> None:
        for server in ids(controller, provider) if orders(controller, provider) else []:
            patched(controller, provider, server, **ERROR[provider])

    with interfering(before=break_it):
        result = controller.create(provider).result
    assert result["failed"] is True
    assert result["id"] == ids(controller, provider)[0]
    assert "error" in result["msg"].lower()
    assert orders(controller, provider) == 1


@matrix("changed behind our back")
def test_somebody_starts_what_we_stop(controller: Controller, provider: str) -> None:
    """The stop took effect and was undone before it could be seen: no success is claimed for what is not so."""
    made = controller.made(provider)
    running = {"hosterapi": {"state": "running"}}.get(provider, {"status": "ACTIVE"})

    def undo(call: t.Any) -> None:
        if STOP[provider] in controller.calls(provider):
            patched(controller, provider, made["id"], **running)

    with interfering(before=undo):
        result = controller.create(provider, state="stopped", stop_mode="graceful", wait_timeout=60.0).result
    assert result["failed"] is True
    assert result["id"] == made["id"]
