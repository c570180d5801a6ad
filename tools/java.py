# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the Java that ansible-rulebook needs; where there is none, unpacks Debian's below C(.cache/java), which takes no root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import debian
from workshop import CACHE

PACKAGE = "openjdk-17-jre-headless"
UNPACKED = CACHE / "java"

HOW_TO_GET_IT = f"""ansible-rulebook needs Java 17 or newer. There is none here (JAVA_HOME, or java on the path), and {PACKAGE} could not be
downloaded with apt-get either. Install it (on Debian and Ubuntu: apt install {PACKAGE}) or set JAVA_HOME."""


def java_home() -> Path | None:
    """The folder of a Java 17 or newer: JAVA_HOME, the one on the path, or Debian's, unpacked before or now; None where it cannot be had."""
    for candidate in (os.environ.get("JAVA_HOME"), _on_path(), *UNPACKED.glob("usr/lib/jvm/java-*")):
        if candidate and _works(Path(candidate)):
            return Path(candidate)
    return _unpack()


def _on_path() -> Path | None:
    found = shutil.which("java")
    return Path(found).resolve().parents[1] if found else None


def _works(home: Path) -> bool:
    """Whether it runs and is new enough."""
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.search(r'version "(\d+)', said)
    return version is not None and int(version[1]) >= 17


def _unpack() -> Path | None:
    if not debian.is_there():
        return None
    print(f"Unpacking Debian's {PACKAGE} below .cache/java ...", flush=True)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    if not debian.unpack([PACKAGE], UNPACKED):
        return None
    _point_inside(UNPACKED)
    return next((home for home in UNPACKED.glob("usr/lib/jvm/java-*") if _works(home)), None)


def _point_inside(root: Path) -> None:
    """Let links go to files of the package; they mean those below /etc, which is not ours to write."""
    for link in root.rglob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            target = root / link.readlink().relative_to("/")
            link.unlink()
            link.symlink_to(target)
