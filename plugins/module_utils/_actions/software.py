# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_software and vps_software_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import SOFTWARE
from .._resources.software import SoftwareTask
from .._runner import Module
from .._verbs.software import software as software_verbs
from .declared import inform, manage

software = manage(SOFTWARE, software_verbs, SoftwareTask)
software_info = inform(SOFTWARE, software_verbs)
VPS_SOFTWARE = Module(_argspec.SOFTWARE, software, writes=True)
VPS_SOFTWARE_INFO = Module(_argspec.SOFTWARE_INFO, software_info)
