# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Hostwinds driver at the wire, in both envelopes (HW-2): what it sends, and what it makes of what comes back."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

import pytest
import requests
import urllib3

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    AuthError,
    ConfigurationError,
    ConflictError,
    ConsentError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    ProtocolError,
    QuotaError,
    RateLimitedError,
    RejectedError,
    TransientError,
    UnreachableError,
    UnsupportedError,
    VpsError,
    WaitTimeoutError,
    WriteRefusedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import (
    ABSENT,
    BUILDING,
    DELETING,
    ERROR,
    REBOOTING,
    REBUILDING,
    RESCUE,
    RESIZING,
    RUNNING,
    STOPPED,
    SUSPENDED,
    UNKNOWN,
    Instance,
    Outcome,
    Price,
    Ref,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Deadline, Operation
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Refused, Response, Retry
from ansible_collections.polyhost.cloud.plugins.module_utils._journal import Journal
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Connection, Receipt, Wish
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds import api, mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds.driver import HostwindsDriver
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context, Request, Session

TOKEN = "hw-s3cret-key"
URL = "https://clients.hostwinds.com/cloud/api.php"
LISTINGS = ("get_instances", "get_instance", "get_instance_ids", "get_instance_ips")  # those that come as E3 or E2
BAD_ID = [{"result": "error", "action": "Get Instance", "message": "A valid serviceid is required.", "ERROR": "5529903"}]
NOT_AUTHORIZED = [{"result": "error", "action": "Authorization", "message": "Not Authorized!"}]
OK = [{"result": "success", "message": "Done."}]
CREATED = [
    {"result": "success", "action": "Invoice Paid", "message": "Invoice has been paid."},
    {"result": "success", "action": "Add Instance", "message": "Server is being Created!"},
]
PLANS = [
    {"id": 1002, "rid": 2, "name": "Small", "ram": "2", "cpu": "1", "disk": "50", "monthly": "9.99", "annually": "99.00", "current": 1},
    {"id": 1003, "rid": 3, "name": "Big", "ram": "4", "cpu": "2", "disk": "100", "monthly": "18.99", "current": 0},
]
PROFILES = [
    {"id": "1", "name": "default", "description": "", "security_group_rules": []},
    {"id": "2", "name": "8f3a1c-web", "description": "", "security_group_rules": []},
    {"id": "3", "name": "77aa-webmail", "description": "", "security_group_rules": []},
]
FIELDS = {"image": "tpl-1", "size": "2"}
TRAITS = {"name": "web", "region": "7", "image": "tpl-1"}


def row(number: int = 12, **more: t.Any) -> dict[str, t.Any]:
    """A row of get_instance."""
    return {
        "serviceid": number,
        "srvrname": "web",
        "location_id": 7,
        "hostname": "hwsrv",
        "status": "ACTIVE",
        "vm_state": "active",
        "task_state": None,
        "power_state": 1,
        "locked": 0,
        "is_suspended": 0,
        "main_ip": "198.51.100.7",
        "ips": ["198.51.100.7"],
        "ip_v6": "2001:db8::7",
        "private_ip": "10.0.0.7",
        "ram": 2048,
        "cpu": 1,
        "disk": 50,
        "upgrade_ram": "0",
        "upgrade_cpu": "0",
        "upgrade_disk": "0",
        "billingcycle": "Monthly",
        "template_uuid": "uuid-1",
        "image_ref": "tpl-1",
        "updated_at": "2026-01-01 00:00:00",
        "password": "S3CRET-root",
        "configkey": "S3CRET-config",
        **more,
    }


def short(number: int = 12, **more: t.Any) -> dict[str, t.Any]:
    """A row of get_instance_ids."""
    return {"id": number, "hostname": "hwsrv", "srvrname": "web", "ips": "198.51.100.7, 198.51.100.8", "dedicatedip": "198.51.100.7", "ip_v6": "", **more}


Form = list[tuple[str, str]]


class Script(Session[Form]):
    """A call is its action; C(live) answers the listings in the envelope E2, else E3 (HW-2)."""

    HEADERS: t.ClassVar = {"cf-ray": "ray-1"}

    def __init__(self, live: bool) -> None:
        super().__init__()
        self.live = live

    def read(self, request: Request) -> tuple[str, Form]:
        form = request.arguments["data"]
        return dict(form)["action"], [field for field in form if field[0] != "API"]

    def enveloped(self, call: str, answer: Answer) -> t.Any:
        if not self.live or call not in LISTINGS or (isinstance(answer, list) and answer and "result" in answer[0]):
            return answer
        return {"success": answer}

    def has(self, *rows: dict[str, t.Any]) -> None:
        """These servers, settled, in both lists; get_instance shows the first."""
        self.on("get_instances", list(rows))
        self.on("get_instance_ids", [short(r["serviceid"], srvrname=r["srvrname"]) for r in rows])
        self.on("get_instance", *(rows[:1] or [BAD_ID]))
        self.on("check_serviceid", {"success": False})

    @property
    def raw(self) -> list[Request]:
        return self.requests

    @property
    def calls(self) -> list[str]:
        return [form[0][1] for form in self.sent]

    @property
    def writes(self) -> list[Form]:
        return [form for form in self.sent if api.CALLS[form[0][1]].mutates]


class World(Context[Script]):
    """A task at Hostwinds."""

    def __init__(self, *, live: bool = False, check_mode: bool = False, region: str | None = None) -> None:
        super().__init__(
            HostwindsDriver.PROFILE,
            Connection("hostwinds", TOKEN, URL, region=region),
            Script(live),
            wait_timeout=1800.0,
            check_mode=check_mode,
            secrets=["S3CRET-password"],
        )

    def driver(self) -> HostwindsDriver:
        return HostwindsDriver(self)


@pytest.fixture(params=["seed", "live"])
def world(request: t.Any) -> World:
    return World(live=request.param == "live")


@pytest.fixture
def script(world: World) -> Script:
    return world.script


@pytest.fixture
def driver(world: World) -> HostwindsDriver:
    return world.driver()


def wish(**more: t.Any) -> Wish:
    return Wish(**{"name": "web", "id": None, "state": "present", "fields": FIELDS, "region": "7", **more})


def server(**more: t.Any) -> Instance:
    return mapping.instance(row(**more), "hostwinds")


# -- the wire (section 2) -------------------------------------------------------------------------------------------------


def test_every_call_is_a_form_posted_to_the_one_url(script: Script, driver: HostwindsDriver) -> None:
    script.has(row())
    driver.get("12")
    method, url, arguments = script.raw[0]
    assert (method, url) == ("POST", URL)
    assert arguments["data"] == [("action", "get_instance"), ("serviceid", "12"), ("API", TOKEN)]
    assert arguments["params"] == {}
    assert arguments["allow_redirects"] is False
    assert "Content-Type" not in arguments["headers"]  # requests names the form's own


def test_the_form_has_no_words_for_booleans_and_leaves_out_what_is_absent() -> None:
    assert api.form("x", {"a": True, "b": False, "c": None, "keys": ["k1", "k2"], "none": [], "n": 3}) == [
        ("action", "x"),
        ("a", "1"),
        ("b", "0"),
        ("keys[]", "k1"),
        ("keys[]", "k2"),
        ("n", "3"),
    ]


def test_what_may_be_sent_again() -> None:
    never = {"add_instance", "reboot", "recreate", "reinstall_instance", "rescue", "unrescue", "toggle_lock", "upgrade_instance", "upgrade_server"}
    never |= {"repair_instance", "finalize_iso", "change_main_ip", "create_ip_cleanup_fee", "regenerate_networking"}
    check_first = {"boot", "shutdown", "terminate", "edit_instance", "change_password", "set_instance_firewall", "set_rdns", "confirm_upgrade"}
    check_first |= {"set_main_ip", "delete_ip"}
    assert {name for name, call in api.CALLS.items() if call.retry is Retry.NEVER} == never
    assert {name for name, call in api.CALLS.items() if call.retry is Retry.CHECK_FIRST} == check_first
    assert {name for name, call in api.CALLS.items() if call.mutates} == never | check_first
    for call in api.CALLS.values():
        if call.mutates:
            assert call.refused is (Refused.LOOK_FIRST if call.retry is Retry.CHECK_FIRST else Refused.FINAL), call.id


def test_a_read_is_sent_four_times_at_most(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", (502, "<html>"))
    with pytest.raises(TransientError):
        driver.get("12")
    assert script.calls == ["get_instance"] * 4


def test_a_write_without_an_answer_is_sent_once(script: Script, driver: HostwindsDriver) -> None:
    script.on("boot", requests.exceptions.ReadTimeout())
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.start(server())
    assert caught.value.check_first is True
    assert script.calls == ["boot"]


def test_check_mode_sends_no_write() -> None:
    world = World(check_mode=True)
    with pytest.raises(WriteRefusedError):
        world.driver().start(server())
    assert world.script.sent == []


# -- envelopes and failures (sections 3 and 4) ----------------------------------------------------------------------------


def classified(action: str, body: t.Any, status: int = 200) -> VpsError | None:
    text = body if isinstance(body, str) else json.dumps(body)
    try:
        data, parsed = json.loads(text), True
    except ValueError:
        data, parsed = None, False
    return api.classify(api.CALLS[action], Response(status, {"cf-ray": "ray-1"}, data, parsed, text))


def failure(message: str, **more: t.Any) -> list[dict[str, t.Any]]:
    return [{"result": "error", "action": "X", "message": message, **more}]


@pytest.mark.parametrize(
    ("action", "body", "status", "kind"),
    [
        ("get_instance", NOT_AUTHORIZED, 200, AuthError),
        ("get_instance", NOT_AUTHORIZED[0], 200, AuthError),  # E4
        ("get_instance", "<html>", 403, AuthError),
        ("boot", "", 401, AuthError),
        ("get_instance", [*BAD_ID, *NOT_AUTHORIZED], 200, AuthError),
        ("get_instance", BAD_ID, 200, NotFoundError),
        ("boot", failure("Service Id is required."), 200, NotFoundError),
        ("boot", failure("invalid serviceid"), 200, NotFoundError),
        ("get_instance", failure("Please wait a moment"), 200, RateLimitedError),
        ("boot", failure("You are in cooldown"), 200, RateLimitedError),
        ("boot", failure("Too many requests for a valid serviceid"), 200, RateLimitedError),
        ("boot", failure("Instance is <b>locked</b>."), 200, ConflictError),
        ("boot", failure("Instance is locked. Unlock it and try again."), 200, ConflictError),
        ("boot", failure("Your account is blocked"), 200, RejectedError),
        ("boot", failure("Invalid Action.", ERROR="6734"), 200, UnsupportedError),
        ("add_instance", failure("Location Id is invalid."), 200, RejectedError),
        ("add_instance", [*failure("No credit."), *failure("Not created.")], 200, RejectedError),
        ("add_instance", [CREATED[0], *failure("Server could not be created")], 200, ProtocolError),
        ("add_instance", [CREATED[0], *NOT_AUTHORIZED], 200, ProtocolError),
        ("get_instance", "<html>502</html>", 502, TransientError),
        ("get_instance", "<html>origin</html>", 522, TransientError),
        ("get_instance", "", 408, TransientError),
        ("get_instance", "<html>", 200, ProtocolError),
        ("get_instance", "null", 200, ProtocolError),
        ("get_instance", '"text"', 200, ProtocolError),
        ("get_instance", "true", 200, ProtocolError),
        ("boot", [{"result": "maybe"}], 200, ProtocolError),
        ("boot", [*OK, {"message": "no result"}], 200, ProtocolError),
        ("boot", [], 200, ProtocolError),
        ("boot", {"success": False}, 200, ProtocolError),
        ("boot", OK, 400, ProtocolError),
        ("get_instance", {"x": 1}, 404, RejectedError),
    ],
)
def test_failures(action: str, body: t.Any, status: int, kind: type[VpsError]) -> None:
    assert classified(action, body, status).__class__ is kind


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("boot", OK),
        ("boot", OK[0]),
        ("boot", {"success": True}),
        ("add_instance", CREATED),
        ("terminate", [{"result": "success", "message": "A valid serviceid is required."}]),  # HW-3
        ("recreate", [{"result": "success", "action": "Rercreate", "message": "Please wait, not authorized, locked"}]),
        ("get_instances", []),
        ("get_instances", {"success": []}),
        ("check_serviceid", {"success": False}),
    ],
)
def test_successes(action: str, body: t.Any) -> None:
    assert classified(action, body) is None


