# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From servers to hosts: variables, addresses, names, groups. Nothing here knows the inventory."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ...module_utils._core.errors import AmbiguousError, OptionError
from ...module_utils._core.model import RUNNING
from ...module_utils._registry import DRIVERS
from .answers import Answer

ADDRESSES = ("public_ipv4", "public_ipv6", "private_ipv4")
NAMES = ("name", "id", "rdns", *ADDRESSES)
FAIL = "fail"
GROUP = "group"
MOST_NAMED = 10  # servers that one warning lists

_VALID_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_VARIABLE_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEVER_NAMES = ("localhost", "all", "ungrouped")

Facts = dict[str, t.Any]


@dataclass
class Host:
    """A host to be.

    Args:
        instance: the server, as results show it.
        facts: its variables.
        wanted: the name it should have.
        name: the name it gets.
    """

    instance: t.Mapping[str, t.Any]
    facts: Facts
    wanted: str = ""
    name: str = ""

    @property
    def uid(self) -> str:
        """Provider, account and id."""
        return uid(self.instance)


def uid(instance: t.Mapping[str, t.Any]) -> str:
    """What tells a server from all others, over all accounts."""
    return f"{instance['provider']}/{instance['account']}/{instance['id']}"


def server_of(variables: t.Mapping[str, t.Any]) -> str:
    """The server that a host of the inventory stands for, as its uid, whatever prefix its file chose; empty for a host of the user's own."""
    uids = [value for name, value in variables.items() if name.endswith("uid") and isinstance(value, str)]
    return next((value for value in uids if value.count("/") >= 2 and value.partition("/")[0] in DRIVERS), "")


def check_prefix(prefix: str) -> str:
    """A prefix that makes valid variable names, none of them a reserved one.

    Raises:
        OptionError: it does not.
    """
    if not _VARIABLE_PREFIX.fullmatch(prefix):
        raise OptionError(f"hostvars_prefix: {prefix!r} does not begin a variable name", hint="Use letters, digits and underscores.", option="hostvars_prefix")
    return prefix


def check_addresses(wanted: t.Sequence[str]) -> tuple[str, ...]:
    """The addresses to choose from.

    Raises:
        OptionError: one is not known.
    """
    for word in wanted:
        if word not in ADDRESSES:
            raise OptionError(f"addresses: {word!r} is not known", hint=f"Choose from {', '.join(ADDRESSES)}.", option="addresses")
    return tuple(wanted)


def check_hostnames(wanted: t.Sequence[str]) -> tuple[str, ...]:
    """The sources of host names.

    Raises:
        OptionError: one is neither known nor a template.
    """
    for source in wanted:
        if source not in NAMES and "{{" not in str(source):
            raise OptionError(f"hostnames: {source!r} is not known", hint=f"Choose from {', '.join(NAMES)}, or write a template in braces.", option="hostnames")
    return tuple(wanted)


def facts_of(instance: t.Mapping[str, t.Any], prefix: str, addresses: t.Sequence[str], *, stale: bool) -> Facts:
    """The host variables of a server, C(ansible_host) among them if it has any of the addresses."""
    facts = {prefix + key: value for key, value in instance.items()}
    facts.update({prefix + "uid": uid(instance), prefix + "running": instance["status"] == RUNNING, prefix + "stale": stale})
    address = next((instance[word] for word in addresses if instance[word]), None)
    if address:
        facts["ansible_host"] = address
    return facts


def hosts_of(answers: t.Iterable[Answer], prefix: str, addresses: t.Sequence[str], mark: t.Callable[[t.Any], t.Any]) -> list[Host]:
    """A host for each server, without a name yet; C(mark) makes its variables safe."""
    return [
        Host(instance, {name: mark(value) for name, value in facts_of(instance, prefix, addresses, stale=answer.stale).items()})
        for answer in answers
        for instance in answer.instances
    ]


# -- names ----------------------------------------------------------------------------------------------------------------


