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
from .parts import Origin, Parts, check_parts
from .scope import Scope
from .storage import Storage

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]")
ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
TAG_KEY = re.compile(r"[^ \t\n=]{1,255}")
TAG_VALUE = re.compile(r"[^\t\n]{1,255}")
WINDOWS_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^a-zA-Z0-9]).{8,16}", re.DOTALL)
PLACEHOLDERS = {"{ip_octets}": 4, "{two_ip_octets}": 2, "{one_ip_octet}": 1}  # of a name template, and of how many octets each is made
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
    check_parts(fields)
    _check_template(wish)
    if len(set(fields.get("ssh_keys") or ())) > 1:
        raise OptionError(f"ssh_keys: {TITLE} takes one key at creation", hint="Name one key; add others with ansible.posix.authorized_key.", option="ssh_keys")
    if fields.get("public_ip") is False and fields.get("network") is None:
        raise OptionError(f"public_ip: false alone would leave a server without any interface at {TITLE}", hint="Name a network as well.", option="public_ip")
    if fields.get("username") is not None and fields.get("password") is None:
        raise OptionError(f"username: {TITLE} makes a user only together with a password", hint="Add password, or leave username out.", option="username")
    for key, value in (fields.get("tags") or {}).items():
        check_tag(str(key), str(value))


def _check_template(wish: Wish) -> None:
    """A template makes names that the provider takes, whatever the address is."""
    template = wish.fields.get("name_template")
    if template is None:
        return
    longest = template
    for placeholder, octets in PLACEHOLDERS.items():
        longest = longest.replace(placeholder, "-".join(["255"] * octets))
    if not NAME.fullmatch(longest):
        raise OptionError(
            f"name_template: {TITLE} takes names of 3 to 63 characters, which {template[:80]!r} does not make",
            hint="Use letters, digits, dots, dashes and underscores around {ip_octets}, {two_ip_octets} or {one_ip_octet}.",
            option="name_template",
        )
    if wish.id is not None and wish.name is not None:
        raise OptionError("name_template: with an id, a name would be a new name, which the template rules out", hint="Leave name out.", option="name")


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
    if key in mapping.PLATFORM_KEYS or key == mapping.NAME_TAG:
        writer = "this collection" if key == mapping.NAME_TAG else f"{TITLE} itself"
        raise OptionError(f"tags: {key} is written by {writer} and cannot be set", hint="Use another key.", option="tags")
    if not TAG_VALUE.fullmatch(value):
        raise OptionError(
            f"tags: the value of {key} does not fit {TITLE}",
            hint="Values have 1 to 255 characters without tab or line break; they cannot be empty.",
            option="tags",
        )


