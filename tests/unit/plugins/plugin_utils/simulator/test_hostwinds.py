# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Hostwinds, driven through match() and the handlers."""

from __future__ import annotations

import ipaddress
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Call, Clock, Request, Response
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.hostwinds import HostwindsProvider

KEY = "hw-demo-key"
FORM = {"content-type": "application/x-www-form-urlencoded"}
START = 1_700_000_000.0
ORDER = {"template": "img-debian-12", "rid": 2, "location_id": 2, "qty": 1, "srvrname": "web"}
BAD_SERVICE = "A valid serviceid is required."

READS = {
    "get_instances", "get_instance", "get_instance_ids", "get_instance_maintenance", "check_serviceid", "get_instance_ips",
    "get_instance_firewall_profile", "get_smtp_filters", "get_firewall_profiles", "get_price_list", "get_billingcycle_prices",
    "check_upgrade_order", "check_upgrade_reboot", "get_server_charts", "get_serial", "get_vnc",
}  # fmt: skip
WRITES = {
    "add_instance", "boot", "reboot", "shutdown", "terminate", "recreate", "reinstall_instance", "repair_instance", "rescue", "unrescue",
    "edit_instance", "change_password", "toggle_lock", "finalize_iso", "change_main_ip", "set_main_ip", "delete_ip", "regenerate_networking",
    "set_rdns", "set_instance_firewall", "create_ip_cleanup_fee", "upgrade_instance", "upgrade_server", "confirm_upgrade", "revert_upgrade",
    "change_billing_cycle", "upgrade_to_managed", "downgrade_to_unmanaged",
}  # fmt: skip
BILLED = {
    "add_instance", "change_main_ip", "create_ip_cleanup_fee", "upgrade_instance", "change_billing_cycle", "upgrade_to_managed",
    "downgrade_to_unmanaged",
}  # fmt: skip
EXTRAS: dict[str, dict[str, t.Any]] = {
    "reinstall_instance": {"template": "img-debian-12"},
    "edit_instance": {"srvrname": "other"},
    "change_password": {"password": "S3CRET-new"},
    "set_main_ip": {"ip": "198.19.0.1"},
    "delete_ip": {"ip": "198.19.0.1"},
    "set_rdns": {"ip": "198.19.0.1", "rdns": "mail.example.com"},
    "set_instance_firewall": {"name": "web"},
    "upgrade_instance": {"rid": 4},
}


class Api:
    """A provider on a virtual clock and what the server does around its handlers."""

    def __init__(self) -> None:
        self.provider = HostwindsProvider(Clock(START))

    @property
    def settings(self) -> dict[str, t.Any]:
        return self.provider.settings

    @property
    def rules(self) -> list[str]:
        return [violation["rule"] for violation in self.provider.violations]

    @property
    def money(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.provider.state["money"])

    def wait(self, seconds: float = 10.0) -> None:
        self.provider.clock.advance(seconds)

    def send(self, request: Request, fault: str | None = None, options: dict[str, t.Any] | None = None) -> Response:
        self.provider.advance()
        matched = self.provider.match(request)
        refused = self.provider.unauthorised(request)
        if refused is not None:
            return refused
        if matched is None:
            return self.provider.unknown(request)
        route, params = matched
        return route.handler(Call(route.operation, request, params, fault, options or {}))

    def raw(self, body: str, headers: dict[str, str] | None = None, method: str = "POST", query: dict[str, list[str]] | None = None) -> Response:
        return self.send(Request(method, "", query or {}, FORM if headers is None else headers, body.encode()))

    def ask(self, action: str, fault: str | None = None, options: dict[str, t.Any] | None = None, **fields: t.Any) -> t.Any:
        """The body of the answer, as it goes over the wire."""
        form = {"action": action, "API": KEY, **{name: value for name, value in fields.items() if name != "keys"}, "keys[]": fields.get("keys", [])}
        request = Request("POST", "", {}, FORM, urllib.parse.urlencode(form, doseq=True).encode())
        response = self.send(request, fault, options)
        assert response.status == 200
        return json.loads(response.encode())

    def ok(self, action: str, **more: t.Any) -> dict[str, t.Any]:
        """The only entry of a success."""
        (entry,) = self.ask(action, **more)
        assert entry["result"] == "success", entry
        return t.cast("dict[str, t.Any]", entry)

    def refusal(self, action: str, **more: t.Any) -> str:
        """The message of an error."""
        (entry,) = self.ask(action, **more)
        assert entry["result"] == "error", entry
        return t.cast("str", entry["message"])

    def row(self, sid: int) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.ask("get_instance", serviceid=sid))

    def listed(self) -> list[int]:
        return [row["serviceid"] for row in self.ask("get_instances")]

    def ids(self, **filters: t.Any) -> list[int]:
        return [row["id"] for row in self.ask("get_instance_ids", **filters)]

    def seed(self, **fields: t.Any) -> int:
        return int(self.provider.seed_instances(1, **fields)[0])


@pytest.fixture
def api() -> Api:
    return Api()


# -- transport, authorisation, errors -----------------------------------------------------------------------------------


def test_the_actions_write_and_bill_as_the_contract_lists_them(api: Api) -> None:
    routes = api.provider.routes()
    assert {route.operation for route in routes} == READS | WRITES
    assert {route.operation for route in routes if route.mutates} == WRITES
    assert {route.operation for route in routes if route.bills} == BILLED


