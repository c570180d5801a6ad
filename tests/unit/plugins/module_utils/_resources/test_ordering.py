# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never twice, never lost: what is sent, what is searched for, and what the ledger says at every moment."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    AuthError,
    CapacityError,
    LedgerError,
    NotFoundError,
    OperationFailedError,
    OutcomeUnknownError,
    QuotaError,
    RateLimitedError,
    TransientError,
    UnreachableError,
    VpsError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Operation
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import JOB, LIVE, ORDERING, Entry, Ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Lookup, Order, Receipt
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._ordering import Made, Ordering
from ansible_collections.polyhost.cloud.tests.unit.fakes import START, FakeClock, FakeContext, FakeDriver, server, waiter, wish

SCOPE = ("", "")
LOOKUP = Lookup((), frozenset({"1", "2"}))
ORDER = Order({"image": "debian"}, "r1", traits={"name": "web"})
TRAITS = {"name": "web"}
OLD = (server("1", "web"), server("2", "db"))
LOST = OutcomeUnknownError("the answer was lost", request_id="r-1")


class World:
    """A driver with a ledger; C(history) is what the ledger said when the provider was asked for something that writes or follows."""

    def __init__(self, folder: t.Any, *, with_ledger: bool = True, **script: t.Any) -> None:
        ours = waiter()
        self.clock = t.cast(FakeClock, ours.clock)
        self.ledger = Ledger(str(folder / "ledger.json"), "fake", "host", ours, False) if with_ledger else None
        self.driver = FakeDriver(*OLD, context=FakeContext(waiter=ours, ledger=self.ledger), **script)
        self.history: list[str | None] = []
        for name in ("place", "follow", "candidates"):
            self._watch(name)

    def _watch(self, name: str) -> None:
        own = getattr(self.driver, name)

        def watched(*arguments: t.Any) -> t.Any:
            self.history.append(f"{name}: {self.state}")
            return own(*arguments)

        setattr(self.driver, name, watched)

    @property
    def entry(self) -> Entry | None:
        return self.ledger.entry(SCOPE, "web") if self.ledger else None

    @property
    def state(self) -> str | None:
        return self.entry.state if self.entry else None

    @property
    def placed(self) -> int:
        return len([call for call in self.driver.calls if call[0] == "place"])

    def ordering(self, **options: t.Any) -> Ordering:
        return Ordering(self.driver, wish(**options))

    def create(self, **options: t.Any) -> Made:
        return self.ordering(**options).create(LOOKUP, ORDER)

    def resume(self, entry: Entry | None = None, **options: t.Any) -> Made | None:
        assert self.ledger
        if entry:
            self.ledger.write(SCOPE, entry)
        assert self.entry
        return self.ordering(**options).resume(SCOPE, self.entry)

    def operation(self, *answers: t.Any, operation_id: str = "job-1") -> Operation:
        """An operation that answers or raises one after the other."""
        left = list(answers)

        def check() -> Outcome | None:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return t.cast("Outcome | None", answer)

        return self.driver.operation("order", check, operation_id=operation_id)


# -- a clear answer -----------------------------------------------------------------------------------------------------------


def test_an_answer_with_the_id(tmp_path: t.Any) -> None:
    credentials = {"username": "root", "password": "pw-marker"}
    world = World(tmp_path, place=[Receipt("7", "task-1", credentials)])
    assert world.create() == Made("7", "task-1", credentials)
    assert world.history == ["place: ordering"]
    assert world.entry == Entry(LIVE, "web", id="7", ordered_at=START)
    assert world.ledger
    with open(world.ledger.path, encoding="utf-8") as handle:
        assert "marker" not in handle.read()


