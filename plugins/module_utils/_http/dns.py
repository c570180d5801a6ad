# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names as DNS shows them. Needs the library dnspython, which nothing else here does."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t
from dataclasses import dataclass, replace

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
    import dns.version
except ImportError:
    HAS_DNSPYTHON = False
else:
    HAS_DNSPYTHON = (dns.version.MAJOR, dns.version.MINOR, dns.version.MICRO) >= (2, 6, 1)  # older ones cannot pass over forged answers

LIBRARY = "dnspython >= 2.6.1"
TIMEOUT = 3.0  # seconds for one question to one server
AUTHORITATIVE = 2  # how many servers of the reverse zone are asked at most
PORT = 53

Server = tuple[str, int]

_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::([0-9]+))?|([^:]+):([0-9]+)")


@dataclass(frozen=True)
class Answer:
    """What DNS says of an address.

    Args:
        names: the PTR records as host names in lower case, sorted; none where there is none.
        problem: why nobody could answer; then C(names) says nothing.
        passed_over: what was wrong with the servers that were asked before the one that answered.
    """

    names: tuple[str, ...] = ()
    problem: str | None = None
    passed_over: tuple[str, ...] = ()


def require_library() -> None:
    """Fail where dnspython is missing.

    Raises:
        MissingLibraryError: it is.
    """
    if not HAS_DNSPYTHON:
        raise MissingLibraryError(
            f"Reading reverse names from DNS needs the Python library {LIBRARY} on the host that runs the module",
            hint="Install it for the Python interpreter that runs the module there (python3 -m pip install 'dnspython>=2.6.1'), or set another verify.",
            library=LIBRARY,
        )


def parse_server(text: str) -> Server:
    """C(192.0.2.1), C(192.0.2.1:5353), C(2001:db8::1) or C([2001:db8::1]:5353) as address and port.

    Raises:
        OptionError: it is none of these.
    """
    word = text.strip()
    found = _WITH_PORT.fullmatch(word)
    host, port = (found[1] or found[3], found[2] or found[4] or PORT) if found else (word, PORT)
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
    if not servers:
        return _look_up_by_system(name)
    problems: list[str] = []
    for server in servers:
        answer = _ask(name, server, recursive=True)
        if answer.problem is None:
            return replace(answer, passed_over=tuple(problems))
        problems.append(answer.problem)
    return Answer(problem="; ".join(problems))


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


def _authoritative(name: t.Any, resolver: t.Any) -> t.Iterator[Server]:
    """The name servers of the reverse zone, as far as they can be found."""
    try:
        zone = dns.resolver.zone_for_name(name, resolver=resolver, lifetime=TIMEOUT)
        hosts = [record.target for record in resolver.resolve(zone, "NS")]
    except (dns.exception.DNSException, OSError):
        return
    for host in hosts[:AUTHORITATIVE]:
        for kind in ("A", "AAAA"):
            with contextlib.suppress(dns.exception.DNSException, OSError):
                yield resolver.resolve(host, kind)[0].address, PORT
                break


def _ask(name: t.Any, server: Server, *, recursive: bool) -> Answer:
    """One question to one server, again by TCP where the answer was cut off."""
    query = dns.message.make_query(name, "PTR")
    if not recursive:
        query.flags &= ~dns.flags.RD
    host, port = server
    try:
        response, _used_tcp = dns.query.udp_with_fallback(query, host, TIMEOUT, port, ignore_unexpected=True, ignore_errors=True)
        answer = _answer(response)
    except (dns.exception.DNSException, OSError, EOFError) as exc:
        answer = Answer(problem=_told(exc))
    return replace(answer, problem=f"{host} port {port}: {answer.problem}") if answer.problem else answer


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
    if chain.answer is not None:
        return Answer(tuple(sorted({record.target.to_text(omit_final_dot=True).lower() for record in chain.answer})))
    if chain.cnames or _is_referral(response):  # a part of the zone is delegated further (RFC 2317), and this server does not follow
        return Answer(problem="it names other servers and does not ask them")
    return Answer()


def _is_referral(response: t.Any) -> bool:
    """Whether an answer without records only says who else might know (RFC 2308, section 2.2.5)."""
    kinds = {records.rdtype for records in response.authority}
    return not response.flags & dns.flags.AA and dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds


def _told(exc: Exception) -> str:
    if isinstance(exc, dns.exception.Timeout):
        return "no answer in time"
    return str(exc) or type(exc).__name__
