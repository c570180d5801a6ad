# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users meet them: in playbooks, with check mode, diff, defaults, loops and failures."""

from __future__ import annotations

import json
import re
import stat
import sys
import typing as t

import pytest

from .conftest import ROOT, Controller, Run

PROVIDERS = ("hostwinds", "civo", "gcore", "hosterapi")
CREATE: dict[str, dict[str, t.Any]] = {
    "hostwinds": {"region": "1", "image": "img-debian-12", "size": "2"},
    "civo": {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]},
    "gcore": {"region": "Luxembourg-2", "image": "ubuntu-22.04-x64", "size": "g2-standard-1-2"},
    "hosterapi": {"image": "Debian12.0", "cpu": 2, "memory_mb": 2048, "disk_gb": 20},
}
ORDER = {"hostwinds": "add_instance", "civo": "instances.create", "gcore": "instances.create", "hosterapi": "server_create"}
CHANGE: dict[str, dict[str, t.Any]] = {
    "hostwinds": {"locked": True},
    "civo": {"tags": {"role": "web"}},
    "gcore": {"tags": {"role": "web"}},
    "hosterapi": {"disk_gb": 40, "allow": ["cost"]},
}

everywhere = pytest.mark.parametrize("provider", PROVIDERS)


def instance(provider: str, name: str = "web1", **options: t.Any) -> dict[str, t.Any]:
    """A task that converges a server."""
    return {"polyhost.cloud.vps_instance": {"provider": provider, "name": name, "rate_limit": 0, **CREATE[provider], **options}}


@everywhere
def test_create_check_change_repeat_remove(controller: Controller, provider: str) -> None:
    simulator = controller.simulator
    wanted = {**CREATE[provider], **CHANGE[provider]}
    removal = {"polyhost.cloud.vps_instance": {"provider": provider, "name": "web1", "state": "absent", "rate_limit": 0}}
    if provider == "hostwinds":
        removal_first = [instance(provider, locked=False)]
    else:
        removal_first = []
    run = controller.tasks(
        {**instance(provider), "check_mode": True},
        instance(provider),
        {**instance(provider, **wanted), "check_mode": True, "diff": True},
        instance(provider, **{**wanted, "expect_plan": "{{ result_2.plan_id }}"}),
        instance(provider, **wanted),
        *removal_first,
        removal,
        removal,
    )
    assert run.status == 0, run.output
    assert [bool(result.get("failed")) for result in run.results] == [False] * len(run.results), run.output
    assert [result["changed"] for result in run.results] == [True, True, True, True, False, *([True] * len(removal_first)), True, False]
    assert run.results[0]["plan_id"] == run.results[1]["plan_id"]
    assert run.results[2]["plan"] == run.results[3]["plan"]
    assert set(run.results[2]["diff"]) == {"before", "after"}
    assert run.results[4]["api"]["writes"] == 0
    assert run.results[1]["instance"]["id"] == run.results[3]["instance"]["id"]
    assert simulator[provider].instances() == []
    assert simulator.writes(provider).count(ORDER[provider]) == 1
    assert simulator[provider].violations == []


@everywhere
def test_a_lost_answer_is_survived(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "reset_after")
    run = controller.tasks(instance(provider))
    assert run.result["changed"] is True, run.output
    assert len(controller.simulator[provider].instances()) == 1
    assert controller.simulator.writes(provider).count(ORDER[provider]) == 1
    assert any("taken over" in warning for warning in run.result.get("warnings", [])) or provider == "hostwinds"


@everywhere
def test_a_failing_lookup_orders_nothing(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, "*", "status", times=0, status=500)
    run = controller.tasks(instance(provider, max_retry_wait=0))
    assert run.result["failed"] is True
    assert controller.simulator.writes(provider) == []


@everywhere
def test_wrong_token_is_neither_absent_nor_a_traceback(controller: Controller, provider: str) -> None:
    task = {"polyhost.cloud.vps_instance": {"provider": provider, "name": "web1", "state": "absent", "api_token": "S3CRET-wrong", "rate_limit": 0}}
    if provider == "hosterapi":
        task["polyhost.cloud.vps_instance"]["id"] = "5"
        del task["polyhost.cloud.vps_instance"]["name"]
    run = controller.tasks(task, arguments=["-vvv"])
    assert run.result["failed"] is True
    assert run.result["error"] == "AuthError"
    assert "Traceback" not in run.output


