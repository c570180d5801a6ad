# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The troubleshooting page quotes messages as they are: each of them is provoked here, and nothing else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils import _runner
from ansible_collections.polyhost.cloud.plugins.module_utils._http import client
from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.world import Simulator
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, MODULES, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import patched, seeded, slow_builds
from ansible_collections.polyhost.cloud.tests.unit.fleets import Fleets, running_time

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "troubleshooting.rst"
ENTRY = re.compile(r"^(?P<title>\S.*)\n\^+\n\n\.\. code-block:: text\n\n(?P<message>(?:   .*\n)+)", re.MULTILINE)
QUOTED = {each["title"]: " ".join(each["message"].split()) for each in ENTRY.finditer(PAGE.read_text(encoding="utf-8"))}

Provoke = t.Callable[[Controller], _runner.Reply]


def without_requests(controller: Controller) -> _runner.Reply:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "HAS_REQUESTS", False)
        return controller.create("civo")


def untrusted(controller: Controller) -> _runner.Reply:
    def refuse(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
        raise requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", refuse)
        return controller.create("civo")


def without_token(controller: Controller) -> _runner.Reply:
    del controller.environ["CIVO_TOKEN"]
    return controller.create("civo")


def without_provider(controller: Controller) -> _runner.Reply:
    action, spec = MODULES["instance"]
    return controller.run(action, spec, writes=True, name="web1")


def faulty(operation: str, kind: str, provider: str = "civo", **options: t.Any) -> Provoke:
    """A server is wanted while an operation fails for ever."""

    def provoke(controller: Controller) -> _runner.Reply:
        controller.simulator.fault(provider, operation, kind, times=0, **options)
        return controller.create(provider)

    return provoke


def creating(provider: str, **options: t.Any) -> Provoke:
    """A server is wanted."""
    return lambda controller: controller.create(provider, **options)


def changing(provider: str = "civo", **options: t.Any) -> Provoke:
    """Something is wanted of a server that exists."""

    def provoke(controller: Controller) -> _runner.Reply:
        controller.made(provider)
        return controller.instance(provider, name="web1", **options)

    return provoke


def by_id(**options: t.Any) -> Provoke:
    """Something is wanted of one of two servers, by its id."""

    def provoke(controller: Controller) -> _runner.Reply:
        made = controller.made("civo")
        controller.made("civo", "web2")
        return controller.instance("civo", id=made["id"], **options)

    return provoke


def of_one_name(controller: Controller) -> _runner.Reply:
    controller.made("civo")
    controller.made("civo", region="NYC1")
    return controller.instance("civo", name="web1", tags={})


def unknown_region(controller: Controller) -> _runner.Reply:
    return controller.instance("gcore", name="web1", image="ubuntu-22.04-x64", size="g2-standard-1-2")


def twice_without_answer(controller: Controller) -> _runner.Reply:
    controller.simulator.fault("hosterapi", "server_create", "reset_before")
    controller.create("hosterapi")
    return controller.create("hosterapi")


def without_ledger(controller: Controller) -> _runner.Reply:
    seeded(controller, "hosterapi", count=2)
    return controller.create("hosterapi")


def unknown_to_the_ledger(controller: Controller) -> _runner.Reply:
    seeded(controller, "hosterapi", count=2)
    for number, machine in enumerate(("1001", "1002")):
        controller.instance("hosterapi", id=machine, name=f"old{number}")
    seeded(controller, "hosterapi")
    return controller.create("hosterapi")


def slow(controller: Controller) -> _runner.Reply:
    slow_builds(controller, "civo", 4000.0)
    return controller.create("civo")


def locked(controller: Controller) -> _runner.Reply:
    controller.made("hostwinds", locked=True)
    return controller.instance("hostwinds", name="web1", state="absent")


def broken(controller: Controller) -> _runner.Reply:
    patched(controller, "civo", controller.made("civo")["id"], status="ERROR")
    return controller.create("civo")


def fleet(*entries: dict[str, t.Any], **options: t.Any) -> Provoke:
    """Many servers are wanted in one task."""

    def provoke(controller: Controller) -> _runner.Reply:
        with running_time(controller.simulator):
            return Fleets(controller).run(*entries, **{"provider": "civo", "defaults": CREATE["civo"], **options})

    return provoke


def shrunk(controller: Controller) -> _runner.Reply:
    for number in (1, 2, 3):
        controller.made("civo", f"web-{number}")
    return fleet({"name": "web-1"}, purge=True, selector={"name": "web-*"})(controller)


def refused_in_the_middle(controller: Controller) -> _runner.Reply:
    controller.simulator.fault("civo", "instances.create", "status", status=400)
    return fleet({"name": "web-[1:2]"}, workers=1)(controller)


PROVOKED: dict[str, Provoke] = {
    "``requests`` is missing": without_requests,
    "No token": without_token,
    "A token with a space in it": creating("civo", api_token="two words"),
    "The token is refused by Civo": creating("civo", api_token="S3CRET"),
    "The token is refused by Gcore": creating("gcore", api_token="S3CRET"),
    "The key is refused by Hostwinds": creating("hostwinds", api_token="S3CRET"),
    "The token is valid, but does not reach that far": faulty("instances.list", "status", "gcore", status=403),
    "The project does not exist": creating("gcore", project="web"),
    "Plain HTTP": creating("civo", api_url="http://10.0.0.5"),
    "A redirect": faulty("*", "redirect", location="https://login.example.com/"),
    "The certificate is not trusted": untrusted,
    "No connection": creating("civo", api_url="http://127.0.0.1:9"),
    "Something else answers": faulty("*", "html"),
    "Too many requests": faulty("*", "rate_limit"),
    "No provider": without_provider,
    "The provider cannot do that": creating("civo", password="S3CRET"),
    "A new server needs more": unknown_region,
    "An unknown image, size, firewall, network or key": creating("civo", image="ubuntu-24"),
    "A disk or size that would shrink": changing("hosterapi", disk_gb=10),
    "Two servers of one name": of_one_name,
    "No server with that id": lambda controller: controller.instance("civo", id="3c16a10a-927b-4ffd-a470-6d2b50f95d61", tags={}),
    "No server of that name": lambda controller: controller.rdns("civo", instance="web9", hostname="web9.example.com"),
    "The server is in another region": by_id(region="NYC1"),
    "The new name is taken": by_id(name="web2"),
    "A change needs consent": changing(size="g3.medium"),
    "The plan is another one now": changing(tags={"role": "web"}, expect_plan="0123456789abcdef"),
    "It is not the expected one": changing(state="absent", expect={"size": "g3.large"}),
    "A difference that is not acted on": changing(image="debian-12", on_drift="fail"),
    "It costs too much": creating("gcore", max_cost=1.0),
    "The plan cannot be approved": creating("civo", check=True, firewalls=["web"]),
    "It would delete too many": shrunk,
    "One of many cannot be brought about": fleet({"name": "web-1"}, {"name": "web-2", "image": "ubuntu-24"}),
    "The plan of the fleet is another one now": fleet({"name": "web-[1:2]"}, expect_plan="0123456789abcdef"),
    "One token for several providers": fleet({"name": "web1"}, {"name": "web2", "provider": "gcore"}, api_token="S3CRET"),
    "Some of many failed": refused_in_the_middle,
    "An order may exist": faulty("instances.create", "reset_before"),
    "An order is open in the ledger": twice_without_answer,
    "A name needs a ledger": creating("hosterapi", ledger=None),
    "The ledger does not exist": without_ledger,
    "Machines that the ledger does not know": unknown_to_the_ledger,
    "The time to wait is over": slow,
    "The server is locked": locked,
    "The server is in an error state": broken,
}


@pytest.fixture
def controller(tmp_path: Path) -> t.Iterator[Controller]:
    with Simulator(virtual_clock=True) as simulator:
        yield Controller(simulator, tmp_path)


def test_every_message_of_the_page_is_provoked() -> None:
    assert sorted(QUOTED) == sorted(PROVOKED)


@pytest.mark.parametrize("title", PROVOKED)
def test_what_the_page_quotes_is_what_is_told(controller: Controller, title: str) -> None:
    reply = PROVOKED[title](controller)
    told = [str(reply.result["msg"])] if reply.result.get("failed") else reply.warnings
    quoted = ".*".join(re.escape(part) for part in QUOTED[title].split("..."))
    assert any(re.fullmatch(quoted, message) for message in told), (QUOTED[title], told)
