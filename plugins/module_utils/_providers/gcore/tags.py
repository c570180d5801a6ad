# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: the metadata calls, and the newer way where those are gone (contract section 5.9, reading 13)."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import VpsError
from ..._core.model import Instance
from .api import METADATA, METADATA_REMOVE, METADATA_REPLACE, METADATA_SET, RENAME, Api
from .mapping import NAME_TAG, split_tags
from .network import Send
from .scope import Scope

GONE = (404, 405)  # HTTP statuses of a metadata API that a server no longer has


class Tags:
    """Reading and writing tags.

    Args:
        send: sends a change, waiting for whatever task holds the server.
        get: reads the server anew, None when it is gone.
    """

    def __init__(self, api: Api, scope: Scope, send: Send, get: t.Callable[[str], Instance | None]) -> None:
        self._api = api
        self._scope = scope
        self._send = send
        self._get = get

    def read(self, instance: Instance) -> Instance:
        """Fill in tags and image from the metadata, for servers that show neither by themselves (reading 14)."""
        try:
            own, platform = split_tags(self._api.everything(METADATA, self._scope.of(instance)))
        except VpsError as exc:
            now = self._get(str(instance.id)) if exc.facts.get("http_status") in GONE else None
            if now is None or "tags" in now.not_read:
                raise
            return now
        return replace(
            instance,
            tags=own,
            image=platform.get("image_name"),
            image_id=platform.get("image_id"),
            facts={**instance.facts, "own_name": platform.get(NAME_TAG)},
            not_read=tuple(field for field in instance.not_read if field != "tags"),
        )

    def write(self, instance: Instance, tags: t.Mapping[str, str]) -> None:
        """Make C(tags) the whole set of the user's own tags; the platform's are never touched.

        Raises:
            VpsError: refused, or the server is gone.
        """
        try:
            self._by_metadata(instance, tags)
        except VpsError as exc:
            if exc.facts.get("http_status") not in GONE:
                raise
            now = self._get(str(instance.id))
            if now is None:
                raise
            self._by_patch(now, tags)

    def name(self, instance: Instance, name: str) -> None:
        """Note our name of a server, where the create did not."""
        self._send(instance, lambda: self._api.ask(METADATA_SET, self._scope.of(instance), body={NAME_TAG: name}))

    def _by_metadata(self, instance: Instance, tags: t.Mapping[str, str]) -> None:
        changed, removed = _difference(instance.tags, tags)
        path = self._scope.of(instance)
        if removed and (changed or len(removed) > 1):
            name = instance.facts.get("own_name")
            whole = {**tags, **({NAME_TAG: name} if name else {})}
            self._send(instance, lambda: self._api.ask(METADATA_REPLACE, path, body=whole))
        elif removed:
            self._send(instance, lambda: self._api.ask(METADATA_REMOVE, path, query={"key": removed[0]}))
        elif changed:
            self._send(instance, lambda: self._api.ask(METADATA_SET, path, body=changed))

    def _by_patch(self, instance: Instance, tags: t.Mapping[str, str]) -> None:
        """A JSON merge patch: null removes a key, absent keys stay (section 5.8)."""
        changed, removed = _difference(instance.tags, tags)
        patch = {**changed, **dict.fromkeys(removed)}
        if patch:
            self._send(instance, lambda: self._api.ask(RENAME, self._scope.of(instance), body={"tags": patch}))


def _difference(current: t.Mapping[str, str], wanted: t.Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What is to be written, and the keys to be removed."""
    changed = {key: value for key, value in wanted.items() if current.get(key) != value}
    return changed, [key for key in current if key not in wanted]
