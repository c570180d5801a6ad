# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides the output of a module whose result holds credentials or the like; C(register) keeps the values."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from .running import ModuleAction


class HidingAction(ModuleAction):
    """Runs the module of the same name and hides its output when there are credentials in it."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; see the base class."""
        if self.in_background and self.asks_for_secrets():
            self._task.no_log = True  # the result of a job does not come by here
        result = super().run(tmp, task_vars)
        if self.holds_secrets(result):
            result["_ansible_no_log"] = True
            self._task.no_log = True  # ansible-core 2.17.0 overwrites the mark (CVE-2024-8775)
        return result

    def asks_for_secrets(self) -> bool:
        """Whether a job's result may hold secrets, as far as the task's options tell."""
        return boolean(self._task.args.get("return_credentials"), strict=False) is True

    def holds_secrets(self, result: dict[str, t.Any]) -> bool:
        """Whether a result holds secrets."""
        return bool(result.get("credentials"))
