# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to a driver: defaults, environment, checks, and what a task shares with its driver.

Nothing is sent here. The environment is data that was handed in.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from ._core.errors import OptionError
from ._core.normalise import text
from ._core.wait import Clock, Deadline, Waiter
from ._http.client import Authorise, Backoff, Classify, Client, Transport, check_base_url
from ._http.rate import RateLimit, cache_folder, fingerprint
from ._http.redact import Redactor
from ._http.sessions import Sessions
from ._journal import Journal
from ._ledger import Ledger
from ._providers.base import Connection, Driver, Profile
from ._registry import DRIVERS

Options = t.Mapping[str, t.Any]
Environ = t.Mapping[str, str]


@dataclass
class TaskContext:
    """What a task shares with its driver; see the protocol C(Context) in C(_providers/base.py)."""

    connection: Connection
    transport: Transport
    waiter: Waiter
    deadline: Deadline
    rate_limit: RateLimit
    redactor: Redactor
    ledger: Ledger | None
    journal: Journal
    check_mode: bool
    read_only: bool
    title: str
    in_flight: int = 1
    make_client: t.Callable[..., Client] = Client
    take_turn: t.Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    is_crowded: t.Callable[[], bool] = bool
    sessions: Sessions = field(default_factory=Sessions)
    warnings: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    @property
    def max_retry_wait(self) -> float:
        """Seconds in all that refused requests may be waited for."""
        return self.transport.max_retry_wait

    def provider_time(self) -> float:
        """Seconds since 1970 by the provider's clock, as its last answer told it; this machine's where it told nothing."""
        told = [client.provider_time for client in self.clients if client.provider_time is not None]
        return told[-1] if told else self.waiter.clock.epoch()

    def client(self, authorise: Authorise, classify: Classify, backoff: Backoff) -> Client:
        """The HTTP client of this account."""
        client = self.make_client(
            provider=self.title,
            base_url=self.connection.url,
            authorise=authorise,
            classify=classify,
            transport=self.transport,
            rate_limit=self.rate_limit,
            waiter=self.waiter,
            redactor=self.redactor,
            read_only=self.read_only,
            backoff=backoff,
            in_flight=self.in_flight,
            sessions=self.sessions,
            account_key=fingerprint(self.connection.provider, self.connection.url, self.connection.token),
        )
        self.clients.append(client)
        return client

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """A turn to note and send an order; alone it comes at once."""
        return self.take_turn()

    def crowded(self) -> bool:
        """Whether so many of the account are under way that one list for all is cheaper than a question each; alone it is not."""
        return self.is_crowded()

    def warn(self, message: str) -> None:
        """Show a warning with the result, once and without secrets."""
        message = self.redactor.text(message)
        if message not in self.warnings:
            self.warnings.append(message)

    def api(self, trace: bool) -> dict[str, t.Any]:
        """What was sent, as results show it; C(trace): with each call."""
        public = [client.account.public(self.waiter.waited, trace) for client in self.clients]
        return public[0] if public else {"calls": 0, "writes": 0, "retries": 0, "waited": 0.0, "request_ids": []}

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()


def profile(options: Options, environ: Environ) -> Profile:
    """The chosen provider's profile.

    Raises:
        OptionError: none is chosen, or it is not known.
    """
    name = options.get("provider") or environ.get("VPS_PROVIDER")
    if not name:
        raise OptionError("provider is needed", hint=f"Set the option or VPS_PROVIDER to one of: {', '.join(DRIVERS)}.", option="provider")
    if name not in DRIVERS:
        raise OptionError(f"provider: {name!r} is not known", hint=f"Choose one of: {', '.join(DRIVERS)}.", option="provider")
    return DRIVERS[name].PROFILE


def token(options: Options, environ: Environ, chosen: Profile) -> str:
    """The account's token, checked.

    Raises:
        OptionError: it is missing, or holds white space or other characters that no token has.
    """
    value = str(options.get("api_token") or environ.get(chosen.token_env) or "").strip()
    if not value:
        raise OptionError(
            f"api_token is needed for {chosen.title}", hint=f"Set the option, or the environment variable {chosen.token_env}.", option="api_token"
        )
    if not all("!" <= character <= "~" for character in value):
        raise OptionError(
            f"api_token for {chosen.title} holds white space, a line break or another character that is no part of a token",
            hint="Copy it again from the provider's panel.",
            option="api_token",
        )
    return value


