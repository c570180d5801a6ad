# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the collection from the last commit, installs it into an empty folder and reads every module's documentation there."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from environments import programs
from workshop import CACHE, ROOT, Failure, environment, main, run

DIST = CACHE / "dist"
NOT_FOR_USERS = ("tests/", "tools/", ".", "Makefile", "pyproject.toml")


def build() -> int:
    """Leave the checked archive in C(.cache/dist) and say where."""
    bin = programs("core")
    source, installed = DIST / "source", DIST / "installed"
    shutil.rmtree(DIST, ignore_errors=True)
    _last_commit(source)
    env = {**environment(bin), "ANSIBLE_COLLECTIONS_PATH": str(installed)}

    _must_work([bin / "ansible-galaxy", "collection", "build", "--output-path", DIST, source], env)
    (archive,) = DIST.glob("polyhost-cloud-*.tar.gz")
    with tarfile.open(archive) as packed:
        stray = [name for name in packed.getnames() if name.startswith(NOT_FOR_USERS)]
    if stray:
        raise Failure(f"dist: these do not belong in the archive: {', '.join(stray)}")

    _must_work([bin / "ansible-galaxy", "collection", "install", "--offline", "--collections-path", installed, archive], env)
    _must_work([bin / "ansible-galaxy", "collection", "verify", "--offline", "polyhost.cloud"], env)
    modules = sorted(path.stem for path in (source / "plugins" / "modules").glob("*.py"))
    if not modules:
        raise Failure("dist: the archive holds no module")
    _must_work([bin / "ansible-doc", *(f"polyhost.cloud.{name}" for name in modules)], env)
    print(f"\n{archive.relative_to(ROOT)}: {len(modules)} modules, {archive.stat().st_size // 1024} KiB")
    return 0


def _last_commit(target: Path) -> None:
    try:
        packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure("dist: needs git and a commit, since it builds what was committed and nothing else") from error
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Python 3.11.0 to 3.11.3 have no filters; what git packed from our own commit needs none.
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(target)


def _must_work(command: list[str | Path], env: dict[str, str]) -> None:
    if run(command, env=env, cwd=DIST, quiet=True).status:
        raise Failure(f"dist: {' '.join(map(str, command))} failed")


if __name__ == "__main__":
    main(build)
