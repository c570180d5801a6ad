# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verbs of every resource have in common: the driver of their provider."""

from __future__ import annotations

import abc
import typing as t

D = t.TypeVar("D", bound="t.Any")


class Verbs(abc.ABC, t.Generic[D]):
    """The verbs of one resource at one provider.

    Args:
        driver: the driver of the same provider.
    """

    def __init__(self, driver: D) -> None:
        self.driver = driver
