# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a real C(ansible-playbook) can show of the promises of the documentation."""

from __future__ import annotations

import sys

import pytest

from .conftest import Controller

HOSTERAPI = {"provider": "hosterapi", "rate_limit": 0, "image": "Debian12.0", "cpu": 2, "memory_mb": 2048, "disk_gb": 20, "return_credentials": True}


def task(name: str, **keywords: object) -> dict[str, object]:
    """A task that makes a server and returns its credentials."""
    return {"polyhost.cloud.vps_instance": {**HOSTERAPI, "name": name}, **keywords}


def test_credentials_of_a_loop_are_registered_and_never_shown(controller: Controller) -> None:
    run = controller.tasks(task("{{ item }}", loop=["web1", "web2"]), arguments=["-vvv"])
    assert [each["credentials"]["password"][:6] for each in run.result["results"]] == ["S3CRET"] * 2


@pytest.mark.skipif(" " in sys.executable, reason="async of ansible-core cannot cope with a space in the interpreter's path")
def test_credentials_of_a_job_are_registered_and_never_shown(controller: Controller) -> None:
    background = {"async": 60, "poll": 1}
    run = controller.tasks(task("web1", **background), task("{{ item }}", loop=["web2", "web3"], **background), arguments=["-vvv"])
    assert run.results[0]["credentials"]["password"].startswith("S3CRET")
    assert [each["credentials"]["password"][:6] for each in run.results[1]["results"]] == ["S3CRET"] * 2
