# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The question whether a planned server fits the quota (contract section 5.11, reading 23)."""

from __future__ import annotations

import typing as t

from ..._core.normalise import integer
from .api import CHECK_LIMITS, Api, Path, Row


class Exceeded(t.NamedTuple):
    """A quota that would not suffice, under the provider's name, and by how much."""

    quota: str
    missing: int
    limit: int | None
    used: int | None


def exceeded(api: Api, path: Path, body: Row, *, interfaces: bool = True) -> list[Exceeded]:
    """What would not suffice for the server of a create request, by name; nothing when it fits.

    Args:
        interfaces: whether those of the request can be asked about: what does not exist yet cannot.
    """
    names = ["names", "name_templates"]  # it still wants lists, even where create wants one
    question = {**{plural: [body[plural[:-1]]] for plural in names if body.get(plural[:-1])}, "flavor": body["flavor"], "volumes": body["volumes"]}
    if interfaces:
        question["interfaces"] = body["interfaces"]
    numbers = api.ask(CHECK_LIMITS, path, body=question)
    missing = {key[: -len("_requested")]: integer(value) or 0 for key, value in numbers.items() if key.endswith("_requested")}
    return [
        Exceeded(quota, amount, integer(numbers.get(f"{quota}_limit")), integer(numbers.get(f"{quota}_usage")))
        for quota, amount in sorted(missing.items())
        if amount > 0
    ]
