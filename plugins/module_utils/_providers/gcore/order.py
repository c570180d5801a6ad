# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building a create request: names resolved, rules checked, nothing written (contract section 5.4)."""

from __future__ import annotations

import base64
import contextlib
import re
import typing as t
from functools import partial

from ..._core.errors import OptionError, ProviderError, VpsError
from ..._core.model import Ref
from ..._core.normalise import integer, text
from ..base import Context, Order, Wish
from . import mapping
from .api import AVAILABLE_FLAVORS, TITLE, Api, Row
from .catalogue import Catalogue, offered
from .limits import exceeded
from .scope import Scope

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]")
ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
TAG_KEY = re.compile(r"[^ \t\n=]{1,255}")
TAG_VALUE = re.compile(r"[^\t\n]{1,255}")
WINDOWS_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^a-zA-Z0-9]).{8,16}", re.DOTALL)
DEFAULT_GROUP = Ref(name="default")  # the project's default group, section 5.4

Found = t.TypeVar("Found")


def check_wish(wish: Wish) -> None:
    """Refuse what the options alone show.

    Raises:
        OptionError: names the option and what to write instead.
    """
    if wish.id is not None and not ID.fullmatch(wish.id):
        raise OptionError(f"id: {wish.id!r} is no id of {TITLE}", hint="Ids look like 6c6aa80f-7836-4dc2-a2ae-125e248be476.", option="id")
    if wish.name is not None and not NAME.fullmatch(wish.name):
        raise OptionError(
            f"name: {TITLE} takes 3 to 63 characters, which {wish.name[:80]!r} does not fit",
            hint="Use letters, digits, blanks, dots, dashes and underscores; start with a letter or digit and do not end with a blank or dash.",
            option="name",
        )
    fields = wish.fields
    if len(set(fields.get("ssh_keys") or ())) > 1:
        raise OptionError(f"ssh_keys: {TITLE} takes one key at creation", hint="Name one key; add others with ansible.posix.authorized_key.", option="ssh_keys")
    if fields.get("public_ip") is False and fields.get("network") is None:
        raise OptionError(f"public_ip: false alone would leave a server without any interface at {TITLE}", hint="Name a network as well.", option="public_ip")
    if fields.get("username") is not None and fields.get("password") is None:
        raise OptionError(f"username: {TITLE} makes a user only together with a password", hint="Add password, or leave username out.", option="username")
    for key, value in (fields.get("tags") or {}).items():
        check_tag(str(key), str(value))


def check_tag(key: str, value: str) -> None:
    """Refuse a tag that does not fit (section 5.4).

    Raises:
        OptionError: says why.
    """
    if not TAG_KEY.fullmatch(key):
        raise OptionError(
            f"tags: {key[:80]!r} is no valid key at {TITLE}",
            hint="Keys have 1 to 255 characters without blank, tab, line break or equals sign.",
            option="tags",
        )
    if key in mapping.PLATFORM_KEYS:
        raise OptionError(f"tags: {key} is written by {TITLE} itself and cannot be set", hint="Use another key.", option="tags")
    if not TAG_VALUE.fullmatch(value):
        raise OptionError(
            f"tags: the value of {key} does not fit {TITLE}",
            hint="Values have 1 to 255 characters without tab or line break; they cannot be empty.",
            option="tags",
        )


