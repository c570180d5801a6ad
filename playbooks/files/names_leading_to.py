# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of some names lead to an address, by their A or AAAA records.

    names_leading_to.py ADDRESS NAME...

It prints one JSON object whose C(names) are those that do. The name servers of the environment variable VPS_RESOLVERS are asked, as by the module
vps_rdns, else those of this machine. Exit code 2: somebody could not be asked, which is no proof that a name leads elsewhere.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import re
import sys
import typing as t

LIBRARY = "dnspython >= 2.6.1"
RESOLVERS = "VPS_RESOLVERS"
PATIENCE = 10.0  # seconds for one name
PORT = 53

_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::([0-9]+))?|([^:]+):([0-9]+)")


class Failure(Exception):
    """What went wrong, and what to do about it."""


def servers(told: str) -> list[tuple[str, int]]:
    """The name servers of VPS_RESOLVERS, each with its port.

    Raises:
        Failure: one of them is no address.
    """
    found = []
    for word in filter(None, map(str.strip, told.split(","))):
        match = _WITH_PORT.fullmatch(word)
        host, port = (match[1] or match[3], int(match[2] or match[4] or PORT)) if match else (word, PORT)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise Failure(f"{RESOLVERS}: {word!r} is no address of a name server, such as 192.0.2.53 or [2001:db8::53]:5353") from None
        found.append((host, port))
    return found


def leading_to(address: str, names: t.Iterable[str], asked: t.Sequence[tuple[str, int]]) -> list[str]:
    """Those of C(names) that lead to an address; C(asked) are the name servers, none for those of this machine.

    Raises:
        Failure: nobody could tell of a name, or dnspython is missing.
    """
    try:
        import dns.exception
        import dns.nameserver
        import dns.resolver
    except ImportError as exc:
        told = f"reading names from DNS needs the Python library {LIBRARY} for {sys.executable} ({exc})"
        raise Failure(f"{told}: python3 -m pip install 'dnspython>=2.6.1'") from None
    wanted = ipaddress.ip_address(address)
    try:
        resolver = dns.resolver.Resolver(configure=not asked)
    except dns.exception.DNSException as exc:
        raise Failure(f"the resolvers of this machine: {exc}") from None
    if asked:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in asked]
    resolver.lifetime = PATIENCE
    found = []
    for name in names:
        try:
            answer = resolver.resolve(f"{name.rstrip('.')}.", "A" if wanted.version == 4 else "AAAA", raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            continue
        except dns.exception.DNSException as exc:
            raise Failure(f"nobody can tell where {name} leads: {exc}") from None
        if any(ipaddress.ip_address(record.address) == wanted for record in answer):
            found.append(name)
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="names_leading_to.py", description="Tell which names lead to an address.", allow_abbrev=False)
    parser.add_argument("address")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    try:
        found = leading_to(given.address, given.names, servers(os.environ.get(RESOLVERS, "")))
    except Failure as failure:
        sys.stderr.write(f"names_leading_to.py: {failure}\n")
        sys.exit(2)
    sys.stdout.write(f"{json.dumps({'names': found})}\n")


if __name__ == "__main__":
    main()
