# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fault scripts: a list of faults in a file, which wait together, so that a rehearsal goes wrong the same way each time.

Files are YAML where PyYAML is installed, as it is beside ansible; without it the simulator still runs, and takes JSON.
"""

from __future__ import annotations

import json
import typing as t

from .world import Simulator

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

DNS: t.Final = "dns"
_NEEDED = ("provider", "operation", "kind")


def play(simulator: Simulator, script: t.Any) -> None:
    """Let the faults of a script wait in place of all that waited before.

    Args:
        script: a list of maps with C(provider), C(operation) and C(kind), and what else C(Simulator.fault) takes. The provider C(dns) stands for
            the name server; its operation is a pattern of queries such as C(udp PTR *).

    Raises:
        ValueError: a fault makes no sense, which is named by its number; then none waits.
    """
    simulator.clear_faults()
    if not isinstance(script, list):
        raise ValueError("a fault script is a list of faults")
    for number, fault in enumerate(script, 1):
        try:
            _plan(simulator, fault)
        except (TypeError, ValueError) as error:
            simulator.clear_faults()
            raise ValueError(f"fault {number} of the script: {error}") from error


def load(simulator: Simulator, path: str) -> None:
    """Play the script in a YAML or JSON file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no fault script.
    """
    with open(path, encoding="utf-8") as source:
        text = source.read()
    try:
        play(simulator, _parse(text))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _parse(text: str) -> t.Any:
    if not HAS_YAML:
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"no JSON, and YAML needs PyYAML (pip install PyYAML): {error}") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _plan(simulator: Simulator, fault: t.Any) -> None:
    if not isinstance(fault, dict):
        raise ValueError("a fault is a map")
    missing = [name for name in _NEEDED if name not in fault]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    options = {str(name): value for name, value in fault.items() if name not in _NEEDED}
    provider, operation, kind = (str(fault[name]) for name in _NEEDED)
    if provider == DNS:
        simulator.dns.fault(kind, operation, **options)
    elif provider in simulator.desks:
        simulator.fault(provider, operation, kind, **options)
    else:
        raise ValueError(f"unknown provider {provider}; there are {', '.join([*simulator.desks, DNS])}")
