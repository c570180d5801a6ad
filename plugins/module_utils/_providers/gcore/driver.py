# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Gcore driver. Sections, readings and hazards (Hn) are those of the provider's contract."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import replace

from ..._core.errors import AmbiguousError, ConflictError, NotAppliedError, NotFoundError, RejectedError, VpsError
from ..._core.model import ABSENT, BUILDING, DELETING, ERROR, RUNNING, STOPPED, SUSPENDED, Instance, Outcome, Price, Ref
from ..._core.normalise import flag, integer, text
from ..._core.plan import NONE, RESTART
from ..._core.wait import Deadline, Operation
from ..base import UUID, Context, Driver, Listing, Lookup, Order, Overview, Receipt, Wish
from . import mapping
from .api import ACTION, CHANGE_FLAVOR, CREATE, DELETE, GET, LIST, RENAME, RESIZE_FLAVORS, TITLE, Api
from .catalogue import WITH_PRICES, Catalogue, offered, pick_flavor
from .network import PortGroups, floating_ips
from .order import Orders, check_wish
from .placement import PlacementGroups
from .profile import PROFILE
from .scope import Scope
from .storage import Storage
from .tags import Tags
from .tasks import CREATES, DELETES, FAILED, Tasks

if t.TYPE_CHECKING:
    from ..operations import Operations

SHOWS_SECONDS = 15.0  # how long a placement group may take to list a change that is finished


