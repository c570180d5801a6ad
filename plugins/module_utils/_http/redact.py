# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redaction: no secret in anything that is shown."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

MASK = "********"
SHORTEST = 4  # masking shorter strings would only make messages unreadable
SHORTEST_LINE = 8  # the same for single lines of user data, which a provider may quote alone


class Redactor:
    """Replaces known secrets, in every spelling they travel in, by a mask."""

    def __init__(self, secrets: t.Iterable[str | None] = ()) -> None:
        self._spellings: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Learn one more secret, and each of its lines; empty and very short ones are left out."""
        if not secret or len(secret) < SHORTEST:
            return
        lines = [line.strip() for line in secret.splitlines()]
        for line in lines if len(lines) > 1 else ():
            self.add(line if len(line) >= SHORTEST_LINE else None)
        spellings = {
            secret,
            urllib.parse.quote(secret),
            urllib.parse.quote(secret, safe=""),
            urllib.parse.quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            base64.b64encode(secret.encode("utf-8")).decode("ascii"),
        }
        self._spellings = sorted({*self._spellings, *spellings}, key=len, reverse=True)

    def text(self, value: str) -> str:
        """The text without any known secret."""
        for spelling in self._spellings:
            value = value.replace(spelling, MASK)
        return value

    def data(self, value: t.Any) -> t.Any:
        """The same for nested JSON data, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(key): self.data(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(item) for item in value]
        return value
