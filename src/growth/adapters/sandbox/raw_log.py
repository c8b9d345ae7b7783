"""What arrived at a sandbox, as it came: tests search it for what must not have been sent."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RawLog:
    """Stands before `app` and keeps every request: `GET /_sandbox/log`, until `POST /_sandbox/reset`.

    An entry has method, path (decoded), query, body (text), time, and whether credentials came along, never which.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._entries: list[dict[str, object]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == "/_sandbox/log":
            await JSONResponse({"entries": self._entries})(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        if scope["path"] == "/_sandbox/reset":
            self._entries.clear()
        elif not scope["path"].startswith("/_sandbox/"):
            self._entries.append(_entry(request, body))

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)


def _entry(request: Request, body: bytes) -> dict[str, object]:
    return {
        "at": request.state.at.isoformat().replace("+00:00", "Z"),
        "method": request.method,
        "path": request.url.path,
        "query": dict(request.query_params),
        "body": body.decode(errors="replace"),
        "authorized": "authorization" in request.headers,
    }
