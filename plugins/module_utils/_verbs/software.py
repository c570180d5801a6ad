# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has software: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _hosterapi(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.hosterapi.software import HosterapiSoftware

    return HosterapiSoftware(driver)


_MAKERS = {"hosterapi": _hosterapi}


def software(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of software.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("software", _MAKERS)
