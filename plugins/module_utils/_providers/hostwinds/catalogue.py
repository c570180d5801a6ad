# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Hostwinds can list: plans with their prices, and firewall profiles; each list is fetched once a task."""

from __future__ import annotations

import typing as t

from ..._core.errors import OptionError
from ..._core.model import Ref
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
        self._profiles: list[Ref] | None = None

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

    def profiles(self) -> list[Ref]:
        """The firewall profiles of the account."""
        if self._profiles is None:
            self._profiles = [mapping.profile(row) for row in self._api.firewall_profiles()]
        return self._profiles

    def profile(self, wanted: str) -> Ref:
        """A profile by its exact name or id, else the only one whose name ends like that: created ones carry a prefix (section 11).

        Raises:
            OptionError: none fits, or several.
        """
        profiles = self.profiles()
        exact = [ref for ref in profiles if ref.name == wanted] or [ref for ref in profiles if ref.id == wanted]
        fitting = exact or [ref for ref in profiles if str(ref.name).endswith(wanted)]
        if len(fitting) > 1:
            names = sorted(str(ref.name) for ref in fitting)
            raise OptionError(f"firewalls: {wanted!r} fits several profiles at Hostwinds: {', '.join(names)}", hint="Give the full name.", option="firewalls")
        if not fitting:
            raise self._missing("firewalls", wanted, "the account", [ref.name for ref in profiles])
        return fitting[0]
