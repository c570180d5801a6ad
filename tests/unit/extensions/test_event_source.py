# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source, loaded as ansible-rulebook loads it, in front of a program that prints listings."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib.util
import json
import os
import re
import stat
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "vps.py"


def loaded() -> dict[str, t.Any]:
    """The event source, which lies where no import finds it; ansible's own finder would take a path in a collection for a package."""
    spec = importlib.util.spec_from_file_location("vps_event_source", SOURCE)
    if spec is None or spec.loader is None:
        raise ImportError(str(SOURCE))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return vars(module)


PLUGIN = loaded()
Options, Watcher, OptionError = PLUGIN["Options"], PLUGIN["Watcher"], PLUGIN["OptionError"]

LISTER = """#!/bin/sh
cd "$(dirname "$0")"
echo "$* $ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED" >> calls
cat stderr >&2
cat stdout
exit "$(cat status)"
"""
HANGING = """#!/bin/sh
cd "$(dirname "$0")"
sleep 600 &
echo "$$ $!" > pids.new
mv pids.new pids
wait
"""
EXPECT_RUNNING = {"*": {"status": "running"}}

Facts = dict[str, t.Any]


def server(identifier: str = "1", *, prefix: str = "vps_", **fields: t.Any) -> Facts:
    """The variables of a host, as the inventory makes them."""
    facts = {
        "id": identifier,
        "name": f"web{identifier}",
        "provider": "civo",
        "account": "shop",
        "region": "LON1",
        "status": "running",
        "public_ipv4": f"192.0.2.{identifier}",
        "public_ipv6": None,
        "private_ipv4": None,
        "addresses": [{"address": f"192.0.2.{identifier}", "family": "ipv4", "scope": "public", "primary": True, "rdns": None}],
        "locked": False,
        "size": "g3.small",
        "tags": {},
        "firewalls": [{"id": "f1", "name": None}],
        "username": "root",
        "not_read": [],
        "stale": False,
        **fields,
    }
    facts["uid"] = f"{facts['provider']}/{facts['account']}/{facts['id']}"
    return {prefix + name: value for name, value in facts.items()}


class Stage:
    """An event source in front of a lister whose next answer the test chooses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lister = folder / "lister"
        self.state = folder / "kept" / "state.json"
        self.inventory = folder / "all.vps.yml"
        self.inventory.touch()
        self.program(LISTER)
        self.args: dict[str, t.Any] = {"inventory": str(self.inventory), "state_file": str(self.state), "command": str(self.lister)}
        self.shows()

    def program(self, text: str) -> None:
        self.lister.write_text(text, encoding="utf-8")
        self.lister.chmod(0o700)

    def shows(self, *servers: Facts, stderr: str = "", **hosts: Facts) -> None:
        """The next listings show these servers, by their names or under the given ones."""
        named = {facts.get("vps_name", f"host{number}"): facts for number, facts in enumerate(servers)}
        self.says(json.dumps({"_meta": {"hostvars": {**named, **hosts}}, "all": {}}), stderr)

    def says(self, stdout: str, stderr: str = "", status: int = 0) -> None:
        for name, text in (("stdout", stdout), ("stderr", stderr), ("status", str(status))):
            (self.folder / name).write_text(text, encoding="utf-8")

    def watcher(self, **args: t.Any) -> t.Any:
        """An event source that has just been started."""
        self.state.parent.mkdir(exist_ok=True)
        return Watcher(Options.of({**self.args, **args}))

    def main(self, queue: asyncio.Queue[t.Any], **args: t.Any) -> t.Coroutine[t.Any, t.Any, None]:
        coroutine: t.Coroutine[t.Any, t.Any, None] = PLUGIN["main"](queue, {**self.args, **args})
        return coroutine

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage without servers."""
    return Stage(tmp_path)


def look(watcher: t.Any) -> list[dict[str, t.Any]]:
    """What one listing tells."""
    queue: asyncio.Queue[t.Any] = asyncio.Queue()
    asyncio.run(watcher.look(queue))
    return [queue.get_nowait()["vps"] for step in range(queue.qsize())]


