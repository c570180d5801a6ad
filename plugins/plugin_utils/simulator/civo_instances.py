# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated Civo instances: creation, power, size, tags, names, recovery, consoles and what the control API does to them."""

from __future__ import annotations

import base64
import ipaddress
import re
import typing as t

from .base import Route
from .civo_base import ACCOUNT_ID, SUCCESS, Ask, Refusal, invalid, refusal, shown
from .civo_catalogue import Row
from .civo_network import holder, reserved_fields
from .civo_volumes import CivoVolumes

HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
_FQDN = re.compile(r"(?=.{1,254}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?")

_PRICES: t.Mapping[str, float] = {"g3.xsmall": 5.43, "g3.small": 10.86, "g3.medium": 21.73, "g3.large": 43.45, "g4c.small": 38.02}
_OTHER_PRICE = 20.0
_DIMENSIONS = ("cpu_cores", "ram_mb", "disk_gb")
_KEPT_AS_SENT = ("volume_type", "snapshot_id", "placement_rule", "network_bandwidth_limit")
_CONSOLE_TIME = re.compile(r"(\d+)([mh])")


class CivoInstances(CivoVolumes):
    """Everything below C(/v2/instances) but snapshots (Civo 4)."""

    def instance_routes(self) -> list[Route]:
        """The seed's operations and the instance extras."""
        one = "/instances/{id}"
        return [
            self.operation("instances.create", "POST", "/instances", self._create_instance, region="optional", bills=True),
            self.operation("instances.list", "GET", "/instances", self._list_instances, region="optional"),
            self.operation("instances.get", "GET", one, self._get_instance),
            self.operation("instances.set_tags", "PUT", f"{one}/tags", self._set_tags),
            self.operation("instances.reboot", "POST", f"{one}/reboots", self._reboot),
            self.operation("instances.hard_reboot", "POST", f"{one}/hard_reboots", self._reboot),
            self.operation("instances.soft_reboot", "POST", f"{one}/soft_reboots", self._reboot),
            self.operation("instances.stop", "PUT", f"{one}/stop", self._stop),
            self.operation("instances.start", "PUT", f"{one}/start", self._start),
            self.operation("instances.resize", "PUT", f"{one}/resize", self._resize, bills=True),
            self.operation("instances.set_firewall", "PUT", f"{one}/firewall", self._set_firewall),
            self.operation("instances.delete", "DELETE", one, self._delete_instance),
            self.operation("instances.update", "PUT", one, self._update_instance),
            self.operation("instances.console_open", "PUT", f"{one}/vnc", self._open_console),
            self.operation("instances.console_get", "GET", f"{one}/vnc", self._get_console),
            self.operation("instances.console_close", "DELETE", f"{one}/vnc", self._close_console),
            self.operation("instances.recovery_enable", "PUT", f"{one}/recovery", self._enable_recovery),
            self.operation("instances.recovery_disable", "DELETE", f"{one}/recovery", self._disable_recovery),
            self.operation("instances.recovery_status", "GET", f"{one}/recovery", self._recovery_status),
            self.operation("instances.move_public_ip", "PUT", f"{one}/ip/{{ip_address}}", self._move_public_ip),
            self.operation("instances.set_allowed_ips", "PUT", f"{one}/allowed_ips", self._set_allowed_ips),
            self.operation("instances.set_bandwidth_limit", "PUT", f"{one}/network_bandwidth_limit", self._set_bandwidth_limit),
        ]

    def instance(self, ask: Ask) -> Row:
        """The instance a path names.

        Raises:
            Refusal: the region has no such instance.
        """
        return self.find("instances", ask.region, ask.id)

    # -- create -----------------------------------------------------------------------------------------------------

    def _create_instance(self, ask: Ask) -> Row:
        self._watch_create(ask)
        hostname = self._checked_hostname(ask, ask.required("hostname"))
        size = self.size(ask.required("size"))
        network = self.find("networks", ask.region, ask.required("network_id"))
        image = self._image(ask)
        firewall_id = self.firewall_for(ask.region, network, ask.text("firewall_id").strip())
        reserved = self._reserved_address(ask)
        count = ask.number("count", 1)
        if reserved and count > 1:
            raise refusal(409, "database_instance_build_multiple_with_existing_public_ip", "One address cannot serve several instances")
        wants_public = _wants_public_address(ask) or reserved is not None
        gets_public = wants_public or self._is_first(ask.region, network)
        if ask.text("reverse_dns") and not gets_public:
            raise _no_public_address()
        _check_reverse_name(ask.text("reverse_dns"))
        fields = {
            "source_id": image["name"],
            "network_id": network["id"],
            "firewall_id": firewall_id,
            "initial_user": ask.text("initial_user") or image["initial_user"] or "civo",
            "reverse_dns": ask.text("reverse_dns"),
            "tags": _tags(ask.text("tags")),
            **self._key_fields(ask),
            **_script_fields(ask.text("script")),
            **{name: ask.fields[name] for name in _KEPT_AS_SENT if ask.has(name)},
            **{name: ask.items(name) for name in ("subnets", "allowed_ips") if ask.has(name)},
        }
        private_ip = self.requested_private_ip(ask, network)
        volumes = self.requested_volumes(ask)
        self.require_instance_quota(size, count, count if wants_public and not reserved else 0)
        rows = []
        for _number in range(count * (2 if ask.call.fault == "double" else 1)):
            row = self.new_instance(hostname, size, **fields)
            rows.append(row)
            self.build(ask, row, wants_public, private_ip, None if len(rows) > 1 else reserved)
        for volume in volumes:
            self.attach_volume(ask.region, volume, rows[0])
        return shown(rows[0])

    def _watch_create(self, ask: Ask) -> None:
        if ask.has("count"):
            self.violation("Civo reading 3", "instances.create: count is sent")
        if not ask.text("firewall_id").strip():
            self.violation("Civo reading 6", "instances.create: firewall_id is missing")
        if not ask.text("region").strip():
            self.violation("Civo reading 2", "instances.create: region is missing")

    def _checked_hostname(self, ask: Ask, hostname: str, own_id: str | None = None) -> str:
        if not HOSTNAME.fullmatch(hostname):
            raise refusal(400, "parameter_name_invalid", "The hostname is not valid", "hostname")
        if self.settings["unique_hostnames"]:
            rows = self.table("instances", ask.region).values()
            if any(row["hostname"] == hostname and row["id"] != own_id for row in rows):
                raise refusal(409, "database_instance_duplicate_name", "An instance with this hostname exists")
        return hostname

    def size(self, name: str) -> Row:
        """An instance size that can be ordered.

        Raises:
            Refusal: there is none of that name, or it is not for instances.
        """
        for size in self.state["sizes"]:
            if size["name"] == name and size["type"] == "Instance" and size["selectable"]:
                return t.cast(Row, size)
        raise refusal(404, "database_size_not_found", "Failed to find the size in the internal database", "size")

    def _image(self, ask: Ask) -> Row:
        if ask.text("source_type") == "diskimage" and not ask.text("template_id"):
            for image in self.table("images", ask.region).values():
                if image["name"] == ask.required("source_id"):
                    return image
        return self.find("images", ask.region, ask.required("template_id"))

    def _key_fields(self, ask: Ask) -> Row:
        key_id = ask.text("ssh_key_id").strip()
        if not key_id:
            return {"ssh_key_id": "", "ssh_key": ""}
        key = self.state["sshkeys"].get(key_id)
        if key is None:
            raise refusal(404, "database_ssh_key_not_found", "Failed to find the SSH key in the internal database", "ssh_key_id")
        return {"ssh_key_id": key_id, "ssh_key": f"{key['public_key']} S3CRET-key-text"}

    def _reserved_address(self, ask: Ask) -> Row | None:
        wanted = ask.text("reserved_ipv4").strip()
        if not wanted:
            return None
        for row in self.table("ips", ask.region).values():
            if wanted in (row["id"], row["ip"], row["name"]):
                return row
        raise refusal(404, "database_ip_find", "Failed to find the ip in the internal database", "reserved_ipv4")

    def requested_private_ip(self, ask: Ask, network: Row) -> str | None:
        """The private address a request asks for, if any.

        Raises:
            Refusal: it is none of the network.
        """
        wanted = ask.text("private_ipv4").strip()
        if not wanted:
            return None
        try:
            if ipaddress.ip_address(wanted) in ipaddress.ip_network(network["cidr"]):
                return wanted
        except ValueError:
            pass
        raise invalid("private_ipv4", "The address does not belong to the network")

    def require_instance_quota(self, size: Row, count: int, addresses: int) -> None:
        """Refuse instances the account has no room for.

        Raises:
            Refusal: 403 C(quota_limit_reached).
        """
        self.require_quota(
            instance_count=count,
            cpu_core=size["cpu_cores"] * count,
            ram_mb=size["ram_mb"] * count,
            disk_gb=size["disk_gb"] * count,
            public_ip_address=addresses,
        )

    def _is_first(self, region: str, network: Row) -> bool:
        return not any(row["network_id"] == network["id"] for row in self.table("instances", region).values())

    def new_instance(self, hostname: str, size: Row, **fields: t.Any) -> Row:
        """An instance row that is not in any table yet (Civo 4.1); secrets in it are markers."""
        instance_id = self.new_uuid()
        return {
            "id": instance_id,
            "name": f"{hostname}-{instance_id[:8]}",
            "hostname": hostname,
            "account_id": ACCOUNT_ID,
            "size": size["name"],
            "firewall_id": "",
            "source_type": "diskimage",
            "source_id": "",
            "network_id": "",
            "initial_user": "civo",
            "initial_password": f"S3CRET-civo-{instance_id}",
            "ssh_key": "",
            "ssh_key_id": "",
            "tags": [],
            **_script_fields(""),
            "status": "BUILDING",
            "civostatsd_token": "S3CRET-stats",
            "public_ip": None,
            "private_ip": None,
            "ipv6": None,
            "namespace_id": None,
            "notes": "",
            "reverse_dns": "",
            **{name: size[name] for name in _DIMENSIONS},
            "created_at": self.timestamp(),
            **fields,
            "_": {"recovery": "disabled", "recovery_next": "disabled", "console": None},
        }

    def build(self, ask: Ask, row: Row, wants_public: bool, private_ip: str | None = None, reserved: Row | None = None) -> None:
        """Put a new instance to work: it is paid for, and its addresses come when it is ready."""
        network = self.find("networks", ask.region, row["network_id"])
        self.bill(_PRICES.get(row["size"], _OTHER_PRICE))
        # The first instance of a network gets an address whether it wants one or not (reading 5).
        wants_public = wants_public or self._is_first(ask.region, network)
        addresses: Row = {"private_ip": private_ip or self.new_private_ip(network), "public_ip": self.new_public_ip() if wants_public else None}
        if reserved:
            self.give_address(ask.region, reserved, None)
            reserved["assigned_to"] = holder(row)
            addresses.update(public_ip=reserved["ip"], **reserved_fields(reserved))
        to = "ACTIVE"
        if ask.call.fault == "build_error":
            to, addresses = "ERROR", {}
        if ask.call.fault == "late":
            due = self.clock.now() + float(ask.call.options.get("seconds", 0))
            reads = int(ask.call.options.get("polls", 2))
            self.state["late"].append({"region": ask.region, "row": row, "to": to, "addresses": addresses, "reads": reads, "due": due})
        else:
            self._appear(ask.region, row, to, addresses)

    def _appear(self, region: str, row: Row, to: str, addresses: t.Mapping[str, t.Any]) -> None:
        self.table("instances", region)[row["id"]] = row
        self.begin("instances", region, row, "BUILDING", to, **addresses)

    def advance(self) -> None:
        """Let late servers appear, then whatever else is due."""
        due = [waiting for waiting in self.state["late"] if self.is_due(waiting)]
        for waiting in due:
            self.state["late"].remove(waiting)
            self._appear(waiting["region"], waiting["row"], waiting["to"], waiting["addresses"])
        super().advance()

    # -- read -------------------------------------------------------------------------------------------------------

    def _list_instances(self, ask: Ask) -> Row:
        self._count_late_read(ask.region)
        rows = list(self.table("instances", ask.region).values())
        wanted = set(_tags(ask.text("tags")))
        if wanted:
            rows = [row for row in rows if wanted.issubset(row["tags"])]
        return self.page(ask, rows, self.read)

    def _get_instance(self, ask: Ask) -> Row:
        self._count_late_read(ask.region)
        return self.read(self.instance(ask))

    def _count_late_read(self, region: str) -> None:
        for waiting in self.state["late"]:
            if waiting["region"] == region:
                waiting["reads"] -= 1

    # -- power and size ---------------------------------------------------------------------------------------------

    def _reboot(self, ask: Ask) -> t.Mapping[str, str]:
        if ask.call.operation == "instances.reboot":
            self.violation("Civo reading 9", "instances.reboot: reboots is used instead of hard_reboots")
        return self._power(ask, "REBOOTING", "ACTIVE", already=("REBOOTING",))

    def _start(self, ask: Ask) -> t.Mapping[str, str]:
        return self._power(ask, "REBOOTING", "ACTIVE", already=("ACTIVE", "REBOOTING"))

    def _stop(self, ask: Ask) -> t.Mapping[str, str]:
        return self._power(ask, "STOPPING", "SHUTOFF", already=("SHUTOFF", "STOPPING"))

    def _power(self, ask: Ask, status: str, to: str, already: t.Container[str]) -> t.Mapping[str, str]:
        row = self.instance(ask)
        if row["status"] not in already:  # reading 11: success, and nothing changes
            require_settled(row)
            self.begin("instances", ask.region, row, status, to)
        return SUCCESS

    def settled(self, kind: str, region: str, row: Row, gone: bool) -> None:
        """A boot brings recovery into effect (Civo 4.10); a server that is gone gives back what it held."""
        super().settled(kind, region, row, gone)
        if kind != "instances":
            return
        if gone:
            self.release(region, row["id"])
        elif row["status"] == "ACTIVE":
            row["_"]["recovery"] = row["_"]["recovery_next"]

    def release(self, region: str, instance_id: str) -> None:
        """Free what a vanished instance held: reserved addresses and volumes stay (Civo 4.9)."""
        self.release_addresses(region, instance_id)
        self.release_volumes(region, instance_id)

    def _resize(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.instance(ask)
        size = self.size(ask.required("size"))
        if size["name"] == row["size"]:
            return SUCCESS
        if any(size[name] < row[name] for name in _DIMENSIONS):
            raise refusal(400, "openstack_instance_resize", "An instance cannot be resized to a smaller size", "size")
        require_settled(row)
        grown = {name: size[name] - row[name] for name in _DIMENSIONS}
        self.require_quota(cpu_core=grown["cpu_cores"], ram_mb=grown["ram_mb"], disk_gb=grown["disk_gb"])
        self.bill(_PRICES.get(size["name"], _OTHER_PRICE) - _PRICES.get(row["size"], _OTHER_PRICE))
        self.begin("instances", ask.region, row, "REBOOTING", "ACTIVE", size=size["name"], **{name: size[name] for name in _DIMENSIONS})
        return SUCCESS

    def _delete_instance(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.instance(ask)
        if row["status"] != "DELETING":  # reading 19: a second delete is fine and gains no time
            self.begin("instances", ask.region, row, "DELETING", None)
        return SUCCESS

    # -- fields -----------------------------------------------------------------------------------------------------

    def _set_tags(self, ask: Ask) -> t.Mapping[str, str]:
        if not ask.has("tags"):
            self.violation("Civo reading 8", "instances.set_tags: tags is missing, which clears them")
        self.instance(ask)["tags"] = _tags(ask.text("tags"))
        return SUCCESS

    def _set_firewall(self, ask: Ask) -> t.Mapping[str, t.Any]:
        row = self.instance(ask)
        firewall_id = ask.text("firewall_id").strip()
        if not firewall_id:
            self.violation("Civo reading 6", "instances.set_firewall: firewall_id is missing")
        row["firewall_id"] = self.firewall_for(ask.region, self.find("networks", ask.region, row["network_id"]), firewall_id)
        return SUCCESS if self.settings["set_firewall_answer"] == "result" else shown(row)

    def _update_instance(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.instance(ask)
        self._watch_update(ask)
        changes: dict[str, str] = {}
        if ask.has("hostname"):
            changes["hostname"] = self._checked_hostname(ask, ask.text("hostname"), row["id"])
        if ask.has("reverse_dns"):
            changes["reverse_dns"] = ask.text("reverse_dns")
            if changes["reverse_dns"] and not row["public_ip"]:
                raise _no_public_address()
            _check_reverse_name(changes["reverse_dns"])
        if ask.has("notes"):
            changes["notes"] = ask.text("notes")
        if ask.flag("notes_delete"):
            changes["notes"] = ""
        if row["public_ip"]:
            self.renaming(row["public_ip"])
        row.update(changes)
        return SUCCESS

    def written_name(self, address: str) -> str | None:
        """What the instance of an address is called, its hostname unless it was given a reverse name (Civo 6)."""
        return next((row["reverse_dns"] or row["hostname"] for row in self.everywhere("instances") if row["public_ip"] == address), None)

    def _watch_update(self, ask: Ask) -> None:
        missing = [name for name in ("hostname", "reverse_dns", "notes") if not ask.has(name)]
        if missing:
            self.violation("Civo reading 13", f"instances.update: sent without {', '.join(missing)}")
        for name in ("public_ip", "subnets", "firewall_id"):
            if ask.has(name):
                self.violation("Civo 4.7", f"instances.update: {name} is sent")

    def _set_allowed_ips(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.instance(ask)
        if not ask.has("allowed_ips"):
            raise refusal(400, "parameter_value_missing", "A required parameter is missing", "allowed_ips")
        row["allowed_ips"] = ask.items("allowed_ips")
        return SUCCESS

    def _set_bandwidth_limit(self, ask: Ask) -> t.Mapping[str, str]:
        row = self.instance(ask)
        ask.required("network_bandwidth_limit")
        row["network_bandwidth_limit"] = ask.number("network_bandwidth_limit", 0, least=0)
        return SUCCESS

    # -- recovery and console ---------------------------------------------------------------------------------------

    def _enable_recovery(self, ask: Ask) -> t.Mapping[str, str]:
        self.instance(ask)["_"]["recovery_next"] = "enabled"
        return SUCCESS

    def _disable_recovery(self, ask: Ask) -> t.Mapping[str, str]:
        self.instance(ask)["_"]["recovery_next"] = "disabled"
        return SUCCESS

    def _recovery_status(self, ask: Ask) -> Row:
        return {"result": self.instance(ask)["_"]["recovery"]}

    def _open_console(self, ask: Ask) -> Row:
        row = self.instance(ask)
        duration = ask.text("duration", "1h")
        found = _CONSOLE_TIME.fullmatch(duration)
        minutes = int(found[1]) * (60 if found[2] == "h" else 1) if found else 0
        if not 5 <= minutes <= 24 * 60:
            raise invalid("duration", "The duration must lie between 5m and 24h")
        if self._console(row) is None:
            uri = f"https://console.civo.invalid/vnc/S3CRET-console-{row['id']}"
            row["_"]["console"] = {"uri": uri, "duration": duration, "until": self.clock.now() + 60 * minutes}
        session = row["_"]["console"]
        return {"uri": session["uri"], "duration": session["duration"]}

    def _get_console(self, ask: Ask) -> Row:
        session = self._console(self.instance(ask))
        if session is None:
            raise _no_console()
        return {"uri": session["uri"], "expiration": self.timestamp(session["until"])}

    def _close_console(self, ask: Ask) -> Row:
        row = self.instance(ask)
        if self._console(row) is None:
            raise _no_console()
        row["_"]["console"] = None
        return {"result": "ok"}

    def _console(self, row: Row) -> Row | None:
        session: Row | None = row["_"]["console"]
        return session if session and session["until"] > self.clock.now() else None

    # -- addresses --------------------------------------------------------------------------------------------------

    def _move_public_ip(self, ask: Ask) -> t.Mapping[str, str]:
        row, address = self.instance(ask), ask.call.params["ip_address"]
        for reserved in self.table("ips", ask.region).values():
            if reserved["ip"] == address:
                self.give_address(ask.region, reserved, row)
                return SUCCESS
        for other in self.table("instances", ask.region).values():
            if other["public_ip"] == address:
                other["public_ip"] = None
                row["public_ip"] = address
                return SUCCESS
        raise refusal(404, "database_ip_find", "Failed to find the ip in the internal database", "ip_address")

    # -- control ----------------------------------------------------------------------------------------------------

    def instances(self) -> list[dict[str, t.Any]]:
        """Every server that exists, those that do not show yet included."""
        placed = [(region, row) for region, rows in self.state["instances"].items() for row in rows.values()]
        placed += [(waiting["region"], waiting["row"]) for waiting in self.state["late"]]
        return [{"id": row["id"], "name": row["hostname"], "region": region, "status": row["status"]} for region, row in placed]

    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        """Running servers in the default network.

        C(region) is a code (default: the account's), C(size) a size name, C(image) an image name, C(name) the hostname of one
        server and the prefix of several (C(web-1), C(web-2)...); anything else is taken over as a raw field.

        Raises:
            ValueError: there is no such region or size, or a field by which the simulator finds its way.
        """
        _check_raw(fields)
        name, image = fields.pop("name", "server"), fields.pop("image", "ubuntu-jammy")
        try:
            region = self.region_code(fields.pop("region", ""))
            size = self.size(fields.pop("size", "g3.small"))
            network = next(row for row in self.table("networks", region).values() if row["default"])
            firewall_id = self.firewall_for(region, network, "")
        except Refusal as refused:
            raise ValueError(refused.response.body["reason"]) from refused
        common = {"source_id": image, "network_id": network["id"], "firewall_id": firewall_id, "status": "ACTIVE"}
        rows = self.table("instances", region)
        ids = []
        for number in range(1, count + 1):
            addresses = {"private_ip": self.new_private_ip(network), "public_ip": self.new_public_ip()}
            row = self.new_instance(name if count == 1 else f"{name}-{number}", size, **{**common, **addresses, **fields})
            rows[row["id"]] = row
            ids.append(row["id"])
        return ids

    def vanish(self, instance_id: str) -> None:
        """Remove a server as if somebody had deleted it in the panel.

        Raises:
            KeyError: there is no such server.
        """
        region, row = self._anywhere(instance_id)
        self.halt(row)
        self.table("instances", region).pop(instance_id, None)
        self.state["late"] = [waiting for waiting in self.state["late"] if waiting["row"] is not row]
        self.release(region, instance_id)

    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        """Overwrite raw fields of a server; a C(status) given here stays until something else changes it.

        Raises:
            KeyError: there is no such server.
            ValueError: a field by which the simulator finds its way.
        """
        row = self._anywhere(instance_id)[1]
        _check_raw(fields)
        if "status" in fields:
            self.halt(row)
        row.update(fields)

    def _anywhere(self, instance_id: str) -> tuple[str, Row]:
        for region, rows in self.state["instances"].items():
            if instance_id in rows:
                return region, rows[instance_id]
        for waiting in self.state["late"]:
            if waiting["row"]["id"] == instance_id:
                return waiting["region"], waiting["row"]
        raise KeyError(instance_id)


def _wants_public_address(ask: Ask) -> bool:
    word = ask.text("public_ip", "create").lower()
    if word not in ("create", "true", "none", "false"):
        raise invalid("public_ip", "public_ip must be create or none")
    return word in ("create", "true")


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))


def _script_fields(script: str) -> Row:
    """The script as answers carry it: base64, under the two names that are known (Civo 4.1)."""
    encoded = base64.b64encode(script.encode()).decode()
    return {"script": encoded, "user_script": encoded}


def _check_raw(fields: t.Mapping[str, t.Any]) -> None:
    if not {"id", "_"}.isdisjoint(fields):
        raise ValueError("id and _ cannot be set")


def require_settled(row: Row) -> None:
    """Refuse an instance that is on its way to another status (reading 11).

    Raises:
        Refusal: 409 C(instance_state_must_be_active_or_shutoff).
    """
    if row["status"] not in ("ACTIVE", "SHUTOFF"):
        raise refusal(409, "instance_state_must_be_active_or_shutoff", f"The instance is {row['status']}")


def _check_reverse_name(name: str) -> None:
    """Refuse what is no FQDN (Civo 6); an empty one clears."""
    if name and not _FQDN.fullmatch(name):
        raise refusal(400, "parameter_reverse_dns_invalid", "The reverse name is not a valid FQDN", "reverse_dns")


def _no_public_address() -> Exception:
    return refusal(400, "parameter_public_ip_missing", "The instance has no public address to name", "reverse_dns")


def _no_console() -> Exception:
    return refusal(404, "instance_console_not_found", "There is no open console session")
