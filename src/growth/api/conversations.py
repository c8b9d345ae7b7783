"""Conversations with inbound sales: duplicates, and opening them again."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Path
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output
from growth.api.security import Role, allow
from growth.api.vendor_answers import asking, away
from growth.domain.conversations.entities.conversations import ConversationId, State, UnknownConversation
from growth.domain.conversations.entities.duplicates import Route
from growth.domain.conversations.entities.refusals import NotInThisCountry, UnknownPerson
from growth.domain.conversations.use_cases import DetectDuplicates, ReopenIfPossible
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId

router = Routes(tags=["conversations"])
_HELPDESK = "Intercom"
_Id = Annotated[str, Path(min_length=1, max_length=100, description="Intercom's.")]


class DetectIn(Input):
    """Whose conversation it is, where it is not its contact's: the id of a prospect, or else of a user."""

    country_code: Country
    prospect_id: UUID | None = None
    user_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None


class DuplicateOut(Output):
    id: str = Field(description="Intercom's.")
    route: Route = Field(description="By what it was found, the first of several.")
    state: State
    owner: str | None = Field(description="The member of the sales team whose it is.")
    updated_at: Instant | None


class DetectionOut(Output):
    duplicates: Sequence[DuplicateOut]
    noted: bool = Field(description="Whether a new note is on its way: the list is another one than that of the last.")


class ReopenIn(Input):
    country_code: Country


class ReopeningOut(Output):
    reopened: bool = Field(description="Whether its opening is on its way.")
    reason: str | None = Field(description="Why not: not_closed, no_inbound_team or owner_not_available.")


@router.post(
    "/v1/conversations/{conversation_id}/detect-duplicates",
    dependencies=[allow(Role.OPS)],
    responses=problems(NotInThisCountry, UnknownConversation, UnknownPerson) | away(_HELPDESK),
)
async def detect_duplicates(conversation_id: _Id, body: DetectIn, detect: FromDishka[DetectDuplicates]) -> DetectionOut:
    """Find other conversations of the same person or company; in France they are noted down on this one."""
    prospect = ProspectId(body.prospect_id) if body.prospect_id else None
    user = UserId(body.user_id) if body.user_id else None
    with asking(_HELPDESK):
        found = await detect(body.country_code, ConversationId(conversation_id), prospect, user)
    return DetectionOut.model_validate(found)


@router.post(
    "/v1/conversations/{conversation_id}/reopen",
    dependencies=[allow(Role.OPS)],
    responses=problems(NotInThisCountry, UnknownConversation) | away(_HELPDESK),
)
async def reopen_conversation(
    conversation_id: _Id, body: ReopenIn, reopen: FromDishka[ReopenIfPossible]
) -> ReopeningOut:
    """Open a closed conversation again, if inbound sales has it and its owner is there."""
    with asking(_HELPDESK):
        reason = await reopen(body.country_code, ConversationId(conversation_id))
    return ReopeningOut(reopened=reason is None, reason=reason)
