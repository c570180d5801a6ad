# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names of addresses: read from the provider where it tells them, else from DNS."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, replace

from .._core import hostname
from .._core.errors import NotAppliedError, OptionError
from .._core.model import Address, Instance, Rdns
from .._core.normalise import address_family
from .._core.plan import Plan, Step
from .._http import dns
from .._providers.base import Driver, Terms
from ._guards import Subject, check_expected_fields
from ._instances import locate, not_there
from ._sending import SETTLE_SECONDS, look_for, send_safely
from ._task import ResourceTask

API, DNS, NONE = "api", "dns", "none"


@dataclass(frozen=True, kw_only=True)
class RdnsWish(Terms):
    """What a task wants: the options of vps_rdns, without the connection.

    C(instance) is None only in check mode, where an earlier task would make it.
    """

    instance: str | None
    address: str | None = None
    hostname: str | None = None
    state: str = "present"
    verify: str = "auto"
    resolvers: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What was read: the server (None where it is not there) and the address's name; C(problem) says why nobody could tell it."""

    instance: Instance | None
    rdns: Rdns
    problem: str | None = None
    presumed: bool = False


class RdnsTask(ResourceTask[State]):
    """One run of vps_rdns.

    Raises:
        VpsError: the options alone show that it cannot be done.
    """

    KIND = "rdns"

    def __init__(self, driver: Driver, wish: RdnsWish, token: str) -> None:
        super().__init__(driver, wish, token)
        self.wish = wish
        driver.require("rdns", "write")
        if wish.state == "absent":
            driver.require("rdns", "absent")
        if wish.verify == API:
            driver.require("rdns", "read")
        check_expected_fields(wish.expect, Rdns("", None, None, None).public(), "a reverse name")
        self.hostname = _wanted_name(wish)
        self.address = _given_address(driver, wish.address)
        self.reader = Reader(driver, wish.verify, wish.resolvers)

    # -- fetch ------------------------------------------------------------------------------------------------------

    def fetch(self) -> State:
        """The server, its address, and the name that it has now."""
        instance = locate(self.driver, self.wish.instance, ("addresses",)) if self.wish.instance else None
        if instance is None:
            return self._without_instance()
        address = self._address_of(instance)
        rdns, problem = self.reader.read(instance, address, self.hostname)
        return State(instance, rdns, problem)

    def _without_instance(self) -> State:
        nothing = Rdns(self.driver.PROFILE.name, None, self.address, address_family(self.address) if self.address else None)
        if self.wish.state == "absent":
            return State(None, nothing)
        if not self.context.check_mode:
            raise not_there(self.driver, str(self.wish.instance))
        self.context.warn(f"There is no instance {self.wish.instance or 'yet'}; the prediction takes it that an earlier task makes it")
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
        if own is None and "addresses" in instance.not_read:
            instance = self.driver.read(instance, ("addresses",))
            own = _own_address(instance, self.address)
        if own is None:
            known = ", ".join(each.address for each in instance.addresses) or "none"
            raise OptionError(f"address: {self.address} is no address of {self.driver.label(instance)}", hint=f"It has: {known}.", option="address")
        if not own.primary:
            self.driver.require("rdns", "secondary")
        return own

    # -- plan -------------------------------------------------------------------------------------------------------

    def plan(self, state: State) -> Plan:
        """One step, where the name differs or is not known."""
        current, where = state.rdns, f"{state.rdns.address} at {self.driver.PROFILE.title}"
        if state.instance is None and not state.presumed:
            return Plan()
        step = Step("set", "hostname", current.hostname, self.hostname)
        if state.presumed:
            return Plan((step,), approvable=False)
        if self.wish.expect:
            self.guards.check_expectations(self.subject(state))
        if state.problem:
            return Plan((step,), warnings=(f"The reverse name of {where} cannot be read ({state.problem}), so it is set whatever it is now",))
        if current.verified and hostname.same(current.hostname, self.hostname):
            return Plan()
        warnings = []
        if current.source == DNS and current.hostname:
            warnings.append(
                f"DNS still shows {current.hostname} for {where}. Where an earlier run has set {self.hostname} already, the same name is set once more: "
                "providers need up to two days, and an old answer lives on until its time is over"
            )
        return Plan((step,), warnings=tuple(warnings))

    def subject(self, state: State) -> Subject:
        """The address."""
        address = state.rdns.address or self.wish.instance or ""
        where = f" of {self.driver.label(state.instance)}" if state.instance else f" at {self.driver.PROFILE.title}"
        return Subject(f"the reverse name of {address}{where}", f"rdns:{address}", state.instance.id if state.instance else None, state.rdns.public())

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
            return True if self.reader.source == API and self._now(state) is not None else None

        send_safely(self.context, lambda: self.driver.set_rdns(instance, address, self.hostname), shows, {"id": instance.id})
        return state

    def _now(self, state: State) -> Rdns | None:
        """The name as the provider tells it now, once it is the wanted one."""
        instance = self.driver.peek(str(t.cast(Instance, state.instance).id), ("addresses",))
        own = _own_address(instance, str(state.rdns.address)) if instance else None
        if instance is None or own is None or not hostname.same(own.rdns, self.hostname):
            return None
        return self.reader.told(instance, own)

    def compare(self, state: State, plan: Plan) -> State:
        """Insist where the provider tells the name; look once where only DNS does.

        Raises:
            NotAppliedError: the provider accepted it and shows another name.
        """
        if self.reader.source == API:
            now = look_for(self.context, lambda: self._now(state), SETTLE_SECONDS)
            if now is None:
                raise NotAppliedError(
                    f"{self.driver.PROFILE.title} accepted {self.hostname or 'no name'} for {state.rdns.address}, but does not show it",
                    hint="Run the task again; if it stays so, look at the server in the provider's panel.",
                )
            return replace(state, rdns=now)
        written = replace(state.rdns, hostname=self.hostname, verified=False, source=NONE)
        if self.reader.source == DNS:
            instance = t.cast(Instance, state.instance)
            address = Address(str(state.rdns.address), str(state.rdns.family), "public")
            shown, problem = self.reader.read(instance, address, self.hostname)
            if problem is None and hostname.same(shown.hostname, self.hostname):
                return replace(state, rdns=shown)
            if problem is None:
                as_yet = shown.hostname or "no name"
                self.context.warn(
                    f"{self.hostname} is set for {state.rdns.address}; DNS shows {as_yet} as yet. Until it shows the new name, each run sets it again"
                )
        return replace(state, rdns=written)

    def shown(self, state: State) -> t.Mapping[str, t.Any]:
        """The reverse name."""
        return state.rdns.public()


