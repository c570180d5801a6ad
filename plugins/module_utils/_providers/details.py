# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs behind vps_instance_info and the sizes of vps_catalog_info: what is read only when somebody asks for it."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

from .._core.model import Instance, Ref
from .verbs import D, Verbs

Allowed = t.Mapping[str, "Allowed"]
LEAF: Allowed = {}

# An incident; None where the provider does not tell it.
INCIDENT: t.Mapping[str, t.Any] = {
    "id": None,
    "start": None,  # as the provider writes it, without a zone
    "stop": None,
    "ongoing": None,
    "host": None,
    "types": (),
    "direction": None,  # as the provider writes it, as is the next
    "impact": None,
}


def branches(*leaves: str, **more: Allowed) -> Allowed:
    """An allow-list: C(leaves) pass as they are unless they hold objects, C(more) are objects of which only what is listed passes."""
    return {**dict.fromkeys(leaves, LEAF), **more}


def pick(value: t.Any, allowed: Allowed) -> t.Any:
    """What of a raw answer may be shown."""
    if isinstance(value, dict):
        return {key: pick(below, allowed[key]) for key, below in value.items() if key in allowed}
    if isinstance(value, list):
        return [pick(each, allowed) for each in value if allowed or not isinstance(each, (dict, list))]
    return value


@dataclass(frozen=True)
class Sighting:
    """A server that a search brought, as far as it tells."""

    id: str
    name: str | None
    region: Ref
    project: Ref
    client: str | None


class DetailVerbs(Verbs[D]):
    """What vps_instance_info can tell beyond the instance itself."""

    @abc.abstractmethod
    def readers(self) -> t.Mapping[str, t.Callable[[Instance], t.Any]]:
        """By the word of the option C(gather) what reads it of one server, beside metrics and interfaces.

        They may be called side by side. C(provider_data) brings a map, the others a list.
        """

    def search(self, *, name: str | None, address: str | None, instance_id: str | None) -> list[Sighting]:
        """The servers of all clients, projects and regions that fit all that is given, in part."""
        raise self.driver.unsupported("instance_info.search")


class SizesVerbs(Verbs[D]):
    """Which sizes fit; entries as C(Driver.catalog) tells them."""

    @abc.abstractmethod
    def for_instance(self, instance: Instance) -> list[dict[str, t.Any]]:
        """The sizes that an existing server can be changed to, its present one not among them."""

    def for_image(self, image: str, disk_gb: int | None) -> list[dict[str, t.Any]]:
        """The sizes with which a server of this image can be made, in the region of the connection.

        Raises:
            OptionError: there is no such image or region, or the disk is too small for it.
        """
        raise self.driver.unsupported("catalog_info.sizes_for_image")
