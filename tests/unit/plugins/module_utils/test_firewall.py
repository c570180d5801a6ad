# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_firewall at every provider: converging, twins, guards, warnings, lost answers, calls."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, Controller
from ansible_collections.polyhost.cloud.tests.unit.proofs import same_where_known

Result = dict[str, t.Any]

OWN = ("civo", "gcore")  # where firewalls can be made
HAVING = ("hostwinds", *OWN)
REGION: dict[str, dict[str, t.Any]] = {provider: {"region": CREATE[provider]["region"]} for provider in HAVING}
DELETES = {"civo": "firewalls.delete", "gcore": "security_groups.delete"}
CREATES = {"civo": "firewalls.create", "gcore": "security_groups.create"}
ASSIGNS = {"civo": "instances.set_firewall", "gcore": "instances.assign_security_group", "hostwinds": "set_instance_firewall"}
SSH, WEB = {"ports": "22"}, {"ports": "8000-8100", "addresses": ["192.0.2.0/24", "2001:db8::/32"], "description": "web"}

makers = pytest.mark.parametrize("provider", OWN)
everywhere = pytest.mark.parametrize("provider", HAVING)


def firewall(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Converge the firewall C(fw), which has to work."""
    named = {} if {"id", "name"} & set(options) else {"name": "fw"}
    reply = controller.firewall(provider, check=check, **{**REGION[provider], **named, **options})
    assert not reply.result.get("failed"), reply.result
    return {**reply.result, "warnings": reply.warnings}


def refused(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Converge it, which has to fail."""
    named = {} if {"id", "name"} & set(options) else {"name": "fw"}
    reply = controller.firewall(provider, check=check, **{**REGION.get(provider, {}), **named, **options})
    assert reply.result.get("failed"), reply.result
    return {**reply.result, "warnings": reply.warnings}


def made(controller: Controller, provider: str, **options: t.Any) -> Result:
    """A firewall that exists; the request log starts after it."""
    result = firewall(controller, provider, **options)
    controller.simulator.clear_log()
    shown: Result = result["firewall"]
    return shown


def listed(controller: Controller, provider: str, **options: t.Any) -> list[Result]:
    """What vps_firewall_info tells."""
    result = controller.task("firewall_info", provider, **{**REGION.get(provider, {}), **options}).result
    assert not result.get("failed"), result
    firewalls: list[Result] = result["firewalls"]
    return firewalls


def ends(firewall_object: Result) -> set[str]:
    """The ids of the servers that have it."""
    return {ref["id"] for ref in firewall_object["instances"]}


def actions(result: Result) -> list[str]:
    return [f"{step['action']} {step['field']}" for step in result["plan"]]


# -- making one -------------------------------------------------------------------------------------------------------------


@makers
def test_made_attached_and_left_alone(controller: Controller, provider: str) -> None:
    ids = [controller.made(provider, name)["id"] for name in ("web1", "web2")]
    options: Result = {"rules": [SSH, WEB], "instances": [ids[0], "web2"]}
    predicted = firewall(controller, provider, check=True, **options)
    assert controller.writes(provider) == []
    real = firewall(controller, provider, **options)
    assert actions(real) == ["create firewall", "attach instances", "attach instances"]
    assert controller.writes(provider) == [CREATES[provider], ASSIGNS[provider], ASSIGNS[provider]]
    for key in ("plan", "plan_id", "diff", "approvable"):
        assert predicted[key] == real[key]
    assert same_where_known(predicted["firewall"], real["firewall"], "firewall") == []
    assert set(predicted["firewall"]) == set(real["firewall"])
    assert ends(real["firewall"]) == set(ids)
    assert listed(controller, provider, name="fw") == [real["firewall"]]
    controller.simulator.clear_log()
    again = firewall(controller, provider, **options)
    assert (again["changed"], again["plan"], again["drift"]) == (False, [], [])
    assert again["firewall"] == real["firewall"]
    assert controller.writes(provider) == []
    assert controller.simulator[provider].violations == []


@makers
def test_without_rules_it_lets_nobody_in(controller: Controller, provider: str) -> None:
    assert made(controller, provider)["rules"] == []
    assert [each["rules"] for each in listed(controller, provider, name="fw")] == [[]]
    assert controller.simulator[provider].violations == []


@makers
def test_two_controllers_at_once_are_told_both_ids(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, CREATES[provider], "double")
    first = refused(controller, provider, rules=[SSH])
    assert first["error"] == "AmbiguousError"
    assert first["changed"] is True
    assert actions(first) == ["create firewall"]
    for options in ({"rules": [SSH]}, {"state": "absent"}):
        result = refused(controller, provider, **options)
        assert result["error"] == "AmbiguousError"
        assert len(result["ids"]) == 2
    assert controller.writes(provider) == [CREATES[provider]]


@pytest.mark.parametrize("kind", ["reset_after", "status_after", "truncated"])
@makers
def test_a_lost_answer_is_looked_for_and_taken_over_once(controller: Controller, provider: str, kind: str) -> None:
    controller.simulator.fault(provider, CREATES[provider], kind)
    result = firewall(controller, provider, rules=[SSH])
    assert result["changed"] is True
    assert controller.writes(provider) == [CREATES[provider]]
    assert [each["id"] for each in listed(controller, provider, name="fw")] == [result["firewall"]["id"]]


@makers
def test_a_create_that_came_to_nothing_is_not_sent_again(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, CREATES[provider], "reset_before")
    result = refused(controller, provider, rules=[SSH])
    assert result["error"] == "OutcomeUnknownError"
    assert "panel" in result["msg"]
    assert result["changed"] is False
    assert controller.writes(provider) == [CREATES[provider]]
    assert actions(firewall(controller, provider, rules=[SSH])) == ["create firewall"]


def test_without_waiting_what_needs_the_firewall_is_left_to_the_next_run(controller: Controller) -> None:
    instance = controller.made("gcore")
    options: Result = {"rules": [SSH], "instances": [instance["id"]]}
    predicted = firewall(controller, "gcore", check=True, wait=False, **options)
    result = firewall(controller, "gcore", wait=False, **options)
    assert actions(result) == actions(predicted) == ["create firewall"]
    assert result["plan_id"] == predicted["plan_id"]
    assert "left to the next run" in "".join(result["warnings"])
    assert result["firewall"]["id"] is None
    assert result["operation_id"]
    assert actions(firewall(controller, "gcore", **options)) == ["attach instances"]


@makers
def test_without_waiting_a_firewall_in_use_is_deleted_by_the_next_run(controller: Controller, provider: str) -> None:
    made(controller, provider, name="other")
    made(controller, provider, instances=[controller.made(provider)["id"]])
    options: Result = {"state": "absent", "allow": ["detach"], "detach_to": "other", "wait": False}
    result = firewall(controller, provider, **options)
    assert actions(result) == ["detach instances"]
    assert "delete firewall" in "".join(result["warnings"])
    assert actions(firewall(controller, provider, **options)) == ["delete firewall"]
    assert listed(controller, provider, name="fw") == []


def test_without_waiting_what_is_done_at_once_is_told(controller: Controller) -> None:
    result = firewall(controller, "civo", wait=False, rules=[SSH])
    assert result["firewall"]["id"] == listed(controller, "civo", name="fw")[0]["id"]
    assert "operation_id" not in result


@makers
def test_a_failure_on_the_way_tells_what_was_done(controller: Controller, provider: str) -> None:
    instance = controller.made(provider)
    controller.simulator.fault(provider, ASSIGNS[provider], "status", status=422, times=0)
    result = refused(controller, provider, rules=[SSH], instances=[instance["id"]])
    assert actions(result) == ["create firewall"]
    assert result["id"] == listed(controller, provider, name="fw")[0]["id"]
    controller.simulator.clear_faults()
    assert actions(firewall(controller, provider, rules=[SSH], instances=[instance["id"]])) == ["attach instances"]


# -- calls ------------------------------------------------------------------------------------------------------------------

NO_OP = {
    "civo": ["firewalls.list", "instances.list"],
    "gcore": ["security_groups.list", "security_groups.list_instances"],
    "hostwinds": ["get_firewall_profiles", "get_instance_firewall_profile"],
}


@everywhere
def test_calls_of_a_no_op(controller: Controller, provider: str) -> None:
    instance = controller.made(provider)
    options: dict[str, t.Any] = {"name": "web"} if provider == "hostwinds" else {"rules": [SSH]}
    options["instances"] = [instance["id"]]
    shown = made(controller, provider, **options)
    again = firewall(controller, provider, **options)
    assert again["changed"] is False
    assert controller.calls(provider) == NO_OP[provider]
    controller.simulator.clear_log()
    del options["instances"]
    options.pop("name", None)
    assert firewall(controller, provider, id=shown["id"], **options)["changed"] is False
    assert len(controller.calls(provider)) <= 2
    assert controller.writes(provider) == []


# -- rules ------------------------------------------------------------------------------------------------------------------


@makers
def test_other_spellings_are_no_difference(controller: Controller, provider: str) -> None:
    made(controller, provider, rules=[SSH, WEB, {"protocol": "icmp"}, {"protocol": "any", "direction": "out", "addresses": ["10.0.0.1"]}])
    result = firewall(
        controller,
        provider,
        rules=[
            {"protocol": "ANY", "direction": "out", "addresses": ["10.0.0.1/32"]},
            {"ports": "8000 - 8100", "addresses": ["2001:0DB8:0:0::/32"]},
            {"protocol": "icmp", "addresses": ["::/0", "0.0.0.0/0"]},
            {"ports": "22-22", "addresses": ["any"]},
            {"ports": "8000-8100", "addresses": ["192.0.2.77/24"], "description": "web"},
        ],
    )
    assert result["plan"] == []
    assert controller.writes(provider) == []


@makers
def test_rules_as_shown_can_be_given_again(controller: Controller, provider: str) -> None:
    shown = made(controller, provider, rules=[SSH, WEB, {"protocol": "any", "direction": "out"}])
    assert firewall(controller, provider, rules=shown["rules"])["plan"] == []


@makers
def test_changed_rules_are_added_and_removed(controller: Controller, provider: str) -> None:
    made(controller, provider, rules=[SSH, {"ports": "80", "addresses": ["10.0.0.0/8", "192.0.2.1"]}])
    wanted = [SSH, {"ports": "80", "addresses": ["10.0.0.0/8", "192.0.2.2"]}, {"ports": "443", "addresses": ["10.0.0.0/8"]}]
    predicted = firewall(controller, provider, check=True, rules=wanted)
    assert controller.writes(provider) == []
    real = firewall(controller, provider, rules=wanted)
    for key in ("plan", "plan_id", "diff", "firewall"):
        assert predicted[key] == real[key]
    before, after = real["diff"]["before"]["rules"], real["diff"]["after"]["rules"]
    assert sorted({*before} - {*after}) == ["allow in tcp 80 from 192.0.2.1/32"]
    assert sorted({*after} - {*before}) == ["allow in tcp 443 from 10.0.0.0/8", "allow in tcp 80 from 192.0.2.2/32"]
    assert after == sorted(after)
    assert set(real["diff"]["before"]) == {"name", "rules"}, "managed fields only"
    assert real["warnings"] == []
    assert firewall(controller, provider, rules=wanted)["plan"] == []
    assert listed(controller, provider, name="fw")[0]["rules"] == real["firewall"]["rules"]


@makers
def test_purge_rules_false_adds_only(controller: Controller, provider: str) -> None:
    made(controller, provider, rules=[SSH])
    result = firewall(controller, provider, rules=[WEB], purge_rules=False)
    assert [rule["ports"] for rule in result["firewall"]["rules"]] == ["22", "8000-8100"]
    assert firewall(controller, provider, rules=[], purge_rules=False)["plan"] == []
    assert firewall(controller, provider)["plan"] == []
    assert [rule["ports"] for rule in firewall(controller, provider, rules=[WEB])["firewall"]["rules"]] == ["8000-8100"]
    assert firewall(controller, provider, rules=[])["firewall"]["rules"] == []


@makers
def test_a_description_of_a_rule_is_managed_where_it_is_given(controller: Controller, provider: str) -> None:
    made(controller, provider, rules=[{**SSH, "description": "old"}])
    assert firewall(controller, provider, rules=[SSH])["plan"] == []
    result = firewall(controller, provider, rules=[{**SSH, "description": "new"}])
    assert actions(result) == ["set rules"]
    assert result["warnings"] == []
    assert [rule["description"] for rule in listed(controller, provider, name="fw")[0]["rules"]] == ["new"]
    assert firewall(controller, provider, rules=[{**SSH, "description": "new"}])["plan"] == []


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "status_after"])
@pytest.mark.parametrize(
    ("provider", "operation"), [("civo", "firewalls.rules.create"), ("civo", "firewalls.rules.delete"), ("gcore", "security_groups.update")]
)
def test_a_lost_answer_of_a_change_leaves_no_double_and_no_hole(controller: Controller, provider: str, operation: str, kind: str) -> None:
    made(controller, provider, rules=[{"ports": "80"}, {"ports": "81"}])
    controller.simulator.fault(provider, operation, kind)
    wanted = [{"ports": "80"}, {"ports": "82"}]
    controller.firewall(provider, **REGION[provider], name="fw", rules=wanted)
    firewall(controller, provider, rules=wanted)
    assert [rule["ports"] for rule in listed(controller, provider, name="fw")[0]["rules"]] == ["80", "82"]
    assert firewall(controller, provider, rules=wanted)["plan"] == []


