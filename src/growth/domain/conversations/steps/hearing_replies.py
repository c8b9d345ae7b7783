"""Doing what a notification of the helpdesk says: a reply becomes an event, and has duplicates looked for."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.conversations.business_rules.countries import PRACTICES
from growth.domain.conversations.business_rules.replies import event_of, why_nothing
from growth.domain.conversations.entities.conversations import Conversation
from growth.domain.conversations.entities.duplicates import sighted
from growth.domain.conversations.entities.messages import to_detect
from growth.domain.conversations.entities.notifications import Notification, Replier
from growth.domain.conversations.entities.teams import ChatTag, InboundTeam
from growth.domain.conversations.ports.stores import ConversationsTx
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState
from growth.domain.kernel.messages import MessageId
from growth.domain.kernel.person import Prospect
from growth.domain.kernel.prospect_events import ProspectEvent


@dataclass(frozen=True, slots=True)
class HearingReplies:
    """The step, with what it needs beside its transaction."""

    chat_tag: ChatTag
    new_id: NewId

    async def __call__(
        self, tx: ConversationsTx, event: InboxEvent, told: Notification, team: InboundTeam | None, now: datetime
    ) -> Heard:
        """Act on it; return what became of it, and why where nothing did. `team`: of its country, where it has one."""
        if told.country is None or team is None:
            return InboxState.IGNORED, "country_without_workspace"
        conversation = told.conversation
        if conversation is None:
            return InboxState.IGNORED, "no_conversation"
        person = await self._person(tx, conversation)
        if conversation.email and await tx.tombstones.erased_since(conversation.email, told.at or now):
            return InboxState.IGNORED, "unknown_person"  # also when she came back; nothing of then is seen
        await tx.conversations.see(sighted(conversation, told.country, person.id if person else None))
        if told.replier is None:
            return InboxState.IGNORED, "topic"
        reason = why_nothing(conversation, team) or (None if person else "unknown_person")
        if reason or person is None:
            return InboxState.IGNORED, reason
        await tx.events.add([self._event(event, told, conversation, person, now)])
        if told.replier is Replier.USER and PRACTICES[told.country].notes:
            await tx.outbox.add(to_detect(MessageId(self.new_id()), told.country, conversation.id, person.id))
        return InboxState.HANDLED, None

    async def _person(self, tx: ConversationsTx, conversation: Conversation) -> Prospect | None:
        """Return, locked, whom it is with. Who is just being erased is waited for, and then is nobody."""
        email = conversation.email
        return (await tx.people.lock_known([email])).get(email) if email else None

    def _event(
        self, event: InboxEvent, told: Notification, conversation: Conversation, person: Prospect, now: datetime
    ) -> ProspectEvent:
        assert told.replier is not None  # noqa: S101
        return ProspectEvent(
            id=self.new_id(),
            prospect_id=person.id,
            event_name=event_of(told.replier, conversation.tags, self.chat_tag),
            country_code=told.country,
            persona_type=None,
            marketing_parameters=None,
            properties={},
            occurred_at=min(told.at or now, now),
            received_at=now,
            caller=event.source,
            message_id=event.event_id,
        )
