# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remembered results are those that evaluating anew would bring; what could differ is not remembered."""

from __future__ import annotations

import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.expressions import MOST_REMEMBERED, Expressions, unknown_names
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.strings import Marker

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 evaluates everything

    def trust_as_template(value: str) -> str:
        return value


EXPRESSIONS = (
    "vps_name",
    "vps_region | lower",
    "vps_tags",
    "vps_tags.role",
    "vps_tags['role'] | default('none')",
    "vps_tags.get('role')",
    "vps_tags | dict2items | map(attribute='key') | list",
    "vps_size ~ '-' ~ (vps_cpu | default(1, true))",
    "'big' if vps_cpu and vps_cpu > 2 else 'small'",
    "vps_running and not vps_locked",
    "vps_name is match('web.*')",
    "vps_cpu == 1",
    "vps_cpu == true",
    "[vps_region, vps_size] | join('_')",
    "{'a': vps_region}",
    "vps_addresses | length",
    "vps_addresses[0].address",
    "nothing",
    "nothing | default('x')",
    "vps_name | no_such_filter",
    "1 / vps_zero",
    "vps_username | default(omit)",
    "lookup('ansible.builtin.vars', 'vps_name')",
    "vps_name.upper()",
    "vps_tags | combine({'x': vps_name})",
)
VALUES: tuple[dict[str, t.Any], ...] = (
    {"vps_cpu": 1, "vps_tags": {"role": "web"}},
    {"vps_cpu": True, "vps_tags": {"role": "web", "x": "1"}},
    {"vps_cpu": "1", "vps_tags": {"x": "1", "role": "web"}},
    {"vps_cpu": None, "vps_tags": {}},
    {"vps_cpu": 4, "vps_tags": {"role": ""}, "vps_addresses": []},
    {"vps_cpu": 1.0, "vps_tags": {"role": "{{ 7 * 7 }}"}, "vps_name": "lookup('pipe', 'id')"},
    {"vps_cpu": 0, "vps_tags": {"items": "x"}, "vps_name": "{% x"},
)
BASE: dict[str, t.Any] = {
    "vps_name": "web1",
    "vps_region": "LON1",
    "vps_size": "g3.small",
    "vps_running": True,
    "vps_locked": None,
    "vps_username": None,
    "vps_zero": 0,
    "vps_addresses": [{"address": "192.0.2.1"}],
}


@pytest.fixture
def plugin() -> t.Any:
    """Our plugin, ready to evaluate."""
    plugin = inventory_loader.get("polyhost.cloud.vps")
    plugin.set_options(direct={"plugin": "polyhost.cloud.vps"})
    if not hasattr(plugin, "templar"):  # ansible-core before 2.19 makes it while it parses
        from ansible.template import Templar

        plugin.templar = Templar(loader=DataLoader())
    return plugin


def outcome(evaluate: t.Callable[[], t.Any]) -> tuple[str, t.Any]:
    """The result with its type, or the kind of failure."""
    try:
        result = evaluate()
    except Exception as exc:
        return "failed", type(exc)
    return "result", (repr(result), [type(each) for each in ([result] if not isinstance(result, list) else result)])


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_remembered_result_is_the_one_that_evaluating_brings(plugin: t.Any, expression: str) -> None:
    mark = Marker().mark
    remembering = Expressions(plugin._evaluate, plugin._decide, remember=True)
    plain = Expressions(plugin._evaluate, plugin._decide, remember=False)
    trusted = trust_as_template(expression)
    for _round in range(2):
        for values in VALUES:
            variables = {name: mark(value) for name, value in {**BASE, **values}.items()}
            for kind in ("value", "holds"):
                got = outcome(lambda kind=kind, variables=variables: getattr(remembering, kind)(trusted, variables))  # type: ignore[misc]
                assert got == outcome(lambda kind=kind, variables=variables: getattr(plain, kind)(trusted, variables)), (kind, values)  # type: ignore[misc]


class Counted:
    """Evaluates by a table and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, expression: str, variables: t.Mapping[str, t.Any]) -> t.Any:
        """The count: no two evaluations bring the same."""
        self.count += 1
        return [self.count]


@pytest.mark.parametrize(
    "expression", ["vps_region", "vps_region | lower", "vps_tags.role", "vps_region == 'a' and vps_tags is defined", "[vps_region, 1]", "vps_region[0]"]
)
def test_equal_input_is_evaluated_once(expression: str) -> None:
    counted = Counted()
    expressions = Expressions(counted, counted, remember=True)
    first = expressions.value(expression, {"vps_region": "a", "vps_tags": {"role": "x"}, "vps_id": "1"})
    again = expressions.value(expression, {"vps_region": "a", "vps_tags": {"role": "x"}, "vps_id": "2"})
    assert first == again and first is not again, "hosts must not share what can be changed"
    expressions.value(expression, {"vps_region": "b", "vps_tags": {"role": "y"}, "vps_id": "1"})
    assert counted.count == 2


@pytest.mark.parametrize(
    "expression",
    [
        "now()",
        "vps_region | random",
        "vps_region | shuffle",
        "lookup('pipe', 'date')",
        "vps_region.upper()",
        "vps_tags.__class__",
        "vps_tags.items",
        "vps_tags | map('random')",
        "vps_tags | selectattr('x')",
        "vps_region | default(omit)",
        "vps_region is file",
        "vps_region }}{{ now()",
        "undefined_here",
        "",
        "vps_region ==",
    ],
)
def test_what_may_differ_each_time_is_never_remembered(expression: str) -> None:
    counted = Counted()
    expressions = Expressions(counted, counted, remember=True)
    for _round in range(2):
        expressions.value(expression, {"vps_region": "a", "vps_tags": {}})
    assert counted.count == 2


def test_values_of_different_types_are_different_input() -> None:
    counted = Counted()
    expressions = Expressions(counted, counted, remember=True)
    different: tuple[t.Any, ...] = (1, True, 1.0, "1", None, "None", [1], [True], {"1": 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [], {})
    for value in different:
        expressions.value("x", {"x": value})
    assert counted.count == len(different)


def test_a_value_and_a_condition_are_kept_apart() -> None:
    expressions = Expressions(lambda expression, variables: "text", lambda expression, variables: False, remember=True)
    assert expressions.value("x", {"x": 1}) == "text"
    assert expressions.holds("x", {"x": 1}) is False


def test_an_expression_of_endless_inputs_is_not_remembered_for_ever() -> None:
    counted = Counted()
    expressions = Expressions(counted, counted, remember=True)
    for number in range(MOST_REMEMBERED + 5):
        expressions.value("x", {"x": number})
    for number in range(MOST_REMEMBERED, MOST_REMEMBERED + 5):
        expressions.value("x", {"x": number})
    assert counted.count == MOST_REMEMBERED + 10


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [
        ("vps_a == 1", []),
        ("vps_b == 1", ["vps_b"]),
        ("vps_a.x is defined and vps_c | length > y", ["vps_c", "y"]),
        ("lookup('env', 'X')", []),
        ("z", ["z"]),
    ],
)
def test_names_that_nothing_defines(condition: str, unknown: list[str]) -> None:
    assert unknown_names(condition, {"vps_a"}) == unknown


@pytest.mark.parametrize("condition", ["", "a ==", "a b", "a }} b", "{{ a }}x"])
def test_what_is_no_condition(condition: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        unknown_names(condition, {"a", "b", "x"})
