# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a user finds the operations of a provider's API: the module and what reaches it, or why nothing does.

The tables in the providers' folders are this data; the documentation, vps_provider_info and the check that runs after the integration tests
take it from there.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Home:
    """Where one operation is found.

    C(module) is None for an operation that is not used; then C(how) says why.
    """

    module: str | None
    how: str

    def public(self, operation: str, listed: bool) -> dict[str, t.Any]:
        """The form users see; C(listed) says whether the provider's own document has it."""
        return {"operation": operation, "module": self.module, "how": self.how, "listed": listed}


@dataclass(frozen=True)
class Operations:
    """All operations of a provider.

    Args:
        listed: those of the provider's own document, each with its home.
        further: those that the collection uses besides, known from other sources.
    """

    listed: t.Mapping[str, Home]
    further: t.Mapping[str, Home] = field(default_factory=dict)

    @property
    def used(self) -> frozenset[str]:
        """The operations that something reaches."""
        return frozenset(name for name, home in {**self.listed, **self.further}.items() if home.module is not None)

    def public(self) -> list[dict[str, t.Any]]:
        """The form users see."""
        return [home.public(name, name in self.listed) for name, home in {**self.listed, **self.further}.items()]


def used(module: str, how: str) -> Home:
    """An operation that a module reaches by C(how): an option, a state, or words."""
    return Home(module, how)


def unused(why: str) -> Home:
    """An operation that nothing uses."""
    return Home(None, why)
