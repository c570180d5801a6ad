# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTP/1.1 server whose connections can misbehave on purpose.

The standard library's handler classes hide the socket; here a reply may also reset, hold or cut off its connection, and
the server may refuse connections for a while, which is what the faults of this simulator are made of.
"""

from __future__ import annotations

import email.utils
import http
import io
import socket
import struct
import threading
import time
import typing as t
import urllib.parse
from dataclasses import dataclass

from .base import Request, Response

LOOPBACK = "127.0.0.1"
BACKLOG = 512  # 64 clients may connect in the same instant
MAX_LINE = 65536
MAX_HEADERS = 200
MAX_BODY = 32 * 1024 * 1024

Ending = t.Literal["keep", "close", "reset", "hold", "cut"]


@dataclass(frozen=True)
class Reply:
    """What becomes of a request: its answer and the end of its connection.

    C(keep) and C(close) send the response; C(cut) announces all of it and closes after half of the body; C(reset)
    sends a TCP reset instead of it; C(hold) sends nothing for C(seconds), then closes.
    """

    response: Response | None = None
    ending: Ending = "keep"
    seconds: float = 0.0


Application = t.Callable[[Request, int], Reply]  # the number of the connection comes with the request


class BadRequest(Exception):
    """What was read is no HTTP request this server takes; C(status) is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(http.HTTPStatus(status).phrase)
        self.status = status


