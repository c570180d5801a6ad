# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks that make and change servers, without AWX: planned, asked for, approved, applied; a second run changes nothing."""

from __future__ import annotations

import json
import typing as t

from .conftest import Controller

ORDER = {"provider": "civo", "region": "LON1", "image": "ubuntu-jammy", "size": "g3.small", "firewalls": ["default-default"]}


def inventory(controller: Controller, **wanted: dict[str, t.Any]) -> str:
    """A folder with the servers at Civo, and what is wanted of hosts."""
    folder = controller.folder / "inventory"
    folder.mkdir()
    (folder / "civo.vps.yml").write_text(json.dumps({"plugin": "polyhost.cloud.vps", "provider": "civo", "rate_limit": 0}), encoding="utf-8")
    hosts = {name: {"vps_wanted": {"rate_limit": 0, **options}} for name, options in wanted.items()}
    (folder / "wanted.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return str(folder)


def test_changes_are_asked_for(controller: Controller) -> None:
    controller.simulator["civo"].seed_instances(1, name="web1")
    hosts = inventory(controller, web1={"size": "g3.medium", "allow": ["restart", "cost"]}, web2={**ORDER, "tags": {"role": "web"}})
    playbook = ("polyhost.cloud.change", "-i", hosts)

    unanswered = controller.playbook(*playbook)
    assert unanswered.status != 0 and "Not approved, so nothing was changed" in unanswered.output, unanswered.output
    assert "Changes: 2, in 2 plans. Effects: restart." in unanswered.output
    assert controller.simulator.writes("civo") == []

    approved = controller.playbook(*playbook, "-e", "change_approved=true")
    assert approved.status == 0, approved.output
    assert sorted(controller.simulator.writes("civo")) == ["instances.create", "instances.resize"]

    again = controller.playbook(*playbook, "--check")
    assert again.status == 0 and "Changes: 0, in 2 plans." in again.output, again.output
    assert len(controller.simulator.writes("civo")) == 2


def test_a_pattern_that_nobody_matches(controller: Controller) -> None:
    nobody = controller.playbook("polyhost.cloud.change", "-i", inventory(controller, web1={"size": "g3.medium"}), "-e", "change_hosts=wbe1")
    assert nobody.status != 0 and "No host matches wbe1" in nobody.output, nobody.output
    without = controller.playbook("polyhost.cloud.rolling_update")
    assert without.status != 0 and "No host matches role_web" in without.output, without.output


def test_provision_a_list(controller: Controller) -> None:
    servers = {"servers": [{**ORDER, "name": "app1", "rate_limit": 0}, {**ORDER, "name": "app2", "rate_limit": 0, "max_retry_wait": 5}]}
    playbook = ("polyhost.cloud.provision", "-e", json.dumps(servers))
    foreseen = controller.playbook(*playbook, "--check")
    assert foreseen.status == 0 and "app2 at civo: running, id not known yet" in foreseen.output, foreseen.output
    assert controller.simulator.writes("civo") == []
    assert controller.playbook(*playbook).status == 0
    again = controller.playbook(*playbook)
    assert "changed=0 " in again.output and "nothing changed" in again.output, again.output
    assert controller.simulator.writes("civo") == ["instances.create"] * 2


def test_a_reverse_name(controller: Controller) -> None:
    controller.simulator["civo"].seed_instances(1, name="mail1")
    named = ("polyhost.cloud.rdns", "-e", "provider=civo", "-e", "region=LON1", "-e", "instance=mail1", "-e", "hostname=mail.example.com", "-e", "pause=1")
    first = controller.playbook(*named)
    assert first.status == 0 and "is mail.example.com" in first.output, first.output
    assert "changed=0 " in controller.playbook(*named).output
    assert controller.simulator.writes("civo") == ["instances.update"]
