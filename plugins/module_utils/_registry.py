# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The providers: one entry each.

Static imports, since a module carries only what they reach; each in a function, since a task compiles whatever it imports
and needs one driver of them all.
"""

from __future__ import annotations

import typing as t

from ._providers.base import Driver


def _hostwinds() -> type[Driver]:
    from ._providers.hostwinds.driver import HostwindsDriver

    return HostwindsDriver


def _civo() -> type[Driver]:
    from ._providers.civo.driver import CivoDriver

    return CivoDriver


def _gcore() -> type[Driver]:
    from ._providers.gcore.driver import GcoreDriver

    return GcoreDriver


def _hosterapi() -> type[Driver]:
    from ._providers.hosterapi.driver import HosterapiDriver

    return HosterapiDriver


class Registry(t.Mapping[str, type[Driver]]):
    """The drivers by the name of their provider; looking one up imports it, asking for names does not."""

    def __init__(self, imports: t.Mapping[str, t.Callable[[], type[Driver]]]) -> None:
        self._imports = dict(imports)

    def __getitem__(self, name: str) -> type[Driver]:
        return self._imports[name]()

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._imports)

    def __len__(self) -> int:
        return len(self._imports)

    def __contains__(self, name: object) -> bool:
        return name in self._imports


DRIVERS: t.Final = Registry({"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore, "hosterapi": _hosterapi})
