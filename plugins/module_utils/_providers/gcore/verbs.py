# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that hang on Gcore servers: one entry each.

Each is imported in a function, since a task compiles whatever it imports and needs one of them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .backups import Snapshots
    from .consoles import GcoreConsoles
    from .details import GcoreDetails, GcoreSizes
    from .driver import GcoreDriver
    from .figures import GcoreMetrics, GcoreQuotas
    from .firewalls import SecurityGroups
    from .floating_ips import FloatingIps
    from .interfaces import Interfaces
    from .name_templates import GcoreNameTemplates
    from .ssh_keys import GcoreSshKeys
    from .volumes import GcoreVolumes


def backup(driver: GcoreDriver) -> Snapshots:
    from .backups import Snapshots

    return Snapshots(driver)


def firewall(driver: GcoreDriver) -> SecurityGroups:
    from .firewalls import SecurityGroups

    return SecurityGroups(driver)


def metrics(driver: GcoreDriver) -> GcoreMetrics:
    from .figures import GcoreMetrics

    return GcoreMetrics(driver)


def quota(driver: GcoreDriver) -> GcoreQuotas:
    from .figures import GcoreQuotas

    return GcoreQuotas(driver)


def instance_info(driver: GcoreDriver) -> GcoreDetails:
    from .details import GcoreDetails

    return GcoreDetails(driver)


def catalog_info(driver: GcoreDriver) -> GcoreSizes:
    from .details import GcoreSizes

    return GcoreSizes(driver)


def console(driver: GcoreDriver) -> GcoreConsoles:
    from .consoles import GcoreConsoles

    return GcoreConsoles(driver)


def ssh_key(driver: GcoreDriver) -> GcoreSshKeys:
    from .ssh_keys import GcoreSshKeys

    return GcoreSshKeys(driver)


def name_template(driver: GcoreDriver) -> GcoreNameTemplates:
    from .name_templates import GcoreNameTemplates

    return GcoreNameTemplates(driver)


def address(driver: GcoreDriver) -> FloatingIps:
    from .floating_ips import FloatingIps

    return FloatingIps(driver)


def volume(driver: GcoreDriver) -> GcoreVolumes:
    from .volumes import GcoreVolumes

    return GcoreVolumes(driver)


def interface(driver: GcoreDriver) -> Interfaces:
    from .interfaces import Interfaces

    return Interfaces(driver)


VERBS = {
    "backup": backup,
    "firewall": firewall,
    "address": address,
    "volume": volume,
    "interface": interface,
    "metrics": metrics,
    "quota": quota,
    "instance_info": instance_info,
    "catalog_info": catalog_info,
    "console": console,
    "ssh_key": ssh_key,
    "name_template": name_template,
}
