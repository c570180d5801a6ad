# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Civo API keeps the readings of its contract."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Call, Clock, Request, Response
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.civo import CivoProvider
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.civo_catalogue import fixed_id

Body = t.Any


class Account:
    """One account, called the way the server calls a provider."""

    def __init__(self) -> None:
        self.clock = Clock(1_750_000_000.0)
        self.civo = CivoProvider(self.clock)

    def send(self, method: str, url: str, body: bytes = b"", kind: str = "", fault: str | None = None, **options: t.Any) -> Response:
        """One request through matching and its handler."""
        path, _mark, query = url.partition("?")
        fields = urllib.parse.parse_qs(query, keep_blank_values=True)
        request = Request(method, f"/v2{path}", fields, {"content-type": kind}, body)
        self.civo.advance()
        matched = self.civo.match(request)
        if matched is None:
            return self.civo.unknown(request)
        route, params = matched
        return route.handler(Call(route.operation, request, params, fault, options))

    def call(self, method: str, url: str, status: int = 200, fault: str | None = None, **body: t.Any) -> Body:
        """A JSON request to LON1 unless the address names a region; returns the answer's body."""
        if "region=" not in url:
            url += ("&" if "?" in url else "?") + "region=LON1"
        response = self.send(method, url, json.dumps(body).encode() if body else b"", "application/json", fault)
        assert response.status == status, response.body
        return json.loads(response.encode())

    def refuse(self, status: int, code: str, method: str, url: str, **body: t.Any) -> Body:
        """A request that must be refused with a code; returns the whole body."""
        answer = self.call(method, url, status, **body)
        assert answer["code"] == code
        return answer

    def order(self, hostname: str = "web", fault: str | None = None, **fields: t.Any) -> Body:
        """Create an instance with every field the client sends."""
        return self.call("POST", "/instances", fault=fault, **{**self.wanted(hostname), **fields})

    def wanted(self, hostname: str = "web", region: str = "LON1") -> dict[str, t.Any]:
        """The fields of a create."""
        return {
            "hostname": hostname,
            "size": "g3.small",
            "network_id": fixed_id(region, "network", "default"),
            "template_id": fixed_id(region, "image", "ubuntu-jammy"),
            "firewall_id": fixed_id(region, "firewall", "default-default"),
            "public_ip": "create",
            "region": region,
        }

    def get(self, instance_id: str, status: int = 200) -> Body:
        """Read one instance."""
        return self.call("GET", f"/instances/{instance_id}", status)

    def ready(self, hostname: str = "web", **fields: t.Any) -> Body:
        """A created instance that has become ACTIVE."""
        instance_id = self.order(hostname, **fields)["id"]
        self.statuses(instance_id, 2)
        return self.get(instance_id)

    def statuses(self, instance_id: str, reads: int) -> list[str]:
        """What successive reads show; C(gone) for a 404."""
        found = []
        for _number in range(reads):
            response = self.send("GET", f"/instances/{instance_id}?region=LON1")
            found.append(response.body["status"] if response.status == 200 else "gone")
        return found

    def hostnames(self, query: str = "") -> list[str]:
        """The first page of the list."""
        return [row["hostname"] for row in self.call("GET", f"/instances?region=LON1{query}")["items"]]

    def broken_rules(self) -> list[str]:
        """The rules that requests broke so far."""
        return [violation["rule"] for violation in self.civo.violations]


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


# -- transport ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["bearer civo-demo-token", "Bearer civo-demo-token", "BEARER civo-demo-token"])
def test_token_is_taken_whatever_the_case_of_the_scheme(account: Account, header: str) -> None:
    assert account.civo.unauthorised(Request("GET", "/v2/ping", {}, {"authorization": header})) is None


@pytest.mark.parametrize("headers", [{}, {"authorization": "bearer wrong"}, {"authorization": "civo-demo-token"}, {"authorization": "basic civo-demo-token"}])
def test_wrong_token_is_answered_with_its_code(account: Account, headers: dict[str, str]) -> None:
    answer = account.civo.unauthorised(Request("GET", "/v2/ping", {}, headers))
    assert answer is not None
    assert (answer.status, answer.body["code"]) == (401, "authentication_invalid_key")


@pytest.mark.parametrize(
    "method, path",
    [("GET", "/nothing"), ("POST", "/ping"), ("PUT", "/instances/x/rebuild"), ("GET", "/vpc/instances")],
)
def test_unknown_path_is_plain_text(account: Account, method: str, path: str) -> None:
    answer = account.send(method, path)
    assert (answer.status, answer.content_type.partition(";")[0]) == (404, "text/plain")
    assert account.broken_rules() == ["Civo operations"]


def test_rate_limit_names_the_seconds(account: Account) -> None:
    assert (account.civo.rate_limited(1.0).status, account.civo.rate_limited(1.0).headers) == (429, {"Retry-After": "1"})
    assert account.civo.rate_limited(None).headers == {}


def test_body_is_read_as_json_form_or_query(account: Account) -> None:
    fields = account.wanted()
    form = urllib.parse.urlencode({**fields, "tags": "a b"}).encode()
    by_form = account.send("POST", "/instances", form, "application/x-www-form-urlencoded")
    by_query = account.send("POST", f"/instances?{urllib.parse.urlencode({**fields, 'tags': 'a b'})}")
    by_json = account.send("POST", "/instances", json.dumps({**fields, "tags": "a b"}).encode(), "application/json")
    assert [answer.status for answer in (by_form, by_query, by_json)] == [200, 200, 200]
    assert [answer.body["tags"] for answer in (by_form, by_query, by_json)] == [["a", "b"]] * 3


@pytest.mark.parametrize("body", [b"{broken", b"[1]", b'"text"', b"\xff"])
def test_body_that_is_no_object_is_refused(account: Account, body: bytes) -> None:
    answer = account.send("PUT", "/instances/x/tags?region=LON1", body, "application/json")
    assert (answer.status, answer.body["code"]) == (400, "parameter_body_invalid")


def test_single_value_given_as_list_is_refused(account: Account) -> None:
    account.refuse(400, "parameter_tags_invalid", "POST", "/instances", **{**account.wanted(), "tags": ["a", "b"]})


def test_every_operation_has_one_name_and_only_changes_count_as_such(account: Account) -> None:
    routes = account.civo.routes()
    assert len({route.operation for route in routes}) == len(routes) == 79
    assert {route.operation for route in routes if route.mutates != (route.method != "GET")} == {"auth.exchange"}


def test_vpc_is_another_name_for_the_network_calls(account: Account) -> None:
    for path in ("/networks", "/firewalls", "/ips"):
        assert account.call("GET", f"/vpc{path}") == account.call("GET", path)


# -- regions --------------------------------------------------------------------------------------------------------


def test_region_is_compared_without_case_and_body_wins(account: Account) -> None:
    nyc = account.wanted(region="NYC1")
    made = account.call("POST", "/instances?region=LON1", **{**nyc, "region": "nyc1"})
    assert account.civo.instances() == [{"id": made["id"], "name": "web", "region": "NYC1", "status": "BUILDING"}]
    assert account.broken_rules() == ["Civo reading 2"]


def test_instance_of_another_region_is_not_found(account: Account) -> None:
    instance_id = account.ready()["id"]
    account.refuse(404, "database_instance_find", "GET", f"/instances/{instance_id}?region=FRA1")
    account.refuse(404, "database_instance_find", "DELETE", f"/instances/{instance_id}?region=FRA1")
    assert account.get(instance_id)["status"] == "ACTIVE"


def test_missing_region_is_the_default_one_and_a_violation(account: Account) -> None:
    instance_id = account.ready()["id"]
    elsewhere = account.civo.seed_instances(1, region="FRA1")[0]
    assert account.send("GET", f"/instances/{instance_id}").body["id"] == instance_id
    assert account.send("GET", f"/instances/{elsewhere}").body["code"] == "database_instance_find"
    assert account.broken_rules() == ["Civo reading 2"] * 2