def test_type_and_code_of_icmp(controller: Controller) -> None:
    rules = [{"protocol": "icmp", "ports": "8"}, {"protocol": "icmp", "ports": "3-4", "addresses": ["10.0.0.0/8"]}]
    shown = made(controller, "gcore", rules=rules)
    assert sorted(rule["ports"] for rule in shown["rules"]) == ["3-4", "8"]
    assert firewall(controller, "gcore", rules=rules)["plan"] == []
    assert refused(controller, "civo", rules=rules)["error"] == "OptionError"
    assert controller.calls("civo") == []


def test_members_of_another_group_are_kept(controller: Controller) -> None:
    other = made(controller, "gcore", name="other")
    peers = [{"ports": "5432", "addresses": [f"group:{other['id']}", "10.0.0.0/8"]}]
    shown = made(controller, "gcore", rules=peers)
    assert shown["rules"][0]["addresses"] == ["10.0.0.0/8", f"group:{other['id']}"]
    assert firewall(controller, "gcore", rules=peers)["plan"] == []
    more = firewall(controller, "gcore", rules=[SSH], purge_rules=False)
    assert {address for rule in more["firewall"]["rules"] for address in rule["addresses"]} >= {f"group:{other['id']}"}
    less = firewall(controller, "gcore", rules=[SSH])
    removed = {*less["diff"]["before"]["rules"]} - {*less["diff"]["after"]["rules"]}
    assert removed == {"allow in tcp 5432 from 10.0.0.0/8", f"allow in tcp 5432 from group:{other['id']}"}


