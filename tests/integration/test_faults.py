# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold when things go wrong, through real C(ansible-playbook) runs: each promise once a provider.

The whole matrix, with every kind of fault, runs in-process in the unit tests (C(tests/unit/faults.py)); it also tells why a
case cannot happen at a provider. HosterAPI.de's machines have no names, so cases about two of one name are not here for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest

from .conftest import Controller
from .test_modules import CREATE, ORDER, everywhere, instance

NAMED = ("hostwinds", "civo", "gcore")
LIST = {"hostwinds": "get_instances", "civo": "instances.list", "gcore": "instances.list", "hosterapi": "server_list"}
SLOW = {"hostwinds": {"build_seconds": 5.0}, "civo": {"seconds": 5.0}, "gcore": {"task_seconds": 5.0}, "hosterapi": {"job_seconds": 5.0}}

named = pytest.mark.parametrize("provider", NAMED)


def orders(controller: Controller, provider: str) -> int:
    """How many orders the provider was sent."""
    return controller.simulator.writes(provider).count(ORDER[provider])


def servers(controller: Controller, provider: str) -> list[str]:
    """The ids of the servers that exist."""
    return sorted(str(found["id"]) for found in controller.simulator[provider].instances())


@everywhere
def test_two_servers_after_a_lost_answer_are_both_named(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "double")
    controller.simulator.fault(provider, ORDER[provider], "reset_after")
    run = controller.tasks(instance(provider, wait_timeout=15))
    assert run.result["failed"] is True, run.output
    assert orders(controller, provider) == 1
    assert sorted(run.result["ids"]) == servers(controller, provider)
    assert len(run.result["ids"]) == 2


@everywhere
def test_when_nothing_appears_an_order_may_exist(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "reset_before")
    run = controller.tasks(instance(provider, wait_timeout=1))
    assert run.result["failed"] is True, run.output
    assert "an order may exist" in run.result["msg"]
    assert orders(controller, provider) == 1
    assert servers(controller, provider) == []


