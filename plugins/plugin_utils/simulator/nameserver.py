# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS side of the simulated world: a name server on loopback, over UDP and TCP, for the addresses of all providers.

It is the only place where Hostwinds and HosterAPI show the names they were given (HW-17, HA-23). Built on dnspython; without that
library it stays closed.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import struct
import threading
import traceback
import typing as t

from .base import Clock, Provider
from .faults import Fault, FaultQueue
from .server import LOOPBACK

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.opcode
    import dns.rcode
    import dns.rdatatype
    import dns.reversename
    import dns.rrset

    AVAILABLE = True
except ImportError:
    AVAILABLE = False

DEFAULT_TTL = 300
ZONES: t.Final = ("in-addr.arpa.", "ip6.arpa.")
SERVER_NAME: t.Final = "ns.simulator.test."
FAULTS: t.Final[t.Mapping[str, str]] = {
    "servfail": "SERVFAIL",
    "refused": "REFUSED",
    "timeout": "no answer",
    "truncated": "over UDP an empty answer that asks for TCP",
    "several": "the PTR records of `names` as well (other.example.net)",
    "wrong_id": "over UDP an answer of another transaction, with a wrong name, comes before the right one",
}
_OTHER_NAME = "other.example.net."
_PLAIN_UDP_SIZE = 512  # RFC 1035: what a client takes that says nothing about it
_UDP_MAX = 65535
_BINDING_ATTEMPTS = 50


class Query(t.NamedTuple):
    """One question: the name with its final dot, the record type, C(udp) or C(tcp)."""

    name: str
    type: str
    transport: str


