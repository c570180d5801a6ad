# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Civo driver at the wire: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import json
import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AuthError,
    CapacityError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
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
    WriteRefusedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import RESCUE, RUNNING, STOPPED, Instance, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Refused, Response, Retry
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import FIELDS, Connection, Order, Wish
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo import api, mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.driver import CivoDriver
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context, Request, Session

TOKEN = "s3cret-token"
URL = "https://api.example.com/prefix"
ID = "779d651a-8e10-4019-9cc0-448451d16157"
OTHER_ID = "11111111-8e10-4019-9cc0-448451d16157"
NET, NET2 = "950c8a1c-79d5-4e57-925a-6e941ebec8a3", "950c8a1c-79d5-4e57-925a-6e941ebec8a4"
FW, FW2 = "e9bcefa3-f942-43a3-98f5-354608f0d55e", "e9bcefa3-f942-43a3-98f5-354608f0d55f"
KEY = "21aa424f-13be-44db-a908-6d4625c7e4f4"
IMAGE = "d927ad2f-5073-4ed6-b2eb-b8e61aef29a8"

ROW: dict[str, t.Any] = {
    "id": ID,
    "name": "web-b775c2ea",
    "hostname": "web",
    "account_id": "73993076-f1dc-4b53-88d8-158d97d7be92",
    "size": "g3.small",
    "firewall_id": FW,
    "source_type": "diskimage",
    "source_id": "ubuntu-focal",
    "network_id": NET,
    "initial_user": "root",
    "initial_password": "S3CRET-password",
    "ssh_key": "S3CRET-key",
    "ssh_key_id": KEY,
    "tags": ["first", "role=web"],
    "user_script": "S3CRET-script",
    "status": "ACTIVE",
    "civostatsd_token": "S3CRET-stats",
    "public_ip": "212.2.247.88",
    "private_ip": "192.168.1.2",
    "ipv6": None,
    "namespace_id": None,
    "notes": "mine",
    "reverse_dns": "",
    "cpu_cores": 1,
    "ram_mb": 2048,
    "disk_gb": 25,
}
REGIONS = [
    {"code": "LON1", "name": "London 1", "country": "gb", "default": True, "features": {"iaas": True}},
    {"code": "NYC1", "name": "New York 1", "country": "us", "features": {"iaas": True}},
    {"code": "KUBE1", "name": "Clusters 1", "country": "us", "features": {"iaas": False, "kubernetes": True}},
]
SIZES = [
    {"name": "g3.small", "type": "Instance", "cpu_cores": 1, "ram_mb": 2048, "disk_gb": 25, "selectable": True},
    {"name": "g3.medium", "type": "instance", "cpu_cores": 2, "ram_mb": 4096, "disk_gb": 50, "selectable": True},
    {"name": "g4c.thin", "type": "Instance", "cpu_cores": 4, "ram_mb": 1024, "disk_gb": 50, "selectable": True},
    {"name": "g2.small", "type": "Instance", "cpu_cores": 1, "ram_mb": 2048, "disk_gb": 25, "selectable": False},
    {"name": "g3.db.small", "type": "Database", "cpu_cores": 1, "ram_mb": 2048, "disk_gb": 25, "selectable": True},
]
IMAGES = [
    {"id": IMAGE, "name": "ubuntu-focal", "initial_user": "ubuntu", "distribution": "ubuntu", "version": "20.04"},
    {"id": "img-2", "name": "debian-12", "initial_user": ""},
    {"id": "img-3", "name": "1.30-k3s1"},
    {"id": "img-4", "name": "Talos-v1"},
    {"id": "img-5", "name": "twice"},
    {"id": "img-6", "name": "twice"},
]
NETWORKS = [
    {"id": NET, "label": "default", "name": "cust-default", "default": True},
    {"id": NET2, "label": "private", "name": "cust-private", "default": False},
]
FIREWALLS = [{"id": FW, "name": "web", "network_id": NET}, {"id": FW2, "name": "inside", "network_id": NET2}]
KEYS = {"items": [{"id": KEY, "name": "ops", "fingerprint": "SHA256:x", "public_key": "S3CRET-key"}]}

NOT_HERE = (404, {"code": "database_instance_find", "reason": "Failed to find the instance in the internal database"})
NO_REGION = (404, {"code": "database_region_not_found", "reason": "Failed to find the region within the internal database"})
WRONG_STATE = (409, {"code": "instance_state_must_be_active_or_shutoff", "reason": "The instance is STOPPING"})
DONE = {"result": "success"}
SPEC = {"image": "ubuntu-focal", "size": "g3.small", "firewalls": ["web"]}


class Script(Session[tuple[str, dict[str, t.Any], t.Any]]):
    """A call is C(GET /sizes@LON1): method, path and the region in the query; C(sent) lists calls, the rest of their queries and bodies."""

    HEADERS: t.ClassVar = {"x-request-id": "req-1"}

    def read(self, request: Request) -> tuple[str, tuple[str, dict[str, t.Any], t.Any]]:
        assert request.url.startswith(f"{URL}/v2/")
        query = dict(request.arguments["params"])
        region = query.pop("region", None)
        call = f"{request.method} {request.url[len(URL) + 3 :]}" + (f"@{region}" if region else "")
        return call, (call, query, request.body)

    @property
    def calls(self) -> list[str]:
        return [call for call, _query, _body in self.sent]

    @property
    def queries(self) -> list[dict[str, t.Any]]:
        return [query for _call, query, _body in self.sent]

    @property
    def bodies(self) -> list[t.Any]:
        return [body for _call, _query, body in self.sent]

    @property
    def writes(self) -> list[tuple[str, t.Any]]:
        return [(call, body) for call, _query, body in self.sent if not call.startswith("GET")]


class World(Context[Script]):
    """A task at Civo."""

    def __init__(self, region: str | None = "LON1", *, check_mode: bool = False) -> None:
        super().__init__(CivoDriver.PROFILE, Connection("civo", TOKEN, URL, region=region), Script(), wait_timeout=100.0, check_mode=check_mode)
        self.driver = CivoDriver(self)
        self.script.on("GET /regions", REGIONS)

    def has(self, *rows: dict[str, t.Any], region: str = "LON1") -> None:
        """Exactly these servers exist in a region."""
        self.script.on(f"GET /instances@{region}", {"page": 1, "per_page": 100, "pages": 1, "items": list(rows)})
        for row in rows:
            self.script.on(f"GET /instances/{row['id']}@{region}", row)

    def offers(self, region: str = "LON1") -> None:
        """The lists that names are resolved against."""
        lists = {"sizes": SIZES, "disk_images": IMAGES, "networks": NETWORKS, "firewalls": FIREWALLS, "sshkeys": KEYS}
        for path, rows in lists.items():
            self.script.on(f"GET /{path}@{region}", rows)

    def statuses(self, *words: str, **more: t.Any) -> None:
        """What successive reads of the server show."""
        self.script.on(f"GET /instances/{ID}@LON1", *({**ROW, "status": word, **more} for word in words))

    def order(self, **fields: t.Any) -> Order:
        """The order for a wish, with everything on offer."""
        self.offers()
        return self.driver.order(wish(fields={**SPEC, **fields}))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def script(world: World) -> Script:
    return world.script


