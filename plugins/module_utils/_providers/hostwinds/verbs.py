# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that hang on Hostwinds servers: one entry each.

Each is imported in a function, since a task compiles whatever it imports and needs one of them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .addresses import HostwindsAddresses
    from .details import HostwindsDetails, HostwindsSizes
    from .driver import HostwindsDriver
    from .firewalls import Profiles
    from .smtp_filters import HostwindsSmtpFilters


def firewall(driver: HostwindsDriver) -> Profiles:
    from .firewalls import Profiles

    return Profiles(driver)


def address(driver: HostwindsDriver) -> HostwindsAddresses:
    from .addresses import HostwindsAddresses

    return HostwindsAddresses(driver)


def smtp_filter(driver: HostwindsDriver) -> HostwindsSmtpFilters:
    from .smtp_filters import HostwindsSmtpFilters

    return HostwindsSmtpFilters(driver)


def instance_info(driver: HostwindsDriver) -> HostwindsDetails:
    from .details import HostwindsDetails

    return HostwindsDetails(driver)


def catalog_info(driver: HostwindsDriver) -> HostwindsSizes:
    from .details import HostwindsSizes

    return HostwindsSizes(driver)


VERBS = {
    "firewall": firewall,
    "address": address,
    "smtp_filter": smtp_filter,
    "instance_info": instance_info,
    "catalog_info": catalog_info,
}
