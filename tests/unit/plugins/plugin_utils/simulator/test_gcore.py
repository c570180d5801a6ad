# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Gcore API keeps the readings of its contract."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Call, Clock, Request, Response
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.gcore import GcoreProvider

Body = t.Any
HERE = "/v1/instances/1337/4"


class Account:
    """One account, called the way the server calls a provider."""

    def __init__(self, **settings: t.Any) -> None:
        self.clock = Clock(1_750_000_000.0)
        self.gcore = GcoreProvider(self.clock)
        self.gcore.settings.update(settings)

    def send(self, method: str, url: str, body: Body = None, fault: str | None = None, **options: t.Any) -> Response:
        """One request through matching and its handler."""
        path, _mark, query = url.partition("?")
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(method, urllib.parse.unquote(path), urllib.parse.parse_qs(query, keep_blank_values=True), {}, sent)
        self.gcore.advance()
        matched = self.gcore.match(request)
        if matched is None:
            return self.gcore.unknown(request)
        route, params = matched
        return route.handler(Call(route.operation, request, params, fault, options))

    def call(self, method: str, url: str, body: Body = None, status: int = 200, fault: str | None = None, **options: t.Any) -> Body:
        """A request whose status is known; returns the answer's body."""
        answer = self.send(method, url, body, fault, **options)
        assert answer.status == status, answer.body
        encoded = answer.encode()
        return json.loads(encoded) if encoded else None

    def refused(self, status: int, kind: str, method: str, url: str, body: Body = None) -> Body:
        """A request that must be refused with an exception class; returns the body."""
        answer = self.call(method, url, body, status)
        assert answer["exception_class"] == kind
        assert len(answer["request_id"]) == 32
        return answer

    def wait(self, task_id: str) -> Body:
        """Read a task to its end."""
        for _read in range(20):
            task = self.call("GET", f"/v1/tasks/{task_id}")
            if task["state"] in ("FINISHED", "ERROR"):
                return task
        raise AssertionError("the task does not end")

    def run(self, method: str, url: str, body: Body = None, fault: str | None = None, **options: t.Any) -> Body:
        """An asynchronous call and its whole first task."""
        return self.wait(self.call(method, url, body, fault=fault, **options)["tasks"][0])

    def one(self, kind: str, name: str, region: int = 4) -> Body:
        """A catalogue object by name."""
        return next(item for item in self.call("GET", f"/v1/{kind}/1337/{region}?limit=1000")["results"] if item["name"] == name)

    def wish(self, name: str = "web1", image: str = "ubuntu-22.04-x64", **fields: t.Any) -> dict[str, t.Any]:
        """A create body."""
        volume = {"source": "image", "image_id": self.one("images", image)["id"], "size": 60, "boot_index": 0}
        return {"name": name, "flavor": "g2-standard-1-2", "interfaces": [{"type": "external"}], "volumes": [volume], **fields}

    def order(self, name: str = "web1", **fields: t.Any) -> str:
        """Create a server and wait for it; returns its id."""
        task = self.run("POST", "/v2/instances/1337/4", self.wish(name, **fields))
        assert task["state"] == "FINISHED", task["error"]
        assert len(task["created_resources"]["instances"]) == 1
        return str(task["created_resources"]["instances"][0])

    def server(self, instance_id: str) -> Body:
        """A server as get shows it."""
        return self.call("GET", f"{HERE}/{instance_id}")

    def listed(self, query: str = "") -> list[str]:
        """The names of the listed servers, without cluster nodes."""
        found = self.call("GET", f"{HERE}?include_k8s=false&limit=1000{query}")["results"]
        return [server["name"] for server in found]

    def rules_broken(self) -> list[str]:
        """The contract sections that requests broke."""
        return [violation["rule"] for violation in self.gcore.violations]


@pytest.fixture(name="account")
def fixture_account() -> Account:
    return Account()


# -- transport, errors, pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["APIKey demo$gcore-key", "apikey demo$gcore-key"])
def test_the_scheme_is_apikey_in_any_case(account: Account, header: str) -> None:
    assert account.gcore.unauthorised(Request("GET", "/v1/projects", {}, {"authorization": header})) is None


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer demo$gcore-key"}, {"authorization": "APIKey demo"}, {"authorization": "demo$gcore-key"}])
def test_anything_else_is_401(account: Account, headers: dict[str, str]) -> None:
    answer = account.gcore.unauthorised(Request("GET", "/v1/projects", {}, headers))
    assert answer is not None
    assert answer.status == 401


def test_unknown_paths_are_404_and_wrong_methods_405(account: Account) -> None:
    account.refused(404, "NotFoundError", "GET", "/v1/nothing")
    account.refused(405, "HTTPError", "DELETE", "/v1/projects")


def test_rate_limit_carries_retry_after(account: Account) -> None:
    assert account.gcore.rate_limited(1).headers == {"Retry-After": "1"}
    assert account.gcore.rate_limited(None).headers == {}


def test_wrong_project_and_region_are_404_and_a_sleeping_region_403(account: Account) -> None:
    for place in ("9/4", "1337/99", "x/4"):
        account.refused(404, "NotFoundError", "GET", f"/v1/instances/{place}?limit=1&include_k8s=false")
    account.refused(403, "ForbiddenError", "GET", "/v1/instances/1337/12?limit=1&include_k8s=false")
    states = {region["id"]: region["state"] for region in account.call("GET", "/v1/regions?limit=100")["results"]}
    assert states[4] == states[7] == "ACTIVE" != states[12]


@pytest.mark.parametrize(
    ("path", "size", "last"),
    [("/v1/ssh_keys/1337", 10, "ci"), ("/v1/securitygroups/1337/4", 10, "db")],
)
def test_a_page_of_ten_hides_what_is_wanted(account: Account, path: str, size: int, last: str) -> None:
    first = account.call("GET", path)
    assert len(first["results"]) == size < first["count"]
    assert account.rules_broken() == ["Gcore reading 28"]
    everything = account.call("GET", f"{path}?limit=1000")["results"]
    assert everything[-1]["name"] == last
    assert last not in {item["name"] for item in first["results"]}
    assert account.call("GET", f"{path}?limit=5&offset=10")["results"] == everything[10:15]
    assert len(account.gcore.violations) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "offset=-1"])
def test_pages_have_bounds(account: Account, query: str) -> None:
    assert "invalid_fields" in account.refused(400, "ValidationError", "GET", f"{HERE}?{query}")


def test_regions_match_their_display_name_without_case(account: Account) -> None:
    found = account.call("GET", "/v1/regions?display_name=LUXEMBOURG-2&limit=100")["results"]
    assert [(region["id"], region["slug"], region["keystone_name"]) for region in found] == [(4, "luxembourg-2", "ED-10")]
    projects = account.call("GET", "/v1/projects?limit=100")["results"]
    assert [(project["id"], project["name"], project["is_default"]) for project in projects] == [(1337, "default", True), (1400, "staging", False)]


# -- lists ------------------------------------------------------------------------------------------------------------------


def test_cluster_nodes_are_listed_by_default_but_are_nobodys_servers(account: Account) -> None:
    assert [server["name"] for server in account.call("GET", f"{HERE}?limit=10")["results"]] == ["k8s-node-1"]
    assert account.rules_broken() == ["Gcore reading 29"]
    assert account.listed() == []
    assert account.gcore.instances() == []


def test_names_match_as_substring_and_as_pattern(account: Account) -> None:
    for name in ("web1", "web10", "db1"):
        account.gcore.seed_instances(1, name=name)
    assert account.listed("&name=web1") == ["web1", "web10"]
    assert account.listed("&name=^(web|db)1$") == ["web1", "db1"]
    assert account.listed("&name=%5B") == []


def test_filters_of_the_list(account: Account) -> None:
    first, second = account.gcore.seed_instances(2, name="srv")
    account.gcore.patch(second, {"status": "SHUTOFF", "tags": {"env": "prod"}, "address": "198.51.100.7", "flavor": "g2-standard-4-8"})
    for query, names in {
        "status=SHUTOFF": ["srv-2"],
        "ip=198.51": ["srv-2"],
        f"uuid={first[:9]}": ["srv-1"],
        "flavor_id=g2-standard-4-8": ["srv-2"],
        "flavor_prefix=g2-": ["srv-1", "srv-2"],
        "exclude_flavor_prefix=g2-standard-4": ["srv-1"],
        "metadata_kv=%7B%22env%22:%22prod%22%7D": ["srv-2"],
        "tag_key_value=%7B%22env%22:%22dev%22%7D": [],
        "tag_value=prod": ["srv-2"],
        "with_ddos=true": [],
        "only_with_fixed_external_ip=true": ["srv-1", "srv-2"],
        "changes-since=2025-06-15T15:06:41Z": [],
        "changes-before=2025-06-15T15:06:40": ["srv-1", "srv-2"],
        "order_by=name.desc": ["srv-2", "srv-1"],
    }.items():
        assert account.listed(f"&{query}") == names, query
    for query in ("include_k8s=perhaps", "order_by=size.asc", "changes-since=yesterday", "metadata_kv=%7B"):
        account.refused(400, "ValidationError", "GET", f"{HERE}?limit=1&{query}")


