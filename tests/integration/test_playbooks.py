# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that users run by their names, and the role that brings the simulator to theirs: what they do, foresee, and refuse to do."""

from __future__ import annotations

import json
import shlex
import typing as t
from pathlib import Path

import pytest

from .conftest import Controller, Run

DRILL = "polyhost.cloud.disaster_drill"
MOVE = "polyhost.cloud.move_address"
SIMULATOR = "polyhost.cloud.simulator"
TEARDOWN = "polyhost.cloud.teardown"

CIVO = {"provider": "civo", "region": "LON1"}
GCORE = {"provider": "gcore", "region": "4"}


def play(controller: Controller, playbook: str, *arguments: str, **given: t.Any) -> Run:
    """Run a playbook of the collection with extra variables."""
    return controller.playbook(playbook, *arguments, "-e", json.dumps(given))


def writes(controller: Controller) -> list[str]:
    """All requests so far that would have changed something."""
    return [entry["operation"] for entry in controller.simulator.log() if entry["mutates"]]


# -- teardown ---------------------------------------------------------------------------------------------------------


@pytest.fixture(name="inventory")
def fixture_inventory(controller: Controller) -> str:
    """Three servers at Civo and one at Gcore, in an inventory."""
    controller.simulator["gcore"].seed_instances(1, name="app", region="4")
    for name in ("web1", "web2", "web3"):
        controller.simulator["civo"].seed_instances(1, name=name, tags=["env=test"])
    path = controller.folder / "all.vps.yml"
    accounts = [{"provider": name, "rate_limit": 0} for name in ("civo", "gcore")]
    path.write_text(json.dumps({"plugin": "polyhost.cloud.vps", "accounts": accounts}), encoding="utf-8")
    return str(path)


def names(controller: Controller) -> list[str]:
    """The servers that there are at Civo and Gcore."""
    return sorted(str(server["name"]) for name in ("civo", "gcore") for server in controller.simulator[name].instances())


def test_teardown_shows_what_goes_and_stays_then_deletes_what_was_named_twice(controller: Controller, inventory: str) -> None:
    shown = play(controller, TEARDOWN, "-i", inventory, "--check", teardown_hosts="web1, app")
    assert shown.status == 0, shown.output
    assert "web1: civo deletes " in shown.output
    assert "app: stays and goes on costing money: volume " in shown.output
    assert writes(controller) == []
    done = play(controller, TEARDOWN, "-i", inventory, teardown_hosts=["web1", "app"], teardown_confirm="app,web1", teardown_with="volumes")
    assert done.status == 0, done.output
    assert "app: deletes along with it: volumes " in done.output
    assert names(controller) == ["web2", "web3"]
    (deleted,) = [entry["path"] for entry in controller.simulator.log("gcore") if entry["mutates"]]
    assert "volumes=" in deleted


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"teardown_hosts": "provider_civo,web*,web1", "teardown_confirm": "provider_civo,web*,web1"}, "No hosts of this inventory: provider_civo, web*."),
        ({"teardown_hosts": "web1"}, "To delete what is told above, give -e teardown_confirm=web1"),
        ({"teardown_hosts": "web1,web2", "teardown_confirm": "web1,web3"}, "differ: "),
        ({"teardown_hosts": "web1", "teardown_confirm": "web1", "teardown_expect": {"tags": {"env": "live"}}}, "is not the expected one: tags is "),
    ],
)
def test_teardown_deletes_nothing_that_is_in_doubt(controller: Controller, inventory: str, given: dict[str, t.Any], told: str) -> None:
    run = play(controller, TEARDOWN, "-i", inventory, **given)
    assert run.status == 2, run.output
    assert told in run.output
    assert writes(controller) == []


# -- move_address -----------------------------------------------------------------------------------------------------


def addressed(controller: Controller, place: dict[str, str], *tasks: dict[str, t.Any]) -> str:
    """Give web1 an address that can move, after other tasks; the address."""
    address = {"polyhost.cloud.vps_address": {**place, "name": "www", "instance": "web1", "rate_limit": 0}}
    run = controller.tasks(*tasks, address)
    assert run.result.get("failed") is not True, run.output
    return str(run.result["address"]["address"])


