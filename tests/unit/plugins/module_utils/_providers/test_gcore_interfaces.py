# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_interface at Gcore where it has something of its own; the matrix of declared resources proves the rest."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit import account as accounts
from ansible_collections.polyhost.cloud.tests.unit.account import Row
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE

DETACH = "instances.detach_interface"


class Account(accounts.Account):
    """A server with an external interface."""

    usual: t.ClassVar = {"instance": "web1"}

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller, "gcore", "interface", "interfaces", region="4")
        with self.own.lock:
            (self.server,) = self.own.seed_instances(1, name="web1")

    def bodies(self) -> list[t.Any]:
        """What was written about interfaces."""
        return [entry["body"] for entry in self.controller.simulator.log("gcore") if entry["operation"].endswith("tach_interface")]

    def known(self, kind: str, name: str) -> str:
        """The id of a network, subnet or group."""
        return next(str(each["id"]) for each in self.own.shelf(kind, SCOPE).values() if each["name"] == name)

    def add(self, **spec: t.Any) -> Row:
        """One that somebody else attached."""
        with self.own.lock:
            port, _floating = self.own.make_port(SCOPE, self.own.check_interface(SCOPE, spec, "interface"), self.server)
            self.own.shelf("instances", SCOPE)[self.server]["ports"].append(port)
        return t.cast(Row, port)


@pytest.fixture
def account(controller: Controller) -> Account:
    return Account(controller)


def test_a_network_a_subnet_and_the_outside(account: Account) -> None:
    subnet = account.known("subnets", "net1-sub")
    made = account.done(network="net1", name="lan", firewalls=["default"], address_family="ipv4")["interface"]
    assert (made["name"], made["network"], made["external"], [each["name"] for each in made["firewalls"]]) == ("lan", "net1", False, ["default"])
    assert [(each["family"], each["subnet_id"]) for each in made["addresses"]] == [("ipv4", subnet)]
    second = account.known("subnets", "net2-b")
    account.done(network="net2-b")
    assert account.done(network=subnet)["changed"] is False
    assert account.done(external=True)["changed"] is False
    group = account.known("security_groups", "default")
    assert account.bodies() == [
        {
            "type": "any_subnet",
            "network_id": account.known("networks", "net1"),
            "ip_family": "ipv4",
            "security_groups": [{"id": group}],
            "interface_name": "lan",
        },
        {"type": "subnet", "subnet_id": second},
    ]


def test_the_other_subnet_of_a_network_is_another_place(account: Account) -> None:
    account.done(network="net2-a")
    assert account.done(network="net2")["changed"] is False
    assert account.done(network="net2-b", check=True)["changed"] is True


def test_the_name_of_the_external_network_means_it(account: Account) -> None:
    assert account.done(network="public")["changed"] is False


def test_two_in_one_place_are_enough_to_be_present_and_too_many_to_be_taken_away(account: Account) -> None:
    network = account.known("networks", "net1")
    ports = [account.add(type="any_subnet", network_id=network, interface_name=name)["port_id"] for name in ("one", "two")]
    assert account.done(network="net1")["changed"] is False
    result = account.refused(network="net1", state="absent")
    assert (result["error"], sorted(result["ids"]), "Give the name" in result["msg"]) == ("AmbiguousError", sorted(ports), True)
    assert account.done(network="net1", name="two", state="absent")["interface"]["id"] == ports[1]
    assert account.bodies()[0]["port_id"] == ports[1]


def test_being_cut_off_is_warned_about(account: Account) -> None:
    account.done(external=True, state="absent", check=True)
    assert any("last one" in warning for warning in account.warnings)
    account.done(network="net1")
    account.done(external=True, state="absent", check=True)
    assert any("carries" in warning for warning in account.warnings)
    account.done(network="net1", state="absent")
    assert account.warnings == []


def test_who_does_not_wait_is_told_of_the_addresses_that_stay(account: Account) -> None:
    port = account.add(type="external", ip_family="dual")
    with account.own.lock:
        account.own.shelf("instances", SCOPE)[account.server]["ports"][:] = [port]
    account.done(external=True, state="absent", wait=False, check=True)
    assert any(f"keeps {port['ip_assignments'][1]['ip_address']}" in warning for warning in account.warnings)
    account.done(external=True, state="absent", check=True)
    assert not any("keeps" in warning for warning in account.warnings)


def test_an_interface_whose_addresses_go_one_by_one_goes_as_a_whole(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    port = account.add(type="external", ip_family="dual")
    addresses = [each["ip_address"] for each in port["ip_assignments"]]
    with account.own.lock:
        ports = account.own.shelf("instances", SCOPE)[account.server]["ports"]
        ports[:] = [port]
    whole = account.own.release_port

    def one_address(scope: t.Any, found: Row, *more: t.Any) -> None:
        """A provider that takes the contract by the letter: the call names one address."""
        if len(found["ip_assignments"]) == 1:
            whole(scope, found, *more)
        else:
            del found["ip_assignments"][0]
            ports.append(dict(found))

    monkeypatch.setattr(account.own, "release_port", one_address)
    assert account.done(external=True, state="absent")["changed"] is True
    assert [body["ip_address"] for body in account.bodies()] == addresses
    assert account.listed(instance="web1") == []


def test_an_attachment_that_nobody_waited_for_is_not_begun_twice(account: Account) -> None:
    account.controller.simulator.settings("gcore", task_seconds=60)
    account.done(network="net1", wait=False)
    account.done(network="net1", wait=False)
    assert [each["network"] for each in account.listed(instance="web1")].count("net1") == 1
    assert account.writes == ["instances.attach_interface"]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({}, "network"),
        ({"network": "net1", "external": True}, "network"),
        ({"network": "net9"}, "network"),
        ({"network": "net1-sub", "address_family": "ipv4"}, "address_family"),
        ({"network": "net1", "firewalls": ["nobody"]}, "firewalls"),
        ({"network": "net1", "firewalls": []}, "firewalls"),
        ({"network": "net1", "name": "x" * 38}, "name"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(account: Account, options: Row, option: str) -> None:
    assert account.refused(**options)["option"] == option


def test_a_network_that_an_earlier_task_makes_is_predicted(account: Account) -> None:
    result = account.done(network="net9", check=True)
    assert (result["changed"], result["approvable"], result["interface"]["network"]) == (True, False, "net9")


def test_the_interfaces_of_all_servers(account: Account) -> None:
    with account.own.lock:
        account.own.seed_instances(1, name="web2")
    assert sorted(each["instance"]["name"] for each in account.listed()) == ["web1", "web2"]
    assert account.listed(instance="nobody") == []


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "hosterapi"])
def test_elsewhere_a_server_has_one_interface(controller: Controller, provider: str) -> None:
    result = controller.task("interface", provider, instance="web1", external=True).result
    assert (result["error"], result["capability"]) == ("UnsupportedError", "interface")
    assert controller.task("interface_info", provider).result["supported"] is False
    assert controller.calls(provider) == []