@pytest.mark.parametrize(
    ("provider", "rule", "error"),
    [
        ("gcore", {"ports": "22", "action": "deny"}, "UnsupportedError"),
        ("civo", {"ports": "22", "addresses": ["group:abc"]}, "UnsupportedError"),
        ("civo", {"ports": "0"}, "OptionError"),
        ("gcore", {"addresses": ["nowhere"]}, "OptionError"),
        ("civo", {"protocol": "tpc", "ports": "22"}, "OptionError"),
        ("gcore", {"protocol": "tpc", "ports": "22"}, "OptionError"),
    ],
)
def test_rules_that_cannot_be_are_refused_before_any_call(controller: Controller, provider: str, rule: Result, error: str) -> None:
    result = refused(controller, provider, rules=[SSH, rule])
    assert result["error"] == error
    assert controller.calls(provider) == []


def test_civo_denies(controller: Controller) -> None:
    rules = [SSH, {"protocol": "tcp", "addresses": ["192.0.2.0/24"], "action": "deny"}]
    made(controller, "civo", rules=rules)
    assert firewall(controller, "civo", rules=rules)["plan"] == []


# -- never locked out ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False])
@makers
def test_closing_the_door_is_warned_about_by_name(controller: Controller, provider: str, check: bool) -> None:
    made(controller, provider, rules=[SSH, {"ports": "2222"}, {"ports": "80"}])
    result = firewall(controller, provider, check=check, rules=[{**SSH, "addresses": ["10.0.0.0/8"]}, {"ports": "80"}], access_ports=[22, 2222])
    assert result["changed"] is True
    assert len(result["warnings"]) == 2
    assert "'allow in tcp 22 from anywhere'" in result["warnings"][0]
    assert "'allow in tcp 2222 from anywhere'" in result["warnings"][1]
    assert all("firewall fw" in warning for warning in result["warnings"])