def test_an_address_moves_with_its_reverse_name(controller: Controller) -> None:
    first, second = (controller.simulator["civo"].seed_instances(1, name=name, region="LON1")[0] for name in ("web1", "web2"))
    address = addressed(controller, CIVO)
    controller.simulator["civo"].patch(first, {"reverse_dns": "www.example.com"})
    controller.simulator.clear_log()
    given = {**CIVO, "address": address, "from_instance": "web1", "to_instance": second}
    foreseen = play(controller, MOVE, "--check", **given)
    assert foreseen.status == 0, foreseen.output
    assert f"{address} goes from web1 to web2 (plan_id " in foreseen.output
    assert "with the reverse name www.example.com" in foreseen.output
    assert writes(controller) == []
    moved = play(controller, MOVE, **given)
    assert moved.status == 0, moved.output
    assert writes(controller) == ["ips.action", "instances.update"]
    assert controller.simulator.dns.visible(address) == "www.example.com"
    again = play(controller, MOVE, **given)
    assert (again.status, "changed=0" in again.output, len(writes(controller))) == (0, True, 2), again.output


def test_a_floating_address_moves_from_the_server_that_was_named(controller: Controller) -> None:
    servers = [
        {"polyhost.cloud.vps_instance": {**GCORE, "name": name, "image": "ubuntu-22.04-x64", "size": "g2-standard-1-2", "network": "net1", "rate_limit": 0}}
        for name in ("web1", "web2")
    ]
    address = addressed(controller, GCORE, *servers)
    controller.simulator.clear_log()
    given = {**GCORE, "address": address, "to_instance": "web2"}
    strange = play(controller, MOVE, **given, from_instance="web3")
    assert (strange.status, "Not web3 but web1 (" in strange.output, writes(controller)) == (2, True, []), strange.output
    moved = play(controller, MOVE, **given, from_instance="web1")
    assert moved.status == 0, moved.output
    assert "without a reverse name" in moved.output
    assert writes(controller) == ["floating_ips.update"]


def test_an_address_that_cannot_move_is_refused_unasked(controller: Controller) -> None:
    run = play(controller, MOVE, provider="hostwinds", address="198.19.0.2", from_instance="web1", to_instance="web2")
    assert (run.status, controller.simulator.calls("hostwinds")) == (2, []), run.output
    assert "Hostwinds: An address stays on its server" in run.output


# -- disaster_drill ---------------------------------------------------------------------------------------------------


def backed_up(controller: Controller, provider: str, region: str) -> str:
    """A server that has a backup; its id."""
    (server,) = controller.simulator[provider].seed_instances(1, name="app1", region=region)
    run = controller.tasks({"polyhost.cloud.vps_backup": {"provider": provider, "region": region, "instance": server, "rate_limit": 0}})
    assert run.status == 0 and run.result["changed"], run.output
    controller.simulator.clear_log()
    return server


def test_a_drill_restores_elsewhere_and_cleans_up(controller: Controller) -> None:
    server = backed_up(controller, "gcore", "4")
    foreseen = play(controller, DRILL, "--check", **GCORE, instance="app1", max_age_hours=1)
    assert foreseen.status == 0, foreseen.output
    assert "restored to the new server drill-app1" in foreseen.output
    assert writes(controller) == []
    drill = play(controller, DRILL, **GCORE, instance="app1", max_age_hours=1)
    assert drill.status == 0, drill.output
    assert "drill-app1 was restored in " in drill.output
    assert writes(controller) == ["instances.create", "instances.delete"]
    assert [each["id"] for each in controller.simulator["gcore"].instances()] == [server]
    (deleted,) = [entry["path"] for entry in controller.simulator.log("gcore") if entry["operation"] == "instances.delete"]
    assert "volumes=" in deleted and server not in deleted


def test_a_drill_that_fails_cleans_up_too(controller: Controller) -> None:
    server = backed_up(controller, "civo", "PRIV1")
    tasks = controller.folder / "look.yml"
    tasks.write_text(json.dumps([{"name": "Look", "ansible.builtin.fail": {"msg": "{{ drill_server.name }} lost its data"}}]), encoding="utf-8")
    drill = play(controller, DRILL, provider="civo", region="PRIV1", instance=server, drill_tasks=str(tasks))
    assert drill.status == 2, drill.output
    assert "drill-app1 lost its data" in drill.output
    assert "The drill was not passed" in drill.output
    assert writes(controller) == ["instance_snapshots.restore", "instances.delete"]
    assert [each["id"] for each in controller.simulator["civo"].instances()] == [server]


