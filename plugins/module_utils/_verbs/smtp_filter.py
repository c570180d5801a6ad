# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has SMTP filters: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _hostwinds(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.hostwinds.smtp_filters import HostwindsSmtpFilters

    return HostwindsSmtpFilters(driver)


_MAKERS = {"hostwinds": _hostwinds}


def smtp_filter(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of SMTP filters.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("smtp_filter", _MAKERS)
