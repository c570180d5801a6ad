# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HosterAPI.de driver at the wire: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import json
import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AuthError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    LedgerError,
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
    UnsupportedError,
    VpsError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import RUNNING, STOPPED, UNKNOWN, Instance, Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Operation
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Refused, Response, Retry
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import JOB, LIVE, ORDERING, Entry, Ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import FIELDS as ALL_FIELDS
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Connection, Receipt, Wish
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi import api, mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._instances import locate
from ansible_collections.polyhost.cloud.tests.unit import hosterapi
from ansible_collections.polyhost.cloud.tests.unit.hosterapi import URL
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context

TOKEN = "17|s3cret-token"
SCOPE = ("", "")
SERVER = "/datacenter/server"
CONFIG = {"cpuCores": 2, "mem": 2048, "disk": "50G", "ips": ["2001:db8::5", "198.51.100.7"], "template": "Debian12.0"}
STATUS = {"cpu": 0.1, "mem": 1, "memfree": 1, "netin": 1, "netout": 1, "uptime": 5000, "state": "running"}
FIELDS = {"image": "Debian12.0", "cpu": 2, "memory_mb": 2048, "disk_gb": 50}
TRAITS = {**FIELDS, "ip_count": 1}
NO_VM = (404, {"result": False, "error": "0x01: no vm with id 5 found"})
REFUSED = (500, {"result": False, "error": "0xa1: failed to send {signal} signal to vm"})
TIMED_OUT = (500, {"result": False, "error": "0xa3: timeout"})
NO_JOB = (404, {"result": False, "error": "0xc1: job not found"})


class Script(hosterapi.Script):
    """Answers with a request id."""

    HEADERS: t.ClassVar = {"x-request-id": "req-1"}

    @property
    def raw(self) -> list[dict[str, t.Any]]:
        return [request.arguments for request in self.requests]

    @property
    def writes(self) -> list[tuple[str, t.Any]]:
        return [each for each in self.sent if not each[0].startswith("GET")]


class World(Context[Script]):
    """A task at HosterAPI.de, with a ledger in a folder."""

    def __init__(self, folder: t.Any, *, ledger: bool = True, check_mode: bool = False) -> None:
        super().__init__(HosterapiDriver.PROFILE, Connection("hosterapi", TOKEN, URL), Script(), wait_timeout=100.0, check_mode=check_mode)
        self.ledger = Ledger(str(folder / "ledger.json"), "hosterapi", "reseller.hosterapi.de", self.waiter, check_mode) if ledger else None

    def bind(self, name: str, sid: str) -> None:
        self.entry(Entry(LIVE, name, id=sid))

    def entry(self, entry: Entry) -> None:
        assert self.ledger
        self.ledger.write(SCOPE, entry)

    def has(self, *sids: int, config: t.Any = None, status: t.Any = None) -> None:
        """Servers exist at the provider."""
        self.script.on(f"GET {SERVER}", list(sids))
        for sid in sids:
            self.script.on(f"GET {SERVER}/{sid}/config", {**CONFIG, **(config or {})})
            self.script.on(f"GET {SERVER}/{sid}/status", {**STATUS, **(status or {})})


@pytest.fixture
def world(tmp_path: t.Any) -> World:
    return World(tmp_path)


@pytest.fixture
def script(world: World) -> Script:
    return world.script


@pytest.fixture
def driver(world: World) -> HosterapiDriver:
    return HosterapiDriver(world)


def wish(**more: t.Any) -> Wish:
    return Wish(**{"name": "web", "id": None, "state": "present", "fields": FIELDS, **more})


def server(**more: t.Any) -> Instance:
    return Instance(**{"provider": "hosterapi", "account": "hosterapi", "id": "5", "name": "web", "status": RUNNING, "disk_gb": 50, "cpu": 2, **more})


# -- the wire -----------------------------------------------------------------------------------------------------------


