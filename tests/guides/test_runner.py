# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of the guides itself: what it lets pass and what not."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from .guide import Differs, Guide, Malformed, absent_programs, first_absent, follow, read


def page(text: str) -> Guide:
    return read(textwrap.dedent(text))


def do(folder: Path, text: str, *secrets: str) -> None:
    follow(page(text), folder, {"PATH": os.environ["PATH"], "GREETING": "hello"}, secrets)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["b", "d"], "a\nb\nc\nd\n"),
        (["a", "...", "d"], "a\nb\nc\nd\n"),
        (["id: ...-9, name: web"], "id: 4-9, name: web\n"),
        (["TASK [x] ****"], "TASK [x] " + "*" * 60 + "\n"),
        (["  - a  "], "  - a\n"),
        ([""], ""),
    ],
)
def test_shown_lines_are_found(shown: list[str], printed: str) -> None:
    assert first_absent(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed", "absent"),
    [
        (["a"], "", "a"),
        (["b", "a"], "a\nb\n", "a"),
        (["a", "a"], "a\n", "a"),
        (["running"], "not running\n", "running"),
        (["a...c"], "a\nc\n", "a...c"),
        (["- a"], "  - a\n", "- a"),
        (["a.c"], "abc\n", "a.c"),
    ],
)
def test_a_line_that_does_not_occur_is_named(shown: list[str], printed: str, absent: str) -> None:
    assert first_absent(shown, printed) == absent


def test_files_are_written_in_time_and_one_shell_runs_all(tmp_path: Path) -> None:
    do(
        tmp_path,
        """
        A page
        ======

        .. guide: setup

           mkdir below
           WHO=reader

        .. note::

            .. code-block:: yaml
               :caption: below/a.yml

               first: true

        .. code-block:: console

           $ echo "$GREETING" $WHO; \\
             cat below/a.yml
           hello reader
           first: true
           $ cd below

        .. code-block:: yaml
           :caption: below/a.yml

           first: false

        .. guide: fails

        .. code-block:: console

           $ cat a.yml missing
           first: false
           cat: missing: ...
        """,
    )


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (".. code-block:: console\n\n   $ echo a\n   b\n", "did not print, or not in this order: b"),
        (".. code-block:: console\n\n   $ false\n", "it failed"),
        (".. guide: fails\n\n.. code-block:: console\n\n   $ true\n", "it succeeded"),
        (".. guide: setup\n\n   false\n   true\n", "ended the shell"),
        (".. code-block:: console\n\n   $ exit 0\n   $ true\n", "ended the shell"),
        (".. code-block:: console\n\n   $ echo demo-token\n", "it printed secrets"),
    ],
)
def test_what_happens_otherwise_is_told(tmp_path: Path, block: str, reason: str) -> None:
    with pytest.raises(Differs, match=reason):
        do(tmp_path, block, "demo-token")


def test_nothing_is_run_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Differs, match="line 4: false"):
        do(tmp_path, "\n.. code-block:: console\n\n   $ false\n   $ touch more\n")
    assert not (tmp_path / "page" / "more").exists()


def test_a_token_may_be_shown_on_purpose(tmp_path: Path) -> None:
    do(tmp_path, ".. guide: shows tokens\n\n.. code-block:: console\n\n   $ echo demo-token\n", "demo-token")


def test_text_and_marked_fragments_are_not_run() -> None:
    text = ".. code-block:: text\n\n   $ false\n\n.. guide: fragment\n\n.. code-block:: yaml+jinja\n\n   token: !unsafe '{{ x }}'\n"
    assert page(text).steps == []


def test_what_ansible_finds_by_itself_and_what_a_used_file_names_is_used() -> None:
    files = {"group_vars/all.yml": "a: 1", "tasks.yml": "- debug:", "web.yml": "- include_tasks: tasks.yml", "inventory/hosts.yml": "all:"}
    blocks = "".join(f".. code-block:: yaml\n   :caption: {name}\n\n   {text}\n\n" for name, text in files.items())
    assert len(read(blocks + ".. code-block:: console\n\n   $ ansible-playbook -i inventory web.yml\n").steps) == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("::\n\n   echo a\n", "plain block"),
        (">>> 1 + 1\n2\n", "plain block"),
        (".. code-block:: shell\n\n   echo a\n", "shell block without a caption"),
        (".. literalinclude:: web.yml\n", "Unknown directive"),
        (".. code-block:: yaml\n\n   a: 1\n", "neither a caption"),
        (".. code-block:: yaml\n   :caption: web.yml\n\n   a: 1\n", "no command below uses web.yml"),
        (".. code-block:: yaml\n   :caption: ../web.yml\n\n   a: 1\n\n.. code-block:: console\n\n   $ cat ../web.yml\n", "not in the page's folder"),
        (".. code-block:: yaml\n   :caption: web.yml\n\n   a: 1\n\n.. code-block:: console\n\n   $ cat myweb.yml\n", "no command below uses web.yml"),
        (2 * ".. code-block:: yaml\n   :caption: web.yml\n\n   a: 1\n\n" + ".. code-block:: console\n\n   $ cat web.yml\n", "no command has used"),
        (".. code-block:: console\n\n   a\n   $ echo a\n", "output without a command"),
        (".. guide: fails\n\n.. code-block:: console\n\n   $ false\n   $ false\n", "a block of one command"),
        (".. guide: fails\n\nA paragraph.\n", "no block directly below"),
        (".. guide: fragment\n\n.. code-block:: json\n\n   {}\n", "block with the mark fragment"),
        (".. guide: fial\n\n.. code-block:: console\n\n   $ false\n", "unknown mark 'fial'"),
    ],
)
def test_a_page_that_cannot_be_followed_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(text)


def test_a_fragment_must_parse() -> None:
    with pytest.raises(Exception, match="YAML"):
        page(".. guide: fragment\n\n.. code-block:: yaml\n\n   a: [1\n")


def test_a_page_tells_what_must_be_installed() -> None:
    assert absent_programs(page(".. guide: needs sh\n\n.. guide: needs no-such-program\n"), os.environ["PATH"]) == ["no-such-program"]
