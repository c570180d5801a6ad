# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the framework promises about every simulated provider, whatever its API looks like."""

from __future__ import annotations

import ast
import http.client
import json
import pathlib
import sys
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.plugin_utils import simulator
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator import storage
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.base import Provider
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.control import Control
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.faults import KINDS
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import PROVIDERS, Simulator

FOLDER = pathlib.Path(simulator.__file__).parent


@pytest.fixture(name="sim")
def fixture_sim() -> t.Iterator[Simulator]:
    with Simulator(virtual_clock=True) as running:
        yield running


@pytest.fixture(name="provider", params=PROVIDERS, ids=lambda provider: provider.name)
def fixture_provider(sim: Simulator, request: pytest.FixtureRequest) -> Provider:
    return sim[request.param.name]


def ask(url: str, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request(method, parts.path + path, headers=headers or {})
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def test_each_has_its_own_address_and_the_environment_names_all(sim: Simulator) -> None:
    environment = sim.environment()
    assert len({sim.url(provider.name) for provider in PROVIDERS}) == len(PROVIDERS) == 4
    assert {"HOSTWINDS_API_KEY", "CIVO_TOKEN", "GCORE_API_KEY", "HOSTERAPI_TOKEN"} <= set(environment)
    assert {f"{provider.name.upper()}_API_URL" for provider in PROVIDERS} <= set(environment)
    assert environment["HOSTWINDS_API_URL"].endswith("/api.php")
    assert environment["HOSTERAPI_API_URL"].endswith("/api/v1")


def test_strange_calls_are_answered_not_broken(sim: Simulator, provider: Provider) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"):
        for path in ("", "/", "/nowhere", "/../x?y=%zz"):
            ask(sim.url(provider.name), method, path)
    assert not sim.errors
    assert len(sim.calls(provider.name)) == 28
    assert provider.instances() == []
    assert provider.state["money"]["orders"] == 0


def test_operations_are_named_once_and_every_fault_is_described(provider: Provider) -> None:
    routes = provider.routes()
    assert any(route.mutates for route in routes)
    assert all(route.mutates for route in routes if route.bills)
    assert all(provider.faults.values())
    assert not set(provider.faults) & set(KINDS), "a general fault of that name comes first"


def test_seeded_servers_are_listed_vanish_and_are_billed_to_nobody(sim: Simulator, provider: Provider) -> None:
    ids = provider.seed_instances(3)
    assert [instance["id"] for instance in provider.instances()] == ids
    assert all(set(instance) >= {"id", "name", "region", "status"} for instance in provider.instances())
    assert provider.state["money"]["orders"] == 0
    provider.vanish(ids[1])
    assert [instance["id"] for instance in provider.instances()] == [ids[0], ids[2]]
    with pytest.raises(KeyError):
        provider.vanish("no-such-id")
    with pytest.raises(KeyError):
        provider.patch("no-such-id", {"name": "x"})
    sim.reset()
    assert provider.instances() == []


def test_an_account_survives_save_and_load(sim: Simulator, provider: Provider, tmp_path: pathlib.Path) -> None:
    provider.seed_instances(5)
    storage.save(sim, str(tmp_path / "state.json"))
    saved, instances = storage.dump(sim), provider.instances()
    with Simulator(virtual_clock=True) as other:
        storage.load(other, str(tmp_path / "state.json"))
        assert other[provider.name].instances() == instances
        assert storage.dump(other) == saved
        added = other[provider.name].seed_instances(1)
        assert not set(added) & {instance["id"] for instance in instances}


def test_10000_servers_are_reported(sim: Simulator, provider: Provider) -> None:
    provider.seed_instances(10_000)
    control = Control(sim)
    control.server.start()
    status, body = ask(control.server.url, "GET", f"/providers/{provider.name}")
    control.server.stop()
    assert status == 200
    assert len({instance["id"] for instance in json.loads(body)["instances"]}) == 10_000


def test_the_simulator_imports_nothing_but_itself_and_the_standard_library_but_for_dns_and_yaml() -> None:
    libraries = {"nameserver.py": "dns", "fault_script.py": "yaml"}
    files = sorted(FOLDER.rglob("*.py"))
    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, f"{file.name} imports from outside its package"
                names = [] if node.level else [str(node.module)]
            for name in names:
                assert name.partition(".")[0] in {*sys.stdlib_module_names, libraries.get(file.name)}, f"{file.name} imports {name}"
