# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Gcore driver at the wire: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    AuthError,
    CapacityError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
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
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import DELETING, RUNNING, Instance, Price, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Operation
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Refused, Response, Retry
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import FIELDS as ALL_FIELDS
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Connection, Receipt, Wish
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore import api, mapping
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.driver import GcoreDriver
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context, Request, Session

TOKEN = "1234$abcdef0123456789"
HOST = "https://api.gcore.com"
PROJECTS, REGIONS, TASKS = "GET /v1/projects", "GET /v1/regions", "GET /v1/tasks"
LIST, ITEM = "GET /v1/instances/1337/4", "/v1/instances/1337/4/vm-1"
GET = f"GET {ITEM}"
CREATE, LIMITS = "POST /v2/instances/1337/4", "POST /v2/instances/1337/4/check_limits"
FITTING = "POST /v1/instances/1337/4/available_flavors"
ACTION = "POST /v2/instances/1337/4/vm-1/action"
DELETE, RENAME = f"DELETE {ITEM}", f"PATCH {ITEM}"
FLAVOR, OFFERED = f"POST {ITEM}/changeflavor", f"GET {ITEM}/available_flavors"
PORTS, INTERFACES, UNION = f"GET {ITEM}/ports", f"GET {ITEM}/interfaces", f"GET {ITEM}/securitygroups"
ASSIGN, UNASSIGN = f"POST {ITEM}/addsecuritygroup", f"POST {ITEM}/delsecuritygroup"
TAGS_READ, TAGS_SET, TAGS_REPLACE = (f"{method} {ITEM}/metadata" for method in ("GET", "POST", "PUT"))
TAGS_REMOVE = "DELETE /v2/instances/1337/4/vm-1/metadata_item"
FLAVORS, IMAGES, NETWORKS, SUBNETS, GROUPS, FLOATING, VOLUMES = (
    f"GET /v1/{kind}/1337/4" for kind in ("flavors", "images", "networks", "subnets", "securitygroups", "floatingips", "volumes")
)
KEYS = "GET /v1/ssh_keys/1337"
VOLUME, EXTEND = "GET /v1/volumes/1337/4/vol-1", "POST /v1/volumes/1337/4/vol-1/extend"

Row = dict[str, t.Any]


def listed(*rows: Row, count: int | None = None) -> Row:
    return {"count": len(rows) if count is None else count, "results": list(rows)}


def problem(status: int, name: str, message: str, **more: t.Any) -> tuple[int, Row]:
    return status, {"exception_class": name, "message": message, "request_id": "req-9", **more}


NOT_FOUND = problem(404, "NotFoundError", "Instance vm-1 not found")
LOCKED = problem(409, "ConflictError", "Instance vm-1 is locked by task t-9")
PROJECT_ROWS = listed({"id": 1337, "name": "default", "is_default": True}, {"id": 1400, "name": "staging", "is_default": False})
REGION_ROWS = listed(
    {"id": 4, "display_name": "Luxembourg-2", "slug": "luxembourg-2", "keystone_name": "ED-10", "state": "ACTIVE", "country": "LU"},
    {"id": 7, "display_name": "Frankfurt", "slug": "frankfurt", "keystone_name": "ED-15", "state": "ACTIVE"},
    {"id": 12, "display_name": "Sao Paulo", "slug": "sao-paulo", "keystone_name": "ED-21", "state": "MAINTENANCE"},
)
FLAVOR_ROWS = listed(
    {"flavor_id": "g2-1-2", "vcpus": 1, "ram": 2048, "disabled": False, "price_per_month": 9.5, "currency_code": "EUR"},
    {"flavor_id": "g2-2-4", "vcpus": 2, "ram": 4096, "disabled": False, "price_per_month": 0, "price_per_hour": 0},
    {"flavor_id": "g1-old", "vcpus": 1, "ram": 1024, "disabled": True},
)
IMAGE_ROWS = listed(
    {"id": "img-u", "name": "ubuntu", "os_type": "linux", "min_disk": 10},
    {"id": "img-w", "name": "windows", "os_type": "windows", "min_disk": 50},
    {"id": "img-d1", "name": "double", "os_type": "linux", "min_disk": 10},
    {"id": "img-d2", "name": "double", "os_type": "linux", "min_disk": 10},
    {"id": "img-0", "name": "bare", "os_type": "linux", "min_disk": 0},
)
NETWORK_ROWS = listed({"id": "net-1", "name": "net1", "external": False}, {"id": "net-p", "name": "public", "external": True})
SUBNET_ROWS = listed({"id": "sub-1", "name": "sub1", "network_id": "net-1", "cidr": "10.0.0.0/16"})
GROUP_ROWS = listed(*({"id": f"sg-{name}", "name": name} for name in ("default", "web", "ssh", "db")))
KEY_ROWS = listed({"id": "key-1", "name": "ops"}, {"id": "key-2", "name": "ops2"})
CATALOGUE = {FLAVORS: FLAVOR_ROWS, IMAGES: IMAGE_ROWS, NETWORKS: NETWORK_ROWS, SUBNETS: SUBNET_ROWS, GROUPS: GROUP_ROWS, KEYS: KEY_ROWS}
BASE = {"image": "ubuntu", "size": "g2-1-2"}


def vm(**changes: t.Any) -> Row:
    """A server as the provider shows it."""
    return {
        "id": "vm-1",
        "name": "web1",
        "status": "ACTIVE",
        "vm_state": "active",
        "task_state": None,
        "task_id": None,
        "created_at": "2023-11-29T10:56:49Z",
        "project_id": 1337,
        "region_id": 4,
        "flavor": {"flavor_id": "g2-1-2", "ram": 2048, "vcpus": 1},
        "addresses": {"net1": [{"type": "fixed", "addr": "10.0.0.17"}, {"type": "floating", "addr": "92.38.157.216"}]},
        "fixed_ip_assignments": [{"external": False, "ip_address": "10.0.0.17", "subnet_id": "sub-1"}],
        "security_groups": [{"name": "default"}],
        "volumes": [{"id": "vol-1", "delete_on_termination": False}, {"id": "vol-2", "delete_on_termination": False}],
        "tags": [
            {"key": "env", "value": "prod", "read_only": False},
            {"key": "image_id", "value": "img-u", "read_only": True},
            {"key": "image_name", "value": "ubuntu", "read_only": True},
        ],
        "ssh_key_name": "ops",
        **changes,
    }


def task(state: str = "FINISHED", number: str = "t-1", **more: t.Any) -> Row:
    return {"id": number, "task_type": "create_vm", "state": state, "error": None, "project_id": 1337, "region_id": 4, "created_resources": None, **more}


class Script(Session[tuple[str, t.Any, t.Any]]):
    """A call is method and path below the prefix; C(sent) lists calls, queries and bodies."""

    def read(self, request: Request) -> tuple[str, tuple[str, t.Any, t.Any]]:
        prefix = f"{HOST}/cloud"
        assert request.url.startswith(prefix), request.url
        call = f"{request.method} {request.url[len(prefix) :]}"
        return call, (call, request.arguments["params"], request.body)

    @property
    def calls(self) -> list[str]:
        return [call for call, _query, _body in self.sent]

    @property
    def writes(self) -> list[tuple[str, t.Any]]:
        return [(call, body) for call, _query, body in self.sent if not call.startswith("GET") and call not in (LIMITS, FITTING)]

    def query(self, call: str) -> t.Any:
        return next(query for sent, query, _body in self.sent if sent == call)


class World(Context[Script]):
    """A task at Gcore."""

    def __init__(self, *, check_mode: bool = False, url: str = HOST, **connection: t.Any) -> None:
        super().__init__(
            GcoreDriver.PROFILE,
            Connection("gcore", TOKEN, url, **{"project": "1337", "region": "4", **connection}),
            Script(),
            wait_timeout=1800.0,
            check_mode=check_mode,
            secrets=["s3cret-pass"],
        )
        self.driver = GcoreDriver(self)

    def server(self, **changes: t.Any) -> Instance:
        """A server as the last read brought it, without that read in the record."""
        self.script.on(GET, vm(**changes))
        found = self.driver.get("vm-1")
        assert found is not None
        self.script.sent.clear()
        return found


@pytest.fixture
def world() -> World:
    return World()


def wish(name: str | None = "web1", **fields: t.Any) -> Wish:
    return Wish(name=name, id=None, state="present", fields=fields)


def refusal(kind: type[VpsError] | tuple[type[VpsError], ...], do: t.Callable[[], t.Any]) -> VpsError:
    with pytest.raises(kind) as caught:
        do()
    return caught.value


# -- the connection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [HOST, f"{HOST}/", f"{HOST}/cloud", f"{HOST}/cloud/"])
def test_the_cloud_prefix_is_added_when_it_is_missing(url: str) -> None:
    world = World(url=url)
    world.script.on(GET, vm())
    assert world.driver.get("vm-1")
    assert world.script.headers[0]["Authorization"] == f"APIKey {TOKEN}"


def test_calls_that_write_are_sent_again_only_where_the_contract_allows() -> None:
    writes = {call.id: call.retry for call in api.CALLS if call.mutates}
    assert {operation for operation, retry in writes.items() if retry is Retry.NEVER} == {
        "instances.create",
        "instances.action",
        "instances.change_flavor",
        "instances.add_to_servergroup",
        "instances.remove_from_servergroup",
        "volumes.extend",
        "volumes.create",
        "volumes.attach",
        "volumes.detach",
        "volumes.revert",
        "floating_ips.create",
        "instances.attach_interface",
        "instances.detach_interface",
        "snapshots.create",
        "lifecycle_policies.create",
        "lifecycle_policies.add_schedules",
        "security_groups.create",
        "ssh_keys.create",
    }
    assert set(writes.values()) == {Retry.NEVER, Retry.IDEMPOTENT}
    assert [call.id for call in api.CALLS if call.refused is Refused.LOOK_FIRST] == ["instances.create"]
    assert all(call.retry is Retry.READ for call in api.CALLS if not call.mutates)
    assert not api.CHECK_LIMITS.mutates


