# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The register of addresses: which one serves or served what, for whom, at what monthly cost, from when to when.

The playbooks C(address_into_service) and C(address_out_of_service) keep it. By hand:

    address_register.py list [--address=ADDRESS]
    address_register.py [--check] open --address=ADDRESS --instance=ID [--reverse-name=NAME] [--tenant=NAME] [--monthly-cost=NUMBER]
    address_register.py [--check] close --address=ADDRESS

It is a table of a PostgreSQL database where the environment variable VPS_ADDRESS_REGISTER_DSN says which (a secret, so never an argument), else
of an SQLite file: C(--file), else the variable VPS_ADDRESS_REGISTER, else a file in the home folder. To name both is refused. Either is made
when first written to.

What is told is one JSON object: C(rows) of C(list), else C(changed) and C(row). With C(--check) nothing is written, and a time that is not known
yet is null. Exit code 2: it failed, and the last line says why.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import ipaddress
import json
import os
import re
import sqlite3
import sys
import typing as t
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

Row = dict[str, t.Any]
Execute = t.Callable[..., list[Row]]  # an SQL statement with :names, and their values

DSN = "VPS_ADDRESS_REGISTER_DSN"
FILE = "VPS_ADDRESS_REGISTER"
DEFAULT_FILE = "~/.local/share/polyhost.cloud/address_register.sqlite"
LIBRARY = "psycopg >= 3.1.18"

FACTS = ("instance", "reverse_name", "tenant", "monthly_cost")
SINCE, UNTIL = "in_service_since", "out_of_service_since"
COLUMNS = ("address", *FACTS, SINCE, UNTIL)

TABLE = f"""
CREATE TABLE address_register (
    address TEXT NOT NULL,
    instance TEXT NOT NULL,
    reverse_name TEXT,
    tenant TEXT,
    monthly_cost NUMERIC,
    {SINCE} TIMESTAMPTZ NOT NULL,
    {UNTIL} TIMESTAMPTZ,
    PRIMARY KEY (address, {SINCE})
)
"""
ONE_OPEN_ROW = f"CREATE UNIQUE INDEX address_register_open ON address_register (address) WHERE {UNTIL} IS NULL"
SELECT = f"SELECT {', '.join(COLUMNS)} FROM address_register"
ORDER = f"ORDER BY {SINCE}, address"
INSERT = f"INSERT INTO address_register ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{column}' for column in COLUMNS)})"
CLOSE = f"UPDATE address_register SET {UNTIL} = :now WHERE address = :address AND {UNTIL} IS NULL"

PATIENCE = 30  # seconds that one run waits for another one, and for the server
WRITERS = 7_240_114_021  # the number of the lock that writers of PostgreSQL take; any, as long as it is always the same


class Failure(Exception):
    """What went wrong, and what to do about it."""


# -- databases --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where the register is: C(dsn) of PostgreSQL, else C(file) of SQLite."""

    file: Path
    dsn: str | None = None

    @classmethod
    def of(cls, file: str | None, environ: t.Mapping[str, str]) -> Place:
        """The place that the arguments and the environment name.

        Raises:
            Failure: they name two.
        """
        dsn, named = environ.get(DSN) or None, file or environ.get(FILE)
        if dsn and named:
            raise Failure(f"the register cannot be in two places: unset {DSN}, or leave {named} out ({FILE} or the argument)")
        return cls(Path(named or DEFAULT_FILE).expanduser(), dsn)

    @contextlib.contextmanager
    def transaction(self, *, writes: bool, check: bool = False) -> t.Iterator[Execute]:
        """One transaction; with C(writes) no other writer is in one meanwhile, and the table is there.

        Without the table every statement finds nothing.

        Raises:
            Failure: the database cannot be used.
        """
        with contextlib.ExitStack() as stack:
            execute = stack.enter_context(_postgresql(self.dsn, writes) if self.dsn else _sqlite(self.file, writes, check))
            catalogue = "SELECT to_regclass('address_register') AS name" if self.dsn else "SELECT name FROM sqlite_master WHERE name = 'address_register'"
            if any(row["name"] for row in execute(catalogue)):
                yield execute
            elif writes:
                execute(TABLE)
                execute(ONE_OPEN_ROW)
                yield execute
            else:
                yield lambda statement, **values: []