def test_what_the_ledger_knows_before_the_order_is_sent(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    seen: list[Entry | None] = []
    world.driver.script["place"] = [lambda: seen.append(world.entry) or Receipt("7")]
    world.create()
    assert seen == [Entry(ORDERING, "web", ordered_at=START, traits=TRAITS, known_ids=("1", "2"))]


def test_an_answer_with_a_job(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    credentials = {"username": "root", "password": "pw"}
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(None, Outcome("7", credentials))])
    assert world.create() == Made("7", "job-1", credentials)
    assert world.history == ["place: ordering", "follow: job"]
    assert world.entry == Entry(LIVE, "web", id="7", ordered_at=START)


def test_without_waiting_the_job_stays_open_for_the_next_run(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[Receipt(None, "job-1")])
    assert world.create(wait=False) == Made(None, "job-1")
    assert world.entry == Entry(JOB, "web", None, "job-1", START, TRAITS, ("1", "2"))


def test_an_answer_without_anything_is_followed(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt()], follow=[world.operation(Outcome("7"))])
    assert world.create() == Made("7")
    assert world.history == ["place: ordering", "follow: ordering"]


def test_without_a_ledger_nothing_is_written(tmp_path: t.Any) -> None:
    world = World(tmp_path, with_ledger=False, place=[Receipt("7")])
    assert world.create() == Made("7")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("failure", [QuotaError("no credit"), CapacityError("full"), UnreachableError("no connection"), AuthError("refused")])
def test_a_refused_order_leaves_nothing_open(tmp_path: t.Any, failure: VpsError) -> None:
    world = World(tmp_path, place=[failure])
    with pytest.raises(type(failure)):
        world.create()
    assert (world.placed, world.entry) == (1, None)


def test_a_failed_build_that_left_something_else_than_ordered_tells_of_it(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(None, OperationFailedError("job failed"))])
    world.driver.script["candidates"] = [[]]
    world.driver.servers["7"] = server("7", None)
    with pytest.raises(OperationFailedError) as caught:
        world.create()
    assert caught.value.facts["candidates"] == ["7"]
    assert "7" in str(caught.value.hint)


@pytest.mark.parametrize("failure", [OperationFailedError("task failed"), QuotaError("job refused")])
def test_a_failed_build_leaves_nothing_open_and_tells_of_half_built_servers(tmp_path: t.Any, failure: VpsError) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(None, failure)])
    world.driver.servers["7"] = server("7", "web", status="error")
    with pytest.raises(type(failure)) as caught:
        world.create()
    assert world.entry is None
    assert caught.value.facts["leftovers"] == ["7"]
    assert caught.value.facts["operation_id"] == "job-1"
    assert "7" in str(caught.value.hint) and "absent" in str(caught.value.hint)


def test_a_time_out_keeps_the_job_for_the_next_run(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(*[None] * 999)])
    with pytest.raises(WaitTimeoutError) as caught:
        world.create()
    assert caught.value.facts["operation_id"] == "job-1"
    assert world.entry == Entry(JOB, "web", None, "job-1", START, TRAITS, ("1", "2"))
    world.driver.script["follow"] = [world.operation(Outcome("7"))]
    world.driver.context.deadline = FakeContext(waiter=world.driver.context.waiter).deadline
    assert world.resume() == Made("7", "job-1")
    assert (world.placed, world.state) == (1, LIVE)


def test_reads_that_fail_while_following_keep_the_job(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(*[TransientError("reset")] * 9)])
    with pytest.raises(TransientError):
        world.create()
    assert world.state == JOB


def test_a_job_that_nobody_knows_any_more_is_an_unclear_order(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(NotFoundError("no such job"))])
    world.driver.servers["7"] = server("7", "web")
    assert world.create() == Made("7", adopted=True)
    assert (world.placed, world.state) == (1, LIVE)


# -- a lost answer --------------------------------------------------------------------------------------------------------------


def test_the_one_new_server_that_fits_is_adopted(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST])
    world.driver.servers["7"] = server("7", "web")
    world.driver.servers["8"] = server("8", "other")
    assert world.create() == Made("7", adopted=True)
    assert (world.placed, world.state) == (1, LIVE)
    assert world.history == ["place: ordering", "candidates: ordering"]
    assert world.clock.slept == [], "the first look comes at once"