def test_unknown_region_has_its_own_code(account: Account) -> None:
    account.refuse(404, "database_region_not_found", "GET", "/instances?region=MARS1")


@pytest.mark.parametrize("outage, status", [(False, 500), (True, 404)])
def test_failing_region_fails_every_call_that_names_it(account: Account, outage: bool, status: int) -> None:
    account.civo.settings.update(failing_regions=["nyc1"], region_outage=outage)
    answers = [account.send("GET", f"/{path}?region=NYC1") for path in ("instances", "sizes", "instances/x")]
    assert [answer.status for answer in answers] == [status] * 3
    expected = {"code": "database_region_not_found", "reason": "Failed to find the region within the internal database"}
    assert answers[0].body == (expected if outage else {"status": 500, "error": "Internal Server Error"})
    assert account.send("GET", "/instances?region=LON1").status == 200
    assert "NYC1" in [region["code"] for region in account.send("GET", "/regions").body]


def test_one_region_is_the_default(account: Account) -> None:
    regions = account.send("GET", "/regions").body
    assert [region["code"] for region in regions] == ["LON1", "NYC1", "FRA1", "PRIV1"]
    assert [region["code"] for region in regions if region.get("default")] == ["LON1"]
    assert all(region["features"]["iaas"] for region in regions)


# -- catalogue ------------------------------------------------------------------------------------------------------


def test_sizes_hold_more_than_instance_sizes(account: Account) -> None:
    sizes = account.call("GET", "/sizes")
    assert {"g3.xsmall", "g3.small", "g3.medium", "g3.large"} <= {size["name"] for size in sizes if size["type"] == "Instance"}
    assert {size["type"] for size in sizes} > {"Instance"}
    assert any(not size["selectable"] for size in sizes)


def test_images_have_other_ids_in_other_regions(account: Account) -> None:
    here, there = (account.call("GET", f"/disk_images?region={code}") for code in ("LON1", "FRA1"))
    assert [image["name"] for image in here] == [image["name"] for image in there]
    assert not {image["id"] for image in here} & {image["id"] for image in there}
    assert account.call("GET", f"/disk_images/{here[0]['id']}") == here[0]
    account.refuse(404, "database_disk_image_not_found", "GET", f"/disk_images/{there[0]['id']}")


def test_custom_images_show_on_demand_only(account: Account) -> None:
    plain = {image["name"] for image in account.call("GET", "/disk_images")}
    custom = {image["name"] for image in account.call("GET", "/disk_images?type=custom")}
    assert custom - plain == {"golden-image"}
    assert any("k3s" in name for name in plain) and any("talos" in name for name in plain)


def test_each_region_has_a_default_and_a_private_network(account: Account) -> None:
    for code in ("LON1", "PRIV1"):
        networks = account.call("GET", f"/networks?region={code}")
        assert [(network["label"], network["default"]) for network in networks] == [("default", True), ("private", False)]
        assert account.call("GET", f"/networks/{networks[1]['id']}?region={code}") == networks[1]


def test_networks_are_made_renamed_and_deleted(account: Account) -> None:
    made = account.call("POST", "/networks", label="shop")
    assert made == {"id": made["id"], "label": "shop", "result": "success"}
    account.refuse(409, "database_network_duplicate_name", "POST", "/networks", label="shop")
    account.call("PUT", f"/networks/{made['id']}", label="store")
    assert account.call("GET", f"/networks/{made['id']}")["label"] == "store"
    account.call("DELETE", f"/networks/{made['id']}")
    account.call("GET", f"/networks/{made['id']}", 404)
    account.refuse(409, "database_network_delete_failed", "DELETE", f"/networks/{fixed_id('LON1', 'network', 'default')}")


def test_ssh_keys_are_made_renamed_and_deleted(account: Account) -> None:
    assert [key["name"] for key in account.send("GET", "/sshkeys").body] == ["ops", "ci"]
    made = account.call("POST", "/sshkeys", name="new", public_key="ssh-ed25519 AAAA new")
    assert made["result"] == "success"
    account.refuse(409, "sshkey_duplicate", "POST", "/sshkeys", name="new", public_key="ssh-ed25519 BBBB new")
    assert account.call("PUT", f"/sshkeys/{made['id']}", name="newer")["name"] == "newer"
    account.call("DELETE", f"/sshkeys/{made['id']}")
    account.refuse(404, "database_ssh_key_not_found", "DELETE", f"/sshkeys/{made['id']}")


def test_lists_may_come_as_items(account: Account) -> None:
    plain = account.call("GET", "/sshkeys")
    account.civo.settings["lists_as_items"] = True
    assert account.call("GET", "/sshkeys") == {"items": plain}


# -- create ---------------------------------------------------------------------------------------------------------


def test_create_answers_a_building_object_and_gets_addresses_when_active(account: Account) -> None:
    made = account.order("web.example.com", tags="first  second first", initial_user="root", ssh_key_id=fixed_id("sshkey", "ops"), script="#!/bin/sh")
    assert made["name"].startswith("web.example.com-") and len(made["name"]) == len("web.example.com-") + 8
    shown = {name: made[name] for name in ("status", "public_ip", "private_ip", "tags", "source_id", "size", "cpu_cores", "ram_mb", "disk_gb", "initial_user")}
    assert shown == {
        "status": "BUILDING",
        "public_ip": None,
        "private_ip": None,
        "tags": ["first", "second"],
        "source_id": "ubuntu-jammy",
        "size": "g3.small",
        "cpu_cores": 1,
        "ram_mb": 2048,
        "disk_gb": 25,
        "initial_user": "root",
    }
    assert made["initial_password"] == f"S3CRET-civo-{made['id']}" and made["civostatsd_token"] == "S3CRET-stats"
    assert "S3CRET" in made["ssh_key"] and base64.b64decode(made["user_script"]) == b"#!/bin/sh"
    assert account.statuses(made["id"], 3) == ["BUILDING", "BUILDING", "ACTIVE"]
    ready = account.get(made["id"])
    assert ready["public_ip"] and ready["private_ip"] and "_" not in ready
    assert account.civo.state["money"] == {"orders": 1, "amount": 10.86}
    assert account.broken_rules() == []


def test_a_step_lasts_as_many_reads_and_seconds_as_set(account: Account) -> None:
    account.civo.settings.update(steps=0, seconds=60)
    made = account.order()
    assert account.statuses(made["id"], 5) == ["BUILDING"] * 5
    account.clock.advance(60)
    assert account.statuses(made["id"], 1) == ["ACTIVE"]


def test_lists_count_as_reads_only_of_what_they_show(account: Account) -> None:
    made = account.order(tags="web")
    for _number in range(3):
        assert account.call("GET", "/instances?tags=other")["items"] == []
    assert [account.call("GET", "/instances")["items"][0]["status"] for _number in range(3)] == ["BUILDING", "BUILDING", "ACTIVE"]
    assert account.get(made["id"])["status"] == "ACTIVE"


@pytest.mark.parametrize("name", ["hostname", "size", "network_id", "template_id"])
def test_create_names_what_is_missing(account: Account, name: str) -> None:
    fields = {**account.wanted(), name: ""}
    assert account.refuse(400, "parameter_value_missing", "POST", "/instances", **fields)["details"] == name
    assert account.civo.instances() == []


