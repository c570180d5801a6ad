# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names as DNS shows them. Needs the library dnspython, which nothing else here does."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._core.errors import MissingLibraryError, OptionError

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdatatype
    import dns.resolver
    import dns.reversename
except ImportError:
    HAS_DNSPYTHON = False
else:
    HAS_DNSPYTHON = True

TIMEOUT = 3.0  # seconds for one question to one server
AUTHORITATIVE = 3  # how many servers of the reverse zone are asked at most
PORT = 53

Server = tuple[str, int]


@dataclass(frozen=True)
class Answer:
    """What DNS says of an address.

    Args:
        names: the PTR records as host names in lower case, sorted; none where there is none.
        ttl: seconds that the answer may be kept by others.
        problem: why nobody could answer; then C(names) says nothing.
    """

    names: tuple[str, ...] = ()
    ttl: int | None = None
    problem: str | None = None


def require_library() -> None:
    """Fail where dnspython is missing.

    Raises:
        MissingLibraryError: it is.
    """
    if not HAS_DNSPYTHON:
        raise MissingLibraryError("Reading reverse names from DNS needs the Python library dnspython", library="dnspython")


def parse_server(text: str) -> Server:
    """C(192.0.2.1), C(192.0.2.1:5353), C(2001:db8::1) or C([2001:db8::1]:5353) as address and port.

    Raises:
        OptionError: it is none of these.
    """
    word = text.strip()
    host, port = word, str(PORT)
    if word.startswith("["):
        host, _bracket, rest = word[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif word.count(":") == 1:
        host, port = word.split(":")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65536:
        raise OptionError(
            f"resolvers: {text!r} is no address of a name server", hint="Write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.", option="resolvers"
        )
    return host, number


def look_up(address: str, servers: t.Sequence[Server] = ()) -> Answer:
    """The reverse name of an address.

    Args:
        servers: ask these, in this order, and nobody else. Without them the authoritative servers of the reverse zone are asked first,
            which know a new name at once, then the resolvers of this machine.

    Raises:
        MissingLibraryError: dnspython is missing.
    """
    require_library()
    name = dns.reversename.from_address(address)
    problems: list[str] = []
    for server in servers:
        answer = _ask(name, server, recursive=True)
        if answer.problem is None:
            return answer
        problems.append(answer.problem)
    return Answer(problem="; ".join(problems)) if servers else _look_up_by_system(name)


def _look_up_by_system(name: t.Any) -> Answer:
    try:
        resolver = dns.resolver.Resolver()
        resolver.lifetime = TIMEOUT
        for server in _authoritative(name, resolver):
            answer = _ask(name, server, recursive=False)
            if answer.problem is None:
                return answer
        return _answer(resolver.resolve(name, "PTR", raise_on_no_answer=False).response)
    except dns.resolver.NXDOMAIN:
        return Answer()
    except (dns.exception.DNSException, OSError) as exc:
        return Answer(problem=f"the resolvers of this machine: {_told(exc)}")


def _authoritative(name: t.Any, resolver: t.Any) -> list[Server]:
    """The name servers of the reverse zone; none where they cannot be found."""
    try:
        zone = dns.resolver.zone_for_name(name, resolver=resolver)
        hosts = [record.target for record in resolver.resolve(zone, "NS")]
        return [(record.address, PORT) for host in hosts[:AUTHORITATIVE] for record in resolver.resolve(host, "A")]
    except (dns.exception.DNSException, OSError):
        return []


def _ask(name: t.Any, server: Server, *, recursive: bool) -> Answer:
    """One question to one server, again by TCP where the answer was cut off."""
    query = dns.message.make_query(name, "PTR")
    if not recursive:
        query.flags &= ~dns.flags.RD
    host, port = server
    try:
        response, _used_tcp = dns.query.udp_with_fallback(query, host, TIMEOUT, port, ignore_unexpected=True, ignore_errors=True)
        return _answer(response)
    except (dns.exception.DNSException, OSError, EOFError) as exc:
        return Answer(problem=f"{host} port {port}: {_told(exc)}")


def _answer(response: t.Any) -> Answer:
    code = response.rcode()
    if code == dns.rcode.NXDOMAIN:
        return Answer()
    if code != dns.rcode.NOERROR:
        return Answer(problem=f"it answered {dns.rcode.to_text(code)}")
    try:
        chain = response.resolve_chaining()
    except dns.exception.DNSException as exc:
        return Answer(problem=_told(exc))
    if chain.answer is None:
        unfinished = bool(chain.cnames)  # a delegation below the zone (RFC 2317) that this server did not follow
        return Answer(problem="it names another zone and does not follow") if unfinished else Answer()
    records = [record for record in chain.answer if record.rdtype == dns.rdatatype.PTR]
    names = {record.target.to_text(omit_final_dot=True).lower() for record in records}
    return Answer(tuple(sorted(names)), int(chain.answer.ttl))


def _told(exc: Exception) -> str:
    if isinstance(exc, dns.exception.Timeout):
        return "no answer in time"
    return str(exc) or type(exc).__name__
