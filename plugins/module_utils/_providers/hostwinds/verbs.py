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


VERBS = {"firewall": firewall, "address": address, "smtp_filter": smtp_filter}
