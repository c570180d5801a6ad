# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH keys at Civo (section 8): of the account, in no region."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import NotFoundError
from ..._core.model import Instance
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..records import RecordWish
from ..ssh_keys import SshKeyVerbs
from . import api

if t.TYPE_CHECKING:
    from .driver import CivoDriver


class CivoSshKeys(SshKeyVerbs["CivoDriver"]):
    """The verbs of Civo's SSH keys."""

    driver: CivoDriver

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All of the account."""
        return [self.record(row) for row in api.rows(self.driver.civo.anywhere(api.SSH_KEYS))]

    def create(self, new: NewRecord) -> Operation | None:
        """Upload it."""
        self.driver.civo.anywhere(api.SSH_KEY_CREATE, body=new.body)
        return None

    def change(self, record: Record, step: Step) -> Operation | None:
        """Rename, which is all that can be changed."""
        self.driver.civo.anywhere(api.SSH_KEY_RENAME, path={"id": record.id}, body={"name": step.after})
        return None

    def delete(self, record: Record) -> Operation | None:
        """Delete; servers that were made with it keep it."""
        with contextlib.suppress(NotFoundError):
            self.driver.civo.anywhere(api.SSH_KEY_DELETE, path={"id": record.id})
        return None
