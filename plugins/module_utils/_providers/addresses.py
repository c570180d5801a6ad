# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of addresses, beyond those of every declared resource, and the words that an address is shown with."""

from __future__ import annotations

import typing as t

from .._core.errors import OptionError
from .._core.normalise import address_family
from .records import RecordVerbs, RecordWish
from .verbs import D

# Types: a server's own, and those that are kept for themselves and can hang on any server.
MAIN = "main"
SECONDARY = "secondary"
RESERVED = "reserved"
FLOATING = "floating"
KEPT = (RESERVED, FLOATING)

# Statuses of an address; C(creating), C(error) and C(absent) besides.
ATTACHED = "attached"
UNATTACHED = "unattached"


class AddressVerbs(RecordVerbs[D]):
    """The verbs of addresses: what hangs on a server shows C(status) attached, what hangs on none unattached.

    C(find) takes what is named by C(address), else C(name), else what C(instance) has of the wanted C(type).
    """

    types: t.ClassVar[tuple[str, ...]]  # those that the provider has

    def check(self, wish: RecordWish) -> None:
        """Refuse types that do not exist here and what is no address."""
        if wish["type"] and wish["type"] not in self.types:
            title, known = self.driver.PROFILE.title, " or ".join(self.types)
            raise OptionError(f"type: {title} has no {wish['type']} addresses", hint=f"There it is {known}; it may be left out.", option="type")
        if wish["address"] and address_family(wish["address"]) is None:
            raise OptionError(f"address: {wish['address']!r} is no IP address", option="address")
