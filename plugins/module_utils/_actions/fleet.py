# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vps_fleet: entries over defaults over the task's own options, and one reply for all."""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import replace

from .._accounts import Accounts
from .._argspec import CHANGES, CONNECTION, FLEET, INSTANCE
from .._connection import profile
from .._core.errors import OptionError, VpsError
from .._core.model import Instance
from .._core.normalise import text
from .._core.ranges import expand
from .._resources.fleet import FAILED, NOT_BEGUN, Fleet, FleetTerms, Health, Member, Selector, failures, purged_of, whom
from .._resources.sharing import Scope
from .._runner import Many, Module, Task
from .instance import wish_of

Options = dict[str, t.Any]

_GO_WITH_THE_PROVIDER = ("api_token", "api_url")  # never right for two providers
_OWN = ("expect_plan",)  # is about the fleet as a whole


def _open(task: Task, secrets: t.Sequence[str]) -> Accounts:
    return Accounts(task.environ, check_mode=task.check_mode, clock=task.clock, secrets=secrets, sessions=task.sessions, progress=task.progress)


def _fleet(accounts: Accounts, task: Task) -> dict[str, t.Any]:
    """C(vps_fleet)."""
    options = task.options
    selector, terms = _selector(options), _terms(options)
    entries = [_merged(task, entry) for entry in _expanded(options["instances"] or [])]
    _refuse_shared_tokens(task)
    _refuse_doubles(entries)
    _refuse_rolling_blindly(entries, terms)
    members = [_member(accounts, task, entry) for entry in entries]
    places = _places(accounts, task, entries) if selector else []
    whole = Fleet(members, terms, check_mode=task.check_mode, begin=accounts.begin_to_act, progress=accounts.show)

    def purging(planned: t.Sequence[Member]) -> list[Member]:
        if selector is None:
            return []
        for scope in {scope for scope, _base in places if scope.scout.PROFILE.capabilities.names == "ledger"}:
            _warn_of_strangers(scope)
        found = [(scope, base, each) for scope, base in places for each in purged_of(scope, selector, planned)]
        once = {(each.provider, scope.scout.context.connection.url, each.id): (base, each.id) for scope, base, each in found}
        return [_member(accounts, task, {**base, "name": None, "id": identifier, "state": "absent"}, purged=True) for base, identifier in once.values()]

    try:
        whole.run(purging)
    except VpsError as exc:
        exc.facts["instances"] = [_told(accounts, member) for member in whole.members]
        raise
    return _reply(accounts, whole, task)


fleet = Many(_open, _fleet)

VPS_FLEET = Module(FLEET, fleet, writes=True)


# -- options ------------------------------------------------------------------------------------------------------------


def _expanded(entries: t.Sequence[Options]) -> t.Iterator[Options]:
    """One entry a name; an entry without a name is about an id, or in check mode about what is not known yet."""
    for number, entry in enumerate(entries, 1):
        name = text(entry.get("name"))
        names: list[str | None] = list(expand(name)) if name else [None]
        if len(names) > 1 and text(entry.get("id")):
            raise OptionError(f"name: {name!r} stands for {len(names)} instances, and an id for one", hint="Leave one of them out.", option="name")
        for each in names:
            yield {**entry, "name": each, "number": number}


def _merged(task: Task, entry: Options) -> Options:
    """An entry over the defaults, those over the task's own options, those over what vps_instance takes when nothing is said."""
    merged = {option: about.get("default") for option, about in INSTANCE.items()}
    common = {option: task.options.get(option) for option in (*CONNECTION, *CHANGES) if option not in _OWN}
    for layer in (common, task.options.get("defaults") or {}, entry):
        merged.update({option: value for option, value in layer.items() if value is not None})
    return merged


def _refuse_shared_tokens(task: Task) -> None:
    """One provider's token or address must not be used for another one.

    Raises:
        OptionError: names the option and the providers.
    """
    defaults = task.options.get("defaults") or {}
    entries = task.options["instances"] or [{}]  # of an empty fleet what is purged takes them
    for option in _GO_WITH_THE_PROVIDER:
        if not (text(task.options.get(option)) or text(defaults.get(option))):
            continue
        heirs = [entry for entry in entries if not text(entry.get(option))]
        common = [text(layer.get("provider")) for layer in (task.options, defaults)]
        providers = {text(entry.get("provider")) or common[1] or common[0] or text(task.environ.get("VPS_PROVIDER")) for entry in heirs}
        providers |= {named for named in common if named and heirs}
        if len(providers) > 1:
            raise OptionError(
                f"{option} is given once for several providers: {', '.join(sorted(str(each) for each in providers))}; nothing was sent",
                hint="Give it with each entry, or in the environment variable of each provider.",
                option=option,
            )


