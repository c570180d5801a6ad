# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes: which a server has, the boot volume's size, and what is done to them (contract sections 5.7 and 8.2)."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import NotFoundError, OperationFailedError, OptionError
from ..._core.model import Instance
from ..._core.normalise import flag, integer, text
from ..._core.wait import Operation
from ..._http.client import Call
from .api import EXTEND, TITLE, VOLUME, VOLUME_ATTACH, VOLUME_CREATE, VOLUME_DETACH, VOLUMES, Api, Row
from .scope import Scope
from .tasks import Tasks

NOT_RESIZABLE = "ssd_lowlatency"
AVAILABLE, IN_USE = "available", "in-use"  # statuses of a volume that is attached to nothing, or to a server


class Storage:
    """Reading and changing volumes."""

    def __init__(self, api: Api, scope: Scope, tasks: Tasks) -> None:
        self._api = api
        self._scope = scope
        self._tasks = tasks

    def attached(self, instance: Instance) -> list[Row]:
        """The volumes of a server, whatever the filter made of the question."""
        known = {volume for volume, _goes in instance.facts.get("volumes") or ()}
        rows = self._scope.pages(VOLUMES, str(instance.region), {"instance_id": instance.id})
        return [row for row in rows if str(row.get("id")) in known or str(instance.id) in attached_to(row)]

    def ids(self, instance: Instance) -> list[str]:
        """The ids of a server's volumes in its order; without a call where the server shows them."""
        known = instance.facts.get("volumes")
        return [volume for volume, _goes in known] if known is not None else [str(row["id"]) for row in self.attached(instance)]

    def in_order(self, instance: Instance) -> list[Row]:
        """The volumes of a server in its order, the boot volume first; one that the server shows and the list does not is asked for by itself."""
        volumes = self.attached(instance)
        order = {volume: number for number, (volume, _goes) in enumerate(instance.facts.get("volumes") or ())}
        unlisted = [self.volume(str(instance.region), volume) for volume in order if volume not in {str(row.get("id")) for row in volumes}]
        volumes += [row for row in unlisted if row is not None and (text(row.get("status")) or "").lower() != AVAILABLE]
        boot = self._boot_of(volumes)
        return sorted(volumes, key=lambda row: (row is not boot, order.get(str(row.get("id")), len(order))))

    def volume(self, region: str, volume_id: str) -> Row | None:
        """A volume; None where there is none of this id."""
        try:
            return t.cast(Row, self._api.ask(VOLUME, self._scope.path(region, volume_id=volume_id)))
        except NotFoundError:
            return None

    def named(self, region: str, name: str) -> list[Row]:
        """The volumes of exactly this name; the provider's filter takes parts of names, and names may repeat."""
        return [row for row in self._scope.pages(VOLUMES, region, {"name_part": name}) if text(row.get("name")) == name and row.get("id")]

    def holder(self, region: str, volume_id: str) -> str | None:
        """The task that holds a volume now."""
        return _holder(self.volume(region, volume_id) or {})

    def boot_volume(self, instance: Instance) -> Row | None:
        """The volume that a server starts from; None where the provider does not tell which it is."""
        return self._boot_of(self.attached(instance))

    @staticmethod
    def _boot_of(volumes: t.Sequence[Row]) -> Row | None:
        for sign in ("is_root_volume", "bootable"):
            fitting = [row for row in volumes if flag(row.get(sign))]
            if len(fitting) == 1:
                return fitting[0]
        return volumes[0] if len(volumes) == 1 else None

    def read(self, instance: Instance) -> Instance:
        """Fill in C(disk_gb)."""
        volume = self.boot_volume(instance)
        return replace(
            instance,
            disk_gb=integer(volume.get("size")) if volume else None,
            not_read=tuple(field for field in instance.not_read if field != "disk_gb"),
            facts={**instance.facts, "boot_volume_type": text(volume.get("volume_type")) if volume else None},
        )

    def check_growth(self, instance: Instance, wanted: int) -> None:
        """Refuse a size that a volume cannot get.

        Raises:
            OptionError: it would shrink, or its type cannot be resized.
        """
        if instance.disk_gb is not None and wanted < instance.disk_gb:
            raise OptionError(
                f"disk_gb: the boot volume of {instance.name} has {instance.disk_gb} GiB and only grows, so {wanted} is refused",
                hint=f"Give {instance.disk_gb} or more.",
                option="disk_gb",
            )
        if instance.facts.get("boot_volume_type") == NOT_RESIZABLE:
            raise OptionError(f"disk_gb: volumes of type {NOT_RESIZABLE} cannot be resized at {TITLE}", hint="Leave disk_gb out.", option="disk_gb")

    def grow(self, instance: Instance, wanted: int) -> Operation | None:
        """Extend the boot volume; None when it has that size already.

        Raises:
            NotFoundError: the provider shows no boot volume.
        """
        volume = self.boot_volume(instance)
        if volume is None:
            raise NotFoundError(f"{TITLE} shows no boot volume of instance {instance.id}", id=instance.id)
        if _size(volume) >= wanted:
            return None
        return self.extend(str(instance.region), str(volume["id"]), wanted, of=f"the boot volume of instance {instance.id}", instance_id=instance.id)

    # -- changes ----------------------------------------------------------------------------------------------------

    def create(self, region: str, body: Row) -> Operation:
        """Order a volume, once."""
        task_ids = self._api.tasks(VOLUME_CREATE, self._scope.path(region), body=body)
        return self._tasks.making(f"creation of volume {body['name']}", task_ids, lambda task: task.volumes)

    def extend(self, region: str, volume_id: str, size: int, *, of: str | None = None, instance_id: str | None = None) -> Operation:
        """Make a volume bigger; C(size) in GiB."""
        return self._change(EXTEND, region, volume_id, {"size": size}, lambda row: _size(row) >= size, "growth", of=of, instance_id=instance_id)

    def attach(self, region: str, volume_id: str, server: str, holder_of_server: t.Callable[[], str | None]) -> Operation:
        """Attach a volume to a server."""

        def holder() -> str | None:
            return self.holder(region, volume_id) or holder_of_server()

        return self._change(VOLUME_ATTACH, region, volume_id, {"instance_id": server}, lambda row: is_in_use(row, server), "attachment", holder=holder)

    def detach(self, region: str, volume_id: str, server: str, holder_of_server: t.Callable[[], str | None]) -> Operation:
        """Take a volume from a server."""

        def holder() -> str | None:
            return self.holder(region, volume_id) or holder_of_server()

        return self._change(VOLUME_DETACH, region, volume_id, {"instance_id": server}, lambda row: server not in attached_to(row), "detachment", holder=holder)

    def _change(
        self, call: Call, region: str, volume_id: str, body: Row, done: t.Callable[[Row], bool], what: str, *, of: str | None = None, **more: t.Any
    ) -> Operation:
        path = self._scope.path(region, volume_id=volume_id)

        def look() -> tuple[str | None, bool]:
            row = sound(t.cast(Row, self._api.ask(VOLUME, path)), volume_id)
            return _holder(row), done(row)

        return self._tasks.see_through(what, of or f"volume {volume_id}", lambda: self._api.tasks(call, path, body=body), look, **more)


