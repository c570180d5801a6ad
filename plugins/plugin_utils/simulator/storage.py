# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the simulated accounts in a file, so that a rehearsal can go on another day."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t

from .world import Simulator

FORMAT = 2


def dump(simulator: Simulator) -> dict[str, t.Any]:
    """Everything that survives: accounts with their settings and the time; tokens, faults and the log do not."""
    with _locked(simulator):
        providers = {
            name: {"state": desk.provider.state, "settings": desk.provider.settings, "rate_limit": desk.rate.limit} for name, desk in simulator.desks.items()
        }
        return t.cast("dict[str, t.Any]", json.loads(json.dumps({"format": FORMAT, "now": simulator.clock.now(), "providers": providers})))


def restore(simulator: Simulator, data: t.Any) -> None:
    """Put saved accounts in the place of the present ones; a provider that was not saved stays as it is.

    Raises:
        ValueError: the data is not what C(dump) makes.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("providers"), dict):
        raise ValueError(f"no saved state of format {FORMAT}")
    unknown = set(data["providers"]) - set(simulator.desks)
    if unknown:
        raise ValueError(f"saved state of unknown providers: {', '.join(sorted(unknown))}")
    try:
        now = float(data["now"])
        accounts = [(simulator.desks[name], dict(saved["state"]), dict(saved["settings"]), saved["rate_limit"]) for name, saved in data["providers"].items()]
    except (KeyError, TypeError) as error:
        raise ValueError(f"the saved state lacks a part: {error}") from error
    with _locked(simulator):
        for desk, state, settings, rate_limit in accounts:
            desk.reset()
            desk.provider.state = state
            desk.provider.settings = {**desk.provider.default_settings, **settings}
            desk.rate.limit = rate_limit
        # Time never runs backwards for an account: what was due later stays due later.
        simulator.clock.advance(max(0.0, now - simulator.clock.now()))


def save(simulator: Simulator, path: str) -> None:
    """Write the state file, readable by its owner alone (accounts hold passwords).

    Raises:
        OSError: the file cannot be written; an old one is left whole.
    """
    write_atomically(path, json.dumps(dump(simulator), indent=1))


def load(simulator: Simulator, path: str) -> None:
    """Read a state file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no saved state.
    """
    with open(path, encoding="utf-8") as source:
        text = source.read()
    try:
        restore(simulator, json.loads(text))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_atomically(path: str, text: str) -> None:
    """Put a file of mode 0600 in place as a whole.

    Raises:
        OSError: it cannot be written.
    """
    directory = os.path.dirname(os.path.abspath(path))
    os.makedirs(directory, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=".simulator-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def _locked(simulator: Simulator) -> t.Iterator[None]:
    with contextlib.ExitStack() as stack:
        for desk in simulator.desks.values():
            stack.enter_context(desk.provider.lock)
        yield
