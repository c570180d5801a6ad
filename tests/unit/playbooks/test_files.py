# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts that playbooks run: what they take, what they refuse, and that neither tells a secret or takes silence for an answer."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator

SCRIPTS = Path(__file__).resolve().parents[3] / "playbooks" / "files"
SECRET = "S3CRET-password"


def script(name: str) -> t.Any:
    """A script as a module, without running it."""
    spec = importlib.util.spec_from_file_location(f"playbooks_files_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


register = script("address_register")
names = script("names_leading_to")


def told(place: t.Any, *words: str) -> dict[str, t.Any]:
    """What the register tells of a command."""
    return t.cast("dict[str, t.Any]", register.carry_out(register.arguments(words), place))


@pytest.fixture
def place(tmp_path: Path) -> t.Any:
    """A register that is not there yet."""
    return register.Place(tmp_path / "new" / "register.sqlite")


# -- the register -----------------------------------------------------------------------------------------------------


def test_what_is_taken_is_taken_in_its_usual_spelling() -> None:
    asked = register.arguments(["open", "--address= 2001:DB8:0:0::1 ", "--instance=7", "--reverse-name=Www.Example.COM.", "--monthly-cost=2.50", "--tenant="])
    assert (asked.address, asked.instance, asked.reverse_name, asked.monthly_cost, asked.tenant) == ("2001:db8::1", "7", "www.example.com", 2.5, None)
    assert register.amount(" ") is None


@pytest.mark.parametrize("number", ["-1", "2.505", "two", "NaN", "Infinity", "1e99"])
def test_what_is_no_amount_is_refused(number: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no amount"):
        register.amount(number)


def test_what_is_no_address_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        register.arguments(["close", "--address=www"])
    assert "'www' is no IP address" in capsys.readouterr().err


def test_where_the_register_is(tmp_path: Path) -> None:
    assert register.Place.of(None, {}).file == Path("~/.local/share/polyhost.cloud/address_register.sqlite").expanduser()
    assert register.Place.of(None, {register.FILE: "/a"}) == register.Place(Path("/a"))
    assert register.Place.of("/b", {register.FILE: "/a"}) == register.Place(Path("/b"))
    assert register.Place.of(None, {register.DSN: "host=x"}).dsn == "host=x"
    for file, environ in (("/b", {register.DSN: "host=x"}), (None, {register.FILE: "/a", register.DSN: "host=x"})):
        with pytest.raises(register.Failure, match="two places"):
            register.Place.of(file, environ)


def test_a_check_makes_no_file_and_a_run_makes_one_for_the_owner_only(place: t.Any) -> None:
    words = ["open", "--address=192.0.2.1", "--instance=7"]
    foreseen = told(place, "--check", *words)
    assert (foreseen["changed"], foreseen["row"]["in_service_since"]) == (True, None)
    assert told(place, "list")["rows"] == []
    assert not place.file.parent.exists()
    made = told(place, *words)
    assert made["changed"] is True
    assert {**made["row"], "in_service_since": None} == foreseen["row"]
    assert (place.file.stat().st_mode & 0o777, place.file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    content = place.file.read_bytes()
    assert told(place, "--check", "close", "--address=192.0.2.1")["changed"] is True
    assert place.file.read_bytes() == content


def test_another_server_inherits_nothing(place: t.Any) -> None:
    told(place, "open", "--address=192.0.2.1", "--instance=7", "--tenant=acme", "--monthly-cost=1")
    assert told(place, "open", "--address=192.0.2.1", "--instance=7")["changed"] is False
    moved = told(place, "open", "--address=192.0.2.1", "--instance=8")
    assert (moved["changed"], moved["row"]["tenant"], moved["row"]["monthly_cost"]) == (True, None, None)
    assert [(row["instance"], row["out_of_service_since"] is None) for row in told(place, "list")["rows"]] == [("7", False), ("8", True)]


def test_the_table_itself_takes_one_open_row_an_address(place: t.Any) -> None:
    entry = told(place, "open", "--address=192.0.2.1", "--instance=7")["row"]
    with pytest.raises(register.Failure, match="UNIQUE"), place.transaction(writes=True) as execute:
        execute(register.INSERT, **{**entry, "in_service_since": "2026-01-01T00:00:00.000000Z"})
    assert told(place, "list")["rows"] == [entry]


def test_a_file_that_is_no_register_is_told(place: t.Any) -> None:
    place.file.parent.mkdir()
    place.file.write_text("something else", encoding="utf-8")
    with pytest.raises(register.Failure, match=r"register\.sqlite: file is not a database"):
        told(place, "list")


@pytest.mark.parametrize("dsn", [SECRET, f"postgresql://me:{SECRET}@127.0.0.1:1/db", f"host=/nowhere password={SECRET}"])
def test_a_connection_string_that_does_not_work_is_not_told(dsn: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(register.Failure) as failed:
        told(register.Place(Path("unused"), dsn), "list")
    assert "PostgreSQL" in str(failed.value)
    assert SECRET not in str(failed.value)


# -- names ------------------------------------------------------------------------------------------------------------


def test_the_name_servers_to_ask() -> None:
    assert names.servers("192.0.2.1, 192.0.2.2:5353,2001:db8::1,[2001:db8::2]:54,") == [
        ("192.0.2.1", 53),
        ("192.0.2.2", 5353),
        ("2001:db8::1", 53),
        ("2001:db8::2", 54),
    ]
    with pytest.raises(names.Failure, match="'ns1' is no address of a name server"):
        names.servers("ns1")


def test_who_refuses_to_answer_is_no_proof() -> None:
    with Simulator() as simulator:
        asked = names.servers(simulator.dns.address)
        assert names.leading_to("127.0.0.1", ["NS.simulator.test."], asked) == ["NS.simulator.test."]
        assert names.leading_to("127.0.0.2", ["ns.simulator.test"], asked) == []
        with pytest.raises(names.Failure, match=r"nobody can tell where www\.example\.com leads"):
            names.leading_to("127.0.0.1", ["ns.simulator.test", "www.example.com"], asked)