def test_check_mode_of_a_playbook_that_creates_and_uses(controller: Controller) -> None:
    run = controller.tasks(
        instance("civo", firewalls=["made-by-an-earlier-task"], network="so-is-this"),
        {"polyhost.cloud.vps_instance": {"provider": "civo", "region": "LON1", "id": "{{ result_0.instance.id }}", "state": "restarted"}},
        {"polyhost.cloud.vps_instance_info": {"provider": "civo", "name": "web1"}},
        {"polyhost.cloud.vps_instance": {"provider": "civo", "name": "web1", "state": "absent"}},
        check=True,
    )
    assert run.status == 0, run.output
    assert [bool(result.get("failed")) for result in run.results] == [False] * 4, run.output
    assert run.results[0]["approvable"] is False
    assert run.results[0]["instance"]["status"] == "running"
    assert run.results[1]["approvable"] is False
    assert controller.simulator.writes("civo") == []


def test_module_defaults_cover_every_module(controller: Controller) -> None:
    run = controller.tasks(
        {"polyhost.cloud.vps_instance": {"name": "web1", "state": "absent"}},
        {"polyhost.cloud.vps_instance_info": {}},
        {"polyhost.cloud.vps_catalog_info": {"lists": ["regions"]}},
        {"polyhost.cloud.vps_provider_info": {}},
        module_defaults={"group/polyhost.cloud.vps": {"provider": "civo", "api_token": "civo-demo-" + "token", "max_retry_wait": 5, "ledger": "unused.json"}},
    )
    assert [bool(result.get("failed")) for result in run.results] == [False] * 4, run.output
    assert [entry["provider"] for entry in run.results[3]["providers"]] == ["civo"]


def test_provider_info_needs_no_token_and_sends_nothing(controller: Controller) -> None:
    for name in ("HOSTWINDS_API_KEY", "CIVO_TOKEN", "GCORE_API_KEY", "HOSTERAPI_TOKEN"):
        del controller.environ[name]
    run = controller.tasks({"polyhost.cloud.vps_provider_info": {}})
    assert [entry["provider"] for entry in run.result["providers"]] == list(PROVIDERS)
    assert controller.simulator.log() == []


def test_credentials_come_only_on_request_and_never_in_the_output(controller: Controller) -> None:
    run = controller.tasks(instance("hosterapi"), instance("hosterapi", name="web2", return_credentials=True), arguments=["-vvv"])
    assert "credentials" not in run.results[0]
    assert run.results[1]["credentials"]["password"].startswith("S3CRET")
    assert "S3CRET" not in run.output
    assert "S3CRET" not in controller.ledger.read_text(encoding="utf-8")
    assert stat.S_IMODE(controller.ledger.stat().st_mode) == 0o600


def test_user_data_and_password_stay_out_of_the_output(controller: Controller) -> None:
    secret = "S3CRET-user-data\nwith lines"
    run = controller.tasks(
        {**instance("civo", user_data=secret), "diff": True, "check_mode": True},
        {**instance("civo", user_data=secret), "diff": True},
        {**instance("hostwinds", password="S3CRET-password"), "diff": True},
        arguments=["-vvv"],
    )
    assert [bool(result.get("failed")) for result in run.results] == [False] * 3, run.output


