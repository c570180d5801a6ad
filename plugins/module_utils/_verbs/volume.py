# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has volumes: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _civo(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.civo.volumes import CivoVolumes

    return CivoVolumes(driver)


def _gcore(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.gcore.volumes import GcoreVolumes

    return GcoreVolumes(driver)


_MAKERS = {"civo": _civo, "gcore": _gcore}


def volume(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of volumes.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("volume", _MAKERS)
