# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent again after which failure, how long that may take, and what the caller gets in the end."""

from __future__ import annotations

import email.utils
import itertools
import os
import socket
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConfigurationError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TransientError,
    UnreachableError,
    VpsError,
    WriteRefusedError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Backoff, Call, Refused, Retry
from ansible_collections.polyhost.cloud.tests.unit.fakes import START, Behaviour, Stub, answer, hang, reset_after, reset_before

READ = Call("servers.list", "GET", "/servers")
POST_READ = Call("get_servers", "POST", "/api.php")
IDEMPOTENT = Call("servers.tag", "PUT", "/servers/{id}/tags", mutates=True, retry=Retry.IDEMPOTENT)
CHECK_FIRST = Call("servers.stop", "POST", "/servers/{id}/stop", mutates=True, retry=Retry.CHECK_FIRST)
NEVER = Call("servers.create", "POST", "/servers", mutates=True, retry=Retry.NEVER)
ORDER = Call("servers.order", "POST", "/servers", mutates=True, retry=Retry.NEVER, refused=Refused.LOOK_FIRST)
ALL = (READ, POST_READ, IDEMPOTENT, CHECK_FIRST, NEVER, ORDER)
PATH = {"id": "1"}
ATTEMPTS = 3

UNCLEAR: dict[str, Behaviour] = {
    "reset before": reset_before,
    "reset after": reset_after,
    "time-out": hang,
    "500": answer(500, {"error": "x"}),
    "502": answer(502, b"<html>Bad Gateway</html>"),
    "truncated JSON": answer(200, b'{"servers": ['),
    "body shorter than told": answer(200, {"servers": []}, length=500, close=True),
    "HTML": answer(200, b"<html></html>"),
    "nothing": answer(200, b""),
}


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def failure(bench: t.Any, call: Call, url: str, **options: t.Any) -> VpsError:
    """The failure of a call."""
    options.setdefault("backoff", Backoff(retries=ATTEMPTS - 1))
    with pytest.raises(VpsError) as caught:
        bench.client(url, **options).send(call, PATH)
    return caught.value


@pytest.mark.parametrize("kind", UNCLEAR)
@pytest.mark.parametrize("call", ALL, ids=lambda call: call.id)
def test_unclear_outcomes(bench: t.Any, call: Call, kind: str) -> None:
    with Stub(*[UNCLEAR[kind]] * 9) as stub:
        error = failure(bench, call, stub.url, request_timeout=0.05 if kind == "time-out" else 5.0)
        again = call.retry in (Retry.READ, Retry.IDEMPOTENT)
        assert stub.seen(ATTEMPTS if again else 1) == (ATTEMPTS if again else 1)
    assert len(bench.clock.slept) == (ATTEMPTS - 1 if again else 0)
    account = bench.made[0].account
    assert (account.calls, account.retries) == ((ATTEMPTS, ATTEMPTS - 1) if again else (1, 0))
    assert account.writes == (account.calls if call.mutates else 0)
    if call.mutates:
        assert error.__class__ is OutcomeUnknownError
        assert "whether it was carried out is not known" in error.message
        assert error.check_first is (call.retry is Retry.CHECK_FIRST)
    else:
        assert isinstance(error, TransientError)
        assert "not known" not in error.message
        assert isinstance(error, ProtocolError) is (kind in ("truncated JSON", "HTML", "nothing"))


@pytest.mark.parametrize("call", ALL, ids=lambda call: call.id)
def test_a_refused_connection_is_tried_again_whatever_the_call_is(bench: t.Any, call: Call) -> None:
    error = failure(bench, call, f"http://127.0.0.1:{closed_port()}")
    assert error.__class__ is UnreachableError
    assert "nothing was sent" in error.message
    assert bench.made[0].account.calls == ATTEMPTS


@pytest.mark.parametrize("kind", ["none", "seconds", "date"])
@pytest.mark.parametrize("call", ALL, ids=lambda call: call.id)
def test_too_many_requests(bench: t.Any, call: Call, kind: str) -> None:
    headers = {"none": {}, "seconds": {"Retry-After": "7"}, "date": {"Retry-After": email.utils.formatdate(START + 7, usegmt=True)}}[kind]
    with Stub(*[answer(429, {"error": "slow down"}, headers)] * 9) as stub:
        error = failure(bench, call, stub.url)
    assert isinstance(error, RateLimitedError)
    assert len(stub.requests) == (1 if call is ORDER else ATTEMPTS)
    if call.mutates:
        assert error.check_first is (call is ORDER)
    if call is ORDER:
        assert bench.clock.slept == []
        assert error.retry_after == {"none": None, "seconds": 7.0, "date": 7.0}[kind]
    elif kind == "seconds":
        assert bench.clock.slept == [7.0, 7.0]
    elif kind == "date":  # the moment is the same at the second refusal, and has come by then
        assert bench.clock.slept == [7.0, 0.0]


@pytest.mark.parametrize("call", [READ, NEVER], ids=lambda call: call.id)
def test_it_goes_on_after_the_refusal(bench: t.Any, call: Call) -> None:
    with Stub(answer(429, {}, {"Retry-After": "1"}), answer(200, {"id": "7"})) as stub:
        assert bench.client(stub.url).send(call, PATH).data == {"id": "7"}
    assert bench.clock.slept == [1.0]
    assert stub.connections == 1


