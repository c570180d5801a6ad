# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The desk in front of a provider: every request passes latency, rate limit, faults and the log before and after it."""

from __future__ import annotations

import collections
import logging
import math
import time
import traceback
import typing as t
from dataclasses import replace

from .base import Call, Provider, Request, Response, Route
from .faults import KINDS, Fault, FaultPlan
from .log import RequestLog, redacted_body, redacted_target
from .server import HttpServer, Reply

LOGGER = logging.getLogger(__name__)
REMEMBERED_ANSWERS = 2_000
NO_OPERATION = "unknown"


class RateGauge:
    """Requests in a sliding window of one real second: the most there ever were, and a limit if one is set."""

    def __init__(self) -> None:
        self.limit: float | None = None
        self.peak = 0
        self._all: collections.deque[float] = collections.deque()
        self._admitted: collections.deque[float] = collections.deque()

    def admit(self) -> float | None:
        """Count a request; the seconds to wait when it exceeds the limit, else None."""
        now = time.monotonic()
        self._all.append(now)
        _forget(self._all, now)
        self.peak = max(self.peak, len(self._all))
        _forget(self._admitted, now)
        if self.limit is not None and len(self._admitted) >= self.limit:
            return max(1.0, math.ceil(self._admitted[0] + 1 - now)) if self._admitted else 1.0
        self._admitted.append(now)
        return None


def _forget(times: collections.deque[float], now: float) -> None:
    while times and times[0] <= now - 1:
        times.popleft()


