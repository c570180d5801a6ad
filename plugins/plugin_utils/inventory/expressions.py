# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of the file, evaluated once for each distinct input where that is provably the same.

Evaluating costs far more than anything else in a large inventory, and most expressions read few variables of few values. A result
is remembered only for an expression that is a pure function of the variables it names: its syntax tree holds nothing but
the kinds of nodes, filters and tests below. All values read here are inert, since nothing a provider says is ever a template.
"""

from __future__ import annotations

import copy
import typing as t

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

Variables = t.Mapping[str, t.Any]
Evaluate = t.Callable[[str, Variables], t.Any]

MOST_REMEMBERED = 4096  # inputs of one expression; one that has more gains nothing by remembering

_PURE_NODES = (
    nodes.And,
    nodes.BinExpr,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Dict,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Name,
    nodes.Operand,
    nodes.Pair,
    nodes.Slice,
    nodes.Tuple,
    nodes.UnaryExpr,
)
_PURE_FILTERS = frozenset(
    "abs bool capitalize combine count d default dict2items difference first float int intersect join last length list lower max min "
    "regex_escape regex_replace regex_search replace round sort split string ternary title trim union unique upper".split()
)
_PURE_TESTS = frozenset(
    "!= < <= == > >= contains defined divisibleby eq even false ge gt in integer float iterable le lower lt mapping match ne none number odd "
    "regex search sequence string subset superset true undefined upper version".split()
)
_METHODS = frozenset(name for kind in (dict, list, str) for name in dir(kind))  # what a dot finds before it looks for an item
_GLOBALS = frozenset("cycler dict joiner lipsum lookup namespace now omit q query range undef".split())


class Expressions:
    """Values of expressions and outcomes of conditions.

    Args:
        value: evaluates an expression.
        condition: evaluates a condition.
        remember: false evaluates everything anew.
    """

    def __init__(self, value: Evaluate, condition: Evaluate, *, remember: bool) -> None:
        self._value = value
        self._condition = condition
        self._remember = remember
        self._reads: dict[str, tuple[str, ...] | None] = {}
        self._known: dict[tuple[str, Evaluate], dict[t.Any, tuple[t.Any, Exception | None]]] = {}

    def value(self, expression: str, variables: Variables) -> t.Any:
        """What an expression makes of these variables; whatever evaluating raises is raised."""
        result = self._remembered(self._value, expression, variables)
        return copy.deepcopy(result) if isinstance(result, (dict, list)) else result

    def holds(self, condition: str, variables: Variables) -> bool:
        """Whether a condition is true; whatever evaluating raises is raised."""
        return bool(self._remembered(self._condition, condition, variables))

    def _remembered(self, evaluate: Evaluate, expression: str, variables: Variables) -> t.Any:
        read = self._read_by(expression)
        if read is None or not all(name in variables for name in read):
            return evaluate(expression, variables)
        known = self._known.setdefault((expression, evaluate), {})
        key = tuple(_frozen(variables[name]) for name in read)
        if key not in known:
            if len(known) >= MOST_REMEMBERED:
                return evaluate(expression, variables)
            try:
                known[key] = (evaluate(expression, variables), None)
            except Exception as exc:  # the same input fails the same way
                known[key] = (None, exc)
        result, failure = known[key]
        if failure is not None:
            raise failure.with_traceback(None)  # or each of ten thousand hosts would make it longer
        return result

    def _read_by(self, expression: str) -> tuple[str, ...] | None:
        """The variables that a pure expression reads, None for any other."""
        if expression not in self._reads:
            self._reads[expression] = _pure_reads(expression) if self._remember and isinstance(expression, str) else None
        return self._reads[expression]


def unknown_names(condition: str, known: t.Collection[str]) -> list[str]:
    """The variables that a condition reads and nothing defines.

    Raises:
        ValueError: it is no expression.
    """
    tree = _parsed(condition)
    names = {node.name for node in tree.find_all(nodes.Name)} | ({tree.name} if isinstance(tree, nodes.Name) else set())
    return sorted(names - set(known) - _GLOBALS)


def _pure_reads(expression: str) -> tuple[str, ...] | None:
    if any(mark in expression for mark in ("{{", "}}", "{%", "%}", "{#", "#}")):
        return None
    try:
        tree = _parsed(expression)
    except ValueError:
        return None
    found = [tree, *tree.find_all(nodes.Node)]
    if not all(_is_pure(node) for node in found):
        return None
    return tuple(sorted({node.name for node in found if isinstance(node, nodes.Name)}))


def _is_pure(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _PURE_FILTERS
    if isinstance(node, nodes.Test):
        return node.name in _PURE_TESTS
    if isinstance(node, nodes.Getattr):
        return not node.attr.startswith("_") and node.attr not in _METHODS
    return isinstance(node, _PURE_NODES)


def _parsed(expression: str) -> nodes.Expr:
    try:
        parser = Parser(Environment(), expression, state="variable")
        tree = parser.parse_expression()
    except TemplateSyntaxError as exc:
        raise ValueError(str(exc.message)) from exc
    if not parser.stream.eos:
        raise ValueError("it goes on after its end")
    return tree


def _frozen(value: t.Any) -> t.Any:
    """A JSON value as a key: equal only for values of the same types, in the same order."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return (dict, *((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return (list, *map(_frozen, value))
    return (value.__class__, value)
