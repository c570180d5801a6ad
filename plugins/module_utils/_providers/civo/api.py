# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the Civo API, its authentication, the forms of its answers and its errors (contract sections 1 to 3)."""

from __future__ import annotations

import fnmatch
import typing as t

from ..._core.errors import (
    AuthError,
    CapacityError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    QuotaError,
    RejectedError,
    TransientError,
    UnsupportedError,
    VpsError,
)
from ..._core.normalise import integer, one_line, text
from ..._http.client import REQUEST_ID_HEADERS, Authorise, Backoff, Call, Refused, Response, Retry, unreadable

TITLE = "Civo"
BACKOFF = Backoff(retries=4, first=2.0, cap=60.0)  # section 3.1
PER_PAGE = 100  # reading 17

REGION_NOT_FOUND = "database_region_not_found"
IN_RESCUE_STATE = "database_instance_already_in_rescue_state"

Row = dict[str, t.Any]

_INSTANCES = "/v2/instances"
_ONE = f"{_INSTANCES}/{{id}}"
_FIREWALLS = "/v2/firewalls"
_RULES = f"{_FIREWALLS}/{{firewall_id}}/rules"
_SNAPSHOTS = f"{_INSTANCES}/{{instance_id}}/snapshots"
_ALL_SNAPSHOTS = "/v2/resourcesnapshots"
_SCHEDULES = "/v2/resourcesnapshotschedules"
_IPS = "/v2/ips"
_VOLUMES = "/v2/volumes"


def _idempotent(call_id: str, method: str, path: str) -> Call:
    return Call(call_id, method, path, mutates=True, retry=Retry.IDEMPOTENT)


def _after_a_look(call_id: str, method: str, path: str) -> Call:
    """A call that gives something to a server or takes it away: whoever has it is read before it is sent again."""
    return Call(call_id, method, path, mutates=True, retry=Retry.CHECK_FIRST)


def _once(call_id: str, path: str) -> Call:
    """A call that makes or reboots something: sent a second time, it would do so again (section 3.2)."""
    return Call(call_id, "POST", path, mutates=True, retry=Retry.NEVER)


def _order(call_id: str, path: str) -> Call:
    """A call that makes something that costs money: after a refusal another look comes first (section 3.2)."""
    return Call(call_id, "POST", path, mutates=True, retry=Retry.NEVER, refused=Refused.LOOK_FIRST)


