# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation, run as they are written, in an account that has what they speak of."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller as InProcess

from .conftest import ROOT, Controller

HEADER = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/polyhost.cloud.vps: {rate_limit: 0}  # nobody minds here
  vars:
    cloud1_root_password: S3CRET-of-cloud1
    blog_password: S3CRET-0f-Blog1
  tasks:
"""
LUXEMBOURG, LONDON, PRIVATE = {"region": "4"}, {"region": "LON1"}, {"region": "PRIV1"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b ops@example.com"


Own: t.TypeAlias = "dict[str, str]"


class Account:
    """What somebody has made before; making it takes no time."""

    def __init__(self, controller: Controller) -> None:
        self.simulator = controller.simulator
        self.past = InProcess(controller.simulator, controller.folder)
        self.past.ledger = str(controller.folder / "hosterapi-ledger.json")  # the one that the examples name

    def server(self, provider: str, name: str, **fields: t.Any) -> str:
        """The id of a server."""
        with self.simulator[provider].lock:
            (server_id,) = self.simulator[provider].seed_instances(1, name=name, **fields)
        return str(server_id)

    def made(self, module: str, provider: str, **options: t.Any) -> dict[str, t.Any]:
        """Run a task; returns its result."""
        reply = self.past.task(module, provider, **options)
        assert not reply.result.get("failed"), reply.result
        return reply.result


def _addresses(account: Account) -> None:
    for name in ("web1", "web2"):
        account.server("civo", name, **LONDON)
    account.past.made("gcore", network="net1")
    hostwinds: t.Any = account.simulator["hostwinds"]
    row = hostwinds.servers[account.server("hostwinds", "web1")]["row"]
    with hostwinds.lock:
        row["ips"] = [row["main_ip"], hostwinds.new_address(), hostwinds.new_address()]
    assert row["ips"] == ["198.19.0.1", "198.19.0.2", "198.19.0.3"]


def _volumes(account: Account) -> None:
    for name in ("db1", "db2"):
        account.server("gcore", name, **LUXEMBOURG)
    account.server("civo", "db1", **LONDON)


def _leftovers(account: Account) -> None:
    _volumes(account)
    account.made("volume", "gcore", name="left", size_gb=10, **LUXEMBOURG)


def _mail(account: Account) -> None:
    account.server("hostwinds", "mail1")


def _machine(account: Account) -> None:
    account.made("dedicated", "hosterapi", id="101", image="Debian Bookworm", name="db1.example.com", allow=["cost"])


def _consoles(account: Account) -> None:
    account.server("gcore", "app1", **LUXEMBOURG)
    account.server("civo", "web1", **LONDON)
    _machine(account)


def _packages(account: Account) -> None:
    account.past.made("hosterapi", "cloud1")


def _keys(account: Account) -> None:
    account.made("ssh_key", "gcore", name="ops", public_key=KEY)


def _reseller(account: Account) -> None:
    account.simulator.settings("gcore", reseller="on")


def _server(account: Account) -> None:
    account.server("gcore", "web1", **LUXEMBOURG)


def _instances(account: Account) -> None:
    for name in ("ssh", "db"):
        account.made("firewall", "gcore", name=name, **LUXEMBOURG)
    _keys(account)
    _reseller(account)
    account.made("name_template", "gcore", reseller_id=1234, custom_names=True, templates=["vm-{ip_octets}"], **LUXEMBOURG)


def _nothing(account: Account) -> None:
    """An empty account will do."""


def _names(account: Account) -> Own:
    account.server("hosterapi", "mail", ips=["192.0.2.10", "192.0.2.11"])
    account.server("hostwinds", "mail1")
    instance = account.server("civo", "mail1", **LONDON)
    account.made("rdns", "civo", instance=instance, hostname="mail.example.com", verify="api", **LONDON)
    resolver = account.simulator.dns.address
    return {"192.0.2.53": resolver, "[2001:db8::53]:5353": resolver}


def _firewalls(account: Account) -> Own:
    for name in ("mail1", "mail2"):
        account.server("civo", name, **LONDON)
    account.made("firewall", "civo", name="closed", rules=[], **LONDON)
    group = account.made("firewall", "gcore", name="app", rules=[{"ports": "443"}], **LUXEMBOURG)["firewall"]["id"]
    return {"1234567": account.server("hostwinds", "web1"), "3addc7a1-e926-46da-b5a2-eb4b2f935230": group}


def _backups(account: Account) -> Own:
    account.simulator.settings("hosterapi", backup_seconds=2.0)  # one that nobody sees under way is over after a minute of silence
    account.server("hosterapi", "db1", ips=["198.51.100.7"], backups=[1767225603])
    account.server("civo", "web1", **LONDON)
    instance = account.server("civo", "web1", **PRIVATE)
    account.made("backup", "civo", instance=instance, name="before-upgrade", **PRIVATE)
    account.server("gcore", "app1", **LUXEMBOURG)
    account.made("backup", "gcore", instance="app1", name="before-upgrade", **LUXEMBOURG)
    return {"PRIVATE1": PRIVATE["region"]}


# Modules whose examples are run one after the other, and what makes an account for them. It returns what stands there for a reader's own values.
ACCOUNTS: t.Final[t.Mapping[tuple[str, ...], t.Callable[[Account], Own | None]]] = {
    ("vps_address_info", "vps_address"): _addresses,
    ("vps_backup_info", "vps_backup"): _backups,
    ("vps_catalog_info",): _server,
    ("vps_console",): _consoles,
    ("vps_dedicated",): _nothing,
    ("vps_dedicated_info",): _machine,
    ("vps_firewall_info", "vps_firewall"): _firewalls,
    ("vps_fleet",): _nothing,
    ("vps_instance",): _instances,
    ("vps_instance_info",): _reseller,
    ("vps_interface_info", "vps_interface"): _volumes,
    ("vps_metrics_info",): _server,
    ("vps_name_template_info", "vps_name_template"): _reseller,
    ("vps_provider_info", "vps_quota_info", "vps_ssh_key"): _nothing,
    ("vps_rdns_info", "vps_rdns"): _names,
    ("vps_smtp_filter_info", "vps_smtp_filter"): _mail,
    ("vps_software_info", "vps_software"): _packages,
    ("vps_ssh_key_info",): _keys,
    ("vps_volume",): _volumes,
    ("vps_volume_info",): _leftovers,
}


def examples(path: Path) -> str:
    """The examples of a plugin, as the documentation shows them."""
    found = re.search(r'EXAMPLES = r"""\n(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    assert found, path
    return found[1]


def test_every_module_has_examples_that_are_run() -> None:
    modules = [path.stem for path in Path(ROOT / "plugins" / "modules").glob("vps_*.py")]
    assert sorted(modules) == sorted(module for together in ACCOUNTS for module in together)


@pytest.mark.parametrize("modules", ACCOUNTS, ids=" ".join)
def test_the_examples_of_the_documentation_run(controller: Controller, modules: tuple[str, ...]) -> None:
    own = ACCOUNTS[modules](Account(controller)) or {}
    shown = "".join(examples(ROOT / "plugins" / "modules" / f"{module}.py") for module in modules)
    for value, owned in own.items():
        assert value in shown
        shown = shown.replace(value, owned)
    playbook = controller.folder / "examples.yml"
    playbook.write_text(HEADER + "".join(f"    {line}\n" for line in shown.splitlines()), encoding="utf-8")
    run = controller.playbook(str(playbook))
    assert run.status == 0, run.output


def test_the_examples_of_the_inventory_run(controller: Controller) -> None:
    account = Account(controller)
    account.server("civo", "shop1", **LONDON)
    account.server("gcore", "app1", tags={"role": "web"}, **LUXEMBOURG)
    shown = examples(ROOT / "plugins" / "inventory" / "vps.py").split("\n---\n")
    files = [re.match(r"\s*# (\S+\.vps\.yml):", text) for text in shown]
    assert len(files) == 2 and all(files)
    for name, text in zip((found[1] for found in files if found), shown, strict=True):
        (controller.folder / name).write_text(text, encoding="utf-8")
        command = ["ansible-inventory", "-i", name, "--graph"]
        token = controller.environ["CIVO_TOKEN"]
        run = subprocess.run(
            command, cwd=controller.folder, env={**controller.environ, "LAB_TOKEN": token}, capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == 0 and "shop1" in run.stdout, run
    assert "@role_web" in run.stdout
