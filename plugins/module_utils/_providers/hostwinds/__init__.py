# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostwinds: one URL, form-encoded calls, four envelopes, and a create that spends money without telling an id."""

from __future__ import annotations
