# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mechanism of declared resources, by a resource that no provider has: what is planned, sent, awaited, remembered and told."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    AmbiguousError,
    ConsentError,
    DriftError,
    ExpectationError,
    LedgerError,
    NotAppliedError,
    NotFoundError,
    OptionError,
    OutcomeUnknownError,
    RejectedError,
    UnsupportedError,
    VpsError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import DONE, Instance, Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Field, Kind, NewRecord, Record
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Operation
from ansible_collections.polyhost.cloud.plugins.module_utils._journal import Journal
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordVerbs, RecordWish
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._declared import DeclaredTask
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._task import Changed
from ansible_collections.polyhost.cloud.tests.unit.fakes import START, FakeContext, FakeDriver, server

SHOWN: dict[str, t.Any] = dict.fromkeys(("id", "name", "status", "size", "colour", "instance"))
FIELDS = (
    Field("name", action="rename"),
    Field("colour", fixed=True),
    Field("size", action="grow", grows=True, cost=True),
    Field("instance", link=True),
)
GADGET = Kind("gadget", "gadgets", "gadget", SHOWN, FIELDS)
REPLACEABLE = Kind("gadget", "gadgets", "gadget", SHOWN, FIELDS, replaceable=True)
ORDERED = Kind("gadget", "gadgets", "gadget", SHOWN, FIELDS, ordered=True, order_needs=("cost",))
DATA: dict[str, t.Any] = {"id": "g1", "name": "data", "status": "available", "size": 10, "colour": "red"}
WEB1, WEB2 = {"id": "1", "name": "web1"}, {"id": "2", "name": "web2"}


class Gadgets(RecordVerbs["GadgetDriver"]):
    """The provider's gadgets; C(sent) lists what was written, C(broken) makes verbs raise, C(lazy) ones do nothing."""

    def __init__(self, driver: GadgetDriver, *rows: dict[str, t.Any]) -> None:
        super().__init__(driver)
        self.rows = {row["id"]: dict(row) for row in rows}
        self.sent: list[str] = []
        self.broken: dict[str, list[BaseException]] = {}
        self.lazy: set[str] = set()
        self.takes: float | None = None  # seconds that a write takes
        self.unknown: tuple[str, ...] = ()

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        key = "id" if wish["id"] else "name"
        return [GADGET.record("fake", row) for row in self.rows.values() if row[key] == wish[key]]

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        return [GADGET.record("fake", row) for row in self.rows.values()]

    def get(self, record: Record, wish: RecordWish, instance: Instance | None) -> Record | None:
        row = self.rows.get(str(record.id))
        return GADGET.record("fake", row) if row else None

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        body = {"name": wish["name"], "colour": wish["colour"] or "red", "size": 10}
        return NewRecord(body, GADGET.record("fake", body), unknown=self.unknown)

    def create(self, new: NewRecord) -> Operation | None:
        def own() -> None:
            identity = f"g{len(self.rows) + 5}"
            self.rows[identity] = {**dict.fromkeys(SHOWN), **new.body, "id": identity, "status": "available"}

        return self._write("create", own)

    def resume(self, operation_id: str) -> Operation | None:
        return self._operation() if operation_id == "task-1" else None

    def change(self, record: Record, step: Step) -> Operation | None:
        after = {"id": step.target.id, "name": step.target.name} if step.target else step.after
        return self._write(step.action, lambda: self.rows[str(record.id)].update({step.field: after}))

    def delete(self, record: Record) -> Operation | None:
        return self._write("delete", lambda: self.rows.pop(str(record.id), None))

    def _write(self, verb: str, own: t.Callable[[], t.Any]) -> Operation | None:
        self.sent.append(verb)
        failure = self.broken[verb].pop(0) if self.broken.get(verb) else None
        if verb not in self.lazy and (failure is None or isinstance(failure, (OutcomeUnknownError, KeyError))):
            own()
        if failure:
            raise failure
        return self._operation() if self.takes is not None else None

    def _operation(self) -> Operation:
        clock = self.driver.context.waiter.clock
        end = clock.now() + (self.takes or 0.0)

        def check() -> Outcome | None:
            return DONE if clock.now() >= end else None

        return self.driver.operation("work on a gadget", check, operation_id="task-1")


