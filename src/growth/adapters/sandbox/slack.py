"""Incoming webhooks to call over HTTP that behave like Slack's.

A channel is `/services/T…/B…/…`, or `/services/` and its name. Control routes: `GET /_sandbox/log`;
`PUT /_sandbox/channels`, refusals by the last part of a path; `PUT /_sandbox/faults` (Faults); `POST /_sandbox/reset`.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

_STATUS: Final[Mapping[str, int]] = {
    "invalid_payload": 400,
    "no_text": 400,
    "user_not_found": 400,
    "action_prohibited": 403,
    "channel_not_found": 404,
    "no_service": 404,
    "channel_is_archived": 410,
    "rollup_error": 500,
}

_CHANNEL = re.compile(r"(T[^/]+/B[^/]+/)?[^/]+")


def slack_app() -> ASGIApp:
    """Build the sandbox. All state is inside."""
    return _Slack().application()


class _Slack:
    def __init__(self) -> None:
        self._refusing: dict[str, str] = {}

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/services/{channel:path}", self._post, methods=["POST"]),
                Route("/_sandbox/channels", self._put_channels, methods=["PUT"]),
                Route("/_sandbox/reset", self._reset, methods=["POST"]),
                Route("/{anything:path}", self._nothing_here, methods=["GET", "POST"]),
            ]
        )

    async def _post(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        if not _CHANNEL.fullmatch(channel):
            return _say("no_service")
        if refusal := self._refusing.get(channel.rpartition("/")[2]):
            return _say(refusal)
        return _say(_fault(await request.body()) or "ok")

    async def _put_channels(self, request: Request) -> Response:
        wanted = await request.json()
        if not isinstance(wanted, dict) or not set(wanted.values()) <= _STATUS.keys():
            return JSONResponse({"error": f"write an object of {', '.join(_STATUS)}"}, 400)
        self._refusing = wanted
        return JSONResponse(wanted)

    async def _reset(self, _: Request) -> Response:
        self._refusing = {}
        return Response(status_code=204)

    async def _nothing_here(self, _: Request) -> Response:
        return _say("no_service")


def _fault(body: bytes) -> str | None:
    try:
        payload = json.loads(body)
    except ValueError:
        return "invalid_payload"
    if not isinstance(payload, dict):
        return "invalid_payload"
    return None if payload.get("text") or payload.get("blocks") else "no_text"


def _say(word: str) -> Response:
    """Slack's answers are bare words, of a type that is none."""
    return HTMLResponse(word, _STATUS.get(word, 200))