def kinds(events: list[dict[str, t.Any]]) -> list[tuple[str, str | None]]:
    return [(event["event"], event.get("host")) for event in events]


# -- servers --------------------------------------------------------------------------------------------------------------


def test_a_first_start_tells_nothing(stage: Stage) -> None:
    stage.shows(server("1"), server("2"))
    watcher = stage.watcher()
    assert look(watcher) == []
    assert look(watcher) == []
    assert stage.calls() == [f"-i {stage.inventory} --list true"] * 2  # what cannot be parsed must fail


def test_a_first_start_tells_all_if_asked(stage: Stage) -> None:
    stage.shows(server("1"), server("2"))
    watcher = stage.watcher(initial=True)
    assert kinds(look(watcher)) == [("created", "web1"), ("created", "web2")]
    assert look(watcher) == []


def test_a_new_server(stage: Stage) -> None:
    watcher = stage.watcher()
    look(watcher)
    stage.shows(server("1"))
    (event,) = look(watcher)
    assert {name: event[name] for name in ("event", "uid", "host", "provider", "account", "region", "id", "before", "changed")} == {
        "event": "created",
        "uid": "civo/shop/1",
        "host": "web1",
        "provider": "civo",
        "account": "shop",
        "region": "LON1",
        "id": "1",
        "before": None,
        "changed": {},
    }
    assert event["after"]["addresses"] == ["192.0.2.1"] and event["after"]["firewalls"] == ["f1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", event["time"])
    assert look(watcher) == []


def test_a_server_that_vanished(stage: Stage) -> None:
    stage.shows(server("1"), server("2"))
    watcher = stage.watcher()
    look(watcher)
    stage.shows(server("2"))
    (event,) = look(watcher)
    assert (event["event"], event["uid"], event["before"]["status"], event["after"]) == ("vanished", "civo/shop/1", "running", None)
    stage.shows()
    assert kinds(look(watcher)) == [("vanished", "web2")]
    assert look(watcher) == []


def test_another_state_and_other_addresses(stage: Stage) -> None:
    stage.shows(server("1"))
    watcher = stage.watcher()
    look(watcher)
    stage.shows(server("1", status="stopped", public_ipv4=None, addresses=[]))
    state, address = look(watcher)
    assert (state["event"], state["changed"]) == ("state_changed", {"status": {"before": "running", "after": "stopped"}})
    assert address["event"] == "address_changed"
    assert address["changed"] == {"public_ipv4": {"before": "192.0.2.1", "after": None}, "addresses": {"before": ["192.0.2.1"], "after": []}}
    assert address["before"]["public_ipv4"] == "192.0.2.1" and address["after"]["status"] == "stopped"
    assert look(watcher) == []


def test_a_server_is_known_by_its_uid_whatever_its_name(stage: Stage) -> None:
    stage.shows(server("1"))
    watcher = stage.watcher(hosts=["web*"])
    look(watcher)
    stage.shows(server("1", name="db"))
    assert look(watcher) == []
    stage.shows(server("1", name="db", status="stopped"))
    assert look(watcher) == []  # not one of ours any more
    stage.shows(server("1", name="web9"))
    assert kinds(look(watcher)) == [("state_changed", "web9")]


def test_a_field_that_a_listing_leaves_out_has_not_changed(stage: Stage) -> None:
    stage.shows(server("1"))
    watcher = stage.watcher(expect={"*": {"public_ipv4": "192.0.2.1"}})
    look(watcher)
    stage.shows(server("1", public_ipv4=None, addresses=[], not_read=["public_ipv4", "addresses"]))
    assert look(watcher) == []
    stage.shows(server("1"))
    assert look(watcher) == []