@makers
def test_what_stays_open_is_not_warned_about(controller: Controller, provider: str) -> None:
    made(controller, provider, rules=[SSH, {"ports": "2222"}])
    assert firewall(controller, provider, rules=[{"ports": "20-30"}])["warnings"] == []
    assert firewall(controller, provider, rules=[{"protocol": "any"}])["warnings"] == []
    (warning,) = firewall(controller, provider, rules=[{"protocol": "any", "addresses": ["::/0"]}])["warnings"]
    assert "from 0.0.0.0/0'" in warning
    assert firewall(controller, provider, rules=[], access_ports=[])["warnings"] == []


@pytest.mark.parametrize("check", [True, False])
def test_taking_the_firewall_away_closes_the_door_too(controller: Controller, check: bool) -> None:
    instance = controller.made("gcore")
    made(controller, "gcore", rules=[SSH], instances=[instance["id"]])
    (warning,) = firewall(controller, "gcore", check=check, state="absent", allow=["detach"])["warnings"]
    assert "'allow in tcp 22 from anywhere'" in warning


@pytest.mark.parametrize(("provider", "options"), [("civo", {"rules": [WEB]}), ("hostwinds", {"name": "web"})])
def test_swapping_an_open_firewall_for_a_closed_one_is_warned_about(controller: Controller, provider: str, options: Result) -> None:
    instance = controller.made(provider)
    for check in (True, False):
        (warning,) = firewall(controller, provider, check=check, instances=[instance["id"]], **options)["warnings"]
        assert warning.startswith("Port 22 is not open from everywhere")
    assert firewall(controller, provider, instances=[instance["id"]], **options)["warnings"] == []


@pytest.mark.parametrize("port", [0, 65536])
def test_an_access_port_is_a_port(controller: Controller, port: int) -> None:
    assert refused(controller, "civo", access_ports=[port])["option"] == "access_ports"
    assert controller.calls("civo") == []


# -- who has it ---------------------------------------------------------------------------------------------------------------


