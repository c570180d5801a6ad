# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated HosterAPI.de, driven through match() and the handlers."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Call, Clock, Request, Response
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.hosterapi import HosterapiProvider

HEADERS = {"authorization": "Bearer 17|hosterapi-demo-token", "accept": "application/json", "content-type": "application/json"}
SIZE = {"template": "Debian12.0", "cpuCores": 2, "mem": 2048, "disk": "50G", "ipCount": 1}
START = 1_700_000_000.0


class Api:
    """A provider on a virtual clock and what the server does around its handlers."""

    def __init__(self) -> None:
        self.provider = HosterapiProvider(Clock(START))

    def send(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        fault: str | None = None,
        options: dict[str, t.Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, {}, HEADERS if headers is None else headers, raw)
        self.provider.advance()
        refused = self.provider.unauthorised(request)
        if refused is not None:
            return refused
        matched = self.provider.match(request)
        if matched is None:
            return self.provider.unknown(request)
        route, params = matched
        return route.handler(Call(route.operation, request, params, fault, options or {}))

    def result(self, method: str, path: str, body: t.Any = None, **more: t.Any) -> t.Any:
        """The payload of a success."""
        response = self.send(method, path, body, **more)
        assert response.status == 200, response.body
        assert list(response.body) == ["result"]
        return response.body["result"]

    def refusal(self, method: str, path: str, body: t.Any = None, **more: t.Any) -> tuple[int, str]:
        """Status and error of a failure."""
        response = self.send(method, path, body, **more)
        assert response.body["result"] is False
        return response.status, response.body["error"]

    def job(self, job_id: int) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.result("GET", f"/job/{job_id}"))

    def finish(self, accepted: dict[str, t.Any]) -> dict[str, t.Any]:
        """The end of a job."""
        for _number in range(5):
            job = self.job(accepted["jobId"])
            if job["status"] in ("finished", "failed"):
                return job
        raise AssertionError("the job does not end")

    def vm(self, **fields: t.Any) -> str:
        """The path of a running VM."""
        return f"/datacenter/server/{self.provider.seed_instances(1, **fields)[0]}"

    def pass_time(self, seconds: float) -> None:
        self.provider.clock.advance(seconds)


@pytest.fixture
def api() -> Api:
    return Api()


# -- transport -------------------------------------------------------------------------------------------------------


def test_every_operation_of_the_contract_has_a_route(api: Api) -> None:
    routes = api.provider.routes()
    groups = {"dedicated": 12, "job": 1, "server": 17, "backups": 4, "software": 3}
    assert {group: sum(route.operation.startswith(f"{group}_") for route in routes) for group in groups} == groups
    assert len({route.operation for route in routes}) == len(routes) == 37
    assert {route.operation for route in routes if route.bills} == {"dedicated_order", "server_change", "server_create"}
    assert all(route.mutates == (route.method != "GET") for route in routes)


@pytest.mark.parametrize("header", [None, "Bearer 17|wrong", "17|hosterapi-demo-token", "Token 17|hosterapi-demo-token"])
def test_a_bad_token_is_refused_before_an_unknown_id(api: Api, header: str | None) -> None:
    headers = {name: value for name, value in {**HEADERS, "authorization": header}.items() if value is not None}
    assert api.refusal("GET", "/datacenter/server/5/config", headers=headers) == (401, "0x03: unauthorized")
    assert bool(api.provider.violations) == (header != "Bearer 17|wrong")


def test_missing_headers_are_violations(api: Api) -> None:
    api.result("GET", "/datacenter/server")
    assert api.provider.violations == []
    api.result("GET", "/datacenter/server", headers={"authorization": HEADERS["authorization"]})
    assert [found["rule"] for found in api.provider.violations] == ["HA-1", "HA-1"]
    api.provider.settings["strict_accept"] = False
    api.result("GET", "/datacenter/server", headers={**HEADERS, "accept": "*/*"})
    assert len(api.provider.violations) == 2


def test_unknown_paths_and_methods_get_the_frameworks_replies(api: Api) -> None:
    assert (api.send("GET", "/datacenter/nothing").status, api.provider.violations) == (404, [])
    slash = api.send("GET", "/datacenter/dedicated/")
    assert (slash.status, list(slash.body)) == (404, ["message"])
    assert [found["rule"] for found in api.provider.violations] == ["section 2"]
    wrong = api.send("DELETE", "/datacenter/server/5/delete")
    assert (wrong.status, wrong.headers, list(wrong.body)) == (405, {"Allow": "POST"}, ["message"])


