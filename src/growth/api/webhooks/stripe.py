"""Stripe's webhook: verified, translated and handled in one transaction before it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from growth.api.errors import documented, problems
from growth.api.routing import Routes
from growth.api.schemas import Output
from growth.api.security import unmetered
from growth.api.strict_json import BadJson, parse
from growth.api.webhooks.signatures import verify_stripe
from growth.api.webhooks.stripe_events import LONGEST_ID, read_news
from growth.domain.kernel.errors import Fault, Invalid
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent
from growth.domain.kernel.operating import Health
from growth.domain.referrals.entities.payment_news import Unreadable
from growth.domain.referrals.use_cases import KeepFailedEvent, TakePaymentNews
from growth.settings import Settings

SOURCE = "stripe"


class NotAnEvent(Invalid):
    """The body is not an event of Stripe's."""

    code = "not-an-event"


class Received(Output):
    received: bool = True


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An event as Stripe sends it, signed in `Stripe-Signature`; at most 512 KiB.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_REFUSALS = {401: documented("The signature does not fit the body, or is not of now.", {})} | problems(
    BadJson, NotAnEvent
)


def stripe_webhook(settings: Settings) -> Routes:
    """Return the route of Stripe's webhook: none without a secret to check it with."""
    router = Routes(tags=["webhooks"])
    secrets = settings.stripe_webhook_secret
    if not secrets:
        return router

    @router.post("/webhooks/stripe", dependencies=[unmetered()], responses=_REFUSALS, openapi_extra=_BODY)
    async def take_stripe_event(
        request: Request,
        new_id: FromDishka[NewId],
        take: FromDishka[TakePaymentNews],
        keep: FromDishka[KeepFailedEvent],
        health: FromDishka[Health],
    ) -> Received:
        """Take an event of Stripe's: payments, refunds, disputes, and what links them to users and each other."""
        body = await request.body()
        verify_stripe(body, request.headers.get("stripe-signature"), secrets)
        await _Taking(take, keep, health)(_event(parse(body), new_id()))
        return Received()

    return router


@dataclass(frozen=True, slots=True)
class _Taking:
    """Handles an event, and keeps as failed what cannot be handled."""

    take: TakePaymentNews
    keep: KeepFailedEvent
    health: Health

    async def __call__(self, event: InboxEvent) -> None:
        try:
            await self.take(event, read_news(event.body, datetime.now(UTC)))
        except Unreadable as error:
            await self.keep(event, error.reason)  # and no more: sent again it would be the same
        except Exception as error:
            if not self.health.lost(error):
                await self.keep(event, type(error).__name__)
            raise


def _event(body: object, id: UUID) -> InboxEvent:
    if not isinstance(body, Mapping):
        raise NotAnEvent("Send one event as a JSON object.", Fault("", "not-an-object", "Write a JSON object."))
    event_id, topic = (_text(body, key) for key in ("id", "type"))
    return InboxEvent(id, SOURCE, event_id, topic, body)


def _text(body: Mapping[str, object], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        fault = Fault(f"/{key}", "not-a-text", f"Write a text of 1 to {LONGEST_ID} characters.")
        raise NotAnEvent(f"An event has a text as its {key}.", fault)
    return value
