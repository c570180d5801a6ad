# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: what can go wrong with a call, when it does, and how it looks on the wire."""

from __future__ import annotations

import fnmatch
import http
import itertools
import json
import re
import typing as t
from dataclasses import dataclass, field

from .base import Provider, Response
from .server import Ending

HOLD_SECONDS = 3600.0
REFUSE_SECONDS = 1.0

Options = t.Mapping[str, t.Any]
Alter = t.Callable[[Options, "Response | None"], Response]


@dataclass(frozen=True)
class Kind:
    """One way to fail.

    C(effect) tells whether the provider carries the request out; C(options) names the settings with their defaults;
    C(alter) makes the answer out of the settings and the provider's own answer (None without the effect).
    """

    summary: str
    effect: bool
    ending: Ending = "keep"
    options: t.Mapping[str, t.Any] = field(default_factory=dict)
    alter: Alter | None = None


def _error(options: Options, _answer: Response | None) -> Response:
    status, body = options["status"], options["body"]
    title = f"{status} {_phrase(status)}"
    if body == "html":
        return _page(status, title)
    if body == "empty":
        return Response(status, raw=b"")
    return Response(status, {"message": title} if body == "json" else body)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown Error"


def _page(status: int, title: str) -> Response:
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"
    return Response(status, raw=page.encode(), content_type="text/html")


def _html(_options: Options, _answer: Response | None) -> Response:
    return _page(200, "Just a moment...")


def _redirect(options: Options, _answer: Response | None) -> Response:
    return Response(302, raw=b"", headers={"Location": options["location"]})


