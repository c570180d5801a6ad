# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_provider_info is: nothing that needs an account, so it has no action."""

from __future__ import annotations

from .. import _argspec
from .._runner import Module

VPS_PROVIDER_INFO = Module(_argspec.PROVIDER_INFO)
