# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the Gcore cloud API, its authentication, pages and errors (contract sections 1 to 3)."""

from __future__ import annotations

import functools
import typing as t

from ..._core.errors import (
    AuthError,
    CapacityError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    QuotaError,
    RejectedError,
    TransientError,
    VpsError,
)
from ..._core.normalise import integer, one_line, text
from ..._core.together import side_by_side
from ..._http.client import REQUEST_ID_HEADERS, Authorise, Backoff, Call, Refused, Response, Retry, unreadable

if t.TYPE_CHECKING:
    from ..base import Context

TITLE = "Gcore"
BACKOFF = Backoff(retries=4, first=1.0, cap=8.0)  # section 3.1
READINGS = 3  # of a list that changes while its pages are read

Row = dict[str, t.Any]
Path = t.Mapping[str, str]

_PLACE = "{project_id}/{region_id}"
_INSTANCES = f"/v1/instances/{_PLACE}"
_INSTANCE = f"{_INSTANCES}/{{instance_id}}"
_VOLUMES = f"/v1/volumes/{_PLACE}"
_VOLUME = f"{_VOLUMES}/{{volume_id}}"
_SNAPSHOTS = f"/v1/snapshots/{_PLACE}"
_SNAPSHOT = f"{_SNAPSHOTS}/{{snapshot_id}}"
_POLICIES = f"/v1/lifecycle_policy/{_PLACE}"
_POLICY = f"{_POLICIES}/{{policy_id}}"
_FLOATING_IPS = f"/v1/floatingips/{_PLACE}"
_FLOATING_IP = f"{_FLOATING_IPS}/{{floating_ip_id}}"
_GROUPS = f"/v1/securitygroups/{_PLACE}"
_GROUP = f"{_GROUPS}/{{group_id}}"


def _write(operation: str, method: str, path: str, *, idempotent: bool) -> Call:
    return Call(operation, method, path, mutates=True, retry=Retry.IDEMPOTENT if idempotent else Retry.NEVER)