def test_ten_thousand_servers_come_in_pages(account: Account) -> None:
    made = account.gcore.seed_instances(10_000)
    pages = [account.call("GET", f"{HERE}?include_k8s=false&limit=1000&offset={offset}") for offset in range(0, 10_000, 1000)]
    assert {page["count"] for page in pages} == {10_000}
    assert [server["id"] for page in pages for server in page["results"]] == made
    addresses = {server["fixed_ip_assignments"][0]["ip_address"] for page in pages for server in page["results"]}
    assert len(addresses) == 10_000


@pytest.mark.parametrize(("vocabulary", "new", "old"), [("both", True, True), ("new", True, False), ("old", False, True)])
def test_two_vocabularies(vocabulary: str, new: bool, old: bool) -> None:
    account = Account(vocabulary=vocabulary)
    (key,) = account.gcore.seed_instances(1, tags={"env": "prod"})
    server = account.server(key)
    assert [name in server for name in ("id", "name", "created_at", "ssh_key_name", "tags")] == [new] * 5
    assert [name in server for name in ("instance_id", "instance_name", "instance_created", "keypair_name", "metadata", "metadata_detailed")] == [old] * 6
    tags = server["tags" if new else "metadata_detailed"]
    assert {"key": "env", "value": "prod", "read_only": False} in tags
    assert {tag["key"] for tag in tags if tag["read_only"]} >= {"image_id", "image_name", "os_type"}


# -- create and tasks ---------------------------------------------------------------------------------------------------------


def test_a_task_goes_through_its_states_and_shows_its_server_when_running(account: Account) -> None:
    task_id = account.call("POST", "/v2/instances/1337/4", account.wish(user_data=base64.b64encode(b"S3CRET-data").decode()))["tasks"][0]
    assert account.listed() == []
    states = []
    for _read in range(3):
        task = account.call("GET", f"/v1/tasks/{task_id}")
        states.append((task["state"], account.listed()))
    assert states == [("NEW", []), ("RUNNING", ["web1"]), ("FINISHED", ["web1"])]
    assert task["task_type"] == "create_vm"
    assert task["data"]["name"] == "web1"
    (key,) = task["created_resources"]["instances"]
    server = account.server(key)
    assert (server["status"], server["vm_state"], server["task_state"], server["task_id"]) == ("ACTIVE", "active", None, None)
    assert server["creator_task_id"] == task_id
    assert "S3CRET" not in json.dumps(server)
    assert account.gcore.state["money"]["orders"] == 1
    assert account.gcore.violations == []


@pytest.mark.parametrize(("listed_while", "seen"), [("new", [1, 1, 1]), ("running", [0, 1, 1]), ("finished", [0, 0, 1])])
def test_when_a_new_server_is_listed(listed_while: str, seen: list[int]) -> None:
    account = Account(listed_while=listed_while)
    task_id = account.call("POST", "/v2/instances/1337/4", account.wish())["tasks"][0]
    counts = []
    for _read in range(3):
        account.call("GET", f"/v1/tasks/{task_id}")
        counts.append(len(account.listed()))
    assert counts == seen


def test_a_building_server_is_locked_and_looking_at_it_ends_the_task(account: Account) -> None:
    account.gcore.settings["listed_while"] = "new"
    account.call("POST", "/v2/instances/1337/4", account.wish())
    key = account.gcore.instances()[0]["id"]
    looks = [account.server(key) for _read in range(3)]
    assert [(look["status"], look["task_state"]) for look in looks] == [("BUILD", "spawning"), ("BUILD", "spawning"), ("ACTIVE", None)]
    assert looks[0]["task_id"] is not None
    assert looks[2]["task_id"] is None


def test_tasks_take_time_and_end_unread(account: Account) -> None:
    account.gcore.settings.update(task_polls=0, task_seconds=10)
    task_id = account.call("POST", "/v2/instances/1337/4", account.wish())["tasks"][0]
    assert account.call("GET", f"/v1/tasks/{task_id}")["state"] == "RUNNING"
    account.clock.advance(10)
    assert account.call("GET", f"/v1/tasks/{task_id}")["state"] == "FINISHED"
    account.call("POST", "/v2/instances/1337/4", account.wish("web2"))
    account.clock.advance(29)
    assert account.listed() == ["web1"]
    account.clock.advance(1)
    assert account.listed() == ["web1", "web2"]


def test_task_list_is_newest_first_and_filters(account: Account) -> None:
    for number in range(12):
        account.clock.advance(60)
        account.call("POST", "/v2/instances/1337/4", account.wish(f"web{number}"))
    first = account.call("GET", "/v1/tasks")
    assert (len(first["results"]), first["count"]) == (10, 12)
    assert first["results"][0]["data"]["name"] == "web11"
    recent = account.call("GET", "/v1/tasks?limit=1000&task_type=create_vm&project_id=1337&region_id=4&from_timestamp=2025-06-15T15:17:00")
    assert [task["data"]["name"] for task in recent["results"]] == ["web11", "web10"]
    assert account.call("GET", "/v1/tasks?limit=1000&state=ERROR&state=FINISHED")["count"] == 11  # all that nobody reads
    assert account.call("GET", "/v1/tasks/1337/4/active?limit=10")["count"] == 1
    assert account.call("GET", "/v1/tasks/1337/7/active?limit=10")["count"] == 0


def test_a_list_of_tasks_shows_the_state_it_was_asked_for(account: Account) -> None:
    account.call("POST", "/v2/instances/1337/4", account.wish())
    for state in ("NEW", "RUNNING"):
        account.call("GET", "/v1/tasks?limit=10")
        found = account.call("GET", f"/v1/tasks?limit=10&state={state}")["results"]
        assert {task["state"] for task in found} <= {state}
    assert account.call("GET", "/v1/tasks?limit=10")["results"][0]["state"] == "FINISHED"


def test_names_make_one_server_each_and_templates_are_filled(account: Account) -> None:
    body = account.wish()
    del body["name"]
    tasks = account.call("POST", "/v2/instances/1337/4", {**body, "names": ["one", "two"]})["tasks"]
    assert [account.wait(task)["data"]["name"] for task in tasks] == ["one", "two"]
    assert account.rules_broken() == ["Gcore reading 3", "Gcore reading 3"]
    task = account.run("POST", "/v2/instances/1337/4", {**body, "name_template": "host-{two_ip_octets}"})
    server = account.server(task["created_resources"]["instances"][0])
    address = server["fixed_ip_assignments"][0]["ip_address"]
    assert server["name"] == "host-" + "-".join(address.split(".")[2:])
    assert account.refused(400, "ValidationError", "POST", "/v2/instances/1337/4", body)["invalid_fields"]["name"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "x"}, "name"),
        ({"name": "web_"}, None),
        ({"flavor": "nope"}, "flavor"),
        ({"flavor": "g1-standard-1-2"}, "flavor"),
        ({"interfaces": []}, "interfaces"),
        ({"interfaces": [{"type": "subnet"}]}, "subnet_id"),
        ({"interfaces": [{"type": "external", "floating_ip": {"source": "new"}}]}, "floating_ip"),
        ({"interfaces": [{"type": "external", "port_security_enabled": False}]}, "port_security_enabled"),
        ({"interfaces": [{"type": "external", "security_groups": [{"id": "nope"}]}]}, "id"),
        ({"volumes": []}, "volumes"),
        ({"volumes": [{"source": "new-volume", "size": 5}]}, "volumes"),
        ({"volumes": [{"source": "image", "image_id": "nope"}]}, "image_id"),
        ({"user_data": "no base64!"}, "user_data"),
        ({"ssh_key_name": "nobody"}, "ssh_key_name"),
        ({"tags": {"a b": "c"}}, "tags"),
        ({"tags": {"a": ""}}, "tags"),
        ({"tags": {"image_id": "x"}}, "tags"),
        ({"servergroup_id": "nope"}, "servergroup_id"),
    ],
)
def test_create_validates(account: Account, change: dict[str, t.Any], field: str | None) -> None:
    answer = account.call("POST", "/v2/instances/1337/4", {**account.wish(), **change}, status=400 if field else 200)
    if field:
        assert list(answer["invalid_fields"]) == [field]
        assert account.gcore.instances() == []
        assert account.gcore.state["money"]["orders"] == 0