@pytest.mark.parametrize(
    "field, value, status, code",
    [
        ("hostname", "-web", 400, "parameter_name_invalid"),
        ("hostname", "web.", 400, "parameter_name_invalid"),
        ("hostname", "w" * 64, 400, "parameter_name_invalid"),
        ("hostname", "we b", 400, "parameter_name_invalid"),
        ("size", "g9.huge", 404, "database_size_not_found"),
        ("size", "g3.db.small", 404, "database_size_not_found"),
        ("size", "g2.small", 404, "database_size_not_found"),
        ("network_id", "nothing", 404, "database_network_not_found"),
        ("template_id", fixed_id("FRA1", "image", "ubuntu-jammy"), 404, "database_disk_image_not_found"),
        ("firewall_id", "nothing", 404, "database_firewall_not_found"),
        ("firewall_id", fixed_id("LON1", "firewall", "private-fw"), 400, "database_firewall_mismatch"),
        ("ssh_key_id", "nothing", 404, "database_ssh_key_not_found"),
        ("public_ip", "perhaps", 400, "parameter_public_ip_invalid"),
        ("private_ipv4", "192.0.2.1", 400, "parameter_private_ipv4_invalid"),
        ("reserved_ipv4", "nothing", 404, "database_ip_find"),
        ("attached_volumes", [{"id": "nothing"}], 404, "database_volume_not_found"),
        ("count", 0, 400, "parameter_count_invalid"),
    ],
)
def test_create_refuses_what_makes_no_sense(account: Account, field: str, value: t.Any, status: int, code: str) -> None:
    account.refuse(status, code, "POST", "/instances", **{**account.wanted(), field: value})
    assert account.civo.instances() == [] and account.civo.state["money"]["orders"] == 0


def test_hostnames_may_repeat_unless_the_switch_is_on(account: Account) -> None:
    account.order("web")
    account.order("web")
    account.civo.settings["unique_hostnames"] = True
    account.refuse(409, "database_instance_duplicate_name", "POST", "/instances", **account.wanted("web"))
    assert account.hostnames() == ["web", "web"]


def test_blank_firewall_is_the_default_one_of_the_default_network_only(account: Account) -> None:
    made = account.order(firewall_id="")
    assert made["firewall_id"] == fixed_id("LON1", "firewall", "default-default")
    private = {**account.wanted(), "firewall_id": "", "network_id": fixed_id("LON1", "network", "private")}
    assert account.refuse(400, "parameter_value_missing", "POST", "/instances", **private)["details"] == "firewall_id"
    assert account.broken_rules() == ["Civo reading 6"] * 2


@pytest.mark.parametrize("word", ["none", "false", False])
def test_first_instance_of_a_network_gets_an_address_anyway(account: Account, word: t.Any) -> None:
    assert account.ready("first", public_ip=word)["public_ip"] is not None
    assert account.ready("second", public_ip=word)["public_ip"] is None
    assert account.ready("third", public_ip="true")["public_ip"] is not None


def test_count_makes_several_and_answers_the_first(account: Account) -> None:
    made = account.order(count=3)
    assert account.civo.instances()[0]["id"] == made["id"]
    assert len(account.civo.instances()) == 3
    assert account.broken_rules() == ["Civo reading 3"]


def test_create_without_a_region_is_a_violation(account: Account) -> None:
    fields = {name: value for name, value in account.wanted().items() if name != "region"}
    assert account.send("POST", "/instances", json.dumps(fields).encode(), "application/json").status == 200
    assert account.broken_rules() == ["Civo reading 2"]


def test_quota_refuses_with_a_line_for_each_limit(account: Account) -> None:
    account.civo.settings["quota"] = {"instance_count": 1, "ram_mb": 4095}
    account.order("one")
    reason = account.refuse(403, "quota_limit_reached", "POST", "/instances", **account.wanted("two"))["reason"]
    assert [line.partition(" ")[0] for line in reason.splitlines()[1:]] == ["instance_count", "ram_mb"]
    quota = account.call("GET", "/quota")
    assert (quota["instance_count_limit"], quota["instance_count_usage"], quota["ram_mb_usage"], quota["disk_gb_usage"]) == (1, 1, 2048, 25)


def test_reverse_dns_needs_an_address(account: Account) -> None:
    assert account.ready("first", reverse_dns="a.example.com")["reverse_dns"] == "a.example.com"
    refused = {**account.wanted("second"), "public_ip": "none", "reverse_dns": "b.example.com"}
    account.refuse(400, "parameter_public_ip_missing", "POST", "/instances", **refused)
    second = account.ready("second", public_ip="none")["id"]
    update = {"hostname": "second", "reverse_dns": "b.example.com", "notes": ""}
    account.refuse(400, "parameter_public_ip_missing", "PUT", f"/instances/{second}", **update)


# -- list -----------------------------------------------------------------------------------------------------------


def test_pages_default_to_twenty_and_say_null_unless_asked(account: Account) -> None:
    account.civo.seed_instances(45, name="srv")
    first = account.call("GET", "/instances")
    assert (first["page"], first["per_page"], first["pages"], len(first["items"])) == (1, None, 3, 20)
    third = account.call("GET", "/instances?page=3&per_page=20")
    assert (third["page"], third["per_page"], [row["hostname"] for row in third["items"]]) == (3, 20, [f"srv-{number}" for number in range(41, 46)])
    assert account.call("GET", "/instances?page=4")["items"] == []
    assert account.call("GET", "/instances?region=FRA1") == {"page": 1, "per_page": None, "pages": 1, "items": []}
    account.refuse(400, "parameter_page_invalid", "GET", "/instances?page=0")


def test_page_number_may_be_echoed_wrongly(account: Account) -> None:
    account.civo.settings["echo_page_one"] = True
    account.civo.seed_instances(3, name="srv")
    second = account.call("GET", "/instances?page=2&per_page=2")
    assert (second["page"], second["pages"], [row["hostname"] for row in second["items"]]) == (1, 2, ["srv-3"])


def test_list_shows_what_carries_all_tags(account: Account) -> None:
    account.order("both", tags="a b")
    account.order("one", tags="a")
    assert account.hostnames("&tags=a") == ["both", "one"]
    assert account.hostnames("&tags=a%20b") == ["both"]


def test_ten_thousand_instances_are_each_listed_once(account: Account) -> None:
    ids = account.civo.seed_instances(10_000)
    found = [row["id"] for page in range(1, 11) for row in account.call("GET", f"/instances?page={page}&per_page=1000")["items"]]
    assert found == ids and len(set(ids)) == 10_000


# -- power, size, delete --------------------------------------------------------------------------------------------


def test_power_calls_pass_through_their_states(account: Account) -> None:
    instance_id = account.ready()["id"]
    for method, call, seen in [
        ("PUT", "stop", ["STOPPING", "STOPPING", "SHUTOFF"]),
        ("PUT", "stop", ["SHUTOFF"]),
        ("PUT", "start", ["REBOOTING", "REBOOTING", "ACTIVE"]),
        ("PUT", "start", ["ACTIVE"]),
        ("POST", "hard_reboots", ["REBOOTING", "REBOOTING", "ACTIVE"]),
        ("POST", "soft_reboots", ["REBOOTING", "REBOOTING", "ACTIVE"]),
    ]:
        assert account.call(method, f"/instances/{instance_id}/{call}") == {"result": "success"}
        assert account.statuses(instance_id, len(seen)) == seen
    assert account.broken_rules() == []
    account.call("POST", f"/instances/{instance_id}/reboots")
    assert account.broken_rules() == ["Civo reading 9"]


@pytest.mark.parametrize("method, call", [("PUT", "stop"), ("PUT", "start"), ("POST", "hard_reboots"), ("POST", "soft_reboots")])
def test_power_calls_are_refused_while_building_or_deleting(account: Account, method: str, call: str) -> None:
    instance_id = account.order()["id"]
    account.refuse(409, "instance_state_must_be_active_or_shutoff", method, f"/instances/{instance_id}/{call}")
    account.statuses(instance_id, 3)
    account.call("DELETE", f"/instances/{instance_id}")
    account.refuse(409, "instance_state_must_be_active_or_shutoff", method, f"/instances/{instance_id}/{call}")


