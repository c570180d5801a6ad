# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the matrices prove alike of a scenario, whatever its resource is."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._runner import Reply
from ansible_collections.polyhost.cloud.tests.unit.controller import MODULES
from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Stage

FOREIGN_404 = "404 of somebody else"
BROKEN: dict[str, tuple[str, Options]] = {
    "500": ("status", {"status": 500}),
    "403": ("status", {"status": 403}),
    "page": ("html", {}),
    FOREIGN_404: ("status", {"status": 404, "body": "html"}),
}
ONCE: tuple[tuple[str, Options], ...] = (("rate_limit", {"retry_after": 2}), ("status", {"status": 502}), ("cut_off", {}))
AUTH = ("AuthError", "ForbiddenError")

# How each provider is made to take longer than a task waits.
SLOW: dict[str, Options] = {
    "civo": {"seconds": 100},
    "gcore": {"task_seconds": 100, "task_unread_seconds": 100, "listed_while": "new"},
    "hostwinds": {"power_seconds": 100},
    "hosterapi": {},
}


def same_where_known(predicted: t.Any, real: t.Any, path: str = "instance") -> list[str]:
    """The paths at which a prediction that is not null differs from what came."""
    if predicted is None or predicted == [] or predicted == {}:
        return []
    if isinstance(predicted, dict) and isinstance(real, dict):
        return [difference for key in predicted for difference in same_where_known(predicted[key], real.get(key), f"{path}.{key}")]
    if isinstance(predicted, list) and isinstance(real, list) and len(predicted) == len(real):
        return [difference for number, item in enumerate(predicted) for difference in same_where_known(item, real[number], f"{path}[{number}]")]
    return [] if predicted == real else [f"{path}: predicted {predicted!r}, got {real!r}"]


def moments(stage: Stage) -> list[tuple[str, int]]:
    """Each write by its operation and which of its calls it is."""
    sends = stage.scenario.sends
    return [(operation, sends[: number + 1].count(operation)) for number, operation in enumerate(sends)]


def reads(stage: Stage) -> list[str]:
    """The operations that check mode asks for, each once."""
    stage.done(check=True)
    asked = list(dict.fromkeys(stage.calls))
    stage.forget()
    return asked


def informed(stage: Stage, **options: t.Any) -> Reply | None:
    """The reply of the information module of the same resource, where it has one."""
    module = f"{stage.scenario.module}_info"
    return stage.controller.task(module, stage.provider, **{**stage.place, **options}) if module in MODULES else None


# -- twins ------------------------------------------------------------------------------------------------------------------


def check_mode_is_a_twin(stage: Stage) -> None:
    """Check mode writes nothing, and the run that was approved by its plan does what it told."""
    predicted = stage.done(check=True)
    assert stage.writes == []
    real = stage.done(expect_plan=predicted["plan_id"])
    assert tuple(stage.writes) == stage.scenario.sends
    assert real["changed"] is True
    for key in ("plan", "plan_id", "diff", "changed", "approvable", "drift"):
        assert predicted[key] == real[key], key
    for key in stage.shown:
        assert (key in predicted) == (key in real)
        if real.get(key) is not None:
            assert same_where_known(predicted[key], real[key], key) == []
            assert set(predicted[key]) == set(real[key])
    assert stage.own.violations == []


def second_run_is_quiet(stage: Stage) -> None:
    """Nothing is left to do, in check mode neither."""
    first = stage.done()
    stage.simulator.clear_log()
    for check in (True, False):
        again = stage.done(check=check)
        assert (again["changed"], again["plan"], stage.writes) == (False, [], [])
        assert again["diff"]["before"] == again["diff"]["after"]
        for key in stage.shown:
            if stage.options.get("state") != "absent":
                assert again.get(key) == first.get(key), key


def guards_hold(stage: Stage) -> None:
    """Another plan, a missing consent, an unmet or meaningless expectation: nothing is written, and the approved plan is carried out."""
    allow = stage.options.get("allow", [])
    expecting = stage.options.get("state", "present") != "present" or "replace" in allow
    for check in (True, False):
        other = stage.refused(check=check, expect_plan="0123456789abcdef")
        assert other["error"] == "PlanChangedError"
        assert other["plan"]
        if "replace" in allow:  # without consent what is fixed merely differs
            assert stage.refused(check=check, allow=[], on_drift="fail")["error"] == "DriftError"
        elif allow:
            refused = stage.refused(check=check, allow=[])
            assert refused["error"] == "ConsentError"
            assert sorted(refused["needs"]) == sorted(allow)
        if expecting:
            assert stage.refused(check=check, expect={"provider": "another"})["error"] == "ExpectationError"
            assert stage.refused(check=check, expect={"colour": "red"})["error"] == "OptionError"
    assert stage.writes == []
    approved = stage.done(check=True)["plan_id"]
    expect: Options = {"expect": {"provider": stage.provider}} if expecting else {}
    assert stage.done(expect_plan=approved, **expect)["changed"] is True