PROJECTS = Call("projects.list", "GET", "/v1/projects")
REGIONS = Call("regions.list", "GET", "/v1/regions")
FLAVORS = Call("flavors.list", "GET", f"/v1/flavors/{_PLACE}")
IMAGES = Call("images.list", "GET", f"/v1/images/{_PLACE}")
NETWORKS = Call("networks.list", "GET", f"/v1/networks/{_PLACE}")
SUBNETS = Call("subnets.list", "GET", f"/v1/subnets/{_PLACE}")
SSH_KEYS = Call("ssh_keys.list", "GET", "/v1/ssh_keys/{project_id}")
SSH_KEY_CREATE = _write("ssh_keys.create", "POST", "/v1/ssh_keys/{project_id}", idempotent=False)
SSH_KEY_DELETE = _write("ssh_keys.delete", "DELETE", "/v1/ssh_keys/{project_id}/{ssh_key_id}", idempotent=True)
CONSOLE = Call("instances.get_console", "GET", f"{_INSTANCE}/get_console")
NAME_TEMPLATES = Call("reseller_names.list", "GET", "/v1/reseller_name_templates")
NAME_TEMPLATE_SET = _write("reseller_names.put", "PUT", "/v1/reseller_name_templates", idempotent=True)
NAME_TEMPLATE_DELETE = _write("reseller_names.delete", "DELETE", "/v1/reseller_name_templates/{reseller_id}/{region_id}", idempotent=True)
AVAILABLE_NAMES = Call("reseller_names.available", "GET", f"/v1/reseller_name_templates/{_PLACE}/available_names")
AVAILABLE_NAMES_BEFORE = Call("instances.available_names", "GET", f"{_INSTANCES}/available_names")  # deprecated
SECURITY_GROUPS = Call("security_groups.list", "GET", _GROUPS)
SECURITY_GROUP = Call("security_groups.get", "GET", _GROUP)
GROUP_USERS = Call("security_groups.list_instances", "GET", f"{_GROUP}/instances")
GROUP_CREATE = _write("security_groups.create", "POST", f"/v2/security_groups/{_PLACE}", idempotent=False)
GROUP_UPDATE = _write("security_groups.update", "PATCH", f"/v2/security_groups/{_PLACE}/{{group_id}}", idempotent=True)
GROUP_DELETE = _write("security_groups.delete", "DELETE", _GROUP, idempotent=True)
FLOATING_IPS = Call("floating_ips.list", "GET", _FLOATING_IPS)
FLOATING_IP = Call("floating_ips.get", "GET", _FLOATING_IP)
FLOATING_IP_CREATE = _write("floating_ips.create", "POST", _FLOATING_IPS, idempotent=False)
FLOATING_IP_UPDATE = _write("floating_ips.update", "PATCH", f"/v2/floatingips/{_PLACE}/{{floating_ip_id}}", idempotent=True)
FLOATING_IP_DELETE = _write("floating_ips.delete", "DELETE", _FLOATING_IP, idempotent=True)
TASK = Call("tasks.get", "GET", "/v1/tasks/{task_id}")
TASKS = Call("tasks.list", "GET", "/v1/tasks")
LIST = Call("instances.list", "GET", _INSTANCES)
GET = Call("instances.get", "GET", _INSTANCE)
CREATE = Call("instances.create", "POST", f"/v2/instances/{_PLACE}", mutates=True, retry=Retry.NEVER, refused=Refused.LOOK_FIRST)
SEARCH = Call("instances.search", "GET", "/v1/instances/search")
METRICS = Call("instances.metrics", "POST", f"{_INSTANCE}/metrics")
QUOTAS = Call("quotas.all", "GET", "/v2/client_quotas")
APP_TEMPLATE = Call("apptemplates.get", "GET", f"/v1/apptemplates/{_PLACE}/{{apptemplate_id}}")
APP_TEMPLATES = Call("apptemplates.list", "GET", f"/v1/apptemplates/{_PLACE}")
GROUP_JOIN = _write("instances.add_to_servergroup", "POST", f"{_INSTANCE}/put_into_servergroup", idempotent=False)
GROUP_LEAVE = _write("instances.remove_from_servergroup", "POST", f"{_INSTANCE}/remove_from_servergroup", idempotent=False)
SERVER_GROUPS = Call("servergroups.list", "GET", f"/v1/servergroups/{_PLACE}")
CHECK_LIMITS = Call("instances.check_limits", "POST", f"/v2/instances/{_PLACE}/check_limits")
AVAILABLE_FLAVORS = Call("instances.available_flavors", "POST", f"{_INSTANCES}/available_flavors")
DELETE = _write("instances.delete", "DELETE", _INSTANCE, idempotent=True)
ACTION = _write("instances.action", "POST", f"/v2/instances/{_PLACE}/{{instance_id}}/action", idempotent=False)
RENAME = _write("instances.rename", "PATCH", _INSTANCE, idempotent=True)
RESIZE_FLAVORS = Call("instances.resize_flavors", "GET", f"{_INSTANCE}/available_flavors")
CHANGE_FLAVOR = _write("instances.change_flavor", "POST", f"{_INSTANCE}/changeflavor", idempotent=False)
METADATA = Call("instances.metadata_list", "GET", f"{_INSTANCE}/metadata")
METADATA_SET = _write("instances.metadata_upsert", "POST", f"{_INSTANCE}/metadata", idempotent=True)
METADATA_REPLACE = _write("instances.metadata_replace", "PUT", f"{_INSTANCE}/metadata", idempotent=True)
METADATA_REMOVE = _write("instances.metadata_item_delete", "DELETE", f"/v2/instances/{_PLACE}/{{instance_id}}/metadata_item", idempotent=True)
PORTS = Call("instances.list_ports", "GET", f"{_INSTANCE}/ports")
INSTANCE_GROUPS = Call("instances.list_security_groups", "GET", f"{_INSTANCE}/securitygroups")
INTERFACES = Call("instances.list_interfaces", "GET", f"{_INSTANCE}/interfaces")
ATTACH_INTERFACE = _write("instances.attach_interface", "POST", f"{_INSTANCE}/attach_interface", idempotent=False)
DETACH_INTERFACE = _write("instances.detach_interface", "POST", f"{_INSTANCE}/detach_interface", idempotent=False)
ASSIGN = _write("instances.assign_security_group", "POST", f"{_INSTANCE}/addsecuritygroup", idempotent=True)
UNASSIGN = _write("instances.unassign_security_group", "POST", f"{_INSTANCE}/delsecuritygroup", idempotent=True)
VOLUMES = Call("volumes.list", "GET", _VOLUMES)
VOLUME = Call("volumes.get", "GET", _VOLUME)
EXTEND = _write("volumes.extend", "POST", f"{_VOLUME}/extend", idempotent=False)
VOLUME_CREATE = _write("volumes.create", "POST", _VOLUMES, idempotent=False)
VOLUME_ATTACH = _write("volumes.attach", "POST", f"/v2/volumes/{_PLACE}/{{volume_id}}/attach", idempotent=False)
VOLUME_DETACH = _write("volumes.detach", "POST", f"/v2/volumes/{_PLACE}/{{volume_id}}/detach", idempotent=False)
VOLUME_DELETE = _write("volumes.delete", "DELETE", _VOLUME, idempotent=True)
VOLUME_REVERT = _write("volumes.revert", "POST", f"{_VOLUME}/revert", idempotent=False)
SNAPSHOTS = Call("snapshots.list", "GET", _SNAPSHOTS)
SNAPSHOT = Call("snapshots.get", "GET", _SNAPSHOT)
SNAPSHOT_CREATE = _write("snapshots.create", "POST", _SNAPSHOTS, idempotent=False)
SNAPSHOT_DELETE = _write("snapshots.delete", "DELETE", _SNAPSHOT, idempotent=True)
POLICIES = Call("lifecycle_policies.list", "GET", _POLICIES)
POLICY_CREATE = _write("lifecycle_policies.create", "POST", _POLICIES, idempotent=False)
POLICY_UPDATE = _write("lifecycle_policies.update", "PATCH", _POLICY, idempotent=True)
POLICY_DELETE = _write("lifecycle_policies.delete", "DELETE", _POLICY, idempotent=True)
POLICY_ADD_SCHEDULES = _write("lifecycle_policies.add_schedules", "POST", f"{_POLICY}/add_schedules", idempotent=False)
POLICY_REMOVE_SCHEDULES = _write("lifecycle_policies.remove_schedules", "POST", f"{_POLICY}/remove_schedules", idempotent=True)
POLICY_ADD_VOLUMES = _write("lifecycle_policies.add_volumes", "PUT", f"{_POLICY}/add_volumes_to_policy", idempotent=True)
POLICY_REMOVE_VOLUMES = _write("lifecycle_policies.remove_volumes", "PUT", f"{_POLICY}/remove_volumes_from_policy", idempotent=True)