def test_resize_goes_up_and_shows_the_size_at_its_end(account: Account) -> None:
    instance_id = account.ready()["id"]
    path = f"/instances/{instance_id}/resize"
    assert account.call("PUT", path, size="g3.small") == {"result": "success"}
    assert account.get(instance_id)["status"] == "ACTIVE"
    assert account.call("PUT", path, size="g3.medium") == {"result": "success"}
    shown = [(row["status"], row["size"], row["ram_mb"]) for row in (account.get(instance_id) for _number in range(3))]
    assert shown == [("REBOOTING", "g3.small", 2048)] * 2 + [("ACTIVE", "g3.medium", 4096)]
    account.refuse(400, "openstack_instance_resize", "PUT", path, size="g3.xsmall")
    account.refuse(400, "openstack_instance_resize", "PUT", path, size="g4c.small")  # more cores, less memory
    account.refuse(404, "database_size_not_found", "PUT", path, size="g9.huge")
    account.civo.settings["quota"] = {"cpu_core": 3}
    account.refuse(403, "quota_limit_reached", "PUT", path, size="g3.large")


def test_resize_needs_a_settled_instance(account: Account) -> None:
    instance_id = account.order()["id"]
    account.refuse(409, "instance_state_must_be_active_or_shutoff", "PUT", f"/instances/{instance_id}/resize", size="g3.large")


def test_delete_shows_deleting_and_then_nothing(account: Account) -> None:
    instance_id = account.ready()["id"]
    path = f"/instances/{instance_id}"
    assert account.call("DELETE", path) == {"result": "success"}
    assert account.statuses(instance_id, 1) == ["DELETING"]
    assert account.call("DELETE", path) == {"result": "success"}
    assert account.statuses(instance_id, 2) == ["DELETING", "gone"]
    account.refuse(404, "database_instance_find", "DELETE", path)
    assert account.civo.instances() == []


# -- fields ---------------------------------------------------------------------------------------------------------


def test_tags_are_replaced_and_cleared(account: Account) -> None:
    instance_id = account.ready(tags="a b")["id"]
    path = f"/instances/{instance_id}/tags"
    account.call("PUT", path, tags="c  d")
    assert account.get(instance_id)["tags"] == ["c", "d"]
    account.call("PUT", path, tags="")
    assert account.get(instance_id)["tags"] == [] and account.broken_rules() == []
    account.call("PUT", path, tags="e")
    account.call("PUT", path, region="LON1")
    assert account.get(instance_id)["tags"] == [] and account.broken_rules() == ["Civo reading 8"]


def test_update_changes_what_is_sent_and_keeps_the_rest(account: Account) -> None:
    instance_id = account.ready(reverse_dns="a.example.com")["id"]
    path = f"/instances/{instance_id}"
    account.call("PUT", path, hostname="db", reverse_dns="b.example.com", notes="hello")
    assert account.broken_rules() == []
    account.call("PUT", path, notes="only this")
    row = account.get(instance_id)
    assert (row["hostname"], row["reverse_dns"], row["notes"]) == ("db", "b.example.com", "only this")
    account.call("PUT", path, hostname="db", reverse_dns="", notes_delete="true")
    row = account.get(instance_id)
    assert (row["reverse_dns"], row["notes"], row["name"][:4]) == ("", "", "web-")
    assert account.broken_rules() == ["Civo reading 13"] * 2
    account.refuse(400, "parameter_name_invalid", "PUT", path, hostname="", reverse_dns="", notes="x")
    assert account.get(instance_id)["notes"] == ""


def test_update_with_fields_the_client_never_sends_is_a_violation(account: Account) -> None:
    row = account.ready()
    whole: dict[str, t.Any] = {"hostname": "web", "reverse_dns": "", "notes": "", "public_ip": "192.0.2.1", "subnets": [], "firewall_id": "other"}
    account.call("PUT", f"/instances/{row['id']}", **whole)
    assert account.get(row["id"]) == row
    assert account.broken_rules() == ["Civo 4.7"] * 3


@pytest.mark.parametrize("answer", ["instance", "result"])
def test_firewall_is_set_within_its_network(account: Account, answer: str) -> None:
    account.civo.settings["set_firewall_answer"] = answer
    instance_id = account.ready()["id"]
    network = fixed_id("LON1", "network", "default")
    strict = account.call("POST", "/firewalls", name="strict", network_id=network, create_rules=False)["id"]
    body = account.call("PUT", f"/instances/{instance_id}/firewall", firewall_id=strict)
    assert body == (account.get(instance_id) if answer == "instance" else {"result": "success"})
    assert account.get(instance_id)["firewall_id"] == strict
    private = fixed_id("LON1", "firewall", "private-fw")
    account.refuse(400, "database_firewall_mismatch", "PUT", f"/instances/{instance_id}/firewall", firewall_id=private)
    account.call("PUT", f"/instances/{instance_id}/firewall", firewall_id="")
    assert account.get(instance_id)["firewall_id"] == fixed_id("LON1", "firewall", "default-default")
    assert account.broken_rules() == ["Civo reading 6"]


def test_allowed_ips_and_bandwidth_are_kept(account: Account) -> None:
    instance_id = account.ready()["id"]
    account.call("PUT", f"/instances/{instance_id}/allowed_ips", allowed_ips=["192.0.2.1"])
    account.call("PUT", f"/instances/{instance_id}/network_bandwidth_limit", network_bandwidth_limit=100)
    row = account.get(instance_id)
    assert (row["allowed_ips"], row["network_bandwidth_limit"]) == (["192.0.2.1"], 100)
    account.refuse(400, "parameter_value_missing", "PUT", f"/instances/{instance_id}/allowed_ips", region="LON1")


# -- recovery and console -------------------------------------------------------------------------------------------


def test_recovery_waits_for_the_next_boot(account: Account) -> None:
    instance_id = account.ready()["id"]
    path = f"/instances/{instance_id}/recovery"
    account.call("PUT", path)
    assert account.call("GET", path) == {"result": "disabled"}
    account.call("POST", f"/instances/{instance_id}/hard_reboots")
    account.statuses(instance_id, 3)
    assert account.call("GET", path) == {"result": "enabled"}
    account.call("DELETE", path)
    assert account.call("GET", path) == {"result": "enabled"}
    account.call("PUT", f"/instances/{instance_id}/stop")
    account.statuses(instance_id, 3)
    account.call("PUT", f"/instances/{instance_id}/start")
    account.statuses(instance_id, 3)
    assert account.call("GET", path) == {"result": "disabled"}


def test_console_session_is_shared_until_it_ends(account: Account) -> None:
    path = f"/instances/{account.ready()['id']}/vnc"
    account.refuse(404, "instance_console_not_found", "GET", path)
    opened = account.call("PUT", f"{path}?duration=10m")
    assert "S3CRET" in opened["uri"] and opened["duration"] == "10m"
    assert account.call("PUT", f"{path}?duration=2h") == opened
    assert account.call("GET", path) == {"uri": opened["uri"], "expiration": "2025-06-15T15:16:40Z"}
    account.clock.advance(601)
    account.refuse(404, "instance_console_not_found", "DELETE", path)
    assert account.call("PUT", path)["duration"] == "1h"
    assert account.call("DELETE", path) == {"result": "ok"}
    account.refuse(404, "instance_console_not_found", "GET", path)
    for duration in ("4m", "25h", "soon"):
        account.refuse(400, "parameter_duration_invalid", "PUT", f"{path}?duration={duration}")
    assert account.call("POST", "/auth/exchange")["token_type"] == "Bearer"


# -- firewalls ------------------------------------------------------------------------------------------------------


