# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of operations: whole, true to the calls that the drivers can make, and to the modules that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo import api as civo
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore import api as gcore
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi import api as hosterapi
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hostwinds import api as hostwinds
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

MODULES = {path.stem for path in (Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("vps_*.py")}
LISTED = {"hostwinds": 30, "civo": 12, "gcore": 43, "hosterapi": 37}  # the operations of the providers' own documents
CALLS = {
    "hostwinds": {call if isinstance(call, str) else call.id for call in hostwinds.CALLS},
    "civo": {call.id for call in civo.CALLS},
    "gcore": {call if isinstance(call, str) else call.id for call in gcore.CALLS},
    "hosterapi": {call if isinstance(call, str) else call.id for call in hosterapi.CALLS},
}


@pytest.mark.parametrize("provider", DRIVERS)
def test_every_operation_has_a_home_or_a_reason(provider: str) -> None:
    operations = DRIVERS[provider].operations()
    assert len(operations.listed) == LISTED[provider]
    assert not set(operations.listed) & set(operations.further)
    for name, home in {**operations.listed, **operations.further}.items():
        assert home.module in MODULES or (home.module is None and len(home.how) > 20), name
        assert home.how, name


@pytest.mark.parametrize("provider", DRIVERS)
def test_what_can_be_sent_is_what_the_table_says(provider: str) -> None:
    assert DRIVERS[provider].operations().used == CALLS[provider]
