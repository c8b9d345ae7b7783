"""Closing what a contract has settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from growth.domain.conversations.business_rules.countries import practice_of
from growth.domain.conversations.business_rules.notes import SIGNED
from growth.domain.conversations.entities.conversations import ConversationId, State
from growth.domain.conversations.entities.messages import to_close, to_note
from growth.domain.conversations.entities.refusals import NotInThisCountry
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.conversations.ports.stores import Acquaintances, ConversationsTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.messages import Delivery, Message, MessageId
from growth.domain.kernel.operating import MovableClock


@dataclass(frozen=True, slots=True)
class CloseSigned:
    """Note on the open conversations of prospects with a signer's email that she signed, and close them."""

    begin: Begin[ConversationsTx]
    helpdesk: Helpdesk
    acquaintances: Acquaintances
    clock: MovableClock

    async def __call__(self, country: Country, user: UserId, contract: ContractRef) -> Sequence[ConversationId]:
        """Return which. Done again for the same contract it closes no conversation twice.

        Raises `NotInThisCountry`, `TryLater`, `GiveUp`.
        """
        if not practice_of(country).closes_signed:
            raise NotInThisCountry
        open_ones = await self._open(country, user)
        messages = [message for id_ in open_ones for message in _closing(country, id_, contract)]
        if messages:
            async with self.begin() as tx:
                await tx.outbox.add(*messages)
        return open_ones

    async def _open(self, country: Country, user: UserId) -> list[ConversationId]:
        emails = await self.acquaintances.prospect_emails_of(user)
        contacts = await self.helpdesk.contacts(country, emails, (), ()) if emails else ()
        if not contacts:
            return []
        now = await self.clock.now()
        told = await self.helpdesk.conversations_of(country, [contact.id for contact in contacts], now)
        return [it.id for it in told if it.state is not State.CLOSED]


@dataclass(frozen=True, slots=True)
class CloseSignedForMessage:
    close: CloseSigned

    async def __call__(self, delivery: Delivery) -> None:
        country, user, contract = (delivery.message.payload[it] for it in ("country_code", "user_id", "contract_ref"))
        await self.close(Country(str(country)), UserId(str(user)), ContractRef(str(contract)))


def _closing(country: Country, id: ConversationId, contract: ContractRef) -> Sequence[Message]:
    """Return the messages under ids that follow from what they are about: written again they are the same."""
    noting, closing = (uuid5(NAMESPACE_URL, f"{what}:{contract}:{country}:{id}") for what in ("note", "close"))
    return to_note(MessageId(noting), country, id, SIGNED), to_close(MessageId(closing), country, id)
