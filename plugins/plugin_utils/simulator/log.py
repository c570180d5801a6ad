# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of requests: who was asked for what, without secrets."""

from __future__ import annotations

import collections
import itertools
import re
import threading
import typing as t
import urllib.parse

from .base import Request

KEPT_ENTRIES = 200_000
HIDDEN = "***"

# "description" and "subscription" are no scripts, "passed" is no password.
_SECRET = re.compile(r"pass(?!ed)|pwd|token|secret|user_?data|cloud.?init|(?<!de)(?<!sub)script|private_key|authorization|^api(_?key)?$")

Entry = dict[str, t.Any]


def redact(value: t.Any) -> t.Any:
    """A copy of JSON-like data in which whatever stands under a secret's name is hidden."""
    if isinstance(value, dict):
        return {key: HIDDEN if _is_secret(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


def _is_secret(key: str) -> bool:
    return bool(_SECRET.search(key.lower()))


def redacted_target(request: Request) -> str:
    """Path and query of a request, without the values of secret query fields."""
    query = urllib.parse.urlencode(redact(dict(request.query)), doseq=True, safe="*")
    return f"{request.path}?{query}" if query else request.path


def redacted_body(request: Request) -> t.Any:
    """The body as data without secrets: JSON, or form fields with single values unpacked; None when empty."""
    if not request.body:
        return None
    if "form-urlencoded" in request.headers.get("content-type", ""):
        return redact({key: values[0] if len(values) == 1 else values for key, values in request.form().items()})
    try:
        data = request.json()
    except ValueError:
        return f"{len(request.body)} bytes that are no JSON"
    return redact(data) if isinstance(data, (dict, list)) else HIDDEN


class RequestLog:
    """What the providers of one simulator were asked, in order.

    An entry holds C(seq), C(time), C(provider), C(connection), C(operation) (C(unknown) when none matches), C(method),
    C(path), C(body), C(mutates) (the operation is a write), C(effect) (the provider carried the request out), C(fault)
    and C(status) (None when no answer was sent).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: collections.deque[Entry] = collections.deque(maxlen=KEPT_ENTRIES)
        self._calls: collections.Counter[str] = collections.Counter()
        self._writes: collections.Counter[str] = collections.Counter()

    def add(self, entry: Entry) -> None:
        """Append an entry and number it."""
        with self._lock:
            self._entries.append({"seq": next(self._numbers), **entry})
            self._calls[entry["provider"]] += 1
            self._writes[entry["provider"]] += entry["mutates"]

    def entries(self, provider: str | None = None, since: int = 0) -> list[Entry]:
        """The entries after number C(since), of one provider or of all."""
        with self._lock:
            return [entry for entry in self._entries if entry["seq"] > since and provider in (None, entry["provider"])]

    def counters(self, provider: str) -> dict[str, int]:
        """How many calls and how many writes a provider has seen."""
        with self._lock:
            return {"calls": self._calls[provider], "writes": self._writes[provider]}

    def clear(self) -> None:
        """Forget entries and counters; numbers go on."""
        with self._lock:
            self._entries.clear()
            self._calls.clear()
            self._writes.clear()
