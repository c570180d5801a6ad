# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the instance that another resource hangs on."""

from __future__ import annotations

import typing as t

from .._core.errors import AmbiguousError, NotFoundError
from .._core.model import DELETING, Instance
from .._providers.base import Driver, Wish

PRESUMED = "the prediction takes it that an earlier task makes it"


def locate(driver: Driver, wanted: str, fields: t.Collection[str] = ()) -> Instance | None:
    """The server of this name or id; None when there provably is none. One that is being deleted counts as gone.

    What looks like an id is one; only where nothing has that id it is taken for a name.

    Args:
        fields: what has to be right besides its identity; see C(Driver.peek).

    Raises:
        AmbiguousError: two servers of that name.
        OptionError: it can be neither name nor id here.
    """
    if driver.id_form.fullmatch(wanted):
        driver.check(Wish(name=None, id=wanted, state="absent", fields={}))
        found = driver.peek(wanted, fields)
        if found is not None:
            return found if found.status != DELETING else None
        if driver.PROFILE.capabilities.names == "ledger" and driver.context.ledger is None:
            return None
    driver.check(Wish(name=wanted, id=None, state="absent", fields={}))
    lookup = driver.find(wanted)
    if len(lookup.present) > 1:
        raise several(driver, wanted, lookup.present)
    if lookup.present:
        return lookup.present[0]
    return driver.peek(wanted, fields) if wanted in lookup.known_ids else None


def several(driver: Driver, name: str, instances: t.Sequence[Instance]) -> AmbiguousError:
    """The failure for two servers of one name."""
    ids = sorted(str(instance.id) for instance in instances)
    return AmbiguousError.of(driver.PROFILE.title, f"instances named {name}", ids, "Give the id instead of the name; nobody picks one of them for you.")


def presume(driver: Driver, wanted: str | None) -> None:
    """In check mode, take it that an earlier task makes a server that is not there, and say so.

    Raises:
        NotFoundError: it is no check mode.
    """
    if not driver.context.check_mode:
        raise not_there(driver, str(wanted))
    driver.context.warn(f"There is no instance {wanted or 'yet'}; {PRESUMED}")


def not_there(driver: Driver, wanted: str) -> NotFoundError:
    """The failure for a server that does not exist."""
    return NotFoundError(
        f"{driver.PROFILE.title} has no instance {wanted} in account {driver.account()}",
        hint="Give the name or id of an existing one; vps_instance makes it.",
    )
