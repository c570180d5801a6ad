# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions: one for all items of a loop, another one for whatever could make a difference, none of a parent's."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import requests

from ansible_collections.polyhost.cloud.plugins.module_utils._connection import connect
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConfigurationError
from ansible_collections.polyhost.cloud.plugins.module_utils._http.sessions import LONGEST_REST, Sessions

ENVIRON = {"CIVO_TOKEN": "token-1", "GCORE_API_KEY": "token-1"}
URL = "https://api.example.com"


class Fake:
    """A session that knows whether it is closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Moments:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def session_of(kept: Sessions, folder: Path, environ: t.Mapping[str, str] | None = None, **options: t.Any) -> t.Any:
    """The session that a task with these options sends by."""
    values = {"provider": "civo", "api_url": URL, **options}
    environment = {**ENVIRON, "XDG_CACHE_HOME": str(folder), **(environ or {})}
    context = connect(values, environment, check_mode=False, read_only=True, sessions=kept)[1]
    session = context.clients[0]._open_session()
    context.close()
    return session


def test_what_is_kept_is_used_again_and_what_is_not_is_closed() -> None:
    kept, own = Sessions(keep=True), Sessions()
    assert kept.get("a", Fake) is kept.get("a", Fake)
    assert kept.get("a", Fake) is not kept.get("b", Fake)
    first, mine = kept.get("a", Fake), own.get("a", Fake)
    for each in (kept, own):
        each.end_task()
    assert (first.closed, mine.closed) == (False, True)
    assert kept.get("a", Fake) is first
    assert own.get("a", Fake) is not mine


def test_what_nobody_asked_for_of_late_is_opened_anew() -> None:
    moments = Moments()
    kept = Sessions(keep=True, now=moments)
    old = kept.get("a", Fake)
    moments.now = LONGEST_REST
    assert kept.get("a", Fake) is old
    moments.now = 2 * LONGEST_REST + 0.1
    new = kept.get("a", Fake)
    assert (new is old, old.closed) == (False, True)


def test_a_parents_sessions_are_forgotten_and_left_open() -> None:
    kept = Sessions(keep=True)
    of_parent = kept.get("a", Fake)
    kept.forget()
    assert kept.get("a", Fake) is not of_parent
    assert not of_parent.closed


@pytest.mark.parametrize(
    ("environ", "options"),
    [
        ({}, {"api_token": "token-2"}),
        ({"CIVO_TOKEN": "token-2"}, {}),
        ({}, {"provider": "gcore"}),
        ({}, {"api_url": f"{URL}/other"}),
        ({}, {"validate_certs": False}),
        ({"REQUESTS_CA_BUNDLE": requests.certs.where()}, {}),
        ({}, {"ip_family": "ipv4"}),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, {}),
    ],
)
def test_whatever_makes_a_difference_has_a_session_of_its_own(tmp_path: Path, environ: dict[str, str], options: dict[str, t.Any]) -> None:
    kept = Sessions(keep=True)
    first = session_of(kept, tmp_path)
    other = session_of(kept, tmp_path, environ, **options)
    assert other is not first
    assert session_of(kept, tmp_path) is first
    assert session_of(kept, tmp_path, environ, **options) is other


def test_certificates_that_changed_are_read_again(tmp_path: Path) -> None:
    kept, bundle = Sessions(keep=True), tmp_path / "ca.pem"
    shutil.copyfile(requests.certs.where(), bundle)
    first = session_of(kept, tmp_path, ca_path=str(bundle))
    assert session_of(kept, tmp_path, ca_path=str(bundle)) is first
    bundle.write_text(bundle.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert session_of(kept, tmp_path, ca_path=str(bundle)) is not first
    bundle.write_text("nothing of that kind", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        session_of(kept, tmp_path, ca_path=str(bundle))


def test_a_task_without_kept_sessions_closes_its_own(tmp_path: Path) -> None:
    values = {"provider": "civo", "api_url": URL}
    one, other = (connect(values, {**ENVIRON, "HOME": str(tmp_path)}, check_mode=False, read_only=True)[1] for _number in range(2))
    assert one.clients[0]._open_session() is not other.clients[0]._open_session()
