# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Hostwinds API on the wire: its calls, the key's place, envelopes and the classification of failures.

Section numbers and HW-n are those of the provider's contract.
"""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import (
    AuthError,
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TransientError,
    UnsupportedError,
    VpsError,
)
from ..._core.normalise import integer, one_line, text
from ..._http.client import REQUEST_ID_HEADERS, Authorise, Backoff, Call, Client, Refused, Response, Retry, unreadable
from ..base import Context

TITLE = "Hostwinds"
BACKOFF = Backoff(retries=3, first=1.0, cap=30.0)  # section 4

_AUTH_HINT = (
    "The key may be wrong, expired, or bound to other IPv4 addresses: Hostwinds answers all three the same way. "
    "Check api_token and the key's allow-list; on a machine that prefers IPv6 set ip_family: ipv4."
)
_RATE_WORDS = ("cooldown", "rate limit", "too many requests", "try again", "please wait")
_NO_SUCH_SERVER = re.compile(r"valid service ?id|service ?id is required", re.IGNORECASE)
_LOCKED = re.compile(r"\blocked\b", re.IGNORECASE)  # HW-14
_SERVICE_ID = re.compile(r"[1-9][0-9]{0,17}")

Row = dict[str, t.Any]
Fields = t.Mapping[str, t.Any]


def _read(action: str) -> Call:
    return Call(action, "POST", "")


def _write(action: str, retry: Retry) -> Call:
    return Call(action, "POST", "", mutates=True, retry=retry, refused=Refused.LOOK_FIRST if retry is Retry.CHECK_FIRST else Refused.FINAL)


CALLS: dict[str, Call] = {
    call.id: call
    for call in (
        _read("get_instances"),
        _read("get_instance"),
        _read("get_instance_ids"),
        _read("get_instance_ips"),
        _read("get_smtp_filters"),
        _read("check_serviceid"),
        _read("get_instance_maintenance"),
        _read("get_instance_firewall_profile"),
        _read("get_firewall_profiles"),
        _read("get_price_list"),
        _read("check_upgrade_order"),
        _read("check_upgrade_reboot"),
        _write("add_instance", Retry.NEVER),
        _write("boot", Retry.CHECK_FIRST),
        _write("shutdown", Retry.CHECK_FIRST),
        _write("reboot", Retry.NEVER),
        _write("terminate", Retry.CHECK_FIRST),
        _write("recreate", Retry.NEVER),
        _write("reinstall_instance", Retry.NEVER),
        _write("repair_instance", Retry.NEVER),
        _write("finalize_iso", Retry.NEVER),
        _write("rescue", Retry.NEVER),
        _write("unrescue", Retry.NEVER),
        _write("edit_instance", Retry.CHECK_FIRST),
        _write("change_password", Retry.CHECK_FIRST),
        _write("toggle_lock", Retry.NEVER),
        _write("set_instance_firewall", Retry.CHECK_FIRST),
        _write("set_rdns", Retry.CHECK_FIRST),
        _write("set_main_ip", Retry.CHECK_FIRST),
        _write("delete_ip", Retry.CHECK_FIRST),
        _write("change_main_ip", Retry.NEVER),
        _write("regenerate_networking", Retry.NEVER),
        _write("create_ip_cleanup_fee", Retry.NEVER),
        _write("upgrade_instance", Retry.NEVER),
        _write("upgrade_server", Retry.NEVER),
        _write("confirm_upgrade", Retry.CHECK_FIRST),
    )
}


def valid_service_id(value: t.Any) -> bool:
    """Whether it is a well-formed positive integer, the only form of an id here (HW-5)."""
    return bool(_SERVICE_ID.fullmatch(str(value)))


def authorise(token: str) -> Authorise:
    """Puts the key into the form as C(API) (section 2)."""

    def put(arguments: t.MutableMapping[str, t.Any]) -> None:
        arguments["data"].append(("API", token))

    return put


def form(action: str, fields: Fields) -> list[tuple[str, str]]:
    """The form of a call: booleans as 1/0, lists as repeated C(name[]), absent optionals left out (section 2)."""
    result = [("action", action)]
    for name, value in fields.items():
        if isinstance(value, (list, tuple)):
            result += [(f"{name}[]", str(item)) for item in value]
        elif value is not None:
            result.append((name, str(int(value)) if isinstance(value, bool) else str(value)))
    return result


# -- failures -----------------------------------------------------------------------------------------------------------


def classify(call: Call, response: Response) -> VpsError | None:
    """The typed error an answer stands for, None for a success (section 4).

    The outcome is the C(result) of every entry, never a message (HW-3). Authorisation comes first: read as "not found"
    it would have a second server billed. A write that is answered partly with success had effects already.
    """
    request_id = next((response.headers[name] for name in REQUEST_ID_HEADERS if response.headers.get(name)), None)
    if response.status in (401, 403):
        return AuthError(f"{TITLE} refused the key for {call.id} (HTTP {response.status})", hint=_AUTH_HINT, request_id=request_id)
    if response.status >= 500 or response.status == 408:
        return TransientError(f"{TITLE} answered {call.id} with HTTP {response.status}", request_id=request_id)
    if not response.parsed or not isinstance(response.data, (list, dict)):
        return unreadable(TITLE, call, response)
    entries = _entries(response.data)
    if entries is None:
        return _classify_payload(call, response)
    outcomes = {_outcome(entry) for entry in entries}
    failed = [entry for entry in entries if _outcome(entry) == "error"]
    if failed and not (call.mutates and "success" in outcomes):
        return _classify_entry(call, min(failed, key=_is_no_authorisation_failure), request_id)
    if failed:
        said = _said(failed[0])
        paid = "; an invoice may have been paid" if call.id in ("add_instance", "upgrade_instance") else ""
        return ProtocolError(f"{TITLE} carried out {call.id} in part and then answered: {said}{paid}", provider_message=said, request_id=request_id)
    if outcomes != {"success"} or response.status >= 400:
        return unreadable(TITLE, call, response)
    return None


def _classify_payload(call: Call, response: Response) -> VpsError | None:
    if response.status >= 400:
        return RejectedError(f"{TITLE} refused {call.id} (HTTP {response.status})")
    accepted = isinstance(response.data, dict) and bool(response.data.get("success"))
    return unreadable(TITLE, call, response) if call.mutates and not accepted else None


def _classify_entry(call: Call, entry: Row, request_id: str | None) -> VpsError:
    said = _said(entry)
    facts: dict[str, t.Any] = {"provider_message": said, "provider_code": text(entry.get("ERROR")), "request_id": request_id}
    code = f" (code {facts['provider_code']})" if facts["provider_code"] else ""
    message = f"{TITLE} refused {call.id}: {said}{code}"
    lowered = said.lower()
    if not _is_no_authorisation_failure(entry):
        return AuthError(message, hint=_AUTH_HINT, **facts)
    if call.mutates and _LOCKED.search(said):  # before the words of a rate limit: "unlock it and try again"
        return ConflictError(message, hint="Unlock it first (locked: false).", **facts)
    if any(word in lowered for word in _RATE_WORDS):
        return RateLimitedError(message, **facts)
    if "invalid action" in lowered:
        return UnsupportedError(message, hint="Hostwinds does not offer this action any more, or not to this key.", capability=call.id, **facts)
    if _NO_SUCH_SERVER.search(said):
        return NotFoundError(message, **facts)
    return RejectedError(message, **facts)


def _outcome(entry: t.Any) -> str | None:
    return str(entry.get("result")).lower() if isinstance(entry, dict) else None


def _is_no_authorisation_failure(entry: Row) -> bool:
    return "not authorized" not in _said(entry).lower()


def _said(entry: Row) -> str:
    return one_line(str(entry.get("message") or entry.get("action") or "an error without a message"))


# -- envelopes (section 3) ------------------------------------------------------------------------------------------------


def _entries(data: t.Any) -> list[t.Any] | None:
    """The entries of E1 and E4, None for a payload."""
    if isinstance(data, dict):
        return [data] if "result" in data else None
    return data if data and isinstance(data[0], dict) and "result" in data[0] else None


def unwrap(data: t.Any) -> t.Any:
    """The payload of any envelope."""
    return data["success"] if isinstance(data, dict) and "result" not in data and "success" in data else data


class Api:
    """The calls of one account, with answers in one shape whatever envelope they came in."""

    def __init__(self, context: Context) -> None:
        self.client: Client = context.client(authorise(context.connection.token), classify, BACKOFF)

    # -- sending ----------------------------------------------------------------------------------------------------

    def send(self, action: str, service_id: str | None = None, **fields: t.Any) -> t.Any:
        """Send an action and return its payload.

        Raises:
            NotFoundError: only for an action on one server; the id is known to be well-formed then.
            VpsError: as classified, with the server's id among the facts.
        """
        sent = {"serviceid": service_id, **fields}
        try:
            return unwrap(self.client.send(CALLS[action], form=form(action, sent)).data)
        except VpsError as exc:
            exc.message, exc.facts = self.client.redactor.text(exc.message), self.client.redactor.data(exc.facts)
            if service_id is not None:
                exc.facts.setdefault("id", service_id)
                exc.message += f" (instance {service_id})"
            elif isinstance(exc, NotFoundError):
                raise RejectedError(exc.message, hint=exc.hint, **exc.facts) from exc
            raise

    def order(self, action: str, service_id: str | None = None, **fields: t.Any) -> None:
        """Send what costs money, once; its answer is no proof of anything.

        Raises:
            RateLimitedError: Hostwinds says that it did nothing.
            OutcomeUnknownError: an HTTP 429 too, which is not documented and so proves nothing (section 4).
        """
        try:
            self.send(action, service_id, **fields)
        except RateLimitedError as exc:
            if exc.facts.get("provider_message"):
                raise
            raise OutcomeUnknownError(f"{exc.message}, which does not prove that nothing was ordered", **exc.facts) from exc

    def _object(self, action: str, service_id: str) -> Row:
        """One object; PHP writes an empty one as an empty list."""
        payload = self.send(action, service_id)
        if payload == []:
            return {}
        if not isinstance(payload, dict):
            raise _shapeless(action)
        return payload

    # -- servers ----------------------------------------------------------------------------------------------------

    def instance(self, service_id: str) -> Row:
        """The full row of a server.

        Raises:
            NotFoundError: what one answer can tell; the lists have to confirm it.
        """
        row = self._object("get_instance", service_id)
        if row_id(row) != service_id:
            raise _shapeless("get_instance")
        return row

    def instances(self) -> dict[str, Row]:
        """Full rows by id."""
        return self._by_id("get_instances")

    def short_rows(self) -> dict[str, Row]:
        """The rows of get_instance_ids by id: names and addresses only. Not paged (HW-18)."""
        return self._by_id("get_instance_ids")

    def _by_id(self, action: str) -> dict[str, Row]:
        payload = self.send(action)
        if isinstance(payload, dict) and any(isinstance(row, dict) and row_id(row) not in (None, key) for key, row in payload.items()):
            raise _shapeless(action)
        rows = {row_id(row): row for row in _rows(action, payload, row_id)}
        if None in rows:
            raise _shapeless(action)  # dropping the row would hide a server
        return {str(key): row for key, row in rows.items()}

    def knows(self, service_id: str) -> bool:
        """What check_serviceid says (HW-22): only true or 1 is a yes."""
        try:
            return self.send("check_serviceid", service_id) in (True, 1, "1")
        except NotFoundError:
            return False

    def addresses(self, service_id: str) -> t.Any:
        """The payload of get_instance_ips, whose shape varies (HW-16)."""
        payload = self.send("get_instance_ips", service_id)
        if not isinstance(payload, (list, dict)):
            raise _shapeless("get_instance_ips")
        return payload

    def smtp_filters(self, service_id: str) -> list[Row]:
        """The outgoing-mail filters of a server; PHP writes none of them as an empty list."""
        payload = self.send("get_smtp_filters", service_id)
        listed = payload.get("spam", payload) if isinstance(payload, dict) else payload
        return _rows("get_smtp_filters", [] if listed in (None, {}) else listed, lambda row: "none is needed")

    def maintenance(self, service_id: str) -> list[str]:
        """What is going on with a server, in the provider's words; empty when nothing is (HW-23)."""
        payload = self.send("get_instance_maintenance", service_id)
        told = [entry.get("message") if isinstance(entry, dict) else entry for entry in (payload if isinstance(payload, list) else [payload])]
        return [words for words in (one_line(message) for message in told if isinstance(message, str)) if words]

    # -- firewall profiles and plans ----------------------------------------------------------------------------------

    def firewall_profile(self, service_id: str) -> Row:
        """The profile a server has; empty when it has none (section 11)."""
        profile = self._object("get_instance_firewall_profile", service_id)
        if profile and not text(profile.get("name")):
            raise _shapeless("get_instance_firewall_profile")
        return profile

    def firewall_profiles(self) -> list[Row]:
        """All profiles of the account (HW-15)."""
        profiles = _rows("get_firewall_profiles", self.send("get_firewall_profiles"), lambda row: text(row.get("id")))
        if not all(text(profile.get("name")) for profile in profiles):
            raise _shapeless("get_firewall_profiles")
        return profiles

    def price_list(self, service_id: str | None = None) -> list[Row]:
        """The plans; with an id the server's present one is marked."""
        rows = _rows("get_price_list", self.send("get_price_list", service_id), row_id)
        if not all(integer(row.get("rid")) for row in rows):
            raise _shapeless("get_price_list")
        return rows

    # -- the paid upgrade ---------------------------------------------------------------------------------------------

    def upgrade_order(self, service_id: str) -> Row | None:
        """The unpaid upgrade order of a server, None when there is none (section 9).

        Whatever error is no matter of key, rate, id or action counts as none.
        """
        try:
            payload = self.send("check_upgrade_order", service_id)
        except (RejectedError, ConflictError):
            return None
        if not payload:
            return None
        if not isinstance(payload, dict):
            raise _shapeless("check_upgrade_order")
        return payload

    def upgrade_reboots(self, service_id: str) -> bool:
        """Whether applying the upgrade restarts the server; an answer of unknown form counts as yes."""
        try:
            return self.send("check_upgrade_reboot", service_id) not in (False, 0, "0", None, [], {})
        except (RejectedError, ConflictError):
            return True


def _rows(action: str, payload: t.Any, id_of: t.Callable[[Row], str | None]) -> list[Row]:
    """A list of objects; a map keyed by id counts as one, and its keys fill in missing ids. PHP writes an empty one as a list."""
    if isinstance(payload, dict) and payload:
        payload = [row if not isinstance(row, dict) or id_of(row) else {**row, "id": key} for key, row in payload.items()]
    if not isinstance(payload, list) or not all(isinstance(row, dict) for row in payload):
        raise _shapeless(action)
    return payload


def row_id(row: Row) -> str | None:
    """The handle of a row: C(serviceid), in short rows and some answers C(id)."""
    for key in ("serviceid", "id"):
        number = integer(row.get(key))
        if number is not None and number > 0:
            return str(number)
    return None


def _shapeless(action: str) -> ProtocolError:
    return ProtocolError(f"{TITLE} answered {action} in a form that is not documented")


def pending_invoice(order: Row) -> str:
    """The invoice an upgrade order waits for, in words."""
    invoice = text(order.get("invoiceid")) or "of unknown number"
    total, due = text(order.get("total")), text(order.get("duedate"))
    return f"invoice {invoice}" + (f" over {total}" if total else "") + (f", due {due}" if due else "")