def test_default_firewall_is_open_and_counts_its_instances(account: Account) -> None:
    account.ready()
    firewalls = {row["name"]: row for row in account.call("GET", "/firewalls")}
    assert set(firewalls) == {"default-default", "private-fw"}
    opened = firewalls["default-default"]
    assert (opened["rules_count"], opened["instance_count"], firewalls["private-fw"]["instance_count"]) == (3, 1, 0)
    assert [(rule["protocol"], rule["ports"], rule["cidr"]) for rule in opened["rules"]] == [
        ("tcp", "1-65535", ["0.0.0.0/0"]),
        ("udp", "1-65535", ["0.0.0.0/0"]),
        ("icmp", "", ["0.0.0.0/0"]),
    ]


def test_firewall_without_create_rules_false_gets_default_rules(account: Account) -> None:
    network = fixed_id("LON1", "network", "default")
    own = {"protocol": "TCP", "ports": "8000-8010", "cidr": ["10.0.0.0/8"], "direction": "inbound", "action": "allow", "label": "app"}
    made = account.call("POST", "/firewalls", name="own", network_id=network, create_rules=False, rules=[own])
    assert made == {"id": made["id"], "name": "own", "result": "success"} and account.broken_rules() == []
    rules = account.call("GET", f"/firewalls/{made['id']}/rules")
    expected = {"protocol": "tcp", "start_port": "8000", "end_port": "8010", "ports": "8000-8010", "cidr": ["10.0.0.0/8"], "direction": "ingress"}
    assert rules == [{**expected, "id": rules[0]["id"], "action": "allow", "label": "app"}]
    lax = account.call("POST", "/firewalls", name="lax", network_id=network)["id"]
    ports = [(rule["start_port"], rule["direction"], rule["action"]) for rule in account.call("GET", f"/firewalls/{lax}/rules")]
    assert ports == [("22", "ingress", "allow"), ("80", "ingress", "allow"), ("443", "ingress", "allow")]
    assert account.broken_rules() == ["Civo reading 20"]


def test_firewall_names_are_unique_within_their_network(account: Account) -> None:
    default, private = (fixed_id("LON1", "network", label) for label in ("default", "private"))
    account.refuse(409, "database_firewall_duplicate_name", "POST", "/firewalls", name="private-fw", network_id=private, create_rules=False)
    twin = account.call("POST", "/firewalls", name="private-fw", network_id=default, create_rules=False)["id"]
    account.refuse(409, "database_firewall_duplicate_name", "PUT", f"/firewalls/{twin}", name="default-default")
    account.call("PUT", f"/firewalls/{twin}", name="public-fw")
    assert "public-fw" in [row["name"] for row in account.call("GET", "/firewalls")]


def test_firewall_in_use_stays(account: Account) -> None:
    row = account.ready()
    account.refuse(409, "database_firewall_delete_failed", "DELETE", f"/firewalls/{row['firewall_id']}")
    account.call("DELETE", f"/firewalls/{fixed_id('LON1', 'firewall', 'private-fw')}")
    assert [firewall["name"] for firewall in account.call("GET", "/firewalls")] == ["default-default"]


def test_rules_are_made_and_deleted(account: Account) -> None:
    path = f"/firewalls/{fixed_id('LON1', 'firewall', 'private-fw')}/rules"
    common: dict[str, t.Any] = {"direction": "egress", "action": "deny"}
    icmp = account.call("POST", path, protocol="icmp", cidr="192.0.2.0/24, 198.51.100.1", start_port="1", **common)
    assert (icmp["start_port"], icmp["end_port"], icmp["ports"], icmp["label"]) == ("", "", "", None)
    assert icmp["cidr"] == ["192.0.2.0/24", "198.51.100.1"]
    one = account.call("POST", path, protocol="udp", start_port=53, cidr=["::/0"], **common)
    assert (one["start_port"], one["end_port"], one["ports"]) == ("53", "53", "53")
    both = account.call("POST", path, protocol="udp", start_port="1", end_port="2", ports="80-443", cidr=["::/0"], **common)
    assert both["ports"] == "80-443"
    assert len(account.call("GET", path)) == 4
    account.call("DELETE", f"{path}/{icmp['id']}")
    account.refuse(404, "database_firewall_rules_find", "DELETE", f"{path}/{icmp['id']}")
    assert len(account.call("GET", path)) == 3


@pytest.mark.parametrize("body", [b"cidr=10.0.0.0/8&cidr=10.1.0.0/16", b"cidr[]=10.0.0.0/8&cidr[]=10.1.0.0/16", b"cidr=10.0.0.0/8,10.1.0.0/16"])
def test_cidr_of_a_form_has_three_spellings(account: Account, body: bytes) -> None:
    path = f"/firewalls/{fixed_id('LON1', 'firewall', 'private-fw')}/rules?region=LON1"
    answer = account.send("POST", path, b"protocol=tcp&start_port=22&direction=ingress&action=allow&" + body)
    assert (answer.status, answer.body["cidr"]) == (200, ["10.0.0.0/8", "10.1.0.0/16"])


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "gre"},
        {"start_port": "0"},
        {"start_port": "80", "end_port": "22"},
        {"start_port": "70000"},
        {"ports": "a-b"},
        {"cidr": ["everywhere"]},
        {"direction": "sideways"},
        {"action": "perhaps"},
    ],
)
def test_senseless_rules_are_refused(account: Account, change: dict[str, t.Any]) -> None:
    path = f"/firewalls/{fixed_id('LON1', 'firewall', 'private-fw')}/rules"
    rule = {"protocol": "tcp", "start_port": "22", "cidr": ["0.0.0.0/0"], "direction": "ingress", "action": "allow", **change}
    account.refuse(400, "database_firewall_rules_invalid_params", "POST", path, **rule)
    assert len(account.call("GET", path)) == 1


# -- addresses ------------------------------------------------------------------------------------------------------


def test_reserved_address_moves_between_instances(account: Account) -> None:
    first, second = account.ready("first"), account.ready("second")
    reserved = account.call("POST", "/ips", name="shop")
    assert (reserved["name"], reserved["assigned_to"]) == ("shop", None)
    path = f"/ips/{reserved['id']}"
    for row in (first, second):
        account.call("POST", f"{path}/actions", action="assign", assign_to_id=row["id"], assign_to_type="instance")
        assert account.get(row["id"])["public_ip"] == reserved["ip"]
    assert account.get(first["id"])["public_ip"] is None
    assert account.call("GET", path)["assigned_to"] == {"id": second["id"], "type": "instance", "name": "second"}
    account.refuse(409, "database_ip_in_use", "DELETE", path)
    for _number in range(2):
        account.call("POST", f"{path}/actions", action="unassign")
    assert account.get(second["id"])["public_ip"] is None
    assert account.call("PUT", path, name="store")["name"] == "store"
    assert account.call("GET", "/ips")["items"] == [{**reserved, "name": "store"}]
    account.call("DELETE", path)
    account.refuse(404, "database_ip_find", "GET", path)


def test_instance_has_one_reserved_address(account: Account) -> None:
    instance_id = account.ready()["id"]
    old, new = (account.call("POST", "/ips", region="LON1") for _number in range(2))
    for reserved in (old, new):
        account.call("POST", f"/ips/{reserved['id']}/actions", action="assign", assign_to_id=instance_id)
    assert account.get(instance_id)["public_ip"] == new["ip"]
    assert account.call("GET", f"/ips/{old['id']}")["assigned_to"] is None


def test_reserved_address_at_creation_survives_the_instance(account: Account) -> None:
    reserved = account.call("POST", "/ips", region="LON1")
    twice = {**account.wanted(), "reserved_ipv4": reserved["ip"], "count": 2}
    account.refuse(409, "database_instance_build_multiple_with_existing_public_ip", "POST", "/instances", **twice)
    made = account.order(reserved_ipv4=reserved["ip"])
    assert made["public_ip"] is None
    account.statuses(made["id"], 2)
    assert account.get(made["id"])["public_ip"] == reserved["ip"]
    account.civo.vanish(made["id"])
    assert account.call("GET", f"/ips/{reserved['id']}")["assigned_to"] is None


