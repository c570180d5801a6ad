# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that put an address into service and out of it, broken off wherever they change something, and the register that they keep."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
import yaml

from .conftest import ROOT, Controller
from .postgresql import NotToBeHad, server

INTO, OUT = "polyhost.cloud.address_into_service", "polyhost.cloud.address_out_of_service"
SCRIPTS = ROOT / "playbooks" / "files"
NAME = "www.example.com"
FACTS = {"reverse_name": NAME, "tenant": "acme", "monthly_cost": 2.5}
ENTRY = [f"--reverse-name={NAME}", "--tenant=acme", "--monthly-cost=2.5"]


class Zone:
    """A name server on loopback that knows A records: those of C(until_asked) go away when they were told once."""

    def __init__(self, addresses: dict[str, str], until_asked: dict[str, str]) -> None:
        self._addresses, self._until_asked = addresses, until_asked
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(65535)
            query = dns.message.from_wire(wire)
            name = query.question[0].name
            response = dns.message.make_response(query)
            known = name.to_text(omit_final_dot=True)
            address = self._until_asked.pop(known, None) or self._addresses.get(known)
            if address is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
            elif query.question[0].rdtype == dns.rdatatype.A:
                response.answer.append(dns.rrset.from_text(name, 300, "IN", "A", address))
            self._socket.sendto(response.to_wire(), client)