def test_every_call_carries_token_accept_and_content_type(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.script.on(f"PUT {SERVER}/5/start", True)
    driver.get("5")
    driver.start(server())
    for arguments in world.script.raw:
        headers = arguments["headers"]
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert headers["Accept"] == headers["Content-Type"] == "application/json"
        assert not arguments["params"]
    assert world.script.raw[-1]["data"] == b""  # HA-1: a PUT without parameters has an empty body


def test_what_may_be_sent_again() -> None:
    assert {call.id for call in api.CALLS if call.retry is Retry.READ} == {
        "server_list",
        "server_config",
        "server_console",
        "dedicated_console",
        "dedicated_market",
        "dedicated_templates",
        "dedicated_list",
        "dedicated_config",
        "dedicated_status",
        "software_list",
        "server_incidents",
        "server_status",
        "server_templates",
        "backups_list",
        "backups_status",
        "job_get",
    }
    assert {call.id for call in api.CALLS if call.retry is Retry.NEVER} == {
        "backups_create",
        "backups_restore",
        "server_create",
        "server_reboot",
        "server_reboot_force",
        "server_reinstall",
        "server_password_reset",
        "dedicated_order",
        "dedicated_reboot",
        "dedicated_reinstall",
        "software_install",
        "software_uninstall",
    }
    assert all(call.mutates == (call.method != "GET") == (call.retry is not Retry.READ) for call in api.CALLS)
    assert [call.id for call in api.CALLS if call.refused is Refused.LOOK_FIRST] == ["server_create", "dedicated_order"]


def answer(status: int, content: t.Any) -> Response:
    text = content if isinstance(content, str) else json.dumps(content)
    data = None if isinstance(content, str) else content
    return Response(status, {"x-request-id": "r1"}, data, not isinstance(content, str), text)


@pytest.mark.parametrize(
    ("call", "status", "content", "expected"),
    [
        (api.LIST, 401, {"result": False, "error": "0x03: unauthorized"}, AuthError),
        (api.LIST, 401, "<html>login</html>", AuthError),
        (api.CONFIG, 401, {"result": False, "error": "0x01: no vm with id 5 found"}, AuthError),
        (api.LIST, 403, {"message": "Forbidden"}, ForbiddenError),
        (api.CONFIG, 404, {"result": False, "error": "0x01: no vm with id 5 found"}, NotFoundError),
        (api.CONFIG, 404, {"result": False, "error": "0xc1: job not found"}, ConfigurationError),
        (api.JOB, 404, {"result": False, "error": "0xC1: job not found"}, NotFoundError),
        (api.JOB, 404, {"result": False, "error": "0x01: no vm with id 5 found"}, ConfigurationError),
        (api.CONFIG, 404, {"message": "The route could not be found."}, ConfigurationError),
        (api.CONFIG, 404, "<html>not found</html>", ConfigurationError),
        (api.CREATE, 400, {"result": False, "error": "0xb1: Missing required parameter template"}, RejectedError),
        (api.CREATE, 422, {"message": "Invalid.", "errors": {"mem": ["mem must be a number"]}}, RejectedError),
        (api.CREATE, 400, {"result": False, "error": "0xb0: Requested resources exceed administrative limits"}, QuotaError),
        (api.START, 405, {"message": "no"}, ConfigurationError),
        (api.START, 409, {"message": "busy"}, ConflictError),
        (api.START, 423, "locked", ConflictError),
        (api.START, 500, {"result": False, "error": "0xa1: failed to send {signal} signal to vm"}, ConflictError),
        (api.START, 500, {"result": False, "error": "0xa3: timeout"}, TransientError),
        (api.CREATE, 500, {"result": False, "error": "0xa1: failed to set config on vm"}, TransientError),
        (api.LIST, 500, "<html>oops</html>", TransientError),
        (api.LIST, 503, {}, TransientError),
        (api.LIST, 408, {}, TransientError),
        (api.LIST, 200, {"result": False, "error": "0xb9: nothing"}, RejectedError),
        (api.START, 200, {"result": True, "error": "0xa1: refused"}, ConflictError),
        (api.START, 200, {"result": False}, RejectedError),
        (api.LIST, 200, "<html>login</html>", ProtocolError),
        (api.LIST, 200, {"message": "hello"}, ProtocolError),
        (api.LIST, 200, [1, 2], ProtocolError),
        (api.LIST, 200, {"result": {"5": 5}}, ProtocolError),
        (api.LIST, 200, {"result": [5, "five"]}, ProtocolError),
        (api.LIST, 200, {"result": [True]}, ProtocolError),
        (api.CONFIG, 200, {"result": []}, ProtocolError),
        (api.CONFIG, 200, {"result": {"ips": "198.51.100.7"}}, ProtocolError),
        (api.STATUS, 200, {"result": "running"}, ProtocolError),
        (api.TEMPLATES, 200, {"result": None}, ProtocolError),
        (api.JOB, 200, {"result": {"progress": 0}}, ProtocolError),
        (api.CREATE, 200, {"result": True}, ProtocolError),
        (api.REINSTALL, 200, {"result": {"status": "queued"}}, ProtocolError),
        (api.PASSWORD_RESET, 200, {"result": {"status": "success"}}, ProtocolError),
        (api.CHANGE, 200, "<html></html>", ProtocolError),
    ],
)
def test_failures(call: t.Any, status: int, content: t.Any, expected: type[VpsError]) -> None:
    assert api.classify(call, answer(status, content)).__class__ is expected


@pytest.mark.parametrize(
    ("call", "content"),
    [
        (api.LIST, {"result": []}),
        (api.LIST, {"result": ["5"]}),
        (api.TEMPLATES, {"result": []}),
        (api.START, {"result": True, "error": None}),
        (api.STATUS, {"response": {"state": "running"}, "error": False}),
        (api.CONFIG, {"result": {**CONFIG, "ips": None}, "error": ""}),
        (api.JOB, {"result": {"status": "failed", "progress": 0.3, "output": "0xb0: no"}}),
        (api.CHANGE, {"result": True}),
        (api.CHANGE, {"result": None}),
        (api.CHANGE, ""),
    ],
)
def test_successes(call: t.Any, content: t.Any) -> None:
    assert api.classify(call, answer(200, content)) is None


def test_a_failure_tells_what_the_provider_said() -> None:
    error = api.classify(api.CREATE, answer(422, {"message": "Invalid.", "errors": {"mem": ["mem <b>must</b>\nbe a number"]}}))
    assert error is not None
    assert "server_create" in error.message and "HosterAPI.de" in error.message
    assert error.facts == {"provider_message": "Invalid. mem must be a number", "request_id": "r1"}
    refused = api.classify(api.START, answer(500, {"result": False, "error": "0xA1: failed"}))
    assert refused is not None and refused.facts["provider_code"] == "0xa1"


# -- mapping ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("50G", 50),
        (" 50 GB ", 50),
        ("50GiB", 50),
        ("50", 50),
        (50, 50),
        ("1T", 1024),
        ("2048M", 2),
        ("50g", 50),
        ("100gb", 100),
        ("10.5G", 10),
        ("many", None),
        (None, None),
    ],
)
def test_disk_sizes(value: t.Any, expected: int | None) -> None:
    assert mapping.disk_gb(value) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("running", RUNNING), ("stopped", STOPPED), ("halted", STOPPED), ("paused", UNKNOWN), ("suspended", UNKNOWN), ("locked", UNKNOWN), (None, UNKNOWN)],
)
def test_states(state: str | None, expected: str) -> None:
    found = mapping.instance("5", CONFIG, {"state": state}, name=None, account="a")
    assert (found.status, found.provider_status, found.settled) == (expected, state, expected != UNKNOWN)


def test_an_instance_from_numbers_as_text_and_unknown_keys() -> None:
    config = {"cpuCores": "2", "mem": "2048", "disk": "50G", "ips": ["10.0.0.4", "198.51.100.7", "198.51.100.8", "junk"], "template": "X", "password": "p"}
    shown = mapping.instance("5", config, {"uptime": "77", "state": "running"}, name="web", account="shop").public()
    assert {key: shown[key] for key in ("id", "name", "account", "provider", "image", "image_id", "cpu", "memory_mb", "disk_gb")} == {
        "id": "5",
        "name": "web",
        "account": "shop",
        "provider": "hosterapi",
        "image": "X",
        "image_id": None,
        "cpu": 2,
        "memory_mb": 2048,
        "disk_gb": 50,
    }
    assert [(each["address"], each["scope"], each["primary"]) for each in shown["addresses"]] == [
        ("10.0.0.4", "private", False),
        ("198.51.100.7", "public", True),
        ("198.51.100.8", "public", False),
    ]
    assert (shown["region"], shown["username"], shown["created_at"], shown["size"], shown["not_read"]) == (None, None, None, None, [])
    assert "p" not in shown.values()


