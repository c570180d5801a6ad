# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse names from DNS, asked over real sockets from a responder that says what a test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import typing as t

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
import dns.rrset
import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import MissingLibraryError, OptionError
from ansible_collections.polyhost.cloud.plugins.module_utils._http import dns as client
from ansible_collections.polyhost.cloud.plugins.module_utils._http.dns import Answer, look_up, parse_server

ADDRESS = "192.0.2.10"
NAME = "10.2.0.192.in-addr.arpa."
SHORT = 0.3  # seconds that a question waits where no answer is to come

Message = t.Any
Speech = t.Callable[[Message, str], "list[bytes]"]


def one_port(host: str) -> tuple[socket.socket, socket.socket]:
    """Sockets for TCP and UDP on one port; what is free for one may be taken for the other."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _attempt in range(20):
        listener, datagrams = socket.create_server((host, 0), family=family), socket.socket(family, socket.SOCK_DGRAM)
        try:
            datagrams.bind(listener.getsockname()[:2])
        except OSError:
            listener.close()
            datagrams.close()
        else:
            return listener, datagrams
    raise OSError("no port is free for TCP and UDP both")


class Responder:
    """Answers over UDP and TCP on one port by C(speech); C(asked) are name, type and transport, C(flags) those of each query."""

    def __init__(self, speech: Speech, host: str = "127.0.0.1") -> None:
        self.speech, self.asked, self.flags = speech, t.cast("list[tuple[str, str, str]]", []), t.cast("list[int]", [])
        self.listener, self.datagrams = one_port(host)
        self.place = (host, int(self.listener.getsockname()[1]))
        for served in (self._serve_datagrams, self._serve_streams):
            threading.Thread(target=served, daemon=True).start()

    def _answers(self, wire: bytes, transport: str) -> list[bytes]:
        query = dns.message.from_wire(wire)
        self.asked.append((query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype), transport))
        self.flags.append(query.flags)
        return self.speech(query, transport)

    def _serve_datagrams(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                wire, asker = self.datagrams.recvfrom(65535)
                for answer in self._answers(wire, "udp"):
                    self.datagrams.sendto(answer, asker)

    def _serve_streams(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                stream, _asker = self.listener.accept()
                with stream:
                    (length,) = struct.unpack("!H", stream.recv(2))
                    for answer in self._answers(stream.recv(length), "tcp"):
                        stream.sendall(struct.pack("!H", len(answer)) + answer)

    def close(self) -> None:
        self.datagrams.close()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(name="serve")
def fixture_serve() -> t.Iterator[t.Callable[..., Responder]]:
    """Starts responders and closes them."""
    with contextlib.ExitStack() as stack:

        def serve(speech: Speech, host: str = "127.0.0.1") -> Responder:
            responder = Responder(speech, host)
            stack.callback(responder.close)
            return responder

        yield serve


def reply(query: Message, *answers: t.Any, rcode: str = "NOERROR", authority: t.Sequence[t.Any] = (), flags: int = dns.flags.AA) -> bytes:
    message = dns.message.make_response(query)
    message.flags |= flags
    message.set_rcode(dns.rcode.from_text(rcode))
    message.answer.extend(answers)
    message.authority.extend(authority)
    return bytes(message.to_wire())


def records(kind: str, *values: str, name: str = NAME) -> t.Any:
    return dns.rrset.from_text_list(name, 300, "IN", kind, list(values))


def saying(*answers: t.Any, **about: t.Any) -> Speech:
    return lambda query, transport: [reply(query, *answers, **about)]


def silent(query: Message, transport: str) -> list[bytes]:
    return []


# -- one server -------------------------------------------------------------------------------------------------------


def test_a_name_in_lower_case_without_its_dot(serve: t.Callable[..., Responder]) -> None:
    responder = serve(saying(records("PTR", "Mail.Example.COM.")))
    assert look_up(ADDRESS, [responder.place]) == Answer(("mail.example.com",))
    assert responder.asked == [(NAME, "PTR", "udp")]
    assert responder.flags[0] & dns.flags.RD


def test_several_names_are_sorted(serve: t.Callable[..., Responder]) -> None:
    responder = serve(saying(records("PTR", "b.example.com.", "a.example.com.", "B.example.com.")))
    assert look_up(ADDRESS, [responder.place]).names == ("a.example.com", "b.example.com")


def test_an_ipv6_address(serve: t.Callable[..., Responder]) -> None:
    name = dns.reversename.from_address("2001:db8::1").to_text()
    responder = serve(saying(records("PTR", "six.example.com.", name=name)))
    assert look_up("2001:db8::1", [responder.place]).names == ("six.example.com",)
    assert responder.asked[0][0] == f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa."


def test_a_server_at_an_ipv6_address(serve: t.Callable[..., Responder]) -> None:
    try:
        responder = serve(saying(records("PTR", "mail.example.com.")), "::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert look_up(ADDRESS, [parse_server(f"[::1]:{responder.place[1]}")]).names == ("mail.example.com",)


@pytest.mark.parametrize(
    "about", [{"rcode": "NXDOMAIN"}, {}, {"flags": 0}, {"authority": [records("SOA", "ns. host. 1 2 3 4 5", name="2.0.192.in-addr.arpa.")]}]
)
def test_no_name_is_an_answer(serve: t.Callable[..., Responder], about: dict[str, t.Any]) -> None:
    assert look_up(ADDRESS, [serve(saying(**about)).place]) == Answer()


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP"])
def test_a_failure_is_no_answer(serve: t.Callable[..., Responder], rcode: str) -> None:
    host, port = serve(saying(rcode=rcode)).place
    answer = look_up(ADDRESS, [(host, port)])
    assert answer.names == ()
    assert answer.problem == f"{host} port {port}: it answered {rcode}"


def test_a_referral_is_no_answer(serve: t.Callable[..., Responder]) -> None:
    referral = saying(authority=[records("NS", "ns.example.net.", name="192.in-addr.arpa.")], flags=0)
    answer = look_up(ADDRESS, [serve(referral).place])
    assert "names other servers" in str(answer.problem)


def test_silence_is_said(serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", SHORT)
    host, port = serve(silent).place
    assert look_up(ADDRESS, [(host, port)]).problem == f"{host} port {port}: no answer in time"


def test_what_is_cut_off_is_asked_again_by_tcp(serve: t.Callable[..., Responder]) -> None:
    def speech(query: Message, transport: str) -> list[bytes]:
        if transport == "udp":
            return [reply(query, flags=dns.flags.AA | dns.flags.TC)]
        return [reply(query, records("PTR", "mail.example.com."))]

    responder = serve(speech)
    assert look_up(ADDRESS, [responder.place]).names == ("mail.example.com",)
    assert [transport for _name, _kind, transport in responder.asked] == ["udp", "tcp"]


def test_a_cut_off_answer_whose_tcp_port_is_silent(serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", SHORT)
    responder = serve(lambda query, transport: [reply(query, flags=dns.flags.TC)] if transport == "udp" else [])
    answer = look_up(ADDRESS, [responder.place])
    assert answer.names == ()
    assert answer.problem


def test_forged_and_broken_answers_are_passed_over(serve: t.Callable[..., Responder]) -> None:
    def speech(query: Message, transport: str) -> list[bytes]:
        right = reply(query, records("PTR", "mail.example.com."))
        forged = dns.message.from_wire(reply(query, records("PTR", "forged.example.net.")))
        forged.id ^= 1
        other = dns.message.make_query("11.2.0.192.in-addr.arpa.", "PTR", id=query.id)
        return [forged.to_wire(), b"\x00", reply(other, records("PTR", "forged.example.net.", name="11.2.0.192.in-addr.arpa.")), right]

    assert look_up(ADDRESS, [serve(speech).place]).names == ("mail.example.com",)


def test_a_delegation_below_the_zone_is_followed_where_the_server_did(serve: t.Callable[..., Responder]) -> None:
    target = "10.0-127.2.0.192.in-addr.arpa."
    responder = serve(saying(records("CNAME", target), records("PTR", "mail.example.com.", name=target)))
    assert look_up(ADDRESS, [responder.place]).names == ("mail.example.com",)


def test_a_delegation_that_a_server_does_not_follow_is_no_answer(serve: t.Callable[..., Responder]) -> None:
    responder = serve(saying(records("CNAME", "10.0-127.2.0.192.in-addr.arpa.")))
    assert "does not ask them" in str(look_up(ADDRESS, [responder.place]).problem)


# -- several servers --------------------------------------------------------------------------------------------------


def test_the_next_server_is_asked_and_the_one_that_failed_is_named(serve: t.Callable[..., Responder]) -> None:
    broken, good, unasked = serve(saying(rcode="SERVFAIL")), serve(saying(records("PTR", "mail.example.com."))), serve(silent)
    answer = look_up(ADDRESS, [broken.place, good.place, unasked.place])
    assert answer.names == ("mail.example.com",)
    assert answer.passed_over == (f"127.0.0.1 port {broken.place[1]}: it answered SERVFAIL",)
    assert unasked.asked == []


def test_when_all_fail_all_are_named(serve: t.Callable[..., Responder]) -> None:
    one, two = serve(saying(rcode="SERVFAIL")), serve(saying(rcode="REFUSED"))
    problem = str(look_up(ADDRESS, [one.place, two.place]).problem)
    assert f"port {one.place[1]}: it answered SERVFAIL" in problem
    assert f"port {two.place[1]}: it answered REFUSED" in problem


# -- without servers: the zone's own, then this machine's --------------------------------------------------------------


class System:
    """This machine's resolver as one responder, the zone's servers as another one on the same port of another address."""

    def __init__(self, serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch, authority: Speech, recursive: Speech) -> None:
        self.authority = serve(authority)

        def speech(query: Message, transport: str) -> list[bytes]:
            name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
            known = {
                ("2.0.192.in-addr.arpa.", "NS"): ("ns4.example.net.",),
                ("ns4.example.net.", "A"): ("127.0.0.1",),
            }
            if kind == "SOA":
                return [reply(query, authority=[records("SOA", "ns. host. 1 2 3 4 5", name="2.0.192.in-addr.arpa.")], rcode="NXDOMAIN")]
            if (name, kind) in known:
                return [reply(query, records(kind, *known[name, kind], name=name))]
            return recursive(query, transport) if kind == "PTR" else [reply(query, rcode="NXDOMAIN")]

        self.recursive = serve(speech)
        made = dns.resolver.Resolver

        def local() -> dns.resolver.Resolver:
            resolver = made(configure=False)
            resolver.nameservers, resolver.port = [self.recursive.place[0]], self.recursive.place[1]
            return resolver

        monkeypatch.setattr(dns.resolver, "Resolver", local)
        monkeypatch.setattr(client, "PORT", self.authority.place[1])

    def pointers(self, responder: Responder) -> int:
        return sum(kind == "PTR" for _name, kind, _transport in responder.asked)


NEW, OLD = saying(records("PTR", "new.example.com.")), saying(records("PTR", "old.example.com."))


def test_the_zones_own_servers_are_asked_first_and_not_to_ask_others(serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(serve, monkeypatch, NEW, OLD)
    assert look_up(ADDRESS) == Answer(("new.example.com",))
    assert system.pointers(system.recursive) == 0
    assert [flags & dns.flags.RD for flags in system.authority.flags] == [0]


@pytest.mark.parametrize("authority", [saying(rcode="REFUSED"), silent, saying(records("CNAME", "10.0-127.2.0.192.in-addr.arpa."))])
def test_this_machines_resolver_is_asked_where_they_do_not_answer(
    serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch, authority: Speech
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", SHORT)
    system = System(serve, monkeypatch, authority, OLD)
    assert look_up(ADDRESS) == Answer(("old.example.com",))
    assert system.pointers(system.authority) == 1


def test_no_name_anywhere(serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch) -> None:
    System(serve, monkeypatch, saying(rcode="REFUSED"), saying(rcode="NXDOMAIN"))
    assert look_up(ADDRESS) == Answer()


def test_this_machines_resolver_fails_too(serve: t.Callable[..., Responder], monkeypatch: pytest.MonkeyPatch) -> None:
    System(serve, monkeypatch, saying(rcode="REFUSED"), saying(rcode="SERVFAIL"))
    answer = look_up(ADDRESS)
    assert answer.names == ()
    assert str(answer.problem).startswith("the resolvers of this machine: ")


def test_a_machine_without_resolvers(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> t.NoReturn:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    assert "the resolvers of this machine" in str(look_up(ADDRESS).problem)


# -- options and library ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        (" 192.0.2.1:5353 ", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
    ],
)
def test_servers_with_and_without_port(text: str, server: tuple[str, int]) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text", ["", "ns.example.com", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:5e3", "[2001:db8::1]5353", "[2001:db8::1", "192.0.2"]
)
def test_what_is_no_server(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_server(text)
    assert caught.value.facts["option"] == "resolvers"
    assert "[2001:db8::53]:5353" in str(caught.value)


def test_the_missing_library_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "HAS_DNSPYTHON", False)
    with pytest.raises(MissingLibraryError) as caught:
        look_up(ADDRESS, [("127.0.0.1", 1)])
    assert caught.value.facts["library"] == "dnspython >= 2.6.1"
    assert "pip install 'dnspython>=2.6.1'" in str(caught.value)
