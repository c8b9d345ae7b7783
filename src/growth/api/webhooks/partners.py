"""What partners tell us: leads that they bring. A Standard Webhook, signed with the partner's own secret."""

from collections.abc import Mapping
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Path, Request

from growth.api.errors import Refused
from growth.api.routing import Routes
from growth.api.security import unmetered
from growth.api.webhooks.pubsub_estimates import submission_in
from growth.api.webhooks.receiving import Received, described
from growth.api.webhooks.standard import standard_event
from growth.api.webhooks.told import needed
from growth.domain.campaigns.entities.leads import LeadSource, Submission
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, KeepToHandle
from growth.settings import Settings

SOURCE = "partners"
_SOURCES: Mapping[str, LeadSource] = {"estimate.created": LeadSource.ESTIMATE, "lead.created": LeadSource.FORM}
_DESCRIBED = described(
    "`estimate.created` or `lead.created`, whose data are the body of POST /v1/estimates, signed as Standard Webhooks "
    "say; at most 512 KiB.",
    "The partner is not known, the signature does not fit the body, or it is older than five minutes.",
)


def partner_webhooks(settings: Settings) -> Routes:
    """Return the route: none without a partner's secret."""
    router = Routes(tags=["webhooks"])
    secrets = {name: found for name, found in settings.partner_secrets.items() if found}
    if not secrets:
        return router

    @router.post("/webhooks/partners/{name}", dependencies=[unmetered()], **_DESCRIBED)
    async def take_partner_event(
        name: Annotated[str, Path(max_length=100)],
        request: Request,
        new_id: FromDishka[NewId],
        keep: FromDishka[KeepToHandle],
    ) -> Received:
        """Take what a partner tells. The same `webhook-id` of a partner is the same delivery, for ever."""
        if name not in secrets:
            raise Refused(404, "not-found", "There is no such partner: check the name at the end of the address.")
        event = await standard_event(request, secrets[name])
        kept = {"partner": name, "data": event.told.get("data")}
        await keep(InboxEvent(new_id(), SOURCE, f"{name}:{event.id}", event.type, kept))  # no name has a colon
        return Received()

    return router


def read_partner_lead(event: InboxEvent) -> Submission | None:
    """Return what a kept event asks for, None where its type asks for nothing. Raises `Unreadable`.

    It came by the partner, unless the partner says by whom. When it was asked for and consented to is not for a partner
    to say: both are as of now.
    """
    source = _SOURCES.get(event.topic)
    if source is None:
        return None
    data = needed(event.body.get("data"), "data")
    if isinstance(data, Mapping):
        marketing = data.get("marketing_parameters") or {}
        if isinstance(marketing, Mapping):
            data = {**data, "marketing_parameters": {"referring_partner": event.body["partner"], **marketing}}
    return submission_in(data, event, source, trusted=False)
