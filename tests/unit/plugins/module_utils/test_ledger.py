# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: the file, its keys, its locks, and what happens to it when something goes wrong."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock, Deadline, Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import JOB, LIVE, ORDERING, Entry, Ledger, Mark
from ansible_collections.polyhost.cloud.tests.unit.fakes import START, FakeClock

SCOPE = ("", "1")
ENTRY = Entry(JOB, "web", operation_id="job-7", ordered_at=START, traits={"cpu": 2, "disks": [1]}, known_ids=("1", "2"))


@pytest.fixture
def path(tmp_path: t.Any) -> str:
    return str(tmp_path / "ledger.json")


def ledger(path: str, provider: str = "hosterapi", host: str = "api.hosterapi.de", *, read_only: bool = False, clock: Clock | None = None) -> Ledger:
    return Ledger(path, provider, host, Waiter(clock or FakeClock()), read_only)


def raw(path: str) -> t.Any:
    with open(path, encoding="utf-8") as handle:
        return json.load(handle)


def put(path: str, content: t.Any) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(content if isinstance(content, str) else json.dumps(content))


# -- entries ----------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_by_the_next_task(path: str) -> None:
    assert not ledger(path).exists
    ledger(path).write(SCOPE, ENTRY)
    assert ledger(path).exists
    assert ledger(path).entry(SCOPE, "web") == ENTRY
    assert ledger(path).entry(SCOPE, "web2") is None
    ledger(path).write(SCOPE, Entry(LIVE, "web", id="9"))
    assert ledger(path).entry(SCOPE, "web") == Entry(LIVE, "web", id="9"), "replaced, not merged"
    ledger(path).drop(SCOPE, "web")
    ledger(path).drop(SCOPE, "web")
    assert ledger(path).entry(SCOPE, "web") is None
    assert raw(path) == {"version": 1, "entries": {}}


@pytest.mark.parametrize(("state", "is_open"), [(ORDERING, True), (JOB, True), (LIVE, False)])
def test_which_states_are_open(state: str, is_open: bool) -> None:
    assert Entry(state, "web").open is is_open


def test_keys_tell_provider_host_project_region_and_name(path: str) -> None:
    ledger(path).write(("shop", "LON1"), replace(ENTRY, name="web"))
    assert list(raw(path)["entries"]) == ["hosterapi|api.hosterapi.de|shop|LON1|web"]


@pytest.mark.parametrize("name", ["a|b", "|", "||x", "1|web", "a b", "ä", '"', "x" * 300])
def test_any_name_is_kept_apart(path: str, name: str) -> None:
    one = ledger(path)
    for scope in (("", ""), ("", "1"), ("1", "")):
        one.write(scope, Entry(LIVE, name, id="/".join(scope)))
    for scope in (("", ""), ("", "1"), ("1", "")):
        assert one.entries(scope) == [Entry(LIVE, name, id="/".join(scope))]
        assert one.entry(scope, name) == Entry(LIVE, name, id="/".join(scope))


def test_a_scope_is_no_prefix_of_another(path: str) -> None:
    one = ledger(path)
    for region in ("1", "10", "11", ""):
        one.write(("", region), Entry(LIVE, "web", id=region or "none"))
    assert [entry.id for entry in one.entries(("", "1"))] == ["1"]
    assert [entry.id for entry in one.entries(("", "10"))] == ["10"]
    assert [entry.id for entry in one.entries(("", ""))] == ["none"]


def test_providers_and_hosts_do_not_see_each_other(path: str) -> None:
    for number, (provider, host) in enumerate([("hosterapi", "a"), ("hosterapi", "a:8000"), ("civo", "a"), ("hosterapi", "ab")]):
        ledger(path, provider, host).write(SCOPE, Entry(LIVE, "web", id=str(number)))
    assert [entry.id for entry in ledger(path, "hosterapi", "a").entries(SCOPE)] == ["0"]
    assert [entry.id for entry in ledger(path, "hosterapi", "a:8000").entries(SCOPE)] == ["1"]
    ledger(path, "civo", "a").drop(SCOPE, "web")
    assert len(raw(path)["entries"]) == 3


