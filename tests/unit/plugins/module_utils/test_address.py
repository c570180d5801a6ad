# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_address where it has something of its own: the main address and its swap, and the addresses of Hostwinds; the matrix proves the rest."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller


class Host:
    """A server at Hostwinds with two addresses."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.own = t.cast(t.Any, controller.simulator["hostwinds"])
        with self.own.lock:
            (self.id,) = self.own.seed_instances(1, name="web1")
            self.row = self.own.servers[self.id]["row"]
            self.main, self.second = self.row["main_ip"], self.own.new_address()
            self.row["ips"] = [self.main, self.second]

    def run(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """A task about the server."""
        reply = self.controller.task("address", "hostwinds", check=check, **{"instance": "web1", **options})
        self.warnings = reply.warnings
        return reply.result

    def done(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """The same, which has to succeed."""
        result = self.run(check=check, **options)
        assert not result.get("failed"), result
        return result

    def info(self, **options: t.Any) -> dict[str, t.Any]:
        """A look at addresses."""
        return self.controller.task("address_info", "hostwinds", **options).result

    @property
    def writes(self) -> list[str]:
        """What was sent."""
        return self.controller.writes("hostwinds")


@pytest.fixture
def host(controller: Controller) -> Host:
    return Host(controller)


# -- reading ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"envelope": "live"}, {"maps": True, "php_types": True}])
def test_the_addresses_of_a_server(host: Host, settings: dict[str, t.Any]) -> None:
    host.controller.simulator.settings("hostwinds", **settings)
    found = host.info(instance="web1")["addresses"]
    shown = {address["address"]: (address["type"], address["primary"], address["family"], address["status"]) for address in found}
    assert shown == {
        host.main: ("main", True, "ipv4", "attached"),
        host.second: ("secondary", False, "ipv4", "attached"),
        host.row["ip_v6"]: ("secondary", False, "ipv6", "attached"),
    }
    assert {(address["instance"]["id"], address["instance"]["name"], address["region"]) for address in found} == {(host.id, "web1", "1")}


def test_filters_of_the_list(host: Host) -> None:
    with host.own.lock:
        host.own.seed_instances(1, name="web2")
    assert len(host.info()["addresses"]) == 5
    assert [address["address"] for address in host.info(type="main", instance="web1")["addresses"]] == [host.main]
    spelled = host.row["ip_v6"].upper().replace("::", ":0::")
    assert [address["address"] for address in host.info(address=spelled)["addresses"]] == [host.row["ip_v6"]]
    assert host.info(unattached=True)["addresses"] == []
    assert host.info(instance="web9")["addresses"] == []


def test_where_there_are_none(controller: Controller) -> None:
    reply = controller.task("address_info", "hosterapi")
    assert (reply.result["addresses"], reply.result["supported"], len(reply.warnings)) == ([], False, 1)
    refused = controller.task("address", "hosterapi", instance="web1").result
    assert refused["error"] == "UnsupportedError"
    assert "ip_count" in refused["msg"]
    assert controller.calls("hosterapi") == []


# -- refused before anything is written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"type": "floating"}, "OptionError", "main or secondary"),
        ({"name": "www"}, "UnsupportedError", "no names"),
        ({"instance": "", "address": "192.0.2.1"}, "UnsupportedError", "stays on its server"),
        ({"private_address": "10.0.0.1"}, "OptionError", "private_address"),
        ({"address": "192.0.2"}, "OptionError", "no IP address"),
        ({"state": "replaced", "instance": None, "address": "192.0.2.1"}, "OptionError", "instance is needed"),
        ({"state": "replaced", "type": "secondary"}, "OptionError", "only the main address"),
        ({"primary": True, "type": "secondary", "address": "192.0.2.1"}, "OptionError", "main address"),
    ],
)
def test_what_the_options_alone_show_to_be_wrong(host: Host, options: dict[str, t.Any], error: str, word: str) -> None:
    result = host.run(**options)
    assert (result["error"], host.controller.calls("hostwinds")) == (error, [])
    assert word in result["msg"]


@pytest.mark.parametrize("provider", ["civo", "gcore"])
@pytest.mark.parametrize("options", [{"state": "replaced"}, {"primary": True}, {"rebuild_guest_network": True}])
def test_what_only_hostwinds_can_do(controller: Controller, provider: str, options: dict[str, t.Any]) -> None:
    result = controller.task("address", provider, instance="web1", **options).result
    assert (result["error"], controller.calls(provider)) == ("UnsupportedError", [])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"state": "absent"}, "OptionError", "main one"),
        ({"state": "absent", "address": "the main one"}, "OptionError", "Make another one the main address first"),
        ({"primary": False}, "OptionError", "always has one"),
        ({"address": "the second one", "type": "main"}, "ExpectationError", "secondary"),
        ({"address": "203.0.113.9"}, "UnsupportedError", "panel"),
        ({"state": "replaced"}, "ConsentError", "cost"),
        ({"address": "the second one", "primary": True, "rebuild_guest_network": True}, "ConsentError", "restart"),
        ({"address": "the second one", "state": "absent", "expect": {"type": "main"}}, "ExpectationError", "type"),
    ],
)
def test_what_the_account_shows_to_be_wrong(host: Host, options: dict[str, t.Any], error: str, word: str, check: bool) -> None:
    named = {"the main one": host.main, "the second one": host.second}
    result = host.run(check=check, **{key: named.get(value, value) if isinstance(value, str) else value for key, value in options.items()})
    assert (result.get("error"), host.writes) == (error, [])
    assert word in result["msg"]


def test_an_address_of_nobody_is_told_of_without_a_server_too(host: Host) -> None:
    assert "No server at Hostwinds has the address 203.0.113.9" in host.run(instance=None, address="203.0.113.9")["msg"]
    assert host.done(instance=None, address="203.0.113.9", state="absent")["changed"] is False


def test_a_locked_server_refuses_by_itself(host: Host) -> None:
    with host.own.lock:
        host.own.patch(host.id, {"locked": 1})
    result = host.run(address=host.second, state="absent")
    assert (result["error"], result["changed"]) == ("ConflictError", False)


# -- the main address -------------------------------------------------------------------------------------------------------


def test_an_address_becomes_the_main_one(host: Host) -> None:
    result = host.done(address=host.second, primary=True)
    assert [(step["action"], step["field"], step["before"], step["after"]) for step in result["plan"]] == [("set", "primary", False, True)]
    assert (result["address"]["type"], result["address"]["primary"], host.row["main_ip"]) == ("main", True, host.second)
    assert host.done(address=host.second, primary=True, type="main")["changed"] is False
    assert host.writes == ["set_main_ip"]


def test_an_address_is_found_without_its_server(host: Host) -> None:
    result = host.done(instance=None, address=host.second, state="absent")
    assert (result["address"]["status"], result["address"]["instance"]["id"]) == ("absent", host.id)
    assert host.row["ips"] == [host.main]


def test_the_guest_is_told_only_of_what_changes(host: Host) -> None:
    wanted = {"address": host.second, "primary": True, "rebuild_guest_network": True, "allow": ["restart"]}
    assert [step["field"] for step in host.done(**wanted)["plan"]] == ["primary", "guest_network"]
    assert host.done(**wanted)["plan"] == []
    assert host.writes == ["set_main_ip", "regenerate_networking"]
    assert host.own.instances()[0]["status"] == "ACTIVE"


def test_a_rebuild_of_the_guest_network_without_effect_is_warned_of(host: Host) -> None:
    host.controller.simulator.fault("hostwinds", "regenerate_networking", "no_effect")
    host.done(address=host.second, primary=True, rebuild_guest_network=True, allow=["restart"])
    assert any("no effect of it was seen" in warning for warning in host.warnings)


def test_a_lost_answer_to_the_rebuild_of_the_guest_network_is_proven_by_its_effect(host: Host) -> None:
    host.controller.simulator.fault("hostwinds", "regenerate_networking", "reset_after")
    assert host.done(address=host.second, primary=True, rebuild_guest_network=True, allow=["restart"], wait=False)["changed"] is True
    assert host.writes.count("regenerate_networking") == 1


# -- the swap ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [True, False])
def test_the_main_address_is_swapped(host: Host, kept: bool) -> None:
    host.controller.simulator.settings("hostwinds", ip_keep_old=kept, ip_seconds=67.0)
    predicted = host.done(check=True, state="replaced", allow=["cost"])
    assert (predicted["address"]["address"], host.writes) == (None, [])
    result = host.done(state="replaced", allow=["cost"])
    assert result["plan"] == predicted["plan"]
    assert (result["plan"][0]["action"], result["plan"][0]["before"], result["plan"][0]["cost"]) == ("swap", host.main, True)
    assert result["address"]["address"] == host.row["main_ip"]
    assert host.row["main_ip"] not in (host.main, None)
    assert (host.main in host.row["ips"]) is kept
    assert host.done(state="replaced", address=host.main, allow=["cost"])["changed"] is False
    assert host.writes == ["change_main_ip"]


def test_a_swap_that_is_accepted_and_not_applied_fails_and_is_not_sent_again(host: Host) -> None:
    for _time in range(3):
        host.done(state="replaced", allow=["cost"])
    main = host.row["main_ip"]
    result = host.run(state="replaced", allow=["cost"], wait_timeout=400)
    assert (result["error"], result["changed"]) == ("NotAppliedError", True)
    assert "accepted but not applied" in result["msg"]
    assert host.run(state="replaced", allow=["cost"])["error"] == "OutcomeUnknownError"
    assert (host.writes, host.row["main_ip"]) == (["change_main_ip"] * 4, main)


def test_a_swap_that_nobody_waits_for_is_not_doubled_while_it_is_under_way(host: Host) -> None:
    host.controller.simulator.settings("hostwinds", ip_seconds=600.0)
    wanted: dict[str, t.Any] = {"state": "replaced", "allow": ["cost"], "wait": False, "rebuild_guest_network": True}
    first = host.done(**wanted)
    assert [step["action"] for step in first["plan"]] == ["swap"]
    assert any("guest" in warning for warning in host.warnings)
    assert host.run(**wanted)["error"] == "OutcomeUnknownError"  # 300 seconds later it does not show yet
    host.controller.simulator.clock.advance(600)
    assert host.row["main_ip"]  # it is read by the next task, after which another swap is a new one
    assert host.done(**wanted)["changed"] is True
    assert host.writes == ["change_main_ip"] * 2


def test_a_swap_that_did_not_come_for_half_an_hour_is_ordered_anew(host: Host) -> None:
    wanted: dict[str, t.Any] = {"state": "replaced", "address": host.main, "allow": ["cost"]}
    host.controller.simulator.fault("hostwinds", "change_main_ip", "reset_before")
    for _run in range(2):
        assert host.run(**wanted)["error"] == "OutcomeUnknownError"
    assert host.writes == ["change_main_ip"]
    host.controller.simulator.clock.advance(1800)
    assert host.done(**wanted)["changed"] is True
    assert host.writes == ["change_main_ip"] * 2


def test_what_a_killed_run_ordered_about_another_address_is_not_mistaken(host: Host) -> None:
    host.controller.simulator.settings("hostwinds", ip_seconds=600.0)
    host.controller.simulator.fault("hostwinds", "change_main_ip", "reset_after")
    assert host.run(state="replaced", address=host.main, allow=["cost"], wait_timeout=30)["error"] == "OutcomeUnknownError"
    host.controller.simulator.clock.advance(600)
    host.info()
    host.controller.simulator.settings("hostwinds", ip_seconds=1.0)
    now = host.row["main_ip"]
    assert host.done(state="replaced", address=now, allow=["cost"])["address"]["address"] not in (now, host.main)
    assert host.writes == ["change_main_ip"] * 2


def test_a_server_without_a_main_address_has_none_to_swap(host: Host) -> None:
    with host.own.lock:
        host.row.update(main_ip="", ips=[])
    assert host.run(state="replaced", allow=["cost"])["error"] == "ConflictError"
    assert host.writes == []