def test_it_is_looked_for_until_it_appears(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST], candidates=[[], [], [], [server("7", "web")]])
    assert world.create() == Made("7", adopted=True)
    assert world.clock.slept == [0.5, 0.75, 1.125]
    assert world.placed == 1


def test_looks_that_fail_are_no_answer(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST], candidates=[TransientError("reset"), RateLimitedError("429"), [server("7", "web")]])
    assert world.create() == Made("7", adopted=True)


def test_two_that_fit_are_nobodys_choice(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST], candidates=[[], [server("8", "web"), server("7", "web")]])
    with pytest.raises(AmbiguousError, match="7, 8") as caught:
        world.create()
    assert caught.value.facts["ids"] == ["7", "8"]
    assert (world.placed, world.state) == (1, ORDERING)


@pytest.mark.parametrize(("wait_timeout", "window"), [(600.0, 60.0), (20.0, 20.0)])
def test_when_nothing_appears_an_order_may_exist(tmp_path: t.Any, wait_timeout: float, window: float) -> None:
    world = World(tmp_path, place=[LOST])
    world.driver.servers["9"] = server("9", "stranger")
    with pytest.raises(OutcomeUnknownError, match="an order may exist") as caught:
        world.create(wait_timeout=wait_timeout)
    assert world.clock.passed == pytest.approx(window)
    assert caught.value.facts["candidates"] == ["9"]
    assert caught.value.facts["request_id"] == "r-1"
    assert world.ledger
    assert "ledger_clear" in str(caught.value.hint) and world.ledger.path in str(caught.value.hint)
    assert (world.placed, world.state) == (1, ORDERING)
    assert world.history[-1] == "candidates: ordering", "a last look at the end of the window"


def test_without_a_ledger_there_is_nothing_to_clear(tmp_path: t.Any) -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        World(tmp_path, with_ledger=False, place=[LOST]).create()
    assert "ledger" not in str(caught.value)


def test_where_no_window_is_known_the_whole_time_is_used(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST])
    world.driver.PROFILE = replace(world.driver.PROFILE, look_seconds=None)  # type: ignore[misc]
    with pytest.raises(OutcomeUnknownError):
        world.create(wait_timeout=300.0)
    assert world.clock.passed == pytest.approx(300.0)


def test_an_unfinished_task_of_ours_is_awaited(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST])
    world.driver.script["unfinished"] = [None, world.operation(None, Outcome("7"), operation_id="task-9")]
    assert world.create() == Made("7", "task-9", adopted=True)
    assert (world.placed, world.state) == (1, LIVE)


def test_a_task_that_failed_may_have_been_somebody_elses_so_the_order_stays_open(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST])
    world.driver.script["unfinished"] = [world.operation(OperationFailedError("no host"), operation_id="task-9")]
    with pytest.raises(OperationFailedError):
        world.create()
    assert (world.placed, world.state) == (1, ORDERING)


def test_the_credentials_are_not_looked_at_as_an_answer(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[LOST], candidates=[AuthError("revoked")])
    with pytest.raises(AuthError):
        world.create()
    assert (world.placed, world.state) == (1, ORDERING), "the next run finds the open order"


# -- too many requests --------------------------------------------------------------------------------------------------------------


def refused(retry_after: float | None = None, *, check_first: bool = True) -> RateLimitedError:
    error = RateLimitedError("HTTP 429", retry_after=retry_after)
    error.check_first = check_first
    return error


def test_a_refused_order_is_sent_again_after_the_wait_and_another_look(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(7.0), refused(), Receipt("7")])
    assert world.create() == Made("7")
    assert world.placed == 3
    assert world.clock.slept == [7.0, 4.0]
    assert [each.split(":")[0] for each in world.history if each] == ["place", "candidates", "place", "candidates", "place"]


def test_a_kill_after_the_wait_is_looked_after_from_the_last_order_on(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(50.0), Killed()])
    with pytest.raises(Killed):
        world.create()
    assert world.entry
    assert world.entry.ordered_at == START + 50.0


