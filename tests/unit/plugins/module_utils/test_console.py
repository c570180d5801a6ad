# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_console: tickets that are read, sessions that are opened and closed, and an address that nobody else is told."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller

Result = dict[str, t.Any]

PLACE: dict[str, Result] = {"civo": {"region": "LON1"}, "gcore": {"region": "4"}, "hosterapi": {}}
READS = {"gcore": "instances.get_console", "hosterapi": "server_console"}
TICKETS = tuple(READS)

tickets = pytest.mark.parametrize("provider", TICKETS)


def server(controller: Controller, provider: str) -> str:
    """The id of a server; the request log starts after it."""
    with controller.simulator[provider].lock:
        (server_id,) = controller.simulator[provider].seed_instances(1, name="web1", **PLACE[provider])
    controller.simulator.clear_log()
    return str(server_id)


def machine(controller: Controller) -> str:
    """The id of a dedicated machine that runs."""
    own = controller.simulator["hosterapi"]
    with own.lock:
        own.state["dedicated"]["501"] = {"orderComplete": True, "state": "running", "booted": 0.0}
    return "501"


def done(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Run the module, which has to work."""
    reply = controller.task("console", provider, check=check, **{**PLACE[provider], **options})
    assert not reply.result.get("failed"), reply.result
    assert "S3CRET" not in str([reply.warnings, {key: value for key, value in reply.result.items() if key != "console"}])
    return {**reply.result, "warnings": reply.warnings}


def refused(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Run it, which has to fail."""
    reply = controller.task("console", provider, check=check, **{**PLACE.get(provider, {}), **options})
    assert reply.result.get("failed"), reply.result
    assert "S3CRET" not in str([reply.warnings, reply.result])
    return reply.result


def paths(controller: Controller, provider: str) -> list[str]:
    """Path and query of each call."""
    return [entry["path"] for entry in controller.simulator.log(provider)]


# -- tickets ----------------------------------------------------------------------------------------------------------------


@tickets
def test_a_ticket_is_read_and_changes_nothing(controller: Controller, provider: str) -> None:
    wanted = server(controller, provider)
    first, second = (done(controller, provider, instance=wanted) for _time in range(2))
    assert (first["changed"], first["plan"], controller.writes(provider)) == (False, [], [])
    assert first["console"]["url"] != second["console"]["url"]
    assert first["console"]["instance"]["id"] == wanted
    assert "http" in first["console"]["url"]


@tickets
def test_check_mode_makes_no_ticket(controller: Controller, provider: str) -> None:
    shown = done(controller, provider, instance=server(controller, provider), check=True)
    assert shown["console"]["url"] is None
    assert READS[provider] not in controller.calls(provider)


@pytest.mark.parametrize(("wanted", "kind"), [(None, "spice-html5"), ("novnc", "novnc"), ("serial", "serial")])
def test_gcore_sends_a_type_only_when_one_is_named(controller: Controller, wanted: str | None, kind: str) -> None:
    shown = done(controller, "gcore", instance=server(controller, "gcore"), type=wanted)["console"]
    assert (shown["type"], shown["seconds"], shown["expires_at"]) == (kind, None, None)
    assert paths(controller, "gcore")[-1].endswith("get_console" if wanted is None else f"get_console?console_type={wanted}")


def test_gcore_says_what_is_wrong_with_a_type(controller: Controller) -> None:
    told = refused(controller, "gcore", instance=server(controller, "gcore"), type="telepathy")
    assert "Leave type out" in told["msg"]


def test_gcore_waits_while_somebody_else_holds_the_console(controller: Controller) -> None:
    wanted = server(controller, "gcore")
    controller.simulator.fault("gcore", "instances.get_console", "console_locked", times=3)
    assert done(controller, "gcore", instance=wanted)["console"]["url"]
    before = controller.clock.now()
    controller.simulator.fault("gcore", "instances.get_console", "console_locked", times=0)
    told = refused(controller, "gcore", instance=wanted)
    assert told["error"] == "ConflictError"
    assert 30 <= controller.clock.now() - before < 40


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"protocol": "vnc", "type": "novnc", "url": "https://c.example/S3CRET"}, "novnc"), ({"protocol": "serial", "url": "wss://c.example/S3CRET"}, "serial")],
)
def test_gcore_in_another_form(controller: Controller, body: Result, kind: str) -> None:
    wanted = server(controller, "gcore")
    controller.simulator.fault("gcore", "instances.get_console", "status", status=200, body={"remote_console": body})
    shown = done(controller, "gcore", instance=wanted)["console"]
    assert (shown["type"], shown["url"]) == (kind, body["url"])


