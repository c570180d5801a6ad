# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a simulated Hostwinds account: their rows, what they are busy with, and when they can be seen.

"HW-n" and "section n" refer to the contract of the Hostwinds Cloud API.
"""

from __future__ import annotations

import ipaddress
import time
import typing as t

from . import hostwinds_catalogue as catalogue
from .base import Clock, Provider
from .hostwinds_catalogue import Record

# Section 6: what vm_state and power_state say beside a status.
_STATES: t.Final[t.Mapping[str, tuple[str, int]]] = {
    "ACTIVE": ("active", 1),
    "BUILD": ("building", 0),
    "DELETED": ("deleted", 0),
    "ERROR": ("error", 6),
    "HARD_REBOOT": ("active", 1),
    "PAUSED": ("paused", 3),
    "REBOOT": ("active", 1),
    "REBUILD": ("building", 0),
    "RESCUE": ("rescued", 1),
    "RESIZE": ("active", 1),
    "RESIZED": ("resized", 1),
    "REVERT_RESIZE": ("resized", 1),
    "SHUTOFF": ("stopped", 4),
    "SUSPENDED": ("suspended", 7),
}


class _Job(t.NamedTuple):
    """What a server does for a while: the status meanwhile and after it (None: as before), its task_state, the setting of its duration."""

    during: str | None
    task: str | None
    after: str | None
    duration: str


_JOBS: t.Final[t.Mapping[str, _Job]] = {
    "build": _Job("BUILD", "spawning", "ACTIVE", "build_seconds"),
    "boot": _Job(None, "powering-on", "ACTIVE", "power_seconds"),
    "shutdown": _Job(None, "powering-off", "SHUTOFF", "power_seconds"),
    "reboot": _Job("REBOOT", "rebooting", "ACTIVE", "power_seconds"),
    "repair": _Job("HARD_REBOOT", "rebooting_hard", "ACTIVE", "power_seconds"),
    "rescue": _Job(None, "rescuing", "RESCUE", "power_seconds"),
    "unrescue": _Job(None, "unrescuing", "ACTIVE", "power_seconds"),
    "recreate": _Job("REBUILD", "rebuilding", "ACTIVE", "build_seconds"),
    "reinstall": _Job("REBUILD", "rebuilding", "ACTIVE", "build_seconds"),
    "finalize": _Job("REBOOT", "rebooting", "ACTIVE", "build_seconds"),
    "network": _Job("REBOOT", "rebooting", "ACTIVE", "power_seconds"),
    "address": _Job(None, None, None, "ip_seconds"),
    "resize": _Job("RESIZE", "resize_migrating", "RESIZED", "resize_seconds"),
    "confirm": _Job(None, "resize_confirming", "ACTIVE", "power_seconds"),
    "revert": _Job("REVERT_RESIZE", "resize_reverting", "ACTIVE", "resize_seconds"),
    "delete": _Job(None, "deleting", None, "delete_seconds"),
}

_FIRST_IPV4 = ipaddress.IPv4Address("198.19.0.1")  # reserved for tests (RFC 2544)
_FIRST_PRIVATE = ipaddress.IPv4Address("10.20.0.1")
_FIRST_IPV6 = ipaddress.IPv6Address("2001:db8:4877::1")
_BESIDE_ROW = frozenset({"firewall", "filters", "maintenance", "order", "rid"})  # what a user may patch although no row shows it


class HostwindsServers(Provider):
    """Records of servers and what happens to them in time; the actions stand in C(hostwinds.py).

    A server's work is a queue: what is asked of a busy server begins when the present work ends (section 7).
    """

    default_settings: t.ClassVar[dict[str, t.Any]] = {
        "build_seconds": 0.4,
        "power_seconds": 0.2,
        "delete_seconds": 0.2,
        "resize_seconds": 0.4,
        "ip_seconds": 0.2,
        "row_delay": 0.0,  # HW-7: seconds until a new server is seen at all...
        "list_delay": 0.0,  # ...and how much later than that in get_instances...
        "ids_delay": 0.0,  # ...and in get_instance_ids
        "name_delay": 0.0,  # HW-8: and until it shows its srvrname
        "stale_reads": 1,  # HW-11: reads after queueing that still show the old state
        "recreate_changes_ip": True,
        "ip_keep_old": True,  # change_main_ip leaves the old address as a secondary one
        "auto_confirm": False,  # an upgrade that is applied without stopping at RESIZED
        "smtp_filtered": True,  # new servers come with outgoing mail filtered
    }

    def __init__(self, clock: Clock, token: str | None = None) -> None:
        self._ends: dict[str, t.Callable[[Record, Record], None]] = {
            "build": self._built,
            "recreate": self._recreated,
            "reinstall": self._reinstalled,
            "finalize": self._finalized,
            "address": self._readdressed,
            "resize": self._resized,
            "confirm": self._confirmed,
            "revert": self._reverted,
        }
        super().__init__(clock, token)

    def initial_state(self) -> Record:
        """The catalogue, two SSH keys, no server; PTR records are kept in C(ptr), which no action shows (HW-17)."""
        return {
            "next": 430001,
            "next_address": 0,
            "servers": {},
            "busy": [],
            "ptr": {},
            "ssh_keys": ["demo", "operations"],
            "plans": catalogue.plans(),
            "templates": catalogue.templates(),
            "locations": catalogue.locations(),
            "firewalls": catalogue.firewalls(),
        }

    @property
    def servers(self) -> dict[str, Record]:
        """The records by serviceid."""
        return t.cast("dict[str, Record]", self.state["servers"])

    # -- the control API's view -------------------------------------------------------------------------------------

    def instances(self) -> list[Record]:
        """All servers, those not visible yet included."""
        return [
            {"id": sid, "name": server["row"]["srvrname"], "region": str(server["row"]["location_id"]), "status": server["row"]["status"]}
            for sid, server in self.servers.items()
        ]

    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        """Running servers.

        C(name) is the srvrname of one server and the prefix of several (C(web-1), C(web-2)...), C(region) a location id,
        C(size) a plan number, C(image) a template; anything else is a raw field as in C(patch).

        Raises:
            ValueError: there is no such plan, template or field.
        """
        name = fields.pop("name", "server")
        plan = self.plan(int(fields.pop("size", 2)))
        template = self.template(fields.pop("image", "img-ubuntu-24.04"))
        location = int(fields.pop("region", 1))
        if plan is None or template is None:
            raise ValueError("size is a plan number of get_price_list, image a template's uuid or base_image_ref")
        made = []
        for number in range(1, count + 1):
            server = self.new_server(name if count == 1 else f"{name}-{number}", plan, catalogue.size_of(plan, {}), template, location)
            self._built(server, {})
            server["row"].update(_state("ACTIVE"), task_state=None)
            sid = str(server["row"]["serviceid"])
            self.patch(sid, fields)
            made.append(sid)
        return made

    def vanish(self, instance_id: str) -> None:
        """Remove a server at once.

        Raises:
            KeyError: there is no such server.
        """
        server = self.servers.pop(str(instance_id))
        for address in self.addresses(server):
            self.release(address)
        if str(instance_id) in self.state["busy"]:
            self.state["busy"].remove(str(instance_id))

    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        """Change fields of the row, or C(firewall), C(filters), C(maintenance), C(order) (null: paid) and C(rid).

        A C(status) ends whatever the server is busy with and brings its vm_state and power_state along; a C(main_ip)
        takes the old one's place among C(ips).

        Raises:
            KeyError: there is no such server.
            ValueError: a field that a server does not have.
        """
        server = self.servers[str(instance_id)]
        row = server["row"]
        foreign = sorted(set(fields) - set(row) - _BESIDE_ROW)
        if foreign:
            raise ValueError(f"a Hostwinds server has no {', '.join(foreign)}")
        server["stale"] = None
        if "status" in fields:
            server.update(jobs=[], deleting=False)
            row.update(_state(fields["status"]), task_state=None)
        if "main_ip" in fields and "ips" not in fields:
            row["ips"] = [fields["main_ip"], *(ip for ip in row["ips"] or [] if ip not in (row["main_ip"], fields["main_ip"]))]
        for name, value in fields.items():
            (server if name in _BESIDE_ROW else row)[name] = value

    # -- the catalogue ----------------------------------------------------------------------------------------------

    def plan(self, rid: int) -> Record | None:
        """The plan of that number."""
        return next((plan for plan in self.state["plans"] if plan["rid"] == rid), None)

    def template(self, wanted: str) -> Record | None:
        """The template with that uuid or base_image_ref (HW-26)."""
        return next((template for template in self.state["templates"] if wanted in (template["uuid"], template["base_image_ref"])), None)

    # -- records ----------------------------------------------------------------------------------------------------

    def new_server(
        self,
        name: str,
        plan: Record,
        size: Record,
        template: Record,
        location: int,
        cycle: str = "monthly",
        keys: t.Sequence[str] = (),
    ) -> Record:
        """A record in status BUILD, without addresses, visible from now on."""
        sid = self.new_id()
        now = self.clock.now()
        row: Record = {
            "serviceid": sid,
            "userid": 91827,
            "location_id": location,
            "product_id": 88,
            "srvrname": name,
            "hostname": f"hwsrv-{sid}.hostwinds.example",
            "name": f"Server#{sid}",
            "host": f"node{sid % 7 + 1:02d}",
            "server_uuid": self.new_uuid(),
            "volume_uuid": self.new_uuid(),
            "port_uuid": self.new_uuid(),
            "template_uuid": template["uuid"],
            "image_ref": template["base_image_ref"],
            "image": {"id": template["base_image_ref"]},
            "flavor": {"id": str(plan["rid"]), "name": plan["name"]},
            "app_id": None,
            "main_ip": "",
            "private_ip": "",
            "ip_v6": "",
            "ips": [],
            "mac_address": f"fa:16:3e:{sid >> 16 & 255:02x}:{sid >> 8 & 255:02x}:{sid & 255:02x}",
            "disp_status": "Build",
            "task_state": "spawning",
            **_state("BUILD"),
            "locked": 0,
            "is_suspended": 0,
            "hourly": int(cycle == "hourly"),
            "upgrade_available": 1,
            **size,
            "bandwidth_used": 0,
            "upgrade_ram": "0",
            "upgrade_cpu": "0",
            "upgrade_disk": "0",
            "disk_type": "ssd",
            "billingcycle": cycle,
            "product_name": "Cloud VPS",
            "ssh_keys": list(keys),
            "created_at": _date(now),
            "launched_at": None,
            "updated_at": _date(now),
            "pswd_changed": "0000-00-00 00:00:00",
            "password": f"S3CRET-hw-root-{sid}",
            "configkey": f"S3CRET-hw-config-{sid}",
        }
        server: Record = {
            "row": row,
            "touched": int(now),
            "visible": {"list": now, "ids": now, "name": now},
            "jobs": [],
            "deleting": False,
            "stale": None,
            "rid": plan["rid"],
            "firewall": "default",
            "filters": [{"type": "outgoing", "created": _date(now), "invoice_id": 0, "paid_at": None}] if self.settings["smtp_filtered"] else [],
            "maintenance": None,
            "pending_password": None,
            "order": None,
            "upgrade": None,
            "before": None,
            "ip_changes": [],
            "lock_seen": False,
            "serial": [],
        }
        self.servers[str(sid)] = server
        return server

    def appear(self, server: Record, later: float = 0.0, named: bool = True) -> None:
        """Let a new record be seen as late as the settings say and C(later) seconds on top; unless C(named) its name never shows."""
        start = self.clock.now() + self.settings["row_delay"] + later
        server["visible"] = {
            "list": start + self.settings["list_delay"],
            "ids": start + self.settings["ids_delay"],
            "name": start + self.settings["name_delay"] if named else None,
        }

    def seen(self, server: Record, listing: str) -> bool:
        """Whether C(list) or C(ids) shows the server by now."""
        return bool(server["visible"][listing] <= self.clock.now())

    def show_name(self, server: Record) -> str:
        """The srvrname as far as it shows yet."""
        since = server["visible"]["name"]
        return str(server["row"]["srvrname"]) if since is not None and since <= self.clock.now() else ""

    def read_row(self, server: Record) -> Record:
        """A copy of the row as the next read shows it: the old state while stale reads are left (HW-11)."""
        server["lock_seen"] = True
        row = server["row"]
        if server["stale"]:
            row = server["stale"]["row"]
            server["stale"]["left"] -= 1
            if server["stale"]["left"] <= 0:
                server["stale"] = None
        return {**row, "srvrname": self.show_name(server)}

    def edit(self, server: Record, **fields: t.Any) -> None:
        """Change fields at once: these are no queued work, so a stale read shows them too."""
        self.touch(server)
        server["row"].update(fields)
        if server["stale"]:
            server["stale"]["row"].update(fields)

    def touch(self, server: Record) -> None:
        """Move C(updated_at) on, by a second at least, so that every change is evidence (section 7)."""
        server["touched"] = max(int(self.clock.now()), server["touched"] + 1)
        server["row"]["updated_at"] = _date(server["touched"])

    def addresses(self, server: Record) -> list[str]:
        """All public addresses, the main one first."""
        row = server["row"]
        return [address for address in dict.fromkeys([row["main_ip"], *(row["ips"] or []), row["ip_v6"]]) if address]

    def release(self, address: str) -> None:
        """Give an address back to the pool, its PTR record with it."""
        self.state["ptr"].pop(address, None)

    def written_name(self, address: str) -> str | None:
        """The PTR record (HW-17)."""
        return t.cast("str | None", self.state["ptr"].get(address))

    # -- work -------------------------------------------------------------------------------------------------------

    def queue(self, server: Record, kind: str, **details: t.Any) -> None:
        """Let a server do something as soon as it is free."""
        sid = str(server["row"]["serviceid"])
        server["jobs"].append({"kind": kind, "until": None, **details})
        if len(server["jobs"]) > 1:
            return
        if self.settings["stale_reads"] and not server["row"]["task_state"]:  # a server that was busy has no settled state to show
            server["stale"] = {"row": dict(server["row"]), "left": self.settings["stale_reads"]}
        if sid not in self.state["busy"]:
            self.state["busy"].append(sid)
        self._start(server, self.clock.now())

    def queue_delete(self, server: Record) -> None:
        """Let a server disappear; whatever else it was to do is forgotten."""
        server.update(jobs=[], stale=None, deleting=True)
        self.queue(server, "delete")

    def advance(self) -> None:
        """End and begin work as time has passed."""
        for sid in list(self.state["busy"]):
            self._drive(sid)

    def _drive(self, sid: str) -> None:
        server = self.servers[sid]
        while server["jobs"] and server["jobs"][0]["until"] <= self.clock.now():
            job = server["jobs"].pop(0)
            if job["kind"] == "delete":
                self.vanish(sid)
                return
            self._finish(server, job)
            if server["jobs"]:
                self._start(server, job["until"])
        if not server["jobs"]:
            self.state["busy"].remove(sid)

    def _start(self, server: Record, at: float) -> None:
        job, row = server["jobs"][0], server["row"]
        work = _JOBS[job["kind"]]
        job["until"] = at + self.settings[work.duration]
        if job["kind"] in ("reboot", "repair") and row["status"] == "RESCUE":
            job["after"] = "RESCUE"  # only unrescue leaves rescue mode
        if work.during:
            row.update(_state(work.during))
        row["task_state"] = work.task
        self.touch(server)

    def _finish(self, server: Record, job: Record) -> None:
        row = server["row"]
        after = job.get("after", _JOBS[job["kind"]].after)
        self.touch(server)
        row["task_state"] = None
        if after:
            row.update(_state(after))
        if after != "ERROR" and job["kind"] in self._ends:
            self._ends[job["kind"]](server, job)
        if after == "ACTIVE" and server["pending_password"]:  # it takes a restart
            row.update(password=server["pending_password"], pswd_changed=row["updated_at"])
            server["pending_password"] = None

    def _built(self, server: Record, _job: Record) -> None:
        row = server["row"]
        number = self.state["next_address"]
        main = self.new_address()
        row.update(
            main_ip=main,
            ips=[main],
            private_ip=str(_FIRST_PRIVATE + number),
            ip_v6=str(_FIRST_IPV6 + (number << 64)),
            launched_at=row["updated_at"],
        )

    def new_address(self) -> str:
        """A free IPv4 address."""
        number = self.state["next_address"]
        self.state["next_address"] = number + 1
        return str(_FIRST_IPV4 + number)

    def _recreated(self, server: Record, _job: Record) -> None:
        row = server["row"]
        if self.settings["recreate_changes_ip"]:
            self._change_main(server, keep_old=False)
        row.update(server_uuid=self.new_uuid(), volume_uuid=self.new_uuid(), port_uuid=self.new_uuid())
        row.update(created_at=row["updated_at"], launched_at=row["updated_at"])

    def _reinstalled(self, server: Record, job: Record) -> None:
        row = server["row"]
        row.update(template_uuid=job["template"]["uuid"], image_ref=job["template"]["base_image_ref"], image={"id": job["template"]["base_image_ref"]})
        row.update(volume_uuid=self.new_uuid(), launched_at=row["updated_at"])

    def _finalized(self, server: Record, _job: Record) -> None:
        server["row"]["template_uuid"] = self.new_uuid()  # no longer "cd": an ISO install is finalized once

    def _readdressed(self, server: Record, _job: Record) -> None:
        self._change_main(server, keep_old=self.settings["ip_keep_old"])

    def _change_main(self, server: Record, keep_old: bool) -> None:
        row = server["row"]
        old, new = row["main_ip"], self.new_address()
        if not keep_old:
            self.release(old)
        row.update(main_ip=new, ips=[new, *(ip for ip in row["ips"] or [] if keep_old or ip != old)])

    def _resized(self, server: Record, _job: Record) -> None:
        row, upgrade = server["row"], server["upgrade"]
        size = upgrade["size"]
        server.update(before={"rid": server["rid"], "size": {part: row[part] for part in size}}, rid=upgrade["rid"], upgrade=None)
        row.update(size, upgrade_ram="0", upgrade_cpu="0", upgrade_disk="0")  # HW-30
        if self.settings["auto_confirm"]:
            row.update(_state("ACTIVE"))
            server["before"] = None

    def _confirmed(self, server: Record, _job: Record) -> None:
        server["before"] = None

    def _reverted(self, server: Record, _job: Record) -> None:
        before = server["before"] or {"rid": server["rid"], "size": {}}  # none when RESIZED was patched in
        server["row"].update(before["size"])
        server.update(rid=before["rid"], before=None)


def _state(status: str) -> Record:
    """The fields that tell a status."""
    vm_state, power_state = _STATES.get(status.upper(), (status.lower(), 0))
    return {"status": status, "disp_status": status.replace("_", " ").title(), "vm_state": vm_state, "power_state": power_state}


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
