# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the accounts answered: fetched side by side, complete or told, and kept for the next run."""

from __future__ import annotations

import functools
import json
import os
import time
import typing as t
from dataclasses import dataclass

from ...module_utils._connection import TaskContext, connect
from ...module_utils._core.errors import AuthError, MissingLibraryError, NotFoundError, OptionError, VpsError
from ...module_utils._core.model import Instance
from ...module_utils._core.together import side_by_side
from ...module_utils._http.rate import fingerprint
from ...module_utils._providers.base import Driver, Listing
from .accounts import STALE, WARN, Account

VERSION = "1.0.0"  # of the collection; entries of other versions are not read
ACCOUNTS_AT_ONCE = 8
CALLS_AT_ONCE = 8  # of one account; the provider's own limit may be lower

Say = t.Callable[[str], None]


class Store(t.Protocol):
    """What ansible wraps a cache plugin in."""

    def get(self, key: str) -> t.Any:
        """The entry of that key."""

    def __setitem__(self, key: str, value: t.Any) -> None:
        """Replace an entry, for the time being here only."""

    def update_cache_if_changed(self) -> None:
        """Write what was replaced."""


@dataclass(frozen=True)
class Answer:
    """One account's servers.

    Args:
        account: its name.
        instances: the objects of all results, sorted by name, region and id.
        fetched_at: seconds since 1970.
        token: a fingerprint of the token that fetched it.
        complete: whether nothing was left out.
        stale: whether it stands in for an answer that could not be had.
    """

    account: str
    instances: list[dict[str, t.Any]]
    fetched_at: float
    token: str
    complete: bool = True
    stale: bool = False


_FORM = Instance("", "").public()


def _is_instance(value: t.Any) -> bool:
    """Whether it has every field of an instance object, lists and maps where those are due."""
    if not isinstance(value, dict) or value.keys() != _FORM.keys():
        return False
    return all(isinstance(value[field], type(empty)) for field, empty in _FORM.items() if isinstance(empty, (dict, list)))


