# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Civo API (C(/v2)): all resources together, the catalogue, SSH keys, quota and the audit trail."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import re
import typing as t

from . import civo_catalogue as catalogue
from .base import Request, Route
from .civo_base import ACCOUNT_ID, SUCCESS, Ask, refusal, shown
from .civo_catalogue import Row
from .civo_snapshots import CivoSnapshots

_ALIAS = re.compile(r"/v2/vpc(?=/(?:networks|firewalls|ips)(?:/|$))")


class CivoProvider(CivoSnapshots):
    """One Civo account.

    The layers below, each using those under it: base (transport, regions, time), network, volumes, instances, snapshots.
    """

    def routes(self) -> t.Sequence[Route]:
        """Every operation of the contract that is not a legacy one."""
        return self._routes

    @functools.cached_property
    def _routes(self) -> list[Route]:
        return [
            *self.instance_routes(),
            *self.network_routes(),
            *self.volume_routes(),
            *self.snapshot_routes(),
            self.operation("regions.list", "GET", "/regions", self._list_regions, region="none"),
            self.operation("sizes.list", "GET", "/sizes", self._list_sizes),
            self.operation("disk_images.list", "GET", "/disk_images", self._list_images),
            self.operation("disk_images.get", "GET", "/disk_images/{id}", self._get_image),
            self.operation("sshkeys.list", "GET", "/sshkeys", self._list_keys, region="none"),
            self.operation("sshkeys.create", "POST", "/sshkeys", self._create_key, region="none"),
            self.operation("sshkeys.rename", "PUT", "/sshkeys/{id}", self._rename_key, region="none"),
            self.operation("sshkeys.delete", "DELETE", "/sshkeys/{id}", self._delete_key, region="none"),
            self.operation("quota.get", "GET", "/quota", self._get_quota, region="none"),
            self.operation("actions.list", "GET", "/actions", self._list_actions, region="none"),
            self.operation("auth.exchange", "POST", "/auth/exchange", self._exchange_token, region="none", mutates=False),
            self.operation("ping", "GET", "/ping", self._ping, region="none"),
        ]

    def match(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """The route of a request; C(/v2/vpc) is another name for networks, firewalls and addresses (Civo 5.2)."""
        return super().match(dataclasses.replace(request, path=_ALIAS.sub("/v2", request.path)))

    # -- catalogue --------------------------------------------------------------------------------------------------

    def _list_regions(self, ask: Ask) -> list[Row]:
        return [dict(row) for row in self.state["regions"]]

    def _list_sizes(self, ask: Ask) -> list[Row]:
        return [dict(row) for row in self.state["sizes"]]

    def _list_images(self, ask: Ask) -> list[Row]:
        with_custom = ask.text("type") == "custom"
        return [shown(row) for row in self.table("images", ask.region).values() if with_custom or not row["_"]["custom"]]

    def _get_image(self, ask: Ask) -> Row:
        return shown(self.find("images", ask.region, ask.id))

    # -- SSH keys ---------------------------------------------------------------------------------------------------

    def _key(self, ask: Ask) -> Row:
        key: Row | None = self.state["sshkeys"].get(ask.id)
        if key is None:
            raise refusal(404, "database_ssh_key_not_found", "Failed to find the SSH key in the internal database")
        return key

    def _require_free_key_name(self, name: str, own_id: str | None = None) -> None:
        if any(row["name"] == name and row["id"] != own_id for row in self.state["sshkeys"].values()):
            raise refusal(409, "sshkey_duplicate", "An SSH key with this name exists", "name")

    def _list_keys(self, ask: Ask) -> list[Row]:
        return [dict(row) for row in self.state["sshkeys"].values()]

    def _create_key(self, ask: Ask) -> Row:
        name, public_key = ask.required("name"), ask.required("public_key")
        self._require_free_key_name(name)
        digest = base64.b64encode(hashlib.sha256(public_key.encode()).digest()).decode().rstrip("=")
        row = catalogue.ssh_key(self.new_uuid(), name, public_key, f"SHA256:{digest}", self.timestamp())
        self.state["sshkeys"][row["id"]] = row
        return {**SUCCESS, "id": row["id"]}

    def _rename_key(self, ask: Ask) -> Row:
        row = self._key(ask)
        name = ask.required("name")
        self._require_free_key_name(name, row["id"])
        row["name"] = name
        return dict(row)

    def _delete_key(self, ask: Ask) -> t.Mapping[str, str]:
        del self.state["sshkeys"][self._key(ask)["id"]]
        return SUCCESS

    # -- account ----------------------------------------------------------------------------------------------------

    def _get_quota(self, ask: Ask) -> Row:
        used, limits = self.usage(), self.limits()
        pairs = [(f"{name}_limit", limit) for name, limit in limits.items()] + [(f"{name}_usage", amount) for name, amount in used.items()]
        return dict(pairs)

    def _list_actions(self, ask: Ask) -> Row:
        filters = {"resource_id": "related_id", "related_id": "related_id", "resource_type": "related_type", "action_type": "type"}
        rows = [row for row in reversed(self.state["actions"]) if all(row[field] == ask.text(name) for name, field in filters.items() if ask.has(name))]
        return self.page(ask, rows)

    def _exchange_token(self, ask: Ask) -> Row:
        secrets = {f"{kind}_token": f"S3CRET-{kind}-token" for kind in ("access", "refresh", "id")}
        return {**secrets, "token_type": "Bearer", "expires_in": 3600, "account_id": ACCOUNT_ID}

    def _ping(self, ask: Ask) -> t.Mapping[str, str]:
        return SUCCESS