_CATALOGUE = (PROJECTS, REGIONS, FLAVORS, IMAGES, NETWORKS, SUBNETS, SSH_KEYS, SECURITY_GROUPS, APP_TEMPLATES, SERVER_GROUPS)
_COMPUTED = (SEARCH, METRICS, AVAILABLE_FLAVORS, NAME_TEMPLATES)
_LISTS = (*_CATALOGUE, *_COMPUTED, FLOATING_IPS, TASKS, LIST, RESIZE_FLAVORS, METADATA, INSTANCE_GROUPS, INTERFACES, VOLUMES, GROUP_USERS, SNAPSHOTS, POLICIES)
_OBJECTS = (TASK, GET, APP_TEMPLATE, AVAILABLE_NAMES, AVAILABLE_NAMES_BEFORE, CHECK_LIMITS, QUOTAS, VOLUME, FLOATING_IP, SECURITY_GROUP, SNAPSHOT)
_VOLUME_TASKS = (EXTEND, VOLUME_ATTACH, VOLUME_DETACH, VOLUME_DELETE, VOLUME_REVERT, SNAPSHOT_DELETE)
_NETWORK_TASKS = (ATTACH_INTERFACE, DETACH_INTERFACE, FLOATING_IP_UPDATE, FLOATING_IP_DELETE)
_STARTS_TASKS = (DELETE, ACTION, CHANGE_FLAVOR, GROUP_JOIN, GROUP_LEAVE, GROUP_CREATE, GROUP_UPDATE, *_VOLUME_TASKS, *_NETWORK_TASKS)
_POLICY_CHANGES = (POLICY_CREATE, POLICY_UPDATE, POLICY_DELETE, POLICY_ADD_SCHEDULES, POLICY_REMOVE_SCHEDULES, POLICY_ADD_VOLUMES, POLICY_REMOVE_VOLUMES)
_KEY_CHANGES = (SSH_KEY_CREATE, SSH_KEY_DELETE)
_NAME_CHANGES = (NAME_TEMPLATE_SET, NAME_TEMPLATE_DELETE)
_ANSWER_IGNORED = (RENAME, METADATA_SET, METADATA_REPLACE, METADATA_REMOVE, ASSIGN, UNASSIGN, GROUP_DELETE, *_POLICY_CHANGES, *_KEY_CHANGES, *_NAME_CHANGES)
_ORDERS = (CREATE, VOLUME_CREATE, SNAPSHOT_CREATE, FLOATING_IP_CREATE)
CALLS = (*_LISTS, *_OBJECTS, *_STARTS_TASKS, *_ANSWER_IGNORED, *_ORDERS, PORTS, CONSOLE)

