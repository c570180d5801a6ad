# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between a server and a wish becomes a step or drift: which, in which order, with which consents."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import AmbiguousError, ConsentError, OptionError, UnsupportedError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import STATUSES, Address, Instance, Price, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Drift, Plan, Step
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Wish
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._comparison import Comparison, creation_step, satisfied
from ansible_collections.polyhost.cloud.plugins.module_utils._resources._guards import require_consent
from ansible_collections.polyhost.cloud.tests.unit.fakes import CAPABILITIES, PROFILE, FakeContext, FakeDriver, server, wish

WEB, DB = Ref("f-web", "web"), Ref("f-db", "db")
PUBLIC4 = Address("192.0.2.1", "ipv4", "public")
PRIVATE4 = Address("10.0.0.1", "ipv4", "private")


def compare(instance: Instance | None = None, *, driver: FakeDriver | None = None, fresh: bool = False, **options: t.Any) -> Comparison:
    """The comparison of a server with a wish of these options."""
    instance = instance or server()
    return Comparison(driver or FakeDriver(instance), wish(**options), instance, fresh=fresh)


def told(comparison: Comparison) -> list[tuple[t.Any, ...]]:
    """The steps in short: action, field, before, after."""
    return [(step.action, step.field, step.before, step.after) for step in comparison.steps]


def with_capabilities(**changes: t.Any) -> FakeDriver:
    """A driver whose provider can do something else."""
    driver = FakeDriver(server())
    driver.PROFILE = replace(PROFILE, capabilities=replace(CAPABILITIES, **changes))  # type: ignore[misc]
    return driver


# -- the sequence -------------------------------------------------------------------------------------------------------------


def test_the_order_of_all_steps_that_can_meet() -> None:
    before = server(status="stopped", locked=True, image="debian", image_id="i1", size="s")
    comparison = compare(
        before,
        name="web2",
        identifier="1",
        state="started",
        locked=False,
        tags={"a": "b"},
        firewalls=[],
        size="l",
        image="ubuntu",
        allow=("rebuild",),
        password="pw",
        update_password="always",
        rescue=True,
    )
    assert [(step.action, step.field) for step in comparison.steps] == [
        ("unlock", "locked"),
        ("rename", "name"),
        ("set", "tags"),
        ("resize", "size"),
        ("rebuild", "image"),
        ("set", "password"),
        ("start", "status"),
        ("rescue", "rescue"),
    ]
    assert compare(server(), locked=True, rescue=True, state="restarted").steps[-1].action == "lock"


def test_nothing_wanted_is_nothing_done() -> None:
    for status in STATUSES:
        comparison = compare(server(status=status, locked=None, rescue=None))
        assert (comparison.steps, comparison.drift, comparison.replaces, comparison.warnings) == ([], [], [], [])
        assert comparison.approvable


@pytest.mark.parametrize("fresh", [False, True])
def test_what_holds_is_no_step(fresh: bool) -> None:
    instance = server(
        image="debian",
        image_id="i1",
        size="s",
        cpu=2,
        memory_mb=2048,
        disk_gb=20,
        tags={"a": "b"},
        firewalls=(WEB, DB),
        networks=(Ref("n1", "lan"),),
        ssh_keys=(Ref("k1", "me"),),
        addresses=(PUBLIC4, PRIVATE4),
    )
    driver = FakeDriver(instance)
    comparison = compare(
        instance,
        driver=driver,
        fresh=fresh,
        state="started",
        image="i1",
        size="s",
        cpu=2,
        memory_mb=2048,
        disk_gb=20,
        ip_count=2,
        tags={"a": "b"},
        firewalls=["db", "f-web"],
        network="lan",
        ssh_keys=["k1"],
        public_ip=True,
        locked=False,
        rescue=False,
        user_data="anything",
        username="anybody",
    )
    assert (told(comparison), comparison.drift) == ([], [])
    assert driver.reads == [], "nothing is resolved where names and ids are both known"


