# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every simulated Gcore call needs: errors, scopes, pages, locks and the task machine.

Objects live on shelves, one a kind and scope (C("1337/4")), as plain dictionaries. A task is data too: which objects it
holds, what they look like meanwhile and afterwards, and which objects it made. So a saved state carries running tasks.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
import typing as t
from dataclasses import dataclass, field

from .base import Call, Provider, Response

Record = dict[str, t.Any]
Created = dict[str, list[str]]

CLIENT_ID = 2
USER_ID = 3
MAX_PAGE = 1000
_TAG_KEY = re.compile(r"[^ \t\n=]{1,255}")
_TAG_VALUE = re.compile(r"[^\t\n]{1,255}")
_TRUE, _FALSE = ("true", "1"), ("false", "0")


class ApiError(Exception):
    """An answer of section 3: C(status), C(exception_class), C(message) and what else belongs into the body."""

    def __init__(self, status: int, exception_class: str, message: str, **extra: t.Any) -> None:
        super().__init__(message)
        self.status = status
        self.exception_class = exception_class
        self.message = message
        self.extra = extra


def invalid(name: str, text: str) -> ApiError:
    """400 ValidationError about one field."""
    return ApiError(400, "ValidationError", f"{name}: {text}", invalid_fields={name: [text]})


def not_found(what: str, identity: t.Any) -> ApiError:
    """404 NotFoundError."""
    return ApiError(404, "NotFoundError", f"{what} {identity} not found")


def conflict(message: str) -> ApiError:
    """409 ConflictError."""
    return ApiError(409, "ConflictError", message)


def forbidden(message: str) -> ApiError:
    """403 ForbiddenError."""
    return ApiError(403, "ForbiddenError", message)


def stamp(seconds: float, suffix: str = "") -> str:
    """A point in time as the API writes it; tasks without suffix, instances with C(Z), the rest with C(+0000)."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + suffix


def moment(name: str, text: str) -> float:
    """An ISO 8601 query value in seconds since the epoch; without a zone it is UTC (section 5.5)."""
    try:
        parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise invalid(name, "Not a valid datetime.") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.timezone.utc)).timestamp()


def flag(call: Call, name: str, default: bool | None = None) -> bool | None:
    """A boolean query field."""
    value = call.request.query_value(name)
    if value is None:
        return default
    if value.lower() not in _TRUE + _FALSE:
        raise invalid(name, "Not a valid boolean.")
    return value.lower() in _TRUE


def values(call: Call, name: str) -> list[str]:
    """A list in the query: repeated, or with commas."""
    return [part for value in call.request.query.get(name, []) for part in value.split(",") if part]


def json_map(call: Call, name: str) -> dict[str, str]:
    """A JSON object in the query; empty when left out."""
    try:
        found = json.loads(call.request.query_value(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(name, "A JSON object is required.")
    return found


def body_of(call: Call) -> Record:
    """The body of a request, which must be a JSON object."""
    try:
        body = call.request.json()
    except ValueError:
        raise ApiError(400, "ValidationError", "The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "ValidationError", "The body must be an object")
    return body


def optional_body_of(call: Call) -> Record:
    """Like C(body_of), where no body at all is fine too."""
    return body_of(call) if call.request.body.strip() else {}


def text_of(body: Record, name: str, maximum: int = 255) -> str:
    """A required, filled text of a body."""
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= maximum:
        raise invalid(name, f"A text of 1 to {maximum} characters is required.")
    return value


def texts_of(body: Record, name: str) -> list[str]:
    """A required list of texts of a body."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(name, "A list of texts is required.")
    return list(value)


