# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory through ansible's own programs: C(ansible-inventory) and C(ansible-playbook)."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from .conftest import PLAYBOOK_SECONDS, ROOT, SECRET_MARKS, Controller

PROVIDERS = ("hostwinds", "civo", "gcore", "hosterapi")
HOSTILE = (
    "{{ lookup('pipe', 'touch EVALUATED') }}",
    "lookup('pipe', 'touch EVALUATED')",
    "{% for x in [1] %}{{ lookup('pipe', 'touch EVALUATED') }}{% endfor %}",
    "{# comment #}",
    "\"'`#}",
    "line\nbreak",
    "\u202eright",
)


class Inventories:
    """Inventory files of a controller."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.simulator = controller.simulator
        self.folder = controller.folder

    def file(self, name: str = "all.vps.yml", text: str | None = None, **options: t.Any) -> Path:
        """Write a file; without options, of all four accounts."""
        options = options or {"accounts": [account(provider) for provider in PROVIDERS]}
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text or json.dumps({"plugin": "polyhost.cloud.vps", **options}), encoding="utf-8")
        return path

    def run(self, *arguments: str | Path, program: str = "ansible-inventory", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run C(ansible-inventory) and search its output for secrets."""
        finished = subprocess.run(
            [program, *map(str, arguments)],
            env={**self.controller.environ, **environ},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PLAYBOOK_SECONDS,
            check=False,
        )
        output = finished.stdout + finished.stderr
        assert [mark for mark in SECRET_MARKS if mark in output] == [], output
        finished.stderr = " ".join(finished.stderr.split())  # ansible breaks its warnings into lines, elsewhere with every path
        return finished

    def listed(self, *arguments: str | Path, **environ: str) -> dict[str, t.Any]:
        """What C(--list) shows."""
        finished = self.run("--list", *arguments, **environ)
        assert finished.returncode == 0, finished.stderr
        shown: dict[str, t.Any] = json.loads(finished.stdout)
        return shown

    def hosts(self, *arguments: str | Path, **environ: str) -> dict[str, t.Any]:
        """The host variables of C(--list)."""
        found: dict[str, t.Any] = self.listed(*arguments, **environ)["_meta"]["hostvars"]
        return found

    def chosen(self, *arguments: str | Path) -> set[str]:
        """The hosts that a playbook would run on; C(ansible-inventory) has neither --limit nor --flush-cache before 2.18."""
        (self.folder / "chosen.yml").write_text(json.dumps([{"hosts": "all"}]), encoding="utf-8")
        finished = self.run("chosen.yml", "--list-hosts", *arguments, program="ansible-playbook")
        assert finished.returncode == 0, finished.stderr
        return {line.strip() for line in finished.stdout.partition("hosts (")[2].splitlines()[1:] if line.strip()}

    def calls(self) -> int:
        """How many requests were made since this was asked last."""
        made = len(self.simulator.log())
        self.simulator.clear_log()
        return made


def account(provider: str, **options: t.Any) -> dict[str, t.Any]:
    return {"provider": provider, "rate_limit": 0, "max_retry_wait": 0, **options}


