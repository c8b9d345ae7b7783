"""Estimates by Google Pub/Sub push: verified, kept, answered, and handled from the store.

Whatever is not answered well comes again for days; so what cannot be used is kept as failed, and answered well.
"""

import base64
from typing import Annotated, Any

from dishka.integrations.fastapi import FromDishka
from fastapi import Header, Request, Response

from growth.api.errors import Refused
from growth.api.routing import Routes
from growth.api.security import unmetered
from growth.api.strict_json import BadJson, parse, written_out
from growth.api.webhooks.google_tokens import GoogleTokens, SigningKeys
from growth.api.webhooks.receiving import NotAnEvent, described, digest_id, label, one_object
from growth.api.webhooks.told import Told, part
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepToHandle, Unreadable
from growth.domain.kernel.messages import TryLater
from growth.settings import Settings

SOURCE, _TOPIC = "pubsub", "estimates"
_DESCRIBED = described(
    "A push delivery of Google Pub/Sub, wrapped: the message's data is an estimate as `POST /v1/estimates` takes it.",
    "The token is not Google's, not for this endpoint, or not of the account that is set.",
)
_AWAY: dict[str, Any] = {"description": "Google's keys are not known: Pub/Sub sends again."}


def pubsub_estimates(settings: Settings) -> Routes:
    """Return the route of the subscription: none without an audience to check its tokens for."""
    router = Routes(tags=["webhooks"])
    audience, email = settings.pubsub_audience, settings.pubsub_email
    if not audience or not email:
        return router
    described_ = {**_DESCRIBED, "responses": {**_DESCRIBED["responses"], 503: _AWAY}}

    @router.post("/pubsub/estimates", dependencies=[unmetered()], status_code=204, **described_)
    async def take_pushed_estimate(
        request: Request,
        new_id: FromDishka[NewId],
        keys: FromDishka[SigningKeys],
        keep: FromDishka[KeepToHandle],
        authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Take an estimate that was pushed."""
        body = await request.body()
        try:
            await GoogleTokens(keys, audience, email).check(authorization)
        except TryLater:
            detail = "Google's keys cannot be read now: send it again."
            raise Refused(503, "keys-unknown", detail, headers={"Retry-After": "30"}) from None
        await keep(_event(body, new_id))
        return Response(status_code=204)

    return router


def _event(body: bytes, new_id: NewId) -> InboxEvent:
    """Return the event to keep. The data are kept decoded, so that whoever is in them can be found there."""
    try:
        message = part(one_object(parse(written_out(body))), "message") or {}
    except (BadJson, NotAnEvent, Unreadable):
        return InboxEvent(new_id(), SOURCE, digest_id(body), _TOPIC, {})
    told = {"publish_time": message.get("publishTime") or message.get("publish_time"), "data": _decoded(message)}
    return InboxEvent(new_id(), SOURCE, _id_of(message) or digest_id(body), _TOPIC, told)


def _id_of(message: Told) -> str | None:
    for key in ("messageId", "message_id"):
        try:
            return label(message, key)
        except NotAnEvent:
            continue
    return None


def _decoded(message: Told) -> object:
    """Return the JSON that the data stand for; what is none, as text."""
    try:
        raw = base64.b64decode(str(message.get("data") or ""), validate=True)
    except ValueError:  # of the text, or of what it stands for
        return None
    try:
        return parse(written_out(raw))
    except BadJson:
        return raw.decode(errors="replace").replace("\0", "")