def test_a_wrong_key_is_refused_with_http_200_unless_set_otherwise(api: Api) -> None:
    sid = api.seed()
    refusal = [{"result": "error", "action": "Authorization", "message": "Not Authorized!"}]
    answer = api.raw(f"action=terminate&API=wrong&serviceid={sid}")
    assert (answer.status, answer.body) == (200, refusal)
    for status in (401, 403):
        api.settings["auth_failure"] = status
        answer = api.raw(f"action=terminate&serviceid={sid}")
        assert (answer.status, answer.body) == (status, refusal)
    assert api.rules == []
    assert api.listed() == [sid]


@pytest.mark.parametrize(
    ("method", "body", "headers", "query", "rule"),
    [
        ("GET", "", FORM, {"action": ["get_instances"], "API": [KEY]}, "section 2"),
        ("GET", f"action=get_instances&API={KEY}", FORM, {}, "HW-1"),
        ("POST", json.dumps({"action": "get_instances", "API": KEY}), {"content-type": "application/json"}, {}, "HW-1"),
        ("POST", f"action=get_instances&API={KEY}", {}, {}, "HW-1"),
    ],
)
def test_drifted_transport_is_an_authorisation_error_and_noted(
    api: Api, method: str, body: str, headers: dict[str, str], query: dict[str, list[str]], rule: str
) -> None:
    answer = api.raw(body, headers, method, query)
    assert answer.body[0]["message"] == "Not Authorized!"
    assert rule in api.rules
    assert KEY not in json.dumps(api.provider.violations)


def test_the_key_in_the_query_is_noted_even_beside_one_in_the_body(api: Api) -> None:
    assert api.raw(f"action=get_instances&API={KEY}", query={"API": [KEY]}).body == []
    assert api.rules == ["section 2"]


@pytest.mark.parametrize("action", ["fly", "get_locations", "add_ssh_key", "get_snapshots"])
def test_unknown_actions(api: Api, action: str) -> None:
    assert api.ask(action) == [{"result": "error", "message": "Invalid Action.", "ERROR": "6734"}]


def test_another_path_is_the_web_servers_business(api: Api) -> None:
    answer = api.send(Request("POST", "/more", {}, FORM, f"action=get_instances&API={KEY}".encode()))
    assert (answer.status, answer.content_type) == (404, "text/html")


@pytest.mark.parametrize("action", sorted((READS | WRITES) - {"check_serviceid", "get_server_charts", "get_serial", "add_instance"}))
def test_an_unknown_serviceid_has_one_answer(api: Api, action: str) -> None:
    if action in {"get_instances", "get_instance_ids", "get_firewall_profiles"}:
        assert api.ask(action) in ([], {"success": api.provider.state["firewalls"]})
        return
    (entry,) = api.ask(action, serviceid=999999, **EXTRAS.get(action, {}))
    assert (entry["result"], entry["message"]) == ("error", BAD_SERVICE)
    assert entry["action"]
    assert api.money == {"orders": 0, "amount": 0.0}


def test_a_malformed_or_missing_serviceid_is_noted(api: Api) -> None:
    assert api.refusal("shutdown", serviceid="web-1") == BAD_SERVICE
    assert api.refusal("shutdown") == BAD_SERVICE
    assert api.ask("toggle_lock") == [{"result": "error", "action": "Toggle Lock", "message": "Service Id is required.", "ERROR": "5529903"}]
    assert set(api.rules) == {"section 10"}


def test_check_serviceid_answers_true_or_false(api: Api) -> None:
    assert api.ask("check_serviceid", serviceid=api.seed()) == {"success": True}
    assert api.ask("check_serviceid", serviceid=1) == {"success": False}


def test_what_the_contract_forbids_in_a_form_is_noted(api: Api) -> None:
    sid = api.seed()
    api.ask("get_price_list", managed="true")
    api.ask("get_instance_ids", search="")
    api.ask("get_instance_ids", location_id=[1, 2])
    api.raw(f"action=add_instance&API={KEY}&template=img-debian-12&rid=2&location_id=1&keys=demo")
    assert api.rules == ["section 2"] * 4
    api.ok("set_rdns", serviceid=sid, ip="198.19.0.1", rdns="mail.example.com", rdata="mail.example.com")
    api.ask("get_instance", serviceid=sid, uuid="x")
    assert api.rules[4:] == ["section 10.2", "section 10"]


def test_a_name_may_be_a_word_that_looks_like_a_boolean(api: Api) -> None:
    sid = api.seed()
    api.ok("edit_instance", serviceid=sid, srvrname="true")
    assert (api.row(sid)["srvrname"], api.rules) == ("true", [])


def test_the_rate_limit_comes_as_429_or_only_as_words(api: Api) -> None:
    limited = api.provider.rate_limited(3)
    assert (limited.status, limited.headers) == (429, {"Retry-After": "3"})
    api.settings["rate_failure"] = "body"
    limited = api.provider.rate_limited(None)
    assert (limited.status, limited.body[0]["result"]) == (200, "error")


# -- envelopes and types ------------------------------------------------------------------------------------------------


def test_the_envelopes_of_the_four_listing_reads(api: Api) -> None:
    sid = api.seed()
    reads = {"get_instances": {}, "get_instance": {"serviceid": sid}, "get_instance_ids": {}}
    bare = {action: api.ask(action, **fields) for action, fields in reads.items()}
    assert bare["get_instances"] == [bare["get_instance"]]
    assert api.ask("get_instance_ips", serviceid=sid) == [{"ip": "198.19.0.1"}]
    api.settings["envelope"] = "live"
    assert {action: api.ask(action, **fields) for action, fields in reads.items()} == {action: {"success": body} for action, body in bare.items()}
    assert api.ask("get_instance_ips", serviceid=sid) == {"success": {"IP Addresses": [{"ip": "198.19.0.1"}]}}


