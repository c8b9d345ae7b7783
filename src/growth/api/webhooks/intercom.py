"""Intercom's webhook: verified, kept, answered; what it tells is handled from the store.

The vendor waits five seconds, sends once more after a minute, and then never again. So all that is authentic is kept
and answered well before anybody is asked anything.
"""

from itertools import chain
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Request, Response

from growth.api.routing import Routes
from growth.api.security import anyone, unmetered
from growth.api.strict_json import BadJson, parse, written_out
from growth.api.webhooks.intercom_notifications import app_ids_of, country_of, kept
from growth.api.webhooks.receiving import NotAnEvent, Received, described, digest_id, label, one_object
from growth.api.webhooks.signatures import verify_intercom
from growth.api.webhooks.told import Told
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepFailed, KeepToHandle
from growth.settings import Settings

SOURCE = "intercom"
_PATH = "/webhooks/intercom"
_UNKNOWN, _UNREADABLE = "unknown", "unreadable"  # topics of what does not say what it is
_DESCRIBED = described(
    "A notification as Intercom sends it, signed in `X-Hub-Signature`; at most 512 KiB.",
    "The signature does not fit the body, or is not of the workspace that the body names.",
)


def intercom_webhook(settings: Settings) -> Routes:
    """Return the routes of Intercom's webhook: none without a secret of any country to check it with."""
    router = Routes(tags=["webhooks"])
    secrets = {country: it.webhook_secret for country, it in settings.intercom.items()}
    every = tuple(chain.from_iterable(secrets.values()))
    app_ids = app_ids_of(settings)
    if not every:
        return router
    router.head(_PATH, dependencies=[anyone()], response_class=Response)(greet_intercom)

    @router.post(_PATH, dependencies=[unmetered()], **_DESCRIBED)
    async def take_intercom_notification(
        request: Request,
        new_id: FromDishka[NewId],
        keep: FromDishka[KeepToHandle],
        keep_failed: FromDishka[KeepFailed],
    ) -> Received:
        """Take a notification of Intercom's: replies in conversations, and whatever else it is set to send."""
        body, signature = await request.body(), request.headers.get("x-hub-signature")
        verify_intercom(body, signature, every)
        told = _told(body)
        if told is None:
            await keep_failed(_unreadable(body, new_id()), "the body is not one JSON object")
            return Received()
        if country := country_of(told, app_ids):
            verify_intercom(body, signature, secrets[country])
        await keep(_event(told, body, new_id()))
        return Received()

    return router


async def greet_intercom() -> Response:
    """Say that somebody is here: Intercom asks before it takes the address."""
    return Response()


def _told(body: bytes) -> Told | None:
    try:
        return one_object(parse(written_out(body)))  # what is signed is kept, whatever it holds
    except (BadJson, NotAnEvent):
        return None


def _unreadable(body: bytes, id: UUID) -> InboxEvent:
    return InboxEvent(id, SOURCE, digest_id(body), _UNREADABLE, {})


def _event(told: Told, body: bytes, id: UUID) -> InboxEvent:
    """Return the event to keep. One that has no id is known by what it says."""
    event_id = _label_of(told, "id") or digest_id(body)
    return InboxEvent(id, SOURCE, event_id, _label_of(told, "topic") or _UNKNOWN, kept(told))


def _label_of(told: Told, key: str) -> str | None:
    try:
        return label(told, key)
    except NotAnEvent:
        return None