CREATE = _order("instances.create", _INSTANCES)
LIST = Call("instances.list", "GET", _INSTANCES)
GET = Call("instances.get", "GET", _ONE)
SET_TAGS = _idempotent("instances.set_tags", "PUT", f"{_ONE}/tags")
HARD_REBOOT = _once("instances.hard_reboot", f"{_ONE}/hard_reboots")
SOFT_REBOOT = _once("instances.soft_reboot", f"{_ONE}/soft_reboots")
STOP = _idempotent("instances.stop", "PUT", f"{_ONE}/stop")
START = _idempotent("instances.start", "PUT", f"{_ONE}/start")
RESIZE = Call("instances.resize", "PUT", f"{_ONE}/resize", mutates=True, retry=Retry.CHECK_FIRST)  # section 3.2: re-read, then perhaps again
SET_FIREWALL = _idempotent("instances.set_firewall", "PUT", f"{_ONE}/firewall")
DELETE = _idempotent("instances.delete", "DELETE", _ONE)
UPDATE = _idempotent("instances.update", "PUT", _ONE)
CONSOLE_OPEN = _idempotent("instances.console_open", "PUT", f"{_ONE}/vnc")
CONSOLE = Call("instances.console_get", "GET", f"{_ONE}/vnc")
CONSOLE_CLOSE = _idempotent("instances.console_close", "DELETE", f"{_ONE}/vnc")
RECOVERY_ENABLE = _idempotent("instances.recovery_enable", "PUT", f"{_ONE}/recovery")
RECOVERY_DISABLE = _idempotent("instances.recovery_disable", "DELETE", f"{_ONE}/recovery")
RECOVERY_STATUS = Call("instances.recovery_status", "GET", f"{_ONE}/recovery")
REGIONS = Call("regions.list", "GET", "/v2/regions")
SIZES = Call("sizes.list", "GET", "/v2/sizes")
IMAGES = Call("disk_images.list", "GET", "/v2/disk_images")
NETWORKS = Call("networks.list", "GET", "/v2/networks")
FIREWALLS = Call("firewalls.list", "GET", _FIREWALLS)
FIREWALL_CREATE = _once("firewalls.create", _FIREWALLS)
FIREWALL_RENAME = _idempotent("firewalls.rename", "PUT", f"{_FIREWALLS}/{{id}}")
FIREWALL_DELETE = _idempotent("firewalls.delete", "DELETE", f"{_FIREWALLS}/{{id}}")
RULES = Call("firewalls.rules.list", "GET", _RULES)
RULE_CREATE = _once("firewalls.rules.create", _RULES)
RULE_DELETE = _idempotent("firewalls.rules.delete", "DELETE", f"{_RULES}/{{rule_id}}")
QUOTA = Call("quota.get", "GET", "/v2/quota")
SSH_KEYS = Call("sshkeys.list", "GET", "/v2/sshkeys")
SSH_KEY_CREATE = _once("sshkeys.create", "/v2/sshkeys")
SSH_KEY_RENAME = _idempotent("sshkeys.rename", "PUT", "/v2/sshkeys/{id}")
SSH_KEY_DELETE = _idempotent("sshkeys.delete", "DELETE", "/v2/sshkeys/{id}")
SNAPSHOTS = Call("instance_snapshots.list", "GET", _SNAPSHOTS)
SNAPSHOT_CREATE = _once("instance_snapshots.create", _SNAPSHOTS)
SNAPSHOT_DELETE = _idempotent("instance_snapshots.delete", "DELETE", f"{_SNAPSHOTS}/{{id}}")
SNAPSHOT_RESTORE = _once("instance_snapshots.restore", f"{_SNAPSHOTS}/{{id}}/restore")
ALL_SNAPSHOTS = Call("resource_snapshots.list", "GET", _ALL_SNAPSHOTS)
ANY_SNAPSHOT_DELETE = _idempotent("resource_snapshots.delete", "DELETE", f"{_ALL_SNAPSHOTS}/{{id}}")
ANY_SNAPSHOT_RESTORE = _once("resource_snapshots.restore", f"{_ALL_SNAPSHOTS}/{{id}}/restore")
SCHEDULES = Call("snapshot_schedules.list", "GET", _SCHEDULES)
SCHEDULE_CREATE = _once("snapshot_schedules.create", _SCHEDULES)
SCHEDULE_UPDATE = _idempotent("snapshot_schedules.update", "PUT", f"{_SCHEDULES}/{{id}}")
SCHEDULE_DELETE = _idempotent("snapshot_schedules.delete", "DELETE", f"{_SCHEDULES}/{{id}}")
IPS = Call("ips.list", "GET", _IPS)
IP_CREATE = _order("ips.create", _IPS)
IP_RENAME = _idempotent("ips.rename", "PUT", f"{_IPS}/{{id}}")
IP_ACTION = _after_a_look("ips.action", "POST", f"{_IPS}/{{id}}/actions")
IP_DELETE = _idempotent("ips.delete", "DELETE", f"{_IPS}/{{id}}")
VOLUMES = Call("volumes.list", "GET", _VOLUMES)
VOLUME_CREATE = _order("volumes.create", _VOLUMES)
VOLUME_ATTACH = _after_a_look("volumes.attach", "PUT", f"{_VOLUMES}/{{id}}/attach")
VOLUME_DETACH = _after_a_look("volumes.detach", "PUT", f"{_VOLUMES}/{{id}}/detach")
VOLUME_DELETE = _idempotent("volumes.delete", "DELETE", f"{_VOLUMES}/{{id}}")
VOLUME_SNAPSHOTS = Call("volume_snapshots.list", "GET", "/v2/snapshots")

