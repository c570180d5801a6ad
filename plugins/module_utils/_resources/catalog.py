# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: images, sizes, regions, networks, ssh keys, firewalls."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver


def read(driver: Driver, lists: t.Iterable[str]) -> tuple[dict[str, list[dict[str, t.Any]]], dict[str, bool]]:
    """The wanted lists, and which of them the provider has; a list that does not exist is empty."""
    wanted = list(dict.fromkeys(lists))
    supported = {kind: kind in driver.PROFILE.capabilities.catalog for kind in wanted}
    return {kind: driver.catalog(kind) if supported[kind] else [] for kind in wanted}, supported
