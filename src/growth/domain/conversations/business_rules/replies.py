"""What a reply in a conversation means."""

from collections.abc import Collection

from growth.domain.conversations.entities.conversations import Conversation
from growth.domain.conversations.entities.notifications import Replier
from growth.domain.conversations.entities.teams import InboundTeam
from growth.domain.kernel.prospect_events import EventName

_EVENTS = {
    (Replier.USER, True): EventName.SALES_INBOUND_CHAT_REPLIED,
    (Replier.USER, False): EventName.SALES_INBOUND_MAIL_REPLIED,
    (Replier.ADMIN, True): EventName.SALES_INBOUND_CHAT_SENT,
    (Replier.ADMIN, False): EventName.SALES_INBOUND_MAIL_SENT,
}


def event_of(replier: Replier, tags: Collection[str], chat_tag: str) -> EventName:
    """Return what happened: written in a chat where the conversation has its tag, else in a mail."""
    return _EVENTS[replier, chat_tag in tags]


def why_nothing(conversation: Conversation, team: InboundTeam) -> str | None:
    """Return why a reply is not about a prospect of inbound sales, None where it may be."""
    if conversation.email is None:
        return "no_email"
    if conversation.team_id is None:
        return "no_team"
    return None if conversation.team_id in team.inboxes else "no_inbound_team"
