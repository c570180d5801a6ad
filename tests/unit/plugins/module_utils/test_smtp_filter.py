# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_smtp_filter: one fee where a filter has no invoice; the matrix proves the rest."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ProtocolError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.plugins.module_utils._providers.test_hostwinds import World
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of

ORDER = "create_ip_cleanup_fee"
SPAM = {"type": "outgoing", "created": "2026-11-01 10:00:00", "invoice_id": 0}


def seeded(controller: Controller, name: str = "mail1", **fields: t.Any) -> str:
    own = t.cast(t.Any, controller.simulator["hostwinds"])
    with own.lock:
        return str(own.seed_instances(1, name=name, **fields)[0])


def run(controller: Controller, **options: t.Any) -> dict[str, t.Any]:
    return controller.task("smtp_filter", "hostwinds", **{"instance": "mail1", "allow": ["cost"], **options}).result


def test_the_invoice_is_in_the_result_and_prevents_a_second_one(controller: Controller) -> None:
    server = seeded(controller)
    controller.simulator.settings("hostwinds", auto_pay=False)
    result = run(controller)
    assert [(step["action"], step["field"], step["cost"]) for step in result["plan"]] == [("order", "cleanup_fee", True)]
    shown = result["smtp_filter"]
    assert (shown["instance"], shown["invoiced"]) == ({"id": server, "name": "mail1"}, True)
    assert shown["filters"][0]["invoice_id"].isdigit()
    assert run(controller)["changed"] is False
    assert controller.writes("hostwinds") == [ORDER]


def test_a_filter_that_is_gone_once_the_fee_is_paid_is_no_failure(controller: Controller) -> None:
    seeded(controller)
    result = run(controller)
    assert (result["changed"], result["smtp_filter"]["filters"], result["smtp_filter"]["invoiced"]) == (True, [], None)
    assert run(controller)["changed"] is False
    assert controller.writes("hostwinds") == [ORDER]


@pytest.mark.parametrize("filters", [[], [{**SPAM, "invoice_id": 5501, "paid_at": None}, {**SPAM, "paid_at": None}]])
def test_no_fee_without_a_filter_or_beside_an_invoice(controller: Controller, filters: list[t.Any]) -> None:
    seeded(controller, filters=filters)
    assert run(controller)["changed"] is False
    assert controller.writes("hostwinds") == []


def test_a_fee_that_is_not_listed_fails_and_is_not_ordered_again_for_half_an_hour(controller: Controller) -> None:
    seeded(controller)
    controller.simulator.fault("hostwinds", ORDER, "no_effect")
    result = run(controller)
    assert (result["error"], result["changed"]) == ("NotAppliedError", True)
    assert "accepted but not applied" in result["msg"]
    assert run(controller)["error"] == "OutcomeUnknownError"
    assert controller.writes("hostwinds") == [ORDER]
    controller.simulator.clock.advance(1800)
    assert run(controller)["changed"] is True
    assert controller.writes("hostwinds") == [ORDER] * 2


@pytest.mark.parametrize("status", [401, 302])
def test_a_read_that_fails_after_the_order_does_not_lead_to_a_second_one(controller: Controller, status: int) -> None:
    seeded(controller)
    controller.simulator.settings("hostwinds", auto_pay=False)
    controller.simulator.fault("hostwinds", "get_smtp_filters", "status", nth=3, status=status)  # as of a key that expires
    controller.simulator.fault("hostwinds", ORDER, "no_effect")  # its invoice is late
    assert run(controller)["changed"] is True
    assert run(controller)["error"] == "OutcomeUnknownError"
    assert controller.writes("hostwinds") == [ORDER]


