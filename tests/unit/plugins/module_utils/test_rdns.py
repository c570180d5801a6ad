# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_rdns and vps_rdns_info at every provider, against the simulated APIs and the simulated DNS."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._http import dns
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.proofs import same_where_known

MAIL = "mail.example.com"
KEYS = {"provider", "instance", "address", "family", "hostname", "verified", "source"}
READ = {"hostwinds": "get_instance", "civo": "instances.get", "hosterapi": "server_config"}
WRITE = {"hostwinds": "set_rdns", "civo": "instances.update", "hosterapi": "server_rdns"}

everywhere = pytest.mark.parametrize("provider", WRITE)
by_dns = pytest.mark.parametrize("provider", ["hostwinds", "hosterapi"])
Options = dict[str, t.Any]


class Host:
    """A server at a provider, and tasks about its reverse names."""

    def __init__(self, controller: Controller, provider: str, **options: t.Any) -> None:
        self.controller, self.provider, self.sim = controller, provider, controller.simulator
        made = controller.made(provider, **options)
        self.region = {"region": str(made["region"])} if made["region"] else {}
        self.id, self.address = str(made["id"]), str(made["public_ipv4"])
        self.more = [str(each["address"]) for each in made["addresses"] if each["address"] != self.address and each["scope"] == "public"]

    def set(self, **options: t.Any) -> t.Any:
        """Run vps_rdns; the logs hold what it asked."""
        self.sim.clear_log()
        self.sim.dns.queries.clear()
        return self.controller.rdns(self.provider, **{"instance": self.id, "hostname": MAIL, **self.region, **options})

    def ok(self, **options: t.Any) -> dict[str, t.Any]:
        """The result of a run that has to succeed."""
        result: dict[str, t.Any] = self.set(**options).result
        assert not result.get("failed"), result
        assert set(result["rdns"]) == KEYS
        return result

    def info(self, **options: t.Any) -> t.Any:
        """Run vps_rdns_info."""
        self.sim.clear_log()
        return self.controller.task("rdns_info", self.provider, **options)

    @property
    def calls(self) -> list[str]:
        return self.controller.calls(self.provider)

    @property
    def lookups(self) -> int:
        return len(self.sim.dns.queries)

    def name(self, address: str | None = None) -> str | None:
        """What DNS shows."""
        return self.sim.dns.visible(address or self.address)


@pytest.fixture(autouse=True)
def fixture_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "TIMEOUT", 0.3)


# -- set, look, set again ---------------------------------------------------------------------------------------------


