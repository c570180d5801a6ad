# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_dedicated and vps_dedicated_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import DEDICATED
from .._resources.dedicated import DedicatedTask
from .._runner import Module
from .._verbs.dedicated import dedicated as dedicated_verbs
from .declared import inform, manage

dedicated = manage(DEDICATED, dedicated_verbs, DedicatedTask)
dedicated_info = inform(DEDICATED, dedicated_verbs)
VPS_DEDICATED = Module(_argspec.DEDICATED, dedicated, writes=True)
VPS_DEDICATED_INFO = Module(_argspec.DEDICATED_INFO, dedicated_info)