class Shelf:
    """Answers kept in a store of ansible's cache plugins.

    Args:
        store: the cache.
        life: seconds that an answer may be used; 0 for ever.
        note: tells why an entry is not used.
    """

    def __init__(self, store: Store, life: float, note: Say) -> None:
        self._store = store
        self._life = life
        self._note = note

    def get(self, key: str) -> Answer | None:
        """The answer of that key; None when there is none that can be used."""
        try:
            entry = self._store.get(key)
        except Exception as exc:  # whatever a cache plugin makes of a broken file
            self._note(f"the cached answer {key} cannot be read and is fetched again: {type(exc).__name__}")
            return None
        if entry is None:
            return None
        if not isinstance(entry, dict) or entry.get("version") != VERSION:
            self._note(f"the cached answer {key} is of another version and is fetched again")
            return None
        try:  # one text: cache plugins copy and convert whatever has more structure, piece by piece
            answer = Answer(**json.loads(entry["answer"]))
            usable = isinstance(answer.account, str) and isinstance(answer.instances, list) and all(map(_is_instance, answer.instances))
            expired = time.time() - answer.fetched_at > self._life > 0
        except (KeyError, TypeError, ValueError):
            usable = expired = False
        if not usable:
            self._note(f"the cached answer {key} is damaged and is fetched again")
        return answer if usable and not expired else None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer."""
        self._store[key] = {"version": VERSION, "answer": json.dumps(vars(answer))}

    def save(self) -> None:
        """Write what was put; ansible does it for the cache that it knows."""
        self._store.update_cache_if_changed()


@dataclass(frozen=True)
class _Source:
    """An account that is ready to be asked."""

    account: Account
    driver: Driver
    context: TaskContext

    @property
    def label(self) -> str:
        """The account in messages."""
        return f"account {self.account.options.get('account') or self.context.connection.provider}"

    @property
    def token(self) -> str:
        connection = self.context.connection
        return fingerprint(connection.provider, connection.url, connection.token)

    def key(self, *more: str) -> str:
        """The name of its answer: everything that can change it, and nothing that only changes how it is shown."""
        connection, ledger = self.context.connection, self.context.ledger
        regions = sorted(self.account.regions) or [connection.region or ""]
        parts = (connection.provider, connection.account or "", connection.url, connection.project or "", os.path.abspath(ledger.path) if ledger else "")
        return fingerprint(VERSION, *parts, *more, *regions)

    def reason(self, exc: VpsError) -> str:
        """A failure in words, without secrets."""
        return self.context.redactor.text(str(exc))


class Accounts:
    """The accounts of one file, connected: all options are known to be right, and nothing was sent yet.

    Args:
        environ: the environment that fills in what the file leaves out.
        warn, note: show a warning, and a remark for C(-vvv).

    Raises:
        OptionError: an option is missing or wrong, or two accounts have one name.
    """

    def __init__(self, accounts: t.Iterable[Account], environ: t.Mapping[str, str], warn: Say, note: Say) -> None:
        self._warn = warn
        self._note = note
        self._sources = [self._connect(account, environ) for account in accounts]
        _refuse_twins(name for source in self._sources if (name := _known_name(source)))

    @staticmethod
    def _connect(account: Account, environ: t.Mapping[str, str]) -> _Source:
        try:
            driver, context = connect(account.options, environ, check_mode=False, read_only=True, in_flight=CALLS_AT_ONCE)
        except VpsError as exc:
            exc.message = f"{account.place}: {exc.message}" if account.place else exc.message
            raise
        return _Source(account, driver, context)

    def answers(self, fresh: Shelf | None, last: Shelf | None, *, refresh: bool) -> list[Answer]:
        """One answer an account, in the order of the file; those that C(on_error=warn) goes on without are left out.

        Args:
            fresh: the cache, if there is one.
            last: the last good answers, which never expire; needed for C(on_error=stale).
            refresh: ask in any case.

        Raises:
            VpsError: an account could not be listed and nothing allows to go on without it.
        """
        kept = {number: answer for number, source in enumerate(self._sources) if fresh and not refresh and (answer := fresh.get(source.key(source.token)))}
        asked = [number for number in range(len(self._sources)) if number not in kept]
        try:
            results = side_by_side([functools.partial(self._ask, self._sources[number]) for number in asked], ACCOUNTS_AT_ONCE)
        finally:
            for source in self._sources:
                source.context.close()
        found: dict[int, Answer] = dict(kept)
        failures: list[str] = []
        for number, result in zip(asked, results, strict=True):
            source = self._sources[number]
            for warning in source.context.warnings:
                self._warn(f"{source.label}: {warning}")
            if isinstance(result, VpsError):
                instead = self._instead(source, result, last, failures)
                if instead:
                    found[number] = instead
            else:
                found[number] = result
                self._keep(source, result, fresh, last)
        if last:
            last.save()
        if failures:
            raise VpsError("; ".join(failures), hint="Nothing was added to the inventory. on_error says what else may be done.")
        answers = [found[number] for number in sorted(found)]
        _refuse_twins(answer.account for answer in answers)
        return answers

    # -- asking -----------------------------------------------------------------------------------------------------

    def _ask(self, source: _Source) -> Answer | VpsError:
        try:
            listings = source.driver.listings(source.account.regions)
            parts = side_by_side([functools.partial(self._read, source, listing) for listing in listings], source.context.in_flight)
            left_out = [(listing, part) for listing, part in zip(listings, parts, strict=True) if isinstance(part, VpsError)]
            if left_out and len(left_out) == len(listings):
                return VpsError("; ".join(f"region {listing.region}: {str(exc).rstrip('.')}" for listing, exc in left_out))
            for listing, exc in left_out:
                source.context.warn(f"region {listing.region} is left out: {source.reason(exc)}")
            instances = {instance.id: instance for part in parts if not isinstance(part, VpsError) for instance in part}
            ordered = sorted(instances.values(), key=lambda each: (each.name or "", each.region or "", each.id or ""))
            return Answer(source.driver.account(), [each.public() for each in ordered], time.time(), source.token, complete=not left_out)
        except MissingLibraryError:
            raise  # no account can be asked, whatever on_error says
        except VpsError as exc:
            return exc
        except Exception as exc:  # an error of ours must be told readably and without secrets
            return VpsError(f"Unexpected {type(exc).__name__}: {exc}", hint="This is a fault of the collection; please report it.")

    @staticmethod
    def _read(source: _Source, listing: Listing) -> t.Any:
        """One listing; under C(on_error=warn) its failure, unless that concerns the whole account."""
        try:
            shown = listing.read()
            bare = [instance for instance in shown if "tags" in instance.not_read]
            tagged = side_by_side([functools.partial(_tagged, source.driver, instance) for instance in bare], source.context.in_flight)
            return [*(instance for instance in shown if "tags" not in instance.not_read), *(instance for instance in tagged if instance is not None)]
        except VpsError as exc:
            if source.account.on_error == WARN and listing.region is not None and not isinstance(exc, AuthError):
                return exc
            if listing.region is not None:
                exc.message = f"region {listing.region}: {exc.message}"
            raise

    # -- what becomes of it -----------------------------------------------------------------------------------------

    def _keep(self, source: _Source, answer: Answer, fresh: Shelf | None, last: Shelf | None) -> None:
        self._note(f"{source.label}: {len(answer.instances)} servers, {sum(client.account.calls for client in source.context.clients)} calls")
        if not answer.complete:
            return  # a part of the truth is good for this run only
        if fresh:
            fresh.put(source.key(source.token), answer)
        if last and source.account.on_error == STALE:
            last.put(source.key("last"), answer)

    def _instead(self, source: _Source, exc: VpsError, last: Shelf | None, failures: list[str]) -> Answer | None:
        """What stands in for an account that failed; C(failures) grows when nothing does."""
        reason = f"{source.label}: {source.reason(exc)}".rstrip(".")
        if source.account.on_error == WARN:
            self._warn(f"{reason}. The inventory goes on without this account")
            return None
        answer = last.get(source.key("last")) if last and source.account.on_error == STALE else None
        if answer and answer.token != source.token and not source.account.options.get("account"):
            reason += ". The last good answer was fetched with another token; only an account that is named (option account) may be known by its name"
            answer = None
        elif source.account.on_error == STALE and not answer:
            reason += ". There is no earlier answer to go on with"
        if not answer:
            failures.append(reason)
            return None
        self._warn(f"{reason}. The inventory goes on with the answer of {_ago(time.time() - answer.fetched_at)} ago, marked as stale")
        return Answer(**{**vars(answer), "stale": True})


def _tagged(driver: Driver, instance: Instance) -> Instance | None:
    """The server with its tags, which some lists leave out; None when it vanished before they were read."""
    try:
        return driver.read(instance, ("tags",))
    except NotFoundError:
        return None


def _known_name(source: _Source) -> str | None:
    """The account's name as far as it is known before anything was sent."""
    connection = source.context.connection
    if connection.account or source.driver.PROFILE.project is None:
        return connection.account or connection.provider
    return f"{connection.provider}-{connection.project}" if connection.project else None


def _refuse_twins(names: t.Iterable[str]) -> None:
    """Case makes no difference, since it makes none in the names of groups."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise OptionError(f"Two accounts have the name {name}", hint="Give each a name of its own with the option account.", option="account")
        seen.add(name.casefold())


def _ago(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    return " ".join(f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes % 60, "min")) if number) or "less than a minute"
