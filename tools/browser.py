# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a Chromium and its driver; where there are none, unpacks Debian's below C(.cache/chromium), which takes no root."""

from __future__ import annotations

import os
import re
import shutil

import debian
from workshop import CACHE

PACKAGES = ("chromium-headless-shell", "chromium-driver")
# The driver asks for the Chromium with windows, and that for what draws them.
NEVER_LOADED = re.compile("^(chromium|libgtk-3-.*|libwayland-.*|libcolord2|libepoxy0|xdg-utils)$")
UNPACKED = CACHE / "chromium"

HOW_TO_GET_IT = f"""The site is looked at in Chromium. There is none here, and {" and ".join(PACKAGES)} could not be downloaded with apt-get
either. Install them (on Debian: apt install chromium chromium-driver)."""


def surroundings() -> dict[str, str]:
    """The environment variables by which tests find the browser: none where there is no browser to be had."""
    installed, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if installed and driver:
        return {"CHROMIUM": installed, "CHROMEDRIVER": driver}
    unpacked, driver_unpacked = UNPACKED / "usr" / "lib" / "chromium" / "chromium-headless-shell", UNPACKED / "usr" / "bin" / "chromedriver"
    if not (unpacked.exists() and driver_unpacked.exists()) and not _unpack():
        return {}
    return {"CHROMIUM": str(unpacked), "CHROMEDRIVER": str(driver_unpacked), "CHROMIUM_LIBRARIES": os.pathsep.join(debian.libraries(UNPACKED))}


def _unpack() -> bool:
    if not debian.is_there():
        return False
    print("Unpacking Debian's Chromium below .cache/chromium ...", flush=True)
    shutil.rmtree(UNPACKED, ignore_errors=True)
    return debian.unpack_with_needed(PACKAGES, UNPACKED, NEVER_LOADED)