def test_rate_limit(api: Api) -> None:
    limited = api.provider.rate_limited(3)
    assert (limited.status, limited.body, limited.headers) == (429, {"message": "Too Many Attempts."}, {"Retry-After": "3"})
    assert api.provider.rate_limited(None).headers == {}


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "server/77/status"),
        ("GET", "server/77/incidents"),
        ("PUT", "server/77/start"),
        ("POST", "server/77/delete"),
        ("GET", "server/77/backups/list"),
        ("GET", "dedicated/77/status"),
        ("POST", "dedicated/77/terminate"),
    ],
)
def test_unknown_ids(api: Api, method: str, path: str) -> None:
    assert api.refusal(method, f"/datacenter/{path}") == (404, "0x01: no vm with id 77 found")


def test_the_first_bad_parameter_in_documented_order_is_named(api: Api) -> None:
    def named(body: t.Any) -> tuple[int, str]:
        return api.refusal("POST", "/datacenter/server", body)

    assert named(None) == (400, "0xb1: Missing required parameter template")
    assert named({"ipCount": 1, "template": "Debian12.0"}) == (400, "0xb1: Missing required parameter cpuCores")
    assert named({**SIZE, "mem": "2048"}) == (400, "0xb1: Missing required parameter mem")
    assert named({**SIZE, "ipCount": True}) == (400, "0xb1: Missing required parameter ipCount")
    assert named({**SIZE, "disk": "big"}) == (400, "0xb1: Missing required parameter disk")
    assert named({**SIZE, "template": "Windows3.1"})[0] == 400
    assert api.provider.state["money"] == {"orders": 0, "amount": 0.0}


def test_form_bodies_are_accepted_and_reported(api: Api) -> None:
    headers = {**HEADERS, "content-type": "application/x-www-form-urlencoded"}
    api.result("POST", "/datacenter/server", urllib.parse.urlencode(SIZE).encode(), headers=headers)
    assert [found["rule"] for found in api.provider.violations] == ["HA-1"]
    assert api.refusal("POST", "/datacenter/server", b"[1]")[0] == 400
    assert len(api.provider.violations) == 2


# -- jobs and creation -----------------------------------------------------------------------------------------------


def test_create_goes_through_its_job(api: Api) -> None:
    accepted = api.result("POST", "/datacenter/server", SIZE)
    assert (accepted["status"], accepted["progress"]) == ("queued", 0)
    assert api.job(accepted["jobId"]) == {"status": "queued", "progress": 0, "output": None}
    assert api.job(accepted["jobId"]) == {"status": "executing", "progress": 0.5, "output": None}
    assert api.provider.instances() == []
    done = api.job(accepted["jobId"])
    vmid = done["output"]["vmid"]
    assert (done["status"], done["progress"]) == ("finished", 1)
    assert (done["output"]["user"], done["output"]["password"]) == ("root", f"S3CRET-ha-{vmid}")
    assert api.result("GET", "/datacenter/server") == [vmid]
    config = api.result("GET", f"/datacenter/server/{vmid}/config")
    assert config == {"cpuCores": 2, "mem": 2048, "disk": "50G", "ips": done["output"]["ips"], "template": "Debian12.0"}
    assert [":" in address for address in config["ips"]] == [False, True]
    assert api.result("GET", f"/datacenter/server/{vmid}/status")["state"] == "running"
    assert api.provider.instances() == [{"id": str(vmid), "name": None, "region": None, "status": "running"}]
    assert api.job(accepted["jobId"]) == done
    assert api.provider.state["money"]["orders"] == 1
    assert api.provider.state["money"]["amount"] > 0
    assert json.loads(json.dumps(api.provider.state)) == api.provider.state


def test_an_unknown_job(api: Api) -> None:
    assert api.refusal("GET", "/job/77") == (404, "0xc1: job not found")


def test_a_create_whose_job_id_was_lost_shows_in_the_list(api: Api) -> None:
    assert api.refusal("POST", "/datacenter/server", SIZE, fault="unknown_outcome") == (500, "0xa3: timeout")
    assert [len(api.result("GET", "/datacenter/server")) for _number in range(3)] == [0, 0, 1]