def answer_of(status: int, body: t.Any) -> Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return Response(status, {}, None if isinstance(body, str) else body, not isinstance(body, str), content)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"exception_class": "token_not_valid", "message": "Bad permanent token: 1234$a..."}, AuthError),
        (401, "<html>", AuthError),
        (403, {"exception_class": "QuotaLimitExceed", "message": "Quota limit for volume_size exceeded by 70"}, QuotaError),
        (400, {"exception_class": "QuotaLimitExceedError", "message": "x"}, QuotaError),
        (403, {"exception_class": "ForbiddenError", "message": "The region has reached the limit of flavor g2"}, CapacityError),
        (403, {"exception_class": "ForbiddenError", "message": "no"}, ForbiddenError),
        (403, "<html>", ForbiddenError),
        (404, {"exception_class": "NotFoundError", "message": "x"}, NotFoundError),
        (404, {"code": 404, "message": "x"}, NotFoundError),
        (404, "<html>", ConfigurationError),
        (405, {"exception_class": "HTTPError", "message": "x"}, RejectedError),
        (409, {"exception_class": "ConflictError", "message": "x"}, ConflictError),
        (400, {"exception_class": "ValidationError", "message": "x"}, RejectedError),
        (422, {"message": "x"}, RejectedError),
        (408, "", TransientError),
        (500, "", TransientError),
        (502, "<html>", TransientError),
        (200, "<html>", ProtocolError),
        (200, [], ProtocolError),
        (200, {"results": {}}, ProtocolError),
        (200, {"results": ["x"]}, ProtocolError),
    ],
)
def test_answers_are_told_apart(status: int, body: t.Any, kind: type[VpsError]) -> None:
    assert api.classify(api.LIST, answer_of(status, body)).__class__ is kind


def test_an_answer_must_have_the_documented_form() -> None:
    assert api.classify(api.CREATE, answer_of(200, {"tasks": ["t-1"]})) is None
    assert isinstance(api.classify(api.CREATE, answer_of(200, {"tasks": []})), ProtocolError)
    assert isinstance(api.classify(api.CREATE, answer_of(200, "")), ProtocolError)
    assert api.classify(api.ACTION, answer_of(200, {"tasks": []})) is None
    assert api.classify(api.ACTION, answer_of(204, "")) is None
    assert isinstance(api.classify(api.ACTION, answer_of(200, {"tasks": "t-1"})), ProtocolError)
    assert api.classify(api.ASSIGN, answer_of(204, "")) is None
    assert api.classify(api.PORTS, answer_of(200, {})) is None
    assert isinstance(api.classify(api.GET, answer_of(200, [vm()])), ProtocolError)


def test_a_failure_tells_message_code_and_request_but_no_secret_and_no_traceback(world: World) -> None:
    fields = {"user_data": ["s3cret-pass is not base64"], "name": ["too short"]}
    world.script.on(LIST, problem(400, "ValidationError", "name: too short", invalid_fields=fields, traceback="in line 5"))
    error = refusal(RejectedError, lambda: world.driver.find("web1"))
    assert error.facts == {
        "provider_message": "name: too short user_data: ******** is not base64",
        "provider_code": "ValidationError",
        "request_id": "req-9",
        "http_status": 400,
    }
    assert "instances.list" in str(error) and "req-9" in str(error) and "line 5" not in str(error)


def test_a_refused_token_is_never_quoted(world: World) -> None:
    world.script.on(GET, problem(401, "token_not_valid", "Bad permanent token: 1234$a..."))
    error = refusal(AuthError, lambda: world.driver.get("vm-1"))
    assert "1234" not in str(error) and "provider_message" not in error.facts
    assert "dollar" in str(error)


# -- pages --------------------------------------------------------------------------------------------------------------


def test_all_pages_are_read_by_what_was_received_and_each_object_counts_once(world: World) -> None:
    rows = [vm(id=f"vm-{number}", name="web1") for number in range(5)]
    world.script.on(LIST, listed(*rows[:2], count=5), listed(rows[1], rows[2], count=5), listed(rows[4], count=5))
    found = world.driver.find("web1")
    assert [match.id for match in found.matches] == ["vm-0", "vm-1", "vm-2", "vm-4"]
    assert [query["offset"] for _call, query, _body in world.script.sent] == [0, 2, 4]
    assert {query["limit"] for _call, query, _body in world.script.sent} == {1000}


def test_an_empty_page_ends_a_list_and_a_missing_count_reads_on(world: World) -> None:
    world.script.on(LIST, listed(vm(), count=9), listed(count=9))
    assert len(world.driver.find("web1").matches) == 1
    world.script.on(LIST, {"results": [vm()]}, {"results": [vm(id="vm-2")]}, {"results": []})
    assert len(world.driver.find("web1").matches) == 2


def test_a_list_of_interfaces_that_knows_neither_pages_nor_count_ends(world: World) -> None:
    world.script.on(INTERFACES, {"results": [{"port_id": "p1"}, {"port_id": "p2"}]})
    path = {"project_id": "1337", "region_id": "4", "instance_id": "vm-1"}
    assert [row["port_id"] for row in world.driver.api.pages(api.INTERFACES, path)] == ["p1", "p2"]


def test_a_list_that_changes_while_its_pages_are_read_is_read_again(world: World) -> None:
    moved = (listed(vm(id="vm-1"), vm(id="vm-2"), count=4), listed(vm(id="vm-4"), count=3))
    world.script.on(LIST, *moved, listed(vm(id="vm-2"), vm(id="vm-3"), count=3), listed(vm(id="vm-4"), count=3))
    assert [match.id for match in world.driver.find("web1").matches] == ["vm-2", "vm-3", "vm-4"]
    world.script.on(LIST, *moved, *moved, *moved)
    assert "changed while its pages were read" in str(refusal(TransientError, lambda: world.driver.find("web1")))


def test_a_count_below_what_came_ends_no_list(world: World) -> None:
    world.script.on(LIST, listed(vm(), count=0), listed(vm(id="vm-2"), count=0), listed(count=0))
    assert len(world.driver.find("web1").matches) == 2


def test_a_failed_page_is_an_error(world: World) -> None:
    world.script.on(LIST, listed(vm(), count=2), problem(500, "x", "x"))
    refusal(TransientError, lambda: world.driver.find("web1"))


def test_lists_with_small_pages_ask_for_a_hundred(world: World) -> None:
    world.script.on(KEYS, listed(*({"id": f"k-{n}", "name": f"k{n}"} for n in range(100)), count=101), listed({"id": "key-1", "name": "ops"}, count=101))
    assert world.driver.resolve("ssh_keys", "ops", world.server()) == Ref("key-1", "ops")
    assert [(query["limit"], query["offset"]) for _call, query, _body in world.script.sent] == [(100, 0), (100, 100)]


# -- project and region -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "rows", "expected"),
    [
        (None, PROJECT_ROWS, "1337"),
        (None, listed({"id": "8", "name": "only", "is_default": 0}), "8"),
        ("staging", PROJECT_ROWS, "1400"),
        ("old", listed({"id": 1, "name": "old", "state": "DELETED"}, {"id": 2, "name": "old", "state": "ACTIVE"}), "2"),
    ],
)
def test_a_project_is_found(given: str | None, rows: Row, expected: str) -> None:
    world = World(project=given)
    world.script.on(PROJECTS, rows)
    assert world.driver.account() == f"gcore-{expected}"
    assert world.driver.ledger_scope("4") == (expected, "4")
    assert world.script.calls == [PROJECTS]


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ("Staging", PROJECT_ROWS),
        ("web", listed({"id": 1, "name": "web"}, {"id": 2, "name": "web"})),
        (None, listed({"id": 1, "name": "a"}, {"id": 2, "name": "b"})),
        (None, listed()),
    ],
)
def test_a_project_that_is_not_clear_is_refused(given: str | None, rows: Row) -> None:
    world = World(project=given)
    world.script.on(PROJECTS, rows)
    assert refusal(OptionError, world.driver.account).facts["option"] == "project"


def test_the_users_own_account_name_costs_no_call() -> None:
    world = World(project=None, account="shop")
    assert world.driver.account() == "shop"
    assert world.script.sent == []


@pytest.mark.parametrize("region", ["LUXEMBOURG-2", "luxembourg-2", "ed-10", "Luxembourg-2"])
def test_a_region_is_found_by_any_of_its_names(region: str) -> None:
    world = World(region=region)
    world.script.on(REGIONS, REGION_ROWS)
    world.script.on(GET, vm())
    found = world.driver.get("vm-1")
    assert found and found.region == "4"
    assert world.script.calls == [REGIONS, GET]


def test_an_unknown_or_ambiguous_region_is_refused() -> None:
    world = World(region="mars")
    world.script.on(REGIONS, REGION_ROWS)
    error = refusal(OptionError, lambda: world.driver.get("vm-1"))
    assert "Frankfurt (7)" in str(error) and "Sao Paulo" not in str(error)
    world = World(region="x")
    world.script.on(REGIONS, listed({"id": 1, "slug": "x", "state": "ACTIVE"}, {"id": 2, "display_name": "X", "state": "ACTIVE"}))
    refusal(OptionError, lambda: world.driver.get("vm-1"))


# -- finding by name ----------------------------------------------------------------------------------------------------


def test_find_filters_exactly_and_drops_what_is_gone(world: World) -> None:
    rows = [vm(), vm(id="vm-2", name="web10"), vm(id="vm-3", name="Web1"), vm(id="vm-4", status="DELETED"), vm(id="vm-5", task_state="deleting")]
    world.script.on(LIST, listed(*rows))
    found = world.driver.find("web1")
    assert [(match.id, match.status) for match in found.matches] == [("vm-1", RUNNING), ("vm-5", DELETING)]
    assert found.known_ids == {f"vm-{number}" for number in range(1, 6)}
    assert found.building is None
    assert world.script.sent == [(LIST, {"include_k8s": "false", "name": "web1", "limit": 1000, "offset": 0}, None)]


