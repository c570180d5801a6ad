# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated world: the providers on their ports, one clock, one log, and what tests and the control API do to them."""

from __future__ import annotations

import threading
import types
import typing as t

from .base import Clock, Provider
from .civo import CivoProvider
from .desk import Desk
from .gcore import GcoreProvider
from .hosterapi import HosterapiProvider
from .hostwinds import HostwindsProvider
from .log import Entry, RequestLog
from .nameserver import NameServer

PROVIDERS: t.Final[tuple[type[Provider], ...]] = (HostwindsProvider, CivoProvider, GcoreProvider, HosterapiProvider)

VIRTUAL_START = 1_767_225_600.0  # 2026-01-01 00:00 UTC
TOKEN_VARIABLES: t.Final[t.Mapping[str, str]] = {"hostwinds": "HOSTWINDS_API_KEY", "gcore": "GCORE_API_KEY"}  # else <NAME>_TOKEN


class Simulator:
    """Providers served on loopback ports; a context manager that raises at its end if a provider itself broke."""

    def __init__(
        self,
        providers: t.Iterable[type[Provider] | str] = PROVIDERS,
        virtual_clock: bool = False,
        latency: float = 0.0,
        port_base: int = 0,
        dns_delay: float = 0.0,
    ) -> None:
        """Bind the ports.

        Args:
            providers: classes, or names of those in C(PROVIDERS).
            virtual_clock: time stands still until C(self.clock.advance()).
            latency: seconds every request takes on top.
            port_base: the first provider listens on the port after this one, the next on the one after that, DNS on the last; 0 for free ports.
            dns_delay: seconds until a reverse name that was written shows in DNS.

        Raises:
            KeyError: a name that no provider has.
            OSError: a port is taken.
        """
        known = {provider.name: provider for provider in PROVIDERS}
        self.clock = Clock(VIRTUAL_START if virtual_clock else None)
        self.latency = latency
        self.errors: list[str] = []
        self.stop_requested = threading.Event()
        self._initial_latency = latency
        self._log = RequestLog()
        self.desks: dict[str, Desk] = {}
        for number, chosen in enumerate(providers, 1):
            provider = (known[chosen] if isinstance(chosen, str) else chosen)(self.clock)
            port = port_base + number if port_base else 0
            self.desks[provider.name] = Desk(provider, self._log, self.errors, lambda: self.latency, port)
        named = {name: desk.provider for name, desk in self.desks.items()}
        self.dns = NameServer(named, self.clock, self.errors, dns_delay, port_base + len(named) + 1 if port_base else 0)

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self.stop()
        if self.errors and error is None:
            raise RuntimeError(f"the simulator itself broke: {self.errors}")

    def __getitem__(self, name: str) -> Provider:
        return self.desks[name].provider

    def start(self) -> None:
        """Let clients in."""
        for desk in self.desks.values():
            desk.server.start()
        self.dns.start()

    def stop(self) -> None:
        """End all connections, held ones too, and close the ports."""
        for desk in self.desks.values():
            desk.server.stop()
        self.dns.stop()

    def url(self, name: str) -> str:
        """What a user gives as C(api_url)."""
        return self.desks[name].url

    def environment(self) -> dict[str, str]:
        """The environment variables that lead this collection to the simulator."""
        variables: dict[str, str] = {}
        for name, desk in self.desks.items():
            prefix = name.upper()
            variables[f"{prefix}_API_URL"] = desk.url
            variables[TOKEN_VARIABLES.get(name, f"{prefix}_TOKEN")] = desk.provider.token
            project = getattr(desk.provider, "default_project", None)
            if project is not None:
                variables[f"{prefix}_PROJECT"] = str(project)
        if self.dns.address:
            variables["VPS_RESOLVERS"] = self.dns.address
        return variables

    # -- what happens to it -----------------------------------------------------------------------------------------

    def fault(self, provider: str, operation: str, kind: str, *, nth: int = 1, times: int = 1, **options: t.Any) -> None:
        """Plan a fault for the C(nth) next call of an operation (C(*): any); see C(faults.KINDS) and C(Provider.faults).

        Raises:
            KeyError: no such provider.
            ValueError: no such operation, fault or option.
        """
        self.desks[provider].add_fault(operation, kind, nth, times, options)

    def clear_faults(self) -> None:
        """Forget the faults of all providers and of DNS."""
        for desk in self.desks.values():
            desk.clear_faults()
        self.dns.clear_faults()

    def reset(self) -> None:
        """Fresh accounts, an empty log, no faults, the first latency; the clock goes on."""
        for desk in self.desks.values():
            desk.reset()
        self.dns.reset()
        self.latency = self._initial_latency
        self.clear_log()

    def settings(self, provider: str, **values: t.Any) -> dict[str, t.Any]:
        """Change settings of a provider, its C(rate_limit) in requests a second (None: off) among them; returns all of them.

        Raises:
            KeyError: no such provider.
            ValueError: no such setting, or a rate limit that is no number above zero.
        """
        desk = self.desks[provider]
        with desk.provider.lock:
            unknown = set(values) - {"rate_limit", *desk.provider.default_settings}
            if unknown:
                raise ValueError(f"{provider} has no setting {', '.join(sorted(unknown))}")
            if "rate_limit" in values:
                desk.rate.limit = _rate(values.pop("rate_limit"))
            desk.provider.settings.update(values)
            return {**desk.provider.settings, "rate_limit": desk.rate.limit}

    # -- what was asked of it ---------------------------------------------------------------------------------------

    def log(self, provider: str | None = None, since: int = 0) -> list[Entry]:
        """The requests after number C(since), of one provider or of all; see C(RequestLog)."""
        return self._log.entries(provider, since)

    def calls(self, provider: str) -> list[str]:
        """The operations asked of a provider, in order."""
        return [entry["operation"] for entry in self.log(provider)]

    def writes(self, provider: str) -> list[str]:
        """The operations asked of a provider that would change something, in order, those that failed included."""
        return [entry["operation"] for entry in self.log(provider) if entry["mutates"]]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._log.clear()

    def connections(self, provider: str) -> int:
        """How many TCP connections a provider has accepted."""
        return self.desks[provider].server.connections

    def peak_rate(self, provider: str) -> int:
        """The most requests within any one second since the last reset."""
        return self.desks[provider].rate.peak

    def summary(self, provider: str) -> dict[str, t.Any]:
        """A provider's URL, settings, faults, counters, money and violations.

        Raises:
            KeyError: no such provider.
        """
        desk = self.desks[provider]
        with desk.provider.lock:
            return {
                "url": desk.url,
                "settings": {**desk.provider.settings, "rate_limit": desk.rate.limit},
                "faults": desk.faults.describe(),
                **self._log.counters(provider),
                "connections": desk.server.connections,
                "peak_rate": desk.rate.peak,
                "money": dict(desk.provider.state["money"]),
                "violations": list(desk.provider.violations),
            }


def _rate(value: t.Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ValueError("rate_limit is a number of requests a second above zero, or null")
    return float(value)
