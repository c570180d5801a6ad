# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task looks: project and region, by id or name, and the proof that both exist."""

from __future__ import annotations

import typing as t

from ..._core.errors import NotFoundError, OptionError, RejectedError
from ..._core.normalise import flag, text
from ..._http.client import Call
from ..base import Connection
from .api import PROJECTS, REGIONS, TITLE, Api, Row

ACTIVE = "ACTIVE"

Found = t.TypeVar("Found")


class Scope:
    """The project and the regions of a connection. An id that was given costs no call; lists are read once."""

    def __init__(self, api: Api, connection: Connection) -> None:
        self._api = api
        self._connection = connection
        self._project: str | None = None

    # -- the project ------------------------------------------------------------------------------------------------

    def project(self) -> str:
        """The project's id: the given one, else the account's default, else its only one.

        Raises:
            OptionError: no such project, several of that name, or none to choose by itself.
        """
        if self._project is None:
            wanted = self._connection.project
            self._project = wanted if wanted and wanted.isdecimal() else self._find_project(wanted)
        return self._project

    def _find_project(self, wanted: str | None) -> str:
        projects = self._projects()
        fitting = [row for row in projects if (text(row.get("name")) == wanted if wanted else flag(row.get("is_default")))]
        if not wanted and not fitting and len(projects) == 1:
            fitting = projects
        if len(fitting) == 1:
            return str(fitting[0]["id"])
        known = ", ".join(sorted(f"{row.get('name')} ({row.get('id')})" for row in projects)) or "none"
        if wanted:
            problem = f"project: {TITLE} knows {'several projects' if fitting else 'no project'} named {wanted!r}"
        else:
            problem = f"project is needed, since the {TITLE} account has {'several default projects' if fitting else 'no default project'}"
        raise OptionError(problem, hint=f"Give the id of one of: {known}.", option="project", missing=not fitting)

    def _projects(self) -> list[Row]:
        rows = self._api.once(PROJECTS, {})
        return [row for row in rows if text(row.get("id")) and not str(row.get("state")).upper().startswith("DELET")]

    # -- regions ----------------------------------------------------------------------------------------------------

    def region(self) -> str | None:
        """The id of the region that the connection names, None when it names none."""
        wanted = self._connection.region
        return self.named(wanted) if wanted else None

    def named(self, wanted: str) -> str:
        """The id of a region given by id, display name, slug or keystone name, ignoring case.

        Raises:
            OptionError: no such region, or several.
        """
        if wanted.isdecimal():
            return wanted
        word = wanted.casefold()
        fitting = [row for row in self.rows() if word in {(text(row.get(key)) or "").casefold() for key in ("display_name", "slug", "keystone_name")}]
        if len(fitting) != 1:
            raise OptionError(
                f"region: {TITLE} knows {'several regions' if fitting else 'no region'} named {wanted!r}",
                hint=f"Give the id of one of: {self._known_regions()}.",
                option="region",
            )
        return str(fitting[0]["id"])

    def rows(self) -> list[Row]:
        """Every region as the provider lists it."""
        return [row for row in self._api.once(REGIONS, {}) if text(row.get("id"))]

    def active(self) -> list[str]:
        """The ids of all regions that can be used."""
        return [str(row["id"]) for row in self.rows() if is_active(row)]

    def searched(self) -> list[str]:
        """The regions that a lookup searches: the given one, else every active one.

        Raises:
            OptionError: the account has no active region.
        """
        region = self.region()
        regions = [region] if region else self.active()
        if not regions:
            raise OptionError(f"{TITLE} lists no active region for this account", hint="Give the region.", option="region")
        return regions

    def required(self, what: str = "an instance") -> str:
        """The region that something new is made in.

        Raises:
            OptionError: none is given.
        """
        region = self.region()
        if region is None:
            raise OptionError(f"region is needed to create {what} at {TITLE}", hint=f"One of: {self._known_regions()}.", option="region")
        return region

    def _known_regions(self) -> str:
        return ", ".join(sorted(f"{row.get('display_name')} ({row['id']})" for row in self.rows() if is_active(row))) or "none"

    # -- paths and proofs -------------------------------------------------------------------------------------------

    def path(self, region: str, **more: str) -> dict[str, str]:
        """The path parameters of a call in a region."""
        return {"project_id": self.project(), "region_id": region, **more}

    def of(self, instance: t.Any) -> dict[str, str]:
        """The path parameters of a call about an instance."""
        return self.path(str(instance.region), instance_id=str(instance.id))

    def prove(self, region: str | None = None) -> None:
        """Prove that the project, and C(region) if given, exist: only then does a 404 mean that an object is absent.

        Raises:
            OptionError: one of them does not exist, or the region cannot be used.
        """
        if self.project() not in {str(row["id"]) for row in self._projects()}:
            known = ", ".join(sorted(f"{row.get('name')} ({row['id']})" for row in self._projects())) or "none"
            raise OptionError(f"project: {TITLE} knows no project {self.project()}", hint=f"Give one of: {known}.", option="project")
        if region is not None:
            self.prove_region(region)

    def prove_region(self, region: str) -> None:
        """Prove that a region exists.

        Raises:
            OptionError: it does not, or it cannot be used.
        """
        if region not in self.active():
            raise OptionError(f"region: {TITLE} knows no active region {region}", hint=f"Give one of: {self._known_regions()}.", option="region")

    def search(self, identity: str, read: t.Callable[[str], Found | None], label: t.Callable[[Found], str]) -> Found | None:
        """What has this id in the region of the connection, or in any where none is given; None only once it provably is in none of the account.

        Args:
            read: reads it in a region; None where it is not there.
            label: names it, for messages.

        Raises:
            OptionError: project or region do not exist, or another region has it.
        """
        region = self.region()
        for home in self.searched():
            if (found := read(home)) is not None:
                return found
        self.prove(region)
        for other in self.active() if region else ():
            if other != region and (found := read(other)) is not None:
                raise OptionError(
                    f"region: {label(found)} is in region {other}, not in {self._connection.region}",
                    hint=f"Give region: {other}, or leave it out.",
                    option="region",
                    id=identity,
                )
        return None

    def pages(self, call: Call, region: str, query: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        """All pages of a region's list, read anew; a 404 is explained by a wrong project or region where that is the cause."""
        return self.explained(lambda: self._api.pages(call, self.path(region), query), region)

    def once(self, call: Call, region: str, query: t.Mapping[str, t.Any] | None = None) -> list[Row]:
        """The same, fetched once in a task's life."""
        return self.explained(lambda: self._api.once(call, self.path(region), query), region)

    def of_project(self, call: Call) -> list[Row]:
        """All pages of a list of the project, which is in no region."""
        return self.explained(lambda: self._api.pages(call, {"project_id": self.project()}), None)

    def explained(self, read: t.Callable[[], list[Row]], region: str | None) -> list[Row]:
        """A list that is not found, although project and region exist, is a failure: it never means that an object is absent."""
        try:
            return read()
        except NotFoundError as exc:
            self.prove(region)
            raise RejectedError(
                exc.message, hint="Project and region exist, so look whether the region has this service, and check api_url.", **exc.facts
            ) from exc


def is_active(region: Row) -> bool:
    """Whether a region can be used, which is taken for granted where nothing is said of its state."""
    return (text(region.get("state")) or ACTIVE).upper() == ACTIVE
