"""A speech vendor to call over HTTP that speaks the neutral contract of docs/speech.md, and calls back when told to.

Control routes: `GET /_sandbox/log`; `GET /_sandbox/calls`, what it has; `POST /_sandbox/analyse`, which analyses what
waits, tells it by signed webhooks and answers how each was taken; `PUT /_sandbox/faults` (Faults);
`POST /_sandbox/reset`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, Literal

import httpx2
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

TOKEN: Final = "sandbox"  # noqa: S105 - it keeps nothing of value
SECRET: Final = "whsec_c2FuZGJveC1zcGVlY2gtd2ViaG9vay1zZWNyZXQ="  # noqa: S105
_SCORES: Final[Mapping[str, object]] = {"clarity": 0.9, "empathy": 4, "sentiment": "positive"}
_SECONDS: Final = 10.0


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Agent(_Part):
    id: str | None = None
    team: str | None = None


class _Outcome(_Part):
    code: str | None = None
    status: str | None = None


class _Recording(_Part):
    url: str = Field(pattern="^https?://")
    content_type: str | None = None
    channels: int | None = Field(default=None, ge=0)
    expires_at: AwareDatetime | None = None


class _Callback(_Part):
    url: str = Field(pattern="^https?://")
    format: Literal["standard-webhooks"]


class _Call(_Part):
    """What may be told of a call: nothing personal has a place in it."""

    call_id: str = Field(min_length=1)
    external_ref: str
    campaign_type: str | None = None
    direction: Literal["outbound", "inbound"]
    language: str | None = None
    started_at: AwareDatetime
    duration_s: int | None = Field(default=None, ge=0)
    agent: _Agent | None = None
    outcome: _Outcome | None = None
    recording: _Recording
    callback: _Callback


class _Order(_Part):
    """`secret`: what the callbacks are signed with; `callback`: where they go instead of where each call wants it.

    `transcripts`: where they would be, and the call's id after it.
    """

    secret: str = SECRET
    callback: str | None = None
    status: Literal["done", "failed"] = "done"
    scores: dict[str, Any] = Field(default_factory=lambda: dict(_SCORES))
    transcripts: str = "https://speech.example/transcripts/"


def speech_app(token: str = TOKEN) -> ASGIApp:
    """Build the sandbox. All state is inside."""
    return _Speech(token).application()


class _Speech:
    def __init__(self, token: str) -> None:
        self._token = token
        self._numbers = count(1)
        self._start_over()

    def _start_over(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._jobs: dict[str, str] = {}
        self._waiting: list[str] = []

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/calls", self._take, methods=["POST"]),
                Route("/calls/{call}", self._delete, methods=["DELETE"]),
                Route("/_sandbox/calls", self._shown, methods=["GET"]),
                Route("/_sandbox/analyse", self._analyse, methods=["POST"]),
                Route("/_sandbox/reset", self._reset, methods=["POST"]),
            ]
        )

    def _may(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self._token}"

    async def _take(self, request: Request) -> Response:
        if not self._may(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        try:
            call = _Call.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": "invalid", "message": str(error)}, 400)
        if request.headers.get("idempotency-key") != call.call_id:
            return JSONResponse({"error": "idempotency_key", "message": "send the call_id as Idempotency-Key"}, 400)
        if call.call_id in self._calls:
            return JSONResponse({"id": self._jobs[call.call_id], "status": "known"}, 409)
        job = f"job_{next(self._numbers)}"
        self._calls[call.call_id], self._jobs[call.call_id] = call, job
        self._waiting.append(call.call_id)
        return JSONResponse({"id": job, "status": "queued"}, 202)

    async def _delete(self, request: Request) -> Response:
        if not self._may(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        call = request.path_params["call"]
        if self._calls.pop(call, None) is None:
            return JSONResponse({"error": "unknown_call"}, 404)
        self._jobs.pop(call)
        self._waiting = [it for it in self._waiting if it != call]
        return Response(status_code=204)

    async def _shown(self, _: Request) -> Response:
        return JSONResponse({"calls": [it.model_dump(mode="json", exclude_none=True) for it in self._calls.values()]})

    async def _analyse(self, request: Request) -> Response:
        try:
            order = _Order.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        told, self._waiting = self._waiting, []
        async with httpx2.AsyncClient(trust_env=False, timeout=_SECONDS) as client:
            answers = {call: await self._tell(client, self._calls[call], order) for call in told}
        return JSONResponse({"told": answers})

    async def _tell(self, client: httpx2.AsyncClient, call: _Call, order: _Order) -> int:
        """Tell one analysis; the real time stamps it, as everybody's signatures."""
        now, job = datetime.now(UTC), self._jobs[call.call_id]
        data: dict[str, object] = {"call_id": call.call_id, "job_id": job, "status": order.status}
        if order.status == "done":
            data |= {"transcript_url": f"{order.transcripts}{call.call_id}", "scores": order.scores}
        content = json.dumps({"type": "call.analysed", "timestamp": now.isoformat(), "data": data})
        headers = {
            "content-type": "application/json",
            "webhook-id": f"msg_{job}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(order.secret).sign(f"msg_{job}", now, content),
        }
        url = order.callback or call.callback.url
        try:
            return (await client.post(url, content=content, headers=headers)).status_code
        except httpx2.HTTPError:
            self._waiting.append(call.call_id)  # nobody is there yet
            return 0

    async def _reset(self, _: Request) -> Response:
        self._start_over()
        return Response(status_code=204)