def test_a_failure_tells_the_message_without_markup_the_code_and_the_request() -> None:
    error = classified("boot", failure("It is<br>broken", ERROR="5529903"))
    assert error is not None
    assert error.message == "Hostwinds refused boot: It is broken (code 5529903)"
    assert error.facts == {"provider_message": "It is broken", "provider_code": "5529903", "request_id": "ray-1"}


def test_a_refused_key_tells_of_the_address_list_and_of_its_age() -> None:
    hint = str(classified("get_instance", NOT_AUTHORIZED))
    assert "IPv4" in hint and "expired" in hint and "ip_family" in hint


def test_a_failure_names_the_server_and_no_secret(script: Script, driver: HostwindsDriver) -> None:
    script.on("change_password", failure("The password S3CRET-password is too weak"))
    with pytest.raises(RejectedError) as caught:
        driver.set_password(server(), "S3CRET-password")
    assert "(instance 12)" in str(caught.value)
    assert caught.value.facts["id"] == "12"
    assert "S3CRET" not in str(caught.value) + str(caught.value.facts)


def test_a_redirect_is_never_followed(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", (302, ""))
    with pytest.raises(ConfigurationError):
        driver.get("12")


def test_a_missing_server_is_no_answer_to_a_call_about_the_account(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instances", BAD_ID)
    with pytest.raises(RejectedError):
        driver.find("web")


# -- mapping (sections 5, 6, 12) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "settled"),
    [
        ({"status": "active"}, RUNNING, True),
        ({"status": "BUILD"}, BUILDING, False),
        ({"status": "REBUILD"}, REBUILDING, False),
        ({"status": "SHUTOFF"}, STOPPED, True),
        ({"status": "STOPPED"}, STOPPED, True),
        ({"status": "HARD_REBOOT"}, REBOOTING, False),
        ({"status": "RESCUE"}, RESCUE, True),
        ({"status": "MIGRATING"}, RESIZING, False),
        ({"status": "RESIZED"}, RESIZING, True),
        ({"status": "VERIFY_RESIZE"}, RESIZING, True),
        ({"status": "PAUSED"}, SUSPENDED, True),
        ({"status": "ACTIVE", "is_suspended": "1"}, SUSPENDED, True),
        ({"status": "ERROR"}, ERROR, True),
        ({"status": "SOFT_DELETED"}, ABSENT, True),
        ({"status": "SOMETHING", "vm_state": "active"}, UNKNOWN, False),
        ({"status": "", "vm_state": "rescued"}, RESCUE, True),
        ({"status": None, "vm_state": None, "power_state": "4"}, STOPPED, True),
        ({"status": None, "vm_state": None, "power_state": 0}, BUILDING, False),
        ({"status": None, "vm_state": None, "power_state": None}, UNKNOWN, False),
        ({"status": "ACTIVE", "task_state": "powering-off"}, RUNNING, False),
        ({"status": "ACTIVE", "task_state": "deleting"}, DELETING, False),
        ({"status": "ACTIVE", "task_state": "rebuild_spawning"}, REBUILDING, False),
        ({"status": "ACTIVE", "task_state": ""}, RUNNING, True),
        ({"status": "RESIZED", "task_state": "resize_confirming"}, RESIZING, False),
    ],
)
def test_statuses(fields: dict[str, t.Any], status: str, settled: bool) -> None:
    found = server(**fields)
    assert (found.status, found.settled) == (status, settled)


def test_a_row_as_php_may_type_it() -> None:
    found = mapping.instance(
        {
            "serviceid": "12",
            "srvrname": " web ",
            "location_id": "7",
            "status": "ACTIVE",
            "locked": "1",
            "is_suspended": False,
            "ram": "2048",
            "cpu": "1",
            "disk": 50,
            "main_ip": "198.51.100.7",
            "ips": [{"ip": "198.51.100.8"}, "198.51.100.7", None, "n/a"],
            "ip_v6": "2001:0DB8::0007/64",
            "private_ip": None,
            "image": [],
            "flavor": [],
            "bandwidth": None,
        },
        "shop",
    )
    assert (found.id, found.name, found.region, found.account) == ("12", "web", "7", "shop")
    assert (found.locked, found.cpu, found.memory_mb, found.disk_gb) == (True, 1, 2048, 50)
    assert [a.address for a in found.addresses] == ["198.51.100.7", "198.51.100.8", "2001:db8::7"]
    assert found.public_ipv4 == "198.51.100.7"
    assert found.created_at is None
    assert found.image_id is None


def test_a_row_becomes_an_instance_without_secrets() -> None:
    found = server()
    assert found.image_id == "uuid-1"
    assert found.private_ipv4 == "10.0.0.7"
    assert found.provider_status == "ACTIVE"
    assert found.not_read == ("firewalls", "size")
    assert (found.locked, found.rescue) == (False, False)
    assert (found.networks, found.ssh_keys) == (None, None)
    assert "S3CRET" not in repr(found)


@pytest.mark.parametrize("empty", [{}, {"main_ip": "", "ips": None, "ip_v6": "", "private_ip": ""}, {"main_ip": "0.0.0.0", "ips": [], "ip_v6": "::"}])
def test_a_server_that_is_being_built_has_no_addresses(empty: dict[str, t.Any]) -> None:
    assert mapping.instance({"serviceid": 1, **empty}, "hostwinds").addresses == ()


@pytest.mark.parametrize(
    ("values", "unfinished"),
    [({}, False), ({"upgrade_ram": ""}, False), ({"upgrade_cpu": None}, False), ({"upgrade_disk": "100"}, True), ({"status": "RESIZED"}, True)],
)
def test_an_unfinished_upgrade_is_noted(values: dict[str, t.Any], unfinished: bool) -> None:
    assert server(**values).facts["upgrade"] is unfinished


# -- identity (sections 4 and 8, HW-18) -----------------------------------------------------------------------------------


def test_an_id_takes_one_call(script: Script, driver: HostwindsDriver) -> None:
    script.has(row())
    found = driver.get("12")
    assert found is not None and found.id == "12"
    assert script.calls == ["get_instance"]


@pytest.mark.parametrize("wrong", ["abc", "0", "-1", "1.5", "", "12x", "007"])
def test_an_id_that_is_none_is_refused(script: Script, driver: HostwindsDriver, wrong: str) -> None:
    with pytest.raises(OptionError):
        driver.get(wrong)
    assert script.sent == []


def test_absence_is_confirmed_by_both_lists_and_the_check(script: Script, driver: HostwindsDriver) -> None:
    script.has(row(13))
    script.on("get_instance", BAD_ID)
    assert driver.get("12") is None
    assert script.calls == ["get_instance", "get_instances", "get_instance_ids", "check_serviceid"]


@pytest.mark.parametrize(
    ("full", "ids", "known"),
    [([row()], [], {"success": False}), ([], [short()], {"success": False}), ([], [], {"success": True}), ([], [], {"success": 1})],
)
def test_a_server_that_anything_still_knows_is_not_absent(script: Script, driver: HostwindsDriver, full: t.Any, ids: t.Any, known: t.Any) -> None:
    script.on("get_instance", BAD_ID)
    script.on("get_instances", full)
    script.on("get_instance_ids", ids)
    script.on("check_serviceid", known)
    with pytest.raises(TransientError):
        driver.get("12")


@pytest.mark.parametrize("known", [BAD_ID, {"success": []}, {"success": "true"}])
def test_only_true_is_a_yes(script: Script, driver: HostwindsDriver, known: t.Any) -> None:
    script.has()
    script.on("check_serviceid", known)
    assert driver.get("12") is None


def test_a_deleted_status_is_gone(script: Script, driver: HostwindsDriver) -> None:
    script.has(row(status="DELETED"))
    assert driver.get("12") is None
    assert driver.find("web").matches == ()
    assert driver.list_all() == []


def test_a_deleted_row_that_lingers_is_gone(script: Script, driver: HostwindsDriver) -> None:
    script.has(row(status="DELETED"))
    script.on("get_instance", BAD_ID)
    assert driver.get("12") is None


def test_what_only_a_list_still_shows_is_waited_for(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("get_instance_ids", *[[short(12)]] * 6, [])
    assert driver.find("web").matches == ()
    script.on("get_instance", BAD_ID)
    script.on("get_instance_ids", *[[short(12)]] * 6, [])
    assert driver.get("12") is None
    assert world.deadline.elapsed < 60


def test_another_server_than_asked_for_is_no_answer(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", row(13))
    with pytest.raises(ProtocolError):
        driver.get("12")


def test_an_id_of_another_region_is_refused() -> None:
    world = World(region="9")
    world.script.has(row())
    driver = world.driver()
    with pytest.raises(OptionError, match="region 7"):
        driver.get("12")
    driver.find("web")  # the name is account-wide, so the region of what it brings is only compared
    assert driver.get("12") is not None


def test_a_name_takes_both_lists(script: Script, driver: HostwindsDriver) -> None:
    script.has(row(12), row(13, srvrname="other"), row(14, srvrname="WEB"))
    lookup = driver.find("web")
    assert [match.id for match in lookup.matches] == ["12"]
    assert lookup.known_ids == {"12", "13", "14"}
    assert script.calls == ["get_instances", "get_instance_ids"]


def test_two_of_one_name_in_either_list_are_both_found(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instances", [row(12)])
    script.on("get_instance_ids", [short(13)])
    script.on("get_instance", row(13))
    assert sorted(str(match.id) for match in driver.find("web").matches) == ["12", "13"]


def test_a_row_of_the_short_list_alone_is_completed(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instances", [])
    script.on("get_instance_ids", [short(12), short(13, srvrname="other")])
    script.on("get_instance", row(12))
    assert driver.find("web").matches[0].status == RUNNING
    assert script.calls == ["get_instances", "get_instance_ids", "get_instance"]


def test_where_the_lists_disagree_on_the_name_the_server_itself_decides(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instances", [row(12, srvrname="renamed")])
    script.on("get_instance_ids", [short(12, srvrname="web")])
    script.on("get_instance", row(12, srvrname="renamed"))
    assert driver.find("web").matches == ()
    script.on("get_instances", [row(12, srvrname="")])
    script.on("get_instance", row(12, srvrname=""))
    assert [match.name for match in driver.find("web").matches] == ["web"]


def test_a_listed_name_that_cannot_be_shown_is_no_absence(script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("get_instance_ids", [short(12)])
    with pytest.raises(TransientError):
        driver.find("web")


@pytest.mark.parametrize("broken", ["get_instances", "get_instance_ids"])
@pytest.mark.parametrize("answer", [(500, ""), {"x": "y"}, {"0": {"serviceid": 12}}, [{"srvrname": "web"}], [12], {"success": False}, {}])
def test_no_list_no_answer(broken: str, answer: t.Any) -> None:
    script = (world := World()).script
    script.has()
    script.on(broken, answer)
    with pytest.raises(TransientError):
        world.driver().find("web")


def test_maps_by_id_are_lists(script: Script, driver: HostwindsDriver) -> None:
    nameless = {key: value for key, value in row().items() if key != "serviceid"}
    script.on("get_instances", {"12": nameless})
    script.on("get_instance_ids", {"12": short()})
    assert [match.id for match in driver.find("web").matches] == ["12"]


def test_everything_is_listed_once_and_by_region(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instances", [row(12), row(13, srvrname="b", location_id=8)])
    script.on("get_instance_ids", [short(12), short(14, srvrname="c")])
    script.on("get_instance", BAD_ID)
    assert [(i.id, i.status) for i in driver.list_all()] == [("12", RUNNING), ("13", RUNNING), ("14", UNKNOWN)]
    world.connection = Connection("hostwinds", TOKEN, URL, region="8")
    script.on("get_instance_ids", [])
    assert [i.id for i in driver.list_all()] == ["13"]


# -- what costs a call of its own -----------------------------------------------------------------------------------------


def test_size_is_the_current_plan(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    found = driver.read(server(), {"size", "image"})
    assert (found.size, found.not_read) == ("2", ("firewalls",))
    assert script.sent == [[("action", "get_price_list"), ("serviceid", "12")]]
    assert driver.read(server(), {"size"}).size == "2"
    assert len(script.sent) == 1


@pytest.mark.parametrize("flags", [(0, 0), (1, 1)])
def test_size_without_one_mark_is_not_read(script: Script, driver: HostwindsDriver, flags: tuple[int, int]) -> None:
    script.on("get_price_list", {"success": {str(plan["id"]): {**plan, "current": flag} for plan, flag in zip(PLANS, flags, strict=True)}})
    found = driver.read(server(), {"size"})
    assert (found.size, found.not_read) == (None, ("firewalls", "size"))


@pytest.mark.parametrize(("profile", "expected"), [({"success": PROFILES[1]}, (Ref("2", "8f3a1c-web"),)), ({"success": []}, ()), ({"success": {}}, ())])
def test_the_firewall_profile_is_read(script: Script, driver: HostwindsDriver, profile: t.Any, expected: t.Any) -> None:
    script.on("get_instance_firewall_profile", profile)
    found = driver.read(server(), {"firewalls"})
    assert (found.firewalls, found.not_read) == (expected, ("size",))


@pytest.mark.parametrize(
    "listed",
    [
        [{"ip": "198.51.100.7"}, {"ip": "198.51.100.9"}],
        {"IP Addresses": [{"ip": "198.51.100.9"}]},
        ["198.51.100.9"],
        [{"ips": "198.51.100.7;198.51.100.9", "gateway": "192.0.2.1"}],
    ],
)
def test_addresses_are_read_in_any_form(script: Script, driver: HostwindsDriver, listed: t.Any) -> None:
    script.on("get_instance_ips", listed)
    found = driver.read(server(), {"addresses"})
    assert [a.address for a in found.addresses] == ["198.51.100.7", "2001:db8::7", "10.0.0.7", "198.51.100.9"]
    assert [a.address for a in found.addresses if a.primary] == ["198.51.100.7"]


def test_the_catalogue_has_sizes_and_profiles_only(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    script.on("get_firewall_profiles", {"success": PROFILES})
    assert driver.catalog("sizes")[0] == {
        "id": "2",
        "name": "Small",
        "region": None,
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": 50,
        "price": {"amount": "9.99", "currency": None, "period": "month"},
        "available": True,
    }
    assert driver.catalog("firewalls")[1] == {"id": "2", "name": "8f3a1c-web", "region": None}
    assert driver.PROFILE.capabilities.catalog == ("sizes", "firewalls")
    with pytest.raises(UnsupportedError):
        driver.catalog("images")
    assert ("serviceid", "12") not in script.sent[0]


@pytest.mark.parametrize(("wanted", "name"), [("default", "default"), ("2", "8f3a1c-web"), ("c-web", "8f3a1c-web"), ("webmail", "77aa-webmail")])
@pytest.mark.parametrize("form", ["list", "map", "bare"])
def test_profiles_resolve_exactly_then_by_their_end(script: Script, driver: HostwindsDriver, wanted: str, name: str, form: str) -> None:
    script.on("get_firewall_profiles", {"list": {"success": PROFILES}, "map": {"success": {p["id"]: p for p in PROFILES}}, "bare": PROFILES}[form])
    assert driver.resolve("firewalls", wanted, server()).name == name


def test_profiles_that_do_not_fit_once_are_refused(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_firewall_profiles", {"success": [*PROFILES, {"id": "4", "name": "99-web"}]})
    with pytest.raises(OptionError, match="99-web"):
        driver.resolve("firewalls", "web", server())
    with pytest.raises(OptionError) as caught:
        driver.resolve("firewalls", "smtp", server())
    assert caught.value.facts["missing"] is True


def test_a_profile_is_compared_by_its_name(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_firewall_profiles", {"success": PROFILES})
    current = Ref(None, "8f3a1c-web")
    assert driver.resolve("firewalls", "8f3a1c-web", replace(server(), firewalls=(current,))) is current


def test_an_image_is_compared_by_both_of_its_ids(driver: HostwindsDriver) -> None:
    assert driver.resolve("image", "tpl-1", server()).id == "uuid-1"
    assert driver.resolve("image", "tpl-2", server()).id == "tpl-2"
    uuids = [f"0000000{number}-1111-2222-3333-444444444444" for number in (1, 2)]
    alone = server(template_uuid=uuids[0], image_ref=None)
    assert driver.resolve("image", uuids[1], alone).id == uuids[1]
    assert driver.resolve("image", "debian-12", alone).id == uuids[0]  # perhaps its other id, so it proves no difference
    assert driver.resolve("ssh_keys", "me", server()).name == "me"
    with pytest.raises(UnsupportedError):
        driver.resolve("network", "n", server())


# -- what the options alone show ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x"},
        {"name": "n" * 256},
        {"name": "a\nb"},
        {"name": " web"},
        {"name": ""},
        {"region": "Seattle"},
        {"fields": {"size": "small"}},
        {"fields": {"firewalls": []}},
        {"fields": {"firewalls": ["a", "b"]}},
        {"fields": {"cpu": 2}},
        {"fields": {"size": "2", "memory_mb": 0}},
        {"fields": {"billing_cycle": "weekly"}},
        {"fields": {"image": " "}},
        {"fields": {"password": ""}},
        {"fields": {"ssh_keys": [""]}},
    ],
)
def test_wrong_options_are_refused_before_any_request(script: Script, driver: HostwindsDriver, wrong: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError) as caught:
        driver.check(wish(**wrong))
    assert caught.value.facts["option"] in {*wrong, *wrong.get("fields", {})}
    assert script.sent == []


def test_a_server_without_public_address_is_not_supported(driver: HostwindsDriver) -> None:
    with pytest.raises(UnsupportedError):
        driver.check(wish(fields={"public_ip": False}))


def test_right_options_pass(script: Script, driver: HostwindsDriver) -> None:
    driver.check(wish(id="12", fields={**FIELDS, "cpu": 2, "firewalls": ["web"], "billing_cycle": "hourly", "ssh_keys": ["k"], "password": "x"}))
    driver.check(wish(state="absent", fields={"firewalls": []}, region=None))
    assert script.sent == []


# -- ordering (section 8) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({}, []),
        ({"ssh_keys": ["a", "b", "a"]}, [("keys[]", "a"), ("keys[]", "b")]),
        ({"ssh_keys": []}, []),
        ({"billing_cycle": "annually"}, [("billingcycle", "annually")]),
        ({"cpu": 4, "memory_mb": 8192, "disk_gb": 80}, [("cpu", "4"), ("ram", "8192"), ("disk", "80")]),
        ({"password": "S3CRET", "rescue": True, "locked": True}, []),  # not carried: applied afterwards
    ],
)
def test_the_order_on_the_wire(script: Script, driver: HostwindsDriver, fields: dict[str, t.Any], form: list[tuple[str, str]]) -> None:
    script.on("get_price_list", {"success": PLANS})
    script.on("add_instance", CREATED)
    order = driver.order(wish(fields={**FIELDS, **fields}))
    assert script.writes == []
    assert driver.place(order) == Receipt()
    fixed = [("template", "tpl-1"), ("rid", "2"), ("location_id", "7"), ("qty", "1"), ("srvrname", "web")]
    assert script.writes == [[("action", "add_instance"), *fixed, *form]]


def test_what_an_order_tells_beforehand(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    order = driver.order(wish(fields={**FIELDS, "billing_cycle": "annually"}))
    assert order.price == Price("99.00", None, "year")
    assert order.region == "7"
    assert order.traits == TRAITS
    assert order.predicted == {
        "size": "2",
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": 50,
        "locked": False,
        "rescue": False,
        "not_read": ("firewalls",),
    }
    custom = driver.order(wish(fields={**FIELDS, "cpu": 8}))
    assert (custom.price, custom.predicted["cpu"], custom.predicted["disk_gb"]) == (None, None, 50)
    assert driver.order(wish(fields={**FIELDS, "billing_cycle": "hourly"})).price is None
    assert script.calls == ["get_price_list"]


def test_an_unknown_size_is_refused_with_the_choices(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    with pytest.raises(OptionError) as caught:
        driver.order(wish(fields={**FIELDS, "size": "9"}))
    assert "2, 3" in str(caught.value)


@pytest.mark.parametrize("rows", [[{"id": 1}], [{"success": PLANS}], "x", 7])
def test_a_price_list_without_plan_numbers_is_no_answer(script: Script, driver: HostwindsDriver, rows: t.Any) -> None:
    script.on("get_price_list", {"success": rows})
    with pytest.raises(ProtocolError):
        driver.order(wish())


@pytest.mark.parametrize("missing", ["image", "size", "region", "name"])
def test_what_creating_needs(script: Script, driver: HostwindsDriver, missing: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != missing}
    with pytest.raises(OptionError) as caught:
        driver.order(wish(fields=fields, **({missing: None} if missing in ("region", "name") else {})))
    assert caught.value.facts["option"] == missing
    assert script.sent == []


def test_an_unknown_profile_is_refused_but_not_in_check_mode() -> None:
    for check_mode in (False, True):
        world = World(check_mode=check_mode)
        world.script.on("get_price_list", {"success": PLANS})
        world.script.on("get_firewall_profiles", {"success": PROFILES})
        wanted = wish(fields={**FIELDS, "firewalls": ["smtp"]})
        if check_mode:
            assert world.driver().order(wanted).unknown == ("smtp",)
        else:
            with pytest.raises(OptionError):
                world.driver().order(wanted)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure("Location Id is invalid."), RejectedError),
        (failure("Too many requests"), RateLimitedError),
        (NOT_AUTHORIZED, AuthError),
        ([CREATED[0], *failure("Server could not be created")], OutcomeUnknownError),
        ((429, "[]"), OutcomeUnknownError),
        ((502, "<html>"), OutcomeUnknownError),
        ((200, "<html>"), OutcomeUnknownError),
        ((200, "[{]"), OutcomeUnknownError),
        ([], OutcomeUnknownError),
        (requests.exceptions.ReadTimeout(), OutcomeUnknownError),
        (requests.exceptions.ConnectionError("reset"), OutcomeUnknownError),
    ],
)
def test_an_order_is_sent_once_whatever_comes_back(script: Script, driver: HostwindsDriver, answer: Answer, kind: type[VpsError]) -> None:
    script.on("get_price_list", {"success": PLANS})
    script.on("add_instance", answer)
    order = driver.order(wish())
    with pytest.raises(kind) as caught:
        driver.place(order)
    assert caught.value.__class__ is kind
    assert script.calls.count("add_instance") == 1


def test_a_mixed_answer_tells_of_the_invoice(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    script.on("add_instance", [CREATED[0], *failure("Server could not be created")])
    with pytest.raises(OutcomeUnknownError, match="invoice may have been paid"):
        driver.place(driver.order(wish()))


def no_connection() -> Exception:
    refused = urllib3.exceptions.NewConnectionError(t.cast(t.Any, None), "connection refused")
    return requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(t.cast(t.Any, None), URL, refused))


def test_an_order_that_could_not_connect_is_sent_again(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_price_list", {"success": PLANS})
    script.on("add_instance", no_connection(), CREATED)
    driver.place(driver.order(wish()))
    assert script.calls.count("add_instance") == 2
    script.on("add_instance", no_connection())
    with pytest.raises(UnreachableError):
        driver.place(driver.order(wish()))


def test_the_new_server_is_found_by_difference_and_name(world: World, script: Script, driver: HostwindsDriver) -> None:
    known = frozenset({"10"})
    script.on("get_instances", [row(10)], [row(10)], [row(10), row(11, srvrname="other"), row(12, srvrname="")], [row(10)])
    script.on("get_instance_ids", [], [short(12, srvrname="")], [], [short(12)])
    script.on("get_instance", BAD_ID, row(12, status="BUILD"))
    outcome = world.wait(driver.follow(Receipt(), TRAITS, known))
    assert outcome == Outcome("12")
    assert script.calls[-1] == "get_instance"
    assert script.writes == []
    assert world.warnings == []


def test_a_new_server_elsewhere_or_of_another_template_is_warned_of_once(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has(row(12, location_id=8, template_uuid="uuid-9", image_ref="tpl-9"))
    world.wait(driver.follow(Receipt(), TRAITS, frozenset()))
    assert [("location 7" in w, "template tpl-1" in w) for w in world.warnings] == [(True, False), (False, True)]
    driver.candidates(TRAITS, frozenset())
    assert len(world.warnings) == 2


def test_two_new_servers_of_the_name_are_told(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has(row(12), row(13))
    script.on("get_instance", row(12), row(13))
    with pytest.raises(AmbiguousError) as caught:
        world.wait(driver.follow(Receipt(), TRAITS, frozenset()))
    assert caught.value.facts["ids"] == ["12", "13"]


def test_a_server_that_never_shows_its_name_is_told_as_a_candidate(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has(row(12, srvrname=""))
    with pytest.raises(WaitTimeoutError, match="an order may exist") as caught:
        world.wait(driver.follow(Receipt(), TRAITS, frozenset({"10"})))
    assert caught.value.facts["candidates"] == ["12"]
    assert world.clock.time >= 2800.0


def test_candidates_are_new_named_and_alive(script: Script, driver: HostwindsDriver) -> None:
    script.has(row(12), row(13, srvrname="other"))
    assert [found.id for found in driver.candidates(TRAITS, frozenset())] == ["12"]
    assert driver.candidates(TRAITS, frozenset({"12"})) == []
    for gone in (row(12, task_state="deleting"), row(12, status="DELETED"), row(12, srvrname="renamed"), BAD_ID):
        script.on("get_instance", gone)
        assert driver.candidates(TRAITS, frozenset()) == []


@pytest.mark.parametrize(
    ("fields", "new", "old"),
    [
        ({}, True, True),
        ({"status": "BUILD", "task_state": "spawning"}, False, False),
        ({"task_state": "spawning"}, False, False),
        ({"status": "SHUTOFF"}, False, True),
        ({"status": "SHUTOFF", "template_uuid": "cd"}, True, True),
        ({"status": "STRANGE"}, False, False),
        ({"status": "SUSPENDED"}, False, True),
        ({"status": "RESIZED"}, False, True),
    ],
)
def test_a_new_server_is_ready_when_it_runs_an_old_one_when_it_is_settled(
    script: Script, driver: HostwindsDriver, fields: dict[str, t.Any], new: bool, old: bool
) -> None:
    assert driver.ready(server(**fields)) is old
    script.has(row())
    driver.candidates(TRAITS, frozenset())
    assert driver.ready(server(**fields)) is new


def test_a_failed_build_is_told(driver: HostwindsDriver) -> None:
    with pytest.raises(OperationFailedError):
        driver.ready(server(status="ERROR"))


# -- verbs (sections 7 and 10) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "action", "before", "after"),
    [
        (lambda d: d.start(server(status="SHUTOFF")), "boot", "SHUTOFF", "ACTIVE"),
        (lambda d: d.resume(server(status="SUSPENDED")), "boot", "PAUSED", "ACTIVE"),
        (lambda d: d.stop(server(), "hard"), "shutdown", "ACTIVE", "SHUTOFF"),
        (lambda d: d.set_rescue(server(), True), "rescue", "ACTIVE", "RESCUE"),
        (lambda d: d.set_rescue(server(status="RESCUE"), False), "unrescue", "RESCUE", "ACTIVE"),
    ],
)
def test_power_verbs_end_in_the_wanted_settled_state(
    world: World, script: Script, driver: HostwindsDriver, act: t.Any, action: str, before: str, after: str
) -> None:
    script.on(action, OK)
    script.on("get_instance", row(status=before), row(status=before, task_state="x"), row(status=after, task_state="x"), row(status=after))
    world.wait(act(driver))
    assert script.writes == [[("action", action), ("serviceid", "12")]]
    assert script.calls == [action, *["get_instance"] * 4]


def test_a_refusal_does_not_matter_when_the_state_is_there(script: Script, driver: HostwindsDriver) -> None:
    script.on("boot", failure("The instance runs already."))
    script.on("get_instance", row())
    assert driver.start(server(status="SHUTOFF")) is None
    script.on("get_instance", row(status="SUSPENDED", is_suspended=1))
    with pytest.raises(RejectedError, match="runs already"):
        driver.start(server(status="SUSPENDED"))


def test_waiting_ends_with_an_error_state_or_a_vanished_server(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("boot", OK)
    script.on("get_instance", row(status="ERROR"))
    with pytest.raises(OperationFailedError):
        world.wait(driver.start(server()))
    script.on("get_instance", BAD_ID)
    with pytest.raises(NotFoundError):
        world.wait(driver.start(server()))


REBUILT = row(status="REBUILD", task_state="rebuilding")


@pytest.mark.parametrize(
    ("act", "form"),
    [
        (lambda d: d.restart(server(), "hard"), [("action", "reboot"), ("serviceid", "12")]),
        (lambda d: d.rebuild(server(), None), [("action", "recreate"), ("serviceid", "12")]),
        (lambda d: d.rebuild(server(), "tpl-1"), [("action", "reinstall_instance"), ("serviceid", "12"), ("template", "tpl-1")]),
    ],
)
@pytest.mark.parametrize("evidence", [REBUILT, row(updated_at="2026-01-01 00:00:09"), row(server_uuid="new")])
def test_a_settled_read_counts_only_after_evidence(
    world: World, script: Script, driver: HostwindsDriver, act: t.Any, form: t.Any, evidence: dict[str, t.Any]
) -> None:
    script.on(form[0][1], OK)
    script.on("get_instance", row(), row(), row(), evidence, {**row(), "updated_at": evidence["updated_at"]})
    operation = act(driver)
    assert script.calls == ["get_instance", form[0][1]]  # the snapshot comes first
    world.wait(operation)
    assert script.writes == [form]
    assert script.calls.count("get_instance") >= 4


def test_a_rebuild_without_any_effect_was_not_applied(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", row())
    script.on("recreate", OK)
    with pytest.raises(NotAppliedError, match="no effect"):
        world.wait(driver.rebuild(server(), None))
    assert 1120.0 <= world.clock.time < 1140.0


def test_a_restart_without_any_effect_is_warned_of(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", row())
    script.on("reboot", OK)
    world.wait(driver.restart(server(), "graceful"))
    assert "no effect" in world.warnings[0]


def test_the_grace_never_outlives_the_deadline(world: World, script: Script, driver: HostwindsDriver) -> None:
    world.deadline = Deadline(world.clock, 20.0)
    script.on("get_instance", row())
    script.on("recreate", OK)
    with pytest.raises(NotAppliedError):
        world.wait(driver.rebuild(server(), None))
    assert world.clock.time == pytest.approx(1020.0)


def test_a_reinstalled_server_has_to_show_its_template(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("reinstall_instance", OK)
    script.on("get_instance", row(), REBUILT, row(), row(template_uuid="uuid-2", image_ref="tpl-2"))
    world.wait(driver.rebuild(server(), "uuid-2"))
    assert script.calls.count("get_instance") == 4
    script.on("get_instance", row(), REBUILT, row(image_ref=""))  # one of the two ids alone proves nothing
    world.wait(driver.rebuild(server(), "uuid-2"))


def test_a_server_in_error_can_be_rebuilt(world: World, script: Script, driver: HostwindsDriver) -> None:
    broken = row(status="ERROR")
    script.on("recreate", OK)
    script.on("get_instance", broken, broken, REBUILT, row())
    world.wait(driver.rebuild(server(status="ERROR"), None))
    script.on("get_instance", row(), broken)
    with pytest.raises(OperationFailedError):
        world.wait(driver.rebuild(server(), None))


def test_what_a_rebuild_is_known_to_change(driver: HostwindsDriver) -> None:
    assert driver.predict_rebuild(server(), None) == {"addresses": ()}
    assert driver.predict_rebuild(server(), "uuid-1") == {}
    assert driver.predict_rebuild(server(), "tpl-2") == {"image": None, "image_id": None}


def test_deleting_ends_when_nothing_knows_the_id(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("terminate", [{"result": "success", "message": "Terminated"}])
    script.on("get_instance", row(), row(), row(task_state="deleting"), BAD_ID)
    script.on("get_instance_ids", [short()], [])
    operation = driver.delete(server(), wish(state="absent"), {})
    world.wait(operation)
    assert script.calls == [
        *["terminate", "get_instance"],
        *["get_instance", "get_instance", "get_instance", "get_instances", "get_instance_ids"],
        *["get_instance", "get_instances", "get_instance_ids", "check_serviceid"],
    ]


def test_a_deleted_status_ends_the_deletion(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", row(status="DELETED"))
    world.wait(driver.gone(server()))
    assert script.calls == ["get_instance"]


def test_deleting_what_is_gone_or_going(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("terminate", BAD_ID)
    world.wait(driver.delete(server(), wish(state="absent"), {}))
    script.on("terminate", failure("Instance is locked."))
    script.on("get_instance", row(locked=1))
    with pytest.raises(ConflictError):
        driver.delete(server(), wish(state="absent"), {})
    script.on("get_instance", row(task_state="deleting"))
    assert driver.delete(server(), wish(state="absent"), {}) is not None


def test_a_termination_whose_answer_is_lost_goes_on_once_the_server_is_denied(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.has()
    script.on("terminate", requests.exceptions.ReadTimeout())
    script.on("get_instance_ids", [short()], [short()], [])
    world.wait(driver.delete(server(), wish(state="absent"), {}))
    assert len(script.writes) == 1
    script.has(row())
    with pytest.raises(OutcomeUnknownError):
        driver.delete(server(), wish(state="absent"), {})


def test_renaming_changes_the_label_and_is_read_back(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("edit_instance", OK)
    script.on("get_instance", row(srvrname="db"))
    assert driver.rename(server(), "db") is None
    assert script.writes == [[("action", "edit_instance"), ("serviceid", "12"), ("srvrname", "db")]]
    script.on("get_instance", row(), row(srvrname="db"))
    world.wait(driver.rename(server(), "db"))
    script.on("get_instance", row())
    with pytest.raises(NotAppliedError):
        world.wait(driver.rename(server(), "db"))


def test_a_profile_is_set_by_its_full_name_and_read_back(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("set_instance_firewall", OK)
    script.on("get_instance_firewall_profile", {"success": PROFILES[1]})
    assert driver.set_firewalls(server(), [Ref("2", "8f3a1c-web")]) is None
    assert script.writes == [[("action", "set_instance_firewall"), ("serviceid", "12"), ("name", "8f3a1c-web")]]
    script.on("get_instance_firewall_profile", {"success": PROFILES[0]})
    with pytest.raises(NotAppliedError):
        world.wait(driver.set_firewalls(server(), [Ref("2", "8f3a1c-web")]))
    assert len(script.writes) == 2


def test_a_password_takes_a_reboot_of_a_running_server(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("change_password", OK)
    script.on("reboot", OK)
    changed = row(updated_at="2026-01-01 00:00:05")
    script.on("get_instance", changed, row(status="REBOOT"), row())
    world.wait(driver.set_password(server(), "S3CRET-password"))
    assert script.writes == [
        [("action", "change_password"), ("serviceid", "12"), ("password", "S3CRET-password")],
        [("action", "reboot"), ("serviceid", "12")],
    ]
    script.on("get_instance", row(status="SHUTOFF"))
    assert driver.set_password(server(status="SHUTOFF"), "S3CRET-password") is None
    assert len(script.writes) == 3


def test_the_lock_is_flipped_once_and_only_when_it_is_wrong(world: World, script: Script, driver: HostwindsDriver) -> None:
    script.on("toggle_lock", OK)
    script.on("get_instance", row(locked=1))
    assert driver.set_locked(server(), True) is None  # somebody was faster
    assert script.writes == []
    script.on("get_instance", row(), row(locked="1"))
    assert driver.set_locked(server(), True) is None
    assert script.writes == [[("action", "toggle_lock"), ("serviceid", "12")]]
    script.on("get_instance", row())
    with pytest.raises(NotAppliedError):
        world.wait(driver.set_locked(server(), True))
    assert len(script.writes) == 2


def test_a_lock_is_never_flipped_blindly(script: Script, driver: HostwindsDriver) -> None:
    script.on("get_instance", row(locked=None))
    with pytest.raises(ConflictError):
        driver.set_locked(server(), True)
    script.on("get_instance", row())
    script.on("toggle_lock", (502, ""))
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.set_locked(server(), True)
    assert caught.value.check_first is False
    assert len(script.writes) == 1


@pytest.mark.parametrize(
    ("act", "capability"),
    [
        (lambda d: d.suspend(server()), "suspended"),
        (lambda d: d.set_tags(server(), {}), "tags"),
        (lambda d: d.reset_password(server()), "reset_password"),
    ],
)
def test_what_hostwinds_does_not_have(script: Script, driver: HostwindsDriver, act: t.Any, capability: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        act(driver)
    assert caught.value.facts["capability"] == capability
    assert caught.value.hint
    assert script.sent == []


# -- the paid upgrade (section 9, HW-30) ----------------------------------------------------------------------------------

NO_ORDER = {"success": False}
ORDER = {"success": {"id": 5, "orderid": 6, "invoiceid": 4711, "duedate": "2026-02-01", "total": "18.99"}}
ORDERED = row(upgrade_ram="4096", upgrade_cpu="2", upgrade_disk="100")
RESIZED = row(status="RESIZED", vm_state="resized")
BIG = {"success": [{**PLANS[0], "current": 0}, {**PLANS[1], "current": 1}]}
SMALL = {"success": PLANS}
BIGGER = row(ram=4096, cpu=2, disk=100)


@pytest.fixture
def upgrading(script: Script) -> Script:
    for action in ("upgrade_instance", "upgrade_server", "confirm_upgrade"):
        script.on(action, OK)
    script.on("check_upgrade_order", NO_ORDER)
    script.on("check_upgrade_reboot", {"success": True})
    script.on("get_price_list", SMALL)
    script.has(row())
    return script


def resize(driver: HostwindsDriver, **more: t.Any) -> Operation | None:
    return driver.resize(server(), {"size": "3"}, wish(**{"fields": {"size": "3"}, "allow": ("restart", "cost"), **more}))


def actions(script: Script) -> list[str]:
    return [form[0][1] for form in script.writes]


def test_what_a_change_of_plan_brings(upgrading: Script, driver: HostwindsDriver) -> None:
    details = driver.check_change(server(), {"size": "3"}, wish(fields={"size": "3"}))
    assert details == {
        "effect": "restart",
        "cost": True,
        "price": Price("18.99", None, "month"),
        "predicted": {"cpu": 2, "memory_mb": 4096, "disk_gb": 100},
    }
    custom = driver.check_change(server(billingcycle="Semi-Annually"), {"size": "3"}, wish(fields={"size": "3", "cpu": 8}))
    assert (custom["price"], custom["predicted"]["cpu"]) == (None, None)
    assert driver.check_change(server(billingcycle="One Time"), {"size": "3"}, wish())["price"] is None
    with pytest.raises(OptionError, match="knows no '9'"):
        driver.check_change(server(), {"size": "9"}, wish())
    assert upgrading.writes == []


@pytest.mark.parametrize("none", [NO_ORDER, {"success": []}, failure("No upgrade order was found.")])
def test_the_whole_upgrade(world: World, upgrading: Script, driver: HostwindsDriver, none: t.Any) -> None:
    upgrading.on("check_upgrade_order", none, ORDER, ORDER, none)
    resizing = row(status="RESIZE", task_state="resize_migrating", upgrade_ram="4096")
    upgrading.on("get_instance", row(), ORDERED, ORDERED, resizing, RESIZED, RESIZED, BIGGER)
    upgrading.on("get_price_list", SMALL, SMALL, BIG)
    operation = resize(driver, fields={"size": "3", "cpu": 2, "disk_gb": 100})
    assert upgrading.writes == [[("action", "upgrade_instance"), ("serviceid", "12"), ("rid", "3"), ("cpu", "2"), ("disk", "100")]]
    world.wait(operation)
    assert actions(upgrading) == ["upgrade_instance", "upgrade_server", "confirm_upgrade"]
    assert upgrading.writes[1] == [("action", "upgrade_server"), ("serviceid", "12")]
    assert upgrading.calls.index("check_upgrade_reboot") < upgrading.calls.index("upgrade_server")
    assert driver.read(server(), {"size"}).size == "3"


def test_an_upgrade_that_does_not_stop_at_resized(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", row(), ORDERED, row(), row(status="RESIZE"), BIGGER)
    upgrading.on("get_price_list", SMALL, SMALL, SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["upgrade_instance", "upgrade_server"]


def test_picked_up_at_resized_it_is_confirmed(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", RESIZED, RESIZED, row(task_state="resize_confirming"), BIGGER)
    upgrading.on("get_price_list", BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["confirm_upgrade"]


def test_picked_up_when_paid_it_is_applied(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", ORDERED, ORDERED, RESIZED, BIGGER)
    upgrading.on("get_price_list", SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["upgrade_server", "confirm_upgrade"]


def test_picked_up_while_it_is_applied_nothing_is_sent_twice(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", row(status="RESIZE", upgrade_ram="4096"), RESIZED, BIGGER)
    upgrading.on("get_price_list", SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["confirm_upgrade"]


def test_an_unpaid_invoice_is_named_after_a_bounded_wait(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("check_upgrade_order", ORDER)
    upgrading.on("get_instance", ORDERED)
    with pytest.raises(QuotaError, match=r"invoice 4711 over 18\.99") as caught:
        world.wait(resize(driver))
    assert caught.value.facts["invoice_id"] == "4711"
    assert caught.value.facts["id"] == "12"
    assert upgrading.writes == []
    assert world.clock.time < 1400.0


def test_an_order_that_never_shows_was_not_applied(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    with pytest.raises(NotAppliedError):
        world.wait(resize(driver))
    assert actions(upgrading) == ["upgrade_instance"]


def test_a_plan_that_is_there_already_is_not_ordered(upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_price_list", BIG)
    assert resize(driver) is None
    assert upgrading.writes == []


def test_finishing_an_earlier_order_never_leads_to_another_one(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", RESIZED, row())
    with pytest.raises(NotAppliedError, match="plan 2 instead of 3"):
        world.wait(resize(driver))
    assert actions(upgrading) == ["confirm_upgrade"]


def test_an_application_whose_answer_is_lost_is_looked_for(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("upgrade_server", (502, ""))
    upgrading.on("get_instance", ORDERED, ORDERED, RESIZED, BIGGER)
    upgrading.on("get_price_list", SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["upgrade_server", "confirm_upgrade"]


def test_a_confirmation_whose_answer_is_lost_is_sent_again_only_if_needed(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("confirm_upgrade", (502, ""), OK)
    upgrading.on("get_instance", ORDERED, RESIZED, RESIZED, BIGGER)
    upgrading.on("get_price_list", SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["upgrade_server", "confirm_upgrade", "confirm_upgrade"]


def test_a_confirmation_that_is_refused_after_a_lost_answer_was_done(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    refusal = failure("The instance is not in status RESIZED.")
    upgrading.on("confirm_upgrade", (502, ""), refusal)
    upgrading.on("get_instance", RESIZED, RESIZED, BIGGER)  # the second read is stale
    upgrading.on("get_price_list", SMALL, BIG)
    world.wait(resize(driver))
    assert actions(upgrading) == ["confirm_upgrade", "confirm_upgrade"]
    upgrading.on("confirm_upgrade", refusal)
    upgrading.on("get_instance", RESIZED)
    with pytest.raises(RejectedError):
        resize(driver)


def test_a_confirmation_that_never_gets_an_answer_is_given_up(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("confirm_upgrade", (502, ""))
    upgrading.on("get_instance", RESIZED)
    with pytest.raises(OutcomeUnknownError):
        world.wait(resize(driver))
    assert actions(upgrading) == ["confirm_upgrade"] * 3


def test_an_order_without_an_answer_is_never_repeated(upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("upgrade_instance", (502, ""))
    with pytest.raises(OutcomeUnknownError):
        resize(driver)
    assert actions(upgrading) == ["upgrade_instance"]


def test_an_order_that_could_not_connect_is_ordered_by_the_next_run(world: World, upgrading: Script, driver: HostwindsDriver, tmp_path: t.Any) -> None:
    world.journal = Journal(str(tmp_path), ("hostwinds",), world.waiter, read_only=False)
    upgrading.on("upgrade_instance", *[no_connection()] * 9)
    with pytest.raises(UnreachableError):
        resize(driver)
    upgrading.on("upgrade_instance", OK)
    sent = len(upgrading.writes)
    resize(driver)
    assert actions(upgrading)[sent:] == ["upgrade_instance"]


def test_a_server_that_runs_meanwhile_is_not_restarted_without_consent(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", ORDERED)
    with pytest.raises(ConsentError):
        resize(driver, allow=("cost",))
    assert upgrading.writes == []
    upgrading.on("check_upgrade_reboot", failure("What?"))  # an answer of unknown form is no "no"
    with pytest.raises(ConsentError):
        resize(driver, allow=("cost",))
    upgrading.on("check_upgrade_reboot", {"success": False})
    assert resize(driver, allow=("cost",)) is not None
    assert actions(upgrading) == ["upgrade_server"]


@pytest.mark.parametrize("answer", [NOT_AUTHORIZED, BAD_ID, (500, ""), {"success": "yes"}, failure("Invalid Action.")])
def test_an_upgrade_order_that_cannot_be_asked_for_stops_everything(upgrading: Script, driver: HostwindsDriver, answer: t.Any) -> None:
    upgrading.on("check_upgrade_order", answer)
    with pytest.raises(VpsError):
        resize(driver)
    assert upgrading.writes == []


def test_an_upgrade_ends_with_an_error_state(world: World, upgrading: Script, driver: HostwindsDriver) -> None:
    upgrading.on("get_instance", ORDERED, row(status="ERROR"))
    with pytest.raises(OperationFailedError):
        world.wait(resize(driver))
