# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates, the inventory sources and the workflow, run by ansible-runner as AWX runs them, against the simulator."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.awx.awx import Awx, Job, WorkflowJob
from ansible_collections.polyhost.cloud.tests.unit.playbooks.test_awx_assets import TOOL

ORDERS = {"region": "LON1", "image": "ubuntu-jammy", "firewalls": ["default-default"]}
SIZES = {"size": "g3.medium", "allow": ["restart", "cost"]}


@pytest.fixture
def simulator() -> t.Iterator[Simulator]:
    """All four providers on the real clock."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def awx(simulator: Simulator, tmp_path: Path) -> Awx:
    """AWX with an account at Civo and one at Gcore."""
    return set_up(simulator, tmp_path, "civo", "gcore")


def set_up(simulator: Simulator, folder: Path, *providers: str) -> Awx:
    assets = TOOL.load()
    environ = simulator.environment()
    (folder / "volume").mkdir()
    types = [each for each in assets["awx_credential_types"] if each["provider"] in providers]
    inputs = {each["provider"]: _inputs(each, environ, folder / "volume" / "ledger.json") for each in types}
    return Awx(assets, TOOL.PROJECT, folder, inputs, {"VPS_RESOLVERS": environ["VPS_RESOLVERS"]})


def _inputs(credential_type: dict[str, t.Any], environ: dict[str, str], ledger: Path) -> dict[str, str]:
    """What somebody types into the form of a credential."""
    variables = list(credential_type["injectors"]["env"])
    return {"api_token": environ[variables[0]], "api_url": environ[variables[1]], "project": environ["GCORE_PROJECT"], "ledger": str(ledger)}


def want(awx: Awx, **wanted: t.Any) -> None:
    """Write what is wanted of hosts into the project: C(name=options)."""
    folder = awx.project / "inventory" / "host_vars"
    folder.mkdir(exist_ok=True)
    for name, variables in wanted.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")


def yes(_so_far: WorkflowJob) -> bool:
    return True


def never(so_far: WorkflowJob) -> bool:
    raise AssertionError(f"nobody was to be asked after {list(so_far.nodes)}")


def shown(job: Job, *words: str) -> bool:
    missing = [word for word in words if word not in job.output]
    assert missing == [], job.output
    return True


def secrets(simulator: Simulator, job: Job) -> list[str]:
    return [value for name, value in simulator.environment().items() if name.endswith(("_KEY", "_TOKEN")) and value in job.output]


# -- credentials and inventory ------------------------------------------------------------------------------------------


def test_credentials_reach_jobs_and_sources(simulator: Simulator, tmp_path: Path) -> None:
    awx = set_up(simulator, tmp_path, *DRIVERS)
    servers = {
        "hostwinds": {"region": "1", "image": "img-debian-12", "size": "2", "firewalls": "web"},
        "civo": {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": "default-default"},
        "gcore": {"region": "Luxembourg-2", "image": "ubuntu-22.04-x64", "size": "g2-standard-1-2", "max_cost": 60.0},
        "hosterapi": {"region": "", "image": "Debian12.0", "size": "", "cpu": 2, "memory_mb": 2048, "disk_gb": 20},
    }
    for provider, answers in servers.items():
        job = awx.launch("Polyhost: provision", {"provider": provider, "instance": f"{provider}1", "network": "", "ssh_keys": "", **answers})
        assert job.successful, job.output
        assert secrets(simulator, job) == []
    simulator["civo"].patch(simulator["civo"].seed_instances(1, name="off")[0], {"status": "SHUTOFF"})
    awx.sync()
    assert set(awx.hosts) == {*(f"{provider}1" for provider in servers), "off"}
    assert awx.enabled == set(awx.hosts) - {"off"}
    for provider in servers:
        variables = awx.hosts[f"{provider}1"]
        assert variables["vps_provider"] == provider
        assert awx.instance_ids[f"{provider}1"] == f"{provider}/{variables['vps_account']}/{variables['vps_id']}"
        assert str(variables["ansible_host"]).count(".") == 3, variables
    assert (awx.folder / "volume" / "ledger.json").exists(), "the names at HosterAPI.de outlive the job"


def test_the_other_templates(awx: Awx, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(2, name="web")
    (server,) = simulator["gcore"].seed_instances(1, name="app1")
    awx.sync()
    named = awx.launch("Polyhost: reverse name", {"provider": "civo", "region": "LON1", "instance": "web-1", "address": "", "hostname": "web.example.com"})
    assert named.successful and shown(named, "web.example.com")
    backed_up = awx.launch("Polyhost: backup rotation", {"provider": "gcore", "region": "", "instances": server, "max_age": "24h"})
    assert backed_up.successful, backed_up.output
    told = awx.launch("Polyhost: teardown", {"teardown_hosts": "web-2", "teardown_confirm": "", "teardown_expect": "", "teardown_with": ""})
    assert not told.successful and shown(told, "Nothing was deleted")
    wrong = {"teardown_hosts": "web-2", "teardown_confirm": "web-2", "teardown_expect": "{tags: {env: test}}"}
    assert not awx.launch("Polyhost: teardown", wrong).successful
    assert len(simulator["civo"].instances()) == 2
    gone = awx.launch("Polyhost: teardown", {**wrong, "teardown_expect": "{size: g3.small}"})
    assert gone.successful and len(simulator["civo"].instances()) == 1, gone.output


def test_servers_that_the_ledger_does_not_know(simulator: Simulator, tmp_path: Path) -> None:
    awx = set_up(simulator, tmp_path, "hosterapi")
    (server,) = simulator["hosterapi"].seed_instances(1)
    taken = awx.launch("Polyhost: ledger, take over")
    assert taken.successful, taken.output
    awx.sync()
    assert [(name, variables["vps_id"]) for name, variables in awx.hosts.items()] == [(f"hosterapi-{server}", str(server))]
    nothing = awx.launch("Polyhost: ledger, clear an order", {"server": "web1", "entry": ""})
    assert not nothing.successful and shown(nothing, "Open are: none")


# -- plan, approve, apply -----------------------------------------------------------------------------------------------


def three_changes(awx: Awx, simulator: Simulator) -> None:
    """Two servers that are to grow, and one that is to be made."""
    simulator["civo"].seed_instances(1, name="web1")
    simulator["gcore"].seed_instances(1, name="app1")
    want(
        awx,
        web1={"vps_wanted": SIZES, "vps_wanted_rdns": {"hostname": "web1.example.com"}},
        app1={"vps_wanted": {"size": "g2-standard-2-4", "allow": ["restart", "cost"]}},
        new1={"vps_wanted": {"provider": "civo", **ORDERS, "size": "g3.small"}},
    )
    (awx.project / "inventory" / "servers.yml").write_text("all: {hosts: {new1: {}}}\n", encoding="utf-8")


def writes(simulator: Simulator) -> list[str]:
    return [call for provider in simulator.desks for call in simulator.writes(provider)]


def test_what_was_approved_is_done(awx: Awx, simulator: Simulator) -> None:
    three_changes(awx, simulator)

    def judge(so_far: WorkflowJob) -> bool:
        assert writes(simulator) == []
        assert set(so_far.nodes["plan"].artifacts["plan_ids"]) == {"web1 instance", "web1 rdns", "app1 instance", "new1 instance"}
        return shown(
            so_far.nodes["plan"],
            "web1 instance at civo: resize size, from g3.small, to g3.medium; effect: restart",
            "app1 instance at gcore: resize size, from g2-standard-1-2, to g2-standard-2-4; effect: restart; 18.00 EUR a month",
            "new1 instance at civo: create",
            "Changes: 4, in 4 plans. Effects: restart.",
            "Cost in all: 18.00 EUR a month",
            "Changes that cost money without a listed price: 2",
        )

    done = awx.launch_workflow(judge, change_hosts="", change_size="")
    assert list(done.nodes) == ["plan", "gate", "approve", "apply"], done.nodes["plan"].output
    assert done.successful, done.nodes["apply"].output
    assert sorted(writes(simulator)) == sorted(["instances.create", "instances.resize", "instances.update", "instances.change_flavor"]), writes(simulator)
    simulator.clear_log()
    again = awx.launch_workflow(never)
    assert list(again.nodes) == ["plan", "gate", "nothing"] and again.successful, again.nodes["plan"].output
    assert writes(simulator) == []
    assert [found for job in (*done.nodes.values(), *again.nodes.values()) for found in secrets(simulator, job)] == []


@pytest.mark.parametrize("first", ["Servers at Civo", "Servers to be made"])
def test_a_server_that_was_made_is_one_of_the_provider(awx: Awx, simulator: Simulator, first: str) -> None:
    awx.assets["awx_inventory_sources"].sort(key=lambda source: source["name"] != first)
    want(awx, new1={"vps_wanted": {"provider": "civo", **ORDERS, "size": "g3.small"}, "vps_wanted_rdns": {"hostname": "new1.example.com"}})
    (awx.project / "inventory" / "servers.yml").write_text("all: {hosts: {new1: {}}}\n", encoding="utf-8")
    made = awx.launch_workflow(yes)
    assert made.successful and set(made.nodes["plan"].artifacts["plan_ids"]) == {"new1 instance"}, made.nodes["plan"].output
    named = awx.launch_workflow(yes)
    assert named.successful and shown(named.nodes["apply"], "new1 rdns at civo: set hostname")
    awx.sync()
    gone = awx.launch("Polyhost: teardown", {"teardown_hosts": "new1", "teardown_confirm": "new1"})
    assert gone.successful and simulator["civo"].instances() == [], gone.output


def test_a_change_behind_the_back(awx: Awx, simulator: Simulator) -> None:
    three_changes(awx, simulator)

    def approve_too_late(_so_far: WorkflowJob) -> bool:
        (server,) = (each["id"] for each in simulator["civo"].instances())
        simulator["civo"].patch(server, {"size": "g3.large"})
        return True

    done = awx.launch_workflow(approve_too_late)
    assert not done.successful and not done.nodes["apply"].successful
    assert shown(done.nodes["apply"], "The plan for", "not", "as approved; nothing was changed")
    assert writes(simulator) == [], "neither that server nor the others"


def test_nobody_approves(awx: Awx, simulator: Simulator) -> None:
    three_changes(awx, simulator)
    done = awx.launch_workflow(lambda _so_far: False)
    assert list(done.nodes) == ["plan", "gate", "approve"] and not done.successful
    assert writes(simulator) == []


def test_the_survey_changes_named_servers_only(awx: Awx, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(2, name="web")
    refused = awx.launch_workflow(never, change_hosts="", change_size="g3.medium", change_allow=["restart", "cost"])
    assert list(refused.nodes) == ["plan"] and shown(refused.nodes["plan"], "for which servers?")
    unallowed = awx.launch_workflow(never, change_hosts="web-1", change_size="g3.medium")
    assert list(unallowed.nodes) == ["plan"] and shown(unallowed.nodes["plan"], "allow")
    done = awx.launch_workflow(yes, change_hosts="web-1", change_size="g3.medium", change_allow=["restart", "cost"])
    assert done.successful, done.nodes["apply"].output
    assert simulator.writes("civo") == ["instances.resize"]
    awx.sync()
    assert {name: variables["vps_size"] for name, variables in awx.hosts.items()} == {"web-1": "g3.medium", "web-2": "g3.small"}


def test_apply_does_only_what_it_was_given(awx: Awx, simulator: Simulator) -> None:
    three_changes(awx, simulator)
    awx.sync()
    plan = awx.launch("Polyhost: change, plan")
    ids = plan.artifacts["plan_ids"]
    for given, says in (
        ({}, "What was approved?"),
        ({"plan_ids": {key: value for key, value in ids.items() if key != "app1 instance"}}, "Not in plan_ids: app1 instance."),
        ({"plan_ids": {**ids, "gone1 instance": "0123456789abcdef"}}, "not planned now: gone1 instance."),
        ({"plan_ids": {**ids, "app1 instance": "0123456789abcdef"}}, "not 0123456789abcdef as approved"),
    ):
        job = awx.launch("Polyhost: change, apply", extra_vars=given)
        assert not job.successful and shown(job, says)
    for server in simulator["civo"].instances():
        simulator["civo"].vanish(server["id"])
    awx.sync()
    none = awx.launch("Polyhost: change, apply", extra_vars={"plan_ids": {"web1 instance": ids["web1 instance"]}, "change_hosts": "provider_civo"})
    assert not none.successful and shown(none, "No host matches provider_civo any more")
    assert writes(simulator) == []


def test_a_gate_that_fails_for_another_reason_is_no_empty_plan(awx: Awx) -> None:
    published = {"plan_ids": {"web1 instance": "0123456789abcdef"}, "has_changes": True}
    after_the_failure = awx.launch("Polyhost: change, gate", extra_vars={**published, "change_gate_opens": "nothing"})
    assert not after_the_failure.successful and shown(after_the_failure, "Something is to be approved.")
    assert not awx.launch("Polyhost: change, gate").successful


def test_what_nobody_can_know_yet_is_not_approved(awx: Awx, simulator: Simulator) -> None:
    want(awx, new1={"vps_wanted": {"provider": "civo", **ORDERS, "firewalls": ["made-by-another-task"], "size": "g3.small"}})
    (awx.project / "inventory" / "servers.yml").write_text("all: {hosts: {new1: {}}}\n", encoding="utf-8")
    done = awx.launch_workflow(never)
    assert list(done.nodes) == ["plan"] and not done.successful
    assert shown(done.nodes["plan"], "new1 instance: the plan depends on what another task is still to make")
    assert done.nodes["plan"].artifacts == {}


# -- slices -------------------------------------------------------------------------------------------------------------


def test_slices_share_the_rate_of_the_account(awx: Awx, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(9, name="web")
    (awx.project / "inventory" / "group_vars").mkdir()
    wanted = {"vps_wanted": {"tags": {"role": "web"}}, "converge_rates": {"civo": 3}}
    (awx.project / "inventory" / "group_vars" / "provider_civo.yml").write_text(yaml.safe_dump(wanted), encoding="utf-8")
    awx.sync()
    simulator.settings("civo", rate_limit=3)
    jobs = awx.launch_sliced("Polyhost: converge", 3)
    assert all(job.successful for job in jobs), [job.output for job in jobs]
    assert simulator.writes("civo") == ["instances.set_tags"] * 9
    assert [entry for entry in simulator.log("civo") if entry["status"] == 429] == []


def test_a_play_on_localhost_is_refused(awx: Awx, simulator: Simulator) -> None:
    (awx.project / "inventory" / "servers.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="utf-8")
    awx.sync()
    job = awx.launch("Polyhost: converge", extra_vars={"change_hosts": "localhost"})
    assert not job.successful and shown(job, "would run whole in every slice")
    assert [call for provider in simulator.desks for call in simulator.calls(provider) if "list" not in call] == []
