# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has sizes that fit: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.details import SizesVerbs


def _hostwinds(driver: t.Any) -> SizesVerbs[t.Any]:
    from .._providers.hostwinds.details import HostwindsSizes

    return HostwindsSizes(driver)


def _civo(driver: t.Any) -> SizesVerbs[t.Any]:
    from .._providers.civo.details import CivoSizes

    return CivoSizes(driver)


def _gcore(driver: t.Any) -> SizesVerbs[t.Any]:
    from .._providers.gcore.details import GcoreSizes

    return GcoreSizes(driver)


_MAKERS = {"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore}


def catalog_info(driver: Driver) -> SizesVerbs[t.Any]:
    """The verbs of sizes that fit.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("catalog_info", _MAKERS)
