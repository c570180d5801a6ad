# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PostgreSQL server for the time of a test: in a folder of its own, on a socket in it, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

import psycopg

PATIENCE = 30.0  # seconds until it answers
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "jit": "off"}


class NotToBeHad(Exception):
    """There is no server here, and why."""


@contextlib.contextmanager
def server() -> t.Iterator[str]:
    """The connection string of an empty database; its password is never asked for.

    Raises:
        NotToBeHad: no programs are named by POSTGRESQL_BIN or installed, or they do not run here.
    """
    bin = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket must be short
    running: subprocess.Popen[bytes] | None = None
    try:
        who = _somebody(folder)
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "LD_LIBRARY_PATH": os.environ.get("POSTGRESQL_LIBRARIES", "")}
        make = ["-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        with (folder / "log").open("wb") as log:
            try:
                subprocess.run([bin / "initdb", *make], env=env, cwd=folder, stdout=log, stderr=log, check=True, **who)
            except (OSError, subprocess.CalledProcessError) as exc:
                raise NotToBeHad(f"initdb: {exc}; {(folder / 'log').read_text(errors='replace')[-500:]}") from exc
            settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
            running = subprocess.Popen([bin / "postgres", "-D", folder / "data", "-k", folder, *settings], env=env, cwd=folder, stdout=log, stderr=log, **who)
        dsn = f"host={folder} user=postgres dbname=postgres password=S3CRET-of-the-register"
        _wait(dsn, running)
        yield dsn
    finally:
        if running is not None:
            running.send_signal(signal.SIGINT)  # do not wait for clients
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGQUIT)
                running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    named = os.environ.get("POSTGRESQL_BIN")
    folders = [Path(named)] if named else [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not folders:
        raise NotToBeHad("no PostgreSQL server here; tools/postgresql.py would get one of Debian's packages")
    return folders[-1]


def _somebody(folder: Path) -> dict[str, t.Any]:
    """As whom to run the server, which refuses to be root: as nobody, who then owns the folder."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(dsn: str, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(dsn).close()
            return
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