@everywhere
def test_servers_are_given_by_name_or_id_and_kept(controller: Controller, provider: str) -> None:
    one, two = (controller.made(provider, name)["id"] for name in ("web1", "web2"))
    named: Result = {"name": "smtp"} if provider == "hostwinds" else {}
    if not named:
        made(controller, provider)
    assert actions(firewall(controller, provider, instances=[one], **named)) == ["attach instances"]
    result = firewall(controller, provider, instances=["web2", two], **named)
    assert actions(result) == ["attach instances"], "each once, and web1 keeps it"
    assert two in ends(result["firewall"])
    assert firewall(controller, provider, instances=["web1", "web2"], **named)["plan"] == []


@makers
def test_purging_servers_needs_consent(controller: Controller, provider: str) -> None:
    one, two = (controller.made(provider, name)["id"] for name in ("web1", "web2"))
    instead = made(controller, provider, name="other", rules=[SSH])
    made(controller, provider, instances=[one, two])
    options: Result = {"instances": ["web1"], "purge_instances": True, "detach_to": "other"}
    result = refused(controller, provider, **options)
    assert (result["error"], result["needs"]) == ("ConsentError", ["detach"])
    assert controller.writes(provider) == []
    predicted = firewall(controller, provider, check=True, allow=["detach"], **options)
    real = firewall(controller, provider, allow=["detach"], **options)
    assert predicted["firewall"] == real["firewall"]
    assert predicted["plan_id"] == real["plan_id"]
    assert actions(real) == ["detach instances"]
    assert ends(real["firewall"]) == {one}
    assert real["plan"][0]["after"] == ("other" if provider == "civo" else None)
    if provider == "civo":
        assert ends(listed(controller, provider, id=instead["id"])[0]) == {two}
    assert firewall(controller, provider, allow=["detach"], **options)["plan"] == []


@makers
def test_an_instance_that_does_not_exist_is_refused_or_presumed(controller: Controller, provider: str) -> None:
    result = refused(controller, provider, instances=["nobody"])
    assert result["error"] == "NotFoundError"
    assert controller.writes(provider) == []
    predicted = firewall(controller, provider, check=True, instances=["nobody", ""])
    assert actions(predicted) == ["create firewall", "attach instances", "attach instances"]
    assert predicted["approvable"] is False
    assert len(predicted["warnings"]) >= 2
    assert refused(controller, provider, instances=[""])["option"] == "instances"


def test_a_server_of_another_network_is_refused(controller: Controller) -> None:
    instance = controller.made("civo", network="private", firewalls=["private-fw"])
    result = refused(controller, "civo", instances=[instance["id"]])
    assert result["option"] == "instances"
    assert controller.writes("civo") == []
    assert firewall(controller, "civo", network="private", instances=[instance["id"]])["changed"] is True


def networks(controller: Controller) -> set[str]:
    from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec
    from ansible_collections.polyhost.cloud.plugins.module_utils._actions.catalog import catalog_info

    reply = controller.run(catalog_info, _argspec.CATALOG_INFO, provider="civo", region="LON1", lists=["networks"], rate_limit=0.0)
    return {each["name"] for each in reply.result["catalog"]["networks"]}


def test_ports_that_differ_are_made_alike(controller: Controller) -> None:
    instance = controller.made("gcore", network="net1", public_ip=True)
    shown = made(controller, "gcore", rules=[SSH], instances=[instance["id"]])
    assert firewall(controller, "gcore", rules=[SSH], instances=[instance["id"]])["plan"] == []
    assert ends(shown) == {instance["id"]}


# -- names ----------------------------------------------------------------------------------------------------------------------


@makers
def test_renamed_by_id(controller: Controller, provider: str) -> None:
    shown = made(controller, provider, rules=[SSH])
    made(controller, provider, name="taken")
    predicted = firewall(controller, provider, check=True, id=shown["id"], name="door")
    real = firewall(controller, provider, id=shown["id"], name="door")
    assert actions(real) == ["rename name"]
    assert predicted["firewall"] == real["firewall"]
    assert real["firewall"]["rules"] == shown["rules"], "renaming loses no rule"
    assert firewall(controller, provider, id=shown["id"], name="door")["plan"] == []
    result = refused(controller, provider, id=shown["id"], name="taken")
    assert result["error"] == "AmbiguousError"


@makers
def test_an_id_never_creates(controller: Controller, provider: str) -> None:
    nothing = "3addc7a1-e926-46da-b5a2-eb4b2f935230"
    assert refused(controller, provider, id=nothing, name="fw")["error"] == "NotFoundError"
    assert firewall(controller, provider, id=nothing, state="absent")["changed"] is False
    assert controller.writes(provider) == []


def test_another_region_may_have_the_name(controller: Controller) -> None:
    shown = made(controller, "gcore", rules=[SSH])
    made(controller, "gcore", region="7", name="door")
    assert actions(firewall(controller, "gcore", region=None, id=shown["id"], name="door")) == ["rename name"]
    assert refused(controller, "gcore", region=None, name="door")["error"] == "AmbiguousError"


