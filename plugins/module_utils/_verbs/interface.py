# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has network interfaces: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _gcore(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.gcore.interfaces import Interfaces

    return Interfaces(driver)


_MAKERS = {"gcore": _gcore}


def interface(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of network interfaces.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("interface", _MAKERS)