def test_what_appeared_meanwhile_is_taken_instead(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(1.0)])
    world.driver.servers["7"] = server("7", "web")
    assert world.create() == Made("7", adopted=True)
    assert (world.placed, world.state) == (1, LIVE)


def test_a_look_that_fails_sends_nothing(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(1.0), Receipt("7")], candidates=[TransientError("reset")])
    with pytest.raises(VpsError):
        world.create()
    assert world.placed == 1


@pytest.mark.parametrize(("answers", "placed"), [([refused(121.0)], 1), ([refused(60.0)] * 9, 3), ([refused(1.0)] * 9, 4)])
def test_refusals_have_an_end(tmp_path: t.Any, answers: list[t.Any], placed: int) -> None:
    world = World(tmp_path, place=answers)
    with pytest.raises(RateLimitedError):
        world.create()
    assert world.placed == placed
    assert world.entry is None, "it was never carried out"
    assert sum(world.clock.slept) <= 120.0


def test_where_a_refusal_proves_nothing_the_order_is_never_sent_again(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(1.0, check_first=False), Receipt("7")])
    with pytest.raises(VpsError):
        world.create()
    assert world.placed == 1


def test_a_lost_answer_after_a_refusal_is_looked_for(tmp_path: t.Any) -> None:
    world = World(tmp_path, place=[refused(1.0), LOST], candidates=[[], [server("7", "web")]])
    assert world.create() == Made("7", adopted=True)
    assert world.placed == 2


# -- a killed run ----------------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """SIGKILL: nothing of ours runs after it."""


def killed_at(tmp_path: t.Any, point: str) -> World:
    """A world in which a run was killed at a point of a create that goes by way of a job."""
    world = World(tmp_path)

    def kill(*_: t.Any) -> t.NoReturn:
        raise Killed

    def carried_out() -> t.NoReturn:
        world.driver.servers["7"] = server("7", "web")
        raise Killed

    script: dict[str, list[t.Any]] = {"place": [Receipt(None, "job-1")], "follow": [world.operation(Outcome("7"))]}
    assert world.ledger
    if point.startswith("write"):
        own, count, at = world.ledger.write, [0], int(point.split()[1])

        def write(scope: tuple[str, str], entry: Entry) -> None:
            count[0] += 1
            if count[0] == at:
                raise Killed
            own(scope, entry)

        world.ledger.write = write  # type: ignore[method-assign]
    elif point == "before the order":
        script["place"] = [kill]
    elif point == "after the order":
        script["place"] = [carried_out]
    else:
        script["follow"] = [kill]
    if point in ("write 2", "write 3", "while following"):
        world.driver.servers["7"] = server("7", "web")
    world.driver.script.update(script)
    with pytest.raises(Killed):
        world.create()
    assert world.ledger
    world.ledger = world.driver.context.ledger = Ledger(world.ledger.path, "fake", "host", world.driver.context.waiter, False)
    world.driver.script.clear()
    return world


@pytest.mark.parametrize(
    ("point", "state", "placed"),
    [
        ("write 1", None, 0),
        ("before the order", ORDERING, 1),
        ("after the order", ORDERING, 1),
        ("write 2", ORDERING, 1),
        ("while following", JOB, 1),
        ("write 3", JOB, 1),
    ],
)
def test_what_a_killed_run_leaves_and_how_the_next_one_goes_on(tmp_path: t.Any, point: str, state: str | None, placed: int) -> None:
    world = killed_at(tmp_path, point)
    assert (world.state, world.placed) == (state, placed)
    if state is None:
        return
    world.driver.script["follow"] = [world.operation(Outcome("7"))]
    if point == "before the order":
        with pytest.raises(LedgerError, match=r"did not finish.*an order may exist") as caught:
            world.resume()
        assert "ledger_clear" in str(caught.value.hint)
        assert world.state == ORDERING, "until somebody clears it"
    else:
        made = world.resume()
        assert made and made.instance_id == "7"
        assert world.state == LIVE
    assert world.placed == placed, "nothing is ordered again"