def test_what_a_later_version_added_to_other_entries_is_kept(path: str) -> None:
    ledger(path).write(SCOPE, ENTRY)
    content = raw(path)
    content["entries"]["hosterapi|api.hosterapi.de||1|web"]["note"] = "kept"
    put(path, content)
    assert ledger(path).entry(SCOPE, "web") == ENTRY
    ledger(path).write(SCOPE, Entry(LIVE, "db", id="3"))
    assert raw(path)["entries"]["hosterapi|api.hosterapi.de||1|web"]["note"] == "kept"


def test_ids_that_somebody_wrote_as_numbers_are_texts(path: str) -> None:
    entry = {"state": "live", "id": 12345, "operation_id": 7, "known_ids": [1, 2]}
    put(path, {"version": 1, "entries": {"hosterapi|api.hosterapi.de||1|a|b": entry}})
    assert ledger(path).entry(SCOPE, "a|b") == Entry(LIVE, "a|b", id="12345", operation_id="7", known_ids=("1", "2"))


# -- the file ---------------------------------------------------------------------------------------------------------------


def test_everything_is_private(tmp_path: t.Any) -> None:
    path = str(tmp_path / "made" / "ledger.json")
    one = ledger(path)
    with one.lock(SCOPE, "web", Deadline(FakeClock(), 1)):
        one.write(SCOPE, ENTRY)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    for folder, _folders, files in os.walk(tmp_path / "made"):
        assert [name for name in files if stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) != 0o600] == []
    assert not [name for name in os.listdir(tmp_path / "made") if name.startswith(".ledger-")]


def test_a_loose_mode_is_tightened_by_the_next_write(path: str) -> None:
    ledger(path).write(SCOPE, ENTRY)
    os.chmod(path, 0o644)
    ledger(path).write(SCOPE, ENTRY)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_link_is_the_file_that_it_names(path: str, tmp_path: t.Any) -> None:
    link = str(tmp_path / "link.json")
    os.symlink(path, link)
    ledger(link).write(SCOPE, ENTRY)
    assert os.path.islink(link)
    assert ledger(path).entry(SCOPE, ENTRY.name) == ENTRY
    assert not os.path.exists(link + ".lock"), "both spellings go by one lock"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_a_kill_while_writing_leaves_the_old_file(path: str, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    ledger(path).write(SCOPE, ENTRY)
    before = raw(path)

    def kill(*_: t.Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(_ledger.os, function, kill)
        with pytest.raises(Killed):
            ledger(path).write(SCOPE, Entry(LIVE, "web", id="9"))
    assert raw(path) == before
    ledger(path).write(SCOPE, Entry(LIVE, "web", id="9"))
    assert ledger(path).entry(SCOPE, "web") == Entry(LIVE, "web", id="9")


def test_a_full_disk_is_told_and_leaves_the_old_file_alone(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger(path).write(SCOPE, ENTRY)

    def full(*_: t.Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_ledger.os, "fsync", full)
        with pytest.raises(LedgerError, match="No space left"):
            ledger(path).write(SCOPE, Entry(LIVE, "web", id="9"))
    assert ledger(path).entry(SCOPE, "web") == ENTRY
    assert not [name for name in os.listdir(os.path.dirname(path)) if name.startswith(".ledger-")]


GOOD_KEY = "hosterapi|api.hosterapi.de||1|web"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"version": 2, "entries": {}}',
        '{"version": "1", "entries": {}}',
        '{"version": 1}',
        '{"version": 1, "entries": []}',
        {"version": 1, "entries": {GOOD_KEY: None}},
        {"version": 1, "entries": {GOOD_KEY: {}}},
        {"version": 1, "entries": {GOOD_KEY: {"state": "later"}}},
        {"version": 1, "entries": {GOOD_KEY: {"state": "live", "known_ids": 5}}},
        {"version": 1, "entries": {GOOD_KEY: {"state": "live", "traits": ["cpu"]}}},
        {"version": 1, "entries": {GOOD_KEY: {"state": "ordering", "ordered_at": "yesterday"}}},
        {"version": 1, "entries": {"web": {"state": "live", "id": "1"}}},
    ],
    ids=str,
)
def test_a_ledger_of_no_known_form_is_never_guessed_at(path: str, content: t.Any) -> None:
    put(path, content)
    with open(path, encoding="utf-8") as handle:
        before = handle.read()
    with pytest.raises(LedgerError):
        ledger(path).entry(SCOPE, "web")
    with pytest.raises(LedgerError):
        ledger(path).entries(SCOPE)
    if not isinstance(content, dict):
        with pytest.raises(LedgerError, match="backup"):
            ledger(path).write(SCOPE, ENTRY)
        with open(path, encoding="utf-8") as handle:
            assert handle.read() == before


