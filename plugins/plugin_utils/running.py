# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the module of the same name from an action, in the background too."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase


class ModuleAction(ActionBase):  # type: ignore[misc]
    """Runs the module of the same name, with the arguments of the task."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; see the base class."""
        super().run(tmp, task_vars)
        result: dict[str, t.Any] = self._execute_module(module_args=self.arguments(task_vars or {}), task_vars=task_vars, wrap_async=self.in_background)
        return result

    @property
    def in_background(self) -> bool:
        """Whether the result comes from a job later on, and not by here."""
        return bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)

    def arguments(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the module gets."""
        arguments: dict[str, t.Any] = self._task.args
        return arguments