@pytest.fixture
def driver(world: World) -> CivoDriver:
    return world.driver


def wish(**more: t.Any) -> Wish:
    return Wish(**{"name": "web", "id": None, "state": "present", "fields": SPEC, **more})


def server(**more: t.Any) -> Instance:
    return mapping.instance({**ROW, **more}, "civo", "LON1")


def response(status: int, data: t.Any = None, text: str | None = None) -> Response:
    return Response(status, {"x-request-id": "req-1"}, data, text is None, json.dumps(data) if text is None else text)


def error(status: int, data: t.Any = None, text: str | None = None, call: t.Any = api.GET) -> VpsError:
    found = api.classify(call, response(status, data, text))
    assert found is not None
    return found


# -- transport ----------------------------------------------------------------------------------------------------------


def test_every_call_carries_the_token_and_the_region(world: World, driver: CivoDriver) -> None:
    world.has(ROW)
    driver.get(ID)
    world.script.on(f"PUT /instances/{ID}/tags@LON1", DONE)
    driver.set_tags(server(), {})
    for headers in world.script.headers:
        assert headers["Authorization"] == f"bearer {TOKEN}"
        assert headers["Accept"] == "application/json"
        assert "Content-Encoding" not in headers
    assert world.script.headers[1]["Content-Type"] == "application/json"


def test_what_may_be_sent_again() -> None:
    assert {call.id for call in api.CALLS if call.retry is Retry.NEVER} == {
        "instances.create",
        "instances.hard_reboot",
        "instances.soft_reboot",
        "firewalls.create",
        "firewalls.rules.create",
        "instance_snapshots.create",
        "instance_snapshots.restore",
        "resource_snapshots.restore",
        "snapshot_schedules.create",
        "sshkeys.create",
        "ips.create",
        "volumes.create",
    }
    assert [call.id for call in api.CALLS if call.retry is Retry.CHECK_FIRST] == ["instances.resize", "ips.action", "volumes.attach", "volumes.detach"]
    assert [call.id for call in api.CALLS if call.refused is Refused.LOOK_FIRST] == ["instances.create", "ips.create", "volumes.create"]
    assert all(call.mutates == (call.method != "GET") == (call.retry is not Retry.READ) for call in api.CALLS)


@pytest.mark.parametrize("data", [DONE, {"result": "OK"}, {"id": ID}])
def test_an_acknowledgement_is_a_success(data: t.Any) -> None:
    assert api.classify(api.STOP, response(200, data)) is None
    assert api.classify(api.STOP, response(202, data)) is None


@pytest.mark.parametrize("data", [{}, [], None, [DONE], {"result": None}, "success"])
def test_anything_else_is_unreadable(data: t.Any) -> None:
    assert isinstance(error(200, data, call=api.STOP), ProtocolError)


def test_an_empty_answer_counts_only_as_204() -> None:
    assert api.classify(api.DELETE, response(204, text="")) is None
    assert isinstance(error(200, text="", call=api.DELETE), ProtocolError)
    assert isinstance(error(204, text="", call=api.GET), ProtocolError)


def test_a_failed_result_is_sent_again_where_that_is_safe(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/stop@LON1", {"result": "failed"}, DONE)
    driver.stop(server(), "graceful")
    assert world.script.calls == [f"PUT /instances/{ID}/stop@LON1"] * 2


@pytest.mark.parametrize("data", [{"id": ID, "result": "failed"}, {"result": "success"}, {"id": None, "hostname": "web"}, [ROW]])
def test_a_create_that_answers_no_server_is_unclear_and_not_sent_again(world: World, data: t.Any) -> None:
    order = world.order()
    world.script.on("POST /instances@LON1", data)
    with pytest.raises(OutcomeUnknownError):
        world.driver.place(order)
    assert len(world.script.writes) == 1


# -- errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status, data, kind",
    [
        (401, {"code": "quota_limit_reached"}, AuthError),
        (200, {"result": "requires_authentication"}, AuthError),
        (403, {"code": "authentication_access_denied"}, AuthError),
        (404, {"code": "database_account_not_found"}, AuthError),
        (403, {"code": "quota_limit_reached"}, QuotaError),
        (402, {}, QuotaError),
        (500, {"code": "out_of_capacity"}, CapacityError),
        (400, {"code": "region_unavailable"}, CapacityError),
        (403, {"code": "disabled_service"}, UnsupportedError),
        (501, {}, UnsupportedError),
        (404, {"code": "database_instance_find"}, NotFoundError),
        (500, {"code": "openstack_instance_find"}, NotFoundError),
        (400, {"code": "database_network_not_found"}, NotFoundError),
        (404, {"code": "database_size_not_found"}, RejectedError),
        (404, {"code": "database_template_not_found"}, RejectedError),
        (404, {"code": "database_disk_image_not_found"}, RejectedError),
        (404, {"code": "database_region_not_found"}, RejectedError),
        (404, {"code": "DATABASE_REGION_NOT_FOUND"}, RejectedError),
        (400, {"code": "database_instance_duplicate_name"}, ConflictError),
        (400, {"code": "sshkey_duplicate"}, ConflictError),
        (400, {"code": "something_exists"}, ConflictError),
        (400, {"code": "instance_state_must_be_active_or_shutoff"}, ConflictError),
        (409, {"code": "database_duplicate_cluster_name_not_allowed"}, ConflictError),
        (500, {"code": "parameter_value_missing"}, RejectedError),
        (400, {"code": "openstack_instance_resize"}, RejectedError),
        (422, {}, RejectedError),
        (418, {}, RejectedError),
        (400, {"code": "openstack_url_get_error"}, TransientError),
        (400, {"status": 500, "error": "Internal Server Error"}, TransientError),
        (408, {}, TransientError),
        (503, {"code": "never_seen"}, TransientError),
        (404, {"code": "never_seen"}, NotFoundError),
        (403, {"code": "never_seen"}, ForbiddenError),
        (505, {}, ProtocolError),
    ],
)
def test_errors_are_classified_by_authentication_then_body_then_status(status: int, data: t.Any, kind: type[VpsError]) -> None:
    assert error(status, data).__class__ is kind


@pytest.mark.parametrize("status, kind", [(401, AuthError), (403, ForbiddenError), (404, NotFoundError), (502, TransientError), (200, ProtocolError)])
def test_errors_without_a_readable_body_are_classified_by_status(status: int, kind: type[VpsError]) -> None:
    assert error(status, text="<html><h1>Sorry</h1></html>").__class__ is kind


def test_a_list_that_is_not_found_is_a_wrong_address() -> None:
    found = error(404, text="404 page not found", call=api.REGIONS)
    assert isinstance(found, ConfigurationError)
    assert "api_url" in str(found)


def test_an_error_tells_reason_code_and_request() -> None:
    found = error(403, {"code": "quota_limit_reached", "reason": "Exhausted:\n- cpu\n- ram", "details": "size"}, call=api.CREATE)
    assert found.message == "Civo answered instances.create with HTTP 403: Exhausted: - cpu - ram size [quota_limit_reached]"
    assert found.facts["provider_message"] == "Exhausted: - cpu - ram size"
    assert (found.facts["provider_code"], found.facts["request_id"]) == ("quota_limit_reached", "req-1")


