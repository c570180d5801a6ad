# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH keys at Gcore (section 9): of a project, in no region. They cannot be changed, and names may repeat (section 3.2)."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import NotFoundError
from ..._core.model import Instance, Outcome
from ..._core.normalise import text
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..records import RecordWish
from ..ssh_keys import PRIVATE_KEY, SshKeyVerbs
from .api import SSH_KEY_CREATE, SSH_KEY_DELETE, SSH_KEYS

if t.TYPE_CHECKING:
    from .driver import GcoreDriver


class GcoreSshKeys(SshKeyVerbs["GcoreDriver"]):
    """The verbs of Gcore's SSH keys."""

    driver: GcoreDriver

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All of the project."""
        return [self.record(row) for row in self.driver.scope.of_project(SSH_KEYS)]

    def create(self, new: NewRecord) -> Operation | None:
        """Upload it; without a public key the provider makes a pair, whose private half only this answer tells."""
        answer = self.driver.api.ask(SSH_KEY_CREATE, self._path(), body=new.body)
        if "public_key" in new.body:
            return None
        private_key = text(answer.get(PRIVATE_KEY)) if isinstance(answer, dict) else None
        self.driver.api.client.redactor.add(private_key)
        outcome = Outcome(credentials={PRIVATE_KEY: private_key})
        return self.driver.operation("making of a pair of SSH keys", lambda: outcome)

    def delete(self, record: Record) -> Operation | None:
        """Delete; servers that were made with it keep it."""
        with contextlib.suppress(NotFoundError):
            self.driver.api.ask(SSH_KEY_DELETE, {**self._path(), "ssh_key_id": str(record.id)})
        return None

    def _path(self) -> dict[str, str]:
        return {"project_id": self.driver.scope.project()}
