# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of all resources, by the resource's name."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Driver
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.address import address
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.backup import backup
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.catalog_info import catalog_info
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.console import console
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.dedicated import dedicated
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.firewall import firewall
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.instance_info import instance_info
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.interface import interface
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.metrics import metrics
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.name_template import name_template
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.quota import quota
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.smtp_filter import smtp_filter
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.software import software
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.ssh_key import ssh_key
from ansible_collections.polyhost.cloud.plugins.module_utils._verbs.volume import volume

VERBS: dict[str, t.Callable[[Driver], t.Any]] = {
    "address": address,
    "backup": backup,
    "catalog_info": catalog_info,
    "console": console,
    "dedicated": dedicated,
    "firewall": firewall,
    "instance_info": instance_info,
    "interface": interface,
    "metrics": metrics,
    "name_template": name_template,
    "quota": quota,
    "smtp_filter": smtp_filter,
    "software": software,
    "ssh_key": ssh_key,
    "volume": volume,
}


def verbs(driver: Driver, resource: str) -> t.Any:
    """The verbs of a resource at the driver's provider."""
    return VERBS[resource](driver)