def _refuse_doubles(entries: t.Sequence[Options]) -> None:
    """Two entries of one name or id in one place are a slip.

    Raises:
        OptionError: names it.
    """
    seen: set[tuple[t.Any, ...]] = set()
    for entry in entries:
        for option in ("name", "id"):
            value = text(entry.get(option))
            key = (option, value, *(text(entry.get(where)) for where in ("provider", "api_url", "api_token", "account", "region", "project")))
            if value and key in seen:
                raise OptionError(f"instances: {option} {value!r} stands in two entries", hint="Keep one of them.", option="instances")
            seen.add(key)


def _refuse_rolling_blindly(entries: t.Sequence[Options], terms: FleetTerms) -> None:
    """Nobody can tell when a server is up again without waiting for it.

    Raises:
        OptionError: names the entry.
    """
    for entry in entries:
        if terms.batch is not None and not entry["wait"] and entry["state"] != "absent":
            raise OptionError(
                f"instances: {_subject(entry)}: rolling has to wait until a server is up again, and wait is false",
                hint="Leave one of the two out.",
                option="wait",
            )


def _member(accounts: Accounts, task: Task, options: Options, *, purged: bool = False) -> Member:
    try:
        driver, context = accounts.connect(options)
        wish = wish_of(driver, replace(task, options=options))
        return Member(driver, wish, context.connection.token, purged=purged)
    except VpsError as exc:
        if _subject(options) not in exc.message:
            exc.message = f"instances: {_subject(options)}: {exc.message}"
        raise


def _subject(options: Options) -> str:
    """What people call an entry."""
    return text(options.get("name")) or text(options.get("id")) or f"entry {options.get('number')}"


def _selector(options: t.Mapping[str, t.Any]) -> Selector | None:
    """What is purged; None without purging.

    Raises:
        OptionError: purging without a selector, or one that means everything.
    """
    given = options.get("selector") or {}
    tags = {str(key): str(value) for key, value in (given.get("tags") or {}).items()}
    name = text(given.get("name"))
    if not options["purge"]:
        return None
    if not tags and not name:
        raise OptionError(
            "purge needs a selector", hint="Say which servers are of this fleet: selector: {tags: {fleet: web}} or {name: web-*}.", option="selector"
        )
    if name and not tags and not set(re.sub(r"\[.[^]]*]", "", name)) - set("*?"):
        raise OptionError(f"selector: the pattern {name!r} means every server", hint="Begin it with what the names of this fleet share.", option="selector")
    return Selector(tags, name)


def _places(accounts: Accounts, task: Task, entries: t.Sequence[Options]) -> list[tuple[Scope, Options]]:
    """Where to purge: wherever an entry looks, and where the task's own options say; with the options for what is found there."""
    base = _merged(task, {})
    common = [base] if base.get("provider") or task.environ.get("VPS_PROVIDER") else []
    if not entries and not common:
        raise OptionError("purge needs to know where to look", hint="Give provider, at the top or in defaults.", option="provider")
    places: dict[int, tuple[Scope, Options]] = {}
    for options in entries or common:
        capabilities = profile(options, task.environ).capabilities
        if "tags" not in capabilities.options and (task.options["selector"] or {}).get("tags"):
            raise OptionError(
                f"selector: there are no tags at {profile(options, task.environ).title}",
                hint="Give a name pattern: selector: {name: web-*}.",
                option="selector",
            )
        where = {option: options.get(option) for option in CONNECTION}
        driver, context = accounts.connect({**base, **where})
        if capabilities.names == "ledger" and context.ledger is None:
            raise OptionError(
                f"selector: {driver.PROFILE.title} knows no names, so that purging by name needs the ledger",
                hint="Give the option ledger, or set VPS_LEDGER.",
                option="ledger",
            )
        places.setdefault(id(driver.fleet_scope), (driver.fleet_scope, {**base, **where}))
    return list(places.values())


def _warn_of_strangers(scope: Scope) -> None:
    """Say which servers nobody can tell by name, so that no selector means them."""
    strangers = [str(each.id) for each in scope.listed() if each.name is None]
    if strangers:
        title = scope.scout.PROFILE.title
        scope.scout.context.warn(f"These servers at {title} have no name that is known here, so they are not purged: {', '.join(strangers)}")


