# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(python3 -m plugins.plugin_utils.simulator) in a clone, or the full collection name where it is installed."""

from __future__ import annotations

import os
import sys

if not __package__:  # python3 plugins/plugin_utils/simulator: a folder run as a script knows no package
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__ = "simulator"

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
