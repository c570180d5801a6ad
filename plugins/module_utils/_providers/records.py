# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of declared resources: what a provider that has one implements.

Reads return complete lists or raise. A verb that writes sends its call when it is called, once; None means done at once.
"""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass, field

from .._core.model import Instance
from .._core.plan import Step
from .._core.records import NewRecord, Record
from .._core.wait import Operation
from .base import Terms
from .verbs import D, Verbs


@dataclass(frozen=True, kw_only=True)
class RecordWish(Terms):
    """What a task wants of a declared resource: its own options, without the connection.

    C(options) holds only those that were given, by name; texts are stripped.
    """

    state: str
    options: t.Mapping[str, t.Any] = field(default_factory=dict)

    def __getitem__(self, option: str) -> t.Any:
        """The value of an option; None is not managed."""
        return self.options.get(option)


class RecordVerbs(Verbs[D]):
    """The verbs of one declared resource at one provider."""

    moves: t.ClassVar[bool] = True  # whether attaching to one server takes it from another by itself
    cost: t.ClassVar[bool] = False  # whether making one costs money
    patience: t.ClassVar[float | None] = None  # seconds to look for what an unclear order made; None: as for orders of servers
    lapse: t.ClassVar[float | None] = None  # seconds after which an order that shows nothing was not carried out; None: nobody can know

    @property
    def absence_is_proof(self) -> bool:
        """Whether an order that shows nothing within its patience was provably not carried out."""
        return bool(self.driver.absence_is_proof)

    # -- options ----------------------------------------------------------------------------------------------------

    def check(self, wish: RecordWish) -> None:
        """Refuse what the options alone show to be wrong here.

        Raises:
            OptionError: names the option and what to write instead. Sends nothing.
            UnsupportedError: the provider cannot do it at all.
        """

    # -- reads ------------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """The objects that the wish's identity names; an empty result is proof of absence.

        Args:
            instance: the server that the wish names, where it exists.
        """

    @abc.abstractmethod
    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Every object in the scope of the connection, for the information module.

        Args:
            wanted: its filters. What is equal to a key of the object is filtered by the neutral layer; reading less is welcome.
            instance: the server that the filters name.
        """

    def get(self, record: Record, wish: RecordWish, instance: Instance | None) -> Record | None:
        """An object as it is now; None only when it provably is gone."""
        return next((each for each in self.find(wish, instance) if each.id == record.id), None)

    def lists(self, wanted: RecordWish, instance: Instance | None) -> dict[str, list[dict[str, t.Any]]]:
        """Further lists of the information module, by their keys in the result, where its options ask for them."""
        return {}

    def to_come(self, wish: RecordWish) -> Record | None:
        """In check mode, what comes with a server that an earlier task makes, as far as it can be known; None where it does not come by itself."""
        return None

    def settling(self, record: Record) -> Operation | None:
        """What is under way on an object and has to end before it is changed again; None when nothing is."""
        return None

    def plan_change(self, record: Record, step: Step, wish: RecordWish) -> Step:
        """A planned step as it will be sent: checked against what the provider has, with reads only.

        Raises:
            OptionError: it cannot be done.
        """
        return step

    def review(self, record: Record, steps: t.Sequence[Step], wish: RecordWish) -> t.Sequence[str]:
        """Refuse steps that the state of their object shows to be impossible, before the first is sent; what the user should know of the others.

        Args:
            record: the object as it is, or as it is to be made.

        Raises:
            OptionError: says why, and what to do instead.
        """
        return ()

    # -- writes -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """Resolve and check everything that making one needs, with reads only.

        Raises:
            OptionError: an option is missing or wrong, or names nothing.
            UnsupportedError: none can be made here.
        """
        raise NotImplementedError

    def create(self, new: NewRecord) -> Operation | None:
        """Make it, once. The operation's outcome may carry the new id."""
        raise NotImplementedError

    def resume(self, operation_id: str) -> Operation | None:
        """Await the task of an order that an earlier run sent; None where orders have no task."""
        return None

    def change(self, record: Record, step: Step) -> Operation | None:
        """Carry out a step that is neither create nor delete; C(step.target) is the server of a link."""
        raise NotImplementedError

    def delete(self, record: Record) -> Operation | None:
        """Delete it; nothing has it any more. Not found counts as done."""
        raise NotImplementedError
