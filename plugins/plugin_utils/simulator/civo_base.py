# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all of the simulated Civo API has in common: fields, regions, errors, pages, faults, and states that take time."""

from __future__ import annotations

import copy
import dataclasses
import functools
import hmac
import math
import time
import typing as t

from . import civo_catalogue as catalogue
from .base import Call, Provider, Request, Response, Route
from .civo_catalogue import Row

RegionRule = t.Literal["required", "optional", "none"]

SUCCESS: t.Mapping[str, str] = {"result": "success"}
ACCOUNT_ID = catalogue.fixed_id("account")
_KEPT_ACTIONS = 10_000

_NOT_FOUND: t.Mapping[str, str] = {
    "instances": "database_instance_find",
    "networks": "database_network_not_found",
    "firewalls": "database_firewall_not_found",
    "images": "database_disk_image_not_found",
    "ips": "database_ip_find",
    "volumes": "database_volume_not_found",
    "snapshots": "database_snapshot_not_found",
    "schedules": "database_snapshot_schedule_not_found",
    "volume_snapshots": "database_volume_snapshot_not_found",
}


class Refusal(Exception):
    """An answer that ends a call: what the provider says instead of doing it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def refusal(status: int, code: str, reason: str, details: str | None = None) -> Refusal:
    """An error body as in reading 15."""
    body = {"code": code, "reason": reason}
    return Refusal(Response(status, {**body, "details": details} if details else body))


def invalid(name: str, reason: str) -> Refusal:
    """The 400 for a parameter whose value makes no sense."""
    return refusal(400, f"parameter_{name}_invalid", reason, name)


@dataclasses.dataclass(frozen=True)
class Ask:
    """A call with its fields read (body over query) and its region settled."""

    call: Call
    fields: t.Mapping[str, t.Any]
    region: str

    def with_fields(self, fields: t.Mapping[str, t.Any]) -> Ask:
        """The same call with other fields: those of an object nested in its body."""
        return dataclasses.replace(self, fields={name: value for name, value in fields.items() if value is not None})

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.call.params["id"]

    def has(self, name: str) -> bool:
        """Whether the field was sent; an empty one counts, a null does not."""
        return name in self.fields

    def text(self, name: str, default: str = "") -> str:
        """A field as text; numbers and booleans are spelled as in JSON.

        Raises:
            Refusal: a list or an object was sent.
        """
        value = self.fields.get(name, default)
        if isinstance(value, (list, dict)):
            raise invalid(name, f"{name} must be a single value")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def required(self, name: str) -> str:
        """A field that must be there and not be empty.

        Raises:
            Refusal: it is not.
        """
        value = self.text(name).strip()
        if not value:
            raise refusal(400, "parameter_value_missing", "A required parameter is missing", name)
        return value

    def number(self, name: str, default: int, least: int = 1) -> int:
        """A field as a whole number of at least C(least).

        Raises:
            Refusal: it is something else.
        """
        value = self.text(name, str(default)).strip()
        if not value.isascii() or not value.isdigit() or int(value) < least:
            raise invalid(name, f"{name} must be a whole number of at least {least}")
        return int(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A field as yes or no."""
        return self.text(name, "true" if default else "false").lower() in ("true", "1")

    def items(self, name: str) -> list[t.Any]:
        """A field as a list; text is split at commas (reading 1)."""
        value = self.fields.get(name, [])
        if isinstance(value, list):
            return value
        return [part.strip() for part in self.text(name).split(",") if part.strip()]


def read_fields(request: Request) -> dict[str, t.Any]:
    """Every field of a request, whether it came as JSON, as a form or in the query; the body wins (readings 1 and 2).

    Raises:
        Refusal: the body claims to be JSON and is not an object.
    """
    fields: dict[str, t.Any] = {name: values[-1] for name, values in request.query.items() if values}
    if not request.body.strip():
        return fields
    if "json" in request.headers.get("content-type", "") or request.body.lstrip().startswith(b"{"):
        try:
            body = request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise invalid("body", "The body is not a JSON object")
    else:
        body = {}
        for name, values in request.form().items():
            several = name.endswith("[]") or len(values) > 1
            body[name.removesuffix("[]")] = values if several else values[0]
    fields.update({name: value for name, value in body.items() if value is not None})
    return fields


def shown(row: Row) -> Row:
    """A stored resource without what the API does not show; a copy, since answers are written after the lock is gone."""
    return {name: value for name, value in row.items() if name != "_"}


class CivoBase(Provider):
    """Transport, regions and the passing of time; the resources are mixed in."""

    name = "civo"
    default_token = "civo-demo-token"
    mount = ""
    default_settings: t.ClassVar[dict[str, t.Any]] = {
        "steps": 2,  # reads that still show a passing status
        "seconds": 0,  # and the time it lasts at least
        "unique_hostnames": False,
        "failing_regions": [],
        "region_outage": False,  # failing regions answer 404 database_region_not_found instead of 500
        "set_firewall_answer": "instance",  # or "result"
        "echo_page_one": False,  # every page calls itself page 1
        "lists_as_items": False,  # arrays come as {"items": [...]}
        "snapshot_regions": [catalogue.PRIVATE_REGION],
        "quota": {},  # limits that differ from the catalogue's, for example {"instance_count": 2}
    }
    faults: t.ClassVar[t.Mapping[str, str]] = {
        "double": "a create makes two servers, firewalls or snapshots and answers the first",
        "nothing": "a create answers a server that never appears",
        "late": "a created server shows late; options: seconds (0), polls (2)",
        "build_error": "a created or overwritten server ends in ERROR, a snapshot in Failed",
        "result_failed": "the call answers 200 with result failed and does nothing",
        "no_effect": "the call is accepted and changes nothing",
    }

    # -- account ----------------------------------------------------------------------------------------------------

    def initial_state(self) -> dict[str, t.Any]:
        """The catalogue, networks, firewalls and keys of a fresh account."""
        regions = catalogue.regions()
        codes = [region["code"] for region in regions]
        empty = ("instances", "ips", "volumes", "snapshots", "schedules", "volume_snapshots")
        return {
            "regions": regions,
            "sizes": catalogue.sizes(),
            "sshkeys": catalogue.ssh_keys(),
            "images": {code: catalogue.images(code) for code in codes},
            "networks": {code: catalogue.networks(code, number) for number, code in enumerate(codes)},
            "firewalls": {code: catalogue.firewalls(code) for code in codes},
            **{kind: {code: {} for code in codes} for kind in empty},
            "moving": {},  # id -> [kind, region] of rows whose status is about to change
            "late": [],  # servers that exist and do not show yet
            "actions": [],
            "addresses": 0,
        }

    def table(self, kind: str, region: str) -> dict[str, Row]:
        """The resources of a kind in a region, by id."""
        return t.cast("dict[str, Row]", self.state[kind][region])

    def find(self, kind: str, region: str, row_id: str) -> Row:
        """One resource of a region.

        Raises:
            Refusal: 404, which a resource of another region gets too (reading 2).
        """
        row = self.table(kind, region).get(row_id)
        if row is None:
            raise refusal(404, _NOT_FOUND[kind], f"Failed to find the {kind.rstrip('s').replace('_', ' ')} in the internal database")
        return row

    def timestamp(self, seconds: float | None = None) -> str:
        """A time in seconds since the epoch (default: now) as the provider writes it."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock.now() if seconds is None else seconds))

    # -- transport --------------------------------------------------------------------------------------------------

    def unauthorised(self, request: Request) -> Response | None:
        """The 401 of reading 15; the scheme word is read without case (Civo 1)."""
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self.token.encode()):
            return None
        return Response(401, {"code": "authentication_invalid_key", "reason": "The API key provided is invalid"})

    def unknown(self, request: Request) -> Response:
        """Plain text for paths that do not exist (reading 15)."""
        self.violation("Civo operations", f"{request.method} {request.path} is no operation")
        return Response(404, raw=b"404 page not found\n", content_type="text/plain; charset=utf-8")

    def rate_limited(self, retry_after: float | None) -> Response:
        """The 429; without C(Retry-After) when none is given."""
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return Response(429, {"code": "too_many_requests", "reason": "The rate limit was reached"}, headers=headers)

    def operation(
        self,
        operation: str,
        method: str,
        pattern: str,
        handler: t.Callable[[Ask], t.Any],
        region: RegionRule = "required",
        mutates: bool | None = None,
        bills: bool = False,
    ) -> Route:
        """A route below C(/v2) whose handler takes an C(Ask) and returns a body, or a response where the status is not 200."""
        changes = method != "GET" if mutates is None else mutates
        return Route(operation, method, f"/v2{pattern}", functools.partial(self._serve, handler, region, changes), mutates=changes, bills=bills)

    def _serve(self, handler: t.Callable[[Ask], t.Any], rule: RegionRule, mutates: bool, call: Call) -> Response:
        try:
            fields = read_fields(call.request)
            ask = Ask(call, fields, "" if rule == "none" else self._region(call, fields, rule))
            result = self._with_fault(handler, ask)
        except Refusal as refused:
            return refused.response
        if isinstance(result, list) and self.settings["lists_as_items"]:
            result = {"items": result}
        response = result if isinstance(result, Response) else Response(200, result)
        if mutates:
            self._record_action(call, response)
        return response

    def _with_fault(self, handler: t.Callable[[Ask], t.Any], ask: Ask) -> t.Any:
        if ask.call.fault == "result_failed":
            return {"result": "failed"}
        if ask.call.fault not in ("nothing", "no_effect"):
            return handler(ask)
        before = copy.deepcopy(self.state)
        result = handler(ask)
        # Ids that were answered are never given to something else.
        self.state = {**before, "next": self.state["next"]}
        return result

    def _region(self, call: Call, fields: t.Mapping[str, t.Any], rule: RegionRule) -> str:
        asked = str(fields.get("region", "")).strip()
        in_query = call.request.query_value("region")
        if in_query and in_query.lower() != asked.lower():
            self.violation("Civo reading 2", f"{call.operation}: region differs between query and body")
        if not asked and rule == "required":
            self.violation("Civo reading 2", f"{call.operation}: region is missing")
        code = self.region_code(asked)
        if code.lower() in (str(name).lower() for name in self.settings["failing_regions"]):
            raise _region_not_found() if self.settings["region_outage"] else Refusal(Response(500, {"status": 500, "error": "Internal Server Error"}))
        return code

    def region_code(self, asked: str) -> str:
        """The canonical code of a region whatever its case; the account's default for an empty one.

        Raises:
            Refusal: there is no such region.
        """
        for region in self.state["regions"]:
            if region["code"].lower() == asked.lower() or (not asked and region.get("default")):
                return str(region["code"])
        raise _region_not_found()

    def page(self, ask: Ask, rows: t.Sequence[Row], show: t.Callable[[Row], Row] = shown) -> Row:
        """One page of a list (Civo 2.1); C(per_page) is null unless asked for (reading 17)."""
        number, size = ask.number("page", 1), ask.number("per_page", 20)
        return {
            "page": 1 if self.settings["echo_page_one"] else number,
            "per_page": size if ask.has("per_page") else None,
            "pages": max(1, math.ceil(len(rows) / size)),
            "items": [show(row) for row in rows[(number - 1) * size : number * size]],
        }

    def _record_action(self, call: Call, response: Response) -> None:
        answered = response.body.get("id") if isinstance(response.body, dict) else None
        actions = self.state["actions"]
        entry = {"id": self.new_id(), "account_id": ACCOUNT_ID, "type": call.operation, "details": "", "created_at": self.timestamp()}
        related = call.params.get("id") or call.params.get("instance_id") or answered
        actions.append({**entry, "related_id": related, "related_type": call.operation.partition(".")[0]})
        del actions[:-_KEPT_ACTIONS]

    # -- time -------------------------------------------------------------------------------------------------------

    def begin(self, kind: str, region: str, row: Row, status: str, to: str | None, **changes: t.Any) -> None:
        """Show C(status) for as long as the settings say, then apply C(changes) and show C(to); None means the row goes."""
        row["status"] = status
        row["_"]["pending"] = {
            "to": to,
            "reads": self.settings["steps"],
            "due": self.clock.now() + self.settings["seconds"],
            "changes": changes,
        }
        self.state["moving"][row["id"]] = [kind, region]

    def read(self, row: Row) -> Row:
        """A resource as a read shows it; the read counts as a poll of its passing status."""
        pending = row["_"].get("pending")
        if pending:
            pending["reads"] -= 1
        return shown(row)

    def halt(self, row: Row) -> None:
        """Forget what a resource was about to become."""
        row["_"].pop("pending", None)
        self.state["moving"].pop(row["id"], None)

    def advance(self) -> None:
        """Settle what has been polled often enough and whose time has come (reading 10)."""
        for row_id, (kind, region) in list(self.state["moving"].items()):
            row = self.table(kind, region)[row_id]
            if self.is_due(row["_"]["pending"]):
                self._settle(kind, region, row)

    def is_due(self, waiting: t.Mapping[str, t.Any]) -> bool:
        """Whether both the reads and the time of a waiting thing are over."""
        return bool(waiting["reads"] <= 0 and waiting["due"] <= self.clock.now())

    def _settle(self, kind: str, region: str, row: Row) -> None:
        pending = row["_"]["pending"]
        self.halt(row)
        row.update(pending["changes"])
        if pending["to"] is None:
            del self.table(kind, region)[row["id"]]
        else:
            row["status"] = pending["to"]
        self.settled(kind, region, row, gone=pending["to"] is None)

    def settled(self, kind: str, region: str, row: Row, gone: bool) -> None:
        """What else happens when a status is reached; for the resources to extend."""

    # -- quota ------------------------------------------------------------------------------------------------------

    def usage(self) -> dict[str, int]:
        """What the account uses, in all regions together (Civo 8)."""
        used = dict.fromkeys(catalogue.QUOTA_LIMITS, 0)
        for instance in self.everywhere("instances"):
            used["instance_count"] += 1
            used["cpu_core"] += instance["cpu_cores"]
            used["ram_mb"] += instance["ram_mb"]
            used["disk_gb"] += instance["disk_gb"]
            used["public_ip_address"] += bool(instance["public_ip"] and not instance.get("reserved_ip_id"))
        for volume in self.everywhere("volumes"):
            used["disk_volume_count"] += 1
            used["disk_gb"] += volume["size_gb"]
        for firewall in self.everywhere("firewalls"):
            used["security_group"] += 1
            used["security_group_rule"] += len(firewall["_"]["rules"])
        used["public_ip_address"] += sum(1 for _row in self.everywhere("ips"))
        used["network_count"] = sum(1 for _row in self.everywhere("networks"))
        used["disk_snapshot_count"] = sum(1 for kind in ("snapshots", "volume_snapshots") for _row in self.everywhere(kind))
        return used

    def limits(self) -> dict[str, int]:
        """The account's limits: the catalogue's unless the setting C(quota) differs."""
        return {**catalogue.QUOTA_LIMITS, **self.settings["quota"]}

    def everywhere(self, kind: str) -> t.Iterator[Row]:
        """The resources of a kind in all regions."""
        for rows in self.state[kind].values():
            yield from rows.values()

    def require_quota(self, **wanted: int) -> None:
        """Refuse what would exceed a limit, with one line a limit (reading 15).

        Raises:
            Refusal: 403 C(quota_limit_reached).
        """
        used, limits = self.usage(), self.limits()
        lines = [
            f"{name} quota: {used[name]} of {limits[name]} used, {amount} more needed"
            for name, amount in wanted.items()
            if amount > 0 and used[name] + amount > limits[name]
        ]
        if lines:
            raise refusal(403, "quota_limit_reached", "\n".join(["The quota of the account is exhausted:", *lines]))


def _region_not_found() -> Refusal:
    return refusal(404, "database_region_not_found", "Failed to find the region within the internal database")
