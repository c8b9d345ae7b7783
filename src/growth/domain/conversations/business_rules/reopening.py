"""When a closed conversation is opened again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from growth.domain.conversations.entities.conversations import Conversation, State
from growth.domain.conversations.entities.teams import InboundTeam
from growth.domain.kernel.ids import AdminId

RECENTLY = timedelta(days=30)


def is_recently_closed(state: State, updated_at: datetime | None, now: datetime) -> bool:
    return state is State.CLOSED and updated_at is not None and updated_at >= now - RECENTLY


def why_not_reopened(conversation: Conversation, team: InboundTeam, available: Collection[AdminId]) -> str | None:
    """Return why it stays as it is, None where it is opened again: inbound sales has it, and whose it is is there."""
    if conversation.state is not State.CLOSED:
        return "not_closed"
    if conversation.team_id not in team.inboxes:
        return "no_inbound_team"
    if conversation.admin_id is not None and conversation.admin_id not in available:
        return "owner_not_available"
    return None
