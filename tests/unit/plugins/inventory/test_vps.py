# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin against the simulator: what it asks, what it adds, and when it adds nothing."""

from __future__ import annotations

import functools
import json
import threading
import time
import typing as t
from dataclasses import replace

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData

from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._http import client
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Listing
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.civo.driver import CivoDriver
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.driver import GcoreDriver
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.sources import Source, account, groups_of

PROVIDERS = ("hostwinds", "civo", "gcore", "hosterapi")
ALL = [account(provider) for provider in PROVIDERS]


def failure(source: Source, *, inventory: InventoryData | None = None, **options: t.Any) -> str:
    """The error of a parse that adds no host."""
    into = inventory or InventoryData()
    before = set(into.hosts)
    with pytest.raises(AnsibleParserError) as raised:
        source.parse(into=into, **options)
    assert set(into.hosts) == before
    return str(raised.value)


# -- listing ----------------------------------------------------------------------------------------------------------


def test_four_accounts_with_exactly_the_requests_they_need(source: Source, simulator: Simulator) -> None:
    for provider in PROVIDERS:
        simulator[provider].seed_instances(2, name=provider)
    hosts = source.hosts(accounts=ALL)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]
    assert set(hosts) == {f"{provider}-{number}" for provider in PROVIDERS[:3] for number in (1, 2)} | {"hosterapi-1001", "hosterapi-1002"}
    assert sorted(simulator.calls("hostwinds")) == ["get_instance_ids", "get_instances"]
    civo_regions = 4
    assert sorted(simulator.calls("civo")) == ["instances.list"] * civo_regions + ["regions.list"]
    assert set(simulator.calls("gcore")) == {"regions.list", "instances.list"}
    assert simulator.calls("gcore").count("regions.list") == 1
    assert sorted(simulator.calls("hosterapi")) == ["server_config"] * 2 + ["server_list"] + ["server_status"] * 2
    assert all(simulator[provider].violations == [] for provider in PROVIDERS)