@contextlib.contextmanager
def _sqlite(file: Path, writes: bool, check: bool) -> t.Iterator[Execute]:
    """A run without C(check) may put right what a killed one left half written, even where it only reads."""
    try:
        if writes:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        place = f"{file.absolute().as_uri()}?mode={'ro' if check else 'rw'}" if writes or file.exists() else ":memory:"
        with contextlib.closing(sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            yield lambda statement, **values: [dict(row) for row in connection.execute(statement, values)]
            connection.execute("COMMIT")
    except (OSError, sqlite3.Error) as exc:
        raise Failure(f"{file}: {exc}") from exc


@contextlib.contextmanager
def _postgresql(dsn: str, writes: bool) -> t.Iterator[Execute]:
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
        from psycopg.rows import dict_row
    except ImportError as exc:
        told = f"a register in PostgreSQL needs the Python library {LIBRARY} for {sys.executable} ({exc})"
        raise Failure(f"{told}: python3 -m pip install 'psycopg[binary]>=3.1.18'") from None
    try:
        secret = str(conninfo_to_dict(dsn).get("password") or "")
    except psycopg.Error:  # it quotes what it does not understand
        raise Failure(f"{DSN} is no connection string of PostgreSQL: write postgresql://USER@HOST/DATABASE or host=... dbname=...") from None
    try:
        with psycopg.connect(dsn, row_factory=dict_row, connect_timeout=PATIENCE) as connection:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED  # who waited for the lock sees what was written meanwhile
            connection.read_only = not writes

            def execute(statement: str, **values: t.Any) -> list[Row]:
                cursor = connection.execute(re.sub(r":(\w+)", r"%(\1)s", statement).encode(), values)
                return cursor.fetchall() if cursor.description else []

            if writes:
                execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
                execute(f"SELECT pg_advisory_xact_lock({WRITERS})")
            yield execute
    except psycopg.Error as exc:
        told = str(exc).replace(secret, "********") if secret else str(exc)
        raise Failure(f"PostgreSQL: {' '.join(told.split())}") from None


# -- the register -----------------------------------------------------------------------------------------------------


def rows(execute: Execute, address: str | None = None) -> list[Row]:
    """The rows in the order of C(in_service_since), of one address or of all."""
    found = execute(f"{SELECT} WHERE address = :address {ORDER}", address=address) if address else execute(f"{SELECT} {ORDER}")
    return [_shown(row) for row in found]


def enter(execute: Execute, address: str, facts: Row, now: str | None) -> tuple[bool, Row]:
    """Have an open row of an address that says C(facts); what is None there stays as it is, unless another server has the address now.

    A row that says something else is closed, so that it goes on telling what was so until now.

    Args:
        now: the time, None to predict only.

    Returns:
        Whether something changed or would, and the open row.
    """
    current = next((row for row in rows(execute, address) if row[UNTIL] is None), None)
    stays = current if current and current["instance"] == facts["instance"] else {}
    wanted = {fact: facts[fact] if facts[fact] is not None else stays.get(fact) for fact in FACTS}
    if current and all(current[fact] == wanted[fact] for fact in FACTS):
        return False, current
    entered = {"address": address, **wanted, SINCE: now, UNTIL: None}
    if now is not None:
        execute(CLOSE, address=address, now=now)
        execute(INSERT, **entered)
    return True, entered


def close(execute: Execute, address: str, now: str | None) -> tuple[bool, Row | None]:
    """Have no open row of an address; the arguments and what is returned are those of C(enter), the row being the last one, None without any."""
    last = next(reversed(rows(execute, address)), None)
    if last is None or last[UNTIL] is not None:
        return False, last
    if now is not None:
        execute(CLOSE, address=address, now=now)
    return True, {**last, UNTIL: now}


def _shown(row: Row) -> Row:
    """A row as both databases tell it: numbers, and times as ISO 8601 in UTC."""
    cost = row["monthly_cost"]
    return {**row, "monthly_cost": None if cost is None else float(cost), SINCE: _time(row[SINCE]), UNTIL: _time(row[UNTIL])}


def _time(told: str | datetime.datetime | None) -> str | None:
    if not isinstance(told, datetime.datetime):
        return told
    return told.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# -- the command line -------------------------------------------------------------------------------------------------


def canonical(address: str) -> str:
    """An address in its usual spelling."""
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{address!r} is no IP address") from exc


def host_name(name: str) -> str | None:
    """A name in lower case without a final dot; None for an empty one."""
    return name.strip().rstrip(".").lower() or None


def amount(number: str) -> float | None:
    """An amount of money, with two decimals at most; None for an empty one."""
    if not number.strip():
        return None
    try:
        value = Decimal(number.strip())
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value < 10**9 or value != round(value, 2):
        raise argparse.ArgumentTypeError(f"{number!r} is no amount such as 2.50")
    return float(value)


def arguments(words: t.Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for; exits with code 2 where it makes no sense."""
    parser = argparse.ArgumentParser(prog="address_register.py", description="Keep the register of addresses.", allow_abbrev=False)
    parser.add_argument("--file", help=f"the SQLite file; left out, {FILE} names it, or it is {DEFAULT_FILE}")
    parser.add_argument("--check", action="store_true", help="write nothing, tell what would be")
    what = parser.add_subparsers(dest="command", required=True)
    what.add_parser("list", help="tell rows").add_argument("--address", type=canonical)
    what.add_parser("close", help="an address is out of service").add_argument("--address", type=canonical, required=True)
    entry = what.add_parser("open", help="an address is in service")
    entry.add_argument("--address", type=canonical, required=True)
    entry.add_argument("--instance", required=True, help="the provider's id of the server")
    entry.add_argument("--reverse-name", type=host_name)
    entry.add_argument("--tenant", type=lambda name: name or None)
    entry.add_argument("--monthly-cost", type=amount)
    return parser.parse_args(words)


def carry_out(asked: argparse.Namespace, place: Place) -> Row:
    """Do what is asked for; what is told about it.

    Raises:
        Failure: the register cannot be used.
    """
    writes = asked.command != "list" and not asked.check
    with place.transaction(writes=writes, check=asked.check) as execute:
        if asked.command == "list":
            return {"changed": False, "rows": rows(execute, asked.address)}
        time = _time(datetime.datetime.now(datetime.timezone.utc)) if writes else None  # taken while no other run writes, so that times follow each other
        if asked.command == "close":
            changed, row = close(execute, asked.address, time)
        else:
            changed, row = enter(execute, asked.address, {fact: getattr(asked, fact) for fact in FACTS}, time)
    return {"changed": changed, "row": row}


def main() -> None:
    """Run the command."""
    asked = arguments()
    try:
        told = carry_out(asked, Place.of(asked.file, os.environ))
    except Failure as failure:
        sys.stderr.write(f"address_register.py: {failure}\n")
        sys.exit(2)
    sys.stdout.write(f"{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