def test_public_address_moves_to_another_instance(account: Account) -> None:
    first, second = account.ready("first"), account.ready("second")
    account.call("PUT", f"/instances/{second['id']}/ip/{first['public_ip']}")
    assert (account.get(first["id"])["public_ip"], account.get(second["id"])["public_ip"]) == (None, first["public_ip"])
    account.refuse(404, "database_ip_find", "PUT", f"/instances/{second['id']}/ip/203.0.113.9")


# -- volumes --------------------------------------------------------------------------------------------------------


def _volume(account: Account, **fields: t.Any) -> str:
    network = fixed_id("LON1", "network", "default")
    volume_id: str = account.call("POST", "/volumes", **{"name": "data", "network_id": network, "size_gb": 10, **fields})["id"]
    return volume_id


def _settled(account: Account, path: str) -> Body:
    for _number in range(2):
        account.call("GET", path)
    return account.call("GET", path)


def test_volume_is_attached_detached_and_deleted(account: Account) -> None:
    row, other = account.ready("one"), account.ready("two")
    path = f"/volumes/{_volume(account)}"
    volume_id = path.rpartition("/")[2]
    assert account.call("GET", path)["status"] == "creating"
    assert _settled(account, path)["status"] == "available"
    account.refuse(409, "database_volume_not_attached", "PUT", f"{path}/detach", region="LON1")
    for _number in range(2):
        account.call("PUT", f"{path}/attach", instance_id=row["id"])
    account.refuse(409, "database_volume_cannot_multiple_attach", "PUT", f"{path}/attach", instance_id=other["id"])
    assert account.get(row["id"])["attached_volumes"] == [{"id": volume_id}]
    shown = _settled(account, path)
    assert (shown["status"], shown["size_gb"], shown["instance_id"]) == ("attached", 10, row["id"])
    account.refuse(409, "database_volume_in_use", "DELETE", path)
    account.call("PUT", f"{path}/detach", region="LON1")
    assert account.get(row["id"])["attached_volumes"] == []
    account.call("DELETE", path)
    for _number in range(2):
        assert account.call("GET", path)["status"] == "deleting"
    account.refuse(404, "database_volume_not_found", "GET", path)


def test_volume_survives_its_instance(account: Account) -> None:
    volume_id = _volume(account)
    made = account.order(attached_volumes=[{"id": volume_id}])
    assert account.call("GET", f"/volumes/{volume_id}")["instance_id"] == made["id"]
    account.call("DELETE", f"/instances/{made['id']}")
    account.statuses(made["id"], 3)
    volume = account.call("GET", f"/volumes/{volume_id}")
    assert (volume["instance_id"], volume["status"]) == ("", "available")


def test_volume_snapshots_are_made_restored_and_deleted(account: Account) -> None:
    volume_id = _volume(account)
    snapshot = account.call("POST", f"/volumes/{volume_id}/snapshots", name="nightly", description="before")
    assert (snapshot["state"], snapshot["restore_size"], snapshot["source_volume_name"]) == ("Creating", 10, "data")
    path = f"/snapshots/{snapshot['snapshot_id']}"
    assert _settled(account, f"{path}?resource_type=volume")["state"] == "Ready"
    assert account.call("GET", f"/volumes/{volume_id}/snapshots") == account.call("GET", "/snapshots?resource_type=volume")
    account.refuse(400, "parameter_value_missing", "GET", "/snapshots")
    account.refuse(400, "volume_invalid_size", "POST", "/volumes", name="x", network_id=fixed_id("LON1", "network", "default"), size_gb="ten")
    network = fixed_id("LON1", "network", "default")
    small = {"name": "small", "network_id": network, "size_gb": 5, "snapshot_id": snapshot["snapshot_id"]}
    account.refuse(400, "volume_invalid_size", "POST", "/volumes", **small)
    account.call("DELETE", path)
    for _number in range(2):
        account.call("GET", f"{path}?resource_type=volume")
    account.refuse(404, "database_volume_snapshot_not_found", "GET", f"{path}?resource_type=volume")


def test_volume_can_take_its_snapshots_along(account: Account) -> None:
    volume_id = _volume(account)
    account.call("POST", f"/volumes/{volume_id}/snapshots", name="nightly")
    account.call("DELETE", f"/volumes/{volume_id}?delete_snapshot=true")
    assert account.call("GET", "/snapshots?resource_type=volume") == []


# -- instance snapshots ---------------------------------------------------------------------------------------------


class PrivateAccount(Account):
    """An account whose calls go to the region that has snapshots."""

    def call(self, method: str, url: str, status: int = 200, fault: str | None = None, **body: t.Any) -> Body:
        if "region=" not in url:
            url += ("&" if "?" in url else "?") + "region=PRIV1"
        return super().call(method, url, status, fault, **body)


@pytest.fixture(name="private")
def _private() -> PrivateAccount:
    return PrivateAccount()


def _snapshot(private: PrivateAccount, instance_id: str) -> Body:
    made = private.call("POST", f"/instances/{instance_id}/snapshots", 201, name="nightly")
    return _settled(private, f"/instances/{instance_id}/snapshots/{made['id']}")


def test_public_regions_have_no_snapshots(account: Account) -> None:
    instance_id = account.civo.seed_instances(1)[0]
    for method, path in [
        ("GET", f"/instances/{instance_id}/snapshots"),
        ("POST", f"/instances/{instance_id}/snapshots"),
        ("GET", "/resourcesnapshots"),
        ("GET", "/resourcesnapshotschedules"),
    ]:
        account.refuse(403, "disabled_service", method, path)


def test_snapshot_is_creating_and_then_complete(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="priv1")[0]
    path = f"/instances/{instance_id}/snapshots"
    made = private.call("POST", path, 201, name="nightly", description="first")
    assert made["status"] == {"state": "Creating", "volumes": []}
    private.refuse(409, "database_snapshot_create_already_in_process", "POST", path, name="other")
    private.refuse(409, "database_snapshot_cannot_delete_in_use", "DELETE", f"{path}/nightly")
    assert _settled(private, f"{path}/nightly")["status"]["state"] == "Complete"
    private.refuse(409, "database_snapshot_duplicate_name", "POST", path, name="nightly")
    private.refuse(400, "parameter_name_invalid", "POST", path, name="Not a name")
    assert private.call("PUT", f"{path}/{made['id']}", name="kept")["name"] == "kept"
    assert [row["name"] for row in private.call("GET", path)] == ["kept"]
    assert private.call("GET", "/resourcesnapshots")[0]["instance"]["name"] == "kept"
    private.call("DELETE", f"{path}/kept")
    private.call("GET", path)
    private.call("GET", path)
    private.refuse(404, "database_snapshot_not_found", "GET", f"{path}/kept")


