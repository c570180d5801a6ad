# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that hang on Civo servers: one entry each.

Each is imported in a function, since a task compiles whatever it imports and needs one of them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .backups import CivoBackups
    from .consoles import CivoConsoles
    from .details import CivoDetails, CivoSizes
    from .driver import CivoDriver
    from .figures import CivoQuota
    from .firewalls import CivoFirewalls
    from .ips import CivoAddresses
    from .ssh_keys import CivoSshKeys
    from .volumes import CivoVolumes


def address(driver: CivoDriver) -> CivoAddresses:
    from .ips import CivoAddresses

    return CivoAddresses(driver)


def backup(driver: CivoDriver) -> CivoBackups:
    from .backups import CivoBackups

    return CivoBackups(driver, driver.civo)


def firewall(driver: CivoDriver) -> CivoFirewalls:
    from .firewalls import CivoFirewalls

    return CivoFirewalls(driver, driver.civo)


def ssh_key(driver: CivoDriver) -> CivoSshKeys:
    from .ssh_keys import CivoSshKeys

    return CivoSshKeys(driver)


def volume(driver: CivoDriver) -> CivoVolumes:
    from .volumes import CivoVolumes

    return CivoVolumes(driver)


def quota(driver: CivoDriver) -> CivoQuota:
    from .figures import CivoQuota

    return CivoQuota(driver)


def instance_info(driver: CivoDriver) -> CivoDetails:
    from .details import CivoDetails

    return CivoDetails(driver)


def catalog_info(driver: CivoDriver) -> CivoSizes:
    from .details import CivoSizes

    return CivoSizes(driver)


def console(driver: CivoDriver) -> CivoConsoles:
    from .consoles import CivoConsoles

    return CivoConsoles(driver)


VERBS = {
    "address": address,
    "backup": backup,
    "firewall": firewall,
    "ssh_key": ssh_key,
    "volume": volume,
    "quota": quota,
    "instance_info": instance_info,
    "catalog_info": catalog_info,
    "console": console,
}
