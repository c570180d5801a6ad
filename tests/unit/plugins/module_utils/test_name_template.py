# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_name_template: whole writes, lists as sets, and what takes the token of a reseller."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller

Result = dict[str, t.Any]

RESELLER = 1234
KEPT = {"allowed_lb_name_restriction": "lb-only", "allowed_lb_name_templates": ["lb-{ip_octets}"], "allowed_bm_name_templates": []}


@pytest.fixture(name="reseller")
def fixture_reseller(controller: Controller) -> Controller:
    """A controller with the token of a reseller."""
    controller.simulator.settings("gcore", reseller="on")
    return controller


def done(controller: Controller, *, check: bool = False, **options: t.Any) -> Result:
    """Converge the restrictions of a region, which has to work."""
    result = controller.task("name_template", "gcore", check=check, **{"region": "4", "reseller_id": RESELLER, **options}).result
    assert not result.get("failed"), result
    return result


def refused(controller: Controller, *, check: bool = False, **options: t.Any) -> Result:
    """Converge them, which has to fail."""
    result = controller.task("name_template", "gcore", check=check, **{"region": "4", "reseller_id": RESELLER, **options}).result
    assert result.get("failed"), result
    return result


def listed(controller: Controller, **options: t.Any) -> Result:
    """What the information module tells."""
    result = controller.task("name_template_info", "gcore", **options).result
    assert not result.get("failed"), result
    return result


def bodies(controller: Controller) -> list[t.Any]:
    """What the writes said."""
    return [entry["body"] for entry in controller.simulator.log("gcore") if entry["mutates"]]


# -- writing ----------------------------------------------------------------------------------------------------------------


def test_new_restrictions_hold_what_is_given(reseller: Controller) -> None:
    made = done(reseller, custom_names=False, templates=["vps-{ip_octets}"])
    assert bodies(reseller) == [{"reseller_id": RESELLER, "region_id": 4, "allow_custom_name": False, "allowed_name_templates": ["vps-{ip_octets}"]}]
    shown = made["name_template"]
    assert (shown["reseller_id"], shown["region"], shown["custom_names"], shown["windows_templates"]) == (str(RESELLER), "4", False, None)


def test_what_is_not_managed_is_sent_along(reseller: Controller) -> None:
    with reseller.simulator["gcore"].lock:
        reseller.simulator["gcore"].state["reseller_names"][f"{RESELLER}/4"] = {
            "reseller_id": RESELLER,
            "region_id": 4,
            "allow_custom_name": True,
            "name_templates_limited": True,
            "allowed_name_templates": ["old-{ip_octets}"],
            "allowed_name_win_templates": None,
            "allowed_bm_name_win_templates": None,
            **KEPT,
        }
    changed = done(reseller, templates=["new-{ip_octets}"], windows_templates=["win-{ip_octets}"])
    assert [(step["action"], sorted(step["after"])) for step in changed["plan"]] == [("set", ["templates", "windows_templates"])]
    identity = {"reseller_id": RESELLER, "region_id": 4, "allow_custom_name": True}
    assert bodies(reseller) == [{**identity, **KEPT, "allowed_name_templates": ["new-{ip_octets}"], "allowed_name_win_templates": ["win-{ip_octets}"]}]
    assert changed["name_template"]["load_balancer_templates"] == KEPT["allowed_lb_name_templates"]


def test_free_names_stay_forbidden_whatever_the_provider_calls_them(reseller: Controller) -> None:
    with reseller.simulator["gcore"].lock:
        row = {"reseller_id": RESELLER, "region_id": 4, "custom_name_allowed": False, "allowed_name_templates": None}
        reseller.simulator["gcore"].state["reseller_names"][f"{RESELLER}/4"] = row
    done(reseller, templates=["new-{ip_octets}"])
    assert bodies(reseller)[0]["allow_custom_name"] is False


def test_lists_are_sets_and_an_empty_one_is_not_none(reseller: Controller) -> None:
    done(reseller, templates=["a-{ip_octets}", "b-{ip_octets}"])
    assert done(reseller, templates=["b-{ip_octets}", "a-{ip_octets}", "b-{ip_octets}"])["changed"] is False
    assert done(reseller, windows_templates=[])["changed"] is True
    assert done(reseller, windows_templates=[])["changed"] is False
    assert listed(reseller)["name_templates"][0]["windows_templates"] == []


def test_restrictions_that_restrict_nothing_are_gone_already(reseller: Controller) -> None:
    done(reseller, custom_names=True)
    assert done(reseller, state="absent")["changed"] is False
    done(reseller, custom_names=False)
    assert done(reseller, state="absent")["changed"] is True


