# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of vps_backup and vps_backup_info."""

from __future__ import annotations

import typing as t

from .. import _argspec
from .._connection import TaskContext
from .._core.errors import OptionError
from .._core.normalise import text
from .._providers.base import Driver
from .._resources._instances import locate
from .._resources.backup import BackupTask, BackupWish, select
from .._resources.backup_schedule import ScheduleTask, ScheduleWish
from .._resources.restore import RestoreTask, RestoreWish
from .._runner import Module, Task
from .common import reply_of, require_name, supports, terms


def backup(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_backup): making, keeping and deleting; restoring; schedules."""
    options, token = task.options, context.connection.token
    driver.require("backup")
    require_name(task, *(("id", "instance") if options["state"] != "present" else ("instance",)))
    shared = terms(driver, options)
    instance, name, backup_id = (text(options.get(option)) for option in ("instance", "name", "id"))
    schedule = options.get("schedule")
    if schedule is not None:
        if options["state"] == "restored":
            raise OptionError("schedule cannot be combined with state: restored", hint="Leave one of them out.", option="schedule")
        managed = {option: schedule.get(option) for option in ("name", "cron", "every", "keep", "paused")}
        return reply_of(ScheduleTask(driver, ScheduleWish(instance=instance, state=options["state"], **managed, **shared), token).run(), task)
    if options["state"] == "restored":
        restore = RestoreWish(
            instance=instance, name=name, id=backup_id, restore_to=options.get("restore_to"), new_name=text(options.get("new_name")), **shared
        )
        return reply_of(RestoreTask(driver, restore, token).run(), task)
    wish = BackupWish(
        instance=instance,
        name=name,
        id=backup_id,
        state=options["state"],
        max_age=text(options.get("max_age")),
        keep=options.get("keep"),
        prune=options["prune"],
        consistent=options["consistent"],
        stop_mode=options["stop_mode"],
        **shared,
    )
    return reply_of(BackupTask(driver, wish, token).run(), task)


def backup_info(driver: Driver, context: TaskContext, task: Task) -> dict[str, t.Any]:
    """C(vps_backup_info)."""
    if not supports(driver, "backup"):
        return {"changed": False, "supported": False, "backups": []}
    options = task.options
    wanted = text(options.get("instance"))
    found = locate(driver, wanted) if wanted else None
    if wanted and found is None:
        return {"changed": False, "supported": True, "backups": []}
    backups = select(driver, instance=found, name=text(options.get("name")), backup_id=text(options.get("id")), statuses=options.get("status") or ())
    return {"changed": False, "supported": True, "backups": [each.public() for each in backups]}


VPS_BACKUP = Module(_argspec.BACKUP, backup, writes=True)
VPS_BACKUP_INFO = Module(_argspec.BACKUP_INFO, backup_info)