def test_lists_can_come_as_maps_without_the_id_in_the_row(api: Api) -> None:
    assert api.ask("get_instances") == []
    sid = api.seed(name="web")
    api.settings["maps"] = True
    (row,) = api.ask("get_instance_ids").values()
    assert (list(api.ask("get_instances")), row["srvrname"], "id" in row) == ([str(sid)], "web", False)
    api.settings["envelope"] = "live"
    assert list(api.ask("get_instances")["success"]) == [str(sid)]


def test_php_types(api: Api) -> None:
    sid = api.seed()
    plain = api.row(sid)
    assert (plain["serviceid"], plain["locked"], plain["is_suspended"], plain["ips"]) == (sid, 0, 0, ["198.19.0.1"])
    api.settings["php_types"] = True
    php = api.row(sid)
    assert (php["serviceid"], php["locked"], php["is_suspended"], php["image"], php["ips"]) == (str(sid), "0", False, [], [{"ip": "198.19.0.1"}])


def test_rows_hold_secrets_that_a_scan_can_find_but_the_id_list_holds_none(api: Api) -> None:
    sid = api.seed()
    (row,) = api.ask("get_instances")
    assert (row["password"], row["configkey"]) == (f"S3CRET-hw-root-{sid}", f"S3CRET-hw-config-{sid}")
    assert "S3CRET" not in json.dumps(api.ask("get_instance_ids"))
    assert "S3CRET" in json.dumps(api.ask("get_vnc", serviceid=sid))


# -- creation -----------------------------------------------------------------------------------------------------------


def test_a_creation_answers_two_entries_without_an_id_and_bills_once(api: Api) -> None:
    paid, added = api.ask("add_instance", keys=["demo", "operations"], **ORDER)
    assert (paid["result"], paid["action"], added) == (
        "success",
        "Invoice Paid",
        {"result": "success", "action": "Add Instance", "message": "Server is being Created!"},
    )
    (sid,) = api.ids()
    building = api.row(sid)
    assert (building["status"], building["vm_state"], building["power_state"], building["task_state"], building["main_ip"]) == (
        "BUILD",
        "building",
        0,
        "spawning",
        "",
    )
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["vm_state"], row["power_state"], row["task_state"]) == ("ACTIVE", "active", 1, None)
    assert (row["srvrname"], row["location_id"], row["cpu"], row["ram"], row["disk"]) == ("web", 2, 1, 2048, 50)
    assert (row["image_ref"], row["ssh_keys"], row["ips"]) == ("img-debian-12", ["demo", "operations"], [row["main_ip"]])
    assert api.money == {"orders": 1, "amount": 9.99}
    assert api.rules == []


def test_a_template_uuid_does_as_well_and_a_custom_plan_takes_its_sizes(api: Api) -> None:
    template = api.provider.state["templates"][0]
    api.ask("add_instance", **{**ORDER, "template": template["uuid"], "rid": 90, "cpu": 3, "ram": 6144, "disk": 120, "billingcycle": "quarterly"})
    (row,) = api.ask("get_instances")
    assert (row["template_uuid"], row["cpu"], row["ram"], row["disk"]) == (template["uuid"], 3, 6144, 120)
    assert api.money["amount"] == pytest.approx(3 * (3 * 2 + 6 * 3 + 120 * 0.05))


@pytest.mark.parametrize(
    "wrong",
    [{"rid": 77}, {"location_id": 9}, {"template": "img-none"}, {"keys": ["nobody"]}, {"billingcycle": "daily"}, {"template": ""}, {"qty": 0}],
)
def test_a_wrong_order_is_refused_and_costs_nothing(api: Api, wrong: dict[str, t.Any]) -> None:
    api.refusal("add_instance", **{**ORDER, **wrong})
    assert (api.listed(), api.money["orders"]) == ([], 0)


def test_hourly_products_can_be_disabled(api: Api) -> None:
    api.settings["hourly_enabled"] = False
    assert api.refusal("add_instance", **ORDER, billingcycle="hourly").startswith("Hourly products are disabled!")


def test_more_than_one_server_an_order_is_noted(api: Api) -> None:
    api.ask("add_instance", **{**ORDER, "qty": 2})
    assert (len(api.listed()), api.money["orders"], api.rules) == (2, 1, ["section 8"])


def test_new_rows_and_their_name_come_late_and_not_together(api: Api) -> None:
    api.settings.update(row_delay=1, list_delay=4, ids_delay=1, name_delay=6)
    api.ask("add_instance", **ORDER)
    sid = int(api.provider.instances()[0]["id"])
    seen = []
    for _second in range(8):
        names = [row["srvrname"] for row in api.ask("get_instance_ids")]
        seen.append((api.ids() == [sid], api.listed() == [sid], names))
        api.wait(1)
    assert seen == [(False, False, [])] * 2 + [(True, False, [""])] * 3 + [(True, True, [""])] * 2 + [(True, True, ["web"])]


def test_a_server_in_neither_listing_cannot_be_read(api: Api) -> None:
    api.settings["row_delay"] = 5
    api.ask("add_instance", **ORDER)
    sid = api.provider.instances()[0]["id"]
    assert api.refusal("get_instance", serviceid=sid) == BAD_SERVICE
    api.wait(5)
    assert api.row(int(sid))["srvrname"] == "web"


