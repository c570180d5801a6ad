# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that hang on Hostwinds servers: one entry each.

Each is imported in a function, since a task compiles whatever it imports and needs one of them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .driver import HostwindsDriver
    from .firewalls import Profiles


def firewall(driver: HostwindsDriver) -> Profiles:
    from .firewalls import Profiles

    return Profiles(driver)


VERBS = {"firewall": firewall}
