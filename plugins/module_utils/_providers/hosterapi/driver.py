# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HosterAPI.de driver.

Its VMs have no names: the only identity is the integer id, and names are what the ledger ties to ids. Sections and
readings (HA-n) are those of the provider's contract.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t
from dataclasses import replace

from ..._core.errors import (
    ConflictError,
    ContradictionError,
    LedgerError,
    NotAppliedError,
    NotFoundError,
    OperationFailedError,
    OptionError,
    OutcomeUnknownError,
    QuotaError,
    TransientError,
)
from ..._core.model import DONE, RUNNING, STOPPED, Instance, Outcome, Ref
from ..._core.normalise import integer, text
from ..._core.together import side_by_side
from ..._core.wait import Operation
from ..._http.client import Call
from ..._ledger import LIVE, ORDERING, Entry, Ledger
from ..agreement import agreed
from ..base import Context, Driver, Lookup, Order, Receipt, Wish
from . import api, mapping
from .mapping import plain_id, software_of
from .orders import in_order, own_share, unexplained
from .profile import PROFILE

if t.TYPE_CHECKING:
    from ..operations import Operations

LONGEST_NAME = 255
YOUNGEST = 2.0  # seconds of uptime, which is told in whole ones, that a server needs for a reboot to show
UPTIME_GRACE = 30.0  # seconds that a running server may take to tell its uptime
SIGNAL_PAUSE = 1.0  # seconds before a refused power signal is sent once more
ADOPTION = "Adopt each with vps_instance (its id together with a name), or run the playbook polyhost.cloud.ledger_init"


