# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody can tell through which door a task went: the same playbook through both, and all that is seen of it compared.

The whole suite is compared by C(make doors); here is what users do with any task, in one run a door.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

from .conftest import Controller, Run
from .parity import differences, read

WANTED = {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]}
TOKEN = "civo-demo-token"

SITUATIONS = """
- {name: create, vps_instance: {name: web1}, diff: true}
- {name: nothing to do, vps_instance: {name: web1}}
- {name: predict, vps_instance: {name: web1, tags: {role: web}}, check_mode: true, diff: true}
- {name: change, vps_instance: {name: web1, tags: {role: web}}}
- {name: look, vps_instance_info: {name: web1}, register: seen}
- {name: a name from a result, vps_instance: {id: "{{ seen.instances[0].id }}", name: "{{ seen.instances[0].name }}"}}
- {name: a secret that is registered, vps_instance: {name: web9, return_credentials: true}}
- {name: a console, vps_console: {instance: web1, region: LON1}}
- {name: what a provider does not have, vps_rdns_info: {instance: web1}}
- {name: what a provider cannot do, vps_rdns: {instance: web1, address: 198.51.100.7, hostname: a.example.com}}
- {name: no such image, vps_instance: {name: web2, image: nowhere}}
- {name: an unknown option, vps_instance: {nmae: web2, api_token: "{{ wrong }}"}}
- {name: a secret as a choice, vps_instance: {name: web2, state: "{{ wrong }}", api_token: "{{ wrong }}"}}
- {name: a word for a number, vps_instance: {name: web2, wait_port: many}}
- {name: neither name nor id, vps_instance: {state: started}}
- {name: other types, vps_instance: {name: 123, tags: {1: 2, since: 2026-01-02}, wait: "yes", wait_port: "22"}, check_mode: true}
- {name: a wrong token, vps_instance: {name: web1, api_token: "{{ wrong }}"}}
- {name: a wrong token and no log, vps_instance: {name: web1, api_token: "{{ wrong }}"}, no_log: true}
- {name: again and again, vps_instance: {name: web1, api_token: "{{ wrong }}"}, until: result is succeeded, register: result, retries: 1, delay: 0}
- {name: a loop, vps_instance: {name: "web{{ item }}", state: "{{ 'absent' if item == 3 else 'present' }}"}, loop: [1, 3]}
- {name: a loop that fails once, vps_instance: {name: web1, api_token: "{{ secrets[item] }}"}, loop: [right, wrong, right]}
- {name: a loop over providers, vps_instance_info: {provider: "{{ item }}", region: null}, loop: [civo, hostwinds, hosterapi, gcore]}
- {name: a loop of secrets, vps_instance: {name: web1, api_token: "{{ secrets[item] }}"}, loop: [right, wrong], no_log: true}
- {name: failed by a condition, vps_instance: {name: web1}, register: mine, failed_when: mine.changed is false}
- {name: never failed, vps_instance: {name: web1, api_token: "{{ wrong }}"}, failed_when: false}
- {name: changed by a condition, vps_instance: {name: web1}, changed_when: true}
- {name: left out, vps_instance: {name: web1}, when: false}
- {name: delegated and once, vps_instance: {name: web1}, delegate_to: localhost, run_once: true}
- {name: too slow, vps_quota_info: {}, timeout: 1}
- {name: from the environment, vps_instance_info: {provider: null, name: web1}, environment: {VPS_PROVIDER: civo, CIVO_TOKEN: "{{ token }}"}}
- {name: wrong in the environment, vps_instance_info: {name: web1}, environment: {CIVO_TOKEN: "{{ wrong }}"}}
- {name: from the vault, vps_instance_info: {name: web1, api_token: "{{ vaulted }}"}}
- {name: in the vault, vps_instance_info: {name: web1, api_token: !vault ciphertext}}
- {name: unsafe, vps_instance: {name: !unsafe "{{ no_template }}"}, check_mode: true}
- {name: a file beside the playbook, vps_instance: {provider: hosterapi, name: host1, ledger: beside.json, cpu: 2, memory_mb: 2048, disk_gb: 20,
    image: Debian12.0, size: null, firewalls: null, region: null}}
- {name: a file at home, vps_instance_info: {provider: hosterapi, ledger: "~/home.json", region: null}}
- {name: a drift, vps_instance: {name: web1, image: debian-11}}
- {name: a port to keep open, vps_firewall: {name: guarded, region: LON1, rules: []}, vars: {ansible_port: 2222}}
- {name: without an account, vps_provider_info: {provider: gcore}}
- {name: in the background, vps_instance_info: {name: web1}, async: 30, poll: 1}
- {name: remove, vps_instance: {name: web1, state: absent}}
"""


class Unsafe(str):
    """A text that is no template."""


class Vaulted(str):
    """A text of the vault."""


class Writer(yaml.SafeDumper):
    """Writes both with their tags."""


class Reader(yaml.SafeLoader):
    """Reads both."""


Reader.add_constructor("!unsafe", lambda loader, node: Unsafe(node.value))
Reader.add_constructor("!vault", lambda loader, node: Vaulted(node.value))
Writer.add_representer(Unsafe, lambda dumper, data: dumper.represent_scalar("!unsafe", str(data)))
Writer.add_representer(Vaulted, lambda dumper, data: dumper.represent_scalar("!vault", str(data), style="|"))


