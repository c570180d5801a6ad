# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal: the notes of orders that cost money, their locks, and what a killed run leaves."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import pathlib
import stat
import threading
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _locks
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock, Deadline, Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._journal import Journal
from ansible_collections.polyhost.cloud.tests.unit.fakes import START, FakeClock

ORDER = "create address LON1 mail"
ACCOUNT = ("civo", "api.civo.com", "S3CRET-token")


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where the notes are; made by the first order."""
    return tmp_path / "ledger.json.orders"


def journal(folder: pathlib.Path, account: tuple[str, ...] = ACCOUNT, *, read_only: bool = False, clock: Clock | None = None) -> Journal:
    return Journal(str(folder), account, Waiter(clock or FakeClock()), read_only)


def deadline(seconds: float = 60.0, clock: Clock | None = None) -> Deadline:
    return Deadline(clock or FakeClock(), seconds)


def left(folder: pathlib.Path, what: str = ORDER, account: tuple[str, ...] = ACCOUNT) -> t.Any:
    """What the next task finds."""
    with journal(folder, account).order(what, deadline()) as note:
        return note.left


def killed(folder: pathlib.Path, **facts: t.Any) -> str:
    """A run that dies after it has noted C(facts); the path of the note."""
    with journal(folder).order(ORDER, deadline()) as note:
        note.write(**facts)
        return note.path


def test_a_killed_run_leaves_what_it_noted_last(folder: pathlib.Path) -> None:
    assert left(folder) is None
    with journal(folder).order(ORDER, deadline()) as note:
        note.write(sent_at=START, operation_id="a-long-task-id", before="192.0.2.1")
        note.write(sent_at=START)
    assert left(folder) == {"sent_at": START}


def test_an_order_whose_fate_is_known_leaves_nothing(folder: pathlib.Path) -> None:
    with journal(folder).order(ORDER, deadline()) as note:
        note.write(sent_at=START)
        note.clear()
    assert left(folder) is None


def test_an_order_that_shows_is_forgotten(folder: pathlib.Path) -> None:
    journal(folder).forget(ORDER)
    killed(folder, sent_at=START)
    journal(folder, read_only=True).forget(ORDER)
    assert left(folder) == {"sent_at": START}
    journal(folder).forget(ORDER)
    assert left(folder) is None


def test_orders_and_accounts_do_not_mix(folder: pathlib.Path) -> None:
    killed(folder, sent_at=START)
    assert left(folder, "create address LON1 mail2") is None
    assert left(folder, account=("civo", "api.civo.com", "another-token")) is None
    assert left(folder, account=("gcore", "api.civo.com", "S3CRET-token")) is None
    assert left(folder) == {"sent_at": START}


def test_notes_are_private_and_tell_nothing(folder: pathlib.Path) -> None:
    path = killed(folder, sent_at=START)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert "S3CRET" not in path
    assert "mail" not in path


@pytest.mark.parametrize("content", ['{"sent_at": 17', "[1]", "null", "\x00\x00", b"\xff\xfe"])
def test_a_damaged_note_still_says_that_something_was_sent(folder: pathlib.Path, content: str | bytes) -> None:
    path = pathlib.Path(killed(folder, sent_at=START))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert left(folder) == {}


def test_a_kill_in_the_middle_of_a_note_leaves_no_empty_one(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_arguments: t.Any) -> None:
        raise KeyboardInterrupt

    with journal(folder).order(ORDER, deadline()) as note:
        note.write(sent_at=START, operation_id="a-long-task-id")
        monkeypatch.setattr(os, "ftruncate", dies)
        with pytest.raises(KeyboardInterrupt):
            note.write(sent_at=START)
    assert left(folder) is not None


def test_check_mode_reads_and_writes_nothing(folder: pathlib.Path) -> None:
    checking = journal(folder, read_only=True)
    with checking.order(ORDER, deadline()) as note:
        note.write(sent_at=START)
        note.clear()
        assert note.left is None
    assert not folder.exists()
    killed(folder, sent_at=START)
    with journal(folder).order(ORDER, deadline()):
        with checking.order(ORDER, deadline(0.0)) as note:
            assert note.left == {"sent_at": START}, "no lock is taken"


def test_a_folder_that_is_a_file_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "orders").write_text("")
    order = journal(tmp_path / "orders").order(ORDER, deadline())
    with pytest.raises(LedgerError, match="cannot be written") as caught:
        order.__enter__()
    assert "ledger" in str(caught.value.hint)


def test_a_full_disk_is_told_before_anything_is_sent(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: t.Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with journal(folder).order(ORDER, deadline()) as note:
        with pytest.raises(LedgerError, match="No space left"):
            note.write(sent_at=START)


# -- at the same time -------------------------------------------------------------------------------------------------------


def test_the_same_order_is_held_by_one_task(folder: pathlib.Path) -> None:
    clock = FakeClock()
    with journal(folder).order(ORDER, deadline()):
        with pytest.raises(LedgerError, match="Another task") as caught:
            journal(folder, clock=clock).order(ORDER, deadline(5.0, clock)).__enter__()
    assert 5.0 <= clock.passed < 6.0
    assert "again" in str(caught.value.hint)
    assert left(folder) is None


def test_other_orders_are_free_meanwhile(folder: pathlib.Path) -> None:
    with journal(folder).order(ORDER, deadline()):
        assert left(folder, "create address LON1 mail2") is None


def test_a_failure_frees_the_order(folder: pathlib.Path) -> None:
    with pytest.raises(ValueError):
        with journal(folder).order(ORDER, deadline()) as note:
            note.write(sent_at=START)
            raise ValueError
    assert left(folder) == {"sent_at": START}


def test_threads_order_one_after_the_other(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each finds what the one before it noted."""
    monkeypatch.setattr(_locks, "POLL", 0.001)
    found: list[t.Any] = []

    def task(number: int) -> None:
        with Journal(str(folder), ACCOUNT, Waiter(Clock()), False).order(ORDER, Deadline(Clock(), 30.0)) as note:
            found.append((note.left or {}).get("number"))
            note.write(number=number)

    threads = [threading.Thread(target=task, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is None
    assert len(set(found)) == len(threads)


def _dies_while_it_holds(folder: str) -> None:
    order = Journal(folder, ACCOUNT, Waiter(Clock()), False).order(ORDER, Deadline(Clock(), 30.0))
    order.__enter__().write(sent_at=START)
    os._exit(9)


def test_a_process_that_dies_frees_the_order_and_leaves_its_note(folder: pathlib.Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_dies_while_it_holds, args=(str(folder),))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert left(folder) == {"sent_at": START}


def test_what_is_written_can_be_read_by_whoever_looks(folder: pathlib.Path) -> None:
    """A failure names the file, and its user may want to know when it was."""
    with open(killed(folder, sent_at=START, operation_id="t1"), encoding="utf-8") as handle:
        assert json.load(handle) == {"sent_at": START, "operation_id": "t1"}