def test_an_answer_without_an_address_is_none(controller: Controller) -> None:
    wanted = server(controller, "gcore")
    controller.simulator.fault("gcore", "instances.get_console", "status", times=0, status=200, body={"remote_console": {"type": "novnc"}})
    assert refused(controller, "gcore", instance=wanted)["error"] == "ProtocolError"


def test_hosterapi_tells_when_a_ticket_dies(controller: Controller) -> None:
    wanted = server(controller, "hosterapi")
    shown = done(controller, "hosterapi", instance=wanted)["console"]
    assert (shown["type"], shown["seconds"]) == ("novnc", 10)
    assert shown["expires_at"].endswith("10Z")  # the simulated year begins at midnight


def test_hosterapi_has_consoles_of_running_servers_only(controller: Controller) -> None:
    wanted = server(controller, "hosterapi")
    with controller.simulator["hosterapi"].lock:
        controller.simulator["hosterapi"].state["servers"][wanted]["state"] = "stopped"
    assert "start it first" in refused(controller, "hosterapi", instance=wanted)["msg"]


def test_a_dedicated_machine(controller: Controller) -> None:
    wanted = machine(controller)
    assert done(controller, "hosterapi", dedicated=wanted, check=True)["console"]["url"] is None
    assert controller.calls("hosterapi") == ["dedicated_list"]
    shown = done(controller, "hosterapi", dedicated=wanted)["console"]
    assert (shown["dedicated"], shown["instance"], shown["seconds"]) == (wanted, None, 10)
    assert controller.calls("hosterapi")[1:] == ["dedicated_console"]


def test_a_dedicated_machine_that_is_not_there(controller: Controller) -> None:
    told = refused(controller, "hosterapi", dedicated="999")
    assert (told["error"], "999" in told["msg"]) == ("NotFoundError", True)
    assert "999" in done(controller, "hosterapi", dedicated="999", check=True)["warnings"][0]


def test_a_dedicated_machine_that_is_not_set_up(controller: Controller) -> None:
    wanted = machine(controller)
    controller.simulator.fault("hosterapi", "dedicated_console", "status", status=404, body={"result": False, "error": "0x01: no vm with id 501 found"})
    told = refused(controller, "hosterapi", dedicated=wanted)
    assert (told["error"], "may not be complete" in told["msg"]) == ("ConflictError", True)


# -- sessions ---------------------------------------------------------------------------------------------------------------


def test_civo_opens_a_session_once_and_closes_it(controller: Controller) -> None:
    wanted = server(controller, "civo")
    opened = done(controller, "civo", instance=wanted, duration="90m")
    assert [(step["action"], step["before"], step["after"]) for step in opened["plan"]] == [("open", None, "web1")]
    assert (opened["console"]["seconds"], opened["console"]["type"]) == (5400, "vnc")
    assert any("duration=90m" in path for path in paths(controller, "civo"))
    again = done(controller, "civo", instance=wanted, duration="5m")
    assert (again["changed"], again["console"]["url"]) == (False, opened["console"]["url"])
    assert done(controller, "civo", instance=wanted, check=True)["console"]["url"] == opened["console"]["url"]
    closed = done(controller, "civo", instance=wanted, state="absent")
    assert ([step["action"] for step in closed["plan"]], closed["console"]["url"]) == (["close"], None)
    assert done(controller, "civo", instance=wanted, state="absent")["changed"] is False
    assert controller.writes("civo") == ["instances.console_open", "instances.console_close"]


