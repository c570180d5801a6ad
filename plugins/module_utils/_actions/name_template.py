# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_name_template and vps_name_template_info."""

from __future__ import annotations

from .. import _argspec
from .._core.kinds import NAME_TEMPLATE
from .._resources.name_template import NameTemplateTask
from .._runner import Module
from .._verbs.name_template import name_template as name_template_verbs
from .declared import inform, manage

name_template = manage(NAME_TEMPLATE, name_template_verbs, NameTemplateTask)
name_template_info = inform(NAME_TEMPLATE, name_template_verbs)
VPS_NAME_TEMPLATE = Module(_argspec.NAME_TEMPLATE, name_template, writes=True)
VPS_NAME_TEMPLATE_INFO = Module(_argspec.NAME_TEMPLATE_INFO, name_template_info)