@pytest.mark.parametrize("prefix", ["vps_", "cloud_"])
def test_other_prefixes_and_hosts_of_the_users_own(stage: Stage, prefix: str) -> None:
    own = {"uid": "me", "vps_uid": "civo/shop/9", "guid": "a/b/c"}
    look(watcher := stage.watcher())
    stage.shows(web1=server("1", prefix=prefix), mine=own)
    assert kinds(look(watcher)) == [("created", "web1")]


def test_text_that_ansible_wraps(stage: Stage) -> None:
    look(watcher := stage.watcher())
    wrapped = {name: {"__ansible_unsafe": value} if isinstance(value, str) else value for name, value in server("1").items()}
    stage.shows(web1={**wrapped, "vps_tags": {"note": {"__ansible_unsafe": "x"}}})
    (event,) = look(watcher)
    assert (event["uid"], event["after"]["tags"]) == ("civo/shop/1", {"note": "x"})


def test_nothing_in_an_event_reads_as_a_template(stage: Stage) -> None:
    look(watcher := stage.watcher())
    stage.shows(web1=server("1", name="{{{ x }}", tags={"{% a %}": "{# b #}"}))
    (event,) = look(watcher)
    assert not re.search(r"\{[{%#]", json.dumps(event, ensure_ascii=False).replace('{"', ""))
    assert event["after"]["name"] == "{ { { x }}" and event["after"]["tags"] == {"{ % a %}": "{ # b #}"}


def test_variables_of_the_users_own_are_neither_told_nor_kept(stage: Stage) -> None:
    look(watcher := stage.watcher())
    stage.shows(web1={**server("1"), "ansible_password": "S3CRET", "vps_password": "S3CRET"})
    assert "S3CRET" not in json.dumps(look(watcher)) + stage.state.read_text(encoding="utf-8")


def test_what_is_told_exists(stage: Stage) -> None:
    model = ast.parse((ROOT / "plugins" / "module_utils" / "_core" / "model.py").read_text(encoding="utf-8"))
    (instance,) = [node for node in ast.walk(model) if isinstance(node, ast.ClassDef) and node.name == "Instance"]
    (shown,) = [node for node in ast.walk(instance) if isinstance(node, ast.Dict) and len(node.keys) > 10]
    known = {key.value for key in shown.keys if isinstance(key, ast.Constant)}
    assert set(PLUGIN["FIELDS"]) <= known


# -- wishes ---------------------------------------------------------------------------------------------------------------


def test_only_the_events_that_are_wanted(stage: Stage) -> None:
    stage.shows(server("1"), server("2"))
    watcher = stage.watcher(events=["vanished"])
    look(watcher)
    stage.shows(server("2", status="stopped"), server("3"))
    assert kinds(look(watcher)) == [("vanished", "web1")]


def test_a_mismatch_is_told_when_it_begins_and_when_it_ends(stage: Stage) -> None:
    stage.shows(server("1", status="stopped"), server("2"))
    watcher = stage.watcher(expect=EXPECT_RUNNING)
    (event,) = look(watcher)
    assert (event["event"], event["host"], event["differs"]) == ("mismatch", "web1", {"status": {"expected": "running", "actual": "stopped"}})
    stage.shows(server("1", status="error"), server("2"))
    assert kinds(look(watcher)) == [("state_changed", "web1")]  # still not running
    stage.shows(server("1"), server("2"))
    assert kinds(look(watcher)) == [("state_changed", "web1"), ("match", "web1")]
    stage.shows(server("1", status="stopped"), server("2"))
    assert kinds(look(watcher)) == [("state_changed", "web1"), ("mismatch", "web1")]


def test_another_field_that_begins_to_differ_is_told(stage: Stage) -> None:
    watcher = stage.watcher(expect={"web1": {"status": "running", "size": "g3.small"}})
    stage.shows(server("1", status="stopped"))
    look(watcher)
    stage.shows(server("1", status="stopped", size="g3.large"))
    (event,) = look(watcher)
    assert event["event"] == "mismatch" and set(event["differs"]) == {"status", "size"}
    stage.shows(server("1", status="stopped"))
    assert look(watcher) == []  # one of two is no match


