# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a provider is: data first (its profile), verbs second (its driver).

From the profile come argument spec, documentation, capability table and the early refusals. The verbs return models,
or an Operation to await; they raise the typed errors of C(_core/errors.py) and nothing else.
"""

from __future__ import annotations

import abc
import contextlib
import re
import typing as t
from dataclasses import dataclass, field

from .._core.errors import NotFoundError, OperationFailedError, OptionError, UnsupportedError
from .._core.model import DELETING, DONE, ERROR, Instance, Outcome, Price, Ref
from .._core.wait import Deadline, Operation, Waiter
from .._http.client import Authorise, Backoff, Classify, Client

if t.TYPE_CHECKING:
    from .._journal import Journal
    from .._ledger import Entry, Ledger
    from .operations import Operations

# The options of vps_instance that describe a server; left out means not managed.
FIELDS = (
    "image",
    "app_template",
    "app_config",
    "name_template",
    "size",
    "cpu",
    "memory_mb",
    "disk_gb",
    "ip_count",
    "network",
    "public_ip",
    "interfaces",
    "volumes",
    "ssh_keys",
    "user_data",
    "username",
    "password",
    "tags",
    "firewalls",
    "placement_group",
    "iso_finalized",
    "rescue",
    "locked",
    "billing_cycle",
)
SECRET_FIELDS = ("app_config", "user_data", "password")
# All options of vps_instance that a provider may lack.
OPTIONS = (*FIELDS, "delete_with", "update_password", "reset_password", "max_cost")

# What vps_instance_info can add to each instance.
GATHERED = ("maintenance", "incidents", "metrics", "interfaces", "firewall_rules", "provider_data")

V = t.TypeVar("V")  # the verbs of a resource

# What the resources beside the instance can do at a provider, in the order of the capability table.
RESOURCES: t.Mapping[str, tuple[str, ...]] = {
    "rdns": ("write", "read", "absent", "ipv6", "secondary"),
    "firewall": ("present", "absent", "rules", "deny", "groups", "description", "network", "instances", "purge_instances", "rename"),
    "backup": ("present", "name", "absent", "keep", "consistent", "in_place", "new", "cron", "every", "paused"),
    "address": ("present", "absent", "replaced", "primary", "attach", "rename", "rebuild_guest_network"),
    "volume": ("present", "absent", "attach", "grow", "rename", "tags", "type", "snapshot"),
    "interface": ("present", "absent"),
    "smtp_filter": ("absent",),
    "dedicated": ("present", "absent", "power", "rebuilt", "market"),
    "software": ("present", "absent"),
    "console": ("present", "absent", "dedicated", "type", "duration"),
    "metrics": ("series", "now"),
    "quota": ("limits", "wanted"),
    "ssh_key": ("present", "absent", "rename", "generate"),
    "name_template": ("present", "absent", "available"),
    "instance_info": (*GATHERED, "search"),
    "catalog_info": ("lists", "sizes_for_instance", "sizes_for_image"),
}
CATALOG_LISTS = ("images", "sizes", "regions", "networks", "ssh_keys", "firewalls", "app_templates", "placement_groups")


UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Capabilities:
    """What works at a provider, and how. Everything a table, a refusal or an information module tells comes from here.

    Args:
        names: where an instance's name is looked up: C(account), C(region), C(project and region) or C(ledger).
        options: each supported option of vps_instance that describes a server, with a few words on what it takes here.
            An option that is missing is refused before anything is sent.
        instead: for what is not supported, what to do instead; keys are options, states or capability names.
        states: the supported values of C(state).
        required: the options that creating needs, C(name) and C(region) included where they are needed.
        alternatives: for one of those, the options of which one may be given in its stead.
        carried: the options that the create call itself carries; the others are applied after it.
        rebuild_with_image: whether a rebuild can change the image.
        rename: how a rename by C(id) and C(name) works.
        resize: how a change of size works.
        catalog: which lists of vps_catalog_info exist.
        features: further facts for vps_provider_info, in words: console, volumes...
        resources: by resource, what its module can do here: each key of RESOURCES that is supported with a few words on how. A resource
            that is missing is refused before anything is sent.
    """

    names: str
    options: t.Mapping[str, str]
    instead: t.Mapping[str, str]
    states: tuple[str, ...]
    required: tuple[str, ...]
    carried: tuple[str, ...]
    rebuild_with_image: bool
    rename: str
    resize: str
    catalog: tuple[str, ...]
    features: t.Mapping[str, str]
    resources: t.Mapping[str, t.Mapping[str, str]] = field(default_factory=dict)
    alternatives: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, resource: str) -> t.Mapping[str, str]:
        """What can be done with one of RESOURCES."""
        return self.resources.get(resource, {})


@dataclass(frozen=True)
class Profile:
    """A provider as data.

    Args:
        name: the value of C(provider).
        title: its name in sentences.
        token_env, url_env: the environment variables of C(api_token) and C(api_url).
        default_url: the value of C(api_url) when it is left out.
        request_timeout, wait_timeout: defaults in seconds.
        rate_limit: default requests per second.
        poll_ceiling: seconds between two polls at most.
        look_seconds: how long to look for what an unclear order made; None means the whole C(wait_timeout).
        region: what C(region) takes.
        project: what C(project) takes, or None where there are no projects.
        project_env: the environment variable of C(project).
        in_flight: how many calls may be under way at once where a task has use for it.
    """

    name: str
    title: str
    token_env: str
    url_env: str
    default_url: str
    request_timeout: float
    wait_timeout: float
    rate_limit: float
    poll_ceiling: float
    look_seconds: float | None
    region: str
    project: str | None
    capabilities: Capabilities
    project_env: str | None = None
    in_flight: int = 8


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a task may change things: the options that every changing module has.

    C(wait_timeout) in seconds.
    """

    wait: bool = True
    wait_timeout: float = 1800.0
    allow: tuple[str, ...] = ()
    expect: t.Mapping[str, t.Any] = field(default_factory=dict)
    expect_plan: str | None = None
    on_drift: str = "warn"


