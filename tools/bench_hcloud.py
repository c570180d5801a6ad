# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection that the bench compares with: hetzner.hcloud out of the wheel of ansible, and servers for it on the loopback."""

from __future__ import annotations

import json
import threading
import time
import typing as t
import urllib.parse
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from peers import collection

PER_PAGE = 50  # the most that the API gives
FIRST = 1_000_000  # the id of the first server
PLACES = ("fsn1", "nbg1", "hel1", "ash")


def collections(bin: Path) -> Path | None:
    """The folder to put on ansible's path for hetzner.hcloud; None where it cannot be had."""
    return collection(bin, "hetzner", "hcloud")


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet: two would wait for each other

    def do_GET(self) -> None:
        server = t.cast(Fake, self.server)
        url = urllib.parse.urlsplit(self.path)
        time.sleep(server.latency)
        server.requests += 1
        number = int(dict(urllib.parse.parse_qsl(url.query)).get("page", "1"))
        if url.path.startswith("/servers/"):
            body = json.dumps({"server": _server(int(url.path.removeprefix("/servers/")) - FIRST)}).encode()
        elif url.path == "/servers":
            body = server.pages[number - 1]
        else:
            body = _page("locations", list(map(_place, range(len(PLACES)))), 1, 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:
        """Nothing."""


class Fake(ThreadingHTTPServer):
    """So many servers, C(latency) seconds a request."""

    daemon_threads = True

    def __init__(self, servers: int, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.latency = latency
        self.requests = 0
        rows = [_server(number) for number in range(servers)]
        starts = range(0, servers, PER_PAGE)
        self.pages = [_page("servers", rows[start : start + PER_PAGE], number, len(starts)) for number, start in enumerate(starts, 1)]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(servers: int, latency: float) -> t.Iterator[Fake]:
    """A fake that answers until the block ends."""
    with Fake(servers, latency) as fake:
        thread = threading.Thread(target=fake.serve_forever)
        thread.start()
        try:
            yield fake
        finally:
            fake.shutdown()
            thread.join()


def _page(key: str, rows: t.Sequence[t.Any], number: int, last: int) -> bytes:
    following = number + 1 if number < last else None
    pagination = {"page": number, "per_page": PER_PAGE, "previous_page": number - 1 or None, "next_page": following, "last_page": last, "total_entries": None}
    return json.dumps({key: rows, "meta": {"pagination": pagination}}).encode()


def _place(number: int) -> dict[str, t.Any]:
    name = PLACES[number % len(PLACES)]
    return {
        "id": 1 + number % len(PLACES),
        "name": name,
        "description": name,
        "country": "DE",
        "city": "",
        "latitude": 50.0,
        "longitude": 12.0,
        "network_zone": "eu",
    }


def _server(number: int) -> dict[str, t.Any]:
    """What the API tells of a server, in the form of its documentation."""
    created, place = "2026-01-02T03:04:05+00:00", _place(number)
    price = {"gross": "5.9900000000000000", "net": "5.0336134453781500"}
    prices = [
        {"location": name, "price_hourly": price, "price_monthly": price, "included_traffic": 20 * 1024**4, "price_per_tb_traffic": price} for name in PLACES
    ]
    size = {"id": 22, "name": "cx22", "description": "CX22", "cores": 2, "memory": 4.0, "disk": 40, "cpu_type": "shared", "storage_type": "local"}
    image = {"id": 161547269, "type": "system", "status": "available", "name": "ubuntu-24.04", "description": "Ubuntu 24.04", "disk_size": 5}
    offered = {key: list(range(1, 40)) for key in ("supported", "available", "available_for_migration")}
    ipv4 = {"id": 2_000_000 + number, "ip": f"198.18.{number // 250 % 256}.{number % 250 + 1}", "blocked": False, "dns_ptr": f"web{number}.example.com"}
    return {
        "id": FIRST + number,
        "name": f"web{number}",
        "status": "running",
        "created": created,
        "public_net": {
            "ipv4": ipv4,
            "ipv6": {"id": 3_000_000 + number, "ip": f"2001:db8:{number:x}::/64", "blocked": False, "dns_ptr": []},
            "floating_ips": [],
            "firewalls": [],
        },
        "private_net": [],
        "server_type": {**size, "architecture": "x86", "deprecated": False, "deprecation": None, "prices": prices},
        "datacenter": {"id": place["id"], "name": f"{place['name']}-dc1", "description": "", "location": place, "server_types": offered},
        "image": {**image, "os_flavor": "ubuntu", "os_version": "24.04", "rapid_deploy": True, "created": created, "architecture": "x86", "labels": {}},
        "iso": None,
        "rescue_enabled": False,
        "locked": False,
        "backup_window": None,
        "outgoing_traffic": 123456,
        "ingoing_traffic": 654321,
        "included_traffic": 20 * 1024**4,
        "protection": {"delete": False, "rebuild": False},
        "labels": {"env": ("prod", "test")[number % 2], "role": ("web", "db", "cache", "queue")[number // 2 % 4]},
        "volumes": [],
        "load_balancers": [],
        "primary_disk_size": 40,
        "placement_group": None,
    }
