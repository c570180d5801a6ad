# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_volume and vps_volume_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import VOLUME
from .._resources.volume import VolumeTask
from .._runner import Module
from .._verbs.volume import volume as volume_verbs
from .declared import inform, manage

volume = manage(VOLUME, volume_verbs, VolumeTask)
volume_info = inform(VOLUME, volume_verbs)
VPS_VOLUME = Module(_argspec.VOLUME, volume, writes=True)
VPS_VOLUME_INFO = Module(_argspec.VOLUME_INFO, volume_info)
