# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what the documentation takes from the providers' data: the connection fragment and the README's tables.

Run inside the tree (see C(tools/tree.py)); with C(--check) nothing is written and a difference is a failure. The unit tests use it
so that committed documentation always equals the data.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import OPTIONS, RESOURCES
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

PROFILES = [driver.PROFILE for driver in DRIVERS.values()]
BEGIN, END = "<!-- generated: {} -->", "<!-- end of {} -->"
STATES = ("present", "absent", "started", "stopped", "suspended", "restarted", "rebuilt", "repaired")

FRAGMENT = '''# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module. Written by tools/generate_docs.py from the providers' data: edit that, not this."""

from __future__ import annotations


class ModuleDocFragment:
    """How a provider's API is reached."""

    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The provider. Needed, as an option or in the environment variable E(VPS_PROVIDER).
    type: str
    choices: [{choices}]
  api_token:
    description:
      - The account's API token. White space around it is stripped; anything of that kind inside is refused.
      - Left out, it is read from the provider's own environment variable.
{tokens}
    type: str
  api_url:
    description:
      - The address of the API. Plain HTTP is accepted to this machine only, and redirects are never followed.
      - Left out, it is read from the provider's own environment variable, else the provider's public address is used.
{urls}
    type: str
  account:
    description:
      - Your own name for the account, shown in results.
      - Defaults to the provider's name, at Gcore with the project's id.
    type: str
  region:
    description:
      - Where to look and where to create.
{regions}
      - Left out, E(VPS_REGION) is used. Without either, lookups search every region of the account.
    type: str
  project:
    description:
      - Gcore only, ignored elsewhere. The project's id or name; else E(GCORE_PROJECT), else the account's default project.
    type: str
  ledger:
    description:
      - Path of the ledger, a small JSON file that ties names to ids at providers without names, and remembers open orders everywhere.
      - Left out, E(VPS_LEDGER) is used. Without either there is no ledger.
    type: path
  request_timeout:
    description:
      - Seconds to wait for an answer to one request.
      - Defaults to {timeouts}.
    type: float
  max_retry_wait:
    description:
      - Seconds in all that the requests of one task may wait before they are sent again, where that is safe.
    type: float
    default: 120.0
  rate_limit:
    description:
      - Requests per second for the account, shared by all processes of this controller; V(0) lifts the limit.
      - Defaults to {rates}.
    type: float
  ip_family:
    description:
      - The address family used to reach the API. Hostwinds binds keys to IPv4 addresses, so V(ipv4) helps there.
    type: str
    choices: [any, ipv4, ipv6]
    default: any
  validate_certs:
    description:
      - Whether to check the API's certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of certificate authorities to trust instead of the usual ones.
    type: path
requirements:
  - requests >= 2.28
"""
'''


def fragment() -> str:
    """The connection fragment."""
    return FRAGMENT.format(
        choices=", ".join(p.name for p in PROFILES),
        tokens=_items(f"{p.title} uses E({p.token_env})." for p in PROFILES),
        urls=_items(f"{p.title} uses E({p.url_env}), else V({p.default_url})." for p in PROFILES),
        regions=_items(f"{p.title}: {p.region}." for p in PROFILES),
        timeouts=_by_value({p.title: f"{p.request_timeout:g}" for p in PROFILES}),
        rates=_by_value({p.title: f"{p.rate_limit:g}" for p in PROFILES}),
    )


def _items(texts: t.Iterable[str]) -> str:
    """Items of a description, quoted since they come from data."""
    return "\n".join(f"      - {json.dumps(text)}" for text in texts)


def _by_value(values: dict[str, str]) -> str:
    groups: dict[str, list[str]] = {}
    for title, value in values.items():
        groups.setdefault(value, []).append(title)
    return ", ".join(f"{value} ({', '.join(titles)})" for value, titles in groups.items())


