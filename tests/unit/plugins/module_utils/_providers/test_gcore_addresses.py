# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_address at Gcore where it has something of its own; the matrix of declared resources proves the rest."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit import account as accounts
from ansible_collections.polyhost.cloud.tests.unit.account import Row
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE


class Account(accounts.Account):
    """A server with an external interface; C(inside) gives it private ones."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller, "gcore", "address", "addresses", region="4")
        self.server = self.add_server("web1")

    def add_server(self, name: str) -> str:
        with self.own.lock:
            (server,) = self.own.seed_instances(1, name=name)
        return str(server)

    def inside(self, server: str | None = None) -> str:
        """The address of one more private interface."""
        with self.own.lock:
            network = next(each["id"] for each in self.own.shelf("networks", SCOPE).values() if each["name"] == "net1")
            plan = self.own.check_interface(SCOPE, {"type": "any_subnet", "network_id": network}, "interface")
            port, _floating = self.own.make_port(SCOPE, plan, server or self.server)
            self.own.shelf("instances", SCOPE)[server or self.server]["ports"].append(port)
        return str(port["ip_assignments"][0]["ip_address"])

    def bodies(self) -> list[t.Any]:
        """What was written."""
        log = self.controller.simulator.log("gcore")
        return [entry["body"] for entry in log if entry["operation"].startswith("floating_ips.") and entry["method"] != "GET"]


@pytest.fixture
def account(controller: Controller) -> Account:
    return Account(controller)


def test_both_kinds_of_addresses_are_listed(account: Account) -> None:
    private = account.inside()
    account.done(name="mail", instance="web1")
    account.done(name="spare")
    shown = [(each["type"], each["name"], each["status"], each["primary"], each["private_address"]) for each in account.listed()]
    assert shown == [("main", None, "attached", True, None), ("floating", "mail", "attached", None, private), ("floating", "spare", "unattached", None, None)]
    assert [each["name"] for each in account.listed(unattached=True)] == ["spare"]
    assert [each["type"] for each in account.listed(instance="web1")] == ["main", "floating"]
    assert [each["type"] for each in account.listed(type="main")] == ["main"]


def test_several_private_addresses_are_nobodys_choice(account: Account) -> None:
    first, second = account.inside(), account.inside()
    result = account.refused(name="mail", instance="web1")
    assert result["option"] == "private_address"
    assert first in result["msg"]
    assert second in result["msg"]
    assert account.done(name="mail", instance="web1", private_address=second)["address"]["private_address"] == second
    result = account.refused(name="other", instance="web1", private_address=second)
    assert "already" in result["msg"]
    assert account.refused(name="other", instance="web1", private_address="10.9.9.9")["option"] == "private_address"


def test_without_a_private_interface_there_is_advice(account: Account) -> None:
    assert "vps_interface" in account.refused(name="mail", instance="web1")["msg"]


def test_a_floating_address_is_moved_by_one_call_with_port_and_address(account: Account) -> None:
    account.inside()
    made = account.done(name="mail", instance="web1")["address"]
    other = account.add_server("web2")
    private = account.inside(other)
    assert account.refused(name="mail", instance="web2")["error"] == "ConsentError"
    account.controller.simulator.clear_log()
    moved = account.done(name="mail", instance="web2", allow=["detach"])["address"]
    assert (moved["id"], moved["instance"]["id"], moved["private_address"]) == (made["id"], other, private)
    (body,) = account.bodies()
    assert (set(body), body["fixed_ip_address"]) == ({"port_id", "fixed_ip_address"}, private)


def test_a_name_is_one_tag_among_others(account: Account) -> None:
    made = account.done(name="mail")["address"]
    with account.own.lock:
        account.own.shelf("floatingips", SCOPE)[made["id"]]["tags"]["owner"] = "ops"
    account.done(address=made["address"], name="post")
    with account.own.lock:
        assert account.own.shelf("floatingips", SCOPE)[made["id"]]["tags"] == {"owner": "ops", "name": "post"}


def test_two_of_one_name_are_an_error(account: Account) -> None:
    account.done(name="mail")
    with account.own.lock:
        account.own.make_floating(SCOPE, {"name": "mail"})
    result = account.refused(name="mail", state="absent")
    assert (result["error"], len(result["ids"])) == ("AmbiguousError", 2)


def test_an_external_interface_keeps_its_address(account: Account) -> None:
    (main,) = account.listed(type="main")
    assert account.done(address=main["address"], instance="web1")["changed"] is False
    assert account.refused(address=main["address"], name="mail")["error"] == "UnsupportedError"
    result = account.refused(address=main["address"], state="absent")
    assert (result["error"], "vps_interface" in result["msg"]) == ("UnsupportedError", True)
    assert account.refused(instance="web1", address=main["address"], type="floating")["error"] == "ExpectationError"


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"address": "192.0.2.1"}, "address"),
        ({"name": "mail", "type": "reserved"}, "type"),
        ({"name": "mail", "type": "main"}, "type"),
        ({"name": "a\tb"}, "name"),
        ({"name": "mail", "region": None}, "region"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(account: Account, options: Row, option: str) -> None:
    assert account.refused(**options)["option"] == option


@pytest.mark.parametrize("options", [{"name": "mail", "primary": True}, {"instance": "web1", "state": "replaced", "allow": ["cost"]}])
def test_what_gcore_has_not_is_refused_with_advice(account: Account, options: Row) -> None:
    result = account.refused(**options)
    assert result["error"] == "UnsupportedError"
    assert account.controller.calls("gcore") == []


def test_found_by_its_server_it_is_made_once(account: Account) -> None:
    account.inside()
    first = account.done(instance="web1")
    assert (first["changed"], first["address"]["name"]) == (True, None)
    assert account.done(instance="web1")["changed"] is False
    assert account.done(instance="web1", state="absent", allow=["detach"])["changed"] is True
    assert account.listed(type="floating") == []


def test_however_its_server_and_region_are_spelt_it_is_made_once(account: Account) -> None:
    account.inside()
    account.controller.simulator.settings("gcore", listed_while="finished", task_seconds=100)
    account.done(instance="web1", region=None, wait=False)
    account.done(instance=account.server, wait=False)
    assert account.done(instance="web1")["address"]["instance"]["id"] == account.server
    assert account.writes == ["floating_ips.create"]


def test_one_that_something_else_than_a_server_has_is_not_the_servers(account: Account) -> None:
    address = account.done(name="vip")["address"]
    account.own.shelf("floatingips", SCOPE)[address["id"]]["port_id"] = "a-load-balancer"
    result = account.refused(name="vip", instance="web1", state="absent", allow=["detach"])
    assert (result["error"], "something else" in result["msg"]) == ("ExpectationError", True)


def test_a_task_of_an_unknown_type_may_be_our_order(account: Account) -> None:
    simulator = account.controller.simulator
    simulator.settings("gcore", listed_while="finished", task_seconds=600)
    simulator.fault("gcore", "floating_ips.create", "reset_after")
    assert account.run(name="vip")["error"] == "OutcomeUnknownError"
    with account.own.lock:
        for task in account.own.state["tasks"].values():
            task["task_type"] = "create_fip"
    assert account.run(name="vip")["error"] == "OutcomeUnknownError"
    assert account.writes == ["floating_ips.create"]
