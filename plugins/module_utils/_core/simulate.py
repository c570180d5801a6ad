# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prediction: the current model plus a plan is the after-state.

Pure. Check mode shows it; the real run is compared with it.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .model import ABSENT, RESCUE, RUNNING, STOPPED, SUSPENDED, Instance
from .plan import Step

_POWER = {
    "start": RUNNING,
    "restart": RUNNING,
    "repair": RUNNING,
    "resume": RUNNING,
    "stop": STOPPED,
    "suspend": SUSPENDED,
    "unrescue": RUNNING,
    "rescue": RESCUE,
}
_PLAIN_FIELDS = ("name", "tags", "firewalls", "size", "cpu", "memory_mb", "disk_gb", "locked")


def after(instance: Instance, steps: t.Iterable[Step]) -> Instance:
    """The instance as it will be after C(steps)."""
    for step in steps:
        instance = _apply(instance, step)
    return instance


def _apply(instance: Instance, step: Step) -> Instance:
    status = _POWER.get(step.action)
    if status is not None:
        rescue = status == RESCUE if step.action in ("rescue", "unrescue") else instance.rescue
        if step.action == "unrescue" and instance.status == STOPPED:
            status = STOPPED
        elif status == RUNNING and rescue:
            status = RESCUE  # what boots is the rescue system
        elif step.action == "stop" and rescue:
            rescue = None  # Hostwinds does not tell it of a stopped server
        return _with_status(replace(instance, rescue=rescue), status)
    if step.action == "delete":
        return _with_status(instance, ABSENT) if step.field == "instance" else instance
    if step.action == "rebuild":
        return _with_status(replace(instance, **(step.target or {})), RUNNING)
    if step.action == "finalize":
        return replace(instance, **(step.target or {}))
    changes = {step.field: step.after} if step.field in _PLAIN_FIELDS else {}
    if step.field == "firewalls":
        changes["firewalls"] = step.target
    if step.action == "resize":
        changes.update((step.target or {}).get("predicted", {}))
    return replace(instance, **changes)


def _with_status(instance: Instance, status: str) -> Instance:
    return replace(instance, status=status, provider_status=instance.provider_status if status == instance.status else None)
