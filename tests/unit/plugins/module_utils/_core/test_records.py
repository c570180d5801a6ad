# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources as data: what a kind makes of what is known, and what becomes of it."""

from __future__ import annotations

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core import kinds
from ansible_collections.polyhost.cloud.plugins.module_utils._core.plan import CONSENTS
from ansible_collections.polyhost.cloud.plugins.module_utils._core.records import Kind, NewRecord

KINDS = tuple(kind for kind in vars(kinds).values() if isinstance(kind, Kind))
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))


def test_an_object_has_all_keys_of_its_kind_and_the_provider_first() -> None:
    record = kinds.VOLUME.record("civo", {"id": "v1", "name": "data"}, {"row": 7})
    assert list(record.public()) == ["provider", *kinds.VOLUME.shows]
    assert (record.id, record.name, record["size_gb"], record["tags"]) == ("v1", "data", None, {})
    assert record.facts == {"row": 7}
    assert "row" not in record.public()


def test_what_a_kind_does_not_show_is_a_mistake_of_its_driver() -> None:
    with pytest.raises(KeyError, match="colour"):
        kinds.VOLUME.record("civo", {"colour": "red"})


def test_objects_share_nothing() -> None:
    first, second = kinds.VOLUME.record("civo", {}), kinds.VOLUME.record("civo", {})
    first.public()["tags"]["role"] = "db"
    first.fields["tags"]["role"] = "db"
    assert (second["tags"], kinds.VOLUME.shows["tags"], kinds.VOLUME.record("civo", {})["tags"]) == ({}, {}, {})


def test_other_values_leave_the_first_object_alone() -> None:
    record = kinds.VOLUME.record("civo", {"name": "data", "size_gb": 10}, {"row": 7})
    grown = record.having(size_gb=20)
    assert (record["size_gb"], grown["size_gb"], grown.name, grown.facts) == (10, 20, "data", {"row": 7})


def test_what_is_gone_says_so_where_it_has_a_status() -> None:
    assert kinds.VOLUME.record("civo", {"id": "v1", "status": "available"}).gone()["status"] == "absent"
    key = kinds.SSH_KEY.record("civo", {"id": "k1", "name": "ops"})
    assert key.gone() == key


def test_an_object_without_id_or_name_has_none() -> None:
    template = kinds.NAME_TEMPLATE.record("gcore", {})
    assert (template.id, template.name) == (None, None)


def test_what_is_to_be_made_is_known_and_free_of_charge_unless_told() -> None:
    new = NewRecord({"size": 10}, kinds.VOLUME.record("civo", {}))
    assert (new.price, new.unknown, new.secret) == (None, (), None)


@every_kind
def test_a_kind_fits_together(kind: Kind) -> None:
    assert {field.name for field in kind.fields if not field.fixed} <= set(kind.shows), "what can be changed is shown"
    assert len({field.name for field in kind.fields}) == len(kind.fields)
    assert len([field for field in kind.fields if field.link]) <= 1
    assert kind.identity
    assert {*kind.order_needs, *(need for field in kind.fields for need in field.needs)} <= set(CONSENTS)
    assert not kind.order_needs or kind.ordered, "what asks for consent to spend money is remembered"
    assert "provider" not in kind.shows
    assert kind.plural != kind.name or kind.name in ("dedicated", "software")


def test_names_of_kinds_are_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 9