def test_image_needs_its_disk_and_gives_it_by_default(account: Account) -> None:
    image = account.one("images", "windows-server-2022-x64")
    volume = {"source": "image", "image_id": image["id"], "boot_index": 0}
    account.refused(400, "ValidationError", "POST", "/v2/instances/1337/4", account.wish(volumes=[{**volume, "size": 49}]))
    key = account.order(volumes=[volume])
    assert account.call("GET", f"/v1/volumes/1337/4?limit=10&instance_id={key}")["results"][0]["size"] == image["min_disk"] == 50


def test_windows_access_rules(account: Account) -> None:
    body = account.wish("win", image="windows-server-2022-x64", flavor="g2w-standard-2-4")
    account.refused(400, "ValidationError", "POST", "/v2/instances/1337/4", {**body, "username": "admin", "password": "Aa1!aaaa"})
    assert account.rules_broken() == ["Gcore reading 5"]
    answer = account.refused(400, "ValidationError", "POST", "/v2/instances/1337/4", {**body, "password": "weak"})
    assert "weak" in answer["message"]  # a client must not repeat it
    account.call("POST", "/v2/instances/1337/4", {**body, "password": "Aa1!aaaa"})


def test_password_with_user_data_is_accepted_and_a_violation(account: Account) -> None:
    account.order(password="S3CRET-pw", user_data=base64.b64encode(b"x").decode())
    assert account.rules_broken() == ["Gcore reading 5"]


@pytest.mark.parametrize(("create_tags", "env"), [("on", "new"), ("off", "old")])
def test_the_old_era_knows_metadata_only(create_tags: str, env: str) -> None:
    account = Account(create_tags=create_tags)
    server = account.server(account.order(tags={"env": "new"}, metadata={"env": "old"}))
    assert {tag["key"]: tag["value"] for tag in server["tags"] if not tag["read_only"]} == {"env": env}


def test_interfaces_addresses_and_groups(account: Account) -> None:
    network, group = account.one("networks", "net1"), account.one("securitygroups", "web")
    private = {"type": "any_subnet", "network_id": network["id"], "floating_ip": {"source": "new"}, "security_groups": [{"id": group["id"]}]}
    key = account.order(interfaces=[{"type": "external", "ip_family": "dual"}, private], ssh_key_name="ops")
    server = account.server(key)
    assert [item["type"] for item in server["addresses"]["public"]] == ["fixed", "fixed"]
    assert [item["type"] for item in server["addresses"]["net1"]] == ["fixed", "floating"]
    assert [item["external"] for item in server["fixed_ip_assignments"]] == [True, True, False]
    assert server["security_groups"] == [{"name": "default"}, {"name": "web"}]
    assert server["ssh_key_name"] == "ops"
    floating = account.call("GET", "/v1/floatingips/1337/4?limit=10")["results"][0]
    assert floating["floating_ip_address"] == server["addresses"]["net1"][1]["addr"]
    assert floating["instance"]["id"] == key
    interfaces = account.call("GET", f"{HERE}/{key}/interfaces?limit=10")["results"]
    assert [interface["network_details"]["external"] for interface in interfaces] == [True, False]
    assert [detail["id"] for detail in interfaces[1]["floatingip_details"]] == [floating["id"]]
    item = account.call("GET", f"{HERE}?include_k8s=false&limit=1")["results"][0]
    assert "subnet_id" not in item["addresses"]["public"][0]
    assert "subnet_id" in server["addresses"]["public"][0]


def test_a_wanted_private_address_is_given_once(account: Account) -> None:
    interface = {"type": "any_subnet", "network_id": account.one("networks", "net1")["id"], "ip_address": "10.0.9.9"}
    account.order(interfaces=[interface])
    account.refused(409, "ConflictError", "POST", "/v2/instances/1337/4", account.wish("web2", interfaces=[interface]))
    account.refused(400, "ValidationError", "POST", "/v2/instances/1337/4", account.wish("web2", interfaces=[{**interface, "ip_address": "10.9.9.9"}]))


def test_quota_and_capacity_are_403_and_look_different(account: Account) -> None:
    account.gcore.settings["quota_volume_size"] = 100  # the cluster node has 10
    answer = account.refused(403, "QuotaLimitExceed", "POST", "/v2/instances/1337/4", account.wish(volumes=[{**account.wish()["volumes"][0], "size": 95}]))
    assert answer["message"] == "Quota limit for volume_size exceeded by 5"
    assert answer["info"] == {"attribute": "volume_size", "current_usage": 10, "requested_usage": 105, "limit": 100}
    account.gcore.settings["sold_out_flavors"] = ["g2-standard-1-2"]
    answer = account.refused(403, "ForbiddenError", "POST", "/v2/instances/1337/4", account.wish())
    assert "has reached the limit of flavor g2-standard-1-2" in answer["message"]
    assert account.gcore.instances() == []


def test_check_limits_tells_what_is_missing(account: Account) -> None:
    url, body = "/v2/instances/1337/4/check_limits", account.wish()
    account.refused(400, "ValidationError", "POST", url, body)  # it wants names
    assert account.call("POST", url, {**body, "names": ["web1"]}) == {}
    account.gcore.seed_instances(1)
    account.gcore.settings["quota_vm_count"] = 2
    assert account.call("POST", url, {**body, "names": ["a", "b", "c"]}) == {"vm_count_limit": 2, "vm_count_requested": 2, "vm_count_usage": 1}
    account.gcore.settings["check_limits_keys"] = "all"
    answer = account.call("POST", url, {**body, "names": ["web1"]})
    assert answer["ram_limit"] > 0
    assert not any(value for key, value in answer.items() if key.endswith("_requested"))
    assert len(account.gcore.instances()) == 1


def test_quotas_are_shown(account: Account) -> None:
    account.gcore.seed_instances(3, flavor="g2-standard-2-4")
    regional = account.call("GET", "/v2/regional_quotas/2/4")
    assert (regional["vm_count_usage"], regional["cpu_count_usage"], regional["ram_usage"]) == (3, 6, 12288)
    everything = account.call("GET", "/v2/client_quotas")
    assert {"region_id": 4, **regional} in everything["regional_quotas"]
    assert everything["global_quotas"]["keypair_count_usage"] == 28
    account.refused(404, "NotFoundError", "GET", "/v2/regional_quotas/9/4")


# -- faults of its own ------------------------------------------------------------------------------------------------------------


def test_a_failing_task_leaves_nothing(account: Account) -> None:
    network = account.one("networks", "net1")["id"]
    body = account.wish(interfaces=[{"type": "any_subnet", "network_id": network, "floating_ip": {"source": "new"}}])
    task = account.run("POST", "/v2/instances/1337/4", body, fault="task_fails", error="Quota limit for ram exceeded by 1")
    assert (task["state"], task["error"], task["created_resources"]) == ("ERROR", "Quota limit for ram exceeded by 1", None)
    assert account.gcore.instances() == []
    assert account.call("GET", "/v1/floatingips/1337/4?limit=10")["count"] == 0
    assert account.call("GET", "/v1/volumes/1337/4?limit=10")["count"] == 1  # the cluster node's


def test_a_half_created_server_stays_in_error(account: Account) -> None:
    task = account.run("POST", "/v2/instances/1337/4", account.wish(), fault="half_created")
    assert task["state"] == "ERROR"
    (left,) = account.call("GET", f"{HERE}?include_k8s=false&limit=10")["results"]
    assert (left["name"], left["status"], left["vm_state"], left["task_id"]) == ("web1", "ERROR", "error", None)
    assert account.run("DELETE", f"{HERE}/{left['id']}")["state"] == "FINISHED"


def test_double_makes_two_servers_behind_one_answer(account: Account) -> None:
    tasks = account.call("POST", "/v2/instances/1337/4", account.wish(), fault="double")["tasks"]
    assert len(tasks) == 1
    found = account.call("GET", "/v1/tasks?limit=10&task_type=create_vm")["results"]
    assert [task["data"]["name"] for task in found] == ["web1", "web1"]
    assert [server["name"] for server in account.gcore.instances()] == ["web1", "web1"]
    assert account.gcore.state["money"]["orders"] == 2


