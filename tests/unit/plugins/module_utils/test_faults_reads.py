# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of reads: what cannot be read is never taken for absent, and nothing is ordered on a guess."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import LIST, fresh, ids, matrix, orders, place, reads_before_an_order, seeded

# Ways of a read to fail for ever.
BROKEN: dict[str, tuple[str, dict[str, t.Any]]] = {
    "500": ("status", {"status": 500}),
    "502": ("status", {"status": 502, "body": "html"}),
    "408": ("status", {"status": 408, "body": "empty"}),
    "400": ("status", {"status": 400}),
    "401": ("status", {"status": 401, "body": "html"}),
    "403": ("status", {"status": 403, "body": "html"}),
    "404": ("status", {"status": 404, "body": "html"}),
    "418": ("status", {"status": 418, "body": "empty"}),
    "429": ("rate_limit", {}),
    "reset": ("reset_before", {}),
    "page": ("html", {}),
    "half": ("truncated", {}),
    "cut": ("cut_off", {}),
    "empty": ("empty", {}),
    "text": ("not_json", {}),
    "shape": ("wrong_shape", {}),
    "redirect": ("redirect", {"location": "https://elsewhere.example/login"}),
}


@matrix("failing lookup")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_read_that_fails_before_an_order_prevents_it(controller: Controller, provider: str, kind: str) -> None:
    fault, options = BROKEN[kind]
    for operation in reads_before_an_order(controller, provider):
        controller.simulator.fault(provider, operation, fault, times=0, **options)
        result = controller.create(provider).result
        assert result["failed"] is True, (operation, result)
        assert result["changed"] is False
        assert result["msg"]
        assert controller.writes(provider) == [], operation
        assert controller.servers(provider) == [], operation
        fresh(controller)


@matrix("failing lookup")
def test_a_read_without_an_answer_prevents_an_order(controller: Controller, provider: str) -> None:
    operation = reads_before_an_order(controller, provider)[0]
    controller.simulator.fault(provider, operation, "timeout_before", times=0)
    result = controller.create(provider, request_timeout=0.05).result
    assert result["failed"] is True
    assert "timed out" in result["msg"]
    assert controller.writes(provider) == []


@matrix("failing lookup")
@pytest.mark.parametrize("kind", ["500", "reset", "page", "half", "cut", "empty", "429"])
def test_a_read_that_fails_once_is_asked_again(controller: Controller, provider: str, kind: str) -> None:
    fault, options = BROKEN[kind]
    for operation in reads_before_an_order(controller, provider):
        controller.simulator.fault(provider, operation, fault, **options)
        result = controller.create(provider).result
        assert not result.get("failed"), (operation, result)
        assert result["api"]["retries"] == 1
        assert orders(controller, provider) == 1
        assert ids(controller, provider) == [result["instance"]["id"]]
        fresh(controller)


@matrix("failing lookup")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_read_that_fails_is_not_absence(controller: Controller, provider: str, kind: str) -> None:
    """Neither by name nor by id, and nothing is written on the way."""
    made = controller.made(provider)
    fault, options = BROKEN[kind]
    for subject in ({"name": "web1"}, {"id": made["id"]}):
        controller.simulator.fault(provider, "*", fault, times=0, **options)
        for state in ("absent", "present"):
            result = controller.instance(provider, state=state, **subject, **place(provider)).result
            assert result["failed"] is True, (subject, result)
            assert result["changed"] is False
            assert result["error"] != "NotFoundError"
        info = controller.info(provider, **subject, **place(provider)).result
        assert info["failed"] is True
        controller.simulator.clear_faults()
    assert controller.writes(provider) == []
    assert ids(controller, provider) == [made["id"]]


@matrix("refused credentials")
@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_told_as_such(controller: Controller, provider: str, status: int) -> None:
    made = controller.made(provider)
    controller.simulator.fault(provider, "*", "status", times=0, status=status, body="html")
    for subject in ({"name": "web1"}, {"id": made["id"]}):
        for state in ("present", "absent"):
            result = controller.instance(provider, state=state, **subject, **place(provider)).result
            assert result["error"] in ("AuthError", "ForbiddenError"), result
    assert controller.create(provider, "web2").result["error"] in ("AuthError", "ForbiddenError")
    assert controller.writes(provider) == []


