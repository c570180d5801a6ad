# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses at Gcore: floating IPs, whose name is a tag, and those of external interfaces, which are only shown (contract section 9)."""

from __future__ import annotations

import typing as t
from ipaddress import IPv4Address, IPv6Address, ip_address

from ..._core.errors import NotFoundError, OptionError, UnsupportedError
from ..._core.kinds import ADDRESS
from ..._core.model import DONE, ERROR, Instance
from ..._core.normalise import address_family, iso_utc, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record, server_of
from ..._core.wait import Operation
from ..addresses import ATTACHED, FLOATING, MAIN, UNATTACHED, AddressVerbs
from ..records import RecordWish
from .api import FLOATING_IP, FLOATING_IP_CREATE, FLOATING_IP_DELETE, FLOATING_IP_UPDATE, FLOATING_IPS, INTERFACES, TITLE, Row
from .mapping import tags_of
from .network import addresses_on, is_external
from .order import TAG_VALUE
from .profile import PROFILE
from .tasks import POLL

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

NAME_TAG = "name"


class FloatingIps(AddressVerbs["GcoreDriver"]):
    """The verbs of Gcore's addresses."""

    types = (FLOATING, MAIN)
    cost = True

    def __init__(self, driver: GcoreDriver) -> None:
        super().__init__(driver)
        self._chosen: dict[str | None, Row] = {}  # where on each server a planned step goes

    @property
    def absence_is_proof(self) -> bool:
        """One that is not listed may still be made by a task that has not begun (reading 35)."""
        scope = self.driver.scope
        return not self.driver.tasks.any_unfinished(scope.project(), scope.region(), "floating")

    # -- options ----------------------------------------------------------------------------------------------------

    def check(self, wish: RecordWish) -> None:
        """A name has to be a tag."""
        super().check(wish)
        if wish["name"] is not None and not TAG_VALUE.fullmatch(wish["name"]):
            raise OptionError(f"name: {TITLE} takes 1 to 255 characters without tab or line break", hint="Choose another one.", option="name")

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By address, else by the name in the tag, else what the server has; of its own addresses where they are named."""
        if wish["address"]:
            return self._at(ip_address(wish["address"]), instance)
        if wish["name"]:
            return [record for record in self._floating() if record.name == wish["name"]]
        if instance is None:
            return []
        return _own(instance) if wish["type"] == MAIN else [record for record in self._floating() if (record["instance"] or {}).get("id") == instance.id]

    def _at(self, address: IPv4Address | IPv6Address, instance: Instance | None) -> list[Record]:
        """What has an address: a floating IP, else an interface of the server, or of any where none is named."""

        def having(records: t.Iterable[Record]) -> list[Record]:
            return [record for record in records if record["address"] and ip_address(record["address"]) == address]

        return having(self._floating()) or having(record for server in ([instance] if instance else self.driver.list_all()) for record in _own(server))

    def _floating(self) -> list[Record]:
        """The floating IPs of the region, or of all active regions."""
        return [_record(row, region) for region in self.driver.scope.searched() for row in self.driver.scope.pages(FLOATING_IPS, region)]

    def get(self, record: Record, wish: RecordWish, instance: Instance | None) -> Record | None:
        """By its id, in the list of its region: only that tells the server, which one floating IP by itself need not show (section 9)."""
        rows = self.driver.scope.pages(FLOATING_IPS, str(record["region"]))
        return next((_record(row, str(record["region"])) for row in rows if text(row.get("id")) == record.id), None)

    def _row(self, record: Record) -> Row | None:
        try:
            return t.cast(Row, self.driver.api.ask(FLOATING_IP, self._path(record)))
        except NotFoundError:
            return None

    def _path(self, record: Record) -> dict[str, str]:
        return self.driver.scope.path(str(record["region"]), floating_ip_id=str(record.id))

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Floating IPs, and the addresses of external interfaces."""
        floating = self._floating() if wanted["type"] != MAIN else []
        if wanted["type"] == FLOATING or wanted["unattached"]:
            return floating
        servers = [instance] if instance is not None else self.driver.list_all()
        return [*floating, *(record for server in servers for record in _own(server))]

    def settling(self, record: Record) -> Operation | None:
        """The task that holds it."""
        holder = record.facts.get("task")
        return self.driver.tasks.release(holder, f"floating IP {record['address']}") if holder else None

    def review(self, record: Record, steps: t.Sequence[Step], wish: RecordWish) -> t.Sequence[str]:
        """An external interface keeps its address; where on its server a floating IP goes is clear before anything is sent."""
        if record["type"] == MAIN:
            raise UnsupportedError(
                f"{record['address']} at {TITLE} belongs to an external interface of instance {record['instance']['name']}, and comes and goes with it",
                hint="Use vps_interface with external: true.",
                capability="address.main",
                provider=PROFILE.name,
            )
        for step in steps:
            if step.target is not None:
                self._chosen[step.target.id] = self._place_on(step.target, wish["private_address"], record)
        return ()

    def _place_on(self, instance: Instance, wanted: str | None, record: Record | None = None) -> Row:
        """The port and the private address that a floating IP is to lead to.

        Raises:
            OptionError: there is none, or several; lists them.
        """
        label = self.driver.label(instance)
        if record is not None and record["region"] != instance.region:
            where = f"{record['address']} is in region {record['region']}, but {label} in region {instance.region}"
            raise OptionError(f"instance: {where}", hint="Name an instance of the same region.", option="instance")
        private = [row for row in self.driver.api.pages(INTERFACES, self.driver.scope.of(instance)) if not is_external(row)]
        others = [each for each in self._floating() if (each["instance"] or {}).get("id") == instance.id]  # what is not listed yet may be our own order
        taken = {each["private_address"]: each["address"] for each in others if record is None or each.id != record.id}
        places = {address: text(row.get("port_id")) for row in private for address, _subnet in addresses_on(row) if address_family(address) == "ipv4"}
        fitting = [address for address in places if wanted in (None, address)]
        if len(fitting) != 1:
            known = ", ".join(sorted(places)) or "none"
            which = f"no private IPv4 address {wanted or ''}".rstrip() if not fitting else "several private IPv4 addresses"
            hint = "vps_interface attaches one to a private network." if not places else f"Give one of: {known}."
            raise OptionError(f"private_address: {label} has {which} that a floating IP could lead to", hint=hint, option="private_address")
        if fitting[0] in taken:
            told = f"private_address: {fitting[0]} of {label} has the floating IP {taken[fitting[0]]} already"
            raise OptionError(told, hint="Detach that one first, or name another address.", option="private_address")
        return {"port_id": places[fitting[0]], "fixed_ip_address": fitting[0]}

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """One that leads to the server where one is named, so that a later run finds it by the server even without a name."""
        if wish["address"]:
            told = f"address: {TITLE} has no {wish['address']} in this account, and chooses the address of a new one itself"
            raise OptionError(told, hint="Give a name instead, by which the next run finds it.", option="address")
        if wish["type"] == MAIN:
            told = f"type: a main address at {TITLE} comes with an external interface"
            raise OptionError(told, hint="Use vps_interface with external: true, or leave type out.", option="type")
        region = str(instance.region) if instance else self.driver.scope.required("an address")
        place = self._place_on(instance, wish["private_address"]) if instance else {}
        server = server_of(instance, wish["instance"])
        known = {
            "name": wish["name"],
            "family": "ipv4",
            "type": FLOATING,
            "region": region,
            "status": ATTACHED if server else UNATTACHED,
            "instance": server,
            "private_address": place.get("fixed_ip_address"),
        }
        body = {**place, **({"tags": {NAME_TAG: wish["name"]}} if wish["name"] else {})}
        return NewRecord((instance, region, body), ADDRESS.record(PROFILE.name, known))

    def create(self, new: NewRecord) -> Operation | None:
        """Order it, once (H1)."""
        instance, region, body = new.body
        tasks, path = self.driver.tasks, self.driver.scope.path(region)
        task_ids = tasks.when_free(
            lambda: self.driver.api.tasks(FLOATING_IP_CREATE, path, body=body),
            lambda _refusal: self.driver.holder(instance) if instance else None,
            f"instance {instance.id}" if instance else "the project",
        )
        return self._creation(task_ids)

    def resume(self, operation_id: str) -> Operation | None:
        """Await the tasks of an order."""
        return self._creation(operation_id.split(","))

    def _creation(self, task_ids: t.Sequence[str]) -> Operation:
        return self.driver.tasks.making("creation of a floating IP", task_ids, lambda task: task.floating_ips)

    def change(self, record: Record, step: Step) -> Operation | None:
        """Point it at a server or at nothing, or write its name; other tags stay, since the call merges."""
        if step.action == "rename":
            return self._update(record, {"tags": {NAME_TAG: step.after}}, lambda row: _name(row) == step.after, "renaming")
        if step.after is None:
            return self._update(record, {"port_id": None}, lambda row: text(row.get("port_id")) is None, "detachment", record["instance"]["id"])
        place = self._chosen[step.target.id]
        return self._update(record, place, lambda row: text(row.get("port_id")) == place["port_id"], "attachment", step.target.id)

    def _update(self, record: Record, body: Row, done: t.Callable[[Row], bool], what: str, server: str | None = None) -> Operation:
        def look() -> tuple[str | None, bool]:
            row: Row = self.driver.api.ask(FLOATING_IP, self._path(record))
            return text(row.get("task_id")), done(row)

        return self.driver.tasks.see_through(
            what,
            f"floating IP {record['address']}",
            lambda: self.driver.api.tasks(FLOATING_IP_UPDATE, self._path(record), body=body),
            look,
            holder=lambda: look()[0] or (self.driver.busy(server) if server else None),
        )

    def delete(self, record: Record) -> Operation | None:
        """Give it back."""
        of = f"floating IP {record['address']}"

        def send() -> list[str]:
            return self.driver.api.tasks(FLOATING_IP_DELETE, self._path(record))

        def holder() -> str | None:
            return text((self._row(record) or {}).get("task_id"))

        gone = Operation(f"deletion of {of} at {TITLE}", lambda: DONE if self._row(record) is None else None, POLL)
        return self.driver.tasks.removal(send, holder, of, gone)