def test_nothing_names_a_task_that_never_appears(account: Account) -> None:
    (task_id,) = account.call("POST", "/v2/instances/1337/4", account.wish(), fault="nothing")["tasks"]
    account.refused(404, "NotFoundError", "GET", f"/v1/tasks/{task_id}")
    assert account.call("GET", "/v1/tasks?limit=10")["count"] == 0
    assert account.gcore.instances() == []
    assert account.gcore.state["money"]["orders"] == 0
    assert account.call("POST", "/v2/instances/1337/4", account.wish())["tasks"] != [task_id]


def test_late_servers_are_listed_after_polls_or_seconds(account: Account) -> None:
    account.call("POST", "/v2/instances/1337/4", account.wish(), fault="late", polls=3)
    assert [account.listed() for _look in range(5)] == [[], [], [], [], ["web1"]]
    account.call("POST", "/v2/instances/1337/4", account.wish("web2"), fault="late", seconds=40, hidden=True)
    account.clock.advance(39)
    assert account.listed() == ["web1"]
    assert [task["data"]["name"] for task in account.call("GET", "/v1/tasks?limit=10")["results"]] == ["web1"]
    account.clock.advance(1)
    assert account.listed() == ["web1", "web2"]


def test_a_fresh_task_may_be_404_for_a_while(account: Account) -> None:
    (task_id,) = account.call("POST", "/v2/instances/1337/4", account.wish(), fault="task_404", polls=2)["tasks"]
    statuses = [account.send("GET", f"/v1/tasks/{task_id}").status for _read in range(3)]
    assert statuses == [404, 404, 200]


def test_no_effect_finishes_without_change(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1, name="web1")
    task = account.run("POST", f"/v2/instances/1337/4/{key}/action", {"action": "stop"}, fault="no_effect")
    assert task["state"] == "FINISHED"
    assert account.server(key)["status"] == "ACTIVE"
    account.call("PATCH", f"{HERE}/{key}", {"name": "other"}, fault="no_effect")
    assert account.server(key)["name"] == "web1"
    account.call("POST", f"{HERE}/{key}/metadata", {"env": "x"}, status=204, fault="no_effect")
    assert "env" not in account.server(key)["metadata"]
    assert account.run("POST", "/v2/instances/1337/4", account.wish("web2"), fault="no_effect")["created_resources"] is None
    assert account.listed() == ["web1"]


def test_two_tasks_where_only_the_first_works(account: Account) -> None:
    first, second = account.call("POST", "/v2/instances/1337/4", account.wish(), fault="two_tasks", error="no luck")["tasks"]
    assert account.wait(first)["state"] == "FINISHED"
    task = account.wait(second)
    assert (task["state"], task["error"]) == ("ERROR", "no luck")


def test_every_own_fault_is_described(account: Account) -> None:
    expected = {"task_fails", "half_created", "double", "nothing", "late", "task_404", "no_effect", "two_tasks", "console_locked"}
    assert set(account.gcore.faults) == expected


# -- power, size, name ---------------------------------------------------------------------------------------------------------------


def act(account: Account, key: str, action: str, status: int = 200) -> Body:
    return account.call("POST", f"/v2/instances/1337/4/{key}/action", {"action": action}, status)


@pytest.mark.parametrize(
    ("before", "action", "meanwhile", "after"),
    [
        ("SHUTOFF", "start", ("SHUTOFF", "powering-on"), "ACTIVE"),
        ("ACTIVE", "stop", ("ACTIVE", "powering-off"), "SHUTOFF"),
        ("SHUTOFF", "stop", ("SHUTOFF", "powering-off"), "SHUTOFF"),
        ("ACTIVE", "reboot", ("ACTIVE", "rebooting"), "ACTIVE"),
        ("ACTIVE", "reboot_hard", ("HARD_REBOOT", "rebooting_hard"), "ACTIVE"),
        ("ACTIVE", "suspend", ("ACTIVE", "suspending"), "SUSPENDED"),
        ("SHUTOFF", "suspend", ("SHUTOFF", "suspending"), "SUSPENDED"),
        ("SUSPENDED", "resume", ("SUSPENDED", "resuming"), "ACTIVE"),
    ],
)
def test_power(account: Account, before: str, action: str, meanwhile: tuple[str, str], after: str) -> None:
    (key,) = account.gcore.seed_instances(1, status=before)
    (task_id,) = act(account, key, action)["tasks"]
    (shown,) = account.call("GET", f"{HERE}?include_k8s=false&limit=1")["results"]
    assert (shown["status"], shown["task_state"], shown["task_id"]) == (*meanwhile, task_id)
    assert account.wait(task_id)["state"] == "FINISHED"
    server = account.server(key)
    assert (server["status"], server["task_state"], server["task_id"]) == (after, None, None)


@pytest.mark.parametrize(("before", "action"), [("ACTIVE", "start"), ("SUSPENDED", "stop"), ("SHUTOFF", "reboot"), ("SHUTOFF", "resume"), ("ERROR", "start")])
def test_power_from_a_wrong_state_is_409(account: Account, before: str, action: str) -> None:
    (key,) = account.gcore.seed_instances(1, status=before)
    assert act(account, key, action, 409)["exception_class"] == "ConflictError"


