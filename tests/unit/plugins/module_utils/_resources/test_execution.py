# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out steps: which verbs in which order, what is read in between, and what an unclear outcome leads to."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConflictError,
    NotFoundError,
    OperationFailedError,
    OutcomeUnknownError,
    RateLimitedError,
    UnreachableError,
    VpsError,
    WaitTimeoutError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Address, Instance, Outcome, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._execution import (
    Executor,
    wait_until_gone,
    wait_until_reachable,
    wait_until_ready,
)
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock, FakeDriver, server, wish

START = Step("start", "status", "stopped", "running")
STOP = Step("stop", "status", "running", "stopped")
TAGS = Step("set", "tags", {}, {"a": "b"})
WEB = Ref("f1", "web")


def unclear(check_first: bool = False, kind: type[VpsError] = OutcomeUnknownError, **facts: t.Any) -> VpsError:
    """The failure of a call that writes, as the client raises it."""
    error = kind("no answer", **facts)
    error.check_first = check_first
    return error


def executor(driver: FakeDriver, **options: t.Any) -> Executor:
    return Executor(driver, wish(**options), next(iter(driver.servers.values())))


def clock(driver: FakeDriver) -> FakeClock:
    return t.cast(FakeClock, driver.context.waiter.clock)


EVERY_VERB: list[tuple[Step, tuple[t.Any, ...]]] = [
    (Step("unlock", "locked", True, False), ("locked", "1", False)),
    (Step("rename", "name", "web", "db"), ("rename", "1", "db")),
    (TAGS, ("tags", "1", {"a": "b"})),
    (Step("set", "firewalls", [], ["web"], target=(WEB,)), ("firewalls", "1", (WEB,))),
    (Step("resize", "size", "s", "l"), ("resize", "1", {"size": "l"})),
    (Step("rebuild", "image", "debian", "ubuntu"), ("rebuild", "1", "ubuntu")),
    (Step("set", "password", secret="pw"), ("password", "1", "pw")),
    (Step("set", "password", target="reset"), ("reset_password", "1")),
    (START, ("start", "1")),
    (STOP, ("stop", "1", "hard")),
    (Step("restart", "status"), ("restart", "1", "hard")),
    (Step("suspend", "status"), ("suspend", "1")),
    (Step("resume", "status"), ("resume", "1")),
    (Step("rescue", "rescue", False, True), ("rescue", "1", True)),
    (Step("unrescue", "rescue", True, False), ("rescue", "1", False)),
    (Step("lock", "locked", False, True), ("locked", "1", True)),
    (Step("delete", "instance"), ("delete", "1")),
]


@pytest.mark.parametrize(("step", "call"), EVERY_VERB, ids=lambda value: f"{value.action} {value.field}" if isinstance(value, Step) else "")
def test_every_step_is_one_verb(step: Step, call: tuple[t.Any, ...]) -> None:
    driver = FakeDriver(server())
    run = executor(driver, stop_mode="hard", image="ubuntu")
    run.run([step])
    assert driver.calls == [call]
    assert run.done == [step]


def test_steps_go_in_order_and_a_resize_is_one_request() -> None:
    driver = FakeDriver(server())
    steps = [TAGS, Step("resize", "size", "s", "l"), Step("resize", "disk_gb", 20, 40), STOP]
    run = executor(driver)
    run.run(steps)
    assert [call[0] for call in driver.calls] == ["tags", "resize", "stop"]
    assert driver.calls[1][2] == {"size": "l", "disk_gb": 40}
    assert run.done == steps
    assert (run.instance.size, run.instance.disk_gb, run.instance.status, run.instance.tags) == ("l", 40, "stopped", {"a": "b"})


def test_the_next_step_gets_the_server_as_it_is_now() -> None:
    driver = FakeDriver(server())
    given: list[Instance] = []
    own = driver.set_tags
    driver.set_tags = lambda instance, tags: given.append(instance) or own(instance, tags)  # type: ignore[method-assign,func-returns-value]
    run = executor(driver)
    run.run([STOP, TAGS])
    assert given[0].provider_status == "UP", "what the provider shows, not the prediction"
    assert driver.reads == ["get"]


def test_what_is_done_at_once_is_not_read_again() -> None:
    driver = FakeDriver(server(), rename=[None], tags=[None])
    run = executor(driver)
    run.run([Step("rename", "name", "web", "db"), TAGS])
    assert driver.reads == []
    assert (run.instance.name, run.instance.tags) == ("db", {"a": "b"})


def test_without_waiting_nothing_is_waited_for() -> None:
    driver = FakeDriver(server())
    driver.stop = lambda instance, mode: driver.operation("stop", lambda: pytest.fail("waited"))  # type: ignore[method-assign]
    run = executor(driver, wait=False)
    run.run([STOP])
    assert run.done == [STOP]
    assert clock(driver).slept == []


