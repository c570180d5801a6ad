# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Software at HosterAPI.de: packages that the provider installs by SSH (contract section 9.4).

It lists what can be installed, never what is. The ledger keeps a mark for each package that a task was about: written before the
call is sent, with the job once that is known, and at its end.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import NotFoundError, OperationFailedError, OptionError, OutcomeUnknownError, QuotaError, VpsError
from ..._core.kinds import SOFTWARE
from ..._core.model import DONE, UNKNOWN, Instance, Outcome
from ..._core.normalise import iso_of, text
from ..._core.plan import Step
from ..._core.records import Record, server_of
from ..._core.wait import Operation
from ..._ledger import JOB, LIVE, ORDERING, Mark
from ..records import RecordVerbs, RecordWish
from . import api
from .mapping import software_of
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import HosterapiDriver

_CALLS = {"install": api.INSTALL, "uninstall": api.UNINSTALL}


class HosterapiSoftware(RecordVerbs["HosterapiDriver"]):
    """The verbs of HosterAPI.de's software.

    Two notes in a record's C(facts) are read by the neutral layer, each by package: C(jobs) are the marks of what is under way on
    the server, C(unclear) the marks of calls whose fate nobody knows.
    """

    driver: HosterapiDriver

    def __init__(self, driver: HosterapiDriver) -> None:
        super().__init__(driver)
        self._listed: dict[str, str] | None = None

    # -- reads --------------------------------------------------------------------------------------------------------

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """What the ledger knows of the packages that the wish names."""
        wanted = [self._resolved(name) for name in wish["name"]]
        if instance is None:
            return []
        sid = str(instance.id)
        return [self._record(instance, wanted, self._marks(sid) if wish["force"] else self._looked_after(sid, wanted))]

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All packages, with what the ledger knows of them on the server."""
        return [self._record(instance, self._packages(), self._marks(str(instance.id)) if instance else {})]

    def to_come(self, wish: RecordWish) -> Record | None:
        """On a new server nothing is known."""
        return self._record(Instance(PROFILE.name, self.driver.account(), name=wish["instance"]), map(self._resolved, wish["name"]), {})

    def _record(self, instance: Instance | None, wanted: t.Iterable[str], marks: t.Mapping[str, Mark]) -> Record:
        packages = list(dict.fromkeys(wanted))
        shown = [{"id": package, "name": self._packages()[package], **_shown(marks.get(package))} for package in packages]
        facts = {
            "jobs": {package: mark for package, mark in marks.items() if mark.state == JOB},
            "unclear": {package: mark for package, mark in marks.items() if mark.state == ORDERING and package in packages},
        }
        return SOFTWARE.record(PROFILE.name, {"instance": server_of(instance), "packages": shown}, facts)

    def _resolved(self, wanted: str) -> str:
        """A package by its id, else by the name that the list gives it."""
        packages = self._packages()
        found = [wanted] if wanted in packages else [package for package, name in packages.items() if name == wanted]
        if len(found) > 1:
            raise OptionError(f"name: {api.TITLE} has several packages named {wanted}", hint=f"Give one of their ids: {', '.join(found)}.", option="name")
        if not found:
            raise self.driver.missing("name", wanted, "its software", packages)
        return found[0]

    def _packages(self) -> dict[str, str]:
        """The name of each package by its id, whichever form the list has (HA-13)."""
        if self._listed is None:
            told = self.driver.send(api.PACKAGES)
            rows = told.items() if isinstance(told, dict) else ((None, row) for row in told)
            named = [_package(package, about) for package, about in rows]
            self._listed = {package: name for package, name in named if package and name}
        return self._listed

    # -- marks --------------------------------------------------------------------------------------------------------

    def _marks(self, sid: str) -> dict[str, Mark]:
        ledger = self.driver.context.ledger
        return ledger.marks(self.driver.ledger_scope(None), software_of(sid)) if ledger else {}

    def _looked_after(self, sid: str, wanted: t.Collection[str]) -> dict[str, Mark]:
        """The marks, after a look at each job that was under way when they were written.

        A job about a package that is not wanted here failed for somebody else: its mark is gone, and a warning says so.
        """
        marks = self._marks(sid)
        for package, mark in list(marks.items()):
            if mark.state != JOB:
                continue
            try:
                marks[package] = self._at_end(sid, package, mark) or mark
            except (OperationFailedError, QuotaError, OutcomeUnknownError) as exc:
                if package in wanted:
                    raise
                self.driver.context.warn(str(exc))
                del marks[package]
        return marks

    def _mark(self, sid: str, package: str, mark: Mark | None) -> None:
        if self.driver.context.ledger:
            self.driver.context.ledger.mark(self.driver.ledger_scope(None), software_of(sid), package, mark)

    # -- changing -----------------------------------------------------------------------------------------------------

    def change(self, record: Record, step: Step) -> Operation | None:
        """Install or uninstall a package: a job."""
        sid, package = str(record["instance"]["id"]), step.field
        before = self._marks(sid).get(package)
        intended = Mark(ORDERING, step.after, self.driver.context.provider_time())
        body = {"sid|ip": sid, "sid": sid, "package": package, "password": step.target["password"]}  # both keys: HA-12
        if step.target["ssh_port"] is not None:
            body["port"] = step.target["ssh_port"]
        self._mark(sid, package, intended)
        try:
            job_id = api.job_of(self.driver.send(_CALLS[step.action], body=body))
        except OutcomeUnknownError:
            raise
        except VpsError:
            self._mark(sid, package, before)
            raise
        accepted = replace(intended, state=JOB, operation_id=job_id)
        self._mark(sid, package, accepted)
        return self._followed(record, {package: accepted})

    def settling(self, record: Record) -> Operation | None:
        """The jobs that an earlier run began."""
        return self._followed(record, record.facts["jobs"]) if record.facts["jobs"] else None

    def _followed(self, record: Record, jobs: t.Mapping[str, Mark]) -> Operation:
        sid, left = str(record["instance"]["id"]), dict(jobs)

        def check() -> Outcome | None:
            for package, mark in list(left.items()):
                if self._at_end(sid, package, mark) is None:
                    return None
                del left[package]
            return DONE

        (first, *_others) = jobs.values()
        what = f"work on {', '.join(sorted(jobs))} on server {sid} at {api.TITLE} (job {first.operation_id})"
        return self.driver.operation(what, check, operation_id=first.operation_id, instance_id=sid)

    def _at_end(self, sid: str, package: str, mark: Mark) -> Mark | None:
        """The mark of a job that has succeeded, which is kept; None while it is under way.

        Raises:
            OperationFailedError, QuotaError: it failed.
            OutcomeUnknownError: the provider does not know it any more.
        """
        try:
            output = self.driver.job_output(str(mark.operation_id))
        except (OperationFailedError, QuotaError) as exc:
            self._mark(sid, package, None)
            exc.message = f"{exc.message}; it was to make {package} {mark.value} on server {sid}"
            raise
        except NotFoundError as exc:
            self._mark(sid, package, replace(mark, state=ORDERING))
            raise OutcomeUnknownError(
                f"{api.TITLE} does not know job {mark.operation_id} any more, so whether {package} is {mark.value} on server {sid} is not known",
                hint="Look at the server; force: true sends it once more.",
                **exc.facts,
            ) from exc
        if output is None:
            return None
        done = replace(mark, state=LIVE, at=self.driver.context.provider_time())
        self._mark(sid, package, done)
        return done


def _shown(mark: Mark | None) -> dict[str, str | None]:
    """What is known of a package."""
    known = mark is not None and mark.state == LIVE
    return {"state": mark.value if mark and known else UNKNOWN, "since": iso_of(mark.at) if mark and known else None}


def _package(package: str | None, about: t.Any) -> tuple[str | None, str | None]:
    """Id and name of a package, from an entry of the list."""
    told = about if isinstance(about, dict) else {"name": about}
    found = text(package) or text(told.get("id")) or text(told.get("package")) or text(told.get("name"))
    return found, text(told.get("name")) or found
