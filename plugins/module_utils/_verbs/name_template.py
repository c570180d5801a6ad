# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has name restrictions: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.base import Driver
from .._providers.records import RecordVerbs


def _gcore(driver: t.Any) -> RecordVerbs[t.Any]:
    from .._providers.gcore.name_templates import GcoreNameTemplates

    return GcoreNameTemplates(driver)


_MAKERS = {"gcore": _gcore}


def name_template(driver: Driver) -> RecordVerbs[t.Any]:
    """The verbs of name restrictions.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("name_template", _MAKERS)
