"""Where a prospect came from."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Instant, Output
from growth.api.security import Role, allow
from growth.domain.kernel.ids import ProspectId
from growth.domain.prospects.business_rules.attribution.channels import host_of
from growth.domain.prospects.business_rules.attribution.touches import attributed
from growth.domain.prospects.entities.attribution import Channel, Model, TrafficSources
from growth.domain.prospects.entities.people import UnknownProspect
from growth.domain.prospects.ports.attribution import AttributionViews
from growth.settings import Settings

router = Routes(tags=["prospects"])


class TouchOut(Output):
    at: Instant
    channel: Channel
    source: str | None = Field(description="As it was told, else the host that the person came from.")
    medium: str | None
    campaign: str | None
    event_id: UUID


class AttributionOut(Output):
    touches: Sequence[TouchOut] = Field(description="Oldest first.")
    first_touch: TouchOut | None
    last_touch: TouchOut | None
    last_non_direct_touch: TouchOut | None
    shares: Mapping[Model, Mapping[Channel, float]] = Field(
        description="Of each model; they sum to exactly 1. Without any touch there are none."
    )


@router.get(
    "/v1/prospects/{prospect_id:uuid}/attribution",
    dependencies=[allow(Role.SERVICE, Role.OPS)],
    responses=problems(UnknownProspect),
)
async def read_attribution(
    prospect_id: UUID,
    views: FromDishka[AttributionViews],
    sources: FromDishka[TrafficSources],
    settings: FromDishka[Settings],
) -> AttributionOut:
    """Return by which channels somebody came, and each channel's share by six models."""
    events = await views.touch_events(ProspectId(prospect_id))
    if events is None:
        raise UnknownProspect
    return AttributionOut.model_validate(attributed(events, sources, [host_of(settings.public_site_url)]))