class Orders:
    """Turns wishes into orders, with reads only."""

    def __init__(self, api: Api, scope: Scope, catalogue: Catalogue, context: Context) -> None:
        self._api = api
        self._scope = scope
        self._catalogue = catalogue
        self._context = context

    def order(self, wish: Wish) -> Order:
        """The request and what is known of the server beforehand; in check mode with a preview of the quota.

        Raises:
            OptionError: an option is wrong, or names nothing.
        """
        fields, region, unknown = wish.fields, self._scope.required(), list[str]()
        flavor = self._flavor(region, fields)
        image = self._catalogue.image(region, fields["image"])
        _check_access(image, fields)
        disk = _disk_size(image, fields.get("disk_gb"))
        interface, network = self._interface(region, fields, unknown)
        groups = self._groups(region, fields.get("firewalls") or (), unknown)
        if groups:
            interface["security_groups"] = [{"id": group.id} for group in groups]
        body: Row = {
            "name": wish.name,
            "flavor": fields["size"],
            "interfaces": [interface],
            "volumes": _boot_volume(image, disk),
            **self._access(fields, unknown),
        }
        if fields.get("tags"):
            body["tags"] = dict(fields["tags"])
        predicted = {
            "image": text(image.get("name")),
            "image_id": text(image.get("id")),
            "size": fields["size"],
            "cpu": integer(flavor.get("vcpus")),
            "memory_mb": integer(flavor.get("ram")),
            "disk_gb": disk if "disk_gb" in fields else None,
            "network": network,
            "username": None,  # the provider does not tell it
            "firewalls": self._predicted_groups(groups, fields.get("firewalls") or ()),
            "not_read": () if "disk_gb" in fields else ("disk_gb",),
        }
        return Order(
            body=body,
            region=region,
            scope=(self._scope.project(), region),
            predicted=predicted,
            price=mapping.price_of(flavor),
            traits={"name": wish.name, "project": self._scope.project(), "region": region},
            unknown=tuple(unknown),
            warnings=self._quota_preview(region, body, unknown) if self._context.check_mode else (),
        )

    def _flavor(self, region: str, fields: t.Mapping[str, t.Any]) -> Row:
        """The wanted flavor; a refusal names those that fit the planned server (section 5.11)."""
        try:
            return self._catalogue.flavor(region, fields["size"])
        except OptionError as refusal:
            with contextlib.suppress(VpsError):  # the refusal stands, whatever becomes of the advice
                fitting = sorted(word for word in offered(self.fitting(region, fields["image"], fields.get("disk_gb"))) if word)
                if fitting:
                    refusal.hint = f"Offered for this image: {', '.join(fitting[:30])}."
            raise

    def fitting(self, region: str, image: str, disk_gb: int | None, query: t.Mapping[str, str] | None = None) -> list[Row]:
        """The flavors that a server of this image can be made with (section 5.11).

        Raises:
            OptionError: there is no such image, or the disk is too small for it.
        """
        row = self._catalogue.image(region, image)
        volumes = _boot_volume(row, _disk_size(row, disk_gb))
        return list(self._api.ask(AVAILABLE_FLAVORS, self._scope.path(region), query=query, body={"volumes": volumes})["results"])

    def _known(self, what: str, unknown: list[str], find: t.Callable[[], Found]) -> Found | None:
        """What C(find) finds; in check mode an earlier task may make what is not there yet."""
        try:
            return find()
        except OptionError as exc:
            if not (self._context.check_mode and exc.facts.get("missing")):
                raise
            unknown.append(what)
            return None

    def _interface(self, region: str, fields: t.Mapping[str, t.Any], unknown: list[str]) -> tuple[Row, str | None]:
        """The interface, and the name of its network where it is known."""
        external: Row = {"type": "external", "ip_family": "ipv4"}
        wanted, public = fields.get("network"), fields.get("public_ip")
        if wanted is None:
            return external, None
        place = self._known(f"network {wanted}", unknown, lambda: self._catalogue.place(region, wanted))
        if place is None:
            return {"type": "any_subnet"}, wanted
        name = text(place.network.get("name"))
        if place.external:
            if public is False:
                raise OptionError(
                    f"public_ip: false does not fit network {wanted}, which is external at {TITLE}", hint="Name a private network.", option="public_ip"
                )
            return external, name
        interface: Row = {"type": "any_subnet", "network_id": place.network["id"]}
        if place.subnet:
            interface.update(type="subnet", subnet_id=place.subnet["id"])
        if public:
            interface["floating_ip"] = {"source": "new"}
        return interface, name

    def _groups(self, region: str, wanted: t.Iterable[str], unknown: list[str]) -> list[Ref]:
        found = [self._known(f"firewall {item}", unknown, partial(self._catalogue.resolve, "firewalls", region, item)) for item in wanted]
        return list(dict.fromkeys(group for group in found if group))

    def _predicted_groups(self, groups: t.Sequence[Ref], wanted: t.Sequence[str]) -> tuple[Ref, ...]:
        """An order without groups gets the project's default one; names that do not exist yet are taken as they are."""
        known = {word for group in groups for word in (group.id, group.name)}
        return mapping.in_order((*groups, *(Ref(name=item) for item in wanted if item not in known))) if wanted else (DEFAULT_GROUP,)

    def _access(self, fields: t.Mapping[str, t.Any], unknown: list[str]) -> Row:
        """How to log in, as far as it was given; user data travels as base64."""
        access: Row = {key: fields[key] for key in ("username", "password") if fields.get(key) is not None}
        if fields.get("user_data") is not None:
            access["user_data"] = base64.b64encode(str(fields["user_data"]).encode("utf-8")).decode("ascii")
        for name in fields.get("ssh_keys") or ():
            key = self._known(f"SSH key {name}", unknown, partial(self._catalogue.ssh_key, name))
            access["ssh_key_name"] = key["name"] if key else name
        return access

    def _quota_preview(self, region: str, body: Row, unknown: t.Sequence[str]) -> tuple[str, ...]:
        """A warning when the quota would not suffice (section 5.11, reading 23); what is unknown yet is left out of the question."""
        try:
            short = exceeded(self._api, self._scope.path(region), body, interfaces=not unknown)
        except ProviderError as exc:
            return (f"The quota for {body['name']} at {TITLE} could not be looked at beforehand: {exc.message}",)
        if not short:
            return ()
        told = ", ".join(f"{each.quota} ({_number(each.used)} of {_number(each.limit)} used)" for each in short)
        return (f"The quota at {TITLE} would not suffice for {body['name']}: {told}",)


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _boot_volume(image: Row, size: int) -> list[Row]:
    """The volumes of a new server: one, made from its image; C(size) in GiB."""
    return [{"source": "image", "image_id": image["id"], "size": size, "boot_index": 0}]


