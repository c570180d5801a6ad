# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the HosterAPI.de reseller API, its authentication, envelope and errors (contract sections 2 to 4)."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import (
    AuthError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OperationFailedError,
    QuotaError,
    RejectedError,
    TransientError,
    VpsError,
)
from ..._core.normalise import integer, one_line
from ..._http.client import REQUEST_ID_HEADERS, Authorise, Backoff, Call, Refused, Response, Retry, unreadable

TITLE = "HosterAPI.de"
BACKOFF = Backoff(retries=4, first=1.0, cap=30.0)

# Error codes, section 4.
UNKNOWN_SERVER = "0x01"
UNAUTHORISED = "0x03"
SIGNAL_REFUSED = "0xa1"
TIMED_OUT = "0xa3"
OVER_LIMITS = "0xb0"
UNKNOWN_JOB = "0xc1"

_SERVER = "/datacenter/server/{sid}"

CREATE = Call("server_create", "POST", "/datacenter/server", mutates=True, retry=Retry.NEVER, refused=Refused.LOOK_FIRST)
LIST = Call("server_list", "GET", "/datacenter/server")
CONFIG = Call("server_config", "GET", f"{_SERVER}/config")
STATUS = Call("server_status", "GET", f"{_SERVER}/status")
CONSOLE = Call("server_console", "GET", f"{_SERVER}/console")
CHANGE = Call("server_change", "PUT", f"{_SERVER}/change", mutates=True, retry=Retry.CHECK_FIRST)
START = Call("server_start", "PUT", f"{_SERVER}/start", mutates=True, retry=Retry.CHECK_FIRST)
SHUTDOWN = Call("server_shutdown", "PUT", f"{_SERVER}/shutdown", mutates=True, retry=Retry.CHECK_FIRST)
STOP = Call("server_stop", "PUT", f"{_SERVER}/stop", mutates=True, retry=Retry.CHECK_FIRST)
REBOOT = Call("server_reboot", "PUT", f"{_SERVER}/reboot", mutates=True, retry=Retry.NEVER)
REBOOT_FORCE = Call("server_reboot_force", "PUT", f"{_SERVER}/reboot/force", mutates=True, retry=Retry.NEVER)
REINSTALL = Call("server_reinstall", "PUT", f"{_SERVER}/reinstall", mutates=True, retry=Retry.NEVER)
PASSWORD_RESET = Call("server_password_reset", "PUT", f"{_SERVER}/password/reset", mutates=True, retry=Retry.NEVER)
RDNS = Call("server_rdns", "POST", f"{_SERVER}/rdns", mutates=True, retry=Retry.CHECK_FIRST)
DELETE = Call("server_delete", "POST", f"{_SERVER}/delete", mutates=True, retry=Retry.CHECK_FIRST)
TEMPLATES = Call("server_templates", "GET", "/datacenter/templates")
BACKUPS = Call("backups_list", "GET", f"{_SERVER}/backups/list")
BACKUP_STATUS = Call("backups_status", "GET", f"{_SERVER}/backups/status")
BACKUP = Call("backups_create", "PUT", f"{_SERVER}/backups/create", mutates=True, retry=Retry.NEVER)
RESTORE = Call("backups_restore", "POST", f"{_SERVER}/backups/restore", mutates=True, retry=Retry.NEVER)
INCIDENTS = Call("server_incidents", "GET", f"{_SERVER}/incidents")
JOB = Call("job_get", "GET", "/job/{jobId}")

_MACHINE = "/datacenter/dedicated/{sid}"

MARKET = Call("dedicated_market", "GET", "/datacenter/dedicated/market")
MACHINE_TEMPLATES = Call("dedicated_templates", "GET", "/datacenter/dedicated/templates")
MACHINES = Call("dedicated_list", "GET", "/datacenter/dedicated")
MACHINE_CONFIG = Call("dedicated_config", "GET", f"{_MACHINE}/config")
MACHINE_STATUS = Call("dedicated_status", "GET", f"{_MACHINE}/status")
MACHINE_CONSOLE = Call("dedicated_console", "GET", f"{_MACHINE}/console")
MACHINE_ORDER = Call("dedicated_order", "POST", "/datacenter/dedicated/order", mutates=True, retry=Retry.NEVER, refused=Refused.LOOK_FIRST)
MACHINE_START = Call("dedicated_start", "PUT", f"{_MACHINE}/start", mutates=True, retry=Retry.CHECK_FIRST)
MACHINE_SHUTDOWN = Call("dedicated_shutdown", "PUT", f"{_MACHINE}/shutdown", mutates=True, retry=Retry.CHECK_FIRST)
MACHINE_REBOOT = Call("dedicated_reboot", "PUT", f"{_MACHINE}/reboot", mutates=True, retry=Retry.NEVER)
MACHINE_REINSTALL = Call("dedicated_reinstall", "PUT", f"{_MACHINE}/reinstall", mutates=True, retry=Retry.NEVER)
MACHINE_TERMINATE = Call("dedicated_terminate", "POST", f"{_MACHINE}/terminate", mutates=True, retry=Retry.CHECK_FIRST)

