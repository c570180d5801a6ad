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
    from .dedicated import HosterapiDedicated
    from .driver import HosterapiDriver


def backup(driver: HosterapiDriver) -> HosterapiBackups:
    from .backups import HosterapiBackups

    return HosterapiBackups(driver)


def dedicated(driver: HosterapiDriver) -> HosterapiDedicated:
    from .dedicated import HosterapiDedicated

    return HosterapiDedicated(driver)


VERBS = {"backup": backup, "dedicated": dedicated}
