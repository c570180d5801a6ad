# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(vps_fleet) as users run it: through ansible-playbook, and killed while it works."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE

from .conftest import Controller

FLEET = "polyhost.cloud.vps_fleet"
SIZE = 12
SECONDS = 60  # a process that takes longer hangs


def fleet(provider: str, name: str, **options: t.Any) -> dict[str, t.Any]:
    """A task that wants servers of this name, or range of names."""
    return {FLEET: {"provider": provider, "rate_limit": 0, "instances": [{"name": name}], "defaults": CREATE[provider], **options}}


def test_a_fleet_through_ansible_playbook(controller: Controller) -> None:
    with_passwords = fleet("hosterapi", "cloud[1:2]")
    with_passwords[FLEET]["defaults"] = {**CREATE["hosterapi"], "return_credentials": True}
    secret = fleet("civo", "db1")
    secret[FLEET]["instances"][0]["user_data"] = "#!/bin/sh\necho S3CRET-of-db1"
    wrong = fleet("civo", "web-[1:3]")
    wrong[FLEET]["instances"][0]["colour"] = "red"
    unsupported = fleet("hosterapi", "cloud9", defaults={**CREATE["hosterapi"], "tags": {"a": "b"}})
    run = controller.tasks(with_passwords, fleet("civo", "web-[1:3]"), fleet("civo", "web-[1:3]"), secret, wrong, unsupported, arguments=["-vvv", "--diff"])
    passwords, made, again, quiet, mistyped, refused = run.results
    told = [each["credentials"]["password"] for each in passwords["instances"]]
    assert all(told) and not any(password in run.output for password in told), "registered, and hidden from the output"
    assert [(each["name"], each["outcome"]) for each in made["instances"]] == [(f"web-{number}", "created") for number in (1, 2, 3)]
    assert made["changed"] and made["api"]["accounts"][0]["provider"] == "civo"
    assert not again["changed"] and again["plan"] == []
    assert quiet["instances"][0]["outcome"] == "created"
    assert mistyped["failed"] and "colour" in mistyped["msg"]
    assert refused["failed"] and refused["capability"] == "tags" and "cloud9" in refused["msg"]
    assert len(controller.simulator["civo"].instances()) == 4


@pytest.mark.parametrize("provider", ["civo", "hosterapi"])
def test_a_fleet_that_is_killed_is_continued(controller: Controller, provider: str) -> None:
    """SIGKILL after a random number of orders, twice; the bill shows each server once."""
    options = {**fleet(provider, f"web-[01:{SIZE}]")[FLEET], "ledger": str(controller.ledger), "wait_timeout": 15}
    for orders in sorted(random.Random(provider).sample(range(2, SIZE), 2)):
        process = module(controller, options)
        wait_for_orders(controller, provider, orders, process)
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
    result = finished(module(controller, options))
    billed = controller.simulator[provider].state["money"]["orders"]
    assert billed == len(controller.simulator[provider].instances()) <= SIZE
    if result.get("failed"):  # an order was on its way when it was killed, and its fate cannot be known: told, and never sent again
        assert {each["error"] for each in result["instances"] if each["outcome"] == "failed"} == {"LedgerError"}
    else:
        assert billed == SIZE
    assert finished(module(controller, options))["changed"] is False or result.get("failed")


def module(controller: Controller, options: dict[str, t.Any]) -> subprocess.Popen[str]:
    """The module as ansible runs it, at work."""
    environ = {**controller.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible_collections.polyhost.cloud.plugins.modules.vps_fleet"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.stdin is not None:
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        process.stdin.close()
        process.stdin = None
    return process


def finished(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    """Its result."""
    output, _errors = process.communicate(timeout=SECONDS)
    return t.cast("dict[str, t.Any]", json.loads(output))


def wait_for_orders(controller: Controller, provider: str, number: int, process: subprocess.Popen[str]) -> None:
    """Until so many servers were ordered in all, or the process is at its end."""
    while controller.simulator[provider].state["money"]["orders"] < number and process.poll() is None:
        time.sleep(0.002)
