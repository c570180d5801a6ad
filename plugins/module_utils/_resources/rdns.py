# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names of addresses: read from the provider where it tells them, else from DNS."""

from __future__ import annotations

import functools
import ipaddress
import typing as t
from dataclasses import dataclass, replace

from .._core import hostname
from .._core.errors import NotAppliedError, OptionError
from .._core.model import Address, Instance, Rdns
from .._core.normalise import address_family
from .._core.plan import Plan, Step
from .._core.together import side_by_side
from .._http import dns
from .._providers.base import Driver, Terms
from ._guards import Subject, check_expected_fields
from ._instances import locate, presume
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

AUTO, API, DNS, NONE = "auto", "api", "dns", "none"
LOOKUPS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class RdnsWish(Terms):
    """What a task wants: the options of vps_rdns, without the connection.

    C(instance) is None only in check mode, where an earlier task would make it.
    """

    instance: str | None
    address: str | None = None
    hostname: str | None = None
    state: str = "present"
    verify: str = AUTO
    resolvers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What was read of an address; C(problem) says why nobody could tell its name, C(remarks) what else a user should know."""

    rdns: Rdns
    problem: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """The server (None where it is not there), and what was read of its address; C(presumed): an earlier task would make it."""

    instance: Instance | None
    rdns: Rdns
    problem: str | None = None
    presumed: bool = False


class RdnsTask(ResourceTask[State]):
    """One run of vps_rdns.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    key = "rdns"

    def __init__(self, driver: Driver, wish: RdnsWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        driver.require("rdns", "write")
        if wish.state == "absent":
            driver.require("rdns", "absent")
        check_expected_fields(wish.expect, Rdns("", None, None, None).public(), "a reverse name")
        self.hostname = _wanted_name(wish)
        self.address = _given_address(wish.address)
        if address_family(self.address or "") == "ipv6":
            driver.require("rdns", "ipv6")
        only_told = wish.state == "absent" and wish.verify == DNS  # DNS shows a default like any other name
        self.reader = Reader(driver, AUTO if only_told else wish.verify, wish.resolvers)

    # -- fetch ------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The server, its address, and the name that it has now."""
        instance = locate(self.driver, self.wish.instance, ("addresses",)) if self.wish.instance else None
        if instance is None:
            return self._without_instance()
        reading = self._read(instance, self._address_of(instance))
        return State(instance, reading.rdns, reading.problem)

    def _read(self, instance: Instance, address: Address) -> Reading:
        reading = self.reader.read(instance, address, self.hostname)
        for remark in reading.remarks:
            self.context.warn(remark)
        return reading

    def _without_instance(self) -> State:
        nothing = Rdns(self.driver.PROFILE.name, None, self.address, address_family(self.address) if self.address else None)
        if self.wish.state == "absent":
            return State(None, nothing)
        presume(self.driver, self.wish.instance)
        return State(None, nothing, presumed=True)

    def _address_of(self, instance: Instance) -> Address:
        """The address that the task is about, which has to be the server's own.

        Raises:
            OptionError: it is not, or the server has no public IPv4 address and none was named.
        """
        if self.address is None:
            found = instance.public_ipv4
            if found is None:
                raise OptionError(
                    f"address is needed: {self.driver.label(instance)} has no public IPv4 address",
                    hint="Name one of its addresses, or give it a public one first.",
                    option="address",
                )
            return next(each for each in instance.addresses if each.address == found)
        own = _own_address(instance, self.address)
        if own is None:
            instance = self.driver.read(instance, ("addresses",))
            own = _own_address(instance, self.address)
        if own is None:
            known = ", ".join(each.address for each in instance.addresses) or "none"
            raise OptionError(f"address: {self.address} is no address of {self.driver.label(instance)}", hint=f"It has: {known}.", option="address")
        if own.scope != "public":
            raise OptionError(
                f"address: {self.address} of {self.driver.label(instance)} is private and has no reverse name at the provider",
                hint="Name a public one, or leave it out for the main one.",
                option="address",
            )
        if not own.primary:
            self.driver.require("rdns", "secondary")
        return own

    # -- plan -------------------------------------------------------------------------------------------------------

    def plan(self, state: State) -> Plan:
        """One step, where the name differs or is not known."""
        current = state.rdns
        if state.instance is None and not state.presumed:
            return Plan()
        step = Step("set", "hostname", current.hostname, self.hostname)
        if state.presumed:
            return Plan((step,), approvable=False)
        if current.verified and hostname.same(current.hostname, self.hostname):
            return Plan()
        if self.wish.expect:
            self.guards.check_expectations(self.subject(state))
        return Plan((step,), warnings=tuple(self._doubts(state)))

    def _doubts(self, state: State) -> t.Iterator[str]:
        """Why the step may be one too many."""
        where = f"{state.rdns.address} at {self.driver.PROFILE.title}"
        if state.problem:
            yield f"The reverse name of {where} cannot be read ({state.problem}), so it is set whatever it is now"
        elif state.rdns.source == DNS and self.context.check_mode:
            yield (
                f"DNS shows {state.rdns.hostname or 'no name'} for {where}. If an earlier run has set {self.hostname} already, "
                "it does not show yet, and the same name would be set once more"
            )

    def subject(self, state: State) -> Subject:
        """The address."""
        address = state.rdns.address or self.wish.instance or ""
        where = f" of {self.driver.label(state.instance)}" if state.instance else f" at {self.driver.PROFILE.title}"
        label = f"the reverse name of {address or 'a new instance'}{where}"
        return Subject(label, f"rdns:{address}", state.instance.id if state.instance else None, state.rdns.public())

    def predict(self, state: State, steps: t.Sequence[Step]) -> State:
        """The wanted name; whether DNS will show it at once, nobody knows."""
        if not steps:
            return state
        verified, source = {API: (True, API), DNS: (None, None), NONE: (False, NONE)}[self.reader.source]
        return replace(state, rdns=replace(state.rdns, hostname=self.hostname, verified=verified, source=source))

    # -- apply and compare ------------------------------------------------------------------------------------------

    def carry_out(self, step: Step, state: State, plan: Plan) -> State:
        """Set the name."""
        instance, address = t.cast(Instance, state.instance), str(state.rdns.address)

        def shows() -> bool | None:
            return True if self.reader.told and self._now(state) is not None else None

        patience = SETTLE_SECONDS if self.reader.told else 0.0
        send_safely(self.context, lambda: self.driver.set_rdns(instance, address, self.hostname), shows, {"id": instance.id}, patience)
        return state

    def _now(self, state: State) -> Rdns | None:
        """The name as the provider tells it now, once it is the wanted one."""
        instance = self.driver.peek(str(t.cast(Instance, state.instance).id), ("addresses",))
        own = _own_address(instance, str(state.rdns.address)) if instance else None
        if instance is None or own is None or not hostname.same(own.rdns, self.hostname):
            return None
        return self.reader.tell(instance, own)

    def compare(self, state: State, plan: Plan) -> State:
        """Insist where the provider tells the name; look once where only DNS does.

        Raises:
            NotAppliedError: the provider accepted it and shows another name.
        """
        address = state.rdns.address
        if self.reader.told and self.wish.verify != NONE:
            now = look_for(self.context, lambda: self._now(state), SETTLE_SECONDS)
            if now is None:
                raise NotAppliedError(
                    f"{self.driver.PROFILE.title} accepted {self.hostname or 'no name'} for {address}, but does not show it",
                    hint="Run the task again; if it stays so, look at the server in the provider's panel.",
                )
            if self.reader.source == API:
                return replace(state, rdns=now)
        if self.reader.source == DNS and not state.problem:
            reading = self._read(t.cast(Instance, state.instance), Address(str(address), str(state.rdns.family), "public", True))
            if reading.problem is None and hostname.same(reading.rdns.hostname, self.hostname):
                return replace(state, rdns=reading.rdns)
            seen = f"DNS cannot be asked ({reading.problem})" if reading.problem else f"DNS shows {reading.rdns.hostname or 'no name'} as yet"
            self.context.warn(f"{self.hostname} is set for {address}; {seen}. Until it shows the new name, each run sets it again")
        return replace(state, rdns=replace(state.rdns, hostname=self.hostname, verified=False, source=NONE))

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The reverse name."""
        return state.rdns.public()


class Reader:
    """Where reverse names are read.

    Attributes:
        told: whether the provider tells them.
        source: where they are looked for: C(api), C(dns) or C(none).

    Args:
        verify: C(auto), C(api), C(dns) or C(none).
        resolvers: name servers to ask, else those of the reverse zone and of this machine.

    Raises:
        OptionError: a resolver is none.
        UnsupportedError: C(verify) is C(api) and the provider does not tell them.
        MissingLibraryError: C(verify) is C(dns) and the library for it is missing.
    """

    def __init__(self, driver: Driver, verify: str, resolvers: t.Sequence[str]) -> None:
        self.driver = driver
        self.servers = [dns.parse_server(each) for each in resolvers]
        self.told = "read" in driver.PROFILE.capabilities.of("rdns")
        self.source = (API if self.told else DNS) if verify == AUTO else verify
        if verify == API:
            driver.require("rdns", "read")
        if verify == DNS:
            dns.require_library()

    def read(self, instance: Instance, address: Address, wanted: str | None = None) -> Reading:
        """The name of a public address; of several names in DNS the wanted one, if it is among them."""
        nameless = self._nameless(instance, address)
        if self.source == NONE:
            return Reading(nameless)
        if self.source == API and (address.primary or "secondary" in self.driver.PROFILE.capabilities.of("rdns")):
            return Reading(self.tell(instance, address))
        if not dns.HAS_DNSPYTHON:
            return Reading(nameless, f"the Python library {dns.LIBRARY} is missing on the host that runs the module")
        answer = dns.look_up(address.address, self.servers)
        if answer.problem:
            return Reading(nameless, answer.problem)
        names = answer.names
        shown = wanted if wanted in names else names[0] if names else None
        return Reading(replace(nameless, hostname=shown, verified=True, source=DNS), remarks=tuple(_remarks(address, answer)))

    def tell(self, instance: Instance, address: Address) -> Rdns:
        """The name as the server's own object has it."""
        return replace(self._nameless(instance, address), hostname=hostname.plain(address.rdns), verified=True, source=API)

    def _nameless(self, instance: Instance, address: Address) -> Rdns:
        return Rdns(self.driver.PROFILE.name, instance.id, address.address, address.family)


def _remarks(address: Address, answer: dns.Answer) -> t.Iterator[str]:
    if answer.passed_over:
        yield f"Not every resolver could be asked: {'; '.join(answer.passed_over)}"
    if len(answer.names) > 1:
        yield f"DNS shows several names for {address.address}: {', '.join(answer.names)}. Whoever looks may take any of them"


def names_of(driver: Driver, listed: t.Callable[[], t.Sequence[Instance]], address: str | None, verify: str, resolvers: t.Sequence[str]) -> list[Rdns]:
    """The reverse names of all public addresses of servers, or of one address.

    A name that cannot be read is null and not verified; a warning says why.

    Args:
        listed: reads the servers; called once the options are known to be good.
    """
    reader = Reader(driver, verify, resolvers)
    wanted = _given_address(address)
    instances = listed()
    asked = list(_public_addresses(driver, instances)) if wanted is None else _holder(driver, instances, wanted)
    readings = side_by_side([functools.partial(reader.read, instance, own) for instance, own in asked], LOOKUPS_AT_ONCE)
    for reading in readings:
        if reading.problem:
            driver.context.warn(f"The reverse name of {reading.rdns.address} at {driver.PROFILE.title} cannot be read: {reading.problem}")
        for remark in reading.remarks:
            driver.context.warn(remark)
    return [reading.rdns for reading in readings]


def _public_addresses(driver: Driver, instances: t.Iterable[Instance]) -> t.Iterator[tuple[Instance, Address]]:
    for instance in instances:
        for own in driver.read(instance, ("addresses",)).addresses:
            if own.scope == "public":
                yield instance, own


def _holder(driver: Driver, instances: t.Sequence[Instance], address: str) -> list[tuple[Instance, Address]]:
    """The server that has an address; where no row shows it, one after the other is asked for all of its addresses."""
    for rows in (instances, (driver.read(instance, ("addresses",)) for instance in instances)):
        for instance in rows:
            own = _own_address(instance, address)
            if own is not None:
                return [(instance, own)]
    return []


def _wanted_name(wish: RdnsWish) -> str | None:
    if wish.state == "absent":
        return None
    if not wish.hostname:
        if wish.instance is None:
            return None  # check mode: an earlier task would tell it
        raise OptionError("hostname is needed", hint="Give the full name that the address shall have, or state: absent.", option="hostname")
    try:
        return hostname.canonical(wish.hostname)
    except ValueError as exc:
        raise OptionError(
            f"hostname: {wish.hostname!r} is no host name: {exc}", hint="Write a full name such as mail.example.com.", option="hostname"
        ) from None


def _given_address(address: str | None) -> str | None:
    """The address in its canonical spelling.

    Raises:
        OptionError: it is none.
    """
    if not address:
        return None
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        raise OptionError(f"address: {address!r} is no IP address", hint="Write an address such as 192.0.2.10.", option="address") from None


def _own_address(instance: Instance, address: str) -> Address | None:
    """The server's address that is this one, in whatever spelling."""
    wanted = ipaddress.ip_address(address)
    return next((each for each in instance.addresses if address_family(each.address) and ipaddress.ip_address(each.address.split("/")[0]) == wanted), None)
