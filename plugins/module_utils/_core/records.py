# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources as data: what an object of a kind shows, which of it a task can want, and what changing it means.

Pure. C(_resources/_declared.py) manages whatever is declared by this; a provider reads and writes it.
"""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass, field

from .model import ABSENT, Instance, Price, Ref
from .plan import NONE


@dataclass(frozen=True)
class Field:
    """One thing about an object that a task can want; option and key of the object have the same name.

    Args:
        action: of the plan's step.
        fixed: it is given at creation only, so that a difference is drift.
        remedy: what a difference of a fixed one takes, as drift tells it.
        grows: a smaller value than the present one is refused.
        link: it is the instance that the object hangs on; an empty text takes it away.
        effect, needs, cost: what changing it on an existing object means.
    """

    name: str
    action: str = "set"
    fixed: bool = False
    remedy: str = "unsupported"
    grows: bool = False
    link: bool = False
    effect: str = NONE
    needs: tuple[str, ...] = ()
    cost: bool = False


@dataclass(frozen=True)
class Kind:
    """A resource, declared.

    Args:
        name: its module without C(vps_), the key of the object in results, and of its abilities in a profile.
        plural: the key of the list in results.
        words: one of them in a sentence, without an article.
        shows: the keys of the object with their values where nothing is known; C(provider) comes first by itself.
        fields: what a task can want of an existing object, in the order of the plan.
        identity: the options of which one is needed; an C(id) never creates.
        creates: the states that make what is not there.
        order_needs: the consents that making one asks for.
        ordered: whether making one spends money, so that it is sent by one task of this controller at a time and remembered.
        replaceable: whether what is fixed may be changed by C(allow: [replace]): deleted, and made anew.
    """

    name: str
    plural: str
    words: str
    shows: t.Mapping[str, t.Any]
    fields: tuple[Field, ...] = ()
    identity: tuple[str, ...] = ("name", "id")
    creates: tuple[str, ...] = ("present",)
    order_needs: tuple[str, ...] = ()
    ordered: bool = False
    replaceable: bool = False

    def record(self, provider: str, known: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any] | None = None) -> Record:
        """An object of this kind.

        Args:
            known: what is known of it, by the keys of C(shows).
            facts: the driver's own notebook, which never leaves the client layer.

        Raises:
            KeyError: the kind shows no such key.
        """
        unknown = set(known) - set(self.shows)
        if unknown:
            raise KeyError(f"{self.name} shows no {', '.join(sorted(unknown))}")
        return Record({"provider": provider, **copy.deepcopy(dict(self.shows)), **known}, facts or {})


@dataclass(frozen=True)
class Record:
    """An object of a declared kind.

    Args:
        fields: what users see.
        facts: the driver's own notebook.
    """

    fields: t.Mapping[str, t.Any]
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> t.Any:
        return self.fields[key]

    @property
    def id(self) -> str | None:
        """Its id, where it has one."""
        return self.fields.get("id")

    @property
    def name(self) -> str | None:
        """Its name, where it has one."""
        return self.fields.get("name")

    def having(self, **changed: t.Any) -> Record:
        """The same object with other values."""
        return Record({**self.fields, **changed}, self.facts)

    def gone(self) -> Record:
        """The object after its deletion: what was known last, with status C(absent) where it has a status."""
        return self.having(status=ABSENT) if "status" in self.fields else self

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return copy.deepcopy(dict(self.fields))


@dataclass(frozen=True)
class NewRecord:
    """An object to be made: names resolved, input checked, nothing written yet.

    Args:
        body: the provider's own request.
        predicted: the object as the create call leaves it, as far as that is known; what is wanted besides is set afterwards.
        price: what it costs, if the provider lists it.
        unknown: names that do not exist (yet); only check mode goes on with them.
        secret: what of it only the plan's fingerprint may see.
    """

    body: t.Any
    predicted: Record
    price: Price | None = None
    unknown: tuple[str, ...] = ()
    secret: str | None = None


def server_of(instance: Instance | None, wanted: str | None = None) -> dict[str, str | None] | None:
    """A server as objects show it; one that an earlier task makes has the C(wanted) name and no id yet, and no server is None."""
    if instance is None:
        return Ref(name=wanted).public() if wanted else None
    return Ref(instance.id, instance.name).public()
