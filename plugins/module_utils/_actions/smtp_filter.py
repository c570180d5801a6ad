# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_smtp_filter and vps_smtp_filter_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import SMTP_FILTER
from .._resources.smtp_filter import SmtpFilterTask
from .._runner import Module
from .._verbs.smtp_filter import smtp_filter as smtp_filter_verbs
from .declared import inform, manage

smtp_filter = manage(SMTP_FILTER, smtp_filter_verbs, SmtpFilterTask)
smtp_filter_info = inform(SMTP_FILTER, smtp_filter_verbs)
VPS_SMTP_FILTER = Module(_argspec.SMTP_FILTER, smtp_filter, writes=True)
VPS_SMTP_FILTER_INFO = Module(_argspec.SMTP_FILTER_INFO, smtp_filter_info)
