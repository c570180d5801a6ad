# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The neutral model: what every provider's server looks like from the outside.

Pure data. Drivers build it, resources compare it, C(public()) is what users see.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from fractions import Fraction

from . import rules as firewall_rules
from . import schedule as schedule_times

BUILDING = "building"
RUNNING = "running"
STOPPED = "stopped"
SUSPENDED = "suspended"
REBOOTING = "rebooting"
RESIZING = "resizing"
REBUILDING = "rebuilding"
RESCUE = "rescue"
DELETING = "deleting"
ABSENT = "absent"
ERROR = "error"
UNKNOWN = "unknown"

STATUSES = (BUILDING, RUNNING, STOPPED, SUSPENDED, REBOOTING, RESIZING, REBUILDING, RESCUE, DELETING, ABSENT, ERROR, UNKNOWN)


@dataclass(frozen=True)
class Ref:
    """Something with an id and a name, of which one may be unknown."""

    id: str | None = None
    name: str | None = None

    def public(self) -> dict[str, str | None]:
        """The form users see."""
        return {"id": self.id, "name": self.name}

    def __str__(self) -> str:
        return self.name or self.id or ""


@dataclass(frozen=True)
class Address:
    """One address of an instance."""

    address: str
    family: str  # ipv4 | ipv6
    scope: str  # public | private
    primary: bool = False
    rdns: str | None = None

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {"address": self.address, "family": self.family, "scope": self.scope, "primary": self.primary, "rdns": self.rdns}


_HOURS_A_MONTH = 730
_A_MONTH = {
    "hour": Fraction(_HOURS_A_MONTH),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "half-year": Fraction(1, 6),
    "year": Fraction(1, 12),
    "2 years": Fraction(1, 24),
    "3 years": Fraction(1, 36),
}


@dataclass(frozen=True)
class Price:
    """What something costs per period, as the provider lists it."""

    amount: str
    currency: str | None
    period: str  # one of _A_MONTH, or once

    def monthly(self) -> Fraction | None:
        """What that is in a month of 730 hours; None where it is paid once, or the amount is no number."""
        try:
            return Fraction(self.amount) * _A_MONTH[self.period]
        except (KeyError, ValueError, ZeroDivisionError):
            return None

    def public(self) -> dict[str, str | None]:
        """The form users see."""
        return {"amount": self.amount, "currency": self.currency, "period": self.period}


@dataclass(frozen=True)
class Instance:
    """A virtual server.

    The fields up to C(not_read) are public. The others serve drivers and comparison only: C(settled) says that nothing
    is moving, C(networks) and C(ssh_keys) are what it was made with (None: not shown by the provider), C(facts) is the
    driver's own notebook and never leaves the client layer.
    """

    provider: str
    account: str
    id: str | None = None
    name: str | None = None
    region: str | None = None
    status: str = UNKNOWN
    provider_status: str | None = None
    locked: bool | None = None
    rescue: bool | None = None
    image: str | None = None
    image_id: str | None = None
    size: str | None = None
    cpu: int | None = None
    memory_mb: int | None = None
    disk_gb: int | None = None
    username: str | None = None
    addresses: tuple[Address, ...] = ()
    tags: t.Mapping[str, str] = field(default_factory=dict)
    firewalls: tuple[Ref, ...] = ()
    network: str | None = None
    network_id: str | None = None
    created_at: str | None = None
    not_read: tuple[str, ...] = ()

    settled: bool = True
    networks: tuple[Ref, ...] | None = None
    ssh_keys: tuple[Ref, ...] | None = None
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)

    def address(self, scope: str, family: str) -> str | None:
        """The primary address of that scope and family, else the first one."""
        fitting = [a for a in self.addresses if a.scope == scope and a.family == family]
        return next((a.address for a in fitting if a.primary), fitting[0].address if fitting else None)

    @property
    def public_ipv4(self) -> str | None:
        """The main public IPv4 address."""
        return self.address("public", "ipv4")

    @property
    def public_ipv6(self) -> str | None:
        """The main public IPv6 address."""
        return self.address("public", "ipv6")

    @property
    def private_ipv4(self) -> str | None:
        """The main private IPv4 address."""
        return self.address("private", "ipv4")

    def public(self) -> dict[str, t.Any]:
        """The instance object of results and host variables: same keys always, lists and maps never null."""
        return {
            "id": self.id,
            "name": self.name,
            "provider": self.provider,
            "account": self.account,
            "region": self.region,
            "status": self.status,
            "provider_status": self.provider_status,
            "locked": self.locked,
            "rescue": self.rescue,
            "image": self.image,
            "image_id": self.image_id,
            "size": self.size,
            "cpu": self.cpu,
            "memory_mb": self.memory_mb,
            "disk_gb": self.disk_gb,
            "username": self.username,
            "public_ipv4": self.public_ipv4,
            "public_ipv6": self.public_ipv6,
            "private_ipv4": self.private_ipv4,
            "addresses": [a.public() for a in self.addresses],
            "tags": dict(sorted(self.tags.items())),
            "firewalls": [f.public() for f in sorted(self.firewalls, key=str)],
            "network": self.network,
            "network_id": self.network_id,
            "created_at": self.created_at,
            "not_read": sorted(self.not_read),
        }