class HosterapiDriver(Driver):
    """The verbs of HosterAPI.de."""

    PROFILE = PROFILE
    stops_before_delete = True  # HA-11

    @classmethod
    def operations(cls) -> Operations:
        """Where a user finds each operation of the API."""
        from .operations import OPERATIONS

        return OPERATIONS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.client = context.client(api.authorise(context.connection.token), api.classify, api.BACKOFF)
        self._name: str | None = None
        self._by_id = False
        self._ids: frozenset[str] | None = None
        self._templates: tuple[str, ...] | None = None

    # -- identity ---------------------------------------------------------------------------------------------------

    def check(self, wish: Wish) -> None:
        """Refuse a name without a ledger (HA-28), a name that is none, and an id that is no number."""
        self._name, self._by_id = wish.name, wish.id is not None
        if wish.id is not None:
            plain_id(wish.id)
        if wish.name is None:
            return
        self._named_ledger()
        if len(wish.name) > LONGEST_NAME or not wish.name.isprintable():
            raise OptionError(f"name must be printable text of at most {LONGEST_NAME} characters", hint="Choose another name.", option="name")

    def _named_ledger(self) -> Ledger:
        ledger = self.context.ledger
        if ledger is None:
            raise OptionError(
                f"name needs a ledger, since {api.TITLE} has no names for servers",
                hint="Set the option ledger (or VPS_LEDGER) to the path of a file that ties names to ids, or give the id and no name.",
                option="ledger",
            )
        return ledger

    def _names(self) -> dict[str, str]:
        """The names of the ledger by id."""
        ledger = self.context.ledger
        entries = ledger.entries(self.ledger_scope(None)) if ledger else []
        return {str(entry.id): entry.name for entry in entries if entry.state == LIVE}

    def _bind(self, sid: str, name: str) -> None:
        self._named_ledger().write(self.ledger_scope(None), Entry(LIVE, name, id=sid))

    def _unbind(self, sid: str, keep: str | None = None) -> None:
        """Drop the names of a server, save the one to keep."""
        ledger = self.context.ledger
        if ledger is None:
            return
        for entry in ledger.entries(self.ledger_scope(None)):
            if entry.state == LIVE and entry.id == sid and entry.name != keep:
                ledger.drop(self.ledger_scope(None), entry.name)

    def _forget(self, sid: str) -> None:
        """Drop what the ledger has about a server that is gone."""
        self._unbind(sid)
        self._forget_software(sid)

    def _forget_software(self, sid: str) -> None:
        if self.context.ledger:
            self.context.ledger.unmark(self.ledger_scope(None), software_of(sid))

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Lookup:
        """The server that the ledger ties to this name.

        Raises:
            LedgerError: there is no ledger yet, though the account has servers: nobody knows which of them has this name.
        """
        ledger = self._named_ledger()
        scope = self.ledger_scope(None)
        entry = ledger.entry(scope, name)
        if entry is not None and entry.state == LIVE:
            found = self.get(str(entry.id))
            if found is not None:
                return Lookup((replace(found, name=name),), frozenset({str(found.id)}))
            ledger.drop(scope, name)
        elif self._by_id:  # adoption and renaming only ask whether the name is taken, and may start a ledger
            return Lookup((), frozenset())
        ids = self._server_ids()
        if ids and not ledger.exists:
            raise LedgerError(
                f"The ledger {ledger.path} does not exist, but the account has servers that it would name: {', '.join(in_order(ids))}",
                hint=f"Restore it, or name the right file in the option ledger. {ADOPTION}.",
                ids=in_order(ids),
            )
        return Lookup((), ids)

    def get(self, instance_id: str) -> Instance | None:
        """The server of this id; None when the provider neither knows nor lists it.

        Raises:
            ContradictionError: it lists the server and does not know it: it is coming or going.
        """
        sid = plain_id(instance_id)
        return agreed(self.context, lambda: self._look_up(sid))

    def _look_up(self, sid: str, *, with_status: bool = True) -> Instance | None:
        try:
            return self._instance(sid, self._names(), with_status=with_status)
        except NotFoundError:
            if sid in self._server_ids(fresh=True):
                message = f"{api.TITLE} lists the server {sid} and says that it does not exist: it is being made or deleted"
                raise ContradictionError(message, hint="Run the task again in a minute.", id=sid) from None
            return None

    def peek(self, instance_id: str, fields: t.Collection[str] = ()) -> Instance | None:
        """Identity alone costs no call, unless a name in the ledger looks like this id; addresses cost one."""
        sid, names = plain_id(instance_id), self._names()
        if set(fields) - {"addresses"}:
            return self.get(sid)
        if fields or sid in names.values():
            return agreed(self.context, lambda: self._look_up(sid, with_status=False))
        return Instance(PROFILE.name, self.account(), id=sid, name=names.get(sid))

    def list_all(self) -> list[Instance]:
        """Every server; one that is deleted meanwhile is left out (HA-27)."""
        names = self._names()
        reads = [functools.partial(self._listed, sid, names) for sid in in_order(self._server_ids(fresh=True))]
        return [instance for instance in side_by_side(reads, self.client.in_flight) if instance is not None]

    def overview(self) -> None:
        """The list tells ids only: each server is read by itself."""
        return None

    def _listed(self, sid: str, names: t.Mapping[str, str]) -> Instance | None:
        try:
            return self._instance(sid, names)
        except NotFoundError:
            return None

    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        """The VM templates, whose names are all there is."""
        if kind != "images":
            raise self.unsupported(kind)
        return [{"id": name, "name": name, "region": None} for name in self._template_names()]

    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        """A template by its exact name."""
        if kind != "image":
            raise self.unsupported(kind)
        return Ref(None, self._template(wanted))

    def _instance(self, sid: str, names: t.Mapping[str, str], *, with_status: bool = True) -> Instance:
        config = self.send(api.CONFIG, sid)
        status = self.send(api.STATUS, sid) if with_status else {}
        return mapping.instance(sid, config, status, name=names.get(sid), account=self.account())

    def _present(self, instance: Instance) -> Instance:
        now = self.get(str(instance.id))
        if now is None:
            raise NotFoundError(f"{self.label(instance)} vanished", id=instance.id)
        return now

    def _server_ids(self, *, fresh: bool = False) -> frozenset[str]:
        if self._ids is None or fresh:
            self._ids = frozenset(str(integer(item)) for item in self.send(api.LIST))
        return self._ids

    def _template_names(self) -> tuple[str, ...]:
        if self._templates is None:
            names = [text(item) for item in self.send(api.TEMPLATES)]
            self._templates = tuple(dict.fromkeys(name for name in names if name))
        return self._templates

    def _template(self, wanted: str) -> str:
        if wanted not in self._template_names():
            error = self.missing("image", wanted, "its VM templates", self._template_names())
            del error.facts["missing"]  # no task can make a template, so check mode refuses it as well
            raise error
        return wanted

    def send(self, call: Call, sid: str | None = None, body: t.Mapping[str, t.Any] | None = None, *, job_id: str | None = None) -> t.Any:
        """Send a call about a machine or a job, or about neither; what its envelope holds."""
        named = {"sid": sid, "jobId": job_id}
        return api.payload(self.client.send(call, {name: value for name, value in named.items() if value}, json_body=body))

    # -- comparing --------------------------------------------------------------------------------------------------

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        """Refuse a smaller disk (section 10); what grows costs money. No restart is sent."""
        disk = changes.get("disk_gb")
        if disk is not None and instance.disk_gb is not None and disk < instance.disk_gb:
            raise OptionError(
                f"disk_gb: {self.label(instance)} has {instance.disk_gb} GB, and a disk at {api.TITLE} can only grow",
                hint=f"Ask for at least {instance.disk_gb}, or leave disk_gb out.",
                option="disk_gb",
            )
        cost = any(wanted > (getattr(instance, name, None) or 0) for name, wanted in changes.items())
        return {"price": None, "needs": ["cost"] if cost else [], "effect": "none", "cost": cost, "predicted": {}}

    def predict_rebuild(self, instance: Instance, image: str | None) -> dict[str, t.Any]:
        """The new template, checked against the list; without one it stays."""
        return {"image": self._template(image)} if image else {}

    # -- ordering ---------------------------------------------------------------------------------------------------

    def order(self, wish: Wish) -> Order:
        """Check template and ledger, and write the order down.

        Raises:
            OptionError: there is no such template.
            LedgerError: a server of the account is in no entry of the ledger, so an order may have been forgotten.
        """
        if wish.ledger_unknown != "ignore":
            self._refuse_strangers()
        size = {name: wish.fields[name] for name in ("cpu", "memory_mb", "disk_gb")}
        traits = {"image": self._template(wish.fields["image"]), **size, "ip_count": wish.fields.get("ip_count", 1)}
        return Order(mapping.to_wire(traits), None, predicted={"image": traits["image"], **size}, traits=traits)

    def _refuse_strangers(self) -> None:
        """Stop when the account has servers that no entry explains.

        The second look is for what other tasks made or deleted between the reads of account and ledger.
        """
        ledger = self._named_ledger()
        owned: set[str] = set()
        strangers: list[str] = []
        for fresh in (False, True):
            ids = self._server_ids(fresh=fresh)
            entries = ledger.entries(self.ledger_scope(None))
            owned |= {str(entry.id) for entry in entries if entry.id}
            strangers = unexplained(ids - owned, [entry for entry in entries if entry.open])
            if not strangers:
                return
        raise LedgerError(
            f"The account has servers that are in no entry of the ledger {ledger.path}: {', '.join(strangers)}; this task might order one of them again",
            hint=f"{ADOPTION}. To create nevertheless: ledger_unknown: ignore.",
            ids=strangers,
        )

    def place(self, order: Order) -> Receipt:
        """Send the order; the answer names a job."""
        self._ids = None
        return Receipt(operation_id=api.job_of(self.send(api.CREATE, body=order.body)))

    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        """Await the job, whose output alone tells id and password (section 5.1).

        The operation raises NotFoundError when the job is not known any more or does not tell the id.
        """
        job_id = str(receipt.operation_id)

        def check() -> Outcome | None:
            output = self.job_output(job_id)
            if output is None:
                return None
            sid = integer(output.get("vmid"))
            if sid is None:
                raise NotFoundError(f"{api.TITLE}: job {job_id} is finished and does not tell which server it made", operation_id=job_id)
            return Outcome(str(sid), self._credentials(output))

        return self.operation(f"creation of a server at {api.TITLE} (job {job_id})", check, operation_id=job_id)

    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        """The new servers in no ledger entry that are configured as ordered (section 6, 4) and cannot be another open order's.

        Their status is not read. The ledger is read after the list: what another task binds in between is then taken,
        and what it orders in between is known to be on its way.
        """
        ids = self._server_ids(fresh=True)
        ledger = self.context.ledger
        entries = ledger.entries(self.ledger_scope(None)) if ledger else []
        alike = [entry for entry in entries if entry.open and dict(entry.traits) == dict(traits)]
        own = next((entry for entry in alike if entry.name == self._name), Entry(ORDERING, ""))
        mine = replace(own, known_ids=tuple(known_ids))
        rivals = [entry for entry in alike if entry is not own]
        unclaimed = ids - {entry.id for entry in entries}
        fitting = self._configured(traits, {sid for sid in unclaimed if any(sid not in entry.known_ids for entry in (mine, *rivals))})
        unclear = self._unclear(rivals, fitting) if fitting else None
        return [fitting[sid] for sid in own_share(mine, unclear, list(fitting))] if unclear is not None else []

    def _configured(self, traits: t.Mapping[str, t.Any], ids: t.Collection[str]) -> dict[str, Instance]:
        """Those of C(ids) with this configuration."""
        fitting = {}
        for sid in in_order(ids):
            with contextlib.suppress(NotFoundError):
                config = self.send(api.CONFIG, sid)
                if mapping.traits(config) == dict(traits):
                    fitting[sid] = mapping.instance(sid, config, {}, name=None, account=self.account())
        return fitting

    def _unclear(self, rivals: t.Sequence[Entry], fitting: dict[str, Instance]) -> list[Entry] | None:
        """The other open orders that may have made any of C(fitting), less what their jobs tell.

        None while such a job runs, or while the answer to such an order is on its way: it may tell of one of them.
        """
        unclear = []
        for rival in rivals:
            if not rival.operation_id and not rival.unclear and self._named_ledger().held(self.ledger_scope(None), rival.name):
                return None
            try:
                output = self.job_output(rival.operation_id) if rival.operation_id else {}
            except NotFoundError:
                output = {}
            except (OperationFailedError, QuotaError):
                continue
            if output is None:
                return None
            sid = integer(output.get("vmid"))
            if sid is None:
                unclear.append(rival)
            else:
                fitting.pop(str(sid), None)
        return unclear

    def job_output(self, job_id: str) -> dict[str, t.Any] | None:
        """What a finished job brought, empty when it is no object; None while it is not finished.

        Raises:
            OperationFailedError, QuotaError: it failed.
            NotFoundError: the provider does not know it any more, so what became of it is not known.
        """
        job = self.send(api.JOB, job_id=job_id)
        status = (text(job["status"]) or "").lower()
        if status == "failed":
            raise api.job_failure(job_id, job.get("output"))
        if status != "finished":
            return None
        output = job.get("output")
        return output if isinstance(output, dict) else {}

    def _credentials(self, output: t.Mapping[str, t.Any]) -> dict[str, str | None] | None:
        credentials = mapping.credentials(output)
        if credentials:
            self.client.redactor.add(credentials["password"])
        return credentials

    # -- verbs ------------------------------------------------------------------------------------------------------

    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        """Delete; a running server only with C(stop_mode: hard), which sends C(force) (HA-11)."""
        try:
            self.send(api.DELETE, str(instance.id), {"force": True} if wish.stop_mode == "hard" else None)
        except NotFoundError:
            self._forget(str(instance.id))
            return None
        except OutcomeUnknownError:
            if not self._is_denied(str(instance.id)):
                raise
        return self.gone(instance)

    def _is_denied(self, sid: str) -> bool:
        """Whether the provider does not know the id any more, though its list may still have it."""
        with contextlib.suppress(TransientError):
            try:
                self.send(api.CONFIG, sid)
            except NotFoundError:
                return True
        return False

    def gone(self, instance: Instance) -> Operation:
        """Await that the id leaves the list."""
        sid = str(instance.id)

        def check() -> Outcome | None:
            if sid in self._server_ids(fresh=True):
                return None
            self._forget(sid)
            return DONE

        return self.operation(f"deletion of {self.label(instance)}", check, instance_id=sid)

    def start(self, instance: Instance) -> Operation | None:
        """Power on."""
        return self._switch("start", instance, _is_running, api.START)

    def stop(self, instance: Instance, mode: str) -> Operation | None:
        """Shut down; a guest may ignore that, so C(graceful_then_hard) stops it hard after half of the time."""
        if mode == "hard":
            return self._switch("stop", instance, _is_stopped, api.STOP)
        return self._switch("shutdown", instance, _is_stopped, api.SHUTDOWN, api.STOP if mode == "graceful_then_hard" else None)

    def restart(self, instance: Instance, mode: str) -> Operation | None:
        """Reboot, which only the uptime shows (section 5.2): it is smaller than before, or than the time since the call.

        Where none is told for a while, the reboot is taken to have happened, with a warning, and nothing is sent after it.
        """
        before = instance.facts.get("uptime")
        clock = self.context.waiter.clock
        if before is not None and before < YOUNGEST:
            self.context.waiter.pause(YOUNGEST - before)
        sent, patience = clock.now(), min(UPTIME_GRACE, self.context.deadline.seconds / 4)

        def rebooted(now: Instance) -> bool:
            uptime = now.facts.get("uptime")
            if uptime is None and before is None and _is_running(now) and clock.now() - sent >= patience:
                self.context.warn(f"{api.TITLE} accepted the restart of {self.label(instance)} and tells no uptime, so whether it happened was not seen")
                return True
            younger = uptime is not None and (uptime <= clock.now() - sent or (before is not None and uptime < before))
            return _is_running(now) and younger

        if mode == "hard":
            return self._switch("reboot", instance, rebooted, api.REBOOT_FORCE)
        return self._switch("reboot", instance, rebooted, api.REBOOT, api.REBOOT_FORCE if mode == "graceful_then_hard" else None)

    def _switch(self, what: str, instance: Instance, reached: t.Callable[[Instance], bool], call: Call, fallback: Call | None = None) -> Operation:
        """Send a power call and await its effect; the fallback goes out once, after half of the task's time."""
        sid = str(instance.id)

        def is_reached() -> bool:
            return reached(self._present(instance))

        self.signal(call, sid, is_reached)
        deadline = self.context.deadline
        pending = fallback

        def reached_or_forced(now: Instance) -> bool:
            nonlocal pending
            if reached(now):
                return True
            if pending is not None and deadline.elapsed >= deadline.seconds / 2:
                with contextlib.suppress(OutcomeUnknownError):  # the next poll shows what became of it
                    self.signal(pending, sid, is_reached)
                pending = None
            return False

        return self.until(what, instance, reached_or_forced)

    def signal(self, call: Call, sid: str, is_reached: t.Callable[[], bool]) -> None:
        """Send a power call, and once more if the hypervisor refused it and a look shows that it is still due (section 4)."""
        try:
            self.send(call, sid)
        except ConflictError as exc:
            if exc.facts.get("provider_code") != api.SIGNAL_REFUSED:
                raise
            self.context.waiter.pause(SIGNAL_PAUSE)
            if not is_reached():
                self.send(call, sid)

    def rename(self, instance: Instance, name: str) -> Operation | None:
        """Tie the server to a name in the ledger (adoption); the provider has no names."""
        self._bind(str(instance.id), name)
        self._unbind(str(instance.id), keep=name)
        return None

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        """Send what differs; the answer may be a job, and the configuration is the proof (HA-8).

        The operation raises NotAppliedError when the deadline passes and the configuration is still another one.
        """
        sid = str(instance.id)
        job_id = api.job_of(self.send(api.CHANGE, sid, mapping.to_wire(changes)))

        def check() -> Outcome | None:
            nonlocal job_id
            if job_id is not None:
                with contextlib.suppress(NotFoundError):  # a forgotten job is over; the configuration tells how it ended
                    if self.job_output(job_id) is None:
                        return None
                job_id = None
            shown = mapping.traits(self.send(api.CONFIG, sid))
            late = sorted(name for name, wanted in changes.items() if shown[name] != wanted)
            if late and self.context.deadline.passed:
                raise NotAppliedError(
                    f"{api.TITLE} accepted the change of {', '.join(late)} of {self.label(instance)}, but it was not applied in time",
                    hint="It may need a restart: run a task with state: restarted, then this one again.",
                    id=sid,
                )
            return None if late else Outcome(sid)

        return self.operation(f"change of {', '.join(sorted(changes))} of {self.label(instance)}", check, operation_id=job_id, instance_id=sid)

    def rebuild(self, instance: Instance, image: str | None) -> Operation | None:
        """Reinstall, with the same template unless another one is given; the job brings a new password."""
        sid = str(instance.id)
        try:
            job_id = str(api.job_of(self.send(api.REINSTALL, sid, {"template": image} if image else None)))
        except OutcomeUnknownError:
            self._forget_software(sid)  # which may be gone
            raise
        self._forget_software(sid)

        def check() -> Outcome | None:
            try:
                output = self.job_output(job_id)
            except NotFoundError as exc:
                raise OutcomeUnknownError(
                    f"{api.TITLE} does not know job {job_id} any more, so whether {self.label(instance)} was reinstalled is not known",
                    hint="Look at the server; reset_password: true makes a new password.",
                    **exc.facts,
                ) from exc
            if output is None:
                return None
            now = str(integer(output.get("vmid")) or sid)
            if now != sid and instance.name:  # HA-18: the output is believed
                self._bind(now, instance.name)
            return Outcome(now, self._credentials(output))

        return self.operation(f"reinstallation of {self.label(instance)}", check, operation_id=job_id, instance_id=sid)

    def set_rdns(self, instance: Instance, address: str, hostname: str | None) -> None:
        """Write the name of an IPv4 address, which no call reads (section 11)."""
        self.send(api.RDNS, str(instance.id), {"ip": address, "hostname": hostname})

    def reset_password(self, instance: Instance) -> Operation | None:
        """Let the provider make a new password; it comes with the answer."""
        outcome = Outcome(instance.id, self._credentials(self.send(api.PASSWORD_RESET, str(instance.id))))
        return self.operation(f"password reset of {self.label(instance)}", lambda: outcome, instance_id=instance.id)


def _is_running(instance: Instance) -> bool:
    return instance.status == RUNNING


def _is_stopped(instance: Instance) -> bool:
    return instance.status == STOPPED
