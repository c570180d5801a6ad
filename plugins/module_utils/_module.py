# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module door: the only file that knows AnsibleModule. Build, run, exit or fail, warn."""

from __future__ import annotations

import os
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._http.redact import Redactor
from ._runner import Action, Many, Reply, Task, run, secrets_of


def run_module(argument_spec: dict[str, dict[str, t.Any]], action: Action | Many | None, *, writes: bool = False) -> None:
    """Run one module to its end.

    Args:
        argument_spec: its options.
        action: one of those of C(_actions), or None for what needs no account.
        writes: whether it may change anything outside check mode.
    """
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    task = Task(dict(module.params), dict(os.environ), module.check_mode, module._diff, module._verbosity)
    crash: dict[str, t.Any] = {}
    reply = Reply({})
    try:
        reply = run(action, task, writes=writes)
    except Exception as exc:  # an error of ours must fail the task readably and without secrets
        redact = Redactor(secrets_of(task.options)).text
        crash = {"msg": redact(f"Unexpected {type(exc).__name__}: {exc}"), "exception": redact(traceback.format_exc())}
    if crash:
        module.fail_json(**crash)
    for warning in reply.warnings:
        module.warn(warning)
    if reply.missing_library:
        reply.result["msg"] = f"{reply.result['msg'].rstrip('.')}. {missing_required_lib(reply.missing_library)}"
    if reply.result.pop("failed", False):
        module.fail_json(**reply.result)
    module.exit_json(**reply.result)