# -- lock and name ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "wanted", "steps"),
    [
        (False, True, ["lock"]),
        (True, False, ["unlock"]),
        (True, True, []),
        (False, False, []),
        (None, True, ["lock"]),
        (None, False, ["unlock"]),
        (True, None, []),
    ],
)
def test_lock(current: bool | None, wanted: bool | None, steps: list[str]) -> None:
    fields = {} if wanted is None else {"locked": wanted}
    assert [step.action for step in compare(server(locked=current), **fields).steps] == steps


def test_a_name_without_an_id_never_renames() -> None:
    assert told(compare(server(name="web"), name="other")) == []


@pytest.mark.parametrize("name", ["db", "Web"])
def test_a_name_beside_an_id_renames(name: str) -> None:
    assert told(compare(server(name="web"), name=name, identifier="1")) == [("rename", "name", "web", name)]


def test_renaming_to_a_taken_name_is_refused() -> None:
    driver = FakeDriver(server(), server("2", "db"))
    with pytest.raises(AmbiguousError, match="has that name") as caught:
        compare(driver=driver, name="db", identifier="1")
    assert caught.value.facts["ids"] == ["2"]


@pytest.mark.parametrize("other", [server("2", "db", status="deleting"), server("1", "db"), server("2", "db2")])
def test_a_name_is_free_when_its_owner_is_going_or_the_server_itself_or_only_alike(other: Instance) -> None:
    driver = FakeDriver(server())
    driver.servers[str(other.id)] = other
    assert [step.action for step in compare(driver=driver, name="db", identifier="1").steps] == ["rename"]


# -- tags ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "wanted", "purge", "after"),
    [
        ({}, {"a": "b"}, True, {"a": "b"}),
        ({"a": "b"}, {"a": "b"}, True, None),
        ({"a": "b", "c": ""}, {"a": "b"}, True, {"a": "b"}),
        ({"a": "b", "c": ""}, {"a": "b"}, False, None),
        ({"a": "b", "c": ""}, {"a": "x"}, False, {"a": "x", "c": ""}),
        ({"a": "b"}, {}, True, {}),
        ({"a": "b"}, {}, False, None),
        ({"role=a": "", "role=b": "", "x": ""}, {"role": "a"}, False, {"role": "a", "x": ""}),
        ({"role=a": "", "role=b": ""}, {"role": "a"}, True, {"role": "a"}),
        ({"a": ""}, {"a": ""}, True, None),
    ],
)
def test_tags(current: dict[str, str], wanted: dict[str, str], purge: bool, after: dict[str, str] | None) -> None:
    steps = compare(server(tags=current), tags=wanted, purge_tags=purge).steps
    assert [(step.action, step.field, step.before, step.after, step.needs) for step in steps] == (
        [] if after is None else [("set", "tags", current, after, ())]
    )


# -- firewalls ------------------------------------------------------------------------------------------------------------------


def test_firewalls_are_a_set_of_names_or_ids() -> None:
    driver = FakeDriver(server())
    driver.known["firewalls"] = [WEB, DB]
    instance = server(firewalls=(WEB,))
    step = compare(instance, driver=driver, firewalls=["f-db", "web"]).steps[0]
    assert (step.action, step.before, step.after, step.needs) == ("set", ["web"], ["db", "web"], ())
    assert set(step.target) == {WEB, DB}
    assert driver.reads == ["resolve firewalls f-db"], "only what the server does not have is resolved"
    assert told(compare(instance, driver=driver, firewalls=["web", "f-web"])) == []


def test_no_firewalls_is_an_explicit_wish() -> None:
    assert told(compare(server(firewalls=(WEB,)), firewalls=[])) == [("set", "firewalls", ["web"], [])]
    assert told(compare(server(firewalls=()), firewalls=[])) == []


def test_uneven_firewalls_are_set_although_the_union_fits() -> None:
    assert [step.field for step in compare(server(firewalls=(WEB,), facts={"uneven_firewalls": True}), firewalls=["web"]).steps] == ["firewalls"]


