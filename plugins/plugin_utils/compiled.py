# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python's own cache of compiled code, for what both doors and the inventory import.

Ansible's loader compiles each file of a collection anew in every process: half of what importing ours costs. Imported
before anything of C(module_utils), this lets Python load those files as it loads all others.
"""

from __future__ import annotations

import functools
import sys
import typing as t
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader

ROOM = __name__.rpartition(".plugin_utils.")[0] + ".module_utils."


class CompiledFinder:
    """Finds the files of C(module_utils); whatever else is asked for, and what it does not find, is left to Ansible."""

    @classmethod
    def find_spec(cls, name: str, path: t.Sequence[str] | None = None, target: t.Any = None) -> ModuleSpec | None:
        """See C(importlib.abc.MetaPathFinder)."""
        if not name.startswith(ROOM):
            return None
        found = (_finder(folder).find_spec(name) for folder in path or ())
        return next((spec for spec in found if spec and spec.loader), None)


@functools.cache
def _finder(folder: str) -> FileFinder:
    return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))


sys.meta_path.insert(0, CompiledFinder)
