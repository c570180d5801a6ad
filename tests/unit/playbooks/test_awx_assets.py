# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is given: by AWX's rules, by the drivers' data, and the same in both of its forms."""

from __future__ import annotations

import copy
import importlib.util
import re
import types
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

ROOT = Path(__file__).resolve().parents[3]
PROFILES = {name: driver.PROFILE for name, driver in DRIVERS.items()}


def load_tool() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("awx_assets", ROOT / "tools" / "awx_assets.py")
    if spec is None or spec.loader is None:
        raise ImportError("tools/awx_assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()


@pytest.fixture
def assets() -> dict[str, t.Any]:
    """A copy to spoil."""
    loaded: dict[str, t.Any] = copy.deepcopy(TOOL.load())
    return loaded


def test_awx_would_take_them(assets: dict[str, t.Any]) -> None:
    assert TOOL.problems(assets) == []


def test_the_file_for_import_is_current(assets: dict[str, t.Any]) -> None:
    assert TOOL.IMPORT.read_text(encoding="utf-8") == TOOL.rendered(assets), "run python3 tools/awx_assets.py"


def test_no_secret_is_in_the_file_for_import(assets: dict[str, t.Any]) -> None:
    assert [each["inputs"] for each in TOOL.importable(assets)["credentials"]] == [{}] * len(PROFILES)


@pytest.mark.parametrize("provider", PROFILES)
def test_a_credential_type_sets_what_the_driver_reads(assets: dict[str, t.Any], provider: str) -> None:
    profile = PROFILES[provider]
    (credential_type,) = (each for each in assets["awx_credential_types"] if each["provider"] == provider)
    names = list(credential_type["injectors"]["env"])
    assert names[0] == profile.token_env, "awx_setup.yml takes the first for the token"
    ledger = ["VPS_LEDGER"] if profile.capabilities.names == "ledger" else []
    assert sorted(names) == sorted([profile.token_env, profile.url_env, *([profile.project_env] if profile.project_env else []), *ledger])
    assert [field["id"] for field in credential_type["inputs"]["fields"] if field.get("secret")] == ["api_token"]


def test_every_provider_has_a_type_a_credential_and_a_source(assets: dict[str, t.Any]) -> None:
    for kind in ("awx_credential_types", "awx_credentials", "awx_inventory_sources"):
        assert {each["provider"] for each in assets[kind] if "provider" in each} == set(PROFILES), kind


def test_the_rates_that_slices_divide_are_the_drivers(assets: dict[str, t.Any]) -> None:
    rates = yaml.safe_load((ROOT / "playbooks" / "vars" / "rates.yml").read_text(encoding="utf-8"))["rates"]
    assert rates == {name: profile.rate_limit for name, profile in PROFILES.items()}


def test_surveys_ask_for_what_the_playbooks_say(assets: dict[str, t.Any]) -> None:
    surveys = {each["playbook"]: each["survey_spec"] for each in assets["awx_job_templates"] if "survey_spec" in each}
    surveys["change_plan.yml"] = assets["awx_workflow"]["survey_spec"]
    assert len(surveys) > 4
    for playbook, survey in surveys.items():
        text = (ROOT / "playbooks" / playbook).read_text(encoding="utf-8")
        for question in survey["spec"]:
            assert re.search(rf"^# .*\b{question['variable']}\b", text, re.MULTILINE), f"{playbook} does not tell of {question['variable']}"


# -- what is refused ----------------------------------------------------------------------------------------------------


def field(**changes: t.Any) -> dict[str, t.Any]:
    return {"id": "api_token", "label": "Token", "type": "string", **changes}


def credential_type(*fields: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    return {"kind": "cloud", "inputs": {"fields": list(fields) or [field()]}, "injectors": {"env": {"TOKEN": "{{ api_token }}"}}, **changes}


@pytest.mark.parametrize(
    ("sample", "problem"),
    [
        (credential_type(kind="ssh"), "kind is ssh"),
        (credential_type(field(), field(id="api-token")), "no id that AWX takes"),
        (credential_type(field(), field(id="tower")), "AWX has that one itself"),
        (credential_type(field(), field()), "there twice"),
        (credential_type(field(label="")), "no label"),
        (credential_type(field(type="integer")), "type is integer"),
        (credential_type(field(format="email")), "format is email"),
        (credential_type(field(optional=True)), "optional is unknown"),
        (credential_type(inputs={"fields": [field()], "required": ["token"]}), "there is no field token"),
        (credential_type(injectors={"environment": {}}), "environment is none"),
        (credential_type(injectors={"env": {"ANSIBLE_TOKEN": "{{ api_token }}"}}), "ANSIBLE_TOKEN may not be set"),
        (credential_type(injectors={"env": {"CACHE": "{{ api_token }}"}}), "CACHE may not be set"),
        (credential_type(injectors={"env": {"TOKEN": "{{ token }}"}}), "'token' is undefined"),
        (credential_type(injectors={"env": {"TOKEN": "{{ api_token"}}), "unexpected end"),
        (credential_type(injectors={"file": {"ca": "x"}}), "neither template nor template.NAME"),
        (credential_type(injectors={"file": {"template": "x", "template.ca": "x"}}), "each needs a name"),
        (credential_type(injectors={"file": {"template.ca": "x"}, "env": {"CA": "{{ tower.filename.key }}"}}), "has no attribute 'key'"),
    ],
)
def test_a_credential_type_that_awx_refuses(sample: dict[str, t.Any], problem: str) -> None:
    assert any(problem in found for found in TOOL.credential_type_problems(sample)), list(TOOL.credential_type_problems(sample))


def test_a_credential_type_with_files_that_awx_takes() -> None:
    files = {"file": {"template.ca": "{{ api_token }}"}, "env": {"CA": "{{ tower.filename.ca }}"}}
    assert list(TOOL.credential_type_problems(credential_type(injectors=files))) == []


def survey(**changes: t.Any) -> dict[str, t.Any]:
    question = {"question_name": "Size", "variable": "size", "type": "text", "required": True, **changes}
    return {"name": "", "description": "", "spec": [{key: value for key, value in question.items() if value is not None}]}


@pytest.mark.parametrize(
    ("sample", "problem"),
    [
        ({"spec": []}, "no name"),
        (survey(variable=None), "no variable"),
        (survey(type="number"), "type is number"),
        (survey(type="multiplechoice"), "nothing to choose from"),
        (survey(type="multiplechoice", choices=["a"], default="b"), "none of its choices"),
        (survey(type="integer", default="7"), "is no integer"),
        ({**survey(), "spec": survey()["spec"] * 2}, "there twice"),
    ],
)
def test_a_survey_that_awx_refuses(sample: dict[str, t.Any], problem: str) -> None:
    assert any(problem in found for found in TOOL.survey_problems(sample)), list(TOOL.survey_problems(sample))


def spoil_template(**changes: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    return lambda assets: assets["awx_job_templates"][0].update(changes)


def spoil_node(identifier: str, **changes: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    def spoil(assets: dict[str, t.Any]) -> None:
        next(node for node in assets["awx_workflow"]["nodes"] if node["identifier"] == identifier).update(changes)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (spoil_template(playbook="gone.yml"), "the project has no gone.yml"),
        (spoil_template(playbook="inventory/civo.vps.yml"), "for no playbook"),
        (spoil_template(job_type="scan"), "job_type is scan"),
        (spoil_template(survey_enabled=False), "belong together"),
        (spoil_template(ask_variables_on_launch=True), "sent elsewhere"),
        (spoil_template(slices_variable="slices"), "whole in every slice"),
        (spoil_node("plan", success_nodes=["gates"]), "there is no node gates"),
        (spoil_node("apply", success_nodes=["plan"]), "plan stands before it"),
        (spoil_node("plan", success_nodes=[]), "it starts with gate, plan"),
        (spoil_node("plan", extra_data={"x": 1}), "does not take extra_data"),
        (spoil_node("plan", unified_job_template="Polyhost: converge"), "replaces each other"),
        (spoil_node("approve", unified_job_template="Polyhost: change, apply"), "not both"),
        (lambda assets: assets["awx_workflow"].update(ask_variables_on_launch=True), "come before what nodes publish"),
        (lambda assets: assets["awx_inventory_sources"][0].update(source_path="inventory/x.vps.yml"), "the project has no inventory/x.vps.yml"),
        (lambda assets: assets["awx_inventory_sources"][0].update(credential="x"), "there is no credential x"),
        (lambda assets: assets["awx_credentials"][0].update(credential_type="Polyhost Civo"), "no type Polyhost Civo of its provider"),
        (lambda assets: assets["awx_credentials"].append(assets["awx_credentials"][0]), "are called that"),
    ],
)
def test_assets_that_would_not_do_what_they_say(assets: dict[str, t.Any], spoil: t.Callable[[dict[str, t.Any]], None], problem: str) -> None:
    spoil(assets)
    assert any(problem in found for found in TOOL.problems(assets)), TOOL.problems(assets)
