# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in a region of Civo and can hang on one of its servers.

It is found in the list of its region, never by a call for the one object: that call says "not found" in every other region too (H1).
"""

from __future__ import annotations

import abc
import contextlib
import typing as t

from ..._core.errors import ConflictError, NotFoundError, OperationFailedError, OptionError, UnsupportedError
from ..._core.model import CREATING, DELETING, ERROR, Instance, Outcome
from ..._core.records import Kind, Record
from ..._core.wait import Operation
from ..._http.client import Call
from ..records import RecordVerbs, RecordWish
from ..volumes import CHANGING
from . import api

if t.TYPE_CHECKING:
    from .driver import CivoDriver

_UNFINISHED = (CREATING, CHANGING, DELETING)


class Regional(RecordVerbs["CivoDriver"]):
    """The verbs that addresses and volumes share."""

    driver: CivoDriver
    kind: t.ClassVar[Kind]
    cost = True

    @abc.abstractmethod
    def read(self, region: str) -> list[Record]:
        """Everything of a region, as it is now."""

    # -- reads ------------------------------------------------------------------------------------------------------

    def within(self, region: str) -> list[Record]:
        """Everything of a region; finding nothing proves something only where there is such a region."""
        found = self.read(region)
        if not found:
            self.driver.civo.prove(region)
        return found

    def everywhere(self) -> list[Record]:
        """Everything in the scope of the connection; where all regions are searched, one that does not have such things at all has none."""
        found: list[Record] = []
        for region in self.driver.civo.scope():
            try:
                found += self.within(region)
            except UnsupportedError:
                if self.driver.civo.region:
                    raise
        return found

    def named(self, key: str, value: str) -> list[Record]:
        """What has this unique C(key).

        Raises:
            OptionError: another region has it, so that the named one is wrong and nothing is proven (H1).
        """
        found = [record for record in self.everywhere() if record[key] == value]
        region = self.driver.civo.region
        if not found and region:
            self._refuse_elsewhere(key, value, str(self.driver.civo.prove(region)["code"]))
        return found

    def _refuse_elsewhere(self, key: str, value: str, code: str) -> None:
        for other in self.driver.civo.usable():
            with contextlib.suppress(UnsupportedError):
                if other != code and any(record[key] == value for record in self.read(other)):
                    raise self.driver.civo.elsewhere(f"The {self.kind.words} {value} at {api.TITLE}", value, other, code)

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Everything of the region of the server that is asked about, else in the scope of the connection."""
        return self.within(str(instance.region)) if instance else self.everywhere()

    def get(self, record: Record, wish: RecordWish, instance: Instance | None) -> Record | None:
        """By its id, in its region."""
        return self.now(record)

    def now(self, record: Record) -> Record | None:
        """An object as it is now; None when its region does not have it any more."""
        return next((each for each in self.within(str(record["region"])) if each.id == record.id), None)

    def servers(self, region: str) -> dict[str, Instance]:
        """The servers of a region by id."""
        return {str(instance.id): instance for instance in self.driver.in_region(region)}

    def refuse_distance(self, record: Record, instance: Instance | None) -> None:
        """Refuse to bring an object to a server of another region.

        Raises:
            OptionError: names both regions.
        """
        if instance is not None and str(instance.region).lower() != str(record["region"]).lower():
            where = f"{self.driver.label(instance)} is in {instance.region}, and the {self.kind.words} {record.name} in {record['region']}"
            raise OptionError(f"{where}; they have to be in one region", hint="Set region, or choose another one of the two.", option="instance")

    # -- writes -----------------------------------------------------------------------------------------------------

    def send(self, call: Call, record: Record, body: t.Mapping[str, t.Any], reached: t.Callable[[Record], bool]) -> None:
        """Send a call about an object; a conflict is no failure when the object already is where the call would bring it."""
        try:
            self.driver.civo.send(call, str(record["region"]), path={"id": record.id}, body=body)
        except ConflictError:
            now = self.now(record)
            if now is None or not reached(now):
                raise

    def settling(self, record: Record) -> Operation | None:
        """The end of a creation or a change that somebody else, or a call whose answer was lost, has begun."""
        return self.until("change", record, lambda now: True) if record["status"] in _UNFINISHED else None

    def until(self, what: str, record: Record, reached: t.Callable[[Record], bool], *, new: bool = False) -> Operation:
        """Await a state of an object in which nothing moves any more.

        Args:
            new: it may take a moment to be listed.
        """
        label = f"{self.kind.words} {record.name or record.id} at {api.TITLE}"

        def check() -> Outcome | None:
            now = self.now(record)
            if now is None:
                if new:
                    return None
                raise NotFoundError(f"The {label} vanished while waiting for its {what}", id=record.id)
            if now["status"] == ERROR:
                raise OperationFailedError(f"The {label} is in an error state", hint="Look at it in the provider's panel.", id=record.id)
            return Outcome(now.id) if now["status"] not in _UNFINISHED and reached(now) else None

        return self.driver.operation(f"{what} of the {label}", check, instance_id=record.id)


def holds(record: Record, server: str | None) -> bool:
    """Whether an object hangs on the server of this id, or on none."""
    return (record["instance"] or {}).get("id") == server
