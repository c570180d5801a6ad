# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(playbooks/vars/awx.yml) would break in AWX, and the same as the file that C(awx import) takes.

Written by C(python3 tools/awx_assets.py) to C(playbooks/files/awx/import.json). The rules are those of AWX 24.6.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

PLAYBOOKS = Path(__file__).resolve().parents[1] / "playbooks"
ASSETS = PLAYBOOKS / "vars" / "awx.yml"
PROJECT = PLAYBOOKS / "files" / "awx" / "project"
IMPORT = PLAYBOOKS / "files" / "awx" / "import.json"

# What stands in the file for import until somebody edits it; awx_setup.yml asks for it.
ORGANIZATION = "Default"
REPOSITORY = "https://git.example.com/ops/polyhost.git"
IMAGE = "registry.example.com/polyhost:1"

Assets = t.Mapping[str, t.Any]

KINDS = ("cloud", "net")
FIELD_KEYS = {"id", "label", "type", "format", "choices", "multiline", "secret", "help_text", "ask_at_runtime", "default"}
FIELD_ID = re.compile(r"^[a-zA-Z_]+[a-zA-Z0-9_]*$")
INJECTORS = {"env", "file", "extra_vars"}
ENVIRONMENT_NAME = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
ENVIRONMENT_OF_AWX = frozenset(
    "VIRTUAL_ENV PATH PYTHONPATH PROOT_TMP_DIR JOB_ID INVENTORY_ID INVENTORY_SOURCE_ID INVENTORY_UPDATE_ID AD_HOC_COMMAND_ID"
    " REST_API_URL REST_API_TOKEN MAX_EVENT_RES CALLBACK_QUEUE CALLBACK_CONNECTION CACHE JOB_CALLBACK_DEBUG INVENTORY_HOSTVARS"
    " AWX_HOST PROJECT_REVISION SUPERVISOR_WEB_CONFIG_PATH FACT_QUEUE".split()
)
QUESTION_TYPES = ("text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect")
PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
ON_LOCALHOST = re.compile(r"^\s*-?\s*hosts: (localhost|127\.0\.0\.1)$", re.MULTILINE)
EDGES = ("success_nodes", "failure_nodes", "always_nodes")


