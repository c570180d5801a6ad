# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_rdns, vps_firewall and vps_backup can write: one scenario for each write at each provider, and what must hold for all of them.

A test says with C(@every("row")) which row it proves; it then runs for every scenario that C(NOT_POSSIBLE) does not list.
C(test_resources_complete.py) fails when a row has neither a test nor a reason for some scenario.
"""

from __future__ import annotations

import json
import re
import typing as t
import zlib
from dataclasses import dataclass

from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.gcore_frame import Scope
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.matrix import Matrix

ROWS: t.Final[t.Mapping[str, str]] = {
    # twins
    "check mode": "check mode writes nothing and tells the plan and the object of the run that follows",
    "second run": "the second run writes nothing and changes nothing",
    "not there yet": "check mode of a task about a server that an earlier task makes predicts, and nobody can approve that",
    # what happens to a write
    "lost answer": "an answer lost after the effect: the effect once, and success",
    "lost request": "a write that never arrived: sent again only where that is safe, and the next run does it",
    "refused for now": "429 with Retry-After on a write: never a double",
    "refused": "a write that is refused: failure, no effect, nothing else is sent",
    "no effect": "what is accepted and not done is never a success",
    # what happens to a read
    "failing read": "a read that fails for good before the first write: a failure that is no absence, and no write",
    "read again": "a read that fails once is asked again, 429 with Retry-After too",
    "refused credentials": "401 and 403 are a failure, never not found, and nothing is written",
    "unknown place": "a region or project that does not exist is never absent",
    # what happens meanwhile
    "vanished": "what vanishes between the last read and the write is never taken for done",
    "two servers": "two servers of one name: nobody picks one",
    # guards
    "guards": "another plan than the approved one, a missing consent, an unmet expectation: refused before the first write, in check mode too",
    # waiting
    "no waiting": "wait: false: one run orders, the next ones end where a run that waits ends, and nothing is doubled",
    "time-out": "a failure to wait carries an id, and the next run continues without doubling",
    # secrets
    "secrets": "the token is nowhere in result, warnings and trace, also where an answer quotes the request",
}

Options = dict[str, t.Any]
PLACE: t.Final[t.Mapping[tuple[str, str], Options]] = {
    ("civo", "backup"): {"region": "PRIV1"},  # snapshots of instances are there only
}
USUAL_PLACE: t.Final[t.Mapping[str, Options]] = {"civo": {"region": "LON1"}, "gcore": {"region": "4"}}
SCOPE = Scope(1337, 4)
MAIL = "mail.example.com"
_ADDRESS = re.compile(r"198\.1[89]\.[0-9]+\.[0-9]+")
SSH, WEB, LAN = {"ports": "22"}, {"ports": "8000-8100", "addresses": ["192.0.2.0/24", "2001:db8::/32"]}, {"protocol": "icmp", "addresses": ["10.0.0.0/8"]}


class Stage:
    """The account in which a scenario is played: fresh at each C(play)."""

    shown: tuple[str, ...] = ("rdns", "firewall", "backup", "schedule", "instance")  # the keys of objects in results

    def __init__(self, controller: Controller, scenario: Scenario) -> None:
        self.controller, self.scenario = controller, scenario
        self.provider, self.simulator = scenario.provider, controller.simulator
        self.place: Options = PLACE.get((scenario.provider, scenario.module), USUAL_PLACE.get(scenario.provider, {}))
        self.options: Options = {}
        self.warnings: list[str] = []
        self.first: list[str] = []  # the backups that were there before
        self.servers: list[str] = []
        self._untouched = False

    @property
    def own(self) -> t.Any:
        """The simulated provider."""
        return self.simulator[self.provider]

    @property
    def writes(self) -> list[str]:
        """The operations that write and were asked for."""
        return self.controller.writes(self.provider)

    @property
    def calls(self) -> list[str]:
        """All operations that were asked for."""
        return self.controller.calls(self.provider)

    def play(self) -> Stage:
        """A fresh account, arranged; the log starts after it."""
        if self._untouched:
            return self
        self.simulator.reset()
        self.first, self.servers = [], []
        self.options = {**self.place, **self.scenario.arrange(self)}
        self.simulator.clear_log()
        self._untouched = True
        return self

    def run(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """Run the task of the scenario; its result."""
        reply = self.reply(check=check, **options)
        return reply.result

    def reply(self, *, check: bool = False, **options: t.Any) -> Reply:
        """Run the task of the scenario."""
        self._untouched = False
        reply = self.controller.task(self.scenario.module, self.provider, check=check, **{**self.options, **options})
        self.warnings = list(reply.warnings)
        return reply

    def done(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """The same, which has to succeed."""
        result = self.run(check=check, **options)
        assert not result.get("failed"), (self.scenario.id, result)
        return result

    def refused(self, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """The same, which has to fail."""
        result = self.run(check=check, **options)
        assert result.get("failed"), (self.scenario.id, result)
        assert result["msg"]
        return result

    def fault(self, kind: str, operation: str | None = None, **options: t.Any) -> None:
        """Plan a fault of the first write, unless another operation is named."""
        self.simulator.fault(self.provider, operation or self.scenario.sends[0], kind, **options)

    def forget(self) -> None:
        """An empty log, and no faults any more."""
        self.simulator.clear_faults()
        self.simulator.clear_log()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, in the simulator only."""
        self.simulator.clock.advance(seconds)

    # -- arrangements -----------------------------------------------------------------------------------------------

    def server(self, name: str = "web1") -> str:
        """The id of a server that somebody else made."""
        with self.own.lock:
            (server_id,) = self.own.seed_instances(1, name=name, **self.place)
        self.servers.append(str(server_id))
        return self.servers[-1]

    def made(self, module: str, **options: t.Any) -> dict[str, t.Any]:
        """What an earlier task made."""
        result = self.controller.task(module, self.provider, **{**self.place, **options}).result
        assert not result.get("failed"), result
        shown: dict[str, t.Any] = result["schedule" if "schedule" in options else module]
        return shown

    def backups(self, count: int, **options: t.Any) -> list[str]:
        """The ids of backups of a server, a second apart."""
        self.first = []
        for _number in range(count):
            self.first.append(str(self.made("backup", **options)["id"]))
            self.pass_time(2)
        return self.first

    def data_volume(self, server: str, *, attached: bool = True) -> dict[str, t.Any]:
        """A data volume of a server at Gcore."""
        with self.own.lock:
            plan = {"name": "data", "size": 10, "type": "ssd_hiiops", "bootable": False, "image": None, "tags": {}}
            volume: dict[str, t.Any] = self.own.make_volume(SCOPE, plan)
            self.own.attach_volume(volume, self.own.shelf("instances", SCOPE)[server], delete_on_termination=False)
        return volume

    # -- what there is ----------------------------------------------------------------------------------------------

    def account(self) -> dict[str, t.Any]:
        """Everything that the scenarios change, without ids and times, once all that is under way has ended."""
        self._untouched = False
        state = self.own.state
        for rounds in range(8):
            if rounds > 1 and not state.get("moving"):
                break
            self.pass_time(120)
            self.controller.info(self.provider, **self.place)
        with self.own.lock:
            shown = _ACCOUNTS[self.provider](state)
            servers = json.dumps(state.get("instances") or state["servers"], default=str)
        shown["names"] = [(address, self.simulator.dns.visible(address)) for address in sorted({*_ADDRESS.findall(servers)})]
        shown["first"] = [number for number, backup_id in enumerate(self.first) if f'"{backup_id}"' in json.dumps(state.get("snapshots"))]
        self.simulator.clear_log()
        return shown


