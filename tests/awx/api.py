# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of AWX's API that sets it up, kept in memory: what the modules of awx.awx and C(awx import) ask, answered as AWX answers.

It keeps what it gets, refuses what has no such field, and knows nothing of the assets.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import typing as t
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = "/api/v2/"
ENCRYPTED = "$encrypted$"

Record = dict[str, t.Any]

# Of each kind of object: what its records are called, their plain fields, and their references with where those lie.
KINDS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "organizations": ("organization", ("name", "description"), {}),
    "credential_types": ("credential_type", ("name", "description", "kind", "inputs", "injectors", "managed"), {}),
    "credentials": (
        "credential",
        ("name", "description", "inputs"),
        {"organization": "organizations", "credential_type": "credential_types"},
    ),
    "execution_environments": ("execution_environment", ("name", "description", "image", "pull"), {"organization": "organizations"}),
    "instance_groups": ("instance_group", ("name", "is_container_group", "pod_spec_override"), {}),
    "projects": (
        "project",
        ("name", "description", "scm_type", "scm_url", "scm_branch", "scm_update_on_launch", "scm_update_cache_timeout"),
        {"organization": "organizations", "default_environment": "execution_environments"},
    ),
    "inventories": ("inventory", ("name", "description", "kind", "host_filter"), {"organization": "organizations"}),
    "inventory_sources": (
        "inventory_source",
        ("name", "source", "source_path", "enabled_var", "update_on_launch", "overwrite", "overwrite_vars"),
        {"inventory": "inventories", "source_project": "projects", "credential": "credentials", "execution_environment": "execution_environments"},
    ),
    "job_templates": (
        "job_template",
        (
            *("name", "description", "job_type", "playbook", "diff_mode", "ask_variables_on_launch", "ask_inventory_on_launch"),
            *("allow_simultaneous", "job_slice_count", "extra_vars", "survey_enabled"),
        ),
        {"inventory": "inventories", "project": "projects", "execution_environment": "execution_environments"},
    ),
    "workflow_job_templates": (
        "workflow_job_template",
        ("name", "description", "ask_variables_on_launch", "allow_simultaneous", "survey_enabled"),
        {"organization": "organizations", "inventory": "inventories"},
    ),
    "workflow_job_template_nodes": (
        "workflow_job_template_node",
        ("identifier", "extra_data"),
        {"workflow_job_template": "workflow_job_templates", "unified_job_template": "unified_job_templates"},
    ),
    "workflow_approval_templates": ("workflow_approval_template", ("name", "description", "timeout"), {}),
}
ATTACHED = {
    "inventories": {"instance_groups": "instance_groups"},
    "job_templates": {"credentials": "credentials"},
    "workflow_job_template_nodes": dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes"),
}
SURVEYED = ("job_templates", "workflow_job_templates")
ELSEWHERE = ("users", "teams", "notification_templates", "applications", "schedules", "system_job_templates", "labels")  # what else clients look for
BY_THE_MODULES = {"type", "managed", "organization"}  # which they send with everything