def test_without_a_match_an_unfinished_create_of_that_name_is_awaited(world: World) -> None:
    world.script.on(LIST, listed(vm(id="vm-5", task_state="deleting")))
    rows = [
        task("RUNNING", "t-1", data={"name": "web10", "password": "s3cret-pass"}),
        task("RUNNING", "t-2", data={"name": "web1"}, region_id=7),
        task("FINISHED", "t-3", data={"name": "web1"}),
        task("RUNNING", "t-5", data={"name": "web1"}, project_id=1400),
        task("NEW", "t-4", data={"names": ["web1"]}),
    ]
    world.script.on(TASKS, listed(*rows))
    found = world.driver.find("web1")
    assert world.script.query(TASKS) == {
        "task_type": "create_vm",
        "state": ["NEW", "RUNNING"],
        "project_id": "1337",
        "region_id": "4",
        "limit": 1000,
        "offset": 0,
    }
    assert found.building is not None and found.building.id == "t-4"
    world.script.on("GET /v1/tasks/t-4", task("NEW", "t-4"), task("FINISHED", "t-4", created_resources={"instances": ["vm-1"]}))
    assert world.wait(found.building).instance_id == "vm-1"


def test_nothing_found_is_an_empty_lookup(world: World) -> None:
    world.script.on(LIST, listed(vm(name="web10")))
    world.script.on(TASKS, listed())
    found = world.driver.find("web1")
    assert (found.matches, found.building) == ((), None)
    assert world.script.calls == [LIST, TASKS]


def test_without_a_region_every_active_one_is_searched() -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    world.script.on(LIST, listed())
    world.script.on("GET /v1/instances/1337/7", listed(vm()))
    found = world.driver.find("web1")
    assert [match.region for match in found.matches] == ["7"]
    assert world.script.calls == [REGIONS, LIST, "GET /v1/instances/1337/7"]
    assert [each.region for each in world.driver.list_all()] == ["7"]


def test_a_region_that_refuses_is_an_error_never_a_shorter_list() -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    world.script.on(LIST, listed(vm()))
    world.script.on("GET /v1/instances/1337/7", problem(403, "ForbiddenError", "no"))
    refusal(ForbiddenError, lambda: world.driver.find("web1"))
    refusal(ForbiddenError, world.driver.list_all)


@pytest.mark.parametrize(("connection", "option"), [({"project": "99"}, "project"), ({"region": "99"}, "region"), ({"region": "12"}, "region")])
def test_a_list_that_is_not_found_is_explained(connection: dict[str, str], option: str) -> None:
    world = World(**connection)
    world.script.on(f"GET /v1/instances/{world.connection.project}/{world.connection.region}", NOT_FOUND)
    world.script.on(PROJECTS, PROJECT_ROWS)
    world.script.on(REGIONS, REGION_ROWS)
    assert refusal(OptionError, lambda: world.driver.find("web1")).facts["option"] == option


def test_an_account_without_an_active_region_is_told_so() -> None:
    world = World(region=None)
    world.script.on(REGIONS, listed())
    assert refusal(OptionError, lambda: world.driver.find("web1")).facts["option"] == "region"


# -- finding by id ------------------------------------------------------------------------------------------------------


def test_get_is_one_call_and_a_server_seen_before_is_gone_by_one_404(world: World) -> None:
    world.script.on(GET, vm(), NOT_FOUND)
    assert world.driver.get("vm-1") is not None
    assert world.driver.get("vm-1") is None
    assert world.script.calls == [GET, GET]


def test_absence_is_proven_in_every_region(world: World) -> None:
    world.script.on(GET, NOT_FOUND)
    world.script.on("GET /v1/instances/1337/7/vm-1", NOT_FOUND)
    world.script.on(PROJECTS, PROJECT_ROWS)
    world.script.on(REGIONS, REGION_ROWS)
    assert world.driver.get("vm-1") is None
    assert sorted(world.script.calls) == sorted([GET, PROJECTS, REGIONS, "GET /v1/instances/1337/7/vm-1"])


def test_an_id_of_another_region_names_that_region(world: World) -> None:
    world.script.on(GET, NOT_FOUND)
    world.script.on("GET /v1/instances/1337/7/vm-1", vm())
    world.script.on(PROJECTS, PROJECT_ROWS)
    world.script.on(REGIONS, REGION_ROWS)
    error = refusal(OptionError, lambda: world.driver.get("vm-1"))
    assert "region: 7" in str(error)


@pytest.mark.parametrize(("connection", "option"), [({"project": "99"}, "project"), ({"region": "99"}, "region")])
def test_a_404_in_a_wrong_scope_is_no_absence(connection: dict[str, str], option: str) -> None:
    world = World(**connection)
    world.script.on(f"GET /v1/instances/{world.connection.project}/{world.connection.region}/vm-1", NOT_FOUND)
    world.script.on(PROJECTS, PROJECT_ROWS)
    world.script.on(REGIONS, REGION_ROWS)
    assert refusal(OptionError, lambda: world.driver.get("vm-1")).facts["option"] == option


def test_without_a_region_an_id_is_searched_everywhere() -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    world.script.on(GET, NOT_FOUND)
    world.script.on("GET /v1/instances/1337/7/vm-1", vm(), NOT_FOUND)
    found = world.driver.get("vm-1")
    assert found and found.region == "7"
    other = World(region=None, project="99")
    other.script.on(REGIONS, REGION_ROWS)
    for region in (4, 7):
        other.script.on(f"GET /v1/instances/99/{region}/vm-1", NOT_FOUND)
    other.script.on(PROJECTS, PROJECT_ROWS)
    assert refusal(OptionError, lambda: other.driver.get("vm-1")).facts["option"] == "project"


@pytest.mark.parametrize("answer", [problem(401, "x", "x"), problem(403, "ForbiddenError", "x"), (502, ""), (404, "<html>")])
def test_a_failed_read_is_never_absence(world: World, answer: Answer) -> None:
    world.script.on(GET, answer)
    refusal(VpsError, lambda: world.driver.get("vm-1"))


def test_a_deleted_row_is_absent(world: World) -> None:
    world.server()
    world.script.on(GET, vm(status="SOFT_DELETED"))
    assert world.driver.get("vm-1") is None


# -- mapping ------------------------------------------------------------------------------------------------------------


def seen(row: Row) -> Instance:
    return mapping.instance_of(row, account="gcore-1337", region="4")


def test_a_server_in_neutral_words() -> None:
    public = seen(vm()).public()
    addresses = public.pop("addresses")
    assert public == {
        "id": "vm-1",
        "name": "web1",
        "provider": "gcore",
        "account": "gcore-1337",
        "region": "4",
        "status": "running",
        "provider_status": "ACTIVE",
        "locked": None,
        "rescue": False,
        "image": "ubuntu",
        "image_id": "img-u",
        "size": "g2-1-2",
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": None,
        "username": None,
        "public_ipv4": "92.38.157.216",
        "public_ipv6": None,
        "private_ipv4": "10.0.0.17",
        "tags": {"env": "prod"},
        "firewalls": [{"id": None, "name": "default"}],
        "network": "net1",
        "network_id": None,
        "created_at": "2023-11-29T10:56:49Z",
        "not_read": ["disk_gb"],
    }
    assert [(each["address"], each["scope"], each["primary"]) for each in addresses] == [("10.0.0.17", "private", False), ("92.38.157.216", "public", True)]


def test_the_older_vocabulary_reads_the_same() -> None:
    new = vm()
    renamed = {"id": "instance_id", "name": "instance_name", "created_at": "instance_created", "ssh_key_name": "keypair_name", "tags": "metadata_detailed"}
    old = {renamed.get(key, key): value for key, value in new.items()}
    assert seen(old) == seen(new)
    del old["metadata_detailed"]
    old["metadata"] = {"env": "prod", "image_id": "img-u", "image_name": "ubuntu"}
    assert seen(old) == seen(new)


def test_types_are_tolerated_and_unknown_keys_ignored() -> None:
    strange = vm(
        flavor={"flavor_id": "g2-1-2", "ram": "2048", "vcpus": "1"}, addresses=None, security_groups=None, tags=[{"key": "n", "value": 5}], password="x"
    )
    found = seen(strange)
    assert (found.cpu, found.memory_mb, found.addresses, found.firewalls, found.networks) == (1, 2048, (), (), None)
    assert found.tags == {"n": "5"}
    assert "password" not in json.dumps(found.public())
    assert seen(vm(flavor="g2-1-2")).size == "g2-1-2"


def test_a_server_without_an_id_is_no_server() -> None:
    with pytest.raises(ProtocolError):
        seen(vm(id=None))


@pytest.mark.parametrize(
    ("word", "status", "settled"),
    [
        ("ACTIVE", "running", True),
        ("SHUTOFF", "stopped", True),
        ("SUSPENDED", "suspended", True),
        ("PAUSED", "suspended", True),
        ("SHELVED_OFFLOADED", "suspended", True),
        ("BUILD", "building", False),
        ("REBOOT", "rebooting", False),
        ("HARD_REBOOT", "rebooting", False),
        ("RESIZE", "resizing", False),
        ("VERIFY_RESIZE", "resizing", False),
        ("REBUILD", "rebuilding", False),
        ("MIGRATING", "running", False),
        ("RESCUE", "rescue", False),
        ("ERROR", "error", True),
        ("SOFT_DELETED", "absent", True),
        ("UNKNOWN", "unknown", False),
        ("SOMETHING_NEW", "unknown", False),
        (None, "unknown", False),
    ],
)
def test_status_words(word: str | None, status: str, settled: bool) -> None:
    found = seen(vm(status=word))
    assert (found.status, found.settled, found.provider_status) == (status, settled, word)


def test_an_active_server_with_work_left_is_not_settled() -> None:
    assert not seen(vm(task_state="rebooting")).settled
    assert not seen(vm(task_id="t-9")).settled
    assert seen(vm(task_state="deleting")).status == DELETING


def test_addresses_are_public_by_what_the_provider_says_else_by_themselves() -> None:
    assigned = [{"ip_address": "10.9.9.9", "external": True}, {"ip_address": "92.38.1.1", "external": False}]
    addresses = {
        "a": [{"type": "fixed", "addr": "10.9.9.9"}, {"type": "fixed", "addr": "92.38.1.1"}, {"type": "fixed", "addr": "10.1.1.1"}],
        "b": [{"type": "fixed", "addr": "2a03:90c0::5"}, {"type": "fixed", "addr": "no address"}, {"type": "floating", "addr": "10.0.0.9"}],
    }
    found = seen(vm(addresses=addresses, fixed_ip_assignments=assigned))
    scopes = {each.address: each.scope for each in found.addresses}
    assert scopes == {"10.9.9.9": "public", "92.38.1.1": "private", "10.1.1.1": "private", "2a03:90c0::5": "public", "10.0.0.9": "public"}
    assert [each.address for each in found.addresses if each.primary] == ["10.9.9.9"]
    assert found.networks == (Ref(name="a"), Ref(name="b"))
    assert found.facts["floating"] == ("10.0.0.9",)


