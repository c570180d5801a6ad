# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_ssh_key and vps_ssh_key_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import SSH_KEY
from .._resources.ssh_key import SshKeyTask
from .._runner import Module
from .._verbs.ssh_key import ssh_key as ssh_key_verbs
from .declared import inform, manage

ssh_key = manage(SSH_KEY, ssh_key_verbs, SshKeyTask)
ssh_key_info = inform(SSH_KEY, ssh_key_verbs)
VPS_SSH_KEY = Module(_argspec.SSH_KEY, ssh_key, writes=True)
VPS_SSH_KEY_INFO = Module(_argspec.SSH_KEY_INFO, ssh_key_info)
