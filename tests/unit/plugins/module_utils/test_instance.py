# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_instance can beyond what every provider has: names made by the provider, parts of a new server, a limit of cost, repairs and ISO installations."""

from __future__ import annotations

import typing as t
from fractions import Fraction

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Price
from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import Killed, files_below, interfering, once, orders, patched, place, seeded
from ansible_collections.polyhost.cloud.tests.unit.scenarios import SCOPE

Options = dict[str, t.Any]
NAMED: Options = {"name_template": "vm-{ip_octets}"}


def die(*_ignored: t.Any) -> None:
    raise Killed


def simulated(controller: Controller, provider: str) -> t.Any:
    """The simulated provider, with all that only its own kind has."""
    return controller.simulator[provider]


def done(reply: t.Any) -> Options:
    result: Options = reply.result
    assert not result.get("failed"), result
    return result


# -- names that the provider makes ------------------------------------------------------------------------------------------


def test_a_server_named_by_its_address_is_found_by_our_name(controller: Controller) -> None:
    predicted = done(controller.create("gcore", check=True, **NAMED))
    assert controller.writes("gcore") == []
    made = done(controller.create("gcore", **NAMED, expect_plan=predicted["plan_id"]))
    assert predicted["instance"]["name"] is None
    assert made["instance"]["name"] == "vm-" + made["instance"]["public_ipv4"].replace(".", "-")
    changes: tuple[Options, ...] = ({}, {"tags": {}}, {"state": "stopped"}, {"tags": {"a": "1", "b": "2"}}, {"tags": {"c": "3"}})
    for options in changes:
        changed = done(controller.create("gcore", **NAMED, **options))
        assert changed["instance"]["id"] == made["instance"]["id"]
        assert done(controller.create("gcore", check=True, **NAMED, **options))["plan"] == []
    assert orders(controller, "gcore") == 1
    gone = done(controller.instance("gcore", name="web1", state="absent", **place("gcore"), **NAMED))
    assert (gone["changed"], controller.servers("gcore")) == (True, [])
    assert controller.simulator["gcore"].violations == []


def test_two_names_of_one_template_are_two_servers(controller: Controller) -> None:
    made = {name: done(controller.create("gcore", name, **NAMED))["instance"]["id"] for name in ("web1", "web2")}
    assert len(set(made.values())) == 2
    for name, identity in made.items():
        again = done(controller.create("gcore", name, **NAMED))
        assert (again["changed"], again["instance"]["id"]) == (False, identity)


@pytest.mark.parametrize("with_ledger", [True, False])
@pytest.mark.parametrize("create_tags", ["on", "off"])
@pytest.mark.parametrize("sent", [True, False])
def test_a_killed_order_of_a_template_is_not_repeated(controller: Controller, with_ledger: bool, create_tags: str, sent: bool) -> None:
    """By the tag in the request that the task repeats, whether the server carries it yet or not."""
    controller.simulator.settings("gcore", create_tags=create_tags)
    ledger: Options = {"ledger": controller.ledger} if with_ledger else {}
    hook = once(ORDER["gcore"], die)
    with interfering(after=hook) if sent else interfering(before=hook), pytest.raises(Killed):
        controller.create("gcore", **NAMED, **ledger)
    result = controller.create("gcore", **NAMED, **ledger).result
    if with_ledger and not sent:
        assert "an order may exist" in result["msg"]
        assert orders(controller, "gcore") == 0
        return
    assert not result.get("failed"), result
    assert orders(controller, "gcore") == 1
    assert done(controller.create("gcore", **NAMED, **ledger))["changed"] is False
    assert len(controller.servers("gcore")) == 1


@pytest.mark.parametrize("fault", ["reset_after", "status_after"])
def test_a_lost_answer_to_an_order_of_a_template(controller: Controller, fault: str) -> None:
    done(controller.create("gcore", "other", **NAMED))
    controller.simulator.fault("gcore", ORDER["gcore"], fault)
    made = done(controller.create("gcore", **NAMED))
    assert orders(controller, "gcore") == 2
    again = done(controller.create("gcore", **NAMED))
    assert (again["changed"], again["instance"]["id"]) == (False, made["instance"]["id"])


def test_with_a_ledger_lists_that_lag_do_not_lead_to_a_second_order(controller: Controller) -> None:
    controller.info("gcore", **place("gcore"))
    made = done(controller.create("gcore", **NAMED, ledger=controller.ledger))
    with controller.simulator["gcore"].lock:  # somebody took the tag away
        simulated(controller, "gcore").shelf("instances", SCOPE)[made["instance"]["id"]]["tags"].clear()
    again = done(controller.create("gcore", **NAMED, ledger=controller.ledger))
    assert (again["instance"]["id"], orders(controller, "gcore")) == (made["instance"]["id"], 1)
    done(controller.instance("gcore", name="web1", state="absent", ledger=controller.ledger, **place("gcore"), **NAMED))
    with open(controller.ledger, encoding="utf-8") as handle:
        assert "web1" not in handle.read()


