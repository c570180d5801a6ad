# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls at Civo (section 5): sets of rules in a network, of which every server there has exactly one."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConflictError, NotAppliedError, NotFoundError, OptionError, OutcomeUnknownError
from ..._core.model import DELETING, DONE, Firewall, Instance, Outcome, Ref
from ..._core.normalise import integer, text
from ..._core.rules import ANY, ICMP, LAST_PORT, TCP, UDP, Difference, Rule, canonical
from ..._core.wait import Operation
from ..base import UUID
from ..firewalls import FirewallVerbs, NewFirewall
from . import api, mapping
from .account import Account
from .api import Row
from .ordering import region_for

if t.TYPE_CHECKING:
    from .driver import CivoDriver

ASSIGNED_SECONDS = 30.0  # how long an accepted assignment may take to show (section 5.3)


class CivoFirewalls(FirewallVerbs["CivoDriver"]):
    """The verbs of Civo's firewalls."""

    exclusive = True

    def __init__(self, driver: CivoDriver, account: Account) -> None:
        super().__init__(driver)
        self._civo = account
        self._home: dict[str, str] = {}  # the region in which an id was seen
        self._servers: dict[str, list[Instance]] = {}  # by region, as old as the last look at its firewalls

    # -- options ----------------------------------------------------------------------------------------------------

    def spell(self, rules: t.Sequence[Rule]) -> tuple[Rule, ...]:
        """There is no C(any) here, no type of ICMP messages, and no way to say no ports but all of them (section 5.1)."""
        spelt: list[Rule] = []
        for rule in super().spell(rules):
            if rule.protocol not in (TCP, UDP, ICMP, ANY):
                raise self.refused(rule, f"{api.TITLE} knows tcp, udp and icmp", "Use one of them, or any, which stands for all three.")
            if rule.protocol == ICMP and rule.low is not None:
                raise self.refused(rule, f"{api.TITLE} does not tell types of icmp messages apart", "Leave ports out, which means all of them.")
            low, high = (None, None) if (rule.low, rule.high) == (1, LAST_PORT) else (rule.low, rule.high)
            protocols = (TCP, UDP, ICMP) if rule.protocol == ANY else (rule.protocol,)
            spelt += [Rule(rule.direction, protocol, low, high, rule.peer, rule.action, rule.description) for protocol in protocols]
        return canonical(spelt)

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, name: str | None, firewall_id: str | None, network: str | None) -> list[Firewall]:
        """By name in the region of the connection, else in all of them; an id that another region has is told, not taken for absent (H1)."""
        if firewall_id is None:
            return [each for region in self._civo.scope() for each in self._in(region, network, lambda row: row.get("name") == name)]
        home = self._home.get(firewall_id)
        for region in [home] if home else self._civo.scope():
            found = self._in(region, network, lambda row: row["id"] == firewall_id, anywhere=True)
            if found:
                return found
        if home is None and self._civo.region:
            self._refuse_elsewhere(firewall_id, self._civo.region)
        return []

    def list_all(self) -> list[Firewall]:
        """Every firewall of the region, or of all regions."""
        return [each for region in self._civo.scope() for each in self._in(region, None, lambda row: True, named=True)]

    def _refuse_elsewhere(self, firewall_id: str, region: str) -> None:
        code = str(self._civo.prove(region)["code"])
        for other in self._civo.usable():
            if other != code and any(row["id"] == firewall_id for row in self._listed(other)):
                raise self._civo.elsewhere(f"The firewall with id {firewall_id} at {api.TITLE}", firewall_id, other, code)

    def _in(self, region: str, network: str | None, fits: t.Callable[[Row], bool], *, anywhere: bool = False, named: bool = False) -> list[Firewall]:
        """The firewalls of a region that fit.

        Args:
            network: label or id; only those in it, unless C(anywhere).
            named: tell the labels of their networks, which takes another list.
        """
        rows = [row for row in self._listed(region) if fits(row)]
        by_label = network is not None and not UUID.fullmatch(network)
        labels = mapping.names(self._civo.networks(region), "label") if rows and (named or by_label) else {}
        found = []
        for row in rows:
            label = labels.get(str(text(row.get("network_id"))))
            if anywhere or network in (None, text(row.get("network_id")), label):
                self._home[str(row["id"])] = region
                found.append(mapping.firewall(row, self._rules_of(row, region), self._civo.code(region), label))
        return found

    def _listed(self, region: str) -> list[Row]:
        self._servers.pop(self._civo.code(region), None)
        rows = self._civo.reread(api.FIREWALLS, region)
        if not rows:
            self._civo.prove(region)
        return rows

    def _rules_of(self, row: Row, region: str) -> list[Row]:
        """The rules of a firewall, which a list may leave out."""
        inlined = row.get("rules")
        if isinstance(inlined, list) and integer(row.get("rules_count")) in (None, len(inlined)) and all(isinstance(rule, dict) for rule in inlined):
            return inlined
        return self.rule_rows(str(row["id"]), region)

    def rule_rows(self, firewall_id: str, region: str) -> list[Row]:
        """The rules of a firewall as they are listed."""
        return api.rows(self._civo.send(api.RULES, region, path={"firewall_id": firewall_id}))

    def users(self, firewall: Firewall, among: t.Sequence[Instance]) -> tuple[Ref, ...]:
        """From the list of servers, which has the firewall of each; C(instance_count) is a number without a promise of its age."""
        return tuple(Ref(each.id, each.name) for each in self._residents(firewall) if each.status != DELETING)

    def _residents(self, firewall: Firewall) -> list[Instance]:
        region = str(firewall.region)
        if region not in self._servers:
            self._servers[region] = self.driver.in_region(region)
        return [each for each in self._servers[region] if _has(each, firewall)]

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, name: str, description: str | None, network: str | None, rules: t.Sequence[Rule]) -> NewFirewall:
        """Choose region and network; the default ones where none are named."""
        code = str(region_for(self._civo, "a firewall")["code"])
        unknown: tuple[str, ...] = ()
        try:
            network_id = text(self._civo.network(code, network)["id"])
        except OptionError as exc:
            if not (self.driver.context.check_mode and exc.facts.get("missing")):
                raise
            network_id, unknown = mapping.guessed(str(network)).id, (f"network {network}",)
        return NewFirewall(name, code, None, network_id, tuple(rules), unknown)

    def create(self, new: NewFirewall) -> Operation | None:
        """Make it with exactly its rules (reading 20). The answer proves nothing; the read after it does."""
        body = {"name": new.name, "network_id": new.network, "create_rules": False, "rules": mapping.joined(new.rules)}
        self._civo.send(api.FIREWALL_CREATE, str(new.region), body=body)
        return None

    def rename(self, firewall: Firewall, name: str) -> Operation | None:
        """Give it another name."""
        self._civo.send(api.FIREWALL_RENAME, str(firewall.region), path={"id": firewall.id}, body={"name": name})
        return None

    def set_rules(self, firewall: Firewall, change: Difference) -> Operation | None:
        """Make what is missing, then delete the rows that hold something too much: a rule cannot be changed (reading 21).

        A row with several addresses of which one goes takes the others along, so those are made anew before.
        """
        removed = {rule.key for rule in change.removed}
        labels = {rule.key: rule.description or "" for rule in change.described}

        def stays(rule: Rule) -> bool:
            label = rule.description or ""
            return rule.key not in removed and labels.get(rule.key, label) == label

        rows = {str(row["id"]): mapping.split(row) for row in self.rule_rows(str(firewall.id), str(firewall.region))}
        going = [row_id for row_id, rules in rows.items() if not all(map(stays, rules))]
        standing = [rule for row_id, rules in rows.items() if row_id not in going for rule in rules]
        moving = [rule for row_id in going for rule in rows[row_id] if stays(rule)]
        missing = [rule for rule in (*change.added, *change.described, *moving) if not _among(standing, rule)]
        for row in mapping.joined(missing):
            self._add(firewall, row)
        if missing and going and not self.driver.shows(f"rules of firewall {firewall.name}", lambda: self._shows(firewall, missing)):
            raise NotAppliedError(
                f"{api.TITLE} accepted rules of firewall {firewall.name} ({firewall.id}), but does not show them; none was deleted",
                hint="Run the task again.",
                id=firewall.id,
            )
        for row_id in going:
            self._drop(firewall, row_id)
        return None

    def _add(self, firewall: Firewall, row: Row) -> None:
        """Make one row, once; after a lost answer it is looked for, since sending it again would make a second one."""
        try:
            self._civo.send(api.RULE_CREATE, str(firewall.region), path={"firewall_id": firewall.id}, body=row)
        except OutcomeUnknownError:
            if not self.driver.shows(f"rule of firewall {firewall.name}", lambda: self._shows(firewall, mapping.split(row))):
                raise

    def _shows(self, firewall: Firewall, rules: t.Iterable[Rule]) -> bool:
        now = [rule for each in self.rule_rows(str(firewall.id), str(firewall.region)) for rule in mapping.split(each)]
        return all(_among(now, rule) for rule in rules)

    def _drop(self, firewall: Firewall, row_id: str) -> None:
        try:
            self._civo.send(api.RULE_DELETE, str(firewall.region), path={"firewall_id": firewall.id, "rule_id": row_id})
        except NotFoundError:  # somebody else was faster, or an earlier try of ours
            if self.find(None, firewall.id, None) == []:
                raise

    def check_attach(self, firewall: Firewall, instance: Instance) -> Ref | None:
        """Refuse a firewall of another region or network (section 5.3); tell which one the server has instead."""
        for place, theirs, its in (("region", firewall.region, instance.region), ("network", firewall.network, instance.network_id)):
            if theirs and its and theirs.lower() != its.lower():  # codes compare without case (section 1.2), as UUIDs do
                raise OptionError(
                    f"instances: {self.driver.label(instance)} is in the {place} {its}, and the firewall {firewall.name} in {theirs}",
                    hint=f"A server takes firewalls of its own {place} only; make one there.",
                    option="instances",
                )
        current = instance.firewalls[0] if instance.firewalls else None
        if current is None or current.id == firewall.id:
            return None
        return Ref(current.id, mapping.names(self._civo.firewalls(str(instance.region)), "name").get(str(current.id)))

    def attach(self, firewall: Firewall, instance: Instance) -> Operation | None:
        """Assign it in place of the one that the server has."""
        self.driver.set_firewalls(instance, [Ref(firewall.id, firewall.name)])
        return self._assigned(firewall, instance)

    def detach(self, firewall: Firewall, instance: Instance, instead: Firewall | None) -> Operation | None:
        """Assign C(instead), unless the server has another one by now."""
        if instead is None:
            raise self.driver.unsupported("firewall.purge_instances")
        if not _has(instance, firewall):
            return None
        self.check_attach(instead, instance)
        return self.attach(instead, instance)

    def _assigned(self, firewall: Firewall, instance: Instance) -> Operation:
        """Await an assignment by reading the server: the answer to it has three documented forms, and none is proof (section 5.3)."""
        clock = self.driver.context.waiter.clock
        latest = clock.now() + ASSIGNED_SECONDS

        def check() -> Outcome | None:
            now = self.driver.get(str(instance.id))
            if now is None:
                raise NotFoundError(f"{self.driver.label(instance)} vanished while it was given the firewall {firewall.name}", id=instance.id)
            if not _has(now, firewall) and clock.now() > latest:
                raise NotAppliedError(
                    f"{api.TITLE} accepted the firewall {firewall.name} for {self.driver.label(instance)}, but it was not applied",
                    hint="Run the task again; if it stays so, look at the server in Civo's dashboard.",
                    id=instance.id,
                )
            return DONE if _has(now, firewall) else None

        return self.driver.operation(f"assignment of firewall {firewall.name} to {self.driver.label(instance)}", check, instance_id=instance.id)

    def check_removal(self, firewall: Firewall) -> None:
        """Refuse it while clusters or load balancers have it, of which only numbers are told (section 5.1)."""
        using = ", ".join(f"{count} {kind}" for kind, count in firewall.facts["others"].items() if count)
        if using:
            raise ConflictError(
                f"The firewall {firewall.name} ({firewall.id}) at {api.TITLE} is in use by {using}, so it cannot be deleted; nothing was changed",
                hint="Give them another firewall in Civo's dashboard, or remove them, first.",
                id=firewall.id,
            )

    def delete(self, firewall: Firewall) -> Operation | None:
        """Delete it; one that is gone already is no failure, one in use is (reading 22)."""
        try:
            self._civo.send(api.FIREWALL_DELETE, str(firewall.region), path={"id": firewall.id})
        except NotFoundError:
            return None
        except ConflictError as exc:
            self._servers.clear()
            using = ", ".join(sorted(self.driver.label(each) for each in self._residents(firewall)))
            exc.hint = f"It is still used by {using}." if using else "Clusters and load balancers may use it too; see Civo's dashboard."
            raise
        return None


def _has(instance: Instance, firewall: Firewall) -> bool:
    return any(ref.id == firewall.id for ref in instance.firewalls)


def _among(rules: t.Iterable[Rule], wanted: Rule) -> bool:
    """Whether a rule is there; one whose description is not managed with any."""
    return any(rule.key == wanted.key and wanted.description in (None, rule.description or "") for rule in rules)