def count_of(body: Record, name: str) -> int:
    """A required positive whole number of a body."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid(name, "A positive integer is required.")
    return value


def choice_of(body: Record, name: str, choices: t.Collection[str], default: str | None = None) -> str:
    """A text of a body that must be one of C(choices)."""
    value = body.get(name, default)
    if value not in choices:
        raise invalid(name, f"Must be one of: {', '.join(sorted(choices))}.")
    return str(value)


def tags_of(tags: t.Any, name: str = "tags", removable: bool = False) -> dict[str, t.Any]:
    """A checked map of tags (limits of section 5.4); with C(removable) a value may be null (merge patch)."""
    if tags is None:
        return {}
    if not isinstance(tags, dict):
        raise invalid(name, "A map of texts is required.")
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            raise invalid(name, "Keys have 1 to 255 characters without blank, tab, newline or '='.")
        if not (removable and value is None) and not (isinstance(value, str) and _TAG_VALUE.fullmatch(value)):
            raise invalid(name, "Values have 1 to 255 characters without tab or newline.")
    return dict(tags)


def merge_tags(current: dict[str, str], change: dict[str, t.Any] | None) -> dict[str, str]:
    """A JSON merge patch: null removes a key, null for all of it removes every key (section 5.8)."""
    if change is None:
        return {}
    return {key: value for key, value in {**current, **change}.items() if value is not None}


def tag_items(tags: dict[str, str], read_only: bool = False) -> list[Record]:
    """Tags as the list of triples that the API shows."""
    return [{"key": key, "value": value, "read_only": read_only} for key, value in tags.items()]


def require_base64(name: str, value: t.Any) -> None:
    """400 unless C(value) is base64 text."""
    try:
        base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise invalid(name, "Must be a base64 encoded string.") from None


@dataclass(frozen=True)
class Scope:
    """A project in a region."""

    project: int
    region: int

    @property
    def key(self) -> str:
        """The name of the scope's shelves."""
        return f"{self.project}/{self.region}"


@dataclass(frozen=True)
class Hold:
    """An object that a task locks: its fields meanwhile (C(look)) and after success (C(then))."""

    kind: str
    record: Record
    look: Record = field(default_factory=dict)
    then: Record = field(default_factory=dict)


Effect = t.Callable[[Scope, Record], Created | None]