# -- mapping ------------------------------------------------------------------------------------------------------------


def test_an_instance_is_mapped() -> None:
    shown = server().public()
    addresses = shown.pop("addresses")
    assert shown == {
        "id": ID,
        "name": "web",
        "provider": "civo",
        "account": "civo",
        "region": "LON1",
        "status": "running",
        "provider_status": "ACTIVE",
        "locked": None,
        "rescue": None,
        "image": "ubuntu-focal",
        "image_id": None,
        "size": "g3.small",
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": 25,
        "username": "root",
        "public_ipv4": "212.2.247.88",
        "public_ipv6": None,
        "private_ipv4": "192.168.1.2",
        "tags": {"first": "", "role": "web"},
        "firewalls": [{"id": FW, "name": None}],
        "network": None,
        "network_id": NET,
        "created_at": None,
        "not_read": ["rescue"],
    }
    assert addresses == [
        {"address": "212.2.247.88", "family": "ipv4", "scope": "public", "primary": True, "rdns": None},
        {"address": "192.168.1.2", "family": "ipv4", "scope": "private", "primary": False, "rdns": None},
    ]
    assert "S3CRET" not in repr(server())


def test_an_instance_with_nothing_but_an_id_is_mapped() -> None:
    bare = mapping.instance({"id": 5}, "civo", "LON1")
    assert (bare.id, bare.name, bare.status, bare.settled, bare.addresses, bare.tags) == ("5", None, "unknown", False, (), {})
    assert (bare.firewalls, bare.networks, bare.ssh_keys) == ((), None, ())


def test_other_spellings_are_understood() -> None:
    odd = server(cpu_cores="2", ram_mb=4096.0, tags=None, public_ip="", ipv6="2001:db8::7", created_at="2025-04-01T09:11:14Z", template_id=IMAGE, ssh_key_id="")
    assert (odd.cpu, odd.memory_mb, odd.tags, odd.public_ipv4, odd.public_ipv6) == (2, 4096, {}, None, "2001:db8::7")
    assert (odd.created_at, odd.image_id, odd.ssh_keys) == ("2025-04-01T09:11:14Z", IMAGE, ())


def test_reverse_dns_belongs_to_the_public_address() -> None:
    assert [address.rdns for address in server(reverse_dns="web.example.com").addresses] == ["web.example.com", None]


def test_what_is_no_image_is_not_shown_as_one() -> None:
    assert server(source_type="snapshot", source_id="before-upgrade").image is None


@pytest.mark.parametrize(
    "word, status, settled",
    [
        ("active", "running", True),
        ("SHUTOFF", "stopped", True),
        ("BUILDING", "building", False),
        ("REBOOTING", "rebooting", False),
        ("STOPPING", "unknown", False),
        ("DELETING", "deleting", False),
        ("ERROR", "error", True),
        ("FAILED", "error", True),
        ("WHATEVER", "unknown", False),
        (None, "unknown", False),
    ],
)
def test_status_words(word: str | None, status: str, settled: bool) -> None:
    found = server(status=word)
    assert (found.status, found.provider_status, found.settled) == (status, word, settled)


@pytest.mark.parametrize("word, on", [("enabled", True), ("On", True), (True, True), ("disabled", False), ("INACTIVE", False), (False, False)])
def test_recovery_words(word: t.Any, on: bool) -> None:
    assert mapping.recovery({"result": word}) is on


def test_an_unknown_recovery_word_is_an_error_that_names_it() -> None:
    with pytest.raises(ProtocolError, match="'sometimes'"):
        mapping.recovery({"result": "sometimes"})


# -- lists --------------------------------------------------------------------------------------------------------------


def test_all_pages_are_read_and_counted_here(world: World, script: Script, driver: CivoDriver) -> None:
    rows = [{**ROW, "id": f"id-{number}", "hostname": f"web-{number}"} for number in range(4)]
    pages = [{"page": 1, "per_page": None, "pages": "3", "items": items} for items in (rows[:2], rows[1:3], rows[3:])]
    script.on("GET /instances@LON1", *pages)
    assert [each.id for each in driver.list_all()] == ["id-0", "id-1", "id-2", "id-3"]
    assert script.queries == [{"page": number, "per_page": 100} for number in (1, 2, 3)]


def test_a_failed_page_is_an_error(script: Script, driver: CivoDriver) -> None:
    script.on("GET /instances@LON1", {"pages": 2, "items": [ROW]}, (500, {}))
    with pytest.raises(TransientError):
        driver.find("web")


@pytest.mark.parametrize("body", [{"items": [ROW]}, [ROW]])
def test_a_list_may_be_an_array_or_items(script: Script, driver: CivoDriver, body: t.Any) -> None:
    script.on("GET /instances@LON1", body)
    assert [each.id for each in driver.list_all()] == [ID]


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": [{"hostname": "web"}]}, [{"page": 1, "items": []}], {"pages": "many", "items": []}, "text"])
def test_what_is_no_list_never_passes_for_an_empty_one(script: Script, driver: CivoDriver, body: t.Any) -> None:
    script.on("GET /instances@LON1", body)
    with pytest.raises(ProtocolError):
        driver.find("web")


# -- find ---------------------------------------------------------------------------------------------------------------


def test_find_takes_one_call_and_matches_the_exact_hostname(world: World, driver: CivoDriver) -> None:
    others = [{**ROW, "id": f"id-{name}", "hostname": name} for name in ("web1", "WEB", "web-b775c2ea")]
    world.has(ROW, *others, {**ROW, "id": OTHER_ID, "status": "DELETING"})
    lookup = driver.find("web")
    assert [each.id for each in lookup.matches] == [ID, OTHER_ID]
    assert lookup.known_ids == {ID, OTHER_ID, "id-web1", "id-WEB", "id-web-b775c2ea"}
    assert world.script.calls == ["GET /instances@LON1"]


def test_an_empty_result_proves_the_region(world: World, driver: CivoDriver) -> None:
    world.has()
    assert driver.find("web").matches == ()
    assert world.script.calls == ["GET /instances@LON1", "GET /regions"]


def test_a_region_that_does_not_exist_is_never_an_absence() -> None:
    world = World("MOON1")
    world.has(region="MOON1")
    with pytest.raises(OptionError, match=r"MOON1.*Known there: LON1, NYC1") as caught:
        world.driver.find("web")
    assert caught.value.facts["option"] == "region"
    assert "missing" not in caught.value.facts


@pytest.mark.parametrize("region, kind", [("LON1", TransientError), ("MOON1", OptionError)])
def test_region_not_found_is_an_outage_or_a_wrong_option(region: str, kind: type[VpsError]) -> None:
    world = World(region)
    world.script.on(f"GET /instances@{region}", NO_REGION)
    world.script.on(f"GET /instances/{ID}@{region}", NO_REGION)
    with pytest.raises(kind):
        world.driver.find("web")
    with pytest.raises(kind):
        world.driver.get(ID)


def test_a_delete_during_an_outage_fails(script: Script, driver: CivoDriver) -> None:
    script.on(f"DELETE /instances/{ID}@LON1", NO_REGION)
    with pytest.raises(RejectedError, match="outage"):
        driver.delete(server(), wish(), {})


