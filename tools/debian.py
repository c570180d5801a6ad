# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks Debian packages where tests find them. Nothing is installed, so it takes no root."""

from __future__ import annotations

import os
import re
import shutil
import typing as t
from pathlib import Path

from workshop import run

TIMEOUT = 300.0  # seconds for one program


def environment() -> dict[str, str]:
    """The surroundings in which apt and dpkg run."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def is_there() -> bool:
    """Whether this machine can download and unpack Debian packages at all."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def unpack(names: t.Sequence[str], root: Path, options: t.Sequence[str] = ()) -> bool:
    """Download packages and unpack them below a folder.

    Args:
        options: for apt-get.

    Returns:
        False where one of them could not be had.
    """
    packages = root / "packages"
    packages.mkdir(parents=True)
    if run(["apt-get", *options, "-qq", "download", *names], env=environment(), cwd=packages, timeout=TIMEOUT, quiet=True).status:
        return False
    if any(run(["dpkg", "-x", package, root], env=environment(), timeout=TIMEOUT, quiet=True).status for package in sorted(packages.glob("*.deb"))):
        return False
    shutil.rmtree(packages)
    return True


def unpack_with_needed(names: t.Sequence[str], root: Path, never: re.Pattern[str]) -> bool:
    """Download packages, newest ones, with those they need that are not installed, and unpack them below a folder.

    Args:
        never: finds the names of needed packages that are left out.

    Returns:
        False where one of them could not be had.
    """
    state = root / "state"
    (state / "lists" / "partial").mkdir(parents=True)
    private = [f"Dir::State::lists={state / 'lists'}", f"Dir::Cache={state}", "Debug::NoLocking=true"]
    options = [word for setting in (*private, "APT::Sandbox::User=root") for word in ("-o", setting)]
    if run(["apt-get", *options, "-qq", "update"], env=environment(), timeout=60, quiet=True).status:
        return False
    listed = run(["apt-get", *options, "install", "--print-uris", "--no-install-recommends", "-qq", *names], env=environment(), timeout=60, quiet=True)
    found = re.findall(r"^'[^']+' ([^_ ]+)_\S+\.deb ", listed.output, re.MULTILINE)
    if not found or not unpack([name for name in found if not never.search(name)], root, options):
        return False
    shutil.rmtree(state)
    return True


def libraries(root: Path) -> list[str]:
    """The folders with shared libraries below a folder with unpacked packages."""
    return sorted({str(path.parent) for path in root.glob("**/lib*.so*")})
