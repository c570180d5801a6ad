# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has firewalls: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.firewalls import FirewallVerbs


def _hostwinds(driver: t.Any) -> FirewallVerbs[t.Any]:
    from .._providers.hostwinds.firewalls import Profiles

    return Profiles(driver)


def _civo(driver: t.Any) -> FirewallVerbs[t.Any]:
    from .._providers.civo.firewalls import CivoFirewalls

    return CivoFirewalls(driver, driver.civo)


def _gcore(driver: t.Any) -> FirewallVerbs[t.Any]:
    from .._providers.gcore.firewalls import SecurityGroups

    return SecurityGroups(driver)


_MAKERS = {"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore}


def firewall(driver: Driver) -> FirewallVerbs[t.Any]:
    """The verbs of firewalls.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("firewall", _MAKERS)