def test_without_a_region_every_region_with_instances_is_searched() -> None:
    world = World(None)
    world.has(ROW)
    world.has({**ROW, "id": OTHER_ID}, region="NYC1")
    lookup = world.driver.find("web")
    assert [(each.id, each.region) for each in lookup.matches] == [(ID, "LON1"), (OTHER_ID, "NYC1")]
    assert world.script.calls == ["GET /regions", "GET /instances@LON1", "GET /instances@NYC1"]


def test_without_a_region_one_that_fails_is_an_error() -> None:
    world = World(None)
    world.has(ROW)
    world.script.on("GET /instances@NYC1", (500, {}))
    with pytest.raises(TransientError):
        world.driver.find("web")


def test_a_region_in_another_case_is_sent_as_given_and_shown_as_codes_are() -> None:
    world = World("lon1")
    world.has(ROW, region="lon1")
    (found,) = world.driver.find("web").matches
    assert found.region == "LON1"
    assert world.script.calls == ["GET /instances@lon1"]


# -- get ----------------------------------------------------------------------------------------------------------------


def test_get_takes_one_call(world: World, driver: CivoDriver) -> None:
    world.has(ROW)
    found = driver.get(ID)
    assert found is not None and found.name == "web"
    assert world.script.calls == [f"GET /instances/{ID}@LON1"]


def test_get_proves_an_absence_in_all_regions(script: Script, driver: CivoDriver) -> None:
    script.on(f"GET /instances/{ID}@LON1", NOT_HERE)
    script.on(f"GET /instances/{ID}@NYC1", NOT_HERE)
    assert driver.get(ID) is None
    assert script.calls == [f"GET /instances/{ID}@LON1", "GET /regions", f"GET /instances/{ID}@NYC1"]


def test_get_names_the_region_that_has_it(world: World, driver: CivoDriver) -> None:
    world.script.on(f"GET /instances/{ID}@LON1", NOT_HERE)
    world.has(ROW, region="NYC1")
    with pytest.raises(OptionError, match="region: NYC1"):
        driver.get(ID)


@pytest.mark.parametrize("answer", [(500, {}), (401, {}), (403, {})])
def test_get_is_no_absence_while_another_region_cannot_be_asked(script: Script, driver: CivoDriver, answer: Answer) -> None:
    script.on(f"GET /instances/{ID}@LON1", NOT_HERE)
    script.on(f"GET /instances/{ID}@NYC1", answer)
    with pytest.raises(VpsError):
        driver.get(ID)


def test_a_404_of_a_wrong_address_is_no_absence(script: Script, driver: CivoDriver) -> None:
    script.on(f"GET /instances/{ID}@LON1", (404, "404 page not found"))
    script.on("GET /regions", (404, "404 page not found"))
    with pytest.raises(ConfigurationError):
        driver.get(ID)


def test_without_a_region_get_searches_and_remembers() -> None:
    world = World(None)
    world.script.on(f"GET /instances/{ID}@LON1", NOT_HERE)
    world.has(ROW, region="NYC1")
    for _number in range(2):
        found = world.driver.get(ID)
        assert found is not None and found.region == "NYC1"
    assert world.script.calls == ["GET /regions", f"GET /instances/{ID}@LON1", f"GET /instances/{ID}@NYC1", f"GET /instances/{ID}@NYC1"]


def test_without_a_region_an_outage_elsewhere_is_no_hindrance() -> None:
    world = World(region=None)
    world.script.on(f"GET /instances/{ID}@LON1", NO_REGION)
    world.script.on(f"GET /instances/{ID}@NYC1", ROW)
    found = world.driver.get(ID)
    assert found is not None
    assert found.region == "NYC1"


@pytest.mark.parametrize("regions", [[], [{"code": "KUBE1", "features": {"iaas": False}}]])
def test_a_search_through_no_region_proves_nothing(regions: list[dict[str, t.Any]]) -> None:
    world = World(region=None)
    world.script.on("GET /regions", regions)
    for search in (lambda: world.driver.find("web"), lambda: world.driver.get(ID), world.driver.list_all):
        with pytest.raises(OptionError, match="no region that holds instances"):
            search()


@pytest.mark.parametrize("wrong", ["..", "a/b", "a b", "-x", ""])
def test_what_is_no_id_is_refused_without_a_call(script: Script, driver: CivoDriver, wrong: str) -> None:
    with pytest.raises(OptionError):
        driver.get(wrong)
    assert script.calls == []


def test_an_unknown_status_is_told(world: World, driver: CivoDriver) -> None:
    world.statuses("PONDERING")
    found = driver.get(ID)
    assert found is not None and not found.settled
    assert "PONDERING" in world.warnings[0]


# -- read, resolve, catalogue -------------------------------------------------------------------------------------------


def test_read_asks_only_for_what_is_managed(world: World, driver: CivoDriver) -> None:
    world.offers()
    assert driver.read(server(), {"image", "size", "tags"}) == server()
    assert world.script.calls == []


def test_read_fills_in_names_and_recovery(world: World, driver: CivoDriver) -> None:
    world.offers()
    world.script.on(f"GET /instances/{ID}/recovery@LON1", {"result": "enabled"})
    full = driver.read(server(), set(FIELDS))
    assert (full.network, full.networks, full.firewalls) == ("default", (Ref(NET, "default"),), (Ref(FW, "web"),))
    assert (full.rescue, full.status, full.not_read) == (True, RESCUE, ())
    assert world.script.calls == ["GET /networks@LON1", "GET /firewalls@LON1", f"GET /instances/{ID}/recovery@LON1"]


def test_a_server_without_recovery_is_running(world: World, driver: CivoDriver) -> None:
    world.script.on(f"GET /instances/{ID}/recovery@LON1", {"result": "disabled"})
    full = driver.read(server(), {"rescue"})
    assert (full.rescue, full.status) == (False, RUNNING)


@pytest.mark.parametrize(
    "kind, wanted, ref",
    [
        ("image", "ubuntu-focal", Ref(IMAGE, "ubuntu-focal")),
        ("image", IMAGE, Ref(IMAGE, "ubuntu-focal")),
        ("network", "private", Ref(NET2, "private")),
        ("network", NET2, Ref(NET2, "private")),
        ("firewalls", "web", Ref(FW, "web")),
        ("firewalls", FW, Ref(FW, "web")),
        ("ssh_keys", "ops", Ref(KEY, "ops")),
        ("ssh_keys", KEY, Ref(KEY, "ops")),
    ],
)
def test_names_and_ids_are_resolved(world: World, driver: CivoDriver, kind: str, wanted: str, ref: Ref) -> None:
    world.offers()
    for _number in range(2):
        assert driver.resolve(kind, wanted, server()) == ref
    assert len(world.script.calls) == 1


@pytest.mark.parametrize("kind, missing", [("image", None), ("network", True), ("firewalls", True), ("ssh_keys", True)])
def test_what_names_nothing_is_refused(world: World, driver: CivoDriver, kind: str, missing: bool | None) -> None:
    world.offers()
    with pytest.raises(OptionError, match="'nope'") as caught:
        driver.resolve(kind, "nope", server())
    assert caught.value.facts.get("missing") is missing
    assert caught.value.facts["option"] == kind