def test_credentials_come_out() -> None:
    driver = FakeDriver(server())
    credentials = {"username": "root", "password": "pw-marker"}
    driver.script["reset_password"] = [driver.operation("reset", lambda: Outcome("1", credentials))]
    run = executor(driver)
    run.run([Step("set", "password", target="reset"), TAGS])
    assert run.credentials == credentials


def test_a_new_password_comes_out_without_waiting_too() -> None:
    driver = FakeDriver(server())
    driver.script["reset_password"] = [driver.operation("reset", lambda: Outcome("1", {"username": "root", "password": "pw-marker"}))]
    run = executor(driver, wait=False)
    run.run([Step("set", "password", target="reset")])
    assert run.credentials == {"username": "root", "password": "pw-marker"}


def test_the_id_that_an_outcome_tells_is_gone_on_with() -> None:
    driver = FakeDriver(server(), server("2"))
    driver.script["rebuild"] = [driver.operation("rebuild", lambda: Outcome("2"))]
    run = executor(driver)
    run.run([Step("rebuild", "image", "debian", "debian"), TAGS])
    assert driver.calls[1][:2] == ("tags", "2")


@pytest.mark.parametrize("failure", [ConflictError("locked"), UnreachableError("no connection"), OperationFailedError("task failed")])
def test_a_failure_ends_it_and_tells_how_far_it_got(failure: VpsError) -> None:
    driver = FakeDriver(server(), stop=[failure])
    run = executor(driver)
    with pytest.raises(type(failure)):
        run.run([TAGS, STOP, START])
    assert run.done == [TAGS]
    assert [call[0] for call in driver.calls] == ["tags", "stop"]


def test_a_server_that_vanishes_between_two_steps() -> None:
    driver = FakeDriver(server(), get=[None])
    run = executor(driver)
    with pytest.raises(NotFoundError, match="vanished") as caught:
        run.run([STOP, TAGS])
    assert caught.value.facts["id"] == "1"
    assert run.done == [STOP]


# -- unclear outcomes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_first", [True, False])
@pytest.mark.parametrize("kind", [OutcomeUnknownError, RateLimitedError])
def test_a_step_that_was_carried_out_although_its_answer_was_lost(check_first: bool, kind: type[VpsError]) -> None:
    driver = FakeDriver(server())

    def lost() -> t.NoReturn:
        driver.change("1", status="stopped")
        raise unclear(check_first, kind)

    driver.script["stop"] = [lost]
    run = executor(driver)
    run.run([STOP, TAGS])
    assert [call[0] for call in driver.calls] == ["stop", "tags"]
    assert run.done == [STOP, TAGS]


def test_a_step_that_was_not_carried_out_is_sent_again_only_where_that_is_allowed() -> None:
    driver = FakeDriver(server(), stop=[unclear(True)])
    run = executor(driver)
    run.run([STOP])
    assert [call[0] for call in driver.calls] == ["stop", "stop"]
    driver = FakeDriver(server(), stop=[unclear(False)])
    run = executor(driver)
    with pytest.raises(OutcomeUnknownError) as caught:
        run.run([STOP])
    assert [call[0] for call in driver.calls] == ["stop"]
    assert caught.value.facts == {"id": "1", "step": "stop"}
    assert run.done == []


def test_it_is_read_before_it_is_sent_again_and_that_has_an_end() -> None:
    driver = FakeDriver(server(), stop=[unclear(True)] * 9)
    run = executor(driver)
    with pytest.raises(OutcomeUnknownError):
        run.run([STOP])
    assert [call[0] for call in driver.calls] == ["stop"] * 3
    assert driver.reads.count("get") >= 3


def test_an_unclear_step_on_a_moving_server_is_judged_when_it_has_settled() -> None:
    moving = server(status="rebooting", settled=False)
    driver = FakeDriver(server(), stop=[unclear(False)], get=[moving, moving, moving])
    driver.change("1", status="stopped")
    run = Executor(driver, wish(), server())
    run.run([STOP])
    assert [call[0] for call in driver.calls] == ["stop"]
    assert run.done == [STOP]


@pytest.mark.parametrize("step", [Step("restart", "status"), Step("rebuild", "image"), Step("set", "password", secret="pw")], ids=lambda step: step.action)
def test_what_cannot_be_seen_is_never_taken_for_done(step: Step) -> None:
    name = {"set": "password"}.get(step.action, step.action)
    driver = FakeDriver(server(), **{name: [unclear(False)]})
    with pytest.raises(OutcomeUnknownError):
        executor(driver).run([step])
    assert len(driver.calls) == 1


@pytest.mark.parametrize("now", [None, server(status="deleting"), server(settled=False)], ids=["gone", "deleting", "moving"])
def test_a_delete_whose_answer_was_lost_is_waited_for(now: Instance | None) -> None:
    driver = FakeDriver(server())

    def lost() -> t.NoReturn:
        del driver.servers["1"]
        raise unclear(False)

    driver.script.update(delete=[lost], get=[now])
    run = executor(driver)
    run.run([Step("delete", "instance")])
    assert driver.calls == [("delete", "1")]
    assert run.instance.status == "absent"


