"""Customer.io's reporting webhook: verified, kept, handled and answered, well whatever it tells.

The vendor waits four seconds, and after any other answer than a good one it holds everything later back behind that
event, for an hour or up to a week. So all that is authentic is kept and answered well: what cannot be handled waits in
the inbox for an operator.
"""

from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from growth.api.routing import Routes
from growth.api.security import unmetered
from growth.api.strict_json import BadJson, parse
from growth.api.webhooks.customerio_events import kept, read_mail_news, topic_of
from growth.api.webhooks.receiving import NotAnEvent, Received, Taking, described, digest_id, label, one_object
from growth.api.webhooks.signatures import verify_customerio
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepFailed, Unreadable
from growth.domain.kernel.operating import Health
from growth.domain.prospects.use_cases import TakeMailNews
from growth.settings import Settings

SOURCE = "customerio"
_UNKNOWN, _UNREADABLE = "unknown", "unreadable"  # topics of what does not say what it is
_DESCRIBED = described(
    "An event as Customer.io sends it, signed in `X-CIO-Timestamp` and `X-CIO-Signature`; at most 512 KiB.",
    "The signature does not fit the body.",
)


def customerio_webhook(settings: Settings) -> Routes:
    """Return the route of Customer.io's webhook: none without a secret to check it with."""
    router = Routes(tags=["webhooks"])
    secrets = settings.customerio_webhook_secret
    if not secrets:
        return router

    @router.post("/webhooks/customerio", dependencies=[unmetered()], **_DESCRIBED)
    async def take_customerio_event(
        request: Request,
        new_id: FromDishka[NewId],
        take: FromDishka[TakeMailNews],
        keep: FromDishka[KeepFailed],
        health: FromDishka[Health],
    ) -> Received:
        """Take an event of Customer.io's: mails sent, read and clicked, and who wants no more of them."""
        body = await request.body()
        verify_customerio(body, request.headers, secrets)

        async def handle(event: InboxEvent) -> None:
            await take(event, read_mail_news(event.body))

        await Taking(handle, keep, health, resent=False)(_event(body, new_id()))
        return Received()

    return router


def _event(body: bytes, id: UUID) -> InboxEvent:
    """Return the event to keep. One that has no id is known by what it says; what cannot be stored is not."""
    try:
        told = kept(one_object(parse(body)))
    except (BadJson, NotAnEvent):
        return InboxEvent(id, SOURCE, digest_id(body), _UNREADABLE, {})
    try:
        return InboxEvent(id, SOURCE, label(told, "event_id"), topic_of(told), told)
    except (NotAnEvent, Unreadable):
        return InboxEvent(id, SOURCE, digest_id(body), _UNKNOWN, told)