def test_where_absence_is_proof_a_run_killed_before_the_order_is_forgotten(tmp_path: t.Any) -> None:
    world = killed_at(tmp_path, "before the order")
    world.driver.absence_is_proof = True  # type: ignore[misc]
    assert world.resume() is None
    assert world.entry is None
    assert world.clock.passed == pytest.approx(60.0), "only after the whole window"


def test_a_look_that_was_cut_short_or_failed_proves_nothing(tmp_path: t.Any) -> None:
    world = killed_at(tmp_path, "before the order")
    world.driver.absence_is_proof = True  # type: ignore[misc]
    with pytest.raises(LedgerError):
        world.resume(wait_timeout=4.0)
    assert world.state == ORDERING
    world.clock.passed += 86400.0
    world.driver.script["candidates"] = [TransientError("reset")]
    with pytest.raises(LedgerError):
        world.resume()
    assert world.state == ORDERING
    assert world.resume(wait_timeout=4.0) is None, "the window has passed, and this look worked"
    assert world.entry is None


def test_the_window_counts_from_the_order_not_from_the_resume(tmp_path: t.Any) -> None:
    world = killed_at(tmp_path, "before the order")
    world.clock.passed += 45.0
    with pytest.raises(LedgerError):
        world.resume()
    assert sum(world.clock.slept) == pytest.approx(15.0)


@pytest.mark.parametrize("ordered_at", [None, START - 86400.0])
def test_an_old_order_gets_one_look(tmp_path: t.Any, ordered_at: float | None) -> None:
    world = World(tmp_path)
    with pytest.raises(LedgerError):
        world.resume(Entry(ORDERING, "web", ordered_at=ordered_at, traits=TRAITS, known_ids=("1", "2")))
    assert (world.clock.slept, world.history) == ([], ["candidates: ordering"])


def test_a_clock_that_was_set_back_does_not_lengthen_the_window(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    with pytest.raises(LedgerError):
        world.resume(Entry(ORDERING, "web", ordered_at=START + 86400.0, traits=TRAITS, known_ids=("1", "2")))
    assert world.clock.passed == pytest.approx(60.0)


def test_an_open_entry_that_knows_its_id_is_done(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    assert world.resume(Entry(JOB, "web", id="7", operation_id="job-1", ordered_at=START)) == Made("7")
    assert (world.history, world.state) == ([], LIVE)


def test_a_resumed_order_with_two_that_fit_stays_open(tmp_path: t.Any) -> None:
    world = World(tmp_path, candidates=[[server("7", "web"), server("8", "web")]])
    with pytest.raises(AmbiguousError):
        world.resume(Entry(ORDERING, "web", ordered_at=START, traits=TRAITS))
    assert world.state == ORDERING


def test_what_was_there_before_the_order_is_never_adopted(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    with pytest.raises(LedgerError):
        world.resume(Entry(ORDERING, "web", ordered_at=START, traits=TRAITS, known_ids=("1", "2")))
    assert world.state == ORDERING


def test_a_resumed_job_that_failed_frees_the_name(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script["follow"] = [world.operation(OperationFailedError("job failed"))]
    with pytest.raises(OperationFailedError):
        world.resume(Entry(JOB, "web", operation_id="job-1", ordered_at=START, traits=TRAITS))
    assert world.entry is None


def test_the_ledger_is_valid_at_every_moment(tmp_path: t.Any) -> None:
    world = World(tmp_path)
    world.driver.script.update(place=[Receipt(None, "job-1")], follow=[world.operation(Outcome("7"))])
    world.create()
    assert world.ledger
    with open(world.ledger.path, encoding="utf-8") as handle:
        assert json.load(handle) == {"version": 1, "entries": {"fake|host|||web": {"state": "live", "name": "web", "id": "7", "ordered_at": START}}}