def test_keys_groups_and_volumes() -> None:
    assert seen(vm()).ssh_keys == (Ref(name="ops"),)
    assert seen(vm(ssh_key_name=None)).ssh_keys == ()
    row = vm()
    del row["ssh_key_name"], row["volumes"]
    assert seen(row).ssh_keys is None
    assert seen(row).facts["volumes"] is None
    assert seen(vm(security_groups=[{"name": "web"}, {"name": "default"}, {"name": "web"}])).firewalls == (Ref(name="default"), Ref(name="web"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"price_per_month": 10.86, "currency_code": "USD"}, Price("10.86", "USD", "month")),
        ({"price_per_month": "12.5"}, Price("12.50", None, "month")),
        ({"price_per_month": 0, "price_per_hour": 0.01508, "currency_code": "EUR"}, Price("0.01508", "EUR", "hour")),
        ({"price_per_month": 100}, Price("100.00", None, "month")),
        ({"price_per_month": 0, "price_per_hour": 0}, None),
        ({"price_per_month": True}, None),
        ({}, None),
    ],
)
def test_prices(row: Row, expected: Price | None) -> None:
    assert mapping.price_of(row) == expected


# -- reading what costs a call ------------------------------------------------------------------------------------------


def test_reading_asks_only_for_what_the_task_manages(world: World) -> None:
    server = world.server()
    assert world.driver.read(server, {"image", "size", "tags", "network"}) == server
    assert world.script.sent == []


def test_the_size_of_the_boot_volume(world: World) -> None:
    server = world.server()
    rows = [
        {"id": "vol-2", "size": 100, "is_root_volume": False},
        {"id": "vol-1", "size": "20", "is_root_volume": True},
        {"id": "vol-x", "size": 5, "is_root_volume": True, "attachments": [{"server_id": "vm-2"}]},
    ]
    world.script.on(VOLUMES, listed(*rows))
    read = world.driver.read(server, {"disk_gb"})
    assert (read.disk_gb, read.not_read) == (20, ())
    assert world.script.query(VOLUMES)["instance_id"] == "vm-1"


def test_groups_of_ports_alike_cost_one_call(world: World) -> None:
    groups = [{"id": "sg-web", "name": "web"}, {"id": "sg-db", "name": "db"}]
    world.script.on(PORTS, listed({"id": "p1", "security_groups": groups}, {"id": "p2", "security_groups": groups[::-1]}))
    read = world.driver.read(world.server(), {"firewalls"})
    assert read.firewalls == (Ref("sg-db", "db"), Ref("sg-web", "web"))
    assert read.facts["uneven_firewalls"] is False
    assert world.script.calls == [PORTS]


def test_ports_that_differ_are_told_unless_they_ignore_groups(world: World) -> None:
    server = world.server()
    world.script.on(PORTS, listed({"id": "p1", "security_groups": [{"id": "sg-web", "name": "web"}]}, {"id": "p2", "security_groups": []}))
    world.script.on(INTERFACES, listed({"port_id": "p1", "port_security_enabled": True}, {"port_id": "p2"}))
    read = world.driver.read(server, {"firewalls"})
    assert read.firewalls == (Ref("sg-web", "web"),) and read.facts["uneven_firewalls"] is True
    world.script.on(INTERFACES, listed({"port_id": "p1"}, {"port_id": "p2", "port_security_enabled": False}))
    read = world.driver.read(server, {"firewalls"})
    assert read.facts["uneven_firewalls"] is False
    assert "p2" in world.warnings[0] and "p1" not in world.warnings[0]


@pytest.mark.parametrize("ports", [{}, {"results": None}, {"count": 0, "results": []}])
def test_where_no_ports_are_told_the_groups_of_the_server_are(world: World, ports: Row) -> None:
    server = world.server()
    world.script.on(PORTS, ports)
    world.script.on(UNION, listed({"id": "sg-web", "name": "web"}, {"id": "sg-web", "name": "web"}))
    assert world.driver.read(server, {"firewalls"}).firewalls == (Ref("sg-web", "web"),)


@pytest.mark.parametrize("field", ["tags", "image"])
def test_tags_and_image_come_from_the_metadata_where_a_server_shows_none(world: World, field: str) -> None:
    server = world.server(tags=None)
    assert server.not_read == ("disk_gb", "tags")
    world.script.on(TAGS_READ, listed({"key": "a", "value": "b", "read_only": False}, {"key": "image_name", "value": "ubuntu", "read_only": True}))
    read = world.driver.read(server, {field})
    assert (read.tags, read.image, read.not_read) == ({"a": "b"}, "ubuntu", ("disk_gb",))


@pytest.mark.parametrize("gone", [NOT_FOUND, (404, "<html>no such route</html>"), problem(405, "HTTPError", "Method not allowed")])
def test_tags_that_a_list_leaves_out_come_from_the_server_where_the_metadata_calls_are_gone(world: World, gone: Answer) -> None:
    server = world.server(tags=None)
    world.script.on(TAGS_READ, gone)
    world.script.on(GET, vm())
    read = world.driver.read(server, {"tags"})
    assert (read.tags, read.image) == ({"env": "prod"}, "ubuntu")
    world.script.on(GET, vm(tags=None))
    refusal(VpsError, lambda: world.driver.read(server, {"tags"}))


# -- refused before anything is sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"name": "-web"}, "name"),
        ({"name": "web-"}, "name"),
        ({"name": "we\nb1"}, "name"),
        ({"name": "wéb1"}, "name"),
        ({"ssh_keys": ["a", "b"]}, "ssh_keys"),
        ({"public_ip": False}, "public_ip"),
        ({"username": "joe"}, "username"),
        ({"tags": {"a b": "c"}}, "tags"),
        ({"tags": {"a": ""}}, "tags"),
        ({"tags": {"a": "b\tc"}}, "tags"),
        ({"tags": {"a": "b" * 256}}, "tags"),
        ({"tags": {"k" * 256: "b"}}, "tags"),
        ({"tags": {"image_id": "b"}}, "tags"),
    ],
)
def test_what_the_options_alone_show_is_refused(world: World, given: Row, option: str) -> None:
    name = given.get("name", "web1")
    fields = {key: value for key, value in given.items() if key != "name"}
    error = refusal(OptionError, lambda: world.driver.check(wish(name, **fields)))
    assert error.facts["option"] == option
    assert world.script.sent == []


def test_an_id_that_is_none_is_refused(world: World) -> None:
    bad = Wish(name=None, id="../../etc", state="absent", fields={})
    assert refusal(OptionError, lambda: world.driver.check(bad)).facts["option"] == "id"


def test_what_fits_passes_without_a_call(world: World) -> None:
    fields = {"public_ip": False, "network": "net1", "tags": {"a": "b c"}, "username": "u", "password": "p", "ssh_keys": ["ops"]}
    world.driver.check(wish("My web_1.example", **fields))
    assert world.script.sent == []


def test_every_option_is_supported_or_has_advice() -> None:
    capabilities = GcoreDriver.PROFILE.capabilities
    for option in ALL_FIELDS:
        assert (option in capabilities.options) != (option in capabilities.instead), option
    world = World()
    server = world.server()
    for verb in (lambda: world.driver.set_rescue(server, True), lambda: world.driver.rebuild(server, None), lambda: world.driver.set_password(server, "x")):
        refusal(UnsupportedError, verb)
    assert world.script.sent == []


# -- ordering -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(world: World) -> World:
    for call, rows in CATALOGUE.items():
        world.script.on(call, rows)
    world.script.on(FITTING, listed({"flavor_id": "g2-fits"}, {"flavor_id": "g2-off", "disabled": True}))
    return world


def test_a_refused_flavor_names_those_that_fit_the_planned_server(shop: World) -> None:
    error = refusal(OptionError, lambda: shop.driver.order(wish(**{**BASE, "size": "huge"})))
    assert "g2-fits" in str(error) and "g2-off" not in str(error)
    assert shop.script.sent[-1] == (FITTING, {}, {"volumes": [{"source": "image", "image_id": "img-u", "size": 10, "boot_index": 0}]})
    shop.script.on(FITTING, problem(403, "ForbiddenError", "no"))
    error = refusal(OptionError, lambda: shop.driver.order(wish(**{**BASE, "size": "huge"})))
    assert "g2-1-2" in str(error)  # the refusal stands without the advice


def test_the_smallest_order(shop: World) -> None:
    order = shop.driver.order(wish(**BASE))
    assert order.body == {
        "name": "web1",
        "flavor": "g2-1-2",
        "interfaces": [{"type": "external", "ip_family": "ipv4"}],
        "volumes": [{"source": "image", "image_id": "img-u", "size": 10, "boot_index": 0}],
    }
    assert order.scope == ("1337", "4") and order.region == "4"
    assert order.traits == {"name": "web1", "project": "1337", "region": "4"}
    assert order.price == Price("9.50", "EUR", "month")
    assert order.predicted["image_id"] == "img-u" and order.predicted["memory_mb"] == 2048 and order.predicted["disk_gb"] is None
    assert order.predicted["firewalls"] == (Ref(name="default"),)
    assert shop.script.calls == [FLAVORS, IMAGES]
    assert shop.script.query(FLAVORS)["include_prices"] == "true"


def test_a_free_flavor_has_no_price(shop: World) -> None:
    assert shop.driver.order(wish(image="ubuntu", size="g2-2-4")).price is None


PRIVATE = {"type": "any_subnet", "network_id": "net-1"}
SUBNET = {"type": "subnet", "network_id": "net-1", "subnet_id": "sub-1"}
EXTERNAL = {"type": "external", "ip_family": "ipv4"}


