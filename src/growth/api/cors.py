"""CORS, for the routes that browsers call with a capture key, and for no others."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from growth.api.routing import GrowthRoute
from growth.settings import Role

_ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST, PUT"),
    (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
    (b"access-control-max-age", b"600"),
)


class CaptureCors:
    def __init__(self, app: ASGIApp, *, origins: Sequence[str], routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._routes = [it for it in routes if isinstance(it, GrowthRoute) and Role.CAPTURE in it.rule.roles]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        wanted = headers.get(b"access-control-request-method") if scope["method"] == "OPTIONS" else None
        method = wanted.decode("latin-1") if wanted else scope["method"]
        if origin is None or not self._may(origin) or not self._is_capture(scope, method):
            await self._app(scope, receive, send)
            return
        allowed = ((b"access-control-allow-origin", origin), (b"vary", b"Origin"))
        if wanted:
            await send({"type": "http.response.start", "status": 204, "headers": [*allowed, *_ALLOWED]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *allowed]}
            await send(message)

        await self._app(scope, receive, send_allowed)

    def _may(self, origin: bytes) -> bool:
        return b"*" in self._origins or origin in self._origins

    def _is_capture(self, scope: Scope, method: str) -> bool:
        asked = {**scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in self._routes)
