# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input: refused as early as it can be seen, with a message that names the option and what to write instead."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._argspec import INSTANCE
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import FIELDS
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.controller import ORDER, PROVIDERS, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import ids, ledger_entries, matrix, orders, place

Options = dict[str, t.Any]

TOKENS = {"hostwinds": "HOSTWINDS_API_KEY", "civo": "CIVO_TOKEN", "gcore": "GCORE_API_KEY", "hosterapi": "HOSTERAPI_TOKEN"}

# A value that is not neutral, for every field; at a provider without the field it is refused.
VALUES: Options = {
    "image": "x",
    "size": "x",
    "cpu": 2,
    "memory_mb": 2048,
    "disk_gb": 20,
    "ip_count": 2,
    "network": "x",
    "public_ip": False,
    "ssh_keys": ["x"],
    "user_data": "x",
    "username": "x",
    "password": "S3CRET-x",
    "tags": {"x": ""},
    "firewalls": ["x"],
    "rescue": True,
    "locked": True,
    "billing_cycle": "hourly",
    "app_template": "x",
    "app_config": {"x": "S3CRET-x"},
    "name_template": "x-{ip_octets}",
    "interfaces": [{"external": True}],
    "volumes": [{"size_gb": 10}],
    "placement_group": "x",
    "iso_finalized": True,
}

