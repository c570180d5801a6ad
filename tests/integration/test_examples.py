# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation, run as they are written, in an account that has what they speak of."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller as InProcess

from .conftest import ROOT, Controller

HEADER = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    cloud1_root_password: S3CRET-of-cloud1
    blog_password: S3CRET-0f-Blog1
  tasks:
"""
LUXEMBOURG, LONDON = {"region": "4"}, {"region": "LON1"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b ops@example.com"


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

    def made(self, module: str, provider: str, **options: t.Any) -> None:
        """Run a task."""
        reply = self.past.task(module, provider, **options)
        assert not reply.result.get("failed"), reply.result


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


ACCOUNTS: t.Final[t.Mapping[str, t.Callable[[Account], None]]] = {
    "vps_address": _addresses,
    "vps_address_info": _addresses,
    "vps_catalog_info": _server,
    "vps_console": _consoles,
    "vps_dedicated": _nothing,
    "vps_dedicated_info": _machine,
    "vps_fleet": _nothing,
    "vps_instance": _instances,
    "vps_instance_info": _reseller,
    "vps_interface": _volumes,
    "vps_interface_info": _volumes,
    "vps_metrics_info": _server,
    "vps_name_template": _reseller,
    "vps_name_template_info": _reseller,
    "vps_provider_info": _nothing,
    "vps_quota_info": _nothing,
    "vps_smtp_filter": _mail,
    "vps_smtp_filter_info": _mail,
    "vps_software": _packages,
    "vps_software_info": _packages,
    "vps_ssh_key": _nothing,
    "vps_ssh_key_info": _keys,
    "vps_volume": _volumes,
    "vps_volume_info": _leftovers,
}
# What a reader is to replace by values of the reader's own.
NEED_OWN_VALUES = {f"vps_{name}{info}" for name in ("backup", "firewall", "rdns") for info in ("", "_info")}


def examples(module: str) -> str:
    """The tasks, as the documentation shows them."""
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    found = re.search(r'EXAMPLES = r"""\n(.*?)"""', source, re.DOTALL)
    assert found, module
    return found[1]


def test_every_module_has_examples_that_are_run() -> None:
    modules = {path.stem for path in Path(ROOT / "plugins" / "modules").glob("vps_*.py")}
    assert modules == {*ACCOUNTS, *NEED_OWN_VALUES}


@pytest.mark.parametrize("module", ACCOUNTS)
def test_the_examples_of_the_documentation_run(controller: Controller, module: str) -> None:
    ACCOUNTS[module](Account(controller))
    playbook = controller.folder / "examples.yml"
    playbook.write_text(HEADER + "".join(f"    {line}\n" for line in examples(module).splitlines()), encoding="utf-8")
    run = controller.playbook(str(playbook))
    assert run.status == 0, run.output
