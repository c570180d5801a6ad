# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One account as a task sees it: its regions, and the lists that names are resolved against, each read once at most."""

from __future__ import annotations

import functools
import typing as t

from ..._core.errors import OptionError, RejectedError, TransientError
from ..._core.normalise import flag, text
from ..._core.together import side_by_side
from ..._http.client import Call, Client, Response
from . import api
from .api import TITLE, Row

Missing = t.Callable[[str, str, str, t.Iterable["str | None"]], OptionError]


class Account:
    """Sends calls to a region and knows which regions there are.

    Args:
        region: the region of the connection options, as the user spells it; None for all.
        missing: makes the failure for an option, a value, where it was looked for and what is there instead.
    """

    def __init__(self, client: Client, region: str | None, missing: Missing) -> None:
        self.region = region
        self._client = client
        self._missing = missing
        self._regions: list[Row] | None = None
        self._lists: dict[tuple[Call, str | None, str], list[Row]] = {}

    # -- regions ----------------------------------------------------------------------------------------------------

    def regions(self) -> list[Row]:
        """All regions of the provider."""
        if self._regions is None:
            self._regions = api.rows(self._client.send(api.REGIONS))
        return self._regions

    def usable(self) -> list[str]:
        """The codes of the regions that can hold instances (section 8)."""
        return [str(row["code"]) for row in self.regions() if _holds_instances(row)]

    def searched(self) -> list[str]:
        """The codes of the regions to look through when none is named.

        Raises:
            OptionError: there are none, so that finding nothing would prove nothing.
        """
        codes = self.usable()
        if not codes:
            raise OptionError(f"{TITLE} lists no region that holds instances, so there is none to search", hint="Set region.", option="region")
        return codes

    def scope(self) -> list[str]:
        """The region of the connection options, else all that are searched."""
        return [self.region] if self.region else self.searched()

    @staticmethod
    def elsewhere(label: str, identifier: str, region: str, named: str) -> OptionError:
        """The failure for what another region has than the named one, so that its absence there proves nothing (H1)."""
        return OptionError(f"{label} is in the region {region}, not in {named}", hint=f"Set region: {region}.", option="region", id=identifier)

    def default(self) -> str | None:
        """The account's default region, where exactly one is marked."""
        marked = {str(row["code"]) for row in self.regions() if flag(row.get("default"))}
        return marked.pop() if len(marked) == 1 else None

    def code(self, region: str) -> str:
        """The canonical spelling of a region (section 1.2): from the list where it was read, else in upper case, as codes are."""
        known = (str(row["code"]) for row in self._regions or ())
        return next((code for code in known if code.lower() == region.lower()), region.upper())

    def prove(self, region: str) -> Row:
        """The region, read from the list of regions.

        Raises:
            OptionError: there is none of that code.
        """
        for row in self.regions():
            if str(row["code"]).lower() == region.lower():
                return row
        raise _final(self._missing("region", region, "its list of regions", self.usable()))

    def _spelling(self, region: str) -> str:
        """How a region is sent: canonically once that is known, before that as the user spells it."""
        if self._regions is None and self.region and self.region.lower() == region.lower():
            return self.region
        return self.code(region)

    # -- calls ------------------------------------------------------------------------------------------------------

    def send(
        self,
        call: Call,
        region: str,
        *,
        path: t.Mapping[str, t.Any] | None = None,
        query: t.Mapping[str, t.Any] | None = None,
        body: t.Mapping[str, t.Any] | None = None,
    ) -> Response:
        """Send a call to a region, which travels in the query and, where the contract has it, in the body too (reading 2).

        Raises:
            OptionError: there is no such region.
            VpsError: as classified; a region that exists and is not found for the moment is an outage, never an absence (section 3).
        """
        spelled = {"region": self._spelling(region)}
        content = {**(body or {}), **spelled} if call in api.REGION_IN_BODY else body
        try:
            return self._client.send(call, path, query={**(query or {}), **spelled}, json_body=content)
        except RejectedError as exc:
            if exc.facts.get("provider_code") != api.REGION_NOT_FOUND:
                raise
            self.prove(region)
            exc.hint = "The region exists, so this is an outage at the provider's; try again later."
            if call.mutates:
                raise
            raise TransientError(exc.message, hint=exc.hint, **exc.facts) from exc  # an outage passes, so whoever waits may go on

    def anywhere(self, call: Call, *, path: t.Mapping[str, t.Any] | None = None, body: t.Mapping[str, t.Any] | None = None) -> Response:
        """Send a call about something of the whole account; the region goes along where one is named (section 1.2)."""
        return self.send(call, self.region, path=path, body=body) if self.region else self._client.send(call, path, json_body=body)

    def hide(self, secret: str | None) -> None:
        """Take what an answer told out of every message from now on."""
        self._client.redactor.add(secret)

    def instances(self, region: str) -> list[Row]:
        """Every instance of a region."""
        return self.paged(api.LIST, region)

    def paged(self, call: Call, region: str) -> list[Row]:
        """Every row of a list that comes in pages: all of them, counted here (section 2.1), or an error."""
        pages = [self._page(call, region, 1)]
        while len(pages) < api.pages(pages[-1]):
            missing = range(len(pages) + 1, api.pages(pages[-1]) + 1)
            pages += side_by_side([functools.partial(self._page, call, region, number) for number in missing], self._client.in_flight)
        return list({str(row["id"]): row for page in pages for row in api.rows(page)}.values())

    def _page(self, call: Call, region: str, number: int) -> Response:
        return self.send(call, region, query={"page": number, "per_page": api.PER_PAGE})

    def rows(self, call: Call, region: str, kind: str = "") -> list[Row]:
        """One of the lists of a region, read once; C(kind) is its C(type) where it takes one."""
        key = (call, self.code(region), kind)
        if key not in self._lists:
            self._lists[key] = api.rows(self.send(call, region, query={"type": kind} if kind else None))
        return self._lists[key]

    def reread(self, call: Call, region: str) -> list[Row]:
        """One of the lists of a region as it is now, each row once."""
        self._lists.pop((call, self.code(region), ""), None)
        return list({str(row["id"]): row for row in self.rows(call, region)}.values())

    # -- lists ------------------------------------------------------------------------------------------------------

    def images(self, region: str, kind: str = "") -> list[Row]:
        """Disk images for instances: those of clusters are dropped (section 8); C(kind) C(custom) adds the account's own."""
        return [row for row in self.rows(api.IMAGES, region, kind) if not any(word in str(row.get("name")).lower() for word in ("k3s", "talos"))]

    def sizes(self, region: str) -> list[Row]:
        """Sizes of instances, those that cannot be chosen any more included."""
        return [row for row in self.rows(api.SIZES, region) if str(row.get("type")).lower() == "instance"]

    def networks(self, region: str) -> list[Row]:
        """Networks; their name for people is C(label)."""
        return self.rows(api.NETWORKS, region)

    def firewalls(self, region: str) -> list[Row]:
        """Firewalls of all networks of a region."""
        return self.rows(api.FIREWALLS, region)

    def ssh_keys(self, region: str | None) -> list[Row]:
        """SSH keys, which belong to the account."""
        key = (api.SSH_KEYS, None, "")
        if key not in self._lists:
            response = self.send(api.SSH_KEYS, region) if region else self._client.send(api.SSH_KEYS)
            self._lists[key] = api.rows(response)
        return self._lists[key]

    # -- choosing ---------------------------------------------------------------------------------------------------

    def image(self, region: str, wanted: str) -> Row:
        """The disk image of this name or id; the account's own ones are asked for only when no other fits.

        Raises:
            OptionError: none or several fit.
        """
        listed = self.images(region)
        if not _fitting(listed, "name", wanted):
            listed = self.images(region, "custom")
        try:
            return self._one("image", wanted, listed, "name", region)
        except OptionError as exc:
            raise _final(exc) from None

    def size(self, region: str, wanted: str) -> Row:
        """The size of this name.

        Raises:
            OptionError: there is none that can be chosen.
        """
        on_offer = [row for row in self.sizes(region) if flag(row.get("selectable")) is not False]
        for row in on_offer:
            if row["name"] == wanted:
                return row
        raise _final(self._missing("size", wanted, self.code(region), [text(row["name"]) for row in on_offer]))

    def network(self, region: str, wanted: str | None) -> Row:
        """The network of this label or id; the region's default one for None.

        Raises:
            OptionError: none or several fit.
        """
        if wanted is not None:
            return self._one("network", wanted, self.networks(region), "label", region)
        defaults = [row for row in self.networks(region) if flag(row.get("default"))]
        if len(defaults) != 1:
            raise OptionError(
                f"{TITLE} marks {len(defaults)} networks of {self.code(region)} as the default one", hint="Name one in the option network.", option="network"
            )
        return defaults[0]

    def firewall(self, region: str, wanted: str, network_id: str | None) -> Row:
        """The firewall of this name or id that lies in the network (section 5.3); names are matched within it.

        Raises:
            OptionError: none or several fit, or it lies in another network.
        """
        listed = self.firewalls(region)
        inside = [row for row in listed if network_id is None or text(row.get("network_id")) == network_id]
        if _fitting(listed, "name", wanted) and not _fitting(inside, "name", wanted):
            raise OptionError(
                f"firewalls: {wanted!r} belongs to another network of {self.code(region)} than the instance",
                hint=f"Firewalls there: {', '.join(sorted(str(row.get('name')) for row in inside)) or 'none'}.",
                option="firewalls",
            )
        return self._one("firewalls", wanted, inside, "name", region)

    def ssh_key(self, region: str, wanted: str) -> Row:
        """The SSH key of this name or id.

        Raises:
            OptionError: none or several fit.
        """
        return self._one("ssh_keys", wanted, self.ssh_keys(region), "name", region)

    def volume_snapshot(self, region: str, wanted: str) -> Row:
        """The snapshot of a volume of this name or id (section 7.3).

        Raises:
            OptionError: none or several fit.
        """
        listed = api.rows(self.send(api.VOLUME_SNAPSHOTS, region, query={"resource_type": "volume"}))
        return self._one("snapshot", wanted, [{**row, "id": row["snapshot_id"]} for row in listed], "name", region)

    def _one(self, option: str, wanted: str, listed: t.Sequence[Row], key: str, region: str) -> Row:
        found = _fitting(listed, key, wanted)
        if len(found) > 1:
            ids = sorted(str(row["id"]) for row in found)
            raise OptionError(
                f"{option}: {TITLE} has {len(ids)} of the name {wanted!r} in {self.code(region)}: {', '.join(ids)}",
                hint="Give the id instead of the name.",
                option=option,
            )
        if not found:
            raise self._missing(option, wanted, self.code(region), [text(row.get(key)) for row in listed])
        return found[0]


def _fitting(listed: t.Iterable[Row], key: str, wanted: str) -> list[Row]:
    """The rows of this id, else those of exactly this name; each once, however often it is listed."""
    by_id = {str(row["id"]): row for row in listed}
    return [by_id[wanted]] if wanted in by_id else [row for row in by_id.values() if row.get(key) == wanted]


def _holds_instances(row: Row) -> bool:
    features = row.get("features")
    return not isinstance(features, dict) or flag(features.get("iaas")) is True


def _final(error: OptionError) -> OptionError:
    """The same failure for what no task can make, so that check mode does not go on with it."""
    error.facts.pop("missing", None)
    return error
