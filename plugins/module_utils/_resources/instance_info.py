# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading instances: by name, by id, by tags and status. Nothing found is an empty list."""

from __future__ import annotations

import typing as t

from .._core.model import Instance
from .._providers.base import Driver


def select(
    driver: Driver,
    *,
    name: str | None,
    instance_id: str | None,
    tags: t.Mapping[str, str],
    statuses: t.Collection[str],
    read: t.Collection[str],
) -> list[Instance]:
    """The instances that fit all filters, sorted by name, region and id.

    Args:
        tags: all of them must be there with these values.
        statuses: any of them; empty means all.
        read: fields to fill in that cost a call of their own for each instance.

    Raises:
        VpsError: any read failed; the list is complete or there is none.
    """
    fitting = [
        each
        for each in _candidates(driver, name, instance_id)
        if (not name or each.name == name)
        and (not statuses or each.status in statuses)
        and all(key in each.tags and each.tags[key] == str(value) for key, value in tags.items())
    ]
    fitting.sort(key=lambda each: (each.name or "", each.region or "", each.id or ""))
    return [driver.read(each, frozenset(read)) for each in fitting] if read else fitting


def _candidates(driver: Driver, name: str | None, instance_id: str | None) -> t.Sequence[Instance]:
    if instance_id:
        found = driver.get(instance_id)
        return [found] if found else []
    if name:
        return driver.find(name).matches
    return driver.list_all()
