"""Analyses as any speech vendor can tell them: a Standard Webhook, verified, kept, answered, handled from the store."""

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from growth.api.routing import Routes
from growth.api.security import unmetered
from growth.api.webhooks.receiving import Received, described
from growth.api.webhooks.speech_analyses import kept
from growth.api.webhooks.standard import standard_event
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepToHandle
from growth.settings import Settings

SOURCE = "speech"
_DESCRIBED = described(
    "An analysed call, as docs/speech.md describes it, signed as Standard Webhooks say; at most 512 KiB.",
    "The signature does not fit the body, or is older than five minutes.",
)


def speech_webhook(settings: Settings) -> Routes:
    """Return the route: none without a secret to check it with."""
    router = Routes(tags=["webhooks"])
    secrets = settings.speech_webhook_secret
    if not secrets:
        return router

    @router.post("/webhooks/speech", dependencies=[unmetered()], **_DESCRIBED)
    async def take_analysis(request: Request, new_id: FromDishka[NewId], keep: FromDishka[KeepToHandle]) -> Received:
        """Take what was heard in a call. The same `webhook-id` is the same delivery, for ever."""
        event = await standard_event(request, secrets)
        await keep(InboxEvent(new_id(), SOURCE, event.id, event.type, kept(event.told)))
        return Received()

    return router