def _truncated(_options: Options, answer: Response | None) -> Response:
    body = answer.encode() if answer else b""
    return Response(answer.status if answer else 200, raw=body[: len(body) // 2])


def _empty(_options: Options, _answer: Response | None) -> Response:
    return Response(200, raw=b"")


def _not_json(_options: Options, _answer: Response | None) -> Response:
    return Response(200, raw=b"Internal error, please try again later.")


def _wrong_types(_options: Options, answer: Response | None) -> Response:
    return _rewrite(answer, _swap_types)


def _wrong_shape(_options: Options, answer: Response | None) -> Response:
    return _rewrite(answer, _swap_shape)


def _rewrite(answer: Response | None, change: t.Callable[[t.Any], t.Any]) -> Response:
    body = answer.encode() if answer else b""
    return Response(answer.status if answer else 200, change(json.loads(body) if body else None))


def _swap_types(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _swap_types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_swap_types(item) for item in value]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    return value


def _swap_shape(value: t.Any) -> t.Any:
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    return [value]


_STATUS = {"status": 502, "body": "json"}

KINDS: t.Final[t.Mapping[str, Kind]] = {
    "refuse": Kind(
        "new connections are refused for `seconds`; the call that triggers it is reset. On operation * and the next call: at once",
        effect=False,
        ending="reset",
        options={"seconds": REFUSE_SECONDS},
    ),
    "refuse_after": Kind("the call is answered and its connection closed, then new ones are refused for `seconds`", True, "close", {"seconds": REFUSE_SECONDS}),
    "reset_before": Kind("connection reset, nothing was done", False, "reset"),
    "reset_after": Kind("connection reset, the request was carried out", True, "reset"),
    "timeout_before": Kind("no answer for `seconds`, nothing was done", False, "hold", {"seconds": HOLD_SECONDS}),
    "timeout_after": Kind("no answer for `seconds`, the request was carried out", True, "hold", {"seconds": HOLD_SECONDS}),
    "status": Kind("an error `status` with a json, html, empty or given `body`, nothing was done", False, options=_STATUS, alter=_error),
    "status_after": Kind("the same, but the request was carried out", True, options=_STATUS, alter=_error),
    "rate_limit": Kind("the provider's own 429, with Retry-After if `retry_after` is given; nothing was done", False, options={"retry_after": None}),
    "html": Kind("200 with a web page; the request was carried out", True, alter=_html),
    "truncated": Kind("half of the JSON as a complete answer; the request was carried out", True, alter=_truncated),
    "cut_off": Kind("the connection ends in the middle of the body; the request was carried out", True, "cut"),
    "empty": Kind("200 without a body; the request was carried out", True, alter=_empty),
    "not_json": Kind("200 with plain text; the request was carried out", True, alter=_not_json),
    "wrong_types": Kind("numbers as strings and the reverse, booleans as 0 and 1; the request was carried out", True, alter=_wrong_types),
    "wrong_shape": Kind("a list where an object is due and the reverse; the request was carried out", True, alter=_wrong_shape),
    "stale": Kind("the previous good answer to the same request, if there is one", False),
    "redirect": Kind("302 to `location`, nothing was done", False, options={"location": "/elsewhere"}, alter=_redirect),
    "latency": Kind("the request takes `seconds` longer", True, options={"seconds": 1.0}),
}


@dataclass
class Fault:
    """A fault that waits for its calls: it lets C(skip) calls pass, then strikes C(times) times (0: for ever)."""

    number: int
    operation: str
    kind: str
    skip: int
    times: int
    options: t.Mapping[str, t.Any]

    def describe(self) -> dict[str, t.Any]:
        """The fault for the control API; C(nth) counts from now."""
        return {"number": self.number, "operation": self.operation, "kind": self.kind, "nth": self.skip + 1, "times": self.times, **self.options}


class FaultQueue:
    """Faults in the order they were added, each waiting for the calls that its pattern fits."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []

    def plan(self, operation: str, kind: str, nth: int, times: int, options: Options) -> Fault:
        """Add a fault for the C(nth) next call that C(operation) fits and the following ones, C(times) in all (0: for ever).

        Raises:
            ValueError: a number makes no sense.
        """
        if not (isinstance(nth, int) and nth >= 1 and isinstance(times, int) and times >= 0):
            raise ValueError("nth is 1 or more, times is 0 (for ever) or more")
        fault = Fault(next(self._numbers), operation, kind, nth - 1, times, options)
        self._faults.append(fault)
        return fault

    def due(self, operation: str) -> list[Fault]:
        """Those that may strike this call, the oldest first; counts the call for all that let it pass."""
        fitting = [fault for fault in self._faults if fnmatch.fnmatchcase(operation, fault.operation)]
        due = [fault for fault in fitting if not fault.skip]
        for fault in fitting:
            fault.skip = max(0, fault.skip - 1)
        return due

    def use(self, fault: Fault) -> None:
        """Count a strike."""
        if fault.times == 1:
            self._faults.remove(fault)
        elif fault.times:
            fault.times -= 1

    def remove(self, fault: Fault) -> None:
        """Forget one fault."""
        self._faults.remove(fault)

    def clear(self) -> None:
        """Forget every fault."""
        self._faults.clear()

    def describe(self) -> list[dict[str, t.Any]]:
        """The faults still waiting."""
        return [fault.describe() for fault in self._faults]


class FaultPlan(FaultQueue):
    """The faults of one provider; used under the provider's lock."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    def add(self, operation: str, kind: str, nth: int = 1, times: int = 1, options: Options | None = None) -> Fault:
        """Plan a fault for the C(nth) next call of C(operation) (or a pattern such as C(*)) and the following ones, C(times) in all.

        Of several faults that fit a call the oldest strikes, the others wait for the next call; but one fault of the
        provider's own and one of C(KINDS) may strike together (two servers made and the answer lost).

        Raises:
            ValueError: the operation, the kind or an option is not known, or a number makes no sense.
        """
        known = {route.operation for route in self._provider.routes()}
        if operation != "*" and not fnmatch.filter(known, operation):
            raise ValueError(f"{self._provider.name} has no operation {operation}; it has {', '.join(sorted(known))}")
        return self.plan(operation, kind, nth, times, self._options(kind, options or {}))

    def take(self, operation: str) -> tuple[Fault | None, Fault | None]:
        """The general fault and the provider's own that strike this call; counts the call for all that wait for it."""
        due = self.due(operation)
        general = next((fault for fault in due if fault.kind in KINDS), None)
        own = next((fault for fault in due if fault.kind not in KINDS), None)
        if general and not KINDS[general.kind].effect:
            own = None  # its call is not carried out: it waits for one that is
        for fault in filter(None, (general, own)):
            self.use(fault)
        return general, own

    def _options(self, kind: str, given: Options) -> Options:
        if kind not in KINDS and kind in self._provider.faults:
            return dict(given)
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind}; {self._provider.name} knows {', '.join([*KINDS, *self._provider.faults])}")
        defaults = KINDS[kind].options
        unknown = set(given) - set(defaults)
        if unknown:
            raise ValueError(f"the fault {kind} has no option {', '.join(sorted(unknown))}")
        options = {**defaults, **given}
        for name in {"seconds", "status"} & set(options):
            if isinstance(options[name], bool) or not isinstance(options[name], (int, float)):
                raise ValueError(f"{name} of the fault {kind} is a number")
        return options
