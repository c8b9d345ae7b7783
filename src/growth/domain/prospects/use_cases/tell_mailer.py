"""Tell the mailer about people, as they are when the message is delivered."""

from dataclasses import dataclass
from uuid import UUID

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.messages import Delivery
from growth.domain.kernel.person import Email, Prospect
from growth.domain.prospects.business_rules.mailing import OPTED_OUT, attributes_of, wish_of
from growth.domain.prospects.entities.unsubscribing import MailLink
from growth.domain.prospects.ports.mailer import Mailer
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.tokens import UnsubscribeTokens


@dataclass(frozen=True, slots=True)
class TellMailerOfPerson:
    """Tell the mailer of a prospect, and the link by which mails end; nothing of somebody who is gone."""

    begin: Begin[ProspectsTx]
    mailer: Mailer
    tokens: UnsubscribeTokens

    async def __call__(self, delivery: Delivery) -> None:
        found = await _person(self.begin, delivery)
        if found is None:
            return
        person, addresses = found
        token = self.tokens.of(MailLink(person.id, person.unsubscribe_version))
        await self.mailer.identify(person.id, attributes_of(person, self.tokens.unsubscribe_url(token)))
        if not person.has_opted_in_to_commercial_emails:
            # A profile that somebody else made of the same person has another id there.
            for address in addresses:
                await self.mailer.identify(address, OPTED_OUT, only_known=True)


@dataclass(frozen=True, slots=True)
class TellMailerOfUser:
    """Tell the mailer whether a user wants mails, at each of his addresses.

    The mailer knows users from the main application, under ids of its own: only profiles that are there are changed.
    """

    begin: Begin[ProspectsTx]
    mailer: Mailer

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            user = await tx.users.get(UserId(str(delivery.message.payload["user_id"])))
        if user is None or not (wish := wish_of(user)):
            return
        for address in user.emails:
            await self.mailer.identify(address, wish, only_known=True)


@dataclass(frozen=True, slots=True)
class UnsuppressPerson:
    """Let somebody who was erased and came back be known to the mailer again."""

    begin: Begin[ProspectsTx]
    mailer: Mailer

    async def __call__(self, delivery: Delivery) -> None:
        found = await _person(self.begin, delivery)
        if found is not None:
            person, addresses = found
            await self.mailer.unsuppress([person.id, *addresses])


async def _person(begin: Begin[ProspectsTx], delivery: Delivery) -> tuple[Prospect, list[Email]] | None:
    """Return the prospect of a message, and all addresses."""
    async with begin() as tx:
        person = await tx.people.lock(ProspectId(UUID(str(delivery.message.payload["prospect_id"]))))
        return None if person is None else (person, [person.email, *await tx.people.addresses(person.id)])
