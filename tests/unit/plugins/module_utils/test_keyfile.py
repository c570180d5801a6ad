# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a private key: for its owner alone, whole or not at all, never over another."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _keyfile
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError, ProviderError

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET\n-----END OPENSSH PRIVATE KEY-----"


def test_a_key_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with _keyfile.reserved(str(path)) as keep:
        assert not path.exists()
        keep(KEY)
    assert path.read_text() == KEY + "\n"
    assert (path.stat().st_mode & 0o777, path.stat().st_nlink) == (0o600, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_where_no_key_comes(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), _keyfile.reserved(str(tmp_path / "key")):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_else_put_there_meanwhile_stays_and_the_key_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(ProviderError, match="could not be put") as failure, _keyfile.reserved(str(path)) as keep:
        path.write_text("other")
        keep(KEY)
    assert path.read_text() == "other"
    (kept,) = (each for each in tmp_path.iterdir() if each != path)
    assert kept.read_text() == KEY + "\n"
    assert str(kept) in str(failure.value)
    assert "S3CRET" not in str(failure.value)
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: t.Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "key"
    with _keyfile.reserved(str(path)) as keep:
        keep(KEY)
    assert path.read_text() == KEY + "\n"
    with pytest.raises(ProviderError), _keyfile.reserved(str(path)) as keep:
        keep("another")
    assert path.read_text() == KEY + "\n"


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for path in (
        "key",
        f"{tmp_path}/",
        str(tmp_path / "there"),
        str(tmp_path / "dangling"),
        str(tmp_path / "missing" / "key"),
        str(tmp_path / "there" / "key"),
    ):
        with pytest.raises(OptionError, match="private_key_path"):
            _keyfile.check(path)
    _keyfile.check(str(tmp_path / "key"))
    with pytest.raises(OptionError, match="takes no new file"), _keyfile.reserved(str(tmp_path / "missing" / "key")):
        pass
