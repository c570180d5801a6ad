# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Hostwinds driver: names are account-wide and not unique, success means queued, and first reads may be stale.

Section numbers and HW-n are those of the provider's contract.
"""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import replace

from ..._core.errors import (
    AmbiguousError,
    ConflictError,
    ContradictionError,
    NotAppliedError,
    NotFoundError,
    OptionError,
    OutcomeUnknownError,
    RejectedError,
    TransientError,
    WaitTimeoutError,
)
from ..._core.model import ABSENT, DELETING, DONE, ERROR, RESCUE, RUNNING, STOPPED, SUSPENDED, Instance, Outcome, Ref
from ..._core.normalise import text
from ..._core.plan import RESTART
from ..._core.together import side_by_side
from ..._core.wait import Deadline, Operation
from ..agreement import agreed
from ..base import Context, Driver, Listing, Lookup, Order, Overview, Receipt, Wish
from . import mapping
from .api import Api, Row
from .catalogue import Catalogue
from .options import check_fields, check_id, check_name, check_region, custom_form, custom_values
from .profile import PROFILE
from .upgrade import Upgrade

if t.TYPE_CHECKING:
    from ..operations import Operations

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
Told = t.TypeVar("Told")
START_GRACE = 120.0  # seconds until an accepted request must show an effect (section 7)


class HostwindsDriver(Driver):
    """Virtual servers at Hostwinds."""

    PROFILE = PROFILE
    compared_sizes = ("size",)

    @classmethod
    def operations(cls) -> Operations:
        """Where a user finds each operation of the API."""
        from .operations import OPERATIONS

        return OPERATIONS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.api = Api(context)
        self.catalogue = Catalogue(self.api, self.missing)
        self._located: set[str] = set()  # ids that the account-wide name brought: their region is compared, not demanded
        self._ordered: set[str] = set()  # ids that an order made

    # -- the options alone ------------------------------------------------------------------------------------------

    def check(self, wish: Wish) -> None:
        """Refuse ids, names, regions and combinations that cannot be right, before any request."""
        if wish.id is not None:
            check_id(wish.id)
        if wish.name is not None:
            check_name(wish.name)
        check_region(self._region(wish))
        if wish.state == ABSENT:
            return
        if wish.fields.get("public_ip") is False:
            raise self.unsupported("public_ip")
        check_fields(wish.fields)

    def _region(self, wish: Wish) -> str | None:
        return wish.region or self.context.connection.region or None

    # -- identity (sections 4 and 8, HW-18) ---------------------------------------------------------------------------

    def find(self, name: str) -> Lookup:
        """Every server of exactly this name in the account; both lists have to answer.

        Raises:
            ContradictionError: a list shows a server of that name which cannot be read: it is coming or going.
        """
        return agreed(self.context, lambda: self.overview().find(name))

    def overview(self) -> Overview:
        """Both lists; a server that only one of them has, or of whose name they disagree, is looked at by itself where a name needs it.

        C(find) raises ContradictionError like C(find) of the driver, and at once.
        """
        full, short = self._id_set()
        bearers: dict[str, list[str]] = {}
        for key in {**full, **short}:
            for name in {text(row.get("srvrname")) for row in (full.get(key, {}), short.get(key, {}))} - {None}:
                bearers.setdefault(str(name), []).append(key)
        known_ids = frozenset({*full, *short})

        def get(instance_id: str) -> Instance | None:
            told = mapping.instance(full[instance_id], self.account()) if instance_id in full else None
            wanted = self.context.connection.region
            right = told and told.status != ABSENT and (not wanted or told.region in (wanted, None) or instance_id in self._located)
            return told if right else None

        return Overview(lambda name: self._look_up(name, bearers.get(name, ()), full, short, known_ids), get)

    def side_with(self, other: HostwindsDriver) -> None:
        """The ids that names brought."""
        self._located = other._located

    def _look_up(self, name: str, bearers: t.Sequence[str], full: t.Mapping[str, Row], short: t.Mapping[str, Row], known_ids: frozenset[str]) -> Lookup:
        matches = []
        for instance_id in bearers:
            match = self._listed_instance(instance_id, name, full, short)
            if match is None:
                raise self._contradiction(instance_id)
            if match.name == name and match.status != ABSENT:
                matches.append(match)
        self._located.update(str(match.id) for match in matches)
        return Lookup(tuple(matches), known_ids)

    def get(self, instance_id: str) -> Instance | None:
        """The server of this id; None only when it is in neither list and check_serviceid does not know it either."""
        check_id(instance_id)
        wanted = self.context.connection.region or None
        check_region(wanted)
        instance = self.fetch(instance_id)
        if instance and wanted and instance.region and instance.region != wanted and instance_id not in self._located:
            raise OptionError(
                f"id: {self.label(instance)} is in region {instance.region}, not in {wanted}",
                hint="Correct region, or leave it out.",
                option="region",
            )
        return instance

    def peek(self, instance_id: str, fields: t.Collection[str] = ()) -> Instance | None:
        """Identity alone costs no call."""
        if fields:
            return self.get(instance_id)
        check_id(instance_id)
        return Instance(PROFILE.name, self.account(), id=instance_id)

    def fetch(self, instance_id: str) -> Instance | None:
        """Like C(get), in any region.

        Raises:
            ContradictionError: a list shows what get_instance denies.
        """
        return agreed(self.context, lambda: self._fetch(instance_id))

    def _fetch(self, instance_id: str) -> Instance | None:
        try:
            instance = self._shown(instance_id)
        except NotFoundError:
            if self._is_listed(instance_id):
                raise self._contradiction(instance_id) from None
            return None
        return None if instance.status == ABSENT else instance

    def list_all(self) -> list[Instance]:
        """Every server in either list, in all locations unless the connection names one."""
        return [instance for listing in self.listings() for instance in listing.read()]

    def listings(self, regions: t.Sequence[str] = ()) -> list[Listing]:
        """One for all: the lists know no locations."""
        wanted = regions or ([self.context.connection.region] if self.context.connection.region else ())
        for region in wanted:
            check_region(region)
        return [Listing(None, functools.partial(self._list, wanted))]

    def _list(self, regions: t.Sequence[str]) -> list[Instance]:
        full, short = self._id_set()
        everything = [self._listed_instance(key, None, full, short) or mapping.instance(short[key], self.account()) for key in {**full, **short}]
        return [i for i in everything if i.status != ABSENT and (not regions or i.region in (*regions, None))]

    def of_each(self, servers: t.Sequence[Instance], read: t.Callable[[Instance], list[Told]]) -> list[Told]:
        """What C(read) tells of each server, side by side; one that goes meanwhile has nothing to tell.

        Raises:
            VpsError: any other read failed.
        """

        def unless_gone(server: Instance) -> list[Told]:
            if server.status == DELETING:
                return []
            try:
                return read(server)
            except NotFoundError:
                now = self.fetch(str(server.id))
                if now is not None and now.status != DELETING:
                    raise
                return []

        told = side_by_side([functools.partial(unless_gone, server) for server in servers], self.api.client.in_flight)
        return [each for several in told for each in several]

    def _id_set(self) -> tuple[dict[str, Row], dict[str, Row]]:
        full, short = side_by_side([self.api.instances, self.api.short_rows], self.api.client.in_flight)
        return full, short

    def _is_listed(self, instance_id: str) -> bool:
        """Whether anything in the account still knows the id; a deleted status counts as gone (HW-12)."""
        full, short = self._id_set()
        if instance_id in full and mapping.instance(full[instance_id], self.account()).status == ABSENT:
            return False
        return instance_id in full or instance_id in short or self.api.knows(instance_id)

    def _contradiction(self, instance_id: str) -> ContradictionError:
        message = f"{self.PROFILE.title} lists instance {instance_id} but cannot show it: it is being made or deleted"
        return ContradictionError(message, hint="Run the task again in a minute.", id=instance_id)

    def _shown(self, instance_id: str) -> Instance:
        return mapping.instance(self.api.instance(instance_id), self.account())

    @staticmethod
    def _named(name: str, full: t.Mapping[str, Row], short: t.Mapping[str, Row]) -> list[str]:
        """The ids that carry the name in either list: a new or changed name may be late in one of them (HW-8)."""
        return [key for key in {**full, **short} if name in (text(full.get(key, {}).get("srvrname")), text(short.get(key, {}).get("srvrname")))]

    def _listed_instance(self, instance_id: str, name: str | None, full: t.Mapping[str, Row], short: t.Mapping[str, Row]) -> Instance | None:
        """A listed server; where the full row is missing, or the lists disagree on the wanted name, get_instance decides.

        None when it cannot be shown.
        """
        row = full.get(instance_id)
        if row is not None and (name is None or instance_id not in short or text(row.get("srvrname")) == text(short[instance_id].get("srvrname"))):
            return mapping.instance(row, self.account())
        try:
            shown = self._shown(instance_id)
        except NotFoundError:
            return None
        return shown if shown.name else replace(shown, name=name or text(short.get(instance_id, {}).get("srvrname")))

    # -- what costs a call of its own -----------------------------------------------------------------------------------

    def read(self, instance: Instance, fields: t.Collection[str]) -> Instance:
        """Fill in C(size), C(firewalls), and C(addresses) beyond those of the row."""
        instance_id, read = str(instance.id), set(instance.not_read)
        if "addresses" in fields:
            instance = replace(instance, addresses=mapping.merged(instance.addresses, self.api.addresses(instance_id)))
        if "firewalls" in fields:
            profile = self.api.firewall_profile(instance_id)
            instance = replace(instance, firewalls=(mapping.profile(profile),) if profile else ())
            read.discard("firewalls")
        if "size" in fields:
            instance = replace(instance, size=self.catalogue.current_size(instance_id))
            if instance.size is not None:
                read.discard("size")
        return replace(instance, not_read=tuple(sorted(read)))

    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        """Sizes and firewall profiles; nothing else can be listed."""
        if kind == "sizes":
            return [plan.public() for plan in self.catalogue.plans()]
        if kind == "firewalls":
            return [{**ref.public(), "region": None} for ref in self.catalogue.profiles()]
        raise self.unsupported(kind)

    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        """A firewall profile by the listed names; images and keys cannot be listed and stand for themselves (HW-26)."""
        if kind == "image":
            return Ref(wanted if _is_another(instance, wanted) else instance.image_id)
        if kind == "ssh_keys":
            return Ref(None, wanted)
        if kind != "firewalls":
            raise self.unsupported(kind)
        found = self.catalogue.profile(wanted)
        return next((ref for ref in instance.firewalls if ref.name == found.name), found)

    # -- ordering (section 8) -------------------------------------------------------------------------------------------

    def order(self, wish: Wish) -> Order:
        """Check plan and firewall profile against the lists; templates, locations and keys cannot be checked."""
        fields, region = wish.fields, self._region(wish)
        given = {"name": wish.name, "region": region, **fields}
        for option in PROFILE.capabilities.required:
            if not given.get(option):
                raise OptionError(f"{option} is needed to create an instance at Hostwinds", option=option)
        if fields.get("iso_finalized") and fields["image"] == mapping.ISO:
            raise OptionError(
                "iso_finalized: a new instance that boots an ISO has nothing to finish yet",
                hint="Create it without iso_finalized, install the system in the Hostwinds console, then run the task with it.",
                option="iso_finalized",
            )
        plan = self.catalogue.plan(str(fields["size"]))
        custom = custom_values(fields)
        body = {
            "template": fields["image"],
            "rid": plan.rid,
            "location_id": region,
            "qty": 1,
            "srvrname": wish.name,
            "keys": list(dict.fromkeys(fields.get("ssh_keys") or ())),
            "billingcycle": fields.get("billing_cycle"),
            **custom_form(custom),
        }
        return Order(
            body=body,
            region=region,
            predicted={
                "size": plan.rid,
                **plan.resources(custom),
                "locked": False,
                "rescue": False,
                "not_read": () if "firewalls" in fields else ("firewalls",),
            },
            price=None if custom else plan.price(fields.get("billing_cycle")),
            traits={"name": wish.name, "region": region, "image": fields["image"]},
            unknown=self._unknown_profiles(fields.get("firewalls") or ()),
        )

    def _unknown_profiles(self, wanted: t.Sequence[str]) -> tuple[str, ...]:
        """Profiles that do not exist; outside check mode that is an error."""
        unknown = []
        for name in wanted:
            try:
                self.catalogue.profile(name)
            except OptionError as exc:
                if not (self.context.check_mode and exc.facts.get("missing")):
                    raise
                unknown.append(name)
        return tuple(unknown)

    def place(self, order: Order) -> Receipt:
        """Send the order, once. The reply names no server; an id in it would prove nothing, so it is not read."""
        try:
            self.api.order("add_instance", **order.body)
        except RejectedError as exc:
            exc.hint = exc.hint or "Hostwinds lists no templates, locations and keys beforehand: check image, region and ssh_keys."
            raise
        return Receipt()

    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        """Poll both lists until exactly one new server carries the name."""
        name = str(order_traits["name"])

        def check() -> Outcome | None:
            fitting, new_ids = self._appeared(order_traits, known_ids)
            if len(fitting) > 1:
                ids = sorted(str(instance.id) for instance in fitting)
                raise AmbiguousError(
                    f"{self.PROFILE.title}: after the order for {name} several new servers carry that name: {', '.join(ids)}",
                    hint="Nobody can tell them apart from here. Remove what is too much by id, then run again.",
                    ids=ids,
                )
            if fitting:
                return Outcome(str(fitting[0].id))
            if self.context.deadline.passed:
                raise self._never_appeared(name, new_ids)
            return None

        return self.operation(f"appearance of {name} at {self.PROFILE.title}", check)

    def _never_appeared(self, name: str, new_ids: t.Sequence[str]) -> WaitTimeoutError:
        strangers = f" New servers without that name: {', '.join(new_ids)}." if new_ids else ""
        return WaitTimeoutError(
            f"{self.PROFILE.title} accepted the order for {name}, but no server of that name appeared in time, so an order may exist and be paid.{strangers}",
            hint="Run the task again once the server shows its name; look in the panel before ordering again.",
            candidates=list(new_ids) or None,
        )

    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        """The new servers that carry the name."""
        return self._appeared(traits, known_ids)[0]

    def _appeared(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> tuple[list[Instance], list[str]]:
        """The new servers of that name, each as get_instance shows it, and the ids of all new ones."""
        full, short = self._id_set()
        new_ids = sorted({*full, *short} - known_ids, key=int)
        fitting = []
        for instance_id in self._named(str(traits["name"]), full, short):
            if instance_id in new_ids:
                instance = self._newcomer(instance_id, traits)
                fitting += [instance] if instance else []
        return fitting, new_ids

    def _newcomer(self, instance_id: str, traits: t.Mapping[str, t.Any]) -> Instance | None:
        """A new server as get_instance shows it; None while it does not, or when it is somebody else's or gone."""
        try:
            instance = self._shown(instance_id)
        except NotFoundError:
            return None
        if instance.name not in (None, traits["name"]) or instance.status in (ABSENT, DELETING):
            return None
        if instance_id not in self._located:
            self._located.add(instance_id)
            self._ordered.add(instance_id)
            self._warn_of_mismatch(instance, traits)
        return replace(instance, name=str(traits["name"]))

    def _warn_of_mismatch(self, instance: Instance, traits: t.Mapping[str, t.Any]) -> None:
        templates = instance.facts["templates"] if _comparable(instance) else ()
        for what, shown, ordered in (("location", (instance.region,), traits.get("region")), ("template", templates, traits.get("image"))):
            if any(shown) and ordered and ordered not in shown:
                self.context.warn(f"{self.label(instance)} was ordered with {what} {ordered} and shows {', '.join(map(str, shown))}")

    def ready(self, instance: Instance) -> bool:
        """Settled, and a server that this task ordered runs too, unless it boots an ISO (section 7)."""
        self.refuse_failed(instance)
        running = instance.status == RUNNING or (instance.status == STOPPED and bool(instance.facts.get("iso")))
        return instance.settled and (running or instance.id not in self._ordered)

    # -- verbs (sections 7 and 10) --------------------------------------------------------------------------------------

    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        """Terminate; done when neither list has it or its status is deleted."""
        try:
            self.api.send("terminate", instance.id)
        except NotFoundError:
            pass  # somebody was faster; the lists have the last word
        except OutcomeUnknownError:
            if not self._is_denied(str(instance.id)):
                raise
        except (ConflictError, RejectedError):
            now = self.fetch(str(instance.id))
            if now is not None and now.status != DELETING:
                raise
        with contextlib.suppress(NotFoundError, TransientError):
            self._shown(str(instance.id))  # the first read may be stale (HW-11): with wait: false the next task must not get it
        return self.gone(instance)

    def _is_denied(self, instance_id: str) -> bool:
        """Whether get_instance does not know the id; with the lists it is on its way out at least."""
        with contextlib.suppress(TransientError):
            try:
                self._shown(instance_id)
            except NotFoundError:
                return True
        return False

    def gone(self, instance: Instance) -> Operation:
        """Await the end of a deletion."""
        instance_id = str(instance.id)

        def check() -> Outcome | None:
            try:
                return DONE if self._shown(instance_id).status == ABSENT else None
            except NotFoundError:
                return None if self._is_listed(instance_id) else DONE

        return self.operation(f"deletion of {self.label(instance)}", check, instance_id=instance_id)

    def start(self, instance: Instance) -> Operation | None:
        """Power on."""
        return self._power("boot", "start", instance, lambda now: now.settled and now.status in (RUNNING, RESCUE))

    def resume(self, instance: Instance) -> Operation | None:
        """There is no call for it: a suspended server is started, and Hostwinds says what it thinks of that."""
        return self.start(instance)

    def stop(self, instance: Instance, mode: str) -> Operation | None:
        """Power off; there is one call, whatever the C(stop_mode) (HW-32)."""
        return self._power("shutdown", "stop", instance, lambda now: now.settled and now.status == STOPPED)

    def set_rescue(self, instance: Instance, rescue: bool) -> Operation | None:
        """Enter or leave rescue mode, with a reboot."""
        wanted = RESCUE if rescue else RUNNING
        return self._power("rescue" if rescue else "unrescue", f"{wanted} state", instance, lambda now: now.settled and now.status == wanted)

    def _power(self, action: str, what: str, instance: Instance, done: t.Callable[[Instance], bool]) -> Operation | None:
        """Ask for a state and await it; a refusal does not matter when the state is there already."""
        try:
            self.api.send(action, instance.id)
        except (ConflictError, RejectedError):
            now = self.fetch(str(instance.id))
            if now is None or not done(now):
                raise
            return None
        return self.until(what, instance, done)

    def restart(self, instance: Instance, mode: str) -> Operation | None:
        """Reboot; when no effect shows within the start grace, a warning says so."""
        return self._reboot(self.now(instance))

    def _reboot(self, before: Instance) -> Operation:
        self.api.send("reboot", before.id)
        return self.restarting("restart", before)

    def restarting(self, what: str, before: Instance, unclear: OutcomeUnknownError | None = None) -> Operation:
        """Await the restart that something brought along.

        When no effect of it shows within the start grace, a warning says so.

        Args:
            what: what was sent, in words.
            before: the server as it was read before that.
            unclear: what is raised instead of the warning, where only an effect can show that it arrived.
        """
        wanted = (RUNNING, RESCUE) if before.status == RESCUE else (RUNNING,)

        def silent() -> Outcome:
            if unclear is not None:
                raise unclear
            self.context.warn(f"{self.PROFILE.title} accepted the {what} of {self.label(before)}, but no effect of it was seen")
            return DONE

        return self._change(what, before, lambda now: now.status in wanted, silent)

    def repair(self, instance: Instance) -> Operation | None:
        """Repair it, with a restart."""
        before = self.now(instance)
        self.api.send("repair_instance", before.id)
        wanted = (RUNNING, RESCUE) if before.status == RESCUE else (RUNNING,)
        return self._change("repair", before, lambda now: now.status in wanted, self._without_effect("repair", before))

    def finalize_iso(self, instance: Instance) -> Operation | None:
        """Finish an installation from an ISO, once; refused because it is finished by now is as good."""
        before = self.now(instance)
        try:
            self.api.send("finalize_iso", before.id)
        except (ConflictError, RejectedError):
            if self.now(instance).facts["iso"]:
                raise
            return None
        return self._change("end of the ISO installation", before, lambda now: True, self._without_effect("end of the ISO installation", before))

    def _without_effect(self, what: str, instance: Instance) -> t.Callable[[], Outcome]:
        """What a change ends with that shows no effect within the start grace."""

        def fail() -> Outcome:
            raise NotAppliedError(f"{self.PROFILE.title} accepted the {what} of {self.label(instance)}, but no effect of it was seen", id=instance.id)

        return fail

    def rebuild(self, instance: Instance, image: str | None) -> Operation | None:
        """Recreate it, or reinstall it from another template; both wipe the disk."""
        before = self.now(instance)
        if image is None:
            self.api.send("recreate", instance.id)
        else:
            self.api.send("reinstall_instance", instance.id, template=image)

        def done(now: Instance) -> bool:
            return now.status == RUNNING and (image is None or not _comparable(now) or image in now.facts["templates"])

        return self._change("rebuild", before, done, self._without_effect("rebuild", instance))

    def predict_rebuild(self, instance: Instance, image: str | None) -> dict[str, t.Any]:
        """Recreating may change every address (section 7); of a new template only one of two ids is known."""
        if image is None:
            return {"addresses": ()}
        return {} if image == instance.image_id else {"image": None, "image_id": None}

    def now(self, instance: Instance) -> Instance:
        """A fresh read: the snapshot that evidence of change is judged by."""
        now = self.fetch(str(instance.id))
        if now is None:
            raise NotFoundError(f"{self.label(instance)} does not exist any more", id=instance.id)
        return now

    def _change(self, what: str, before: Instance, done: t.Callable[[Instance], bool], silent: t.Callable[[], Outcome]) -> Operation:
        """Await something that ends where it began: only after evidence of change does a settled read count (section 7).

        C(silent) decides when there was no evidence within the start grace, or before the deadline if that is earlier.
        """
        grace = self._grace()
        evidence = False

        def check() -> Outcome | None:
            nonlocal evidence
            now = self.fetch(str(before.id))
            if now is None or now.status == DELETING:
                raise NotFoundError(f"{self.label(before)} vanished while waiting for the {what}", id=before.id)
            failed = now.status == ERROR and before.status != ERROR
            evidence = evidence or failed or not now.settled or now.facts["evidence"] != before.facts["evidence"]
            if not evidence:
                return silent() if grace.passed or self.context.deadline.passed else None
            self.refuse_failed(now)
            return Outcome(now.id) if now.settled and done(now) else None

        return self.operation(f"{what} of {self.label(before)}", check, instance_id=before.id)

    def rename(self, instance: Instance, name: str) -> Operation | None:
        """Change the label; the host name stays."""
        self.api.send("edit_instance", instance.id, srvrname=name)
        return self._verified("rename", instance, lambda: self.now(instance).name == name)

    def set_firewalls(self, instance: Instance, firewalls: t.Sequence[Ref]) -> Operation | None:
        """Assign one profile by its full listed name and read it back (section 11)."""
        name = firewalls[0].name
        self.api.send("set_instance_firewall", instance.id, name=name)
        return self._verified("change of the firewall profile", instance, lambda: self.api.firewall_profile(str(instance.id)).get("name") == name)

    def set_rdns(self, instance: Instance, address: str, hostname: str | None) -> None:
        """Write the name, which no call reads (HW-17); there is no default to go back to."""
        self.api.send("set_rdns", instance.id, ip=address, rdns=hostname)

    def set_password(self, instance: Instance, password: str) -> Operation | None:
        """Change it; a running server takes it over with a reboot (HW-32)."""
        self.api.send("change_password", instance.id, password=password)
        now = self.now(instance)
        return None if now.status in (STOPPED, SUSPENDED) else self._reboot(now)

    def set_locked(self, instance: Instance, locked: bool) -> Operation | None:
        """Flip the lock only when a fresh read shows the wrong side, once, and read again (HW-13)."""
        now = self.now(instance)
        if now.locked is None:
            raise ConflictError(f"{self.PROFILE.title} does not tell whether {self.label(instance)} is locked, and can only flip its lock", id=instance.id)
        if now.locked is locked:
            return None
        self.api.send("toggle_lock", instance.id)
        return self._verified("lock" if locked else "unlock", instance, lambda: self.now(instance).locked is locked)

    def _verified(self, what: str, instance: Instance, holds: t.Callable[[], bool]) -> Operation | None:
        """A change that is done with the answer, if a read shows it; one stale read is given the start grace."""
        if holds():
            return None
        grace = self._grace()

        def check() -> Outcome | None:
            if holds():
                return DONE
            if grace.passed or self.context.deadline.passed:
                raise NotAppliedError(f"{self.PROFILE.title} accepted the {what} of {self.label(instance)}, but it does not show", id=instance.id)
            return None

        return self.operation(f"{what} of {self.label(instance)}", check, instance_id=instance.id)

    def _grace(self) -> Deadline:
        return Deadline(self.context.waiter.clock, START_GRACE)

    # -- the paid upgrade (section 9) -----------------------------------------------------------------------------------

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        """The plan's price in the server's billing cycle, and what the server will have."""
        plan = self.catalogue.plan(str(changes["size"]), str(instance.id))
        custom = custom_values(wish.fields)
        price = None if custom else plan.price(instance.facts.get("billing_cycle"))
        return {"effect": RESTART, "cost": True, "price": price, "predicted": plan.resources(custom)}

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        """Carry the paid upgrade on from wherever it stands."""
        plan = self.catalogue.plan(str(changes["size"]), str(instance.id))
        return Upgrade(self, instance, plan.rid, custom_form(custom_values(wish.fields)), "restart" in wish.allow).begin()


def _comparable(instance: Instance) -> bool:
    """Whether both forms of a template id are shown: one of them alone does not tell that a template is another (HW-26)."""
    return len(instance.facts["templates"]) == 2


def _is_another(instance: Instance, template: str) -> bool:
    """Whether a template differs from what a server shows; a uuid and a base image ref may be one template's two ids (HW-26)."""
    shown = instance.facts.get("templates", ())
    alike = len(shown) == 2 or any(bool(_UUID.fullmatch(template)) == bool(_UUID.fullmatch(each)) for each in shown)
    return alike and template not in shown
