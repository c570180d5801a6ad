# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups at HosterAPI.de at the wire: what is sent, and what is made of words that may mean anything (contract section 7)."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConflictError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OutcomeUnknownError,
    RejectedError,
    TransientError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import CREATING, READY, RUNNING, STOPPED, Backup, Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.backups import NewBackup, Restore
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.backups import HosterapiBackups
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.tests.unit import hosterapi
from ansible_collections.polyhost.cloud.tests.unit.hosterapi import world_of
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context

SERVER = "/datacenter/server"
LIST = f"GET {SERVER}/5/backups/list"
STATUS = f"GET {SERVER}/5/backups/status"
CREATE = f"PUT {SERVER}/5/backups/create"
RESTORE = f"POST {SERVER}/5/backups/restore"
OLD, NEW = 1767225600, 1767229200
IDLE, PENDING, FINISHED, FAILED = ({"status": word, "progress": 0} for word in ("idle", "pending", "finished", "failed"))
NO_VM = (404, {"result": False, "error": "0x01: no vm with id 5 found"})
TIMED_OUT = (500, {"result": False, "error": "0xa3: timeout"})
REFUSED = (500, {"result": False, "error": "0xa1: failed to send backup signal to vm"})
VM = Instance("hosterapi", "hosterapi", id="5", name="web1", status=RUNNING)
BACKUP = Backup("hosterapi", str(OLD), "5", created_at="2026-01-01T00:00:00Z")


class Script(hosterapi.Script):
    """The calls of a server."""

    def count(self, call: str) -> int:
        return [sent for sent, _body in self.sent].count(call)

    def power(self, *states: str) -> None:
        """What the server's own status says, one word after the other."""
        self.on(f"GET {SERVER}", [5])
        self.on(f"GET {SERVER}/5/config", {"cpuCores": 2, "mem": 2048, "disk": "50G", "ips": ["198.51.100.7"], "template": "Debian12.0"})
        self.on(f"GET {SERVER}/5/status", *({"state": state, "uptime": 9} for state in states))


@pytest.fixture
def world() -> Context[Script]:
    return world_of(Script())


@pytest.fixture
def script(world: Context[Script]) -> Script:
    return world.script


@pytest.fixture
def verbs(world: Context[Script]) -> HosterapiBackups:
    return verbs_of(HosterapiDriver(world), "backup")


def order(verbs: HosterapiBackups) -> NewBackup:
    """What the neutral layer orders after it has read what is there."""
    return NewBackup("", "run", frozenset(backup.id for backup in verbs.of(VM) if backup.id))


# -- reads ------------------------------------------------------------------------------------------------------------


def test_a_servers_backups_are_times_newest_first_by_two_calls(verbs: HosterapiBackups, script: Script) -> None:
    script.on(LIST, [OLD, str(NEW), NEW, OLD - 5])
    script.on(STATUS, FINISHED)
    found = verbs.of(VM)
    assert [(backup.id, backup.created_at) for backup in found] == [
        (str(NEW), "2026-01-01T01:00:00Z"),
        (str(OLD), "2026-01-01T00:00:00Z"),
        (str(OLD - 5), "2025-12-31T23:59:55Z"),
    ]
    assert {(backup.status, backup.instance, backup.name, backup.own) for backup in found} == {(READY, "5", None, False)}
    assert [call for call, _body in script.sent] == [STATUS, LIST]  # in this order nothing that has ended can be missing


@pytest.mark.parametrize("word", ["pending", "queued", "running", "executing", "Verifying"])
def test_words_of_progress_and_unknown_ones_are_a_backup_that_is_being_made(verbs: HosterapiBackups, script: Script, word: str) -> None:
    script.on(LIST, [OLD])
    script.on(STATUS, {"status": word, "progress": "0.5"})
    found = verbs.of(VM)
    assert [(backup.id, backup.status, backup.provider_status) for backup in found] == [(None, CREATING, word), (str(OLD), READY, None)]