def test_another_network_than_the_given_one_is_drift(controller: Controller) -> None:
    shown = made(controller, "civo")
    assert firewall(controller, "civo", id=shown["id"], network=shown["network"])["drift"] == []
    (drift,) = firewall(controller, "civo", id=shown["id"], network="private")["drift"]
    assert (drift["field"], drift["wanted"], drift["needs"]) == ("network", "private", "replace")
    assert refused(controller, "civo", id=shown["id"], network="private", on_drift="fail")["error"] == "DriftError"


def test_a_description_is_managed_where_there_is_one(controller: Controller) -> None:
    made(controller, "gcore", rules=[SSH], description="old")
    predicted = firewall(controller, "gcore", check=True, description="new")
    real = firewall(controller, "gcore", description="new")
    assert actions(real) == ["set description"]
    assert predicted["firewall"] == real["firewall"]
    assert [rule["ports"] for rule in real["firewall"]["rules"]] == ["22"]
    assert firewall(controller, "gcore", description="new")["plan"] == []
    assert refused(controller, "civo", description="x")["capability"] == "firewall.description"
    assert refused(controller, "gcore", network="net1")["capability"] == "firewall.network"
    assert controller.calls("civo") == []


# -- absent -----------------------------------------------------------------------------------------------------------------------


@makers
def test_deleted_and_deleted_again(controller: Controller, provider: str) -> None:
    shown = made(controller, provider, rules=[SSH])
    predicted = firewall(controller, provider, check=True, state="absent")
    assert controller.writes(provider) == []
    real = firewall(controller, provider, state="absent")
    assert predicted["plan_id"] == real["plan_id"]
    assert actions(real) == ["delete firewall"]
    assert real["firewall"] == predicted["firewall"] == shown
    assert real["diff"]["after"] == {}
    again = firewall(controller, provider, state="absent")
    assert again["changed"] is False
    assert set(again["firewall"]) == set(shown)
    assert listed(controller, provider, name="fw") == []


@pytest.mark.parametrize("check", [True, False])
@makers
def test_in_use_it_fails_with_the_servers(controller: Controller, provider: str, check: bool) -> None:
    one, two = (controller.made(provider, name)["id"] for name in ("web1", "web2"))
    made(controller, provider, instances=[one, two])
    result = refused(controller, provider, check=check, state="absent")
    assert result["error"] == "ConsentError"
    assert sorted(result["ids"]) == sorted([one, two])
    assert f"web1 ({one})" in result["msg"]
    assert f"web2 ({two})" in result["msg"]
    assert "allow: [detach]" in result["msg"]
    assert controller.writes(provider) == []


@makers
def test_in_use_it_goes_with_consent(controller: Controller, provider: str) -> None:
    one = controller.made(provider)["id"]
    other = made(controller, provider, name="other")
    made(controller, provider, instances=[one])
    options: Result = {"state": "absent", "allow": ["detach"], "detach_to": "other"}
    predicted = firewall(controller, provider, check=True, **options)
    real = firewall(controller, provider, **options)
    assert actions(real) == ["detach instances", "delete firewall"]
    assert predicted["plan_id"] == real["plan_id"]
    assert predicted["firewall"] == real["firewall"]
    assert listed(controller, provider, name="fw") == []
    assert ends(listed(controller, provider, id=other["id"])[0]) == ({one} if provider == "civo" else set())
    assert firewall(controller, provider, **options)["changed"] is False


def test_a_server_is_never_silently_given_the_open_default(controller: Controller) -> None:
    one = controller.made("civo")["id"]
    made(controller, "civo", instances=[one])
    result = refused(controller, "civo", state="absent", allow=["detach"])
    assert result["option"] == "detach_to"
    assert result["ids"] == [one]
    for wrong in ("fw", "nothing"):
        assert refused(controller, "civo", state="absent", allow=["detach"], detach_to=wrong)["option"] == "detach_to"
    assert controller.writes("civo") == []


def test_check_mode_takes_a_firewall_to_detach_to_that_an_earlier_task_makes(controller: Controller) -> None:
    made(controller, "civo", instances=[controller.made("civo")["id"]])
    predicted = firewall(controller, "civo", check=True, state="absent", allow=["detach"], detach_to="to-be-made")
    assert predicted["approvable"] is False
    assert [step["after"] for step in predicted["plan"]] == ["to-be-made", None]
    assert "to-be-made" in "".join(predicted["warnings"])