def test_a_vm_may_be_listed_before_its_job_ends_but_is_locked(api: Api) -> None:
    api.provider.settings["visible"] = "executing"
    accepted = api.result("POST", "/datacenter/server", SIZE)
    api.job(accepted["jobId"])
    api.job(accepted["jobId"])
    (vm,) = api.provider.instances()
    assert vm["status"] == "stopped"
    assert api.refusal("PUT", f"/datacenter/server/{vm['id']}/start") == (500, "0xa1: failed to send {signal} signal to vm")
    assert api.job(accepted["jobId"])["output"]["vmid"] == int(vm["id"])
    assert [vm["status"] for vm in api.provider.instances()] == ["running"]


def test_a_job_takes_its_seconds(api: Api) -> None:
    api.provider.settings.update(job_polls=0, job_seconds=10)
    accepted = api.result("POST", "/datacenter/server", SIZE)
    assert api.job(accepted["jobId"])["status"] == "queued"
    assert api.job(accepted["jobId"])["status"] == "executing"
    api.pass_time(10)
    assert len(api.result("GET", "/datacenter/server")) == 1


@pytest.mark.parametrize(
    "fault, options, output, vms",
    [
        ("job_fails", {}, "0xb0: Requested resources exceed administrative limits", 0),
        ("job_fails", {"output": "0xa3: timeout"}, "0xa3: timeout", 0),
        ("half_created", {}, "0xb0: Requested resources exceed administrative limits", 1),
    ],
)
@pytest.mark.parametrize("visible", ["finished", "executing"])
def test_a_failed_create(api: Api, visible: str, fault: str, options: dict[str, str], output: str, vms: int) -> None:
    api.provider.settings["visible"] = visible
    job = api.finish(api.result("POST", "/datacenter/server", SIZE, fault=fault, options=options))
    assert (job["status"], job["output"]) == ("failed", output)
    assert [vm["status"] for vm in api.provider.instances()] == ["stopped"] * vms


def test_too_much_is_refused_by_the_job(api: Api) -> None:
    job = api.finish(api.result("POST", "/datacenter/server", {**SIZE, "cpuCores": 500}))
    assert (job["status"], job["output"]) == ("failed", "0xb0: Requested resources exceed administrative limits")


def test_an_unknown_template_may_fail_the_job(api: Api) -> None:
    api.provider.settings["unknown_template"] = "job"
    assert api.finish(api.result("POST", "/datacenter/server", {**SIZE, "template": "Windows3.1"}))["status"] == "failed"


def test_double_makes_two(api: Api) -> None:
    job = api.finish(api.result("POST", "/datacenter/server", SIZE, fault="double"))
    assert len(api.provider.instances()) == 2
    assert job["output"]["vmid"] == int(api.provider.instances()[0]["id"])


def test_nothing_answers_a_job_that_does_not_exist(api: Api) -> None:
    accepted = api.result("POST", "/datacenter/server", SIZE, fault="nothing")
    assert api.refusal("GET", f"/job/{accepted['jobId']}")[0] == 404
    assert [api.result("GET", "/datacenter/server") for _number in range(4)] == [[]] * 4
    assert api.provider.state["money"]["orders"] == 0


@pytest.mark.parametrize("on_create", [True, False])
def test_a_lost_job_is_carried_out_unreadable(api: Api, on_create: bool) -> None:
    accepted = api.result("POST", "/datacenter/server", SIZE, fault="job_404" if on_create else None)
    path = f"/job/{accepted['jobId']}"
    assert api.refusal("GET", path, fault=None if on_create else "job_404") == (404, "0xc1: job not found")
    assert [api.refusal("GET", path)[0] for _number in range(2)] == [404, 404]
    assert len(api.provider.instances()) == 1


def test_late(api: Api) -> None:
    api.result("POST", "/datacenter/server", SIZE, fault="late", options={"seconds": 30})
    assert [api.result("GET", "/datacenter/server") for _number in range(5)] == [[]] * 5
    api.pass_time(30)
    assert len(api.result("GET", "/datacenter/server")) == 1


def test_integers_as_strings(api: Api) -> None:
    vm = api.vm()
    api.provider.settings["stringly"] = True
    config = api.result("GET", f"{vm}/config")
    assert (config["cpuCores"], config["mem"], config["disk"]) == ("2", "2048", "50G")
    assert api.result("GET", "/datacenter/server") == [vm.rpartition("/")[2]]