def _record(row: Row, region: str) -> Record:
    """A floating IP of a row; both vocabularies of its server (section 5.2)."""
    holder, address = row.get("instance"), text(row.get("floating_ip_address"))
    server: Row = holder if isinstance(holder, dict) else {}
    attached = text(row.get("port_id")) is not None
    status = ERROR if (text(row.get("status")) or "").upper() == "ERROR" else ATTACHED if attached else UNATTACHED
    names = {"id": text(server.get("id") or server.get("instance_id")), "name": text(server.get("name") or server.get("instance_name"))}
    known = {
        "id": text(row.get("id")),
        "address": address,
        "family": address_family(address) if address else None,
        "name": _name(row),
        "type": FLOATING,
        "region": region,
        "status": status,
        "instance": names if attached else None,
        "private_address": text(row.get("fixed_ip_address")),
        "created_at": iso_utc(row.get("created_at")),
    }
    return ADDRESS.record(PROFILE.name, known, {"task": text(row.get("task_id"))})


def _name(row: Row) -> str | None:
    return (tags_of(row) or ({}, {}))[0].get(NAME_TAG)


def _own(instance: Instance) -> list[Record]:
    """The addresses of a server's external interfaces."""
    floating = instance.facts.get("floating") or ()
    fixed = [each for each in instance.addresses if each.scope == "public" and each.address not in floating]
    shared = {"type": MAIN, "region": instance.region, "status": ATTACHED, "instance": server_of(instance)}
    return [ADDRESS.record(PROFILE.name, {**shared, "address": each.address, "family": each.family, "primary": each.primary}) for each in fixed]
