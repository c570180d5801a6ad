# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The providers: one line each. Static imports, since a module carries only what they reach."""

from __future__ import annotations

import typing as t

from ._providers.base import Driver
from ._providers.civo.driver import CivoDriver
from ._providers.gcore.driver import GcoreDriver
from ._providers.hosterapi.driver import HosterapiDriver
from ._providers.hostwinds.driver import HostwindsDriver

DRIVERS: t.Final[dict[str, type[Driver]]] = {
    "hostwinds": HostwindsDriver,
    "civo": CivoDriver,
    "gcore": GcoreDriver,
    "hosterapi": HosterapiDriver,
}
