# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what callbacks see of every result to the file that RECORD names, a line of JSON each."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorder
type: notification
short_description: Keeps what callbacks see
description:
  - For tests that compare runs.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One line a result, whatever came of it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorder"

    def __init__(self) -> None:
        super().__init__()
        self._path = os.environ.get("RECORD")
        self.disabled = self._path is None

    def _record(self, event: str, seen: t.Any) -> None:
        about = {"event": event, "host": seen._host.get_name(), "task": seen._task.get_name(), "result": seen._result}
        line = json.dumps(about, default=str, sort_keys=True).replace(os.path.dirname(os.environ["HOME"]), "FOLDER")  # of the test
        with open(str(self._path), "a", encoding="utf-8") as handle:
            handle.write(line + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """See the base class."""
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """See the base class."""
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """See the base class."""
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """See the base class."""
        self._record("unreachable", result)

    def v2_runner_retry(self, result: t.Any) -> None:
        """See the base class."""
        self._record("retry", result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """See the base class."""
        self._record("item ok", result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """See the base class."""
        self._record("item failed", result)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        """See the base class."""
        self._record("item skipped", result)
