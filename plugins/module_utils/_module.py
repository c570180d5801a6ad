# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module door: the only file that knows AnsibleModule. Build, run, exit or fail, warn."""

from __future__ import annotations

import os
import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._http.redact import Redactor
from ._runner import Module, Reply, Task, run, secrets_of


def run_module(module: Module) -> None:
    """Run one module to its end.

    Args:
        module: one of those of C(_actions).
    """
    ansible = AnsibleModule(argument_spec=module.spec, supports_check_mode=True)
    task = Task(dict(ansible.params), dict(os.environ), ansible.check_mode, ansible._diff, ansible._verbosity)
    reply = perform(module, task)
    for warning in reply.warnings:
        ansible.warn(warning)
    if reply.result.pop("failed", False):
        ansible.fail_json(**reply.result)
    ansible.exit_json(**reply.result)


def perform(module: Module, task: Task) -> Reply:
    """Run a task and have a reply, whatever happens: the same through both doors.

    Returns:
        The reply. An error of ours is a failure too, readable and without secrets, with its traceback in C(exception).
    """
    try:
        reply = run(module.action, task, writes=module.writes)
    except (Exception, SystemExit) as exc:  # the latter would end the process of the fast door, and the playbook with it
        redact = Redactor(secrets_of(task.options)).text
        crash = {"failed": True, "msg": redact(f"Unexpected {type(exc).__name__}: {exc}"), "exception": redact(traceback.format_exc())}
        return Reply(crash)
    if reply.missing_library:
        reply.result["msg"] = f"{reply.result['msg'].rstrip('.')}. {missing_required_lib(reply.missing_library)}"
    return reply
