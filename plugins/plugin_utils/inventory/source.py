# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a file to a draft of its inventory: what the plugin does, without what ansible wants a plugin to be."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible.errors import AnsibleUndefinedVariable

from ...module_utils._core.errors import OptionError
from .answers import Answer
from .draft import Draft
from .expressions import Expressions, unknown_names
from .hosts import (
    MOST_NAMED,
    Host,
    check_addresses,
    check_hostnames,
    check_prefix,
    default_groups,
    hosts_of,
    ignored_name,
    listed,
    settle_names,
    wish_name,
)
from .strings import Marker


@dataclass(frozen=True)
class Presentation:
    """The options that decide how servers are shown."""

    prefix: str
    addresses: tuple[str, ...]
    hostnames: tuple[str, ...]
    duplicates: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    default_groups: bool
    groups: t.Mapping[str, t.Any]
    strict: bool

    @classmethod
    def of(cls, option: t.Callable[[str], t.Any]) -> Presentation:
        """The checked options.

        Raises:
            OptionError: one is wrong.
        """
        return cls(
            prefix=check_prefix(option("hostvars_prefix")),
            addresses=check_addresses(option("addresses")),
            hostnames=check_hostnames(option("hostnames")),
            duplicates=option("duplicate_hostnames"),
            include=tuple(option("include")),
            exclude=tuple(option("exclude")),
            default_groups=option("default_groups"),
            groups=option("groups") or {},
            strict=option("strict"),
        )


class Builder:
    """Builds the hosts of one source.

    Args:
        expressions: evaluates the conditions of the file.
        render: fills in a template of the file.
        sanitize: makes a valid group name.
        warn: shows a warning.
    """

    def __init__(
        self,
        presentation: Presentation,
        expressions: Expressions,
        render: t.Callable[[str, dict[str, t.Any]], t.Any],
        sanitize: t.Callable[[str], str],
        warn: t.Callable[[str], None],
    ) -> None:
        self._show = presentation
        self._expressions = expressions
        self._render = render
        self._sanitize = sanitize
        self._warn = warn
        self.marker = Marker()
        self._left_names: t.Mapping[str, t.Sequence[Host]] = {}

    def hosts(self, answers: t.Iterable[Answer], holder: t.Callable[[str], str | None]) -> list[Host]:
        """The hosts that are wanted, each with a name of its own.

        Args:
            holder: what has a name in the inventory already; see C(settle_names).

        Raises:
            OptionError: a condition reads what nothing defines, or fails under C(strict).
            AmbiguousError: several servers of one name.
        """
        hosts = hosts_of(answers, self._show.prefix, self._show.addresses, self.marker.mark)
        if hosts:
            self._check_conditions({*hosts[0].facts, "ansible_host"})
        hosts = [host for host in hosts if self._is_wanted(host)]
        for host in hosts:
            wish_name(host, self._show.hostnames, self._rendered)
        self._left_names = settle_names(hosts, self._show.duplicates, holder)
        self._tell(hosts)
        return hosts

    def _check_conditions(self, known: t.Collection[str]) -> None:
        for option, conditions in (("include", self._show.include), ("exclude", self._show.exclude)):
            for condition in conditions:
                try:
                    unknown = unknown_names(condition, known)
                except ValueError as exc:
                    raise OptionError(f"{option}: {condition!r} is no condition: {exc}", option=option) from exc
                if unknown:
                    raise OptionError(f"{option}: {condition!r} reads {', '.join(unknown)}, which no server has", option=option)

    def _is_wanted(self, host: Host) -> bool:
        include, exclude = self._show.include, self._show.exclude
        return (not include or self._any("include", include, host)) and not self._any("exclude", exclude, host)

    def _any(self, option: str, conditions: t.Iterable[str], host: Host) -> bool:
        return any(self._holds(f"{option}: {condition!r}", condition, host, host.facts, AnsibleUndefinedVariable) for condition in conditions)

    def _holds(self, what: str, condition: str, host: Host, variables: t.Mapping[str, t.Any], excused: type[Exception]) -> bool:
        """Whether a condition is true; one that fails is false where that is excused, unless C(strict).

        Only what is undefined (a tag that this server lacks) excuses a filter of servers: it would let all of them in or none.
        """
        try:
            return self._expressions.holds(condition, variables)
        except Exception as exc:  # of whatever kind the template engine raises
            if self._show.strict or not isinstance(exc, excused):
                raise OptionError(f"{what} failed for {host.uid}: {exc}") from exc
            return False

    def _rendered(self, template: str, facts: dict[str, t.Any]) -> t.Any:
        """What a template brings; one that reads what is undefined brings nothing, unless C(strict)."""
        try:
            return self._render(template, facts)
        except Exception as exc:
            if self._show.strict or not isinstance(exc, AnsibleUndefinedVariable):
                raise OptionError(f"hostnames: {template!r} failed: {exc}", option="hostnames") from exc
            return None

    def _tell(self, hosts: t.Sequence[Host]) -> None:
        unnamed = [host for host in hosts if ignored_name(host)]
        if unnamed:
            self._warn(f"Names that no host can have were not used for {listed(unnamed)}")
        silent = [host for host in hosts if "ansible_host" not in host.facts]
        if silent:
            self._warn(
                f"No address of {', '.join(self._show.addresses)} and so no ansible_host for {listed(silent)}; a connection would go wherever the name leads"
            )

    def groups(self, draft: Draft, host: Host, variables: t.Mapping[str, t.Any]) -> None:
        """Put a host into its groups, those of C(keyed_groups) aside."""
        if self._show.default_groups:
            for group in default_groups(host.instance):
                draft.add_host(host.name, draft.add_group(self._sanitize(group)))
        for group, condition in self._show.groups.items():
            if self._holds(f"groups: {group}", condition, host, variables, Exception):
                draft.add_host(host.name, draft.add_group(self._sanitize(group)))

    def bare_names(self, draft: Draft, holder: t.Callable[[str], str | None]) -> None:
        """Make groups of the names that nobody got, once all other groups are known: no name puts servers into a group of another meaning."""
        groups: dict[str, list[Host]] = {}
        for name, hosts in self._left_names.items():
            groups.setdefault(self._sanitize(name), []).extend(hosts)
        taken = {group for group in groups if draft.knows(group) or holder(group) is not None}
        for group in sorted(groups.keys() - taken):
            for host in groups[group]:
                draft.add_host(host.name, draft.add_group(group))
        for names, fate in ((groups.keys() - taken, "became groups"), (taken, "did not become groups, since these names are taken")):
            if names:
                self._warn(f"Host names that several servers should have {fate}: {', '.join(sorted(names)[:MOST_NAMED])}")