CALLS = (
    *(CREATE, LIST, GET, SET_TAGS, HARD_REBOOT, SOFT_REBOOT, STOP, START, RESIZE, SET_FIREWALL, DELETE, UPDATE),
    *(CONSOLE_OPEN, CONSOLE, CONSOLE_CLOSE, RECOVERY_ENABLE, RECOVERY_DISABLE, RECOVERY_STATUS, REGIONS, SIZES, IMAGES, NETWORKS),
    *(QUOTA, SSH_KEYS, SSH_KEY_CREATE, SSH_KEY_RENAME, SSH_KEY_DELETE),
    *(FIREWALLS, FIREWALL_CREATE, FIREWALL_RENAME, FIREWALL_DELETE, RULES, RULE_CREATE, RULE_DELETE),
    *(SNAPSHOTS, SNAPSHOT_CREATE, SNAPSHOT_DELETE, SNAPSHOT_RESTORE, ALL_SNAPSHOTS, ANY_SNAPSHOT_DELETE, ANY_SNAPSHOT_RESTORE),
    *(SCHEDULES, SCHEDULE_CREATE, SCHEDULE_UPDATE, SCHEDULE_DELETE),
    *(IPS, IP_CREATE, IP_RENAME, IP_ACTION, IP_DELETE),
    *(VOLUMES, VOLUME_CREATE, VOLUME_ATTACH, VOLUME_DETACH, VOLUME_DELETE, VOLUME_SNAPSHOTS),
)
REGION_IN_BODY = (  # reading 2
    *(CREATE, SET_TAGS, RESIZE, SET_FIREWALL, FIREWALL_CREATE, FIREWALL_RENAME, RULE_CREATE),
    *(IP_CREATE, IP_RENAME, IP_ACTION, VOLUME_CREATE, VOLUME_ATTACH, VOLUME_DETACH),
)
_PRIVATE_REGIONS_ONLY = (SNAPSHOTS, ALL_SNAPSHOTS, SCHEDULES)  # section 7.1
_BODY_IGNORED = (SNAPSHOT_DELETE,)


def authorise(token: str) -> Authorise:
    """Put the token into its header (section 1)."""

    def put(arguments: t.MutableMapping[str, t.Any]) -> None:
        arguments["headers"]["Authorization"] = f"bearer {token}"

    return put


# -- successful answers ---------------------------------------------------------------------------------------------------


def rows(response: Response) -> list[Row]:
    """The elements of a list, which is an array or C({items: []}) (reading 18)."""
    found = _items(response.data)
    return found if isinstance(found, list) else []


def pages(response: Response) -> int:
    """How many pages a list has; one where it does not say."""
    told = response.data.get("pages") if isinstance(response.data, dict) else None
    return integer(told) or 1


def _items(data: t.Any) -> t.Any:
    return data.get("items") if isinstance(data, dict) else data


def _is_list(key: str) -> t.Callable[[t.Any], bool]:
    """Whether an answer is a list of objects that all have C(key); a list of anything else must not pass for a short one."""

    def fits(data: t.Any) -> bool:
        items = _items(data)
        return isinstance(items, list) and all(isinstance(item, dict) and text(item.get(key)) is not None for item in items)

    return fits


def _is_page(data: t.Any) -> bool:
    told = data.get("pages") if isinstance(data, dict) else None
    return _is_list("id")(data) and (told is None or (integer(told) is not None and (integer(told) or 0) >= 0))


def _is_object(data: t.Any) -> bool:
    return isinstance(data, dict) and text(data.get("id")) is not None


