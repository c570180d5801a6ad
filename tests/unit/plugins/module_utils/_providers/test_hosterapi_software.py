# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Software at HosterAPI.de: what is sent, and what the ledger makes of a provider that lists nothing (contract section 9.4)."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError, ProtocolError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Instance
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Step
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger, Mark
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.software import HosterapiSoftware
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.records import RecordWish
from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.hosterapi import Script, world_of
from ansible_collections.polyhost.cloud.tests.unit.verbs import verbs as verbs_of
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context

LIST, INSTALL, UNINSTALL, JOB = "GET /software/list", "POST /software/install", "POST /software/uninstall", "GET /job/7"
VM = Instance("hosterapi", "hosterapi", id="5", name="cloud1")
PACKAGES = {"nextcloud": {"name": "Nextcloud", "description": {"de": "Cloud"}, "url": "https://nextcloud.com", "icon": None}, "wiki": {"name": "Wiki"}}
QUEUED = {"status": "queued", "jobId": 7, "progress": 0}
PASSWORD = "r00t-S3CRET"


@pytest.fixture
def world() -> Context[Script]:
    return world_of(Script())


@pytest.fixture
def script(world: Context[Script]) -> Script:
    world.script.on(LIST, PACKAGES)
    for call in (INSTALL, UNINSTALL):
        world.script.on(call, QUEUED)
    world.script.on(JOB, {"status": "queued", "progress": 0, "output": None}, {"status": "executing", "progress": 0.5}, {"status": "finished", "output": None})
    return world.script


@pytest.fixture
def verbs(world: Context[Script], script: Script) -> HosterapiSoftware:
    return verbs_of(HosterapiDriver(world), "software")


def wish(*names: str) -> RecordWish:
    return RecordWish(state="present", options={"instance": "5", "name": list(names), "password": PASSWORD})


# -- at the wire ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "call", "port", "more"),
    [("install", INSTALL, None, {}), ("install", INSTALL, 2222, {"port": 2222}), ("uninstall", UNINSTALL, None, {})],
)
def test_the_server_is_named_by_the_literal_key_and_the_plain_one(
    verbs: HosterapiSoftware, script: Script, world: Context[Script], action: str, call: str, port: int | None, more: dict[str, int]
) -> None:
    (record,) = verbs.find(wish("nextcloud"), VM)
    step = Step(action, "nextcloud", "unknown", "installed", target={"password": PASSWORD, "ssh_port": port})
    world.wait(verbs.change(record, step))
    sent = [body for each, body in script.sent if each == call]
    assert sent == [{"sid|ip": "5", "sid": "5", "package": "nextcloud", "password": PASSWORD, **more}]
    assert [each for each, _body in script.sent].count(JOB) == 3


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (PACKAGES, {"nextcloud": "Nextcloud", "wiki": "Wiki"}),
        ({"nextcloud": None, "wiki": "Wiki"}, {"nextcloud": "nextcloud", "wiki": "Wiki"}),
        (["nextcloud", "wiki"], {"nextcloud": "nextcloud", "wiki": "wiki"}),
        ([{"id": "nextcloud", "name": "Nextcloud"}, {"package": "wiki"}, {"name": "blog"}], {"nextcloud": "Nextcloud", "wiki": "wiki", "blog": "blog"}),
        ([], {}),
        ([None, "", {}], {}),
    ],
)
def test_every_form_of_the_list_is_understood(verbs: HosterapiSoftware, script: Script, answer: Answer, known: dict[str, str]) -> None:
    script.on(LIST, answer)
    (record,) = verbs.select(RecordWish(state="present"), None)
    assert {package["id"]: package["name"] for package in record["packages"]} == known
    assert {(package["state"], package["since"]) for package in record["packages"]} <= {("unknown", None)}


def test_a_list_that_is_none_is_an_error(verbs: HosterapiSoftware, script: Script) -> None:
    script.on(LIST, "nextcloud")
    with pytest.raises(ProtocolError):
        verbs.select(RecordWish(state="present"), None)


