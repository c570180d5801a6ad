# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of servers (contract section 10.2): more are ordered in the panel; here the main one is chosen or swapped, others are given back."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import ConflictError, NotAppliedError, NotFoundError, OptionError, OutcomeUnknownError
from ..._core.kinds import ADDRESS
from ..._core.model import DELETING, DONE, Address, Instance, Outcome
from ..._core.plan import Step
from ..._core.records import NewRecord, Record, server_of
from ..._core.wait import Operation
from ..addresses import ATTACHED, MAIN, SECONDARY, AddressVerbs
from ..records import RecordWish
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import HostwindsDriver


class HostwindsAddresses(AddressVerbs["HostwindsDriver"]):
    """The verbs of addresses, which are a server's own and have no ids."""

    driver: HostwindsDriver
    types = (MAIN, SECONDARY)
    patience = 300.0  # a new main address was seen to take 67 seconds (section 7)
    lapse = 1800.0  # and what takes longer than this does not come (section 7)

    def check(self, wish: RecordWish) -> None:
        """Addresses have no names, lead to no private ones, and stay on their server."""
        super().check(wish)
        if wish["private_address"]:
            told = f"private_address: an address at {PROFILE.title} leads to no private one"
            raise OptionError(told, hint="Leave private_address out.", option="private_address")
        if wish["name"] is not None:
            self.driver.require(ADDRESS.name, "rename")
        if wish["instance"] == "":
            self.driver.require(ADDRESS.name, "attach")

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By address; without one, and for a swap, the main one of the server."""
        if wish["instance"] and instance is None:
            return []
        wanted = wish["address"]
        if wish.state == "replaced" or not wanted:
            return [record for record in self._shown(instance) if record["primary"]] if instance else []
        servers = [instance] if instance else self._owners(wanted)
        return [record for server in servers for record in self._shown(server) if record["address"] == wanted]

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All of all servers; each hangs on one."""
        if wanted["unattached"]:
            return []
        return self.driver.of_each([instance] if instance else self.driver.list_all(), self._listed)

    def to_come(self, wish: RecordWish) -> Record | None:
        """A server comes with its main address, and whatever else somebody orders for it."""
        if wish.state == "absent":
            return None
        secondary = bool(wish["address"]) and wish["type"] != MAIN and wish.state != "replaced"
        to_come = Instance(PROFILE.name, self.driver.account(), name=wish["instance"], region=self.driver.wanted_region())
        return _record(to_come, Address(wish["address"] or "", "", "public", primary=not secondary))

    def _owners(self, address: str) -> list[Instance]:
        """The servers whose rows show an address; where none does, all that may have more than their rows show (HW-16)."""
        servers = self.driver.list_all()
        return [server for server in servers if any(each.address == address for each in server.addresses)] or servers

    def _shown(self, server: Instance) -> list[Record]:
        """The addresses of a server as they are now; a server that is gone has none."""
        now = self.driver.fetch(str(server.id))
        return self._listed(now) if now is not None and now.status != DELETING else []

    def _listed(self, server: Instance) -> list[Record]:
        addresses = self.driver.read(server, ("addresses",)).addresses
        return [_record(server, address) for address in addresses if address.primary or address.scope == "public"]

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """No call orders an address.

        Raises:
            UnsupportedError: always, unless it is the main one of a server that has none yet.
            ConflictError: that.
        """
        if instance and not wish["address"]:
            raise ConflictError(f"{self.driver.label(instance)} shows no main address yet", hint="Run the task again when it has one.", id=instance.id)
        refusal = self.driver.unsupported("address.present")
        where = self.driver.label(instance) if instance else f"No server at {PROFILE.title}"
        has = "has not" if instance else "has"
        refusal.message = f"{where} {has} the address {wish['address']}, and none can be ordered by API"
        raise refusal

    def change(self, record: Record, step: Step) -> Operation | None:
        """Make it the main address, swap it, or rebuild the guest's network."""
        if step.action == "set":
            self.driver.api.send("set_main_ip", record["instance"]["id"], ip=record["address"])
            return None
        server = self.driver.now(Instance(PROFILE.name, self.driver.account(), id=record["instance"]["id"], name=record["instance"]["name"]))
        return self._swap(server, step) if step.action == "swap" else self._rebuild_guest_network(server)

    def delete(self, record: Record) -> Operation | None:
        """Give it back; it returns to the pool of Hostwinds."""
        with contextlib.suppress(NotFoundError):
            self.driver.api.send("delete_ip", record["instance"]["id"], ip=record["address"])
        return None

    def _swap(self, server: Instance, step: Step) -> Operation:
        """Order another main address, once: the answer is success even where nothing comes of it (HW-24)."""
        self.driver.api.order("change_main_ip", server.id)

        def check() -> Outcome | None:
            now = self.driver.now(server)
            main = next((address.address for address in now.addresses if address.primary), None)
            if main not in (None, step.before):
                return DONE
            if not self.driver.context.deadline.passed:
                return None
            raise NotAppliedError(
                f"The change of the main address {step.before} of {self.driver.label(server)} was accepted but not applied; it was not sent again",
                hint="Hostwinds swaps an address three times in a row or so and then answers success for hours without doing it. "
                "Look in its panel first: another order may cost money again.",
                id=server.id,
            )

        return self.driver.operation(f"swap of the main address of {self.driver.label(server)}", check, instance_id=server.id)

    def _rebuild_guest_network(self, server: Instance) -> Operation | None:
        """Sent once; where the answer is lost, a restart that shows proves that it arrived."""
        what = "rebuild of the guest's network"
        try:
            self.driver.api.send("regenerate_networking", server.id)
        except OutcomeUnknownError as exc:
            self.driver.context.waiter.wait(self.driver.restarting(what, server, exc), self.driver.context.deadline)
            return None
        return self.driver.restarting(what, server)


def _record(server: Instance, address: Address) -> Record:
    return ADDRESS.record(
        PROFILE.name,
        {
            "address": address.address or None,
            "family": address.family or None,
            "type": MAIN if address.primary else SECONDARY,
            "region": server.region,
            "status": ATTACHED,
            "instance": server_of(server),
            "primary": address.primary,
        },
    )
