# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nameless server belongs to which open order. Pure: ids and ledger entries in, ids out."""

from __future__ import annotations

import typing as t

from ..._ledger import Entry


def in_order(ids: t.Iterable[str]) -> list[str]:
    """Ids by number."""
    return sorted(ids, key=int)


def unexplained(unknown: t.Collection[str], open_entries: t.Sequence[Entry]) -> list[str]:
    """The unknown ids that no open order accounts for: each makes one server, and none that was there before it."""
    possible = {sid for sid in unknown if any(sid not in entry.known_ids for entry in open_entries)}
    accounted = possible if len(possible) <= len(open_entries) else set()
    return in_order(set(unknown) - accounted)


def own_share(mine: Entry, rivals: t.Sequence[Entry], fitting: t.Sequence[str]) -> list[str]:
    """The fitting ids that may be what C(mine) made, when C(rivals) ordered the very same and are as unclear.

    As many ids as orders are dealt out in the order of both; with fewer ids nobody can tell yet; with more all are
    possible. Every order's task comes to the same result.
    """
    orders = sorted([mine, *rivals], key=lambda entry: (entry.ordered_at or 0.0, entry.name))
    if len(fitting) < len(orders):
        return []
    share = [in_order(fitting)[orders.index(mine)]] if len(fitting) == len(orders) else in_order(fitting)
    return [sid for sid in share if sid not in mine.known_ids]
