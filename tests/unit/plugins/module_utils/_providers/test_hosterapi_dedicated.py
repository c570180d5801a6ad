# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dedicated machines at HosterAPI.de: what is sent, which answers are understood, and what cannot be known (contract section 8)."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConfigurationError,
    ConflictError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Record
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.dedicated import ORDER_GRACE, UNSEEN_GRACE, HosterapiDedicated
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.hosterapi import Script, world_of
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context

PATH = "/datacenter/dedicated"
LIST, MARKET, TEMPLATES, ORDER = f"GET {PATH}", f"GET {PATH}/market", f"GET {PATH}/templates", f"POST {PATH}/order"
CONFIG, STATUS = f"GET {PATH}/101/config", f"GET {PATH}/101/status"
START, REBOOT, REINSTALL, TERMINATE = (
    f"{verb} {PATH}/101/{what}" for verb, what in (("PUT", "start"), ("PUT", "reboot"), ("PUT", "reinstall"), ("POST", "terminate"))
)
HARDWARE = {
    "cpu": {"type": "Xeon", "count": "2"},
    "ram": {"type": "DDR4", "size": "32 GB DDR4 ECC"},
    "storage": {"type": "SSD", "count": 2, "size": "480"},
    "price": 49,
    "location": {"id": 1, "name": "Frankfurt"},
}
OFFER = {"id": 101, "model": "R620", "description": "", "configuration": HARDWARE}
SSH = {"root": {"password": "R00T-secret"}, "user": {"username": "hoster", "password": "US3R-secret"}}
MACHINE = {"ssh": SSH, "ips": ["198.51.100.7"], "template": "Debian Buster", "configuration": HARDWARE}
INCOMPLETE, COMPLETE = [{"id": 101, "orderComplete": False}], [{"id": "101", "orderComplete": 1}]
RUNNING, HALTED = {"state": "running"}, {"state": "halted"}
REFUSED = (500, {"result": False, "error": "0xa1: failed to send {signal} signal to vm"})
NO_VM = (404, {"result": False, "error": "0x01: no vm with id 101 found"})


@pytest.fixture
def world() -> Context[Script]:
    return world_of(Script())


@pytest.fixture
def script(world: Context[Script]) -> Script:
    world.script.on(LIST, COMPLETE)
    world.script.on(MARKET, [OFFER])
    world.script.on(TEMPLATES, ["Debian Buster", "Ubuntu Jammy", "Debian Buster"])
    world.script.on(CONFIG, MACHINE)
    world.script.on(STATUS, RUNNING)
    for call in (ORDER, START, REBOOT, REINSTALL, TERMINATE):
        world.script.on(call, True)
    return world.script


@pytest.fixture
def verbs(world: Context[Script], script: Script) -> HosterapiDedicated:
    return verbs_of(HosterapiDriver(world), "dedicated")


def wish(**options: t.Any) -> RecordWish:
    return RecordWish(state="present", options={"id": "101", **options})


def found(verbs: HosterapiDedicated, **options: t.Any) -> Record:
    (record,) = verbs.find(wish(**options), None)
    return record


REBUILD = Step("rebuild", "image", "Debian Buster", "Ubuntu Jammy")
REBUILD_ALIKE = Step("rebuild", "image", "Debian Buster", "Debian Buster")
RESTART = Step("restart", "status", "running", "running")


# -- reads ------------------------------------------------------------------------------------------------------------


def test_a_machine_is_shown_without_its_passwords(verbs: HosterapiDedicated, world: Context[Script]) -> None:
    record = found(verbs)
    assert record.public() == {
        "provider": "hosterapi",
        "id": "101",
        "name": None,
        "status": "running",
        "provider_status": "running",
        "complete": True,
        "model": None,
        "description": None,
        "image": "Debian Buster",
        "addresses": [{"address": "198.51.100.7", "family": "ipv4", "scope": "public", "primary": True, "rdns": None}],
        "username": "hoster",
        "cpu": "Xeon",
        "cpu_count": 2,
        "memory_gb": 32,
        "storage": [{"type": "SSD", "count": 2, "size_gb": 480}],
        "location": {"id": "1", "name": "Frankfurt"},
        "price": {"amount": "49", "currency": "EUR", "period": "month"},
    }
    assert "secret" not in repr(record)
    assert world.redactor.text("R00T-secret and US3R-secret") == "******** and ********"


