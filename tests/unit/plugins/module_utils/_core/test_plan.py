# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: its public form, the consents it misses, its fingerprint; and the prediction made from it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core import simulate
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import Address, Instance, Price, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import Drift, Plan, Step
from ansible_collections.polyhost.cloud.tests.unit.fakes import server

STEP = Step("resize", "size", "small", "large", "restart", True, Price("10.86", "USD", "month"), ("restart", "cost"), "marker-secret", {"flavor": 7})


def fingerprint(*steps: Step, key: str = "token", provider: str = "civo", account: str = "shop", subject: str = "17", **plan: t.Any) -> str:
    return Plan(steps, **plan).fingerprint(key, provider, account, subject)


def test_public_form_of_a_step_shows_neither_secret_nor_target_nor_needs() -> None:
    assert STEP.public() == {
        "action": "resize",
        "field": "size",
        "before": "small",
        "after": "large",
        "effect": "restart",
        "cost": True,
        "price": {"amount": "10.86", "currency": "USD", "period": "month"},
    }
    assert Step("start", "status").public()["price"] is None
    assert Drift("image", "a", "b", "rebuild").public() == {"field": "image", "current": "a", "wanted": "b", "needs": "rebuild"}


def test_fingerprint_is_sixteen_hex_digits_and_always_the_same() -> None:
    first = fingerprint(STEP)
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first == fingerprint(replace(STEP))


@pytest.mark.parametrize(
    "other",
    [
        {"key": "token2"},
        {"provider": "gcore"},
        {"account": "shop2"},
        {"subject": "18"},
    ],
)
def test_fingerprint_depends_on_token_provider_account_and_object(other: dict[str, str]) -> None:
    assert fingerprint(STEP) != fingerprint(STEP, **other)


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "set"},
        {"field": "cpu"},
        {"before": None},
        {"after": "huge"},
        {"effect": "none"},
        {"cost": False},
        {"price": None},
        {"price": Price("10.87", "USD", "month")},
        {"secret": "another"},
        {"secret": None},
    ],
)
def test_fingerprint_depends_on_every_part_of_a_step_that_is_approved(changes: dict[str, t.Any]) -> None:
    assert fingerprint(STEP) != fingerprint(replace(STEP, **changes))


def test_fingerprint_does_not_depend_on_what_is_no_part_of_the_approval() -> None:
    assert fingerprint(STEP) == fingerprint(STEP, drift=(Drift("image", "a", "b", "rebuild"),), warnings=("careful",), approvable=False)
    assert fingerprint(STEP) == fingerprint(replace(STEP, target={"flavor": 8}))


def test_fingerprint_depends_on_the_order_of_steps_but_not_of_map_keys() -> None:
    other = Step("start", "status")
    assert fingerprint(STEP, other) != fingerprint(other, STEP)
    assert fingerprint(Step("set", "tags", {}, {"a": "1", "b": "2"})) == fingerprint(Step("set", "tags", {}, {"b": "2", "a": "1"}))


def test_parts_cannot_be_shifted_between_account_and_object() -> None:
    assert fingerprint(STEP, account="a", subject="bc") != fingerprint(STEP, account="ab", subject="c")


def test_missing_consents_come_in_the_order_of_the_documentation_and_once() -> None:
    steps = (replace(STEP, needs=("cost", "replace")), replace(STEP, needs=("detach", "rebuild", "cost")), replace(STEP, needs=("restart",)))
    assert Plan(steps).missing_consents(()) == ["restart", "rebuild", "replace", "detach", "cost"]
    assert Plan(steps).missing_consents(("rebuild", "cost")) == ["restart", "replace", "detach"]
    assert Plan(()).missing_consents(()) == []


def test_with_steps_keeps_the_rest() -> None:
    plan = Plan((STEP,), (Drift("image", "a", "b", "rebuild"),), ("careful",), False)
    assert plan.with_steps([]) == replace(plan, steps=())


# -- prediction -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "rescue"),
    [
        ("start", "running", False),
        ("restart", "running", False),
        ("resume", "running", False),
        ("stop", "stopped", False),
        ("suspend", "suspended", False),
        ("rescue", "rescue", True),
        ("unrescue", "running", False),
    ],
)
def test_power_steps_predict_the_status_and_no_word_of_the_provider(action: str, status: str, rescue: bool) -> None:
    before = server(status="error", provider_status="WORD", rescue=False)
    after = simulate.after(before, [Step(action, "rescue" if "rescue" in action else "status")])
    assert (after.status, after.rescue, after.provider_status) == (status, rescue, None)


