# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement groups: which one a server is in, and changing that (contract section 5.11). The provider calls them server groups."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import ConflictError, RejectedError
from ..._core.model import Instance, Ref
from ..._core.normalise import text
from .api import GROUP_JOIN, GROUP_LEAVE, SERVER_GROUPS, Api, Row
from .network import Send
from .scope import Scope


class PlacementGroups:
    """Reading and changing the group of a server.

    Args:
        send: sends a change, waiting for whatever task holds the server.
    """

    def __init__(self, api: Api, scope: Scope, send: Send) -> None:
        self._api = api
        self._scope = scope
        self._send = send

    def read(self, instance: Instance) -> Instance:
        """Note the group; servers do not show theirs, the groups list their servers."""
        return replace(instance, facts={**instance.facts, "placement_group": self.of(instance)})

    def of(self, instance: Instance) -> Ref | None:
        """The group that a server is in."""
        rows = self._scope.pages(SERVER_GROUPS, str(instance.region))
        return next((group_ref(row) for row in rows if str(instance.id) in _members(row)), None)

    def change(self, instance: Instance, group: Ref | None) -> list[str]:
        """Put a server that is in no group into one, or take it out of its own; the ids of the tasks.

        A refusal does not matter when somebody else has done the same.
        """
        call, body = (GROUP_JOIN, {"servergroup_id": group.id}) if group else (GROUP_LEAVE, None)
        tasks: list[str] = []
        try:
            tasks = self._send(instance, lambda: self._api.tasks(call, self._scope.of(instance), body=body))
        except (ConflictError, RejectedError):
            if not self.holds(instance, group):
                raise
        return tasks

    def holds(self, instance: Instance, group: Ref | None) -> bool:
        """Whether a server is in this group, or in none."""
        now = self.of(instance)
        return (now and now.id) == (group and group.id)


def group_ref(row: Row) -> Ref:
    """A group by id and name."""
    return Ref(text(row.get("servergroup_id")) or text(row.get("id")), text(row.get("name")))


def _members(row: Row) -> set[str | None]:
    """The ids of a group's servers; the shape of the list is nobody's promise."""
    members = row.get("instances")
    items: list[t.Any] = members if isinstance(members, list) else []
    return {text(item.get("instance_id")) or text(item.get("id")) if isinstance(item, dict) else text(item) for item in items}
