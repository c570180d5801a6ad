# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator around its providers: connections, faults, log, control API, saved state."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import os
import pathlib
import socket
import stat
import threading
import time
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator import fault_script, faults, storage
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Call, Provider, Request, Response, Route
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.log import redact
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

TOKEN = "shop-token-marker"


class ShopProvider(Provider):
    """The smallest provider: things with a name, a price and a hidden password."""

    name = "shop"
    default_token = TOKEN
    mount = "/api"
    default_settings: t.ClassVar[dict[str, t.Any]] = {"page_size": 10}
    faults: t.ClassVar[t.Mapping[str, str]] = {"double": "two things instead of one"}

    def initial_state(self) -> dict[str, t.Any]:
        return {"things": {}}

    def routes(self) -> t.Sequence[Route]:
        return (
            Route("things.list", "GET", "/things", self._list),
            Route("things.get", "GET", "/things/{id}", self._get),
            Route("things.create", "POST", "/things", self._create, mutates=True, bills=True),
            Route("things.break", "POST", "/break", self._break),
        )

    def unauthorised(self, request: Request) -> Response | None:
        return None if request.headers.get("authorization") == self.token else Response(401, {"message": "who are you"})

    def unknown(self, request: Request) -> Response:
        return Response(404, {"message": f"no {request.method} {request.path}"})

    def rate_limited(self, retry_after: float | None) -> Response:
        return Response(429, {"message": "slow down"}, headers={} if retry_after is None else {"Retry-After": str(int(retry_after))})

    def advance(self) -> None:
        for thing in self.state["things"].values():
            thing["old"] = self.clock.now() >= thing["born"] + 10

    def instances(self) -> list[dict[str, t.Any]]:
        return [
            {"id": thing["id"], "name": thing["name"], "region": None, "status": "old" if thing["old"] else "new"} for thing in self.state["things"].values()
        ]

    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        return [self._add({"name": f"seed-{number}", **fields})["id"] for number in range(count)]

    def vanish(self, instance_id: str) -> None:
        del self.state["things"][instance_id]

    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        self.state["things"][instance_id].update(fields)

    def _add(self, fields: dict[str, t.Any]) -> dict[str, t.Any]:
        thing = {"id": str(self.new_id()), "name": fields["name"], "price": 5, "number": "12", "old": False, "born": self.clock.now()}
        self.state["things"][thing["id"]] = thing
        return thing

    def _list(self, call: Call) -> Response:
        return Response(body=list(self.state["things"].values()))

    def _get(self, call: Call) -> Response:
        thing = self.state["things"].get(call.params["id"])
        return Response(body=thing) if thing else Response(404, {"message": "no such thing"})

    def _create(self, call: Call) -> Response:
        things = [self._add(call.request.json()) for _number in range(2 if call.fault == "double" else 1)]
        self.bill(5.0)
        return Response(201, things[0])

    def _break(self, call: Call) -> Response:
        raise RuntimeError(call.request.body.decode())