class _Loader(yaml.SafeLoader):
    """Knows ansible's mark for what is no template of its own."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(t.cast(yaml.ScalarNode, node)))


def load(path: Path = ASSETS) -> dict[str, t.Any]:
    """The assets as AWX gets them."""
    assets: dict[str, t.Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    return assets


# -- what AWX refuses ---------------------------------------------------------------------------------------------------


def problems(assets: Assets) -> list[str]:
    """What AWX would refuse, or take and do otherwise than meant; empty when all is well."""
    return [
        *(f"{each['name']}: {problem}" for each in assets["awx_credential_types"] for problem in credential_type_problems(each)),
        *(f"{each['name']}: {problem}" for each in assets["awx_job_templates"] for problem in _job_template_problems(each, assets)),
        *(f"{assets['awx_workflow']['name']}: {problem}" for problem in workflow_problems(assets["awx_workflow"], assets)),
        *_reference_problems(assets),
    ]


def credential_type_problems(credential_type: Assets) -> t.Iterator[str]:
    """What is wrong with a credential type."""
    if credential_type.get("kind") not in KINDS:
        yield f"kind is {credential_type.get('kind')}, not one of {', '.join(KINDS)}"
    fields = credential_type["inputs"]["fields"]
    ids = [field.get("id", "") for field in fields]
    for field in fields:
        yield from _field_problems(field)
    yield from (f"field {name} is there twice" for name in sorted(set(ids)) if ids.count(name) > 1)
    yield from (f"required: there is no field {name}" for name in credential_type["inputs"].get("required", []) if name not in ids)
    injectors = credential_type["injectors"]
    yield from (f"injectors: {section} is none" for section in sorted(set(injectors) - INJECTORS))
    yield from _environment_problems(injectors.get("env", {}))
    yield from _file_problems(injectors.get("file", {}))
    values = dict.fromkeys(ids, "x") | {"tower": {"filename": _file_names(injectors.get("file", {}))}}
    for section in ("env", "file", "extra_vars"):
        for name, template in injectors.get(section, {}).items():
            try:
                ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(values)
            except TemplateError as exc:
                yield f"injectors: {section} {name}: {exc.message}"


def _field_problems(field: Assets) -> t.Iterator[str]:
    name = field.get("id", "")
    if not FIELD_ID.match(name):
        yield f"field {name!r}: no id that AWX takes"
    if name == "tower":
        yield "field tower: AWX has that one itself"
    if not field.get("label"):
        yield f"field {name}: no label"
    if field.get("type", "string") not in ("string", "boolean"):
        yield f"field {name}: type is {field['type']}, not string or boolean"
    if field.get("format", "url") not in ("ssh_private_key", "url"):
        yield f"field {name}: format is {field['format']}, not ssh_private_key or url"
    yield from (f"field {name}: {key} is unknown" for key in sorted(set(field) - FIELD_KEYS))


def _environment_problems(names: t.Iterable[str]) -> t.Iterator[str]:
    for name in names:
        if not ENVIRONMENT_NAME.match(name) or name.startswith("ANSIBLE_") or name in ENVIRONMENT_OF_AWX:
            yield f"injectors: {name} may not be set"


def _file_problems(files: t.Collection[str]) -> t.Iterator[str]:
    for name in files:
        if name != "template" and not re.fullmatch(r"template\.\w+", name):
            yield f"injectors: file {name} is called neither template nor template.NAME"
    if "template" in files and len(files) > 1:
        yield "injectors: of several files each needs a name, template.NAME"


def _file_names(files: t.Iterable[str]) -> t.Any:
    names = {name.removeprefix("template.") for name in files}
    return "/file" if names == {"template"} else {name: f"/{name}" for name in names}


def survey_problems(spec: Assets) -> t.Iterator[str]:
    """What is wrong with a survey."""
    yield from (f"survey: no {key}" for key in ("name", "description", "spec") if key not in spec)
    seen: set[str] = set()
    for question in spec.get("spec", []):
        name = question.get("variable", "")
        yield from (f"question {name!r}: no {key}" for key in ("question_name", "variable", "type", "required") if key not in question)
        if name in seen:
            yield f"question {name}: it is there twice"
        seen.add(name)
        if question.get("type") not in QUESTION_TYPES:
            yield f"question {name}: type is {question.get('type')}, which AWX does not know"
            continue
        choices = question.get("choices")
        chooses = question["type"] in ("multiplechoice", "multiselect")
        if chooses and not choices:
            yield f"question {name}: nothing to choose from"
        default = question.get("default", "")
        wanted = {"integer": int, "float": (int, float)}.get(question["type"])
        if default != "" and wanted and not isinstance(default, t.cast(t.Any, wanted)):
            yield f"question {name}: the default {default!r} is no {question['type']}"
        if chooses and default != "" and not set(str(default).split("\n")) <= set(choices or ()):
            yield f"question {name}: the default {default!r} is none of its choices"


def _job_template_problems(template: Assets, assets: Assets) -> t.Iterator[str]:
    template = {**assets["awx_job_template_defaults"], **template}
    path = PROJECT / template["playbook"]
    if not path.is_file():
        yield f"the project has no {template['playbook']}"
    elif not PLAYBOOK.search(path.read_text(encoding="utf-8")):
        yield f"AWX takes {template['playbook']} for no playbook: a line of its own has to say hosts or import_playbook, the short word"
    if template["job_type"] not in ("run", "check"):
        yield f"job_type is {template['job_type']}, not run or check"
    if "survey_spec" in template:
        yield from survey_problems(template["survey_spec"])
    if bool(template.get("survey_enabled")) != ("survey_spec" in template):
        yield "survey_enabled and survey_spec belong together"
    if template["ask_variables_on_launch"] and template.get("credentials", True):
        yield "with variables of their own, users could have a token sent elsewhere: ask_variables_on_launch only without credentials"
    if "slices_variable" in template and ON_LOCALHOST.search((PLAYBOOKS / template["playbook"]).read_text(encoding="utf-8")):
        yield "a play on localhost would run whole in every slice"


def workflow_problems(workflow: Assets, assets: Assets) -> t.Iterator[str]:
    """What is wrong with the workflow."""
    yield from survey_problems(workflow["survey_spec"])
    if workflow.get("ask_variables_on_launch") is not False:
        yield "variables given at launch come before what nodes publish, so ask_variables_on_launch has to be false"
    nodes = {node["identifier"]: node for node in workflow["nodes"]}
    if len(nodes) < len(workflow["nodes"]):
        yield "two nodes have one identifier"
    templates = {template["name"]: template for template in assets["awx_job_templates"]}
    followed: set[str] = set()
    for position, node in enumerate(workflow["nodes"]):
        name = node["identifier"]
        if ("approval_node" in node) == ("unified_job_template" in node):
            yield f"node {name}: it needs a template or an approval, not both"
        template = templates.get(node.get("unified_job_template", ""))
        if "unified_job_template" in node and template is None:
            yield f"node {name}: there is no template {node['unified_job_template']}"
        if template and node.get("extra_data") and not template.get("ask_variables_on_launch"):
            yield f"node {name}: its template does not take extra_data"
        if template and "slices_variable" in template:
            yield f"node {name}: what slices publish replaces each other"
        for edge in EDGES:
            for target in node.get(edge, []):
                followed.add(target)
                if target not in nodes:
                    yield f"node {name}: there is no node {target} to go on to"
                elif workflow["nodes"].index(nodes[target]) <= position:
                    yield f"node {name}: {target} stands before it"
    starts = set(nodes) - followed
    if len(starts) != 1:
        yield f"it starts with {', '.join(sorted(starts)) or 'no node'}, not with one"


def _reference_problems(assets: Assets) -> t.Iterator[str]:
    types = {each["name"]: each["provider"] for each in assets["awx_credential_types"]}
    credentials = {each["name"]: each for each in assets["awx_credentials"]}
    for each in credentials.values():
        if types.get(each["credential_type"]) != each["provider"]:
            yield f"{each['name']}: there is no type {each['credential_type']} of its provider"
    for each in assets["awx_inventory_sources"]:
        if not (PROJECT / each["source_path"]).is_file():
            yield f"{each['name']}: the project has no {each['source_path']}"
        if "credential" in each and each["credential"] not in credentials:
            yield f"{each['name']}: there is no credential {each['credential']}"
    for each in assets["awx_job_templates"]:
        yield from (f"{each['name']}: there is no credential {name}" for name in each.get("credentials", []) if name not in credentials)
    for kind in ("awx_credential_types", "awx_credentials", "awx_inventory_sources", "awx_job_templates"):
        names = [each["name"] for each in assets[kind]]
        yield from (f"{name}: two of {kind} are called that" for name in sorted(set(names)) if names.count(name) > 1)


# -- awx import -----------------------------------------------------------------------------------------------------------


def importable(assets: Assets) -> dict[str, t.Any]:
    """The assets in the form of C(awx export). Credentials come without inputs: tokens are typed into AWX, not kept in a file."""
    environment = _named("execution_environment", assets["awx_execution_environment"])
    project = _owned("project", assets["awx_project"])
    inventory = _owned("inventory", assets["awx_inventory"])
    types = {each["name"]: {"name": each["name"], "kind": each["kind"], "type": "credential_type"} for each in assets["awx_credential_types"]}
    credentials = {each["name"]: {**_owned("credential", each), "credential_type": types[each["credential_type"]]} for each in assets["awx_credentials"]}
    owner = {"organization": _organization()}
    return {
        "credential_types": [
            {**{key: value for key, value in each.items() if key != "provider"}, "natural_key": types[each["name"]]} for each in assets["awx_credential_types"]
        ],
        "credentials": [
            {"name": name, **owner, "credential_type": key["credential_type"], "inputs": {}, "natural_key": key} for name, key in credentials.items()
        ],
        "execution_environments": [{**assets["awx_execution_environment"], **owner, "image": IMAGE, "natural_key": environment}],
        "projects": [{**assets["awx_project"], **owner, "scm_url": REPOSITORY, "default_environment": environment, "natural_key": project}],
        "inventory": [{**assets["awx_inventory"], **owner, "natural_key": inventory}],
        "inventory_sources": [_inventory_source(each, inventory, project, environment, credentials) for each in assets["awx_inventory_sources"]],
        "job_templates": [_job_template(each, assets, inventory, project, environment, credentials) for each in assets["awx_job_templates"]],
        "workflow_job_templates": [_workflow(assets["awx_workflow"], inventory)],
    }


def _organization() -> dict[str, str]:
    return {"name": ORGANIZATION, "type": "organization"}


def _named(kind: str, asset: Assets) -> dict[str, t.Any]:
    return {"name": asset["name"], "type": kind}


def _owned(kind: str, asset: Assets) -> dict[str, t.Any]:
    return {"organization": _organization(), **_named(kind, asset)}


def _inventory_source(source: Assets, inventory: Assets, project: Assets, environment: Assets, credentials: Assets) -> dict[str, t.Any]:
    return {
        "overwrite_vars": True,
        **{key: value for key, value in source.items() if key not in ("provider", "credential")},
        "source": "scm",
        "inventory": inventory,
        "source_project": project,
        "execution_environment": environment,
        "overwrite": True,
        "credential": credentials[source["credential"]] if "credential" in source else None,
        "natural_key": {"organization": _organization(), "name": source["name"], "inventory": inventory, "type": "inventory_source"},
    }


def _job_template(template: Assets, assets: Assets, inventory: Assets, project: Assets, environment: Assets, credentials: Assets) -> dict[str, t.Any]:
    fields = {**assets["awx_job_template_defaults"], **template}
    fields.pop("provider", None)
    names = fields.pop("credentials", list(credentials))
    survey = fields.pop("survey_spec", None)
    sliced = fields.pop("slices_variable", None)
    related = {"credentials": [credentials[name] for name in names], "survey_spec": survey}
    return {
        **fields,
        "inventory": inventory,
        "project": project,
        "execution_environment": environment,
        "job_slice_count": 1,
        "extra_vars": json.dumps({sliced: 1}) if sliced else "",
        "related": {key: value for key, value in related.items() if value},
        "natural_key": _owned("job_template", template),
    }


def _workflow(workflow: Assets, inventory: Assets) -> dict[str, t.Any]:
    key = _owned("workflow_job_template", workflow)
    return {
        **{name: value for name, value in workflow.items() if name not in ("nodes", "survey_spec")},
        "organization": _organization(),
        "inventory": inventory,
        "related": {"survey_spec": workflow["survey_spec"], "workflow_nodes": [_node(each, key) for each in workflow["nodes"]]},
        "natural_key": key,
    }


def _node(node: Assets, workflow: Assets) -> dict[str, t.Any]:
    def node_key(identifier: str) -> dict[str, t.Any]:
        return {"workflow_job_template": workflow, "identifier": identifier, "type": "workflow_job_template_node"}

    related: dict[str, t.Any] = {edge: [node_key(target) for target in node[edge]] for edge in EDGES if node.get(edge)}
    if "approval_node" in node:
        related["create_approval_template"] = node["approval_node"]
    return {
        "identifier": node["identifier"],
        "workflow_job_template": workflow,
        "unified_job_template": _owned("job_template", {"name": node["unified_job_template"]}) if "unified_job_template" in node else None,
        "extra_data": node.get("extra_data", {}),
        "related": related,
        "natural_key": node_key(node["identifier"]),
    }


def rendered(assets: Assets) -> str:
    """The text of the file for C(awx import)."""
    return json.dumps(importable(assets), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    IMPORT.write_text(rendered(load()), encoding="utf-8")