def test_a_netrc_entry_never_replaces_the_credentials(controller: Controller) -> None:
    (controller.folder / "home" / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    run = controller.tasks({"polyhost.cloud.vps_instance_info": {"provider": "civo", "region": "LON1"}})
    assert run.result["instances"] == [], run.output


def side_by_side(controller: Controller, hosts: int, *tasks: dict[str, t.Any]) -> Run:
    """Run tasks for h0, h1... in as many forks, on this machine and with the interpreter that ansible itself runs on."""
    inventory, playbook = controller.folder / "hosts", controller.folder / "forks.yml"
    here = "ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'"
    inventory.write_text("".join(f"h{number} {here}\n" for number in range(hosts)), encoding="utf-8")
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return controller.playbook(str(playbook), "-i", str(inventory), "--forks", str(hosts))


def test_rate_limit_holds_over_forks(controller: Controller) -> None:
    task = {"polyhost.cloud.vps_instance_info": {"provider": "civo", "region": "LON1", "rate_limit": 3}}
    run = side_by_side(controller, 6, task, task)
    assert run.status == 0, run.output
    assert len(controller.simulator.calls("civo")) >= 12
    assert controller.simulator.peak_rate("civo") <= 3


def test_two_forks_of_one_name_make_one_server(controller: Controller) -> None:
    run = side_by_side(controller, 3, instance("hosterapi"))
    assert run.status == 0, run.output
    assert len(controller.simulator["hosterapi"].instances()) == 1


def test_forks_order_side_by_side_at_a_provider_without_names(controller: Controller) -> None:
    task = {"polyhost.cloud.vps_instance": {**instance("hosterapi")["polyhost.cloud.vps_instance"], "name": "{{ inventory_hostname }}"}}
    run = side_by_side(controller, 4, task)
    assert run.status == 0, run.output
    assert len(controller.simulator["hosterapi"].instances()) == 4
    entries = json.loads(controller.ledger.read_text(encoding="utf-8"))["entries"]
    assert sorted(entry["name"] for entry in entries.values()) == ["h0", "h1", "h2", "h3"]


def test_ledger_init_takes_over_an_account(controller: Controller) -> None:
    ids = controller.simulator["hosterapi"].seed_instances(2)
    refused = controller.tasks(instance("hosterapi"))
    assert refused.result["failed"] is True
    assert sorted(refused.result["ids"]) == sorted(ids)
    taken = controller.playbook(str(ROOT / "playbooks" / "ledger_init.yml"), "-e", json.dumps({"ledger": str(controller.ledger)}))
    assert taken.status == 0, taken.output
    run = controller.tasks(instance("hosterapi"), {"polyhost.cloud.vps_instance_info": {"provider": "hosterapi"}})
    assert run.results[0]["changed"] is True, run.output
    assert sorted(found["name"] for found in run.results[1]["instances"]) == sorted([f"hosterapi-{number}" for number in ids] + ["web1"])


def test_ledger_clear_forgets_an_open_order(controller: Controller) -> None:
    controller.simulator.fault("hosterapi", "server_create", "reset_before")
    failed = controller.tasks(instance("hosterapi", wait_timeout=1))
    assert failed.result["failed"] is True
    assert "ledger_clear" in failed.result["msg"]
    again = controller.tasks(instance("hosterapi", wait_timeout=1))
    assert again.result["failed"] is True
    assert controller.simulator.writes("hosterapi").count("server_create") == 1
    marks = {"hosterapi|host|||software 5": {"nextcloud": {"state": "live", "value": "installed", "at": 1.0}}}
    controller.ledger.write_text(json.dumps({**json.loads(controller.ledger.read_text()), "version": 2, "marks": marks}))
    cleared = controller.playbook(str(ROOT / "playbooks" / "ledger_clear.yml"), "-e", json.dumps({"ledger": str(controller.ledger), "server": "web1"}))
    assert cleared.status == 0, cleared.output
    assert json.loads(controller.ledger.read_text()) == {"version": 2, "entries": {}, "marks": marks}
    run = controller.tasks(instance("hosterapi"))
    assert run.result["changed"] is True, run.output
    assert len(controller.simulator["hosterapi"].instances()) == 1


@pytest.mark.skipif(" " in sys.executable, reason="async of ansible-core cannot cope with a space in the interpreter's path")
def test_async_works(controller: Controller) -> None:
    run = controller.tasks({**instance("civo"), "async": 60, "poll": 1})
    assert run.result["instance"]["status"] == "running", run.output


def test_a_missing_provider_names_the_option(controller: Controller) -> None:
    run = controller.tasks({"polyhost.cloud.vps_instance_info": {}})
    assert run.result["failed"] is True
    assert "VPS_PROVIDER" in run.result["msg"]


def test_the_readme_playbook_does_what_the_readme_says(controller: Controller) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(# web\.yml.*?)```", readme, re.DOTALL)
    assert found
    playbook = controller.folder / "web.yml"
    playbook.write_text(found[1], encoding="utf-8")
    checked = controller.playbook(str(playbook), "--check", "--diff")
    assert checked.status == 0, checked.output
    assert controller.simulator.writes("civo") == []
    made = controller.playbook(str(playbook))
    assert re.search(r"changed=1\b", made.output), made.output
    again = controller.playbook(str(playbook))
    assert re.search(r"changed=0\b", again.output), again.output
