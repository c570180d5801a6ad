# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has details of servers: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.details import DetailVerbs


def _hostwinds(driver: t.Any) -> DetailVerbs[t.Any]:
    from .._providers.hostwinds.details import HostwindsDetails

    return HostwindsDetails(driver)


def _civo(driver: t.Any) -> DetailVerbs[t.Any]:
    from .._providers.civo.details import CivoDetails

    return CivoDetails(driver)


def _gcore(driver: t.Any) -> DetailVerbs[t.Any]:
    from .._providers.gcore.details import GcoreDetails

    return GcoreDetails(driver)


def _hosterapi(driver: t.Any) -> DetailVerbs[t.Any]:
    from .._providers.hosterapi.details import HosterapiDetails

    return HosterapiDetails(driver)


_MAKERS = {"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore, "hosterapi": _hosterapi}


def instance_info(driver: Driver) -> DetailVerbs[t.Any]:
    """The verbs of details of servers.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("instance_info", _MAKERS)
