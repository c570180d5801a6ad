# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Gcore server is made of and where it is placed, at the wire: application templates, interfaces, volumes, placement groups, names by template."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConflictError, NotAppliedError, OptionError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Receipt
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.gcore.tasks import task_of

from .test_gcore import BASE, CATALOGUE, GET, LIST, TAGS_REPLACE, TAGS_SET, Row, World, listed, problem, refusal, task, vm, wish

TEMPLATES, TEMPLATE = "GET /v1/apptemplates/1337/4", "GET /v1/apptemplates/1337/4/wiki-1"
GROUPS = "GET /v1/servergroups/1337/4"
JOIN, LEAVE = (f"POST /v1/instances/1337/4/vm-1/{verb}_servergroup" for verb in ("put_into", "remove_from"))
SNAPSHOTS = "GET /v1/snapshots/1337/4"
WIKI = {"id": "wiki-1", "display_name": "Wiki", "min_disk": 15, "min_ram": 2048, "min_vcpus": 1, "os_name": "ubuntu"}


@pytest.fixture(name="world")
def fixture_world() -> World:
    return World()


@pytest.fixture(name="shop")
def fixture_shop(world: World) -> World:
    for call, rows in CATALOGUE.items():
        world.script.on(call, rows)
    world.script.on(TEMPLATES, listed({key: WIKI[key] for key in ("id", "display_name")}))
    world.script.on(TEMPLATE, WIKI)
    world.script.on(GROUPS, listed({"servergroup_id": "grp-1", "name": "spread", "instances": []}))
    world.script.on(SNAPSHOTS, listed({"id": "snap-1", "name": "nightly", "size": 12}))
    return world


def body(shop: World, **fields: t.Any) -> Row:
    return t.cast(Row, shop.driver.order(wish(**{**BASE, **fields})).body)


# -- application templates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["Wiki", "wiki-1"])
def test_an_application_template_takes_the_place_of_the_image(shop: World, wanted: str) -> None:
    order = shop.driver.order(wish(size="g2-1-2", app_template=wanted, app_config={"admin": "s3cret-pass"}))
    assert order.body["volumes"] == [{"source": "apptemplate", "apptemplate_id": "wiki-1", "size": 15, "boot_index": 0}]
    assert order.body["configuration"] == {"admin": "s3cret-pass"}
    assert (order.predicted["image"], order.predicted["image_id"]) == (None, None)
    assert "s3cret-pass" not in str(order.traits)


@pytest.mark.parametrize(
    ("least", "words"),
    [({"min_vcpus": 2}, ("2 cores", "has 1")), ({"min_ram": 4096}, ("4096 MiB", "has 2048")), ({"min_disk": 31}, ("at least 31 GiB", "not 30"))],
)
def test_a_server_that_is_too_small_for_an_application_is_refused(shop: World, least: Row, words: tuple[str, ...]) -> None:
    shop.script.on(TEMPLATE, {**WIKI, **least})
    error = refusal(OptionError, lambda: shop.driver.order(wish(size="g2-1-2", app_template="Wiki", disk_gb=30)))
    assert all(word in str(error) for word in words)


def test_an_application_on_windows_has_the_access_rules_of_windows(shop: World) -> None:
    shop.script.on(TEMPLATE, {**WIKI, "os_name": "Windows"})
    error = refusal(OptionError, lambda: shop.driver.order(wish(size="g2-1-2", app_template="Wiki", username="admin", password="s3cret-pass")))
    assert error.facts["option"] == "username"


# -- interfaces -----------------------------------------------------------------------------------------------------------


def test_interfaces_are_sent_in_their_order_each_in_its_form(shop: World) -> None:
    wanted = [
        {"external": True, "address_family": "dual", "firewalls": ["web"], "name": "front"},
        {"network": "net1", "address": "10.0.0.9", "public_ip": True},
        {"network": "sub1"},
        {"network": "net1", "address_family": "ipv6", "firewalls": ["sg-db", "ssh"]},
        {"network": "public"},
    ]
    order = shop.driver.order(wish(**BASE, interfaces=wanted))
    assert order.body["interfaces"] == [
        {"type": "external", "ip_family": "dual", "interface_name": "front", "security_groups": [{"id": "sg-web"}]},
        {"type": "any_subnet", "network_id": "net-1", "ip_address": "10.0.0.9", "floating_ip": {"source": "new"}},
        {"type": "subnet", "network_id": "net-1", "subnet_id": "sub-1"},
        {"type": "any_subnet", "network_id": "net-1", "ip_family": "ipv6", "security_groups": [{"id": "sg-db"}, {"id": "sg-ssh"}]},
        {"type": "external", "ip_family": "ipv4"},
    ]
    assert [str(group) for group in order.predicted["firewalls"]] == ["db", "default", "ssh", "web"]
    assert order.predicted["network"] is None


def test_firewalls_of_the_server_are_those_of_each_interface(shop: World) -> None:
    interfaces = body(shop, interfaces=[{"external": True}, {"network": "net1"}], firewalls=["web"])["interfaces"]
    assert [each["security_groups"] for each in interfaces] == [[{"id": "sg-web"}]] * 2