_SMALL_PAGES = (PROJECTS, REGIONS, SSH_KEYS, SECURITY_GROUPS)  # section 2.1


def cloud_url(url: str) -> str:
    """The base of all paths: with or without C(/cloud) and a closing slash given (reading 1)."""
    url = url.rstrip("/")
    return url if url.endswith("/cloud") else f"{url}/cloud"


def authorise(token: str) -> Authorise:
    """Put the token into its header; the scheme word is not optional (section 1)."""

    def put(arguments: t.MutableMapping[str, t.Any]) -> None:
        arguments["headers"]["Authorization"] = f"APIKey {token}"

    return put


# -- answers ------------------------------------------------------------------------------------------------------------


def _is_list(data: t.Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("results"), list) and all(isinstance(item, dict) for item in data["results"])


def _is_object(data: t.Any) -> bool:
    return isinstance(data, dict)


def _is_port_list(data: t.Any) -> bool:
    """Both keys of the port list are optional (section 2.1)."""
    return _is_list(data) or (isinstance(data, dict) and data.get("results") is None)


def _is_console(data: t.Any) -> bool:
    console = data.get("remote_console") if isinstance(data, dict) else None
    return isinstance(console, dict) and text(console.get("url")) is not None


def _names_tasks(data: t.Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("tasks"), list) and all(isinstance(task, str) for task in data["tasks"])


def _names_a_task(data: t.Any) -> bool:
    return _names_tasks(data) and bool(data["tasks"])


# What a body must be to be an answer at all. The client sends a read again, and takes a write for unclear, when it is not.
_SHAPES: dict[Call, t.Callable[[t.Any], bool]] = {
    **dict.fromkeys(_LISTS, _is_list),
    **dict.fromkeys(_OBJECTS, _is_object),
    **dict.fromkeys(_STARTS_TASKS, _names_tasks),
    **dict.fromkeys(_ORDERS, _names_a_task),
    PORTS: _is_port_list,
    CONSOLE: _is_console,
}


def classify(call: Call, response: Response, redact: t.Callable[[str], str] = str) -> VpsError | None:
    """The typed error that an answer stands for; None for a success (section 3).

    Args:
        redact: takes known secrets out of the provider's words, which can quote the input (section 10).
    """
    if response.status >= 400:
        return _failure(call, response, redact)
    bodiless = not response.text.strip() and call in _STARTS_TASKS  # a body is optional (section 2)
    fits = _SHAPES.get(call)
    return None if bodiless or fits is None or fits(response.data) else unreadable(TITLE, call, response)


def _failure(call: Call, response: Response, redact: t.Callable[[str], str]) -> VpsError:
    body = response.data if isinstance(response.data, dict) else {}
    name, message = text(body.get("exception_class")) or "", one_line(redact(_said(body)))
    kind, hint = _kind(response, name, message)
    if kind is AuthError:
        message = ""  # "Bad permanent token" quotes a part of the token
    header = next((response.headers[key] for key in REQUEST_ID_HEADERS if response.headers.get(key)), None)
    request_id = text(body.get("request_id")) or header
    told = (f": {message}" if message else "") + (f" (request {request_id})" if request_id else "")
    return kind(
        f"{TITLE} answered {call.id} with a failure (HTTP {response.status}){told}",
        hint=hint,
        provider_message=message or None,
        provider_code=name or text(body.get("code")),
        request_id=request_id,
        http_status=response.status,
    )


def _said(body: Row) -> str:
    """The message of an error and what it says about single fields; C(traceback) is dropped."""
    fields = body.get("invalid_fields")
    message = text(body.get("message")) or ""
    listed = {str(field): said if isinstance(said, list) else [said] for field, said in fields.items()} if isinstance(fields, dict) else {}
    details = [f"{field}: {item}" for field, items in listed.items() for item in items if str(item) not in message]
    return " ".join([message, *details]).strip()


