# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Civo driver.

A name is the exact hostname, looked up per region; the API finds a server only in the region that it is asked for, so a
404 is an absence only once that region was shown to exist (H1). Sections, readings and hazards (H-n) are those of the
provider's contract.
"""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import replace

from ..._core.errors import (
    ConflictError,
    NotAppliedError,
    NotFoundError,
    OptionError,
    OutcomeUnknownError,
    TransientError,
    VpsError,
    WaitTimeoutError,
)
from ..._core.model import BUILDING, DELETING, DONE, REBOOTING, RESCUE, RUNNING, STOPPED, Instance, Outcome, Ref
from ..._core.normalise import map_to_plain_tags
from ..._core.plan import RESTART
from ..._core.wait import Deadline, Operation
from ..._http.client import Call
from ..base import UUID, Context, Driver, Listing, Lookup, Order, Overview, Receipt, Wish
from . import api, mapping
from .account import Account
from .api import Row
from .ordering import choose
from .profile import PROFILE

if t.TYPE_CHECKING:
    from ..operations import Operations

LONGEST_NAME = 63  # section 4.3
REBOOT_SECONDS = 3.0  # one poll interval (section 4.2), after which ACTIVE proves that a reboot is over (section 4.5)

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class CivoDriver(Driver):
    """The verbs of Civo."""

    PROFILE = PROFILE
    compared_sizes = ("size",)
    id_form = UUID
    absence_is_proof = True  # section 4.3: an instance is listed from its create call on

    @classmethod
    def operations(cls) -> Operations:
        """Where a user finds each operation of the API."""
        from .operations import OPERATIONS

        return OPERATIONS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        client = context.client(api.authorise(context.connection.token), api.classify, api.BACKOFF)
        self.civo = Account(client, context.connection.region, self.missing)
        self._next_network: str | None = None  # where a replacement would be
        self._no_public_ip = False  # whether a server is to be replaced for its public address
        self._logins: dict[str, t.Mapping[str, str | None]] = {}  # first logins by id, which every read brings (H7)
        self._home: dict[str, str] = {}  # the region in which an id was seen
        self._inhabited: set[str | None] = set()  # the networks in which servers were seen
        self._address_due: set[str] = set()  # new servers that were ordered with a public address

    # -- identity ---------------------------------------------------------------------------------------------------

    def check(self, wish: Wish) -> None:
        """Refuse names that are no hostnames (section 4.3), tags with white space (4.8), and more or less than one key or firewall."""
        self._next_network = wish.fields.get("network") if "replace" in wish.allow else None
        self._no_public_ip = "replace" in wish.allow and wish.fields.get("public_ip") is False
        if wish.id is not None:
            _check_id(wish.id)
        if wish.name is not None:
            _check_name(wish.name, any_characters=wish.state == "absent")
        for tag in map_to_plain_tags(wish.fields.get("tags") or {}):
            if any(character.isspace() for character in tag):
                raise OptionError(f"tags: {tag!r} holds white space, which separates tags at {api.TITLE}", hint="Write a dash instead.", option="tags")
        if len(wish.fields.get("ssh_keys") or ()) > 1:
            raise OptionError(f"ssh_keys: {api.TITLE} takes one key", hint="Name one; add further ones inside the server.", option="ssh_keys")
        if len(wish.fields.get("firewalls", ("one",))) != 1:
            raise OptionError(
                f"firewalls: an instance at {api.TITLE} has exactly one firewall",
                hint="Name one. The default one of a network is open to all, so it has to be named too.",
                option="firewalls",
            )

    def ledger_scope(self, region: str | None) -> tuple[str, str]:
        """Names are per region; without one it is the region that a create would take."""
        return ("", (region or self.civo.default() or "").upper())

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Lookup:
        """Every server with exactly this hostname, in the region of the connection, else in all regions."""
        return self.overview().find(name)

    def overview(self) -> Overview:
        """The list of the region, or of all; a name that is not in it is absent once the region is shown to exist."""
        listed = Overview.of(self.list_all())

        def find(name: str) -> Lookup:
            lookup = listed.find(name)
            if not lookup.matches and self.civo.region:
                self.civo.prove(self.civo.region)
            return lookup

        return replace(listed, find=find)

    def side_with(self, other: CivoDriver) -> None:
        """Homes, inhabited networks and first logins."""
        self._home, self._inhabited, self._logins = other._home, other._inhabited, other._logins

    def get(self, instance_id: str) -> Instance | None:
        """The server of this id; None when a region that exists does not have it, and no other one either.

        Raises:
            OptionError: the region does not exist, or another one has the server.
        """
        _check_id(instance_id)
        region = self._home.get(instance_id) or self.civo.region
        if region is None:
            return self._search(instance_id, self.civo.searched())
        found = self._fetch(instance_id, region)
        if found is not None:
            return found
        code = str(self.civo.prove(region)["code"])
        if instance_id in self._home:  # it was here before, and servers do not move
            return None
        elsewhere = self._search(instance_id, [other for other in self.civo.usable() if other != code])
        if elsewhere is not None:
            raise self.civo.elsewhere(self.label(elsewhere), instance_id, str(elsewhere.region), code)
        return None

    def list_all(self) -> list[Instance]:
        """Every server of the region, or of all regions; a region that fails is an error."""
        return [instance for listing in self.listings() for instance in listing.read()]

    def listings(self, regions: t.Sequence[str] = ()) -> list[Listing]:
        """One a region; an empty one that was named has to exist."""
        named = regions or ([self.civo.region] if self.civo.region else ())
        if named:
            return [Listing(self.civo.code(region), functools.partial(self._list_named, region)) for region in named]
        return [Listing(code, functools.partial(self.in_region, code)) for code in self.civo.searched()]

    def read(self, instance: Instance, fields: t.Collection[str]) -> Instance:
        """Fill in the label of the network, the name of the firewall, and the recovery state."""
        region = str(instance.region)
        if "network" in fields and instance.network_id:
            label = mapping.names(self.civo.networks(region), "label").get(instance.network_id)
            instance = replace(instance, network=label, networks=(Ref(instance.network_id, label),))
        if "firewalls" in fields and instance.firewalls:
            names = mapping.names(self.civo.firewalls(region), "name")
            instance = replace(instance, firewalls=tuple(Ref(ref.id, names.get(str(ref.id))) for ref in instance.firewalls))
        if "public_ip" in fields and self._no_public_ip and any(address.primary for address in instance.addresses):
            instance = replace(instance, facts={**instance.facts, "forced_address": self._is_alone(instance)})
        if "rescue" in fields:
            rescue = self._recovery(instance)
            status = RESCUE if rescue and instance.status == RUNNING else instance.status
            instance = replace(instance, rescue=rescue, status=status, not_read=tuple(field for field in instance.not_read if field != "rescue"))
        return instance

    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        """One list of the catalogue, of the region or of all regions."""
        show = mapping.CATALOG[kind]
        if kind == "regions":
            return [show(row) for row in self.civo.regions()]
        if kind == "ssh_keys":
            return [show(row) for row in self.civo.ssh_keys(self.civo.region)]
        shown: list[dict[str, t.Any]] = []
        for region in self.civo.scope():
            rows = self._catalog_rows(kind, region)
            if not rows:
                self.civo.prove(region)
            shown += [{**show(row), "region": self.civo.code(region)} for row in rows]
        return shown

    def _catalog_rows(self, kind: str, region: str) -> list[Row]:
        if kind == "images":
            both = [*self.civo.images(region), *self.civo.images(region, "custom")]
            return list({str(row["id"]): row for row in both}.values())
        readers = {"sizes": self.civo.sizes, "networks": self.civo.networks, "firewalls": self.civo.firewalls}
        return readers[kind](region)

    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        """Name or id to both, in the region of the instance; firewalls in its network, or in the one that a replacement is allowed to move it to."""
        region = str(instance.region)
        if kind == "image":
            return mapping.ref(self.civo.image(region, wanted))
        if kind == "network":
            return mapping.ref(self.civo.network(region, wanted), "label")
        if kind == "firewalls":
            network_id = str(self.civo.network(region, self._next_network)["id"]) if self._next_network else instance.network_id
            return mapping.ref(self.civo.firewall(region, wanted, network_id))
        return mapping.ref(self.civo.ssh_key(region, wanted))

    def _fetch(self, instance_id: str, region: str) -> Instance | None:
        """The server if this region has it."""
        try:
            row = self.civo.send(api.GET, region, path={"id": instance_id}).data
        except NotFoundError:
            return None
        instance = self._seen(row, region)
        if (instance.provider_status or "").upper() not in mapping.STATUSES:
            self.context.warn(f"{self.label(instance)} has the status {instance.provider_status}, which is not known; it is taken for unfinished")
        return instance

    def _search(self, instance_id: str, regions: t.Iterable[str]) -> Instance | None:
        """The server, from whichever of the regions has it; one that cannot be asked matters only when no other has it."""
        failure: TransientError | None = None
        for code in regions:
            try:
                found = self._fetch(instance_id, code)
            except TransientError as exc:
                failure = failure or exc
                continue
            if found is not None:
                return found
        if failure is not None:
            raise failure
        return None

    def _list_named(self, region: str) -> list[Instance]:
        found = self.in_region(region)
        if not found:
            self.civo.prove(region)
        return found

    def in_region(self, region: str) -> list[Instance]:
        """Every server of a region that is known to exist."""
        return [self._seen(row, region) for row in self.civo.instances(region)]

    def _seen(self, row: Row, region: str) -> Instance:
        instance = mapping.instance(row, self.account(), self.civo.code(region))
        self._home[str(instance.id)] = region
        self._inhabited.add(instance.network_id)
        login = mapping.credentials(row)
        if login:
            self._logins[str(instance.id)] = login
        return instance

    def _is_alone(self, instance: Instance) -> bool:
        """Whether its network holds no other server: one in its place would get a public address again, asked for or not (section 4.3)."""
        return not any(other.network_id == instance.network_id and other.id != instance.id for other in self.in_region(str(instance.region)))

    def _recovery(self, instance: Instance) -> bool:
        return mapping.recovery(self._send(api.RECOVERY_STATUS, instance))

    # -- comparing --------------------------------------------------------------------------------------------------

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        """Refuse a size that does not exist or is smaller in anything (section 4.6).

        Raises:
            OptionError: says what would shrink.
        """
        wanted = self.civo.size(str(instance.region), changes["size"])
        current = self.dimensions(instance)
        predicted = mapping.dimensions(wanted)
        smaller = [f"{field} {current[field]} to {value}" for field, value in predicted.items() if value is not None and value < (current[field] or 0)]
        if smaller:
            raise OptionError(
                f"size: {changes['size']} is smaller than {instance.size} of {self.label(instance)} ({', '.join(smaller)}), and {api.TITLE} resizes up only",
                hint="Choose a size that is smaller in nothing, or delete the server and make a new one.",
                option="size",
            )
        return {"price": None, "effect": RESTART, "cost": True, "predicted": predicted}

    def dimensions(self, instance: Instance) -> dict[str, int | None]:
        """What the instance has; from the list of sizes where the object does not tell."""
        listed = next((row for row in self.civo.sizes(str(instance.region)) if row["name"] == instance.size), {})
        told = {"cpu": instance.cpu, "memory_mb": instance.memory_mb, "disk_gb": instance.disk_gb}
        return {field: value if value is not None else mapping.dimensions(listed)[field] for field, value in told.items()}

    # -- ordering ---------------------------------------------------------------------------------------------------

    def order(self, wish: Wish) -> Order:
        """Resolve region, image, size, network, firewall and key.

        Raises:
            OptionError: one of them names nothing or several; in check mode networks, firewalls and keys may still be made.
        """
        choice = choose(self.civo, wish, lenient=self.context.check_mode)
        code = str(choice.region["code"])
        return Order(
            body=choice.body(),
            region=code,
            scope=self.ledger_scope(code),
            predicted=choice.predicted(),
            traits={"name": wish.name, "region": code, "public_ip": choice.public},
            unknown=choice.unknown,
            warnings=tuple(choice.warnings(self._inhabited)),
        )

    def place(self, order: Order) -> Receipt:
        """Send the order, once; the answer carries id and first password."""
        row = self.civo.send(api.CREATE, str(order.region), body=order.body).data
        instance = self._seen(row, str(order.region))
        self._expect_address(order.traits, str(instance.id))
        return Receipt(instance_id=instance.id, credentials=mapping.credentials(row))

    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        """Nothing to follow: the answer to the order told the id."""
        outcome = Outcome(receipt.instance_id, receipt.credentials)
        return self.operation(f"order at {api.TITLE}", lambda: outcome, instance_id=receipt.instance_id)

    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        """New servers of exactly our hostname in the region of the order (section 4.3)."""
        listed = self.in_region(traits["region"])
        found = [each for each in listed if each.name == traits["name"] and each.id not in known_ids and each.status != DELETING]
        for each in found:
            self._expect_address(traits, str(each.id))
        return found

    def _expect_address(self, traits: t.Mapping[str, t.Any], instance_id: str) -> None:
        if traits.get("public_ip"):
            self._address_due.add(instance_id)

    def credentials(self, instance_id: str) -> t.Mapping[str, str | None] | None:
        """The first login, as the last read told it (section 4.3: an adopted server tells it too)."""
        return self._logins.get(instance_id)

    def ready(self, instance: Instance) -> bool:
        """Settled, and with its public address where one was ordered (section 4.3)."""
        return super().ready(instance) and (instance.id not in self._address_due or any(address.primary for address in instance.addresses))

    # -- verbs on an existing server --------------------------------------------------------------------------------

    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        """Delete it and await its end (section 4.9); what is gone or going already is no failure."""
        try:
            self._send(api.DELETE, instance)
        except (ConflictError, NotFoundError):
            now = self.get(str(instance.id))
            if now is None:
                return None
            if now.status != DELETING:
                raise
        return self.gone(instance)

    def delete_targets(self, instance: Instance, delete_with: t.Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
        """Nothing goes along; reserved addresses and volumes stay (section 4.9)."""
        return {}, list(instance.facts.get("stays", ()))

    def start(self, instance: Instance) -> Operation | None:
        """Power on."""
        self._command(api.START, instance, lambda now: now.status in (RUNNING, REBOOTING, BUILDING))
        return self.until("start", instance, lambda now: now.status == RUNNING)

    def stop(self, instance: Instance, mode: str) -> Operation | None:
        """Power off; there is one call for it, whatever C(mode) says."""
        self._command(api.STOP, instance, lambda now: now.status == STOPPED or (now.provider_status or "").upper() == "STOPPING")
        return self.until("stop", instance, lambda now: now.status == STOPPED)

    def restart(self, instance: Instance, mode: str) -> Operation | None:
        """Reboot; soft unless C(mode) is C(hard) (reading 9)."""
        return self._reboot(api.HARD_REBOOT if mode == "hard" else api.SOFT_REBOOT, instance)

    def rename(self, instance: Instance, name: str) -> Operation | None:
        """Change the hostname; the other two fields of the call go along, since a server may blank what is missing (section 4.7, H11)."""
        self._update(instance, hostname=name)
        return None

    def set_rdns(self, instance: Instance, address: str, hostname: str | None) -> None:
        """Write the name of the public address; an empty one clears it (section 6)."""
        self._update(instance, reverse_dns=hostname or "")

    def _update(self, instance: Instance, **changes: str) -> None:
        kept = {"hostname": str(instance.name or ""), **{field: str(instance.facts.get(field) or "") for field in ("reverse_dns", "notes")}}
        self._send(api.UPDATE, instance, {**kept, **changes})

    def set_tags(self, instance: Instance, tags: t.Mapping[str, str]) -> Operation | None:
        """Make these the whole set; the field is always sent, also for none (H4)."""
        self._send(api.SET_TAGS, instance, {"tags": " ".join(map_to_plain_tags(tags))})
        return None

    def set_firewalls(self, instance: Instance, firewalls: t.Sequence[Ref]) -> Operation | None:
        """Assign the one firewall, always an explicit one (H3). The answer proves nothing (section 5.3); the read after it does."""
        (firewall,) = firewalls
        self._send(api.SET_FIREWALL, instance, {"firewall_id": firewall.id})
        return None

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        """Change the size; ends when it shows and nothing moves any more (section 4.6)."""
        size = changes["size"]
        self._command(api.RESIZE, instance, lambda now: now.size == size, {"size": size})
        return self.until("resize", instance, lambda now: now.size == size and now.settled)

    def set_rescue(self, instance: Instance, rescue: bool) -> Operation | None:
        """Switch recovery on or off, which the next boot brings into effect (section 4.10); a stopped server boots only for its rescue system.

        Raises:
            NotAppliedError: recovery is switched, but the boot that brings it into effect failed.
        """
        try:
            self._send(api.RECOVERY_ENABLE if rescue else api.RECOVERY_DISABLE, instance)
        except ConflictError as exc:
            # Switched on by an earlier run that did not come to the reboot, or by somebody else just now.
            already = rescue and exc.facts.get("provider_code") == api.IN_RESCUE_STATE
            if not already and self._recovery(instance) is not rescue:
                raise
        if instance.status == STOPPED and not rescue:
            return None
        try:
            return self.start(instance) if instance.status == STOPPED else self._reboot(api.HARD_REBOOT, instance)
        except VpsError as exc:  # from now on reads show the wanted state, so that no later run would notice
            raise NotAppliedError(
                f"Recovery of {self.label(instance)} is switched {'on' if rescue else 'off'}, but not in effect before a reboot, which failed: {exc.message}",
                hint="Run a task with state: restarted and stop_mode: hard.",
                **{**exc.facts, "changed": True},
            ) from exc

    # -- what hangs on a server ---------------------------------------------------------------------------------------

    def shows(self, what: str, look: t.Callable[[], bool]) -> bool:
        """Whether the effect of a call shows within the time of section 4.3; after a lost answer it is not sent again either way (section 3.2)."""
        operation = self.operation(what, lambda: DONE if look() else None)
        try:
            self.context.waiter.wait(operation, Deadline(self.context.waiter.clock, min(self.PROFILE.look_seconds or 0.0, self.context.deadline.remaining)))
        except (WaitTimeoutError, TransientError):
            return False
        return True

    def _send(self, call: Call, instance: Instance, body: t.Mapping[str, t.Any] | None = None) -> t.Any:
        return self.civo.send(call, str(instance.region), path={"id": instance.id}, body=body).data

    def _command(self, call: Call, instance: Instance, reached: t.Callable[[Instance], bool], body: t.Mapping[str, t.Any] | None = None) -> None:
        """Send a call; a conflict is no failure when the server already is where the call would bring it (section 4.5)."""
        try:
            self._send(call, instance, body)
        except ConflictError:
            now = self.get(str(instance.id))
            if now is None or not reached(now):
                raise

    def _reboot(self, call: Call, instance: Instance) -> Operation:
        """Reboot and await it. C(REBOOTING) may be too short to be seen (section 4.5), and ACTIVE may be from before."""
        clock = self.context.waiter.clock
        moving = False
        try:
            self._send(call, instance)
        except OutcomeUnknownError:  # section 3.2: unknown, unless the status shows a reboot
            if not self._shows_reboot(instance):
                raise
            moving = True
        earliest = clock.now() + REBOOT_SECONDS

        def over(now: Instance) -> bool:
            nonlocal moving
            moving = moving or not now.settled
            return now.status == RUNNING and (moving or clock.now() >= earliest)

        return self.until("reboot", instance, over)

    def _shows_reboot(self, instance: Instance) -> bool:
        with contextlib.suppress(VpsError):
            now = self.get(str(instance.id))
            return now is not None and now.status == REBOOTING
        return False


# -- options ------------------------------------------------------------------------------------------------------------


def _check_name(name: str, *, any_characters: bool) -> None:
    if len(name) > LONGEST_NAME:
        raise OptionError(f"name has {len(name)} characters, and a hostname at {api.TITLE} at most {LONGEST_NAME}", hint="Choose a shorter one.", option="name")
    if not any_characters and not _NAME.fullmatch(name):
        raise OptionError(
            f"name: {name!r} is no hostname at {api.TITLE}",
            hint="Use letters, digits, dashes and dots, with a letter or digit first and last. An existing server of another name can be given by id.",
            option="name",
        )


def _check_id(instance_id: str) -> None:
    if not _ID.fullmatch(instance_id):
        raise OptionError(f"id: {instance_id!r} is no id at {api.TITLE}", hint="Ids are UUIDs such as 779d651a-8e10-4019-9cc0-448451d16157.", option="id")
