# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each module does with a connected driver: options in, the reply out. One file a resource, so that a task imports its own only."""

from __future__ import annotations