@pytest.mark.parametrize(
    ("fields", "interface", "network"),
    [
        ({}, EXTERNAL, None),
        ({"public_ip": True}, EXTERNAL, None),
        ({"network": "net1"}, PRIVATE, "net1"),
        ({"network": "net-1", "public_ip": False}, PRIVATE, "net1"),
        ({"network": "net1", "public_ip": True}, {**PRIVATE, "floating_ip": {"source": "new"}}, "net1"),
        ({"network": "sub1"}, SUBNET, "net1"),
        ({"network": "sub-1", "public_ip": True}, {**SUBNET, "floating_ip": {"source": "new"}}, "net1"),
        ({"network": "public", "public_ip": True}, EXTERNAL, "public"),
    ],
)
def test_network_and_public_ip(shop: World, fields: Row, interface: Row, network: str | None) -> None:
    order = shop.driver.order(wish(**BASE, **fields))
    assert order.body["interfaces"] == [interface]
    assert order.predicted["network"] == network


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"tags": {"role": "web"}}, {"tags": {"role": "web"}}),
        ({"tags": {}}, {}),
        ({"ssh_keys": ["ops"]}, {"ssh_key_name": "ops"}),
        ({"ssh_keys": []}, {}),
        ({"user_data": "#cloud-config\nä"}, {"user_data": base64.b64encode("#cloud-config\nä".encode()).decode()}),
        ({"username": "joe", "password": "s3cret-pass"}, {"username": "joe", "password": "s3cret-pass"}),
        ({"image": "windows", "password": "Abcdef1!", "user_data": "x"}, {"password": "Abcdef1!", "user_data": "eA=="}),
    ],
)
def test_options_that_the_order_carries(shop: World, fields: Row, sent: Row) -> None:
    body = shop.driver.order(wish(**{**BASE, **fields})).body
    assert {key: value for key, value in body.items() if key not in ("name", "flavor", "interfaces", "volumes")} == sent


def test_disk_and_image_id(shop: World) -> None:
    order = shop.driver.order(wish(image="img-d2", size="g2-1-2", disk_gb=30))
    assert order.body["volumes"] == [{"source": "image", "image_id": "img-d2", "size": 30, "boot_index": 0}]
    assert (order.predicted["image"], order.predicted["disk_gb"], order.predicted["not_read"]) == ("double", 30, ())


def test_groups_go_by_id_with_the_interface(shop: World) -> None:
    order = shop.driver.order(wish(**BASE, firewalls=["web", "sg-db", "web"]))
    assert order.body["interfaces"][0]["security_groups"] == [{"id": "sg-web"}, {"id": "sg-db"}]
    assert "security_groups" not in order.body
    assert order.predicted["firewalls"] == (Ref("sg-db", "db"), Ref("sg-web", "web"))


def test_no_groups_at_all_is_left_to_the_step_after(shop: World) -> None:
    order = shop.driver.order(wish(**BASE, firewalls=[]))
    assert "security_groups" not in order.body["interfaces"][0]
    assert order.predicted["firewalls"] == (Ref(name="default"),)


@pytest.mark.parametrize(
    ("fields", "option"),
    [
        ({"size": "huge"}, "size"),
        ({"size": "g1-old"}, "size"),
        ({"image": "none"}, "image"),
        ({"image": "double"}, "image"),
        ({"image": "bare"}, "disk_gb"),
        ({"disk_gb": 9}, "disk_gb"),
        ({"network": "none"}, "network"),
        ({"network": "public", "public_ip": False}, "public_ip"),
        ({"firewalls": ["none"]}, "firewalls"),
        ({"ssh_keys": ["op"]}, "ssh_keys"),
        ({"password": "s3cret-pass", "user_data": "x"}, "user_data"),
        ({"image": "windows", "username": "joe", "password": "Abcdef1!"}, "username"),
        ({"image": "windows", "password": "Abcdef12"}, "password"),
        ({"image": "windows", "password": "Ab1!"}, "password"),
        ({"image": "windows", "password": "Abcdef1!Abcdef1!x"}, "password"),
    ],
)
def test_what_reads_show_is_refused_before_any_write(shop: World, fields: Row, option: str) -> None:
    error = refusal(OptionError, lambda: shop.driver.order(wish(**{**BASE, **fields})))
    assert error.facts["option"] == option
    assert "s3cret" not in str(error) and "Abcdef" not in str(error)
    assert shop.script.writes == []


def test_two_groups_of_one_name_are_refused_by_name(shop: World) -> None:
    shop.script.on(GROUPS, listed({"id": "a", "name": "web"}, {"id": "b", "name": "web"}))
    error = refusal(OptionError, lambda: shop.driver.order(wish(**BASE, firewalls=["web"])))
    assert error.facts["ids"] == ["a", "b"]
    assert shop.driver.order(wish(**BASE, firewalls=["b"])).body["interfaces"][0]["security_groups"] == [{"id": "b"}]


def test_creating_needs_a_region() -> None:
    world = World(region=None)
    world.script.on(REGIONS, REGION_ROWS)
    error = refusal(OptionError, lambda: world.driver.order(wish(**BASE)))
    assert error.facts["option"] == "region" and "Luxembourg-2 (4)" in str(error)


def checking() -> World:
    world = World(check_mode=True)
    for call, rows in CATALOGUE.items():
        world.script.on(call, rows)
    world.script.on(LIMITS, {})
    world.script.on(FITTING, listed())
    return world


def test_check_mode_asks_for_the_quota() -> None:
    world = checking()
    assert world.driver.order(wish(**BASE)).warnings == ()
    call, _query, question = world.script.sent[-1]
    assert call == LIMITS and question["names"] == ["web1"] and set(question) == {"names", "flavor", "volumes", "interfaces"}
    world.script.on(LIMITS, {"vm_count_limit": 5, "vm_count_usage": 5, "vm_count_requested": 1, "ram_limit": 9, "ram_usage": 1, "ram_requested": 0})
    (warning,) = world.driver.order(wish(**BASE)).warnings
    assert "vm_count (5 of 5 used)" in warning and "ram" not in warning
    world.script.on(LIMITS, problem(403, "ForbiddenError", "no"))
    (warning,) = world.driver.order(wish(**BASE)).warnings
    assert "could not be looked at" in warning


def test_check_mode_goes_on_with_what_an_earlier_task_may_make() -> None:
    world = checking()
    order = world.driver.order(wish(**BASE, network="new", firewalls=["web", "new"], ssh_keys=["mine"]))
    assert order.unknown == ("network new", "firewall new", "SSH key mine")
    assert order.predicted["firewalls"] == (Ref(name="new"), Ref("sg-web", "web"))
    assert "interfaces" not in world.script.sent[-1][2]
    for fields in ({"size": "huge"}, {"image": "none"}):
        refusal(OptionError, lambda fields=fields: world.driver.order(wish(**{**BASE, **fields})))


def test_an_order_is_sent_once_and_followed_to_its_server(shop: World) -> None:
    order = shop.driver.order(wish(**BASE))
    shop.script.on(CREATE, {"tasks": ["t-1", "t-2"]})
    receipt = shop.driver.place(order)
    assert receipt == Receipt(operation_id="t-1,t-2")
    assert shop.script.writes == [(CREATE, order.body)]
    shop.script.on("GET /v1/tasks/t-1", task("NEW"), task("RUNNING"), task(created_resources={"instances": ["vm-1"], "volumes": ["vol-1"]}))
    shop.script.on("GET /v1/tasks/t-2", task("RUNNING", "t-2"), task("RUNNING", "t-2"), task("RUNNING", "t-2"), task("FINISHED", "t-2"))
    shop.script.sent.clear()
    assert shop.wait(shop.driver.follow(receipt, order.traits, frozenset())).instance_id == "vm-1"
    assert shop.script.calls.count("GET /v1/tasks/t-1") == 3 and shop.script.calls.count("GET /v1/tasks/t-2") == 4
    shop.script.on(GET, NOT_FOUND)
    assert shop.driver.get("vm-1") is None  # the task told where it is: no search through the regions
    assert shop.script.calls[-1] == GET


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (requests.exceptions.ReadTimeout(), OutcomeUnknownError),
        ((502, ""), OutcomeUnknownError),
        ({"tasks": []}, OutcomeUnknownError),
        ("{", OutcomeUnknownError),
        ((429, ""), RateLimitedError),
        (problem(409, "ConflictError", "locked by a task"), ConflictError),
        (problem(403, "QuotaLimitExceed", "Quota limit for vm_count exceeded by 1"), QuotaError),
    ],
)
def test_an_order_is_never_sent_twice(shop: World, answer: Answer, kind: type[VpsError]) -> None:
    order = shop.driver.order(wish(**BASE))
    shop.script.on(CREATE, answer)
    refusal(kind, lambda: shop.driver.place(order))
    assert shop.script.calls.count(CREATE) == 1


TRAITS = {"name": "web1", "project": "1337", "region": "4"}


def follow(world: World, *answers: Answer) -> Operation:
    world.script.on("GET /v1/tasks/t-1", *answers)
    return world.driver.follow(Receipt(operation_id="t-1"), TRAITS, frozenset({"vm-0"}))


@pytest.mark.parametrize(
    ("said", "kind"), [("Quota limit for ram exceeded by 1", QuotaError), ("No host for s3cret-pass", OperationFailedError), (None, OperationFailedError)]
)
def test_a_failed_task_tells_its_id_and_no_secret(world: World, said: str | None, kind: type[VpsError]) -> None:
    operation = follow(world, task("ERROR", error=said, data={"name": "web1", "user_data": "c2VjcmV0"}))
    error = refusal(kind, lambda: world.wait(operation))
    assert error.facts["operation_id"] == "t-1"
    assert "s3cret" not in str(error) and "c2VjcmV0" not in str(error)


def test_a_fresh_task_may_be_unknown_three_times(world: World) -> None:
    gone = problem(404, "NotFoundError", "Task t-1 not found")
    made = task(created_resources={"instances": ["vm-1"]})
    assert world.wait(follow(world, gone, gone, gone, made)).instance_id == "vm-1"
    other = World()
    other.script.on(LIST, listed())
    operation = follow(other, gone)
    refusal(NotFoundError, lambda: other.wait(operation))
    assert other.script.calls == [*["GET /v1/tasks/t-1"] * 4, LIST]
    other.script.on(LIST, listed(vm(status="BUILD")))
    assert other.wait(follow(other, gone)).instance_id == "vm-1"


