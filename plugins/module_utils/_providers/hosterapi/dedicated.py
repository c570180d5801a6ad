# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dedicated machines at HosterAPI.de: bought from a market, installed from templates of their own (contract section 8)."""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import replace

from ..._core.errors import ConflictError, ContradictionError, NotFoundError, OperationFailedError, OptionError, WaitTimeoutError
from ..._core.kinds import DEDICATED
from ..._core.model import BUILDING, DONE, RUNNING, STOPPED, UNKNOWN, Instance, Outcome, Price
from ..._core.normalise import flag, integer, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.together import side_by_side
from ..._core.wait import Operation
from ..agreement import agreed
from ..records import RecordVerbs, RecordWish
from . import api, mapping
from .mapping import plain_id
from .orders import in_order
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

ORDER_GRACE = 300.0  # seconds that an accepted order may take to be listed (section 8)
UNSEEN_GRACE = 60.0  # seconds after which a machine that was not seen to go down is taken to have been down and up again
OFFERS_TOLD = 10
HOSTNAME = re.compile(r"(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


class HosterapiDedicated(RecordVerbs["HosterapiDriver"]):
    """The verbs of HosterAPI.de's dedicated machines; their ids are no ids of servers."""

    driver: HosterapiDriver
    cost = True
    patience = ORDER_GRACE
    absence_is_proof = True  # section 8: what was ordered and is not listed after the grace was not bought

    def check(self, wish: RecordWish) -> None:
        """An id is a number, a name is a host's."""
        if wish["id"]:
            plain_id(wish["id"])
        if wish["ip_count"] is not None and wish["ip_count"] < 1:
            raise OptionError(f"ip_count must be at least 1, not {wish['ip_count']}", option="ip_count")
        if wish["name"] and not HOSTNAME.fullmatch(wish["name"]):
            raise OptionError(f"name: {wish['name']!r} is no host name", hint="Give letters, digits, dashes and dots only.", option="name")

    # -- reads --------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """The machine of this id."""
        sid = plain_id(wish["id"])
        found = agreed(self.driver.context, lambda: self._look_up(sid, wish))
        return [found] if found else []

    def _look_up(self, sid: str, wish: RecordWish) -> Record | None:
        complete = self._listed().get(sid)
        if complete is None:
            return None
        try:
            return self._record(sid, complete, wish)
        except NotFoundError:
            message = f"{api.TITLE} lists the dedicated machine {sid} and says that it does not exist: it is coming or going"
            raise ContradictionError(message, hint="Run the task again in a minute.", id=sid) from None

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All of the account; one that goes meanwhile is left out."""
        only = plain_id(wanted["id"]) if wanted["id"] else None
        listed = {sid: complete for sid, complete in self._listed().items() if only in (None, sid)}
        reads = [functools.partial(self._if_there, sid, listed[sid], wanted) for sid in in_order(listed)]
        return [record for record in side_by_side(reads, self.driver.client.in_flight) if record is not None]

    def _if_there(self, sid: str, complete: bool, wanted: RecordWish) -> Record | None:
        with contextlib.suppress(NotFoundError):
            return self._record(sid, complete, wanted)
        return None

    def lists(self, wanted: RecordWish, instance: Instance | None) -> dict[str, list[dict[str, t.Any]]]:
        """The market, and the templates that can be installed."""
        lists: dict[str, list[dict[str, t.Any]]] = {}
        if wanted["market"]:
            lists["offers"] = sorted(self._offers().values(), key=lambda offer: int(offer["id"]))
        if wanted["images"]:
            lists["images"] = [{"id": name, "name": name, "region": None} for name in self._templates()]
        return lists

    def to_come(self, wish: RecordWish) -> Record | None:
        """A machine whose id an earlier task is about to tell is one that it orders."""
        return None if wish.state == "absent" else DEDICATED.record(PROFILE.name, {})

    def _listed(self) -> dict[str, bool]:
        """Whether each machine's order is complete, by id."""
        return {str(integer(row["id"])): flag(row.get("orderComplete")) is True for row in self.driver.send(api.MACHINES)}

    def _offers(self) -> dict[str, dict[str, t.Any]]:
        """The machines of the market, by id."""
        return {offer["id"]: offer for offer in map(mapping.offer, self.driver.send(api.MARKET))}

    def _templates(self) -> list[str]:
        """Names may repeat (section 8)."""
        names = [text(item) for item in self.driver.send(api.MACHINE_TEMPLATES)]
        return list(dict.fromkeys(name for name in names if name))

    def _record(self, sid: str, complete: bool, wish: RecordWish) -> Record:
        """A machine; one that is still being set up has nothing to read yet."""
        if not complete:
            return DEDICATED.record(PROFILE.name, {"id": sid, "status": BUILDING, "complete": False})
        config, login = self._config(sid)
        word, status = self._power(sid)
        known = {
            "id": sid,
            "name": text(config.get("hostname")),
            "status": status,
            "provider_status": word,
            "complete": True,
            "image": text(config.get("template")),
            "addresses": [address.public() for address in mapping.addresses(config.get("ips"))],
            "username": (login.get("user") or {}).get("username"),
            **mapping.hardware(config.get("configuration")),
        }
        return DEDICATED.record(PROFILE.name, known, {"credentials": login} if wish["return_credentials"] else None)

    def _config(self, sid: str) -> tuple[dict[str, t.Any], dict[str, dict[str, str | None]]]:
        """What a machine is configured as, and apart from that the logins which come along with it (section 12)."""
        config = dict(self.driver.send(api.MACHINE_CONFIG, sid))
        told = config.pop("ssh", None)
        logins = {who: login for who, login in told.items() if isinstance(login, dict)} if isinstance(told, dict) else {}
        for login in logins.values():
            self.driver.client.redactor.add(text(login.get("password")))
        kept = {"root": ("password",), "user": ("username", "password")}
        return config, {who: {key: text(logins[who].get(key)) for key in keys} for who, keys in kept.items() if who in logins}

    def _power(self, sid: str) -> tuple[str | None, str]:
        """The word for its power, and its meaning; unknown while the hypervisor cannot tell."""
        with contextlib.suppress(ConflictError):
            return mapping.power(self.driver.send(api.MACHINE_STATUS, sid))
        return None, UNKNOWN

    # -- ordering -----------------------------------------------------------------------------------------------------

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """A machine of the market with one of the templates."""
        sid = plain_id(wish["id"])
        offers = self._offers()
        offer = offers.get(sid)
        if offer is None:
            raise OptionError(
                f"id: {api.TITLE} has {sid} neither among the account's dedicated machines nor in its market",
                hint=f"In the market now: {_some(in_order(offers))}. What was ordered within the last minutes may not be listed yet.",
                option="id",
            )
        body = {"id": int(sid), "template": self._checked(wish["image"])}
        if wish["ip_count"] is not None:
            body["ipCount"] = str(wish["ip_count"])  # HA-22
        if wish["name"]:
            body["hostname"] = wish["name"]
        shown = {key: value for key, value in offer.items() if key not in ("model", "description")}  # which no machine shows once it is bought
        predicted = DEDICATED.record(PROFILE.name, {**shown, "image": body["template"], "complete": True if wish.wait else None})
        return NewRecord(body, predicted, Price(**offer["price"]) if offer["price"] else None)

    def _checked(self, image: str | None) -> str:
        if not image:
            raise OptionError(
                f"image is needed for a dedicated machine at {api.TITLE}", hint="vps_dedicated_info with images: true lists them.", option="image"
            )
        names = self._templates()
        if image not in names:
            raise self.driver.missing("image", image, "its templates for dedicated machines", names)
        return image

    def create(self, new: NewRecord) -> Operation | None:
        """Buy it."""
        self.driver.send(api.MACHINE_ORDER, body=new.body)
        return self._completion(str(new.body["id"]), listed=False)

    def settling(self, record: Record) -> Operation | None:
        """An order that is not complete."""
        return self._completion(str(record.id), listed=True) if record["complete"] is False else None

    def _completion(self, sid: str, *, listed: bool) -> Operation:
        """Await that an order is complete; it failed when the machine leaves the list, or does not enter it in time."""
        clock = self.driver.context.waiter.clock
        began = clock.now()

        def check() -> Outcome | None:
            nonlocal listed
            complete = self._listed().get(sid)
            if complete is None and (listed or clock.now() - began >= ORDER_GRACE):
                raise OperationFailedError(
                    f"{api.TITLE}: the order of the dedicated machine {sid} failed: it is not among the machines of the account",
                    hint="As far as the list tells nothing was bought, so nothing is charged. Look in the provider's panel before you order again.",
                    id=sid,
                )
            listed = listed or complete is not None
            return Outcome(sid) if complete else None

        return self.driver.operation(f"setup of the dedicated machine {sid} at {api.TITLE}, which may take hours", check, instance_id=sid)

    # -- changing -----------------------------------------------------------------------------------------------------

    def plan_change(self, record: Record, step: Step, wish: RecordWish) -> Step:
        """A reinstallation takes one of the templates."""
        return replace(step, after=self._checked(step.after), target=wish["name"]) if step.action == "rebuild" else step

    def change(self, record: Record, step: Step) -> Operation | None:
        """Power, or a reinstallation."""
        sid = str(record.id)
        if step.action == "rebuild":
            return self._reinstall(sid, step)
        if step.action == "restart":
            self.driver.send(api.MACHINE_REBOOT, sid)
            return self._down_and_up(sid, "restart")
        call = {RUNNING: api.MACHINE_START, STOPPED: api.MACHINE_SHUTDOWN}[step.after]

        def is_reached() -> bool:
            return bool(self._power(sid)[1] == step.after)

        self.driver.signal(call, sid, is_reached)
        return self._operation(step.action, sid, lambda: Outcome(sid) if is_reached() else None)

    def _reinstall(self, sid: str, step: Step) -> Operation:
        """Another template shows that it is finished; the same one shows nothing (HA-20)."""
        self.driver.send(api.MACHINE_REINSTALL, sid, {"template": step.after, **({"hostname": step.target} if step.target else {})})
        if step.before == step.after:
            return self._down_and_up(sid, "reinstallation")

        def check() -> Outcome | None:
            image: str | None = None
            with contextlib.suppress(ConflictError):
                image = text(self._config(sid)[0].get("template"))
            status = self._power(sid)[1]
            if image == step.after and status == RUNNING:
                return Outcome(sid)
            if self.driver.context.deadline.passed:
                raise WaitTimeoutError(
                    f"{api.TITLE} accepted the reinstallation of the dedicated machine {sid}, and whether it is finished is not known: "
                    f"it is {status} with {image or 'no image'}",
                    hint="Look at the machine before you run the task again, which would reinstall it once more.",
                    id=sid,
                )
            return None

        return self._operation("reinstallation", sid, check)

    def _down_and_up(self, sid: str, what: str) -> Operation:
        """Await that a machine runs again; one that was not seen to go down is taken to have done so, with a warning."""
        context = self.driver.context
        began, patience = context.waiter.clock.now(), min(UNSEEN_GRACE, context.deadline.seconds / 4)
        was_down = False

        def check() -> Outcome | None:
            nonlocal was_down
            if self._power(sid)[1] != RUNNING:
                was_down = True
                return None
            if not was_down and context.waiter.clock.now() - began < patience:
                return None
            if not was_down:
                context.warn(f"{api.TITLE} accepted the {what} of the dedicated machine {sid}; whether it is finished is not known, since nothing shows it")
            return Outcome(sid)

        return self._operation(what, sid, check)

    def delete(self, record: Record) -> Operation | None:
        """Terminate, at once and for good."""
        sid = str(record.id)
        with contextlib.suppress(NotFoundError):
            self.driver.send(api.MACHINE_TERMINATE, sid)
        return self._operation("termination", sid, lambda: None if sid in self._listed() else DONE)

    def _operation(self, what: str, sid: str, check: t.Callable[[], Outcome | None]) -> Operation:
        return self.driver.operation(f"{what} of the dedicated machine {sid} at {api.TITLE}", check, instance_id=sid)


def _some(ids: t.Sequence[str]) -> str:
    return f"{', '.join(ids[:OFFERS_TOLD])}{', ...' if len(ids) > OFFERS_TOLD else ''}" or "none"