def _is_record(data: t.Any) -> bool:
    """Whether it is the record of a restore, of which nothing is needed: its id is no server's (H10)."""
    return isinstance(data, dict) and bool(data)


def _is_resource_list(data: t.Any) -> bool:
    """Whether it is the list of all snapshots, which are wrapped by what they are snapshots of."""
    items = _items(data)
    return isinstance(items, list) and all(isinstance(item, dict) for item in items) and all(map(_is_object, wrapped(items)))


def wrapped(listed: t.Iterable[Row]) -> list[t.Any]:
    """The snapshots of instances out of the list of all snapshots (section 7.1)."""
    return [row.get("instance") for row in listed if (text(row.get("resource_type")) or "instance").lower() == "instance"]


def _is_console(data: t.Any) -> bool:
    return isinstance(data, dict) and text(data.get("uri")) is not None


def _is_acknowledgement(data: t.Any) -> bool:
    return isinstance(data, dict) and (text(data.get("result")) is not None or _is_object(data))


# What an answer must be to be one; where a call is missing here, an acknowledgement is due.
_SHAPES: t.Mapping[Call, t.Callable[[t.Any], bool]] = {
    CREATE: _is_object,
    LIST: _is_page,
    GET: _is_object,
    REGIONS: _is_list("code"),
    SIZES: _is_list("name"),
    QUOTA: lambda data: isinstance(data, dict) and any(key.endswith("_limit") for key in data),
    **{call: _is_list("id") for call in (IMAGES, NETWORKS, FIREWALLS, RULES, SSH_KEYS, SNAPSHOTS, SCHEDULES)},
    ALL_SNAPSHOTS: _is_resource_list,
    **dict.fromkeys((CONSOLE, CONSOLE_OPEN), _is_console),
    IPS: _is_page,
    VOLUMES: _is_list("id"),
    VOLUME_SNAPSHOTS: _is_list("snapshot_id"),
    **dict.fromkeys((SNAPSHOT_CREATE, SCHEDULE_CREATE, IP_CREATE, VOLUME_CREATE), _is_object),
    **dict.fromkeys((SNAPSHOT_RESTORE, ANY_SNAPSHOT_RESTORE), _is_record),
}


def classify(call: Call, response: Response) -> VpsError | None:
    """The typed error that an answer stands for; None for a success (sections 2 and 3, readings 15 and 16)."""
    if not 200 <= response.status < 300:
        return _failure(call, response)
    word = _result(response.data)
    if word == "requires_authentication":
        return _failure(call, response)
    if call is not RECOVERY_STATUS and word not in (None, "success", "ok"):
        # Accepted or not is not known: a call that may be sent again is, any other one ends as unclear.
        return TransientError(f"{TITLE} answered {call.id} with the result {one_line(str(word))[:40]!r}", request_id=_request_id(response))
    if call in _BODY_IGNORED or (response.status == 204 and call.mutates and call not in _SHAPES):
        return None
    fits = _SHAPES.get(call, _is_acknowledgement)
    return None if response.parsed and fits(response.data) else unreadable(TITLE, call, response)


def _result(data: t.Any) -> str | None:
    word = text(data.get("result")) if isinstance(data, dict) else None
    return word.lower() if word else None


# -- errors -------------------------------------------------------------------------------------------------------------