class GcoreDriver(Driver):
    """The verbs of Gcore."""

    PROFILE = PROFILE
    compared_sizes = ("size", "disk_gb")
    id_form = UUID

    @classmethod
    def operations(cls) -> Operations:
        """Where a user finds each operation of the API."""
        from .operations import OPERATIONS

        return OPERATIONS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.api = Api(context)
        self.scope = Scope(self.api, context.connection)
        self.tasks = Tasks(self.api, context)
        self.catalogue = Catalogue(self.api, self.scope, self.missing)
        self.storage = Storage(self.api, self.scope, self.tasks)
        self.orders = Orders(self.api, self.scope, self.catalogue, self.storage, context)
        self.port_groups = PortGroups(self.api, self.scope, self.catalogue, context, self._when_free)
        self.placement = PlacementGroups(self.api, self.scope, self._when_free)
        self.tags = Tags(self.api, self.scope, self._when_free, self.get)
        self._template: str | None = None  # by which the provider makes the name, so that ours is in a tag
        self._homes: dict[str, str] = {}  # the regions that servers were seen in, by id

    # -- identity ---------------------------------------------------------------------------------------------------

    def account(self) -> str:
        """The user's own name for the account, else C(gcore-) and the project's id."""
        return self.context.connection.account or f"{PROFILE.name}-{self.scope.project()}"

    def check(self, wish: Wish) -> None:
        """Refuse names, ids, tags and combinations that are wrong here (section 5.4)."""
        check_wish(wish)
        self._template = wish.fields.get("name_template")
        self.plain_lookup = self._template is None

    def ledger_scope(self, region: str | None) -> tuple[str, str]:
        """Names are unique per project and region."""
        return (self.scope.project(), self.scope.named(region) if region else "")

    def wanted_region(self) -> str | None:
        """The region of the connection, which is all that a create would take; it takes no project to know it."""
        return self.scope.region()

    # -- reads ------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Lookup:
        """Every server of exactly this name; the provider's filter matches substrings (H2).

        Where there is none, an unfinished create of that name is one to wait for (reading 35).
        """
        rows = [instance for region in self.scope.searched() for instance in self._listed(region, name)]
        return self._lookup(name, [instance for instance in rows if _bears(instance, name)], frozenset(str(instance.id) for instance in rows))

    def _lookup(self, name: str, bearers: t.Sequence[Instance], known: frozenset[str]) -> Lookup:
        matches = tuple(self._with_task(instance) for instance in bearers if instance.status != ABSENT)
        building = None
        if all(match.status == DELETING for match in matches):
            building = self.unfinished({"name": name, "region": self.scope.region(), "name_template": self._template})
        return Lookup(matches, known, building)

    def overview(self) -> Overview:
        """The rows of all regions, but for names that only tags tell; what a task is at work on is looked at by itself."""
        self.scope.project()  # asked for once, before threads do
        rows = [instance for region in self.scope.searched() for instance in self._listed(region)]
        bearers: dict[str | None, list[Instance]] = {}
        for instance in rows:
            for name in dict.fromkeys((instance.name, instance.facts.get("own_name"))):
                bearers.setdefault(name, []).append(instance)
        known = frozenset(str(instance.id) for instance in rows)
        idle = {str(i.id): i for i in rows if i.status != ABSENT and not i.facts.get("at_work")}
        return Overview(lambda name: self._lookup(name, bearers.get(name, ()), known), idle.get)

    def side_with(self, other: GcoreDriver) -> None:
        """The regions of servers."""
        self._homes = other._homes

    def get(self, instance_id: str) -> Instance | None:
        """The server of this id. Not found counts only once project and region are proven to exist.

        Raises:
            OptionError: project or region do not exist, or another region has it.
        """
        home = self._homes.get(instance_id)
        if home is not None:
            return self._get_in(home, instance_id)
        return self.scope.search(instance_id, lambda region: self._get_in(region, instance_id), self.label)

    def _get_in(self, region: str, instance_id: str) -> Instance | None:
        try:
            row = self.api.ask(GET, self.scope.path(region, instance_id=instance_id))
        except NotFoundError:
            return None
        found = self.seen(row, region)
        return self._with_task(found) if found.status != ABSENT else None

    def _with_task(self, instance: Instance) -> Instance:
        """The server with what the task at work on it tells, which asking moves on (readings 6 and 9).

        Only the task says that it deletes, or that the making has failed while the server still shows C(BUILD).
        """
        task_id = text(instance.facts.get("at_work"))
        task = self.tasks.glance(task_id) if task_id else None
        if task and task.type == DELETES and task.state != FAILED:
            return replace(instance, status=DELETING, settled=False)
        if task and task.type == CREATES and task.state == FAILED and instance.status == BUILDING:
            return replace(instance, status=ERROR)
        return instance

    def seen(self, row: dict[str, t.Any], region: str) -> Instance:
        """The server of a row, whose region is remembered."""
        found = mapping.instance_of(row, account=self.account(), region=region)
        self._homes[str(found.id)] = region
        return found

    def _listed(self, region: str, name: str | None = None) -> list[Instance]:
        """The rows of a region, gone ones included; nodes of managed clusters are none of ours (H13).

        The provider does not know a name that a tag keeps, so all are read then.
        """
        query = {"include_k8s": "false", **({"name": name} if name and not self._template else {})}
        rows = [self.seen(row, region) for row in self.scope.pages(LIST, region, query)]
        return [self.tags.read(row) if self._template and "tags" in row.not_read else row for row in rows]

    def list_all(self) -> list[Instance]:
        """Every server of the region, or of all active regions."""
        return [instance for listing in self.listings() for instance in listing.read()]

    def listings(self, regions: t.Sequence[str] = ()) -> list[Listing]:
        """One a region, without servers that are gone (reading 29)."""
        ids = [self.scope.named(region) for region in regions] or self.scope.searched()
        self.scope.project()  # asked for once, before threads do
        return [Listing(region, functools.partial(self._present_in, region)) for region in ids]

    def _present_in(self, region: str) -> list[Instance]:
        return [instance for instance in self._listed(region) if instance.status != ABSENT]

    def read(self, instance: Instance, fields: t.Collection[str]) -> Instance:
        """Fill in tags where a row does not show them, the size of the boot volume, and the groups of each port."""
        if "tags" in instance.not_read and {"tags", "image"} & set(fields):
            instance = self.tags.read(instance)
        if "disk_gb" in fields:
            instance = self.storage.read(instance)
        if "firewalls" in fields:
            instance = self.port_groups.read(instance)
        if "placement_group" in fields:
            instance = self.placement.read(instance)
        return instance

    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        """One list of the region, or of all active regions."""
        return self.catalogue.listed(kind)

    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        """Name or id to both, in the instance's region, or before it has one in that of the connection."""
        region = instance.region or self.scope.required()
        found = self.catalogue.resolve(kind, region, wanted)
        if kind == "firewalls" and instance.id and found.name:
            self.port_groups.refuse_doubles(region, [found.name])
        return found

    # -- comparing --------------------------------------------------------------------------------------------------

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        """A size must be among those offered for this server (section 5.7); the boot volume only grows."""
        if "disk_gb" in changes:
            self.storage.check_growth(instance, changes["disk_gb"])
        price: Price | None = None
        predicted: dict[str, t.Any] = {}
        if "size" in changes:
            flavors = self.api.everything(RESIZE_FLAVORS, self.scope.of(instance), WITH_PRICES)
            missing = self.missing("size", changes["size"], f"what is offered for {self.label(instance)}", offered(flavors))
            flavor = pick_flavor(flavors, changes["size"], missing)
            price = mapping.price_of(flavor)
            predicted = {"cpu": integer(flavor.get("vcpus")), "memory_mb": integer(flavor.get("ram"))}
        return {"price": price, "effect": RESTART if "size" in changes else NONE, "cost": True, "predicted": predicted}

    # -- ordering ---------------------------------------------------------------------------------------------------

    def order(self, wish: Wish) -> Order:
        """Resolve and check everything, with reads only."""
        return self.orders.order(wish)

    def place(self, order: Order) -> Receipt:
        """Send the order, once. All tasks it started are to be awaited (H7)."""
        project, region = order.scope
        return Receipt(operation_id=",".join(self.api.tasks(CREATE, {"project_id": project, "region_id": region}, body=order.body)))

    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        """Await the tasks of an order."""
        task_ids = [task_id for task_id in (receipt.operation_id or "").split(",") if task_id]
        return self._creation(task_ids, order_traits, known_ids)

    def _creation(self, task_ids: t.Sequence[str], traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        pending, made = list(task_ids), list[str]()

        def progress() -> None:
            for task in self.tasks.progress(pending):
                made.extend(task.instances)
                region = task.region or text(traits.get("region"))
                self._homes.update(dict.fromkeys(task.instances, region) if region else {})

        def named() -> list[str]:
            return [str(instance.id) for instance in self.candidates(traits, known_ids)]

        def check() -> Outcome | None:
            try:
                progress()
            except NotFoundError:  # a task that is not known any more: the server of our name tells as much
                ids = sorted(set(made)) or named()
                if not ids:
                    raise
            else:
                if pending:
                    return None
                ids = sorted(set(made)) or named()
            if len(ids) > 1:
                raise AmbiguousError(
                    f"{TITLE} made {len(ids)} instances named {traits.get('name')}: {', '.join(ids)}", hint="Remove all but one by id.", ids=ids
                )
            if not ids:
                raise NotFoundError(f"{TITLE}: task {', '.join(task_ids)} finished, but tells of no instance", operation_id=",".join(task_ids))
            if traits.get("name_template"):
                self._keep_name(ids[0], str(traits["name"]))
            return Outcome(ids[0])

        return self.operation(f"creation of {traits.get('name')} at {TITLE}", check, operation_id=",".join(task_ids))

    def _keep_name(self, instance_id: str, name: str) -> None:
        """Our name belongs on a server that the provider names, or the next run would order another one.

        Raises:
            VpsError: with the id of the server.
        """
        try:
            instance = self.get(instance_id)
            if instance is not None and not _bears(self.read(instance, ("tags",)), name):
                self.tags.name(instance, name)
        except VpsError as exc:
            exc.facts.setdefault("id", instance_id)
            raise

    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        """New servers of exactly our name."""
        region = text(traits.get("region"))
        rows = [instance for each in ([region] if region else self.scope.searched()) for instance in self._listed(each, str(traits["name"]))]
        return [each for each in rows if _bears(each, str(traits["name"])) and each.id not in known_ids and each.status != ABSENT]

    def unfinished(self, traits: t.Mapping[str, t.Any]) -> Operation | None:
        """The creates of our name that are under way; a server may not be listed yet while its task is new (reading 35)."""
        tasks = self.tasks.unfinished_creates(self.scope.project(), text(traits.get("region")), str(traits["name"]))
        return self._creation([task.id for task in tasks], traits, frozenset()) if tasks else None

    # -- verbs on an existing server --------------------------------------------------------------------------------

    def _when_free(self, instance: Instance, send: t.Callable[[], t.Any]) -> t.Any:
        """Send a change; while a task holds the server, wait for it first (reading 9)."""
        return self.tasks.when_free(send, lambda _refusal: self.holder(instance), f"instance {instance.id}", instance.id)

    def holder(self, instance: Instance) -> str | None:
        """The task that holds a server now.

        Raises:
            NotFoundError: the server is gone.
        """
        now = self.get(str(instance.id))
        if now is None:
            raise NotFoundError(f"{self.label(instance)} vanished before it was changed", id=instance.id)
        return text(now.facts.get("task_id"))

    def busy(self, server_id: str) -> str | None:
        """The task that holds the server of this id now; None where none does, or there is no such server."""
        now = self.get(server_id)
        return text(now.facts.get("task_id")) if now else None

    def _started(self, instance: Instance, what: str, task_ids: t.Sequence[str], done: t.Callable[[Instance], bool]) -> Operation:
        """Await the tasks, then the settled server that they were for (section 5.6)."""
        return self.tasks.then(self.until(what, instance, lambda now: now.settled and done(now)), task_ids)

    def _act(self, instance: Instance, action: str, status: str, *, repeats: bool = False) -> Operation | None:
        """Power; a refusal is a success when the server is in the wanted state by now, save for what always C(repeats)."""
        body = {"action": action}
        try:
            task_ids = self._when_free(instance, lambda: self.api.tasks(ACTION, self.scope.of(instance), body=body))
        except (ConflictError, RejectedError):
            now = None if repeats else self.get(str(instance.id))
            if now is None or not now.settled or now.status != status:
                raise
            return None
        return self._started(instance, action.replace("_", " "), task_ids, lambda now: now.status == status)

    def start(self, instance: Instance) -> Operation | None:
        """Power on."""
        return self._act(instance, "start", RUNNING)

    def stop(self, instance: Instance, mode: str) -> Operation | None:
        """Power off; there is one call, so C(mode) has no effect."""
        return self._act(instance, "stop", STOPPED)

    def restart(self, instance: Instance, mode: str) -> Operation | None:
        """Reboot; the hard way is C(reboot_hard) on the wire (H6)."""
        return self._act(instance, "reboot_hard" if mode == "hard" else "reboot", RUNNING, repeats=True)

    def suspend(self, instance: Instance) -> Operation | None:
        """Suspend."""
        return self._act(instance, "suspend", SUSPENDED)

    def resume(self, instance: Instance) -> Operation | None:
        """Resume a suspended server."""
        return self._act(instance, "resume", RUNNING)

    def rename(self, instance: Instance, name: str) -> Operation | None:
        """Rename, at once (section 5.8)."""
        self._when_free(instance, lambda: self.api.ask(RENAME, self.scope.of(instance), body={"name": name}))
        return None

    def set_tags(self, instance: Instance, tags: t.Mapping[str, str]) -> Operation | None:
        """Make C(tags) the whole set, at once."""
        self.tags.write(instance, tags)
        return None

    def set_firewalls(self, instance: Instance, firewalls: t.Sequence[Ref]) -> Operation | None:
        """Make C(firewalls) the whole set on all ports, at once."""
        self.port_groups.assign(instance, firewalls)
        return None

    def set_placement_group(self, instance: Instance, group: Ref | None) -> Operation | None:
        """Put it into a group, or take it out."""
        task_ids = self.placement.change(instance, group)
        what = "entry into a placement group" if group else "exit from its placement group"
        grace: list[Deadline] = []  # from the end of the tasks on

        def shows(now: Instance) -> bool:
            if self.placement.holds(now, group):
                return True
            grace[:] = grace or [Deadline(self.context.waiter.clock, SHOWS_SECONDS)]
            if grace[0].passed:
                raise NotAppliedError(f"{TITLE} accepted the {what} of {self.label(instance)}, but its list of groups does not show it", id=instance.id)
            return False

        return self._started(instance, what, task_ids, shows)

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        """Grow the boot volume, then change the flavor; what holds already is left out, so it is safe to call again."""
        growth = self.storage.grow(instance, changes["disk_gb"]) if "disk_gb" in changes else None
        if "size" not in changes:
            return growth
        if growth is not None:
            self.context.waiter.wait(growth, self.context.deadline)
        return self._change_flavor(instance, changes["size"])

    def _change_flavor(self, instance: Instance, size: str) -> Operation | None:
        if instance.size == size:
            return None
        try:
            task_ids = self._when_free(instance, lambda: self.api.tasks(CHANGE_FLAVOR, self.scope.of(instance), body={"flavor_id": size}))
        except (ConflictError, RejectedError):
            now = self.get(str(instance.id))
            if now is None or now.size != size:
                raise
            task_ids = []
        return self._started(instance, "change of size", task_ids, lambda now: now.size == size)

    # -- deleting ---------------------------------------------------------------------------------------------------

    def delete_targets(self, instance: Instance, delete_with: t.Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
        """Volumes and floating IPs stay, and cost, unless they are named (H4)."""
        volumes = instance.facts.get("volumes")
        if volumes is None:
            volumes = tuple((str(row["id"]), bool(flag(row.get("delete_on_termination")))) for row in self.storage.attached(instance))
        targets: dict[str, list[str]] = {}
        stays: list[str] = []
        if "volumes" in delete_with:
            targets["volumes"] = [volume for volume, _goes in volumes]
        else:
            stays += [f"volume {volume}" for volume, goes in volumes if not goes]
            self._tell_of_volumes_that_go([volume for volume, goes in volumes if goes])
        addresses = instance.facts.get("floating") or ()
        if "floating_ips" in delete_with:
            ids = floating_ips(self.scope, instance)
            targets["floating_ips"] = list(ids.values())
            addresses = [address for address in addresses if address not in ids]
        stays += [f"floating IP {address}" for address in addresses]
        return {word: ids for word, ids in targets.items() if ids}, stays

    def _tell_of_volumes_that_go(self, volumes: t.Sequence[str]) -> None:
        if volumes:
            self.context.warn(f"{TITLE} deletes volumes that were marked so when they were made, their snapshots too: {', '.join(volumes)}")

    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        """Delete the server, and of what hangs on it only C(targets)."""
        query = {"volumes": ",".join(targets["volumes"])} if targets.get("volumes") else {}
        if targets.get("floating_ips"):
            query["delete_floatings"] = "true"  # reading 18
        send = functools.partial(self.api.tasks, DELETE, self.scope.of(instance), query=query)
        return self.tasks.removal(send, lambda: self.holder(instance), f"instance {instance.id}", self.gone(instance))


def _bears(instance: Instance, name: str) -> bool:
    """Whether a server has a name, by itself or by the tag that keeps ours."""
    return name in (instance.name, instance.facts.get("own_name"))
