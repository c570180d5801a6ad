# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and groups of hosts, without ansible and without accounts."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import AmbiguousError
from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.hosts import GROUP, Host, default_groups, settle_names, wish_name


def server(name: str | None, key: str = "1", account: str = "shop") -> Host:
    return Host({"id": key, "name": name, "provider": "civo", "account": account, "addresses": [], "public_ipv4": None}, {})


def settled(*hosts: Host, policy: str = "suffix", held: t.Mapping[str, str] | None = None) -> tuple[list[str], list[str]]:
    """The names that the hosts get, and those that became groups."""
    for host in hosts:
        wish_name(host, ["name"], lambda template, facts: None)
    left = settle_names(hosts, policy, (held or {}).get)
    return [host.name for host in hosts], sorted(left)


def test_unique_names_stay() -> None:
    assert settled(server("a"), server("b", "2")) == (["a", "b"], [])


def test_none_of_several_keeps_the_bare_name() -> None:
    assert settled(server("web"), server("web", "2"), server("db", "3")) == (["web-1", "web-2", "db"], ["web"])


def test_names_that_differ_in_case_only_are_one_name() -> None:
    assert settled(server("Web"), server("web", "2")) == (["Web-1", "web-2"], ["Web", "web"])


def test_where_the_id_is_not_enough_the_account_joins() -> None:
    assert settled(server("web", "1", "a"), server("web", "1", "b")) == (["web-a-1", "web-b-1"], ["web"])
    assert settled(server("web", "1"), server("web", "2"), server("web-2", "9")) == (["web-1", "web-shop-2", "web-2-shop-9"], ["web", "web-2"])


def test_what_holds_a_name_already() -> None:
    assert settled(server("web"), held={"web": "civo/shop/1"}) == (["web"], [])
    assert settled(server("web"), held={"web": ""}) == (["web"], [])
    assert settled(server("web"), held={"web": "civo/lab/7"}) == (["web-1"], [])
    assert settled(server("web"), held={"web": GROUP}) == (["web-1"], [])


@pytest.mark.parametrize("held", [{}, {"web": "civo/lab/7"}, {"web": GROUP}])
def test_fail_names_all_of_them(held: dict[str, str]) -> None:
    twins = [server("web"), *([] if held else [server("WEB", "2")])]
    with pytest.raises(AmbiguousError) as raised:
        settled(*twins, policy="fail", held=held)
    assert all(host.uid in str(raised.value) for host in twins)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "A", "a-1", "a-2", "a-x-1", None, "b c"]), st.sampled_from(["1", "2"]), st.sampled_from(["x", "y"])), unique=True)
)
def test_names_end_up_different_or_refused(rows: list[tuple[str | None, str, str]]) -> None:
    hosts = list({(key, account): server(name, key, account) for name, key, account in rows}.values())
    try:
        names, _left = settled(*hosts)
    except AmbiguousError:
        return
    assert len({name.casefold() for name in names}) == len(hosts)


def test_default_groups_are_in_lower_case_and_leave_out_what_is_unknown() -> None:
    instance = {"provider": "civo", "account": "Shop", "region": None, "status": "running", "tags": {"Role": "Web", "x": ""}}
    assert default_groups(instance) == ["provider_civo", "account_shop", "status_running", "tag_role_web", "tag_x"]