def test_a_finished_task_that_tells_no_server_is_looked_up_by_name(world: World) -> None:
    world.script.on(LIST, listed(vm(id="vm-0"), vm(id="vm-1"), vm(id="vm-9", name="web10")))
    assert world.wait(follow(world, task(created_resources=None))).instance_id == "vm-1"
    world.script.on(LIST, listed(vm(id="vm-0")))
    operation = follow(world, task(created_resources={"instances": []}))
    assert refusal(NotFoundError, lambda: world.wait(operation)).facts["operation_id"] == "t-1"  # so that it is looked for
    operation = follow(world, task(created_resources={"instances": ["vm-2", "vm-1"]}))
    assert refusal(AmbiguousError, lambda: world.wait(operation)).facts["ids"] == ["vm-1", "vm-2"]


def test_candidates_are_new_servers_of_exactly_our_name(world: World) -> None:
    rows = [vm(id="vm-0"), vm(id="vm-1"), vm(id="vm-2", name="web10"), vm(id="vm-3", status="DELETED"), vm(id="vm-4", status="BUILD")]
    world.script.on(LIST, listed(*rows))
    assert [each.id for each in world.driver.candidates(TRAITS, frozenset({"vm-0"}))] == ["vm-1", "vm-4"]


def test_what_a_finished_task_told_survives_a_failed_read_of_the_next(world: World) -> None:
    world.script.on("GET /v1/tasks/t-1", task(created_resources={"instances": ["vm-1"]}))
    world.script.on("GET /v1/tasks/t-2", NOT_FOUND, task("FINISHED", "t-2"))
    operation = world.driver.follow(Receipt(operation_id="t-1,t-2"), TRAITS, frozenset())
    assert world.wait(operation).instance_id == "vm-1"
    assert world.script.calls == ["GET /v1/tasks/t-1", "GET /v1/tasks/t-2", "GET /v1/tasks/t-2"]


def test_two_unfinished_orders_of_one_name_are_told_with_both_ids(world: World) -> None:
    world.script.on(TASKS, listed(task("NEW", "t-1", data={"name": "web1"}), task("RUNNING", "t-2", data={"name": "web1"})))
    operation = world.driver.unfinished(TRAITS)
    for number in (1, 2):
        world.script.on(f"GET /v1/tasks/t-{number}", task("FINISHED", f"t-{number}", created_resources={"instances": [f"vm-{number}"]}))
    assert operation is not None
    assert refusal(AmbiguousError, lambda: world.wait(operation)).facts["ids"] == ["vm-1", "vm-2"]


def test_an_unfinished_order_is_found_without_a_region_and_its_task_tells_where() -> None:
    world = World(region=None)
    world.script.on(TASKS, listed(task("NEW", data={"name": "web1"}, region_id=7)))
    world.script.on("GET /v1/tasks/t-1", task(region_id=7, created_resources={"instances": ["vm-1"]}))
    operation = world.driver.unfinished({"name": "web1", "region": None})
    assert world.wait(operation).instance_id == "vm-1"
    assert "region_id" not in world.script.query(TASKS)
    world.script.on("GET /v1/instances/1337/7/vm-1", vm())
    found = world.driver.get("vm-1")
    assert found and found.region == "7"


def test_a_new_server_is_ready_when_it_is_settled(world: World) -> None:
    assert not world.driver.ready(seen(vm(status="BUILD")))
    assert not world.driver.ready(seen(vm(task_id="t-1")))
    assert world.driver.ready(seen(vm()))
    assert refusal(OperationFailedError, lambda: world.driver.ready(seen(vm(status="ERROR")))).facts["id"] == "vm-1"


# -- power --------------------------------------------------------------------------------------------------------------

Verb = t.Callable[[GcoreDriver, Instance], "Operation | None"]
POWER: list[tuple[str, Verb, str, str]] = [
    ("start", lambda driver, server: driver.start(server), "SHUTOFF", "ACTIVE"),
    ("stop", lambda driver, server: driver.stop(server, "graceful"), "ACTIVE", "SHUTOFF"),
    ("stop", lambda driver, server: driver.stop(server, "hard"), "ACTIVE", "SHUTOFF"),
    ("reboot", lambda driver, server: driver.restart(server, "graceful_then_hard"), "ACTIVE", "ACTIVE"),
    ("reboot_hard", lambda driver, server: driver.restart(server, "hard"), "ACTIVE", "ACTIVE"),
    ("suspend", lambda driver, server: driver.suspend(server), "ACTIVE", "SUSPENDED"),
    ("resume", lambda driver, server: driver.resume(server), "SUSPENDED", "ACTIVE"),
]


@pytest.mark.parametrize(("word", "verb", "before", "after"), POWER)
def test_power_words_and_the_wait_for_task_and_state(world: World, word: str, verb: Verb, before: str, after: str) -> None:
    server = world.server(status=before)
    world.script.on(ACTION, {"tasks": ["t-1", "t-2"]})
    world.script.on("GET /v1/tasks/t-1", task("RUNNING"), task())
    world.script.on("GET /v1/tasks/t-2", task("FINISHED", "t-2"))
    world.script.on("GET /v1/tasks/t-3", task("RUNNING", "t-3", task_type="create_snapshot"))
    world.script.on(GET, vm(status=after, task_state="moving"), vm(status=after, task_id="t-3"), vm(status=after))
    operation = verb(world.driver, server)
    assert world.script.writes == [(ACTION, {"action": word})]
    assert world.wait(operation).instance_id == "vm-1"
    assert world.script.calls == [ACTION, "GET /v1/tasks/t-1", "GET /v1/tasks/t-2", "GET /v1/tasks/t-1", GET, GET, "GET /v1/tasks/t-3", GET]


def test_a_failed_second_task_fails_the_action(world: World) -> None:
    server = world.server()
    world.script.on(ACTION, {"tasks": ["t-1", "t-2"]})
    world.script.on("GET /v1/tasks/t-1", task())
    world.script.on("GET /v1/tasks/t-2", task("ERROR", "t-2", error="no"))
    operation = world.driver.stop(server, "hard")
    assert refusal(OperationFailedError, lambda: world.wait(operation)).facts["operation_id"] == "t-2"


@pytest.mark.parametrize("answer", [problem(409, "ConflictError", "wrong state"), problem(400, "ValidationError", "wrong action")])
def test_a_refusal_is_a_success_when_the_state_is_reached(world: World, answer: Answer) -> None:
    server = world.server()
    world.script.on(ACTION, answer)
    world.script.on(GET, vm(status="SHUTOFF"))
    assert world.driver.stop(server, "hard") is None
    world.script.on(GET, vm())
    refusal((ConflictError, RejectedError), lambda: world.driver.stop(server, "hard"))
    refusal((ConflictError, RejectedError), lambda: world.driver.restart(server, "hard"))
    assert world.script.calls.count(ACTION) == 3


def test_an_action_with_an_unclear_outcome_is_not_sent_again(world: World) -> None:
    server = world.server()
    world.script.on(ACTION, requests.exceptions.ReadTimeout())
    refusal(OutcomeUnknownError, lambda: world.driver.restart(server, "hard"))
    assert world.script.calls == [ACTION]


def test_a_server_that_fails_or_vanishes_ends_the_wait(world: World) -> None:
    for answer, kind in ((vm(status="ERROR"), OperationFailedError), (NOT_FOUND, NotFoundError), (vm(task_state="deleting"), NotFoundError)):
        server = world.server()
        world.script.on(ACTION, {"tasks": []})
        world.script.on(GET, answer)
        operation = world.driver.start(server)
        assert refusal(kind, lambda operation=operation: world.wait(operation)).facts["id"] == "vm-1"


# -- locks --------------------------------------------------------------------------------------------------------------


def test_a_locked_server_is_waited_for_and_then_changed(world: World) -> None:
    server = world.server()
    world.script.on(ACTION, LOCKED, LOCKED, {"tasks": []})
    world.script.on(GET, vm(task_id="t-9"), vm(task_id="t-8"), vm(status="SHUTOFF"))
    nine, eight = "GET /v1/tasks/t-9", "GET /v1/tasks/t-8"
    world.script.on(nine, task("NEW", "t-9"), task("RUNNING", "t-9"), task("ERROR", "t-9", error="theirs, not ours"))
    world.script.on(eight, task("FINISHED", "t-8"))
    world.wait(world.driver.stop(server, "hard"))
    assert world.script.calls == [ACTION, GET, nine, nine, nine, ACTION, GET, eight, eight, ACTION, GET]


def test_a_task_at_work_is_asked_about_since_only_that_moves_some_on(world: World) -> None:
    world.script.on(GET, vm(status="BUILD", creator_task_id="t-1"), vm(task_id="t-2"), vm(creator_task_id="t-1"))
    world.script.on("GET /v1/tasks/t-1", task("RUNNING"))
    world.script.on("GET /v1/tasks/t-2", NOT_FOUND)
    found = [world.driver.get("vm-1") for _read in range(3)]
    assert [each.settled for each in found if each] == [False, False, True]
    assert world.script.calls == [GET, "GET /v1/tasks/t-1", GET, "GET /v1/tasks/t-2", GET]


def test_a_server_whose_making_failed_is_not_waited_for(world: World) -> None:
    world.script.on(GET, vm(status="BUILD", creator_task_id="t-1"))
    world.script.on("GET /v1/tasks/t-1", task("ERROR", error="No host"))
    found = world.driver.get("vm-1")
    assert found and refusal(OperationFailedError, lambda: world.driver.ready(found)).facts["id"] == "vm-1"


@pytest.mark.parametrize(("state", "status"), [("NEW", DELETING), ("RUNNING", DELETING), ("FINISHED", DELETING), ("ERROR", RUNNING)])
def test_a_server_held_by_its_deletion_is_being_deleted(world: World, state: str, status: str) -> None:
    world.script.on(LIST, listed(vm(task_id="t-7")))
    world.script.on(GET, vm(task_id="t-7"))
    world.script.on("GET /v1/tasks/t-7", task(state, "t-7", task_type="delete_vm", error="no"))
    world.script.on(TASKS, listed())
    assert [match.status for match in world.driver.find("web1").matches] == [status]
    found = world.driver.get("vm-1")
    assert found and found.status == status