def test_a_drill_refuses_what_it_could_mix_up_or_not_do(controller: Controller) -> None:
    controller.simulator["gcore"].seed_instances(1, name="app1", region="4")
    taken = play(controller, DRILL, **GCORE, instance="app1", drill_name="app1")
    assert (taken.status, "There is a server app1 already" in taken.output, writes(controller)) == (2, True, []), taken.output
    nowhere = play(controller, DRILL, provider="hosterapi", instance="1001")
    assert (nowhere.status, controller.simulator.calls("hosterapi")) == (2, []), nowhere.output
    assert "HosterAPI.de restores no backup to a new server" in nowhere.output


# -- the role simulator -----------------------------------------------------------------------------------------------


def role(entry: str, **variables: t.Any) -> dict[str, t.Any]:
    """A task that runs one of the role's files."""
    return {"name": entry, "ansible.builtin.import_role": {"name": SIMULATOR, "tasks_from": entry}, "vars": variables}


def test_a_role_is_rehearsed_with_a_lost_answer(controller: Controller) -> None:
    """The playbook of a user's CI, which knows of no simulator but its own."""
    server = {**CIVO, "name": "web1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"], "rate_limit": 0}
    lost = {"provider": "civo", "operation": "instances.create", "kind": "reset_after"}
    script = controller.folder / "faults.yml"
    script.write_text(json.dumps([lost]), encoding="utf-8")
    make = {"polyhost.cloud.vps_instance": server}
    one = {"writes": ["instances.create"], "servers": ["web1"], "orders": 1}
    test = [
        make,
        role("expect", simulator_expected={"civo": one, "hosterapi": {"writes": 0, "servers": 0}}),
        role("faults", simulator_faults=[{"provider": "civo", "operation": "*", "kind": "status", "status": 503}]),
        make,
        role("expect", simulator_expected={"civo": {**one, "writes": []}}),
        {"block": [role("expect", simulator_expected={"civo": {"servers": ["web2"], "orders": 2}})], "rescue": [{"ansible.builtin.meta": "clear_host_errors"}]},
        role("faults", simulator_faults=[{**lost, "kind": "explode"}]),
    ]
    stop = role("stop", simulator_directory="own")
    whole = [
        role("start", simulator_directory="own", simulator_faults="faults.yml"),
        role("start", simulator_directory="own"),  # runs already, so what waits stays
        {"environment": "{{ simulator_environment }}", "block": test, "always": [stop]},
    ]
    playbook = controller.folder / "ci.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": whole}]), encoding="utf-8")
    controller.expected_secrets = {"hw-demo-key", "civo-demo-token", "demo$gcore-key", "hosterapi-demo-token"}
    run = controller.playbook(str(playbook), environ={"PWD": str(controller.folder)})
    assert run.status == 2, run.output
    assert "civo: servers ['web1'], not ['web2']" in run.output
    assert "civo: orders 1, not 2" in run.output
    assert "fault 1 of the script: unknown fault explode" in run.output
    assert "failed=1 " in run.output and "rescued=1 " in run.output
    assert not (controller.folder / "own" / "ports.json").exists()
    assert controller.simulator.log() == []


def test_the_simulator_playbook_keeps_accounts(controller: Controller) -> None:
    controller.expected_secrets = {"hw-demo-key", "civo-demo-token", "demo$gcore-key", "hosterapi-demo-token"}
    saved = Path(controller.folder / "accounts.json")
    environ = {"PWD": str(controller.folder), "VPS_LEDGER": ""}
    foreseen = controller.playbook(SIMULATOR, "--check", environ=environ)
    assert (foreseen.status, list((controller.folder / "cache").rglob("ports.json"))) == (0, []), foreseen.output
    started = controller.playbook(SIMULATOR, "-e", "simulator_accounts=accounts.json", environ=environ)
    try:
        assert started.status == 0, started.output
        assert "export VPS_SIMULATOR_URL=http://127.0.0.1:" in started.output
        ledger = shlex.quote(f"{controller.folder}/accounts.json.ledger")
        assert f"export VPS_LEDGER={ledger}" in started.output
    finally:
        stopped = controller.playbook(SIMULATOR, "-e", "simulator_state=stopped", environ=environ)
    assert stopped.status == 0, stopped.output
    assert set(json.loads(saved.read_text(encoding="utf-8"))["providers"]) == {"hostwinds", "civo", "gcore", "hosterapi"}