def test_the_quota_of_a_server_without_a_name_is_looked_at_too(controller: Controller) -> None:
    controller.simulator.settings("gcore", quota_vm_count=0)
    reply = controller.create("gcore", check=True, **NAMED)
    assert any("quota" in warning and "web1" in warning for warning in reply.warnings)


# -- parts of a new server --------------------------------------------------------------------------------------------------


def test_settings_of_an_application_are_kept_secret(controller: Controller) -> None:
    options: Options = {"image": None, "app_template": "Wordpress", "app_config": {"site": {"password": "S3CRET-word"}, "mails": ["S3CRET-mail", 7]}}
    controller.simulator.fault("gcore", ORDER["gcore"], "status", status=400, body="echo")
    replies = [controller.create("gcore", check=check, **options) for check in (True, False, False)]
    told = str([(reply.result, reply.warnings) for reply in replies]) + str(files_below(controller))
    assert "S3CRET" not in told
    plans = [controller.create("gcore", "web2", check=True, **{**options, "app_config": {"a": word}}).result["plan_id"] for word in ("one", "two")]
    assert plans[0] != plans[1]


def test_a_server_of_many_parts(controller: Controller) -> None:
    volumes = [{"size_gb": 20, "keep": False}, {"size_gb": 5, "type": "ssd_hiiops", "name": "data"}]
    interfaces = [{"external": True, "firewalls": ["web"]}, {"network": "net1", "address": "10.0.0.77", "public_ip": True, "firewalls": ["ssh"]}]
    made = done(controller.create("gcore", volumes=volumes, interfaces=interfaces, placement_group="spread"))
    server = simulated(controller, "gcore").shelf("instances", SCOPE)[made["instance"]["id"]]
    assert [volume["delete_on_termination"] for volume in server["volumes"]] == [True, False]
    assert {"10.0.0.77"} < {each["address"] for each in made["instance"]["addresses"]}
    assert [each["name"] for each in made["instance"]["firewalls"]] == ["ssh", "web"]
    other = done(controller.create("gcore", volumes=[{"size_gb": 90}], interfaces=[{"external": True}]))
    assert (other["changed"], other["drift"]) == (False, []), "they are about a new server only"
    gone = done(controller.instance("gcore", name="web1", state="absent", **place("gcore")))
    assert [each.split()[0] for each in gone["left_behind"]] == ["volume", "floating"]


def test_check_mode_takes_a_volume_that_an_earlier_task_makes(controller: Controller) -> None:
    for volumes in ([{"size_gb": 20}, {"keep": True}], [{"size_gb": 20}, {"snapshot": "nightly"}]):
        reply = controller.create("gcore", check=True, volumes=volumes)
        assert done(reply)["approvable"] is False
        assert controller.create("gcore", volumes=volumes).result["error"] == "OptionError"
    assert done(controller.create("gcore", check=True, image=None, volumes=[{"keep": True}]))["approvable"] is False
    assert controller.writes("gcore") == []


def test_moving_to_another_placement_group_is_out_and_in(controller: Controller) -> None:
    controller.made("gcore", placement_group="spread")
    moved = done(controller.instance("gcore", name="web1", placement_group="pack", **place("gcore")))
    assert [(step["action"], step["before"], step["after"]) for step in moved["plan"]] == [("detach", "spread", None), ("attach", None, "pack")]
    assert (moved["diff"]["before"]["placement_group"], moved["diff"]["after"]["placement_group"]) == ("spread", "pack")
    controller.simulator.clear_log()
    done(controller.instance("gcore", name="web1", **place("gcore")))
    assert "servergroups.list" not in controller.calls("gcore"), "read only when it is managed"


# -- a limit of cost --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "price"), [("hostwinds", 9.99), ("gcore", 9.12)])
def test_a_plan_that_costs_more_is_refused_before_the_first_write(controller: Controller, provider: str, price: float) -> None:
    for check in (True, False):
        refused = controller.create(provider, check=check, max_cost=price - 0.5).result
        assert refused["error"] == "CostError"
        assert refused["plan"][0]["price"]["amount"]
        assert refused["monthly_cost"] in refused["msg"]
    assert controller.writes(provider) == []
    done(controller.create(provider, max_cost=price + 0.5))
    bigger = {"hostwinds": "3", "gcore": "g2-standard-2-4"}[provider]
    resize: Options = {"name": "web1", "size": bigger, "allow": ["restart", "cost"], **place(provider)}
    controller.simulator.clear_log()
    assert controller.instance(provider, max_cost=price + 0.5, **resize).result["error"] == "CostError"
    assert controller.writes(provider) == []
    assert done(controller.instance(provider, max_cost=10 * price, **resize))["plan"][0]["price"]


