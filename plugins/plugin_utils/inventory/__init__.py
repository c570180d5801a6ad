# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the inventory plugin, private to it: accounts, answers, the cache, hosts, expressions. Controller side only."""

from __future__ import annotations