def capability_table() -> str:
    """Options and states against providers, as Markdown."""
    rows = [["", *(p.title for p in PROFILES)], ["---"] * (len(PROFILES) + 1)]
    rows.append(["names are looked up in", *(p.capabilities.names for p in PROFILES)])
    rows.append(["creating needs", *(", ".join(f"`{o}`" for o in p.capabilities.required) for p in PROFILES)])
    for option in OPTIONS:
        rows.append([f"`{option}`", *(p.capabilities.options.get(option, "-") for p in PROFILES)])
    for state in STATES:
        rows.append([f"`state: {state}`", *("yes" if state in p.capabilities.states else "-" for p in PROFILES)])
    rows.append(["rename by `id` and `name`", *(p.capabilities.rename for p in PROFILES)])
    rows.append(["change of size", *(p.capabilities.resize for p in PROFILES)])
    return _table(rows)


def resource_table() -> str:
    """What the modules beside vps_instance can do at which provider, as Markdown."""
    rows = [["", *(p.title for p in PROFILES)], ["---"] * (len(PROFILES) + 1)]
    for resource, abilities in RESOURCES.items():
        for ability in abilities:
            rows.append([f"`vps_{resource}`: {ability}", *(p.capabilities.of(resource).get(ability, "-") for p in PROFILES)])
    return _table(rows)


def _table(rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)


OPERATIONS = """# What reaches which operation

Every operation of the providers' own API documents, and those that the collection uses besides (in italics), with the module and the option
that reach it, or why nothing does. `vps_provider_info` returns the same table; `make operations` shows which of them were seen on the wire
in the tests. Written by `make docs` from the providers' data.
"""


def operations() -> str:
    """The operations of all providers, as a page of Markdown."""
    parts = [OPERATIONS]
    for name, driver in DRIVERS.items():
        rows = [["operation", "module", "reached by, or why not"], ["---"] * 3]
        for row in driver.operations().public():
            called = f"`{row['operation']}`" if row["listed"] else f"_{row['operation']}_"
            rows.append([called, f"`{row['module']}`" if row["module"] else "-", row["how"]])
        listed = len(driver.operations().listed)
        parts.append(f"## {driver.PROFILE.title} (`{name}`), {listed} operations\n\n{_table(rows)}\n")
    return "\n".join(parts)


def limits() -> str:
    """What is not possible at which provider, and what to do instead, as Markdown."""
    lines = []
    for p in PROFILES:
        lines.append(f"- **{p.title}**")
        lines += [f"  - `{name}`: {advice}" for name, advice in sorted(p.capabilities.instead.items())]
    return "\n".join(lines)


def environment_table() -> str:
    """Environment variables and default addresses, as Markdown."""
    rows = ["| provider | token | address | default address |", "| --- | --- | --- | --- |"]
    rows += [f"| {p.title} (`{p.name}`) | `{p.token_env}` | `{p.url_env}` | `{p.default_url}` |" for p in PROFILES]
    return "\n".join(rows)


def fill(text: str, name: str, content: str) -> str:
    """The text with the marked part replaced.

    Raises:
        ValueError: the marks are not there.
    """
    begin, end = BEGIN.format(name), END.format(name)
    head, found, rest = text.partition(begin)
    _old, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the marks of {name} are missing")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def outputs(root: pathlib.Path) -> dict[pathlib.Path, str]:
    """Every generated file and what it should hold."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    for name, content in (("capabilities", capability_table()), ("resources", resource_table()), ("limits", limits()), ("environment", environment_table())):
        readme = fill(readme, name, content)
    return {root / "plugins/doc_fragments/connection.py": fragment(), root / "README.md": readme, root / "docs/operations.md": operations()}


def main() -> int:
    """Write, or with C(--check) compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = [path for path, text in outputs(arguments.root).items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if arguments.check:
            sys.stderr.write(f"{path} is not what the data says; run make docs\n")
        else:
            path.write_text(outputs(arguments.root)[path], encoding="utf-8")
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