@pytest.mark.parametrize("created", [False, True])
def test_fault_invoice_only(api: Api, created: bool) -> None:
    paid, added = api.ask("add_instance", "invoice_only", {"created": created}, **ORDER)
    assert (paid["result"], added["result"]) == ("success", "error")
    assert (len(api.listed()), api.money["orders"]) == (int(created), 1)


def test_faults_of_a_creation(api: Api) -> None:
    assert [entry["result"] for entry in api.ask("add_instance", "nothing", **ORDER)] == ["success", "success"]
    assert (api.listed(), api.money["orders"]) == ([], 1)
    api.ask("add_instance", "no_effect", **ORDER)
    assert (api.listed(), api.money["orders"]) == ([], 1)
    api.ask("add_instance", "double", **ORDER)
    assert [row["srvrname"] for row in api.ask("get_instances")] == ["web", "web"]
    assert api.money["orders"] == 2


def test_fault_late(api: Api) -> None:
    api.ask("add_instance", "late", {"seconds": 30}, **ORDER)
    api.wait(29)
    assert (api.listed(), api.ids()) == ([], [])
    api.wait(1)
    assert len(api.listed()) == len(api.ids()) == 1


def test_fault_half_created_until_somebody_names_the_server(api: Api) -> None:
    api.ask("add_instance", "half_created", **ORDER)
    api.wait(10_000)
    (row,) = api.ask("get_instances")
    assert (row["status"], row["srvrname"]) == ("ACTIVE", "")
    api.ok("edit_instance", serviceid=row["serviceid"], srvrname="found")
    assert [row["srvrname"] for row in api.ask("get_instance_ids")] == ["found"]


def test_fault_build_error(api: Api) -> None:
    api.ask("add_instance", "build_error", **ORDER)
    api.wait()
    (row,) = api.ask("get_instances")
    assert (row["status"], row["vm_state"], row["task_state"], row["main_ip"]) == ("ERROR", "error", None, "")


# -- lists --------------------------------------------------------------------------------------------------------------


def test_search_location_and_pages_of_the_id_list(api: Api) -> None:
    made = [int(sid) for sid in api.provider.seed_instances(5, name="Web", region=2)] + [api.seed(name="db", region=3)]
    assert api.ids(search="wEb-") == made[:5]
    assert api.ids(search="198.19.0.6") == made[5:]
    assert api.ids(location_id=3) == made[5:]
    assert api.ids(limit=4, page=1) == made[:4]
    assert api.ids(limit=4, page=2) == made[4:]
    assert api.ids(limit=4, page=3) == []
    assert api.ids() == made


def test_the_unpaged_id_list_can_be_capped_but_not_the_other(api: Api) -> None:
    made = [int(sid) for sid in api.provider.seed_instances(5)]
    api.settings["ids_cap"] = 3
    assert (api.ids(), api.listed()) == (made[:3], made)
    assert api.ids(limit=10, page=1) == made


def test_ten_thousand_servers_come_in_one_answer(api: Api) -> None:
    made = [int(sid) for sid in api.provider.seed_instances(10_000)]
    rows = api.ask("get_instances")
    assert [row["serviceid"] for row in rows] == api.ids() == made
    assert len({row["main_ip"] for row in rows}) == len({row["ip_v6"] for row in rows}) == 10_000


# -- power and rebuilding -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "action", "message", "during", "after"),
    [
        ("ACTIVE", "shutdown", "Instance Server#{} has been shut down!", ("ACTIVE", "powering-off"), ("SHUTOFF", "stopped", 4)),
        ("SHUTOFF", "boot", "Instance Server#{} has been started!", ("SHUTOFF", "powering-on"), ("ACTIVE", "active", 1)),
        ("ACTIVE", "reboot", "Instance rebooted", ("REBOOT", "rebooting"), ("ACTIVE", "active", 1)),
        ("ACTIVE", "repair_instance", "Instance Server#{} has been restarted!", ("HARD_REBOOT", "rebooting_hard"), ("ACTIVE", "active", 1)),
        ("ACTIVE", "rescue", "Server Server#{} Rebooting.", ("ACTIVE", "rescuing"), ("RESCUE", "rescued", 1)),
        ("RESCUE", "reboot", "Instance rebooted", ("REBOOT", "rebooting"), ("RESCUE", "rescued", 1)),
        ("RESCUE", "unrescue", "Server Server#{} Rebooting Noramal.", ("RESCUE", "unrescuing"), ("ACTIVE", "active", 1)),
        ("ACTIVE", "recreate", "Recreating Server#{}", ("REBUILD", "rebuilding"), ("ACTIVE", "active", 1)),
        ("ACTIVE", "regenerate_networking", "Regenerating Network for Server#{}", ("REBOOT", "rebooting"), ("ACTIVE", "active", 1)),
    ],
)
def test_queued_work_shows_the_old_state_then_the_task_then_the_end(
    api: Api, before: str, action: str, message: str, during: tuple[str, str], after: tuple[str, str, int]
) -> None:
    sid = api.seed(status=before)
    old = api.row(sid)
    assert api.ok(action, serviceid=sid)["message"] == message.format(sid)
    assert api.row(sid) == old  # HW-11
    row = api.row(sid)
    assert (row["status"], row["task_state"]) == during
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["vm_state"], row["power_state"], row["task_state"]) == (*after, None)
    assert row["updated_at"] > old["updated_at"]


