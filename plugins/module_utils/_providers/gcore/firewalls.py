# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security groups as firewalls (contract section 7, readings 15 to 17)."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from ..._core.errors import AmbiguousError, ConflictError, NotFoundError, OptionError
from ..._core.model import ABSENT, DONE, Firewall, Instance, Outcome, Ref
from ..._core.normalise import text
from ..._core.rules import GROUP, Difference, Rule
from ..._core.wait import Operation
from ..base import UUID
from ..firewalls import FirewallVerbs, NewFirewall
from ..openstack import is_protocol
from . import mapping
from .api import GROUP_CREATE, GROUP_DELETE, GROUP_UPDATE, GROUP_USERS, SECURITY_GROUP, SECURITY_GROUPS, TITLE, Row
from .tasks import CREATES_GROUP, Task

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

MAX_RULES = 250
MAX_DESCRIPTION = 255  # characters, of a rule
_PEER = re.compile(rf"(?P<id>{UUID.pattern})(?P<v6>{mapping.GROUP_V6})?")
_HOLDER = re.compile(rf"\btask\W+({UUID.pattern})", re.IGNORECASE)

Sent = t.TypeVar("Sent")


class SecurityGroups(FirewallVerbs["GcoreDriver"]):
    """Security groups: per project and region, not unique by name, and only allowing."""

    def __init__(self, driver: GcoreDriver) -> None:
        super().__init__(driver)
        self.api = driver.api
        self.scope = driver.scope
        self.tasks = driver.tasks
        self._homes: dict[str, str] = {}  # the regions that groups were seen in, by id
        self._counts: dict[tuple[str, str], int] = {}  # how many groups have a name, by region and name, as read last
        self._users: dict[str | None, list[Instance]] = {}  # who has a group, as read last

    # -- options ----------------------------------------------------------------------------------------------------

    def spell(self, rules: t.Sequence[Rule]) -> tuple[Rule, ...]:
        """The rules, with ids of groups as they are shown; too many rules, long descriptions and what is no protocol are refused."""
        spelt = tuple(self._spelt(rule) for rule in super().spell(rules))
        if len(spelt) > MAX_RULES:
            raise OptionError(
                f"rules: {TITLE} takes up to {MAX_RULES} rules, each with one network; these are {len(spelt)}",
                hint="Join networks or ports, or use several firewalls.",
                option="rules",
            )
        for rule in spelt:
            if not is_protocol(rule.protocol):
                raise self.refused(rule, "there is no such protocol", "Write tcp, udp, icmp or any.")
            if len(rule.description or "") > MAX_DESCRIPTION:
                raise self.refused(rule, f"its description has {len(rule.description or '')} characters", f"At most {MAX_DESCRIPTION}.")
        return spelt

    def _spelt(self, rule: Rule) -> Rule:
        if not rule.peer.startswith(GROUP):
            return rule
        spelt = _PEER.fullmatch(rule.peer.removeprefix(GROUP))
        if spelt is None:
            raise self.refused(rule, f"{TITLE} knows groups by id", "Write group:3addc7a1-e926-46da-b5a2-eb4b2f935230, with /ipv6 behind it for IPv6.")
        return replace(rule, peer=f"{GROUP}{spelt['id'].lower()}{spelt['v6'] or ''}")

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, name: str | None, firewall_id: str | None, network: str | None) -> list[Firewall]:
        """By name in the region, or in all; where there is none, one that is being made is waited for, so that it is not made twice."""
        if firewall_id is not None:
            found = self._get(firewall_id)
            return [found] if found else []
        wanted = str(name)
        return self._named(wanted) or (self._named(wanted) if self._awaited(wanted) else [])

    def _named(self, name: str) -> list[Firewall]:
        return [group for region in self.scope.searched() for group in self._alike(region, name)]

    def _alike(self, region: str, name: str) -> list[Firewall]:
        """The groups of exactly this name in a region."""
        found = [group for group in self._listed(region, {"name": name}) if group.name == name]
        self._counts[region, name] = len(found)
        return found

    def _awaited(self, name: str) -> bool:
        """Whether a create of that name was under way; it has ended by now, however."""
        pending = self._under_way(name, self.scope.region())
        for task in pending:
            self.driver.context.waiter.wait(self.tasks.release(task.id, f"security group {name}"), self.driver.context.deadline)
        return bool(pending)

    def _under_way(self, name: str, region: str | None) -> list[Task]:
        return self.tasks.unfinished_creates(self.scope.project(), region, name, CREATES_GROUP)

    def list_all(self) -> list[Firewall]:
        """Every group of the region, or of all active regions."""
        return [group for region in self.scope.searched() for group in self._listed(region)]

    def _listed(self, region: str, query: t.Mapping[str, str] | None = None) -> list[Firewall]:
        return [self._firewall(row, region) for row in self.scope.pages(SECURITY_GROUPS, region, query)]

    def _get(self, group_id: str) -> Firewall | None:
        if not UUID.fullmatch(group_id):
            raise OptionError(f"id: {group_id!r} is no id of {TITLE}", hint="Ids look like 3addc7a1-e926-46da-b5a2-eb4b2f935230.", option="id")
        home = self._homes.get(group_id)
        if home is not None:
            return self._get_in(home, group_id)
        return self.scope.search(group_id, lambda region: self._get_in(region, group_id), _label)

    def _get_in(self, region: str, group_id: str) -> Firewall | None:
        try:
            return self._firewall(self.api.ask(SECURITY_GROUP, self.scope.path(region, group_id=group_id)), region)
        except NotFoundError:
            return None

    def _firewall(self, row: Row, region: str) -> Firewall:
        found = mapping.firewall_of(row, region)
        self._homes[str(found.id)] = region
        return found

    def users(self, firewall: Firewall, among: t.Sequence[Instance]) -> tuple[Ref, ...]:
        """Every server with a port that has it."""
        try:
            rows = self.api.everything(GROUP_USERS, self._path(firewall))
        except NotFoundError:
            rows = []  # a group that is gone is nobody's
        servers = [self.driver.seen(row, str(firewall.region)) for row in rows]
        self._users[firewall.id] = [server for server in servers if server.status != ABSENT]
        return tuple(Ref(server.id, server.name) for server in self._users[firewall.id])

    def partly(self, firewall: Firewall, wanted: t.Collection[str]) -> frozenset[str]:
        """Only servers that may have several ports, as they have not just one fixed address, are asked for them."""
        asked = [server for server in self._users.get(firewall.id, ()) if {server.id, server.name} & {*wanted} and not server.facts["one_port"]]
        return frozenset(str(server.id) for server in asked if self.driver.port_groups.lacks(server, _ref(firewall)))

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, name: str, description: str | None, network: str | None, rules: t.Sequence[Rule]) -> NewFirewall:
        """A group needs a region and a name."""
        region = self.scope.required("a firewall")
        return NewFirewall(name, region, description, None, tuple(rules))

    def create(self, new: NewFirewall) -> Operation | None:
        """Always with C(rules): left out they allow everything (H3)."""
        body = {"name": new.name, "rules": [mapping.rule_row(rule) for rule in new.rules]}
        if new.description is not None:
            body["description"] = new.description
        task_ids = self.api.tasks(GROUP_CREATE, self.scope.path(str(new.region)), body=body)

        def check() -> Outcome | None:
            """Done when nobody else makes one of that name either: two would show in the look that follows."""
            rivals = [self.tasks.release(task.id, f"security group {new.name}") for task in self._under_way(new.name, new.region)]
            return DONE if all(rival.check() for rival in rivals) else None

        creation = self.driver.operation(f"creation of security group {new.name} at {TITLE}", check)
        return self.tasks.then(creation, task_ids) if task_ids else None

    def rename(self, firewall: Firewall, name: str) -> Operation | None:
        """Rename it."""
        return self._update(firewall, "rename", {"name": name})

    def describe(self, firewall: Firewall, description: str) -> Operation | None:
        """Describe it."""
        return self._update(firewall, "description", {"description": description})

    def set_rules(self, firewall: Firewall, change: Difference) -> Operation | None:
        """One call replaces the whole set, so nothing is closed in between."""
        return self._update(firewall, "rules", {}, change)

    def _update(self, firewall: Firewall, what: str, fields: t.Mapping[str, str], change: Difference | None = None) -> Operation | None:
        """Change it; the set of rules as it is now goes along, since what a set does not name is removed (H3)."""

        def send() -> list[str]:
            row = self.api.ask(SECURITY_GROUP, self._path(firewall))
            rules = mapping.changed_rules(row, change or Difference((), (), ()))
            return self.api.tasks(GROUP_UPDATE, self._path(firewall), body={**fields, "rules": rules})

        return self._finished(f"{what} of {_label(firewall)}", self._when_free(firewall, send))

    def check_attach(self, firewall: Firewall, instance: Instance) -> Ref | None:
        """Refuse a server of another region, one that heeds no groups, and a doubled name (reading 17)."""
        if instance.region != firewall.region:
            raise OptionError(
                f"instances: {self.driver.label(instance)} is in region {instance.region}, {_label(firewall)} in {firewall.region}",
                hint="A firewall works in its own region only; make one of the same name there.",
                option="instances",
            )
        if firewall.id is not None:
            self._refuse_doubles(firewall)
        self.driver.port_groups.check(instance)
        return None

    def check_detach(self, firewall: Firewall) -> None:
        """Refuse a doubled name (reading 17)."""
        self._refuse_doubles(firewall)

    def _refuse_doubles(self, firewall: Firewall) -> None:
        region, name = str(firewall.region), str(firewall.name)
        if self._counts.get((region, name)) == 1:
            return
        ids = sorted(str(each.id) for each in self._alike(region, name))
        if len(ids) > 1:
            raise AmbiguousError(
                f"{TITLE} has {len(ids)} security groups named {firewall.name} in region {firewall.region}, and assigns them by name: {', '.join(ids)}",
                hint="Rename all but one of them by id.",
                ids=ids,
            )

    def attach(self, firewall: Firewall, instance: Instance) -> Operation | None:
        """Add it to the ports that lack it, at once."""
        self.driver.port_groups.add(instance, _ref(firewall))
        return None

    def detach(self, firewall: Firewall, instance: Instance, instead: Firewall | None) -> Operation | None:
        """Take it from all ports, at once."""
        self.driver.port_groups.remove(instance, _ref(firewall))
        return None

    def delete(self, firewall: Firewall) -> Operation | None:
        """Delete it, at once."""
        try:
            self._when_free(firewall, lambda: self.api.ask(GROUP_DELETE, self._path(firewall)))
        except NotFoundError:
            pass
        return None

    # -- sending ----------------------------------------------------------------------------------------------------

    def _path(self, firewall: Firewall) -> dict[str, str]:
        return self.scope.path(str(firewall.region), group_id=str(firewall.id))

    def _finished(self, what: str, task_ids: t.Sequence[str]) -> Operation | None:
        """Await all tasks; without any, nothing is left to be done (reading 6)."""
        return self.tasks.then(self.driver.operation(f"{what} at {TITLE}", lambda: DONE), task_ids) if task_ids else None

    def _when_free(self, firewall: Firewall, send: t.Callable[[], Sent]) -> Sent:
        """Send a change; while a task holds the group, wait for it first. Groups do not show their task, refusals name it (reading 9)."""

        def holder(refusal: ConflictError) -> str | None:
            named = _HOLDER.search(refusal.message)
            return named[1] if named else text(self.api.ask(SECURITY_GROUP, self._path(firewall)).get("task_id"))

        return self.tasks.when_free(send, holder, f"security group {firewall.name}")


def _ref(firewall: Firewall) -> Ref:
    return Ref(firewall.id, firewall.name)


def _label(firewall: Firewall) -> str:
    return f"security group {firewall.name} ({firewall.id or 'to be made'})"
