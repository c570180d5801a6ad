# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes at Civo (sections 7.3 and 8): in a network of a region, on one server at a time; the disk of a server is none."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import NotFoundError, OptionError
from ..._core.kinds import VOLUME
from ..._core.model import CREATING, DELETING, DONE, ERROR, UNKNOWN, Instance
from ..._core.normalise import flag, integer, iso_utc, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..records import RecordWish
from ..volumes import ATTACHED, AVAILABLE, CHANGING
from . import api, mapping
from .api import Row
from .ordering import region_for
from .profile import PROFILE
from .regional import Regional, holds

if t.TYPE_CHECKING:
    from .driver import CivoDriver


# The contract lists no words; these are in use. What ends in "ing" passes.
_STATUSES = {
    "creating": CREATING,
    "building": CREATING,
    "available": AVAILABLE,
    "detached": AVAILABLE,
    "attached": ATTACHED,
    "in-use": ATTACHED,
    "deleting": DELETING,
    "error": ERROR,
    "failed": ERROR,
}


class CivoVolumes(Regional):
    """The verbs of Civo's volumes."""

    driver: CivoDriver
    kind = VOLUME
    moves = False

    def check(self, wish: RecordWish) -> None:
        """There are no tags."""
        if wish["tags"]:
            self.driver.require("volume", "tags")

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By id, else by exact name; one that is being deleted counts as gone."""
        listed = self.named("id", wish["id"]) if wish["id"] else [record for record in self.everywhere() if record.name == wish["name"]]
        found = [record for record in listed if record["status"] != DELETING]
        if len(found) == 1 and wish.state != "absent":
            self.refuse_distance(found[0], instance)
        return found

    def read(self, region: str) -> list[Record]:
        """The list of the region, and the names of the servers where one is told."""
        rows = self.driver.civo.reread(api.VOLUMES, region)
        servers = self.servers(region) if any(text(row.get("instance_id")) for row in rows) else {}
        return [_record(row, self.driver.civo.code(region), servers) for row in rows]

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """Name, size and network: that of the server where one is named, else the default one of the region."""
        region = str(instance.region if instance else region_for(self.driver.civo, "a volume")["code"])
        snapshot = self.driver.civo.volume_snapshot(region, wish["snapshot"]) if wish["snapshot"] else None
        size = wish["size_gb"] or (integer(snapshot.get("restore_size")) if snapshot else None)
        if not wish["name"] or not size:
            raise OptionError(f"name and size_gb are needed for a new volume at {api.TITLE}", option="size_gb" if wish["name"] else "name")
        network_id, unknown = self._network(region, wish, instance)
        wanted = {
            "name": wish["name"],
            "network_id": network_id,
            "size_gb": size,
            "volume_type": wish["type"],
            "snapshot_id": snapshot["id"] if snapshot else None,
        }
        known = {"name": wish["name"], "region": region, "status": AVAILABLE, "size_gb": size, "type": wish["type"], "network_id": network_id}
        body = {key: value for key, value in wanted.items() if value is not None}
        return NewRecord(body, VOLUME.record(PROFILE.name, known), unknown=unknown)

    def _network(self, region: str, wish: RecordWish, instance: Instance | None) -> tuple[str | None, tuple[str, ...]]:
        """The id of the network, and what of it does not exist yet."""
        if instance is not None and wish["network"] is None:
            return instance.network_id, ()
        try:
            return text(self.driver.civo.network(region, wish["network"])["id"]), ()
        except OptionError as exc:
            if not (self.driver.context.check_mode and exc.facts.get("missing")):
                raise
            return mapping.guessed(wish["network"]).id, (f"network {wish['network']}",)

    def create(self, new: NewRecord) -> Operation | None:
        """Make it, once; the provider works on it for a while."""
        row: Row = self.driver.civo.send(api.VOLUME_CREATE, str(new.predicted["region"]), body=new.body).data
        return self.until("creation", new.predicted.having(id=str(row["id"])), lambda now: True, new=True)

    def change(self, record: Record, step: Step) -> Operation | None:
        """Attach it to a server, or detach it; nothing else of a volume can be changed."""
        server: str | None = step.target.id if step.after is not None else None
        call, body = (api.VOLUME_ATTACH, {"instance_id": server}) if server else (api.VOLUME_DETACH, {})
        self.send(call, record, body, lambda now: holds(now, server))
        return self.until(step.action, record, lambda now: holds(now, server))

    def delete(self, record: Record) -> Operation | None:
        """Delete it and await its end; its snapshots stay, since C(delete_snapshot) is not sent (section 7.3)."""
        with contextlib.suppress(NotFoundError):
            self.driver.civo.send(api.VOLUME_DELETE, str(record["region"]), path={"id": record.id})
            return self.driver.operation(f"deletion of the volume {record.name} at {api.TITLE}", lambda: None if self.now(record) else DONE)
        return None


def _record(row: Row, region: str, servers: t.Mapping[str, Instance]) -> Record:
    server = text(row.get("instance_id"))
    name = servers[server].name if server and server in servers else None
    word = text(row.get("status"))
    known = {
        "id": str(row["id"]),
        "name": text(row.get("name")),
        "region": region,
        "status": _status(word, server),
        "provider_status": word,
        "size_gb": integer(row.get("size_gb")),
        "type": text(row.get("volume_type")),
        "bootable": flag(row.get("bootable")),
        "instance": {"id": server, "name": name} if server else None,
        "device": text(row.get("mountpoint")),
        "network_id": text(row.get("network_id")),
        "created_at": iso_utc(row.get("created_at")),
    }
    return VOLUME.record(PROFILE.name, known)


def _status(word: str | None, server: str | None) -> str:
    """The neutral word; where there is none, whether a server has it tells."""
    if word is None:
        return ATTACHED if server else AVAILABLE
    return _STATUSES.get(word.lower(), CHANGING if word.lower().endswith("ing") else UNKNOWN)
