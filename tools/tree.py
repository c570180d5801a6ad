# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies the collection to C(.cache/tree/ansible_collections/polyhost/cloud), where all tools look at it.

ansible-test wants a real folder of that name and asks git for the files in it: in a plain copy below an ignored folder
it finds none and says that all is well. So the copy is a repository of its own.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

from workshop import CACHE, COLLECTION, ROOT, Failure, main

LEFT_OUT_WITHOUT_GIT = frozenset({".cache", ".git", ".ansible", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"})
KEPT_IN_COPY = (Path(".git"), Path("tests/output"))


def git(*arguments: str, cwd: Path) -> str | None:
    """What git says, or none where it is not installed or refuses."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def source_files() -> list[Path]:
    """The files of the work tree, relative to its root: what git knows or would add, else (no repository) all but caches."""
    top = git("rev-parse", "--show-toplevel", cwd=ROOT)
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    if top is not None and listed is not None and Path(top.rstrip("\n")).resolve() == ROOT:
        names = (Path(name) for name in listed.split("\0") if name)
        return sorted({name for name in names if os.path.lexists(ROOT / name)})
    return sorted(_walk())


def _walk() -> t.Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if name not in LEFT_OUT_WITHOUT_GIT and here / name not in KEPT_IN_COPY]
        yield from (here / name for name in files if not name.endswith((".pyc", ".tar.gz")))


def make_tree() -> list[Path]:
    """Bring the copy up to date; returns the files in it, relative to its root."""
    names = source_files()
    if not names:
        raise Failure("tree: no files found to copy")
    for name in names:
        _copy(ROOT / name, COLLECTION / name)
    _remove_all_but(set(names))
    if not (COLLECTION / ".git").is_dir():
        git("init", "--quiet", cwd=COLLECTION)
    return names


def _copy(source: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or not filecmp.cmp(source, target, shallow=False) or source.stat().st_mode != target.stat().st_mode:
        shutil.copy2(source, target)


def _remove_all_but(names: set[Path]) -> None:
    """Delete what vanished from the work tree, and caches that tools left in the copy."""
    for folder, folders, files in os.walk(COLLECTION, topdown=False):
        here = Path(folder).relative_to(COLLECTION)
        if any(here == kept or kept in here.parents for kept in KEPT_IN_COPY):
            continue
        for name in files:
            if here / name not in names:
                (COLLECTION / here / name).unlink()
        for name in folders:
            if not any((COLLECTION / here / name).iterdir()):
                (COLLECTION / here / name).rmdir()


def run() -> int:
    """Make the copy and say where it is."""
    names = make_tree()
    print(f"{len(names)} files in {COLLECTION.relative_to(CACHE.parent)}")
    return 0


if __name__ == "__main__":
    main(run)
