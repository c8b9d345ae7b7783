"""Where inbound sales talks with people: a helpdesk with one workspace for each country that has one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.conversations.entities.conversations import Contact, ContactId, Conversation, ConversationId
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import Email


class Helpdesk(Protocol):
    """Every call may be made again. All raise `TryLater` or `GiveUp`; so do changes of a conversation that is gone.

    Lists are whole: the adapter reads all pages, at most 1,000 items.
    """

    def link(self, country: Country, id: ConversationId) -> str:
        """Return the address of a conversation for people who work at the helpdesk."""
        ...

    async def conversation(self, country: Country, id: ConversationId) -> Conversation:
        """Return a conversation; its contact's address too, where there is one. Raises `UnknownConversation`."""
        ...

    async def contacts(
        self, country: Country, emails: Collection[Email], phones: Collection[str], external_ids: Collection[str]
    ) -> Sequence[Contact]:
        """Return everybody who has one of these; no call at all where nothing is asked."""
        ...

    async def conversations_of(
        self, country: Country, contacts: Collection[ContactId], since: datetime
    ) -> Sequence[Conversation]:
        """Return their conversations that are not closed, and those that were updated since. Without addresses."""
        ...

    async def note(self, country: Country, id: ConversationId, html: str, reference: str, *, again: bool) -> None:
        """Leave a note for colleagues, with the reference in it. `again`: look first whether it is there already."""
        ...

    async def close(self, country: Country, id: ConversationId) -> None: ...

    async def reopen(self, country: Country, id: ConversationId) -> None: ...
