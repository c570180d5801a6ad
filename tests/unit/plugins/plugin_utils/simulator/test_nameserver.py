# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS side of the simulator, asked over real sockets: whose names it shows, when, and how it fails."""

from __future__ import annotations

import email.utils
import http.client
import json
import signal
import socket
import typing as t
import urllib.error
import urllib.parse
import urllib.request

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.resolver
import dns.reversename
import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator import cli, nameserver, storage
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.nameserver import Query
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator


@pytest.fixture(name="sim")
def fixture_sim() -> t.Iterator[Simulator]:
    with Simulator(virtual_clock=True) as simulator:
        yield simulator


def place(sim: Simulator) -> tuple[str, int]:
    assert sim.dns.address is not None
    host, _colon, port = sim.dns.address.rpartition(":")
    return host, int(port)


def ask(sim: Simulator, name: t.Any, kind: str = "PTR", *, tcp: bool = False, timeout: float = 5.0) -> dns.message.Message:
    host, port = place(sim)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(dns.message.make_query(name, kind), host, timeout=timeout, port=port)


def names(answer: dns.message.Message) -> list[str]:
    return sorted(item.to_text() for rrset in answer.answer for item in rrset)


def pointers(sim: Simulator, address: str, *, tcp: bool = False) -> list[str]:
    return names(ask(sim, dns.reversename.from_address(address), tcp=tcp))


