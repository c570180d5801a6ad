# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tour through Gcore."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.plugin_utils.simulator.gcore_frame import Scope

from .conftest import Controller
from .tour import go, lacking, walk, write

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b first@example.com"
IMAGE = "ubuntu-22.04-x64"
SIZE = {"size": "g2-standard-1-2"}
DETACH = {"allow": ["detach"]}
RESTART = {"allow": ["restart", "cost"]}
CUSTOMER = {"reseller_id": 1234}
NIGHTLY = {"name": "nightly", "cron": "0 3 29 2 *", "keep": 3}


def servers(controller: Controller, *names: str) -> t.Any:
    """The simulated provider with some servers."""
    own: t.Any = controller.simulator["gcore"]
    for name in names:
        own.seed_instances(1, name=name, region="4")
    return own


def test_the_tour_of_reads_and_names_at_gcore(controller: Controller) -> None:
    own = servers(controller, "web1", "bare1")
    own.settings["reseller"] = "on"
    controller.simulator.fault("gcore", "reseller_names.available", "status", status=404)
    shelf = own.shelf("instances", Scope(1337, 4))
    bare = next(row for row in shelf.values() if row["name"] == "bare1")
    bare["ports"] = []  # both keys of the port list are optional (section 2.1)
    bare["overrides"] = dict.fromkeys(("tags", "metadata", "metadata_detailed"))
    stops = [
        write("name_template", **CUSTOMER, custom_names=False, templates=["vps-{ip_octets}"]),
        go("name_template_info", available=True),
        go("name_template_info", available=True),
        go("name_template", **CUSTOMER, state="absent"),
        go("instance_info", search={"name": "web1"}),
        go("instance_info", name="bare1", project="default", read=["firewalls"]),
        go("instance", name="bare1", tags={}),
        go("catalog_info", lists=["sizes", "app_templates", "placement_groups"], sizes_for={"image": IMAGE}),
        go("metrics_info", instance="web1"),
        go("quota_info", wanted={"image": IMAGE, **SIZE}),
        go("console", instance="web1"),
        write("ssh_key", name="deploy", public_key=KEY),
        go("ssh_key", name="deploy", state="absent"),
        *lacking("smtp_filter", "software"),
    ]
    results = walk(controller, "gcore", stops, region="4")
    assert results[1]["available"] == results[2]["available"] != []  # the older call says what its successor says
    assert [found["name"] for found in results[4]["instances"]] == ["web1"]
    assert results[9]["fits"] is True
    assert results[10]["console"]["url"]


def test_the_tour_of_servers_at_gcore(controller: Controller) -> None:
    servers(controller, "web1")
    tags = {"role": "web", "team": "a", "stage": "test"}
    stops = [
        go("instance", name="web1", size="g2-standard-2-4", **RESTART),
        go("instance", name="web1", state="stopped").called("stopped"),
        go("instance", id="{{ stopped.instance.id }}", name="www1", tags=tags),
        go("instance", name="www1", tags={"role": "web"}),
        go("instance", name="www1", tags={}),
        write("instance", name="www1", placement_group="spread", **RESTART),
        go("instance", name="www1", placement_group="", **RESTART),
        go("firewall", name="fw", rules=[{"ports": "22"}], instances=["www1"]),
        go("firewall", name="fw", state="absent", **DETACH),
        write("instance", name="blog1", app_template="wordpress-latest", app_config={"admin_email": "a@example.org", "admin_password": "S3CRET-blog"}, **SIZE),
    ]
    walk(controller, "gcore", stops, region="4")
    assert sorted(server["name"] for server in controller.simulator["gcore"].instances()) == ["blog1", "www1"]


def test_the_tour_of_resources_at_gcore(controller: Controller) -> None:
    servers(controller, "web1")
    held = {"exception_class": "Conflict", "message": "The snapshot is locked by a task"}
    controller.simulator.fault("gcore", "snapshots.delete", "status", status=409, body=held)  # so that one looks whose it is
    stops = [
        write("interface", instance="web1", network="net2-b"),  # a subnet
        go("interface_info", instance="web1"),
        write("address", name="mail", instance="web1").called("made"),
        go("address", address="{{ made.address.address }}", name="post"),
        go("address", name="post", instance="", **DETACH),
        go("address", name="post", state="absent"),
        go("interface", instance="web1", network="net2-b", state="absent"),
        go("backup", instance="web1", schedule=NIGHTLY),
        write("volume", name="data", size_gb=10, instance="web1"),
        go("backup", instance="web1", schedule={**NIGHTLY, "cron": "0 4 29 2 *", "paused": True}),
        go("backup", instance="web1").called("kept"),
        go("volume", name="data", instance="", **DETACH),
        go("backup", instance="web1", schedule={"name": "nightly"}, state="absent"),  # it is about a foreign volume by now
        go("backup", instance="web1", schedule={"name": "daily", "every": "24h", "keep": 2}),
        go("backup", instance="web1", schedule={"name": "daily"}, state="absent"),
        go("backup", instance="web1", id="{{ kept.backup.parts[1].id }}", state="restored", restore_to="in_place", allow=["rebuild"]),
        go("volume", name="data", size_gb=20, allow=["cost"]),
        go("backup", instance="web1", id="{{ kept.backup.id }}", state="absent"),
        go("volume", name="data", state="absent"),
        go("volume_info"),
    ]
    *_done, volumes = walk(controller, "gcore", stops, region="4")
    assert [volume["bootable"] for volume in volumes["volumes"] if volume["instance"]] == [True, True]