# Section 3, by body. The first match wins.
_BY_CODE: tuple[tuple[type[VpsError], tuple[str, ...]], ...] = (
    (
        AuthError,
        (
            "requires_authentication",
            "authentication_failed",
            "authentication_invalid_key",
            "authentication_access_denied",
            "database_account_not_found",
            "database_account_access_denied",
        ),
    ),
    (QuotaError, ("quota_limit_reached", "openstack_quota_apply", "account_not_enabled_inc_card", "account_not_enabled_without_card")),
    (CapacityError, ("out_of_capacity", "region_unavailable")),
    (UnsupportedError, ("disabled_service", "database_disk_image_not_implemented")),
    # These end in _not_found and speak of a parameter or a region, never of the instance.
    (RejectedError, ("database_size_not_found", "database_template_not_found", "database_disk_image_not_found", REGION_NOT_FOUND)),
    (
        NotFoundError,
        (
            "*_not_found",
            "database_instance_find",
            "database_ip_find",
            "openstack_instance_find",
            "database_firewall_rules_find",
            "database_network_lookup",
        ),
    ),
    (ConflictError, ("*_duplicate", "*_duplicate_name", "*_exists", "database_instance_build_multiple_with_existing_public_ip")),
    (
        ConflictError,
        (
            "instance_state_must_be_active_or_shutoff",
            IN_RESCUE_STATE,
            "database_snapshot_create_already_in_process",
            "database_snapshot_cannot_delete_in_use",
            "database_volume_not_attached",
            "database_volume_cannot_multiple_attach",
            "database_firewall_delete_failed",
        ),
    ),
    (
        RejectedError,
        (
            "parameter_*",
            "volume_invalid_size",
            "database_firewall_mismatch",
            "database_firewall_rules_invalid_params",
            "openstack_instance_resize",
            "database_image_id_invalid",
        ),
    ),
    (TransientError, ("database_connection_failed", "openstack_connection_failed", "database_quota_lock_failed", "openstack_url_*")),
)
_BY_STATUS: t.Mapping[int, type[VpsError]] = {
    401: AuthError,
    402: QuotaError,
    403: ForbiddenError,
    404: NotFoundError,
    408: TransientError,
    409: ConflictError,
    500: TransientError,
    501: UnsupportedError,
    502: TransientError,
    503: TransientError,
    504: TransientError,
}
_HINTS: t.Mapping[type[VpsError], str] = {
    AuthError: "Check api_token (CIVO_TOKEN), and that api_url is the API it belongs to.",
    QuotaError: "Free something, or raise the quota or settle the account in Civo's dashboard.",
    CapacityError: "Choose another size or region, or try again later.",
    UnsupportedError: "This region does not have it; choose another region.",
    ConfigurationError: "Check api_url; it is scheme, host and any prefix, without /v2.",
}


def _failure(call: Call, response: Response) -> VpsError:
    body = response.data if isinstance(response.data, dict) else {}
    code = (text(body.get("code")) or _result(body) or "").lower() or None
    message = one_line(" ".join(dict.fromkeys(said for said in map(text, (body.get("reason"), body.get("details"), body.get("error"))) if said)))
    if not body:
        message = one_line(response.text)
    kind = _kind(call, response.status, code, body)
    told = "".join((f": {message}" if message else "", f" [{code}]" if code else ""))
    return kind(
        f"{TITLE} answered {call.id} with HTTP {response.status}{told}",
        hint=_HINTS.get(kind),
        provider_message=message or None,
        provider_code=code,
        request_id=_request_id(response),
    )


def _kind(call: Call, status: int, code: str | None, body: t.Mapping[str, t.Any]) -> type[VpsError]:
    """The class of an error: authentication first, then by body, then by status."""
    by_code = next((kind for kind, patterns in _BY_CODE if code and any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)), None)
    if by_code is AuthError or status == 401:
        return AuthError
    if by_code is not None:
        return by_code
    if integer(body.get("status")) == 500:
        return TransientError
    if call in _PRIVATE_REGIONS_ONLY and (status == 403 or (status == 404 and "{" not in call.path)):
        return UnsupportedError
    if status == 404 and "{" not in call.path:  # such a path exists at every Civo API, so this is none
        return ConfigurationError
    return _BY_STATUS.get(status, RejectedError if 400 <= status < 500 else ProtocolError)


def _request_id(response: Response) -> str | None:
    return next((response.headers[name] for name in REQUEST_ID_HEADERS if response.headers.get(name)), None)
