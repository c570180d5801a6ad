# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix: what must hold at every provider whose contract makes the case possible, and why it does not elsewhere.

A test says with C(@matrix("row")) which row it proves; it then runs at every provider that C(NOT_POSSIBLE) does not list.
C(test_faults_complete.py) fails when a row has neither a test nor a reason at some provider.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Call, Client
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, PROVIDERS, Controller

ROWS: t.Final[t.Mapping[str, str]] = {
    # orders
    "lost answer": "a create whose answer is lost: one order, the server adopted, changed, no credentials, a warning",
    "two candidates": "the same with two new candidates: failure that lists both ids",
    "nothing appears": "the same and nothing appears: failure that says an order may exist",
    "no connection": "an order that could not connect provably was not sent: it is sent again",
    "answer names nothing": "the answer to an order names something that never appears: no second order, no success",
    "failed build": "a build that fails: failure, one order, what is left behind is told, and the next run does not order over it",
    "unclear answer": "an answer that says both yes and no, or no although it was done: the server is found",
    "two controllers": "two controllers create one name at once: the failure names both ids",
    "held name": "a name that another process of this controller is creating is waited for, then refused",
    # kills
    "killed with ledger": "SIGKILL around every request and ledger write, then a second run: never two",
    "killed without ledger": "the same without a ledger",
    "killed, shown late": "a killed run's order that shows late is found again through the ledger",
    "killed, unfinished task": "without a ledger an order that no list shows yet is found by its unfinished task",
    # reads
    "failing lookup": "any read that fails before a create: no create",
    "refused credentials": "401 and 403 are never not found",
    "404 is no absence": "a 404 that does not prove region and project is not absent",
    "unknown region": "a region that does not exist is never absent",
    "unknown project": "a project that does not exist is never absent",
    "failed page": "a failed page is an error, never a shorter list",
    "coerced types": "numbers as text and the reverse never lead to a second server",
    # identity
    "two of one name": "two instances of one name: nobody picks one",
    "deleting": "one that is being deleted counts as absent by name, and absent waits for it",
    "similar names": "a name that is a prefix of another or differs in case is another one",
    "vanished": "an instance that vanishes between read and write",
    "task lock": "a lock by a running task is waited for",
    "locked": "a locked or busy instance: the provider's refusal is told, and nothing else is sent",
    "changed behind our back": "a state that changes behind our back while waiting",
    # rate limits
    "429 on a read": "Retry-After is obeyed within max_retry_wait, else the task fails at once",
    "429 on a write": "a refused change is sent again, once it is known to be still needed",
    "429 on an order": "a refused order is sent again after another look",
    "429 ends an order": "an order refused for good leaves no second one behind",
    "429 proves nothing": "an order that a 429 does not prove undone is never sent again",
    # check mode
    "check mode states": "check mode writes nothing for any state",
    "check mode options": "check mode writes nothing for any option",
    "check mode faults": "check mode writes nothing while reads fail",
    "created in the same playbook": "check mode of a task about an object that is not there yet predicts",
    "names made in the same playbook": "check mode goes on with networks and firewalls that an earlier task makes",
    # waiting
    "time-out of a create": "the failure carries the id, else the task or job id, and the next run continues",
    "time-out of a change": "the failure carries the id, and the next run continues",
    # input
    "bad options": "what the options alone show is refused before any request",
    "bad names": "what reads show is refused before any write",
    "quota": "a quota that does not suffice is told, and no server is left",
    "provider's refusal": "what cannot be listed is the provider's error",
    "shrinking disk": "a disk that would shrink is refused before any write",
    # secrets and the way there
    "secrets": "no secret in result, diff, plan, files, trace, warnings or exceptions",
    "quoted secrets": "an answer that quotes a secret does not get through",
    "surroundings": "netrc, proxy variables and redirects: our header is sent or nothing is",
    # convergence
    "second run of every option": "each option that can be given at creation: the second run writes nothing, check mode says the same",
    "everything in one task": "what the order cannot carry is applied in the same task",
    "stale reads": "reads that lag behind a change neither fail it nor hide it",
    "no effect": "what is accepted and not done is never a success",
    "unclear change": "a change whose answer is lost is looked at, and sent again only where that is safe",
}