def test_the_logins_are_kept_apart_and_only_where_they_are_asked_for(verbs: HosterapiDedicated) -> None:
    assert found(verbs, return_credentials=True).facts == {"credentials": SSH}
    assert found(verbs).facts == {}


def test_nothing_is_asked_of_a_machine_that_is_not_complete(verbs: HosterapiDedicated, script: Script) -> None:
    script.on(LIST, INCOMPLETE)
    record = found(verbs)
    assert (record.id, record["status"], record["complete"], script.calls) == ("101", "building", False, [LIST])


@pytest.mark.parametrize(
    ("config", "status", "shown"),
    [
        ({"ips": None, "template": None}, {}, ("unknown", None)),
        ({**MACHINE, "ssh": None, "configuration": None, "hostname": "db1"}, HALTED, ("stopped", "db1")),
        ({**MACHINE, "ssh": [], "hostname": ""}, {"state": "paused"}, ("unknown", None)),
        (MACHINE, REFUSED, ("unknown", None)),
    ],
)
def test_what_is_missing_is_unknown(verbs: HosterapiDedicated, script: Script, config: Answer, status: Answer, shown: tuple[str, str | None]) -> None:
    script.on(CONFIG, config)
    script.on(STATUS, status)
    record = found(verbs, return_credentials=True)
    assert (record["status"], record["name"]) == shown


def test_a_machine_that_is_going_is_looked_at_again(verbs: HosterapiDedicated, script: Script) -> None:
    script.on(LIST, COMPLETE, [])
    script.on(CONFIG, NO_VM)
    assert verbs.find(wish(), None) == []


def test_one_that_goes_while_all_are_listed_is_left_out(verbs: HosterapiDedicated, script: Script) -> None:
    script.on(LIST, [*COMPLETE, {"id": 7, "orderComplete": False}])
    script.on(CONFIG, NO_VM)
    assert [record.id for record in verbs.select(RecordWish(state="present"), None)] == ["7"]


@pytest.mark.parametrize(
    ("configuration", "tidy"),
    [
        ({"ram": {"size": 64}, "storage": {"size": "2 TB", "count": "4", "type": ""}}, (64, [{"type": None, "count": 4, "size_gb": 2048}], None)),
        ({"ram": {"size": "128GB"}, "storage": None, "price": "49.90"}, (128, [], {"amount": "49.90", "currency": "EUR", "period": "month"})),
        ({"ram": {"size": "much"}, "price": ""}, (None, [], None)),
        (None, (None, [], None)),
    ],
)
def test_the_market_is_tidied(verbs: HosterapiDedicated, script: Script, configuration: t.Any, tidy: tuple[t.Any, ...]) -> None:
    script.on(MARKET, [{"id": "101", "model": "R620", "description": None, "configuration": configuration}])
    (offer,) = verbs.lists(wish(market=True), None)["offers"]
    assert (offer["id"], offer["model"], offer["description"]) == ("101", "R620", None)
    assert (offer["memory_gb"], offer["storage"], offer["price"]) == tidy


def test_names_of_images_that_repeat_are_listed_once(verbs: HosterapiDedicated) -> None:
    assert [image["name"] for image in verbs.lists(wish(images=True), None)["images"]] == ["Debian Buster", "Ubuntu Jammy"]


# -- ordering ---------------------------------------------------------------------------------------------------------


