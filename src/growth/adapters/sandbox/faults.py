"""Faults on purpose: a layer before a sandbox that refuses, hangs, talks nonsense, or hears and hangs up.

It also fixes the instant of every request (`request.state.at`), so that a request whose answer was dropped
can be applied later at exactly the later instant, and keeps a list of the requests that arrived. It answers
two control routes itself: `PUT /_sandbox/faults` and `GET /_sandbox/requests`. Control routes suffer no
faults.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Now = Callable[[], Awaitable[datetime]]  # an aware UTC instant; tests and the demo move it

Entry = dict[str, object]


class Refuse(BaseModel):
    """Answer `status` and do nothing; `retry_after` is in seconds, sent as such or as an HTTP date."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    probability: float = Field(ge=0, le=1)
    status: int = Field(default=429, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0)
    retry_after_form: Literal["seconds", "date"] = "seconds"


class Faults(BaseModel):
    """What goes wrong, for requests whose path begins with `path`. Probabilities (0 to 1) exclude each other.

    `drop_answer`: apply the request, then close the connection without a byte; with `apply_late_after_drop`
    close it and apply the request only that many seconds later. `html`: 200 with an HTML page, nothing
    applied. `hang`: seconds of the real clock between applying a request and answering it, for each. Draws
    come from `seed`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str = "/"
    seed: int = 1
    drop_answer: float = Field(default=0, ge=0, le=1)
    apply_late_after_drop: float = Field(default=0, ge=0)
    refuse: Refuse | None = None
    html: float = Field(default=0, ge=0, le=1)
    hang: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _at_most_one_each(self) -> Self:
        if sum(share for _, share in self.shares) > 1 + 1e-9:
            raise ValueError("drop_answer, refuse.probability and html exclude each other: keep their sum at 1")
        return self

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        refuse = self.refuse.probability if self.refuse else 0.0
        return ("drop_answer", self.drop_answer), ("refuse", refuse), ("html", self.html)


@dataclass(slots=True)
class _Arrival:
    scope: Scope
    body: bytes
    at: datetime
    entry: Entry
    answer: list[Message] = field(default_factory=list)

    async def apply(self, app: ASGIApp, at: datetime) -> None:
        """Let the sandbox do it as of `at`, and keep what it answers."""

        async def receive() -> Message:
            return {"type": "http.request", "body": self.body, "more_body": False}

        async def keep(message: Message) -> None:
            self.answer.append(message)

        state = {**self.scope.get("state", {}), "at": at}
        await app({**self.scope, "state": state}, receive, keep)
        self.entry |= {"applied_at": at, "status": self.answer[0]["status"]}

    async def answer_with(self, response: Response) -> None:
        async def keep(message: Message) -> None:
            self.answer.append(message)

        await response(self.scope, _nothing_to_receive, keep)
        self.entry["status"] = response.status_code


class FaultLayer:
    """The application to serve: `app` behind its faults. A reset brings the first faults back."""

    def __init__(self, app: ASGIApp, now: Now, faults: Faults) -> None:
        self._app, self._now, self._first = app, now, faults
        self._control = Starlette(
            routes=[
                Route("/_sandbox/faults", self._put_faults, methods=["PUT"]),
                Route("/_sandbox/requests", self._get_requests, methods=["GET"]),
            ]
        )
        self._reset()

    def _reset(self) -> None:
        self._use(self._first)
        self._requests: list[Entry] = []
        self._late: list[tuple[datetime, int, _Arrival]] = []

    def _use(self, faults: Faults) -> None:
        self._faults, self._random = faults, Random(faults.seed)  # noqa: S311 - repeatable on purpose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _whole_body(receive)
        at = await self._now()
        await self._apply_late(at)
        path: str = scope["path"]
        arrival = _Arrival(scope, body, at, {"at": at, "method": scope["method"], "path": path, "fault": None})
        if not path.startswith("/_sandbox/"):
            self._requests.append(arrival.entry)
            await self._serve(arrival, receive, send)
            return
        if path == "/_sandbox/reset":
            self._reset()
        own = path in ("/_sandbox/faults", "/_sandbox/requests")
        await arrival.apply(self._control if own else self._app, at)
        await _forward(arrival.answer, send)

    async def _serve(self, arrival: _Arrival, receive: Receive, send: Send) -> None:
        faults = self._faults
        fault = self._draw(faults, arrival)
        if fault == "refuse" and faults.refuse:
            await arrival.answer_with(_refusal(faults.refuse, arrival.at))
        elif fault == "html":
            await arrival.answer_with(HTMLResponse("<html><body><h1>Maintenance</h1></body></html>"))
        elif fault == "drop_answer" and faults.apply_late_after_drop:
            due = arrival.at + timedelta(seconds=faults.apply_late_after_drop)
            heapq.heappush(self._late, (due, len(self._requests), arrival))
        else:
            await arrival.apply(self._app, arrival.at)
        if faults.hang and arrival.scope["path"].startswith(faults.path):
            await _wait(receive, faults.hang)
        if fault == "drop_answer":
            await _hang_up(receive, send)
        else:
            await _forward(arrival.answer, send)

    def _draw(self, faults: Faults, arrival: _Arrival) -> str | None:
        """One draw for each request under the path, so that a run repeats."""
        if not arrival.scope["path"].startswith(faults.path):
            return None
        drawn = self._random.random()
        for name, share in faults.shares:
            if drawn < share:
                arrival.entry["fault"] = name
                return name
            drawn -= share
        return None

    async def _apply_late(self, at: datetime) -> None:
        # Nothing in a sandbox waits for the outside, so nobody else is served between two of these.
        while self._late and self._late[0][0] <= at:
            due, _, arrival = heapq.heappop(self._late)
            await arrival.apply(self._app, due)

    async def _put_faults(self, request: Request) -> Response:
        try:
            self._use(Faults.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"error": "faults", "message": str(error)}, 400)
        return JSONResponse(self._faults.model_dump())

    async def _get_requests(self, _: Request) -> Response:
        entries = [{**e, "at": _text(e["at"]), "applied_at": _text(e.get("applied_at"))} for e in self._requests]
        return JSONResponse({"requests": entries})


def _refusal(refuse: Refuse, at: datetime) -> Response:
    headers = {}
    if refuse.retry_after is not None:
        until = format_datetime(at + timedelta(seconds=refuse.retry_after), usegmt=True)
        headers["Retry-After"] = until if refuse.retry_after_form == "date" else str(refuse.retry_after)
    return JSONResponse({"error": "error.sandbox.refused"}, refuse.status, headers)


def _text(instant: object) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if isinstance(instant, datetime) else None


async def _whole_body(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


async def _forward(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)


async def _nothing_to_receive() -> Message:
    return {"type": "http.disconnect"}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait(receive: Receive, seconds: float) -> None:
    """Wait, but not longer than the client does."""
    try:
        async with asyncio.timeout(seconds):
            await _gone(receive)
    except TimeoutError:
        pass


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without a byte of an answer.

    ASGI has no word for it. uvicorn's `send` belongs to an object that knows the socket's transport; where
    something stands between uvicorn and us, an unfinished answer makes uvicorn close the connection as well.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.close()
        await _gone(receive)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