_NO_NAMES = "machines have no names; the ledger ties one name to one id"
_NO_REGIONS = "there are no regions"
_NO_PROJECTS = "there are no projects"

# Why a row cannot happen at a provider.
NOT_POSSIBLE: t.Final[t.Mapping[tuple[str, str], str]] = {
    ("answer names nothing", "hostwinds"): "the answer names nothing at all; see 'nothing appears'",
    ("unclear answer", "civo"): "no such answer is documented",
    ("unclear answer", "gcore"): "no such answer is documented",
    ("two controllers", "hosterapi"): f"{_NO_NAMES}, and 'held name' shows that only one task has it",
    ("killed without ledger", "hosterapi"): "a name needs a ledger there",
    ("killed, unfinished task", "hostwinds"): "there are no tasks",
    ("killed, unfinished task", "civo"): "there are no tasks",
    ("killed, unfinished task", "hosterapi"): "jobs cannot be listed",
    ("404 is no absence", "hostwinds"): "one URL for everything; not found is a text, and a 404 is the web server's",
    ("unknown region", "hostwinds"): "names are account-wide and locations cannot be listed",
    ("unknown region", "hosterapi"): _NO_REGIONS,
    ("unknown project", "hostwinds"): _NO_PROJECTS,
    ("unknown project", "civo"): _NO_PROJECTS,
    ("unknown project", "hosterapi"): _NO_PROJECTS,
    ("failed page", "hostwinds"): "lists have no pages (HW-18)",
    ("failed page", "hosterapi"): "lists have no pages (HA-25)",
    ("two of one name", "hosterapi"): _NO_NAMES,
    ("deleting", "hosterapi"): "there is no such state; an id is in the list or gone (HA-11)",
    ("task lock", "hostwinds"): "there are no tasks",
    ("task lock", "civo"): "there are no tasks",
    ("task lock", "hosterapi"): "a lock names no job; see 'locked'",
    ("locked", "civo"): "there are no locks",
    ("locked", "gcore"): "locks are those of tasks; see 'task lock'",
    ("429 on an order", "hostwinds"): "an order is never sent again there; see '429 proves nothing'",
    ("429 ends an order", "hostwinds"): "see '429 proves nothing'",
    ("429 proves nothing", "civo"): "a refused order provably was not carried out",
    ("429 proves nothing", "gcore"): "a refused order provably was not carried out",
    ("429 proves nothing", "hosterapi"): "a refused order provably was not carried out",
    ("names made in the same playbook", "hostwinds"): "no task can make a firewall profile, and there are no networks",
    ("names made in the same playbook", "hosterapi"): "there are neither networks nor firewalls",
    ("quota", "hostwinds"): "no quota is documented",
    ("provider's refusal", "civo"): "images can be listed",
    ("provider's refusal", "gcore"): "images can be listed",
    ("provider's refusal", "hosterapi"): "templates can be listed",
    ("shrinking disk", "hostwinds"): "disk_gb goes with a changed plan only and is never compared",
    ("shrinking disk", "civo"): "the disk is a part of the size; smaller sizes are refused, see 'bad names'",
    ("everything in one task", "hosterapi"): "the order carries every field",
}

TESTED: set[tuple[str, str]] = set()

# The operations of the same purpose at each provider.
GET = {"hostwinds": ("get_instance",), "civo": ("instances.get",), "gcore": ("instances.get",), "hosterapi": ("server_config", "server_status")}
LIST = {"hostwinds": "get_instances", "civo": "instances.list", "gcore": "instances.list", "hosterapi": "server_list"}
STOP = {"hostwinds": "shutdown", "civo": "instances.stop", "gcore": "instances.action", "hosterapi": "server_shutdown"}
DELETE = {"hostwinds": "terminate", "civo": "instances.delete", "gcore": "instances.delete", "hosterapi": "server_delete"}

