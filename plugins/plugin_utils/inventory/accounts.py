# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of an inventory file: templated, checked like the options of a module, and nothing sent."""

from __future__ import annotations

import difflib
import json
import typing as t
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._argspec import CONNECTION, Spec
from ...module_utils._core.errors import OptionError
from ...module_utils._http.redact import Redactor

FAIL, WARN, STALE = "fail", "warn", "stale"

ACCOUNT: Spec = {
    **CONNECTION,
    "regions": {"type": "list", "elements": "str"},
    "on_error": {"type": "str", "choices": [FAIL, WARN, STALE]},
}


@dataclass(frozen=True)
class Account:
    """One account of the file.

    Args:
        place: where it stands in the file, for messages.
        options: the connection options, as plain values.
        regions: those to list; none means all.
        on_error: what to do when it cannot be listed.
    """

    place: str
    options: t.Mapping[str, t.Any]
    regions: tuple[str, ...]
    on_error: str


def read_accounts(config: t.Mapping[str, t.Any], template: t.Callable[[t.Any], t.Any], known: t.Collection[str]) -> list[Account]:
    """The accounts of a file, whether it lists several or has the options of one on top.

    Args:
        config: the file as it was read.
        template: resolves templates and vault values.
        known: every option that may stand on top.

    Raises:
        OptionError: an option is unknown, wrong, or in two places.
    """
    _refuse_unknown(config, known, "")
    on_error = _filled_in("on_error", config.get("on_error", FAIL), template, "")
    if "accounts" not in config:
        return [_account("", {key: value for key, value in config.items() if key in ACCOUNT}, template, on_error)]
    twice = sorted(set(config) & set(ACCOUNT) - {"on_error"})
    if twice:
        raise OptionError(f"{', '.join(twice)}: not beside accounts", hint="Move it into each account that it is for.", option=twice[0])
    listed = _resolved(config["accounts"], template)
    if isinstance(listed, list):
        listed = [_resolved(each, template) for each in listed]
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise OptionError("accounts must be a list of maps, with one at least", option="accounts")
    return [_account(f"account {number}", dict(each), template, on_error) for number, each in enumerate(listed, 1)]


def _account(place: str, given: dict[str, t.Any], template: t.Callable[[t.Any], t.Any], on_error: t.Any) -> Account:
    _refuse_unknown(given, ACCOUNT, place)
    values = {key: _filled_in(key, value, template, place) for key, value in given.items()}
    checked = ArgumentSpecValidator(ACCOUNT, mutually_exclusive=[["region", "regions"]]).validate({"on_error": on_error, **values})
    if checked.error_messages:
        redact = Redactor([str(checked.validated_parameters.get("api_token") or "")]).text
        raise OptionError(_placed(place, "; ".join(redact(message) for message in checked.error_messages)))
    options: dict[str, t.Any] = json.loads(json.dumps(checked.validated_parameters))  # plain values: libraries below mistake tagged ones
    regions = tuple(region.strip() for region in options.pop("regions") or ())
    if not all(regions):
        raise OptionError(_placed(place, "regions holds an empty one"), hint="To list all regions, leave the option out.", option="regions")
    return Account(place, options, regions, options.pop("on_error") or FAIL)


def _resolved(value: t.Any, template: t.Callable[[t.Any], t.Any]) -> t.Any:
    """A list or a map that may be one whole template; what is inside is filled in by itself."""
    return _filled_in("accounts", value, template, "") if isinstance(value, str) else value


def _filled_in(key: str, value: t.Any, template: t.Callable[[t.Any], t.Any], place: str) -> t.Any:
    """The value of an option.

    Raises:
        OptionError: its template fails. Ansible would quote the lines around it, and a token may stand there.
    """
    try:
        result = template(value)
        return str(result) if getattr(result, "__ENCRYPTED__", False) else result  # from a vault, before 2.19
    except Exception as exc:  # of whatever kind the template engine raises
        redact = Redactor([str(value)] if key == "api_token" else []).text
        raise OptionError(_placed(place, f"{key} cannot be filled in: {redact(str(exc))}"), option=key) from None


def _refuse_unknown(given: t.Mapping[str, t.Any], known: t.Collection[str], place: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), list(known), 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(sorted(known))}."
            raise OptionError(_placed(place, f"{key} is no option of the inventory{' account' if place else ''}"), hint=hint, option=str(key))


def _placed(place: str, message: str) -> str:
    return f"{place}: {message}" if place else message