def test_a_stopped_server_full_of_nulls() -> None:
    found = mapping.instance("5", {**dict.fromkeys(CONFIG), "disk": ""}, {"state": "stopped", "uptime": None}, name=None, account="a")
    assert (found.status, found.cpu, found.disk_gb, found.addresses, found.facts["uptime"]) == (STOPPED, None, None, (), None)


# -- what the options alone show ------------------------------------------------------------------------------------------


def test_a_name_without_a_ledger_is_refused(tmp_path: t.Any) -> None:
    world = World(tmp_path, ledger=False)
    driver = HosterapiDriver(world)
    for refused in (wish(), wish(id="5")):
        with pytest.raises(OptionError, match="VPS_LEDGER") as caught:
            driver.check(refused)
        assert caught.value.facts["option"] == "ledger"
    driver.check(wish(name=None, id="5"))
    assert world.script.sent == []


@pytest.mark.parametrize("bad", ["0", "-5", "5.0", "web", "5; ls", "٥", ""])
def test_an_id_that_is_no_positive_integer_is_refused(driver: HosterapiDriver, script: Script, bad: str) -> None:
    with pytest.raises(OptionError) as caught:
        driver.check(wish(name=None, id=bad))
    assert caught.value.facts["option"] == "id"
    with pytest.raises(OptionError):
        driver.get(bad)
    assert script.sent == []


@pytest.mark.parametrize("bad", ["x" * 300, "two\nlines", "bell\a"])
def test_a_name_that_is_none_is_refused(driver: HosterapiDriver, bad: str) -> None:
    with pytest.raises(OptionError) as caught:
        driver.check(wish(name=bad))
    assert caught.value.facts["option"] == "name"


# -- reads ----------------------------------------------------------------------------------------------------------------


