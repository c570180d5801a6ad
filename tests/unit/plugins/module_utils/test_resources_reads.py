# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that fail before a write of reverse names, firewalls and backups: no write, and nothing that cannot be read is absent."""

from __future__ import annotations

import typing as t

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Stage, every

BROKEN: dict[str, tuple[str, dict[str, t.Any]]] = {
    "500": ("status", {"status": 500}),
    "404 of somebody else": ("status", {"status": 404, "body": "html"}),
    "403": ("status", {"status": 403}),
    "page": ("html", {}),
}
ONCE: tuple[tuple[str, dict[str, t.Any]], ...] = (("rate_limit", {"retry_after": 2}), ("status", {"status": 502}), ("cut_off", {}))


def reads(stage: Stage) -> list[str]:
    """The operations that check mode asks for, each once."""
    stage.done(check=True)
    asked = list(dict.fromkeys(stage.calls))
    stage.forget()
    return asked


@every("failing read")
def test_a_read_that_fails_for_good_prevents_the_write(stage: Stage) -> None:
    for operation in reads(stage):
        for kind, (fault, options) in BROKEN.items():
            if (kind, operation) == ("404 of somebody else", "instances.get") and stage.provider == "civo":
                continue  # class by body, then by status: the id is not found (Civo reading 15)
            stage.fault(fault, operation, times=0, **options)
            result = stage.refused()
            assert (result["changed"], stage.writes) == (False, []), (operation, kind)
            assert result["error"] != "NotFoundError", (operation, kind, result["msg"])
            stage.forget()


@every("read again")
def test_a_read_that_fails_once_is_asked_again(stage: Stage) -> None:
    expected = stage.done(check=True)["plan_id"]
    for number, operation in enumerate(reads(stage)):
        fault, options = ONCE[(stage.scenario.number + number) % len(ONCE)]
        stage.fault(fault, operation, **options)
        result = stage.done(check=True)
        assert (result["plan_id"], result["api"]["retries"]) == (expected, 1), (operation, fault)
        stage.forget()


@every("refused credentials")
def test_refused_credentials_are_never_absence(stage: Stage) -> None:
    for status in (401, 403):
        stage.fault("status", "*", times=0, status=status, body="html")
        for check in (True, False):
            result = stage.refused(check=check)
            assert result["error"] in ("AuthError", "ForbiddenError"), (status, result)
        info = stage.controller.task(f"{stage.scenario.module}_info", stage.provider, **stage.place).result
        assert info["error"] in ("AuthError", "ForbiddenError") or (status, info["error"], stage.place) == (403, "UnsupportedError", {"region": "PRIV1"})
        stage.simulator.clear_faults()
    assert stage.writes == []


@every("unknown place")
def test_a_place_that_does_not_exist_is_never_absence(stage: Stage) -> None:
    unknown: list[dict[str, t.Any]] = [{"region": {"civo": "XYZ9", "gcore": "99"}[stage.provider]}]
    if stage.provider == "gcore":
        unknown.append({"project": "9999"})
    for place in unknown:
        for check in (True, False):
            result = stage.refused(check=check, **place)
            assert stage.writes == []
            assert result["error"] != "NotFoundError" or result.get("option"), result
            (told,) = place.values()
            assert told in result["msg"]
        info = stage.controller.task(f"{stage.scenario.module}_info", stage.provider, **{**stage.place, **place}).result
        assert info["failed"] is True, info
