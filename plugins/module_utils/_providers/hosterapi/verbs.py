# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that hang on HosterAPI servers: one entry each.

Each is imported in a function, since a task compiles whatever it imports and needs one of them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .backups import HosterapiBackups
    from .consoles import HosterapiConsoles
    from .dedicated import HosterapiDedicated
    from .details import HosterapiDetails
    from .driver import HosterapiDriver
    from .figures import HosterapiMetrics
    from .software import HosterapiSoftware


def backup(driver: HosterapiDriver) -> HosterapiBackups:
    from .backups import HosterapiBackups

    return HosterapiBackups(driver)


def dedicated(driver: HosterapiDriver) -> HosterapiDedicated:
    from .dedicated import HosterapiDedicated

    return HosterapiDedicated(driver)


def console(driver: HosterapiDriver) -> HosterapiConsoles:
    from .consoles import HosterapiConsoles

    return HosterapiConsoles(driver)


def metrics(driver: HosterapiDriver) -> HosterapiMetrics:
    from .figures import HosterapiMetrics

    return HosterapiMetrics(driver)


def instance_info(driver: HosterapiDriver) -> HosterapiDetails:
    from .details import HosterapiDetails

    return HosterapiDetails(driver)


def software(driver: HosterapiDriver) -> HosterapiSoftware:
    from .software import HosterapiSoftware

    return HosterapiSoftware(driver)


VERBS = {
    "backup": backup,
    "dedicated": dedicated,
    "software": software,
    "console": console,
    "metrics": metrics,
    "instance_info": instance_info,
}