class GadgetDriver(FakeDriver):
    """A driver with gadgets; what it C(lacks) is refused."""

    def __init__(self, *rows: dict[str, t.Any], context: GadgetContext) -> None:
        super().__init__(server("1", "web1"), server("2", "web2"), context=context)
        self.gadgets = Gadgets(self, *rows)
        self.lacks: set[str] = set()

    def require(self, resource: str, ability: str | None = None) -> None:
        if ability in self.lacks:
            raise self.unsupported(f"{resource}.{ability}")


class GadgetContext(FakeContext):
    """A task with a journal."""

    def __init__(self, folder: pathlib.Path, *, check_mode: bool = False) -> None:
        super().__init__(check_mode=check_mode)
        self.journal = Journal(str(folder), ("fake", "api.fake.example", "token"), self.waiter, check_mode)

    def provider_time(self) -> float:
        """Seconds since 1970."""
        return self.waiter.clock.epoch()


class World:
    """An account, and the tasks that are run on it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder / "orders"
        self.driver = self.connected()

    def connected(self, *rows: dict[str, t.Any], check_mode: bool = False) -> GadgetDriver:
        """A driver for one run."""
        return GadgetDriver(*rows, context=GadgetContext(self.folder, check_mode=check_mode))

    @property
    def gadgets(self) -> Gadgets:
        """What the provider has, and was asked."""
        return self.driver.gadgets

    def having(self, *rows: dict[str, t.Any]) -> World:
        """The same with these gadgets."""
        self.driver = self.connected(*rows)
        return self

    def run(self, kind: Kind = GADGET, *, state: str = "present", check: bool = False, **options: t.Any) -> Changed:
        """One run; the next one is another process."""
        terms = {key: options.pop(key) for key in ("allow", "wait", "expect", "on_drift", "expect_plan") if key in options}
        gadgets = self.gadgets
        lacks, self.driver = self.driver.lacks, self.connected(check_mode=check)
        self.driver.lacks, self.driver.gadgets, gadgets.driver = lacks, gadgets, self.driver
        return DeclaredTask(kind, self.driver.gadgets, self.driver, RecordWish(state=state, options={"name": "data", **options}, **terms), "token").run()

    def fails(self, error: type[VpsError], *arguments: t.Any, **options: t.Any) -> VpsError:
        """A run that fails."""
        with pytest.raises(error) as caught:
            self.run(*arguments, **options)
        return caught.value


@pytest.fixture
def world(tmp_path: pathlib.Path) -> World:
    """An account without gadgets."""
    return World(tmp_path)


def actions(changed: Changed) -> list[str]:
    return [step.action for step in changed.plan.steps]


# -- plans ------------------------------------------------------------------------------------------------------------------


def test_what_making_cannot_carry_is_done_afterwards_without_further_consent(world: World) -> None:
    predicted = world.run(check=True, size=20, instance="web1")
    assert world.gadgets.sent == []
    made = world.run(size=20, instance="web1")
    assert actions(made) == actions(predicted) == world.gadgets.sent == ["create", "grow", "attach"]
    assert (made.shown["size"], made.shown["instance"]) == (20, WEB1)
    assert {**predicted.shown, "id": made.shown["id"], "status": "available"} == made.shown
    assert actions(world.run(size=20, instance="web1")) == []


def test_what_only_grows_does_not_shrink(world: World) -> None:
    world.having(DATA)
    failure = world.fails(OptionError, size=5)
    assert "10" in str(failure)
    assert world.gadgets.sent == []
    assert actions(world.run(size=10)) == []


def test_what_a_provider_cannot_change_is_refused_before_anything_is_sent(world: World) -> None:
    world.having(DATA).driver.lacks = {"grow", "attach"}
    for options in ({"size": 20}, {"instance": "web1"}):
        world.fails(UnsupportedError, **options)
    assert actions(world.run(size=10, instance="")) == []
    assert world.gadgets.sent == []


@pytest.mark.parametrize(
    ("held", "wanted", "moves", "expected"),
    [
        (None, "web1", True, ["attach"]),
        (WEB1, "web1", True, []),
        (WEB1, "1", True, []),
        (WEB1, "", True, ["detach"]),
        (None, "", True, []),
        (WEB1, "web2", True, ["move"]),
        (WEB1, "web2", False, ["detach", "attach"]),
    ],
)
def test_a_link_is_moved_and_taking_it_from_a_server_needs_consent(
    world: World, monkeypatch: pytest.MonkeyPatch, held: t.Any, wanted: str, moves: bool, expected: list[str]
) -> None:
    monkeypatch.setattr(Gadgets, "moves", moves)
    world.having({**DATA, "instance": held})
    if held and expected:
        assert world.fails(ConsentError, instance=wanted).facts["needs"] == ["detach"]
    result = world.run(instance=wanted, allow=("detach",))
    assert actions(result) == world.gadgets.sent == expected
    assert (result.shown["instance"] or {}).get("name") == {"1": "web1"}.get(wanted, wanted or None)


def test_what_is_in_use_is_taken_away_first(world: World) -> None:
    world.having({**DATA, "instance": WEB1})
    world.fails(ConsentError, state="absent")
    removed = world.run(state="absent", allow=("detach",))
    assert actions(removed) == world.gadgets.sent == ["detach", "delete"]
    assert removed.shown["status"] == "absent"
    assert actions(world.run(state="absent")) == []


def test_what_is_fixed_is_drift(world: World) -> None:
    world.having(DATA)
    differing = world.run(colour="blue")
    assert [(each.field, each.current, each.wanted, each.needs) for each in differing.plan.drift] == [("colour", "red", "blue", "unsupported")]
    assert world.run(REPLACEABLE, colour="blue").plan.drift[0].needs == "replace"
    world.fails(DriftError, colour="blue", on_drift="fail")
    assert world.gadgets.sent == []


def test_two_of_one_name_are_told(world: World) -> None:
    world.having(DATA, {**DATA, "id": "g2"})
    assert world.fails(AmbiguousError).facts["ids"] == ["g1", "g2"]
    assert actions(world.run(id="g2", size=20)) == ["grow"]


def test_an_id_never_creates(world: World) -> None:
    assert "never creates" in str(world.fails(NotFoundError, id="g9").hint)
    predicted = world.run(check=True, id="g9")
    assert (world.driver.context.warnings != [], predicted.plan.approvable) == (True, False)
    assert actions(world.run(state="absent", id="g9")) == []


def test_an_id_of_another_name_is_not_removed(world: World) -> None:
    world.having(DATA)
    assert "data" in str(world.fails(ExpectationError, state="absent", id="g1", name="logs"))
    assert world.gadgets.sent == []


def test_expectations_are_of_what_an_object_shows(world: World) -> None:
    world.having(DATA)
    assert "weight" in str(world.fails(OptionError, expect={"weight": 7}))
    assert "colour" in str(world.fails(ExpectationError, state="absent", expect={"colour": "blue"}))
    assert actions(world.run(state="absent", expect={"colour": "red", "provider": "fake"})) == ["delete"]


def test_a_plan_about_what_does_not_exist_yet_cannot_be_approved(world: World) -> None:
    assert world.run(check=True).plan.approvable is True
    assert world.run(check=True, instance="web9").plan.approvable is False
    assert "web9" in str(world.fails(NotFoundError, instance="web9"))
    world.gadgets.unknown = ("snapshot s9",)
    assert world.run(check=True).plan.approvable is False


# -- replacing --------------------------------------------------------------------------------------------------------------


def test_a_replacement_is_one_step_of_two_writes(world: World) -> None:
    world.having(DATA)
    predicted = world.run(REPLACEABLE, check=True, colour="blue", allow=("replace",))
    made = world.run(REPLACEABLE, colour="blue", allow=("replace",))
    assert (actions(made), actions(predicted), world.gadgets.sent) == (["replace"], ["replace"], ["delete", "create"])
    assert made.shown["colour"] == "blue"
    assert made.shown["id"] != "g1"
    assert actions(world.run(REPLACEABLE, colour="blue")) == []


def test_nothing_is_made_beside_what_is_still_there(world: World) -> None:
    world.having(DATA).gadgets.lazy = {"delete"}
    failure = world.fails(NotAppliedError, REPLACEABLE, colour="blue", allow=("replace",))
    assert world.gadgets.sent == ["delete"]
    assert (failure.facts["changed"], [step["action"] for step in failure.facts["plan"]]) == (True, ["delete"])


def test_a_replacement_that_fails_half_way_tells_the_deletion(world: World) -> None:
    world.having(DATA).gadgets.broken = {"create": [RejectedError("no")]}
    failure = world.fails(RejectedError, REPLACEABLE, colour="blue", allow=("replace",))
    assert (failure.facts["changed"], [step["action"] for step in failure.facts["plan"]]) == (True, ["delete"])
    assert actions(world.run(REPLACEABLE, colour="blue")) == ["create"]


def test_a_replacement_waits_for_the_deletion_even_where_the_task_does_not(world: World) -> None:
    world.having(DATA).gadgets.takes = 30.0
    made = world.run(REPLACEABLE, colour="blue", allow=("replace",), wait=False)
    assert (actions(made), world.gadgets.sent) == (["replace"], ["delete", "create"])


# -- waiting ----------------------------------------------------------------------------------------------------------------


def test_a_task_that_does_not_wait_leaves_the_rest_to_the_next_run(world: World) -> None:
    world.gadgets.takes = 30.0
    first = world.run(size=20, wait=False)
    assert (actions(first), first.more) == (["create"], {"operation_id": "task-1"})
    assert any("size" in warning for warning in world.driver.context.warnings)
    assert actions(world.run(size=20)) == ["grow"]
    assert world.gadgets.sent == ["create", "grow"]


def test_what_was_accepted_and_not_done_is_told(world: World) -> None:
    world.having(DATA).gadgets.lazy = {"grow", "delete", "create"}
    assert "size" in str(world.fails(NotAppliedError, size=20))
    world.fails(NotAppliedError, state="absent")
    world.fails(NotAppliedError, name="logs")


# -- orders -----------------------------------------------------------------------------------------------------------------


def order(world: World, **options: t.Any) -> Changed:
    return world.run(ORDERED, allow=("cost",), **options)


def failed_order(world: World, error: type[BaseException], **broken: t.Any) -> None:
    """An order that fails with something that the provider or we did wrong."""
    world.gadgets.broken = {"create": [broken.get("because") or error("why")]}
    with pytest.raises(error):
        order(world)


def notes(world: World) -> list[str]:
    """What the journal holds."""
    return [content for content in (path.read_text() for path in world.folder.glob("*")) if content]


def test_an_order_needs_consent_and_leaves_no_note(world: World) -> None:
    assert world.fails(ConsentError, ORDERED).facts["needs"] == ["cost"]
    assert not world.folder.exists()
    assert actions(order(world)) == ["create"]
    assert notes(world) == []


def test_check_mode_of_an_order_leaves_nothing(world: World) -> None:
    assert actions(world.run(ORDERED, check=True, allow=("cost",))) == ["create"]
    assert not world.folder.exists()


def test_a_refused_order_leaves_no_note(world: World) -> None:
    failed_order(world, RejectedError)
    assert notes(world) == []
    assert actions(order(world)) == ["create"]


def test_what_nobody_expected_leaves_the_note(world: World) -> None:
    """Our own mistake in the middle of an order proves nothing about it."""
    world.gadgets.lazy = {"create"}
    failed_order(world, KeyError)
    assert len(notes(world)) == 1
    with pytest.raises(OutcomeUnknownError, match="nothing was ordered now") as caught:
        order(world)
    (path,) = world.folder.glob("*")
    assert str(path) in str(caught.value.hint)
    assert world.gadgets.sent == ["create"]
    path.unlink()
    world.gadgets.lazy = set()
    assert actions(order(world)) == ["create"]


def test_an_order_of_unknown_fate_is_found_by_the_next_run(world: World) -> None:
    listed = Gadgets.find
    failed_order(world, KeyError)

    def find(wish: RecordWish, instance: Instance | None) -> list[Record]:
        return listed(world.gadgets, wish, instance) if world.driver.context.waiter.clock.now() > 20 else []

    world.gadgets.find = find  # type: ignore[method-assign]
    found = order(world)
    assert (actions(found), world.gadgets.sent, notes(world)) == (["create"], ["create"], [])
    assert found.shown["id"] == "g5"


def test_an_order_that_shows_needs_no_note_any_more(world: World) -> None:
    failed_order(world, KeyError)
    assert actions(order(world)) == []
    assert notes(world) == []


def test_the_task_of_an_earlier_order_is_awaited(world: World) -> None:
    world.gadgets.takes = 10_000.0
    with pytest.raises(WaitTimeoutError) as caught:
        order(world)
    assert caught.value.facts["operation_id"] == "task-1"
    assert "task-1" in notes(world)[0]
    rows, world.gadgets.rows, world.gadgets.takes = world.gadgets.rows, {}, 5.0

    def find(wish: RecordWish, instance: Instance | None) -> list[Record]:
        return [GADGET.record("fake", row) for row in rows.values()] if world.driver.context.waiter.waited > 4 else []

    world.gadgets.find = find  # type: ignore[method-assign]
    assert actions(order(world)) == ["create"]
    assert (world.gadgets.sent, notes(world)) == (["create"], [])


@pytest.mark.parametrize(("proof", "lapse", "age", "sent"), [(True, None, 0.0, 2), (False, None, 1e6, 1), (False, 600.0, 60.0, 1), (False, 600.0, 900.0, 2)])
def test_an_order_is_repeated_only_where_its_absence_is_proven(
    world: World, monkeypatch: pytest.MonkeyPatch, proof: bool, lapse: float | None, age: float, sent: int
) -> None:
    monkeypatch.setattr(Gadgets, "absence_is_proof", proof)
    monkeypatch.setattr(Gadgets, "lapse", lapse)
    world.gadgets.lazy = {"create"}
    failed_order(world, KeyError)
    world.gadgets.lazy = set()
    monkeypatch.setattr(GadgetContext, "provider_time", lambda context: START + age)
    if sent == 1:
        with pytest.raises(OutcomeUnknownError):
            order(world)
    else:
        assert actions(order(world)) == ["create"]
        assert notes(world) == []
    assert world.gadgets.sent == ["create"] * sent


def test_an_order_that_another_task_holds_is_not_sent(world: World) -> None:
    def meanwhile() -> None:
        sent = list(world.gadgets.sent)
        with pytest.raises(LedgerError):
            order(world)
        assert world.gadgets.sent == sent

    create = Gadgets.create

    def in_the_middle(new: NewRecord) -> Operation | None:
        meanwhile()
        return create(world.gadgets, new)

    world.gadgets.create = in_the_middle  # type: ignore[method-assign]
    order(world)
    assert world.gadgets.sent == ["create"]
