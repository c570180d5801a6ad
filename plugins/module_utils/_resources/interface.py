# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network interface has of its own: it is found by where it leads, and is a part of its server."""

from __future__ import annotations

from .._core.errors import OptionError
from .._core.records import Record
from ._declared import INSTANCE, DeclaredTask


class InterfaceTask(DeclaredTask):
    """One run of C(vps_interface)."""

    def check(self) -> None:
        """Refuse what leads nowhere, or to two places."""
        if bool(self.wish["network"]) is bool(self.wish["external"]):
            raise OptionError("Either network or external: true is needed, to say which interface is meant", option="network")

    def named(self, record: Record | None) -> str:
        """By the place and the server, since interfaces need no name."""
        return f"{self.wish['network'] or 'external'} of {self.wish[INSTANCE] or 'an instance'}"
