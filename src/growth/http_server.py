"""The HTTP server: uvicorn with an HTTP/1.1 protocol that does not wait for slow or silent clients."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from growth.settings import BadSettings, Settings

_BACKLOG = 2048
_PATIENCE = 12.0  # seconds for a whole request, or for the next part of a long body
_LAST_WORD = 1.0  # seconds for the first bytes from a connection that is open when we stop
_PART = 256 * 1024  # bytes of a long body that have to arrive in that time
_LONGEST_HEAD = 32 * 1024  # bytes of a request before its body
_PROBLEM = json.dumps(
    {
        "type": "urn:growth:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "This is not HTTP/1.1.",
        "code": "bad-request",
        "instance": "",
        "errors": [],
    }
)
_BAD_REQUEST = (
    "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    f"content-length: {len(_PROBLEM)}\r\n\r\n{_PROBLEM}"
).encode()


class _Stage(Enum):
    """How far a connection's present request has come in."""

    NONE = auto()
    HEAD = auto()
    BODY = auto()
    COMPLETE = auto()


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request is not complete in time, however often it sends a byte."""

    _deadline: asyncio.TimerHandle | None = None
    _arrived = 0
    _stage = _Stage.NONE
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._arrived += len(data)
        super().data_received(data)
        self._head = self._head + len(data) if self._stage is _Stage.HEAD else 0
        if self._head > _LONGEST_HEAD:
            self.send_400_response("")
        elif self._stage is _Stage.COMPLETE:
            self._unwatch()
        elif self._deadline is None:
            self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = _Stage.HEAD

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > _LONGEST_HEAD:
            raise ValueError("a head too long to be one")  # the parser makes it an error of its own: 400
        super().on_headers_complete()
        self._stage = _Stage.BODY

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stage = _Stage.COMPLETE

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._deadline is None and self._stage in {_Stage.HEAD, _Stage.BODY}:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it as a problem
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_BAD_REQUEST)
        self.transport.close()

    def shutdown(self) -> None:
        """Close what is idle; who has only just connected is heard first, for his request is on its way."""
        if self.cycle is None:
            self.loop.call_later(_LAST_WORD, self._close_idle)
        else:
            super().shutdown()

    def _close_idle(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _watch(self) -> None:
        self._arrived = 0
        self._deadline = self.loop.call_later(_PATIENCE, self._judge)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _judge(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or self._stage is _Stage.COMPLETE:
            return
        if self._stage is _Stage.BODY and (self._arrived >= _PART or self.flow.read_paused):
            self._watch()  # it is long but it comes on, or it is we who are slow
        else:
            self.transport.abort()


class _Server(uvicorn.Server):
    """Ends by returning, so that the workers can give back what they have."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._late: set[asyncio.Task[Any]] = set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # uvicorn would raise them again, and SIGTERM ends the process at once

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in who has connected already, and then stop listening: the kernel would hang up on them."""
        loop = asyncio.get_running_loop()
        for listening in sockets or ():
            with suppress(BlockingIOError):
                while True:
                    connection, _ = listening.accept()
                    connection.setblocking(False)
                    late = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
                    self._late.add(late)
        await super().shutdown(sockets)

    def _protocol(self) -> ImpatientProtocol:
        return ImpatientProtocol(self.config, self.server_state, self.lifespan.state)


def server(app: FastAPI, settings: Settings, **options: Any) -> uvicorn.Server:  # noqa: ANN401 - uvicorn's own
    """Return the server; `options` override uvicorn's settings."""
    config: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "http": ImpatientProtocol,
        "ws": "none",
        "loop": "uvloop",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 10,
        "timeout_graceful_shutdown": 15,
        "backlog": _BACKLOG,
    }
    return _Server(uvicorn.Config(app, **(config | options)))


def listener(settings: Settings) -> socket.socket:
    """Return the socket to serve on. Raises `BadSettings` when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as refused:
        where = f"{settings.host} port {settings.port}"
        raise BadSettings(
            [f"GROWTH_HOST, GROWTH_PORT: {where} cannot be used ({refused.strerror}): choose another."]
        ) from None


async def serve(app: FastAPI, settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT: then what runs is answered, for at most 15 seconds, and the process may end."""
    await server(app, settings).serve([listening])
