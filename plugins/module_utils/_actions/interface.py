# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_interface and vps_interface_info."""

from __future__ import annotations

from .._core.kinds import INTERFACE
from .._resources.interface import InterfaceTask
from .._verbs.interface import interface as interface_verbs
from .declared import inform, manage

interface = manage(INTERFACE, interface_verbs, InterfaceTask)
interface_info = inform(INTERFACE, interface_verbs)
