# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a volume has of its own: it is attached or available, and its tags are text."""

from __future__ import annotations

import typing as t

from .._core.errors import OperationFailedError, OptionError
from .._core.model import ERROR
from .._core.plan import Step
from .._core.records import Field, Record
from .._providers.volumes import ATTACHED, AVAILABLE
from ._declared import INSTANCE, DeclaredTask, State


class VolumeTask(DeclaredTask):
    """One run of C(vps_volume)."""

    def check(self) -> None:
        """Refuse sizes that no volume can have."""
        if self.wish["size_gb"] is not None and self.wish["size_gb"] < 1:
            raise OptionError(f"size_gb must be at least 1, not {self.wish['size_gb']}", option="size_gb")

    def inspect(self, state: State) -> None:
        """Refuse to take a volume that failed for one that is there."""
        record = state.record
        if self.wish.state != "absent" and record is not None and record["status"] == ERROR:
            told = f"The {self.label(record)} is in an error state"
            raise OperationFailedError(told, hint="Look at it in the provider's panel; one that was never of use can be deleted (state: absent).", id=record.id)

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """Tags are compared as text, whatever YAML makes of them."""
        if field.name == "tags":
            wanted = {str(key): str(value) for key, value in wanted.items()}
        return super().differs(field, current, wanted)

    def effect_of(self, step: Step, record: Record) -> Record:
        """What is attached is called so; its device is known afterwards."""
        if step.field != INSTANCE:
            return record
        return record.having(status=AVAILABLE if step.after is None else ATTACHED, provider_status=None, device=None)