def test_an_answer_does_not_change_with_the_state(api: Api) -> None:
    vm = api.vm()
    before = api.result("GET", f"{vm}/config")
    api.result("PUT", f"{vm}/change", {"ipCount": 3})
    api.pass_time(1)
    assert len(api.result("GET", f"{vm}/config")["ips"]) == 4
    assert len(before["ips"]) == 2


# -- VMs -------------------------------------------------------------------------------------------------------------


def test_incidents_alone_use_the_other_envelope(api: Api) -> None:
    incident = {"gid": 1, "start": "2023-01-01 00:00:00", "stop": "2023-01-01 00:05:00", "impact": 2, "types": ["udp"], "ongoing": 0}
    assert api.send("GET", f"{api.vm(incidents=[incident])}/incidents").body == {"response": [incident], "error": False}


def test_change_applies_after_a_while_and_bills_growth(api: Api) -> None:
    vm = api.vm()
    addresses = api.result("GET", f"{vm}/config")["ips"]
    assert api.result("PUT", f"{vm}/change", {"mem": 4096, "disk": "0.5T", "ipCount": 2}) is True
    assert api.result("GET", f"{vm}/config")["mem"] == 2048
    api.pass_time(0.3)
    config = api.result("GET", f"{vm}/config")
    assert (config["cpuCores"], config["mem"], config["disk"]) == (2, 4096, "512G")
    assert config["ips"][:2] == addresses and len(config["ips"]) == 3
    assert api.provider.state["money"]["orders"] == 1
    api.result("PUT", f"{vm}/change", {"mem": 1024, "ipCount": 1})
    api.pass_time(0.3)
    assert api.result("GET", f"{vm}/config") == {**config, "mem": 1024}
    assert api.provider.state["money"]["orders"] == 1


def test_a_shrinking_disk_refuses_the_whole_change(api: Api) -> None:
    vm = api.vm()
    status, error = api.refusal("PUT", f"{vm}/change", {"mem": 4096, "disk": "49G"})
    assert status == 400 and error.startswith("0x")
    api.pass_time(1)
    assert api.result("GET", f"{vm}/config")["mem"] == 2048
    assert api.refusal("PUT", f"{vm}/change", {"cpuCores": 500}) == (500, "0xa1: failed to set config on vm")


def test_a_disk_without_unit_is_a_violation(api: Api) -> None:
    vm = api.vm()
    api.result("PUT", f"{vm}/change", {"disk": "60"})
    api.pass_time(1)
    assert api.result("GET", f"{vm}/config")["disk"] == "60G"
    assert [found["rule"] for found in api.provider.violations] == ["section 10"]


@pytest.mark.parametrize("fault, mem", [(None, 4096), ("job_fails", 2048), ("no_effect", 2048)])
def test_change_may_answer_a_job(api: Api, fault: str | None, mem: int) -> None:
    vm = api.vm()
    api.provider.settings["change_answer"] = "job"
    job = api.finish(api.result("PUT", f"{vm}/change", {"mem": 4096}, fault=fault))
    assert job["status"] == ("failed" if fault == "job_fails" else "finished")
    assert api.result("GET", f"{vm}/config")["mem"] == mem


def test_delete_of_a_running_vm_needs_force(api: Api) -> None:
    vm = api.vm()
    assert api.refusal("POST", f"{vm}/delete") == (500, "0xa3: timeout")
    assert api.refusal("POST", f"{vm}/delete", {"force": False})[0] == 500
    assert api.refusal("POST", f"{vm}/delete", {"force": "yes"})[0] == 400
    assert len(api.provider.instances()) == 1
    assert api.result("POST", f"{vm}/delete", {"force": True}) is True
    assert api.result("GET", "/datacenter/server") == []
    assert api.refusal("POST", f"{vm}/delete", {"force": True})[0] == 404


def test_a_stopped_vm_is_deleted_shortly_after(api: Api) -> None:
    api.provider.settings["delete_seconds"] = 3
    vm = api.vm(state="stopped")
    assert api.result("POST", f"{vm}/delete") is True
    assert len(api.result("GET", "/datacenter/server")) == 1
    api.pass_time(3)
    assert api.result("GET", "/datacenter/server") == []