@pytest.mark.parametrize("word", ["finished", "SUCCESS", "done", "ok", "completed", "failed", "error", "idle", "none", "", None])
def test_words_of_an_end_are_no_backup(verbs: HosterapiBackups, script: Script, word: str | None) -> None:
    script.on(LIST, [])
    script.on(STATUS, {"status": word})
    assert verbs.of(VM) == []


@pytest.mark.parametrize("result", [None, [], False, {}, ""])
def test_nothing_at_all_means_idle_for_this_operation_only(verbs: HosterapiBackups, script: Script, result: t.Any) -> None:
    script.on(LIST, [])
    script.on(STATUS, result)
    assert verbs.of(VM) == []
    script.on(LIST, False)
    with pytest.raises(RejectedError):
        verbs.of(VM)


def test_false_with_an_error_is_a_failure_of_the_status_as_well(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, (200, {"result": False, "error": "0xa1: no"}))
    with pytest.raises(ConflictError):
        verbs.of(VM)


@pytest.mark.parametrize("answer", [{"a": 1}, "text", [None], ["soon"], None])
def test_a_list_that_is_none_is_never_an_empty_one(verbs: HosterapiBackups, script: Script, answer: t.Any) -> None:
    script.on(STATUS, IDLE)
    script.on(LIST, answer)
    with pytest.raises(TransientError):
        verbs.of(VM)


def test_an_unknown_server_has_no_backups_but_is_not_there(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, NO_VM)
    with pytest.raises(NotFoundError):
        verbs.of(VM)


def test_all_backups_leave_out_a_server_that_goes_meanwhile(verbs: HosterapiBackups, script: Script) -> None:
    script.on(f"GET {SERVER}", [9, "5", 7])
    script.on(STATUS, NO_VM)
    for sid, moments, status in ((7, [OLD], IDLE), (9, [NEW, OLD - 1], PENDING)):
        script.on(f"GET {SERVER}/{sid}/backups/list", moments)
        script.on(f"GET {SERVER}/{sid}/backups/status", status)
    assert [(backup.instance, backup.id) for backup in verbs.list_all()] == [("9", None), ("9", str(NEW)), ("7", str(OLD)), ("9", str(OLD - 1))]


# -- making one -------------------------------------------------------------------------------------------------------


def test_a_backup_is_ordered_once_without_a_body_and_watched_until_its_time_is_listed(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, PENDING, {"status": "executing"}, FINISHED)
    script.on(LIST, [OLD], [OLD, NEW])
    script.on(CREATE, True)
    new = order(verbs)
    world.wait(verbs.create(VM, new))
    assert [body for call, body in script.sent if call == CREATE] == [None]
    assert script.count(STATUS) == 4
    assert [backup.id for backup in verbs.made(new, verbs.of(VM))] == [str(NEW)]