@makers
def test_expectations_guard_a_deletion(controller: Controller, provider: str) -> None:
    shown = made(controller, provider, rules=[SSH])
    assert refused(controller, provider, state="absent", expect={"id": "another"})["error"] == "ExpectationError"
    assert refused(controller, provider, state="absent", id=shown["id"], name="another")["error"] == "ExpectationError"
    assert refused(controller, provider, state="absent", expect={"colour": "red"})["option"] == "expect"
    assert controller.writes(provider) == []
    assert firewall(controller, provider, state="absent", id=shown["id"], name="fw", expect={"id": shown["id"]})["changed"] is True


@pytest.mark.parametrize(("provider", "name"), [("civo", "default-default"), ("gcore", "default")])
def test_the_default_one_is_never_deleted(controller: Controller, provider: str, name: str) -> None:
    result = refused(controller, provider, name=name, state="absent", allow=["detach"])
    assert "never deleted" in result["msg"]
    renamed = refused(controller, provider, id=result["id"], name="another")  # by which it could be deleted afterwards
    assert "never renamed" in renamed["msg"]
    assert controller.writes(provider) == []


@makers
def test_only_the_approved_plan(controller: Controller, provider: str) -> None:
    approved = firewall(controller, provider, check=True, rules=[SSH])["plan_id"]
    assert refused(controller, provider, rules=[SSH, WEB], expect_plan=approved)["error"] == "PlanChangedError"
    assert controller.writes(provider) == []
    assert firewall(controller, provider, rules=[SSH], expect_plan=approved)["changed"] is True
    assert firewall(controller, provider, rules=[SSH], expect_plan=approved)["changed"] is False


# -- faults -----------------------------------------------------------------------------------------------------------------------


@everywhere
def test_what_cannot_be_read_is_not_taken_for_absent(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, "*", "status", status=500, times=0)
    for options in ({"name": "web"}, {"name": "web", "rules": []}):
        result = refused(controller, provider, max_retry_wait=0.0, **options)
        assert result["error"] not in ("NotFoundError", "UnsupportedError")
    reply = controller.task("firewall_info", provider, max_retry_wait=0.0, **REGION[provider])
    assert reply.result["failed"] is True
    assert controller.writes(provider) == []


@makers
def test_a_wrong_token_is_not_absent(controller: Controller, provider: str) -> None:
    result = refused(controller, provider, state="absent", api_token="wrong-" + "token")
    assert result["error"] == "AuthError"


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
@makers
def test_a_lost_answer_of_a_deletion_or_an_assignment_is_no_failure(controller: Controller, provider: str, kind: str) -> None:
    instance = controller.made(provider)
    made(controller, provider, name="other")
    controller.simulator.fault(provider, ASSIGNS[provider], kind)
    assert ends(firewall(controller, provider, instances=[instance["id"]])["firewall"]) == {instance["id"]}
    controller.simulator.fault(provider, DELETES[provider], kind)
    result = firewall(controller, provider, state="absent", allow=["detach"], detach_to="other")
    assert actions(result) == ["detach instances", "delete firewall"]
    assert listed(controller, provider, name="fw") == []


@makers
def test_a_refused_create_changed_nothing(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, CREATES[provider], "status", status=422, times=0)
    result = refused(controller, provider, rules=[SSH])
    assert (result["changed"], result["plan"]) == (False, [])


@makers
def test_a_failed_call_says_which_firewall_it_was_about(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, CREATES[provider], "rate_limit", times=0)
    message = refused(controller, provider, rules=[SSH])["msg"]
    assert f"{CREATES[provider]}: too many requests" in message
    assert "; this was about firewall fw at " in message


# -- check mode of what is not there yet ------------------------------------------------------------------------------------------


@makers
def test_check_mode_on_an_empty_account(controller: Controller, provider: str) -> None:
    """A firewall, a server that has it, and both again by the ids that nobody knows yet."""
    first = firewall(controller, provider, check=True, rules=[SSH], instances=["web1"])
    assert first["approvable"] is False
    assert first["firewall"]["instances"] == [{"id": None, "name": "web1"}]
    by_id = firewall(controller, provider, check=True, id=first["firewall"]["id"], rules=[SSH], instances=[""])
    assert by_id["approvable"] is False
    assert by_id["firewall"]["rules"] == first["firewall"]["rules"]
    assert by_id["diff"]["after"] == {"instances": ["a new instance"], "rules": ["allow in tcp 22 from anywhere"]}
    unwaited = firewall(controller, provider, check=True, id=first["firewall"]["id"], rules=[SSH], instances=[""], wait=False)
    assert unwaited["warnings"][-1].endswith("settled: attach a new instance")
    gone = firewall(controller, provider, check=True, state="absent")
    assert (gone["changed"], gone["firewall"]["region"]) == (False, REGION[provider]["region"])
    assert controller.writes(provider) == []
    assert refused(controller, provider, id="", rules=[SSH])["error"] == "OptionError"


