"""The HTTP server: uvicorn with an HTTP/1.1 protocol that does not wait for slow or silent clients."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from growth.settings import BadSettings, Settings

_BACKLOG = 2048
_PATIENCE = 12.0  # seconds for a whole request, or for the next part of a long body
_LAST_WORD = 1.0  # seconds for the first bytes from a connection that is open when we stop
_PART = 256 * 1024  # bytes of a long body that have to arrive in that time
_BAD_REQUEST = json.dumps(
    {
        "type": "urn:growth:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "This is not HTTP/1.1.",
        "code": "bad-request",
        "instance": "",
        "errors": [],
    }
).encode()


class ImpatientProtocol(H11Protocol):
    """Closes a connection whose request is not complete in time, however often it sends a byte."""

    _deadline: asyncio.TimerHandle | None = None
    _arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._arrived += len(data)
        super().data_received(data)
        if self._is_complete():
            self._unwatch()
        elif self._deadline is None:
            self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_complete() and self._deadline is None and self._has_begun():
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it as a problem
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(_BAD_REQUEST)).encode()),
            (b"connection", b"close"),
        ]
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (response, h11.Data(data=_BAD_REQUEST), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
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

    def _is_complete(self) -> bool:
        return self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}

    def _has_begun(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY or bool(self.conn.trailing_data[0])

    def _watch(self) -> None:
        self._arrived = 0
        self._deadline = self.loop.call_later(_PATIENCE, self._judge)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _judge(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or self._is_complete():
            return
        in_body = self.conn.their_state is h11.SEND_BODY
        if in_body and (self._arrived >= _PART or self.flow.read_paused):
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
        "h11_max_incomplete_event_size": 32 * 1024,
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