class Refused(Exception):
    """A request that AWX would answer with 400 or 404."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """The API on a port of the loopback; use it in a C(with) statement."""

    def __init__(self) -> None:
        self.ids = itertools.count(1)
        self.records: dict[str, dict[int, Record]] = {kind: {} for kind in KINDS}
        self.attached: dict[str, list[int]] = {}
        self.surveys: dict[str, Record] = {}
        self.writes: list[str] = []
        self.add("organizations", {"name": "Default"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Api:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what tests look at -----------------------------------------------------------------------------------------

    def everything(self) -> Record:
        """All that was set up, by names instead of ids, surveys and edges included; secrets as they were sent."""
        told: Record = {}
        for kind, (_name, fields, references) in KINDS.items():
            for record in self.records[kind].values():
                facts = {field: record[field] for field in fields if record.get(field) not in (None, "", {}, [])}
                facts.update({field: self._label(kind_of, record[field]) for field, kind_of in references.items() if record.get(field)})
                path = self._url(kind, record)
                facts.update(
                    {name: sorted(self._label(of, one) for one in self.attached[f"{path}{name}/"]) for name, of in self._attachments(kind, path).items()}
                )
                if path in self.surveys:
                    facts["survey_spec"] = self.surveys[path]
                told[f"{kind} {self._label(kind, record['id'])}"] = facts
        return told

    def _attachments(self, kind: str, path: str) -> dict[str, str]:
        return {name: of for name, of in ATTACHED.get(kind, {}).items() if self.attached.get(f"{path}{name}/")}

    def _label(self, kind: str, number: int) -> str:
        record = self._find(kind, number)[1]
        return str(record.get("name") or record["identifier"])

    # -- requests -----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: dict[str, str], body: Record) -> tuple[int, t.Any]:
        """Status and body for a request."""
        if method in ("POST", "PUT", "PATCH"):
            self.writes.append(f"{method} {path}")
        if path == "/api/":
            return 200, {"current_version": ROOT, "available_versions": {"v2": ROOT}}
        if path == ROOT:
            kinds = [*(kind for kind in KINDS if kind != "workflow_approval_templates"), *ELSEWHERE]
            return 200, {("inventory" if kind == "inventories" else kind): f"{ROOT}{kind}/" for kind in kinds}
        found = re.fullmatch(rf"{ROOT}(\w+)/(?:(\d+)/(?:(\w+)/)?)?", path)
        if not found:
            raise Refused(404, path)
        kind, number, related = found[1], found[2], found[3]
        if method == "OPTIONS":
            return 200, self._options({"workflow_nodes": "workflow_job_template_nodes"}.get(related or "", kind))
        if number is None:
            return self._list(kind, query) if method == "GET" else (201, self.shown(kind, self.add(kind, body)))
        kind, record = self._find(kind, int(number))
        if related:
            return self._related(kind, record, related, method, query, body)
        if method in ("PATCH", "PUT"):
            self._check(kind, body)
            record.update(body)
        return 200, self.shown(kind, record)

    def add(self, kind: str, body: Record) -> Record:
        """Keep a new object."""
        self._check(kind, body)
        label = "identifier" if kind == "workflow_job_template_nodes" else "name"
        if not body.get(label):
            raise Refused(400, f"{label} is required")
        record = {**body, "id": next(self.ids)}
        self.records[kind][record["id"]] = record
        return record

    def _check(self, kind: str, body: Record) -> None:
        _name, fields, references = KINDS[kind]
        unknown = set(body) - set(fields) - set(references) - BY_THE_MODULES
        if unknown:
            raise Refused(400, f"{kind} has no {', '.join(sorted(unknown))}")
        for field, of in references.items():
            if body.get(field):
                self._find(of, int(body[field]))

    def _find(self, kind: str, number: int) -> tuple[str, Record]:
        kinds = ("job_templates", "workflow_approval_templates") if kind == "unified_job_templates" else (kind,)
        for each in kinds:
            if number in self.records.get(each, {}):
                return each, self.records[each][number]
        raise Refused(404, f"no {kind} {number}")

    def _list(self, kind: str, query: dict[str, str]) -> tuple[int, Record]:
        kinds = ("job_templates",) if kind == "unified_job_templates" else (kind,)
        shown = [self.shown(each, record) for each in kinds for record in self.records[each].values()]
        asked = {key: value for key, value in query.items() if key not in ("page_size", "page", "order_by")}
        results = [record for record in shown if all(str(record.get(key)) == value for key, value in asked.items())]
        return 200, {"count": len(results), "next": None, "previous": None, "results": results}

    def _related(self, kind: str, record: Record, related: str, method: str, query: dict[str, str], body: Record) -> tuple[int, t.Any]:
        path = self._url(kind, record)
        if related == "survey_spec" and kind in SURVEYED:
            if method == "POST":
                self.surveys[path] = body
            return 200, self.surveys.get(path, {})
        if related == "workflow_nodes" and kind == "workflow_job_templates":
            if method == "POST":
                node = self.add("workflow_job_template_nodes", {**body, "workflow_job_template": record["id"]})
                return 201, self.shown("workflow_job_template_nodes", node)
            return self._list("workflow_job_template_nodes", {**query, "workflow_job_template": str(record["id"])})
        if related == "create_approval_template" and kind == "workflow_job_template_nodes" and method == "POST":
            approval = self.add("workflow_approval_templates", body)
            record["unified_job_template"] = approval["id"]
            return 201, self.shown("workflow_approval_templates", approval)
        if related in ATTACHED.get(kind, {}):
            of = ATTACHED[kind][related]
            attached = self.attached.setdefault(f"{path}{related}/", [])
            if method == "POST":
                self._find(of, body["id"])
                if body.get("disassociate"):
                    attached.remove(body["id"])
                else:
                    attached.append(body["id"])
                return 204, None
            results = [self.shown(of, self.records[of][number]) for number in attached]
            return 200, {"count": len(results), "next": None, "previous": None, "results": results}
        raise Refused(404, f"{path}{related}/")

    def _options(self, kind: str) -> Record:
        _name, fields, references = KINDS.get(kind, ("", (), {}))
        told = {field: {"type": "string"} for field in fields} | {field: {"type": "id"} for field in references}
        return {"actions": {"POST": told}, "search_fields": ["name"], "description": ""}

    def _url(self, kind: str, record: Record) -> str:
        return f"{ROOT}{kind}/{record['id']}/"

    def shown(self, kind: str, record: Record) -> Record:
        """An object as AWX shows it."""
        name, fields, references = KINDS[kind]
        path = self._url(kind, record)
        related: Record = {}
        for field, of in references.items():
            if record.get(field):
                target = self._find(of, int(record[field]))
                related[field] = self._url(*target)
        more = [*ATTACHED.get(kind, ()), *(["survey_spec"] if kind in SURVEYED else [])]
        more += {"workflow_job_templates": ["workflow_nodes"], "workflow_job_template_nodes": ["create_approval_template"]}.get(kind, [])
        related.update({each: f"{path}{each}/" for each in more})
        shown = {**dict.fromkeys((*fields, *references)), **record, "type": name, "url": path, "related": related, "summary_fields": {}}
        if kind in ("job_templates", "inventory_sources"):  # theirs is the one of their project
            project = self.records["projects"].get(int(record.get("project") or record.get("source_project") or 0), {})
            shown["organization"] = project.get("organization")
            related["organization"] = f"{ROOT}organizations/{project.get('organization')}/"
        if kind == "credentials":
            secret = {field["id"] for field in self._find("credential_types", int(record["credential_type"]))[1]["inputs"]["fields"] if field.get("secret")}
            shown["inputs"] = {key: ENCRYPTED if key in secret else value for key, value in (record.get("inputs") or {}).items()}
        if kind == "projects":
            shown.update(status="successful", scm_revision="0" * 40)
        return shown


class _Handler(BaseHTTPRequestHandler):
    api: Api

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}") if length else {}
        try:
            status, data = self.api.answer(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), body)
        except Refused as exc:
            status, data = exc.status, {"detail": str(exc)}
        content = b"" if data is None else json.dumps(data).encode("utf-8")
        self.send_response(status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Allow", "GET, POST, PUT, PATCH, OPTIONS"),
            ("X-API-Product-Name", "AWX"),
            ("X-API-Product-Version", "24.6.1"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_OPTIONS = _serve

    def log_message(self, format: str, *args: t.Any) -> None:
        """Nothing."""
