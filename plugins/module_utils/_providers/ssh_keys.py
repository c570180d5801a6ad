# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs of SSH keys, as far as they are the same everywhere: the rows of all providers that have keys look alike."""

from __future__ import annotations

import typing as t

from .._core import ssh
from .._core.errors import OptionError
from .._core.kinds import SSH_KEY
from .._core.model import Instance
from .._core.normalise import iso_utc, text
from .._core.records import NewRecord, Record
from .records import RecordVerbs, RecordWish
from .verbs import D

PRIVATE_KEY = "private_key"  # what making a pair brings, among the outcome's credentials


class SshKeyVerbs(RecordVerbs[D]):
    """Finding and planning keys; a provider reads and writes them."""

    def find(self, wish: RecordWish, instance: Instance | None) -> list[Record]:
        """By id, else by exact name."""
        key, wanted = ("id", wish["id"]) if wish["id"] else ("name", wish["name"])
        return [record for record in self.select(wish, instance) if record[key] == wanted]

    def plan_new(self, wish: RecordWish, instance: Instance | None) -> NewRecord:
        """A name and a public key, or with C(generate) the name alone.

        Raises:
            OptionError: one of them is missing.
        """
        title = self.driver.PROFILE.title
        foretold = self.driver.context.check_mode and (wish["id"] or not wish["name"])  # an earlier task makes it, or tells its name
        if not wish["name"] and not foretold:
            raise OptionError(f"name is needed for a new SSH key at {title}", hint="Give the name beside the public key.", option="name")
        if not wish["public_key"] and not wish["generate"] and not foretold:
            raise OptionError(
                f"public_key is needed: {title} has no SSH key {wish['name']}, and nobody makes a pair without being asked to",
                hint="Give the public key; generate: true with private_key_path lets the provider make a pair, where it can.",
                option="public_key",
            )
        given = {option: wish[option] for option in ("name", "public_key") if wish[option]}
        return NewRecord(given, self._shown(given), secret=given.get("public_key"))

    def record(self, row: t.Mapping[str, t.Any]) -> Record:
        """A key of the provider's list."""
        return self._shown({**row, "id": str(row["id"])})

    def _shown(self, row: t.Mapping[str, t.Any]) -> Record:
        """A key as users see it: the fingerprint in one form everywhere, where the key itself is known."""
        public_key = text(row.get("public_key"))
        key = ssh.seen(public_key)
        return SSH_KEY.record(
            self.driver.PROFILE.name,
            {
                "id": row.get("id"),
                "name": text(row.get("name")),
                "fingerprint": key.fingerprint if key else text(row.get("fingerprint")),
                "public_key": public_key,
                "created_at": iso_utc(row.get("created_at")),
            },
        )