def test_an_order_that_is_refused_in_place_of_one_that_lapsed_leaves_nothing_unclear(controller: Controller) -> None:
    seeded(controller)
    controller.simulator.fault("hostwinds", ORDER, "reset_before")
    assert run(controller)["error"] == "OutcomeUnknownError"
    controller.simulator.clock.advance(1800)
    controller.simulator.fault("hostwinds", ORDER, "status", status=400, body=[{"result": "error", "message": "Insufficient credit."}])
    assert run(controller)["error"] == "RejectedError"
    assert run(controller)["changed"] is True


def test_money_takes_consent(controller: Controller) -> None:
    seeded(controller)
    result = run(controller, allow=[])
    assert (result["error"], result["needs"], controller.writes("hostwinds")) == ("ConsentError", ["cost"], [])


def test_a_server_that_is_not_there_has_no_filter(controller: Controller) -> None:
    assert run(controller)["changed"] is False


def test_the_list_names_the_servers_that_are_filtered(controller: Controller) -> None:
    seeded(controller)
    seeded(controller, "web1", filters=[])
    found = controller.task("smtp_filter_info", "hostwinds").result["smtp_filters"]
    assert [(each["instance"]["name"], each["invoiced"]) for each in found] == [("mail1", False)]
    assert controller.task("smtp_filter_info", "hostwinds", instance="web1").result["smtp_filters"] == []


@pytest.mark.parametrize("provider", ["civo", "gcore", "hosterapi"])
def test_elsewhere_it_is_refused_before_anything_is_sent(controller: Controller, provider: str) -> None:
    result = controller.task("smtp_filter", provider, instance="mail1").result
    assert (result["error"], controller.calls(provider)) == ("UnsupportedError", [])
    assert controller.task("smtp_filter_info", provider).result["supported"] is False


# -- the wire -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "invoices"),
    [
        ([], []),
        ({}, []),
        ({"success": []}, []),
        ({"success": {"spam": []}}, []),
        ({"success": {"spam": None}}, []),
        ({"success": {"spam": [SPAM]}}, [None]),
        ({"spam": [{**SPAM, "invoice_id": "5501"}]}, ["5501"]),
        ({"success": {"spam": {"0": SPAM, "1": {**SPAM, "invoice_id": 5501}}}}, [None, "5501"]),
        ({"success": [{"type": "outgoing", "created": None, "invoice_id": None}]}, [None]),
    ],
)
def test_filters_are_read_in_any_form(answer: t.Any, invoices: list[str | None]) -> None:
    world = World()
    world.script.on("get_smtp_filters", answer)
    (record,) = verbs_of(world.driver(), "smtp_filter").find(RecordWish(state="absent"), Instance("hostwinds", "hostwinds", id="12", name="web"))
    assert [each["invoice_id"] for each in record["filters"]] == invoices
    assert record["invoiced"] is (any(invoices) if invoices else None)
    assert world.script.sent == [[("action", "get_smtp_filters"), ("serviceid", "12")]]


@pytest.mark.parametrize("answer", [{"success": False}, {"success": {"other": "words"}}, {"success": {"spam": ["outgoing"]}}, {"success": {"spam": True}}])
def test_an_answer_of_another_form_is_never_no_filter(answer: t.Any) -> None:
    world = World()
    world.script.on("get_smtp_filters", answer)
    with pytest.raises(ProtocolError):
        verbs_of(world.driver(), "smtp_filter").find(RecordWish(state="absent"), Instance("hostwinds", "hostwinds", id="12"))


def test_success_is_told_by_the_result_not_by_its_words() -> None:
    world = World()
    world.script.on("get_smtp_filters", {"success": {"spam": [SPAM]}})
    world.script.on(ORDER, [{"result": "success", "action": "Create IP Cleanup Fee", "message": "A valid serviceid is required."}])
    verbs = verbs_of(world.driver(), "smtp_filter")
    (record,) = verbs.find(RecordWish(state="absent"), Instance("hostwinds", "hostwinds", id="12"))
    assert verbs.change(record, Step("order", "cleanup_fee")) is not None
    assert world.script.writes == [[("action", ORDER), ("serviceid", "12")]]