def test_restore_builds_another_instance_unless_told_to_overwrite(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1", name="db")[0]
    snapshot = _snapshot(private, instance_id)
    path = f"/instances/{instance_id}/snapshots/{snapshot['id']}/restore"
    record = private.call("POST", path, 201, description="try")
    assert (record["hostname"], record["status"], record["from_snapshot"]) == ("db-restored", {"state": "in_progress"}, snapshot["id"])
    rows = private.civo.instances()
    assert [(row["name"], row["status"]) for row in rows] == [("db", "ACTIVE"), ("db-restored", "BUILDING")]
    assert record["id"] not in [row["id"] for row in rows]
    private.call("POST", path, 201, overwrite_existing=True)
    assert private.civo.instances()[0] == {"id": instance_id, "name": "db", "region": "PRIV1", "status": "BUILDING"}
    assert len(private.civo.instances()) == 2
    private.refuse(409, "instance_state_must_be_active_or_shutoff", "POST", path, overwrite_existing=True)


def test_resource_snapshot_restores_with_nested_options(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1", name="db")[0]
    path = f"/resourcesnapshots/{_snapshot(private, instance_id)['id']}"
    private.civo.vanish(instance_id)
    assert private.call("PUT", path, description="old")["instance"]["description"] == "old"
    answer = private.call("POST", f"{path}/restore", 201, instance={"hostname": "again"})
    assert (answer["resource_type"], answer["instance"]["hostname"]) == ("instance", "again")
    assert [row["name"] for row in private.civo.instances()] == ["again"]
    private.call("DELETE", path)
    private.call("GET", path)
    private.call("GET", path)
    private.refuse(404, "database_snapshot_not_found", "GET", path)


def _schedule(instance_id: str, **fields: t.Any) -> dict[str, t.Any]:
    instances = [{"instance_id": instance_id, "include_volumes": False}]
    return {"name": "nightly", "cron_expression": "0 3 * * *", "retention": {"max_snapshots": 3}, "instances": instances, **fields}


def test_schedule_lives_in_the_private_region(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    made = private.call("POST", "/resourcesnapshotschedules", 201, **_schedule(instance_id))
    path = f"/resourcesnapshotschedules/{made['id']}"
    assert made["instances"] == [{"id": instance_id, "size": "g3.small", "included_volumes": []}]
    changed = private.call("PUT", path, paused=True, description="quiet")
    assert (changed["paused"], changed["status"]["state"], changed["name"]) == (True, "paused", "nightly")
    assert private.broken_rules() == []
    assert private.call("PUT", path, cron_expression="0 4 * * *")["cron_expression"] == "0 3 * * *"
    assert private.broken_rules() == ["Civo 7.2"]
    assert private.call("GET", "/resourcesnapshotschedules") == [private.call("GET", path)]
    private.call("DELETE", path)
    private.call("GET", path, 404)


@pytest.mark.parametrize("minutes", ["*", "*/5", "0,5", "0-9", "58,5", "60", "x", "*/0"])
def test_schedule_refuses_lines_that_run_too_often(private: PrivateAccount, minutes: str) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    body = _schedule(instance_id, cron_expression=f"{minutes} * * * *")
    private.refuse(400, "parameter_cron_expression_invalid", "POST", "/resourcesnapshotschedules", **body)


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"retention": {"max_snapshots": 11}}, 400, "parameter_max_snapshots_invalid"),
        ({"retention": None}, 400, "parameter_value_missing"),
        ({"instances": []}, 400, "parameter_value_missing"),
        ({"instances": [{"instance_id": "nothing"}]}, 404, "database_instance_find"),
    ],
)
def test_schedule_checks_its_fields(private: PrivateAccount, change: dict[str, t.Any], status: int, code: str) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    private.refuse(status, code, "POST", "/resourcesnapshotschedules", **_schedule(instance_id, **change))


DAY = 86400.0


def _names(private: PrivateAccount, instance_id: str) -> list[str]:
    return [row["name"] for row in private.call("GET", f"/instances/{instance_id}/snapshots")]


