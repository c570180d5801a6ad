# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that only sleeping moves, a scripted HTTP server on real sockets, and a scripted driver: for tests of the neutral rooms."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.model import DONE, RUNNING, STOPPED, SUSPENDED, Instance, Ref
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock, Deadline, Operation, Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import Ledger
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import (
    Capabilities,
    Connection,
    Driver,
    Lookup,
    Order,
    Profile,
    Receipt,
    Wish,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.operations import Operations

START = 1_700_000_000.0


class FakeClock(Clock):
    """Time that passes only by sleeping; C(slept) lists every sleep."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Monotonic seconds."""
        return self.passed

    def epoch(self) -> float:
        """Seconds since 1970."""
        return START + self.passed

    def sleep(self, seconds: float) -> None:
        """Pass time."""
        self.slept.append(seconds)
        self.passed += max(0.0, seconds)


def waiter() -> Waiter:
    """A waiter with a fake clock and no jitter."""
    return Waiter(FakeClock(), jitter=lambda: 0.5)


# -- HTTP -----------------------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = t.Callable[["Stub", socket.socket], bool]  # whether the connection stays open


def answer(status: int = 200, body: t.Any = None, headers: t.Mapping[str, str] | None = None, *, length: int | None = None, close: bool = False) -> Behaviour:
    """Answer a request; C(length) lies about the length, C(close) closes afterwards without saying so."""
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    wire = "\r\n".join([*lines, "", ""]).encode() + content

    def behave(stub: Stub, connection: socket.socket) -> bool:
        if stub.read(connection) is None:
            return False
        connection.sendall(wire)
        return not close and length is None

    return behave


def reset_before(stub: Stub, connection: socket.socket) -> bool:
    """Reset the connection without reading the request."""
    connection.recv(1)  # else the reset could come before the connection is in use
    stub.resets += 1
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def reset_after(stub: Stub, connection: socket.socket) -> bool:
    """Read the request, then reset the connection."""
    stub.read(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang(stub: Stub, connection: socket.socket) -> bool:
    """Read the request and never answer."""
    stub.read(connection)
    stub.stopped.wait(5)
    return False


class Stub:
    """An HTTP server that does what its script says, then answers C({}) for ever."""

    def __init__(self, *script: Behaviour, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.requests: list[Seen] = []
        self.connections = 0
        self.resets = 0
        self.peers: list[str] = []
        self.stopped = threading.Event()
        self.closed = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._socket = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._socket.getsockname()[1]
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def seen(self, expected: int) -> int:
        """How many requests came, counted when as many as expected are there: a client that gave up is faster than the server."""
        until = time.monotonic() + 3
        while len(self.requests) + self.resets < expected and time.monotonic() < until:
            time.sleep(0.005)
        return len(self.requests) + self.resets

    def read(self, connection: socket.socket) -> Seen | None:
        """Read one request; None when the other side closed."""
        raw = b""
        while b"\r\n\r\n" not in raw:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            raw += chunk
        head, _separator, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _separator, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", "0")):
            body += connection.recv(65536)
        method, target, _version = first.split(" ")
        seen = Seen(method, target, headers, body)
        self.requests.append(seen)
        return seen

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self.peers.append(peer[0])
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            connection.settimeout(5)
            while True:
                if not self._tls and not connection.recv(1, socket.MSG_PEEK):
                    break
                with self._lock:
                    behave = self.script.pop(0) if self.script else answer()
                if not behave(self, connection):
                    break
        connection.close()
        self.closed.set()


# -- a driver ---------------------------------------------------------------------------------------------------------------

CAPABILITIES = Capabilities(
    names="account",
    options={
        name: name
        for name in (
            "image size cpu memory_mb disk_gb ip_count network public_ip ssh_keys user_data username password tags firewalls rescue locked"
            " update_password reset_password delete_with"
        ).split()
    },
    instead={},
    states=("present", "absent", "started", "stopped", "suspended", "restarted", "rebuilt"),
    required=("name", "image"),
    carried=("image", "size", "cpu", "memory_mb", "disk_gb", "ip_count", "network", "public_ip", "ssh_keys", "user_data", "username", "tags", "firewalls"),
    rebuild_with_image=True,
    rename="in place",
    resize="in place",
    catalog=("images",),
    features={},
)
PROFILE = Profile(
    name="fake",
    title="Fake",
    token_env="FAKE_TOKEN",
    url_env="FAKE_URL",
    default_url="https://api.fake.example",
    request_timeout=30.0,
    wait_timeout=600.0,
    rate_limit=10.0,
    poll_ceiling=5.0,
    look_seconds=60.0,
    region="a code",
    project=None,
    capabilities=CAPABILITIES,
)


def server(identifier: str | None = "1", name: str | None = "web", **changes: t.Any) -> Instance:
    """A running server."""
    return replace(Instance("fake", "fake", id=identifier, name=name, region="r1", status=RUNNING, provider_status="UP", locked=False, rescue=False), **changes)


def wish(name: str | None = "web", identifier: str | None = None, state: str = "present", **options: t.Any) -> Wish:
    """A wish: options of Wish by their names, all others are fields."""
    own = {key: options.pop(key) for key in list(options) if key in Wish.__dataclass_fields__}
    return Wish(name, identifier, state, options, **{"wait_timeout": 600.0, **own})


@dataclass
class FakeContext:
    """A task without HTTP."""

    waiter: Waiter = field(default_factory=waiter)
    ledger: Ledger | None = None
    check_mode: bool = False
    connection: Connection = field(default_factory=lambda: Connection("fake", "token", "https://api.fake.example", region="r1"))
    max_retry_wait: float = 120.0
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deadline = Deadline(self.waiter.clock, 600.0)

    def client(self, *_: t.Any) -> t.Any:
        """There is none."""
        raise NotImplementedError

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """Nobody else waits."""
        return contextlib.nullcontext()

    def crowded(self) -> bool:
        """Nobody else is under way."""
        return False

    def warn(self, message: str) -> None:
        """Remember it."""
        self.warnings.append(message)


class FakeDriver(Driver):
    """A driver over a dict of servers.

    C(calls) lists every verb that writes, with what it got. C(script) maps a method's name to what it does instead, call by
    call: an exception is raised, anything else is returned; when the list is used up the driver's own way is taken.
    """

    PROFILE = PROFILE

    @classmethod
    def operations(cls) -> Operations:
        """There is no API."""
        return Operations({})

    def __init__(self, *servers: Instance, context: FakeContext | None = None, **script: list[t.Any]) -> None:
        super().__init__(context or FakeContext())
        self.servers = {str(each.id): each for each in servers}
        self.script = script
        self.calls: list[tuple[t.Any, ...]] = []
        self.reads: list[str] = []
        self.known = {"image": [], "network": [], "firewalls": [], "ssh_keys": []}  # type: dict[str, list[Ref]]
        self.details: dict[str, t.Any] = {}

    def scripted(self, name: str, own: t.Callable[[], t.Any]) -> t.Any:
        """The next scripted reaction, else the driver's own."""
        if not self.script.get(name):
            return own()
        reaction = self.script[name].pop(0)
        if isinstance(reaction, BaseException):
            raise reaction
        return reaction() if callable(reaction) else reaction

    def _verb(self, name: str, *about: t.Any, own: t.Callable[[], t.Any] = lambda: None) -> t.Any:
        self.calls.append((name, *about))
        return self.scripted(name, own)

    def change(self, identifier: str | None, **changes: t.Any) -> None:
        """Change a server at the provider."""
        self.servers[str(identifier)] = replace(self.servers[str(identifier)], **changes)

    def _changes(self, instance: Instance, **changes: t.Any) -> t.Callable[[], Operation]:
        def own() -> Operation:
            self.change(instance.id, **changes)
            return self.operation("change", lambda: DONE, instance_id=instance.id)

        return own

    # reads

    def find(self, name: str) -> Lookup:
        self.reads.append("find")
        matches = tuple(each for each in self.servers.values() if each.name == name)
        return t.cast(Lookup, self.scripted("find", lambda: Lookup(matches, frozenset(self.servers))))

    def get(self, instance_id: str) -> Instance | None:
        self.reads.append("get")
        return t.cast("Instance | None", self.scripted("get", lambda: self.servers.get(instance_id)))

    def list_all(self) -> list[Instance]:
        return list(self.servers.values())

    def catalog(self, kind: str) -> list[dict[str, t.Any]]:
        return []

    def resolve(self, kind: str, wanted: str, instance: Instance) -> Ref:
        self.reads.append(f"resolve {kind} {wanted}")
        for ref in self.known[kind]:
            if wanted in (ref.id, ref.name):
                return ref
        raise OptionError(f"{kind}: {wanted!r} is not known", option=kind, missing=True)

    def check_change(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> dict[str, t.Any]:
        self.reads.append("check_change")
        return self.details

    # ordering

    def order(self, wish: Wish) -> Order:
        shown = {name: wish.fields[name] for name in ("image", "size") if name in wish.fields}
        return t.cast(Order, self.scripted("order", lambda: Order({}, "r1", predicted=shown, traits={"name": wish.name})))

    def place(self, order: Order) -> Receipt:
        return t.cast(Receipt, self._verb("place", own=lambda: Receipt("new")))

    def follow(self, receipt: Receipt, order_traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> Operation:
        self.reads.append(f"follow {receipt.operation_id}")
        return t.cast(Operation, self.scripted("follow", lambda: self.operation("order", lambda: DONE, operation_id=receipt.operation_id)))

    def candidates(self, traits: t.Mapping[str, t.Any], known_ids: frozenset[str]) -> list[Instance]:
        self.reads.append("candidates")
        own = [each for each in self.servers.values() if each.id not in known_ids and each.name == traits["name"]]
        return t.cast("list[Instance]", self.scripted("candidates", lambda: own))

    def unfinished(self, traits: t.Mapping[str, t.Any]) -> Operation | None:
        return t.cast("Operation | None", self.scripted("unfinished", lambda: None))

    # verbs

    def delete(self, instance: Instance, wish: Wish, targets: t.Mapping[str, t.Sequence[str]]) -> Operation | None:
        def own() -> Operation:
            del self.servers[str(instance.id)]
            return self.gone(instance)

        return t.cast("Operation | None", self._verb("delete", instance.id, own=own))

    def start(self, instance: Instance) -> Operation | None:
        return t.cast("Operation | None", self._verb("start", instance.id, own=self._changes(instance, status=RUNNING)))

    def stop(self, instance: Instance, mode: str) -> Operation | None:
        return t.cast("Operation | None", self._verb("stop", instance.id, mode, own=self._changes(instance, status=STOPPED)))

    def restart(self, instance: Instance, mode: str) -> Operation | None:
        return t.cast("Operation | None", self._verb("restart", instance.id, mode, own=self._changes(instance, status=RUNNING)))

    def suspend(self, instance: Instance) -> Operation | None:
        return t.cast("Operation | None", self._verb("suspend", instance.id, own=self._changes(instance, status=SUSPENDED)))

    def resume(self, instance: Instance) -> Operation | None:
        return t.cast("Operation | None", self._verb("resume", instance.id, own=self._changes(instance, status=RUNNING)))

    def rename(self, instance: Instance, name: str) -> Operation | None:
        return t.cast("Operation | None", self._verb("rename", instance.id, name, own=self._changes(instance, name=name)))

    def set_tags(self, instance: Instance, tags: t.Mapping[str, str]) -> Operation | None:
        return t.cast("Operation | None", self._verb("tags", instance.id, dict(tags), own=self._changes(instance, tags=dict(tags))))

    def set_firewalls(self, instance: Instance, firewalls: t.Sequence[Ref]) -> Operation | None:
        return t.cast("Operation | None", self._verb("firewalls", instance.id, tuple(firewalls), own=self._changes(instance, firewalls=tuple(firewalls))))

    def resize(self, instance: Instance, changes: t.Mapping[str, t.Any], wish: Wish) -> Operation | None:
        return t.cast("Operation | None", self._verb("resize", instance.id, dict(changes), own=self._changes(instance, **changes)))

    def rebuild(self, instance: Instance, image: str | None) -> Operation | None:
        return t.cast("Operation | None", self._verb("rebuild", instance.id, image, own=self._changes(instance, **({"image": image} if image else {}))))

    def set_password(self, instance: Instance, password: str) -> Operation | None:
        return t.cast("Operation | None", self._verb("password", instance.id, password))

    def reset_password(self, instance: Instance) -> Operation | None:
        return t.cast("Operation | None", self._verb("reset_password", instance.id))

    def set_rescue(self, instance: Instance, rescue: bool) -> Operation | None:
        return t.cast("Operation | None", self._verb("rescue", instance.id, rescue, own=self._changes(instance, rescue=rescue)))

    def set_locked(self, instance: Instance, locked: bool) -> Operation | None:
        return t.cast("Operation | None", self._verb("locked", instance.id, locked, own=self._changes(instance, locked=locked)))
