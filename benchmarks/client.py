"""The load: one lean process with many connections, each of which sends its next request when it has its answer.

It reads a `Load` as JSON from standard input and prints what came of it. A process of its own, and no HTTP library, so
that it takes as little as possible of the cores that the server and the database need.
"""

import hashlib
import hmac
import json
import re
import select
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_UNDER_WAY = 40  # of the last so many bodies some may wait for their answer: none of them is sent again


@dataclass(frozen=True, slots=True)
class Load:
    """Requests to one route. Each `{n}` in the body is a number that no other request has, from `first` on.

    `secret`: bodies are signed with it as Stripe does. `again_every`: every so-manieth request sends an earlier body
    again. `cycle`: the numbers begin anew after so many.
    """

    port: int
    method: str
    path: str
    key: str
    connections: int
    seconds: float
    body: str | None = None
    content_type: str = "application/json"
    first: int = 0
    secret: str | None = None
    again_every: int | None = None
    cycle: int | None = None


@dataclass(slots=True)
class Answers:
    """`times`: milliseconds of each answered request; `seconds`: from the first request to the last answer.

    `again`: how many sent an earlier body again.
    """

    seconds: float = 0.0
    again: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        ordered = sorted(self.times) or [0.0]
        return {
            "requests": len(self.times),
            "again": self.again,
            "seconds": self.seconds,
            "per_second": len(self.times) / self.seconds if self.seconds else 0.0,
            "p50_ms": ordered[len(ordered) // 2],
            "p99_ms": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            "statuses": dict(self.statuses),
        }


class _Connection:
    def __init__(self, load: Load) -> None:
        self.socket = socket.create_connection(("127.0.0.1", load.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self._sent = 0.0

    def send(self, request: bytes) -> None:
        self._answer, self._sent = b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[str, float] | None:
        """Return the status and the milliseconds once the whole answer is there."""
        arrived = b""
        with suppress(ConnectionResetError):
            arrived = self.socket.recv(1 << 18)
        if not arrived:
            return "closed", (time.perf_counter() - self._sent) * 1000
        self._answer += arrived
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = _LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return None
        return head[9:12].decode(), (time.perf_counter() - self._sent) * 1000


class _Requests:
    def __init__(self, load: Load) -> None:
        self._load, self._sent, self.again = load, 0, 0
        self._head = (
            f"{load.method} {load.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {load.key}\r\n"
            f"Content-Type: {load.content_type}\r\n"
        )

    def next(self) -> bytes:
        if self._load.body is None:
            return f"{self._head}Content-Length: 0\r\n\r\n".encode()
        body = self._load.body.replace("{n}", str(self._number())).encode()
        signature = f"Stripe-Signature: {signed(body, self._load.secret)}\r\n" if self._load.secret else ""
        return f"{self._head}{signature}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def _number(self) -> int:
        load, fresh = self._load, self._sent - self.again
        self._sent += 1
        if load.again_every and fresh > _UNDER_WAY and self._sent % load.again_every == 0:
            self.again += 1
            return load.first + fresh - _UNDER_WAY
        return load.first + 1 + (fresh % load.cycle if load.cycle else fresh)


def signed(body: bytes, secret: str) -> str:
    """Return the header of a signature of now, as Stripe makes it."""
    stamp = str(int(time.time()))
    return f"t={stamp},v1={hmac.digest(secret.encode(), stamp.encode() + b'.' + body, hashlib.sha256).hex()}"


def run(load: Load) -> Answers:
    """Send for so many seconds; then wait for what is under way."""
    answers, requests, poll = Answers(), _Requests(load), select.epoll()
    connections: dict[int, _Connection] = {}
    for _ in range(load.connections):
        connection = _Connection(load)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
    started = time.perf_counter()
    for connection in connections.values():
        connection.send(requests.next())
    while connections:
        for descriptor, _ in poll.poll():
            connection = connections[descriptor]
            if (answer := connection.receive()) is None:
                continue
            status, took = answer
            answers.statuses[status] += 1
            answers.times.append(took)
            answers.seconds = time.perf_counter() - started
            if status == "closed" or answers.seconds >= load.seconds:
                poll.unregister(descriptor)
                connections.pop(descriptor).socket.close()
            else:
                connection.send(requests.next())
    answers.again = requests.again
    return answers


def as_json(load: Load) -> str:
    return json.dumps(asdict(load))


if __name__ == "__main__":
    print(json.dumps(run(Load(**json.load(sys.stdin))).summary()))