@matrix("refused credentials")
def test_a_wrong_token_is_told_with_the_place_to_set_it(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    controller.simulator[provider].token = "another-token"
    for options in ({"state": "absent", "id": made["id"]}, {"state": "absent", "name": "web1"}, {**CREATE[provider], "name": "web2"}):
        result = controller.instance(provider, **{**place(provider), **options}).result
        assert result["error"] == "AuthError", result
        assert "api_token" in result["msg"] or "_TOKEN" in result["msg"] or "_KEY" in result["msg"]
    assert controller.writes(provider) == []
    assert len(set(controller.calls(provider))) <= 3


@matrix("refused credentials", only=("hostwinds",))
@pytest.mark.parametrize("failure", [401, 403])
def test_a_wrong_key_by_status(controller: Controller, provider: str, failure: int) -> None:
    made = controller.made(provider)
    controller.simulator.settings(provider, auth_failure=failure)
    controller.simulator[provider].token = "another-token"
    result = controller.instance(provider, id=made["id"], state="absent").result
    assert result["error"] == "AuthError"
    assert controller.writes(provider) == []


@matrix("404 is no absence", only=("civo",))
def test_a_region_with_an_outage_hides_its_servers(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    for outage in (True, False):
        controller.simulator.settings(provider, failing_regions=["LON1"], region_outage=outage)
        for subject in ({"id": made["id"]}, {"name": "web1"}):
            for where in ({"region": "LON1"}, {}):
                result = controller.instance(provider, state="absent", **subject, **where).result
                assert result["failed"] is True, (outage, subject, where)
        assert controller.create(provider).result["failed"] is True
        assert controller.info(provider, region="LON1").result["failed"] is True
    assert controller.writes(provider) == []


@matrix("404 is no absence", only=("civo", "gcore"))
def test_an_id_of_another_region_is_not_absent(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    other = {"civo": "NYC1", "gcore": "7"}[provider]
    result = controller.instance(provider, id=made["id"], state="absent", region=other).result
    assert result["failed"] is True
    assert CREATE[provider]["region"] in result["msg"]
    assert controller.writes(provider) == []
    found = controller.instance(provider, id=made["id"], state="absent").result
    assert not found.get("failed"), found
    assert ids(controller, provider) == []


@matrix("404 is no absence", only=("hosterapi",))
def test_a_404_without_the_code_for_an_unknown_server_is_a_wrong_url(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    for body in ("html", "json", "empty"):
        controller.simulator.fault(provider, "server_config", "status", times=0, status=404, body=body)
        result = controller.instance(provider, id=made["id"], state="absent").result
        assert result["failed"] is True
        assert "api_url" in result["msg"]
        controller.simulator.clear_faults()
    assert controller.writes(provider) == []


@matrix("404 is no absence", only=("hosterapi",))
def test_an_unknown_server_that_is_listed_is_not_absent(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    body = {"result": False, "error": f"0x01: no vm with id {made['id']} found"}
    controller.simulator.fault(provider, "server_config", "status", times=0, status=404, body=body)
    result = controller.instance(provider, id=made["id"], state="absent").result
    assert result["failed"] is True
    assert controller.writes(provider) == []


@matrix("unknown region")
@pytest.mark.parametrize("state", ["absent", "present"])
def test_an_unknown_region_proves_nothing(controller: Controller, provider: str, state: str) -> None:
    made = controller.made(provider)
    unknown = {"civo": "XYZ9", "gcore": "99"}[provider]
    for subject in ({"name": "web1"}, {"id": made["id"]}):
        result = controller.instance(provider, state=state, **{**CREATE[provider], **subject, "region": unknown}).result
        assert result["failed"] is True, subject
        assert "region" in result["msg"]
        assert unknown in result["msg"]
    assert controller.writes(provider) == []
    assert ids(controller, provider) == [made["id"]]


@matrix("unknown project")
@pytest.mark.parametrize("state", ["absent", "present"])
@pytest.mark.parametrize("project", ["9999", "nobody"])
def test_an_unknown_project_proves_nothing(controller: Controller, provider: str, state: str, project: str) -> None:
    made = controller.made(provider)
    for subject in ({"name": "web1"}, {"id": made["id"]}):
        result = controller.instance(provider, state=state, **{**CREATE[provider], **subject, "project": project}).result
        assert result["failed"] is True, subject
        assert "project" in result["msg"]
        assert project in result["msg"]
    assert controller.writes(provider) == []


@matrix("failed page")
def test_a_failed_page_is_no_shorter_list(controller: Controller, provider: str) -> None:
    more_than_a_page = {"civo": 101, "gcore": 1001}[provider]
    seeded(controller, provider, "other", more_than_a_page)
    (made,) = seeded(controller, provider, "web1")
    found = controller.create(provider).result
    assert found["changed"] is False
    assert found["instance"]["id"] == made
    pages = controller.calls(provider).count(LIST[provider])
    if pages == 1:  # the driver lets the provider filter by name, so that there is one page of it
        controller.simulator.clear_log()
        assert len(controller.info(provider, **place(provider)).result["instances"]) == more_than_a_page + 1
        pages = controller.calls(provider).count(LIST[provider])
        controller.simulator.fault(provider, LIST[provider], "status", nth=2, times=0, status=500)
        assert controller.info(provider, **place(provider)).result["failed"] is True
    else:
        for fault, options in (("status", {"status": 500}), ("html", {}), ("wrong_shape", {}), ("status", {"status": 403})):
            controller.simulator.fault(provider, LIST[provider], fault, nth=2, times=0, **options)
            for state in ("present", "absent"):
                assert controller.create(provider, state=state).result["failed"] is True, (fault, state)
            controller.simulator.clear_faults()
    assert pages == 2
    assert controller.writes(provider) == []


@matrix("coerced types")
def test_numbers_as_text_lead_to_no_second_server(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, "*", "wrong_types", times=0)
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert ids(controller, provider) == [result["instance"]["id"]]
    controller.simulator.clear_log()
    second = controller.create(provider).result
    assert second["changed"] is False, second["plan"]
    assert controller.writes(provider) == []
    controller.simulator.clear_faults()
    plain = controller.create(provider).result
    assert plain["instance"] == second["instance"]