def plain(value: t.Any) -> t.Any:
    """A value without the wrapping by which ansible-inventory shows text that must not be evaluated."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def inventories(controller: Controller) -> Inventories:
    """Inventory files in front of the four simulated accounts."""
    return Inventories(controller)


def cached(inventories: Inventories, **options: t.Any) -> dict[str, t.Any]:
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(inventories.folder / "answers"), **options}


# -- showing ----------------------------------------------------------------------------------------------------------


def test_everything_ansible_inventory_shows(inventories: Inventories) -> None:
    for provider in PROVIDERS:
        inventories.simulator[provider].seed_instances(1, name=provider)
    path = inventories.file()
    (hosterapi,) = [f"hosterapi-{each['id']}" for each in inventories.simulator["hosterapi"].instances()]
    names = {"hostwinds", "civo", "gcore", hosterapi}
    assert set(inventories.hosts("-i", path)) == names
    assert inventories.calls() == 2 + 5 + 3 + 3

    exported = inventories.hosts("-i", path, "--export")
    for facts in exported.values():
        assert all(isinstance(facts[f"vps_{name}"], str) for name in ("id", "uid", "name", "status", "provider", "account") if facts[f"vps_{name}"] is not None)
        assert isinstance(facts["ansible_host"], str)
        assert facts["vps_running"] is True

    graph = inventories.run("-i", path, "--graph").stdout
    assert "@provider_gcore:" in graph and "--gcore" in graph
    assert json.loads(inventories.run("-i", path, "--host", "civo").stdout)["vps_provider"] == "civo"
    assert "vps_provider: civo" in inventories.run("-i", path, "--list", "--yaml").stdout


def test_a_vault_encrypted_token(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(1, name="web")
    password = inventories.folder / "password"
    password.write_text("vault", encoding="utf-8")
    encrypted = subprocess.run(
        ["ansible-vault", "encrypt_string", "--vault-password-file", str(password), inventories.simulator["civo"].token, "--name", "api_token"],
        env=inventories.controller.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PLAYBOOK_SECONDS,
        check=True,
    ).stdout
    on_top = inventories.file("top.vps.yml", f"plugin: polyhost.cloud.vps\nprovider: civo\nrate_limit: 0\n{encrypted}\n")
    indented = "\n".join("    " + line for line in encrypted.splitlines())
    in_list = inventories.file("list.vps.yml", f"plugin: polyhost.cloud.vps\naccounts:\n  - provider: civo\n    rate_limit: 0\n{indented}\n")
    for path in (on_top, in_list):
        assert set(inventories.hosts("-i", path, "--vault-password-file", password, CIVO_TOKEN="wrong")) == {"web"}


def test_a_wrong_suffix_is_explained(inventories: Inventories) -> None:
    path = inventories.file("shop.yml", provider="civo")
    finished = inventories.run("-i", path, "--list", "-vvv", ANSIBLE_INVENTORY_ENABLED="polyhost.cloud.vps")
    assert "does not end in vps.yml or vps.yaml" in finished.stdout + finished.stderr


# -- safe -------------------------------------------------------------------------------------------------------------


def test_hostile_names_and_tags_are_never_evaluated(inventories: Inventories) -> None:
    civo, hostwinds = inventories.simulator["civo"], inventories.simulator["hostwinds"]
    for text in HOSTILE:
        civo.seed_instances(1, name=text, tags=[text, f"role={text}"])
        hostwinds.seed_instances(1, name=text)
    path = inventories.file(
        accounts=[account("civo"), account("hostwinds")],
        compose={"copied": "vps_name", "joined": "vps_name ~ '!'", "role": "vps_tags.role"},
        groups={"equal": "vps_name == copied"},
        keyed_groups=[{"key": "vps_name", "prefix": "n"}, {"key": "vps_tags", "prefix": "t"}],
        hostnames=["name", "{{ vps_name }}-x"],
    )
    hosts = {name: plain(facts) for name, facts in inventories.hosts("-i", path).items()}
    assert len(hosts) == 2 * len(HOSTILE)
    assert {facts["vps_name"] for facts in hosts.values() if facts["vps_provider"] == "civo"} == {text.strip() for text in HOSTILE}
    for facts in hosts.values():
        assert facts["copied"] == facts["vps_name"] and facts["joined"] == facts["vps_name"] + "!"
    inventories.run("-i", path, "--list", "--export")
    inventories.run("-i", path, "--graph", "--vars")

    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "tasks": [
            {"ansible.builtin.debug": {"msg": "{{ vps_name }} {{ vps_tags }} {{ copied }} {{ joined }} {{ role | default('') }}"}},
            {"ansible.builtin.debug": {"var": "vps_tags"}},
            {"ansible.builtin.debug": {"msg": "x"}, "when": "{{ vps_name }}", "ignore_errors": True},
            {"ansible.builtin.debug": {"msg": "x"}, "when": "vps_name", "ignore_errors": True},
            {"ansible.builtin.debug": {"msg": "x"}, "when": "{{ copied }}", "ignore_errors": True},
            {"ansible.builtin.debug": {"msg": "{{ hostvars | dict2items | map(attribute='value.vps_name') | list }}"}, "run_once": True},
            {"ansible.builtin.group_by": {"key": "by_{{ vps_name }}"}, "ignore_errors": True},
        ],
    }
    (inventories.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    inventories.controller.playbook("play.yml", "-i", str(path))
    assert list(inventories.folder.rglob("EVALUATED")) == []


# -- complete or loud -------------------------------------------------------------------------------------------------


def test_ansible_goes_on_without_a_failed_source_unless_told_otherwise(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(1, name="web")
    inventories.simulator.fault("hostwinds", "get_instances", "status", status=500, times=0)
    good = inventories.file("good.vps.yml", **account("civo"))
    bad = inventories.file("bad.vps.yml", accounts=[account("civo", account="second"), account("hostwinds")])
    finished = inventories.run("-i", good, "-i", bad, "--list")
    assert finished.returncode == 0
    assert set(json.loads(finished.stdout)["_meta"]["hostvars"]) == {"web"}
    assert "account hostwinds" in finished.stderr and "HTTP 500" in finished.stderr
    strict = inventories.run("-i", good, "-i", bad, "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
    assert strict.returncode != 0
    shipped = inventories.run("-i", good, "-i", bad, "--list", ANSIBLE_CONFIG=str(ROOT / "playbooks" / "inventory" / "ansible.cfg"))
    assert shipped.returncode != 0


def test_a_cut_network(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(1, name="web")
    inventories.simulator["hostwinds"].seed_instances(1, name="db")
    stale = inventories.file("all.vps.yml", **cached(inventories, cache=False), accounts=[account("civo", on_error="stale"), account("hostwinds")])
    assert not any(facts["vps_stale"] for facts in inventories.hosts("-i", stale).values())
    inventories.simulator.fault("civo", "instances.list", "cut_off", times=0)
    finished = inventories.run("-i", stale, "--list")
    shown = json.loads(finished.stdout)["_meta"]["hostvars"]
    assert {name: facts["vps_stale"] for name, facts in shown.items()} == {"web": True, "db": False}
    assert "account civo" in finished.stderr and "stale" in finished.stderr
    warn = inventories.file("warn.vps.yml", accounts=[account("civo", on_error="warn"), account("hostwinds")])
    finished = inventories.run("-i", warn, "--list")
    assert set(json.loads(finished.stdout)["_meta"]["hostvars"]) == {"db"}
    assert "account civo" in finished.stderr
    refused = inventories.file("memory.vps.yml", **account("civo", on_error="stale"))
    assert "cache_plugin that keeps its data" in inventories.run("-i", refused, "--list").stderr


# -- several sources --------------------------------------------------------------------------------------------------


def test_a_folder_of_inventories_and_a_limit(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(2, name="web")
    (key,) = inventories.simulator["hostwinds"].seed_instances(1, name="web-1")
    inventories.file("sources/1.vps.yml", **account("civo"))
    inventories.file("sources/2.vps.yml", **account("hostwinds"))
    (inventories.folder / "sources" / "static").write_text("[mine]\nweb-2 colour=blue\n", encoding="utf-8")
    shown = inventories.listed("-i", inventories.folder / "sources")
    assert set(shown["_meta"]["hostvars"]) == {"web-1", "web-2", f"web-1-{key}"}
    assert shown["_meta"]["hostvars"]["web-2"]["colour"] == "blue"
    assert shown["_meta"]["hostvars"]["web-2"]["vps_provider"] == "civo"
    assert inventories.chosen("-i", inventories.folder / "sources", "--limit", "provider_civo:!web-2") == {"web-1"}


# -- the cache and what was just made ----------------------------------------------------------------------------------


def test_the_cache(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(1, name="web")
    path = inventories.file(**cached(inventories, **account("civo")))
    first = inventories.hosts("-i", path)
    assert inventories.calls() > 0
    assert inventories.hosts("-i", path) == first
    assert inventories.calls() == 0
    inventories.simulator["civo"].seed_instances(1, name="new")
    assert inventories.chosen("-i", path, "--flush-cache") == {"web", "new"}
    assert inventories.calls() > 0
    assert set(inventories.hosts("-i", path)) == {"web", "new"}
    for entry in (inventories.folder / "answers").iterdir():
        entry.write_text("{", encoding="utf-8")
    finished = inventories.run("-i", path, "--list", "-vvv")
    assert finished.returncode == 0 and "is fetched again" in finished.stdout + finished.stderr


def test_a_host_just_made_is_there_in_the_next_play(inventories: Inventories) -> None:
    path = inventories.file(**cached(inventories, **account("civo", account="shop")))
    server = {"provider": "civo", "region": "LON1", "name": "fresh", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]}
    playbook: list[dict[str, t.Any]] = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "connection": "local",
            "tasks": [
                {"polyhost.cloud.vps_instance": {**server, "rate_limit": 0, "tags": {"role": "web"}}},
                {"ansible.builtin.meta": "refresh_inventory"},
            ],
        },
        {
            "hosts": "tag_role_web",
            "gather_facts": False,
            "connection": "local",
            "tasks": [{"ansible.builtin.debug": {"msg": "reached {{ inventory_hostname }} of {{ vps_account }} at {{ ansible_host }}"}}],
        },
    ]
    (inventories.folder / "play.yml").write_text(json.dumps(playbook), encoding="utf-8")
    assert inventories.hosts("-i", path) == {}
    run = inventories.controller.playbook("play.yml", "-i", str(path))
    assert run.status == 0, run.output
    assert "reached fresh of shop at " in run.output


def test_rolling_update(inventories: Inventories) -> None:
    inventories.simulator["civo"].seed_instances(2, name="web", tags=["role=web"])
    inventories.simulator["civo"].seed_instances(1, name="db", tags=["role=db"])
    path = inventories.file(**account("civo"), keyed_groups=[{"key": "vps_tags.role", "prefix": "role"}])
    run = inventories.controller.playbook("polyhost.cloud.rolling_update", "-i", str(path), "-e", "ansible_connection=local", "-e", "rolling_wait_until=status")
    assert run.status == 0, run.output
    restarted = [entry["operation"] for entry in inventories.simulator.log("civo") if entry["mutates"]]
    assert len(restarted) == 2 and len(set(restarted)) == 1