PACKAGES = Call("software_list", "GET", "/software/list")
INSTALL = Call("software_install", "POST", "/software/install", mutates=True, retry=Retry.NEVER)
UNINSTALL = Call("software_uninstall", "POST", "/software/uninstall", mutates=True, retry=Retry.NEVER)

CALLS = (
    *(CREATE, LIST, CONFIG, STATUS, CHANGE, START, SHUTDOWN, STOP, REBOOT, REBOOT_FORCE, REINSTALL, PASSWORD_RESET, RDNS, DELETE, TEMPLATES),
    *(INCIDENTS, BACKUPS, BACKUP_STATUS, BACKUP, RESTORE, JOB, CONSOLE, MACHINE_CONSOLE),
    *(MARKET, MACHINE_TEMPLATES, MACHINES, MACHINE_CONFIG, MACHINE_STATUS),
    *(MACHINE_ORDER, MACHINE_START, MACHINE_SHUTDOWN, MACHINE_REBOOT, MACHINE_REINSTALL, MACHINE_TERMINATE),
    *(PACKAGES, INSTALL, UNINSTALL),
)


def authorise(token: str) -> Authorise:
    """Put the token into its header, and announce JSON on every call, GET included (HA-1)."""

    def put(arguments: t.MutableMapping[str, t.Any]) -> None:
        arguments["headers"].update({"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": "application/json"})

    return put


# -- answers ------------------------------------------------------------------------------------------------------------


def job_of(payload: t.Any) -> str | None:
    """The id of the job that a call started, None where it started none."""
    number = integer(payload.get("jobId")) if isinstance(payload, dict) else None
    return str(number) if number is not None else None


def _is_id_list(payload: t.Any) -> bool:
    return isinstance(payload, list) and all(integer(item) is not None for item in payload)


def _is_row_list(payload: t.Any) -> bool:
    return isinstance(payload, list) and all(isinstance(item, dict) and integer(item.get("id")) is not None for item in payload)


def _is_config(payload: t.Any) -> bool:
    return isinstance(payload, dict) and isinstance(payload.get("ips", []), (list, type(None)))


def _is_address(payload: t.Any) -> bool:
    return isinstance(payload, str) and "://" in payload


def _is_job(payload: t.Any) -> bool:
    return isinstance(payload, dict) and "status" in payload


# What a payload must be to be an answer at all. The client sends a read again, and takes a write for unclear, when it is not.
_SHAPES: dict[Call, t.Callable[[t.Any], bool]] = {
    LIST: _is_id_list,
    TEMPLATES: lambda payload: isinstance(payload, list),
    CONFIG: _is_config,
    STATUS: lambda payload: isinstance(payload, dict),
    INCIDENTS: lambda payload: not payload or (isinstance(payload, list) and all(isinstance(row, dict) for row in payload)),
    JOB: _is_job,
    BACKUPS: _is_id_list,
    BACKUP_STATUS: lambda payload: isinstance(payload, dict) or not payload,
    CREATE: lambda payload: job_of(payload) is not None,
    REINSTALL: lambda payload: job_of(payload) is not None,
    **dict.fromkeys((CONSOLE, MACHINE_CONSOLE), _is_address),
    PASSWORD_RESET: lambda payload: isinstance(payload, dict) and bool(payload.get("password")),
    MARKET: _is_row_list,
    MACHINES: _is_row_list,
    MACHINE_TEMPLATES: lambda payload: isinstance(payload, list),
    MACHINE_CONFIG: _is_config,
    MACHINE_STATUS: lambda payload: isinstance(payload, dict),
    PACKAGES: lambda payload: isinstance(payload, (dict, list)),
    INSTALL: lambda payload: job_of(payload) is not None,
    UNINSTALL: lambda payload: job_of(payload) is not None,
}


