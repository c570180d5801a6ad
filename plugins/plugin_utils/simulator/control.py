# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API: time, faults, accounts and the log over HTTP, on a loopback port of its own."""

from __future__ import annotations

import typing as t

from . import fault_script, storage
from .base import Call, Request, Response, Route
from .faults import KINDS
from .nameserver import FAULTS as DNS_FAULTS
from .server import HttpServer, Reply
from .world import Simulator


class Control:
    """JSON over HTTP for whoever rehearses or tests from outside the process.

    Errors are C({"message": ...}) with 400 (what was asked makes no sense) or 404 (there is no such thing).
    """

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        """Bind the port.

        Raises:
            OSError: the port is taken.
        """
        self.server = HttpServer(self.answer, port, simulator.clock.now)
        self._simulator = simulator
        self._routes = (
            Route("health", "GET", "/health", self._health),
            Route("state", "GET", "/state", self._state),
            Route("log", "GET", "/log", self._log),
            Route("reset", "POST", "/reset", self._reset),
            Route("faults", "GET", "/faults", self._known_faults),
            Route("faults.add", "POST", "/faults", self._add_fault),
            Route("faults.play", "PUT", "/faults", self._play_faults),
            Route("faults.clear", "DELETE", "/faults", self._clear_faults),
            Route("clock", "POST", "/clock", self._clock),
            Route("latency", "POST", "/latency", self._latency),
            Route("settings", "POST", "/settings", self._settings),
            Route("dns", "GET", "/dns", self._dns),
            Route("dns.settings", "POST", "/dns", self._dns_settings),
            Route("dns.faults.add", "POST", "/dns/faults", self._add_dns_fault),
            Route("save", "POST", "/save", self._save),
            Route("load", "POST", "/load", self._load),
            Route("stop", "POST", "/stop", self._stop),
            Route("provider", "GET", "/providers/{name}", self._provider),
            Route("instances.seed", "POST", "/providers/{name}/instances", self._seed),
            Route("instances.vanish", "DELETE", "/providers/{name}/instances/{id}", self._vanish),
            Route("instances.patch", "PATCH", "/providers/{name}/instances/{id}", self._patch),
        )

    def answer(self, request: Request, _connection: int) -> Reply:
        """Carry out one request."""
        if "origin" in request.headers:  # a web page in the user's browser has no business here
            return Reply(Response(403, {"message": "not for browsers"}))
        for route in self._routes:
            params = route.match(request)
            if params is not None:
                return Reply(_guarded(route, Call(route.operation, request, params)))
        return Reply(Response(404, {"message": "unknown path", "paths": [f"{route.method} {route.pattern}" for route in self._routes]}))

    def _health(self, _call: Call) -> Response:
        return Response(body={"healthy": not self._simulator.errors, "errors": self._simulator.errors})

    def _state(self, _call: Call) -> Response:
        simulator = self._simulator
        return Response(
            body={
                "clock": {"now": simulator.clock.now(), "virtual": simulator.clock.virtual},
                "latency": simulator.latency * 1000,
                "environment": simulator.environment(),
                "providers": {name: simulator.summary(name) for name in simulator.desks},
            }
        )

    def _provider(self, call: Call) -> Response:
        name = call.params["name"]
        summary = self._simulator.summary(name)
        provider = self._simulator[name]
        with provider.lock:
            return Response(body={**summary, "instances": list(provider.instances())})

    def _log(self, call: Call) -> Response:
        since = call.request.query_value("since", "0") or "0"
        return Response(body={"entries": self._simulator.log(call.request.query_value("provider"), int(since))})

    def _reset(self, _call: Call) -> Response:
        self._simulator.reset()
        return Response(body={})

    def _known_faults(self, _call: Call) -> Response:
        general = {name: kind.summary for name, kind in KINDS.items()}
        own = {name: dict(desk.provider.faults) for name, desk in self._simulator.desks.items()}
        return Response(body={"general": general, "providers": own, "dns": dict(DNS_FAULTS)})

    def _add_fault(self, call: Call) -> Response:
        options = _body(call)
        provider, operation, kind = (options.pop(name) for name in ("provider", "operation", "kind"))
        self._simulator.fault(provider, operation, kind, **options)
        return Response(201, self._simulator.summary(provider)["faults"])

    def _play_faults(self, call: Call) -> Response:
        fault_script.play(self._simulator, _body(call)["faults"])
        return Response(body={})

    def _clear_faults(self, _call: Call) -> Response:
        self._simulator.clear_faults()
        return Response(body={})

    def _clock(self, call: Call) -> Response:
        asked, clock = _body(call), self._simulator.clock
        if asked.get("virtual") is True:
            clock.freeze(asked.get("start"))
        elif asked.get("virtual") is False:
            clock.run()
        clock.advance(_not_negative(asked, "advance", 0.0))
        return Response(body={"now": clock.now(), "virtual": clock.virtual})

    def _latency(self, call: Call) -> Response:
        self._simulator.latency = _not_negative(_body(call), "latency") / 1000
        return Response(body={"latency": self._simulator.latency * 1000})

    def _settings(self, call: Call) -> Response:
        values = _body(call)
        return Response(body=self._simulator.settings(values.pop("provider"), **values))

    def _dns(self, _call: Call) -> Response:
        return Response(body=self._simulator.dns.describe())

    def _dns_settings(self, call: Call) -> Response:
        return Response(body=self._simulator.dns.settings(**_body(call)))

    def _add_dns_fault(self, call: Call) -> Response:
        options = _body(call)
        self._simulator.dns.fault(options.pop("kind"), options.pop("queries", "*"), **options)
        return Response(201, self._simulator.dns.describe()["faults"])

    def _save(self, call: Call) -> Response:
        storage.save(self._simulator, _body(call)["path"])
        return Response(body={})

    def _load(self, call: Call) -> Response:
        storage.load(self._simulator, _body(call)["path"])
        return Response(body={})

    def _stop(self, _call: Call) -> Response:
        self._simulator.stop_requested.set()
        return Response(body={})

    def _seed(self, call: Call) -> Response:
        asked = _body(call)
        provider = self._simulator[call.params["name"]]
        with provider.lock:
            return Response(201, {"ids": provider.seed_instances(int(asked.get("count", 1)), **asked.get("fields", {}))})

    def _vanish(self, call: Call) -> Response:
        provider = self._simulator[call.params["name"]]
        with provider.lock:
            provider.vanish(call.params["id"])
        return Response(204)

    def _patch(self, call: Call) -> Response:
        provider = self._simulator[call.params["name"]]
        with provider.lock:
            provider.patch(call.params["id"], _body(call))
        return Response(204)


def _guarded(route: Route, call: Call) -> Response:
    try:
        return route.handler(call)
    except KeyError as error:
        if "/providers/" in route.pattern:
            return Response(404, {"message": f"there is no {error.args[0]}"})
        return Response(400, {"message": f"missing or unknown: {error.args[0]}"})
    except (TypeError, ValueError, OSError) as error:
        return Response(400, {"message": str(error)})


def _body(call: Call) -> dict[str, t.Any]:
    data = call.request.json() if call.request.body else {}
    if not isinstance(data, dict):
        raise ValueError("the body is a JSON object")
    return data


def _not_negative(values: t.Mapping[str, t.Any], name: str, default: float | None = None) -> float:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ValueError(f"{name} is a number, 0 or more")
    return float(value)