def connect(
    options: Options,
    environ: Environ,
    *,
    check_mode: bool,
    read_only: bool,
    secrets: t.Iterable[str | None] = (),
    clock: Clock | None = None,
    in_flight: int = 1,
    sessions: Sessions | None = None,
    progress: t.Callable[[str], None] | None = None,
) -> tuple[Driver, TaskContext]:
    """The driver of the chosen provider, ready to send; see C(prepare).

    Args:
        secrets: further secret values of the task, to be redacted.
        progress: takes a line for a person, now and then while something is waited for.
    """
    redactor = Redactor(secrets)
    waiter = Waiter(clock or Clock(), progress=None if progress is None else lambda line: progress(redactor.text(line)))
    context = prepare(options, environ, check_mode=check_mode, read_only=read_only, waiter=waiter, redactor=redactor, in_flight=in_flight, sessions=sessions)
    return DRIVERS[context.connection.provider](context), context


def prepare(
    options: Options,
    environ: Environ,
    *,
    check_mode: bool,
    read_only: bool,
    waiter: Waiter,
    redactor: Redactor,
    in_flight: int = 1,
    sessions: Sessions | None = None,
) -> TaskContext:
    """What a driver of the chosen provider works with. Nothing is sent.

    Args:
        options: the validated options; the connection ones are read here.
        environ: the environment of the task.
        check_mode: nothing is written, files included.
        read_only: refuse calls that write; true in check mode as well.
        waiter: the clock of the task.
        redactor: knows the task's secrets, and learns the token.
        in_flight: how many calls may be under way at once; the provider's own limit holds besides.
        sessions: kept from one task to the next; by default the task opens its own and closes them.

    Raises:
        OptionError: an option is missing or wrong; nothing was sent.
        ConfigurationError: there is no writable cache folder.
    """
    chosen = profile(options, environ)
    secret = token(options, environ, chosen)
    redactor.add(secret)
    url = check_base_url(str(options.get("api_url") or environ.get(chosen.url_env) or chosen.default_url))
    timeout = _number(options, "request_timeout", chosen.request_timeout)
    transport = Transport(
        request_timeout=timeout,
        max_retry_wait=_number(options, "max_retry_wait", 120.0, least=0.0),
        ip_family=options.get("ip_family") or "any",
        validate_certs=options.get("validate_certs") is not False,
        ca_path=options.get("ca_path"),
        environ=environ,
    )
    host = _host(url)
    rate = _number(options, "rate_limit", chosen.rate_limit, least=0.0)
    cache = cache_folder(environ)
    limit = RateLimit(os.path.join(cache, f"rate-{fingerprint(chosen.name, host, secret)}"), rate, waiter)
    ledger = _ledger(options, environ, chosen, host, waiter, check_mode or read_only)
    notes = f"{ledger.path}.orders" if ledger else os.path.join(cache, "orders")
    return TaskContext(
        connection=Connection(
            provider=chosen.name,
            token=secret,
            url=url,
            account=options.get("account"),
            region=text(options.get("region")) or text(environ.get("VPS_REGION")),
            project=text(options.get("project")) or text(environ.get(chosen.project_env or "")),
        ),
        transport=transport,
        waiter=waiter,
        deadline=Deadline(waiter.clock, _number(options, "wait_timeout", chosen.wait_timeout)),
        rate_limit=limit,
        redactor=redactor,
        ledger=ledger,
        journal=Journal(notes, (chosen.name, host, secret), waiter, check_mode or read_only),
        check_mode=check_mode,
        read_only=read_only or check_mode,
        title=chosen.title,
        in_flight=min(in_flight, chosen.in_flight),
        sessions=sessions or Sessions(),
    )


def account_key(options: Options, environ: Environ) -> tuple[t.Any, ...]:
    """What makes two sets of options reach the same account in the same way.

    Raises:
        OptionError: an option is missing or wrong.
    """
    chosen = profile(options, environ)
    url = str(options.get("api_url") or environ.get(chosen.url_env) or chosen.default_url)
    way = ("request_timeout", "max_retry_wait", "rate_limit", "ip_family", "validate_certs", "ca_path")
    return (chosen.name, token(options, environ, chosen), check_base_url(url), *(options.get(option) for option in way))


def _ledger(options: Options, environ: Environ, chosen: Profile, host: str, waiter: Waiter, read_only: bool) -> Ledger | None:
    path = text(options.get("ledger")) or text(environ.get("VPS_LEDGER"))
    if path is None:
        return None
    if path.startswith("~/") and environ.get("HOME"):
        path = os.path.join(environ["HOME"], path[2:])
    return Ledger(path, chosen.name, host, waiter, read_only)


def _host(url: str) -> str:
    """Host and port in the one spelling that ledger and rate limit go by."""
    parts = urllib.parse.urlsplit(url)
    return parts.netloc.lower().removesuffix({"https": ":443", "http": ":80"}[parts.scheme])


def _number(options: Options, option: str, default: float, least: float = 0.001) -> float:
    value = options.get(option)
    number = default if value is None else float(value)
    if not least <= number < float("inf"):
        raise OptionError(f"{option} must be a number of at least {least:g}, not {value}", option=option)
    return number
