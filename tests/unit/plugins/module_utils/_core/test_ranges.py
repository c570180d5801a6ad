# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges in names: what Ansible's own expander makes of them, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.ranges import MOST, expand

RANGES = [
    "web-[01:50]",
    "web-[1:12]",
    "[0:3]",
    "db-[:5]",
    "db-[a:f]",
    "db-[x:C]",
    "db-[A:C]-x",
    "node[1:9:2]",
    "node[001:010:3].example.com",
    "r[1:2]-[a:b]",
    "r[1:2]-[01:03:2]-[x:y]-end",
    "[5:5]",
]


@pytest.mark.parametrize("name", RANGES)
def test_a_range_is_what_ansible_makes_of_it(name: str) -> None:
    inventory = pytest.importorskip("ansible.plugins.inventory")  # ansible-test hides the controller's code here
    assert expand(name) == inventory.expand_hostname_range(name)


def test_ranges_count_through() -> None:
    assert expand("web-[08:11]") == ["web-08", "web-09", "web-10", "web-11"]
    assert expand("r[1:2]-[a:b]") == ["r1-a", "r1-b", "r2-a", "r2-b"]
    assert expand("web1") == ["web1"]


@pytest.mark.parametrize(
    "name",
    ["web-[1]", "web-[1:", "web-[1:]", "web-[1:2:3:4]", "web-[01:100]", "web-[3:1]", "web-[f:a]", "web-[1:3:0]", "web-[1:b]", "web-[ab:cd]", "web-[-1:2]"],
)
def test_what_is_no_range_is_refused(name: str) -> None:
    with pytest.raises(OptionError) as refusal:
        expand(name)
    assert name in refusal.value.message
    assert refusal.value.facts["option"] == "name"


@pytest.mark.parametrize("name", [f"web-[1:{MOST + 1}]", "web-[1:999999999]", "web-[1:1000]-[1:1000]"])
def test_more_names_than_anybody_means_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match="more than"):
        expand(name)