def _status(api: Api, vm: str) -> tuple[str, int | None]:
    status = api.result("GET", f"{vm}/status")
    return status["state"], status["uptime"]


def test_power_takes_its_time(api: Api) -> None:
    vm = api.vm()
    assert _status(api, vm) == ("running", 86400)
    assert api.result("PUT", f"{vm}/start") is True
    assert api.result("PUT", f"{vm}/shutdown") is True
    assert _status(api, vm) == ("running", 86400)
    api.pass_time(0.2)
    assert _status(api, vm) == ("stopped", None)
    assert api.refusal("PUT", f"{vm}/reboot")[0] == 500
    api.result("PUT", f"{vm}/start")
    api.pass_time(10.5)
    assert _status(api, vm) == ("running", 10)


@pytest.mark.parametrize("verb, ignored", [("reboot", False), ("reboot", True), ("reboot/force", True)])
def test_uptime_restarts_at_a_reboot(api: Api, verb: str, ignored: bool) -> None:
    api.provider.settings["ignore_reboot"] = ignored
    vm = api.vm()
    api.result("PUT", f"{vm}/{verb}")
    assert _status(api, vm) == ("running", 86400)
    api.pass_time(5.3)
    assert _status(api, vm) == ("running", 86405 if ignored and verb == "reboot" else 5)


def test_a_guest_may_ignore_shutdown_but_not_stop(api: Api) -> None:
    api.provider.settings["ignore_shutdown"] = True
    vm = api.vm()
    api.result("PUT", f"{vm}/shutdown")
    api.pass_time(60)
    assert _status(api, vm)[0] == "running"
    api.result("PUT", f"{vm}/stop")
    api.pass_time(1)
    assert _status(api, vm)[0] == "stopped"


@pytest.mark.parametrize("fault, later", [("no_effect", "running"), ("late", "running"), (None, "stopped")])
def test_power_faults(api: Api, fault: str | None, later: str) -> None:
    vm = api.vm()
    assert api.result("PUT", f"{vm}/stop", fault=fault, options={"seconds": 5}) is True
    api.pass_time(1)
    assert _status(api, vm)[0] == later
    api.pass_time(10)
    assert _status(api, vm)[0] == ("running" if fault == "no_effect" else "stopped")


def test_the_last_power_call_wins(api: Api) -> None:
    vm = api.vm()
    api.result("PUT", f"{vm}/shutdown", fault="late", options={"seconds": 20})
    api.result("PUT", f"{vm}/stop")
    api.pass_time(1)
    api.result("PUT", f"{vm}/start")
    api.pass_time(60)
    assert _status(api, vm)[0] == "running"


def test_reinstall_keeps_id_and_addresses(api: Api) -> None:
    vm = api.vm()
    before = api.result("GET", f"{vm}/config")
    accepted = api.result("PUT", f"{vm}/reinstall", {"template": "Ubuntu22.04"})
    assert api.refusal("PUT", f"{vm}/stop")[0] == 500
    output = api.finish(accepted)["output"]
    assert (f"/datacenter/server/{output['vmid']}", output["ips"]) == (vm, before["ips"])
    assert output["password"] == f"S3CRET-ha-{output['vmid']}-2"
    assert api.result("GET", f"{vm}/config") == {**before, "template": "Ubuntu22.04"}
    assert api.finish(api.result("PUT", f"{vm}/reinstall"))["output"]["password"].endswith("-3")
    assert api.result("GET", f"{vm}/config")["template"] == "Ubuntu22.04"
    assert api.result("PUT", f"{vm}/stop") is True


def test_a_job_of_a_vanished_vm_fails(api: Api) -> None:
    vm = api.vm()
    accepted = api.result("PUT", f"{vm}/reinstall")
    api.provider.vanish(vm.rpartition("/")[2])
    assert api.finish(accepted)["output"].startswith("0x01: ")


def test_password_reset(api: Api) -> None:
    vm = api.vm()
    first, second = (api.result("PUT", f"{vm}/password/reset") for _number in range(2))
    assert first["status"] == "success"
    assert first["password"] != second["password"]
    assert second["password"].startswith(f"S3CRET-ha-{vm.rpartition('/')[2]}")