def test_the_stale_read_comes_even_when_the_work_is_done(api: Api) -> None:
    sid = api.seed()
    api.settings["stale_reads"] = 2
    api.ok("shutdown", serviceid=sid)
    api.wait()
    assert [api.ask("get_instances")[0]["status"], api.row(sid)["status"], api.row(sid)["status"]] == ["ACTIVE", "ACTIVE", "SHUTOFF"]
    api.settings["stale_reads"] = 0
    api.ok("boot", serviceid=sid)
    assert api.row(sid)["task_state"] == "powering-on"


def test_a_stale_read_shows_what_was_edited_at_once(api: Api) -> None:
    sid = api.seed()
    api.ok("reboot", serviceid=sid)
    api.ok("edit_instance", serviceid=sid, srvrname="new")
    stale = api.row(sid)
    assert (stale["status"], stale["task_state"], stale["srvrname"]) == ("ACTIVE", None, "new")


def test_work_is_done_one_after_the_other(api: Api) -> None:
    sid = api.seed()
    api.settings.update(power_seconds=10, stale_reads=0)
    api.ok("shutdown", serviceid=sid)
    api.ok("boot", serviceid=sid)
    api.wait(15)
    assert api.row(sid)["task_state"] == "powering-on"
    api.wait(5)
    assert api.row(sid)["status"] == "ACTIVE"


def test_starting_a_running_and_stopping_a_stopped_server_does_nothing(api: Api) -> None:
    running, stopped = api.seed(), api.seed(status="SHUTOFF")
    before = api.ask("get_instances")
    api.ok("boot", serviceid=running)
    api.ok("shutdown", serviceid=stopped)
    assert api.ask("get_instances") == before


def test_reboot_takes_a_time_and_reboots_at_once(api: Api) -> None:
    sid = api.seed()
    api.ok("reboot", serviceid=sid, time=60)
    api.row(sid)
    assert (api.row(sid)["task_state"], api.rules) == ("rebooting", [])


def test_recreate_may_change_the_address_and_forgets_its_ptr(api: Api) -> None:
    sid = api.seed()
    api.ok("set_rdns", serviceid=sid, ip="198.19.0.1", rdns="mail.example.com.")
    assert api.provider.state["ptr"] == {"198.19.0.1": "mail.example.com"}
    old = api.row(sid)
    assert api.ok("recreate", serviceid=sid)["action"] == "Rercreate"
    api.wait()
    api.row(sid)
    new = api.row(sid)
    assert (new["main_ip"] != old["main_ip"], new["ips"], api.provider.state["ptr"]) == (True, [new["main_ip"]], {})
    assert new["server_uuid"] != old["server_uuid"]
    api.settings.update(recreate_changes_ip=False, stale_reads=0)
    api.ok("recreate", serviceid=sid)
    api.wait()
    assert api.row(sid)["main_ip"] == new["main_ip"]


def test_reinstall_takes_a_new_template(api: Api) -> None:
    sid = api.seed()
    api.settings["stale_reads"] = 0
    assert api.refusal("reinstall_instance", serviceid=sid, template="img-none")
    assert api.row(sid)["status"] == "ACTIVE"
    assert api.ok("reinstall_instance", serviceid=sid, template="img-debian-12")["message"] == f"Instance Server#{sid} is being rebuilt!"
    assert api.row(sid)["task_state"] == "rebuilding"
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["image_ref"]) == ("ACTIVE", "img-debian-12")
    api.ok("reinstall_instance", fault="build_error", serviceid=sid, template="img-debian-12")
    api.wait()
    assert api.row(sid)["status"] == "ERROR"


def test_an_iso_install_is_finalized_once(api: Api) -> None:
    sid = api.seed(image="cd")
    api.settings["stale_reads"] = 0
    api.ok("finalize_iso", serviceid=sid)
    api.wait()
    assert api.row(sid)["template_uuid"] != "cd"
    assert api.refusal("finalize_iso", serviceid=sid)


def test_a_terminated_server_is_deleting_until_it_is_gone(api: Api) -> None:
    sid, other = api.seed(), api.seed()
    api.settings["delete_seconds"] = 30
    assert api.ask("terminate", serviceid=sid) == [{"result": "success", "message": "Instance deleted"}]
    assert api.row(sid)["task_state"] is None  # HW-11
    assert api.row(sid)["task_state"] == "deleting"
    assert (api.listed(), api.ids()) == ([sid, other], [sid, other])
    assert api.refusal("terminate", serviceid=sid) == BAD_SERVICE
    api.wait(30)
    assert (api.listed(), api.ids()) == ([other], [other])
    assert api.refusal("get_instance", serviceid=sid) == BAD_SERVICE


def test_a_server_under_construction_can_be_terminated(api: Api) -> None:
    api.settings["build_seconds"] = 1000
    api.ask("add_instance", **ORDER)
    (sid,) = api.ids()
    api.ok("terminate", serviceid=sid)
    assert api.row(sid)["task_state"] == "deleting"
    api.wait()
    assert api.listed() == []


# -- settings of a server -----------------------------------------------------------------------------------------------


