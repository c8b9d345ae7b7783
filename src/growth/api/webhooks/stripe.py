"""Stripe's webhook: verified, translated and handled in one transaction before it is answered."""

from datetime import UTC, datetime

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from growth.api.routing import Routes
from growth.api.security import unmetered
from growth.api.strict_json import parse, written_out
from growth.api.webhooks.receiving import Received, Taking, described, label, one_object
from growth.api.webhooks.signatures import verify_stripe
from growth.api.webhooks.stripe_events import read_news
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepFailed
from growth.domain.kernel.operating import Health
from growth.domain.referrals.use_cases import TakePaymentNews
from growth.settings import Settings

SOURCE = "stripe"
_DESCRIBED = described(
    "An event as Stripe sends it, signed in `Stripe-Signature`; at most 512 KiB.",
    "The signature does not fit the body, or is not of now.",
)


def stripe_webhook(settings: Settings) -> Routes:
    """Return the route of Stripe's webhook: none without a secret to check it with."""
    router = Routes(tags=["webhooks"])
    secrets = settings.stripe_webhook_secret
    if not secrets:
        return router

    @router.post("/webhooks/stripe", dependencies=[unmetered()], **_DESCRIBED)
    async def take_stripe_event(
        request: Request,
        new_id: FromDishka[NewId],
        take: FromDishka[TakePaymentNews],
        keep: FromDishka[KeepFailed],
        health: FromDishka[Health],
    ) -> Received:
        """Take an event of Stripe's: payments, refunds, disputes, and what links them to users and each other."""
        body = await request.body()
        verify_stripe(body, request.headers.get("stripe-signature"), secrets)
        told = one_object(parse(written_out(body)))  # what is signed is kept, whatever it holds
        event = InboxEvent(new_id(), SOURCE, label(told, "id"), label(told, "type"), told)

        async def handle(event: InboxEvent) -> None:
            await take(event, read_news(event.body, datetime.now(UTC), settings.env))

        await Taking(handle, keep, health, resent=True)(event)
        return Received()

    return router
