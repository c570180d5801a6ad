# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scripted HosterAPI.de, whose calls are method and path, and a task in front of it."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import Connection
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.hosterapi.driver import HosterapiDriver
from ansible_collections.polyhost.cloud.tests.unit.wire import Answer, Context, Request, Session

URL = "https://reseller.hosterapi.de/api/v1"

Scripted = t.TypeVar("Scripted", bound="Script")


class Script(Session[tuple[str, t.Any]]):
    """A call is method and path."""

    def read(self, request: Request) -> tuple[str, tuple[str, t.Any]]:
        """The call, and what is noted of it: the call and its body."""
        assert request.url.startswith(URL)
        call = f"{request.method} {request.url[len(URL) :]}"
        return call, (call, request.body)

    def enveloped(self, call: str, answer: Answer) -> t.Any:
        """As every success but one is answered (section 3)."""
        return {"result": answer}

    @property
    def calls(self) -> list[str]:
        """The calls that were sent, in order."""
        return [call for call, _body in self.sent]


def world_of(script: Scripted) -> Context[Scripted]:
    """A task whose calls the script answers."""
    return Context(HosterapiDriver.PROFILE, Connection("hosterapi", "17|s3cret", URL), script, wait_timeout=900.0)
