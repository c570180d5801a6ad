# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what the tasks of a test registered to a file; as an action, since a module would take longer than most tests need."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    """C(results), a JSON text, goes to the file C(dest)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Write it; see the base class."""
        super().run(tmp, task_vars)
        with open(os.open(self._task.args["dest"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
            handle.write(json.dumps(json.loads(self._task.args["results"])))
        return {"changed": False}
