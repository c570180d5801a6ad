# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes virtual environments below C(.cache/venv), each from C(tools/requirements-NAME.txt), and remakes one that is out of date."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path

from interpreters import identity
from workshop import CACHE, ROOT, Failure, main, pip_environment, run


def programs(name: str, python: Path = Path(sys.executable)) -> Path:
    """The folder with the programs of the environment C(name), made before by the interpreter C(python) if need be."""
    home = CACHE / "venv" / name
    stamp = home / "made-from"
    key = _key(name, python, home)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != key:
        _make(name, python, home)
        stamp.write_text(key, encoding="utf-8")
    return home / "bin"


def requirements(name: str) -> str:
    """The text of a requirements file with those it includes in place."""
    text = (ROOT / "tools" / f"requirements-{name}.txt").read_text(encoding="utf-8")
    return re.sub(r"^-r requirements-(.+)\.txt$", lambda match: requirements(match[1]), text, flags=re.MULTILINE)


def _key(name: str, python: Path, home: Path) -> str:
    """What an environment depends on; its own place too, since its programs begin with it."""
    facts = "\n".join([requirements(name), identity(python), str(home)])
    return hashlib.sha256(facts.encode()).hexdigest()


def _make(name: str, python: Path, home: Path) -> None:
    print(f"Making the virtual environment .cache/venv/{name} ...", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    install: list[str | Path] = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--quiet", "--requirement", f"tools/requirements-{name}.txt"]
    if run([python, "-m", "venv", home], env=pip_environment()).status:
        raise Failure(f"{python} could not make a virtual environment; see above")
    if run(install, env=pip_environment()).status:
        raise Failure(f"pip could not install tools/requirements-{name}.txt; see above")


def make_all() -> int:
    """Make those named on the command line."""
    for name in sys.argv[1:]:
        programs(name)
    return 0


if __name__ == "__main__":
    main(make_all)