@pytest.mark.parametrize(("wanted", "found"), [("nextcloud", ["nextcloud"]), ("Nextcloud", ["nextcloud"]), ("wiki", ["wiki"])])
def test_packages_are_named_by_id_or_name(verbs: HosterapiSoftware, wanted: str, found: list[str]) -> None:
    (record,) = verbs.find(wish(wanted, wanted), VM)
    assert [package["id"] for package in record["packages"]] == found


@pytest.mark.parametrize(("wanted", "told"), [("NEXTCLOUD", "Known there: nextcloud, other, wiki"), ("Wiki", "Give one of their ids: wiki, other")])
def test_a_name_of_none_or_of_several_is_refused(verbs: HosterapiSoftware, script: Script, wanted: str, told: str) -> None:
    script.on(LIST, {**PACKAGES, "other": {"name": "Wiki"}})
    with pytest.raises(OptionError, match=told):
        verbs.find(wish(wanted), VM)


# -- whole tasks ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(controller: Controller) -> str:
    """A server named cloud1."""
    own = controller.simulator["hosterapi"]
    with own.lock:
        (sid,) = own.seed_instances(1)
    assert not controller.instance("hosterapi", id=str(sid), name="cloud1").result.get("failed")
    return str(sid)


def run(controller: Controller, module: str = "software", **options: t.Any) -> dict[str, t.Any]:
    controller.simulator.clear_log()
    wanted = {} if module.endswith("info") else {"name": ["nextcloud"], "password": PASSWORD}
    return controller.task(module, "hosterapi", **{"instance": "cloud1", **wanted, **options}).result


def states(result: dict[str, t.Any]) -> dict[str, str]:
    software = result["software"][0] if isinstance(result["software"], list) else result["software"]
    return {package["id"]: package["state"] for package in software["packages"]}


def writes(controller: Controller) -> list[str]:
    return controller.writes("hosterapi")


@pytest.mark.usefixtures("server")
def test_what_was_installed_is_remembered_and_nothing_secret_with_it(controller: Controller) -> None:
    first = run(controller, name=["nextcloud", "TeamSpeak 3"])
    assert (states(first), writes(controller)) == ({"nextcloud": "installed", "teamspeak3": "installed"}, ["software_install"] * 2)
    again = run(controller, name=["Nextcloud"])
    assert (again["changed"], again["software"]["packages"], writes(controller)) == (False, first["software"]["packages"][:1], [])
    written = "".join(path.read_text() for path in pathlib.Path(controller.ledger).parent.rglob("*") if path.is_file())
    assert "nextcloud" in written
    assert PASSWORD not in written + json.dumps([first, again])


