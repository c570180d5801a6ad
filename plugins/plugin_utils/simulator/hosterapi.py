# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated HosterAPI.de: nameless VMs made by jobs, dedicated machines, backups without ids, a software installer.

"HA-n" and "section n" refer to the contract of the HosterAPI.de reseller API.
"""

from __future__ import annotations

import copy
import functools
import ipaddress
import re
import typing as t
import urllib.parse

from .base import Call, Clock, Provider, Request, Response, Route

Record = dict[str, t.Any]

_BILLED = frozenset({"dedicated_order", "server_change", "server_create"})
_LIMITS_EXCEEDED = "0xb0: Requested resources exceed administrative limits"
_SIGNAL_REFUSED = "0xa1: failed to send {signal} signal to vm"  # section 4: the placeholder is printed literally
_CONFIG_REFUSED = "0xa1: failed to set config on vm"
_BACKUP_REFUSED = "0xa1: failed to send backup signal to vm"
_OUTCOME_UNKNOWN = "0xa3: timeout"
_NO_BACKUP = "0xa5: no target backup defined"
_NO_JOB = "0xc1: job not found"

# Texts of our own: the contract documents none for these cases.
_UNKNOWN_TEMPLATE = "0xb2: Template is not available"
_DISK_SHRINKS = "0xb3: Disk size can not be reduced"
_BAD_ADDRESS = "0xb4: Address is not an IPv4 address of this vm"
_BAD_HOSTNAME = "0xb5: Hostname is not a fully qualified domain name"
_CONSOLE_OFF = "0xb6: Console needs a running vm"
_CONTRADICTION = "0xb7: Parameters sid and ip name different vms"
_UNKNOWN_PACKAGE = "0xd1: Package is not available"

_VM_TEMPLATES = ["Debian10.0", "Debian11.0", "Debian12.0", "Ubuntu20.04", "Ubuntu22.04", "Ubuntu24.04", "CentOS7.9", "AlmaLinux9.4"]
_DEDICATED_TEMPLATES = ["Debian Buster", "Debian Bullseye", "Debian Bookworm", "Ubuntu Jammy", "Debian Buster", "TEST intern nicht nutzen"]
_PACKAGES = {
    "nextcloud": {"name": "Nextcloud", "description": {"de": "Eigener Cloudspeicher"}, "url": "https://nextcloud.com", "icon": "nextcloud.png"},
    "teamspeak3": {"name": "TeamSpeak 3", "description": {"de": "Sprachserver"}, "url": "https://teamspeak.com", "icon": None},
}

_BOOT_BEFORE_JOB_END = 30.0  # a new VM has been up for a while when its job reports the end
_TICKET_SECONDS = 10.0  # HA-24
_FIRST_IPV4 = ipaddress.IPv4Address("198.18.0.1")  # reserved for tests (RFC 2544), large enough for 10,000 VMs
_DISK_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*")
_GIGABYTES = {"K": 1 / 1024**2, "M": 1 / 1024, "": 1.0, "G": 1.0, "T": 1024.0}
_FQDN = re.compile(r"(?=.{1,253}\.?$)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(?!-)[A-Za-z0-9-]{2,63}(?<!-)\.?")


class _Refused(Exception):
    """A documented failure (envelope J2), raised by handlers."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class _Field(t.NamedTuple):
    """A body parameter: its name, its type ("integer", "string", "boolean" or HA-22's "count") and whether it must be there."""

    name: str
    kind: str
    required: bool = True