# What the options alone show, at each provider: options, and words of the message.
BAD_OPTIONS: dict[str, list[tuple[Options, tuple[str, ...]]]] = {
    "hostwinds": [
        ({"region": "Seattle"}, ("region",)),
        ({"size": "small"}, ("size",)),
        ({"firewalls": ["web", "smtp"]}, ("firewalls", "one")),
        ({"firewalls": []}, ("firewalls",)),
        ({"id": "abc"}, ("id",)),
        ({"id": "-1"}, ("id",)),
        ({"password": ""}, ("password",)),
    ],
    "civo": [
        ({"tags": {"a tag": ""}}, ("tags", "a tag")),
        ({"tags": {"role": "two words"}}, ("tags", "two words")),
        ({"name": "web_1"}, ("name", "web_1")),
        ({"name": "web1-"}, ("name", "web1-")),
        ({"ssh_keys": ["ops", "ci"]}, ("ssh_keys", "one")),
        ({"firewalls": ["a", "b"]}, ("firewalls", "one")),
        ({"firewalls": []}, ("firewalls",)),
    ],
    "gcore": [
        ({"tags": {"a key": "x"}}, ("tags", "a key")),
        ({"tags": {"key": ""}}, ("tags", "key")),
        ({"tags": {"key": "x" * 256}}, ("tags",)),
        ({"name": "ab"}, ("name", "ab")),
        ({"name": "-web1"}, ("name", "-web1")),
        ({"public_ip": False}, ("public_ip", "network")),
        ({"username": "admin"}, ("username", "password")),
        ({"ssh_keys": ["ops", "ci"]}, ("ssh_keys", "one")),
        ({"tags": {"ansible_name": "web2"}}, ("tags", "ansible_name", "this collection")),
        ({"app_template": "Docker"}, ("app_template", "image")),
        ({"app_config": {"a": "b"}}, ("app_config", "app_template")),
        ({"name_template": "-{ip_octets}"}, ("name_template", "{ip_octets}")),
        ({"name_template": "vm-{ip_octets}", "id": "vm-1"}, ("name_template", "id")),
        ({"interfaces": []}, ("interfaces", "one")),
        ({"interfaces": [{"external": True}], "network": "net1"}, ("interfaces", "network")),
        ({"interfaces": [{"external": True}], "public_ip": False}, ("interfaces", "public_ip")),
        ({"interfaces": [{}]}, ("interfaces", "entry 1", "external")),
        ({"interfaces": [{"external": True, "network": "net1"}]}, ("interfaces", "network")),
        ({"interfaces": [{"external": True}, {"external": True, "public_ip": True}]}, ("entry 2", "public_ip")),
        ({"interfaces": [{"network": "net1", "address": "10.0.0"}]}, ("interfaces", "10.0.0")),
        ({"interfaces": [{"network": "net1", "address": "10.0.0.9", "address_family": "ipv6"}]}, ("interfaces", "address_family")),
        ({"interfaces": [{"external": True, "name": "x" * 38}]}, ("interfaces", "37")),
        ({"interfaces": [{"external": True, "firewalls": []}]}, ("interfaces", "firewalls")),
        ({"interfaces": [{"external": True, "firewalls": ["web"]}], "firewalls": ["ssh"]}, ("interfaces", "firewalls")),
        ({"volumes": []}, ("volumes", "one")),
        ({"volumes": [{"size_gb": 20}], "disk_gb": 20}, ("volumes", "disk_gb")),
        ({"volumes": [{"size_gb": 0}]}, ("volumes", "entry 1", "size_gb")),
        ({"volumes": [{"type": "fast"}]}, ("volumes", "fast", "ssd_hiiops")),
        ({"volumes": [{}, {"id": "v", "snapshot": "s"}]}, ("volumes", "entry 2", "snapshot")),
        ({"volumes": [{}, {"id": "v", "size_gb": 5}]}, ("volumes", "entry 2", "size_gb")),
        ({"volumes": [{}, {"id": "v"}, {"id": "v"}]}, ("volumes", "twice")),
        ({"volumes": [{"boot": True}, {"boot": True}]}, ("volumes", "boot")),
        ({"volumes": [{"id": "v"}]}, ("volumes", "image")),
    ],
    "hosterapi": [
        ({"ledger": None}, ("ledger", "name")),
        ({"id": "abc", "name": None}, ("id",)),
        ({"id": "0", "name": None}, ("id",)),
        ({"name": "web\n1"}, ("name",)),
    ],
}
BAD_EVERYWHERE: list[tuple[Options, tuple[str, ...]]] = [
    ({"name": "x" * 300}, ("name",)),
    ({"name": None}, ("name", "id")),
    ({"api_token": "two words"}, ("api_token",)),
    ({"api_token": "a line\nbreak"}, ("api_token",)),
    ({"api_token": "tab\there"}, ("api_token",)),
    ({"api_token": "schlüssel"}, ("api_token",)),
    ({"api_url": "http://198.51.100.7/api"}, ("api_url", "https")),
    ({"api_url": "ftp://198.51.100.7/api"}, ("api_url",)),
    ({"api_url": "https://user:word@198.51.100.7/api"}, ("api_url",)),
    ({"api_url": "https://198.51.100.7/api?key=1"}, ("api_url",)),
    ({"api_url": "nowhere"}, ("api_url",)),
    ({"api_url": "https://[broken"}, ("api_url",)),
    ({"request_timeout": 0.0}, ("request_timeout",)),
    ({"wait_timeout": -1.0}, ("wait_timeout",)),
    ({"wait_timeout": float("nan")}, ("wait_timeout",)),
    ({"max_retry_wait": -1.0}, ("max_retry_wait",)),
    ({"tags": {"": "x"}}, ("tags",)),
    ({"tags": {"a=b": "x"}}, ("tags",)),
    ({"max_cost": -1.0}, ("max_cost",)),
    ({"max_cost": float("nan")}, ("max_cost",)),
]


def refused(controller: Controller, provider: str, options: Options, words: tuple[str, ...]) -> None:
    """In check mode and in earnest: nothing is sent, and the message names what is wrong."""
    for check in (True, False):
        if check and options.get("name", "web1") is None and not options.get("id"):
            continue  # check mode takes it for an id that an earlier task makes
        result = controller.create(provider, check=check, **options).result
        assert result.get("failed") is True, (options, result)
        assert result["error"] in ("OptionError", "UnsupportedError"), (options, result)
        assert all(word in result["msg"] for word in words), (options, result["msg"])
        assert controller.calls(provider) == [], options