def test_bytes_that_are_no_text(path: str) -> None:
    with open(path, "wb") as handle:
        handle.write(b"\xff\xfe{}")
    with pytest.raises(LedgerError, match="cannot be read"):
        ledger(path).entry(SCOPE, "web")


def test_a_path_that_is_a_folder(tmp_path: t.Any) -> None:
    with pytest.raises(LedgerError):
        ledger(str(tmp_path)).entry(SCOPE, "web")
    with pytest.raises(LedgerError):
        ledger(str(tmp_path)).write(SCOPE, ENTRY)


def test_a_path_that_cannot_be_made(tmp_path: t.Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be written"):
        ledger(str(tmp_path / "file" / "ledger.json")).write(SCOPE, ENTRY)


# -- marks ------------------------------------------------------------------------------------------------------------------

MARK = Mark(JOB, "installed", START, operation_id="7")


def test_marks_are_beside_the_entries_and_neither_loses_the_other(path: str) -> None:
    one = ledger(path)
    one.write(SCOPE, ENTRY)
    one.mark(SCOPE, "software 9", "nextcloud", MARK)
    one.mark(SCOPE, "software 9", "wiki", replace(MARK, state=LIVE))
    one.write(SCOPE, Entry(LIVE, "db", id="3"))
    assert ledger(path).marks(SCOPE, "software 9") == {"nextcloud": MARK, "wiki": replace(MARK, state=LIVE)}
    assert ledger(path).marks(SCOPE, "software 90") == ledger(path).marks(("", ""), "software 9") == {}
    assert [entry.name for entry in ledger(path).entries(SCOPE)] == ["db", "web"]
    one.mark(SCOPE, "software 9", "wiki", None)
    assert list(one.marks(SCOPE, "software 9")) == ["nextcloud"]


def test_a_file_with_marks_is_none_that_version_1_would_write_without_them(path: str) -> None:
    one = ledger(path)
    one.write(SCOPE, ENTRY)
    entries = raw(path)["entries"]
    one.mark(SCOPE, "software 9", "nextcloud", MARK)
    assert (raw(path)["version"], raw(path)["entries"]) == (2, entries)
    one.unmark(SCOPE, "software 9")
    assert raw(path) == {"version": 1, "entries": entries}


def test_forgetting_marks_that_are_not_there_writes_nothing(path: str) -> None:
    ledger(path).unmark(SCOPE, "software 9")
    assert not ledger(path).exists


def test_check_mode_marks_nothing(path: str) -> None:
    ledger(path, read_only=True).mark(SCOPE, "software 9", "nextcloud", MARK)
    assert not ledger(path).exists


@pytest.mark.parametrize(
    "marks",
    [
        None,
        [],
        {"hosterapi|api.hosterapi.de||1|software 9": []},
        {"hosterapi|api.hosterapi.de||1|software 9": {"nextcloud": "installed"}},
        {"hosterapi|api.hosterapi.de||1|software 9": {"nextcloud": {"state": "live", "value": "installed"}}},
        {"hosterapi|api.hosterapi.de||1|software 9": {"nextcloud": {"state": "later", "value": "installed", "at": 1}}},
    ],
    ids=str,
)
def test_marks_of_no_known_form_are_never_guessed_at(path: str, marks: t.Any) -> None:
    put(path, {"version": 2, "entries": {}, "marks": marks})
    with pytest.raises(LedgerError):
        ledger(path).marks(SCOPE, "software 9")


# -- check mode -------------------------------------------------------------------------------------------------------------


def test_check_mode_writes_nothing_and_takes_no_lock(path: str, tmp_path: t.Any) -> None:
    one = ledger(path, read_only=True)
    with one.lock(SCOPE, "web", Deadline(FakeClock(), 1)):
        one.write(SCOPE, ENTRY)
        one.drop(SCOPE, "web")
    assert os.listdir(tmp_path) == []
    ledger(path).write(SCOPE, ENTRY)
    before = sorted(os.listdir(tmp_path))
    one.drop(SCOPE, "web")
    assert one.entry(SCOPE, "web") == ENTRY
    with ledger(path).lock(SCOPE, "web", Deadline(FakeClock(), 1)), one.lock(SCOPE, "web", Deadline(FakeClock(), 0)):
        pass
    assert sorted(name for name in os.listdir(tmp_path) if not name.endswith(".locks")) == before


# -- locks --------------------------------------------------------------------------------------------------------------------


def _hold(path: str, name: str, line: t.Any) -> None:
    with ledger(path).lock(SCOPE, name, Deadline(FakeClock(), 1)):
        line.send("held")
        line.poll(30)


@pytest.fixture
def holder(path: str) -> t.Iterator[t.Any]:
    """Another process that holds the name web, until it is told to end."""
    forks = multiprocessing.get_context("fork")
    ours, theirs = forks.Pipe()
    process = forks.Process(target=_hold, args=(path, "web", theirs))
    process.start()
    assert ours.poll(30)
    yield process
    if process.is_alive():
        ours.send("release")
    process.join(30)


def test_a_name_is_held_between_processes(path: str, holder: t.Any) -> None:
    clock = FakeClock()
    one = ledger(path, clock=clock)
    with pytest.raises(LedgerError, match="the name web"), one.lock(SCOPE, "web", Deadline(clock, 5)):
        pytest.fail("two hold one name")
    assert clock.passed == pytest.approx(5.0, abs=0.3), "it was waited for"


def test_other_names_and_scopes_and_writes_do_not_wait(path: str, holder: t.Any) -> None:
    clock = FakeClock()
    one = ledger(path, clock=clock)
    with one.lock(SCOPE, "db", Deadline(clock, 5)), one.lock(("", "2"), "web", Deadline(clock, 5)):
        one.write(SCOPE, ENTRY)
    with ledger(path, "civo", clock=clock).lock(SCOPE, "web", Deadline(clock, 5)):
        pass
    assert clock.slept == []


def test_a_killed_holder_frees_the_name(path: str, holder: t.Any) -> None:
    holder.kill()
    holder.join(30)
    with ledger(path).lock(SCOPE, "web", Deadline(FakeClock(), 1)):
        pass


def test_a_name_is_free_again_after_a_failure(path: str) -> None:
    one = ledger(path)
    with pytest.raises(ZeroDivisionError), one.lock(SCOPE, "web", Deadline(FakeClock(), 1)):
        raise ZeroDivisionError
    with one.lock(SCOPE, "web", Deadline(FakeClock(), 0)):
        pass


def _write_many(path: str, worker: int) -> None:
    one = Ledger(path, "hosterapi", "api.hosterapi.de", Waiter(Clock()), False)
    one._waiter.pause = lambda seconds: Clock().sleep(0.001)  # type: ignore[method-assign]
    for number in range(10):
        one.write(SCOPE, Entry(LIVE, f"web{worker}-{number}", id=f"{worker}{number}"))


def test_no_write_of_any_process_is_lost(path: str) -> None:
    forks = multiprocessing.get_context("fork")
    workers = [forks.Process(target=_write_many, args=(path, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(ledger(path).entries(SCOPE)) == 30
