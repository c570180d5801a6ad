# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network interfaces of Gcore servers (contract section 5.11): found by where they lead, since attaching twice makes two."""

from __future__ import annotations

import functools
import typing as t

from ..._core.errors import NotFoundError, OptionError
from ..._core.kinds import INTERFACE
from ..._core.model import DONE, Instance, Outcome, Ref
from ..._core.normalise import address_family, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record, server_of
from ..._core.wait import Operation
from ..._http.client import Call
from ..records import RecordVerbs, RecordWish
from .api import ATTACH_INTERFACE, DETACH_INTERFACE, INTERFACES, TITLE, Row
from .catalogue import Place
from .network import addresses_on, is_external
from .order import DEFAULT_GROUP
from .parts import LONGEST_INTERFACE_NAME
from .profile import PROFILE
from .tasks import POLL

if t.TYPE_CHECKING:
    from .driver import GcoreDriver


class Interfaces(RecordVerbs["GcoreDriver"]):
    """The verbs of network interfaces."""

    driver: GcoreDriver

    # -- options ----------------------------------------------------------------------------------------------------

    def check(self, wish: RecordWish) -> None:
        """Names have a length, and an empty list of firewalls would not mean none."""
        if len(wish["name"] or "") > LONGEST_INTERFACE_NAME:
            raise OptionError(f"name: {TITLE} takes up to {LONGEST_INTERFACE_NAME} characters", hint="Shorten it.", option="name")
        if wish["firewalls"] == [] and wish.state == "present":
            raise OptionError(
                "firewalls: an empty list means the default one when an interface is attached", hint="Name one, or leave it out.", option="firewalls"
            )

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """Those of the server that lead there; of several the named one. Where one is wanted, one that is there is enough."""
        if instance is None:
            return []
        place = self._place(str(instance.region), wish, [])
        if place is None and wish["network"]:
            return []
        found = [record for record in self._of(instance) if _leads_to(record, place)]
        named = [record for record in found if wish["name"] and record.name == wish["name"]]
        found = named or found
        return found[:1] if wish.state == "present" else found

    def _place(self, region: str, wish: RecordWish, unknown: list[str]) -> Place | None:
        """Network or subnet; None for the external one, and for what an earlier task makes."""
        wanted = wish["network"]
        return self.driver.orders.known(f"network {wanted}", unknown, lambda: self.driver.catalogue.place(region, wanted)) if wanted else None

    def _of(self, instance: Instance) -> list[Record]:
        """All interfaces of a server, with the firewalls of their ports."""
        groups = {port.id: [group.public() for group in port.groups] for port in self.driver.port_groups.ports(instance)}
        rows = self._rows(instance)
        return [_record(row, instance, groups.get(text(row.get("port_id")), []), alone=len(rows) == 1) for row in rows]

    def _rows(self, instance: Instance) -> list[Row]:
        return self.driver.api.pages(INTERFACES, self.driver.scope.of(instance))

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Those of a server, or of all, which costs two calls each."""
        servers = [instance] if instance is not None else self.driver.list_all()
        return [record for server in servers for record in self._of(server)]

    def review(self, record: Record, steps: t.Sequence[Step], wish: RecordWish) -> t.Sequence[str]:
        """A detachment may cut a server off."""
        if not any(step.action == "delete" for step in steps):
            return ()
        instance: Instance = record.facts["server"]
        label = f"Network interface {record.id} of {self.driver.label(instance)}"
        if not record["addresses"]:
            raise OptionError(f"{label} has no address, and {TITLE} detaches by address", hint="Detach it in the provider's panel.", option="network")
        main, carried = next((each.address for each in instance.addresses if each.primary), None), [each["address"] for each in record["addresses"]]
        left = ", ".join(carried[1:])
        warnings = [f"{label} keeps {left} until the next run: {TITLE} detaches by address, and this task does not wait"] if left and not wish.wait else []
        if record.facts["alone"]:
            return [*warnings, f"{label} is its last one; without it the server cannot be reached"]
        if main in carried:
            return [*warnings, f"{label} carries {main}, the address by which the server is reached"]
        return warnings

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """Where it leads, and what it is told when it is attached."""
        region = str(instance.region) if instance else self.driver.scope.required("a network interface")
        unknown: list[str] = []
        place = self._place(region, wish, unknown)
        wanted = wish["firewalls"] or []
        resolve = functools.partial(self.driver.catalogue.resolve, "firewalls", region)
        found = [(item, self.driver.orders.known(f"firewall {item}", unknown, functools.partial(resolve, item))) for item in wanted]
        groups = [group or Ref(name=item) for item, group in found]
        body: Row = {**self._kind(place, wish), **({"security_groups": [{"id": group.id} for group in groups]} if groups else {})}
        if wish["name"]:
            body["interface_name"] = wish["name"]
        known = {
            "name": wish["name"],
            "region": region,
            "instance": server_of(instance, wish["instance"]),
            "network": (text(place.network.get("name")) if place else wish["network"]),
            "network_id": text(place.network.get("id")) if place else None,
            "external": place.external if place else not wish["network"],
            "firewalls": [group.public() for group in groups or [DEFAULT_GROUP]],
        }
        return NewRecord((instance, wish, body), INTERFACE.record(PROFILE.name, known), unknown=tuple(unknown))

    @staticmethod
    def _kind(place: Place | None, wish: RecordWish) -> Row:
        family = {"ip_family": wish["address_family"]} if wish["address_family"] else {}
        if place is None or place.external:
            return {"type": "external", **family}
        if place.subnet is None:
            return {"type": "any_subnet", "network_id": place.network["id"], **family}
        if family:
            told = f"address_family: the subnet {wish['network']} has its own"
            raise OptionError(told, hint="Leave it out, or name the network instead of the subnet.", option="address_family")
        return {"type": "subnet", "subnet_id": place.subnet["id"]}

    def create(self, new: NewRecord) -> Operation | None:
        """Attach it, once: a second call would make a second one."""
        instance, wish, body = new.body
        place = self._place(str(instance.region), wish, [])

        def attached() -> bool:
            return any(_leads_to(_record(row, instance, [], alone=False), place) for row in self._rows(instance))

        def send() -> list[str]:
            """Whatever holds the server may be the attachment that an earlier run began."""
            holder = self.driver.holder(instance)
            if holder:
                release = self.driver.tasks.release(holder, f"instance {instance.id}", instance.id)
                self.driver.context.waiter.wait(release, self.driver.context.deadline)
            return [] if attached() else self._call(ATTACH_INTERFACE, instance, body)

        return self._seen_through("attachment", instance, send, attached)

    def delete(self, record: Record) -> Operation | None:
        """Detach it. The call takes one address; should others of the interface stay, they are taken one after the other."""
        instance: Instance = record.facts["server"]
        try:
            stage = self._detach(instance, record, str(record["addresses"][0]["address"]))
        except NotFoundError:
            return None

        def check() -> Outcome | None:
            nonlocal stage
            if stage.check() is None:
                return None
            left = self._left(instance, record)
            if left:
                stage = self._detach(instance, record, left[0])
            return DONE if left is None else None

        return Operation(stage.what, check, POLL, stage.id, instance.id)

    def _detach(self, instance: Instance, record: Record, address: str) -> Operation:
        body = {"port_id": record.id, "ip_address": address}
        send = functools.partial(self._call, DETACH_INTERFACE, instance, body)
        return self._seen_through("detachment", instance, send, lambda: address not in (self._left(instance, record) or ()))

    def _left(self, instance: Instance, record: Record) -> list[str] | None:
        """The addresses that an interface still has; None when it is gone."""
        row = next((row for row in self._rows(instance) if text(row.get("port_id")) == record.id), None)
        return [address for address, _subnet in addresses_on(row)] if row is not None else None

    def _call(self, call: Call, instance: Instance, body: Row) -> list[str]:
        return self.driver.api.tasks(call, self.driver.scope.of(instance), body=body)

    def _seen_through(self, what: str, instance: Instance, send: t.Callable[[], list[str]], done: t.Callable[[], bool]) -> Operation:
        def look() -> tuple[str | None, bool]:
            return self.driver.holder(instance), done()

        return self.driver.tasks.see_through(f"{what} of an interface", f"instance {instance.id}", send, look, instance_id=instance.id)


def _leads_to(record: Record, place: Place | None) -> bool:
    """Whether an interface is in a network or subnet; None stands for the external one."""
    if place is None:
        return bool(record["external"])
    subnets = [each["subnet_id"] for each in record["addresses"]]
    return record["network_id"] == text(place.network.get("id")) and (place.subnet is None or text(place.subnet.get("id")) in subnets)


def _record(row: Row, instance: Instance, groups: list[dict[str, str | None]], *, alone: bool) -> Record:
    details = row.get("network_details")
    network: Row = details if isinstance(details, dict) else {}
    known = {
        "id": text(row.get("port_id")),
        "name": text(row.get("interface_name")),
        "region": instance.region,
        "instance": server_of(instance),
        "network": text(network.get("name")),
        "network_id": text(row.get("network_id")) or text(network.get("id")),
        "external": is_external(row),
        "mac": text(row.get("mac_address")),
        "addresses": [{"address": address, "family": address_family(address), "subnet_id": subnet} for address, subnet in addresses_on(row)],
        "firewalls": groups,
    }
    return INTERFACE.record(PROFILE.name, known, {"server": instance, "alone": alone})