@matrix("bad options")
def test_what_the_options_alone_show_is_refused_before_any_request(controller: Controller, provider: str) -> None:
    taken = DRIVERS[provider].PROFILE.capabilities.options
    for options, words in BAD_EVERYWHERE + BAD_OPTIONS[provider]:
        if "tags" in options and "tags" not in taken:
            continue  # refused as a whole, see below
        refused(controller, provider, options, words)
    assert ledger_entries(controller) == {}


@matrix("bad options")
def test_a_dash_of_the_table_is_refused_before_any_request(controller: Controller, provider: str) -> None:
    capabilities = DRIVERS[provider].PROFILE.capabilities
    assert set(VALUES) == set(FIELDS)
    for option in FIELDS:
        if option not in capabilities.options:
            refused(controller, provider, {option: VALUES[option]}, (option, DRIVERS[provider].PROFILE.title))
    for state in INSTANCE["state"]["choices"]:
        if state not in capabilities.states:
            refused(controller, provider, {"state": state}, (state, DRIVERS[provider].PROFILE.title))
    others: list[Options] = [
        {"max_cost": 5.0},
        {"reset_password": True},
        {"update_password": "always", "password": "S3CRET-x"},
        {"delete_with": ["volumes"], "state": "absent"},
    ]
    for options in others:
        option = next(iter(options))
        if option not in capabilities.options and (option == "max_cost" or "password" in capabilities.options):
            refused(controller, provider, options, (option,))
    if "rescue" in capabilities.options:
        refused(controller, provider, {"rescue": True, "state": "stopped"}, ("rescue", "stopped"))


@matrix("bad options")
def test_a_dash_of_the_table_takes_a_value_that_holds_anyway(controller: Controller, provider: str) -> None:
    taken = DRIVERS[provider].PROFILE.capabilities.options
    neutral = {"tags": {}, "firewalls": [], "ssh_keys": [], "rescue": False, "locked": False, "iso_finalized": False, "placement_group": ""}
    neutral |= {"interfaces": [], "volumes": [], "app_config": {}}
    options = {option: value for option, value in neutral.items() if option not in taken}
    assert not controller.create(provider, **options).result.get("failed")
    controller.simulator.clear_log()
    assert controller.create(provider, **options).result["changed"] is False
    assert controller.writes(provider) == []


@matrix("bad options")
def test_a_missing_token_names_option_and_variable(controller: Controller, provider: str) -> None:
    for value in (None, "", "  "):
        controller.environ.pop(TOKENS[provider], None)
        if value is not None:
            controller.environ[TOKENS[provider]] = value
        result = controller.create(provider).result
        assert result["failed"] is True
        assert "api_token" in result["msg"]
        assert TOKENS[provider] in result["msg"]
    others = set(TOKENS.values()) - {TOKENS[provider]}
    assert not any(other in result["msg"] for other in others)
    assert controller.calls(provider) == []


def test_an_unknown_or_missing_provider_lists_the_choices(controller: Controller) -> None:
    for provider in ("nowhere", None):
        result = controller.instance(t.cast(str, provider), name="web1").result
        assert result["failed"] is True
        assert "provider" in result["msg"]
        assert all(name in result["msg"] for name in PROVIDERS)


