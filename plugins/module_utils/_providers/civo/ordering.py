# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a create call takes: everything that a wish names, chosen from the lists of the account (section 4.3)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import OptionError
from ..._core.model import Ref
from ..._core.normalise import flag, map_to_plain_tags, text
from ..base import Wish
from . import mapping
from .account import Account
from .api import TITLE, Row

_IN_WORDS = {"network": "network", "firewalls": "firewall", "ssh_keys": "SSH key"}


@dataclass(frozen=True)
class Choice:
    """A wish with its names resolved.

    C(network), C(firewall) and C(key) are None where they are missing or not wanted; C(unknown) names those that are
    missing, which only check mode goes on with.
    """

    wish: Wish
    region: Row
    size: Row
    image: Row
    network: Row | None
    firewall: Row | None
    key: Row | None
    unknown: tuple[str, ...]

    @property
    def public(self) -> bool:
        """Whether a public address is ordered; the provider's default is yes."""
        return self.wish.fields.get("public_ip") is not False

    def body(self) -> dict[str, t.Any]:
        """The request, without the region; what was not asked for is left out."""
        fields = self.wish.fields
        body = {
            "hostname": self.wish.name,
            "size": self.size["name"],
            "template_id": self.image["id"],
            "network_id": self.network and self.network["id"],
            "firewall_id": self.firewall and self.firewall["id"],
            "public_ip": "create" if self.public else "none",
            "ssh_key_id": self.key and self.key["id"],
            "initial_user": fields.get("username"),
            "script": fields.get("user_data"),
            "tags": " ".join(map_to_plain_tags(fields.get("tags") or {})),
        }
        return {name: value for name, value in body.items() if value not in (None, "")}

    def predicted(self) -> dict[str, t.Any]:
        """The fields of the instance that are known beforehand, as a read after the create shows them."""
        fields = self.wish.fields
        network = self.network_ref()
        return {
            "image": text(self.image.get("name")),
            "image_id": None,
            "size": text(self.size["name"]),
            **mapping.dimensions(self.size),
            "username": fields.get("username") or text(self.image.get("initial_user")),
            "network_id": network.id,
            "network": network.name if "network" in fields else None,
            "firewalls": (mapping.ref(self.firewall) if self.firewall else mapping.guessed(fields["firewalls"][0]),),
            "not_read": () if "rescue" in fields else ("rescue",),
        }

    def network_ref(self) -> Ref:
        """The network, or what is known of one that does not exist yet."""
        return mapping.ref(self.network, "label") if self.network else mapping.guessed(str(self.wish.fields.get("network")))

    def warnings(self, inhabited: t.Container[str | None]) -> t.Iterator[str]:
        """What the user should know; C(inhabited) are the networks in which instances were seen."""
        if flag(self.region.get("out_of_capacity")):
            yield f"{TITLE} says that the region {self.region['code']} is out of capacity"
        if not self.public and self.network_ref().id not in inhabited:
            yield f"{TITLE} gives the first instance of a network a public address whatever public_ip says"


def choose(account: Account, wish: Wish, *, lenient: bool) -> Choice:
    """Resolve region, image, size, network, firewall and key, with reads only.

    Args:
        lenient: go on without a network, firewall or key that does not exist, since an earlier task may make it.

    Raises:
        OptionError: one of them names nothing or several, or the region cannot hold instances.
    """
    fields = wish.fields
    unknown: list[str] = []

    def perhaps(wanted: str | None, find: t.Callable[[], Row]) -> Row | None:
        try:
            return find()
        except OptionError as exc:
            if not (lenient and exc.facts.get("missing")):
                raise
            unknown.append(f"{_IN_WORDS[exc.facts['option']]} {wanted}")
            return None

    region = region_for(account, "an instance")
    code = str(region["code"])
    size = account.size(code, fields["size"])
    image = account.image(code, fields["image"])
    label, name = fields.get("network"), fields["firewalls"][0]
    network = perhaps(label, lambda: account.network(code, label))
    # Without the network nobody can tell which firewalls will be in it.
    firewall = perhaps(name, lambda: account.firewall(code, name, str(network["id"]))) if network else None
    keys = fields.get("ssh_keys")
    key = perhaps(keys[0], lambda: account.ssh_key(code, keys[0])) if keys else None
    return Choice(wish, region, size, image, network, firewall, key, tuple(unknown))


def region_for(account: Account, what: str) -> Row:
    """The region to create something in, always an explicit one: for none the provider takes a random one (H2).

    Args:
        what: in words, for messages.

    Raises:
        OptionError: none is named and there is no default, it does not exist, or it cannot hold instances.
    """
    wanted = account.region or account.default()
    usable = f"Set it to one of: {', '.join(account.usable())}."
    if wanted is None:
        raise OptionError(f"Creating {what} at {TITLE} needs region, since the account has no single default region", hint=usable, option="region")
    region = account.prove(wanted)
    if str(region["code"]) not in account.usable():
        raise OptionError(f"region: {region['code']} holds no instances at {TITLE}", hint=usable, option="region")
    return region
