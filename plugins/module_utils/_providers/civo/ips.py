# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses at Civo (section 8): reserved ones, and the ordinary ones that come and go with their servers."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import ConflictError, NotFoundError, OptionError, UnsupportedError
from ..._core.kinds import ADDRESS
from ..._core.model import CREATING, Address, Instance
from ..._core.normalise import address_family, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record, server_of
from ..._core.wait import Operation
from ..addresses import ATTACHED, MAIN, RESERVED, SECONDARY, UNATTACHED, AddressVerbs
from ..records import RecordWish
from ..volumes import CHANGING
from . import api
from .api import Row
from .ordering import region_for
from .profile import PROFILE
from .regional import Regional, holds

if t.TYPE_CHECKING:
    from .driver import CivoDriver


class CivoAddresses(Regional, AddressVerbs["CivoDriver"]):
    """The verbs of Civo's addresses."""

    driver: CivoDriver
    kind = ADDRESS
    types = (RESERVED, MAIN, SECONDARY)

    # -- options ----------------------------------------------------------------------------------------------------

    def check(self, wish: RecordWish) -> None:
        """There is one interface to choose from; and what is found by its server cannot be found again once it was taken from it, to be deleted."""
        super().check(wish)
        if wish.state == "absent" and not (wish["address"] or wish["name"]):
            told = f"address or name is needed to remove an address at {api.TITLE}: a run that breaks off in between would lose it"
            raise OptionError(told, hint="Give the address; vps_address_info tells it by the instance.", option="address")
        if wish["private_address"]:
            told = f"private_address: a server at {api.TITLE} has one interface, which is where a reserved address goes"
            raise OptionError(told, hint="Leave private_address out.", option="private_address")

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By address, else by exact name, else what the server has; its ordinary addresses only where C(type) names them."""
        if wish["address"]:
            found = self.named("address", wish["address"])
        elif wish["name"]:
            found = [record for record in self.everywhere() if record.name == wish["name"]]
        else:
            kind = wish["type"] or RESERVED
            found = [record for record in self.select(wish, instance) if record["type"] == kind and holds(record, instance.id)] if instance else []
        if len(found) == 1:
            self._refuse(found[0], wish, instance)
        if wish.state == "present" and instance is not None:
            self._refuse_second(found, instance)
        return found

    def _refuse(self, record: Record, wish: RecordWish, instance: Instance | None) -> None:
        """Refuse what cannot be done with an address that is there.

        Raises:
            UnsupportedError: it is an ordinary address, which has to stay as it is.
            ConflictError: a load balancer has it.
        """
        leaves = wish.state == "absent" or (wish["instance"] is not None and not (instance and holds(record, instance.id)))
        if record["type"] != RESERVED and (leaves or (wish["name"] and wish["address"])):
            told = f"{record['address']} is an ordinary address of the instance {record['instance']['name']} at {api.TITLE}, which comes and goes with it"
            raise UnsupportedError(told, hint="Reserve an address by name and assign that one.", capability="address.ordinary", provider=PROFILE.name)
        if leaves and record.facts.get("holder"):
            told = f"The address {record.name} ({record['address']}) at {api.TITLE} is assigned to the {record.facts['holder']}; nothing was changed"
            raise ConflictError(told, hint="Take it away from there first, in Civo's dashboard.", id=record.id)
        if wish.state != "absent":
            self.refuse_distance(record, instance)

    def _refuse_second(self, found: t.Sequence[Record], instance: Instance) -> None:
        """A server has one public address, so that a second one would push the first one out, without a step of the plan that says so."""
        wanted = [record.id for record in found]
        for other in self.within(str(instance.region)):
            if other["type"] == RESERVED and other.id not in wanted and holds(other, instance.id):
                told = f"The {self.driver.label(instance)} has the reserved address {other.name} ({other['address']}) already, and takes one only"
                hint = f'Take that one away first, with address: {other["address"]} and instance: "".'
                raise ConflictError(f"{told}; nothing was changed", hint=hint, id=other.id)

    def read(self, region: str) -> list[Record]:
        """The reserved addresses, all pages, and those of the servers."""
        code = self.driver.civo.code(region)
        rows = self.driver.civo.paged(api.IPS, region)
        servers = self.servers(region)
        reserved = [_reserved(row, code, servers) for row in rows]
        known = {record["address"] for record in reserved}
        ordinary = [_ordinary(each, server) for server in servers.values() for each in server.addresses if each.scope == "public" and each.address not in known]
        return [*reserved, *ordinary]

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """A name, by which a second run finds it, in the region of the server."""
        if wish["address"]:
            told = f"address: {api.TITLE} has no {wish['address']} in this account, and chooses the address of a new one itself"
            raise OptionError(told, hint="Give a name instead, by which the next run finds it.", option="address")
        if wish["type"] not in (None, RESERVED):
            told = f"type: a {wish['type']} address at {api.TITLE} comes with its server, and only reserved ones can be made"
            raise OptionError(told, hint="Leave type out.", option="type")
        if not wish["name"]:
            raise OptionError(f"name is needed for a new address at {api.TITLE}, so that the next run finds it", hint="Give a name.", option="name")
        region = instance.region if instance else str(region_for(self.driver.civo, "an address")["code"])
        known = {"name": wish["name"], "type": RESERVED, "family": "ipv4", "region": region, "status": UNATTACHED}
        return NewRecord({"name": wish["name"]}, ADDRESS.record(PROFILE.name, known))

    def create(self, new: NewRecord) -> Operation | None:
        """Reserve it, once, and await the address itself."""
        row: Row = self.driver.civo.send(api.IP_CREATE, str(new.predicted["region"]), body=new.body).data
        return self.until("creation", new.predicted.having(id=str(row["id"])), lambda now: True, new=True)

    def change(self, record: Record, step: Step) -> Operation | None:
        """Rename it; assign it, which takes it from whoever has it; or take it away. The server has to show it, or show it no more."""
        if step.action == "rename":
            self.driver.civo.send(api.IP_RENAME, str(record["region"]), path={"id": record.id}, body={"name": step.after})
            return None
        server: str | None = step.target.id if step.after is not None else None
        action = {"action": "assign", "assign_to_id": server, "assign_to_type": "instance"} if server else {"action": "unassign"}
        self.send(api.IP_ACTION, record, action, lambda now: holds(now, server))
        return self.until(step.action, record, lambda now: holds(now, server))

    def delete(self, record: Record) -> Operation | None:
        """Give it back."""
        with contextlib.suppress(NotFoundError):
            self.driver.civo.send(api.IP_DELETE, str(record["region"]), path={"id": record.id})
        return None


def _reserved(row: Row, region: str, servers: t.Mapping[str, Instance]) -> Record:
    address = text(row.get("ip"))
    holder_id, holder_type, holder_name = _holder(row.get("assigned_to"))
    other = holder_id is not None and holder_type not in (None, "instance")
    server = servers.get(holder_id) if holder_id and not other else None
    instance = {"id": holder_id, "name": server.name if server else holder_name} if holder_id and not other else None
    shown_by = [each.id for each in servers.values() if address is not None and address == each.public_ipv4]
    known = {
        "id": str(row["id"]),
        "address": address,
        "family": address_family(address) if address else None,
        "name": text(row.get("name")),
        "type": RESERVED,
        "region": region,
        "status": _status(address, holder_id, shown_by == ([server.id] if server else [])),
        "instance": instance,
    }
    return ADDRESS.record(PROFILE.name, known, {"holder": f"{holder_type} {holder_name or holder_id}"} if other else None)


def _holder(assigned: t.Any) -> tuple[str | None, str | None, str | None]:
    """Id, type and name of what has an address; an id that is empty is nobody."""
    told = assigned if isinstance(assigned, dict) else {"id": assigned}
    kind = text(told.get("type"))
    return text(told.get("id")), kind.lower() if kind else None, text(told.get("name"))


def _status(address: str | None, holder: str | None, shown: bool) -> str:
    """C(shown): exactly the server that is told to have it shows it (section 8)."""
    if address is None:
        return CREATING
    if not shown:
        return CHANGING
    return ATTACHED if holder else UNATTACHED


def _ordinary(address: Address, server: Instance) -> Record:
    known = {
        "address": address.address,
        "family": address.family,
        "type": MAIN if address.primary else SECONDARY,
        "region": server.region,
        "status": ATTACHED,
        "instance": server_of(server),
        "primary": address.primary,
        "created_at": server.created_at,
    }
    return ADDRESS.record(PROFILE.name, known)