def test_a_time_that_is_listed_before_the_end_is_not_done_yet(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(LIST, [OLD], [OLD, NEW])
    script.on(STATUS, IDLE, *[PENDING] * 4, FINISHED)
    script.on(CREATE, True)
    world.wait(verbs.create(VM, order(verbs)))
    assert script.count(STATUS) == 6


def test_of_several_new_ones_the_largest_is_ours(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE)
    script.on(LIST, [OLD], [NEW, OLD, NEW + 7])
    new = order(verbs)
    assert [backup.id for backup in verbs.made(new, verbs.of(VM))] == [str(NEW + 7)]


def test_a_backup_that_fails_is_a_failure_at_once(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, FINISHED, PENDING, FAILED)
    script.on(LIST, [OLD])
    script.on(CREATE, True)
    operation = verbs.create(VM, order(verbs))
    with pytest.raises(OperationFailedError, match="The backup of instance web1"):
        world.wait(operation)
    assert script.count(STATUS) == 3


def test_an_end_that_was_told_before_is_not_the_end_of_this_one(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, FAILED, FAILED, FAILED, PENDING, FINISHED)
    script.on(LIST, [OLD], [OLD], [OLD], [OLD, NEW])
    script.on(CREATE, True)
    world.wait(verbs.create(VM, order(verbs)))
    assert script.count(CREATE) == 1


@pytest.mark.parametrize("silence", [IDLE, FINISHED, FAILED])
def test_silence_is_a_failure_only_after_the_grace(world: Context[Script], verbs: HosterapiBackups, script: Script, silence: Answer) -> None:
    script.on(STATUS, silence)
    script.on(LIST, [OLD])
    script.on(CREATE, True)
    operation = verbs.create(VM, order(verbs))
    start = world.clock.now()
    with pytest.raises(NotAppliedError, match="none has appeared"):
        world.wait(operation)
    assert 120 <= world.clock.now() - start <= 140
    assert script.count(CREATE) == 1


def test_progress_without_end_lasts_to_the_deadline(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, {"status": "gathering dust"})
    script.on(LIST, [OLD])
    script.on(CREATE, True)
    operation = verbs.create(VM, order(verbs))
    with pytest.raises(WaitTimeoutError):
        world.wait(operation)
    assert world.deadline.passed


@pytest.mark.parametrize("answer", [TIMED_OUT, (502, "<html>"), (200, "<html>")])
def test_an_unclear_answer_is_never_sent_again(verbs: HosterapiBackups, script: Script, answer: Answer) -> None:
    script.on(STATUS, IDLE)
    script.on(LIST, [OLD])
    script.on(CREATE, answer)
    new = order(verbs)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(VM, new)
    assert script.count(CREATE) == 1


def test_after_an_unclear_answer_all_that_is_new_may_be_ours(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, IDLE, PENDING, FINISHED)
    script.on(LIST, [OLD], [OLD], [OLD], [OLD, NEW, NEW + 1])
    script.on(CREATE, TIMED_OUT)
    new = order(verbs)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(VM, new)
    assert verbs.made(new, verbs.of(VM)) == []
    assert [backup.status for backup in verbs.made(new, verbs.of(VM))] == [CREATING]
    assert [backup.id for backup in verbs.made(new, verbs.of(VM))] == [str(NEW + 1), str(NEW)]


def test_a_busy_server_refuses(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE)
    script.on(LIST, [])
    script.on(CREATE, REFUSED)
    with pytest.raises(ConflictError):
        verbs.create(VM, order(verbs))
    assert script.count(CREATE) == 1


def test_after_an_unclear_answer_the_backup_that_is_seen_under_way_is_awaited_until_its_time_shows(
    world: Context[Script], verbs: HosterapiBackups, script: Script
) -> None:
    script.on(STATUS, IDLE, PENDING, PENDING, FINISHED)
    script.on(LIST, *[[OLD]] * 8, [OLD, NEW])
    script.on(CREATE, TIMED_OUT)
    new = order(verbs)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(VM, new)
    assert verbs.made(new, verbs.of(VM)) != []
    world.wait(verbs.finish(VM))
    assert [backup.id for backup in verbs.made(new, verbs.of(VM))] == [str(NEW)]


def test_after_an_unclear_answer_a_backup_that_fails_is_a_failure(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, PENDING, FAILED)
    script.on(LIST, [OLD])
    script.on(CREATE, TIMED_OUT)
    new = order(verbs)
    with pytest.raises(OutcomeUnknownError):
        verbs.create(VM, new)
    assert verbs.made(new, verbs.of(VM)) != []
    with pytest.raises(OperationFailedError, match="The backup of instance web1"):
        world.wait(verbs.finish(VM))


@pytest.mark.parametrize(
    ("end", "listed", "polls"),
    [(FAILED, [], 3), (FINISHED, [[OLD, NEW]], 3), (FINISHED, [[OLD], [OLD, NEW]], 4), (FINISHED, [[OLD]], 5), (IDLE, [[OLD]], 5)],
    ids=["failed", "listed at once", "listed a poll later", "a restore", "idle"],
)
def test_whatever_is_under_way_is_awaited_and_its_time_may_show_later(
    world: Context[Script], verbs: HosterapiBackups, script: Script, end: Answer, listed: list[t.Any], polls: int
) -> None:
    script.on(STATUS, PENDING, PENDING, PENDING, end)
    script.on(LIST, [OLD], *listed)
    assert verbs.of(VM)[0].status == CREATING
    world.wait(verbs.finish(VM))
    assert script.count(STATUS) == 1 + polls


# -- restoring --------------------------------------------------------------------------------------------------------


def restore(verbs: HosterapiBackups, server: Instance = VM) -> t.Any:
    verbs.of(server)
    return verbs.restore(server, BACKUP, Restore("in_place"))


@pytest.mark.parametrize("answer", ["pending", True, {"status": "queued", "jobId": 7, "progress": 0}])
def test_a_restore_names_the_time_as_a_number_and_lasts_until_the_server_is_back(
    world: Context[Script], verbs: HosterapiBackups, script: Script, answer: Answer
) -> None:
    script.on(STATUS, IDLE, PENDING, PENDING, FINISHED)
    script.on(LIST, [OLD])
    script.on(RESTORE, answer)
    script.power("stopped", "running", "stopped", "running", "running")
    world.wait(restore(verbs))
    assert [body for call, body in script.sent if call == RESTORE] == [{"backup": OLD}]
    assert script.count(f"GET {SERVER}/5/status") == 5


def test_a_stopped_server_is_back_when_it_is_stopped(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, PENDING, FINISHED)
    script.on(LIST, [OLD])
    script.on(RESTORE, "pending")
    script.power("stopped")
    world.wait(restore(verbs, Instance("hosterapi", "hosterapi", id="5", status=STOPPED)))
    assert script.count(f"GET {SERVER}/5/status") == 2


@pytest.mark.parametrize("silence", [IDLE, FINISHED, FAILED])
def test_silence_is_the_end_of_a_restore_only_after_the_grace(world: Context[Script], verbs: HosterapiBackups, script: Script, silence: Answer) -> None:
    script.on(STATUS, silence)
    script.on(LIST, [OLD])
    script.on(RESTORE, "pending")
    script.power("running")
    start = world.clock.now()
    world.wait(restore(verbs))
    assert 60 <= world.clock.now() - start <= 120


def test_a_restore_that_fails_is_a_failure(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, FINISHED, PENDING, FAILED)
    script.on(LIST, [OLD])
    script.on(RESTORE, "pending")
    operation = restore(verbs)
    with pytest.raises(OperationFailedError, match="restore of instance web1"):
        world.wait(operation)


def test_a_failed_look_after_an_accepted_restore_is_no_failure_of_it(world: Context[Script], verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE, *[(502, "<html>")] * 5, PENDING, FINISHED)
    script.on(LIST, [OLD])
    script.on(RESTORE, "pending")
    script.power("running")
    world.wait(restore(verbs))
    assert script.count(RESTORE) == 1


def test_a_target_that_is_none_is_refused_by_the_provider(verbs: HosterapiBackups, script: Script) -> None:
    script.on(STATUS, IDLE)
    script.on(LIST, [OLD])
    script.on(RESTORE, (400, {"result": False, "error": "0xa5: no target backup defined"}))
    with pytest.raises(RejectedError):
        restore(verbs)


@pytest.mark.parametrize(("before", "after", "shows"), [(IDLE, PENDING, True), (IDLE, FINISHED, True), (IDLE, IDLE, False), (FINISHED, FINISHED, False)])
def test_after_an_unclear_answer_a_restore_shows_by_what_was_not_so_before(
    verbs: HosterapiBackups, script: Script, before: Answer, after: Answer, shows: bool
) -> None:
    script.on(STATUS, before, after)
    script.on(LIST, [OLD])
    script.on(RESTORE, TIMED_OUT)
    with pytest.raises(OutcomeUnknownError):
        restore(verbs)
    assert (verbs.under_way(VM, BACKUP, Restore("in_place")) is not None) is shows
    assert script.count(RESTORE) == 1