def test_toggle_lock_flips_and_a_locked_server_refuses_every_other_write(api: Api) -> None:
    sid = api.seed()
    api.row(sid)
    assert api.ok("toggle_lock", serviceid=sid)["message"] == "Service has been locked."
    before = json.dumps(api.provider.state["servers"][str(sid)]["row"])
    for action in sorted(WRITES - {"toggle_lock", "add_instance"}):
        assert "locked" in api.refusal(action, serviceid=sid, **EXTRAS.get(action, {})).lower(), action
    assert (json.dumps(api.provider.state["servers"][str(sid)]["row"]), api.money["orders"]) == (before, 0)
    assert api.row(sid)["locked"] == 1
    assert api.ok("toggle_lock", serviceid=sid)["message"] == "Service has been unlocked."
    assert (api.row(sid)["locked"], [rule for rule in api.rules if rule != "HW-29"]) == (0, [])


def test_toggling_blindly_is_noted(api: Api) -> None:
    sid = api.seed()
    api.row(sid)
    api.ok("toggle_lock", serviceid=sid)
    api.ok("toggle_lock", serviceid=sid)
    assert api.rules == ["HW-13"]


@pytest.mark.parametrize("fields", [{"is_suspended": 1}, {"status": "SUSPENDED"}])
def test_a_suspended_server_can_only_be_terminated(api: Api, fields: dict[str, t.Any]) -> None:
    sid = api.seed(**fields)
    assert "suspended" in api.refusal("boot", serviceid=sid)
    assert "suspended" in api.refusal("edit_instance", serviceid=sid, srvrname="x")
    api.ok("terminate", serviceid=sid)


def test_a_rename_changes_the_label_alone(api: Api) -> None:
    sid = api.seed(name="old")
    before = api.row(sid)
    api.ok("edit_instance", serviceid=sid, srvrname="new")
    after = api.row(sid)
    assert {name for name in after if after[name] != before[name]} == {"srvrname", "updated_at"}


@pytest.mark.parametrize("restart", ["reboot", "boot", "unrescue"])
def test_a_password_takes_effect_with_a_restart(api: Api, restart: str) -> None:
    sid = api.seed(status={"reboot": "ACTIVE", "boot": "SHUTOFF", "unrescue": "RESCUE"}[restart])
    api.settings["stale_reads"] = 0
    assert "<br>" in api.ok("change_password", serviceid=sid, password="S3CRET-new")["message"]
    assert api.row(sid)["password"] == f"S3CRET-hw-root-{sid}"
    api.ok(restart, serviceid=sid)
    api.wait()
    assert api.row(sid)["password"] == "S3CRET-new"


def test_maintenance(api: Api) -> None:
    sid = api.seed()
    assert api.ask("get_instance_maintenance", serviceid=sid) == []
    api.provider.patch(str(sid), {"maintenance": "Snapshot is being taken."})
    assert api.ok("get_instance_maintenance", serviceid=sid)["message"] == "Snapshot is being taken."


def test_fault_no_effect_leaves_everything_as_it_was(api: Api) -> None:
    sid = api.seed()
    api.row(sid)
    before = json.dumps(api.provider.state)
    for action in ("shutdown", "terminate", "toggle_lock", "set_instance_firewall", "upgrade_instance", "create_ip_cleanup_fee"):
        api.ok(action, fault="no_effect", serviceid=sid, **EXTRAS.get(action, {}))
        assert json.dumps(api.provider.state) == before, action


# -- networking ---------------------------------------------------------------------------------------------------------


def test_the_main_address_changes_three_times_and_then_only_in_words(api: Api) -> None:
    sid = api.seed()
    api.settings["stale_reads"] = 0
    seen = [api.row(sid)["main_ip"]]
    for _change in range(4):
        api.ok("change_main_ip", serviceid=sid)
        assert api.row(sid)["main_ip"] == seen[-1]
        api.wait()
        seen.append(api.row(sid)["main_ip"])
    assert len(set(seen[:4])) == 4
    assert seen[4] == seen[3]
    api.wait(3600)
    api.ok("change_main_ip", serviceid=sid)
    api.wait()
    assert api.row(sid)["main_ip"] not in seen


def test_the_old_address_stays_or_goes(api: Api) -> None:
    sid = api.seed()
    api.settings.update(stale_reads=0, ip_change_fee=3.0)
    api.ok("change_main_ip", serviceid=sid)
    api.wait()
    assert api.row(sid)["ips"] == ["198.19.0.2", "198.19.0.1"]
    api.settings["ip_keep_old"] = False
    api.ok("change_main_ip", serviceid=sid)
    api.wait()
    assert api.row(sid)["ips"] == ["198.19.0.3", "198.19.0.1"]
    assert api.money == {"orders": 2, "amount": 6.0}


def test_secondary_addresses_can_become_primary_or_be_deleted(api: Api) -> None:
    sid = api.seed(main_ip="198.19.9.1", ips=["198.19.9.1", "198.19.9.2", "198.19.9.3"])
    assert api.refusal("set_main_ip", serviceid=sid, ip="198.19.9.9")
    assert api.ask("set_main_ip", serviceid=sid, ip="198.19.9.2") == [{"result": "success", "message": "Main IP set"}]
    assert api.row(sid)["main_ip"] == "198.19.9.2"
    assert api.refusal("delete_ip", serviceid=sid, ip="198.19.9.2")
    assert api.refusal("delete_ip", serviceid=sid, ip="198.19.9.9")
    api.ok("delete_ip", serviceid=sid, ip="198.19.9.1")
    assert api.ask("get_instance_ips", serviceid=sid) == [{"ip": "198.19.9.2"}, {"ip": "198.19.9.3"}]
    assert api.ask("get_instance_ips", serviceid=sid, location_id=3) == []


