# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restrictions of instance names at Gcore (section 5.12): of a reseller's customers in a region; for reseller tokens."""

from __future__ import annotations

import contextlib
import json
import typing as t

from ..._core.errors import ForbiddenError, NotFoundError, OptionError, VpsError
from ..._core.kinds import NAME_TEMPLATE
from ..._core.model import Instance
from ..._core.normalise import flag, integer, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..._http.client import Call
from ..records import RecordVerbs, RecordWish
from .api import AVAILABLE_NAMES, AVAILABLE_NAMES_BEFORE, NAME_TEMPLATE_DELETE, NAME_TEMPLATE_SET, NAME_TEMPLATES, Row
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import GcoreDriver

_LISTS: t.Mapping[str, str] = {
    "templates": "allowed_name_templates",
    "windows_templates": "allowed_name_win_templates",
    "bare_metal_templates": "allowed_bm_name_templates",
    "bare_metal_windows_templates": "allowed_bm_name_win_templates",
    "load_balancer_templates": "allowed_lb_name_templates",
}
_WORDS: t.Mapping[str, str] = {"custom_names": "allow_custom_name", **_LISTS}
_KEPT = (*_WORDS.values(), "allowed_lb_name_restriction")  # what a write would drop if it were left out
_REPLACED = (404, 405)  # the answers of a provider that does not have a call


class GcoreNameTemplates(RecordVerbs["GcoreDriver"]):
    """The verbs of name restrictions, whose identity is reseller and region."""

    driver: GcoreDriver

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """The restrictions of the reseller in the region of the connection; those that restrict nothing are gone already for C(absent)."""
        region = self.driver.scope.required("name restrictions")
        found = [record for record in self._all() if record["reseller_id"] == str(wish["reseller_id"]) and record["region"] == region]
        if wish.state == "absent":
            found = [record for record in found if _restricts(record)]
        if not found:
            self.driver.scope.prove_region(region)
        return found

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """Those of all resellers and regions that the token reaches, as far as they are asked for."""
        if wanted["available"]:
            return []
        region, reseller = self.driver.scope.region(), wanted["reseller_id"]
        fitting = [record for record in self._all() if reseller is None or record["reseller_id"] == str(reseller)]
        if region is None:
            return fitting
        self.driver.scope.prove_region(region)
        return [record for record in fitting if record["region"] == region]

    def lists(self, wanted: RecordWish, instance: Instance | None) -> dict[str, list[dict[str, t.Any]]]:
        """What names the project may use, by region."""
        return {"available": [self._available(region) for region in self.driver.scope.searched()]} if wanted["available"] else {}

    def _all(self) -> list[Record]:
        rows = _for_resellers(lambda: self.driver.api.everything(NAME_TEMPLATES, {}))
        return [_record(row) for row in rows]

    def _available(self, region: str) -> dict[str, t.Any]:
        """What a project may use in a region; the older call is asked where its successor does not exist."""
        try:
            row = self._read(AVAILABLE_NAMES, region)
        except VpsError as exc:
            if exc.facts.get("http_status") not in _REPLACED:
                raise
            (row,) = self.driver.scope.explained(lambda: [self._read(AVAILABLE_NAMES_BEFORE, region)], region)
        limits = {"custom_names": flag(row.get("custom_name_allowed")), "limited": flag(row.get("name_templates_limited"))}
        return {"provider": PROFILE.name, "region": region, **limits, **_lists_of(row)}

    def _read(self, call: Call, region: str) -> Row:
        row: Row = _for_resellers(lambda: self.driver.api.ask(call, self.driver.scope.path(region)))
        return row

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """What is left out is not restricted.

        Raises:
            OptionError: nothing is to be restricted.
        """
        region = self.driver.scope.required("name restrictions")
        given = {name: wish[name] for name in _WORDS if wish[name] is not None}
        if not given:
            raise OptionError(
                f"there are no name restrictions of reseller {wish['reseller_id']} in region {region}, and the task names none to set",
                hint=f"Give one of: {', '.join(_WORDS)}.",
                option="templates",
            )
        identity = {"reseller_id": integer(wish["reseller_id"]), "region_id": int(region)}
        known = {"reseller_id": text(wish["reseller_id"]), "region": region}
        predicted = NAME_TEMPLATE.record(PROFILE.name, {**known, **given})
        return NewRecord({**identity, **_to_wire(given)}, predicted, secret=json.dumps(given, sort_keys=True))

    def create(self, new: NewRecord) -> Operation | None:
        """Set them."""
        _for_resellers(lambda: self.driver.api.ask(NAME_TEMPLATE_SET, {}, body=new.body))
        return None

    def change(self, record: Record, step: Step) -> Operation | None:
        """Set them anew; a write replaces all, so what is not managed is sent as it is."""
        _for_resellers(lambda: self.driver.api.ask(NAME_TEMPLATE_SET, {}, body={**record.facts, **_to_wire(step.after)}))
        return None

    def delete(self, record: Record) -> Operation | None:
        """Drop them all."""
        path = {"reseller_id": record["reseller_id"], "region_id": record["region"]}
        with contextlib.suppress(NotFoundError):
            _for_resellers(lambda: self.driver.api.ask(NAME_TEMPLATE_DELETE, path))
        return None


Found = t.TypeVar("Found")


def _for_resellers(send: t.Callable[[], Found]) -> Found:
    """What a call brings that only reseller tokens may send (reading 31)."""
    try:
        return send()
    except ForbiddenError as exc:
        exc.message = f"{exc.message.rstrip('.')}; this needs a reseller token"
        exc.hint = "Use the token of a reseller account, or ask the reseller."
        raise


def _record(row: Row) -> Record:
    identity = {"reseller_id": integer(row.get("reseller_id")), "region_id": integer(row.get("region_id"))}
    allowed = row["allow_custom_name"] if "allow_custom_name" in row else row.get("custom_name_allowed")
    known = {"reseller_id": text(row.get("reseller_id")), "region": text(row.get("region_id")), "custom_names": flag(allowed)}
    kept = {word: value for word, value in {**row, _WORDS["custom_names"]: flag(allowed)}.items() if word in _KEPT and value is not None}
    return NAME_TEMPLATE.record(PROFILE.name, {**known, **_lists_of(row)}, {**identity, **kept})


def _restricts(record: Record) -> bool:
    return record["custom_names"] is False or any(record[name] is not None for name in _LISTS) or "allowed_lb_name_restriction" in record.facts


def _lists_of(row: Row) -> dict[str, list[str] | None]:
    """The lists of allowed templates; null is no restriction."""
    return {name: [str(item) for item in row[word]] if isinstance(row.get(word), list) else None for name, word in _LISTS.items()}


def _to_wire(fields: t.Mapping[str, t.Any]) -> Row:
    return {_WORDS[name]: value for name, value in fields.items()}