def test_a_lock_that_is_let_go_meanwhile_is_tried_once_more(world: World) -> None:
    server = world.server()
    world.script.on(RENAME, LOCKED, vm(name="web2"))
    assert world.driver.rename(server, "web2") is None
    assert world.script.calls == [RENAME, GET, RENAME]
    world.script.sent.clear()
    world.script.on(RENAME, LOCKED)
    refusal(ConflictError, lambda: world.driver.rename(server, "web2"))
    assert world.script.calls == [RENAME, GET, RENAME, GET]


def test_a_lock_that_stays_ends_at_the_deadline_with_the_task(world: World) -> None:
    server = world.server()
    world.script.on(RENAME, LOCKED)
    world.script.on(GET, vm(task_id="t-9"))
    world.script.on("GET /v1/tasks/t-9", task("RUNNING", "t-9"))
    error = refusal(WaitTimeoutError, lambda: world.driver.rename(server, "web2"))
    assert (error.facts["id"], error.facts["operation_id"]) == ("vm-1", "t-9")
    assert world.script.calls.count(RENAME) == 1


def test_a_server_that_vanished_is_told(world: World) -> None:
    server = world.server()
    world.script.on(RENAME, LOCKED)
    world.script.on(GET, NOT_FOUND)
    assert refusal(NotFoundError, lambda: world.driver.rename(server, "web2")).facts["id"] == "vm-1"


# -- name and tags ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [vm(name="web2"), (204, ""), (200, "")])
def test_rename_is_one_patch(world: World, answer: Answer) -> None:
    server = world.server()
    world.script.on(RENAME, answer)
    assert world.driver.rename(server, "web2") is None
    assert world.script.writes == [(RENAME, {"name": "web2"})]


@pytest.mark.parametrize(
    ("before", "after", "call", "query", "body"),
    [
        ({"a": "1"}, {"a": "2", "b": "3"}, TAGS_SET, {}, {"a": "2", "b": "3"}),
        ({"a": "1", "b": "2"}, {"a": "1"}, TAGS_REMOVE, {"key": "b"}, None),
        ({"a": "1", "b": "2"}, {"a": "3"}, TAGS_REPLACE, {}, {"a": "3"}),
        ({"a": "1", "b": "2"}, {}, TAGS_REPLACE, {}, {}),
    ],
)
def test_tags_are_set_removed_or_replaced(world: World, before: Row, after: Row, call: str, query: Row, body: Row | None) -> None:
    platform = {"key": "image_id", "value": "img-u", "read_only": True}
    server = world.server(tags=[*({"key": key, "value": value, "read_only": False} for key, value in before.items()), platform])
    world.script.on(call, (204, ""))
    assert world.driver.set_tags(server, after) is None
    assert world.script.sent == [(call, query, body)]


@pytest.mark.parametrize("answer", [problem(404, "NotFoundError", "Path not found"), problem(405, "HTTPError", "x"), (404, "<html>")])
def test_tags_are_patched_where_the_metadata_calls_are_gone(world: World, answer: Answer) -> None:
    server = world.server()
    world.script.on(TAGS_REPLACE, answer)
    world.script.on(RENAME, vm())
    assert world.driver.set_tags(server, {"role": "web"}) is None
    assert world.script.calls == [TAGS_REPLACE, GET, RENAME]
    assert world.script.sent[-1][2] == {"tags": {"role": "web", "env": None}}


def test_a_tag_that_is_gone_already_needs_no_patch(world: World) -> None:
    server = world.server()
    world.script.on(TAGS_REMOVE, problem(404, "NotFoundError", "Key not found"))
    world.script.on(GET, vm(tags=[]))
    assert world.driver.set_tags(server, {}) is None
    assert world.script.calls == [TAGS_REMOVE, GET]


def test_tags_of_a_vanished_server_are_an_error(world: World) -> None:
    server = world.server()
    world.script.on(TAGS_SET, NOT_FOUND)
    world.script.on(GET, NOT_FOUND)
    refusal(NotFoundError, lambda: world.driver.set_tags(server, {"env": "prod", "a": "b"}))
    world.script.on(TAGS_SET, problem(400, "ValidationError", "x"))
    refusal(RejectedError, lambda: world.driver.set_tags(server, {"env": "prod", "a": "b"}))


# -- firewalls ----------------------------------------------------------------------------------------------------------


def port(number: str, *names: str) -> Row:
    return {"id": number, "security_groups": [{"id": f"sg-{name}", "name": name} for name in names]}


def guarded(world: World, *ports: Row, without: str | None = None) -> Instance:
    """A server whose ports were read."""
    server = world.server()
    world.script.on(PORTS, listed(*ports))
    world.script.on(INTERFACES, listed(*({"port_id": each["id"], "port_security_enabled": each["id"] != without} for each in ports)))
    world.script.on(GROUPS, GROUP_ROWS)
    world.script.on(ASSIGN, (204, ""))
    world.script.on(UNASSIGN, (204, ""))
    server = world.driver.read(server, {"firewalls"})
    world.script.sent.clear()
    return server


def named(*entries: tuple[str | None, list[str]]) -> Row:
    return {"ports_security_group_names": [{"port_id": number, "security_group_names": names} for number, names in entries]}


def refs(*names: str) -> list[Ref]:
    return [Ref(f"sg-{name}", name) for name in names]


def test_groups_are_added_before_others_are_removed(world: World) -> None:
    server = guarded(world, port("p1", "default", "web"), port("p2", "web", "default"))
    assert world.driver.set_firewalls(server, refs("web", "ssh")) is None
    assert world.script.writes == [(ASSIGN, named((None, ["ssh"]))), (UNASSIGN, named((None, ["default"])))]
    assert PORTS not in world.script.calls


def test_no_groups_at_all_un_assigns_the_default_too(world: World) -> None:
    server = guarded(world, port("p1", "default"))
    world.driver.set_firewalls(server, [])
    assert world.script.writes == [(UNASSIGN, named((None, ["default"])))]


def test_ports_that_differ_are_treated_one_by_one(world: World) -> None:
    server = guarded(world, port("p1", "web"), port("p2", "web", "db"), port("p3", "ssh"))
    world.driver.set_firewalls(server, refs("web"))
    assert world.script.writes == [(ASSIGN, named(("p3", ["web"]))), (UNASSIGN, named(("p2", ["db"]), ("p3", ["ssh"])))]


def test_ports_without_port_security_are_reported_and_left_alone(world: World) -> None:
    server = guarded(world, port("p1"), port("p2"), without="p2")
    world.driver.set_firewalls(server, refs("web"))
    assert world.script.writes == [(ASSIGN, named(("p1", ["web"])))]
    assert len(world.warnings) == 1 and "p2" in world.warnings[0]


def test_a_group_name_that_is_not_clear_is_refused_before_any_write(world: World) -> None:
    server = guarded(world, port("p1", "default"))
    world.script.on(GROUPS, listed({"id": "sg-web", "name": "web"}, {"id": "other", "name": "web"}, {"id": "sg-default", "name": "default"}))
    assert refusal(OptionError, lambda: world.driver.set_firewalls(server, refs("web"))).facts["option"] == "firewalls"
    assert world.script.writes == []
    assert refusal(OptionError, lambda: world.driver.resolve("firewalls", "other", server)).facts["option"] == "firewalls"
    assert world.driver.resolve("firewalls", "other", Instance("gcore", "a", region="4")) == Ref("other", "web")  # an order takes ids


def test_groups_of_a_server_whose_ports_are_not_told(world: World) -> None:
    world.script.on(UNION, listed({"id": "sg-default", "name": "default"}))
    server = guarded(world)
    world.driver.set_firewalls(server, [Ref("sg-web", None)])
    assert world.script.writes == [(ASSIGN, named((None, ["web"]))), (UNASSIGN, named((None, ["default"])))]


def test_a_group_that_is_gone_already_counts_as_removed(world: World) -> None:
    server = guarded(world, port("p1", "default", "web"))
    world.script.on(UNASSIGN, problem(404, "NotFoundError", "not assigned"))
    world.script.on(PORTS, listed(port("p1", "web")))
    world.driver.set_firewalls(server, refs("web"))
    world.script.on(PORTS, listed(port("p1", "web", "default")))
    refusal(NotFoundError, lambda: world.driver.set_firewalls(server, refs("web")))


# -- sizes --------------------------------------------------------------------------------------------------------------


def test_a_size_must_be_offered_for_the_server(world: World) -> None:
    server = world.server()
    world.script.on(OFFERED, FLAVOR_ROWS)
    details = world.driver.check_change(server, {"size": "g2-2-4"}, wish())
    assert details == {"price": None, "effect": "restart", "cost": True, "predicted": {"cpu": 2, "memory_mb": 4096}}
    assert world.script.calls == [OFFERED] and world.script.query(OFFERED) == {"include_prices": "true"}
    error = refusal(OptionError, lambda: world.driver.check_change(server, {"size": "huge"}, wish()))
    assert "g2-2-4" in str(error) and "g1-old" not in str(error)
    refusal(OptionError, lambda: world.driver.check_change(server, {"size": "g1-old"}, wish()))


def disk(size: int, **more: t.Any) -> Row:
    return {"id": "vol-1", "size": size, "is_root_volume": True, "task_id": None, "volume_type": "standard", **more}