class Reader:
    """Where reverse names are read.

    Args:
        verify: C(auto), C(api), C(dns) or C(none).
        resolvers: name servers to ask, else those of the reverse zone and of this machine.

    Raises:
        OptionError: a resolver is none.
        MissingLibraryError: C(verify) is C(dns) and the library for it is missing.
    """

    def __init__(self, driver: Driver, verify: str, resolvers: t.Sequence[str]) -> None:
        self.driver = driver
        self.servers = [dns.parse_server(each) for each in resolvers]
        told = "read" in driver.PROFILE.capabilities.rdns
        self.source = (API if told else DNS) if verify == "auto" else verify
        if verify == DNS:
            dns.require_library()

    def read(self, instance: Instance, address: Address, wanted: str | None = None) -> tuple[Rdns, str | None]:
        """The name of an address, and why nobody could tell it; of several names in DNS the wanted one, if it is among them."""
        if self.source == API:
            return self.told(instance, address), None
        if self.source == DNS and not dns.HAS_DNSPYTHON:
            return self._nameless(instance, address), "the Python library dnspython is missing on the host that executes the module"
        if self.source == NONE:
            return self._nameless(instance, address), None
        answer = dns.look_up(address.address, self.servers)
        if answer.problem:
            return self._nameless(instance, address), answer.problem
        return replace(self._nameless(instance, address), hostname=self._one(answer, address, wanted), verified=True, source=DNS), None

    def told(self, instance: Instance, address: Address) -> Rdns:
        """The name as the server's own object has it."""
        return replace(self._nameless(instance, address), hostname=hostname.plain(address.rdns), verified=True, source=API)

    def _nameless(self, instance: Instance, address: Address) -> Rdns:
        return Rdns(self.driver.PROFILE.name, instance.id, address.address, address.family)

    def _one(self, answer: dns.Answer, address: Address, wanted: str | None) -> str | None:
        if len(answer.names) > 1:
            self.driver.context.warn(f"DNS shows several names for {address.address}: {', '.join(answer.names)}. Mail servers may take any of them")
        return wanted if wanted in answer.names else answer.names[0] if answer.names else None


def names_of(driver: Driver, instances: t.Iterable[Instance], address: str | None, resolvers: t.Sequence[str]) -> list[Rdns]:
    """The reverse names of all public addresses of servers, or of one address.

    A name that cannot be read is null and not verified; a warning says why.
    """
    reader = Reader(driver, "auto", resolvers)
    wanted = _given_address(driver, address)
    found = []
    for instance in instances:
        full = driver.read(instance, ("addresses",)) if "addresses" in instance.not_read else instance
        asked = _own_address(full, wanted) if wanted else None
        for own in full.addresses:
            if own == asked or (wanted is None and own.scope == "public"):
                rdns, problem = reader.read(full, own)
                if problem:
                    driver.context.warn(f"The reverse name of {own.address} at {driver.PROFILE.title} cannot be read: {problem}")
                found.append(rdns)
    return found


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


def _given_address(driver: Driver, address: str | None) -> str | None:
    """The address in its canonical spelling."""
    if not address:
        return None
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        raise OptionError(f"address: {address!r} is no IP address", hint="Write an address such as 192.0.2.10.", option="address") from None
    if parsed.version == 6:
        driver.require("rdns", "ipv6")
    return str(parsed)


def _own_address(instance: Instance, address: str) -> Address | None:
    """The server's address that is this one, in whatever spelling."""
    wanted = ipaddress.ip_address(address)
    return next((each for each in instance.addresses if address_family(each.address) and ipaddress.ip_address(each.address.split("/")[0]) == wanted), None)