class GcoreFrame(Provider):
    """Scopes, shelves, pages and tasks; the calls themselves are in the subclasses."""

    name = "gcore"
    default_token = "demo$gcore-key"
    mount = "/cloud"
    default_project: t.ClassVar[str] = "1337"
    default_settings: t.ClassVar[dict[str, t.Any]] = {
        "vocabulary": "both",  # both | new | old (section 5.2)
        "task_polls": 2,  # reads of a task that find it unfinished
        "task_seconds": 0,  # and how long it takes at least
        "task_unread_seconds": 30,  # a task that nobody reads is over after this time
        "listed_while": "running",  # from which task state on a new object is listed: new | running | finished
        "metadata_api": "on",  # off: only PATCH tags is left (section 5.9)
        "metadata_status": 404,  # what the metadata API answers when off: 404 | 405
        "create_tags": "on",  # off: the seed era, where only `metadata` is honoured at creation
        "check_limits_keys": "exceeded",  # exceeded | all
        "revert_answer": "tasks",  # tasks | empty (section 8.2)
        "reseller": "off",  # on: the token is a reseller's
        "sold_out_flavors": [],  # flavor ids without capacity
        "quota_vm_count": 20000,
        "quota_cpu_count": 200000,
        "quota_ram": 400000000,  # MiB
        "quota_volume_count": 40000,
        "quota_volume_size": 4000000,  # GiB
        "quota_floating_count": 20000,
        "quota_volume_snapshots_count": 40000,
        "quota_volume_snapshots_size": 4000000,  # GiB
        "quota_firewall_count": 1000,
        "quota_keypair_count": 1000,
    }

    # -- settings and scopes ------------------------------------------------------------------------------------------

    def enabled(self, setting: str) -> bool:
        """Whether an on/off setting is on; booleans are understood too."""
        return self.settings[setting] in (True, "on", "true")

    def project(self, call: Call) -> int:
        """The project of a request; 404 when it is not one of the account's (section 3)."""
        wanted = call.params["project_id"]
        if not any(wanted == str(project["id"]) for project in self.state["projects"]):
            raise not_found("Project", wanted)
        return int(wanted)

    def region(self, wanted: str) -> Record:
        """A region that can be used."""
        for region in self.state["regions"]:
            if wanted == str(region["id"]):
                if region["state"] != "ACTIVE":
                    raise forbidden(f"Region {wanted} is not active")
                return t.cast(Record, region)
        raise not_found("Region", wanted)

    def scope(self, call: Call) -> Scope:
        """Project and region of a request."""
        return Scope(self.project(call), int(self.region(call.params["region_id"])["id"]))

    def region_name(self, scope: Scope) -> str:
        """The display name of a scope's region."""
        return str(next(region["display_name"] for region in self.state["regions"] if region["id"] == scope.region))

    def place(self, scope: Scope) -> Record:
        """The three fields that tell of every object where it is."""
        return {"project_id": scope.project, "region_id": scope.region, "region": self.region_name(scope)}

    # -- shelves --------------------------------------------------------------------------------------------------------

    def shelf(self, kind: str, scope: Scope) -> dict[str, Record]:
        """All objects of a kind in a scope, hidden ones included, oldest first."""
        return t.cast("dict[str, Record]", self.state[kind].setdefault(scope.key, {}))

    def visible(self, kind: str, scope: Scope) -> list[Record]:
        """The objects of a kind that a list may show."""
        return [record for record in self.shelf(kind, scope).values() if not record.get("hidden")]

    def find(self, kind: str, scope: Scope, identity: str, what: str) -> Record:
        """One object, 404 when missing or not yet shown."""
        record = self.shelf(kind, scope).get(identity)
        if record is None or record.get("hidden"):
            raise not_found(what, identity)
        return record

    def find_free(self, kind: str, scope: Scope, identity: str, what: str) -> Record:
        """One object that no task holds; 409 naming the task otherwise (reading 9)."""
        record = self.find(kind, scope, identity, what)
        if record.get("task_id"):
            raise conflict(f"{what} {identity} is locked by task {record['task_id']}")
        return record

    def known(self, scope: Scope, kind: str, spec: Record, name: str) -> Record:
        """The object that a field of a body names; 400 when there is none."""
        found = self.shelf(kind, scope).get(str(spec.get(name)))
        if found is None:
            raise invalid(name, f"{spec.get(name)} does not exist.")
        return found

    def look_at(self, record: Record) -> None:
        """A read of an object is a read of the task that holds it, so that waiting on the object ends too."""
        task = self.state["tasks"].get(record.get("task_id"))
        if task:
            self._read_task(task)

    def page(self, call: Call, records: t.Sequence[Record], render: t.Callable[[Record], Record], default: int = MAX_PAGE) -> Response:
        """One page of a list that knows C(limit) (section 2.1)."""
        if "limit" not in call.request.query:
            self.violation("Gcore reading 28", f"{call.operation} was asked without limit; the default page is {default}")
        limit = self._whole(call, "limit", default, 1, MAX_PAGE)
        offset = self._whole(call, "offset", 0, 0, None)
        return Response(200, {"count": len(records), "results": [render(record) for record in records[offset : offset + limit]]})

    @staticmethod
    def everything(results: list[Record]) -> Response:
        """A list that knows no pages."""
        return Response(200, {"count": len(results), "results": results})

    @staticmethod
    def _whole(call: Call, name: str, default: int, low: int, high: int | None) -> int:
        text = call.request.query_value(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < low or (high is not None and int(text) > high):
            raise invalid(name, "Out of range." if text.isdecimal() else "Not a valid integer.")
        return int(text)

    # -- tasks (section 4, reading 6) ------------------------------------------------------------------------------------

    def effects(self) -> t.Mapping[str, Effect]:
        """What a task does besides setting fields of the objects it holds, by the name that the task carries."""
        return {}

    def start_task(
        self,
        call: Call | None,
        scope: Scope,
        task_type: str,
        *,
        data: Record | None = None,
        holds: t.Sequence[Hold] = (),
        creates: t.Sequence[tuple[str, Record]] = (),
        effect: str | None = None,
        args: Record | None = None,
    ) -> Record:
        """Begin a task: lock what it holds and hide what it makes until its state allows to list it.

        C(creates) are new objects, already on their shelves; a task that fails takes them away again.
        """
        fault, options = (call.fault, call.options) if call else (None, {})
        now = self.clock.now()
        task: Record = {
            "id": self.new_uuid(),
            "task_type": task_type,
            "state": "NEW",
            "error": None,
            "created_on": stamp(now),
            "updated_on": None,
            "finished_on": None,
            "project_id": scope.project,
            "region_id": scope.region,
            "client_id": CLIENT_ID,
            "user_id": USER_ID,
            "request_id": None,
            "created_resources": None,
            "data": data or {},
            "job": {
                "started": now,
                "read_at": now,
                "reads": 0,
                "holds": [self._take(hold) for hold in holds],
                "creates": [[kind, record["id"]] for kind, record in creates],
                "effect": effect,
                "args": args or {},
                "fault": fault,
                "error": str(options.get("error", "No valid host was found")) if fault in ("task_fails", "half_created") else None,
                "missing": int(options.get("polls", 2)) if fault == "task_404" else 0,
                "late_polls": int(options.get("polls", 0)) if fault == "late" else 0,
                "late_seconds": float(options.get("seconds", 0)) if fault == "late" else 0.0,
                "unlisted": fault == "late" and bool(options.get("hidden", False)),
            },
        }
        for hold in holds:
            hold.record["task_id"] = task["id"]
        for _kind, record in creates:
            record.update(hidden=True, creator_task_id=task["id"])
        self.state["tasks"][task["id"]] = task
        self.state["pending"].append(task["id"])
        self._reveal(task)
        return task

    def accepted(self, call: Call, *tasks: Record) -> Response:
        """The answer of an asynchronous call; with the fault C(two_tasks) a second task follows that fails."""
        listed = list(tasks)
        if call.fault == "two_tasks" and tasks:
            second = self.start_task(None, Scope(tasks[0]["project_id"], tasks[0]["region_id"]), tasks[0]["task_type"], data=tasks[0]["data"])
            second["job"]["error"] = str(call.options.get("error", "No valid host was found"))
            listed.append(second)
        return Response(200, {"tasks": [task["id"] for task in listed]})

    def advance(self) -> None:
        """End the tasks that nobody reads."""
        now = self.clock.now()
        for task_id in list(self.state["pending"]):
            task = self.state["tasks"][task_id]
            job = task["job"]
            patience, least = float(self.settings["task_unread_seconds"]), job["late_seconds"] + float(self.settings["task_seconds"])
            if now - job["read_at"] >= patience and now - job["started"] >= least:
                self._finish(task)

    def count_list_read(self, scope: Scope) -> None:
        """A list of servers counts for the tasks of the fault C(late), whose servers are waited for by list."""
        for task_id in list(self.state["pending"]):
            task = self.state["tasks"][task_id]
            if task["job"]["late_polls"] and (task["project_id"], task["region_id"]) == (scope.project, scope.region):
                self._read_task(task)

    def _take(self, hold: Hold) -> Record:
        was = {key: hold.record.get(key) for key in {**hold.look, **hold.then}}
        hold.record.update(hold.look)
        return {"kind": hold.kind, "id": hold.record["id"], "was": was, "during": {**was, **hold.look}, "then": hold.then}

    def _read_task(self, task: Record) -> None:
        if task["state"] in ("FINISHED", "ERROR"):
            return
        job = task["job"]
        now = self.clock.now()
        job["read_at"] = now
        polls, seconds = int(self.settings["task_polls"]), float(self.settings["task_seconds"])
        reads, elapsed = job["reads"], now - job["started"]
        job["reads"] = reads + 1
        if reads >= job["late_polls"] + polls and elapsed >= job["late_seconds"] + seconds:
            self._finish(task)
        elif task["state"] == "NEW" and reads >= job["late_polls"] + polls // 2 and elapsed >= job["late_seconds"]:
            task.update(state="RUNNING", updated_on=stamp(now))
            self._reveal(task)

    def _reveal(self, task: Record) -> None:
        since = ("new", "running", "finished").index(self.settings["listed_while"])
        if task["job"]["fault"] == "no_effect" or ("NEW", "RUNNING", "FINISHED").index(task["state"]) < since:
            return
        for record in self._made_by(task):
            record.pop("hidden", None)

    def _made_by(self, task: Record) -> list[Record]:
        scope = Scope(task["project_id"], task["region_id"])
        return [self.shelf(kind, scope)[key] for kind, key in task["job"]["creates"] if key in self.shelf(kind, scope)]

    def _finish(self, task: Record) -> None:
        job = task["job"]
        scope = Scope(task["project_id"], task["region_id"])
        error = job["error"]
        works = error is None and job["fault"] != "no_effect"
        created: Created = {}
        for kind, key in job["creates"]:
            created.setdefault(kind, []).append(key)
        present = self._release(task, scope, works)
        if works:
            try:
                if not present and not task["task_type"].startswith("delete_"):
                    raise conflict("The resource no longer exists")
                if job["effect"]:
                    created.update(self.effects()[job["effect"]](scope, job["args"]) or {})
            except ApiError as exc:
                error, works = exc.message, False
        now = stamp(self.clock.now())
        task.update(state="ERROR" if error else "FINISHED", error=error, updated_on=now, finished_on=now)
        self.state["pending"].remove(task["id"])
        if works:
            task["created_resources"] = {"instances": [], "volumes": [], "floatingips": [], **created} if created else None
            for record in self._made_by(task):
                record.pop("hidden", None)
        elif job["fault"] == "half_created":
            for record in self._made_by(task):
                record.pop("hidden", None)
                self.break_created(record)
        else:
            for kind, key in job["creates"]:
                self.discard(kind, scope, key)

    def _release(self, task: Record, scope: Scope, works: bool) -> bool:
        """Let go of what a task held; fields that somebody else changed meanwhile stay. False when an object is gone."""
        present = True
        for hold in task["job"]["holds"]:
            record = self.shelf(hold["kind"], scope).get(hold["id"])
            if record is None:
                present = False
                continue
            if record["task_id"] == task["id"]:
                record["task_id"] = None
            after = {**hold["was"], **(hold["then"] if works else {})}
            record.update({key: after[key] for key, value in hold["during"].items() if record.get(key) == value})
            record["updated"] = self.clock.now()
        return present

    def break_created(self, record: Record) -> None:
        """Turn what a failed task leaves behind into a broken object (fault C(half_created))."""
        if "vm_state" in record:
            record.update(status="ERROR", vm_state="error")
        elif "status" in record:
            record["status"] = "error"

    def discard(self, kind: str, scope: Scope, identity: str) -> None:
        """Take an object from its shelf, with whatever hangs on it."""
        self.shelf(kind, scope).pop(identity, None)

    @staticmethod
    def task_view(task: Record) -> Record:
        """A task as section 4.2 shows it."""
        return {key: value for key, value in task.items() if key != "job"}

    # -- the calls about tasks -------------------------------------------------------------------------------------------

    def get_task(self, call: Call) -> Response:
        """C(tasks.get)"""
        task = self.state["tasks"].get(call.params["task_id"])
        if task is None:
            raise not_found("Task", call.params["task_id"])
        if task["job"]["missing"] > 0:
            task["job"]["missing"] -= 1
            raise not_found("Task", task["id"])
        self._read_task(task)
        return Response(200, self.task_view(task))

    def list_tasks(self, call: Call) -> Response:
        """C(tasks.list): newest first, ten a page."""
        tasks = [task for task in self.state["tasks"].values() if not self._is_unlisted(task)]
        for name in ("state", "task_type", "project_id", "region_id"):
            wanted = values(call, name)
            if wanted:
                tasks = [task for task in tasks if str(task[name]) in wanted]
        since, until = call.request.query_value("from_timestamp"), call.request.query_value("to_timestamp")
        if since is not None:
            start = moment("from_timestamp", since)
            tasks = [task for task in tasks if task["job"]["started"] >= start]
        if until is not None:
            end = moment("to_timestamp", until)
            tasks = [task for task in tasks if task["job"]["started"] <= end]
        if flag(call, "is_acknowledged"):
            tasks = []  # acknowledging is no call of this contract
        order = call.request.query_value("order_by", "desc")
        if order not in ("asc", "desc"):
            raise invalid("order_by", "Must be one of: asc, desc.")
        return self._task_page(call, tasks if order == "asc" else tasks[::-1])

    def list_active_tasks(self, call: Call) -> Response:
        """C(tasks.active)"""
        scope = self.scope(call)
        wanted = values(call, "task_type")
        tasks = [self.state["tasks"][task_id] for task_id in reversed(self.state["pending"])]
        tasks = [task for task in tasks if (task["project_id"], task["region_id"]) == (scope.project, scope.region) and not self._is_unlisted(task)]
        return self._task_page(call, [task for task in tasks if not wanted or task["task_type"] in wanted])

    def _task_page(self, call: Call, tasks: list[Record]) -> Response:
        def read(task: Record) -> Record:
            view = self.task_view(task)  # before the read moves it on: what was asked for by state has that state
            self._read_task(task)
            return view

        return self.page(call, tasks, read, default=10)

    @staticmethod
    def _is_unlisted(task: Record) -> bool:
        return task["state"] == "NEW" and bool(task["job"]["unlisted"])