@pytest.mark.parametrize(
    ("expected", "actual", "holds"),
    [
        ({"status": ["running", "rebooting"]}, {"status": "rebooting"}, True),
        ({"status": ["running", "rebooting"]}, {"status": "stopped"}, False),
        ({"tags": {"role": "web"}}, {"tags": {"role": "web", "more": ""}}, True),
        ({"tags": {"role": "web"}}, {"tags": {"more": ""}}, False),
        ({"size": 4}, {"size": "4"}, True),
        ({"locked": True}, {"locked": False}, False),
        ({"addresses": ["192.0.2.2", "192.0.2.1"]}, {"addresses": [{"address": "192.0.2.1"}, {"address": "192.0.2.2"}]}, True),
        ({"addresses": []}, {"addresses": [{"address": "192.0.2.1"}]}, False),
        ({"public_ipv6": None}, {"public_ipv6": None}, True),
    ],
)
def test_what_holds(stage: Stage, expected: Facts, actual: Facts, holds: bool) -> None:
    stage.shows(server("1", **actual))
    assert (look(stage.watcher(expect={"*": expected})) == []) is holds


def test_later_patterns_go_first(stage: Stage) -> None:
    stage.shows(server("1"), server("2", status="stopped"))
    assert look(stage.watcher(expect={**EXPECT_RUNNING, "web2": {"status": "stopped"}})) == []


# -- failures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stdout", "status", "reason"),
    [
        ("", 1, "status 1: [ERROR]: Completely failed"),
        ("not JSON", 0, "did not print a listing"),
        ("[]", 0, "did not print a listing"),
        ('{"_meta": {"hostvars": null}}', 0, "did not print a listing"),
    ],
)
def test_a_failed_listing_says_nothing_about_servers(stage: Stage, stdout: str, status: int, reason: str) -> None:
    stage.shows(server("1", status="stopped"))
    watcher = stage.watcher(expect=EXPECT_RUNNING)
    assert kinds(look(watcher)) == [("mismatch", "web1")]
    stage.says(stdout, "[ERROR]: Completely failed\n", status)
    (event,) = look(watcher)
    assert (event["event"], event["scope"], event["inventory"]) == ("listing_failed", "all", [str(stage.inventory)])
    assert reason in event["reason"]
    assert look(watcher) == []  # told once
    stage.shows(server("1", status="stopped"))
    assert kinds(look(watcher)) == [("listing_recovered", None)]
    assert look(watcher) == []


def test_a_lister_that_went_away(stage: Stage) -> None:
    watcher = stage.watcher()
    stage.lister.unlink()
    (event,) = look(watcher)
    assert event["event"] == "listing_failed" and "No such file" in event["reason"]


def test_a_failure_before_anything_was_seen(stage: Stage) -> None:
    stage.says("", "", 1)
    watcher = stage.watcher()
    assert kinds(look(watcher)) == [("listing_failed", None)]
    stage.shows(server("1"))
    assert kinds(look(watcher)) == [("listing_recovered", None)]