@pytest.mark.parametrize("wanted", [{"network": "sub1", "address": "10.0.0.9"}, {"network": "sub1", "address_family": "ipv4"}])
def test_a_subnet_chooses_the_address_itself(shop: World, wanted: Row) -> None:
    error = refusal(OptionError, lambda: body(shop, interfaces=[wanted]))
    assert "sub1" in str(error) and "single subnet" in str(error)


# -- volumes --------------------------------------------------------------------------------------------------------------


def test_volumes_are_sent_in_their_order_each_in_its_form(shop: World) -> None:
    shop.script.on("GET /v1/volumes/1337/4/vol-9", {"id": "vol-9", "status": "available", "bootable": False})
    wanted = [
        {"size_gb": 5, "type": "ssd_hiiops", "name": "data"},
        {"boot": True, "keep": False},
        {"snapshot": "nightly"},
        {"snapshot": "snap-1", "size_gb": 20},
        {"id": "vol-9", "keep": True},
    ]
    assert body(shop, volumes=wanted)["volumes"] == [
        {"source": "new-volume", "size": 5, "name": "data", "type_name": "ssd_hiiops"},
        {"source": "image", "image_id": "img-u", "size": 10, "boot_index": 0, "delete_on_termination": True},
        {"source": "snapshot", "snapshot_id": "snap-1", "size": 12},
        {"source": "snapshot", "snapshot_id": "snap-1", "size": 20},
        {"source": "existing-volume", "volume_id": "vol-9"},
    ]


def test_a_boot_volume_that_brings_its_system_needs_no_image(shop: World) -> None:
    order = shop.driver.order(wish(size="g2-1-2", volumes=[{"snapshot": "nightly"}, {"size_gb": 5}]))
    assert order.body["volumes"] == [{"source": "snapshot", "snapshot_id": "snap-1", "size": 12, "boot_index": 0}, {"source": "new-volume", "size": 5}]


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ([{"size_gb": 9}], "at least 10 GiB"),
        ([{}, {}], "needs a size"),
        ([{}, {"snapshot": "nightly", "size_gb": 11}], "at least 12 GiB"),
        ([{}, {"snapshot": "weekly"}], "weekly"),
        ([{}, {"id": "vol-used"}], "in-use, not available"),
        ([{}, {"id": "vol-none"}], "no volume 'vol-none'"),
    ],
)
def test_volumes_that_cannot_be_are_refused(shop: World, volumes: list[Row], words: str) -> None:
    shop.script.on("GET /v1/volumes/1337/4/vol-used", {"id": "vol-used", "status": "in-use"})
    shop.script.on("GET /v1/volumes/1337/4/vol-none", problem(404, "NotFoundError", "no"))
    assert words in str(refusal(OptionError, lambda: body(shop, volumes=volumes)))


def test_a_volume_without_a_system_does_not_boot(shop: World) -> None:
    shop.script.on("GET /v1/volumes/1337/4/vol-9", {"id": "vol-9", "status": "available", "bootable": False})
    assert "cannot boot" in str(refusal(OptionError, lambda: shop.driver.order(wish(size="g2-1-2", volumes=[{"id": "vol-9"}]))))
    assert "image" in str(refusal(OptionError, lambda: shop.driver.order(wish(size="g2-1-2", volumes=[{"size_gb": 5}]))))


# -- placement groups -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["spread", "grp-1"])
def test_a_placement_group_is_a_part_of_the_order(shop: World, wanted: str) -> None:
    order = shop.driver.order(wish(**BASE, placement_group=wanted))
    assert order.body["servergroup_id"] == "grp-1"
    assert order.predicted["facts"]["placement_group"] == Ref("grp-1", "spread")
    assert "servergroup_id" not in body(shop, placement_group="")


@pytest.mark.parametrize("member", [{"instance_id": "vm-1", "instance_name": "web1"}, {"id": "vm-1"}, "vm-1"])
@pytest.mark.parametrize("identity", ["servergroup_id", "id"])
def test_the_group_that_lists_a_server_is_its_own(world: World, member: t.Any, identity: str) -> None:
    world.script.on(GROUPS, listed({identity: "grp-0", "name": "pack", "instances": None}, {identity: "grp-1", "name": "spread", "instances": [member]}))
    assert world.driver.read(world.server(), ("placement_group",)).facts["placement_group"] == Ref("grp-1", "spread")
    assert "placement_group" not in world.driver.read(world.server(), ("tags",)).facts


def test_entering_and_leaving_a_group_await_all_tasks(world: World) -> None:
    inside = listed({"servergroup_id": "grp-1", "name": "spread", "instances": [{"instance_id": "vm-1"}]})
    server = world.server()
    for call, group, groups, sent in ((JOIN, Ref("grp-1"), inside, {"servergroup_id": "grp-1"}), (LEAVE, None, listed(), None)):
        world.script.sent.clear()
        world.script.on(call, {"tasks": ["t-1", "t-2"]})
        world.script.on(GROUPS, groups)
        world.script.on("GET /v1/tasks/t-1", task())
        world.script.on("GET /v1/tasks/t-2", task("RUNNING", "t-2"), task(number="t-2"))
        world.wait(world.driver.set_placement_group(server, group))
        assert world.script.writes == [(call, sent)]
        assert world.script.calls.count("GET /v1/tasks/t-2") == 2


