# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has backups: one entry a provider, imported when it is asked for."""

from __future__ import annotations

import typing as t

from .._providers.backups import BackupVerbs
from .._providers.base import Driver


def _civo(driver: t.Any) -> BackupVerbs[t.Any]:
    from .._providers.civo.backups import CivoBackups

    return CivoBackups(driver, driver.civo)


def _gcore(driver: t.Any) -> BackupVerbs[t.Any]:
    from .._providers.gcore.backups import Snapshots

    return Snapshots(driver)


def _hosterapi(driver: t.Any) -> BackupVerbs[t.Any]:
    from .._providers.hosterapi.backups import HosterapiBackups

    return HosterapiBackups(driver)


_MAKERS = {"civo": _civo, "gcore": _gcore, "hosterapi": _hosterapi}


def backup(driver: Driver) -> BackupVerbs[t.Any]:
    """The verbs of backups.

    Raises:
        UnsupportedError: the provider does not have them.
    """
    return driver.verbs("backup", _MAKERS)