def test_other_restrictions_are_another_plan(reseller: Controller) -> None:
    plans = {done(reseller, check=True, templates=templates)["plan_id"] for templates in (["a"], ["b"])}
    assert len(plans) == 2


def test_a_region_by_name(reseller: Controller) -> None:
    assert done(reseller, region="luxembourg-2", templates=["a"])["name_template"]["region"] == "4"
    assert done(reseller, region="Frankfurt", state="absent")["changed"] is False
    assert done(reseller, region="Luxembourg-2", state="absent")["changed"] is True
    assert "projects.list" not in reseller.calls("gcore")  # restrictions are in none


def test_a_region_that_does_not_exist_has_no_absence(reseller: Controller) -> None:
    for options in ({"state": "absent"}, {"templates": ["a"]}):
        for check in (True, False):
            told = refused(reseller, check=check, region="99", **options)
            assert (told["option"], "99" in told["msg"], reseller.writes("gcore")) == ("region", True, [])
    assert reseller.task("name_template_info", "gcore", region="99").result["option"] == "region"


# -- refusals ---------------------------------------------------------------------------------------------------------------


def test_another_token_is_told_what_it_takes(controller: Controller) -> None:
    told = [refused(controller, templates=["a"]), controller.task("name_template_info", "gcore").result]
    told.append(controller.task("name_template_info", "gcore", available=True, region="4").result)
    for each in told:
        assert (each["error"], "needs a reseller token" in each["msg"]) == ("ForbiddenError", True)


@pytest.mark.parametrize(("options", "option"), [({"region": None, "templates": ["a"]}, "region"), ({"reseller_id": None, "templates": ["a"]}, "reseller_id")])
def test_what_says_not_where_sends_nothing(reseller: Controller, options: Result, option: str) -> None:
    assert (refused(reseller, **options)["option"], reseller.calls("gcore")) == (option, [])


def test_restrictions_of_nothing_are_refused(reseller: Controller) -> None:
    assert (refused(reseller)["option"], reseller.writes("gcore")) == ("templates", [])


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "hosterapi"])
def test_other_providers_restrict_no_names(controller: Controller, provider: str) -> None:
    told = controller.task("name_template", provider, reseller_id=1, templates=["a"]).result
    assert (told["capability"], told["failed"]) == ("name_template", True)
    assert controller.task("name_template_info", provider).result["supported"] is False
    assert controller.calls(provider) == []


# -- reading ----------------------------------------------------------------------------------------------------------------


def test_the_list_can_be_filtered(reseller: Controller) -> None:
    for reseller_id, region in ((1, "4"), (1, "7"), (2, "4")):
        done(reseller, reseller_id=reseller_id, region=region, templates=["a"])

    def found(**options: t.Any) -> list[tuple[str, str]]:
        return [(row["reseller_id"], row["region"]) for row in listed(reseller, **options)["name_templates"]]

    assert sorted(found()) == [("1", "4"), ("1", "7"), ("2", "4")]
    assert found(reseller_id=1) == [("1", "4"), ("1", "7")]
    assert found(reseller_id=1, region="Frankfurt") == [("1", "7")]
    assert "available" not in listed(reseller)


def test_what_a_project_may_use(reseller: Controller) -> None:
    done(reseller, custom_names=False, templates=["vps-{ip_octets}"])
    reseller.simulator.clear_log()
    told = listed(reseller, available=True)
    assert [(row["region"], row["custom_names"], row["limited"], row["templates"]) for row in told["available"]] == [
        ("4", False, True, ["vps-{ip_octets}"]),
        ("7", True, False, None),
    ]
    assert told["name_templates"] == []
    assert "instances.available_names" not in reseller.calls("gcore")


@pytest.mark.parametrize(("status", "body"), [(404, "json"), (405, "json"), (404, "html")])
def test_the_older_call_is_asked_where_its_successor_does_not_exist(reseller: Controller, status: int, body: str) -> None:
    reseller.simulator.fault("gcore", "reseller_names.available", "status", times=0, status=status, body=body)
    told = listed(reseller, available=True, region="4")
    assert [row["region"] for row in told["available"]] == ["4"]
    assert reseller.calls("gcore").count("instances.available_names") == 1


def test_a_place_that_does_not_exist_is_told_by_the_older_call_too(reseller: Controller) -> None:
    places: list[tuple[Result, str]] = [({"region": "99"}, "region"), ({"region": "4", "project": "9999"}, "project")]
    for place, option in places:
        assert reseller.task("name_template_info", "gcore", available=True, **place).result["option"] == option