class Desk:
    """One provider on its port."""

    def __init__(self, provider: Provider, log: RequestLog, errors: list[str], latency: t.Callable[[], float], port: int = 0) -> None:
        self.provider = provider
        self.faults = FaultPlan(provider)
        self.rate = RateGauge()
        self.server = HttpServer(self.answer, port, provider.clock.now)
        self._log = log
        self._errors = errors
        self._latency = latency
        self._answers: collections.OrderedDict[tuple[str, ...], Response] = collections.OrderedDict()

    @property
    def url(self) -> str:
        """What a user gives as C(api_url)."""
        return self.server.url + self.provider.mount

    def add_fault(self, operation: str, kind: str, nth: int, times: int, options: t.Mapping[str, t.Any]) -> None:
        """Plan a fault; see C(FaultPlan.add).

        Raises:
            ValueError: the fault makes no sense for this provider.
        """
        with self.provider.lock:
            fault = self.faults.add(operation, kind, nth, times, options)
            if (operation, kind, nth) == ("*", "refuse", 1):  # a closed door is noticed before any request
                self.faults.remove(fault)
                self.server.refuse(fault.options["seconds"])

    def clear_faults(self) -> None:
        """Forget planned faults and let clients in."""
        with self.provider.lock:
            self.faults.clear()
            self.server.refuse(0)

    def reset(self) -> None:
        """A fresh account without faults, rate limit or remembered answers."""
        with self.provider.lock:
            self.provider.reset()
            self.rate = RateGauge()
            self._answers.clear()
            self.clear_faults()

    def answer(self, request: Request, connection: int) -> Reply:
        """Take a request through everything that may happen to it."""
        self.server.sleep(self._latency())
        with self.provider.lock:
            wait = self.rate.admit()
            below, route, params = self._match(request)
            operation = route.operation if route else NO_OPERATION
            fault, own = self.faults.take(operation) if wait is None else (None, None)
        if fault and fault.kind == "latency":
            self.server.sleep(fault.options["seconds"])
        with self.provider.lock:
            call = Call(operation, below or request, params, own.kind if own else None, own.options if own else {})
            visit = _Visit(self, request, call, route, below is not None)
            try:
                reply = visit.limited(wait) if wait is not None else visit.pass_through(fault)
            except Exception as error:  # pylint: disable=broad-exception-caught
                reply = Reply(self._broken(operation, error))
            self._log.add(
                {
                    "time": self.provider.clock.now(),
                    "provider": self.provider.name,
                    "connection": connection,
                    "operation": operation,
                    "method": request.method,
                    "path": redacted_target(request),
                    "body": redacted_body(request),
                    "mutates": bool(route and route.mutates),
                    "effect": visit.effect,
                    "fault": "+".join(struck.kind for struck in (own, fault) if struck) or None,
                    "status": reply.response.status if reply.response and reply.ending in ("keep", "close", "cut") else None,
                }
            )
        return reply

    def remembered(self, call: Call) -> Response | None:
        """The last good answer to the same request."""
        return self._answers.get(_identity(call))

    def remember(self, call: Call, response: Response) -> None:
        """Keep a good answer for the fault C(stale)."""
        if 200 <= response.status < 300:
            key = _identity(call)
            self._answers[key] = response
            self._answers.move_to_end(key)
            if len(self._answers) > REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)

    def _broken(self, operation: str, error: Exception) -> Response:
        """Note an error of the simulator itself. Its message is left out: it may quote the request and with it a secret."""
        self._errors.append(f"{self.provider.name} {operation}: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
        LOGGER.error("simulator error in %s", self._errors[-1])
        return Response(500, {"message": "error in the simulator itself"})

    def _match(self, request: Request) -> tuple[Request | None, Route | None, t.Mapping[str, str]]:
        """The request below the mount (None: elsewhere) and its route. Matching comes first for the log's sake alone."""
        mount = self.provider.mount
        if mount and request.path != mount and not request.path.startswith(mount + "/"):
            return None, None, {}
        below = replace(request, path=request.path[len(mount) :])
        try:
            route, params = self.provider.match(below) or (None, {})
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._broken("match", error)
            return below, None, {}
        return below, route, params


def _identity(call: Call) -> tuple[str, ...]:
    request = call.request
    return (call.operation, request.path, repr(sorted(request.query.items())), request.body.decode("latin-1"))


class _Visit:
    """One request at the desk, under the provider's lock."""

    def __init__(self, desk: Desk, request: Request, call: Call, route: Route | None, mounted: bool) -> None:
        self.effect = False
        self._desk = desk
        self._provider = desk.provider
        self._request = request
        self._call = call
        self._route = route
        self._mounted = mounted

    def limited(self, wait: float) -> Reply:
        """The answer to one request too many."""
        return Reply(_frozen(self._provider.rate_limited(wait)))

    def pass_through(self, fault: Fault | None) -> Reply:
        """The provider's answer as the fault leaves it."""
        if fault is None:
            return Reply(self._carry_out())
        kind, options = KINDS[fault.kind], fault.options
        if fault.kind == "stale":
            return Reply(self._desk.remembered(self._call) or self._carry_out())
        if fault.kind == "rate_limit":
            return Reply(_frozen(self._provider.rate_limited(options["retry_after"])))
        answer = self._carry_out() if kind.effect else None
        if fault.kind in ("refuse", "refuse_after"):
            self._desk.server.refuse(options["seconds"])
        if kind.alter:
            answer = _frozen(kind.alter(options, answer))
        return Reply(answer, kind.ending, options.get("seconds", 0.0))

    def _carry_out(self) -> Response:
        call = self._call
        self._provider.advance()
        if not self._mounted:
            return _frozen(self._provider.unknown(self._request))
        # Before anything is looked up, so that a stranger does not learn which ids exist (HA-3).
        refusal = self._provider.unauthorised(call.request)
        if refusal is not None:
            return _frozen(refusal)
        if self._route is None:
            return _frozen(self._provider.unknown(call.request))
        self.effect = True
        response = _frozen(self._route.handler(call))
        if not self._route.mutates:
            self._desk.remember(call, response)
        return response


def _frozen(response: Response) -> Response:
    """The response with its body turned into bytes while the provider's state cannot change."""
    return replace(response, raw=response.encode(), body=None)
