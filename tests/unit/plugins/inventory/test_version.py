# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version that cached answers carry is the collection's."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.polyhost.cloud.plugins.plugin_utils.inventory.answers import VERSION


def test_answers_carry_the_version_of_the_collection() -> None:
    galaxy = yaml.safe_load((Path(__file__).resolve().parents[4] / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