def test_a_reason_without_secrets(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVO_TOKEN", "S3CRET-of-environment")
    said = """[WARNING]: Failed to parse inventory with 'auto' plugin: /x.vps.yml: account shop: refused S3CRET-of-environment, api_token: S3CRET
Origin: /x.vps.yml:4:6

3 api_token: S3CRET-of-file

[WARNING]:  * Failed to parse /x.vps.yml with ini plugin: no
[WARNING]:  * Failed to parse /x.vps.yml with auto plugin: Syntax Error. The offending line appears to be:  api_token:
S3CRET-of-file
[ERROR]: Completely failed to parse inventory source /x.vps.yml
"""
    stage.says("", said, 1)
    (event,) = look(stage.watcher())
    assert "S3CRET" not in json.dumps(event)
    for word in ("account shop: refused ***", "Syntax Error.", "Completely failed to parse"):
        assert word in event["reason"]
    assert "ini plugin" not in event["reason"]


PARTIAL = (
    "[WARNING]: account lab: Gcore: no connection. The inventory goes on\nwithout this account\n",
    "[WARNING]: account lab: region LON1 is left\nout: Civo: no connection\n",
)


def test_the_inventory_still_says_so() -> None:
    """The words by which a listing is known not to be complete."""
    source = (ROOT / "plugins" / "plugin_utils" / "inventory" / "answers.py").read_text(encoding="utf-8")
    assert "The inventory goes on without this account" in source and "} is left out: {" in source


@pytest.mark.parametrize("warning", PARTIAL)
def test_what_is_missing_in_a_part_has_not_vanished(stage: Stage, warning: str) -> None:
    stage.shows(server("1"), server("2", account="lab"))
    watcher = stage.watcher()
    look(watcher)
    stage.shows(server("1", status="stopped"), stderr=warning)
    failed, changed = look(watcher)
    assert (failed["event"], failed["scope"]) == ("listing_failed", "part") and "account lab" in failed["reason"]
    assert (changed["event"], changed["host"]) == ("state_changed", "web1")
    stage.shows(server("1", status="stopped"))
    assert kinds(look(watcher)) == [("listing_recovered", None), ("vanished", "web2")]


def test_what_was_missing_in_the_first_listing_is_not_new(stage: Stage) -> None:
    stage.shows(server("1"), stderr=PARTIAL[0])
    watcher = stage.watcher()
    assert kinds(look(watcher)) == [("listing_failed", None)]
    stage.shows(server("1"), server("2", account="lab"))
    assert kinds(look(watcher)) == [("listing_recovered", None)]
    stage.shows(server("1"), server("2", account="lab"), server("3"))
    assert kinds(look(watcher)) == [("created", "web3")]


def test_stale_servers_are_not_compared(stage: Stage) -> None:
    stage.shows(server("1"), server("2"), server("3", account="lab"))
    watcher = stage.watcher(expect=EXPECT_RUNNING)
    look(watcher)
    stage.shows(server("1", status="stopped", stale=True), server("4", stale=True))
    events = look(watcher)
    assert kinds(events) == [("listing_failed", None), ("vanished", "web3")]  # the account of web3 was listed
    assert events[0]["scope"] == "part" and "shop (civo)" in events[0]["reason"]
    assert look(watcher) == []
    stage.shows(server("1"), server("4"))
    assert kinds(look(watcher)) == [("listing_recovered", None), ("vanished", "web2"), ("created", "web4")]


def test_from_a_part_to_all_and_back(stage: Stage) -> None:
    watcher = stage.watcher()
    stage.shows(stderr=PARTIAL[0])
    assert [event["scope"] for event in look(watcher)] == ["part"]
    stage.says("", "", 1)
    assert [event["scope"] for event in look(watcher)] == ["all"]
    stage.shows(stderr=PARTIAL[0])
    assert [event["scope"] for event in look(watcher)] == ["part"]


# -- restarts -------------------------------------------------------------------------------------------------------------


def test_a_restart_tells_what_happened_in_between_and_nothing_else(stage: Stage) -> None:
    stage.shows(server("1"), server("2", status="stopped"), server("3"))
    assert kinds(look(stage.watcher(expect=EXPECT_RUNNING))) == [("mismatch", "web2")]
    stage.shows(server("1"), server("2", status="stopped"), server("4"))
    watcher = stage.watcher(expect=EXPECT_RUNNING, initial=True)
    assert kinds(look(watcher)) == [("vanished", "web3"), ("created", "web4")]
    assert look(watcher) == []


def test_a_restart_remembers_that_listings_fail(stage: Stage) -> None:
    stage.says("", "", 1)
    look(stage.watcher())
    assert look(stage.watcher()) == []
    stage.shows()
    assert kinds(look(stage.watcher())) == [("listing_recovered", None)]


def test_an_event_that_could_not_be_handed_over_is_told_again(stage: Stage) -> None:
    look(stage.watcher())
    stage.shows(server("1"))

    class Broken:
        async def put(self, event: t.Any) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(stage.watcher().look(Broken()))
    assert kinds(look(stage.watcher())) == [("created", "web1")]
    assert look(stage.watcher()) == []


def test_the_state_file_is_replaced_in_one_step_and_private(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = stage.watcher()
    look(watcher)
    assert stat.S_IMODE(stage.state.stat().st_mode) == 0o600
    before = stage.state.read_bytes()

    def full(handle: int) -> None:
        raise OSError("no space left")

    stage.shows(server("1"))
    with monkeypatch.context() as patched, pytest.raises(OSError, match="no space"):
        patched.setattr(os, "fsync", full)
        look(watcher)
    assert stage.state.read_bytes() == before
    assert [path.name for path in stage.state.parent.iterdir()] == ["state.json"]


def test_nothing_is_written_where_nothing_changed(stage: Stage) -> None:
    stage.shows(server("1"))
    watcher = stage.watcher()
    look(watcher)
    inode = stage.state.stat().st_ino
    look(watcher)
    assert stage.state.stat().st_ino == inode


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "was not written by this event source"),
        ("[]", "was not written by this event source"),
        ('{"version": 1, "servers": {}}', "was not written by this event source"),
        ('{"version": 2, "inventory": []}', "has version 2"),
        ('{"version": 1, "inventory": ["/other.vps.yml"]}', "belongs to the inventory /other.vps.yml"),
    ],
)
def test_a_state_file_of_something_else(stage: Stage, text: str, message: str) -> None:
    stage.state.parent.mkdir()
    stage.state.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=message):
        stage.watcher()
    assert stage.state.read_text(encoding="utf-8") == text