def test_two_current_firewalls_of_one_name_are_told_apart_by_resolving() -> None:
    driver = FakeDriver(server())
    driver.known["firewalls"] = [Ref("f3", "web")]
    comparison = compare(server(firewalls=(WEB, Ref("f2", "web"))), driver=driver, firewalls=["web"])
    assert comparison.steps[0].target == (Ref("f3", "web"),)


@pytest.mark.parametrize(("field", "wanted"), [("firewalls", ["new"]), ("network", "new"), ("ssh_keys", ["new"])])
def test_unknown_names_are_refused_and_in_check_mode_predicted(field: str, wanted: t.Any) -> None:
    instance = server(firewalls=(WEB,), networks=(Ref("n1", None),), ssh_keys=(Ref("k1", None),))
    with pytest.raises(OptionError, match="new"):
        compare(instance, driver=FakeDriver(instance), **{field: wanted})
    comparison = compare(instance, driver=FakeDriver(instance, context=FakeContext(check_mode=True)), **{field: wanted})
    assert comparison.approvable is False
    assert "new" in comparison.warnings[0]
    assert len(comparison.steps) + len(comparison.drift) == 1


def test_other_failures_of_resolving_are_no_prediction() -> None:
    driver = FakeDriver(server(), context=FakeContext(check_mode=True))

    def several(kind: str, wanted: str, instance: Instance) -> t.NoReturn:
        raise OptionError("several of that name", option=kind)

    driver.resolve = several  # type: ignore[method-assign]
    with pytest.raises(OptionError, match="several"):
        compare(driver=driver, firewalls=["new"])


# -- sizes ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
def test_a_resize_needs_consent_to_the_restart_of_what_runs_and_to_the_cost(status: str) -> None:
    running = status not in ("stopped", "suspended")
    (step,) = compare(server(status=status, size="s"), size="l").steps
    assert (step.action, step.field, step.before, step.after, step.cost) == ("resize", "size", "s", "l", True)
    assert (step.effect, step.needs) == (("restart", ("restart", "cost")) if running else ("none", ("cost",)))


def test_what_the_driver_knows_about_a_resize_counts() -> None:
    driver = FakeDriver(server())
    driver.details = {"cost": False, "effect": "none", "price": Price("1", "EUR", "month"), "predicted": {"cpu": 4}}
    first, second = compare(server(size="s", disk_gb=20), driver=driver, size="l", disk_gb=40).steps
    assert (first.needs, first.cost, first.effect, first.price) == ((), False, "none", Price("1", "EUR", "month"))
    assert first.target == {"predicted": {"cpu": 4}}
    assert (second.field, second.price, second.target) == ("disk_gb", None, None)
    assert driver.reads == ["check_change"], "one check for all fields of a resize"
    driver.details = {"needs": ("restart",)}
    assert compare(server(size="s"), driver=driver, size="l").steps[0].needs == ("restart",)


def test_all_sizes_that_differ_are_steps_of_one_resize() -> None:
    instance = server(size="s", cpu=1, memory_mb=1024, disk_gb=10, addresses=(PUBLIC4, PRIVATE4))
    steps = compare(instance, size="l", cpu=2, memory_mb=2048, disk_gb=20, ip_count=3).steps
    assert [(step.field, step.before, step.after) for step in steps] == [
        ("size", "s", "l"),
        ("cpu", 1, 2),
        ("memory_mb", 1024, 2048),
        ("disk_gb", 10, 20),
        ("ip_count", 2, 3),
    ]  # addresses count whatever their scope


def test_what_the_provider_does_not_show_is_not_compared() -> None:
    assert told(compare(server(size=None, cpu=None, addresses=()), size="l", cpu=2, ip_count=2)) == []


def test_what_the_driver_does_not_compare_is_left_alone() -> None:
    driver = FakeDriver(server())
    driver.compared_sizes = ("size",)  # type: ignore[misc]
    assert told(compare(server(cpu=1), driver=driver, cpu=2)) == []


