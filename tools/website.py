# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the site in C(.cache/site/html), strictly and without a network.

antsibull-docs makes the pages of the modules and takes those below C(docs/docsite); C(docs/site) holds the front page, pictures and Sphinx's
configuration. A page that C(docs/docsite/extra-docs.yml) promises and that is not there is built as an empty one, and told.
"""

from __future__ import annotations

import re
import shutil
import zlib
from pathlib import Path

from environments import programs
from tree import make_tree
from workshop import CACHE, COLLECTION, Failure, environment, main, run

SITE = CACHE / "site"
HTML = SITE / "html"
SOURCE = SITE / "rst"
OWN = COLLECTION / "docs" / "site"
PAGES = COLLECTION / "docs" / "docsite" / "rst"

# What antsibull-docs' pages refer to on Ansible's own site, which is not asked.
ELSEWHERE = {
    "common_return_values std:label": "reference_appendices/common_return_values.html#common-return-values Return Values",
    "ansible_configuration_settings std:label": "reference_appendices/config.html#ansible-configuration-settings Ansible Configuration Settings",
    "action_plugins std:label": "plugins/action.html#action-plugins Action plugins",
    "ansible_collections.ansible.builtin.command_module std:label": "collections/ansible/builtin/command_module.html ansible.builtin.command module",
    **{
        f"{name} std:envvar": f"reference_appendices/config.html#envvar-{name} {name}"
        for name in ("ANSIBLE_CACHE_PLUGIN", "ANSIBLE_CACHE_PLUGIN_CONNECTION", "ANSIBLE_CACHE_PLUGIN_PREFIX", "ANSIBLE_CACHE_PLUGIN_TIMEOUT")
    },
}

STUB = """.. _ansible_collections.polyhost.cloud.docsite.{name}:

{name}
{line}

This page is not written yet.
"""


def build() -> bool:
    """Build the site and tell about it; returns whether it is complete and no tool had anything to say against it."""
    make_tree()
    bin = programs("docs")
    sections = _sections()
    absent = [name for names in sections.values() for name in names if not (PAGES / f"{name}.rst").exists()]
    forgotten = {path.stem for path in PAGES.glob("*.rst")} - {name for names in sections.values() for name in names}
    if forgotten:
        raise Failure(f"docs/docsite/extra-docs.yml does not name {', '.join(sorted(forgotten))}")
    collection = _copy(absent)
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(mode=0o700)
    env = {**environment(bin), "ANSIBLE_COLLECTIONS_PATH": str(collection)}
    generate: list[str | Path] = [
        bin / "antsibull-docs",
        "--config-file",
        OWN / "antsibull-docs.cfg",
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
    ]
    if run([*generate, "--dest-dir", SOURCE, "polyhost.cloud"], env=env, timeout=300).status:
        return False
    _front_page(sections)
    shutil.copytree(OWN / "static", SOURCE / "static")
    _inventory(SOURCE / "ansible.inv")
    shutil.rmtree(HTML, ignore_errors=True)
    sphinx: list[str | Path] = [bin / "sphinx-build", "-q", "-b", "html", "-c", OWN, "-d", SITE / "doctrees", "-W", "--keep-going", "-E", SOURCE, HTML]
    content = run(sphinx, env=env, timeout=600).status == 0
    print(f"{len(list(HTML.rglob('*.html')))} pages in {HTML.relative_to(CACHE.parent)}", flush=True)
    if absent:
        print(f"pages that docs/docsite/extra-docs.yml promises and that are not there: {', '.join(absent)}", flush=True)
    return content and not absent


def _sections() -> dict[str, list[str]]:
    """Titles and pages, as C(extra-docs.yml) lists them; it is simple enough to be read without a parser, which this interpreter may lack."""
    sections: dict[str, list[str]] = {}
    for line in (COLLECTION / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8").splitlines():
        if title := re.fullmatch(r"  - title: (.+)", line):
            names: list[str] = sections.setdefault(title[1], [])
        elif page := re.fullmatch(r"      - (\w+)", line):
            names.append(page[1])
    return sections


def _copy(absent: list[str]) -> Path:
    """A copy of the collection for antsibull-docs, with all pages and without their table of contents, which the front page has."""
    root = SITE / "collections"
    copy = root / "ansible_collections" / "polyhost" / "cloud"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(COLLECTION, copy, ignore=shutil.ignore_patterns(".git", "tests", "tools"))
    (copy / "docs" / "docsite" / "extra-docs.yml").unlink()
    for name in absent:
        (copy / "docs" / "docsite" / "rst" / f"{name}.rst").write_text(STUB.format(name=name, line="=" * len(name)), encoding="utf-8")
    return root


def _front_page(sections: dict[str, list[str]]) -> None:
    """Our own front page, with the contents of the site for the side bar; the collection's index becomes the reference."""
    (SOURCE / "index.rst").rename(SOURCE / "reference.rst")
    listed = {title: [f"docsite/{name}" for name in names] for title, names in sections.items()}
    listed["Reference"] = ["Modules and inventory <reference>", "environment_variables"]
    contents = [f".. toctree::\n  :hidden:\n  :caption: {title}\n\n" + "".join(f"  {page}\n" for page in pages) for title, pages in listed.items()]
    front = (OWN / "index.rst").read_text(encoding="utf-8")
    (SOURCE / "index.rst").write_text("\n".join([front, *contents]), encoding="utf-8")


def _inventory(path: Path) -> None:
    """Write what intersphinx would otherwise fetch, in its format."""
    lines = "".join(f"{key} -1 {value}\n" for key, value in ELSEWHERE.items())
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"
    path.write_bytes(head.encode() + zlib.compress(lines.encode()))


if __name__ == "__main__":
    main(lambda: 0 if build() else 1)
