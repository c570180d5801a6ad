# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of every declared resource."""

from __future__ import annotations

import typing as t

from .._connection import TaskContext
from .._core.model import Instance
from .._core.normalise import canonical_address
from .._core.records import Kind, Record
from .._providers.base import Driver
from .._providers.records import RecordVerbs, RecordWish
from .._resources._declared import INSTANCE, DeclaredTask
from .._resources._instances import locate
from .._runner import SECRET_OPTIONS, Action, Task
from .common import reply_of, require_name, supports, terms

VerbsOf = t.Callable[[Driver], RecordVerbs[t.Any]]

_GENERAL = frozenset(
    "provider api_token api_url account region project ledger request_timeout max_retry_wait rate_limit ip_family validate_certs ca_path"
    " wait wait_timeout allow expect expect_plan on_drift state".split()
)  # what every module has; the rest is the resource's own
_FILTERS = ("name", "id", "address", "status", "type")


def manage(kind: Kind, verbs_of: VerbsOf, task_class: type[DeclaredTask] = DeclaredTask) -> Action:
    """The action of the module that changes a declared resource; C(task_class) where it has something of its own."""

    def action(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
        driver.require(kind.name)
        require_name(task, *kind.identity)
        wish = RecordWish(state=task.options["state"], options=_own(task, kind, driver), **terms(driver, task.options))
        return reply_of(task_class(kind, verbs_of(driver), driver, wish, context.connection.token).run(), task)

    return action


def inform(kind: Kind, verbs_of: VerbsOf) -> Action:
    """The action of its information module."""

    def action(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
        if not supports(driver, kind.name):
            return {"changed": False, "supported": False, kind.plural: []}
        verbs = verbs_of(driver)
        wanted = RecordWish(state="present", options=_own(task, kind, driver))
        verbs.check(wanted)
        instance = locate(driver, wanted[INSTANCE], ("addresses",)) if wanted[INSTANCE] else None
        found = [] if wanted[INSTANCE] and instance is None else _select(verbs, wanted, instance)  # a server that does not exist has nothing
        return {"changed": False, "supported": True, kind.plural: [record.public() for record in found], **verbs.lists(wanted, instance)}

    return action


def _select(verbs: RecordVerbs[t.Any], wanted: RecordWish, instance: Instance | None) -> list[Record]:
    """What fits all filters, sorted by name and id."""
    found = [record for record in verbs.select(wanted, instance) if _fits(record, wanted, instance)]
    return sorted(found, key=lambda record: tuple(str(record.fields.get(key) or "") for key in ("name", "region", "address", "id")))


def _fits(record: Record, wanted: RecordWish, instance: Instance | None) -> bool:
    if instance is not None and (record.fields.get(INSTANCE) or {}).get("id") != instance.id:
        return False
    if wanted["unattached"] and (record.fields.get(INSTANCE) or record.fields.get("status") == "attached"):  # what is no server may have it
        return False
    for key in _FILTERS:
        value = wanted[key]
        if value is not None and key in record.fields and record[key] not in (value if isinstance(value, list) else [value]):
            return False
    return True


def _own(task: Task, kind: Kind, driver: Driver) -> dict[str, t.Any]:
    """The options that are not of every module, as far as they were given."""
    given = {option: value for option, value in task.options.items() if option not in _GENERAL and value is not None}
    given = {option: value.strip() if isinstance(value, str) and option not in SECRET_OPTIONS else value for option, value in given.items()}
    given = {option: value for option, value in given.items() if value != "" or option not in _nameless(task, kind, driver)}
    return {**given, "address": canonical_address(given["address"])} if "address" in given else given


def _nameless(task: Task, kind: Kind, driver: Driver) -> set[str]:
    """The options that identify nothing when they are empty, as what an earlier task makes is in check mode (up to ansible-core 2.18).

    The server that an object hangs on is none of them, since an empty text takes the object from it; where no object can be taken
    from its server, that is refused, but in check mode.
    """
    links = {field.name for field in kind.fields if field.link}
    return set(kind.identity) - (set() if task.check_mode and "attach" not in driver.PROFILE.capabilities.of(kind.name) else links)