class NameServer:
    """Authoritative for the two reverse zones; every address that has no name is NXDOMAIN.

    C(delay) is the time in seconds of the simulator's clock until a written name shows, C(ttl) that of every answer.
    """

    def __init__(self, providers: t.Mapping[str, Provider], clock: Clock, errors: list[str], delay: float = 0.0, port: int = 0) -> None:
        """Bind C(port) (0: a free one) for UDP and TCP.

        Raises:
            OSError: the port is taken.
        """
        self._providers = providers
        self._clock = clock
        self._errors = errors
        self._initial_delay = delay
        self._lock = threading.Lock()
        self._faults = FaultQueue()
        self._stopping = threading.Event()
        self._servers: list[threading.Thread] = []
        self._clients: set[socket.socket] = set()
        self._sockets = _bind(port) if AVAILABLE else None
        self.reset()

    def reset(self) -> None:
        """No faults, no queries, the first delay."""
        with self._lock:
            self._faults.clear()
        self.delay = self._initial_delay
        self.ttl = DEFAULT_TTL
        self.queries: list[Query] = []

    @property
    def address(self) -> str | None:
        """Host and port, or None without dnspython."""
        return f"{LOOPBACK}:{self._sockets[0].getsockname()[1]}" if self._sockets else None

    def start(self) -> None:
        """Answer from now on."""
        if self._sockets:
            datagrams, listener = self._sockets
            listener.listen()
            self._servers = [_start(self._serve_datagrams, datagrams), _start(self._accept, listener)]

    def stop(self) -> None:
        """Close the port; what is not answered yet never will be."""
        if not self._sockets:
            return
        datagrams, listener = self._sockets
        self._stopping.set()
        with contextlib.suppress(OSError):  # stopped before
            datagrams.sendto(b"", datagrams.getsockname())  # wakes the thread that waits for a query
        with self._lock:
            for waiting in (listener, *self._clients):
                with contextlib.suppress(OSError):  # never listened, or left already
                    waiting.shutdown(socket.SHUT_RDWR)
        for thread in self._servers:
            thread.join(2)
        datagrams.close()
        listener.close()

    def settings(self, **values: t.Any) -> dict[str, t.Any]:
        """Change C(delay) and C(ttl) (seconds); returns both.

        Raises:
            ValueError: no such setting, or a value that is no number of at least 0.
        """
        for name, value in values.items():
            if name not in ("delay", "ttl"):
                raise ValueError(f"dns has no setting {name}; it has delay and ttl")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise ValueError(f"{name} is a number of seconds, 0 or more")
        self.delay = float(values.get("delay", self.delay))
        self.ttl = int(values.get("ttl", self.ttl))
        return {"delay": self.delay, "ttl": self.ttl}

    def fault(self, kind: str, queries: str = "*", *, nth: int = 1, times: int = 1, **options: t.Any) -> None:
        """Plan a fault of C(FAULTS) for queries like C(udp PTR 1.0.18.198.in-addr.arpa.), a pattern; see C(FaultQueue.plan).

        Raises:
            ValueError: no such fault or option, or numbers that make no sense.
        """
        if kind not in FAULTS:
            raise ValueError(f"unknown fault {kind}; dns knows {', '.join(FAULTS)}")
        unknown = set(options) - ({"names"} if kind == "several" else set())
        if unknown:
            raise ValueError(f"the fault {kind} has no option {', '.join(sorted(unknown))}")
        with self._lock:
            self._faults.plan(queries, kind, nth, times, options)

    def clear_faults(self) -> None:
        """Forget planned faults."""
        with self._lock:
            self._faults.clear()

    def describe(self) -> dict[str, t.Any]:
        """Address, settings, waiting faults and queries so far, for the control API."""
        with self._lock:
            faults = self._faults.describe()
        return {"address": self.address, **self.settings(), "faults": faults, "queries": [query._asdict() for query in self.queries]}

    # -- sockets ----------------------------------------------------------------------------------------------------

    def _serve_datagrams(self, datagrams: socket.socket) -> None:
        while not self._stopping.is_set():
            wire, client = datagrams.recvfrom(_UDP_MAX)
            for answer in self._answers(wire, "udp"):
                datagrams.sendto(answer, client)

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                client, _address = listener.accept()
            except OSError:  # nobody came within the time-out, or it was shut to wake us
                continue
            client.settimeout(None)
            with self._lock:
                self._clients.add(client)
            _start(self._serve_stream, client)

    def _serve_stream(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as reader:
            with contextlib.suppress(OSError):  # the client went away
                while not self._stopping.is_set() and (size := reader.read(2)):
                    for answer in self._answers(reader.read(int.from_bytes(size, "big")), "tcp"):
                        client.sendall(struct.pack("!H", len(answer)) + answer)
            with self._lock:
                self._clients.discard(client)

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answers(self, wire: bytes, transport: str) -> list[bytes]:
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return []
        try:
            return self._answered(query, transport)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._errors.append(f"dns: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
            return [_failed(query, dns.rcode.SERVFAIL).to_wire()]

    def _answered(self, query: dns.message.Message, transport: str) -> list[bytes]:
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return [_failed(query, dns.rcode.NOTIMP).to_wire()]
        question = query.question[0]
        asked = Query(question.name.to_text(), dns.rdatatype.to_text(question.rdtype), transport)
        with self._lock:
            self.queries.append(asked)
            fault = next(iter(self._faults.due(f"{transport} {asked.type} {asked.name}")), None)
            if fault:
                self._faults.use(fault)
        kind = fault.kind if fault else None
        if kind == "timeout":
            return []
        if kind in ("servfail", "refused"):
            return [_failed(query, dns.rcode.from_text(kind)).to_wire()]
        response = self._response(query, fault)
        if transport == "tcp":
            return [response.to_wire()]
        if kind == "truncated":
            return [_truncated(query)]
        right = _datagram(query, response)
        return [_forged(query, self.ttl), right] if kind == "wrong_id" else [right]

    def _response(self, query: dns.message.Message, fault: Fault | None) -> dns.message.Message:
        name, wanted = query.question[0].name, query.question[0].rdtype
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        zone = next((zone for zone in map(dns.name.from_text, ZONES) if name.is_subdomain(zone)), None)
        if zone is None:
            records = {"A": [LOOPBACK]} if name == dns.name.from_text(SERVER_NAME) else None
        elif name == zone:
            records = {"SOA": [self._authority()], "NS": [SERVER_NAME]}
        else:
            records = self._pointers(name, fault)
        if records is None and zone is None:
            return _failed(query, dns.rcode.REFUSED)
        if records is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        found = (records or {}).get(dns.rdatatype.to_text(wanted))
        if found:
            response.answer.append(dns.rrset.from_text_list(name, self.ttl, "IN", wanted, found))
        elif zone is not None:
            response.authority.append(dns.rrset.from_text(zone, self.ttl, "IN", "SOA", self._authority()))
        return response

    def _pointers(self, name: dns.name.Name, fault: Fault | None) -> dict[str, list[str]] | None:
        """The records of an address, None when it has none; a name above addresses exists without records."""
        try:
            address = ipaddress.ip_address(dns.reversename.to_address(name))
        except (dns.exception.DNSException, ValueError):
            return {}
        hostname = self.visible(str(address))
        names = [f"{hostname}."] if hostname else []
        if fault and fault.kind == "several":
            names += fault.options.get("names", [_OTHER_NAME])
        return {"PTR": names} if names else None

    def visible(self, address: str) -> str | None:
        """The name that DNS shows for an address, without a final dot: what the providers said C(delay) seconds ago."""
        at = self._clock.now() - self.delay
        for provider in self._providers.values():
            with provider.lock:
                hostname = provider.host_name(address, at)
            if hostname:
                return hostname.rstrip(".")
        return None

    def _authority(self) -> str:
        return f"{SERVER_NAME} hostmaster.simulator.test. {int(self._clock.now())} 3600 600 86400 {self.ttl}"


def _start(target: t.Callable[[socket.socket], None], served: socket.socket) -> threading.Thread:
    thread = threading.Thread(target=target, args=(served,), name="simulator-dns", daemon=True)
    thread.start()
    return thread


def _bind(port: int) -> tuple[socket.socket, socket.socket]:
    """Sockets for UDP and TCP on one port."""
    for _attempt in range(1 if port else _BINDING_ATTEMPTS):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, port))
            datagrams.bind(listener.getsockname())
        except OSError as error:
            datagrams.close()
            listener.close()
            if port or error.errno != errno.EADDRINUSE:
                raise
            continue
        listener.settimeout(0.25)  # not every system wakes accept() when its socket is shut
        return datagrams, listener
    raise OSError(errno.EADDRINUSE, "no port is free for UDP and TCP both")


def _failed(query: dns.message.Message, rcode: int) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.Rcode(rcode))
    return response


def _datagram(query: dns.message.Message, response: dns.message.Message) -> bytes:
    try:
        return response.to_wire(max_size=max(_PLAIN_UDP_SIZE, query.payload))
    except dns.exception.TooBig:
        return _truncated(query)


def _truncated(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA | dns.flags.TC
    return response.to_wire()


def _forged(query: dns.message.Message, ttl: int) -> bytes:
    response = dns.message.make_response(query)
    response.id ^= 1
    response.answer.append(dns.rrset.from_text(query.question[0].name, ttl, "IN", "PTR", "forged.example.net."))
    return response.to_wire()