# -- reads ------------------------------------------------------------------------------------------------------------------


def failing_reads_prevent_writes(stage: Stage, excused: t.Collection[tuple[str, str]] = ()) -> None:
    """A read that fails for good is no absence, and nothing is written.

    Args:
        excused: kinds of failure and operations where the contract makes it an absence.
    """
    for number, operation in enumerate(reads(stage)):
        for kind in (FOREIGN_404, list(BROKEN)[(stage.scenario.number + number) % 3]):
            if (kind, operation) in excused:
                continue
            fault, options = BROKEN[kind]
            stage.fault(fault, operation, times=0, **options)
            result = stage.refused()
            assert (result["changed"], stage.writes) == (False, []), (operation, kind)
            assert result["error"] != "NotFoundError", (operation, kind, result["msg"])
            stage.forget()


def reads_are_asked_again(stage: Stage) -> None:
    """A read that fails once changes nothing."""
    expected = stage.done(check=True)["plan_id"]
    for number, operation in enumerate(reads(stage)):
        fault, options = ONCE[(stage.scenario.number + number) % len(ONCE)]
        stage.fault(fault, operation, **options)
        result = stage.done(check=True)
        assert (result["plan_id"], result["api"]["retries"]) == (expected, 1), (operation, fault)
        stage.forget()


def credentials_are_no_absence(stage: Stage, excused: t.Callable[[int, Options], bool] = lambda status, result: False) -> None:
    """401 and 403 are what they are, to the information module too.

    Args:
        excused: whether the information module may say something else.
    """
    for status in (401, 403):
        stage.fault("status", "*", times=0, status=status, body="html")
        for check in (True, False):
            result = stage.refused(check=check)
            assert result["error"] in AUTH, (status, result)
        info = informed(stage)
        assert info is None or info.result["error"] in AUTH or excused(status, info.result), info.result
        stage.simulator.clear_faults()
    assert stage.writes == []


def unknown_places_are_no_absence(stage: Stage, *, region: bool = True) -> None:
    """A region or project that does not exist is refused.

    Args:
        region: whether the resource is in a region at all.
    """
    unknown: list[Options] = [{"region": {"civo": "XYZ9", "gcore": "99"}[stage.provider]}] if region else []
    if stage.provider == "gcore":
        unknown.append({"project": "9999"})
    for place in unknown:
        for check in (True, False):
            result = stage.refused(check=check, **place)
            assert stage.writes == []
            assert result["error"] != "NotFoundError" or result.get("option"), result
            (told,) = place.values()
            assert told in result["msg"]
        info = informed(stage, **place)
        assert info is None or info.result["failed"] is True, info.result


# -- secrets ----------------------------------------------------------------------------------------------------------------


class Witness:
    """Looks at all that a task tells."""

    def __init__(self, stage: Stage) -> None:
        self.secrets = [str(stage.own.token), "S3CRET", *stage.scenario.secrets]
        assert all(len(secret) > 5 for secret in self.secrets)

    def see(self, reply: Reply) -> None:
        """Neither the token nor a secret of the simulator or the scenario; what was asked for is nobody's business."""
        self.read(json.dumps([reply.result, reply.warnings], default=str))

    def read(self, told: str) -> None:
        """The same, of any text."""
        for secret in self.secrets:
            assert secret not in told, told[max(0, told.find(secret) - 200) :][:300]


def no_secret_is_told(stage: Stage, see: t.Callable[[Reply], None]) -> None:
    """Neither by what goes well nor by failures, also where an answer quotes the request."""
    see(stage.reply(check=True))
    quoted = json.dumps({"message": f"the request with Authorization: Bearer {stage.own.token} {' '.join(stage.scenario.secrets)} was refused"})
    for operation in dict.fromkeys([stage.calls[0], stage.scenario.sends[0]]):
        for status in (401, 422):
            stage.fault("status", operation, times=0, status=status, body=quoted)
            failed = stage.reply()
            assert failed.result["failed"] is True
            see(failed)
            stage.forget()
    see(stage.play().reply())
    info = informed(stage)
    if info is not None:
        see(info)
