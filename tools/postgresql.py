# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the programs of a PostgreSQL server are, for the tests of the address register: of this machine, else of Debian's packages.

These are unpacked below C(.cache/postgresql); nothing is installed, nothing is started.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import debian
from workshop import CACHE, main

HOME = CACHE / "postgresql"
PACKAGE = "postgresql"
NEVER_LOADED = re.compile("libllvm|perl|libjson|libtypes|libcommon-sense|ssl-cert|sysstat")  # what a server without JIT and scripts starts without


def found(root: Path) -> Path | None:
    """The folder with the newest server's programs below a root folder."""
    folders = [path.parent for path in root.glob("usr/lib/postgresql/*/bin/initdb")]
    return max(folders, key=lambda path: float(path.parent.name), default=None)


def surroundings() -> dict[str, str]:
    """The environment variables by which tests find the server: none where there is no server to be had, which is told."""
    installed = found(Path("/"))
    if installed:
        return {"POSTGRESQL_BIN": str(installed)}
    unpacked = found(HOME / "root") or (_unpack() if debian.is_there() else None)
    if unpacked is None:
        print("PostgreSQL: SKIPPED, it is neither installed nor to be had as a Debian package; the address register is tested with SQLite only", flush=True)
        return {}
    return {"POSTGRESQL_BIN": str(unpacked), "POSTGRESQL_LIBRARIES": os.pathsep.join(debian.libraries(HOME / "root"))}


def _unpack() -> Path | None:
    """Download the server's package and those it needs that are not installed, and unpack them."""
    print("Unpacking PostgreSQL below .cache/postgresql ...", flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    if not debian.unpack_with_needed([PACKAGE], HOME / "root", NEVER_LOADED):
        return None
    return found(HOME / "root")


def show() -> int:
    """Print where it is."""
    for name, value in surroundings().items():
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    main(show)