# What reads show before any write: options, and words of the message.
BAD_NAMES: dict[str, list[tuple[Options, tuple[str, ...]]]] = {
    "hostwinds": [
        ({"size": "77"}, ("size", "77")),
        ({"firewalls": ["nothing"]}, ("firewalls", "nothing")),
    ],
    "civo": [
        ({"size": "g9.huge"}, ("size", "g9.huge")),
        ({"size": "g3.db.small"}, ("size", "g3.db.small")),
        ({"image": "windows-3.11"}, ("image", "windows-3.11")),
        ({"image": "ubuntu"}, ("image", "ubuntu")),
        ({"network": "nothing"}, ("network", "nothing")),
        ({"firewalls": ["nothing"]}, ("firewalls", "nothing")),
        ({"firewalls": ["private-fw"]}, ("firewalls", "private-fw")),
        ({"ssh_keys": ["nobody"]}, ("ssh_keys", "nobody")),
        ({"region": "XYZ9"}, ("region", "XYZ9")),
    ],
    "gcore": [
        ({"size": "g9-huge"}, ("size", "g9-huge")),
        ({"size": "g1-standard-1-2"}, ("size", "g1-standard-1-2")),
        ({"image": "windows-3.11"}, ("image", "windows-3.11")),
        ({"network": "nothing"}, ("network", "nothing")),
        ({"firewalls": ["nothing"]}, ("firewalls", "nothing")),
        ({"ssh_keys": ["nobody"]}, ("ssh_keys", "nobody")),
        ({"region": "Atlantis"}, ("region", "Atlantis")),
        ({"region": "Sao Paulo"}, ("region",)),
        ({"project": "nobody"}, ("project", "nobody")),
        ({"disk_gb": 5}, ("disk_gb", "10")),
        ({"placement_group": "nothing"}, ("placement_group", "nothing")),
        ({"app_template": "Nothing", "image": None}, ("app_template", "Nothing")),
        ({"app_template": "Wordpress", "image": None, "disk_gb": 10}, ("disk_gb", "20", "Wordpress")),
        ({"volumes": [{"size_gb": 5}]}, ("volumes", "10")),
        ({"interfaces": [{"network": "public", "address": "92.38.1.1"}]}, ("interfaces", "public")),
        ({"password": "S3CRET-Passw0rd!", "user_data": "#!/bin/sh"}, ("user_data", "password")),
        ({"image": "windows-server-2022-x64", "size": "g2w-standard-2-4", "username": "admin", "password": "S3CR-Passw0rd!"}, ("username",)),
    ],
    "hosterapi": [({"image": "Debian"}, ("image", "Debian")), ({"image": "debian12.0"}, ("image", "debian12.0"))],
}


@matrix("bad names")
def test_what_reads_show_is_refused_before_any_write(controller: Controller, provider: str) -> None:
    for options, words in BAD_NAMES[provider]:
        for check in (True, False):
            may_be_made_earlier = check and not {"network", "firewalls", "ssh_keys"}.isdisjoint(options)
            if may_be_made_earlier:
                continue
            result = controller.create(provider, check=check, **options).result
            assert result.get("failed") is True, (options, result)
            assert all(word in result["msg"] for word in words), (options, result["msg"])
            assert controller.writes(provider) == [], options
    assert controller.servers(provider) == []
    assert ledger_entries(controller) == {}


