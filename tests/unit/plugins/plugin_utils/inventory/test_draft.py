# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A draft and what becomes of it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData

from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.draft import Draft


def draft() -> Draft:
    made = Draft(lambda value: value)
    made.add_host("web")
    made.add_host("web", made.add_group("role_web"))
    made.add_group("roles")
    made.add_child("roles", "role_web")
    made.set_variable("web", "x", 1)
    return made


def test_everything_is_added() -> None:
    inventory = InventoryData()
    draft().add_to(inventory)
    assert inventory.hosts["web"].vars["x"] == 1
    assert [host.name for host in inventory.groups["role_web"].hosts] == ["web"]
    assert [group.name for group in inventory.groups["roles"].child_groups] == ["role_web"]


def test_groups_that_contain_each_other_fail_before_the_first_host() -> None:
    inventory, wrong = InventoryData(), draft()
    wrong.add_child("role_web", "roles")
    with pytest.raises(AnsibleError):
        wrong.add_to(inventory)
    assert inventory.hosts == {}


def test_a_variable_of_a_host_is_never_that_of_a_group_of_its_name() -> None:
    inventory = InventoryData()
    inventory.add_group("web")
    draft().add_to(inventory)
    assert inventory.hosts["web"].vars["x"] == 1
    assert "x" not in inventory.groups["web"].vars