def test_a_boot_volume_only_grows(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    server = world.driver.read(server, {"disk_gb"})
    assert world.driver.check_change(server, {"disk_gb": 30}, wish()) == {"price": None, "effect": "none", "cost": True, "predicted": {}}
    assert refusal(OptionError, lambda: world.driver.check_change(server, {"disk_gb": 10}, wish())).facts["option"] == "disk_gb"
    world.script.on(VOLUMES, listed(disk(20, volume_type="ssd_lowlatency")))
    server = world.driver.read(server, {"disk_gb"})
    refusal(OptionError, lambda: world.driver.check_change(server, {"disk_gb": 30}, wish()))


def test_growing_extends_the_boot_volume(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    world.script.on(EXTEND, {"tasks": ["t-1"]})
    world.script.on("GET /v1/tasks/t-1", task())
    world.script.on(VOLUME, disk(20), disk(30, task_id="t-1"), disk(30))
    world.wait(world.driver.resize(server, {"disk_gb": 30}, wish()))
    assert world.script.writes == [(EXTEND, {"size": 30})]
    assert world.script.calls == [VOLUMES, EXTEND, "GET /v1/tasks/t-1", VOLUME, VOLUME, "GET /v1/tasks/t-1", VOLUME]


def test_a_disk_that_has_its_size_is_left_alone(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(30)))
    assert world.driver.resize(server, {"disk_gb": 30}, wish()) is None
    assert world.script.writes == []


def test_growing_with_an_unclear_outcome_is_told_by_the_volume(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    world.script.on(EXTEND, requests.exceptions.ReadTimeout())
    world.script.on(VOLUME, disk(20, task_id="t-1"), disk(30))
    world.script.on("GET /v1/tasks/t-1", task("RUNNING", task_type="extend_volume"))
    world.wait(world.driver.resize(server, {"disk_gb": 30}, wish()))
    world.script.on(VOLUME, disk(20))
    refusal(OutcomeUnknownError, lambda: world.driver.resize(server, {"disk_gb": 30}, wish()))
    assert world.script.calls.count(EXTEND) == 2  # one for each of the two changes


def test_a_volume_that_grew_meanwhile_is_a_success(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    world.script.on(EXTEND, problem(400, "ValidationError", "Must be bigger than 30"))
    world.script.on(VOLUME, disk(30))
    world.wait(world.driver.resize(server, {"disk_gb": 30}, wish()))
    world.script.on(VOLUME, disk(20))
    refusal(RejectedError, lambda: world.driver.resize(server, {"disk_gb": 30}, wish()))


def test_a_locked_volume_is_waited_for(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    world.script.on(EXTEND, LOCKED, {"tasks": []})
    world.script.on(VOLUME, disk(20, task_id="t-9"), disk(30))
    world.script.on("GET /v1/tasks/t-9", task("FINISHED", "t-9"))
    world.wait(world.driver.resize(server, {"disk_gb": 30}, wish()))
    assert world.script.calls == [VOLUMES, EXTEND, VOLUME, "GET /v1/tasks/t-9", EXTEND, VOLUME]


def test_disk_first_then_the_flavor(world: World) -> None:
    server = world.server()
    world.script.on(VOLUMES, listed(disk(20)))
    world.script.on(EXTEND, {"tasks": []})
    world.script.on(VOLUME, disk(30))
    world.script.on(FLAVOR, {"tasks": ["t-2"]})
    world.script.on("GET /v1/tasks/t-2", task("FINISHED", "t-2"))
    grown = vm(flavor={"flavor_id": "g2-2-4", "ram": 4096, "vcpus": 2})
    world.script.on(GET, vm(status="VERIFY_RESIZE"), vm(), grown)
    world.wait(world.driver.resize(server, {"size": "g2-2-4", "disk_gb": 30}, wish()))
    assert world.script.writes == [(EXTEND, {"size": 30}), (FLAVOR, {"flavor_id": "g2-2-4"})]
    assert world.script.calls.count(GET) == 3


def test_a_flavor_that_is_there_already_is_not_sent(world: World) -> None:
    server = world.server()
    assert world.driver.resize(server, {"size": "g2-1-2"}, wish()) is None
    assert world.script.sent == []
    world.script.on(FLAVOR, problem(400, "ValidationError", "same flavor"))
    world.script.on(GET, vm(flavor={"flavor_id": "g2-2-4"}))
    world.wait(world.driver.resize(server, {"size": "g2-2-4"}, wish()))
    world.script.on(GET, vm())
    refusal(RejectedError, lambda: world.driver.resize(server, {"size": "g2-2-4"}, wish()))


# -- deleting -----------------------------------------------------------------------------------------------------------


def test_what_stays_behind_is_told_without_a_call(world: World) -> None:
    server = world.server()
    assert world.driver.delete_targets(server, ()) == ({}, ["volume vol-1", "volume vol-2", "floating IP 92.38.157.216"])
    assert world.script.sent == []


def test_what_goes_along_is_listed_by_id(world: World) -> None:
    server = world.server()
    world.script.on(FLOATING, listed({"id": "fip-1", "floating_ip_address": "92.38.157.216"}, {"id": "fip-2", "floating_ip_address": "92.38.157.217"}))
    assert world.driver.delete_targets(server, ("volumes", "floating_ips")) == ({"volumes": ["vol-1", "vol-2"], "floating_ips": ["fip-1"]}, [])
    world.script.on(FLOATING, listed())
    assert world.driver.delete_targets(server, ("floating_ips",))[1] == ["volume vol-1", "volume vol-2", "floating IP 92.38.157.216"]


def test_a_server_without_floating_addresses_costs_no_list(world: World) -> None:
    server = world.server(addresses={"public": [{"type": "fixed", "addr": "92.38.1.1"}]}, volumes=[{"id": "vol-1", "delete_on_termination": True}])
    assert world.driver.delete_targets(server, ("floating_ips",)) == ({}, [])
    assert world.script.sent == []
    assert "vol-1" in world.warnings[0]


def test_volumes_that_a_row_does_not_show_are_listed(world: World) -> None:
    server = world.server(volumes=None)
    attached = {"id": "vol-1", "attachments": [{"server_id": "vm-1"}]}
    world.script.on(VOLUMES, listed(attached, {"id": "vol-9", "attachments": [{"server_id": "vm-9"}]}, {"id": "vol-8"}))
    assert world.driver.delete_targets(server, ("volumes",))[0] == {"volumes": ["vol-1"]}


@pytest.mark.parametrize(
    ("targets", "query"),
    [({}, {}), ({"volumes": ["vol-1", "vol-2"]}, {"volumes": "vol-1,vol-2"}), ({"floating_ips": ["fip-1"]}, {"delete_floatings": "true"})],
)
def test_delete_names_what_goes_along_and_waits_until_it_is_gone(world: World, targets: Row, query: Row) -> None:
    server = world.server()
    world.script.on(DELETE, {"tasks": ["t-1"]})
    world.script.on("GET /v1/tasks/t-1", task())
    world.script.on(GET, vm(task_state="deleting"), NOT_FOUND)
    world.wait(world.driver.delete(server, wish(), targets))
    assert world.script.sent[0] == (DELETE, query, None)
    assert world.script.calls == [DELETE, "GET /v1/tasks/t-1", GET, GET]


def test_a_server_that_is_gone_is_deleted(world: World) -> None:
    server = world.server()
    world.script.on(DELETE, NOT_FOUND)
    assert world.driver.delete(server, wish(), {}) is None
    world.script.on(DELETE, LOCKED)
    world.script.on(GET, NOT_FOUND)
    assert world.driver.delete(server, wish(), {}) is None


# -- names and lists ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "wanted", "expected"),
    [
        ("image", "ubuntu", Ref("img-u", "ubuntu")),
        ("image", "img-w", Ref("img-w", "windows")),
        ("network", "net1", Ref("net-1", "net1")),
        ("network", "sub1", Ref("net-1", "net1")),
        ("firewalls", "sg-web", Ref("sg-web", "web")),
        ("ssh_keys", "ops", Ref("key-1", "ops")),
    ],
)
def test_names_and_ids_resolve_exactly(shop: World, kind: str, wanted: str, expected: Ref) -> None:
    assert shop.driver.resolve(kind, wanted, shop.server()) == expected
    error = refusal(OptionError, lambda: shop.driver.resolve(kind, wanted[:-1], shop.server()))
    assert error.facts["missing"] is True


def test_lists_are_fetched_once(shop: World) -> None:
    server = shop.server()
    for wanted in ("web", "ssh", "db"):
        shop.driver.resolve("firewalls", wanted, server)
    assert shop.script.calls == [GROUPS]


def test_the_catalogue(shop: World) -> None:
    shop.script.on(REGIONS, REGION_ROWS)
    for path in ("apptemplates", "servergroups"):
        shop.script.on(f"GET /v1/{path}/1337/4", listed())
    lists = {kind: shop.driver.catalog(kind) for kind in GcoreDriver.PROFILE.capabilities.catalog}
    assert lists["images"][0] == {
        "id": "img-u",
        "name": "ubuntu",
        "region": "4",
        "os": None,
        "os_version": None,
        "os_type": "linux",
        "min_disk_gb": 10,
        "min_memory_mb": None,
    }
    price = {"amount": "9.50", "currency": "EUR", "period": "month"}
    assert lists["sizes"][0] == {
        "id": "g2-1-2",
        "name": "g2-1-2",
        "region": "4",
        "cpu": 1,
        "memory_mb": 2048,
        "disk_gb": None,
        "price": price,
        "available": True,
    }
    assert [(each["id"], each["name"], each["available"]) for each in lists["regions"]] == [
        ("4", "Luxembourg-2", True),
        ("7", "Frankfurt", True),
        ("12", "Sao Paulo", False),
    ]
    subnets = [{"id": "sub-1", "name": "sub1", "cidr": "10.0.0.0/16"}]
    assert lists["networks"][0] == {"id": "net-1", "name": "net1", "region": "4", "external": False, "subnets": subnets}
    assert [each["name"] for each in lists["ssh_keys"]] == ["ops", "ops2"]
    assert [each["name"] for each in lists["firewalls"]] == ["default", "web", "ssh", "db"]


# -- regions and projects that tell little ------------------------------------------------------------------------------


def test_a_region_without_a_state_can_be_used_and_a_missing_slug_is_no_name() -> None:
    world = World(region=None)
    world.script.on(REGIONS, listed({"id": "4", "display_name": "Luxembourg-2", "slug": None}))
    assert world.driver.scope.searched() == ["4"]
    assert refusal(OptionError, lambda: world.driver.scope.named("None")).facts["option"] == "region"


def test_two_default_projects_are_told() -> None:
    world = World(project=None)
    world.script.on(PROJECTS, listed({"id": 1, "name": "a", "is_default": True}, {"id": 2, "name": "b", "is_default": True}))
    assert "several default projects" in str(refusal(OptionError, world.driver.scope.project))