def test_an_image_of_the_account_is_found_too(world: World, driver: CivoDriver) -> None:
    world.offers()
    world.script.on("GET /disk_images@LON1", IMAGES, [*IMAGES, {"id": "img-9", "name": "golden"}])
    assert driver.resolve("image", "golden", server()) == Ref("img-9", "golden")
    assert world.script.queries == [{}, {"type": "custom"}]


def test_one_firewall_name_in_two_networks_means_the_instances_own(world: World, driver: CivoDriver) -> None:
    world.offers()
    world.script.on("GET /firewalls@LON1", [{"id": "fw-9", "name": "web", "network_id": NET2}, *FIREWALLS])
    assert driver.resolve("firewalls", "web", server()) == Ref(FW, "web")


def test_a_firewall_of_another_network_is_refused_unless_a_replacement_moves_there(world: World, driver: CivoDriver) -> None:
    world.offers()
    with pytest.raises(OptionError, match="another network"):
        driver.resolve("firewalls", "inside", server())
    driver.check(wish(fields={**SPEC, "network": "private", "firewalls": ["inside"]}, allow=("replace", "cost")))
    assert driver.resolve("firewalls", "inside", server()) == Ref(FW2, "inside")


@pytest.mark.parametrize("kind", CivoDriver.PROFILE.capabilities.catalog)
def test_every_list_of_the_catalogue_has_ids_names_and_regions(world: World, driver: CivoDriver, kind: str) -> None:
    world.offers()
    rows = driver.catalog(kind)
    assert rows
    for row in rows:
        assert row["id"] and row["name"]
        assert row["region"] == (None if kind == "ssh_keys" else row["id"] if kind == "regions" else "LON1")
    assert "S3CRET" not in repr(rows)


def test_sizes_are_those_of_instances(world: World, driver: CivoDriver) -> None:
    world.offers()
    sizes = driver.catalog("sizes")
    assert [size["name"] for size in sizes] == ["g3.small", "g3.medium", "g4c.thin", "g2.small"]
    assert sizes[1] == {"id": "g3.medium", "name": "g3.medium", "region": "LON1", "cpu": 2, "memory_mb": 4096, "disk_gb": 50, "price": None, "available": True}


def test_images_are_not_those_of_clusters(world: World, driver: CivoDriver) -> None:
    world.offers()
    assert [image["id"] for image in driver.catalog("images")] == [IMAGE, "img-2", "img-5", "img-6"]


def test_without_a_region_the_catalogue_is_that_of_all_regions() -> None:
    world = World(None)
    for region in ("LON1", "NYC1"):
        world.offers(region)
    world.script.on("GET /sshkeys", KEYS)
    assert {row["region"] for row in world.driver.catalog("networks")} == {"LON1", "NYC1"}
    assert [row["name"] for row in world.driver.catalog("ssh_keys")] == ["ops"]


# -- options ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "option, more",
    [
        ("name", {"name": "x" * 64}),
        ("name", {"name": "x" * 300, "state": "absent"}),
        ("name", {"name": "my_server"}),
        ("name", {"name": "web-"}),
        ("name", {"name": ".web"}),
        ("name", {"name": "web\n"}),
        ("name", {"name": "wéb"}),
        ("id", {"id": "../x"}),
        ("tags", {"fields": {"tags": {"a b": ""}}}),
        ("tags", {"fields": {"tags": {"role": "web\tdb"}}}),
        ("ssh_keys", {"fields": {"ssh_keys": ["ops", "ci"]}}),
        ("firewalls", {"fields": {"firewalls": []}}),
        ("firewalls", {"fields": {"firewalls": ["a", "b"]}}),
    ],
)
def test_bad_options_are_refused_without_a_call(script: Script, driver: CivoDriver, option: str, more: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError) as caught:
        driver.check(wish(**more))
    assert caught.value.facts["option"] == option
    assert script.calls == []


@pytest.mark.parametrize("more", [{}, {"name": "a.b-c.example.com"}, {"name": "x" * 63}, {"fields": {"tags": {"role": "web", "a": ""}}}, {"id": ID}])
def test_good_options_pass(script: Script, driver: CivoDriver, more: dict[str, t.Any]) -> None:
    driver.check(wish(**more))
    assert script.calls == []


def test_a_server_with_an_odd_name_can_still_be_removed(driver: CivoDriver) -> None:
    driver.check(wish(name="my_server", state="absent", fields={}))


# -- ordering -----------------------------------------------------------------------------------------------------------


def test_a_plain_order(world: World) -> None:
    order = world.order()
    assert order.body == {
        "hostname": "web",
        "size": "g3.small",
        "template_id": IMAGE,
        "network_id": NET,
        "firewall_id": FW,
        "public_ip": "create",
    }
    assert (order.region, order.scope, order.unknown, order.warnings) == ("LON1", ("", "LON1"), (), ())
    assert order.traits == {"name": "web", "region": "LON1", "public_ip": True}
    assert order.predicted == {
        "image": "ubuntu-focal",
        "image_id": None,
        "size": "g3.small",
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": 25,
        "username": "ubuntu",
        "network_id": NET,
        "network": None,
        "firewalls": (Ref(FW, "web"),),
        "not_read": ("rescue",),
    }
    assert world.script.calls == ["GET /regions", "GET /sizes@LON1", "GET /disk_images@LON1", "GET /networks@LON1", "GET /firewalls@LON1"]


@pytest.mark.parametrize(
    "option, value, sent",
    [
        ("image", IMAGE, {"template_id": IMAGE}),
        ("image", "debian-12", {"template_id": "img-2"}),
        ("size", "g3.medium", {"size": "g3.medium"}),
        ("firewalls", [FW], {"firewall_id": FW}),
        ("network", "default", {"network_id": NET}),
        ("public_ip", True, {"public_ip": "create"}),
        ("public_ip", False, {"public_ip": "none"}),
        ("ssh_keys", ["ops"], {"ssh_key_id": KEY}),
        ("ssh_keys", [KEY], {"ssh_key_id": KEY}),
        ("ssh_keys", [], {"ssh_key_id": None}),
        ("username", "deploy", {"initial_user": "deploy"}),
        ("user_data", "#!/bin/sh\ntrue", {"script": "#!/bin/sh\ntrue"}),
        ("tags", {"role": "web", "a": ""}, {"tags": "a role=web"}),
        ("tags", {}, {"tags": None}),
    ],
)
def test_every_option_is_sent(world: World, option: str, value: t.Any, sent: dict[str, t.Any]) -> None:
    body = world.order(**{option: value}).body
    assert {name: body.get(name) for name in sent} == sent
    assert not {"count", "reverse_dns"} & set(body)


def test_another_network_brings_its_firewall(world: World) -> None:
    order = world.order(network="private", firewalls=["inside"], rescue=False)
    assert (order.body["network_id"], order.body["firewall_id"]) == (NET2, FW2)
    assert (order.predicted["network"], order.predicted["network_id"], order.predicted["not_read"]) == ("private", NET2, ())