def test_an_unfinished_upgrade_is_carried_on() -> None:
    assert told(compare(server(size="l", facts={"upgrade": True}), size="l")) == [("resize", "size", "l", "l")]
    assert told(compare(server(size=None, facts={"upgrade": True}), size="l")) == [("resize", "size", None, "l")]
    assert told(compare(server(size="l", facts={"upgrade": True}))) == []


def refusing() -> FakeDriver:
    """A driver that grows sizes only."""
    driver = FakeDriver()
    driver.known["image"] = [Ref("i1", "debian"), Ref("i2", "ubuntu")]

    def check_change(instance: Instance, changes: t.Any, wanted: t.Any) -> t.NoReturn:
        raise OptionError("too small", option="size")

    driver.check_change = check_change  # type: ignore[method-assign]
    return driver


def test_a_size_that_is_refused_in_place_is_no_hindrance_to_a_replacement() -> None:
    found = compare(server(size="s1", image="debian"), driver=refusing(), image="ubuntu", size="s2", allow=("replace", "cost"))
    assert found.replaces == ["image"]


@pytest.mark.parametrize("fields", [{"image": "ubuntu"}, {"allow": ("replace", "cost")}])
def test_a_size_that_is_refused_in_place_stays_refused_where_nothing_is_replaced(fields: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError, match="too small"):
        compare(server(size="s1", image="debian"), driver=refusing(), size="s2", **fields)


def test_an_address_that_a_replacement_would_have_again_replaces_nothing() -> None:
    address = Address("192.0.2.1", "ipv4", "public", primary=True)
    found = compare(server(addresses=(address,), facts={"forced_address": True}), public_ip=False, allow=("replace", "cost"))
    assert found.replaces == []
    assert found.drift == [Drift("public_ip", True, False, "unsupported")]


def test_addresses_are_never_taken_away() -> None:
    comparison = compare(server(addresses=(PUBLIC4, replace(PUBLIC4, address="192.0.2.2"))), ip_count=1)
    assert comparison.steps == []
    assert comparison.drift == [Drift("ip_count", 2, 1, "unsupported")]


# -- image, and what is fixed at creation -------------------------------------------------------------------------------------------


IMAGE = server(image="debian", image_id="i1")


@pytest.mark.parametrize("wanted", ["debian", "i1"])
def test_an_image_is_known_by_name_and_by_id(wanted: str) -> None:
    assert compare(IMAGE, image=wanted).drift == []


def test_another_image_is_drift_until_it_is_allowed() -> None:
    assert compare(IMAGE, image="ubuntu").drift == [Drift("image", "debian", "ubuntu", "rebuild")]
    rebuilt = compare(IMAGE, image="ubuntu", allow=("rebuild",))
    assert (rebuilt.drift, rebuilt.replaces) == ([], [])
    assert [(step.action, step.before, step.after, step.effect, step.needs) for step in rebuilt.steps] == [
        ("rebuild", "debian", "ubuntu", "rebuild", ("rebuild",))
    ]
    assert compare(IMAGE, image="ubuntu", allow=("rebuild", "replace")).replaces == [], "the smaller consent is enough"
    assert compare(IMAGE, image="ubuntu", allow=("replace",)).replaces == ["image"]


def test_an_image_that_only_a_new_server_can_have() -> None:
    driver = with_capabilities(rebuild_with_image=False)
    assert compare(IMAGE, driver=driver, image="ubuntu").drift == [Drift("image", "debian", "ubuntu", "replace")]
    assert compare(IMAGE, driver=driver, image="ubuntu", allow=("rebuild",)).steps == []
    with pytest.raises(UnsupportedError):
        compare(IMAGE, driver=driver, image="ubuntu", state="rebuilt", allow=("rebuild",))


def test_an_image_shown_by_its_id_alone_is_resolved() -> None:
    driver = FakeDriver(server())
    driver.known["image"] = [Ref("i1", "debian"), Ref("i2", "ubuntu")]
    assert compare(server(image_id="i1"), driver=driver, image="debian").drift == []
    assert compare(server(image_id="i1"), driver=driver, image="ubuntu").drift == [Drift("image", "i1", "ubuntu", "rebuild")]