def test_find_by_the_ledger_takes_two_calls(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.has(5)
    lookup = driver.find("web")
    assert [(each.id, each.name, each.status) for each in lookup.matches] == [("5", "web", RUNNING)]
    assert world.script.calls == [f"GET {SERVER}/5/config", f"GET {SERVER}/5/status"]


def test_find_drops_an_entry_whose_server_is_gone(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.has(7)
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    lookup = driver.find("web")
    assert lookup.matches == () and lookup.known_ids == {"7"}
    assert driver.entry("web") is None
    assert world.script.calls == [f"GET {SERVER}/5/config", f"GET {SERVER}"]


def test_find_in_check_mode_leaves_the_ledger_alone(tmp_path: t.Any) -> None:
    World(tmp_path).bind("web", "5")
    world = World(tmp_path, check_mode=True)
    world.has(7)
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    driver = HosterapiDriver(world)
    assert driver.find("web").matches == ()
    assert driver.entry("web") is not None


def test_find_does_not_believe_a_404_that_the_list_contradicts(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.has(5)
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    with pytest.raises(TransientError):
        driver.find("web")
    assert driver.entry("web") is not None


def test_a_server_that_leaves_the_list_late_is_waited_for(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    world.script.on(f"GET {SERVER}", *[[5, 6]] * 8, [6])
    assert driver.find("web").known_ids == {"6"}
    assert 20 < world.deadline.elapsed <= 60


@pytest.mark.parametrize(
    ("broken", "expected"),
    [((404, "<html>"), ConfigurationError), ((401, {}), AuthError), ((403, {}), ForbiddenError), ((404, {"message": "no route"}), ConfigurationError)],
)
def test_nothing_but_0x01_means_absent(world: World, driver: HosterapiDriver, broken: Answer, expected: type[VpsError]) -> None:
    world.bind("web", "5")
    world.has()
    world.script.on(f"GET {SERVER}/5/config", broken)
    with pytest.raises(expected):
        driver.find("web")
    assert driver.entry("web") is not None


def test_a_list_that_fails_is_no_proof_of_absence(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    world.script.on(f"GET {SERVER}", (502, "bad gateway"))
    with pytest.raises(TransientError):
        driver.find("web")
    assert driver.entry("web") is not None


def test_find_without_an_entry_tells_what_is_there(world: World, driver: HosterapiDriver) -> None:
    world.bind("other", "7")
    world.has(7, 8)
    assert driver.find("web").known_ids == {"7", "8"}
    assert world.script.calls == [f"GET {SERVER}"]


def test_find_with_an_open_entry_gives_no_match(world: World, driver: HosterapiDriver) -> None:
    world.entry(Entry(JOB, "web", operation_id="900"))
    world.has(7)
    assert driver.find("web").matches == ()
    entry = driver.entry("web")
    assert entry is not None and entry.open


def test_a_ledger_that_does_not_exist_is_fine_on_an_empty_account(world: World, driver: HosterapiDriver) -> None:
    world.has()
    driver.check(wish())
    assert driver.find("web").known_ids == frozenset()


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_lost_ledger_is_never_taken_for_absence(world: World, driver: HosterapiDriver, state: str) -> None:
    world.has(7, 11)
    driver.check(wish(state=state))
    with pytest.raises(LedgerError, match=r"7, 11.*polyhost.cloud.ledger_init") as caught:
        driver.find("web")
    assert caught.value.facts["ids"] == ["7", "11"]


def test_adoption_starts_a_ledger(world: World, driver: HosterapiDriver) -> None:
    world.has(5, 7)
    driver.check(wish(id="5"))
    assert driver.find("web").matches == ()
    assert world.script.sent == []
    found = driver.get("5")
    assert found is not None and found.name is None
    assert driver.rename(found, "web") is None
    assert world.script.writes == []
    now = driver.get("5")
    assert now is not None and now.name == "web"


def test_rename_moves_the_name(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.bind("other", "7")
    driver.rename(server(), "shop")
    assert world.ledger is not None
    assert [(entry.name, entry.id, entry.state) for entry in world.ledger.entries(SCOPE)] == [("other", "7", LIVE), ("shop", "5", LIVE)]
    assert world.script.sent == []


def test_rename_without_a_ledger_is_refused(tmp_path: t.Any) -> None:
    with pytest.raises(OptionError, match="ledger"):
        HosterapiDriver(World(tmp_path, ledger=False)).rename(server(name=None), "web")


def test_get_takes_two_calls_and_knows_the_name(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.has(5)
    found = driver.get(" 05 ")
    assert found is not None
    assert (found.id, found.name) == ("5", "web")
    assert len(world.script.sent) == 2


def test_get_works_without_a_ledger(tmp_path: t.Any) -> None:
    world = World(tmp_path, ledger=False)
    world.has(5)
    found = HosterapiDriver(world).get("5")
    assert found is not None and found.name is None


def test_identity_costs_a_call_only_where_a_name_looks_like_the_id(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.bind("2024", "5")
    world.script.on(f"GET {SERVER}/2024/config", (404, {"result": False, "error": "0x01: no vm with id 2024 found"}))
    assert driver.peek("5") == Instance("hosterapi", "hosterapi", id="5", name="2024")
    assert world.script.sent == []
    found = locate(driver, "2024")
    assert found is not None and found.id == "5"


def test_get_of_a_server_that_vanishes_between_the_two_calls(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.script.on(f"GET {SERVER}/5/status", NO_VM)
    world.script.on(f"GET {SERVER}", [])
    assert driver.get("5") is None


def test_a_read_is_sent_again_after_a_transient_failure(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.script.on(f"GET {SERVER}/5/config", (502, "<html>"), TIMED_OUT, (200, "{trunc"), CONFIG)
    assert driver.get("5") is not None
    assert world.script.calls.count(f"GET {SERVER}/5/config") == 4


def test_list_all_leaves_out_what_is_deleted_meanwhile(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "12")
    world.has(12, 5, 7)
    world.script.on(f"GET {SERVER}/7/config", NO_VM)
    world.script.on(f"GET {SERVER}", ["12", 5, 7, 5])
    assert [(each.id, each.name) for each in driver.list_all()] == [("5", None), ("12", "web")]


def test_list_all_fails_with_any_other_error(world: World, driver: HosterapiDriver) -> None:
    world.has(5, 7)
    world.script.on(f"GET {SERVER}/7/config", (404, {"message": "no route"}))
    with pytest.raises(ConfigurationError):
        driver.list_all()


def test_catalog_and_resolve_share_one_list(driver: HosterapiDriver, script: Script) -> None:
    script.on("GET /datacenter/templates", ["Debian12.0", "Debian12.0", "Ubuntu24.04", None])
    assert driver.catalog("images") == [{"id": name, "name": name, "region": None} for name in ("Debian12.0", "Ubuntu24.04")]
    assert driver.resolve("image", "Ubuntu24.04", server()).name == "Ubuntu24.04"
    for wrong in ("ubuntu24.04", "Ubuntu"):
        with pytest.raises(OptionError, match=r"Debian12\.0, Ubuntu24\.04") as caught:
            driver.resolve("image", wrong, server())
        assert "missing" not in caught.value.facts
    with pytest.raises(UnsupportedError):
        driver.catalog("sizes")
    assert len(script.sent) == 1


# -- ordering -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def templates(script: Script) -> None:
    script.on("GET /datacenter/templates", ["Debian12.0", "Ubuntu24.04"])


@pytest.mark.usefixtures("templates")
def test_an_order_and_its_request(world: World, driver: HosterapiDriver) -> None:
    world.has()
    world.script.on(f"POST {SERVER}", {"status": "queued", "jobId": 900, "progress": 0})
    lookup = driver.find("web")
    order = driver.order(wish())
    assert lookup.matches == ()
    assert order.traits == TRAITS
    assert order.predicted == FIELDS
    assert (order.region, order.scope, order.price) == (None, ("", ""), None)
    assert driver.place(order) == Receipt(operation_id="900")
    assert world.script.sent == [
        (f"GET {SERVER}", None),
        ("GET /datacenter/templates", None),
        (f"POST {SERVER}", {"template": "Debian12.0", "cpuCores": 2, "mem": 2048, "disk": "50G", "ipCount": 1}),
    ]


@pytest.mark.usefixtures("templates")
def test_an_order_with_more_addresses(world: World, driver: HosterapiDriver) -> None:
    world.has()
    assert driver.order(wish(fields={**FIELDS, "ip_count": 3})).body["ipCount"] == 3


@pytest.mark.usefixtures("templates")
def test_an_unknown_template_is_refused(world: World, driver: HosterapiDriver) -> None:
    world.has()
    with pytest.raises(OptionError, match=r"Debian12\.0, Ubuntu24\.04") as caught:
        driver.order(wish(fields={**FIELDS, "image": "Debian"}))
    assert caught.value.facts["option"] == "image"
    assert world.script.writes == []


@pytest.mark.usefixtures("templates")
def test_a_server_in_no_entry_stops_an_order(world: World, driver: HosterapiDriver) -> None:
    world.bind("other", "7")
    world.has(7, 8, 11)
    with pytest.raises(LedgerError, match=r"8, 11.*ledger_unknown: ignore") as caught:
        driver.order(wish())
    assert caught.value.facts["ids"] == ["8", "11"]
    assert world.script.calls == [f"GET {SERVER}", f"GET {SERVER}"]  # what changed between two reads deserves a second look
    assert driver.order(wish(ledger_unknown="ignore")).body["template"] == "Debian12.0"


@pytest.mark.usefixtures("templates")
def test_a_stranger_that_is_gone_at_the_second_look_stops_nothing(world: World, driver: HosterapiDriver) -> None:
    world.bind("other", "7")
    world.script.on(f"GET {SERVER}", [7, 8], [7])
    assert driver.order(wish())


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(
    ("known_ids", "unknown", "stops"),
    [((), [8], False), ((), [8, 9], True), (("8",), [8], True), (("8",), [8, 9], True), (("7",), [9], False)],
)
def test_ids_that_may_belong_to_open_orders_are_tolerated(
    world: World, driver: HosterapiDriver, known_ids: tuple[str, ...], unknown: list[int], stops: bool
) -> None:
    world.bind("other", "7")
    world.entry(Entry(ORDERING, "third", known_ids=known_ids))
    world.has(7, *unknown)
    if stops:
        with pytest.raises(LedgerError):
            driver.order(wish())
    else:
        assert driver.order(wish())


@pytest.mark.parametrize("lost", [(502, "<html>"), (200, "{trunc"), (200, {"result": True}), TIMED_OUT, requests.exceptions.ReadTimeout("slow")])
def test_an_order_is_sent_once_whatever_comes_back(driver: HosterapiDriver, script: Script, world: World, lost: Answer) -> None:
    world.has()
    script.on("GET /datacenter/templates", ["Debian12.0"])
    script.on(f"POST {SERVER}", lost)
    with pytest.raises(OutcomeUnknownError):
        driver.place(driver.order(wish()))
    assert len(script.writes) == 1


def test_a_refused_order_is_left_to_the_neutral_layer(driver: HosterapiDriver, script: Script, world: World) -> None:
    world.has()
    script.on("GET /datacenter/templates", ["Debian12.0"])
    script.on(f"POST {SERVER}", (429, {"message": "Too Many Attempts."}))
    with pytest.raises(RateLimitedError) as raised:
        driver.place(driver.order(wish()))
    assert len(script.writes) == 1
    assert raised.value.check_first


def job(status: str, output: t.Any = None) -> dict[str, t.Any]:
    return {"status": status, "progress": 0.33, "output": output}


def test_following_an_order_to_its_end(world: World, driver: HosterapiDriver) -> None:
    done = {"vmid": "5", "ips": ["198.51.100.7"], "user": "root", "password": " s3cret pass "}
    world.script.on("GET /job/900", job("queued"), (502, "<html>"), job("executing"), job("strange"), {"status": None}, job("Finished", done))
    outcome = world.wait(driver.follow(Receipt(operation_id="900"), TRAITS, frozenset()))
    assert outcome == Outcome("5", {"username": "root", "password": " s3cret pass "})
    assert "s3cret" not in world.redactor.text("it was ' s3cret pass '")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("0xb0: Requested resources exceed administrative limits", QuotaError),
        ("0xa1: failed to set config on vm", OperationFailedError),
        ("no code", OperationFailedError),
        ({"password": "s3cret"}, OperationFailedError),
        (None, OperationFailedError),
    ],
)
def test_a_job_that_fails(world: World, driver: HosterapiDriver, output: t.Any, expected: type[VpsError]) -> None:
    world.script.on("GET /job/900", job("failed", output))
    with pytest.raises(expected) as caught:
        world.wait(driver.follow(Receipt(operation_id="900"), TRAITS, frozenset()))
    assert caught.value.facts["operation_id"] == "900"
    if isinstance(output, str):
        assert output in caught.value.message
    assert "s3cret" not in str(caught.value) + str(caught.value.facts)


@pytest.mark.parametrize("forgotten", [NO_JOB, job("finished"), job("finished", "done"), job("finished", {"vmid": None})])
def test_a_job_that_does_not_tell_the_id_is_not_found(world: World, driver: HosterapiDriver, forgotten: Answer) -> None:
    world.script.on("GET /job/900", forgotten)
    with pytest.raises(NotFoundError):
        world.wait(driver.follow(Receipt(operation_id="900"), TRAITS, frozenset()))


def test_a_job_that_never_ends_fails_with_its_id(world: World, driver: HosterapiDriver) -> None:
    world.script.on("GET /job/900", job("executing"))
    with pytest.raises(WaitTimeoutError) as caught:
        world.wait(driver.follow(Receipt(operation_id="900"), TRAITS, frozenset()))
    assert caught.value.facts["operation_id"] == "900"


def test_candidates_are_new_unclaimed_and_as_ordered(world: World, driver: HosterapiDriver) -> None:
    world.bind("other", "7")
    world.entry(Entry(ORDERING, "web", traits=TRAITS, known_ids=("3",)))
    world.has(3, 5, 7, 8, 9, 10)
    world.script.on(f"GET {SERVER}/8/config", {**CONFIG, "disk": "51G"})
    world.script.on(f"GET {SERVER}/9/config", NO_VM)
    world.script.on(f"GET {SERVER}/10/config", {**CONFIG, "disk": " 50 GB"})
    driver.check(wish())
    found = driver.candidates(json.loads(json.dumps(TRAITS)), frozenset({"3"}))
    assert [each.id for each in found] == ["5", "10"]
    assert world.script.calls == [f"GET {SERVER}", *(f"GET {SERVER}/{sid}/config" for sid in (5, 8, 9, 10))]


@pytest.mark.parametrize("other", [{"template": "X"}, {"cpuCores": 4}, {"mem": 1024}, {"ips": ["198.51.100.7", "198.51.100.8"]}])
def test_another_configuration_is_no_candidate(world: World, driver: HosterapiDriver, other: dict[str, t.Any]) -> None:
    world.has(5, config=other)
    assert driver.candidates(TRAITS, frozenset()) == []


def open_order(name: str, ordered_at: float, *known_ids: str, **more: t.Any) -> Entry:
    return Entry(**{"state": ORDERING, "name": name, "ordered_at": ordered_at, "traits": TRAITS, "known_ids": known_ids, **more})


@pytest.mark.parametrize(
    ("listed", "shares"),
    [
        ([5], {"a": [], "b": [], "c": []}),  # nobody can tell whose it is
        ([5, 8, 11], {"a": ["5"], "b": ["8"], "c": ["11"]}),
        ([5, 8, 11, 12], {name: ["5", "8", "11", "12"] for name in "abc"}),
    ],
)
def test_unclear_identical_orders_are_dealt_out_only_when_all_showed(tmp_path: t.Any, listed: list[int], shares: dict[str, list[str]]) -> None:
    for name, share in shares.items():
        world = World(tmp_path)
        for moment, other in enumerate("abc"):
            world.entry(open_order(other, float(moment)))
        world.entry(open_order("bigger", 0.0, traits={**TRAITS, "cpu": 64}))
        world.has(*listed)
        driver = HosterapiDriver(world)
        driver.check(wish(name=name))
        assert [each.id for each in driver.candidates(TRAITS, frozenset())] == share


def test_an_older_unclear_order_gets_the_older_server(world: World, driver: HosterapiDriver) -> None:
    world.entry(open_order("old", 1.0))
    world.entry(open_order("web", 2.0, "5"))
    world.has(5, 8)
    driver.check(wish())
    assert [each.id for each in driver.candidates(TRAITS, frozenset({"5"}))] == ["8"]


@pytest.mark.parametrize(
    ("reply", "share"),
    [
        (job("queued"), []),  # it will tell
        (job("finished", {"vmid": "5"}), ["8"]),
        (job("failed", "0xa1: no"), ["5", "8"]),
        (NO_JOB, ["8"]),
        (job("finished"), ["8"]),
    ],
)
def test_the_job_of_an_identical_order_is_asked_first(world: World, driver: HosterapiDriver, reply: Answer, share: list[str]) -> None:
    world.entry(open_order("other", 1.0, state=JOB, operation_id="901"))
    world.entry(open_order("web", 2.0))
    world.has(5, 8)
    world.script.on("GET /job/901", reply)
    driver.check(wish())
    assert [each.id for each in driver.candidates(TRAITS, frozenset())] == share


def test_the_server_of_a_finished_job_is_nobody_elses(world: World, driver: HosterapiDriver) -> None:
    world.entry(open_order("other", 1.0, state=JOB, operation_id="901"))
    world.entry(open_order("web", 2.0))
    world.has(5)
    world.script.on("GET /job/901", job("finished", {"vmid": 5}))
    driver.check(wish())
    assert driver.candidates(TRAITS, frozenset()) == []


def test_candidates_read_the_list_anew(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.script.on(f"GET {SERVER}", [], [5])
    assert driver.find("web").known_ids == frozenset()
    assert [each.id for each in driver.candidates(TRAITS, frozenset())] == ["5"]


# -- power ----------------------------------------------------------------------------------------------------------------


def states(world: World, *words: t.Any) -> None:
    """The status as it is read one time after the other: words, or whole status objects."""
    world.has(5)
    world.script.on(f"GET {SERVER}/5/status", *({**STATUS, **(word if isinstance(word, dict) else {"state": word})} for word in words))


def test_start(world: World, driver: HosterapiDriver) -> None:
    states(world, "stopped", "strange", "running")
    world.script.on(f"PUT {SERVER}/5/start", True)
    assert world.wait(driver.start(server(status=STOPPED))).instance_id == "5"
    assert world.script.writes == [(f"PUT {SERVER}/5/start", None)]
    assert world.script.calls.count(f"GET {SERVER}/5/status") == 3


@pytest.mark.parametrize(("mode", "path"), [("hard", "stop"), ("graceful", "shutdown"), ("graceful_then_hard", "shutdown")])
def test_stop_by_mode(world: World, driver: HosterapiDriver, mode: str, path: str) -> None:
    states(world, "running", "stopped")
    world.script.on(f"PUT {SERVER}/5/{path}", True)
    world.wait(driver.stop(server(), mode))
    assert world.script.writes == [(f"PUT {SERVER}/5/{path}", None)]


def test_a_guest_that_ignores_the_shutdown_is_stopped_after_half_of_the_time(world: World, driver: HosterapiDriver) -> None:
    states(world, "running")
    sent_at = []
    world.script.on(f"PUT {SERVER}/5/shutdown", True)
    world.script.on(f"PUT {SERVER}/5/stop", True)
    operation = driver.stop(server(), "graceful_then_hard")
    assert operation is not None
    check = operation.check

    def observed() -> Outcome | None:
        before = len(world.script.writes)
        outcome = check()
        if len(world.script.writes) > before:
            sent_at.append(world.deadline.elapsed)
            states(world, "running", "running", "stopped")
        return outcome

    world.wait(Operation(operation.what, observed, operation.ceiling))
    assert [call for call, _body in world.script.writes] == [f"PUT {SERVER}/5/shutdown", f"PUT {SERVER}/5/stop"]
    assert 50.0 <= sent_at[0] <= 50.0 + operation.ceiling


def test_a_hard_stop_that_gets_lost_is_awaited_and_not_repeated(world: World, driver: HosterapiDriver) -> None:
    states(world, "running")
    world.script.on(f"PUT {SERVER}/5/shutdown", True)
    world.script.on(f"PUT {SERVER}/5/stop", TIMED_OUT)
    with pytest.raises(WaitTimeoutError):
        world.wait(driver.stop(server(), "graceful_then_hard"))
    assert len(world.script.writes) == 2


def test_graceful_alone_never_stops_hard(world: World, driver: HosterapiDriver) -> None:
    states(world, "running")
    world.script.on(f"PUT {SERVER}/5/shutdown", True)
    with pytest.raises(WaitTimeoutError) as caught:
        world.wait(driver.stop(server(), "graceful"))
    assert caught.value.facts["id"] == "5"
    assert len(world.script.writes) == 1


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        (5000, [{"uptime": 5000}, {"uptime": 5001}, {"state": "stopped", "uptime": None}, {"uptime": 40}]),
        (5000, [{"uptime": 5001}, {"uptime": 4999}]),
        (0, [{"uptime": 3}, {"uptime": 4}, {"uptime": 0}]),
        (None, [{"uptime": None}, {"uptime": 900}, {"uptime": 1}]),
    ],
)
def test_a_reboot_is_over_when_the_uptime_began_anew(world: World, driver: HosterapiDriver, before: int | None, seen: list[t.Any]) -> None:
    states(world, *seen)
    world.script.on(f"PUT {SERVER}/5/reboot", True)
    world.wait(driver.restart(server(facts={"uptime": before}), "graceful"))
    assert world.script.calls.count(f"GET {SERVER}/5/status") == len(seen)
    assert world.script.writes == [(f"PUT {SERVER}/5/reboot", None)]


def test_a_reboot_without_any_uptime_is_warned_of_and_never_forced(world: World, driver: HosterapiDriver) -> None:
    states(world, {"uptime": None})
    world.script.on(f"PUT {SERVER}/5/reboot", True)
    world.wait(driver.restart(server(facts={"uptime": None}), "graceful_then_hard"))
    assert world.script.writes == [(f"PUT {SERVER}/5/reboot", None)]
    assert len(world.warnings) == 1 and "tells no uptime" in world.warnings[0]


def test_a_server_younger_than_the_wait_counts_as_rebooted(world: World, driver: HosterapiDriver) -> None:
    states(world, {"uptime": 2})  # up for long enough before the call, and again two seconds after the reboot
    world.script.on(f"PUT {SERVER}/5/reboot", True)
    world.wait(driver.restart(server(facts={"uptime": 2}), "graceful"))
    assert 2 <= world.deadline.elapsed < 5


def test_a_server_too_young_to_tell_ages_before_its_reboot(world: World, driver: HosterapiDriver) -> None:
    world.has(5)
    world.script.on(f"PUT {SERVER}/5/reboot", True)
    operation = driver.restart(server(facts={"uptime": 0}), "graceful")
    assert operation is not None
    booted = world.deadline.elapsed - 2.0  # nothing happens: it goes on aging
    for _poll in range(5):
        world.clock.sleep(1.5)
        world.script.on(f"GET {SERVER}/5/status", {**STATUS, "uptime": int(world.deadline.elapsed - booted)})
        assert operation.check() is None
    world.script.on(f"GET {SERVER}/5/status", {**STATUS, "uptime": 0})
    assert operation.check() is not None


def test_restart_by_mode(world: World, driver: HosterapiDriver) -> None:
    states(world, {"uptime": 0})
    world.script.on(f"PUT {SERVER}/5/reboot/force", True)
    world.wait(driver.restart(server(facts={"uptime": 50}), "hard"))
    assert world.script.writes == [(f"PUT {SERVER}/5/reboot/force", None)]


def test_a_reboot_that_never_happens_is_forced_after_half_of_the_time(world: World, driver: HosterapiDriver) -> None:
    states(world, {"uptime": 5000})
    for path in ("reboot", "reboot/force"):
        world.script.on(f"PUT {SERVER}/5/{path}", True)
    with pytest.raises(WaitTimeoutError):
        world.wait(driver.restart(server(facts={"uptime": 4990}), "graceful_then_hard"))
    assert [call for call, _body in world.script.writes] == [f"PUT {SERVER}/5/reboot", f"PUT {SERVER}/5/reboot/force"]


def test_a_refused_signal_is_tried_once_more_after_a_look(world: World, driver: HosterapiDriver) -> None:
    states(world, "stopped", "running")
    world.script.on(f"PUT {SERVER}/5/start", REFUSED, True)
    world.wait(driver.start(server(status=STOPPED)))
    put, config, status = f"PUT {SERVER}/5/start", f"GET {SERVER}/5/config", f"GET {SERVER}/5/status"
    assert world.script.calls == [put, config, status, put, config, status]


def test_a_refused_signal_that_is_not_needed_any_more_is_a_success(world: World, driver: HosterapiDriver) -> None:
    states(world, "running")
    world.script.on(f"PUT {SERVER}/5/start", REFUSED)
    world.wait(driver.start(server(status=STOPPED)))
    assert len(world.script.writes) == 1


def test_a_signal_refused_twice_is_a_failure(world: World, driver: HosterapiDriver) -> None:
    states(world, "running")
    world.script.on(f"PUT {SERVER}/5/stop", REFUSED)
    with pytest.raises(ConflictError):
        driver.stop(server(), "hard")
    assert len(world.script.writes) == 2


def test_a_power_call_with_an_unclear_answer_is_not_repeated_here(world: World, driver: HosterapiDriver) -> None:
    states(world, "stopped")
    world.script.on(f"PUT {SERVER}/5/start", TIMED_OUT)
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.start(server(status=STOPPED))
    assert caught.value.check_first is True
    assert len(world.script.writes) == 1


def test_a_server_that_vanishes_while_waiting(world: World, driver: HosterapiDriver) -> None:
    world.has()
    world.script.on(f"PUT {SERVER}/5/start", True)
    world.script.on(f"GET {SERVER}/5/config", NO_VM)
    with pytest.raises(NotFoundError) as caught:
        world.wait(driver.start(server()))
    assert caught.value.facts["id"] == "5"


# -- delete ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "body"), [("hard", {"force": True}), ("graceful", None), ("graceful_then_hard", None)])
def test_delete_is_done_when_the_id_left_the_list(world: World, driver: HosterapiDriver, mode: str, body: t.Any) -> None:
    world.bind("web", "5")
    world.bind("other", "7")
    world.script.on(f"POST {SERVER}/5/delete", True)
    world.script.on(f"GET {SERVER}", [5, 7], ["5", 7], [7])
    world.wait(driver.delete(server(), wish(stop_mode=mode), {}))
    assert world.script.writes == [(f"POST {SERVER}/5/delete", body)]
    assert world.script.calls.count(f"GET {SERVER}") == 3
    assert driver.entry("web") is None
    assert driver.entry("other") is not None
    assert driver.stops_before_delete


def test_delete_of_what_is_gone_already_is_done(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"POST {SERVER}/5/delete", NO_VM)
    assert driver.delete(server(), wish(), {}) is None


@pytest.mark.parametrize(("refusal", "expected"), [((404, "<html>"), ConfigurationError), (TIMED_OUT, OutcomeUnknownError)])
def test_delete_that_fails(world: World, driver: HosterapiDriver, script: Script, refusal: Answer, expected: type[VpsError]) -> None:
    world.has(5)
    script.on(f"POST {SERVER}/5/delete", refusal)
    with pytest.raises(expected):
        driver.delete(server(), wish(), {})
    assert len(script.writes) == 1


def test_a_delete_whose_answer_is_lost_goes_on_once_the_server_is_denied(world: World, driver: HosterapiDriver, script: Script) -> None:
    world.bind("web", "5")
    script.on(f"POST {SERVER}/5/delete", requests.exceptions.ReadTimeout())
    script.on(f"GET {SERVER}/5/config", NO_VM)
    script.on(f"GET {SERVER}", [5], [5], [])
    world.wait(driver.delete(server(), wish(), {}))
    assert len(script.writes) == 1 and driver.entry("web") is None


# -- change ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [True, None, [], (200, ""), (204, "")])
def test_a_change_sends_only_what_differs_and_waits_for_the_configuration(world: World, driver: HosterapiDriver, reply: Answer) -> None:
    world.script.on(f"PUT {SERVER}/5/change", reply)
    world.script.on(f"GET {SERVER}/5/config", CONFIG, {**CONFIG, "cpuCores": 4}, {**CONFIG, "cpuCores": "4", "disk": "80 GB"})
    world.wait(driver.resize(server(), {"cpu": 4, "disk_gb": 80}, wish()))
    assert world.script.writes == [(f"PUT {SERVER}/5/change", {"cpuCores": 4, "disk": "80G"})]
    assert world.script.calls.count(f"GET {SERVER}/5/config") == 3


def test_a_change_of_memory_and_addresses(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/change", True)
    world.script.on(f"GET {SERVER}/5/config", {**CONFIG, "mem": 4096, "ips": ["198.51.100.7", "198.51.100.8", "2001:db8::1"]})
    world.wait(driver.resize(server(), {"memory_mb": 4096, "ip_count": 2}, wish()))
    assert world.script.writes[0][1] == {"mem": 4096, "ipCount": 2}


@pytest.mark.parametrize("end", [job("finished"), NO_JOB])
def test_a_change_that_is_a_job(world: World, driver: HosterapiDriver, end: Answer) -> None:
    world.script.on(f"PUT {SERVER}/5/change", {"status": "queued", "jobId": 901, "progress": 0})
    world.script.on("GET /job/901", job("queued"), end)
    world.script.on(f"GET {SERVER}/5/config", CONFIG, {**CONFIG, "cpuCores": 4})
    operation = driver.resize(server(), {"cpu": 4}, wish())
    assert operation is not None and operation.id == "901"
    world.wait(operation)
    assert world.script.calls[1:] == ["GET /job/901", "GET /job/901", f"GET {SERVER}/5/config", f"GET {SERVER}/5/config"]


def test_a_change_whose_job_fails(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/change", {"status": "queued", "jobId": 901})
    world.script.on("GET /job/901", job("failed", "0xb0: too much"))
    with pytest.raises(QuotaError) as caught:
        world.wait(driver.resize(server(), {"cpu": 4}, wish()))
    assert (caught.value.facts["id"], caught.value.facts["operation_id"]) == ("5", "901")


def test_a_change_that_never_shows_was_not_applied(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/change", True)
    world.script.on(f"GET {SERVER}/5/config", {**CONFIG, "cpuCores": 4})
    with pytest.raises(NotAppliedError, match=r"disk_gb.*state: restarted") as caught:
        world.wait(driver.resize(server(), {"cpu": 4, "disk_gb": 80}, wish()))
    assert "cpu" not in caught.value.message
    assert world.deadline.passed


def test_a_smaller_disk_is_refused_before_anything_is_sent(driver: HosterapiDriver, script: Script) -> None:
    with pytest.raises(OptionError, match="only grow") as caught:
        driver.check_change(server(), {"disk_gb": 49}, wish())
    assert caught.value.facts["option"] == "disk_gb"
    assert script.sent == []


@pytest.mark.parametrize(
    ("changes", "needs"),
    [({"cpu": 4}, ["cost"]), ({"cpu": 1}, []), ({"disk_gb": 51}, ["cost"]), ({"ip_count": 2}, ["cost"]), ({"cpu": 1, "disk_gb": 60}, ["cost"])],
)
def test_only_what_grows_costs(driver: HosterapiDriver, changes: dict[str, int], needs: list[str]) -> None:
    details = driver.check_change(server(), changes, wish())
    assert (details["needs"], details["cost"], details["effect"]) == (needs, bool(needs), "none")


# -- rebuild and password -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("image", "body"), [(None, None), ("Ubuntu24.04", {"template": "Ubuntu24.04"})])
def test_rebuild(world: World, driver: HosterapiDriver, image: str | None, body: t.Any) -> None:
    world.script.on(f"PUT {SERVER}/5/reinstall", {"status": "queued", "jobId": "902", "progress": 0})
    world.script.on("GET /job/902", job("executing"), job("finished", {"vmid": 5, "ips": [], "user": "root", "password": "n3w-pass"}))
    outcome = world.wait(driver.rebuild(server(), image))
    assert outcome == Outcome("5", {"username": "root", "password": "n3w-pass"})
    assert world.script.writes == [(f"PUT {SERVER}/5/reinstall", body)]


def test_a_rebuild_that_tells_another_id_moves_the_name(world: World, driver: HosterapiDriver) -> None:
    world.bind("web", "5")
    world.script.on(f"PUT {SERVER}/5/reinstall", {"status": "queued", "jobId": 902})
    world.script.on("GET /job/902", job("finished", {"vmid": 6, "password": "n3w-pass"}))
    assert world.wait(driver.rebuild(server(), None)).instance_id == "6"
    entry = driver.entry("web")
    assert entry is not None and entry.id == "6"


def test_a_rebuild_without_output(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/reinstall", {"status": "queued", "jobId": 902})
    world.script.on("GET /job/902", job("finished"))
    assert world.wait(driver.rebuild(server(), None)) == Outcome("5", None)


def test_a_rebuild_whose_job_is_forgotten_has_an_unknown_outcome(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/reinstall", {"status": "queued", "jobId": 902})
    world.script.on("GET /job/902", NO_JOB)
    with pytest.raises(OutcomeUnknownError) as caught:
        world.wait(driver.rebuild(server(), None))
    assert caught.value.facts["operation_id"] == "902"


@pytest.mark.usefixtures("templates")
def test_a_rebuild_is_predicted_with_a_template_that_exists(driver: HosterapiDriver, script: Script) -> None:
    assert driver.predict_rebuild(server(), None) == {}
    assert script.sent == []
    assert driver.predict_rebuild(server(), "Ubuntu24.04") == {"image": "Ubuntu24.04"}
    with pytest.raises(OptionError):
        driver.predict_rebuild(server(), "Plan9")


def test_a_password_reset_brings_credentials_at_once(world: World, driver: HosterapiDriver) -> None:
    world.script.on(f"PUT {SERVER}/5/password/reset", {"status": "success", "password": "n3w-pass"})
    outcome = world.wait(driver.reset_password(server()))
    assert outcome == Outcome("5", {"username": None, "password": "n3w-pass"})
    assert world.script.sent == [(f"PUT {SERVER}/5/password/reset", None)]
    assert "n3w-pass" not in world.redactor.text("it is n3w-pass")


@pytest.mark.parametrize("lost", [TIMED_OUT, {"status": "success"}, requests.exceptions.ReadTimeout("slow")])
def test_a_password_reset_is_never_repeated(driver: HosterapiDriver, script: Script, lost: Answer) -> None:
    script.on(f"PUT {SERVER}/5/password/reset", lost)
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.reset_password(server())
    assert caught.value.check_first is False
    assert len(script.sent) == 1


@pytest.mark.parametrize(("verb", "arguments"), [("suspend", ()), ("set_tags", ({},)), ("set_firewalls", ([],)), ("set_rescue", (True,))])
def test_what_the_provider_does_not_have_is_refused(driver: HosterapiDriver, script: Script, verb: str, arguments: tuple[t.Any, ...]) -> None:
    with pytest.raises(UnsupportedError) as caught:
        getattr(driver, verb)(server(), *arguments)
    assert caught.value.hint
    assert script.sent == []


def test_every_dash_says_what_to_do_instead(driver: HosterapiDriver) -> None:
    capabilities = driver.PROFILE.capabilities
    assert set(ALL_FIELDS) - set(capabilities.options) <= set(capabilities.instead)