def test_a_delete_that_did_nothing_is_not_taken_for_done() -> None:
    driver = FakeDriver(server(), delete=[unclear(False)])
    with pytest.raises(OutcomeUnknownError):
        executor(driver).run([Step("delete", "instance")])
    assert driver.calls == [("delete", "1")]


def test_a_refused_step_waits_as_long_as_it_was_told_before_it_is_sent_again() -> None:
    refused = unclear(True, RateLimitedError)
    t.cast(RateLimitedError, refused).retry_after = 7.0
    driver = FakeDriver(server(), stop=[refused])
    executor(driver).run([STOP])
    assert clock(driver).slept[0] == 7.0
    assert len(driver.calls) == 2


def test_a_refused_step_is_not_waited_for_beyond_the_budget() -> None:
    refused = unclear(True, RateLimitedError)
    t.cast(RateLimitedError, refused).retry_after = 121.0
    driver = FakeDriver(server(), stop=[refused])
    with pytest.raises(RateLimitedError):
        executor(driver).run([STOP])
    assert sum(clock(driver).slept) == 0.0
    assert len(driver.calls) == 1


# -- the power of what is resized -----------------------------------------------------------------------------------------------


def test_a_stopped_server_that_a_resize_started_is_stopped_again() -> None:
    driver = FakeDriver(server(status="stopped", size="s"))

    def resize(instance: Instance, changes: t.Any, wish: t.Any) -> t.Any:
        return driver._verb("resize", own=driver._changes(instance, size="l", status="running"))

    driver.resize = resize  # type: ignore[method-assign]
    run = executor(driver)
    run.run([Step("resize", "size", "s", "l")])
    assert [call[0] for call in driver.calls] == ["resize", "stop"]
    assert driver.servers["1"].status == "stopped"


# -- waiting ----------------------------------------------------------------------------------------------------------------------


def test_until_gone() -> None:
    driver = FakeDriver(get=[server(status="deleting")] * 3)
    wait_until_gone(driver, server())
    assert driver.reads == ["get"] * 4


def test_until_ready() -> None:
    building = server(status="building", settled=False)
    driver = FakeDriver(server(), get=[None, building, building])
    assert wait_until_ready(driver, "1") == server()
    assert clock(driver).slept == [0.5, 0.75, 1.125, 1.6875]


def test_until_ready_fails_with_the_id() -> None:
    with pytest.raises(OperationFailedError, match="error state") as caught:
        wait_until_ready(FakeDriver(server(status="error", settled=False)), "1")
    assert caught.value.facts["id"] == "1"
    with pytest.raises(WaitTimeoutError) as late:
        wait_until_ready(FakeDriver(server(settled=False)), "1")
    assert late.value.facts["id"] == "1"


def test_a_server_that_vanishes_while_it_is_built_is_not_waited_for_to_the_end() -> None:
    building = server(status="building", settled=False)
    driver = FakeDriver(get=[None, building, building])
    with pytest.raises(NotFoundError, match="vanished while it was being built") as caught:
        wait_until_ready(driver, "1")
    assert caught.value.facts["id"] == "1"
    assert clock(driver).passed < 30


def test_a_server_that_is_taken_away_while_it_is_built() -> None:
    with pytest.raises(NotFoundError, match="vanished"):
        wait_until_ready(FakeDriver(server(status="deleting", settled=False)), "1")


def test_a_row_may_be_missing_from_a_read_or_two() -> None:
    building = server(status="building", settled=False)
    driver = FakeDriver(server(), get=[building, None, None, building, None, None])
    assert wait_until_ready(driver, "1") == server()


def test_until_a_port_is_open() -> None:
    address = Address("192.0.2.1", "ipv4", "public")
    driver = FakeDriver(server(), get=[server(), server(addresses=(address,))])
    tried: list[tuple[str, int]] = []

    def accepts(host: str, port: int) -> bool:
        tried.append((host, port))
        return len(tried) == 3

    found = wait_until_reachable(driver, wish(wait_until="port", wait_port=2222), server(), accepts)
    assert found.addresses == (address,)
    assert tried == [("192.0.2.1", 2222)] * 3
    assert driver.reads == ["get", "get"], "not read again once the address is known"


def test_until_it_has_an_address() -> None:
    address = Address("2001:db8::1", "ipv6", "public")
    driver = FakeDriver(server(), get=[server(), server(addresses=(address,))])
    assert wait_until_reachable(driver, wish(wait_until="address"), server(), lambda host, port: pytest.fail("no port was asked for")).addresses == (address,)


def test_status_alone_waits_for_nothing() -> None:
    driver = FakeDriver(server())
    assert wait_until_reachable(driver, wish(), server(), lambda host, port: pytest.fail("no port was asked for")) == server()
    assert driver.reads == []