def test_an_image_that_is_not_shown_is_not_compared() -> None:
    driver = FakeDriver(server())
    assert compare(server(image=None, image_id=None), driver=driver, image="ubuntu").drift == []
    assert driver.reads == []


@pytest.mark.parametrize(("wanted", "after"), [(None, "debian"), ("debian", "debian"), ("ubuntu", "ubuntu")])
def test_rebuilt_always_acts(wanted: str | None, after: str) -> None:
    fields = {} if wanted is None else {"image": wanted}
    (step,) = compare(IMAGE, state="rebuilt", **fields).steps
    assert (step.action, step.before, step.after, step.needs) == ("rebuild", "debian", after, ("rebuild",))
    assert compare(IMAGE, state="rebuilt", fresh=True).steps == []


@pytest.mark.parametrize(
    ("instance", "fields", "drift"),
    [
        (server(networks=(Ref("n1", "lan"),)), {"network": "dmz"}, Drift("network", "lan", "dmz", "replace")),
        (server(ssh_keys=(Ref("k1", "me"),)), {"ssh_keys": ["you"]}, Drift("ssh_keys", ["me"], ["you"], "replace")),
        (server(ssh_keys=(Ref("k1", "me"),)), {"ssh_keys": []}, Drift("ssh_keys", ["me"], [], "replace")),
        (server(addresses=(PRIVATE4,)), {"public_ip": True}, Drift("public_ip", False, True, "replace")),
        (server(addresses=(PUBLIC4,)), {"public_ip": False}, Drift("public_ip", True, False, "replace")),
        (server(region="r1"), {"region": "r2"}, Drift("region", "r1", "r2", "replace")),
    ],
    ids=lambda value: value.field if isinstance(value, Drift) else "",
)
def test_what_is_fixed_at_creation(instance: Instance, fields: dict[str, t.Any], drift: Drift) -> None:
    driver = FakeDriver(instance)
    driver.known["ssh_keys"] = [Ref("k2", "you")]
    comparison = compare(instance, driver=driver, **fields)
    assert (comparison.steps, comparison.drift, comparison.replaces) == ([], [drift], [])
    allowed = compare(instance, driver=driver, allow=("replace",), **fields)
    assert (allowed.drift, allowed.replaces) == ([], [drift.field])
    fresh = compare(instance, driver=driver, allow=("replace",), fresh=True, **fields)
    assert (fresh.drift, fresh.replaces) == ([drift], []), "what was just made is never replaced"
    assert compare(instance, driver=driver, allow=("rebuild",), **fields).drift == [drift]


@pytest.mark.parametrize(
    ("instance", "fields"),
    [
        (server(networks=None), {"network": "dmz"}),
        (server(networks=()), {"network": "dmz"}),
        (server(ssh_keys=None), {"ssh_keys": ["you"]}),
        (server(addresses=()), {"public_ip": True}),
        (server(region=None), {"region": "r2"}),
        (server(), {"user_data": "x"}),
        (server(username="root"), {"username": "me"}),
    ],
)
def test_what_is_not_shown_in_comparable_form_is_not_compared(instance: Instance, fields: dict[str, t.Any]) -> None:
    comparison = compare(instance, **fields)
    assert (comparison.steps, comparison.drift) == ([], [])


def test_a_region_is_compared_only_where_names_reach_over_all() -> None:
    assert compare(driver=with_capabilities(names="region"), region="r2").drift == []


# -- password ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fresh", "carried", "update", "set_it"),
    [
        (False, False, "on_create", False),
        (False, False, "always", True),
        (False, True, "always", True),
        (True, False, "on_create", True),
        (True, False, "always", True),
        (True, True, "on_create", False),
        (True, True, "always", False),
    ],
)
def test_when_a_password_is_set(fresh: bool, carried: bool, update: str, set_it: bool) -> None:
    driver = with_capabilities(carried=("password",) if carried else ())
    steps = compare(driver=driver, fresh=fresh, password="pw-marker", update_password=update).steps
    assert [step.field for step in steps] == ["password"] * set_it
    for step in steps:
        assert step.secret == "pw-marker"
        assert "pw-marker" not in str(step.public())


