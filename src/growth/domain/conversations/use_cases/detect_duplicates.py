"""Looking for other conversations of the same person or company."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from growth.domain.conversations.business_rules.countries import practice_of
from growth.domain.conversations.business_rules.duplicates import asked_of, duplicates, listed, routes_of, routes_seen
from growth.domain.conversations.business_rules.notes import note_of
from growth.domain.conversations.business_rules.reopening import RECENTLY
from growth.domain.conversations.entities.conversations import Conversation, ConversationId
from growth.domain.conversations.entities.duplicates import Acquaintance, Detection, Duplicate, Route, Traits, sighted
from growth.domain.conversations.entities.messages import conversation_of, to_note
from growth.domain.conversations.entities.refusals import UnknownPerson
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.conversations.ports.stores import Acquaintances, ConversationsTx
from growth.domain.conversations.ports.teams import InboundTeams
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import NotFound
from growth.domain.kernel.ids import NewId, ProspectId, UserId
from growth.domain.kernel.messages import Delivery, GiveUp, MessageId
from growth.domain.kernel.operating import MovableClock
from growth.domain.kernel.person import Email


@dataclass(frozen=True, slots=True)
class FindDuplicates:
    """Find the conversations of somebody and those tied to her: about five calls of the helpdesk."""

    helpdesk: Helpdesk
    teams: InboundTeams
    acquaintances: Acquaintances

    async def __call__(
        self, country: Country, who: Acquaintance, now: datetime, of: ConversationId | None = None
    ) -> list[Duplicate]:
        """`of`: the conversation itself, which is none. Raises `TryLater` or `GiveUp`."""
        asked = asked_of(who)
        external = [*asked.users, *map(str, asked.prospects)]
        contacts = await self.helpdesk.contacts(country, asked.emails, asked.phones, external)
        seen = await self.acquaintances.seen(country, asked.prospects, [contact.id for contact in contacts])
        routes = routes_seen(who, seen) | routes_of(who, contacts)
        told = await self.helpdesk.conversations_of(country, routes, now - RECENTLY) if routes else ()
        return duplicates(of, routes, told, seen, team=self.teams.of(country), now=now)


@dataclass(frozen=True, slots=True)
class RetrieveDuplicates:
    """Return all conversations of an address that count as duplicates of each other."""

    find: FindDuplicates
    clock: MovableClock

    async def __call__(self, country: Country, email: Email) -> Sequence[Duplicate]:
        """Return them. Raises `NotInThisCountry`, `TryLater`, `GiveUp`."""
        practice_of(country)
        return await self.find(country, stranger(email), await self.clock.now())


@dataclass(frozen=True, slots=True)
class DetectDuplicates:
    """Find a conversation's duplicates and, where the country does so, note them down on it.

    There is a new note only when the list is another one than that of the last note.
    """

    begin: Begin[ConversationsTx]
    helpdesk: Helpdesk
    find: FindDuplicates
    acquaintances: Acquaintances
    clock: MovableClock
    new_id: NewId

    async def __call__(
        self,
        country: Country,
        id: ConversationId,
        prospect_id: ProspectId | None = None,
        user_id: UserId | None = None,
    ) -> Detection:
        """`prospect_id`, `user_id`: whose it is; without either, its contact's.

        Raises `NotInThisCountry`, `UnknownConversation`, `UnknownPerson`, `TryLater`, `GiveUp`.
        """
        practice = practice_of(country)
        now = await self.clock.now()
        conversation = await self.helpdesk.conversation(country, id)
        who = await self._whose(conversation, prospect_id, user_id)
        who = replace(who, routes={it: who.routes[it] for it in practice.routes if it in who.routes})
        found = await self.find(country, who, now, id)
        noted = practice.notes and await self._note(country, conversation, who, found, now)
        return Detection(found, noted)

    async def _whose(
        self, conversation: Conversation, prospect_id: ProspectId | None, user_id: UserId | None
    ) -> Acquaintance:
        if prospect_id is not None:
            who = await self.acquaintances.of_prospect(prospect_id)
        elif user_id is not None:
            who = await self.acquaintances.of_user(user_id)
        elif conversation.email is not None:
            return await self.acquaintances.of_email(conversation.email) or stranger(conversation.email)
        else:
            return Acquaintance(None, {})
        if who is None:
            raise UnknownPerson
        return who

    async def _note(
        self, country: Country, conversation: Conversation, who: Acquaintance, found: list[Duplicate], as_of: datetime
    ) -> bool:
        """Write the note down to be left, unless its list stands there already or a newer one does."""
        wanted = listed(found)
        async with self.begin() as tx:
            if who.prospect_id is not None:
                await tx.people.lock(who.prospect_id)
            await tx.conversations.see(sighted(conversation, country, who.prospect_id))
            last = await tx.conversations.lock(country, conversation.id)
            if last is None or wanted == last.noted or (last.noted_at and last.noted_at >= as_of):
                return False
            await tx.conversations.save_note(country, conversation.id, wanted, as_of)
            if found:
                html = note_of(found, lambda other: self.helpdesk.link(country, other))
                await tx.outbox.add(to_note(MessageId(self.new_id()), country, conversation.id, html))
        return bool(found)


@dataclass(frozen=True, slots=True)
class DetectForMessage:
    """Look for duplicates after a reply. What fails here is tried again, and is no matter of the reply."""

    detect: DetectDuplicates

    async def __call__(self, delivery: Delivery) -> None:
        whose = ProspectId(UUID(str(delivery.message.payload["prospect_id"])))
        try:
            await self.detect(*conversation_of(delivery.message), whose)
        except NotFound as gone:
            raise GiveUp(f"Nothing to look for: {gone.code}.") from None


def stranger(email: Email) -> Acquaintance:
    """Return somebody of whom we know the address only."""
    return Acquaintance(None, {Route.PROSPECT: Traits(emails=frozenset({email}))})
