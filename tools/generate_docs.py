# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what the documentation takes from the providers' data: the connection fragment, the README's tables and two pages of the site.

Run inside the tree (see C(tools/tree.py)); with C(--check) nothing is written and a difference is a failure. The unit tests use it
so that committed documentation always equals the data.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import sys
import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import OPTIONS, RESOURCES
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

PROFILES = [driver.PROFILE for driver in DRIVERS.values()]
BEGIN, END = "<!-- generated: {} -->", "<!-- end of {} -->"
MODULES = frozenset(path.stem for path in (pathlib.Path(__file__).parents[1] / "plugins" / "modules").glob("vps_*.py"))
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


Rows = list[list[str]]  # of cells with `code` in them; the first row is the head


def capability_rows() -> Rows:
    """Options and states against providers."""
    rows = [["", *(p.title for p in PROFILES)]]
    rows.append(["names are looked up in", *(p.capabilities.names for p in PROFILES)])
    rows.append(["creating needs", *(", ".join(f"`{o}`" for o in p.capabilities.required) for p in PROFILES)])
    for option in OPTIONS:
        rows.append([f"`{option}`", *(p.capabilities.options.get(option, "-") for p in PROFILES)])
    for state in STATES:
        rows.append([f"`state: {state}`", *("yes" if state in p.capabilities.states else "-" for p in PROFILES)])
    rows.append(["rename by `id` and `name`", *(p.capabilities.rename for p in PROFILES)])
    rows.append(["change of size", *(p.capabilities.resize for p in PROFILES)])
    return rows


def resource_rows() -> Rows:
    """What the modules beside vps_instance can do at which provider."""
    rows = [["", *(p.title for p in PROFILES)]]
    for resource, abilities in RESOURCES.items():
        module = f"vps_{resource}" if f"vps_{resource}" in MODULES else f"vps_{resource}_info"
        for ability in abilities:
            rows.append([f"`{module}`: {ability}", *(p.capabilities.of(resource).get(ability, "-") for p in PROFILES)])
    return rows


def markdown_table(rows: Rows) -> str:
    """A table for the README."""
    ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in ruled)


def rst_table(rows: Rows, widths: str, kind: str) -> str:
    """A table for the site, of a class that its style sheet knows."""
    lines = [".. list-table::", "  :header-rows: 1", "  :stub-columns: 1", f"  :widths: {widths}", f"  :class: {kind}", ""]
    for row in rows:
        first, *others = map(_rst, row)
        lines += [f"  * - {first}".rstrip(), *(f"    - {cell}" for cell in others)]
    return "\n".join(lines) + "\n"


def _rst(text: str) -> str:
    """A line of text with `code` in it, as reStructuredText: modules are links, all else stands for itself."""
    if text == "-":
        return r"\-"  # not a list
    parts = text.split("`")
    parts[::2] = [re.sub(r"[\\*|]|_(?!\w)", r"\\\g<0>", part) for part in parts[::2]]
    parts[1::2] = [f":ansplugin:`{part} <polyhost.cloud.{part}#module>`" if part in MODULES else f"``{part}``" for part in parts[1::2]]
    return "".join(parts)


def _page(name: str, title: str, *parts: str) -> str:
    """A page of the site."""
    return "\n".join([PAGE.format(name=name, title=title, line="=" * len(title)), *parts])


PAGE = """..
  Copyright: (c) 2026, polyhost.cloud contributors
  GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later
  Written by tools/generate_docs.py from the providers' data: edit that, not this.

.. _ansible_collections.polyhost.cloud.docsite.{name}:

{title}
{line}
"""

CAPABILITIES = (
    """What each provider offers, and what it means there. A dash is refused before anything is sent; the message names the provider and what to do
instead, as the last section does. :ansplugin:`polyhost.cloud.vps_provider_info#module` returns the same as data, without a token.

.. contents::
  :local:

Servers
-------

Options and states of :ansplugin:`polyhost.cloud.vps_instance#module`.
""",
    """
Everything else
---------------

A dash at a module that only reads gives an empty list and a warning.
""",
    """
What to do instead
------------------

By provider, the options, states and abilities that are not there.
""",
)


def capabilities() -> str:
    """The page that tells what works where."""
    servers, others, instead = CAPABILITIES
    tables = [rst_table(rows, "16 21 21 21 21", "wide") for rows in (capability_rows(), resource_rows())]
    return _page("capabilities", "What works where", servers, tables[0], others, tables[1], instead, _instead())


def _instead() -> str:
    lines = []
    for p in PROFILES:
        lines += [p.title, "~" * len(p.title), ""]
        lines += [f"- ``{name}``: {_rst(advice)}" for name, advice in sorted(p.capabilities.instead.items())]
        lines.append("")
    return "\n".join(lines)


OPERATIONS = """Every operation of the providers' own API documents, and those that the collection uses besides, with the module and the option
that reach it, or why nothing does. :ansplugin:`polyhost.cloud.vps_provider_info#module` returns the same table as data.

.. contents::
  :local:
"""


def operations() -> str:
    """The page that tells what reaches which operation."""
    parts = [OPERATIONS]
    for name, driver in DRIVERS.items():
        listed = len(driver.operations().listed)
        title = f"{driver.PROFILE.title} (``{name}``), {listed} operations"
        parts += [title, "-" * len(title), ""]
        rows = [["operation", "module", "reached by, or why not"]]
        for row in driver.operations().public():
            called = f"`{row['operation']}`" + ("" if row["listed"] else " (besides)")
            rows.append([called, f"`{row['module']}`" if row["module"] else "-", row["how"]])
        parts.append(rst_table(rows, "30 25 45", "long"))
    return _page("operations", "What reaches which operation", *parts)


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
    parts = {
        "capabilities": markdown_table(capability_rows()),
        "environment": environment_table(),
    }
    for name, content in parts.items():
        readme = fill(readme, name, content)
    return {
        root / "plugins/doc_fragments/connection.py": fragment(),
        root / "README.md": readme,
        root / "docs/docsite/rst/capabilities.rst": capabilities(),
        root / "docs/docsite/rst/operations.rst": operations(),
    }


def main() -> int:
    """Write, or with C(--check) compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = [path for path, text in outputs(arguments.root).items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if arguments.check:
            sys.stderr.write(f"{path} is not what the data says; run make generate\n")
        else:
            path.write_text(outputs(arguments.root)[path], encoding="utf-8")
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