@matrix("bad names")
def test_bad_names_on_an_existing_server_are_refused_before_any_write(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    cases: dict[str, list[Options]] = {
        "hostwinds": [{"size": "77"}, {"firewalls": ["nothing"]}],
        "civo": [{"size": "g9.huge"}, {"size": "g3.xsmall"}, {"firewalls": ["nothing"]}, {"firewalls": ["private-fw"]}],
        "gcore": [{"size": "g9-huge"}, {"size": "g1-standard-1-2"}, {"firewalls": ["ssh", "nothing"]}],
        "hosterapi": [{"image": "Nothing1.0", "state": "rebuilt"}],
    }
    consent = {"allow": ["restart", "cost", "rebuild"]}
    for options in cases[provider]:
        result = controller.instance(provider, id=made["id"], **{**place(provider), **consent, **options}).result
        assert result.get("failed") is True, (options, result)
        assert next(iter(options)) in result["msg"], result["msg"]
        assert controller.writes(provider) == [], options


@matrix("bad names")
def test_a_mix_of_good_and_bad_changes_nothing(controller: Controller, provider: str) -> None:
    """A name that is wrong in one field keeps every other field from being changed."""
    made = controller.made(provider)
    bad = {"hostwinds": {"firewalls": ["nothing"]}, "civo": {"size": "g9.huge"}, "gcore": {"size": "g9-huge"}, "hosterapi": {"disk_gb": 10}}
    options: Options = {"id": made["id"], "name": "web9", "state": "stopped", **place(provider), **bad[provider]}
    result = controller.instance(provider, allow=["restart", "cost"], **options).result
    assert result["failed"] is True
    assert controller.writes(provider) == []
    assert "web9" not in str(ledger_entries(controller))


@matrix("quota")
def test_a_quota_that_does_not_suffice(controller: Controller, provider: str) -> None:
    quota: dict[str, Options] = {"civo": {"quota": {"instance_count": 0}}, "gcore": {"quota_vm_count": 0}, "hosterapi": {"max_cpu_cores": 1}}
    controller.simulator.settings(provider, **quota[provider])
    predicted = controller.create(provider, check=True)
    assert not predicted.result.get("failed"), predicted.result
    if provider == "gcore":
        assert [warning for warning in predicted.warnings if "quota" in warning.lower()]
    result = controller.create(provider, ledger=controller.ledger).result
    assert result["error"] == "QuotaError", result
    assert orders(controller, provider) <= 1
    assert controller.servers(provider) == []
    assert ledger_entries(controller) == {}


@matrix("quota", only=("gcore",))
def test_no_room_for_a_size(controller: Controller, provider: str) -> None:
    controller.simulator.settings(provider, sold_out_flavors=["g2-standard-1-2"])
    result = controller.create(provider).result
    assert result["error"] == "CapacityError", result
    assert controller.servers(provider) == []


@matrix("provider's refusal")
def test_what_cannot_be_listed_is_the_providers_error(controller: Controller, provider: str) -> None:
    for options, words in (({"image": "img-windows-3.11"}, "Template"), ({"region": "77"}, "Location"), ({"ssh_keys": ["nobody"]}, "nobody")):
        controller.simulator.clear_log()
        result = controller.create(provider, ledger=controller.ledger, **options).result
        assert result["failed"] is True
        assert result["error"] == "RejectedError", result
        assert words in result["msg"]
        assert controller.writes(provider) == [ORDER[provider]]
        assert controller.servers(provider) == []
        assert ledger_entries(controller) == {}


@matrix("shrinking disk", only=("gcore", "hosterapi"))
def test_a_disk_that_would_shrink_is_refused(controller: Controller, provider: str) -> None:
    controller.made(provider, disk_gb=40)
    for check in (True, False):
        result = controller.create(provider, check=check, disk_gb=20, allow=["restart", "cost", "rebuild"]).result
        assert result["failed"] is True
        assert "disk_gb" in result["msg"]
        assert "40" in result["msg"]
    assert controller.writes(provider) == []


@matrix("bad options")
def test_expectations_and_consents_are_asked_for_before_any_write(controller: Controller, provider: str) -> None:
    made = controller.made(provider)
    wrong = controller.instance(provider, id=made["id"], state="absent", expect={"public_ipv4": "192.0.2.1"}, **place(provider)).result
    assert "public_ipv4" in wrong["msg"]
    unknown = controller.instance(provider, id=made["id"], state="absent", expect={"adress": "192.0.2.1"}, **place(provider)).result
    assert "adress" in unknown["msg"]
    named = controller.instance(provider, id=made["id"], name="other", state="absent", **place(provider)).result
    assert "other" in named["msg"]
    planned = controller.create(provider, state="stopped", expect_plan="0123456789abcdef").result
    assert "0123456789abcdef" in planned["msg"]
    assert planned["plan_id"] in planned["msg"]
    assert all(result["failed"] for result in (wrong, unknown, named, planned))
    assert controller.writes(provider) == []
    assert ids(controller, provider) == [made["id"]]
    approved = controller.create(provider, state="stopped", expect_plan=planned["plan_id"]).result
    assert not approved.get("failed"), approved
