# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the workshop keeps its things, and the surroundings in which it runs other programs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
TREE = CACHE / "tree"
COLLECTION = TREE / "ansible_collections" / "polyhost" / "cloud"
HOME = CACHE / "home"

# Everything else stays outside: a real account's token, a stray ANSIBLE_ or GIT_ variable, somebody's virtual environment.
PASSED_ON = frozenset(
    "CI COLUMNS LANG LD_LIBRARY_PATH LOGNAME NO_COLOR REQUESTS_CA_BUNDLE SSL_CERT_DIR SSL_CERT_FILE TERM TMPDIR USER"
    " HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy".split()
)


class Failure(Exception):
    """Something the user must know about, told without a traceback."""


def main(run: t.Callable[[], int]) -> t.NoReturn:
    """Run a tool: a failure is one line on stderr, Ctrl-C, SIGTERM and a closed terminal let C(finally) clauses clean up."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _frame: sys.exit(128 + number))
    try:
        sys.exit(run())
    except Failure as failure:
        sys.exit(f"{failure}")
    except KeyboardInterrupt:
        sys.exit(130)


def pip_environment() -> dict[str, str]:
    """The caller's own settings for pip, so that a mirror or a certificate goes on working; the cache lies in the clone."""
    return {**_kept("HOME", "PATH", "XDG_CONFIG_HOME"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def environment(*programs: Path) -> dict[str, str]:
    """The surroundings of everything but pip: the folders in C(programs) first on the path, all of ansible's files in the cache."""
    HOME.mkdir(parents=True, exist_ok=True)
    return {
        **_kept(),
        "PATH": os.pathsep.join([*map(str, programs), "/usr/bin", "/bin"]),
        "HOME": str(HOME),
        "XDG_CACHE_HOME": str(CACHE / "xdg"),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis"),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(CACHE / "ansible" / "tmp"),
        # Left alone, these two go by the account's home folder, whatever HOME says.
        "ANSIBLE_REMOTE_TEMP": str(CACHE / "ansible" / "tmp"),
        "ANSIBLE_ASYNC_DIR": str(CACHE / "ansible" / "async"),
        "ANSIBLE_COLLECTIONS_PATH": str(TREE),
    }


def _kept(*names: str) -> dict[str, str]:
    """What is passed on of our own environment, pip's settings always; without one of its own pip's cache lies in the clone."""
    kept = {name: value for name, value in os.environ.items() if value and (name in PASSED_ON or name in names or name.startswith("PIP_"))}
    return {"PIP_CACHE_DIR": str(CACHE / "pip"), **kept}


@dataclass(frozen=True)
class Finished:
    """How a program ended and all that it wrote."""

    status: int
    output: str


def end_group(process: subprocess.Popen[t.Any]) -> None:
    """End a program that was started in a session of its own, with everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(
    command: t.Sequence[str | Path],
    *,
    env: t.Mapping[str, str],
    cwd: Path = ROOT,
    timeout: float = 1800,
    quiet: bool = False,
    hide: str = "",
) -> Finished:
    """Run a program without input, showing its output as it comes, less the lines whose beginning matches C(hide).

    C(quiet) shows the output only when the program fails. After C(timeout) seconds, and when we are ended ourselves,
    the program goes with everything it started.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    late = threading.Event()

    def end_late() -> None:
        late.set()
        end_group(process)

    timer = threading.Timer(timeout, end_late)
    timer.daemon = True
    timer.start()
    lines: list[str] = []
    try:
        for line in process.stdout or ():
            lines.append(line)
            if not quiet and not (hide and re.match(hide, line)):
                print(line, end="", flush=True)
        process.wait()
    finally:
        timer.cancel()
        end_group(process)
    if late.is_set():
        lines.append(f"{Path(command[0]).name} was ended after {timeout:.0f} seconds\n")
    if quiet and (process.returncode or late.is_set()):
        print("".join(lines), end="", flush=True)
    return Finished(1 if late.is_set() else process.returncode, "".join(lines))
