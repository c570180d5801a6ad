# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words that a volume is shown with; C(creating), C(deleting), C(error), C(unknown) and C(absent) besides."""

from __future__ import annotations

AVAILABLE = "available"
ATTACHED = "attached"
CHANGING = "changing"
