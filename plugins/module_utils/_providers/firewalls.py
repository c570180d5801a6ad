# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of firewalls: what a provider that has them implements.

Reads return complete lists or raise. A verb that writes sends its call when it is called, once; None means done at once.
"""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass, replace

from .._core.errors import OptionError
from .._core.model import Firewall, Instance, Ref
from .._core.rules import DENY, GROUP, Difference, Rule, lines
from .._core.wait import Operation
from .verbs import D, Verbs


@dataclass(frozen=True)
class NewFirewall:
    """A firewall to be made; names resolved, input checked.

    C(region) is where, as results show it; C(network) the id of the network, where a firewall belongs to one.
    """

    name: str
    region: str | None
    description: str | None
    network: str | None
    rules: tuple[Rule, ...]
    unknown: tuple[str, ...] = ()  # names that do not exist (yet); only check mode goes on with them


class FirewallVerbs(Verbs[D]):
    """The verbs of a provider's firewalls."""

    lists_users: t.ClassVar[bool] = True  # whether it can be asked which servers have a firewall
    exclusive: t.ClassVar[bool] = False  # whether a server has exactly one, so that taking it away means giving another one

    # -- options ----------------------------------------------------------------------------------------------------

    def check_name(self, name: str) -> None:
        """Refuse a name that the provider would refuse.

        Raises:
            OptionError: says what a name may be. Sends nothing.
        """

    def spell(self, rules: t.Sequence[Rule]) -> tuple[Rule, ...]:
        """The wanted rules as the provider will show them, so that they can be compared; sends nothing.

        Raises:
            OptionError: the provider cannot have such a rule.
            UnsupportedError: it cannot deny.
        """
        for rule in rules:
            if rule.action == DENY:
                self.driver.require("firewall", "deny")
            if rule.peer.startswith(GROUP):
                self.driver.require("firewall", "groups")
        return tuple(rules)

    def is_called(self, firewall: Firewall, name: str) -> bool:
        """Whether a name beside an id is the firewall's own."""
        return firewall.name == name

    def refused(self, rule: Rule, why: str, hint: str) -> OptionError:
        """The failure for a rule that the provider cannot have."""
        return OptionError(f"rules: '{lines([replace(rule, description=None)])[0]}': {why}", hint=hint, option="rules")

    # -- reads ------------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def find(self, name: str | None, firewall_id: str | None, network: str | None) -> list[Firewall]:
        """Every firewall of exactly this name, or of this id, with its rules; by name of one network where it is given (name or id).

        An empty result is proof of absence: region and project were shown to exist, and all pages were read. C(instances) is not filled in.
        """

    @abc.abstractmethod
    def list_all(self) -> list[Firewall]:
        """Every firewall in the scope of the connection, with rules."""

    @abc.abstractmethod
    def users(self, firewall: Firewall, among: t.Sequence[Instance]) -> tuple[Ref, ...]:
        """The servers that have this firewall, if only on one port: all of them, or where the provider cannot list them those of C(among)."""

    def partly(self, firewall: Firewall, wanted: t.Collection[str]) -> frozenset[str]:
        """The ids of those C(wanted) servers (names or ids) that C(users) told of last and that have it on some of their ports only."""
        return frozenset()

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, name: str, description: str | None, network: str | None, rules: t.Sequence[Rule]) -> NewFirewall:
        """Resolve and check everything that a create needs, with reads only.

        Raises:
            OptionError: an option is missing or wrong, or names nothing.
            UnsupportedError: firewalls cannot be made here.
        """
        raise self.driver.unsupported("firewall.present")

    def create(self, new: NewFirewall) -> Operation | None:
        """Make it with its rules and no others, once; never open (the contracts say what is sent for no rules at all)."""
        raise self.driver.unsupported("firewall.present")

    def rename(self, firewall: Firewall, name: str) -> Operation | None:
        """Give it another name."""
        raise self.driver.unsupported("firewall.rename")

    def describe(self, firewall: Firewall, description: str) -> Operation | None:
        """Give it another description."""
        raise self.driver.unsupported("firewall.description")

    def set_rules(self, firewall: Firewall, change: Difference) -> Operation | None:
        """Carry out a difference. No connection that is allowed before and after is refused in between: what is added comes first."""
        raise self.driver.unsupported("firewall.rules")

    def check_attach(self, firewall: Firewall, instance: Instance) -> Ref | None:
        """Refuse what cannot work (another network, a doubled name); reads only.

        Returns:
            The firewall that the server loses by it, where it can have only one.

        Raises:
            OptionError: says why.
        """
        return None

    @abc.abstractmethod
    def attach(self, firewall: Firewall, instance: Instance) -> Operation | None:
        """Let a server have it, on all its ports."""

    def check_detach(self, firewall: Firewall) -> None:
        """Refuse to take it away where that cannot work (a doubled name); reads only.

        Raises:
            VpsError: says why.
        """

    def detach(self, firewall: Firewall, instance: Instance, instead: Firewall | None) -> Operation | None:
        """Take it from a server; where a server always has one, C(instead) is what it gets."""
        raise self.driver.unsupported("firewall.purge_instances")

    def check_removal(self, firewall: Firewall) -> None:
        """Refuse to delete what something else than servers has, before it is taken from any server; sends nothing.

        Raises:
            ConflictError: says what has it.
        """

    def delete(self, firewall: Firewall) -> Operation | None:
        """Delete it; nobody has it any more."""
        raise self.driver.unsupported("firewall.absent")
