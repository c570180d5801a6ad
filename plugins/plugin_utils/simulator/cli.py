# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's command line."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import signal
import sys
import typing as t

from . import fault_script, storage
from .control import Control
from .world import PROVIDERS, Simulator

CONTROL = """\
the control API takes and gives JSON (CONTROL is its address, printed at the start):
  GET    /state                                       settings, calls, writes, money and broken contract rules of each provider
  GET    /providers/NAME                              the same of one provider, with its servers
  GET    /log?provider=NAME&since=N                   the requests so far, without secrets
  GET    /health                                      whether the simulator itself is well
  GET    /faults                                      the kinds of faults there are
  POST   /faults {provider, operation, kind}          plan a fault; also nth (from the next call on), times (0: for ever), the kind's options
  PUT    /faults {faults}                             let a list of faults wait, and no others; of DNS {provider: dns, operation: "udp PTR *", kind}
  DELETE /faults                                      forget all faults
  POST   /providers/NAME/instances {count, fields}    add servers
  PATCH  /providers/NAME/instances/ID {FIELD: VALUE}  change a server behind everybody's back
  DELETE /providers/NAME/instances/ID                 let a server vanish
  POST   /clock {virtual, start, advance}             true stops the time, false lets it run, advance moves it by seconds
  POST   /latency {latency}                           milliseconds that every request takes
  POST   /settings {provider, SETTING: VALUE}         change a provider's habits; /state lists them
  GET    /dns                                         address, settings, waiting faults and queries of the name server
  POST   /dns {delay, ttl}                            seconds until a written reverse name shows, and of an answer's life
  POST   /dns/faults {kind, queries}                  plan a fault for queries like "udp PTR *"; also nth, times
  POST   /save {path}, /load {path}                   keep the accounts in a file, take them from it
  POST   /reset, /stop                                start afresh, end the simulator

lose the answer to the next order at Civo:
  curl -d '{"provider": "civo", "operation": "instances.create", "kind": "reset_after"}' CONTROL/faults
"""


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Serve until a signal, C(POST /stop) or the end of C(--life); returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        simulator = Simulator(virtual_clock=options.virtual_clock, latency=options.latency / 1000, port_base=options.port_base, dns_delay=options.dns_delay)
        control = Control(simulator, options.port_base)
        _fill(simulator, options)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: simulator.stop_requested.set())
    simulator.start()
    control.server.start()
    try:
        _announce(simulator, control, options)
        simulator.stop_requested.wait(options.life)
    finally:
        _farewell(simulator, control, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(provider.name for provider in PROVIDERS)
    description = f"Simulated APIs of {names} on loopback ports. Nothing leaves this machine, nothing costs money."
    parser = argparse.ArgumentParser(prog="simulator", description=description, epilog=CONTROL, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--port-base", type=int, default=0, metavar="PORT", help="port of the control API; the providers and DNS take the next ones (default: free)"
    )
    parser.add_argument("--state", metavar="FILE", help="load the accounts from this file if it exists, and save them to it at the end")
    parser.add_argument("--faults", metavar="FILE", help="a fault script: a YAML or JSON list of what POST /faults takes, which waits from the start")
    parser.add_argument("--port-file", metavar="FILE", help="write all URLs to this file as JSON when ready; it is removed at the end")
    parser.add_argument("--env-file", metavar="FILE", help="write a shell file that sets the environment variables")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds that every request takes")
    parser.add_argument("--dns-delay", type=float, default=0.0, metavar="SECONDS", help="time until a reverse name that was written shows in DNS")
    parser.add_argument("--life", type=float, metavar="SECONDS", help="stop after this time")
    parser.add_argument("--seed-instances", type=int, default=0, metavar="N", help="start with so many servers at each provider, unless a state is loaded")
    parser.add_argument("--virtual-clock", action="store_true", help="time stands still until POST /clock moves it")
    return parser


def _fill(simulator: Simulator, options: argparse.Namespace) -> None:
    if options.state and os.path.exists(options.state):
        storage.load(simulator, options.state)
    else:
        for desk in simulator.desks.values():
            desk.provider.seed_instances(options.seed_instances)
    if options.faults:
        fault_script.load(simulator, options.faults)


def _exports(environment: t.Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def _announce(simulator: Simulator, control: Control, options: argparse.Namespace) -> None:
    environment = {**simulator.environment(), "VPS_SIMULATOR_URL": control.server.url}
    urls = {name: desk.url for name, desk in simulator.desks.items()}
    if options.env_file:
        storage.write_atomically(options.env_file, _exports(environment))
    places = {**urls, "dns": simulator.dns.address or "none: it needs dnspython (pip install dnspython)", "control": control.server.url}
    lines = "".join(f"  {name:<10} {place}\n" for name, place in places.items())
    sys.stdout.write(f"The simulator is ready (Ctrl-C stops it):\n{lines}\nPaste this into the shell that runs your playbooks:\n{_exports(environment)}")
    sys.stdout.flush()
    if options.port_file:  # last: whoever waits for it finds everything in place
        ready = {"pid": os.getpid(), "control": control.server.url, "urls": urls, "dns": simulator.dns.address, "environment": environment}
        storage.write_atomically(options.port_file, json.dumps(ready, indent=1))


def _farewell(simulator: Simulator, control: Control, options: argparse.Namespace) -> None:
    control.server.stop()
    simulator.stop()
    if options.state:
        storage.save(simulator, options.state)
    if options.port_file and os.path.exists(options.port_file):
        os.unlink(options.port_file)