class HosterapiProvider(Provider):
    """The HosterAPI.de reseller API: 37 operations, readings HA-1 to HA-28."""

    name = "hosterapi"
    default_token = "17|hosterapi-demo-token"
    mount = "/api/v1"
    default_settings: t.ClassVar[dict[str, t.Any]] = {
        "job_polls": 2,  # reads that still see a job unfinished
        "job_seconds": 0.0,  # and how long it takes at least
        "visible": "finished",  # HA-7: when a new VM is listed; or "executing"
        "change_answer": "true",  # HA-8; or "job"
        "change_seconds": 0.2,
        "power_seconds": 0.2,
        "delete_seconds": 0.0,
        "backup_seconds": 0.2,
        "order_seconds": 0.2,
        "reinstall_seconds": 0.2,  # dedicated machines only; a VM's reinstallation is a job
        "ignore_shutdown": False,
        "ignore_reboot": False,
        "unknown_template": "refuse",  # or "job": accepted, and the job fails
        "stringly": False,
        "strict_accept": True,
        "max_cpu_cores": 64,
        "max_mem": 262144,
        "max_disk": 4096,
        "max_ips": 32,
    }
    faults: t.ClassVar[dict[str, str]] = {
        "job_fails": "the job, backup task or dedicated order ends in failure; options: output (a job's error string)",
        "half_created": "the job of a create fails, but the VM remains; options: output",
        "double": "a create makes two VMs and the job names the first, or two backups",
        "nothing": "the call is answered, but nothing happens and its job does not exist",
        "job_404": "this job can no longer be read (404 0xc1), though it is carried out",
        "late": "the effect, or the end of the job, comes late; options: seconds (2)",
        "no_effect": "power, change, delete and the like are accepted, but nothing happens",
        "unknown_outcome": "the effect happens, the answer is 500 0xa3",
    }

    def __init__(self, clock: Clock, token: str | None = None) -> None:
        self._routes = self._build_routes()
        self._effects: dict[str, t.Callable[..., None]] = {
            "backup": self._finish_backup,
            "change": self._finish_change,
            "delete": self._finish_delete,
            "order": self._finish_order,
            "power": self._finish_power,
            "reinstall": self._finish_dedicated_reinstall,
            "restore": self._finish_restore,
        }
        self._job_results: dict[str, t.Callable[[Record, Record], t.Any]] = {
            "change": self._changed,
            "create": self._created,
            "install": self._installed,
            "reinstall": self._reinstalled,
            "uninstall": self._uninstalled,
        }
        super().__init__(clock, token)

    # -- the frame --------------------------------------------------------------------------------------------------

    def initial_state(self) -> Record:
        """No VM, an untidy market of three machines (section 8)."""
        return {
            "next": 1001,
            "next_address": 0,
            "servers": {},
            "dedicated": {},
            "market": _untidy_market(),
            "jobs": {},
            "open_jobs": [],
            "due": [],
            "tickets": {},
            "ptr": {},
        }

    def routes(self) -> t.Sequence[Route]:
        """The 37 operations."""
        return self._routes

    def _build_routes(self) -> tuple[Route, ...]:
        vm, metal = "/datacenter/server/{sid}", "/datacenter/dedicated/{sid}"
        table: list[tuple[str, str, str, t.Callable[[Call], t.Any]]] = [
            ("dedicated_market", "GET", "/datacenter/dedicated/market", lambda call: self.state["market"]),
            ("dedicated_order", "POST", "/datacenter/dedicated/order", self._dedicated_order),
            ("dedicated_templates", "GET", "/datacenter/dedicated/templates", lambda call: _DEDICATED_TEMPLATES),
            ("dedicated_list", "GET", "/datacenter/dedicated", self._dedicated_list),
            ("dedicated_start", "PUT", f"{metal}/start", functools.partial(self._switch, "dedicated", "running")),
            ("dedicated_shutdown", "PUT", f"{metal}/shutdown", functools.partial(self._switch, "dedicated", "halted", graceful=True)),
            ("dedicated_reboot", "PUT", f"{metal}/reboot", functools.partial(self._reboot, "dedicated", graceful=True)),
            ("dedicated_reinstall", "PUT", f"{metal}/reinstall", self._dedicated_reinstall),
            ("dedicated_console", "GET", f"{metal}/console", functools.partial(self._console, "dedicated")),
            ("dedicated_status", "GET", f"{metal}/status", lambda call: {"state": self._machine("dedicated", call)["state"]}),
            ("dedicated_config", "GET", f"{metal}/config", self._dedicated_config),
            ("dedicated_terminate", "POST", f"{metal}/terminate", self._dedicated_terminate),
            ("job_get", "GET", "/job/{jobId}", self._job_get),
            ("server_status", "GET", f"{vm}/status", self._server_status),
            ("server_config", "GET", f"{vm}/config", self._server_config),
            ("server_incidents", "GET", f"{vm}/incidents", lambda call: self._machine("servers", call)["incidents"]),
            ("server_console", "GET", f"{vm}/console", functools.partial(self._console, "servers")),
            ("server_delete", "POST", f"{vm}/delete", self._server_delete),
            ("server_rdns", "POST", f"{vm}/rdns", self._server_rdns),
            ("server_change", "PUT", f"{vm}/change", self._server_change),
            ("server_start", "PUT", f"{vm}/start", functools.partial(self._switch, "servers", "running")),
            ("server_shutdown", "PUT", f"{vm}/shutdown", functools.partial(self._switch, "servers", "stopped", graceful=True)),
            ("server_stop", "PUT", f"{vm}/stop", functools.partial(self._switch, "servers", "stopped")),
            ("server_reboot", "PUT", f"{vm}/reboot", functools.partial(self._reboot, "servers", graceful=True)),
            ("server_reboot_force", "PUT", f"{vm}/reboot/force", functools.partial(self._reboot, "servers")),
            ("server_reinstall", "PUT", f"{vm}/reinstall", self._server_reinstall),
            ("server_password_reset", "PUT", f"{vm}/password/reset", self._server_password_reset),
            ("backups_list", "GET", f"{vm}/backups/list", lambda call: self._machine("servers", call)["backups"]),
            ("backups_status", "GET", f"{vm}/backups/status", self._backups_status),
            ("backups_create", "PUT", f"{vm}/backups/create", self._backups_create),
            ("backups_restore", "POST", f"{vm}/backups/restore", self._backups_restore),
            ("server_create", "POST", "/datacenter/server", self._server_create),
            ("server_list", "GET", "/datacenter/server", self._server_list),
            ("server_templates", "GET", "/datacenter/templates", lambda call: _VM_TEMPLATES),
            ("software_list", "GET", "/software/list", lambda call: _PACKAGES),
            ("software_install", "POST", "/software/install", functools.partial(self._software, "install")),
            ("software_uninstall", "POST", "/software/uninstall", functools.partial(self._software, "uninstall")),
        ]
        return tuple(
            Route(operation, method, path, self._answering(handler), mutates=method != "GET", bills=operation in _BILLED)
            for operation, method, path, handler in table
        )

    def _answering(self, handler: t.Callable[[Call], t.Any]) -> t.Callable[[Call], Response]:
        """Wrap a handler's payload, or its refusal, in the envelopes of section 3."""

        def answer(call: Call) -> Response:
            self._inspect(call.request)
            try:
                payload = handler(call)
            except _Refused as refused:
                return _failure(refused.status, refused.error)
            if call.fault == "unknown_outcome":
                return _failure(500, _OUTCOME_UNKNOWN)
            payload = _stringly(payload) if self.settings["stringly"] else copy.deepcopy(payload)  # an answer never changes with the state
            # HA-2: incidents alone use the other envelope
            return Response(body={"response": payload, "error": False} if call.operation == "server_incidents" else {"result": payload})

        return answer

    def _inspect(self, request: Request) -> None:
        if self.settings["strict_accept"] and "application/json" not in request.headers.get("accept", ""):
            self.violation("HA-1", f"{request.method} {request.path} without Accept: application/json")
        if _media_type(request) != "application/json":
            self.violation("HA-1", f"{request.method} {request.path} without Content-Type: application/json")
        if request.query:
            self.violation("section 13", f"{request.method} {request.path} with a query string")

    def unauthorised(self, request: Request) -> Response | None:
        """401 0x03, before everything else (HA-3)."""
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            self.violation("section 2", f"{request.method} {request.path} without Authorization: Bearer <token>")
        elif token == self.token:
            return None
        return _failure(401, "0x03: unauthorized")

    def unknown(self, request: Request) -> Response:
        """The framework's replies (J5): 405 for a known path, else a 404 without a code."""
        if request.path.endswith("/"):
            self.violation("section 2", f"{request.method} {request.path} has a trailing slash")
        allowed = [route.method for route in self._routes if route.match(Request(route.method, request.path, {}, {})) is not None]
        if allowed:
            return Response(405, {"message": f"The {request.method} method is not supported for this route."}, headers={"Allow": ", ".join(allowed)})
        return Response(404, {"message": "The route could not be found."})

    def rate_limited(self, retry_after: float | None) -> Response:
        """HA-26."""
        return Response(429, {"message": "Too Many Attempts."}, headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"})

    def advance(self) -> None:
        """Carry out what is due, then whatever jobs need no more reads."""
        self._carry_out_due()
        for job_id in list(self.state["open_jobs"]):
            self._drive(job_id)

    def instances(self) -> list[Record]:
        """The VMs; they have neither name nor region."""
        return [{"id": sid, "name": None, "region": None, "status": vm["state"]} for sid, vm in self._servers.items()]

    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        """Running VMs, up for a day; C(fields) are raw ones as in C(patch), name and region mean nothing here.

        Raises:
            ValueError: a field that a VM does not have.
        """
        raw = {name: value for name, value in fields.items() if name not in ("name", "region")}
        made = []
        for _number in range(count):
            sid = str(self.new_id())
            vm = self._new_vm(sid, template="Debian12.0", cpuCores=2, mem=2048, disk="50G", ipCount=1)
            _set_state(vm, "running", self.clock.now() - 86400)
            vm["lock"] = None
            self._overwrite(vm, raw)
            self._servers[sid] = vm
            made.append(sid)
        return made

    def vanish(self, instance_id: str) -> None:
        """Remove a VM at once.

        Raises:
            KeyError: there is no such VM.
        """
        del self._servers[str(instance_id)]

    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        """Change cpuCores, mem, disk, ips, template, state, lock, incidents and the like; state "running" restarts the uptime.

        Raises:
            KeyError: there is no such VM.
            ValueError: a field that a VM does not have.
        """
        self._overwrite(self._servers[str(instance_id)], fields)

    def _overwrite(self, vm: Record, fields: t.Mapping[str, t.Any]) -> None:
        foreign = sorted(set(fields) - set(vm))
        if foreign:
            raise ValueError(f"a HosterAPI VM has no {', '.join(foreign)}; it has {', '.join(vm)}")
        if "state" in fields:
            _set_state(vm, fields["state"], self.clock.now())
        vm.update(fields)

    def console_ticket_valid(self, ticket: str) -> bool:
        """Whether a VNC ticket still opens its console (HA-24)."""
        return bool(self.state["tickets"].get(ticket, 0.0) > self.clock.now())

    # -- requests ---------------------------------------------------------------------------------------------------

    @property
    def _servers(self) -> dict[str, Record]:
        return t.cast("dict[str, Record]", self.state["servers"])

    def _machine(self, group: str, call: Call) -> Record:
        """The VM ("servers") or dedicated machine the path names; the two id spaces are separate."""
        sid = call.params["sid"]
        machine: Record | None = self.state[group].get(sid)
        if machine is None:
            raise _no_vm(sid)
        if not machine.get("orderComplete", True):
            raise _Refused(500, _SIGNAL_REFUSED)
        return machine

    def _unlocked(self, group: str, call: Call, refusal: str = _SIGNAL_REFUSED) -> Record:
        """The same, but refused during a job or a restore (HA-19)."""
        machine = self._machine(group, call)
        if machine.get("lock"):
            raise _Refused(500, refusal)
        return machine

    def _read(self, call: Call, *fields: _Field) -> Record:
        """The body's parameters by name; HA-5 refuses the first that is missing or of the wrong type, in documented order."""
        sent, textual = self._body(call.request)
        values = {}
        for wanted in fields:
            raw = sent.get(wanted.name)
            value = _typed(raw, wanted.kind, textual)
            if value is None and (wanted.required or raw is not None):
                raise _missing(wanted.name)
            if value is not None:
                values[wanted.name] = value
        return values

    def _body(self, request: Request) -> tuple[Record, bool]:
        """The body as a mapping, and whether its values can only be text (HA-1: form bodies are accepted)."""
        if not request.body:
            return {}, False
        if _media_type(request) == "application/x-www-form-urlencoded":
            return {name: values[-1] for name, values in request.form().items()}, True
        try:
            sent = request.json()
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            self.violation("HA-1", f"{request.method} {request.path} with a body that is no JSON object")
            return {}, False
        return sent, False

    def _size(self, wanted: Record) -> Record:
        """C(wanted) with its disk in the provider's spelling."""
        if "disk" not in wanted:
            return wanted
        if not _DISK_SIZE.fullmatch(wanted["disk"]):
            raise _missing("disk")
        if wanted["disk"].strip().isdigit():
            self.violation("section 10", "disk without a unit")
        gigabytes = _gigabytes(wanted["disk"])
        return {**wanted, "disk": f"{int(gigabytes) if gigabytes.is_integer() else gigabytes}G"}

    def _within_limits(self, size: Record) -> bool:
        asked = {
            "max_cpu_cores": size.get("cpuCores", 0),
            "max_mem": size.get("mem", 0),
            "max_disk": _gigabytes(size.get("disk", "0G")),
            "max_ips": size.get("ipCount", 0),
        }
        return all(amount <= self.settings[limit] for limit, amount in asked.items())

    # -- what happens later -----------------------------------------------------------------------------------------

    def _lateness(self, call: Call) -> float:
        return float(call.options.get("seconds", 2.0)) if call.fault == "late" else 0.0

    def _begin(self, call: Call, effect: str, seconds: float, target: str, **details: t.Any) -> None:
        """Let an effect happen to a machine after some seconds, as far as the call's fault lets it happen at all."""
        if call.fault in ("no_effect", "nothing"):
            return
        due: list[Record] = self.state["due"]
        if effect == "power":  # the last of several power calls wins
            due[:] = [other for other in due if (other["effect"], other["target"], other["details"].get("group")) != (effect, target, details["group"])]
        due.append({"at": self.clock.now() + seconds + self._lateness(call), "effect": effect, "target": target, "details": details})
        self._carry_out_due()

    def _carry_out_due(self) -> None:
        due: list[Record] = self.state["due"]
        now = self.clock.now()
        for event in sorted((event for event in due if event["at"] <= now), key=lambda event: event["at"]):
            due.remove(event)
            self._effects[event["effect"]](event["target"], event["at"], **event["details"])

    # -- jobs (section 5.1) -----------------------------------------------------------------------------------------

    def _start_job(self, call: Call, kind: str, sid: str, *, failure: str | None = None, **work: t.Any) -> Record:
        job_id = self.new_id()
        answer = {"status": "queued", "jobId": job_id, "progress": 0}
        if call.fault == "nothing":
            return answer
        if call.fault in ("job_fails", "half_created"):
            failure = str(call.options.get("output", _LIMITS_EXCEEDED))
        self.state["jobs"][str(job_id)] = {
            "kind": kind,
            "sid": sid,
            "work": work,
            "reads": 0,
            "polls": self.settings["job_polls"],
            "ready": self.clock.now() + self.settings["job_seconds"] + self._lateness(call),
            "failure": failure,
            "leaves_vm": failure is None or call.fault == "half_created",
            "lost": call.fault == "job_404",
            "status": "queued",
            "progress": 0,
            "output": None,
        }
        self.state["open_jobs"].append(str(job_id))
        if sid in self._servers:
            self._servers[sid]["lock"] = kind
        return answer

    def _notice(self, concerned: t.Callable[[Record], bool]) -> None:
        """Count a read of anything that shows a job's effect, so that a job whose id was lost in transit ends as well."""
        for job_id in list(self.state["open_jobs"]):
            if concerned(self.state["jobs"][job_id]):
                self._read_job(job_id)

    def _read_job(self, job_id: str) -> None:
        self.state["jobs"][job_id]["reads"] += 1
        self._drive(job_id)

    def _drive(self, job_id: str) -> None:
        """Move a job that is not over: queued at the first read, then executing, over after its polls and seconds (HA-6)."""
        if job_id not in self.state["open_jobs"]:
            return
        job = self.state["jobs"][job_id]
        read_enough = job["reads"] > job["polls"] or job["polls"] == 0
        if read_enough and self.clock.now() >= job["ready"]:
            self.state["open_jobs"].remove(job_id)
            self._finish_job(job)
        elif job["reads"] > 1:
            job.update(status="executing", progress=min(round((job["reads"] - 1) / max(job["polls"], 1), 2), 0.99))
            if self.settings["visible"] == "executing":
                self._make_vms(job)

    def _finish_job(self, job: Record) -> None:
        self._make_vms(job)
        for sid in {job["sid"], *job["work"].get("vmids", ())} & set(self._servers):
            self._servers[sid]["lock"] = None
        vm = self._servers.get(job["sid"])
        failure = job["failure"] or (_no_vm(job["sid"]).error if vm is None else None)
        if failure is None and vm is not None:
            job.update(status="finished", progress=1, output=self._job_results[job["kind"]](job["work"], vm))
        else:
            job.update(status="failed", output=failure)

    def _make_vms(self, job: Record) -> None:
        """List what a create makes, once; a failed one leaves nothing unless told to (HA-7)."""
        if job["leaves_vm"]:
            for sid in job["work"].pop("unmade", ()):
                self._servers[sid] = self._new_vm(sid, **job["work"]["size"])

    def _job_get(self, call: Call) -> Record:
        job: Record | None = self.state["jobs"].get(call.params["jobId"])
        if job is None:
            raise _Refused(404, _NO_JOB)
        self._read_job(call.params["jobId"])
        if call.fault == "job_404":
            job["lost"] = True
        if job["lost"]:
            raise _Refused(404, _NO_JOB)
        return {field: job[field] for field in ("status", "progress", "output")}

    def _created(self, work: Record, vm: Record) -> Record:
        for sid in work["vmids"]:
            if sid in self._servers:
                _set_state(self._servers[sid], "running", self.clock.now() - _BOOT_BEFORE_JOB_END)
        return _credentials(vm)

    def _reinstalled(self, work: Record, vm: Record) -> Record:
        vm["template"] = work["template"]
        self._renew_password(vm)
        _set_state(vm, "running", self.clock.now() - _BOOT_BEFORE_JOB_END, restart=True)
        return _credentials(vm)

    def _changed(self, work: Record, vm: Record) -> None:
        self._resize(vm, work["size"])

    def _installed(self, work: Record, vm: Record) -> None:
        if work["package"] not in vm["software"]:
            vm["software"].append(work["package"])

    def _uninstalled(self, work: Record, vm: Record) -> None:
        if work["package"] in vm["software"]:
            vm["software"].remove(work["package"])

    # -- VMs --------------------------------------------------------------------------------------------------------

    def _new_vm(self, sid: str, *, template: str, cpuCores: int, mem: int, disk: str, ipCount: int) -> Record:
        return {
            "vmid": int(sid),
            "template": template,
            "cpuCores": cpuCores,
            "mem": mem,
            "disk": disk,
            "ips": [*(self._new_ipv4() for _number in range(ipCount)), f"2001:db8:0:{int(sid) & 0xFFFF:x}::1"],
            "state": "stopped",
            "booted": self.clock.now(),
            "lock": "create",
            "password": f"S3CRET-ha-{sid}",
            "passwords": 1,
            "backups": [],
            "task": None,
            "incidents": [],
            "software": [],
        }

    def _new_ipv4(self) -> str:
        number = self.state["next_address"]
        self.state["next_address"] = number + 1
        return str(_FIRST_IPV4 + number)

    def _renew_password(self, vm: Record) -> None:
        vm["passwords"] += 1
        vm["password"] = f"S3CRET-ha-{vm['vmid']}-{vm['passwords']}"

    def _server_create(self, call: Call) -> Record:
        size = self._size(
            self._read(
                call,
                _Field("template", "string"),
                _Field("cpuCores", "integer"),
                _Field("mem", "integer"),
                _Field("disk", "string"),
                _Field("ipCount", "integer"),
            )
        )
        failure = None if self._within_limits(size) else _LIMITS_EXCEEDED
        if size["template"] not in _VM_TEMPLATES:
            failure = self._unknown_template()
        vmids = [str(self.new_id()) for _number in range(2 if call.fault == "double" else 1)]
        if call.fault != "nothing":
            self.bill(_price(size, size["ipCount"]) * len(vmids))
        return self._start_job(call, "create", vmids[0], failure=failure, size=size, vmids=vmids, unmade=vmids)

    def _unknown_template(self) -> str:
        if self.settings["unknown_template"] == "refuse":
            raise _Refused(400, _UNKNOWN_TEMPLATE)
        return _UNKNOWN_TEMPLATE

    def _server_list(self, call: Call) -> list[int]:
        self._notice(lambda job: job["kind"] == "create")
        return [int(sid) for sid in self._servers]

    def _server_status(self, call: Call) -> Record:
        vm = self._seen(call)
        if vm["state"] != "running":
            return {"cpu": 0, "mem": 0, "memfree": 0, "netin": 0, "netout": 0, "uptime": None, "state": vm["state"]}
        uptime = int(self.clock.now() - vm["booted"])
        memory = int(vm["mem"]) * 1024**2
        return {"cpu": 0.03, "mem": memory, "memfree": memory // 2, "netin": 1500 * uptime, "netout": 900 * uptime, "uptime": uptime, "state": "running"}

    def _server_config(self, call: Call) -> Record:
        vm = self._seen(call)
        return {field: vm[field] for field in ("cpuCores", "mem", "disk", "ips", "template")}

    def _seen(self, call: Call) -> Record:
        vm = self._machine("servers", call)
        self._notice(lambda job: job["sid"] == call.params["sid"])
        return vm

    def _server_change(self, call: Call) -> t.Any:
        vm = self._unlocked("servers", call, _CONFIG_REFUSED)
        size = self._size(
            self._read(
                call,
                _Field("cpuCores", "integer", False),
                _Field("mem", "integer", False),
                _Field("disk", "string", False),
                _Field("ipCount", "integer", False),
            )
        )
        if "disk" in size and _gigabytes(size["disk"]) < _gigabytes(vm["disk"]):
            raise _Refused(400, _DISK_SHRINKS)  # HA-9
        if not self._within_limits(size):
            raise _Refused(500, _CONFIG_REFUSED)
        if self.settings["change_answer"] == "job":
            return self._start_job(call, "change", call.params["sid"], size={} if call.fault == "no_effect" else size)
        self._begin(call, "change", self.settings["change_seconds"], call.params["sid"], size=size)
        return True

    def _finish_change(self, sid: str, at: float, size: Record) -> None:
        if sid in self._servers:
            self._resize(self._servers[sid], size)

    def _resize(self, vm: Record, size: Record) -> None:
        before = _vm_price(vm)
        vm.update({field: value for field, value in size.items() if field != "ipCount"})
        vm["ips"] += [self._new_ipv4() for _number in range(size.get("ipCount", 0) - _ipv4_count(vm))]  # HA-10: fewer is ignored
        growth = _vm_price(vm) - before
        if growth > 0:
            self.bill(growth)

    def _server_delete(self, call: Call) -> bool:
        vm = self._unlocked("servers", call)
        wanted = self._read(call, _Field("force", "boolean", False))
        if vm["state"] == "running" and not wanted.get("force", False):
            raise _Refused(500, _OUTCOME_UNKNOWN)  # HA-11
        self._begin(call, "delete", self.settings["delete_seconds"], call.params["sid"], group="servers")
        return True

    def _finish_delete(self, sid: str, at: float, group: str) -> None:
        self.state[group].pop(sid, None)

    def _server_rdns(self, call: Call) -> bool:
        vm = self._machine("servers", call)
        wanted = self._read(call, _Field("ip", "string"), _Field("hostname", "string"))
        if ":" in wanted["ip"] or wanted["ip"] not in vm["ips"]:
            raise _Refused(400, _BAD_ADDRESS)  # HA-23
        if not _FQDN.fullmatch(wanted["hostname"]):
            raise _Refused(400, _BAD_HOSTNAME)
        if call.fault not in ("no_effect", "nothing"):
            self.renaming(wanted["ip"])
            self.state["ptr"][wanted["ip"]] = wanted["hostname"]
        return True

    def written_name(self, address: str) -> str | None:
        """The PTR record (HA-23)."""
        return t.cast("str | None", self.state["ptr"].get(address))

    def _server_reinstall(self, call: Call) -> Record:
        vm = self._unlocked("servers", call)
        template = self._read(call, _Field("template", "string", False)).get("template", vm["template"])
        failure = None if template in _VM_TEMPLATES else self._unknown_template()
        return self._start_job(call, "reinstall", call.params["sid"], failure=failure, template=template)

    def _server_password_reset(self, call: Call) -> Record:
        vm = self._unlocked("servers", call)
        self._renew_password(vm)
        return {"status": "success", "password": vm["password"]}

    # -- power and consoles, VMs and dedicated machines alike -------------------------------------------------------

    def _switch(self, group: str, goal: str, call: Call, *, graceful: bool = False) -> bool:
        self._unlocked(group, call)
        if not (graceful and self.settings["ignore_shutdown"]):
            self._begin(call, "power", self.settings["power_seconds"], call.params["sid"], group=group, goal=goal, restart=False)
        return True

    def _reboot(self, group: str, call: Call, *, graceful: bool = False) -> bool:
        machine = self._unlocked(group, call)
        if machine["state"] != "running":
            raise _Refused(500, _SIGNAL_REFUSED)
        if not (graceful and self.settings["ignore_reboot"]):
            self._begin(call, "power", self.settings["power_seconds"], call.params["sid"], group=group, goal="running", restart=True)
        return True

    def _finish_power(self, sid: str, at: float, group: str, goal: str, restart: bool) -> None:
        machine = self.state[group].get(sid)
        if machine is not None:
            _set_state(machine, goal, at, restart=restart)

    def _console(self, group: str, call: Call) -> str:
        if self._machine(group, call)["state"] != "running":
            raise _Refused(400, _CONSOLE_OFF)
        now = self.clock.now()
        ticket = f"S3CRET-ha-vnc-{self.new_id()}"
        self.state["tickets"] = {old: end for old, end in self.state["tickets"].items() if end > now}
        self.state["tickets"][ticket] = now + _TICKET_SECONDS
        query = {"autoconnect": "true", "password": ticket, "path": f"websockify?vncticket={ticket}"}
        return f"https://vnc.hosterapi.example/vnc.html?{urllib.parse.urlencode(query)}"

    # -- backups (section 7) ----------------------------------------------------------------------------------------

    def _backups_status(self, call: Call) -> Record:
        task = self._machine("servers", call)["task"]
        if task is None:
            return {"status": "idle", "progress": 0}
        if task["outcome"] is not None:
            return {"status": task["outcome"], "progress": 1 if task["outcome"] == "finished" else 0.5}
        early = self.clock.now() < (task["begun"] + task["end"]) / 2
        return {"status": "pending", "progress": 0} if early else {"status": "executing", "progress": 0.5}

    def _backups_create(self, call: Call) -> bool:
        self._begin_backup_task(call, self._ready_for_backup(call), "backup")
        return True

    def _backups_restore(self, call: Call) -> str:
        vm = self._machine("servers", call)
        stamp = self._read(call, _Field("backup", "integer"))["backup"]
        if stamp not in vm["backups"]:
            raise _Refused(400, _NO_BACKUP)  # HA-17
        self._ready_for_backup(call)
        self._begin_backup_task(call, vm, "restore")
        return "pending"

    def _ready_for_backup(self, call: Call) -> Record:
        vm = self._unlocked("servers", call, _BACKUP_REFUSED)
        if vm["task"] is not None and vm["task"]["outcome"] is None:
            raise _Refused(500, _BACKUP_REFUSED)  # HA-15
        return vm

    def _begin_backup_task(self, call: Call, vm: Record, effect: str) -> None:
        if call.fault in ("no_effect", "nothing"):
            return
        now = self.clock.now()
        seconds = self.settings["backup_seconds"]
        vm["task"] = {"begun": now, "end": now + seconds + self._lateness(call), "outcome": None, "state_before": vm["state"]}
        if effect == "restore":  # HA-17: stopped meanwhile
            vm["lock"] = "restore"
            _set_state(vm, "stopped", now)
        outcome = "failed" if call.fault == "job_fails" else "finished"
        for _number in range(2 if (effect, call.fault) == ("backup", "double") else 1):
            self._begin(call, effect, seconds, call.params["sid"], outcome=outcome)

    def _finish_backup(self, sid: str, at: float, outcome: str) -> None:
        vm = self._servers.get(sid)
        if vm is None:
            return
        vm["task"]["outcome"] = outcome
        if outcome == "finished":
            stamp = int(at)
            while stamp in vm["backups"]:  # HA-16: unique per VM
                stamp += 1
            vm["backups"].insert(len(vm["backups"]) // 2, stamp)  # HA-16: in no order

    def _finish_restore(self, sid: str, at: float, outcome: str) -> None:
        vm = self._servers.get(sid)
        if vm is not None:
            vm["task"]["outcome"] = outcome
            vm["lock"] = None
            _set_state(vm, vm["task"]["state_before"], at)

    # -- dedicated machines (section 8) -----------------------------------------------------------------------------

    def _dedicated_order(self, call: Call) -> bool:
        wanted = self._read(call, _Field("id", "integer"), _Field("template", "string"), _Field("ipCount", "count", False), _Field("hostname", "string", False))
        offer = next((offer for offer in self.state["market"] if offer["id"] == wanted["id"]), None)
        if offer is None:
            raise _no_vm(str(wanted["id"]))  # HA-21
        if wanted["template"] not in _DEDICATED_TEMPLATES:
            raise _Refused(400, _UNKNOWN_TEMPLATE)
        if call.fault in ("no_effect", "nothing"):
            return True
        sid = str(offer["id"])
        self.state["market"].remove(offer)
        self.state["dedicated"][sid] = {
            "orderComplete": False,
            "state": "halted",
            "booted": self.clock.now(),
            "template": wanted["template"],
            "hostname": wanted.get("hostname"),
            "ips": [self._new_ipv4() for _number in range(wanted.get("ipCount", 1))],
            "configuration": offer["configuration"],
        }
        self.bill(offer["configuration"]["price"])
        self._begin(call, "order", self.settings["order_seconds"], sid, failed=call.fault == "job_fails")
        return True

    def _finish_order(self, sid: str, at: float, failed: bool) -> None:
        if failed:
            self.state["dedicated"].pop(sid, None)
        elif sid in self.state["dedicated"]:
            self.state["dedicated"][sid]["orderComplete"] = True
            _set_state(self.state["dedicated"][sid], "running", at)

    def _dedicated_list(self, call: Call) -> list[Record]:
        return [{"id": int(sid), "orderComplete": machine["orderComplete"]} for sid, machine in self.state["dedicated"].items()]

    def _dedicated_reinstall(self, call: Call) -> bool:
        machine = self._machine("dedicated", call)
        wanted = self._read(call, _Field("template", "string"), _Field("hostname", "string", False))
        if wanted["template"] not in _DEDICATED_TEMPLATES:
            raise _Refused(400, _UNKNOWN_TEMPLATE)
        if call.fault not in ("no_effect", "nothing"):
            _set_state(machine, "halted", self.clock.now())  # HA-20
        self._begin(call, "reinstall", self.settings["reinstall_seconds"], call.params["sid"], changes=wanted)
        return True

    def _finish_dedicated_reinstall(self, sid: str, at: float, changes: Record) -> None:
        machine = self.state["dedicated"].get(sid)
        if machine is not None:
            machine.update(changes)
            _set_state(machine, "running", at)

    def _dedicated_config(self, call: Call) -> Record:
        machine = self._machine("dedicated", call)
        password = f"S3CRET-ha-dedicated-{call.params['sid']}"
        config = {
            "ssh": {"root": {"password": f"{password}-root"}, "user": {"username": "hoster", "password": f"{password}-user"}},
            "ips": machine["ips"],
            "template": machine["template"],
            "configuration": machine["configuration"],
        }
        return config if machine["hostname"] is None else {**config, "hostname": machine["hostname"]}

    def _dedicated_terminate(self, call: Call) -> bool:
        sid = call.params["sid"]
        if sid not in self.state["dedicated"]:
            raise _no_vm(sid)
        self._begin(call, "delete", self.settings["delete_seconds"], sid, group="dedicated")
        return True

    # -- software (section 9.4) -------------------------------------------------------------------------------------

    def _software(self, kind: str, call: Call) -> Record:
        aliases = ("sid|ip", "sid", "ip")  # HA-12: any of the three, as long as they agree
        named = self._read(call, *(_Field(alias, "string", False) for alias in aliases))
        if not named:
            raise _missing("sid|ip")
        wanted = self._read(call, _Field("package", "string"), _Field("password", "string"), _Field("port", "integer", False))
        found = {self._sid_of(value) for value in named.values()}
        if len(found) > 1:
            raise _Refused(400, _CONTRADICTION)
        sid = found.pop()
        if self._servers[sid]["lock"]:
            raise _Refused(500, _SIGNAL_REFUSED)
        failure = None if wanted["package"] in _PACKAGES else _UNKNOWN_PACKAGE  # HA-13
        return self._start_job(call, kind, sid, failure=failure, package=wanted["package"])

    def _sid_of(self, id_or_address: str) -> str:
        for sid, vm in self._servers.items():
            if id_or_address == sid or id_or_address in vm["ips"]:
                return sid
        raise _no_vm(id_or_address)


def _failure(status: int, error: str) -> Response:
    return Response(status, {"result": False, "error": error})


def _missing(name: str) -> _Refused:
    return _Refused(400, f"0xb1: Missing required parameter {name}")


def _no_vm(sid: str) -> _Refused:
    return _Refused(404, f"0x01: no vm with id {sid} found")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _typed(value: t.Any, kind: str, textual: bool) -> t.Any:
    """C(value) if it is what a parameter of this kind takes, else None; numbers count from one."""
    if kind == "string":
        return value if isinstance(value, str) and value else None
    if kind == "boolean":
        return {"1": True, "true": True, "0": False, "false": False}.get(value) if textual else value if isinstance(value, bool) else None
    if isinstance(value, str) and (textual or kind == "count") and re.fullmatch(r"[0-9]{1,12}", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _stringly(payload: t.Any) -> t.Any:
    """The payload with every integer as text (section 10: integers may arrive as strings)."""
    if isinstance(payload, dict):
        return {name: _stringly(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [_stringly(value) for value in payload]
    return str(payload) if isinstance(payload, int) and not isinstance(payload, bool) else payload


def _set_state(machine: Record, state: str, at: float, *, restart: bool = False) -> None:
    if restart or machine["state"] != state:
        machine.update(state=state, booted=at)


def _credentials(vm: Record) -> Record:
    return {"vmid": vm["vmid"], "ips": list(vm["ips"]), "user": "root", "password": vm["password"]}


def _ipv4_count(vm: Record) -> int:
    return sum(":" not in address for address in vm["ips"])


def _gigabytes(disk: str) -> float:
    """Section 10: no unit means GB.

    Raises:
        ValueError: the text is no size.
    """
    found = _DISK_SIZE.fullmatch(disk)
    if not found:
        raise ValueError(f"{disk!r} is no disk size")
    return float(found[1]) * _GIGABYTES[found[2]]


def _price(size: Record, ip_count: int) -> float:
    """Euro a month, made up: the contract shows no price of a VM."""
    return 1.5 * int(size["cpuCores"]) + int(size["mem"]) / 1024 + 0.05 * _gigabytes(size["disk"]) + ip_count


def _vm_price(vm: Record) -> float:
    return _price(vm, _ipv4_count(vm))


def _untidy_market() -> list[Record]:
    """Section 8: numbers as text, one text with a unit, empty and null descriptions, two locations of one name."""
    return [
        {
            "id": 101,
            "model": "Dell PowerEdge R620",
            "description": "",
            "configuration": {
                "cpu": {"type": "Intel Xeon E5-2650v2", "count": "2"},
                "ram": {"type": "DDR3 ECC", "size": "32"},
                "storage": {"type": "SSD", "count": "2", "size": "480"},
                "price": 49,
                "location": {"id": 1, "name": "Frankfurt"},
            },
        },
        {
            "id": 102,
            "model": "HP ProLiant DL360 Gen9",
            "description": None,
            "configuration": {
                "cpu": {"type": "Intel Xeon E5-2680v4", "count": "1"},
                "ram": {"type": "DDR4", "size": "32 GB DDR4 ECC"},
                "storage": {"type": "NVMe", "count": "1", "size": "960"},
                "price": 65,
                "location": {"id": 2, "name": "Frankfurt"},
            },
        },
        {
            "id": 103,
            "model": "Supermicro X10",
            "description": "Sonderposten",
            "configuration": {
                "cpu": {"type": "Intel Xeon E3-1270v6", "count": "1"},
                "ram": {"type": "DDR4 ECC", "size": "64"},
                "storage": {"type": "HDD", "count": "4", "size": "2000"},
                "price": 39,
                "location": {"id": 3, "name": "Eygelshoven"},
            },
        },
    ]