def test_a_session_that_nobody_waits_for_has_its_address(controller: Controller) -> None:
    assert done(controller, "civo", instance=server(controller, "civo"), wait=False)["console"]["url"]


def test_a_session_that_takes_a_while_is_waited_for(controller: Controller) -> None:
    wanted = server(controller, "civo")
    controller.simulator.fault("civo", "instances.console_get", "status", nth=2, times=6, status=404)
    opened = done(controller, "civo", instance=wanted)
    assert opened["console"]["url"]
    assert controller.writes("civo") == ["instances.console_open"]


def test_civo_without_a_time_of_expiry(controller: Controller) -> None:
    wanted = server(controller, "civo")
    controller.simulator.fault("civo", "instances.console_get", "status", times=0, status=200, body={"uri": "https://c.example/S3CRET"})
    shown = done(controller, "civo", instance=wanted)["console"]
    assert (shown["url"], shown["seconds"], shown["expires_at"]) == ("https://c.example/S3CRET", None, None)


def test_a_longer_session_is_another_plan(controller: Controller) -> None:
    wanted = server(controller, "civo")
    plans = {done(controller, "civo", instance=wanted, check=True, **options)["plan_id"] for options in ({}, {"duration": "1h"}, {"duration": "2h"})}
    assert len(plans) == 3


# -- refusals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "options", "capability"),
    [
        ("hostwinds", {"instance": "1"}, "console"),
        ("civo", {"instance": "web1", "type": "vnc"}, "console.type"),
        ("civo", {"dedicated": "1"}, "console.dedicated"),
        ("gcore", {"instance": "web1", "duration": "1h"}, "console.duration"),
        ("gcore", {"dedicated": "1"}, "console.dedicated"),
        ("gcore", {"instance": "web1", "state": "absent"}, "console.absent"),
        ("hosterapi", {"instance": "1", "type": "novnc"}, "console.type"),
        ("hosterapi", {"instance": "1", "duration": "1h"}, "console.duration"),
        ("hosterapi", {"instance": "1", "state": "absent"}, "console.absent"),
    ],
)
def test_what_a_provider_does_not_have_is_refused_with_advice(controller: Controller, provider: str, options: Result, capability: str) -> None:
    told = refused(controller, provider, **options)
    assert (told["capability"], controller.calls(provider)) == (capability, [])
    assert len(told["msg"].split(". ")) > 1


@pytest.mark.parametrize(
    ("provider", "options", "option"),
    [
        *(("civo", {"instance": "web1", "duration": word}, "duration") for word in ("4m", "25h", "1d", "1h30m", "0m", "", "soon")),
        ("hosterapi", {"instance": "1", "dedicated": "1"}, "dedicated"),
        ("hosterapi", {"dedicated": "web1"}, "dedicated"),
        ("hosterapi", {}, "instance"),
    ],
)
def test_wrong_options_send_nothing(controller: Controller, provider: str, options: Result, option: str) -> None:
    told = refused(controller, provider, **options)
    assert (told["option"], controller.calls(provider)) == (option, [])


@pytest.mark.parametrize("provider", list(PLACE))
def test_a_server_that_is_not_there(controller: Controller, provider: str) -> None:
    wanted = "4711" if provider == "hosterapi" else "web9"
    assert refused(controller, provider, instance=wanted)["error"] == "NotFoundError"
    shown = done(controller, provider, instance=wanted, check=True)
    assert (shown["console"]["instance"], shown["console"]["url"], shown["approvable"]) == ({"id": None, "name": wanted}, None, False)
    assert controller.writes(provider) == []
