# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has addresses: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _hostwinds(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.hostwinds.addresses import HostwindsAddresses

    return HostwindsAddresses(driver)


def _civo(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.civo.ips import CivoAddresses

    return CivoAddresses(driver)


def _gcore(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.gcore.floating_ips import FloatingIps

    return FloatingIps(driver)


_MAKERS = {"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore}


def address(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of addresses.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("address", _MAKERS)
