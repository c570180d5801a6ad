# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a guide's page into what its reader would do, does that, and compares what is seen with what the page shows.

- C(.. code-block:: LANGUAGE) with a C(:caption:) is a file of that name; a later one of the same name replaces it.
- C(.. code-block:: console) is run: lines after C($ ) are commands of one shell, a backslash at the end continues them. The lines below a
  command are its output: each must occur as a line, in this order; C(...) stands for any text, alone for any lines. Rows of stars may differ in
  length, since ansible draws them as wide as the terminal is.
- C(.. code-block:: text) is only read.
- C(.. guide: setup), a comment with an indented body: run, not shown.
- Directly above a block: C(.. guide: fails) for one command that must fail, C(.. guide: shows tokens) where a simulated account's token is printed
  on purpose, C(.. guide: fragment) for YAML that need only parse.
- C(.. guide: needs PROGRAM): skipped where that program is not installed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ansible.parsing.dataloader import DataLoader
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives
from docutils.utils import new_document

PAGE_SECONDS = 540
YAML = ("yaml", "yaml+jinja")
MARKS = ("fails", "fragment", "shows tokens")
# What ansible reads without being told its name.
FOUND_BY_ITSELF = ("ansible.cfg", "collections", "group_vars", "host_vars", "roles")


class Malformed(Exception):
    """A page that does not keep to the format."""


class Differs(AssertionError):
    """A page that shows something else than what happens."""


@dataclass(frozen=True)
class File:
    """A file that the reader is shown."""

    line: int
    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command, and the lines of its output that the reader is shown."""

    line: int
    text: str
    shown: tuple[str, ...] = ()
    fails: bool = False
    tokens: bool = False


@dataclass
class Guide:
    """What the reader of a page does, in order."""

    steps: list[File | Command] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


class CodeBlock(Directive):
    """Sphinx's directive, as far as the guides use it."""

    has_content = True
    required_arguments = 1
    option_spec: t.ClassVar = {"caption": directives.unchanged_required, "emphasize-lines": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text, language=self.arguments[0], caption=self.options.get("caption", ""), line_number=self.lineno)]


class Ignored(Directive):
    """What shows nothing that could be run."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: t.ClassVar = dict.fromkeys(("caption", "maxdepth", "titlesonly", "hidden", "glob"), directives.unchanged)

    def run(self) -> list[nodes.Node]:
        return []


class Text(Directive):
    """A box of paragraphs, blocks of code among them."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


for _name, _directive in {"code-block": CodeBlock, "toctree": Ignored, "seealso": Text, "versionadded": Text}.items():
    directives.register_directive(_name, _directive)


def read(text: str) -> Guide:
    """The steps of a page.

    Raises:
        Malformed: the page says something that this runner does not know, or shows a file that no command uses.
    """
    guide = Guide()
    marks: list[str] = []
    for node in _parse(text).findall(lambda each: isinstance(each, (nodes.comment, nodes.literal_block, nodes.doctest_block))):
        if not isinstance(node, nodes.comment):
            guide.steps += _block(node, marks)
            marks = []
        elif node.astext().startswith("guide:"):
            mark, _newline, body = node.astext().removeprefix("guide:").strip().partition("\n")
            if mark == "setup" and body:
                # A failed line ends the shell, and no status is left behind.
                guide.steps.append(Command(node.line or 0, f"set -e\n{body}\nset +e"))
            elif mark.startswith("needs "):
                guide.needs.append(mark.removeprefix("needs "))
            elif mark in MARKS and not body:
                marks.append(mark)
                following = node.next_node(descend=False, siblings=True)
                if not isinstance(following, (nodes.comment, nodes.literal_block)):
                    raise Malformed(f"no block directly below the mark {mark!r}")
            else:
                raise Malformed(f"unknown mark {mark!r}")
    _every_file_is_used(guide.steps)
    return guide


def _parse(text: str) -> nodes.document:
    settings = get_default_settings(Parser)
    settings.report_level = settings.halt_level = 5  # what is wrong is told below
    settings.file_insertion_enabled = False
    document = new_document("guide", settings)
    wrong: list[str] = []

    def note(message: nodes.system_message) -> None:
        # Roles are Sphinx's business, and nothing to run.
        if message["level"] >= 2 and "interpreted text role" not in message.astext():
            wrong.append(message.astext())

    document.reporter.attach_observer(note)
    Parser().parse(text, document)
    if wrong:
        raise Malformed("\n".join(wrong))
    return document


def _block(node: nodes.Element, marks: list[str]) -> list[File | Command]:
    line, language, caption = node.get("line_number", node.line), node.get("language", ""), node.get("caption", "")
    text = node.astext()
    if language == "console" and not caption and "fragment" not in marks:
        commands = list(_commands(line, text))
        if "fails" in marks and len(commands) != 1:
            raise Malformed(f"line {line}: what fails is a block of one command")
        return [replace(command, fails="fails" in marks, tokens="shows tokens" in marks) for command in commands]
    if language in YAML and not caption and marks == ["fragment"]:
        DataLoader().load(text)
        return []
    if marks:
        raise Malformed(f"line {line}: {language or 'plain'} block with the mark {', '.join(marks)}")
    if language and caption and language != "console":
        if PurePosixPath(caption).is_absolute() or ".." in PurePosixPath(caption).parts:
            raise Malformed(f"line {line}: {caption} is not in the page's folder")
        return [File(line, caption, text + "\n")]
    if language == "text":
        return []
    if language in YAML:
        raise Malformed(f"line {line}: YAML with neither a caption, which makes it a file, nor the mark 'fragment'")
    raise Malformed(f"line {line}: {language or 'plain'} block without a caption; text is only read, console is run")