class Story:
    """Runs of the playbooks one after the other, in one process: each on a host of its own, so that none knows what another one registered."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._plays: list[dict[str, t.Any]] = []
        self._folder = controller.folder / "playbooks"
        self._folder.mkdir()
        (self._folder / "files").symlink_to(SCRIPTS)
        controller.environ["ANSIBLE_PIPELINING"] = "true"

    def run(self, playbook: str, *, until: str | None = None, **given: str) -> None:
        """One run; with C(until) it breaks off after the task of that name. A failure does not keep the next one from its turn."""
        text = (ROOT / "playbooks" / f"{playbook.rpartition('.')[2]}.yml").read_text(encoding="utf-8")
        (play,) = yaml.safe_load(text)
        names = [task["name"] for task in play["tasks"]]
        tasks = play["tasks"][: names.index(until) + 1 if until else None]
        play.update(hosts=f"run{len(self._plays)}", tasks=[{"block": tasks, "rescue": [{"ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}]}])
        play["vars"].update(given, ansible_python_interpreter=sys.executable)
        play["module_defaults"]["group/polyhost.cloud.vps"]["rate_limit"] = 0
        self._plays.append(play)

    def enter(self, *arguments: str) -> None:
        """Somebody enters an address by hand."""
        task = {"ansible.builtin.command": {"argv": [sys.executable, str(SCRIPTS / "address_register.py"), "open", *arguments]}}
        self._plays.append({"hosts": f"run{len(self._plays)}", "connection": "local", "gather_facts": False, "tasks": [task]})

    def outcomes(self, *arguments: str) -> tuple[list[int | str], str]:
        """How many tasks of each run changed something, or C(refused), and what all of them said in one line."""
        path = self._folder / "story.yml"
        path.write_text(json.dumps(self._plays), encoding="utf-8")
        hosts = ",".join(play["hosts"] for play in self._plays)
        output = self._controller.playbook(str(path), "-i", f"{hosts},", *arguments).output
        recap = re.findall(r"^run\d+ +: .*changed=(\d+) .*failed=0 .*rescued=(\d+)", output, re.MULTILINE)
        return ["refused" if int(rescued) else int(changed) for changed, rescued in recap], " ".join(output.split())


def register(controller: Controller, *arguments: str) -> t.Any:
    """What the register's script tells."""
    if "VPS_ADDRESS_REGISTER_DSN" not in controller.environ:
        controller.environ["VPS_ADDRESS_REGISTER"] = str(controller.folder / "register.sqlite")
    told = subprocess.run([sys.executable, SCRIPTS / "address_register.py", *arguments], env=controller.environ, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def facts(row: dict[str, t.Any]) -> dict[str, t.Any]:
    """A row without its times."""
    return {name: value for name, value in row.items() if not name.endswith("_since")}


# -- the playbooks ----------------------------------------------------------------------------------------------------


def test_an_address_comes_into_service_wherever_a_run_breaks_off(controller: Controller, register_environment: dict[str, str]) -> None:
    own = controller.simulator["hostwinds"]
    with own.lock:
        (instance,) = own.seed_instances(1, name="web1")
        row = own.servers[instance]["row"]
        main, second = row["main_ip"], own.new_address()
        row["ips"] = [*row["ips"], second]
    controller.environ.update(register_environment)
    given = {"provider": "hostwinds", "instance": "web1", "hostname": "WWW.example.com.", "firewall": "webstack", "pause": "1"}
    given.update(tenant="acme", monthly_cost="2.50")
    story = Story(controller)
    story.run(INTO, **given)
    story.enter(f"--address={main}", f"--instance={instance}")
    story.run(INTO, until="Its reverse name", **given)
    story.run(INTO, until="The server has the firewall", **given)
    story.run(INTO, **given)
    story.run(INTO, **given)
    outcomes, output = story.outcomes("-vvv")
    assert outcomes == ["refused", 1, 1, 1, 1, 0], output
    assert f"web1 at Hostwinds has {main}, {second} and none of them in service" in output
    assert controller.simulator.writes("hostwinds") == ["set_rdns", "set_instance_firewall"]
    assert controller.simulator.dns.visible(second) == NAME
    assert own.servers[instance]["firewall"] == "8f3a1c-webstack"
    (entry,) = register(controller, "list", f"--address={second}")["rows"]
    assert facts(entry) == {"address": second, "instance": instance, **FACTS}
    assert (entry["out_of_service_since"], entry["in_service_since"][-1]) == (None, "Z")
    assert own.violations == []


def civo_with_a_reserved_address(controller: Controller) -> tuple[str, str]:
    """A server, and the reserved address that it has got and that is in service."""
    own = controller.simulator["civo"]
    with own.lock:
        (instance,) = own.seed_instances(1, name="web1")
        row = {"id": own.new_uuid(), "name": "www", "ip": own.new_public_ip(), "assigned_to": None}
        own.table("ips", "LON1")[row["id"]] = row
        own.give_address("LON1", row, own.table("instances", "LON1")[instance])
    register(controller, "open", f"--address={row['ip']}", f"--instance={instance}", *ENTRY)
    return instance, row["ip"]


def test_an_address_goes_out_of_service_wherever_a_run_breaks_off(controller: Controller) -> None:
    own = controller.simulator["civo"]
    _instance, address = civo_with_a_reserved_address(controller)
    (other,) = own.seed_instances(1, name="web2")
    main = own.table("instances", "LON1")[other]["public_ip"]
    (opened,) = register(controller, "list")["rows"]
    zone = Zone({"shop.example.com": "192.0.2.7"}, until_asked={NAME: address, "old.example.com": address})
    # The simulated name server refuses names like these, so that the next one is asked.
    controller.environ["VPS_RESOLVERS"] = f"{controller.environ['VPS_RESOLVERS']},{zone.place}"
    given = {"provider": "civo", "region": "LON1", "address": address, "names": "shop.example.com,old.example.com,none.example.com"}
    story = Story(controller)
    story.run(OUT, **{**given, "address": main})
    story.run(OUT, **given)
    story.run(OUT, until="It is given back", **given)
    story.run(OUT, **given)
    story.run(OUT, **given)
    outcomes, output = story.outcomes()
    assert outcomes == ["refused", "refused", 1, 1, 0], output
    assert f"{main} is the main address of its server" in output
    assert f"{NAME}, old.example.com still leads to {address}" in output
    assert controller.simulator.writes("civo") == ["ips.action", "ips.delete"]
    assert own.table("ips", "LON1") == {}
    (closed,) = register(controller, "list")["rows"]
    assert {**closed, "out_of_service_since": None} == opened
    assert closed["out_of_service_since"] > opened["in_service_since"]
    assert own.violations == []


def test_check_mode_of_both_writes_nothing(controller: Controller) -> None:
    instance, address = civo_with_a_reserved_address(controller)
    own = controller.simulator["civo"]
    with own.lock:
        (network,) = (row for row in own.table("networks", "LON1").values() if row["default"])
        own._new_firewall("LON1", "web", network, [])
    before = register(controller, "list")
    given = {"provider": "civo", "region": "LON1", "instance": "web1", "hostname": "new.example.com", "firewall": "web", "tenant": "acme"}
    controller.environ["VPS_RESOLVERS"] = Zone({}, {}).place
    here = {"PWD": str(controller.folder), "VPS_ADDRESS_REGISTER": "register.sqlite"}  # from where the user is, not from the collection's folder
    words = ["--check", "-e", f"address={address}", *(f"-e{name}={value}" for name, value in given.items())]
    foreseen = controller.playbook(INTO, OUT, *words, environ=here)
    assert foreseen.status == 0, foreseen.output
    assert "changed=5" in foreseen.output, foreseen.output
    assert controller.simulator.writes("civo") == []
    assert register(controller, "list") == before
    assert own.table("instances", "LON1")[instance]["public_ip"] == address


def test_what_a_provider_does_not_have_is_told_before_anything_is_sent(controller: Controller) -> None:
    story = Story(controller)
    story.run(INTO, provider="gcore", region="4", instance="web1", hostname=NAME, firewall="web")
    story.run(OUT, provider="hosterapi", address="192.0.2.7")
    outcomes, output = story.outcomes()
    assert outcomes == ["refused", "refused"], output
    assert "To go on without one, give -e reverse_dns=false" in output
    assert "Addresses come with the server and stay on it" in output
    assert controller.simulator.calls("gcore") + controller.simulator.calls("hosterapi") == []


# -- the register -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgresql() -> t.Iterator[str]:
    """The connection string of an empty PostgreSQL database."""
    try:
        running = server()
        dsn = running.__enter__()
    except NotToBeHad as exc:
        pytest.skip(f"PostgreSQL: {exc}")
    try:
        yield dsn
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def register_environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What leads a playbook to PostgreSQL, where there is one, by a connection string with a password; else to a file."""
    try:
        return {"VPS_ADDRESS_REGISTER_DSN": request.getfixturevalue("postgresql")}
    except pytest.skip.Exception:
        return {"VPS_ADDRESS_REGISTER": str(tmp_path / "register.sqlite")}


def prove_register(controller: Controller) -> None:
    """History, prediction, and one open row however many runs there are at once."""
    first = [f"--address={'2001:db8:0::1'}", "--instance=7"]
    assert register(controller, "--check", "open", *first)["changed"] is True
    assert register(controller, "list", first[0]) == {"changed": False, "rows": []}
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda number: register(controller, "open", *first, *ENTRY), range(4)))
    assert sorted(each["changed"] for each in told) == [False, False, False, True]
    (entry,) = {json.dumps(each["row"]) for each in told}
    assert facts(json.loads(entry)) == {"address": "2001:db8::1", "instance": "7", **FACTS}
    assert register(controller, "--check", "open", *first) == {"changed": False, "row": json.loads(entry)}
    assert register(controller, "--check", "close", first[0])["row"]["out_of_service_since"] is None
    assert register(controller, "open", *first, "--tenant=other")["changed"] is True
    assert register(controller, "close", first[0])["changed"] is True
    assert register(controller, "close", first[0])["changed"] is False
    assert register(controller, "open", *first)["row"]["tenant"] is None
    rows = register(controller, "list", first[0])["rows"]
    assert [(row["tenant"], row["monthly_cost"], row["out_of_service_since"] is None) for row in rows] == [
        ("acme", 2.5, False),
        ("other", 2.5, False),
        (None, None, True),
    ]
    assert rows[0]["out_of_service_since"] == rows[1]["in_service_since"]


def test_the_register_in_sqlite(controller: Controller) -> None:
    prove_register(controller)
    assert (controller.folder / "register.sqlite").stat().st_mode & 0o777 == 0o600


def test_the_register_in_postgresql(controller: Controller, postgresql: str) -> None:
    controller.environ["VPS_ADDRESS_REGISTER_DSN"] = postgresql
    prove_register(controller)