def test_powercycle_is_understood_and_noted_and_other_words_are_not(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    task = account.wait(act(account, key, "powercycle")["tasks"][0])
    assert task["task_type"] == "hard_reboot_vm"
    assert account.rules_broken() == ["Gcore reading 7"]
    assert act(account, key, "explode", 400)["exception_class"] == "ValidationError"


def test_v1_power_answers_a_moving_server(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    server = account.call("POST", f"{HERE}/{key}/stop")
    assert (server["id"], server["status"], server["task_state"]) == (key, "ACTIVE", "powering-off")
    assert account.rules_broken() == ["Gcore reading 8"]
    assert [account.server(key)["status"] for _read in range(3)] == ["ACTIVE", "ACTIVE", "SHUTOFF"]


def test_a_locked_server_refuses_every_change_and_names_the_task(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    (task_id,) = act(account, key, "stop")["tasks"]
    changes: list[tuple[str, str, Body]] = [
        ("DELETE", f"{HERE}/{key}", None),
        ("PATCH", f"{HERE}/{key}", {"name": "web2"}),
        ("POST", f"/v2/instances/1337/4/{key}/action", {"action": "stop"}),
        ("POST", f"{HERE}/{key}/changeflavor", {"flavor_id": "g2-standard-2-4"}),
        ("POST", f"{HERE}/{key}/metadata", {"a": "b"}),
        ("POST", f"{HERE}/{key}/addsecuritygroup", {"name": "web"}),
        ("POST", f"{HERE}/{key}/attach_interface", {}),
    ]
    for method, url, body in changes:
        assert task_id in account.refused(409, "ConflictError", method, url, body)["message"]
    account.wait(task_id)
    account.call("PATCH", f"{HERE}/{key}", {"name": "web2"})


def test_resize_takes_only_what_is_offered_and_keeps_the_power_state(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1, status="SHUTOFF")
    offered = {flavor["flavor_id"] for flavor in account.call("GET", f"{HERE}/{key}/available_flavors")["results"]}
    assert offered == {"g2-standard-2-4", "g2-standard-4-8", "g2-standard-8-16"}
    for flavor in ("g2-standard-1-2", "g1-standard-1-2", "g2w-standard-2-4", "nope"):
        account.refused(400, "ValidationError", "POST", f"{HERE}/{key}/changeflavor", {"flavor_id": flavor})
    (task_id,) = account.call("POST", f"{HERE}/{key}/changeflavor", {"flavor_id": "g2-standard-2-4"})["tasks"]
    assert account.server(key)["status"] == "RESIZE"
    assert account.wait(task_id)["task_type"] == "resize_vm"
    server = account.server(key)
    assert (server["status"], server["flavor"]["flavor_id"], server["flavor"]["ram"]) == ("SHUTOFF", "g2-standard-2-4", 4096)


def test_flavors_show_prices_when_asked_and_disabled_ones_unless_told(account: Account) -> None:
    url = "/v1/flavors/1337/4?limit=100"
    plain = account.call("GET", url)["results"]
    assert [flavor["flavor_id"] for flavor in plain if flavor["disabled"]] == ["g1-standard-1-2"]
    assert not any("price_per_hour" in flavor for flavor in plain)
    assert all(flavor["price_per_month"] > 0 for flavor in account.call("GET", f"{url}&include_prices=true&disabled=false")["results"])
    assert not any(flavor["disabled"] for flavor in account.call("GET", f"{url}&disabled=false")["results"])
    assert {flavor["os_type"] for flavor in account.call("GET", f"{url}&exclude_linux=true")["results"]} == {"windows"}
    planned = account.call("POST", f"{HERE}/available_flavors", {"volumes": account.wish(image="windows-server-2022-x64")["volumes"]})
    assert [flavor["flavor_id"] for flavor in planned["results"]] == ["g2w-standard-2-4", "g2w-standard-4-8"]


def test_rename_is_at_once_and_merges_tags(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1, tags={"a": "1", "b": "2"})
    server = account.call("PATCH", f"{HERE}/{key}", {"name": "new name", "tags": {"a": None, "c": "3"}})
    assert server["name"] == "new name"
    assert {tag["key"] for tag in server["tags"] if not tag["read_only"]} == {"b", "c"}
    server = account.call("PATCH", f"{HERE}/{key}", {"tags": None})
    assert all(tag["read_only"] for tag in server["tags"])
    account.refused(400, "ValidationError", "PATCH", f"{HERE}/{key}", {"name": "-x"})
    account.refused(400, "ValidationError", "PATCH", f"{HERE}/{key}", {"tags": {"image_id": None}})


# -- metadata --------------------------------------------------------------------------------------------------------------------------


def test_metadata_calls(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    url, item = f"{HERE}/{key}/metadata", f"/v2/instances/1337/4/{key}/metadata_item"

    def tags() -> dict[str, str]:
        return {entry["key"]: entry["value"] for entry in account.call("GET", url)["results"] if not entry["read_only"]}

    account.call("POST", url, {"a": "1", "b/c": "2"}, status=204)
    account.call("POST", url, {"a": "3"}, status=204)
    assert tags() == {"a": "3", "b/c": "2"}
    assert account.call("GET", f"{item}?key=b/c") == {"key": "b/c", "value": "2", "read_only": False}
    account.refused(400, "ValidationError", "GET", f"{url}/b%20c")
    account.call("DELETE", f"{item}?key=b/c", status=204)
    account.refused(404, "NotFoundError", "DELETE", f"{item}?key=b/c")
    account.call("PUT", url, {"z": "9"}, status=204)
    assert tags() == {"z": "9"}
    assert "image_id" in account.server(key)["metadata"]
    for method, address, body in (("POST", url, {"image_id": "x"}), ("PUT", url, {"task_id": "x"}), ("DELETE", f"{item}?key=os_type", None)):
        account.refused(400, "ValidationError", method, address, body)
    assert account.gcore.violations == []
    account.call("DELETE", f"{url}/z", status=204)
    assert account.rules_broken() == ["Gcore reading 13"]


@pytest.mark.parametrize(("status", "kind"), [(404, "NotFoundError"), (405, "HTTPError")])
def test_the_metadata_api_can_be_gone(status: int, kind: str) -> None:
    account = Account(metadata_api="off", metadata_status=status)
    (key,) = account.gcore.seed_instances(1)
    account.refused(status, kind, "POST", f"{HERE}/{key}/metadata", {"a": "1"})
    account.refused(status, kind, "GET", f"/v2/instances/1337/4/{key}/metadata_item?key=a")
    account.refused(404, "NotFoundError", "GET", f"{HERE}/nobody/metadata")
    assert account.call("PATCH", f"{HERE}/{key}", {"tags": {"a": "1"}})["metadata"]["a"] == "1"


# -- security groups ---------------------------------------------------------------------------------------------------------------------


def test_groups_are_assigned_by_name_per_port_and_only_added(account: Account) -> None:
    key = account.order(interfaces=[{"type": "external"}, {"type": "external"}])
    ports = account.call("GET", f"{HERE}/{key}/ports")["results"]

    def groups() -> list[list[str]]:
        return [[group["name"] for group in port["security_groups"]] for port in account.call("GET", f"{HERE}/{key}/ports")["results"]]

    def assign(call: str, names: list[str], port: str | None = None, status: int = 204) -> None:
        account.call("POST", f"{HERE}/{key}/{call}", {"ports_security_group_names": [{"port_id": port, "security_group_names": names}]}, status)

    assign("addsecuritygroup", ["web", "ssh"])
    assign("addsecuritygroup", ["web"])
    assert groups() == [["default", "web", "ssh"]] * 2
    assign("delsecuritygroup", ["default", "web"], ports[1]["id"])
    assign("delsecuritygroup", ["web"], ports[1]["id"])
    assert groups() == [["default", "web", "ssh"], ["ssh"]]
    assert [group["name"] for group in account.call("GET", f"{HERE}/{key}/securitygroups")["results"]] == ["default", "web", "ssh"]
    assert account.server(key)["security_groups"] == [{"name": name} for name in ("default", "web", "ssh", "ssh")]
    assign("addsecuritygroup", ["nobody"], status=404)
    assign("addsecuritygroup", ["web"], "no-port", status=404)
    assert account.gcore.violations == []
    account.call("POST", f"{HERE}/{key}/addsecuritygroup", {"name": "db"}, status=204)
    assert account.rules_broken() == ["Gcore reading 16"]


def test_groups_without_rules_are_open_and_empty_rules_are_closed(account: Account) -> None:
    url = "/v2/security_groups/1337/4"
    made = account.run("POST", url, {"name": "open"})["created_resources"]["security_groups"]
    assert account.rules_broken() == ["Gcore reading 15"]
    rules = account.call("GET", f"/v1/securitygroups/1337/4/{made[0]}")["security_group_rules"]
    assert {(rule["direction"], rule["ethertype"]) for rule in rules} == {(way, ip) for way in ("ingress", "egress") for ip in ("IPv4", "IPv6")}
    closed = account.run("POST", url, {"name": "open", "rules": []})["created_resources"]["security_groups"]
    assert account.call("GET", f"/v1/securitygroups/1337/4/{closed[0]}")["security_group_rules"] == []
    assert account.call("GET", "/v1/securitygroups/1337/4?limit=100&name=open")["count"] == 2
    assert account.call("GET", "/v1/securitygroups/1337/4?limit=100&name=ope")["count"] == 0


def test_group_rules_are_replaced_as_a_set(account: Account) -> None:
    base = {"direction": "ingress", "protocol": "tcp", "remote_ip_prefix": "0.0.0.0/0"}
    http = {**base, "port_range_min": 80, "port_range_max": 80}
    ssh = {**base, "port_range_min": 22, "port_range_max": 22}
    (key,) = account.run("POST", "/v2/security_groups/1337/4", {"name": "mine", "rules": [http]})["created_resources"]["security_groups"]
    url, show = f"/v2/security_groups/1337/4/{key}", f"/v1/securitygroups/1337/4/{key}"
    kept = account.call("GET", show)["security_group_rules"][0]["id"]
    assert account.call("PATCH", url, {"rules": [http]}) == {"tasks": []}
    account.run("PATCH", url, {"rules": [http, ssh]})
    rules = account.call("GET", show)["security_group_rules"]
    assert [(rule["id"] == kept, rule["port_range_min"]) for rule in rules] == [(True, 80), (False, 22)]
    account.run("PATCH", url, {"rules": [ssh], "description": "ssh only"})
    group = account.call("GET", show)
    assert ([rule["port_range_min"] for rule in group["security_group_rules"]], group["description"]) == ([22], "ssh only")
    added = account.run("POST", f"{url}/rules", http)["created_resources"]["security_group_rules"][0]
    account.run("DELETE", f"{url}/rules/{added}")
    assert len(account.call("GET", show)["security_group_rules"]) == 1
    for bad in ({"direction": "up"}, {**ssh, "remote_ip_prefix": "nowhere"}, {**ssh, "port_range_min": "22"}, {**ssh, "remote_group_id": key}):
        account.refused(400, "ValidationError", "PATCH", url, {"rules": [bad]})


def test_groups_in_use_and_the_default_stay(account: Account) -> None:
    default, web = account.one("securitygroups", "default")["id"], account.one("securitygroups", "web")["id"]
    url = "/v1/securitygroups/1337/4"
    key = account.order(interfaces=[{"type": "external", "security_groups": [{"id": web}]}])
    account.refused(409, "ConflictError", "DELETE", f"{url}/{default}")
    account.refused(409, "ConflictError", "DELETE", f"{url}/{web}")
    assert [server["id"] for server in account.call("GET", f"{url}/{web}/instances")["results"]] == [key]
    account.run("DELETE", f"{HERE}/{key}")
    account.call("DELETE", f"{url}/{web}", status=204)
    account.refused(404, "NotFoundError", "GET", f"{url}/{web}")


# -- interfaces, delete, storage -------------------------------------------------------------------------------------------------------------


def test_a_group_of_a_server_that_is_not_listed_yet_is_in_use(account: Account) -> None:
    web = account.one("securitygroups", "web")["id"]
    account.call("POST", "/v2/instances/1337/4", account.wish(interfaces=[{"type": "external", "security_groups": [{"id": web}]}]))
    account.refused(409, "ConflictError", "DELETE", f"/v1/securitygroups/1337/4/{web}")


def test_reserved_addresses_are_used_once_and_go_when_named(account: Account) -> None:
    url = "/v1/reserved_fixed_ips/1337/4?limit=10"
    first, second = (address["port_id"] for address in account.call("GET", url)["results"])
    keys = [account.order(f"web{port[:4]}", interfaces=[{"type": "reserved_fixed_ip", "port_id": port}]) for port in (first, second)]
    again = account.wish("web3", interfaces=[{"type": "reserved_fixed_ip", "port_id": first}])
    account.refused(409, "ConflictError", "POST", "/v2/instances/1337/4", again)
    assert account.call("GET", f"{url}&available_only=true")["count"] == 0
    account.run("DELETE", f"{HERE}/{keys[0]}")
    account.run("DELETE", f"{HERE}/{keys[1]}?reserved_fixed_ips={second}")
    assert [address["port_id"] for address in account.call("GET", f"{url}&available_only=true")["results"]] == [first]


def test_attach_and_detach_interfaces(account: Account) -> None:
    key = account.order()
    subnet = account.call("GET", "/v1/subnets/1337/4?limit=100")["results"][2]
    task = account.run("POST", f"{HERE}/{key}/attach_interface", {"type": "subnet", "subnet_id": subnet["id"]})
    (port,) = task["created_resources"]["ports"]
    assert set(account.server(key)["addresses"]) == {"public", "net1"}
    account.run("POST", f"{HERE}/{key}/attach_interface", {})
    assert len(account.server(key)["addresses"]["public"]) == 2
    address = account.server(key)["addresses"]["net1"][0]["addr"]
    account.refused(404, "NotFoundError", "POST", f"{HERE}/{key}/detach_interface", {"port_id": port, "ip_address": "192.0.2.1"})
    account.run("POST", f"{HERE}/{key}/detach_interface", {"port_id": port, "ip_address": address})
    assert set(account.server(key)["addresses"]) == {"public"}


def test_a_floating_ip_moves(account: Account) -> None:
    network = account.one("networks", "net1")["id"]
    keys = [account.order(f"web{number}", interfaces=[{"type": "any_subnet", "network_id": network}]) for number in (1, 2)]
    ports = [account.call("GET", f"{HERE}/{key}/ports")["results"][0]["id"] for key in keys]
    (floating,) = account.run("POST", "/v1/floatingips/1337/4", {"port_id": ports[0]})["created_resources"]["floatingips"]
    assert len(account.server(keys[0])["addresses"]["net1"]) == 2
    account.run("PATCH", f"/v2/floatingips/1337/4/{floating}", {"port_id": ports[1]})
    assert [len(account.server(key)["addresses"]["net1"]) for key in keys] == [1, 2]
    account.run("DELETE", f"/v1/floatingips/1337/4/{floating}")
    assert len(account.server(keys[1])["addresses"]["net1"]) == 1


def full_server(account: Account) -> tuple[str, list[str], str]:
    """A server with a boot volume, a data volume that goes with it, and a floating IP."""
    network = account.one("networks", "net1")["id"]
    data = {"source": "new-volume", "size": 5, "delete_on_termination": True}
    body = account.wish(interfaces=[{"type": "any_subnet", "network_id": network, "floating_ip": {"source": "new"}}])
    made = account.run("POST", "/v2/instances/1337/4", {**body, "volumes": [*body["volumes"], data]})["created_resources"]
    return made["instances"][0], made["volumes"], made["floatingips"][0]


def test_delete_keeps_what_is_not_named(account: Account) -> None:
    key, (boot, data), floating = full_server(account)
    account.refused(400, "ValidationError", "DELETE", f"{HERE}/{key}?floatings={floating}&delete_floatings=true")
    assert account.rules_broken() == ["Gcore reading 18"]
    account.refused(400, "ValidationError", "DELETE", f"{HERE}/{key}?volumes=foreign")
    (task_id,) = account.call("DELETE", f"{HERE}/{key}")["tasks"]
    assert account.server(key)["task_state"] == "deleting"
    account.wait(task_id)
    account.refused(404, "NotFoundError", "GET", f"{HERE}/{key}")
    assert account.call("GET", f"/v1/volumes/1337/4/{boot}")["status"] == "available"
    account.refused(404, "NotFoundError", "GET", f"/v1/volumes/1337/4/{data}")
    left = account.call("GET", f"/v1/floatingips/1337/4/{floating}")
    assert (left["status"], left["port_id"]) == ("DOWN", None)


def test_delete_takes_named_things_and_snapshots_with_their_volume(account: Account) -> None:
    key, (boot, _data), floating = full_server(account)
    (snapshot,) = account.run("POST", "/v1/snapshots/1337/4", {"volume_id": boot, "name": "backup"})["created_resources"]["snapshots"]
    account.run("DELETE", f"{HERE}/{key}?volumes={boot}&delete_floatings=true")
    for url in (f"/v1/volumes/1337/4/{boot}", f"/v1/snapshots/1337/4/{snapshot}", f"/v1/floatingips/1337/4/{floating}"):
        account.refused(404, "NotFoundError", "GET", url)


def test_volumes_grow_only(account: Account) -> None:
    key = account.order()
    (volume,) = account.call("GET", f"/v1/volumes/1337/4?limit=10&instance_id={key}")["results"]
    assert (volume["is_root_volume"], volume["bootable"], volume["status"], volume["size"]) == (True, True, "in-use", 60)
    url = f"/v1/volumes/1337/4/{volume['id']}"
    account.refused(400, "ValidationError", "POST", f"{url}/extend", {"size": 60})
    (task_id,) = account.call("POST", f"{url}/extend", {"size": 80})["tasks"]
    assert account.call("GET", url)["status"] == "extending"
    account.wait(task_id)
    assert (account.call("GET", url)["status"], account.call("GET", url)["size"]) == ("in-use", 80)
    account.refused(409, "ConflictError", "POST", f"/v2/volumes/1337/4/{volume['id']}/detach", {"instance_id": key})


def test_snapshots_restore_only_the_latest_of_a_detached_volume(account: Account) -> None:
    key = account.order()
    (volume,) = account.run("POST", "/v1/volumes/1337/4", {"source": "new-volume", "name": "data", "size": 5})["created_resources"]["volumes"]
    url = f"/v1/volumes/1337/4/{volume}"
    account.refused(404, "NotFoundError", "POST", f"{url}/revert")
    account.run("POST", "/v1/snapshots/1337/4", {"volume_id": volume, "name": "backup", "tags": {"ansible_backup": "backup"}})
    assert account.call("GET", f"/v1/snapshots/1337/4?limit=10&volume_id={volume}")["count"] == 1
    account.run("POST", f"/v2/volumes/1337/4/{volume}/attach", {"instance_id": key})
    assert account.call("GET", f"/v1/snapshots/1337/4?limit=10&instance_id={key}")["count"] == 1
    account.refused(409, "ConflictError", "POST", f"{url}/revert")
    account.run("POST", f"/v2/volumes/1337/4/{volume}/detach", {"instance_id": key})
    assert account.run("POST", f"{url}/revert")["task_type"] == "revert_volume"
    account.gcore.settings["revert_answer"] = "empty"
    assert account.call("POST", f"{url}/revert") is None
    assert [account.call("GET", url)["status"] for _read in range(3)] == ["reverting", "reverting", "available"]
    account.run("POST", f"{url}/extend", {"size": 6})
    account.refused(409, "ConflictError", "POST", f"{url}/revert")


def test_lowlatency_volumes_have_no_snapshots(account: Account) -> None:
    body = {"source": "new-volume", "name": "fast", "size": 5, "type_name": "ssd_lowlatency"}
    (volume,) = account.run("POST", "/v1/volumes/1337/4", body)["created_resources"]["volumes"]
    account.refused(400, "ValidationError", "POST", "/v1/snapshots/1337/4", {"volume_id": volume, "name": "x"})


def test_policies_show_their_volumes_only_when_asked(account: Account) -> None:
    volume = account.call("GET", "/v1/volumes/1337/4?limit=1")["results"][0]["id"]
    url = "/v1/lifecycle_policy/1337/4"
    schedule = {"type": "cron", "hour": "3", "max_quantity": 3}
    policy = account.call("POST", url, {"name": "nightly", "action": "volume_snapshot", "volume_ids": [volume], "schedules": [schedule]})
    assert isinstance(policy["id"], int)
    assert policy["volumes"] == []
    assert [entry["volume_id"] for entry in account.call("GET", f"{url}/{policy['id']}?need_volumes=true")["volumes"]] == [volume]
    key = policy["schedules"][0]["id"]
    assert account.call("PATCH", f"/v1/schedule/1337/4/{key}", {"hour": "4"})["hour"] == "4"
    account.refused(400, "ValidationError", "POST", f"{url}/{policy['id']}/add_schedules", {"schedules": [{"type": "interval", "minutes": 59}]})
    added = account.call("POST", f"{url}/{policy['id']}/add_schedules", {"schedules": [{"type": "interval", "hours": 1}]})
    assert [entry["type"] for entry in added["schedules"]] == ["cron", "interval"]
    assert len(account.call("POST", f"{url}/{policy['id']}/remove_schedules", {"schedule_ids": [key]})["schedules"]) == 1
    assert account.call("PATCH", f"{url}/{policy['id']}", {"status": "paused"})["status"] == "paused"
    account.call("PUT", f"{url}/{policy['id']}/remove_volumes_from_policy", {"volume_ids": [volume]})
    assert account.call("GET", f"{url}?need_volumes=true")["results"][0]["volumes"] == []
    account.call("DELETE", f"{url}/{policy['id']}", status=204)
    account.refused(404, "NotFoundError", "GET", f"{url}/{policy['id']}")


DAY = 86400.0
POLICIES = "/v1/lifecycle_policy/1337/4"


def _data_volume(account: Account, **fields: t.Any) -> str:
    body = {"source": "new-volume", "name": "data", "size": 5, **fields}
    return str(account.run("POST", "/v1/volumes/1337/4", body)["created_resources"]["volumes"][0])


def _policy(account: Account, volume: str, **schedule: t.Any) -> Body:
    body = {"name": "nightly", "action": "volume_snapshot", "volume_ids": [volume], "schedules": [schedule]}
    return account.call("POST", POLICIES, body)


def _snapshots(account: Account, volume: str, query: str = "") -> list[Body]:
    return list(account.call("GET", f"/v1/snapshots/1337/4?limit=1000&volume_id={volume}{query}")["results"])


def _manual(account: Account, volume: str, name: str = "mine") -> str:
    task = account.run("POST", "/v1/snapshots/1337/4", {"volume_id": volume, "name": name})
    return str(task["created_resources"]["snapshots"][0])


def test_a_cron_schedule_makes_snapshots_and_drops_its_oldest(account: Account) -> None:
    volume = _data_volume(account)
    mine = _manual(account, volume)
    policy = _policy(account, volume, type="cron", hour="3", max_quantity=2, resource_name_template="auto {volume_id}")
    assert "due" not in policy["schedules"][0]
    account.clock.advance(DAY)
    first = _snapshots(account, volume)[1]
    assert (first["name"], first["created_at"][10:], first["status"]) == (f"auto {volume}", "T03:00:00+0000", "available")
    account.clock.advance(2 * DAY)
    ours = _snapshots(account, volume, f"&lifecycle_policy_id={policy['id']}")
    assert ours == _snapshots(account, volume, f"&schedule_id={policy['schedules'][0]['id']}")
    assert len(ours) == 2
    assert first["id"] not in [snapshot["id"] for snapshot in ours]
    assert [snapshot["id"] for snapshot in _snapshots(account, volume)] == [mine, *(snapshot["id"] for snapshot in ours)]
    account.call("DELETE", f"{POLICIES}/{policy['id']}", status=204)
    account.clock.advance(DAY)
    assert len(_snapshots(account, volume)) == 3


def test_an_interval_counts_from_its_start(account: Account) -> None:
    volume = _data_volume(account)
    _policy(account, volume, type="interval", hours=6, max_quantity=100)
    account.clock.advance(6 * 3600 - 1)
    assert _snapshots(account, volume) == []
    account.clock.advance(1)
    assert len(_snapshots(account, volume)) == 1
    account.clock.advance(DAY)
    assert len(_snapshots(account, volume)) == 5


def test_a_paused_policy_does_not_run_and_makes_up_for_nothing(account: Account) -> None:
    volume = _data_volume(account)
    policy = _policy(account, volume, type="interval", hours=1, max_quantity=100)
    account.call("PATCH", f"{POLICIES}/{policy['id']}", {"status": "paused"})
    account.clock.advance(DAY)
    account.call("PATCH", f"{POLICIES}/{policy['id']}", {"status": "active"})
    account.clock.advance(3599)
    assert _snapshots(account, volume) == []
    account.clock.advance(1)
    assert len(_snapshots(account, volume)) == 1


def test_a_changed_schedule_counts_anew(account: Account) -> None:
    volume = _data_volume(account)
    policy = _policy(account, volume, type="interval", hours=1, max_quantity=100)
    account.clock.advance(1800)
    account.call("PATCH", f"/v1/schedule/1337/4/{policy['schedules'][0]['id']}", {"hours": 2})
    account.clock.advance(7199)
    assert _snapshots(account, volume) == []
    account.clock.advance(1)
    assert len(_snapshots(account, volume)) == 1


def test_a_schedule_drops_what_is_older_than_its_retention_time(account: Account) -> None:
    volume = _data_volume(account)
    _policy(account, volume, type="interval", days=1, max_quantity=100, retention_time={"days": 2})
    account.clock.advance(5 * DAY)
    assert len(_snapshots(account, volume)) == 2


def test_two_schedules_keep_their_own_snapshots_in_the_order_of_time(account: Account) -> None:
    volume = _data_volume(account)
    schedules = [{"type": "interval", "hours": 5, "max_quantity": 1}, {"type": "interval", "hours": 2, "max_quantity": 2}]
    account.call("POST", POLICIES, {"name": "both", "action": "volume_snapshot", "volume_ids": [volume], "schedules": schedules})
    account.clock.advance(DAY)
    made = [snapshot["created_at"] for snapshot in _snapshots(account, volume)]
    assert len(made) == 3
    assert made == sorted(made)


def test_schedules_pass_over_volumes_without_snapshots_and_deleted_ones(account: Account) -> None:
    rigid, gone, kept = _data_volume(account, type_name="ssd_lowlatency"), _data_volume(account), _data_volume(account)
    schedule = {"type": "interval", "hours": 1}
    body = {"name": "all", "action": "volume_snapshot", "volume_ids": [rigid, gone, kept], "schedules": [schedule]}
    account.call("POST", POLICIES, body)
    account.run("DELETE", f"/v1/volumes/1337/4/{gone}")
    account.clock.advance(3600)
    assert [snapshot["volume_id"] for snapshot in account.call("GET", "/v1/snapshots/1337/4?limit=1000")["results"]] == [kept]


@pytest.mark.parametrize(
    "schedule", [{"type": "cron", "hour": "25"}, {"type": "cron", "timezone": "Mars"}, {"type": "interval", "hours": 1, "retention_time": {"years": 1}}]
)
def test_schedules_that_make_no_sense_are_refused(account: Account, schedule: dict[str, t.Any]) -> None:
    body = {"name": "x", "action": "volume_snapshot", "schedules": [schedule]}
    account.refused(400, "ValidationError", "POST", POLICIES, body)


def test_a_failed_snapshot_leaves_nothing_or_a_broken_one(account: Account) -> None:
    volume = _data_volume(account)
    body = {"volume_id": volume, "name": "broken"}
    task = account.run("POST", "/v1/snapshots/1337/4", body, fault="task_fails", error="no space")
    assert (task["state"], task["error"], _snapshots(account, volume)) == ("ERROR", "no space", [])
    account.run("POST", "/v1/snapshots/1337/4", body, fault="no_effect")
    assert _snapshots(account, volume) == []
    account.run("POST", "/v1/snapshots/1337/4", body, fault="half_created")
    (broken,) = _snapshots(account, volume)
    assert broken["status"] == "error"
    refused = {"source": "snapshot", "name": "x", "snapshot_id": broken["id"], "size": 5}
    account.refused(409, "ConflictError", "POST", "/v1/volumes/1337/4", refused)


def test_a_failed_group_task_changes_nothing(account: Account) -> None:
    rule = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    url = "/v2/security_groups/1337/4"
    assert account.run("POST", url, {"name": "fails", "rules": [rule]}, fault="task_fails")["state"] == "ERROR"
    assert account.call("GET", "/v1/securitygroups/1337/4?limit=100&name=fails")["count"] == 0
    (group,) = account.run("POST", url, {"name": "lives", "rules": [rule]})["created_resources"]["security_groups"]
    before = account.call("GET", f"/v1/securitygroups/1337/4/{group}")
    for fault, state in (("task_fails", "ERROR"), ("no_effect", "FINISHED")):
        assert account.run("PATCH", f"{url}/{group}", {"rules": []}, fault=fault)["state"] == state
        assert account.call("GET", f"/v1/securitygroups/1337/4/{group}") == before


def test_a_create_can_make_two_snapshots_or_groups(account: Account) -> None:
    volume = _data_volume(account)
    account.run("POST", "/v1/snapshots/1337/4", {"volume_id": volume, "name": "twice"}, fault="double")
    account.clock.advance(60)
    assert [(snapshot["name"], snapshot["status"]) for snapshot in _snapshots(account, volume)] == [("twice", "available")] * 2
    account.run("POST", "/v2/security_groups/1337/4", {"name": "twice", "rules": []}, fault="double")
    account.clock.advance(60)
    assert account.call("GET", "/v1/securitygroups/1337/4?limit=100&name=twice")["count"] == 2


@pytest.mark.parametrize("fault", ["no_effect", "nothing"])
def test_a_policy_that_is_accepted_may_not_come(account: Account, fault: str) -> None:
    account.call("POST", POLICIES, {"name": "x", "action": "volume_snapshot"}, fault=fault)
    assert account.call("GET", POLICIES)["count"] == 0


def test_a_prefix_belongs_to_its_ethertype(account: Account) -> None:
    rule = {"direction": "ingress", "protocol": "tcp", "remote_ip_prefix": "::/0"}
    account.refused(400, "ValidationError", "POST", "/v2/security_groups/1337/4", {"name": "x", "rules": [rule]})
    assert account.run("POST", "/v2/security_groups/1337/4", {"name": "x", "rules": [{**rule, "ethertype": "IPv6"}]})["state"] == "FINISHED"


def test_server_groups(account: Account) -> None:
    groups = account.call("GET", "/v1/servergroups/1337/4?limit=10")["results"]
    key = account.order(servergroup_id=groups[0]["servergroup_id"])
    account.refused(409, "ConflictError", "POST", f"{HERE}/{key}/put_into_servergroup", {"servergroup_id": groups[1]["servergroup_id"]})
    account.run("POST", f"{HERE}/{key}/remove_from_servergroup")
    account.run("POST", f"{HERE}/{key}/put_into_servergroup", {"servergroup_id": groups[1]["servergroup_id"]})
    members = [len(group["instances"]) for group in account.call("GET", "/v1/servergroups/1337/4?limit=10")["results"]]
    assert members == [0, 1]


# -- console, keys, applications, resellers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "novnc", "spice-html5", "serial", "spice", "vnc"])
def test_console_knows_its_types(account: Account, kind: str) -> None:
    (key,) = account.gcore.seed_instances(1)
    url = f"{HERE}/{key}/get_console"
    console = account.call("GET", f"{url}?console_type={kind}" if kind else url)["remote_console"]
    assert "token=S3CRET-" in console["url"]
    account.refused(400, "ValidationError", "GET", f"{url}?console_type=teletype")
    account.call("GET", url, status=409, fault="console_locked")


def test_ssh_keys_may_be_made_by_the_server(account: Account) -> None:
    url = "/v1/ssh_keys/1337"
    made = account.call("POST", url, {"name": "fresh"}, status=201)
    assert "PRIVATE KEY" in made["private_key"]
    own = account.call("POST", url, {"name": "own", "public_key": "ssh-ed25519 AAAA me"}, status=201)
    assert (own["private_key"], own["public_key"]) == (None, "ssh-ed25519 AAAA me")
    listed = account.call("GET", f"{url}?limit=100&name=fres")["results"]
    assert [key["name"] for key in listed] == ["fresh"]
    assert "private_key" not in listed[0]
    account.refused(409, "ConflictError", "POST", url, {"name": "fresh"})
    account.call("DELETE", f"{url}/{made['id']}", status=204)
    assert account.call("GET", "/v1/ssh_keys/1400?limit=100&name=own")["count"] == 0


def test_applications_and_metrics(account: Account) -> None:
    templates = account.call("GET", "/v1/apptemplates/1337/4")["results"]
    assert {len(template) for template in templates} == {17}
    assert account.call("GET", f"/v1/apptemplates/1337/4/{templates[0]['id']}") == templates[0]
    key = account.order(volumes=[{"source": "apptemplate", "apptemplate_id": templates[0]["id"], "boot_index": 0}])
    points = account.call("POST", f"{HERE}/{key}/metrics", {"time_unit": "hour", "time_interval": 3})
    assert points["count"] == 3
    account.refused(400, "ValidationError", "POST", f"{HERE}/{key}/metrics", {"time_unit": "year", "time_interval": 3})


RESELLER_CALLS: list[tuple[str, str, Body]] = [
    ("GET", "/v1/instances/search?name=web", None),
    ("GET", "/v1/instances/1337/4/available_names", None),
    ("GET", "/v1/reseller_name_templates", None),
    ("GET", "/v1/reseller_name_templates/1337/4/available_names", None),
    ("PUT", "/v1/reseller_name_templates", {"region_id": 4, "reseller_id": 8}),
    ("DELETE", "/v1/reseller_name_templates/8/4", None),
]


@pytest.mark.parametrize(("method", "url", "body"), RESELLER_CALLS)
def test_ordinary_tokens_are_no_resellers(account: Account, method: str, url: str, body: Body) -> None:
    account.refused(403, "ForbiddenError", method, url, body)


def test_resellers_search_everywhere_and_restrict_names() -> None:
    account = Account(reseller="on")
    account.gcore.seed_instances(1, name="web1", region=7, project=1400)
    (found,) = account.call("GET", "/v1/instances/search?name=eb")["results"]
    assert (found["name"], found["project_id"], found["region_id"], found["client_id"]) == ("web1", "1400", "7", 2)
    account.call("PUT", "/v1/reseller_name_templates", {"region_id": 4, "reseller_id": 8, "allow_custom_name": False, "allowed_name_templates": ["a"]})
    names = account.call("GET", "/v1/reseller_name_templates/1337/4/available_names")
    assert (names["custom_name_allowed"], names["name_templates_limited"], names["allowed_name_templates"]) == (False, True, ["a"])
    account.call("DELETE", "/v1/reseller_name_templates/8/4", status=204)
    assert account.call("GET", "/v1/reseller_name_templates")["count"] == 0


# -- control -----------------------------------------------------------------------------------------------------------------------------------


def test_a_lock_from_behind_ends_like_any_task(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1, name="web1")
    account.gcore.patch(key, {"lock": True})
    task_id = account.gcore.state["instances"]["1337/4"][key]["task_id"]
    account.refused(409, "ConflictError", "PATCH", f"{HERE}/{key}", {"name": "web2"})
    account.wait(task_id)
    assert account.call("PATCH", f"{HERE}/{key}", {"name": "web2"})["name"] == "web2"


def test_patched_fields_survive_a_task_that_ends_later(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    (task_id,) = act(account, key, "stop")["tasks"]
    account.gcore.patch(key, {"status": "ERROR"})
    account.wait(task_id)
    server = account.server(key)
    assert (server["status"], server["vm_state"], server["task_id"]) == ("ERROR", "error", None)


def test_a_server_that_vanishes_fails_its_task_but_not_its_deletion(account: Account) -> None:
    first, second = account.gcore.seed_instances(2)
    (stop,), (delete,) = act(account, first, "stop")["tasks"], account.call("DELETE", f"{HERE}/{second}")["tasks"]
    account.gcore.vanish(first)
    account.gcore.vanish(second)
    assert account.wait(stop)["state"] == "ERROR"
    assert account.wait(delete)["state"] == "FINISHED"
    assert account.listed() == []


def test_patch_refuses_what_holds_a_server_together(account: Account) -> None:
    (key,) = account.gcore.seed_instances(1)
    with pytest.raises(ValueError, match="ports"):
        account.gcore.patch(key, {"ports": []})
    with pytest.raises(KeyError):
        account.gcore.patch(key, {"flavor": "nope"})
    account.gcore.patch(key, {"ddos_profile": {"id": 1}})
    assert account.server(key)["ddos_profile"] == {"id": 1}
    for fields in ({"region": 99}, {"image": "nope"}, {"flavor": "nope"}):
        with pytest.raises(KeyError):
            account.gcore.seed_instances(1, **fields)


def test_running_tasks_survive_a_save(account: Account) -> None:
    account.call("POST", "/v2/instances/1337/4", account.wish())
    other = Account()
    other.gcore.state = json.loads(json.dumps(account.gcore.state))
    other.clock.advance(30)
    assert other.listed() == ["web1"]
    (server,) = other.gcore.instances()
    assert other.server(server["id"])["status"] == "ACTIVE"


def test_the_same_account_makes_the_same_ids() -> None:
    assert Account().order() == Account().order()
