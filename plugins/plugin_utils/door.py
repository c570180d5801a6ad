# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two doors of every module: shipped as any module, or run right here, in the worker process of the controller.

The fast door is taken only when nobody can tell the difference. Either way the output of results that hold secrets is
hidden; C(register) keeps the values.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
import typing as t
import warnings
from collections.abc import Mapping

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._http.client import HAS_REQUESTS
from ..module_utils._http.sessions import Sessions
from ..module_utils._module import perform
from ..module_utils._runner import Module, Task

SWITCH = "polyhost_cloud_fast_door"  # a variable; false always takes the module door

# What a running process has read already, or would not read from its environment again.
ONLY_A_NEW_PROCESS_READS = ("LD_", "MALLOC_", "OPENSSL_", "PYTHON", "TEMP", "TMP", "TZ")

SESSIONS = Sessions(keep=True)  # of a worker, which lives for all items of one task's loop on one host
os.register_at_fork(after_in_child=SESSIONS.forget)

Result = dict[str, t.Any]
Variables = t.Mapping[str, t.Any]


class Door(ActionBase):  # type: ignore[misc]
    """Runs the module that C(MODULE) describes."""

    MODULE: t.ClassVar[Module]
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """Run the module; see the base class."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        if self.in_background and self.asks_for_secrets():
            self._task.no_log = True  # the result of a job does not come by here
        arguments = self.arguments(variables)
        environment = self._environment()
        shippable = self._plain(arguments) if self._nobody_can_tell(variables, environment) else None
        if shippable is None:
            result = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=self.in_background)
        else:
            with self._as_a_module_runs(environment):
                result = self._run_here(shippable, variables)
        if self.holds_secrets(result):
            result["_ansible_no_log"] = True
            self._task.no_log = True  # ansible-core 2.17.0 overwrites the mark (CVE-2024-8775)
        return t.cast(Result, result)

    # -- what a module may do in its own way ------------------------------------------------------------------------

    def arguments(self, task_vars: Variables) -> dict[str, t.Any]:
        """What the module gets."""
        arguments: dict[str, t.Any] = self._task.args
        return arguments

    def asks_for_secrets(self) -> bool:
        """Whether a job's result may hold secrets, as far as the task's options tell."""
        return boolean(self._task.args.get("return_credentials"), strict=False) is True

    def holds_secrets(self, result: Result) -> bool:
        """Whether a result holds secrets."""
        return bool(result.get("credentials"))

    # -- which door -------------------------------------------------------------------------------------------------

    @property
    def in_background(self) -> bool:
        """Whether the result comes from a job later on, and not by here."""
        return bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)

    def _nobody_can_tell(self, task_vars: Variables, environment: t.Mapping[str, str]) -> bool:
        """Whether a run right here is the same as a run of the shipped module."""
        return (
            HAS_REQUESTS
            and sys.platform != "darwin"  # looking up proxies may kill a forked process there
            and not self._task.async_val
            and not C.DEFAULT_KEEP_REMOTE_FILES
            and self._connection.become is None  # a variable of the host can set it, which the task does not show
            and self._connection.transport == "local"
            and self._connection._load_name.rpartition(".")[2] == "local"
            and not any(name.startswith(ONLY_A_NEW_PROCESS_READS) for name in environment)
            and self._is_this_python(task_vars)
            and boolean(self._templar.template(task_vars.get(SWITCH, True)), strict=False)
        )

    def _is_this_python(self, task_vars: Variables) -> bool:
        """Whether no other interpreter is set for the host where the module would run."""
        delegate = self._task.delegate_to
        variables = task_vars.get("ansible_delegated_vars", {}).get(delegate, {}) if delegate else task_vars
        setting = C.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
        python = str(self._templar.template(setting) or "auto")
        return python.startswith("auto") or _place(python) == _place(sys.executable)

    # -- the fast door ----------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        """What C(environment) of task, blocks and play comes to."""
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        return {str(name): str(value) for name, value in environment.items()}

    @staticmethod
    def _plain(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        """The arguments as a module would read them; None where they cannot be written as JSON."""
        own = {name: value for name, value in arguments.items() if not str(name).startswith("_ansible_")}
        try:
            plain: dict[str, t.Any] = json.loads(json.dumps(own, default=_as_json))
        except (TypeError, ValueError):
            return None
        return plain

    @contextlib.contextmanager
    def _as_a_module_runs(self, environment: t.Mapping[str, str]) -> t.Iterator[None]:
        """This process as the module's would be: its environment, its working directory, and nobody who reads what libraries print."""
        before, folder = {name: os.environ.get(name) for name in environment}, os.getcwd()
        os.environ.update(environment)
        try:
            os.chdir(self._loader.get_basedir())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            os.chdir(folder)
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def _run_here(self, arguments: dict[str, t.Any], task_vars: Variables) -> Result:
        """Validate, run, and return what the module would have returned.

        Not C(ActionBase.validate_argument_spec), which shows secrets, raises, and forgets warnings.
        """
        validated = ArgumentSpecValidator(self.MODULE.spec).validate(arguments)
        options = validated.validated_parameters
        told = ["Both option {option} and its alias {alias} are set.".format(**warning) for warning in validated._warnings]
        deprecations = [{key: value for key, value in each.items() if key != "date" or value} for each in validated._deprecations]
        if validated.error_messages:
            prefix = f"Unsupported parameters for ({self._task.action}) module: " if isinstance(validated.errors[0], UnsupportedError) else ""
            result: Result = {"failed": True, "msg": prefix + validated.errors.msg}
        else:
            reply = perform(self.MODULE, self._as_task(options, task_vars))
            result = reply.result
            told += reply.warnings
        shown = {"module_args": options} if _shows_invocation(task_vars) else None
        result.update({key: value for key, value in {"invocation": shown, "warnings": told, "deprecations": deprecations}.items() if value})
        kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
        return {**json.loads(json.dumps(remove_values(result, validated._no_log_values))), **kept}

    def _as_task(self, options: dict[str, t.Any], task_vars: Variables) -> Task:
        host = task_vars.get("inventory_hostname", "localhost")

        def tell(line: str) -> None:
            self._display.display(f"{self._task.action} [{host}]: {line}")

        return Task(
            options,
            dict(os.environ),
            self._task.check_mode,
            self._task.diff,
            self._display.verbosity,
            sessions=SESSIONS,
            progress=None if self._task.no_log else tell,
        )


def _as_json(value: t.Any) -> t.Any:
    """What JSON has no form for, as Ansible writes it for a module.

    Raises:
        TypeError: it is of no kind that is known here.
    """
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if getattr(value, "__ENCRYPTED__", False):  # a value of the vault, up to ansible-core 2.18
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _place(python: str) -> tuple[str, str]:
    """An interpreter's folder and file: two virtual environments may share the file."""
    return os.path.dirname(python), os.path.realpath(python)


def _shows_invocation(task_vars: Variables) -> bool:
    """Whether results tell the arguments: always up to ansible-core 2.20, by a setting from 2.21 on."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True