@dataclass(frozen=True)
class Wish(Terms):
    """What a task wants: the options of vps_instance, without the connection.

    C(fields) holds only the options that were given, by the names of FIELDS; C(max_cost) is per month, in the provider's currency.
    """

    name: str | None
    id: str | None
    state: str
    fields: t.Mapping[str, t.Any]
    region: str | None = None
    purge_tags: bool = True
    stop_mode: str = "graceful_then_hard"
    wait_until: str = "status"
    wait_port: int = 22
    delete_with: tuple[str, ...] = ()
    update_password: str = "on_create"
    reset_password: bool = False
    return_credentials: bool = False
    ledger_unknown: str = "fail"
    max_cost: float | None = None


@dataclass(frozen=True)
class Lookup:
    """What a search by name brought.

    Args:
        matches: every server of exactly that name, C(deleting) ones included, gone ones not.
        known_ids: every id seen in the scope, so that what an order makes can be told from what was there.
        building: an unfinished order for this name that no row shows yet (a task); awaiting it brings the id.
    """

    matches: tuple[Instance, ...]
    known_ids: frozenset[str]
    building: Operation | None = None

    @property
    def present(self) -> list[Instance]:
        """The matches that are not on their way out."""
        return [match for match in self.matches if match.status != DELETING]


@dataclass(frozen=True)
class Overview:
    """All servers in the scope of a connection, from one reading of its lists.

    Args:
        find: what C(Driver.find) says of a name.
        get: the server of an id, if the lists tell it as fully as C(Driver.get) does; None proves nothing.
    """

    find: t.Callable[[str], Lookup]
    get: t.Callable[[str], Instance | None]

    @classmethod
    def of(cls, listed: t.Sequence[Instance]) -> Overview:
        """For a provider that lists whole servers under their own names."""
        named: dict[str | None, list[Instance]] = {}
        for instance in listed:
            named.setdefault(instance.name, []).append(instance)
        by_id = {str(instance.id): instance for instance in listed}
        known_ids = frozenset(by_id)
        return cls(lambda name: Lookup(tuple(named.get(name, ())), known_ids), by_id.get)


