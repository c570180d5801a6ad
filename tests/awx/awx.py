# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for AWX: it runs the assets by ansible-runner as AWX does, each job with a home of its own as in a container.

What it does by AWX's rules: credentials become environment and files, inventory sources become hosts, disabled hosts stay outside, slices get every
nth host, answers are marked unsafe, and a workflow's node gets what those before it have published, with the workflow's answers above that.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import ansible_runner
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

JOB_SECONDS = 180  # a job that takes longer hangs

Variables = t.Mapping[str, t.Any]


@dataclass
class Job:
    """How a job ended, what it showed and what it published."""

    successful: bool
    output: str
    artifacts: dict[str, t.Any]


@dataclass
class WorkflowJob:
    """How a workflow ended, and its nodes in the order in which they ran."""

    successful: bool = True
    nodes: dict[str, Job] = field(default_factory=dict)


class Awx:
    """The assets, set up with one account a provider.

    Args:
        assets: C(playbooks/vars/awx.yml), with C(!unsafe) taken away.
        project: the project's files.
        folder: where jobs run.
        inputs: the inputs of the credentials, by provider.
        environ: what every job has in its environment besides (a setting of AWX).
    """

    def __init__(
        self, assets: dict[str, t.Any], project: Path, folder: Path, inputs: t.Mapping[str, Variables], environ: t.Mapping[str, str] | None = None
    ) -> None:
        self.assets = assets
        self.folder = folder
        self.project = folder / "project"
        shutil.copytree(project, self.project)
        self.types = {each["name"]: each for each in assets["awx_credential_types"]}
        self.credentials = {each["name"]: each for each in assets["awx_credentials"] if each["provider"] in inputs}
        self.templates = {each["name"]: {**assets["awx_job_template_defaults"], **each} for each in assets["awx_job_templates"]}
        self.inputs = inputs
        self.environ = dict(environ or {})
        self.hosts: dict[str, dict[str, t.Any]] = {}
        self.enabled: set[str] = set()
        self.instance_ids: dict[str, str] = {}
        self.groups: dict[str, dict[str, t.Any]] = {}
        self.jobs = 0

    # -- credentials ----------------------------------------------------------------------------------------------------

    def injected(self, names: t.Iterable[str], folder: Path) -> dict[str, str]:
        """The environment that credentials make; their files are written with mode 0600."""
        jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        environ: dict[str, str] = {}
        for name in names:
            credential = self.credentials[name]
            injectors = self.types[credential["credential_type"]]["injectors"]
            values: dict[str, t.Any] = dict(self.inputs[credential["provider"]])
            files: dict[str, str] = {}
            for label, template in injectors.get("file", {}).items():
                path = folder / f"{credential['provider']}-{label}"
                path.write_text(jinja.from_string(template).render(values), encoding="utf-8")
                path.chmod(stat.S_IRUSR | stat.S_IWUSR)
                files[label.removeprefix("template").removeprefix(".")] = str(path)
            values["tower"] = {"filename": files.get("", files)}
            environ.update({variable: jinja.from_string(template).render(values) for variable, template in injectors.get("env", {}).items()})
        return environ

    # -- inventory ------------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Update the inventory from all sources, each replacing what it brought before, in the order of C(assets); AWX keeps none."""
        self.hosts, self.enabled, self.instance_ids, self.groups = {}, set(), {}, {}
        for source in self.assets["awx_inventory_sources"]:
            if source.get("credential", next(iter(self.credentials))) in self.credentials:
                self._sync(source)

    def _sync(self, source: Variables) -> None:
        folder = self._private_folder()
        environ = self.injected([source["credential"]] if "credential" in source else [], folder)
        listed, error = ansible_runner.get_inventory(
            action="list",
            inventories=[str(self.project / source["source_path"])],
            response_format="json",
            export=True,
            playbook_dir=str(self.project),
            private_data_dir=str(folder),
            envvars={**self._surroundings(folder), **environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True"},
            quiet=True,
        )
        if not isinstance(listed, dict):
            raise AssertionError(f"{source['name']} cannot be listed: {error}")
        for name, variables in listed["_meta"]["hostvars"].items():
            if "enabled_var" in source and variables.get(source["enabled_var"]) is not True:
                self.enabled.discard(name)
            elif "enabled_var" in source or name not in self.hosts:
                self.enabled.add(name)
            others = {} if source.get("overwrite_vars", True) else self.hosts.get(name, {})
            self.hosts[name] = {**others, **variables}
            self.instance_ids[name] = str(variables.get("vps_uid", ""))
        for name, group in listed.items():
            if name != "_meta":
                known = self.groups.setdefault(name, {"hosts": [], "children": [], "vars": {}})
                known["hosts"] += [host for host in group.get("hosts", []) if host not in known["hosts"]]
                known["children"] += [child for child in group.get("children", []) if child not in known["children"]]
                known["vars"].update(group.get("vars", {}))

    def _inventory_script(self, slice_number: int, slices: int) -> str:
        names = sorted(self.enabled)[slice_number - 1 :: slices]
        groups = {name: {**group, "hosts": [host for host in group["hosts"] if host in names]} for name, group in self.groups.items()}
        groups["all"] = {**groups.get("all", {"children": [], "vars": {}}), "hosts": names}
        data = {**groups, "_meta": {"hostvars": {name: self.hosts[name] for name in names}}}
        return f"#! {sys.executable}\n# -*- coding: utf-8 -*-\nprint({json.dumps(data)!r})\n"

    # -- jobs -----------------------------------------------------------------------------------------------------------

    def launch(self, name: str, answers: Variables | None = None, extra_vars: Variables | None = None) -> Job:
        """Run a job template with answers to its survey, or with a node's variables."""
        questions = [question["variable"] for question in self.templates[name].get("survey_spec", {}).get("spec", [])]
        unknown = set(answers or {}) - set(questions)
        if unknown:
            raise AssertionError(f"{name} asks no such questions: {unknown}")
        return self._finish(*self._start(name, {**(answers or {}), **(extra_vars or {})}))

    def launch_sliced(self, name: str, slices: int) -> list[Job]:
        """Run a sliced job template: its jobs side by side, each with its part of the hosts."""
        variables = {self.templates[name]["slices_variable"]: slices}
        return [self._finish(*started) for started in [self._start(name, variables, number, slices) for number in range(1, slices + 1)]]

    def _start(self, name: str, variables: Variables, slice_number: int = 1, slices: int = 1) -> tuple[subprocess.Popen[str], Path]:
        template = self.templates[name]
        folder = self._private_folder()
        (folder / "project").symlink_to(self.project)
        for part in ("env", "inventory"):
            (folder / part).mkdir(mode=0o700)
        script = folder / "inventory" / "hosts"
        script.write_text(self._inventory_script(slice_number, slices), encoding="utf-8")
        script.chmod(stat.S_IRWXU)
        environ = self.injected(template.get("credentials", self.credentials), folder / "env")
        (folder / "env" / "envvars").write_text(json.dumps(environ), encoding="utf-8")
        (folder / "env" / "extravars").write_text(yaml.dump(_unsafe(variables), Dumper=_Dumper), encoding="utf-8")
        arguments = [*(["--check"] if template["job_type"] == "check" else []), *(["--diff"] if template.get("diff_mode") else [])]
        (folder / "env" / "cmdline").write_text(" ".join(arguments), encoding="utf-8")
        command = [Path(sys.executable).with_name("ansible-runner"), "run", folder, "-p", template["playbook"], "--ident", "job"]
        process = subprocess.Popen(
            command, env=self._surroundings(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return process, folder

    def _finish(self, process: subprocess.Popen[str], folder: Path) -> Job:
        try:
            output, _nothing = process.communicate(timeout=JOB_SECONDS)
        finally:
            process.kill()
        artifacts: dict[str, t.Any] = {}
        for event in (folder / "artifacts" / "job" / "job_events").glob("*.json"):
            data = json.loads(event.read_text(encoding="utf-8"))
            if data["event"] == "playbook_on_stats":
                artifacts = data["event_data"]["artifact_data"]
        return Job(process.returncode == 0, output, artifacts)

    def _private_folder(self) -> Path:
        self.jobs += 1
        folder = self.folder / f"job-{self.jobs}"
        folder.mkdir(mode=0o700)
        return folder

    def _surroundings(self, home: Path) -> dict[str, str]:
        """What an execution environment has: programs, the collection, a home of its own."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "HOME": str(home / "home"),
            "XDG_CACHE_HOME": str(home / "home" / "cache"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(home / "home" / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(home / "home" / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "true",
            **self.environ,
        }

    # -- workflow -------------------------------------------------------------------------------------------------------

    def launch_workflow(self, approve: t.Callable[[WorkflowJob], bool], **answers: t.Any) -> WorkflowJob:
        """Run the workflow's nodes; C(approve) is the person who is asked, with all that has run so far."""
        workflow = self.assets["awx_workflow"]
        questions = {question["variable"] for question in workflow["survey_spec"]["spec"]}
        if set(answers) - questions:
            raise AssertionError(f"the workflow asks no such questions: {set(answers) - questions}")
        done = WorkflowJob()
        published: dict[str, dict[str, t.Any]] = {workflow["nodes"][0]["identifier"]: {}}
        for node in workflow["nodes"]:  # in an order in which each comes after those that lead to it
            name = node["identifier"]
            if name not in published:
                continue
            if "approval_node" in node:
                job = Job(approve(done), "", {})
            else:
                if self.templates[node["unified_job_template"]].get("credentials", True):  # the gate looks at no host
                    self.sync()  # update_on_launch
                variables = {**node.get("extra_data", {}), **published[name], **answers}
                job = self._finish(*self._start(node["unified_job_template"], variables))
            done.nodes[name] = job
            following = node.get("success_nodes" if job.successful else "failure_nodes", [])
            published.update({target: {**published[name], **job.artifacts} for target in following})
            if not job.successful and not following:
                done.successful = False
        return done


class _Unsafe(str):
    """Text that no job may take for a template."""


class _Dumper(yaml.SafeDumper):
    """Writes it with its mark."""


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


def _unsafe(value: t.Any) -> t.Any:
    """All texts of a value, marked."""
    if isinstance(value, t.Mapping):
        return {_Unsafe(key): _unsafe(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_unsafe(each) for each in value]
    return _Unsafe(value) if isinstance(value, str) else value
