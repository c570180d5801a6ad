# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all playbooks have in common: a header that says how to run them, and a look at their variables before anything else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
NAMES = sorted(path.stem for path in PLAYBOOKS.glob("*.yml"))
WITHOUT_VARIABLES = {"demo"}
NO_VARIABLES = {"ansible_eda"}  # brought along by ansible-rulebook


def text(name: str) -> str:
    return (PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8")


def header(name: str) -> str:
    """The comment before the first play, and that of the playbook which it sends the reader to."""
    own = text(name).partition("\n- ")[0]
    return own + "".join(header(other) for other in re.findall(r"variables\s+(?:# )?are those of (\w+)\.yml", own))


def first_task(name: str) -> dict[str, t.Any]:
    play: dict[str, t.Any] = yaml.safe_load(text(name))[0]
    if "ansible.builtin.import_playbook" in play:
        return first_task(Path(play["ansible.builtin.import_playbook"]).stem)
    task: dict[str, t.Any] = [*play.get("pre_tasks", []), *play.get("roles", []), *play.get("tasks", [])][0]
    return task


@pytest.mark.parametrize("name", sorted(set(NAMES) - WITHOUT_VARIABLES - {"event"}))
def test_the_header_says_how_it_is_run_by_its_name(name: str) -> None:
    assert re.search(rf"^#   ansible-playbook .*polyhost\.cloud\.{name}\b", header(name), re.MULTILINE), header(name)


@pytest.mark.parametrize("name", sorted(set(NAMES) - WITHOUT_VARIABLES))
def test_variables_are_looked_at_first(name: str) -> None:
    task = first_task(name)
    assert "ansible.builtin.assert" in task or task.get("ansible.builtin.include_tasks") == "tasks/know.yml" or task.get("role") == "polyhost.cloud.simulator"


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_that_may_be_left_out_is_in_the_header(name: str) -> None:
    undeclared = set(re.findall(r"(?<![\w.])(?<!\| )([a-z][a-z_]+) \| default\(", text(name))) - NO_VARIABLES
    inner = {word for word in undeclared if word.startswith((f"{name}_", "vps_"))}  # its own, and an inventory's
    missing = {word for word in undeclared - inner if not re.search(rf"\b{word}\b", header(name))}
    assert missing == set()
