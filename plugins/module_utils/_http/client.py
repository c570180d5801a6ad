# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one HTTP client: session, retries, rate limit, redaction, the read-only guard and the account of calls.

What may be sent again is decided by what the call is (C(Retry)), never by the HTTP verb. A call that writes and whose
fate is unknown ends in OutcomeUnknownError, so that the code above looks before it does anything else.
"""

from __future__ import annotations

import datetime
import email.utils
import enum
import http.cookiejar
import ipaddress
import json
import math
import os
import random
import socket
import ssl
import threading
import time
import typing as t
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from .._core.errors import (
    ConfigurationError,
    MissingLibraryError,
    OptionError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    TransientError,
    UnreachableError,
    VpsError,
    WriteRefusedError,
)
from .._core.wait import Waiter
from .rate import RateLimit
from .redact import Redactor
from .sessions import Sessions

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

    HAS_REQUESTS = True
    _UNUSABLE = (  # found while the request is built: no connection is made
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidHeader,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
    )
except ImportError:
    HAS_REQUESTS = False
    HTTPAdapter = object  # type: ignore[assignment,misc,unused-ignore]

CONNECT_TIMEOUT = 10.0  # seconds
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
USER_AGENT = "polyhost.cloud (Ansible collection)"


class Retry(enum.Enum):
    """What may be done after an unclear outcome."""

    READ = "read"  # changes nothing: send again
    IDEMPOTENT = "idempotent"  # writes, and may be sent again blindly
    CHECK_FIRST = "check_first"  # writes; the caller reads the state before sending again
    NEVER = "never"  # writes; never sent twice on our own initiative


class Refused(enum.Enum):
    """What may be done after HTTP 429, by which the provider says that it did nothing."""

    RESEND = "resend"  # wait and send again
    LOOK_FIRST = "look_first"  # the caller reads the state before sending again
    FINAL = "final"  # never sent twice, whatever the answer


@dataclass(frozen=True)
class Call:
    """One entry of a provider's list of calls.

    Args:
        id: the operation's id in the contract's list.
        method: the HTTP method.
        path: below the base URL, with C({name}) for path parameters.
        mutates: whether it changes state or money; the guard of check mode goes by this.
        retry: what may be done after an unclear outcome.
        refused: what may be done after HTTP 429, where the call writes; reads are sent again.
    """

    id: str
    method: str
    path: str
    mutates: bool = False
    retry: Retry = Retry.READ
    refused: Refused = Refused.RESEND


@dataclass(frozen=True)
class Response:
    """An answer. C(data) is the parsed JSON; C(parsed) says whether there was any."""

    status: int
    headers: t.Mapping[str, str]
    data: t.Any
    parsed: bool
    text: str


@dataclass
class Account:
    """What a task sent: the C(api) part of every result."""

    calls: int = 0
    writes: int = 0
    retries: int = 0
    request_ids: list[str] = field(default_factory=list)
    trace: list[dict[str, t.Any]] = field(default_factory=list)

    def public(self, waited: float, trace: bool) -> dict[str, t.Any]:
        """The form users see; C(waited) in seconds."""
        result: dict[str, t.Any] = {
            "calls": self.calls,
            "writes": self.writes,
            "retries": self.retries,
            "waited": round(waited, 1),
            "request_ids": self.request_ids[-20:],
        }
        if trace:
            result["trace"] = self.trace
        return result


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a request is sent again, in seconds."""

    retries: int = 4
    first: float = 1.0
    cap: float = 30.0

    def pause(self, attempt: int) -> float:
        """The wait before retry number C(attempt), counted from 0, with a little jitter."""
        return float(min(self.cap, self.first * 2.0**attempt) * (0.8 + 0.4 * random.random()))


@dataclass(frozen=True)
class Transport:
    """How the provider is reached: the connection options that concern HTTP alone.

    C(environ) is the environment that was handed in; proxies and CA bundles are read from it, never from the process.
    """

    request_timeout: float = 30.0
    max_retry_wait: float = 120.0
    ip_family: str = "any"
    validate_certs: bool = True
    ca_path: str | None = None
    environ: t.Mapping[str, str] = field(default_factory=dict)


Classify = t.Callable[[Call, Response], "VpsError | None"]
Authorise = t.Callable[[t.MutableMapping[str, t.Any]], None]


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine: 127.0.0.0/8, ::1 or C(localhost)."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(url: str) -> str:
    """The base URL without trailing slash.

    Raises:
        OptionError: no scheme or host, credentials, query or fragment in it, or plain HTTP to another machine.
    """
    url = url.strip()
    try:
        parts = urllib.parse.urlsplit(url)
        host = (parts.hostname, parts.port)[0] or ""  # a port that is none is found when it is read
    except ValueError:
        host, parts = "", urllib.parse.urlsplit("")
    if parts.scheme not in ("https", "http") or not host or "@" in parts.netloc or any(c in "?#" or c.isspace() for c in url):
        raise OptionError("api_url must be a URL like https://host/path, without user, query or fragment", option="api_url")
    if parts.scheme == "http" and not is_loopback(host):
        raise OptionError(
            f"api_url uses plain HTTP to {host}, which would send the token in clear",
            hint="Use https, or plain HTTP to 127.0.0.1, ::1 or localhost only.",
            option="api_url",
        )
    return url.rstrip("/")


