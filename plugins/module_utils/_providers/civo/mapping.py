# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From Civo's JSON to the neutral model. Pure: takes known keys only, and no secret (sections 4.1, 4.2 and 9)."""

from __future__ import annotations

import re
import typing as t

from ..._core import rules as firewall_rules
from ..._core import schedule as schedule_times
from ..._core.errors import ProtocolError
from ..._core.model import (
    BUILDING,
    CREATING,
    DELETING,
    ERROR,
    READY,
    REBOOTING,
    RESIZING,
    RUNNING,
    STOPPED,
    UNKNOWN,
    Address,
    Backup,
    Firewall,
    Instance,
    Part,
    Ref,
    Schedule,
)
from ..._core.normalise import address_family, flag, integer, iso_utc, plain_tags_to_map, text
from ..._core.rules import ICMP, IN, LAST_PORT, OUT, TCP, UDP, Rule
from .api import TITLE, Row

STATUSES: t.Mapping[str, str] = {
    "BUILDING": BUILDING,
    "INSTANCE-CREATE": BUILDING,
    "INSTALLING": BUILDING,
    "ACTIVE": RUNNING,
    "SHUTOFF": STOPPED,
    "REBOOTING": REBOOTING,
    "SCALING": RESIZING,
    "STOPPING": UNKNOWN,  # there is no neutral word for a server that is neither up nor down
    "MIGRATING": UNKNOWN,
    "DELETING": DELETING,
    "ERROR": ERROR,
    "FAILED": ERROR,
}
_SETTLED = (RUNNING, STOPPED, ERROR)
_DIMENSIONS = {"cpu": "cpu_cores", "memory_mb": "ram_mb", "disk_gb": "disk_gb"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RECOVERY_ON = ("enabled", "enable", "on", "true", "active")
_RECOVERY_OFF = ("disabled", "disable", "off", "false", "inactive")
_DIRECTIONS = {"ingress": IN, "inbound": IN, "egress": OUT, "outbound": OUT}
_SENT_DIRECTIONS = {IN: "ingress", OUT: "egress"}
_OTHER_USERS = {"clusters": "cluster_count", "load balancers": "loadbalancer_count"}  # section 5.1
_FINISHED = ("complete", "completed", "available", "ready")  # section 7.1, as are the next
_BROKEN = ("failed", "error")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-")  # how the mark of a run begins
_MARK = re.compile(r"polyhost\.cloud run=(\S+)(?: instance=(\S+))?")


def instance(row: Row, account: str, region: str) -> Instance:
    """One server.

    Args:
        row: the provider's object, from a list or a get.
        region: the code it was asked for with, since the object does not carry one.
    """
    word = text(row.get("status"))
    status = STATUSES.get((word or "").upper(), UNKNOWN)
    has = dimensions(row)
    network_id, firewall_id, key_id = (text(row.get(key)) for key in ("network_id", "firewall_id", "ssh_key_id"))
    return Instance(
        "civo",
        account,
        id=text(row.get("id")),
        name=text(row.get("hostname")),
        region=region,
        status=status,
        provider_status=word,
        image=_image(row),
        image_id=text(row.get("template_id")),
        size=text(row.get("size")),
        cpu=has["cpu"],
        memory_mb=has["memory_mb"],
        disk_gb=has["disk_gb"],
        username=text(row.get("initial_user")),
        addresses=tuple(_addresses(row)),
        tags=_tags(row.get("tags")),
        firewalls=(Ref(firewall_id),) if firewall_id else (),
        network_id=network_id,
        created_at=iso_utc(row.get("created_at")),
        not_read=("rescue",),
        settled=status in _SETTLED,
        networks=(Ref(network_id),) if network_id else None,
        ssh_keys=(Ref(key_id),) if key_id else (),
        facts={
            "notes": _verbatim(row.get("notes")),
            "reverse_dns": text(row.get("reverse_dns")) or "",
            "stays": tuple(_stays(row)),
            "volumes": tuple(_volumes(row)),
        },
    )


def _verbatim(value: t.Any) -> str:
    """A text that is sent back as it came, white space included."""
    return value if isinstance(value, str) else ""


def _image(row: Row) -> str | None:
    """C(source_id) is the image's name, unless the server was made from something else (H8)."""
    kind = (text(row.get("source_type")) or "diskimage").lower().replace("_", "")
    return text(row.get("source_id")) if kind == "diskimage" else None


def _addresses(row: Row) -> t.Iterator[Address]:
    for key, scope in (("public_ip", "public"), ("ipv6", "public"), ("private_ip", "private")):
        address = text(row.get(key))
        family = address_family(address) if address else None
        if address and family:
            main = key == "public_ip"
            yield Address(address.split("/")[0], family, scope, primary=main, rdns=text(row.get("reverse_dns")) if main else None)


def _tags(value: t.Any) -> dict[str, str]:
    tags = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return plain_tags_to_map(tag for tag in map(text, tags) if tag)


def _stays(row: Row) -> t.Iterator[str]:
    """What a delete leaves behind (section 4.9)."""
    reserved = text(row.get("reserved_ip")) or text(row.get("reserved_ip_id"))
    if reserved:
        yield f"reserved address {reserved}"
    for volume_id in _volumes(row):
        yield f"volume {volume_id}"


def _volumes(row: Row) -> t.Iterator[str]:
    volumes = row.get("attached_volumes")
    for volume in volumes if isinstance(volumes, list) else []:
        volume_id = text(volume.get("id")) if isinstance(volume, dict) else None
        if volume_id:
            yield volume_id


def credentials(row: Row) -> dict[str, str | None] | None:
    """The first login, where an answer tells its password (section 4.10)."""
    password = text(row.get("initial_password"))
    return {"username": text(row.get("initial_user")), "password": password} if password else None


def recovery(row: Row) -> bool:
    """Whether recovery is switched on (reading 28).

    Raises:
        ProtocolError: the word is none of those that are known; names it.
    """
    word = str(row.get("result")).strip().lower()
    if word in _RECOVERY_ON or word in _RECOVERY_OFF:
        return word in _RECOVERY_ON
    raise ProtocolError(f"{TITLE} told the recovery state {word[:40]!r}, which is not known")


# -- firewalls ------------------------------------------------------------------------------------------------------------


def firewall(row: Row, rules: t.Iterable[Row], region: str, network_name: str | None) -> Firewall:
    """One firewall.

    Args:
        rules: its rows, each of which may be several rules.
        network_name: the label of its network, where it is known.
    """
    name = text(row.get("name"))
    return Firewall(
        "civo",
        text(row["id"]),
        name,
        region=region,
        network=text(row.get("network_id")),
        rules=firewall_rules.canonical(rule for each in rules for rule in split(each)),
        standard=(name or "").lower().startswith("default"),  # reading 29
        facts={"network_name": network_name, "others": {kind: integer(row.get(key)) or 0 for kind, key in _OTHER_USERS.items()}},
    )


def split(row: Row) -> tuple[Rule, ...]:
    """A rule of theirs, which has several addresses, as rules with one each (sections 5.1 and 5.4, H9).

    Raises:
        ProtocolError: it cannot be read; a rule that is left out would pass for one that is not there.
    """
    try:
        direction = _DIRECTIONS[(text(row.get("direction")) or "ingress").lower()]
        protocol = (text(row.get("protocol")) or TCP).lower()
        low, high = _ports(row) if protocol in (TCP, UDP) else (None, None)
        peers = [firewall_rules.network(address) for address in _cidrs(row.get("cidr"))] or firewall_rules.EVERYWHERE
    except (KeyError, ValueError) as exc:
        raise ProtocolError(f"{TITLE} has a firewall rule {text(row.get('id'))} that cannot be read ({exc})") from None
    action = (text(row.get("action")) or firewall_rules.ALLOW).lower()
    return tuple(Rule(direction, protocol, low, high, peer, action, _verbatim(row.get("label")) or None) for peer in peers)


def _ports(row: Row) -> tuple[int | None, int | None]:
    """First and last port; C(ports) wins. There is no word for all ports but the whole range."""
    first, _dash, last = (text(row.get("ports")) or "").partition("-")
    if not first:
        first, last = text(row.get("start_port")) or "", text(row.get("end_port")) or ""
    if not first.strip():
        return None, None
    low, high = int(first), int(last) if last.strip() else int(first)
    return (None, None) if low <= 1 and high in (0, LAST_PORT) else (low, high)


def _cidrs(value: t.Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [address for each in listed for address in re.split(r"[,\s]+", text(each) or "") if address]


def joined(rules: t.Iterable[Rule]) -> list[Row]:
    """The rows that make these rules: addresses that share everything else in one row. No ports is the whole range (section 5.2)."""
    rows = []
    for rule in firewall_rules.public(rules):
        first, _dash, last = (rule["ports"] or f"1-{LAST_PORT}").partition("-")
        ports = {} if rule["protocol"] == ICMP else {"start_port": first, "end_port": last or first}
        label = {"label": rule["description"]} if rule["description"] else {}
        direction = _SENT_DIRECTIONS[rule["direction"]]
        rows.append({"protocol": rule["protocol"], **ports, "cidr": rule["addresses"], "direction": direction, "action": rule["action"], **label})
    return rows


# -- backups --------------------------------------------------------------------------------------------------------------


def mark(run: str, instance_id: str) -> str:
    """What is put into the description of a snapshot of ours."""
    return f"polyhost.cloud run={run} instance={instance_id}"


def backup(row: Row, region: str, instance_id: str | None) -> Backup:
    """One snapshot of a server.

    Args:
        instance_id: the server; None where the snapshot was found without it, and only our mark may tell.
    """
    marked = _MARK.search(_verbatim(row.get("description")))
    word = _state(row)
    return Backup(
        "civo",
        text(row["id"]),
        instance_id or (marked[2] if marked else None),
        name=text(row.get("name")),
        status=READY if (word or "").lower() in _FINISHED else ERROR if (word or "").lower() in _BROKEN else CREATING,
        provider_status=word,
        created_at=iso_utc(row.get("created_at")) or (_ordered_at(marked[1]) if marked else None),
        parts=tuple(Part(None, volume) for volume in _included(row)),
        own=marked is not None,
        run=marked[1] if marked else None,
        facts={"region": region, "instance": instance_id},
    )


def _ordered_at(run: str) -> str | None:
    """When a snapshot of ours was ordered, for one that does not tell when it was made: without an age it would be the oldest, and never young enough."""
    stamp = _STAMP.match(run)
    return iso_utc("{}-{}-{}T{}:{}:{}Z".format(*stamp.groups())) if stamp else None


def is_leaving(row: Row) -> bool:
    """Whether a snapshot or a schedule is being deleted: it is none any more, and never becomes one again."""
    return (_state(row) or "").lower().startswith("delet")


def _state(row: Row) -> str | None:
    status = row.get("status")
    return text(status.get("state") if isinstance(status, dict) else status)


def _included(row: Row) -> list[str]:
    volumes = row.get("included_volumes")
    named = [volume.get("id") if isinstance(volume, dict) else volume for volume in volumes] if isinstance(volumes, list) else []
    return [volume_id for volume_id in map(text, named) if volume_id]


def schedule(row: Row, instance: Instance) -> Schedule:
    """A snapshot schedule as one server sees it (section 7.2)."""
    listed = row.get("instances")
    entries = {str(text(entry.get("id")) or text(entry.get("instance_id"))): entry for entry in (listed if isinstance(listed, list) else [])}
    retention = row.get("retention")
    kept = retention if isinstance(retention, dict) else {}
    ours = entries.get(str(instance.id))
    return Schedule(
        "civo",
        text(row["id"]),
        text(row.get("name")),
        instance.id,
        cron=_cron(row.get("cron_expression")),
        keep=integer(kept.get("max_snapshots")),
        paused=bool(flag(row.get("paused"))),
        covers=ours is not None and _includes(ours, instance.facts.get("volumes", ())),
        facts={
            "description": _verbatim(row.get("description")),
            "retention": kept,
            "instances": {entry_id: bool(_told_of_volumes(entry)) for entry_id, entry in entries.items()},
        },
    )


def _told_of_volumes(entry: Row) -> t.Any:
    """The volumes that go along, as a schedule tells them; where it does not, the server is taken for wholly covered, else it would be made anew forever."""
    told = entry.get("included_volumes")
    return told if isinstance(told, list) else flag(told) is not False


def _includes(entry: Row, volumes: t.Iterable[str]) -> bool:
    told = _told_of_volumes(entry)
    return set(_included(entry)) >= set(volumes) if isinstance(told, list) else bool(told or not list(volumes))


def _cron(value: t.Any) -> str | None:
    """In the form that can be compared; what cannot be read differs from every expression."""
    try:
        return schedule_times.cron(str(value))
    except ValueError:
        return text(value)


# -- what names are resolved against --------------------------------------------------------------------------------------


def ref(row: Row, key: str = "name") -> Ref:
    """Id and name of a row; C(key) is where the name stands."""
    return Ref(text(row["id"]), text(row.get(key)))


def guessed(wanted: str) -> Ref:
    """What is known of something that does not exist yet."""
    return Ref(wanted, None) if _UUID.fullmatch(wanted) else Ref(None, wanted)


def names(rows: t.Iterable[Row], key: str) -> dict[str, str | None]:
    """Names by id."""
    return {str(row["id"]): text(row.get(key)) for row in rows}


def dimensions(row: Row) -> dict[str, int | None]:
    """What an instance has or a size brings."""
    return {field: integer(row.get(theirs)) for field, theirs in _DIMENSIONS.items()}


def _named(row: Row, key: str = "name") -> dict[str, t.Any]:
    return {"id": text(row["id"]), "name": text(row.get(key)), "region": None}


def _region(row: Row) -> dict[str, t.Any]:
    code = text(row["code"])
    flags = {key: bool(flag(row.get(key))) for key in ("default", "out_of_capacity")}
    return {"id": code, "name": text(row.get("name")), "region": code, "country": text(row.get("country")), **flags}


def _image_row(row: Row) -> dict[str, t.Any]:
    return {**_named(row), "distribution": text(row.get("distribution")), "version": text(row.get("version")), "username": text(row.get("initial_user"))}


def _size(row: Row) -> dict[str, t.Any]:
    name = text(row["name"])
    return {"id": name, "name": name, "region": None, **dimensions(row), "price": None, "available": flag(row.get("selectable")) is not False}


# How the rows of C(vps_catalog_info) look; the caller adds the region.
CATALOG: t.Mapping[str, t.Callable[[Row], dict[str, t.Any]]] = {
    "regions": _region,
    "images": _image_row,
    "sizes": _size,
    "networks": lambda row: {**_named(row, "label"), "cidr": text(row.get("cidr")), "default": bool(flag(row.get("default")))},
    "firewalls": lambda row: {**_named(row), "network_id": text(row.get("network_id"))},
    "ssh_keys": lambda row: {**_named(row), "fingerprint": text(row.get("fingerprint"))},
}