_ORDERS = (CREATE, MACHINE_ORDER)

_EMPTY = ("", "null", "[]", "{}")  # a success of server_change, whose answer is not documented: the configuration is the proof (HA-8)


def payload(response: Response) -> t.Any:
    """What an envelope holds (section 3, rule 4); None for an empty answer to C(server_change)."""
    return response.data.get("result", response.data.get("response")) if isinstance(response.data, dict) else None


def classify(call: Call, response: Response) -> VpsError | None:
    """The typed error that an answer stands for; None for a success (sections 3 and 4)."""
    code, message = _said(response.data)
    if response.status >= 400:
        return _failure(call, response, code, message)
    if call is CHANGE and response.text.strip() in _EMPTY:
        return None
    if not isinstance(response.data, dict):
        return unreadable(TITLE, call, response)
    refused = response.data.get("result") is False and call is not BACKUP_STATUS  # which says by it that nothing is going on (HA-14)
    if response.data.get("error") or refused:
        return _failure(call, response, code, message)
    if "result" not in response.data and "response" not in response.data:
        return unreadable(TITLE, call, response)
    fits = _SHAPES.get(call)
    return unreadable(TITLE, call, response) if fits and not fits(payload(response)) else None


def job_failure(job_id: str, output: t.Any) -> VpsError:
    """The error for a job that ended as C(failed), which is an HTTP 200 (envelope J4).

    Any output but text may hold a password and is not shown.
    """
    code, message = _parse(output) if isinstance(output, str) else (None, "")
    kind = QuotaError if code == OVER_LIMITS else OperationFailedError
    told = f": {message}" if message else ", without a reason"
    return kind(f"{TITLE}: job {job_id} failed{told}", operation_id=job_id, provider_message=message or None, provider_code=code)


def _said(data: t.Any) -> tuple[str | None, str]:
    """Error code and text of an answer: envelope J2, else the framework's J5."""
    if not isinstance(data, dict):
        return None, ""
    if isinstance(data.get("error"), str):
        return _parse(data["error"])
    details = data.get("errors")
    parts = [data.get("message"), *(details.values() if isinstance(details, dict) else ())]
    flat = [str(item) for part in parts for item in (part if isinstance(part, list) else [part]) if item]
    return None, one_line(" ".join(dict.fromkeys(flat)))


def _parse(error: str) -> tuple[str | None, str]:
    """C(0xNN: text) as code and whole text; no code where it has another form."""
    found = re.match(r"(0x[0-9a-fA-F]+):\s*(.*)$", error.strip(), re.DOTALL)
    return (found[1].lower() if found else None), one_line(error)


def _failure(call: Call, response: Response, code: str | None, message: str) -> VpsError:
    kind, hint = _kind(call, response.status, code)
    told = f": {message}" if message else ""
    return kind(
        f"{TITLE} answered {call.id} with a failure (HTTP {response.status}){told}",
        hint=hint,
        provider_message=message or None,
        provider_code=code,
        request_id=next((response.headers[name] for name in REQUEST_ID_HEADERS if response.headers.get(name)), None),
    )


def _kind(call: Call, status: int, code: str | None) -> tuple[type[VpsError], str | None]:
    """Class and advice by HTTP status; the code only refines, and the text never decides (section 4)."""
    if status == 401 or code == UNAUTHORISED:
        return AuthError, "Check api_token (HOSTERAPI_TOKEN), and that it belongs to the system that api_url names."
    if status == 403:
        return ForbiddenError, "Ask the provider's support what this token may do."
    if status == 404:
        unknown = code == (UNKNOWN_JOB if call is JOB else UNKNOWN_SERVER)
        return (NotFoundError, None) if unknown else (ConfigurationError, "Check api_url; it ends in /api/v1.")
    if status == 405:
        return ConfigurationError, "Check api_url; it ends in /api/v1."
    if status in (409, 423) or (code == SIGNAL_REFUSED and call not in _ORDERS):  # any 5xx to an order leaves it unclear (section 6)
        return ConflictError, "The server may be busy with a job or a backup; run the task again later."
    if status >= 500 or status == 408 or code == TIMED_OUT:
        return TransientError, None
    return (QuotaError, None) if code == OVER_LIMITS else (RejectedError, None)