def test_a_refusal_does_not_matter_when_it_holds_by_then(world: World) -> None:
    world.script.on(JOIN, problem(409, "ConflictError", "Instance vm-1 is in a server group already"))
    world.script.on(GROUPS, listed({"servergroup_id": "grp-1", "name": "spread", "instances": [{"instance_id": "vm-1"}]}))
    server = world.server()
    world.wait(world.driver.set_placement_group(server, Ref("grp-1")))
    refusal(ConflictError, lambda: world.driver.set_placement_group(server, Ref("grp-2")))


def test_what_the_groups_never_show_was_not_applied(world: World) -> None:
    world.script.on(JOIN, {"tasks": []})
    world.script.on(GROUPS, listed())
    server = world.server()
    error = refusal(NotAppliedError, lambda: world.wait(world.driver.set_placement_group(server, Ref("grp-1"))))
    assert error.facts["id"] == "vm-1"


# -- names by template ----------------------------------------------------------------------------------------------------

MARK = {"key": "ansible_name", "value": "web1", "read_only": False}


def test_a_template_is_sent_in_place_of_the_name_which_a_tag_keeps(shop: World) -> None:
    order = shop.driver.order(wish(**BASE, name_template="vm-{ip_octets}", tags={"role": "web"}))
    assert "name" not in order.body
    assert order.body["name_template"] == "vm-{ip_octets}"
    assert order.body["tags"] == {"role": "web", "ansible_name": "web1"}
    assert order.predicted["name"] is None


@pytest.mark.parametrize("template", ["ab", "x" * 50 + "{ip_octets}", "vm-{octets}", "web server-"])
def test_a_template_that_makes_no_name_is_refused(world: World, template: str) -> None:
    error = refusal(OptionError, lambda: world.driver.check(wish(name_template=template)))
    assert error.facts["option"] == "name_template"
    assert world.script.sent == []


def test_a_server_is_found_by_the_tag_among_all(world: World) -> None:
    world.driver.check(wish(name_template="vm-{ip_octets}"))
    world.script.on(LIST, listed(vm(id="vm-2", name="vm-10-0-0-18", tags=[]), vm(name="vm-10-0-0-17", tags=[MARK])))
    found = world.driver.find("web1")
    assert [(match.id, match.name, match.tags) for match in found.present] == [("vm-1", "vm-10-0-0-17", {})]
    assert found.known_ids == {"vm-1", "vm-2"}
    assert "name" not in world.script.query(LIST)


def test_replacing_all_tags_keeps_the_name(world: World) -> None:
    server = world.server(tags=[MARK, {"key": "a", "value": "1", "read_only": False}, {"key": "b", "value": "2", "read_only": False}])
    world.script.on(TAGS_REPLACE, (204, ""))
    world.driver.set_tags(server, {"c": "3"})
    assert world.script.writes == [(TAGS_REPLACE, {"c": "3", "ansible_name": "web1"})]


@pytest.mark.parametrize(("tags", "writes"), [([MARK], []), ([], [(TAGS_SET, {"ansible_name": "web1"})])])
def test_an_order_ends_once_the_name_is_noted(world: World, tags: list[Row], writes: list[t.Any]) -> None:
    world.script.on("GET /v1/tasks/t-1", task(created_resources={"instances": ["vm-1"]}))
    world.script.on(GET, vm(name="vm-10-0-0-17", tags=tags))
    world.script.on(TAGS_SET, (204, ""))
    traits = {"name": "web1", "region": "4", "name_template": "vm-{ip_octets}"}
    operation = world.driver.follow(Receipt(operation_id="t-1"), traits, frozenset())
    assert world.wait(operation).instance_id == "vm-1"
    assert world.script.writes == writes


def test_an_unfinished_order_is_known_by_the_tag_that_it_carries(world: World) -> None:
    mine = task("RUNNING", "t-1", data={"name_template": "vm-{ip_octets}", "tags": {"ansible_name": "web1"}})
    other = task("RUNNING", "t-2", data={"name_template": "vm-{ip_octets}", "tags": {"ansible_name": "web2"}})
    world.script.on("GET /v1/tasks", listed(other, mine))
    operation = world.driver.unfinished({"name": "web1", "region": "4", "name_template": "vm-{ip_octets}"})
    assert operation is not None
    assert operation.id == "t-1"


@pytest.mark.parametrize("made", [{}, {"name": "vps-203-0-113-9"}, {"names": ["vps-203-0-113-9"]}])
def test_an_unfinished_create_by_template_is_known_by_our_name(made: Row) -> None:
    assert task_of({"id": "t-1", "state": "NEW", "data": {"tags": {"ansible_name": "web1"}, **made}}).name == "web1"
