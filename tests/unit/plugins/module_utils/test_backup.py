# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for backups wherever a provider has them: made once, kept, restored, deleted, predicted, and never doubled."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Plan
from ansible_collections.polyhost.cloud.plugins.module_utils._resources.backup import BackupTask, State
from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.proofs import same_where_known

PLACE: dict[str, dict[str, t.Any]] = {"civo": {"region": "PRIV1"}, "gcore": {"region": "4"}, "hosterapi": {}}
CREATE = {"civo": "instance_snapshots.create", "gcore": "snapshots.create", "hosterapi": "backups_create"}
DELETE = {"civo": "instance_snapshots.delete", "gcore": "snapshots.delete"}
FAILS = {"civo": "build_error", "gcore": "half_created", "hosterapi": "job_fails"}
POWER = {
    "civo": ("instances.stop", "instances.start"),
    "gcore": ("instances.action", "instances.action"),
    "hosterapi": ("server_shutdown", "server_start"),
}
everywhere = pytest.mark.parametrize("provider", CREATE)
named = pytest.mark.parametrize("provider", DELETE)
HOUR = 3600.0


class Backups:
    """The backups of one server at one provider."""

    def __init__(self, controller: Controller, provider: str) -> None:
        self.controller = controller
        self.provider = provider
        self.place: dict[str, t.Any] = PLACE[provider]
        self.instance = controller.made(provider, **self.place)

    def run(self, *, check: bool = False, **options: t.Any) -> Reply:
        """Run vps_backup for the server, by its id."""
        wanted: dict[str, t.Any] = {"instance": self.instance["id"], **self.place, **options}
        return self.controller.backup(self.provider, check=check, **wanted)

    def done(self, **options: t.Any) -> dict[str, t.Any]:
        """The result of a run that has to succeed."""
        result = self.run(**options).result
        assert not result.get("failed"), result
        return result

    def made(self, **options: t.Any) -> dict[str, t.Any]:
        """A backup that exists; the request log starts after it."""
        backup: dict[str, t.Any] = self.done(**options)["backup"]
        self.pass_time(1)
        self.controller.simulator.clear_log()
        return backup

    def listed(self, **filters: t.Any) -> list[dict[str, t.Any]]:
        """What vps_backup_info shows; leaves no trace in the log."""
        result = self.controller.task("backup_info", self.provider, **{"instance": self.instance["id"], **self.place, **filters}).result
        assert not result.get("failed"), result
        self.controller.simulator.clear_log()
        return t.cast("list[dict[str, t.Any]]", result["backups"])

    @property
    def writes(self) -> list[str]:
        return self.controller.writes(self.provider)

    def power(self) -> str:
        """Whether the server runs."""
        status: str = self.controller.info(self.provider, id=self.instance["id"], **self.place).result["instances"][0]["status"]
        self.controller.simulator.clear_log()
        return status

    def fault(self, kind: str, operation: str | None = None, **options: t.Any) -> None:
        self.controller.simulator.fault(self.provider, operation or CREATE[self.provider], kind, **options)

    def take_time(self, seconds: float) -> None:
        """Let the next backup take a while."""
        slow: dict[str, dict[str, t.Any]] = {"civo": {"seconds": seconds}, "gcore": {"task_seconds": seconds, "listed_while": "new"}}
        settings = slow.get(self.provider)
        if settings:
            self.controller.simulator.settings(self.provider, **settings)
        else:
            self.fault("late", seconds=seconds)

    def pass_time(self, seconds: float) -> None:
        self.controller.simulator.clock.advance(seconds)


@pytest.fixture
def backups(controller: Controller, provider: str) -> Backups:
    return Backups(controller, provider)