def test_check_mode_takes_a_network_that_an_earlier_task_makes(controller: Controller) -> None:
    predicted = firewall(controller, "civo", check=True, network="to-be-made", rules=[SSH])
    assert predicted["approvable"] is False
    assert "to-be-made" in "".join(predicted["warnings"])
    assert refused(controller, "civo", network="to-be-made", rules=[SSH])["option"] == "network"


# -- where there are only profiles, or nothing --------------------------------------------------------------------------------------


def test_a_profile_is_attached_by_the_end_of_its_name(controller: Controller) -> None:
    instance = controller.made("hostwinds")
    predicted = firewall(controller, "hostwinds", check=True, name="webstack", instances=[instance["id"]])
    real = firewall(controller, "hostwinds", name="webstack", instances=[instance["id"]])
    assert controller.writes("hostwinds") == [ASSIGNS["hostwinds"]]
    assert real["firewall"]["name"] == "8f3a1c-webstack"
    assert predicted["firewall"] == real["firewall"]
    assert predicted["plan_id"] == real["plan_id"]
    assert real["plan"][0]["before"] == "default"
    assert real["warnings"] == []
    assert firewall(controller, "hostwinds", name="8f3a1c-webstack", instances=["web1"])["plan"] == []
    assert [each["name"] for each in listed(controller, "hostwinds", name="webstack")] == ["8f3a1c-webstack"]


def test_the_rules_of_a_profile_are_compared_only(controller: Controller) -> None:
    rules = [{"ports": port, "addresses": ["0.0.0.0/0"]} for port in ("80", "443")]
    assert firewall(controller, "hostwinds", name="web", rules=rules)["plan"] == []
    result = refused(controller, "hostwinds", name="web", rules=[rules[0], {"ports": "22"}])
    assert result["capability"] == "firewall.rules"
    assert "+ allow in tcp 22 from anywhere" in result["msg"]
    assert "- allow in tcp 443 from 0.0.0.0/0" in result["msg"]
    assert firewall(controller, "hostwinds", name="web", rules=rules[:1], purge_rules=False)["plan"] == []
    assert controller.writes("hostwinds") == []


@pytest.mark.parametrize(
    ("options", "capability"),
    [
        ({"state": "absent"}, "firewall.absent"),
        ({"instances": [], "purge_instances": True}, "firewall.purge_instances"),
        ({"description": "x"}, "firewall.description"),
        ({"network": "x"}, "firewall.network"),
        ({"rules": [{"ports": "22", "action": "deny"}]}, "firewall.deny"),
    ],
)
def test_what_profiles_cannot_is_refused_before_any_call(controller: Controller, options: Result, capability: str) -> None:
    result = refused(controller, "hostwinds", name="web", **options)
    assert result["capability"] == capability
    assert controller.calls("hostwinds") == []


def test_a_profile_that_does_not_exist_is_refused_with_those_that_do(controller: Controller) -> None:
    for check in (True, False):
        result = refused(controller, "hostwinds", check=check, name="nothing")
        assert result["error"] == "UnsupportedError"
        assert "webstack" in result["msg"]
        assert "panel" in result["msg"]
    assert refused(controller, "hostwinds", id="2", name="other")["capability"] == "firewall.rename"


def test_hosterapi_has_none_and_is_not_asked(controller: Controller) -> None:
    for check in (True, False):
        for options in ({}, {"state": "absent"}, {"name": ""}):
            result = refused(controller, "hosterapi", check=check, **{"name": "fw", **options})
            assert (result["error"], result["capability"]) == ("UnsupportedError", "firewall")
    info = controller.task("firewall_info", "hosterapi")
    assert (info.result["firewalls"], info.result["supported"]) == ([], False)
    assert controller.calls("hosterapi") == []


# -- reading ------------------------------------------------------------------------------------------------------------------------


@makers
def test_info_filters(controller: Controller, provider: str) -> None:
    names = {f"fw{number}" for number in range(12)}
    ids = {name: made(controller, provider, name=name)["id"] for name in sorted(names)}
    everything = controller.task("firewall_info", provider).result
    assert everything["supported"] is True
    assert names <= {each["name"] for each in everything["firewalls"]}
    assert [each["id"] for each in listed(controller, provider, name="fw3")] == [ids["fw3"]]
    assert [each["name"] for each in listed(controller, provider, id=ids["fw7"])] == ["fw7"]
    assert listed(controller, provider, id=ids["fw7"], name="fw3") == []
    assert listed(controller, provider, name="nothing") == []
    assert controller.writes(provider) == []


def test_info_by_network(controller: Controller) -> None:
    shown = made(controller, "civo")
    label = next(each for each in networks(controller) if each.lower().startswith("default"))
    for network in (shown["network"], label):
        assert shown["id"] in {each["id"] for each in listed(controller, "civo", network=network)}
    assert listed(controller, "civo", network="nothing") == []
