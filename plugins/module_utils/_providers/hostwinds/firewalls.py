# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall profiles: made in the panel, read and assigned here (contract section 11)."""

from __future__ import annotations

import typing as t

from ..._core.errors import NotFoundError, UnsupportedError
from ..._core.model import Firewall, Instance, Ref
from ..._core.normalise import text
from ..._core.rules import Rule
from ..._core.wait import Operation
from ..firewalls import FirewallVerbs, NewFirewall
from . import mapping
from .api import TITLE, Row

if t.TYPE_CHECKING:
    from .driver import HostwindsDriver


class Profiles(FirewallVerbs["HostwindsDriver"]):
    """Named profiles, of which a server has one; nobody can be asked which servers have a profile."""

    lists_users = False
    exclusive = True

    def __init__(self, driver: HostwindsDriver) -> None:
        super().__init__(driver)
        self._assigned: dict[str, Row] = {}  # by server, what C(users) read last

    def find(self, name: str | None, firewall_id: str | None, network: str | None) -> list[Firewall]:
        """By id; by name as an instance's C(firewalls) are found: exactly, else by the end of the name."""
        if firewall_id is not None:
            return [profile for profile in self.list_all() if profile.id == firewall_id]
        return self.driver.catalogue.fitting(str(name))

    def is_called(self, firewall: Firewall, name: str) -> bool:
        """The end of the name is enough, as where it is looked up by it."""
        return str(firewall.name).endswith(name)

    def list_all(self) -> list[Firewall]:
        """Every profile of the account."""
        return self.driver.catalogue.firewalls()

    def users(self, firewall: Firewall, among: t.Sequence[Instance]) -> tuple[Ref, ...]:
        """Those servers whose profile, read anew, bears this name."""
        asked = {str(instance.id): instance for instance in among}
        self._assigned.update({instance_id: self._read(instance_id) for instance_id in asked})
        return tuple(Ref(each.id, each.name) for key, each in asked.items() if self._is(firewall, self._assigned[key]))

    def _is(self, firewall: Firewall, assigned: Row) -> bool:
        """Whether a server's profile is this one: by its name, and where that is doubled by its id too."""
        same = text(assigned.get("name")) == firewall.name
        return same and (len(self.driver.catalogue.namesakes(str(firewall.name))) < 2 or text(assigned.get("id")) == firewall.id)

    def _read(self, instance_id: str) -> Row:
        try:
            return self.driver.api.firewall_profile(instance_id)
        except NotFoundError as exc:
            exc.hint = "instances: give the name or id of an existing server of this account; a number is always an id."
            raise

    def plan_new(self, name: str, description: str | None, network: str | None, rules: t.Sequence[Rule]) -> NewFirewall:
        """No profile can be made.

        Raises:
            UnsupportedError: tells the names that there are.
        """
        refusal = self.driver.unsupported("firewall.present")
        known = ", ".join(sorted(str(profile.name) for profile in self.list_all())) or "none"
        raise UnsupportedError(f"{TITLE} has no firewall profile {name!r}, and makes none by API", hint=f"{refusal.hint} There: {known}.", **refusal.facts)

    def check_attach(self, firewall: Firewall, instance: Instance) -> Ref | None:
        """The profile that the server loses."""
        self.driver.catalogue.refuse_doubled(str(firewall.name), "id")
        assigned = self._assigned[str(instance.id)]
        return mapping.profile(assigned) if assigned else None

    def attach(self, firewall: Firewall, instance: Instance) -> Operation | None:
        """Assign it by its full name, which takes the place of the one before."""
        return self.driver.set_firewalls(instance, [Ref(firewall.id, firewall.name)])