@pytest.mark.parametrize(
    "option, value, told",
    [
        ("image", "nope", "debian-12, twice, ubuntu-focal"),
        ("image", "1.30-k3s1", "ubuntu-focal"),
        ("image", "twice", "img-5, img-6"),
        ("size", "nope", "g3.medium, g3.small"),
        ("size", "g3.db.small", "g3.small"),
        ("size", "g2.small", "g3.small"),
        ("network", "nope", "default, private"),
        ("network", "cust-default", "default, private"),
        ("firewalls", ["nope"], "web"),
        ("firewalls", ["inside"], "another network"),
        ("ssh_keys", ["nope"], "ops"),
    ],
)
def test_what_reads_show_to_be_wrong_is_refused(world: World, option: str, value: t.Any, told: str) -> None:
    with pytest.raises(OptionError) as caught:
        world.order(**{option: value})
    assert told in str(caught.value)
    assert caught.value.facts["option"] == option
    assert world.script.writes == []


@pytest.mark.parametrize("option, value", [("image", "nope"), ("size", "nope"), ("firewalls", ["inside"])])
def test_check_mode_refuses_what_no_task_can_make(option: str, value: t.Any) -> None:
    with pytest.raises(OptionError):
        World(check_mode=True).order(**{option: value})


def test_check_mode_goes_on_with_what_an_earlier_task_may_make() -> None:
    order = World(check_mode=True).order(network="new-net", firewalls=["new-fw"], ssh_keys=["new-key"])
    assert order.unknown == ("network new-net", "SSH key new-key")
    assert (order.predicted["network"], order.predicted["network_id"]) == ("new-net", None)
    assert order.predicted["firewalls"] == (Ref(None, "new-fw"),)
    order = World(check_mode=True).order(firewalls=[OTHER_ID])
    assert (order.unknown, order.predicted["firewalls"]) == ((f"firewall {OTHER_ID}",), (Ref(OTHER_ID, None),))


def test_check_mode_sends_no_order() -> None:
    world = World(check_mode=True)
    order = world.order()
    with pytest.raises(WriteRefusedError):
        world.driver.place(order)


def test_no_public_address_is_warned_about_only_in_an_empty_network(world: World) -> None:
    assert "first instance" in world.order(public_ip=False).warnings[0]
    world.has(ROW)
    world.driver.find("other")
    assert world.order(public_ip=False).warnings == ()


def test_without_a_region_an_order_takes_the_default_one() -> None:
    world = World(None)
    order = world.order()
    assert (order.region, order.scope) == ("LON1", ("", "LON1"))
    assert world.driver.ledger_scope(None) == world.driver.ledger_scope("lon1") == order.scope


def test_two_default_regions_are_none() -> None:
    world = World(region=None)
    world.script.on("GET /regions", [{**row, "default": True} for row in REGIONS])
    with pytest.raises(OptionError, match="needs region"):
        world.driver.order(wish())


def test_a_row_that_is_listed_twice_is_one(world: World) -> None:
    world.offers()
    world.script.on("GET /disk_images@LON1", [*IMAGES, *IMAGES])
    assert world.driver.order(wish()).body["template_id"] == IMAGE


@pytest.mark.parametrize(("alone", "forced"), [(True, True), (False, False)])
def test_a_replacement_for_a_public_address_needs_company_in_its_network(world: World, alone: bool, forced: bool) -> None:
    world.has(ROW, {**ROW, "id": OTHER_ID, "network_id": NET2 if alone else NET})
    world.driver.check(wish(fields={**SPEC, "public_ip": False}, allow=("replace", "cost")))
    assert world.driver.read(server(), {"public_ip"}).facts["forced_address"] is forced


def test_only_a_task_that_may_replace_asks_for_the_neighbours(world: World) -> None:
    world.driver.check(wish(fields={**SPEC, "public_ip": False}))
    world.driver.read(server(), {"public_ip"})
    assert world.script.calls == []


@pytest.mark.parametrize("adopt", [True, False])
def test_the_first_login_is_what_reads_tell(world: World, driver: CivoDriver, adopt: bool) -> None:
    assert driver.credentials(ID) is None
    if adopt:
        world.has(ROW)
        driver.candidates({"name": "web", "region": "LON1", "public_ip": True}, frozenset())
    else:
        world.statuses("ACTIVE")
        driver.get(ID)
    assert driver.credentials(ID) == {"username": "root", "password": "S3CRET-password"}


def test_without_a_default_region_an_order_needs_one() -> None:
    world = World(None)
    world.script.on("GET /regions", REGIONS[1:])
    with pytest.raises(OptionError, match="NYC1") as caught:
        world.driver.order(wish())
    assert caught.value.facts["option"] == "region"


@pytest.mark.parametrize("region", ["MOON1", "KUBE1"])
def test_an_order_needs_a_region_that_holds_instances(region: str) -> None:
    with pytest.raises(OptionError, match="LON1, NYC1"):
        World(region).driver.order(wish())


def test_an_order_goes_to_the_canonical_region_in_query_and_body() -> None:
    world = World("lon1")
    order = world.order()
    world.script.on("POST /instances@LON1", {**ROW, "status": "BUILDING", "public_ip": None})
    receipt = world.driver.place(order)
    assert world.script.writes == [("POST /instances@LON1", {**order.body, "region": "LON1"})]
    assert receipt.instance_id == ID
    assert receipt.credentials == {"username": "root", "password": "S3CRET-password"}
    outcome = world.wait(world.driver.follow(receipt, order.traits, frozenset()))
    assert (outcome.instance_id, outcome.credentials) == (ID, receipt.credentials)


@pytest.mark.parametrize("answer", [requests.exceptions.ReadTimeout(), requests.exceptions.ConnectionError("reset"), (502, "<html>"), (200, '{"id": "7')])
def test_an_unclear_order_is_sent_once(world: World, answer: Answer) -> None:
    order = world.order()
    world.script.on("POST /instances@LON1", answer)
    with pytest.raises(OutcomeUnknownError):
        world.driver.place(order)
    assert len(world.script.writes) == 1


def test_a_refused_order_is_left_to_the_caller(world: World) -> None:
    order = world.order()
    world.script.on("POST /instances@LON1", (429, {}))
    with pytest.raises(RateLimitedError):
        world.driver.place(order)
    assert len(world.script.writes) == 1


def test_candidates_are_new_servers_of_exactly_our_name(world: World, driver: CivoDriver) -> None:
    rows = [{**ROW, "id": number, "hostname": name} for number, name in (("1", "web"), ("2", "web"), ("3", "web1"))]
    world.has(*rows, {**ROW, "id": "4", "status": "DELETING"})
    found = driver.candidates({"name": "web", "region": "LON1", "public_ip": True}, frozenset({"1"}))
    assert [each.id for each in found] == ["2"]


def test_a_new_server_is_ready_with_its_address(world: World) -> None:
    driver, order = world.driver, world.order()
    world.script.on("POST /instances@LON1", ROW)
    assert driver.ready(server(public_ip=None)), "nobody ordered it"
    driver.place(order)
    assert not driver.ready(server(status="BUILDING"))
    assert not driver.ready(server(public_ip=None))
    assert driver.ready(server())
    with pytest.raises(OperationFailedError):
        driver.ready(server(status="ERROR"))


def test_an_adopted_server_is_ready_with_its_address(world: World, driver: CivoDriver) -> None:
    world.has({**ROW, "status": "BUILDING"})
    driver.candidates({"name": "web", "region": "LON1", "public_ip": True}, frozenset())
    assert not driver.ready(server(public_ip=None))


