# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated Hostwinds Cloud API: one URL, form fields, four envelopes, misspelt texts, and invoices.

"HW-n" and "section n" refer to the contract of the Hostwinds Cloud API.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import re
import typing as t
from dataclasses import dataclass

from . import hostwinds_catalogue as catalogue
from .base import Call, Clock, Request, Response, Route
from .hostwinds_catalogue import Record
from .hostwinds_servers import HostwindsServers

_FORM = "application/x-www-form-urlencoded"
_BAD_SERVICE = "A valid serviceid is required."
_HOURLY_DISABLED = "Hourly products are disabled! Please contact customer service."
_FREE_IP_CHANGES = 3  # HW-24
_SERIAL_ROWS = 100
_WHILE_SUSPENDED = frozenset({"terminate", "toggle_lock"})
_WHILE_RESIZED = frozenset({"confirm_upgrade", "revert_upgrade", "terminate"})

# The seeds print an opaque code with the missing serviceid of these two.
_SERVICE_CODES = {"toggle_lock": "5529903", "upgrade_server": "721334"}

_WORDS = frozenset({"true", "false", "yes", "no", "on", "off"})
_TYPES: t.Final[t.Mapping[str, tuple[str, t.Callable[[str], t.Any]]]] = {
    "string": (r"[\s\S]+", str),
    "integer": (r"[0-9]{1,18}", int),
    "number": (r"[0-9]{1,18}(?:\.[0-9]+)?", float),
    "boolean": (r"[01]", lambda text: text == "1"),
}
_HOST_NAME = re.compile(r"(?=.{1,253}\.?$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{2,63}\.?")