def test_console_tickets_die_after_ten_seconds(api: Api) -> None:
    vm = api.vm()
    urls = [urllib.parse.urlsplit(api.result("GET", f"{vm}/console")) for _number in range(2)]
    tickets = [urllib.parse.parse_qs(url.query)["password"][0] for url in urls]
    assert tickets[0] != tickets[1]
    assert tickets[0] in urllib.parse.parse_qs(urls[0].query)["path"][0]
    api.pass_time(9)
    assert [api.provider.console_ticket_valid(ticket) for ticket in tickets] == [True, True]
    api.pass_time(1)
    assert [api.provider.console_ticket_valid(ticket) for ticket in tickets] == [False, False]
    assert api.refusal("GET", f"{api.vm(state='stopped')}/console")[0] == 400


def test_rdns_is_kept_outside_the_api(api: Api) -> None:
    vm = api.vm()
    v4, v6 = api.result("GET", f"{vm}/config")["ips"]
    assert api.result("POST", f"{vm}/rdns", {"ip": v4, "hostname": "www.example.org"}) is True
    assert api.result("POST", f"{vm}/rdns", {"ip": v4, "hostname": "www.example.org"}) is True
    for ip, hostname in [(v6, "www.example.org"), ("192.0.2.1", "www.example.org"), ("nonsense", "www.example.org"), (v4, "no name")]:
        assert api.refusal("POST", f"{vm}/rdns", {"ip": ip, "hostname": hostname})[0] == 400
    assert api.refusal("POST", f"{vm}/rdns", {"ip": v4}) == (400, "0xb1: Missing required parameter hostname")
    assert api.provider.state["ptr"] == {v4: "www.example.org"}


# -- backups ---------------------------------------------------------------------------------------------------------


def test_a_backup_is_a_new_timestamp(api: Api) -> None:
    vm = api.vm()
    assert api.result("GET", f"{vm}/backups/status") == {"status": "idle", "progress": 0}
    assert api.result("PUT", f"{vm}/backups/create") is True
    assert api.result("GET", f"{vm}/backups/status")["status"] == "pending"
    assert api.refusal("PUT", f"{vm}/backups/create") == (500, "0xa1: failed to send backup signal to vm")
    assert api.result("PUT", f"{vm}/start") is True
    api.pass_time(0.15)
    assert api.result("GET", f"{vm}/backups/status")["status"] == "executing"
    assert api.result("GET", f"{vm}/backups/list") == []
    api.pass_time(0.15)
    assert api.result("GET", f"{vm}/backups/status") == {"status": "finished", "progress": 1}
    assert api.result("GET", f"{vm}/backups/list") == [int(START)]


def test_backups_of_one_second_differ(api: Api) -> None:
    api.provider.settings["backup_seconds"] = 0
    vm = api.vm()
    for _number in range(3):
        api.result("PUT", f"{vm}/backups/create")
    stamps = api.result("GET", f"{vm}/backups/list")
    assert sorted(stamps) == [int(START), int(START) + 1, int(START) + 2]
    assert stamps not in (sorted(stamps), sorted(stamps, reverse=True))


@pytest.mark.parametrize("before", ["running", "stopped"])
def test_restore_ends_in_the_state_before(api: Api, before: str) -> None:
    vm = api.vm(backups=[5, 7], state=before)
    assert api.refusal("POST", f"{vm}/backups/restore", {"backup": 6}) == (400, "0xa5: no target backup defined")
    assert api.refusal("POST", f"{vm}/backups/restore") == (400, "0xb1: Missing required parameter backup")
    assert api.result("POST", f"{vm}/backups/restore", {"backup": 5}) == "pending"
    assert _status(api, vm)[0] == "stopped"
    assert api.refusal("PUT", f"{vm}/start")[0] == 500
    assert api.refusal("POST", f"{vm}/backups/restore", {"backup": 5})[0] == 500
    api.pass_time(1)
    assert api.result("GET", f"{vm}/backups/status")["status"] == "finished"
    assert _status(api, vm) == (before, 0 if before == "running" else None)
    assert api.result("GET", f"{vm}/backups/list") == [5, 7]


@pytest.mark.parametrize("fault, status", [("job_fails", "failed"), ("no_effect", "idle"), ("late", "pending")])
def test_backup_faults(api: Api, fault: str, status: str) -> None:
    vm = api.vm()
    assert api.result("PUT", f"{vm}/backups/create", fault=fault, options={"seconds": 10}) is True
    api.pass_time(1)
    assert api.result("GET", f"{vm}/backups/status")["status"] == status
    assert api.result("GET", f"{vm}/backups/list") == []


