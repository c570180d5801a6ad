# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has load figures: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.figures import MetricsVerbs


def _gcore(driver: t.Any) -> MetricsVerbs[t.Any]:
    from .._providers.gcore.figures import GcoreMetrics

    return GcoreMetrics(driver)


def _hosterapi(driver: t.Any) -> MetricsVerbs[t.Any]:
    from .._providers.hosterapi.figures import HosterapiMetrics

    return HosterapiMetrics(driver)


_MAKERS = {"gcore": _gcore, "hosterapi": _hosterapi}


def metrics(driver: Driver) -> MetricsVerbs[t.Any]:
    """The verbs of load figures.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("metrics", _MAKERS)
