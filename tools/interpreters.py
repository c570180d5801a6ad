# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds other Pythons on this machine: on the path, and where pyenv keeps them."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path


def find(version: str) -> Path | None:
    """An interpreter of C(version), "3.12" for instance, that can make virtual environments.

    Each candidate is tried by running it: pyenv's shim may be on the path and still refuse.
    """
    for candidate in _candidates(version):
        found = _said(candidate, "import sys, venv, ensurepip; print(*sys.version_info[:2], sep='.'); print(sys.executable)")
        if found and found[0] == version:
            return Path(found[1])
    return None


def identity(python: Path) -> str:
    """What tells an interpreter from all others: its version and its home; empty where it does not run."""
    return "\n".join(_said(python, "import sys; print(sys.version); print(sys.base_prefix)"))


def _candidates(version: str) -> t.Iterator[Path]:
    for folder in os.get_exec_path():
        yield Path(folder, f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from pyenv.glob(f"versions/{version}.*/bin/python{version}")


def _said(python: Path, code: str) -> list[str]:
    """The lines that an interpreter prints, none where it fails."""
    try:
        return subprocess.run([python, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []
