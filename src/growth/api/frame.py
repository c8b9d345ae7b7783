"""What every request goes through, in one plain ASGI layer: id, body limit, headers, log line, and the last net."""

import asyncio
import re
import time
from uuid import uuid4

import structlog
from dishka import AsyncContainer
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from growth.api.errors import Refused, database_gone, internal_error, two_lengths
from growth.domain.kernel.operating import Health

_MIB = 1024 * 1024
_LIMITS = (("/v1/leads/import", 32 * _MIB), ("/webhooks/", _MIB // 2), ("/pubsub/", _MIB // 2))
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LINGER = 2.0  # seconds to read on after an early refusal, so that the client gets to read it
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_DOCS_POLICY = (
    b"default-src 'none'; script-src 'unsafe-inline' https://cdn.jsdelivr.net; connect-src 'self'; "
    b"style-src 'unsafe-inline' https://cdn.jsdelivr.net; img-src data: https://fastapi.tiangolo.com"
)
_HUNG_UP = 499

_seconds = Histogram("growth_http_seconds", "Time to answer.", ["method", "route", "status"])
_log = structlog.get_logger("growth.http")

_TWO_LENGTHS = {b"content-length", b"transfer-encoding"}


class Frame:
    def __init__(self, app: ASGIApp, *, container: AsyncContainer) -> None:
        self._app = app
        self._container = container

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        scope.setdefault("state", {}).update(request_id=exchange.request_id, dishka_container=self._container)
        try:
            if {name for name, _ in scope["headers"]} >= _TWO_LENGTHS:
                await two_lengths(exchange.request_id)(scope, exchange.receive, exchange.send)
                return
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = exchange.status or _HUNG_UP
        except Exception as error:  # noqa: BLE001 - the last net
            await self._fail(exchange, error)
        finally:
            exchange.log()

    async def _fail(self, exchange: "_Exchange", error: Exception) -> None:
        lost = (await self._container.get(Health)).lost(error)
        _log.error("database lost" if lost else "request failed", exc_info=error, request_id=exchange.request_id)
        if exchange.status:
            raise error  # half an answer is out: only cutting the connection tells the client
        answer = (database_gone if lost else internal_error)(exchange.request_id)
        await answer(exchange.scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_limit", "_receive", "_received", "_send", "_started", "closing", "request_id", "scope", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._started = time.perf_counter()
        self._received = 0
        self._limit = next((size for path, size in _LIMITS if scope["path"].startswith(path)), _MIB)
        self.request_id, declared = _read_headers(scope)
        self.closing = declared > self._limit
        self.status = 0

    async def receive(self) -> Message:
        """Pass the body on, up to the limit; raises `Refused` (413), early where the length is declared."""
        if not self.closing:
            message = await self._receive()
            self._received += len(message.get("body", b""))
            self.closing = self._received > self._limit
        if self.closing and not self.status:
            raise Refused(413, "body-too-large", f"Send at most {self._limit} bytes.")
        return message if not self.closing else {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            await self._send({**message, "headers": self._headers(message)})
        elif self.closing and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    def log(self) -> None:
        route = getattr(self.scope.get("route"), "path_format", "unknown")
        seconds = time.perf_counter() - self._started
        caller = self.scope["state"].get("caller")
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        _seconds.labels(method, route, str(self.status)).observe(seconds)
        _log.info(
            "request",
            method=method,
            route=route,
            status=self.status,
            ms=round(seconds * 1000, 1),
            request_id=self.request_id,
            key_id=caller.key_id if caller else None,
        )

    def _headers(self, message: Message) -> list[tuple[bytes, bytes]]:
        headers = list(message.get("headers", ()))
        present = {name for name, _ in headers}
        if self.scope["path"] == "/docs":
            headers.append((b"content-security-policy", _DOCS_POLICY))
            present.add(b"content-security-policy")
        headers.extend(header for header in _HEADERS if header[0] not in present)
        headers.append((b"x-request-id", self.request_id.encode()))
        if self.closing:
            headers.append((b"connection", b"close"))
        return headers

    async def _drain(self) -> None:
        # A socket that is closed with unread bytes is reset, and the client may never see the answer.
        try:
            async with asyncio.timeout(_LINGER):
                while (message := await self._receive())["type"] == "http.request" and message.get("more_body"):
                    pass
        except TimeoutError:
            pass


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _read_headers(scope: Scope) -> tuple[str, int]:
    request_id, declared = b"", 0
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = value
        elif name == b"content-length" and value.isdigit():
            declared = int(value)
    known = _REQUEST_ID.fullmatch(request_id)
    return (request_id.decode() if known else uuid4().hex), declared