class HttpServer:
    """One loopback port, a thread for each connection, the application's replies."""

    def __init__(self, application: Application, port: int = 0, now: t.Callable[[], float] = time.time) -> None:
        """Bind C(port) (0: a free one); clients get in with C(start). C(now) tells the time of the C(Date) header.

        Raises:
            OSError: the port is taken.
        """
        self.application = application
        self.now = now
        self.connections = 0  # accepted so far
        self._lock = threading.Lock()
        self._open: set[_Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()
        self._refuse_until = 0.0
        self._listener = _bind(port)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name=f"simulator-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Let clients in; they can connect as soon as this returns."""
        self._listener.listen(BACKLOG)
        self._acceptor.start()

    def stop(self) -> None:
        """Close the port, end held connections and wait for the threads; answers under way are still sent."""
        self._stopping.set()
        with self._lock:
            _close_listener(self._listener)
            for connection in self._open:
                connection.interrupt()
            threads = list(self._threads)
        if self._acceptor.ident is not None:
            self._acceptor.join(2)
        for thread in threads:
            thread.join(2)

    def sleep(self, seconds: float) -> None:
        """Wait in real time, but no longer than the server runs."""
        self._stopping.wait(seconds)

    def refuse(self, seconds: float) -> None:
        """Refuse new connections for C(seconds) (0: let clients in again) and close present ones after what they are sending."""
        with self._lock:
            self._refuse_until = time.monotonic() + seconds
            if seconds > 0:
                _close_listener(self._listener)
                self._listener = _bind(self.port)  # bound without listening: the port stays ours and refuses
                for connection in self._open:
                    connection.interrupt()
            elif self._acceptor.is_alive() and not self._stopping.is_set():
                self._listener.listen(BACKLOG)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                listener = self._listening()
                if listener is None:
                    self._stopping.wait(0.01)
                    continue
                client, _address = listener.accept()
            except OSError:  # nobody came within the socket's time-out, or the listener was closed under us
                continue
            self._welcome(client)

    def _listening(self) -> socket.socket | None:
        with self._lock:
            if time.monotonic() < self._refuse_until:
                return None
            self._listener.listen(BACKLOG)
            return self._listener

    def _welcome(self, client: socket.socket) -> None:
        client.settimeout(None)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self._stopping.is_set():
                client.close()
                return
            self.connections += 1
            connection = _Connection(client, self.connections, self.application, self.now)
            thread = threading.Thread(target=self._serve, args=(connection,), name=f"simulator-{self.port}-{self.connections}", daemon=True)
            self._open.add(connection)
            self._threads.add(thread)
            thread.start()

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                self._open.discard(connection)
                self._threads.discard(threading.current_thread())


class _Connection:
    """One client's connection: requests in, replies out, one after the other."""

    def __init__(self, client: socket.socket, number: int, application: Application, now: t.Callable[[], float]) -> None:
        self._socket = client
        self._reader = client.makefile("rb")
        self._number = number
        self._application = application
        self._now = now
        self._interrupted = threading.Event()

    def serve(self) -> None:
        """Exchange messages until one side ends the connection."""
        try:
            while self._exchange():
                pass
        except OSError:  # the client went away
            pass
        finally:
            self._close()

    def interrupt(self) -> None:
        """Take no further request and wake the thread that reads or holds; what it is sending still goes out."""
        self._interrupted.set()
        try:
            self._socket.shutdown(socket.SHUT_RD)
        except OSError:  # closed already
            pass

    def _exchange(self) -> bool:
        try:
            incoming = read_request(self._reader, self._continue)
        except BadRequest as error:
            self._send(Response(error.status, {"message": str(error)}), "GET", "close")
            return False
        if incoming is None or self._interrupted.is_set():  # a socket shut for reading still hands out what arrives
            return False
        request, persistent = incoming
        reply = self._application(request, self._number)
        if reply.ending == "reset":
            # Without lingering, close() sends RST instead of FIN.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if reply.ending == "hold" or reply.response is None:
            self._hold(reply.seconds)
            return False
        ending = reply.ending if persistent or reply.ending != "keep" else "close"
        self._send(reply.response, request.method, ending)
        return ending == "keep"

    def _hold(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        self._socket.recv(1)  # ends early when the client hangs up or the server stops

    def _continue(self) -> None:
        self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _send(self, response: Response, method: str, ending: Ending) -> None:
        head, body = encode_response(response, self._now(), persistent=ending == "keep")
        if method == "HEAD":
            body = b""
        self._socket.sendall(head + (body[: len(body) // 2] if ending == "cut" else body))

    def _close(self) -> None:
        self._reader.close()  # the socket stays open for as long as its reader does
        self._socket.close()


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    listener.settimeout(0.25)  # not every system wakes accept() when its socket is closed
    return listener


def _close_listener(listener: socket.socket) -> None:
    try:
        listener.shutdown(socket.SHUT_RDWR)  # wakes accept() at once where the system can
    except OSError:  # not listening
        pass
    listener.close()


def read_request(reader: io.BufferedReader | t.BinaryIO, send_continue: t.Callable[[], None]) -> tuple[Request, bool] | None:
    """The next request of a connection and whether the connection outlives it, or None at its end.

    Raises:
        BadRequest: the bytes are no request, or one of a form this server does not take.
    """
    line = reader.readline(MAX_LINE)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(400)
    method, target, version = words
    headers = _read_headers(reader)
    if "transfer-encoding" in headers:
        raise BadRequest(411)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequest(400)
    if int(length) > MAX_BODY:
        raise BadRequest(413)
    if headers.get("expect", "").lower() == "100-continue":
        send_continue()
    body = reader.read(int(length))
    if len(body) < int(length):
        return None
    path, query = _split_target(target)
    persistent = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
    return Request(method, path, query, headers, body), persistent


def _read_headers(reader: io.BufferedReader | t.BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _number in range(MAX_HEADERS):
        line = reader.readline(MAX_LINE).decode("latin-1")
        if line in ("\r\n", "\n"):
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest(400)
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    raise BadRequest(431)


def _split_target(target: str) -> tuple[str, dict[str, list[str]]]:
    if not target.startswith("/"):  # the absolute form, as sent to a proxy
        target = urllib.parse.urlsplit(target)._replace(scheme="", netloc="").geturl()
    path, _mark, query = target.partition("?")
    return urllib.parse.unquote(path), urllib.parse.parse_qs(query, keep_blank_values=True)


def encode_response(response: Response, now: float, persistent: bool) -> tuple[bytes, bytes]:
    """Head and body of a response as they go over the wire; C(now) in seconds since the epoch."""
    body = response.encode()
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:  # 520 and its like are a proxy's own
        phrase = "Unknown"
    date = email.utils.formatdate(now, usegmt=True)
    headers = {"Date": date, "Server": "polyhost-simulator", "Connection": "keep-alive" if persistent else "close"}
    if response.status != 204:
        headers |= {"Content-Type": response.content_type, "Content-Length": str(len(body))}
    headers |= response.headers
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body