def _disk_size(image: Row, wanted: int | None) -> int:
    """GiB of the boot volume: as wanted, else the image's minimum (reading 36).

    Raises:
        OptionError: below the image's minimum, or neither is known.
    """
    least = integer(image.get("min_disk")) or 0
    size = least if wanted is None else wanted
    if size < 1:
        raise OptionError(f"disk_gb is needed, since image {image.get('name')} tells no minimum size", hint="Give disk_gb.", option="disk_gb")
    if size < least:
        raise OptionError(f"disk_gb: image {image.get('name')} needs at least {least} GiB, not {size}", hint=f"Give {least} or more.", option="disk_gb")
    return size


def _check_access(image: Row, fields: t.Mapping[str, t.Any]) -> None:
    """The access rules of section 5.4, which depend on the image's system.

    Raises:
        OptionError: what the provider would silently ignore, or what breaks a Windows system.
    """
    password = fields.get("password")
    if (text(image.get("os_type")) or "").lower() != "windows":
        if password is not None and fields.get("user_data") is not None:
            raise OptionError(
                f"user_data is ignored by {TITLE} when a password is given for a Linux image",
                hint="Leave one of them out, or set the password in user_data.",
                option="user_data",
            )
        return
    if fields.get("username") is not None:
        raise OptionError(f"username must not be given for the Windows image {image.get('name')}", hint="The user is Admin.", option="username")
    if password is not None and not WINDOWS_PASSWORD.fullmatch(password):
        raise OptionError(
            "password: Windows takes 8 to 16 characters with lower case, upper case, digit and special character",
            hint="Choose another password.",
            option="password",
        )