class Orders:
    """Turns wishes into orders, with reads only."""

    def __init__(self, api: Api, scope: Scope, catalogue: Catalogue, storage: Storage, context: Context) -> None:
        self._api = api
        self._scope = scope
        self._catalogue = catalogue
        self._context = context
        self._parts = Parts(catalogue, storage, self.known)

    def order(self, wish: Wish) -> Order:
        """The request and what is known of the server beforehand; in check mode with a preview of the quota.

        Raises:
            OptionError: an option is wrong, or names nothing.
        """
        fields, region, unknown = wish.fields, self._scope.required(), list[str]()
        template = fields.get("name_template")
        flavor = self._flavor(region, fields)
        origin = self._parts.origin(region, fields, unknown)
        origin.check_size(flavor, fields["size"])
        _check_access(origin, fields)
        volumes = self._parts.volumes(region, fields, origin, unknown)
        interfaces, network, groups = self._interfaces(region, fields, unknown)
        group = self._catalogue.resolve("placement_group", region, fields["placement_group"]) if fields.get("placement_group") else None
        body: Row = {
            **_identity(wish),
            "flavor": fields["size"],
            "interfaces": interfaces,
            "volumes": volumes,
            **self._access(fields, unknown),
            **({"servergroup_id": group.id} if group else {}),
            **({"configuration": fields["app_config"]} if fields.get("app_config") is not None else {}),
        }
        image = origin.row if origin.kind == "image" and origin.row else {}
        predicted = {
            "name": None if template else wish.name,
            "image": text(image.get("name")),
            "image_id": text(image.get("id")),
            "size": fields["size"],
            "cpu": integer(flavor.get("vcpus")),
            "memory_mb": integer(flavor.get("ram")),
            "disk_gb": volumes[0]["size"] if "disk_gb" in fields else None,
            "network": network,
            "username": None,  # the provider does not tell it
            "firewalls": groups,
            "not_read": () if "disk_gb" in fields else ("disk_gb",),
            "facts": {"placement_group": group},
        }
        return Order(
            body=body,
            region=region,
            scope=(self._scope.project(), region),
            predicted=predicted,
            price=mapping.price_of(flavor),
            traits={"name": wish.name, "project": self._scope.project(), "region": region, **({"name_template": template} if template else {})},
            unknown=tuple(unknown),
            warnings=self._quota_preview(region, wish.name, body, unknown) if self._context.check_mode else (),
        )

    def _flavor(self, region: str, fields: t.Mapping[str, t.Any]) -> Row:
        """The wanted flavor; a refusal names those that fit the planned server (section 5.11)."""
        try:
            return self._catalogue.flavor(region, fields["size"])
        except OptionError as refusal:
            with contextlib.suppress(VpsError):  # the refusal stands, whatever becomes of the advice
                image = fields.get("image")
                fitting = sorted(word for word in offered(self.fitting(region, image, fields.get("disk_gb"))) if word) if image else []
                if fitting:
                    refusal.hint = f"Offered for this image: {', '.join(fitting[:30])}."
            raise

    def fitting(self, region: str, image: str, disk_gb: int | None, query: t.Mapping[str, str] | None = None) -> list[Row]:
        """The flavors that a server of this image can be made with (section 5.11).

        Raises:
            OptionError: there is no such image, or the disk is too small for it.
        """
        volumes = self._parts.volumes(region, {"disk_gb": disk_gb}, self._parts.image(region, image), [])
        return list(self._api.ask(AVAILABLE_FLAVORS, self._scope.path(region), query=query, body={"volumes": volumes})["results"])

    def known(self, what: str, unknown: list[str], find: t.Callable[[], Found]) -> Found | None:
        """What C(find) finds; in check mode an earlier task may make what is not there yet."""
        try:
            return find()
        except OptionError as exc:
            if not (self._context.check_mode and exc.facts.get("missing")):
                raise
            unknown.append(what)
            return None

    def _interfaces(self, region: str, fields: t.Mapping[str, t.Any], unknown: list[str]) -> tuple[list[Row], str | None, tuple[Ref, ...]]:
        """The interfaces; the name of the network, where there is one and it is known; and the security groups as a read will show them."""
        wanted, network, public = fields.get("interfaces"), fields.get("network"), fields.get("public_ip")
        if wanted is None:
            wanted = [{"external": True} if network is None else {"network": network, "public_ip": public}]
        everywhere = fields.get("firewalls") or ()
        bodies, names, shown = [], [], list[Ref]()
        for each in wanted:
            body, name = self._parts.interface(region, each, unknown)
            groups = self._groups(region, each.get("firewalls") or everywhere, unknown)
            if groups:
                body["security_groups"] = [{"id": group.id} for group in groups]
            expected = self._predicted_groups(groups, each.get("firewalls") or everywhere)
            shown += [Ref(name=str(group)) for group in expected] if each.get("firewalls") else expected  # nobody asks for the ids of those
            bodies.append(body)
            names.append(name)
        if public is False and bodies[0]["type"] == "external":
            raise OptionError(
                f"public_ip: false does not fit network {network}, which is external at {TITLE}", hint="Name a private network.", option="public_ip"
            )
        return bodies, names[0] if len(names) == 1 else None, mapping.in_order(shown)

    def _groups(self, region: str, wanted: t.Iterable[str], unknown: list[str]) -> list[Ref]:
        found = [self.known(f"firewall {item}", unknown, partial(self._catalogue.resolve, "firewalls", region, item)) for item in wanted]
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
            key = self.known(f"SSH key {name}", unknown, partial(self._catalogue.ssh_key, name))
            access["ssh_key_name"] = key["name"] if key else name
        return access

    def _quota_preview(self, region: str, name: str | None, body: Row, unknown: t.Sequence[str]) -> tuple[str, ...]:
        """A warning when the quota would not suffice (section 5.11, reading 23); what is unknown yet is left out of the question."""
        try:
            short = exceeded(self._api, self._scope.path(region), body, interfaces=not unknown)
        except ProviderError as exc:
            return (f"The quota for {name} at {TITLE} could not be looked at beforehand: {exc.message}",)
        if not short:
            return ()
        told = ", ".join(f"{each.quota} ({_number(each.used)} of {_number(each.limit)} used)" for each in short)
        return (f"The quota at {TITLE} would not suffice for {name}: {told}",)


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _identity(wish: Wish) -> Row:
    """Name and tags of a request; of a server that the provider names, a tag keeps our name."""
    template, tags = wish.fields.get("name_template"), dict(wish.fields.get("tags") or {})
    if template:
        tags[mapping.NAME_TAG] = str(wish.name)
    return {**({"name_template": template} if template else {"name": wish.name}), **({"tags": tags} if tags else {})}


def _check_access(origin: Origin, fields: t.Mapping[str, t.Any]) -> None:
    """The access rules of section 5.4, which depend on the image's system.

    Raises:
        OptionError: what the provider would silently ignore, or what breaks a Windows system.
    """
    password = fields.get("password")
    if not origin.windows:
        if password is not None and fields.get("user_data") is not None:
            raise OptionError(
                f"user_data is ignored by {TITLE} when a password is given for a Linux image",
                hint="Leave one of them out, or set the password in user_data.",
                option="user_data",
            )
        return
    if fields.get("username") is not None:
        raise OptionError(f"username must not be given for the Windows {origin}", hint="The user is Admin.", option="username")
    if password is not None and not WINDOWS_PASSWORD.fullmatch(password):
        raise OptionError(
            "password: Windows takes 8 to 16 characters with lower case, upper case, digit and special character",
            hint="Choose another password.",
            option="password",
        )