def post(sim: Simulator, provider: str, method: str, path: str, **body: t.Any) -> http.client.HTTPResponse:
    """One authorised call with a JSON body, form-encoded for Hostwinds."""
    token = sim[provider].token
    parts = urllib.parse.urlsplit(sim.url(provider))
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    data = json.dumps(body)
    if provider == "hostwinds":
        headers, data = {"Content-Type": "application/x-www-form-urlencoded"}, urllib.parse.urlencode({**body, "API": token})
    connection.request(method, parts.path + path, data, headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def hostwinds(sim: Simulator) -> tuple[str, str]:
    """The id and address of a server."""
    (sid,) = sim["hostwinds"].seed_instances(1)
    return sid, sim["hostwinds"].state["servers"][sid]["row"]["main_ip"]


def write(sim: Simulator, sid: str, address: str, name: str) -> None:
    post(sim, "hostwinds", "POST", "", action="set_rdns", serviceid=sid, ip=address, rdns=name)


@pytest.mark.parametrize("tcp", [False, True])
def test_hostwinds_names_show_in_dns_and_only_there(sim: Simulator, tcp: bool) -> None:
    sid, address = hostwinds(sim)
    six = sim["hostwinds"].state["servers"][sid]["row"]["ip_v6"]
    assert ask(sim, dns.reversename.from_address(address), tcp=tcp).rcode() == dns.rcode.NXDOMAIN
    write(sim, sid, address, "Mail.example.com.")
    write(sim, sid, six, "six.example.com")
    assert (pointers(sim, address, tcp=tcp), pointers(sim, six, tcp=tcp)) == (["Mail.example.com."], ["six.example.com."])


def test_hosterapi_and_civo_names_show_in_dns(sim: Simulator) -> None:
    (sid,) = sim["hosterapi"].seed_instances(1)
    (instance_id,) = sim["civo"].seed_instances(1, name="web")
    v4 = sim["hosterapi"].state["servers"][sid]["ips"][0]
    (row,) = [row for rows in sim["civo"].state["instances"].values() for row in rows.values()]
    assert pointers(sim, row["public_ip"]) == [f"{row['hostname']}."]
    post(sim, "hosterapi", "POST", f"/datacenter/server/{sid}/rdns", ip=v4, hostname="a.example.com")
    region = next(region for region, rows in sim["civo"].state["instances"].items() if rows)
    post(sim, "civo", "PUT", f"/v2/instances/{instance_id}?region={region}", reverse_dns="b.example.com")
    assert (pointers(sim, v4), pointers(sim, row["public_ip"])) == (["a.example.com."], ["b.example.com."])


def test_no_two_providers_share_an_address(sim: Simulator) -> None:
    for name in ("hostwinds", "civo", "hosterapi"):
        sim[name].seed_instances(3)
    addresses = [server["row"]["main_ip"] for server in sim["hostwinds"].state["servers"].values()]
    addresses += [row["public_ip"] for rows in sim["civo"].state["instances"].values() for row in rows.values()]
    addresses += [vm["ips"][0] for vm in sim["hosterapi"].state["servers"].values()]
    assert len(set(addresses)) == 9


def test_the_old_name_shows_until_the_delay_has_passed(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "old.example.com")
    sim.clock.advance(100)
    sim.dns.delay = 30.0
    write(sim, sid, address, "mid.example.com")
    sim.clock.advance(20)
    write(sim, sid, address, "new.example.com")
    seen = [pointers(sim, address)]
    for seconds in (9, 1, 19, 1):
        sim.clock.advance(seconds)
        seen.append(pointers(sim, address))
    old, mid, new = ["old.example.com."], ["mid.example.com."], ["new.example.com."]
    assert seen == [old, old, mid, mid, new]


def test_an_address_without_a_name_stays_nameless_during_the_delay(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    sim.dns.delay = 30.0
    write(sim, sid, address, "new.example.com")
    assert pointers(sim, address) == []
    sim.clock.advance(30)
    assert pointers(sim, address) == ["new.example.com."]


def test_the_zones_name_their_server(sim: Simulator) -> None:
    for zone in ("in-addr.arpa.", "ip6.arpa."):
        assert names(ask(sim, zone, "NS")) == ["ns.simulator.test."]
        assert names(ask(sim, zone, "SOA"))[0].startswith("ns.simulator.test. ")
    assert names(ask(sim, "ns.simulator.test.", "A")) == ["127.0.0.1"]
    assert ask(sim, "www.example.com.", "A").rcode() == dns.rcode.REFUSED


def test_negative_answers_carry_the_zone_so_that_resolvers_find_it(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [place(sim)[0]], place(sim)[1]
    name = dns.reversename.from_address(address)
    assert dns.resolver.zone_for_name(name, resolver=resolver).to_text() == "in-addr.arpa."
    write(sim, sid, address, "a.example.com")
    wrong_type, above = ask(sim, name, "TXT"), ask(sim, name.parent())
    for answer in (wrong_type, above):
        assert (answer.rcode(), answer.answer, answer.authority[0].name.to_text()) == (dns.rcode.NOERROR, [], "in-addr.arpa.")


def test_answers_are_authoritative_and_live_as_long_as_told(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "a.example.com")
    sim.dns.ttl = 7
    answer = ask(sim, dns.reversename.from_address(address))
    assert answer.flags & dns.flags.AA
    assert answer.answer[0].ttl == 7


@pytest.mark.parametrize("kind", ["servfail", "refused"])
def test_a_failing_server_recovers(sim: Simulator, kind: str) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "a.example.com")
    sim.dns.fault(kind, nth=2, times=2)
    name = dns.reversename.from_address(address)
    assert [dns.rcode.to_text(ask(sim, name).rcode()) for _number in range(4)] == ["NOERROR", kind.upper(), kind.upper(), "NOERROR"]


@pytest.mark.parametrize("tcp", [False, True])
def test_a_silent_server(sim: Simulator, tcp: bool) -> None:
    sim.dns.fault("timeout", times=0)
    with pytest.raises(dns.exception.Timeout):
        ask(sim, "in-addr.arpa.", "SOA", tcp=tcp, timeout=0.05)
    sim.clear_faults()
    assert ask(sim, "in-addr.arpa.", "SOA", tcp=tcp).answer


def test_a_truncated_answer_is_whole_over_tcp(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "a.example.com")
    sim.dns.fault("truncated", times=0)
    answer = ask(sim, dns.reversename.from_address(address))
    assert (bool(answer.flags & dns.flags.TC), answer.answer) == (True, [])
    assert pointers(sim, address, tcp=True) == ["a.example.com."]


def test_several_pointers_and_more_than_a_datagram_holds(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "a.example.com")
    sim.dns.fault("several")
    assert pointers(sim, address) == ["a.example.com.", "other.example.net."]
    many = [f"host-with-a-long-name-{number}.example.net." for number in range(40)]
    sim.dns.fault("several", times=2, names=many)
    assert ask(sim, dns.reversename.from_address(address)).flags & dns.flags.TC
    assert len(pointers(sim, address, tcp=True)) == 41


def test_an_answer_of_another_transaction_comes_before_the_right_one(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "a.example.com")
    name = dns.reversename.from_address(address)
    sim.dns.fault("wrong_id", times=2)
    with pytest.raises(dns.query.BadResponse):
        ask(sim, name)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [place(sim)[0]], place(sim)[1]
    assert [item.to_text() for item in resolver.resolve(name, "PTR")] == ["a.example.com."]


def test_a_fault_strikes_only_the_queries_it_is_meant_for(sim: Simulator) -> None:
    sim.dns.fault("refused", "tcp SOA *", times=0)
    rcodes = [ask(sim, "in-addr.arpa.", kind, tcp=tcp).rcode() for kind, tcp in (("SOA", False), ("NS", True), ("SOA", True))]
    assert rcodes == [dns.rcode.NOERROR, dns.rcode.NOERROR, dns.rcode.REFUSED]


@pytest.mark.parametrize(("kind", "options"), [("fire", {}), ("servfail", {"names": []}), ("servfail", {"nth": 0}), ("servfail", {"times": -1})])
def test_a_fault_that_makes_no_sense_is_refused(sim: Simulator, kind: str, options: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError):
        sim.dns.fault(kind, **options)


def test_queries_are_counted_until_a_reset_that_also_ends_faults_and_delay(sim: Simulator) -> None:
    sid, address = hostwinds(sim)
    sim.dns.fault("timeout", "tcp *", times=0)
    sim.dns.delay = 5.0
    pointers(sim, address)
    ask(sim, "in-addr.arpa.", "SOA")
    reverse = dns.reversename.from_address(address).to_text()
    assert sim.dns.queries == [Query(reverse, "PTR", "udp"), Query("in-addr.arpa.", "SOA", "udp")]
    write(sim, sid, address, "a.example.com")
    sim.reset()
    assert (sim.dns.queries, sim.dns.delay) == ([], 0.0)
    assert pointers(sim, address, tcp=True) == []


def test_what_is_no_query_gets_no_answer_and_breaks_nothing(sim: Simulator) -> None:
    host, port = place(sim)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"nonsense", (host, port))
    update = dns.message.make_query("in-addr.arpa.", "SOA")
    update.set_opcode(dns.opcode.UPDATE)
    assert dns.query.udp(update, host, timeout=5, port=port).rcode() == dns.rcode.NOTIMP
    assert ask(sim, "in-addr.arpa.", "SOA").answer


def test_the_control_api_sets_reads_and_breaks_dns(sim: Simulator) -> None:
    control = Control(sim)
    control.server.start()

    def call(method: str, path: str, **body: t.Any) -> t.Any:
        request = urllib.request.Request(control.server.url + path, json.dumps(body).encode() if body else None, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return json.load(answer)

    try:
        assert call("POST", "/dns", delay=30, ttl=60) == {"delay": 30.0, "ttl": 60}
        assert call("POST", "/dns/faults", kind="servfail", queries="udp *")[0]["kind"] == "servfail"
        assert ask(sim, "in-addr.arpa.", "SOA").rcode() == dns.rcode.SERVFAIL
        seen = call("GET", "/dns")
        assert (seen["address"], seen["delay"], seen["faults"]) == (sim.dns.address, 30.0, [])
        assert seen["queries"] == [{"name": "in-addr.arpa.", "type": "SOA", "transport": "udp"}]
        assert set(call("GET", "/faults")["dns"]) == set(nameserver.FAULTS)
        for wrong in ({"delay": -1}, {"delay": True}, {"speed": 1}):
            with pytest.raises(urllib.error.HTTPError, match="400"):
                call("POST", "/dns", **wrong)
    finally:
        control.server.stop()


def test_names_and_their_delay_survive_a_save(sim: Simulator, tmp_path: t.Any) -> None:
    sid, address = hostwinds(sim)
    write(sim, sid, address, "old.example.com")
    sim.clock.advance(100)
    write(sim, sid, address, "new.example.com")
    storage.save(sim, str(tmp_path / "state.json"))
    with Simulator(virtual_clock=True, dns_delay=30.0) as other:
        storage.load(other, str(tmp_path / "state.json"))
        before = pointers(other, address)
        other.clock.advance(30)
        assert (before, pointers(other, address)) == (["old.example.com."], ["new.example.com."])


def test_without_dnspython_there_is_no_dns_side(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(nameserver, "AVAILABLE", False)
    with Simulator(virtual_clock=True) as sim:
        assert sim.dns.address is None
        assert "VPS_RESOLVERS" not in sim.environment()
        sim.reset()
    monkeypatch.setattr(signal, "signal", lambda *_handler: None)
    cli.main(["--life", "0.01"])
    output = capsys.readouterr().out
    assert output.count("dnspython (") == 1


def test_the_environment_leads_to_dns(sim: Simulator) -> None:
    assert sim.environment()["VPS_RESOLVERS"] == sim.dns.address


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore", "hosterapi"])
def test_answers_are_dated_by_the_simulators_clock(sim: Simulator, provider: str) -> None:
    sim.clock.advance(86400.5)
    sim.fault(provider, "*", "status", nth=2)
    for _number in range(2):
        date = post(sim, provider, "GET", "/x").getheader("Date")
        assert email.utils.parsedate_to_datetime(str(date)).timestamp() == int(sim.clock.now())
        assert str(date).endswith(" GMT")