def test_ptr_records_are_written_and_never_shown(api: Api) -> None:
    sid = api.seed()
    row = api.row(sid)
    spelled_out = ipaddress.ip_address(row["ip_v6"]).exploded
    api.ok("set_rdns", serviceid=sid, ip=row["main_ip"], rdns="mail.example.com")
    api.ok("set_rdns", serviceid=sid, ip=spelled_out.upper(), rdns="six.example.com")
    assert api.provider.state["ptr"] == {row["main_ip"]: "mail.example.com", row["ip_v6"]: "six.example.com"}
    assert "example.com" not in json.dumps([api.row(sid), api.ask("get_instance_ips", serviceid=sid), api.ask("get_instance_ids")])
    assert api.rules == []
    assert api.refusal("set_rdns", serviceid=sid, ip="203.0.113.1", rdns="mail.example.com")
    assert api.refusal("set_rdns", serviceid=sid, ip=row["main_ip"], rdns="no host")
    assert api.rules == ["section 12"]


def test_firewall_profiles_are_assigned_by_their_whole_name(api: Api) -> None:
    sid = api.seed()
    names = [profile["name"] for profile in api.ask("get_firewall_profiles")["success"]]
    assert names == ["default", "web", "smtp", "8f3a1c-webstack"]
    assert api.ask("get_instance_firewall_profile", serviceid=sid)["success"]["name"] == "default"
    assert api.refusal("set_instance_firewall", serviceid=sid, name="webstack")
    api.ok("set_instance_firewall", serviceid=sid, name="8f3a1c-webstack")
    profile = api.ask("get_instance_firewall_profile", serviceid=sid)["success"]
    assert (profile["name"], len(profile["security_group_rules"])) == ("8f3a1c-webstack", 3)
    api.provider.patch(str(sid), {"firewall": None})
    assert api.ask("get_instance_firewall_profile", serviceid=sid) == {"success": []}


def test_the_cleanup_fee_is_paid_once_and_clears_the_filters(api: Api) -> None:
    sid = api.seed()
    api.settings["pay_delay"] = 60
    (spam,) = api.ask("get_smtp_filters", serviceid=sid)["success"]["spam"]
    assert (set(spam), spam["invoice_id"]) == ({"type", "created", "invoice_id"}, 0)
    assert api.ok("create_ip_cleanup_fee", serviceid=sid)["message"] == BAD_SERVICE  # the documented success
    assert api.ask("get_smtp_filters")["success"]["spam"][0]["invoice_id"] > 0
    assert api.rules == []
    api.ok("create_ip_cleanup_fee", serviceid=sid)
    assert (api.rules, api.money["orders"]) == (["HW-29"], 2)
    api.wait(60)
    assert api.ask("get_smtp_filters", serviceid=sid) == {"success": []}


# -- upgrades and billing -----------------------------------------------------------------------------------------------


def test_the_price_list_is_text_and_marks_the_present_plan(api: Api) -> None:
    sid = api.seed(size=4)
    rows = api.ask("get_price_list", serviceid=sid)["success"]
    assert [row["rid"] for row in rows if row["current"]] == [4]
    four = next(row for row in rows if row["rid"] == 4)
    assert (four["ram"], four["cpu"], four["disk"], four["monthly"], four["annually"]) == ("4", "2", "100", "18.99", "227.88")
    assert not any(row["current"] for row in api.ask("get_price_list")["success"])
    api.settings["maps"] = True
    assert {row["rid"] for row in api.ask("get_price_list")["success"].values()} == {row["rid"] for row in rows}


def test_an_upgrade_from_the_order_to_the_new_size(api: Api) -> None:
    sid = api.seed(size=2)
    api.settings.update(pay_delay=60, stale_reads=0)
    assert api.ask("check_upgrade_order", serviceid=sid) == {"success": False}
    assert api.refusal("upgrade_server", serviceid=sid)
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    assert api.money == {"orders": 1, "amount": 18.99}
    order = api.ask("check_upgrade_order", serviceid=sid)["success"]
    assert (set(order), order["total"], order["duedate"]) == ({"id", "orderid", "invoiceid", "duedate", "total"}, "18.99", "2023-11-14")
    assert api.refusal("upgrade_instance", serviceid=sid, rid=5)
    assert api.refusal("upgrade_server", serviceid=sid)
    row = api.row(sid)
    assert (row["upgrade_ram"], row["upgrade_cpu"], row["upgrade_disk"], row["ram"]) == ("4096", "2", "100", 2048)
    api.wait(60)
    assert api.ask("check_upgrade_order", serviceid=sid) == {"success": False}
    assert api.ask("check_upgrade_reboot", serviceid=sid) == {"success": True}
    assert api.refusal("confirm_upgrade", serviceid=sid)
    api.ok("upgrade_server", serviceid=sid)
    assert api.row(sid)["status"] == "RESIZE"
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["vm_state"], row["task_state"], row["ram"], row["upgrade_ram"]) == ("RESIZED", "resized", None, 4096, "0")
    assert api.refusal("shutdown", serviceid=sid)
    assert api.refusal("upgrade_instance", serviceid=sid, rid=5)
    api.ok("confirm_upgrade", serviceid=sid)
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["ram"], row["cpu"], row["disk"]) == ("ACTIVE", 4096, 2, 100)
    assert [plan["rid"] for plan in api.ask("get_price_list", serviceid=sid)["success"] if plan["current"]] == [4]
    assert (api.money["orders"], api.rules) == (1, [])


