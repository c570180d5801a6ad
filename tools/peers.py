# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collections of others, out of the wheel of ansible: what the bench compares with, and what sets up AWX."""

from __future__ import annotations

import zipfile
from pathlib import Path

from workshop import CACHE, pip_environment, run

WHEEL = "ansible==12.3.0"


def collection(bin: Path, namespace: str, name: str) -> Path | None:
    """The folder to put on ansible's path for a collection, fetched before if need be; None where the wheel cannot be had."""
    home = CACHE / "peers" / WHEEL
    folder = f"ansible_collections/{namespace}/{name}/"
    if not (home / folder).is_dir():
        wheels = home / "wheel"
        if run([bin / "python", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, WHEEL], env=pip_environment()).status:
            return None
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as archive:
            archive.extractall(home, [each for each in archive.namelist() if each.startswith(folder)])
    return home
