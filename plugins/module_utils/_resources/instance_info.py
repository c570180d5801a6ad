# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading instances: by name, by id, by tags and status, with what is gathered besides. Nothing found is an empty list."""

from __future__ import annotations

import functools
import typing as t

from .._core.errors import NotFoundError
from .._core.model import DELETING, Instance
from .._core.together import side_by_side
from .._providers.base import GATHERED, Driver
from .._providers.details import DetailVerbs
from .._providers.records import RecordWish
from .._verbs.instance_info import instance_info as instance_info_verbs
from .._verbs.interface import interface as interface_verbs
from .._verbs.metrics import metrics as metrics_verbs

METRICS_HOURS = 1
_UNKNOWN_OF_SIGHTINGS = ("addresses", "cpu", "disk_gb", "firewalls", "image", "memory_mb", "network", "size", "status", "tags")


def select(
    driver: Driver,
    *,
    name: str | None,
    instance_id: str | None,
    tags: t.Mapping[str, str],
    statuses: t.Collection[str],
    read: t.Collection[str],
) -> list[Instance]:
    """The instances that fit all filters, sorted by name, region and id.

    Args:
        tags: all of them must be there with these values.
        statuses: any of them; empty means all.
        read: fields to fill in that cost a call of their own for each instance.

    Raises:
        VpsError: any read failed; the list is complete or there is none.
    """
    fitting = [
        each
        for each in _candidates(driver, name, instance_id)
        if all(
            (
                not name or each.name == name,
                not statuses or each.status in statuses,
                all(key in each.tags and each.tags[key] == str(value) for key, value in tags.items()),
            )
        )
    ]
    fitting.sort(key=lambda each: (each.name or "", each.region or "", each.id or ""))
    return [driver.read(each, frozenset(read)) for each in fitting] if read else fitting


def _candidates(driver: Driver, name: str | None, instance_id: str | None) -> t.Sequence[Instance]:
    if instance_id:
        found = driver.get(instance_id)
        return [found] if found else []
    if name:
        return driver.find(name).matches
    return driver.list_all()


# -- what is gathered ---------------------------------------------------------------------------------------------------


def gather(driver: Driver, instances: t.Sequence[Instance], words: t.Collection[str]) -> list[dict[str, t.Any]]:
    """For each instance what is asked for by C(words) of GATHERED; a provider that does not have it brings an empty value and a warning.

    Raises:
        VpsError: any read failed.
    """
    wanted = [word for word in GATHERED if word in words]
    offered = driver.PROFILE.capabilities.of("instance_info")
    for word in wanted:
        if word not in offered:
            driver.context.warn(f"{driver.PROFILE.title} does not tell the {word.replace('_', ' ')} of instances, so {word} is empty")
    told = [word for word in wanted if word in offered]
    readers = _readers(driver, told)
    jobs = [functools.partial(_of, driver, each, word, readers[word]) for each in instances for word in told]
    answers = iter(side_by_side(jobs, driver.PROFILE.in_flight))
    return [{word: next(answers) if word in told else _nothing(word) for word in wanted} for _each in instances]


def _of(driver: Driver, instance: Instance, word: str, read: t.Callable[[Instance], t.Any]) -> t.Any:
    """What is read of one instance; nothing where it was going when it was listed, or has gone since."""
    try:
        return read(instance)
    except NotFoundError:
        if instance.status != DELETING and driver.get(str(instance.id)) is not None:
            raise
        return _nothing(word)


def _nothing(word: str) -> t.Any:
    return {} if word == "provider_data" else []


def _readers(driver: Driver, words: t.Collection[str]) -> dict[str, t.Callable[[Instance], t.Any]]:
    """By word what reads it; figures and interfaces are what their own information modules tell."""
    own: DetailVerbs[t.Any] = instance_info_verbs(driver)
    readers = dict(own.readers())
    if "metrics" in words:
        metrics = metrics_verbs(driver)
        readers["metrics"] = lambda instance: metrics.read(instance, METRICS_HOURS)
    if "interfaces" in words:
        interfaces, everything = interface_verbs(driver), RecordWish(state="present")
        readers["interfaces"] = lambda instance: [record.public() for record in interfaces.select(everything, instance)]
    return readers


# -- search ---------------------------------------------------------------------------------------------------------------


def search(driver: Driver, name: str | None, address: str | None, instance_id: str | None) -> list[dict[str, t.Any]]:
    """The instances of all clients, projects and regions that fit in part, sorted by name and id; what a search does not tell is not read.

    Raises:
        VpsError: it failed.
    """
    verbs: DetailVerbs[t.Any] = instance_info_verbs(driver)
    found = sorted(verbs.search(name=name, address=address, instance_id=instance_id), key=lambda each: (each.name or "", each.id))
    account = driver.context.connection.account or driver.PROFILE.name
    return [
        {
            **Instance(driver.PROFILE.name, account, id=each.id, name=each.name, region=each.region.id, not_read=_UNKNOWN_OF_SIGHTINGS).public(),
            "region_name": each.region.name,
            "project": each.project.public(),
            "client": each.client,
        }
        for each in found
    ]
