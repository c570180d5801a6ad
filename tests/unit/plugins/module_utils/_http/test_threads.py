# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One client in many threads: calls under way, their count, one session, and what waiting costs."""

from __future__ import annotations

import functools
import threading
import typing as t

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.together import side_by_side
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Backoff, Call, Client, Transport
from ansible_collections.polyhost.cloud.plugins.module_utils._http.rate import RateLimit
from ansible_collections.polyhost.cloud.plugins.module_utils._http.redact import Redactor
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock, waiter

READ = Call("read", "GET", "/things")


class Slow:
    """A session that is busy for a moment and knows how busy it was at most."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def request(self, method: str, url: str, **arguments: t.Any) -> requests.Response:
        """Answer, after the others had time to come in."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        threading.Event().wait(0.005)
        with self._lock:
            self._now -= 1
        response = requests.Response()
        response.status_code, response._content = 200, b"{}"
        return response


def client(in_flight: int) -> Client:
    own = waiter()
    return Client(
        provider="Fake",
        base_url="http://127.0.0.1:9",
        authorise=lambda arguments: None,
        classify=lambda call, response: None,
        transport=Transport(),
        rate_limit=RateLimit("", 0, own),
        waiter=own,
        redactor=Redactor(),
        read_only=True,
        backoff=Backoff(),
        in_flight=in_flight,
    )


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_no_more_calls_are_under_way_than_agreed_however_many_threads_send(in_flight: int) -> None:
    session, shared = Slow(), client(in_flight)
    shared._session = session
    side_by_side([functools.partial(shared.send, READ)] * 12, 12)
    assert session.most <= in_flight
    assert shared.account.calls == 12


def test_threads_share_one_session_that_keeps_no_cookies() -> None:
    shared = client(4)
    sessions = side_by_side([shared._open_session] * 8, 8)
    assert len({id(session) for session in sessions}) == 1
    assert sessions[0].cookies._policy.allowed_domains() == ()
    shared.close()


def test_what_is_waited_at_once_is_counted_once() -> None:
    clock = FakeClock()
    patient = Waiter(clock)
    standing = clock.now()
    clock.now = lambda: standing  # type: ignore[method-assign]
    patient.pause_to_retry(10)
    patient.pause_to_retry(10)
    patient.pause_to_retry(12)
    assert patient.waited_to_retry == 12
    clock.now = lambda: standing + 30  # type: ignore[method-assign]
    patient.pause_to_retry(5)
    assert patient.waited_to_retry == 17