class _Refused(Exception):
    """An entry with C(result: error); C(code) is its optional opaque C(ERROR)."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Field(t.NamedTuple):
    """A parameter: "string", "integer", "number", "boolean", "list" (sent as C(name[])) or "table" (C(name[0][column]))."""

    kind: str
    required: bool
    deprecated: bool


@dataclass(frozen=True)
class _Action:
    """An action with the title its entries bear."""

    operation: str
    title: str
    handler: t.Callable[[_Ask], t.Any]
    fields: t.Mapping[str, _Field]
    mutates: bool
    bills: bool


@dataclass(frozen=True)
class _Ask:
    """A call with its parameters read; those left out are missing in C(fields)."""

    call: Call
    action: _Action
    fields: t.Mapping[str, t.Any]

    def ok(self, message: str, titled: bool = True) -> list[Record]:
        """Envelope E1 with one entry of success."""
        return [{"result": "success", **({"action": self.action.title} if titled else {}), "message": message}]


class HostwindsProvider(HostwindsServers):
    """The Hostwinds Cloud API: 44 actions, readings HW-1 to HW-32; three actions known by name only do not exist."""

    name = "hostwinds"
    default_token = "hw-demo-key"
    mount = "/api.php"
    default_settings: t.ClassVar[dict[str, t.Any]] = {
        **HostwindsServers.default_settings,
        "envelope": "seed",  # HW-2; or "live"
        "maps": False,  # section 3: lists come as maps keyed by id
        "php_types": False,  # section 5: some integers and flags as text or booleans, empty objects as lists
        "auth_failure": "body",  # HW-4; or 401, 403
        "rate_failure": "status",  # section 4: 429; or "body"
        "no_order": "false",  # section 9: how check_upgrade_order says that none is pending; or "empty", "error"
        "ids_cap": None,  # HW-18: the most rows an unpaged get_instance_ids shows
        "hourly_enabled": True,
        "auto_pay": True,  # upgrade orders and cleanup fees are paid...
        "pay_delay": 0.0,  # ...so many seconds after they were made
        "ip_cooldown": 3600.0,  # HW-24
        "ip_change_fee": 0.0,
    }
    faults: t.ClassVar[dict[str, str]] = {
        "invoice_only": "add_instance: Invoice Paid, but an error for Add Instance; options: created (false), whether the server is made all the same",
        "double": "add_instance makes two servers",
        "nothing": "add_instance takes the money and answers success, but no server is made",
        "late": "the new server is seen late; options: seconds (2)",
        "half_created": "the new server never shows its srvrname",
        "build_error": "the build, recreation or reinstallation ends in ERROR",
        "no_effect": "accepted, but nothing changes and nothing is billed",
    }

    def __init__(self, clock: Clock, token: str | None = None) -> None:
        self._actions = {action.operation: action for action in self._build_actions()}
        self._routes = {
            action.operation: Route(action.operation, "POST", action.operation, functools.partial(self._answer, action), action.mutates, action.bills)
            for action in self._actions.values()
        }
        super().__init__(clock, token)

    def _build_actions(self) -> t.Iterator[_Action]:
        """Every action: its fields (C(?) optional, C(-) deprecated), "w" for a write, "b" for one that can make an invoice."""
        sized = "ram:number? cpu:number? disk:number? bandwidth:number?"
        bought = f"rid:integer location_id:integer qty:integer? keys:list? srvrname:string? billingcycle:string? cclass:string? {sized}"
        one = "serviceid:integer"
        queue = self._queued
        table: list[tuple[str, str, str, t.Callable[[_Ask], t.Any], str]] = [
            # section 10.1
            ("add_instance", "Add Instance", "wb", self._add_instance, f"template:string {bought}"),
            ("get_instances", "Get Instances", "", self._get_instances, ""),
            ("get_instance", "Get Instance", "", self._get_instance, one),
            ("get_instance_ids", "Get Instance IDs", "", self._get_instance_ids, "search:string? page:string? limit:string? location_id:number?"),
            ("boot", "Boot", "w", queue("boot", "Instance {} has been started!", unless="ACTIVE"), one),
            ("reboot", "Reboot", "w", queue("reboot", "Instance rebooted"), f"{one} time:integer?"),
            ("shutdown", "Shutdown", "w", queue("shutdown", "Instance {} has been shut down!", unless="SHUTOFF"), one),
            ("terminate", "Terminate", "w", self._terminate, one),
            ("recreate", "Rercreate", "w", queue("recreate", "Recreating {}"), one),
            ("reinstall_instance", "Reinstall Instance", "w", self._reinstall, f"{one} template:string"),
            ("repair_instance", "Repair Instance", "w", queue("repair", "Instance {} has been restarted!"), one),
            ("rescue", "Reboot in Rescue Mode", "w", queue("rescue", "Server {} Rebooting."), one),
            ("unrescue", "Unrescue", "w", queue("unrescue", "Server {} Rebooting Noramal."), one),
            ("edit_instance", "Edit Instance", "w", self._edit_instance, f"{one} srvrname:string"),
            ("change_password", "Change Password", "w", self._change_password, f"{one} password:string"),
            ("toggle_lock", "Toggle Lock", "w", self._toggle_lock, one),
            ("finalize_iso", "Finalize ISO", "w", self._finalize_iso, one),
            ("get_instance_maintenance", "Get Instance Maintenance", "", self._get_maintenance, one),
            ("check_serviceid", "Check Serviceid", "", self._check_serviceid, one),
            # section 10.2
            ("get_instance_ips", "Get Instance IPs", "", self._get_instance_ips, f"{one} location_id:integer?"),
            ("change_main_ip", "Change Main IP", "wb", self._change_main_ip, one),
            ("set_main_ip", "Set Main IP", "w", self._set_main_ip, f"{one} ip:string"),
            ("delete_ip", "Delete IP", "w", self._delete_ip, f"{one} ip:string"),
            ("regenerate_networking", "Regenerate Networking", "w", queue("network", "Regenerating Network for {}"), one),
            ("set_rdns", "Set rDNS", "w", self._set_rdns, f"{one} ip:string rdns:string rdata:string-"),
            ("get_instance_firewall_profile", "Get Instance Firewall Profile", "", self._get_firewall, one),
            ("set_instance_firewall", "Set Instance Firewall Profile", "w", self._set_firewall, f"{one} name:string"),
            ("get_smtp_filters", "Get SMTP Filters", "", self._get_smtp_filters, f"{one}?"),
            ("create_ip_cleanup_fee", "Create IP Cleanup Fee", "wb", self._create_cleanup_fee, one),
            ("get_firewall_profiles", "Get Firewall Profiles", "", lambda ask: {"success": self.state["firewalls"]}, ""),
            # section 10.3
            ("get_price_list", "Get Price List", "", self._get_price_list, f"{one}? drive_type:string? managed:boolean? disk:number?"),
            ("get_billingcycle_prices", "Get Billing Cycle Prices", "", self._get_cycle_prices, f"{one}?"),
            ("upgrade_instance", "Upgrade Instance", "wb", self._upgrade_instance, f"{one} rid:integer {sized}"),
            ("upgrade_server", "Upgrade Server", "w", self._upgrade_server, f"{one} disk:number? upgrade_drive_type:boolean?"),
            ("check_upgrade_order", "Check Upgrade Order", "", self._check_upgrade_order, one),
            ("check_upgrade_reboot", "Check Upgrade Reboot", "", self._check_upgrade_reboot, one),
            ("confirm_upgrade", "Confirm Upgrade", "w", queue("confirm", "Upgrade Confirmed!", only="RESIZED"), one),
            ("revert_upgrade", "Revert Upgrade", "w", queue("revert", "Upgrade Reverted!", only="RESIZED"), one),
            ("change_billing_cycle", "Change Billing Cycle", "wb", self._change_billing_cycle, f"{one} billingcycle:string?"),
            ("upgrade_to_managed", "Upgrade to Managed", "wb", self._upgrade_to_managed, one),
            ("downgrade_to_unmanaged", "Downgrade to Unmanaged", "wb", self._downgrade_to_unmanaged, one),
            ("get_server_charts", "Get Server Charts", "", self._get_server_charts, f"{one} period:string"),
            ("get_serial", "Get Serial", "", self._get_serial, f"{one} draw:integer start:integer length:integer columns:table"),
            ("get_vnc", "Get VNC", "", self._get_vnc, one),
        ]
        for operation, title, kind, handler, fields in table:
            yield _Action(operation, title, handler, _fields(fields), "w" in kind, "b" in kind)

    # -- the frame --------------------------------------------------------------------------------------------------

    def routes(self) -> t.Sequence[Route]:
        """The actions; they share one URL."""
        return list(self._routes.values())

    def match(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """The route of the form field C(action)."""
        if request.path or request.method != "POST" or not _is_form(request):
            return None
        route = self._routes.get(request.form().get("action", [""])[-1])
        return (route, {}) if route else None

    def unauthorised(self, request: Request) -> Response | None:
        """HW-1 and HW-4: a GET, a body that is no form, a missing or a wrong key."""
        if request.query:
            self.violation("section 2", f"URL parameters: {', '.join(sorted(request.query))}")
        if request.method != "POST":
            self.violation("HW-1", f"{request.method} instead of POST")
        elif not _is_form(request):
            self.violation("HW-1", "the body is no form")
        elif request.form().get("API", [""])[-1] == self.token:
            return None
        answer = [{"result": "error", "action": "Authorization", "message": "Not Authorized!"}]
        failure = self.settings["auth_failure"]
        return Response(200 if failure == "body" else int(failure), answer)

    def unknown(self, request: Request) -> Response:
        """HW-6; another path belongs to the web server, not to the API."""
        if request.path:
            return Response(404, raw=b"<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>", content_type="text/html")
        return Response(body=[{"result": "error", "message": "Invalid Action.", "ERROR": "6734"}])

    def rate_limited(self, retry_after: float | None) -> Response:
        """Section 4: a 429, or only its words."""
        answer = [{"result": "error", "message": "Too many requests, please wait."}]
        if self.settings["rate_failure"] == "body":
            return Response(body=answer)
        return Response(429, answer, headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"})

    def _answer(self, action: _Action, call: Call) -> Response:
        before = _copy(self.state) if call.fault == "no_effect" else None
        fields: Record = {}
        try:
            fields = self._read(call, action)
            body = action.handler(_Ask(call, action, fields))
        except _Refused as refused:
            code = {"ERROR": refused.code} if refused.code else {}
            body = [{"result": "error", "action": action.title, "message": refused.message, **code}]
            before = None
        server = self.servers.get(str(fields.get("serviceid")))
        if server is not None and action.mutates:
            entry = [body[0]["result"], server["row"]["updated_at"], "POST", action.operation, ""]
            server["serial"] = [*server["serial"], entry][-_SERIAL_ROWS:]
        if before is not None:
            self.state = before
        return Response(body=body)

    # -- reading a request ------------------------------------------------------------------------------------------

    def _read(self, call: Call, action: _Action) -> Record:
        """The parameters by name and in their types; notes what section 2 forbids and refuses what is missing."""
        sent = call.request.form()
        operation = action.operation
        values: Record = {}
        for name in sent:
            if re.split(r"\[", name)[0] not in {"action", "API", *action.fields}:
                self.violation("section 10", f"{operation} has no field {name}")
        for name, field in action.fields.items():
            value: t.Any
            if field.kind == "table":
                value = {key: texts[-1] for key, texts in sent.items() if key.startswith(f"{name}[")} or None
            elif field.kind == "list":
                if name in sent:
                    self.violation("section 2", f"{operation}: {name} sent without brackets")
                value = sent.get(f"{name}[]")
            else:
                value = self._scalar(operation, name, field, sent.get(name))
            if value is not None:
                values[name] = value
            elif field.required:
                self.violation("section 10", f"{operation} without a valid {name}")
                raise _missing(operation, name)
        return values

    def _scalar(self, operation: str, name: str, field: _Field, texts: list[str] | None) -> t.Any:
        if texts is None:
            return None
        if field.deprecated:
            self.violation("section 10.2", f"{operation}: {name} is deprecated")
        if len(texts) > 1:
            self.violation("section 2", f"{operation}: {name} sent more than once")
        text = texts[-1]
        if not text:
            if not field.required:
                self.violation("section 2", f"{operation}: empty {name} instead of leaving it out")
            return None
        pattern, convert = _TYPES[field.kind]
        if not re.fullmatch(pattern, text):
            rule = "section 2" if text.lower() in _WORDS else "section 10"
            self.violation(rule, f"{operation}: {name} is no {field.kind}")
            return None
        return convert(text)

    def _service(self, ask: _Ask) -> Record:
        """The server the action is about; refused when unknown (HW-5), and for writes when locked (HW-14) or suspended."""
        server = self.servers.get(str(ask.fields["serviceid"]))
        operation = ask.action.operation
        if server is None or not (self.seen(server, "list") or self.seen(server, "ids")) or (ask.action.mutates and server["deleting"]):
            raise _Refused(_BAD_SERVICE, _SERVICE_CODES.get(operation))
        if ask.action.mutates:
            row = server["row"]
            if row["locked"] and operation != "toggle_lock":
                raise _Refused("Instance is locked.")
            if (row["is_suspended"] or row["status"] == "SUSPENDED") and operation not in _WHILE_SUSPENDED:
                raise _Refused("Service is suspended.")
        return server

    def _queued(self, kind: str, message: str, unless: str | None = None, only: str | None = None) -> t.Callable[[_Ask], list[Record]]:
        """A handler that queues work, C(only) in one status or C(unless) it is reached already."""

        def handle(ask: _Ask) -> list[Record]:
            server = self._service(ask)
            if only and server["row"]["status"] != only:
                raise _Refused(f"The instance is not in status {only}.")
            return self._queue(ask, server, kind, message, idle=server["row"]["status"] == unless and not server["jobs"])

        return handle

    def _queue(self, ask: _Ask, server: Record, kind: str, message: str, idle: bool = False, **details: t.Any) -> list[Record]:
        self._check_not_resized(ask, server)
        if ask.call.fault == "build_error" and kind in ("recreate", "reinstall"):
            details["after"] = "ERROR"
        if not idle:
            self.queue(server, kind, **details)
        return ask.ok(message.format(server["row"]["name"]))

    def _check_not_resized(self, ask: _Ask, server: Record) -> None:
        """Section 9: an upgrade that is neither confirmed nor reverted blocks later changes."""
        if server["row"]["status"] == "RESIZED" and ask.action.operation not in _WHILE_RESIZED:
            raise _Refused("Confirm or revert the upgrade first.")

    # -- answers ----------------------------------------------------------------------------------------------------

    def _listing(self, rows: list[Record], key: str) -> t.Any:
        """Rows in the envelope of the day (HW-2), as a list or as a map by id."""
        rows = [self._typed(row) for row in rows]
        payload: t.Any = {str(row[key]): {name: value for name, value in row.items() if name != key} for row in rows} if self.settings["maps"] else rows
        return self._enveloped(payload or [])

    def _enveloped(self, payload: t.Any) -> t.Any:
        return {"success": payload} if self.settings["envelope"] == "live" else payload

    def _typed(self, row: Record) -> Record:
        """The row as PHP might type it (section 5)."""
        if not self.settings["php_types"]:
            return row
        row = {**row}
        for name in row.keys() & {"id", "serviceid", "rid", "location_id", "ram", "locked", "power_state", "bandwidth_used"}:
            row[name] = str(row[name])
        for name in row.keys() & {"is_suspended", "upgrade_available", "current"}:
            row[name] = bool(row[name])
        for name in row.keys() & {"image", "flavor"}:
            row[name] = []
        if isinstance(row.get("ips"), list):
            row["ips"] = [{"ip": address} for address in row["ips"]] or None
        return row

    # -- instances (section 10.1) -----------------------------------------------------------------------------------

    def _add_instance(self, ask: _Ask) -> list[Record]:
        wanted, fault = ask.fields, ask.call.fault
        plan, template = self.plan(wanted["rid"]), self.template(wanted["template"])
        cycle, quantity = wanted.get("billingcycle", "monthly"), wanted.get("qty", 1)
        if quantity != 1:
            self.violation("section 8", "add_instance with a qty other than 1")
        if plan is None:
            raise _Refused("Resource Id is invalid.")
        if str(wanted["location_id"]) not in self.state["locations"]:
            raise _Refused("Location Id is invalid.", "342432")
        if template is None:
            raise _Refused("Template is invalid.")
        if quantity < 1:
            raise _Refused("Quantity is invalid.")
        self._check_cycle(cycle)
        for key in wanted.get("keys", []):
            if key not in self.state["ssh_keys"]:
                raise _Refused(f"SSH key {key} does not exist.")
        size = catalogue.size_of(plan, wanted)
        self.bill(catalogue.price(plan, size, cycle) * quantity)
        made = {"nothing": 0, "double": 2 * quantity, "invoice_only": quantity if ask.call.options.get("created") else 0}.get(fault or "", quantity)
        for _number in range(made):
            server = self.new_server(wanted.get("srvrname", ""), plan, size, template, wanted["location_id"], cycle, wanted.get("keys", []))
            self.appear(server, float(ask.call.options.get("seconds", 2.0)) if fault == "late" else 0.0, named=fault != "half_created")
            self.queue(server, "build", **({"after": "ERROR"} if fault == "build_error" else {}))
        paid = {"result": "success", "action": "Invoice Paid", "message": "Invoice has been paid."}
        if fault == "invoice_only":
            return [paid, {"result": "error", "action": ask.action.title, "message": "The server could not be created."}]
        return [paid, *ask.ok("Server is being Created!")]

    def _check_cycle(self, cycle: str) -> None:
        if cycle not in catalogue.CYCLE_MONTHS:
            raise _Refused("Billing cycle is invalid.")
        if cycle == "hourly" and not self.settings["hourly_enabled"]:
            raise _Refused(_HOURLY_DISABLED)

    def _get_instances(self, ask: _Ask) -> t.Any:
        return self._listing([self.read_row(server) for server in self.servers.values() if self.seen(server, "list")], "serviceid")

    def _get_instance(self, ask: _Ask) -> t.Any:
        return self._enveloped(self._typed(self.read_row(self._service(ask))))

    def _get_instance_ids(self, ask: _Ask) -> t.Any:
        wanted = ask.fields
        rows = [self._id_row(server) for server in self.servers.values() if self.seen(server, "ids") and self._is_at(server, wanted.get("location_id"))]
        search = wanted.get("search", "").lower()
        if search:  # HW-19
            rows = [row for row in rows if any(search in row[name].lower() for name in ("srvrname", "hostname", "ips", "ip_v6"))]
        page, limit = (_count(wanted.get(name)) for name in ("page", "limit"))
        if limit:  # HW-18: pages count from 1
            start = (max(page or 1, 1) - 1) * limit
            rows = rows[start : start + limit]
        elif self.settings["ids_cap"] is not None:
            rows = rows[: self.settings["ids_cap"]]
        return self._listing(rows, "id")

    def _id_row(self, server: Record) -> Record:
        row = server["row"]
        return {
            "id": row["serviceid"],
            "hostname": row["hostname"],
            "srvrname": self.show_name(server),
            "ips": ",".join(row["ips"] or []),
            "dedicatedip": row["main_ip"],
            "ip_v6": row["ip_v6"],
        }

    def _is_at(self, server: Record, location: float | None) -> bool:
        return location is None or bool(server["row"]["location_id"] == location)

    def _terminate(self, ask: _Ask) -> list[Record]:
        self.queue_delete(self._service(ask))
        return ask.ok("Instance deleted", titled=False)

    def _reinstall(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        template = self.template(ask.fields["template"])
        if template is None:
            raise _Refused("Template is invalid.")
        return self._queue(ask, server, "reinstall", "Instance {} is being rebuilt!", template=template)

    def _edit_instance(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        self.edit(server, srvrname=ask.fields["srvrname"])
        server["visible"]["name"] = self.clock.now()
        return ask.ok("Instance server name has been updated")

    def _change_password(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        server["pending_password"] = ask.fields["password"]
        return ask.ok(f"Server {server['row']['name']} has new password!<br>Reboot required for changes to take effect!")

    def _toggle_lock(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        if not server["lock_seen"]:
            self.violation("HW-13", "toggle_lock without a read since the last one")
        server["lock_seen"] = False
        locked = not server["row"]["locked"]
        self.edit(server, locked=int(locked))
        return ask.ok(f"Service has been {'locked' if locked else 'unlocked'}.")

    def _finalize_iso(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        if server["row"]["template_uuid"] != "cd":
            raise _Refused("The instance was not created from an ISO.")
        return self._queue(ask, server, "finalize", "Instance {} is being Finalized!")

    def _get_maintenance(self, ask: _Ask) -> list[Record]:
        event = self._service(ask)["maintenance"]
        return ask.ok(event) if event else []  # HW-23

    def _check_serviceid(self, ask: _Ask) -> Record:
        try:
            self._service(ask)
        except _Refused:
            return {"success": False}  # HW-22
        return {"success": True}

    # -- networking (section 10.2) ----------------------------------------------------------------------------------

    def _get_instance_ips(self, ask: _Ask) -> t.Any:
        server = self._service(ask)
        here = self._is_at(server, ask.fields.get("location_id"))
        rows = [{"ip": ip} for ip in server["row"]["ips"] or []] if here else []  # HW-16
        return {"success": {"IP Addresses": rows}} if self.settings["envelope"] == "live" else rows

    def _change_main_ip(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        now = self.clock.now()
        recent = [moment for moment in server["ip_changes"] if moment > now - self.settings["ip_cooldown"]]
        message = "Main IP address changed successfully!"
        if len(recent) >= _FREE_IP_CHANGES:  # HW-24: accepted, never applied
            return ask.ok(message)
        answer = self._queue(ask, server, "address", message)
        server["ip_changes"] = [*recent, now]
        if self.settings["ip_change_fee"]:
            self.bill(self.settings["ip_change_fee"])
        return answer

    def _set_main_ip(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        address, addresses = ask.fields["ip"], server["row"]["ips"] or []
        if address not in addresses:
            raise _Refused("The IP is not assigned to this instance.")
        self.edit(server, main_ip=address, ips=[address, *(ip for ip in addresses if ip != address)])
        return ask.ok("Main IP set", titled=False)

    def _delete_ip(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        address, addresses = ask.fields["ip"], server["row"]["ips"] or []
        if address == server["row"]["main_ip"]:
            raise _Refused("The primary IP can not be removed.")
        if address not in addresses:
            raise _Refused("The IP is not assigned to this instance.")
        self.edit(server, ips=[ip for ip in addresses if ip != address])
        self.release(address)
        return ask.ok("IP removed")

    def _set_rdns(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        try:
            address = str(ipaddress.ip_address(ask.fields["ip"]))
        except ValueError:
            address = ""
        if address not in self.addresses(server):
            self.violation("section 12", "set_rdns for an address that is not the instance's")
            raise _Refused("The IP is not assigned to this instance.")
        if not _HOST_NAME.fullmatch(ask.fields["rdns"]):
            raise _Refused("rDNS is not a valid host name.")
        self.renaming(address)
        self.state["ptr"][address] = ask.fields["rdns"].rstrip(".")
        return ask.ok("rDNS record updated.")

    def _get_firewall(self, ask: _Ask) -> Record:
        return {"success": self._profile(self._service(ask)["firewall"]) or []}  # PHP's empty object: no profile

    def _set_firewall(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        if self._profile(ask.fields["name"]) is None:
            raise _Refused("The firewall profile does not exist.")
        server["firewall"] = ask.fields["name"]
        return ask.ok("Instances firewall profile has been updated.")

    def _profile(self, name: str | None) -> Record | None:
        return next((profile for profile in self.state["firewalls"] if profile["name"] == name), None)

    def _get_smtp_filters(self, ask: _Ask) -> Record:
        servers = [self._service(ask)] if "serviceid" in ask.fields else list(self.servers.values())
        rows = [row for server in servers for row in self._filters(server)]
        return {"success": {"spam": [{name: row[name] for name in ("type", "created", "invoice_id")} for row in rows]} if rows else []}

    def _filters(self, server: Record) -> list[Record]:
        """The filters of which no paid invoice says that they are gone."""
        server["filters"] = [row for row in server["filters"] if not self._is_past(row["paid_at"])]
        return t.cast("list[Record]", server["filters"])

    def _create_cleanup_fee(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        rows = self._filters(server)
        if any(row["invoice_id"] for row in rows):
            self.violation("HW-29", "create_ip_cleanup_fee while an invoice for it is listed")
        self.bill(catalogue.CLEANUP_FEE)
        invoice = self.new_id()
        for row in rows:
            row.update(invoice_id=invoice, paid_at=self._payment())
        return ask.ok(_BAD_SERVICE)  # HW-3: the documented text of success

    def _payment(self) -> float | None:
        """When an invoice made now is paid."""
        return self.clock.now() + float(self.settings["pay_delay"]) if self.settings["auto_pay"] else None

    def _is_past(self, moment: float | None) -> bool:
        return moment is not None and moment <= self.clock.now()

    # -- plans, upgrades, billing (sections 9 and 10.3) -------------------------------------------------------------

    def _get_price_list(self, ask: _Ask) -> Record:
        current = self._service(ask)["rid"] if "serviceid" in ask.fields else None
        rows = [self._typed(catalogue.price_row(plan, plan["rid"] == current)) for plan in self.state["plans"]]
        return {"success": {str(row["id"]): row for row in rows} if self.settings["maps"] else rows}

    def _get_cycle_prices(self, ask: _Ask) -> Record:
        plan = self.plan(self._service(ask)["rid"] if "serviceid" in ask.fields else 1)
        return {cycle: f"{catalogue.price(plan, catalogue.size_of(plan, {}), cycle):.2f}" for cycle in catalogue.CYCLE_MONTHS} if plan else {}

    def _upgrade_instance(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        row, plan = server["row"], self.plan(ask.fields["rid"])
        self._check_not_resized(ask, server)
        if plan is None:
            raise _Refused("Resource Id is invalid.")
        if self._pending_order(server):
            raise _Refused("There is an upgrade order already.")
        self._check_cycle(row["billingcycle"])
        size = catalogue.size_of(plan, ask.fields)
        if plan["rid"] == server["rid"] and all(size[part] == row[part] for part in size):
            raise _Refused("The service has this plan already.")
        if size["disk"] < row["disk"]:
            raise _Refused("The disk can not shrink.")
        if server["upgrade"]:
            self.violation("HW-30", "upgrade_instance while a paid upgrade is not applied")
        total = catalogue.price(plan, size, row["billingcycle"])
        self.bill(total)
        server["upgrade"] = {"rid": plan["rid"], "size": size}
        server["order"] = {
            "id": self.new_id(),
            "orderid": self.new_id(),
            "invoiceid": self.new_id(),
            "duedate": datetime.datetime.fromtimestamp(self.clock.now(), datetime.timezone.utc).strftime("%Y-%m-%d"),
            "total": f"{total:.2f}",
            "paid_at": self._payment(),
        }
        self.edit(server, **{f"upgrade_{part}": str(size[part]) for part in ("ram", "cpu", "disk")})
        return ask.ok("Service has been upgraded!")  # section 9: nothing is applied yet

    def _pending_order(self, server: Record) -> Record | None:
        order: Record | None = server["order"]
        if order and self._is_past(order["paid_at"]):
            order = server["order"] = None
        return order

    def _check_upgrade_order(self, ask: _Ask) -> t.Any:
        order = self._pending_order(self._service(ask))
        if order:
            return {"success": {name: order[name] for name in ("id", "orderid", "invoiceid", "duedate", "total")}}
        if self.settings["no_order"] == "error":
            raise _Refused("No upgrade order was found.")
        return {"success": [] if self.settings["no_order"] == "empty" else False}

    def _check_upgrade_reboot(self, ask: _Ask) -> Record:
        server = self._service(ask)
        size = server["upgrade"]["size"] if server["upgrade"] else {}
        return {"success": any(size[part] != server["row"][part] for part in ("ram", "cpu") if part in size)}

    def _upgrade_server(self, ask: _Ask) -> list[Record]:
        server = self._service(ask)
        if self._pending_order(server):
            raise _Refused("The upgrade invoice is not paid.")
        if not server["upgrade"] or any(job["kind"] == "resize" for job in server["jobs"]):
            raise _Refused("There is no upgrade to apply.")
        return self._queue(ask, server, "resize", "Server {} is being upgraded.")

    def _change_billing_cycle(self, ask: _Ask) -> list[Record]:
        server = self._avoided(ask)
        cycle = ask.fields.get("billingcycle", "monthly")
        self._check_cycle(cycle)
        plan = self.plan(server["rid"])
        if plan is not None:
            self.bill(catalogue.price(plan, {part: server["row"][part] for part in catalogue.size_of(plan, {})}, cycle))
        self.edit(server, billingcycle=cycle, hourly=int(cycle == "hourly"))
        return ask.ok("Service has been upgraded!")

    def _upgrade_to_managed(self, ask: _Ask) -> list[Record]:
        self.edit(self._avoided(ask), product_name="Managed Cloud VPS")
        self.bill(catalogue.MANAGEMENT_FEE)
        return ask.ok("Service has been upgraded!")

    def _downgrade_to_unmanaged(self, ask: _Ask) -> list[Record]:
        self.edit(self._avoided(ask), product_name="Cloud VPS")
        return ask.ok("Service has been downgraded!")

    def _avoided(self, ask: _Ask) -> Record:
        """The server of an action that the collection never calls."""
        self.violation("HW-29", f"{ask.action.operation} is never called")
        return self._service(ask)

    # -- the rest of section 10.3 -----------------------------------------------------------------------------------

    def _get_server_charts(self, ask: _Ask) -> Record:
        self._service(ask)
        return {"success": []}  # no response is documented

    def _get_serial(self, ask: _Ask) -> Record:
        rows = self._service(ask)["serial"]
        start, length = ask.fields["start"], ask.fields["length"]
        return {"success": {"draw": ask.fields["draw"], "recordsTotal": len(rows), "recordsFiltered": len(rows), "data": rows[start : start + length]}}

    def _get_vnc(self, ask: _Ask) -> Record:
        sid = self._service(ask)["row"]["serviceid"]
        return {"success": {"url": f"https://console.hostwinds.example/vnc?ticket=S3CRET-hw-vnc-{sid}"}}


def _fields(text: str) -> dict[str, _Field]:
    """Fields out of C(name:kind), C(name:kind?) (optional) and C(name:kind-) (deprecated)."""
    parsed = {}
    for word in text.split():
        name, _colon, kind = word.partition(":")
        parsed[name] = _Field(kind.rstrip("?-"), required=kind[-1] not in "?-", deprecated=kind.endswith("-"))
    return parsed


def _missing(operation: str, name: str) -> _Refused:
    if name != "serviceid":
        return _Refused(f"{name} is required.")
    return _Refused("Service Id is required." if operation == "toggle_lock" else _BAD_SERVICE, _SERVICE_CODES.get(operation))


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").split(";")[0].strip().lower() == _FORM


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _copy(value: t.Any) -> t.Any:
    """A deep copy of JSON-like data."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
