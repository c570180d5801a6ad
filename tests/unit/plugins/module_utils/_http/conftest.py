# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client in front of a scripted server."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import RejectedError, TransientError, VpsError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Backoff, Call, Client, Response, Transport, unreadable
from ansible_collections.polyhost.cloud.plugins.module_utils._http.rate import RateLimit
from ansible_collections.polyhost.cloud.plugins.module_utils._http.redact import Redactor
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock

TOKEN = "token-marker-1"


def authorise(arguments: t.MutableMapping[str, t.Any]) -> None:
    arguments["headers"]["Authorization"] = f"Bearer {TOKEN}"


def classify(call: Call, response: Response) -> VpsError | None:
    if response.status >= 500:
        return TransientError(f"HTTP {response.status}")
    if response.status >= 400:
        return RejectedError(f"HTTP {response.status}")
    return None if response.parsed else unreadable("Fake", call, response)


class Bench:
    """Makes clients; all share one clock."""

    def __init__(self, folder: t.Any) -> None:
        self.clock = FakeClock()
        self.waiter = Waiter(self.clock)
        self._path = str(folder / "rate")
        self.made: list[Client] = []

    def client(self, url: str, *, read_only: bool = False, rate: float = 0.0, backoff: Backoff | None = None, **transport: t.Any) -> Client:
        """A client for a base URL."""
        client = Client(
            provider="Fake",
            base_url=url,
            authorise=transport.pop("authorise", authorise),
            classify=classify,
            transport=Transport(**{"request_timeout": 5.0, **transport}),
            rate_limit=RateLimit(self._path, rate, self.waiter),
            waiter=self.waiter,
            redactor=Redactor([TOKEN]),
            read_only=read_only,
            backoff=backoff or Backoff(),
        )
        self.made.append(client)
        return client


@pytest.fixture
def bench(tmp_path: t.Any) -> t.Iterator[Bench]:
    """Makes clients and closes them."""
    bench = Bench(tmp_path)
    yield bench
    for client in bench.made:
        client.close()