def _terms(options: t.Mapping[str, t.Any]) -> FleetTerms:
    """The options about the fleet as a whole.

    Raises:
        OptionError: one of them is out of range.
    """
    for option, least in (("max_delete", 0), ("workers", 1)):
        if options.get(option) is not None and options[option] < least:
            raise OptionError(f"{option} must be at least {least}, not {options[option]}", option=option)
    rolling = options.get("rolling") or {}
    batch = rolling.get("batch")
    if batch is not None and batch < 1:
        raise OptionError(f"rolling: batch must be at least 1, not {batch}", option="rolling")
    check = rolling.get("health_check") or {}
    if check.get("port") is not None and not 1 <= check["port"] <= 65535:
        raise OptionError(f"rolling: port must be a port number from 1 to 65535, not {check['port']}", option="rolling")
    if check.get("timeout") is not None and not 0 < check["timeout"] < float("inf"):
        raise OptionError(f"rolling: timeout must be a number above 0, not {check['timeout']}", option="rolling")
    return FleetTerms(
        max_delete=options.get("max_delete"),
        stop=options["on_failure"] == "stop",
        workers=options["workers"],
        batch=batch,
        health=Health(check.get("port"), **{key: check[key] for key in ("status", "timeout") if check.get(key) is not None}),
        expect_plan=text(options.get("expect_plan")),
    )


# -- the reply ----------------------------------------------------------------------------------------------------------


def _reply(accounts: Accounts, fleet: Fleet, task: Task) -> dict[str, t.Any]:
    """The result, also of a fleet that was brought about in part."""
    plan = fleet.plan()
    failed = [member for member in fleet.members if member.outcome == FAILED]
    waiting = [member for member in fleet.members if member.outcome == NOT_BEGUN]
    result: dict[str, t.Any] = {
        "changed": bool(plan),
        "plan": plan,
        "plan_id": fleet.plan_id,
        "approvable": all(member.result is not None and member.result.plan.approvable for member in fleet.members),
        "drift": [{**whom(member), **each.public()} for member in fleet.members if member.result for each in member.result.plan.drift],
        "instances": [_told(accounts, member) for member in fleet.members],
    }
    if task.diff:
        result["diff"] = _diff(fleet.members)
    if failed:
        rest = f" Not begun: {', '.join(member.label for member in waiting)}." if waiting else ""
        message = f"{len(failed)} of {len(fleet.members)} instances failed. {failures(failed)}{rest} Run the task again to continue."
        result.update(failed=True, msg=accounts.redactor.text(message), error="FleetError")
    return result


def _told(accounts: Accounts, member: Member) -> dict[str, t.Any]:
    """What became of one instance."""
    told: dict[str, t.Any] = {**whom(member), "outcome": member.outcome, "changed": bool(member.done), "plan": member.done, "purged": member.purged}
    result = member.result
    if result is not None:
        told["instance"] = result.instance.public() if member.error is None else None
        told.update(
            {key: value for key, value in (("operation_id", result.operation_id), ("left_behind", result.left_behind)) if value and member.error is None}
        )
        if member.wish.return_credentials and result.credentials:
            told["credentials"] = dict(result.credentials)
    if member.error is not None:
        told["msg"] = accounts.redactor.text(str(member.error))
        told["error"] = type(member.error).__name__
        told = {**accounts.redactor.data(member.error.facts), **told}
    return told


def _diff(members: t.Sequence[Member]) -> dict[str, t.Any]:
    """Both sides of everything that changes, by name; where two have the same, with account and region in front as far as they tell them apart."""
    sides: dict[str, t.Any] = {"before": {}, "after": {}}
    changed = [(_places_in_names(member, member.result.instance), member.result) for member in members if member.result and member.done]
    shared = Counter(place[:length] for place, _result in changed for length in range(1, len(place) + 1))
    for place, result in changed:
        shortest = next((length for length in range(1, len(place)) if shared[place[:length]] == 1), len(place))
        label = "/".join((*place[1:shortest], place[0]))
        sides["before"][label], sides["after"][label] = dict(result.before), dict(result.after)
    return sides


def _places_in_names(member: Member, instance: Instance) -> tuple[str, ...]:
    """What tells a server from others of its name, the plainest first."""
    return tuple(filter(None, (member.label, instance.account, instance.region, member.id)))