@everywhere
def test_set_then_unchanged(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    predicted = host.ok(check=True)
    assert controller.writes(provider) == []
    result = host.ok()
    assert controller.writes(provider) == [WRITE[provider]]
    assert host.name() == MAIL
    assert result["changed"] is True
    assert result["plan"] == [
        {"action": "set", "field": "hostname", "before": result["plan"][0]["before"], "after": MAIL, "effect": "none", "cost": False, "price": None}
    ]
    assert result["diff"]["after"] == {"hostname": MAIL}
    told = "api" if provider == "civo" else "dns"
    assert result["rdns"] == {
        "provider": provider,
        "instance": host.id,
        "address": host.address,
        "family": "ipv4",
        "hostname": MAIL,
        "verified": True,
        "source": told,
    }
    for key in ("plan", "plan_id", "diff", "changed", "approvable"):
        assert predicted[key] == result[key], key
    assert same_where_known(predicted["rdns"], result["rdns"]) == []
    again = host.ok()
    assert again["changed"] is False
    assert again["plan"] == []
    assert again["rdns"] == result["rdns"]
    assert host.calls == [READ[provider]]
    assert host.lookups == (0 if provider == "civo" else 1)
    assert controller.simulator[provider].violations == []


@everywhere
def test_an_approved_plan_is_carried_out_and_no_other(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    plan_id = host.ok(check=True)["plan_id"]
    refused = host.set(hostname="other.example.com", expect_plan=plan_id).result
    assert refused["failed"]
    assert controller.writes(provider) == []
    assert host.ok(expect_plan=plan_id)["changed"] is True


@everywhere
@pytest.mark.parametrize("spelt", ["MAIL.example.COM", "mail.example.com."])
def test_case_and_final_dot_are_no_difference(controller: Controller, provider: str, spelt: str) -> None:
    host = Host(controller, provider)
    host.ok()
    assert host.ok(hostname=spelt)["changed"] is False


@everywhere
def test_names_beyond_ascii_are_sent_as_a_labels(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    assert host.ok(hostname="Müller.example")["rdns"]["hostname"] == "xn--mller-kva.example"
    assert host.name() == "xn--mller-kva.example"
    assert host.ok(hostname="müller.example")["changed"] is False


@everywhere
def test_by_name(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    assert host.ok(instance="web1")["rdns"]["instance"] == host.id
    assert host.ok(instance="web1")["changed"] is False


@everywhere
def test_verify_none_sets_on_each_run_and_looks_nowhere(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    for _run in range(2):
        predicted = host.ok(verify="none", check=True)
        result = host.ok(verify="none")
        assert host.calls == [READ[provider], WRITE[provider]]
        assert host.lookups == 0
        assert result["changed"] is True
        assert (result["rdns"]["verified"], result["rdns"]["source"]) == (False, "none")
        assert predicted["rdns"] == result["rdns"]


@everywhere
def test_expect_guards_a_write_and_only_a_write(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    host.ok()
    refused = host.set(hostname="other.example.com", expect={"hostname": "elsewhere.example.com"}).result
    assert "expected 'elsewhere.example.com'" in refused["msg"]
    assert controller.writes(provider) == []
    assert host.ok(hostname="other.example.com", expect={"hostname": MAIL})["changed"] is True
    assert host.ok(hostname="other.example.com", expect={"hostname": MAIL})["changed"] is False


# -- several addresses ------------------------------------------------------------------------------------------------


def test_each_of_several_addresses_by_id_takes_one_read(controller: Controller) -> None:
    host = Host(controller, "hosterapi", ip_count=3)
    addresses = [address for address in [host.address, *host.more] if ":" not in address]
    assert len(addresses) == 3
    for changed in (True, False):
        for number, address in enumerate(addresses):
            assert host.ok(address=address, hostname=f"mail{number}.example.com")["changed"] is changed
            assert host.calls == ["server_config", *(["server_rdns"] if changed else [])]
    assert [host.name(address) for address in addresses] == ["mail0.example.com", "mail1.example.com", "mail2.example.com"]


def test_ipv6_in_any_spelling(controller: Controller) -> None:
    host = Host(controller, "hostwinds")
    (short,) = host.more
    exploded = "2001:0DB8:" + short.removeprefix("2001:db8:").replace("::", ":0:0:0:0:")
    result = host.ok(address=exploded)
    assert result["rdns"]["address"] == short
    assert result["rdns"]["family"] == "ipv6"
    assert host.name(short) == MAIL
    assert host.name() is None
    assert host.ok(address=short)["changed"] is False
    assert host.calls == ["get_instance"]


def test_an_address_that_only_the_list_of_addresses_shows(controller: Controller) -> None:
    host = Host(controller, "hostwinds")
    host.ok(check=True)  # so that the next get_instance can be an old one
    second = "198.19.200.1"
    controller.simulator["hostwinds"].patch(host.id, {"ips": [host.address, second]})
    controller.simulator.fault("hostwinds", "get_instance", "stale")
    assert host.ok(address=second)["rdns"]["address"] == second
    assert host.calls == ["get_instance", "get_instance_ips", "set_rdns"]
    assert host.name(second) == MAIL


# -- until DNS shows it -----------------------------------------------------------------------------------------------


@by_dns
def test_until_dns_shows_the_name_it_is_set_again_and_said(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    host.ok(hostname="old.example.com")
    controller.simulator.dns.delay = 100.0
    controller.clock.sleep(200.0)
    for _run in range(2):
        reply = host.set()
        assert reply.result["changed"] is True
        assert controller.writes(provider) == [WRITE[provider]]
        assert reply.result["rdns"]["hostname"] == MAIL
        assert (reply.result["rdns"]["verified"], reply.result["rdns"]["source"]) == (False, "none")
        (warning,) = reply.warnings
        assert "DNS shows old.example.com as yet" in warning
        assert "each run sets it again" in warning
    (warning,) = host.set(check=True).warnings
    assert "an earlier run" in warning
    controller.clock.sleep(200.0)
    result = host.ok()
    assert result["changed"] is False
    assert result["rdns"]["verified"] is True
    assert controller.writes(provider) == []


@by_dns
@pytest.mark.parametrize(("fault", "told"), [("servfail", "SERVFAIL"), ("refused", "REFUSED"), ("timeout", "no answer in time")])
def test_when_dns_cannot_answer_the_name_is_set_and_the_reason_told(controller: Controller, provider: str, fault: str, told: str) -> None:
    host = Host(controller, provider)
    host.ok()
    controller.simulator.dns.fault(fault, times=0)
    predicted = host.ok(check=True)
    reply = host.set()
    assert reply.result["changed"] is True
    assert controller.writes(provider) == [WRITE[provider]]
    assert reply.result["rdns"]["hostname"] == MAIL
    assert (reply.result["rdns"]["verified"], reply.result["rdns"]["source"]) == (False, "none")
    assert same_where_known(predicted["rdns"], reply.result["rdns"]) == []
    assert predicted["plan_id"] == reply.result["plan_id"]
    (warning,) = reply.warnings
    assert told in warning
    assert host.address in warning


@by_dns
def test_dns_that_fails_after_the_write(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    controller.simulator.dns.fault("servfail", nth=2)
    reply = host.set()
    assert reply.result["rdns"]["verified"] is False
    assert "DNS cannot be asked" in reply.warnings[0]
    assert "SERVFAIL" in reply.warnings[0]


@by_dns
@pytest.mark.parametrize("fault", ["truncated", "wrong_id"])
def test_dns_that_has_to_be_asked_with_care(controller: Controller, provider: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "TIMEOUT", 30.0)  # a busy machine may be slow to take a connection
    host = Host(controller, provider)
    host.ok()
    controller.simulator.dns.fault(fault)
    assert host.ok()["changed"] is False


@by_dns
def test_several_names_in_dns(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    host.ok()
    controller.simulator.dns.fault("several", times=0)
    reply = host.set()
    assert reply.result["changed"] is False
    assert reply.result["rdns"]["hostname"] == MAIL
    assert "mail.example.com, other.example.net" in reply.warnings[0]
    assert host.set(hostname="third.example.com").result["changed"] is True


@by_dns
def test_the_next_resolver_is_asked(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    host.ok()
    controller.simulator.dns.fault("servfail")
    where = controller.simulator.dns.address
    reply = host.set(resolvers=[where, where])
    assert reply.result["changed"] is False
    assert "SERVFAIL" in reply.warnings[0]


@by_dns
def test_resolvers_of_the_task_come_before_those_of_the_environment(controller: Controller, provider: str) -> None:
    controller.environ["VPS_RESOLVERS"] = "127.0.0.1:1, 127.0.0.1:2"
    host = Host(controller, provider)
    assert host.ok(resolvers=[controller.simulator.dns.address])["rdns"]["verified"] is True
    assert "127.0.0.1 port 1" in host.set().warnings[0]


# -- without the library ----------------------------------------------------------------------------------------------


@pytest.fixture(name="bare")
def fixture_bare(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> Controller:
    """A controller without dnspython."""
    monkeypatch.setattr(dns, "HAS_DNSPYTHON", False)
    return controller


@everywhere
def test_verify_dns_without_the_library_sends_nothing(bare: Controller, provider: str) -> None:
    host = Host(bare, provider)
    reply = host.set(verify="dns")
    assert reply.missing_library == "dnspython >= 2.6.1"
    assert "pip install 'dnspython>=2.6.1'" in reply.result["msg"]
    assert host.calls == []


@by_dns
def test_verify_auto_without_the_library_writes_and_warns(bare: Controller, provider: str) -> None:
    host = Host(bare, provider)
    reply = host.set()
    assert reply.result["changed"] is True
    assert host.name() == MAIL
    assert reply.result["rdns"]["verified"] is False
    (warning,) = reply.warnings
    assert "dnspython" in warning
    (found,) = [each for each in host.info().result["rdns"] if each["address"] == host.address]
    assert (found["hostname"], found["verified"], found["source"]) == (None, False, "none")


def test_what_the_provider_tells_needs_no_library(bare: Controller) -> None:
    host = Host(bare, "civo")
    assert host.ok()["rdns"]["verified"] is True
    assert host.ok()["changed"] is False


# -- refused before anything is sent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"check": True}, {"state": "absent"}, {"verify": "dns"}])
def test_gcore_refuses(controller: Controller, options: Options) -> None:
    reply = controller.rdns("gcore", **{"instance": "8c1b9b42-6a2c-4b8e-9a52-4f10d5f6a3c7", "hostname": MAIL, **options})
    assert reply.result["error"] == "UnsupportedError"
    assert "Gcore does not support vps_rdns. Gcore has no reverse DNS" in reply.result["msg"]
    assert controller.calls("gcore") == []
    assert controller.simulator.dns.queries == []


REFUSED: list[tuple[str, Options, str]] = [
    *[
        (provider, {"hostname": name}, "is no host name")
        for provider in WRITE
        for name in ("my_mail.example.com", "mail", "a..b", f"{'l' * 64}.com", "192.0.2.1")
    ],
    *[(provider, {"hostname": None}, "hostname is needed") for provider in WRITE],
    *[(provider, {"address": "192.0.2"}, "is no IP address") for provider in WRITE],
    *[(provider, {"resolvers": ["ns.example.com"]}, "is no address of a name server") for provider in WRITE],
    *[(provider, {"expect": {"public_ipv4": "192.0.2.1"}}, "has no field public_ipv4") for provider in WRITE],
    *[(provider, {"address": "2001:db8::1"}, "does not support vps_rdns: ipv6") for provider in ("civo", "hosterapi")],
    *[(provider, {"state": "absent"}, "does not support vps_rdns: absent") for provider in ("hostwinds", "hosterapi")],
    *[(provider, {"verify": "api"}, "use verify: dns or auto") for provider in ("hostwinds", "hosterapi")],
]


@pytest.mark.parametrize(("provider", "options", "told"), REFUSED)
@pytest.mark.parametrize("check", [False, True])
def test_refused_before_any_call(controller: Controller, provider: str, options: Options, told: str, check: bool) -> None:
    reply = controller.rdns(provider, check=check, **{"instance": "1001", "hostname": MAIL, **options})
    assert reply.result.get("failed"), reply.result
    assert told in reply.result["msg"]
    assert controller.calls(provider) == []
    assert controller.simulator.dns.queries == []


@everywhere
def test_a_server_is_needed(controller: Controller, provider: str) -> None:
    assert "instance is needed" in controller.rdns(provider, hostname=MAIL).result["msg"]
    assert controller.calls(provider) == []


@everywhere
def test_an_address_of_somebody_else_is_refused_before_the_write(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    reply = host.set(address="192.0.2.77")
    assert reply.result["failed"]
    assert "192.0.2.77 is no address of" in reply.result["msg"]
    assert host.address in reply.result["msg"]
    assert controller.writes(provider) == []
    assert host.lookups == 0


@pytest.mark.parametrize("provider", ["hostwinds", "civo"])
def test_a_private_address_is_refused_before_the_write(controller: Controller, provider: str) -> None:
    private = controller.made(provider)["private_ipv4"]
    if private is None:
        private = "10.0.0.9"
        controller.simulator[provider].patch(controller.servers(provider)[0]["id"], {"private_ip": private})
    reply = controller.rdns(provider, instance="web1", address=private, hostname=MAIL)
    assert "is private" in reply.result["msg"]
    assert controller.writes(provider) == []


def test_a_server_without_public_address_is_refused_before_the_write(controller: Controller) -> None:
    controller.made("civo", "first")
    controller.made("civo", public_ip=False)
    reply = controller.rdns("civo", instance="web1", hostname=MAIL)
    assert "has no public IPv4 address" in reply.result["msg"]
    assert controller.writes("civo") == []


# -- a server that is not there ---------------------------------------------------------------------------------------

NOBODY = {"hostwinds": "439999", "civo": "00000000-0000-4000-8000-000000000000", "hosterapi": "9999"}


@everywhere
def test_no_such_server(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    for wanted in (NOBODY[provider], "nobody"):
        reply = host.set(instance=wanted)
        assert reply.result["error"] == "NotFoundError"
        assert wanted in reply.result["msg"]
        assert controller.writes(provider) == []


@everywhere
@pytest.mark.parametrize("instance", ["mail1", None])
def test_check_mode_before_the_server_is_there(controller: Controller, provider: str, instance: str | None) -> None:
    reply = controller.rdns(provider, check=True, instance=instance, hostname=MAIL)
    result = reply.result
    assert not result.get("failed"), result
    assert result["changed"] is True
    assert result["approvable"] is False
    assert set(result["rdns"]) == KEYS
    assert result["rdns"]["hostname"] == MAIL
    assert result["rdns"]["instance"] is None
    assert reply.warnings
    assert controller.writes(provider) == []
    real = controller.made(provider, "mail1")
    region = {"region": real["region"]} if real["region"] else {}
    made = controller.rdns(provider, instance="mail1", hostname=MAIL, **region).result
    assert same_where_known(result["rdns"], made["rdns"]) == []


@pytest.mark.parametrize("provider", ["hostwinds", "civo"])
def test_two_servers_of_one_name(controller: Controller, provider: str) -> None:
    ids = controller.simulator[provider].seed_instances(1, name="web1") + controller.simulator[provider].seed_instances(1, name="web1")
    reply = controller.rdns(provider, instance="web1", hostname=MAIL)
    assert sorted(reply.result["ids"]) == sorted(ids)
    assert controller.writes(provider) == []


# -- Civo, which tells the name ---------------------------------------------------------------------------------------


def test_absent_goes_back_to_the_default(controller: Controller) -> None:
    host = Host(controller, "civo")
    assert host.ok(state="absent")["changed"] is False
    host.ok()
    predicted = host.ok(state="absent", check=True)
    result = host.ok(state="absent")
    assert result["changed"] is True
    assert result["rdns"] == predicted["rdns"] == {**predicted["rdns"], "hostname": None, "verified": True, "source": "api"}
    assert predicted["plan_id"] == result["plan_id"]
    assert host.name() == "web1"
    for verify in ("auto", "api", "dns"):
        assert host.ok(state="absent", verify=verify)["changed"] is False


def test_absent_of_a_server_that_is_gone(controller: Controller) -> None:
    host = Host(controller, "civo")
    result = host.ok(state="absent", instance=NOBODY["civo"])
    assert result["changed"] is False
    assert controller.writes("civo") == []


def test_notes_and_name_stay(controller: Controller) -> None:
    host = Host(controller, "civo")
    controller.simulator["civo"].patch(host.id, {"notes": "  kept as it is "})
    host.ok()
    row = next(row for row in controller.simulator["civo"].state["instances"]["LON1"].values() if row["id"] == host.id)
    assert (row["hostname"], row["notes"], row["reverse_dns"]) == ("web1", "  kept as it is ", MAIL)
    assert controller.simulator["civo"].violations == []


@pytest.mark.parametrize("verify", ["auto", "api", "dns"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_accepted_and_not_done_fails(controller: Controller, verify: str, state: str) -> None:
    host = Host(controller, "civo")
    host.ok(hostname="old.example.com")
    controller.simulator.fault("civo", "instances.update", "no_effect", times=0)
    result = host.set(verify=verify, state=state).result
    assert result["error"] == "NotAppliedError"
    assert result["id"] == host.id
    assert [step["action"] for step in result["plan"]] == ["set"]


def test_verify_dns_compares_with_dns(controller: Controller) -> None:
    host = Host(controller, "civo")
    controller.simulator.dns.delay = 100.0
    reply = host.set(verify="dns")
    assert reply.result["changed"] is True
    assert (reply.result["rdns"]["verified"], reply.result["rdns"]["source"]) == (False, "none")
    assert host.ok()["changed"] is False
    assert host.ok(verify="dns")["changed"] is True
    controller.clock.sleep(200.0)
    result = host.ok(verify="dns")
    assert result["changed"] is False
    assert result["rdns"]["source"] == "dns"


# -- faults on the way ------------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "timeout_after", "cut_off"])
def test_a_lost_answer_is_survived(controller: Controller, provider: str, fault: str) -> None:
    host = Host(controller, provider)
    controller.simulator.fault(provider, WRITE[provider], fault)
    result = host.ok(request_timeout=0.5)
    assert result["changed"] is True
    assert host.name() == MAIL
    assert host.ok()["changed"] is False


@everywhere
def test_a_refused_request_is_sent_once_more(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    controller.simulator.fault(provider, WRITE[provider], "rate_limit")
    assert host.ok()["changed"] is True
    assert host.name() == MAIL


@everywhere
def test_a_provider_that_stays_broken_fails_with_the_id(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    controller.simulator.fault(provider, WRITE[provider], "status", times=0, status=500)
    result = host.set().result
    assert result["failed"]
    assert result["changed"] is False
    assert result["id"] == host.id
    assert result["plan"] == []


@everywhere
def test_a_wrong_token_is_told_as_such(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    result = host.set(api_token="wrong-token").result
    assert result["error"] == "AuthError"
    assert controller.simulator.dns.visible(host.address) != MAIL


# -- reading ----------------------------------------------------------------------------------------------------------


@everywhere
def test_info_lists_the_names_of_public_addresses(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    host.ok()
    result = host.info().result
    assert result["changed"] is False
    assert result["supported"] is True
    assert controller.writes(provider) == []
    assert all(set(each) == KEYS for each in result["rdns"])
    assert [each["address"] for each in result["rdns"]] == [host.address, *host.more]
    (found,) = host.info(address=host.address).result["rdns"]
    assert found == result["rdns"][0]
    assert (found["instance"], found["hostname"], found["verified"]) == (host.id, MAIL, True)
    assert host.info(instance=host.id, **host.region).result["rdns"] == result["rdns"]
    assert host.info(instance="web1", **host.region).result["rdns"] == result["rdns"]


@everywhere
def test_info_finds_nothing(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    for options in ({"instance": NOBODY[provider]}, {"instance": "nobody"}, {"address": "192.0.2.77"}, {"address": "2001:db8:ffff::1"}):
        reply = host.info(**options)
        assert reply.result["rdns"] == [], options


def test_info_by_dns_where_the_provider_tells_too(controller: Controller) -> None:
    host = Host(controller, "civo")
    host.ok()
    controller.simulator.dns.delay = 100.0
    assert [each["hostname"] for each in host.info(instance=host.id, verify="dns").result["rdns"]] == ["web1"]
    assert [each["hostname"] for each in host.info(instance=host.id, verify="api").result["rdns"]] == [MAIL]


@by_dns
def test_info_says_what_could_not_be_read(controller: Controller, provider: str) -> None:
    host = Host(controller, provider)
    controller.simulator.dns.fault("servfail", times=0)
    reply = host.info(address=host.address)
    assert [(each["hostname"], each["verified"], each["source"]) for each in reply.result["rdns"]] == [(None, False, "none")]
    assert "SERVFAIL" in reply.warnings[0]


@by_dns
def test_info_by_the_provider_that_does_not_tell(controller: Controller, provider: str) -> None:
    reply = controller.task("rdns_info", provider, verify="api")
    assert "use verify: dns or auto" in reply.result["msg"]
    assert controller.calls(provider) == []


@pytest.mark.parametrize(("option", "value"), [("address", "192.0.2"), ("resolvers", ["dns.example.com"])])
def test_info_refuses_bad_options_before_any_call(controller: Controller, option: str, value: t.Any) -> None:
    reply = controller.task("rdns_info", "civo", **{option: value})
    assert (reply.result["error"], reply.result["option"]) == ("OptionError", option)
    assert controller.calls("civo") == []


def test_info_at_gcore_is_empty_and_says_so(controller: Controller) -> None:
    reply = controller.task("rdns_info", "gcore")
    assert reply.result["rdns"] == []
    assert reply.result["supported"] is False
    assert reply.warnings == ["Gcore does not have what vps_rdns_info lists; the list is empty"]
    assert controller.calls("gcore") == []
