# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_address and vps_address_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import ADDRESS
from .._resources.address import AddressTask
from .._runner import Module
from .._verbs.address import address as address_verbs
from .declared import inform, manage

address = manage(ADDRESS, address_verbs, AddressTask)
address_info = inform(ADDRESS, address_verbs)
VPS_ADDRESS = Module(_argspec.ADDRESS, address, writes=True)
VPS_ADDRESS_INFO = Module(_argspec.ADDRESS_INFO, address_info)
