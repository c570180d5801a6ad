# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task whose HTTP session is a script: for tests of a driver at the wire."""

from __future__ import annotations

import abc
import contextlib
import json
import typing as t

import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Outcome
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock, Deadline, Operation, Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Authorise, Backoff, Classify, Client, Transport
from ansible_collections.polyhost.cloud.plugins.module_utils._http.rate import RateLimit
from ansible_collections.polyhost.cloud.plugins.module_utils._http.redact import Redactor
from ansible_collections.polyhost.cloud.plugins.module_utils._journal import Journal
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Connection, Profile

Answer = t.Any  # a body, (status, body or text), or an exception
Entry = t.TypeVar("Entry")


class Fast(Clock):
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        """Monotonic seconds."""
        return self.time

    def epoch(self) -> float:
        """The same: no test here needs a date."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Pass time."""
        self.time += max(0.0, seconds)


class Request(t.NamedTuple):
    """A request as the client handed it to its session; C(arguments) are those of C(requests)."""

    method: str
    url: str
    arguments: dict[str, t.Any]

    @property
    def body(self) -> t.Any:
        """What the body says as JSON; None without one."""
        body = self.arguments.get("data")
        return json.loads(body) if body else None


class Session(abc.ABC, t.Generic[Entry]):
    """A session that answers from a script and remembers what was sent; the last answer of a call is repeated.

    C(requests) holds what was sent as it was, C(sent) the same as the provider's tests look at it.
    """

    HEADERS: t.ClassVar[t.Mapping[str, str]] = {}  # of every answer

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[Request] = []
        self.sent: list[Entry] = []

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of every request."""
        return [request.arguments["headers"] for request in self.requests]

    @abc.abstractmethod
    def read(self, request: Request) -> tuple[str, Entry]:
        """The name of the call that C(on) knows, and what to remember in C(sent)."""

    def enveloped(self, call: str, answer: Answer) -> t.Any:
        """The body of a successful answer that came without a status."""
        return answer

    def on(self, call: str, *answers: Answer) -> None:
        """What a call gets, one answer after the other."""
        self.answers[call] = list(answers)

    def request(self, method: str, url: str, **arguments: t.Any) -> requests.Response:
        """The one method of a real session that the client uses for a call."""
        request = Request(method, url, arguments)
        call, entry = self.read(request)
        self.requests.append(request)
        self.sent.append(entry)
        assert call in self.answers, f"not expected: {entry}"
        answers = self.answers[call]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, content = answer if isinstance(answer, tuple) else (200, self.enveloped(call, answer))
        response = requests.Response()
        response.status_code = status
        response._content = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        response.headers.update(self.HEADERS)
        return response

    def close(self) -> None:
        """Nothing to close."""


Script = t.TypeVar("Script", bound=Session[t.Any])


class Context(t.Generic[Script]):
    """A task with a scripted provider and a clock that does not wait; C(wait_timeout) is in seconds, C(secrets) are redacted besides the token."""

    max_retry_wait = 120.0
    ledger: Ledger | None = None

    def __init__(
        self, profile: Profile, connection: Connection, script: Script, *, wait_timeout: float, check_mode: bool = False, secrets: t.Sequence[str] = ()
    ) -> None:
        self.profile = profile
        self.connection = connection
        self.script = script
        self.clock = Fast()
        self.waiter = Waiter(self.clock, jitter=lambda: 0.5)
        self.deadline = Deadline(self.clock, wait_timeout)
        self.check_mode = check_mode
        self.journal = Journal("", (profile.name,), self.waiter, read_only=True)  # it forgets every note
        self.redactor = Redactor([connection.token, *secrets])
        self.warnings: list[str] = []

    def client(self, authorise: Authorise, classify: Classify, backoff: Backoff) -> Client:
        """A client that talks to the script, without a rate limit."""
        client = Client(
            provider=self.profile.title,
            base_url=self.connection.url,
            authorise=authorise,
            classify=classify,
            transport=Transport(),
            rate_limit=RateLimit("", 0, self.waiter),
            waiter=self.waiter,
            redactor=self.redactor,
            read_only=self.check_mode,
            backoff=backoff,
        )
        client._session = t.cast(t.Any, self.script)
        return client

    def provider_time(self) -> float:
        """No provider of a script has a clock of its own."""
        return self.clock.epoch()

    def crowded(self) -> bool:
        """Nobody else is under way."""
        return False

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """Nobody else waits."""
        return contextlib.nullcontext()

    def warn(self, message: str) -> None:
        """Remember it."""
        self.warnings.append(message)

    def wait(self, operation: Operation | None) -> Outcome:
        """Poll until the operation ends."""
        assert operation is not None
        return self.waiter.wait(operation, self.deadline)