def test_all_pages_are_read(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(250, name="web")
    assert len(source.hosts(**account("civo", region="LON1"))) == 250
    assert simulator.calls("civo") == ["instances.list"] * 3


def test_the_result_does_not_depend_on_timing(source: Source, simulator: Simulator) -> None:
    for region in ("LON1", "NYC1", "FRA1"):
        simulator["civo"].seed_instances(3, name=f"web-{region.lower()}", region=region)
    first = source.hosts(**account("civo"))
    simulator.fault("civo", "instances.list", "latency", seconds=0.2)
    again = source.hosts(**account("civo"))
    assert list(first) == list(again)
    assert first == again


def test_accounts_and_regions_are_asked_side_by_side(source: Source, simulator: Simulator) -> None:
    simulator.fault("civo", "instances.list", "latency", seconds=0.3, times=0)
    source.parse(**account("civo", regions=["LON1", "NYC1", "FRA1"]))
    entries = [entry for entry in simulator.log("civo") if entry["operation"] == "instances.list"]
    assert len({entry["connection"] for entry in entries}) == 3


def test_hosterapi_is_asked_two_things_at_once_at_most(source: Source, simulator: Simulator) -> None:
    simulator["hosterapi"].seed_instances(6)
    source.parse(**account("hosterapi"))
    assert simulator.connections("hosterapi") <= 3  # the list's, and one for each of two threads


def test_hosterapi_names_come_from_the_ledger(source: Source, simulator: Simulator) -> None:
    first, second = simulator["hosterapi"].seed_instances(2)
    host = simulator.url("hosterapi").split("/")[2]
    ledger = source.folder / "ledger.json"
    ledger.write_text(json.dumps({"version": 1, "entries": {f"hosterapi|{host}|||web": {"state": "live", "name": "web", "id": first}}}))
    assert set(source.hosts(**account("hosterapi", ledger=str(ledger)))) == {"web", f"hosterapi-{second}"}


def test_a_server_that_vanishes_in_between_is_dropped_and_other_errors_count(source: Source, simulator: Simulator) -> None:
    gone, stays = simulator["hosterapi"].seed_instances(2)
    simulator.fault("hosterapi", "server_config", "status", status=404, body={"error": "0x01: unknown"})
    found = {facts["vps_id"] for facts in source.hosts(**account("hosterapi")).values()}
    assert len(found) == 1 and found < {gone, stays}
    simulator.fault("hosterapi", "server_config", "status", status=500)
    assert "account hosterapi" in failure(source, **account("hosterapi"))


def test_only_the_named_regions_are_listed(source: Source, simulator: Simulator) -> None:
    for region in ("LON1", "NYC1", "FRA1"):
        simulator["civo"].seed_instances(1, name=f"web-{region.lower()}", region=region)
    simulator["hostwinds"].seed_instances(1, name="one", region=1)
    simulator["hostwinds"].seed_instances(1, name="two", region=2)
    assert set(source.hosts(**account("civo", regions=["lon1", "NYC1"]))) == {"web-lon1", "web-nyc1"}
    assert set(source.hosts(**account("hostwinds", regions=["2"]))) == {"two"}
    assert "NOWHERE" in failure(source, **account("civo", regions=["LON1", "NOWHERE"]))


def test_a_region_that_is_named_twice_brings_its_servers_once(source: Source, simulator: Simulator) -> None:
    simulator["gcore"].seed_instances(1, name="web", region=4)
    assert set(source.hosts(**account("gcore", regions=["4", "Luxembourg-2"]))) == {"web"}


def test_tags_that_a_list_leaves_out_are_read(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator["gcore"].seed_instances(2, name="web", tags={"role": "web"})
    listings = GcoreDriver.listings

    def without_tags(self: GcoreDriver, regions: t.Sequence[str] = ()) -> list[Listing]:
        def read(listing: Listing) -> list[Instance]:
            return [replace(each, tags={}, not_read=(*each.not_read, "tags")) for each in listing.read()]

        return [Listing(listing.region, functools.partial(read, listing)) for listing in listings(self, regions)]

    monkeypatch.setattr(GcoreDriver, "listings", without_tags)
    assert [facts["vps_tags"] for facts in source.hosts(**account("gcore", region="4")).values()] == [{"role": "web"}] * 2
    assert simulator.calls("gcore").count("instances.metadata_list") == 2
    simulator.fault("gcore", "instances.metadata_list", "status", status=500)
    assert "HTTP 500" in failure(source, **account("gcore", region="4"))


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"accounts": [account("civo", acount="shop")]}, "Did you mean account?"),
        ({"provider": "civo", "hostname": ["name"]}, "Did you mean hostnames?"),
        ({"accounts": [account("civo"), account("cvio")]}, "account 2: value of provider must be one of: hostwinds, civo, gcore, hosterapi, got: cvio"),
        ({"accounts": [account("civo", request_timeout="soon")]}, "request_timeout"),
        ({"accounts": [account("civo", region="LON1", regions=["NYC1"])]}, "mutually exclusive"),
        ({"accounts": [account("civo")], "region": "LON1"}, "region: not beside accounts"),
        ({"accounts": [account("civo"), account("civo")]}, "Two accounts have the name civo"),
        ({"accounts": [account("civo", account="x"), account("hostwinds", account="x")]}, "Two accounts have the name x"),
        ({"accounts": [account("civo", account="Shop"), account("hostwinds", account="shop")]}, "Two accounts have the name shop"),
        ({"accounts": [account("gcore"), account("gcore", account="gcore-1337")]}, "Two accounts have the name gcore-1337"),
        ({"accounts": []}, "accounts must be a list of maps"),
        ({"accounts": [account("civo", on_error="ignore")]}, "on_error"),
        ({"regions": ["LON1"]}, "provider is needed"),
        (account("civo", api_url="http://api.example.com"), "plain HTTP"),
        (account("civo", hostnames=["nmae"]), "hostnames: 'nmae' is not known"),
        (account("civo", hostvars_prefix=""), "hostvars_prefix"),
        (account("civo", hostnames=[None]), "hostnames: None is not known"),
        (account("civo", regions=["LON1", " "]), "regions holds an empty one"),
        ({"accounts": [account("civo", region="{{ nowhere }}")]}, "account 1: region cannot be filled in: 'nowhere' is undefined"),
        (account("civo", on_error="stale"), "on_error: stale needs a cache_plugin that keeps its data"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_listed(source: Source, simulator: Simulator, options: dict[str, t.Any], told: str) -> None:
    assert told in failure(source, **options)
    assert "instances.list" not in simulator.calls("civo") or "gcore-1337" in told


def test_a_missing_token_names_its_variable(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GCORE_API_KEY")
    told = failure(source, accounts=[account("civo"), account("gcore", project="1337")])
    assert "account 2" in told and "GCORE_API_KEY" in told
    assert source.calls() == 0


def test_tokens_and_addresses_are_templated_from_the_file(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator["civo"].seed_instances(1, name="web")
    monkeypatch.setenv("MY_TOKEN", simulator["civo"].token)
    monkeypatch.setenv("CIVO_TOKEN", "wrong")
    token, url = "{{ lookup('ansible.builtin.env', 'MY_TOKEN') }}", "{{ lookup('ansible.builtin.env', 'CIVO_API_URL') }}"
    assert set(source.hosts(accounts=[account("civo", api_token=token, api_url=url)])) == {"web"}
    assert set(source.hosts(**account("civo", api_token=token, region="LON1"))) == {"web"}


@pytest.mark.parametrize("accounts", ["{{ [one] }}", ["{{ one }}"]])
def test_accounts_may_be_templates_as_a_whole(source: Source, simulator: Simulator, accounts: t.Any) -> None:
    simulator["civo"].seed_instances(1, name="web")
    one = "{'provider': 'civo', 'rate_limit': 0, 'region': 'lon1' | upper}"
    assert set(source.hosts(accounts=json.loads(json.dumps(accounts).replace("one", one)))) == {"web"}


def test_an_account_on_top_of_the_file_may_be_all_templates(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator["civo"].seed_instances(1, name="web")
    for name, value in {"P": "civo", "R": "LON1", "L": "0", "V": "true", "E": "warn"}.items():
        monkeypatch.setenv(f"MY_{name}", value)
    places = {"provider": "P", "region": "R", "rate_limit": "L", "validate_certs": "V", "on_error": "E"}
    options = {option: f"{{{{ lookup('ansible.builtin.env', 'MY_{name}') }}}}" for option, name in places.items()}
    assert set(source.hosts(**options)) == {"web"}


def test_a_template_in_the_environment_is_no_template(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVO_TOKEN", "{{7*7}}")
    failure(source, **account("civo"))
    assert [entry["status"] for entry in simulator.log("civo")] == [401]


def test_a_token_never_shows(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVO_TOKEN", "S3CRETS3CRET")
    told = failure(source, **account("civo"))
    failure(source, accounts=[account("civo", api_token="S3CRETS3CRET", ip_family="S3CRETS3CRET")])
    told += failure(source, accounts=[account("civo", api_token="{{ 'S3CRETS3CRET' | nowhere }}")])
    assert "S3CRET" not in told + "".join(source.screen.warnings + source.screen.notes)


def test_a_wrong_suffix_is_explained(source: Source) -> None:
    from ansible.plugins.loader import inventory_loader

    plugin = inventory_loader.get("polyhost.cloud.vps")
    plugin.display = source.screen
    path = source.folder / "test.yml"
    path.write_text("plugin: polyhost.cloud.vps\n")
    assert not plugin.verify_file(str(path))
    assert "vps.yml or vps.yaml" in source.screen.notes[0]


# -- complete or loud -------------------------------------------------------------------------------------------------


def test_a_failed_page_fails_the_source(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(250)
    simulator["hostwinds"].seed_instances(1)
    simulator.fault("civo", "instances.list", "status", status=500, nth=3)
    told = failure(source, accounts=[account("hostwinds"), account("civo", account="shop", region="LON1")])
    assert "account shop" in told and "HTTP 500" in told and "LON1" in told


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_region_that_fails_is_left_out_only_where_that_is_allowed(source: Source, simulator: Simulator, status: int) -> None:
    for region in ("LON1", "NYC1"):
        simulator["civo"].seed_instances(1, name=f"web-{region.lower()}", region=region)
    regions = ["LON1", "NYC1"]
    for on_error in ("fail", "stale"):
        simulator.fault("civo", "instances.list", "status", status=status)
        told = failure(source, **source.cached(**account("civo", account="shop", on_error=on_error, regions=regions)))
        assert "account shop" in told and "region " in told
    simulator.fault("civo", "instances.list", "status", status=status)
    assert len(source.hosts(**account("civo", account="shop", on_error="warn", regions=regions))) == 1
    (warning,) = source.screen.warnings
    assert "account shop: region " in warning and "left out" in warning and f"HTTP {status}" in warning


def test_the_only_region_is_named_as_well(source: Source, simulator: Simulator) -> None:
    simulator.fault("civo", "instances.list", "status", status=500)
    source.parse(**account("civo", account="shop", on_error="warn", region="LON1"))
    (warning,) = source.screen.warnings
    assert "account shop: region LON1: " in warning and "HTTP 500" in warning and "without this account" in warning


def test_a_part_of_the_truth_is_not_cached(source: Source, simulator: Simulator) -> None:
    for region in ("LON1", "NYC1"):
        simulator["civo"].seed_instances(1, name=f"web-{region.lower()}", region=region)
    options = source.cached(**account("civo", on_error="warn", regions=["LON1", "NYC1"]))
    simulator.fault("civo", "instances.list", "status", status=500)
    assert len(source.hosts(**options)) == 1
    assert len(source.hosts(**options)) == 2


def test_a_bad_token(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator["hostwinds"].seed_instances(1, name="web")
    bad = {"api_token": "wrong"}
    assert "account civo" in failure(source, accounts=[account("hostwinds"), account("civo", **bad)])
    assert set(source.hosts(accounts=[account("hostwinds"), account("civo", on_error="warn", **bad)])) == {"web"}
    (warning,) = source.screen.warnings
    assert "account civo" in warning and "without this account" in warning


def test_a_fault_of_ours_is_told_without_secrets(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: t.Any, regions: t.Any = ()) -> t.Any:
        raise RuntimeError(f"with {simulator['civo'].token}")

    monkeypatch.setattr(CivoDriver, "listings", broken)
    told = failure(source, **account("civo"))
    assert "Unexpected RuntimeError" in told and simulator["civo"].token not in told


def test_without_the_library_nothing_goes_on(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "HAS_REQUESTS", False)
    assert "library requests is needed" in failure(source, **account("civo", on_error="warn"))


def test_every_account_that_failed_is_named(source: Source) -> None:
    told = failure(source, accounts=[account("civo", api_token="wrong"), account("hostwinds", api_token="wrong")])
    assert "account civo" in told and "account hostwinds" in told


def test_on_error_on_top_is_for_all_accounts_that_say_nothing_else(source: Source) -> None:
    accounts = [account("civo", api_token="wrong"), account("hostwinds", api_token="wrong", on_error="fail")]
    for on_error in ("warn", "{{ 'warn' }}"):
        told = failure(source, accounts=accounts, on_error=on_error)
        assert "account civo" not in told and "account hostwinds" in told


def test_stale_goes_on_with_the_last_good_answer_and_says_so(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(2, name="web")
    simulator["hostwinds"].seed_instances(1, name="db")
    options = source.cached(cache=False, accounts=[account("civo", on_error="stale"), account("hostwinds")])
    assert not any(facts["vps_stale"] for facts in source.hosts(**options).values())
    simulator.fault("civo", "*", "status", status=500, times=0)
    hosts = source.hosts(**options)
    assert {name: facts["vps_stale"] for name, facts in hosts.items()} == {"web-1": True, "web-2": True, "db": False}
    (warning,) = source.screen.warnings
    assert "HTTP 500" in warning and "less than a minute ago" in warning
    other_query = {**options, "accounts": [account("civo", on_error="stale", region="LON1")]}
    assert "no earlier answer" in failure(source, **other_query)


def test_the_last_good_answer_outlives_the_cache(source: Source, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator["civo"].seed_instances(1, name="web")
    options = source.cached(**account("civo", on_error="stale"), cache_timeout=1)
    source.parse(**options)
    later = time.time() + 3 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    simulator.fault("civo", "*", "status", status=500, times=0)
    assert source.hosts(**options)["web"]["vps_stale"] is True
    assert "the answer of 3 d ago" in source.screen.warnings[0]


def test_another_token_may_use_the_last_good_answer_only_of_a_named_account(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web")
    named = source.cached(cache=False, **account("civo", on_error="stale", account="shop"))
    unnamed = source.cached(cache=False, **account("civo", on_error="stale"))
    source.parse(**named)
    source.parse(**unnamed)
    assert source.hosts(**named, api_token="wrong")["web"]["vps_stale"] is True
    assert "another token" in failure(source, **unnamed, api_token="wrong")


# -- hosts ------------------------------------------------------------------------------------------------------------


def test_host_variables(source: Source, simulator: Simulator) -> None:
    (key,) = simulator["civo"].seed_instances(1, name="web", tags=["role=web", "blue"])
    facts = source.hosts(**account("civo", account="shop"))["web"]
    assert facts["vps_id"] == key and facts["vps_uid"] == f"civo/shop/{key}"
    assert facts["vps_running"] is True and facts["vps_stale"] is False
    assert facts["vps_tags"] == {"role": "web", "blue": ""}
    assert facts["ansible_host"] == facts["vps_public_ipv4"]
    assert "tags" not in facts and "name" not in facts
    other = source.hosts(**account("civo"), hostvars_prefix="cloud_", addresses=["private_ipv4", "public_ipv4"])["web"]
    assert other["cloud_id"] == key and other["ansible_host"] == other["cloud_private_ipv4"]


def test_default_groups(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web", tags=["role=web", "blue"])
    inventory = source.parse(**account("civo", account="shop"))
    assert groups_of(inventory, "web") == {"provider_civo", "account_shop", "region_lon1", "status_running", "tag_role_web", "tag_blue"}
    assert groups_of(source.parse(**account("civo"), default_groups=False), "web") == set()


def test_two_accounts_with_one_server_name(source: Source, simulator: Simulator) -> None:
    (civo,) = simulator["civo"].seed_instances(1, name="web")
    (hostwinds,) = simulator["hostwinds"].seed_instances(1, name="web")
    inventory = source.parse(accounts=ALL[:2])
    assert set(inventory.hosts) == {f"web-{civo}", f"web-{hostwinds}"}
    assert {host.name for host in inventory.groups["web"].hosts} == set(inventory.hosts)
    told = failure(source, accounts=ALL[:2], duplicate_hostnames="fail")
    assert f"civo/civo/{civo}" in told and f"hostwinds/hostwinds/{hostwinds}" in told


def test_a_name_that_another_file_used_for_another_server(source: Source, simulator: Simulator) -> None:
    (civo,) = simulator["civo"].seed_instances(1, name="web")
    (hostwinds,) = simulator["hostwinds"].seed_instances(1, name="web")
    inventory = source.parse(**account("civo"))
    source.parse(into=inventory, **account("hostwinds"))
    assert {name: host.vars["vps_id"] for name, host in inventory.hosts.items()} == {"web": civo, f"web-{hostwinds}": hostwinds}
    source.parse(into=inventory, **account("civo"))
    assert len(inventory.hosts) == 2
    other = InventoryData()
    source.parse(into=other, **account("civo"), hostvars_prefix="cloud_")
    source.parse(into=other, **account("hostwinds"))
    assert set(other.hosts) == {"web", f"web-{hostwinds}"}
    assert "web" in failure(source, inventory=inventory, **account("hostwinds"), duplicate_hostnames="fail")


@pytest.mark.parametrize(("name", "accounts"), [("WEB", ("civo", "hostwinds")), ("web", ("team/shop", "team/lab"))])
def test_no_server_takes_the_place_of_one_of_another_file(source: Source, simulator: Simulator, name: str, accounts: tuple[str, str]) -> None:
    simulator["civo"].seed_instances(1, name="web")
    (key,) = simulator["hostwinds"].seed_instances(1, name=name)
    inventory = source.parse(**account("civo", account=accounts[0]))
    source.parse(into=inventory, **account("hostwinds", account=accounts[1]))
    assert {host: facts.vars["vps_provider"] for host, facts in inventory.hosts.items()} == {"web": "civo", f"{name}-{key}": "hostwinds"}


def test_a_name_of_several_servers_is_no_way_into_a_group_of_another_meaning(source: Source, simulator: Simulator) -> None:
    simulator["hostwinds"].seed_instances(1, name="db")
    rivals = [simulator["hostwinds"].seed_instances(1, name=name)[0] for name in ("prod-db", "provider-civo", "role-x", "web-1", "web.1") for _twin in (1, 2)]
    simulator["civo"].seed_instances(1, name="good", tags=["role=x"])
    inventory = InventoryData()
    inventory.add_group("prod_db")
    source.parse(into=inventory, accounts=ALL[:2], keyed_groups=[{"key": "vps_tags.role", "prefix": "role"}])
    assert inventory.groups["prod_db"].hosts == []
    assert [host.name for host in inventory.groups["provider_civo"].hosts] == ["good"]
    assert [host.name for host in inventory.groups["role_x"].hosts] == ["good"]
    assert {host.vars["vps_id"] for host in inventory.groups["web_1"].hosts} == set(rivals[-4:])
    became, taken = source.screen.warnings
    assert became.endswith("became groups: web_1") and taken.endswith("taken: prod_db, provider_civo, role_x")


def test_a_host_of_a_static_inventory_gets_the_variables(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web")
    inventory = InventoryData()
    inventory.add_host("web")
    source.parse(into=inventory, **account("civo"))
    assert inventory.hosts["web"].vars["vps_name"] == "web"


@pytest.mark.parametrize(
    "name", ["all", "__ansible_unsafe", "ungrouped", "localhost", "127.0.0.2", "Localhost", "web:1", "a b", "-o", "web[1:3]", "x,y", "!a", "bü", "web\nx", "~a"]
)
def test_names_that_no_host_can_have(source: Source, simulator: Simulator, name: str) -> None:
    (key,) = simulator["hostwinds"].seed_instances(1, name=name)
    inventory = source.parse(**account("hostwinds"))
    assert set(inventory.hosts) == {f"hostwinds-{key}"}
    assert inventory.hosts[f"hostwinds-{key}"].vars["vps_name"] == " ".join(name.split(" "))
    assert inventory.groups["all"].vars == {}
    assert key in source.screen.warnings[0]


def test_a_host_never_has_the_name_of_a_group(source: Source, simulator: Simulator) -> None:
    (key,) = simulator["civo"].seed_instances(1, name="production")
    inventory = InventoryData()
    inventory.add_group("production")
    source.parse(into=inventory, **account("civo"))
    assert set(inventory.hosts) == {f"production-{key}"}
    assert inventory.groups["production"].vars == {}
    assert inventory.groups["production"].hosts == []


def test_a_tag_that_makes_a_group_of_a_hosts_name_does_not_take_its_variables(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="db")
    simulator["civo"].seed_instances(1, name="evil", tags=["role=db"])
    inventory = source.parse(**account("civo"), keyed_groups=[{"key": "vps_tags.role", "separator": ""}])
    assert inventory.hosts["db"].vars["vps_name"] == "db"
    assert not [name for name in inventory.groups["db"].vars if name.startswith("vps_") or name == "ansible_host"]


def test_a_server_without_an_address_is_told(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web", public_ip="", private_ip="")
    simulator["civo"].seed_instances(1, name="db")
    hosts = source.hosts(**account("civo"))
    assert "ansible_host" not in hosts["web"] and "ansible_host" in hosts["db"]
    assert "web (civo/civo/" in source.screen.warnings[0] and "db" not in source.screen.warnings[0]


def test_hostnames(source: Source, simulator: Simulator) -> None:
    (key,) = simulator["civo"].seed_instances(1, name="web", tags=["role=front"])
    address = source.hosts(**account("civo"))["web"]["vps_public_ipv4"]
    for hostnames, expected in (
        (["id"], key),
        (["public_ipv4"], address),
        (["rdns", "name"], "web"),
        (["{{ vps_tags.role }}-{{ vps_region | lower }}"], "front-lon1"),
        (["{{ vps_tags.nothing }}", "name"], "web"),
        (["rdns"], f"civo-{key}"),
    ):
        assert set(source.hosts(**account("civo"), hostnames=hostnames)) == {expected}
    assert "nothing" in failure(source, **account("civo"), hostnames=["{{ vps_tags.nothing }}"], strict=True)


def test_include_and_exclude(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web", tags=["role=web"])
    simulator["civo"].seed_instances(1, name="db", tags=["role=db"])
    simulator["civo"].seed_instances(1, name="bare")

    def found(**options: t.Any) -> set[str]:
        return set(source.hosts(**account("civo"), **options))

    assert found(include=["vps_tags.role == 'web'", "vps_name == 'bare'"]) == {"web", "bare"}
    assert found(exclude=["vps_tags.role == 'db'"]) == {"web", "bare"}
    assert found(include=["vps_tags.role is defined"], exclude=["vps_tags.role == 'db'"]) == {"web"}
    assert "vps_statsu, which no server has" in failure(source, **account("civo"), include=["vps_statsu == 'running'"])
    assert "is no condition" in failure(source, **account("civo"), exclude=["vps_status =="])
    assert "exclude" in failure(source, **account("civo"), exclude=["vps_tags.role == 'db'"], strict=True)


@pytest.mark.parametrize("condition", ["vps_tags.role | nowhere", "vps_name is nowhere", "vps_cpu > 'x'", "lookup('nowhere')"])
@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_filter_that_cannot_work_neither_drops_nor_keeps_servers(source: Source, simulator: Simulator, option: str, condition: str) -> None:
    simulator["civo"].seed_instances(1, name="web", tags=["role=web"])
    assert f"{option}: {condition!r} failed for civo/civo/" in failure(source, **account("civo", region="LON1"), **{option: [condition]})


def test_a_host_name_that_cannot_be_made_is_told(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web")
    assert "hostnames: " in failure(source, **account("civo", region="LON1"), hostnames=["{{ vps_name | nowhere }}", "name"])


def test_constructed_options(source: Source, simulator: Simulator) -> None:
    simulator["civo"].seed_instances(1, name="web", tags=["role=web"])
    simulator["civo"].seed_instances(1, name="bare")
    inventory = source.parse(
        **account("civo"),
        compose={"greeting": "'hello ' ~ vps_name", "role": "vps_tags.role"},
        groups={"greeted": "greeting == 'hello web'", "named": "inventory_hostname in ['web', 'bare']"},
        keyed_groups=[{"prefix": "role", "key": "role", "parent_group": "roles"}, {"prefix": "in", "key": "vps_region | lower"}],
        default_groups=False,
    )
    assert inventory.hosts["web"].vars["greeting"] == "hello web"
    assert "role" not in inventory.hosts["bare"].vars
    assert groups_of(inventory, "web") == {"greeted", "named", "role_web", "in_lon1"}
    assert groups_of(inventory, "bare") == {"named", "in_lon1"}
    assert [group.name for group in inventory.groups["roles"].child_groups] == ["role_web"]


@pytest.mark.parametrize("wrong", [{"compose": {"x": "vps_tags.role"}}, {"groups": {"x": "vps_tags.role == 1"}}, {"keyed_groups": [{"key": "vps_tags.role"}]}])
def test_strict_fails_before_the_first_host(source: Source, simulator: Simulator, wrong: dict[str, t.Any]) -> None:
    simulator["civo"].seed_instances(1, name="a", tags=["role=1"])
    simulator["civo"].seed_instances(1, name="b")
    with pytest.raises(Exception, match="b"):
        source.parse(into=(inventory := InventoryData()), **account("civo"), strict=True, **wrong)
    assert inventory.hosts == {}


# -- the cache --------------------------------------------------------------------------------------------------------


def test_a_second_parse_makes_no_call(source: Source, simulator: Simulator) -> None:
    for provider in PROVIDERS:
        simulator[provider].seed_instances(1, name=provider)
    options = source.cached(accounts=ALL)
    first = source.hosts(**options)
    assert source.calls() > 0
    assert source.hosts(**options) == first
    shown = source.hosts(**options, hostvars_prefix="x_", hostnames=["id"], include=["x_running"], compose={"a": "x_name"}, default_groups=False)
    assert len(shown) == len(first)
    assert source.calls() == 0


@pytest.mark.parametrize("change", [{"regions": ["LON1"]}, {"account": "other"}])
def test_what_changes_the_answer_has_an_entry_of_its_own(source: Source, change: dict[str, t.Any]) -> None:
    source.parse(**source.cached(**account("civo")))
    source.calls()
    source.parse(**source.cached(**account("civo", **change)))
    assert source.calls() > 0


def test_a_refresh_asks_and_keeps(source: Source, simulator: Simulator) -> None:
    options = source.cached(**account("civo"))
    source.parse(**options)
    simulator["civo"].seed_instances(1, name="new")
    assert source.hosts(**options) == {}
    assert set(source.parse(refresh=True, **options).hosts) == {"new"}
    source.calls()
    assert set(source.hosts(**options)) == {"new"}
    assert source.calls() == 0


@pytest.mark.parametrize("content", ["", "{", "[]", b"\xff\xfe"])
def test_a_broken_entry_is_fetched_again(source: Source, simulator: Simulator, content: str | bytes) -> None:
    simulator["civo"].seed_instances(1, name="web")
    options = source.cached(**account("civo"))
    source.parse(**options)
    for path in source.cache.iterdir():
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source.calls()
    assert set(source.hosts(**options)) == {"web"}
    assert source.calls() > 0
    assert any("is fetched again" in note for note in source.screen.notes)


def test_no_secret_is_cached(source: Source, simulator: Simulator) -> None:
    for provider in PROVIDERS:
        simulator[provider].seed_instances(1, name=provider)
    simulator["civo"].seed_instances(1, initial_password="S3CRET-initial", script="S3CRET-script")
    source.parse(**source.cached(accounts=[{**each, "on_error": "stale"} for each in ALL]))
    stored = "".join(f"{path.name} {path.read_text(encoding='utf-8')}" for path in source.cache.iterdir())
    assert stored.count("server") > 0
    assert "S3CRET" not in stored
    assert not [provider for provider in PROVIDERS if simulator[provider].token in stored]
