# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: images, sizes, regions, networks, SSH keys, firewalls, application templates, placement groups; and which sizes fit."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import OptionError
from .._providers.base import Driver
from .._providers.details import SizesVerbs
from .._verbs.catalog_info import catalog_info as catalog_info_verbs
from ._instances import locate, not_there

SIZES = "sizes"
Entry = dict[str, t.Any]


@dataclass(frozen=True)
class Fit:
    """What a size shall be for: an existing instance (name or id), or a new one.

    C(least) is what it shall hold at least, by C(cpu), C(memory_mb) and C(disk_gb).
    """

    instance: str | None
    image: str | None
    least: t.Mapping[str, int]

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.instance or self.image or self.least)


def check(driver: Driver, fit: Fit) -> None:
    """Refuse what the options alone show to be wrong, before any request.

    Raises:
        OptionError: it asks for nothing, for an existing and a new one at once, or for less than 1 of something.
        UnsupportedError: the provider has no sizes, or does not tell what fits.
    """
    if SIZES not in driver.PROFILE.capabilities.catalog:
        raise driver.unsupported(SIZES)
    if fit.empty:
        raise OptionError("sizes_for needs instance, image, cpu, memory_mb or disk_gb", hint="Leave it out for all sizes.", option="sizes_for")
    if fit.instance and fit.image:
        raise OptionError("sizes_for: instance and image exclude each other", hint="An existing instance has its image.", option="sizes_for")
    for field, value in fit.least.items():
        if value < 1:
            raise OptionError(f"sizes_for: {field} must be at least 1, not {value}", option="sizes_for")
    if fit.instance:
        driver.require("catalog_info", "sizes_for_instance")
    if fit.image:
        driver.require("catalog_info", "sizes_for_image")


def read(driver: Driver, lists: t.Iterable[str], fit: Fit | None = None) -> tuple[dict[str, list[Entry]], dict[str, bool]]:
    """The wanted lists, and which of them the provider has; a list that does not exist is empty.

    Args:
        fit: only sizes that fit this, which C(check) let pass.

    Raises:
        NotFoundError: there is no such instance.
    """
    wanted = list(dict.fromkeys(lists))
    supported = {kind: kind in driver.PROFILE.capabilities.catalog for kind in wanted}
    found = {kind: driver.catalog(kind) if supported[kind] and not (fit and kind == SIZES) else [] for kind in wanted}
    if fit and SIZES in wanted:
        found[SIZES] = _fitting(driver, fit)
    return found, supported


def _fitting(driver: Driver, fit: Fit) -> list[Entry]:
    """The sizes that fit; what a size does not tell, such as the disk where that is a volume of its own, fits."""
    return [entry for entry in _offered(driver, fit) if all(entry[field] is None or entry[field] >= value for field, value in fit.least.items())]


def _offered(driver: Driver, fit: Fit) -> list[Entry]:
    if not (fit.instance or fit.image):
        return [entry for entry in driver.catalog(SIZES) if entry["available"]]
    verbs: SizesVerbs[t.Any] = catalog_info_verbs(driver)
    if fit.image:
        return verbs.for_image(fit.image, fit.least.get("disk_gb"))
    instance = locate(driver, str(fit.instance), ("size", "cpu", "memory_mb", "disk_gb"))
    if instance is None:
        raise not_there(driver, str(fit.instance))
    return verbs.for_instance(instance)