def tasks(ciphertext: str) -> list[dict[str, t.Any]]:
    """The situations as tasks, each failing on its own account, with what C(keep_results) needs to show all of them."""
    made: list[dict[str, t.Any]] = []
    for number, task in enumerate(yaml.load(SITUATIONS, Reader)):
        task = {f"polyhost.cloud.{key}" if key.startswith("vps_") else key: value for key, value in task.items()}
        options = next(value for key, value in task.items() if key.startswith("polyhost."))
        for option, value in [*options.items()]:
            options[option] = Vaulted(ciphertext) if isinstance(value, Vaulted) else "{{ omit }}" if value is None else value
        made.append({"ignore_errors": True, "register": f"result_{number}", **task})
    return made


def vault(text: str, folder: Path) -> str:
    """A text as the vault keeps it."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    (folder / "password").write_text("open sesame", encoding="utf-8")
    secret = VaultSecret(b"open sesame")
    return str(VaultLib([("default", secret)]).encrypt(text, secret).decode())


class Door:
    """A run of all situations through one door, with a simulator and a home of its own."""

    def __init__(self, folder: Path, fast: bool) -> None:
        folder.mkdir()
        with Simulator() as simulator:
            simulator.fault("civo", "quota.get", "latency", seconds=4.0)
            controller = Controller(simulator, folder)
            ciphertext = vault(TOKEN, folder)
            play = {
                "hosts": "web1",
                "gather_facts": False,
                "module_defaults": {"group/polyhost.cloud.vps": {"provider": "civo", "rate_limit": 0}, "polyhost.cloud.vps_instance": WANTED},
                "vars": {"vaulted": Vaulted(ciphertext), "polyhost_cloud_fast_door": fast},
                "tasks": tasks(ciphertext),
            }
            (folder / "playbook.yml").write_text(yaml.dump([play], Dumper=Writer), encoding="utf-8")
            (folder / "hosts").write_text("web1 ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'\n", encoding="utf-8")
            wrong = "S3CRET-wrong"
            secrets = {"token": TOKEN, "wrong": wrong, "secrets": {"right": TOKEN, "wrong": wrong}}
            (folder / "secrets.yml").write_text(json.dumps(secrets), encoding="utf-8")  # errors quote the playbook
            self.run: Run = controller.playbook(
                str(folder / "playbook.yml"),
                *("-i", str(folder / "hosts"), "--vault-password-file", str(folder / "password"), "-e", f"@{folder}/secrets.yml", "-v"),
                environ={"RECORD": str(folder / "record")},
            )
            self.seen = read(folder / "record")
            self.files = sorted(path.name for path in [*folder.glob("*.json"), *(folder / "home").glob("*.json")])
            self.writes = {name: simulator.writes(name) for name in ("civo", "hostwinds", "gcore", "hosterapi")}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Door, Door]:
    """The run through the fast door and the one through the module door."""
    folder = tmp_path_factory.mktemp("doors")
    return Door(folder / "fast", True), Door(folder / "module", False)


def test_results_are_the_same(doors: tuple[Door, Door]) -> None:
    fast, module = doors
    assert [line["task"] for line in fast.seen] == [line["task"] for line in module.seen], fast.run.output + module.run.output
    found = [f"{left['task']}{each}" for left, right in zip(fast.seen, module.seen, strict=True) for each in differences(left, right)]
    assert not found, "\n".join(found)


def test_what_was_written_where_is_the_same(doors: tuple[Door, Door]) -> None:
    fast, module = doors
    assert fast.writes == module.writes
    assert fast.files == module.files == ["beside.json", "ledger.json"]
    assert fast.run.output.count("the output has been hidden") == module.run.output.count("the output has been hidden")


def test_hosts_side_by_side_and_one_after_the_other(controller: Controller) -> None:
    civo = controller.simulator["civo"]
    with civo.lock:
        civo.seed_instances(1, name="web1", region="LON1")
    tokens = {f"h{number}": "S3CRET-wrong" if number % 3 == 2 else TOKEN for number in range(1, 7)}
    hosts = {name: {"token": token} for name, token in tokens.items()}
    inventory = controller.folder / "hosts.yml"
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": local}}), encoding="utf-8")
    task = {
        "polyhost.cloud.vps_instance_info": {"provider": "civo", "api_token": "{{ token }}", "name": "web1", "rate_limit": 0},
        "register": "found",
        "ignore_errors": True,
    }
    told = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}={{ found.instances | default([]) | length }}"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task, task, told]}
    path = controller.folder / "hosts-play.yml"
    path.write_text(json.dumps([{**play, "serial": 2}, {**play, "strategy": "free"}]), encoding="utf-8")
    run = controller.playbook(str(path), "-i", str(inventory), "--forks", "20")
    assert run.status == 0, run.output
    for name, token in tokens.items():
        assert run.output.count(f"{name}={int(token == TOKEN)}") == 2, run.output


def test_which_door_is_taken(controller: Controller) -> None:
    module = {"polyhost.cloud.vps_provider_info": {"provider": "civo"}}
    taken = {
        "as it is": {},
        "delegated": {"delegate_to": "localhost"},
        "turned off": {"vars": {"polyhost_cloud_fast_door": "{{ 1 == 2 }}"}},
        "another interpreter": {"vars": {"ansible_python_interpreter": "/usr/bin/env python3"}},
        "another start": {"environment": {"PYTHONDONTWRITEBYTECODE": "1"}},
        "background": {"async": 30, "poll": 1},
    }
    run = controller.tasks(*({"name": name, **module, **more} for name, more in taken.items()), arguments=["-vvv"])
    assert run.status == 0, run.output
    parts = {part.partition("]")[0]: part for part in run.output.split("TASK [")[1:]}
    assert [name for name in taken if "EXEC" not in parts[name]] == ["as it is", "delegated"]