# A value of each option that the provider takes, other than what a server of CREATE has where it can differ.
OPTIONS: t.Final[t.Mapping[str, t.Mapping[str, t.Any]]] = {
    "hostwinds": {
        "image": "img-ubuntu-24.04",
        "size": "3",
        "ssh_keys": ["demo"],
        "password": "S3CRET-Passw0rd!",
        "firewalls": ["web"],
        "rescue": True,
        "locked": True,
        "billing_cycle": "hourly",
        "iso_finalized": True,
        "max_cost": 100.0,
    },
    "civo": {
        "image": "debian-12",
        "size": "g3.medium",
        "network": "private",
        "public_ip": False,
        "ssh_keys": ["ops"],
        "user_data": "#!/bin/sh\necho S3CRET-user-data\n",
        "username": "admin",
        "tags": {"web": "", "role": "front"},
        "firewalls": ["private-fw"],
        "rescue": True,
    },
    "gcore": {
        "image": "debian-12-generic-x64",
        "size": "g2-standard-2-4",
        "disk_gb": 20,
        "network": "net1",
        "public_ip": True,
        "ssh_keys": ["ops"],
        "user_data": "#!/bin/sh\necho S3CRET-user-data\n",
        "username": "admin",
        "password": "S3CRET-Passw0rd!",
        "tags": {"role": "front", "env": "a test"},
        "firewalls": ["ssh", "web"],
        "app_template": "Wordpress",
        "app_config": {"admin_email": "ops@example.org", "admin_password": "S3CRET-app-password"},
        "name_template": "vm-{ip_octets}",
        "interfaces": [{"external": True, "name": "front", "firewalls": ["web"]}, {"network": "net1", "public_ip": True}],
        "volumes": [{"size_gb": 20, "type": "ssd_hiiops", "keep": False}, {"size_gb": 5, "name": "data"}],
        "placement_group": "spread",
        "max_cost": 500.0,
    },
    "hosterapi": {"image": "Ubuntu24.04", "cpu": 4, "memory_mb": 4096, "disk_gb": 40, "ip_count": 2, "reset_password": True},
}
# What some of them cannot do without.
_COMPANIONS: t.Final[t.Mapping[tuple[str, str], t.Mapping[str, t.Any]]] = {
    ("civo", "network"): {"firewalls": ["private-fw"]},
    ("civo", "firewalls"): {"network": "private"},
    ("gcore", "username"): {"password": "S3CRET-Passw0rd!"},
    ("gcore", "public_ip"): {"network": "net1"},
    ("gcore", "app_template"): {"image": None},
    ("gcore", "app_config"): {"image": None, "app_template": "wordpress-latest", "size": "g2-standard-2-4"},
}
_ALTERNATIVES = ("user_data", "app_template", "app_config", "name_template", "interfaces", "volumes")
# All of them in one task, as far as they go together.
EVERYTHING: t.Final[t.Mapping[str, t.Mapping[str, t.Any]]] = {
    "hostwinds": {**OPTIONS["hostwinds"], "state": "started"},
    "civo": {**OPTIONS["civo"], "public_ip": True},
    "gcore": {name: value for name, value in OPTIONS["gcore"].items() if name not in _ALTERNATIVES} | {"state": "stopped"},
    "hosterapi": {name: value for name, value in OPTIONS["hosterapi"].items() if name != "reset_password"} | {"state": "stopped"},
}