def test_an_order_has_its_ip_count_as_text(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    script.on(LIST, [], INCOMPLETE, INCOMPLETE, COMPLETE)
    new = verbs.plan_new(wish(image="Debian Buster", name="db1.example.com", ip_count=2), None)
    assert world.wait(verbs.create(new)).instance_id == "101"
    assert [body for call, body in script.sent if call == ORDER] == [{"id": 101, "template": "Debian Buster", "ipCount": "2", "hostname": "db1.example.com"}]
    assert new.price is not None and new.price.public() == {"amount": "49", "currency": "EUR", "period": "month"}


def test_what_was_not_given_is_not_sent(verbs: HosterapiDedicated) -> None:
    assert verbs.plan_new(wish(image="Debian Buster"), None).body == {"id": 101, "template": "Debian Buster"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"id": "999", "image": "Debian Buster"}, "In the market now: 101"),
        ({"image": "Debian12.0"}, "Known there: Debian Buster, Ubuntu Jammy"),
        ({"image": "debian buster"}, "Known there"),
        ({}, "image is needed"),
    ],
)
def test_what_cannot_be_ordered_is_refused(verbs: HosterapiDedicated, script: Script, options: dict[str, str], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        verbs.plan_new(wish(**options), None)
    assert ORDER not in script.calls


@pytest.mark.parametrize(("option", "value"), [("id", "db1"), ("id", "0"), ("ip_count", 0), ("name", "db 1"), ("name", "-db"), ("name", "a..b"), ("name", "ä")])
def test_bad_options_are_refused_before_anything_is_sent(verbs: HosterapiDedicated, script: Script, option: str, value: t.Any) -> None:
    with pytest.raises(OptionError) as refused:
        verbs.check(wish(**{option: value}))
    assert (refused.value.facts["option"], script.sent) == (option, [])


def test_an_order_that_is_never_listed_has_failed_after_the_grace(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    script.on(LIST, [])
    began = world.clock.now()
    with pytest.raises(OperationFailedError, match="order of the dedicated machine 101 failed") as failed:
        world.wait(verbs.create(verbs.plan_new(wish(image="Debian Buster"), None)))
    assert "nothing is charged" in str(failed.value)
    assert ORDER_GRACE <= world.clock.now() - began < ORDER_GRACE + 20
    assert script.calls.count(ORDER) == 1


def test_an_order_that_leaves_the_list_has_failed_at_once(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    script.on(LIST, INCOMPLETE, [])
    began = world.clock.now()
    with pytest.raises(OperationFailedError):
        world.wait(verbs.create(verbs.plan_new(wish(image="Debian Buster"), None)))
    assert world.clock.now() - began < 10


@pytest.mark.parametrize("answer", [REFUSED, (500, {"result": False, "error": "0xa3: timeout"}), (502, "bad gateway"), requests.exceptions.ReadTimeout()])
def test_an_order_without_a_clear_answer_is_not_sent_again(verbs: HosterapiDedicated, script: Script, answer: Answer) -> None:
    script.on(ORDER, answer)
    with pytest.raises(OutcomeUnknownError) as unclear:
        verbs.create(verbs.plan_new(wish(image="Debian Buster"), None))
    assert (unclear.value.check_first, script.calls.count(ORDER)) == (False, 1)


# -- power and reinstallation -------------------------------------------------------------------------------------------


def test_a_power_signal_that_was_refused_is_sent_once_more_if_it_is_still_due(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    script.on(STATUS, HALTED, HALTED, RUNNING)
    script.on(START, REFUSED, True)
    world.wait(verbs.change(found(verbs), Step("start", "status", "stopped", "running")))
    assert script.calls.count(START) == 2
    script.on(START, REFUSED)
    verbs.change(found(verbs), Step("start", "status", "stopped", "running"))  # it runs meanwhile
    assert script.calls.count(START) == 3


def test_a_reboot_that_was_refused_is_not_sent_again(verbs: HosterapiDedicated, script: Script) -> None:
    script.on(REBOOT, REFUSED)
    with pytest.raises(ConflictError):
        verbs.change(found(verbs), RESTART)
    assert script.calls.count(REBOOT) == 1


@pytest.mark.parametrize("step", [RESTART, REBUILD_ALIKE])
def test_what_nothing_shows_is_told_as_not_known(verbs: HosterapiDedicated, world: Context[Script], step: Step) -> None:
    record, began = found(verbs), world.clock.now()
    world.wait(verbs.change(record, step))
    assert UNSEEN_GRACE <= world.clock.now() - began < UNSEEN_GRACE + 20
    assert any("whether it is finished is not known" in warning for warning in world.warnings)


@pytest.mark.parametrize("step", [RESTART, REBUILD_ALIKE])
def test_a_machine_that_was_seen_to_go_down_and_up_is_known(verbs: HosterapiDedicated, script: Script, world: Context[Script], step: Step) -> None:
    record = found(verbs)
    script.on(STATUS, RUNNING, HALTED, REFUSED, RUNNING)
    world.wait(verbs.change(record, step))
    assert world.warnings == []


def test_a_reinstallation_ends_when_the_image_is_there_and_the_machine_runs(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    record = found(verbs)
    jammy = {**MACHINE, "template": "Ubuntu Jammy"}
    script.on(CONFIG, MACHINE, REFUSED, jammy, jammy)
    script.on(STATUS, RUNNING, HALTED, HALTED, RUNNING)
    world.wait(verbs.change(record, verbs.plan_change(record, REBUILD, wish(name="db2"))))
    assert script.calls[-2:] == [CONFIG, STATUS]
    assert [body for call, body in script.sent if call == REINSTALL] == [{"template": "Ubuntu Jammy", "hostname": "db2"}]


def test_a_reinstallation_without_an_end_is_not_to_be_repeated_blindly(verbs: HosterapiDedicated, script: Script, world: Context[Script]) -> None:
    record = found(verbs)
    script.on(STATUS, HALTED)
    with pytest.raises(WaitTimeoutError, match="whether it is finished is not known: it is stopped with Debian Buster") as late:
        world.wait(verbs.change(record, REBUILD))
    assert "reinstall it once more" in str(late.value)
    assert late.value.facts["id"] == "101"


def test_an_image_that_cannot_be_installed_is_refused_before_that(verbs: HosterapiDedicated, script: Script) -> None:
    with pytest.raises(OptionError, match=r"Debian12\.0"):
        verbs.plan_change(found(verbs), Step("rebuild", "image", "Debian Buster", "Debian12.0"), wish())
    assert REINSTALL not in script.calls


# -- terminating --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [True, NO_VM])
def test_terminating_ends_when_the_machine_has_left_the_list(verbs: HosterapiDedicated, script: Script, world: Context[Script], answer: Answer) -> None:
    record = found(verbs)
    script.on(TERMINATE, answer)
    script.on(LIST, COMPLETE, COMPLETE, [])
    world.wait(verbs.delete(record))
    assert script.calls[-4:] == [TERMINATE, LIST, LIST, LIST]


def test_another_404_is_no_absence(verbs: HosterapiDedicated, script: Script) -> None:
    script.on(LIST, (404, "<html>"))
    with pytest.raises(ConfigurationError, match="api_url"):
        verbs.find(wish(), None)


# -- whole tasks ----------------------------------------------------------------------------------------------------------

WANTED: dict[str, t.Any] = {"id": "101", "image": "Debian Bookworm", "name": "db1.example.com", "allow": ["cost"]}


def run(controller: Controller, module: str = "dedicated", **options: t.Any) -> dict[str, t.Any]:
    controller.simulator.clear_log()
    return controller.task(module, "hosterapi", **options).result


def test_what_takes_hours_is_waited_for_by_the_next_run_and_not_ordered_again(controller: Controller) -> None:
    controller.simulator.settings("hosterapi", order_seconds=1200)
    late = run(controller, **WANTED)
    assert (late["error"], late["id"], late["changed"]) == ("WaitTimeoutError", "101", True)
    check = run(controller, **WANTED, check=True)
    assert (check["changed"], check["dedicated"]["complete"], controller.writes("hosterapi")) == (False, False, [])
    done = run(controller, **WANTED)
    assert (done["changed"], done["dedicated"]["complete"], controller.writes("hosterapi")) == (False, True, [])


LATE = 200.0  # seconds until an order is listed


@pytest.fixture
def _listed_late(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, shown_at = HosterapiDedicated._listed, controller.clock.now() + LATE
    monkeypatch.setattr(HosterapiDedicated, "_listed", lambda verbs: listed(verbs) if controller.clock.now() >= shown_at else {})


@pytest.mark.usefixtures("_listed_late")
@pytest.mark.parametrize("in_market", [True, False])
def test_an_order_that_is_not_listed_yet_is_not_sent_again(controller: Controller, monkeypatch: pytest.MonkeyPatch, in_market: bool) -> None:
    market = run(controller, "dedicated_info", market=True)["offers"]
    controller.simulator.fault("hosterapi", "dedicated_order", "reset_after")
    assert run(controller, **WANTED, wait_timeout=5.0)["error"] == "OutcomeUnknownError"
    if in_market:
        monkeypatch.setattr(HosterapiDedicated, "_offers", lambda verbs: {offer["id"]: offer for offer in market})
    early = run(controller, **WANTED, wait_timeout=5.0)
    assert (early["error"], early["changed"], controller.writes("hosterapi")) == ("OutcomeUnknownError", False, [])
    done = run(controller, **WANTED)
    assert (done["dedicated"]["complete"], controller.writes("hosterapi")) == (True, [])


@pytest.mark.usefixtures("_listed_late")
def test_what_is_ordered_and_not_listed_yet_is_not_taken_for_absent(controller: Controller) -> None:
    assert run(controller, **WANTED, wait=False)["changed"] is True
    early = run(controller, id="101", state="absent", wait_timeout=5.0)
    assert (early["error"], "not listed yet" in early["msg"], controller.writes("hosterapi")) == ("OutcomeUnknownError", True, [])
    assert run(controller, id="101", state="absent")["changed"] is True
    assert controller.writes("hosterapi") == ["dedicated_terminate"]
    assert (run(controller, id="101", state="absent")["changed"], controller.calls("hosterapi")) == (False, ["dedicated_list"])


def test_a_failed_order_is_told_and_the_machine_can_be_ordered_no_more(controller: Controller) -> None:
    controller.simulator.fault("hosterapi", "dedicated_order", "job_fails")
    assert "order of the dedicated machine 101 failed" in run(controller, **WANTED)["msg"]
    assert "neither among the account's dedicated machines nor in its market" in run(controller, **WANTED)["msg"]
    assert controller.writes("hosterapi") == []


def test_another_image_is_drift_that_a_reinstallation_cures(controller: Controller) -> None:
    run(controller, **WANTED)
    other = {**WANTED, "image": "Ubuntu Jammy", "name": "db2.example.com"}
    drift = run(controller, **other)
    assert [(each["field"], each["needs"]) for each in drift["drift"]] == [("image", "rebuild"), ("name", "rebuild")]
    assert run(controller, **{**other, "state": "rebuilt"})["needs"] == ["rebuild"]
    cured = run(controller, **{**other, "state": "rebuilt", "allow": ["rebuild"]})
    assert (cured["drift"], cured["dedicated"]["image"], cured["dedicated"]["name"]) == ([], "Ubuntu Jammy", "db2.example.com")


def test_what_another_state_needs_is_left_to_a_run_that_waits(controller: Controller) -> None:
    controller.simulator.settings("hosterapi", order_seconds=60)
    ordered = controller.task("dedicated", "hosterapi", **{**WANTED, "state": "stopped", "wait": False})
    assert [step["action"] for step in ordered.result["plan"]] == ["create"]
    assert any("left to the next run" in warning for warning in ordered.warnings)
    assert [step["action"] for step in run(controller, **{**WANTED, "state": "stopped"})["plan"]] == ["stop"]


def test_logins_come_back_only_on_request(controller: Controller) -> None:
    assert "credentials" not in run(controller, **WANTED)
    told = run(controller, **WANTED, return_credentials=True)["credentials"]
    assert {who: sorted(login) for who, login in told.items()} == {"root": ["password"], "user": ["password", "username"]}
    assert "credentials" not in run(controller, id="101", state="absent", return_credentials=True)


def test_a_machine_can_be_terminated_before_it_is_complete(controller: Controller) -> None:
    controller.simulator.settings("hosterapi", order_seconds=7200)
    run(controller, **{**WANTED, "wait": False})
    assert run(controller, id="101", state="absent", expect={"id": "102"})["error"] == "ExpectationError"
    gone = run(controller, id="101", state="absent")
    assert (gone["dedicated"]["status"], controller.writes("hosterapi")) == ("absent", ["dedicated_terminate"])
    assert run(controller, "dedicated_info")["dedicated"] == []


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore"])
def test_the_other_providers_have_none(controller: Controller, provider: str) -> None:
    refused = controller.task("dedicated", provider, **WANTED).result
    assert (refused["error"], refused["capability"], "panel" in refused["msg"]) == ("UnsupportedError", "dedicated", True)
    listed = controller.task("dedicated_info", provider, market=True)
    assert (listed.result["dedicated"], listed.result["supported"], len(listed.warnings)) == ([], False, 1)
    assert controller.calls(provider) == []