@dataclass(frozen=True)
class Order:
    """A create call that is ready to be sent: all names resolved, all input checked, nothing written yet.

    Args:
        body: the provider's own request; secret.
        region: where it will be, as results show it.
        scope: the ledger's key parts C((project, region)); empty strings where names are not scoped that far.
        predicted: instance fields that are known beforehand (image, size, cpu, memory_mb, disk_gb, network...).
        price: what it costs, if the provider lists it.
        traits: what a server made by this order looks like, as plain JSON; for recognising it later. No secrets.
        unknown: names that do not exist (yet); only check mode goes on with them.
        warnings: what the user should know.
    """

    body: t.Any
    region: str | None
    scope: tuple[str, str] = ("", "")
    predicted: t.Mapping[str, t.Any] = field(default_factory=dict)
    price: Price | None = None
    traits: t.Mapping[str, t.Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """The answer to an order: the new server's id, or the id of the task or job that will tell it, or neither.

    C(credentials) where they come with the answer.
    """

    instance_id: str | None = None
    operation_id: str | None = None
    credentials: t.Mapping[str, str | None] | None = None


@dataclass(frozen=True)
class Listing:
    """A part of the list of all servers that is read on its own: one region's, or everything (C(region) is None)."""

    region: str | None
    read: t.Callable[[], list[Instance]]


@dataclass(frozen=True)
class Connection:
    """The connection options of a task, checked and with defaults filled in."""

    provider: str
    token: str
    url: str
    account: str | None = None
    region: str | None = None
    project: str | None = None


class Context(t.Protocol):
    """What the runner hands to a driver.

    Attributes:
        connection: the checked connection options.
        waiter, deadline: the clock of this task.
        ledger: the name ledger, if one is configured.
        journal: the notes of orders that cost money.
        check_mode: whether nothing may be written.
    """

    connection: Connection
    waiter: Waiter
    deadline: Deadline
    ledger: Ledger | None
    journal: Journal
    check_mode: bool

    @property
    def max_retry_wait(self) -> float:
        """Seconds in all that refused requests may be waited for."""

    def provider_time(self) -> float:
        """Seconds since 1970 by the provider's clock, as its last answer told it; this machine's where it told nothing."""

    def client(self, authorise: Authorise, classify: Classify, backoff: Backoff) -> Client:
        """The HTTP client of this account."""

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """A turn to note and send an order, where many wait for theirs."""

    def crowded(self) -> bool:
        """Whether so many of the account are under way that one list for all is cheaper than a question each."""

    def warn(self, message: str) -> None:
        """Show a warning with the result."""


class Driver(abc.ABC):
    """The verbs of a provider.

    All ids are strings. C(None) from a verb means done at once. A verb sends its call when it is called, once; the
    returned Operation's check only reads, except where a documented flow has further stages.
    """

    PROFILE: t.ClassVar[Profile]
    compared_sizes: t.ClassVar[tuple[str, ...]] = ("size", "cpu", "memory_mb", "disk_gb", "ip_count")  # what a running server can be compared in
    stops_before_delete: t.ClassVar[bool] = False  # whether a running server has to be stopped before it can be deleted
    absence_is_proof: t.ClassVar[bool] = False  # whether an order that shows nothing within look_seconds was provably not carried out
    id_form: t.ClassVar[re.Pattern[str]] = re.compile(r"[1-9][0-9]*")  # what an id looks like where a name or an id may stand
    plain_lookup = True  # whether C(overview) answers for the server of the last C(check)

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    @abc.abstractmethod
    def operations(cls) -> Operations:
        """Where a user finds each operation of the provider's API; sends nothing."""

    # -- identity ---------------------------------------------------------------------------------------------------

    def account(self) -> str:
        """The account's name in results: the user's own, else the provider's. No calls beyond what lookups need."""
        return self.context.connection.account or self.PROFILE.name

    def check(self, wish: Wish) -> None:  # noqa: B027 - most options need no check of their own
        """Refuse what the options alone show to be wrong here (a tag with a space, a name that is too long).

        Raises:
            OptionError: names the option and what to write instead. Sends nothing.
        """

    # -- reads ------------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def find(self, name: str) -> Lookup:
        """Every server of exactly this name in the scope of the connection.

        An empty result is proof of absence: region and project were shown to exist, and all pages were read.
        """

    @abc.abstractmethod
    def get(self, instance_id: str) -> Instance | None:
        """The server of this id; None only when it provably is in no region of the account.

        Raises:
            OptionError: region or project do not exist, the id has no valid form here, or another region has it.
        """

    @abc.abstractmethod
    def list_all(self) -> list[Instance]:
        """Every server in the scope of the connection, all regions where none is given."""

    def listings(self, regions: t.Sequence[str] = ()) -> list[Listing]:
        """What C(list_all) is made of, for whoever reads the parts side by side or can do without one of them.

        Args:
            regions: as the option C(region) takes them; left out, the connection's region, else all.

        Raises:
            OptionError: a region that cannot be one here, as far as that shows before its list is read.
        """
        return [Listing(None, self.list_all)]

    def overview(self) -> Overview | None:
        """Every name and id in the scope of the connection by one reading of its lists; None where lists tell nothing but ids.

        Raises:
            OptionError: region or project do not exist.
        """
        return Overview.of(self.list_all())

    def side_with(self, other: t.Any) -> None:  # noqa: B027 - most drivers learn nothing that another one needs
        """Share from now on what another driver of the same kind and connection has learnt of servers while it read them."""

    def peek(self, instance_id: str, fields: t.Collection[str] = ()) -> Instance | None:
        """Like C(get), but no more than identity and C(fields) need to be right.

        Where nothing is asked for and the following call about the server would notice its absence, this costs no call; that
        call then raises NotFoundError.
        """
        return self.get(instance_id)

    def read(self, instance: Instance, fields: t.Collection[str]) -> Instance:
        """Fill in those of C(fields) that cost a call of their own, and take them out of C(not_read).

        Five notes in C(facts) are read by the neutral layer: C(upgrade) (true: a change of size is unfinished and has to
        be carried on), C(uneven_firewalls) (true: ports carry different firewalls, so the union proves nothing),
        C(forced_address) (true: a server in its place would have a public address again, whatever was asked for), C(iso) (true: it
        was made to boot an ISO, and that is not finished) and C(placement_group) (the Ref of the one that it is in).
        """
        return instance

    @abc.abstractmethod
    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        """One list of CATALOG_LISTS as C({id, name, region, ...}) with neutral keys; sizes with cpu, memory_mb, disk_gb, price."""

    @abc.abstractmethod
    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        """Name or id to both, exactly, in the instance's region; C(kind) is image, network, firewalls, ssh_keys or placement_group.

        Raises:
            OptionError: nothing of that name or id (C(facts["missing"]) is true), or several.
        """

    # -- comparing, where the neutral way is not enough -------------------------------------------------------------

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        """Check a change of size against what the provider offers, with reads only, before anything is sent.

        Args:
            changes: those of size, cpu, memory_mb, disk_gb, ip_count that differ, as wanted.

        Returns:
            What the neutral layer cannot know: C(price) (Price or None), C(needs) (consents), C(effect), C(cost) and
            C(predicted) (further instance fields that the change brings, e.g. cpu and memory_mb of a new size).

        Raises:
            OptionError: a size that does not exist or is not offered, or something that would shrink.
        """
        return {}

    def predict_rebuild(self, instance: Instance, image: str | None) -> dict[str, t.Any]:
        """The instance fields that a rebuild changes, as far as they can be known; None for what cannot."""
        return {"image": image, "image_id": None} if image else {}

    # -- ordering ---------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def order(self, wish: Wish) -> Order:
        """Resolve and check everything a create needs, with reads only.

        Raises:
            OptionError: an option is missing or wrong, or names nothing.
        """

    @abc.abstractmethod
    def place(self, order: Order) -> Receipt:
        """Send the order, once."""

    @abc.abstractmethod
    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        """Await what an accepted order makes; the outcome carries C(instance_id), and C(credentials) where they come with it."""

    @abc.abstractmethod
    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        """The servers that are not among C(known_ids) and fit the traits; for finding what an unclear order made."""

    def unfinished(self, traits: t.Mapping[str, t.Any]) -> Operation | None:
        """An order of these traits that the provider still works on, where it can be asked (tasks)."""
        return None

    def credentials(self, instance_id: str) -> t.Mapping[str, str | None] | None:
        """The first login of a server that was just made, where reads tell it too; sends nothing."""
        return None

    def ready(self, instance: Instance) -> bool:
        """Whether a new server is complete.

        Raises:
            OperationFailedError: it ended in an error state.
        """
        self.refuse_failed(instance)
        return instance.settled

    # -- verbs on an existing server --------------------------------------------------------------------------------

    @abc.abstractmethod
    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        """Delete it; the operation is done when it is gone. C(targets): ids by C(delete_with) word that go along."""

    def delete_targets(self, instance: Instance, delete_with: t.Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
        """What would go along with a delete (ids by word of C(delete_with)), and in words what stays behind and costs money."""
        return {}, []

    def gone(self, instance: Instance) -> Operation:
        """Await the end of a deletion that is under way."""

        def check() -> Outcome | None:
            return DONE if self.get(str(instance.id)) is None else None

        return self.operation(f"deletion of {self.label(instance)}", check, instance_id=instance.id)

    @abc.abstractmethod
    def start(self, instance: Instance) -> Operation | None:
        """Power on."""

    @abc.abstractmethod
    def stop(self, instance: Instance, mode: str) -> Operation | None:
        """Power off; C(mode) is C(stop_mode)."""

    @abc.abstractmethod
    def restart(self, instance: Instance, mode: str) -> Operation | None:
        """Reboot a running server; graceful unless C(mode) is C(hard)."""

    def suspend(self, instance: Instance) -> Operation | None:
        """Suspend."""
        raise self.unsupported("suspended")

    def resume(self, instance: Instance) -> Operation | None:
        """Resume a suspended server."""
        raise self.unsupported("suspended")

    @abc.abstractmethod
    def rename(self, instance: Instance, name: str) -> Operation | None:
        """Give it another name."""

    def set_tags(self, instance: Instance, tags: t.Mapping[str, str]) -> Operation | None:
        """Make C(tags) the whole set (purging was dealt with)."""
        raise self.unsupported("tags")

    def set_firewalls(self, instance: Instance, firewalls: t.Sequence[Ref]) -> Operation | None:
        """Make C(firewalls) the whole set, on all ports."""
        raise self.unsupported("firewalls")

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        """Change size, cpu, memory_mb, disk_gb, ip_count as checked by C(check_change)."""
        raise self.unsupported("size")

    def rebuild(self, instance: Instance, image: str | None) -> Operation | None:
        """Reinstall, with another image if given; wipes the disk."""
        raise self.unsupported("rebuilt")

    def repair(self, instance: Instance) -> Operation | None:
        """Let the provider repair it, which restarts it."""
        raise self.unsupported("repaired")

    def finalize_iso(self, instance: Instance) -> Operation | None:
        """Finish an installation from an ISO."""
        raise self.unsupported("iso_finalized")

    def set_placement_group(self, instance: Instance, group: Ref | None) -> Operation | None:
        """Put a server that is in no placement group into one, or with None take it out of its own."""
        raise self.unsupported("placement_group")

    def set_password(self, instance: Instance, password: str) -> Operation | None:
        """Set the login password, restarting a running server where it takes that."""
        raise self.unsupported("password")

    def reset_password(self, instance: Instance) -> Operation | None:
        """Let the provider make a new password; the outcome carries credentials."""
        raise self.unsupported("reset_password")

    def set_rescue(self, instance: Instance, rescue: bool) -> Operation | None:
        """Enter or leave rescue mode."""
        raise self.unsupported("rescue")

    def set_locked(self, instance: Instance, locked: bool) -> Operation | None:
        """Lock or unlock against changes."""
        raise self.unsupported("locked")

    # -- what hangs on a server ---------------------------------------------------------------------------------------

    def set_rdns(self, instance: Instance, address: str, hostname: str | None) -> None:
        """Give an address a reverse name; None asks for the provider's default."""
        raise self.unsupported("rdns")

    def verbs(self, resource: str, makers: t.Mapping[str, t.Callable[[t.Any], V]]) -> V:
        """The verbs of one of RESOURCES, by what C(_verbs) says of it.

        Args:
            makers: by provider, what makes them.

        Raises:
            UnsupportedError: the provider does not have it.
        """
        self.require(resource)
        return makers[self.PROFILE.name](self)

    # -- shared by drivers ------------------------------------------------------------------------------------------

    def label(self, instance: Instance) -> str:
        """An instance in words, for messages."""
        named = f"{instance.name} ({instance.id})" if instance.name else instance.id
        return f"instance {named} at {self.PROFILE.title}"

    def unsupported(self, capability: str) -> UnsupportedError:
        """The refusal for something this provider does not have."""
        instead = self.PROFILE.capabilities.instead.get(capability)
        return UnsupportedError(f"{self.PROFILE.title} does not support {capability}", hint=instead, capability=capability, provider=self.PROFILE.name)

    def require(self, resource: str, ability: str | None = None) -> None:
        """Refuse what this provider cannot do with one of RESOURCES; without an ability, whatever it is.

        Raises:
            UnsupportedError: names the module, the ability and what to do instead.
        """
        abilities = self.PROFILE.capabilities.of(resource)
        if ability in abilities or (abilities and ability is None):
            return
        capability = f"{resource}.{ability}" if abilities else resource
        what = f"vps_{resource}: {ability}" if abilities else f"vps_{resource}"
        instead = self.PROFILE.capabilities.instead.get(capability)
        raise UnsupportedError(f"{self.PROFILE.title} does not support {what}", hint=instead, capability=capability, provider=self.PROFILE.name)

    def missing(self, option: str, wanted: str, where: str, choices: t.Iterable[str | None] = ()) -> OptionError:
        """The failure for a name or id that names nothing."""
        known = sorted({choice for choice in choices if choice})
        hint = f"Known there: {', '.join(known[:30])}{', ...' if len(known) > 30 else ''}." if known else None
        return OptionError(f"{option}: {self.PROFILE.title} knows no {wanted!r} in {where}", hint=hint, option=option, missing=True)

    def refuse_failed(self, instance: Instance) -> None:
        """Stop waiting for a server that ended in an error state.

        Raises:
            OperationFailedError: with its id.
        """
        if instance.status == ERROR:
            raise OperationFailedError(
                f"{self.label(instance)} is in the error state ({instance.provider_status})",
                hint="Look at it in the provider's panel; state absent with its id removes it.",
                id=instance.id,
            )

    def operation(self, what: str, check: t.Callable[[], Outcome | None], *, operation_id: str | None = None, instance_id: str | None = None) -> Operation:
        """An operation with this provider's poll interval."""
        return Operation(what, check, self.PROFILE.poll_ceiling, operation_id, instance_id)

    def until(self, what: str, instance: Instance, done: t.Callable[[Instance], bool]) -> Operation:
        """Await a state of an existing server by reading it until C(done) says so.

        The operation fails when the server ends in an error state or is gone.
        """

        def check() -> Outcome | None:
            now = self.get(str(instance.id))
            if now is None or now.status == DELETING:
                raise NotFoundError(f"{self.label(instance)} vanished while waiting for the {what}", id=instance.id)
            self.refuse_failed(now)
            return Outcome(now.id) if done(now) else None

        return self.operation(f"{what} of {self.label(instance)}", check, instance_id=instance.id)

    # -- the ledger -------------------------------------------------------------------------------------------------

    def ledger_scope(self, region: str | None) -> tuple[str, str]:
        """The ledger's key parts C((project, region)) for names of this provider; empty where names are wider."""
        return ("", "")

    def wanted_region(self) -> str | None:
        """The region that the options name or a create would take, as results show it; None where there is none."""
        given = self.context.connection.region
        return self.ledger_scope(given)[1] or (given if self.PROFILE.capabilities.names != "ledger" else None)

    def entry(self, name: str) -> Entry | None:
        """This name's entry in the ledger, if there is a ledger."""
        ledger = self.context.ledger
        return ledger.entry(self.ledger_scope(self.context.connection.region), name) if ledger else None
