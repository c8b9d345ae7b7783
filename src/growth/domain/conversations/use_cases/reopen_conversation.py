"""Opening a closed conversation again."""

from dataclasses import dataclass

from growth.domain.conversations.business_rules.countries import practice_of
from growth.domain.conversations.business_rules.reopening import why_not_reopened
from growth.domain.conversations.entities.conversations import ConversationId
from growth.domain.conversations.entities.messages import to_reopen
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.conversations.ports.stores import ConversationsTx
from growth.domain.conversations.ports.teams import InboundTeams
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId


@dataclass(frozen=True, slots=True)
class ReopenIfPossible:
    begin: Begin[ConversationsTx]
    helpdesk: Helpdesk
    teams: InboundTeams
    new_id: NewId

    async def __call__(self, country: Country, id: ConversationId) -> str | None:
        """Return why it stays as it is, None when its opening is on its way.

        Raises `NotInThisCountry`, `UnknownConversation`, `TryLater`, `GiveUp`.
        """
        practice_of(country)
        conversation = await self.helpdesk.conversation(country, id)
        reason = why_not_reopened(conversation, self.teams.of(country), await self.teams.available(country))
        if reason is None:
            async with self.begin() as tx:
                await tx.outbox.add(to_reopen(MessageId(self.new_id()), country, id))
        return reason