def _kind(response: Response, name: str, message: str) -> tuple[type[VpsError], str | None]:
    """Class and advice, in the order of section 3: 401, quota by class name, capacity, status."""
    status = response.status
    if status == 401:
        return AuthError, "Check api_token (GCORE_API_KEY); it holds a dollar sign, so a shell may have cut it."
    if name.startswith("QuotaLimit"):
        return QuotaError, "Raise the quota in the provider's panel, or remove something."
    if status == 403 and "limit" in message.lower() and "flavor" in message.lower():
        return CapacityError, "Choose another size or region."
    if status == 403:
        return ForbiddenError, "Check what role the token has in this project and region."
    if status == 404 and not isinstance(response.data, dict):
        return ConfigurationError, "This is no answer of the API; check api_url."
    if status == 404:
        return NotFoundError, None
    if status == 409:
        return ConflictError, None
    if status >= 500 or status == 408:
        return TransientError, None
    return RejectedError, None


class Api:
    """One task's connection to the account: calls, pages, and the lists that are fetched once."""

    def __init__(self, context: Context) -> None:
        self.client = context.client(authorise(context.connection.token), self._classify, BACKOFF)
        self.client.base_url = cloud_url(self.client.base_url)
        self._lists: dict[tuple[t.Any, ...], list[Row]] = {}

    def _classify(self, call: Call, response: Response) -> VpsError | None:
        return classify(call, response, self.redact)

    def redact(self, message: str) -> str:
        """A provider's words without any known secret."""
        return self.client.redactor.text(message)

    def ask(self, call: Call, path: Path, *, query: t.Mapping[str, t.Any] | None = None, body: t.Any = None) -> t.Any:
        """Send a call; its JSON answer."""
        return self.client.send(call, path, query=query, json_body=body).data

    def tasks(self, call: Call, path: Path, *, query: t.Mapping[str, t.Any] | None = None, body: t.Any = None) -> list[str]:
        """Send a call that starts tasks; their ids, none when there is nothing to wait for."""
        data = self.ask(call, path, query=query, body=body)
        return list(data["tasks"]) if data else []

    def everything(self, call: Call, path: Path, query: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        """A list that knows no pages."""
        return list(self.ask(call, path, query=query).get("results") or [])

    def pages(self, call: Call, path: Path, query: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        """All pages of a list, each object once; a page that fails is an error.

        Whatever goes while the pages are read moves the rest of them up, and one may slip from a page that is still to come
        into one that was read. The total tells; the list is then read again.

        Raises:
            TransientError: the total changed each time.
        """
        for _reading in range(READINGS):
            found, totals = self._all_pages(call, path, query)
            if len(totals) == 1:
                return found
        raise TransientError(f"{TITLE}: the list of {call.id} changed while its pages were read, {READINGS} times over", hint="Try again.")

    def _all_pages(self, call: Call, path: Path, query: t.Mapping[str, t.Any] | None) -> tuple[list[Row], set[int | None]]:
        """The objects of all pages, and the totals that the pages told. A total that is less than what came proves nothing."""
        found: dict[t.Any, Row] = {}
        totals: set[int | None] = set()
        limit = 100 if call in _SMALL_PAGES else 1000
        offset, ahead = 0, dict[int, t.Any]()

        def page(start: int) -> t.Any:
            return self.ask(call, path, query={**(query or {}), "limit": limit, "offset": start})

        while True:
            data = ahead.pop(offset) if offset in ahead else page(offset)
            before = len(found)
            for position, row in enumerate(data["results"], offset):
                identity = next((row[key] for key in ("id", "instance_id", "flavor_id", "servergroup_id", "port_id") if row.get(key) is not None), None)
                found.setdefault(str(identity) if identity is not None else position, row)
            offset += len(data["results"])
            count = integer(data.get("count"))
            totals.add(count)
            if not data["results"] or offset == count or (len(found) == before and (count is None or offset > count)):
                return list(found.values()), totals
            if count is not None and before == 0 and self.client.in_flight > 1:  # the rest side by side; a short page is noticed by its end
                starts = range(offset, count, len(data["results"]))
                ahead = dict(zip(starts, side_by_side([functools.partial(page, start) for start in starts], self.client.in_flight), strict=True))

    def once(self, call: Call, path: Path, query: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        """All pages of a list, fetched once in a task's life."""
        key = (call.id, *sorted(path.items()), *sorted((query or {}).items()))
        if key not in self._lists:
            self._lists[key] = self.pages(call, path, query)
        return self._lists[key]