def test_a_create_can_make_two_backups(api: Api) -> None:
    vm = api.vm()
    api.result("PUT", f"{vm}/backups/create", fault="double")
    api.pass_time(1)
    assert len(api.result("GET", f"{vm}/backups/list")) == 2


def test_the_outcome_of_a_backup_may_be_unknown(api: Api) -> None:
    vm = api.vm()
    assert api.refusal("PUT", f"{vm}/backups/create", fault="unknown_outcome") == (500, "0xa3: timeout")
    api.pass_time(1)
    assert len(api.result("GET", f"{vm}/backups/list")) == 1


@pytest.mark.parametrize("fault, status", [("job_fails", "failed"), ("no_effect", "idle")])
def test_restore_faults(api: Api, fault: str, status: str) -> None:
    vm = api.vm(backups=[5])
    assert api.result("POST", f"{vm}/backups/restore", {"backup": 5}, fault=fault) == "pending"
    api.pass_time(1)
    assert api.result("GET", f"{vm}/backups/status")["status"] == status
    assert _status(api, vm)[0] == "running"


# -- dedicated machines ----------------------------------------------------------------------------------------------


def _order(api: Api, **fields: t.Any) -> t.Any:
    return api.result("POST", "/datacenter/dedicated/order", {"id": 102, "template": "Debian Buster", **fields})


def test_the_market_is_untidy(api: Api) -> None:
    market = api.result("GET", "/datacenter/dedicated/market")
    assert [offer["id"] for offer in market] == [101, 102, 103]
    assert [offer["description"] for offer in market[:2]] == ["", None]
    assert {offer["configuration"]["ram"]["size"] for offer in market} >= {"32", "32 GB DDR4 ECC"}
    locations = [offer["configuration"]["location"] for offer in market]
    assert locations[0]["name"] == locations[1]["name"] and locations[0]["id"] != locations[1]["id"]
    templates = api.result("GET", "/datacenter/dedicated/templates")
    assert len(set(templates)) < len(templates)


@pytest.mark.parametrize("count", ["2", 2])
def test_an_order_completes_later(api: Api, count: t.Any) -> None:
    assert _order(api, ipCount=count, hostname="db.example.org") is True
    assert api.result("GET", "/datacenter/dedicated") == [{"id": 102, "orderComplete": False}]
    assert [offer["id"] for offer in api.result("GET", "/datacenter/dedicated/market")] == [101, 103]
    assert api.refusal("GET", "/datacenter/dedicated/102/config")[0] == 500
    api.pass_time(0.2)
    assert api.result("GET", "/datacenter/dedicated") == [{"id": 102, "orderComplete": True}]
    config = api.result("GET", "/datacenter/dedicated/102/config")
    assert (len(config["ips"]), config["hostname"], config["template"]) == (2, "db.example.org", "Debian Buster")
    assert config["ssh"]["root"]["password"].startswith("S3CRET-ha-")
    assert api.result("GET", "/datacenter/dedicated/102/status") == {"state": "running"}
    assert api.refusal("GET", "/datacenter/server/102/status")[0] == 404
    assert api.provider.state["money"] == {"orders": 1, "amount": 65.0}
    assert api.refusal("POST", "/datacenter/dedicated/order", {"id": 102, "template": "Debian Buster"}) == (404, "0x01: no vm with id 102 found")


@pytest.mark.parametrize("fault, listed", [("job_fails", 1), ("nothing", 0)])
def test_a_failed_order_is_missing_from_the_list(api: Api, fault: str, listed: int) -> None:
    assert api.result("POST", "/datacenter/dedicated/order", {"id": 102, "template": "Debian Buster"}, fault=fault) is True
    assert len(api.result("GET", "/datacenter/dedicated")) == listed
    api.pass_time(1)
    assert api.result("GET", "/datacenter/dedicated") == []