@pytest.mark.parametrize(("cycle", "months"), [("quarterly", 3), ("triennially", 36)])
def test_prices_of_longer_terms_are_counted_by_the_month(controller: Controller, cycle: str, months: int) -> None:
    (step,) = done(controller.create("hostwinds", check=True, billing_cycle=cycle))["plan"]
    monthly = float(step["price"]["amount"]) / months
    assert controller.create("hostwinds", check=True, billing_cycle=cycle, max_cost=monthly - 0.01).result["error"] == "CostError"
    done(controller.create("hostwinds", check=True, billing_cycle=cycle, max_cost=monthly + 0.01))


@pytest.mark.parametrize(
    ("amount", "period", "monthly"), [("0.02", "hour", "14.6"), ("10.86", "month", "10.86"), ("120", "year", "10"), ("5", "once", None), ("?", "month", None)]
)
def test_what_a_price_is_in_a_month(amount: str, period: str, monthly: str | None) -> None:
    assert Price(amount, "EUR", period).monthly() == (Fraction(monthly) if monthly else None)


def test_a_price_that_nobody_lists_is_told(controller: Controller) -> None:
    reply = controller.create("hostwinds", memory_mb=4096, max_cost=1.0)
    assert done(reply)["plan"][0]["price"] is None
    assert any("max_cost" in warning for warning in reply.warnings)


def test_an_order_that_was_sent_is_continued_whatever_it_costs(controller: Controller) -> None:
    with interfering(after=once(ORDER["hostwinds"], die)), pytest.raises(Killed):
        controller.create("hostwinds", ledger=controller.ledger)
    done(controller.create("hostwinds", ledger=controller.ledger, max_cost=0.01))
    assert orders(controller, "hostwinds") == 1


# -- Hostwinds --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "ends"), [("SHUTOFF", "running"), ("RESCUE", "rescue"), ("ACTIVE", "running")])
def test_a_repair_ends_with_a_server_that_runs(controller: Controller, status: str, ends: str) -> None:
    (server,) = seeded(controller, "hostwinds")
    patched(controller, "hostwinds", server, status=status)
    predicted = done(controller.instance("hostwinds", name="web1", state="repaired", check=True))
    result = done(controller.instance("hostwinds", name="web1", state="repaired"))
    assert controller.writes("hostwinds") == ["repair_instance"]
    assert predicted["instance"]["status"] == result["instance"]["status"] == ends


def test_a_new_server_is_not_repaired(controller: Controller) -> None:
    assert [step["action"] for step in done(controller.create("hostwinds", state="repaired"))["plan"]] == ["create"]
    assert controller.writes("hostwinds") == [ORDER["hostwinds"]]


def test_an_installation_from_an_iso_is_finished_once_and_not_before_it_began(controller: Controller) -> None:
    refused = controller.create("hostwinds", image="cd", iso_finalized=True).result
    assert refused["option"] == "iso_finalized"
    assert controller.writes("hostwinds") == []
    done(controller.create("hostwinds", image="cd", iso_finalized=False))
    controller.simulator.clear_log()
    finish: Options = {"name": "web1", "iso_finalized": True, "allow": ["restart"]}
    for run, writes in enumerate((["finalize_iso"], [])):
        assert done(controller.instance("hostwinds", **finish))["changed"] is (run == 0)
        assert controller.writes("hostwinds") == writes
        controller.simulator.clear_log()


def test_an_iso_of_a_stopped_server_needs_no_consent(controller: Controller) -> None:
    (server,) = seeded(controller, "hostwinds")
    patched(controller, "hostwinds", server, template_uuid="cd", status="SHUTOFF")
    assert done(controller.instance("hostwinds", name="web1", iso_finalized=True))["plan"][0]["effect"] == "none"


def test_a_finished_upgrade_of_a_killed_run_does_not_stand_in_the_way_of_the_next(controller: Controller) -> None:
    (server,) = seeded(controller, "hostwinds")
    grow: Options = {"id": server, "allow": ["restart", "cost"]}
    with interfering(after=once("upgrade_instance", die)), pytest.raises(Killed):
        controller.instance("hostwinds", size="3", **grow)
    with controller.simulator["hostwinds"].lock:  # somebody finished it in the panel
        own = simulated(controller, "hostwinds").servers[server]
        own.update(order=None, upgrade=None, rid=3)
        own["row"].update(upgrade_ram="0", upgrade_cpu="0", upgrade_disk="0")
    controller.simulator.clear_log()
    done(controller.instance("hostwinds", size="4", **grow))
    assert controller.writes("hostwinds").count("upgrade_instance") == 1