def _size(volume: Row) -> int:
    """GiB."""
    return integer(volume.get("size")) or 0


def _holder(volume: Row) -> str | None:
    """The task that holds a volume."""
    return text(volume.get("task_id"))


def attached_to(volume: Row) -> list[str]:
    """The servers that a volume is attached to."""
    attachments = volume.get("attachments")
    items = [item for item in attachments if isinstance(item, dict)] if isinstance(attachments, list) else []
    return [server for item in items if (server := text(item.get("server_id")) or text(item.get("instance_id")))]


def is_in_use(volume: Row, server: str) -> bool:
    """Whether a volume is attached to a server, and nothing is under way."""
    return server in attached_to(volume) and (text(volume.get("status")) or "").lower() == IN_USE


def is_boot(volume: Row) -> bool:
    """Whether a server starts from a volume, or could where it is attached to none."""
    root, bootable = flag(volume.get("is_root_volume")), bool(flag(volume.get("bootable")))
    return bool(root) or (bootable and (root is None or not attached_to(volume)))


def sound(volume: Row, volume_id: str) -> Row:
    """A volume that has not failed.

    Raises:
        OperationFailedError: it has.
    """
    status = (text(volume.get("status")) or "").lower()
    if status.startswith("error"):
        raise OperationFailedError(f"Volume {volume_id} at {TITLE} is in the error state ({status})", hint="Look at it in the provider's panel.")
    return volume