def test_whether_a_stopped_server_would_boot_its_rescue_system_is_not_predicted() -> None:
    assert simulate.after(server(status="rescue", rescue=True), [Step("stop", "status")]).rescue is None


@pytest.mark.parametrize(
    ("status", "action", "after"),
    [("rescue", "restart", "rescue"), ("stopped", "start", "rescue"), ("rescue", "unrescue", "running"), ("stopped", "unrescue", "stopped")],
)
def test_a_rescue_flag_outlives_a_boot_and_going_does_not_start_what_is_stopped(status: str, action: str, after: str) -> None:
    predicted = simulate.after(server(status=status, rescue=True), [Step(action, "rescue" if action == "unrescue" else "status")])
    assert (predicted.status, predicted.rescue) == (after, action != "unrescue")


def test_the_provider_status_stays_where_the_status_does() -> None:
    assert simulate.after(server(provider_status="UP"), [Step("restart", "status")]).provider_status == "UP"


def test_fields_change_as_planned() -> None:
    web = Ref("f1", "web")
    after = simulate.after(
        server(),
        [
            Step("rename", "name", "web", "db"),
            Step("set", "tags", {}, {"a": "b"}),
            Step("set", "firewalls", [], ["web"], target=(web,)),
            Step("resize", "size", "s", "l", target={"predicted": {"cpu": 4, "memory_mb": 8192}}),
            Step("resize", "disk_gb", 20, 40),
            Step("set", "password", secret="x"),
            Step("resize", "ip_count", 1, 2),
            Step("lock", "locked", False, True),
        ],
    )
    assert after == replace(server(), name="db", tags={"a": "b"}, firewalls=(web,), size="l", cpu=4, memory_mb=8192, disk_gb=40, locked=True)


def test_a_rebuild_predicts_what_the_driver_knows_and_runs() -> None:
    before = server(status="stopped", image="old", image_id="1", addresses=(Address("192.0.2.1", "ipv4", "public"),))
    after = simulate.after(before, [Step("rebuild", "image", target={"image": "new", "image_id": None, "addresses": ()})])
    assert (after.image, after.image_id, after.addresses, after.status) == ("new", None, (), "running")


def test_delete_of_the_instance_makes_it_absent_and_of_what_goes_along_nothing_more() -> None:
    assert simulate.after(server(), [Step("delete", "instance"), Step("delete", "volumes", "v1", target="along")]) == replace(
        server(), status="absent", provider_status=None
    )
    assert simulate.after(server(), [Step("delete", "volumes", "v1", target="along")]) == server()


# -- the model --------------------------------------------------------------------------------------------------------------

PUBLIC = (
    "id name provider account region status provider_status locked rescue image image_id size cpu memory_mb disk_gb username public_ipv4 public_ipv6"
    " private_ipv4 addresses tags firewalls network network_id created_at not_read"
).split()


def test_the_public_form_has_always_the_same_keys_and_no_notes_of_the_driver() -> None:
    full = server(facts={"console": "marker"}, networks=(Ref("n", "n"),), ssh_keys=(Ref("k", "k"),), tags={"b": "1", "a": ""}, not_read=("size", "rescue"))
    assert list(full.public()) == PUBLIC == list(Instance("fake", "fake").public())
    assert list(full.public()["tags"]) == ["a", "b"]
    assert full.public()["not_read"] == ["rescue", "size"]
    empty = Instance("fake", "fake").public()
    assert (empty["addresses"], empty["tags"], empty["firewalls"], empty["not_read"]) == ([], {}, [], [])


def test_the_primary_address_wins_over_the_first() -> None:
    first, primary = Address("192.0.2.1", "ipv4", "public"), Address("192.0.2.2", "ipv4", "public", primary=True)
    private, six = Address("10.0.0.1", "ipv4", "private"), Address("2001:db8::1", "ipv6", "public")
    full = server(addresses=(private, first, primary, six))
    assert (full.public_ipv4, full.public_ipv6, full.private_ipv4) == ("192.0.2.2", "2001:db8::1", "10.0.0.1")
    assert server(addresses=(private, first)).public_ipv4 == "192.0.2.1"
    assert server(addresses=(private,)).public_ipv4 is None