# -- options --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"inventory": None}, "inventory: is needed"),
        ({"inventory": []}, "inventory: is needed"),
        ({"inventory": ["/none.vps.yml"]}, "inventory: there is no /none.vps.yml"),
        ({"inventory": 3}, "inventory: must be a text"),
        ({"state_file": ""}, "state_file: is needed"),
        ({"state_file": "/dev/null/state.json"}, "state_file: /dev/null/state.json cannot be"),
        ({"interval": 0}, "interval: must be a number of seconds above 0"),
        ({"interval": True}, "interval: must be a number"),
        ({"interval": "soon"}, "interval: must be a number, not 'soon'"),
        ({"timeout": "inf"}, "timeout: must be a number of seconds"),
        ({"jitter": 1.5}, "jitter: must be a number from 0 to 1"),
        ({"command": "no-such-program"}, "command: there is no program no-such-program"),
        ({"hosts": []}, "hosts: is an empty list"),
        ({"events": ["deleted"]}, "events: 'deleted' is no event. Known are: created"),
        ({"expect": ["web1"]}, "expect: must map patterns"),
        ({"expect": {"web1": "running"}}, "expect: web1: must be a map"),
        ({"expect": {"web1": {"state": "running"}}}, "expect: web1: 'state' is no field"),
        ({"initial": "perhaps"}, "initial: must be true or false"),
        ({"intervall": 5}, "intervall: not an option"),
    ],
)
def test_bad_options_are_refused_before_anything_is_listed(stage: Stage, args: Facts, message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        asyncio.run(stage.main(asyncio.Queue(), **args))
    assert stage.calls() == []
    assert not stage.state.exists()


def test_options_as_templates_give_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage.folder)
    options = Options.of({**stage.args, "inventory": ["all.vps.yml"], "interval": "5", "initial": "yes", "events": "vanished", "expect": None})
    assert (options.inventory, options.interval, options.initial, options.events) == ((str(stage.inventory),), 5.0, True, ("vanished",))


def test_the_lister_beside_the_interpreter_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(stage.folder / "python"))
    assert Options.of({**stage.args, "command": "lister"}).command == str(stage.lister)


