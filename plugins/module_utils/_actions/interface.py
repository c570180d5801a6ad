# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_interface and vps_interface_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import INTERFACE
from .._resources.interface import InterfaceTask
from .._runner import Module
from .._verbs.interface import interface as interface_verbs
from .declared import inform, manage

interface = manage(INTERFACE, interface_verbs, InterfaceTask)
interface_info = inform(INTERFACE, interface_verbs)
VPS_INTERFACE = Module(_argspec.INTERFACE, interface, writes=True)
VPS_INTERFACE_INFO = Module(_argspec.INTERFACE_INFO, interface_info)
