# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every page of the documentation, followed to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.polyhost.cloud.tests.integration.conftest import ROOT, SECRET_MARKS

from .guide import absent_programs, follow, read

PAGES = {path.stem: path for path in sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_is_what_happens(page: str, reader: dict[str, str], tmp_path: Path) -> None:
    guide = read(PAGES[page].read_text(encoding="utf-8"))
    absent = absent_programs(guide, reader["PATH"])
    if absent:
        pytest.skip(f"{page} needs {', '.join(absent)}")
    follow(guide, tmp_path, reader, SECRET_MARKS)