def test_a_schedule_makes_its_snapshots_and_drops_its_oldest(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    _snapshot(private, instance_id)
    schedule = private.call("POST", "/resourcesnapshotschedules", 201, **_schedule(instance_id, name="Every Night"))
    path = f"/resourcesnapshotschedules/{schedule['id']}"
    assert (schedule["status"], len(_names(private, instance_id))) == ({"state": "active", "last_snapshot": None}, 1)
    private.clock.advance(DAY)
    manual, first = private.call("GET", f"/instances/{instance_id}/snapshots")
    assert first["created_at"][-9:] == "03:00:00Z"
    assert (first["name"][:11], first["status"]["state"]) == ("every-night", "Complete")
    assert private.call("GET", path)["status"]["last_snapshot"] == {"id": first["id"], "name": first["name"], "state": "Complete"}
    private.clock.advance(3 * DAY)
    rows = private.call("GET", f"/instances/{instance_id}/snapshots")
    assert rows[0]["id"] == manual["id"]
    assert len(rows) == 4
    assert first["id"] not in [row["id"] for row in rows]
    assert [row["created_at"] for row in rows[1:]] == sorted(row["created_at"] for row in rows[1:])
    private.call("DELETE", path)
    private.clock.advance(DAY)
    assert _names(private, instance_id) == [row["name"] for row in rows]


def test_a_paused_schedule_does_not_run_and_makes_up_for_nothing(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    schedule = private.call("POST", "/resourcesnapshotschedules", 201, **_schedule(instance_id))
    path = f"/resourcesnapshotschedules/{schedule['id']}"
    private.call("PUT", path, paused=True)
    private.clock.advance(3 * DAY)
    assert _names(private, instance_id) == []
    private.call("PUT", path, paused=False)
    assert _names(private, instance_id) == []
    private.clock.advance(DAY)
    assert len(_names(private, instance_id)) == 1


def test_a_schedule_drops_what_is_older_than_its_period(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    private.call("POST", "/resourcesnapshotschedules", 201, **_schedule(instance_id, retention={"period": "48h"}))
    private.refuse(400, "parameter_period_invalid", "POST", "/resourcesnapshotschedules", **_schedule(instance_id, retention={"period": "2 days"}))
    private.clock.advance(5 * DAY)
    assert len(_names(private, instance_id)) == 2


def test_a_schedule_outlives_its_instance_and_its_snapshot(private: PrivateAccount) -> None:
    instance_id, other = private.civo.seed_instances(2, region="PRIV1")
    both = [{"instance_id": one, "include_volumes": True} for one in (instance_id, other)]
    schedule = private.call("POST", "/resourcesnapshotschedules", 201, **_schedule(instance_id, instances=both))
    private.clock.advance(DAY)
    (name,) = _names(private, other)
    private.call("DELETE", f"/instances/{other}/snapshots/{name}")
    for _number in range(3):
        private.call("GET", "/resourcesnapshots")
    assert private.call("GET", f"/resourcesnapshotschedules/{schedule['id']}")["status"]["last_snapshot"] is None
    private.civo.vanish(instance_id)
    private.clock.advance(DAY)
    assert len(_names(private, other)) == 1


def test_a_snapshot_or_its_restore_can_fail(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    path = f"/instances/{instance_id}/snapshots"
    private.call("POST", path, 201, fault="build_error", name="broken")
    assert _settled(private, f"{path}/broken")["status"]["state"] == "Failed"
    private.refuse(409, "database_snapshot_create_already_in_process", "POST", f"{path}/broken/restore", overwrite_existing=True)
    _snapshot(private, instance_id)
    private.call("POST", f"{path}/nightly/restore", 201, fault="build_error", overwrite_existing=True)
    assert _settled(private, f"/instances/{instance_id}")["status"] == "ERROR"


def test_a_create_can_make_two_snapshots_or_firewalls(private: PrivateAccount) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    path = f"/instances/{instance_id}/snapshots"
    made = private.call("POST", path, 201, fault="double", name="twice")
    rows = private.call("GET", path)
    assert ([row["name"] for row in rows], rows[0]["id"]) == (["twice", "twice"], made["id"])
    network = fixed_id("PRIV1", "network", "default")
    body = {"name": "twin", "network_id": network, "create_rules": False, "region": "PRIV1"}
    rule = {"protocol": "tcp", "ports": "22", "cidr": ["0.0.0.0/0"], "direction": "ingress", "action": "allow"}
    first = private.call("POST", "/firewalls", fault="double", rules=[rule], **body)["id"]
    twins = [row for row in private.call("GET", "/firewalls") if row["name"] == "twin"]
    assert (len(twins), twins[0]["id"], twins[1]["rules_count"]) == (2, first, 1)
    private.call("DELETE", f"/firewalls/{first}/rules/{twins[0]['rules'][0]['id']}")
    assert [row["rules_count"] for row in private.call("GET", "/firewalls") if row["name"] == "twin"] == [0, 1]


@pytest.mark.parametrize("fault", ["no_effect", "nothing"])
def test_what_is_accepted_may_not_happen(private: PrivateAccount, fault: str) -> None:
    instance_id = private.civo.seed_instances(1, region="PRIV1")[0]
    path = f"/instances/{instance_id}/snapshots"
    private.call("POST", path, 201, fault=fault, name="never")
    private.call("POST", "/resourcesnapshotschedules", 201, fault=fault, **_schedule(instance_id))
    rules = f"/firewalls/{fixed_id('PRIV1', 'firewall', 'private-fw')}/rules"
    before = private.call("GET", rules)
    private.call("POST", rules, fault=fault, protocol="tcp", ports="80", cidr=["::/0"], direction="ingress", action="allow")
    assert private.call("GET", path) == private.call("GET", "/resourcesnapshotschedules") == []
    assert private.call("GET", rules) == before


def test_a_volume_waits_for_its_snapshot(account: Account) -> None:
    network = fixed_id("LON1", "network", "default")
    volume = account.call("POST", "/volumes", name="data", network_id=network, size_gb=10)["id"]
    _settled(account, f"/volumes/{volume}")
    made = account.call("POST", f"/volumes/{volume}/snapshots", name="one")["snapshot_id"]
    copy: dict[str, t.Any] = {"name": "copy", "network_id": network, "size_gb": 10, "snapshot_id": made}
    account.refuse(409, "database_snapshot_create_already_in_process", "POST", "/volumes", **copy)
    for _number in range(3):
        account.call("GET", f"/snapshots/{made}?resource_type=volume")
    account.call("POST", "/volumes", **copy)


@pytest.mark.parametrize("name", ["bad name", "-a.example.com", "a..example.com", f"{'a' * 64}.example.com"])
def test_a_reverse_name_is_an_fqdn(account: Account, name: str) -> None:
    row = account.ready()
    account.refuse(400, "parameter_reverse_dns_invalid", "PUT", f"/instances/{row['id']}", hostname="web", reverse_dns=name, notes="")
    account.refuse(400, "parameter_reverse_dns_invalid", "POST", "/instances", **{**account.wanted("other"), "reverse_dns": name})


# -- faults, audit, control -----------------------------------------------------------------------------------------


def test_fault_double_makes_two(account: Account) -> None:
    made = account.order(fault="double")
    assert [row["name"] for row in account.civo.instances()] == ["web", "web"]
    assert account.civo.instances()[0]["id"] == made["id"]
    assert account.civo.state["money"]["orders"] == 2


def test_fault_nothing_answers_an_instance_that_never_appears(account: Account) -> None:
    lost = account.order(fault="nothing")
    account.get(lost["id"], 404)
    assert account.hostnames() == [] and account.civo.state["money"]["orders"] == 0
    assert account.order()["id"] != lost["id"]


def test_ids_answered_without_effect_are_never_given_again(account: Account) -> None:
    network = fixed_id("LON1", "network", "default")
    lost = account.call("POST", "/firewalls", fault="no_effect", name="own", network_id=network)["id"]
    assert lost not in [account.call("POST", "/ips", region="LON1")["id"] for _number in range(6)]
    assert lost not in [row["id"] for row in account.call("GET", "/firewalls")]


def test_fault_late_hides_the_row_for_reads_and_seconds(account: Account) -> None:
    body = json.dumps(account.wanted()).encode()
    made = account.send("POST", "/instances", body, "application/json", "late", polls=2, seconds=10).body
    assert account.hostnames() == [] and account.statuses(made["id"], 1) == ["gone"]
    assert [row["id"] for row in account.civo.instances()] == [made["id"]]
    assert account.hostnames() == []
    account.clock.advance(10)
    assert account.statuses(made["id"], 3) == ["BUILDING", "BUILDING", "ACTIVE"]


def test_fault_build_error_ends_in_error(account: Account) -> None:
    made = account.order(fault="build_error")
    assert account.statuses(made["id"], 3) == ["BUILDING", "BUILDING", "ERROR"]
    account.refuse(409, "instance_state_must_be_active_or_shutoff", "PUT", f"/instances/{made['id']}/start")


@pytest.mark.parametrize("fault, answer", [("result_failed", "failed"), ("no_effect", "success")])
def test_faults_without_effect_change_nothing(account: Account, fault: str, answer: str) -> None:
    row = account.ready(tags="a")
    body = account.call("PUT", f"/instances/{row['id']}/tags", fault=fault, tags="b")
    account.call("PUT", f"/instances/{row['id']}/stop", fault=fault)
    assert body == {"result": answer}
    assert account.get(row["id"]) == row


def test_every_fault_is_explained(account: Account) -> None:
    assert set(account.civo.faults) == {"double", "nothing", "late", "build_error", "result_failed", "no_effect"}


def test_changes_are_on_the_audit_trail(account: Account) -> None:
    instance_id = account.ready()["id"]
    account.call("PUT", f"/instances/{instance_id}/stop")
    account.refuse(404, "database_instance_find", "PUT", "/instances/other/stop")
    trail = account.call("GET", f"/actions?related_id={instance_id}")
    assert [entry["type"] for entry in trail["items"]] == ["instances.stop", "instances.create"]
    assert account.call("GET", "/actions?action_type=instances.stop&per_page=1")["pages"] == 1


def test_seeds_are_settled_and_take_raw_fields(account: Account) -> None:
    ids = account.civo.seed_instances(2, region="fra1", name="web", size="g3.large", tags=["x"])
    rows = account.civo.instances()
    assert [(row["id"], row["name"], row["region"], row["status"]) for row in rows] == [
        (ids[0], "web-1", "FRA1", "ACTIVE"),
        (ids[1], "web-2", "FRA1", "ACTIVE"),
    ]
    row = account.call("GET", f"/instances/{ids[0]}?region=FRA1")
    assert (row["cpu_cores"], row["tags"], row["source_id"]) == (4, ["x"], "ubuntu-jammy")
    assert row["public_ip"] != account.call("GET", f"/instances/{ids[1]}?region=FRA1")["public_ip"]
    assert account.civo.seed_instances(1, name="twin") != account.civo.seed_instances(1, name="twin")
    assert account.hostnames() == ["twin", "twin"]
    with pytest.raises(ValueError, match="region"):
        account.civo.seed_instances(1, region="MARS1")


def test_servers_vanish_and_change_behind_the_client(account: Account) -> None:
    building, seeded = account.order()["id"], account.civo.seed_instances(1)[0]
    account.civo.patch(building, {"status": "MIGRATING", "hostname": "other"})
    assert account.statuses(building, 4) == ["MIGRATING"] * 4
    assert account.hostnames() == ["other", "server"]
    account.civo.vanish(building)
    account.civo.vanish(seeded)
    assert account.hostnames() == []
    with pytest.raises(KeyError):
        account.civo.vanish(seeded)
    with pytest.raises(ValueError, match="id"):
        account.civo.patch(account.civo.seed_instances(1)[0], {"id": "other"})


def test_state_survives_a_save_in_the_middle_of_a_build(account: Account) -> None:
    made = account.order()
    account.order("late", fault="late")
    account.statuses(made["id"], 1)
    account.civo.state = json.loads(json.dumps(account.civo.state))
    assert account.statuses(made["id"], 2) == ["BUILDING", "ACTIVE"]
    assert account.hostnames() == ["web", "late"]


def test_reset_empties_the_account_and_ids_are_reproducible(account: Account) -> None:
    made = account.order()
    account.civo.reset()
    assert account.civo.instances() == []
    assert account.order()["id"] == made["id"]
