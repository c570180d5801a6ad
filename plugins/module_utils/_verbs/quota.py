# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has limits: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.figures import QuotaVerbs


def _civo(driver: t.Any) -> QuotaVerbs[t.Any]:
    from .._providers.civo.figures import CivoQuota

    return CivoQuota(driver)


def _gcore(driver: t.Any) -> QuotaVerbs[t.Any]:
    from .._providers.gcore.figures import GcoreQuotas

    return GcoreQuotas(driver)


_MAKERS = {"civo": _civo, "gcore": _gcore}


def quota(driver: Driver) -> QuotaVerbs[t.Any]:
    """The verbs of limits.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("quota", _MAKERS)