def test_without_a_public_address_none_is_waited_for(world: World) -> None:
    order = world.order(public_ip=False)
    world.script.on("POST /instances@LON1", ROW)
    world.driver.place(order)
    assert world.driver.ready(server(public_ip=None))


# -- power --------------------------------------------------------------------------------------------------------------


def test_stop_waits_for_shutoff(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/stop@LON1", DONE)
    world.statuses("ACTIVE", "STOPPING", "SHUTOFF")
    world.wait(driver.stop(server(), "hard"))
    assert world.script.writes == [(f"PUT /instances/{ID}/stop@LON1", None)]
    assert len(world.script.calls) == 4


def test_start_waits_for_active(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/start@LON1", DONE)
    world.statuses("SHUTOFF", "REBOOTING", "ACTIVE")
    world.wait(driver.start(server(status="SHUTOFF")))
    assert world.script.writes == [(f"PUT /instances/{ID}/start@LON1", None)]
    assert len(world.script.calls) == 4


@pytest.mark.parametrize("shown", ["SHUTOFF", "STOPPING"])
def test_a_state_conflict_in_the_wanted_state_is_a_success(world: World, driver: CivoDriver, shown: str) -> None:
    world.script.on(f"PUT /instances/{ID}/stop@LON1", WRONG_STATE)
    world.statuses(shown, "SHUTOFF")
    world.wait(driver.stop(server(), "hard"))


def test_a_state_conflict_in_another_state_fails(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/stop@LON1", WRONG_STATE)
    world.statuses("MIGRATING")
    with pytest.raises(ConflictError):
        driver.stop(server(), "hard")


def test_waiting_fails_on_an_error_state_and_when_the_server_vanishes(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/stop@LON1", DONE)
    world.statuses("ERROR")
    with pytest.raises(OperationFailedError):
        world.wait(driver.stop(server(), "hard"))
    world.script.on(f"GET /instances/{ID}@LON1", NOT_HERE)
    with pytest.raises(NotFoundError):
        world.wait(driver.stop(server(), "hard"))


@pytest.mark.parametrize("mode, path", [("graceful_then_hard", "soft_reboots"), ("graceful", "soft_reboots"), ("hard", "hard_reboots")])
def test_restart_is_soft_unless_hard_is_asked_for(world: World, driver: CivoDriver, mode: str, path: str) -> None:
    world.script.on(f"POST /instances/{ID}/{path}@LON1", DONE)
    world.statuses("REBOOTING", "ACTIVE")
    world.wait(driver.restart(server(), mode))
    assert world.script.writes == [(f"POST /instances/{ID}/{path}@LON1", None)]
    assert len(world.script.calls) == 3


def test_a_reboot_that_is_never_seen_takes_an_interval(world: World, driver: CivoDriver) -> None:
    world.script.on(f"POST /instances/{ID}/soft_reboots@LON1", DONE)
    world.statuses("ACTIVE")
    before = world.clock.time
    world.wait(driver.restart(server(), "graceful"))
    assert world.clock.time - before >= 3.0


def test_a_stale_active_does_not_end_a_reboot(world: World, driver: CivoDriver) -> None:
    world.script.on(f"POST /instances/{ID}/soft_reboots@LON1", DONE)
    world.statuses("ACTIVE", "REBOOTING", "REBOOTING", "REBOOTING", "REBOOTING", "ACTIVE")
    world.wait(driver.restart(server(), "graceful"))
    assert len(world.script.calls) == 7


def test_an_unclear_reboot_is_clear_when_it_shows(world: World, driver: CivoDriver) -> None:
    world.script.on(f"POST /instances/{ID}/soft_reboots@LON1", (502, {}))
    world.statuses("REBOOTING", "ACTIVE")
    world.wait(driver.restart(server(), "graceful"))
    assert len(world.script.writes) == 1


@pytest.mark.parametrize("answer", [ROW, (500, {}), NOT_HERE])
def test_an_unclear_reboot_that_does_not_show_stays_unclear(world: World, driver: CivoDriver, answer: Answer) -> None:
    world.script.on(f"POST /instances/{ID}/soft_reboots@LON1", (502, {}))
    world.script.on(f"GET /instances/{ID}@LON1", answer)
    world.script.on(f"GET /instances/{ID}@NYC1", NOT_HERE)
    with pytest.raises(OutcomeUnknownError):
        driver.restart(server(), "graceful")
    assert len(world.script.writes) == 1


# -- changes ------------------------------------------------------------------------------------------------------------


def test_tags_are_always_sent(script: Script, driver: CivoDriver) -> None:
    script.on(f"PUT /instances/{ID}/tags@LON1", DONE)
    assert driver.set_tags(server(), {"role": "web", "a": ""}) is None
    assert driver.set_tags(server(), {}) is None
    assert script.bodies == [{"tags": "a role=web", "region": "LON1"}, {"tags": "", "region": "LON1"}]


@pytest.mark.parametrize("answer", [DONE, ROW])
def test_a_firewall_is_assigned(script: Script, driver: CivoDriver, answer: Answer) -> None:
    script.on(f"PUT /instances/{ID}/firewall@LON1", answer)
    assert driver.set_firewalls(server(), [Ref(FW2, "inside")]) is None
    assert script.writes == [(f"PUT /instances/{ID}/firewall@LON1", {"firewall_id": FW2, "region": "LON1"})]


def test_rename_sends_all_three_fields(script: Script, driver: CivoDriver) -> None:
    script.on(f"PUT /instances/{ID}@LON1", DONE)
    assert driver.rename(server(reverse_dns="web.example.com"), "web2") is None
    assert script.writes == [(f"PUT /instances/{ID}@LON1", {"hostname": "web2", "reverse_dns": "web.example.com", "notes": "mine"})]


def test_rename_sends_the_notes_as_they_are(script: Script, driver: CivoDriver) -> None:
    script.on(f"PUT /instances/{ID}@LON1", DONE)
    driver.rename(server(notes=" two\nlines \n"), "other")
    assert script.bodies[-1]["notes"] == " two\nlines \n"


def test_a_bigger_size_is_predicted(world: World, driver: CivoDriver) -> None:
    world.offers()
    details = driver.check_change(server(), {"size": "g3.medium"}, wish())
    assert details == {"price": None, "effect": "restart", "cost": True, "predicted": {"cpu": 2, "memory_mb": 4096, "disk_gb": 50}}


@pytest.mark.parametrize("size, told", [("g4c.thin", "memory_mb 2048 to 1024"), ("g2.small", "g3.medium"), ("nope", "g3.medium")])
def test_a_size_that_shrinks_anything_or_is_not_offered_is_refused(world: World, driver: CivoDriver, size: str, told: str) -> None:
    world.offers()
    with pytest.raises(OptionError, match=told):
        driver.check_change(server(), {"size": size}, wish())
    with pytest.raises(OptionError):  # what the object does not tell comes from the list
        driver.check_change(server(ram_mb=None), {"size": size}, wish())


def test_resize_ends_when_the_size_shows_and_nothing_moves(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/resize@LON1", DONE)
    reads = [("ACTIVE", "g3.small"), ("REBOOTING", "g3.small"), ("REBOOTING", "g3.medium"), ("ACTIVE", "g3.medium")]
    world.script.on(f"GET /instances/{ID}@LON1", *({**ROW, "status": status, "size": size} for status, size in reads))
    world.wait(driver.resize(server(), {"size": "g3.medium"}, wish()))
    assert world.script.writes == [(f"PUT /instances/{ID}/resize@LON1", {"size": "g3.medium", "region": "LON1"})]
    assert len(world.script.calls) == 5


def test_an_unclear_resize_may_be_sent_again_after_a_look(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/resize@LON1", (500, {}))
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.resize(server(), {"size": "g3.medium"}, wish())
    assert caught.value.check_first
    assert len(world.script.writes) == 1


@pytest.mark.parametrize("rescue, method", [(True, "PUT"), (False, "DELETE")])
def test_rescue_switches_recovery_and_reboots_hard(world: World, driver: CivoDriver, rescue: bool, method: str) -> None:
    world.script.on(f"{method} /instances/{ID}/recovery@LON1", DONE)
    world.script.on(f"POST /instances/{ID}/hard_reboots@LON1", DONE)
    world.statuses("REBOOTING", "ACTIVE")
    world.wait(driver.set_rescue(server(), rescue))
    assert [call for call, _body in world.script.writes] == [f"{method} /instances/{ID}/recovery@LON1", f"POST /instances/{ID}/hard_reboots@LON1"]


def test_rescue_of_a_stopped_server_starts_it(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/recovery@LON1", DONE)
    world.script.on(f"PUT /instances/{ID}/start@LON1", DONE)
    world.statuses("ACTIVE")
    stopped = server(status="SHUTOFF")
    assert stopped.status == STOPPED
    world.wait(driver.set_rescue(stopped, True))
    assert [call for call, _body in world.script.writes] == [f"PUT /instances/{ID}/recovery@LON1", f"PUT /instances/{ID}/start@LON1"]


def test_recovery_that_is_on_already_still_takes_the_reboot(world: World, driver: CivoDriver) -> None:
    world.script.on(f"PUT /instances/{ID}/recovery@LON1", (409, {"code": "database_instance_already_in_rescue_state"}))
    world.script.on(f"POST /instances/{ID}/hard_reboots@LON1", DONE)
    world.statuses("ACTIVE")
    driver.set_rescue(server(), True)
    assert len(world.script.writes) == 2


@pytest.mark.parametrize("word, reboots", [("disabled", 1), ("enabled", 0)])
def test_a_conflict_over_recovery_is_decided_by_its_state(world: World, driver: CivoDriver, word: str, reboots: int) -> None:
    world.script.on(f"DELETE /instances/{ID}/recovery@LON1", WRONG_STATE)
    world.script.on(f"GET /instances/{ID}/recovery@LON1", {"result": word})
    world.script.on(f"POST /instances/{ID}/hard_reboots@LON1", DONE)
    if reboots:
        driver.set_rescue(server(), False)
    else:
        with pytest.raises(ConflictError):
            driver.set_rescue(server(), False)
    assert len(world.script.writes) == 1 + reboots


def test_leaving_rescue_does_not_start_a_stopped_server(world: World, driver: CivoDriver) -> None:
    world.script.on(f"DELETE /instances/{ID}/recovery@LON1", DONE)
    assert driver.set_rescue(server(status="SHUTOFF"), False) is None
    assert len(world.script.writes) == 1


@pytest.mark.parametrize("answer", [requests.exceptions.ReadTimeout(), (409, {"code": "instance_state_must_be_active_or_shutoff"})])
def test_recovery_without_its_reboot_is_told_since_no_later_run_can_see_it(world: World, driver: CivoDriver, answer: Answer) -> None:
    world.script.on(f"PUT /instances/{ID}/recovery@LON1", DONE)
    world.script.on(f"POST /instances/{ID}/hard_reboots@LON1", answer)
    world.statuses("ACTIVE")
    with pytest.raises(NotAppliedError, match="state: restarted") as caught:
        driver.set_rescue(server(), True)
    assert caught.value.facts["changed"] is True


# -- delete -------------------------------------------------------------------------------------------------------------


def test_delete_waits_until_it_is_gone_and_the_region_proven(world: World, driver: CivoDriver) -> None:
    world.script.on(f"DELETE /instances/{ID}@LON1", DONE)
    world.script.on(f"GET /instances/{ID}@LON1", ROW, {**ROW, "status": "DELETING"}, NOT_HERE)
    world.wait(driver.delete(server(), wish(), {}))
    assert world.script.writes == [(f"DELETE /instances/{ID}@LON1", None)]
    assert world.script.calls[1:] == [f"GET /instances/{ID}@LON1"] * 3 + ["GET /regions"]


def test_what_is_gone_needs_no_delete(script: Script, driver: CivoDriver) -> None:
    for region in ("LON1", "NYC1"):
        script.on(f"GET /instances/{ID}@{region}", NOT_HERE)
    script.on(f"DELETE /instances/{ID}@LON1", (500, {}), NOT_HERE)
    assert driver.delete(server(), wish(), {}) is None


def test_a_delete_that_finds_it_going_waits(world: World, driver: CivoDriver) -> None:
    world.script.on(f"DELETE /instances/{ID}@LON1", WRONG_STATE)
    world.script.on(f"GET /instances/{ID}@LON1", {**ROW, "status": "DELETING"}, NOT_HERE)
    world.wait(driver.delete(server(), wish(), {}))


@pytest.mark.parametrize("answer, kind", [(WRONG_STATE, ConflictError), (NOT_HERE, NotFoundError)])
def test_a_refused_delete_fails(world: World, driver: CivoDriver, answer: Answer, kind: type[VpsError]) -> None:
    world.has(ROW)
    world.script.on(f"DELETE /instances/{ID}@LON1", answer)
    with pytest.raises(kind):
        driver.delete(server(), wish(), {})


def test_a_delete_names_what_stays_behind(driver: CivoDriver) -> None:
    stays = server(reserved_ip="212.2.247.9", attached_volumes=[{"id": "vol-1"}, None])
    assert driver.delete_targets(stays, ()) == ({}, ["reserved address 212.2.247.9", "volume vol-1"])
    assert driver.delete_targets(server(), ()) == ({}, [])


# -- the profile --------------------------------------------------------------------------------------------------------


def test_every_option_is_either_taken_or_told_what_to_do_instead() -> None:
    capabilities = CivoDriver.PROFILE.capabilities
    assert not set(capabilities.options) & set(capabilities.instead)
    assert set(FIELDS) == (set(capabilities.options) | set(capabilities.instead)) & set(FIELDS)
    assert set(capabilities.carried) <= set(capabilities.options)


@pytest.mark.parametrize(
    "verb", [lambda driver: driver.rebuild(server(), None), lambda driver: driver.suspend(server()), lambda driver: driver.reset_password(server())]
)
def test_what_civo_cannot_do_is_refused_without_a_call(script: Script, driver: CivoDriver, verb: t.Callable[[CivoDriver], t.Any]) -> None:
    with pytest.raises(UnsupportedError, match="Civo"):
        verb(driver)
    assert script.calls == []
