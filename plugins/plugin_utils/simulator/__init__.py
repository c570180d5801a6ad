# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator: four provider APIs on loopback ports, as their contracts describe them.

It shares no code with the client of this collection, so that a misreading on one side shows on the other.
"""

from __future__ import annotations