CONSENT: t.Final[dict[str, t.Any]] = {"allow": ["restart", "cost"]}
# What can be changed on a running server: options of the task, the write it takes, and what then holds.
CHANGES: t.Final[dict[str, list[tuple[dict[str, t.Any], str, tuple[str, t.Any]]]]] = {
    "hostwinds": [
        ({"state": "stopped"}, "shutdown", ("status", "stopped")),
        ({"firewalls": ["web"]}, "set_instance_firewall", ("firewalls", [{"id": "2", "name": "web"}])),
        ({"rescue": True}, "rescue", ("rescue", True)),
        ({"locked": True}, "toggle_lock", ("locked", True)),
        ({"rename": "web9"}, "edit_instance", ("name", "web9")),
    ],
    "civo": [
        ({"state": "stopped"}, "instances.stop", ("status", "stopped")),
        ({"tags": {"web": "", "role": "front"}}, "instances.set_tags", ("tags", {"role": "front", "web": ""})),
        ({"size": "g3.medium"}, "instances.resize", ("size", "g3.medium")),
        ({"rename": "web9"}, "instances.update", ("name", "web9")),
    ],
    "gcore": [
        ({"state": "stopped"}, "instances.action", ("status", "stopped")),
        ({"state": "suspended"}, "instances.action", ("status", "suspended")),
        ({"tags": {"role": "front"}}, "instances.metadata_*", ("tags", {"role": "front"})),
        ({"size": "g2-standard-2-4"}, "instances.change_flavor", ("size", "g2-standard-2-4")),
        ({"disk_gb": 30}, "volumes.extend", ("disk_gb", 30)),
        ({"rename": "web9"}, "instances.rename", ("name", "web9")),
    ],
    "hosterapi": [
        ({"state": "stopped"}, "server_shutdown", ("status", "stopped")),
        ({"cpu": 4, "disk_gb": 40}, "server_change", ("disk_gb", 40)),
    ],
}


def option_values(provider: str) -> list[tuple[str, dict[str, t.Any]]]:
    """Each option with a value, and what goes with it."""
    return [(name, {name: value, **_COMPANIONS.get((provider, name), {})}) for name, value in OPTIONS[provider].items()]


# Settings that make a build, or a change, take so many seconds.
_SLOW_BUILD = {"hostwinds": ("build_seconds",), "civo": ("seconds",), "gcore": ("task_seconds", "task_unread_seconds"), "hosterapi": ("job_seconds",)}
_SLOW_CHANGE = {**_SLOW_BUILD, "hostwinds": ("power_seconds", "delete_seconds"), "hosterapi": ("power_seconds", "delete_seconds")}


def matrix(row: str, *, only: t.Sequence[str] = PROVIDERS) -> pytest.MarkDecorator:
    """Run a test at every provider where the row is possible, C(only) some of them where several tests share a row.

    Raises:
        ValueError: there is no such row.
    """
    if row not in ROWS:
        raise ValueError(f"no such row: {row}")
    providers = [provider for provider in only if (row, provider) not in NOT_POSSIBLE]
    TESTED.update((row, provider) for provider in providers)
    return pytest.mark.parametrize("provider", providers)


# -- in the middle of a task ------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing below catches it, as nothing survives SIGKILL."""


Hook = t.Callable[[Call], None]


@contextlib.contextmanager
def interfering(before: Hook | None = None, after: Hook | None = None) -> t.Iterator[None]:
    """Call C(before) and C(after) each request that is sent; C(after) is left out where no answer came."""
    exchange = Client._exchange

    def wrapped(client: Client, call: Call, url: str, arguments: dict[str, t.Any]) -> t.Any:
        if before:
            before(call)
        response = exchange(client, call, url, arguments)
        if after:
            after(call)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_exchange", wrapped)
        yield


@contextlib.contextmanager
def killing(moment: int) -> t.Iterator[list[str]]:
    """Kill the process at the moment of that number, counted from 1: before and after each request and each write of the ledger.

    Yields:
        The names of the moments that passed.
    """
    passed: list[str] = []

    def tick(name: str) -> None:
        passed.append(name)
        if len(passed) == moment:
            raise Killed(name)

    store = Ledger._store

    def storing(ledger: Ledger, entries: t.Mapping[str, t.Any]) -> None:
        tick("before a write of the ledger")
        store(ledger, entries)
        tick("after a write of the ledger")

    with pytest.MonkeyPatch.context() as patch, interfering(lambda call: tick(f"before {call.id}"), lambda call: tick(f"after {call.id}")):
        patch.setattr(Ledger, "_store", storing)
        yield passed