@dataclass(frozen=True)
class Rdns:
    """The reverse name of one address.

    Args:
        instance: the server's id.
        hostname: None where there is none, or nobody knows it.
        verified: whether C(hostname) was seen at C(source); None where that cannot be known yet.
        source: C(api), C(dns) or C(none).
    """

    provider: str
    instance: str | None
    address: str | None
    family: str | None
    hostname: str | None = None
    verified: bool | None = False
    source: str | None = "none"

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {
            "provider": self.provider,
            "instance": self.instance,
            "address": self.address,
            "family": self.family,
            "hostname": self.hostname,
            "verified": self.verified,
            "source": self.source,
        }


@dataclass(frozen=True)
class Firewall:
    """A set of rules that servers can have.

    C(network) is the id of the network it belongs to, where it belongs to one. C(standard) says that the provider made it
    for whatever has no firewall of its own. C(facts) is the driver's own notebook.
    """

    provider: str
    id: str | None
    name: str | None
    description: str | None = None
    region: str | None = None
    network: str | None = None
    rules: tuple[firewall_rules.Rule, ...] = ()
    instances: tuple[Ref, ...] = ()
    standard: bool = False
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {
            "provider": self.provider,
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "region": self.region,
            "network": self.network,
            "rules": firewall_rules.public(self.rules),
            "instances": [ref.public() for ref in sorted(self.instances, key=str)],
        }


CREATING = "creating"
READY = "ready"
RESTORING = "restoring"


@dataclass(frozen=True)
class Part:
    """One volume's part of a backup."""

    id: str | None
    volume: str | None

    def public(self) -> dict[str, str | None]:
        """The form users see."""
        return {"id": self.id, "volume": self.volume}


@dataclass(frozen=True)
class Backup:
    """A backup of a server.

    Args:
        instance: the server's id.
        status: C(creating), C(ready), C(restoring), C(error); C(absent) after a deletion.
        created_at: ISO 8601 in UTC, by the provider's clock.
        own: whether this collection made it, which only a mark tells.
        run: the mark of the run that made it, where the provider keeps one.
        whole: whether it is of all that the server has, not of one of its volumes that somebody saved.
        facts: the driver's own notebook.
    """

    provider: str
    id: str | None
    instance: str | None
    name: str | None = None
    status: str = READY
    provider_status: str | None = None
    created_at: str | None = None
    size_gb: int | None = None
    parts: tuple[Part, ...] = ()
    own: bool = False
    run: str | None = None
    whole: bool = True
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {
            "provider": self.provider,
            "id": self.id,
            "name": self.name,
            "instance": self.instance,
            "status": self.status,
            "provider_status": self.provider_status,
            "created_at": self.created_at,
            "size_gb": self.size_gb,
            "parts": [part.public() for part in self.parts],
        }


@dataclass(frozen=True)
class Schedule:
    """Backups of a server that the provider makes by itself.

    Args:
        instance: the server's id; None for a schedule of that name that does not cover it at all.
        cron: five fields as C(_core/schedule.py) spells them out, UTC; or C(every), in seconds.
        keep: how many backups stay; the oldest goes.
        covers: whether it is about all that it should back up (a disk that was attached later may be missing).
        facts: the driver's own notebook.
    """

    provider: str
    id: str | None
    name: str | None
    instance: str | None
    cron: str | None = None
    every: int | None = None
    keep: int | None = None
    paused: bool = False
    covers: bool = True
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {
            "provider": self.provider,
            "id": self.id,
            "name": self.name,
            "instance": self.instance,
            "cron": self.cron,
            "every": schedule_times.span(self.every) if self.every else None,
            "keep": self.keep,
            "paused": self.paused,
        }


@dataclass(frozen=True)
class Outcome:
    """What an awaited operation brought: the id of what it made, and credentials if it made some."""

    instance_id: str | None = None
    credentials: t.Mapping[str, str | None] | None = None


DONE = Outcome()
