# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks Debian packages where tests find them. Nothing is installed, so it takes no root."""

from __future__ import annotations

import os
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