def test_an_upgrade_can_be_reverted(api: Api) -> None:
    sid = api.seed(size=2)
    api.settings["stale_reads"] = 0
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    api.ok("upgrade_server", serviceid=sid)
    api.wait()
    api.ok("revert_upgrade", serviceid=sid)
    assert api.row(sid)["status"] == "REVERT_RESIZE"
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["ram"], row["cpu"], row["disk"]) == ("ACTIVE", 2048, 1, 50)
    assert [plan["rid"] for plan in api.ask("get_price_list", serviceid=sid)["success"] if plan["current"]] == [2]


def test_an_upgrade_may_settle_without_waiting_for_a_confirmation(api: Api) -> None:
    sid = api.seed(size=2)
    api.settings.update(stale_reads=0, auto_confirm=True)
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    api.ok("upgrade_server", serviceid=sid)
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["ram"]) == ("ACTIVE", 4096)


def test_an_order_nobody_pays_stays_until_it_is_patched_away(api: Api) -> None:
    sid = api.seed(size=2)
    api.settings.update(auto_pay=False, no_order="error")
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    api.wait(10_000)
    assert api.ask("check_upgrade_order", serviceid=sid)["success"]["invoiceid"]
    api.provider.patch(str(sid), {"order": None})
    assert api.refusal("check_upgrade_order", serviceid=sid)
    api.settings["no_order"] = "empty"
    assert api.ask("check_upgrade_order", serviceid=sid) == {"success": []}


def test_a_second_order_before_the_paid_one_is_applied_is_billed_and_noted(api: Api) -> None:
    sid = api.seed(size=2)
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    api.ok("upgrade_instance", serviceid=sid, rid=5)
    assert (api.money["orders"], api.rules) == (2, ["HW-30"])


@pytest.mark.parametrize("rid", [77, 2, 1])
def test_upgrades_to_nothing_the_same_or_less_are_refused_and_free(api: Api, rid: int) -> None:
    sid = api.seed(size=2)
    assert api.refusal("upgrade_instance", serviceid=sid, rid=rid)
    assert (api.money["orders"], api.row(sid)["upgrade_ram"]) == (0, "0")


def test_what_the_collection_never_calls_works_and_is_noted(api: Api) -> None:
    sid = api.seed(size=2)
    api.ok("change_billing_cycle", serviceid=sid, billingcycle="annually")
    api.ok("upgrade_to_managed", serviceid=sid)
    assert (api.row(sid)["billingcycle"], api.row(sid)["product_name"]) == ("annually", "Managed Cloud VPS")
    api.ok("downgrade_to_unmanaged", serviceid=sid)
    assert (api.row(sid)["product_name"], api.money, api.rules) == ("Cloud VPS", {"orders": 2, "amount": 125.88}, ["HW-29"] * 3)
    assert api.ask("get_billingcycle_prices", serviceid=sid)["annually"] == "119.88"
    form = {"draw": 1, "start": 0, "length": 10, "columns[0][data]": "0"}
    assert [row[3] for row in api.ask("get_serial", serviceid=sid, **form)["success"]["data"]] == [
        "change_billing_cycle",
        "upgrade_to_managed",
        "downgrade_to_unmanaged",
    ]
    assert api.ask("get_server_charts", serviceid=sid, period="day") == {"success": []}


# -- behind the client's back -------------------------------------------------------------------------------------------


def test_seeded_servers_show_to_the_control_api(api: Api) -> None:
    made = api.provider.seed_instances(2, name="web", region=3)
    assert api.provider.instances() == [
        {"id": made[0], "name": "web-1", "region": "3", "status": "ACTIVE"},
        {"id": made[1], "name": "web-2", "region": "3", "status": "ACTIVE"},
    ]
    assert api.money["orders"] == 0
    with pytest.raises(ValueError, match="plan number"):
        api.seed(size=77)


def test_vanish_removes_a_server_at_once_even_a_busy_one(api: Api) -> None:
    sid = api.seed()
    api.ok("reboot", serviceid=sid)
    api.provider.vanish(str(sid))
    api.wait()
    assert (api.listed(), api.ids()) == ([], [])
    with pytest.raises(KeyError):
        api.provider.vanish(str(sid))


def test_patch_changes_raw_fields(api: Api) -> None:
    sid = api.seed()
    api.ok("reboot", serviceid=sid)
    api.provider.patch(str(sid), {"status": "ERROR", "main_ip": "198.19.7.7", "srvrname": "moved", "locked": 1})
    api.wait()
    row = api.row(sid)
    assert (row["status"], row["vm_state"], row["power_state"], row["task_state"]) == ("ERROR", "error", 6, None)
    assert (row["main_ip"], row["ips"], row["srvrname"], row["locked"]) == ("198.19.7.7", ["198.19.7.7"], "moved", 1)
    with pytest.raises(ValueError, match="flavour"):
        api.provider.patch(str(sid), {"flavour": "x"})


def test_the_state_survives_as_json(api: Api) -> None:
    api.ask("add_instance", **ORDER)
    sid = api.seed()
    api.ok("upgrade_instance", serviceid=sid, rid=4)
    api.ok("upgrade_server", serviceid=sid)
    api.provider.state = json.loads(json.dumps(api.provider.state))
    api.wait()
    api.listed()
    assert [row["status"] for row in api.provider.instances()] == ["ACTIVE", "RESIZED"]
