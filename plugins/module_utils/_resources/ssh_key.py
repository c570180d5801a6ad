# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SSH keys have of their own: they are compared as keys, and a pair that the provider makes is kept by nobody but this controller."""

from __future__ import annotations

import os
import typing as t

from .. import _keyfile
from .._core import ssh
from .._core.errors import NotAppliedError, OptionError
from .._core.plan import Drift, Step
from .._core.records import Field, Record
from .._core.wait import Operation
from .._journal import Note
from .._providers.ssh_keys import PRIVATE_KEY
from ._declared import MAKING, DeclaredTask, State
from ._instances import PRESUMED


class SshKeyTask(DeclaredTask):
    """One run of C(vps_ssh_key)."""

    _keep: t.Callable[[str], None] | None = None  # writes the private half, while a pair is being made

    def check(self) -> None:
        """Refuse what is no public key, and what would let the provider make a pair that nobody keeps."""
        wish = self.wish
        if wish.state == "absent":
            return
        if wish["generate"]:
            self.driver.require(self.kind.name, "generate")
        if wish["generate"] and wish["public_key"]:
            raise OptionError("public_key and generate exclude each other", hint="Leave one of them out.", option="generate")
        if wish["generate"] and not wish["private_key_path"]:
            raise OptionError(
                "private_key_path is needed with generate, since the provider tells the private key only once",
                hint="Name the file that is to get it; it is written with mode 0600.",
                option="private_key_path",
            )
        if wish["private_key_path"] and not wish["generate"]:
            raise OptionError("private_key_path goes with generate: true only", hint="Leave it out.", option="private_key_path")
        if wish["public_key"] is not None:
            ssh.parse(wish["public_key"])

    def inspect(self, state: State) -> None:
        """Refuse to go on where the private half of a new pair could not be kept."""
        path = self.wish["private_key_path"]
        if self.wish.state == "absent" or not path or (state.new is None and os.path.lexists(path)):
            return
        folder = os.path.dirname(path)
        if self.context.check_mode and os.path.isabs(path) and not os.path.isdir(folder):
            self.context.warn(f"There is no folder {folder} yet; {PRESUMED}")
            return
        _keyfile.check(path)

    def differs(self, field: Field, current: t.Any, wanted: t.Any) -> bool:
        """A private key differs when its file is missing; what is in the file is nobody's business."""
        return not os.path.lexists(wanted) if field.name == "private_key_path" else super().differs(field, current, wanted)

    def _steps_for(self, field: Field, record: Record, state: State) -> tuple[list[Step], list[Drift]]:
        if field.name == "public_key" and not ssh.differs(record.fields, self.wish["public_key"]):
            return [], []
        return super()._steps_for(field, record, state)

    def _sent(self, step: Step, state: State, note: Note | None = None) -> State:
        if step.action not in MAKING or not self.wish["generate"]:
            return super()._sent(step, state, note)
        with _keyfile.reserved(self.wish["private_key_path"]) as self._keep:
            return super()._sent(step, state, note)

    def _followed(self, step: Step, state: State, operation: Operation | None) -> State:
        if self._keep is None:
            return super()._followed(step, state, operation)
        outcome = operation.check() if operation else None  # at once: nothing may come between the answer and the file
        private_key = (outcome.credentials or {}).get(PRIVATE_KEY) if outcome else None
        if private_key is None:
            made = self._one(self.verbs.find(self.wish, state.instance))
            raise NotAppliedError(
                f"{self.title} made the {self.label(made)}, but the answer with its private half was lost, and nobody has it",
                hint="Run the task again with allow: [replace], which deletes the key and makes another one, or delete it with state: absent.",
                id=made.id if made else None,
            )
        self._keep(private_key)
        return super()._followed(step, state, None)

    def _made(self, state: State, made_id: str | None) -> State:
        state = super()._made(state, made_id)
        made = t.cast(Record, state.record)
        if self.wish["public_key"] and ssh.differs(made.fields, self.wish["public_key"]):
            raise NotAppliedError(
                f"The {self.label(made)} is another key than the one that was sent",
                hint="Somebody else may have made one of that name at the same time: look at it, or give the key another name.",
                id=made.id,
            )
        return state