@everywhere
def test_a_killed_run_is_continued_and_never_repeated(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, ORDER[provider], "timeout_after", seconds=60)
    playbook = controller.folder / "killed.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [instance(provider)]}]), encoding="utf-8")
    process = subprocess.Popen(
        ["ansible-playbook", str(playbook)],
        env=controller.environ,
        cwd=controller.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _until(lambda: orders(controller, provider) == 1)
    for pid in _family(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    run = controller.tasks(instance(provider, wait_timeout=20))
    assert orders(controller, provider) == 1
    assert len(servers(controller, provider)) == 1
    assert run.result["changed"] is True, run.output  # an order that is found again through the ledger
    assert run.result["instance"]["id"] in servers(controller, provider)


def _family(pid: int) -> list[int]:
    """A process and everything below it; ansible's workers and modules have sessions of their own."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            parent = re.search(r"^PPid:\s*(\d+)", status.read_text(encoding="utf-8"), re.MULTILINE)
            children.setdefault(int(parent[1]) if parent else 0, []).append(int(status.parent.name))
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def _until(reached: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to that")
        time.sleep(0.05)


@named
def test_two_controllers_that_make_one_name_both_learn_of_it(controller: Controller, provider: str) -> None:
    def other_controller() -> None:
        _until(lambda: orders(controller, provider) == 1)
        simulated = controller.simulator[provider]
        with simulated.lock:
            simulated.seed_instances(1, name="web1", **({"region": CREATE[provider]["region"]} if provider == "civo" else {}))

    thread = threading.Thread(target=other_controller)
    thread.start()
    run = controller.tasks(instance(provider, wait_timeout=15))
    thread.join()
    assert run.result["failed"] is True, run.output
    assert orders(controller, provider) == 1
    assert sorted(run.result["ids"]) == servers(controller, provider)


@named
def test_two_of_one_name_and_similar_names(controller: Controller, provider: str) -> None:
    simulated = controller.simulator[provider]
    with simulated.lock:
        for name in ("twin", "twin", "web10", "WEB1"):
            simulated.seed_instances(1, name=name)
    absent = {"provider": provider, "state": "absent", "rate_limit": 0}
    run = controller.tasks(
        {"polyhost.cloud.vps_instance": {**absent, "name": "twin"}},
        {"polyhost.cloud.vps_instance": {**absent, "name": "web1"}},
    )
    assert run.results[0]["failed"] is True, run.output
    assert len(run.results[0]["ids"]) == 2
    assert run.results[1]["changed"] is False
    assert controller.simulator.writes(provider) == []


@everywhere
def test_too_many_requests(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, LIST[provider], "rate_limit", retry_after=1)
    controller.simulator.fault(provider, ORDER[provider], "rate_limit", retry_after=1)
    run = controller.tasks(instance(provider, wait_timeout=3 if provider == "hostwinds" else 30))
    if provider == "hostwinds":  # there it proves nothing, so the order is not sent again
        assert run.result["failed"] is True, run.output
        assert (orders(controller, provider), servers(controller, provider)) == (1, [])
    else:
        assert (orders(controller, provider), len(servers(controller, provider))) == (2, 1), run.output
    controller.simulator.fault(provider, LIST[provider], "rate_limit", retry_after=3600)
    run = controller.tasks(instance(provider, name="web2"))
    assert run.result["failed"] is True
    assert run.result["error"] == "RateLimitedError"


@everywhere
def test_a_time_out_carries_the_id_and_the_next_run_continues(controller: Controller, provider: str) -> None:
    controller.simulator.settings(provider, **SLOW[provider])
    run = controller.tasks(instance(provider, wait_timeout=2), instance(provider, wait_timeout=60))
    assert run.results[0]["failed"] is True, run.output
    assert run.results[0]["error"] == "WaitTimeoutError"
    assert run.results[0].get("id") or run.results[0].get("operation_id")
    assert run.results[1]["instance"]["status"] == "running", run.output
    assert (orders(controller, provider), len(servers(controller, provider))) == (1, 1)


@everywhere
def test_bad_input_is_refused_before_it_is_sent(controller: Controller, provider: str) -> None:
    dash = {"hostwinds": {"user_data": "x"}, "civo": {"locked": True}, "gcore": {"rescue": True}, "hosterapi": {"size": "x"}}[provider]
    refused = [
        ("provider", {"provider": "nobody"}),
        ("name", {"name": "x" * 300}),
        ("api_token", {"api_token": "one\ntwo"}),
        ("api_url", {"api_url": "http://192.0.2.1/"}),
        (next(iter(dash)), dash),
    ]
    run = controller.tasks(*({"polyhost.cloud.vps_instance": {**instance(provider)["polyhost.cloud.vps_instance"], **wrong}} for _option, wrong in refused))
    for (option, _wrong), result in zip(refused, run.results, strict=True):
        assert result["failed"] is True
        assert option in result["msg"], result["msg"]
    assert controller.simulator.log(provider) == []


@everywhere
def test_our_credentials_go_to_the_provider_or_nowhere(controller: Controller, provider: str) -> None:
    controller.environ.update(HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9")
    (controller.folder / "home" / ".netrc").write_text("default login somebody password else\n", encoding="utf-8")
    read = {"polyhost.cloud.vps_instance_info": {"provider": provider, "rate_limit": 0}}
    run = controller.tasks(read)
    assert run.result["instances"] == [], run.output
    controller.simulator.fault(provider, "*", "redirect", location="http://127.0.0.1:9/elsewhere")
    run = controller.tasks(read)
    assert run.result["failed"] is True
    assert run.result["error"] == "ConfigurationError"


@everywhere
def test_check_mode_writes_nothing_while_reads_fail(controller: Controller, provider: str) -> None:
    controller.simulator.fault(provider, LIST[provider], "status", status=500)
    run = controller.tasks(instance(provider, state="stopped"), check=True)
    assert run.result["changed"] is True, run.output
    assert [step["action"] for step in run.result["plan"]] == ["create", "stop"]
    assert controller.simulator.writes(provider) == []