def _http_date(value: str | None) -> float | None:
    """An HTTP date in seconds since 1970; None when it has no readable form."""
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
        if moment.tzinfo is None:  # the old form names no zone and means UTC
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return moment.timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


class Client:
    """Sends calls to one account of one provider.

    Args:
        provider: its name, for messages.
        base_url: checked by C(check_base_url).
        authorise: puts the token where the contract wants it: gets the keyword arguments of the request.
        classify: turns an answer into the typed error it stands for, or None when it is a success.
        read_only: refuse every call that writes (check mode, information modules, the inventory).
        in_flight: how many calls may be under way at once, whatever the number of threads that use this client.
        sessions: where its connection is kept; by default it is closed with the client.
        account_key: what tells the account from others in C(sessions).
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        authorise: Authorise,
        classify: Classify,
        transport: Transport,
        rate_limit: RateLimit,
        waiter: Waiter,
        redactor: Redactor,
        read_only: bool,
        backoff: Backoff,
        in_flight: int = 1,
        sessions: Sessions | None = None,
        account_key: str = "",
    ) -> None:
        self.provider = provider
        self.base_url = base_url
        self.redactor = redactor
        self.read_only = read_only
        self.account = Account()
        self.provider_time: float | None = None  # seconds since 1970, from the last answer that told
        self._authorise = authorise
        self._classify = classify
        self._transport = transport
        self._rate_limit = rate_limit
        self._waiter = waiter
        self.in_flight = in_flight
        self._backoff = backoff
        self._sessions = sessions or Sessions()
        self._account_key = account_key
        self._session: t.Any = None
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(in_flight)

    def close(self) -> None:
        """Close the connection, unless it is kept for the next task."""
        self._session = None
        self._sessions.end_task()

    def send(
        self,
        call: Call,
        path: t.Mapping[str, t.Any] | None = None,
        *,
        query: t.Mapping[str, t.Any] | None = None,
        json_body: t.Any = None,
        form: t.Sequence[tuple[str, str]] | None = None,
    ) -> Response:
        """Send a call, again where that is safe, and return the successful answer.

        Raises:
            WriteRefusedError: the call writes and this client only reads.
            UnreachableError: no connection; nothing was sent.
            OptionError: a path parameter would make another path of it.
            OutcomeUnknownError: the call writes and its fate is not known.
            RateLimitedError: refused by HTTP 429 and not to be sent again here.
            VpsError: whatever the provider's classification made of the answer.
        """
        if call.mutates and self.read_only:
            raise WriteRefusedError(f"{self.provider}: refused to send {call.id}, which writes, in read-only mode")
        url = self.base_url + call.path.format(**{key: _segment(key, value) for key, value in (path or {}).items()})
        arguments: dict[str, t.Any] = {"params": dict(query or {}), "headers": {"Accept": "application/json", "User-Agent": USER_AGENT}}
        if form is not None:
            arguments["data"] = list(form)
        elif json_body is not None or call.method in ("POST", "PUT", "PATCH"):
            arguments["headers"]["Content-Type"] = "application/json"
            arguments["data"] = b"" if json_body is None else json.dumps(json_body).encode("utf-8")
        self._authorise(arguments)
        attempt = 0
        while True:
            error = self._attempt(call, url, arguments)
            if isinstance(error, Response):
                return error
            pause = self._pause(call, error, attempt)
            if pause is None or self._waiter.waited_to_retry + pause > self._transport.max_retry_wait:
                raise self._final(call, error)
            self._waiter.pause_to_retry(pause)
            attempt += 1
            with self._lock:
                self.account.retries += 1

    # -- one attempt ------------------------------------------------------------------------------------------------

    def _attempt(self, call: Call, url: str, arguments: dict[str, t.Any]) -> Response | VpsError:
        try:
            with self._slots:
                response = self._exchange(call, url, arguments)
        except VpsError as exc:
            return exc
        return self._classify(call, response) or response

    def _exchange(self, call: Call, url: str, arguments: dict[str, t.Any]) -> Response:
        session = self._open_session()
        self._rate_limit.acquire()
        with self._lock:
            self.account.calls += 1
            self.account.writes += int(call.mutates)
        started, status = time.monotonic(), None
        try:
            answer = session.request(
                call.method,
                url,
                timeout=(CONNECT_TIMEOUT, self._transport.request_timeout),
                allow_redirects=False,
                auth=_keep,
                **arguments,
            )
            if getattr(answer.raw, "length_remaining", None):
                raise requests.exceptions.ConnectionError  # urllib3 1.26 hands over a body that broke off
            status = answer.status_code
        except requests.exceptions.RequestException as exc:
            raise self._broken(call, exc) from None
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            self.account.trace.append(
                {"operation": call.id, "method": call.method, "path": urllib.parse.urlsplit(url).path, "status": status, "ms": milliseconds}
            )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self._remember_request_id(headers)
        self.provider_time = _http_date(headers.get("date")) or self.provider_time
        return self._parse(call, status, headers, answer.content)

    def _parse(self, call: Call, status: int, headers: t.Mapping[str, str], content: bytes) -> Response:
        body = content.decode("utf-8", "replace")
        try:
            data, parsed = json.loads(body), True
        except ValueError:
            data, parsed = None, False
        response = Response(status, headers, data, parsed, body)
        if 300 <= status < 400:
            target = urllib.parse.urlsplit(headers.get("location", "")).hostname or "another address"
            raise ConfigurationError(
                f"{self.provider} answered {call.id} with a redirect to {target} (HTTP {status}), which is never followed since it would take the token along",
                hint="Check api_url.",
            )
        if status == 429:
            raise RateLimitedError(f"{self.provider} refused {call.id}: too many requests (HTTP 429)", retry_after=self._retry_after(headers))
        return response

    def _broken(self, call: Call, exc: Exception) -> VpsError:
        """The typed error for an exchange without an answer."""
        host = urllib.parse.urlsplit(self.base_url).netloc
        reason = self.redactor.text(_reason(exc))
        if "CERTIFICATE_VERIFY_FAILED" in str(exc) or "CertificateError" in str(exc):  # the latter from urllib3 1.26, for another host's
            return ConfigurationError(
                f"{self.provider}: the certificate of {host} is not trusted; nothing was sent",
                hint="Check api_url, or name the right authority in ca_path.",
            )
        if _nothing_sent(exc):
            family = self._transport.ip_family
            hint = "Check api_url and the network." + (f" With ip_family: {family} no other addresses are tried." if family != "any" else "")
            return UnreachableError(f"{self.provider}: no connection to {host} for {call.id} ({reason}); nothing was sent", hint=hint)
        if isinstance(exc, _UNUSABLE):
            return ConfigurationError(
                f"{self.provider}: the request for {call.id} could not be built ({reason})", hint="Check api_url, api_token and the proxy variables."
            )
        return TransientError(f"{self.provider}: no answer from {host} to {call.id} ({reason})")

    # -- decisions --------------------------------------------------------------------------------------------------

    def _pause(self, call: Call, error: VpsError, attempt: int) -> float | None:
        """Seconds until the call is sent again, or None when it must not be."""
        if not isinstance(error, TransientError) or attempt >= self._backoff.retries:
            return None
        if isinstance(error, RateLimitedError):
            if call.mutates and call.refused is not Refused.RESEND:
                return None
            return error.retry_after if error.retry_after is not None else self._backoff.pause(attempt)
        if isinstance(error, UnreachableError) or call.retry in (Retry.READ, Retry.IDEMPOTENT):
            return self._backoff.pause(attempt)
        return None

    def _final(self, call: Call, error: VpsError) -> VpsError:
        """The error as the caller gets it; a refusal that was waited out here already is final."""
        if not call.mutates or not isinstance(error, TransientError) or isinstance(error, UnreachableError):
            return error
        refused = isinstance(error, RateLimitedError)
        final = error if refused else OutcomeUnknownError(f"{error.message}; whether it was carried out is not known", **error.facts)
        final.check_first = call.refused is Refused.LOOK_FIRST if refused else call.retry is Retry.CHECK_FIRST
        return final

    def _retry_after(self, headers: t.Mapping[str, str]) -> float | None:
        value = headers.get("retry-after", "").strip()
        if not value:
            return None
        try:
            seconds = float(value)
            return None if math.isnan(seconds) else max(0.0, seconds)
        except ValueError:
            pass
        moment = _http_date(value)
        return None if moment is None else max(0.0, moment - self._waiter.clock.epoch())

    def _remember_request_id(self, headers: t.Mapping[str, str]) -> None:
        found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)
        if found:
            self.account.request_ids.append(self.redactor.text(found[:80]))

    # -- the session ------------------------------------------------------------------------------------------------

    def _open_session(self) -> t.Any:
        if not HAS_REQUESTS:
            raise MissingLibraryError("The Python library requests is needed", library="requests")
        with self._lock:
            if self._session is None:
                trusted, proxies = self._trusted(), self._proxies()
                key = (self._account_key, self.base_url, trusted, _version(trusted), tuple(sorted(proxies.items())), self._transport.ip_family, self.in_flight)
                self._session = self._sessions.get(key, lambda: self._new_session(trusted, proxies))
            return self._session

    def _new_session(self, trusted: bool | str, proxies: dict[str, str]) -> t.Any:
        session = requests.Session()
        session.trust_env = False  # environment is handed in; a ~/.netrc must never replace our credentials
        session.verify = _readable(trusted)
        session.proxies = proxies
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))  # a jar is the one part that threads cannot share
        adapter = _FamilyAdapter(self._transport.ip_family, self.in_flight)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _trusted(self) -> bool | str:
        """The path of the certificate authorities, True for the usual ones, False where nothing is checked."""
        if not self._transport.validate_certs or self.base_url.startswith("http:"):
            return False
        environ = self._transport.environ
        return self._transport.ca_path or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or True

    def _proxies(self) -> dict[str, str]:
        """Proxies for this one host, from the handed-in environment; none for this machine."""
        parts = urllib.parse.urlsplit(self.base_url)
        host = parts.hostname or ""
        environ = {name.lower(): value for name, value in self._transport.environ.items() if name.lower().endswith("_proxy") and value}
        environ.update({name: value for name, value in self._transport.environ.items() if name.endswith("_proxy")})
        place = f"{host}:{parts.port}" if parts.port else host
        bypass = urllib.request.proxy_bypass_environment(place, {"no": environ.get("no_proxy", "")})  # type: ignore[attr-defined]
        if is_loopback(host) or bypass:
            return {}
        everything = environ.get("all_proxy")
        found = {scheme: environ.get(f"{scheme}_proxy") or everything for scheme in ("http", "https")}
        return {scheme: proxy for scheme, proxy in found.items() if proxy}


class _FamilyAdapter(HTTPAdapter):
    """Reaches a host over one address family: a source address of that family makes the other one's connects fail."""

    def __init__(self, family: str, connections: int) -> None:
        self._source = {"ipv4": ("0.0.0.0", 0), "ipv6": ("::", 0)}.get(family)
        super().__init__(pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Build the pool with our source address."""
        if self._source:
            kwargs["source_address"] = self._source
        super().init_poolmanager(*args, **kwargs)


def _segment(name: str, value: t.Any) -> str:
    """A path parameter, quoted; an empty one or dots would address something else."""
    text = "" if value is None else str(value)
    if text in ("", ".", ".."):
        raise OptionError(f"{text!r} is no valid {name}", option=name)
    return urllib.parse.quote(text, safe="")


def _version(trusted: bool | str) -> tuple[int, ...]:
    """What changes when the certificates at a path do."""
    try:
        about = os.stat(trusted) if isinstance(trusted, str) else None
    except OSError:
        about = None
    return (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns) if about else ()


def _readable(trusted: bool | str) -> bool | str:
    """What was handed in.

    Raises:
        ConfigurationError: it is a path without certificates.
    """
    if isinstance(trusted, str) and not os.path.isdir(trusted):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(trusted)
        except OSError as exc:
            raise ConfigurationError(
                f"{trusted} is no readable bundle of certificates; nothing was sent",
                hint="Correct ca_path, or REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment.",
            ) from exc
    return trusted


def _keep(request: t.Any) -> t.Any:
    """An auth callable that changes nothing: its presence keeps requests from looking for credentials elsewhere."""
    return request


def _nothing_sent(exc: Exception) -> bool:
    """Whether the exchange failed before the first byte of the request."""
    reason = getattr(exc.args[0] if exc.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.ProxyError):  # with a proxy, urllib3 1.26 calls every broken connection this, sent or not
        reason = reason.original_error
        if str(reason).startswith("Tunnel connection failed"):
            return True
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _reason(exc: Exception) -> str:
    """A short cause without URL or object addresses."""
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return "connecting timed out"
    if isinstance(exc, requests.exceptions.Timeout):
        return "timed out"
    inner = exc.args[0] if exc.args else exc
    cause = getattr(inner, "reason", inner)
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        if isinstance(cause.__context__, socket.gaierror):
            return "the name could not be resolved"
        return str(cause).rpartition(": ")[2] or "connection refused"
    if isinstance(exc, requests.exceptions.ProxyError):
        return "the proxy could not be used"
    if isinstance(exc, requests.exceptions.SSLError):
        return "no TLS connection"
    return "the connection broke"


def unreadable(provider: str, call: Call, response: Response) -> ProtocolError:
    """The error for an answer whose body is not what the contract promises."""
    return ProtocolError(
        f"{provider} answered {call.id} with HTTP {response.status} and a body that has no documented form, as from a proxy or a wrong api_url"
    )