@pytest.mark.parametrize(("status", "needs"), [("running", ("restart",)), ("rescue", ("restart",)), ("stopped", ()), ("suspended", ())])
def test_a_password_restarts_what_runs(status: str, needs: tuple[str, ...]) -> None:
    (step,) = compare(server(status=status), password="pw", update_password="always").steps
    assert step.needs == needs


def test_reset_password_always_acts_except_on_what_was_just_made() -> None:
    (step,) = compare(reset_password=True).steps
    assert (step.action, step.field, step.target, step.needs) == ("set", "password", "reset", ())
    assert compare(reset_password=True, fresh=True).steps == []


# -- power ------------------------------------------------------------------------------------------------------------------------

STOPPED_STATES = {"stopped": ["start"], "suspended": ["resume"]}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("state", ["present", "started", "stopped", "suspended", "restarted", "rebuilt"])
def test_the_power_table(state: str, status: str, fresh: bool) -> None:
    expected: list[str] = []
    if state == "started":
        expected = STOPPED_STATES.get(status, [])
    elif state == "restarted":
        expected = STOPPED_STATES.get(status, [] if fresh else ["restart"])
    elif state == "stopped":
        expected = {"stopped": [], "suspended": ["resume", "stop"]}.get(status, ["stop"])
    elif state == "suspended":
        expected = [] if status == "suspended" else ["suspend"]
    elif state == "rebuilt" and not fresh:
        expected = ["rebuild"]
    elif fresh:
        expected = STOPPED_STATES.get(status, [])  # a new one is started
    steps = compare(server(status=status), state=state, fresh=fresh).steps
    assert [step.action for step in steps] == expected
    for step in steps:
        assert step.needs == (("rebuild",) if step.action == "rebuild" else ()), "a state is its own consent"
        assert step.effect == {"stop": "stop", "suspend": "stop", "restart": "restart", "rebuild": "rebuild"}.get(step.action, "none")


def test_a_suspended_server_is_stopped_by_way_of_running() -> None:
    assert told(compare(server(status="suspended"), state="stopped")) == [
        ("resume", "status", "suspended", "running"),
        ("stop", "status", "running", "stopped"),
    ]


# -- rescue -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "status", "wanted", "action"),
    [
        (False, "running", True, "rescue"),
        (True, "rescue", False, "unrescue"),
        (True, "rescue", True, None),
        (False, "running", False, None),
        (False, "stopped", False, None),
        (None, "rescue", True, None),
        (None, "running", True, "rescue"),
        (None, "rescue", False, "unrescue"),
        (None, "running", False, None),
    ],
)
def test_rescue(current: bool | None, status: str, wanted: bool, action: str | None) -> None:
    steps = compare(server(rescue=current, status=status), rescue=wanted).steps
    assert [step.action for step in steps] == ([action] if action else [])
    assert all(step.needs == ("restart",) for step in steps)


@pytest.mark.parametrize(("state", "status"), [("restarted", "rescue"), ("started", "stopped")])
def test_what_boots_with_rescue_on_is_the_rescue_system(state: str, status: str) -> None:
    (step,) = compare(server(rescue=True, status=status), rescue=True, state=state).steps
    assert step.after == "rescue"


def test_rescue_of_a_stopped_server_restarts_nothing() -> None:
    (step,) = compare(server(status="stopped"), rescue=True).steps
    assert (step.effect, step.needs) == ("none", ())


# -- a new server -------------------------------------------------------------------------------------------------------------------


def test_on_a_new_server_nothing_needs_consent() -> None:
    comparison = compare(server(size="s"), fresh=True, size="l", password="pw", rescue=True, locked=True, tags={"a": "b"}, state="restarted")
    assert [step.field for step in comparison.steps] == ["tags", "password", "rescue", "locked"]
    assert {step.needs for step in comparison.steps} == {()}
    assert comparison.steps[1].secret == "pw"