def wish_name(host: Host, sources: t.Sequence[str], render: t.Callable[[str, Facts], t.Any]) -> None:
    """Choose the name that a host should have: the first of the sources that brings a valid one, else provider and id.

    Args:
        render: fills in a template.
    """
    brought = (_brought(host, source, render) for source in sources)
    fallback = _clean(f"{host.instance['provider']}-{host.instance['id']}")
    host.wanted = host.name = next((name for name in brought if _is_valid(name)), fallback)


def ignored_name(host: Host) -> bool:
    """Whether the server has a name that its host cannot have."""
    name = host.instance["name"]
    return bool(name) and not _is_valid(name)


def settle_names(hosts: t.Sequence[Host], policy: str, holder: t.Callable[[str], str | None]) -> dict[str, list[Host]]:
    """Give hosts of one name different ones; case makes no difference, since it makes none in DNS.

    Args:
        policy: C(suffix) adds id, then account and id, to all of them; C(fail) refuses.
        holder: what has a name in the inventory already: None for nothing, a server's uid, GROUP, or empty for a host of the user's own,
            which our variables are meant for.

    Returns:
        The names that nobody got, with the hosts that should have had them.

    Raises:
        AmbiguousError: they may not, or cannot, be told apart.
    """
    clashing: list[Host] = []
    for suffix in ("-{id}", "-{account}-{id}"):
        clashing = _clashing(hosts, holder)
        if clashing and policy == FAIL:
            break
        for host in clashing:
            host.name = host.wanted + _clean(suffix.format(**host.instance))
    clashing = clashing if policy == FAIL else _clashing(hosts, holder)
    if clashing:
        listed = ", ".join(sorted(f"{host.name} ({host.uid})" for host in clashing))
        raise AmbiguousError(
            f"Several servers, or a server and a group, have one host name: {listed}",
            hint="Rename them, choose other hostnames, or set duplicate_hostnames: suffix.",
        )
    left: dict[str, list[Host]] = {}
    for host in hosts:
        if host.name != host.wanted:
            left.setdefault(host.wanted, []).append(host)
    names = {host.name for host in hosts}
    return {name: those for name, those in left.items() if name not in names and holder(name) is None}


def _clashing(hosts: t.Sequence[Host], holder: t.Callable[[str], str | None]) -> list[Host]:
    counts: dict[str, int] = {}
    for host in hosts:
        folded = host.name.casefold()
        counts[folded] = counts.get(folded, 0) + 1
    return [host for host in hosts if counts[host.name.casefold()] > 1 or holder(host.name) not in (None, "", host.uid)]


def _brought(host: Host, source: str, render: t.Callable[[str, Facts], t.Any]) -> str:
    if source == "rdns":
        main = [address for address in host.instance["addresses"] if address["address"] == host.instance["public_ipv4"]]
        return str(main[0]["rdns"] or "").rstrip(".") if main else ""
    value = host.instance[source] if source in NAMES else render(source, host.facts)
    return "" if value is None else str(value).strip()


def _is_valid(name: str) -> bool:
    """Whether a name can be a host's: no character that means something in a host pattern, and not this machine."""
    if name.casefold() in _NEVER_NAMES or name.startswith("__ansible_"):  # the latter mean something to readers of --list
        return False
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return bool(_VALID_NAME.fullmatch(name))


def _clean(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)


# -- groups ---------------------------------------------------------------------------------------------------------------


def default_groups(instance: t.Mapping[str, t.Any]) -> list[str]:
    """The groups of a server, before they are made valid names."""
    groups = [f"{field}_{instance[field]}" for field in ("provider", "account", "region", "status") if instance[field]]
    groups += [f"tag_{key}_{value}" if value else f"tag_{key}" for key, value in instance["tags"].items()]
    return [group.lower() for group in groups]


def listed(hosts: t.Sequence[Host]) -> str:
    """Hosts in a warning."""
    more = f" and {len(hosts) - MOST_NAMED} more" if len(hosts) > MOST_NAMED else ""
    return ", ".join(f"{host.name} ({host.uid})" for host in hosts[:MOST_NAMED]) + more