def actions(result: dict[str, t.Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


def twins(backups: Backups, **options: t.Any) -> dict[str, t.Any]:
    """The real run's result, after check mode has predicted it without a write."""
    backups.controller.simulator.clear_log()
    predicted = backups.run(check=True, **options).result
    assert not predicted.get("failed"), predicted
    assert backups.writes == []
    real = backups.done(**options)
    assert (predicted["plan"], predicted["plan_id"], predicted["diff"], predicted["changed"]) == (real["plan"], real["plan_id"], real["diff"], real["changed"])
    assert same_where_known(predicted["backup"], real["backup"], "backup") == []
    assert set(predicted["backup"]) == set(real["backup"])
    return real


# -- making -----------------------------------------------------------------------------------------------------------


@everywhere
def test_each_run_makes_one_where_nothing_says_that_there_is_one(backups: Backups, provider: str) -> None:
    first = twins(backups)
    assert (first["changed"], actions(first)) == (True, ["create"])
    assert first["backup"]["status"] == "ready"
    assert first["backup"]["instance"] == backups.instance["id"]
    assert first["backup"]["id"]
    assert first["backup"]["created_at"].startswith("2026-01-01T")
    assert backups.writes == [CREATE[provider]]
    backups.pass_time(1)
    second = twins(backups)
    assert second["changed"] is True
    assert {backup["id"] for backup in backups.listed()} == {first["backup"]["id"], second["backup"]["id"]}


@everywhere
def test_a_young_one_is_enough_and_takes_two_calls(backups: Backups, provider: str) -> None:
    made = backups.made(max_age="24h")
    again = backups.done(max_age="24h")
    assert (again["changed"], again["plan"], again["backup"]) == (False, [], made)
    assert len(backups.controller.calls(provider)) == 2
    assert backups.writes == []
    assert again["diff"]["before"] == again["diff"]["after"]


@everywhere
def test_an_old_one_is_not(backups: Backups, provider: str) -> None:
    old = backups.made(max_age="24h")
    backups.pass_time(24 * HOUR)
    new = twins(backups, max_age="24h")
    assert (new["changed"], backups.writes) == (True, [CREATE[provider]])
    assert new["backup"]["id"] != old["id"]
    assert [backup["id"] for backup in backups.listed()] == [new["backup"]["id"], old["id"]]


@everywhere
def test_ages_count_by_the_providers_clock(backups: Backups, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = backups.made(max_age="24h")
    monkeypatch.setattr(backups.controller.clock, "epoch", lambda: 4_000_000_000.0)
    assert backups.done(max_age="24h")["backup"] == made
    backups.pass_time(25 * HOUR)
    monkeypatch.setattr(backups.controller.clock, "epoch", lambda: 1_000_000_000.0)
    assert backups.done(max_age="24h")["changed"] is True


@named
def test_a_name_is_made_once(backups: Backups, provider: str) -> None:
    first = twins(backups, name="before-upgrade")
    assert first["backup"]["name"] == "before-upgrade"
    backups.controller.simulator.clear_log()
    backups.pass_time(1000 * HOUR)
    again = backups.done(name="before-upgrade")
    assert (again["changed"], again["backup"]["id"]) == (False, first["backup"]["id"])
    assert backups.writes == []
    assert backups.done(name="another")["changed"] is True


@everywhere
def test_an_id_never_creates(backups: Backups, provider: str) -> None:
    made = backups.made()
    assert backups.done(id=made["id"])["backup"] == made
    unknown = {"hosterapi": "1000000000"}.get(provider, "01234567-89ab-cdef-0123-456789abcdef")
    for check in (False, True):
        result = backups.run(check=check, id=unknown).result
        assert (result["failed"], result["error"]) == (True, "NotFoundError")
    assert backups.writes == []


@everywhere
def test_without_waiting_the_order_is_enough(backups: Backups, provider: str) -> None:
    result = twins(backups, wait=False)
    assert (result["changed"], result["backup"]["status"], result["backup"]["id"]) == (True, "creating", None)
    assert backups.writes == [CREATE[provider]]


@everywhere
def test_one_that_is_being_made_counts_once_and_is_waited_for(backups: Backups, provider: str) -> None:
    backups.take_time(30)
    backups.done(wait=False)
    backups.controller.simulator.clear_log()
    for options in ({}, {"max_age": "24h"}):
        predicted = backups.run(check=True, **options).result
        assert (predicted["changed"], predicted["backup"]["status"]) == (False, "ready")
    left = backups.done(wait=False)
    assert (left["changed"], left["backup"]["status"]) == (False, "creating")
    reply = backups.run()
    assert (reply.result["changed"], reply.result["backup"]["status"]) == (False, "ready")
    assert any("already" in warning for warning in reply.warnings)
    assert backups.writes == []
    assert [backup["id"] for backup in backups.listed()] == [reply.result["backup"]["id"]]


# -- keeping ----------------------------------------------------------------------------------------------------------


@named
def test_the_newest_stay_and_the_oldest_go_after_the_new_one_is_finished(backups: Backups, provider: str) -> None:
    made = [backups.made() for _number in range(3)]
    result = twins(backups, keep=2)
    assert actions(result) == ["create", "delete", "delete"]
    assert [made[0]["id"] in result["plan"][1]["before"], made[1]["id"] in result["plan"][2]["before"]] == [True, True]
    assert backups.writes == [CREATE[provider], DELETE[provider], DELETE[provider]]
    assert [backup["id"] for backup in backups.listed()] == [result["backup"]["id"], made[2]["id"]]
    again = backups.done(keep=2, max_age="24h")
    assert (again["changed"], backups.writes) == (False, [])


@named
def test_keeping_fewer_takes_no_new_one(backups: Backups, provider: str) -> None:
    made = [backups.made() for _number in range(3)]
    result = twins(backups, keep=1, max_age="24h")
    assert (actions(result), result["backup"]["id"]) == (["delete", "delete"], made[2]["id"])
    assert [backup["id"] for backup in backups.listed()] == [made[2]["id"]]


@named
def test_a_failed_new_one_deletes_nothing(backups: Backups, provider: str) -> None:
    made = [backups.made() for _number in range(2)]
    backups.fault(FAILS[provider])
    result = backups.run(keep=1).result
    assert result["failed"] is True
    assert DELETE[provider] not in backups.writes
    assert {backup["id"] for backup in backups.listed(status=["ready"])} == {backup["id"] for backup in made}


@named
def test_a_failed_one_never_counts(backups: Backups, provider: str) -> None:
    backups.fault(FAILS[provider])
    assert backups.run(max_age="24h").result["failed"] is True
    backups.pass_time(1)
    assert backups.done(max_age="24h", keep=1)["changed"] is True
    assert len(backups.listed(status=["ready"])) == 1


@named
def test_without_waiting_nothing_is_deleted_yet(backups: Backups, provider: str) -> None:
    for _number in range(2):
        backups.made()
    reply = backups.run(keep=1, wait=False)
    assert actions(reply.result) == ["create"]
    assert any("next run" in warning for warning in reply.warnings)
    assert backups.writes == [CREATE[provider]]


@named
def test_what_somebody_else_deleted_meanwhile_is_made_up_for(backups: Backups, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [backups.made() for _number in range(3)]
    own = BackupTask.plan

    def plan(task: BackupTask, state: State) -> Plan:
        planned = own(task, state)
        if task.wish.keep is not None:
            backups.done(state="absent", id=made[2]["id"])
        return planned

    monkeypatch.setattr(BackupTask, "plan", plan)
    reply = backups.run(keep=2, max_age="24h")
    assert (reply.result["changed"], reply.result["plan"]) == (False, [])
    assert any("stays" in warning for warning in reply.warnings)
    assert len(backups.listed()) == 2


@everywhere
def test_what_is_not_finished_in_time_is_told_as_ordered(backups: Backups, provider: str) -> None:
    backups.take_time(300)
    result = backups.run(wait_timeout=20).result
    assert (result["error"], result["changed"], actions(result)) == ("WaitTimeoutError", True, ["create"])
    backups.pass_time(300)
    assert backups.done(max_age="24h")["changed"] is False
    assert len(backups.listed()) == 1


# -- stopping meanwhile -----------------------------------------------------------------------------------------------


@everywhere
def test_a_consistent_backup_stops_the_server_and_starts_it_again(backups: Backups, provider: str) -> None:
    refused = backups.run(consistent=True).result
    assert (refused["error"], refused["needs"]) == ("ConsentError", ["restart"])
    assert backups.writes == []
    result = twins(backups, consistent=True, allow=["restart"])
    assert actions(result) == ["stop", "create", "start"]
    stop, start = POWER[provider]
    assert backups.writes == [stop, CREATE[provider], start]
    assert backups.power() == "running"


@everywhere
def test_a_stopped_server_stays_stopped(backups: Backups, provider: str) -> None:
    backups.controller.instance(provider, id=backups.instance["id"], state="stopped", **backups.place)
    result = twins(backups, consistent=True)
    assert actions(result) == ["create"]
    assert backups.power() == "stopped"


@everywhere
def test_a_failed_backup_leaves_no_server_stopped(backups: Backups, provider: str) -> None:
    backups.fault(FAILS[provider])
    result = backups.run(consistent=True, allow=["restart"]).result
    assert result["failed"] is True
    assert actions(result) == ["stop", "create", "start"]
    assert "which was stopped for it, runs" in result["msg"]
    assert backups.power() == "running"


# -- lost answers -----------------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("kind", ["reset_after", "timeout_after"])
def test_the_one_that_appears_after_a_lost_answer_is_ours(backups: Backups, provider: str, kind: str) -> None:
    backups.made()
    backups.fault(kind)
    reply = backups.run(request_timeout=1.0)
    assert not reply.result.get("failed"), reply.result
    assert (reply.result["changed"], reply.result["backup"]["status"]) == (True, "ready")
    assert any("lost" in warning for warning in reply.warnings)
    assert backups.writes == [CREATE[provider]]
    assert len(backups.listed()) == 2


@everywhere
def test_two_that_appear_after_a_lost_answer_are_both_named(backups: Backups, provider: str) -> None:
    backups.fault("double")
    backups.fault("reset_after")
    result = backups.run(keep=None).result
    assert (result["failed"], result["error"]) == (True, "AmbiguousError"), result
    assert backups.writes == [CREATE[provider]]
    assert sorted(result["ids"]) == sorted(backup["id"] for backup in backups.listed())


@everywhere
def test_nothing_is_ordered_again_when_nothing_appears(backups: Backups, provider: str) -> None:
    old = backups.made()
    backups.fault("reset_before")
    result = backups.run().result
    assert (result["failed"], result["error"]) == (True, "OutcomeUnknownError")
    assert backups.writes == [CREATE[provider]]
    assert [backup["id"] for backup in backups.listed()] == [old["id"]]


# -- deleting ---------------------------------------------------------------------------------------------------------


@named
@pytest.mark.parametrize("by", ["id", "name"])
def test_absent_deletes_the_one_that_is_told(backups: Backups, provider: str, by: str) -> None:
    doomed, kept = backups.made(name="one"), backups.made(name="two")
    result = twins(backups, state="absent", **{by: doomed[by]})
    assert (actions(result), result["backup"]["status"], result["backup"]["id"]) == (["delete"], "absent", doomed["id"])
    assert backups.writes == [DELETE[provider]]
    assert [backup["id"] for backup in backups.listed()] == [kept["id"]]
    again = backups.done(state="absent", **{by: doomed[by]})
    assert (again["changed"], backups.writes) == (False, [])


@named
def test_absent_by_id_needs_no_server(backups: Backups, provider: str) -> None:
    made = backups.made()
    result = twins(backups, state="absent", id=made["id"], instance=None)
    assert result["changed"] is True
    assert backups.listed() == []
    assert backups.done(state="absent", id=made["id"], instance=None)["changed"] is False


@named
def test_absent_is_guarded(backups: Backups, provider: str) -> None:
    made = backups.made(name="one")
    for options in ({"expect": {"name": "two"}}, {"name": "two"}, {"name": "two", "instance": None}):
        result = backups.run(state="absent", id=made["id"], **options).result
        assert result["error"] == "ExpectationError"
    assert backups.run(state="absent", id=made["id"], expect={"colour": "red"}).result["error"] == "OptionError"
    assert backups.run(state="absent").result["error"] == "OptionError"
    assert backups.writes == []
    assert backups.done(state="absent", id=made["id"], expect={"name": "one", "status": "ready"})["changed"] is True


# -- restoring --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["civo", "hosterapi"])
def test_a_restore_in_place_needs_consent_and_leaves_the_server_as_it_was(backups: Backups, provider: str) -> None:
    made = backups.made()
    options: dict[str, t.Any] = {"id": made["id"], "state": "restored", "restore_to": "in_place"}
    refused = backups.run(**options).result
    assert (refused["error"], refused["needs"]) == ("ConsentError", ["rebuild"])
    assert backups.run(**options, allow=["rebuild"], expect={"public_ipv4": "192.0.2.99"}).result["error"] == "ExpectationError"
    assert backups.writes == []
    result = twins(backups, **options, allow=["rebuild"], expect={"public_ipv4": backups.instance["public_ipv4"]})
    assert (result["changed"], actions(result)) == (True, ["restore"])
    assert len(backups.writes) == 1
    assert (result["instance"]["id"], result["instance"]["status"]) == (backups.instance["id"], "running")
    assert [backup["id"] for backup in backups.listed()] == [made["id"]]
    assert backups.power() == "running"


@everywhere
def test_plans_of_a_restore_say_what_is_lost(backups: Backups, provider: str) -> None:
    made = backups.made()
    way: dict[str, t.Any] = {"restore_to": "new", "new_name": "web2"} if provider == "gcore" else {"restore_to": "in_place"}
    reply = backups.run(check=True, id=made["id"], state="restored", allow=["rebuild"], **way)
    assert any("This restore " in warning for warning in reply.warnings), reply
    assert backups.writes == []


@named
def test_a_restore_into_a_new_server_ends_with_its_address(backups: Backups, provider: str) -> None:
    made = backups.made(name="base")
    options: dict[str, t.Any] = {"name": "base", "state": "restored", "restore_to": "new", "allow": ["rebuild"]}
    assert backups.run(**options).result["option"] == "new_name"
    assert backups.writes == []
    result = twins(backups, **options, new_name="web2")
    server = result["instance"]
    assert (server["name"], server["status"]) == ("web2", "running")
    assert server["public_ipv4"]
    assert server["id"] not in (None, backups.instance["id"])
    assert len(backups.controller.servers(provider)) == 2
    backups.controller.simulator.clear_log()
    taken = backups.run(**options, new_name="web2").result
    assert (taken["failed"], taken["ids"], backups.writes) == (True, [server["id"]], [])
    assert made["id"] in {backup["id"] for backup in backups.listed()}


@everywhere
def test_nobody_picks_a_backup_to_restore(backups: Backups, provider: str) -> None:
    backups.made()
    result = backups.run(state="restored", restore_to=None, allow=["rebuild"]).result
    assert (result["error"], backups.controller.calls(provider)) == ("OptionError", [])


@named
def test_a_name_beside_the_id_of_what_is_restored_has_to_be_its_name(backups: Backups, provider: str) -> None:
    made = backups.made(name="one")
    for instance in (backups.instance["id"], None):
        options: dict[str, t.Any] = {"instance": instance, "id": made["id"], "restore_to": "new", "new_name": "web2", "allow": ["rebuild"]}
        result = backups.run(state="restored", name="two", **options).result
        assert (result["error"], result["id"], backups.writes) == ("ExpectationError", made["id"], [])


@everywhere
def test_what_is_not_there_cannot_be_restored(backups: Backups, provider: str) -> None:
    way: dict[str, t.Any] = {"restore_to": "in_place"} if provider == "hosterapi" else {"restore_to": "new", "new_name": "web2"}
    unknown = {"hosterapi": "1000000000"}.get(provider, "01234567-89ab-cdef-0123-456789abcdef")
    result = backups.run(id=unknown, state="restored", allow=["rebuild"], **way).result
    assert (result["error"], backups.writes) == ("NotFoundError", [])
    assert result["msg"].startswith(f"There is no backup {unknown} of instance web1 (")


@everywhere
def test_in_check_mode_a_backup_that_an_earlier_task_would_make_is_restored(backups: Backups, provider: str) -> None:
    way: dict[str, t.Any] = {"restore_to": "in_place"} if provider == "hosterapi" else {"restore_to": "new", "new_name": "web2"}
    for wanted in ({"id": ""}, *([] if provider == "hosterapi" else [{"name": "before-upgrade"}])):
        reply = backups.run(check=True, state="restored", allow=["rebuild"], **way, **wanted)
        assert (reply.result["changed"], reply.result["approvable"], actions(reply.result)) == (True, False, ["restore"])
        assert "an earlier task makes it" in reply.warnings[0]
        assert (reply.result["backup"]["id"], reply.result["backup"]["instance"]) == (None, backups.instance["id"])
        assert reply.result["plan"][0]["cost"] is (way["restore_to"] == "new")
        refused = backups.run(check=True, state="restored", **way, **wanted).result
        assert (refused["error"], "None" in refused["msg"]) == ("ConsentError", False)
    assert backups.writes == []


def test_a_time_tells_nothing_without_its_server(controller: Controller) -> None:
    result = controller.backup("hosterapi", id="1767225600", state="restored", allow=["rebuild"]).result
    assert (result["option"], controller.calls("hosterapi")) == ("instance", [])


def test_a_restore_that_is_under_way_is_no_backup(controller: Controller) -> None:
    backups = Backups(controller, "hosterapi")
    made = backups.made()
    backups.fault("late", "backups_restore", seconds=30)
    backups.done(id=made["id"], state="restored", allow=["rebuild"], wait=False)
    backups.controller.simulator.clear_log()
    result = backups.done()
    assert (result["changed"], backups.writes) == (True, ["backups_create"])
    assert [backup["id"] for backup in backups.listed()] == [result["backup"]["id"], made["id"]]


def test_a_restore_waits_for_what_is_under_way(controller: Controller) -> None:
    backups = Backups(controller, "hosterapi")
    made = backups.made()
    backups.fault("late", seconds=30)
    backups.done(wait=False)
    backups.controller.simulator.clear_log()
    result = backups.done(id=made["id"], state="restored", allow=["rebuild"])
    assert result["changed"] is True
    assert backups.writes == ["backups_restore"]
    assert len(backups.listed()) == 2


@pytest.mark.parametrize("kind", ["unknown_outcome", "reset_after"])
def test_a_restore_whose_answer_is_lost_is_watched_and_never_sent_again(controller: Controller, kind: str) -> None:
    backups = Backups(controller, "hosterapi")
    made = backups.made()
    backups.fault(kind, "backups_restore")
    reply = backups.run(id=made["id"], state="restored", allow=["rebuild"])
    assert not reply.result.get("failed"), reply.result
    assert any("lost" in warning for warning in reply.warnings)
    assert backups.writes == ["backups_restore"]
    backups.fault("reset_before", "backups_restore")
    backups.controller.simulator.clear_log()
    result = backups.run(id=made["id"], state="restored", allow=["rebuild"]).result
    assert (result["error"], backups.writes) == ("OutcomeUnknownError", ["backups_restore"])


# -- servers that are not there ---------------------------------------------------------------------------------------


@everywhere
def test_check_mode_predicts_for_a_server_that_an_earlier_task_makes(controller: Controller, provider: str) -> None:
    for instance in ("web1", None):
        reply = controller.backup(provider, check=True, instance=instance, max_age="24h", **PLACE[provider])
        assert not reply.result.get("failed"), reply.result
        assert (reply.result["changed"], reply.result["approvable"], actions(reply.result)) == (True, False, ["create"])
        assert reply.result["backup"]["status"] == "ready"
        assert reply.warnings


@everywhere
def test_a_server_that_is_not_there_cannot_be_backed_up(controller: Controller, provider: str) -> None:
    result = controller.backup(provider, instance="web1", max_age="24h", **PLACE[provider]).result
    assert (result["failed"], controller.writes(provider)) == (True, [])
    assert "web1" in result["msg"]
    assert controller.backup(provider, **PLACE[provider]).result["option"] == "instance"


@named
def test_nothing_of_a_server_that_is_gone_is_absent_already(controller: Controller, provider: str) -> None:
    result = controller.backup(provider, instance="web1", name="one", state="absent", **PLACE[provider]).result
    assert (result["changed"], result["backup"]["status"]) == (False, "absent")


# -- refusals ---------------------------------------------------------------------------------------------------------


REFUSED: list[tuple[str, dict[str, t.Any], str]] = [
    ("hostwinds", {}, "backup"),
    ("hostwinds", {"state": "restored", "id": "1"}, "backup"),
    ("hostwinds", {"schedule": {"cron": "0 3 * * *"}}, "backup"),
    ("hosterapi", {"name": "one"}, "backup.name"),
    ("hosterapi", {"keep": 3}, "backup.keep"),
    ("hosterapi", {"id": "1767225600", "state": "absent"}, "backup.absent"),
    ("hosterapi", {"id": "1767225600", "state": "restored", "restore_to": "new", "new_name": "web2"}, "backup.new"),
    ("hosterapi", {"name": "one", "state": "restored"}, "backup.name"),
    ("hosterapi", {"schedule": {"cron": "0 3 * * *", "keep": 3}}, "backup.cron"),
    ("hosterapi", {"schedule": {"every": "24h", "keep": 3}}, "backup.every"),
    ("hosterapi", {"schedule": {"name": "nightly"}, "state": "absent"}, "backup"),
]


@pytest.mark.parametrize(("provider", "options", "capability"), REFUSED)
@pytest.mark.parametrize("check", [False, True])
def test_what_a_provider_lacks_is_refused_before_any_call(
    controller: Controller, provider: str, options: dict[str, t.Any], capability: str, check: bool
) -> None:
    result = controller.backup(provider, check=check, instance="1001", **options).result
    assert result["error"] == "UnsupportedError"
    assert result["capability"].startswith(capability)
    assert controller.calls(provider) == []


WRONG: list[dict[str, t.Any]] = [
    {"max_age": "1"},
    {"max_age": "0h"},
    {"consistent": True, "wait": False},
    {"expect": {"colour": "red"}},
    {"state": "restored", "id": "1", "restore_to": "in_place", "new_name": "web2"},
]


@everywhere
@pytest.mark.parametrize("options", WRONG)
def test_bad_options_are_refused_before_any_call(controller: Controller, provider: str, options: dict[str, t.Any]) -> None:
    result = controller.backup(provider, instance="1001", **PLACE[provider], **options).result
    assert (result["error"], controller.calls(provider)) == ("OptionError", [])


@named
def test_a_deletion_names_its_backup_before_any_call(controller: Controller, provider: str) -> None:
    options: dict[str, t.Any] = {"instance": "web1", "state": "absent", **PLACE[provider]}
    result = controller.backup(provider, **options).result
    assert (result["option"], controller.calls(provider)) == ("id", [])
    foreseen = controller.backup(provider, check=True, id="", **options).result  # an earlier task would make it
    assert (foreseen["changed"], foreseen["backup"]["status"]) == (False, "absent")


@named
def test_the_name_of_a_schedule_of_a_server_that_nobody_knows_yet_is_null(controller: Controller, provider: str) -> None:
    reply = controller.backup(provider, check=True, instance="", schedule={"cron": "0 3 * * *", "keep": 3}, **PLACE[provider])
    assert (reply.result["schedule"]["name"], reply.result["approvable"]) == (None, False)


@everywhere
def test_the_consent_to_a_stop_says_what_it_is_for(backups: Backups, provider: str) -> None:
    result = backups.run(consistent=True).result
    label = f"instance {backups.instance['name']} ({backups.instance['id']}) at "
    assert result["msg"].startswith(f"Stopping the server for the new backup of {label}")
    foreseen = backups.run(check=True, consistent=True, instance=None).result
    assert foreseen["msg"].startswith("Stopping the server for the new backup of a new instance at ")


@everywhere
def test_another_plan_than_the_approved_one_is_refused(backups: Backups, provider: str) -> None:
    result = backups.run(expect_plan="0123456789abcdef").result
    assert (result["error"], backups.writes) == ("PlanChangedError", [])
    assert backups.done(expect_plan=result["plan_id"])["changed"] is True


# -- reading ----------------------------------------------------------------------------------------------------------


@everywhere
def test_information_is_complete_and_filtered(backups: Backups, provider: str) -> None:
    made = [backups.made() for _number in range(2)]
    assert [backup["id"] for backup in backups.listed()] == [made[1]["id"], made[0]["id"]]
    assert {backup["id"] for backup in backups.listed(instance=None)} == {backup["id"] for backup in made}
    assert [backup["id"] for backup in backups.listed(id=made[0]["id"])] == [made[0]["id"]]
    assert backups.listed(status=["error"]) == backups.listed(name="none") == backups.listed(instance="web9") == []
    unknown = {"hosterapi": "9999"}.get(provider, "01234567-89ab-cdef-0123-456789abcdef")
    assert backups.listed(instance=unknown) == []


def test_information_of_a_provider_without_backups_is_empty(controller: Controller) -> None:
    reply = controller.task("backup_info", "hostwinds")
    assert (reply.result["backups"], reply.result["supported"]) == ([], False)
    assert reply.warnings
    assert controller.calls("hostwinds") == []


# -- schedules --------------------------------------------------------------------------------------------------------


@named
def test_a_schedule_is_made_changed_and_deleted_like_anything_else(backups: Backups, provider: str) -> None:
    def converge(**options: t.Any) -> dict[str, t.Any]:
        backups.controller.simulator.clear_log()
        predicted = backups.run(check=True, **options).result
        assert not predicted.get("failed"), predicted
        assert backups.writes == []
        real = backups.done(**options)
        assert (predicted["plan"], predicted["plan_id"]) == (real["plan"], real["plan_id"])
        assert same_where_known(predicted["schedule"], real["schedule"], "schedule") == []
        backups.controller.simulator.clear_log()
        again = backups.done(**options)
        assert (again["changed"], backups.writes) == (False, [])
        return real

    made = converge(schedule={"cron": "0 3 * * *", "keep": 3})
    assert actions(made) == ["create"]
    assert (made["schedule"]["cron"], made["schedule"]["keep"], made["schedule"]["name"]) == ("0 3 * * *", 3, "backup-web1")
    assert backups.done(schedule={"cron": "00 3 */1 * sun-sat", "keep": 3})["changed"] is False
    assert actions(converge(schedule={"cron": "0 3 * * *", "paused": True})) == ["set"]
    assert actions(converge(schedule={"cron": "30 4 * * 1-5", "keep": 3, "paused": False})) == ["set", "set"]
    gone = converge(schedule={}, state="absent")
    assert (actions(gone), gone["schedule"]["status"]) == (["delete"], "absent")
