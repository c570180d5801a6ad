# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_console."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import CONSOLE
from .._resources.console import ConsoleTask
from .._runner import Module
from .._verbs.console import console as console_verbs
from .declared import manage

console = manage(CONSOLE, console_verbs, ConsoleTask)
VPS_CONSOLE = Module(_argspec.CONSOLE, console, writes=True)
