"""What happened with a person: her events, and the one list over everything."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from growth.api.cursors import ID, MOMENT, SMALL, Places
from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Instant, Limit, Output, Page
from growth.api.security import Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.prospect_events import EventName, PersonaType
from growth.domain.prospects.business_rules.timeline import line_of
from growth.domain.prospects.entities.people import UnknownProspect
from growth.domain.prospects.entities.timeline import Entry, EntryKind
from growth.domain.prospects.ports.views import ProspectViews

router = Routes(tags=["prospects"])
_READERS = [allow(Role.SERVICE, Role.OPS)]
_KNOWN = problems(UnknownProspect)
_EVENT_PLACES, _ENTRY_PLACES = Places(MOMENT, ID), Places(MOMENT, SMALL, ID)
# Where there is more to read about an entry.
_LINKS: Mapping[EntryKind, Callable[[Entry, UUID], str]] = {
    EntryKind.EVENT: lambda _entry, who: f"/v1/prospects/{who}/events",
    EntryKind.REQUEST: lambda _entry, who: f"/v1/prospects/{who}/events",
    EntryKind.REFERRAL: lambda entry, _who: f"/v1/referrals/{entry.id}",
    EntryKind.LEAD: lambda entry, _who: f"/v1/leads/{entry.id}",
    EntryKind.SCORE: lambda entry, _who: f"/v1/leads/{entry.id}/score",
    EntryKind.CALL: lambda entry, _who: f"/v1/leads/{entry.told['lead_id']}/calls",
    EntryKind.MESSAGE: lambda _entry, _who: "/v1/outbox",
    EntryKind.ANALYSIS: lambda entry, _who: str(
        entry.told["transcript_url"] or f"/v1/leads/{entry.told['lead_id']}/calls"
    ),
    EntryKind.CONSENT: lambda _entry, who: f"/v1/prospects/{who}",
    EntryKind.DECISION: lambda entry, _who: f"/v1/leads/{entry.told['lead_id']}/why",
}


class EventOut(Output):
    id: UUID
    event_name: EventName
    country_code: Country | None
    persona_type: PersonaType | None
    marketing_parameters: Mapping[str, Any] | None
    properties: Mapping[str, Any]
    message_id: str
    occurred_at: Instant
    received_at: Instant


class EntryOut(Output):
    at: Instant
    kind: str
    text: str
    link: str = Field(description="The route that tells more; of an analysed call its transcript.")

    @classmethod
    def of(cls, entry: Entry, who: UUID) -> Self:
        link = _LINKS[entry.kind](entry, who)
        return cls(at=entry.at, kind=entry.kind.name.lower(), text=line_of(entry), link=link)


@router.get("/v1/prospects/{prospect_id:uuid}/events", dependencies=_READERS, responses=_KNOWN)
async def list_events(
    prospect_id: UUID,
    views: FromDishka[ProspectViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _EVENT_PLACES.query] = None,
) -> Page[EventOut]:
    """List a person's events, newest first."""
    found = await views.events(ProspectId(prospect_id), _EVENT_PLACES.read(cursor), limit)
    if found is None:
        raise UnknownProspect
    following = _EVENT_PLACES.behind(found, limit, lambda event: (event.occurred_at, event.id))
    return Page(items=[EventOut.model_validate(event) for event in found], next_cursor=following)


@router.get("/v1/prospects/{prospect_id:uuid}/timeline", dependencies=_READERS, responses=_KNOWN)
async def read_timeline(
    prospect_id: UUID,
    views: FromDishka[ProspectViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _ENTRY_PLACES.query] = None,
) -> Page[EntryOut]:
    """List everything that happened with a person, newest first: what to look at before the call."""
    found = await views.timeline(ProspectId(prospect_id), _ENTRY_PLACES.read(cursor), limit)
    if found is None:
        raise UnknownProspect
    following = _ENTRY_PLACES.behind(found, limit, lambda entry: (entry.at, entry.kind.value, entry.id))
    return Page(items=_entries(found, prospect_id), next_cursor=following)


def _entries(found: Sequence[Entry], who: UUID) -> list[EntryOut]:
    return [EntryOut.of(entry, who) for entry in found]
