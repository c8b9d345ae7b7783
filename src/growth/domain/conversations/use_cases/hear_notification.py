"""The helpdesk notified us."""

from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.conversations.entities.conversations import UnknownConversation
from growth.domain.conversations.entities.notifications import Notification
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.conversations.ports.notifications import ReadNotification
from growth.domain.conversations.ports.stores import ConversationsTx
from growth.domain.conversations.ports.teams import InboundTeams
from growth.domain.conversations.steps.hearing_replies import HearingReplies
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.inbox import Heard, InboxEvent, Unreadable, event_named, handle_kept
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class HandleKeptNotification:
    """Handle a notification that was kept. What it leaves out is asked of the helpdesk before the transaction."""

    begin: Begin[ConversationsTx]
    read: ReadNotification
    helpdesk: Helpdesk
    teams: InboundTeams
    hear: HearingReplies

    async def __call__(self, delivery: Delivery) -> None:
        """Settle it. Raises `TryLater` or `GiveUp` when the helpdesk is asked and does not tell."""
        told = await self._told(delivery)
        team = self.teams.of(told.country) if told and told.country else None

        async def hear(tx: ConversationsTx, event: InboxEvent, now: datetime) -> Heard:
            return await self.hear(tx, event, told or self.read(event.body), team, now)

        async with self.begin() as tx:
            await handle_kept(tx, delivery, hear)

    async def _told(self, delivery: Delivery) -> Notification | None:
        """Return what was told, with what the helpdesk adds to it; None of what is settled, or nobody can read."""
        async with self.begin() as tx:
            event = await tx.inbox.lock_received(*event_named(delivery.message))
        if event is None:
            return None
        try:
            return await self._completed(self.read(event.body))
        except Unreadable:
            return None

    async def _completed(self, told: Notification) -> Notification:
        known = told.conversation
        if told.replier is None or told.country is None or known is None or told.whole:
            return told
        try:
            found = await self.helpdesk.conversation(told.country, known.id)
        except UnknownConversation:
            return told
        return replace(
            told,
            conversation=replace(
                known,
                email=known.email or found.email,
                team_id=known.team_id or found.team_id,
                admin_id=known.admin_id or found.admin_id,
                contact_ids=known.contact_ids or found.contact_ids,
                tags=known.tags | found.tags,
            ),
        )