def test_dedicated_power_reinstall_and_end(api: Api) -> None:
    _order(api)
    api.pass_time(1)
    machine = "/datacenter/dedicated/102"
    assert api.result("PUT", f"{machine}/shutdown") is True
    api.pass_time(1)
    assert api.result("GET", f"{machine}/status") == {"state": "halted"}
    api.result("PUT", f"{machine}/start")
    api.pass_time(1)
    assert api.result("PUT", f"{machine}/reboot") is True
    assert "S3CRET" in api.result("GET", f"{machine}/console")
    assert api.refusal("PUT", f"{machine}/reinstall") == (400, "0xb1: Missing required parameter template")
    assert api.result("PUT", f"{machine}/reinstall", {"template": "Ubuntu Jammy"}) is True
    assert api.result("GET", f"{machine}/status") == {"state": "halted"}
    assert api.result("GET", f"{machine}/config")["template"] == "Debian Buster"
    api.pass_time(1)
    assert api.result("GET", f"{machine}/status") == {"state": "running"}
    assert api.result("GET", f"{machine}/config")["template"] == "Ubuntu Jammy"
    assert api.result("POST", f"{machine}/terminate") is True
    assert api.result("GET", "/datacenter/dedicated") == []


# -- software --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("sid|ip",), ("sid",), ("sid|ip", "sid"), ("sid|ip", "ip")])
def test_software_takes_any_of_three_keys(api: Api, keys: tuple[str, ...]) -> None:
    vm = api.vm()
    sid, address = vm.rpartition("/")[2], api.result("GET", f"{vm}/config")["ips"][0]
    body = {key: address if key == "ip" else sid for key in keys} | {"package": "nextcloud", "password": "S3CRET-ssh"}
    assert api.finish(api.result("POST", "/software/install", body)) == {"status": "finished", "progress": 1, "output": None}
    assert api.provider.state["servers"][sid]["software"] == ["nextcloud"]
    api.finish(api.result("POST", "/software/uninstall", body))
    assert api.provider.state["servers"][sid]["software"] == []
    assert "S3CRET-ssh" not in json.dumps(api.provider.state)


def test_software_refusals(api: Api) -> None:
    one, other = api.provider.seed_instances(2)
    rest = {"package": "nextcloud", "password": "S3CRET-ssh"}
    assert api.refusal("POST", "/software/install", rest) == (400, "0xb1: Missing required parameter sid|ip")
    assert api.refusal("POST", "/software/install", {"sid|ip": one, "password": "x"}) == (400, "0xb1: Missing required parameter package")
    assert api.refusal("POST", "/software/install", {**rest, "sid|ip": one, "sid": other})[0] == 400
    assert api.refusal("POST", "/software/install", {**rest, "sid": "77"}) == (404, "0x01: no vm with id 77 found")
    job = api.finish(api.result("POST", "/software/install", {**rest, "sid": one, "package": "unheard-of"}))
    assert job["status"] == "failed" and isinstance(job["output"], str)
    assert set(api.result("GET", "/software/list")["nextcloud"]) == {"name", "description", "url", "icon"}


# -- behind the client's back ----------------------------------------------------------------------------------------


def test_seeded_instances_are_patched_and_vanish(api: Api) -> None:
    ids = api.provider.seed_instances(300, template="Ubuntu22.04", name="web")
    assert len(set(ids)) == 300
    assert len({address for vm in api.provider.state["servers"].values() for address in vm["ips"]}) == 600
    assert {vm["name"] for vm in api.provider.instances()} == {None}
    api.provider.patch(ids[0], {"state": "paused", "ips": ["198.51.100.9"]})
    assert _status(api, f"/datacenter/server/{ids[0]}")[0] == "paused"
    assert api.result("GET", f"/datacenter/server/{ids[0]}/config")["ips"] == ["198.51.100.9"]
    with pytest.raises(ValueError, match="has no colour"):
        api.provider.patch(ids[0], {"colour": "red"})
    with pytest.raises(ValueError, match="has no colour"):
        api.provider.seed_instances(1, colour="red")
    assert len(api.provider.instances()) == 300
    api.provider.vanish(ids[0])
    assert api.refusal("GET", f"/datacenter/server/{ids[0]}/config")[0] == 404
    with pytest.raises(KeyError):
        api.provider.vanish(ids[0])


def test_a_loaded_state_goes_on(api: Api) -> None:
    vm = api.vm()
    api.result("PUT", f"{vm}/stop")
    accepted = api.result("POST", "/datacenter/server", SIZE)
    restored = Api()
    restored.provider.state = json.loads(json.dumps(api.provider.state))
    restored.pass_time(1)
    assert _status(restored, vm)[0] == "stopped"
    assert restored.finish(accepted)["status"] == "finished"
