# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names as users meet them: in playbooks, in loops, without dnspython, and in the playbook that sets up a mail server."""

from __future__ import annotations

import typing as t

import pytest

from .conftest import ROOT, Controller, Run

MAIL = "mail.example.com"
WRITE = {"hostwinds": "set_rdns", "civo": "instances.update"}
MAIL_SERVER = {
    "hostwinds": {"region": "1", "image": "img-debian-12", "size": "2", "firewall": "smtp"},
    "civo": {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small"},
    "hosterapi": {"image": "Debian12.0", "cpu": "2", "memory_mb": "2048", "disk_gb": "20"},
}


def rdns(provider: str, instance: str, **options: t.Any) -> dict[str, t.Any]:
    """A task that converges a reverse name."""
    return {"polyhost.cloud.vps_rdns": {"provider": provider, "instance": instance, "hostname": MAIL, "rate_limit": 0, **options}}


@pytest.mark.parametrize("provider", WRITE)
def test_check_set_repeat_and_read(controller: Controller, provider: str) -> None:
    (server,) = controller.simulator[provider].seed_instances(1, name="mail1")
    run = controller.tasks(
        {**rdns(provider, server), "check_mode": True, "diff": True},
        rdns(provider, server, expect_plan="{{ result_0.plan_id }}"),
        rdns(provider, server, verify="dns"),
        {"polyhost.cloud.vps_rdns_info": {"provider": provider, "instance": server, "verify": "dns", "rate_limit": 0}},
        rdns(provider, server, hostname="my_mail.example.com"),
    )
    assert [result.get("changed") for result in run.results] == [True, True, False, False, False], run.output
    assert [bool(result.get("failed")) for result in run.results] == [False, False, False, False, True], run.output
    assert f"+    hostname: {MAIL}" in run.output or f'+    "hostname": "{MAIL}"' in run.output, run.output
    assert run.results[1]["plan"] == run.results[0]["plan"]
    assert MAIL in [each["hostname"] for each in run.results[3]["rdns"]]
    assert "my_mail" in run.results[4]["msg"]
    assert controller.simulator.writes(provider) == [WRITE[provider]]


def test_a_loop_over_addresses_reads_no_list(controller: Controller) -> None:
    (server,) = controller.simulator["hosterapi"].seed_instances(1)
    addresses = ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    controller.simulator["hosterapi"].patch(server, {"ips": addresses})
    names = {address: f"host{number}.example.com" for number, address in enumerate(addresses)}
    options = {"address": "{{ item.key }}", "hostname": "{{ item.value }}"}
    run = controller.tasks({**rdns("hosterapi", server, **options), "loop": [{"key": key, "value": value} for key, value in names.items()]})
    assert run.status == 0, run.output
    assert controller.simulator.calls("hosterapi") == ["server_config", "server_rdns"] * 3
    assert {address: controller.simulator.dns.visible(address) for address in addresses} == names


def test_without_dnspython(controller: Controller) -> None:
    (server,) = controller.simulator["hostwinds"].seed_instances(1)
    hidden = controller.folder / "hidden" / "dns"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('no dnspython here')\n", encoding="utf-8")
    controller.environ["PYTHONPATH"] = str(hidden.parent)
    run = controller.tasks(rdns("hostwinds", server, verify="dns"), rdns("hostwinds", server))
    missing, written = run.results
    assert missing["failed"], run.output
    for told in ("dnspython >= 2.6.1", "pip install 'dnspython>=2.6.1'", "Failed to import the required Python library", "/python"):
        assert told in missing["msg"]
    assert missing["api"]["calls"] == 0
    assert written["changed"] is True, run.output
    assert written["rdns"]["verified"] is False
    assert "dnspython" in written["warnings"][0]
    assert controller.simulator.writes("hostwinds") == ["set_rdns"]


def mail_server(controller: Controller, provider: str, *more: str) -> Run:
    """Run the playbook with what a server takes there."""
    given = {"provider": provider, "hostname": MAIL, "tries": "20", "pause": "1", **MAIL_SERVER[provider]}
    arguments = [part for name, value in given.items() for part in ("-e", f"{name}={value}")]
    return controller.playbook(str(ROOT / "playbooks" / "mail_server.yml"), *arguments, *more)


@pytest.mark.parametrize("provider", ["hostwinds", "hosterapi"])
def test_the_mail_server_playbook(controller: Controller, provider: str) -> None:
    controller.simulator.dns.delay = 1.0
    made = mail_server(controller, provider)
    assert made.status == 0, made.output
    assert f"is {MAIL}" in made.output
    assert len(controller.simulator[provider].instances()) == 1
    assert len([address for address in controller.simulator[provider].state["renamed"] if controller.simulator.dns.visible(address) == MAIL]) == 1
    assert controller.simulator[provider].violations == []


def test_the_mail_server_playbook_foreseen_and_again(controller: Controller) -> None:
    foreseen = mail_server(controller, "civo", "--check")
    assert foreseen.status == 0, foreseen.output
    assert controller.simulator.writes("civo") == []
    made = mail_server(controller, "civo")
    assert made.status == 0, made.output
    assert MAIL in [row["reverse_dns"] for row in controller.simulator["civo"].state["instances"]["LON1"].values()]
    controller.simulator.clear_log()
    again = mail_server(controller, "civo")
    assert again.status == 0, again.output
    assert "changed=0" in again.output
    assert controller.simulator.writes("civo") == []


def test_the_mail_server_playbook_at_a_provider_without_reverse_names(controller: Controller) -> None:
    run = controller.playbook(str(ROOT / "playbooks" / "mail_server.yml"), "-e", "provider=gcore", "-e", f"hostname={MAIL}")
    assert run.status != 0
    assert "Send mail through a relay" in run.output
    assert controller.simulator.calls("gcore") == []
