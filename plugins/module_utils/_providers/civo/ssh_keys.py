# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH keys at Civo (section 8): of the account, in no region."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import NotFoundError, OptionError
from ..._core.kinds import SSH_KEY
from ..._core.model import Instance
from ..._core.normalise import iso_utc, text
from ..._core.plan import Step
from ..._core.records import NewRecord, Record
from ..._core.wait import Operation
from ..records import RecordVerbs, RecordWish
from . import api
from .api import Row
from .profile import PROFILE

if t.TYPE_CHECKING:
    from .driver import CivoDriver


class CivoSshKeys(RecordVerbs["CivoDriver"]):
    """The verbs of Civo's SSH keys."""

    driver: CivoDriver

    def check(self, wish: RecordWish) -> None:
        """The provider takes a public key and makes none."""
        if wish["generate"]:
            self.driver.require("ssh_key", "generate")

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By id, else by exact name."""
        key, wanted = ("id", wish["id"]) if wish["id"] else ("name", wish["name"])
        return [record for record in self.select(wish, instance) if record[key] == wanted]

    def select(self, wanted: RecordWish, instance: Instance | None) -> list[Record]:
        """All of the account."""
        return [_record(row) for row in api.rows(self.driver.civo.anywhere(api.SSH_KEYS))]

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """A name and a public key."""
        if not wish["name"] or not wish["public_key"]:
            raise OptionError(f"name and public_key are needed for a new SSH key at {api.TITLE}", option="public_key")
        body = {"name": wish["name"], "public_key": wish["public_key"]}
        return NewRecord(body, SSH_KEY.record(PROFILE.name, body))

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


def _record(row: Row) -> Record:
    return SSH_KEY.record(
        PROFILE.name,
        {
            "id": str(row["id"]),
            "name": text(row.get("name")),
            "fingerprint": text(row.get("fingerprint")),
            "public_key": text(row.get("public_key")),
            "created_at": iso_utc(row.get("created_at")),
        },
    )
