# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running tasks in-process against the simulator, over real HTTP, without waiting: sleeping moves both clocks.

C(Controller) is one controller. A task is run through the runner, as both doors do it; requests are counted by the simulator.
"""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec, _runner
from ansible_collections.polyhost.cloud.plugins.module_utils._actions import (
    address,
    backup,
    catalog,
    console,
    dedicated,
    figures,
    firewall,
    fleet,
    instance,
    instance_info,
    interface,
    name_template,
    rdns,
    smtp_filter,
    software,
    ssh_key,
    volume,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

PROVIDERS = ("hostwinds", "civo", "gcore", "hosterapi")

# What creates a server at each provider, and nothing more than that.
CREATE: dict[str, dict[str, t.Any]] = {
    "hostwinds": {"region": "1", "image": "img-debian-12", "size": "2"},
    "civo": {"region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]},
    "gcore": {"region": "4", "image": "ubuntu-22.04-x64", "size": "g2-standard-1-2"},
    "hosterapi": {"image": "Debian12.0", "cpu": 2, "memory_mb": 2048, "disk_gb": 20},
}
MODULES: dict[str, tuple[_runner.Action | _runner.Many, _argspec.Spec]] = {
    "fleet": (fleet.fleet, _argspec.FLEET),
    "instance": (instance.instance, _argspec.INSTANCE),
    "instance_info": (instance_info.instance_info, _argspec.INSTANCE_INFO),
    "rdns": (rdns.rdns, _argspec.RDNS),
    "rdns_info": (rdns.rdns_info, _argspec.RDNS_INFO),
    "firewall": (firewall.firewall, _argspec.FIREWALL),
    "firewall_info": (firewall.firewall_info, _argspec.FIREWALL_INFO),
    "backup": (backup.backup, _argspec.BACKUP),
    "backup_info": (backup.backup_info, _argspec.BACKUP_INFO),
    "catalog_info": (catalog.catalog_info, _argspec.CATALOG_INFO),
    "address": (address.address, _argspec.ADDRESS),
    "address_info": (address.address_info, _argspec.ADDRESS_INFO),
    "volume": (volume.volume, _argspec.VOLUME),
    "volume_info": (volume.volume_info, _argspec.VOLUME_INFO),
    "interface": (interface.interface, _argspec.INTERFACE),
    "interface_info": (interface.interface_info, _argspec.INTERFACE_INFO),
    "smtp_filter": (smtp_filter.smtp_filter, _argspec.SMTP_FILTER),
    "smtp_filter_info": (smtp_filter.smtp_filter_info, _argspec.SMTP_FILTER_INFO),
    "dedicated": (dedicated.dedicated, _argspec.DEDICATED),
    "dedicated_info": (dedicated.dedicated_info, _argspec.DEDICATED_INFO),
    "software": (software.software, _argspec.SOFTWARE),
    "software_info": (software.software_info, _argspec.SOFTWARE_INFO),
    "console": (console.console, _argspec.CONSOLE),
    "metrics_info": (figures.metrics_info, _argspec.METRICS_INFO),
    "quota_info": (figures.quota_info, _argspec.QUOTA_INFO),
    "ssh_key": (ssh_key.ssh_key, _argspec.SSH_KEY),
    "ssh_key_info": (ssh_key.ssh_key_info, _argspec.SSH_KEY_INFO),
    "name_template": (name_template.name_template, _argspec.NAME_TEMPLATE),
    "name_template_info": (name_template.name_template_info, _argspec.NAME_TEMPLATE_INFO),
}
LEAST_SLEEP = 1e-6  # seconds; real time never stands still, and a sum of floats may miss a deadline by less than it can add
ORDER = {"hostwinds": "add_instance", "civo": "instances.create", "gcore": "instances.create", "hosterapi": "server_create"}


class VirtualClock(Clock):
    """Time that passes only by sleeping, in the simulator as well."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._now = 0.0

    def now(self) -> float:
        """Monotonic seconds."""
        return self._now

    def epoch(self) -> float:
        """Seconds since 1970, as the simulator sees them."""
        return self._simulator.clock.now()

    def sleep(self, seconds: float) -> None:
        """Pass time."""
        passed = max(LEAST_SLEEP, seconds)
        self._now += passed
        self._simulator.clock.advance(passed)


class Controller:
    """A controller in front of a simulator with a virtual clock.

    Args:
        simulator: with C(virtual_clock=True).
        folder: for cache and ledger.
    """

    def __init__(self, simulator: Simulator, folder: t.Any) -> None:
        self.simulator = simulator
        self.ledger = str(folder / "ledger.json")
        self.environ = {**simulator.environment(), "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
        self.clock = VirtualClock(simulator)

    def run(
        self, action: _runner.Action | _runner.Many | None, spec: _argspec.Spec, *, check: bool = False, writes: bool = False, **options: t.Any
    ) -> _runner.Reply:
        """Run a task with the defaults of its argument spec."""
        unknown = set(options) - set(spec)
        if unknown:
            raise ValueError(f"no such options: {sorted(unknown)}")
        values = {name: options.get(name, about.get("default")) for name, about in spec.items()}
        task = _runner.Task(values, self.environ, check_mode=check, diff=True, verbosity=3, clock=self.clock)
        return _runner.run(action, task, writes=writes)

    def task(self, module: str, provider: str, *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Run one of MODULES; HosterAPI gets the ledger, and nobody a rate limit, unless told otherwise."""
        action, spec = MODULES[module]
        defaults: dict[str, t.Any] = {"rate_limit": 0.0}
        if provider == "hosterapi":
            defaults["ledger"] = self.ledger
        return self.run(action, spec, check=check, writes=not module.endswith("_info"), provider=provider, **{**defaults, **options})

    def instance(self, provider: str, *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Run C(vps_instance)."""
        return self.task("instance", provider, check=check, **options)

    def rdns(self, provider: str, *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Run C(vps_rdns)."""
        return self.task("rdns", provider, check=check, **options)

    def firewall(self, provider: str, *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Run C(vps_firewall)."""
        return self.task("firewall", provider, check=check, **options)

    def backup(self, provider: str, *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Run C(vps_backup)."""
        return self.task("backup", provider, check=check, **options)

    def create(self, provider: str, name: str = "web1", *, check: bool = False, **options: t.Any) -> _runner.Reply:
        """Converge a server of that name with what creating needs."""
        return self.instance(provider, check=check, name=name, **{**CREATE[provider], **options})

    def made(self, provider: str, name: str = "web1", **options: t.Any) -> dict[str, t.Any]:
        """A server that exists; the request log starts after it.

        Raises:
            AssertionError: it could not be made.
        """
        reply = self.create(provider, name, **options)
        if reply.result.get("failed"):
            raise AssertionError(reply.result)
        self.simulator.clear_log()
        instance: dict[str, t.Any] = reply.result["instance"]
        return instance

    def info(self, provider: str, **options: t.Any) -> _runner.Reply:
        """Run C(vps_instance_info)."""
        return self.task("instance_info", provider, **options)

    def calls(self, provider: str) -> list[str]:
        """The operations asked of a provider since the log was cleared."""
        return self.simulator.calls(provider)

    def writes(self, provider: str) -> list[str]:
        """Those of them that write."""
        return self.simulator.writes(provider)

    def servers(self, provider: str) -> list[dict[str, t.Any]]:
        """The servers that exist at the provider."""
        return self.simulator[provider].instances()
