# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tour through Civo."""

from __future__ import annotations

import typing as t

from .conftest import Controller
from .tour import go, lacking, walk, write

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b first@example.com"
SNAPSHOT = "0f4a1c52-6a0e-4d7c-9a53-6c1de1b1f2aa"
SSH, WEB = {"ports": "22"}, {"ports": "80"}
DETACH = {"allow": ["detach"]}
RESTART = {"allow": ["restart", "cost"]}


def test_the_tour_of_servers_at_civo(controller: Controller) -> None:
    controller.simulator["civo"].seed_instances(1, name="web1", region="LON1")
    stops = [
        go("quota_info", wanted={"size": "g3.medium"}),
        go("firewall", name="fw", rules=[SSH]).called("made"),
        go("firewall", id="{{ made.firewall.id }}", name="front", rules=[WEB]),
        go("instance", name="web1", firewalls=["front"]),
        write("console", instance="web1", duration="30m"),
        go("console", instance="web1", state="absent"),
        go("instance", name="web1", size="g3.medium", **RESTART),
        go("instance", name="web1", state="stopped"),
        go("instance", name="web1", state="started"),
        go("instance", name="web1", state="restarted", stop_mode="hard"),
        go("instance", name="web1", rescue=True, **RESTART),
        go("instance", name="web1", rescue=False, **RESTART),
        *lacking("dedicated", "name_template"),
    ]
    results = walk(controller, "civo", stops, region="LON1")
    assert results[0]["fits"] is True
    assert results[4]["console"]["url"]


def test_the_tour_of_resources_at_civo(controller: Controller) -> None:
    own: t.Any = controller.simulator["civo"]
    for name in ("web1", "web2"):
        own.seed_instances(1, name=name, region="LON1")
    row = {"id": SNAPSHOT, "name": "nightly", "volume_id": "gone", "restore_size": 20, "status": "Ready", "_": {}}
    own.table("volume_snapshots", "LON1")[SNAPSHOT] = row
    stops = [
        write("ssh_key", name="deploy", public_key=KEY).called("key"),
        go("ssh_key", id="{{ key.ssh_key.id }}", name="rollout"),
        go("ssh_key", name="rollout", state="absent"),
        write("address", name="mail", instance="web1").called("made"),
        go("address", address="{{ made.address.address }}", name="post"),
        go("address", name="post", instance="web2", **DETACH),
        go("address", name="post", state="absent", **DETACH),
        write("volume", name="data", size_gb=10, instance="web1"),
        go("volume", name="data", instance="", **DETACH),
        go("volume", name="data", state="absent"),
        go("volume", name="copy", snapshot="nightly"),
        go("ssh_key_info"),
        go("address_info"),
    ]
    *_done, copy, keys, addresses = walk(controller, "civo", stops, region="LON1")
    assert "rollout" not in [key["name"] for key in keys["ssh_keys"]]
    assert addresses["addresses"] == []
    assert (copy["volume"]["size_gb"], copy["volume"]["instance"]) == (20, None)


def test_the_tour_of_backups_at_civo(controller: Controller) -> None:
    for name in ("web1", "web2"):
        controller.simulator["civo"].seed_instances(1, name=name, region="PRIV1")
    nightly = {"name": "nightly", "cron": "0 3 29 2 *", "keep": 3}
    stops = [
        go("backup", instance="web1", name="before").called("made"),
        go("backup", instance="web1", id="{{ made.backup.id }}", state="absent"),
        go("backup", instance="web1", schedule=nightly),
        go("backup", instance="web1", schedule={**nightly, "paused": True}),
        go("backup", instance="web1", schedule={"name": "nightly"}, state="absent"),
        go("backup", instance="web2", name="last").called("kept"),
        go("instance", name="web2", state="absent"),
        go("backup", id="{{ kept.backup.id }}", state="restored", restore_to="new", new_name="web3", allow=["rebuild"]),
        go("backup", id="{{ kept.backup.id }}", state="absent"),
    ]
    walk(controller, "civo", stops, region="PRIV1")
    assert [server["name"] for server in controller.simulator["civo"].instances()] == ["web1", "web3"]