def test_the_documentation_tells_every_option() -> None:
    documented = yaml.safe_load(PLUGIN["DOCUMENTATION"])["options"]
    assert list(documented) == [option.name for option in PLUGIN["fields"](Options)]
    for option in PLUGIN["fields"](Options):
        if option.name not in ("inventory", "state_file", "events", "expect"):
            default = documented[option.name]["default"]
            assert (tuple(default) if isinstance(default, list) else default) == option.default, option.name
    assert documented["events"]["choices"] == list(PLUGIN["EVENTS"])


def test_the_examples_and_the_rulebook_name_real_options_and_events() -> None:
    for text in (PLUGIN["EXAMPLES"], (ROOT / "extensions" / "eda" / "rulebooks" / "vps.yml").read_text(encoding="utf-8")):
        (ruleset,) = yaml.safe_load(text)
        (source,) = [each["polyhost.cloud.vps"] for each in ruleset["sources"]]
        assert set(source) <= {option.name for option in PLUGIN["fields"](Options)}
        named = {name for rule in ruleset["rules"] for name in re.findall(r'vps\.event == "(\w+)"', rule["condition"])}
        assert named and named <= set(PLUGIN["EVENTS"])


def test_nothing_of_the_collection_is_imported() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


# -- running --------------------------------------------------------------------------------------------------------------


def test_it_watches_until_it_is_cancelled(stage: Stage) -> None:
    async def scene() -> list[str]:
        queue: asyncio.Queue[t.Any] = asyncio.Queue()
        watching = asyncio.create_task(stage.main(queue, interval=0.01, initial=True))
        stage.shows(server("1"))
        first = await queue.get()
        stage.shows()
        second = await queue.get()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        return [event["vps"]["event"] for event in (first, second)]

    assert asyncio.run(asyncio.wait_for(scene(), 30)) == ["created", "vanished"]


def test_a_second_one_with_the_same_file_is_refused(stage: Stage) -> None:
    async def scene() -> None:
        queue: asyncio.Queue[t.Any] = asyncio.Queue()
        stage.shows(server("1"))
        watching = asyncio.create_task(stage.main(queue, interval=60, initial=True))
        await queue.get()
        with pytest.raises(OptionError, match="another event source uses"):
            await stage.main(queue)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        with pytest.raises(asyncio.TimeoutError):  # the file is free again
            await asyncio.wait_for(stage.main(queue, interval=60), 0.5)

    asyncio.run(asyncio.wait_for(scene(), 30))


def ended(pids: list[int]) -> bool:
    """Whether these processes end; a dead one may still wait for its parent to notice."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def test_cancelled_in_the_middle_of_a_listing_it_leaves_no_process(stage: Stage) -> None:
    stage.program(HANGING)
    pids = stage.folder / "pids"

    async def scene() -> None:
        watching = asyncio.create_task(stage.main(asyncio.Queue()))
        while not pids.exists():
            await asyncio.sleep(0.01)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching

    asyncio.run(asyncio.wait_for(scene(), 30))
    assert ended([int(pid) for pid in pids.read_text(encoding="utf-8").split()])
    assert not stage.state.exists()


def test_a_listing_that_takes_too_long_is_ended_with_all_it_started(stage: Stage) -> None:
    stage.program(HANGING)
    (event,) = look(stage.watcher(timeout=0.5))
    assert event["event"] == "listing_failed" and "was ended after 0.5 seconds" in event["reason"]
    pids = stage.folder / "pids"
    assert not pids.exists() or ended([int(pid) for pid in pids.read_text(encoding="utf-8").split()])


def test_the_interval_varies(stage: Stage) -> None:
    options = Options.of({**stage.args, "interval": 100, "jitter": 0.2})
    pauses = {PLUGIN["pause"](options) for step in range(50)}
    assert len(pauses) > 1 and all(80 <= pause <= 120 for pause in pauses)
    assert PLUGIN["pause"](Options.of({**stage.args, "interval": 100, "jitter": 0})) == 100
