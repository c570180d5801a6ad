# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode of a task that is told by an earlier one what it is about: that is null from ansible-core 2.19 on, and empty text before."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.polyhost.cloud.tests.unit.controller import Controller
from ansible_collections.polyhost.cloud.tests.unit.scenarios_ssh_key import FIRST

GCORE = {"region": "4"}
TASKS: tuple[tuple[str, str, str, dict[str, t.Any]], ...] = (
    ("address", "hostwinds", "instance", {"primary": True}),
    ("address", "hostwinds", "instance", {"state": "replaced", "allow": ["cost"]}),
    ("volume", "gcore", "id", {"size_gb": 20, **GCORE}),
    ("interface", "gcore", "instance", {"network": "net1", **GCORE}),
    ("smtp_filter", "hostwinds", "instance", {"allow": ["cost"]}),
    ("dedicated", "hosterapi", "id", {"image": "Debian Bookworm", "allow": ["cost"]}),
    ("dedicated", "hosterapi", "id", {"state": "restarted"}),
    ("dedicated", "hosterapi", "id", {"state": "absent"}),
    ("software", "hosterapi", "instance", {"name": ["nextcloud"]}),
    ("console", "civo", "instance", {"region": "LON1"}),
    ("console", "hosterapi", "dedicated", {}),
    ("ssh_key", "civo", "name", {"public_key": FIRST}),
)


@pytest.mark.parametrize(("module", "provider", "option", "others"), TASKS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_not_known_yet_is_predicted_and_cannot_be_approved(
    controller: Controller, module: str, provider: str, option: str, others: dict[str, t.Any]
) -> None:
    null, empty = (controller.task(module, provider, check=True, **{option: value, **others}).result for value in (None, ""))
    assert not null.get("failed"), null
    assert null["approvable"] is False
    assert {**null, "api": None} == {**empty, "api": None}
    assert controller.writes(provider) == []


def test_an_empty_server_is_still_refused_where_nothing_can_be_taken_from_one(controller: Controller) -> None:
    controller.made("hostwinds")
    result = controller.task("address", "hostwinds", address="198.19.0.1", instance="").result
    assert result["error"] == "UnsupportedError"
