"""Other conversations of the same person or company."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.conversations.entities.conversations import ContactId, Conversation, ConversationId, State
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId, ProspectId, UserId
from growth.domain.kernel.person import Email


class Route(StrEnum):
    """By what a conversation is found; one that several find belongs to the first."""

    PROSPECT = "same_prospect"
    COMPANY = "same_company"
    SECONDARY_EMAIL = "secondary_email"
    PHONE = "same_phone"


@dataclass(frozen=True, slots=True)
class Traits:
    """How somebody can be known at the helpdesk."""

    prospects: frozenset[ProspectId] = frozenset()
    emails: frozenset[Email] = frozenset()
    phones: frozenset[str] = frozenset()
    users: frozenset[UserId] = frozenset()


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person and who is tied to her. `routes`: what each looks for. `prospect_id`: None of who is no prospect."""

    prospect_id: ProspectId | None
    routes: dict[Route, Traits]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What we keep of a conversation that we were told of, for the helpdesk's search lags by minutes.

    `noted`: the duplicates that the newest note on it lists, each as `route:id`; `noted_at`: as of when.
    """

    country_code: Country
    id: ConversationId
    prospect_id: ProspectId | None
    contact_ids: tuple[ContactId, ...]
    state: State
    team_id: str | None
    admin_id: AdminId | None
    created_at: datetime | None
    updated_at: datetime | None
    noted: tuple[str, ...] = ()
    noted_at: datetime | None = None


def sighted(conversation: Conversation, country: Country, whose: ProspectId | None) -> Sighting:
    """Return what is kept of a conversation that we are told of."""
    return Sighting(
        country_code=country,
        id=conversation.id,
        prospect_id=whose,
        contact_ids=conversation.contact_ids,
        state=conversation.state,
        team_id=conversation.team_id,
        admin_id=conversation.admin_id,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
    )


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another conversation. `owner`: the name of the member to whom it is assigned, None for a mere inbox."""

    id: ConversationId
    route: Route
    state: State
    owner: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Detection:
    """`noted`: whether a note with this list is on its way to the conversation."""

    duplicates: Sequence[Duplicate]
    noted: bool
