# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a simulated provider is made of: requests, responses, routes, the clock and the provider base class.

The server (C(server.py)) owns sockets, faults, the request log and the lock; a provider is plain state and handlers.
Every handler runs under the provider's lock, so handlers need no locking of their own.
"""

from __future__ import annotations

import abc
import json
import random
import re
import threading
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field


class Clock:
    """Seconds since the epoch: real by default, or virtual and moved by the control API."""

    def __init__(self, virtual_start: float | None = None) -> None:
        self._offset = 0.0
        self._frozen = virtual_start
        self._lock = threading.Lock()

    @property
    def virtual(self) -> bool:
        """Whether time stands still until somebody advances it."""
        return self._frozen is not None

    def now(self) -> float:
        """The simulated time in seconds since the epoch."""
        with self._lock:
            return self._frozen if self._frozen is not None else time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward by C(seconds), on a real clock too."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += seconds
            else:
                self._offset += seconds

    def freeze(self, start: float | None = None) -> None:
        """Stop time, at C(start) when given, else where it stands."""
        now = self.now() if start is None else start
        with self._lock:
            self._frozen = now

    def run(self) -> None:
        """Let a stopped clock go on from where it stands."""
        with self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - time.time()
                self._frozen = None


@dataclass(frozen=True)
class Request:
    """One HTTP request as a provider sees it; C(path) is decoded and lies below the provider's mount."""

    method: str
    path: str
    query: t.Mapping[str, list[str]]
    headers: t.Mapping[str, str]  # names in lower case
    body: bytes = b""

    def json(self) -> t.Any:
        """The body as JSON.

        Raises:
            ValueError: the body is no JSON.
        """
        return json.loads(self.body.decode("utf-8"))

    def form(self) -> dict[str, list[str]]:
        """The body as form fields, each a list in the order sent; empty fields are kept."""
        return urllib.parse.parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def query_value(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query field."""
        values = self.query.get(name)
        return values[-1] if values else default


@dataclass
class Response:
    """What goes back: C(body) is sent as JSON unless C(raw) is given."""

    status: int = 200
    body: t.Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def encode(self) -> bytes:
        """The bytes of the body; empty for a 204."""
        if self.raw is not None:
            return self.raw
        return b"" if self.status == 204 else json.dumps(self.body).encode("utf-8")


@dataclass(frozen=True)
class Call:
    """A request that was matched to an operation.

    C(fault) is the name of a provider-specific fault (for example C(task_fails)) that the control API asked for on
    this very call, else None; C(options) are that fault's own settings (any name but C(nth) and C(times), which say when it strikes).
    """

    operation: str
    request: Request
    params: t.Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None
    options: t.Mapping[str, t.Any] = field(default_factory=dict)


Handler = t.Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """One operation of a contract: how it is recognised and what it does to state and money."""

    operation: str
    method: str
    pattern: str  # "/v2/instances/{id}"; for one-URL APIs the provider overrides match()
    handler: Handler
    mutates: bool = False
    bills: bool = False

    def match(self, request: Request) -> dict[str, str] | None:
        """The path parameters when method and path fit, else None."""
        if request.method != self.method:
            return None
        found = _compile(self.pattern).fullmatch(request.path)
        return found.groupdict() if found else None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _compile(pattern: str) -> re.Pattern[str]:
    if pattern not in _PATTERNS:
        parts = re.split(r"\{(\w+)\}", pattern)
        _PATTERNS[pattern] = re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/]+)" for i, p in enumerate(parts)))
    return _PATTERNS[pattern]


class Provider(abc.ABC):
    """One simulated provider.

    Subclasses keep everything that must survive a save and load in C(self.state), a JSON-able dictionary with string
    keys, and everything a user may switch in C(self.settings). Identifiers come from C(self.new_id) or C(self.new_uuid),
    which are reproducible for a given seed and state.
    """

    name: t.ClassVar[str]
    default_token: t.ClassVar[str]
    mount: t.ClassVar[str]  # path prefix under which the client's api_url ends: "/api.php", "", "/cloud", "/api/v1"
    default_settings: t.ClassVar[dict[str, t.Any]] = {}
    faults: t.ClassVar[t.Mapping[str, str]] = {}  # provider-specific faults (Call.fault) -> what they do

    def __init__(self, clock: Clock, token: str | None = None) -> None:
        self.clock = clock
        self.token = token or self.default_token
        self.lock = threading.RLock()
        self.settings: dict[str, t.Any] = dict(self.default_settings)
        self.violations: list[dict[str, str]] = []
        self.state: dict[str, t.Any] = {}
        self.reset()

    # -- what a provider implements ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def initial_state(self) -> dict[str, t.Any]:
        """A fresh account: catalogue (images, sizes, regions, networks, keys, firewalls), no instances."""

    @abc.abstractmethod
    def routes(self) -> t.Sequence[Route]:
        """Every operation, in matching order."""

    @abc.abstractmethod
    def unauthorised(self, request: Request) -> Response | None:
        """The contract's answer to a missing or wrong token, or None when the request is let in."""

    @abc.abstractmethod
    def unknown(self, request: Request) -> Response:
        """The contract's answer to a path or action that does not exist."""

    @abc.abstractmethod
    def rate_limited(self, retry_after: float | None) -> Response:
        """The contract's 429."""

    @abc.abstractmethod
    def advance(self) -> None:
        """Carry out whatever is due at C(self.clock.now()); called under the lock before each request."""

    @abc.abstractmethod
    def instances(self) -> list[dict[str, t.Any]]:
        """The account's servers as C({id, name, region, status}) for control answers and assertions."""

    @abc.abstractmethod
    def seed_instances(self, count: int, **fields: t.Any) -> list[str]:
        """Make C(count) settled, running servers without any request; returns their ids."""

    @abc.abstractmethod
    def vanish(self, instance_id: str) -> None:
        """Remove a server at once, as if somebody had deleted it in the panel."""

    @abc.abstractmethod
    def patch(self, instance_id: str, fields: t.Mapping[str, t.Any]) -> None:
        """Change raw provider fields of a server behind the client's back (status, name, address, lock...)."""

    def written_name(self, address: str) -> str | None:
        """The reverse name that an address has here at present, None without one; for the DNS side."""
        return None

    # -- shared -----------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Back to a fresh account."""
        self.settings = dict(self.default_settings)
        self.violations = []
        self.state = {"next": 1, "money": {"orders": 0, "amount": 0.0}, "renamed": {}, **self.initial_state()}

    def match(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """The route of a request and its path parameters."""
        for route in self.routes():
            params = route.match(request)
            if params is not None:
                return route, params
        return None

    def new_id(self) -> int:
        """The next integer id of this account."""
        value = int(self.state["next"])
        self.state["next"] = value + 1
        return value

    def new_uuid(self) -> str:
        """A reproducible UUID."""
        rng = random.Random(f"{self.name}:{self.new_id()}")
        raw = f"{rng.getrandbits(128):032x}"
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"

    def renaming(self, address: str) -> None:
        """Remember the reverse name of an address that is about to get another one: DNS shows it for a while."""
        self.state["renamed"].setdefault(address, []).append([self.clock.now(), self.written_name(address)])

    def host_name(self, address: str, at: float) -> str | None:
        """The reverse name that an address had at a time, None without one."""
        before = (name for when, name in self.state["renamed"].get(address, []) if when > at)
        return next(before, self.written_name(address))

    def bill(self, amount: float) -> None:
        """Count an order and what it costs."""
        self.state["money"]["orders"] += 1
        self.state["money"]["amount"] = round(self.state["money"]["amount"] + amount, 4)

    def violation(self, rule: str, message: str) -> None:
        """Remember that a request broke a rule of the contract (C(rule) names the section); no secrets in C(message)."""
        self.violations.append({"rule": rule, "message": message})
