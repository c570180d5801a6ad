# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vps_ssh_key: keys compared as keys, pairs that the provider makes, and what is refused."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios_ssh_key import FIRST, SECOND

Result = dict[str, t.Any]

HAVING = ("civo", "gcore")
CREATES = {"civo": "sshkeys.create", "gcore": "ssh_keys.create"}
LISTS = {"civo": "sshkeys.list", "gcore": "ssh_keys.list"}
DELETES = {"civo": "sshkeys.delete", "gcore": "ssh_keys.delete"}
FIRST_FINGERPRINT = "SHA256:UkIAUpkiZCC/wC8JPs3w5NliK6DCAIqEx6TxW57g1r0"
FIRST_MD5 = "ca:9b:76:8b:54:33:15:1b:40:c7:7a:b1:59:18:5d:65"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET\n-----END OPENSSH PRIVATE KEY-----"

everywhere = pytest.mark.parametrize("provider", HAVING)


def done(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Converge the key C(deploy), which has to work."""
    result = controller.task("ssh_key", provider, check=check, **{**({} if "id" in options else {"name": "deploy"}), **options}).result
    assert not result.get("failed"), result
    return result


def refused(controller: Controller, provider: str, *, check: bool = False, **options: t.Any) -> Result:
    """Converge it, which has to fail."""
    result = controller.task("ssh_key", provider, check=check, **{**({} if "id" in options else {"name": "deploy"}), **options}).result
    assert result.get("failed"), result
    return result


def bodies(controller: Controller, provider: str) -> list[t.Any]:
    """What the writes said."""
    return [entry["body"] for entry in controller.simulator.log(provider) if entry["mutates"]]


# -- comparing --------------------------------------------------------------------------------------------------------------


@everywhere
def test_the_line_is_sent_as_it_is(controller: Controller, provider: str) -> None:
    made = done(controller, provider, public_key=f"  {FIRST} ")["ssh_key"]
    assert bodies(controller, provider) == [{"name": "deploy", "public_key": FIRST}]
    assert (made["public_key"], made["fingerprint"]) == (FIRST, FIRST_FINGERPRINT)


@everywhere
def test_a_comment_is_no_difference_and_another_key_is_drift(controller: Controller, provider: str) -> None:
    done(controller, provider, public_key=FIRST)
    assert done(controller, provider, public_key=" ".join(FIRST.split()[:2]))["drift"] == []
    assert done(controller, provider)["drift"] == []
    other = done(controller, provider, public_key=SECOND)
    assert (other["changed"], [(each["field"], each["needs"]) for each in other["drift"]]) == (False, [("public_key", "replace")])
    assert refused(controller, provider, public_key=SECOND, on_drift="fail")["error"] == "DriftError"


@everywhere
@pytest.mark.parametrize(
    ("shown", "drift"), [({"fingerprint": FIRST_MD5}, 0), ({"fingerprint": FIRST_FINGERPRINT}, 0), ({"fingerprint": "aa:" * 15 + "aa"}, 1), ({}, 0)]
)
def test_a_provider_that_shows_no_key_is_compared_by_its_fingerprint(controller: Controller, provider: str, shown: Result, drift: int) -> None:
    row = {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "deploy", **shown}
    body = {"items": [row]} if provider == "civo" else {"count": 1, "results": [row]}
    controller.simulator.fault(provider, LISTS[provider], "status", times=0, status=200, body=body)
    result = done(controller, provider, public_key=FIRST)
    assert len(result["drift"]) == drift
    assert result["ssh_key"]["fingerprint"] == shown.get("fingerprint")


@everywhere
def test_a_replacement_goes_by_name(controller: Controller, provider: str) -> None:
    first = done(controller, provider, public_key=FIRST)["ssh_key"]
    controller.simulator.clear_log()
    told = refused(controller, provider, id=first["id"], name="deploy", public_key=SECOND, allow=["replace"])
    assert (told["option"], controller.writes(provider)) == ("id", [])
    second = done(controller, provider, public_key=SECOND, allow=["replace"])["ssh_key"]
    assert second["id"] != first["id"]
    assert controller.writes(provider) == [DELETES[provider], CREATES[provider]]


@everywhere
def test_a_key_that_somebody_else_put_under_the_name_meanwhile_is_told(controller: Controller, provider: str) -> None:
    done(controller, provider, public_key=SECOND)
    empty = {"items": []} if provider == "civo" else {"count": 0, "results": []}
    controller.simulator.fault(provider, LISTS[provider], "status", status=200, body=empty)
    controller.simulator.fault(provider, CREATES[provider], "status", status=200, body={"id": "1", "result": "success"})
    told = refused(controller, provider, public_key=FIRST)
    assert (told["error"], told["changed"]) == ("NotAppliedError", True)
    assert "another key" in told["msg"]


def test_gcore_reads_all_pages_and_names_two_of_one_name(controller: Controller) -> None:
    first = done(controller, "gcore", name="ops")["ssh_key"]  # the thirteenth of pages of ten
    with controller.simulator["gcore"].lock:
        keys = controller.simulator["gcore"].state["ssh_keys"]["1337"]
        keys["00000000-0000-4000-8000-000000000001"] = {**keys[first["id"]], "id": "00000000-0000-4000-8000-000000000001"}
    told = refused(controller, "gcore", name="ops", state="absent")
    assert told["ids"] == sorted([first["id"], "00000000-0000-4000-8000-000000000001"])
    assert done(controller, "gcore", id=first["id"], name="ops", state="absent")["changed"] is True


def test_gcore_cannot_rename(controller: Controller) -> None:
    made = done(controller, "gcore", public_key=FIRST)["ssh_key"]
    assert refused(controller, "gcore", id=made["id"], name="rollout")["capability"] == "ssh_key.rename"


def test_the_list_can_be_filtered(controller: Controller) -> None:
    for provider in HAVING:
        found = controller.task("ssh_key_info", provider, name="ops").result
        assert (found["supported"], [key["name"] for key in found["ssh_keys"]]) == (True, ["ops"])
        assert controller.task("ssh_key_info", provider, id=found["ssh_keys"][0]["id"]).result["ssh_keys"] == found["ssh_keys"]
        assert controller.task("ssh_key_info", provider, name="nobody").result["ssh_keys"] == []


# -- refusals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["hostwinds", "hosterapi"])
def test_providers_without_keys(controller: Controller, provider: str) -> None:
    assert refused(controller, provider, public_key=FIRST)["capability"] == "ssh_key"
    assert controller.task("ssh_key_info", provider).result["supported"] is False
    assert controller.calls(provider) == []


@pytest.mark.parametrize(
    ("provider", "options", "option"),
    [
        *((provider, {"public_key": key}, "public_key") for provider in HAVING for key in (PRIVATE, "rubbish")),
        ("gcore", {"generate": True}, "private_key_path"),
        ("gcore", {"generate": True, "private_key_path": "/tmp/key", "public_key": FIRST}, "generate"),
        ("gcore", {"private_key_path": "/tmp/key", "public_key": FIRST}, "private_key_path"),
        ("gcore", {"expect": {"color": "red"}}, "expect"),
    ],
)
def test_wrong_options_send_nothing(controller: Controller, provider: str, options: Result, option: str) -> None:
    for check in (True, False):
        told = refused(controller, provider, check=check, **options)
        assert (told["option"], controller.calls(provider)) == (option, [])
        assert "S3CRET" not in str(told)


@everywhere
def test_nobody_makes_a_pair_without_being_asked_to(controller: Controller, provider: str) -> None:
    for check in (True, False):
        assert refused(controller, provider, check=check)["option"] == "public_key"
    assert controller.writes(provider) == []


def test_civo_makes_no_pairs(controller: Controller) -> None:
    told = refused(controller, "civo", generate=True, private_key_path="/tmp/key")
    assert (told["capability"], controller.calls("civo")) == ("ssh_key.generate", [])


# -- pairs of the provider ----------------------------------------------------------------------------------------------------


class Pair:
    """A task that lets Gcore make a pair."""

    def __init__(self, controller: Controller, path: Path) -> None:
        self.controller, self.path = controller, path

    @property
    def options(self) -> Result:
        return {"generate": True, "private_key_path": str(self.path)}

    def done(self, **options: t.Any) -> Result:
        result = done(self.controller, "gcore", **self.options, **options)
        assert "S3CRET" not in str(result)
        return result

    def refused(self, **options: t.Any) -> Result:
        result = refused(self.controller, "gcore", **self.options, **options)
        assert "S3CRET" not in str(result)
        return result

    @property
    def writes(self) -> list[str]:
        return self.controller.writes("gcore")


@pytest.fixture(name="pair")
def fixture_pair(controller: Controller, tmp_path: Path) -> Pair:
    """Keys go into a folder of their own."""
    (tmp_path / "keys").mkdir()
    return Pair(controller, tmp_path / "keys" / "deploy")


def test_a_pair_goes_into_a_file_and_nowhere_else(pair: Pair) -> None:
    predicted = pair.done(check=True)
    assert (predicted["ssh_key"]["public_key"], pair.path.exists(), pair.writes) == (None, False, [])
    made = pair.done()
    assert (made["plan_id"], made["changed"]) == (predicted["plan_id"], True)
    assert bodies(pair.controller, "gcore") == [{"name": "deploy"}]
    assert pair.path.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET")
    assert pair.path.stat().st_mode & 0o777 == 0o600
    assert list(pair.path.parent.iterdir()) == [pair.path]
    again = pair.done()
    assert (again["changed"], again["drift"], len(pair.writes)) == (False, [], 1)


def test_waiting_makes_no_difference_to_a_pair(pair: Pair) -> None:
    assert pair.done(wait=False)["ssh_key"]["id"]
    assert pair.path.exists()


def test_a_missing_private_half_is_drift(pair: Pair) -> None:
    first = pair.done()["ssh_key"]
    pair.path.unlink()
    assert [each["field"] for each in pair.done()["drift"]] == ["private_key_path"]
    second = pair.done(allow=["replace"])["ssh_key"]
    assert second["id"] != first["id"]
    assert second["id"] in pair.path.read_text()
    assert pair.writes == ["ssh_keys.create", "ssh_keys.delete", "ssh_keys.create"]


@pytest.mark.parametrize("lost", ["reset_after", "empty", "html"])
def test_a_lost_answer_costs_the_private_half_and_that_is_told(pair: Pair, lost: str) -> None:
    pair.controller.simulator.fault("gcore", "ssh_keys.create", lost)
    told = pair.refused()
    assert (told["changed"], pair.path.exists(), list(pair.path.parent.iterdir())) == (True, False, [])
    assert "nobody has it" in told["msg"]
    assert "allow: [replace]" in told["msg"]
    assert pair.done(allow=["replace"])["changed"] is True
    assert pair.path.exists()


def test_a_lost_replacement_is_told_too(pair: Pair) -> None:
    first = pair.done()["ssh_key"]
    pair.path.unlink()
    pair.controller.simulator.fault("gcore", "ssh_keys.create", "reset_after")
    told = pair.refused(allow=["replace"])
    assert "nobody has it" in told["msg"]
    assert told["id"] != first["id"]
    assert not pair.path.exists()


def test_a_refused_order_leaves_no_file(pair: Pair) -> None:
    pair.controller.simulator.fault("gcore", "ssh_keys.create", "status", status=422)
    assert pair.refused()["changed"] is False
    assert list(pair.path.parent.iterdir()) == []


@pytest.mark.parametrize("existing", [False, True], ids=["new", "replaced"])
def test_nothing_is_ordered_where_the_private_half_could_not_be_kept(pair: Pair, existing: bool) -> None:
    if existing:
        done(pair.controller, "gcore", public_key=FIRST)
        pair.controller.simulator.clear_log()
    pair.path = pair.path.parent / "missing" / "deploy"
    told = pair.refused(allow=["replace"])
    assert (told["option"], pair.writes) == ("private_key_path", [])
    assert pair.done(check=True, allow=["replace"])["changed"] is True  # an earlier task may make the folder


def test_a_file_is_never_written_over(pair: Pair) -> None:
    pair.path.write_text("somebody's")
    for check in (True, False):
        told = pair.refused(check=check)
        assert (told["option"], pair.writes) == ("private_key_path", [])
    assert pair.path.read_text() == "somebody's"


def test_a_path_is_absolute(pair: Pair) -> None:
    pair.path = Path("deploy")
    assert pair.refused()["option"] == "private_key_path"
    assert pair.refused(check=True)["option"] == "private_key_path"


def test_a_deletion_leaves_the_file(pair: Pair) -> None:
    pair.done()
    assert pair.done(state="absent")["changed"] is True
    assert pair.path.exists()