def _commands(line: int, text: str) -> t.Iterator[Command]:
    current: Command | None = None
    for number, shown in enumerate(text.splitlines(), line + 2):
        if shown.startswith("$ "):
            if current:
                yield current
            current = Command(number, shown.removeprefix("$ "))
        elif current is None:
            raise Malformed(f"line {number}: output without a command")
        elif current.text.endswith("\\") and not current.shown:
            current = replace(current, text=f"{current.text}\n{shown}")
        else:
            current = replace(current, shown=(*current.shown, shown))
    if current is None:
        raise Malformed(f"line {line}: no command")
    yield current


def _every_file_is_used(steps: t.Sequence[File | Command]) -> None:
    files: dict[str, File] = {}
    unused: dict[str, File] = {}
    for step in steps:
        if isinstance(step, Command):
            used = {name for name in files if _names(step.text, name) or PurePosixPath(name).parts[0] in FOUND_BY_ITSELF}
            while more := {name for name in files if name not in used and any(_names(files[user].text, name) for user in used)}:
                used |= more
            unused = {name: file for name, file in unused.items() if name not in used}
        elif step.name in unused:
            raise Malformed(f"line {step.line}: replaces {step.name}, which no command has used")
        else:
            files[step.name] = unused[step.name] = step
    for file in unused.values():
        raise Malformed(f"line {file.line}: no command below uses {file.name}")


def _names(text: str, name: str) -> bool:
    """Whether a text names a file, with or without its folder, or a folder that it lies in."""
    path = PurePosixPath(name)
    return any(re.search(rf"(?<![\w-]){re.escape(str(each))}(?![\w-])", text) for each in (path.name, *path.parents[:-1]))


def follow(guide: Guide, folder: Path, environ: t.Mapping[str, str], secrets: t.Collection[str] = ()) -> None:
    """Do all that a page says, in a new folder inside C(folder).

    Raises:
        Differs: a command ended or printed otherwise than shown, or printed one of the C(secrets).
    """
    script = _script(guide, folder)
    with subprocess.Popen(["sh", script], env=dict(environ), stdin=subprocess.DEVNULL, start_new_session=True) as shell:
        try:
            shell.wait(PAGE_SECONDS)
        except subprocess.TimeoutExpired:
            pass  # the command that hangs has left no status
        finally:
            # What the page left running in the background goes too.
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    for number, step in enumerate(guide.steps):
        if isinstance(step, Command):
            _compare(step, folder / f"{number}.status", folder / f"{number}.output", secrets)


def _script(guide: Guide, folder: Path) -> Path:
    """Write all files, and the script of one shell that puts them in place and runs the commands up to the first unexpected end."""
    page = folder / "page"
    page.mkdir()
    lines = [f"cd {shlex.quote(str(page))}"]
    for number, step in enumerate(guide.steps):
        base = shlex.quote(str(folder / str(number)))
        if isinstance(step, File):
            file = folder / str(number) / step.name
            file.parent.mkdir(parents=True)
            file.write_text(step.text, encoding="utf-8")
            lines.append(f"cp -R {base}/. {shlex.quote(str(page))}")
        else:
            (folder / f"{number}.sh").write_text(f"{step.text}\n", encoding="utf-8")
            lines.append(f". {base}.sh >{base}.output 2>&1")
            lines.append(f'echo $? >{base}.status; [ "$(cat {base}.status)" {"!=" if step.fails else "="} 0 ] || exit')
    script = folder / "script"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def _compare(command: Command, status: Path, output: Path, secrets: t.Collection[str]) -> None:
    printed = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    context = f"line {command.line}: {command.text}\n----- it printed:\n{printed}"
    if not status.exists():
        raise Differs(f"it did not end, or ended the shell\n{context}")
    if (int(status.read_text()) != 0) != command.fails:
        raise Differs(f"it {'succeeded' if command.fails else 'failed'}\n{context}")
    leaked = [secret for secret in secrets if secret in printed]
    if leaked and not command.tokens:
        raise Differs(f"it printed secrets: {leaked}\n{context}")
    absent = first_absent(command.shown, printed)
    if absent is not None:
        raise Differs(f"it did not print, or not in this order: {absent}\n{context}")


def first_absent(shown: t.Iterable[str], printed: str) -> str | None:
    """The first line of those shown that does not occur among the printed ones after those before it."""
    rest = iter([_tidy(line) for line in printed.splitlines()])
    for line in shown:
        if line.strip() in ("", "..."):
            continue
        pattern = ".*".join(re.escape(part) for part in _tidy(line).split("..."))
        if not any(re.fullmatch(pattern, candidate) for candidate in rest):
            return line
    return None


def _tidy(line: str) -> str:
    return re.sub(r"\*{3,}", "***", line.rstrip())


def absent_programs(guide: Guide, path: str) -> list[str]:
    """Which of the programs that a page needs are not on this search path."""
    return [name for name in guide.needs if not shutil.which(name, path=path)]