@pytest.mark.parametrize("value", ["0", "-5", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"])
def test_a_moment_that_has_passed_is_no_wait(bench: t.Any, value: str) -> None:
    with Stub(answer(429, {}, {"Retry-After": value})) as stub:
        bench.client(stub.url).send(READ)
    assert bench.clock.slept == [0.0]


@pytest.mark.parametrize("value", ["soon", "", "Mon, 99 Foo 2024", "nan"])
def test_a_moment_that_cannot_be_read_falls_back_to_our_own_waits(bench: t.Any, value: str) -> None:
    with Stub(answer(429, {}, {"Retry-After": value})) as stub:
        bench.client(stub.url, backoff=Backoff(first=10.0)).send(READ)
    assert [8.0 <= pause <= 12.0 for pause in bench.clock.slept] == [True]


@pytest.fixture
def far_from_greenwich() -> t.Iterator[None]:
    """A controller whose local time is not UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "XXX-9"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_every_form_of_an_http_date_is_utc(bench: t.Any, far_from_greenwich: None, form: str) -> None:
    value = time.strftime(form, time.gmtime(START + 7))
    with Stub(answer(429, {}, {"Retry-After": value})) as stub:
        bench.client(stub.url).send(READ)
    assert bench.clock.slept == [7.0]


def test_a_wait_beyond_the_budget_fails_at_once(bench: t.Any) -> None:
    with Stub(*[answer(429, {}, {"Retry-After": "61"})] * 2) as stub:
        error = failure(bench, READ, stub.url, max_retry_wait=60.0)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 61.0
    assert (len(stub.requests), bench.clock.slept) == (1, [])


def test_an_endless_wait_fails_at_once(bench: t.Any) -> None:
    with Stub(answer(429, {}, {"Retry-After": "inf"})) as stub:
        failure(bench, READ, stub.url)
    assert (len(stub.requests), bench.clock.slept) == (1, [])


def test_max_retry_wait_is_a_budget_over_all_waits_of_the_task(bench: t.Any) -> None:
    with Stub(*[answer(429, {}, {"Retry-After": "40"})] * 9) as stub:
        client = bench.client(stub.url, max_retry_wait=100.0)
        with pytest.raises(RateLimitedError):
            client.send(READ)
        assert bench.clock.slept == [40.0, 40.0]
        with pytest.raises(RateLimitedError):
            client.send(READ)
    assert bench.clock.slept == [40.0, 40.0], "the second call of the task has what the first one left over"


def test_a_budget_of_nothing_sends_once(bench: t.Any) -> None:
    with Stub(*[answer(500, {})] * 3) as stub:
        failure(bench, READ, stub.url, max_retry_wait=0.0)
    assert len(stub.requests) == 1


def test_waits_grow_up_to_the_cap_and_are_counted(bench: t.Any) -> None:
    with Stub(*[answer(500, {})] * 9) as stub:
        failure(bench, READ, stub.url, backoff=Backoff(retries=4, first=1.0, cap=3.0))
    for pause, middle in zip(bench.clock.slept, (1.0, 2.0, 3.0, 3.0), strict=True):
        assert 0.8 * middle <= pause <= 1.2 * middle
    assert bench.waiter.waited == sum(bench.clock.slept)


def test_what_the_provider_refused_is_not_sent_again(bench: t.Any) -> None:
    for call in ALL:
        with Stub(answer(422, {})) as stub:
            assert failure(bench, call, stub.url).__class__ is RejectedError
        assert len(stub.requests) == 1


def test_failures_of_different_kinds_share_the_attempts(bench: t.Any) -> None:
    with Stub(reset_after, answer(500, {}), answer(429, {}, {"Retry-After": "1"}), answer(200, [1])) as stub:
        assert bench.client(stub.url).send(READ).data == [1]
    assert len(stub.requests) == 4
    assert bench.made[0].account.retries == 3


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", ALL, ids=lambda call: call.id)
def test_a_redirect_is_never_followed(bench: t.Any, call: Call, status: int) -> None:
    with Stub() as target, Stub(answer(status, {}, {"Location": f"{target.url}/elsewhere"})) as stub:
        error = failure(bench, call, stub.url)
        assert error.__class__ is ConfigurationError
        assert "127.0.0.1" in error.message
        assert len(stub.requests) == 1
        assert (target.connections, target.requests) == (0, [])


def test_the_guard_refuses_writes_before_any_connection(bench: t.Any) -> None:
    with Stub() as stub:
        client = bench.client(stub.url, read_only=True)
        for call in ALL:
            if call.mutates:
                with pytest.raises(WriteRefusedError, match=call.id):
                    client.send(call, PATH)
        assert stub.connections == 0
        assert client.account.calls == 0
        client.send(READ)
        client.send(POST_READ)
        assert len(stub.requests) == 2


def test_one_connection_serves_many_calls(bench: t.Any) -> None:
    with Stub() as stub:
        client = bench.client(stub.url)
        for call in itertools.islice(itertools.cycle(ALL), 12):
            client.send(call, PATH)
        assert (stub.connections, len(stub.requests)) == (1, 12)


@pytest.mark.parametrize("call", [READ, NEVER], ids=lambda call: call.id)
def test_a_connection_that_the_server_closed_in_between_is_replaced(bench: t.Any, call: Call) -> None:
    with Stub(answer(200, {}, close=True)) as stub:
        client = bench.client(stub.url)
        client.send(READ)
        assert stub.closed.wait(5)
        client.send(call, PATH)
        assert (stub.connections, len(stub.requests), client.account.retries) == (2, 2, 0)