def _plain(row: t.Mapping[str, t.Any], *left_out: str) -> str:
    return json.dumps({key: value for key, value in row.items() if key not in ("id", *left_out)}, sort_keys=True, default=str)


def _civo(state: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    def rows(kind: str) -> list[dict[str, t.Any]]:
        return [row for table in state[kind].values() for row in table.values()]

    names = {row["id"]: row["name"] for row in rows("firewalls")}
    return {
        "servers": sorted((row["hostname"], names[row["firewall_id"]]) for row in rows("instances")),
        "firewalls": sorted(
            (row["name"], sorted(_plain(rule, "firewall_id", "created_at", "updated_at") for rule in row["_"]["rules"])) for row in rows("firewalls")
        ),
        "backups": sorted(row["status"] for row in rows("snapshots")),
        "schedules": sorted((row["name"], row["cron_expression"], row["paused"], row["retention"]["max_snapshots"]) for row in rows("schedules")),
    }


def _gcore(state: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    def rows(kind: str) -> list[dict[str, t.Any]]:
        return [row for shelf in state[kind].values() for row in shelf.values()]

    names = {row["id"]: row["name"] for row in rows("security_groups")}
    schedules = rows("schedules")
    return {
        "servers": sorted(
            (row["name"], [sorted(names[group] for group in port["security_groups"]) for port in row["ports"]], len(row["volumes"]))
            for row in rows("instances")
        ),
        "firewalls": sorted((row["name"], row["description"], sorted(_plain(rule) for rule in row["rules"])) for row in rows("security_groups")),
        "volumes": len(rows("volumes")),
        "backups": sorted((row["status"], row["bootable"]) for row in rows("snapshots")),
        "schedules": sorted(
            (
                row["name"],
                row["status"],
                len(row["volume_ids"]),
                sorted((each["hour"], each["max_quantity"]) for each in schedules if each["policy_id"] == row["id"]),
            )
            for row in rows("policies")
        ),
    }


def _hosterapi(state: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "servers": sorted((row["vmid"], row["state"]) for row in state["servers"].values()),
        "backups": sorted(len(row["backups"]) for row in state["servers"].values()),
    }


def _hostwinds(state: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"servers": sorted((row["row"]["srvrname"], row["firewall"]) for row in state["servers"].values())}


_ACCOUNTS: t.Final[t.Mapping[str, t.Callable[[t.Any], dict[str, t.Any]]]] = {"hostwinds": _hostwinds, "civo": _civo, "gcore": _gcore, "hosterapi": _hosterapi}


# -- the scenarios ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """One write of one module at one provider.

    Args:
        arrange: makes what there has to be before, and returns the options of the task.
        sends: the operations that write, in order.
        always: whether each run acts.
        leaves: whether a run that fails half-way leaves something that costs money, and tells it.
        costs: whether it spends money, so that it is never to be sent twice, by a killed run and the next one neither.
        secrets: what must not be told anywhere, besides the token.
    """

    provider: str
    module: str
    write: str
    arrange: t.Callable[[Stage], Options]
    sends: tuple[str, ...]
    always: bool = False
    leaves: bool = False
    costs: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What tests are called by."""
        return f"{self.provider}-{self.module}-{self.write}"

    @property
    def number(self) -> int:
        """Any number, always the same; for faults of which each scenario gets another one."""
        return zlib.crc32(self.id.encode("utf-8"))


def _named(stage: Stage) -> Options:
    return {"instance": stage.server(), "hostname": MAIL}


def _unnamed(stage: Stage) -> Options:
    server = stage.server()
    stage.made("rdns", instance=server, hostname=MAIL)
    return {"instance": server, "state": "absent"}


def _created(stage: Stage) -> Options:
    return {"name": "fw", "rules": [SSH, WEB, LAN]}


def _created_for(stage: Stage) -> Options:
    return {"name": "fw", "rules": [SSH], "instances": [stage.server()]}


def _changed(before: list[Options], after: list[Options]) -> t.Callable[[Stage], Options]:
    def arrange(stage: Stage) -> Options:
        stage.made("firewall", name="fw", rules=before)
        return {"name": "fw", "rules": after}

    return arrange


def _described(stage: Stage) -> Options:
    stage.made("firewall", name="fw", rules=[SSH])
    return {"name": "fw", "description": "front"}


def _renamed(stage: Stage) -> Options:
    return {"id": stage.made("firewall", name="fw", rules=[SSH])["id"], "name": "front"}


def _attached(stage: Stage) -> Options:
    stage.made("firewall", name="fw", rules=[SSH])
    return {"name": "fw", "instances": [stage.server()]}


def _profiled(stage: Stage) -> Options:
    return {"name": "web", "instances": [stage.server()]}


def _detached(stage: Stage) -> Options:
    server = stage.server()
    stage.made("firewall", name="fw", rules=[SSH], instances=[server])
    elsewhere = {"detach_to": "default-default"} if stage.provider == "civo" else {}
    return {"name": "fw", "instances": [], "purge_instances": True, "allow": ["detach"], **elsewhere}


def _deleted(stage: Stage) -> Options:
    stage.made("firewall", name="fw", rules=[SSH])
    return {"name": "fw", "state": "absent"}


def _deleted_in_use(stage: Stage) -> Options:
    options = _detached(stage)
    return {key: value for key, value in options.items() if key in ("name", "allow", "detach_to")} | {"state": "absent"}


def _backed_up(stage: Stage) -> Options:
    return {"instance": stage.server(), "max_age": "24h"}


def _backed_up_by_name(stage: Stage) -> Options:
    return {"instance": stage.server(), "name": "before-upgrade"}


def _backed_up_anew(stage: Stage) -> Options:
    server = stage.server()
    stage.backups(1, instance=server, name="nightly")
    stage.pass_time(25 * 3600)
    return {"instance": server, "name": "nightly", "max_age": "24h"}


def _both_volumes(stage: Stage) -> Options:
    server = stage.server()
    stage.data_volume(server)
    return {"instance": server, "max_age": "24h"}


def _rotated(stage: Stage) -> Options:
    server = stage.server()
    stage.backups(2, instance=server)
    stage.pass_time(25 * 3600)
    return {"instance": server, "max_age": "24h", "keep": 2}


def _pruned(stage: Stage) -> Options:
    server = stage.server()
    stage.backups(2, instance=server)
    return {"instance": server, "max_age": "24h", "keep": 1}


def _backup_deleted(stage: Stage) -> Options:
    server = stage.server()
    return {"instance": server, "id": stage.backups(1, instance=server)[0], "state": "absent"}


def _restored(stage: Stage) -> Options:
    server = stage.server()
    return {"instance": server, "id": stage.backups(1, instance=server)[0], "state": "restored", "restore_to": "in_place", "allow": ["rebuild"]}


def _restored_anew(stage: Stage) -> Options:
    return {**_restored(stage), "restore_to": "new", "new_name": "web2"}


def _data_backup(stage: Stage) -> tuple[str, str, dict[str, t.Any]]:
    server = stage.server()
    volume = stage.data_volume(server)
    parts = stage.made("backup", instance=server)["parts"]
    stage.first = [str(part["id"]) for part in parts]
    return server, str(parts[1]["id"]), volume


def _volume_restored(stage: Stage) -> Options:
    server, part, volume = _data_backup(stage)
    with stage.own.lock:
        stage.own.detach_volume(SCOPE, volume)
    return {"instance": server, "id": part, "state": "restored", "restore_to": "in_place", "allow": ["rebuild"]}


def _volume_restored_anew(stage: Stage) -> Options:
    server, part, _volume = _data_backup(stage)
    return {"instance": server, "id": part, "state": "restored", "restore_to": "new", "allow": ["rebuild"]}


NIGHTLY = {"name": "nightly", "cron": "0 3 29 2 *", "keep": 3}  # never within the time of a test


def _scheduled(stage: Stage) -> Options:
    return {"instance": stage.server(), "schedule": NIGHTLY}


def _rescheduled(change: Options) -> t.Callable[[Stage], Options]:
    def arrange(stage: Stage) -> Options:
        server = stage.server()
        stage.made("backup", instance=server, schedule=NIGHTLY)
        return {"instance": server, "schedule": {**NIGHTLY, **change}}

    return arrange


def _unscheduled(stage: Stage) -> Options:
    server = stage.server()
    stage.made("backup", instance=server, schedule=NIGHTLY)
    return {"instance": server, "schedule": {"name": "nightly"}, "state": "absent"}


def _scenarios() -> t.Iterator[Scenario]:
    for provider, operation in (("hostwinds", "set_rdns"), ("civo", "instances.update"), ("hosterapi", "server_rdns")):
        yield Scenario(provider, "rdns", "set", _named, (operation,))
    yield Scenario("civo", "rdns", "absent", _unnamed, ("instances.update",))
    yield Scenario("hostwinds", "firewall", "attach", _profiled, ("set_instance_firewall",))
    yield from _firewalls("civo", create="firewalls.create", rename="firewalls.rename", attach="instances.set_firewall", detach="instances.set_firewall")
    yield from _firewalls(
        "gcore",
        create="security_groups.create",
        rename="security_groups.update",
        attach="instances.assign_security_group",
        detach="instances.unassign_security_group",
    )
    yield Scenario("gcore", "firewall", "describe", _described, ("security_groups.update",))
    create, delete = "instance_snapshots.create", "instance_snapshots.delete"
    yield from _kept_backups("civo", create, delete)
    restore = "instance_snapshots.restore"
    yield Scenario("civo", "backup", "restore in place", _restored, (restore,), always=True)
    yield Scenario("civo", "backup", "restore to new", _restored_anew, (restore,), always=True)
    make, alter, drop = (f"snapshot_schedules.{verb}" for verb in ("create", "update", "delete"))
    yield from _schedules("civo", make, (make, drop), (alter,), drop)
    yield from _kept_backups("gcore", "snapshots.create", "snapshots.delete")
    yield Scenario("gcore", "backup", "create of two volumes", _both_volumes, ("snapshots.create",) * 2, leaves=True)
    yield Scenario("gcore", "backup", "restore in place", _volume_restored, ("volumes.revert",), always=True)
    yield Scenario("gcore", "backup", "restore to new", _restored_anew, ("instances.create",), always=True)
    yield Scenario("gcore", "backup", "restore to a new volume", _volume_restored_anew, ("volumes.create", "volumes.attach"), always=True, leaves=True)
    yield from _schedules(
        "gcore",
        "lifecycle_policies.create",
        ("lifecycle_policies.add_schedules", "lifecycle_policies.remove_schedules"),
        ("lifecycle_policies.update",),
        "lifecycle_policies.delete",
    )
    yield Scenario("hosterapi", "backup", "create", _backed_up, ("backups_create",))
    yield Scenario("hosterapi", "backup", "restore in place", _restored, ("backups_restore",), always=True)


def _firewalls(provider: str, *, create: str, rename: str, attach: str, detach: str) -> t.Iterator[Scenario]:
    delete = create.replace("create", "delete")
    add, drop = ("firewalls.rules.create",), ("firewalls.rules.delete",)
    whole = ("security_groups.update",)
    civo = provider == "civo"
    yield Scenario(provider, "firewall", "create", _created, (create,))
    yield Scenario(provider, "firewall", "create for a server", _created_for, (create, attach))
    yield Scenario(provider, "firewall", "add a rule", _changed([SSH], [SSH, LAN]), add if civo else whole)
    yield Scenario(provider, "firewall", "remove a rule", _changed([SSH, LAN], [SSH]), drop if civo else whole)
    yield Scenario(provider, "firewall", "replace a rule", _changed([SSH, {"ports": "80"}], [SSH, {"ports": "81"}]), (*add, *drop) if civo else whole)
    relabelled = _changed([{**SSH, "description": "first"}], [{**SSH, "description": "second"}])
    yield Scenario(provider, "firewall", "relabel a rule", relabelled, (*add, *drop) if civo else whole)
    yield Scenario(provider, "firewall", "rename", _renamed, (rename,))
    yield Scenario(provider, "firewall", "attach", _attached, (attach,))
    yield Scenario(provider, "firewall", "detach", _detached, (detach,))
    yield Scenario(provider, "firewall", "delete", _deleted, (delete,))
    yield Scenario(provider, "firewall", "delete in use", _deleted_in_use, (detach, delete))


def _kept_backups(provider: str, create: str, delete: str) -> t.Iterator[Scenario]:
    yield Scenario(provider, "backup", "create", _backed_up, (create,))
    yield Scenario(provider, "backup", "create by name", _backed_up_by_name, (create,))
    yield Scenario(provider, "backup", "create the next of a name", _backed_up_anew, (create,))
    yield Scenario(provider, "backup", "create and keep", _rotated, (create, delete))
    yield Scenario(provider, "backup", "keep", _pruned, (delete,))
    yield Scenario(provider, "backup", "delete", _backup_deleted, (delete,))


def _schedules(provider: str, create: str, change: tuple[str, ...], pause: tuple[str, ...], delete: str) -> t.Iterator[Scenario]:
    yield Scenario(provider, "backup", "create a schedule", _scheduled, (create,))
    yield Scenario(provider, "backup", "change a schedule", _rescheduled({"cron": "0 4 29 2 *"}), change)
    yield Scenario(provider, "backup", "pause a schedule", _rescheduled({"paused": True}), pause)
    yield Scenario(provider, "backup", "delete a schedule", _unscheduled, (delete,))


SCENARIOS: t.Final[t.Mapping[str, Scenario]] = {scenario.id: scenario for scenario in _scenarios()}

# Why a row cannot happen in a scenario; the second is a pattern.
_NO_SERVERS = "the task names no server"
_ALWAYS = "a restore acts on each run"
_SERVERLESS = (*(f"*-firewall-{write}" for write in ("create", "* a rule", "rename", "describe", "detach", "delete", "delete in use")),)
NOT_POSSIBLE: t.Final[t.Mapping[tuple[str, str], str]] = {
    ("second run", "*-backup-restore*"): _ALWAYS,
    **{("not there yet", pattern): _NO_SERVERS for pattern in _SERVERLESS},
    **{("two servers", pattern): _NO_SERVERS for pattern in _SERVERLESS},
    ("not there yet", "*-rdns-absent"): "what is not there has no name to take away",
    ("not there yet", "*-backup-delete*"): "what is not there has nothing to delete",
    ("not there yet", "civo-backup-restore*"): "the id of a backup is known once it is there",
    ("not there yet", "gcore-backup-restore*"): "the id of a backup is known once it is there",
    **{
        ("no effect", f"{provider}-rdns-set"): "DNS may show it late; the result is not verified and a warning says so"
        for provider in ("hostwinds", "hosterapi")
    },
    ("no effect", "*-backup-restore in place"): "nothing but the end of it can be seen of a restore in place",
    ("vanished", "*-firewall-create"): "nothing is there yet",
    ("two servers", "hosterapi-*"): "machines have no names; the ledger ties one name to one id",
    ("unknown place", "hostwinds-*"): "names are account-wide and locations cannot be listed",
    ("unknown place", "hosterapi-*"): "there are neither regions nor projects",
}

MATRIX = Matrix(ROWS, SCENARIOS, NOT_POSSIBLE)
every = MATRIX.every


_OUTCOMES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {}


def outcome(stage: Stage) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The account before the task of a scenario and after it; leaves an arranged account behind."""
    if stage.scenario.id not in _OUTCOMES:
        before = stage.play().account()
        stage.play().done()
        _OUTCOMES[stage.scenario.id] = before, stage.account()
    stage.play()
    return _OUTCOMES[stage.scenario.id]
