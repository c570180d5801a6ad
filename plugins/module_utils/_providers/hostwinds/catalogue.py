# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Hostwinds can list: plans with their prices, and firewall profiles; each list is fetched once a task."""

from __future__ import annotations

import typing as t

from ..._core.errors import OptionError
from ..._core.model import Firewall, Ref
from . import mapping
from .api import Api

_Missing = t.Callable[[str, str, str, t.Iterable["str | None"]], OptionError]


class Catalogue:
    """The lists of one account.

    Args:
        missing: makes the error for a name that names nothing, from option, name, place and choices.
    """

    def __init__(self, api: Api, missing: _Missing) -> None:
        self._api = api
        self._missing = missing
        self._plans: dict[str | None, list[mapping.Plan]] = {}
        self._firewalls: list[Firewall] | None = None

    def plans(self, instance_id: str | None = None) -> list[mapping.Plan]:
        """The plans for new servers, or as offered to one."""
        if instance_id not in self._plans:
            self._plans[instance_id] = [mapping.plan(row) for row in self._api.price_list(instance_id)]
        return self._plans[instance_id]

    def plan(self, rid: str, instance_id: str | None = None) -> mapping.Plan:
        """The plan of that number.

        Raises:
            OptionError: there is none; names the choices.
        """
        plans = self.plans(instance_id)
        found = next((plan for plan in plans if plan.rid == rid), None)
        if found is None:
            raise self._missing("size", rid, "its price list", [plan.rid for plan in plans])
        return found

    def current_size(self, instance_id: str, *, fresh: bool = False) -> str | None:
        """The plan number of a server, None where the price list marks no single plan as current (section 9)."""
        if fresh:
            self._plans.pop(instance_id, None)
        current = [plan.rid for plan in self.plans(instance_id) if plan.current]
        return current[0] if len(current) == 1 else None

    def firewalls(self) -> list[Firewall]:
        """The firewall profiles of the account, with their rules."""
        if self._firewalls is None:
            self._firewalls = [mapping.firewall(row) for row in self._api.firewall_profiles()]
        return self._firewalls

    def profiles(self) -> list[Ref]:
        """The same, by id and name alone."""
        return [Ref(firewall.id, firewall.name) for firewall in self.firewalls()]

    def fitting(self, wanted: str) -> list[Firewall]:
        """The profiles of exactly this name, else of this id, else those whose name ends like that: created ones carry a prefix (section 11)."""
        everything = self.firewalls()
        exact = [each for each in everything if each.name == wanted] or [each for each in everything if each.id == wanted]
        return exact or [each for each in everything if str(each.name).endswith(wanted)]

    def profile(self, wanted: str) -> Ref:
        """The one profile that fits.

        Raises:
            OptionError: none fits, or several.
        """
        fitting = self.fitting(wanted)
        if len(fitting) > 1:
            names = sorted(str(each.name) for each in fitting)
            raise OptionError(f"firewalls: {wanted!r} fits several profiles at Hostwinds: {', '.join(names)}", hint="Give the full name.", option="firewalls")
        if not fitting:
            raise self._missing("firewalls", wanted, "the account", [ref.name for ref in self.profiles()])
        self.refuse_doubled(str(fitting[0].name), "firewalls")
        return Ref(fitting[0].id, fitting[0].name)

    def namesakes(self, name: str) -> list[Firewall]:
        """The profiles of exactly this name."""
        return [each for each in self.firewalls() if each.name == name]

    def refuse_doubled(self, name: str, option: str) -> None:
        """A profile is assigned by its name, so of two of one name neither can be.

        Raises:
            OptionError: names their ids.
        """
        ids = [str(each.id) for each in self.namesakes(name)]
        if len(ids) > 1:
            raise OptionError(
                f"{option}: Hostwinds has {len(ids)} profiles named {name} ({', '.join(ids)}), and assigns them by name",
                hint="Rename all but one in the Hostwinds panel.",
                option=option,
            )