@pytest.mark.usefixtures("server")
def test_the_information_module_tells_what_the_ledger_knows(controller: Controller) -> None:
    run(controller)
    assert states(run(controller, "software_info")) == {"nextcloud": "installed", "teamspeak3": "unknown"}
    assert states(run(controller, "software_info", instance=None)) == {"nextcloud": "unknown", "teamspeak3": "unknown"}
    assert run(controller, "software_info", instance="cloud9")["software"] == []


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"ledger": None}, "ledger"),
        ({"name": []}, "name"),
        ({"name": None}, "name"),
        ({"name": ["nextcloud", " "]}, "name"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"ssh_port": 0}, "ssh_port"),
        ({"ssh_port": 65536}, "ssh_port"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(controller: Controller, options: dict[str, t.Any], option: str) -> None:
    refused = run(controller, **options)
    assert (refused["error"], refused["option"], controller.calls("hosterapi")) == ("OptionError", option, [])


@pytest.mark.usefixtures("server")
def test_check_mode_does_without_a_password_that_an_earlier_task_makes(controller: Controller) -> None:
    predicted = run(controller, password=None, check=True)
    assert (states(predicted), predicted["approvable"], writes(controller)) == ({"nextcloud": "installed"}, False, [])


def test_force_needs_no_ledger_and_says_that_nothing_is_remembered(controller: Controller, server: str) -> None:
    for _time in range(2):
        reply = controller.task("software", "hosterapi", instance=server, name=["nextcloud"], password=PASSWORD, force=True, ledger=None)
        assert (reply.result["changed"], states(reply.result)) == (True, {"nextcloud": "installed"})
        assert any("nothing remembers" in warning for warning in reply.warnings)
    assert run(controller, check=True)["changed"] is True


@pytest.mark.usefixtures("server")
def test_force_acts_whatever_is_remembered(controller: Controller) -> None:
    run(controller)
    assert run(controller, force=True)["changed"] is True
    assert writes(controller) == ["software_install"]


@pytest.mark.usefixtures("server")
def test_a_job_that_nobody_waited_for_is_gone_on_with(controller: Controller) -> None:
    controller.simulator.settings("hosterapi", job_polls=20)
    begun = run(controller, name=["nextcloud", "teamspeak3"], wait=False)
    assert (len(begun["plan"]), writes(controller)) == (1, ["software_install"])
    later = run(controller, name=["nextcloud", "teamspeak3"], wait=False)
    assert (later["changed"], states(later), writes(controller)) == (False, {"nextcloud": "unknown", "teamspeak3": "unknown"}, [])
    assert run(controller, name=["nextcloud"], check=True)["approvable"] is False
    ended = run(controller, name=["nextcloud", "teamspeak3"])
    assert (states(ended), writes(controller)) == ({"nextcloud": "installed", "teamspeak3": "installed"}, ["software_install"])


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.usefixtures("server")
def test_a_killed_run_is_gone_on_with_by_its_job(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_arguments: t.Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(HosterapiDriver, "job_output", die)
        with pytest.raises(Killed):
            run(controller)
    assert writes(controller) == ["software_install"]
    resumed = run(controller)
    assert (states(resumed), resumed["changed"], writes(controller)) == ({"nextcloud": "installed"}, False, [])


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
@pytest.mark.usefixtures("server")
def test_an_answer_that_never_came_is_unknown_until_somebody_forces_it(controller: Controller, kind: str) -> None:
    controller.simulator.fault("hosterapi", "software_install", kind)
    assert run(controller)["error"] == "OutcomeUnknownError"
    assert writes(controller) == ["software_install"]
    for options in ({}, {"check": True}, {"state": "absent"}):
        told = run(controller, **options)
        assert (told["error"], "force: true" in told["msg"], writes(controller)) == ("OutcomeUnknownError", True, [])
    assert states(run(controller, "software_info"))["nextcloud"] == "unknown"
    assert run(controller, name=["teamspeak3"], wait=False, check=True)["changed"] is True  # another package is another matter
    own: t.Any = controller.simulator["hosterapi"]
    with own.lock:
        for job in list(own.state["open_jobs"]):
            for _read in range(4):
                own._read_job(job)
    assert states(run(controller, force=True)) == {"nextcloud": "installed"}
    assert run(controller)["changed"] is False


@pytest.mark.usefixtures("server")
def test_a_job_that_fails_is_forgotten_and_its_reason_told(controller: Controller) -> None:
    controller.simulator.fault("hosterapi", "software_install", "job_fails", output="0xd2: apt is broken")
    failed = run(controller)
    assert (failed["error"], "apt is broken" in failed["msg"], failed["changed"]) == ("OperationFailedError", True, True)
    assert states(run(controller, "software_info"))["nextcloud"] == "unknown"
    assert states(run(controller)) == {"nextcloud": "installed"}


@pytest.mark.usefixtures("server")
def test_a_job_that_failed_for_another_package_is_told_and_stops_nothing(controller: Controller) -> None:
    controller.simulator.fault("hosterapi", "software_install", "job_fails", output="0xd2: apt is broken")
    run(controller, wait=False)
    for check in (True, False):
        reply = controller.task("software", "hosterapi", instance="cloud1", name=["teamspeak3"], password=PASSWORD, check=check)
        assert (reply.result["changed"], states(reply.result)) == (True, {"teamspeak3": "installed"})
        assert ["apt is broken; it was to make nextcloud installed on server" in warning for warning in reply.warnings] == [True]
    assert states(run(controller)) == {"nextcloud": "installed"}


@pytest.mark.usefixtures("server")
def test_a_job_that_nobody_knows_any_more_is_unclear(controller: Controller) -> None:
    controller.simulator.fault("hosterapi", "software_install", "nothing")
    lost = run(controller)
    assert (lost["error"], "force: true" in lost["msg"]) == ("OutcomeUnknownError", True)
    assert run(controller)["error"] == "OutcomeUnknownError"


@pytest.mark.usefixtures("server")
def test_what_was_refused_leaves_what_is_remembered(controller: Controller) -> None:
    run(controller)
    controller.simulator.fault("hosterapi", "software_uninstall", "status", status=422)
    assert run(controller, state="absent")["error"] == "RejectedError"
    assert states(run(controller, "software_info"))["nextcloud"] == "installed"


@pytest.mark.usefixtures("server")
def test_what_another_task_has_done_meanwhile_is_not_done_again(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = HosterapiSoftware.find
    seen: list[int] = []

    def find(verbs: HosterapiSoftware, *arguments: t.Any) -> t.Any:
        found = packages(verbs, *arguments)
        if not seen:
            seen.append(1)
            assert controller.task("software", "hosterapi", instance="cloud1", name=["nextcloud"], password=PASSWORD).result["changed"]
        return found

    monkeypatch.setattr(HosterapiSoftware, "find", find)
    result = run(controller)
    assert (result["plan"], states(result), writes(controller)) == ([], {"nextcloud": "installed"}, ["software_install"])


def test_another_task_that_is_sending_just_now_is_waited_for(controller: Controller, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(controller.ledger, "hosterapi", controller.environ["HOSTERAPI_API_URL"].split("/")[2], Waiter(controller.clock), False)
    lock = Ledger.lock

    @contextlib.contextmanager
    def free_once_it_has_sent(held: Ledger, *arguments: t.Any) -> t.Iterator[None]:
        with lock(held, *arguments):
            ledger.mark(("", ""), f"software {server}", "nextcloud", Mark("live", "installed", 1.0))
            yield

    ledger.mark(("", ""), f"software {server}", "nextcloud", Mark("ordering", "installed", 1.0))
    monkeypatch.setattr(Ledger, "lock", free_once_it_has_sent)
    result = run(controller)
    assert (result["changed"], states(result), writes(controller)) == (False, {"nextcloud": "installed"}, [])


@pytest.mark.parametrize(
    "options",
    [{"state": "rebuilt", "allow": ["rebuild"]}, {"state": "absent"}],
    ids=lambda options: str(options["state"]),
)
@pytest.mark.usefixtures("server")
def test_a_server_that_is_reinstalled_or_deleted_loses_its_marks(controller: Controller, options: dict[str, t.Any]) -> None:
    run(controller)
    assert json.loads(pathlib.Path(controller.ledger).read_text())["version"] == 2
    assert not controller.instance("hosterapi", name="cloud1", **options).result.get("failed")
    assert "marks" not in json.loads(pathlib.Path(controller.ledger).read_text())


@pytest.mark.usefixtures("server")
def test_a_server_that_may_have_been_reinstalled_loses_its_marks(controller: Controller) -> None:
    run(controller)
    controller.simulator.fault("hosterapi", "server_reinstall", "reset_after")
    assert controller.instance("hosterapi", name="cloud1", state="rebuilt", allow=["rebuild"]).result["error"] == "OutcomeUnknownError"
    assert states(run(controller, "software_info"))["nextcloud"] == "unknown"


@pytest.mark.parametrize("provider", ["hostwinds", "civo", "gcore"])
def test_the_other_providers_have_none(controller: Controller, provider: str) -> None:
    refused = controller.task("software", provider, instance="cloud1", name=["nextcloud"], password=PASSWORD).result
    assert (refused["error"], refused["capability"], "Ansible" in refused["msg"]) == ("UnsupportedError", "software", True)
    listed = controller.task("software_info", provider)
    assert (listed.result["software"], listed.result["supported"], len(listed.warnings)) == ([], False, 1)
    assert controller.calls(provider) == []