def test_a_size_that_was_ordered_and_not_made_is_told_and_not_ordered_anew() -> None:
    comparison = compare(server(size="s"), fresh=True, size="l", allow=("restart", "cost"))
    assert (comparison.steps, comparison.drift) == ([], [Drift("size", "s", "l", "unsupported")])


def test_the_rescue_system_is_left_before_a_stop_since_that_boots() -> None:
    comparison = compare(server(status="rescue", rescue=True), state="stopped", rescue=False)
    assert [step.action for step in comparison.steps] == ["unrescue", "stop"]


def test_a_new_server_is_never_renamed() -> None:
    assert compare(server(name="other"), name="web", identifier="1", fresh=True).steps == []


def test_the_step_that_creates_shows_all_options_but_the_secret_ones() -> None:
    step = creation_step(wish(image="debian", password="pw-marker", user_data="ud-marker", size="s"), "r1", Price("5", "EUR", "month"))
    assert (step.action, step.field, step.before, step.cost, step.needs) == ("create", "instance", None, True, ())
    assert step.after == {"image": "debian", "name": "web", "region": "r1", "size": "s"}
    assert "marker" not in str(step.public())
    assert step.secret == '{"password": "pw-marker", "user_data": "ud-marker"}'
    assert creation_step(wish(), "r1", None).secret is None


def test_a_replacement_needs_both_consents() -> None:
    step = creation_step(wish(), "r1", None, "replace", "1")
    assert (step.action, step.before, step.effect, step.needs) == ("replace", "1", "replace", ("replace", "cost"))


# -- consent, and what is satisfied ---------------------------------------------------------------------------------------------------


def test_a_refusal_names_what_to_allow_and_which_fields_need_it() -> None:
    steps = [Step("resize", "size", needs=("restart", "cost")), Step("set", "tags"), Step("rescue", "rescue", needs=("restart",))]
    missing = Plan(tuple(steps)).missing_consents(("cost",))
    with pytest.raises(ConsentError) as caught:
        require_consent(steps, missing, "web")
    assert caught.value.facts["needs"] == ["restart"]
    assert "Changing rescue, size of web" in caught.value.message
    assert "allow: [restart]" in str(caught.value)
    require_consent(steps, [], "web")


@pytest.mark.parametrize(
    ("step", "instance", "expected"),
    [
        (Step("rename", "name", "web", "db"), server(name="db"), True),
        (Step("rename", "name", "web", "db"), server(), False),
        (Step("set", "tags", {}, {"a": ""}), server(tags={"a": ""}), True),
        (Step("set", "tags", {}, {"a": ""}), server(), False),
        (Step("set", "firewalls", target=(WEB, DB)), server(firewalls=(DB, WEB)), True),
        (Step("set", "firewalls", target=(WEB,)), server(firewalls=(DB, WEB)), False),
        (Step("resize", "size", "s", "l"), server(size="l"), True),
        (Step("resize", "ip_count", 1, 2), server(addresses=(PUBLIC4, PUBLIC4)), True),
        (Step("resize", "ip_count", 1, 2), server(addresses=(PUBLIC4,)), False),
        (Step("stop", "status", "running", "stopped"), server(status="stopped"), True),
        (Step("start", "status", "stopped", "running"), server(status="stopped"), False),
        (Step("restart", "status", "running", "running"), server(), False),
        (Step("rebuild", "image", "a", "b"), server(image="b"), False),
        (Step("set", "password", secret="pw"), server(), False),
        (Step("lock", "locked", False, True), server(locked=True), True),
        (Step("unrescue", "rescue", True, False), server(rescue=True), False),
    ],
)
def test_whether_a_server_shows_the_effect_of_a_step(step: Step, instance: Instance, expected: bool) -> None:
    assert satisfied(step, instance) is expected


def test_a_wish_without_fields_is_what_the_tests_take_it_for() -> None:
    assert wish() == Wish("web", None, "present", {}, wait_timeout=600.0)