class Client:
    """One keep-alive connection to the shop."""

    def __init__(self, url: str, token: str = TOKEN, timeout: float = 5.0) -> None:
        parts = urllib.parse.urlsplit(url)
        self._mount = parts.path
        self._headers = {"Authorization": token, "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)

    def send(self, method: str, path: str, body: t.Any = None) -> tuple[int, t.Any]:
        """Status and body: JSON where it is JSON, else bytes."""
        encoded = None if body is None else json.dumps(body)
        self.connection.request(method, self._mount + path, encoded, self._headers)
        response = self.connection.getresponse()
        raw = response.read()
        self.headers = dict(response.getheaders())
        try:
            return response.status, json.loads(raw)
        except ValueError:
            return response.status, raw

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(name="sim")
def fixture_sim() -> t.Iterator[Simulator]:
    with Simulator([ShopProvider], virtual_clock=True) as simulator:
        yield simulator


@pytest.fixture(name="client")
def fixture_client(sim: Simulator) -> t.Iterator[Client]:
    client = Client(sim.url("shop"))
    yield client
    client.close()


def things(sim: Simulator) -> list[str]:
    return [instance["name"] for instance in sim["shop"].instances()]


# -- connections ----------------------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests(sim: Simulator, client: Client) -> None:
    for _number in range(3):
        client.send("GET", "/things")
    other = Client(sim.url("shop"))
    other.send("GET", "/things")
    other.close()
    assert [entry["connection"] for entry in sim.log("shop")] == [1, 1, 1, 2]
    assert sim.connections("shop") == 2


def test_64_clients_at_once_are_all_served(sim: Simulator) -> None:
    together = threading.Barrier(64)

    def create(number: int) -> int:
        client = Client(sim.url("shop"))
        together.wait()
        status, _body = client.send("POST", "/things", {"name": f"thing-{number}"})
        client.close()
        return status

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert list(pool.map(create, range(64))) == [201] * 64
    assert sorted(things(sim)) == sorted(f"thing-{number}" for number in range(64))
    assert sim.connections("shop") == 64


def raw_exchange(sim: Simulator, message: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", sim.desks["shop"].server.port), timeout=5) as client:
        client.sendall(message)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/things HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /api/things HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /api/things HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /api/things HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"GET /api/things HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused(sim: Simulator, message: bytes, status: int) -> None:
    assert raw_exchange(sim, message).startswith(f"HTTP/1.1 {status} ".encode())
    assert not sim.log()


def test_a_client_that_wants_the_connection_closed_gets_it_closed(sim: Simulator) -> None:
    answer = raw_exchange(sim, b"GET /api/things HTTP/1.1\r\nAuthorization: " + TOKEN.encode() + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\n[]")
    assert b"Connection: close" in answer


def test_a_client_that_asks_first_is_told_to_go_on(sim: Simulator) -> None:
    head = b"POST /api/things HTTP/1.0\r\nExpect: 100-continue\r\nAuthorization: " + TOKEN.encode() + b"\r\nContent-Length: 14\r\n\r\n"
    answer = raw_exchange(sim, head + b'{"name": "ab"}')
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n")


def test_head_and_strange_methods_are_the_providers_unknown_call(sim: Simulator, client: Client) -> None:
    assert client.send("HEAD", "/things") == (404, b"")
    assert client.send("BREW", "/things") == (404, {"message": "no BREW /things"})
    assert sim.connections("shop") == 1
    assert sim.calls("shop") == ["unknown", "unknown"]


def test_a_path_outside_the_mount_is_unknown_even_without_token(sim: Simulator) -> None:
    client = Client(sim.desks["shop"].server.url, token="wrong")
    assert client.send("GET", "/things") == (404, {"message": "no GET /things"})
    assert client.send("GET", "/apis/things") == (404, {"message": "no GET /apis/things"})
    client.close()


def test_paths_are_decoded_and_an_absolute_target_is_understood(sim: Simulator, client: Client) -> None:
    sim["shop"].seed_instances(1)
    sim["shop"].state["things"]["a b"] = sim["shop"].state["things"].pop("1")
    assert client.send("GET", "/things/a%20b")[0] == 200
    target = f"GET {sim.url('shop')}/things/a%20b?x=1 HTTP/1.0\r\nAuthorization: {TOKEN}\r\n\r\n"
    assert raw_exchange(sim, target.encode()).startswith(b"HTTP/1.1 200 OK")


def test_the_token_comes_before_the_id_but_the_log_knows_the_operation(sim: Simulator) -> None:
    client = Client(sim.url("shop"), token="wrong")
    assert client.send("GET", "/things/404")[0] == 401
    assert client.send("POST", "/things", {"name": "x"})[0] == 401
    client.close()
    assert [(entry["operation"], entry["effect"]) for entry in sim.log()] == [("things.get", False), ("things.create", False)]
    assert sim.writes("shop") == ["things.create"]
    assert not things(sim)


def test_an_error_of_the_simulator_itself_is_reported_without_quoting_the_request() -> None:
    simulator = Simulator([ShopProvider])
    with pytest.raises(RuntimeError, match="the simulator itself broke") as caught:
        with simulator:
            client = Client(simulator.url("shop"))
            assert client.send("POST", "/break", "marker-4711")[0] == 500
            client.close()
    assert "marker-4711" not in str(caught.value)
    assert "things.break: RuntimeError" in str(caught.value)


def test_stopping_ends_held_and_idle_connections() -> None:
    simulator = Simulator([ShopProvider])
    simulator.start()
    simulator.fault("shop", "things.list", "timeout_before")
    idle, held = Client(simulator.url("shop")), Client(simulator.url("shop"))
    idle.send("POST", "/things", {"name": "x"})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(held.send, "GET", "/things")
        while len(simulator.calls("shop")) < 2:
            time.sleep(0.001)
        simulator.stop()
        with pytest.raises(http.client.RemoteDisconnected):
            answer.result(5)
    with pytest.raises(OSError):
        idle.connection.auto_open = 0
        idle.send("GET", "/things")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(f"simulator-{simulator.desks['shop'].server.port}")]


# -- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "made"), [("reset_before", []), ("reset_after", ["a"])])
def test_reset(sim: Simulator, client: Client, kind: str, made: list[str]) -> None:
    sim.fault("shop", "things.create", kind)
    with pytest.raises(ConnectionResetError):
        client.send("POST", "/things", {"name": "a"})
    assert things(sim) == made
    assert [(entry["fault"], entry["effect"], entry["status"], entry["mutates"]) for entry in sim.log()] == [(kind, bool(made), None, True)]


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", []), ("timeout_after", ["a"])])
def test_timeout(sim: Simulator, kind: str, made: list[str]) -> None:
    sim.fault("shop", "things.create", kind)
    client = Client(sim.url("shop"), timeout=0.05)
    with pytest.raises(TimeoutError):
        client.send("POST", "/things", {"name": "a"})
    client.close()
    assert things(sim) == made


def test_a_timeout_with_an_end_closes_without_answer(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.list", "timeout_before", seconds=0.01)
    with pytest.raises(http.client.RemoteDisconnected):
        client.send("GET", "/things")


@pytest.mark.parametrize(("kind", "made"), [("status", []), ("status_after", ["a"])])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_error_status(sim: Simulator, client: Client, kind: str, made: list[str], status: int) -> None:
    sim.fault("shop", "things.create", kind, status=status)
    answered, body = client.send("POST", "/things", {"name": "a"})
    assert answered == status
    assert body["message"].startswith(f"{status} ")
    assert things(sim) == made


def test_error_bodies(sim: Simulator, client: Client) -> None:
    for body in ("html", "empty", {"reason": "mine"}):
        sim.fault("shop", "*", "status", status=503, body=body)
    assert b"<h1>503 Service Unavailable</h1>" in client.send("GET", "/things")[1]
    assert client.headers["Content-Type"] == "text/html"
    assert client.send("GET", "/things") == (503, b"")
    assert client.send("GET", "/things") == (503, {"reason": "mine"})


def test_rate_limit_answer_with_and_without_retry_after(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "*", "rate_limit", retry_after=7)
    sim.fault("shop", "*", "rate_limit")
    assert client.send("POST", "/things", {"name": "a"}) == (429, {"message": "slow down"})
    assert client.headers["Retry-After"] == "7"
    assert client.send("POST", "/things", {"name": "a"})[0] == 429
    assert "Retry-After" not in client.headers
    assert not things(sim)


def test_mangled_answers_come_after_the_effect(sim: Simulator, client: Client) -> None:
    for kind in ("html", "truncated", "empty", "not_json", "wrong_shape", "wrong_types"):
        sim.fault("shop", "things.create", kind)
    answers = {kind: client.send("POST", "/things", {"name": kind}) for kind in ("html", "truncated", "empty", "not_json", "wrong_shape", "wrong_types")}
    assert things(sim) == list(answers)
    assert answers["html"][0] == 200 and b"<html>" in answers["html"][1]
    assert answers["truncated"][0] == 201 and answers["truncated"][1].startswith(b'{"id": "2"')
    assert answers["empty"] == (200, b"")
    assert answers["not_json"] == (200, b"Internal error, please try again later.")
    assert isinstance(answers["wrong_shape"][1], list) and answers["wrong_shape"][1][0]["name"] == "wrong_shape"
    wrong = answers["wrong_types"][1]
    assert (wrong["id"], wrong["price"], wrong["number"], wrong["old"]) == (6, "5", 12, 0)
    assert wrong["old"] is not False
    assert sim.connections("shop") == 1


def test_a_list_of_wrong_shape_is_an_object(sim: Simulator, client: Client) -> None:
    sim["shop"].seed_instances(2)
    sim.fault("shop", "things.list", "wrong_shape")
    assert set(client.send("GET", "/things")[1]) == {"0", "1"}


def test_cut_off_announces_more_than_it_sends(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.create", "cut_off")
    with pytest.raises(http.client.IncompleteRead):
        client.send("POST", "/things", {"name": "a"})
    assert things(sim) == ["a"]


def test_stale_repeats_the_previous_answer_of_the_same_request_only(sim: Simulator, client: Client) -> None:
    assert client.send("GET", "/things") == (200, [])
    client.send("POST", "/things", {"name": "a"})
    sim.fault("shop", "*", "stale", times=3)
    assert client.send("GET", "/things") == (200, [])
    assert client.send("GET", "/things") == (200, [])
    assert client.send("GET", "/things?page=2")[1][0]["name"] == "a"
    assert client.send("GET", "/things")[1][0]["name"] == "a"


def test_redirect(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.list", "redirect", location="http://127.0.0.1:1/")
    assert client.send("GET", "/things") == (302, b"")
    assert client.headers["Location"] == "http://127.0.0.1:1/"


def test_latency_fault_and_setting_only_delay(sim: Simulator, client: Client) -> None:
    sim.latency = 0.001
    sim.fault("shop", "things.create", "latency", seconds=0.001)
    assert client.send("POST", "/things", {"name": "a"})[0] == 201
    assert sim.log()[0]["fault"] == "latency"


def test_refuse_closes_the_door_at_once_until_faults_are_cleared(sim: Simulator, client: Client) -> None:
    client.send("GET", "/things")
    sim.fault("shop", "*", "refuse", seconds=600)
    with pytest.raises(ConnectionRefusedError):
        Client(sim.url("shop")).send("GET", "/things")
    with pytest.raises(OSError):
        client.connection.auto_open = 0
        client.send("GET", "/things")
    sim.clear_faults()
    again = Client(sim.url("shop"))
    assert again.send("GET", "/things") == (200, [])
    again.close()
    assert sim.calls("shop") == ["things.list", "things.list"]


def test_refuse_on_an_operation_waits_for_it(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.create", "refuse", seconds=600)
    assert client.send("GET", "/things")[0] == 200
    with pytest.raises(ConnectionResetError):
        client.send("POST", "/things", {"name": "a"})
    with pytest.raises(ConnectionRefusedError):
        Client(sim.url("shop")).send("GET", "/things")
    assert not things(sim)


def test_refuse_after_answers_first(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.list", "refuse_after", seconds=600)
    assert client.send("GET", "/things") == (200, [])
    assert client.headers["Connection"] == "close"
    with pytest.raises(ConnectionRefusedError):
        client.send("POST", "/things", {"name": "a"})


def test_refused_clients_get_in_when_the_time_is_over(sim: Simulator) -> None:
    sim.fault("shop", "*", "refuse", seconds=0.02)
    for _attempt in range(5000):
        try:
            assert Client(sim.url("shop")).send("GET", "/things") == (200, [])
            break
        except ConnectionRefusedError:
            time.sleep(0.001)
    assert sim.calls("shop") == ["things.list"]


def test_nth_and_times_count_the_calls_of_the_operation(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.list", "status", nth=2, times=2)
    client.send("POST", "/things", {"name": "a"})
    assert [client.send("GET", "/things")[0] for _number in range(4)] == [200, 502, 502, 200]


def test_times_zero_is_for_ever_until_cleared(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.*", "status", times=0)
    assert [client.send("GET", "/things")[0] for _number in range(5)] == [502] * 5
    sim.clear_faults()
    assert client.send("GET", "/things")[0] == 200


def test_faults_of_one_operation_strike_one_after_the_other(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.list", "status", status=500)
    sim.fault("shop", "things.list", "status", status=503)
    assert [client.send("GET", "/things")[0] for _number in range(3)] == [500, 503, 200]


def test_a_fault_of_the_provider_goes_along_with_a_lost_answer(sim: Simulator, client: Client) -> None:
    sim.fault("shop", "things.create", "double")
    sim.fault("shop", "things.create", "reset_before")
    sim.fault("shop", "things.create", "reset_after")
    for _number in range(2):
        with pytest.raises(ConnectionResetError):
            client.send("POST", "/things", {"name": "a"})
    assert things(sim) == ["a", "a"]
    assert [entry["fault"] for entry in sim.log()] == ["reset_before", "double+reset_after"]


@pytest.mark.parametrize(
    ("operation", "kind", "more", "message"),
    [
        ("things.sell", "status", {}, "has no operation things.sell"),
        ("things.list", "explode", {}, "unknown fault explode"),
        ("things.list", "status", {"colour": 1}, "has no option colour"),
        ("things.list", "status", {"status": "x"}, "status of the fault status is a number"),
        ("things.list", "status", {"nth": 0}, "nth is 1 or more"),
        ("things.list", "status", {"times": -1}, "nth is 1 or more"),
    ],
)
def test_faults_that_make_no_sense_are_refused(sim: Simulator, operation: str, kind: str, more: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sim.fault("shop", operation, kind, **more)


def test_every_general_fault_says_what_it_does() -> None:
    assert all(kind.summary for kind in faults.KINDS.values())


# -- rate limit -----------------------------------------------------------------------------------------------------


def test_rate_limit_setting_and_peak(sim: Simulator, client: Client) -> None:
    sim.settings("shop", rate_limit=2)
    assert [client.send("GET", "/things")[0] for _number in range(3)] == [200, 200, 429]
    assert client.headers["Retry-After"] == "1"
    assert sim.peak_rate("shop") == 3
    sim.settings("shop", rate_limit=None)
    assert client.send("GET", "/things")[0] == 200


def test_unknown_settings_are_refused(sim: Simulator) -> None:
    assert sim.settings("shop", page_size=3) == {"page_size": 3, "rate_limit": None}
    with pytest.raises(ValueError, match="no setting colour"):
        sim.settings("shop", colour=1)
    with pytest.raises(ValueError, match="above zero"):
        sim.settings("shop", rate_limit=0)


# -- log ------------------------------------------------------------------------------------------------------------


def test_the_log_holds_no_secrets(sim: Simulator, client: Client) -> None:
    marker = "marker-0815"
    client.send("POST", f"/things?token={marker}&page=2", {"name": "a", "password": marker, "nested": [{"user_data": marker}], "description": "kept"})
    (entry,) = sim.log("shop")
    assert entry["path"] == "/api/things?token=***&page=2"
    assert entry["body"] == {"name": "a", "password": "***", "nested": [{"user_data": "***"}], "description": "kept"}
    text = json.dumps(sim.log())
    assert marker not in text and TOKEN not in text
    assert (entry["seq"], entry["provider"], entry["method"], entry["status"], entry["fault"]) == (1, "shop", "POST", 201, None)


def test_form_bodies_and_bodies_without_form_in_the_log(sim: Simulator, client: Client) -> None:
    connection = client.connection
    headers = {"Authorization": TOKEN, "Content-Type": "application/x-www-form-urlencoded"}
    for body in ("action=get&API=marker-1&ip=1&ip=2", "marker-2"):
        connection.request("POST", "/api/nothing", body, headers)
        connection.getresponse().read()
        headers = {"Authorization": TOKEN}
    assert [entry["body"] for entry in sim.log()] == [{"action": "get", "API": "***", "ip": ["1", "2"]}, "8 bytes that are no JSON"]


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "rootPassword",
        "new_pass",
        "API",
        "apikey",
        "api_key",
        "token",
        "secret",
        "user_data",
        "userdata",
        "script",
        "initScript",
        "private_key",
        "Authorization",
    ],
)
def test_secret_keys(key: str) -> None:
    assert redact({key: ["x"]}) == {key: "***"}


@pytest.mark.parametrize("key", ["description", "subscription", "passed", "api_version", "name"])
def test_keys_that_are_no_secrets(key: str) -> None:
    assert redact({key: "x"}) == {key: "x"}


def test_log_since_counters_and_clearing(sim: Simulator, client: Client) -> None:
    client.send("GET", "/things")
    client.send("POST", "/things", {"name": "a"})
    assert [entry["operation"] for entry in sim.log("shop", since=1)] == ["things.create"]
    summary = sim.summary("shop")
    assert (summary["calls"], summary["writes"], summary["money"]) == (2, 1, {"orders": 1, "amount": 5.0})
    sim.clear_log()
    assert sim.calls("shop") == []
    client.send("GET", "/things")
    assert [entry["seq"] for entry in sim.log()] == [3]


def test_environment_leads_to_the_simulator(sim: Simulator) -> None:
    assert sim.environment() == {"SHOP_API_URL": sim.url("shop"), "SHOP_TOKEN": TOKEN, "VPS_RESOLVERS": sim.dns.address}
    sim["shop"].default_project = 7  # type: ignore[attr-defined]
    assert sim.environment()["SHOP_PROJECT"] == "7"


# -- saved state ----------------------------------------------------------------------------------------------------


def test_saved_state_comes_back(sim: Simulator, client: Client, tmp_path: t.Any) -> None:
    path = str(tmp_path / "deep" / "state.json")
    client.send("POST", "/things", {"name": "kept"})
    sim.settings("shop", page_size=3, rate_limit=50)
    sim.clock.advance(100)
    storage.save(sim, path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path / "deep") == ["state.json"]

    with Simulator([ShopProvider], virtual_clock=True) as other:
        other["shop"].seed_instances(4)
        storage.load(other, path)
        assert storage.dump(other) == storage.dump(sim)
        assert other.settings("shop") == {"page_size": 3, "rate_limit": 50}
        second = Client(other.url("shop"))
        assert second.send("POST", "/things", {"name": "next"})[1]["id"] == "2"
        assert [(instance["name"], instance["status"]) for instance in other["shop"].instances()] == [("kept", "old"), ("next", "new")]
        second.close()


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"format": 99, "providers": {}},
        {"format": 1, "now": 0, "providers": {"moon": {}}},
        {"format": 1, "now": 0, "providers": {"shop": {"state": {}}}},
    ],
)
def test_a_file_that_is_no_saved_state_changes_nothing(sim: Simulator, data: t.Any) -> None:
    sim["shop"].seed_instances(1)
    with pytest.raises(ValueError):
        storage.restore(sim, data)
    assert things(sim) == ["seed-0"]


def test_a_failed_save_leaves_the_old_file(sim: Simulator, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")

    def fail(*_arguments: t.Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        storage.save(sim, str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["state.json"]


# -- control API ----------------------------------------------------------------------------------------------------


@pytest.fixture(name="control")
def fixture_control(sim: Simulator) -> t.Iterator[Client]:
    control = Control(sim)
    control.server.start()
    client = Client(control.server.url)
    yield client
    client.close()
    control.server.stop()


def test_control_reports(sim: Simulator, client: Client, control: Client) -> None:
    client.send("POST", "/things", {"name": "a", "password": "marker"})
    assert control.send("GET", "/health") == (200, {"healthy": True, "errors": []})
    status, state = control.send("GET", "/state")
    assert (status, state["clock"]["virtual"], state["environment"]["SHOP_API_URL"]) == (200, True, sim.url("shop"))
    assert state["providers"]["shop"]["writes"] == 1
    assert control.send("GET", "/providers/shop")[1]["instances"] == [{"id": "1", "name": "a", "region": None, "status": "new"}]
    assert [entry["operation"] for entry in control.send("GET", "/log?provider=shop&since=0")[1]["entries"]] == ["things.create"]
    assert control.send("GET", "/log?since=1")[1] == {"entries": []}
    assert "double" in control.send("GET", "/faults")[1]["providers"]["shop"]


def test_control_moves_the_clock(sim: Simulator, control: Client) -> None:
    assert control.send("POST", "/clock", {"virtual": True, "start": 1000})[1] == {"now": 1000, "virtual": True}
    assert control.send("POST", "/clock", {"advance": 5})[1] == {"now": 1005, "virtual": True}
    assert control.send("POST", "/clock", {"virtual": False})[1]["virtual"] is False
    assert 1005 <= sim.clock.now() < 2000
    assert control.send("POST", "/clock", {"advance": -5})[0] == 400


def test_a_fault_script_waits_in_place_of_what_waited(sim: Simulator, client: Client, control: Client) -> None:
    sim.fault("shop", "things.list", "html", times=0)
    script = [
        {"provider": "shop", "operation": "things.*", "kind": "status", "status": 503, "nth": 2},
        {"provider": "dns", "operation": "udp PTR *", "kind": "servfail", "times": 0},
    ]
    assert control.send("PUT", "/faults", {"faults": script}) == (200, {})
    assert [client.send("GET", "/things")[0] for _turn in range(3)] == [200, 503, 200]
    assert [(each["operation"], each["kind"], each["times"]) for each in sim.dns.describe()["faults"]] == [("udp PTR *", "servfail", 0)]
    assert control.send("PUT", "/faults", {"faults": []}) == (200, {})
    assert sim.dns.describe()["faults"] == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"provider": "shop", "operation": "things.list", "kind": "explode"}, "fault 2 of the script: unknown fault explode; shop knows "),
        ({"provider": "shop", "operation": "things.lost", "kind": "html"}, "fault 2 of the script: shop has no operation things.lost; it has "),
        ({"provider": "dns", "operation": "*", "kind": "html"}, "fault 2 of the script: unknown fault html; dns knows "),
        ({"provider": "moon", "operation": "*", "kind": "html"}, "fault 2 of the script: unknown provider moon; there are shop, dns"),
        ({"provider": "shop", "kind": "html"}, "fault 2 of the script: it lacks operation"),
        ("shop", "fault 2 of the script: a fault is a map"),
    ],
)
def test_of_a_fault_script_with_a_mistake_nothing_waits(sim: Simulator, control: Client, fault: t.Any, message: str) -> None:
    status, answer = control.send("PUT", "/faults", {"faults": [{"provider": "shop", "operation": "*", "kind": "html"}, fault]})
    assert (status, answer["message"][: len(message)]) == (400, message)
    assert sim.summary("shop")["faults"] == []
    assert control.send("PUT", "/faults", {"faults": {}}) == (400, {"message": "a fault script is a list of faults"})


def test_without_pyyaml_a_fault_script_is_json(sim: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_script, "HAS_YAML", False)
    script = tmp_path / "faults"
    script.write_text('[{"provider": "shop", "operation": "things.list", "kind": "html"}]')
    fault_script.load(sim, str(script))
    assert [fault["kind"] for fault in sim.summary("shop")["faults"]] == ["html"]
    script.write_text("- {provider: shop, operation: things.list, kind: html}")
    with pytest.raises(ValueError, match="YAML needs PyYAML"):
        fault_script.load(sim, str(script))


def test_control_adds_and_clears_faults(sim: Simulator, client: Client, control: Client) -> None:
    asked = {"provider": "shop", "operation": "things.list", "kind": "status", "status": 503, "times": 0}
    assert control.send("POST", "/faults", asked) == (
        201,
        [{"number": 1, "operation": "things.list", "kind": "status", "nth": 1, "times": 0, "status": 503, "body": "json"}],
    )
    assert client.send("GET", "/things")[0] == 503
    assert control.send("DELETE", "/faults")[0] == 200
    assert client.send("GET", "/things")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/faults", {"provider": "shop", "operation": "things.list", "kind": "explode"}, 400, "unknown fault explode"),
        ("POST", "/faults", {"provider": "moon", "operation": "*", "kind": "status"}, 400, "missing or unknown: moon"),
        ("POST", "/faults", {"provider": "shop"}, 400, "missing or unknown: operation"),
        ("POST", "/faults", [], 400, "the body is a JSON object"),
        ("POST", "/settings", {"provider": "shop", "colour": 1}, 400, "no setting colour"),
        ("POST", "/latency", {"latency": "slow"}, 400, "latency is a number"),
        ("POST", "/load", {"path": "/nonexistent/file"}, 400, "No such file"),
        ("GET", "/providers/moon", None, 404, "there is no moon"),
        ("DELETE", "/providers/shop/instances/77", None, 404, "there is no 77"),
        ("GET", "/nowhere", None, 404, "unknown path"),
    ],
)
def test_control_refuses_nonsense(sim: Simulator, control: Client, method: str, path: str, body: t.Any, status: int, message: str) -> None:
    answered, data = control.send(method, path, body)
    assert answered == status
    assert message in data["message"]


def test_control_changes_accounts(sim: Simulator, control: Client) -> None:
    assert control.send("POST", "/providers/shop/instances", {"count": 2, "fields": {"name": "x"}}) == (201, {"ids": ["1", "2"]})
    assert control.send("PATCH", "/providers/shop/instances/2", {"name": "y"})[0] == 204
    assert control.send("DELETE", "/providers/shop/instances/1")[0] == 204
    assert things(sim) == ["y"]


def test_control_settings_latency_and_reset(sim: Simulator, client: Client, control: Client) -> None:
    assert control.send("POST", "/settings", {"provider": "shop", "page_size": 2, "rate_limit": 9})[1] == {"page_size": 2, "rate_limit": 9}
    assert control.send("POST", "/latency", {"latency": 1})[1] == {"latency": 1}
    sim.fault("shop", "*", "status", times=0)
    client.send("GET", "/things")
    sim["shop"].seed_instances(1)
    control.send("POST", "/reset")
    assert (things(sim), sim.log(), sim.latency, sim.settings("shop")) == ([], [], 0.0, {"page_size": 10, "rate_limit": None})
    assert client.send("GET", "/things") == (200, [])


def test_control_saves_loads_and_stops(sim: Simulator, control: Client, tmp_path: t.Any) -> None:
    path = str(tmp_path / "state.json")
    sim["shop"].seed_instances(1)
    assert control.send("POST", "/save", {"path": path})[0] == 200
    control.send("POST", "/reset")
    assert control.send("POST", "/load", {"path": path})[0] == 200
    assert things(sim) == ["seed-0"]
    assert not sim.stop_requested.is_set()
    assert control.send("POST", "/stop")[0] == 200
    assert sim.stop_requested.is_set()


def test_control_takes_nothing_from_web_pages(sim: Simulator, control: Client) -> None:
    control._headers["Origin"] = "http://evil.example"
    assert control.send("POST", "/stop")[0] == 403
    assert not sim.stop_requested.is_set()