def once(operation: str | None, action: t.Callable[[], t.Any]) -> Hook:
    """A hook that acts at the first call of an operation (None: the first one that writes), and never again."""
    fired: list[bool] = []

    def hook(call: Call) -> None:
        if (call.mutates if operation is None else call.id == operation) and not fired:
            fired.append(True)
            action()

    return hook


# -- arrangements and questions ---------------------------------------------------------------------------------------------


def fresh(controller: Controller) -> None:
    """Fresh accounts, an empty log, no ledger."""
    controller.simulator.reset()
    with contextlib.suppress(FileNotFoundError):
        os.remove(controller.ledger)


def slow_builds(controller: Controller, provider: str, seconds: float) -> None:
    """Let builds take so many seconds from now on."""
    controller.simulator.settings(provider, **dict.fromkeys(_SLOW_BUILD[provider], seconds))


def slow_changes(controller: Controller, provider: str, seconds: float) -> None:
    """Let power changes and deletions take so many seconds from now on."""
    controller.simulator.settings(provider, **dict.fromkeys(_SLOW_CHANGE[provider], seconds))


def seeded(controller: Controller, provider: str, name: str = "web1", count: int = 1) -> list[str]:
    """The ids of servers that somebody else made, where creations of tests go."""
    place = {"region": CREATE[provider]["region"]} if "region" in CREATE[provider] else {}
    with controller.simulator[provider].lock:
        return controller.simulator[provider].seed_instances(count, name=name, **place)


def patched(controller: Controller, provider: str, instance_id: str, **fields: t.Any) -> None:
    """Change a server behind everybody's back."""
    with controller.simulator[provider].lock:
        controller.simulator[provider].patch(instance_id, fields)


def vanished(controller: Controller, provider: str, instance_id: str) -> None:
    """Let a server disappear."""
    with controller.simulator[provider].lock:
        controller.simulator[provider].vanish(instance_id)


def place(provider: str) -> dict[str, t.Any]:
    """The region option, where creations of tests go."""
    return {"region": CREATE[provider]["region"]} if "region" in CREATE[provider] else {}


def orders(controller: Controller, provider: str) -> int:
    """How many orders were sent since the log was cleared."""
    return controller.calls(provider).count(ORDER[provider])


def ids(controller: Controller, provider: str) -> list[str]:
    """The ids of all servers."""
    return sorted(str(server["id"]) for server in controller.servers(provider))


def ledger_entries(controller: Controller) -> dict[str, t.Any]:
    """What the ledger holds; nothing when there is none."""
    try:
        with open(controller.ledger, encoding="utf-8") as handle:
            entries: dict[str, t.Any] = json.load(handle)["entries"]
            return entries
    except FileNotFoundError:
        return {}


def files_below(controller: Controller) -> dict[str, str]:
    """The text of every file that the tasks of a controller have left: ledger, cache, locks."""
    found = {}
    for folder, _folders, names in os.walk(controller.environ["HOME"]):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8", errors="replace") as handle:
                found[path] = handle.read()
    return found


def clear_ledger_entry(controller: Controller, name: str) -> None:
    """What the playbook ledger_clear does."""
    with open(controller.ledger, encoding="utf-8") as handle:
        content = json.load(handle)
    content["entries"] = {key: entry for key, entry in content["entries"].items() if not key.endswith(f"|{name}")}
    with open(controller.ledger, "w", encoding="utf-8") as handle:
        json.dump(content, handle)


def reads_before_an_order(controller: Controller, provider: str, **options: t.Any) -> list[str]:
    """The operations that a create asks for before it orders, each once; leaves fresh accounts behind."""
    reply = controller.create(provider, **options)
    if reply.result.get("failed"):
        raise AssertionError(reply.result)
    calls = controller.calls(provider)
    fresh(controller)
    return list(dict.fromkeys(calls[: calls.index(ORDER[provider])]))
